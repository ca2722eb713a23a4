"""What a design carries, before any effect: detection, likeness, districts without a counterpart, and the level with its gates."""

from dataclasses import replace
from typing import Any

import pytest

from pipelines.evaluation.children import StudyChild
from pipelines.evaluation.design import (
    Baseline,
    Design,
    Dimension,
    NotCompared,
    overlap_coefficient,
    study_design,
)
from pipelines.evaluation.design_words import (
    CEILINGS,
    DIMENSIONS,
    GATES,
    OTHER_CHILDREN,
    ceiling_sentences,
    gate_sentences,
    level_reason,
    level_words,
    not_compared_words,
)
from pipelines.measures.comparison_evidence import (
    Ceiling,
    ComparisonFacts,
    ComparisonGate,
    ComparisonLimits,
    RolloutFacts,
    level_of_comparison,
)
from pipelines.measures.evidence import EvidenceLevel
from tests.evaluation.drawn_study import a_plan, child, children

FACTS = ComparisonFacts((2, 3), (80, 120), 0.8, 0.95, 1.1, 0.1)
ROLLOUT = RolloutFacts(
    is_staggered=True,
    years_before=4,
    breakdown=0.6,
    district_count=8,
    pre_trend_p_value=0.11,
    detectable_before=1.0,
    first_level_g=-0.25,
    has_same_children=True,
)


def district(code: str, count: int = 10, **more: Any) -> list[StudyChild]:
    """`count` followed children whose first scores are 14 and 18 in turn."""
    return [child(code, 14 + 4 * (n % 2), 12, **more) for n in range(count)]


def design_of(*districts: list[StudyChild], at_risk: dict[str, int] | None = None, **plan: Any) -> Design:
    return study_design(children(*(one for own in districts for one in own), at_risk=at_risk), a_plan(**plan))


def test_three_districts_against_two_and_a_tenth_grade_centre_without_a_counterpart() -> None:
    centre = district("S9", age_years=16)
    design = design_of(*(district(code) for code in ("R1", "R2", "R3", "S1", "S2")), centre)
    assert design.facts.district_counts == (2, 3)
    (alone,) = (cluster for cluster in design.clusters if not cluster.is_compared)
    assert (alone.code, alone.not_compared, alone.unlike) == ("S9", NotCompared.NO_COUNTERPART, (Dimension.AGE,))
    assert not_compared_words(alone) == "Børnene har for få lignende under den anden model (alder)."
    assert [cluster.code for cluster in design.clusters] == ["R1", "R2", "R3", "S1", "S2", "S9"]
    assert design.evidence.level is EvidenceLevel.ADJUSTED_COMPARISON
    assert (level_words(design.evidence), gate_sentences(design.evidence)) == (
        "niveau 3 af 5: justeret sammenligning", (),
    )  # fmt: skip


def test_detection_is_held_by_arm_and_a_fifth_more_is_the_most() -> None:
    equal = [district(code) for code in ("R1", "R2", "S1", "S2")]
    # 20 of 200 against 20 of 240: (20 / 200) / (20 / 240) = 1.2
    fifth = design_of(*equal, at_risk={"R1": 100, "R2": 100, "S1": 120, "S2": 120})
    assert fifth.detection_ratio == pytest.approx(1.2)
    assert fifth.evidence.failed_gates == ()
    more = design_of(*equal, at_risk={"R1": 100, "R2": 100, "S1": 120, "S2": 121})
    assert more.evidence.failed_gates == (ComparisonGate.DETECTION,)
    assert more.evidence.level is EvidenceLevel.AGAINST_EXPECTED
    assert gate_sentences(more.evidence)[0].startswith(OTHER_CHILDREN)
    # and the other way round, with a wider limit of the plan's own
    assert design_of(*equal, at_risk={"R1": 121, "R2": 120, "S1": 100, "S2": 100}).evidence.failed_gates
    wider = design_of(*equal, at_risk={"R1": 121, "R2": 120, "S1": 100, "S2": 100}, limits={"detection_tolerance": 0.3})
    assert wider.evidence.failed_gates == ()


def test_nobody_known_to_be_at_risk_fails_the_gate() -> None:
    design = design_of(*(district(code) for code in ("R1", "R2", "S1", "S2")), at_risk={"R1": 100})
    assert design.detection_ratio is None
    assert ComparisonGate.DETECTION in design.evidence.failed_gates


def test_children_further_apart_than_a_quarter_of_an_sd_fail_the_baseline_gate_also_when_only_the_lost_make_it_so() -> (
    None
):
    apart = [
        *district("R1"),
        *district("R2"),
        *district("S1"),
        *[replace(one, first={**one.first, "total_points": 20.0}) for one in district("S2")],
    ]
    design = design_of(apart)
    (score,) = (one for one in design.baseline if one.baseline is Baseline.FIRST_SCORE)
    # treated 16 on average, comparison (16 + 20) / 2 = 18: lower
    assert score.measured_g is not None
    assert score.measured_g < -0.25
    assert ComparisonGate.BASELINE in design.evidence.failed_gates
    lost = [child("R1", 30, None) for _ in range(5)]
    hidden = design_of(*(district(code) for code in ("R1", "R2", "S1", "S2")), lost)
    (score,) = (one for one in hidden.baseline if one.baseline is Baseline.FIRST_SCORE)
    assert (score.analysed_g, ComparisonGate.BASELINE in hidden.evidence.failed_gates) == (0.0, True)


def test_follow_up_counts_children_whose_months_have_passed() -> None:
    districts = [district(code) for code in ("R1", "R2", "S1", "S2")]
    waiting = [child("R1", 16, None, is_due=False) for _ in range(20)]
    assert (
        design_of(*districts, waiting, at_risk={"R1": 200, "R2": 100, "S1": 100, "S2": 100}).facts.follow_up_share == 1
    )
    lost = [child("S1", 16, None) for _ in range(18)]
    design = design_of(*districts, lost, at_risk={"R1": 100, "R2": 100, "S1": 280, "S2": 100})
    assert design.facts.follow_up_share == 40 / 58  # .69
    assert design.evidence.failed_gates == (ComparisonGate.FOLLOW_UP_SHARE,)
    # 5 of 45 followed up by another kind of informant only: 40 / 45 = .89
    other = [child("S1", 16, None, has_other_informant=True) for _ in range(5)]
    even = {"R1": 100, "R2": 100, "S1": 150, "S2": 100}
    assert design_of(*districts, other, at_risk=even).evidence.failed_gates == (ComparisonGate.SAME_INFORMANT_SHARE,)


def test_a_district_that_changed_model_or_has_few_children_is_described_not_compared() -> None:
    changed = [*district("R2"), *district("R2", is_treated=False)]
    design = design_of(district("R1"), changed, district("R3"), district("S1"), district("S2"), district("S3", 4))
    assert {cluster.code: cluster.not_compared for cluster in design.clusters if not cluster.is_compared} == {
        "R2": NotCompared.CHANGED_MODEL,
        "S3": NotCompared.TOO_FEW_CHILDREN,
    }
    assert all(not_compared_words(cluster) for cluster in design.clusters if not cluster.is_compared)


@pytest.mark.parametrize(
    ("districts", "level", "ceiling"),
    [
        ((), EvidenceLevel.COUNTED, Ceiling.NO_CHILDREN),
        (("R1", "R2"), EvidenceLevel.BEFORE_AND_AFTER, Ceiling.NO_COMPARISON),
        (("R1", "S1", "S2"), EvidenceLevel.BEFORE_AND_AFTER, Ceiling.ONE_DISTRICT_IN_AN_ARM),
    ],
)
def test_before_and_after_in_one_arm_cannot_be_rated(
    districts: tuple[str, ...], level: EvidenceLevel, ceiling: Ceiling
) -> None:
    evidence = design_of(*(district(code) for code in districts)).evidence
    assert (evidence.designed_level, evidence.ceilings) == (level, (ceiling,))
    assert level_words(evidence) == "kan ikke vurderes"
    assert not evidence.may_show_p_value(20)


def test_what_two_groups_have_in_common() -> None:
    assert overlap_coefficient("aabb", "abbb") == 0.25 + 0.5
    assert overlap_coefficient("aabb", "abbb") == overlap_coefficient("abbb", "aabb")
    assert (overlap_coefficient("aa", "bb"), overlap_coefficient("ab", "ab"), overlap_coefficient("", "a")) == (0, 1, 0)


@pytest.mark.parametrize(
    ("changed", "level", "ceilings"),
    [
        ({}, 3, (Ceiling.NO_STAGGERED_ROLLOUT,)),
        ({"rollout": replace(ROLLOUT, is_staggered=False)}, 3, (Ceiling.NO_STAGGERED_ROLLOUT,)),
        ({"rollout": ROLLOUT}, 3, (Ceiling.FEW_DISTRICTS,)),
        ({"rollout": ROLLOUT, "district_counts": (4, 4)}, 4, (Ceiling.NO_LOTTERY,)),
        ({"is_lottery": True, "district_counts": (6, 6)}, 5, ()),
        ({"is_lottery": True, "rollout": ROLLOUT, "district_counts": (5, 6)}, 4, (Ceiling.FEW_DISTRICTS,)),
    ],
)
def test_the_level_follows_from_the_design(changed: dict[str, Any], level: int, ceilings: tuple[Ceiling, ...]) -> None:
    evidence = level_of_comparison(replace(FACTS, **changed))
    assert (evidence.level, evidence.ceilings) == (level, ceilings)


@pytest.mark.parametrize(
    ("changed", "ceiling"),
    [
        ({"district_count": 7}, Ceiling.FEW_DISTRICTS),
        ({"years_before": 3}, Ceiling.FEW_YEARS_BEFORE),
        ({"breakdown": 0.4}, Ceiling.UNLIKE_BEFORE),
        ({"breakdown": None}, Ceiling.UNLIKE_BEFORE),
        ({"pre_trend_p_value": 0.10}, Ceiling.UNLIKE_BEFORE),  # singled out, however small the steps were
        ({"pre_trend_p_value": None}, Ceiling.UNLIKE_BEFORE),
        ({"detectable_before": 1.1}, Ceiling.BEFORE_TOO_IMPRECISE),
        ({"detectable_before": None}, Ceiling.BEFORE_TOO_IMPRECISE),
        ({"has_same_children": False}, Ceiling.COMPOSITION_CHANGED),
        ({"has_same_children": None}, Ceiling.COMPOSITION_CHANGED),
        ({"first_level_g": -0.26}, Ceiling.CHOSEN_BY_NEED),
        ({"first_level_g": 0.26}, Ceiling.CHOSEN_BY_NEED),
        ({"first_level_g": None}, Ceiling.CHOSEN_BY_NEED),
        ({"is_by_need": True}, Ceiling.CHOSEN_BY_NEED),
    ],
)
def test_each_thing_that_is_wrong_or_unknown_keeps_a_rollout_from_level_four(
    changed: dict[str, Any], ceiling: Ceiling
) -> None:
    facts = replace(FACTS, district_counts=(4, 4), rollout=replace(ROLLOUT, **changed))
    evidence = level_of_comparison(facts)
    assert (evidence.level, evidence.ceilings) == (EvidenceLevel.ADJUSTED_COMPARISON, (ceiling,))


def test_a_larger_difference_that_matters_needs_less_of_the_years_before() -> None:
    facts = replace(FACTS, district_counts=(4, 4), rollout=replace(ROLLOUT, detectable_before=1.9))
    assert (
        level_of_comparison(facts, limits=ComparisonLimits(relevant_points=2.0)).level is EvidenceLevel.STEPWISE_ROLLOUT
    )


def test_the_plan_tells_of_a_lottery() -> None:
    districts = [district(f"{arm}{n}") for arm in "RS" for n in range(6)]
    assert design_of(*districts).evidence.level is EvidenceLevel.ADJUSTED_COMPARISON
    assert design_of(*districts, rollout={"order": "by_lot"}).evidence.level is EvidenceLevel.LOTTERY


@pytest.mark.parametrize(
    ("changed", "gate"),
    [
        ({"follow_up_share": 0.69}, ComparisonGate.FOLLOW_UP_SHARE),
        ({"follow_up_share": None}, ComparisonGate.FOLLOW_UP_SHARE),
        ({"same_informant_share": 0.89}, ComparisonGate.SAME_INFORMANT_SHARE),
        ({"baseline_g": 0.26}, ComparisonGate.BASELINE),
        ({"baseline_g": None}, ComparisonGate.BASELINE),
        ({"detection_ratio": 1.21}, ComparisonGate.DETECTION),
    ],
)
def test_each_failed_gate_lowers_the_level_by_one(changed: dict[str, Any], gate: ComparisonGate) -> None:
    evidence = level_of_comparison(replace(FACTS, **changed))
    assert (evidence.level, evidence.designed_level, evidence.failed_gates) == (2, 3, (gate,))
    assert not evidence.may_show_p_value(20)


def test_other_children_are_told_of_once_and_a_lowered_comparison_keeps_its_kind() -> None:
    facts = ComparisonFacts((2, 3), (60, 60), 0.9, 0.95, 1.5, 0.4)
    evidence = level_of_comparison(facts)
    assert gate_sentences(evidence) == (
        "Modellerne måler ikke de samme børn: Andelen af målte børn er for forskellig.",
        "Børnene lå for langt fra hinanden ved første måling.",
    )
    assert level_words(evidence) == "niveau 1 af 5, sat ned fra 3"
    assert level_reason(evidence).startswith("Niveauet er sat ned fra 3 til 1. Modellerne måler ikke de samme børn")
    alone = level_of_comparison(replace(facts, detection_ratio=1.1))
    assert gate_sentences(alone) == (
        "Modellerne måler ikke de samme børn: Børnene lå for langt fra hinanden ved første måling.",
    )


def test_a_p_value_needs_level_three_and_four_degrees_of_freedom() -> None:
    evidence = level_of_comparison(FACTS)
    assert [evidence.may_show_p_value(degrees) for degrees in (None, 3.9, 4.0)] == [False, False, True]


def test_every_gate_ceiling_and_dimension_has_words() -> None:
    assert (set(GATES), set(CEILINGS), set(DIMENSIONS)) == (set(ComparisonGate), set(Ceiling), set(Dimension))
    assert ceiling_sentences(level_of_comparison(FACTS)) == (CEILINGS[Ceiling.NO_STAGGERED_ROLLOUT],)


def test_what_a_rollout_earns_is_not_the_adjusted_comparisons() -> None:
    """Eight districts in steps with like years before: level 4 for what followed each start, 3 for the children side by side."""
    clusters = [district(f"{arm}{number}") for arm in "RS" for number in range(1, 5)]
    found = children(*(one for own in clusters for one in own))
    design = study_design(found, a_plan(), rollout=ROLLOUT)
    assert design.rollout_evidence is not None
    assert (design.evidence.level, design.rollout_evidence.level, design.highest_level) == (3, 4, 4)
    assert design.evidence.ceilings == design.rollout_evidence.ceilings
    without = study_design(found, a_plan())
    assert (without.rollout_evidence, without.highest_level) == (None, 3)
