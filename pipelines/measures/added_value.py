"""Did a group do better than British children in similar trouble did without help? The SDQ added value score.

It holds the second parent score against what the first one predicts. The prediction was made on children at risk in Britain, for
parents' forms about half a year apart, and for groups: outside these conditions there is no score, only the reason why.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.measures.clusters import ClusterMean, cluster_mean_interval, code_clusters

Flags = NDArray[np.bool_]

INTERCEPT, PER_TOTAL, PER_IMPACT, PER_EMOTIONAL = 2.3, 0.8, 0.2, 0.3
SD_POINTS = 5.0
"""Dividing by it makes an effect size."""
FEWEST_CHILDREN = 30
WINDOW_DAYS = (120, 245)
"""4 to 8 months between the forms, both ends included. From memory: not found in a source that was read."""
AGES_YEARS = (5, 16)
"""The ages of the survey behind the formula, both ends included. From memory, as the window."""


class NoAddedValue(StrEnum):
    """Why there is no added value score."""

    NOT_PARENTS = "not_parents"
    NOT_AT_RISK = "not_at_risk"
    NOT_FOLLOW_UP_FORMS = "not_follow_up_forms"
    OUTSIDE_AGES = "outside_ages"
    INTERVAL_TOO_SHORT_OR_LONG = "interval_too_short_or_long"
    TOO_FEW_CHILDREN = "too_few_children"


@dataclass(frozen=True)
class AddedValue:
    """A group's added value in points: positive = better than predicted. None, with `reasons`, where it may not be computed.

    effect_size: the mean over 5 points. used_count: children whom the formula takes (`pairs_in_formula`); missing_count: the
    others.
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


def pairs_in_formula(
    first_total: ArrayLike,
    first_impact: ArrayLike,
    first_emotional: ArrayLike,
    second_total: ArrayLike,
    *,
    days_between: ArrayLike,
    is_second_follow_up_form: ArrayLike,
    age_years: ArrayLike,
    window_days: tuple[int, int] = WINDOW_DAYS,
    ages_years: tuple[int, int] = AGES_YEARS,
) -> Flags:
    """Which pairs the formula may be used on, `(n,)`: all four scores, a follow-up form second, and days and age within limits.

    age_years: at the first form. What is not known is not within limits. Forms must be parents', and the first one the standard
    form (the last six months): that is the caller's to see to.

    Source: sdqinfo.com/e10.html (first the standard, then the follow-up form); window and ages: see `WINDOW_DAYS`, `AGES_YEARS`.
    Raises: ValueError when lengths differ.
    """
    scores = added_value_score(first_total, first_impact, first_emotional, second_total)
    holds = _conditions(scores, days_between, is_second_follow_up_form, age_years, window_days, ages_years)
    return _all_of(~np.isnan(scores), holds)


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
    is_second_follow_up_form: ArrayLike,
    age_years: ArrayLike,
    window_days: tuple[int, int] = WINDOW_DAYS,
    ages_years: tuple[int, int] = AGES_YEARS,
    level: float = 0.95,
) -> AddedValue:
    """The mean added value of a group of children, with a district interval, if the conditions of the score hold.

    Conditions: the parents' form both times; a group chosen for its difficulties (the score is too kind to others); at least 30
    children whom the formula takes: see `pairs_in_formula`, also for the arrays `(n,)`. The others are left out and counted;
    where one condition alone leaves nobody, it is a reason.

    Drawback: a British formula that nobody has estimated on Danish children; published slides report it near 0 in untreated
    groups of one trial and at 0.15 in another.
    Raises: ValueError when lengths differ or a label is missing.
    """
    scores = added_value_score(first_total, first_impact, first_emotional, second_total)
    codes, _ = code_clusters(clusters)
    if scores.shape != codes.shape:
        raise ValueError(f"lengths differ: {scores.size} scores, {codes.size} labels")
    holds = _conditions(scores, days_between, is_second_follow_up_form, age_years, window_days, ages_years)
    known = ~np.isnan(scores)
    is_used = _all_of(known, holds)
    used = int(is_used.sum())
    checks = {
        NoAddedValue.NOT_PARENTS: is_parent_form,
        NoAddedValue.NOT_AT_RISK: is_high_risk_group,
        **{reason: bool((known & flags).any() or not known.any()) for reason, flags in holds.items()},
        NoAddedValue.TOO_FEW_CHILDREN: used >= FEWEST_CHILDREN,
    }
    reasons = tuple(reason for reason, is_met in checks.items() if not is_met)
    missing = len(scores) - used
    if reasons:
        return AddedValue(None, None, used, missing, reasons)
    points = cluster_mean_interval(np.where(is_used, scores, np.nan), clusters, level=level)
    assert points.by_cluster.value is not None
    return AddedValue(points, points.by_cluster.value / SD_POINTS, used, missing, ())


def _conditions(
    scores: NDArray[np.float64],
    days_between: ArrayLike,
    is_second_follow_up_form: ArrayLike,
    age_years: ArrayLike,
    window_days: tuple[int, int],
    ages_years: tuple[int, int],
) -> dict[NoAddedValue, Flags]:
    """What each pair must be, by the reason for no score where no pair is."""
    days, ages = np.asarray(days_between, dtype=float), np.asarray(age_years, dtype=float)
    is_follow_up = np.asarray(is_second_follow_up_form, dtype=bool)
    if not scores.shape == days.shape == is_follow_up.shape == ages.shape:
        raise ValueError(f"lengths differ: {scores.size}, {days.size}, {is_follow_up.size}, {ages.size}")
    return {
        NoAddedValue.NOT_FOLLOW_UP_FORMS: is_follow_up,
        NoAddedValue.OUTSIDE_AGES: (ages >= ages_years[0]) & (ages <= ages_years[1]),
        NoAddedValue.INTERVAL_TOO_SHORT_OR_LONG: (days >= window_days[0]) & (days <= window_days[1]),
    }


def _all_of(known: Flags, holds: Mapping[NoAddedValue, Flags]) -> Flags:
    every = known
    for flags in holds.values():
        every = every & flags
    return every
