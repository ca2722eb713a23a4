"""What do registers tell of each cluster in the plan's window: time lived, moves, stays outside the ordinary, notifications, waits?

From core.fct_residence, core.fct_ladder_spell, core.fct_ladder_move, core.fct_setting_stay, core.fct_notification,
core.fct_support_request, core.fct_school_placement and core.fct_organisation. A child belongs to one cluster all the time: its home
district, or its institution with a model of its own, on the first day that it is followed in the window, whatever happens later.
Children who live in no district on that day belong to no cluster and are not here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import duckdb

from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.plan_lock import has_table

DAYS_PER_YEAR: Final = 365.25
RETURN_MONTHS: Final = 24
"""A stay outside the ordinary is followed so long; one that was already running is in it only if it was younger than that."""

RETURNED: Final = 1
ENDED_OTHERWISE: Final = 2
"""Turned 18 or moved away: no longer able to return, which is not the same as lost from sight."""

_NEVER: Final = "DATE '9999-12-31'"
_DAYS: Final = """
days AS (
    SELECT $first_from AS from_date, least(as_of_date, $first_to) + 1 AS after_date, as_of_date
    FROM codes.settings
)"""
_LIVED: Final = f"""
lived AS (
    SELECT
        residences.child_id,
        residences.is_own_municipality,
        greatest(residences.start_date, children.birth_date, days.from_date) AS start_date,
        least(coalesce(residences.end_date + 1, {_NEVER}), children.turns_18_date, days.after_date) AS after_date
    FROM core.fct_residence AS residences
    INNER JOIN core.dim_child AS children ON residences.child_id = children.child_id
    CROSS JOIN days
)"""
_PLACED: Final = f"""
own_places AS (
    SELECT begins.child_id, begins.begin_date, min(placements.institution_code) AS institution_code
    FROM begins
    INNER JOIN core.fct_school_placement AS placements
        ON begins.child_id = placements.child_id
        AND begins.begin_date >= placements.start_date
        AND begins.begin_date <= coalesce(placements.end_date, {_NEVER})
    INNER JOIN core.fct_organisation AS own
        ON own.unit_kind_code = 'institution' AND placements.institution_code = own.unit_code
        AND begins.begin_date BETWEEN own.start_date AND coalesce(own.end_date, {_NEVER})
    WHERE $by_institution
    GROUP BY begins.child_id, begins.begin_date
),
placed AS (
    SELECT begins.*, coalesce(own_places.institution_code, residences.district_code) AS cluster_code
    FROM begins
    INNER JOIN core.fct_residence AS residences
        ON begins.child_id = residences.child_id AND residences.is_own_municipality
        AND begins.begin_date BETWEEN residences.start_date AND coalesce(residences.end_date, {_NEVER})
    LEFT JOIN own_places ON begins.child_id = own_places.child_id AND begins.begin_date = own_places.begin_date
)"""

# Exposure and moves as in marts.mart_ladder_moves, but by child and in the plan's window; times at risk that touch count once.
_MOVES: Final = f"""
WITH days AS (
    SELECT
        greatest($first_from, registers.known_from_date) AS from_date,
        least(settings.as_of_date, $first_to) + 1 AS after_date
    FROM codes.settings AS settings
    CROSS JOIN core.dim_ladder_register AS registers
    WHERE registers.ladder_code = 'national' AND registers.track_code = 'social'
),
helped AS (
    SELECT
        child_id,
        start_date,
        end_date + 1 AS after_help_date,
        CAST(end_date + INTERVAL 24 MONTH AS DATE) AS after_date
    FROM core.fct_ladder_spell
    WHERE ladder_code = 'national' AND track_code = 'social' AND rung >= 1
),
at_risk AS (
    SELECT
        child_id,
        greatest(start_date, max(after_date) OVER earlier) AS start_date,
        after_date
    FROM helped
    WINDOW earlier AS (PARTITION BY child_id ORDER BY start_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
{_LIVED},
followed AS (
    SELECT
        at_risk.child_id,
        greatest(at_risk.start_date, lived.start_date) AS start_date,
        least(at_risk.after_date, lived.after_date) AS after_date
    FROM at_risk
    INNER JOIN lived ON at_risk.child_id = lived.child_id AND lived.is_own_municipality
    UNION ALL
    SELECT
        helped.child_id,
        greatest(helped.start_date, lived.start_date) AS start_date,
        least(helped.after_help_date, lived.after_date) AS after_date
    FROM helped
    INNER JOIN lived ON helped.child_id = lived.child_id AND NOT lived.is_own_municipality
),
begins AS (
    SELECT child_id, min(start_date) AS begin_date, sum(date_diff('day', start_date, after_date)) AS days_count
    FROM followed
    WHERE start_date < after_date
    GROUP BY child_id
),
{_PLACED},
moved AS (
    SELECT
        placed.child_id,
        count(*) FILTER (WHERE moves.cause_code = 'down') AS down_count,
        count(*) FILTER (WHERE moves.cause_code = 'up') AS up_count
    FROM placed
    INNER JOIN core.fct_ladder_move AS moves
        ON moves.ladder_code = 'national' AND moves.track_code = 'social' AND placed.child_id = moves.child_id
        AND placed.begin_date <= moves.moved_on_date
    CROSS JOIN days
    WHERE moves.moved_on_date < days.after_date
    GROUP BY placed.child_id
)
SELECT
    placed.cluster_code,
    count(*) AS children_count,
    sum(placed.days_count) AS days_count,
    coalesce(sum(moved.down_count), 0) AS down_count,
    coalesce(sum(moved.up_count), 0) AS up_count
FROM placed
LEFT JOIN moved ON placed.child_id = moved.child_id
WHERE placed.cluster_code IS NOT NULL
GROUP BY placed.cluster_code
ORDER BY placed.cluster_code
"""
_NOTIFICATIONS: Final = f"""
WITH days AS (
    SELECT
        greatest($first_from, min(notifications.received_date)) AS from_date,
        least(any_value(settings.as_of_date), $first_to) + 1 AS after_date
    FROM core.fct_notification AS notifications
    CROSS JOIN codes.settings AS settings
),
{_LIVED},
followed AS (
    SELECT child_id, start_date, after_date
    FROM lived
    WHERE is_own_municipality AND start_date < after_date
),
begins AS (
    SELECT child_id, min(start_date) AS begin_date, sum(date_diff('day', start_date, after_date)) AS days_count
    FROM followed
    GROUP BY child_id
),
{_PLACED},
received AS (
    SELECT followed.child_id, count(*) AS received_count
    FROM followed
    INNER JOIN core.fct_notification AS notifications
        ON followed.child_id = notifications.child_id
        AND notifications.received_date >= followed.start_date AND notifications.received_date < followed.after_date
    GROUP BY followed.child_id
)
SELECT
    placed.cluster_code,
    count(*) AS children_count,
    sum(placed.days_count) AS days_count,
    coalesce(sum(received.received_count), 0) AS received_count
FROM placed
LEFT JOIN received ON placed.child_id = received.child_id
WHERE placed.cluster_code IS NOT NULL
GROUP BY placed.cluster_code
ORDER BY placed.cluster_code
"""
_STAYS: Final = f"""
WITH {_DAYS},
begins AS (
    SELECT
        stays.child_id,
        stays.start_date,
        stays.after_date,
        stays.ended_as_code,
        greatest(stays.start_date, days.from_date) AS begin_date
    FROM core.fct_setting_stay AS stays
    CROSS JOIN days
    WHERE stays.is_segregated
        AND NOT stays.is_left_truncated
        AND stays.start_date < days.after_date
        AND stays.start_date + INTERVAL {RETURN_MONTHS} MONTH > days.from_date
        AND stays.after_date > days.from_date
),
{_PLACED}
SELECT
    cluster_code,
    date_diff('day', start_date, begin_date) AS entry_days,
    date_diff('day', start_date, after_date) AS exit_days,
    CASE ended_as_code WHEN 'crossed' THEN {RETURNED} WHEN 'data_end' THEN 0 ELSE {ENDED_OTHERWISE} END AS end_number
FROM placed
WHERE cluster_code IS NOT NULL
ORDER BY cluster_code, entry_days, exit_days, end_number
"""
_WAITS: Final = f"""
WITH {_DAYS}
SELECT
    coalesce(own.unit_code, requests.district_code) AS cluster_code,
    greatest(0, date_diff(
        'day', requests.request_date, least(coalesce(requests.start_date, requests.end_date, days.as_of_date), days.as_of_date)
    )) AS days_count,
    coalesce(requests.start_date <= days.as_of_date, false) AS has_started
FROM core.fct_support_request AS requests
CROSS JOIN days
LEFT JOIN core.fct_organisation AS own
    ON $by_institution AND own.unit_kind_code = 'institution' AND requests.institution_code = own.unit_code
    AND requests.request_date BETWEEN own.start_date AND coalesce(own.end_date, {_NEVER})
WHERE requests.request_date >= days.from_date
    AND requests.request_date < days.after_date
    AND coalesce(own.unit_code, requests.district_code) IS NOT NULL
ORDER BY cluster_code, days_count, has_started
"""
_MODELS: Final = f"""
SELECT unit_code, model_code, start_date, coalesce(end_date, {_NEVER}) AS last_date
FROM core.fct_organisation
WHERE unit_kind_code = 'district' OR ($by_institution AND unit_kind_code = 'institution')
ORDER BY unit_code, start_date
"""


@dataclass(frozen=True)
class Period:
    """One time of one cluster under one model; both days count."""

    model: str
    first_date: date
    last_date: date


@dataclass(frozen=True)
class Exposed:
    """One cluster's children, the years they were followed together, and what happened to them, by outcome code."""

    children: int
    child_years: float
    events: Mapping[str, int]


@dataclass(frozen=True)
class SegregatedStay:
    """One stay outside the ordinary. entry_days, exit_days: its age when it was first and last followed.

    end: RETURNED, ENDED_OTHERWISE, or 0 where it lasts still or no later place is known.
    """

    cluster: str
    entry_days: int
    exit_days: int
    end: int


@dataclass(frozen=True)
class RequestWait:
    """One request for support. days: to the start of the help, else to the day when it was closed without, or to the as-of date."""

    cluster: str
    days: int
    has_started: bool


def read_model_periods(connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan) -> dict[str, list[Period]]:
    """Cluster -> the models it has been under, the oldest first. Empty without an organisation."""
    if not has_table(connection, "core", "fct_organisation"):
        return {}
    found: dict[str, list[Period]] = {}
    rows = connection.execute(_MODELS, {"by_institution": _by_institution(plan)}).fetchall()
    for cluster, model, first_date, last_date in rows:
        found.setdefault(cluster, []).append(Period(model, first_date, last_date))
    return found


def models_of_window(
    periods: Mapping[str, Sequence[Period]], plan: AnalysisPlan, *, as_of_date: date
) -> dict[str, bool]:
    """Cluster -> whether it is under the treated model; only those under the same one of the two on every day of the window."""
    first, last = plan.window.first_from, min(plan.window.first_to, as_of_date)
    arms = (plan.arms.comparison, plan.arms.treated)
    found = {}
    for cluster, own in periods.items():
        inside = [period for period in own if period.first_date <= last and period.last_date >= first]
        models = {period.model for period in inside}
        if len(models) == 1 and models <= set(arms) and _covers(inside, first, last):
            found[cluster] = models == {plan.arms.treated}
    return found


def read_moves(connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan) -> dict[str, Exposed]:
    """Cluster -> moves down and up the social ladder among children with any rung from 1 up in the 24 months before.

    The main rate of marts.mart_ladder_moves: a move is between rungs from 1 up, so turning 18, moving away, the end of the data and
    the end of help are none. Time before the register is known to hold ends is left out.
    """
    return _exposed(connection, plan, _MOVES, ("ladder_down", "ladder_up"))


def read_notifications(connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan) -> dict[str, Exposed]:
    """Cluster -> notifications on children of 0-17 years who lived here on the day; time before the first one ever is left out."""
    return _exposed(connection, plan, _NOTIFICATIONS, ("notifications",))


def read_stays(connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan) -> tuple[SegregatedStay, ...]:
    """Stays outside the ordinary (education rungs 3-5) that began in the window, or were younger than 24 months at its start.

    The latter are followed from the window's first day (delayed entry): the stays that begin in one year are few, and these are
    under the model in the window as well. Stays that began before the register tells of ends are left out.
    """
    return tuple(SegregatedStay(*row) for row in connection.execute(_STAYS, _window(plan)).fetchall())


def read_waits(connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan) -> tuple[RequestWait, ...]:
    """Requests of the window, by the institution that asked; the wait is to the start of the help, as its title says.

    A first contact is no help yet: a request that was only contacted waits still.
    """
    return tuple(RequestWait(*row) for row in connection.execute(_WAITS, _window(plan)).fetchall())


def _covers(periods: Sequence[Period], first: date, last: date) -> bool:
    """Whether periods of one cluster, the oldest first, leave no day out."""
    reached = first - timedelta(days=1)
    for period in periods:
        if period.first_date > reached + timedelta(days=1):
            return False
        reached = max(reached, period.last_date)
    return reached >= last


def _exposed(
    connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan, query: str, codes: Sequence[str]
) -> dict[str, Exposed]:
    """codes: of the outcomes that the query's last columns count."""
    return {
        cluster: Exposed(children, days / DAYS_PER_YEAR, dict(zip(codes, map(int, counts), strict=True)))
        for cluster, children, days, *counts in connection.execute(query, _window(plan)).fetchall()
    }


def _by_institution(plan: AnalysisPlan) -> bool:
    return plan.estimand.counted_by == "institution"


def _window(plan: AnalysisPlan) -> dict[str, Any]:
    window = plan.window
    return {"first_from": window.first_from, "first_to": window.first_to, "by_institution": _by_institution(plan)}
