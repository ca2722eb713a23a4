"""In which weeks are meetings held: a school year's open weeks, and the stretches of them that each promise one meeting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from pipelines.pauses import pauses
from pipelines.settings import Meetings

FEWEST_OPEN_DAYS = 3
"""A week with so many days for meetings is open (core.dim_session_week)."""
_WEEKDAYS = 5
_LAST_WEEKDAY = timedelta(days=4)


@dataclass(frozen=True)
class Window:
    """A stretch of open weeks that promises one meeting: `mondays` are its weeks, `last` is the day before the next begins."""

    mondays: tuple[date, ...]
    last: date

    @property
    def first(self) -> date:
        """Its first day, a Monday."""
        return self.mondays[0]


@cache
def _paused_days() -> frozenset[date]:
    """Every day of the usual school holidays."""
    return frozenset(
        first + timedelta(days=number)
        for first, last in pauses(Meetings())
        for number in range((last - first).days + 1)
    )


def is_open(day: date) -> bool:
    """Whether a meeting can be held: a weekday outside the pauses."""
    return day.weekday() < _WEEKDAYS and day not in _paused_days()


def school_year_of(day: date) -> int:
    """The calendar year in which the day's school year began."""
    return day.year if day.month >= 8 else day.year - 1


@cache
def open_weeks(school_year: int) -> tuple[date, ...]:
    """Mondays of the open weeks of the school year that begins in that year."""
    first, last = date(school_year, 8, 1), date(school_year + 1, 7, 31)
    monday = first + timedelta(days=-first.weekday() % 7)
    mondays = (monday + timedelta(weeks=number) for number in range(53))
    return tuple(day for day in mondays if day <= last and len(open_days(day)) >= FEWEST_OPEN_DAYS)


def open_days(monday: date) -> tuple[date, ...]:
    """The week's days on which a meeting can be held."""
    days = (monday + timedelta(days=number) for number in range(_WEEKDAYS))
    return tuple(day for day in days if is_open(day))


def weeks_between(start: date, end: date, *, school_year: int) -> tuple[date, ...]:
    """Mondays of the school year's open weeks of which Monday and Friday lie from `start` to `end`."""
    return tuple(day for day in open_weeks(school_year) if start <= day and day + _LAST_WEEKDAY <= end)


def windows_in(weeks: Sequence[date], interval_weeks: int) -> tuple[Window, ...]:
    """The whole stretches of `interval_weeks` weeks; what is left at the end promises nothing."""
    whole = len(weeks) // interval_weeks
    starts = [number * interval_weeks for number in range(whole + 1)]
    windows = []
    for begin, after in pairwise(starts):
        last = weeks[after] - timedelta(days=1) if after < len(weeks) else weeks[after - 1] + timedelta(days=6)
        windows.append(Window(tuple(weeks[begin:after]), last))
    return tuple(windows)


def spread_over(weeks: Sequence[date], count: int) -> tuple[date, ...]:
    """`count` of the weeks, as evenly as it goes; all of them where there are no more."""
    if count >= len(weeks):
        return tuple(weeks)
    return tuple(weeks[(2 * number + 1) * len(weeks) // (2 * count)] for number in range(count))
