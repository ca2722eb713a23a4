"""Page 1 of the report on meetings when sources are missing: still one page, no more words than it may have, and all of it named."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipelines.committee.context import ReportContext
from pipelines.committee.cooperation import indicator_section
from pipelines.committee.cooperation.promised import needed_sources
from pipelines.committee.data_quality import MOST_NAMED
from pipelines.committee.missing import missing_section
from pipelines.committee.reports import REPORTS, assemble_report
from pipelines.contracts import load_contracts
from pipelines.municipalities import profile_names
from pipelines.publish import figures
from pipelines.publish.first_page import pages_of_page_1
from pipelines.publish.gates import MOST_WORDS_ON_PAGE_1, check_numbers, check_words, page_1_words
from pipelines.publish.layout import QUALITY, lay_out
from pipelines.publish.notebook import NotebookContent
from pipelines.publish.section import Notes, Report, Section
from pipelines.publish.stamp import Stamp
from tests.committee.drawn_cooperation import drawn_context

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "moedestruktur.ipynb"
INSTITUTIONS = """
    institution_code institution_name institution_type_code ownership_code district_code
    D1               Birken           daycare               municipal      NORD
    D2               Egen             daycare               self_owning    SYD
    S1               Engskolen        folkeskole            municipal      SYD
"""
SESSIONS = """
    session_id forum_code institution_code planned_date held_date  session_status_code
    M1         {forum}    D1               2025-09-01   2025-09-01 held
    M2         {forum}    D2               2025-10-01   2025-10-01 held
"""
SIX_QUESTIONS = ("koebenhavn_ressourceforum", "vordingborg_next_step")
"""The profiles with most questions, which are what fills page 1."""


@cache
def cells() -> tuple[str, ...]:
    """The code cells of the notebook that show something, behind its imports."""
    plain = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in plain["cells"] if cell["cell_type"] == "code"]
    imports = "\n".join(line for line in sources[1].splitlines() if line.startswith("from pipelines.committee"))
    return imports, *(source for source in sources[2:] if "(context" in source)


def report_of(context: ReportContext) -> Report:
    """The report as the notebook's cells make it."""
    imports, *shows = cells()
    names: dict[str, Any] = {"context": context}
    exec(imports, names)  # our own notebook
    shown = [eval(source, names) for source in shows]  # our own notebook
    notes = [each for each in shown if isinstance(each, Notes)]
    parts = {name: tuple(value for each in notes for value in getattr(each, name)) for name in vars(Notes())}
    sections = tuple(each for each in shown if isinstance(each, Section))
    stamp = Stamp(system_version="1", contracts_checksum="0" * 12, code_version="", disclosure_rule="", deliveries=())
    return assemble_report(
        REPORTS["moedestruktur"],
        NotebookContent(sections, Notes(**parts)),
        settings=context.settings,
        stamp=stamp,
        as_of_date=context.as_of_date,
        published_on=date(2026, 10, 5),
    )


def context_with(profile: str, others: tuple[str, ...] = ()) -> ReportContext:
    """Institutions and sessions of a profile's first forum, and of each other source a row that says nothing."""
    forums = {"koebenhavn_seks_principper": "ressourceforum", "dragoer_ressourceteam": "ressourceteam"}
    forums |= {"koebenhavn_ressourceforum": "ressourceforum", "ballerup_moedestruktur": "koordineringskonference"}
    drawn = SESSIONS.format(forum=forums.get(profile, "distriktsteam_dagtilbud"))
    context = drawn_context(profile, {"institutions": INSTITUTIONS, "sessions": drawn})
    for source in others:
        context.connection.execute(f"INSERT INTO typed.{source} (row_number, valid_from) VALUES (1, '2026-10-01')")
    context.connection.execute(
        "CREATE TABLE IF NOT EXISTS meta.expectation_results "
        "(run_id INTEGER, severity VARCHAR, is_success BOOLEAN, table_name VARCHAR, explanation VARCHAR)"
    )
    for source in ("institutions", "sessions", *others):
        row = [source, source, f"{source}.csv", 1000, 900, 100]
        context.connection.execute("INSERT INTO landed.deliveries VALUES (?, ?, ?, now(), ?, ?, ?)", row)
    return context


@pytest.fixture(autouse=True)
def _nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "render", lambda *_, **__: "<svg/>")


@pytest.mark.parametrize("profile", profile_names())
def test_with_meetings_alone_page_1_is_one_page_and_every_missing_source_is_named(profile: str) -> None:
    context = context_with(profile)
    report = report_of(context)
    assert pages_of_page_1(report) == 1
    assert page_1_words(lay_out(report)) <= MOST_WORDS_ON_PAGE_1
    assert [*check_numbers(report), *check_words(report)] == []

    missing = [name for name in needed_sources(context.settings.profile) if name not in ("sessions", "institutions")]
    assert len(missing) > MOST_NAMED
    assert any(f"{len(missing)} af rapportens" in line and QUALITY in line for line in report.attention)
    titles = {load_contracts("source")[name].title for name in missing}
    assert titles <= set(report.data_quality[0].values("title"))


@pytest.mark.parametrize("profile", SIX_QUESTIONS)
def test_with_any_one_source_missing_page_1_keeps_to_its_words(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indicator_section, "indicator_tables", lambda _: ())  # of the last pages, and half of the work
    needed = needed_sources(context_with(profile).settings.profile)
    others = tuple(name for name in needed if name not in ("sessions", "institutions"))
    context = context_with(profile, others)
    report_of(context)  # every mart is made
    run = context.connection.execute
    for missing in others:
        run(f"UPDATE typed.{missing} SET valid_to = valid_from")
        run("UPDATE marts.mart_delivery_quality SET source = '-' || source WHERE source = ?", [missing])
        report = report_of(context)
        run("UPDATE marts.mart_delivery_quality SET source = ltrim(source, '-')")
        run(f"UPDATE typed.{missing} SET valid_to = NULL")
        assert page_1_words(lay_out(report)) <= MOST_WORDS_ON_PAGE_1, missing
        title = load_contracts("source")[missing].title
        assert any(title[1:] in line for line in report.attention), missing


def test_a_question_without_its_source_takes_one_line_of_page_1() -> None:
    """58 letters of the answer's size are one line of its column, as the report's own heading shows."""
    for source in load_contracts("source"):
        section = missing_section("x", "Hvad?", (source,))
        assert len(section.answer) <= 58
        assert section.support == ""
