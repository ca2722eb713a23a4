"""The analysis: the planted difference is found, one estimate leads, and nothing is said that the design does not carry."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipelines.evaluation.analysis import SECOND_STEP, Answer, Evaluation, Method, NotShown, analyse
from pipelines.evaluation.arrays import arrays_of
from pipelines.evaluation.children import StudyChild
from pipelines.evaluation.design import Design, study_design
from pipelines.evaluation.outcomes import OUTCOMES
from pipelines.measures.evidence import EvidenceLevel
from tests.evaluation.drawn_study import SCALES, a_plan, child, children

FIVE = ("R1", "R2", "R3", "S1", "S2")
EIGHT = ("R1", "R2", "R3", "R4", "S1", "S2", "S3", "S4")


def drawn(
    districts: tuple[str, ...],
    effect: float,
    *,
    lost: int = 2,
    noise: float = 1.0,
    at_risk: dict[str, int] | None = None,
) -> tuple[list[StudyChild], dict[str, int]]:
    """12 children in each district: first scores 10 to 21, second half of it plus 4, the effect in R, a little noise; `lost` are."""
    random = np.random.default_rng(7)
    found = []
    for code in districts:
        own = random.normal(0, 0.3 * noise)
        for place in range(12):
            second = 4 + 0.5 * (10 + place) + effect * code.startswith("R") + own + random.normal(0, noise)
            is_lost = place * 7 % 12 < lost
            found.append(
                child(
                    code,
                    10 + place,
                    None if is_lost else second,
                    institution=f"{code}-{place % 2}",
                    is_boy=place % 3 == 0,
                    age_years=6 + place % 4,
                )
            )
    return found, at_risk or dict.fromkeys(districts, 100)


def evaluated(districts: tuple[str, ...], effect: float, *, plan: Any = None, **more: Any) -> tuple[Design, Evaluation]:
    found, at_risk = drawn(districts, effect, **more)
    study, chosen = children(*found, at_risk=at_risk), plan or a_plan()
    design = study_design(study, chosen)
    return design, analyse(study, design, chosen)


def ways(evaluation: Evaluation) -> dict[Method, Any]:
    assert evaluation.leading is not None
    return {one.method: one for one in evaluation.leading.methods}


def test_three_against_two_districts_decide_nothing_however_large_the_difference() -> None:
    design, evaluation = evaluated(FIVE, -8)
    leading = evaluation.leading
    assert leading is not None
    assert (design.evidence.level, evaluation.answer) == (3, Answer.UNDECIDED)
    # 5 over 2 = 10 choices, no mirrors: the most extreme of them is one in ten
    assert (leading.choice_count, leading.smallest_p_value) == (10, 0.1)
    assert leading.difference.difference.estimate.value == pytest.approx(-8, abs=0.8)
    assert leading.difference.cluster_counts == (2, 3)
    assert all(one.p_value is None for one in leading.methods)
    assert {ways(evaluation)[method].not_shown for method in SECOND_STEP} == {NotShown.FEW_DISTRICTS}
    assert leading.detectable_by_plan is not None
    assert leading.detectable_by_plan > 3


def test_a_difference_within_chance_needs_no_unmeasured_cause_for_its_interval_to_reach_0() -> None:
    """However much of the variance would be needed to explain all of it away: with two degrees of freedom that number is large."""
    _, none = evaluated(FIVE, 0)
    _, large = evaluated(EIGHT, -8, noise=0.5)
    assert none.leading is not None
    assert large.leading is not None
    assert none.leading.robustness is not None
    assert large.leading.robustness is not None
    assert none.leading.robustness.of_interval == 0 < none.leading.robustness.of_difference
    assert large.leading.robustness.of_interval is not None
    assert 0 < large.leading.robustness.of_interval < large.leading.robustness.of_difference
    # 12 children a district, second = half of the first + 4: what the first score tells of the second lies in between
    assert large.leading.first_score_benchmark is not None
    assert large.leading.first_score_benchmark.with_outcome > 0.5
    assert large.leading.first_score_benchmark.with_arm < 0.01


def test_eight_districts_tell_a_large_difference_and_every_way_sees_the_same_data() -> None:
    design, evaluation = evaluated(EIGHT, -3, noise=0.5)
    assert (design.evidence.level, evaluation.answer) == (3, Answer.TREATED_BETTER)
    found = ways(evaluation)
    assert set(found) == set(Method)
    for method, one in found.items():
        assert one.estimate.value == pytest.approx(-3, abs=0.5), method
    assert found[Method.PERMUTATION].p_value == 2 / 70  # the real choice and its mirror, of 8 over 4
    assert found[Method.WILD_BOOTSTRAP].p_value == 2 / 256
    assert found[Method.ADJUSTED].p_value is not None
    assert found[Method.ADJUSTED].p_value < 0.01


def test_the_other_way_round_the_comparison_is_better_and_nothing_is_nothing() -> None:
    assert evaluated(EIGHT, 3)[1].answer is Answer.COMPARISON_BETTER
    assert evaluated(EIGHT, 0, noise=0.2)[1].answer is Answer.NO_RELEVANT_DIFFERENCE
    assert evaluated(EIGHT, 0, noise=4)[1].answer is Answer.UNDECIDED
    # the same data, but a difference of a tenth of a point would matter
    narrow = a_plan(limits={"smallest_relevant_points": 0.1})
    assert evaluated(EIGHT, 0, noise=0.2, plan=narrow)[1].answer is Answer.UNDECIDED


def test_a_failed_gate_takes_the_answer_and_every_p_value() -> None:
    """The adviser finds children earlier: more than a fifth more of them are measured."""
    uneven = {code: 80 if code.startswith("R") else 100 for code in EIGHT}
    design, evaluation = evaluated(EIGHT, -3, at_risk=uneven)
    assert design.detection_ratio == pytest.approx(1.25)
    assert (design.evidence.level, evaluation.answer) == (EvidenceLevel.AGAINST_EXPECTED, Answer.UNDECIDED)
    leading = evaluation.leading
    assert leading is not None
    assert [one.p_value for one in leading.methods] == [None] * len(Method)
    assert leading.difference.difference.p_value is None
    assert leading.smallest_p_value == 2 / 70


def test_two_districts_in_an_arm_give_no_p_value_of_the_spread() -> None:
    _, evaluation = evaluated((*EIGHT[:2], *EIGHT[4:], "S5", "S6"), -3)
    found = ways(evaluation)
    assert (found[Method.ADJUSTED].p_value, found[Method.WILD_BOOTSTRAP].p_value) == (None, None)
    assert found[Method.PERMUTATION].p_value == 1 / 28  # 8 over 2, no mirror


@pytest.mark.parametrize("districts", [("R1", "R2"), ("R1", "S1", "S2")])
def test_without_a_comparison_it_cannot_be_rated(districts: tuple[str, ...]) -> None:
    _, evaluation = evaluated(districts, -3, plan=a_plan(secondaries=["sdq_impact"]))
    assert (evaluation.answer, evaluation.leading) == (Answer.NOT_RATEABLE, None)
    assert [one.difference for one in evaluation.secondaries] == [None]


def test_lost_children_of_the_treated_would_have_to_do_worse_by_the_tipping_point() -> None:
    _, evaluation = evaluated(EIGHT, -3, noise=0.5)
    leading = evaluation.leading
    assert leading is not None
    # 2 of 12 lost in each arm: each point worse moves the difference by a sixth of a point
    assert leading.tipping_points == pytest.approx(3 / (1 / 6), rel=0.2)
    assert ways(evaluation)[Method.LOSS_WEIGHTED].estimate.value == pytest.approx(-3, abs=0.5)
    _, whole = evaluated(EIGHT, -3, lost=0)
    assert whole.leading is not None
    assert whole.leading.tipping_points is None
    assert {ways(whole)[one].not_shown for one in (Method.LOSS_WEIGHTED, Method.IMPUTED)} == {NotShown.NOBODY_LOST}


def test_the_same_plan_gives_the_same_numbers() -> None:
    assert evaluated(EIGHT, -1)[1] == evaluated(EIGHT, -1)[1]


def test_secondaries_are_adjusted_within_their_family_and_what_is_not_there_is_said() -> None:
    found, at_risk = drawn(EIGHT, -1)
    # emotions as the total; impact moves by chance alone
    random = np.random.default_rng(3)
    own = [
        one
        if one.second is None
        else replace(one, second={**one.second, "impact_points": float(random.integers(0, 10))})
        for one in found
    ]
    plan = a_plan(secondaries=["sdq_emotional", "sdq_impact", "notifications"])
    study = children(*own, at_risk=at_risk)
    emotional, impact, notifications = analyse(study, study_design(study, plan), plan).secondaries
    assert emotional.p_value is not None
    assert impact.p_value is not None
    assert emotional.p_value < impact.p_value
    assert emotional.adjusted_p_value == pytest.approx(min(2 * emotional.p_value, impact.p_value))
    assert impact.adjusted_p_value == impact.p_value
    assert (notifications.difference, notifications.adjusted_p_value) == (None, None)


def test_covariates_that_tell_nothing_are_dropped_and_named() -> None:
    _, evaluation = evaluated(EIGHT, -1)
    assert evaluation.dropped_covariates == ("informant", "months_between")  # all by parents, all after six months
    arrays = arrays_of(
        [
            child("R1", 10, 8, informant="parent", age_years=5),
            child("R1", 12, 9, informant="teacher", age_years=None),
            child("S1", 11, 9, informant="self", age_years=7, is_boy=False),
            *(child("S1", n, 9, informant=kind, age_years=n) for n, kind in ((3, "self"), (7, "teacher"), (9, "parent"), (4, "self"))),
        ],
        OUTCOMES["sdq_total"],
        ("first_score", "informant", "age"),
    )  # fmt: skip
    assert arrays.names == ("first_score", "informant", "informant")
    assert arrays.dropped == ("age",)  # there are as many children with an age as coefficients
    # parent, self, teacher in order of the alphabet; the first is the one the others are held against
    assert arrays.covariates[:3].tolist() == [[10, 0, 0], [12, 0, 1], [11, 1, 0]]


def test_an_outcome_that_is_no_score_has_no_columns() -> None:
    assert len(SCALES) == sum(outcome.sdq_column is not None for outcome in OUTCOMES.values())
    with pytest.raises(ValueError, match="no SDQ score"):
        arrays_of([child("R1", 1, 1)], OUTCOMES["waiting_days"], ("first_score",))
