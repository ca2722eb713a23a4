"""The road, stage by stage: land and type, build, check, validate, publish."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines import __version__
from pipelines.calendar import load_days, load_settings
from pipelines.codes import load_codes_into
from pipelines.contracts import load_contracts
from pipelines.errors import TrappenError
from pipelines.landing import DeliveryResult, land_delivery
from pipelines.progress import Progress, Silent
from pipelines.transform import BuildResult, CheckResult, build, run_checks
from pipelines.warehouse import finish_run, open_warehouse, start_run
from pipelines.workspace import Workspace


@dataclass
class RunResult:
    """What a run did: deliveries, refused files with their sentences, rebuilt tables, check and gate outcomes."""

    deliveries: list[DeliveryResult] = field(default_factory=list)
    refused: list[tuple[Path, TrappenError]] = field(default_factory=list)
    build: BuildResult | None = None
    checks: list[CheckResult] = field(default_factory=list)
    gate_warnings: list[str] = field(default_factory=list)


def run(workspace: Workspace, *, now: datetime, progress: Progress | None = None) -> RunResult:
    """Take in everything in the inbox and bring core and marts up to date.

    A delivery that cannot be read is refused whole, named in the result, and left in the inbox; the others go on.

    Raises:
        ExpectationError: an expectation of severity *error* failed; the tables are built, nothing may be published.
        TransformError, CheckError: the SQL cannot be built, or rows exist that must not.
    """
    progress = progress or Silent()
    result = RunResult()
    with open_warehouse(workspace) as connection, _logged(connection, workspace, "run", now) as details:
        _land_inbox(connection, workspace, result, now=now, progress=progress)
        details["deliveries"] = len(result.deliveries)
        details["refused"] = len(result.refused)
        load_code_tables(connection, workspace)
        _validate(connection, workspace, "typed", result, progress)
        progress.stage("Bygger tabeller", 1)
        result.build = build(connection)
        progress.step("tabeller")
        result.checks = run_checks(connection)
        _validate(connection, workspace, "marts", result, progress)
    return result


def load_code_tables(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> None:
    """Bring `codes` up to date: code tables, calendar, and the settings that SQL needs."""
    load_codes_into(connection)
    load_days(connection)
    load_settings(connection, workspace.settings, as_of_date=as_of_date(connection, workspace))


def as_of_date(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> date:
    """The day the figures are counted on: the setting, else the day of the latest delivery."""
    chosen = workspace.settings.report.as_of_date
    if chosen is not None:
        return chosen
    row = connection.execute("SELECT max(landed_at) FROM landed.deliveries").fetchone()
    if row is None or row[0] is None:
        raise TrappenError("Der er ingen leverancer endnu. Læg filer i indbakken, og kør: trappen run")
    return row[0].date()  # type: ignore[no-any-return]  # DuckDB gives a datetime for TIMESTAMP


def waiting_files(workspace: Workspace) -> list[tuple[str, Path]]:
    """Files in the inbox, with their source, in the order they are read."""
    return [
        (source, path)
        for source in load_contracts("source")
        if workspace.inbox(source).is_dir()
        for path in sorted(workspace.inbox(source).iterdir())
        if not path.name.startswith(".")
    ]


def _land_inbox(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    result: RunResult,
    *,
    now: datetime,
    progress: Progress,
) -> None:
    files = waiting_files(workspace)
    progress.stage("Læser leverancer", len(files))
    for source, path in files:
        try:
            result.deliveries.append(land_delivery(connection, workspace, path, source=source, now=now))
        except TrappenError as error:
            result.refused.append((path, error))
        progress.step(f"{source}: {path.name}")


def _validate(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, stage: Any, result: RunResult, progress: Progress
) -> None:
    from pipelines.expectations import validate  # Great Expectations takes seconds to import

    progress.stage("Kontrollerer data" if stage == "typed" else "Kontrollerer resultater", 1)
    gate = validate(connection, stage, docs_folder=workspace.data_docs)
    result.gate_warnings += [failure.explanation for failure in gate.warnings]
    gate.raise_on_error()
    progress.step(stage)


@contextmanager
def _logged(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, command: str, now: datetime
) -> Iterator[dict[str, Any]]:
    details: dict[str, Any] = {}
    run_id = start_run(connection, command, version=__version__, now=now)
    outcome = "failed"
    try:
        yield details
        outcome = "ok"
    except TrappenError as error:
        outcome = type(error).__name__
        raise
    finally:
        ended = datetime.now().replace(microsecond=0)
        finish_run(connection, run_id, outcome=outcome, details=details, now=ended)
        _append_log(workspace, {"run_id": run_id, "command": command, "outcome": outcome, **details}, ended)


def _append_log(workspace: Workspace, line: dict[str, Any], at: datetime) -> None:
    workspace.logs.mkdir(exist_ok=True)
    with (workspace.logs / "runs.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps({"at": at.isoformat(), **line}, ensure_ascii=False, default=str) + "\n")
