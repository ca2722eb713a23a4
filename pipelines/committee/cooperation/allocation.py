"""How often should each institution meet the team next? Per institution its children, social normering, class today and by the rule.

The rule proposes, and adds the team's hours up against what there is. The decision is a leader's.
"""

from collections.abc import Sequence
from typing import Any

from pipelines.committee.context import ReportContext
from pipelines.committee.cooperation.basis import Units, counted_section, declared_in, has_come
from pipelines.committee.cooperation.segregation import CLASSES_DIFFER, segregation_by_class
from pipelines.committee.missing import missing_section
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.municipalities.parts import Allocation
from pipelines.publish.danish import counted, number
from pipelines.publish.section import HowSure, Section

QUESTION = "Hvor tit skal hver institution have møde?"
BY_RULE, CAPACITY = "Efter reglen", "Timer, der er"
_YEAR = """
SELECT max(years.school_year) AS school_year
FROM typed.institution_years AS years
INNER JOIN core.dim_day AS days ON days.day_date = CAST(? AS DATE) AND years.school_year <= days.school_year
WHERE years.valid_to IS NULL AND years.child_count IS NOT NULL
"""
_WEEKS = "SELECT count(*) AS weeks_count FROM core.dim_session_week WHERE school_year = ? AND is_open"
_INSTITUTIONS = """
SELECT years.institution_code, years.child_count, years.social_normering_percent, years.cadence_weeks
FROM typed.institution_years AS years
INNER JOIN core.dim_institution AS institutions ON years.institution_code = institutions.institution_code
INNER JOIN codes.forum_rule_types AS types
    ON institutions.institution_type_code = types.institution_type_code
    AND coalesce(types.ownership_code, institutions.ownership_code, '') = coalesce(institutions.ownership_code, '')
WHERE years.valid_to IS NULL AND years.school_year = ?
QUALIFY row_number() OVER (PARTITION BY years.institution_code ORDER BY years.cadence_from_date DESC NULLS LAST) = 1
ORDER BY years.institution_code
"""
_COLUMNS = (
    TableColumn("unit", "Institution", "label"),
    TableColumn("child_count", "Børn", "count"),
    TableColumn("social_normering_percent", "Social normering", "number", unit="%", decimals=1),
    TableColumn("weeks_today", "Uger i dag", "number"),
    TableColumn("weeks_by_rule", "Uger efter reglen", "number"),
    TableColumn("meetings_by_rule", "Møder efter reglen", "number"),
    TableColumn("hours_today", "Timer i dag", "number", decimals=0),
    TableColumn("hours_by_rule", "Timer efter reglen", "number", decimals=0),
)


def allocation_section(context: ReportContext) -> Section | None:
    """The section with the yearly allocation; None where the profile holds no rule for it."""
    rule = context.settings.profile.allocation
    if rule is None:
        return None
    years = context.records(_YEAR, [context.as_of_date]) if has_come(context, "institution_years") else []
    if not years or years[0]["school_year"] is None:
        return missing_section("allocation", QUESTION, ("institution_years",))
    year = str(years[0]["school_year"])
    rows = allocated(context, rule, year)
    table, sums = _table(context, rows, year), _sums(context, rule, rows, year)
    segregation = segregation_by_class(context)
    hours, capacity = (sums.cell("hours", what=what).value for what in (BY_RULE, CAPACITY))
    told = (_rule_words(rule), f"Et møde koster {number(rule.team_hours_per_meeting)} timer af teamets tid.")
    return counted_section(
        "allocation",
        QUESTION,
        f"Reglen koster {counted(float(hours or 0), 'timer')} om året. Teamet har {number(float(capacity or 0))}.",
        support="Reglen foreslår. Lederen beslutter.",
        tables=(sums, table, *segregation),
        how_sure=HowSure(
            number="Tallene er regnet af børnetal og social normering, som de er leveret.",
            cause="Grænser og timer er foreslået af os. Kommunen kan ændre dem i sin profil.",
            data="En institution uden børnetal eller social normering har intet forslag.",
            needed="Lever børnetal og social normering for hver institution, når året begynder.",
        ),
        not_shown=(
            "Tallene viser ikke, hvad den enkelte institution ellers har brug for.",
            *([f"En tabel har rytme og særlige tilbud ved siden af hinanden. {CLASSES_DIFFER}"] if segregation else []),
        ),
        method=(*told, "Vægtede børn er børnetallet lagt til den del af det, som den sociale normering siger."),
        declared=declared_in(told, "grænser og timer i profilen"),
    )


def allocated(context: ReportContext, rule: Allocation, year: str) -> list[dict[str, Any]]:
    """One row per institution in Danish alphabetical order; what is not known gives no class."""
    units = Units(context)
    (open_weeks,) = context.records(_WEEKS, [year])
    rows = [
        {**record, "unit": units.name("institution", record["institution_code"])}
        | _by_rule(record, rule, int(open_weeks["weeks_count"]))
        for record in context.records(_INSTITUTIONS, [year])
    ]
    return sorted(rows, key=lambda row: context.danish_order(str(row["unit"])))


def _by_rule(record: dict[str, Any], rule: Allocation, open_weeks: int) -> dict[str, Any]:
    """Classes, meetings and hours of one institution; a class of so many weeks meets once in each whole stretch of them."""
    today, children, normering = (record[name] for name in ("cadence_weeks", "child_count", "social_normering_percent"))
    by_rule = None
    if children is not None and normering is not None:
        by_rule = rule.interval_weeks_for(child_count=int(children), social_normering_percent=float(normering))
    meetings = open_weeks // by_rule if by_rule else None
    return {
        "weeks_today": today,
        "weeks_by_rule": by_rule,
        "meetings_by_rule": meetings,
        "hours_today": open_weeks // today * rule.team_hours_per_meeting if today else None,
        "hours_by_rule": None if meetings is None else meetings * rule.team_hours_per_meeting,
    }


def _table(context: ReportContext, rows: Sequence[dict[str, Any]], year: str) -> ProtectedTable:
    return protect(
        rows,
        table_id="allocation",
        title=f"Forslag til rytme for hver institution, skoleåret {year}",
        columns=_COLUMNS,
        source=f"{_source(context)} Beslutningen er lederens.",
        rule=context.rule,
    )


def _sums(context: ReportContext, rule: Allocation, rows: Sequence[dict[str, Any]], year: str) -> ProtectedTable:
    hours = {
        "I dag": sum(float(row["hours_today"] or 0) for row in rows),
        BY_RULE: sum(float(row["hours_by_rule"] or 0) for row in rows),
        CAPACITY: rule.team_hours_capacity_per_school_year,
    }
    return protect(
        [{"what": what, "hours": value} for what, value in hours.items()],
        table_id="allocation_hours",
        title=f"Teamets timer, skoleåret {year}",
        columns=(TableColumn("what", "Hvad", "label"), TableColumn("hours", "Timer om året", "number")),
        source=_source(context),
        rule=context.rule,
    )


def _rule_words(rule: Allocation) -> str:
    """The classes in words, the shortest interval first."""
    said = [
        f"mindst {number(each.fewest_weighted_children)} vægtede børn giver møde hver {each.interval_weeks}. uge"
        for each in sorted(rule.classes, key=lambda each: each.interval_weeks)
        if each.fewest_weighted_children
    ]
    longest = max(each.interval_weeks for each in rule.classes)
    return f"Reglen er foreslået af os: {', '.join(said)}, og færre giver hver {longest}. uge."


def _source(context: ReportContext) -> str:
    return f"Kilde: {context.settings.municipality.name}s tal for institutioner pr. skoleår."
