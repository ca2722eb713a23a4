"""What was agreed at the meetings: an agreement per case and meeting, with somebody responsible, followed up before it is due."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from pipelines.municipalities.demo import Departure
from pipelines.simulate.cooperation.cases import Case
from pipelines.simulate.cooperation.departures import Planted, covers, of_kinds, plant
from pipelines.simulate.cooperation.meetings import HELD, Meeting
from pipelines.simulate.cooperation.participants import Participant
from pipelines.simulate.days import part_generator

CROSS_ACTIONS = (("coordinated", 0.5), ("joint", 0.3), ("single_person", 0.2))
DUE_DAYS = 56


@dataclass(frozen=True)
class Agreement:
    """One agreement made at one meeting; `followed_up` is empty until it is, `responsible` where nobody was named."""

    agreement_id: str
    meeting: int
    case_id: str
    cross_action: str
    responsible: str | None
    agreed: date
    due: date
    followed_up: date | None


def draw_agreements(
    meetings: Sequence[Meeting],
    cases: Sequence[Case],
    participants: Sequence[Participant],
    departures: Sequence[Departure],
    *,
    seed: int,
    data_end: date,
) -> tuple[list[Agreement], list[Planted]]:
    """All agreements, followed up at the unit's next held meeting or when due, whichever comes first, if that day has come."""
    rng = part_generator(seed, "agreements")
    after = _next_held(meetings)
    present = _professions_present(participants)
    pairs = sorted((place, case.case_id) for case in cases for place in case.meetings)
    drawn = []
    for number, (place, case_id) in enumerate(pairs, start=1):
        day = meetings[place].held_day
        due = day + timedelta(days=DUE_DAYS)
        follow_up = min(after.get(place, due), due)
        drawn.append(
            Agreement(
                agreement_id=f"OPDIGTET-A{number:06d}",
                meeting=place,
                case_id=case_id,
                cross_action=_drawn_action(rng),
                responsible=_drawn_responsible(rng, present.get(place, [])),
                agreed=day,
                due=due,
                followed_up=follow_up if follow_up <= data_end else None,
            )
        )
    planted = []
    for departure in of_kinds(departures, "follow_up_missing", "no_responsible_share"):
        drawn, note = _with_departure(drawn, meetings, departure, seed, data_end)
        planted.append(note)
    return drawn, planted


def _next_held(meetings: Sequence[Meeting]) -> dict[int, date]:
    """The day of the same forum's next held meeting at the same unit, by the place of a meeting."""
    held = [place for place, meeting in enumerate(meetings) if meeting.status == HELD]
    held.sort(key=lambda place: (meetings[place].forum.code, meetings[place].unit.code, meetings[place].held_day))
    return {
        place: meetings[after].held_day
        for place, after in pairwise(held)
        if (meetings[place].forum.code, meetings[place].unit.code)
        == (meetings[after].forum.code, meetings[after].unit.code)
    }


def _professions_present(participants: Sequence[Participant]) -> dict[int, list[str]]:
    """Professions of the staff who came, by meeting."""
    found: dict[int, dict[str, None]] = {}
    for each in participants:
        if each.is_present and each.staff_id is not None:
            found.setdefault(each.meeting, {})[each.profession] = None
    return {place: list(professions) for place, professions in found.items()}


def _drawn_action(rng: np.random.Generator) -> str:
    ends = np.cumsum([share for _, share in CROSS_ACTIONS])
    return CROSS_ACTIONS[min(int(np.searchsorted(ends, rng.random(), side="right")), len(CROSS_ACTIONS) - 1)][0]


def _drawn_responsible(rng: np.random.Generator, professions: Sequence[str]) -> str:
    """One of those who came; the leader, where no staff did."""
    return professions[int(rng.integers(0, len(professions)))] if professions else "leader"


def _with_departure(
    agreements: Sequence[Agreement], meetings: Sequence[Meeting], departure: Departure, seed: int, data_end: date
) -> tuple[list[Agreement], Planted]:
    """Agreements that had been followed up, are due and are not followed up; or that nobody is responsible for."""
    is_follow_up = departure.kind == "follow_up_missing"
    places = [
        place
        for place, each in enumerate(agreements)
        if covers(departure, meetings[each.meeting].unit, day=each.agreed, forum=meetings[each.meeting].forum.code)
        and (not is_follow_up or (each.followed_up is not None and each.due <= data_end))
    ]
    hit, note = plant(
        seed, departure, [agreements[place] for place in places], key=lambda agreement: agreement.agreement_id
    )
    changed = list(agreements)
    for number in hit:
        each = agreements[places[number]]
        changed[places[number]] = replace(each, followed_up=None) if is_follow_up else replace(each, responsible=None)
    return changed, note
