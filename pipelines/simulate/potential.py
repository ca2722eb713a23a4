"""What would have happened under either model: the potential outcomes of every child, and the true effects they give.

A real municipality sees one of the two. Here both are drawn from the same numbers, so that their difference is the model's
doing and nothing else. Negative SDQ differences are fewer difficulties; a net rate is towards the ordinary setting.
"""

import dataclasses
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np

from pipelines.simulate.days import NEVER, Days, Flags, Indices, day_number
from pipelines.simulate.exposure import Exposure
from pipelines.simulate.measures import social_history_start
from pipelines.simulate.moves import DOWN, UP, education_exposure, education_moves, social_exposure, social_moves
from pipelines.simulate.municipality import SimulatedMunicipality, ladders_under
from pipelines.simulate.schooling import LOWEST_SEGREGATED_RUNG
from pipelines.simulate.sdq_items import load_items

RETURN_MONTHS = 24
_RETURN_DAYS = 731
"""Days in 24 months, of which one February has 29."""

Row = dict[str, Any]


def potential_outcomes(simulated: SimulatedMunicipality) -> dict[str, Any]:
    """Per outcome what the whole municipality would show with the model everywhere and nowhere, and per referred child
    the parents' first total and both second totals."""
    return {"effects": [*sdq_effects(simulated), *ladder_effects(simulated)], "sdq_children": sdq_children(simulated)}


def sdq_effects(simulated: SimulatedMunicipality) -> list[Row]:
    """Mean second parent total of referred children, complete answers, with and without the model: of those who met it
    (effect on the treated) and of all. None where nobody is."""
    draw = simulated.sdq
    groups = (
        ("referred_under_adviser_model", draw.is_referred & draw.is_advised),
        ("referred", draw.is_referred),
        ("followed_under_adviser_model", draw.is_followed & draw.is_advised),
    )
    return [
        _effect(
            "sdq_second_total_points",
            group,
            int(chosen.sum()),
            _mean(draw.parent_total_advised[chosen]),
            _mean(draw.parent_total_unadvised[chosen]),
        )
        for group, chosen in groups
    ]


def sdq_children(simulated: SimulatedMunicipality) -> list[Row]:
    """One row per referred child: number, home district on the day, model met, first total, second totals under either."""
    draw, codes = simulated.sdq, [district.code for district in simulated.profile.districts]
    first = draw.parent_totals(load_items(simulated.parameters.sdq))
    at = np.flatnonzero(draw.is_referred)
    columns = (
        draw.child,
        draw.district,
        draw.is_advised,
        draw.is_followed,
        first,
        draw.parent_total_advised,
        draw.parent_total_unadvised,
    )
    return [
        {
            "child_id": simulated.children.numbers[child],
            "district_code": codes[district],
            "is_advised": advised,
            "is_followed": followed,
            "first_total_points": one,
            "second_total_advised_points": with_model,
            "second_total_unadvised_points": without,
        }
        for child, district, advised, followed, one, with_model, without in zip(
            *(column[at].tolist() for column in columns), strict=True
        )
    ]


def ladder_effects(simulated: SimulatedMunicipality) -> list[Row]:
    """Net movement and return on both tracks and the mainstream share, with the model everywhere from its first day, and
    nowhere ever. Net movement is what the reports call so: moves down minus up between rungs from 1 up, per 100 child-years of
    children with rung 1 or higher within the past 24 months."""
    first_day = day_number(simulated.profile.model_start_date)
    advised, unadvised = (_world(simulated, adviser_from_day=day) for day in (first_day, NEVER))
    outcomes: tuple[tuple[str, str, Callable[[SimulatedMunicipality], tuple[float | None, int]]], ...] = (
        ("net_movement_per_100_child_years", "social", _social_net_rate),
        ("net_movement_per_100_child_years", "education", _education_net_rate),
        (f"returned_within_{RETURN_MONTHS}_months_share", "education", _returned_share),
        ("mainstream_share", "school_at_the_last_30_september", _mainstream_share),
    )
    rows = []
    for outcome, group, measure in outcomes:
        (with_model, _), (without, count) = measure(advised), measure(unadvised)
        rows.append(_effect(outcome, group, count, with_model, without))
    return rows


def _world(simulated: SimulatedMunicipality, *, adviser_from_day: int) -> SimulatedMunicipality:
    """The same municipality with the ladders of another world; its files are never asked for."""
    placements, histories = ladders_under(simulated, adviser_from_day=adviser_from_day)
    return dataclasses.replace(simulated, placements=placements, social_histories=histories)


def _effect(outcome: str, group: str, count: int, with_model: float | None, without: float | None) -> Row:
    effect = None if with_model is None or without is None else with_model - without
    return {
        "outcome": outcome,
        "group": group,
        "count_without_model": count,
        "with_model": _rounded(with_model),
        "without_model": _rounded(without),
        "effect": _rounded(effect),
    }


def _social_net_rate(world: SimulatedMunicipality) -> tuple[float | None, int]:
    return _net_rate(world, social_moves(world), social_exposure(world))


def _education_net_rate(world: SimulatedMunicipality) -> tuple[float | None, int]:
    return _net_rate(world, education_moves(world), education_exposure(world))


def _net_rate(
    world: SimulatedMunicipality, moves: tuple[Indices, Days, Indices], exposure: Exposure
) -> tuple[float | None, int]:
    """Moves down minus up since the model's first day, per 100 child-years at risk; and how many moves."""
    first, end = _observed(world)
    _, day, cause = moves
    counted = (day >= first) & (day < end)
    down, up = (int((counted & (cause == kind)).sum()) for kind in (DOWN, UP))
    years = float(exposure.years_between(first, end).sum())
    return (100 * (down - up) / years if years else None), down + up


def _returned_share(world: SimulatedMunicipality) -> tuple[float | None, int]:
    """Of the children who came to a segregated setting since the model's first day and 24 months before data end: the share
    back in an ordinary one within 24 months, whatever came first otherwise (moving, leaving school); and how many came."""
    placed = world.placements
    first, end = _observed(world)
    is_segregated = placed.rung >= LOWEST_SEGREGATED_RUNG
    joined = np.append(False, (placed.child[1:] == placed.child[:-1]) & (placed.start[1:] == placed.stop[:-1] + 1))
    before = np.append(False, is_segregated[:-1])
    enters = is_segregated & joined & ~before & (placed.start >= first) & (placed.start + _RETURN_DAYS <= end)
    returns = ~is_segregated & joined & before
    if not enters.any():
        return None, 0
    at = np.flatnonzero(enters)
    back = _first_after(placed.child, placed.start, returns, at)
    return float(np.mean(back - placed.start[at] <= _RETURN_DAYS)), len(at)


def _first_after(child: Indices, start: Days, wanted: Flags, at: Indices) -> Days:
    """For each position in `at`, the day of the same child's next `wanted` row; NEVER where none follows."""
    rows = np.flatnonzero(wanted)
    following = np.searchsorted(rows, at, side="right")
    has = following < len(rows)
    row = rows[np.minimum(following, max(len(rows) - 1, 0))] if len(rows) else np.zeros_like(at)
    same = has & (child[row] == child[at])
    return np.where(same, start[row], NEVER)


def _mainstream_share(world: SimulatedMunicipality) -> tuple[float | None, int]:
    """Share of resident children in grades 0-9 outside private schools who are in an ordinary class; and how many."""
    end = world.data_end_date
    day = day_number(date(end.year if (end.month, end.day) >= (9, 30) else end.year - 1, 9, 30))
    everyone = np.arange(world.children.count)
    days = np.full(world.children.count, day)
    place = world.placements.on(everyone, days)
    there = place[(place >= 0) & world.children.is_resident_on(everyone, days)]
    grade = world.placements.grade[there]
    at_private = world.placements.institution[there] == world.geography.private_school
    rung = world.placements.rung[there[(grade >= 0) & (grade <= 9) & ~at_private]]
    return _mean((rung < LOWEST_SEGREGATED_RUNG).astype(np.int64)), len(rung)


def _observed(simulated: SimulatedMunicipality) -> tuple[int, int]:
    """From the model's first day (or the register's, if later) to the day after data end."""
    end = simulated.data_end_date
    register = max(
        day_number(social_history_start(simulated.parameters.ladder, end)),
        day_number(date(simulated.first_school_year, 8, 1)),
    )
    return max(day_number(simulated.profile.model_start_date), register), day_number(end) + 1


def _mean(values: Indices) -> float | None:
    return float(values.sum()) / len(values) if len(values) else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
