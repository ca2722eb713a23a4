"""The report's tables of Indsatstrappens Nøgletal: nothing small, nothing from which it follows, reasons for what is missing."""

from collections import defaultdict
from datetime import date
from types import SimpleNamespace

import pytest

from pipelines.committee import ladder_key_figures
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.key_figures import key_figure_lines, key_figure_tables, protected_rows, reference_dates
from pipelines.committee.ladder_counts import Counts, count_at, count_row
from pipelines.committee.ladder_key_figures import _hidden_with_others, _protected_alone, protected_counts
from pipelines.committee.spend import ALL_RUNGS, spend_part
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import TotalRow
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import CellStatus, TableColumn
from pipelines.municipalities import load_profile
from pipelines.simulate import simulate_municipality
from tests.committee.conftest import PROFILE, settings_of
from tests.sql.drawn import AS_OF_DATE
from tests.transform.test_truth import filled


@pytest.fixture(scope="module")
def context():
    connection = filled(
        simulate_municipality(load_profile(PROFILE), children_count=1200, seed=6, data_end_date=AS_OF_DATE)
    )
    names = dict(connection.execute("SELECT district_code, district_name FROM core.dim_district").fetchall())
    return ReportContext(connection, settings_of(), AS_OF_DATE, names)


@pytest.fixture(scope="module")
def rows(context):
    return protected_rows(context, reference_dates(context)[-1])


@pytest.fixture(scope="module")
def tables(context):
    return key_figure_tables(context)


def test_nothing_small_is_shown_and_nothing_small_follows_from_a_sum(context):
    """Of the cells of a sum, either none is hidden or at least two are: else the hidden one is the difference."""
    counts = protected_counts(context, reference_dates(context)[-1])
    cells = {(row[0].value, row[1].value): row[2] for row in counts.rows}
    assert [cell.value for cell in cells.values() if cell.value is not None and 0 < cell.value < 5] == []
    by_item = defaultdict(list)
    for (item, _), cell in cells.items():
        by_item[item].append(cell.status is CellStatus.HIDDEN)
    assert any(any(hidden) for hidden in by_item.values())
    # what is there for the whole municipality alone is no sum of districts
    assert [item for item, hidden in by_item.items() if sum(hidden) == 1 and len(hidden) > 1] == []
    for area in {area for _, area in cells}:
        parts = [cells[f"9-moves-{group}", area].status for group in ("all", "down", "closed")]
        assert parts.count(CellStatus.HIDDEN) != 1


def test_a_value_is_shown_only_where_its_counts_are(rows):
    assert {row.line.code for row in rows} == {line.code for line in key_figure_lines()}
    for row in rows:
        if CellStatus.HIDDEN in (row.counted.status, row.of.status):
            assert row.value.status is CellStatus.HIDDEN
        if row.counted.status is CellStatus.NOT_COMPUTABLE:
            assert row.reason


def test_lengths_of_stay_are_told_of_ten_children_and_more(rows):
    for row in rows:
        if row.line.key_figure_number == 2 and row.value.value is not None:
            assert row.area == WHOLE_MUNICIPALITY
            assert row.of.value >= 10


def test_the_tables_hold_every_key_figure_and_say_why_one_is_missing(tables):
    municipality, districts = tables
    assert set(municipality.values("number")) == {str(number) for number in range(1, 13)}
    # the accounts of 2026 are not over yet, so spend stands as a year before
    assert municipality.title.endswith("opgjort 30-09-2026")
    assert "Nøgletal 11 er opgjort 30-09-2025." in municipality.source
    missing = "fordi listen over børn ikke viser, hvor mange unge på 18-22 år der bor i kommunen."
    assert municipality.source.count(f"Noget af nøgletal 11 kan ikke opgøres, {missing}") == 1
    assert districts.values("area")[-1] == WHOLE_MUNICIPALITY
    for column in districts.columns[1:]:
        assert [value for value in districts.values(column.name) if value is not None and 0 < value < 5] == []


def test_the_two_tables_never_contradict_each_other(tables):
    municipality, districts = tables
    titles = {line.title: line.code for line in key_figure_lines()}
    whole = {titles[row[1].value]: row[2] for row in municipality.rows if row[1].value in titles}
    for column in districts.columns[1:]:
        assert districts.cell(column.name, area=WHOLE_MUNICIPALITY) == whole[column.name]


def test_kroner_are_told_where_the_tables_on_spend_tell_them(context, tables):
    """The accounts of 2025 rung by rung and in sum: shown in both tables or hidden in both, to the krone here, to the 1.000 there."""
    accounts = next(table for table in spend_part(context).tables if table.table_id == "spend_accounts")
    groups = {ALL_RUNGS: "all"} | {
        row[1].value: f"rung_{str(row[1].value)[0]}" for row in accounts.rows if row[1].value[0].isdigit()
    }
    titles = {line.title: line.code for line in key_figure_lines(11)}
    told = {titles[row[1].value]: row[2].value for row in tables[0].rows if row[1].value in titles}
    compared = [
        (told[f"11-dkk_per_0_17-{groups[row[1].value]}"], row[accounts.column_index("amount_dkk")].value)
        for row in accounts.rows
        if row[0].value == "2025" and row[1].value in groups
    ]
    assert len(compared) > 4
    assert [here is None for here, _ in compared] == [there is None for _, there in compared]
    shown = [(1000 * round(here / 1000), there) for here, there in compared if there is not None]
    assert shown
    assert all(here == there for here, there in shown)
    assert len(shown) < len(compared)


def test_the_same_years_moves_are_told_once_where_the_reference_date_ends_a_calendar_year(monkeypatch):
    """12 of the year's 15 moves up are from rung 3: the 3 others would follow. Of the moves down, 20 and 20: 0 others."""
    moves = protect(
        [{"period": "2025, socialsporet", "area": WHOLE_MUNICIPALITY, "up_count": 15, "down_count": 20, "closed_count": 30}],
        columns=(*(TableColumn(name, name, "label") for name in ("period", "area")),
                 *(TableColumn(name, name, "count") for name in ("up_count", "down_count", "closed_count"))),
        table_id="moves", title="", source="",
    )  # fmt: skip
    counts = protect(
        [
            {"item": item, "area": area, "children_count": count}
            for item, count in {"8-moves-all": 12, "8-moves-rung_4": 12, "8-moves-all under": 40, "9-moves-down": 20,
                                "9-moves-closed": 10, "9-moves-all": 30}.items()
            for area in ("Nord", WHOLE_MUNICIPALITY)
        ],
        columns=(TableColumn("item", "", "label"), TableColumn("area", "", "label"), TableColumn("children_count", "", "count")),
        table_id="counts", title="", source="",
    )  # fmt: skip
    monkeypatch.setattr(ladder_key_figures, "move_records", lambda _: [{"calendar_year": 2025}])
    monkeypatch.setattr(ladder_key_figures, "models_of_year", lambda *_: {})
    monkeypatch.setattr(ladder_key_figures, "protect_moves", lambda *_, **__: (moves, ()))
    settings = SimpleNamespace(rule=DisclosureRule())
    hidden = _hidden_with_others(settings, counts, date(2025, 12, 31))
    assert {item for item, area in hidden if area == WHOLE_MUNICIPALITY} == {"8-moves-all", "8-moves-rung_4"}
    districts = {item for item, area in hidden if area == "Nord"}
    assert districts == {"8-moves-all", "8-moves-rung_4", "9-moves-down", "9-moves-closed", "9-moves-all"}
    assert _hidden_with_others(settings, counts, date(2025, 9, 30)) == set()


def test_what_nothing_protects_is_hidden_altogether():
    """One child of one district on rung 6 and none elsewhere, beside a whole that another table shows: no table could hide it."""
    rows = [count_row("key_figure", "1-children-all", area, 3) for area in ("Nord", WHOLE_MUNICIPALITY)]
    total = TotalRow("second", WHOLE_MUNICIPALITY, within=("kind", "first"))
    shown = [count_at("key_figure", "1-children-all", WHOLE_MUNICIPALITY)]
    table = _protected_alone(SimpleNamespace(rule=DisclosureRule()), Counts(rows, [total], shown))
    assert [row[3].status for row in table.rows] == [CellStatus.HIDDEN] * 2
