"""The cooperation as it is delivered: one frame per source with the columns of its contract, right and complete."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pipelines.contracts import source_contract
from pipelines.municipalities.parts import Forum
from pipelines.simulate.cooperation.cases import CONSENT, LATER_STEPS, Case
from pipelines.simulate.cooperation.meetings import HELD, Meeting
from pipelines.simulate.cooperation.units import Unit
from pipelines.simulate.days import part_generator, school_year_label

if TYPE_CHECKING:
    from pipelines.simulate.municipality import SimulatedMunicipality

Row = dict[str, Any]
_PREVENTION_KINDS = (("preventive", 0.35), ("anticipatory", 0.5), ("intervening", 0.15))
_JOINT_OBSERVATION_SHARE = 0.7
_STEPS = ("agenda", "knowledge", "discussion", "agreements", "intervention", "evaluation", "new_agreements")
_POLARS_TYPES: Mapping[str, pl.DataType] = {
    "DATE": pl.Date(), "BOOLEAN": pl.Boolean(), "INTEGER": pl.Int64(), "VARCHAR": pl.String(), "UUID": pl.String(),
}  # fmt: skip
"""Column type by the contract's physical type; decimals are floats, as in the simulator's other tables."""


def cooperation_rows(simulated: "SimulatedMunicipality") -> dict[str, Callable[[], pl.DataFrame]]:
    """What makes the frame of each source of the cooperation."""

    def maker(source: str, rows: Callable[["SimulatedMunicipality"], Iterator[Row]]) -> Callable[[], pl.DataFrame]:
        return lambda: _frame(source, list(rows(simulated)))

    return {source: maker(source, rows) for source, rows in _ROWS.items()}


def _frame(source: str, rows: Sequence[Row]) -> pl.DataFrame:
    columns = source_contract(source).columns
    schema = {column.name: _POLARS_TYPES.get(column.physical_type, pl.Float64()) for column in columns}
    return pl.DataFrame(rows, schema=schema)


def _session_rows(simulated: "SimulatedMunicipality") -> Iterator[Row]:
    """What a meeting was used for is drawn here: no departure is about it."""
    rng = part_generator(simulated.seed, "session contents")
    activities = [term.code for term in simulated.profile.rules.activities]
    met: set[tuple[str, str]] = set()
    for meeting in simulated.cooperation.meetings:
        about = _about(rng, meeting, activities, is_first=(meeting.forum.code, meeting.unit.code) not in met)
        if meeting.status == HELD:
            met.add((meeting.forum.code, meeting.unit.code))
        yield {
            "session_id": meeting.session_id,
            "forum_code": meeting.forum.code,
            **_unit_columns(meeting.unit),
            "planned_date": meeting.planned,
            "held_date": meeting.held,
            "session_status_code": meeting.status,
            "duration_minutes": meeting.minutes,
            "level_code": meeting.level,
            "is_agreed_extra": meeting.is_agreed_extra if meeting.status == HELD else None,
            **(about if meeting.status == HELD else {}),
        }


def _about(rng: np.random.Generator, meeting: Meeting, activities: Sequence[str], *, is_first: bool) -> Row:
    ends = np.cumsum([share for _, share in _PREVENTION_KINDS])
    kind = min(int(np.searchsorted(ends, rng.random(), side="right")), len(_PREVENTION_KINDS) - 1)
    is_joint, pick = bool(rng.random() < _JOINT_OBSERVATION_SHARE), rng.random()
    parts = meeting.forum.parts if isinstance(meeting.forum, Forum) else ()
    return {
        "prevention_kind_code": _PREVENTION_KINDS[kind][0],
        "is_from_joint_observation": is_joint,
        "session_activity_code": activities[int(pick * len(activities))] if activities else None,
        "is_prepared_by_leader": True,
        "is_last_time_followed_up": None if is_first else True,
        "has_second_part": True if len(parts) > 1 else None,
    }


def _unit_columns(unit: Unit) -> Row:
    return {
        "institution_code": unit.code if unit.kind == "institution" else None,
        "district_code": unit.district,
        "cluster_code": unit.code if unit.kind == "cluster" else None,
    }


def _role_rows(simulated: "SimulatedMunicipality") -> Iterator[Row]:
    made = simulated.cooperation
    for each in made.participants:
        meeting = made.meetings[each.meeting]
        yield {
            "session_id": meeting.session_id,
            "participant_id": each.participant_id,
            "profession_code": each.profession,
            "staff_id": each.staff_id,
            "is_invited": each.is_invited,
            "is_present": each.is_present,
            "recorded_date": meeting.held,
        }


def _case_rows(simulated: "SimulatedMunicipality") -> Iterator[Row]:
    """A step stands with the case's first meeting, the two last steps with its last."""
    made, numbers = simulated.cooperation, simulated.children.numbers
    for case in made.cases:
        for place in case.meetings:
            yield {
                "session_id": made.meetings[place].session_id,
                "case_id": case.case_id,
                "child_id": None if case.child is None else numbers[case.child],
                "is_anonymous": case.is_anonymous,
                "level_code": case.level,
                f"{CONSENT}_status_code": case.consent,
                f"{CONSENT}_date": case.consent_date,
                **_step_dates(case, place),
                "support_need_code": case.need,
                "concern_from_date": case.concern_from,
                "is_described_with_learning_analysis": case.is_described,
                "has_family_taken_part": case.has_family,
                "family_areas_covered_count": case.areas_count,
                "case_date": made.meetings[place].held,
            }


def _step_dates(case: Case, place: int) -> Row:
    of_first = case.steps if place == case.meetings[0] else {}
    of_last = case.steps if place == case.meetings[-1] else {}
    dates = {step: (of_last if step in LATER_STEPS else of_first).get(step) for step in _STEPS}
    return {
        **{f"{step}_date": day for step, day in dates.items()},
        "has_goal": True if dates["intervention"] else None,
    }


def _agreement_rows(simulated: "SimulatedMunicipality") -> Iterator[Row]:
    made = simulated.cooperation
    for each in made.agreements:
        yield {
            "agreement_id": each.agreement_id,
            "session_id": made.meetings[each.meeting].session_id,
            "case_id": each.case_id,
            "cross_action_code": each.cross_action,
            "responsible_profession_code": each.responsible,
            "agreed_date": each.agreed,
            "due_date": each.due,
            "followed_up_date": each.followed_up,
        }


def _year_rows(simulated: "SimulatedMunicipality") -> Iterator[Row]:
    for each in simulated.cooperation.years:
        yield {
            "institution_code": each.unit.code,
            "school_year": school_year_label(each.school_year),
            "child_count": each.child_count,
            "social_normering_percent": each.social_normering_percent,
            "ownership_code": each.unit.ownership,
            "cadence_weeks": each.interval_weeks,
            "cadence_from_date": each.from_date,
        }


def _staff_rows(simulated: "SimulatedMunicipality") -> Iterator[Row]:
    for person in simulated.cooperation.staff:
        yield {
            "staff_id": person.staff_id,
            "profession_code": person.profession,
            "unit_kind_code": person.unit_kind,
            "unit_code": person.unit_code,
            "from_date": person.from_date,
            "to_date": person.to_date,
            "hours_per_week": person.hours_per_week,
        }


def _training_rows(simulated: "SimulatedMunicipality") -> Iterator[Row]:
    for each in simulated.cooperation.training:
        yield {
            "staff_id": each.staff_id,
            "profession_code": each.profession,
            "training_kind_code": each.kind,
            "completed_date": each.completed,
            "valid_to_date": None,
        }


def _request_rows(simulated: "SimulatedMunicipality") -> Iterator[Row]:
    numbers = simulated.children.numbers
    for each in simulated.cooperation.requests:
        yield {
            "request_id": each.request_id,
            "institution_code": each.unit.code,
            "child_id": None if each.child is None else numbers[each.child],
            "support_road_code": each.road,
            "level_code": each.level,
            "support_need_code": each.need,
            "request_date": each.asked,
            "first_contact_date": each.contact,
            "start_date": each.start,
            "end_date": each.end,
            "is_in_practice": each.is_in_practice,
            "has_diagnosis": each.has_diagnosis,
            "has_waited_for_diagnosis": each.has_waited,
            "assessment_start_date": each.assessment_start,
            "assessment_end_date": each.assessment_end,
            "granted_hours_per_week": each.granted_hours,
            "has_family_taken_part": each.has_family,
        }


def _handover_rows(simulated: "SimulatedMunicipality") -> Iterator[Row]:
    numbers, codes = simulated.children.numbers, simulated.geography.codes
    for each in simulated.cooperation.handovers:
        yield {
            "child_id": numbers[each.child],
            "from_institution_code": codes[each.giver],
            "to_institution_code": codes[each.taker],
            "handover_date": each.day,
            "is_written": each.is_written,
            "is_oral": each.is_oral,
            "known_professionals_count": each.known_count,
            "invited_professionals_count": each.known_count,
        }


_ROWS: Mapping[str, Callable[["SimulatedMunicipality"], Iterator[Row]]] = {
    "sessions": _session_rows,
    "session_roles": _role_rows,
    "session_cases": _case_rows,
    "agreements": _agreement_rows,
    "institution_years": _year_rows,
    "staffing": _staff_rows,
    "training": _training_rows,
    "support_requests": _request_rows,
    "handovers": _handover_rows,
}
"""What makes the rows of each source."""
