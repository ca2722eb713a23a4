"""Two roads to one ladder: the SQL and a walk day by day agree on every spell, move and source, however dirty the history."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.assets import asset_root
from pipelines.transform.order import in_build_order
from pipelines.transform.sql_files import read_sql_files
from tests.sql.day_by_day_ladder import DATA_END_DAY, Child, Residence, Row, Spell, date_of, day_of, walk
from tests.sql.drawn import child_id, empty_warehouse

TABLES = (
    "core.dim_district", "core.dim_institution", "core.dim_day", "core.dim_child", "core.fct_school_placement", "core.fct_residence",
    "core.fct_measure", "core.fct_ladder_input", "core.dim_ladder_register", "core.fct_ladder_spell", "core.fct_ladder_move",
    "core.fct_ladder_spell_source",
)  # fmt: skip

# paragraph, place: social rung, education rung, uncertain (a child cannot stand on None)
MEASURES = {
    ("BL-30", None): (2, None, False),
    ("BL-32-1-2", None): (3, None, False),
    ("BL-32-1-1", None): (3, 5, True),
    ("BL-46", "1"): (4, None, False),
    ("BL-47", "23"): (5, None, False),
    ("BL-46", "11"): (5, None, True),
    ("BL-46", "9"): (6, None, False),
    ("BL-46", None): (None, None, False),
    ("BL-20", None): (None, None, False),
}
# institution, class, hours: education rung
PLACES = {
    ("SKOLE", "10", None): 0,
    ("SKOLE", "10", 5): 1,
    ("SKOLE", "10", 9): 2,
    ("SKOLE", "20", None): 3,
    ("SPECIAL", "10", None): 4,
    ("BEHANDLING", "20", None): 5,
}
INSTITUTIONS = {"SKOLE": "folkeskole", "SPECIAL": "special_school", "BEHANDLING": "day_treatment"}

# each row begins so many days after the end of the one before (negative: inside it), or on the same day as it; the days around the
# grace gap come often
SAME_DAY = -1000
GAPS = st.sampled_from([SAME_DAY, SAME_DAY, -40, -31, -1, 0, 0, 1, 28, 29, 30, 30, 31, 32, 60])
LENGTHS = st.sampled_from([1, 1, 2, 9, 29, 30, 31, 32, 61, 90, 300, None])
FIRSTS = st.sampled_from([-40, 0, 10, 100, 400, 640, 700, 729, 730, 731])
REASONS = st.sampled_from([None, None, None, "goal_reached", "moved", "aged_out"])


def chained(first: int, rows: list[tuple[Any, ...]], *, key: Any) -> list[tuple[Any, ...]]:
    """Rows (what, gap, length, ...) as (what, first day, length, ...), each placed by the end of the one before; equal keys once."""
    placed: dict[Any, tuple[Any, ...]] = {}
    start = after = first
    for what, gap, length, *rest in rows:
        start = start if gap == SAME_DAY else after + gap
        placed.setdefault(key(what, start), (what, start, length, *rest))
        after = start + (50 if length is None else length)
    return list(placed.values())


DRAWN_MEASURES = st.builds(
    lambda first, rows: chained(first, rows, key=lambda what, start: (what, start)),
    FIRSTS,
    st.lists(st.tuples(st.sampled_from(sorted(MEASURES, key=str)), GAPS, LENGTHS, REASONS), max_size=6),
)
DRAWN_PLACES = st.builds(
    lambda first, rows: chained(first, rows, key=lambda what, start: (what[0], start)),
    FIRSTS,
    st.lists(st.tuples(st.sampled_from(sorted(PLACES, key=str)), GAPS, LENGTHS), max_size=5),
)
DRAWN_RESIDENCES = st.one_of(
    st.just([(-40, None, True)]),
    st.builds(
        lambda first, rows: [
            (start, length, is_own) for is_own, start, length in chained(first, rows, key=lambda is_own, start: start)
        ],
        FIRSTS,
        st.lists(st.tuples(st.sampled_from([True, True, False]), GAPS, LENGTHS), min_size=1, max_size=3),
    ),
)
ADULT_DAYS = st.sampled_from([5000, 5000, 1, 50, 131, 400, 730, 731])
CHILDREN = st.lists(st.tuples(ADULT_DAYS, DRAWN_RESIDENCES, DRAWN_MEASURES, DRAWN_PLACES), min_size=1, max_size=12)


def last_day(first: int, length: int | None) -> int | None:
    return None if length is None else first + length - 1


def as_child(drawn: Any) -> Child:
    """The drawn rows as the walk reads them, each with the number it has in its delivery."""
    adult, residences, measures, places = drawn
    social, education = [], []
    for number, (what, first, length, reason) in enumerate(measures):
        social_rung, education_rung, is_uncertain = MEASURES[what]
        last = last_day(first, length)
        if social_rung is not None:
            social.append(Row(social_rung, first, last, is_uncertain, end_reason=reason, number=number))
        if education_rung is not None:
            education.append(Row(education_rung, first, last, is_uncertain, number=number))
    education += [
        Row(PLACES[what], first, last_day(first, length), number=1000 + number)
        for number, (what, first, length) in enumerate(places)
    ]
    return Child(
        adult,
        tuple(Residence(first, last_day(first, length), is_own) for first, length, is_own in residences),
        tuple(social),
        tuple(education),
    )


def deliver(connection: duckdb.DuckDBPyConnection, children: Sequence[Any]) -> None:
    """The drawn rows as typed tables; each measure also once as it was before a correction, which must not count."""
    rows: dict[str, list[dict[str, Any]]] = {"children": [], "measures": [], "school_placements": []}
    for number, (adult, residences, measures, places) in enumerate(children):
        name = str(child_id(f"child{number}"))
        birthday = date_of(adult)
        for first, length, is_own in residences:
            last = last_day(first, length)
            rows["children"].append(
                {
                    "child_id": name,
                    "birth_date": birthday.replace(year=birthday.year - 18),
                    "home_district_code": "NORD" if is_own else None,
                    "home_municipality_code": None if is_own else "K02",
                    "resident_from_date": date_of(first),
                    "resident_to_date": None if last is None else date_of(last),
                }
            )
        for place, ((paragraph, place_code), first, length, reason) in enumerate(measures):
            last = last_day(first, length)
            measure = {
                "child_id": name, "measure_id": f"M{place}", "paragraph_code": paragraph, "place_code": place_code,
                "start_date": date_of(first), "end_date": None if last is None else date_of(last),
                "end_reason_code": reason, "row_number": place,
            }  # fmt: skip
            corrected = measure | {"start_date": date_of(first - 400), "valid_to": "2025-11-01", "row_number": 9999}
            rows["measures"] += [measure, corrected]
        for place, ((institution, class_type, hours), first, length) in enumerate(places):
            last = last_day(first, length)
            rows["school_placements"].append(
                {
                    "child_id": name,
                    "institution_code": institution,
                    "class_type_code": class_type,
                    "support_hours_per_week": hours,
                    "start_date": date_of(first),
                    "end_date": None if last is None else date_of(last),
                    "row_number": 1000 + place,
                }
            )
    for source, delivered in rows.items():
        names = sorted({name for row in delivered for name in row} | {"delivery_id"})
        values = [row.get(name, source if name == "delivery_id" else None) for row in delivered for name in names]
        if delivered:
            marks = ", ".join(["(" + ", ".join("?" * len(names)) + ")"] * len(delivered))
            connection.execute(f"INSERT INTO typed.{source} ({', '.join(names)}) VALUES {marks}", values)


def built_ladder(children: Sequence[Any], *, grace: int) -> duckdb.DuckDBPyConnection:
    """Only the tables that the ladder needs: a whole build takes longer than all the children's walks."""
    connection = empty_warehouse(as_of_date=date_of(DATA_END_DAY), ladder={"grace_gap_days": grace})
    for code, kind in INSTITUTIONS.items():
        connection.execute(
            "INSERT INTO typed.institutions (institution_code, institution_type_code, district_code) VALUES (?, ?, 'NORD')",
            [code, kind],
        )
    deliver(connection, children)
    connection.execute("CREATE SCHEMA IF NOT EXISTS core")
    for file in in_build_order(read_sql_files(asset_root("sql"))):
        if file.table in TABLES:
            connection.execute(f"CREATE OR REPLACE TABLE {file.table} AS {file.text}")
    return connection


def of_child(connection: duckdb.DuckDBPyConnection, what: str, table: str, number: int, track: str) -> list[Any]:
    return connection.execute(
        f"SELECT {what} FROM core.{table} WHERE ladder_code = 'national' AND child_id = ? AND track_code = ? ORDER BY ALL",
        [str(child_id(f"child{number}")), track],
    ).fetchall()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(CHILDREN, st.sampled_from([0, 30]))
# an institution for one day beside foster care begun that day, and an institution for one day alone
@example(
    [
        (5000, [(-40, None, True)], [(("BL-46", "9"), 100, 1, None), (("BL-47", "23"), 100, 50, None)], []),
        (5000, [(-40, None, True)], [(("BL-46", "9"), 100, 1, None), (("BL-47", "23"), 101, 50, None)], []),
    ],
    0,
)
# away from day 100 for 30 and for 31 days as the place ends: the first child never left
@example(
    [
        (5000, [(-40, 140, True), (100 + days, None, True)], [], [(("SPECIAL", "10", None), 0, 100)])
        for days in (30, 31)
    ],
    30,
)
# a day on a rung that an open row covers as well, before another such day: neither is behind the time after the first
@example(
    [
        (
            5000,
            [(-40, None, True)],
            [
                (("BL-32-1-1", None), -40, None, None), (("BL-32-1-2", None), 10, 1, None), (("BL-47", "23"), 10, 1, None),
                (("BL-32-1-1", None), 12, 1, None),
            ],
            [],
        ),
    ],
    0,
)  # fmt: skip
def test_spells_moves_and_sources_are_those_of_a_walk_day_by_day(children, grace):
    connection = built_ladder(children, grace=grace)
    for number, drawn in enumerate(children):
        child = as_child(drawn)
        for track in ("social", "education"):
            ladder = walk(child, track, grace=grace)
            spells = [
                Spell(rung, day_of(first), day_of(last), is_uncertain)
                for first, last, rung, is_uncertain in of_child(
                    connection, "start_date, end_date, rung, is_rung_uncertain", "fct_ladder_spell", number, track
                )
            ]
            assert spells == ladder.spells
            moves = [
                (day_of(day), from_rung, to_rung, cause)
                for day, from_rung, to_rung, cause in of_child(
                    connection, "moved_on_date, from_rung, to_rung, cause_code", "fct_ladder_move", number, track
                )
            ]
            assert moves == ladder.moves
            check_sources(connection, number, track, child, ladder.spells, grace)


def check_sources(connection, number: int, track: str, child: Child, spells: list[Spell], grace: int) -> None:
    """Each spell has sources on its own rung, near it; every row that lies under it on its rung is among them."""
    found: dict[int, set[int]] = {}
    for first, source, row_number in of_child(
        connection, "start_date, source, row_number", "fct_ladder_spell_source", number, track
    ):
        found.setdefault(day_of(first), set()).add(-1 if source == "children" else row_number)
    assert set(found) == {spell.first for spell in spells}
    rows = {row.number: row for row in (child.social if track == "social" else child.education)}
    for spell in spells:
        named = found[spell.first]
        assert named
        assert spell.rung == 0 or -1 not in named
        for row in (rows[each] for each in named if each >= 0):
            assert row.rung == spell.rung
            assert row.first <= spell.last
            assert row.last is None or row.last + grace >= spell.first
        lying_under = {
            row.number
            for row in rows.values()
            if row.rung == spell.rung and row.first <= spell.last and (row.last is None or row.last >= spell.first)
        }
        # a day of its own beside a longer row begun that day makes no state (rule 4)
        passing = {each for each in lying_under if rows[each].first == rows[each].last}
        assert lying_under - passing <= named


def test_the_longest_row_before_a_short_gap_is_behind_the_days_in_it():
    """A lasts to the gap, B ended long before it, C follows it; foster care cuts the stay in the gap: A and C are left behind it."""
    home, foster = ("BL-32-1-2", None), ("BL-46", "1")
    rows = [(home, 0, 100, None), (home, 10, 20, None), (home, 110, 50, None), (foster, 102, 1, None)]
    connection = built_ladder([(5000, [(-40, None, True)], rows, [])], grace=30)
    found = of_child(connection, "start_date, row_number", "fct_ladder_spell_source", 0, "social")
    named = [(day_of(first), number) for first, number in found if day_of(first) >= 0]
    # on day 160 the child stands without help again: rung 0, from the list of children
    assert named == [(0, 0), (0, 1), (102, 3), (103, 0), (103, 2), (160, None)]


def test_the_register_is_known_from_the_day_after_its_first_end():
    """One child's help ended on day 100; who began before is left truncated, whoever ended before was never followed."""
    children = [
        (5000, [(-40, None, True)], [(("BL-30", None), 10, 91, None)], []),
        (5000, [(-40, None, True)], [(("BL-30", None), 101, None, None)], []),
    ]
    connection = built_ladder(children, grace=30)
    found = connection.execute(
        "SELECT rung, start_date, is_left_truncated, observed_from_date FROM core.fct_ladder_spell "
        "WHERE track_code = 'social' ORDER BY child_id <> ?, start_date",
        [str(child_id("child0"))],
    ).fetchall()
    known = date_of(101)
    assert found == [
        (0, date_of(-40), True, None),  # ended on day 9, before the register told of ends
        (2, date_of(10), True, None),  # its end is the first one told of: nobody else who ended before is there
        (0, date_of(101), False, known),
        (0, date_of(-40), True, None),
        (2, date_of(101), False, known),
    ]


@pytest.mark.parametrize("track", ["social", "education"])
def test_the_drawn_histories_hold_every_kind_of_move(track):
    """The property is worth nothing if the draws never reach a cause: one child each that does."""
    ordinary, special, support = ("SKOLE", "10", None), ("SPECIAL", "10", None), ("SKOLE", "10", 9)
    home, early = ("BL-32-1-2", None), ("BL-30", None)
    here = [(-40, None, True)]
    children = [
        (5000, here, [(early, 10, 90, None), (home, 100, 300, None), (early, 400, 100, None)],
         [(ordinary, 10, 90), (support, 100, 100), (special, 200, 100), (support, 300, 100), (ordinary, 400, 100)]),
        (131, here, [(home, 10, None, None)], [(special, 10, None)]),
        (5000, [(-40, 171, True)], [(home, 10, None, None)], [(special, 10, None)]),
        (5000, here, [(home, 10, None, None)], [(special, 10, 300)]),
    ]  # fmt: skip
    connection = built_ladder(children, grace=30)
    causes = {
        cause
        for (cause,) in connection.execute(
            "SELECT DISTINCT cause_code FROM core.fct_ladder_move WHERE track_code = ?", [track]
        ).fetchall()
    }
    assert causes == {"down", "up", "opened", "closed", "aged_out", "moved_away", "data_end"}
    for number, drawn in enumerate(children):
        ladder = walk(as_child(drawn), track, grace=30)
        moves = of_child(connection, "moved_on_date, from_rung, to_rung, cause_code", "fct_ladder_move", number, track)
        assert [(day_of(day), *rest) for day, *rest in moves] == ladder.moves
