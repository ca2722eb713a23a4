"""What became of the planned meetings: held as planned, but for the departures and, by parameter, what goes wrong every day."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from pipelines.municipalities.demo import Departure
from pipelines.simulate.cooperation.departures import Planted, covers, of_kinds, plant, stream_of
from pipelines.simulate.cooperation.meetings import (
    CANCELLED,
    CHILD,
    ENVIRONMENT,
    GROUP,
    HELD,
    UNKNOWN,
    Meeting,
    extra_day,
    late_days,
    with_minutes,
)
from pipelines.simulate.days import part_generator
from pipelines.simulate.parameters import CooperationParameters

ABOUT_ONE_CHILD = frozenset({"familiemoede", "kreativt_raad", "netvaerksmoede"})
"""Forums that are called because of a child."""
_OUTCOMES = ("missed_share", "cancelled_share", "no_minutes_share", "late_share", "extra_meetings_share")
_SHORTER_MINUTES = 30

Change = Callable[[np.random.Generator, Meeting], list[Meeting]]


def with_outcomes(
    meetings: Sequence[Meeting],
    departures: Sequence[Departure],
    parameters: CooperationParameters,
    *,
    seed: int,
    data_end: date,
) -> tuple[list[Meeting], list[Planted]]:
    """The meetings as they went. No meeting is changed by two departures, nor by a departure and by everyday life."""
    changes = _changes(data_end)
    touched: set[tuple[str, str, date]] = set()
    planted: list[Planted] = []
    for departure in of_kinds(departures, *_OUTCOMES):
        meetings, note = _with_departure(meetings, departure, changes[departure.kind], touched, seed, data_end)
        touched |= set(note.hit)  # type: ignore[arg-type]  # the keys are meetings'
        planted.append(note)
    everyday = _with_everyday_life(part_generator(seed, "everyday meetings"), meetings, touched, parameters, changes)
    return everyday, planted


def _changes(data_end: date) -> dict[str, Change]:
    """What each kind makes of one meeting."""

    def late(rng: np.random.Generator, meeting: Meeting) -> list[Meeting]:
        days = late_days(meeting, data_end=data_end)
        return [replace(meeting, held=days[int(rng.integers(0, len(days)))])] if days else [meeting]

    def with_extra(rng: np.random.Generator, meeting: Meeting) -> list[Meeting]:
        day = extra_day(meeting, data_end=data_end)
        return [meeting, replace(meeting, planned=None, held=day, window=None, is_agreed_extra=True)]

    return {
        "missed_share": lambda rng, meeting: [],
        "cancelled_share": lambda rng, meeting: [replace(meeting, held=None, status=CANCELLED)],
        "no_minutes_share": lambda rng, meeting: [replace(meeting, held=None, status=UNKNOWN)],
        "late_share": late,
        "extra_meetings_share": with_extra,
    }


def _with_departure(
    meetings: Sequence[Meeting],
    departure: Departure,
    change: Change,
    touched: set[tuple[str, str, date]],
    seed: int,
    data_end: date,
) -> tuple[list[Meeting], Planted]:
    def is_free(meeting: Meeting) -> bool:
        return meeting.key not in touched and _can_have(departure.kind, meeting, data_end)

    covered = [meeting for meeting in meetings if _is_covered(departure, meeting)]
    places, note = plant(seed, departure, covered, key=lambda meeting: meeting.key, is_free=is_free)
    hit = {id(covered[place]) for place in places}
    rng = stream_of(seed, departure)
    changed = [change(rng, meeting) if id(meeting) in hit else [meeting] for meeting in meetings]
    return [meeting for several in changed for meeting in several], note


def _is_covered(departure: Departure, meeting: Meeting) -> bool:
    if meeting.planned is None:
        return False
    return covers(departure, meeting.unit, day=meeting.planned, forum=meeting.forum.code)


def _can_have(kind: str, meeting: Meeting, data_end: date) -> bool:
    match kind:
        case "late_share":
            return bool(late_days(meeting, data_end=data_end))
        case "extra_meetings_share":
            return extra_day(meeting, data_end=data_end) is not None
        case _:
            return True


def _with_everyday_life(
    rng: np.random.Generator,
    meetings: Sequence[Meeting],
    touched: set[tuple[str, str, date]],
    parameters: CooperationParameters,
    changes: dict[str, Change],
) -> list[Meeting]:
    kinds = ("cancelled_share", "no_minutes_share", "late_share")
    ends = np.cumsum(
        (parameters.everyday_cancelled_share, parameters.everyday_no_minutes_share, parameters.everyday_late_share)
    )
    drawn = np.searchsorted(ends, rng.random(len(meetings)), side="right").tolist()
    lived: list[Meeting] = []
    for meeting, place in zip(meetings, drawn, strict=True):
        is_spared = place == len(kinds) or meeting.planned is None or meeting.key in touched or meeting.children
        lived += [meeting] if is_spared else changes[kinds[place]](rng, meeting)
    return lived


def with_contents(
    meetings: Sequence[Meeting], departures: Sequence[Departure], parameters: CooperationParameters, *, seed: int
) -> tuple[list[Meeting], list[Planted]]:
    """The meetings with their length and what they were about, and the departures in these; nothing is known of one not held."""
    rng = part_generator(seed, "meeting contents")
    filled = [_with_level(rng, with_minutes(rng, meeting), parameters) for meeting in meetings]
    planted = []
    for departure in of_kinds(departures, "short_meeting_share"):
        filled, note = _changed(seed, departure, filled, _has_promised_minutes, _shortened)
        planted.append(note)
    for departure in of_kinds(departures, "child_level_share"):
        if departure.forum is not None:  # without a forum it is about requests
            filled, note = _changed(
                seed, departure, filled, lambda meeting: meeting.status == HELD, _on_child, _off_child
            )
            planted.append(note)
    return filled, planted


def _with_level(rng: np.random.Generator, meeting: Meeting, parameters: CooperationParameters) -> Meeting:
    drawn = rng.random()
    if meeting.status != HELD:
        return meeting
    if meeting.forum.code in ABOUT_ONE_CHILD:
        return replace(meeting, level=CHILD)
    if meeting.unit.kind != "institution":
        return replace(meeting, level=ENVIRONMENT)
    ends = np.cumsum((parameters.child_level_share, parameters.group_level_share))
    return replace(meeting, level=(CHILD, GROUP, ENVIRONMENT)[int(np.searchsorted(ends, drawn, side="right"))])


def _changed(
    seed: int,
    departure: Departure,
    meetings: Sequence[Meeting],
    is_asked: Callable[[Meeting], bool],
    hit: Callable[[Meeting], Meeting],
    spared: Callable[[Meeting], Meeting] = lambda meeting: meeting,
) -> tuple[list[Meeting], Planted]:
    """The covered meetings of those asked: `hit` of the departure's share, `spared` of the rest."""
    chosen = [
        place
        for place, meeting in enumerate(meetings)
        if is_asked(meeting) and covers(departure, meeting.unit, day=meeting.counted, forum=meeting.forum.code)
    ]
    covered = [meetings[place] for place in chosen]
    places, note = plant(seed, departure, covered, key=lambda meeting: meeting.key)
    changed = list(meetings)
    for number, place in enumerate(chosen):
        changed[place] = (hit if number in places else spared)(meetings[place])
    return changed, note


def _has_promised_minutes(meeting: Meeting) -> bool:
    return meeting.status == HELD and meeting.duty is not None and meeting.duty.rule.fewest_minutes is not None


def _shortened(meeting: Meeting) -> Meeting:
    promised = meeting.duty.rule.fewest_minutes if meeting.duty else None
    return replace(meeting, minutes=max(15, (promised or 0) - _SHORTER_MINUTES))


def _on_child(meeting: Meeting) -> Meeting:
    return replace(meeting, level=CHILD)


def _off_child(meeting: Meeting) -> Meeting:
    return replace(meeting, level=ENVIRONMENT if meeting.level == CHILD else meeting.level)
