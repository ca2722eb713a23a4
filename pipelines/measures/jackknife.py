"""How sure is a probability of movement when children share districts? Count again with each district left out in turn.

Children of one district meet the same staff and the same schools, so that an interval which takes them as independent is too
narrow. The estimates counted without one district at a time show how much any one of them weighs.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from pipelines.measures.intervals import Estimate, NoInterval, check_level, is_no_spread, no_estimate


def jackknife_variance(left_out: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The variance of an estimate, from `(G, ...)` estimates each counted without one of G districts; shape `(...)`.

    (G - 1) / G x sum of (estimate without district - their mean)^2. NaN with fewer than two districts, and where an estimate
    without a district is missing.

    Source: Efron and Stein, Annals of Statistics 9 (1981) 586-596; with whole clusters left out, Wolter, Introduction to
    Variance Estimation (2nd ed. 2007), section 4.2.
    """
    districts = left_out.shape[0]
    if districts < 2:
        return np.full(left_out.shape[1:], np.nan)
    variance = (districts - 1) * left_out.var(axis=0)
    return np.asarray(variance, dtype=np.float64)


def probability_interval(
    value: float, standard_error: float, degrees_of_freedom: int | None, *, level: float = 0.95, n: int
) -> Estimate:
    """The probability with an interval on the logit scale, which never leaves 0 to 1.

    logit(value) +/- t x standard_error / (value x (1 - value)), taken back. The logit and not log(-log), because being in a state
    and not being in it must get mirrored intervals, and because occupation, unlike survival, may rise and fall.
    degrees_of_freedom: None for the normal distribution. A missing value (NaN): no estimate. A value of 0 or 1: no interval, too
    few events. A missing standard error: too few clusters. One of 0: no spread.

    Source: Lachin, Biostatistical Methods (2nd ed. 2011), section 2.3; t in place of z because districts are few.
    """
    check_level(level)
    if np.isnan(value):
        return no_estimate(level)
    # What rounding leaves of a sum of shares must not stand as a probability below 0 or above 1.
    value = float(np.clip(value, 0, 1))
    reason = _why_no_interval(value, standard_error, degrees_of_freedom)
    if reason:
        return Estimate(value, None, None, level, n, reason=reason)
    half = _quantile(level, degrees_of_freedom) * standard_error / (value * (1 - value))
    low, high = (float(special.expit(special.logit(value) + side * half)) for side in (-1, 1))
    return Estimate(value, low, high, level, n, float(standard_error), degrees_of_freedom)


def difference_interval(
    value: float, standard_error: float, degrees_of_freedom: int | None, *, level: float = 0.95, n: int
) -> Estimate:
    """The difference of two probabilities (-1 to 1) +/- t x standard error, cut at -1 and 1; missing as in the other."""
    check_level(level)
    if np.isnan(value):
        return no_estimate(level)
    if np.isnan(standard_error) or (degrees_of_freedom is not None and degrees_of_freedom < 1):
        return Estimate(float(value), None, None, level, n, reason=NoInterval.TOO_FEW_CLUSTERS)
    if is_no_spread(standard_error, value):
        return Estimate(float(value), None, None, level, n, reason=NoInterval.NO_SPREAD)
    half = _quantile(level, degrees_of_freedom) * standard_error
    low, high = max(-1.0, value - half), min(1.0, value + half)
    return Estimate(float(value), float(low), float(high), level, n, float(standard_error), degrees_of_freedom)


def _why_no_interval(value: float, standard_error: float, degrees_of_freedom: int | None) -> NoInterval | None:
    if is_no_spread(min(value, 1 - value), 1.0):
        return NoInterval.TOO_FEW_EVENTS
    if np.isnan(standard_error) or (degrees_of_freedom is not None and degrees_of_freedom < 1):
        return NoInterval.TOO_FEW_CLUSTERS
    return NoInterval.NO_SPREAD if is_no_spread(standard_error, value) else None


def _quantile(level: float, degrees_of_freedom: int | None) -> float:
    tail = (1 + level) / 2
    return float(special.ndtri(tail) if degrees_of_freedom is None else special.stdtrit(degrees_of_freedom, tail))
