"""Where new pupils outside the mainstream came from, as a reader may see it: parts add up to what is told, nothing follows."""

from collections.abc import Mapping
from typing import Any

import pytest

from pipelines.committee.context import ReportContext
from pipelines.committee.mainstream_entries import entries_table, entry_rows, entry_tables
from pipelines.committee.mainstream_flow import pooled_years
from pipelines.disclosure.attack import find_pinned
from pipelines.disclosure.table import CellStatus, ProtectedTable
from tests.committee.conftest import scenario_municipality
from tests.committee.flow_of import flow_of

SOURCES = ("children", "institutions", "school_placements")


def records_of(table: ProtectedTable) -> list[Mapping[str, Any]]:
    names = [column.name for column in table.columns]
    return [{name: cell.value for name, cell in zip(names, row, strict=True)} for row in table.rows]


@pytest.fixture(scope="module")
def made() -> tuple[ReportContext, ProtectedTable, dict[str, ProtectedTable]]:
    """A context, its table of ways, and the printed tables; the context's tables stand as long as no other is made."""
    context = scenario_municipality("small_effect", children=6000, seed=5, sources=SOURCES)
    flow = flow_of(context)
    return context, flow, {table.table_id: table for table in entry_tables(context, flow)}


def test_schools_grades_and_districts_each_add_up_to_the_ways_in(
    made: tuple[ReportContext, ProtectedTable, dict[str, ProtectedTable]],
) -> None:
    context, flow, _ = made
    found = entry_rows(context, flow)
    assert found is not None
    rows, _, _ = found
    entered = flow.cell("from_mainstream", school_year=pooled_years(flow)).value
    starts = flow.cell("at_school_start", school_year=pooled_years(flow)).value
    of = {"grade": entered, "school": entered, "start": starts}
    for part, whole in of.items():
        parts = [row for row in rows if row["part"] == part and not row["place"].endswith("i alt")]
        parts = [row for row in parts if row["place"] != "I alt"]
        assert sum(row["entered_count"] for row in parts) == whole
    ordinary = next(row for row in rows if row["place"] == "Skolestart fra alment dagtilbud")
    daycares = [row for row in rows if row["part"] == "daycare" and row["place"] != "I alt"]
    assert sum(row["entered_count"] for row in daycares) == ordinary["entered_count"]
    assert sum(row["pupils_count"] for row in daycares) == ordinary["pupils_count"]


def test_the_totals_printed_are_those_of_the_ways_in(
    made: tuple[ReportContext, ProtectedTable, dict[str, ProtectedTable]],
) -> None:
    _, flow, tables = made
    pooled = pooled_years(flow)
    entered = flow.cell("from_mainstream", school_year=pooled).value
    assert entered is not None
    for name in ("mainstream_entry_grades", "mainstream_entry_schools"):
        assert tables[name].cell("entered_count", place="Fra almen klasse i alt").value == entered
        assert pooled is not None
        assert pooled in tables[name].title
    grades = tables["mainstream_entry_grades"]
    assert (
        grades.cell("entered_count", place="Skolestart i alt").value
        == flow.cell("at_school_start", school_year=pooled).value
    )


def test_the_share_is_of_those_in_the_grade_below_a_year_before(
    made: tuple[ReportContext, ProtectedTable, dict[str, ProtectedTable]],
) -> None:
    """Grade 7: straight from the days themselves, children of our own in grade 6 in the mainstream a year before."""
    context, _, tables = made
    grades = tables["mainstream_entry_grades"]
    ((pupils, entered),) = context.connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE later.state_code = 'segregated') FROM core.fct_reference_day_state AS earlier "
        "LEFT JOIN core.fct_reference_day_state AS later ON earlier.child_id = later.child_id "
        "AND year(later.reference_date) = year(earlier.reference_date) + 1 "
        "WHERE earlier.state_code = 'mainstream' AND coalesce(later.grade_number, earlier.grade_number + 1) = 7 "
        "AND year(earlier.reference_date) BETWEEN 2023 AND 2025"
    ).fetchall()
    assert grades.cell("pupils_count", place="7. klasse").value == pupils
    assert grades.cell("entered_count", place="7. klasse").value == entered
    assert grades.cell("share", place="7. klasse").value == pytest.approx(entered / pupils, abs=0.0005)


@pytest.mark.parametrize(("children", "seed"), [(900, 1), (2500, 2)])
def test_no_school_tells_of_one_to_four_children(children: int, seed: int) -> None:
    context = scenario_municipality("small_effect", children=children, seed=seed, sources=SOURCES)
    flow = flow_of(context)
    table, found = entries_table(context, flow), entry_rows(context, flow)
    if found is None:
        assert entry_tables(context, flow) == ()
        return
    assert table is not None
    rows, totals, published = found
    # what is known from the table of ways is told in both, so that each may be tried alone
    for cell in published:
        assert table.cell("entered_count", **dict(cell.labels)).status is CellStatus.SHOWN
    assert find_pinned(table, totals=totals) == []
    hidden = 0
    for true, shown in zip(rows, records_of(table), strict=True):
        for name in ("pupils_count", "entered_count"):
            assert shown[name] is None or shown[name] == true[name]
            assert shown[name] is None or not 1 <= shown[name] <= 4
            hidden += shown[name] is None
    assert hidden > 0


def test_where_the_ways_in_are_hidden_no_parts_are_told(
    made: tuple[ReportContext, ProtectedTable, dict[str, ProtectedTable]],
) -> None:
    _, flow, _ = made
    without = flow.excerpt("mainstream_flow", title="", keep_row=lambda row: row["school_year"] != pooled_years(flow))
    assert entry_tables(made[0], without) == ()
    assert entry_tables(made[0], None) == ()
