"""Which means must be hidden: those that rest on too few, and those that give such a mean away.

A total's mean is some average of its rows' means. With all rows but one shown, the last one follows; so the
rows that are hidden must together be a group that could be shown.
"""

from collections.abc import Sequence

from pipelines.disclosure.reading import Cells, read_value
from pipelines.disclosure.relations import Position, RowLabels, Total, TotalRow, find_total_groups
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import TableColumn


def find_hidden_means(
    cells: Cells,
    columns: Sequence[TableColumn],
    *,
    rule: DisclosureRule,
    totals: Sequence[Total],
    row_labels: RowLabels,
) -> set[Position]:
    """Means that rest on too few, and those that would give such a mean away through its total row.

    Known drawback: a total's mean is taken to be some average of its rows' means, whichever the weights.
    """
    found: set[Position] = set()
    groups = [
        group for total in totals if isinstance(total, TotalRow) for group in find_total_groups(total, row_labels)
    ]
    for behind in dict.fromkeys((c.children, c.institutions) for c in columns if c.kind == "mean"):
        together = [c.name for c in columns if c.kind == "mean" and (c.children, c.institutions) == behind]
        few = {row for row in range(len(row_labels)) if not _suffices(cells, [row], behind, rule)}
        few |= {row for group in groups for row in _find_telling_means(cells, group, behind, few, rule)}
        found |= {(row, name) for row in few for name in together}
    return found


def _suffices(cells: Cells, rows: Sequence[int], behind: tuple[str | None, str | None], rule: DisclosureRule) -> bool:
    """True when the rows together hold enough children and institutions; a missing number is not enough."""
    children = [read_value(cells, row, behind[0]) for row in rows]
    institutions = [read_value(cells, row, behind[1]) for row in rows]
    return (
        sum(count or 0 for count in children) >= rule.minimum_group_children
        and sum(count or 0 for count in institutions) >= rule.minimum_institutions
    )


def _find_telling_means(
    cells: Cells,
    group: tuple[int, list[int]],
    behind: tuple[str | None, str | None],
    few: set[int],
    rule: DisclosureRule,
) -> list[int]:
    """Rows to hide besides, so that total minus the shown rows is the mean of a large enough group."""
    total_row, rows = group
    counted = [row for row in rows if (read_value(cells, row, behind[0]) or 0) > 0]
    hidden = [row for row in counted if row in few]
    if total_row in few or not hidden:
        return []
    shown = sorted((row for row in counted if row not in few), key=lambda row: (read_value(cells, row, behind[0]), row))
    more: list[int] = []
    while not _suffices(cells, hidden + more, behind, rule):
        if not shown:
            return [*more, total_row]
        more.append(shown.pop(0))
    return more
