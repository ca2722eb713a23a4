"""What does `trappen prove` say and end with?"""

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines import cli
from pipelines.errors import ProveError, WorkspaceError
from pipelines.progress import Silent
from pipelines.prove import study as studies
from pipelines.prove.acceptance import LIMITS, SHOWN
from pipelines.prove.citation import kept_study
from pipelines.prove.estimators import ESTIMATORS
from pipelines.prove.kinds import kind_of
from pipelines.prove.results import Truth, sum_up


def drawn(*, is_as_expected: bool) -> studies.Study:
    """A study of one method that must hold, and did or did not, and of one that is only shown."""
    numbers = np.column_stack([np.random.default_rng(1).normal(size=40), *np.zeros((4, 40))])
    summed = sum_up(numbers, Truth(0.0, 0.0), ESTIMATORS[0], scenario="no_effect", district_count=4, limits=LIMITS)
    cell = dataclasses.replace(summed, as_expected=is_as_expected)
    return studies.Study(
        date=date(2026, 11, 9),
        seed=1,
        repetitions=40,
        rerun_repetitions=40,
        truth_repetitions=40,
        checksum="ab",
        witness={},
        package_versions={},
        limits=LIMITS,
        scenario_titles={"no_effect": "Ingen effekt"},
        cells=(cell, dataclasses.replace(cell, expectation=SHOWN, as_expected=None)),
    )


def prove(monkeypatch: pytest.MonkeyPatch, *, is_as_expected: bool) -> None:
    """Run the command on such a study, without drawing it."""

    def without_drawing(*args: Any, **options: Any) -> studies.Study:
        return drawn(is_as_expected=is_as_expected)

    monkeypatch.setattr(studies, "run_study", without_drawing)
    cli.prove(
        reps=10,
        scenario=["no_effect"],
        districts=[4],
        seed=1,
        out=None,
        workers=1,
        rerun=None,
        truth_reps=None,
        confirm=None,
        study="study",
        quiet=True,
    )


def test_a_method_that_fails_ends_the_command_with_its_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProveError, match=r"1 af [0-9]+ afprøvninger"):
        prove(monkeypatch, is_as_expected=False)


def test_methods_that_hold_end_it_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    prove(monkeypatch, is_as_expected=True)
    assert "1 af 1 afprøvninger gik, som de skulle. Desuden vises 1 uden krav." in capsys.readouterr().out


def test_a_folder_that_cannot_be_is_refused_before_anything_is_drawn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def draws(count: int) -> None:
        raise AssertionError("drew")

    monkeypatch.setattr(studies, "workers", draws)
    (tmp_path / "file").write_bytes(b"")
    plan = studies.plan_of(["no_effect"], [4], kind=kind_of("study"), reps=10, rerun_reps=None, truth_reps=None, seed=1)
    with pytest.raises(WorkspaceError, match="Der kan ikke skrives i mappen"):
        studies.run_study(
            plan, ESTIMATORS, today=date(2026, 11, 9), worker_count=1, progress=Silent(), out=tmp_path / "file"
        )


def test_a_confirmed_study_gets_the_checksum_of_todays_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "study.json"
    path.write_bytes(kept_study().read_bytes())
    path.with_suffix(".csv").write_text("an older one", encoding="utf-8")
    before = studies.read_study(path)
    monkeypatch.setattr("pipelines.prove.redraw.confirmed", lambda study: dataclasses.replace(study, checksum="cd"))
    cli._confirm(path)
    assert studies.read_study(path) == dataclasses.replace(before, checksum="cd")
    assert path.with_suffix(".csv").read_text(encoding="utf-8") == before.to_csv()
