"""How many were at risk in each state, and how many moved, at every time somebody moved?

These counts are all that the estimates of movement need: they are made once, per cluster, from the spells, and occupation,
cumulative incidence, tests and the leave-one-district-out refits are then computed from them without reading a spell again.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.measures.clusters import code_clusters

CENSORED = -1
"""The next state of a spell that ends because we no longer see the child."""

Labels = Sequence[Hashable] | NDArray[Any]


@dataclass(frozen=True)
class RiskSets:
    """Counts of T times, G clusters and K states; a child is at risk in a state at t when entry < t <= exit.

    times: `(T,)`, the distinct times of moves after start_time, rising. moves: `(T, G, K, K)`, children who moved from state h
    to state j at that time. at_risk: `(T, G, K)`, children in each state just before it. starting: `(G, K)`, children in each
    state just after start_time. clusters: their labels. is_absorbing: `(K,)`, states nobody spent a spell in, so that nobody
    leaves them. followed_until: the last time anybody was followed. child_counts: `(G,)`, children followed after start_time, each
    in the cluster of its first spell.
    """

    times: NDArray[np.float64]
    moves: NDArray[np.int64]
    at_risk: NDArray[np.int64]
    starting: NDArray[np.int64]
    clusters: tuple[Hashable, ...]
    is_absorbing: NDArray[np.bool_]
    start_time: float
    followed_until: float
    child_counts: NDArray[np.int64]

    @property
    def child_count(self) -> int:
        """Children followed after start_time."""
        return int(self.child_counts.sum())

    @property
    def state_count(self) -> int:
        """K."""
        return int(self.starting.shape[1])

    @property
    def clusters_followed(self) -> NDArray[np.intp]:
        """Numbers of the clusters that weigh in the counts: somebody was there at the start, or at risk when anybody moved."""
        return np.flatnonzero(self.starting.any(axis=1) | self.at_risk.any(axis=(0, 2)))


@dataclass(frozen=True)
class _Spells:
    """The columns of the spells, clusters as numbers."""

    child: NDArray[Any]
    state: NDArray[np.int64]
    entry_time: NDArray[np.float64]
    exit_time: NDArray[np.float64]
    next_state: NDArray[np.int64]
    cluster: NDArray[np.int64]

    def only(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "_Spells":
        return _Spells(*(column[chosen] for column in vars(self).values()))


def count_risk_sets(
    state: ArrayLike,
    entry_time: ArrayLike,
    exit_time: ArrayLike,
    next_state: ArrayLike,
    *,
    state_count: int,
    children: Labels | None = None,
    clusters: Labels | None = None,
    start_time: float = 0.0,
) -> RiskSets:
    """The risk sets of spells, all arrays `(n,)`, one entry per child and spell, in any order.

    state, next_state: 0 to state_count - 1; next_state is CENSORED (-1) when the child is no longer seen. A next state equal to
    the state is no move: a spell cut in two counts as one. entry_time, exit_time: any unit, since the child's own origin or one
    of the calendar; a child is at risk after entry, up to and with exit, so a spell may begin late (left truncation) and all
    moves of one time happen at once. children: numbers or labels, for the checks; without them every spell is a child.
    clusters: district of each spell; without them there is one. What happened up to start_time is left out.

    Give whole days: time and memory grow with the distinct times of moves (8 x times x clusters x states^2 bytes). Give labels as
    numpy arrays of plain numbers or text: lists are read one by one.
    Raises: ValueError when lengths differ, a number is missing or impossible, a spell does not end after it begins, or the
    spells of a child overlap or contradict each other.
    """
    states = _whole(state)
    labels, cluster = _code(clusters, states.size)
    child = np.arange(states.size) if children is None else _comparable(children)
    spells = _Spells(child, states, _number(entry_time), _number(exit_time), _whole(next_state), cluster)
    _check(spells, state_count)
    spells = spells.only(np.lexsort((spells.entry_time, spells.child)))
    _check_children(spells)
    return _count(spells.only(spells.exit_time > start_time), labels, state_count, start_time)


def merge_clusters(risk_sets: RiskSets, groups: Mapping[Hashable, Hashable]) -> RiskSets:
    """The same counts with clusters summed into groups, in order of first appearance in `groups`.

    groups: cluster label -> group label. Clusters that it does not name are left out.
    Raises: ValueError when it names a cluster that is not there.
    """
    unknown = set(groups) - set(risk_sets.clusters)
    if unknown:
        raise ValueError(f"{len(unknown)} of the clusters to merge are not among those counted")
    labels = tuple(dict.fromkeys(groups.values()))
    belongs = np.array(
        [[groups.get(cluster, _NOT_NAMED) == label for cluster in risk_sets.clusters] for label in labels]
    )
    belongs = belongs.reshape(len(labels), len(risk_sets.clusters)).astype(np.int64)
    return replace(
        risk_sets,
        moves=np.einsum("gc,tchj->tghj", belongs, risk_sets.moves),
        at_risk=np.einsum("gc,tch->tgh", belongs, risk_sets.at_risk),
        starting=belongs @ risk_sets.starting,
        clusters=labels,
        child_counts=belongs @ risk_sets.child_counts,
    )


def pick_clusters(risk_sets: RiskSets, numbers: NDArray[np.intp]) -> RiskSets:
    """The same counts of these clusters alone, by their numbers."""
    return replace(
        risk_sets,
        moves=risk_sets.moves[:, numbers],
        at_risk=risk_sets.at_risk[:, numbers],
        starting=risk_sets.starting[numbers],
        clusters=tuple(risk_sets.clusters[number] for number in numbers),
        child_counts=risk_sets.child_counts[numbers],
    )


_NOT_NAMED = object()


def _count(spells: _Spells, labels: tuple[Hashable, ...], states: int, start_time: float) -> RiskSets:
    moved = (spells.next_state != CENSORED) & (spells.next_state != spells.state)
    times = np.unique(spells.exit_time[moved])
    # Before the first time a cell gains a child when the spell begins, and after the last one loses it.
    begins, ends = (
        _tally(
            (np.searchsorted(times, moment, side="right"), spells.cluster, spells.state),
            (times.size + 1, len(labels), states),
        )
        for moment in (spells.entry_time, spells.exit_time)
    )
    movers = spells.only(moved)
    moves = _tally(
        (np.searchsorted(times, movers.exit_time), movers.cluster, movers.state, movers.next_state),
        (times.size, len(labels), states, states),
    )
    is_first = np.ones(spells.child.size, dtype=np.bool_)
    is_first[1:] = spells.child[1:] != spells.child[:-1]
    present = spells.only(spells.entry_time <= start_time)
    return RiskSets(
        times=times,
        moves=moves,
        at_risk=np.cumsum(begins - ends, axis=0)[:-1],
        starting=_tally((present.cluster, present.state), (len(labels), states)),
        clusters=labels,
        is_absorbing=np.bincount(spells.state, minlength=states) == 0,
        start_time=float(start_time),
        followed_until=float(spells.exit_time.max(initial=start_time)),
        child_counts=_tally((spells.cluster[is_first],), (len(labels),)),
    )


def _tally(keys: tuple[NDArray[np.int64], ...], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """How many rows have each combination of keys, as an array of that shape."""
    cells = np.ravel_multi_index(keys, shape) if keys[0].size else np.zeros(0, dtype=np.int64)
    return np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape).astype(np.int64, copy=False)


def _code(labels: Labels | None, count: int) -> tuple[tuple[Hashable, ...], NDArray[np.int64]]:
    """(Labels by number, `(n,)` number of each row's label)."""
    if labels is None:
        return ("all",), np.zeros(count, dtype=np.int64)
    column = _column(labels)
    if column is None:
        codes, found = code_clusters(list(labels))
        return tuple(found), codes
    distinct, numbers = np.unique(column, return_inverse=True)
    return tuple(distinct.tolist()), numbers.astype(np.int64, copy=False)


def _comparable(labels: Labels) -> NDArray[Any]:
    """A column that numpy can sort: the labels themselves or, if of mixed kinds, numbers for them."""
    column = _column(labels)
    return code_clusters(list(labels))[0] if column is None else column


def _column(labels: Labels) -> NDArray[Any] | None:
    """An array that numpy can order, else None: of a list numpy would make text of numbers. Raises: ValueError for a missing one."""
    if not isinstance(labels, np.ndarray) or labels.ndim != 1 or labels.dtype == object:
        return None
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ValueError("a label is missing")
    return labels


def _whole(numbers: ArrayLike) -> NDArray[np.int64]:
    column = _present(numbers)
    if column.size and column.dtype.kind not in "iu":
        raise ValueError("states must be whole numbers")
    return column.astype(np.int64, copy=False)


def _number(numbers: ArrayLike) -> NDArray[np.float64]:
    return _present(numbers).astype(np.float64, copy=False)


def _present(numbers: ArrayLike) -> NDArray[Any]:
    """The column, unless it is one of DuckDB's with a mask over its missing numbers, which numpy would take for numbers."""
    if np.ma.is_masked(numbers):
        raise ValueError("a number is missing")
    return np.atleast_1d(np.asarray(numbers))


def _check(spells: _Spells, state_count: int) -> None:
    sizes = [column.size for column in vars(spells).values()]
    if len(set(sizes)) > 1:
        raise ValueError(f"lengths differ: {', '.join(map(str, sizes))}")
    if not (np.isfinite(spells.entry_time).all() and np.isfinite(spells.exit_time).all()):
        raise ValueError("a time is missing")
    if ((spells.state < 0) | (spells.state >= state_count)).any():
        raise ValueError(f"a state lies outside 0 to {state_count - 1}")
    if ((spells.next_state < CENSORED) | (spells.next_state >= state_count)).any():
        raise ValueError(f"a next state lies outside -1 (no longer seen) to {state_count - 1}")
    empty = int((spells.exit_time <= spells.entry_time).sum())
    if empty:
        raise ValueError(f"{empty} spells do not end after they begin")


def _check_children(spells: _Spells) -> None:
    """Raises: ValueError when a child is in two places at once, or moves to one state and is found in another."""
    same = spells.child[1:] == spells.child[:-1]
    ended, begun = spells.exit_time[:-1], spells.entry_time[1:]
    overlaps = int((same & (ended > begun)).sum())
    if overlaps:
        raise ValueError(f"{overlaps} spells begin before the child's earlier spell has ended")
    contradictions = int((same & (ended == begun) & (spells.next_state[:-1] != spells.state[1:])).sum())
    if contradictions:
        raise ValueError(f"{contradictions} spells begin in another state than the one the child moved to")
