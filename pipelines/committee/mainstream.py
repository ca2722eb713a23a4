"""Are more children kept in mainstream settings? Share by district and school year, under the municipality's own definition."""

from collections.abc import Sequence
from typing import Any

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.definition_words import owner_names
from pipelines.committee.mainstream_comparison import fair_comparison
from pipelines.committee.mainstream_definitions import definitions_table
from pipelines.committee.mainstream_entries import entry_tables
from pipelines.committee.mainstream_flow import cohort_table, flow_table, flow_tables, helped_table
from pipelines.committee.mainstream_flow_figure import way_figures
from pipelines.committee.mainstream_hours import hours_table
from pipelines.committee.mainstream_map import map_figures
from pipelines.committee.mainstream_references import reference_figures, reference_series
from pipelines.committee.mainstream_return import return_tables
from pipelines.committee.missing import missing_section
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import TotalColumn, TotalRow
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.shares import change_in_share, mainstream_share
from pipelines.publish.danish import NBSP, count_and_share, counted, number, percent_words
from pipelines.publish.figures import FigureWords, axis_note, share_panels
from pipelines.publish.section import DeclaredNumber, HowSure, Section
from pipelines.publish.sentences import ALL_COUNTED, ROUNDED, TOO_FEW, missing_words, stock_share
from pipelines.publish.sentences import change_in_share as change_sentence
from pipelines.publish.share_series import DefinedChange, DefinedShare, ShareSeries, one_definition, protect_series

QUESTION = "Børn i almene fællesskaber: Bliver flere børn i almenområdet?"
SCHOOL = "own_register_school"
DAYCARE = "own_register_daycare"
CLUB = "own_register_club"
_SHARES = """
SELECT definition_id, school_year, area_kind, area_code,
       pupils_count, mainstream_count, segregated_count, support_nine_hours_count
FROM marts.mart_mainstream_share
WHERE definition_id = ?
ORDER BY school_year, area_code
"""
_COUNTS = ("pupils_count", "mainstream_count", "segregated_count", "support_nine_hours_count")
_NO_HOURS = Cell(None, CellStatus.NOT_RECEIVED)
_HAVE_HOURS = """
SELECT DISTINCT definitions.code AS definition_id
FROM core.fct_reference_day_pupil AS pupils
INNER JOIN codes.segregation_definitions AS definitions ON pupils.sector_code = definitions.sector_code
WHERE definitions.code = ? AND pupils.support_hours_per_week IS NOT NULL
ORDER BY definition_id
"""


def mainstream_section(context: ReportContext) -> Section:
    """The section *Børn i almene fællesskaber*: level 0, small multiples per district, school and daycare apart."""
    school, daycare, club = (context.records(_SHARES, [definition]) for definition in (SCHOOL, DAYCARE, CLUB))
    if not school:
        return missing_section("mainstream", QUESTION, ("school_placements", "children", "institutions"))
    of_school = _share_series(
        context, school, "mainstream_school", "Elever i almen klasse pr. distrikt og skoleår", "elever"
    )
    shares = of_school.table
    in_daycare = _daycare_series(context, daycare) if daycare else None
    first, last = _first_and_last(school)
    change = _change_table(context, school, shares) if first != last else None
    flow = flow_table(context, of_school)
    references = reference_series(context)
    comparison = fair_comparison(context, of_school, school, flow=flow)
    figure = share_panels(
        of_school,
        FigureWords(
            figure_id="mainstream_by_district",
            title=_figure_title(shares, last),
            subtitle="Andel af distriktets elever, der går i almen klasse (0.-9. klasse). Procent, pr. 30. september hvert "
            "skoleår. Båndet viser, hvor meget andelen kan svinge ved rene tilfældigheder (95"
            f"{NBSP}%). Grå linje: hele kommunen. {axis_note(shares, 'share', 'low', 'high')}".strip(),
            source=f"{_source(context)} Definition: KOM-1. Elever med støtte i mindst 9 timer om ugen i almen klasse er talt med.",
            constructed=context.is_constructed,
        ),
        low="low",
        high="high",
        size="pupils_count",
        reference_panel=WHOLE_MUNICIPALITY,
    )
    return Section(
        section_id="mainstream",
        question=QUESTION,
        answer=_answer(context, of_school, change, first, last),
        support=_support(shares, in_daycare, last),
        level=0,
        level_reason="Tallene er talt op. Det er ikke de samme børn fra år til år.",
        tables=(
            shares,
            *((change,) if change else ()),
            *((in_daycare.table,) if in_daycare else ()),
            *((_club_series(context, club).table,) if club else ()),
            *comparison.tables,
            *(
                table
                for table in (
                    *flow_tables(flow),
                    *entry_tables(context, flow),
                    *return_tables(context),
                    cohort_table(context, last),
                    helped_table(context, last, of_school),
                )
                if table is not None
            ),
            definitions_table(context, last),
            *(series.table for series in references),
            *((hours,) if (hours := hours_table(context, last)) else ()),
        ),
        figures=(figure,),
        appendix_figures=(
            *comparison.figures,
            *way_figures(context, flow),
            *reference_figures(context, references),
            *map_figures(context, of_school, last, source=_source(context)),
        ),
        how_sure=HowSure(
            number=ALL_COUNTED,
            cause="Vi ved ikke, hvorfor andelen ændrer sig.",
            data=_nine_hours(shares, last),
            needed="Skal årsagen findes, må distrikterne følges over flere år, og indsatsen må begynde på forskellige tidspunkter.",
        ),
        not_shown=(
            "Figuren viser ikke, om børnene trives der, hvor de går.",
            "Den kan ikke holdes op mod ministeriets inklusionsgrad. Den er gjort op på en anden måde.",
        ),
        method=(
            "Et barn tæller i det distrikt, hvor det bor 30. september. Det gælder også, når skolen ligger et andet sted.",
            "Elever på privatskoler og efterskoler er ikke med, hverken over eller under brøkstregen.",
            "En elev med støtte i mindst 9 timer om ugen i almen klasse går i almen klasse.",
            "Ministeriet, KL og andre tæller de samme børn på andre måder. Tabellen over definitioner viser, hvad hver måde "
            "giver på vores elever. En forskel mellem to definitioner er ikke en udvikling.",
        ),
        declared_numbers=(
            DeclaredNumber("9", "timers støtte om ugen; og 9. klasse"),
            DeclaredNumber("0", "0. klasse"),
            DeclaredNumber("95", "procent: usikkerhedens bredde"),
            *(DeclaredNumber(limit, "tragtens grænser") for limit in ("100", "998", "1.000")),
            DeclaredNumber("30", "30. september, dagen der tælles"),
            *(DeclaredNumber(part, "skoleår") for year in (first, last) for part in (year, *year.split("/"))),
        ),
    )


def _answer(context: ReportContext, shares: ShareSeries, change: ProtectedTable | None, first: str, last: str) -> str:
    """How the whole municipality's share moved; with one school year, what it is."""
    if change is None:
        part, pupils = (
            shares.table.cell(name, area=WHOLE_MUNICIPALITY, school_year=last)
            for name in ("mainstream_count", "pupils_count")
        )
        return stock_share(part, pupils, noun="elever", verb="gik {} i almen klasse", when=f"I {last}")
    before, after, difference, low, high = (
        _hundredth(change.cell(name, area=WHOLE_MUNICIPALITY)) for name in ("before", "after", "change", "low", "high")
    )
    return change_sentence(
        DefinedChange(
            DefinedShare(shares.definition_id, before), DefinedShare(shares.definition_id, after), difference, low, high
        ),
        subject="Andelen af elever i almen klasse",
        smallest_relevant=context.settings.evidence.smallest_relevant_percentage_points / 100,
        before=f"i {first}",
    )


def _share_series(
    context: ReportContext, records: Sequence[dict[str, Any]], table_id: str, title: str, noun: str
) -> ShareSeries:
    """One row per area and school year. Hours of support that no child of the sector has any of were not sent: nobody is counted."""
    definition = one_definition(record["definition_id"] for record in records)
    hours = {} if context.records(_HAVE_HOURS, [definition]) else {"support_nine_hours_count": _NO_HOURS}
    rows: list[dict[str, Any]] = []
    for record in context.area_order(list(records)):
        share = mainstream_share(int(record["mainstream_count"]), int(record["pupils_count"]))
        limits = {"share": share.value, "low": share.low, "high": share.high}
        rows.append({**record, **limits, **hours, "area": context.area_name(record["area_code"])})
    return protect_series(
        rows,
        area="area",
        period="school_year",
        share="share",
        table_id=table_id,
        title=title,
        columns=(
            TableColumn("area", "Distrikt", "label"),
            TableColumn("school_year", "Skoleår", "label"),
            TableColumn("pupils_count", f"{noun.capitalize()} i alt", "count"),
            TableColumn("mainstream_count", "I almen", "count"),
            TableColumn("segregated_count", "Uden for almen", "count"),
            TableColumn("support_nine_hours_count", "I almen med støtte i mindst 9 timer", "count"),
            TableColumn(
                "share",
                "Andel i almen",
                "share",
                decimals=1,
                numerator="mainstream_count",
                denominator="pupils_count",
            ),
            TableColumn("low", "Usikkerhed fra", "share", decimals=1, limit_of="share"),
            TableColumn("high", "Usikkerhed til", "share", decimals=1, limit_of="share"),
        ),
        source=f"{_source(context)} Definition: {owner_names()[definition]}.",
        rule=context.rule,
        totals=(
            TotalRow("area", WHOLE_MUNICIPALITY, columns=_COUNTS, within=("school_year",)),
            TotalColumn("pupils_count", ("mainstream_count", "segregated_count")),
        ),
    )


def _daycare_series(context: ReportContext, records: Sequence[dict[str, Any]]) -> ShareSeries:
    return _share_series(context, records, "mainstream_daycare", "Børn i dagtilbud pr. distrikt og år", "børn")


def _club_series(context: ReportContext, records: Sequence[dict[str, Any]]) -> ShareSeries:
    """Clubs beside school: the same children again, so the two are never added."""
    return _share_series(context, records, "mainstream_club", "Børn i klub og SFO pr. distrikt og år", "børn")


def _change_table(context: ReportContext, records: Sequence[dict[str, Any]], shares: ProtectedTable) -> ProtectedTable:
    """First and last school year side by side, in percent; an area is shown only when the share table shows both its shares."""
    first, last = _first_and_last(records)
    by_key = {(record["area_code"], record["school_year"]): record for record in records}
    rows = []
    for code in dict.fromkeys(record["area_code"] for record in records):
        if (code, first) in by_key and (code, last) in by_key:
            change = _change_of_area(context, by_key[code, first], by_key[code, last], shares)
            rows.append({"area_code": code, "area": context.area_name(code), **change})
    return protect(
        context.area_order(rows),
        table_id="mainstream_change",
        title=f"Andel i almen klasse i {first} og {last}",
        columns=(
            TableColumn("area", "Distrikt", "label"),
            TableColumn("before", first, "number", unit="%", decimals=1),
            TableColumn("after", last, "number", unit="%", decimals=1),
            TableColumn("change", "Ændring, procentpoint", "number", decimals=1),
            TableColumn("low", "Usikkerhed fra", "number", decimals=1),
            TableColumn("high", "Usikkerhed til", "number", decimals=1),
        ),
        source=f"{_source(context)} Definition: KOM-1. {ROUNDED}",
        rule=context.rule,
    )


def _change_of_area(
    context: ReportContext, before: dict[str, Any], after: dict[str, Any], shares: ProtectedTable
) -> dict[str, Cell | float | None]:
    area = context.area_name(before["area_code"])
    shown = [shares.cell("share", area=area, school_year=str(record["school_year"])) for record in (before, after)]
    if any(cell.status is not CellStatus.SHOWN for cell in shown):
        return dict.fromkeys(("before", "after", "change", "low", "high"), Cell(None, CellStatus.HIDDEN))
    change = change_in_share(
        (int(before["mainstream_count"]), int(before["pupils_count"])),
        (int(after["mainstream_count"]), int(after["pupils_count"])),
        smallest_relevant_difference=context.settings.evidence.smallest_relevant_percentage_points / 100,
    )
    parts = {
        "before": change.before.value,
        "after": change.after.value,
        "change": change.difference.value,
        "low": change.difference.low,
        "high": change.difference.high,
    }
    return {name: None if value is None else 100 * value for name, value in parts.items()}


def _hundredth(cell: Cell) -> Cell:
    """A percentage cell as a share (0-1), for the sentences that speak of shares."""
    return cell if cell.value is None else Cell(float(cell.value) / 100)


def _first_and_last(records: Sequence[dict[str, Any]]) -> tuple[str, str]:
    years = sorted({str(record["school_year"]) for record in records})
    return years[0], years[-1]


def _figure_title(shares: ProtectedTable, last: str) -> str:
    """The whole municipality's share, and the span of the districts' where all of them may be shown, in the last year."""
    whole = shares.cell("share", area=WHOLE_MUNICIPALITY, school_year=last).value
    index = {name: shares.column_index(name) for name in ("area", "school_year", "share")}
    districts = [
        row[index["share"]].value
        for row in shares.rows
        if row[index["school_year"]].value == last and row[index["area"]].value != WHOLE_MUNICIPALITY
    ]
    if whole is None:
        return "Andelen i almen klasse pr. distrikt"
    said = f"I hele kommunen går {percent_words(float(whole))} i almen klasse"
    known = [float(str(share)) for share in districts if share is not None]
    if len(known) < len(districts) or len(known) < 2:
        return f"{said}; ikke alle distrikter kan vises"
    return f"{said}; i distrikterne {number(100 * min(known), 1)} til {percent_words(max(known))}"


def _support(shares: ProtectedTable, daycare: ShareSeries | None, last: str) -> str:
    segregated, pupils = (
        shares.cell(name, area=WHOLE_MUNICIPALITY, school_year=last).value
        for name in ("segregated_count", "pupils_count")
    )
    if segregated is None or pupils is None:
        return TOO_FEW
    said = f"{count_and_share(int(str(segregated)), int(str(pupils)), 'elever')} går uden for almen klasse."
    if daycare is None:
        return said
    try:
        share = daycare.at(area=WHOLE_MUNICIPALITY, period=last).cell.value
    except KeyError:  # no child in daycare on that day
        return said
    return said if share is None else f"{said} I dagtilbud er {percent_words(float(share))} af børnene i almene tilbud."


def _nine_hours(shares: ProtectedTable, last: str) -> str:
    cell = shares.cell("support_nine_hours_count", area=WHOLE_MUNICIPALITY, school_year=last)
    if cell.value is None:
        return missing_words(cell, "støttetimer")
    supported = "elever i almen klasse får støtte i mindst 9 timer om ugen."
    return f"{counted(float(cell.value), supported)} De er talt med som almene." if cell.value else f"Ingen {supported}"


def _source(context: ReportContext) -> str:
    return f"Kilde: {context.settings.municipality.name}s elevregister og pladsanvisning."
