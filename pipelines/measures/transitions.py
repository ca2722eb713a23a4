"""Who stood where on a first date, and where on a second? Counts, shares with intervals, and a test of the two margins.

A table between two dates sees where children stood, not the way there: a child who went up and came back in between looks as if
it had stayed, and one who left is in no cell. Those who left and those who came are therefore counted beside the table.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats
from scipy.sparse.csgraph import connected_components

from pipelines.measures.clusters import code_clusters
from pipelines.measures.intervals import (
    Estimate,
    NoInterval,
    check_level,
    jeffreys_interval,
    no_estimate,
    wilson_interval,
)
from pipelines.measures.shares import mainstream_share_by_district

FEWEST_CHILDREN = 10
"""As behind every mean in a report (the rule on small numbers): below it a row's intervals say little and its cells say who."""
FEWEST_MOVED = 10
"""Where nothing had changed and fewer than ten moved, the test at 5 % rejected in 0 to 4 of 1,000 tables: it cannot reject there,
whatever happened. With 28 it rejected in 31 to 37 (made-up tables of six rungs, 21,000 draws)."""

Rows = tuple[tuple[Estimate, ...], ...]


class CellInterval(StrEnum):
    """How a cell's interval is made when children count as independent.

    JEFFREYS: from the Dirichlet distribution with 1/2 in each cell; each interval holds on its own. GOODMAN: all cells of a row
    hold together, so they are wider. WILSON: each cell against the rest, as for any share.
    """

    JEFFREYS = "jeffreys"
    GOODMAN = "goodman"
    WILSON = "wilson"


@dataclass(frozen=True, eq=False)
class TransitionTable:
    """Children by state on a first date (rows) and on a second (columns).

    states: the K states, in the order of rows and columns. clusters: the G labels (districts). counts_by_cluster: `(G, K, K)`.
    left_counts, entered_counts: `(K,)` children known on the first date only, and on the second only. unknown_count: on neither.
    """

    states: tuple[Hashable, ...]
    clusters: tuple[Hashable, ...]
    counts_by_cluster: NDArray[np.int64]
    left_counts: NDArray[np.int64]
    entered_counts: NDArray[np.int64]
    unknown_count: int

    @property
    def counts(self) -> NDArray[np.int64]:
        """`(K, K)` children, all clusters together."""
        counts: NDArray[np.int64] = self.counts_by_cluster.sum(axis=0)
        return counts


@dataclass(frozen=True, eq=False)
class MarginalHomogeneity:
    """Did as many stand in each state on the second date as on the first?

    changes: `(K,)` children, after minus before. moved_count: children off the diagonal, the only ones the test sees.
    chi_square on degrees_of_freedom. p_value: None with fewer than ten who moved. unmoved_states: positions of states that nobody
    left or reached; they are left out, for they say nothing and make the covariance singular.
    """

    changes: NDArray[np.int64]
    moved_count: int
    chi_square: float
    degrees_of_freedom: int
    p_value: float | None
    unmoved_states: tuple[int, ...]


def transition_table(
    before: Sequence[Hashable], after: Sequence[Hashable], clusters: Sequence[Hashable], *, states: Sequence[Hashable]
) -> TransitionTable:
    """Counts of children by state on two dates; one entry per child in each sequence.

    A state that is None or NaN is unknown on that date (not yet in the register, moved away, turned 18): such a child is in no
    cell, and counted beside the table. clusters: the district of each child; where the years of the same children are laid on top
    of each other, one label must cover all a child's entries (its district, or the child itself).

    Raises: ValueError when lengths differ, a cluster label is missing, or a state is not among `states`.
    Example: (["A", "A", None], ["B", "A", "A"]) in the states A, B has the row A: 1 stayed, 1 to B; 1 entered in A.
    """
    codes, labels = code_clusters(clusters)
    rows, columns = _code_states(before, states), _code_states(after, states)
    if not rows.shape == columns.shape == codes.shape:
        raise ValueError(f"lengths differ: {rows.size}, {columns.size}, {codes.size}")
    size = len(states)
    here, there = rows >= 0, columns >= 0
    both = here & there
    counts = np.zeros((len(labels), size, size), dtype=np.int64)
    np.add.at(counts, (codes[both], rows[both], columns[both]), 1)
    return TransitionTable(
        states=tuple(states),
        clusters=tuple(labels),
        counts_by_cluster=counts,
        left_counts=np.bincount(rows[here & ~there], minlength=size),
        entered_counts=np.bincount(columns[there & ~here], minlength=size),
        unknown_count=int((~here & ~there).sum()),
    )


def row_shares(
    table: TransitionTable,
    *,
    interval: CellInterval = CellInterval.JEFFREYS,
    fewest_children: int = FEWEST_CHILDREN,
    level: float = 0.95,
) -> Rows:
    """Of the children in each state on the first date, the share (0-1) in each on the second: K rows of K estimates.

    Children count as independent. A row with fewer than `fewest_children` has shares and no intervals, an empty row neither.
    n = children of the row.

    Drawback: too narrow for what districts like these have in the long run; see `row_shares_by_cluster`. Jeffreys' starting point
    weighs as K/2 children, evenly spread: with ten children in a row and six states that is felt.
    Source: Jeffreys, Proceedings of the Royal Society A 186 (1946) 453-461 (why 1/2); Goodman, Technometrics 7 (1965) 247-254;
    Wilson 1927.
    Raises: ValueError when level lies outside 0 to 1.
    """
    check_level(level)

    def estimate(count: int, total: int) -> Estimate:
        if total < fewest_children:
            return _without_interval(count, total, level=level)
        return _cell_interval(count, total, cells=len(table.states), interval=interval, level=level)

    return tuple(tuple(estimate(int(count), int(row.sum())) for count in row) for row in table.counts)


def row_shares_by_cluster(
    table: TransitionTable, *, fewest_children: int = FEWEST_CHILDREN, level: float = 0.95
) -> Rows:
    """As `row_shares`, but sure of no more than the differences between clusters (districts) allow.

    Each cell is a ratio of two sums over clusters with its variance from the clusters, on the logit with t(clusters - 1);
    clusters without children in the row do not count. In an empty or full cell clusters do not differ, so there its interval is
    that of independent children. One cluster in the row, or the same share in all: share without interval. n = children of the
    row.

    In made-up municipalities of four and eight districts it held the true share in 94-99 of 100 draws, where children taken as
    independent gave 87-97.

    Drawback: each cell holds on its own, not a row together.
    Source: as `mainstream_share_by_district`, which it is for any share.
    Raises: ValueError when level lies outside 0 to 1.
    """
    check_level(level)

    def estimate(row: int, column: int) -> Estimate:
        totals = table.counts_by_cluster[:, row, :].sum(axis=1)
        counts = table.counts_by_cluster[:, row, column]
        if totals.sum() < fewest_children:
            return _without_interval(int(counts.sum()), int(totals.sum()), level=level)
        return mainstream_share_by_district(counts, totals, level=level)

    size = range(len(table.states))
    return tuple(tuple(estimate(row, column) for column in size) for row in size)


def stuart_maxwell_test(counts: ArrayLike, *, fewest_moved: int = FEWEST_MOVED) -> MarginalHomogeneity:
    """Stuart and Maxwell's test that the second date's margin equals the first's; on two states it is McNemar's.

    counts: `(K, K)` children, rows before. With d = column sums minus row sums and its covariance S (on the diagonal those who
    left or came, off it minus those who went between two states): d' S^-1 d on as many degrees of freedom as S has rank. S loses
    one for each group of states between which nobody moved: usually one for all, and each unmoved state is a group of its own.

    Drawback: takes children as independent, so it is too sure where a whole district moves one way; says that margins differ,
    not in which direction; never alone the ground for a sentence.
    Source: Stuart, Biometrika 42 (1955) 412-416; Maxwell, British Journal of Psychiatry 116 (1970) 651-655.
    Raises: ValueError when counts are not a square of whole numbers of 0 or more.
    Example: [[10, 5], [15, 10]] is (5 - 15)^2 / (5 + 15) = 5 on 1 degree of freedom.
    """
    table = _read_square(counts)
    moved = table - np.diag(np.diag(table))
    between = moved + moved.T
    covariance = np.diag(between.sum(axis=1)) - between
    changes = table.sum(axis=0) - table.sum(axis=1)
    _, groups = connected_components(between > 0, directed=False)
    chi_square, freedom = 0.0, 0
    for group in range(groups.max() + 1):
        # Within a group the changes sum to 0: one of them is known from the others.
        free = np.flatnonzero(groups == group)[1:]
        chi_square += float(changes[free] @ np.linalg.solve(covariance[np.ix_(free, free)], changes[free]))
        freedom += free.size
    moved_count = int(moved.sum())
    is_testable = freedom > 0 and moved_count >= fewest_moved
    return MarginalHomogeneity(
        changes=changes,
        moved_count=moved_count,
        chi_square=chi_square,
        degrees_of_freedom=freedom,
        p_value=float(stats.chi2.sf(chi_square, freedom)) if is_testable else None,
        unmoved_states=tuple(np.flatnonzero(between.sum(axis=1) == 0).tolist()),
    )


def _cell_interval(count: int, total: int, *, cells: int, interval: CellInterval, level: float) -> Estimate:
    if total == 0:
        return no_estimate(level)
    match interval:
        case CellInterval.WILSON:
            return wilson_interval(count, total, level=level)
        case CellInterval.GOODMAN:
            # Goodman's limits are Wilson's at the level that leaves each of the cells its part of the error.
            return replace(wilson_interval(count, total, level=1 - (1 - level) / cells), level=level)
        case CellInterval.JEFFREYS:
            return _dirichlet_interval(count, total, cells=cells, level=level)


def _dirichlet_interval(count: int, total: int, *, cells: int, level: float) -> Estimate:
    """One cell of a Dirichlet with 1/2 in each: Beta(count + 1/2, rest + (cells - 1)/2); 0 and 1 stay reachable."""
    if cells <= 2:
        return jeffreys_interval(count, total, level=level)
    ones, others = count + 0.5, total - count + (cells - 1) / 2
    low = 0.0 if count == 0 else float(special.betaincinv(ones, others, (1 - level) / 2))
    high = 1.0 if count == total else float(special.betaincinv(ones, others, (1 + level) / 2))
    return Estimate(count / total, low, high, level, total)


def _without_interval(count: int, total: int, *, level: float) -> Estimate:
    if total == 0:
        return no_estimate(level)
    return Estimate(count / total, None, None, level, total, reason=NoInterval.TOO_FEW_CHILDREN)


def _code_states(labels: Sequence[Hashable], states: Sequence[Hashable]) -> NDArray[np.int64]:
    """Position of each label among the states, -1 where it is unknown."""
    positions = {state: position for position, state in enumerate(states)}
    known = [None if label is None or label != label else label for label in labels]
    strange = sorted({str(label) for label in known if label is not None and label not in positions})
    if strange:
        raise ValueError(f"{', '.join(strange)}: not among the states {', '.join(str(state) for state in states)}")
    return np.asarray([-1 if label is None else positions[label] for label in known], dtype=np.int64)


def _read_square(counts: ArrayLike) -> NDArray[np.int64]:
    table = np.asarray(counts)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or table.size == 0:
        raise ValueError(f"needs a square table, not one of shape {table.shape}")
    whole = table.astype(np.int64)
    if (whole != table).any() or (whole < 0).any():
        raise ValueError("each count must be a whole number of 0 or more")
    return whole
