"""Level and slope when something begins: by hand, against direct computations, and how often so few points are right."""

import math

import numpy as np
import pytest
from scipy import linalg, stats

from pipelines.measures.interrupted_series import NoTest, SeriesMethod, interrupted_series
from pipelines.measures.intervals import NoInterval

SHORT = [4.3, 4.1, 4.4, 4.6, 4.5, 5.2, 5.1, 5.6, 5.4]  # per cent, 2014-2022; something begins in 2019
LONG = [3.1, 3.3, 3.0, 3.6, 3.5, 3.9, 3.7, 4.2, 4.0, 4.9, 5.1, 4.8, 5.5, 5.2, 5.9]


def columns(times, start):
    times = np.asarray(times, dtype=float)
    after = times >= start
    return np.column_stack([np.ones(times.size), times, after, np.where(after, times - start, 0)])


def restricted(values, times, start, rho):
    """Coefficients, covariance and restricted log-likelihood from the inverse of the whole correlation matrix."""
    design, y = columns(times, start), np.asarray(values, dtype=float)
    correlation = linalg.toeplitz(rho ** np.arange(max(times) - min(times) + 1))
    places = np.asarray(times) - min(times)
    correlation = correlation[np.ix_(places, places)]
    inverse = np.linalg.inv(correlation)
    information = design.T @ inverse @ design
    coefficients = np.linalg.inv(information) @ design.T @ inverse @ y
    residuals = y - design @ coefficients
    freedom = y.size - 4
    variance = residuals @ inverse @ residuals / freedom
    value = (
        -(freedom * math.log(variance) + math.log(np.linalg.det(correlation)) + math.log(np.linalg.det(information)))
        / 2
    )
    return coefficients, variance * np.linalg.inv(information), value


def test_lines_without_noise_by_hand():
    """1, 2, 3, 4 would go on to 5: 7 is a jump of 2; then 2 a year in the place of 1. Nothing tells how far off that may be."""
    found = interrupted_series([1, 2, 3, 4, 7, 9, 11], range(7), start=4)
    assert found.level_change.estimate.value == pytest.approx(7 - 5)
    assert found.slope_change.estimate.value == pytest.approx(2 - 1)
    assert found.slope_before == pytest.approx(1)
    assert (found.no_test, found.level_change.estimate.reason) == (NoTest.NO_SPREAD, NoInterval.NO_SPREAD)
    assert (found.before_count, found.after_count) == (4, 3)


def test_a_short_series_has_an_interval_and_no_test():
    """Two lines fitted apart give the same changes as one model; the spread around both, 9 - 4 degrees."""
    years = np.arange(2014, 2023)
    found = interrupted_series(SHORT, years, start=2019)
    one, two = (stats.linregress(years[part], np.array(SHORT)[part]) for part in (slice(0, 5), slice(5, 9)))
    at_start = [line.intercept + 2019 * line.slope for line in (one, two)]
    level, slope = found.level_change, found.slope_change
    assert (found.method, found.no_test) == (SeriesMethod.OLS, NoTest.TOO_FEW_POINTS)
    assert (level.p_value, slope.p_value, found.autocorrelation) == (None, None, None)
    assert level.estimate.value == pytest.approx(at_start[1] - at_start[0])
    assert slope.estimate.value == pytest.approx(two.slope - one.slope)
    assert found.slope_before == pytest.approx(one.slope)
    _, covariance, _ = restricted(SHORT, years, 2019, 0.0)
    half = stats.t.ppf(0.975, 9 - 4) * math.sqrt(covariance[2, 2])
    assert (level.estimate.low, level.estimate.high) == pytest.approx(
        (level.estimate.value - half, level.estimate.value + half)
    )
    assert (level.estimate.degrees_of_freedom, level.estimate.n) == (5, 9)


def test_a_long_series_is_the_best_of_a_grid_and_direct_generalised_least_squares():
    found = interrupted_series(LONG, range(15), start=9)
    grid = np.arange(-0.99, 0.99, 0.0005)
    best = grid[np.argmax([restricted(LONG, range(15), 9, rho)[2] for rho in grid[::20]]) * 20]
    near = [rho for rho in grid if abs(rho - best) < 0.012]
    best = near[int(np.argmax([restricted(LONG, range(15), 9, rho)[2] for rho in near]))]
    assert found.method is SeriesMethod.GLS_AR1
    assert found.autocorrelation == pytest.approx(best, abs=5e-4)
    coefficients, covariance, value = restricted(LONG, range(15), 9, found.autocorrelation)
    assert value >= restricted(LONG, range(15), 9, best)[2] - 1e-12
    for change, place in ((found.level_change, 2), (found.slope_change, 3)):
        error = math.sqrt(covariance[place, place])
        assert change.estimate.value == pytest.approx(coefficients[place], abs=1e-9)
        assert change.estimate.standard_error == pytest.approx(error, abs=1e-9)
        assert change.p_value == pytest.approx(2 * stats.t.sf(abs(coefficients[place]) / error, 15 - 4))
    assert found.no_test is None


def test_a_missing_year_leaves_its_neighbours_two_apart():
    values, years = [*LONG[:5], math.nan, *LONG[6:]], list(range(15))
    found = interrupted_series(values, years, start=9)
    present = [year for year in years if year != 5]
    coefficients, _, _ = restricted([LONG[year] for year in present], present, 9, found.autocorrelation)
    assert found.level_change.estimate.value == pytest.approx(coefficients[2], abs=1e-9)
    assert (found.missing_count, found.before_count, found.after_count) == (1, 8, 6)


@pytest.mark.parametrize(("first", "second"), [(2, 8), (8, 2), (0, 0), (12, 0)])
def test_two_points_on_a_side_are_no_series(first, second):
    values = np.arange(first + second) % 3
    found = interrupted_series(values, range(first + second), start=first)
    assert (found.method, found.no_test) == (None, NoTest.TOO_FEW_ON_ONE_SIDE)
    assert (found.level_change.estimate.value, found.slope_before) == (None, None)


def test_turning_the_series_turns_the_changes_and_the_unit_follows():
    found, turned = (interrupted_series(sign * np.array(LONG), range(15), start=9) for sign in (1, -100))
    assert turned.level_change.estimate.low == pytest.approx(-100 * found.level_change.estimate.high, rel=1e-6)
    assert turned.slope_change.p_value == pytest.approx(found.slope_change.p_value, rel=1e-5)


@pytest.mark.parametrize(
    ("values", "times", "words"),
    [
        ([1], [1, 2], "1 values"),
        ([1, 2], [2, 1], "rise"),
        ([1, 2], [1, math.nan], "be there"),
        ([1, 2], [1, 1.5], "whole"),
    ],
)
def test_impossible_series_are_refused(values, times, words):
    with pytest.raises(ValueError, match=words):
        interrupted_series(values, times, start=1)


def held(points, repetitions, seed):
    """How often the interval of the level holds 0 in series of unrelated points without any change."""
    random = np.random.default_rng(seed)
    found = [
        interrupted_series(random.normal(size=points), range(points), start=points // 2).level_change.estimate
        for _ in range(repetitions)
    ]
    return np.mean([one.low <= 0 <= one.high for one in found])


def test_eight_unrelated_points_hold_their_level_and_twelve_are_optimistic():
    assert 0.92 <= held(8, 200, seed=2) <= 0.98
    assert 0.84 <= held(12, 60, seed=3) <= 0.97
