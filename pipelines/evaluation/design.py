"""What can the design carry, before any effect is computed: who was measured, were they alike, which districts can be compared?

Detection comes first: a model made to find children earlier measures other children, and then the measured ones cannot be compared.
No second measurement is looked at here but for whether it is there.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from pipelines.evaluation.children import StudyChild, StudyChildren
from pipelines.evaluation.clearinghouse import Loss, loss_of
from pipelines.evaluation.plan import AnalysisPlan
from pipelines.measures.comparison_evidence import (
    ComparisonEvidence,
    ComparisonFacts,
    ComparisonLimits,
    RolloutFacts,
    level_of_comparison,
)
from pipelines.measures.evidence import EvidenceLevel
from pipelines.measures.what_works_rating import StudyRating, hedges_g, rate_study

AGE_BANDS: Final = ((0, 4), (5, 9), (10, 13), (14, 99))
"""Whole years; as the forms and the school divide them."""

FEWEST_CHILDREN_TO_DESCRIBE: Final = 5
"""Of fewer it cannot be said whether they are like others."""


class NotCompared(StrEnum):
    """Why a cluster is described, not compared."""

    NO_COUNTERPART = "no_counterpart"
    """Its children are too unlike those of the other arm in age, informant or rung."""
    CHANGED_MODEL = "changed_model"
    """It went from one model to the other within the window."""
    TOO_FEW_CHILDREN = "too_few_children"


class Dimension(StrEnum):
    """In what children can be without a counterpart."""

    AGE = "age"
    INFORMANT = "informant"
    RUNG = "rung"


@dataclass(frozen=True)
class ClusterFacts:
    """One district, or institution with a model of its own. Counts of children; overlap: part (0-1) in common with the other arm.

    at_risk: None where nothing is known of who lives or goes there. due: measured children whose months have passed; followed: those
    of them with a second form by the same kind of informant. unlike: the dimensions with too little in common.
    """

    code: str
    is_treated: bool
    at_risk: int | None
    measured: int
    due: int
    followed: int
    overlap: Mapping[Dimension, float]
    unlike: tuple[Dimension, ...]
    not_compared: NotCompared | None

    @property
    def is_compared(self) -> bool:
        """Whether the cluster takes part in the comparison."""
        return self.not_compared is None


@dataclass(frozen=True)
class ArmFacts:
    """The compared clusters of one arm. at_risk: 0 where it is not known. by_other: due children followed up by another kind of
    informant only."""

    cluster_count: int
    at_risk: int
    measured: int
    due: int
    followed: int
    by_other: int

    @property
    def measured_share(self) -> float | None:
        """Measured over at risk, 0 or more; None where nobody is known to be at risk."""
        return self.measured / self.at_risk if self.at_risk else None

    @property
    def follow_up_share(self) -> float | None:
        """Followed over due, 0-1; None where nobody is due."""
        return self.followed / self.due if self.due else None


class Baseline(StrEnum):
    """What the arms are held alike in at the first form."""

    FIRST_SCORE = "first_score"
    AGE = "age"
    RUNG = "rung"


@dataclass(frozen=True)
class BaselineDifference:
    """Hedges' g of the treated minus the comparison arm, of children measured and of those analysed; None: cannot be computed."""

    baseline: Baseline
    measured_g: float | None
    analysed_g: float | None


@dataclass(frozen=True)
class Design:
    """What is known before any effect. arms: (comparison, treated). detection_ratio: larger over smaller share measured.

    evidence: of the adjusted comparison of children; what following a rollout over time earns is rollout_evidence, None where the plan
    follows none. loss: of the compared children; None where nobody is due in an arm. rating: after the manner of the What Works
    Clearinghouse.
    """

    clusters: tuple[ClusterFacts, ...]
    arms: tuple[ArmFacts, ArmFacts]
    baseline: tuple[BaselineDifference, ...]
    loss: Loss | None
    detection_ratio: float | None
    same_informant_share: float | None
    facts: ComparisonFacts
    evidence: ComparisonEvidence
    rollout_evidence: ComparisonEvidence | None
    rating: StudyRating
    unplaced_count: int

    @property
    def compared_codes(self) -> frozenset[str]:
        """The clusters that take part in the comparison."""
        return frozenset(cluster.code for cluster in self.clusters if cluster.is_compared)

    @property
    def highest_level(self) -> EvidenceLevel:
        """The level of the comparison or of the rollout, whichever is higher."""
        return max(self.evidence.level, self.rollout_evidence.level if self.rollout_evidence else self.evidence.level)

    def analysed(self, children: StudyChildren) -> tuple[StudyChild, ...]:
        """The children of compared clusters whose months have passed, followed or lost."""
        return tuple(child for child in children.children if child.is_due and child.cluster in self.compared_codes)


def study_design(
    children: StudyChildren,
    plan: AnalysisPlan,
    *,
    rollout: RolloutFacts | None = None,
) -> Design:
    """The design that the plan's children make: clusters, arms, baseline, gates and level."""
    clusters = _clusters(children, plan)
    compared = {cluster.code for cluster in clusters if cluster.is_compared}
    of_arms = [
        [child for child in children.children if child.cluster in compared and child.is_treated is arm]
        for arm in (False, True)
    ]
    arms = tuple(_arm(clusters, own, is_treated=arm) for own, arm in zip(of_arms, (False, True), strict=True))
    baseline = tuple(_baseline(one, *of_arms) for one in Baseline)
    score = next(one for one in baseline if one.baseline is Baseline.FIRST_SCORE)
    facts = ComparisonFacts(
        (arms[0].cluster_count, arms[1].cluster_count),
        (arms[0].followed, arms[1].followed),
        _share(sum(arm.followed for arm in arms), sum(arm.due for arm in arms)),
        _share(sum(arm.followed for arm in arms), sum(arm.followed + arm.by_other for arm in arms)),
        _ratio(*(arm.measured_share for arm in arms)),
        _largest(score.measured_g, score.analysed_g),
        rollout,
        is_lottery=plan.rollout.order == "by_lot",
    )
    loss = loss_of((arms[0].due, arms[1].due), (arms[0].followed, arms[1].followed))
    return Design(
        clusters,
        (arms[0], arms[1]),
        baseline,
        loss,
        facts.detection_ratio,
        facts.same_informant_share,
        facts,
        _of_adjusted(facts, limits_of(plan)),
        None if rollout is None else level_of_comparison(facts, limits=limits_of(plan)),
        rate_study(
            units_in_arms=facts.district_counts,
            is_lottery=facts.is_lottery,
            has_low_loss=None if loss is None else loss.is_low,
            baseline_differences=() if score.analysed_g is None else (score.analysed_g,),
            is_adjusted=True,
        ),
        children.unplaced_count,
    )


def _of_adjusted(facts: ComparisonFacts, limits: ComparisonLimits) -> ComparisonEvidence:
    """The level that children alike in what was measured can carry, however well a rollout was followed; and what keeps it down."""
    ceilings = level_of_comparison(facts, limits=limits).ceilings
    return replace(level_of_comparison(replace(facts, rollout=None), limits=limits), ceilings=ceilings)


def limits_of(plan: AnalysisPlan) -> ComparisonLimits:
    """Where the plan has the gates."""
    limits = plan.limits
    return ComparisonLimits(
        limits.minimum_follow_up_share,
        limits.minimum_same_informant_share,
        limits.baseline_g,
        limits.detection_tolerance,
        limits.smallest_relevant_points,
    )


def overlap_coefficient(ours: Sequence[Hashable], others: Sequence[Hashable]) -> float:
    """The part (0-1) that two groups have in common: over all values, the smaller of the two shares; 0 with an empty group.

    Example: a a b b beside a b b b: min(.5, .25) + min(.5, .75) = .75.
    """
    if not ours or not others:
        return 0.0
    mine, theirs = Counter(ours), Counter(others)
    return sum(min(count / len(ours), theirs[value] / len(others)) for value, count in mine.items())


_VALUES: Final[Mapping[Dimension, Callable[[StudyChild], Hashable]]] = {
    Dimension.AGE: lambda child: _age_band(child.age_years),
    Dimension.INFORMANT: lambda child: child.informant,
    Dimension.RUNG: lambda child: None if child.social_rung is None else min(child.social_rung, 3),
}


def _age_band(age: int | None) -> int | None:
    return None if age is None else next((first for first, last in AGE_BANDS if first <= age <= last), None)


def _clusters(children: StudyChildren, plan: AnalysisPlan) -> tuple[ClusterFacts, ...]:
    """Every cluster in which a child was measured, the treated first, then by code."""
    by_cluster: dict[str, list[StudyChild]] = {}
    for child in children.children:
        by_cluster.setdefault(child.cluster, []).append(child)
    changed = {code for code, own in by_cluster.items() if len({child.is_treated for child in own}) > 1}
    found = []
    for code, own in by_cluster.items():
        is_treated = own[-1].is_treated if code not in changed else max(own, key=_first_date).is_treated
        others = [
            child
            for child in children.children
            if child.is_treated is not is_treated and child.cluster not in {code, *changed}
        ]
        overlap = {
            dimension: overlap_coefficient([value(child) for child in own], [value(child) for child in others])
            for dimension, value in _VALUES.items()
        }
        unlike = tuple(one for one, part in overlap.items() if part < plan.limits.minimum_overlap)
        due = [child for child in own if child.is_due]
        found.append(
            ClusterFacts(
                code,
                is_treated,
                children.at_risk.get(code),
                len(own),
                len(due),
                sum(child.is_followed for child in due),
                overlap,
                unlike,
                _why_not(own, is_changed=code in changed, has_others=bool(others), unlike=unlike),
            )
        )
    return tuple(sorted(found, key=lambda cluster: (not cluster.is_treated, cluster.code)))


def _first_date(child: StudyChild) -> int:
    return child.first_date.toordinal()


def _why_not(
    own: Sequence[StudyChild], *, is_changed: bool, has_others: bool, unlike: Sequence[Dimension]
) -> NotCompared | None:
    if is_changed:
        return NotCompared.CHANGED_MODEL
    if sum(child.is_followed for child in own) < FEWEST_CHILDREN_TO_DESCRIBE:
        return NotCompared.TOO_FEW_CHILDREN
    return NotCompared.NO_COUNTERPART if has_others and unlike else None


def _arm(clusters: Sequence[ClusterFacts], own: Sequence[StudyChild], *, is_treated: bool) -> ArmFacts:
    """The arm's compared clusters; nobody is known to be at risk where that is not known of every one of them."""
    of_arm = [cluster for cluster in clusters if cluster.is_compared and cluster.is_treated is is_treated]
    due = [child for child in own if child.is_due]
    return ArmFacts(
        len(of_arm),
        sum(cluster.at_risk or 0 for cluster in of_arm) if all(cluster.at_risk for cluster in of_arm) else 0,
        len(own),
        len(due),
        sum(child.is_followed for child in due),
        sum(child.second is None and child.has_other_informant for child in due),
    )


_BASELINES: Final[Mapping[Baseline, Callable[[StudyChild], float | None]]] = {
    Baseline.FIRST_SCORE: lambda child: child.first["total_points"],
    Baseline.AGE: lambda child: child.age_years,
    Baseline.RUNG: lambda child: child.social_rung,
}


def _baseline(one: Baseline, comparison: Sequence[StudyChild], treated: Sequence[StudyChild]) -> BaselineDifference:
    value = _BASELINES[one]
    followed = [[child for child in arm if child.is_followed] for arm in (comparison, treated)]
    return BaselineDifference(
        one,
        _g([value(child) for child in comparison], [value(child) for child in treated]),
        _g(*([value(child) for child in arm] for arm in followed)),
    )


def _g(comparison: Sequence[float | None], treated: Sequence[float | None]) -> float | None:
    ours, others = (
        np.array([value for value in arm if value is not None], dtype=float) for arm in (treated, comparison)
    )
    if min(ours.size, others.size) < 2 or not (np.ptp(ours) or np.ptp(others)):
        return None
    return hedges_g(
        float(ours.mean() - others.mean()),
        float(ours.std(ddof=1)),
        float(others.std(ddof=1)),
        treated=ours.size,
        comparison=others.size,
    )


def _ratio(one: float | None, other: float | None) -> float | None:
    """The larger over the smaller; None where one is unknown or 0."""
    if not one or not other:
        return None
    return max(one, other) / min(one, other)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _largest(*values: float | None) -> float | None:
    """The largest in size; None when any is unknown."""
    known = [abs(value) for value in values if value is not None]
    return max(known) if len(known) == len(values) else None
