"""Has a table changed since last time: one short text per table that differs when its rows, its SQL or its inputs do."""

import hashlib
from collections.abc import Iterable, Mapping

import duckdb

from pipelines.transform.sql_files import SqlFile

_STORE = """
CREATE TABLE IF NOT EXISTS meta.table_fingerprints (table_name VARCHAR PRIMARY KEY, fingerprint VARCHAR, rows_count BIGINT)
"""


def content_fingerprint(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """A fingerprint of a table's columns and rows, whatever their order; a changed `valid_to` changes it.

    Sums 64-bit hashes of rows instead of xor-ing them: with xor two equal rows would vanish.
    """
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    names = ", ".join(f'"{column[0]}"' for column in described)
    row = connection.execute(f"SELECT count(*), sum(hash({names})) FROM {table}").fetchone()
    return _digest([table, *(f"{column[0]} {column[1]}" for column in described), str(row)])


def built_fingerprint(file: SqlFile, inputs: Mapping[str, str]) -> str:
    """A fingerprint of a built table: its statement, those of its inputs, and the engine that computes it."""
    read = sorted({reference.table for reference in file.references})
    return _digest([duckdb.__version__, file.canonical_sql, *(f"{table}={inputs[table]}" for table in read)])


def stored_fingerprints(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Fingerprints of the tables as they stand in the warehouse, by table."""
    connection.execute(_STORE)
    return dict(connection.execute("SELECT table_name, fingerprint FROM meta.table_fingerprints").fetchall())


def store_fingerprints(connection: duckdb.DuckDBPyConnection, fingerprints: Mapping[str, str]) -> None:
    """Remember the fingerprints of tables just built, and how many rows each has; one statement for all of them."""
    if fingerprints:
        rows = [f"SELECT '{table}', '{text}', count(*) FROM {table}" for table, text in fingerprints.items()]
        connection.execute(f"INSERT OR REPLACE INTO meta.table_fingerprints {' UNION ALL '.join(rows)}")


def forget_fingerprint(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Forget a table that is no longer built."""
    connection.execute("DELETE FROM meta.table_fingerprints WHERE table_name = ?", [table])


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
