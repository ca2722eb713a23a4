"""The last page of a report cites the study behind its methods, and says when the code has changed since."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.committee.reports import REPORTS, assemble_report
from pipelines.prove import citation
from pipelines.prove.citation import MISSING, STALE, sentence_of, study_sentence
from pipelines.publish.layout import lay_out
from pipelines.publish.notebook import NotebookContent
from pipelines.publish.section import HowSure, Notes, Report, Section
from pipelines.publish.stamp import Stamp
from pipelines.settings import Settings
from pipelines.workspace import create_workspace

PLAIN = {
    "date": "2026-11-09", "repetitions": 1000, "seed": 3, "checksum": "ab",
    "cells": [{"as_expected": True}, {"as_expected": None}, {"as_expected": False}],
}  # fmt: skip
RIGHT = {**PLAIN, "cells": [{"as_expected": True}, {"as_expected": None}]}
SECTION = Section("one", "Hvad?", "Det.", "", 0, "", (), (), HowSure("", "", "", ""), (), ())
STAMP = Stamp("0.1.0", "a" * 64, "b" * 12, "Ingen.", ())


@pytest.mark.parametrize(
    ("plain", "checksum", "expected"),
    [
        (RIGHT, "ab", "1.000 gentagelser af 2 afprøvninger, frø 3."),
        (RIGHT, "cd", f"1.000 gentagelser af 2 afprøvninger, frø 3. {STALE}"),
        (PLAIN, "ab", "1.000 gentagelser af 3 afprøvninger, frø 3. 1 af dem gik ikke, som de skulle."),
        (PLAIN, "cd", f"1.000 gentagelser af 3 afprøvninger, frø 3. 1 af dem gik ikke, som de skulle. {STALE}"),
    ],
    ids=["right and new", "older than the code", "a cell went wrong", "both"],
)
def test_what_a_report_says_of_a_study(plain: dict, checksum: str, expected: str) -> None:
    assert sentence_of(plain, checksum=checksum) == (
        f"Metoderne er afprøvet 9.\u00a0november 2026 på opdigtede kommuner, hvor svaret er kendt: {expected}"
    )


def test_the_words_for_a_study_older_than_the_code() -> None:
    assert STALE == "Beregningen er ældre end koden."


def test_a_system_without_a_study_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(citation, "kept_study", lambda: tmp_path / "study.json")
    assert study_sentence.__wrapped__() == MISSING


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
