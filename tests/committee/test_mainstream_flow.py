"""Ways into and out of settings outside the mainstream, as a reader may see them: everything adds up, and nothing hidden follows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import duckdb
import pytest

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.mainstream import mainstream_section
from pipelines.committee.mainstream_flow import pooled_years, years_of
from pipelines.committee.mainstream_flow_figure import way_figures
from pipelines.disclosure.attack import find_pinned
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, SumRelation, Total, TotalColumn
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish import figures
from pipelines.publish.number_check import numbers_shown, numbers_without_source
from pipelines.publish.section import Figure
from tests.committee.conftest import scenario_municipality, settings_of
from tests.committee.flow_of import flow_of, school_shares

SUMS = {
    "before": ("returned", "finished", "left", "stayed"),
    "from_mainstream": ("first_time", "repeated"),
    "now": ("stayed", "from_mainstream", "at_school_start", "arrived"),
}


@pytest.fixture(scope="module")
def tables() -> dict[str, ProtectedTable]:
    """Those of the whole section, and the one that both tables of ways are cut from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "render", lambda *_, **__: "<svg/>")
        context = scenario_municipality("small_effect", children=6000, seed=5)
        tables = {table.table_id: table for table in mainstream_section(context).tables}
        assert {"mainstream_way_out", "mainstream_way_in"} <= set(tables)
        return tables | {"mainstream_flow": flow_of(context)}


def rows_of(table: ProtectedTable) -> list[Mapping[str, Any]]:
    """The rows as values; of the table of ways those of one year."""
    rows = [{column.name: cell.value for column, cell in zip(table.columns, row, strict=True)} for row in table.rows]
    return [row for row in rows if "school_year" not in row or row["school_year"] != pooled_years(table)]


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


def test_the_years_together_are_the_sum_of_the_years(tables: dict[str, ProtectedTable]) -> None:
    flow = tables["mainstream_flow"]
    pooled, years = pooled_years(flow), rows_of(flow)
    assert pooled == "2024/25 til 2026/27"
    entered = [row["from_mainstream"] for row in years]
    assert flow.cell("from_mainstream", school_year=pooled).value == sum(entered)
    assert pooled not in tables["mainstream_way_in"].values("school_year")
    assert pooled not in tables["mainstream_way_out"].values("school_year")


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


def what_adds_up(table: ProtectedTable) -> list[Total]:
    """What the words of the table say: the year's sums, one year's end is the next one's beginning, and all years together."""

    def at(column: str, year: str) -> CellAt:
        return CellAt(column, (("school_year", year),))

    pooled, years = pooled_years(table), [row["school_year"] for row in rows_of(table) if row["now"] is not None]
    sums: list[Total] = [TotalColumn(total, parts) for total, parts in SUMS.items()]
    sums += [SumRelation(at("before", later), (at("now", earlier),)) for earlier, later in pairwise(years)]
    if pooled is not None:
        first, last = years_of(pooled)
        summed = [row["school_year"] for row in rows_of(table) if first <= row["school_year"] <= last]
        for column in ("from_mainstream", "first_time", "repeated", "at_school_start"):
            sums.append(SumRelation(at(column, pooled), tuple(at(column, year) for year in summed)))
    return sums


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_in_a_small_municipality_no_way_of_one_to_four_children_is_told_or_follows(
    seed: int,
) -> None:
    table = flow_of(scenario_municipality("small_effect", children=900, seed=seed))
    hidden = 0
    for row in rows_of(table):
        assert not any(isinstance(value, int) and 1 <= value <= 4 for value in row.values())
        for total, parts in SUMS.items():
            missing = [name for name in (total, *parts) if row[name] is None]
            assert len(missing) != 1, (row["school_year"], missing)
        hidden += sum(value is None for value in row.values())
    assert hidden > 0
    assert find_pinned(table, totals=what_adds_up(table)) == []
    statuses = {cell.status for row in table.rows for cell in row if row[0].value != pooled_years(table)}
    assert statuses <= {CellStatus.SHOWN, CellStatus.HIDDEN}


@pytest.mark.parametrize(("children", "seed"), [(600, 1), (600, 3), (600, 5), (700, 1)])
def test_beside_the_table_of_shares_nothing_more_follows(children: int, seed: int) -> None:
    """It shows how many are outside in each of the two years, whatever is hidden here."""
    context = scenario_municipality("no_effect", children=children, seed=seed)
    table, shares = flow_of(context), school_shares(context).table
    outside = {
        row["school_year"]: row["segregated_count"] for row in rows_of(shares) if row["area"] == WHOLE_MUNICIPALITY
    }
    column = {name: table.column_index(name) for name in ("before", "now")}
    known = []
    for row in table.rows:
        cells, year = list(row), str(row[0].value)
        if year in outside and any(cell.value is not None for cell in row[1:]):
            first = int(year[:4])
            for name, of_year in (("before", f"{first - 1}/{first % 100:02d}"), ("now", year)):
                if outside.get(of_year) is not None:
                    assert cells[column[name]].value in (None, outside[of_year])
                    cells[column[name]] = Cell(outside[of_year])
        known.append(tuple(cells))
    joined = replace(table, rows=tuple(known))
    assert find_pinned(joined, totals=what_adds_up(joined)) == []


YEAR = {
    "before": 90, "returned": 8, "finished": 12, "left": 10, "stayed": 60, "from_mainstream": 20, "first_time": 20,
    "repeated": 0, "at_school_start": 7, "arrived": 6, "now": 93,
}  # fmt: skip


def drawn_flow(**counts: int) -> ProtectedTable:
    """One year of ways, protected as the section does it."""
    row = YEAR | counts
    assert row["before"] == row["returned"] + row["finished"] + row["left"] + row["stayed"]
    assert row["now"] == row["stayed"] + row["from_mainstream"] + row["at_school_start"] + row["arrived"]
    return protect(
        [{"school_year": "2026/27", **row}],
        table_id="mainstream_flow",
        title="Veje",
        columns=(TableColumn("school_year", "Skoleår", "label"), *(TableColumn(name, name, "count") for name in row)),
        source="Kilde: konstruerede tal.",
        totals=[TotalColumn(total, parts) for total, parts in SUMS.items()],
    )


def figure_of(flow: ProtectedTable) -> Figure:
    (figure,) = way_figures(ReportContext(duckdb.connect(), settings_of(), date(2026, 9, 30), {}), flow)
    return figure


def test_the_year_is_drawn_with_its_numbers() -> None:
    figure = figure_of(drawn_flow())
    assert figure.table_id == "mainstream_way_in"
    assert figure.title == "20 elever kom fra almen klasse, og 8 kom tilbage i 2026/27"
    assert "Nye: fra almen klasse til uden for almen (20\u00a0børn)" in figure.alt_text
    assert "Flest bliver uden for almen (60\u00a0børn)" in figure.alt_text
    words = " ".join((figure.title, figure.subtitle, figure.alt_text, figure.source))
    assert numbers_without_source(words, numbers_shown([drawn_flow()]) | {"9"}) == []


def test_the_drawing_is_the_same_whatever_the_hidden_counts_are() -> None:
    # 3 returned and 5 finished, or 4 and 4: the first is hidden, and another with it
    one, other = drawn_flow(returned=3, finished=5, left=22), drawn_flow(returned=4, finished=4, left=22)
    assert one.cell("returned", school_year="2026/27").status is CellStatus.HIDDEN
    first, second = figure_of(one), figure_of(other)
    assert first == second
    assert first.title == "Ind i og ud af tilbud uden for almen klasse, 2026/27"
    assert "Tilbage" not in first.alt_text
    assert "Nogle strømme er skjult." in first.alt_text


def test_nothing_is_drawn_of_a_year_that_is_not_told() -> None:
    context = ReportContext(duckdb.connect(), settings_of(), date(2026, 9, 30), {})
    hidden = Cell(None, CellStatus.HIDDEN)
    flow = drawn_flow()
    untold = replace(flow, rows=tuple((row[0], *(hidden for _ in row[1:])) for row in flow.rows))
    assert way_figures(context, untold) == way_figures(context, None) == ()
