"""Who was not measured again, and could that be why the result looks as it does?

Children who are not measured a second time are seldom like the others. Shown here: how they differ at the first measurement, what
the change would be if every followed child stood for those like it who were lost, and how much worse the lost children
would have had to do for the finding to disappear.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from pipelines.measures.clusters import code_clusters, t_interval
from pipelines.measures.intervals import Estimate, NoInterval, check_level, no_estimate

_MOST_STEPS = 50
_TOLERANCE = 1e-10


@dataclass(frozen=True)
class FollowedAgainstLost:
    """First measurements of children measured again and of those who were not, in points.

    standardised_difference: followed minus lost over the pooled SD; None where a group has fewer than two or no spread. By the
    What Works Clearinghouse: up to .05 in size needs nothing, up to .25 an adjusted comparison, above that the groups are
    not alike.
    """

    followed_count: int
    lost_count: int
    followed_mean: float | None
    lost_mean: float | None
    standardised_difference: float | None

    @property
    def follow_up_share(self) -> float | None:
        """Followed over all, 0-1; None without children."""
        total = self.followed_count + self.lost_count
        return self.followed_count / total if total else None


def followed_against_lost(first: ArrayLike, is_followed: ArrayLike) -> FollowedAgainstLost:
    """How the followed (`is_followed`, `(n,)` booleans) differ from the lost at the first measurement, `(n,)` points.

    Children without a first measurement (NaN) count in neither.
    Source: What Works Clearinghouse, Procedures and Standards Handbook 5.0 (2022), chapter on attrition and baseline equivalence.
    Raises: ValueError when lengths differ.
    """
    scores, followed = np.asarray(first, dtype=float), np.asarray(is_followed, dtype=bool)
    if scores.shape != followed.shape:
        raise ValueError(f"lengths differ: {scores.size}, {followed.size}")
    known = ~np.isnan(scores)
    one, other = scores[known & followed], scores[known & ~followed]
    return FollowedAgainstLost(one.size, other.size, _mean(one), _mean(other), _standardised_difference(one, other))


def attrition_weights(
    covariates: ArrayLike, is_followed: ArrayLike, *, truncate_at: tuple[float, float] = (0.01, 0.99)
) -> NDArray[np.float64]:
    """A weight per followed child, `(n,)`: how many children like it stand behind it; 0 for the lost.

    covariates `(n, k)`, without missing values: what was known at the first measurement (score, age, sex, informant, model).
    Weights are stabilised (share followed over the child's own probability, logistic regression), cut at the given quantiles
    of the followed, and have mean 1 over the followed.

    Drawback: corrects only for what the covariates show. Children lost because of how things went are not brought back.
    Source: Robins, Hernan and Brumback, Epidemiology 11 (2000) 550-560 (stabilised weights); Cole and Hernan, American Journal
    of Epidemiology 168 (2008) 656-664 (truncation).
    Raises: ValueError when shapes do not fit, a value is missing, nobody was followed, or followed and lost can be told apart
    completely (no weight can then exist).
    """
    table, followed = np.atleast_2d(np.asarray(covariates, dtype=float)), np.asarray(is_followed, dtype=bool)
    if table.shape[0] != followed.size or np.isnan(table).any():
        raise ValueError("needs one row of covariates per child, none of them missing")
    if not followed.any():
        raise ValueError("nobody was followed")
    if followed.all():
        return np.ones(followed.size)
    probability = _logistic_probabilities(table, followed)
    weights = followed.mean() / probability[followed]
    weights = np.clip(weights, *np.quantile(weights, truncate_at))
    result = np.zeros(followed.size)
    result[followed] = weights / weights.mean()
    return result


def weighted_change(
    change: ArrayLike, weights: ArrayLike, clusters: Sequence[Hashable], *, level: float = 0.95
) -> Estimate:
    """Weighted mean change in points with a district interval: unweighted mean over districts of weighted means, t(districts - 1).

    Entries with weight 0 or a missing change count in nothing. Nobody: no value; one district, or districts
    with equal means: no interval.
    Raises: ValueError when lengths differ or a weight is negative.
    """
    check_level(level)
    numbers, sizes = np.asarray(change, dtype=float), np.asarray(weights, dtype=float)
    codes, labels = code_clusters(clusters)
    if not numbers.shape == sizes.shape == codes.shape:
        raise ValueError(f"lengths differ: {numbers.size}, {sizes.size}, {codes.size}")
    if (sizes < 0).any():
        raise ValueError("a weight is negative")
    used = (sizes > 0) & ~np.isnan(numbers)
    total = np.bincount(codes[used], sizes[used], len(labels))
    summed = np.bincount(codes[used], sizes[used] * numbers[used], len(labels))
    means = summed[total > 0] / total[total > 0]
    if not means.size:
        return no_estimate(level)
    if means.size == 1:
        return Estimate(float(means[0]), None, None, level, int(used.sum()), reason=NoInterval.TOO_FEW_CLUSTERS)
    error = float(means.std(ddof=1) / math.sqrt(means.size))
    return t_interval(float(means.mean()), error, means.size - 1, level=level, n=int(used.sum()))


@dataclass(frozen=True)
class LostChildrenScenario:
    """What the mean change of *all* children first measured would be, had the lost done `worse_by_points` worse than expected
    from the followed children with the same first score."""

    worse_by_points: float
    mean_change: float


def lost_children_scenarios(
    first: ArrayLike, second: ArrayLike, *, worse_by_points: Sequence[float] = (0.0, 1.0, 2.0, 3.0)
) -> tuple[LostChildrenScenario, ...]:
    """The mean change over followed and lost under several assumptions on the lost, in points (negative = fewer).

    second is NaN for the lost. Their change is taken from the followed by a straight line on the first score, plus the
    assumption. Children without a first score count in nothing.
    Source: delta adjustment; Carpenter and Kenward, Multiple Imputation and its Application (2013), chapter 10.
    Raises: ValueError when lengths differ or fewer than three children were followed.
    """
    level_change, lost_share = _change_with_lost_as_expected(first, second)
    return tuple(LostChildrenScenario(delta, level_change + lost_share * delta) for delta in worse_by_points)


def tipping_point(first: ArrayLike, second: ArrayLike, *, mean_change_that_changes_the_answer: float) -> float | None:
    """How many points worse than expected the lost children must have done for the mean change of all to be the given one.

    None where nobody was lost. Large (more than an SD, about 5 points) means: not plausible that loss alone explains it.
    Raises: as `lost_children_scenarios`.
    """
    level_change, lost_share = _change_with_lost_as_expected(first, second)
    return (mean_change_that_changes_the_answer - level_change) / lost_share if lost_share else None


def _change_with_lost_as_expected(first: ArrayLike, second: ArrayLike) -> tuple[float, float]:
    """(mean change of all with the lost as expected, share lost)."""
    one, two = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if one.shape != two.shape:
        raise ValueError(f"lengths differ: {one.size}, {two.size}")
    known = ~np.isnan(one)
    one, two = one[known], two[known]
    followed = ~np.isnan(two)
    if followed.sum() < 3:
        raise ValueError("needs at least three children measured twice")
    change = two[followed] - one[followed]
    slope = np.cov(one[followed], change)[0, 1] / one[followed].var(ddof=1) if one[followed].std() > 0 else 0.0
    expected = change.mean() + slope * (one[~followed] - one[followed].mean())
    return float((change.sum() + expected.sum()) / one.size), float((~followed).mean())


def _logistic_probabilities(covariates: NDArray[np.float64], outcome: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Fitted probabilities of a logistic regression with intercept, by Newton's method."""
    spread = covariates.std(axis=0)
    scaled = (covariates - covariates.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    design = np.column_stack([np.ones(len(scaled)), scaled])
    beta = np.zeros(design.shape[1])
    for _ in range(_MOST_STEPS):
        fitted = expit(design @ beta)
        information = (design * (fitted * (1 - fitted))[:, None]).T @ design
        step = np.linalg.lstsq(information, design.T @ (outcome - fitted), rcond=None)[0]
        beta = beta + step
        if np.abs(step).max() < _TOLERANCE:
            return np.asarray(expit(design @ beta), dtype=np.float64)
    raise ValueError("followed and lost can be told apart completely by the covariates")


def _standardised_difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    if one.size < 2 or other.size < 2:
        return None
    degrees = one.size + other.size - 2
    pooled = ((one.size - 1) * one.var(ddof=1) + (other.size - 1) * other.var(ddof=1)) / degrees
    return float((one.mean() - other.mean()) / math.sqrt(pooled)) if pooled > 0 else None


def _mean(numbers: NDArray[np.float64]) -> float | None:
    return float(numbers.mean()) if numbers.size else None
