"""Who follows the children in special settings, and do they return when that is judged possible? Three tables.

Read from marts.mart_creative_council: the Kreative Råd, or where a municipality has none, the yearly revisitation.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from pipelines.codes import load_code_table
from pipelines.committee import special_children
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.creative_council_counts import (
    JUDGED_COLUMNS,
    OTHER_OUTCOME_COLUMNS,
    REVIEWED_COLUMNS,
    STANDING_COLUMNS,
    Areas,
    CouncilCounts,
    CouncilRecords,
    council_counts,
)
from pipelines.committee.missing import missing_words
from pipelines.committee.section_part import SectionPart
from pipelines.disclosure.protect import HIDDEN
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish.danish import counted, number, stock_date
from pipelines.publish.section import DeclaredNumber
from pipelines.publish.sentences import TOO_FEW

COUNCIL, REVISITATION = "creative_council", "special_revisitation"
_SHORT_TITLES = {COUNCIL: "Det Kreative Råd", REVISITATION: "Revisitation af specialtilbud"}
_AT = {COUNCIL: "i Det Kreative Råd", REVISITATION: "ved en revisitation"}
_REVIEWS = "SELECT DISTINCT review_kind_code FROM core.fct_review"
_COUNCIL = """
SELECT reference_date, area_kind, area_code, special_children_count, never_reviewed_count, return_possible_count,
       return_not_possible_count, return_not_judged_count, months_since_review_median, reviewed_count, exhausted_count,
       recommended_count, judged_possible_count, returned_count, other_end_count, remained_count, not_yet_due_count
FROM marts.mart_creative_council
WHERE review_kind_code = ? AND is_whole_period
ORDER BY reference_date, area_code
"""
_FIRST_PERIOD = (
    "SELECT min(reference_date) AS reference_date FROM marts.mart_creative_council WHERE review_kind_code = ?"
)
_MEDIAN = TableColumn("months_since_review_median", "Måneder siden sidste behandling (median)", "number", decimals=1)
_YEAR_BEFORE = {
    "judged_possible_count": "Året før: kan vende tilbage",
    "returned_count": "Året før: heraf tilbage",
}
_DISAGREE = (
    "Børnene uden for almen står ikke alle på trin 3 eller højere i samme distrikt, "
    "så tallene kan ikke vises ved siden af hinanden."
)
_ASKED_WORDS = "Udtømt er de almene muligheder, og indstillet er til visitation."
_OUTCOME_WORDS = (
    "Barnet tæller i det år, hvor det først blev vurderet, at det kan vende tilbage. "
    "Ude er fyldt 18 år, flyttet eller uden kendt plads."
)


def creative_council_part(context: ReportContext) -> SectionPart:
    """The tables on the council (else on revisitation), each with its sentence; or the sentence on what has not come."""
    kinds = {row["review_kind_code"] for row in context.records(_REVIEWS)}
    if not kinds:
        return SectionPart((), (missing_words(("reviews",)),))
    kind = next((kind for kind in (COUNCIL, REVISITATION) if kind in kinds), None)
    if kind is None:
        return SectionPart((), (_nothing_of_the_kind(),))
    records = context.records(_COUNCIL, [kind])
    if not records:
        return SectionPart(
            (), (f"{_SHORT_TITLES[kind]}: Behandlingerne dækker endnu ikke et helt år op til 30. september.",)
        )
    counts, untold = _counts(context, records, kind=kind)
    whole = judged_table(counts, kind=kind)
    judged = _with_words(whole, f"{_returned_words(whole, kind)} {_ASKED_WORDS} {_OUTCOME_WORDS}".strip())
    tables = (*_standing_tables(context, counts, records, kind=kind), *districts_table(counts, kind=kind), judged)
    return SectionPart(tables, untold, _declared())


def _counts(
    context: ReportContext, records: Sequence[dict[str, Any]], *, kind: str
) -> tuple[CouncilCounts, tuple[str, ...]]:
    """(The protected counts; why nobody's standing, or no district's judgements, are told, where they are not)."""
    latest = max(record["reference_date"] for record in records)
    of_day = [record for record in records if record["reference_date"] == latest]
    untold = TOO_FEW
    told: list[dict[str, Any]] | None = None
    try:
        told = special_children.with_other_counts(context, of_day, latest)
    except special_children.CountsDisagreeError:
        untold = _DISAGREE
    (first,) = context.records(_FIRST_PERIOD, [kind])
    counts = council_counts(
        context,
        CouncilRecords(records, told, is_first_period=first["reference_date"] == latest),
        title=_SHORT_TITLES[kind],
        source=_source(context),
    )
    said = [f"{_SHORT_TITLES[kind]}: {untold}"] if counts.standing is Areas.NONE else []
    if len(of_day) > 1 and not counts.by_district:
        said.append(f"{_SHORT_TITLES[kind]}, pr. distrikt: {TOO_FEW}")
    return counts, tuple(said)


def _with_words(table: ProtectedTable, words: str) -> ProtectedTable:
    """The table with a sentence on it after its source."""
    return replace(table, source=f"{table.source} {words}".strip())


def _standing_tables(
    context: ReportContext, counts: CouncilCounts, records: Sequence[dict[str, Any]], *, kind: str
) -> tuple[ProtectedTable, ...]:
    """Children in special settings by last judgement: the table over districts, without districts, or none."""
    if counts.standing is Areas.NONE:
        return ()
    reference = max(record["reference_date"] for record in records)
    of_day = [record for record in records if record["reference_date"] == reference]
    table = standing_table(
        context, counts, of_day, title=f"{_SHORT_TITLES[kind]}: børn i specialtilbud {stock_date(reference)}"
    )
    return (_with_words(table, _standing_words(table, kind, reference)),)


def standing_table(
    context: ReportContext, counts: CouncilCounts, records: Sequence[dict[str, Any]], *, title: str
) -> ProtectedTable:
    """The protected counts of the latest day as printed, each with the median months since the last review.

    records: rows of the mart on that day.
    """
    own = {
        context.area_name(record["area_code"]): record
        for record in records
        if counts.standing is Areas.EVERY or record["area_kind"] == "municipality"
    }
    printed = counts.table.excerpt(
        "council_standing",
        title=title,
        columns=["area", *(column.name for column in STANDING_COLUMNS)],
        keep_row=lambda row: row["period"] == counts.latest and row["area"] in own,
    )
    return replace(
        printed,
        columns=(*printed.columns, _MEDIAN),
        rows=tuple((*row, _median(context, own[str(row[0].value)], counts)) for row in printed.rows),
    )


def judged_table(counts: CouncilCounts, *, kind: str) -> ProtectedTable:
    """What was judged per year in the whole municipality, and what came of a return judged possible."""
    columns = (*REVIEWED_COLUMNS, *JUDGED_COLUMNS, *OTHER_OUTCOME_COLUMNS)
    return counts.table.excerpt(
        "council_judged",
        title=f"{_SHORT_TITLES[kind]}: børn vurderet i hele kommunen, og hvad der skete inden 12 måneder",
        columns=["period", *(column.name for column in columns)],
        keep_row=lambda row: row["area"] == WHOLE_MUNICIPALITY,
    )


def districts_table(counts: CouncilCounts, *, kind: str) -> tuple[ProtectedTable, ...]:
    """One row per district: what was judged in the latest year, and who is back of those judged the year before; or no table.

    What the kind of review never asks, or may not be told of districts, has no column.
    """
    areas, cells = counts.areas(), _district_cells(counts)
    if len(areas) < 2 or not cells:
        return ()
    printed = replace(
        counts.table,
        table_id="council_districts",
        title=f"{_SHORT_TITLES[kind]}: børn vurderet pr. distrikt i året op til {counts.latest}",
        columns=(counts.table.column("area"), *cells),
        rows=tuple(zip((Cell(area) for area in areas), *cells.values(), strict=True)),
    )
    return (_with_words(printed, _districts_words(counts, cells)),)


def _district_cells(counts: CouncilCounts) -> dict[TableColumn, list[Cell]]:
    """The cells of every area under each column of the table over districts."""
    parts = [(column, counts.latest) for column in REVIEWED_COLUMNS]
    if counts.before:
        parts += [(replace(column, title=_YEAR_BEFORE[column.name]), counts.before) for column in JUDGED_COLUMNS]
    cells = {
        column: [counts.table.cell(column.name, period=period, area=area) for area in counts.areas()]
        for column, period in parts
        if column.name in counts.by_district
    }
    return {
        column: own
        for column, own in cells.items()
        if any(cell.status is not CellStatus.NOT_COMPUTABLE for cell in own)
    }


def _districts_words(counts: CouncilCounts, columns: Iterable[TableColumn]) -> str:
    """What the columns count that need more words than a title has room for, and why one is not there."""
    names = {column.name for column in columns}
    said = []
    if names >= {"exhausted_count", "recommended_count"}:
        said.append(_ASKED_WORDS)
    if "judged_possible_count" in names:
        said.append(f"Året før er året op til {counts.before}.")
    if "returned_count" in names:
        said.append("Tilbage er børn, der var i almen igen inden 12 måneder efter vurderingen.")
    elif counts.before:
        said.append("Der er for få børn til at vise pr. distrikt, hvem der var tilbage.")
    return " ".join(said)


def _median(context: ReportContext, record: dict[str, Any], counts: CouncilCounts) -> Cell:
    """A median is shown on as many children as a mean needs, and never beside counts that are hidden."""
    behind = [
        counts.table.cell(name, period=counts.latest, area=context.area_name(record["area_code"])).value
        for name in ("special_children_count", "never_reviewed_count")
    ]
    reviewed = int(record["special_children_count"]) - int(record["never_reviewed_count"])
    if None in behind:
        return HIDDEN
    if record["months_since_review_median"] is None:
        return Cell(None, CellStatus.NOT_COMPUTABLE)
    if reviewed < context.rule.minimum_group_children:
        return HIDDEN
    return Cell(round(float(record["months_since_review_median"]), 1))


def _standing_words(table: ProtectedTable, kind: str, reference: date) -> str:
    """ "Pr. 30. september 2026 var 87 børn i specialtilbud. 40 af dem var endnu ikke behandlet i Det Kreative Råd." """
    children, unseen = (
        table.cell(name, area=WHOLE_MUNICIPALITY).value for name in ("special_children_count", "never_reviewed_count")
    )
    if children is None or unseen is None:
        return TOO_FEW
    when = stock_date(reference)
    return (
        f"{when[:1].upper()}{when[1:]} var {counted(float(children), 'børn')} i specialtilbud. "
        f"{number(float(unseen))} af dem var endnu ikke behandlet {_AT[kind]}."
    )


def _returned_words(judged: ProtectedTable, kind: str) -> str:
    """Of the latest year whose twelve months have passed; nothing where a count is hidden."""
    for period in reversed(judged.values("period")):
        cases, returned, waiting = (
            judged.cell(name, period=period).value
            for name in ("judged_possible_count", "returned_count", "not_yet_due_count")
        )
        if waiting == 0 and cases and returned is not None:
            return (
                f"I året op til {period} blev det for {counted(float(cases), 'børn')} vurderet {_AT[kind]}, at de kunne vende "
                f"tilbage. {number(float(returned))} af dem var tilbage inden 12 måneder."
            )
    return ""


def _nothing_of_the_kind() -> str:
    titles = load_code_table("review_kinds").titles()
    return (
        f"Vi har ikke fået opfølgninger af arten {titles[COUNCIL]} eller {titles[REVISITATION]}. De er derfor ikke med."
    )


def _declared() -> tuple[DeclaredNumber, ...]:
    return (
        DeclaredNumber("12", "måneder efter vurderingen, som barnet følges"),
        DeclaredNumber("3", "trin 3, det laveste trin med specialtilbud"),
        DeclaredNumber("18", "alder, hvor barnet går ud af tallene"),
    )


def _source(context: ReportContext) -> str:
    return f"Kilde: {context.settings.municipality.name}s opfølgninger og elevregister."
