"""The last page of a report cites the study behind its methods, and says when the code has changed since."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.committee.reports import REPORTS, assemble_report
from pipelines.prove import citation
from pipelines.prove.citation import (
    MISSING,
    STALE,
    models_citation,
    models_sentence_of,
    outcome_words,
    sentence_of,
    study_sentence,
)
from pipelines.publish.layout import lay_out
from pipelines.publish.notebook import NotebookContent
from pipelines.publish.section import HowSure, Notes, Report, Section
from pipelines.publish.stamp import Stamp
from pipelines.settings import Settings
from pipelines.workspace import create_workspace


def cell(kind: str, as_expected: bool | None) -> dict[str, Any]:
    return {"expectation": {"kind": kind}, "as_expected": as_expected}


RIGHT = {
    "date": "2026-11-09", "repetitions": 1000, "seed": 3, "checksum": "ab",
    "cells": [cell("must_hold", True), cell("must_fail", True), cell("shown", None)],
}  # fmt: skip
PLAIN = {**RIGHT, "cells": [*RIGHT["cells"], cell("must_hold", False), cell("must_fail", None), cell("shown", None)]}
WENT_RIGHT = "1.000 gentagelser, frø 3. 2 af 2 afprøvninger gik, som de skulle. Desuden vises 1 uden krav."
DID_NOT = (
    "1.000 gentagelser, frø 3. 2 af 4 afprøvninger gik, som de skulle, 1 gik ikke, som den skulle, og 1 er ikke afgjort. "
    "Desuden vises 2 uden krav."
)
SECTION = Section("one", "Hvad?", "Det.", "", 0, "", (), (), HowSure("", "", "", ""), (), ())
STAMP = Stamp("0.1.0", "a" * 64, "b" * 12, "Ingen.", ())


@pytest.mark.parametrize(
    ("plain", "checksum", "expected"),
    [
        (RIGHT, "ab", WENT_RIGHT),
        (RIGHT, "cd", f"{WENT_RIGHT} {STALE}"),
        (PLAIN, "ab", DID_NOT),
        (PLAIN, "cd", f"{DID_NOT} {STALE}"),
    ],
    ids=["right and new", "older than the code", "a cell went wrong", "both"],
)
def test_what_a_report_says_of_a_study(plain: dict, checksum: str, expected: str) -> None:
    assert sentence_of(plain, checksum=checksum) == (
        f"Metoderne er afprøvet 9.\u00a0november 2026 på opdigtede kommuner, hvor svaret er kendt: {expected}"
    )


@pytest.mark.parametrize(
    ("outcomes", "shown", "expected"),
    [
        ([True, True], 0, "2 af 2 afprøvninger gik, som de skulle."),
        ([True, None], 0, "1 af 2 afprøvninger gik, som de skulle, og 1 er ikke afgjort."),
        (
            [False, False],
            3,
            "0 af 2 afprøvninger gik, som de skulle, og 2 gik ikke, som de skulle. Desuden vises 3 uden krav.",
        ),
        ([], 5, "Ingen afprøvninger har krav. 5 vises."),
        (
            [True, False, None],
            1,
            "1 af 3 afprøvninger gik, som de skulle, 1 gik ikke, som den skulle, og 1 er ikke afgjort. Desuden vises 1 uden krav.",
        ),
    ],
)
def test_only_cells_of_which_something_is_expected_are_counted(
    outcomes: list[bool | None], shown: int, expected: str
) -> None:
    assert outcome_words(outcomes, shown=shown) == expected


def test_the_words_for_a_study_older_than_the_code() -> None:
    assert STALE == "Beregningen er ældre end koden."


def test_a_system_without_a_study_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(citation, "kept_study", lambda *name: tmp_path / "study.json")
    assert study_sentence.__wrapped__() == MISSING
    assert models_citation.__wrapped__() == MISSING


def test_what_a_report_says_of_the_comparison_of_models() -> None:
    assert models_sentence_of(RIGHT, checksum="cd") == (
        "Sammenligningen og dens svar er afprøvet 9.\u00a0november 2026 på opdigtede kommuner, hvor svaret er kendt: "
        f"{WENT_RIGHT} {STALE}"
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    workspace = create_workspace(
        tmp_path / "kommune",
        profile="vordingborg_next_step",
        municipality_name="Eksempel Kommune",
        is_constructed=False,
    )
    return workspace.settings


@pytest.mark.parametrize(("report_id", "is_cited"), [("udvalgsrapport", True), ("kommunen_i_landet", False)])
def test_only_the_report_made_by_these_methods_cites_it(report_id: str, is_cited: bool, settings: Settings) -> None:
    report: Report = assemble_report(
        REPORTS[report_id],
        NotebookContent(sections=(SECTION,), notes=Notes()),
        settings=settings,
        stamp=STAMP,
        as_of_date=date(2026, 9, 30),
        published_on=date(2026, 11, 9),
    )
    cited = [text for label, text in lay_out(report).made_of if label == "Metodernes afprøvning"]
    assert cited == ([study_sentence()] if is_cited else [])
