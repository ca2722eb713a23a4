"""How many have got there after so many months, those who still wait counted as waiting? Counts and curves, protected together.

Each number is a count of a month, and what came between two months is one as well: the table is protected with both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from pipelines.committee.context import ReportContext
from pipelines.disclosure.protect import HIDDEN, protect
from pipelines.disclosure.relations import CellAt, SumRelation, Total, TotalColumn, TotalRow
from pipelines.disclosure.secondary import CannotProtectError
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.cumulative_incidence import count_ends, incidence_at
from pipelines.publish.danish import NBSP

AFTER_MONTHS: Final = (1, 2, 3, 6)
DAYS_IN_MONTH: Final = 30.4375
_COUNTS: Final = ("ended_count", "unfollowed_count", "followed_count")
_SHARE: Final = ("share_pct", "low", "high")


@dataclass(frozen=True)
class Wait:
    """One wait: its group, the day it was seen last or ended (days from its beginning), whether it ended, and where it belongs."""

    group: str
    days: int
    has_ended: bool
    district: str
    institution: str


def month_label(months: int) -> str:
    """ "3 md.", as on the axis and in the table."""
    return f"{months}{NBSP}md."


def wait_table(
    context: ReportContext,
    waits: Sequence[Wait],
    *,
    table_id: str,
    title: str,
    noun: str,
    total: str,
    told_wholes: Sequence[str],
    source: str,
) -> ProtectedTable | None:
    """Per group and month: how many, how many have got there, and how many are still followed; the share in percent.

    total: the group that all others add up to. told_wholes: groups whose number stands in another table too. None where not even the
    total can be protected.
    """
    groups = list(dict.fromkeys(wait.group for wait in waits))
    parts = {group: [wait for wait in waits if wait.group == group] for group in groups}
    everybody = {**parts, total: list(waits)} if len(groups) > 1 else {total: list(waits)}

    def protected(own: Mapping[str, Sequence[Wait]]) -> ProtectedTable:
        relations: list[Total] = [TotalColumn("whole_count", _COUNTS)]
        relations += [each for name in own for each in _relations(name)]
        relations += [TotalRow("group", total, within=("month",))] if len(own) > 1 else []
        return protect(
            [row for name, waiting in own.items() for row in _rows(name, waiting)],
            table_id=table_id,
            title=title,
            columns=_columns(noun),
            source=source,
            rule=context.rule,
            totals=relations,
            published=[_at("whole_count", name, month_label(AFTER_MONTHS[0])) for name in told_wholes if name in own],
        )

    for own in (everybody, {total: list(waits)}):
        try:
            return _printed(protected(own), table_id, title)
        except CannotProtectError:
            continue
    return None


def _printed(table: ProtectedTable, table_id: str, title: str) -> ProtectedTable:
    """The rows of a month, without what came between; what was not followed is the rest."""
    months = {month_label(month) for month in AFTER_MONTHS}
    columns = [column.name for column in table.columns if column.name != "unfollowed_count"]
    printed = table.excerpt(table_id, title=title, columns=columns, keep_row=lambda row: row["month"] in months)
    return _without_telling_shares(printed)


def _columns(noun: str) -> tuple[TableColumn, ...]:
    return (
        TableColumn("group", "Hvad", "label"),
        TableColumn("month", "Efter", "label"),
        TableColumn("whole_count", noun, "count"),
        TableColumn("ended_count", "Er sket", "count"),
        TableColumn("unfollowed_count", "Ikke fulgt så længe", "count"),
        TableColumn("followed_count", "Venter stadig", "count"),
        TableColumn("share_pct", "Andel", "mean", unit="%", children="whole_count", institutions="institutions_count"),
        TableColumn("low", "Fra", "mean", unit="%", limit_of="share_pct"),
        TableColumn("high", "Til", "mean", unit="%", limit_of="share_pct"),
    )


def _rows(name: str, own: Sequence[Wait]) -> list[dict[str, Any]]:
    """One row per month, and one for what came between two months."""
    shares = _shares(own)
    institutions = len({wait.institution for wait in own})
    rows: list[dict[str, Any]] = []
    for months in AFTER_MONTHS:
        at_month = {"group": name, "month": month_label(months), "institutions_count": institutions}
        rows.append({**at_month, "whole_count": len(own), **_counts(own, months), **shares[months]})
    for first, second in pairwise(AFTER_MONTHS):
        before, after = _counts(own, first), _counts(own, second)
        grown = {key: after[key] - before[key] for key in ("ended_count", "unfollowed_count")}
        numbers = {"whole_count": before["followed_count"], **grown, "followed_count": after["followed_count"]}
        between = {"group": name, "month": _between(first, second), "institutions_count": institutions}
        rows.append({**between, **numbers, **dict.fromkeys(_SHARE)})
    return rows


def _counts(own: Sequence[Wait], months: int) -> dict[str, int]:
    past = [wait for wait in own if wait.days <= months * DAYS_IN_MONTH]
    ended = sum(wait.has_ended for wait in past)
    return dict(zip(_COUNTS, (ended, len(past) - ended, len(own) - len(past)), strict=True))


def _shares(own: Sequence[Wait]) -> dict[int, dict[str, float | None]]:
    """The cumulative incidence at each month in percent, its interval by leaving out a district at a time."""
    # on the same day counts as the first day: a time must be above 0
    ends = count_ends(
        [max(wait.days, 1) for wait in own],
        [int(wait.has_ended) for wait in own],
        end_count=1,
        clusters=[wait.district for wait in own],
    )
    found = incidence_at(ends, end=1, times=[months * DAYS_IN_MONTH for months in AFTER_MONTHS])
    named = [(each.by_district.value, each.by_district.low, each.by_district.high) for each in found]
    return {
        months: {key: None if value is None else 100 * value for key, value in zip(_SHARE, values, strict=True)}
        for months, values in zip(AFTER_MONTHS, named, strict=True)
    }


def _relations(name: str) -> list[SumRelation]:
    """Each month's counts are those of the month before and what came between."""
    relations = []
    for first, second in pairwise(AFTER_MONTHS):
        step, early, late = _between(first, second), month_label(first), month_label(second)
        for column in ("ended_count", "unfollowed_count"):
            relations.append(SumRelation(_at(column, name, late), (_at(column, name, early), _at(column, name, step))))
        relations.append(SumRelation(_at("whole_count", name, step), (_at("followed_count", name, early),)))
        relations.append(SumRelation(_at("followed_count", name, late), (_at("followed_count", name, step),)))
        relations.append(SumRelation(_at("whole_count", name, late), (_at("whole_count", name, early),)))
    return relations


def _at(column: str, name: str, month: str) -> CellAt:
    return CellAt(column, (("group", name), ("month", month)))


def _between(first: int, second: int) -> str:
    return f"fra {first} til {second}"


def _without_telling_shares(table: ProtectedTable) -> ProtectedTable:
    """The table without the shares whose counts are hidden: a share of a known whole gives its count back."""
    places = {column.name: place for place, column in enumerate(table.columns)}

    def told(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        if all(row[places[name]].status is CellStatus.SHOWN for name in ("whole_count", "ended_count")):
            return row
        shares = {places[name] for name in _SHARE}
        return tuple(
            HIDDEN if place in shares and cell.status is CellStatus.SHOWN else cell for place, cell in enumerate(row)
        )

    return replace(table, rows=tuple(told(row) for row in table.rows))
