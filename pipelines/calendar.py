"""Which week, month and school year is a day in, and on which settings are figures counted: `codes.days`, `codes.settings`.

Calendar arithmetic is done here once, so that the SQL under sql/ needs no date function but `date_diff('day', ...)`, which
means the same in every engine. The school year begins on 1 August; the school reference date is 30 September.
"""

from datetime import date, timedelta
from typing import Any

import duckdb

from pipelines.codes import replace_table
from pipelines.ladders.load import load_ladders
from pipelines.sdq_norms.chosen import load_chosen_bands
from pipelines.sdq_norms.expectation import load_expectations
from pipelines.settings import Settings

FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2040, 12, 31)
_SCHOOL_YEAR_START_MONTH = 8
_SCHOOL_REFERENCE = (9, 30)

DAY_COLUMNS = {
    "day_date": "DATE",
    "day_number": "INTEGER",
    "year_number": "INTEGER",
    "quarter_number": "INTEGER",
    "month_number": "INTEGER",
    "month_index": "INTEGER",
    "iso_year_number": "INTEGER",
    "iso_week_number": "INTEGER",
    "iso_weekday_number": "INTEGER",
    "days_in_year_count": "INTEGER",
    "school_year": "VARCHAR",
    "school_year_number": "INTEGER",
    "school_year_start_date": "DATE",
    "is_school_reference_date": "BOOLEAN",
}
"""Columns of `codes.days` with their DuckDB types."""

SETTINGS_COLUMNS = {
    "grace_gap_days": "INTEGER",
    "rung_one_open_days": "INTEGER",
    "sdq_window_days_minimum": "INTEGER",
    "sdq_window_days_maximum": "INTEGER",
    "key_figure_month_number": "INTEGER",
    "key_figure_day_number": "INTEGER",
    "as_of_date": "DATE",
    "municipality_code": "VARCHAR",
}
"""Columns of `codes.settings`, which has one row."""


def school_year_number(day: date) -> int:
    """The calendar year in which the day's school year began: 2025 for the school year 2025/26."""
    return day.year if day.month >= _SCHOOL_YEAR_START_MONTH else day.year - 1


def school_year(day: date) -> str:
    """The day's school year as it is written: "2025/26"."""
    first = school_year_number(day)
    return f"{first}/{(first + 1) % 100:02d}"


def day_row(day: date) -> tuple[Any, ...]:
    """One day's values in the order of `DAY_COLUMNS`. `month_index` is year * 12 + month - 1: it never falls or repeats."""
    iso_year, iso_week, iso_weekday = day.isocalendar()
    first = school_year_number(day)
    return (
        day,
        (day - FIRST_DAY).days,
        day.year,
        (day.month + 2) // 3,
        day.month,
        day.year * 12 + day.month - 1,
        iso_year,
        iso_week,
        iso_weekday,
        (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days,
        school_year(day),
        first,
        date(first, _SCHOOL_YEAR_START_MONTH, 1),
        (day.month, day.day) == _SCHOOL_REFERENCE,
    )


def load_days(connection: duckdb.DuckDBPyConnection) -> None:
    """Create or replace `codes.days`: one row per day from 1 January 2000 to 31 December 2040."""
    days = [FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days + 1)]
    replace_table(connection, "codes.days", DAY_COLUMNS, [day_row(day) for day in days])


def load_settings(connection: duckdb.DuckDBPyConnection, settings: Settings, *, as_of_date: date) -> None:
    """Create or replace `codes.settings`: one row, the settings that SQL needs and the day the figures are counted on.

    The bands of the chosen SDQ norm sets, many rows, come as `codes.sdq_chosen_bands`, and what is to be expected without help
    as `codes.sdq_expectations`. The ladders come as `codes.ladder_rungs` and `codes.own_ladder_steps`.
    """
    row = (
        settings.ladder.grace_gap_days,
        settings.ladder.rung_one_open_days,
        settings.sdq.window_days_minimum,
        settings.sdq.window_days_maximum,
        settings.key_figures.month_number,
        settings.key_figures.day_number,
        as_of_date,
        settings.municipality.known_code,
    )
    replace_table(connection, "codes.settings", SETTINGS_COLUMNS, [row])
    load_chosen_bands(connection, settings.sdq.norm_sets, own_bands=settings.sdq.own_bands)
    load_expectations(connection, settings.sdq.expectation)
    load_ladders(connection, settings.own_ladder)
