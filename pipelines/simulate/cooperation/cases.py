"""What was each meeting about: one named child, a group, the learning environment, or a child whom nobody names.

Some children come back meeting after meeting under one case number. A case keeps its consent and the steps by which it is
documented; the municipality's own document says which steps those are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby

import numpy as np

from pipelines.municipalities.profile import Profile
from pipelines.simulate.cooperation.attendance import Attendance
from pipelines.simulate.cooperation.meetings import CHILD, HELD, Meeting
from pipelines.simulate.cooperation.outcomes import ABOUT_ONE_CHILD
from pipelines.simulate.days import Indices, part_generator
from pipelines.simulate.parameters import CooperationParameters

GIVEN, NOT_ASKED, NOT_NEEDED = "given", "not_asked", "not_needed"
FAMILY_MEETING = "familiemoede"
CONSENT = "consent"
LATER_STEPS = ("evaluation", "new_agreements")
"""Steps that stand with the case's last meeting."""
_DAYS_OF_STEPS: Mapping[str, tuple[int, int]] = {
    "agenda": (-7, -2), "knowledge": (-5, 0), "discussion": (0, 0), "agreements": (0, 0), "intervention": (7, 21),
    "evaluation": (42, 70), "new_agreements": (71, 90),
}  # fmt: skip
"""Days from the case's first meeting (from its last for the two later steps)."""


@dataclass(frozen=True)
class Case:
    """One case and the places of its meetings in order. `child` is empty for groups, the environment and anonymous cases; `steps`
    are the days of the documented steps, only those that had been reached by data end."""

    case_id: str
    level: str
    child: int | None
    meetings: tuple[int, ...]
    consent: str
    consent_date: date | None = None
    concern_from: date | None = None
    need: str | None = None
    steps: Mapping[str, date] = field(default_factory=dict)
    is_described: bool | None = None
    has_family: bool | None = None
    areas_count: int | None = None
    is_anonymous: bool = False

    @property
    def is_named(self) -> bool:
        """Whether it is about one named child, of whom consent is asked."""
        return self.child is not None


def draw_cases(
    meetings: Sequence[Meeting],
    attendance: Attendance,
    rules: Profile,
    parameters: CooperationParameters,
    *,
    seed: int,
    data_end: date,
) -> list[Case]:
    """The cases of every held meeting but those of the whole municipality and of districts with a rhythm, which have none."""
    rng = part_generator(seed, "cases")
    held = [place for place, meeting in enumerate(meetings) if _has_cases(meeting)]
    held.sort(key=lambda place: (meetings[place].forum.code, meetings[place].unit.code, meetings[place].held_day))
    cases: list[Case] = []
    for _, places in groupby(held, key=lambda place: (meetings[place].forum.code, meetings[place].unit.code)):
        cases += _of_unit(rng, list(places), meetings, attendance, parameters)
    numbered = [replace(case, case_id=case_number(number)) for number, case in enumerate(cases, start=1)]
    return [filled(rng, case, meetings, attendance, rules, data_end=data_end) for case in numbered]


def case_number(number: int) -> str:
    """The sender's number of the case."""
    return f"OPDIGTET-S{number:06d}"


def _has_cases(meeting: Meeting) -> bool:
    is_strategic = meeting.duty is not None and meeting.unit.kind != "institution"
    return meeting.status == HELD and not is_strategic


def _of_unit(
    rng: np.random.Generator,
    places: Sequence[int],
    meetings: Sequence[Meeting],
    attendance: Attendance,
    parameters: CooperationParameters,
) -> list[Case]:
    """A unit's cases in the order of their first meeting; who is discussed comes back to the next meeting on a child with the
    share of continued cases, and at a meeting whose children are told beforehand whenever they are."""
    per_year = Counter(meetings[place].school_year for place in places if meetings[place].level == CHILD)
    cases: list[Case] = []
    going_on: list[int] = []
    for place in places:
        meeting = meetings[place]
        if meeting.level != CHILD:
            cases.append(Case("", str(meeting.level), None, (place,), NOT_NEEDED))
            continue
        there = attendance.at(meeting.unit, meeting.held_day)
        going_on = _who_comes_back(rng, meeting, cases, going_on, there, parameters)
        for number in going_on:
            cases[number] = replace(cases[number], meetings=(*cases[number].meetings, place))
        known = {cases[number].child for number in going_on}
        new = _new_children(rng, meeting, there, known, parameters, meetings_in_year=per_year[meeting.school_year])
        begun = [Case("", CHILD, child, (place,), GIVEN) for child in new]
        is_open = meeting.forum.code not in ABOUT_ONE_CHILD
        if not (begun or going_on) or (is_open and rng.random() < parameters.anonymous_share):
            cases.append(Case("", CHILD, None, (place,), NOT_NEEDED, is_anonymous=True))
        if is_open or meeting.children:
            going_on = [*going_on, *range(len(cases), len(cases) + len(begun))]
        cases += begun
    return cases


def _who_comes_back(
    rng: np.random.Generator,
    meeting: Meeting,
    cases: Sequence[Case],
    going_on: Sequence[int],
    there: Indices,
    parameters: CooperationParameters,
) -> list[int]:
    """Numbers of the cases that are discussed again."""
    if meeting.children:
        return [number for number, case in enumerate(cases) if case.child in meeting.children]
    return [number for number in going_on if rng.random() < parameters.continued_share and cases[number].child in there]


def _new_children(
    rng: np.random.Generator,
    meeting: Meeting,
    there: Indices,
    known: set[int | None],
    parameters: CooperationParameters,
    *,
    meetings_in_year: int,
) -> list[int]:
    """The children first named at a meeting: those told beforehand, or one, or a share of the unit's children spread over the
    year's meetings."""
    if meeting.children:
        return [child for child in meeting.children if child not in known]
    others = [child for child in there.tolist() if child not in known]
    mean = parameters.named_children_share * len(there) / meetings_in_year
    count = 1 if meeting.forum.code in ABOUT_ONE_CHILD else int(rng.poisson(mean))
    chosen = rng.permutation(len(others))[: min(count, len(others))]
    return [others[number] for number in sorted(chosen.tolist())]


def filled(
    rng: np.random.Generator,
    case: Case,
    meetings: Sequence[Meeting],
    attendance: Attendance,
    rules: Profile,
    *,
    data_end: date,
) -> Case:
    """The case with everything that is known of it; of a case without a named child little is."""
    first = meetings[case.meetings[0]]
    day = first.held_day
    needs = [term.code for term in rules.support_needs]
    known = replace(
        case,
        need=needs[int(rng.integers(0, len(needs)))] if needs else None,
        is_described=True if _asks_for_description(rules) else None,
    )
    if not case.is_named:
        return known
    return replace(
        known,
        consent_date=day - timedelta(days=int(rng.integers(0, 15))),
        concern_from=_concern(rng, case, attendance, day),
        steps=_steps(rng, rules, day, meetings[case.meetings[-1]].held_day, data_end),
        has_family=True,
        areas_count=len(rules.family_meeting_areas) or None if first.forum.code == FAMILY_MEETING else None,
    )


def _asks_for_description(rules: Profile) -> bool:
    return any(each.measure_id == "described_share" for each in rules.indicators)


def _concern(rng: np.random.Generator, case: Case, attendance: Attendance, day: date) -> date:
    """Two weeks to three months before, and not before birth."""
    return not_before_birth(case, attendance, day - timedelta(days=int(rng.integers(14, 91))))


def not_before_birth(case: Case, attendance: Attendance, day: date) -> date:
    """The day, or the child's first."""
    birth = date(1970, 1, 1) + timedelta(days=int(attendance.children.birth_day[case.child or 0]))
    return max(day, birth)


def _steps(rng: np.random.Generator, rules: Profile, first: date, last: date, data_end: date) -> dict[str, date]:
    promised = {term.code for term in rules.documentation.steps}
    steps = {}
    for step, (least, most) in _DAYS_OF_STEPS.items():
        day = (last if step in LATER_STEPS else first) + timedelta(days=int(rng.integers(least, most + 1)))
        if step in promised and day <= data_end:
            steps[step] = day
    return steps
