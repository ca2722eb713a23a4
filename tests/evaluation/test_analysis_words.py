"""Every answer has its sentence, none claims more than its level, and what could not be done is said."""

from dataclasses import replace

import pytest

from pipelines.evaluation.analysis import Answer, Evaluation, Method, NotShown
from pipelines.evaluation.analysis_words import (
    METHODS,
    NOT_SHOWN,
    analysis_departures,
    answer_sentence,
    covariate_notes,
)
from pipelines.publish.danish import claims_beyond_level, words_to_avoid
from tests.evaluation.drawn_study import a_plan
from tests.evaluation.test_analysis import FIVE, evaluated


@pytest.fixture(scope="module")
def undecided() -> Evaluation:
    return evaluated(FIVE, -8, plan=a_plan(secondaries=["sdq_impact", "notifications"]))[1]


def test_undecided_says_which_difference_could_have_been_seen(undecided: Evaluation) -> None:
    assert undecided.leading is not None
    assert undecided.leading.detectable_by_plan is not None
    said = f"{undecided.leading.detectable_by_plan:.1f}".replace(".", ",")
    assert answer_sentence(undecided, a_plan()).startswith("Det kan ikke afgøres")
    assert f"{said} point" in answer_sentence(undecided, a_plan())
    too_few = replace(undecided, leading=replace(undecided.leading, detectable_by_plan=None))
    assert answer_sentence(too_few, a_plan()) == "Det kan ikke afgøres, for der er for få distrikter."


@pytest.mark.parametrize("answer", Answer)
def test_no_answer_claims_a_cause_or_uses_a_word_that_no_report_may_hold(undecided: Evaluation, answer: Answer) -> None:
    sentence = answer_sentence(replace(undecided, answer=answer), a_plan())
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
