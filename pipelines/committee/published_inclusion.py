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
from pipelines.committee.definition_words import described_definition, owner_names
from pipelines.committee.municipality_in_country import TOPICS, municipality_name, open_cell
from pipelines.committee.published_outside import WHOLE_COUNTRY
from pipelines.committee.published_pupils import implied_tables, implied_words, place_tables, place_words
from pipelines.disclosure.table import Cell, ProtectedTable, TableColumn
from pipelines.publish.danish import NBSP, joined, number
from pipelines.publish.section import Definition, HowSure, Notes, Section
from pipelines.publish.share_series import protect_series

NOT_IN_OPEN_DATA: Final = "ikke i de åbne data, vi har"
_ANCHORS: Final = (("stil_kommunal", "inclusion_pct"), ("benchmark_alle_0_9", "segregation_pct"))
_PUBLISHED: Final = """
SELECT definition_id, measure_code, area_code, pupil_group_code, school_year, figure_value, value_status_code, confidence_code,
       source_url
FROM marts.mart_published_inclusion
WHERE area_code IN (?, ?) AND measure_code NOT IN ('segregated_pupils_count', 'pupils_count')
ORDER BY definition_id, area_code DESC, measure_code, pupil_group_code, school_year
"""
_WHERE_TAUGHT: Final[Mapping[str, str]] = {
    "inclusion_pct": "i almen undervisning",
    "segregation_pct": "uden for almen undervisning",
    "start_in_special_pct": "i specialtilbud fra 0. klasse",
    "daycare_to_special_pct": "fra alment dagtilbud direkte til specialtilbud",
}
_BY_WHOM: Final[Mapping[str, str]] = {
    "stil_kommunal": "efter ministeriets definition",
    "benchmark_alle_0_9": "efter Benchmarkingenhedens definition",
    "buvm_0_klasse": "efter ministeriets opgørelse af nye elever",
    "kommunens_egen": "efter kommunens egen opgørelse",
}
_DELIVERED: Final = "SELECT DISTINCT definition_id FROM marts.mart_published_inclusion ORDER BY definition_id"


def inclusion_section(context: ReportContext, *, municipality_code: str) -> Section:
    """Published inclusion figures, a table per definition; level 0, no figure. Raises: KeyError for an unknown code."""
    name = municipality_name(municipality_code)
    records = context.records(_PUBLISHED, [WHOLE_COUNTRY, municipality_code])
    own = [record for record in records if record["area_code"] == municipality_code]
    tables = tuple(_table(context, definition, records) for definition in _distinct_definitions(records))
    names = {code: municipality_name(code) for code in (WHOLE_COUNTRY, municipality_code)}
    pupils = implied_tables(context, area_codes=tuple(names), names=names)
    places = place_tables(context, municipality_code=municipality_code)
    return Section(
        section_id="inclusion",
        question="Hvor mange elever går i almen undervisning?",
        answer=_answer(name, own, tables),
        support=_anchor_words(records, tables),
        level=0,
        level_reason="Tallene er talt op af dem, der har offentliggjort dem.",
        tables=(*tables, *pupils, *places),
        figures=(),
        how_sure=HowSure(
            number="Kilderne giver ingen usikkerhed. Gamle år bliver rettet, når registret bliver opdateret.",
            cause="Definitionerne er ikke ens. Ministeriet tæller kun kommunale skoler, Benchmarkingenheden alle skoler. "
            + implied_words(pupils, area=names[WHOLE_COUNTRY], by_whom=_by_whom()),
            data=_country_words(records, tables),
            needed=f"Tal for hver kommune, år for år, er {NOT_IN_OPEN_DATA}. Ministeriet har dem. "
            + place_words(places, by_whom=_by_whom()),
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
        definitions=country_definitions(str(row["definition_id"]) for row in context.records(_DELIVERED)),
    )
    own_calculation = "Tallene for trivsel og uddannelse er regnet ud af andre end STIL, på grundlag af åbne tal."
    return replace(notes, attention=(*notes.attention, own_calculation))


def country_definitions(delivered: Iterable[str] = ()) -> tuple[Definition, ...]:
    """Every open indicator that is shown and every published definition that is packaged or delivered, for the last page."""
    described = {*_BY_WHOM, *delivered}
    shown = {topic.indicator_id for topic in TOPICS}
    indicators = [
        Definition(row["title"].capitalize(), f"{row['source']}.")
        for row in load_code_table("open_indicators").rows
        if row["code"] in shown
    ]
    published = [
        described_definition(row, with_day=False)
        for row in load_code_table("segregation_definitions").rows
        if row["code"] in described
    ]
    return (*indicators, *published)


def _by_whom() -> dict[str, str]:
    """Whose count a figure is, for every definition: a municipality may deliver others than those that are packaged."""
    return {code: f"talt som {name}" for code, name in owner_names().items()} | dict(_BY_WHOM)


def _distinct_definitions(records: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(record["definition_id"]) for record in records))


def _table(context: ReportContext, definition: str, records: Sequence[Mapping[str, Any]]) -> ProtectedTable:
    """The figures of one definition only: the municipality's own first, then the whole country's."""
    confidences = load_code_table("confidences").titles()
    rows = [
        {
            "definition_id": record["definition_id"],
            "area": municipality_name(str(record["area_code"])),
            "measure": _measure(record),
            "school_year": record["school_year"],
            "figure_value": open_cell(record),
            "confidence": confidences.get(str(record["confidence_code"]), "ikke oplyst"),
            "source": _host(record["source_url"]),
        }
        for record in records
        if record["definition_id"] == definition
    ]
    return protect_series(
        rows,
        area="area",
        period="school_year",
        share="figure_value",
        table_id=f"published_{definition}",
        title=f"Definition: {load_code_table('segregation_definitions').titles()[definition]}",
        columns=(
            TableColumn("area", "Område", "label"),
            TableColumn("measure", "Mål og elever", "label"),
            TableColumn("school_year", "Skoleår", "label"),
            TableColumn("figure_value", "Procent", "number", unit="%", decimals=1),
            TableColumn("confidence", "Sikkerhed", "label"),
            TableColumn("source", "Kilde", "label"),
        ),
        source="Kilde: de steder, der står i tabellen.",
        rule=context.rule,
    ).table


def _measure(record: Mapping[str, Any]) -> str:
    """What the percentage is of, and of whom where that is not everybody."""
    measures, pupils = load_code_table("segregation_measures").titles(), load_code_table("pupil_groups").titles()
    whom = "" if record["pupil_group_code"] == "all" else f", {pupils[record['pupil_group_code']]}"
    return f"{measures[record['measure_code']].removeprefix('andel ')}{whom}"


def _host(source_url: str | None) -> str:
    """Whose page it is: the last two parts of its address."""
    return ".".join(urlparse(str(source_url or "")).netloc.split(".")[-2:]) or "ikke oplyst"


def _answer(name: str, own: Sequence[Mapping[str, Any]], tables: Sequence[ProtectedTable]) -> str:
    said = [
        f"{told} {_WHERE_TAUGHT[record['measure_code']]} i {record['school_year']} {_by_whom()[record['definition_id']]}"
        for record in own
        if record["pupil_group_code"] == "all" and (told := _told(record, tables))
    ]
    if not said and own:
        return f"Kilden viser ikke tal for {name}."
    if not said:
        return f"Tal for {name} er {NOT_IN_OPEN_DATA}."
    are = "Det offentliggjorte tal for {} er" if len(said) == 1 else "De offentliggjorte tal for {} er"
    return f"{are.format(name)} {joined(said)}."


def _anchor_words(records: Sequence[Mapping[str, Any]], tables: Sequence[ProtectedTable]) -> str:
    """The newest figure of the whole country under the ministry's definition, as a reference."""
    national = _national(records, *_ANCHORS[0])
    told = _told(national[-1], tables) if national else ""
    return f"Hele landet: {told} i {national[-1]['school_year']} {_BY_WHOM[_ANCHORS[0][0]]}." if told else ""


def _country_words(records: Sequence[Mapping[str, Any]], tables: Sequence[ProtectedTable]) -> str:
    """First and newest figure of the whole country, a sentence per definition, never two in one."""
    said = []
    for definition, measure in _ANCHORS:
        national = _national(records, definition, measure)
        if national:
            ends = [f"{_told(record, tables)} i {record['school_year']}" for record in (national[0], national[-1])]
            said.append(f"Hele landet {_BY_WHOM[definition]}: {ends[0]} og {ends[1]} {_WHERE_TAUGHT[measure]}.")
    return " ".join(said) or f"Tal for hele landet er {NOT_IN_OPEN_DATA}."


def _national(records: Sequence[Mapping[str, Any]], definition: str, measure: str) -> list[Mapping[str, Any]]:
    """Published figures of all pupils in the whole country under one definition, oldest first."""
    wanted = (WHOLE_COUNTRY, definition, measure, "all")
    keys = ("area_code", "definition_id", "measure_code", "pupil_group_code")
    return [
        record
        for record in records
        if tuple(record[key] for key in keys) == wanted and record["figure_value"] is not None
    ]


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
