"""How soon does the help come? From concern to first meeting, from meeting to first measure, from request to contact and start.

Those who still wait are counted as waiting, and never as having waited for nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.cooperation.ages import concern_table_by_age, may_stand_hidden
from pipelines.committee.cooperation.basis import capital, counted_section, not_come, report_year
from pipelines.committee.cooperation.requests import request_counts, request_tables
from pipelines.committee.cooperation.waits import AFTER_MONTHS, Wait, month_label, wait_table
from pipelines.committee.missing import missing_section, missing_words
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.municipalities.profile import Profile
from pipelines.publish.curve_figure import Curve, cumulative_steps
from pipelines.publish.danish import number
from pipelines.publish.figures import FigureWords
from pipelines.publish.section import DeclaredNumber, Figure, HowSure, Section
from pipelines.publish.sentences import TOO_FEW, UNCERTAINTY_LINES

QUESTION = "Hvor hurtigt kommer hjælpen?"
TOLD_MONTHS = 3
ALL_REQUESTS = "Alle henvendelser"
FIRST_MEASURE = "Første indsats"
_NO_ROAD = "Vej ikke noteret"
_OF_REQUESTS = {"wait_first_contact_days", "wait_start_days", "formal_road_share", "assessment_days"}
_OF_CASES = {"wait_first_measure_days", "concern_known_days"}

_REQUESTS = """
SELECT request_id, institution_code, district_code, support_road_code, request_date, days_to_contact, days_to_start
FROM core.fct_support_request
WHERE school_year = ? AND request_date <= ?
ORDER BY request_id
"""
_CASES = """
WITH firsts AS (
    SELECT child_id, first_date, institution_code, district_code, school_year,
           row_number() OVER (PARTITION BY child_id ORDER BY first_date, forum_code, case_id) AS case_number
    FROM core.fct_case
    WHERE is_consent_needed AND child_id IS NOT NULL
)
SELECT firsts.child_id, firsts.first_date, firsts.institution_code, firsts.district_code,
       min(measures.start_date) AS measure_date, min(children.observed_to_date) AS observed_to_date,
       min(children.turns_18_date) AS turns_18_date
FROM firsts
LEFT JOIN core.dim_child AS children ON firsts.child_id = children.child_id
LEFT JOIN core.fct_measure AS measures
    ON firsts.child_id = measures.child_id AND measures.start_date >= firsts.first_date AND measures.start_date <= ?
WHERE firsts.case_number = 1 AND firsts.school_year = ?
GROUP BY firsts.child_id, firsts.first_date, firsts.institution_code, firsts.district_code
ORDER BY firsts.child_id
"""
_CONCERN = """
SELECT district_code, count(*) AS known_count, median(concern_days) AS days_median,
       count(DISTINCT institution_code) AS institutions_count
FROM core.fct_case
WHERE school_year = ? AND concern_days IS NOT NULL
GROUP BY GROUPING SETS ((district_code), ())
ORDER BY grouping(district_code), district_code
"""


def waiting_section(context: ReportContext) -> Section | None:
    """The section *Hvor hurtigt kommer hjælpen?*; None where the document asks nothing of it."""
    profile = context.settings.profile
    asked = {indicator.measure_id for indicator in profile.indicators}
    sources = (("support_requests",) if asked & _OF_REQUESTS else ()) + (
        ("session_cases",) if asked & _OF_CASES else ()
    )
    if not sources:
        return None
    missing = not_come(context, sources)
    if missing == sources:
        return missing_section("waiting", QUESTION, missing)
    tables: list[ProtectedTable] = []
    curves: list[ProtectedTable] = []
    if "support_requests" in sources and "support_requests" not in missing:
        curves += _request_waits(context, profile)
        tables += request_tables(context, request_counts(context))
    if "session_cases" in sources and "session_cases" not in missing:
        curves += _measure_waits(context) if "wait_first_measure_days" in asked else []
        concern = _concern_table(context)
        by_age = concern_table_by_age(context, known=_days_of_all(concern)) if concern else None
        tables += [*concern, *([by_age] if by_age else [])]
    figures = [figure for table in curves for figure in _figure(context, table)]
    return counted_section(
        "waiting",
        QUESTION,
        _answer(curves, next((table for table in tables if table.table_id == "concern"), None)),
        tables=(*curves, *tables),
        figures=figures[:1],
        appendix_figures=figures[1:],
        how_sure=HowSure(
            number=UNCERTAINTY_LINES if figures else "",
            cause="Tallene siger ikke, hvorfor nogle venter længere end andre.",
            data=missing_words(missing)
            if missing
            else "Den, der venter endnu, tæller som ventende til opgørelsesdagen.",
            needed="Skriv dagen for første kontakt og for start ved hver henvendelse.",
        ),
        not_shown=("En kort ventetid siger ikke, om hjælpen var den rigtige.",),
        method=(
            f"Tallene er for skoleåret {report_year(context)}. En måned er regnet som 30,4 dage.",
            "Den første indsats er den første, der begynder på eller efter dagen for det første møde om barnet.",
        ),
        declared=(
            DeclaredNumber("30,4", "dage i en måned"),
            *(DeclaredNumber(str(months), "måneder, hvor der tælles") for months in AFTER_MONTHS),
        ),
    )


def _request_waits(context: ReportContext, profile: Profile) -> list[ProtectedTable]:
    """From request to start, by road where the document has several; and from request to first contact."""
    year = report_year(context)
    records = context.records(_REQUESTS, [year, context.as_of_date])
    if not records:
        return []
    # "den tværfaglige områdesupport" has no room beside a curve
    roads = {road.code: capital(road.title.split()[-1]) for road in profile.support_roads}
    starts = [_wait(context, row, "days_to_start", _group(row["support_road_code"], roads)) for row in records]
    contacts = [_wait(context, row, "days_to_contact", "Første kontakt") for row in records]
    told = _told_groups(context, roads)
    if ALL_REQUESTS not in told and not context.rule.hides_count(len(records)):
        return []  # the table of requests hides how many there are
    found = [
        wait_table(
            context,
            waits,
            table_id=table_id,
            title=f"Fra henvendelse til {what}, skoleåret {year}",
            noun="Henvendelser",
            total=total,
            told_wholes=[total, *told] if ALL_REQUESTS in told else [],
            source=f"Kilde: {context.settings.municipality.name}s henvendelser om support.",
        )
        for table_id, what, total, waits in (
            ("waits_start", "start", ALL_REQUESTS, starts),
            ("waits_contact", "første kontakt", "Første kontakt", contacts),
        )
    ]
    return [table for table in found if table]


def _group(road_code: str | None, roads: Mapping[str, str]) -> str:
    """The road as the curve is called; a document without roads has one curve."""
    return roads.get(road_code or "", _NO_ROAD) if roads else ALL_REQUESTS


def _told_groups(context: ReportContext, roads: Mapping[str, str]) -> list[str]:
    """All requests, and the road whose number the table of requests tells: the curves' table must not hide them."""
    counts = request_counts(context)
    named = {"requests_count": ALL_REQUESTS, "area_support_count": roads.get("area_support")}
    shown = {name for name in named if counts.cell(name, area=WHOLE_MUNICIPALITY).status is CellStatus.SHOWN}
    return [group for name, group in named.items() if name in shown and group]


def _wait(context: ReportContext, row: dict[str, Any], column: str, group: str) -> Wait:
    followed = (context.as_of_date - row["request_date"]).days
    days = row[column]
    # what lies after the as-of date has not come yet
    has_ended = days is not None and days <= followed
    where = (str(row["district_code"]), str(row["institution_code"]))
    return Wait(group, max(days, 0) if has_ended else followed, has_ended, *where)


def _measure_waits(context: ReportContext) -> list[ProtectedTable]:
    """From a child's first meeting to the first measure that begins after it."""
    year = report_year(context)
    records = context.records(_CASES, [context.as_of_date, year])
    if not records:
        return []
    table = wait_table(
        context,
        [_measure_wait(context, row) for row in records],
        table_id="waits_measure",
        title=f"Fra det første møde om barnet til den første indsats, møder i skoleåret {year}",
        noun="Børn",
        total=FIRST_MEASURE,
        told_wholes=[],
        source=f"Kilde: {context.settings.municipality.name}s mødelog og socialregister.",
    )
    return [table] if table else []


def _measure_wait(context: ReportContext, row: dict[str, Any]) -> Wait:
    seen_last = min(day for day in (context.as_of_date, row["observed_to_date"], row["turns_18_date"]) if day)
    measured: date | None = row["measure_date"]
    has_ended = measured is not None and measured <= seen_last
    last = measured if has_ended and measured else seen_last
    where = (str(row["district_code"]), str(row["institution_code"]))
    return Wait(FIRST_MEASURE, max((last - row["first_date"]).days, 0), has_ended, *where)


def _concern_table(context: ReportContext) -> list[ProtectedTable]:
    """Days from the first known concern to the first meeting, in the middle of those where both are known.

    Without counts: the table of cases counts most of them too, and the two would hide different districts.
    """
    year = report_year(context)
    records = context.records(_CONCERN, [year])
    if not records:
        return []
    # the whole municipality comes last: its row is the one without a district
    codes = [*(record["district_code"] for record in records[:-1]), "ALL"]
    rows = context.area_order(
        [
            {"area": context.area_name(code), "area_code": code, **record}
            for code, record in zip(codes, records, strict=True)
        ]
    )
    parts = rows[:-1] if may_stand_hidden(rows[:-1], context.rule) else []
    table = protect(
        [*parts, rows[-1]],
        table_id="concern",
        title=f"Fra første bekymring til første møde, skoleåret {year}",
        columns=(
            TableColumn("area", "Distrikt", "label"),
            TableColumn(
                "days_median", "Dage, midterste", "mean", children="known_count", institutions="institutions_count"
            ),
        ),
        source=f"Kilde: {context.settings.municipality.name}s mødelog.",
        rule=context.rule,
    )
    return [table]


def _days_of_all(tables: Sequence[ProtectedTable]) -> Cell:
    """How long concern was known in the whole municipality, as the table by district tells it."""
    return tables[0].cell("days_median", area=WHOLE_MUNICIPALITY)


def _answer(curves: Sequence[ProtectedTable], concern: ProtectedTable | None) -> str:
    """What has happened after three months, or after the last month before that may be told; else how long concern was known."""
    for table, group, words in (
        ("waits_start", ALL_REQUESTS, "af henvendelserne i gang"),
        ("waits_measure", FIRST_MEASURE, "af børnene begyndt på en indsats"),
    ):
        found = next((curve for curve in curves if curve.table_id == table), None)
        for months in reversed([each for each in AFTER_MONTHS if each <= TOLD_MONTHS]):
            cell = found.cell("share_pct", group=group, month=month_label(months)) if found else None
            if cell and isinstance(cell.value, (int, float)):
                when = f"{months} {'måned' if months == 1 else 'måneder'}"
                return f"Efter {when} var {number(cell.value)} procent {words}."
    days = concern.cell("days_median", area=WHOLE_MUNICIPALITY).value if concern else None
    if isinstance(days, (int, float)):
        return f"I den midterste sag var bekymringen kendt i {number(days)} dage før det første møde."
    return TOO_FEW


def _figure(context: ReportContext, table: ProtectedTable) -> list[Figure]:
    if not any(value is not None for value in table.values("share_pct")):
        return []
    marks = ((None, "o"), ("almen", "s"), ("special", "^"))
    groups = list(dict.fromkeys(str(group) for group in table.values("group")))
    # the sum of all stands last in the table and is drawn first, in grey
    curves = [Curve(group, band, mark) for group, (band, mark) in zip(reversed(groups), marks, strict=False)]
    months = {month_label(months): months for months in AFTER_MONTHS}
    shown = {
        group
        for group, share in zip(table.values("group"), table.values("share_pct"), strict=True)
        if share is not None
    }
    figure = cumulative_steps(
        table,
        FigureWords(
            figure_id=table.table_id,
            title=f"{table.title.split(',')[0]}: så mange er kommet i gang",
            subtitle="Procent efter måneder. De lodrette streger er usikkerheden, regnet på distrikter.",
            source=table.source,
            constructed=context.is_constructed,
        ),
        curves=[curve for curve in curves if curve.group in shown],
        group="group",
        month="month",
        months=months,
        share="share_pct",
        low="low",
        high="high",
        followed="followed_count",
        noun="andel, der er kommet i gang",
    )
    return [figure]
