"""What is published on inclusion, for the country and for one municipality, each figure under its own definition?

From `marts.mart_published_inclusion` into one table per definition. Two definitions never share a table, and the figures are
single published numbers that were never meant as a series: hence no figure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlparse

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.committee.data_quality import data_quality_notes
from pipelines.committee.municipality_in_country import TOPICS, municipality_name, open_cell
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, ProtectedTable, TableColumn
from pipelines.publish.danish import NBSP, joined, number
from pipelines.publish.section import Definition, HowSure, Notes, Section

NOT_IN_OPEN_DATA: Final = "ikke i de åbne data, vi har"
WHOLE_COUNTRY: Final = "000"
_ANCHOR: Final = ("stil_kommunal", "inclusion_pct")
_PUBLISHED: Final = """
SELECT definition_id, measure_code, area_code, pupil_group_code, school_year, figure_value, value_status_code, confidence_code,
       source_url
FROM marts.mart_published_inclusion
WHERE area_code IN (?, ?) AND measure_code <> 'segregated_pupils_count'
ORDER BY definition_id, area_code DESC, measure_code, pupil_group_code, school_year
"""
_BY_WHOM: Final[Mapping[str, str]] = {
    "stil_kommunal": "efter ministeriets definition",
    "benchmark_alle_0_9": "efter Benchmarkingenhedens definition",
    "buvm_0_klasse": "efter ministeriets opgørelse af nye elever",
    "kommunens_egen": "efter kommunens egen opgørelse",
}


def inclusion_section(context: ReportContext, *, municipality_code: str) -> Section:
    """Published inclusion figures, a table per definition; level 0, no figure. Raises: KeyError for an unknown code."""
    name = municipality_name(municipality_code)
    records = context.records(_PUBLISHED, [WHOLE_COUNTRY, municipality_code])
    own = [record for record in records if record["area_code"] == municipality_code]
    tables = tuple(_table(context, definition, records) for definition in _distinct_definitions(records))
    return Section(
        section_id="inclusion",
        question="Hvor mange elever går i almen undervisning?",
        answer=_answer(name, own, tables),
        support=_anchor_words(records, tables),
        level=0,
        level_reason="Tallene er talt op af dem, der har offentliggjort dem.",
        tables=tables,
        figures=(),
        how_sure=HowSure(
            number="Kilderne giver ingen usikkerhed. Gamle år bliver rettet, når registret bliver opdateret.",
            cause="Definitionerne er ikke ens. Ministeriet tæller kun kommunale skoler, Benchmarkingenheden alle skoler.",
            data=f"En række af år for hver kommune er {NOT_IN_OPEN_DATA}.",
            needed="Ministeriet har tallene for hver kommune. De kan hentes med en gratis nøgle.",
        ),
        not_shown=(
            "To definitioner må ikke holdes op mod hinanden.",
            "Tallene er enkelte tal og ikke en serie. Derfor er der ingen figur.",
        ),
        method=("Hvert tal står, som det er offentliggjort, under sin egen definition. Kilden står ved tallet.",),
    )


def country_notes(context: ReportContext) -> Notes:
    """Warnings for page 1, definitions and data-quality tables of the report on open figures."""
    notes = data_quality_notes(
        context,
        needed_sources=("open_figures", "segregation_figures"),
        marts=("mart_open_figure", "mart_published_inclusion"),
        definitions=country_definitions(),
    )
    own_calculation = "Trivsel og forældrenes uddannelse er egen beregning efter STIL og ikke officielle tal."
    return replace(notes, attention=(*notes.attention, own_calculation))


def country_definitions() -> tuple[Definition, ...]:
    """Every open indicator that is shown and every published definition, for the last page."""
    shown = {topic.indicator_id for topic in TOPICS}
    indicators = [
        Definition(row["title"].capitalize(), f"{row['source']}.")
        for row in load_code_table("open_indicators").rows
        if row["code"] in shown
    ]
    published = [
        Definition(
            f"{row['title'][:1].upper()}{row['title'][1:]}",
            f"{row['numerator_text'].capitalize()} ud af {row['denominator_text']}. Kilde: {row['source']}.",
        )
        for row in load_code_table("segregation_definitions").rows
        if row["code"] in _BY_WHOM
    ]
    return (*indicators, *published)


def _distinct_definitions(records: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(record["definition_id"]) for record in records))


def _table(context: ReportContext, definition: str, records: Sequence[Mapping[str, Any]]) -> ProtectedTable:
    """The figures of one definition only: the municipality's own first, then the whole country's."""
    confidences = load_code_table("confidences").titles()
    rows = [
        {
            "area": municipality_name(str(record["area_code"])),
            "measure": _measure(record),
            "school_year": record["school_year"],
            "figure_value": open_cell(record),
            "confidence": confidences.get(str(record["confidence_code"]), "ikke oplyst"),
            "source": urlparse(str(record["source_url"] or "")).netloc.removeprefix("www.") or "ikke oplyst",
        }
        for record in records
        if record["definition_id"] == definition
    ]
    return protect(
        rows,
        table_id=f"published_{definition}",
        title=f"Definition: {load_code_table('segregation_definitions').titles()[definition]}",
        columns=(
            TableColumn("area", "Område", "label"),
            TableColumn("measure", "Mål og elever", "label"),
            TableColumn("school_year", "Skoleår", "label"),
            TableColumn("figure_value", "Offentliggjort tal", "number", unit="%", decimals=1),
            TableColumn("confidence", "Sikkerhed", "label"),
            TableColumn("source", "Kilde", "label"),
        ),
        source="Kilde: de steder, der står i tabellen.",
        rule=context.rule,
    )


def _measure(record: Mapping[str, Any]) -> str:
    measures, pupils = load_code_table("segregation_measures").titles(), load_code_table("pupil_groups").titles()
    return f"{measures[record['measure_code']]}, {pupils[record['pupil_group_code']]}"


def _answer(name: str, own: Sequence[Mapping[str, Any]], tables: Sequence[ProtectedTable]) -> str:
    measures = load_code_table("segregation_measures").titles()
    said = [
        f"{told} ({measures[record['measure_code']]}, {record['school_year']}, {_BY_WHOM[record['definition_id']]})"
        for record in own
        if (told := _told(record, tables))
    ]
    if not said:
        return f"Tal for {name} er {NOT_IN_OPEN_DATA}."
    return f"For {name} er der offentliggjort {joined(said)}."


def _anchor_words(records: Sequence[Mapping[str, Any]], tables: Sequence[ProtectedTable]) -> str:
    """The newest figure of the whole country under the ministry's definition, as a reference."""
    national = [
        record
        for record in records
        if record["area_code"] == WHOLE_COUNTRY
        and (record["definition_id"], record["measure_code"]) == _ANCHOR
        and record["pupil_group_code"] == "all"
    ]
    told = _told(national[-1], tables) if national else ""
    if not told:
        return ""
    by_whom = _BY_WHOM[_ANCHOR[0]]
    return f"I hele landet gik {told} i almen undervisning i {national[-1]['school_year']} {by_whom}."


def _told(record: Mapping[str, Any], tables: Sequence[ProtectedTable]) -> str:
    """The figure of `record` as its protected table shows it, in per cent; empty when it is not shown."""
    table = next(table for table in tables if table.table_id == f"published_{record['definition_id']}")
    cell: Cell = table.cell(
        "figure_value",
        area=municipality_name(str(record["area_code"])),
        measure=_measure(record),
        school_year=record["school_year"],
    )
    return f"{number(cell.value, 1)}{NBSP}procent" if isinstance(cell.value, (int, float)) else ""
