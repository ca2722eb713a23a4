"""Do groups differ in how fast, or in how many, children end in one way? The log-rank test and Gray's test.

The log-rank test asks about the rate among those still there; Gray's about the probability, with the other ends competing. Both
take children as independent. With few districts their p-values are far too small, and the one from permuting districts counts.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipelines.measures.cumulative_incidence import STILL_THERE
from pipelines.measures.permutation import PermutationTest, permute_two_groups
from pipelines.measures.risk_sets import RiskSets, merge_clusters

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class IncidenceTest:
    """A test that no group differs.

    scores: `(g,)` by group, observed minus expected ends: positive = more than expected; they sum to 0. covariance: `(g, g)` of the
    scores if no group differs. statistic: chi-square with degrees_of_freedom, None when nothing can differ (no such end, or one
    group only); p_value belongs to it, children taken as independent.
    """

    groups: tuple[Hashable, ...]
    scores: Floats
    covariance: Floats
    statistic: float | None
    degrees_of_freedom: int
    p_value: float | None


class GroupTest(Protocol):
    """`log_rank_test` or `gray_test`."""

    def __call__(self, strata: Sequence[RiskSets], *, groups: Mapping[Hashable, Hashable], end: int) -> IncidenceTest:
        """The test of risk sets by district, with districts put into groups."""


def log_rank_test(strata: Sequence[RiskSets], *, groups: Mapping[Hashable, Hashable], end: int) -> IncidenceTest:
    """Whether the rate of one end among those still there differs between groups; other ends count as no longer seen.

    strata: risk sets from `count_ends`, one for each kind of child to be compared only with its own kind (start rung); often one.
    groups: cluster -> group, over all strata; clusters not named are left out. end: 1 to K - 1. Ties: hypergeometric variance.
    Late entry is allowed. Groups nobody was followed in cost no degree of freedom.
    Source: Peto and Peto, JRSS A 135 (1972) 185-206; Kalbfleisch and Prentice (2nd ed. 2002), section 1.5.
    Raises: ValueError for an end or a cluster that is not there.
    """
    return _add_up([_log_rank(counts) for counts in _by_group(strata, groups, end)], groups)


def gray_test(strata: Sequence[RiskSets], *, groups: Mapping[Hashable, Hashable], end: int) -> IncidenceTest:
    """Whether the cumulative incidence of one end differs between groups (Gray's test, rho = 0), with Gray's own variance.

    Arguments as `log_rank_test`; scores and covariances are added over strata. Score of group k: ended so minus
    R_k x all who ended so / sum of R, R_k = Y_k (1 - F_k(t-)) / S_k(t-): those who ended otherwise stay in the risk set, as many
    of them as loss from sight would have left.
    Source: Gray, Annals of Statistics 16 (1988) 1141-1154; agrees with R's cmprsk.
    Raises: ValueError for late entry, for which the test is not made, and for an end or a cluster that is not there.
    """
    return _add_up([_gray(counts) for counts in _by_group(strata, groups, end)], groups)


def permuted_test(
    strata: Sequence[RiskSets], *, groups: Mapping[Hashable, Hashable], end: int, test: GroupTest = gray_test
) -> PermutationTest:
    """The test's chi-square held against every other way to put as many districts into the two groups.

    groups: district -> one of two groups. This p-value, not the test's own, respects that children share districts.
    Raises: ValueError unless there are two groups, and as the test and `permute_two_groups`.
    """
    labels = list(dict.fromkeys(groups.values()))
    if len(labels) != 2:
        raise ValueError(f"needs two groups of districts, not {len(labels)}")
    districts = list(groups)
    chosen = [district for district in districts if groups[district] == labels[0]]

    def statistic(choice: object) -> float:
        arrangement = {district: labels[0 if district in choice else 1] for district in districts}  # type: ignore[operator]
        return test(strata, groups=arrangement, end=end).statistic or 0.0

    return permute_two_groups(districts, chosen, statistic)


@dataclass(frozen=True)
class _Counts:
    """By time and group: ended so, ended otherwise, at risk; each `(T, g)`."""

    ended_so: Floats
    ended_otherwise: Floats
    at_risk: Floats


def _by_group(strata: Sequence[RiskSets], groups: Mapping[Hashable, Hashable], end: int) -> list[_Counts]:
    labels = tuple(dict.fromkeys(groups.values()))
    missing = set(groups) - {cluster for ends in strata for cluster in ends.clusters}
    if missing:
        raise ValueError(f"{len(missing)} of the clusters to group are not among those counted")
    found = []
    for ends in strata:
        if not 0 < end < ends.state_count:
            raise ValueError(f"the end must be 1 to {ends.state_count - 1}, not {end}")
        merged = merge_clusters(ends, {cluster: group for cluster, group in groups.items() if cluster in ends.clusters})
        place = [labels.index(label) for label in merged.clusters]
        ended, at_risk = (np.zeros((ends.times.size, len(labels), ends.state_count)) for _ in range(2))
        ended[:, place], at_risk[:, place] = merged.moves[:, :, STILL_THERE], merged.at_risk
        so = ended[..., end]
        found.append(_Counts(so, ended.sum(axis=-1) - so, at_risk[..., STILL_THERE]))
    return found


def _log_rank(counts: _Counts) -> tuple[Floats, Floats]:
    ended, everybody = counts.ended_so.sum(axis=1), counts.at_risk.sum(axis=1)
    shares = counts.at_risk / np.maximum(everybody, 1)[:, None]
    scores = (counts.ended_so - ended[:, None] * shares).sum(axis=0)
    spread = ended * (everybody - ended) / np.maximum(everybody - 1, 1)
    covariance = np.diag(spread @ shares) - np.einsum("t,ti,tj->ij", spread, shares, shares)
    return scores, covariance


def _gray(counts: _Counts) -> tuple[Floats, Floats]:
    """Scores and covariance of one stratum.

    The influence C[t][i, k] gathers what a change in group k's incidence up to t does to score i later on; ahead = C at the last
    time - C[t]. Each end at t then adds its binomial variance times (its own weight + z x ahead)^2.
    """
    d_so, d_other, y = counts.ended_so, counts.ended_otherwise, counts.at_risk
    if (y[1:] > (y - d_so - d_other)[:-1]).any():
        raise ValueError("Gray's test is not made for children who come under observation late")
    still = np.cumprod(1 - _ratio(d_so + d_other, y), axis=0)
    before = _one_step_back(still, first=1.0)
    own_before = _one_step_back(np.cumsum(before * _ratio(d_so, y), axis=0), first=0.0)

    weights = _ratio(y, before)  # those who would be at risk had nobody ended: Y / S(t-)
    risk = weights * (1 - own_before)
    all_so = d_so.sum(axis=1, keepdims=True)
    scores = (d_so - all_so * _ratio(risk, risk.sum(axis=1, keepdims=True))).sum(axis=0)

    total = weights.sum(axis=1, keepdims=True)
    step = _ratio(all_so, total)  # of the incidence all groups would share
    shared = np.cumsum(step, axis=0)
    shared_before = _one_step_back(shared, first=0.0)
    own_weight = weights[:, :, None] * np.eye(y.shape[1]) - weights[:, :, None] * _ratio(weights, total)[:, None, :]
    influence = np.cumsum(own_weight * _ratio(step, 1 - shared_before)[:, :, None], axis=0)
    ahead = influence[-1:] - influence

    # A group all of which have ended weighs nothing from there on, and nothing is ahead for it.
    remaining = _ratio(1 - shared, still)
    variance_so = _ties(all_so, total * before) * _ratio(before * step, y)
    pull = own_weight + (1 - remaining)[:, None, :] * ahead
    variance_other = _ties(d_other, y) * _ratio(before**2 * d_other, y**2)
    covariance = np.einsum("tik,tjk,tk->ij", pull, pull, variance_so)
    covariance += np.einsum("tik,tjk,tk->ij", ahead, ahead, remaining**2 * variance_other)
    return scores, covariance


def _ties(ended: Floats, at_risk: Floats) -> Floats:
    """The hypergeometric correction when several end at once; 1 for one."""
    return np.asarray(1 - np.where(ended > 1, _ratio(ended - 1, at_risk - 1), 0.0), dtype=np.float64)


def _ratio(above: Floats, below: Floats) -> Floats:
    """above / below, 0 where below is not positive."""
    above, below = np.broadcast_arrays(above, below)
    return np.asarray(np.divide(above, below, where=below > 0, out=np.zeros(above.shape)), dtype=np.float64)


def _one_step_back(along: Floats, *, first: float) -> Floats:
    """The value just before each time."""
    return np.concatenate([np.full_like(along[:1], first), along[:-1]])


def _add_up(parts: Sequence[tuple[Floats, Floats]], groups: Mapping[Hashable, Hashable]) -> IncidenceTest:
    labels = tuple(dict.fromkeys(groups.values()))
    scores = np.sum([scores for scores, _ in parts], axis=0)
    covariance = np.sum([covariance for _, covariance in parts], axis=0)
    # The scores sum to 0, so that the last one is known from the others.
    rank = int(np.linalg.matrix_rank(covariance[:-1, :-1], hermitian=True)) if len(labels) > 1 else 0
    if rank == 0:
        return IncidenceTest(labels, scores, covariance, None, 0, None)
    inverse = np.linalg.pinv(covariance[:-1, :-1], hermitian=True)
    statistic = float(scores[:-1] @ inverse @ scores[:-1])
    return IncidenceTest(labels, scores, covariance, statistic, rank, float(stats.chi2.sf(statistic, rank)))
