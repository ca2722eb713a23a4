"""Effects by cohort and event time: against an independent implementation, by hand, and by handing the dates round one by one."""

import math
import warnings
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from diff_diff import CallawaySantAnna
from scipy import stats

from pipelines.measures.event_study import (
    CohortEffect,
    Comparison,
    NoEventStudy,
    chance_ranges,
    collapse_to_two_periods,
    event_study,
)
from pipelines.measures.intervals import NoInterval

STAGGERED = [3, 3, 5, 5, 5, None, None, 4]


def draw(seed, districts=8, years=8):
    random = np.random.default_rng(seed)
    return random.normal(0, 2, (districts, 1)) + np.linspace(0, 3, years) + random.normal(0, 1, (districts, years))


@pytest.mark.parametrize(
    ("comparison", "theirs"), [(Comparison.NEVER, "never_treated"), (Comparison.NOT_YET, "not_yet_treated")]
)
def test_effects_are_those_of_diff_diff(comparison, theirs):
    values = draw(1)
    frame = pd.DataFrame(
        {"district": place, "year": year, "value": values[place, year], "first": date or 0}
        for place, date in enumerate(STAGGERED)
        for year in range(values.shape[1])
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of the few districts, rightly: only its point estimates are used
        fitted = CallawaySantAnna(control_group=theirs, base_period="universal").fit(
            frame, outcome="value", unit="district", time="year", first_treat="first"
        )
        by_time = fitted.aggregate("event_study")
    found = event_study(values, STAGGERED, comparison=comparison)
    expected = {
        (cohort, year): effect["effect"]
        for (cohort, year), effect in fitted.group_time_effects.items()
        if year != cohort - 1
    }
    ours = {(effect.first_year, effect.year): effect.effect for effect in found.cohort_effects}
    assert ours == pytest.approx(expected, rel=1e-9)
    assert found.by_event_time == pytest.approx(
        dict(zip(by_time.event_time.tolist(), by_time.att.tolist(), strict=True)), rel=1e-9
    )
    assert found.overall == pytest.approx(fitted.overall_att, rel=1e-9)


def test_one_cohort_by_hand():
    found = event_study([[1, 1, 4, 8], [1, 2, 3, 4]], [2, None])
    assert found.cohort_effects == (
        CohortEffect(2, 0, (1 - 1) - (1 - 2)),
        CohortEffect(2, 2, (4 - 1) - (3 - 2)),
        CohortEffect(2, 3, (8 - 1) - (4 - 2)),
    )
    assert found.by_event_time == {-2: 1, -1: 0, 0: 2, 1: 5}
    assert found.overall == pytest.approx((2 + 5) / 2)
    assert (found.test.p_value, found.test.choice_count, found.test.smallest_p_value) == (1, 2, 1)
    # a step of 1 before; a step of 1 each year after would make 1 and 2, so 1.5 of the 3.5
    assert found.breakdown == pytest.approx(3.5 / 1.5)


def test_a_cohort_counts_as_its_districts_at_each_event_time():
    values = np.array([[0, 0, 3, 3], [0, 0, 3, 3], [0, 0, 0, 9], [0, 0, 0, 0]])
    found = event_study(values, [2, 2, 3, None])
    assert found.by_event_time[0] == pytest.approx((3 + 3 + 9) / 3)
    assert found.by_event_time[1] == pytest.approx(3), "the later cohort is not seen a second year"
    assert found.overall == pytest.approx((3 + 3 + 3 + 3 + 9) / 5)


@pytest.mark.parametrize("comparison", list(Comparison))
@pytest.mark.parametrize("dates", [[2, 2, 4, None, None], [3, 3, 4, 4, 4], [3, 3, None, None]])
def test_p_is_that_of_handing_the_dates_round_one_by_one(comparison, dates):
    values = draw(len(dates), districts=len(dates), years=6)
    found = event_study(values, dates, comparison=comparison)
    if comparison is Comparison.NEVER and None not in dates:
        assert (found.overall, found.reason) == (None, NoEventStudy.NO_COMPARISON)
        return
    ways = [event_study(values, list(way), comparison=comparison) for way in sorted(set(permutations(dates)), key=str)]
    assert found.test.choice_count == len(ways)
    assert found.test.p_value == np.mean([abs(way.overall) >= abs(found.overall) - 1e-9 for way in ways])
    squares = [sum(effect**2 for since, effect in way.by_event_time.items() if since < 0) for way in ways]
    assert found.pre_trend.p_value == np.mean([one >= found.pre_trend.statistic - 1e-9 for one in squares])
    assert found.test.smallest_p_value == (2 if dates == [3, 3, None, None] else 1) / len(ways)


def test_exchangeable_districts_are_rejected_no_more_often_than_the_level():
    rejected = [event_study(draw(seed), [4] * 4 + [None] * 4).test.p_value <= 0.05 for seed in range(200)]
    assert (
        0 < np.mean(rejected) <= 0.08
    )  # only 2 of 70 is below .05; a true 2/70 is above .08 in fewer than 1 of 1,000 runs


def test_districts_with_a_missing_year_or_without_a_year_before_are_left_out():
    values = np.vstack([draw(2, districts=4), [[math.nan] + [0.0] * 7], [[9.0] * 8]])
    found = event_study(values, [4, 4, None, 99, None, 0])
    without = event_study(values[:4], [4, 4, None, None])
    assert (found.district_count, found.left_out_count) == (4, 2)
    assert found.by_event_time == without.by_event_time


def test_no_cohort_and_no_comparison_are_told_apart():
    assert event_study(draw(1, 3), [None, None, 0]).reason is NoEventStudy.NO_COHORT
    assert event_study(draw(1, 3), [4, 4, 4]).reason is NoEventStudy.NO_COMPARISON
    assert collapse_to_two_periods(draw(1, 3), [None, None, None]).reason is NoInterval.NO_DATA


def test_one_year_before_has_no_trend_to_show():
    found = event_study(draw(3, 4, 3), [1, 1, None, None])
    assert (found.pre_trend, found.breakdown) == (None, None)
    assert sorted(found.by_event_time) == [-1, 0, 1]


def test_too_many_ways_have_effects_and_no_test():
    found = event_study(draw(3, 20), [4] * 10 + [None] * 10)
    assert (found.test, found.reason) == (None, NoEventStudy.TOO_MANY_CHOICES)
    assert found.overall is not None


def test_two_periods_with_one_date_are_the_t_test_of_changes():
    values = draw(4, 6)
    found = collapse_to_two_periods(values, [4, 4, 4, None, None, None])
    changes = values[:, 4:].mean(axis=1) - values[:, :4].mean(axis=1)
    expected = stats.ttest_ind(changes[:3], changes[3:]).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert (found.degrees_of_freedom, found.n) == (6 - 2, 6)


def test_two_periods_with_two_dates_by_hand():
    values = [[1, 1, 5, 5], [1, 1, 1, 5], [0, 0, 3, 6], [0, 3, 3, 3]]
    others = [
        ((3 + 6) / 2 - 0 + 6 - (0 + 0 + 3) / 3) / 2,  # the mean of its changes at both dates
        (3 - 3 / 2 + 3 - (0 + 3 + 3) / 3) / 2,
    ]
    assert collapse_to_two_periods(values, [2, 3, None, None]).value == pytest.approx(4 - sum(others) / 2)


def test_a_common_trend_is_no_effect():
    values = np.arange(6.0) + np.array([[1.0], [5], [2], [8]])
    found = event_study(values, [2, 4, None, None])
    assert list(found.by_event_time.values()) == pytest.approx([0] * len(found.by_event_time))
    assert found.test.p_value == 1
    assert collapse_to_two_periods(values, [2, 4, None, None]).value == pytest.approx(0)


def test_a_table_needs_a_date_for_each_district():
    with pytest.raises(ValueError, match="one adoption date"):
        event_study([[1, 2, 3]], [1, None])


STRATA = ["by", "by", "by", "land", "land", "land"]
IN_STRATA = [3, None, None, 3, 4, None]


def ways_in_strata(dates):
    """Every distinct way to hand the dates round within the first three and within the last three districts."""
    first, last = sorted(set(permutations(dates[:3])), key=str), sorted(set(permutations(dates[3:])), key=str)
    return [[*one, *other] for one in first for other in last]


@pytest.mark.parametrize("comparison", list(Comparison))
def test_dates_are_handed_round_within_strata_only(comparison):
    values = draw(7, districts=6, years=6)
    found = event_study(values, IN_STRATA, comparison=comparison, strata=STRATA)
    ways = [event_study(values, way, comparison=comparison).overall for way in ways_in_strata(IN_STRATA)]
    # one date among three districts, and three dates among three: 3 x 6, where all six would give 6! / (2! 1! 3!) = 60
    assert found.test.choice_count == len(ways) == 3 * 6
    assert event_study(values, IN_STRATA, comparison=comparison).test.choice_count == 60
    assert found.test.p_value == np.mean([abs(way) >= abs(found.overall) - 1e-9 for way in ways])
    assert found.test.smallest_p_value == 1 / 18


def test_strata_of_two_equal_halves_have_mirrors():
    values = draw(7, districts=4, years=6)
    assert event_study(values, [3, None, 3, None], strata=[1, 1, 2, 2]).test.smallest_p_value == 2 / 4
    assert event_study(values, [3, 3, None, 3], strata=[1, 1, 2, 2]).test.smallest_p_value == 1 / 2
    with pytest.raises(ValueError, match="one stratum"):
        event_study(values, [3, None, 3, None], strata=[1, 1])


@pytest.mark.parametrize("strata", [None, STRATA])
def test_the_range_of_chance_holds_the_middle_of_all_ways(strata):
    values = draw(5, districts=6, years=6)
    ranges = chance_ranges(values, IN_STRATA, strata=strata, share=0.8)
    ways = ways_in_strata(IN_STRATA) if strata else sorted(set(permutations(IN_STRATA)), key=str)
    found = [event_study(values, list(way)).by_event_time for way in ways]
    assert sorted(ranges) == [since for since in sorted(found[0]) if since != -1]
    outside = int(0.1 * len(ways))  # of 18 ways 1 falls out at each end, of 60 ways 6
    for since, ends in ranges.items():
        effects = sorted(way[since] for way in found)
        assert ends == pytest.approx((effects[outside], effects[-1 - outside]))


def test_nothing_to_hand_round_has_no_range():
    assert chance_ranges(draw(1, 3), [None, None, 0]) == {}
    assert chance_ranges(draw(3, 20), [4] * 10 + [None] * 10) == {}
    with pytest.raises(ValueError, match="between 0 and 1"):
        chance_ranges(draw(1, 3), [4, None, None], share=1.0)
