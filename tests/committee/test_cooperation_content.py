"""What the meetings were used for: drawn meetings, counted by hand; owners and activities as the document names them."""

import pytest

from pipelines.committee.cooperation.content import content_section
from pipelines.publish.section import Section
from tests.committee.drawn_cooperation import drawn_context, faults_of, lines_of

TABLES = {
    "institutions": """
        institution_code institution_name institution_type_code ownership_code district_code
        D1               Birken           daycare               municipal      NORD
        D2               Egen             daycare               self_owning    SYD
        D3               Elmen            daycare               self_owning    SYD
    """,
    "institution_years": """
        institution_code school_year cadence_weeks cadence_from_date
        D1               2025/26     4             2025-08-01
        D2               2025/26     8             2025-08-01
        D3               2025/26     12            2025-08-01
    """,
    "sessions": """
        session_id forum_code     institution_code planned_date session_status_code held_date  prevention_kind_code level_code
        S1         ressourceforum D1               2025-09-01   held                2025-09-01 preventive           environment
        S2         ressourceforum D1               2025-10-01   held                2025-10-01 intervening          child
        S3         ressourceforum D2               2025-10-01   held                2025-10-01 anticipatory         group
        S4         ressourceforum D2               2025-11-03   cancelled           -          preventive           group
    """,
}
WRITTEN = """
    UPDATE typed.sessions SET
        session_activity_code = CASE WHEN session_id IN ('S1', 'S2', 'S4') THEN 'topi' END,
        is_last_time_followed_up = CASE session_id WHEN 'S1' THEN true WHEN 'S2' THEN false WHEN 'S4' THEN true END
"""


@pytest.fixture(scope="module")
def section() -> Section:
    context = drawn_context("koebenhavn_ressourceforum", TABLES)
    context.connection.execute(WRITTEN)
    found = content_section(context)
    assert found is not None
    return found


def test_yes_no_and_not_written_add_up_to_the_held_meetings(section: Section) -> None:
    """The cancelled meeting counts nowhere; of the third nobody wrote whether the last time was followed up."""
    table = section.tables[0]
    found = dict(
        line.split(" | ", 1) for line in lines_of(table, "what", "held_count", "yes_count", "no_count", "unknown_count")
    )
    assert found["Forebyggende eller foregribende"] == "3 | 2 | 1 | 0"
    assert found["Heraf forebyggende"] == found["Heraf foregribende"] == "3 | 1 | 2 | 0"
    assert found["Fulgt op fra sidste gang"] == "3 | 1 | 1 | 1"
    assert "Forberedt af lederen" not in found, "nobody wrote anything of it"
    assert section.answer == "2 af 3 holdte møder var forebyggende eller foregribende."


def test_every_activity_of_the_document_is_there_also_the_unused(section: Section) -> None:
    table = next(table for table in section.tables if table.table_id == "activities")
    assert len(table.rows) == 10 + 1
    assert table.cell("held_count", what="Gennemgang af og dialog om TOPI").value == 2
    assert table.cell("held_count", what="Aktionslæring").value == 0
    assert table.cell("held_count", what="Ikke noteret").value == 1


def test_owners_stand_apart_with_all_their_institutions(section: Section) -> None:
    """Two self-owning institutions should meet; one of them did."""
    table = next(table for table in section.tables if table.table_id == "content_by_owner")
    assert lines_of(table, "owner", "units_count", "reached_count", "held_count", "preventive_count") == [
        "Kommunal | 1 | 1 | 2 | 1",
        "Selvejende | 2 | 1 | 1 | 0",
    ]


def test_the_texts_pass_the_gates(section: Section) -> None:
    assert faults_of(section) == []
