"""A mart's rows and the declared columns, read into cells and checked, before anything is hidden.

Values become whole counts, numbers or text; a status given by the mart stays; a missing value becomes
NOT_COMPUTABLE. Columns that are only referred to (a numerator, how many institutions) are read too. No
message repeats a value.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from pipelines.disclosure.relations import Position, find_count_columns
from pipelines.disclosure.table import Cell, CellStatus, TableColumn

Cells = dict[Position, Cell]
Reader = Callable[[Any], float | int | str]


class PandasFrame(Protocol):
    """What is used of a pandas frame."""

    def to_dict(self, orient: str) -> list[dict[str, Any]]:
        """Rows as dicts, when asked for records."""


class PolarsFrame(Protocol):
    """What is used of a polars frame."""

    def to_dicts(self) -> list[dict[str, Any]]:
        """Rows as dicts."""


Rows = Iterable[Mapping[str, Any]] | PandasFrame | PolarsFrame


def inherit_from_limited(columns: Sequence[TableColumn]) -> list[TableColumn]:
    """The columns, each interval limit resting on what its own share or mean rests on."""
    named = {column.name: column for column in columns}
    finished = []
    for column in columns:
        if column.limit_of is not None:
            own = named.get(column.limit_of)
            if own is None or own.limit_of is not None or own.kind != column.kind:
                raise ValueError(f"column {column.name}: limit_of must name a column of the same kind, not a limit")
            inherited = {
                name: getattr(own, name) for name in ("numerator", "denominator", "children", "institutions", "staff")
            }
            column = replace(column, **inherited)
        finished.append(column)
    return finished


def check_columns(columns: Sequence[TableColumn]) -> None:
    """Raises: ValueError naming every column that stands twice or does not say what it is made of."""
    names = [column.name for column in columns]
    faults = [f"column {name} stands twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    for column in columns:
        if column.kind == "share" and not (column.numerator and column.denominator):
            faults.append(f"share {column.name} must name numerator and denominator (a published figure is a number)")
        if column.kind == "mean" and not (column.children and column.institutions):
            faults.append(f"mean {column.name} must name children and institutions (a published figure is a number)")
    if faults:
        raise ValueError("; ".join(faults))


def read_records(rows: Rows) -> list[Mapping[str, Any]]:
    """One mapping of column name to value per row."""
    if hasattr(rows, "to_dicts"):
        return list(rows.to_dicts())
    if hasattr(rows, "to_dict"):
        return list(rows.to_dict("records"))
    return list(rows)


def read_cells(records: Sequence[Mapping[str, Any]], columns: Sequence[TableColumn]) -> Cells:
    """Every cell, and every number that a column only refers to, by position."""
    readers: dict[str, Reader] = dict.fromkeys(find_count_columns(columns), _read_count)
    for column in columns:
        readers.setdefault(column.name, _read_label if column.kind == "label" else _read_number)
        for name in (column.children, column.institutions, column.staff):
            if name is not None:
                readers.setdefault(name, _read_number)
    cells: Cells = {}
    for row, record in enumerate(records):
        for name, reader in readers.items():
            if name not in record:
                raise ValueError(f"row {row + 1} has no column {name}; it has {', '.join(record)}")
            try:
                cells[row, name] = _read_cell(record[name], reader)
            except (TypeError, ValueError, ArithmeticError) as fault:
                raise ValueError(f"row {row + 1}, column {name}: {_reason(fault)}") from None
    return cells


def _reason(fault: Exception) -> str:
    return str(fault) if isinstance(fault, _ReadingError) else "not a number"


class _ReadingError(ValueError):
    """A value that cannot be used; its message holds no value."""


def _read_cell(value: Any, reader: Reader) -> Cell:
    if isinstance(value, Cell):
        return value if value.value is None else Cell(reader(value.value))
    if isinstance(value, CellStatus):
        return Cell(None, value)
    if (
        value is None
        or type(value).__name__ in ("NAType", "NaTType")
        or (isinstance(value, float) and math.isnan(value))
    ):
        return Cell(None, CellStatus.NOT_COMPUTABLE)
    return Cell(reader(value))


def _read_label(value: Any) -> int | str:
    return value if isinstance(value, int) else str(value)


def _read_count(value: Any) -> int:
    number = float(value)
    if number < 0 or number != math.floor(number):
        raise _ReadingError("a count must be a whole number, 0 or more")
    return int(number)


def _read_number(value: Any) -> float | int:
    if isinstance(value, str):
        raise _ReadingError("text where a number was expected")
    number = float(value)
    if not math.isfinite(number):
        raise _ReadingError("not a finite number")
    return int(number) if number == math.floor(number) and not isinstance(value, float) else number


def check_shares(cells: Cells, columns: Sequence[TableColumn]) -> None:
    """Checks that shares lie in 0-1 and agree with the counts that protect them.

    Raises: ValueError naming row and column.
    """
    shares = {column.name: column for column in columns if column.kind == "share"}
    for (row, name), cell in cells.items():
        if name in shares:
            _check_share(cell, shares[name], cells=cells, row=row)


def _check_share(cell: Cell, column: TableColumn, *, cells: Cells, row: int) -> None:
    where = f"row {row + 1}, column {column.name}"
    numerator, denominator = (read_value(cells, row, name) for name in (column.numerator, column.denominator))
    if numerator is not None and denominator is not None and numerator > denominator:
        raise ValueError(f"{where}: {column.numerator} is larger than {column.denominator}")
    if cell.value is None:
        return
    share = float(cell.value)
    if not 0 <= share <= 1:
        raise ValueError(f"{where}: a share must lie between 0 and 1, not be a percentage")
    if column.limit_of is not None or numerator is None or denominator is None:
        return
    off = abs(share * denominator - numerator) / max(denominator, 1.0)
    if off > 0.5 * 10.0 ** -(column.decimals + 2) + 1e-9:
        raise ValueError(
            f"{where}: the share is not {column.numerator} / {column.denominator}; "
            "if it is the limit of an interval, say so with limit_of"
        )


def read_value(cells: Cells, row: int, name: str | None) -> float | None:
    """The number at (row, name); None when it is missing or no column is named."""
    value = cells[row, name].value if name is not None else None
    return None if value is None else float(value)
