"""The encrypted DuckDB warehouse: who may open it, with which settings, and what was run on it.

One process writes at a time. Our own lock file says who; DuckDB's own lock cannot be relied on, since POSIX drops it as
soon as the same process opens and closes the file by other means (hashing, copying). Nothing but DuckDB opens the
warehouse while it is attached.
"""

import base64
import getpass
import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from pipelines.errors import DiskFullError, TrappenError, WarehouseBusyError, WorkspaceError, WrongKeyError
from pipelines.workspace import Workspace

SCHEMAS = ("landed", "typed", "rejected", "codes", "core", "marts", "meta")
_EXTENSIONS = ("httpfs",)
_RUNS = """
CREATE TABLE IF NOT EXISTS meta.runs (
    run_id BIGINT PRIMARY KEY, command VARCHAR, system_version VARCHAR,
    started_at TIMESTAMP, ended_at TIMESTAMP, outcome VARCHAR, details VARCHAR
)
"""


@contextmanager
def open_warehouse(workspace: Workspace, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection on which the warehouse is attached as `wh` and in use; closed and checkpointed afterwards.

    A writer holds the lock file from before the warehouse is attached until after it is detached, and starts from an empty
    temporary folder. A reader takes no lock of ours, and cannot open while a writer has the warehouse attached.

    Raises:
        WarehouseBusyError: another process has it.
        WrongKeyError: the key does not open it.
        DiskFullError: there was no room; the warehouse is as it was.
    """
    if read_only:
        with _connection(workspace, read_only=True) as connection:
            yield connection
        return
    with _writer_lock(workspace):
        workspace.empty_temporary()
        with _connection(workspace, read_only=False) as connection:
            for schema in SCHEMAS:
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            connection.execute(_RUNS)
            yield connection


@contextmanager
def writer_lock(workspace: Workspace) -> Iterator[None]:
    """Keep others from writing while the warehouse is closed here (publishing, backup, hashing)."""
    with _writer_lock(workspace):
        yield


def protected_connection(
    temporary_folder: Path, *, memory_limit: str = "2GB", threads: int = 2
) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that spills only encrypted, to `temporary_folder`, and never reaches for the network.

    Signed extensions are loaded by path (a changed byte is refused by DuckDB). The caller attaches what it needs and then
    calls `lock_configuration`.
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "memory_limit": memory_limit,
            "threads": str(threads),
            "temp_directory": str(temporary_folder),
            "temp_file_encryption": "true",
            "preserve_insertion_order": "true",
        },
    )
    if "ipykernel" not in sys.modules:  # in a notebook there is no bar, and any setting about it asks for ipywidgets
        connection.execute("SET enable_progress_bar = false")
    for name in _EXTENSIONS:
        connection.execute(f"LOAD {_quoted(str(_extension_path(name)))}")
    return connection


def lock_configuration(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse every later change of settings on this connection."""
    connection.execute("SET lock_configuration = true")


@contextmanager
def in_words() -> Iterator[None]:
    """Turn DuckDB's errors that a user can mend into ours; nothing of the row it stumbled on is kept."""
    try:
        yield
    except TrappenError:
        raise
    except (duckdb.Error, OSError) as error:
        if _is_disk_full(error):
            raise DiskFullError(
                "Der er ikke plads nok på disken. Intet er ændret. Frigør plads, og kør igen."
            ) from None
        raise


def start_run(connection: duckdb.DuckDBPyConnection, command: str, *, version: str, now: datetime) -> int:
    """Write the first half of a line in the run log; returns its number."""
    connection.execute(_RUNS)
    row = connection.execute("SELECT coalesce(max(run_id), 0) + 1 FROM meta.runs").fetchone()
    run_id = int(row[0]) if row else 1
    connection.execute(
        "INSERT INTO meta.runs VALUES (?, ?, ?, ?, NULL, 'started', NULL)", [run_id, command, version, now]
    )
    return run_id


def finish_run(
    connection: duckdb.DuckDBPyConnection, run_id: int, *, outcome: str, details: dict[str, object], now: datetime
) -> None:
    """Write the second half: outcome ('ok' or the error's class name) and counts; never a personal value."""
    connection.execute(
        "UPDATE meta.runs SET ended_at = ?, outcome = ?, details = ? WHERE run_id = ?",
        [now, outcome, json.dumps(details, ensure_ascii=False, default=str), run_id],
    )


@contextmanager
def _connection(workspace: Workspace, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    spill = workspace.temporary / f"spill-{os.getpid()}"
    limits = workspace.settings.warehouse
    connection = protected_connection(spill, memory_limit=limits.memory_limit, threads=limits.threads)
    try:
        with in_words():
            _attach(connection, workspace, read_only=read_only)
            lock_configuration(connection)
            yield connection
            if not read_only:
                connection.execute("CHECKPOINT wh")
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)


def _attach(connection: duckdb.DuckDBPyConnection, workspace: Workspace, *, read_only: bool) -> None:
    key = base64.b64encode(workspace.keys.warehouse).decode()
    options = f"ENCRYPTION_KEY '{key}'" + (", READ_ONLY" if read_only else "")
    try:
        connection.execute(f"ATTACH {_quoted(str(workspace.warehouse))} AS wh ({options})")
    except duckdb.Error as error:
        text = str(error)
        if "lock" in text.lower():
            raise WarehouseBusyError(_busy_text(workspace)) from None
        if _is_disk_full(error):
            raise
        if "encrypt" in text.lower() or "key" in text.lower():
            raise WrongKeyError(
                "Nøglen passer ikke til datavarehuset. Læg den rigtige trappen.key tilbage i arbejdsmappen "
                "(eller ret TRAPPEN_KEY). Intet er ændret."
            ) from None
        raise WrongKeyError(
            "Datavarehuset kan ikke åbnes: Filen er beskadiget, eller nøglen er forkert. "
            "Læg sikkerhedskopien af warehouse.duckdb og trappen.key tilbage, og kør igen."
        ) from None
    connection.execute("USE wh")


@contextmanager
def _writer_lock(workspace: Workspace) -> Iterator[None]:
    lock = FileLock(workspace.lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise WarehouseBusyError(_busy_text(workspace)) from None
    except OSError as error:
        raise WorkspaceError(
            f"Der kan ikke skrives i arbejdsmappen ({error.strerror}). Ret rettighederne, eller frigør plads, og kør igen."
        ) from None
    try:
        with in_words():
            _holder_file(workspace).write_text(json.dumps(_holder(), ensure_ascii=False), encoding="utf-8")
        yield
    finally:
        _holder_file(workspace).unlink(missing_ok=True)
        lock.release()


def _holder_file(workspace: Workspace) -> Path:
    # beside the lock file, not in it: Windows lets nobody read a file that another has locked
    return workspace.lock_file.with_suffix(".holder")


def _holder() -> dict[str, object]:
    return {
        "user": getpass.getuser(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "started_at": datetime.now().isoformat(timespec="seconds"),
    }


def _busy_text(workspace: Workspace) -> str:
    try:
        holder = json.loads(_holder_file(workspace).read_text(encoding="utf-8"))
        who = f"{holder['user']} på {holder['host']} (proces {holder['pid']}, siden {holder['started_at']})"
    except (OSError, ValueError, KeyError):
        who = "En anden proces"
    return f"Datavarehuset er i brug: {who} arbejder i det. Vent, til den er færdig, og kør igen. Intet er ændret."


def _extension_path(name: str) -> Path:
    spec = find_spec(f"duckdb_extension_{name}")
    if spec is None or not spec.submodule_search_locations:
        raise TrappenError(
            f"Pakken duckdb-extension-{name} mangler. Geninstaller med: pip install -r requirements.lock"
        )
    folder = Path(next(iter(spec.submodule_search_locations)))
    return next(folder.rglob(f"{name}.duckdb_extension"))


def _is_disk_full(error: Exception) -> bool:
    text = str(error).lower()
    return "no space left" in text or "not enough space" in text or getattr(error, "errno", None) == 28


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
