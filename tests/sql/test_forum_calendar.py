"""The expected calendar of a hand-drawn school year, 2025/26, week by week, and what became of each meeting in it.

Mondays of the weeks in which meetings are expected, counted by hand (41; a dot is a pause: autumn, Christmas, winter, Easter):
11/8 18/8 25/8 1/9 8/9 15/9 22/9 29/9 6/10 . 20/10 27/10 3/11 10/11 17/11 24/11 1/12 8/12 15/12 . . 5/1 12/1 19/1 26/1 2/2 . 16/2
23/2 2/3 9/3 16/3 23/3 . 6/4 13/4 20/4 27/4 4/5 11/5 18/5 25/5 1/6 8/6 15/6 22/6. Easter Monday is 6 April: four days are left.
The last week has three days before the summer holiday.
"""

from collections.abc import Mapping
from datetime import date

import duckdb
import pytest

from pipelines.codes import replace_table
from pipelines.municipalities.rules import RULE_COLUMNS, TYPE_COLUMNS
from tests.sql.drawn import built_when_named, empty_warehouse, fill, rows_of

YEAR = "2025/26"
AFTER_THE_YEAR = date(2026, 7, 31)


def warehouse(
    tables: Mapping[str, str], *, rules: str, types: str = "", as_of_date: date = AFTER_THE_YEAR, **settings: object
) -> duckdb.DuckDBPyConnection:
    """Drawn sources and drawn rules of fora; columns not drawn are missing."""
    connection = empty_warehouse(as_of_date=as_of_date, **settings)
    tables = {"sessions": LOG, **tables}
    for source, drawn in tables.items():
        fill(connection, source, drawn)
    for table, columns, text in (
        ("codes.forum_rules", RULE_COLUMNS, rules),
        ("codes.forum_rule_types", TYPE_COLUMNS, types),
    ):
        drawn_rows = [tuple(row.get(name) for name in columns) for row in rows_of(text)] if text else []
        replace_table(connection, table, columns, drawn_rows)
    return built_when_named(connection)


LOG = """
    session_id forum_code    institution_code planned_date session_status_code
    S0         ressourceteam ELSEWHERE        2025-08-11   unknown
"""
"""A log that begins with the year: windows from before the log are left out."""


def windows(connection: duckdb.DuckDBPyConnection, unit: str = "D1") -> list[str]:
    """First and last day of every expected meeting of a unit in the year, in order."""
    rows = connection.execute(
        "SELECT window_start_date, window_end_date FROM core.fct_expected_session "
        "WHERE unit_code = ? AND school_year = ? ORDER BY window_start_date",
        [unit, YEAR],
    ).fetchall()
    return [f"{day_of(first)}-{day_of(last)}" for first, last in rows]


def day_of(day: date) -> str:
    return f"{day.day}/{day.month}"


DAYCARE = """
    institution_code institution_type_code district_code open_from_date open_to_date
    D1               daycare               NORD          -              -
    NEW              daycare               NORD          2025-11-01     -
    CLOSED           daycare               NORD          -              2025-12-31
    SCHOOL           folkeskole            NORD          -              -
"""
TYPES = """
    forum_code    institution_type_code
    ressourceteam daycare
"""
SIX_WEEKS = """
    forum_code    rule_number unit_kind_code interval_weeks is_own_interval
    ressourceteam 1           institution    6              false
"""


@pytest.fixture(scope="module")
def six_weeks() -> dict[str, list[str]]:
    """The windows of every institution; read at once, since the next drawn warehouse takes this one's place."""
    connection = warehouse({"institutions": DAYCARE}, rules=SIX_WEEKS, types=TYPES)
    return {unit: windows(connection, unit) for unit in ("D1", "NEW", "CLOSED", "SCHOOL")}


def test_the_weeks_of_the_year_are_those_counted_by_hand() -> None:
    connection = warehouse({}, rules=SIX_WEEKS)
    found = connection.execute(
        "SELECT monday_date FROM core.dim_session_week WHERE school_year = ? AND is_open ORDER BY monday_date", [YEAR]
    ).fetchall()
    listed = (__doc__ or "").split("Easter):")[1].split(". Easter Monday")[0]
    assert [day_of(monday) for (monday,) in found] == [word for word in listed.split() if word != "."]
    assert len(found) == 41


def test_a_meeting_every_sixth_open_week(six_weeks: dict[str, list[str]]) -> None:
    """41 weeks hold six whole stretches; the five weeks left in the summer term expect none."""
    assert six_weeks["D1"] == ["11/8-21/9", "22/9-9/11", "10/11-4/1", "5/1-22/2", "23/2-12/4", "13/4-24/5"]


def test_an_institution_that_opens_and_one_that_closes(six_weeks: dict[str, list[str]]) -> None:
    assert six_weeks["NEW"] == ["3/11-14/12", "15/12-15/2", "16/2-5/4", "6/4-17/5", "18/5-28/6"]
    assert six_weeks["CLOSED"] == ["11/8-21/9", "22/9-9/11", "10/11-21/12"]


def test_nothing_is_expected_of_an_institution_that_the_paper_does_not_name(six_weeks: dict[str, list[str]]) -> None:
    assert six_weeks["SCHOOL"] == []


def test_a_new_interval_in_the_middle_of_the_year_counts_anew() -> None:
    connection = warehouse(
        {
            "institutions": DAYCARE,
            "institution_years": """
                institution_code school_year cadence_weeks cadence_from_date
                D1               2025/26     4             2025-08-01
                D1               2025/26     8             2026-01-01
                D1               2024/25     12            2024-08-01
            """,
        },
        rules="""
            forum_code    rule_number unit_kind_code interval_weeks is_own_interval
            ressourceteam 1           institution    -              true
        """,
        types=TYPES,
    )
    assert windows(connection) == ["11/8-7/9", "8/9-5/10", "6/10-9/11", "10/11-7/12", "5/1-8/3", "9/3-10/5"]
    assert windows(connection, "NEW") == [], "without an interval of its own no meeting is expected in any week"
    held = "expected_count, all_held_count, interval_weeks"
    assert cadence(connection, "NEW", held) == (0, 0, None), "but it is among those that should hold meetings"


def test_a_new_rule_from_a_day_ends_the_old_one() -> None:
    connection = warehouse(
        {"institutions": DAYCARE},
        rules="""
            forum_code    rule_number unit_kind_code valid_from_date valid_to_date interval_weeks is_own_interval
            ressourceteam 1           institution    -               2025-12-31    9              false
            ressourceteam 2           institution    2026-01-01      -             10             false
        """,
        types=TYPES,
    )
    assert windows(connection) == ["11/8-19/10", "20/10-21/12", "5/1-22/3", "23/3-7/6"]


def test_other_holidays_give_another_calendar() -> None:
    """Without a winter holiday and with a pause of three weeks in September instead."""
    connection = warehouse(
        {"institutions": DAYCARE},
        rules=SIX_WEEKS,
        types=TYPES,
        meetings={"winter_week": 0, "pauses": [{"first": "2025-09-01", "last": "2025-09-19"}]},
    )
    assert windows(connection) == ["11/8-19/10", "20/10-30/11", "1/12-25/1", "26/1-8/3", "9/3-26/4", "27/4-7/6"]


SESSIONS = """
    session_id forum_code    institution_code planned_date held_date  session_status_code
    S1         ressourceteam D1               2025-09-01   2025-09-01 held
    S2         ressourceteam D1               2025-09-29   2025-10-27 held
    S3         ressourceteam D1               2025-11-17   -          cancelled
    S4         ressourceteam D1               2026-01-12   -          unknown
    S5         ressourceteam D1               2026-01-26   -          cancelled
    S6         ressourceteam D1               -            2026-04-20 held
    S7         ressourceteam D1               2026-04-27   2026-04-27 held
    S8         dialogmoede   D1               2026-03-02   2026-03-02 held
    S9         ressourceteam NEW              2026-03-02   2026-03-02 held
"""


@pytest.mark.parametrize(
    ("as_of_date", "expected"),
    [
        (AFTER_THE_YEAR, ["held S1 1", "late S2 1", "cancelled S3 1", "unknown S4 2", "missing - 0", "held S6 2"]),
        # before the third window has run out, on 4 January, what was cancelled in it may still be held
        (date(2026, 1, 3), ["held S1 1", "late S2 1", "not_due S3 1", "not_due S4 2", "not_due - 0", "held S6 2"]),
    ],
    ids=["after the year", "in the year"],
)
def test_what_became_of_each_meeting(as_of_date: date, expected: list[str]) -> None:
    """S2 was held 28 days late; S4 (no minutes) counts before S5 (not held); another forum and another institution do not count."""
    connection = warehouse(
        {"institutions": DAYCARE, "sessions": SESSIONS}, rules=SIX_WEEKS, types=TYPES, as_of_date=as_of_date
    )
    found = connection.execute(
        "SELECT outcome_code, coalesce(session_id, '-'), meetings_count FROM core.fct_expected_session "
        "WHERE unit_code = 'D1' AND school_year = ? ORDER BY window_start_date",
        [YEAR],
    ).fetchall()
    assert [" ".join(map(str, row)) for row in found] == expected


def test_a_districts_and_the_whole_municipalitys_meetings() -> None:
    connection = warehouse(
        {
            "institutions": DAYCARE,
            "organisation": """
                unit_kind_code unit_code model_code      from_date
                district       NORD      district_adviser 2020-01-01
            """,
            "sessions": """
                session_id forum_code        institution_code district_code planned_date held_date  session_status_code
                S1         halvaarligt_moede -                NORD          2025-09-01   2025-09-01 held
                S2         videncenter       -                -             2025-10-01   2025-10-01 held
                S3         halvaarligt_moede D1               NORD          2026-03-01   2026-03-01 held
            """,
        },
        rules="""
            forum_code        rule_number unit_kind_code interval_weeks is_own_interval
            halvaarligt_moede 1           district       20             false
            videncenter       1           municipality   13             false
        """,
    )
    found = connection.execute(
        "SELECT forum_code, unit_code, outcome_code FROM core.fct_expected_session WHERE school_year = ? "
        "ORDER BY forum_code, window_start_date",
        [YEAR],
    ).fetchall()
    assert found == [
        ("halvaarligt_moede", "NORD", "held"),
        ("halvaarligt_moede", "NORD", "missing"),
        ("videncenter", "ALL", "held"),
        ("videncenter", "ALL", "missing"),
        ("videncenter", "ALL", "missing"),
    ]


def test_a_log_says_nothing_of_the_time_before_it_nor_of_a_forum_that_nobody_logs() -> None:
    """The log begins on 2 October, in the second window; dialogmøder are promised too, but none is logged."""
    connection = warehouse(
        {
            "institutions": DAYCARE,
            "sessions": """
                session_id forum_code    institution_code planned_date session_status_code
                S1         ressourceteam NEW              2025-10-02   unknown
            """,
        },
        rules=SIX_WEEKS + "    dialogmoede 1 institution 6 false",
        types=TYPES + "    dialogmoede daycare",
    )
    assert windows(connection)[0] == "22/9-9/11"
    found = connection.execute(
        "SELECT DISTINCT forum_code, min(school_year), max(school_year) FROM core.fct_expected_session GROUP BY 1"
    )
    assert found.fetchall() == [("ressourceteam", YEAR, YEAR)]


def cadence(connection: duckdb.DuckDBPyConnection, unit: str, columns: str) -> tuple[object, ...]:
    """One unit's row of the year in marts.mart_forum_cadence."""
    (row,) = connection.execute(
        f"SELECT {columns} FROM marts.mart_forum_cadence WHERE unit_code = ? AND school_year = ?", [unit, YEAR]
    ).fetchall()
    return row


def test_the_longest_gap_is_counted_in_open_weeks() -> None:
    """D1 was held on 1/9, 27/10, 20/4 and 27/4: from the first week 4, then 7, 21 and 1 open weeks, and 8 to the summer."""
    connection = warehouse(
        {"institutions": DAYCARE, "sessions": SESSIONS},
        rules="""
            forum_code    rule_number unit_kind_code interval_weeks is_own_interval fewest_per_school_year
            ressourceteam 1           institution    6              false           5
        """,
        types=TYPES,
    )
    counts = "expected_count, held_count, late_count, cancelled_count, unknown_count, missing_count, extra_count"
    assert cadence(connection, "D1", counts) == (6, 2, 1, 1, 1, 1, 1)
    assert cadence(connection, "D1", "longest_gap_weeks, is_below_fewest, not_due_count") == (21, True, 0)


def test_a_length_is_asked_for_in_the_time_for_which_it_is_promised() -> None:
    """Two hours until the end of August: S1 is too short, S3 of September is not, though the school year is the same."""
    connection = warehouse(
        {
            "institutions": DAYCARE,
            "sessions": """
                session_id forum_code    institution_code planned_date held_date  session_status_code duration_minutes
                S1         ressourceteam D1               2025-08-18   2025-08-18 held                60
                S2         ressourceteam D1               2025-08-25   2025-08-25 held                120
                S3         ressourceteam D1               2025-09-29   2025-09-29 held                60
            """,
        },
        rules="""
            forum_code    rule_number unit_kind_code valid_from_date valid_to_date interval_weeks is_own_interval fewest_minutes
            ressourceteam 1           institution    -               2025-08-31    4              false           120
            ressourceteam 2           institution    2025-09-01      -             6              false           -
        """,
        types=TYPES,
    )
    assert cadence(connection, "D1", "all_held_count, too_short_count, minutes_known_count") == (3, 1, 3)


def test_a_paper_that_names_only_how_many_a_year_expects_no_meeting_on_a_day() -> None:
    connection = warehouse(
        {
            "sessions": """
                session_id forum_code  planned_date held_date  session_status_code duration_minutes
                S1         videncenter 2025-09-01   2025-09-01 held                120
                S2         videncenter 2025-10-01   2025-10-01 held                45
                S3         videncenter 2026-04-01   -          cancelled           -
            """,
        },
        rules="""
            forum_code  rule_number unit_kind_code interval_weeks is_own_interval fewest_per_school_year fewest_minutes
            videncenter 1           municipality   -              false           3                      60
        """,
    )
    found = cadence(
        connection, "ALL", "expected_count, all_held_count, is_below_fewest, too_short_count, minutes_known_count"
    )
    assert found == (0, 2, True, 1, 2)
