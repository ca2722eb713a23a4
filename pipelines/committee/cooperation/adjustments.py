"""Which units had their rhythm changed within the school year: oftener or more seldom, as a cluster's leader may agree with them."""

from collections.abc import Collection, Mapping, Sequence

from pipelines.committee.context import ReportContext
from pipelines.committee.cooperation.basis import has_come
from pipelines.publish.danish import counted, joined, number

Rhythms = Mapping[str, Sequence[int]]
"""Weeks between meetings by institution, one after the other where they changed within the year."""

_RHYTHMS = """
SELECT institution_code, cadence_weeks
FROM typed.institution_years
WHERE valid_to IS NULL AND school_year = ? AND cadence_weeks IS NOT NULL
ORDER BY institution_code, cadence_from_date
"""


def changed_rhythms(context: ReportContext, year: str, *, units: Collection[str]) -> Rhythms:
    """The rhythms of those of the units whose rhythm changed within the school year; none where units have none of their own."""
    is_own = any(rule.is_own_interval for forum in context.settings.profile.forums for rule in forum.rules)
    if not is_own or not has_come(context, "institution_years"):
        return {}
    found: dict[str, list[int]] = {}
    for row in context.records(_RHYTHMS, [year]):
        weeks = found.setdefault(str(row["institution_code"]), [])
        if weeks[-1:] != [int(row["cadence_weeks"])]:
            weeks.append(int(row["cadence_weeks"]))
    return {code: weeks for code, weeks in found.items() if len(weeks) > 1 and code in units}


def rhythm_words(weeks: Sequence[int]) -> str:
    """ "først 8, så 6"."""
    first, *later = weeks
    return ", ".join([f"først {first}", *(f"så {each}" for each in later)])


def adjusted_words(rhythms: Rhythms) -> str:
    """How many units meet oftener at the end of the year than at its beginning, and how many more seldom."""
    if not rhythms:
        return ""
    ways = (
        (sum(weeks[-1] < weeks[0] for weeks in rhythms.values()), "oftere"),
        (sum(weeks[-1] > weeks[0] for weeks in rhythms.values()), "sjældnere"),
    )
    told = joined([f"{number(count)} {words}" for count, words in ways if count])
    changed = f"I årets løb fik {counted(len(rhythms), 'enhed' if len(rhythms) == 1 else 'enheder')} ny rytme"
    return f"{changed}: {told}." if told else f"{changed}."
