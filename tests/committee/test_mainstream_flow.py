"""Ways into and out of settings outside the mainstream, as a reader may see them: everything adds up, and nothing hidden follows."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.mainstream import mainstream_section
from pipelines.committee.mainstream_flow import flow_table
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.publish import figures
from pipelines.publish.share_series import ShareSeries


def tables_of(context: ReportContext) -> dict[str, ProtectedTable]:
    """The section's tables, and the one that both tables of ways are cut from."""
    tables = {table.table_id: table for table in mainstream_section(context).tables}
    shares = ShareSeries("own_register_school", tables["mainstream_school"], "area", "school_year", "share")
    flow = flow_table(context, shares)
    assert flow is not None
    assert {"mainstream_way_out", "mainstream_way_in"} <= set(tables)
    return tables | {"mainstream_flow": flow}


@pytest.fixture
def tables(
    scenario_context: Callable[..., ReportContext], monkeypatch: pytest.MonkeyPatch
) -> dict[str, ProtectedTable]:
    monkeypatch.setattr(figures, "render", lambda *_, **__: "<svg/>")
    return tables_of(scenario_context("small_effect", children=6000, seed=5))


def rows_of(table: ProtectedTable) -> list[Mapping[str, Any]]:
    return [{column.name: cell.value for column, cell in zip(table.columns, row, strict=True)} for row in table.rows]


def test_those_outside_now_are_those_of_the_table_of_shares(tables: dict[str, ProtectedTable]) -> None:
    shares = tables["mainstream_school"]
    compared = 0
    for row in rows_of(tables["mainstream_flow"]):
        whole = shares.cell("segregated_count", area=WHOLE_MUNICIPALITY, school_year=row["school_year"])
        if row["now"] is not None:
            assert row["now"] == whole.value
            compared += 1
    assert compared >= 2


def test_one_year_begins_where_the_year_before_ended(tables: dict[str, ProtectedTable]) -> None:
    rows = rows_of(tables["mainstream_flow"])
    assert len(rows) >= 3
    for earlier, later in pairwise(rows):
        assert later["before"] == earlier["now"]


def test_pupils_with_help_and_the_others_are_all_pupils(tables: dict[str, ProtectedTable]) -> None:
    helped, other, everybody = rows_of(tables["mainstream_helped"])
    shares = tables["mainstream_school"]
    whole = shares.cell("pupils_count", area=WHOLE_MUNICIPALITY, school_year="2026/27").value
    assert everybody["pupils_count"] == whole == helped["pupils_count"] + other["pupils_count"]
    assert helped["share"] > other["share"]  # drawn so: help and special settings go together


def test_a_cohort_never_outside_shrinks_with_the_years(tables: dict[str, ProtectedTable]) -> None:
    shown = [row["share"] for row in rows_of(tables["mainstream_cohorts"]) if row["share"] is not None]
    assert shown
    assert all(0.5 < share < 1 for share in shown)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_in_a_small_municipality_no_way_of_one_to_four_children_is_told_or_follows(
    seed: int, scenario_context: Callable[..., ReportContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "render", lambda *_, **__: "<svg/>")
    context = scenario_context("small_effect", children=900, seed=seed)
    table = tables_of(context)["mainstream_flow"]
    sums = {
        "before": ("returned", "finished", "left", "stayed"),
        "from_mainstream": ("first_time", "repeated"),
        "now": ("stayed", "from_mainstream", "at_school_start", "arrived"),
    }
    hidden = 0
    for row in rows_of(table):
        assert not any(isinstance(value, int) and 1 <= value <= 4 for value in row.values())
        for total, parts in sums.items():
            missing = [name for name in (total, *parts) if row[name] is None]
            assert len(missing) != 1, (row["school_year"], missing)
        hidden += sum(value is None for value in row.values())
    assert hidden > 0
    statuses = {cell.status for row in table.rows for cell in row}
    assert statuses <= {CellStatus.SHOWN, CellStatus.HIDDEN}
