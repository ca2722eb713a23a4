"""Are the oldest children in the numbers of earlier years? A list of today's children has lost those who have turned 18 since.

Then a year counts only those who were young enough to be on the list still, and later years count more ages: the years look as if
they rose. The tables say so. Judged as for Indsatstrappens Nøgletal (marts.mart_key_figure): an age is there where its residents are
at least half as many as those of a middling year of age from 0 to 17, or where chance alone may have left so few of them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from pipelines.committee.context import ReportContext
from pipelines.disclosure.table import ProtectedTable
from pipelines.publish.danish import joined

# An age is expected to have an 18th of the children, give or take the root of that by chance. Below 162 children that is so few that
# the age may simply be empty: three times 3 are the 9 expected of 162. From 648 on, half of those expected is the tighter limit.
_WITHOUT: Final = """
WITH counts AS (
    SELECT days.day_date, count(*) AS children_count,
           count(*) FILTER (WHERE children.turns_18_date <= CAST(days.day_date + to_months(12) AS DATE)) AS oldest_count
    FROM (SELECT unnest(CAST(? AS DATE[])) AS day_date) AS days
    INNER JOIN core.fct_residence AS residences
        ON days.day_date >= residences.start_date AND days.day_date <= coalesce(residences.end_date, DATE '9999-12-31')
    INNER JOIN core.dim_child AS children
        ON residences.child_id = children.child_id AND children.turns_18_date > days.day_date
    WHERE residences.is_own_municipality
    GROUP BY days.day_date
)
SELECT day_date
FROM counts
WHERE oldest_count < children_count / 18 / 2
      AND children_count / 18 - oldest_count > 3 * sqrt(children_count / 18)
"""


def days_without_oldest(context: ReportContext, days: Iterable[date]) -> frozenset[date]:
    """Those of the days on which the list has hardly any residents of 17."""
    return frozenset(row["day_date"] for row in context.records(_WITHOUT, [list(days)]))


def years_without_oldest(context: ReportContext, years: Iterable[int]) -> tuple[int, ...]:
    """The calendar years that began without those of 17, who turned 18 in the course of the year."""
    first_days = days_without_oldest(context, [date(year, 1, 1) for year in {*years}])
    return tuple(sorted(day.year for day in first_days))


def oldest_missing_words(years: Sequence[int]) -> str:
    """Which years lack the oldest, and that they cannot be compared; empty where none does."""
    if not years:
        return ""
    named = joined([str(year) for year in sorted(years)])
    return (
        "Børn, der siden er fyldt 18 år, står ikke på listen over børn. "
        f"Derfor mangler nogle af de ældste i tallene for {named}, og de kan ikke holdes op mod senere år."
    )


def oldest_missing_briefly(years: Sequence[int]) -> str:
    """The same on a question's page, where the figure's source has the reason; empty where no year lacks them."""
    return "Nogle af de ældste mangler (se under figuren)." if years else ""


def with_oldest_missing(table: ProtectedTable, years: Collection[int]) -> ProtectedTable:
    """The table with the warning after its source."""
    return replace(table, source=f"{table.source} {oldest_missing_words(sorted(years))}".strip())
