"""Which meetings are planned and held: one in every promised stretch, as many a year as promised, and those called when needed."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

import numpy as np

from pipelines.municipalities.parts import Forum, ForumWhenNeeded
from pipelines.simulate.cooperation.calendar import Window, is_open, open_days, open_weeks, school_year_of, spread_over
from pipelines.simulate.cooperation.duties import Duty, is_whole_year
from pipelines.simulate.cooperation.units import Unit
from pipelines.simulate.days import part_generator

HELD, CANCELLED, UNKNOWN = "held", "cancelled", "unknown"
STATUSES = (HELD, CANCELLED, UNKNOWN)
CHILD, GROUP, ENVIRONMENT = "child", "group", "environment"
LATE_DAYS = 14
"""A meeting held more days after the planned one than these is late."""
_LATEST_DAYS = 35
_DAYS_TO_EXTRA = 7
_USUAL_MINUTES = 90


@dataclass(frozen=True)
class Meeting:
    """One meeting. `planned` is empty where nobody planned it, `held` where it was not held; `duty` and `window` are those it was
    planned for; `children` are told beforehand where the forum is about certain children. What it was about is known of held ones.
    """

    forum: Forum | ForumWhenNeeded
    unit: Unit
    planned: date | None
    held: date | None
    status: str = HELD
    duty: Duty | None = None
    window: Window | None = None
    children: tuple[int, ...] = ()
    minutes: int | None = None
    level: str | None = None
    is_agreed_extra: bool = False
    session_id: str = ""

    @property
    def counted(self) -> date:
        """The planned day, else the held one."""
        day = self.planned or self.held
        if day is None:
            raise ValueError("a meeting without any day")
        return day

    @property
    def held_day(self) -> date:
        """The day of a held meeting."""
        if self.held is None:
            raise ValueError("the meeting was not held")
        return self.held

    @property
    def school_year(self) -> int:
        """The calendar year in which its school year began."""
        return school_year_of(self.counted)

    @property
    def key(self) -> tuple[str, str, date]:
        """Forum, unit and day: what no other meeting has."""
        return self.forum.code, self.unit.code, self.counted

    @property
    def is_late(self) -> bool:
        """Held more than 14 days after it was planned."""
        return self.planned is not None and self.held is not None and (self.held - self.planned).days > LATE_DAYS


def planned_meetings(duties: Sequence[Duty], *, seed: int, data_end: date) -> list[Meeting]:
    """One meeting in every promised stretch and as many more as promised a year, up to data end, all held as planned."""
    meetings: list[Meeting] = []
    for code, of_forum in groupby(duties, key=lambda duty: duty.forum.code):
        rng = part_generator(seed, f"meetings {code}")
        for _, owed in groupby(of_forum, key=lambda duty: duty.unit.code):
            meetings += _of_unit(rng, list(owed))
    return [meeting for meeting in meetings if meeting.counted <= data_end]


def _of_unit(rng: np.random.Generator, duties: Sequence[Duty]) -> Iterator[Meeting]:
    """A unit meets at one place in every stretch, and on one weekday."""
    place, weekday = rng.random(), int(rng.integers(0, 5))
    for _, of_year in groupby(duties, key=lambda duty: duty.school_year):
        owed = list(of_year)
        for duty in owed:
            for window in duty.windows:
                monday = window.mondays[int(place * len(window.mondays))]
                yield _planned(duty, monday, weekday, window)
        last = owed[-1]
        yield from (_planned(last, monday, weekday, None) for monday in _further_weeks(owed))


def _further_weeks(duties: Sequence[Duty]) -> tuple[date, ...]:
    """Weeks of the further meetings by which a unit comes to as many a year as promised: after the last whole stretch, where
    one more stands in no other's place. A part of a year promises a part of them, and none beside an interval."""
    last = duties[-1]
    fewest = last.rule.fewest_per_school_year
    if fewest is None:
        return ()
    if is_whole_year(duties):
        missing = fewest - sum(len(duty.windows) for duty in duties)
    elif last.interval_weeks is None:
        missing = math.ceil(fewest * len(last.weeks) / len(open_weeks(last.school_year)))
    else:
        missing = 0
    return spread_over(last.weeks_left, missing) if missing > 0 else ()


def _planned(duty: Duty, monday: date, weekday: int, window: Window | None) -> Meeting:
    wanted = duty.rule.weekday_number - 1 if duty.rule.weekday_number else weekday
    day = min(open_days(monday), key=lambda day: (abs(day.weekday() - wanted), day))
    return Meeting(duty.forum, duty.unit, planned=day, held=day, duty=duty, window=window)


def meetings_when_needed(
    forum: ForumWhenNeeded,
    units: Sequence[Unit],
    *,
    seed: int,
    mean_per_year: Callable[[Unit], float],
    first: date,
    data_end: date,
) -> list[Meeting]:
    """Meetings that somebody called: now and then at each unit, on any day for meetings, and held."""
    rng = part_generator(seed, f"meetings {forum.code}")
    days = [first + timedelta(days=number) for number in range((data_end - first).days + 1)]
    possible = [day for day in days if is_open(day)]
    meetings = []
    for unit in units:
        there = [day for day in possible if unit.is_open_on(day)]
        count = min(int(rng.poisson(mean_per_year(unit) * len(there) / len(possible) * len(days) / 365)), len(there))
        places = np.sort(rng.permutation(len(there))[:count]).tolist()
        meetings += [Meeting(forum, unit, planned=there[place], held=there[place]) for place in places]
    return meetings


def late_days(meeting: Meeting, *, data_end: date) -> list[date]:
    """The days on which a meeting can be held too late: some weeks after it was planned, within what it was planned for."""
    end = min(data_end, meeting.duty.end if meeting.duty else data_end)
    days = (meeting.counted + timedelta(days=number) for number in range(LATE_DAYS + 1, _LATEST_DAYS + 1))
    return [day for day in days if is_open(day) and day <= end]


def extra_day(meeting: Meeting, *, data_end: date) -> date | None:
    """A day for one more meeting in the same stretch, about a week from it; none where there is no such day."""
    if meeting.window is None or meeting.held is None:
        return None
    held, weeks = meeting.held, meeting.window.mondays
    days = [day for monday in weeks for day in open_days(monday) if day != held and day <= data_end]
    return min(days, key=lambda day: (abs(abs((day - held).days) - _DAYS_TO_EXTRA), day), default=None)


def with_minutes(rng: np.random.Generator, meeting: Meeting) -> Meeting:
    """How long it lasted: as long as promised, or some more."""
    promised = meeting.duty.rule.fewest_minutes if meeting.duty else None
    drawn = (promised or _USUAL_MINUTES) + 15 * int(rng.integers(0, 3))
    return replace(meeting, minutes=drawn if meeting.status == HELD else None)


def in_order(meetings: Sequence[Meeting]) -> list[Meeting]:
    """The meetings by day, forum and unit, numbered."""
    ordered = sorted(meetings, key=lambda meeting: (meeting.counted, meeting.forum.code, meeting.unit.code))
    return [replace(meeting, session_id=f"OPDIGTET-M{number:05d}") for number, meeting in enumerate(ordered, start=1)]
