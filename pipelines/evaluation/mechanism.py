"""How many open cases does a full-time position have under each model, and how many had it the year before the models parted?

From core.fct_caseload. Caseload is a part of a model, one way in which it may come to matter, and no outcome; nothing is adjusted for
it, since that would take away a part of what is asked for.
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
SELECT
    unit_code,
    counted_date,
    sum(case_count) AS case_count,
    sum(full_time_positions) AS full_time_positions,
    max(coalesce(worker_count, 0)) AS worker_count
FROM core.fct_caseload
WHERE profession_code IN ($treated, $comparison)
    AND unit_kind_code IN ('district', 'institution')
    AND counted_date BETWEEN $first_date AND $last_date
    AND case_count IS NOT NULL
    AND full_time_positions > 0
GROUP BY unit_code, counted_date
ORDER BY unit_code, counted_date
"""


class When(StrEnum):
    """The two times that are held against each other."""

    BEFORE = "before"
    """The year before the first of the compared clusters got the treated model."""
    WINDOW = "window"


@dataclass(frozen=True)
class Caseload:
    """One arm's clusters at one time. cases_per_position: each cluster by its mean over the counting days, then all
    cases over all positions.

    cases: open cases on an ordinary counting day. clusters: those that were counted. workers: at least so many different people stand
    behind, since one may work in several clusters: the most in any cluster, or the whole positions together, if they are more.
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
        counts = _read_counts(connection, plan, first, last)
        for arm, own in arms.items():
            if own and set(own) <= set(counts):
                found[when, arm] = _caseload([counts[code] for code in own])
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
class _Count:
    """One cluster's count on one day."""

    cases: int
    positions: float
    workers: int


def _read_counts(
    connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan, first: date, last: date
) -> dict[str, list[_Count]]:
    parameters = {
        "treated": plan.arms.treated,
        "comparison": plan.arms.comparison,
        "first_date": first,
        "last_date": last,
    }
    rows = connection.execute(_COUNTS, parameters).fetchall()
    return {
        cluster: [_Count(int(cases), float(positions), workers) for _, _, cases, positions, workers in own]
        for cluster, own in groupby(rows, key=lambda row: str(row[0]))
    }


def _caseload(counts: Sequence[Sequence[_Count]]) -> Caseload:
    """counts: of each cluster, by day. A cluster that was counted more often weighs no more than another."""
    cases = sum(_mean([one.cases for one in own]) for own in counts)
    positions = sum(_mean([one.positions for one in own]) for own in counts)
    fewest = [min(one.workers for one in own) for own in counts]
    whole_positions = int(sum(min(one.positions for one in own) for own in counts))
    return Caseload(cases / positions, cases, len(counts), max([*fewest, whole_positions]))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
