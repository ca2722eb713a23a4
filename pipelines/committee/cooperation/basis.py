"""What do the sections on cooperation share: the school year, the printed names of units, what has come, and a counted section."""

from collections.abc import Sequence
from typing import Any

from pipelines.codes import load_code_table
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable
from pipelines.municipalities.parts import ForumWhenNeeded, Role
from pipelines.publish.danish import joined, number
from pipelines.publish.number_check import numbers_in
from pipelines.publish.section import DeclaredNumber, Figure, HowSure, Section

LEVEL_REASON = "Tallene tæller. De sammenligner ikke."

_YEAR = """
SELECT max(weeks.school_year) AS school_year
FROM core.dim_session_week AS weeks
INNER JOIN core.dim_day AS days ON days.day_date = CAST(? AS DATE) AND weeks.school_year < days.school_year
"""
_INSTITUTIONS = """
SELECT institution_code AS unit_code, institution_name AS unit_name, institution_type_code, ownership_code, district_code
FROM core.dim_institution
ORDER BY institution_code
"""
_IS_THERE = """
SELECT count(*) AS tables_count
FROM information_schema.tables
WHERE table_schema = 'typed' AND table_name = ?
"""
_CLUSTERS = """
SELECT unit_code, max(unit_name) AS unit_name
FROM typed.organisation
WHERE valid_to IS NULL AND unit_kind_code = 'cluster' AND unit_name IS NOT NULL
GROUP BY unit_code
ORDER BY unit_code
"""


def report_year(context: ReportContext) -> str:
    """The last school year that had ended on the as-of date: "2025/26"."""
    (row,) = context.records(_YEAR, [context.as_of_date])
    return str(row["school_year"])


def has_come(context: ReportContext, source: str) -> bool:
    """Whether any row of the source (contract id) has come; one that was never delivered has no table."""
    (found,) = context.records(_IS_THERE, [source])
    if not found["tables_count"]:
        return False
    (row,) = context.records(f"SELECT count(*) AS rows_count FROM typed.{source} WHERE valid_to IS NULL")
    return bool(row["rows_count"])


def not_come(context: ReportContext, sources: Sequence[str]) -> tuple[str, ...]:
    """Those of the sources that have not come."""
    return tuple(source for source in sources if not has_come(context, source))


def in_forums(
    context: ReportContext, records: Sequence[dict[str, Any]], measures: Sequence[str]
) -> list[dict[str, Any]]:
    """The records of those forums that the profile's indicators of these measures name; all where one of them names none."""
    own = [each for each in context.settings.profile.indicators if each.measure_id in measures]
    named = {each.forum for each in own}
    return list(records) if not own or None in named else [row for row in records if row["forum_code"] in named]


def few_forums(context: ReportContext, held: Sequence[tuple[str, int]]) -> set[str]:
    """The forums that meet when needed and have met so seldom that their meetings are not counted; `held` is (forum, meetings).

    Such a meeting is about one child, so that few meetings are few children.
    """
    when_needed = {forum.code for forum in context.settings.profile.all_forums if isinstance(forum, ForumWhenNeeded)}
    sums: dict[str, int] = {}
    for code, count in held:
        sums[code] = sums.get(code, 0) + count
    return {code for code in when_needed if context.rule.hides_count(sums.get(code, 0))}


class Units:
    """The printed names of institutions, clusters, districts and the municipality, and where an institution belongs."""

    def __init__(self, context: ReportContext) -> None:
        """Read once per section."""
        self._context = context
        self.institutions = {str(row["unit_code"]): row for row in context.records(_INSTITUTIONS)}
        named = context.records(_CLUSTERS) if has_come(context, "organisation") else []
        self._clusters = {row["unit_code"]: str(row["unit_name"]) for row in named}
        names = [str(row["unit_name"]) for row in self.institutions.values()]
        self._twice = {name for name in names if names.count(name) > 1}

    def name(self, unit_kind: str, unit_code: str) -> str:
        """The name as printed; where two institutions share one, the district or else the code tells them apart."""
        if unit_kind == "municipality":
            return WHOLE_MUNICIPALITY
        if unit_kind == "cluster":
            return self._clusters.get(unit_code, unit_code)
        if unit_kind == "district" or unit_code not in self.institutions:
            return self._context.area_name(unit_code)
        name = str(self.institutions[unit_code]["unit_name"])
        return f"{name} ({unit_code})" if name in self._twice else name


def counted_section(
    section_id: str,
    question: str,
    answer: str,
    support: str = "",
    *,
    tables: Sequence[ProtectedTable],
    how_sure: HowSure,
    not_shown: Sequence[str],
    method: Sequence[str],
    figures: Sequence[Figure] = (),
    appendix_figures: Sequence[Figure] = (),
    declared: Sequence[DeclaredNumber] = (),
) -> Section:
    """A section that counts and compares nothing: level 0."""
    return Section(
        section_id=section_id,
        question=question,
        answer=answer,
        support=support,
        level=0,
        level_reason=LEVEL_REASON,
        tables=tuple(tables),
        figures=tuple(figures),
        how_sure=how_sure,
        not_shown=tuple(not_shown),
        method=tuple(method),
        declared_numbers=tuple(declared),
        appendix_figures=tuple(appendix_figures),
    )


def capital(words: str) -> str:
    """The words with a capital first."""
    return words[:1].upper() + words[1:]


def role_title(role: Role) -> str:
    """ "leder af institution eller skole eller distriktsleder": every profession that may fill the role."""
    titles = load_code_table("professions").titles()
    return " eller ".join(titles[code] for code in (role.profession, *role.or_professions))


def of_the_whole(part: Cell, whole: Cell) -> str:
    """ "41 af 48"; empty where a number may not be shown."""
    if part.status is not CellStatus.SHOWN or whole.status is not CellStatus.SHOWN:
        return ""
    return f"{number(float(part.value or 0))} af {number(float(whole.value or 0))}"


def declared_in(texts: Sequence[str], meaning: str) -> tuple[DeclaredNumber, ...]:
    """Every number in texts that quote the document, declared as its own."""
    found = dict.fromkeys(each for text in texts for each in numbers_in(text))
    return tuple(DeclaredNumber(each, meaning) for each in found)


def summed(records: Sequence[dict[str, Any]], names: Sequence[str]) -> dict[str, int]:
    """The sums of the counts called `names`; a missing count adds nothing."""
    return {name: sum(int(record[name] or 0) for record in records) for name in names}


def listed(words: Sequence[str]) -> str:
    """The words as a list in a sentence, each once, in the order they come."""
    return joined(list(dict.fromkeys(words)))
