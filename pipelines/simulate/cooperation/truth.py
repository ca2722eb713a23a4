"""What is true of the cooperation: what became of each promised meeting, of cases, agreements, requests and handovers, and what
each departure hit. Counted from what was drawn, never from the files; names of counts are those of the marts that must find them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines.simulate.cooperation.calendar import Window, school_year_of
from pipelines.simulate.cooperation.cases import GIVEN, Case
from pipelines.simulate.cooperation.draw import Cooperation
from pipelines.simulate.cooperation.meetings import (
    CANCELLED,
    CHILD,
    ENVIRONMENT,
    GROUP,
    HELD,
    STATUSES,
    UNKNOWN,
    Meeting,
)
from pipelines.simulate.cooperation.requests import REPEATED_DAYS, Request
from pipelines.simulate.cooperation.units import Unit
from pipelines.simulate.days import school_year_label

if TYPE_CHECKING:
    from pipelines.simulate.municipality import SimulatedMunicipality

Row = dict[str, Any]
WHOLE_UNIT = "ALL"
_OUTCOMES = ("held", "late", "cancelled", "unknown", "missing", "not_due")
_LEVELS = (CHILD, GROUP, ENVIRONMENT)
_STEPS = ("agenda", "knowledge", "discussion", "agreements", "intervention", "evaluation", "new_agreements")
_HOW_HANDED_OVER: Mapping[tuple[bool, bool], str] = {
    (True, True): "both",
    (True, False): "written_only",
    (False, True): "oral_only",
    (False, False): "neither",
}
"""By whether it was in writing, and orally."""


def cooperation_truth(simulated: "SimulatedMunicipality") -> dict[str, list[Row]]:
    """All of it, part by part."""
    made, end = simulated.cooperation, simulated.data_end_date
    return {
        "expected_sessions": expected_sessions(made, end),
        "cadence_adjustments": adjustment_counts(made),
        "cases": case_counts(made),
        "agreements": agreement_counts(made, end),
        "support_requests": request_counts(made),
        "handovers": handover_counts(made),
        "departures": departure_counts(made),
    }


def session_counts(made: Cooperation) -> list[Row]:
    """Per forum, district and school year (of the planned day, else of the held one): planned, held, late, cancelled and
    unknown meetings. Held counts unplanned meetings too, which are also counted apart. The whole municipality's have no district.
    """
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    for meeting in made.meetings:
        key = meeting.forum.code, meeting.unit.district or "", school_year_label(meeting.school_year)
        count = counts.setdefault(key, Counter())
        count["planned"] += meeting.planned is not None
        count[meeting.status] += 1
        count["late"] += meeting.is_late
        count["held_unplanned"] += meeting.planned is None
    names = ("planned", *STATUSES, "late", "held_unplanned")
    return [
        {"forum_code": forum, "district_code": district or None, "school_year": year, **_counted(counts[key], names)}
        for key in sorted(counts)
        for forum, district, year in (key,)
    ]


def expected_sessions(made: Cooperation, data_end: date) -> list[Row]:
    """Per forum, unit and school year: what became of the meeting that each stretch of open weeks promises. A log knows nothing
    of stretches that end before its first meeting of the forum."""
    first_logged: dict[str, date] = {}
    by_unit: dict[tuple[str, str], list[Meeting]] = {}
    for meeting in made.meetings:
        code = meeting.forum.code
        first_logged[code] = min(first_logged.get(code, date.max), meeting.counted)
        by_unit.setdefault((code, meeting.unit.code), []).append(meeting)
    counts: dict[tuple[str, str, str, str], Counter[str]] = {}
    for duty in made.duties:
        code = duty.forum.code
        for window in duty.windows:
            if window.last < first_logged.get(code, date.max) or duty.start > data_end:
                continue
            key = code, duty.unit.kind, _unit_code(duty.unit), school_year_label(duty.school_year)
            outcome = _outcome(window, by_unit.get((code, duty.unit.code), ()), data_end)
            counts.setdefault(key, Counter())[outcome] += 1
    return [
        {
            "forum_code": forum,
            "unit_kind_code": kind,
            "unit_code": unit,
            "school_year": year,
            "expected_count": sum(counts[key].values()) - counts[key]["not_due"],
            **_counted(counts[key], _OUTCOMES),
        }
        for key in sorted(counts)
        for forum, kind, unit, year in (key,)
    ]


def _unit_code(unit: Unit) -> str:
    return WHOLE_UNIT if unit.kind == "municipality" else unit.code


def _outcome(window: Window, meetings: Iterable[Meeting], data_end: date) -> str:
    """The best that became of the stretch's meetings: held, late; if it is over, minutes missing, cancelled, or nothing."""
    inside = [meeting for meeting in meetings if window.first <= meeting.counted <= window.last]
    held = [meeting for meeting in inside if meeting.status == HELD]
    if held:
        return "late" if all(meeting.is_late for meeting in held) else "held"
    if window.last > data_end:
        return "not_due"
    statuses = {meeting.status for meeting in inside}
    return UNKNOWN if UNKNOWN in statuses else CANCELLED if CANCELLED in statuses else "missing"


def adjustment_counts(made: Cooperation) -> list[Row]:
    """Per school year and cluster: institutions that changed to a shorter interval within the year, and to a longer one."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    before: dict[tuple[str, int], int] = {}
    for row in made.years:  # an institution's year in the order of its days
        former = before.get((row.unit.code, row.school_year))
        if row.interval_weeks:
            before[row.unit.code, row.school_year] = row.interval_weeks
        if former and row.interval_weeks:
            key = school_year_label(row.school_year), row.unit.cluster or ""
            how = "shorter" if row.interval_weeks < former else "longer"
            counts.setdefault(key, Counter())[how] += 1
    return [
        {"school_year": year, "cluster_code": cluster or None, **_counted(counts[key], ("shorter", "longer"))}
        for key in sorted(counts)
        for year, cluster in (key,)
    ]


def case_counts(made: Cooperation) -> list[Row]:
    """Per forum, school year and district of the first meeting: cases by level, and of those about a named child how many have
    consent and each documented step."""
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    for case in made.cases:
        first = made.meetings[case.meetings[0]]
        key = first.forum.code, school_year_label(first.school_year), first.unit.district or ""
        count = counts.setdefault(key, Counter())
        count["cases"] += 1
        count["anonymous_case" if case.is_anonymous else f"{case.level}_case"] += 1
        if case.is_named:
            count["consent_given"] += case.consent == GIVEN
            count.update(f"{step}_step" for step in _STEPS if step in case.steps)
        count["described"] += bool(case.is_described)
        count["described_known"] += case.is_described is not None
        count["family"] += bool(case.has_family)
        count["concern_known"] += case.concern_from is not None
        count["concern_days"] += _concern_days(case, first)
    names = (
        "cases", *(f"{level}_case" for level in _LEVELS), "anonymous_case", "consent_given",
        *(f"{step}_step" for step in _STEPS), "described", "described_known", "family", "concern_known",
    )  # fmt: skip
    return [
        {
            "forum_code": forum,
            "school_year": year,
            "district_code": district or None,
            **_counted(counts[key], names),
            "concern_days_sum": counts[key]["concern_days"],
        }
        for key in sorted(counts)
        for forum, year, district in (key,)
    ]


def _concern_days(case: Case, first: Meeting) -> int:
    return (first.held_day - case.concern_from).days if case.concern_from else 0


def agreement_counts(made: Cooperation, data_end: date) -> list[Row]:
    """Per forum, school year and district: agreements, those with somebody responsible, and what became of them."""
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    for each in made.agreements:
        meeting = made.meetings[each.meeting]
        key = meeting.forum.code, school_year_label(meeting.school_year), meeting.unit.district or ""
        count = counts.setdefault(key, Counter())
        count["agreements"] += 1
        count["responsible_named"] += each.responsible is not None
        if each.followed_up is not None:
            count["on_time" if each.followed_up <= each.due else "late"] += 1
        else:
            count["not_followed" if each.due <= data_end else "not_due"] += 1
    names = ("agreements", "responsible_named", "on_time", "late", "not_followed", "not_due")
    return [
        {"forum_code": forum, "school_year": year, "district_code": district or None, **_counted(counts[key], names)}
        for key in sorted(counts)
        for forum, year, district in (key,)
    ]


def request_counts(made: Cooperation) -> list[Row]:
    """Per school year, road and district: requests, how far they have come, how they were given, and days waited in all."""
    asked: dict[tuple[str, str], list[date]] = {}
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    for each in made.requests:  # in the order of their day
        former = asked.setdefault((each.unit.code, each.need), [])
        key = school_year_label(school_year_of(each.asked)), each.road, each.unit.district or ""
        count = counts.setdefault(key, Counter())
        count.update(name for name, is_so in _facts(each).items() if is_so)
        count["repeated"] += bool(former) and (each.asked - former[-1]).days <= REPEATED_DAYS
        count["days_to_start"] += (each.start - each.asked).days if each.start else 0
        if each.assessment_start and each.assessment_end:
            count["assessment_days"] += (each.assessment_end - each.assessment_start).days
        former.append(each.asked)
    names = (
        "requests", "contacted", "started", "child", "group", "environment", "in_practice", "waited_for_diagnosis",
        "assessed", "over_nine_hours", "family", "family_known", "repeated",
    )  # fmt: skip
    return [
        {
            "school_year": year,
            "support_road_code": road,
            "district_code": district or None,
            **_counted(counts[key], names),
            "days_to_start_sum": counts[key]["days_to_start"],
            "assessment_days_sum": counts[key]["assessment_days"],
        }
        for key in sorted(counts)
        for year, road, district in (key,)
    ]


def _facts(each: Request) -> Mapping[str, bool]:
    return {
        "requests": True,
        "contacted": each.contact is not None,
        "started": each.start is not None,
        each.level: True,
        "in_practice": bool(each.is_in_practice),
        "waited_for_diagnosis": bool(each.has_waited),
        "assessed": each.assessment_end is not None,
        "over_nine_hours": (each.granted_hours or 0) >= 9,
        "family": bool(each.has_family),
        "family_known": each.has_family is not None,
    }


def handover_counts(made: Cooperation) -> list[Row]:
    """Per school year and district of the institution that the child left: in writing and orally, one of them only, or neither."""
    by_row = {unit.row: unit for unit in made.units if unit.kind == "institution"}
    counts: dict[tuple[str, str], Counter[str]] = {}
    for each in made.handovers:
        key = school_year_label(school_year_of(each.day)), by_row[each.giver].district or ""
        counts.setdefault(key, Counter()).update(["handovers", _HOW_HANDED_OVER[each.is_written, each.is_oral]])
    return [
        {
            "school_year": year,
            "district_code": district or None,
            **_counted(counts[key], ("handovers", *_HOW_HANDED_OVER.values())),
        }
        for key in sorted(counts)
        for year, district in (key,)
    ]


def departure_counts(made: Cooperation) -> list[Row]:
    """Per planted departure: what it is, how many rows it hit, and out of how many."""
    return [
        {
            "departure_id": each.departure.id,
            "kind": each.departure.kind,
            "text": each.departure.text,
            "units": list(each.departure.units),
            "from_date": each.departure.from_date.isoformat(),
            "to_date": each.departure.to_date.isoformat() if each.departure.to_date else None,
            "value": each.departure.value,
            "hit_count": len(each.hit),
            "out_of_count": each.out_of_count,
        }
        for each in made.planted
    ]


def _counted(counts: Counter[str], names: Iterable[str]) -> dict[str, int]:
    return {f"{name}_count": counts[name] for name in names}
