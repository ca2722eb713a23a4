"""What would the What Works Clearinghouse make of a comparison? Its effect size, its gates on loss and on alikeness, its rating.

The pieces of such a review as pure arithmetic: effect sizes that remember that children share districts, the boundary of tolerable
loss, the bands of alikeness before, and the rating that follows. Written after sources that cite its handbook, so a report says
"after the manner of".
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from scipy import stats

DEFAULT_ICC = 0.10
"""The Clearinghouse's for outcomes other than achievement, where the study has no own; print the own beside it."""

ALIKE = 0.05
ALIKE_IF_ADJUSTED = 0.25


@dataclass(frozen=True)
class ClusteredEffect:
    """A standardised difference whose test remembers the clusters. Sign as the difference's.

    g: Hedges' g corrected for small samples and, slightly, for clusters. t_statistic, degrees_of_freedom, p_value: corrected.
    naive_p_value: as if children were independent; for comparison only.
    """

    g: float
    t_statistic: float
    degrees_of_freedom: float
    p_value: float
    naive_p_value: float


def hedges_g(difference: float, sd_treated: float, sd_comparison: float, *, treated: int, comparison: int) -> float:
    """The difference (adjusted or not) over the unadjusted pooled SD, times 1 - 3 / (4N - 9).

    Raises: ValueError with fewer than two children in an arm, or SDs that are not both 0 or more and one above 0.
    Example: {5, 6, 7} against {4, 5, 6}: 1 / 1 x (1 - 3 / 15) = .8.
    """
    if min(treated, comparison) < 2 or min(sd_treated, sd_comparison) < 0 or sd_treated + sd_comparison == 0:
        raise ValueError("needs two children in each arm, and a spread")
    total = treated + comparison
    squares = (treated - 1) * sd_treated**2 + (comparison - 1) * sd_comparison**2
    return difference / math.sqrt(squares / (total - 2)) * (1 - 3 / (4 * total - 9))


def cox_index(treated_share: float, comparison_share: float) -> float | None:
    """The difference of two shares as a standardised difference: of their log odds, over 1.65. None where a share is 0 or 1.

    Without a correction for small samples.
    Example: .60 against .50: ln(1.5) / 1.65 = .2457.
    """
    if not (0 < treated_share < 1 and 0 < comparison_share < 1):
        return None
    odds = (share / (1 - share) for share in (treated_share, comparison_share))
    ours, others = (math.log(one) for one in odds)
    return (ours - others) / 1.65


def improvement_index(g: float) -> float:
    """By how many percentile ranks an average comparison child would be expected to stand higher, had it been treated.

    Turn the sign of g first where fewer points are better.
    Example: g = .25: 9.87.
    """
    return float(100 * (stats.norm.cdf(g) - 0.5))


def correct_for_clusters(
    g: float, *, treated: int, comparison: int, clusters: int, icc: float = DEFAULT_ICC
) -> ClusteredEffect:
    """g (`hedges_g`, from an analysis of children) when both arms consist of clusters, `clusters` in all, of about one size.

    icc: the part of the variance (0-1) between clusters.
    Drawback: takes clusters as of one size and the part between them as known; where it can be estimated, an analysis by district is
    better.
    Source: What Works Clearinghouse, Handbook 5.0 (2022), appendix E, equation E.21 for the degrees of freedom; Hedges,
    Journal of Educational and Behavioral Statistics 32 (2007) 341-370. Second hand, through R packages that cite them.
    Raises: ValueError when there are not more children than clusters, fewer than three clusters, or icc outside 0 to 1.
    Example: g -.282, 120 and 118 children in 12 clusters: p .031 becomes .207.
    """
    total = treated + comparison
    _check(total, clusters, icc)
    size = total / clusters
    left = total - 2 - 2 * (size - 1) * icc
    degrees = left**2 / (
        (total - 2) * (1 - icc) ** 2 + size * (total - 2 * size) * icc**2 + 2 * (total - 2 * size) * icc * (1 - icc)
    )
    naive = _naive_t(g, treated, comparison)
    t_statistic = naive * math.sqrt(left / ((total - 2) * (1 + (size - 1) * icc)))
    shrink = math.sqrt(left / (total - 2))
    return _effect(g, shrink, t_statistic, degrees, naive, total)


def correct_for_clusters_in_one_arm(
    g: float, *, treated: int, comparison: int, treated_clusters: int, icc: float = DEFAULT_ICC
) -> ClusteredEffect:
    """As `correct_for_clusters` when only the treated children share clusters, of about one size (an adviser's children).

    Source: Hedges and Citkowicz, Behavior Research Methods 47 (2015) 1295-1308. Second hand, as above.
    Raises: ValueError when there are not more treated children than clusters, or as above.
    """
    total = treated + comparison
    if treated_clusters < 1:
        raise ValueError("needs at least one cluster of treated children")
    _check(treated, treated_clusters, icc, fewest=1)
    size = treated / treated_clusters
    inflated = 1 + (size * comparison / total - 1) * icc
    left = 1 - (comparison + size - 2) * icc / (total - 2)
    degrees = ((total - 2) * (1 - icc) + (treated - size) * icc) ** 2 / (
        (total - 2) * (1 - icc) ** 2 + (treated - size) * size * icc**2 + 2 * (treated - size) * (1 - icc) * icc
    )
    naive = _naive_t(g, treated, comparison)
    return _effect(g, math.sqrt(left), naive * math.sqrt(left / inflated), degrees, naive, total)


class LossBoundary(StrEnum):
    """Which of the two boundaries: how far loss may be driven by the help itself."""

    CAUTIOUS = "cautious"
    """It may be. For municipal services."""
    OPTIMISTIC = "optimistic"
    """Hardly: children were lost for reasons of their own."""


def is_loss_low(
    *,
    treated: int,
    treated_lost: int,
    comparison: int,
    comparison_lost: int,
    boundary: LossBoundary = LossBoundary.CAUTIOUS,
) -> bool:
    """Whether so many lost, and so unequally over the arms, leave a bias of at most .05 SD by the Clearinghouse's reckoning.

    Between two whole percentages of overall loss the stricter of the two neighbours decides.
    Source: What Works Clearinghouse, Standards 4.0 (2017), table II.1.
    Raises: ValueError when an arm has no child or more were lost than there were.
    Example: 12 of 100 lost in one arm and 8 in the other: 4 points at 10 % overall, below 6.3.
    """
    if min(treated, comparison) < 1 or not (0 <= treated_lost <= treated and 0 <= comparison_lost <= comparison):
        raise ValueError("needs children in both arms, and no more lost than there were")
    limit = loss_limit((treated_lost + comparison_lost) / (treated + comparison), boundary=boundary)
    apart = 100 * abs(treated_lost / treated - comparison_lost / comparison)
    return limit is not None and apart <= limit + 1e-9


def loss_limit(overall_share: float, *, boundary: LossBoundary = LossBoundary.CAUTIOUS) -> float | None:
    """By how many percentage points loss may differ between the arms when this share (0-1) of all children is lost.

    None where so many are lost that no difference is small enough. Between two whole percentages the stricter decides.
    Source: as `is_loss_low`.
    Raises: ValueError for a share outside 0 to 1.
    Example: a tenth lost in all: 6.3 points; six in ten: None.
    """
    if not 0 <= overall_share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not {overall_share}")
    overall, table = 100 * overall_share, LOSS_BOUNDARIES[boundary]
    neighbours = {math.floor(overall + 1e-9), math.ceil(overall - 1e-9)}
    return None if max(neighbours) >= len(table) else min(table[place] for place in neighbours)


class Alikeness(StrEnum):
    """How alike the arms were before, among the children analysed."""

    ALIKE = "alike"
    ALIKE_IF_ADJUSTED = "alike_if_adjusted"
    """Alike enough for a comparison that is adjusted for the measure, not for a plain one."""
    NOT_ALIKE = "not_alike"
    """No adjustment repairs it."""


def alikeness(baseline_difference: float) -> Alikeness:
    """The band of a standardised difference (`hedges_g` or `cox_index`) before: up to .05, up to .25, above.

    Source: What Works Clearinghouse, Standards 4.0 (2017), table II.3.
    """
    size = abs(baseline_difference)
    if size <= ALIKE:
        return Alikeness.ALIKE
    return Alikeness.ALIKE_IF_ADJUSTED if size <= ALIKE_IF_ADJUSTED else Alikeness.NOT_ALIKE


class Rating(StrEnum):
    """What the Clearinghouse's rules give a study."""

    NOT_RATEABLE = "not_rateable"
    """Before and after without a comparison: nothing to rate."""
    DOES_NOT_MEET = "does_not_meet"
    WITH_RESERVATIONS = "with_reservations"
    WITHOUT_RESERVATIONS = "without_reservations"


class RatingReason(StrEnum):
    """Why a rating is not higher."""

    NO_COMPARISON = "no_comparison"
    ONE_UNIT_IN_AN_ARM = "one_unit_in_an_arm"
    """One district, caseworker or municipality is the whole arm, and cannot be told from it."""
    NO_LOTTERY = "no_lottery"
    HIGH_LOSS = "high_loss"
    LOSS_UNKNOWN = "loss_unknown"
    NOT_ALIKE = "not_alike"
    NOT_ADJUSTED = "not_adjusted"
    ALIKENESS_UNKNOWN = "alikeness_unknown"


@dataclass(frozen=True)
class StudyRating:
    """The rating and all reasons why it is not higher, the gravest first."""

    rating: Rating
    reasons: tuple[RatingReason, ...]


def rate_study(
    *,
    units_in_arms: tuple[int, int],
    is_lottery: bool,
    has_low_loss: bool | None,
    baseline_differences: tuple[float, ...],
    is_adjusted: bool,
) -> StudyRating:
    """The rating from facts of the design, never from a result.

    units_in_arms: districts (or what else the arm was decided for) by arm; a 0 is no comparison. has_low_loss: `is_loss_low`, None
    unknown; asked for only where lots were drawn. baseline_differences: standardised, of the children analysed, one for each
    measure that must be alike; empty = unknown. is_adjusted: whether the comparison is adjusted for all of them.

    Source: What Works Clearinghouse, Standards 4.0 (2017), chapter II. The rule on a single unit from memory.
    Example: eight districts, no lottery, baseline .12, adjusted: with reservations, since no lots were drawn.
    """
    if not all(units_in_arms):
        return StudyRating(Rating.NOT_RATEABLE, (RatingReason.NO_COMPARISON,))
    failed = [RatingReason.ONE_UNIT_IN_AN_ARM] if min(units_in_arms) == 1 else []
    reservations = [] if is_lottery else [RatingReason.NO_LOTTERY]
    if is_lottery and not has_low_loss:
        reservations.append(RatingReason.LOSS_UNKNOWN if has_low_loss is None else RatingReason.HIGH_LOSS)
    if reservations:
        failed.extend(_unlike(baseline_differences, is_adjusted=is_adjusted))
    if failed:
        return StudyRating(Rating.DOES_NOT_MEET, (*failed, *reservations))
    rating = Rating.WITH_RESERVATIONS if reservations else Rating.WITHOUT_RESERVATIONS
    return StudyRating(rating, tuple(reservations))


def _unlike(differences: tuple[float, ...], *, is_adjusted: bool) -> list[RatingReason]:
    if not differences:
        return [RatingReason.ALIKENESS_UNKNOWN]
    bands = {alikeness(difference) for difference in differences}
    if Alikeness.NOT_ALIKE in bands:
        return [RatingReason.NOT_ALIKE]
    return [RatingReason.NOT_ADJUSTED] if Alikeness.ALIKE_IF_ADJUSTED in bands and not is_adjusted else []


def _check(children: int, clusters: int, icc: float, *, fewest: int = 3) -> None:
    if clusters < fewest or children <= clusters or not 0 <= icc <= 1:
        raise ValueError(f"needs at least {fewest} clusters, more children than clusters, and an icc from 0 to 1")


def _naive_t(g: float, treated: int, comparison: int) -> float:
    total = treated + comparison
    return g / math.sqrt(total / (treated * comparison) + g**2 / (2 * total))


def _effect(g: float, shrink: float, t_statistic: float, degrees: float, naive: float, total: int) -> ClusteredEffect:
    """g is given with the correction of N - 2 children; it is taken off and put on again for the corrected degrees of freedom."""
    uncorrected = g / (1 - 3 / (4 * total - 9))
    return ClusteredEffect(
        g=uncorrected * shrink * (1 - 3 / (4 * degrees - 1)),
        t_statistic=t_statistic,
        degrees_of_freedom=degrees,
        p_value=float(2 * stats.t.sf(abs(t_statistic), degrees)),
        naive_p_value=float(2 * stats.t.sf(abs(naive), total - 2)),
    )


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(number) for number in text.split())


LOSS_BOUNDARIES = {
    LossBoundary.CAUTIOUS: _numbers(
        "5.7 5.8 5.9 5.9 6.0 6.1 6.2 6.3 6.3 6.3 6.3 6.2 6.2 6.1 6.0 5.9 5.9 5.8 5.7 5.5 5.4 5.3 5.2 5.1 4.9 4.8 4.7 4.5 4.4 4.3 "
        "4.1 4.0 3.8 3.6 3.5 3.3 3.2 3.1 2.9 2.8 2.6 2.5 2.3 2.1 2.0 1.8 1.6 1.5 1.3 1.2 1.0 0.9 0.7 0.6 0.4 0.3 0.2 0.0"
    ),
    LossBoundary.OPTIMISTIC: _numbers(
        "10.0 10.1 10.2 10.3 10.4 10.5 10.7 10.8 10.9 10.9 10.9 10.9 10.9 10.8 10.8 10.7 10.6 10.5 10.3 10.2 10.0 9.9 9.7 9.5 9.4 "
        "9.2 9.0 8.8 8.6 8.4 8.2 8.0 7.8 7.6 7.4 7.2 7.0 6.7 6.5 6.3 6.0 5.8 5.6 5.3 5.1 4.9 4.6 4.4 4.2 3.9 3.7 3.5 3.2 3.0 2.8 2.6 "
        "2.3 2.1 1.9 1.6 1.4 1.1 0.9 0.7 0.5 0.3"
    ),
}
"""Percentage points of difference between the arms, by overall loss of 0, 1, 2, ... per cent; beyond the last loss is always high."""
