"""What are Indsatstrappens Nøgletal 1-12 here: the municipality's, and the districts' where counts allow, protected together.

From marts.mart_key_figure and codes.key_figures. A figure is shown where the counts that it is made of are shown: those stand in one
protected table (`protected_counts`), with what other tables of the report tell of the same children. The report's tables and
`trappen explain` read it alike, so that none of them shows what another hides. Kroner are told as in the tables on spend.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pipelines.codes import load_code_table
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.ladder_key_figures import areas_of, code_of, key_figure_records, protected_counts
from pipelines.committee.ladder_standing import Standing
from pipelines.committee.spend import told_rungs
from pipelines.disclosure.protect import HIDDEN, protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish.danish import cell_text, head_date, joined

_DATES: Final = "SELECT DISTINCT reference_date FROM marts.mart_key_figure ORDER BY reference_date"
_BASIS: Final = "SELECT accounting_year, cost_basis_code FROM core.dim_key_figure_period WHERE reference_date = ?"
_SPEND: Final = 11


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


def protected_rows(
    context: ReportContext, reference_date: date, number: int | None = None, *, social: Standing | None = None
) -> tuple[KeyFigureRow, ...]:
    """Every line of one key figure (or of all) in every area, in the order of lines, districts and the whole municipality.

    social: `ladder_key_figures.social_standing`, where it was made already.
    """
    records = key_figure_records(context, reference_date)
    # kroner rest on no count of the table
    counts = protected_counts(context, reference_date, social=social).rows if number != _SPEND else ()
    told = _Told(
        context,
        {(row[0].value, row[1].value): row[2] for row in counts},
        _shown_spend(context, records, reference_date),
        any(
            record["denominator"] is not None and context.rule.hides_count(round(record["denominator"]))
            for record in records
            if code_of(record) == "1-children-all"
        ),
    )
    by_key = {(code_of(record), record["area_code"]): record for record in records}
    areas = [record["area_code"] for record in context.area_order(areas_of(records))]
    return tuple(told.row(line, by_key[line.code, area]) for line in key_figure_lines(number) for area in areas)


_MISSING: Final = Cell(None, CellStatus.NOT_COMPUTABLE)


@dataclass(frozen=True)
class _Told:
    """What may be shown of the key figures of one date: the counts by item and area, and which amounts."""

    context: ReportContext
    counts: Mapping[tuple[Any, Any], Cell]
    spend: frozenset[tuple[str, str | None]]
    has_small_area: bool

    def row(self, line: KeyFigureLine, record: Mapping[str, Any]) -> KeyFigureRow:
        """One line in one area; hidden where a count behind it is."""
        area = self.context.area_name(record["area_code"])
        reason = load_code_table("key_figure_reasons").titles().get(record["reason_code"] or "", "")
        if record["numerator"] is None:
            return KeyFigureRow(line, area, _MISSING, _MISSING, _MISSING, reason)
        counted, of = self._above_and_below(line, record, area)
        if CellStatus.HIDDEN in (counted.status, of.status):
            return KeyFigureRow(line, area, counted, of, HIDDEN, "")
        value = _MISSING if record["value"] is None else Cell(float(record["value"]))
        return KeyFigureRow(line, area, counted, of, value, reason)

    def _above_and_below(self, line: KeyFigureLine, record: Mapping[str, Any], area: str) -> tuple[Cell, Cell]:
        number, of = line.key_figure_number, self._residents(record, area)
        if number == 2:
            stays = self.counts[f"2-mean_months-{line.group_code} under", area]
            # a sum of months beside their median tells about how many stays there were
            return HIDDEN if stays.status is CellStatus.HIDDEN else self._months(record, area), stays
        if number == _SPEND:
            is_shown = (line.code, record["area_code"]) in self.spend
            return Cell(round(record["numerator"])) if is_shown else HIDDEN, of
        if line.measure_code == "change":
            # last year's count is one of last year's table: it is told for the whole municipality only, where nothing adds up to it
            before = round(record["denominator"])
            is_hidden = self.context.rule.hides_count(before) or area != WHOLE_MUNICIPALITY
            return self.counts["6-children-all", area], HIDDEN if is_hidden else Cell(before)
        below = {7: "7-children-all", 8: "8-moves-all under", 9: "8-moves-all under", 12: f"{line.code} under"}
        return self.counts[line.code, area], self.counts[below[number], area] if number in below else of

    def _residents(self, record: Mapping[str, Any], area: str) -> Cell:
        """Who lives there: of the municipality alone where an area has few (such as those without a district), who would follow."""
        count = round(record["denominator"])
        is_hidden = self.context.rule.hides_count(count) or (self.has_small_area and area != WHOLE_MUNICIPALITY)
        return HIDDEN if is_hidden else Cell(count)

    def _months(self, record: Mapping[str, Any], area: str) -> Cell:
        """Lengths of stay in the whole municipality alone, and of no few children: from districts and the whole, a length follows."""
        few = (record["children_count"] or 0) < self.context.rule.minimum_group_children
        is_hidden = record["denominator"] > 0 and (few or area != WHOLE_MUNICIPALITY)
        return HIDDEN if is_hidden else Cell(round(record["numerator"]))


def _shown_spend(
    context: ReportContext, records: Sequence[Mapping[str, Any]], reference_date: date
) -> frozenset[tuple[str, str | None]]:
    """Which amounts are told: those of the rungs, and their sum, as in the tables on spend, which hold the same money.

    Districts: their sum of all rungs, and only where that of the municipality and every district's may be told.
    """
    amounts = [
        record for record in records if record["key_figure_number"] == _SPEND and record["numerator"] is not None
    ]
    if not amounts:
        return frozenset()
    (basis,) = context.records(_BASIS, [reference_date])
    rungs, is_sum_told = told_rungs(context, year=basis["accounting_year"], basis=basis["cost_basis_code"])
    groups = {f"rung_{rung}" for rung in rungs} | ({"all"} if is_sum_told else set())
    are_districts_told = is_sum_told and all(
        not record["numerator"] or (record["children_count"] or 0) >= context.rule.minimum_group_children
        for record in amounts
        if record["area_kind"] == "district" and record["group_code"] == "all"
    )
    return frozenset(
        (code_of(record), record["area_code"])
        for record in amounts
        if (record["group_code"] == "no_rung" and not record["numerator"])
        or (
            record["group_code"] in groups
            and (record["area_kind"] == "municipality" or (are_districts_told and record["group_code"] == "all"))
        )
    )


def key_figure_tables(context: ReportContext, *, social: Standing | None = None) -> tuple[ProtectedTable, ...]:
    """Two tables for the report's last pages: all lines for the municipality, and children and moves per district; none without data.

    Each key figure stands as on the latest reference date; spend, whose accounts come later, as on the one before where only that
    can be counted. social: as in `protected_rows`.
    """
    dates = reference_dates(context)
    if not dates:
        return ()
    latest = {line.key_figure_number: dates[-1] for line in key_figure_lines()}
    rows = protected_rows(context, dates[-1], social=social)
    by_district = _district_table(context, rows, dates[-1])
    if not _is_counted(rows, _SPEND) and len(dates) > 1:
        earlier = protected_rows(context, dates[-2], _SPEND)
        if _is_counted(earlier, _SPEND):
            rows = (*(row for row in rows if row.line.key_figure_number != _SPEND), *earlier)
            latest[_SPEND] = dates[-2]
    return _municipality_table(context, rows, latest), by_district


def _municipality_table(
    context: ReportContext, rows: Sequence[KeyFigureRow], days: Mapping[int, date]
) -> ProtectedTable:
    printed = [
        row
        for number in days
        for row in rows
        if row.line.key_figure_number == number and row.area == WHOLE_MUNICIPALITY and is_printed(row)
    ]
    latest = max(days.values())
    earlier = "".join(
        f" Nøgletal {number} er opgjort {head_date(day)}." for number, day in days.items() if day != latest
    )
    return protect(
        [_printed(row) for row in printed],
        table_id="key_figures",
        title=f"Indsatstrappens Nøgletal for hele kommunen, opgjort {head_date(latest)}",
        columns=(
            TableColumn("number", "Nr.", "label"),
            TableColumn("title", "Nøgletal", "label"),
            TableColumn("counted", "Antal", "number"),
            TableColumn("of", "Ud af", "number"),
            TableColumn("value", "Værdi", "label"),
            TableColumn("unit", "Enhed", "label"),
        ),
        source=f"{source_line(context)} Antal er måneder i nøgletal 2 og kroner i nøgletal 11.{earlier}{_reasons(printed)}",
        rule=context.rule,
    )


def _reasons(rows: Sequence[KeyFigureRow]) -> str:
    """Which of the rows could not be counted, and why, a sentence for each reason."""
    by_reason: dict[str, dict[int, None]] = {}
    for row in rows:
        if row.reason:
            by_reason.setdefault(row.reason, {})[row.line.key_figure_number] = None
    return "".join(
        f" {'Noget af n' if _has_others(rows, numbers) else 'N'}øgletal {joined([str(number) for number in numbers])} "
        f"kan ikke opgøres, fordi {reason}."
        for reason, numbers in by_reason.items()
    )


def _has_others(rows: Sequence[KeyFigureRow], numbers: Collection[int]) -> bool:
    """Whether some of these key figures' lines were counted all the same."""
    return any(row.line.key_figure_number in numbers and not row.reason for row in rows)


def _is_counted(rows: Sequence[KeyFigureRow], number: int) -> bool:
    return any(
        row.line.key_figure_number == number and row.counted.status is not CellStatus.NOT_COMPUTABLE for row in rows
    )


def is_printed(row: KeyFigureRow) -> bool:
    """What cannot be counted is said once for a measure, not once per group."""
    return row.value.status is not CellStatus.NOT_COMPUTABLE or row.line.group_code in ("all", "ended")


def _printed(row: KeyFigureRow) -> dict[str, Any]:
    return {
        "number": str(row.line.key_figure_number),
        "title": row.line.title,
        "counted": row.counted,
        "of": row.of,
        "value": row.value if row.value.value is None else row.value_text,
        "unit": row.line.unit,
    }


def _district_table(context: ReportContext, rows: Sequence[KeyFigureRow], day: date) -> ProtectedTable:
    by_area: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.line.code in _OF_DISTRICTS:
            by_area.setdefault(row.area, {"area": row.area})[row.line.code] = row.counted
    return protect(
        list(by_area.values()),
        table_id="key_figures_by_district",
        title=f"Indsatstrappens Nøgletal pr. distrikt, opgjort {head_date(day)}: børn (1 og 3-6) og ryk fra trin 3 (8 og 9)",
        columns=(
            TableColumn("area", "Distrikt", "label"),
            *(TableColumn(code, title, "count") for code, title in _OF_DISTRICTS.items()),
        ),
        source=source_line(context),
        rule=context.rule,
    )


_OF_DISTRICTS: Final[Mapping[str, str]] = {
    "1-children-all": "1: på institution",
    "3-children-all": "3: i plejefamilie",
    "4-children-all": "4: i netværk",
    "5-children-all": "5: støtte i hjemmet",
    "6-children-all": "6: forebyggende",
    "8-moves-all": "8: ryk op",
    "9-moves-all": "9: ryk ned",
}
"""The counts told by district, with words short enough for a column."""


def source_line(context: ReportContext) -> str:
    """Where the figures come from, for the foot of a table."""
    return f"Kilde: {context.settings.municipality.name}s sagssystem, regnskab og liste over børn."
