"""How large is the share in mainstream settings, and has it changed more than chance would make it?"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pipelines.measures.intervals import (
    Estimate,
    NoInterval,
    check_level,
    is_no_spread,
    jeffreys_interval,
    no_estimate,
    wilson_interval,
)

FEWEST_FOR_WILSON = 40


class ChangeKind(StrEnum):
    """What may be said of a change; the words stand where the report is written."""

    RISEN = "risen"
    FALLEN = "fallen"
    NEARLY_UNCHANGED = "nearly_unchanged"
    MAY_BE_CHANCE = "may_be_chance"
    NOT_COMPUTABLE = "not_computable"


@dataclass(frozen=True)
class ShareChange:
    """Two shares (0-1), their difference after minus before (times 100 = points), and its kind."""

    before: Estimate
    after: Estimate
    difference: Estimate
    kind: ChangeKind


def mainstream_share(mainstream_count: int, pupil_count: int, *, level: float = 0.95) -> Estimate:
    """The share (0-1) of pupils in mainstream settings with its interval; both counts under one definition.

    Wilson's interval from 40 pupils, Jeffreys' below. All pupils are counted, so the interval says how far
    the share may swing from year to year by chance, not how badly it was measured. No pupils: no value.

    Drawback: takes pupils as independent. For the share that districts like these have in the long run it is too
    narrow as soon as districts differ; `mainstream_share_by_district` is made for that.
    Raises: ValueError when the count lies outside 0 to pupil_count.
    """
    if pupil_count >= FEWEST_FOR_WILSON:
        return wilson_interval(mainstream_count, pupil_count, level=level)
    return jeffreys_interval(mainstream_count, pupil_count, level=level)


def mainstream_share_by_district(
    mainstream_counts: ArrayLike, pupil_counts: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """`share_by_district` of pupils in mainstream settings; both counts under one definition."""
    return share_by_district(mainstream_counts, pupil_counts, level=level)


def share_by_district(counts: ArrayLike, totals: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The share (0-1) of children over all districts with an interval for the share that districts like these have in the long run.

    counts, totals: `(districts,)`, children counted of the children there are, at most one entry per district; districts without
    children are left out. Value = counts / totals over all, so large districts weigh more. Variance of the ratio from the differences
    between districts, carried to the logit (delta method) with t(districts - 1) and back: shares near 1 spread unevenly, and
    in made-up municipalities of four to ten districts the interval on the logit held the truth up to two times in a hundred
    more often than the one on the share itself. n = children; the standard error is the share's.

    One district, or the same share in every one: value without interval. Nobody or everybody counted: the logit is infinite and
    districts do not differ, so the interval is `mainstream_share`'s. No children: no value.

    Drawback: needs districts that are drawn alike; with two or three it is very wide. Children who move between districts
    make these more alike than they are apart: with one child in eight a mover, standard errors came out a tenth too small.
    Source: ratio estimator with cluster variance, Cochran, Sampling Techniques (1977), section 9A; logit limits: Korn and
    Graubard, Survey Methodology 24 (1998) 193-201.
    Raises: ValueError when lengths differ, a count is missing, or one lies outside 0 to its total.
    Example: ([90, 100], [100, 100]) is 0.95 with standard error sqrt(2 x (5^2 + 5^2)) / 200 = 0.05.
    """
    check_level(level)
    mainstream, pupils = _read_counts(counts, totals)
    total = int(pupils.sum())
    if total == 0:
        return no_estimate(level)
    share = float(mainstream.sum() / total)
    if pupils.size == 1:
        return Estimate(share, None, None, level, total, reason=NoInterval.TOO_FEW_CLUSTERS)
    if share in (0.0, 1.0):
        return mainstream_share(int(mainstream.sum()), total, level=level)
    freedom = pupils.size - 1
    residuals = mainstream - share * pupils
    standard_error = math.sqrt(pupils.size / freedom * float((residuals**2).sum())) / total
    if is_no_spread(standard_error, share):
        return Estimate(share, None, None, level, total, reason=NoInterval.NO_SPREAD)
    half = float(stats.t.ppf((1 + level) / 2, freedom)) * standard_error / (share * (1 - share))
    logit = math.log(share / (1 - share))
    return Estimate(share, _expit(logit - half), _expit(logit + half), level, total, standard_error, freedom)


def change_in_share(
    before: tuple[int, int],
    after: tuple[int, int],
    *,
    smallest_relevant_difference: float,
    level: float = 0.95,
) -> ShareChange:
    """The change between two years, each (mainstream count, pupil count), under one definition.

    The interval is Newcombe's: it joins the Wilson intervals of the two shares. smallest_relevant_difference
    is a share (0.01 = 1 percentage point), fixed beforehand by the municipality.

    Drawback: takes the two years as different children. Many are the same, who mostly stay where they are, so
    the interval is wider than need be and misses small true changes; change among the same children is
    another measure.
    Source: Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10.
    Raises: ValueError when a count lies outside 0 to its total or the smallest relevant difference is not
    above 0.
    Example: (48, 80) to (56, 70) is +0.2000 (0.0524 to 0.3339): risen.
    """
    difference = _difference(before, after, level=level)
    return ShareChange(
        before=mainstream_share(*before, level=level),
        after=mainstream_share(*after, level=level),
        difference=difference,
        kind=classify_change(difference, smallest_relevant_difference=smallest_relevant_difference),
    )


def classify_change(difference: Estimate, *, smallest_relevant_difference: float) -> ChangeKind:
    """What a difference (any unit, after minus before) is, from its interval and what matters.

    In this order: interval without 0 -> RISEN or FALLEN; whole interval closer to 0 than the smallest
    relevant difference -> NEARLY_UNCHANGED; otherwise MAY_BE_CHANCE. Without an interval: NOT_COMPUTABLE.

    Raises: ValueError when the smallest relevant difference is not above 0.
    """
    if not smallest_relevant_difference > 0:
        raise ValueError("smallest_relevant_difference must be above 0")
    if difference.low is None or difference.high is None:
        return ChangeKind.NOT_COMPUTABLE
    if difference.low > 0:
        return ChangeKind.RISEN
    if difference.high < 0:
        return ChangeKind.FALLEN
    if max(-difference.low, difference.high) < smallest_relevant_difference:
        return ChangeKind.NEARLY_UNCHANGED
    return ChangeKind.MAY_BE_CHANCE


def _difference(before: tuple[int, int], after: tuple[int, int], *, level: float) -> Estimate:
    first, second = wilson_interval(*before, level=level), wilson_interval(*after, level=level)
    if first.value is None or first.low is None or first.high is None:
        return no_estimate(level)
    if second.value is None or second.low is None or second.high is None:
        return no_estimate(level)
    value = second.value - first.value
    low = value - math.hypot(second.value - second.low, first.high - first.value)
    high = value + math.hypot(second.high - second.value, first.value - first.low)
    return Estimate(value, low, high, level, first.n + second.n)


def _read_counts(successes: ArrayLike, totals: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both as numbers, without the districts that have nobody."""
    parts, wholes = np.asarray(successes, dtype=float), np.asarray(totals, dtype=float)
    if parts.shape != wholes.shape or parts.ndim != 1:
        raise ValueError(f"{parts.size} mainstream counts but {wholes.size} pupil counts")
    if not ((parts >= 0) & (parts <= wholes)).all():
        raise ValueError("each mainstream count must be there and lie between 0 and its pupils")
    return parts[wholes > 0], wholes[wholes > 0]


def _expit(logit: float) -> float:
    """The share at a logit, also far out, where exp would overflow."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))
