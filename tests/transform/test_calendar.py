"""The calendar: every day once, school years from 1 August, ISO weeks as the standard counts them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.calendar import DAY_COLUMNS, FIRST_DAY, LAST_DAY, day_row, school_year
from tests.sql.drawn import empty_warehouse


def row(day):
    return dict(zip(DAY_COLUMNS, day_row(day), strict=True))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 7, 31), "2025/26"),
        (date(2026, 8, 1), "2026/27"),
        (date(2000, 1, 1), "1999/00"),
        (date(2099, 9, 1), "2099/00"),
    ],
)
def test_the_school_year_begins_on_the_first_of_august(day, expected):
    assert school_year(day) == expected


@pytest.mark.parametrize(
    ("day", "iso"),
    [
        # ISO 8601: week 1 holds the first Thursday
        (date(2027, 1, 1), (2026, 53, 5)),
        (date(2024, 12, 30), (2025, 1, 1)),
        (date(2026, 9, 30), (2026, 40, 3)),
    ],
)
def test_weeks_follow_the_standard(day, iso):
    found = row(day)
    assert (found["iso_year_number"], found["iso_week_number"], found["iso_weekday_number"]) == iso


@given(st.dates(FIRST_DAY, LAST_DAY))
def test_a_day_lies_within_its_school_year(day):
    found = row(day)
    assert 0 <= (day - found["school_year_start_date"]).days < 366
    assert found["school_year_start_date"].year == found["school_year_number"]
    assert found["school_year"].startswith(str(found["school_year_number"]))
    assert found["month_index"] == 12 * found["year_number"] + found["month_number"] - 1
    assert found["is_school_reference_date"] == ((day.month, day.day) == (9, 30))


def test_the_loaded_calendar_holds_every_day_once():
    connection = empty_warehouse()
    found = connection.execute(
        "SELECT count(*), count(DISTINCT day_date), min(day_date), max(day_date), max(day_number), "
        "count(*) FILTER (is_school_reference_date), sum(days_in_year_count) FILTER (day_date = DATE '2024-01-01') FROM codes.days"
    ).fetchone()
    days = (LAST_DAY - FIRST_DAY).days + 1
    assert found == (days, days, FIRST_DAY, LAST_DAY, days - 1, 41, 366)


def test_the_settings_are_one_row_with_the_as_of_date():
    connection = empty_warehouse(
        as_of_date=date(2025, 5, 1), ladder={"grace_gap_days": 7}, sdq={"window_days_minimum": 30}
    )
    found = connection.execute(
        "SELECT grace_gap_days, sdq_window_days_minimum, sdq_window_days_maximum, as_of_date FROM codes.settings"
    ).fetchall()
    assert found == [(7, 30, 270, date(2025, 5, 1))]
