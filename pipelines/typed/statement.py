"""The one scan that types a delivery: an INSERT ... SELECT into `landed.<source>` made from the contract.

Four steps, each a CTE: the raw cells under our names; CPR numbers in canonical form; values; the row with its reasons. A row
in which nothing is suspicious costs no more than one chain of null checks; only the others reach the long expression that
writes the reasons. The key stays out of the statement.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipelines.contracts import Column, Contract
from pipelines.typed import cells
from pipelines.typed.reasons import EMPTY_ROW, EXCESS, NOTE_ROW, TOTAL_ROW
from pipelines.typed.values import literal

HISTORY_COLUMNS = ("business_key_hash UBIGINT", "valid_from TIMESTAMP", "valid_to TIMESTAMP")
_TOTAL_WORDS = "(i alt|ialt|total|totalt|sum|subtotal|antal)( .*|:.*)?"
_UNIT_SEPARATOR = "chr(31)"


@dataclass(frozen=True)
class Place:
    """Where the contract's columns stand in a relation of text columns c0, c1 ...

    `spares` are the columns beyond the last header; `points` says what a point means in number columns (else thousands).
    """

    positions: Mapping[str, int]
    spares: tuple[int, ...]
    points: Mapping[str, cells.Point] = field(default_factory=dict)


def landed_table(contract: Contract) -> str:
    """The name of the table that holds every row read of a source."""
    return f"landed.{contract.contract_id}"


def landed_columns(contract: Contract) -> tuple[str, ...]:
    """Column definitions of the landed table, in order."""
    own = [f"{column.name} {column.physical_type}" for column in contract.columns]
    return (
        "delivery_id VARCHAR", "sheet_name VARCHAR", "row_number BIGINT", *own, *HISTORY_COLUMNS,
        "warnings VARCHAR", "reasons VARCHAR",
    )  # fmt: skip


def insert_sql(
    contract: Contract, from_clause: str, place: Place, *, delivery_id: str, sheet_name: str, landed_at: datetime
) -> str:
    """The INSERT. `row_number` is left 0 here: it follows from the order of insertion (see `history.number_rows`).
    To be run inside `pseudonym.pads`.
    """
    present = [column for column in contract.columns if column.name in place.positions]
    return (
        f"INSERT INTO {landed_table(contract)}\n"
        f"WITH raw AS (SELECT {_raw(present, place)} FROM {from_clause}),\n"
        f"canonical AS (SELECT *{_canonical(present)} FROM raw),\n"
        f"valued AS (SELECT *, {_values(contract, place)}, {literal(landed_at)}::DATE AS landed_date FROM canonical)\n"
        f"SELECT {literal(delivery_id)}, {literal(sheet_name)}, 0, {', '.join(column.name for column in contract.columns)},\n"
        f"{_key_hash(contract)}, {literal(landed_at)}, NULL, {_warnings(contract, present)},\n"
        f"CASE WHEN {_suspicion(contract, present, place)} THEN {_reasons(contract, present, place)} ELSE '' END\n"
        f"FROM valued"
    )


def _raw(present: list[Column], place: Place) -> str:
    own = [f"{_cell(column, f'c{place.positions[column.name]}')} AS {_raw_name(column)}" for column in present]
    spares = [f"c{position} AS spare_{position}" for position in place.spares]
    return ", ".join([*own, "c0 AS first_cell", *spares])


def _cell(column: Column, raw: str) -> str:
    """The cell as delivered, or nothing where it holds one of the column's marks for no value."""
    if not column.empty_marks:
        return raw
    marks = ", ".join(literal(mark) for mark in column.empty_marks)
    return f"CASE WHEN {cells.trimmed(raw)} IN ({marks}) THEN NULL ELSE {raw} END"


def _raw_name(column: Column) -> str:
    return f"raw_{column.name}"


def canonical_name(column: Column) -> str:
    """What the canonical form of a CPR column is called in the statement; row checks may read it."""
    return f"canonical_{column.name}"


def _cell_name(column: Column) -> str:
    """What the value is read from: for CPR the canonical form, else the raw cell."""
    return canonical_name(column) if column.parse == "cpr" else _raw_name(column)


def _canonical(present: list[Column]) -> str:
    return "".join(
        f", {cells.canonical_cpr_sql(_raw_name(column))} AS {_cell_name(column)}"
        for column in present
        if column.parse == "cpr"
    )


def _values(contract: Contract, place: Place) -> str:
    return ",\n".join(f"{_value(column, place)} AS {column.name}" for column in contract.columns)


def _value(column: Column, place: Place) -> str:
    if column.name not in place.positions:
        return f"NULL::{column.physical_type}"
    value = cells.value_sql(column, _cell_name(column), point=place.points.get(column.name, "thousands"))
    return f"({value})::{column.physical_type}"


def _key_hash(contract: Contract) -> str:
    """64 bits of MD5 of the key's values (already pseudonyms); NULL when a required part is missing.

    MD5 and not DuckDB's own hash, which may change with its version and would then lose sight of earlier deliveries.
    """
    parts = [
        f"{name}::VARCHAR" if contract.column(name).is_required else f"coalesce({name}::VARCHAR, '')"
        for name in contract.business_key
    ]
    return f"md5_number_upper({f' || {_UNIT_SEPARATOR} || '.join(parts)})" if parts else "NULL"


def _warnings(contract: Contract, present: list[Column]) -> str:
    named = {column.name for column in present}
    parts = [
        f"CASE WHEN {warning.odd_when} THEN '{warning.warning_id} ' ELSE '' END"
        for warning in contract.row_warnings
        if named.issuperset(warning.columns)
    ]
    for column in present:
        if column.parse == "cpr":
            cell, raw = _cell_name(column), _raw_name(column)
            parts.append(
                f"CASE WHEN {column.name} IS NOT NULL AND {cells.fails_modulus_11_sql(cell)} THEN 'modulus_11 ' ELSE '' END"
            )
            parts.append(
                f"CASE WHEN {column.name} IS NOT NULL AND {cells.lost_zero_sql(raw, cell)} THEN 'lost_zero ' ELSE '' END"
            )
    return " || ".join(parts) if parts else "''"


def _suspicion(contract: Contract, present: list[Column], place: Place) -> str:
    """A cheap test that no faulty row passes; a row caught without fault gets the empty reason after all."""
    tests = [f"spare_{position} IS NOT NULL" for position in place.spares]
    for column in contract.columns:
        if column.is_required:
            tests.append(f"{column.name} IS NULL")
        elif column in present:
            tests.append(f"({column.name} IS NULL AND {_raw_name(column)} IS NOT NULL)")
    tests += [f"coalesce({check.wrong_when}, false)" for check in contract.row_checks]
    return " OR ".join(tests)


def _reasons(contract: Contract, present: list[Column], place: Place) -> str:
    tokens = [_cell_reason(column, place) for column in present]
    if place.spares:
        beyond = ", ".join(f"spare_{position}" for position in place.spares)
        tokens.append(f"CASE WHEN NOT {cells.is_blank_sql(f'concat({beyond})')} THEN '{EXCESS}' END")
    tokens += [f"CASE WHEN {check.wrong_when} THEN '!{check.check_id}' END" for check in contract.row_checks]
    row = ", ".join(_raw_name(column) for column in present)
    beyond = "".join(f", spare_{position}" for position in place.spares)
    joined = "concat_ws(' ', " + ",\n".join([_row_mark(present), *tokens]) + ")"
    return f"CASE WHEN {cells.is_blank_sql(f'concat({row}, first_cell{beyond})')} THEN '{EMPTY_ROW}' ELSE {joined} END"


def _cell_reason(column: Column, place: Place) -> str:
    raw = _raw_name(column)
    kind = cells.kind_sql(column, raw, point=place.points.get(column.name, "thousands"))
    return f"CASE WHEN {column.name} IS NULL AND {cells.fails_sql(column, raw)} THEN '{column.name}:' || {kind} END"


def _row_mark(present: list[Column]) -> str:
    """Marks a row that may be a note or a total below the table; only the last rows of a sheet keep the mark."""
    first = cells.trimmed("first_cell")
    filled = " + ".join(f"(NOT {cells.is_blank_sql(_raw_name(column))})::INTEGER" for column in present)
    row = ", ".join(_raw_name(column) for column in present)
    only = f"coalesce({cells.trimmed(f'concat({row})')}, '')"
    note = f"CASE WHEN {only} = '' THEN {first} ELSE {only} END"
    return (
        f"CASE WHEN regexp_full_match(lower({first}), '{_TOTAL_WORDS}') THEN '{TOTAL_ROW}' "
        f"WHEN {filled} <= 1 AND regexp_matches({note}, '[A-Za-zÆØÅæøå]') AND regexp_matches({note}, '[ :]') "
        f"THEN '{NOTE_ROW}' END"
    )
