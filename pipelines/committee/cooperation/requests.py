"""What do institutions ask support for, and by which road? Requests of one school year per district, protected once."""

from pipelines.committee.context import ReportContext
from pipelines.committee.cooperation.basis import report_year
from pipelines.committee.cooperation.told import area_table
from pipelines.disclosure.relations import TotalColumn
from pipelines.disclosure.table import ProtectedTable, TableColumn

REQUEST_PAIRS = (
    ("in_practice_known_count", "requests_count"),
    ("in_practice_count", "in_practice_known_count"),
    ("level_known_count", "requests_count"),
    ("environment_count", "level_known_count"),
    ("waited_known_count", "child_request_count"),
    ("waited_for_diagnosis_count", "waited_known_count"),
    ("pupils_over_nine_count", "requests_count"),
    ("family_known_count", "child_request_count"),
    ("family_count", "family_known_count"),
    ("area_support_count", "requests_count"),
)
"""Part and whole that are told of the municipality. Only requests about a child have an answer about diagnosis or family: where all of
them have, that answer counts them."""

REPEAT_PAIR = ("asked_again_count", "ended_count")

REQUESTS_QUERY = """
SELECT support_road_code, district_code, requests_count, in_practice_count, in_practice_known_count,
       environment_count + group_count AS environment_count, environment_count + group_count + child_count AS level_known_count,
       child_count AS child_request_count,
       waited_for_diagnosis_count, waited_known_count, pupils_over_nine_count, family_count, family_known_count,
       CASE WHEN support_road_code = 'area_support' THEN requests_count ELSE 0 END AS area_support_count
FROM marts.mart_support_request
WHERE school_year = ?
ORDER BY support_road_code, district_code
"""
_REPEATS = """
SELECT requests.district_code, count(*) AS ended_count, count(*) FILTER (WHERE requests.is_asked_again) AS asked_again_count
FROM core.fct_support_request AS requests
INNER JOIN core.dim_day AS days ON requests.end_date = days.day_date AND days.school_year = ?
WHERE requests.is_asked_again IS NOT NULL
GROUP BY requests.district_code
ORDER BY requests.district_code
"""
_COLUMNS = (
    TableColumn("requests_count", "Henvendelser", "count"),
    TableColumn("level_known_count", "Svar om niveau", "count"),
    TableColumn("environment_count", "Om gruppe eller miljø", "count"),
    TableColumn("child_request_count", "Om et barn", "count"),
    TableColumn("area_support_count", "Til områdesupport", "count"),
    TableColumn("pupils_over_nine_count", "Elever over 9 timer om ugen", "count"),
    TableColumn("in_practice_known_count", "Svar om praksis", "count"),
    TableColumn("in_practice_count", "Givet i praksis", "count"),
    TableColumn("waited_known_count", "Svar om diagnose", "count"),
    TableColumn("waited_for_diagnosis_count", "Ventede på diagnose", "count"),
    TableColumn("family_known_count", "Svar om familie", "count"),
    TableColumn("family_count", "Familien med før", "count"),
)
_REPEAT_COLUMNS = (
    TableColumn("ended_count", "Afsluttede forløb", "count"),
    TableColumn("asked_again_count", "Spurgt igen inden et år", "count"),
)
_PRINTED = {
    "requests": (
        "requests_count", "level_known_count", "environment_count", "area_support_count", "pupils_over_nine_count",
    ),
    "requests_how": (
        "in_practice_known_count", "in_practice_count", "waited_known_count", "waited_for_diagnosis_count",
        "family_known_count", "family_count",
    ),
}  # fmt: skip


def request_counts(context: ReportContext) -> ProtectedTable:
    """Every count of the year's requests per district."""
    return area_table(
        context,
        context.records(REQUESTS_QUERY, [report_year(context)]),
        table_id="requests_all",
        columns=_COLUMNS,
        pairs=REQUEST_PAIRS,
        divisions=(TotalColumn("level_known_count", ("environment_count", "child_request_count")),),
        wholes=("requests_count",),
        source=f"Kilde: {context.settings.municipality.name}s henvendelser om support.",
    )


def request_tables(context: ReportContext, counts: ProtectedTable) -> tuple[ProtectedTable, ...]:
    """What a reader sees of them: how many, and how the support was given."""
    year = report_year(context)
    titles = {
        "requests": "Henvendelser om support",
        "requests_how": "Henvendelser om support, og hvordan hjælpen blev givet",
    }
    tables = [
        counts.excerpt(table_id, title=f"{titles[table_id]}, skoleåret {year}", columns=["area", *columns])
        for table_id, columns in _PRINTED.items()
    ]
    if any(each.measure_id == "repeat_request_share" for each in context.settings.profile.indicators):
        names = ["area", *(column.name for column in _REPEAT_COLUMNS)]
        ended = f"Forløb, der sluttede i skoleåret {year_before(year)}, og om institutionen spurgte igen"
        tables.append(repeat_counts(context).excerpt("repeats", title=ended, columns=names))
    return tuple(tables)


def repeat_counts(context: ReportContext) -> ProtectedTable:
    """Support that ended the school year before, and after how much of it the institution asked for the same within twelve months.

    The year before, so that all of them have had their twelve months.
    """
    return area_table(
        context,
        context.records(_REPEATS, [year_before(report_year(context))]),
        table_id="repeats_all",
        columns=_REPEAT_COLUMNS,
        pairs=(REPEAT_PAIR,),
        source=f"Kilde: {context.settings.municipality.name}s henvendelser om support.",
    )


def year_before(school_year: str) -> str:
    """ "2024/25" for "2025/26"."""
    first = int(school_year[:4]) - 1
    return f"{first}/{(first + 1) % 100:02d}"
