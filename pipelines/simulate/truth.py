"""What is true of a made-up municipality: shares, moves, SDQ changes, meetings, reviews, spend, defects: as JSON.

Everything is counted from the simulator's own arrays, never from the files. Names of counts are those of the marts that must
find them again. A district is the child's home district: on 30 September for shares, on the last day before a move for moves,
on the day of the first form for SDQ. `area_code` ALL is the whole municipality.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.simulate.caseload import caseload_truth
from pipelines.simulate.cooperation.truth import cooperation_truth, session_counts
from pipelines.simulate.costs import spend_truth
from pipelines.simulate.days import (
    Flags,
    Indices,
    Numbers,
    day_number,
    school_year_label,
    year_numbers,
)
from pipelines.simulate.deliveries import plan_deliveries, planned_refusals
from pipelines.simulate.exposure import lived_here
from pipelines.simulate.measures import social_history_start
from pipelines.simulate.moves import MOVE_CAUSES, education_exposure, education_moves, social_exposure, social_moves
from pipelines.simulate.municipality import SimulatedMunicipality
from pipelines.simulate.notifications import notification_truth
from pipelines.simulate.parameters import describe_parameters
from pipelines.simulate.potential import potential_outcomes
from pipelines.simulate.reviews import first_follow_up_truth, review_truth
from pipelines.simulate.schooling import DAYCARE_GRADE, LOWEST_SEGREGATED_RUNG, Placements
from pipelines.simulate.sdq import Forms
from pipelines.simulate.sdq_groups import first_of_pairs, sdq_group_truth, window_has_closed
from pipelines.simulate.sdq_items import DIFFICULTY_SCALES, INFORMANTS, MISSING, Items, load_items
from pipelines.simulate.sdq_scores import NO_POINTS, score_source_truth, scoring_error_truth
from pipelines.simulate.segregation_figures import border_truth, figures_truth
from pipelines.simulate.targets import target_rows

WHOLE = "ALL"

Row = dict[str, Any]


def write_truth(simulated: SimulatedMunicipality, path: Path, *, dirty: int = 1) -> None:
    """Write the truth as JSON; `dirty` is the level of the deliveries that go with it, 0 clean."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(truth_of(simulated, dirty=dirty), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def truth_of(simulated: SimulatedMunicipality, *, dirty: int = 1) -> dict[str, Any]:
    """Everything known: what was drawn, rows delivered per file, and planted defects."""
    deliveries = plan_deliveries(simulated, dirty=dirty)
    return {
        **truth_without_files(simulated),
        "is_dirty": dirty > 0,
        "dirty_level": int(dirty),
        "deliveries": [
            {
                "source": delivery.source,
                "file_name": delivery.file_name,
                "sheet_name": delivery.layout.sheet_name,
                "right_row_count": delivery.right_row_count,
                "wrong_row_count": delivery.wrong_row_count,
            }
            for delivery in deliveries
        ],
        "planted_defects": [asdict(defect) for delivery in deliveries for defect in delivery.defects],
        "refused_files": [
            {
                "source": refused.source,
                "file_name": refused.file_name,
                "error_name": refused.error_name,
                "explanation": refused.explanation,
            }
            for refused in planned_refusals(simulated, dirty=dirty)
        ],
    }


def truth_without_files(simulated: SimulatedMunicipality) -> dict[str, Any]:
    """What is true of the municipality, however it is delivered: parameters, targets, shares, moves, SDQ changes, meetings,
    reviews, notifications, caseload, spend."""
    return {
        "municipality_name": simulated.profile.municipality_name,
        "seed": simulated.seed,
        "children_count": simulated.todays_count,
        "grown_up_count": simulated.grown_up_count,
        "visitors_count": simulated.visitors.count,
        "data_end_date": simulated.data_end_date.isoformat(),
        "parameters": describe_parameters(simulated.parameters),
        "targets": target_rows(simulated),
        "mainstream_shares": mainstream_shares(simulated),
        "segregation_figures": figures_truth(simulated),
        "across_the_border": border_truth(simulated),
        "ladder_moves": ladder_moves(simulated),
        "sdq_changes": sdq_changes(simulated),
        "sdq_groups": sdq_group_truth(simulated),
        "sdq_score_sources": score_source_truth(simulated),
        "sdq_scoring_errors": scoring_error_truth(simulated),
        "sessions": session_counts(simulated.cooperation),
        "cooperation": cooperation_truth(simulated),
        "reviews": review_truth(simulated),
        "first_follow_ups": first_follow_up_truth(simulated),
        "notifications": notification_truth(simulated),
        "caseload": caseload_truth(simulated),
        "spend": spend_truth(simulated),
        "potential_outcomes": potential_outcomes(simulated),
    }


def mainstream_shares(simulated: SimulatedMunicipality) -> list[Row]:
    """Per definition, area and school year: children living in the area on 30 September, and how many are in ordinary
    classes or groups. KOM-1 leaves private schools out of both; KOM-2 is daycare, KOM-3 clubs."""
    rows: list[Row] = []
    for year in range(
        simulated.first_school_year, simulated.first_school_year + simulated.parameters.school.school_year_count
    ):
        day = day_number(date(year, 9, 30))
        if day > day_number(simulated.data_end_date):
            continue
        for definition, (district, rung) in _counted_on(simulated, day).items():
            rows += [
                {
                    "definition_id": definition,
                    **_area(code),
                    "school_year": school_year_label(year),
                    **_share(rung[here]),
                }
                for code, here in _areas(simulated, district)
            ]
    return rows


def _counted_on(simulated: SimulatedMunicipality, day: int) -> Mapping[str, tuple[Indices, Indices]]:
    """Home district and rung of the children whom each definition counts on a day."""
    district, school = _places_on(simulated, simulated.placements, day)
    grade, rung = simulated.placements.grade[school], simulated.placements.rung[school]
    is_private = simulated.placements.institution[school] == simulated.geography.private_school
    is_pupil, is_in_daycare = (grade >= 0) & (grade <= 9) & ~is_private, grade == DAYCARE_GRADE
    club_district, club = _places_on(simulated, simulated.clubs, day)
    return {
        "own_register_school": (district[is_pupil], rung[is_pupil]),
        "own_register_daycare": (district[is_in_daycare], rung[is_in_daycare]),
        "own_register_club": (club_district, simulated.clubs.rung[club]),
    }


def _places_on(simulated: SimulatedMunicipality, placed: Placements, day: int) -> tuple[Indices, Indices]:
    """(Home district, place among `placed`) of every child that lives here and has one on a day."""
    everyone, days = np.arange(simulated.children.count), np.full(simulated.children.count, day)
    place = placed.on(everyone, days)
    counted = (place >= 0) & simulated.children.is_resident_on(everyone, days)
    return simulated.children.district_on(everyone, days)[counted], place[counted]


def _share(rung: Indices) -> Row:
    segregated = int((rung >= LOWEST_SEGREGATED_RUNG).sum())
    return {
        "pupils_count": len(rung),
        "mainstream_count": len(rung) - segregated,
        "segregated_count": segregated,
        "support_nine_hours_count": int((rung == 2).sum()),
        "mainstream_share": round(1 - segregated / len(rung), 6) if len(rung) else None,
    }


def ladder_moves(simulated: SimulatedMunicipality) -> list[Row]:
    """Per track, calendar year and area: moves by cause, children at risk and their child-years, and those of all children.

    `closed` is down to 0 and `opened` up from 0, so neither is also counted as down or up; leaving school, turning 18 and
    moving away are neither. Only years in which the register knows every move: education begins the year after its first
    school year began.
    """
    social = social_moves(simulated)
    education = education_moves(simulated)
    first_years = (
        ("social", social, social_history_start(simulated.parameters.ladder, simulated.data_end_date).year),
        ("education", education, simulated.first_school_year + 1),
    )
    exposures = {"social": social_exposure(simulated), "education": education_exposure(simulated)}
    everybody = lived_here(simulated.children, end=day_number(simulated.data_end_date))
    living = dict(_areas(simulated, everybody.district))
    rows: list[Row] = []
    for track, (child, day, cause), first_year in first_years:
        exposure = exposures[track]
        district = simulated.children.district_on(child, day - 1)
        for year in range(first_year, simulated.data_end_date.year + 1):
            in_year, years, lived = year_numbers(day) == year, exposure.in_year(year), everybody.in_year(year)
            at_risk = dict(_areas(simulated, exposure.district))
            for code, here in _areas(simulated, district):
                counts = np.bincount(cause[in_year & here], minlength=len(MOVE_CAUSES)).tolist()
                named = {f"{name}_count": count for name, count in zip(MOVE_CAUSES, counts, strict=True)}
                followed = at_risk[code] & (years > 0)
                named["children_count"] = len(np.unique(exposure.child[followed]))
                times = {
                    "child_years": round(float(years[followed].sum()), 6),
                    "child_years_all": round(float(lived[living[code]].sum()), 6),
                }
                rows.append({"track_code": track, "calendar_year": year, **_area(code), **named, **times})
    return rows


def sdq_changes(simulated: SimulatedMunicipality) -> list[Row]:
    """Per informant and area: children with a scored first form, those due, those of them with a pair, means in points.

    Due are those whose window has closed on the last day of data; a pair is two totals within the window.
    The expected change is what regression to the mean alone gives: (1 - r)(population mean - mean of first totals).
    """
    parameters = simulated.parameters.sdq
    forms = simulated.sdq.forms
    totals = total_scores(forms, load_items(parameters))
    firsts = first_of_pairs(simulated, totals)
    is_first_form = (forms.occasion == 0) & (totals != NO_POINTS)
    is_due = is_first_form & window_has_closed(simulated)
    district = simulated.children.district_on(forms.child, forms.day)
    rows: list[Row] = []
    for kind, name in enumerate(INFORMANTS):
        for code, here in _areas(simulated, district):
            chosen = here & (forms.informant == kind)
            pairs = firsts[chosen[firsts]]
            means = _change(
                totals[pairs], totals[pairs + 1], parameters.population_mean_points, parameters.retest_correlation
            )
            rows.append(
                {
                    "informant_code": name,
                    **_area(code),
                    "first_measured_count": int((chosen & is_first_form).sum()),
                    "due_count": int((chosen & is_due).sum()),
                    "children_count": len(pairs),
                    **means,
                }
            )
    return rows


def total_scores(forms: Forms, items: Items) -> Indices:
    """Total difficulties of delivered answers, shape (n,): reversed first, a scale with at least three answers scaled up
    and rounded half up, -1 where one of the four scales cannot be scored."""
    points = np.where(items.is_reversed, 2 - forms.answers, forms.answers).astype(float)
    is_open = forms.answers == MISSING
    totals = np.zeros(len(points), dtype=np.int64)
    unscored = np.zeros(len(points), dtype=bool)
    for scale in DIFFICULTY_SCALES:
        columns = [place for place, name in enumerate(items.scales) if name == scale]
        answered = (~is_open[:, columns]).sum(axis=1)
        sums = np.where(is_open[:, columns], 0.0, points[:, columns]).sum(axis=1)
        totals += np.floor(0.5 + 5 * sums / np.maximum(answered, 1)).astype(np.int64)
        unscored |= answered < 3
    return np.where(unscored, NO_POINTS, totals)


def _change(first: Indices, second: Indices, population_mean: float, retest: float) -> Row:
    if not len(first):
        return dict.fromkeys(
            (
                "first_mean_points",
                "second_mean_points",
                "change_mean_points",
                "change_sd_points",
                "expected_change_points",
            )
        )
    change: Numbers = (second - first).astype(float)
    return {
        "first_mean_points": round(float(first.mean()), 6),
        "second_mean_points": round(float(second.mean()), 6),
        "change_mean_points": round(float(change.mean()), 6),
        "change_sd_points": round(float(change.std(ddof=1)), 6) if len(change) > 1 else None,
        "expected_change_points": round((1 - retest) * (population_mean - float(first.mean())), 6),
    }


def _areas(simulated: SimulatedMunicipality, district: Indices) -> list[tuple[str, Flags]]:
    """Each area's code and which entries lie in it."""
    codes = [item.code for item in simulated.profile.districts]
    whole = (WHOLE, np.ones(len(district), dtype=bool))
    return [*((code, district == position) for position, code in enumerate(codes)), whole]


def _area(code: str) -> Row:
    return {"area_kind": "municipality" if code == WHOLE else "district", "area_code": code}
