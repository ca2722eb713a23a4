"""How old is the child when it first comes up? More professions about the younger ones, and how long the concern was known.

Ages are whole years on the day of the case's first meeting; a case whose child's age is not known stands for itself.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, Final

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.cooperation.basis import in_forums, report_year
from pipelines.committee.cooperation.division import division_table
from pipelines.disclosure.relations import TotalColumn
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish.danish import number

AGE_BANDS: Final = ((0, 2), (3, 5), (6, 9), (10, 15), (16, 17))
UNKNOWN_AGE: Final = "Alder ikke kendt"

_PROFESSIONS = """
WITH named AS (
    SELECT forum_code, case_id, child_id, institution_code, age_years
    FROM core.fct_case
    WHERE school_year = ? AND first_date <= ? AND is_consent_needed
),
professions AS (
    SELECT cases.forum_code, cases.case_id, count(DISTINCT participants.profession_code) AS professions_count
    FROM core.fct_session_case AS cases
    INNER JOIN core.fct_session_role AS participants
        ON cases.session_id = participants.session_id AND participants.is_present
    WHERE cases.is_held AND cases.case_date <= ? AND participants.profession_code NOT IN ('family', 'child', 'network_person')
    GROUP BY cases.forum_code, cases.case_id
)
SELECT named.forum_code, named.case_id, named.child_id, named.institution_code, named.age_years, professions.professions_count
FROM named
LEFT JOIN professions ON named.forum_code = professions.forum_code AND named.case_id = professions.case_id
ORDER BY named.forum_code, named.case_id
"""
"""The family and its network take part without being a profession."""

_CONCERN = """
SELECT institution_code, age_years, concern_days
FROM core.fct_case
WHERE school_year = ? AND concern_days IS NOT NULL
ORDER BY forum_code, case_id
"""
_AGE = TableColumn("age", "Barnets alder", "label")
_PROFESSION_COLUMNS = (
    _AGE,
    TableColumn("cases_count", "Drøftelser", "count"),
    TableColumn("told_count", "Med deltagere noteret", "count"),
    TableColumn("untold_count", "Uden deltagere noteret", "count"),
    TableColumn(
        "professions_mean", "Faggrupper (gennemsnit)", "mean", decimals=1,
        children="children_count", institutions="institutions_count",
    ),
)  # fmt: skip
_CONCERN_COLUMNS = (
    _AGE,
    TableColumn("days_median", "Dage, midterste", "mean", children="known_count", institutions="institutions_count"),
)


def asks_professions(context: ReportContext) -> bool:
    """Whether the profile counts the professions about a case."""
    return any(each.measure_id == "professions_per_case" for each in context.settings.profile.indicators)


def professions_table(
    context: ReportContext, *, measures: Sequence[str] = (), known: Cell | None = None
) -> ProtectedTable | None:
    """Cases about one child by the child's age, and how many professions came to the case's meetings.

    measures: the table holds the cases of the forums that the profile's indicators of these measures name. known: the number of cases
    in all, as another table of the section tells it.
    """
    year = report_year(context)
    day = context.as_of_date
    records = in_forums(context, context.records(_PROFESSIONS, [year, day, day]), measures)
    return division_table(
        context,
        _rows(records, _profession_numbers),
        table_id="professions_by_age",
        title=f"Drøftelser om ét barn efter barnets alder ved det første møde, skoleåret {year}",
        columns=_PROFESSION_COLUMNS,
        printed=("age", "cases_count", "told_count", "professions_mean"),
        relations=(TotalColumn("cases_count", ("told_count", "untold_count")),),
        known={} if known is None else {"cases_count": known},
        source=f"Kilde: {context.settings.municipality.name}s mødelog.",
    )


def professions_said(tables: Sequence[ProtectedTable]) -> str:
    """ "Om børn på 0-2 år var der i gennemsnit 3,4 faggrupper med, og om børn på 10-15 år 2,6."; nothing where fewer than two
    ages have a number."""
    table = next((each for each in tables if each.table_id == "professions_by_age"), None)
    if table is None:
        return ""
    ages = [str(age) for age in table.values("age") if age not in (UNKNOWN_AGE, WHOLE_MUNICIPALITY)]
    means = {age: table.cell("professions_mean", age=age).value for age in ages}
    told = [(age, float(value)) for age, value in means.items() if isinstance(value, (int, float))]
    if len(told) < 2:
        return ""
    (young, most), (old, fewest) = told[0], told[-1]
    return (
        f"Om børn på {young} var der i gennemsnit {number(most, decimals=1)} faggrupper med, "
        f"og om børn på {old} {number(fewest, decimals=1)}."
    )


def concern_table_by_age(context: ReportContext, *, known: Cell) -> ProtectedTable | None:
    """Days from the first known concern to the first meeting, in the middle of those where both are known, by age.

    known: the whole municipality's days as the table by district tells them; where that hides them there is no table. Without counts,
    since most of these cases stand in the table of professions as well: two tables of one count may hide it in different places.
    """
    if known.status is not CellStatus.SHOWN:
        return None
    year = report_year(context)
    rows = _rows(context.records(_CONCERN, [year]), _concern_numbers)
    if not may_stand_hidden(rows[:-1], context.rule):
        rows = rows[-1:]
    return division_table(
        context,
        rows,
        table_id="concern_by_age",
        title=f"Fra første bekymring til første møde efter barnets alder, skoleåret {year}",
        columns=_CONCERN_COLUMNS,
        source=f"Kilde: {context.settings.municipality.name}s mødelog.",
    )


def may_stand_hidden(rows: Sequence[Mapping[str, Any]], rule: DisclosureRule) -> bool:
    """Whether groups may stand beside each other with a middle number or none, and no counts.

    A number tells that there are enough in its group, and a hidden one that there is somebody: what that leaves of all cases must not
    tell how many few there are. rows: with `known_count` and `institutions_count`.
    """
    known = [int(row["known_count"]) for row in rows if row["known_count"]]
    shown = [
        int(row["known_count"])
        for row in rows
        if row["known_count"] >= rule.minimum_group_children and row["institutions_count"] >= rule.minimum_institutions
    ]
    hidden_count = len(known) - len(shown)
    most = sum(known) - rule.minimum_group_children * len(shown) - max(hidden_count - 1, 0)
    return not hidden_count or most > rule.minimum_count


def band_of(age_years: int | None) -> str:
    """ "3-5 år", or that the age is not known; nobody older than a child has a band."""
    for first, last in AGE_BANDS:
        if age_years is not None and first <= age_years <= last:
            return f"{first}-{last} år"
    return UNKNOWN_AGE


def _rows(
    records: Sequence[dict[str, Any]], numbers: Callable[[Sequence[dict[str, Any]]], dict[str, Any]]
) -> list[dict[str, Any]]:
    """One row per band, the unknown only where there are any, and the whole last; no rows without a record."""
    if not records:
        return []
    bands = [f"{first}-{last} år" for first, last in AGE_BANDS]
    parts = {band: [row for row in records if band_of(row["age_years"]) == band] for band in (*bands, UNKNOWN_AGE)}
    if not parts[UNKNOWN_AGE]:
        del parts[UNKNOWN_AGE]
    return [{"age": band, **numbers(own)} for band, own in {**parts, WHOLE_MUNICIPALITY: list(records)}.items()]


def _profession_numbers(own: Sequence[dict[str, Any]]) -> dict[str, Any]:
    told = [row for row in own if row["professions_count"]]
    return {
        "cases_count": len(own),
        "told_count": len(told),
        "untold_count": len(own) - len(told),
        "professions_mean": sum(int(row["professions_count"]) for row in told) / len(told) if told else None,
        "children_count": len({row["child_id"] for row in told}),
        "institutions_count": len({row["institution_code"] for row in told}),
    }


def _concern_numbers(own: Sequence[dict[str, Any]]) -> dict[str, Any]:
    days = [float(row["concern_days"]) for row in own]
    return {
        "known_count": len(own),
        "days_median": median(days) if days else None,
        "institutions_count": len({row["institution_code"] for row in own}),
    }
