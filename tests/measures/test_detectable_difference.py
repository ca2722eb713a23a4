"""What districts can detect: known values, the formula by hand, a simulation, and each way back."""

import math

import numpy as np
import pytest
from scipy import stats

from pipelines.measures.detectable_difference import (
    OutcomeSpread,
    children_needed,
    detectable_difference,
    districts_needed,
    months_needed,
)

SDQ = OutcomeSpread(sd=6, district_icc=0.03, institution_icc=0.04, baseline_correlation=0.6)
DISTRICT = [8] * 5


@pytest.mark.parametrize(("districts", "points"), [(4, 7.4), (6, 4.2), (8, 3.3), (10, 2.8), (20, 1.8)])
def test_known_values_of_the_sdq_with_five_institutions_of_eight_children(districts, points):
    half = [DISTRICT] * (districts // 2)
    assert round(detectable_difference(half, half, SDQ), 1) == points


def test_unequal_districts_by_hand():
    spread = OutcomeSpread(sd=10, district_icc=0.1, institution_icc=0.2, baseline_correlation=0.5)
    within = (1 - 0.1 - 0.2) * (1 - 0.5**2)
    one = 100 * (0.1 + 0.2 * (4**2 + 6**2) / 10**2 + within / 10)
    two = 100 * (0.1 + 0.2 + within / 20)
    three = 100 * (0.1 + 0.2 * (1 + 1 + 1) / 9 + within / 3)
    error = math.sqrt((one + two) / 2**2 + three / 1**2)
    t = stats.t(3 - 2)
    found = detectable_difference([[4, 6], [20, 0]], [[1, 1, 1], [0, 0]], spread)
    assert found == pytest.approx(error * (t.ppf(0.975) + t.ppf(0.8)))


def test_the_variance_of_a_district_is_that_of_drawn_ones():
    random, children = np.random.default_rng(2), [3, 9, 1]
    institution = np.repeat([0, 1, 2], children)
    drawn = (
        random.normal(0, math.sqrt(0.2), (20_000, 1))
        + random.normal(0, math.sqrt(0.3), (20_000, 3))[:, institution]
        + random.normal(0, math.sqrt(0.5), (20_000, 13))
    )
    # the standard error of a variance of 20,000 draws is a hundredth of it
    assert OutcomeSpread(1, 0.2, 0.3).district_variance(children) == pytest.approx(drawn.mean(axis=1).var(), rel=0.04)


def test_too_few_districts_detect_nothing():
    assert detectable_difference([DISTRICT], [DISTRICT], SDQ) is None
    assert detectable_difference([DISTRICT] * 3, [], SDQ) is None
    assert detectable_difference([DISTRICT], [DISTRICT, [0]], SDQ) is None


def test_districts_needed_are_the_fewest_that_detect_it():
    assert districts_needed(3.3, DISTRICT, SDQ) == 8
    count = districts_needed(1, DISTRICT, SDQ, treated_share=0.25)
    treated = round(count / 4)
    assert detectable_difference([DISTRICT] * treated, [DISTRICT] * (count - treated), SDQ) <= 1
    fewer = round((count - 1) / 4)
    assert detectable_difference([DISTRICT] * fewer, [DISTRICT] * (count - 1 - fewer), SDQ) > 1
    assert districts_needed(1, DISTRICT, SDQ) < count, "unequal arms need more"
    assert districts_needed(0.05, DISTRICT, SDQ) is None


def test_children_needed_and_never_where_districts_differ_by_more():
    design = {"treated_districts": 4, "comparison_districts": 4, "institutions": 5, "spread": SDQ}
    assert children_needed(3.3, **design) == 8
    # with children without end .03 + .04 / 5 of the variance is left
    t = stats.t(6)
    floor = 6 * math.sqrt(2 / 4 * (0.03 + 0.04 / 5)) * (t.ppf(0.975) + t.ppf(0.8))
    assert children_needed(floor * 1.01, **design) > 100
    assert children_needed(floor * 0.99, **design) is None
    assert children_needed(99, treated_districts=1, comparison_districts=1, institutions=5, spread=SDQ) is None


def test_months_until_the_children_are_there():
    # four districts against four, 40 children in each: 2 a month, of whom half are measured again after 6 months, are 1 a month then
    rates, points = [2.0] * 4, detectable_difference([DISTRICT] * 4, [DISTRICT] * 4, SDQ)
    found = months_needed(points, rates, rates, SDQ, institutions=5, follow_up_share=0.5, follow_up_months=6)
    assert found == 40 + 6
    assert months_needed(points, rates, rates, SDQ, institutions=5, most_months=19) is None
    assert months_needed(points, rates, rates, SDQ, institutions=5, most_months=20) == 20
    assert months_needed(1.0, rates, rates, SDQ, institutions=5) is None


@pytest.mark.parametrize(
    "spread", [(0, 0.1, 0, 0), (1, -0.1, 0, 0), (1, 0.6, 0.5, 0), (1, 0.1, 0.1, 1.5), (math.nan, 0.1, 0, 0)]
)
def test_parts_that_are_no_parts_of_one_variance_are_refused(spread):
    with pytest.raises(ValueError, match="needs an SD above 0"):
        OutcomeSpread(*spread)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: districts_needed(0, DISTRICT, SDQ), "must be above 0"),
        (lambda: districts_needed(1, DISTRICT, SDQ, treated_share=1), "between 0 and 1"),
        (lambda: months_needed(0, [1], [1], SDQ, institutions=1), "must be above 0"),
        (lambda: months_needed(1, [-1], [1], SDQ, institutions=1), "0 or more"),
        (lambda: detectable_difference([[-1, 3]] * 2, [[2]] * 2, SDQ), "negative"),
        (
            lambda: children_needed(1, treated_districts=0, comparison_districts=1, institutions=1, spread=SDQ),
            "at least one district",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(ask, message):
    with pytest.raises(ValueError, match=message):
        ask()
