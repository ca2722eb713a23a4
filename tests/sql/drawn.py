"""Small warehouses drawn as text: tables in, built tables out, so that a reader can follow a rule with a finger.

A table is drawn with a header line and one line per row, cells parted by blanks. A dash is a missing value; `anna` in a
`child_id` column is a made-up child whose UUID follows from the word. Columns not drawn are missing.

A test reads a few of the tables: each is built when a query first names it, with those that it stands on.
"""

import re
import uuid
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, cast

import duckdb
import polars as pl

from pipelines.assets import asset_root
from pipelines.calendar import load_days, load_settings
from pipelines.codes import load_codes_into
from pipelines.contracts import load_contracts, source_contract
from pipelines.municipalities.rules import load_rules
from pipelines.pauses import load_pauses
from pipelines.settings import Settings
from pipelines.transform.order import in_build_order
from pipelines.transform.sql_files import CHECKS_FOLDER, SqlFile, read_sql_files

AS_OF_DATE = date(2026, 9, 30)
_LANDED = (
    "CREATE TABLE landed.deliveries (delivery_id VARCHAR, source VARCHAR, file_name VARCHAR, landed_at TIMESTAMP, "
    "rows_received BIGINT, rows_typed BIGINT, rows_rejected BIGINT)"
)


def child_id(name: str) -> uuid.UUID:
    """The UUID of a drawn child."""
    return uuid.uuid5(uuid.NAMESPACE_OID, name)


def rows_of(drawn: str) -> list[dict[str, str | None]]:
    """The rows of a drawn table as dictionaries of text."""
    lines = [line.split() for line in drawn.strip().splitlines() if line.strip()]
    header, *rows = lines
    return [{name: None if cell == "-" else cell for name, cell in zip(header, row, strict=True)} for row in rows]


@cache
def _template() -> duckdb.DuckDBPyConnection:
    """Typed tables, codes and calendar, made once per process: loading the codes takes longer than a drawn test."""
    # one thread: tables this small are built in half the processor time by it, and the tests run on every core already
    connection = duckdb.connect(config={"threads": "1"})
    for schema in ("landed", "typed"):
        connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute(_LANDED)
    for source, contract in load_contracts("source").items():
        columns = {"delivery_id": "VARCHAR", "sheet_name": "VARCHAR", "row_number": "BIGINT"}
        columns |= {column.name: column.physical_type for column in contract.columns}
        columns |= {"business_key_hash": "UBIGINT", "valid_from": "TIMESTAMP", "valid_to": "TIMESTAMP"}
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"CREATE TABLE typed.{source} ({declared})")
    load_codes_into(connection)
    load_days(connection)
    return connection


def empty_warehouse(*, as_of_date: date = AS_OF_DATE, **settings: Any) -> duckdb.DuckDBPyConnection:
    """Every typed table, empty, with codes, calendar and settings; the one before it is emptied and used again."""
    connection = _template()
    for table in ("landed.deliveries", *(f"typed.{source}" for source in load_contracts("source"))):
        connection.execute(f"DELETE FROM {table}")
    chosen = Settings.model_validate({"municipality": {"name": "Prøveby", "profile": "demo"}, **settings})
    load_settings(connection, chosen, as_of_date=as_of_date)
    load_pauses(connection, chosen.meetings)
    load_rules(connection, None)
    return connection


def fill(connection: duckdb.DuckDBPyConnection, source: str, drawn: str) -> None:
    """Add drawn rows to typed.<source>."""
    rows: list[dict[str, Any]] = [
        {"row_number": number, "valid_from": "2026-10-01", **row} for number, row in enumerate(rows_of(drawn), start=1)
    ]
    for row in rows:
        if row.get("child_id"):
            row["child_id"] = str(child_id(str(row["child_id"])))
    if rows:
        marks = f"({', '.join('?' for _ in rows[0])})"
        connection.execute(
            f"INSERT INTO typed.{source} ({', '.join(rows[0])}) VALUES {', '.join([marks] * len(rows))}",
            [cell for row in rows for cell in row.values()],
        )


def fill_simulated(connection: duckdb.DuckDBPyConnection, source: str, frame: pl.DataFrame) -> None:
    """The simulator's own frame into typed.<source>; a number becomes some UUID of its own, what it does not draw is missing."""
    columns = [column for column in source_contract(source).columns if column.name in frame.columns]
    values = [
        f"CAST(md5({column.name}) AS UUID)"
        if column.parse == "cpr"
        else f"CAST({column.name} AS {column.physical_type})"
        for column in columns
    ]
    names = ", ".join(column.name for column in columns)
    connection.register("_frame", frame.to_arrow())
    connection.execute(f"INSERT INTO typed.{source} ({names}) SELECT {', '.join(values)} FROM _frame")
    connection.unregister("_frame")


def built(tables: Mapping[str, str], *, as_of_date: date = AS_OF_DATE, **settings: Any) -> duckdb.DuckDBPyConnection:
    """A warehouse with these typed tables; those of core and marts are there when a query names them."""
    connection = empty_warehouse(as_of_date=as_of_date, **settings)
    for source, drawn in tables.items():
        fill(connection, source, drawn)
    return built_when_named(connection)


def built_when_named(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The same connection, whose tables of core and marts are made anew when a statement first names them."""
    if isinstance(connection, _BuiltWhenNamed):
        connection = connection._connection
    return cast("duckdb.DuckDBPyConnection", _BuiltWhenNamed(connection))


class _BuiltWhenNamed:
    """A connection that makes a table of core or marts when a statement first names it; anything else it is asked, with all made."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection, self._waiting = connection, dict(_files())
        # what stands there is of the warehouse before: a real build must not take it for its own
        connection.execute("DROP SCHEMA IF EXISTS core CASCADE")
        connection.execute("DROP SCHEMA IF EXISTS marts CASCADE")
        connection.execute("DROP TABLE IF EXISTS meta.table_fingerprints")
        for schema in ("core", "marts", "meta"):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")

    def execute(self, query: str, *parameters: Any) -> duckdb.DuckDBPyConnection:
        # the typed tables are always there: only a question after others has them all made first
        asks_what_there_is = "information_schema" in query and "table_schema = 'typed'" not in query
        for table in _files() if asks_what_there_is else re.findall(r"\b(?:core|marts)\.\w+", query):
            self._make(table)
        return self._connection.execute(query, *parameters)

    def _make(self, table: str) -> None:
        file = self._waiting.pop(table, None)
        if file is None:
            return
        for reference in file.references:
            self._make(reference.table)
        self._connection.execute(f"CREATE TABLE {table} AS {file.text}")

    def __getattr__(self, name: str) -> Any:
        for table in _files():
            self._make(table)
        return getattr(self._connection, name)


def found_by(check: str, connection: duckdb.DuckDBPyConnection, *, columns: str = "*") -> list[tuple[Any, ...]]:
    """The rows that one check of sql/checks finds; only what it reads is built, and all checks read every table."""
    (file,) = (file for file in _checks() if file.name == check)
    return connection.execute(f"SELECT {columns} FROM ({file.canonical_sql})").fetchall()


def check_names(prefix: str) -> list[str]:
    """The checks whose names begin so."""
    return [file.name for file in _checks() if file.name.startswith(prefix)]


@cache
def _checks() -> list[SqlFile]:
    return read_sql_files(asset_root("sql"), (CHECKS_FOLDER,))


@cache
def _files() -> dict[str, SqlFile]:
    return {file.table: file for file in in_build_order(read_sql_files(asset_root("sql")))}


def assert_rows(connection: duckdb.DuckDBPyConnection, query: str, expected: str) -> None:
    """The query gives the drawn rows, in any order; its columns are those of the drawing."""
    wanted = rows_of(expected)
    names = expected.strip().splitlines()[0].split()
    found = connection.execute(f"SELECT {', '.join(names)} FROM ({query})").fetchall()
    known = {child_id(str(row["child_id"])): row["child_id"] for row in wanted if row.get("child_id")}
    shown = [tuple(None if cell is None else str(known.get(cell, cell)) for cell in row) for row in found]
    assert sorted(shown, key=str) == sorted((tuple(row.values()) for row in wanted), key=str)
