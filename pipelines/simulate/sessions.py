"""Are the promised meetings held: one row per planned or unplanned meeting of each forum at each of its units.

Dates follow the profile's cadence from the first school year on, on one weekday per unit, with no meetings between 25 June
and 8 August. One district misses meetings on purpose.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from pipelines.simulate.days import NEVER, Days, Indices, date_series, day_number, school_year_starts
from pipelines.simulate.geography import Geography
from pipelines.simulate.parameters import SessionParameters
from pipelines.simulate.profile import DemoProfile, ForumCadence

STATUSES = ("held", "cancelled", "unknown")
HELD, CANCELLED, UNKNOWN = range(3)
_LEVELS = (("child", 0.6), ("group", 0.15), ("environment", 0.25))
_PREVENTION_KINDS = (("preventive", 0.25), ("anticipatory", 0.55), ("intervening", 0.20))
_MINUTES = {"district": 120, "institution": 90}
NO_UNIT = -1


@dataclass(frozen=True)
class Sessions:
    """One entry per meeting, in the order of its day. `forum` is a position in the profile, `institution` a row of the
    geography or NO_UNIT; `planned` and `held` are NEVER where there is no such day; `school_year` is the year it begins in."""

    forum: Indices
    institution: Indices
    district: Indices
    planned: Days
    held: Days
    status: Indices
    school_year: Indices


def draw_sessions(
    rng: np.random.Generator,
    profile: DemoProfile,
    geography: Geography,
    parameters: SessionParameters,
    *,
    first_school_year: int,
    data_end: date,
) -> Sessions:
    """All meetings planned from the first school year to data end."""
    forums, institutions, districts, planned = [], [], [], []
    for forum, cadence in enumerate(profile.forums):
        for institution, district in _units(cadence, profile, geography):
            days = _planned_days(rng, cadence, first_school_year=first_school_year, end=day_number(data_end))
            planned.append(days)
            forums.append(np.full(len(days), forum))
            institutions.append(np.full(len(days), institution))
            districts.append(np.full(len(days), district))
    if not planned:
        nothing = np.empty(0, dtype=np.int64)
        return Sessions(nothing, nothing, nothing, nothing, nothing, nothing, nothing)
    return _with_outcomes(
        rng, np.concatenate(forums), np.concatenate(institutions), np.concatenate(districts), np.concatenate(planned),
        parameters, end=day_number(data_end),
    )  # fmt: skip


def _units(cadence: ForumCadence, profile: DemoProfile, geography: Geography) -> list[tuple[int, int]]:
    """(institution row or NO_UNIT, district position) of every unit where the forum meets."""
    codes = [district.code for district in profile.districts]
    if cadence.unit_kind == "district":
        return [(NO_UNIT, position) for position in range(len(codes))]
    rows = geography.institutions.select("institution_type_code", "district_code").rows()
    return [
        (row, codes.index(district))
        for row, (kind, district) in enumerate(rows)
        if kind in cadence.institution_types and district in codes
    ]


def _planned_days(rng: np.random.Generator, cadence: ForumCadence, *, first_school_year: int, end: int) -> Days:
    """Every interval from late August on; a day in the summer pause is left out, not moved."""
    start = day_number(date(first_school_year, 8, 9))
    start += int(rng.integers(0, 7 * min(cadence.interval_weeks, 8)))
    weekday = int(rng.integers(0, 5))
    # 1 January 1970 was a Thursday: day 4 is the first Monday.
    first = start + (weekday - (start - 4)) % 7
    days = np.arange(first, end + 1, 7 * cadence.interval_weeks)
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    day_of_year = (
        (months.astype(np.int64) % 12 + 1) * 100 + (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    )
    kept: Days = days[(day_of_year < 625) | (day_of_year > 808)]
    return kept


def _with_outcomes(
    rng: np.random.Generator, forum: Indices, institution: Indices, district: Indices, planned: Days,
    parameters: SessionParameters, *, end: int,
) -> Sessions:  # fmt: skip
    """What became of each planned meeting, and the unplanned ones."""
    count = len(planned)
    misses = district == parameters.missing_district_index
    on_time = np.where(misses, parameters.missing_district_held_share, parameters.held_share)
    late = on_time + parameters.late_share
    cancelled = late + np.where(misses, parameters.missing_district_cancelled_share, parameters.cancelled_share)
    drawn = rng.random(count)
    delay = np.where(
        drawn < on_time,
        rng.integers(0, parameters.punctual_most_days + 1, size=count) * (rng.random(count) < 0.2),
        rng.integers(parameters.late_least_days, parameters.late_most_days + 1, size=count),
    )
    status = np.select([drawn < late, drawn < cancelled], [np.full(count, HELD), np.full(count, CANCELLED)], UNKNOWN)
    held = np.where(status == HELD, planned + delay, NEVER)
    status = np.where((status == HELD) & (held > end), UNKNOWN, status)
    held = np.where(status == HELD, held, NEVER)
    extra = np.flatnonzero(rng.random(count) < parameters.unplanned_share)
    extra_held = np.minimum(planned[extra] + 3, end)
    forum, institution, district = (np.concatenate([part, part[extra]]) for part in (forum, institution, district))
    day = np.concatenate([planned, extra_held])
    order = np.lexsort((institution, forum, district, day))
    return Sessions(
        forum=forum[order],
        institution=institution[order],
        district=district[order],
        planned=np.concatenate([planned, np.full(len(extra), NEVER)])[order],
        held=np.concatenate([held, extra_held])[order],
        status=np.concatenate([status, np.full(len(extra), HELD)])[order],
        school_year=school_year_starts(day)[order],
    )


def session_rows(
    rng: np.random.Generator, sessions: Sessions, profile: DemoProfile, geography: Geography
) -> pl.DataFrame:
    """One row per meeting, contract columns. What a meeting was about is drawn here: no count depends on it yet."""
    count = len(sessions.forum)
    forums = np.array([forum.code for forum in profile.forums])
    codes = np.array([*geography.codes, ""])
    districts = np.array([district.code for district in profile.districts])
    minutes = np.where(sessions.institution == NO_UNIT, _MINUTES["district"], _MINUTES["institution"])
    minutes = minutes + 15 * rng.integers(-2, 3, size=count)
    is_held = sessions.status == HELD
    frame = pl.DataFrame(
        {
            "session_id": [f"M{number:05d}" for number in range(1, count + 1)],
            "forum_code": forums[sessions.forum],
            "institution_code": codes[sessions.institution],
            "district_code": districts[sessions.district],
            "planned_date": date_series(sessions.planned),
            "held_date": date_series(sessions.held),
            "session_status_code": np.array(STATUSES)[sessions.status],
            "duration_minutes": minutes,
            "level_code": _drawn_codes(rng, _LEVELS, count),
            "prevention_kind_code": _drawn_codes(rng, _PREVENTION_KINDS, count),
            "is_from_joint_observation": rng.random(count) < 0.35,
        }
    )
    about = ("duration_minutes", "level_code", "prevention_kind_code", "is_from_joint_observation")
    known = pl.Series(values=is_held)
    return frame.with_columns(
        pl.col("institution_code").replace("", None), *(pl.when(known).then(pl.col(name)).alias(name) for name in about)
    )


def _drawn_codes(rng: np.random.Generator, options: tuple[tuple[str, float], ...], count: int) -> list[str]:
    codes = np.array([code for code, _ in options])
    return [str(code) for code in rng.choice(codes, size=count, p=[share for _, share in options])]
