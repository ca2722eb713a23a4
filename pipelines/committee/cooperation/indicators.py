"""Which number answers each measure that a profile may choose? One function per measure, over the marts, for one school year.

What a table of the report counts is read from that table, so that an indicator shows nothing that the table hides.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.cooperation.agreements import agreement_table
from pipelines.committee.cooperation.answers import (
    HIDDEN,
    NOT_COMPUTABLE,
    Answer,
    mean_of,
    middle,
    middle_wait,
    share,
    share_of_people,
    share_of_staff,
    told_share,
)
from pipelines.committee.cooperation.basis import report_year, summed
from pipelines.committee.cooperation.cases import (
    ALL_STEPS,
    STEP_COUNTS,
    case_counts,
    family_area_table,
)
from pipelines.committee.cooperation.content import CONTENT_QUERY
from pipelines.committee.cooperation.reach import (
    NAMED_PAIR,
    TRAINING_QUERY,
    continuity_table,
    handover_counts,
    named_counts,
    professions_of,
)
from pipelines.committee.cooperation.requests import request_counts
from pipelines.committee.cooperation.roles import read_role_counts
from pipelines.committee.cooperation.told import whole_pair
from pipelines.disclosure.table import ProtectedTable
from pipelines.municipalities.parts import Indicator

HALF_YEAR_DAYS: Final = 183
FULL_TIME_HOURS: Final = 37.0

_CADENCE = """
SELECT forum_code, unit_kind_code, unit_code, expected_count, held_count + late_count AS held_count, unknown_count,
       all_held_count, agreed_extra_count, minutes_known_count, too_short_count, longest_gap_weeks, is_below_fewest
FROM marts.mart_forum_cadence
WHERE school_year = ?
ORDER BY forum_code, unit_kind_code, unit_code
"""
_ACTIVITIES = """
SELECT forum_code, session_activity_code, held_count
FROM marts.mart_session_activity
WHERE school_year = ? AND session_activity_code IS NOT NULL
ORDER BY forum_code, unit_code, session_activity_code
"""
_INVITED = """
SELECT session_id, max(CASE WHEN is_invited AND profession_code = ? THEN 1 ELSE 0 END) AS invited_number,
       count(is_invited) AS told_count
FROM core.fct_session_role
WHERE school_year = ? AND is_held AND forum_code = ?
GROUP BY session_id
ORDER BY session_id
"""
_STAFF_OF = """
SELECT count(DISTINCT staff_id) AS staff_count
FROM core.fct_session_role
WHERE school_year = ? AND is_held AND forum_code = ? AND profession_code = ?
"""
_PROFESSIONS = """
SELECT cases.forum_code, cases.case_id, min(cases.institution_code) AS institution_code,
       count(DISTINCT participants.profession_code) AS professions_count
FROM core.fct_session_case AS cases
INNER JOIN core.fct_session_role AS participants ON cases.session_id = participants.session_id AND participants.is_present
WHERE cases.school_year = ? AND cases.is_held
GROUP BY cases.forum_code, cases.case_id
ORDER BY cases.forum_code, cases.case_id
"""
_NEEDS = """
SELECT forum_code, count(*) AS cases_count, count(support_need_code) AS told_count
FROM core.fct_case
WHERE school_year = ?
GROUP BY forum_code
ORDER BY forum_code
"""
_GOALS = """
SELECT forum_code, count(*) AS begun_count, count(*) FILTER (WHERE has_intervention_step) AS goal_count,
       count(*) FILTER (WHERE intervention_date <= cast(? AS DATE) - 183) AS old_count,
       count(*) FILTER (WHERE intervention_date <= cast(? AS DATE) - 183 AND has_evaluation_step) AS evaluated_count
FROM core.fct_case
WHERE school_year = ? AND is_consent_needed AND intervention_date IS NOT NULL
GROUP BY forum_code
ORDER BY forum_code
"""
_ACTIONS = """
SELECT forum_code, count(cross_action_code) AS told_count,
       count(*) FILTER (WHERE cross_action_code IN ('joint', 'coordinated')) AS together_count
FROM core.fct_agreement
WHERE school_year = ? AND agreed_date <= ?
GROUP BY forum_code
ORDER BY forum_code
"""
_CONCERN = """
SELECT concern_days, institution_code
FROM core.fct_case
WHERE school_year = ? AND concern_days IS NOT NULL
ORDER BY forum_code, case_id
"""
_FIRST_MEASURE = """
SELECT cases.case_id, cases.forum_code, cases.first_date, cases.institution_code, min(measures.start_date) AS measure_date
FROM core.fct_case AS cases
LEFT JOIN core.fct_measure AS measures
    ON cases.child_id = measures.child_id AND measures.start_date >= cases.first_date AND measures.start_date <= ?
WHERE cases.school_year = ? AND cases.is_consent_needed
GROUP BY cases.case_id, cases.forum_code, cases.first_date, cases.institution_code
ORDER BY cases.forum_code, cases.case_id
"""
_REQUESTS = """
SELECT request_id, institution_code, request_date, days_to_contact, days_to_start, assessment_start_date, assessment_days,
       granted_hours_per_week, start_date
FROM core.fct_support_request
WHERE school_year = ? AND request_date <= ?
ORDER BY request_id
"""
_FIRST_HELP = """
WITH helped AS (
    SELECT child_id, first_date AS help_date, institution_code
    FROM core.fct_case
    WHERE child_id IS NOT NULL
    UNION ALL
    SELECT child_id, start_date AS help_date, institution_code
    FROM core.fct_support_request
    WHERE child_id IS NOT NULL AND start_date IS NOT NULL
),
firsts AS (
    SELECT child_id, help_date, institution_code
    FROM helped
    QUALIFY row_number() OVER (PARTITION BY child_id ORDER BY help_date, institution_code) = 1
)
SELECT firsts.child_id, firsts.institution_code, min(date_diff('day', children.birth_date, firsts.help_date)) AS age_days,
       coalesce(max(measures.social_rung), 0) AS rung
FROM firsts
INNER JOIN core.dim_day AS days ON firsts.help_date = days.day_date AND days.school_year = ?
INNER JOIN core.dim_child AS children ON firsts.child_id = children.child_id
LEFT JOIN core.fct_measure AS measures
    ON firsts.child_id = measures.child_id AND measures.start_date <= firsts.help_date
    AND (measures.end_date IS NULL OR measures.end_date >= firsts.help_date)
GROUP BY firsts.child_id, firsts.institution_code
ORDER BY firsts.child_id
"""
_SUPPORTED = """
WITH supported AS (
    SELECT DISTINCT institution_code
    FROM core.fct_support_request
    WHERE school_year = ? AND start_date IS NOT NULL AND start_date <= ?
)
SELECT count(*) AS units_count, count(supported.institution_code) AS reached_count
FROM core.dim_institution AS institutions
LEFT JOIN supported ON institutions.institution_code = supported.institution_code
WHERE institutions.institution_type_code IN ('daycare', 'folkeskole')
  AND coalesce(institutions.ownership_code, 'municipal') = 'municipal'
"""
_COORDINATORS = """
WITH last_day AS (
    SELECT max(day_date) AS day_date
    FROM core.dim_day
    WHERE school_year = ?
)
SELECT institutions.institution_code, count(DISTINCT staffing.staff_id) AS staff_count
FROM last_day
CROSS JOIN core.dim_institution AS institutions
LEFT JOIN core.fct_staffing AS staffing
    ON staffing.unit_kind_code = 'institution' AND staffing.unit_code = institutions.institution_code
    AND staffing.profession_code = ? AND staffing.start_date <= last_day.day_date
    AND (staffing.end_date IS NULL OR staffing.end_date >= last_day.day_date)
WHERE institutions.institution_type_code IN ('daycare', 'folkeskole')
  AND (institutions.open_to_date IS NULL OR institutions.open_to_date >= last_day.day_date)
GROUP BY institutions.institution_code
ORDER BY institutions.institution_code
"""
_CASELOAD = """
WITH last_day AS (
    SELECT max(day_date) AS day_date
    FROM core.dim_day
    WHERE school_year = ?
),
staff AS (
    SELECT count(DISTINCT staffing.staff_id) AS staff_count, sum(staffing.hours_per_week) AS hours_per_week
    FROM core.fct_staffing AS staffing
    CROSS JOIN last_day
    WHERE staffing.profession_code = ? AND staffing.start_date <= last_day.day_date
      AND (staffing.end_date IS NULL OR staffing.end_date >= last_day.day_date)
),
children AS (
    SELECT count(DISTINCT measures.child_id) AS children_count
    FROM core.fct_measure AS measures
    CROSS JOIN last_day
    WHERE measures.social_rung >= 2 AND measures.start_date <= last_day.day_date
      AND (measures.end_date IS NULL OR measures.end_date >= last_day.day_date)
)
SELECT staff.staff_count, staff.hours_per_week, children.children_count
FROM staff
CROSS JOIN children
"""
_COUNCIL = """
SELECT special_children_count, reviewed_count, judged_possible_count, returned_count, not_yet_due_count
FROM marts.mart_creative_council
WHERE review_kind_code = 'creative_council' AND area_kind = 'municipality' AND is_whole_period
ORDER BY reference_date
"""
_PROFESSIONALS = """
SELECT sum(known_professionals_count) AS known_count, sum(invited_professionals_count) AS invited_count
FROM marts.mart_handover
WHERE school_year = ?
"""


class Numbers:
    """What the measures read, each table made once and only when asked for."""

    def __init__(self, context: ReportContext) -> None:
        """Of the latest whole school year."""
        self.context = context
        self.year = report_year(context)

    def rows(self, query: str, *parameters: Any, forum: str | None = None) -> list[dict[str, Any]]:
        """The rows of a query; with `forum` only those of that forum."""
        records = self.context.records(query, list(parameters))
        return [row for row in records if forum is None or row["forum_code"] == forum]

    @cached_property
    def cases(self) -> ProtectedTable:
        """The protected counts of cases."""
        return case_counts(self.context)

    @cached_property
    def agreements(self) -> ProtectedTable:
        """The protected counts of agreements."""
        return agreement_table(self.context)

    @cached_property
    def requests(self) -> ProtectedTable:
        """The protected counts of requests."""
        return request_counts(self.context)

    @cached_property
    def handovers(self) -> ProtectedTable:
        """The protected counts of handovers."""
        return handover_counts(self.context)


Measure = Callable[[Numbers, Indicator], Answer]


def answer(numbers: Numbers, indicator: Indicator) -> Answer:
    """The number of one indicator of a profile."""
    return MEASURES[indicator.measure_id](numbers, indicator)


def _cadence_share(part: Callable[[dict[str, Any]], int], whole: Callable[[dict[str, Any]], int]) -> Measure:
    def measured(numbers: Numbers, indicator: Indicator) -> Answer:
        rows = numbers.rows(_CADENCE, numbers.year, forum=indicator.forum)
        return share(sum(part(row) for row in rows), sum(whole(row) for row in rows))

    return measured


def _longest_gap(numbers: Numbers, indicator: Indicator) -> Answer:
    """The unit in the middle."""
    rows = numbers.rows(_CADENCE, numbers.year, forum=indicator.forum)
    gaps = sorted(row["longest_gap_weeks"] for row in rows if row["longest_gap_weeks"] is not None)
    return Answer(float(gaps[len(gaps) // 2]), len(gaps)) if gaps else NOT_COMPUTABLE


def _reached(numbers: Numbers, indicator: Indicator) -> Answer:
    rows = [
        row
        for row in numbers.rows(_CADENCE, numbers.year, forum=indicator.forum)
        if row["unit_kind_code"] == "institution"
    ]
    return share(sum(1 for row in rows if row["all_held_count"]), len(rows))


def _content_share(parts: tuple[str, ...], unknown: str) -> Measure:
    """Of the held meetings of which anybody wrote it."""

    def measured(numbers: Numbers, indicator: Indicator) -> Answer:
        sums = summed(numbers.rows(CONTENT_QUERY, numbers.year, forum=indicator.forum), ("held_count", unknown, *parts))
        return share(sum(sums[part] for part in parts), sums["held_count"] - sums[unknown])

    return measured


def _activity(numbers: Numbers, indicator: Indicator) -> Answer:
    """One activity's share of the meetings with any; without an activity, the share of held meetings with any."""
    rows = numbers.rows(_ACTIVITIES, numbers.year, forum=indicator.forum)
    told = sum(int(row["held_count"]) for row in rows)
    if indicator.activity is None:
        held = summed(numbers.rows(CONTENT_QUERY, numbers.year, forum=indicator.forum), ("held_count",))["held_count"]
        return share(told, held)
    return share(
        sum(int(row["held_count"]) for row in rows if row["session_activity_code"] == indicator.activity), told
    )


def _role_present(numbers: Numbers, indicator: Indicator) -> Answer:
    """Meetings of which somebody wrote who came; hidden as the table of roles hides the role."""
    counts = read_role_counts(numbers.context)
    forum = next(each for each in numbers.context.settings.profile.all_forums if each.code == indicator.forum)
    roles = [
        counts.row(forum, number)
        for number, role in enumerate(forum.roles, start=1)
        if indicator.profession in (role.profession, *role.or_professions) and role.presence == "required"
    ]
    if not roles:
        return NOT_COMPUTABLE
    sums = summed(roles, ("held_count", "present_count", "unknown_count"))
    staff = min(int(row["staff_count"]) for row in roles)
    whole = sums["held_count"] - sums["unknown_count"]
    return share_of_staff(sums["present_count"], whole, staff=staff, rule=numbers.context.rule)


def _role_invited(numbers: Numbers, indicator: Indicator) -> Answer:
    rows = numbers.rows(_INVITED, indicator.profession, numbers.year, indicator.forum)
    told = [row for row in rows if row["told_count"]]
    (found,) = numbers.rows(_STAFF_OF, numbers.year, indicator.forum, indicator.profession)
    invited = sum(int(row["invited_number"]) for row in told)
    return share_of_staff(invited, len(told), staff=int(found["staff_count"]), rule=numbers.context.rule)


def _continuity(numbers: Numbers, indicator: Indicator) -> Answer:
    tables = continuity_table(numbers.context)
    if not tables:
        return NOT_COMPUTABLE
    return told_share(whole_pair(tables[0], "same_count", "later_count"))


def _professions(numbers: Numbers, indicator: Indicator) -> Answer:
    rows = numbers.rows(_PROFESSIONS, numbers.year, forum=indicator.forum)
    institutions = len({row["institution_code"] for row in rows})
    counts = [float(row["professions_count"]) for row in rows]
    return mean_of(counts, institutions=institutions, rule=numbers.context.rule)


def _case_share(part: str, whole: str) -> Measure:
    return lambda numbers, _: told_share(whole_pair(numbers.cases, part, whole))


def _documentation(numbers: Numbers, indicator: Indicator) -> Answer:
    """One step, or all of them."""
    count = STEP_COUNTS[indicator.step] if indicator.step else ALL_STEPS
    return told_share(whole_pair(numbers.cases, count, "child_case_count"))


def _goal_share(part: str, whole: str) -> Measure:
    def measured(numbers: Numbers, indicator: Indicator) -> Answer:
        day = numbers.context.as_of_date
        sums = summed(numbers.rows(_GOALS, day, day, numbers.year, forum=indicator.forum), (part, whole))
        return share_of_people(sums[part], sums[whole], numbers.context.rule)

    return measured


def _support_need(numbers: Numbers, indicator: Indicator) -> Answer:
    sums = summed(numbers.rows(_NEEDS, numbers.year, forum=indicator.forum), ("told_count", "cases_count"))
    return share_of_people(sums["told_count"], sums["cases_count"], numbers.context.rule)


def _family_areas(numbers: Numbers, _: Indicator) -> Answer:
    return told_share(whole_pair(family_area_table(numbers.context), "covered_count", "told_count"))


def _agreement_share(part: str, whole: str) -> Measure:
    return lambda numbers, _: told_share(whole_pair(numbers.agreements, part, whole))


def _cross_action(numbers: Numbers, indicator: Indicator) -> Answer:
    rows = numbers.rows(_ACTIONS, numbers.year, numbers.context.as_of_date, forum=indicator.forum)
    sums = summed(rows, ("together_count", "told_count"))
    return share_of_people(sums["together_count"], sums["told_count"], numbers.context.rule)


def _concern(numbers: Numbers, _: Indicator) -> Answer:
    rows = numbers.rows(_CONCERN, numbers.year)
    institutions = len({row["institution_code"] for row in rows})
    return middle([float(row["concern_days"]) for row in rows], institutions=institutions, rule=numbers.context.rule)


def _first_measure(numbers: Numbers, indicator: Indicator) -> Answer:
    day = numbers.context.as_of_date
    waits = [
        (
            ((row["measure_date"] or day) - row["first_date"]).days,
            row["measure_date"] is not None,
            str(row["institution_code"]),
        )
        for row in numbers.rows(_FIRST_MEASURE, day, numbers.year, forum=indicator.forum)
    ]
    return middle_wait(waits, numbers.context.rule)


def _measures_after(numbers: Numbers, indicator: Indicator) -> Answer:
    """Of the cases that came up half a year ago or more, those whose child got a measure within half a year."""
    day = numbers.context.as_of_date
    rows = numbers.rows(_FIRST_MEASURE, day, numbers.year, forum=indicator.forum)
    old = [row for row in rows if (day - row["first_date"]).days >= HALF_YEAR_DAYS]
    soon = [
        row for row in old if row["measure_date"] and (row["measure_date"] - row["first_date"]).days <= HALF_YEAR_DAYS
    ]
    return share_of_people(len(soon), len(old), numbers.context.rule)


def _request_wait(column: str) -> Measure:
    def measured(numbers: Numbers, _: Indicator) -> Answer:
        day = numbers.context.as_of_date
        waits = [
            _wait(row[column], (day - row["request_date"]).days, str(row["institution_code"]))
            for row in numbers.rows(_REQUESTS, numbers.year, day)
        ]
        return middle_wait(waits, numbers.context.rule)

    return measured


def _assessment(numbers: Numbers, _: Indicator) -> Answer:
    day = numbers.context.as_of_date
    waits = [
        _wait(row["assessment_days"], (day - row["assessment_start_date"]).days, str(row["institution_code"]))
        for row in numbers.rows(_REQUESTS, numbers.year, day)
        if row["assessment_start_date"] and row["assessment_start_date"] <= day
    ]
    return middle_wait(waits, numbers.context.rule)


def _wait(days: int | None, followed: int, institution: str) -> tuple[int, bool, str]:
    """What lies after the as-of date has not come yet."""
    return (days, True, institution) if days is not None and days <= followed else (followed, False, institution)


def _first_help(column: str, scale: float) -> Measure:
    def measured(numbers: Numbers, _: Indicator) -> Answer:
        rows = numbers.rows(_FIRST_HELP, numbers.year)
        institutions = len({row["institution_code"] for row in rows})
        values = [float(row[column]) / scale for row in rows]
        return mean_of(values, institutions=institutions, rule=numbers.context.rule)

    return measured


def _request_share(part: str, whole: str) -> Measure:
    return lambda numbers, _: told_share(whole_pair(numbers.requests, part, whole))


def _without_diagnosis(numbers: Numbers, _: Indicator) -> Answer:
    pair = whole_pair(numbers.requests, "waited_for_diagnosis_count", "waited_known_count")
    return told_share(None if pair is None else (pair[1] - pair[0], pair[1]))


def _over_nine(numbers: Numbers, _: Indicator) -> Answer:
    cell = numbers.requests.cell("over_nine_hours_count", area=WHOLE_MUNICIPALITY)
    return Answer(float(cell.value)) if isinstance(cell.value, (int, float)) else HIDDEN


def _supported(numbers: Numbers, _: Indicator) -> Answer:
    (row,) = numbers.rows(_SUPPORTED, numbers.year, numbers.context.as_of_date)
    return share(int(row["reached_count"]), int(row["units_count"]))


def _named(numbers: Numbers, _: Indicator) -> Answer:
    return told_share(whole_pair(named_counts(numbers.context), *NAMED_PAIR))


def _trained(numbers: Numbers, indicator: Indicator) -> Answer:
    """Of the professions of the forums that the profile promises the training to."""
    promises = [
        each for each in numbers.context.settings.profile.trainings if each.training_kind == indicator.training_kind
    ]
    who = {code for promise in promises for code in professions_of(numbers.context, promise.forums)}
    rows = numbers.rows(TRAINING_QUERY, numbers.year)
    own = [
        row for row in rows if row["training_kind_code"] == indicator.training_kind and row["profession_code"] in who
    ]
    sums = summed(own, ("trained_count", "staff_count"))
    staff = sums["staff_count"]
    return share_of_staff(sums["trained_count"], staff, staff=staff, rule=numbers.context.rule)


def _one_coordinator(numbers: Numbers, indicator: Indicator) -> Answer:
    rows = numbers.rows(_COORDINATORS, numbers.year, indicator.profession)
    return share(sum(1 for row in rows if row["staff_count"] == 1), len(rows))


def _caseload(numbers: Numbers, indicator: Indicator) -> Answer:
    """Children with an open measure for each full-time member of staff; hidden where few stand behind it."""
    (row,) = numbers.rows(_CASELOAD, numbers.year, indicator.profession)
    rule = numbers.context.rule
    if not row["hours_per_week"]:
        return NOT_COMPUTABLE
    if int(row["staff_count"]) < rule.minimum_staff or int(row["children_count"]) < rule.minimum_count:
        return HIDDEN
    return Answer(
        FULL_TIME_HOURS * int(row["children_count"]) / float(row["hours_per_week"]), int(row["children_count"])
    )


def _handover_share(part: str) -> Measure:
    return lambda numbers, _: told_share(whole_pair(numbers.handovers, part, "told_count"))


def _handover_professionals(numbers: Numbers, _: Indicator) -> Answer:
    (row,) = numbers.rows(_PROFESSIONALS, numbers.year)
    known = int(row["known_count"] or 0)
    return share_of_people(int(row["invited_count"] or 0), known, numbers.context.rule)


def _reviewed(numbers: Numbers, _: Indicator) -> Answer:
    rows = numbers.rows(_COUNCIL)
    if not rows:
        return NOT_COMPUTABLE
    newest = rows[-1]
    return share_of_people(int(newest["reviewed_count"]), int(newest["special_children_count"]), numbers.context.rule)


def _returned(numbers: Numbers, _: Indicator) -> Answer:
    """Of the latest year whose twelve months have passed."""
    due = [row for row in numbers.rows(_COUNCIL) if not row["not_yet_due_count"] and row["judged_possible_count"]]
    if not due:
        return NOT_COMPUTABLE
    newest = due[-1]
    return share_of_people(int(newest["returned_count"]), int(newest["judged_possible_count"]), numbers.context.rule)


MEASURES: Final[Mapping[str, Measure]] = {
    "held_share": _cadence_share(
        lambda row: row["held_count"], lambda row: row["expected_count"] - row["unknown_count"]
    ),
    "longest_gap_weeks": _longest_gap,
    "fewest_held_share": _cadence_share(
        lambda row: int(row["is_below_fewest"] is False), lambda row: int(row["is_below_fewest"] is not None)
    ),
    "long_enough_share": _cadence_share(
        lambda row: row["minutes_known_count"] - row["too_short_count"], lambda row: row["minutes_known_count"]
    ),
    "adjusted_share": _cadence_share(lambda row: row["agreed_extra_count"], lambda row: row["all_held_count"]),
    "role_present_share": _role_present,
    "role_invited_share": _role_invited,
    "team_continuity_share": _continuity,
    "professions_per_case": _professions,
    "activity_share": _activity,
    "prevention_share": _content_share(("preventive_count", "anticipatory_count"), "unknown_prevention_count"),
    "environment_share": _content_share(("environment_level_count", "group_level_count"), "unknown_level_count"),
    "joint_observation_share": _content_share(("joint_observation_count",), "unknown_joint_observation_count"),
    "support_need_share": _support_need,
    "described_share": _case_share("described_count", "described_known_count"),
    "family_taken_part_share": _case_share("family_count", "family_known_count"),
    "family_areas_share": _family_areas,
    "consent_share": _case_share("consent_given_count", "child_case_count"),
    "documentation_share": _documentation,
    "goal_share": _goal_share("goal_count", "begun_count"),
    "evaluated_share": _goal_share("evaluated_count", "old_count"),
    "responsible_named_share": _agreement_share("responsible_named_count", "agreements_count"),
    "followed_up_share": _agreement_share("on_time_count", "due_count"),
    "cross_action_share": _cross_action,
    "concern_known_days": _concern,
    "wait_first_measure_days": _first_measure,
    "wait_first_contact_days": _request_wait("days_to_contact"),
    "wait_start_days": _request_wait("days_to_start"),
    "assessment_days": _assessment,
    "age_at_first_help": _first_help("age_days", 365.25),
    "rung_at_first_help": _first_help("rung", 1.0),
    "in_practice_share": _request_share("in_practice_count", "in_practice_known_count"),
    "environment_request_share": _request_share("environment_count", "level_known_count"),
    "without_diagnosis_share": _without_diagnosis,
    "hours_over_nine": _over_nine,
    "family_before_share": _request_share("family_count", "family_known_count"),
    "repeat_request_share": _request_share("repeated_count", "requests_count"),
    "institutions_supported_share": _supported,
    "formal_road_share": _request_share("area_support_count", "requests_count"),
    "institutions_reached_share": _reached,
    "children_named_share": _named,
    "measures_after_meeting_share": _measures_after,
    "trained_share": _trained,
    "one_coordinator_share": _one_coordinator,
    "caseload": _caseload,
    "handover_written_share": _handover_share("written_count"),
    "handover_oral_share": _handover_share("oral_count"),
    "handover_professionals_share": _handover_professionals,
    "reviewed_share": _reviewed,
    "returned_share": _returned,
}
"""Every measure of the closed set, and the function that answers it."""
