"""The tables of the SDQ section that are cut out of the one protected table: what a reader sees, in the order a reader asks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.wellbeing_groups import (
    CHANGE_DIVISIONS,
    DISTRICT,
    EVERYBODY,
    FOLLOW_UP_DIVISIONS,
    MEANS,
    REASON,
    SPREAD,
    source_of,
)
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import TotalRow
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn

Row = Mapping[str, Any]

STEPS: Final = ("Målt første gang", "Kan have to målinger", "Målt to gange")
"""The steps of the flow; what falls away stands between them."""

_FALLEN_AWAY: Final = ("no_second_form", "other_informant", "outside_window", "total_missing")
_CHANGE_COLUMNS: Final = ("first_measured_count", "children_count", *(name for name, _ in MEANS[:3]), "low", "high")
_OTHER_FORMS: Final = {
    "later_form": "Senere skema på samme barn",
    "follow_up_form": "Opfølgningsskema uden et første skema",
    "follow_up_of_other_informant": "Opfølgning på en anden slags persons skema",
    "total_missing": "Første skema med for få svar",
    "after_as_of_date": "Udfyldt efter opgørelsesdagen",
}
_OTHERS: Final = "Øvrige skemaer i alt"
_PAIRING: Final = """
SELECT informant_code, outcome_code, forms_count
FROM marts.mart_sdq_pairing
WHERE area_kind = 'municipality' AND NOT is_first_form
ORDER BY informant_code, outcome_code
"""


def change_table(everything: ProtectedTable) -> ProtectedTable:
    """Change per kind of informant over the whole municipality."""
    return everything.excerpt(
        "sdq_change",
        title="SDQ-tal ved første og anden måling, efter hvem der har svaret",
        columns=("informant", *_CHANGE_COLUMNS, *(name for name, _ in MEANS[3:])),
        keep_row=lambda row: row["division"] == EVERYBODY,
    )


def district_table(everything: ProtectedTable) -> ProtectedTable:
    """First, second and change per informant and district; the whole last."""
    found = everything.excerpt(
        "sdq_by_district",
        title="SDQ-tal pr. distrikt, efter hvem der har svaret",
        columns=("informant", "group", "first_measured_count", "children_count", *(name for name, _ in MEANS[:4])),
        keep_row=lambda row: row["division"] == DISTRICT,
    )
    return _titled(found, group="Distrikt")


def group_table(everything: ProtectedTable, informant: str) -> ProtectedTable:
    """Change by model, rung, age and sex for one kind of informant; the whole first."""
    return everything.excerpt(
        "sdq_by_group",
        title=f"SDQ-tal efter model, trin, alder og køn: {informant.lower()}",
        columns=("group", *_CHANGE_COLUMNS, "expected_change_points"),
        keep_row=lambda row: row["informant"] == informant and _is_change_row(row),
    )


def other_group_table(everything: ProtectedTable, main: str) -> ProtectedTable | None:
    """As `group_table` for the others who answered, as far as any of their groups can be shown."""
    shown = {
        row["informant"]
        for row in _values(everything)
        if row["informant"] != main and row["division"] in CHANGE_DIVISIONS and row["change_mean_points"] is not None
    }
    if not shown:
        return None
    return everything.excerpt(
        "sdq_by_group_others",
        title="SDQ-tal efter model, trin, alder og køn: de andre, der har svaret",
        columns=("informant", "group", *_CHANGE_COLUMNS, "expected_change_points"),
        keep_row=lambda row: row["informant"] in shown and _is_change_row(row),
    )


def spread_table(context: ReportContext, everything: ProtectedTable, informant: str) -> ProtectedTable | None:
    """How many children lie in each span of points at either measurement; None when one span holds all."""
    spans = [
        row["group"]
        for row in _values(everything)
        if row["informant"] == informant and row["division"] == SPREAD["first"]
    ]
    if len(spans) < 2:
        return None
    rows = [
        {
            "span": span,
            **{
                occasion: everything.cell("part_count", informant=informant, division=division, group=span)
                for occasion, division in SPREAD.items()
            },
        }
        for span in spans
    ]
    return protect(
        rows,
        table_id="sdq_spread",
        title=f"Børn efter SDQ-tal ved første og anden måling: {informant.lower()}",
        columns=(
            TableColumn("span", "SDQ-tal", "label"),
            TableColumn("first", "Børn ved første måling", "number"),
            TableColumn("second", "Børn ved anden måling", "number"),
        ),
        source=f"{source_of(context)} Børn, der er målt to gange.",
        rule=context.rule,
    )


def follow_up_table(context: ReportContext, everything: ProtectedTable) -> ProtectedTable:
    """How many could have two measurements by now, and how many have, by whole, district, model and first score."""
    rows = []
    for row in _cells(everything):
        division, group = row["division"].value, row["group"].value
        if division == EVERYBODY or (division in FOLLOW_UP_DIVISIONS and group != WHOLE_MUNICIPALITY):
            rows.append({**row, "share_pct": _share(row["children_count"], row["due_count"])})
    return protect(
        rows,
        table_id="sdq_follow_up",
        title="Børn med to SDQ-målinger, efter distrikt, model og første måling",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            TableColumn("group", "Gruppe", "label"),
            TableColumn("first_measured_count", STEPS[0], "number"),
            TableColumn("not_due_count", "Tiden til anden måling er ikke gået", "number"),
            TableColumn("due_count", STEPS[1], "number"),
            TableColumn("children_count", STEPS[2], "number"),
            TableColumn("share_pct", "Andel målt to gange", "number", unit="%"),
        ),
        source=f"{source_of(context)} Andelen er af dem, der kan have to målinger.",
        rule=context.rule,
    )


def flow_table(
    context: ReportContext, everything: ProtectedTable, reasons: Mapping[str, str], informant: str
) -> ProtectedTable:
    """From first form to second for one informant: the steps, and between them who fell away and why."""
    whole = {row["division"].value: row for row in _cells(everything) if row["informant"].value == informant}[EVERYBODY]

    def fallen(code: str) -> dict[str, Any]:
        title = reasons[code]
        return {
            "step": title,
            "count": everything.cell("part_count", informant=informant, division=REASON, group=title),
        }

    rows = [
        {"step": STEPS[0], "count": whole["first_measured_count"]},
        fallen("not_due"),
        {"step": STEPS[1], "count": whole["due_count"]},
        *(fallen(code) for code in _FALLEN_AWAY),
        {"step": STEPS[2], "count": whole["children_count"]},
    ]
    return protect(
        rows,
        table_id="sdq_flow",
        title=f"Fra første til anden måling: {informant.lower()}",
        columns=(TableColumn("step", "Trin på vejen", "label"), TableColumn("count", "Børn", "number")),
        source=source_of(context),
        rule=context.rule,
    )


def pairing_table(
    context: ReportContext, everything: ProtectedTable, reasons: Mapping[str | None, str], informants: Mapping[str, str]
) -> ProtectedTable:
    """Every form and what became of it, per informant: first forms with a pair or the reason why not, then the other forms."""
    others = _other_forms(context, informants)
    rows: list[dict[str, Any]] = []
    for informant in informants.values():
        rows += [
            {
                "informant": informant,
                "outcome": f"Første skema: {title[:1].lower()}{title[1:]}",
                "count": everything.cell("part_count", informant=informant, division=REASON, group=title),
            }
            for title in reasons.values()
        ]
        rows += [dict(row) for row in others if row["informant"].value == informant]
    return protect(
        rows,
        table_id="sdq_pairing",
        title="Hvad der blev af SDQ-skemaerne",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            TableColumn("outcome", "Skemaet blev", "label"),
            TableColumn("count", "Skemaer", "number"),
        ),
        source=f"{source_of(context)} Det andet skema i et par er talt med det første.",
        rule=context.rule,
    )


def _other_forms(context: ReportContext, informants: Mapping[str, str]) -> list[dict[str, Cell]]:
    """The forms that open no pair, by reason and informant with their sum, protected among themselves."""
    rows: list[dict[str, Any]] = []
    for code, informant in informants.items():
        own = [
            {
                "informant": informant,
                "outcome": _OTHER_FORMS[record["outcome_code"]],
                "count": int(record["forms_count"]),
            }
            for record in context.records(_PAIRING)
            if record["informant_code"] == code and record["outcome_code"] != "second_form"
        ]
        rows += [*own, {"informant": informant, "outcome": _OTHERS, "count": sum(row["count"] for row in own)}]
    found = protect(
        rows,
        table_id="sdq_other_forms",
        title="Skemaer, der ikke åbner et par",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            TableColumn("outcome", "Skemaet blev", "label"),
            TableColumn("count", "Skemaer", "count"),
        ),
        source=source_of(context),
        rule=context.rule,
        totals=(TotalRow("outcome", _OTHERS, within=("informant",)),),
    )
    return _cells(found)


def _is_change_row(row: Row) -> bool:
    return row["division"] == EVERYBODY or (row["division"] in CHANGE_DIVISIONS and row["group"] != WHOLE_MUNICIPALITY)


def _cells(table: ProtectedTable) -> list[dict[str, Cell]]:
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def _values(table: ProtectedTable) -> list[dict[str, Any]]:
    return [{name: cell.value for name, cell in row.items()} for row in _cells(table)]


def _share(part: Cell, whole: Cell) -> Cell | float:
    """The percentage of two shown counts; it tells no more than they do."""
    if not (isinstance(part.value, (int, float)) and isinstance(whole.value, (int, float))):
        return next(Cell(None, cell.status) for cell in (part, whole) if cell.value is None)
    return 100 * part.value / whole.value if whole.value else Cell(None, CellStatus.NOT_COMPUTABLE)


def _titled(table: ProtectedTable, **titles: str) -> ProtectedTable:
    columns = tuple(replace(column, title=titles.get(column.name, column.title)) for column in table.columns)
    return replace(table, columns=columns)
