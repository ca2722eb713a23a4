"""The road, stage by stage: land and type, build, check, validate, publish."""

import json
from calendar import monthrange
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines import __version__
from pipelines.assets import asset_root
from pipelines.calendar import load_days, load_settings
from pipelines.codes import load_codes_into
from pipelines.committee.context import workspace_map
from pipelines.committee.reports import (
    ReportKind,
    assemble_report,
    chosen_reports,
    delivery_stamps,
    notebook_parameters,
)
from pipelines.contracts import contracts_checksum, load_contracts
from pipelines.disclosure.rule import DisclosureRule
from pipelines.errors import PublishError, TrappenError, UnknownSourceError, WorkspaceError
from pipelines.landing.delivery import DeliveryResult, land_delivery, needs_rebuild, rebuild_typed
from pipelines.landing.register import masked_name
from pipelines.municipalities.rules import load_rules
from pipelines.pauses import load_pauses
from pipelines.progress import Progress, Silent
from pipelines.publish.notebook import publishable_content
from pipelines.publish.report import PublishedReport, publish_report
from pipelines.publish.stamp import Stamp
from pipelines.second_process import shared_out
from pipelines.transform import BuildResult, build, run_checks
from pipelines.version import code_checksum
from pipelines.warehouse import finish_run, open_warehouse, start_run, writer_lock
from pipelines.workspace import Workspace, open_workspace


@dataclass
class RunResult:
    """What a run did: deliveries, refused files with their sentences, sources typed anew, rebuilt tables, gate warnings."""

    deliveries: list[DeliveryResult] = field(default_factory=list)
    refused: list[tuple[Path, TrappenError]] = field(default_factory=list)
    retyped: list[str] = field(default_factory=list)
    build: BuildResult | None = None
    gate_warnings: list[str] = field(default_factory=list)


def run(
    workspace: Workspace, *, now: datetime, progress: Progress | None = None, result: RunResult | None = None
) -> RunResult:
    """Take in everything in the inbox and bring core and marts up to date.

    A delivery that cannot be read is refused whole, named in the result, and left in the inbox; the others go on. The
    result given is filled as the run goes, so that what was taken in can be told also when a later stage stops the run.

    Raises:
        ExpectationError: an expectation of severity *error* failed; the tables are built, nothing may be published.
        TransformError, CheckError: the SQL cannot be built, or rows exist that must not.
    """
    progress = progress or Silent()
    result = RunResult() if result is None else result
    with open_warehouse(workspace) as connection, _logged(connection, workspace, "run", now) as details:
        _land_inbox(connection, workspace, result, now=now, progress=progress)
        if result.refused and not result.deliveries and not _has_deliveries(connection):
            raise result.refused[0][1]
        result.retyped = _retype_changed(connection, workspace, progress)
        details["deliveries"] = len(result.deliveries)
        details["refused"] = len(result.refused)
        load_code_tables(connection, workspace)
        _validate(connection, workspace, "typed", result, progress)
        progress.stage("Bygger tabeller", 1)
        result.build = build(connection)
        progress.step("tabeller")
        run_checks(connection)
        _validate(connection, workspace, "marts", result, progress)
    return result


@dataclass(frozen=True)
class _ReportToWrite:
    """One report of a publishing, as any process can be told of it: the keys stay in the workspace."""

    workspace_root: Path
    kind: ReportKind
    stamp: Stamp
    as_of_date: date
    published_on: date


def publish(
    workspace: Workspace,
    wanted: list[str] | None,
    *,
    now: datetime,
    progress: Progress | None = None,
    second: Executor | None = None,
) -> list[PublishedReport]:
    """Write the reports asked for (all that the workspace holds data for, when None) as HTML, PDF and workbook.

    With a `second` process the reports are shared out between it and this one; what is published is the same.

    Raises:
        PublishError: nothing was built, the last gate failed, or a report's own gates did; the last edition stays.
    """
    progress = progress or Silent()
    with open_warehouse(workspace) as connection, _logged(connection, workspace, "publish", now) as details:
        _refuse_unbuilt_or_failed(connection)
        kinds = chosen_reports(connection, workspace.settings, wanted)
        workspace_map(connection, workspace)  # a map that cannot be drawn stops here, and not inside a notebook
        stamp = _stamp(connection, workspace)
        counted_on = as_of_date(connection, workspace)
        details["reports"] = [kind.report_id for kind in kinds]
    progress.stage("Skriver rapporter", len(kinds))
    reports = [_ReportToWrite(workspace.root, kind, stamp, counted_on, now.date()) for kind in kinds]
    # the notebooks' kernels open the warehouse read-only themselves; the lock keeps other writers out meanwhile
    with writer_lock(workspace):
        published = shared_out(
            _write_report, reports, second=second, told=lambda report: progress.step(report.kind.report_id)
        )
        workspace.empty_temporary()
    return published


def _write_report(report: _ReportToWrite) -> PublishedReport:
    """Run the report's notebook in a folder of its own, and publish what it says."""
    kind, workspace = report.kind, open_workspace(report.workspace_root)
    content = publishable_content(
        asset_root("notebooks") / f"{kind.report_id}.ipynb",
        notebook_parameters(kind, workspace),
        temporary=workspace.temporary / kind.report_id,
    )
    assembled = assemble_report(
        kind,
        content,
        settings=workspace.settings,
        stamp=report.stamp,
        as_of_date=report.as_of_date,
        published_on=report.published_on,
    )
    return publish_report(assembled, workspace.reports / kind.report_id)


def export_som(workspace: Workspace, folder: Path, *, now: datetime) -> tuple[Path, Path]:
    """Write the numbers for SØM and their explanation into `folder`: (CSV file, explanation).

    Raises:
        PublishError: nothing was built, or the last gate failed.
    """
    from pipelines.committee.som import write_som  # as heavy as a whole section of a report

    with open_warehouse(workspace) as connection, _logged(connection, workspace, "export", now) as details:
        _refuse_unbuilt_or_failed(connection)
        details["export"] = "som"
    with writer_lock(workspace):
        return write_som(str(workspace.root), folder)


def load_code_tables(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> None:
    """Bring `codes` up to date: code tables, calendar, the profile's rules, and the settings that SQL needs."""
    load_codes_into(connection)
    load_days(connection)
    load_pauses(connection, workspace.settings.meetings)
    load_rules(connection, workspace.settings.profile)
    load_settings(connection, workspace.settings, as_of_date=as_of_date(connection, workspace))


def as_of_date(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> date:
    """The day the figures are counted on: the setting, else the last day that the deliveries can vouch for.

    That is the day of the latest delivery, but not later than the month in which the latest thing in it happened: files that
    end in September and are taken in in February know nothing of October, and nobody was followed then.
    """
    chosen = workspace.settings.report.as_of_date
    if chosen is not None:
        return chosen
    row = connection.execute("SELECT max(landed_at) FROM landed.deliveries").fetchone()
    if row is None or row[0] is None:
        raise WorkspaceError("Der er ingen leverancer endnu. Læg filer i indbakken, og kør: trappen run")
    landed: date = row[0].date()
    happened = _latest_event(connection, landed)
    return landed if happened is None else min(landed, _last_of_month(happened))


_EVENTS = (
    ("children", "resident_from_date"),
    ("school_placements", "start_date"),
    ("measures", "start_date"),
    ("sdq_answers", "answered_date"),
    ("sdq_scores", "answered_date"),
    ("sessions", "held_date"),
    ("reviews", "review_date"),
)
"""Columns that tell of something that has happened; planned days and ends to come do not."""


def _latest_event(connection: duckdb.DuckDBPyConnection, landed: date) -> date | None:
    """The latest day up to `landed` on which anything delivered happened."""
    there = {row[0] for row in connection.execute("SELECT source FROM landed.deliveries").fetchall()}
    selects = [
        f"SELECT max({column}) AS day FROM typed.{source} WHERE valid_to IS NULL AND {column} <= ?"
        for source, column in _EVENTS
        if source in there
    ]
    if not selects:
        return None
    row = connection.execute(
        f"SELECT max(day) FROM ({' UNION ALL '.join(selects)})", [landed] * len(selects)
    ).fetchone()
    return row[0] if row else None


def _last_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def waiting_files(workspace: Workspace) -> list[tuple[str, Path]]:
    """Files in the inbox, with their source, in the order they are read."""
    return [
        (source, path)
        for source in load_contracts("source")
        if workspace.inbox(source).is_dir()
        for path in sorted(workspace.inbox(source).iterdir())
        if not path.name.startswith(".")
    ]


def _has_deliveries(connection: duckdb.DuckDBPyConnection) -> bool:
    row = connection.execute(
        "SELECT count(*) FROM information_schema.tables "
        "WHERE table_catalog = 'wh' AND table_schema = 'landed' AND table_name = 'deliveries'"
    ).fetchone()
    if not row or not row[0]:
        return False
    counted = connection.execute("SELECT count(*) FROM landed.deliveries").fetchone()
    return bool(counted and counted[0])


def _refuse_strays(workspace: Workspace) -> list[tuple[Path, TrappenError]]:
    """Files that lie in the inbox, but in no source's folder: nobody would ever read them."""
    known = set(load_contracts("source"))
    strays = [path for path in sorted(workspace.inboxes.iterdir()) if path.is_file() and not path.name.startswith(".")]
    for folder in sorted(workspace.inboxes.iterdir()):
        if folder.is_dir() and folder.name not in known:
            strays += [path for path in sorted(folder.iterdir()) if path.is_file()]
    advice = f"Læg filen i en af mapperne: {', '.join(sorted(known))}."
    return [(path, UnknownSourceError(f"Filen ligger ikke i en kildes mappe. {advice}")) for path in strays]


def _retype_changed(connection: duckdb.DuckDBPyConnection, workspace: Workspace, progress: Progress) -> list[str]:
    """Type the archived deliveries of every source anew whose contract has changed since; returns those sources."""
    changed = [source for source in load_contracts("source") if needs_rebuild(connection, workspace, source)]
    if changed:
        progress.stage("Læser arkivet igen efter ændrede datakontrakter", len(changed))
    for source in changed:
        rebuild_typed(connection, workspace, source)
        progress.step(source)
    return changed


def _land_inbox(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    result: RunResult,
    *,
    now: datetime,
    progress: Progress,
) -> None:
    result.refused += _refuse_strays(workspace)
    files = waiting_files(workspace)
    progress.stage("Læser leverancer", len(files))
    for source, path in files:
        try:
            result.deliveries.append(land_delivery(connection, workspace, path, source=source, now=now))
        except TrappenError as error:
            result.refused.append((path, error))
        progress.step(f"{source}: {masked_name(path.name)}")


def _validate(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, stage: Any, result: RunResult, progress: Progress
) -> None:
    from pipelines.expectations import validate  # Great Expectations takes seconds to import

    progress.stage("Kontrollerer data" if stage == "typed" else "Kontrollerer resultater", 1)
    gate = validate(connection, stage, docs_folder=workspace.data_docs)
    result.gate_warnings += [outcome.sentence() for outcome in gate.warnings]
    gate.raise_on_error()
    progress.step(stage)


def _refuse_unbuilt_or_failed(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing may be published unless the last run that was not a publishing ended well."""
    row = connection.execute(
        "SELECT outcome FROM meta.runs WHERE command = 'run' ORDER BY run_id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        raise PublishError("Der er ingen tal at udgive endnu. Læg filer i indbakken, og kør: trappen run")
    if row[0] != "ok":
        raise PublishError(
            f"Den seneste kørsel gik ikke godt ({row[0]}), så intet bliver udgivet. Ret fejlen, og kør: trappen run"
        )


def _stamp(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> Stamp:
    return Stamp(
        system_version=__version__,
        contracts_checksum=contracts_checksum(),
        code_version=code_checksum(),
        disclosure_rule=DisclosureRule(**workspace.settings.disclosure.model_dump()).sentence,
        deliveries=delivery_stamps(connection),
    )


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
