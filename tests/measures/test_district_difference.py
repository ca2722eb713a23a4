"""Districts as single numbers: adjusted by hand, and their difference by the textbook's t test."""

import math

import numpy as np
import pytest
from scipy import stats

from pipelines.measures.district_difference import difference_of_districts, district_effects
from pipelines.measures.intervals import NoInterval


def test_children_are_adjusted_by_the_slope_within_districts_only():
    # within A and B one point more before goes with 2 points more after; B starts 10 higher before and is 50 higher after
    before, after = [1, 2, 3, 11, 12, 13], [2, 4, 6, 52, 54, 56]
    found = district_effects(after, list("AAABBB"), covariates=before)
    assert found.adjusted == pytest.approx({"A": 4 - 2 * (2 - 7), "B": 54 - 2 * (12 - 7)})
    assert found.child_counts == {"A": 3, "B": 3}


def test_adjusted_districts_are_those_of_a_regression_with_a_level_of_each_district():
    random = np.random.default_rng(4)
    codes, table = np.repeat(np.arange(5), [3, 5, 4, 9, 2]), random.normal(size=(23, 2))
    outcome = random.normal(size=23) + table @ [1, -2] + codes
    dummies = (codes[:, None] == np.arange(5)).astype(float)
    levels = np.linalg.lstsq(np.hstack([dummies, table - table.mean(axis=0)]), outcome, rcond=None)[0][:5]
    found = district_effects(outcome, codes.tolist(), covariates=table)
    assert list(found.adjusted.values()) == pytest.approx(levels.tolist())


def test_missing_children_are_left_out_and_counted_and_a_constant_covariate_changes_nothing():
    found = district_effects([1, 3, math.nan, 6, 9], list("AACBA"), covariates=[[5], [5], [5], [5], [math.nan]])
    assert (found.adjusted, found.missing_count) == ({"A": pytest.approx(2), "B": pytest.approx(6)}, 2)
    assert district_effects([math.nan], ["A"]).adjusted == {}
    with pytest.raises(ValueError, match="1 outcomes but 2 districts"):
        district_effects([1], ["A", "B"])


def test_difference_is_the_t_test_of_the_districts():
    effects = {"A": 4.0, "B": 6.5, "C": 1.0, "D": 3.0, "E": 2.0}
    found = difference_of_districts(effects, ["A", "B"])
    expected = stats.ttest_ind([4, 6.5], [1, 3, 2]).confidence_interval(0.95)
    assert found.value == pytest.approx((4 + 6.5) / 2 - (1 + 3 + 2) / 3)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert (found.degrees_of_freedom, found.n) == (5 - 2, 5)


def test_too_few_districts_have_no_interval():
    assert difference_of_districts({"A": 1.0, "B": 3.0}, ["B"]).reason is NoInterval.TOO_FEW_CLUSTERS
    assert difference_of_districts({"A": 1.0, "B": 3.0}, []).reason is NoInterval.NO_DATA
    assert difference_of_districts({"A": 1.0, "B": 3.0, "C": 3.0}, ["A"]).reason is NoInterval.NO_SPREAD
    with pytest.raises(ValueError, match="no effect of 1 of the treated"):
        difference_of_districts({"A": 1.0}, ["Z"])
