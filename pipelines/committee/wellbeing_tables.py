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
        columns=("group", *_CHANGE_COLUMNS[1:], "expected_change_points"),
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
        columns=("informant", "group", *_CHANGE_COLUMNS[1:], "expected_change_points"),
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


def pairing_table(
    context: ReportContext, everything: ProtectedTable, reasons: Mapping[str | None, str], informants: Mapping[str, str]
) -> ProtectedTable:
    """What became of every form: the steps from first to second, who fell away and why, then forms that open no pair.

    One row per step or reason, one column per informant (its code).
    """
    whole = {row["informant"].value: row for row in _cells(everything) if row["division"].value == EVERYBODY}
    others = _other_forms(context, informants)

    def at(column: str) -> dict[str, Any]:
        return {code: whole[informant][column] for code, informant in informants.items()}

    def fallen(reason: str) -> dict[str, Any]:
        title = reasons[reason]
        return {"step": title} | {
            code: everything.cell("part_count", informant=informant, division=REASON, group=title)
            for code, informant in informants.items()
        }

    rows = [
        {"step": STEPS[0], **at("first_measured_count")},
        fallen("not_due"),
        {"step": STEPS[1], **at("due_count")},
        *(fallen(reason) for reason in _FALLEN_AWAY),
        {"step": STEPS[2], **at("children_count")},
        *(
            {"step": title} | {code: others[code, title] for code in informants}
            for title in (*_OTHER_FORMS.values(), _OTHERS)
        ),
    ]
    return protect(
        rows,
        table_id="sdq_pairing",
        title="Hvad der blev af SDQ-skemaerne, efter hvem der har svaret",
        columns=(
            TableColumn("step", "Skemaer", "label"),
            *(TableColumn(code, informant, "number") for code, informant in informants.items()),
        ),
        source=f"{source_of(context)} Øverst er ét første skema pr. barn. Nederst er skemaer, der ikke åbner et par.",
        rule=context.rule,
    )


def flow_excerpt(pairing: ProtectedTable, informant_code: str) -> ProtectedTable:
    """The way from first to second form for one informant, for the figure."""
    steps = pairing.values("step")
    last = steps.index(STEPS[-1])
    return pairing.excerpt(
        pairing.table_id,
        title=pairing.title,
        columns=("step", informant_code),
        keep_row=lambda row: steps.index(row["step"]) <= last,
    )


def _other_forms(context: ReportContext, informants: Mapping[str, str]) -> dict[tuple[str, str], Cell]:
    """The forms that open no pair, by (informant code, reason) with their sum, protected among themselves."""
    counted = {
        (record["informant_code"], record["outcome_code"]): int(record["forms_count"])
        for record in context.records(_PAIRING)
    }
    rows: list[dict[str, Any]] = []
    for code in informants:
        own = [
            {"informant": code, "outcome": title, "count": counted.get((code, outcome), 0)}
            for outcome, title in _OTHER_FORMS.items()
        ]
        rows += [*own, {"informant": code, "outcome": _OTHERS, "count": sum(row["count"] for row in own)}]
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
    return {(str(row["informant"].value), str(row["outcome"].value)): row["count"] for row in _cells(found)}


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
