"""Trends before anybody began: by hand, with the smallest one that would have been seen, and where nothing can be told."""

import math

import numpy as np
import pytest
from scipy import stats

from pipelines.measures.trend_before import early_districts, trend_before

# two years before the first began; rises of 1 and 3 where they began, of 0 and 2 elsewhere
FOUR = np.array([[5, 6, 0, 0], [5, 8, 0, 0], [1, 1, 9, 9], [1, 3, 9, 9]], dtype=float)


def test_the_difference_in_yearly_rise_by_hand() -> None:
    found = trend_before(FOUR, [2, 2, None, None])
    assert found is not None
    assert found.per_year.value == pytest.approx((1 + 3) / 2 - (0 + 2) / 2)
    # of districts: variance ((1 - 2)^2 + (3 - 2)^2 + (0 - 1)^2 + (2 - 1)^2) / (4 - 2) = 2
    error = math.sqrt(2 * (1 / 2 + 1 / 2))
    assert found.per_year.standard_error == pytest.approx(error)
    # a step in the first year after, two in the second: 1.5 on the mean
    assert (found.years_after, found.year_count) == ((1 + 2) / 2, 2)
    assert found.detectable == pytest.approx(error * (stats.t(2).ppf(0.975) + stats.t(2).ppf(0.8)) * 1.5)


def test_what_came_after_the_first_start_counts_in_nothing() -> None:
    changed = FOUR + np.array([0, 0, 50, -20])
    assert trend_before(changed, [2, 2, None, None]) == trend_before(FOUR, [2, 2, None, None])


def test_the_line_is_that_of_least_squares() -> None:
    random = np.random.default_rng(4)
    values = random.normal(0, 1, (6, 8))
    found = trend_before(values, [5, 4, 6, None, None, None])
    assert found is not None
    slopes = [np.polyfit(np.arange(4), row[:4], 1)[0] for row in values]
    assert found.per_year.value == pytest.approx(np.mean(slopes[:3]) - np.mean(slopes[3:]))
    # 3 districts with 3, 4 and 2 years: steps 1+2+3, 1+2+3+4 and 1+2 over nine years
    assert found.years_after == pytest.approx((6 + 10 + 3) / 9)
    assert found.test is not None
    assert found.test.choice_count == 20


def test_choices_stay_within_strata() -> None:
    found = trend_before(FOUR, [2, None, 2, None], strata=["by", "by", "land", "land"])
    assert found is not None
    assert found.test is not None
    assert found.test.choice_count == 2 * 2
    alone = trend_before(FOUR, [2, 2, None, None], strata=["by", "by", "land", "land"])
    assert alone is not None
    assert alone.test is None, "nothing could have been chosen otherwise"


@pytest.mark.parametrize(
    ("adoption", "early"),
    [
        ([3, 5, None], [True, True, False]),
        ([3, 4, 5], [True, True, False]),
        ([3, 3], [False, False]),
        ([None, None], [False, False]),
    ],
)
def test_early_is_before_the_last(adoption: list[int | None], early: list[bool]) -> None:
    assert early_districts(adoption) == early


@pytest.mark.parametrize("adoption", [[2, 2, 2, 2], [None] * 4, [1, 1, None, None], [9, 9, None, None]])
def test_without_an_order_or_two_years_before_there_is_no_trend(adoption: list[int | None]) -> None:
    assert trend_before(FOUR, adoption) is None


def test_districts_without_spread_say_nothing_of_what_would_have_been_seen() -> None:
    found = trend_before(np.ones((4, 4)), [2, 2, None, None])
    assert found is not None
    assert found.detectable is None
