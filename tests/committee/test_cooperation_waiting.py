"""How soon does the help come? Drawn requests and cases, counted by hand, with those who still wait among them."""

from datetime import date, timedelta

import pytest

from pipelines.committee.cooperation.waiting import ALL_REQUESTS, FIRST_MEASURE, waiting_section
from pipelines.committee.cooperation.waits import month_label
from pipelines.disclosure.table import CellStatus
from pipelines.publish.section import Section
from tests.committee.drawn_cooperation import drawn_context, faults_of

INSTITUTIONS = """
    institution_code institution_name institution_type_code district_code
    D1               Birken           daycare               NORD
    D2               Egen             daycare               SYD
    D3               Elmen            daycare               VEST
"""
ASKED = date(2026, 6, 1)


def requests(institution: str, count: int, *, waits: int | None, road: str = "resource_forum") -> str:
    """So many requests of 1 June 2026 (121 days before the as-of date); `waits` days to the start, None: it has not come."""
    start = "-" if waits is None else str(ASKED + timedelta(days=waits))
    return "\n".join(
        f"R{institution}{road}{waits}/{number} {institution} {road} {ASKED} {start}" for number in range(count)
    )


HEADER = "request_id institution_code support_road_code request_date start_date"
REQUESTS = "\n".join(
    [
        HEADER,
        requests("D1", 20, waits=10),
        requests("D2", 10, waits=50),
        requests("D2", 10, waits=None),
        requests("D3", 20, waits=80, road="area_support"),
    ]
)


@pytest.fixture(scope="module")
def section() -> Section:
    tables = {"institutions": INSTITUTIONS, "support_requests": REQUESTS}
    found = waiting_section(drawn_context("koebenhavn_ressourceforum", tables))
    assert found is not None
    return found


def test_those_who_wait_are_counted_as_waiting(section: Section) -> None:
    """After one month 20 of 60 have begun, after two 30, after three 50; nobody was followed for six."""
    table = section.tables[0]
    shares = [table.cell("share_pct", group=ALL_REQUESTS, month=month_label(months)).value for months in (1, 2, 3)]
    assert shares == [round(100 * 20 / 60), round(100 * 30 / 60), round(100 * 50 / 60)]
    assert table.cell("share_pct", group=ALL_REQUESTS, month=month_label(6)).status is CellStatus.NOT_COMPUTABLE
    assert table.cell("followed_count", group=ALL_REQUESTS, month=month_label(3)).value == 10
    assert section.answer == "Efter 3 måneder var 83 procent af henvendelserne i gang."


def test_the_two_roads_stand_apart(section: Section) -> None:
    """By Ressourceforum 30 of 40 have begun after three months; the other road's twenty all began on day 80."""
    table = section.tables[0]
    assert table.cell("ended_count", group="Ressourceforum", month=month_label(3)).value == 30
    area = "Områdesupport"
    assert [table.cell("ended_count", group=area, month=month_label(months)).value for months in (2, 3)] == [0, 20]


def test_two_tables_tell_the_same_number_of_requests_or_neither_does(section: Section) -> None:
    """60 requests, 20 of them by the formal road; a request whose road nobody wrote is a group of its own."""
    waits, requests = (next(t for t in section.tables if t.table_id == name) for name in ("waits_start", "requests"))
    assert requests.cell("requests_count", area="Hele kommunen").value == 60
    assert requests.cell("area_support_count", area="Hele kommunen").value == 20
    assert waits.cell("whole_count", group=ALL_REQUESTS, month=month_label(1)).value == 60
    assert waits.cell("whole_count", group="Områdesupport", month=month_label(1)).value == 20


def test_the_texts_pass_the_gates(section: Section) -> None:
    assert faults_of(section) == []


def test_few_requests_hide_their_shares_with_their_counts() -> None:
    """Of twelve two have begun: neither 2 nor 17 percent is shown."""
    drawn = "\n".join([HEADER, requests("D1", 2, waits=10), requests("D2", 10, waits=None)])
    section = waiting_section(
        drawn_context("koebenhavn_ressourceforum", {"institutions": INSTITUTIONS, "support_requests": drawn})
    )
    assert section is not None
    table = section.tables[0]
    cells = [table.cell(name, group=ALL_REQUESTS, month=month_label(3)) for name in ("ended_count", "share_pct", "low")]
    assert not [cell for cell in cells if cell.status is CellStatus.SHOWN]


def test_from_the_first_meeting_to_the_first_measure_after_it() -> None:
    """Twenty children: twelve get a measure 20 days later, one of them had another before; eight none."""
    children = [f"k{number}" for number in range(20)]
    tables = {
        "institutions": INSTITUTIONS,
        "sessions": """
            session_id forum_code  institution_code planned_date held_date  session_status_code
            S1         dialogmoede D1               2026-03-02   2026-03-02 held
            S2         dialogmoede D2               2026-03-02   2026-03-02 held
        """,
        "children": "child_id birth_date resident_from_date\n"
        + "\n".join(f"{child} 2018-01-01 2018-01-01" for child in children),
        "session_cases": "session_id case_id child_id is_anonymous level_code case_date concern_from_date\n"
        + "\n".join(
            f"S{1 + place % 2} {child} {child} false child 2026-03-02 2026-02-02"
            for place, child in enumerate(children)
        ),
        "measures": "child_id measure_id paragraph_code start_date\n"
        + "\n".join(f"{child} m{child} BL-32-1-3 2026-03-22" for child in children[:12])
        + f"\n{children[0]} before BL-32-1-3 2025-01-01",
    }
    section = waiting_section(drawn_context("vordingborg_next_step", tables))
    assert section is not None
    table = section.tables[0]
    assert table.cell("ended_count", group=FIRST_MEASURE, month=month_label(1)).value == 12
    concern = next(each for each in section.tables if each.table_id == "concern")
    assert concern.cell("days_median", area="Hele kommunen").value == 28, "from 2 February to 2 March"
    assert section.answer == "Efter 3 måneder var 60 procent af børnene begyndt på en indsats."
    assert faults_of(section) == []


def test_a_small_rest_without_a_road_is_not_told_by_the_two_roads() -> None:
    """60 requests by two roads and three of which nobody wrote the road: no table shows the three, nor both roads."""
    unknown = requests("D1", 3, waits=10, road="-")
    tables = {"institutions": INSTITUTIONS, "support_requests": f"{REQUESTS}\n{unknown}"}
    section = waiting_section(drawn_context("koebenhavn_ressourceforum", tables))
    assert section is not None
    whole = [row[section.tables[0].column_index("whole_count")].value for row in section.tables[0].rows]
    assert 3 not in whole
    assert not {20, 40} <= set(whole)
