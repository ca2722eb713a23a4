"""Which cells of a table add up to which: what a reader with a pencil knows.

A table declares its totals in words (`TotalRow`, `TotalColumn`, `SumRelation`); `find_equations` turns them
into equations between cells. Every share adds one more: numerator + the rest = denominator.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipelines.disclosure.table import TableColumn

Position = tuple[int, str]
"""Row index from 0, and column name."""


@dataclass(frozen=True)
class TotalRow:
    """In each group of rows alike on `within`, the row labelled `label` is the sum of the others.

    Holds for the count columns named in `columns`; for all of them when none is named. Means under such a row
    are protected against subtraction too. A group without such a row declares nothing.
    """

    label_column: str
    label: str
    columns: tuple[str, ...] = ()
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class TotalColumn:
    """In every row, the count under `total` is the sum of the counts under `parts`."""

    total: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class CellAt:
    """One cell, pointed at by its column and by labels that fit exactly one row."""

    column: str
    labels: tuple[tuple[str, str | int], ...]


@dataclass(frozen=True)
class SumRelation:
    """One count is the sum of others, wherever they stand; for what the other declarations cannot say."""

    total: CellAt
    parts: tuple[CellAt, ...]


@dataclass(frozen=True)
class Bound:
    """What words tell of one count: that it is `low` or more, and `high` or less where that is told."""

    cell: CellAt
    low: int = 0
    high: int | None = None


Total = TotalRow | TotalColumn | SumRelation
RowLabels = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Equation:
    """The count at `total` is the sum of the counts at `parts`; `declared_by` says where that was written."""

    total: Position
    parts: tuple[Position, ...]
    declared_by: str

    @cached_property
    def coefficients(self) -> Mapping[Position, int]:
        """Coefficients that make the weighted sum of the cells 0; worked out once, since it is asked for in every search."""
        signed: dict[Position, int] = defaultdict(int)
        signed[self.total] += 1
        for part in self.parts:
            signed[part] -= 1
        return dict(signed)


def find_rest_column(column: TableColumn) -> str:
    """The name given to what a share leaves out, denominator minus numerator: a count that no table shows."""
    return f"{column.denominator} minus {column.numerator}"


def find_count_columns(columns: Sequence[TableColumn]) -> list[str]:
    """Every count the table is made of: count columns, then numerators and denominators not shown."""
    names = [column.name for column in columns if column.kind == "count"]
    behind = [name for column in columns if column.kind == "share" for name in (column.numerator, column.denominator)]
    return list(dict.fromkeys([*names, *(name for name in behind if name is not None)]))


def find_share_equations(columns: Sequence[TableColumn], row_count: int) -> list[Equation]:
    """Numerator + rest = denominator, once per row and pair of columns."""
    pairs = {find_rest_column(column): column for column in columns if column.kind == "share" and column.numerator}
    return [
        Equation(
            (row, str(column.denominator)),
            ((row, str(column.numerator)), (row, rest)),
            f"share {column.name}",
        )
        for row in range(row_count)
        for rest, column in pairs.items()
    ]


def find_equations(totals: Sequence[Total], *, row_labels: RowLabels, count_columns: Sequence[str]) -> list[Equation]:
    """The equations that `totals` declare over rows with these labels (column name to label, per row).

    Raises: ValueError when a declaration names an unknown column, fits no row, or fits several where one is
    meant.
    """
    found: list[Equation] = []
    rows = RowFinder(row_labels)
    for total in totals:
        if isinstance(total, TotalRow):
            found += _total_row_equations(total, row_labels, count_columns)
        elif isinstance(total, TotalColumn):
            _check_columns((total.total, *total.parts), count_columns)
            found += [
                Equation((row, total.total), tuple((row, part) for part in total.parts), f"column {total.total}")
                for row in range(len(row_labels))
            ]
        else:
            _check_columns((total.total.column, *(part.column for part in total.parts)), count_columns)
            parts = tuple(rows.position(part) for part in total.parts)
            found.append(Equation(rows.position(total.total), parts, f"sum relation {total.total.labels}"))
    return found


def find_total_groups(total: TotalRow, row_labels: RowLabels) -> list[tuple[int, list[int]]]:
    """(index of the total's row, indexes of the rows it sums) for each group that has a total.

    Raises: ValueError when a group has two totals, or no group has any.
    """
    needed = (total.label_column, *total.within)
    if row_labels and (missing := [name for name in needed if name not in row_labels[0]]):
        raise ValueError(f"total row {total.label!r}: no label column {', '.join(missing)}")
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for row, labels in enumerate(row_labels):
        groups[tuple(labels[name] for name in total.within)].append(row)
    found = []
    for rows in groups.values():
        total_rows = [row for row in rows if row_labels[row][total.label_column] == total.label]
        if len(total_rows) > 1:
            raise ValueError(
                f"total row {total.label!r}: {len(total_rows)} rows in one group; name more columns in within"
            )
        if total_rows:
            found.append((total_rows[0], [row for row in rows if row != total_rows[0]]))
    if row_labels and not found:
        raise ValueError(f"total row {total.label!r}: no row says so under {total.label_column}")
    return found


def _total_row_equations(total: TotalRow, row_labels: RowLabels, count_columns: Sequence[str]) -> list[Equation]:
    _check_columns(total.columns, count_columns)
    return [
        Equation((total_row, column), tuple((row, column) for row in rows), f"row {total.label!r}, column {column}")
        for total_row, rows in find_total_groups(total, row_labels)
        for column in total.columns or count_columns
        if rows
    ]


def _check_columns(wanted: Sequence[str], count_columns: Sequence[str]) -> None:
    if unknown := [name for name in wanted if name not in count_columns]:
        raise ValueError(f"no count column {', '.join(unknown)}; there are {', '.join(count_columns)}")


class RowFinder:
    """Finds rows by their labels; rows are sorted once for each set of label columns asked for."""

    def __init__(self, row_labels: RowLabels) -> None:
        """Takes the labels of every row, column name to label."""
        self._row_labels = row_labels
        self._rows: dict[tuple[str, ...], dict[tuple[Any, ...], list[int]]] = {}

    def position(self, cell: CellAt) -> Position:
        """Where the cell stands. Raises: ValueError when no row or several fit."""
        names = tuple(name for name, _ in cell.labels)
        if names not in self._rows:
            sorted_rows = self._rows[names] = defaultdict(list)
            for row, labels in enumerate(self._row_labels):
                sorted_rows[tuple(labels.get(name) for name in names)].append(row)
        fitting = self._rows[names].get(tuple(label for _, label in cell.labels), [])
        if len(fitting) != 1:
            raise ValueError(f"{len(fitting)} rows fit {dict(cell.labels)}; expected one")
        return fitting[0], cell.column
