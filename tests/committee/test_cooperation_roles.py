"""Who was there? Roles on drawn meetings: present, absent, not written down, and nobody picked out among a few members of staff."""

from datetime import date

import pytest

from pipelines.committee.cooperation.roles import ALL_SHOWN, roles_section
from pipelines.disclosure.table import CellStatus
from pipelines.publish.section import Section
from tests.committee.drawn_cooperation import drawn_context, faults_of, lines_of

CELLS = ("held_count", "present_count", "absent_count", "unknown_count")
INSTITUTIONS = """
    institution_code institution_name institution_type_code district_code
    D1               Birken           daycare               NORD
    D2               Egen             daycare               SYD
"""
SESSIONS = """
    session_id forum_code    institution_code planned_date held_date  session_status_code
    S1         ressourceteam D1               2025-09-01   2025-09-01 held
    S2         ressourceteam D1               2025-10-01   2025-10-01 held
    S3         ressourceteam D2               2025-09-01   2025-09-01 held
    S4         ressourceteam D2               2025-10-01   -          cancelled
    S5         ressourceteam D2               2025-11-03   2025-11-03 held
"""
ROLES = """
    session_id participant_id profession_code staff_id is_invited is_present
    S1         P1             social_worker   M1       true       true
    S1         P2             psychologist    M7       true       true
    S1         P3             health_visitor  M4       true       true
    S2         P1             social_worker   M2       true       false
    S2         P2             psychologist    M7       true       false
    S2         P3             health_visitor  M5       true       -
    S3         P1             social_worker   M3       true       true
    S3         P2             psychologist    M7       true       true
    S3         P3             health_visitor  M6       true       true
"""


@pytest.fixture(scope="module")
def section() -> Section:
    tables = {"institutions": INSTITUTIONS, "sessions": SESSIONS, "session_roles": ROLES}
    found = roles_section(drawn_context("dragoer_ressourceteam", tables))
    assert found is not None
    return found


def test_a_role_is_present_absent_or_not_written_down(section: Section) -> None:
    """Four meetings were held; nobody wrote anything of S5, and nothing of the health visitor at S2."""
    table = next(table for table in section.tables if table.table_id == "roles_ressourceteam")
    found = dict(
        line.split(" | ", 1)
        for line in lines_of(table, "role", "held_count", "present_count", "absent_count", "unknown_count")
    )
    assert found["Socialrådgiver (dagtilbud)"] == "4 | 2 | 1 | 1"
    assert found["Sundhedsplejerske (dagtilbud)"] == "4 | 2 | 0 | 2"


def test_a_role_that_one_colleague_fills_is_hidden(section: Section) -> None:
    """M7 is the only psychologist: who stayed away from S2 is nobody's business."""
    table = next(table for table in section.tables if table.table_id == "roles_ressourceteam")
    cells = [
        table.cell(name, role="Psykolog (dagtilbud)") for name in ("present_count", "absent_count", "unknown_count")
    ]
    assert {cell.status for cell in cells} == {CellStatus.HIDDEN}


def test_the_sum_is_of_what_is_shown_so_that_it_gives_no_hidden_role_back(section: Section) -> None:
    """Two roles have three members of staff behind them, two have nobody (0 of 4 each); the psychologist's four are left out."""
    summary = section.tables[0]
    shown = [4 + 4 + 4 + 4, 2 + 2 + 0 + 0, 1 + 0 + 3 + 3, 1 + 2 + 1 + 1]
    assert [summary.cell(name, forum=ALL_SHOWN).value for name in CELLS] == shown
    assert section.answer == "De roller, der altid skal være med, var der 4 af 16 gange. 5 gange er det ikke noteret."


SPEECH = "Talepædagog eller tale-hørelærer (dagtilbud)"


def role_line(sources: dict[str, str], role: str) -> str:
    tables = {"institutions": INSTITUTIONS, "sessions": SESSIONS, "session_roles": ROLES} | sources
    found = roles_section(drawn_context("dragoer_ressourceteam", tables))
    assert found is not None
    table = next(table for table in found.tables if table.table_id == "roles_ressourceteam")
    return dict(line.split(" | ", 1) for line in lines_of(table, "role", *CELLS))[role]


def staffing(people: int) -> dict[str, str]:
    lines = [f"T{number} speech_therapist municipality ALL 2024-01-01" for number in range(people)]
    return {"staffing": "\n".join(["staff_id profession_code unit_kind_code unit_code from_date", *lines])}


def test_a_role_that_nobody_ever_fills_is_shown_as_0() -> None:
    """Nobody on a list is a speech therapist: absent from three meetings, and of S5 nobody wrote anything."""
    assert role_line({}, SPEECH) == "4 | 0 | 3 | 1"
    assert role_line({}, "Psykolog (dagtilbud)") == "4 | hidden | hidden | hidden"


@pytest.mark.parametrize(("employed", "is_shown"), [(1, False), (2, False), (3, True)])
def test_a_role_that_one_or_two_could_have_filled_tells_of_them_and_is_hidden(employed: int, is_shown: bool) -> None:
    """The only speech therapist of the municipality is on no list: 0 of 4 would be about one colleague."""
    assert role_line(staffing(employed), SPEECH) == ("4 | 0 | 3 | 1" if is_shown else "4 | hidden | hidden | hidden")


def test_a_role_filled_by_people_without_a_name_is_hidden() -> None:
    """A participant without a staff id may be anybody, and always the same one."""
    unnamed = ROLES + "    S1         P9             speech_therapist -        true       false\n"
    assert role_line({"session_roles": unnamed}, SPEECH) == "4 | hidden | hidden | hidden"


def test_no_district_of_a_role_is_shown_where_one_has_too_few_members_of_staff(section: Section) -> None:
    """Of the roles that anybody filled each had one member of staff in the south; the two that nobody filled are 0 everywhere."""
    (table,) = [table for table in section.tables if table.table_id.startswith("roles_by_district")]
    assert lines_of(table, "role", "area", "present_count") == [
        f"{role} | {area} | 0" for role in ("Leder af ressourcekorps (dagtilbud)", SPEECH) for area in ("Nord", "Syd")
    ]


def test_a_forum_that_was_not_held_is_not_received(section: Section) -> None:
    table = next(table for table in section.tables if table.table_id == "roles_videncenter")
    assert {row[table.column_index("held_count")].status for row in table.rows} == {CellStatus.NOT_RECEIVED}


def test_the_texts_pass_the_gates(section: Section) -> None:
    assert faults_of(section) == []


@pytest.mark.parametrize(("as_of_date", "is_due"), [(date(2024, 9, 30), True), (date(2026, 9, 30), False)])
def test_the_roles_of_the_start_phase_are_due_only_while_it_lasts(as_of_date: date, is_due: bool) -> None:
    """Ballerup's phase of 1 March to 31 August 2017 plays in 2024: in the school year 2023/24, not in 2025/26."""
    tables = {
        "institutions": INSTITUTIONS,
        "sessions": """
            session_id forum_code              institution_code planned_date held_date  session_status_code
            S1         koordineringskonference D1               2024-04-15   2024-04-15 held
        """,
        "session_roles": """
            session_id participant_id profession_code staff_id is_invited is_present
            S1         P1             psychologist    M1       true       true
        """,
    }
    found = roles_section(drawn_context("ballerup_moedestruktur", tables, as_of_date=as_of_date))
    assert found is not None
    table = next(table for table in found.tables if table.table_id == "roles_koordineringskonference")
    assert ("Psykolog" in table.values("role")) is is_due
