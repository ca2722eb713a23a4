"""Where does one real municipality lie among the 98, on open figures? As a place in a distribution, never as a rank.

From `marts.mart_open_figure` into one section per topic: the municipality's own line beside the median and the middle half
of all municipalities, and all municipalities as dots. Every section is level 0: counted, not adjusted for anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.committee.expected_between import Outcome, expected_table
from pipelines.committee.missing import missing_section
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.distribution import Place, place_among
from pipelines.measures.rank_interval import place_over_years
from pipelines.publish.danish import NBSP, interval, number, rounded
from pipelines.publish.figures import FigureWords, distribution_strips, line_among_municipalities
from pipelines.publish.section import DeclaredNumber, Figure, HowSure, Section
from pipelines.publish.sentences import missing_words

_VALUES: Final = """
SELECT municipality_code, period, figure_value, value_status_code
FROM marts.mart_open_figure
WHERE indicator_id = ? AND group_code = ?
ORDER BY period, municipality_code
"""
HIDDEN_BY_SOURCE: Final = Cell(None, CellStatus.HIDDEN_BY_SOURCE)
"""A value that the source leaves empty."""

LEFT_OUT: Final = Cell(None, CellStatus.LEFT_OUT_BY_SOURCE)
"""A row that the source leaves out while it sends others of the kind: STIL omits the rows it withholds."""

MIDDLE_HALF: Final = "den midterste halvdel af kommunerne"


@dataclass(frozen=True)
class Group:
    """One group of pupils or children, and the words for a figure about it. `said` has one place for value and unit."""

    code: str
    title: str
    said: str
    short: str


@dataclass(frozen=True)
class Topic:
    """One question on one open indicator. `lead` is drawn over time, `second` as a distribution; both are in the tables.

    `value_unit` follows a number in a sentence, `measure` opens the subtitles. Periods after `line_ends_with` were counted
    in another way and are not joined to the earlier ones. `is_held_against_intake`: parents' education may be taken into account.
    """

    section_id: str
    question: str
    indicator_id: str
    unit: str
    value_unit: str
    decimals: int
    measure: str
    lead: Group
    second: Group
    scale_words: str
    data_words: str
    not_shown: str
    line_ends_with: str | None = None
    is_held_against_intake: bool = False
    declared_numbers: tuple[DeclaredNumber, ...] = ()


WELLBEING: Final = Topic(
    section_id="wellbeing",
    question="Hvordan trives eleverne?",
    indicator_id="wellbeing_mean_points",
    unit="point",
    value_unit="point",
    decimals=2,
    measure="Trivsel i point",
    lead=Group("upper_grades", "Trivsel i udskolingen", "var trivslen i udskolingen {}", "Udskolingen"),
    second=Group("middle_grades", "Trivsel på mellemtrinnet", "var trivslen på mellemtrinnet {}", "Mellemtrinnet"),
    scale_words="Trivsel går fra 1 til 5 point. Et højere tal er mere trivsel.",
    data_words="Tallet bygger på elevernes egne svar. Det er en egen beregning efter STIL og ikke et officielt tal.",
    not_shown="Den siger ikke, hvorfor eleverne trives, som de gør.",
    is_held_against_intake=True,
    declared_numbers=(DeclaredNumber("1", "skalaens laveste tal"), DeclaredNumber("5", "skalaens højeste tal")),
)
ABSENCE: Final = Topic(
    section_id="absence",
    question="Hvor meget er eleverne væk fra skolen?",
    indicator_id="absence_pct",
    unit="%",
    value_unit="procent",
    decimals=1,
    measure="Gennemsnitligt fravær i procent",
    lead=Group("upper_grades", "Fravær i udskolingen", "var fraværet i udskolingen {}", "Udskolingen"),
    second=Group("middle_grades", "Fravær på mellemtrinnet", "var fraværet på mellemtrinnet {}", "Mellemtrinnet"),
    scale_words="Fravær er et gennemsnit over skoleåret.",
    data_words="Tallet er ministeriets eget gennemsnit.",
    not_shown="Den skelner ikke mellem sygdom, lovligt og ulovligt fravær.",
    is_held_against_intake=True,
)
NORMERING: Final = Topic(
    section_id="normering",
    question="Hvor mange børn er der pr. voksen i dagtilbud?",
    indicator_id="children_per_adult_ratio",
    unit="børn",
    value_unit="børn pr. voksen",
    decimals=1,
    measure="Børn pr. voksen",
    lead=Group("age_3_5", "Normering for børn på 3-5 år", "var der {} blandt børn på 3-5 år", "Børn på 3-5 år"),
    second=Group("age_0_2", "Normering for børn på 0-2 år", "var der {} blandt børn på 0-2 år", "Børn på 0-2 år"),
    scale_words="Et lavere tal er flere voksne til børnene.",
    data_words="Ministeriet talte på en ny måde fra 2023. Derfor stopper kurven i 2022.",
    not_shown="Den siger intet om den enkelte dag eller institution.",
    line_ends_with="2022",
)
PARENTS_EDUCATION: Final = Topic(
    section_id="parents_education",
    question="Hvilken uddannelse har elevernes forældre?",
    indicator_id="parents_education_mean_points",
    unit="point",
    value_unit="point",
    decimals=2,
    measure="Forældrenes uddannelse i point",
    lead=Group("upper_grades", "Forældrenes uddannelse, udskolingen", "var tallet for udskolingen {}", "Udskolingen"),
    second=Group(
        "middle_grades", "Forældrenes uddannelse, mellemtrinnet", "var tallet for mellemtrinnet {}", "Mellemtrinnet"
    ),
    scale_words="Et højere tal er længere uddannelse. Tallet er en baggrund for de andre tal.",
    data_words="Tallet er en egen beregning efter STIL og ikke et officielt tal.",
    not_shown="Den siger intet om den enkelte familie.",
)
TOPICS: Final = (WELLBEING, ABSENCE, NORMERING, PARENTS_EDUCATION)


def topic_section(context: ReportContext, topic: Topic, *, municipality_code: str) -> Section:
    """One topic: two tables over time, one of all municipalities, a line and a strip; level 0.

    A value that the source does not publish is said to be hidden by the source. Raises: KeyError for an unknown code.
    """
    name = municipality_name(municipality_code)
    records = {group.code: _records(context, topic, group) for group in (topic.lead, topic.second)}
    if not all(records.values()):
        return missing_section(topic.section_id, topic.question, ("open_figures",))
    lead = _over_time(context, topic, topic.lead, records[topic.lead.code], municipality_code)
    second = _over_time(context, topic, topic.second, records[topic.second.code], municipality_code)
    everyone = _all_municipalities(context, topic, records)
    expected = _expected(context, topic, municipality_code) if topic.is_held_against_intake else None
    return Section(
        section_id=topic.section_id,
        question=topic.question,
        answer=_answer(topic, lead),
        support=_support(topic, second),
        level=0,
        level_reason="Tallene er talt op. De er ikke justeret for forskelle mellem kommunerne.",
        tables=(
            *(lead, second, _swings(context, topic, records, municipality_code), everyone),
            *((expected,) if expected else ()),
        ),
        figures=(_line(topic, lead, name), _strip(topic, second, everyone, name)),
        how_sure=HowSure(
            number="Kilden giver ingen usikkerhed. I små kommuner kan tallet svinge fra år til år.",
            cause="Kommuner er forskellige fra starten. Tallet viser ikke, om en kommune gør det godt.",
            data=f"{_latest(lead)['municipalities_count'].value} kommuner har tal i det nyeste år. {topic.data_words}",
            needed="Skal kommuner holdes op mod hinanden, må man tage højde for, hvilke børn der bor der."
            + _expected_words(topic, expected),
        ),
        not_shown=("Figuren er en fordeling og ikke en rangliste.", topic.not_shown),
        method=(
            topic.scale_words,
            "En fjerdedel af kommunerne ligger under den midterste halvdel, og en fjerdedel ligger over.",
        ),
        declared_numbers=(DeclaredNumber("0", "aksens nulpunkt"), *topic.declared_numbers),
    )


def _expected(context: ReportContext, topic: Topic, municipality_code: str) -> ProtectedTable | None:
    outcome = Outcome(
        topic.indicator_id,
        tuple((group.code, group.short) for group in (topic.lead, topic.second)),
        topic.measure,
        topic.unit,
        topic.decimals,
        source_line(topic.indicator_id),
    )
    return expected_table(
        context, outcome, municipality_code=municipality_code, name=municipality_name(municipality_code)
    )


def _expected_words(topic: Topic, table: ProtectedTable | None) -> str:
    """What one could expect in the newest period of the lead group, and where it lies measured so; empty where it is not known."""
    if table is None:
        return ""
    newest = [row for row in table.rows if row[table.column_index("group")].value == topic.lead.short][-1]
    expected, period, band = (newest[table.column_index(name)] for name in ("expected", "period", "band"))
    if expected.value is None:
        return ""
    return (
        f" Ud fra forældrenes uddannelse kunne man vente {_told(topic, expected)} i {period.value}. "
        f"Forskellen ligger i {band.value} af kommunernes forskelle."
    )


def municipality_name(code: str) -> str:
    """The name of a municipality by its three-digit code. Raises KeyError for an unknown one."""
    return load_code_table("municipalities").titles()[code]


def source_line(indicator_id: str) -> str:
    """Whom the figures of an indicator are owed to, as the line under a figure or table."""
    row = next(row for row in load_code_table("open_indicators").rows if row["code"] == indicator_id)
    return f"Kilde: {row['source']}."


def open_cell(record: Mapping[str, Any] | None) -> Cell | float:
    """The value of a mart row, or why there is none; never 0 for a missing one."""
    if record is None:
        return LEFT_OUT
    if record["figure_value"] is None:
        return HIDDEN_BY_SOURCE
    return float(record["figure_value"])


def _records(context: ReportContext, topic: Topic, group: Group) -> list[dict[str, Any]]:
    return context.records(_VALUES, [topic.indicator_id, group.code])


def _over_time(
    context: ReportContext, topic: Topic, group: Group, records: Sequence[Mapping[str, Any]], municipality_code: str
) -> ProtectedTable:
    """One row per period: the own value, the quartiles of all municipalities, and how many of these have a value."""
    rows = []
    for period in dict.fromkeys(str(record["period"]) for record in records):
        of_period = {record["municipality_code"]: record for record in records if record["period"] == period}
        own = of_period.get(municipality_code, {}).get("figure_value")
        place = place_among(own, [record["figure_value"] for record in of_period.values()])
        rows.append(
            {
                "period": period,
                "own": open_cell(of_period.get(municipality_code)),
                "median": place.median,
                "lower_quartile": place.lower_quartile,
                "upper_quartile": place.upper_quartile,
                "municipalities_count": place.n,
                "band": _where_in_words(topic, own, place),
            }
        )
    titles = {
        "own": municipality_name(municipality_code),
        "lower_quartile": "En fjerdedel ligger under",
        "median": "Midten af kommunerne",
        "upper_quartile": "En fjerdedel ligger over",
    }
    return protect(
        rows,
        table_id=f"{topic.indicator_id}_{group.code}",
        title=f"{group.title} ({topic.value_unit})",
        columns=(
            TableColumn("period", "Periode", "label"),
            *(
                TableColumn(column, title, "number", unit=topic.unit, decimals=topic.decimals)
                for column, title in titles.items()
            ),
            TableColumn("municipalities_count", "Kommuner med tal", "number"),
            TableColumn("band", f"{municipality_name(municipality_code)} ligger", "label"),
        ),
        source=source_line(topic.indicator_id),
        rule=context.rule,
    )


def _swings(
    context: ReportContext, topic: Topic, records: Mapping[str, Sequence[Mapping[str, Any]]], municipality_code: str
) -> ProtectedTable:
    """How far the figure moves from one period to the next: the own one's, and that of the municipality in the middle.

    Periods that were counted in another way are left out. A move holds chance and true change alike.
    """
    rows = []
    for group in (topic.lead, topic.second):
        comparable = [
            r for r in records[group.code] if topic.line_ends_with is None or str(r["period"]) <= topic.line_ends_with
        ]
        codes = sorted({str(record["municipality_code"]) for record in comparable} | {municipality_code})
        values = {(str(r["period"]), str(r["municipality_code"])): r["figure_value"] for r in comparable}
        periods = sorted({period for period, _ in values})
        if not periods:
            continue
        over_years = place_over_years(
            [[values.get((period, code)) for code in codes] for period in periods], unit=codes.index(municipality_code)
        )
        rows.append(
            {"group": group.short, "own_step": over_years.typical_step, "middle_step": over_years.typical_step_of_all}
        )
    return protect(
        rows,
        table_id=f"{topic.indicator_id}_swings",
        title=f"{topic.measure}: hvor meget tallet typisk flytter sig fra et år til det næste",
        columns=(
            TableColumn("group", "Gruppe", "label"),
            TableColumn("own_step", municipality_name(municipality_code), "number", unit=topic.unit, decimals=2),
            TableColumn("middle_step", "Kommunen i midten", "number", unit=topic.unit, decimals=2),
        ),
        source=f"{source_line(topic.indicator_id)} Udsving er både tilfældigheder og virkelige ændringer. Små kommuner svinger mest.",
        rule=context.rule,
    )


def _all_municipalities(
    context: ReportContext, topic: Topic, records: Mapping[str, Sequence[Mapping[str, Any]]]
) -> ProtectedTable:
    """One row per municipality, in alphabetical order and never by value: both groups in the newest period."""
    newest = max(str(record["period"]) for group in records.values() for record in group)
    values = {
        code: {r["municipality_code"]: r for r in group if r["period"] == newest} for code, group in records.items()
    }
    # who has ever been in the figures: a municipality without a value in the newest period keeps its row
    everyone = {str(record["municipality_code"]) for group in records.values() for record in group}
    rows = [
        {
            "municipality": municipality_name(code),
            **{group: open_cell(found.get(code)) for group, found in values.items()},
        }
        for code in everyone
    ]
    return protect(
        sorted(rows, key=lambda row: context.danish_order(str(row["municipality"]))),
        table_id=f"{topic.indicator_id}_all",
        title=f"{topic.measure}, {newest}: alle kommuner i alfabetisk orden",
        columns=(
            TableColumn("municipality", "Kommune", "label"),
            *(
                TableColumn(group.code, group.short, "number", unit=topic.unit, decimals=topic.decimals)
                for group in (topic.lead, topic.second)
            ),
        ),
        source=source_line(topic.indicator_id),
        rule=context.rule,
    )


def _answer(topic: Topic, table: ProtectedTable) -> str:
    latest = _latest(table)
    own = latest["own"]
    if own.value is None:
        return missing_words(own, topic.lead.title[:1].lower() + topic.lead.title[1:])
    said = topic.lead.said.format(_told(topic, own))
    return f"I {latest['period'].value} {said}, {_where(topic, latest)} {MIDDLE_HALF} ({_middle_half(topic, latest)})."


def _support(topic: Topic, table: ProtectedTable) -> str:
    latest = _latest(table)
    if latest["own"].value is None:
        return missing_words(latest["own"], topic.second.title[:1].lower() + topic.second.title[1:])
    return f"{topic.second.short}: {_told(topic, latest['own'])}. Midterste halvdel: {_middle_half(topic, latest)}."


def _line(topic: Topic, table: ProtectedTable, name: str) -> Figure:
    """The own line against the middle of all; drawn from the comparable part of `table`, which holds every period."""
    part = table.excerpt(
        table.table_id,
        title=table.title,
        keep_row=lambda row: topic.line_ends_with is None or row["period"] <= topic.line_ends_with,
    )
    periods = part.values("period")
    return line_among_municipalities(
        part,
        FigureWords(
            figure_id=f"line_{topic.section_id}",
            title=_line_title(topic, part),
            subtitle=f"{topic.measure}, {periods[0]} til {periods[-1]}. Aksen begynder ikke ved 0.",
            source=source_line(topic.indicator_id),
            alt_text=_line_alt_text(topic, part, name),
        ),
        period="period",
        own="own",
        median="median",
        lower_quartile="lower_quartile",
        upper_quartile="upper_quartile",
        own_name=name,
    )


def _line_title(topic: Topic, table: ProtectedTable) -> str:
    ends = _ends(topic, table, "own")
    if ends is None:
        return f"{topic.lead.title} over tid"
    (first_period, first), (last_period, last) = ends
    return f"{topic.lead.title}: {first} i {first_period} og {last} i {last_period}"


def _line_alt_text(topic: Topic, table: ProtectedTable, name: str) -> str:
    periods = table.values("period")
    said = [f"Kurve fra {periods[0]} til {periods[-1]}: {topic.lead.title[:1].lower()}{topic.lead.title[1:]}."]
    for label, column in ((name, "own"), ("Midten af kommunerne", "median")):
        if ends := _ends(topic, table, column):
            said.append(f"{label}: {ends[0][1]} til {ends[1][1]}{NBSP}{topic.value_unit}.")
    if None in table.values("own"):
        said.append("Nogle tal mangler.")
    return " ".join(said)


def _strip(topic: Topic, over_time: ProtectedTable, everyone: ProtectedTable, name: str) -> Figure:
    """All municipalities in the newest period as dots, the own one named."""
    latest = _latest(over_time)
    where = "i landets kommuner"
    found = ""
    if latest["own"].value is not None:
        where = f"{_where(topic, latest)} den midterste halvdel"
        found = f" {name} er fremhævet: {_told(topic, latest['own'])}."
    return distribution_strips(
        everyone,
        FigureWords(
            figure_id=f"strip_{topic.section_id}",
            title=f"{topic.second.title}: {where}",
            subtitle=f"{topic.measure}, {latest['period'].value}. En prik er en kommune.",
            source=source_line(topic.indicator_id),
            alt_text=f"Prikker for landets kommuner: {topic.second.title[:1].lower()}{topic.second.title[1:]}, "
            f"{latest['period'].value}.{found} {_middle_half_words(topic, latest)}",
        ),
        label="municipality",
        value=topic.second.code,
        own=name,
    )


def _latest(table: ProtectedTable) -> dict[str, Cell]:
    """The cells of the newest period by column name."""
    return {column.name: cell for column, cell in zip(table.columns, table.rows[-1], strict=True)}


def _told(topic: Topic, cell: Cell) -> str:
    return f"{_number(topic, cell)}{NBSP}{topic.value_unit}"


def _number(topic: Topic, cell: Cell) -> str:
    return number(_value(cell), topic.decimals)


def _middle_half(topic: Topic, latest: Mapping[str, Cell], between: str | None = None) -> str:
    low, high = latest["lower_quartile"], latest["upper_quartile"]
    if between is not None:
        return f"{_number(topic, low)}{between}{_number(topic, high)}"
    return interval(_value(low), _value(high), topic.decimals)


def _middle_half_words(topic: Topic, latest: Mapping[str, Cell]) -> str:
    """Where the middle half lies, for who cannot see it; no municipality may have a number in the newest period."""
    if latest["lower_quartile"].value is None:
        return "Ingen kommune har et tal, der er vist."
    return f"Den midterste halvdel går fra {_middle_half(topic, latest, ' til ')}{NBSP}{topic.value_unit}."


def _where(topic: Topic, latest: Mapping[str, Cell]) -> str:
    """Under, inside or over the middle half, by the numbers as shown, so that a reader who looks them up agrees."""
    return _side(topic, *(_value(latest[name]) for name in ("own", "lower_quartile", "upper_quartile")))


def _where_in_words(topic: Topic, own: float | None, place: Place) -> str:
    """The same for one period of the table; a value that the source does not publish lies nowhere."""
    if own is None or place.lower_quartile is None or place.upper_quartile is None:
        return "ikke oplyst"
    return f"{_side(topic, own, place.lower_quartile, place.upper_quartile)} midterste halvdel"


def _side(topic: Topic, own: float, lower_quartile: float, upper_quartile: float) -> str:
    value, low, high = (rounded(number, topic.decimals) for number in (own, lower_quartile, upper_quartile))
    return "under" if value < low else "over" if value > high else "inden for"


def _ends(topic: Topic, table: ProtectedTable, column: str) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """(period, number) of the first and of the last shown cell; None when fewer than two are shown."""
    index, period = table.column_index(column), table.column_index("period")
    shown = [row for row in table.rows if row[index].value is not None]
    if len(shown) < 2:
        return None
    first, last = ((str(row[period].value), _number(topic, row[index])) for row in (shown[0], shown[-1]))
    return first, last


def _value(cell: Cell) -> float:
    if not isinstance(cell.value, (int, float)):
        raise TypeError(f"a sentence needs a number, found a cell with status {cell.status}")
    return cell.value
