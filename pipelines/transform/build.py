"""Bring core and marts up to date: run each file whose statement or inputs changed, all in one transaction."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.assets import asset_root
from pipelines.contracts import Contract, load_contracts
from pipelines.errors import TransformError
from pipelines.transform.definitions import DEFINITION, GUARDED_TABLES, carries_definition
from pipelines.transform.fingerprints import (
    built_fingerprint,
    content_fingerprint,
    forget_fingerprint,
    store_fingerprints,
    stored_fingerprints,
)
from pipelines.transform.order import check_tables_exist, in_build_order
from pipelines.transform.sql_files import TABLE_SCHEMAS, SqlFile, read_sql_files

Progress = Callable[[str, int, int], None]
"""Called before each table with its name, its number from 1, and how many there are."""

# Errors whose text holds names from the SQL only; any other may quote a value from a row.
_ABOUT_SQL = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.SyntaxException)
# Not a fault in the file: no room, no memory, interrupted. These pass through as they are.
_NOT_ABOUT_SQL = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.InterruptException, duckdb.FatalException)

_DELIVERIES = (
    "SELECT CAST(NULL AS VARCHAR) AS delivery_id, CAST(NULL AS VARCHAR) AS source, CAST(NULL AS VARCHAR) AS file_name, "
    "CAST(NULL AS TIMESTAMP) AS landed_at, CAST(NULL AS BIGINT) AS rows_received, CAST(NULL AS BIGINT) AS rows_typed, "
    "CAST(NULL AS BIGINT) AS rows_rejected WHERE false"
)
_BEFORE_COLUMNS = {"delivery_id": "VARCHAR", "sheet_name": "VARCHAR", "row_number": "BIGINT"}
_AFTER_COLUMNS = {"business_key_hash": "UBIGINT", "valid_from": "TIMESTAMP", "valid_to": "TIMESTAMP"}


@dataclass(frozen=True)
class BuildResult:
    """Tables in build order: those made again, those kept since nothing they read had changed, those dropped for good."""

    rebuilt: tuple[str, ...]
    kept: tuple[str, ...]
    dropped: tuple[str, ...] = ()


def build(
    connection: duckdb.DuckDBPyConnection, *, sql_root: Path | None = None, on_progress: Progress | None = None
) -> BuildResult:
    """Make every table under sql/core and sql/marts that is missing or whose inputs changed.

    A table of core or marts that no file makes any more is dropped. A source without deliveries counts as empty. Everything
    is one transaction: a build that fails leaves the former tables.

    Raises:
        TransformError: a file cannot be built; file and line are named.
    """
    files = in_build_order(read_sql_files(sql_root or asset_root("sql")))
    refuse_mixed_definitions_in(files)
    connection.execute("BEGIN TRANSACTION")
    try:
        result = _build_all(connection, files, on_progress)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return result


def refuse_mixed_definitions_in(files: Sequence[SqlFile]) -> set[str]:
    """The tables whose rows each follow one definition of inclusion, found file by file in build order.

    Raises:
        TransformError: a file would mix two definitions.
    """
    guarded = set(GUARDED_TABLES)
    for file in files:
        # following a query is slow, and most files neither read such rows nor name a definition
        reads_guarded = any(reference.table in guarded for reference in file.references)
        knows_definitions = reads_guarded or DEFINITION in file.text.lower()
        if knows_definitions and carries_definition(file.expression, guarded=guarded, where=file.label):
            guarded.add(file.table)
    return guarded


def present_tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Tables and views of the database in use, as `schema.name`."""
    rows = connection.execute(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_catalog = current_database()"
    ).fetchall()
    return {str(row[0]) for row in rows}


def _build_all(
    connection: duckdb.DuckDBPyConnection, files: Sequence[SqlFile], on_progress: Progress | None
) -> BuildResult:
    for schema in ("landed", "typed", "codes", "meta", *TABLE_SCHEMAS):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    stand_ins = _create_stand_ins(connection)
    present = present_tables(connection)
    check_tables_exist(files, present)
    fingerprints = {table: content_fingerprint(connection, table) for table in _delivered_inputs(files)}
    stored = stored_fingerprints(connection)
    rebuilt, kept = [], []
    for number, file in enumerate(files, start=1):
        if on_progress:
            on_progress(file.table, number, len(files))
        fingerprint = fingerprints[file.table] = built_fingerprint(file, fingerprints)
        if stored.get(file.table) == fingerprint and file.table in present:
            kept.append(file.table)
            continue
        _create_table(connection, file)
        rebuilt.append(file.table)
    store_fingerprints(connection, {table: fingerprints[table] for table in rebuilt})
    for view in stand_ins:
        connection.execute(f"DROP VIEW {view}")
    dropped = _drop_unmade(connection, files, stored)
    return BuildResult(tuple(rebuilt), tuple(kept), dropped)


def _delivered_inputs(files: Sequence[SqlFile]) -> list[str]:
    made = {file.table for file in files}
    return sorted({reference.table for file in files for reference in file.references} - made)


def _create_stand_ins(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Empty views, for this build only, in place of sources that were never delivered."""
    wanted = {f"typed.{source}": _empty_typed(contract) for source, contract in load_contracts("source").items()}
    wanted["landed.deliveries"] = _DELIVERIES
    missing = sorted(set(wanted) - present_tables(connection))
    for view in missing:
        connection.execute(f"CREATE VIEW {view} AS {wanted[view]}")
    return missing


def _empty_typed(contract: Contract) -> str:
    columns = _BEFORE_COLUMNS | {column.name: column.physical_type for column in contract.columns} | _AFTER_COLUMNS
    nulls = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns.items())
    return f"SELECT {nulls} WHERE false"


def _create_table(connection: duckdb.DuckDBPyConnection, file: SqlFile) -> None:
    try:
        # on the statement's own first line, so that DuckDB counts lines as the file does
        connection.execute(f"CREATE OR REPLACE TABLE {file.table} AS {file.text}")
    except _NOT_ABOUT_SQL:
        raise
    except duckdb.Error as error:
        raise TransformError(in_danish(error, file)) from None


def in_danish(error: duckdb.Error, file: SqlFile) -> str:
    """DuckDB's error on a file, with file and line; its own words only when they cannot quote a row."""
    text = str(error)
    found = re.search(r"LINE (\d+):", text)
    line = int(found.group(1)) if found else 1
    if isinstance(error, _ABOUT_SQL):
        return f"{file.label}, linje {line}: {text.splitlines()[0]}"
    return (
        f"{file.label}, linje {line}: tabellen {file.table} kan ikke beregnes ({type(error).__name__}). "
        "En værdi passer ikke til beregningen. Se efter i filen, hvilken kolonne der regnes på."
    )


def _drop_unmade(
    connection: duckdb.DuckDBPyConnection, files: Sequence[SqlFile], stored: dict[str, str]
) -> tuple[str, ...]:
    made = {file.table for file in files}
    unmade = sorted(set(stored) - made)
    for table in unmade:
        connection.execute(f"DROP TABLE IF EXISTS {table}")
        forget_fingerprint(connection, table)
    return tuple(unmade)
