"""The report's tables of Indsatstrappens Nøgletal: nothing small, nothing from which it follows, reasons for what is missing."""

import itertools
from collections import defaultdict
from types import SimpleNamespace

import pytest

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.key_figures import (
    _tellable,
    key_figure_lines,
    key_figure_tables,
    protected_counts,
    protected_rows,
    reference_dates,
)
from pipelines.disclosure.table import CellStatus
from pipelines.municipalities import load_profile
from pipelines.simulate import simulate_municipality
from tests.committee.conftest import PROFILE, settings_of
from tests.sql.drawn import AS_OF_DATE
from tests.transform.test_truth import built


@pytest.fixture(scope="module", params=[(900, 3), (3000, 6)], ids=str)
def context(request):
    children, seed = request.param
    connection = built(
        simulate_municipality(load_profile(PROFILE), children_count=children, seed=seed, data_end_date=AS_OF_DATE)
    )
    names = dict(connection.execute("SELECT district_code, district_name FROM core.dim_district").fetchall())
    return ReportContext(connection, settings_of(), AS_OF_DATE, names)


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
    assert [item for item, hidden in by_item.items() if sum(hidden) == 1] == []
    for area in {area for _, area in cells}:
        parts = [cells[f"9-moves-{group}", area].status for group in ("all", "down", "closed")]
        assert parts.count(CellStatus.HIDDEN) != 1


def test_a_value_is_shown_only_where_its_counts_are(context):
    rows = protected_rows(context, reference_dates(context)[-1])
    assert {row.line.code for row in rows} == {line.code for line in key_figure_lines()}
    for row in rows:
        if CellStatus.HIDDEN in (row.counted.status, row.of.status):
            assert row.value.status is CellStatus.HIDDEN
        if row.counted.status is CellStatus.NOT_COMPUTABLE:
            assert row.reason


def test_lengths_of_stay_are_told_of_ten_children_and_more(context):
    rows = protected_rows(context, reference_dates(context)[-1], 2)
    for row in rows:
        if row.value.value is not None:
            assert row.area == WHOLE_MUNICIPALITY
            assert row.of.value >= 10


def test_the_tables_hold_every_key_figure_and_say_why_one_is_missing(tables):
    municipality, districts = tables
    assert set(municipality.values("number")) == {str(number) for number in range(1, 13)}
    days = dict(zip(municipality.values("number"), municipality.values("day"), strict=True))
    # the accounts of 2026 are not over yet, so spend stands as a year before
    assert days == {**dict.fromkeys(days, "30-09-2026"), "11": "30-09-2025"}
    missing = "kan ikke opgøres, fordi listen over børn viser ikke, hvor mange unge på 18-22 år der bor i kommunen"
    assert municipality.values("unit").count(missing) == 1
    assert districts.values("area")[-1] == WHOLE_MUNICIPALITY
    for column in districts.columns[1:]:
        assert [value for value in districts.values(column.name) if value is not None and 0 < value < 5] == []


def test_the_two_tables_never_contradict_each_other(tables):
    municipality, districts = tables
    titles = {line.title: line.code for line in key_figure_lines()}
    whole = {titles[row[1].value]: row[3] for row in municipality.rows if row[1].value in titles}
    for column in districts.columns[1:]:
        assert districts.cell(column.name, area=WHOLE_MUNICIPALITY) == whole[column.name]


def test_spend_of_few_children_does_not_follow_from_the_sum():
    """Ten children at least behind every amount, also behind what the shown rungs leave of the sum."""
    context = SimpleNamespace(rule=SimpleNamespace(minimum_group_children=10))
    for numbers in itertools.product((0, 4, 30), repeat=3):
        amounts = [
            {
                "area_kind": "municipality",
                "group_code": f"rung_{rung}",
                "numerator": 100.0 * count,
                "children_count": count,
            }
            for rung, count in enumerate(numbers, start=2)
        ]
        whole = {
            "area_kind": "municipality",
            "group_code": "all",
            "numerator": 1.0,
            "children_count": sum(numbers) or 10,
        }
        shown = _tellable(context, [*amounts, whole])
        hidden = [row["children_count"] for row in amounts if row not in shown]
        assert all(count < 10 for count in hidden)
        if whole in shown and hidden:
            assert len(hidden) > 1
            assert sum(hidden) >= 10
