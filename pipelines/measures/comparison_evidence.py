"""What does a comparison of two arms allow one to say? Its evidence level, from facts of the design, never from a result.

Beside `evidence`, which is for counts and changes without a comparison, this is for levels 3 to 5 and the ways down from them. A
failed gate lowers the level by one and is named. What keeps a comparison from a higher level is named too, so that a reader sees
what would have to be different.
"""

from dataclasses import dataclass
from enum import StrEnum

from pipelines.measures.evidence import EvidenceLevel

FEWEST_DISTRICTS_FOR_ROLLOUT = 8
FEWEST_YEARS_BEFORE = 4
SMALLEST_BREAKDOWN = 0.5
"""Times the largest yearly step before: so large steps afterwards must not be able to explain the difference."""

LARGEST_P_VALUE_THAT_SINGLES_OUT = 0.10
"""Of the years before: at or below it the districts did not go alike. Above .05, as here it is the missed difference that misleads."""

FEWEST_DISTRICTS_FOR_LOTTERY = 12
FEWEST_DEGREES_FOR_P_VALUE = 4.0

LARGEST_P_VALUE = 0.05
"""A direction is said only where chance would choose such districts more seldom than this."""


class ComparisonGate(StrEnum):
    """What a comparison must hold to keep its level."""

    DETECTION = "detection"
    """The arms measure about the same share of their children."""
    BASELINE = "baseline"
    """The children analysed were alike at the first measurement."""
    FOLLOW_UP_SHARE = "follow_up_share"
    SAME_INFORMANT_SHARE = "same_informant_share"


class Ceiling(StrEnum):
    """Why the design is not made for a higher level."""

    NO_CHILDREN = "no_children"
    NO_COMPARISON = "no_comparison"
    """An arm has no district that can be compared."""
    ONE_DISTRICT_IN_AN_ARM = "one_district_in_an_arm"
    """What the model does cannot be told from what the district is."""
    NO_STAGGERED_ROLLOUT = "no_staggered_rollout"
    FEW_DISTRICTS = "few_districts"
    FEW_YEARS_BEFORE = "few_years_before"
    UNLIKE_BEFORE = "unlike_before"
    """Districts did not go alike enough before, or it is not known."""
    BEFORE_TOO_IMPRECISE = "before_too_imprecise"
    """The years before would not have shown a trend that makes the smallest relevant difference afterwards, so that they looked alike
    says nothing. Source: Roth, American Economic Review: Insights 4 (2022) 305-322."""
    COMPOSITION_CHANGED = "composition_changed"
    """Other children were measured once the model came, or it is not known."""
    CHOSEN_BY_NEED = "chosen_by_need"
    """The first districts were chosen by need, or lay elsewhere before anybody began, or it is not known. What lies far out tends to
    come back by itself. Source: Daw and Hatfield, Health Services Research 53 (2018) 4138-4156."""
    NO_LOTTERY = "no_lottery"


@dataclass(frozen=True)
class ComparisonLimits:
    """Where the gates lie; shares 0-1. detection_tolerance: the larger share measured may exceed the smaller by this part of it.

    relevant_points: the smallest difference that would matter, points.
    """

    minimum_follow_up_share: float = 0.70
    minimum_same_informant_share: float = 0.90
    baseline_g: float = 0.25
    detection_tolerance: float = 0.20
    relevant_points: float = 1.0


@dataclass(frozen=True)
class RolloutFacts:
    """A rollout over time. What is not known keeps the level down.

    is_staggered: some districts began later than others, or never. years_before: with numbers for every district before the first
    began. breakdown: of the event study (`EventStudy.breakdown`). district_count: with numbers for every year. pre_trend_p_value: the
    smallest of the tests of the years before; None where no outcome of them could have singled the districts out.
    detectable_before: points that an unseen trend could make afterwards (`TrendBefore.detectable`). first_level_g: how far, in
    children's standard deviations, the early districts' first scores lay from the others' before anybody began.
    has_same_children: those measured stayed alike. is_by_need: the order was chosen by need, as the plan says.
    """

    is_staggered: bool
    years_before: int
    breakdown: float | None
    district_count: int = 0
    pre_trend_p_value: float | None = None
    detectable_before: float | None = None
    first_level_g: float | None = None
    has_same_children: bool | None = None
    is_by_need: bool = False


@dataclass(frozen=True)
class ComparisonFacts:
    """What the level is computed from.

    district_counts: (comparison, treated) that are compared; child_counts: analysed in each. follow_up_share: of those whose second
    measurement is due. detection_ratio: larger over smaller share measured, 1 or more. baseline_g: largest standardised difference
    at the first measurement, in size. What is not known fails its gate.
    """

    district_counts: tuple[int, int]
    child_counts: tuple[int, int]
    follow_up_share: float | None
    same_informant_share: float | None
    detection_ratio: float | None
    baseline_g: float | None
    rollout: RolloutFacts | None = None
    is_lottery: bool = False


@dataclass(frozen=True)
class ComparisonEvidence:
    """The level that holds, the level the design was made for, the gates that failed, and what keeps it from a higher one."""

    level: EvidenceLevel
    designed_level: EvidenceLevel
    failed_gates: tuple[ComparisonGate, ...]
    ceilings: tuple[Ceiling, ...]

    @property
    def is_rateable(self) -> bool:
        """False where the arms cannot be compared at all: "kan ikke vurderes"."""
        return self.designed_level >= EvidenceLevel.ADJUSTED_COMPARISON

    def may_show_p_value(self, degrees_of_freedom: float | None) -> bool:
        """Only from level 3 and with four degrees of freedom."""
        enough = degrees_of_freedom is not None and degrees_of_freedom >= FEWEST_DEGREES_FOR_P_VALUE
        return enough and self.level >= EvidenceLevel.ADJUSTED_COMPARISON


def level_of_comparison(facts: ComparisonFacts, *, limits: ComparisonLimits | None = None) -> ComparisonEvidence:
    """The level of a comparison of two arms. No estimate, interval or p value enters; the breakdown is of the years before.

    Example: 2 districts against 3 with every gate passed: level 3, kept from 4 as there is no rollout in steps.
    """
    limits = limits or ComparisonLimits()
    designed, ceilings = _designed(facts, limits)
    failed = tuple(gate for gate, is_passed in _gates(facts, limits).items() if not is_passed)
    if designed is EvidenceLevel.COUNTED:
        failed = ()
    return ComparisonEvidence(EvidenceLevel(max(0, designed - len(failed))), designed, failed, ceilings)


def _designed(facts: ComparisonFacts, limits: ComparisonLimits) -> tuple[EvidenceLevel, tuple[Ceiling, ...]]:
    if not any(facts.child_counts):
        return EvidenceLevel.COUNTED, (Ceiling.NO_CHILDREN,)
    if not all(facts.district_counts) or not all(facts.child_counts):
        return EvidenceLevel.BEFORE_AND_AFTER, (Ceiling.NO_COMPARISON,)
    if min(facts.district_counts) == 1:
        return EvidenceLevel.BEFORE_AND_AFTER, (Ceiling.ONE_DISTRICT_IN_AN_ARM,)
    districts = sum(facts.district_counts)
    if facts.is_lottery and districts >= FEWEST_DISTRICTS_FOR_LOTTERY:
        return EvidenceLevel.LOTTERY, ()
    of_rollout = kept_from_rollout(facts.rollout, district_count=districts, limits=limits)
    if of_rollout:
        return EvidenceLevel.ADJUSTED_COMPARISON, of_rollout
    return EvidenceLevel.STEPWISE_ROLLOUT, (Ceiling.FEW_DISTRICTS if facts.is_lottery else Ceiling.NO_LOTTERY,)


def kept_from_rollout(
    rollout: RolloutFacts | None, *, district_count: int, limits: ComparisonLimits | None = None
) -> tuple[Ceiling, ...]:
    """Everything that keeps a rollout over time from level 4; empty when nothing does. district_count: that are compared."""
    if rollout is None or not rollout.is_staggered:
        return (Ceiling.NO_STAGGERED_ROLLOUT,)
    limits = limits or ComparisonLimits()
    kept = {
        Ceiling.FEW_DISTRICTS: min(district_count, rollout.district_count) < FEWEST_DISTRICTS_FOR_ROLLOUT,
        Ceiling.FEW_YEARS_BEFORE: rollout.years_before < FEWEST_YEARS_BEFORE,
        Ceiling.UNLIKE_BEFORE: not _went_alike(rollout),
        Ceiling.BEFORE_TOO_IMPRECISE: not _at_most(rollout.detectable_before, limits.relevant_points),
        Ceiling.COMPOSITION_CHANGED: not rollout.has_same_children,
        Ceiling.CHOSEN_BY_NEED: rollout.is_by_need or not _at_most(_size(rollout.first_level_g), limits.baseline_g),
    }
    return tuple(ceiling for ceiling, is_kept in kept.items() if is_kept)


def _went_alike(rollout: RolloutFacts) -> bool:
    """A large breakdown alone leaves sampling error out, and a high p alone may come of few districts; both are needed."""
    p_value = rollout.pre_trend_p_value
    return _at_least(rollout.breakdown, SMALLEST_BREAKDOWN) and (
        p_value is not None and p_value > LARGEST_P_VALUE_THAT_SINGLES_OUT
    )


def _size(value: float | None) -> float | None:
    return None if value is None else abs(value)


def _gates(facts: ComparisonFacts, limits: ComparisonLimits) -> dict[ComparisonGate, bool]:
    return {
        ComparisonGate.DETECTION: _at_most(facts.detection_ratio, 1 + limits.detection_tolerance),
        ComparisonGate.BASELINE: _at_most(facts.baseline_g, limits.baseline_g),
        ComparisonGate.FOLLOW_UP_SHARE: _at_least(facts.follow_up_share, limits.minimum_follow_up_share),
        ComparisonGate.SAME_INFORMANT_SHARE: _at_least(facts.same_informant_share, limits.minimum_same_informant_share),
    }


_ROUNDING = 1e-9
"""12 of 100 against 10 of 100 is a fifth more, whatever binary fractions make of it."""


def _at_most(value: float | None, limit: float) -> bool:
    return value is not None and value <= limit + _ROUNDING


def _at_least(value: float | None, limit: float) -> bool:
    return value is not None and value >= limit - _ROUNDING
