"""The return from segregated settings held between the two models, and by district: what is told, and what must stay untold."""

import math
from collections.abc import Mapping
from datetime import date, timedelta

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.committee.context import ReportContext
from pipelines.committee.ladder_return import EVERYBODY, district_returns, printed_returns, returns_table
from pipelines.committee.ladder_return_models import return_models_table
from pipelines.committee.ladder_spells import SegregatedStays, StayEnd
from pipelines.committee.stay_months import month_label
from pipelines.disclosure.attack import find_pinned
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.publish.danish import claims_beyond_level, words_to_avoid
from tests.committee.conftest import settings_of

CAME = date(2024, 8, 1)
ADVISED = ("NORD", "SYD")
NAMES = {"NORD": "Nord", "SYD": "Syd", "VEST": "Vest", "OEST": "Øst"}


def context() -> ReportContext:
    connection = duckdb.connect()
    connection.execute(
        "CREATE SCHEMA core; CREATE TABLE core.fct_organisation AS "
        f"SELECT 'district' AS unit_kind_code, 'NORD' AS unit_code, 'district_adviser' AS model_code, DATE '{CAME}' AS start_date"
    )
    return ReportContext(connection, settings_of(), date(2026, 9, 30), NAMES)


def stays(returned: Mapping[str, int], *, of: int = 20, start: date = CAME) -> SegregatedStays:
    """So many stays of each district, the first `returned` of them back after 100 days, the others followed for 800."""
    rows = [
        (start, 100 if i < back else 800, StayEnd.RETURNED if i < back else StayEnd.STILL_THERE, code,
         "district_adviser" if code in ADVISED and start >= CAME else "authority_caseworker")
        for code, back in returned.items()
        for i in range(of)
    ]  # fmt: skip
    schema = {"start_date": date, "days": int, "end": int, "district": str, "model_code": str}
    return SegregatedStays(pl.DataFrame(rows, schema=schema, orient="row"))


def both(*parts: SegregatedStays) -> SegregatedStays:
    return SegregatedStays(pl.concat([part.frame for part in parts]))


def compared(opened: ReportContext, chosen: SegregatedStays) -> ProtectedTable:
    table = return_models_table(opened, chosen, printed_returns(returns_table(opened, chosen)[0]))
    assert table is not None
    return table


def test_the_difference_has_an_interval_of_districts_and_says_what_it_cannot_decide() -> None:
    table = compared(context(), stays({"NORD": 10, "SYD": 6, "VEST": 5, "OEST": 9}))
    difference = 16 / 40 - 14 / 40
    # without one of two districts the share is the other's: (2 - 1) / 2 x (0.1^2 + 0.1^2) in either arm
    error = math.sqrt(0.5 * (0.1**2 + 0.1**2) * 2)
    t_95, t_80 = 4.3027, 1.0607  # 2 degrees of freedom
    shown = [table.values(name)[0] for name in ("difference", "low", "high", "detectable")]
    expected = [difference, difference - t_95 * error, difference + t_95 * error, error * (t_95 + t_80)]
    assert shown == pytest.approx([100 * value for value in expected], abs=0.06)
    assert table.values("districts") == ["2 med og 2 uden"]
    assert "Det kan ikke afgøres" in table.source
    assert "Det betyder ikke, at modellerne er lige gode." in table.source
    # 2 of the 6 ways to choose two districts are as extreme as can be
    assert "Med så få distrikter kan selv den største forskel komme ved et tilfælde." in table.source
    assert words_to_avoid(table.source) == []
    assert claims_beyond_level(table.source, 1) == []


def test_a_clear_difference_is_told_without_a_cause() -> None:
    table = compared(context(), stays({"NORD": 36, "SYD": 35, "VEST": 7, "OEST": 6}, of=60))
    low = table.values("low")[0]
    assert low is not None
    assert low > 0
    assert "Andelen er 48,3 procentpoint højere i distrikter med rådgiver." in table.source  # 71/120 - 13/120
    assert "så forskellen kan have andre årsager" in table.source
    assert claims_beyond_level(table.source, 1) == []


def test_only_stays_since_the_first_adviser_came_are_compared() -> None:
    since = stays({"NORD": 10, "SYD": 6, "VEST": 5, "OEST": 9})
    before = stays({"NORD": 20, "SYD": 20, "VEST": 8, "OEST": 8}, start=CAME - timedelta(days=1))
    assert compared(context(), both(since, before)).rows == compared(context(), since).rows


def test_few_returns_in_one_kind_of_district_hide_the_difference() -> None:
    table = compared(context(), stays({"NORD": 10, "SYD": 6, "VEST": 1, "OEST": 2}))
    assert {cell.status for cell in table.rows[0][1:]} == {CellStatus.HIDDEN}
    assert "Der er for få ophold til at vise en forskel." in table.source


def test_without_two_kinds_of_district_there_is_no_table() -> None:
    opened = context()
    for chosen in (stays({"VEST": 9, "OEST": 9}), stays({"NORD": 9, "SYD": 9})):
        assert return_models_table(opened, chosen, printed_returns(returns_table(opened, chosen)[0])) is None


def test_every_district_is_shown_or_none() -> None:
    opened = context()
    (table,) = district_returns(opened, returns_table(opened, stays({"NORD": 10, "SYD": 6, "VEST": 5, "OEST": 9}))[0])
    assert table.values("group") == ["Nord", "Syd", "Vest", "Øst"]
    assert table.values("returned_count") == [10, 6, 5, 9]
    assert table.values("share_pct") == pytest.approx([50, 30, 25, 45])
    counted, _ = returns_table(opened, stays({"NORD": 10, "SYD": 3, "VEST": 5, "OEST": 9}))
    assert district_returns(opened, counted) == ()


cell = st.tuples(st.sampled_from([0, 0, 5, 6, 8, 11]), st.sampled_from([0, 2, 6, 9]), st.sampled_from([0, 1, 7]))


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(cell, cell), min_size=3, max_size=3))
def test_no_hidden_count_follows_where_districts_are_shown_beside_models(
    counts: list[tuple[tuple[int, int, int], tuple[int, int, int]]],
) -> None:
    """Three districts, each with stays under either model: returned, gone, and still followed."""
    rows = [
        (CAME, 100 if end != StayEnd.STILL_THERE else 800, end, code, model)
        for code, cells in zip(("NORD", "SYD", "VEST"), counts, strict=True)
        for model, numbers in zip(("district_adviser", "authority_caseworker"), cells, strict=True)
        for end, times in zip((StayEnd.RETURNED, StayEnd.LEFT_SCHOOL, StayEnd.STILL_THERE), numbers, strict=True)
        for _ in range(times)
    ]
    if not rows:
        return
    schema = {"start_date": date, "days": int, "end": int, "district": str, "model_code": str}
    opened = context()
    table, totals = returns_table(opened, SegregatedStays(pl.DataFrame(rows, schema=schema, orient="row")))
    assert find_pinned(table, totals=totals) == []
    whole = table.cell("stays_count", group=EVERYBODY, month=month_label(24)).value
    for printed in district_returns(opened, table):
        assert whole in (None, sum(printed.values("stays_count")))
        assert all(count == 0 or count >= 5 for count in printed.values("returned_count"))
