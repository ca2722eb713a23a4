"""What the section says when there is little to say: one school year, and a register without hours of support."""

from collections.abc import Sequence

import pytest

from pipelines.committee.context import ReportContext
from pipelines.committee.mainstream import QUESTION, mainstream_section
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.publish import figures
from pipelines.publish.danish import NBSP
from pipelines.publish.section import Section
from tests.committee.conftest import settings_of
from tests.sql.drawn import AS_OF_DATE, built

INSTITUTIONS = """
institution_code institution_type_code district_code municipality_code
NORDSKOLE        folkeskole            NORD          -
SPECIAL          special_school        NORD          -
BOERNEHUS        daycare               NORD          -
KLUB             club                  NORD          -
"""
PUPILS, OUTSIDE = 30, 6
LAST_YEAR, BOTH_YEARS = "2026-08-01", "2025-08-01"


@pytest.fixture(autouse=True)
def _without_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "render", lambda *_, **__: "<svg/>")


def drawn_section(start: str, *, hours: Sequence[str] = ("-",)) -> Section:
    """Thirty pupils from `start`, the first six in a special school; hours of support of the last pupils, in order."""
    ages = [("2016-03-01", "2016-03-01")] * PUPILS + [("2022-03-01", "2022-03-01")] * 5
    children = "\n".join(f"c{place} {birth} NORD - {home} -" for place, (birth, home) in enumerate(ages))
    given = ["-"] * (PUPILS - len(hours)) + list(hours)
    places = [
        f"c{place} {'SPECIAL' if place < OUTSIDE else 'NORDSKOLE'} 4 {29 if place < OUTSIDE else 10} {start} - {given[place]}"
        for place in range(PUPILS)
    ]
    places += [f"c{PUPILS + place} BOERNEHUS - 90 {start} - -" for place in range(5)]
    places += [f"c{place} KLUB - 93 {start} - -" for place in range(10)]
    connection = built(
        {
            "children": "child_id birth_date home_district_code home_municipality_code resident_from_date resident_to_date\n"
            + children,
            "institutions": INSTITUTIONS,
            "school_placements": "child_id institution_code grade_number class_type_code start_date end_date "
            "support_hours_per_week\n" + "\n".join(places),
        }
    )
    return mainstream_section(ReportContext(connection, settings_of(), AS_OF_DATE, {"NORD": "Nord"}))


def table_of(section: Section, table_id: str) -> ProtectedTable:
    (found,) = (table for table in section.tables if table.table_id == table_id)
    return found


def test_the_question_opens_with_the_name_of_the_section() -> None:
    assert QUESTION.startswith("Børn i almene fællesskaber: ")


def test_one_school_year_is_not_held_against_itself() -> None:
    section = drawn_section(LAST_YEAR)

    # 30 - 6 of 30
    assert section.answer == f"I 2026/27 gik 24 af 30{NBSP}elever i almen klasse."
    table_ids = {table.table_id for table in section.tables}
    assert "mainstream_school" in table_ids
    assert not table_ids & {"mainstream_change", "mainstream_trend", "mainstream_decomposition"}


def test_two_school_years_are_held_against_each_other() -> None:
    section = drawn_section(BOTH_YEARS)

    assert "i 2025/26" in section.answer
    assert {"mainstream_change", "mainstream_trend"} <= {table.table_id for table in section.tables}


def test_a_register_without_hours_of_support_counts_nobody_with_nine_and_does_not_say_none() -> None:
    section = drawn_section(LAST_YEAR)

    cells = table_of(section, "mainstream_school").rows
    column = table_of(section, "mainstream_school").column_index("support_nine_hours_count")
    assert {row[column].status for row in cells} == {CellStatus.NOT_RECEIVED}
    assert section.how_sure.data == "Vi har ikke fået tal for støttetimer. De er derfor ikke med."


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (["2"] * 5, "Ingen elever i almen klasse får støtte i mindst 9 timer om ugen."),
        (["9"] * 5, f"5{NBSP}elever i almen klasse får støtte i mindst 9 timer om ugen. De er talt med som almene."),
        (["9"] * 2, "Der er for få børn til at vise et tal."),
    ],
)
def test_hours_that_are_there_are_counted(hours: list[str], told: str) -> None:
    assert drawn_section(LAST_YEAR, hours=hours).how_sure.data == told


def test_every_table_of_shares_names_its_definition() -> None:
    section = drawn_section(BOTH_YEARS)

    named = {name: table_of(section, f"mainstream_{name}").source for name in ("school", "change", "daycare", "club")}
    definitions = {"school": "KOM-1", "change": "KOM-1", "daycare": "KOM-2", "club": "KOM-3"}
    assert {name: f"Definition: {definitions[name]}." in source for name, source in named.items()} == dict.fromkeys(
        named, True
    )


def test_a_year_whose_total_is_hidden_has_hidden_ways_and_the_section_still_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # 3 of 30 outside in both years: neither the total nor a way may be told
    monkeypatch.setattr(f"{__name__}.OUTSIDE", 3)
    section = drawn_section(BOTH_YEARS)

    assert section.answer == "Der er for få børn til at vise et tal."
    for way in ("mainstream_way_out", "mainstream_way_in"):
        ((_, *cells),) = table_of(section, way).rows
        assert {cell.status for cell in cells} == {CellStatus.HIDDEN}
