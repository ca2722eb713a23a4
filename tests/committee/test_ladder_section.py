"""The ladder section: its tables together give no hidden count away, its numbers agree with other roads, its figures hide too."""

import datetime
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.ladder import ladder_section
from pipelines.committee.ladder_counts import ENDED, GONE, NEW
from pipelines.committee.ladder_moves import models_table, protect_moves
from pipelines.committee.ladder_return import (
    COHORT_MONTHS,
    EVERYBODY,
    RETURN_MONTHS,
    cohorts_table,
    printed_returns,
    returns_table,
)
from pipelines.committee.ladder_spells import (
    Rung,
    SegregatedStays,
    StayEnd,
    entries_later,
    reference_dates,
    rungs_of,
    seen_days,
    segregated_stays,
    standing_on,
    stays_on_rungs,
)
from pipelines.committee.ladder_standing import (
    Standing,
    group_rows,
    protect_standing,
    stayed_rows,
    transition_rows,
)
from pipelines.committee.stay_months import month_label
from pipelines.disclosure.attack import find_pinned
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.publish.number_check import numbers_shown, numbers_without_source
from pipelines.publish.section import Section
from tests.committee.conftest import scenario_municipality, settings_of

BEFORE, AFTER = date(2025, 9, 30), date(2026, 9, 30)
RUNGS = {number: Rung(number, f"støtte {number}", "almen" if number < 2 else "special") for number in range(6)}
NAMES = {"NORD": "Nord", "SYD": "Syd"}


def plain_context() -> ReportContext:
    return ReportContext(duckdb.connect(), settings_of(), AFTER, NAMES)


def children_standing(moves: Sequence[tuple[int | None, int | None, str]]) -> pl.DataFrame:
    """One child per (rung before, rung after, district); None: not there on that date."""
    rows = [
        {"track_code": "education", "day_date": day, "child_id": str(child), "rung": rung, "district_code": district}
        for child, (before, after, district) in enumerate(moves)
        for day, rung in ((BEFORE, before), (AFTER, after))
        if rung is not None
    ]
    schema = {"track_code": str, "day_date": date, "child_id": str, "rung": int, "district_code": str}
    return pl.DataFrame(rows, schema=schema)


def standing_of(moves: Sequence[tuple[int | None, int | None, str]], *, in_no_register: int | None = None) -> Standing:
    """in_no_register: of the children in special settings on the second date, those whom no register's table counts."""
    special = sum(1 for _, after, _ in moves if after is not None and after >= 3)
    outside = {}
    if in_no_register is not None:
        unseen = min(in_no_register, special)
        outside = {AFTER: {"outside_school_count": special - unseen, "in_no_register_count": unseen}}
    return protect_standing(
        plain_context(), "education", children_standing(moves), dates=(BEFORE, AFTER), rungs=RUNGS, outside=outside
    )


def test_the_transition_table_counts_who_went_where() -> None:
    moves = [(1, 1, "NORD")] * 20 + [(1, 3, "NORD")] * 6 + [(1, 0, "SYD")] * 7 + [(3, None, "SYD")] * 8
    moves += [(3, 1, "NORD")] * 5 + [(0, 1, "SYD")] * 6 + [(None, 1, "SYD")] * 3 + [(0, 0, "NORD")] * 50
    standing = standing_of(moves)
    table = transition_rows(plain_context(), standing)
    first, third = (RUNGS[number].label for number in (1, 3))
    row = {column.name: table.cell(column.name, from_rung=first).value for column in table.columns}
    assert row == {"from_rung": first, "to_1": 20, "to_3": 6, "ended": 7, "gone": 0, "whole": 20 + 6 + 7}
    assert table.cell("gone", from_rung=third).value == 8
    assert table.cell("to_1", from_rung=third).value == 5
    assert table.cell("to_1", from_rung=NEW).value == 6 + 3  # from rung 0, and new in the municipality
    groups = group_rows(plain_context(), standing)
    assert groups.cell("children_count", day="2026", part="Støtte i almen klasse").value == 20 + 5 + 6 + 3
    assert groups.cell("share_pct", day="2025", part="Specialklasse").value == pytest.approx(100 * 13 / 46)
    stayed = stayed_rows(plain_context(), [standing])
    assert stayed.cell("share_pct", rung=first).value == pytest.approx(100 * 20 / 33)


rungs = st.sampled_from([None, 0, 0, 1, 1, 2, 3, 3, 4, 5])


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(rungs, rungs, st.sampled_from(["NORD", "SYD"]), st.integers(1, 9)), max_size=14),
    st.sampled_from([None, 0, 2, 7]),
)
def test_no_hidden_count_of_children_on_rungs_follows_from_all_that_is_printed(
    drawn: list[tuple[int | None, int | None, str, int]], in_no_register: int | None
) -> None:
    moves = [(before, after, district) for before, after, district, times in drawn for _ in range(times)]
    standing = standing_of(moves, in_no_register=in_no_register)
    assert find_pinned(standing.table, totals=standing.relations) == []
    # what is printed shows nothing that the protected table hides
    if standing.has_flows:
        printed = transition_rows(plain_context(), standing)
        for row in printed.rows:
            for column, cell in zip(printed.columns, row, strict=True):
                if column.name.startswith("to_") and cell.value is not None:
                    target = RUNGS[int(column.name[3:])].label
                    assert cell == standing.cell("flow", str(row[0].value), target)


def stays_of(rows: Sequence[tuple[int, StayEnd, str, str]]) -> SegregatedStays:
    frame = pl.DataFrame(rows, schema={"days": int, "end": int, "district": str, "model_code": str}, orient="row")
    return SegregatedStays(frame)


def test_the_return_is_the_plain_share_when_every_stay_was_seen_to_its_end() -> None:
    """40 stays of adviser districts, 10 of them back after 100 days and 10 more after 300; 20 turned 18 after 800."""
    rows = [
        (100 if i < 10 else 300 if i < 20 else 800, StayEnd.RETURNED if i < 20 else StayEnd.LEFT_SCHOOL)
        for i in range(40)
    ]
    stays = stays_of([(d, e, "NORD" if i % 3 else "SYD", "district_adviser") for i, (d, e) in enumerate(rows)])
    table, _ = returns_table(plain_context(), stays)
    shares = [table.cell("share_pct", group=EVERYBODY, month=month_label(months)).value for months in RETURN_MONTHS]
    assert shares == pytest.approx([25.0, 50.0, 50.0])
    followed = [table.cell("followed_count", group=EVERYBODY, month=month_label(m)).value for m in RETURN_MONTHS]
    assert followed == [30, 20, 20]
    assert "fra 6 til 12" not in printed_returns(table).values("month")


stay = st.tuples(
    st.integers(1, 900),
    st.sampled_from([StayEnd.RETURNED, StayEnd.LEFT_SCHOOL, StayEnd.STILL_THERE]),
    st.sampled_from(["NORD", "SYD", "VEST"]),
    st.sampled_from(["district_adviser", "authority_caseworker"]),
)


@settings(max_examples=8, deadline=None)
@given(st.lists(stay, min_size=1, max_size=70))
def test_no_hidden_count_of_returns_follows_and_no_share_stands_on_one(rows: list[Any]) -> None:
    table, totals = returns_table(plain_context(), stays_of(rows))
    assert find_pinned(table, totals=totals) == []
    names = [column.name for column in table.columns]
    for row in table.rows:
        cells = dict(zip(names, row, strict=True))
        if cells["share_pct"].value is not None:
            assert all(cells[name].value is not None for name in ("stays_count", "returned_count", "followed_count"))
            assert cells["stays_count"].value >= 10  # type: ignore[operator]


def move_row(area: str | None, down: int, up: int, track: str = "social") -> dict[str, Any]:
    zeros = dict.fromkeys(("opened_count", "closed_count", "aged_out_count", "moved_away_count"), 0)
    return {
        "track_code": track, "calendar_year": 2025, "area_kind": "district" if area != "ALL" else "municipality",
        "area_code": area, "down_count": down, "up_count": up, "child_years": 100.0, "child_years_all": 900.0, **zeros,
    }  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=4, max_size=4))
def test_rates_by_model_give_no_hidden_district_away(counts: list[tuple[int, int]]) -> None:
    codes = ("NORD", "SYD", "VEST", "MIDT")
    models = dict(
        zip(
            codes, ("district_adviser", "district_adviser", "authority_caseworker", "authority_caseworker"), strict=True
        )
    )
    records = [move_row(code, *pair) for code, pair in zip(codes, counts, strict=True)]
    records.append(move_row("ALL", sum(down for down, _ in counts), sum(up for _, up in counts)))
    opened = plain_context()
    moves, totals = protect_moves(opened, records, year=2025, models=models)
    assert find_pinned(moves, totals=totals) == []
    table = models_table(opened, records, moves, year=2025, models=models)
    for direction, column in (("Ned", "down_count"), ("Op", "up_count")):
        districts = [moves.cell(column, period="2025, socialsporet", area=opened.area_name(code)) for code in codes]
        if any(cell.status is CellStatus.HIDDEN for cell in districts):
            assert table.cell("ratio", direction=direction).status is CellStatus.HIDDEN


@pytest.fixture(scope="module")
def context() -> ReportContext:
    return scenario_municipality("no_effect", children=1500, seed=8)


@pytest.fixture(scope="module")
def section(context: ReportContext) -> Section:
    return ladder_section(context)


def table_of(section: Section, table_id: str) -> ProtectedTable:
    return next(table for table in section.tables if table.table_id == table_id)


def test_every_table_of_the_section_is_there_and_none_shows_a_small_count(section: Section) -> None:
    wanted = {
        "ladder_by_year", "ladder_by_district", "ladder_rates", "ladder_models", "ladder_sensitivity", "ladder_stayed",
        "ladder_transitions_education", "ladder_transitions_social", "ladder_groups_education", "ladder_groups_social",
        "ladder_return", "ladder_return_models", "ladder_cohorts", "ladder_durations", "key_figures", "key_figures_by_district",
    }  # fmt: skip
    assert wanted <= {table.table_id for table in section.tables}
    small = [
        (table.table_id, column.name)
        for table in section.tables
        for column in table.columns
        if column.kind == "count"
        for value in table.values(column.name)
        if value is not None and 0 < value < 5
    ]
    assert small == []


def test_down_up_and_net_stand_side_by_side(section: Section) -> None:
    by_year = table_of(section, "ladder_by_year")
    assert [column.name for column in by_year.columns[:4]] == ["period", "down_count", "up_count", "net_count"]
    for down, up, net in zip(*(by_year.values(name) for name in ("down_count", "up_count", "net_count")), strict=True):
        assert net == (None if down is None or up is None else down - up)
    assert any("kan det dække over mange ryk" in said for said in section.not_shown)
    assert "må man vente, at nogle rykker ned igen" in section.how_sure.cause


def test_a_figure_tells_only_numbers_of_its_own_table(section: Section) -> None:
    tables = {table.table_id: table for table in section.tables}
    declared = {declared.number for declared in section.declared_numbers}
    assert len(section.appendix_figures) >= 4
    for figure in section.all_figures():
        allowed = numbers_shown([tables[figure.table_id]]) | declared
        assert numbers_without_source(figure.alt_text, allowed) == []
        assert numbers_without_source(figure.title, allowed) == []


def test_both_denominators_are_the_marts(context: ReportContext, section: Section) -> None:
    """Rates of the whole are moves over child-years of the districts, once with each denominator."""
    rates = table_of(section, "ladder_rates")
    year = date(2025, 1, 1).year
    for denominator, column in (
        ("Børn på trappen inden for to år", "child_years"),
        ("Alle børn på 0-17 år", "child_years_all"),
    ):
        ((down, years),) = context.connection.execute(
            f"SELECT sum(down_count), sum({column}) FROM marts.mart_ladder_moves WHERE track_code = 'education' "
            f"AND ladder_code = 'national' AND calendar_year = {year} AND area_kind = 'district' AND area_code IS NOT NULL"
        ).fetchall()
        shown = rates.cell("down_rate", track="undervisningssporet", denominator=denominator).value
        assert shown == pytest.approx(100 * down / years)


def test_the_cohorts_are_the_beginnings_of_the_moves(context: ReportContext) -> None:
    entries = entries_later(context, COHORT_MONTHS)
    counted = context.connection.execute(
        "SELECT track_code, calendar_year, opened_count FROM marts.mart_ladder_moves "
        "WHERE ladder_code = 'national' AND area_kind = 'municipality' AND is_whole_year"
    ).fetchall()
    compared = 0
    for track, year, opened in counted:
        for months in COHORT_MONTHS:
            own = entries.filter(
                (pl.col("track_code") == track) & (pl.col("entry_year") == year) & (pl.col("months_later") == months)
            )
            assert own.height in (0, opened)
            compared += own.height > 0
    assert compared >= 4
    table, totals = cohorts_table(context, entries, {"education": [2024, 2025], "social": [2023, 2024]})
    assert find_pinned(table, totals=totals) == []


def test_who_began_is_shown_in_both_tables_or_in_none(section: Section) -> None:
    cohorts, by_year = table_of(section, "ladder_cohorts"), table_of(section, "ladder_by_year")
    for began, count in zip(cohorts.values("began"), cohorts.values("began_count"), strict=True):
        assert by_year.cell("opened_count", period=began).value == count


def test_stays_and_standing_agree_with_a_walk_over_the_spells(context: ReportContext) -> None:
    """Python over plain rows: who stood where on a date, and which stays on the segregated rungs ended in the ordinary."""
    spells = context.connection.execute(
        "SELECT child_id, rung, start_date, end_date, is_left_truncated FROM core.fct_ladder_spell "
        "WHERE ladder_code = 'national' AND track_code = 'education' ORDER BY child_id, start_date"
    ).fetchall()
    own = own_children(context)
    seen = seen_days(context)["education"]
    on_date = {
        (str(child), rung) for child, rung, start, end, _ in spells if start <= BEFORE <= end and own(child, BEFORE)
    }
    found = standing_on(context, [BEFORE]).filter(pl.col("track_code") == "education")
    assert {(row["child_id"], row["rung"]) for row in found.to_dicts()} == on_date

    stays: list[list[Any]] = []
    for child, rung, start, end, truncated in spells:
        if rung < 3:
            continue
        if stays and stays[-1][0] == child and stays[-1][2] + datetime.timedelta(days=1) == start:
            stays[-1][2] = end
        else:
            stays.append([child, start, end, truncated])
    begins = {(child, start) for child, _, start, _, _ in spells}
    expected = []
    for child, start, end, truncated in stays:
        after = end + datetime.timedelta(days=1)
        if truncated or start >= seen.seen_until_date or not own(child, start):
            continue
        is_back = after <= seen.seen_until_date and (child, after) in begins
        expected.append(((min(after, seen.seen_until_date) - start).days, is_back))
    frame = segregated_stays(context, seen).frame
    got = [(row["days"], row["end"] == StayEnd.RETURNED) for row in frame.to_dicts()]
    assert sorted(got) == sorted(expected)
    assert len(got) > 10


def own_children(context: ReportContext) -> Callable[[Any, date], bool]:
    residences = context.connection.execute(
        "SELECT child_id, start_date, coalesce(end_date, DATE '9999-12-31'), is_own_municipality FROM core.fct_residence"
    ).fetchall()
    elsewhere = [(child, start, end) for child, start, end, is_own in residences if not is_own]
    return lambda child, day: not any(c == child and start <= day <= end for c, start, end in elsewhere)


def test_a_rung_under_observation_from_the_start_is_not_entered_late(context: ReportContext) -> None:
    stays = stays_on_rungs(context, seen_days(context))
    assert (stays["months_at_exit"] > stays["months_at_entry"]).all()
    assert (stays["months_at_entry"] >= 0).all()
    assert 0 < (stays["months_at_entry"] > 0).mean() < 1


def test_reference_dates_are_those_the_register_covers(context: ReportContext) -> None:
    seen = seen_days(context)["education"]
    dates = reference_dates(seen, AFTER)
    assert dates[-1] == AFTER
    assert all(day >= seen.known_from_date for day in dates)
    assert np.diff([day.year for day in dates]).tolist() == [1] * (len(dates) - 1)


def test_the_rungs_are_those_of_the_code_table(context: ReportContext) -> None:
    found = rungs_of(context)
    assert found["education"][3].band == "special"
    assert found["social"][6].label.startswith("Trin 6: ")
    assert {ENDED, GONE, WHOLE_MUNICIPALITY}.isdisjoint({rung.label for rung in found["social"].values()})
