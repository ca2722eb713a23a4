"""The departures in the cases: no consent, a step that is left out, a concern known for longer, too many children named."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from pipelines.municipalities.demo import Departure
from pipelines.simulate.cooperation.attendance import Attendance
from pipelines.simulate.cooperation.calendar import school_year_of
from pipelines.simulate.cooperation.cases import (
    CONSENT,
    GIVEN,
    NOT_ASKED,
    NOT_NEEDED,
    Case,
    case_number,
    not_before_birth,
)
from pipelines.simulate.cooperation.departures import (
    Planted,
    covers,
    covers_day,
    covers_unit,
    of_kinds,
    plant,
    share_of,
    stream_of,
)
from pipelines.simulate.cooperation.meetings import CHILD, Meeting
from pipelines.simulate.cooperation.units import Unit

_KINDS = ("no_consent_share", "step_missing", "areas_missing_share", "not_described_share", "concern_waits_days")


def with_case_departures(
    cases: Sequence[Case],
    meetings: Sequence[Meeting],
    units: Sequence[Unit],
    attendance: Attendance,
    departures: Sequence[Departure],
    *,
    seed: int,
    fill: Callable[[Case], Case],
) -> tuple[list[Case], list[Planted]]:
    """The cases with the departures. More children are named first, so that what is left out is left out of their cases too;
    `fill` gives a new case what is known of it."""
    changed, planted = list(cases), []
    for departure in of_kinds(departures, "named_children_share"):
        new, surplus, note = _further_cases(changed, meetings, units, attendance, departure, seed)
        numbers = range(len(changed) + 1, len(changed) + len(new) + 1)
        changed = [_unnamed(case) if case.child in surplus else case for case in changed]
        changed += [fill(replace(case, case_id=case_number(number))) for number, case in zip(numbers, new, strict=True)]
        planted.append(note)
    for departure in of_kinds(departures, *_KINDS):
        changed, note = _with_departure(changed, meetings, attendance, departure, seed)
        planted.append(note)
    return changed, planted


def _with_departure(
    cases: Sequence[Case], meetings: Sequence[Meeting], attendance: Attendance, departure: Departure, seed: int
) -> tuple[list[Case], Planted]:
    places = [place for place, case in enumerate(cases) if _is_covered(departure, case, meetings)]
    covered = [cases[place] for place in places]
    if departure.kind == "concern_waits_days":
        hit, note = set(range(len(covered))), Planted(departure, tuple(case.case_id for case in covered), len(covered))
    else:
        hit, note = plant(seed, departure, covered, key=lambda case: case.case_id)
    rng = stream_of(seed, departure)
    changed = list(cases)
    for number in sorted(hit):
        case = covered[number]
        match departure.kind:
            case "no_consent_share":
                case = replace(case, consent=NOT_ASKED, consent_date=None)
            case "step_missing":
                case = _without_step(case, str(departure.step))
            case "areas_missing_share":
                case = replace(case, areas_count=int(rng.integers(2, case.areas_count or 3)))
            case "not_described_share":
                case = replace(case, is_described=False)
            case "concern_waits_days" if case.concern_from is not None:
                earlier = case.concern_from - timedelta(days=int(departure.value or 0))
                case = replace(case, concern_from=not_before_birth(case, attendance, earlier))
        changed[places[number]] = case
    return changed, note


def _is_covered(departure: Departure, case: Case, meetings: Sequence[Meeting]) -> bool:
    """Whether the case came up first where and when the departure is, and has what it takes away."""
    first = meetings[case.meetings[0]]
    if not covers(departure, first.unit, day=first.held_day, forum=first.forum.code):
        return False
    match departure.kind:
        case "step_missing":
            return departure.step in case.steps or (departure.step == CONSENT and case.is_named)
        case "areas_missing_share":
            return case.areas_count is not None
        case "not_described_share":
            return case.is_described is not None
        case _:
            return case.is_named


def _without_step(case: Case, step: str) -> Case:
    if step == CONSENT:
        return replace(case, consent=NOT_ASKED, consent_date=None)
    return replace(case, steps={name: day for name, day in case.steps.items() if name != step})


def _further_cases(
    cases: Sequence[Case],
    meetings: Sequence[Meeting],
    units: Sequence[Unit],
    attendance: Attendance,
    departure: Departure,
    seed: int,
) -> tuple[list[Case], set[int], Planted]:
    """Cases about further children until the departure's share of the units' children is named in the period, and the children
    who are named no more where more than that were.

    A unit's children are those who are there on the 30 September of the school year in which the period begins.
    """
    open_meetings = [
        place
        for place, meeting in enumerate(meetings)
        if meeting.held
        and meeting.level == CHILD
        and covers(departure, meeting.unit, day=meeting.held, forum=meeting.forum.code)
    ]
    known = named_children(cases, meetings, departure)
    everybody = children_of(units, attendance, departure)
    wanted = share_of(departure, len(everybody)) - len(known)
    possible = {
        child: place
        for place in open_meetings
        for child in attendance.at(meetings[place].unit, meetings[place].held_day).tolist()
        if child not in known
    }
    rng = stream_of(seed, departure)
    more = _some_of(rng, possible, max(wanted, 0))
    surplus = _some_of(rng, known, max(-wanted, 0))
    new = [Case("", CHILD, child, (possible[child],), GIVEN) for child in more]
    named = sorted({*known, *more} - set(surplus))
    return new, set(surplus), Planted(departure, tuple(named), len(everybody))


def _some_of(rng: np.random.Generator, children: Iterable[int], count: int) -> list[int]:
    """`count` of the children, in rising order; all of them where there are no more."""
    ordered = sorted(children)
    return sorted(ordered[number] for number in rng.permutation(len(ordered))[:count].tolist())


def _unnamed(case: Case) -> Case:
    """The same case without saying who the child is."""
    return Case(
        case.case_id,
        case.level,
        None,
        case.meetings,
        NOT_NEEDED,
        need=case.need,
        is_described=case.is_described,
        is_anonymous=True,
    )


def named_children(cases: Sequence[Case], meetings: Sequence[Meeting], departure: Departure) -> set[int]:
    """The children who were a case at a covered meeting."""
    return {
        case.child
        for case in cases
        if case.child is not None
        for place in case.meetings
        if covers(departure, meetings[place].unit, day=meetings[place].held_day, forum=meetings[place].forum.code)
    }


def children_of(units: Sequence[Unit], attendance: Attendance, departure: Departure) -> set[int]:
    """The children of the departure's units: who lives in its districts, or has a place in its institutions."""
    day = date(school_year_of(departure.from_date), 9, 30)
    named = [unit for unit in units if unit.code in departure.units and unit.kind in ("district", "institution")]
    if not departure.units:
        named = [unit for unit in units if unit.kind == "district"]
    inside = [unit for unit in named if covers_unit(departure, unit) and covers_day(departure, departure.from_date)]
    return {child for unit in inside for child in attendance.at(unit, day).tolist()}
