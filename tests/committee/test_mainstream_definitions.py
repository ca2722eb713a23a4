"""Our register under each published definition, beside what is published: what a reader may be told of the difference."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.committee.definition_words import owner_names
from pipelines.committee.mainstream_definitions import (
    UNKNOWN,
    definitions_table,
    mainstream_definitions,
    percent_in_fives,
    rounding_words,
)
from pipelines.committee.mainstream_hours import hours_table
from pipelines.committee.mainstream_references import COUNTRY, reference_figures, reference_series
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import CellStatus, ProtectedTable
from tests.committee.conftest import SOURCES, scenario_municipality

YEAR = "2026/27"
PARTS = ("grades", "area_rule", "counting")
MINISTRY = "STIL"
BY_HOURS = "Danmarks Statistik"
FIGURE = (
    "INSERT INTO typed.segregation_figures (definition_id, measure_code, area_code, pupil_group_code, school_year, figure_value, "
    "value_status_code, valid_from) VALUES (?, ?, ?, ?, ?, ?, ?, DATE '2026-10-01')"
)


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
    of_shares = [row for row in table.rows if row[0].value != BY_HOURS]
    assert len(of_shares) == 4
    assert [row[-1].value for row in of_shares] == ["ja"] * 4
    assert all(row[table.column_index("published")].value is not None for row in of_shares)


def test_a_definition_by_hours_has_its_row_and_no_share(table: ProtectedTable) -> None:
    *numbers, agrees = table.find(definition=BY_HOURS)[1:]
    assert {cell.status for cell in numbers} == {CellStatus.NOT_COMPUTABLE}
    assert agrees.value == "opgør timer"


def test_rules_that_nobody_read_at_the_source_are_named(table: ProtectedTable) -> None:
    assert "Reglerne hos STIL og Benchmark er gengivet efter andre." in table.source
    assert "Reglerne hos KL er ikke efterprøvet." in table.source
    assert "FLIS er" not in table.source  # its rules are read in the catalogue


def test_every_status_of_a_rule_is_said_on_the_last_page_but_those_that_were_read() -> None:
    said = {definition.term: definition.text for definition in mainstream_definitions()}
    for row in load_code_table("segregation_definitions").rows:
        term = row["title"].split(":")[0]
        text = said.get(f"{term[:1].upper()}{term[1:]}")
        if text is not None:
            assert ("gengivet efter andre" in text) == (row["rule_status"] == "second_hand"), row["code"]
            assert ("ikke efterprøvet" in text) == (row["rule_status"] == "not_verified"), row["code"]
            assert ("kun for hele landet" in text) == (row["area_rule_code"] == "national"), row["code"]
    assert len(said) >= 7


def test_the_parts_lead_from_our_own_number_to_theirs(table: ProtectedTable) -> None:
    for row in table.rows:
        if row[0].value == BY_HOURS:
            continue
        shown = {column.name: cell.value for column, cell in zip(table.columns, row, strict=True)}
        led = round(shown["own"], 1) + sum(shown[part] for part in PARTS)
        assert led == pytest.approx(round(shown["counted"], 1), abs=1e-9)
    assert any(abs(value) >= 0.1 for part in PARTS for value in table.values(part) if value is not None)


def test_no_count_is_told_but_in_fives(table_and_counts: tuple[ProtectedTable, list[dict[str, Any]]]) -> None:
    table, counts = table_and_counts
    in_fives = [5 * round(row["segregated_count"] / 5) / (5 * round(row["pupils_count"] / 5)) for row in counts]
    assert table.values("counted")[:-1] == pytest.approx([100 * share for share in in_fives])


def test_a_figure_of_another_municipality_or_of_none_is_not_ours(
    scenario_context: Callable[..., ReportContext],
) -> None:
    missing = definitions_table(scenario_context("small_effect", children=3000, seed=5), YEAR)
    index = missing.column_index("published")
    assert {row[index].status for row in missing.rows[:-1]} == {CellStatus.NOT_RECEIVED}
    assert set(missing.values("agrees")[:-1]) == {UNKNOWN}


def test_a_figure_that_its_source_hides_is_told_apart_from_one_that_we_hide(
    scenario_context: Callable[..., ReportContext],
) -> None:
    # so small that hardly anybody is outside ordinary teaching; the ministry leaves such rows out, the others send them empty
    small = definitions_table(
        scenario_context("small_effect", children=120, seed=2, sources=(*SOURCES, "segregation_figures")), YEAR
    )
    published, counted = small.column_index("published"), small.column_index("counted")
    statuses = {row[0].value: row[published].status for row in small.rows if row[0].value != BY_HOURS}
    assert statuses.pop(MINISTRY) is CellStatus.LEFT_OUT_BY_SOURCE
    assert CellStatus.HIDDEN_BY_SOURCE in statuses.values()
    assert set(statuses.values()) <= {CellStatus.HIDDEN_BY_SOURCE, CellStatus.SHOWN}
    assert {row[counted].status for row in small.rows if row[0].value != BY_HOURS} == {CellStatus.HIDDEN}


def test_a_published_number_that_is_not_ours_is_said_not_to_be(scenario_context: Callable[..., ReportContext]) -> None:
    context = scenario_context("small_effect", children=3000, seed=5, sources=(*SOURCES, "segregation_figures"))
    context.connection.execute(
        "UPDATE typed.segregation_figures SET figure_value = figure_value - 1 WHERE definition_id = 'stil_kommunal' "
        "AND measure_code = 'inclusion_pct'"
    )
    table = definitions_table(context, YEAR)
    assert table.cell("agrees", definition=MINISTRY).value == "nej"


@pytest.mark.parametrize(
    ("area", "group", "year", "status"),
    [
        ("K02", "all", YEAR, CellStatus.LEFT_OUT_BY_SOURCE),  # another municipality in the same year
        ("K01", "all", "2025/26", CellStatus.LEFT_OUT_BY_SOURCE),  # ours in another year
        ("K01", "girls", YEAR, CellStatus.LEFT_OUT_BY_SOURCE),  # some of our pupils in the same year
        ("K02", "all", "2025/26", CellStatus.NOT_RECEIVED),  # neither our municipality nor the year
        ("000", "all", YEAR, CellStatus.NOT_RECEIVED),  # the country's figure is no sign of the municipalities'
    ],
)
def test_a_row_that_is_left_out_is_told_apart_from_one_that_never_came(
    scenario_context: Callable[..., ReportContext], area: str, group: str, year: str, status: CellStatus
) -> None:
    context = scenario_context("small_effect", children=120, seed=2)
    context.connection.execute(FIGURE, ["stil_kommunal", "inclusion_pct", area, group, year, 94.0, "published"])
    table = definitions_table(context, YEAR)
    assert table.cell("published", definition=MINISTRY).status is status
    assert table.cell("published", definition="KL").status is CellStatus.NOT_RECEIVED


def test_where_a_row_was_rejected_nobody_says_that_the_source_left_one_out(
    scenario_context: Callable[..., ReportContext],
) -> None:
    """The row that is missing may be the one we could not read."""
    context = scenario_context("small_effect", children=120, seed=2)
    context.connection.execute(FIGURE, ["stil_kommunal", "inclusion_pct", "K01", "all", "2025/26", 94.0, "published"])
    context.connection.execute(
        "INSERT INTO landed.deliveries (delivery_id, source, rows_rejected) VALUES ('d', 'segregation_figures', 1)"
    )
    cell = definitions_table(context, YEAR).cell("published", definition=MINISTRY)
    assert cell.status is CellStatus.NOT_RECEIVED


def test_a_number_beside_the_word_hidden_is_not_a_number(scenario_context: Callable[..., ReportContext]) -> None:
    # some sources write 0 in the place of what they hide
    context = scenario_context("small_effect", children=120, seed=2)
    context.connection.execute(FIGURE, ["kl", "segregation_pct", "K01", "all", YEAR, 0, "hidden_by_source"])
    cell = definitions_table(context, YEAR).cell("published", definition="KL")
    assert (cell.status, cell.value) == (CellStatus.HIDDEN_BY_SOURCE, None)


def test_the_countrys_figure_stands_beside_our_count_under_its_own_definition_only(
    scenario_context: Callable[..., ReportContext], table: ProtectedTable
) -> None:
    context = scenario_context("small_effect", children=3000, seed=5, sources=(*SOURCES, "segregation_figures"))
    context.connection.execute(FIGURE, ["stil_kommunal", "inclusion_pct", "000", "all", "2024/25", 94.0, "published"])
    series = {found.definition_id: found for found in reference_series(context)}
    assert set(series) == {"stil_kommunal", "kl", "flis", "benchmark_alle_0_9"}
    ministry = series["stil_kommunal"]
    assert ministry.table.cell(COUNTRY, school_year="2024/25").value == pytest.approx(100 - 94.0)
    assert ministry.table.cell(COUNTRY, school_year=YEAR).status is CellStatus.LEFT_OUT_BY_SOURCE
    # nobody else's table has a column for the country, since nobody else published for it
    assert all(COUNTRY not in found.references for code, found in series.items() if code != "stil_kommunal")
    (figure,) = reference_figures(context, tuple(series.values()))
    assert figure.table_id == ministry.table.table_id
    assert "Hele landet" in figure.alt_text
    # and what stands beside it is what the table of all definitions says of the year
    for code, found in series.items():
        for column, other in (("own", "counted"), ("published", "published")):
            assert found.table.cell(column, school_year=YEAR) == table.cell(other, definition=owner_names()[code])


def test_pupils_by_hours_are_told_in_fives_and_for_the_whole_alone(
    scenario_context: Callable[..., ReportContext],
) -> None:
    context = scenario_context("small_effect", children=3000, seed=5)
    hours = hours_table(context, YEAR)
    assert hours is not None
    counts = {
        (row["hours_group_code"], row["is_mainstream"]): row["pupils_count"]
        for row in context.records(
            f"SELECT * FROM marts.mart_support_hours WHERE school_year = '{YEAR}' AND definition_id = 'dst_timer'"
        )
    }
    titles = load_code_table("support_hour_groups").titles()
    assert not any(0 < count < 5 for count in counts.values())
    for code, title in titles.items():
        for column, is_inside in (("inside", True), ("outside", False)):
            assert hours.cell(column, hours=title).value == 5 * round(counts.get((code, is_inside), 0) / 5)
    assert "Deres tal findes ikke for en kommune." in hours.source


def test_one_small_number_of_pupils_by_hours_hides_them_all(scenario_context: Callable[..., ReportContext]) -> None:
    context = scenario_context("small_effect", children=3000, seed=5)
    context.connection.execute(
        f"UPDATE marts.mart_support_hours SET pupils_count = 3 WHERE school_year = '{YEAR}' AND hours_group_code = 'unknown'"
    )
    hours = hours_table(context, YEAR)
    assert hours is not None
    assert {cell.status for row in hours.rows for cell in row[1:]} == {CellStatus.HIDDEN}


def test_without_hours_in_the_register_it_is_said_why_they_cannot_be_told(
    scenario_context: Callable[..., ReportContext],
) -> None:
    context = scenario_context("small_effect", children=3000, seed=5)
    context.connection.execute("UPDATE typed.school_placements SET support_hours_per_week = NULL")
    hours = hours_table(context, YEAR)
    assert hours is not None
    assert {row[0].value for row in hours.rows if row[1].status is CellStatus.NOT_COMPUTABLE} == {
        title for code, title in load_code_table("support_hour_groups").titles().items() if code != "unknown"
    }
    assert "fordi registret ikke har støttetimer" in hours.source


def test_how_far_rounding_may_move_a_percent_is_told_and_never_too_little() -> None:
    rule = DisclosureRule()
    for pupils in range(40, 400, 7):
        for segregated in range(5, 40):
            counts = {"pupils_count": pupils, "segregated_count": segregated}
            told = re.search(r"op til ([0-9,]+) procentpoint", rounding_words([counts], rule=rule))
            assert told is not None
            in_fives = percent_in_fives(counts)
            assert in_fives is not None
            assert abs(in_fives - 100 * segregated / pupils) <= float(told[1].replace(",", "."))


def test_a_hidden_count_says_nothing_of_how_far_rounding_moves() -> None:
    rule = DisclosureRule()
    shown = {"pupils_count": 1000, "segregated_count": 50}
    hidden = {"pupils_count": 20, "segregated_count": 2}

    assert rounding_words([shown, hidden], rule=rule) == rounding_words([shown], rule=rule)
