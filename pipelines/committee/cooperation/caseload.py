"""How many children with an open measure are there for each caseworker? Per district on the school year's last day.

No source says whose child it is: the children who live in a district are held against the full-time positions attached to it. A
number is told only where enough members of staff stand behind it, and by district only where that holds of every district.
"""

from typing import Any, Final

from pipelines.codes import load_code_table
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.cooperation.basis import report_year
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import TotalRow
from pipelines.disclosure.table import CellStatus, ProtectedTable, TableColumn

FULL_TIME_HOURS: Final = 37.0
LOWEST_RUNG: Final = 2
"""A measure that somebody has decided on: below it are the offers to everybody."""

_STAFF = """
WITH last_day AS (
    SELECT max(day_date) AS day_date
    FROM core.dim_day
    WHERE school_year = ?
)
SELECT staffing.district_code, staffing.staff_id, sum(staffing.hours_per_week) AS hours_per_week
FROM core.fct_staffing AS staffing
CROSS JOIN last_day
WHERE staffing.profession_code = ? AND staffing.start_date <= last_day.day_date
  AND (staffing.end_date IS NULL OR staffing.end_date >= last_day.day_date)
GROUP BY staffing.district_code, staffing.staff_id
ORDER BY staffing.district_code, staffing.staff_id
"""
_CHILDREN = """
WITH last_day AS (
    SELECT max(day_date) AS day_date
    FROM core.dim_day
    WHERE school_year = ?
),
helped AS (
    SELECT DISTINCT measures.child_id, last_day.day_date
    FROM core.fct_measure AS measures
    CROSS JOIN last_day
    WHERE measures.social_rung >= ? AND measures.start_date <= last_day.day_date
      AND (measures.end_date IS NULL OR measures.end_date >= last_day.day_date)
)
SELECT residences.district_code, count(*) AS children_count
FROM helped
LEFT JOIN core.fct_residence AS residences
    ON helped.child_id = residences.child_id AND residences.is_own_municipality AND residences.start_date <= helped.day_date
    AND (residences.end_date IS NULL OR residences.end_date >= helped.day_date)
GROUP BY residences.district_code
ORDER BY residences.district_code
"""
_COLUMNS = (
    TableColumn("area", "Distrikt", "label"),
    TableColumn("children_count", "Børn med åben indsats", "count"),
    TableColumn("positions", "Stillinger (37 timer)", "number", decimals=1, staff="staff_count"),
    TableColumn("per_position", "Børn pr. stilling", "number", decimals=1, staff="staff_count"),
)


def caseload_table(context: ReportContext) -> ProtectedTable | None:
    """Children, positions and children per position; None where the profile asks for no caseload or nobody is attached."""
    asked = [each for each in context.settings.profile.indicators if each.measure_id == "caseload" and each.profession]
    return _table(context, str(asked[0].profession)) if asked else None


def _table(context: ReportContext, profession: str) -> ProtectedTable | None:
    year = report_year(context)
    staff = context.records(_STAFF, [year, profession])
    children = {
        row["district_code"]: int(row["children_count"]) for row in context.records(_CHILDREN, [year, LOWEST_RUNG])
    }
    codes = dict.fromkeys([*children, *(row["district_code"] for row in staff)])
    rows = [_row(code, children.get(code, 0), [row for row in staff if row["district_code"] == code]) for code in codes]
    whole = _row("ALL", sum(children.values()), staff)
    if not whole["staff_count"]:
        return None
    for own in ([*rows, whole] if _may_stand_by_district(context, rows) else [], [whole]):
        table = _protected(context, own, profession, year) if own else None
        if table and (len(own) == 1 or None not in table.values("children_count")):
            return table
    return None


def _may_stand_by_district(context: ReportContext, rows: list[dict[str, Any]]) -> bool:
    """Every district has enough staff, and all of the staff belong to a district."""
    named = [row for row in rows if row["area_code"] is not None]
    has_strays = any(row["staff_count"] for row in rows if row["area_code"] is None)
    return bool(named) and not has_strays and all(row["staff_count"] >= context.rule.minimum_staff for row in named)


def _row(code: str | None, children: int, staff: list[dict[str, Any]]) -> dict[str, Any]:
    positions = sum(float(row["hours_per_week"] or 0) for row in staff) / FULL_TIME_HOURS
    return {
        "area_code": code,
        "children_count": children,
        "positions": positions or CellStatus.NOT_COMPUTABLE,
        "per_position": children / positions if positions else CellStatus.NOT_COMPUTABLE,
        "staff_count": len({row["staff_id"] for row in staff}),
    }


def _protected(context: ReportContext, rows: list[dict[str, Any]], profession: str, year: str) -> ProtectedTable:
    """Positions times children per position is a number of children: it is hidden where that is small."""
    named = [{**row, "area": context.area_name(row["area_code"])} for row in rows]
    told = [
        {**row, "per_position": CellStatus.HIDDEN} if context.rule.hides_count(row["children_count"]) else row
        for row in named
    ]
    return protect(
        context.area_order(told),
        table_id="caseload",
        title=f"Børn med en åben indsats pr. {load_code_table('professions').titles()[profession]}, sidste dag i skoleåret {year}",
        columns=_COLUMNS,
        source=f"Kilde: {context.settings.municipality.name}s socialregister og liste over medarbejdere.",
        rule=context.rule,
        totals=[TotalRow("area", WHOLE_MUNICIPALITY)] if len(rows) > 1 else [],
    )
