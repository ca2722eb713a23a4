"""Did a group do better than British children in similar trouble did without help? The SDQ added value score.

It holds the second parent score against what the first one predicts. The prediction was made on children at risk in Britain, for
parents' forms about half a year apart, and for groups: outside these conditions there is no score, only the reason why.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.measures.clusters import ClusterMean, cluster_mean_interval

INTERCEPT, PER_TOTAL, PER_IMPACT, PER_EMOTIONAL = 2.3, 0.8, 0.2, 0.3
SD_POINTS = 5.0
"""Dividing by it makes an effect size."""
FEWEST_CHILDREN = 30


class NoAddedValue(StrEnum):
    """Why there is no added value score."""

    NOT_PARENTS = "not_parents"
    NOT_AT_RISK = "not_at_risk"
    INTERVAL_TOO_SHORT_OR_LONG = "interval_too_short_or_long"
    TOO_FEW_CHILDREN = "too_few_children"


@dataclass(frozen=True)
class AddedValue:
    """A group's added value in points: positive = better than predicted. None, with `reasons`, where it may not be computed.

    effect_size: the mean over 5 points. used_count: children with all four scores; missing_count: the others.
    """

    points: ClusterMean | None
    effect_size: float | None
    used_count: int
    missing_count: int
    reasons: tuple[NoAddedValue, ...]


def added_value_score(
    first_total: ArrayLike, first_impact: ArrayLike, first_emotional: ArrayLike, second_total: ArrayLike
) -> NDArray[np.float64]:
    """2.3 + 0.8 first total + 0.2 first impact - 0.3 first emotional - second total, per child in points, `(n,)`.

    For means of groups only: for one child the 95 % interval is 10 points to either side. Missing in, NaN out.

    Source: Ford, Hutchings, Bywater, Goodman and Goodman, British Journal of Psychiatry 194 (2009) 552-558 (an erratum stands in
    195:182 and has not been seen); coefficients as in the authors' published slides.
    Example: total 20, impact 4, emotional 6, then total 15: 2.3 + 16 + 0.8 - 1.8 - 15 = 2.3 points better than predicted.
    """
    total, impact, emotional, second = (
        np.asarray(values, dtype=float) for values in (first_total, first_impact, first_emotional, second_total)
    )
    scores: NDArray[np.float64] = (
        INTERCEPT + PER_TOTAL * total + PER_IMPACT * impact - PER_EMOTIONAL * emotional - second
    )
    return scores


def added_value(
    first_total: ArrayLike,
    first_impact: ArrayLike,
    first_emotional: ArrayLike,
    second_total: ArrayLike,
    clusters: Sequence[Hashable],
    *,
    is_parent_form: bool,
    is_high_risk_group: bool,
    days_between: ArrayLike,
    window_days: tuple[int, int] = (120, 245),
    level: float = 0.95,
) -> AddedValue:
    """The mean added value of a group of children, with a district interval, if the conditions of the score hold.

    Conditions: the parents' form both times; a group chosen for its difficulties (the score is too kind to others); at least 30
    children with all four scores within `window_days` (4 to 8 months). Children outside the window or with a missing score
    are left out and counted.

    Drawback: a British formula that nobody has estimated on Danish children; published slides report it near 0 in untreated
    groups of one trial and at 0.15 in another.
    Raises: ValueError when lengths differ or a label is missing.
    """
    scores = added_value_score(first_total, first_impact, first_emotional, second_total)
    days = np.asarray(days_between, dtype=float)
    if not scores.shape == days.shape == (len(clusters),):
        raise ValueError(f"lengths differ: {scores.size}, {days.size}, {len(clusters)}")
    in_window = (days >= window_days[0]) & (days <= window_days[1])
    known = ~np.isnan(scores)
    used = int((known & in_window).sum())
    checks = {
        NoAddedValue.NOT_PARENTS: is_parent_form,
        NoAddedValue.NOT_AT_RISK: is_high_risk_group,
        NoAddedValue.INTERVAL_TOO_SHORT_OR_LONG: bool((known & in_window).any() or not known.any()),
        NoAddedValue.TOO_FEW_CHILDREN: used >= FEWEST_CHILDREN,
    }
    reasons = tuple(reason for reason, holds in checks.items() if not holds)
    missing = len(scores) - used
    if reasons:
        return AddedValue(None, None, used, missing, reasons)
    points = cluster_mean_interval(np.where(in_window, scores, np.nan), clusters, level=level)
    assert points.by_cluster.value is not None
    return AddedValue(points, points.by_cluster.value / SD_POINTS, used, missing, ())
