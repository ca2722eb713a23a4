"""How many open cases do the caseworkers have: counted in every district on the last day of each month, with the positions for them.

A case is open while the child has help, and for some time after a notification, while it is looked into. The positions of a year are
set by its cases; under the adviser model a position is for fewer of them. No case is a caseworker's own: only units are counted.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pipelines.simulate.days import Days, Flags, Indices, Numbers, date_series, day_number, year_numbers
from pipelines.simulate.ladder import Histories
from pipelines.simulate.notifications import Notifications
from pipelines.simulate.parameters import CaseloadParameters
from pipelines.simulate.population import Children
from pipelines.simulate.profile import ADVISER, CASEWORKER, DemoProfile

if TYPE_CHECKING:
    from pipelines.simulate.municipality import SimulatedMunicipality

PROFESSION = CASEWORKER
"""Also where there are advisers: these advise, and the cases stay with the caseworkers (Vordingborg, Next Step)."""
_LEAST_POSITIONS = 0.5
_POSITION_DECIMALS = 1


@dataclass(frozen=True)
class Caseload:
    """One entry per district and counting day, in that order. `district` is a place in the profile."""

    district: Indices
    day: Days
    is_advised: Flags
    cases: Indices
    positions: Numbers
    workers: Indices


def draw_caseload(
    rng: np.random.Generator,
    children: Children,
    histories: Histories,
    notifications: Notifications,
    parameters: CaseloadParameters,
    *,
    register_start: date,
    data_end: date,
) -> Caseload:
    """The open cases of every district on every counting day to data end, and who has them.

    The first counting day comes when a notification of the register's first day would no longer be looked into: on an earlier one
    cases would be missing that began before the register.
    """
    days = _month_ends(register_start + timedelta(days=parameters.days_open_after_notification), data_end)
    cases = np.stack([_open_cases(children, histories, notifications, int(day), parameters) for day in days], axis=1)
    district, place = (part.ravel() for part in np.indices(cases.shape))
    day = days[place]
    is_advised = day >= children.district_adviser_from[district]
    positions = _positions(rng, district, day, is_advised, cases.ravel(), parameters)
    workers = np.ceil(np.round(positions / parameters.worker_hours_share, 6)).astype(np.int64)
    return Caseload(district, day, is_advised, cases.ravel(), positions, workers)


def _month_ends(first: date, last: date) -> Days:
    """The last day of every month that ends from the first to the last day."""
    months = [date(year, month, 1) for year in range(first.year, last.year + 2) for month in range(1, 13)]
    ends = [month - timedelta(days=1) for month in months]
    return np.array([day_number(day) for day in ends if first <= day <= last], dtype=np.int64)


def _open_cases(
    children: Children, histories: Histories, notifications: Notifications, day: int, parameters: CaseloadParameters
) -> Indices:
    """Children under 18 with a case on the day, by district, shape (districts,)."""
    has_help = histories.child[(histories.step > 0) & (histories.start <= day) & (day < histories.stop)]
    age = day - notifications.day
    looked_into = notifications.child[(age >= 0) & (age < parameters.days_open_after_notification)]
    child = np.unique(np.concatenate([has_help, looked_into]))
    days = np.full(len(child), day)
    child = child[children.is_resident_on(child, days) & (days < children.adult_day[child])]
    district = children.district_on(child, days[: len(child)])
    return np.bincount(district, minlength=len(children.district_adviser_from)).astype(np.int64)


def _positions(
    rng: np.random.Generator,
    district: Indices,
    day: Days,
    is_advised: Flags,
    cases: Indices,
    parameters: CaseloadParameters,
) -> Numbers:
    """Filled positions: one number for each district, year and model, set by the mean of its cases and a little luck."""
    groups = np.stack([district, year_numbers(day), is_advised.astype(np.int64)])
    kinds, group = np.unique(groups, axis=1, return_inverse=True)
    group = group.ravel()
    mean = np.bincount(group, weights=cases) / np.bincount(group)
    wanted = parameters.cases_per_position * np.where(kinds[2] == 1, parameters.adviser_case_share, 1.0)
    luck = np.exp(rng.normal(0.0, parameters.positions_log_sd, size=len(mean)))
    # rounded twice: a last bit that differs between processors must not move a tenth
    set_by_cases = np.round(np.round(mean / wanted * luck, 6), _POSITION_DECIMALS)
    positions: Numbers = np.maximum(set_by_cases, _LEAST_POSITIONS)[group]
    return positions


def caseload_rows(caseload: Caseload, profile: DemoProfile) -> pl.DataFrame:
    """One row per district and counting day, contract columns."""
    codes = np.array([district.code for district in profile.districts])
    return pl.DataFrame(
        {
            "counted_date": date_series(caseload.day),
            "unit_code": codes[caseload.district],
            "case_count": caseload.cases,
            "full_time_positions": caseload.positions,
            "worker_count": caseload.workers,
        }
    ).with_columns(pl.lit("district").alias("unit_kind_code"), pl.lit(PROFESSION).alias("profession_code"))


def caseload_truth(simulated: "SimulatedMunicipality") -> list[dict[str, Any]]:
    """Per calendar year, model and district (ALL: all under the model): counting days, cases and positions added over them."""
    caseload = simulated.caseload
    year = year_numbers(caseload.day)
    places: list[tuple[str, int | None]] = [(each.code, at) for at, each in enumerate(simulated.profile.districts)]
    rows = []
    for calendar_year in np.unique(year).tolist():
        for model, is_advised in ((CASEWORKER, False), (ADVISER, True)):
            for code, place in [*places, ("ALL", None)]:
                here = (year == calendar_year) & (caseload.is_advised == is_advised)
                here &= True if place is None else caseload.district == place
                if here.any():
                    rows.append(
                        {
                            "calendar_year": calendar_year,
                            "model_code": model,
                            "profession_code": PROFESSION,
                            "unit_code": code,
                            "units_count": len(np.unique(caseload.district[here])),
                            "counting_days_count": len(np.unique(caseload.day[here])),
                            "case_days": int(caseload.cases[here].sum()),
                            "position_days": round(float(caseload.positions[here].sum()), _POSITION_DECIMALS),
                        }
                    )
    return rows
