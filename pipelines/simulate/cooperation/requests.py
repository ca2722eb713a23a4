"""Which support do institutions ask for, by which road, how long do they wait, and how is it given.

An institution asks for the same kind of support so rarely that no request is a repeated one, but where that is planted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from pipelines.codes import load_code_table
from pipelines.municipalities.demo import Departure
from pipelines.simulate.cooperation.attendance import Attendance
from pipelines.simulate.cooperation.departures import Planted, covers, of_kinds, plant, stream_of
from pipelines.simulate.cooperation.meetings import CHILD, ENVIRONMENT, GROUP
from pipelines.simulate.cooperation.units import Unit
from pipelines.simulate.days import part_generator
from pipelines.simulate.parameters import CooperationParameters

ASKING_TYPES = ("daycare", "folkeskole")
_GRANTED_HOURS = (3.0, 6.0, 7.5, 12.0, 15.0)
_LATEST_REPEAT_DAYS = 90
REPEATED_DAYS = 365
"""A request for the same within so many days is a repeated one (core.fct_support_request)."""
LEAST_DAYS_BETWEEN = REPEATED_DAYS + _LATEST_REPEAT_DAYS + 5
"""From one request for a kind of support to the next at an institution: more than a repeat and a year."""


@dataclass(frozen=True)
class Request:
    """One request. Days that had not come by data end are empty; a group's or the environment's has no child."""

    number: int
    unit: Unit
    child: int | None
    road: str
    level: str
    need: str
    asked: date
    contact: date | None
    start: date | None
    end: date | None
    is_in_practice: bool | None
    has_diagnosis: bool | None
    has_waited: bool | None
    assessment_start: date | None
    assessment_end: date | None
    granted_hours: float | None
    has_family: bool | None

    @property
    def request_id(self) -> str:
        """The sender's number."""
        return f"OPDIGTET-H{self.number:05d}"


@dataclass
class _Asking:
    """What drawing one request needs."""

    rng: np.random.Generator
    attendance: Attendance
    parameters: CooperationParameters
    data_end: date

    def passed(self, day: date | None) -> date | None:
        return day if day is not None and day <= self.data_end else None

    def days(self, least: int, most: int) -> timedelta:
        return timedelta(days=int(self.rng.integers(least, most + 1)))

    def happens(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def request(self, unit: Unit, need: str, asked: date) -> Request:
        """A request as it goes where everything is as promised."""
        there = self.attendance.at(unit, asked)
        ends = np.cumsum((self.parameters.child_request_share, self.parameters.group_level_share))
        level = (CHILD, GROUP, ENVIRONMENT)[int(np.searchsorted(ends, self.rng.random(), side="right"))]
        pick = self.rng.random()
        road = "area_support" if self.happens(self.parameters.formal_road_share) else "resource_forum"
        start = asked + self.days(14, 45)
        request = Request(
            number=0, unit=unit, child=None, road=road, level=level if len(there) else ENVIRONMENT, need=need, asked=asked,
            contact=self.passed(asked + self.days(2, 13)), start=self.passed(start),
            end=self.passed(start + self.days(60, 180)), is_in_practice=True if self.passed(start) else None, has_diagnosis=None,
            has_waited=None, assessment_start=None, assessment_end=None, granted_hours=None, has_family=None,
        )  # fmt: skip
        return self.about_child(request, int(there[int(pick * len(there))])) if request.level == CHILD else request

    def about_child(self, request: Request, child: int) -> Request:
        """The request, about one child: an assessment and hours for some, the family with it before."""
        assessment = request.asked + self.days(10, 40) if self.happens(0.5) else None
        end = assessment + self.days(40, 90) if assessment else None
        hours = float(self.rng.choice(_GRANTED_HOURS)) if self.happens(0.3) else None
        has_started = request.start is not None
        return replace(
            request,
            level=CHILD,
            child=child,
            has_diagnosis=self.happens(0.15) if has_started else None,
            has_waited=False if has_started else None,
            assessment_start=self.passed(assessment),
            assessment_end=self.passed(end),
            granted_hours=hours if has_started and request.unit.type_code == "folkeskole" else None,
            has_family=True,
        )


def draw_requests(
    units: Sequence[Unit],
    attendance: Attendance,
    departures: Sequence[Departure],
    parameters: CooperationParameters,
    *,
    seed: int,
    first: date,
    data_end: date,
) -> tuple[list[Request], list[Planted]]:
    """All requests of the districts' daycares and schools, numbered by day, and the departures in them."""
    asking = _Asking(part_generator(seed, "support requests"), attendance, parameters, data_end)
    drawn = []
    for unit in units:
        if unit.type_code in ASKING_TYPES and unit.district is not None:
            for need in load_code_table("support_needs").codes:
                drawn += [asking.request(unit, need, day) for day in _days_of_asking(asking, unit, first, data_end)]
    drawn, planted = _with_repeats(drawn, departures, asking, seed)
    drawn.sort(key=lambda request: (request.asked, request.unit.code, request.need))
    drawn = [replace(request, number=number) for number, request in enumerate(drawn, start=1)]
    for departure in of_kinds(departures, *_CHANGES):
        if departure.kind != "child_level_share" or departure.forum is None:  # with a forum it is about meetings
            drawn, note = _with_departure(drawn, departure, asking, seed)
            planted.append(note)
    return drawn, planted


def _days_of_asking(asking: _Asking, unit: Unit, first: date, data_end: date) -> list[date]:
    day = first + asking.days(0, LEAST_DAYS_BETWEEN)
    found = []
    while day <= data_end:
        if unit.is_open_on(day):
            found.append(day)
        day += timedelta(days=LEAST_DAYS_BETWEEN) + asking.days(0, asking.parameters.request_most_extra_days)
    return found


def _with_repeats(
    requests: list[Request], departures: Sequence[Departure], asking: _Asking, seed: int
) -> tuple[list[Request], list[Planted]]:
    """A new request for the same some time after others that began, each within a year."""
    planted = []
    for departure in of_kinds(departures, "repeat_request_share"):
        covered = [
            request
            for request in requests
            if covers(departure, request.unit, day=request.asked)
            and request.start is not None
            and request.asked + timedelta(days=_LATEST_REPEAT_DAYS) <= asking.data_end
        ]
        hit, note = plant(
            seed, departure, covered, key=lambda request: (request.unit.code, request.need, request.asked)
        )
        again = replace_rng(asking, seed, departure)
        for number in sorted(hit):
            before = covered[number]
            requests = [
                *requests,
                again.request(before.unit, before.need, before.asked + again.days(30, _LATEST_REPEAT_DAYS)),
            ]
        planted.append(note)
    return requests, planted


def replace_rng(asking: _Asking, seed: int, departure: Departure) -> _Asking:
    """The same, with the departure's own random numbers."""
    return replace(asking, rng=stream_of(seed, departure))


_CHANGES = (
    "child_level_share", "request_waits_days", "assessment_waits_days", "waits_for_diagnosis_share",
    "not_in_practice_share", "family_not_before_share",
)  # fmt: skip


def _with_departure(
    requests: Sequence[Request], departure: Departure, asking: _Asking, seed: int
) -> tuple[list[Request], Planted]:
    own = replace_rng(asking, seed, departure)
    places = [place for place, request in enumerate(requests) if _is_covered(departure, request)]
    covered = [requests[place] for place in places]
    if departure.kind.endswith("_days"):
        hit = set(range(len(covered)))
        note = Planted(departure, tuple(request.request_id for request in covered), len(covered))
    else:
        hit, note = plant(
            seed, departure, covered, key=lambda request: request.request_id,
            is_free=lambda request: departure.kind != "child_level_share" or _has_children(own, request),
        )  # fmt: skip
    changed = list(requests)
    for number, request in enumerate(covered):
        changed[places[number]] = _changed(own, departure, request, is_hit=number in hit)
    return changed, note


def _is_covered(departure: Departure, request: Request) -> bool:
    """Whether the request is where and when the departure is, and has what that changes."""
    if not covers(departure, request.unit, day=request.asked):
        return False
    match departure.kind:
        case "request_waits_days":
            return request.start is not None
        case "assessment_waits_days":
            return request.assessment_end is not None
        case "waits_for_diagnosis_share":
            return request.has_waited is not None
        case "not_in_practice_share":
            return request.is_in_practice is not None
        case "family_not_before_share":
            return request.has_family is not None
        case _:
            return True


def _has_children(asking: _Asking, request: Request) -> bool:
    return len(asking.attendance.at(request.unit, request.asked)) > 0


def _changed(asking: _Asking, departure: Departure, request: Request, *, is_hit: bool) -> Request:
    if departure.kind == "child_level_share":
        return _of_level(asking, request, is_child=is_hit)
    if not is_hit:
        return request
    longer = timedelta(days=int(departure.value or 0))
    match departure.kind:
        case "request_waits_days":
            return _later_start(asking, request, longer)
        case "assessment_waits_days":
            end = request.assessment_end
            return replace(request, assessment_end=asking.passed(end + longer) if end else None)
        case "waits_for_diagnosis_share":
            return replace(request, has_waited=True)
        case "not_in_practice_share":
            return replace(request, is_in_practice=False)
        case _:
            return replace(request, has_family=False)


def _of_level(asking: _Asking, request: Request, *, is_child: bool) -> Request:
    """The request about a child, or about the environment in place of a child."""
    if is_child == (request.level == CHILD):
        return request
    if is_child:
        there = asking.attendance.at(request.unit, request.asked)
        return asking.about_child(request, int(there[int(asking.rng.integers(0, len(there)))]))
    return replace(
        request, level=ENVIRONMENT, child=None, has_diagnosis=None, has_waited=None, assessment_start=None,
        assessment_end=None, granted_hours=None, has_family=None,
    )  # fmt: skip


def _later_start(asking: _Asking, request: Request, longer: timedelta) -> Request:
    """It begins so much later; what has not begun by data end knows nothing of how it was given."""
    start = asking.passed(request.start + longer) if request.start else None
    end = asking.passed(request.end + longer) if request.end else None
    if start is not None:
        return replace(request, start=start, end=end)
    return replace(
        request, start=None, end=None, is_in_practice=None, has_diagnosis=None, has_waited=None, granted_hours=None
    )
