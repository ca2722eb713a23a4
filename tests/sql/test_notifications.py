"""Notifications, drawn: in time, repeated, at home where; and a year's counts and child-years by area."""

import duckdb
import pytest

from tests.sql.drawn import assert_rows, built, found_by

CHILDREN = """
child_id birth_date home_district_code home_municipality_code resident_from_date resident_to_date
anna     2014-05-01 NORD               -                      2014-05-01         2025-06-30
anna     2014-05-01 SYD                -                      2025-07-01         -
bo       2007-03-15 NORD               -                      2007-03-15         -
carl     2012-01-01 -                  151                    2020-01-01         -
"""
HEAD = "notification_id child_id received_date sender_code assessed_date is_assessed_in_24_hours\n"


def of_core(drawn: str) -> duckdb.DuckDBPyConnection:
    return built({"children": CHILDREN, "notifications": HEAD + drawn})


def test_dates_decide_where_they_can_and_the_verdict_where_they_cannot() -> None:
    """A date has no hours: on the next day it takes the system's verdict, and without one it is in time."""
    connection = of_core("""
        U1 anna 2025-02-01 school 2025-02-01 -
        U2 anna 2025-02-01 school 2025-02-02 -
        U3 anna 2025-02-01 school 2025-02-02 true
        U4 anna 2025-02-01 school 2025-02-02 false
        U5 anna 2025-02-01 school 2025-02-03 true
        U6 anna 2025-02-01 school -          -
        U7 anna 2025-02-01 school -          false
    """)
    assert_rows(
        connection,
        "SELECT * FROM core.fct_notification",
        """
        notification_id is_assessed_in_time
        U1              True
        U2              True
        U3              True
        U4              False
        U5              False
        U6              -
        U7              False
        """,
    )


def test_a_repeat_has_another_on_the_child_in_the_twelve_months_before() -> None:
    """The register begins 2024-01-10: before 2025-01-10 an older one would not be in it, so no is not known."""
    connection = of_core("""
        U1 bo   2024-01-10 school 2024-01-10 -
        U2 anna 2024-06-01 school 2024-06-01 -
        U3 anna 2025-06-01 school 2025-06-01 -
        U4 anna 2026-06-02 school 2026-06-02 -
        U5 anna 2026-06-02 parent 2026-06-02 -
        U6 bo   2024-02-29 school 2024-02-29 -
        U7 bo   2025-01-10 school 2025-01-10 -
        U8 carl 2025-01-09 school 2025-01-09 -
        U9 carl 2026-02-01 school 2026-02-01 -
    """)
    assert_rows(
        connection,
        "SELECT * FROM core.fct_notification",
        """
        notification_id is_repeat
        U1              -
        U2              -
        U3              True
        U4              False
        U5              True
        U6              True
        U7              True
        U8              -
        U9              False
        """,
    )


def test_a_notification_is_about_the_child_as_it_was_that_day() -> None:
    """Home and whole years; carl lives in another municipality, and dora is in no list."""
    connection = of_core("""
        U1 anna 2025-04-30 school 2025-05-01 -
        U2 anna 2025-06-30 school 2025-07-01 -
        U3 anna 2025-07-01 school 2025-07-01 -
        U4 carl 2025-07-01 school 2025-07-01 -
        U5 dora 2025-07-01 -      2025-07-01 -
    """)
    assert_rows(
        connection,
        "SELECT * FROM core.fct_notification",
        """
        notification_id child_id sender_code district_code is_own_municipality age_years
        U1              anna     school      NORD          True                10
        U2              anna     school      NORD          True                11
        U3              anna     school      SYD           True                11
        U4              carl     school      -             False               13
        U5              dora     -           -             False               -
        """,
    )


YEARS = """
    U1 anna 2025-01-01 school 2025-01-01 -
    U2 anna 2025-03-01 parent 2025-03-09 -
    U3 anna 2025-09-01 school -          -
    U4 bo   2025-02-01 school 2025-02-01 -
    U5 bo   2025-03-15 school 2025-03-15 -
    U6 carl 2025-02-01 school 2025-02-01 -
    U7 anna 2026-09-30 school 2026-09-30 -
    U8 anna 2026-10-01 school 2026-10-01 -
"""


def test_a_year_counts_those_who_lived_here_as_children_up_to_the_as_of_date() -> None:
    """U5 came on bo's 18th birthday, U6 is about a child elsewhere, U8 came after the as-of date."""
    assert_rows(
        of_core(YEARS),
        "SELECT *, coalesce(area_code, '') FROM marts.mart_notification",
        """
        calendar_year area_code is_whole_year notifications_count children_count repeats_count assessed_count in_time_count
        2025          NORD      True          3                   2              1             3              2
        2025          SYD       True          1                   1              1             0              0
        2025          ALL       True          4                   2              2             3              2
        2026          SYD       False         1                   1              0             1              1
        2026          ALL       False         1                   1              0             1              1
        """,
    )


def test_child_years_are_of_all_children_who_live_here() -> None:
    """2025: anna 181 days in NORD and 184 in SYD, bo until the day before he turns 18, 31 + 28 + 14 days. 2026: to 30 September."""
    rows = of_core(YEARS).execute(
        "SELECT calendar_year, area_code, child_years FROM marts.mart_notification ORDER BY calendar_year, area_code"
    )
    expected = {
        (2025, "NORD"): (181 + 73) / 365,
        (2025, "SYD"): 184 / 365,
        (2025, "ALL"): (365 + 73) / 365,
        (2026, "SYD"): 273 / 365,
        (2026, "ALL"): 273 / 365,
    }
    found = {row[:2]: row[2] for row in rows.fetchall()}
    assert found == pytest.approx(expected)


def test_a_register_that_begins_in_april_has_no_whole_first_year_and_counts_no_time_before() -> None:
    connection = of_core("U1 anna 2025-04-01 school 2025-04-01 -\n")
    row = connection.execute(
        "SELECT is_whole_year, child_years FROM marts.mart_notification WHERE calendar_year = 2025 AND area_code = 'ALL'"
    ).fetchone()
    assert row == (False, pytest.approx(275 / 365))  # 1 April to 31 December; bo had turned 18


def test_of_a_first_year_only_repeats_that_are_there_are_known() -> None:
    rows = (
        of_core(YEARS)
        .execute(
            "SELECT calendar_year, repeats_count, repeat_known_count FROM marts.mart_notification "
            "WHERE area_code = 'ALL' ORDER BY calendar_year"
        )
        .fetchall()
    )
    assert rows == [(2025, 2, 2), (2026, 0, 1)]  # U7 came more than a year after U3


def test_without_notifications_there_is_no_row_and_nothing_fails() -> None:
    connection = built({"children": CHILDREN})
    for table in ("core.fct_notification", "marts.mart_notification"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert found_by("notification_counts_do_not_add_up", connection) == []
