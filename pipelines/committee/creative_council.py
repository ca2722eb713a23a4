"""Who follows the children in special settings, and do they return when that is judged possible? Two tables and a sentence.

Read from marts.mart_creative_council: the Kreative Råd, or where a municipality has none, the yearly revisitation.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from pipelines.codes import load_code_table
from pipelines.committee import special_children
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.missing import missing_words
from pipelines.committee.section_part import SectionPart
from pipelines.disclosure.protect import HIDDEN, protect
from pipelines.disclosure.relations import Total, TotalColumn, TotalRow
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish.danish import counted, number, stock_date, text_date
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
_STANDING = ("never_reviewed_count", "return_possible_count", "return_not_possible_count", "return_not_judged_count")
_OUTCOMES = ("returned_count", "remained_count", "other_end_count", "not_yet_due_count")
_STANDING_COLUMNS = (
    TableColumn("area", "Distrikt", "label"),
    TableColumn("special_children_count", "Børn i specialtilbud", "count"),
    TableColumn("never_reviewed_count", "Endnu ikke behandlet", "count"),
    TableColumn("return_possible_count", "Kan vende tilbage", "count"),
    TableColumn("return_not_possible_count", "Kan ikke vende tilbage endnu", "count"),
    TableColumn("return_not_judged_count", "Ikke vurderet", "count"),
    TableColumn("months_since_review_median", "Måneder siden sidste behandling (median)", "number", decimals=1),
)
_JUDGED_COLUMNS = (
    TableColumn("period", "Året op til", "label"),
    TableColumn("reviewed_count", "Behandlet", "count"),
    TableColumn("exhausted_count", "Muligheder udtømt", "count"),
    TableColumn("recommended_count", "Indstillet", "count"),
    TableColumn("judged_possible_count", "Kan vende tilbage", "count"),
    TableColumn("returned_count", "Heraf tilbage", "count"),
    TableColumn("remained_count", "Heraf ikke tilbage", "count"),
    TableColumn("other_end_count", "Heraf ude", "count"),
    TableColumn("not_yet_due_count", "Heraf for tidligt at sige", "count"),
)
_DISAGREE = (
    "Børnene uden for almen står ikke alle på trin 3 eller højere i samme distrikt, "
    "så tallene kan ikke vises ved siden af hinanden."
)
_COLUMN_WORDS = (
    "Udtømt er de almene muligheder, og indstillet er til visitation. Barnet tæller i det år, hvor det først blev vurderet, at det "
    "kan vende tilbage. Ude er fyldt 18 år, flyttet eller uden kendt plads."
)
_RESTS = (
    TableColumn("unexhausted_count", "Almene muligheder ikke udtømt", "count"),
    TableColumn("unrecommended_count", "Ikke indstillet", "count"),
)
STANDING_TOTALS: tuple[Total, ...] = (
    TotalColumn("special_children_count", _STANDING),
    TotalRow("area", WHOLE_MUNICIPALITY, columns=("special_children_count", *_STANDING)),
    *special_children.TOTALS,
)
"""What a reader can add up in the table over districts, with the report's other tables beside it."""
JUDGED_TOTALS: tuple[Total, ...] = (
    TotalColumn("judged_possible_count", _OUTCOMES),
    TotalColumn("reviewed_count", ("exhausted_count", "unexhausted_count")),
    TotalColumn("reviewed_count", ("recommended_count", "unrecommended_count")),
)
"""What a reader can add up in the table over years; the rests have no column there, but follow by subtraction."""


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
    reference = max(record["reference_date"] for record in records)
    of_day = context.area_order([row for row in records if row["reference_date"] == reference])
    standing, untold = _standing_tables(context, of_day, kind=kind, reference=reference)
    judged = protect_judged(context, [row for row in records if row["area_kind"] == "municipality"], kind=kind)
    shown = judged.excerpt("council_judged", title=judged.title, columns=[column.name for column in _JUDGED_COLUMNS])
    standing = tuple(_with_words(table, _standing_words(table, kind, reference)) for table in standing)
    return SectionPart(
        (*standing, _with_words(shown, f"{_returned_words(shown, kind)} {_COLUMN_WORDS}".strip())), untold, _declared()
    )


def _with_words(table: ProtectedTable, words: str) -> ProtectedTable:
    """The table with a sentence on it after its source."""
    return replace(table, source=f"{table.source} {words}".strip())


def _standing_tables(
    context: ReportContext, records: Sequence[dict[str, Any]], *, kind: str, reference: date
) -> tuple[tuple[ProtectedTable, ...], tuple[str, ...]]:
    """(The table over districts, without districts, or none where the other tables would give its numbers away; why none)."""
    whole = [record for record in records if record["area_kind"] == "municipality"]
    for rows in (records, whole):
        try:
            told = special_children.with_other_counts(context, rows, reference)
            standing = protect_standing(context, told, kind=kind, reference=reference)
        except special_children.CountsDisagreeError:
            return (), (f"{_SHORT_TITLES[kind]}: {_DISAGREE}",)
        except ValueError:
            # What the other tables show leaves nothing to hide: fewer rows may.
            continue
        return (printed_standing(context, standing, rows),), ()
    return (), (f"{_SHORT_TITLES[kind]}: {TOO_FEW}",)


def protect_standing(
    context: ReportContext, records: Sequence[dict[str, Any]], *, kind: str, reference: date
) -> ProtectedTable:
    """Children in special settings on one day by district and last judgement; the median where enough were reviewed.

    records: rows of the mart with the counts of `with_other_counts`, which other tables of the report show.

    Raises:
        ValueError: what the other tables show leaves nothing to hide.
    """
    rows = [{**record, "area": context.area_name(record["area_code"])} for record in records]
    return protect(
        rows,
        table_id="council_standing_with_other_tables",
        title=f"{_SHORT_TITLES[kind]}: børn i specialtilbud {stock_date(reference)}",
        columns=(*_STANDING_COLUMNS[:-1], *special_children.COLUMNS),
        source=_source(context),
        rule=context.rule,
        totals=STANDING_TOTALS,
        published=special_children.shown_elsewhere(rows, context.rule),
    )


def printed_standing(
    context: ReportContext, standing: ProtectedTable, records: Sequence[dict[str, Any]]
) -> ProtectedTable:
    """The protected counts as printed, each with the median months since the last review."""
    median = {context.area_name(record["area_code"]): _median(context, record, standing) for record in records}
    names = [column.name for column in _STANDING_COLUMNS[:-1]]
    printed = standing.excerpt("council_standing", title=standing.title, columns=names)
    return replace(
        printed,
        columns=_STANDING_COLUMNS,
        rows=tuple((*row, median[str(row[0].value)]) for row in printed.rows),
    )


def _median(context: ReportContext, record: dict[str, Any], standing: ProtectedTable) -> Cell:
    """A median is shown on as many children as a mean needs, and never beside counts that are hidden."""
    behind = [
        standing.cell(name, area=context.area_name(record["area_code"])).value
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


def protect_judged(context: ReportContext, records: Sequence[dict[str, Any]], *, kind: str) -> ProtectedTable:
    """What was judged per year in the whole municipality, and what came of a return judged possible; with the rests."""
    rows = [
        {
            **record,
            "period": text_date(record["reference_date"]),
            "unexhausted_count": _rest(record, "exhausted_count"),
            "unrecommended_count": _rest(record, "recommended_count"),
        }
        for record in sorted(records, key=lambda row: row["reference_date"])
    ]
    return protect(
        rows,
        table_id="council_judged_with_rests",
        title=f"{_SHORT_TITLES[kind]}: børn vurderet i hele kommunen, og hvad der skete inden 12 måneder",
        columns=(*_JUDGED_COLUMNS, *_RESTS),
        source=_source(context),
        rule=context.rule,
        totals=JUDGED_TOTALS,
    )


def _rest(record: dict[str, Any], name: str) -> int | None:
    return None if record[name] is None else int(record["reviewed_count"]) - int(record[name])


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
