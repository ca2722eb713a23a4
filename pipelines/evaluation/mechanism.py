"""How many open cases does a full-time position have under each model, and how many had it the year before the models parted?

From core.fct_caseload, core.fct_organisation and core.dim_institution. Caseload is a part of a model, one way in which it may come
to matter, and no outcome; nothing is adjusted for it, since that would take away a part of what is asked for.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final

import duckdb

from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.register_children import Period, models_of_window, read_model_periods
from pipelines.evaluation.register_outcomes import is_delivered

_COUNTS: Final = """
WITH own AS (
    SELECT DISTINCT unit_code
    FROM core.fct_organisation
    WHERE unit_kind_code = 'institution' AND $by_institution
),
counts AS (
    SELECT
        CASE caseload.unit_kind_code
            WHEN 'district' THEN caseload.unit_code
            WHEN 'institution' THEN coalesce(own.unit_code, institutions.district_code)
        END AS cluster_code,
        caseload.*
    FROM core.fct_caseload AS caseload
    LEFT JOIN own ON caseload.unit_kind_code = 'institution' AND caseload.unit_code = own.unit_code
    LEFT JOIN core.dim_institution AS institutions
        ON caseload.unit_kind_code = 'institution' AND caseload.unit_code = institutions.institution_code
    WHERE caseload.profession_code IN ($treated, $comparison)
        AND caseload.counted_date BETWEEN $first_date AND $last_date
        AND caseload.case_count IS NOT NULL
        AND caseload.full_time_positions IS NOT NULL
)
SELECT
    cluster_code,
    unit_code,
    sum(case_count) AS case_count,
    sum(full_time_positions) AS full_time_positions,
    max(coalesce(worker_count, 0)) AS worker_count
FROM counts
WHERE cluster_code IS NOT NULL
GROUP BY cluster_code, unit_kind_code, unit_code, counted_date
ORDER BY cluster_code, unit_kind_code, unit_code, counted_date
"""


class When(StrEnum):
    """The two times that are held against each other."""

    BEFORE = "before"
    """The year before the first of the compared clusters got the treated model."""
    WINDOW = "window"


@dataclass(frozen=True)
class Caseload:
    """One arm's clusters at one time. cases_per_position: each unit by its mean over the counting days, then all
    cases over all positions.

    cases: open cases on an ordinary counting day. clusters: those that were counted. workers: at least so many different people stand
    behind, since one may work in several units: the most in any unit, or the whole positions together, if they are more.
    """

    cases_per_position: float
    cases: float
    clusters: int
    workers: int


def read_caseload(
    connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan, clusters: Collection[str]
) -> Mapping[tuple[When, bool], Caseload]:
    """(when, whether the clusters are under the treated model in the window) -> caseload of the models' own professions.

    clusters: those that are compared. An arm is there only where every one of its clusters was counted, and the year before only
    where one of the clusters had the other model before its own. Empty where no caseload was ever delivered.
    """
    if not is_delivered(connection, "fct_caseload"):
        return {}
    (as_of_date,) = connection.execute("SELECT as_of_date FROM codes.settings").fetchall()[0]
    periods = read_model_periods(connection, plan)
    models = models_of_window(periods, plan, as_of_date=as_of_date)
    arms = {arm: [code for code in clusters if models.get(code) is arm] for arm in (False, True)}
    parted = parting_date(periods, arms[True], plan)
    times = {When.WINDOW: (plan.window.first_from, min(plan.window.first_to, as_of_date))}
    if parted:
        times[When.BEFORE] = (_year_before(parted), parted - timedelta(days=1))
    found: dict[tuple[When, bool], Caseload] = {}
    for when, (first, last) in times.items():
        units = _read_units(connection, plan, first, last)
        for arm, own in arms.items():
            caseload = _caseload([units[code] for code in own]) if set(own) <= set(units) else None
            if caseload:
                found[when, arm] = caseload
    return found


def parting_date(periods: Mapping[str, Sequence[Period]], treated: Iterable[str], plan: AnalysisPlan) -> date | None:
    """The day on which the first of the `treated` clusters got the treated model; None where none is known to have had another."""
    began = [
        later.first_date
        for cluster in treated
        for earlier, later in zip(periods[cluster], periods[cluster][1:], strict=False)
        if later.model == plan.arms.treated and earlier.model != plan.arms.treated
    ]
    return min(began, default=None)


@dataclass(frozen=True)
class _Unit:
    """One unit of a cluster over its counting days: means of cases and positions, and the fewest people and positions of any day."""

    cases: float
    positions: float
    fewest_workers: int
    fewest_positions: float


def _read_units(
    connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan, first: date, last: date
) -> dict[str, list[_Unit]]:
    """Cluster -> its units that were counted. An institution without a model of its own is a unit of its district."""
    parameters = {
        "treated": plan.arms.treated,
        "comparison": plan.arms.comparison,
        "by_institution": plan.estimand.counted_by == "institution",
        "first_date": first,
        "last_date": last,
    }
    found: dict[str, list[_Unit]] = {}
    rows = connection.execute(_COUNTS, parameters).fetchall()
    for (cluster, _), own in groupby(rows, key=lambda row: (str(row[0]), str(row[1]))):
        cases, positions, workers = zip(*(row[2:] for row in own), strict=True)
        unit = _Unit(_mean(cases), _mean(positions), min(workers), float(min(positions)))
        found.setdefault(cluster, []).append(unit)
    return found


def _caseload(clusters: Sequence[Sequence[_Unit]]) -> Caseload | None:
    """None where nobody filled a position. A unit that was counted more often weighs no more than another."""
    units = [unit for own in clusters for unit in own]
    cases, positions = sum(unit.cases for unit in units), sum(unit.positions for unit in units)
    if not positions:
        return None
    whole_positions = int(sum(unit.fewest_positions for unit in units))
    workers = max([*(unit.fewest_workers for unit in units), whole_positions])
    return Caseload(cases / positions, cases, len(clusters), workers)


def _mean(values: Sequence[float]) -> float:
    return float(sum(values)) / len(values)


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
