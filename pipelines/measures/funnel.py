"""Is one district's share unusual for a district of its size? The funnel plot: limits that narrow as districts grow.

A funnel shows what chance alone can do to districts that are all alike. It ranks nobody: inside the limits, nothing tells
districts apart; outside them, something is different, and what it is the numbers do not say.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pipelines.measures.counts import read_counts

DEFAULT_TAILS = (0.001, 0.025, 0.975, 0.999)
"""Lower tails of the limits: 99.8 and 95 of 100 lie between."""

FEWEST_UNITS = 6
"""For overdispersion; of fewer z values neither the spread nor the extremes are known."""

WINSORISED_PART = 0.1


class NoFunnel(StrEnum):
    """Why there is no funnel, or no measure of overdispersion."""

    NO_DATA = "no_data"
    NOBODY_OR_EVERYBODY = "nobody_or_everybody"
    """The target is 0 or 1: chance makes no spread around it."""
    TOO_FEW_UNITS = "too_few_units"
    """There are limits, but nothing can be said of overdispersion."""


@dataclass(frozen=True)
class Funnel:
    """Shares around their target; arrays `(units,)` in the order the units came, NaN where a unit has no children.

    target: the share in the middle (0-1); None without one. shares: each unit's. z: (share - target) / sqrt(target (1 - target)
    / total). overdispersion: phi, the mean square of the winsorised z; near 1 when chance is all; None with fewer than six
    units. between_sd: how far the units' own shares spread around the target (a share, 0-1), 0 unless phi > 1. tails: lower
    tail of each limit. exact_limits: `(tails, units)`, from the binomial distribution. limits: those to draw: the exact ones, or
    with phi > 1 the wider ones that allow for the spread between units. is_outside: `(tails, units)`, the units to judge by: below
    a limit with a tail under .5, above one over it, and that far by a probability smaller than the tail's. A dot less than one
    child beyond the line need not be outside.
    """

    target: float | None
    shares: NDArray[np.float64]
    z: NDArray[np.float64]
    overdispersion: float | None
    between_sd: float
    tails: tuple[float, ...]
    exact_limits: NDArray[np.float64]
    limits: NDArray[np.float64]
    is_outside: NDArray[np.bool_]
    reason: NoFunnel | None


def funnel(
    counts: ArrayLike, totals: ArrayLike, *, target: float | None = None, tails: Sequence[float] = DEFAULT_TAILS
) -> Funnel:
    """The funnel of counts[g] of totals[g] (`(units,)` each, whole numbers) around `target`, by default the share of all together.

    Overdispersion from z values winsorised a tenth at each end (those beyond the 10th and 90th percentile are set to it;
    percentiles by linear interpolation). Spread between units: tau^2 = (I phi - (I - 1)) / (sum w - sum w^2 / sum w), w = total
    / (target (1 - target)), where phi > 1. Limits then: target + z_p sqrt(target (1 - target) / total + tau^2), cut off at 0
    and 1.

    A unit whose count was not delivered, or is hidden, is to be left out beforehand: an error, never a 0. Without children: no
    funnel. Target 0 or 1: no limits. Fewer than six units: exact limits and no overdispersion.

    Drawback: winsorised z spread less where chance is all (phi is then 0.7 on average, and above 1 for one in five municipalities
    of six to eight units), so phi > 1 is a cautious sign.
    With overdispersed limits nearly all units lie inside by construction: they show who differs from the others, not
    whether all differ too much. A target made of the same units is drawn towards a large one.
    Source: Spiegelhalter, Statistics in Medicine 24 (2005) 1185-1202, appendix A; Quality and Safety in Health Care 14 (2005)
    347-351.
    Raises: ValueError when lengths differ, a count is missing, no whole number or outside 0 to its total, the target does not lie
    between 0 and 1, or a tail is not above 0 and below 1.
    Example: 50 of 400 around 0.5 has z = (0.125 - 0.5) / sqrt(0.25 / 400) = -15.
    """
    successes, sizes = read_counts(counts, totals)
    if target is not None and not 0 <= target <= 1:
        raise ValueError("the target must lie between 0 and 1")
    used = sizes > 0
    shares = np.divide(successes, sizes, out=np.full(sizes.size, np.nan), where=used)
    if not used.any():
        return _no_funnel(target, shares, tails, NoFunnel.NO_DATA)
    middle = float(successes.sum() / sizes.sum()) if target is None else target
    if middle in (0.0, 1.0):
        return _no_funnel(middle, shares, tails, NoFunnel.NOBODY_OR_EVERYBODY)
    z = (shares - middle) / np.sqrt(middle * (1 - middle) / np.where(used, sizes, np.nan))
    phi = overdispersion(z[used]) if used.sum() >= FEWEST_UNITS else None
    between = 0.0 if phi is None else _between_sd(phi, sizes[used] / (middle * (1 - middle)))
    exact = exact_limits(middle, sizes, tails=tails)
    limits = spread_limits(middle, sizes, tails=tails, between_sd=between) if between > 0 else exact
    return Funnel(
        target=middle,
        shares=shares,
        z=z,
        overdispersion=phi,
        between_sd=between,
        tails=tuple(tails),
        exact_limits=exact,
        limits=limits,
        is_outside=_are_outside(successes, sizes, middle, limits, tails),
        reason=NoFunnel.TOO_FEW_UNITS if phi is None else None,
    )


def exact_limits(target: float, totals: ArrayLike, *, tails: Sequence[float] = DEFAULT_TAILS) -> NDArray[np.float64]:
    """`(tails, sizes)`: the share below which a unit of each size falls with the tail's probability when the target is its truth.

    r = smallest count with P(X <= r) >= p; alpha = (P(X <= r) - p) / P(X = r); limit = (r - alpha) / total, and 0 where that is
    below 0: in a small unit nobody at all is no surprise. NaN for a size of 0. Also for sizes that no unit has, to draw the
    lines.

    Drawback: counts are whole, so a unit falls below a lower line less often than p says, and above an upper one more often, in
    small units much more: 5 of 20 lie above the 99.9 line of a target of .05, as 2.6 in 1,000 do, and 1 of 1 above any. The
    line is for the eye; whom to name is `Funnel.is_outside`.
    Source: Spiegelhalter, Statistics in Medicine 24 (2005) 1185-1202, appendix A.1.1.
    Raises: ValueError when the target is not between 0 and 1, both excluded, or a tail neither.
    Example: one child of a target of 0.05 has the upper 97.5 limit 1 - (1 - 0.975) / 0.05 = 0.5.
    """
    _check(target, tails)
    sizes, p = np.asarray(totals, dtype=float)[None, :], np.asarray(tails, dtype=float)[:, None]
    drawn = np.where(sizes > 0, sizes, np.nan)
    smallest = stats.binom.ppf(p, drawn, target)
    alpha = (stats.binom.cdf(smallest, drawn, target) - p) / stats.binom.pmf(smallest, drawn, target)
    limits: NDArray[np.float64] = np.maximum((smallest - alpha) / drawn, 0.0)
    return limits


def spread_limits(
    target: float, totals: ArrayLike, *, between_sd: float, tails: Sequence[float] = DEFAULT_TAILS
) -> NDArray[np.float64]:
    """`(tails, sizes)`: limits for units whose own shares spread around the target by `between_sd` (a share); cut off at 0 and 1.

    NaN for a size of 0. Source, raises: see `funnel` and `exact_limits`.
    Example: 100 children, target 0.5, between_sd 0.12: 0.5 +- 1.96 x sqrt(0.05^2 + 0.12^2) = 0.5 +- 1.96 x 0.13.
    """
    _check(target, tails)
    sizes, quantiles = np.asarray(totals, dtype=float)[None, :], stats.norm.ppf(np.asarray(tails, dtype=float))[:, None]
    within = target * (1 - target) / np.where(sizes > 0, sizes, np.nan)
    limits: NDArray[np.float64] = np.clip(target + quantiles * np.sqrt(within + between_sd**2), 0.0, 1.0)
    return limits


def overdispersion(z: ArrayLike) -> float:
    """phi: the mean square of z values `(units,)` of which those beyond the 10th and 90th percentile are set to it.

    Raises: ValueError without z values.
    Example: [-3, -1, 0, 1, 3] has the percentiles -2.2 and 2.2, and phi (2 x 2.2^2 + 2 x 1) / 5 = 2.336.
    """
    values = np.asarray(z, dtype=float)
    if values.size == 0:
        raise ValueError("there are no z values")
    low, high = np.quantile(values, [WINSORISED_PART, 1 - WINSORISED_PART])
    return float((np.clip(values, low, high) ** 2).mean())


def _between_sd(phi: float, weights: NDArray[np.float64]) -> float:
    if phi <= 1:
        return 0.0
    count = weights.size
    return math.sqrt((count * phi - (count - 1)) / (weights.sum() - (weights**2).sum() / weights.sum()))


def _are_outside(
    counts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    target: float,
    limits: NDArray[np.float64],
    tails: Sequence[float],
) -> NDArray[np.bool_]:
    """Beyond the limit, and with a probability below the tail: the line alone would call 1 child of 1 unusual."""
    p, drawn = np.asarray(tails, dtype=float)[:, None], np.where(sizes > 0, sizes, np.nan)
    shares = counts / drawn
    is_low = (shares < limits) & (stats.binom.cdf(counts, drawn, target) < p)
    is_high = (shares > limits) & (stats.binom.sf(counts - 1, drawn, target) < 1 - p)
    outside: NDArray[np.bool_] = np.where(p < 0.5, is_low, is_high)
    return outside


def _no_funnel(target: float | None, shares: NDArray[np.float64], tails: Sequence[float], reason: NoFunnel) -> Funnel:
    nothing = np.full((len(tails), shares.size), np.nan)
    return Funnel(
        target=target,
        shares=shares,
        z=np.full(shares.size, np.nan),
        overdispersion=None,
        between_sd=0.0,
        tails=tuple(tails),
        exact_limits=nothing,
        limits=nothing,
        is_outside=np.zeros(nothing.shape, dtype=bool),
        reason=reason,
    )


def _check(target: float, tails: Sequence[float]) -> None:
    if not 0 < target < 1:
        raise ValueError("the target must lie between 0 and 1")
    if not all(0 < tail < 1 for tail in tails):
        raise ValueError("each tail must lie between 0 and 1, such as 0.025")
