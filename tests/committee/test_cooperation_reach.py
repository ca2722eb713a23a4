"""Whom the cooperation reaches: children named where they live, the same team, trained staff and handovers, drawn by hand."""

import pytest

from pipelines.committee.context import WHOLE_MUNICIPALITY
from pipelines.committee.cooperation.reach import reach_section
from pipelines.disclosure.table import CellStatus
from pipelines.publish.section import Section
from tests.committee.drawn_cooperation import drawn_context, faults_of, lines_of

INSTITUTIONS = """
    institution_code institution_name institution_type_code district_code
    D1               Birken           daycare               NORD
    D2               Egen             daycare               SYD
    S1               Engen            folkeskole            SYD
"""


def residents(district: str, count: int) -> str:
    return "\n".join(f"{district}{number} 2018-01-01 2018-01-01 {district}" for number in range(count))


def named(session: str, district: str, count: int) -> str:
    return "\n".join(f"{session} {district}{n} {district}{n} false child 2025-09-01" for n in range(count))


def handovers(kind: str, count: int, *, written: str, oral: str) -> str:
    return "\n".join(f"{kind}{number} D2 S1 2026-08-10 {written} {oral}" for number in range(count))


@pytest.fixture(scope="module")
def section() -> Section:
    """40 children live in Nord and 60 in Syd; 10 of Nord and 12 of Syd are named, one of them twice."""
    tables = {
        "institutions": INSTITUTIONS,
        "children": "child_id birth_date resident_from_date home_district_code\n"
        + "\n".join([residents("NORD", 40), residents("SYD", 60)]),
        "sessions": """
            session_id forum_code              institution_code planned_date held_date  session_status_code
            M1         distriktsteam_dagtilbud D1               2025-09-01   2025-09-01 held
            M2         distriktsteam_dagtilbud D2               2025-09-01   -          cancelled
            M3         dialogmoede             D1               2025-09-01   2025-09-01 held
        """,
        "session_cases": "session_id case_id child_id is_anonymous level_code case_date\n"
        + "\n".join([named("M1", "NORD", 10), named("M1", "SYD", 12), named("M3", "NORD", 1), named("M2", "SYD", 30)]),
        "handovers": "child_id from_institution_code to_institution_code handover_date is_written is_oral\n"
        + "\n".join(
            [
                handovers("a", 12, written="true", oral="true").replace("2026-08-10", "2026-04-10"),
                handovers("b", 8, written="true", oral="false").replace("2026-08-10", "2026-04-10"),
            ]
        ),
    }
    found = reach_section(drawn_context("vordingborg_next_step", tables))
    assert found is not None
    return found


def test_children_are_named_once_where_they_live_and_only_at_held_meetings(section: Section) -> None:
    table = next(table for table in section.tables if table.table_id == "named")
    assert lines_of(table, "area", "residents_count", "named_count") == [
        "Nord | 40 | 10",
        "Syd | 60 | 12",
        "Hele kommunen | 100 | 22",
    ]


def test_more_than_the_document_speaks_of_is_said(section: Section) -> None:
    """22 of 100 are more than 15-20 percent."""
    assert "Der er nævnt flere børn end de 15-20 procent, dokumentet skriver om." in section.how_sure.data
    assert "ikke flere" not in section.how_sure.data


def test_an_institution_is_reached_by_one_held_meeting(section: Section) -> None:
    """The school's forum is logged by nobody, so only the two daycares are expected to have met."""
    table = next(table for table in section.tables if table.table_id == "reached")
    assert table.cell("units_count", what=WHOLE_MUNICIPALITY).value == 2
    assert section.answer == "1 af 2 institutioner har holdt møde."


def test_handovers_in_writing_and_orally(section: Section) -> None:
    table = next(table for table in section.tables if table.table_id == "handovers")
    assert table.cell("both_count", area=WHOLE_MUNICIPALITY).value == 12
    assert table.cell("written_only_count", area=WHOLE_MUNICIPALITY).value == 8


def test_the_texts_pass_the_gates(section: Section) -> None:
    assert faults_of(section) == []


def test_a_team_of_two_is_hidden_and_so_is_every_district_beside_it() -> None:
    """Nord's two support workers are too few to be told; then Syd's three are not told either, only the whole."""
    days = ("2025-08-15", "2025-09-15", "2025-10-15", "2025-08-15")
    meetings = "\n".join(
        f"M{number} ressourceforum {'D2' if number == 3 else 'D1'} {day} {day} held" for number, day in enumerate(days)
    )
    tables = {
        "institutions": INSTITUTIONS.replace("institution_type_code", "ownership_code institution_type_code")
        .replace(" daycare", " municipal daycare")
        .replace(" folkeskole", " municipal folkeskole"),
        "sessions": "session_id forum_code institution_code planned_date held_date session_status_code\n" + meetings,
        "session_roles": """
            session_id participant_id profession_code staff_id is_invited is_present
            M0         1              support_worker  A        true       true
            M1         1              support_worker  A        true       true
            M2         1              support_worker  B        true       true
            M3         1              support_worker  C        true       true
            M3         2              support_worker  D        true       true
            M3         3              support_worker  E        true       true
        """,
    }
    found = reach_section(drawn_context("koebenhavn_ressourceforum", tables))
    assert found is not None
    table = next(table for table in found.tables if table.table_id == "continuity")
    assert lines_of(table, "area", "later_count", "same_count") == [f"{WHOLE_MUNICIPALITY} | 2 | 1"]
    assert {cell.status for row in table.rows for cell in row} == {CellStatus.SHOWN}
