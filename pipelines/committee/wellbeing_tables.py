"""The tables of the SDQ section that are cut out of the one protected table: what a reader sees, in the order a reader asks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.wellbeing_changes import with_expectation
from pipelines.committee.wellbeing_expected import EXPECTED_COLUMN, EXPECTED_NOTE, ExpectedCounts
from pipelines.committee.wellbeing_groups import (
    CHANGE_DIVISIONS,
    DISTRICT,
    DUE,
    EVERYBODY,
    FOLLOW_UP_DIVISIONS,
    MEANS,
    NOT_DUE,
    OTHER_FORMS,
    REASON,
    SPREAD,
    STRENGTHS,
    OtherForms,
    source_of,
)
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn

Row = Mapping[str, Any]

STEPS: Final = ("Målt første gang", DUE, "Målt to gange")
"""The steps of the flow; what falls away stands between them."""

HIGH_FALL: Final = "Også uden indsats ville høje tal oftest være lavere anden gang."
UNEVEN_SPANS: Final = "Grupperne er ikke lige brede."
NOT_REFERRED: Final = "Hvor mange der er henvist, men ikke målt, ved vi ikke."
ANOTHER: Final = "En anden er fx læreren i stedet for forældrene."
_STRENGTHS_NOTE: Final = (
    f"For {STRENGTHS.lower()} er højere tal bedre. Hvordan de ændrer sig uden indsats, ved vi ikke."
)
_GROUPS_NOTE: Final = (
    "I hver række tæller hvert distrikt lige meget; distrikter med få målte børn er lagt sammen. Derfor kan rækkerne ikke lægges "
    "sammen til tallet for alle."
)
_FALLEN_AWAY: Final = ("no_second_form", "other_informant", "outside_window", "total_missing")
_CHANGE_COLUMNS: Final = ("first_measured_count", "children_count", *(name for name, _ in MEANS[:3]), "low", "high")
_OTHER_FORMS: Final = {
    "early_second_form": "anden måling, før fristen er udløbet",
    "later_form": "et senere skema på samme barn",
    "earlier_form": "et tidligere skema, som ikke blev fulgt op i tide",
    "follow_up_form": "en opfølgning uden et første skema fra samme slags person",
    "follow_up_of_other_informant": "en opfølgning på et skema fra en anden",
    "total_missing": "et skema med for få svar",
    "after_as_of_date": "udfyldt efter opgørelsesdagen",
}
_IN_PAIRS: Final = "second_form"
_OTHER: Final = """
SELECT outcome_code, is_first_form, sum(forms_count)::BIGINT AS forms_count
FROM marts.mart_sdq_pairing
WHERE area_kind = 'municipality'
GROUP BY outcome_code, is_first_form
ORDER BY outcome_code, is_first_form
"""
_UNSCORED: Final = "SELECT count(*) AS forms_count FROM core.fct_sdq_score WHERE total_points IS NULL"
_FEW_FORMS: Final = "Hvor mange andre skemaer der er, viser vi ikke: Der er for få."


def change_table(everything: ProtectedTable) -> ProtectedTable:
    """Change per kind of informant over the whole municipality."""
    found = everything.excerpt(
        "sdq_change",
        title="SDQ-tal ved første og anden måling, efter hvem der har svaret",
        columns=("informant", *_CHANGE_COLUMNS, *(name for name, _ in MEANS[3:])),
        keep_row=lambda row: row["division"] == EVERYBODY,
    )
    return replace(found, source=f"{found.source} {_STRENGTHS_NOTE}")


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
    found = everything.excerpt(
        "sdq_by_group",
        title=f"SDQ-tal efter model, trin, alder og køn: {informant.lower()}",
        columns=("division", "group", *_CHANGE_COLUMNS[1:], "expected_change_points"),
        keep_row=lambda row: row["informant"] == informant and _is_change_row(row),
    )
    return replace(found, source=f"{found.source} {_GROUPS_NOTE}")


def other_group_table(everything: ProtectedTable, main: str) -> ProtectedTable | None:
    """As `group_table` for the others who answered, as far as any of their groups can be shown."""
    shown = {
        row["informant"]
        for row in _values(everything)
        if row["informant"] != main and row["division"] in CHANGE_DIVISIONS and row["change_mean_points"] is not None
    }
    if not shown:
        return None
    found = everything.excerpt(
        "sdq_by_group_others",
        title="SDQ-tal efter model, trin, alder og køn: de andre, der har svaret",
        columns=("informant", "group", *_CHANGE_COLUMNS[1:], "expected_change_points"),  # no room for the division
        keep_row=lambda row: row["informant"] in shown and _is_change_row(row),
    )
    return replace(found, source=f"{found.source} {_GROUPS_NOTE}")


def spread_table(
    context: ReportContext, everything: ProtectedTable, informant: str, *, expected: ExpectedCounts | None
) -> ProtectedTable | None:
    """Children in each span of points at either measurement, and those expected at the second; None when one span holds all."""
    spans = [
        row["group"]
        for row in _values(everything)
        if row["informant"] == informant and row["division"] == SPREAD["first"]
    ]
    if len(spans) < 2:
        return None
    rows = []
    for span in spans:
        observed = {
            occasion: everything.cell("part_count", informant=informant, division=division, group=span)
            for occasion, division in SPREAD.items()
        }
        without_help = expected.cell(span, [*observed.values()]) if expected else Cell(None, CellStatus.HIDDEN)
        rows.append({"span": span, **observed, "expected": without_help})
    return protect(
        rows,
        table_id="sdq_spread",
        title=f"Børn efter SDQ-tal ved første og anden måling: {informant.lower()}",
        columns=(
            TableColumn("span", "SDQ-tal", "label"),
            TableColumn("first", "Børn ved første måling", "count"),
            TableColumn("second", "Børn ved anden måling", "count"),
            EXPECTED_COLUMN,
        ),
        source=with_expectation(
            context,
            f"{source_of(context)} Børn, der er målt to gange. {UNEVEN_SPANS} {HIGH_FALL} {EXPECTED_NOTE}",
        ),
        rule=context.rule,
    )


def follow_up_table(context: ReportContext, everything: ProtectedTable) -> ProtectedTable:
    """How many have two measurements, of those whose time for it is up, by whole, district, model and first score."""
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
            TableColumn("first_measured_count", STEPS[0], "count"),
            TableColumn("not_due_count", NOT_DUE, "count"),
            TableColumn("due_count", STEPS[1], "count"),
            TableColumn("children_count", "Af dem målt to gange", "count"),
            TableColumn("share_pct", "Andel", "number", unit="%"),
        ),
        source=f"{source_of(context)} Andelen er af dem, hvor fristen er udløbet.",
        rule=context.rule,
    )


def pairing_table(
    context: ReportContext, everything: ProtectedTable, reasons: Mapping[str | None, str], informants: Mapping[str, str]
) -> ProtectedTable:
    """What became of the first forms: the steps from first to second measurement, and between them who fell away and why.

    One row per step or reason, one column per informant (its code).
    """
    whole = {row["informant"].value: row for row in _cells(everything) if row["division"].value == EVERYBODY}
    few_forms = "" if OTHER_FORMS in everything.values("division") else f" {_FEW_FORMS}"

    def at(column: str) -> dict[str, Any]:
        return {code: whole[informant][column] for code, informant in informants.items()}

    def fallen(reason: str) -> dict[str, Any]:
        title = reasons[reason]
        return {"step": title} | {
            code: everything.cell("part_count", informant=informant, division=REASON, group=title)
            for code, informant in informants.items()
        }

    return protect(
        [
            {"step": STEPS[0], **at("first_measured_count")},
            {"step": NOT_DUE, **at("not_due_count")},
            {"step": STEPS[1], **at("due_count")},
            *(fallen(reason) for reason in _FALLEN_AWAY),
            {"step": STEPS[2], **at("children_count")},
        ],
        table_id="sdq_pairing",
        title="Fra første til anden måling, efter hvem der har svaret",
        columns=(
            TableColumn("step", "Trin på vejen", "label"),
            *(TableColumn(code, informant, "count") for code, informant in informants.items()),
        ),
        source=f"{source_of(context)} Hvert barn er talt én gang for hver slags person, der har svaret. {ANOTHER} "
        f"{NOT_REFERRED}{few_forms}",
        rule=context.rule,
    )


def read_other_forms(context: ReportContext) -> OtherForms:
    """The forms that are neither first nor second of a child, by reason, and how many forms there are in all."""
    records = context.records(_OTHER)
    counted = {
        record["outcome_code"]: int(record["forms_count"])
        for record in records
        if not record["is_first_form"] and record["outcome_code"] != _IN_PAIRS
    }
    return OtherForms(
        counts={title: counted.get(code, 0) for code, title in _OTHER_FORMS.items()},
        unscored=_OTHER_FORMS["total_missing"],
        forms_count=sum(int(record["forms_count"]) for record in records),
        unscored_count=int(context.records(_UNSCORED)[0]["forms_count"]),
    )


def other_forms_table(context: ReportContext, everything: ProtectedTable) -> ProtectedTable | None:
    """The forms that open no pair, by reason, over all who answered; None where there are too few forms to tell of them.

    Each form is a child's first, its second, or one of these, and other tables tell how many forms there are: so these are cells of
    the one protected table, and what one informant's hidden count would follow from is hidden here.
    """
    rows = [
        {"outcome": row["group"].value, "forms_count": row["part_count"]}
        for row in _cells(everything)
        if row["division"].value == OTHER_FORMS
    ]
    if not rows:
        return None
    return protect(
        rows,
        table_id="sdq_other_forms",
        title="SDQ-skemaer, der ikke indgår i ændringen",
        columns=(TableColumn("outcome", "Skemaet er", "label"), TableColumn("forms_count", "Skemaer", "count")),
        source=f"{source_of(context)} Alle, der har svaret. De andre skemaer er første eller andet skema for et barn.",
        rule=context.rule,
    )


def flow_excerpt(pairing: ProtectedTable, informant_code: str) -> ProtectedTable:
    """The way from first to second form for one informant, for the figure."""
    return pairing.excerpt(pairing.table_id, title=pairing.title, columns=("step", informant_code))


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
