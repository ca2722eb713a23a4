"""Where does one real municipality lie among the 98, on open figures? As a place in a distribution, never as a rank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import EMPTY_CELL_TEXT, Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.distribution import place_among
from pipelines.publish.danish import NBSP, joined, number
from pipelines.publish.figures import FigureWords, distribution_strips, line_among_municipalities
from pipelines.publish.section import DeclaredNumber, Definition, Figure, HowSure, Section
from pipelines.publish.sentences import place_among_points

WHOLE_COUNTRY = "000"
NOT_IN_OPEN_DATA = "ikke i de åbne data, vi har"
_VALUES = """
SELECT municipality_code, period, figure_value, value_status_code
FROM marts.mart_open_figure
WHERE indicator_id = ? AND group_code = ?
ORDER BY period, municipality_code
"""
_PUBLISHED = """
SELECT definition_id, measure_code, area_code, pupil_group_code, school_year, figure_value, value_status_code, confidence_code
FROM marts.mart_published_inclusion
WHERE area_code IN ('000', ?) AND measure_code <> 'segregated_pupils_count'
ORDER BY definition_id, measure_code, area_code DESC, pupil_group_code, school_year
"""


@dataclass(frozen=True)
class Topic:
    """One question on one open indicator: its groups of pupils or children, its unit, and the words around it."""

    section_id: str
    question: str
    subject: str
    indicator_id: str
    groups: tuple[str, ...]
    unit: str
    decimals: int
    scale_words: str
    not_shown: str


WELLBEING = Topic(
    "wellbeing",
    "Hvordan trives eleverne?",
    "Elevernes trivsel",
    "wellbeing_mean_points",
    ("middle_grades", "upper_grades"),
    "point",
    2,
    "Trivsel går fra 1 til 5; et højere tal er mere trivsel.",
    "Tallet siger ikke, hvorfor eleverne trives, som de gør.",
)
ABSENCE = Topic(
    "absence",
    "Hvor meget er eleverne væk fra skolen?",
    "Elevernes fravær",
    "absence_pct",
    ("middle_grades", "upper_grades"),
    "%",
    1,
    "Fravær er alle slags fravær i procent af skoledagene.",
    "Tallet skelner ikke mellem sygdom, lovligt og ulovligt fravær.",
)
NORMERING = Topic(
    "normering",
    "Hvor mange børn er der pr. voksen i dagtilbud?",
    "Antal børn pr. voksen",
    "children_per_adult_ratio",
    ("age_0_2", "age_3_5"),
    "børn",
    1,
    "Et lavere tal betyder flere voksne til børnene.",
    "Tallet er et gennemsnit over året og alle institutioner. Det siger intet om den enkelte dag eller institution.",
)
_BREAK = "Ministeriet gør normeringen op på en ny måde fra 2022/23. Tal før og efter kan ikke sammenlignes helt."


def topic_section(context: ReportContext, topic: Topic, *, municipality_code: str) -> Section:
    """One topic over time: the municipality's line beside the middle of the 98 for the last group, tables for all; level 0."""
    name = municipality_name(municipality_code)
    groups = load_code_table("open_figure_groups").titles()
    tables = {group: _over_time(context, topic, group, municipality_code) for group in topic.groups}
    first, main = topic.groups
    return Section(
        section_id=topic.section_id,
        question=topic.question,
        answer=_answer(topic, tables[main], groups[main]),
        support=_support(topic, tables[first], groups[first]),
        level=0,
        level_reason="Tallene er talt op. De er ikke justeret for forskelle mellem kommunerne.",
        tables=tuple(tables.values()),
        figures=(_line(topic, tables[main], groups[main], name),),
        how_sure=HowSure(
            number="Alle børn i registret er talt med. Små forskelle fra år til år kan være tilfældige.",
            cause="Kommunerne er forskellige fra starten. Forskelle her viser ikke, om en kommune gør det godt.",
            data=_data_words(topic, tables),
            needed="Skal kommuner sammenlignes, må der tages højde for, hvilke børn der bor der.",
        ),
        not_shown=(topic.not_shown, "Figuren er en fordeling og ikke en rangliste."),
        method=(
            topic.scale_words,
            f"Kilde: {_indicator(topic.indicator_id)['source']}.",
            "Det grå felt går fra den kommune, som en fjerdedel ligger under, til den, som en fjerdedel ligger over.",
        ),
        declared_numbers=_declared_periods(tables.values()),
    )


def distribution_section(context: ReportContext, *, municipality_code: str) -> Section:
    """All municipalities in the newest period of each topic, one dot each, the own one named; level 0."""
    name = municipality_name(municipality_code)
    topics = (WELLBEING, ABSENCE, NORMERING)
    newest = {topic.section_id: _newest_period(context, topic) for topic in topics}
    table = _all_municipalities(context, topics, newest)
    figures = tuple(_strip(topic, table, newest[topic.section_id], name) for topic in topics)
    own = table.find(municipality=name)
    shown = sum(cell.status is CellStatus.SHOWN for cell in own[1:])
    return Section(
        section_id="distribution",
        question="Hvor ligger kommunen blandt de 98?",
        answer=f"Figurerne viser {name} blandt landets kommuner. Det er en fordeling og ikke en rangliste.",
        support="En prik er en kommune. Det grå felt er den midterste halvdel.",
        level=0,
        level_reason="Tallene er talt op. De er ikke justeret for forskelle mellem kommunerne.",
        tables=(table,),
        figures=figures,
        how_sure=HowSure(
            number="Kommuner med få børn svinger mere end store kommuner.",
            cause="En plads i fordelingen siger ikke noget om kvalitet.",
            data=f"{name} har tal for {number(shown)} af {number(len(own) - 1)} nøgletal.",
            needed="Skal kommuner sammenlignes, må der tages højde for, hvilke børn der bor der.",
        ),
        not_shown=("Figurerne viser ikke, hvem der er først eller sidst.", "De viser ikke udviklingen over tid."),
        method=("Tallene er fra den nyeste periode, som kilden har offentliggjort.",),
        declared_numbers=(
            DeclaredNumber("98", "kommuner i landet"),
            DeclaredNumber("1", "trivselsskalaens laveste tal"),
            DeclaredNumber("5", "trivselsskalaens højeste tal"),
            DeclaredNumber(str(len(own) - 1), "nøgletal i tabellen"),
            DeclaredNumber(str(shown), "nøgletal med tal for kommunen"),
            *_declared_texts(newest.values()),
        ),
    )


def inclusion_section(context: ReportContext, *, municipality_code: str) -> Section:
    """Published inclusion figures, each under its own definition; no figure, since two definitions never share an axis."""
    name = municipality_name(municipality_code)
    records = context.records(_PUBLISHED, [municipality_code])
    tables = tuple(
        _published_table(context, definition, [r for r in records if r["definition_id"] == definition])
        for definition in dict.fromkeys(str(record["definition_id"]) for record in records)
    )
    own = [record for record in records if record["area_code"] == municipality_code]
    return Section(
        section_id="inclusion",
        question="Hvor mange elever går i almen undervisning?",
        answer=_inclusion_answer(name, own),
        support="Tallene for hele landet står i tabellerne, hver under sin egen definition.",
        level=0,
        level_reason="Tallene er talt op af dem, der har offentliggjort dem.",
        tables=tables,
        figures=(),
        how_sure=HowSure(
            number="Kilden angiver ingen usikkerhed. Gamle år bliver rettet, hver gang registret opdateres.",
            cause="Definitionerne er ikke ens. Den ene tæller kun kommunale skoler, den anden alle elever.",
            data=f"En serie pr. kommune er {NOT_IN_OPEN_DATA}.",
            needed="Ministeriet har tallene pr. kommune. De kan hentes med en gratis nøgle.",
        ),
        not_shown=("To definitioner må ikke holdes op mod hinanden. Derfor er der ingen figur.",),
        method=("Hvert tal står, som det er offentliggjort. M betyder presse eller afledt, H er læst hos kilden.",),
        declared_numbers=_declared_texts(str(record["school_year"]) for record in records),
    )


def country_definitions() -> tuple[Definition, ...]:
    """Every open indicator and every published definition, for the last page."""
    indicators = [
        Definition(row["title"].capitalize(), f"{row['source']}.") for row in load_code_table("open_indicators").rows
    ]
    published = {"stil_kommunal", "benchmark_alle_0_9", "buvm_0_klasse", "kommunens_egen"}
    definitions = [
        Definition(
            row["title"].capitalize(),
            f"{row['numerator_text'].capitalize()} ud af {row['denominator_text']}. Kilde: {row['source']}.",
        )
        for row in load_code_table("segregation_definitions").rows
        if row["code"] in published
    ]
    return (*indicators, *definitions)


def municipality_name(code: str) -> str:
    """The name of a municipality by its three-digit code. Raises KeyError for an unknown one."""
    return load_code_table("municipalities").titles()[code]


def _over_time(context: ReportContext, topic: Topic, group: str, municipality_code: str) -> ProtectedTable:
    records = context.records(_VALUES, [topic.indicator_id, group])
    rows = []
    for period in dict.fromkeys(str(record["period"]) for record in records):
        values = {record["municipality_code"]: record for record in records if record["period"] == period}
        known = [None if r["figure_value"] is None else float(r["figure_value"]) for r in values.values()]
        place = place_among(None, known)
        rows.append(
            {
                "period": period,
                "own": _own_cell(values.get(municipality_code)),
                "median": place.median,
                "lower_quartile": place.lower_quartile,
                "upper_quartile": place.upper_quartile,
                "municipalities_count": place.n,
            }
        )
    title = load_code_table("open_figure_groups").titles()[group]
    return protect(
        rows,
        table_id=f"{topic.indicator_id}_{group}",
        title=f"{topic.subject}, {title}",
        columns=(
            TableColumn("period", "Periode", "label"),
            TableColumn(
                "own", municipality_name(municipality_code), "number", unit=topic.unit, decimals=topic.decimals
            ),
            TableColumn("median", "Midten af kommunerne", "number", unit=topic.unit, decimals=topic.decimals),
            TableColumn(
                "lower_quartile", "En fjerdedel ligger under", "number", unit=topic.unit, decimals=topic.decimals
            ),
            TableColumn(
                "upper_quartile", "En fjerdedel ligger over", "number", unit=topic.unit, decimals=topic.decimals
            ),
            TableColumn("municipalities_count", "Kommuner med tal", "number"),
        ),
        source=_source(topic),
        rule=context.rule,
    )


def _own_cell(record: Mapping[str, Any] | None) -> Cell | float:
    if record is None:
        return Cell(None, CellStatus.NOT_RECEIVED)
    if record["value_status_code"] == "hidden_by_source" or record["figure_value"] is None:
        return Cell(None, CellStatus.HIDDEN_BY_SOURCE)
    return float(record["figure_value"])


def _line(topic: Topic, table: ProtectedTable, group: str, name: str) -> Figure:
    periods = table.values("period")
    return line_among_municipalities(
        table,
        FigureWords(
            figure_id=f"line_{table.table_id}",
            title=f"{topic.subject} i {name} og i resten af landet: {group}",
            subtitle=f"{topic.scale_words} {periods[0]} til {periods[-1]}. Stiplet: midten af kommunerne. Gråt felt: den midterste "
            "halvdel. Aksen begynder ikke ved 0.",
            source=_source(topic),
        ),
        period="period",
        own="own",
        median="median",
        lower_quartile="lower_quartile",
        upper_quartile="upper_quartile",
        own_name=name,
    )


def _answer(topic: Topic, table: ProtectedTable, group: str) -> str:
    period = table.values("period")[-1]
    cells = {name: table.cell(name, period=period) for name in ("own", "lower_quartile", "upper_quartile")}
    return place_among_points(
        cells["own"],
        cells["lower_quartile"],
        cells["upper_quartile"],
        subject=f"{topic.subject} ({group}, {period})",
        unit="procent" if topic.unit == "%" else topic.unit,
        decimals=topic.decimals,
    )


def _support(topic: Topic, table: ProtectedTable, group: str) -> str:
    """The other group in one short line."""
    own = table.cell("own", period=table.values("period")[-1])
    if own.value is None:
        return f"Tal for {group}: {EMPTY_CELL_TEXT[own.status]}."
    unit = "procent" if topic.unit == "%" else topic.unit
    return f"{group.capitalize()}: {number(float(own.value), topic.decimals)}{NBSP}{unit}."


def _data_words(topic: Topic, tables: Mapping[str, ProtectedTable]) -> str:
    counts = [int(table.values("municipalities_count")[-1]) for table in tables.values()]
    said = f"{number(min(counts))} kommuner har tal i den nyeste periode."
    if topic is NORMERING:
        return f"{said} {_BREAK}"
    if _indicator(topic.indicator_id)["is_own_calculation"] == "true":
        return f"{said} Tallet er en egen beregning efter åbne tal og ikke et officielt nøgletal."
    return said


def _newest_period(context: ReportContext, topic: Topic) -> str:
    rows = context.records(
        "SELECT max(period) AS period FROM marts.mart_open_figure WHERE indicator_id = ?", [topic.indicator_id]
    )
    return str(rows[0]["period"])


def _all_municipalities(context: ReportContext, topics: Sequence[Topic], newest: Mapping[str, str]) -> ProtectedTable:
    groups = load_code_table("open_figure_groups").titles()
    columns = [TableColumn("municipality", "Kommune", "label")]
    values: dict[str, dict[str, Cell | float]] = {}
    for topic in topics:
        for group in topic.groups:
            column = f"{topic.section_id}_{group}"
            title = f"{topic.subject}, {groups[group]} {newest[topic.section_id]}"
            columns.append(TableColumn(column, title, "number", unit=topic.unit, decimals=topic.decimals))
            for record in context.records(_VALUES, [topic.indicator_id, group]):
                if record["period"] == newest[topic.section_id]:
                    values.setdefault(str(record["municipality_code"]), {})[column] = _own_cell(record)
    missing = Cell(None, CellStatus.NOT_RECEIVED)
    rows = [
        {"municipality": municipality_name(code), **{c.name: given.get(c.name, missing) for c in columns[1:]}}
        for code, given in values.items()
    ]
    return protect(
        sorted(rows, key=lambda row: context.danish_order(str(row["municipality"]))),
        table_id="all_municipalities",
        title="Alle kommuner i den nyeste periode, i alfabetisk orden",
        columns=columns,
        source="Kilde: Uddannelsesstatistik.dk.",
        rule=context.rule,
    )


def _strip(topic: Topic, table: ProtectedTable, period: str, name: str) -> Figure:
    group = topic.groups[-1]
    title = load_code_table("open_figure_groups").titles()[group]
    return distribution_strips(
        table,
        FigureWords(
            figure_id=f"strip_{topic.section_id}",
            title=f"{topic.subject} i landets kommuner: {title}",
            subtitle=f"{topic.scale_words} {period}.",
            source=_source(topic),
        ),
        label="municipality",
        value=f"{topic.section_id}_{group}",
        own=name,
    )


def _published_table(context: ReportContext, definition: str, records: Sequence[dict[str, Any]]) -> ProtectedTable:
    measures = load_code_table("segregation_measures").titles()
    pupils = load_code_table("pupil_groups").titles()
    rows = [
        {
            "area": municipality_name(str(record["area_code"])),
            "measure": f"{measures[record['measure_code']]}, {pupils[record['pupil_group_code']]}",
            "school_year": record["school_year"],
            "figure_value": _own_cell(record),
            "confidence": record["confidence_code"] or "",
        }
        for record in records
    ]
    title = load_code_table("segregation_definitions").titles()[definition]
    return protect(
        rows,
        table_id=f"published_{definition}",
        title=f"Definition: {title}",
        columns=(
            TableColumn("area", "Område", "label"),
            TableColumn("measure", "Mål og elever", "label"),
            TableColumn("school_year", "Skoleår", "label"),
            TableColumn("figure_value", "Offentliggjort tal", "number", unit="%", decimals=1),
            TableColumn("confidence", "Sikkerhed", "label"),
        ),
        source="Kilde: de steder, hvor tallene er offentliggjort; adresserne står i data.",
        rule=context.rule,
    )


def _inclusion_answer(name: str, own: Sequence[dict[str, Any]]) -> str:
    shown = [record for record in own if record["figure_value"] is not None]
    if not shown:
        return f"Tal for {name} er {NOT_IN_OPEN_DATA}."
    measures = load_code_table("segregation_measures").titles()
    definitions = load_code_table("segregation_definitions").titles()
    said = [
        f"{measures[r['measure_code']]} i {r['school_year']}: {number(float(r['figure_value']), 1)}{NBSP}procent "
        f"({definitions[r['definition_id']]})"
        for r in shown
    ]
    return f"Om {name} er der offentliggjort: {joined(said)}."


def _indicator(indicator_id: str) -> dict[str, str]:
    return next(row for row in load_code_table("open_indicators").rows if row["code"] == indicator_id)


def _source(topic: Topic) -> str:
    row = _indicator(topic.indicator_id)
    return f"Kilde: {row['source']}."


def _declared_periods(tables: Any) -> tuple[DeclaredNumber, ...]:
    periods = [str(period) for table in tables for period in table.values("period")]
    return (
        *_declared_texts(periods),
        DeclaredNumber("0", "aksens nulpunkt; nederste klassetrin eller alder"),
        DeclaredNumber("1", "trivselsskalaens laveste tal"),
        DeclaredNumber("5", "trivselsskalaens højeste tal"),
        *(DeclaredNumber(age, "alder i år") for age in ("2", "3", "0-2", "3-5")),
    )


def _declared_texts(periods: Any) -> tuple[DeclaredNumber, ...]:
    distinct = dict.fromkeys(part for period in periods for part in (str(period), *str(period).split("/")))
    return tuple(DeclaredNumber(part, "skoleår eller kalenderår") for part in distinct)
