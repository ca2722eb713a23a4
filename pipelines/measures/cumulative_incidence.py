"""How many have returned by month 24, when others turn 18 or move away first? Cumulative incidence with competing ends.

A child who turns 18 can no longer return to the ordinary class: that end competes with the return and is not a loss from sight.
Counting it as one (1 - Kaplan-Meier) answers how many would return in a world where nobody turns 18 or moves, and overstates
what is seen in ours; it is here under that name, for comparison only.
"""

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.measures.intervals import Estimate
from pipelines.measures.jackknife import difference_interval, jackknife_variance, probability_interval
from pipelines.measures.permutation import PermutationTest, permute_two_groups
from pipelines.measures.risk_sets import CENSORED, Labels, RiskSets, count_risk_sets, pick_clusters

Floats = NDArray[np.floating[Any]]
STILL_THERE = 0


@dataclass(frozen=True)
class IncidenceCurve:
    """Cumulative incidence of one end at every time somebody ended, all arrays `(T,)`.

    incidence: the probability of this end up to and with that time. standard_errors: children taken as independent. still_there:
    the probability of no end yet. one_minus_kaplan_meier: the overstated number, for comparison only.
    """

    times: Floats
    incidence: Floats
    standard_errors: Floats
    still_there: Floats
    one_minus_kaplan_meier: Floats


@dataclass(frozen=True)
class IncidenceAt:
    """Cumulative incidence of one end at one time.

    by_district: with the interval from leaving out one district at a time; the one to report. naive: as if children were
    independent. one_minus_kaplan_meier: the overstated number. The last two are for comparison only.
    """

    time: float
    by_district: Estimate
    naive: Estimate
    one_minus_kaplan_meier: float | None


@dataclass(frozen=True)
class IncidenceDifference:
    """Cumulative incidence at one time in some districts, in the others, and the difference: these minus the others."""

    these: Estimate
    others: Estimate
    difference: Estimate


def count_ends(
    exit_time: ArrayLike,
    end: ArrayLike,
    *,
    end_count: int,
    entry_time: ArrayLike | None = None,
    clusters: Labels | None = None,
) -> RiskSets:
    """The risk sets of children who may end in one of `end_count` ways, arrays `(n,)`, one entry per child.

    exit_time: from the child's own beginning to the end or the last day seen, above 0. end: 1 to end_count, 0 when the child was
    last seen without one. entry_time: when the child came under observation, 0 unless given. State 0 of the result is "still
    there", state k the k-th end. Give whole days; see `count_risk_sets`.
    Raises: ValueError as `count_risk_sets`, and for an end outside 0 to end_count.
    """
    ends = np.atleast_1d(np.asarray(end))
    if ((ends < 0) | (ends > end_count)).any():
        raise ValueError(f"an end lies outside 0 (none) to {end_count}")
    return count_risk_sets(
        np.zeros(ends.size, dtype=np.int64),
        np.zeros(ends.size) if entry_time is None else entry_time,
        exit_time,
        np.where(ends == STILL_THERE, CENSORED, ends),
        state_count=end_count + 1,
        clusters=clusters,
    )


def incidence_curve(ends: RiskSets, *, end: int) -> IncidenceCurve:
    """The cumulative incidence of one end: F(t) = sum over u <= t of S(u-) x ended so at u / at risk at u.

    ends: from `count_ends`. end: 1 to K - 1. Its variance is the Greenwood-type one of the Aalen-Johansen estimator: without loss
    from sight exactly F(1 - F)/n. Late entry is allowed; where the risk set empties early the curve stays where it is.
    Source: Aalen, Annals of Statistics 6 (1978) 534-545; variance, Andersen et al. (1993), IV.4.1.3, written out for one state
    that can be left.
    Raises: ValueError for an end that is not there.
    """
    _check_end(ends, end)
    ended, at_risk = ends.moves[:, :, STILL_THERE].sum(axis=1), ends.at_risk[:, :, STILL_THERE].sum(axis=1)
    incidence, before = _incidence(ended[..., end], ended.sum(axis=-1), at_risk)
    return IncidenceCurve(
        times=ends.times,
        incidence=incidence,
        standard_errors=np.sqrt(_variance(ended[..., end], ended.sum(axis=-1), at_risk, incidence, before)),
        still_there=before * (1 - _share(ended.sum(axis=-1), at_risk)),
        one_minus_kaplan_meier=1 - np.cumprod(1 - _share(ended[..., end], at_risk)),
    )


def incidence_at(ends: RiskSets, *, end: int, times: ArrayLike, level: float = 0.95) -> tuple[IncidenceAt, ...]:
    """The cumulative incidence of one end at the asked times, with the district interval and the naive one.

    Every child counts the same. The district interval counts again without each cluster of `ends` in turn and takes
    t(clusters - 1) on the logit scale. One cluster: no interval. Nobody or everybody ended so: no interval. A time that nobody
    was followed to, while somebody could still end: no value. n = children followed.
    Raises: ValueError for an end that is not there, a time before the start, or a level outside 0 to 1.
    """
    curve, asked = incidence_curve(ends, end=end), _asked(ends, times)
    values, naive_errors, wrong = (
        _step(column, ends, curve, asked)
        for column in (curve.incidence, curve.standard_errors, curve.one_minus_kaplan_meier)
    )
    used = ends.clusters_followed
    errors = np.sqrt(jackknife_variance(_without_each_cluster(ends, end=end, clusters=used, asked=asked)))

    def estimate(value: float, error: float, degrees: int | None) -> Estimate:
        return probability_interval(float(value), float(error), degrees, level=level, n=ends.child_count)

    return tuple(
        IncidenceAt(
            float(time),
            by_district=estimate(value, error, used.size - 1),
            naive=estimate(value, naive_error, None),
            one_minus_kaplan_meier=None if np.isnan(overstated) else float(overstated),
        )
        for time, value, error, naive_error, overstated in zip(asked, values, errors, naive_errors, wrong, strict=True)
    )


def incidence_difference(
    ends: RiskSets, *, districts: Collection[Hashable], end: int, time: float, level: float = 0.95
) -> IncidenceDifference:
    """Cumulative incidence at one time in `districts` minus that in the other clusters, -1 to 1, positive = more ended so.

    Variance of the difference: that of each arm from leaving out one of its own districts at a time, added; t(districts - 2). An
    arm of one district: the difference, no interval. A time that an arm was not followed to: no value. n = children followed.
    `permuted_incidence_difference` tests it without assuming a distribution.
    Raises: ValueError when an arm has nobody, a district is not there, and as `incidence_at`.
    """
    asked = _asked(ends, time)
    arms = [pick_clusters(ends, chosen) for chosen in _split(ends, districts)]
    these, others = (incidence_at(arm, end=end, times=time, level=level)[0].by_district for arm in arms)
    variances = [
        float(jackknife_variance(_without_each_cluster(arm, end=end, clusters=arm.clusters_followed, asked=asked))[0])
        for arm in arms
    ]
    degrees = sum(arm.clusters_followed.size for arm in arms) - 2
    value = np.nan if these.value is None or others.value is None else these.value - others.value
    difference = difference_interval(value, float(np.sqrt(sum(variances))), degrees, level=level, n=ends.child_count)
    return IncidenceDifference(these, others, difference)


def permuted_incidence_difference(
    ends: RiskSets, *, districts: Collection[Hashable], end: int, time: float
) -> PermutationTest:
    """The difference of `incidence_difference`, held against every other choice of as many districts.

    Raises: as `incidence_difference` and `permute_two_groups`; ValueError when a choice leaves an arm that was not followed so
    far.
    """
    asked = _asked(ends, time)
    _split(ends, districts)

    def difference(chosen: Collection[Hashable]) -> float:
        these, others = (
            _step(curve.incidence, arm, curve, asked)[0]
            for arm in (pick_clusters(ends, numbers) for numbers in _split(ends, chosen))
            for curve in (incidence_curve(arm, end=end),)
        )
        if np.isnan(these - others):
            raise ValueError(f"a choice of districts was not followed to {time:g}")
        return float(these - others)

    followed = [ends.clusters[number] for number in ends.clusters_followed]
    return permute_two_groups(followed, [label for label in followed if label in districts], difference)


def _incidence(
    ended_so: NDArray[np.int64], ended: NDArray[np.int64], at_risk: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """(F(t), S(t-)) along the first axis."""
    still = np.cumprod(1 - _share(ended, at_risk), axis=0)
    before = np.concatenate([np.ones_like(still[:1]), still[:-1]]) if still.shape[0] else still
    return np.cumsum(before * _share(ended_so, at_risk), axis=0), before


def _variance(
    ended_so: NDArray[np.int64], ended: NDArray[np.int64], at_risk: NDArray[np.int64], incidence: Floats, before: Floats
) -> Floats:
    """The Greenwood-type variance of F at each time, `(T,)`.

    Up to t each time u adds (S(u-)^2 q + D^2 / stay - (S(u-) q + D)^2) / Y(u), where q is the share ending so, stay the share not
    ending and D = F(t) - F(u): how a change in each share at u moves F(t). As a polynomial in F(t) its sums run along in one pass.
    """
    q, stay = _share(ended_so, at_risk), 1 - _share(ended, at_risk)
    risk = np.maximum(at_risk, 1)
    # Everybody ended: D is 0 from there on.
    squared = np.divide(1 - stay, stay, where=stay > 0, out=np.zeros_like(stay)) / risk
    linear = 2 * before * q / risk
    fixed = before**2 * q * (1 - q) / risk
    terms = np.cumsum([squared, squared * incidence, squared * incidence**2, linear, linear * incidence, fixed], axis=1)
    variance = (
        incidence**2 * terms[0] - 2 * incidence * terms[1] + terms[2] - incidence * terms[3] + terms[4] + terms[5]
    )
    return np.asarray(variance.clip(min=0), dtype=np.float64)


def _without_each_cluster(ends: RiskSets, *, end: int, clusters: NDArray[np.intp], asked: Floats) -> Floats:
    """The incidence at the asked times, `(clusters, times)`, counted without each cluster in turn."""
    ended, at_risk = ends.moves[:, :, STILL_THERE], ends.at_risk[:, :, STILL_THERE]
    rest = ended.sum(axis=1, keepdims=True) - ended[:, clusters]
    rest_at_risk = at_risk.sum(axis=1, keepdims=True) - at_risk[:, clusters]
    incidence, _ = _incidence(rest[..., end], rest.sum(axis=-1), rest_at_risk)
    padded = np.concatenate([np.zeros((1, clusters.size)), incidence])
    return np.asarray(padded[np.searchsorted(ends.times, asked, side="right")].T, dtype=np.float64)


def _step(column: Floats, ends: RiskSets, curve: IncidenceCurve, asked: Floats) -> Floats:
    """A curve's column at the asked times; NaN where nobody was followed to and somebody could still end."""
    position = np.searchsorted(ends.times, asked, side="right")
    still_there = np.concatenate([[1.0], curve.still_there])[position]
    unknown = (asked > ends.followed_until) & (still_there > 1e-12)
    return np.where(unknown, np.nan, np.concatenate([[0.0], column])[position])


def _share(count: NDArray[np.int64], at_risk: NDArray[np.int64]) -> Floats:
    """count / at_risk, 0 where nobody is at risk."""
    return np.asarray(count / np.maximum(at_risk, 1), dtype=np.float64)


def _split(ends: RiskSets, districts: Collection[Hashable]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The numbers of the followed clusters that are among `districts`, and of those that are not."""
    unknown = set(districts) - set(ends.clusters)
    if unknown:
        raise ValueError(f"{len(unknown)} of the districts are not among those counted")
    is_chosen = np.array([label in districts for label in ends.clusters], dtype=bool)[ends.clusters_followed]
    if is_chosen.all() or not is_chosen.any():
        raise ValueError("both arms must have a district with children")
    return ends.clusters_followed[is_chosen], ends.clusters_followed[~is_chosen]


def _asked(ends: RiskSets, times: ArrayLike) -> Floats:
    asked = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if np.isnan(asked).any() or (asked < ends.start_time).any():
        raise ValueError(f"times must not be missing or before the start, {ends.start_time:g}")
    return asked


def _check_end(ends: RiskSets, end: int) -> None:
    if not 0 < end < ends.state_count:
        raise ValueError(f"the end must be 1 to {ends.state_count - 1}, not {end}")
