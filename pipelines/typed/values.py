"""Values written into SQL by us: text, numbers and moments as literals.

DuckDB imports pandas (half a second) as soon as a statement has bound parameters, which `trappen check` cannot afford. What is written
here is a delivery's id, sheet and file names, counts and moments; never a cell.
"""

import re
from collections.abc import Mapping
from datetime import datetime

import duckdb

Value = str | int | datetime | None


def literal(value: Value) -> str:
    """A value as an SQL literal. In DuckDB's text literals only the quotation mark itself needs doubling."""
    match value:
        case None:
            return "NULL"
        case int():
            return str(value)
        case datetime():
            return f"TIMESTAMP '{value.isoformat(' ')}'"
        case _:
            return "'" + value.replace("'", "''") + "'"


def execute(connection: duckdb.DuckDBPyConnection, sql: str, **values: Value) -> duckdb.DuckDBPyConnection:
    """Run a statement with each `$name` replaced by the literal of that value.

    Raises:
        KeyError: the statement names a value that was not given.
    """
    return connection.execute(_filled(sql, values))


def _filled(sql: str, values: Mapping[str, Value]) -> str:
    return re.sub(r"\$([a-z_]+)\b", lambda match: literal(values[match[1]]), sql)
