"""What do the rungs of the ladder cost? Tables by measure and by account, and a sentence; never a claim of less or more.

Read from marts.mart_spend. Kroner say something of children: they are hidden where fewer children stand behind them than a
mean needs, in both tables alike, since the two hold the same money. What is spent per resident is key figure 11 and not here.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.committee.missing import missing_words
from pipelines.committee.section_part import SectionPart
from pipelines.disclosure.protect import HIDDEN, protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish.danish import number
from pipelines.publish.section import DeclaredNumber

ALL_RUNGS = "I alt på trin 2 til 6"
NO_RUNG = "Uden kendt trin"
PART_OF_YEAR = ", ikke hele året"
CASELOAD = "Hvor mange børn hver medarbejder følger, kan ikke opgøres, fordi ingen kilde fortæller det."
SOURCES = {"measures": "costs", "accounts": "cost_accounts"}
Place = tuple[int, int | None]
"""Calendar year and rung."""
_RUNGS = range(2, 7)
_ROUNDED_TO_DKK = 1000
_DELIVERED = "SELECT DISTINCT basis_code FROM marts.mart_spend"
_SPEND = """
SELECT actual.basis_code, actual.calendar_year, actual.social_rung, actual.is_whole_year, actual.amount_dkk, actual.reversal_dkk,
       actual.reversal_children_count, actual.children_count, actual.paid_children_count, actual.across_years_count,
       actual.overlapping_count, budget.amount_dkk AS budget_dkk, budget.paid_children_count AS budget_children_count,
       budget.is_whole_year AS is_whole_budget, actual.ended_dkk_per_month, actual.running_dkk_per_month,
       actual.ended_courses_count, actual.ended_months_mean, actual.running_courses_count, actual.running_months_mean
FROM marts.mart_spend AS actual
LEFT JOIN marts.mart_spend AS budget
    ON budget.cost_kind_code = 'budget' AND budget.basis_code = actual.basis_code
    AND budget.calendar_year = actual.calendar_year AND budget.social_rung IS NOT DISTINCT FROM actual.social_rung
WHERE actual.cost_kind_code = 'actual' AND actual.basis_code = ?
ORDER BY actual.calendar_year, actual.social_rung NULLS LAST
"""
_KRONER = (
    TableColumn("amount_dkk", "Udgift ifølge regnskabet (kr.)", "number", unit="kr."),
    TableColumn("budget_dkk", "Budget (kr.)", "number", unit="kr."),
)
_LABELS = (TableColumn("period", "År", "label"), TableColumn("rung", "Trin", "label"))
_MEASURE_COLUMNS = (
    *_LABELS,
    TableColumn("children_count", "Børn med en indsats på trinnet", "count"),
    *_KRONER,
    TableColumn("reversal_dkk", "Heraf tilbageført (kr.)", "number", unit="kr."),
)
_PRICE_COLUMNS = (
    *_LABELS,
    TableColumn("ended_dkk_per_month", "Kr. pr. måned, sluttede indsatser", "number", unit="kr."),
    TableColumn("running_dkk_per_month", "Kr. pr. måned, løbende indsatser", "number", unit="kr."),
    TableColumn("ended_months_mean", "Måneder, sluttede forløb (gennemsnit)", "number", decimals=1),
    TableColumn("running_months_mean", "Måneder til nu, løbende forløb (gennemsnit)", "number", decimals=1),
)
_ACCOUNT_COLUMNS = (*_LABELS, *_KRONER)


_DECLARED = (
    DeclaredNumber("2", "trin 2, det laveste trin med udgifter"),
    DeclaredNumber("6", "trin 6, det højeste trin"),
)


def spend_part(context: ReportContext) -> SectionPart:
    """The tables of the bases that came, each with its sentence under it; or the sentence on what has not come."""
    delivered = {row["basis_code"] for row in context.records(_DELIVERED)}
    missing = [source for basis, source in SOURCES.items() if basis not in delivered]
    sentences = (missing_words(missing),) if missing else ()
    records = [record for basis in SOURCES for record in _latest(context.records(_SPEND, [basis]))]
    tables = [
        replace(table, source=f"{table.source} {_amount_words(table)}") for table in protect_spend(context, records)
    ]
    prices = protect_prices(context, records)
    return SectionPart((*tables[:1], *prices, *tables[1:]), sentences, _DECLARED)


def _latest(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the latest whole year and of the part of a year that follows; of the last part alone where none is whole."""
    whole = [int(record["calendar_year"]) for record in records if record["is_whole_year"]]
    first = max(whole or [int(record["calendar_year"]) for record in records], default=0)
    return [record for record in records if record["calendar_year"] >= first]


def protect_spend(context: ReportContext, records: Sequence[dict[str, Any]]) -> tuple[ProtectedTable, ...]:
    """One table per basis from rows of the mart, each year with a sum of its rungs.

    What is hidden in one is hidden in the other: the two hold nearly the same money. Where a rung is hidden, others are too,
    until the sum minus what is shown is the money of enough children.
    """
    hidden = find_hidden_rungs(records, least=context.rule.minimum_group_children)
    return tuple(
        _table(context, of_basis, basis=basis, hidden=hidden)
        for basis in SOURCES
        if (of_basis := [record for record in records if record["basis_code"] == basis])
    )


def told_rungs(context: ReportContext, *, year: int, basis: str) -> tuple[frozenset[int], bool]:
    """(The rungs whose kroner of a year may be told, whether their sum may): for other tables of the same money."""
    every = [context.records(_SPEND, [source]) for source in SOURCES]
    printed = [record for of_basis in every for record in _latest(of_basis)]
    # the tables judge the years they hold by what they hold
    known = printed if any(record["calendar_year"] == year for record in printed) else [*every[0], *every[1]]
    records = [record for record in known if record["calendar_year"] == year and record["social_rung"] is not None]
    least = context.rule.minimum_group_children
    hidden = find_hidden_rungs(records, least=least)
    of_basis = [record for record in records if record["basis_code"] == basis]
    rungs = frozenset(rung for rung in _RUNGS if (year, rung) not in hidden)
    return rungs, bool(of_basis) and _is_sum_told(of_basis, least, hidden)


def find_hidden_rungs(records: Sequence[dict[str, Any]], *, least: int) -> set[Place]:
    """The (year, rung) whose kroner no table may show: fewer than `least` children in any basis, and then the smallest others
    of the year until the hidden rungs are two or more with `least` children or more together. Money without a rung is hidden
    where few children stand behind it, and is in no sum."""
    children: dict[Place, int] = {}
    for record in records:
        place = _place(record)
        children[place] = min(_children(record), children.get(place, _children(record)))
    hidden = {place for place, count in children.items() if count < least}
    for year in {year for year, _ in children}:
        of_year = {place: count for place, count in children.items() if place[0] == year and place[1] is not None}
        found = [place for place in of_year if place in hidden]
        shown = sorted((place for place in of_year if place not in hidden), key=lambda place: (of_year[place], place))
        while found and shown and (len(found) < 2 or sum(of_year[place] for place in found) < least):
            found.append(shown.pop(0))
        hidden.update(found)
    return hidden


def _table(
    context: ReportContext, records: Sequence[dict[str, Any]], *, basis: str, hidden: Collection[Place]
) -> ProtectedTable:
    least = context.rule.minimum_group_children
    rows = []
    for year in sorted({int(record["calendar_year"]) for record in records}):
        of_year = [record for record in records if record["calendar_year"] == year]
        rows += [_row(record, least, is_shown=_place(record) not in hidden) for record in of_year]
        on_rungs = [record for record in of_year if record["social_rung"] is not None]
        rows += [_total(on_rungs, least, hidden)] if on_rungs else []
    is_measures = basis == "measures"
    return protect(
        rows,
        table_id=f"spend_{basis}",
        title="Udgifter på indsatstrappen, " + ("indsats for indsats" if is_measures else "efter kommunens konti"),
        columns=_MEASURE_COLUMNS if is_measures else _ACCOUNT_COLUMNS,
        source=_source(context, of_flags=records),
        rule=context.rule,
    )


def protect_prices(context: ReportContext, records: Sequence[dict[str, Any]]) -> tuple[ProtectedTable, ...]:
    """What a month costs and how long courses last, per rung in whole years; none where no measure-level amounts came."""
    least = context.rule.minimum_group_children
    hidden = find_hidden_rungs(records, least=least)
    rows = [
        _price_row(record, least, is_shown=_place(record) not in hidden)
        for record in records
        if record["basis_code"] == "measures" and record["is_whole_year"] and record["social_rung"] is not None
    ]
    if not rows:
        return ()
    table = protect(
        rows,
        table_id="spend_prices",
        title="Udgift pr. måned og forløbenes længde, trin for trin",
        columns=_PRICE_COLUMNS,
        source=f"Kilde: {context.settings.municipality.name}s økonomisystem og sagssystem. Løbende forløb er ikke slut, så deres "
        f"længde kan ikke holdes op mod de sluttedes. {CASELOAD}",
        rule=context.rule,
    )
    return (table,)


def _place(record: dict[str, Any]) -> Place:
    return int(record["calendar_year"]), record["social_rung"]


def _children(record: dict[str, Any]) -> int:
    """How many children the amount surely rests on: with a measure on the rung, and for measures also with an amount."""
    counts = [record["children_count"]] if record["social_rung"] is not None else []
    if record["basis_code"] == "measures":
        counts.append(record["paid_children_count"])
    return min((int(count) for count in counts), default=0)


def _row(record: dict[str, Any], least: int, *, is_shown: bool) -> dict[str, Any]:
    budget_children = record["budget_children_count"]
    has_budget = budget_children is None or int(budget_children) >= least
    taken_back = int(record["reversal_children_count"] or 0)
    return {
        "period": _period(record),
        "rung": _rung_title(record["social_rung"]),
        "children_count": int(record["children_count"]) if record["social_rung"] is not None else None,
        "amount_dkk": _kroner(record["amount_dkk"], is_shown),
        "budget_dkk": _budget(record["budget_dkk"], is_shown and has_budget),
        "reversal_dkk": _kroner(record["reversal_dkk"], is_shown and (taken_back == 0 or taken_back >= least)),
    }


def _price_row(record: dict[str, Any], least: int, *, is_shown: bool) -> dict[str, Any]:
    courses = {name: is_shown and int(record[f"{name}_courses_count"]) >= least for name in ("ended", "running")}
    return {
        "period": _period(record),
        "rung": _rung_title(record["social_rung"]),
        **{
            f"{name}_dkk_per_month": _told(record[f"{name}_dkk_per_month"], courses[name], is_shown, step=100)
            for name in courses
        },
        **{
            f"{name}_months_mean": _told(record[f"{name}_months_mean"], courses[name], is_shown, step=0.1)
            for name in courses
        },
    }


def _told(value: float | None, is_enough: bool, is_rung_shown: bool, *, step: float) -> Cell:
    """A price or a length; on a hidden rung not even that there is none."""
    if not is_rung_shown:
        return HIDDEN
    return _kroner(value, is_enough, step=step)


def _total(records: Sequence[dict[str, Any]], least: int, hidden: Collection[Place]) -> dict[str, Any]:
    """The year's sum over its rungs, unless what is hidden of it is the money of too few children."""
    is_shown = _is_sum_told(records, least, hidden)
    budgets = [record["budget_dkk"] for record in records if record["budget_dkk"] is not None]
    told = [record["budget_children_count"] for record in records if _place(record) not in hidden]
    has_budget = all(count is None or int(count) >= least for count in told)
    nothing = Cell(None, CellStatus.NOT_COMPUTABLE)
    return {
        **dict.fromkeys((column.name for column in _MEASURE_COLUMNS), nothing),
        "period": _period(records[0]),
        "rung": ALL_RUNGS,
        "amount_dkk": _kroner(sum(float(record["amount_dkk"]) for record in records), is_shown),
        "budget_dkk": _budget(sum(map(float, budgets)) if budgets else None, is_shown and has_budget),
    }


def _is_sum_told(records: Sequence[dict[str, Any]], least: int, hidden: Collection[Place]) -> bool:
    """What is hidden of the sum must be the money of enough children."""
    behind = [_children(record) for record in records if _place(record) in hidden]
    return not behind or sum(behind) >= least


def _budget(value: float | None, is_shown: bool) -> Cell:
    return Cell(None, CellStatus.NOT_RECEIVED) if value is None else _kroner(value, is_shown)


def _period(record: dict[str, Any]) -> str:
    return f"{record['calendar_year']}" + ("" if record["is_whole_year"] else PART_OF_YEAR)


def _kroner(value: float | None, is_shown: bool, *, step: float = _ROUNDED_TO_DKK) -> Cell:
    if value is None:
        return Cell(None, CellStatus.NOT_COMPUTABLE)
    return Cell(step * round(float(value) / step)) if is_shown else HIDDEN


def _rung_title(rung: int | None) -> str:
    if rung is None:
        return NO_RUNG
    return f"{rung}: {load_code_table('rungs').titles()[f'social-{rung}']}"


def _amount_words(table: ProtectedTable) -> str:
    """ "I 2025 var udgiften på trin 2 til 6 i alt 45.345.000 kr., talt indsats for indsats. …"; of a whole year only."""
    how = "talt indsats for indsats" if table.table_id == "spend_measures" else "talt efter kommunens konti"
    warning = "Tallene viser, hvad der blev brugt. De viser ikke, hvad en anden hjælp ville have kostet."
    periods = [
        period
        for period, rung in zip(table.values("period"), table.values("rung"), strict=True)
        if rung == ALL_RUNGS and not period.endswith(PART_OF_YEAR)
    ]
    if not periods:
        return f"Udgifterne, {how}, dækker endnu ikke et helt kalenderår. {warning}"
    total = table.cell("amount_dkk", period=periods[0], rung=ALL_RUNGS).value
    if total is None:
        return f"Udgiften i alt i {periods[0]} er skjult, fordi den ville vise, hvad få børn koster. {warning}"
    return f"I {periods[0]} var udgiften på trin 2 til 6 i alt {number(float(total))} kr., {how}. {warning}"


def _source(context: ReportContext, *, of_flags: Sequence[dict[str, Any]]) -> str:
    """Where the money was told, that two bases are never added, and what in the periods was not as it should be."""
    said = [
        f"Kilde: {context.settings.municipality.name}s økonomisystem. Kroner er afrundet. De to grundlag lægges aldrig sammen."
    ]
    if any(record["is_whole_budget"] and not record["is_whole_year"] for record in of_flags):
        said.append("Budgettet gælder hele året, også hvor regnskabet ikke gør.")
    if any(record["across_years_count"] for record in of_flags):
        said.append("Nogle perioder går over et årsskifte og tæller i det år, de begynder.")
    if any(record["overlapping_count"] for record in of_flags):
        said.append("Nogle perioder overlapper, så penge kan være talt to gange.")
    return " ".join(said)
