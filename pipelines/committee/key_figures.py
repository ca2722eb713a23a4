"""What are Indsatstrappens Nøgletal 1-12 here: the municipality's, and the districts' where counts allow, protected together.

From marts.mart_key_figure and codes.key_figures. Every count of one reference date, in every area, is one item of one protected
table (`protected_counts`): a figure is shown where the counts that it is made of are. The report's tables and `trappen explain`
read the same table, so that none of them shows what another hides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pipelines.codes import load_code_table
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, SumRelation, TotalRow
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish.danish import cell_text, head_date

_FIGURES: Final = """
SELECT figures.key_figure_number, figures.measure_code, figures.group_code, figures.reference_date, figures.area_kind,
       figures.area_code, figures.numerator, figures.denominator, figures.value, figures.reason_code, figures.children_count
FROM marts.mart_key_figure AS figures
WHERE figures.reference_date = ?
"""
_DATES: Final = "SELECT DISTINCT reference_date FROM marts.mart_key_figure ORDER BY reference_date"
_NOBODY: Final = "nobody_to_count"
_SUMS: Final[Mapping[str, tuple[str, ...]]] = {
    "2-mean_months-running under": ("1-children-all",),
    "7-children-all": tuple(
        f"7-children-{group}"
        for group in ("rung_0", "rung_2", "rung_3", "rung_4", "rung_5", "rung_6", "aged_out", "moved_away")
    ),
    "8-moves-all": ("8-moves-rung_4", "8-moves-rung_5", "8-moves-rung_6"),
    "9-moves-all": ("9-moves-down", "9-moves-closed"),
    **{
        f"12-{measure}-all{part}": tuple(f"12-{measure}-rung_{rung}{part}" for rung in (3, 4, 5, 6))
        for measure in ("first", "later")
        for part in ("", " under")
    },
}
"""Which counts add up to which, in every area; ` under` is what stands below the line."""
_PARTS: Final[Mapping[str, str]] = {
    "3-children-uncertain_rank": "3-children-all",
    "5-children-stay_away": "5-children-all",
    "5-children-uncertain_rank": "5-children-all",
    "6-children-uncertain_rank": "6-children-all",
    "10-new-from_higher": "10-new-all",
}
"""Counts that are a part of another: what is left of it must not be small either."""


@dataclass(frozen=True)
class KeyFigureLine:
    """One line of a key figure: what is counted, in which unit, and how (codes.key_figure_lines)."""

    code: str
    title: str
    key_figure_number: int
    measure_code: str
    group_code: str
    unit: str
    method: str

    @property
    def decimals(self) -> int:
        """How precisely the value is told: months and whole kroner say nothing of one child, a rate has one decimal."""
        return 0 if self.unit in ("måneder", "kr.", "børn") else 1


@dataclass(frozen=True)
class KeyFigureRow:
    """One line in one area, protected: what stands above and below the line, the value, and why there is none."""

    line: KeyFigureLine
    area: str
    counted: Cell
    of: Cell
    value: Cell
    reason: str

    @property
    def value_text(self) -> str:
        """The value as it is printed, or in brackets why there is none."""
        return cell_text(self.value, TableColumn("value", "", "number", decimals=self.line.decimals))


def key_figure_lines(number: int | None = None) -> tuple[KeyFigureLine, ...]:
    """The lines of one key figure, or of all, in the order they are printed."""
    lines = (
        KeyFigureLine(
            row["code"],
            row["title"],
            int(row["key_figure_number"]),
            row["measure_code"],
            row["group_code"],
            row["unit_text"],
            row["method_code"],
        )
        for row in load_code_table("key_figure_lines").rows
    )
    return tuple(line for line in lines if number in (None, line.key_figure_number))


def reference_dates(context: ReportContext) -> tuple[date, ...]:
    """The reference dates there are figures for, the earliest first."""
    return tuple(record["reference_date"] for record in context.records(_DATES))


def protected_rows(context: ReportContext, reference_date: date, number: int | None = None) -> tuple[KeyFigureRow, ...]:
    """Every line of one key figure (or of all) in every area, in the order of lines, districts and the whole municipality."""
    records = context.records(_FIGURES, [reference_date])
    counts = protected_counts(context, reference_date, records)
    told = _Told(context, {(row[0].value, row[1].value): row[2] for row in counts.rows}, _shown_spend(context, records))
    by_key = {(_code_of(record), record["area_code"]): record for record in records}
    areas = [record["area_code"] for record in context.area_order(_one_of_each_area(records))]
    return tuple(told.row(line, by_key[line.code, area]) for line in key_figure_lines(number) for area in areas)


def _one_of_each_area(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The children without a known district are an area only where there are any."""
    there = {
        record["area_code"]
        for record in records
        if record["area_code"] is not None or record["numerator"] or record["denominator"]
    }
    return list({record["area_code"]: record for record in records if record["area_code"] in there}.values())


def protected_counts(
    context: ReportContext, reference_date: date, records: Sequence[dict[str, Any]] | None = None
) -> ProtectedTable:
    """Every count behind the key figures of one reference date: one row per item and area, protected together.

    An item is a line's code, or the code and ` under` for what stands below its line where that is a count of children helped.
    """
    found = context.records(_FIGURES, [reference_date]) if records is None else records
    areas = {record["area_code"] for record in _one_of_each_area(found)}
    rows = [
        {"item": item, "area": context.area_name(record["area_code"]), "count": count}
        for record in found
        if record["area_code"] in areas
        for item, count in _counts_of(record)
    ]
    rows += _rests(rows)
    return protect(
        rows,
        table_id="key_figure_counts",
        title=f"Tallene bag Indsatstrappens Nøgletal pr. {head_date(reference_date)}",
        columns=(
            TableColumn("item", "Tal", "label"),
            TableColumn("area", "Distrikt", "label"),
            TableColumn("count", "Antal", "count"),
        ),
        source=source_line(context),
        rule=context.rule,
        totals=(TotalRow("area", WHOLE_MUNICIPALITY, within=("item",)), *_sums(rows)) if rows else (),
    )


def _code_of(record: Mapping[str, Any]) -> str:
    return f"{record['key_figure_number']}-{record['measure_code']}-{record['group_code']}"


def _counts_of(record: Mapping[str, Any]) -> Iterable[tuple[str, int]]:
    """The counts of children, moves and courses in one record; money, lengths and residents are none."""
    number, code = int(record["key_figure_number"]), _code_of(record)
    if record["numerator"] is None:
        return
    if number == 2:
        if record["measure_code"] == "mean_months":
            yield f"{code} under", round(record["denominator"])
    elif number != 11 and record["measure_code"] != "change":
        yield code, round(record["numerator"])
        if number == 12 or code == "8-moves-all":
            yield f"{code} under", round(record["denominator"])


def _whole_of(part: str) -> str:
    """The item that `part` is a part of, so that what it leaves is a count too; empty where it leaves none."""
    return f"{part} under" if part.startswith("12-") and " " not in part else _PARTS.get(part, "")


def _rests(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each part leaves of its whole, so that it is protected too; no table shows it."""
    counts = {(row["item"], row["area"]): row["count"] for row in rows}
    return [
        {"item": f"{part} rest", "area": area, "count": counts[_whole_of(part), area] - count}
        for (part, area), count in counts.items()
        if _whole_of(part)
    ]


def _sums(rows: Sequence[dict[str, Any]]) -> list[SumRelation]:
    there = dict.fromkeys((row["item"], row["area"]) for row in rows)
    sums = [
        SumRelation(_at(whole, area), tuple(_at(part, area) for part in _SUMS[whole]))
        for whole, area in there
        if whole in _SUMS and all((part, area) in there for part in _SUMS[whole])
    ]
    return sums + [
        SumRelation(_at(_whole_of(part), area), (_at(part, area), _at(f"{part} rest", area)))
        for part, area in there
        if _whole_of(part)
    ]


def _at(item: str, area: str) -> CellAt:
    return CellAt("count", (("item", item), ("area", area)))


_HIDDEN: Final = Cell(None, CellStatus.HIDDEN)
_MISSING: Final = Cell(None, CellStatus.NOT_COMPUTABLE)


@dataclass(frozen=True)
class _Told:
    """What may be shown of the key figures of one date: the counts by item and area, and which amounts."""

    context: ReportContext
    counts: Mapping[tuple[Any, Any], Cell]
    spend: frozenset[tuple[str, str | None]]

    def row(self, line: KeyFigureLine, record: Mapping[str, Any]) -> KeyFigureRow:
        """One line in one area; hidden where a count behind it is."""
        area = self.context.area_name(record["area_code"])
        reason = load_code_table("key_figure_reasons").titles().get(record["reason_code"] or "", "")
        if record["numerator"] is None:
            return KeyFigureRow(line, area, _MISSING, _MISSING, _MISSING, reason)
        counted, of = self._above_and_below(line, record, area)
        if CellStatus.HIDDEN in (counted.status, of.status):
            return KeyFigureRow(line, area, counted, of, _HIDDEN, "")
        value = _MISSING if record["value"] is None else Cell(float(record["value"]))
        return KeyFigureRow(line, area, counted, of, value, reason)

    def _above_and_below(self, line: KeyFigureLine, record: Mapping[str, Any], area: str) -> tuple[Cell, Cell]:
        number, of = line.key_figure_number, Cell(round(record["denominator"]))
        if number == 2:
            return self._months(record, area), self.counts[f"2-mean_months-{line.group_code} under", area]
        if number == 11:
            is_shown = (line.code, record["area_code"]) in self.spend
            return Cell(round(record["numerator"])) if is_shown else _HIDDEN, of
        if line.measure_code == "change":
            # last year's count is one of last year's table: it is told for the whole municipality only, where nothing adds up to it
            is_hidden = self.context.rule.hides_count(round(record["denominator"])) or area != WHOLE_MUNICIPALITY
            return self.counts["6-children-all", area], _HIDDEN if is_hidden else of
        below = {7: "7-children-all", 8: "8-moves-all under", 9: "8-moves-all under", 12: f"{line.code} under"}
        return self.counts[line.code, area], self.counts[below[number], area] if number in below else of

    def _months(self, record: Mapping[str, Any], area: str) -> Cell:
        """Lengths of stay in the whole municipality alone, and of no few children: from districts and the whole, a length follows."""
        few = (record["children_count"] or 0) < self.context.rule.minimum_group_children
        is_hidden = record["denominator"] > 0 and (few or area != WHOLE_MUNICIPALITY)
        return _HIDDEN if is_hidden else Cell(round(record["numerator"]))


def _shown_spend(context: ReportContext, records: Sequence[Mapping[str, Any]]) -> frozenset[tuple[str, str | None]]:
    """Which amounts are told: those of many enough children from whose sums no other amount follows.

    A municipality's rungs and their sum: the sum is told when what the hidden rungs have together is of many enough children.
    Districts: their sum of all rungs, and only where every district's may be told.
    """
    amounts = [record for record in records if record["key_figure_number"] == 11 and record["numerator"] is not None]
    shown: set[tuple[str, str | None]] = set()
    for measure in dict.fromkeys(record["measure_code"] for record in amounts):
        of_measure = [record for record in amounts if record["measure_code"] == measure]
        shown |= {(_code_of(record), record["area_code"]) for record in _tellable(context, of_measure)}
    return frozenset(shown)


def _tellable(context: ReportContext, amounts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    least = context.rule.minimum_group_children

    def is_enough(record: Mapping[str, Any]) -> bool:
        return not record["numerator"] or (record["children_count"] or 0) >= least

    whole = [record for record in amounts if record["area_kind"] == "municipality"]
    rungs = [record for record in whole if record["group_code"] not in ("all", "no_rung")]
    hidden = [record for record in rungs if not is_enough(record)]
    is_sum_safe = not hidden or (len(hidden) > 1 and sum(record["children_count"] or 0 for record in hidden) >= least)
    sums = [record for record in whole if record["group_code"] == "all" and is_enough(record) and is_sum_safe]
    districts = [record for record in amounts if record["area_kind"] == "district" and record["group_code"] == "all"]
    without_rung = [record for record in whole if record["group_code"] == "no_rung" and not record["numerator"]]
    return [
        *(record for record in rungs if is_enough(record)),
        *sums,
        *without_rung,
        *(districts if sums and all(is_enough(record) for record in districts) else ()),
    ]


def key_figure_tables(context: ReportContext) -> tuple[ProtectedTable, ...]:
    """Two tables for the report's last pages: all lines for the municipality, and children and moves per district; none without data.

    Each key figure stands as on the latest reference date on which it could be counted, else as on the latest, with the reason.
    """
    rows = {day: protected_rows(context, day) for day in reference_dates(context)[-_DATES_LOOKED_AT:]}
    if not rows:
        return ()
    latest = max(rows)
    return (_municipality_table(context, rows), _district_table(context, rows[latest], latest))


_DATES_LOOKED_AT: Final = 2
"""The accounts of a year come after its reference date, so the year before is looked at too."""


def _municipality_table(context: ReportContext, rows: Mapping[date, Sequence[KeyFigureRow]]) -> ProtectedTable:
    printed = []
    for number in dict.fromkeys(line.key_figure_number for line in key_figure_lines()):
        day = max((each for each in rows if _is_counted(rows[each], number)), default=max(rows))
        for row in rows[day]:
            if row.line.key_figure_number == number and row.area == WHOLE_MUNICIPALITY and is_printed(row):
                printed.append(_printed(row, day))
    return protect(
        printed,
        table_id="key_figures",
        title="Indsatstrappens Nøgletal for hele kommunen",
        columns=(
            TableColumn("number", "Nr.", "label"),
            TableColumn("title", "Nøgletal", "label"),
            TableColumn("day", "Opgjort", "label"),
            TableColumn("counted", "Antal, måneder eller kr.", "number"),
            TableColumn("of", "Ud af", "number"),
            TableColumn("value", "Værdi", "label"),
            TableColumn("unit", "Enhed, eller hvorfor tallet mangler", "label"),
        ),
        source=source_line(context),
        rule=context.rule,
    )


def _is_counted(rows: Sequence[KeyFigureRow], number: int) -> bool:
    return any(
        row.line.key_figure_number == number and row.counted.status is not CellStatus.NOT_COMPUTABLE for row in rows
    )


def is_printed(row: KeyFigureRow) -> bool:
    """What cannot be counted is said once for a measure, not once per group."""
    return row.value.status is not CellStatus.NOT_COMPUTABLE or row.line.group_code in ("all", "ended")


def _printed(row: KeyFigureRow, day: date) -> dict[str, Any]:
    return {
        "number": str(row.line.key_figure_number),
        "title": row.line.title,
        "day": head_date(day),
        "counted": row.counted,
        "of": row.of,
        "value": row.value if row.value.value is None else row.value_text,
        "unit": f"kan ikke opgøres, fordi {row.reason}" if row.reason else row.line.unit,
    }


def _district_table(context: ReportContext, rows: Sequence[KeyFigureRow], day: date) -> ProtectedTable:
    titles = {figure["code"]: figure["title"] for figure in load_code_table("key_figures").rows}
    columns = {code: f"{code.split('-')[0]}. {titles[code.split('-')[0]]}" for code in _OF_DISTRICTS}
    by_area: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.line.code in columns:
            by_area.setdefault(row.area, {"area": row.area})[row.line.code] = row.counted
    return protect(
        list(by_area.values()),
        table_id="key_figures_by_district",
        title=f"Indsatstrappens Nøgletal pr. distrikt, opgjort {head_date(day)}: børn (3-6 og 1) og ryk (8 og 9)",
        columns=(
            TableColumn("area", "Distrikt", "label"),
            *(TableColumn(code, title, "count") for code, title in columns.items()),
        ),
        source=source_line(context),
        rule=context.rule,
    )


_OF_DISTRICTS: Final = (
    "1-children-all", "3-children-all", "4-children-all", "5-children-all", "6-children-all", "8-moves-all", "9-moves-all",
)  # fmt: skip


def source_line(context: ReportContext) -> str:
    """Where the figures come from, for the foot of a table."""
    return f"Kilde: {context.settings.municipality.name}s sagssystem, regnskab og liste over børn."
