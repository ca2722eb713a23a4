"""What do the document's own indicators say? One table per principle: title, exact definition, number, unit, and who proposed it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from pipelines.committee.context import ReportContext
from pipelines.committee.cooperation.basis import counted_section, has_come
from pipelines.committee.cooperation.document import document_tables
from pipelines.committee.cooperation.indicators import answer
from pipelines.committee.cooperation.numbers import Numbers
from pipelines.contracts import load_contracts
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.municipalities.parts import Indicator
from pipelines.publish.danish import joined, number, rounded
from pipelines.publish.section import DeclaredNumber, Definition, HowSure, Notes, Section

QUESTION = "Hvad viser målene?"
PROPOSED = "foreslået af os"
_METHOD = "En ventetid er dagen, hvor halvdelen er i gang; den, der venter, tæller som ventende."
_VALUE = TableColumn("value", "Tal", "number", decimals=1)
_COLUMNS = (
    TableColumn("title", "Mål", "label"),
    TableColumn("definition", "Sådan er det talt", "label"),
    _VALUE,
    TableColumn("unit", "Enhed", "label"),
    TableColumn("note", "Bemærkning", "label"),
)


def indicator_section(context: ReportContext) -> Section | None:
    """The section with the indicators of a document that is made of principles; None for one that promises meetings.

    There they stand with the last question: page 1 has room for six answers.
    """
    if not context.settings.profile.principles:
        return None
    tables = indicator_tables(context)
    shown, every = _numbers_of(tables)
    return counted_section(
        "indicators",
        QUESTION,
        f"{number(shown)} af {number(every)} mål har et tal.",
        "Tallene står i tabellerne til sidst.",
        tables=(*tables, *document_tables(context)),
        how_sure=HowSure(
            number="Et mål er et tal for hele kommunen og ét skoleår.",
            cause="Et mål viser, hvor meget der er gjort. Det viser ikke, om det hjalp.",
            data="Et mål uden tal siger hvorfor: skjult, ikke modtaget, eller kan ikke beregnes.",
            needed="Lever de kilder, der mangler. De er nævnt ud for målet.",
        ),
        not_shown=("Målene er ikke vægtet, og de er ikke lagt sammen til ét tal.",),
        method=(_METHOD,),
        declared=(DeclaredNumber(number(shown), "mål med et tal"), DeclaredNumber(number(every), "mål i profilen")),
    )


def with_indicators(context: ReportContext, section: Section | None) -> Section | None:
    """The last question's section, and after its own tables the indicators of a document that promises meetings."""
    if section is None or context.settings.profile.principles:
        return section
    return replace(
        section,
        tables=(*section.tables, *indicator_tables(context), *document_tables(context)),
        method=(*section.method, f"Målene til sidst: {_METHOD}"),
    )


def indicator_tables(context: ReportContext) -> tuple[ProtectedTable, ...]:
    """One table per principle, or one in all."""
    numbers = Numbers(context)
    parts = _parts(context, context.settings.profile.indicators)
    return tuple(_table(context, numbers, place, title, own) for place, (title, own) in enumerate(parts, 1) if own)


def _numbers_of(tables: Sequence[ProtectedTable]) -> tuple[int, int]:
    """(How many indicators have a number, how many there are)."""
    values = [cell for table in tables for cell in _cells(table, "value")]
    return sum(1 for cell in values if cell.status is CellStatus.SHOWN), len(values)


def not_measured_notes(context: ReportContext) -> Notes:
    """What the document promises and no log can show, with the reason, for the last page."""
    return Notes(
        definitions=tuple(
            Definition(each.promise.rstrip("."), f"{each.because[:1].upper()}{each.because[1:]}")
            for each in context.settings.profile.not_measured
        )
    )


def _parts(context: ReportContext, indicators: Sequence[Indicator]) -> Iterable[tuple[str, list[Indicator]]]:
    """The indicators under their principles; without principles all in one."""
    principles = context.settings.profile.principles
    if not principles:
        return [("Dokumentets mål", list(indicators))]
    return [
        (principle.title, [each for each in indicators if each.principle == principle.code]) for principle in principles
    ]


def _table(
    context: ReportContext, numbers: Numbers, place: int, title: str, indicators: Sequence[Indicator]
) -> ProtectedTable:
    rows = [_row(context, numbers, indicator) for indicator in indicators]
    return protect(
        rows,
        table_id=f"indicators_{place}",
        title=f"{title}, skoleåret {numbers.year}",
        columns=_COLUMNS,
        source=f"Kilde: {context.settings.municipality.name}s kilder, som de er nævnt i datakontrakterne.",
        rule=context.rule,
    )


def _row(context: ReportContext, numbers: Numbers, indicator: Indicator) -> dict[str, Any]:
    """One indicator; where a source has not come there is no number, and the note names the source."""
    missing = [source for source in indicator.measure.sources if not has_come(context, source)]
    notes = [PROPOSED] if indicator.is_proposed_by_us else []
    value: float | CellStatus
    if missing:
        titles = load_contracts("source")
        notes.append(f"mangler {joined([titles[source].title for source in missing])}")
        value = CellStatus.NOT_RECEIVED
    else:
        found = answer(numbers, indicator)
        # the table knows no more than its reader: a mean with many decimals tells how many it is of
        value = found.status if found.value is None else float(rounded(found.value, _VALUE.decimals))
    return {
        "title": indicator.title,
        "definition": indicator.definition,
        "value": value,
        "unit": indicator.measure.unit,
        "note": "; ".join(notes) or "-",
    }


def _cells(table: ProtectedTable, name: str) -> list[Cell]:
    return [row[table.column_index(name)] for row in table.rows]
