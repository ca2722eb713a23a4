"""Who owes which meetings when: each forum's rule at each of its units, school year by school year, with the unit's own interval."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pipelines.municipalities.parts import Forum, Rule
from pipelines.simulate.cooperation.calendar import Window, weeks_between, windows_in
from pipelines.simulate.cooperation.units import Unit, units_of

Intervals = Mapping[tuple[str, int], int]
"""Weeks between meetings by institution code and school year, where institutions have intervals of their own."""


@dataclass(frozen=True)
class Duty:
    """One rule of a forum at one unit in the part of a school year in which it holds."""

    forum: Forum
    rule: Rule
    unit: Unit
    school_year: int
    start: date
    end: date
    interval_weeks: int | None

    @cached_property
    def weeks(self) -> tuple[date, ...]:
        """Mondays of its open weeks."""
        return weeks_between(self.start, self.end, school_year=self.school_year)

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """The stretches that promise one meeting each."""
        return windows_in(self.weeks, self.interval_weeks) if self.interval_weeks else ()

    @property
    def weeks_left(self) -> tuple[date, ...]:
        """Mondays of the open weeks after the last whole stretch."""
        return self.weeks[sum(len(window.mondays) for window in self.windows) :]

    @property
    def is_whole_year(self) -> bool:
        """Whether it holds from the first to the last day of the school year."""
        return (self.start, self.end) == (date(self.school_year, 8, 1), date(self.school_year + 1, 7, 31))


def duties_of(forum: Forum, units: Sequence[Unit], intervals: Intervals, school_years: range) -> Iterator[Duty]:
    """All duties of a forum, unit by unit in the order of their days. A unit without the interval it should have has none."""
    for unit in units_of(forum, units):
        for year in school_years:
            for rule in sorted(forum.rules, key=lambda rule: rule.valid_from or date.min):
                start = max(date(year, 8, 1), unit.open_from, rule.valid_from or date.min)
                end = min(date(year + 1, 7, 31), unit.open_to, rule.valid_to or date.max)
                interval = intervals.get((unit.code, year)) if rule.is_own_interval else rule.interval_weeks
                if start <= end and (interval or not rule.is_own_interval):
                    yield Duty(forum, rule, unit, year, start, end, interval)
