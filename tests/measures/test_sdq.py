"""Regression to the mean: by hand, against simulated children, and against the selection that a referral
is.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipelines.measures.sdq import (
    ExpectationLine,
    change_beyond_expectation,
    expected_change_without_help,
    expected_second_points,
    line_from_retest,
)

PARENTS = line_from_retest(population_mean=7.4, population_sd_points=5.4, retest_correlation=0.65)


def test_by_hand():
    change = expected_change_without_help(16.2, population_mean=7.4, retest_correlation=0.65)
    assert change == pytest.approx((1 - 0.65) * (7.4 - 16.2))


@pytest.mark.parametrize(("retest", "expected"), [(0.55, -4.0), (0.65, -3.1), (0.75, -2.2)])
def test_referral_at_14_or_more_gives_the_known_falls(retest, expected):
    """Population mean 7.4, SD 5.4; whole scores from 14 = a normal score above 13.5, mean of the truncated
    normal.
    """
    cut = (13.5 - 7.4) / 5.4
    referred_mean = 7.4 + 5.4 * stats.norm.pdf(cut) / stats.norm.sf(cut)
    change = expected_change_without_help(referred_mean, population_mean=7.4, retest_correlation=retest)
    assert change == pytest.approx(expected, abs=0.06)


def test_simulated_children_without_help_fall_by_as_much():
    random = np.random.default_rng(1)
    lasting = random.normal(0, np.sqrt(0.65), 400_000)
    first, second = (7.4 + 5.4 * (lasting + random.normal(0, np.sqrt(0.35), lasting.size)) for _ in range(2))
    referred = first >= 14
    expected = expected_change_without_help(first[referred].mean(), population_mean=7.4, retest_correlation=0.65)
    assert (second - first)[referred].mean() == pytest.approx(expected, abs=0.06)


@given(st.floats(0, 40), st.floats(0, 40), st.floats(0, 1))
def test_towards_the_population_and_never_past_it(baseline, population, retest):
    after = baseline + expected_change_without_help(baseline, population_mean=population, retest_correlation=retest)
    assert min(baseline, population) - 1e-9 <= after <= max(baseline, population) + 1e-9


def test_a_correlation_in_percent_is_refused():
    with pytest.raises(ValueError, match="retest_correlation must lie between 0 and 1"):
        expected_change_without_help(16, population_mean=7.4, retest_correlation=65)


# ── a line of one's own ─────────────────────────────────────────────────────────────────────────────────────────────


def test_galtons_line_by_hand():
    assert PARENTS.intercept_points == pytest.approx((1 - 0.65) * 7.4)
    assert PARENTS.per_first_point == 0.65
    assert PARENTS.residual_sd_points == pytest.approx(5.4 * math.sqrt(1 - 0.65**2))
    assert (PARENTS.per_year_of_age, PARENTS.boy_points) == (0, 0)


def test_a_regression_among_untreated_children_finds_galtons_line_again():
    random = np.random.default_rng(2)
    lasting = random.normal(0, np.sqrt(0.65), 400_000)
    first, second = (7.4 + 5.4 * (lasting + random.normal(0, np.sqrt(0.35), lasting.size)) for _ in range(2))
    slope, intercept = np.polyfit(first, second, 1)
    assert (intercept, slope) == pytest.approx((PARENTS.intercept_points, PARENTS.per_first_point), abs=0.03)
    assert (second - intercept - slope * first).std() == pytest.approx(PARENTS.residual_sd_points, abs=0.03)


@given(st.lists(st.floats(0, 40), min_size=1, max_size=20), st.floats(0, 40), st.floats(0, 1))
def test_child_by_child_or_from_the_mean_the_expected_change_is_one_number(first, population, retest):
    line = line_from_retest(population_mean=population, population_sd_points=5.4, retest_correlation=retest)
    by_child = (expected_second_points(first, line) - first).mean()
    of_mean = expected_change_without_help(np.mean(first), population_mean=population, retest_correlation=retest)
    assert by_child == pytest.approx(of_mean, abs=1e-9)


def test_age_and_sex_count_where_the_line_has_a_number_for_them_and_nothing_is_filled_in():
    line = ExpectationLine(2, 0.5, 4, per_year_of_age=-0.1, boy_points=1)
    found = expected_second_points(
        [20, 20, 20, 20, math.nan], line, age_years=[8, 8, math.nan, 10, 8], is_boy=[0, 1, 1, math.nan, 0]
    )
    assert found == pytest.approx([2 + 10 - 0.8, 2 + 10 - 0.8 + 1, math.nan, math.nan, math.nan], nan_ok=True)
    without = ExpectationLine(2, 0.5, 4)
    assert expected_second_points([20], without, age_years=[math.nan], is_boy=[math.nan]).tolist() == [12]


@pytest.mark.parametrize(
    ("line", "given_values", "said"),
    [
        (ExpectationLine(2, 0.5, 4, per_year_of_age=1), {"is_boy": [1, 0]}, "needs age_years"),
        (ExpectationLine(2, 0.5, 4, boy_points=1), {"age_years": [8, 9]}, "needs is_boy"),
        (ExpectationLine(2, 0.5, 4, boy_points=1), {"is_boy": [1]}, "lengths differ: 2 first scores, 1 of is_boy"),
    ],
)
def test_a_line_without_what_it_needs_is_refused(line, given_values, said):
    with pytest.raises(ValueError, match=said):
        expected_second_points([10, 12], line, **given_values)


def test_a_spread_below_0_is_refused():
    with pytest.raises(ValueError, match="residual_sd_points must be 0 or more, not -1"):
        ExpectationLine(2, 0.5, -1)


def test_change_beyond_expectation_by_hand():
    # expected 2 + first / 2: 12, 10, 8 and 7; two cannot be compared
    first, second = [20, 16, 12, 10, 18, math.nan], [10, 11, 5, 8, math.nan, 9]
    found = change_beyond_expectation(first, second, list("AABBBB"), ExpectationLine(2, 0.5, 4))
    assert found.cluster_means == {"A": (-2 + 1) / 2, "B": (-3 + 1) / 2}
    assert found.by_cluster.value == (-0.5 - 1) / 2
    half = stats.t.ppf(0.975, 1) * np.std([-0.5, -1], ddof=1) / math.sqrt(2)
    assert (found.by_cluster.low, found.by_cluster.high) == pytest.approx((-0.75 - half, -0.75 + half))
    assert found.missing_count == 2


def test_children_whose_age_the_line_needs_and_nobody_knows_are_counted_as_missing():
    line = ExpectationLine(2, 0.5, 4, per_year_of_age=-0.1)
    found = change_beyond_expectation([20, 16], [10, 11], ["A", "A"], line, age_years=[10, math.nan])
    assert (found.by_cluster.value, found.missing_count) == (pytest.approx(10 - (2 + 10 - 1)), 1)


scores = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.sampled_from("ABC")), min_size=1, max_size=30)


@given(scores, st.floats(-20, 20))
def test_shifting_every_second_score_shifts_the_result_by_as_much(drawn, shift):
    first, second, district = (list(column) for column in zip(*drawn, strict=True))
    before, after = (
        change_beyond_expectation(first, np.add(second, by), district, PARENTS).by_cluster.value for by in (0, shift)
    )
    assert after == pytest.approx(before + shift, abs=1e-9)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="lengths differ: 2, 1, 2"):
        change_beyond_expectation([1, 2], [1], ["A", "B"], PARENTS)


@pytest.mark.parametrize("effect", [0, -2])
def test_among_children_chosen_for_their_first_score_what_is_beyond_expectation_is_the_effect(effect):
    """600 samples of referred children in 8 districts that differ (SD 1 point): unbiased, and 95 % intervals hold it so often."""
    random = np.random.default_rng(5)
    districts = np.repeat(np.arange(8), 30)
    found = []
    for _ in range(600):
        lasting = random.normal(0, np.sqrt(0.65), 3000)
        first, second = (7.4 + 5.4 * (lasting + random.normal(0, np.sqrt(0.35), 3000)) for _ in range(2))
        referred = np.flatnonzero(first >= 14)[: districts.size]
        helped = second[referred] + effect + random.normal(0, 1, 8)[districts]
        found.append(change_beyond_expectation(first[referred], helped, districts.tolist(), PARENTS).by_cluster)
    assert np.mean([each.value for each in found]) == pytest.approx(effect, abs=0.06)
    # three Monte Carlo standard errors: 3 x sqrt(.95 x .05 / 600) = .027
    assert np.mean([each.low <= effect <= each.high for each in found]) == pytest.approx(0.95, abs=0.027)
