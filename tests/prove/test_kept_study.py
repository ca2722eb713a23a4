"""The study in reports/study: two of its cells drawn again, its precision, and what a report says of it."""

import dataclasses

import pytest

from pipelines.errors import ProveError
from pipelines.prove.acceptance import LIMITS
from pipelines.prove.blocks import Numbers
from pipelines.prove.citation import STALE, kept_study, study_sentence
from pipelines.prove.estimators import ESTIMATORS
from pipelines.prove.fingerprint import measured_checksum
from pipelines.prove.kinds import kind_of
from pipelines.prove.redraw import chosen_cells, confirmed, disagreements, drawn_again
from pipelines.prove.results import CellResult
from pipelines.prove.study import Study, read_study

SCENARIOS = kind_of("study").scenarios
REPETITIONS = 40
"""Some four seconds a cell; a mean that is off by two thirds of an SD is seen, and 60 instead of 95 in 100."""


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(kept_study())


@pytest.fixture(scope="module")
def redrawn(study: Study) -> list[tuple[CellResult, Numbers]]:
    return [(cell, drawn_again(study, cell, repetitions=REPETITIONS)) for cell in chosen_cells(study)]


def test_todays_code_gives_the_kept_numbers(redrawn: list[tuple[CellResult, Numbers]]) -> None:
    """Also when the code is newer than the study: then this says whether the numbers still are the same."""
    assert len(redrawn) == 2
    for cell, again in redrawn:
        assert len(again) == REPETITIONS
        assert disagreements(cell, again) == [], f"{cell.estimator}, {cell.scenario}, {cell.district_count} districts"


def test_a_falsified_study_is_found_out(redrawn: list[tuple[CellResult, Numbers]]) -> None:
    for cell, again in redrawn:
        assert cell.mean is not None
        assert cell.standard_deviation is not None
        moved = dataclasses.replace(cell, mean=cell.mean + 1.5 * cell.standard_deviation)
        assert any(found.startswith("mean:") for found in disagreements(moved, again))
        # hits and misses exchanged, which says the same where half the intervals hit
        turned = dataclasses.replace(cell, hit_count=cell.interval_count - cell.hit_count)
        share = cell.hit_count / cell.interval_count
        assert any(found.startswith("coverage") for found in disagreements(turned, again)) or 0.3 < share < 0.7
        if cell.error_square_mean is not None:
            doubled = dataclasses.replace(cell, error_square_mean=4 * cell.error_square_mean)
            assert any("standard error" in found for found in disagreements(doubled, again))


def test_the_cells_are_chosen_by_the_checksum(study: Study) -> None:
    first, second = chosen_cells(study)
    assert (first, second) == chosen_cells(study)
    assert first != second
    others = [chosen_cells(dataclasses.replace(study, checksum=f"{start:08x}" * 8))[0] for start in range(20)]
    assert len({(cell.scenario, cell.district_count, cell.estimator) for cell in others}) > 10


def test_the_study_holds_every_estimator_in_every_world(study: Study) -> None:
    cells = {(cell.scenario, cell.estimator) for cell in study.cells}
    assert cells == {(scenario, estimator.name) for scenario in SCENARIOS for estimator in ESTIMATORS}
    assert {cell.district_count for cell in study.cells} == {4, 6, 8, 10}
    assert set(study.package_versions) == {"numpy", "scipy"}


def test_the_study_is_judged_as_todays_code_judges(study: Study) -> None:
    """Limits and expectations are part of the datum: a study with milder ones would agree with itself."""
    assert study.limits == LIMITS
    expected = {estimator.name: estimator.expected_in for estimator in ESTIMATORS}
    for cell in study.cells:
        wanted = expected[cell.estimator](cell.scenario, district_count=cell.district_count)
        assert cell.expectation == wanted, (cell.estimator, cell.scenario)


def test_the_truth_is_known_ten_times_as_well_as_it_is_measured(study: Study) -> None:
    for cell in study.cells:
        if cell.model_error is not None:
            assert cell.truth.standard_error < 0.1 * cell.model_error, (cell.estimator, cell.scenario)


def test_the_other_files_are_drawn_from_the_datum(study: Study) -> None:
    assert kept_study().with_name("study.csv").read_text(encoding="utf-8") == study.to_csv()
    for suffix in ("svg", "png"):
        assert kept_study().with_name(f"study.{suffix}").stat().st_size > 10_000


def test_a_report_says_of_the_kept_study_what_is_in_it(study: Study) -> None:
    said = study_sentence()
    assert str(study.date.year) in said
    assert f"frø {study.seed}" in said
    assert (STALE in said) == (study.checksum != measured_checksum())


def test_a_study_with_todays_checksum_has_todays_witness(study: Study) -> None:
    """Else somebody changed the mark by hand: `confirmed` draws a few municipalities of every scenario, and compares."""
    assert set(study.witness) == set(SCENARIOS)
    if study.checksum == measured_checksum():
        assert confirmed(study) == study


def test_a_study_whose_numbers_are_others_is_not_confirmed(study: Study) -> None:
    name = "tiny_municipality"
    wrong = dataclasses.replace(study, witness={name: "0" * 64})
    with pytest.raises(ProveError, match=study.scenario_titles[name]):
        confirmed(wrong)
    with pytest.raises(ProveError, match="Kør hele beregningen igen"):
        confirmed(dataclasses.replace(study, witness={}))
