"""One protected table: the only thing a figure, a table, a sentence or an alt text may take numbers from.

A table is protected when it is made (`pipelines.disclosure.protect`); a cell that must not be shown holds no
value any more, so nothing built from the table can leak it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Literal, Self

from pipelines.disclosure.rule import DisclosureRule

ColumnKind = Literal["label", "count", "share", "mean", "number"]
"""label: text. count: a number of children or cases (small ones are hidden). share: 0-1, hidden with its
numerator or complement. mean: mean, difference, SD or interval limit of children's scores (needs enough
children and institutions). number: a public or structural number that says nothing of a child (meetings, open
municipal figures).
"""


class CellStatus(StrEnum):
    """Why a cell holds, or does not hold, a value. Never mixed, never read as 0."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    HIDDEN_BY_SOURCE = "hidden_by_source"
    """The source sent the row and says that it does not show the number."""

    LEFT_OUT_BY_SOURCE = "left_out_by_source"
    """The source sent other rows of the kind and not this one: hidden by leaving it out, or never counted."""

    NOT_RECEIVED = "not_received"
    NOT_COMPUTABLE = "not_computable"


EMPTY_CELL_TEXT: Mapping[CellStatus, str] = {
    CellStatus.HIDDEN: "[skjult]",
    CellStatus.HIDDEN_BY_SOURCE: "[skjult af kilden]",
    CellStatus.LEFT_OUT_BY_SOURCE: "[udeladt af kilden]",
    CellStatus.NOT_RECEIVED: "[ikke modtaget]",
    CellStatus.NOT_COMPUTABLE: "[kan ikke beregnes]",
}


@dataclass(frozen=True)
class Cell:
    """One cell: a value when `status` is SHOWN, otherwise none."""

    value: float | int | str | None
    status: CellStatus = CellStatus.SHOWN

    def __post_init__(self) -> None:
        """Checks that value and status agree."""
        if (self.value is None) == (self.status is CellStatus.SHOWN):
            raise ValueError(f"a cell holds a value exactly when it is shown, not with status {self.status}")


@dataclass(frozen=True)
class TableColumn:
    """What one column holds: name (as in the mart), Danish header, kind, unit and decimals when shown.

    For a share: `numerator` and `denominator` name the count columns it is made of. For a mean: `children`
    and `institutions` name the columns that say how many stand behind it. An interval limit names in
    `limit_of` the share or mean it belongs to, shares its fate, and need not repeat what stands behind it.
    `staff` names the column that says how many employees stand behind the figure, where that matters. A named
    column need not be shown in the table itself. Decimals of a share are those of the percentage.
    """

    name: str
    title: str
    kind: ColumnKind
    unit: str = ""
    decimals: int = 0
    numerator: str | None = None
    denominator: str | None = None
    children: str | None = None
    institutions: str | None = None
    limit_of: str | None = None
    staff: str | None = None


@dataclass(frozen=True)
class ProtectedTable:
    """Rows of cells under named columns, after disclosure control; made by `protect`, never by hand.

    rule: the rule in a sentence. minimum_count, minimum_staff: the smallest number of children, and of employees behind a
    figure that names them, that the rule lets through.
    """

    table_id: str
    title: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    source: str
    rule: str
    minimum_count: int = DisclosureRule.minimum_count
    minimum_staff: int = DisclosureRule.minimum_staff

    def column(self, name: str) -> TableColumn:
        """The column called `name`. Raises KeyError with the names there are."""
        return self.columns[self.column_index(name)]

    def column_index(self, name: str) -> int:
        """Position of the column called `name`. Raises KeyError with the names there are."""
        names = [column.name for column in self.columns]
        if name not in names:
            raise KeyError(f"table {self.table_id} has no column {name!r}; it has {', '.join(names)}")
        return names.index(name)

    def find(self, **labels: Any) -> tuple[Cell, ...]:
        """The one row whose cells equal `labels`. Raises KeyError when none or several do."""
        wanted = {self.column_index(name): value for name, value in labels.items()}
        found = [row for row in self.rows if all(row[index].value == value for index, value in wanted.items())]
        if len(found) != 1:
            raise KeyError(f"table {self.table_id}: {len(found)} rows match {labels}; expected one")
        return found[0]

    def cell(self, column: str, **labels: Any) -> Cell:
        """The cell under `column` in the one row that `labels` point at."""
        return self.find(**labels)[self.column_index(column)]

    def values(self, column: str) -> list[Any]:
        """The values of one column from top to bottom; None where a cell is not shown."""
        index = self.column_index(column)
        return [row[index].value for row in self.rows]

    def excerpt(
        self,
        table_id: str,
        *,
        title: str,
        columns: Sequence[str] | None = None,
        keep_row: Callable[[Mapping[str, Any]], bool] = lambda row: True,
    ) -> Self:
        """Some columns and rows of this table as a table of its own, just as protected.

        Two tables that show the same counts must be excerpts of one protected table: protected apart, one may
        show what the other hides. keep_row sees a row's values by column name, None where a cell is not
        shown.
        Raises: KeyError for an unknown column.
        """
        names = [column.name for column in self.columns]
        indexes = [self.column_index(name) for name in (names if columns is None else columns)]
        return replace(
            self,
            table_id=table_id,
            title=title,
            columns=tuple(self.columns[index] for index in indexes),
            rows=tuple(
                tuple(cells[index] for index in indexes)
                for cells in self.rows
                if keep_row({name: cell.value for name, cell in zip(names, cells, strict=True)})
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` gives the same table back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """The table that `to_dict` described."""
        rows: Sequence[Sequence[Mapping[str, Any]]] = plain["rows"]
        return cls(
            table_id=plain["table_id"],
            title=plain["title"],
            columns=tuple(TableColumn(**column) for column in plain["columns"]),
            rows=tuple(tuple(Cell(cell["value"], CellStatus(cell["status"])) for cell in row) for row in rows),
            source=plain["source"],
            rule=plain["rule"],
            minimum_count=plain.get("minimum_count", DisclosureRule.minimum_count),
            minimum_staff=plain.get("minimum_staff", DisclosureRule.minimum_staff),
        )
