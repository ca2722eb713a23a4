"""A whole study in small: the same with any number of processes, resumed after a kill, reran where it failed, kept and read back."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pipelines.errors import SettingsError, WorkspaceError
from pipelines.measures.intervals import Estimate
from pipelines.progress import Silent
from pipelines.prove import study as study_module
from pipelines.prove.acceptance import LIMITS, MUST_HOLD, SHOWN, Expectation
from pipelines.prove.blocks import Block, Purpose
from pipelines.prove.citation import kept_study
from pipelines.prove.estimator import Estimator, TruthPart
from pipelines.prove.estimators import ESTIMATORS
from pipelines.prove.figure import bands_of, legend_labels
from pipelines.prove.kinds import kind_of
from pipelines.prove.models.events import nothing_true
from pipelines.prove.observed import Observed
from pipelines.prove.runner import Workers, workers
from pipelines.prove.study import (
    Plan,
    Study,
    least_truth_repetitions,
    plan_of,
    read_study,
    run_study,
    truth_district_count,
    write_study,
)
from pipelines.prove.words import show_study, verdict
from pipelines.publish import tokens
from pipelines.simulate.days import NEVER
from pipelines.simulate.scenarios import load_scenario

TINY = load_scenario("tiny_municipality")
PLAN = Plan((TINY,), (2, 3), repetitions=12, rerun_repetitions=13, truth_repetitions=10, seed=5)
TODAY = date(2026, 11, 22)


@contextmanager
def counted(drawn: list[Block]) -> Iterator[Workers]:
    """Workers in this process that note which blocks they draw."""

    class Noting(Workers):
        def draw(self, block, scenario, estimators, *, progress):
            drawn.append(block)
            return super().draw(block, scenario, estimators, progress=progress)

    yield Noting(None)


def run(out: Path | None = None, *, plan: Plan = PLAN, estimators=ESTIMATORS) -> Study:
    return run_study(plan, estimators, today=TODAY, worker_count=1, progress=Silent(), out=out)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Path]:
    folder = tmp_path_factory.mktemp("study")
    return run(folder), folder


def test_the_number_of_processes_changes_nothing() -> None:
    block = Block(TINY.name, 2, Purpose.STUDY, 12, 5)
    with workers(1) as alone, workers(2) as pair:
        first = alone.draw(block, TINY, ESTIMATORS, progress=Silent())
        second = pair.draw(block, TINY, ESTIMATORS, progress=Silent())
    assert first.shape == (12, len(ESTIMATORS), 5)
    np.testing.assert_array_equal(first, second)


def test_every_cell_of_the_plan_is_there_once(finished: tuple[Study, Path]) -> None:
    cells = [(cell.scenario, cell.district_count, cell.estimator) for cell in finished[0].cells]
    assert sorted(cells) == sorted((TINY.name, count, estimator.name) for count in (2, 3) for estimator in ESTIMATORS)


def test_a_killed_study_goes_on_from_its_finished_blocks(
    finished: tuple[Study, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, folder = finished
    (folder / "blocks" / "study-tiny_municipality-3.npz").unlink()  # as if killed before it
    drawn: list[Block] = []
    monkeypatch.setattr(study_module, "workers", lambda count: counted(drawn))
    assert run(folder).cells == whole.cells
    assert {(block.purpose, block.district_count) for block in drawn} == {(Purpose.STUDY, 3)}


def test_a_world_that_was_changed_is_drawn_anew(finished: tuple[Study, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    sicker = replace(TINY, parameters=replace(TINY.parameters, sdq=replace(TINY.parameters.sdq, teacher_share=0.9)))
    drawn: list[Block] = []
    monkeypatch.setattr(study_module, "workers", lambda count: counted(drawn))
    run(finished[1], plan=replace(PLAN, scenarios=(sicker,), district_counts=(2,)))
    assert {block.purpose for block in drawn} >= {Purpose.TRUTH, Purpose.STUDY}


def too_narrow(observed: Observed) -> Estimate:
    """A method that is never right."""
    noise = float(observed.simulated.seed % 1000)
    return Estimate(noise, noise, noise, 0.95, 1, standard_error=1.0, degrees_of_freedom=3)


def half(observed: Observed) -> TruthPart:
    return TruthPart(0.5, 1.0)


BAD = Estimator("bad", "Dårlig, altid", "Intet", "point", 1, too_narrow, half, MUST_HOLD)


def test_a_cell_that_must_hold_and_did_not_is_rerun_with_a_new_seed() -> None:
    (cell,) = run(plan=replace(PLAN, district_counts=(2,)), estimators=(BAD,)).cells
    assert cell.is_rerun
    assert cell.repetitions == PLAN.rerun_repetitions
    assert cell.as_expected is False
    assert cell.hit_count == 0


def advised_share(observed: Observed) -> TruthPart:
    adviser_from = observed.simulated.children.district_adviser_from
    return TruthPart(float((adviser_from < NEVER).sum()), float(len(adviser_from)))


def test_the_truth_is_of_the_same_share_of_districts_with_advisers_as_the_repetitions() -> None:
    """Half in even numbers; one of three and two of five in odd ones."""
    share = replace(BAD, truth=advised_share, expectation=SHOWN)
    cells = run(plan=replace(PLAN, district_counts=(2, 3, 4, 5)), estimators=(share,)).cells
    assert {cell.district_count: cell.truth.value for cell in cells} == {2: 1 / 2, 3: 1 / 3, 4: 1 / 2, 5: 2 / 5}


def test_even_numbers_of_districts_share_one_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Block] = []
    monkeypatch.setattr(study_module, "workers", lambda count: counted(drawn))
    run(plan=replace(PLAN, district_counts=(2, 4)), estimators=(replace(BAD, expectation=SHOWN),))
    assert [(block.purpose, block.district_count) for block in drawn] == [
        (Purpose.TRUTH, 8), (Purpose.STUDY, 2), (Purpose.STUDY, 4),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def written(finished: tuple[Study, Path]) -> Mapping[str, Path]:
    return write_study(*finished)


def test_a_study_comes_back_from_its_file(finished: tuple[Study, Path], written: Mapping[str, Path]) -> None:
    assert sorted(written) == ["csv", "json", "png", "svg"]
    assert read_study(written["json"]) == finished[0]
    assert written["png"].read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader(io.StringIO(written["csv"].read_text(encoding="utf-8"))))
    assert [row["estimator"] for row in rows] == [cell.estimator for cell in finished[0].cells]
    for row, cell in zip(rows, finished[0].cells, strict=True):
        assert int(row["hit_count"]) == cell.hit_count
        assert float(row["truth"]) == cell.truth.value


@pytest.fixture(scope="module")
def of_structures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Path]:
    """Half of four districts with advisers, and three of them; an estimator that counts the advised, another that is tried nowhere."""

    def advised(observed: Observed) -> Estimate:
        value = float((observed.simulated.children.district_adviser_from < NEVER).sum())
        return Estimate(value, value, value, 0.95, 1)

    def as_told(scenario: str, districts: int, advisers: int | None) -> Expectation:
        return SHOWN if advisers == 3 else MUST_HOLD

    counted = Estimator(
        "advised", "Med rådgiver", "Antal distrikter", "", 0, advised, nothing_true, SHOWN, by_structure=as_told
    )
    elsewhere = replace(counted, name="elsewhere", only_in=frozenset({"no_effect"}))
    folder = tmp_path_factory.mktemp("structures")
    plan = replace(
        PLAN, district_counts=(4, 5), adviser_counts=lambda _, districts: (None, 3) if districts == 4 else ()
    )
    return run(folder, plan=plan, estimators=(counted, elsewhere)), folder


def test_every_structure_of_the_plan_is_a_block_of_its_own(of_structures: tuple[Study, Path]) -> None:
    study, folder = of_structures
    found = {(cell.estimator, cell.district_count, cell.adviser_count): cell.mean for cell in study.cells}
    assert found == {("advised", 4, None): 2.0, ("advised", 4, 3): 3.0}
    assert {path.name for path in (folder / "blocks").glob("study-*")} == {
        "study-tiny_municipality-4.npz", "study-tiny_municipality-4-3.npz",
    }  # fmt: skip
    assert [cell.expectation for cell in study.cells] == [MUST_HOLD, SHOWN]
    assert Study.from_json(study.to_json()) == study
    assert [row["adviser_count"] for row in csv.DictReader(io.StringIO(study.to_csv()))] == ["", "3"]


@pytest.mark.parametrize("count", [1, 4, 8])
def test_the_legend_stays_within_the_figure(count: int) -> None:
    """Each text ends before the next begins and before the edge; rows go on below each other."""
    labels = legend_labels([(10, advisers) for advisers in range(count)])
    assert len(labels) == count + 2
    for (row, left, text), (next_row, next_left, _) in pairwise(labels):
        assert next_row in {row, row + 1}
        assert left + len(text) < (next_left if next_row == row else tokens.FIGURE_WIDTH_MM)


def test_a_figure_has_rows_for_the_worlds_in_which_something_is_tried() -> None:
    """Two kept estimators with an interval, each in a world of its own; what has no interval has no panel."""
    study = read_study(kept_study())
    first, second, third = kind_of("study").estimators[:3]
    chosen = {first.name: "no_effect", second.name: "drop_out"}
    cells = tuple(cell for cell in study.cells if chosen.get(cell.estimator) == cell.scenario)
    none = replace(next(cell for cell in study.cells if cell.estimator == third.name), checks={})
    bands = bands_of(replace(study, cells=(*cells, none)))
    assert [(band.estimators, band.scenarios) for band in bands] == [((first, second), ("drop_out", "no_effect"))]


def test_a_forged_study_is_not_read(finished: tuple[Study, Path], tmp_path: Path) -> None:
    plain = json.loads(finished[0].to_json())
    for cell in plain["cells"]:
        cell["hit_count"] = round(0.95 * cell["interval_count"])
        cell["mean"] = cell["truth"]["value"]
        cell["as_expected"] = True
    (tmp_path / "study.json").write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(WorkspaceError, match=r"modsiger sig selv i [0-9]+ afprøvninger"):
        read_study(tmp_path / "study.json")


def test_a_study_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "study.json").write_text("{", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="make study"):
        read_study(tmp_path / "study.json")


def test_the_terminal_shows_every_cell(
    finished: tuple[Study, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    show_study(finished[0])
    said = capsys.readouterr().out
    assert said.count(TINY.title) >= len(finished[0].cells)
    for estimator in ESTIMATORS:
        assert estimator.title in said
        assert estimator.estimand in said
    assert "93-97 %" in said


@pytest.mark.parametrize(
    ("as_expected", "is_rerun", "words"),
    [(True, False, "holder"), (False, True, "HOLDER IKKE: skævhed (gentaget 12 gange)"), (None, False, "ikke afgjort")],
)
def test_a_verdict_in_words(as_expected: bool | None, is_rerun: bool, words: str, finished: tuple[Study, Path]) -> None:
    cell = next(cell for cell in finished[0].cells if cell.estimator == "sdq_change_by_district")
    biased = {name: replace(check, is_held=name != "bias") for name, check in cell.checks.items()}
    shown = replace(
        cell, expectation=MUST_HOLD, as_expected=as_expected, is_rerun=is_rerun, repetitions=12, checks=biased
    )
    assert verdict(shown).startswith(words)


def test_a_plan_without_wishes_is_every_scenario_in_eight_districts() -> None:
    plan = plan_of([], [], kind=kind_of("study"), reps=60, rerun_reps=None, truth_reps=None, seed=1)
    assert tuple(scenario.name for scenario in plan.scenarios) == kind_of("study").scenarios
    assert plan.district_counts == (8,)
    assert (plan.rerun_repetitions, plan.truth_repetitions) == (600, 130)


def test_a_plan_with_an_unknown_scenario_is_refused() -> None:
    with pytest.raises(SettingsError, match="findes_ikke"):
        plan_of(["findes_ikke"], [], kind=kind_of("study"), reps=60, rerun_reps=None, truth_reps=None, seed=1)


@pytest.mark.parametrize("districts", [(4,), (8,), (4, 10), (20,), (3,), (2, 9)])
def test_the_truth_is_drawn_often_enough(districts: tuple[int, ...]) -> None:
    """SE of the truth / SE of an estimate = sqrt(G / (T M)) for M municipalities of T districts: eight, or G where it is odd."""
    for count in districts:
        assert (count / truth_district_count(count) / least_truth_repetitions(districts)) ** 0.5 < 0.1


def test_the_limits_are_those_of_the_statistical_notes() -> None:
    assert (LIMITS.coverage, LIMITS.type_one_error, LIMITS.standard_error_ratio) == (
        (0.93, 0.97),
        (0.03, 0.07),
        (0.9, 1.15),
    )
    assert (LIMITS.bias_errors, LIMITS.confidence) == (2.58, 0.999)
