"""Every answer has its sentence, none claims more than its level, and what could not be done is said."""

from dataclasses import replace

import pytest

from pipelines.evaluation.analysis import Answer, Evaluation, Method, NotShown
from pipelines.evaluation.analysis_words import (
    _GATES,
    METHODS,
    NOT_SHOWN,
    analysis_departures,
    answer_sentence,
    covariate_notes,
)
from pipelines.evaluation.design import Design
from pipelines.measures.comparison_evidence import ComparisonGate
from pipelines.publish.danish import claims_beyond_level, words_to_avoid
from tests.evaluation.drawn_study import a_plan
from tests.evaluation.test_analysis import EIGHT, FIVE, evaluated


@pytest.fixture(scope="module")
def three_against_two() -> tuple[Design, Evaluation]:
    return evaluated(FIVE, -8, plan=a_plan(secondaries=["sdq_impact", "notifications"]))


@pytest.fixture(scope="module")
def undecided(three_against_two: tuple[Design, Evaluation]) -> Evaluation:
    return three_against_two[1]


def said(found: tuple[Design, Evaluation]) -> str:
    return answer_sentence(found[1], a_plan(), found[0].evidence)


def test_undecided_says_which_difference_could_have_been_seen(three_against_two: tuple[Design, Evaluation]) -> None:
    """8 points, far outside the interval's reach of 0: it is the number of districts that leaves it undecided."""
    design, undecided = three_against_two
    assert undecided.leading is not None
    assert undecided.leading.detectable_by_plan is not None
    points = f"{undecided.leading.detectable_by_plan:.1f}".replace(".", ",")
    assert said(three_against_two) == (
        f"Det kan ikke afgøres: Distrikterne er for få, og en forskel på under {points} point kan de næppe vise."
    )
    too_few = replace(undecided, leading=replace(undecided.leading, detectable_by_plan=None))
    assert said((design, too_few)) == "Det kan ikke afgøres, for der er for få distrikter."


def test_enough_districts_that_show_nothing_could_have_shown_so_much() -> None:
    """2 of 70 choices of 4 districts of 8 are as far out as can be: that is seldom enough."""
    found = evaluated(EIGHT, 0, noise=6.0)
    assert found[1].answer is Answer.UNDECIDED
    assert said(found).startswith(
        "Det kan ikke afgøres: Distrikterne kan først ventes at vise en forskel, når den er på "
    )


def test_a_difference_outside_chance_that_a_gate_keeps_back_is_not_blamed_on_the_districts() -> None:
    """12 of 80 measured is a quarter more than 12 of 100."""
    found = evaluated(EIGHT, -3, at_risk={code: 80 if code.startswith("R") else 100 for code in EIGHT})
    assert said(found) == "Det kan ikke afgøres, fordi modellerne ikke måler de samme børn."
    assert set(_GATES) == set(ComparisonGate)


@pytest.mark.parametrize(
    ("districts", "why"),
    [
        ((), "ingen børn i perioden er målt to gange"),
        (("R1", "R2"), "ingen børn under den ene model kan holdes op mod den andens"),
        (("R1", "S1", "S2"), "der kun er ét distrikt at sammenligne under den ene model"),
    ],
)
def test_what_cannot_be_rated_says_what_is_missing(districts: tuple[str, ...], why: str) -> None:
    assert said(evaluated(districts, -3)) == f"Det kan ikke vurderes, fordi {why}."


@pytest.mark.parametrize("answer", [one for one in Answer if one is not Answer.NOT_RATEABLE])
def test_no_answer_claims_a_cause_or_uses_a_word_that_no_report_may_hold(
    three_against_two: tuple[Design, Evaluation], answer: Answer
) -> None:
    design, undecided = three_against_two
    sentence = said((design, replace(undecided, answer=answer)))
    assert sentence.endswith(".")
    assert (words_to_avoid(sentence), claims_beyond_level(sentence, 3)) == ([], [])


def test_what_was_planned_and_not_done_is_said(undecided: Evaluation) -> None:
    assert analysis_departures(undecided) == (
        "Planlagt, men ikke sammenlignet, fordi tallene mangler: underretninger.",
    )
    assert len(covariate_notes(undecided)) == len(undecided.dropped_covariates) == 2


def test_every_method_and_every_reason_has_words() -> None:
    assert (set(METHODS), set(NOT_SHOWN)) == (set(Method), set(NotShown))
    assert [text for text in (*METHODS.values(), *NOT_SHOWN.values()) if words_to_avoid(text)] == []
