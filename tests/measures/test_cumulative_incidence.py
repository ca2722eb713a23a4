import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipelines.measures.cumulative_incidence import (
    count_ends,
    incidence_at,
    incidence_curve,
    incidence_difference,
    permuted_incidence_difference,
)
from pipelines.measures.intervals import NoInterval
from pipelines.measures.multistate import occupation_probabilities
from tests.measures.cmprsk_example import cmprsk_patients

NOT_YET, RETURNED, AGED_OUT = range(3)
TWO_ENDS = {"end_count": 2}
# Six children: month, and how it ended.
MONTHS = [1, 2, 3, 4, 5, 6]
ENDS = [RETURNED, AGED_OUT, NOT_YET, RETURNED, AGED_OUT, NOT_YET]

child = st.tuples(st.integers(1, 8), st.integers(NOT_YET, AGED_OUT), st.integers(0, 4))
children = st.lists(child, min_size=1, max_size=14)


def columns(rows):
    months, ends, late = (np.array(column) for column in zip(*rows, strict=True))
    return months, ends, np.minimum(late, months - 1)


def plain_incidence(months, ends, entries, *, end):
    """At each time of an end (time, F, its variance), from the textbook's sums, one child and one time at a time.

    var F(t) = sum over u <= t of (F(t) - F(u))^2 d / (Y (Y - d)) + S(u-)^2 d_k (Y - d_k) / Y^3 - 2 (F(t) - F(u)) S(u-) d_k / Y^2:
    Aalen's, as in Choudhury, Statistics in Medicine 21 (2002) 1129-1144, equation 2.
    """
    steps, found = [], []
    still, incidence = 1.0, 0.0
    for time in sorted({month for month, ended in zip(months, ends, strict=True) if ended != NOT_YET}):
        y = sum(entry < time <= month for month, entry in zip(months, entries, strict=True))
        d = sum(month == time and ended != NOT_YET for month, ended in zip(months, ends, strict=True))
        d_k = sum(month == time and ended == end for month, ended in zip(months, ends, strict=True))
        incidence += still * d_k / y
        steps.append((incidence, still, y, d, d_k))
        still *= 1 - d / y
        variance = 0.0
        for earlier, before, y_u, d_u, k_u in steps:
            ahead = incidence - earlier
            variance += ahead**2 * d_u / (y_u * (y_u - d_u)) if d_u < y_u else 0.0
            variance += before**2 * k_u * (y_u - k_u) / y_u**3 - 2 * ahead * before * k_u / y_u**2
        found.append((time, incidence, variance))
    return np.array(found)


def test_six_children_by_hand():
    curve = incidence_curve(count_ends(MONTHS, ENDS, **TWO_ENDS), end=RETURNED)
    still_at_3 = 5 / 6 * 4 / 5
    assert curve.times.tolist() == [1, 2, 4, 5]
    np.testing.assert_allclose(curve.incidence, [1 / 6, 1 / 6, 1 / 6 + still_at_3 / 3, 1 / 6 + still_at_3 / 3])
    np.testing.assert_allclose(curve.still_there, [5 / 6, 4 / 6, 4 / 6 * 2 / 3, 4 / 6 * 2 / 3 * 1 / 2])
    assert curve.one_minus_kaplan_meier[-1] == pytest.approx(1 - 5 / 6 * 2 / 3)  # .444, and only .389 were to return
    # before anybody was lost it is a plain share: 1/6 x 5/6 / 6
    assert curve.standard_errors[1] ** 2 == pytest.approx(5 / 6**3)


@pytest.mark.parametrize(
    ("end", "published"), [(1, [0.2352861, 0.3287068, 0.4247898]), (2, [0.2567862, 0.3931580, 0.4631781])]
)
def test_published_incidence_of_cmprsk(end, published):
    """R's cmprsk, tests/test.Rout.save: cuminc(ss, cc), at times 1, 2 and 3."""
    times, _, ends, _ = cmprsk_patients()
    found = incidence_at(count_ends(times, ends, **TWO_ENDS), end=end, times=[1, 2, 3])
    assert [at.naive.value for at in found] == pytest.approx(published, abs=5e-8)


def test_standard_errors_of_statsmodels():
    """statsmodels 0.15.0, CumIncidenceRight(ss, cc).cinc_se[0] ** 2 at time 1, on the same patients."""
    times, _, ends, _ = cmprsk_patients()
    found = incidence_at(count_ends(times, ends, **TWO_ENDS), end=1, times=1)[0].naive
    assert found.standard_error**2 == pytest.approx(0.0020293642258659814, rel=1e-12)


@settings(max_examples=80, deadline=None)
@given(children, st.sampled_from([RETURNED, AGED_OUT]))
def test_agrees_with_the_textbook_sums_and_with_the_multistate_estimator(rows, end):
    months, ends, late = columns(rows)
    counted = count_ends(months, ends, entry_time=late, **TWO_ENDS)
    curve = incidence_curve(counted, end=end)
    plain = plain_incidence(months, ends, late, end=end).reshape(-1, 3)
    np.testing.assert_allclose(curve.times, plain[:, 0])
    np.testing.assert_allclose(curve.incidence, plain[:, 1], rtol=0, atol=1e-10)
    np.testing.assert_allclose(curve.standard_errors**2, plain[:, 2], rtol=0, atol=1e-10)
    states = occupation_probabilities(counted, start=NOT_YET)
    np.testing.assert_allclose(states.probabilities[1:, end], curve.incidence, rtol=0, atol=1e-10)
    np.testing.assert_allclose(states.covariances[1:, end, end], curve.standard_errors**2, rtol=0, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(children)
def test_ends_and_the_rest_make_1_and_one_minus_kaplan_meier_is_never_less(rows):
    months, ends, late = columns(rows)
    counted = count_ends(months, ends, entry_time=late, **TWO_ENDS)
    curves = [incidence_curve(counted, end=end) for end in (RETURNED, AGED_OUT)]
    total = curves[0].incidence + curves[1].incidence + curves[0].still_there
    np.testing.assert_allclose(total, 1)
    for curve, other in (curves, curves[::-1]):
        assert (curve.one_minus_kaplan_meier >= curve.incidence - 1e-12).all()
        if not other.incidence.any():
            np.testing.assert_allclose(curve.one_minus_kaplan_meier, curve.incidence)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from([RETURNED, AGED_OUT])), min_size=1, max_size=12))
def test_with_nobody_lost_it_is_the_share_with_its_binomial_variance(rows):
    months, ends = (np.array(column) for column in zip(*rows, strict=True))
    curve = incidence_curve(count_ends(months, ends, **TWO_ENDS), end=RETURNED)
    share = np.array([((months <= time) & (ends == RETURNED)).mean() for time in curve.times])
    np.testing.assert_allclose(curve.incidence, share, rtol=0, atol=1e-12)
    np.testing.assert_allclose(curve.standard_errors**2, share * (1 - share) / len(rows), rtol=0, atol=1e-12)


def test_counting_those_who_age_out_as_lost_overstates_the_return():
    """1,000 children, return and turning 18 equally likely each month: half return, and 1 - Kaplan-Meier says nearly all."""
    random = np.random.default_rng(3)
    months = random.geometric(0.1, 1000)
    counted = count_ends(months, random.integers(RETURNED, AGED_OUT + 1, 1000), **TWO_ENDS)
    found = incidence_at(counted, end=RETURNED, times=60)[0]
    assert found.by_district.value == pytest.approx(0.5, abs=0.05)
    assert found.one_minus_kaplan_meier > 0.9


FOUR_DISTRICTS = {
    "months": [1, 2, 5, 3, 4, 6, 2, 3, 6, 1, 5, 6],
    "ends": [1, 2, 1, 1, 1, 2, 2, 2, 0, 1, 0, 1],
    "homes": list("AAABBBCCCDDD"),
}


def four_districts(*, without=""):
    rows = zip(*FOUR_DISTRICTS.values(), strict=True)
    months, ends, homes = zip(*(row for row in rows if row[2] not in without), strict=True)
    return count_ends(months, ends, clusters=homes, **TWO_ENDS)


def value_at(counted, month):
    return incidence_at(counted, end=RETURNED, times=month)[0].by_district.value


def test_the_district_interval_is_made_of_the_values_without_each_district():
    found = incidence_at(four_districts(), end=RETURNED, times=[4])[0].by_district
    left_out = [value_at(four_districts(without=home), 4) for home in "ABCD"]
    error = math.sqrt(3 / 4 * sum((value - sum(left_out) / 4) ** 2 for value in left_out))
    assert found.standard_error == pytest.approx(error)
    half = stats.t.ppf(0.975, 3) * error / (found.value * (1 - found.value))
    middle = math.log(found.value / (1 - found.value))
    assert found.low == pytest.approx(1 / (1 + math.exp(half - middle)))
    assert found.high == pytest.approx(1 / (1 + math.exp(-half - middle)))
    assert (found.n, found.degrees_of_freedom) == (12, 3)


def test_one_district_and_no_return_have_a_value_and_no_interval():
    one = incidence_at(count_ends(MONTHS, ENDS, **TWO_ENDS), end=RETURNED, times=[0, 4, 6, 7])
    assert [at.by_district.reason for at in one] == [
        NoInterval.TOO_FEW_EVENTS,
        NoInterval.TOO_FEW_CLUSTERS,
        NoInterval.TOO_FEW_CLUSTERS,
        NoInterval.NO_DATA,  # the last child was seen at 6 and could still return
    ]
    assert one[0].by_district.value == 0
    assert one[3].one_minus_kaplan_meier is None
    all_ended = count_ends([1, 2, 2], [1, 2, 1], **TWO_ENDS)
    assert value_at(all_ended, 100) == pytest.approx(2 / 3)


def test_the_difference_of_two_arms():
    found = incidence_difference(four_districts(), districts="AB", end=RETURNED, time=4)
    these, others = (
        incidence_at(four_districts(without=out), end=RETURNED, times=4)[0].by_district for out in ("CD", "AB")
    )
    assert (found.these, found.others) == (these, others)
    assert found.difference.value == pytest.approx(these.value - others.value)
    assert found.difference.standard_error == pytest.approx(math.hypot(these.standard_error, others.standard_error))
    assert found.difference.degrees_of_freedom == 4 - 2
    half = stats.t.ppf(0.975, 2) * found.difference.standard_error
    assert found.difference.high == pytest.approx(min(1, found.difference.value + half))
    turned = incidence_difference(four_districts(), districts="CD", end=RETURNED, time=4)
    assert turned.difference.value == pytest.approx(-found.difference.value)
    assert (turned.these.n, turned.others.n, turned.difference.n) == (6, 6, 12)


def test_an_arm_of_one_district_has_a_difference_and_no_interval():
    found = incidence_difference(four_districts(), districts="A", end=RETURNED, time=4).difference
    assert found.value is not None
    assert (found.low, found.reason) == (None, NoInterval.TOO_FEW_CLUSTERS)
    assert incidence_difference(four_districts(), districts="AB", end=RETURNED, time=9).difference.value is None


def test_the_difference_beside_every_other_choice_of_districts():
    test = permuted_incidence_difference(four_districts(), districts="AB", end=RETURNED, time=4)
    pairs = ["AB", "AC", "AD", "BC", "BD", "CD"]
    values = {
        pair: incidence_difference(four_districts(), districts=pair, end=RETURNED, time=4).difference.value
        for pair in pairs
    }
    assert test.statistic == pytest.approx(values["AB"])
    assert test.p_value == sum(abs(value) >= abs(values["AB"]) - 1e-12 for value in values.values()) / 6
    assert (test.choice_count, test.smallest_p_value) == (6, 2 / 6)
    with pytest.raises(ValueError, match="not followed to 9"):
        permuted_incidence_difference(four_districts(), districts="AB", end=RETURNED, time=9)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (lambda: count_ends([1], [3], **TWO_ENDS), "outside 0 .none. to 2"),
        (lambda: incidence_curve(four_districts(), end=0), "1 to 2, not 0"),
        (lambda: incidence_at(four_districts(), end=1, times=-1), "before the start"),
        (lambda: incidence_at(four_districts(), end=1, times=1, level=95), "between 0 and 1"),
        (lambda: incidence_difference(four_districts(), districts="AX", end=1, time=1), "1 of the districts"),
        (lambda: incidence_difference(four_districts(), districts="ABCD", end=1, time=1), "both arms"),
        (lambda: permuted_incidence_difference(four_districts(), districts="", end=1, time=1), "both arms"),
    ],
)
def test_impossible_questions_are_refused(question, message):
    with pytest.raises(ValueError, match=message):
        question()


def draw_districts(random, *, returns, ages_out=0.015, children_each=(30, 60)):
    """Children of districts with their own monthly chance of return, lost from sight after 12 to 48 months."""
    home = np.repeat(np.arange(returns.size), random.integers(*children_each, returns.size))
    month = np.ceil(random.exponential(1 / (returns[home] + ages_out)))
    returned = random.random(home.size) < returns[home] / (returns[home] + ages_out)
    lost = random.integers(12, 49, home.size)
    ends = np.where(month <= lost, np.where(returned, RETURNED, AGED_OUT), NOT_YET)
    return count_ends(np.minimum(month, lost), ends, clusters=home, **TWO_ENDS)


def true_incidence(returns, month, ages_out=0.015):
    both = returns + ages_out
    return np.mean(returns / both * (1 - np.exp(-both * month)))


def test_the_district_interval_hits_the_true_return_by_24_months():
    """8 districts, each with its own rate of return; the truth is the mean over all possible districts."""
    random, repetitions, hits, naive_hits = np.random.default_rng(12), 600, 0, 0
    rates = np.array([0.008, 0.015, 0.025, 0.04])
    truth = true_incidence(rates, 24)
    for _ in range(repetitions):
        found = incidence_at(draw_districts(random, returns=random.choice(rates, 8)), end=RETURNED, times=24)[0]
        hits += found.by_district.low <= truth <= found.by_district.high
        naive_hits += found.naive.low <= truth <= found.naive.high
    # 99.9 % of 600 repetitions at 95 % lie in this band
    assert 0.92 <= hits / repetitions <= 0.98
    assert naive_hits / repetitions < 0.75


def test_the_interval_of_the_difference_hits_0_when_the_arms_do_not_differ():
    random, repetitions, hits = np.random.default_rng(13), 400, 0
    rates = np.array([0.008, 0.015, 0.025, 0.04])
    for _ in range(repetitions):
        ends = draw_districts(random, returns=random.choice(rates, 8))
        difference = incidence_difference(ends, districts=range(4), end=RETURNED, time=24).difference
        hits += difference.low <= 0 <= difference.high
    # t(6) for a variance of two arms with 3 degrees of freedom each: exact for equal spread
    assert 0.91 <= hits / repetitions <= 0.985
