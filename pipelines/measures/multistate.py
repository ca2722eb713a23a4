"""Where are the children after a given time, and how sure are we? The Aalen-Johansen estimator for many states.

A child may move between the rungs in any order, come under observation late, and be lost from sight before the end; the
estimator uses all of it. Computed from the counts in `risk_sets`, so that a country's children cost no more than a town's.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.measures.intervals import Estimate
from pipelines.measures.jackknife import jackknife_variance, probability_interval
from pipelines.measures.risk_sets import RiskSets

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Occupation:
    """The probability of being in each of K states at T times.

    times: `(T,)`. probabilities: `(T, K)`, each row sums to 1. covariances: `(T, K, K)`, between the states at one time, children
    taken as independent. NaN at times nobody was followed to.
    """

    times: Floats
    probabilities: Floats
    covariances: Floats

    @property
    def standard_errors(self) -> Floats:
        """`(T, K)`, children taken as independent."""
        return _root(np.diagonal(self.covariances, axis1=1, axis2=2))


@dataclass(frozen=True)
class OccupationAt:
    """One time: the probability of each of K states.

    by_district: with intervals from leaving out one district at a time, t(districts - 1); the ones to report. naive: with
    intervals as if children were independent; for comparison only.
    """

    time: float
    by_district: tuple[Estimate, ...]
    naive: tuple[Estimate, ...]


@dataclass(frozen=True)
class TransitionMatrix:
    """P(from_time, to_time): `(K, K)`, the probability of being in state j (column) for who was in state h (row).

    covariance: `(K, K, K, K)`, [h, j, i, k] is that of P[h, j] and P[i, k], children taken as independent. NaN when nobody was
    followed that far.
    """

    probabilities: Floats
    covariance: Floats
    from_time: float
    to_time: float

    @property
    def standard_errors(self) -> Floats:
        """`(K, K)`, of each probability."""
        return _root(np.einsum("hjhj->hj", self.covariance))


def occupation_probabilities(
    risk_sets: RiskSets, *, times: ArrayLike | None = None, start: int | ArrayLike | None = None
) -> Occupation:
    """Occupation probabilities p(t) = p(start) x product over move times of (I + dA), with their covariance.

    times: asked for, not before start_time; without them start_time and every time of a move. start: None for the shares of the
    children followed just after start_time (their sampling counts in the covariance), a state that all begin in, or `(K,)` given
    shares. dA[h, j] is the share of those at risk in h who moved to j. With everybody followed from the start and nobody lost, p is
    the plain share of children and its covariance that of a multinomial draw, exactly.

    Holds without the Markov property as long as loss from sight has nothing to do with where a child is heading.
    Source: Aalen and Johansen, Scandinavian Journal of Statistics 5 (1978) 141-150; covariance, Andersen, Borgan, Gill and
    Keiding, Statistical Models Based on Counting Processes (1993), IV.4.1.3; Datta and Satten, Statistics and Probability
    Letters 55 (2001) 403-411.
    Raises: ValueError for a time before the start, a start that is no distribution, or nobody followed at the start.
    """
    asked = _asked(risk_sets, times)
    moves, at_risk = risk_sets.moves.sum(axis=1), risk_sets.at_risk.sum(axis=1)
    beginning = _beginning(risk_sets.starting.sum(axis=0), start)
    uncertainty = _beginning_covariance(beginning, risk_sets, start)
    carried = list(_carry(beginning[None], uncertainty[None, None], _steps(moves, at_risk), at_risk))
    position = np.searchsorted(risk_sets.times, asked, side="right")
    probabilities = np.array([rows[0] for rows, _ in carried])[position]
    covariances = np.array([covariance[0, 0] for _, covariance in carried])[position]
    unknown = _is_unknown(risk_sets, asked, probabilities)
    probabilities[unknown], covariances[unknown] = np.nan, np.nan
    return Occupation(asked, probabilities, covariances)


def occupation_intervals(
    risk_sets: RiskSets, *, times: ArrayLike, start: int | ArrayLike | None = None, level: float = 0.95
) -> tuple[OccupationAt, ...]:
    """Occupation probabilities at the asked times, each with its district interval and the naive one.

    The estimate counts every child the same. Its district interval counts again without each cluster of `risk_sets` in turn, from
    the counts, and takes t(clusters - 1) on the logit scale. One cluster: the value, no interval. A probability of 0 or 1: no
    interval. A time nobody was followed to: no value. n = children followed after the start.

    Drawback: needs districts that are drawn alike; with fewer than six it is very wide.
    Raises: as `occupation_probabilities`, and ValueError for a level outside 0 to 1.
    """
    whole = occupation_probabilities(risk_sets, times=times, start=start)
    left_out = _without_each_cluster(risk_sets, whole.times, start)
    errors = np.sqrt(jackknife_variance(left_out))
    freedom = left_out.shape[0] - 1

    def estimates(values: Floats, standard_errors: Floats, degrees: int | None) -> tuple[Estimate, ...]:
        return tuple(
            probability_interval(float(value), float(error), degrees, level=level, n=risk_sets.child_count)
            for value, error in zip(values, standard_errors, strict=True)
        )

    return tuple(
        OccupationAt(float(time), estimates(values, by_district, freedom), estimates(values, naive, None))
        for time, values, by_district, naive in zip(
            whole.times, whole.probabilities, errors, whole.standard_errors, strict=True
        )
    )


def transition_probabilities(
    risk_sets: RiskSets, *, to_time: float, from_time: float | None = None
) -> TransitionMatrix:
    """P(from_time, to_time) and the covariance of all its entries; from_time is start_time unless given.

    Holds from a later time than the start only if the past does not matter (Markov). When it may, count the risk sets of the
    children who are in the state at from_time alone, with start_time = from_time (landmarking; Putter and Spitoni, Statistical
    Methods in Medical Research 27 (2018) 2081-2092).
    Source: as `occupation_probabilities`; agrees with R's etm.
    Raises: ValueError when the times are not in order or begin before start_time.
    """
    begin = risk_sets.start_time if from_time is None else float(from_time)
    if not risk_sets.start_time <= begin <= to_time:
        raise ValueError(f"needs start {risk_sets.start_time:g} <= from_time <= to_time, not {begin:g} and {to_time:g}")
    chosen = (risk_sets.times > begin) & (risk_sets.times <= to_time)
    moves, at_risk = risk_sets.moves[chosen].sum(axis=1), risk_sets.at_risk[chosen].sum(axis=1)
    states = risk_sets.state_count
    carried = _carry(np.eye(states), np.zeros((states,) * 4), _steps(moves, at_risk), at_risk)
    rows, covariance = deque(carried, maxlen=1).pop()
    unknown = _is_unknown(risk_sets, np.full(states, float(to_time)), rows)
    covariance = covariance.transpose(0, 2, 1, 3).copy()
    rows[unknown], covariance[unknown], covariance[:, :, unknown] = np.nan, np.nan, np.nan
    return TransitionMatrix(rows, covariance, begin, float(to_time))


def _carry(
    rows: Floats, covariance: Floats, steps: Floats, at_risk: NDArray[np.int64]
) -> Iterator[tuple[Floats, Floats]]:
    """The rows `(m, K)` and their covariances `(m, m, K, K)`: as given, then after each step.

    With F = I + dA, row h of dA has the covariance (diag(F[h]) - F[h]F[h]') / Y[h] and rows are independent. So rows p, q with
    covariance C become pF, qF with F'CF + sum over h of p[h]q[h] / Y[h] x (diag(F[h]) - F[h]F[h]')
    = F'(C - diag(w))F + diag(wF), w = pq / Y: the recursion of Andersen et al. without its K^2 x K^2 matrices.
    """
    diagonal = np.arange(rows.shape[1])
    yield rows, covariance
    for step, at_risk_here in zip(steps, at_risk, strict=True):
        weights = (
            rows[:, None] * rows[None] * np.divide(1, at_risk_here, where=at_risk_here > 0, out=np.zeros(diagonal.size))
        )
        inner = covariance.copy()
        inner[..., diagonal, diagonal] -= weights
        covariance = step.T @ inner @ step
        covariance[..., diagonal, diagonal] += weights @ step
        rows = rows @ step
        yield rows, covariance


def _steps(moves: NDArray[np.int64], at_risk: NDArray[np.int64]) -> Floats:
    """I + dA at each time, `(T, K, K)`; nobody at risk, nobody moves."""
    steps = moves / np.maximum(at_risk, 1)[:, :, None]
    states = np.arange(at_risk.shape[1])
    steps[:, states, states] = 1 - (steps.sum(axis=2) - steps[:, states, states])
    return steps


def _without_each_cluster(risk_sets: RiskSets, asked: Floats, start: int | ArrayLike | None) -> Floats:
    """Occupation at the asked times, `(G, T, K)`, counted without each of the G clusters that anybody was followed in."""
    used = risk_sets.clusters_followed
    totals = [counts.sum(axis=axis) for counts, axis in _counts_by_cluster(risk_sets)]
    position = np.searchsorted(risk_sets.times, asked, side="right")
    left_out = np.full((used.size, asked.size, risk_sets.state_count), np.nan)
    for row, cluster in enumerate(used):
        moves, at_risk, starting = (
            total - counts.take(cluster, axis=axis)
            for total, (counts, axis) in zip(totals, _counts_by_cluster(risk_sets), strict=True)
        )
        if start is None and not starting.any():
            continue
        shares = [_beginning(starting, start)]
        for step in _steps(moves, at_risk):
            shares.append(shares[-1] @ step)
        left_out[row] = np.array(shares)[position]
    return left_out


def _counts_by_cluster(risk_sets: RiskSets) -> Sequence[tuple[NDArray[np.int64], int]]:
    """Each array of counts with the number of its cluster axis."""
    return (risk_sets.moves, 1), (risk_sets.at_risk, 1), (risk_sets.starting, 0)


def _asked(risk_sets: RiskSets, times: ArrayLike | None) -> Floats:
    if times is None:
        return np.concatenate([[risk_sets.start_time], risk_sets.times])
    asked = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if np.isnan(asked).any() or (asked < risk_sets.start_time).any():
        raise ValueError(f"times must not be missing or before the start, {risk_sets.start_time:g}")
    return asked


def _beginning(starting: NDArray[np.int64], start: int | ArrayLike | None) -> Floats:
    """The distribution at the start, `(K,)`."""
    if start is None:
        if not starting.any():
            raise ValueError("nobody is followed at the start: give a start state or its distribution")
        return np.asarray(starting / starting.sum(), dtype=np.float64)
    if isinstance(start, int | np.integer):
        if not 0 <= start < starting.size:
            raise ValueError(f"the start state lies outside 0 to {starting.size - 1}")
        return np.asarray(np.eye(starting.size)[start], dtype=np.float64)
    shares = np.asarray(start, dtype=np.float64)
    if shares.shape != starting.shape or not (shares >= 0).all() or not np.isclose(shares.sum(), 1, atol=1e-9):
        raise ValueError(f"the start must be {starting.size} shares of 0 or more with sum 1")
    return shares


def _beginning_covariance(shares: Floats, risk_sets: RiskSets, start: int | ArrayLike | None) -> Floats:
    """That of a multinomial draw when the shares are those of the children, else 0."""
    if start is not None:
        return np.zeros((shares.size, shares.size))
    return np.asarray((np.diag(shares) - np.outer(shares, shares)) / risk_sets.starting.sum(), dtype=np.float64)


def _is_unknown(risk_sets: RiskSets, times: Floats, probabilities: Floats) -> NDArray[np.bool_]:
    """`(T,)`: after the last child was followed only those who have reached an absorbing state are known to stay."""
    can_still_move = probabilities[:, ~risk_sets.is_absorbing].sum(axis=1) > 1e-12
    return np.asarray((times > risk_sets.followed_until) & can_still_move, dtype=np.bool_)


def _root(variances: Floats) -> Floats:
    """Standard errors; what rounding leaves below a variance of 0 counts as 0."""
    return np.asarray(np.sqrt(variances.clip(min=0)), dtype=np.float64)
