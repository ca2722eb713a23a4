"""Who was invited to each held meeting, and who came: the roles that the document names, filled by the unit's own people."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from pipelines.municipalities.demo import Departure
from pipelines.municipalities.parts import Role
from pipelines.municipalities.profile import Profile
from pipelines.simulate.cooperation.departures import Planted, covers, of_kinds, plant
from pipelines.simulate.cooperation.meetings import HELD, Meeting
from pipelines.simulate.cooperation.staff import NO_STAFF, Staff, profession_in, roles_at
from pipelines.simulate.days import part_generator
from pipelines.simulate.parameters import CooperationParameters

START_PHASE = "implementation"
"""The phase of a profile in which all take part regularly."""


@dataclass(frozen=True)
class Participant:
    """One participant of one meeting (its place among all meetings); `staff_id` is empty for those who are not employed."""

    meeting: int
    participant_id: str
    profession: str
    staff_id: str | None
    is_invited: bool
    is_present: bool


def draw_participants(
    meetings: Sequence[Meeting],
    staff: Staff,
    rules: Profile,
    departures: Sequence[Departure],
    parameters: CooperationParameters,
    *,
    seed: int,
) -> tuple[list[Participant], list[Planted]]:
    """Everybody whom the roles call for; then the departures: a profession that is invited and does not come, or is not invited."""
    rng = part_generator(seed, "participants")
    drawn = [
        participant
        for place, meeting in enumerate(meetings)
        if meeting.status == HELD
        for participant in _of_meeting(rng, place, meeting, staff, rules, parameters)
    ]
    planted = []
    for departure in of_kinds(departures, "role_absent", "not_invited_share"):
        drawn, note = _with_departure(drawn, meetings, departure, seed)
        planted.append(note)
    return drawn, planted


def _of_meeting(
    rng: np.random.Generator,
    place: int,
    meeting: Meeting,
    staff: Staff,
    rules: Profile,
    parameters: CooperationParameters,
) -> list[Participant]:
    day = meeting.held_day
    found: dict[str, Participant] = {}
    for role in roles_at(meeting.forum, meeting.unit):
        is_there = rng.random() < _share_present(role, rules, parameters, day)
        if not (is_there or role.is_always_invited):
            continue
        profession = profession_in(role, meeting.unit, staff.profile, day=day)
        people = staff.of_role(profession, meeting.unit, day=day)
        ids = [person.staff_id for person in people] or ([f"P{len(found) + 1}"] if profession in NO_STAFF else [])
        for each in ids:
            staff_id = None if profession in NO_STAFF else each
            found.setdefault(each, Participant(place, each, profession, staff_id, is_invited=True, is_present=is_there))
    return list(found.values())


def _share_present(role: Role, rules: Profile, parameters: CooperationParameters, day: date) -> float:
    match role.presence:
        case "required":
            return 1.0
        case "when_needed":
            return parameters.called_role_share
        case "start_phase" if _is_in_start_phase(rules, day):
            return 1.0
        case _:
            return parameters.free_role_share


def _is_in_start_phase(rules: Profile, day: date) -> bool:
    return any(
        phase.code == START_PHASE and phase.from_date <= day <= (phase.to_date or date.max) for phase in rules.phases
    )


def _with_departure(
    participants: Sequence[Participant], meetings: Sequence[Meeting], departure: Departure, seed: int
) -> tuple[list[Participant], Planted]:
    """A share of the covered meetings that the profession is invited to; where several of it are, all of them stay away."""
    invited = {each.meeting for each in participants if each.profession == departure.profession and each.is_invited}
    covered = sorted(place for place in invited if _is_covered(departure, meetings[place]))
    places, note = plant(seed, departure, covered, key=lambda place: meetings[place].key)
    hit = {covered[place] for place in places}
    changed = []
    for each in participants:
        if each.meeting not in hit or each.profession != departure.profession:
            changed.append(each)
        elif departure.kind == "role_absent":
            changed.append(replace(each, is_present=False))
    return changed, note


def _is_covered(departure: Departure, meeting: Meeting) -> bool:
    return covers(departure, meeting.unit, day=meeting.held_day, forum=meeting.forum.code)
