"""Which difference could a municipality's own districts have shown, and how many districts, children or months would settle it?

From the districts, institutions and children that the plan's window holds, and the plan's assumption of how children differ (its
`spread`). Asked before the effect is known, and printed beside it afterwards.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from pipelines.evaluation.children import DAYS_PER_MONTH, StudyChild, StudyChildren
from pipelines.evaluation.design import Design
from pipelines.evaluation.plan import AnalysisPlan, Spread
from pipelines.evaluation.strata import permute_by_plan
from pipelines.measures.comparison_evidence import LARGEST_P_VALUE
from pipelines.measures.detectable_difference import (
    OutcomeSpread,
    children_needed,
    detectable_difference,
    districts_needed,
    months_needed,
)

MOST_MONTHS: Final = 240
_WITHOUT_INSTITUTION: Final = ""


@dataclass(frozen=True)
class Power:
    """What the municipality's structure can show. district_counts, child_counts: (comparison, treated), children with two forms.

    detectable: smallest difference found in 80 of 100 repetitions, points; None: too few districts. by_half_icc, by_double_icc: the
    same had districts differed half or twice as much as assumed. smallest_p_value: what the most extreme choice of districts
    would give. districts, children, months: how many would do for the smallest relevant difference (children in each district);
    None: no number would, or more than can be meant.
    """

    district_counts: tuple[int, int]
    child_counts: tuple[int, int]
    institutions_per_district: int
    relevant_points: float
    detectable: float | None
    by_half_icc: float | None
    by_double_icc: float | None
    smallest_p_value: float | None
    districts: int | None
    children_per_district: int | None
    months: int | None
    months_counted: int

    @property
    def can_be_told(self) -> bool:
        """Whether any difference could: not where even the most extreme choice of districts comes up by chance too often."""
        return self.smallest_p_value is not None and self.smallest_p_value <= LARGEST_P_VALUE

    @property
    def can_settle(self) -> bool:
        """Whether the smallest relevant difference would be seen as things are."""
        return self.can_be_told and self.detectable is not None and self.detectable <= self.relevant_points


def detectable_by_plan(children: Sequence[StudyChild], plan: AnalysisPlan) -> float | None:
    """The smallest difference in points that the followed children's districts and institutions detect; None: too few districts."""
    comparison, treated = _structure(children)
    return detectable_difference(list(treated.values()), list(comparison.values()), _spread(plan.spread))


def study_power(children: StudyChildren, design: Design, plan: AnalysisPlan) -> Power:
    """What the compared districts can show, and what would settle the plan's smallest relevant difference."""
    analysed = design.analysed(children)
    comparison, treated = _structure(analysed)
    districts = [*comparison.values(), *treated.values()]
    relevant, spread = plan.limits.smallest_relevant_points, _spread(plan.spread)
    typical = _typical(districts)
    months = max(1, round((plan.window.first_to - plan.window.first_from).days / DAYS_PER_MONTH))
    both = bool(comparison) and bool(treated)
    needed = children_needed(
        relevant,
        treated_districts=len(treated),
        comparison_districts=len(comparison),
        institutions=len(typical),
        spread=spread,
    ) if both else None  # fmt: skip
    return Power(
        (len(comparison), len(treated)),
        (sum(map(sum, comparison.values())), sum(map(sum, treated.values()))),
        len(typical),
        relevant,
        detectable_by_plan(analysed, plan),
        _detectable_with(plan, analysed, times=0.5),
        _detectable_with(plan, analysed, times=2.0),
        _smallest_p_value(list(comparison), list(treated), plan),
        districts_needed(relevant, typical, spread) if typical else None,
        None if needed is None else needed * len(typical),
        _months(treated, comparison, plan, len(typical), months=months) if both else None,
        months,
    )


def _structure(children: Sequence[StudyChild]) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """(comparison, treated): cluster -> followed children in each of its institutions."""
    arms: tuple[dict[str, list[int]], dict[str, list[int]]] = ({}, {})
    counted = Counter(
        (child.is_treated, child.cluster, child.institution or _WITHOUT_INSTITUTION)
        for child in children
        if child.is_followed
    )
    for (is_treated, cluster, _), count in sorted(counted.items()):
        arms[is_treated].setdefault(cluster, []).append(count)
    return arms


def _spread(assumed: Spread, *, times: float = 1.0) -> OutcomeSpread:
    return OutcomeSpread(
        assumed.sd_points,
        times * assumed.district_icc,
        times * assumed.institution_icc,
        assumed.first_second_correlation,
    )


def _detectable_with(plan: AnalysisPlan, children: Sequence[StudyChild], *, times: float) -> float | None:
    """With both parts of variance so many times as large; None also where they would be more than all of it."""
    if times * (plan.spread.district_icc + plan.spread.institution_icc) > 1:
        return None
    comparison, treated = _structure(children)
    spread = _spread(plan.spread, times=times)
    return detectable_difference(list(treated.values()), list(comparison.values()), spread)


def _typical(districts: Sequence[Sequence[int]]) -> list[int]:
    """A district of as many institutions as the median one, the median number of children spread evenly over them."""
    if not districts:
        return []
    institutions = max(1, round(median(len(district) for district in districts)))
    children = max(institutions, round(median(sum(district) for district in districts)))
    return [children // institutions + (place < children % institutions) for place in range(institutions)]


def _smallest_p_value(comparison: Sequence[str], treated: Sequence[str], plan: AnalysisPlan) -> float | None:
    """Of any permutation of these districts, whatever they show; None where there is nothing to permute."""
    if not comparison or not treated:
        return None
    nothing: dict[Hashable, float] = dict.fromkeys([*comparison, *treated], 0.0)
    return permute_by_plan(nothing, treated, plan).test.smallest_p_value


def _months(
    treated: dict[str, list[int]],
    comparison: dict[str, list[int]],
    plan: AnalysisPlan,
    institutions: int,
    *,
    months: int,
) -> int | None:
    """Months of first forms until the relevant difference would be detectable, had they come as in the window; all of them."""
    rates = [[sum(district) / months for district in arm.values()] for arm in (treated, comparison)]
    return months_needed(
        plan.limits.smallest_relevant_points,
        rates[0],
        rates[1],
        _spread(plan.spread),
        institutions=institutions,
        follow_up_months=plan.window.follow_up_months_maximum,
        most_months=MOST_MONTHS,
    )
