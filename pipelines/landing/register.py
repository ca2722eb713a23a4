"""Which deliveries have been landed: one row per delivery in `landed.deliveries`, and no personal value in it.

A delivery is known by the hash of its bytes, so the same file twice changes nothing, whatever it is called.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from pipelines.contracts import Contract
from pipelines.typed.values import Value, execute, literal

_DDL = """
CREATE TABLE IF NOT EXISTS landed.deliveries (
    delivery_id VARCHAR PRIMARY KEY, source VARCHAR, file_name VARCHAR, sha256 VARCHAR, byte_count BIGINT,
    format VARCHAR, encoding VARCHAR, delimiter VARCHAR, mapping VARCHAR, remarks VARCHAR,
    contract_version VARCHAR, contract_checksum VARCHAR,
    rows_received BIGINT, rows_typed BIGINT, rows_rejected BIGINT, skipped_rows VARCHAR, warning_counts VARCHAR,
    landed_at TIMESTAMP, archived_as VARCHAR
)
"""
_COLUMNS = (
    "delivery_id, source, file_name, sha256, byte_count, format, encoding, delimiter, mapping, remarks, contract_version, "
    "contract_checksum, rows_received, rows_typed, rows_rejected, skipped_rows, warning_counts, landed_at, archived_as"
)


@dataclass(frozen=True)
class Delivery:
    """One row of the register.

    `mapping` holds, per sheet (CSV: ""), the header row (1-based), the sheet's number of its first column (0-based) and the
    0-based place of each contract column. `rows_received` = typed + rejected; rows that are no data are counted by kind in
    `skipped_rows` (empty, note, total), so that all of them together are the rows of the file.
    """

    delivery_id: str
    source: str
    file_name: str
    sha256: str
    byte_count: int
    file_format: str
    encoding: str
    delimiter: str
    mapping: Mapping[str, Any]
    remarks: tuple[str, ...]
    contract_version: str
    contract_checksum: str
    rows_received: int
    rows_typed: int
    rows_rejected: int
    skipped_rows: Mapping[str, int]
    warning_counts: Mapping[str, int]
    landed_at: datetime
    archived_as: str | None = None


def delivery_id(source: str, sha256: str) -> str:
    """The delivery's id: its source and the first twelve hex digits of its hash."""
    return f"{source}-{sha256[:12]}"


def masked_name(name: str) -> str:
    """A file or sheet name that may be shown and kept: what is shaped like a CPR number becomes crosses."""
    # six digits and four signs, or nine digits and more, with up to three signs that are no letters between any two
    hidden = re.sub(r"(?<!\d)\d{6}[\W_]{0,3}[0-9A-Za-z]{4}(?![0-9A-Za-z])", "xxxxxx-xxxx", name)
    return re.sub(r"\d(?:[\W_]{0,3}\d){8,}", _masked_digits, hidden)


def _masked_digits(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    windows = [digits[start : start + 10] for start in range(len(digits) - 9)] or [f"0{digits}"]
    is_date_like = any(re.match(r"(0[1-9]|[12]\d|3[01]|[6-9]\d)(0[1-9]|1[0-2])", window) for window in windows)
    return re.sub(r"\d", "x", match[0]) if is_date_like else match[0]


def create_register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the register where it is not there yet."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS landed")
    connection.execute(_DDL)


def find_delivery(connection: duckdb.DuckDBPyConnection, identity: str) -> Delivery | None:
    """The registered delivery, or None."""
    row = execute(
        connection, f"SELECT {_COLUMNS} FROM landed.deliveries WHERE delivery_id = $id", id=identity
    ).fetchone()
    return None if row is None else _delivery(row)


def deliveries_of(connection: duckdb.DuckDBPyConnection, source: str) -> list[Delivery]:
    """All deliveries of a source in the order they were landed."""
    rows = execute(
        connection,
        f"SELECT {_COLUMNS} FROM landed.deliveries WHERE source = $source ORDER BY landed_at, rowid",
        source=source,
    ).fetchall()
    return [_delivery(row) for row in rows]


def register_delivery(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """Write the delivery's row, in place of an earlier one of the same id."""
    execute(connection, "DELETE FROM landed.deliveries WHERE delivery_id = $id", id=delivery.delivery_id)
    values = ", ".join(literal(value) for value in _values(delivery))
    connection.execute(f"INSERT INTO landed.deliveries ({_COLUMNS}) VALUES ({values})")


def note_archived(connection: duckdb.DuckDBPyConnection, identity: str, archived_as: str) -> None:
    """Write where the delivery's file was archived."""
    execute(
        connection,
        "UPDATE landed.deliveries SET archived_as = $name WHERE delivery_id = $id",
        name=archived_as,
        id=identity,
    )


def mapping_of(
    contract: Contract, positions: Mapping[str, int], *, header_row: int, first_column: int
) -> dict[str, Any]:
    """The part of `mapping` that concerns one sheet; only the contract's own names stand in it."""
    places = {column.name: positions[column.name] for column in contract.columns if column.name in positions}
    return {"header_row": header_row, "first_column": first_column, "places": places}


def _values(delivery: Delivery) -> list[Value]:
    def as_json(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)

    return [
        delivery.delivery_id, delivery.source, delivery.file_name, delivery.sha256, delivery.byte_count,
        delivery.file_format, delivery.encoding, delivery.delimiter, as_json(delivery.mapping),
        as_json(list(delivery.remarks)), delivery.contract_version, delivery.contract_checksum,
        delivery.rows_received, delivery.rows_typed, delivery.rows_rejected, as_json(delivery.skipped_rows),
        as_json(delivery.warning_counts), delivery.landed_at, delivery.archived_as,
    ]  # fmt: skip


def _delivery(row: tuple[Any, ...]) -> Delivery:
    values = list(row)
    for place in (8, 15, 16):
        values[place] = json.loads(values[place])
    values[9] = tuple(json.loads(values[9]))
    return Delivery(*values)
