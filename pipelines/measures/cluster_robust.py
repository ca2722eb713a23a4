"""How sure is a regression on children who share districts? Standard errors that count districts, for as few of them as there are.

The usual cluster-robust standard error is too small with few districts. CR2 corrects each district's residuals for what the
regression itself took out of them, and the degrees of freedom say how many independent pieces of information are left: often
far fewer than there are districts. On top of it lies the comparison of two arms, adjusted for what was measured before.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pipelines.measures.clusters import code_clusters
from pipelines.measures.intervals import Estimate, NoInterval, check_level, is_no_spread, no_estimate
from pipelines.measures.paired_effect import small_sample_correction

FEWEST_DEGREES_FOR_P_VALUE = 4.0
"""Below that the approximation by a t distribution does not hold its level, so there is an interval and no p-value."""

_SMALLEST_EIGENVALUE = 1e-10
"""What is smaller is what arithmetic leaves of a 0: a part of a cluster's residuals that the regression took out entirely."""

_SAME = 1e-9
"""Relative; below it two lengths differ by rounding only."""

_DEPENDENT = 1e-13
"""A squared length, of 1: what is left of a column once the others have told of it."""

Floats = NDArray[np.float64]


class WeightKind(StrEnum):
    """What the weights of a regression are; the corrected standard error differs."""

    SAMPLING = "sampling"
    """How many children a child stands for (lost children, overlap): children's spread is alike whatever their weight."""
    INVERSE_VARIANCE = "inverse_variance"
    """One over the variance of a row: rows are means of unequal precision."""


@dataclass(frozen=True)
class Contrast:
    """A weighted sum of coefficients.

    estimate: value, interval by t, standard error (CR2), n children. degrees_of_freedom: Satterthwaite's, seldom a whole number;
    None without an interval. p_value: of the sum being 0, two-sided; None below 4 degrees of freedom.
    """

    estimate: Estimate
    degrees_of_freedom: float | None
    p_value: float | None


@dataclass(frozen=True)
class ClusterRobustFit:
    """A least-squares regression with a covariance that counts clusters.

    coefficients `(k,)` and covariance `(k, k)` in the order of the design's columns. row_count: children. adjusted: what the
    degrees of freedom of any contrast are made of.
    """

    coefficients: Floats
    covariance: Floats
    row_count: int
    cluster_count: int
    adjusted: "_AdjustedClusters"

    def contrast(self, weights: ArrayLike, *, level: float = 0.95) -> Contrast:
        """The sum of coefficients times `weights`, `(k,)`. Raises: ValueError for another length, or no weight but 0."""
        check_level(level)
        of = np.asarray(weights, dtype=float)
        if of.shape != self.coefficients.shape or not of.any():
            raise ValueError(f"needs {self.coefficients.size} weights, one of them not 0, not {of.tolist()}")
        value, error = float(of @ self.coefficients), float(np.sqrt(max(0.0, of @ self.covariance @ of)))
        if is_no_spread(error, value):
            nothing = Estimate(value, None, None, level, self.row_count, reason=NoInterval.NO_SPREAD)
            return Contrast(nothing, None, None)
        degrees = self.adjusted.degrees_of_freedom(of)
        half = float(stats.t.ppf((1 + level) / 2, degrees)) * error
        p_value = float(2 * stats.t.sf(abs(value / error), degrees))
        return Contrast(
            Estimate(value, value - half, value + half, level, self.row_count, error),
            degrees,
            p_value if degrees >= FEWEST_DEGREES_FOR_P_VALUE else None,
        )


def fit_cluster_robust(
    outcome: ArrayLike,
    design: ArrayLike,
    clusters: Sequence[Hashable],
    *,
    weights: ArrayLike | None = None,
    weight_kind: WeightKind = WeightKind.SAMPLING,
) -> ClusterRobustFit:
    """Least squares of `outcome`, `(n,)`, on `design`, `(n, k)` with its own column of ones, with CR2 covariance.

    Nothing may be missing. A row of weight 0 counts in nothing. The correction takes children as independent and alike before
    the clustering is seen (working model), which decides how well it works with few clusters, not what it tends to.

    Drawback: with very unequal clusters, or one or two in an arm, degrees of freedom fall to 1 or 2 and the interval is hardly
    worth printing. Levels of the clusters themselves in the design are refused: take them out of outcome and design first.
    Source: Pustejovsky and Tipton, Journal of Business & Economic Statistics 36 (2018) 672-683; for sampling weights as R's
    clubSandwich does for weighted `lm`.
    Raises: ValueError when lengths differ, a value is missing, columns depend on each other, a weight is negative, there are
    fewer than two clusters, or the design holds the level of a cluster.
    Example: a column of ones alone, clusters of equal size: mean, standard error and degrees of freedom of the cluster means.
    """
    y, x, w, codes = checked_rows(outcome, design, clusters, weights)
    cluster_count = int(codes.max()) + 1
    if cluster_count < 2:
        raise ValueError("needs at least two clusters")
    if clusters_with_own_level(x, codes):
        raise ValueError("the design holds the level of a cluster: take clusters' levels out before the regression")
    if weight_kind is WeightKind.INVERSE_VARIANCE:
        root = np.sqrt(w)
        y, x, w = root * y, root[:, None] * x, np.ones_like(w)
    orthogonal, triangle = np.linalg.qr(np.sqrt(w)[:, None] * x)
    inverse = np.linalg.inv(triangle)
    bread, coefficients = inverse @ inverse.T, inverse @ (orthogonal.T @ (np.sqrt(w) * y))
    adjusted = _AdjustedClusters.of(x, w, codes, bread)
    scores = adjusted.scores(y - x @ coefficients)
    return ClusterRobustFit(coefficients, bread @ (scores.T @ scores) @ bread, y.size, cluster_count, adjusted)


@dataclass(frozen=True)
class ArmDifference:
    """The adjusted difference between two arms, treated minus comparison, in the unit of the outcome.

    difference: with its interval; no value when an arm has no child or there are hardly more children than covariates, no
    interval when an arm has one district or covariates that vary between districts leave nothing to compare them by.
    g: the same over the SD within arms before any adjustment, freed of small-sample bias; its interval takes the SD as known.
    pooled_sd: that SD. Counts: (comparison, treated), of the children used. missing_count: children left out.
    """

    difference: Contrast
    g: Estimate
    pooled_sd: float | None
    child_counts: tuple[int, int]
    cluster_counts: tuple[int, int]
    missing_count: int


def ancova(
    outcome: ArrayLike,
    is_treated: ArrayLike,
    clusters: Sequence[Hashable],
    *,
    covariates: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    spread_of: ArrayLike | None = None,
    level: float = 0.95,
) -> ArmDifference:
    """The mean difference in `outcome`, `(n,)`, between arms alike in `covariates`, `(n, k)`, by least squares and CR2.

    covariates: known before (first score, age, sex); one that never varies counts in nothing. clusters: at the level at which
    the arm was decided. weights: sampling weights, 0 counts in nothing. spread_of: whose SD standardises, such as the first
    score; None = the outcome. Children with anything missing are left out and counted, never filled in.

    The correction of g for small samples is by children: it mends the SD, which children tell; by the few degrees of freedom
    of the difference it would shrink g by a third for no reason.
    Drawback: adjusts for what was measured, by a straight line. An arm run by one district cannot be told from that district.
    Source: Pustejovsky and Tipton 2018 as above; g as the What Works Clearinghouse's for adjusted means.
    Raises: ValueError when lengths differ, covariates depend on each other, or a weight is negative.
    Example: treated districts of one child each with 4 and 6, others with 1 and 3: (4 + 6) / 2 - (1 + 3) / 2 = 3, 2 degrees
    of freedom.
    """
    check_level(level)
    rows = _Rows.of(outcome, is_treated, clusters, covariates, weights, spread_of)
    difference, spread = Contrast(no_estimate(level), None, None), None
    if rows.treated.any() and not rows.treated.all():
        difference, spread = _difference(rows, level=level), _pooled_sd(rows.spread, rows.treated)
    return ArmDifference(
        difference,
        _standardised(difference.estimate, spread),
        spread,
        (int((~rows.treated).sum()), int(rows.treated.sum())),
        rows.cluster_counts(),
        rows.missing,
    )


def clusters_with_own_level(design: Floats, codes: NDArray[np.int64]) -> int:
    """How many clusters have a level of their own in the design, `(n, k)` of full rank: their residuals sum to 0 whatever happens.

    codes: cluster numbers from 0. A dummy of the cluster is such a level, and so are as many columns that vary only between
    clusters as there are clusters.
    """
    sizes, sums = np.bincount(codes), sum_by_cluster(np.linalg.qr(design)[0], codes)
    return int((sizes - (sums**2).sum(axis=1) < _SAME * sizes).sum())


@dataclass(frozen=True)
class _AdjustedClusters:
    """What each cluster's residuals are multiplied by, and what the degrees of freedom are made of.

    corrected `(n, k)`: A_g W_g X_g; codes: cluster numbers. of_norm, of_plain, of_weighted `(clusters, k, k)`: w'w,
    X_g'w and X_g'W_g w for w = A_g W_g X_g bread. bread, spread `(k, k)`: M and M X'W^2X M.
    """

    corrected: Floats
    codes: NDArray[np.int64]
    of_norm: Floats
    of_plain: Floats
    of_weighted: Floats
    bread: Floats
    spread: Floats

    @classmethod
    def of(cls, x: Floats, w: Floats, codes: NDArray[np.int64], bread: Floats) -> "_AdjustedClusters":
        heavy = w[:, None] * x
        spread = bread @ (heavy.T @ heavy) @ bread
        core = np.block([[spread, -bread], [-bread, np.zeros_like(bread)]])
        corrected = np.empty_like(x)
        sums = []
        for cluster in range(int(codes.max()) + 1):
            rows = codes == cluster
            corrected[rows] = _adjust(x[rows], heavy[rows], core)
            of = corrected[rows] @ bread
            sums.append((of.T @ of, x[rows].T @ of, heavy[rows].T @ of))
        norm, plain, weighted = (np.stack(parts) for parts in zip(*sums, strict=True))
        return cls(corrected, codes, norm, plain, weighted, bread, spread)

    def scores(self, residuals: Floats) -> Floats:
        """`(clusters, k)`: X_g'W_g A_g e_g."""
        return sum_by_cluster(self.corrected * residuals[:, None], self.codes)

    def degrees_of_freedom(self, contrast: Floats) -> float:
        """tr(P)^2 / sum of P's squares, where P is the covariance of clusters' parts of the contrast under the working model."""
        plain, weighted = self.of_plain @ contrast, self.of_weighted @ contrast
        crossed = weighted @ self.bread @ plain.T
        parts = np.diag((self.of_norm @ contrast) @ contrast) - crossed - crossed.T + plain @ self.spread @ plain.T
        return float(np.trace(parts) ** 2 / (parts**2).sum())


def _adjust(x: Floats, heavy: Floats, core: Floats) -> Floats:
    """A_g W_g X_g, where A_g is the symmetric root of (I - H_gg)'s inverse: I outside the space of x and heavy = W_g X_g.

    Inside it, a space of at most 2k dimensions however many children, I + Z core Z' with Z = [x, heavy] is the covariance of
    the residuals; so nothing as large as children x children is ever made. A part without any residual gets 0.
    """
    basis, coordinates = np.linalg.qr(np.hstack([x, heavy]))
    shrunk, turn = np.linalg.eigh(coordinates @ core @ coordinates.T)
    kept = 1 + shrunk
    factor = np.zeros_like(kept)
    np.power(kept, -0.5, out=factor, where=kept > _SMALLEST_EIGENVALUE)
    directions = basis @ turn
    adjusted: Floats = heavy + directions @ ((factor - 1)[:, None] * (directions.T @ heavy))
    return adjusted


def checked_rows(
    outcome: ArrayLike, design: ArrayLike, clusters: Sequence[Hashable], weights: ArrayLike | None
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Outcome, design, weights (ones where None) and cluster numbers from 0 of the rows with a weight above 0, in their order.

    Raises: ValueError when lengths differ, a value or label is missing, a weight is negative, or columns depend on each other.
    """
    y, x = np.asarray(outcome, dtype=float), np.asarray(design, dtype=float)
    w = np.ones(y.size) if weights is None else np.asarray(weights, dtype=float)
    codes = code_clusters(clusters)[0]
    if x.ndim != 2 or not y.shape == w.shape == codes.shape == x.shape[:1]:
        raise ValueError(f"shapes do not fit: {y.shape}, {x.shape}, {codes.size} clusters, {w.shape} weights")
    if not (np.isfinite(y).all() and np.isfinite(x).all() and np.isfinite(w).all()):
        raise ValueError("a value is missing")
    if (w < 0).any():
        raise ValueError("a weight is negative")
    if not w.all():
        used = w > 0
        y, x, w, codes = y[used], x[used], w[used], np.unique(codes[used], return_inverse=True)[1]
    if y.size <= x.shape[1] or not _is_of_full_rank(x):
        raise ValueError(f"columns of the design depend on each other, or there are too few rows: {x.shape}")
    return y, x, w, codes


def _is_of_full_rank(x: Floats) -> bool:
    """Whether no column is told by the others; of columns of one length, so that the unit does not decide."""
    products = x.T @ x
    length = np.sqrt(np.diagonal(products))
    if not length.all():
        return False
    alike = products / np.outer(length, length)
    return bool(np.linalg.eigvalsh(alike)[0] > _DEPENDENT)


def sum_by_cluster(values: Floats, codes: NDArray[np.int64]) -> Floats:
    """`(clusters, k)`: sums of the rows of `values`, `(n, k)`, by cluster number from 0."""
    sums: Floats = members(codes) @ values
    return sums


def members(codes: NDArray[np.int64]) -> Floats:
    """`(clusters, n)`: 1 where a row is of the cluster, else 0."""
    found: Floats = (codes == np.arange(int(codes.max()) + 1)[:, None]).astype(float)
    return found


@dataclass(frozen=True)
class _Rows:
    """Children with everything known and a weight above 0."""

    outcome: Floats
    treated: NDArray[np.bool_]
    labels: list[Hashable]
    covariates: Floats
    weights: Floats
    spread: Floats
    missing: int

    @classmethod
    def of(
        cls,
        outcome: ArrayLike,
        is_treated: ArrayLike,
        clusters: Sequence[Hashable],
        covariates: ArrayLike | None,
        weights: ArrayLike | None,
        spread_of: ArrayLike | None,
    ) -> "_Rows":
        y, arm = np.asarray(outcome, dtype=float), np.asarray(is_treated, dtype=bool)
        table = np.empty((y.size, 0)) if covariates is None else np.asarray(covariates, dtype=float).reshape(y.size, -1)
        w = np.ones(y.size) if weights is None else np.asarray(weights, dtype=float)
        spread = y if spread_of is None else np.asarray(spread_of, dtype=float)
        code_clusters(clusters)
        if not y.shape == arm.shape == w.shape == spread.shape == (len(clusters),):
            raise ValueError(f"lengths differ: {y.size}, {arm.size}, {w.size}, {spread.size}, {len(clusters)}")
        known = ~np.isnan(np.column_stack([y, w, spread, table])).any(axis=1)
        used = known & (w != 0)
        labels = [label for label, is_used in zip(clusters, used.tolist(), strict=True) if is_used]
        return cls(y[used], arm[used], labels, table[used], w[used], spread[used], int((~known).sum()))

    def design(self) -> Floats:
        """Ones, the arm, and the covariates that vary, about their means: the coefficients stay, the arithmetic is safer."""
        varies = self.covariates[:, np.ptp(self.covariates, axis=0) > 0]
        return np.column_stack([np.ones(self.outcome.size), self.treated, varies - varies.mean(axis=0)])

    def cluster_counts(self) -> tuple[int, int]:
        """(clusters with a child in the comparison arm, in the treated arm)."""
        pairs = set(zip(self.labels, self.treated.tolist(), strict=True))
        treated = sum(arm for _, arm in pairs)
        return len(pairs) - treated, treated


def _difference(rows: _Rows, *, level: float) -> Contrast:
    design = rows.design()
    if len(design) <= design.shape[1]:
        return Contrast(Estimate(None, None, None, level, len(design), reason=NoInterval.TOO_FEW_CHILDREN), None, None)
    y, x, w, codes = checked_rows(rows.outcome, design, rows.labels, rows.weights)
    if min(rows.cluster_counts()) < 2 or clusters_with_own_level(x, codes):
        root = np.sqrt(w)
        value = float(np.linalg.lstsq(root[:, None] * x, root * y, rcond=None)[0][1])
        return Contrast(Estimate(value, None, None, level, y.size, reason=NoInterval.TOO_FEW_CLUSTERS), None, None)
    return fit_cluster_robust(y, x, rows.labels, weights=w).contrast(np.eye(x.shape[1])[1], level=level)


def _pooled_sd(values: Floats, treated: NDArray[np.bool_]) -> float | None:
    """Over children within arms, districts' differences included; None with no degree of freedom or no spread."""
    degrees = values.size - 2
    if degrees < 1:
        return None
    squares = sum(float(((arm - arm.mean()) ** 2).sum()) for arm in (values[treated], values[~treated]))
    return float(np.sqrt(squares / degrees)) if squares > 0 else None


def _standardised(difference: Estimate, spread: float | None) -> Estimate:
    """The difference and its limits over the SD, times Hedges' factor of the children behind the SD."""
    if spread is None or difference.value is None or difference.n < 4:
        return no_estimate(difference.level)
    scale = small_sample_correction(difference.n - 2) / spread
    low, high, error = (
        None if number is None else number * scale
        for number in (difference.low, difference.high, difference.standard_error)
    )
    return Estimate(
        difference.value * scale, low, high, difference.level, difference.n, error, reason=difference.reason
    )
