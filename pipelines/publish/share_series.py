"""Whose definition does a share follow? A series that carries its definition, and will not meet a figure of another.

Five published definitions of the share in mainstream settings disagree by a whole percentage point, so a curve, a difference or
a sentence made of two of them tells of nothing. Shares therefore reach figures and sentences as a `ShareSeries`, a `DefinedShare`
or a `DefinedChange` only, and whatever joins two of these asks first whether the definition is the same. In SQL the same is seen to
by `pipelines.transform.definitions`. To show two definitions, show two series, each with its own title.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import Total
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn

DEFINITION = "definition_id"


class MixedDefinitionsError(ValueError):
    """Two shares under different definitions were to be put together."""


@dataclass(frozen=True)
class DefinedShare:
    """One share (0-1) as a protected cell, under one definition."""

    definition_id: str
    cell: Cell


@dataclass(frozen=True)
class DefinedChange:
    """How a share (0-1) moved from `first` to `last`, and the interval of the difference; all cells unrounded.

    Raises: MixedDefinitionsError when the two follow different definitions.
    """

    first: DefinedShare
    last: DefinedShare
    difference: Cell
    low: Cell
    high: Cell

    def __post_init__(self) -> None:
        """Two definitions have no difference."""
        one_definition((self.first.definition_id, self.last.definition_id))

    @property
    def cells(self) -> tuple[Cell, Cell, Cell, Cell, Cell]:
        """First, last, difference, low, high."""
        return self.first.cell, self.last.cell, self.difference, self.low, self.high


@dataclass(frozen=True)
class ShareSeries:
    """Shares of areas over periods under one definition, in a protected table; made by `protect_series`, never by hand.

    `area`, `period` and `share` name the table's columns.
    """

    definition_id: str
    table: ProtectedTable
    area: str
    period: str
    share: str

    def at(self, *, area: str, period: str) -> DefinedShare:
        """The share of one area in one period. Raises KeyError when there is none."""
        return DefinedShare(self.definition_id, self.table.cell(self.share, **{self.area: area, self.period: period}))

    def concat(self, other: "ShareSeries") -> Self:
        """Both series' rows as one series.

        Raises: MixedDefinitionsError when `other` follows another definition; ValueError when its columns are others.
        """
        one_definition((self.definition_id, other.definition_id))
        if (other.table.columns, other.area, other.period, other.share) != (
            self.table.columns,
            self.area,
            self.period,
            self.share,
        ):
            raise ValueError(f"series {other.table.table_id} has other columns than {self.table.table_id}")
        return replace(self, table=replace(self.table, rows=(*self.table.rows, *other.table.rows)))

    def join(self, other: "ShareSeries") -> dict[tuple[Any, Any], tuple[DefinedShare, DefinedShare]]:
        """(area, period) to the share here and there, for those that both have.

        Raises: MixedDefinitionsError when `other` follows another definition.
        """
        one_definition((self.definition_id, other.definition_id))
        here, there = self._shares(), other._shares()
        return {key: (share, there[key]) for key, share in here.items() if key in there}

    def _shares(self) -> dict[tuple[Any, Any], DefinedShare]:
        area, period, share = (self.table.column_index(name) for name in (self.area, self.period, self.share))
        return {
            (row[area].value, row[period].value): DefinedShare(self.definition_id, row[share])
            for row in self.table.rows
        }


@dataclass(frozen=True)
class ReferenceLine:
    """What is published under one definition, period by period: a line to hold a series of the same definition against.

    `name` is the table's column, `title` its heading. A period that `cells` lacks is as `missing` says.
    """

    definition_id: str
    name: str
    title: str
    cells: Mapping[str, Cell]
    missing: CellStatus = CellStatus.NOT_RECEIVED

    def at(self, period: str) -> Cell:
        """The reference in one period, or why there is none."""
        return self.cells.get(period) or Cell(None, self.missing)


@dataclass(frozen=True)
class ReferencedShares:
    """One area's shares over periods beside references of the same definition; made by `protect_beside_references`.

    `period`, `share` and `references` name columns of the table, whose shares are in percent.
    """

    definition_id: str
    table: ProtectedTable
    period: str
    share: str
    references: tuple[str, ...]


def one_definition(definition_ids: Iterable[str | None]) -> str:
    """The definition that all follow.

    Raises: MixedDefinitionsError when there are two, or a figure does not say which it follows, or there is none.
    """
    found = set(definition_ids)
    if len(found) != 1 or None in found:
        named = ", ".join(sorted(str(definition) for definition in found)) or "none"
        raise MixedDefinitionsError(f"one series follows one definition, found {named}")
    (definition,) = found
    return str(definition)


def protect_series(
    records: Sequence[Mapping[str, Any]],
    *,
    area: str,
    period: str,
    share: str,
    table_id: str,
    title: str,
    columns: Sequence[TableColumn],
    source: str,
    rule: DisclosureRule | None = None,
    totals: Sequence[Total] = (),
) -> ShareSeries:
    """`protect` for rows that each say in `definition_id` which definition they follow: all the same one.

    Raises: MixedDefinitionsError when they do not.
    """
    definition = one_definition(record.get(DEFINITION) for record in records)
    table = protect(records, table_id=table_id, title=title, columns=columns, source=source, rule=rule, totals=totals)
    return ShareSeries(definition, table, area, period, share)


def protect_beside_references(
    records: Sequence[Mapping[str, Any]],
    references: Sequence[ReferenceLine],
    *,
    period: TableColumn,
    share: TableColumn,
    table_id: str,
    title: str,
    source: str,
    rule: DisclosureRule | None = None,
) -> ReferencedShares:
    """Shares that each say in `definition_id` which definition they follow, with a column for each reference, protected.

    Raises: MixedDefinitionsError when a row or a reference follows another definition than the others.
    """
    definition = one_definition(
        [*(record.get(DEFINITION) for record in records), *(reference.definition_id for reference in references)]
    )
    rows = [
        {**record, **{reference.name: reference.at(str(record[period.name])) for reference in references}}
        for record in records
    ]
    beside = (replace(share, name=reference.name, title=reference.title) for reference in references)
    table = protect(rows, table_id=table_id, title=title, columns=(period, share, *beside), source=source, rule=rule)
    return ReferencedShares(
        definition, table, period.name, share.name, tuple(reference.name for reference in references)
    )
