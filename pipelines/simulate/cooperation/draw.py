"""All of the cooperation at once, in the order in which one part stands on another; and every departure with what it hit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from pipelines.municipalities.demo import Departure
from pipelines.municipalities.parts import Forum, ForumWhenNeeded
from pipelines.municipalities.profile import Profile
from pipelines.simulate.cooperation.adjustments import with_adjustments
from pipelines.simulate.cooperation.agreements import Agreement, draw_agreements
from pipelines.simulate.cooperation.attendance import Attendance
from pipelines.simulate.cooperation.case_departures import with_case_departures
from pipelines.simulate.cooperation.cases import Case, draw_cases, filled
from pipelines.simulate.cooperation.departures import Planted, of_kinds
from pipelines.simulate.cooperation.duties import Duty, duties_of
from pipelines.simulate.cooperation.handovers import Handover, draw_handovers
from pipelines.simulate.cooperation.meetings import Meeting, in_order, meetings_when_needed, planned_meetings
from pipelines.simulate.cooperation.outcomes import with_contents, with_outcomes
from pipelines.simulate.cooperation.participants import Participant, draw_participants
from pipelines.simulate.cooperation.requests import Request, draw_requests
from pipelines.simulate.cooperation.staff import Person, Staff, Training, draw_training, employ, with_staff_departures
from pipelines.simulate.cooperation.units import Unit, all_units, units_of
from pipelines.simulate.cooperation.years import InstitutionYear, draw_institution_years, intervals_of
from pipelines.simulate.days import part_generator
from pipelines.simulate.reviews import COUNCIL, COUNCIL_FORUM

if TYPE_CHECKING:
    from pipelines.simulate.municipality import SimulatedMunicipality

UNPROMISED_FORUM: Final = ForumWhenNeeded.model_validate(
    {
        "code": "ressourceforum",
        "unit_kind": "institution",
        "institution_types": ["daycare", "folkeskole"],
        "when": "når institutionen beder om det",
        "place": "dokumentet lover ingen mødeform",
        "roles": [
            {"profession": profession, "presence": "required", "place": "dokumentet nævner ingen deltagere"}
            for profession in ("support_worker", "leader", "pedagogue")
        ],
    }
)
"""Where a document promises no forum at all, institutions and support still meet, and the log shows it."""


@dataclass(frozen=True)
class Cooperation:
    """Everything drawn. Places of meetings in other parts are those in `meetings`, which are numbered in order."""

    units: tuple[Unit, ...]
    years: tuple[InstitutionYear, ...]
    duties: tuple[Duty, ...]
    meetings: tuple[Meeting, ...]
    staff: tuple[Person, ...]
    training: tuple[Training, ...]
    participants: tuple[Participant, ...]
    cases: tuple[Case, ...]
    agreements: tuple[Agreement, ...]
    requests: tuple[Request, ...]
    handovers: tuple[Handover, ...]
    planted: tuple[Planted, ...]


def draw_cooperation(simulated: "SimulatedMunicipality") -> Cooperation:
    """The cooperation of a made-up municipality from its first school year to data end."""
    profile, seed, parameters = simulated.profile, simulated.seed, simulated.parameters.cooperation
    rules, departures = profile.rules, profile.departures
    first, data_end = log_start(rules, simulated.first_school_year), simulated.data_end_date
    school_years = range(simulated.first_school_year, data_end.year + 1)
    units = all_units(profile, simulated.geography)
    attendance = Attendance(
        simulated.children,
        (simulated.placements, simulated.clubs),
        tuple(district.code for district in profile.districts),
    )
    as_set = draw_institution_years(units, profile.units, attendance, rules, seed=seed, school_years=school_years)
    years, of_years = with_adjustments(as_set, departures, rules, seed=seed, data_end=data_end)
    duties = [duty for forum in rules.forums for duty in duties_of(forum, units, intervals_of(years), school_years)]
    meetings, planted = _meetings(simulated, units, attendance, duties, departures, first)
    staff = Staff(profile, units, first, parameters.support_workers_in_team, part_generator(seed, "staff"))
    employ(staff, _forums(rules), rules, day=first)
    planted += with_staff_departures(staff, departures)
    training, of_training = draw_training(staff, rules, departures, seed=seed, data_end=data_end)
    participants, of_roles = draw_participants(meetings, staff, rules, departures, parameters, seed=seed)
    cases, of_cases = _cases(simulated, meetings, units, attendance, departures)
    agreements, of_agreements = draw_agreements(meetings, cases, participants, departures, seed=seed, data_end=data_end)
    requests, of_requests = draw_requests(
        units, attendance, departures, parameters, seed=seed, first=first, data_end=data_end
    )
    handovers, of_handovers = draw_handovers(simulated.placements, units, departures, seed=seed, data_end=data_end)
    planted += [
        *of_years,
        *of_training,
        *of_roles,
        *of_cases,
        *of_agreements,
        *of_requests,
        *of_handovers,
        *_opened(departures),
    ]
    return Cooperation(
        units=units,
        years=tuple(years),
        duties=tuple(duties),
        meetings=tuple(meetings),
        staff=tuple(staff.people),
        training=tuple(training),
        participants=tuple(participants),
        cases=tuple(cases),
        agreements=tuple(agreements),
        requests=tuple(requests),
        handovers=tuple(handovers),
        planted=tuple(planted),
    )


def log_start(rules: Profile, first_school_year: int) -> date:
    """The first day of the log: the first school year's, or the first of the rules where all of them begin later."""
    begins = [rule.valid_from for forum in rules.forums for rule in forum.rules]
    known = [day for day in begins if day is not None]
    first = date(first_school_year, 8, 1)
    return max(first, min(known)) if known and len(known) == len(begins) else first


def _forums(rules: Profile) -> tuple[Forum | ForumWhenNeeded, ...]:
    return rules.all_forums or (UNPROMISED_FORUM,)


def _meetings(
    simulated: "SimulatedMunicipality",
    units: Sequence[Unit],
    attendance: Attendance,
    duties: Sequence[Duty],
    departures: Sequence[Departure],
    first: date,
) -> tuple[list[Meeting], list[Planted]]:
    seed, parameters, data_end = simulated.seed, simulated.parameters.cooperation, simulated.data_end_date
    current = [duty for duty in duties if duty.end >= first]
    meetings = [each for each in planned_meetings(current, seed=seed, data_end=data_end) if each.counted >= first]

    def mean_per_year(unit: Unit) -> float:
        return parameters.called_meetings_per_child_year * attendance.mean_count(unit, first, data_end)

    for forum in _forums(simulated.profile.rules):
        if forum.code == COUNCIL_FORUM:
            meetings += _council_meetings(simulated, forum, units, first)
        elif isinstance(forum, ForumWhenNeeded):
            meetings += meetings_when_needed(
                forum, units_of(forum, units), seed=seed, mean_per_year=mean_per_year, first=first,
                data_end=data_end,
            )  # fmt: skip
    lived, of_outcomes = with_outcomes(meetings, departures, parameters, seed=seed, data_end=data_end)
    filled_in, of_contents = with_contents(in_order(lived), departures, parameters, seed=seed)
    return filled_in, [*of_outcomes, *of_contents]


def _council_meetings(
    simulated: "SimulatedMunicipality", forum: Forum | ForumWhenNeeded, units: Sequence[Unit], first: date
) -> list[Meeting]:
    """A meeting of a district's council on every day on which it judged somebody (see reviews), on those children."""
    reviews, children = simulated.reviews, simulated.children
    judged = np.flatnonzero(reviews.kind == COUNCIL)
    district = children.district_on(reviews.child[judged], reviews.day[judged])
    by_meeting: dict[tuple[str, date], list[int]] = {}
    for child, number, place in zip(
        reviews.child[judged].tolist(), reviews.day[judged].tolist(), district.tolist(), strict=True
    ):
        day = date(1970, 1, 1) + timedelta(days=number)
        if day >= first:
            by_meeting.setdefault((simulated.profile.districts[place].code, day), []).append(child)
    by_code = {unit.code: unit for unit in units_of(forum, units)}
    return [
        Meeting(forum, by_code[code], planned=day, held=day, children=tuple(sorted(set(found))))
        for (code, day), found in sorted(by_meeting.items())
        if code in by_code
    ]


def _cases(
    simulated: "SimulatedMunicipality",
    meetings: Sequence[Meeting],
    units: Sequence[Unit],
    attendance: Attendance,
    departures: Sequence[Departure],
) -> tuple[list[Case], list[Planted]]:
    seed, rules, data_end = simulated.seed, simulated.profile.rules, simulated.data_end_date
    drawn = draw_cases(meetings, attendance, rules, simulated.parameters.cooperation, seed=seed, data_end=data_end)
    rng = part_generator(seed, "further cases")
    return with_case_departures(
        drawn, meetings, units, attendance, departures, seed=seed,
        fill=lambda case: filled(rng, case, meetings, attendance, rules, data_end=data_end),
    )  # fmt: skip


def _opened(departures: Sequence[Departure]) -> list[Planted]:
    """Units that open or close (the geography has their days)."""
    return [Planted(each, each.units, len(each.units)) for each in of_kinds(departures, "opens", "closes")]
