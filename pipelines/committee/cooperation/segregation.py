"""How do children fare in daycare that meets often, and in daycare that meets seldom? Cadence class beside special provision.

The classes are set by need: institutions that meet every fourth week were chosen because more was needed there. So the groups differ
beforehand, nothing is compared, and the table says so under its numbers.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipelines.committee.context import ReportContext
from pipelines.committee.cooperation.basis import not_come, summed
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import TotalColumn, TotalRow
from pipelines.disclosure.secondary import CannotProtectError
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.municipalities.profile import Profile

ALL_CLASSES: Final = "Alle"
WITHOUT_CLASS: Final = "Uden rytme"
CLASSES_DIFFER: Final = "Rytmen er sat efter behov, så grupperne er forskellige på forhånd."
SOURCES: Final = ("institution_years", "school_placements", "children", "institutions")

_CLASSES = """
WITH later_day AS (
    SELECT max(states.reference_date) AS day_date
    FROM core.fct_reference_day_state AS states
    WHERE states.reference_date <= CAST(? AS DATE)
),
before_day AS (
    SELECT days.day_date, days.school_year, later_day.day_date AS later_date
    FROM later_day
    INNER JOIN core.dim_day AS later_days ON later_day.day_date = later_days.day_date
    INNER JOIN core.dim_day AS days
        ON later_days.school_year_number = days.school_year_number + 1 AND days.is_school_reference_date
),
classes AS (
    SELECT years.institution_code, years.cadence_weeks
    FROM typed.institution_years AS years
    INNER JOIN before_day ON years.school_year = before_day.school_year
    WHERE years.valid_to IS NULL AND (years.cadence_from_date IS NULL OR years.cadence_from_date <= before_day.day_date)
    QUALIFY row_number() OVER (PARTITION BY years.institution_code ORDER BY years.cadence_from_date DESC NULLS LAST) = 1
),
children AS (
    SELECT befores.institution_code, before_day.later_date, laters.state_code IN ('special_daycare', 'segregated') AS is_special
    FROM before_day
    INNER JOIN core.fct_reference_day_state AS befores
        ON before_day.day_date = befores.reference_date AND befores.state_code = 'daycare'
    INNER JOIN core.fct_reference_day_state AS laters
        ON before_day.later_date = laters.reference_date AND befores.child_id = laters.child_id
)
SELECT classes.cadence_weeks, count(DISTINCT children.institution_code) AS units_count, count(*) AS children_count,
       count(*) FILTER (WHERE children.is_special) AS special_count, max(children.later_date) AS later_date
FROM children
LEFT JOIN classes ON children.institution_code = classes.institution_code
GROUP BY classes.cadence_weeks
ORDER BY classes.cadence_weeks NULLS LAST
"""
_COLUMNS = (
    TableColumn("weeks", "Møde hver", "label"),
    TableColumn("units_count", "Institutioner", "number"),
    TableColumn("children_count", "Børn i dagtilbud", "count"),
    TableColumn("special_count", "Et år efter i særligt tilbud", "count"),
    TableColumn("other_count", "Et år efter et andet sted", "count"),
    TableColumn(
        "special_share",
        "Andel i særligt tilbud",
        "share",
        decimals=1,
        numerator="special_count",
        denominator="children_count",
    ),
)


def has_classes(profile: Profile) -> bool:
    """Whether the document names the classes that an institution's own rhythm is one of."""
    return any(rule.allowed_intervals_weeks for forum in profile.forums for rule in forum.rules)


def segregation_by_class(context: ReportContext) -> tuple[ProtectedTable, ...]:
    """Children in ordinary daycare on 30 September by the institution's class that day, and those in special provision a year later.

    No table where the document has no classes, a source has not come, or no child is known on both days.
    """
    if not has_classes(context.settings.profile) or not_come(context, SOURCES):
        return ()
    records = context.records(_CLASSES, [context.as_of_date])
    if not records:
        return ()
    rows = [_row(record, _class_words(record["cadence_weeks"])) for record in records]
    rows.append(_row(summed(records, ("units_count", "children_count", "special_count")), ALL_CLASSES))
    last = records[0]["later_date"].year
    title = f"Rytme og særlige tilbud, fra 30. september {last - 1} til 30. september {last}"
    return (_protected(context, rows, title),)


def _protected(context: ReportContext, rows: Sequence[dict[str, Any]], title: str) -> ProtectedTable:
    """Class by class; where a hidden class would show whatever else is hidden, all classes alone."""

    def protected(own: Sequence[dict[str, Any]]) -> ProtectedTable:
        return protect(
            own,
            table_id="segregation_by_class",
            title=title,
            columns=_COLUMNS,
            source=f"Kilde: {context.settings.municipality.name}s registre. {CLASSES_DIFFER} Tallene viser ikke, om møderne hjalp.",
            rule=context.rule,
            totals=(
                *([TotalRow("weeks", ALL_CLASSES)] if len(own) > 1 else []),
                TotalColumn("children_count", ("special_count", "other_count")),
            ),
        )

    try:
        return protected(rows)
    except CannotProtectError:
        return protected(rows[-1:])


def _row(counts: Mapping[str, Any], weeks: str) -> dict[str, Any]:
    children, special = int(counts["children_count"]), int(counts["special_count"])
    return {
        "weeks": weeks,
        "units_count": int(counts["units_count"]),
        "children_count": children,
        "special_count": special,
        "other_count": children - special,
        "special_share": special / children,
    }


def _class_words(weeks: int | None) -> str:
    return WITHOUT_CLASS if weeks is None else f"{weeks}. uge"
