"""Of those who came outside the mainstream, how many came back within 6, 12 and 24 months, and how many of these are outside again?

The stays are those of the ladder's education track, and the first table is cut from the one that the section on the ladder cuts its
own from: the same definition, the same numbers, and nothing shown here that is hidden there. Daycare is among them; the tables from
one 30 September to the next count school alone, and only where children are on that day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from pipelines.committee.context import ReportContext
from pipelines.committee.ladder_return import EVERYBODY, RETURN_MONTHS, returns_table
from pipelines.committee.ladder_spells import SegregatedStays, seen_days, segregated_stays, stays_after_return
from pipelines.committee.stay_months import (
    CROSSED,
    GONE_PARTS,
    STILL_FOLLOWED,
    WHOLE,
    between_rows,
    month_label,
    month_relations,
    month_rows,
)
from pipelines.disclosure.protect import HIDDEN, protect
from pipelines.disclosure.relations import CellAt, Total, TotalColumn
from pipelines.disclosure.table import Cell, ProtectedTable, TableColumn

AGAIN_MONTHS: Final = (12, 24)
_FEWEST_STAYS: Final = 10
_SHARES: Final = ("share_pct", "low", "high")
_STAYS: Final = (
    "Ophold i specialklasse, specialskole, dagbehandling og særlige dagtilbud, begyndt i den periode, tallene dækker. Det er de samme "
    "ophold som i afsnittet om indsatstrappen, og en privatskole tæller her som almen. Tabellerne fra 30. september til 30. september "
    "tæller kun skole og kun, hvor børnene går på dagen. Derfor er tallene ikke de samme."
)
_AGAIN: Final = (
    f"Børn, der kom tilbage inden {month_label(RETURN_MONTHS[-1])}, fulgt fra dagen, de kom tilbage. "
    "Et barn kan tælle med flere gange."
)
_TOO_FEW_AGAIN: Final = "Der er for få børn til at vise, hvor mange der kom uden for almen igen."
_ENDS: Final = (
    "Andelen tager højde for, at nogle går ud af skolen eller flytter først, og at ikke alle er fulgt lige længe."
)


def return_tables(context: ReportContext) -> tuple[ProtectedTable, ...]:
    """Returns by month, and entries after a return by month; none where nothing of it may be shown."""
    seen = seen_days(context).get("education")
    if seen is None:
        return ()
    again = stays_after_return(context, seen, within_months=RETURN_MONTHS[-1])
    return tables_of_stays(context, segregated_stays(context, seen), again)


def tables_of_stays(
    context: ReportContext, stays: SegregatedStays, again: SegregatedStays
) -> tuple[ProtectedTable, ...]:
    """`return_tables` of these stays, and of the time after those that ended with a return."""
    if not stays.frame.height:
        return ()
    returns, _ = returns_table(context, stays)
    returned = _return_table(context, returns, protect_gone(context, returns, stays))
    if returned is None:
        return ()
    entered_again = _again_table(context, protect_again(context, returns, again))
    if entered_again is None:
        return (replace(returned, source=f"{returned.source} {_TOO_FEW_AGAIN}"),)
    return returned, entered_again


def protect_gone(context: ReportContext, returns: ProtectedTable, stays: SegregatedStays) -> ProtectedTable | None:
    """Those gone by each month, split in left and not followed so long, for the months whose `returns` show how many are gone."""
    shown = [months for months in RETURN_MONTHS if _count(returns, "gone_count", month_label(months)) is not None]
    if not shown:
        return None
    names = ("gone_count", *GONE_PARTS)
    rows = [row for rows_of in (month_rows, between_rows) for row in rows_of(EVERYBODY, stays, shown)]
    relations = [
        relation for relation in month_relations(EVERYBODY, shown, ended=names) if relation.total.column in names
    ]
    return protect(
        rows,
        table_id="mainstream_return_gone",
        title="Ophold, der er endt på anden måde eller ikke er fulgt så længe",
        columns=(
            TableColumn("group", "Hvem", "label"),
            TableColumn("month", "Efter", "label"),
            *(TableColumn(name, name, "count") for name in names),
        ),
        source=returns.source,
        rule=context.rule,
        totals=(TotalColumn("gone_count", GONE_PARTS), *relations),
        published=[_at("gone_count", str(row["month"])) for row in rows],
    )


def protect_again(context: ReportContext, returns: ProtectedTable, again: SegregatedStays) -> ProtectedTable | None:
    """What became of those who came back within the last of the months; None where `returns` hide how many they are."""
    whole = _count(returns, CROSSED, month_label(RETURN_MONTHS[-1]))
    if not whole:
        return None
    rows = [row for rows_of in (month_rows, between_rows) for row in rows_of(EVERYBODY, again, AGAIN_MONTHS)]
    if rows[0][WHOLE] != whole:
        raise ValueError("those followed after a return are not those who returned")
    parts = (CROSSED, *GONE_PARTS, STILL_FOLLOWED)
    totals: list[Total] = [
        TotalColumn(WHOLE, parts),
        *month_relations(EVERYBODY, AGAIN_MONTHS, ended=(CROSSED, *GONE_PARTS)),
    ]
    return protect(
        rows,
        table_id="mainstream_again",
        title=f"Uden for almen igen efter at være kommet tilbage inden {month_label(RETURN_MONTHS[-1])}",
        columns=(
            TableColumn("group", "Hvem", "label"),
            TableColumn("month", "Efter", "label"),
            TableColumn(WHOLE, "Kom tilbage", "count"),
            *(TableColumn(name, name, "count") for name in parts),
            *(TableColumn(name, name, "number", unit="%") for name in _SHARES),
        ),
        source=returns.source,
        rule=context.rule,
        totals=totals,
        published=[_at(WHOLE, month_label(months)) for months in AGAIN_MONTHS],
    )


def _return_table(
    context: ReportContext, returns: ProtectedTable, gone: ProtectedTable | None
) -> ProtectedTable | None:
    return _printed(
        context,
        returns,
        gone,
        months=RETURN_MONTHS,
        table_id="mainstream_return",
        title="Hvor mange kom tilbage i almen klasse eller stue?",
        titles={WHOLE: "Ophold i alt", CROSSED: "Tilbage i almen", "share_pct": "Andel tilbage"},
        source=f"Kilde: {context.settings.municipality.name}s elevregister. {_STAYS} {_ENDS}",
    )


def _again_table(context: ReportContext, again: ProtectedTable | None) -> ProtectedTable | None:
    """The months of `protect_again` as printed."""
    if again is None:
        return None
    return _printed(
        context,
        again,
        again,
        months=AGAIN_MONTHS,
        table_id="mainstream_again",
        title="Hvor mange kom uden for almen igen efter at være kommet tilbage?",
        titles={WHOLE: "Kom tilbage", CROSSED: "Uden for almen igen", "share_pct": "Andel igen"},
        source=f"Kilde: {context.settings.municipality.name}s elevregister. {_AGAIN} {_ENDS}",
    )


def _printed(
    context: ReportContext,
    counts: ProtectedTable,
    gone: ProtectedTable | None,
    *,
    months: Sequence[int],
    table_id: str,
    title: str,
    titles: Mapping[str, str],
    source: str,
) -> ProtectedTable | None:
    """The cells of two protected tables side by side, one row per month; None where nobody's crossing may be told."""
    rows = [_row(counts, gone, month_label(each)) for each in months]
    if all(row[CROSSED].value is None for row in rows):
        return None
    return protect(
        [{"month": month_label(each), **row} for each, row in zip(months, rows, strict=True)],
        table_id=table_id,
        title=title,
        columns=(
            TableColumn("month", "Efter", "label"),
            TableColumn(WHOLE, titles[WHOLE], "count"),
            TableColumn("known_count", "Fulgt så længe", "count"),
            TableColumn(CROSSED, titles[CROSSED], "count"),
            TableColumn("left_count", "Gået ud eller flyttet", "count"),
            TableColumn("share_pct", titles["share_pct"], "number", unit="%"),
            TableColumn("low", "Usikkerhed fra", "number", unit="%"),
            TableColumn("high", "Usikkerhed til", "number", unit="%"),
        ),
        source=source,
        rule=context.rule,
    )


def _row(counts: ProtectedTable, gone: ProtectedTable | None, month: str) -> dict[str, Cell]:
    """One month's printed cells; known is the whole without those not followed so long. No share on few or hidden counts.

    Shares are rounded as printed: with all its decimals one would tell the counts behind it.
    """
    at = {"group": EVERYBODY, "month": month}
    has_split = gone is not None and month in gone.values("month")
    split = {name: gone.cell(name, **at) if gone is not None and has_split else HIDDEN for name in GONE_PARTS}
    whole, unfollowed = counts.cell(WHOLE, **at), split["unfollowed_count"]
    cells = {name: counts.cell(name, **at) for name in (WHOLE, CROSSED, *_SHARES)}
    is_known = whole.value is not None and unfollowed.value is not None
    known = Cell(int(str(whole.value)) - int(str(unfollowed.value))) if is_known else HIDDEN
    behind = [counts.cell(column.name, **at) for column in counts.columns if column.kind == "count"]
    is_told = all(cell.value is not None for cell in behind) and float(str(whole.value)) >= _FEWEST_STAYS
    for name in _SHARES:
        value = cells[name].value
        if value is not None:
            cells[name] = Cell(round(float(value))) if is_told else HIDDEN
    return {**cells, "known_count": known, "left_count": split["left_count"]}


def _count(table: ProtectedTable, column: str, month: str) -> int | None:
    value = table.cell(column, group=EVERYBODY, month=month).value
    return None if value is None else int(str(value))


def _at(column: str, month: str) -> CellAt:
    return CellAt(column, (("group", EVERYBODY), ("month", month)))
