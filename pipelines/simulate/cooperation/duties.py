"""Who owes which meetings when: each forum's rule at each of its units, school year by school year, with the unit's own interval.

An interval that is changed in the middle of a school year ends one duty and begins another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from pipelines.municipalities.parts import Forum, Rule
from pipelines.simulate.cooperation.calendar import Window, weeks_between, windows_in
from pipelines.simulate.cooperation.units import Unit, units_of

Intervals = Mapping[tuple[str, int], Sequence[tuple[date, int]]]
"""Weeks between meetings by institution code and school year, where institutions have intervals of their own: each from its day
on, in the order of these."""


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


def is_whole_year(duties: Sequence[Duty]) -> bool:
    """Whether a unit's duties of one school year, in order, are one rule from its first day to its last."""
    first, last = duties[0], duties[-1]
    days = (date(last.school_year, 8, 1), date(last.school_year + 1, 7, 31))
    return (first.start, last.end) == days and all(duty.rule is last.rule for duty in duties)


def duties_of(forum: Forum, units: Sequence[Unit], intervals: Intervals, school_years: range) -> Iterator[Duty]:
    """All duties of a forum, unit by unit in the order of their days. A unit without the interval it should have has none."""
    for unit in units_of(forum, units):
        for year in school_years:
            for rule in sorted(forum.rules, key=lambda rule: rule.valid_from or date.min):
                start = max(date(year, 8, 1), unit.open_from, rule.valid_from or date.min)
                end = min(date(year + 1, 7, 31), unit.open_to, rule.valid_to or date.max)
                for first, last, interval in _stretches(rule, intervals.get((unit.code, year), ())):
                    if max(start, first) <= min(end, last):
                        yield Duty(forum, rule, unit, year, max(start, first), min(end, last), interval)


def _stretches(rule: Rule, own: Sequence[tuple[date, int]]) -> list[tuple[date, date, int | None]]:
    """(first day, last day, interval) of the rule: its own from ever on, or one of the unit's after the other."""
    if not rule.is_own_interval:
        return [(date.min, date.max, rule.interval_weeks)]
    ends = [day - timedelta(days=1) for day, _ in own[1:]] + [date.max]
    return [(day, last, interval) for (day, interval), last in zip(own, ends, strict=False)]
