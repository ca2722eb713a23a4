"""Which counts of children and cases does the report tell of the whole municipality: one answer for tables and indicators alike.

An indicator and a table hold the same counts. So the counts of the whole municipality are decided first, alone; the table takes them
as published, protects everything else around them, and an indicator reads its numbers there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.cooperation.basis import summed
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, Total, TotalColumn, TotalRow
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.secondary import CannotProtectError
from pipelines.disclosure.table import ProtectedTable, TableColumn


def may_tell(part: int, whole: int, rule: DisclosureRule) -> bool:
    """Whether a part of a whole may be told with it: neither, nor what is left, is small."""
    return whole >= rule.minimum_count and not rule.hides_count(part) and not rule.hides_count(whole - part)


def told_pairs(counts: Mapping[str, Any], pairs: Sequence[tuple[str, str]], rule: DisclosureRule) -> set[str]:
    """The names of the counts that may be told as part and whole; `pairs` are (part, whole).

    A part of one whole may be the whole of other parts: what one pair forbids no other tells, nor the parts of it.
    """
    forbidden = {part for part, whole in pairs if not may_tell(counts[part], counts[whole], rule)}
    while further := {part for part, whole in pairs if whole in forbidden} - forbidden:
        forbidden |= further
    return {name for part, whole in pairs if part not in forbidden for name in (part, whole)}


def area_table(
    context: ReportContext,
    records: Sequence[dict[str, Any]],
    *,
    table_id: str,
    columns: Sequence[TableColumn],
    pairs: Sequence[tuple[str, str]],
    divisions: Sequence[TotalColumn] = (),
    wholes: Sequence[str] = (),
    source: str,
) -> ProtectedTable:
    """Counts per district and in the whole municipality as one protected table; sections print excerpts of it.

    records: rows with `district_code` and every count. pairs: part and whole that are told of the municipality before anything else;
    what is left of a pair is protected in the districts too. divisions: which counts of a row add up. wholes: counts that another
    table of the report holds as well, told of the municipality whenever they are not small. Where the districts cannot be protected
    beside the municipality, it stands alone.
    """
    names = [column.name for column in columns if column.kind == "count"]
    rests = {f"{whole}_without_{part}": (part, whole) for part, whole in pairs}
    rows = _area_rows(context, records, names, rests)
    told = told_pairs(rows[-1], pairs, context.rule)
    told |= {name for name in wholes if not context.rule.hides_count(rows[-1][name])}
    totals: list[Total] = [TotalRow("area", WHOLE_MUNICIPALITY), *divisions]
    totals += [TotalColumn(whole, (part, rest)) for rest, (part, whole) in rests.items()]

    def protected(own: Sequence[dict[str, Any]], published: set[str]) -> ProtectedTable:
        return protect(
            own,
            table_id=table_id,
            title=table_id,
            columns=(_AREA, *columns, *(TableColumn(rest, rest, "count") for rest in rests)),
            source=source,
            rule=context.rule,
            totals=totals,
            published=[CellAt(name, (("area", WHOLE_MUNICIPALITY),)) for name in names if name in published],
        )

    for own, published in ((rows, told), (rows[-1:], told), (rows[-1:], set[str]())):
        try:
            return protected(own, published)
        except CannotProtectError:
            continue
    raise ValueError(f"table {table_id} cannot be protected, not even of the whole municipality")


def whole_pair(table: ProtectedTable, part: str, whole: str) -> tuple[int, int] | None:
    """A part and its whole in the whole municipality; None where one of them is hidden."""
    found = [table.cell(name, area=WHOLE_MUNICIPALITY).value for name in (part, whole)]
    return None if None in found else (int(str(found[0])), int(str(found[1])))


_AREA = TableColumn("area", "Distrikt", "label")


def _area_rows(
    context: ReportContext,
    records: Sequence[dict[str, Any]],
    names: Sequence[str],
    rests: Mapping[str, tuple[str, str]],
) -> list[dict[str, Any]]:
    """One row per district in Danish alphabetical order, and the whole municipality last."""
    groups: dict[str | None, list[dict[str, Any]]] = {}
    for record in records:
        groups.setdefault(record["district_code"], []).append(record)
    sums = {code: summed(rows, names) for code, rows in groups.items()} | {"ALL": summed(records, names)}
    rows = [
        {"area_code": code, "area": context.area_name(code), **_with_rests(own, rests)} for code, own in sums.items()
    ]
    return context.area_order(rows)


def _with_rests(counts: Mapping[str, int], rests: Mapping[str, tuple[str, str]]) -> dict[str, int]:
    return {**counts, **{rest: counts[whole] - counts[part] for rest, (part, whole) in rests.items()}}
