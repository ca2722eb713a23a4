"""Are the agreed meetings held? Expected, held and not held, per forum and district, for the latest whole school year.

Expected is what the municipality's own document promises; the report on cooperation shows it unit by unit.
"""

from typing import Any

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.missing import missing_section
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import TotalRow
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.municipalities.parts import Forum, Rule
from pipelines.publish.danish import counted, joined, number
from pipelines.publish.figures import FigureWords, meeting_bars
from pipelines.publish.section import DeclaredNumber, HowSure, Section

QUESTION = "Bliver de aftalte møder holdt?"
LATE_AFTER_DAYS = 14

_BY_DISTRICT = """
SELECT forum_code, district_code AS area_code, sum(expected_count) AS expected_count,
       sum(held_count + late_count) AS held_count, sum(late_count) AS late_count,
       sum(cancelled_count) AS cancelled_count, sum(unknown_count) AS unknown_count, sum(missing_count) AS missing_count
FROM marts.mart_forum_cadence
WHERE school_year = ? AND expected_count > 0
GROUP BY forum_code, district_code
ORDER BY forum_code, district_code
"""
_YEAR = """
SELECT max(cadence.school_year) AS school_year
FROM marts.mart_forum_cadence AS cadence
INNER JOIN core.dim_day AS day
    ON day.day_date = CAST(? AS DATE) AND cadence.school_year < day.school_year
WHERE cadence.expected_count > 0
"""
_COLUMNS = (
    TableColumn("forum", "Mødeform", "label"),
    TableColumn("area", "Distrikt", "label"),
    TableColumn("expected_count", "Ventet", "number"),
    TableColumn("held_count", "Holdt", "number"),
    TableColumn("late_count", "Heraf flyttet mere end 14 dage", "number"),
    TableColumn("cancelled_count", "Ikke holdt", "number"),
    TableColumn("unknown_count", "Referat ikke modtaget", "number"),
    TableColumn("missing_count", "Ikke i mødeloggen", "number"),
)
_COUNTS = tuple(column.name for column in _COLUMNS[2:])


def sessions_section(context: ReportContext) -> Section:
    """The section *Bliver de aftalte møder holdt?*: level 0, one figure over districts, one table over fora and districts."""
    if not context.settings.profile.forums:
        return _without_rhythm()
    year = latest_whole_school_year(context)
    if year is None:
        return missing_section("sessions", QUESTION, ("sessions",))
    records = context.records(_BY_DISTRICT, [year])
    detailed = _table(context, records, year)
    summed = _summed_table(context, records, year)
    total = {name: summed.cell(name, area=WHOLE_MUNICIPALITY) for name in _COUNTS}
    figure = meeting_bars(
        summed,
        FigureWords(
            figure_id="sessions_by_district",
            title=f"{number(_plain(total['held_count']))} af {counted(_plain(total['expected_count']), 'ventede møder')} blev holdt",
            subtitle=f"Mødeformer: {joined(_forum_names(context, records))}. Skoleåret {year}. Antal møder pr. distrikt.",
            source=_source(context),
            constructed=context.is_constructed,
        ),
        label="area",
        planned="expected_count",
        held="held_count",
        unknown="unknown_count",
        total=WHOLE_MUNICIPALITY,
    )
    return Section(
        section_id="sessions",
        question=QUESTION,
        answer=_answer(total),
        support="Tallene viser, om møderne blev holdt. De viser ikke, om de hjalp.",
        level=0,
        level_reason="Tallene tæller møder. De sammenligner ikke.",
        tables=(summed, detailed),
        figures=(figure,),
        how_sure=HowSure(
            number="Alle møder i de godkendte rækker er talt med. Der er ingen tilfældig usikkerhed.",
            cause="Vi ved ikke, hvorfor et møde ikke blev holdt. Det står ikke i mødeloggen.",
            data=_data(total),
            needed="Skal årsagerne kendes, må mødeloggen vise, hvorfor et møde blev aflyst.",
        ),
        not_shown=(
            "Figuren viser, om møderne blev holdt. Den viser ikke, om de hjalp.",
            "Den siger intet om den enkelte medarbejder.",
        ),
        method=(
            "Et møde ventes hver gang, der er gået så mange uger uden ferie, som dokumentet siger. Et møde, der blev holdt mere end "
            f"{LATE_AFTER_DAYS} dage efter den planlagte dag, er talt som holdt og vist som flyttet.",
            _cadence(context),
        ),
        declared_numbers=_declared(context),
    )


def latest_whole_school_year(context: ReportContext) -> str | None:
    """The last school year that had ended on the as-of date and expects meetings: "2025/26"; None without any."""
    rows = context.records(_YEAR, [context.as_of_date])
    found = rows[0]["school_year"]
    return None if found is None else str(found)


def _table(context: ReportContext, records: list[dict[str, Any]], year: str) -> ProtectedTable:
    titles = context.settings.profile.forum_titles
    rows = [
        {**record, "forum": titles[record["forum_code"]], "area": context.area_name(record["area_code"])}
        for record in context.area_order(records)
    ]
    rows.sort(key=lambda row: str(row["forum"]))
    return protect(
        rows,
        table_id="sessions_by_forum",
        title=f"Møder pr. mødeform og distrikt, skoleåret {year}",
        columns=_COLUMNS,
        source=_source(context),
        rule=context.rule,
    )


def _summed_table(context: ReportContext, records: list[dict[str, Any]], year: str) -> ProtectedTable:
    sums: dict[str | None, dict[str, Any]] = {}
    for record in records:
        row = sums.setdefault(record["area_code"], {"area_code": record["area_code"], **dict.fromkeys(_COUNTS, 0)})
        for name in _COUNTS:
            row[name] += int(record[name])
    total = {name: sum(row[name] for row in sums.values()) for name in _COUNTS}
    rows = [
        {**row, "area": context.area_name(row["area_code"])}
        for row in context.area_order([*sums.values(), {"area_code": "ALL", **total}])
    ]
    return protect(
        rows,
        table_id="sessions_by_district",
        title=f"Møder pr. distrikt, skoleåret {year}",
        columns=_COLUMNS[1:],
        source=_source(context),
        rule=context.rule,
        totals=(TotalRow("area", WHOLE_MUNICIPALITY),),
    )


def _answer(total: dict[str, Any]) -> str:
    """Expected, held, not held, without minutes and not in the log, so that unknown is never read as not held."""
    parts = (
        ("cancelled_count", "blev ikke holdt"),
        ("unknown_count", "mangler referat"),
        ("missing_count", "står ikke i loggen"),
    )
    rest = joined([f"{number(_plain(total[name]))} {words}" for name, words in parts if _plain(total[name])])
    held, expected = (_plain(total[name]) for name in ("held_count", "expected_count"))
    said = f"{number(held)} af {counted(expected, 'ventede møder')} blev holdt."
    return f"{said} {rest}." if rest else said


def _data(total: dict[str, Any]) -> str:
    unknown = _plain(total["unknown_count"])
    if unknown == 0:
        return "Intet ventet møde i loggen mangler referat."
    return f"For {counted(unknown, 'møder')} mangler referatet. De er hverken talt som holdt eller som ikke holdt."


def _without_rhythm() -> Section:
    """What there is to say where the document names no forum with a rhythm."""
    return Section(
        section_id="sessions",
        question=QUESTION,
        answer="Kommunens dokument nævner ingen møder med fast rytme.",
        support="",
        level=0,
        level_reason="",
        tables=(),
        figures=(),
        how_sure=HowSure(
            number="", cause="", data="", needed="Møder kan tælles, når profilen siger, hvor tit de holdes."
        ),
        not_shown=(),
        method=(),
    )


def _cadence(context: ReportContext) -> str:
    parts = [f"{forum.title} hver {rule.interval_weeks}. uge" for forum, rule in _weekly_rules(context)]
    return f"Efter aftalen holdes {joined(parts)}. Det står i profilen, som følger dokumentet."


def _declared(context: ReportContext) -> tuple[DeclaredNumber, ...]:
    weeks = sorted({rule.interval_weeks or 0 for _, rule in _weekly_rules(context)})
    return (
        DeclaredNumber(str(LATE_AFTER_DAYS), "dage, før et møde regnes for flyttet"),
        *(DeclaredNumber(str(week), "uger mellem møder efter profilen") for week in weeks),
    )


def _weekly_rules(context: ReportContext) -> list[tuple[Forum, Rule]]:
    """The forums with one interval for all, and the rule that holds it."""
    forums = context.settings.profile.forums
    return [(forum, rule) for forum in forums for rule in forum.rules if rule.interval_weeks is not None]


def _forum_names(context: ReportContext, records: list[dict[str, Any]]) -> list[str]:
    titles = context.settings.profile.forum_titles
    return sorted({titles[record["forum_code"]] for record in records})


def _source(context: ReportContext) -> str:
    return f"Kilde: {context.settings.municipality.name}s mødelog."


def _plain(cell: Any) -> int:
    return int(cell.value)
