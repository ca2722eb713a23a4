"""Has the share changed among the same children, or are they other children? Stayers, those who came and those who left.

Two years of a share are not two samples: most children are in both, and most of them are where they were. So a change is tested on
the children who moved, and the rest of it is who came and who left.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pipelines.measures.intervals import Estimate, no_estimate, wilson_interval


@dataclass(frozen=True)
class PairedChange:
    """The same children twice. Counts: counted both times, only before, only after, never.

    difference: share after minus before (0-1) with its interval; n = children. exact_p, mid_p: McNemar's test that as many come
    in as go out, two-sided; mid_p is the one to use, exact_p is never too small. None without children; 1 when nobody moved.
    """

    both: int
    only_before: int
    only_after: int
    neither: int
    difference: Estimate
    exact_p: float | None
    mid_p: float | None


@dataclass(frozen=True)
class Newcomers:
    """Children of one year only: how many, how many of them counted, their share (0-1, None without children)."""

    child_count: int
    counted: int
    share: float | None


@dataclass(frozen=True)
class CohortChange:
    """A change of a share (second minus first, 0-1) by who the children are.

    before, after: the shares; None without children. from_stayers + from_entries + from_exits = after - before, exactly.
    from_stayers: the stayers' own change. from_entries: what the children who came move the share from that of the stayers in
    the second year. from_exits: the same for the children who left in the first year, turned. All None when nobody stayed, or a
    year has no children.
    """

    before: float | None
    after: float | None
    stayers: PairedChange
    entries: Newcomers
    exits: Newcomers
    from_stayers: float | None
    from_entries: float | None
    from_exits: float | None


def cohort_change(before: ArrayLike, after: ArrayLike, *, level: float = 0.95) -> CohortChange:
    """The change of a share split by stayers, entries and exits.

    before, after: `(children,)`, 1 when counted, 0 when not, NaN when the child is not among the children of that year; in one
    order of children. A child with NaN twice counts in nothing.

    With shares s1, s2 of the stayers, e of the entries, who are a part w of the second year, x and v of the exits in the first:
    after - before = (s2 - s1) + w (e - s2) - v (x - s1).

    Drawback: stayers grow a year older, and shares grow with age; a change of theirs is not one of the municipality. A child
    whose record is missing in one year looks like one who came or left.
    Source: the split, with those who came held against the stayers after and those who left against the stayers before: Melitz and
    Polanec, RAND Journal of Economics 46 (2015) 362-375; test and interval: see `paired_change`.
    Raises: ValueError when lengths differ or a value is none of 0, 1 and NaN.
    Example: [1, 0, 0, nan] to [1, 1, nan, 0]: 1/3 to 2/3; stayers 1/2, entries -1/3, exits 1/6.
    """
    one, two = _read_flags(before), _read_flags(after)
    if one.shape != two.shape:
        raise ValueError(f"{one.size} children before but {two.size} after")
    here, there = ~np.isnan(one), ~np.isnan(two)
    stay, come, leave = here & there, there & ~here, here & ~there
    stayers = _count_pairs(one[stay], two[stay], level=level)
    entries, exits = (Newcomers(*_count(flags)) for flags in (two[come], one[leave]))
    shares = [_count(flags)[2] for flags in (one[here], two[there])]
    return CohortChange(shares[0], shares[1], stayers, entries, exits, *_split(stayers, entries, exits))


def paired_change(both: int, only_before: int, only_after: int, neither: int, *, level: float = 0.95) -> PairedChange:
    """The change among the same children: how many are counted both times, only before, only after, and never.

    Difference = (only_after - only_before) / children with Newcombe's interval: Wilson's intervals of the two shares joined
    with their correlation (method 10), which stays inside -1 to 1 and, of the closed forms, keeps its level best. McNemar's
    test looks at those who moved alone: as many one way as the other.

    Drawback: takes children as independent; children of one institution move together. No children: no values.
    Source: Newcombe, Statistics in Medicine 17 (1998) 2635-2650, method 10; mid-p: Fagerland, Lydersen and Laake, BMC Medical
    Research Methodology 13 (2013) 91, and their Statistical Analysis of Contingency Tables (2017), chapter 8.
    Raises: ValueError when a count is negative.
    Example: (59, 6, 16, 80): difference 10/161 = 0.0621 (0.0046 to 0.1186), mid-p 0.0347.
    """
    if min(both, only_before, only_after, neither) < 0:
        raise ValueError("counts must be 0 or more")
    counts = (both, only_before, only_after, neither)
    if sum(counts) == 0:
        return PairedChange(*counts, no_estimate(level), None, None)
    moved = only_before + only_after
    smaller = min(only_before, only_after)
    tail = float(stats.binom.cdf(smaller, moved, 0.5))
    return PairedChange(
        *counts,
        difference=_join_intervals(*counts, level=level),
        exact_p=min(1.0, 2 * tail),
        mid_p=min(1.0, 2 * tail - float(stats.binom.pmf(smaller, moved, 0.5))),
    )


def _join_intervals(both: int, only_before: int, only_after: int, neither: int, *, level: float) -> Estimate:
    total = both + only_before + only_after + neither
    first, second = (wilson_interval(both + only, total, level=level) for only in (only_before, only_after))
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return no_estimate(level)
    one, two = (both + only_before) / total, (both + only_after) / total
    value = (only_after - only_before) / total
    phi = _correlation(both, only_before, only_after, neither)
    down, up = (two - second.low, first.high - one), (second.high - two, one - first.low)
    low, high = (math.sqrt(max(a * a - 2 * phi * a * b + b * b, 0.0)) for a, b in (down, up))
    return Estimate(value, value - low, value + high, level, total)


def _correlation(both: int, only_before: int, only_after: int, neither: int) -> float:
    """Of the two measurements; a positive one is drawn towards 0 by half a child in each cell, as Newcombe's method 10 says."""
    first, second = both + only_before, both + only_after
    total = first + only_after + neither
    product = first * (total - first) * second * (total - second)
    if product == 0:
        return 0.0
    excess: float = both * neither - only_before * only_after
    return (max(excess - total / 2, 0.0) if excess > 0 else excess) / math.sqrt(product)


def _count_pairs(before: NDArray[np.float64], after: NDArray[np.float64], *, level: float) -> PairedChange:
    cells = ((1, 1), (1, 0), (0, 1), (0, 0))
    return paired_change(*(int(((before == a) & (after == b)).sum()) for a, b in cells), level=level)


def _count(flags: NDArray[np.float64]) -> tuple[int, int, float | None]:
    counted = int(flags.sum())
    return flags.size, counted, counted / flags.size if flags.size else None


def _split(
    stayers: PairedChange, entries: Newcomers, exits: Newcomers
) -> tuple[float | None, float | None, float | None]:
    count = stayers.difference.n
    if count == 0:
        return None, None, None
    one, two = ((stayers.both + only) / count for only in (stayers.only_before, stayers.only_after))
    pulls = []
    for others, share in ((entries, two), (exits, one)):
        of_others = share if others.share is None else others.share
        pulls.append(others.child_count / (count + others.child_count) * (of_others - share))
    return two - one, pulls[0], -pulls[1]


def _read_flags(values: ArrayLike) -> NDArray[np.float64]:
    flags = np.asarray(values, dtype=float)
    if flags.ndim != 1 or not (np.isnan(flags) | (flags == 0) | (flags == 1)).all():
        raise ValueError("each value must be 1 (counted), 0 (not) or missing (not there that year)")
    return flags
