"""The five needs and the three forms of action on drawn rows: every kind counted, none written beside them, nothing small told."""

import pytest

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.cooperation.cases import cases_section
from pipelines.committee.cooperation.indicators import answer
from pipelines.committee.cooperation.kinds import NOT_NOTED, need_table
from pipelines.committee.cooperation.numbers import Numbers
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable
from pipelines.publish.section import Section
from tests.committee.drawn_cooperation import drawn_context, faults_of, lines_of

INSTITUTIONS = """
    institution_code institution_name institution_type_code district_code
    D1               Birken           daycare               NORD
"""
SESSIONS = """
    session_id forum_code             institution_code planned_date held_date  session_status_code
    M1         koordineringskonference D1              2025-09-01   2025-09-01 held
    M2         familiemoede            D1              2025-09-01   2025-09-01 held
"""


def drawn(needs: dict[str, int], actions: dict[str, int]) -> ReportContext:
    """So many cases of each need and agreements of each form at the conference; ten more cases at a family meeting."""
    cases = [
        f"M1 {need}{n} {need}{n} false child {need} 2025-09-01" for need, count in needs.items() for n in range(count)
    ]
    cases += [f"M2 family{n} family{n} false child parent_cooperation 2025-09-01" for n in range(10)]
    agreed = [f"{kind}{n} M1 {kind} 2025-09-01 2025-10-01" for kind, count in actions.items() for n in range(count)]
    tables = {
        "institutions": INSTITUTIONS,
        "sessions": SESSIONS,
        "session_cases": "\n".join(
            ["session_id case_id child_id is_anonymous level_code support_need_code case_date", *cases]
        ),
        "agreements": "\n".join(["agreement_id session_id cross_action_code agreed_date due_date", *agreed]),
    }
    return drawn_context("ballerup_moedestruktur", tables)


NEEDS = {"professional_development": 12, "parent_cooperation": 8, "child_intervention": 20, "-": 10}
ACTIONS = {"coordinated": 15, "joint": 9, "single_person": 6, "-": 10}


@pytest.fixture(scope="module")
def context() -> ReportContext:
    return drawn(NEEDS, ACTIONS)


@pytest.fixture(scope="module")
def section(context: ReportContext) -> Section:
    found = cases_section(context)
    assert found is not None
    return found


def table_of(section: Section, table_id: str) -> ProtectedTable:
    return next(table for table in section.tables if table.table_id == table_id)


def value_of(context: ReportContext, measure_id: str) -> float | None:
    indicator = next(each for each in context.settings.profile.indicators if each.measure_id == measure_id)
    return answer(Numbers(context), indicator).value


def test_every_need_of_the_document_stands_there_and_the_family_meetings_are_another_forum(section: Section) -> None:
    table = table_of(section, "needs")
    counts = [cell.value for cell in (row[1] for row in table.rows)]
    assert counts == [12, 0, 8, 0, 20, 10, 12 + 8 + 20 + 10]
    assert table.values("kind")[-2:] == [NOT_NOTED, WHOLE_MUNICIPALITY]
    assert table.cell("kind_share", kind=NOT_NOTED).value == 10 / 50


def test_every_form_of_action_stands_there(section: Section) -> None:
    assert lines_of(table_of(section, "actions"), "kind_count", "kind_share") == [
        f"15 | {round(15 / 40, 2)}", "6 | 0.15", f"9 | {round(9 / 40 + 1e-9, 2)}", "10 | 0.25", "40 | 1.0",
    ]  # fmt: skip


def test_the_whole_is_that_of_the_tables_beside(section: Section) -> None:
    by_kind = table_of(section, "cases_by_kind").cell("cases_count", area=WHOLE_MUNICIPALITY)
    agreed = table_of(section, "agreements").cell("agreements_count", area=WHOLE_MUNICIPALITY)
    assert (by_kind, agreed) == (Cell(50), Cell(40))


def test_the_indicators_are_shares_of_the_tables(context: ReportContext) -> None:
    assert value_of(context, "support_need_share") == pytest.approx(100 * (12 + 8 + 20) / 50)
    assert value_of(context, "cross_action_share") == pytest.approx(100 * (15 + 9) / (15 + 9 + 6))


def test_the_texts_pass_the_gates(section: Section) -> None:
    assert faults_of(section) == []


def test_a_small_kind_is_hidden_with_another_and_no_share_gives_it_back() -> None:
    """Three cases without a need: hidden with a second one, and no share says 3 of 43; the indicators are hidden too."""
    context = drawn({**NEEDS, "-": 3}, {**ACTIONS, "single_person": 2})
    section = cases_section(context)
    assert section is not None
    for table_id, small in (("needs", NOT_NOTED), ("actions", "Aktion fra en enkelt person")):
        table = table_of(section, table_id)
        assert table.cell("kind_count", kind=small).status is CellStatus.HIDDEN
        assert table.cell("kind_share", kind=small).status is CellStatus.HIDDEN
        hidden = [row for row in table.rows if row[1].status is CellStatus.HIDDEN]
        assert len(hidden) > 1
        assert all(row[2].status is not CellStatus.SHOWN for row in hidden)
    assert value_of(context, "support_need_share") is None
    assert value_of(context, "cross_action_share") is None


def test_where_another_table_hides_the_whole_there_is_no_table(context: ReportContext) -> None:
    assert need_table(context, known=Cell(None, CellStatus.HIDDEN)) is None
