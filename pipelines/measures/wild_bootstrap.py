"""How often would a t value this large come up if the null hypothesis held and districts' errors had had other signs?

The wild cluster bootstrap keeps each district's residuals together and turns their signs, all ways to do so up to twelve districts.
The draw that keeps all signs is the real data, and its mirror has the same size: both count as at least as extreme. An
implementation that leaves ties out rejects a true null hypothesis in 23 of 100 cases with four districts; this one in none.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.measures.cluster_robust import checked_rows, members
from pipelines.measures.intervals import Estimate, NoInterval, check_level, is_no_spread

MOST_ENUMERATED_CLUSTERS = 12
"""4,096 ways to turn the signs; half of them are mirrors of the other half."""

DRAWS = 99_999
"""Where there are more clusters: with the real signs, 100,000."""

_ROUNDING = 1e-9
"""Relative: a draw that is as extreme but for the rounding of its sums must count as equally extreme."""

_CHUNK = 8_192

_FARTHEST, _NEAREST = 2.0**16, 1e-7
"""In standard errors: where the search for a rejected value gives up, and how exactly it finds the last unrejected one."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WildBootstrap:
    """The share of sign changes whose t value is at least as far from 0 as the real one.

    coefficient and t_statistic: of the real data, t against `null_value` with the usual cluster-robust error (CR1). p_value: the
    real signs count, so it is never 0. draw_count: sign changes, the mirrors counted too when all are tried. smallest_p_value:
    what the most extreme data would give; above .05 the test can tell nothing.
    """

    coefficient: float
    t_statistic: float
    p_value: float
    draw_count: int
    smallest_p_value: float
    is_exact: bool


def wild_cluster_bootstrap(
    outcome: ArrayLike,
    design: ArrayLike,
    clusters: Sequence[Hashable],
    *,
    coefficient: int,
    null_value: float = 0.0,
    weights: ArrayLike | None = None,
    generator: np.random.Generator | None = None,
    draws: int = DRAWS,
) -> WildBootstrap:
    """Test of one coefficient of least squares of `outcome`, `(n,)`, on `design`, `(n, k)` with its own column of ones.

    coefficient: its column. The null hypothesis is imposed: residuals are those of the fit that holds it (WCR). Signs are
    Rademacher's, all of them up to 12 clusters; above that `draws` from `generator`, to which the real signs are added. Every draw
    costs a few products of numbers of clusters, however many children there are. weights: sampling weights. Nothing may be missing.

    Drawback: with one or two districts in an arm it hardly ever rejects, whatever there is to find; with four districts never.
    Source: Cameron, Gelbach and Miller, Review of Economics and Statistics 90 (2008) 414-427; by sums per cluster: Roodman,
    MacKinnon, Nielsen and Webb, Stata Journal 19 (2019) 4-60.
    Raises: ValueError when shapes do not fit, a value is missing, columns depend on each other, a weight is negative, there
    are fewer than two clusters, or more than 12 and no generator.
    Example: 2 treated districts of 4: p is .125, .25, ... 1, never below 1/8.
    """
    regression = _Regression.of(outcome, design, clusters, weights, coefficient=coefficient)
    sums, value, cluster_count = regression.under(null_value), regression.coefficient, regression.cluster_count
    if cluster_count <= MOST_ENUMERATED_CLUSTERS:
        half = _half_of_all_signs(cluster_count)
        total = half.shape[1]
        return WildBootstrap(value, sums.real, sums.count_as_extreme(half) / total, 2 * total, 1 / total, True)
    if generator is None or draws < 1:
        raise ValueError(f"{cluster_count} clusters are drawn from: needs a seeded generator and draws")
    as_extreme = 1 + sum(
        sums.count_as_extreme(_draw_signs(generator, min(_CHUNK, draws - start), cluster_count))
        for start in range(0, draws, _CHUNK)
    )
    return WildBootstrap(value, sums.real, as_extreme / (draws + 1), draws, 1 / (draws + 1), False)


def wild_bootstrap_interval(
    outcome: ArrayLike,
    design: ArrayLike,
    clusters: Sequence[Hashable],
    *,
    coefficient: int,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The coefficient with the interval of all values that `wild_cluster_bootstrap`, trying all signs, does not reject.

    Up to 12 clusters. No interval where the smallest possible p is above 1 - level (fewer than six clusters at 95 %), or where no
    value is far enough off to be rejected, as happens with one or two clusters in an arm. n: children. Asymmetric in general.

    Drawback: found by going outward from the coefficient until a value is rejected; one that is rejected between two that are
    not, which p values in steps allow, is passed over.
    Raises: as `wild_cluster_bootstrap`; ValueError with more than 12 clusters.
    """
    check_level(level)
    regression = _Regression.of(outcome, design, clusters, weights, coefficient=coefficient)
    value, children = regression.coefficient, regression.row_count
    if regression.cluster_count > MOST_ENUMERATED_CLUSTERS:
        raise ValueError(f"{regression.cluster_count} clusters: the interval is for up to {MOST_ENUMERATED_CLUSTERS}")
    half = _half_of_all_signs(regression.cluster_count)
    ways = half.shape[1]
    step = abs(value / real) if (real := regression.under(0.0).real) else 0.0

    def is_held(null_value: float) -> bool:
        return bool(round(regression.under(null_value).count_as_extreme(half) / ways, 12) > round(1 - level, 12))

    if not math.isfinite(step) or is_no_spread(step, value):
        return Estimate(value, None, None, level, children, reason=NoInterval.NO_SPREAD)
    can_reject = round(1 / ways, 12) <= round(1 - level, 12)
    low, high = (_last_held(is_held, value, way * step) if can_reject else None for way in (-1, 1))
    if low is None or high is None:
        return Estimate(value, None, None, level, children, reason=NoInterval.TOO_FEW_CLUSTERS)
    return Estimate(value, low, high, level, children, step)


def _last_held(is_held: Callable[[float], bool], start: float, step: float) -> float | None:
    """The value at which going from `start` by doubled steps first meets one that is not held, to 1e-7 steps; None: it meets none."""
    held, reach = 0.0, 1.0
    while is_held(start + reach * step):
        held, reach = reach, 2 * reach
        if reach > _FARTHEST:
            return None
    while reach - held > _NEAREST:
        middle = (held + reach) / 2
        held, reach = (middle, reach) if is_held(start + middle * step) else (held, middle)
    return start + held * step


@dataclass(frozen=True)
class _Regression:
    """A regression by sums per cluster, from which the fit under any value of the coefficient follows.

    z: the column tested, made free of the others, of length 1; r: the outcome made free of them; Q: spans the design. own, numerator
    `(clusters,)`: z_g'z_g and z_g'r_g; of_tested, of_residuals `(clusters, k)`: z_g'Q_g and r_g'Q_g. length: of z before. scale:
    makes a t value of a ratio of these sums.
    """

    row_count: int
    length: float
    scale: float
    own: Floats
    numerator: Floats
    of_tested: Floats
    of_residuals: Floats

    @classmethod
    def of(
        cls,
        outcome: ArrayLike,
        design: ArrayLike,
        clusters: Sequence[Hashable],
        weights: ArrayLike | None,
        *,
        coefficient: int,
    ) -> "_Regression":
        y, x, weight, codes = checked_rows(outcome, design, clusters, weights)
        if weights is not None:
            y, x = np.sqrt(weight) * y, np.sqrt(weight)[:, None] * x
        count, columns = int(codes.max()) + 1, x.shape[1]
        if count < 2:
            raise ValueError("needs at least two clusters")
        if not 0 <= coefficient < columns:
            raise ValueError(f"the design has {columns} columns, none of number {coefficient}")
        # the tested column last: the directions before it span the others, and its own is what they leave of it
        basis, coordinates = np.linalg.qr(
            x[:, [*(other for other in range(columns) if other != coefficient), coefficient]]
        )
        tested, others, own = basis[:, -1], basis[:, :-1], members(codes)
        residuals = y - others @ (others.T @ y)
        by_tested = own * tested
        of_tested, of_residuals = (
            by_tested @ basis,
            (own * residuals) @ basis,
        )  # its own square is the last of the first
        scale = math.sqrt((y.size - columns) / (y.size - 1) * (count - 1) / count)
        length = float(coordinates[-1, -1])
        return cls(y.size, length, scale, of_tested[:, -1], by_tested @ residuals, of_tested, of_residuals)

    @property
    def cluster_count(self) -> int:
        return self.own.size

    @property
    def coefficient(self) -> float:
        return float(self.numerator.sum()) / self.length

    def under(self, null_value: float) -> "_Draws":
        """What sign changes of the residuals make when the coefficient is `null_value`."""
        taken = null_value * self.length
        numerator, of_residuals = self.numerator - taken * self.own, self.of_residuals - taken * self.of_tested
        score = np.diag(numerator) - self.of_tested @ of_residuals.T
        return _Draws(numerator, score, math.copysign(self.scale, self.length))


@dataclass(frozen=True)
class _Draws:
    """numerator `(clusters,)`: what a draw's signs make a coefficient of; score `(clusters, clusters)`: what they make its error of.

    score turns signs into z_g'e_g, where e are the residuals of the draw's own fit.
    """

    numerator: Floats
    score: Floats
    scale: float

    @cached_property
    def real(self) -> float:
        """The t value of the data as they are."""
        return float(self.t_values(np.ones((self.numerator.size, 1)))[0])

    def t_values(self, signs: Floats) -> Floats:
        """`(draws,)` for signs `(clusters, draws)`; infinite, so as extreme as can be, where nothing is left to hold it against."""
        scores = self.score @ signs
        spread = np.sqrt(np.einsum("ij,ij->j", scores, scores))
        found: Floats = np.full(signs.shape[1], np.inf)
        smallest = _ROUNDING * np.abs(self.numerator).sum()
        np.divide(self.scale * (self.numerator @ signs), spread, out=found, where=spread > smallest)
        return found

    def count_as_extreme(self, signs: Floats) -> int:
        """How many draws have a t value at least as far from 0 as the data."""
        return int((np.abs(self.t_values(signs)) >= abs(self.real) * (1 - _ROUNDING)).sum())


@cache
def _half_of_all_signs(clusters: int) -> Floats:
    """`(clusters, 2 ** (clusters - 1))` of -1 and 1: the first stays 1, for turning all of them turns only the sign of t."""
    numbers = np.arange(2 ** (clusters - 1))
    bits = numbers >> np.arange(clusters - 1, -1, -1)[:, None] & 1
    signs = _signs_of(bits)
    signs.flags.writeable = False  # kept, for the same number of clusters comes again
    return signs


def _draw_signs(generator: np.random.Generator, draws: int, clusters: int) -> Floats:
    """`(clusters, draws)`."""
    return _signs_of(generator.integers(0, 2, (draws, clusters)).T)


def _signs_of(bits: NDArray[np.int64]) -> Floats:
    return np.where(bits, -1.0, 1.0)
