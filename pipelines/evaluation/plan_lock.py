"""Was the method chosen before anybody saw the numbers? Locked plans with their day, and what there was to see on that day.

A lock lies in meta.analysis_plans of the warehouse, and beside the plan as `analyseplan.laas` for people to read and hand on. A
second lock is a new version with a reason; no version is ever taken away.
"""

import json
import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

import duckdb

from pipelines import __version__
from pipelines.errors import PlanError
from pipelines.evaluation.children import DAYS_PER_MONTH
from pipelines.evaluation.plan import PLAN_FILE, AnalysisPlan, plan_from

LOCK_FILE: Final = "analyseplan.laas"

_PLANS: Final = """
CREATE TABLE IF NOT EXISTS meta.analysis_plans (
    version INTEGER PRIMARY KEY, locked_at TIMESTAMP, checksum VARCHAR, plan_json VARCHAR, reason VARCHAR,
    seen_code VARCHAR, follow_up_form_count BIGINT, system_version VARCHAR
)
"""
_LATER_FORMS: Final = """
SELECT count(*), min(scores.answered_date)
FROM core.fct_sdq_pair AS firsts
INNER JOIN core.fct_sdq_score AS scores
    ON firsts.child_id = scores.child_id
    AND firsts.informant_code = scores.informant_code
    AND firsts.first_date < scores.answered_date
WHERE firsts.first_date BETWEEN ? AND ?
"""
"""By any informant and however late: whoever has seen these has seen how it went for some of the plan's children."""
_SHOWN: Final = """
SELECT command, details FROM meta.runs
WHERE command IN ('publish', 'export') AND outcome = 'ok' AND CAST(started_at AS DATE) >= ?
ORDER BY run_id
"""
_REPORTS_WITH_CHANGE: Final = frozenset({"udvalgsrapport", "evaluering"})
"""They show how SDQ changed by model; so does every export."""


class Seen(StrEnum):
    """What there was to see of the outcomes on the day the plan was locked."""

    NOTHING = "nothing"
    IN_WAREHOUSE = "in_warehouse"
    """Follow-up forms had been delivered; whether anybody had looked at them is not known."""
    PUBLISHED = "published"
    """A report or an export made of follow-up forms had been written."""


@dataclass(frozen=True)
class PlanLock:
    """One locked version. checksum: of the plan as it was; reason: why it is not the first; None for the first.

    follow_up_form_count: forms that followed up on a first form in the plan's window, in the warehouse on that day.
    """

    version: int
    locked_at: datetime
    checksum: str
    plan: AnalysisPlan
    reason: str | None
    seen: Seen
    follow_up_form_count: int

    @property
    def is_before_follow_up(self) -> bool:
        """Whether it was locked before any child of its window could have been followed up: then nobody had seen any, anywhere."""
        window = self.plan.window
        wait = timedelta(days=math.floor(window.follow_up_months_minimum * DAYS_PER_MONTH))
        return self.locked_at.date() < window.first_from + wait

    @property
    def is_before_outcomes(self) -> bool:
        """Whether no outcome had come when it was locked, nor could have lain elsewhere; a later version is judged by its own day."""
        return self.seen is Seen.NOTHING and self.is_before_follow_up


def read_locks(connection: duckdb.DuckDBPyConnection) -> tuple[PlanLock, ...]:
    """The locked versions, the oldest first."""
    if not has_table(connection, "meta", "analysis_plans"):
        return ()
    rows = connection.execute(
        "SELECT version, locked_at, checksum, plan_json, reason, seen_code, follow_up_form_count "
        "FROM meta.analysis_plans ORDER BY version"
    ).fetchall()
    return tuple(
        PlanLock(version, locked_at, checksum, plan_from(json.loads(plan)), reason, Seen(seen), count)
        for version, locked_at, checksum, plan, reason, seen, count in rows
    )


def lock_plan(
    connection: duckdb.DuckDBPyConnection,
    plan: AnalysisPlan,
    folder: Path,
    *,
    now: datetime,
    new_version: str | None = None,
) -> PlanLock:
    """Lock the plan in the warehouse and write `analyseplan.laas` into the folder.

    new_version: the reason for a version after the first.
    Raises:
        PlanError: a plan is locked already and no reason is given, the plan has not changed since, or there is nothing to
            make a new version of.
    """
    locks = read_locks(connection)
    reason = _checked_reason(locks, plan, new_version, is_known_by_file=(folder / LOCK_FILE).is_file())
    seen, count = _seen(connection, plan)
    version = locks[-1].version + 1 if locks else 1
    lock = PlanLock(version, now, plan.checksum, plan, reason, seen, count)
    connection.execute(_PLANS)
    connection.execute(
        "INSERT INTO meta.analysis_plans VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [version, now, lock.checksum, plan.as_json(), reason, seen.value, count, __version__],
    )
    _write_lock_file(folder / LOCK_FILE, (*locks, lock))
    return lock


def _checked_reason(
    locks: tuple[PlanLock, ...], plan: AnalysisPlan, new_version: str | None, *, is_known_by_file: bool
) -> str | None:
    """The reason to keep with the lock; None for the first."""
    reason = " ".join((new_version or "").split())
    if locks and locks[-1].plan == plan:  # not by checksum: a plan locked before a key was known has another
        raise PlanError(
            f"Planen er låst i forvejen (version {locks[-1].version}), og {PLAN_FILE} er ikke ændret siden."
        )
    is_first = not locks and not is_known_by_file
    if is_first and new_version is not None:
        raise PlanError("Der er ingen låst plan at lave en ny version af. Kør: trappen plan --lock")
    if not is_first and len(reason) < _SHORTEST_REASON:
        known = f"version {locks[-1].version}" if locks else f"se {LOCK_FILE}, som datavarehuset ikke kender"
        raise PlanError(
            f"Der er en låst plan i forvejen ({known}). En ændret plan bliver en ny version, og grunden står i rapporten: "
            'trappen plan --lock --new-version "grunden"'
        )
    return reason or None


_SHORTEST_REASON: Final = 10
"""Letters: "ja" is no reason."""


def _seen(connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan) -> tuple[Seen, int]:
    """What there is to see today, and how many follow-up forms."""
    if not has_table(connection, "core", "fct_sdq_pair"):
        return Seen.NOTHING, 0
    row = connection.execute(_LATER_FORMS, [plan.window.first_from, plan.window.first_to]).fetchone()
    count, earliest = row if row else (0, None)
    if not count:
        return Seen.NOTHING, 0
    return (Seen.PUBLISHED if _was_published(connection, since=earliest) else Seen.IN_WAREHOUSE), count


def _was_published(connection: duckdb.DuckDBPyConnection, *, since: date) -> bool:
    """Whether anything that tells of SDQ change was written on or after the day of the earliest follow-up form."""
    if not has_table(connection, "meta", "runs"):
        return False
    shown = connection.execute(_SHOWN, [since]).fetchall()
    return any(
        command == "export" or _REPORTS_WITH_CHANGE & set(json.loads(details or "{}").get("reports", ()))
        for command, details in shown
    )


def _write_lock_file(path: Path, locks: tuple[PlanLock, ...]) -> None:
    plain = [
        {
            "version": lock.version,
            "låst": lock.locked_at.isoformat(sep=" "),
            "aftryk_sha256": lock.checksum,
            "begrundelse": lock.reason,
            "før_resultaterne": lock.is_before_outcomes,
            "plan": lock.plan.model_dump(mode="json"),
        }
        for lock in locks
    ]
    path.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def has_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    """Whether the warehouse in use has the table."""
    row = connection.execute(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = ? "
        "AND table_catalog = current_database()",
        [schema, table],
    ).fetchone()
    return bool(row and row[0])
