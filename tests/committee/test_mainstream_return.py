"""Returns and entries after a return: the counts of drawn stays, the ladder's own numbers, and what nobody can work out."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.committee.context import ReportContext
from pipelines.committee.ladder_return import EVERYBODY, RETURN_MONTHS, printed_returns, returns_table
from pipelines.committee.ladder_spells import (
    Seen,
    SegregatedStays,
    StayEnd,
    days_in,
    seen_days,
    segregated_stays,
    stays_after_return,
)
from pipelines.committee.mainstream_return import AGAIN_MONTHS, return_tables, tables_of_stays
from pipelines.committee.stay_months import month_label
from pipelines.disclosure.attack import Attacker, build_constraints, find_ceiling
from pipelines.disclosure.relations import Equation
from pipelines.disclosure.table import ProtectedTable
from tests.committee.conftest import scenario_municipality, settings_of
from tests.sql.drawn import built

NAMES = {"NORD": "Nord", "SYD": "Syd", "VEST": "Vest"}
BACK, LEFT, AWAY, THERE = StayEnd.RETURNED, StayEnd.LEFT_SCHOOL, StayEnd.MOVED_AWAY, StayEnd.STILL_THERE
Ends = Sequence[tuple[int, StayEnd]]


def plain_context() -> ReportContext:
    return ReportContext(duckdb.connect(), settings_of(), date(2026, 9, 30), NAMES)


def stays_of(ends: Ends) -> SegregatedStays:
    """One stay per (days, end), in three districts by turns, all under one model."""
    rows = [(days, int(end), list(NAMES)[at % 3], "district_adviser") for at, (days, end) in enumerate(ends)]
    return SegregatedStays(
        pl.DataFrame(rows, schema={"days": int, "end": int, "district": str, "model_code": str}, orient="row")
    )


def column(table: ProtectedTable, name: str) -> list[object]:
    return table.values(name)


def test_drawn_stays_are_counted_by_month() -> None:
    # 60 stays: 10 back by month 6, 8 more by 12, 7 more by 24; 6 leave school and 5 move away by month 12; 9 followed for 7 months
    # only; 15 still there after two years
    ends = (
        [(100, BACK)] * 10 + [(300, BACK)] * 8 + [(600, BACK)] * 7 + [(250, LEFT)] * 6 + [(360, AWAY)] * 5
        + [(215, THERE)] * 9 + [(800, THERE)] * 15
    )  # fmt: skip
    # of the 25 back: 6 outside again after 200 days and 5 after 500; 8 followed for 400 days, 6 for 800
    again = [(200, BACK)] * 6 + [(500, BACK)] * 5 + [(400, THERE)] * 8 + [(800, THERE)] * 6
    returned, entered = tables_of_stays(plain_context(), stays_of(ends), stays_of(again))
    assert column(returned, "month") == [month_label(months) for months in (6, 12, 24)]
    assert column(returned, "stays_count") == [60, 60, 60]
    assert column(returned, "known_count") == [60, 60 - 9, 60 - 9]
    assert column(returned, "returned_count") == [10, 10 + 8, 10 + 8 + 7]
    assert column(returned, "left_count") == [0, 6 + 5, 6 + 5]
    # nobody is lost from sight before day 215: 10 / 60; then 41 are followed past it, of the 50 that had not ended
    assert column(returned, "share_pct")[0] == round(100 * 10 / 60)
    assert column(entered, "stays_count") == [25, 25]
    assert column(entered, "known_count") == [25, 25 - 8]
    assert column(entered, "returned_count") == [6, 6 + 5]
    assert column(entered, "share_pct")[0] == round(100 * 6 / 25)
    # past day 400 are 11 of the 19: 6 / 25 + 19 / 25 * 5 / 11
    assert column(entered, "share_pct")[1] == round(100 * (6 / 25 + 19 / 25 * 5 / 11))


def test_the_numbers_are_those_of_the_ladders_own_table() -> None:
    context = scenario_municipality("small_effect", children=6000, seed=5)
    seen = seen_days(context)["education"]
    ladder = printed_returns(returns_table(context, segregated_stays(context, seen))[0])
    returned = return_tables(context)[0]
    compared = 0
    for months in RETURN_MONTHS:
        for name in ("stays_count", "returned_count"):
            own = ladder.cell(name, group=EVERYBODY, month=month_label(months))
            assert returned.cell(name, month=month_label(months)) == own
            compared += own.value is not None
        share, own = (
            table.cell("share_pct", **labels, month=month_label(months)).value
            for table, labels in ((returned, {}), (ladder, {"group": EVERYBODY}))
        )
        assert (share is None) == (own is None)
        assert share is None or share == round(own)
    assert compared >= 4
    for row in walked_again(context, seen).items():
        compared += 1
        assert row[1] == counted_again(context, seen, row[0])


def counted_again(context: ReportContext, seen: Seen, months: int) -> tuple[int, int]:
    """(How many came back within two years, how many of these were outside again within `months`)."""
    frame = stays_after_return(context, seen, within_months=24).frame
    again = frame.filter((pl.col("end") == int(BACK)) & (pl.col("days") <= days_in(months)))
    return frame.height, again.height


def walked_again(context: ReportContext, seen: Seen) -> dict[int, tuple[int, int]]:
    """The same from the rungs day by day: plain Python over the times on each rung, child for child."""
    spells = context.connection.execute(
        "SELECT child_id, rung >= 3, start_date, end_date + 1, is_left_truncated FROM core.fct_ladder_spell "
        "WHERE ladder_code = 'national' AND track_code = 'education' ORDER BY child_id, start_date"
    ).fetchall()
    elsewhere = context.connection.execute(
        "SELECT child_id, start_date, coalesce(end_date, DATE '9999-12-31') FROM core.fct_residence WHERE NOT is_own_municipality"
    ).fetchall()
    runs: list[list[object]] = []
    for child, outside, start, after, truncated in spells:
        if runs and runs[-1][:2] == [child, outside] and runs[-1][3] == start:
            runs[-1][3] = after
        else:
            runs.append([child, outside, start, after, truncated])
    until, back, again = seen.seen_until_date, 0, dict.fromkeys(AGAIN_MONTHS, 0)
    for place, ((child, outside, start, after, truncated), (who, _, next_start, next_after, _)) in enumerate(
        pairwise(runs)
    ):
        lives_elsewhere = any(child == other and first <= start <= last for other, first, last in elsewhere)
        is_return = outside and who == child and next_start == after <= until and (after - start).days <= 731
        if not is_return or truncated or start >= until or lives_elsewhere:
            continue
        back += 1
        later = runs[place + 2] if place + 2 < len(runs) else [None] * 5
        if later[0] == child and later[2] == next_after <= until:
            for months in AGAIN_MONTHS:
                again[months] += next_after - next_start <= timedelta(days=days_in(months))
    return {months: (back, count) for months, count in again.items()}


def test_a_return_and_what_came_after_it_in_drawn_places() -> None:
    # the register tells of ends from 1 August 2023 (oda's, and per's within 400 days; both began before that). anna is back for half
    # a year and outside again; bo moves away before any return; dan's 20 days without a place in July are no return; eva's private
    # school is one; fie begins in a special class and stays
    connection = built(
        {
            "children": """
            child_id birth_date home_district_code resident_from_date resident_to_date
            oda      2014-03-01 NORD               2014-03-01         -
            per      2014-03-01 NORD               2014-03-01         -
            anna     2014-03-01 NORD               2014-03-01         -
            bo       2014-03-01 NORD               2014-03-01         2025-03-31
            dan      2014-03-01 NORD               2014-03-01         -
            eva      2014-03-01 NORD               2014-03-01         -
            fie      2018-03-01 NORD               2018-03-01         -
            """,
            "institutions": """
            institution_code institution_type_code district_code municipality_code
            NORDSKOLE        folkeskole            NORD          -
            FRISKOLE         private_school        NORD          -
            SPECIAL          special_school        SYD           -
            LANGTVAEK        special_school        -             390
            """,
            "school_placements": """
            child_id institution_code grade_number class_type_code start_date  end_date
            oda      NORDSKOLE        2            20              2022-08-01  2023-07-31
            per      NORDSKOLE        2            20              2022-08-01  2024-07-31
            anna     SPECIAL          3            20              2024-08-01  2025-01-31
            anna     NORDSKOLE        3            10              2025-02-01  2025-07-31
            anna     LANGTVAEK        4            29              2025-08-01  -
            bo       SPECIAL          3            20              2024-08-01  -
            dan      SPECIAL          3            20              2024-08-01  2025-07-11
            dan      SPECIAL          4            20              2025-08-01  -
            eva      SPECIAL          3            20              2024-08-01  2026-06-30
            eva      FRISKOLE         4            10              2026-07-01  -
            fie      NORDSKOLE        0            20              2024-08-01  -
            """,
        }
    )
    context = ReportContext(connection, settings_of(), date(2026, 9, 30), NAMES)
    seen = seen_days(context)["education"]
    assert seen.seen_until_date == date(2026, 7, 1)  # eva's
    found = [
        (row["start_date"], row["days"], StayEnd(row["end"]))
        for row in segregated_stays(context, seen).frame.to_dicts()
    ]
    august = date(2024, 8, 1)
    assert sorted(found) == sorted(
        [
            (august, (date(2025, 2, 1) - august).days, BACK),  # anna, 184 days
            (date(2025, 8, 1), (date(2026, 7, 1) - date(2025, 8, 1)).days, THERE),  # anna again
            (august, (date(2025, 4, 1) - august).days, AWAY),  # bo
            (august, (date(2026, 7, 1) - august).days, THERE),  # dan
            (august, (date(2026, 7, 1) - august).days, BACK),  # eva, within 731 days
            (august, (date(2026, 7, 1) - august).days, THERE),  # fie
        ]
    )
    after = [
        (row["days"], StayEnd(row["end"]))
        for row in stays_after_return(context, seen, within_months=24).frame.to_dicts()
    ]
    assert sorted(after) == sorted([((date(2025, 8, 1) - date(2025, 2, 1)).days, BACK), (0, THERE)])


ends = st.lists(st.tuples(st.integers(1, 900), st.sampled_from([BACK, LEFT, THERE])), min_size=8, max_size=45)
SMALL = [(100, BACK)] * 6 + [(250, BACK)] * 5 + [(300, LEFT)] * 3 + [(300, THERE)] * 9 + [(800, THERE)] * 12


@example(stays=SMALL, later=[(100, BACK)] * 2 + [(500, THERE)] * 9)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stays=ends, later=ends)
def test_nobody_works_out_how_few_children_went_one_way(stays: Ends, later: Ends) -> None:
    """All that is printed of stays, the ladder's own rows too, in one system; the secrets are hidden or small counts."""
    back = [end for days, end in stays if end == BACK and days <= days_in(24)]
    again = [*later, *[(800, THERE)] * len(back)][: len(back)]
    context, of_stays = plain_context(), stays_of(stays)
    printed = tables_of_stays(context, of_stays, stays_of(again))
    if not printed:
        return
    true, sums = counts_and_sums("stay", stays, RETURN_MONTHS)
    more, more_sums = counts_and_sums("again", again, AGAIN_MONTHS)
    true, sums = true | more, [*sums, *more_sums]
    known = {("stay", months, name): value for name, months, value in told(printed[0], RETURN_MONTHS)}
    ladder = printed_returns(returns_table(context, of_stays)[0])
    for months in RETURN_MONTHS:
        for name, key in (("returned_count", "crossed"), ("followed_count", "followed")):
            value = ladder.cell(name, group=EVERYBODY, month=month_label(months)).value
            if value is not None:
                known["stay", months, key] = int(str(value))
    for table in printed[1:]:
        known |= {("again", months, name): value for name, months, value in told(table, AGAIN_MONTHS)}
    assert all(true[key] == value for key, value in known.items())
    at = {key: (number, "") for number, key in enumerate(true)}
    known_at = {at[key]: value for key, value in known.items()}
    equations = [Equation(at[total], tuple(at[part] for part in parts), "") for total, parts in sums]
    attacker = Attacker(build_constraints(equations, known=known_at), ceiling=find_ceiling(known_at))
    secrets = [key for key, count in true.items() if key not in known and 0 < count < 5]
    assert [key for key in secrets if attacker.is_narrower(at[key], 5)] == []


Key = tuple[str, object, str]


def counts_and_sums(
    of: str, ends_of: Ends, months: Sequence[int]
) -> tuple[dict[Key, int], list[tuple[Key, list[Key]]]]:
    """Every count there is by month and between months, and what adds up, from the days themselves."""
    true: dict[Key, int] = {}
    sums: list[tuple[Key, list[Key]]] = []
    parts = ("crossed", "left", "unfollowed")
    for month in months:
        past = [end for days, end in ends_of if days <= days_in(month)]
        true |= {
            (of, month, "whole"): len(ends_of),
            (of, month, "crossed"): past.count(BACK),
            (of, month, "left"): past.count(LEFT) + past.count(AWAY),
            (of, month, "unfollowed"): past.count(THERE),
            (of, month, "followed"): len(ends_of) - len(past),
        }
        true[of, month, "known"] = len(ends_of) - past.count(THERE)
        sums.append(((of, month, "whole"), [(of, month, name) for name in (*parts, "followed")]))
        sums.append(((of, month, "whole"), [(of, month, "known"), (of, month, "unfollowed")]))
    for first, second in pairwise(months):
        step = f"{first}-{second}"
        for name in parts:
            true[of, step, name] = true[of, second, name] - true[of, first, name]
            sums.append(((of, second, name), [(of, first, name), (of, step, name)]))
        sums.append(((of, first, "followed"), [*((of, step, name) for name in parts), (of, second, "followed")]))
    return true, sums


def told(table: ProtectedTable, months: Sequence[int]) -> list[tuple[str, int, int]]:
    names = {"stays_count": "whole", "known_count": "known", "returned_count": "crossed", "left_count": "left"}
    return [
        (name, month, int(str(cell.value)))
        for month in months
        for column_name, name in names.items()
        if (cell := table.cell(column_name, month=month_label(month))).value is not None
    ]


def test_too_few_who_came_back_are_said_to_be_too_few() -> None:
    ends_of = [(100, BACK)] * 6 + [(800, THERE)] * 20
    (returned,) = tables_of_stays(plain_context(), stays_of(ends_of), stays_of([(100, BACK)] * 2 + [(800, THERE)] * 4))
    assert returned.source.endswith("for få børn til at vise, hvor mange der kom uden for almen igen.")
    assert tables_of_stays(plain_context(), stays_of([]), stays_of([])) == ()


def test_who_is_followed_after_a_return_must_be_who_returned() -> None:
    with pytest.raises(ValueError, match="not those who returned"):
        tables_of_stays(
            plain_context(), stays_of([(100, BACK)] * 20 + [(800, THERE)] * 20), stays_of([(100, BACK)] * 19)
        )
