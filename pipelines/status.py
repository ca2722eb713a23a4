"""What has been received, and what waits: one line per source, and the last run."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from pipelines.contracts import load_contracts
from pipelines.run import waiting_files
from pipelines.warehouse import open_warehouse
from pipelines.workspace import Workspace

_DELIVERIES = """
SELECT source, count(*), sum(rows_received), sum(rows_typed), sum(rows_rejected), max(landed_at)
FROM landed.deliveries
GROUP BY source
"""


@dataclass(frozen=True)
class SourceStatus:
    """Counts of one source: deliveries and rows taken in, and files that wait."""

    source: str
    deliveries_count: int
    rows_received: int
    rows_typed: int
    rows_rejected: int
    latest_date: date | None
    waiting_count: int


@dataclass(frozen=True)
class Status:
    """One line per source, and a Danish sentence on the last run."""

    sources: tuple[SourceStatus, ...]
    last_run: str


def read_status(workspace: Workspace) -> Status:
    """The status of a workspace; a workspace that was never run has zeros everywhere."""
    waiting = [source for source, _ in waiting_files(workspace)]
    received: dict[str, tuple[Any, ...]] = {}
    last_run = "Der er ikke kørt noget endnu."
    if workspace.warehouse.exists():
        with open_warehouse(workspace, read_only=True) as connection:
            if _has_deliveries(connection):
                received = {row[0]: row[1:] for row in connection.execute(_DELIVERIES).fetchall()}
            last_run = _last_run(connection) or last_run
    return Status(
        tuple(
            _source_status(source, received.get(source), waiting.count(source)) for source in load_contracts("source")
        ),
        last_run,
    )


def _source_status(source: str, received: tuple[Any, ...] | None, waiting_count: int) -> SourceStatus:
    if received is None:
        return SourceStatus(source, 0, 0, 0, 0, None, waiting_count)
    deliveries, rows, typed, rejected, latest = received
    return SourceStatus(source, deliveries, rows, typed, rejected, latest.date(), waiting_count)


def _has_deliveries(connection: duckdb.DuckDBPyConnection) -> bool:
    row = connection.execute(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'landed' AND table_name = 'deliveries'"
    ).fetchone()
    return bool(row and row[0])


def _last_run(connection: duckdb.DuckDBPyConnection) -> str | None:
    row = connection.execute(
        "SELECT command, started_at, outcome FROM meta.runs ORDER BY run_id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    outcome = {"ok": "gik godt", "started": "blev afbrudt"}.get(row[2], f"stoppede ({row[2]})")
    return f"Seneste kørsel: trappen {row[0]}, {row[1]:%d-%m-%Y kl. %H.%M}, {outcome}."
