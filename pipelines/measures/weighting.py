"""What would the difference be between children that could have been in either arm? Weights that make the arms alike, and how alike.

Overlap weights count a child by how possible the other arm was for it; with a logistic regression they make the means of all its
covariates exactly equal. The doubly robust estimator has outcome models beside the probabilities, and is right when either is. Both
repair what was measured of the mix of children. Neither repairs that a district is one manager and one policy.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.special import expit

from pipelines.measures.cluster_robust import sum_by_cluster
from pipelines.measures.clusters import code_clusters
from pipelines.measures.intervals import Estimate, NoInterval, check_level, is_no_spread, no_estimate

_MOST_STEPS = 50
_TOLERANCE = 1e-12

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Balance:
    """How alike the arms are in each covariate before and after weighting, treated minus comparison over the pooled SD before.

    after: of the weighted means; with overlap weights of the same covariates 0. None where a covariate has no spread.
    effective_sizes: (comparison, treated) children that would be as informative with equal weights.
    """

    before: tuple[float | None, ...]
    after: tuple[float | None, ...]
    effective_sizes: tuple[float, float]


class ArmsDoNotOverlapError(ValueError):
    """The arms can be told apart completely by the covariates: no child could have been in the other arm."""


def arm_probabilities(is_treated: ArrayLike, covariates: ArrayLike) -> Floats:
    """Each child's probability of the treated arm, `(n,)`, by logistic regression with intercept (maximum likelihood, Newton).

    covariates `(n, k)`, none missing; a constant one counts in nothing.
    Raises: ValueError when shapes do not fit, a value is missing or an arm is empty; ArmsDoNotOverlapError when they do not overlap.
    """
    arm, table = _checked(is_treated, covariates)
    spread = table.std(axis=0)
    scaled = (table - table.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    design = np.column_stack([np.ones(arm.size), scaled])
    beta: Floats = np.zeros(design.shape[1])
    for _ in range(_MOST_STEPS):
        fitted = expit(design @ beta)
        information = (design * (fitted * (1 - fitted))[:, None]).T @ design
        step = np.linalg.lstsq(information, design.T @ (arm - fitted), rcond=None)[0]
        beta = beta + step
        if np.abs(step).max() < _TOLERANCE * max(1.0, float(np.abs(beta).max())):
            return np.asarray(expit(design @ beta), dtype=np.float64)
    raise ArmsDoNotOverlapError("the arms can be told apart completely by the covariates")


def overlap_weights(is_treated: ArrayLike, covariates: ArrayLike) -> Floats:
    """A weight per child, `(n,)`: its probability of the other arm, scaled to sum to 1 in each arm.

    The weighted mean of every covariate is then exactly equal in both arms. The difference they give is for the children who are
    found in both kinds of district, and no child ever gets a huge weight, so nothing is trimmed.

    Drawback: alike in the mean of what was measured only; districts themselves stay different.
    Source: Li, Morgan and Zaslavsky, Journal of the American Statistical Association 113 (2018) 390-400.
    Raises: as `arm_probabilities`.
    """
    arm, _ = _checked(is_treated, covariates)
    probability = arm_probabilities(is_treated, covariates)
    weights: Floats = np.where(arm, 1 - probability, probability)
    for one in (arm, ~arm):
        weights[one] /= weights[one].sum()
    return weights


def effective_size(weights: ArrayLike) -> float:
    """How many children of equal weight would be as informative: (sum of weights)^2 / sum of their squares; 0 for none (Kish)."""
    values = np.asarray(weights, dtype=float)
    squares = float((values**2).sum())
    return float(values.sum()) ** 2 / squares if squares else 0.0


def standardised_differences(
    is_treated: ArrayLike, covariates: ArrayLike, weights: ArrayLike | None = None
) -> tuple[float | None, ...]:
    """For each covariate the difference of (weighted) means, treated minus comparison, over the unweighted SD within arms.

    The SD is the root of the mean of the two arms' variances, so that weighting moves the numerator only. Below .1: alike.
    Source: Austin, Statistics in Medicine 28 (2009) 3083-3107.
    Raises: ValueError when shapes do not fit, a value is missing or an arm is empty.
    """
    arm, table = _checked(is_treated, covariates)
    sizes = np.ones(arm.size) if weights is None else np.asarray(weights, dtype=float)
    if sizes.shape != arm.shape:
        raise ValueError(f"lengths differ: {arm.size} children, {sizes.size} weights")
    ours, others = (np.average(table[one], axis=0, weights=sizes[one]) for one in (arm, ~arm))
    variance = (
        table[arm].var(axis=0, ddof=min(1, arm.sum() - 1)) + table[~arm].var(axis=0, ddof=min(1, (~arm).sum() - 1))
    ) / 2
    return tuple(
        float(apart / math.sqrt(of)) if of > 0 else None for apart, of in zip(ours - others, variance, strict=True)
    )


def balance(is_treated: ArrayLike, covariates: ArrayLike, weights: ArrayLike) -> Balance:
    """How alike the arms are with `weights`, `(n,)`, and without, and what the weights cost. Raises: as `standardised_differences`."""
    arm, table = _checked(is_treated, covariates)
    sizes = np.asarray(weights, dtype=float)
    return Balance(
        standardised_differences(arm, table),
        standardised_differences(arm, table, sizes),
        (effective_size(sizes[~arm]), effective_size(sizes[arm])),
    )


@dataclass(frozen=True)
class DoublyRobust:
    """The mean difference if all children had been in the treated arm against if none had, in the unit of the outcome.

    difference: interval by districts' sums, t(districts - 2). trimmed_share: part of the children (0-1) whose probability lay outside
    the limits and was moved to them; large means that the arms hardly overlap, and the answer is the model's more than the data's.
    """

    difference: Estimate
    trimmed_share: float


def doubly_robust_difference(
    outcome: ArrayLike,
    is_treated: ArrayLike,
    covariates: ArrayLike,
    clusters: Sequence[Hashable],
    *,
    limits: tuple[float, float] = (0.05, 0.95),
    level: float = 0.95,
) -> DoublyRobust:
    """The difference by a linear outcome model in each arm, put right by inverse probabilities of the arm (AIPW).

    Nothing may be missing. clusters: at the level at which the arm was decided; each child's part of the difference is summed by it.
    limits: to which probabilities are moved.

    Drawback: the number of districts, not of children, decides how well the interval works; with fewer than eight, treat as a picture.
    Source: Robins, Rotnitzky and Zhao, Journal of the American Statistical Association 89 (1994) 846-866; Bang and Robins,
    Biometrics 61 (2005) 962-972.
    Raises: ValueError when shapes do not fit, a value is missing, or an arm has fewer children than its model has
    coefficients; ArmsDoNotOverlapError when the arms do not overlap.
    """
    check_level(level)
    arm, table = _checked(is_treated, covariates)
    y, codes = np.asarray(outcome, dtype=float), code_clusters(clusters)[0]
    if not y.shape == codes.shape == arm.shape or np.isnan(y).any():
        raise ValueError("needs an outcome and a cluster of each child, none of them missing")
    design = np.column_stack([np.ones(arm.size), table])
    if min(arm.sum(), (~arm).sum()) < design.shape[1]:
        raise ValueError("an arm has fewer children than its model has coefficients")
    raw = arm_probabilities(arm, table)
    probability = np.clip(raw, *limits)
    ours, others = (design @ np.linalg.lstsq(design[one], y[one], rcond=None)[0] for one in (arm, ~arm))
    parts = ours - others + np.where(arm, (y - ours) / probability, -(y - others) / (1 - probability))
    return DoublyRobust(_mean_by_sums(parts, codes, level=level), float((raw != probability).mean()))


def _mean_by_sums(parts: Floats, codes: NDArray[np.int64], *, level: float) -> Estimate:
    """The mean of children's parts; variance from districts' sums of what they lie above it, times G / (G - 1)."""
    if not parts.size:
        return no_estimate(level)
    value, count = float(parts.mean()), int(codes.max()) + 1
    if count < 3:
        return Estimate(value, None, None, level, parts.size, reason=NoInterval.TOO_FEW_CLUSTERS)
    sums = sum_by_cluster((parts - value)[:, None], codes)[:, 0]
    error = math.sqrt(count / (count - 1) * float(sums @ sums)) / parts.size
    if is_no_spread(error, value):
        return Estimate(value, None, None, level, parts.size, reason=NoInterval.NO_SPREAD)
    half = float(stats.t.ppf((1 + level) / 2, count - 2)) * error
    return Estimate(value, value - half, value + half, level, parts.size, error, count - 2)


def _checked(is_treated: ArrayLike, covariates: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    arm = np.asarray(is_treated, dtype=bool)
    table = np.asarray(covariates, dtype=float).reshape(arm.size, -1)
    if np.isnan(table).any():
        raise ValueError("a covariate is missing")
    if not arm.any() or arm.all():
        raise ValueError("an arm has no child")
    return arm, table
