"""The study of the comparison of models in reports/study: complete, judged as today, of today's code or said to be older."""

import csv
import io

import pytest

from pipelines.prove.acceptance import LIMITS, Kind
from pipelines.prove.citation import STALE, kept_study, models_citation
from pipelines.prove.estimator import tried_in
from pipelines.prove.fingerprint import measured_checksum
from pipelines.prove.kinds import kind_of
from pipelines.prove.results import CellResult
from pipelines.prove.study import Study, read_study
from pipelines.prove.witness import witness_of
from pipelines.simulate.scenarios import load_scenario

MODELS = kind_of("models")
CHEAP = ("no_effect", "large_effect", "earlier_detection", "drop_out", "confounded", "small_effect")
"""Worlds of four years only: a witness of theirs takes about a second."""


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(kept_study("models"))


def cells_of(study: Study, name: str, scenario: str) -> list[CellResult]:
    return [cell for cell in study.cells if cell.estimator == f"models_{name}" and cell.scenario == scenario]


def test_the_study_holds_every_estimator_in_every_world_and_structure(study: Study) -> None:
    wanted = [
        (scenario, districts, advisers, estimator.name)
        for scenario in MODELS.scenarios
        for districts in (4, 6, 8, 10)
        for advisers in MODELS.adviser_counts(scenario, districts)
        for estimator in tried_in(scenario, MODELS.estimators)
    ]
    found = [(cell.scenario, cell.district_count, cell.adviser_count, cell.estimator) for cell in study.cells]
    assert found == wanted
    assert study.study == "models"


def test_the_study_is_judged_as_todays_code_judges(study: Study) -> None:
    assert study.limits == LIMITS
    expected = {estimator.name: estimator.expected_in for estimator in MODELS.estimators}
    for cell in study.cells:
        wanted = expected[cell.estimator](
            cell.scenario, district_count=cell.district_count, adviser_count=cell.adviser_count
        )
        assert cell.expectation == wanted, (cell.estimator, cell.scenario)


def test_every_method_holds_and_every_control_fails(study: Study) -> None:
    assert [(cell.estimator, cell.scenario, cell.district_count) for cell in study.unexpected] == []
    assert {cell.expectation.kind for cell in study.cells} == set(Kind)


def test_no_benefit_is_said_where_more_children_are_found(study: Study) -> None:
    """Nor is one ever said past a detection that is not alike; and with one model alone nothing is rated."""
    for cell in cells_of(study, "says_benefit_past_detection", "earlier_detection"):
        assert cell.rejection_count == 0
    for cell in cells_of(study, "rates_one_arm", "before_and_after"):
        assert cell.rejection_count == 0


def test_a_rollout_by_need_never_comes_above_level_three(study: Study) -> None:
    (cell,) = cells_of(study, "level_above_three", "confounded_rollout")
    assert (cell.rejection_count, cell.district_count) == (0, 8)
    reasons = [
        kept
        for estimator in MODELS.estimators
        if estimator.name.startswith("models_kept_by_")
        for kept in cells_of(study, estimator.name.removeprefix("models_"), "confounded_rollout")
    ]
    assert max(kept.rejection_count or 0 for kept in reasons) > 0.9 * cell.repetitions


def test_the_table_is_drawn_from_the_datum(study: Study) -> None:
    written = kept_study("models").with_name("models.csv").read_text(encoding="utf-8")
    assert written == study.to_csv()
    assert len(list(csv.DictReader(io.StringIO(written)))) == len(study.cells)


def test_a_report_says_of_the_kept_study_what_is_in_it(study: Study) -> None:
    said = models_citation()
    assert f"frø {study.seed}" in said
    assert (STALE in said) == (study.checksum != measured_checksum("models"))


def test_a_study_with_todays_checksum_has_todays_witness(study: Study) -> None:
    """Of one world that the checksum picks: else somebody changed the mark by hand."""
    assert set(study.witness) == set(MODELS.scenarios)
    name = CHEAP[int(study.checksum[:8], 16) % len(CHEAP)]
    if study.checksum == measured_checksum("models"):
        assert witness_of(load_scenario(name), MODELS.estimators, seed=study.seed) == study.witness[name]
