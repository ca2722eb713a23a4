"""The numbers of cases and agreements: consent, documentation, need, the family, follow-up, forms of action, professions."""

from pipelines.committee.context import WHOLE_MUNICIPALITY
from pipelines.committee.cooperation.ages import professions_table
from pipelines.committee.cooperation.agreements import AGREEMENT_MEASURES
from pipelines.committee.cooperation.answers import HIDDEN, NOT_COMPUTABLE, Answer, share_of_people, told_share
from pipelines.committee.cooperation.basis import summed
from pipelines.committee.cooperation.cases import (
    ALL_STEPS,
    CASE_MEASURES,
    OLD_CASES,
    STEP_COUNTS,
    family_area_table,
    promises_documentation,
)
from pipelines.committee.cooperation.kinds import NOT_NOTED, action_table, need_table, told_kinds
from pipelines.committee.cooperation.numbers import Measure, Numbers
from pipelines.committee.cooperation.told import whole_pair
from pipelines.disclosure.table import Cell
from pipelines.municipalities.parts import Indicator

_GOALS = """
WITH cases AS (
    SELECT forum_code, intervention_date IS NOT NULL AS is_begun, has_intervention_step, has_evaluation_step,
           coalesce(intervention_date <= cast(? AS DATE) - 183, false) AS is_old
    FROM core.fct_case
    WHERE school_year = ? AND is_consent_needed
)
SELECT forum_code, count(*) AS child_case_count, count(*) FILTER (WHERE is_begun) AS begun_count,
       count(*) FILTER (WHERE has_intervention_step) AS goal_count, count(*) FILTER (WHERE is_old) AS old_count,
       count(*) FILTER (WHERE has_evaluation_step) AS evaluation_step_count,
       count(*) FILTER (WHERE is_old AND has_evaluation_step) AS evaluated_count
FROM cases
GROUP BY forum_code
ORDER BY forum_code
"""
_GOAL_CHAINS = {
    "goal_count": (("begun_count", "child_case_count"),),
    "evaluated_count": (
        ("begun_count", "child_case_count"), ("old_count", "begun_count"), ("evaluated_count", "evaluation_step_count"),
    ),
}  # fmt: skip
"""Part and whole that a reader of the tables of cases can set the two numbers beside: what is left over is a number of cases too."""


def case_share(part: str, whole: str) -> Measure:
    """As the counts of cases tell it."""
    return lambda numbers, _: told_share(whole_pair(numbers.cases, part, whole))


def documentation(numbers: Numbers, indicator: Indicator) -> Answer:
    """One step of all cases about a child; all of them of the cases that are old enough to have had them."""
    pair = (STEP_COUNTS[indicator.step], "child_case_count") if indicator.step else (ALL_STEPS, OLD_CASES)
    return told_share(whole_pair(numbers.cases, *pair))


def goal_share(part: str, whole: str) -> Measure:
    """Of the cases in which an intervention has begun; hidden where few cases more or less stand in the tables of cases."""
    chain = _GOAL_CHAINS[part]

    def measured(numbers: Numbers, indicator: Indicator) -> Answer:
        names = dict.fromkeys((part, whole, *(name for pair in chain for name in pair)))
        sums = summed(
            numbers.rows(_GOALS, numbers.context.as_of_date, numbers.year, forum=indicator.forum), list(names)
        )
        rule = numbers.context.rule
        if sums[whole] and any(rule.hides_count(sums[more] - sums[fewer]) for fewer, more in chain):
            return HIDDEN
        return share_of_people(sums[part], sums[whole], rule)

    return measured


def support_need(numbers: Numbers, _: Indicator) -> Answer:
    """Cases with any of the document's needs, of all cases, as the table of needs tells it."""
    table = need_table(numbers.context, measures=CASE_MEASURES, known=_known_cases(numbers, "cases_count"))
    if table is None:
        return NOT_COMPUTABLE if not _known_value(numbers, "cases_count") else HIDDEN
    every = table.cell("kind_count", kind=WHOLE_MUNICIPALITY).value
    none = table.cell("kind_count", kind=NOT_NOTED).value if NOT_NOTED in table.values("kind") else None
    return HIDDEN if every is None or none is None else told_share((int(str(every)) - int(str(none)), int(str(every))))


def professions(numbers: Numbers, _: Indicator) -> Answer:
    """The mean over the cases about one child, as the table by age tells it."""
    table = professions_table(numbers.context, measures=CASE_MEASURES, known=_known_cases(numbers, "child_case_count"))
    if table is None:
        return NOT_COMPUTABLE if not _known_value(numbers, "child_case_count") else HIDDEN
    cell = table.cell("professions_mean", age=WHOLE_MUNICIPALITY)
    return Answer(float(cell.value)) if isinstance(cell.value, (int, float)) else Answer(None, status=cell.status)


def _known_cases(numbers: Numbers, name: str) -> Cell | None:
    """The cell of the section on documentation, where there is one: another table must not show what it hides."""
    is_told = promises_documentation(numbers.context.settings.profile)
    return numbers.cases.cell(name, area=WHOLE_MUNICIPALITY) if is_told else None


def _known_value(numbers: Numbers, name: str) -> bool:
    """Whether there are any cases, as far as the section on documentation tells it."""
    cell = _known_cases(numbers, name)
    return cell is not None and cell.value != 0


def family_areas(numbers: Numbers, _: Indicator) -> Answer:
    """As the table of family meetings tells it."""
    return told_share(whole_pair(family_area_table(numbers.context), "covered_count", "told_count"))


def agreement_share(part: str, whole: str) -> Measure:
    """As the counts of agreements tell it."""
    return lambda numbers, _: told_share(whole_pair(numbers.agreements, part, whole))


def cross_action(numbers: Numbers, _: Indicator) -> Answer:
    """Joint or coordinated, of the agreements whose form is noted, as the table of forms tells it."""
    known = numbers.agreements.cell("agreements_count", area=WHOLE_MUNICIPALITY)
    if known.value == 0:
        return NOT_COMPUTABLE
    table = action_table(numbers.context, measures=AGREEMENT_MEASURES, known=known)
    return told_share(told_kinds(table, "joint", "coordinated", code_table="cross_actions"))


CASE_MEASURES_BY_ID = {
    "professions_per_case": professions,
    "support_need_share": support_need,
    "described_share": case_share("described_count", "described_known_count"),
    "family_taken_part_share": case_share("family_count", "family_known_count"),
    "family_areas_share": family_areas,
    "consent_share": case_share("consent_in_time_count", "child_case_count"),
    "documentation_share": documentation,
    "goal_share": goal_share("goal_count", "begun_count"),
    "evaluated_share": goal_share("evaluated_count", "old_count"),
    "responsible_named_share": agreement_share("responsible_named_count", "agreements_count"),
    "followed_up_share": agreement_share("on_time_count", "due_count"),
    "followed_up_next_share": agreement_share("by_next_meeting_count", "next_meeting_count"),
    "cross_action_share": cross_action,
}
"""The measures of cases and agreements, by their id."""
