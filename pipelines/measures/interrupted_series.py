"""Did a yearly series change its level or its slope when something began? Segmented regression, as far as so few points allow.

One municipality's yearly shares are a short series of numbers that hang together. What is computed here is honest about that: below
twelve points there is an interval and no test, and above it the interval is still known to be too narrow.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from pipelines.measures.intervals import Estimate, NoInterval, check_level, is_no_spread, no_estimate

FEWEST_FOR_TEST = 12
FEWEST_ON_EACH_SIDE = 3
"""Below that a slope is not seen (Cochrane's EPOC group asks for the same before a study counts as an interrupted series)."""

_LARGEST_AUTOCORRELATION = 0.99
_COEFFICIENTS = 4


class SeriesMethod(StrEnum):
    """How the lines were fitted. Both intervals are optimistic: they hold the truth less often than the level says."""

    OLS = "ols"
    """Ordinary least squares with t(points - 4); takes neighbouring years as unrelated."""
    GLS_AR1 = "gls_ar1"
    """Neighbouring years related by one correlation, estimated by restricted maximum likelihood; t(points - 4)."""


class NoTest(StrEnum):
    """Why there is no p-value."""

    TOO_FEW_POINTS = "too_few_points"
    """Fewer than 12: no method holds its level, so none is used."""
    TOO_FEW_ON_ONE_SIDE = "too_few_on_one_side"
    """Fewer than three before or after: nothing is fitted at all."""
    NO_SPREAD = "no_spread"
    """The points lie on the lines: nothing tells how far off they might be."""


@dataclass(frozen=True)
class SeriesChange:
    """One of the two changes, in the unit of the series (the slope's: per unit of time), after minus before.

    estimate: with an interval that is optimistic, always; n = points. p_value: of no change, two-sided; None without a test.
    """

    estimate: Estimate
    p_value: float | None


@dataclass(frozen=True)
class InterruptedSeries:
    """What changed when something began.

    level_change: the jump at the start. slope_change: of the slope from then on. slope_before: per unit of time. method: None where
    nothing was fitted. autocorrelation: between neighbouring years, from -0.99 to 0.99; None with ordinary least squares.
    no_test: why there is no p-value. before_count, after_count, missing_count: points used on each side, and left out.
    """

    level_change: SeriesChange
    slope_change: SeriesChange
    slope_before: float | None
    method: SeriesMethod | None
    autocorrelation: float | None
    no_test: NoTest | None
    before_count: int
    after_count: int
    missing_count: int


def interrupted_series(values: ArrayLike, times: ArrayLike, *, start: float, level: float = 0.95) -> InterruptedSeries:
    """The change in level and slope at `start`: y = b0 + b1 t + b2 L + b3 (t - start) L, L = 1 from `start` on.

    values, times: `(points,)`, one value each year in any unit (a share, or its logit), times whole and rising. A missing value
    is left out and counted, and the years on both sides of it are two apart.

    Fewer than 12 points: ordinary least squares and no test. From 12: generalised least squares with correlation r^(years
    apart), r by restricted maximum likelihood. Fewer than three points on a side: nothing. Newey and West's errors are left out
    on purpose: they reject a true null in 20-39 of 100 series of 8-12 points.

    In series without any change (500 draws a cell) the interval of the level held 0 in 95 of 100 with eight independent points, in
    90 with ten that hang together by .4; in 92 and 88 with twelve, where the test rejects in 8 and 12; in 93 with forty.

    Drawback: whatever else happened in that year (a law, another way to count) is in the change too. A municipality that began
    because its share was extreme moves back by itself. Districts that began at different times tell more:
    `adoption_permutation`.
    Source: Wagner and others, Journal of Clinical Pharmacy and Therapeutics 27 (2002) 299-309; ordinary least squares below 12
    points and restricted maximum likelihood above: Turner and others, BMC Medical Research Methodology 21 (2021) 181; the
    restricted likelihood: Harville, Journal of the American Statistical Association 72 (1977) 320-338.
    Raises: ValueError when lengths differ, a time is missing, is not whole, or times do not rise.
    Example: 1, 2, 3, 4 and from then on 7, 9, 11 has level change 2 and slope change 1, with times 0 to 6 and start 4.
    """
    check_level(level)
    y, t, missing = _read_series(values, times)
    after = int((t >= start).sum())
    counts = {"before_count": t.size - after, "after_count": after, "missing_count": missing}
    if min(after, t.size - after) < FEWEST_ON_EACH_SIDE:
        nothing = SeriesChange(_no_change(t.size, level), None)
        return InterruptedSeries(nothing, nothing, None, None, None, NoTest.TOO_FEW_ON_ONE_SIDE, **counts)
    design = _make_design(t, start)
    is_long = t.size >= FEWEST_FOR_TEST
    correlation = _likeliest_correlation(y, design, t) if is_long else None
    fit = _Fit.of(y, design, _correlate(t, correlation or 0.0))
    reason = None if is_long else NoTest.TOO_FEW_POINTS
    if is_no_spread(fit.residual_sd, float(np.abs(y).max())):
        reason = NoTest.NO_SPREAD
    return InterruptedSeries(
        level_change=_read_change(fit, 2, level=level, no_test=reason),
        slope_change=_read_change(fit, 3, level=level, no_test=reason),
        slope_before=float(fit.coefficients[1]),
        method=SeriesMethod.GLS_AR1 if is_long else SeriesMethod.OLS,
        autocorrelation=correlation,
        no_test=reason,
        **counts,
    )


@dataclass(frozen=True)
class _Fit:
    """Generalised least squares with a known correlation of the points."""

    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    residual_sd: float
    freedom: int
    restricted_log_likelihood: float

    @classmethod
    def of(cls, y: NDArray[np.float64], design: NDArray[np.float64], correlation: NDArray[np.float64]) -> "_Fit":
        root = np.linalg.cholesky(correlation)
        whitened, target = np.linalg.solve(root, design), np.linalg.solve(root, y)
        information = whitened.T @ whitened
        coefficients = np.linalg.solve(information, whitened.T @ target)
        freedom = y.size - design.shape[1]
        squares = float(((target - whitened @ coefficients) ** 2).sum())
        determinants = 2 * float(np.log(np.diag(root)).sum()) + float(np.linalg.slogdet(information)[1])
        variance = squares / freedom
        log_likelihood = -(freedom * math.log(variance) + determinants) / 2 if variance > 0 else math.inf
        return cls(coefficients, variance * np.linalg.inv(information), math.sqrt(variance), freedom, log_likelihood)


def _make_design(times: NDArray[np.float64], start: float) -> NDArray[np.float64]:
    """Columns 1, t - start, L, (t - start) L: with time counted from the start the slopes are the same and b2 is the jump there."""
    since, is_after = times - start, (times >= start).astype(float)
    return np.column_stack([np.ones(times.size), since, is_after, since * is_after])


def _correlate(times: NDArray[np.float64], autocorrelation: float) -> NDArray[np.float64]:
    apart = np.abs(times[:, None] - times[None, :])
    return np.asarray(np.sign(autocorrelation) ** apart * np.abs(autocorrelation) ** apart)


def _likeliest_correlation(y: NDArray[np.float64], design: NDArray[np.float64], times: NDArray[np.float64]) -> float:
    """By restricted maximum likelihood: the best of a grid, then the best near it, for there may be two tops."""

    def badness(tried: float) -> float:
        return -_Fit.of(y, design, _correlate(times, tried)).restricted_log_likelihood

    grid = np.linspace(-_LARGEST_AUTOCORRELATION, _LARGEST_AUTOCORRELATION, 41)
    best = int(np.argmin([badness(float(tried)) for tried in grid]))
    bounds = (float(grid[max(best - 1, 0)]), float(grid[min(best + 1, grid.size - 1)]))
    return float(optimize.minimize_scalar(badness, bounds=bounds, method="bounded", options={"xatol": 1e-10}).x)


def _read_change(fit: _Fit, place: int, *, level: float, no_test: NoTest | None) -> SeriesChange:
    value, count = float(fit.coefficients[place]), fit.freedom + _COEFFICIENTS
    if no_test is NoTest.NO_SPREAD:
        return SeriesChange(Estimate(value, None, None, level, count, reason=NoInterval.NO_SPREAD), None)
    error = math.sqrt(fit.covariance[place, place])
    half = float(stats.t.ppf((1 + level) / 2, fit.freedom)) * error
    estimate = Estimate(value, value - half, value + half, level, count, error, fit.freedom)
    return SeriesChange(estimate, None if no_test else 2 * float(stats.t.sf(abs(value) / error, fit.freedom)))


def _no_change(count: int, level: float) -> Estimate:
    if count == 0:
        return no_estimate(level)
    return Estimate(None, None, None, level, count, reason=NoInterval.TOO_FEW_EVENTS)


def _read_series(values: ArrayLike, times: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    y, t = np.asarray(values, dtype=float), np.asarray(times, dtype=float)
    if y.shape != t.shape or y.ndim != 1:
        raise ValueError(f"{y.size} values but {t.size} times")
    if np.isnan(t).any() or not (np.diff(t) > 0).all():
        raise ValueError("each time must be there, and times must rise")
    if (t % 1 != 0).any():
        raise ValueError("times must be whole, such as years")
    present = ~np.isnan(y)
    return y[present], t[present], int((~present).sum())
