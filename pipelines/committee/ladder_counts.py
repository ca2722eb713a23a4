"""How do tables on the ladder name one count? By its kind and two labels, so that counts of many tables fit into one protected table.

Protected apart, one table gives back what another hides. A table of counts with these labels may therefore take in what other
tables tell of the same children (`Counts`), and each of them is an excerpt of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.disclosure.relations import CellAt, Total
from pipelines.disclosure.table import TableColumn

Labels = tuple[str, str, str]
"""Kind, first and second label of a count."""
Row = Mapping[str, str | int]

LABELS: Final = ("kind", "first", "second")
COUNT: Final = TableColumn("children_count", "Børn", "count")
COLUMNS: Final = (*(TableColumn(name, name, "label") for name in LABELS), COUNT)

FLOW, SUM, STANDING, GROUP, ALL = "flow", "sum", "standing", "group", "all"
SPECIAL, REGISTER, KEY_FIGURE = "special", "register", "key_figure"

NEW: Final = "Ny på trappen"
ENDED: Final = "Uden støtte"
GONE: Final = "Ude af tallene"


@dataclass(frozen=True)
class Counts:
    """Rows of `COLUMNS`, the sums that a reader knows, and which of the counts stand in other tables too.

    preferred: counts that a reader asks for first; others are hidden for them where that is possible.
    """

    rows: Sequence[Row] = ()
    totals: Sequence[Total] = ()
    published: Sequence[CellAt] = ()
    preferred: Sequence[CellAt] = ()


def count_row(kind: str, first: str, second: str, count: int) -> dict[str, str | int]:
    """One count as a row of `COLUMNS`."""
    return {"kind": kind, "first": first, "second": second, "children_count": count}


def count_at(kind: str, first: str, second: str) -> CellAt:
    """Where the count with these labels stands."""
    return CellAt(COUNT.name, (("kind", kind), ("first", first), ("second", second)))


def by_labels(rows: Sequence[Row]) -> dict[Labels, int]:
    """The counts of rows by their labels."""
    return {(str(row["kind"]), str(row["first"]), str(row["second"])): int(row[COUNT.name]) for row in rows}
