"""What happens to rows after the scan: numbers, footers, doubled keys, and which earlier rows they replace.

All of it runs inside the delivery's own transaction, on the rows just inserted.
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from pipelines.contracts import Contract
from pipelines.typed.reasons import DUPLICATE_OTHER, DUPLICATE_SAME
from pipelines.typed.statement import landed_columns, landed_table
from pipelines.typed.values import execute

_UNNUMBERED = "delivery_id = $id AND sheet_name = $sheet AND row_number = 0"


@dataclass(frozen=True)
class RowCounts:
    """Rows of one delivery: typed and rejected."""

    typed: int
    rejected: int


def create_tables(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Make `landed.<source>` where it is not there yet, and its two views."""
    connection.execute(f"CREATE TABLE IF NOT EXISTS {landed_table(contract)} ({', '.join(landed_columns(contract))})")
    names = [definition.split()[0] for definition in landed_columns(contract) if not definition.startswith("warnings ")]
    for schema, condition in (("typed", "reasons = ''"), ("rejected", "reasons <> ''")):
        shown = ", ".join(name for name in names if schema == "rejected" or name != "reasons")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        connection.execute(
            f"CREATE OR REPLACE VIEW {schema}.{contract.contract_id} AS "
            f"SELECT {shown} FROM {landed_table(contract)} WHERE {condition}"
        )


def has_other_columns(connection: duckdb.DuckDBPyConnection, contract: Contract) -> bool:
    """Whether `landed.<source>` exists with other columns than the contract now gives it."""
    rows = execute(
        connection,
        "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = 'landed' AND table_name = $table ORDER BY column_index",
        table=contract.contract_id,
    ).fetchall()
    expected = [definition.split()[0] for definition in landed_columns(contract)]
    return bool(rows) and [row[0] for row in rows] != expected


def number_rows(
    connection: duckdb.DuckDBPyConnection, contract: Contract, *, delivery_id: str, sheet_name: str, first_row: int
) -> int:
    """Give the sheet's rows just inserted the numbers the sender sees; returns how many there are.

    DuckDB keeps the order of the file in the order of insertion (`preserve_insertion_order`), and rows of one statement
    get successive rowids. `row_number() over ()` in the scan gives the same numbers but keeps the scan to one thread.

    Raises:
        RuntimeError: the rowids have holes, which would make the numbers wrong.
    """
    table = landed_table(contract)
    row = execute(
        connection,
        f"SELECT count(*), min(rowid), max(rowid) FROM {table} WHERE {_UNNUMBERED}",
        id=delivery_id,
        sheet=sheet_name,
    ).fetchone()
    count, first, last = row or (0, None, None)
    if count == 0:
        return 0
    if last - first + 1 != count:
        raise RuntimeError(f"rowids of {delivery_id} have holes: {count} rows over {last - first + 1} ids")
    execute(
        connection,
        f"UPDATE {table} SET row_number = rowid - {first - first_row} WHERE {_UNNUMBERED}",
        id=delivery_id,
        sheet=sheet_name,
    )
    return int(count)


def drop_rows_without_data(
    connection: duckdb.DuckDBPyConnection, contract: Contract, *, delivery_id: str
) -> dict[str, int]:
    """Take out empty rows, and notes and totals that stand below the last ordinary row of a sheet; returns how many of each.

    A row that looks like a note between ordinary rows stays, as a rejected row.
    """
    table = landed_table(contract)
    marked = execute(
        connection,
        f"SELECT count(*) FROM {table} WHERE delivery_id = $id AND reasons >= '~' AND starts_with(reasons, '~')",
        id=delivery_id,
    ).fetchone()
    if not marked or marked[0] == 0:
        return {}
    removable = (
        f"delivery_id = $id AND starts_with(reasons, '~') AND (reasons = '~empty' OR row_number > coalesce((SELECT "
        f"max(ordinary.row_number) FROM {table} AS ordinary WHERE ordinary.delivery_id = $id "
        f"AND ordinary.sheet_name = {table}.sheet_name AND NOT starts_with(ordinary.reasons, '~')), 0))"
    )
    counted = execute(
        connection,
        # by place: a contract's own column may bear the name we would give (SDQ has one called kind)
        f"SELECT split_part(reasons, ' ', 1)[2:], count(*) FROM {table} WHERE {removable} GROUP BY 1 ORDER BY 1",
        id=delivery_id,
    ).fetchall()
    execute(connection, f"DELETE FROM {table} WHERE {removable}", id=delivery_id)
    execute(
        connection,
        f"UPDATE {table} SET reasons = ltrim(regexp_replace(reasons, '^~[a-z]+', '')) "
        f"WHERE delivery_id = $id AND starts_with(reasons, '~')",
        id=delivery_id,
    )
    return {kind: int(count) for kind, count in counted}


def reject_duplicates(connection: duckdb.DuckDBPyConnection, contract: Contract, *, delivery_id: str) -> int:
    """Reject rows whose business key stands more than once in the delivery; returns how many.

    Rows equal in every column lose nothing by it: the first stays, the others are rejected. Where the contents differ nobody
    here can know which is right, and choosing by row order would choose a value by accident, so all of them are
    rejected until the sender has decided.
    """
    table = landed_table(contract)
    if not contract.business_key:
        return 0
    # most deliveries have none, and one count tells it
    counted = execute(
        connection,
        f"SELECT count(business_key_hash), count(DISTINCT business_key_hash) FROM {table} "
        f"WHERE delivery_id = $id AND reasons = ''",
        id=delivery_id,
    ).fetchone()
    if counted is None or counted[0] == counted[1]:
        return 0
    doubled = (
        f"SELECT business_key_hash FROM {table} WHERE delivery_id = $id AND reasons = '' "
        "GROUP BY business_key_hash HAVING count(*) > 1"
    )
    content = f"row({', '.join(column.name for column in contract.columns)})"
    execute(
        connection,
        f"CREATE OR REPLACE TEMP TABLE doubled_rows AS SELECT landed.rowid AS row_id, CASE "
        f"WHEN count(DISTINCT {content}) OVER by_key > 1 THEN '{DUPLICATE_OTHER}' "
        f"WHEN row_number() OVER (by_key ORDER BY sheet_name, row_number) > 1 THEN '{DUPLICATE_SAME}' ELSE '' END AS reason "
        f"FROM {table} AS landed WHERE delivery_id = $id AND reasons = '' AND business_key_hash IN ({doubled}) "
        f"WINDOW by_key AS (PARTITION BY business_key_hash)",
        id=delivery_id,
    )
    changed = connection.execute(
        f"UPDATE {table} SET reasons = doubled_rows.reason FROM doubled_rows "
        f"WHERE {table}.rowid = doubled_rows.row_id AND doubled_rows.reason <> ''"
    ).fetchone()
    connection.execute("DROP TABLE doubled_rows")
    return int(changed[0]) if changed else 0


def close_replaced_rows(
    connection: duckdb.DuckDBPyConnection, contract: Contract, *, delivery_id: str, landed_at: datetime
) -> int:
    """Close rows of earlier deliveries whose business key was typed anew, at the moment of this landing; returns how many.

    Earlier rejected rows with that key are closed too: the sender has mended them. A rejected new row closes nothing.
    """
    if not contract.business_key:
        return 0
    table = landed_table(contract)
    others = execute(connection, f"SELECT 1 FROM {table} WHERE delivery_id <> $id LIMIT 1", id=delivery_id).fetchone()
    if others is None:
        return 0
    changed = execute(
        connection,
        f"UPDATE {table} SET valid_to = $landed_at WHERE valid_to IS NULL AND delivery_id <> $id AND business_key_hash IN "
        f"(SELECT business_key_hash FROM {table} WHERE delivery_id = $id AND reasons = '')",
        id=delivery_id,
        landed_at=landed_at,
    ).fetchone()
    return int(changed[0]) if changed else 0


def count_rows(connection: duckdb.DuckDBPyConnection, contract: Contract, *, delivery_id: str) -> RowCounts:
    """How many of the delivery's rows are typed and how many rejected."""
    row = execute(
        connection,
        f"SELECT count(*) FILTER (WHERE reasons = ''), count(*) FILTER (WHERE reasons <> '') "
        f"FROM {landed_table(contract)} WHERE delivery_id = $id",
        id=delivery_id,
    ).fetchone()
    return RowCounts(*(int(value) for value in row or (0, 0)))


def count_warnings(connection: duckdb.DuckDBPyConnection, contract: Contract, *, delivery_id: str) -> dict[str, int]:
    """How many of the delivery's rows carry each warning: `modulus_11`, `lost_zero`, and, of typed rows alone, the contract's own.

    A rejected row is on the sender's list already, and what is odd in it may be the very thing to mend.
    """
    conditions = {kind: f"contains(warnings, '{kind} ')" for kind in ("modulus_11", "lost_zero")}
    for warning in contract.row_warnings:
        conditions[warning.warning_id] = f"reasons = '' AND contains(warnings, '{warning.warning_id} ')"
    counted = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions.values())
    row = execute(
        connection,
        f"SELECT {counted} FROM {landed_table(contract)} WHERE delivery_id = $id AND warnings <> ''",
        id=delivery_id,
    ).fetchone()
    counts = dict(zip(conditions, row or (0,) * len(conditions), strict=True))
    return {kind: int(count) for kind, count in counts.items() if count}
