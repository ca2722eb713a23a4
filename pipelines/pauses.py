"""On which days is no meeting expected: the schools' holidays year by year, as `codes.session_pauses`.

Each municipality sets its schools' holidays (folkeskoleloven leaves them to it, but for the summer), so every one is a setting.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import duckdb
from dateutil.easter import easter

from pipelines.calendar import FIRST_DAY, LAST_DAY
from pipelines.codes import replace_table
from pipelines.settings import Meetings

PAUSE_COLUMNS: Final = {"first_date": "DATE", "last_date": "DATE"}
"""Columns of `codes.session_pauses`: one row per stretch of days, both included; stretches may overlap."""
_PALM_SATURDAY_BEFORE_EASTER: Final = timedelta(days=8)


def load_pauses(connection: duckdb.DuckDBPyConnection, meetings: Meetings) -> None:
    """Create or replace `codes.session_pauses` for the years of the calendar table."""
    replace_table(connection, "codes.session_pauses", PAUSE_COLUMNS, list(pauses(meetings)))


def pauses(meetings: Meetings) -> Iterator[tuple[date, date]]:
    """First and last day of every pause from 1999 to 2040, in no order."""
    for year in range(FIRST_DAY.year - 1, LAST_DAY.year + 1):
        yield _day(year, meetings.summer_first), _day(year, meetings.summer_last)
        yield _day(year, meetings.christmas_first), _day(year + 1, meetings.christmas_last)
        yield from (_week(year, number) for number in (meetings.autumn_week, meetings.winter_week) if number)
        if meetings.has_easter_pause:
            sunday = easter(year)
            yield sunday - _PALM_SATURDAY_BEFORE_EASTER, sunday + timedelta(days=1)
    yield from ((pause.first, pause.last) for pause in meetings.pauses)


def _day(year: int, day_and_month: str) -> date:
    return date(year, int(day_and_month[3:]), int(day_and_month[:2]))


def _week(year: int, number: int) -> tuple[date, date]:
    """Monday to Sunday of an ISO week; the last week of a year without a week 53."""
    last = date(year, 12, 28).isocalendar().week
    monday = date.fromisocalendar(year, min(number, last), 1)
    return monday, monday + timedelta(days=6)
