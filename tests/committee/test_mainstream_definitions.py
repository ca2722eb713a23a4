"""Our register under each published definition, beside what is published: what a reader may be told of the difference."""

from collections.abc import Callable
from typing import Any

import pytest

from pipelines.committee.context import ReportContext
from pipelines.committee.mainstream_definitions import UNKNOWN, definitions_table
from pipelines.disclosure.table import CellStatus, ProtectedTable
from tests.committee.conftest import SOURCES, scenario_municipality

YEAR = "2026/27"
PARTS = ("grades", "area_rule", "counting")
MINISTRY = "STIL"


@pytest.fixture(scope="module")
def table_and_counts() -> tuple[ProtectedTable, list[dict[str, Any]]]:
    context = scenario_municipality("small_effect", children=3000, seed=5, sources=(*SOURCES, "segregation_figures"))
    counts = context.records(
        "SELECT definition_id, pupils_count, segregated_count FROM marts.mart_definition_step "
        f"WHERE school_year = '{YEAR}' AND step_number = 3 ORDER BY definition_id"
    )
    return definitions_table(context, YEAR), counts


@pytest.fixture(scope="module")
def table(table_and_counts: tuple[ProtectedTable, list[dict[str, Any]]]) -> ProtectedTable:
    return table_and_counts[0]


def test_every_published_definition_has_its_row_and_ours_is_what_its_owner_published(table: ProtectedTable) -> None:
    # the made-up sources count the same pupils, each by its own rule, so every difference is one of definition
    assert len(table.rows) == 4
    assert table.values("agrees") == ["ja"] * 4
    assert all(value is not None for value in table.values("published"))


def test_the_parts_lead_from_our_own_number_to_theirs(table: ProtectedTable) -> None:
    for row in table.rows:
        shown = {column.name: cell.value for column, cell in zip(table.columns, row, strict=True)}
        led = round(shown["own"], 1) + sum(shown[part] for part in PARTS)
        assert led == pytest.approx(round(shown["counted"], 1), abs=1e-9)
    assert any(abs(value) >= 0.1 for part in PARTS for value in table.values(part))


def test_no_count_is_told_but_in_fives(table_and_counts: tuple[ProtectedTable, list[dict[str, Any]]]) -> None:
    table, counts = table_and_counts
    in_fives = [5 * round(row["segregated_count"] / 5) / (5 * round(row["pupils_count"] / 5)) for row in counts]
    assert table.values("counted") == pytest.approx([100 * share for share in in_fives])


def test_a_figure_of_another_municipality_or_of_none_is_not_ours(
    scenario_context: Callable[..., ReportContext],
) -> None:
    missing = definitions_table(scenario_context("small_effect", children=3000, seed=5), YEAR)
    index = missing.column_index("published")
    assert {row[index].status for row in missing.rows} == {CellStatus.NOT_RECEIVED}
    assert set(missing.values("agrees")) == {UNKNOWN}


def test_a_figure_that_its_source_hides_is_told_apart_from_one_that_we_hide(
    scenario_context: Callable[..., ReportContext],
) -> None:
    # so small that hardly anybody is outside ordinary teaching; the ministry leaves such rows out, the others send them empty
    small = definitions_table(
        scenario_context("small_effect", children=120, seed=2, sources=(*SOURCES, "segregation_figures")), YEAR
    )
    published, counted = small.column_index("published"), small.column_index("counted")
    statuses = {row[0].value: row[published].status for row in small.rows}
    assert statuses.pop(MINISTRY) is CellStatus.NOT_RECEIVED
    assert set(statuses.values()) == {CellStatus.HIDDEN_BY_SOURCE}
    assert {row[counted].status for row in small.rows} == {CellStatus.HIDDEN}


def test_a_published_number_that_is_not_ours_is_said_not_to_be(scenario_context: Callable[..., ReportContext]) -> None:
    context = scenario_context("small_effect", children=3000, seed=5, sources=(*SOURCES, "segregation_figures"))
    context.connection.execute(
        "UPDATE typed.segregation_figures SET figure_value = figure_value - 1 WHERE definition_id = 'stil_kommunal' "
        "AND measure_code = 'inclusion_pct'"
    )
    table = definitions_table(context, YEAR)
    assert table.cell("agrees", definition=MINISTRY).value == "nej"
