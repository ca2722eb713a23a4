"""One whole divided into parts, as a protected table: cases by age, by need, agreements by kind of action.

The whole often stands in another table of the section as well. What that table shows is taken as known here; where it hides the
whole, the parts would give it back, and there is no table.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, Total, TotalRow
from pipelines.disclosure.secondary import CannotProtectError
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn


def division_table(
    context: ReportContext,
    rows: Sequence[Mapping[str, Any]],
    *,
    table_id: str,
    title: str,
    columns: Sequence[TableColumn],
    printed: Sequence[str] = (),
    relations: Sequence[Total] = (),
    known: Mapping[str, Cell] | None = None,
    source: str,
) -> ProtectedTable | None:
    """The parts under each other and the whole last, labelled WHOLE_MUNICIPALITY in the first column.

    printed: the columns that a reader sees; all of them when none is named. known: the whole's counts as another table of the report
    holds them. Where the parts cannot be protected beside the whole, it stands alone. None where even that would tell too much.
    """
    known = known or {}
    if not rows or any(cell.status is not CellStatus.SHOWN for cell in known.values()):
        return None
    label = columns[0].name
    counts = tuple(column.name for column in columns if column.kind == "count")

    def protected(own: Sequence[Mapping[str, Any]]) -> ProtectedTable:
        totals: list[Total] = [TotalRow(label, WHOLE_MUNICIPALITY, columns=counts)] if len(own) > 1 else []
        return protect(
            [dict(row) for row in own],
            table_id=table_id,
            title=title,
            columns=columns,
            source=source,
            rule=context.rule,
            totals=[*totals, *relations],
            published=[CellAt(name, ((label, WHOLE_MUNICIPALITY),)) for name in known],
        )

    for own in (rows, rows[-1:]):
        try:
            return protected(own).excerpt(
                table_id, title=title, columns=[*printed] or [column.name for column in columns]
            )
        except CannotProtectError:
            continue
    return None
