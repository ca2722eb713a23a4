"""The numbers of how soon and how early: days from concern, request and meeting; age and rung at the first help."""

from typing import Final

from pipelines.committee.cooperation.answers import HIDDEN, Answer, mean_of, middle, middle_wait, share_of_people
from pipelines.committee.cooperation.numbers import Measure, Numbers
from pipelines.municipalities.parts import Indicator

HALF_YEAR_DAYS: Final = 183

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
SELECT request_id, institution_code, request_date, days_to_contact, days_to_start, assessment_start_date, assessment_days
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


def concern(numbers: Numbers, _: Indicator) -> Answer:
    """The median of the cases in which both days are known."""
    rows = numbers.rows(_CONCERN, numbers.year)
    institutions = len({row["institution_code"] for row in rows})
    return middle([float(row["concern_days"]) for row in rows], institutions=institutions, rule=numbers.context.rule)


def first_measure(numbers: Numbers, indicator: Indicator) -> Answer:
    """The day on which half of the children have got a measure."""
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


def measures_after(numbers: Numbers, indicator: Indicator) -> Answer:
    """Of the cases that came up half a year ago or more, those whose child got a measure within half a year.

    Hidden where few cases are younger: the table of consent tells how many there are in all.
    """
    day = numbers.context.as_of_date
    rows = numbers.rows(_FIRST_MEASURE, day, numbers.year, forum=indicator.forum)
    old = [row for row in rows if (day - row["first_date"]).days >= HALF_YEAR_DAYS]
    soon = [
        row for row in old if row["measure_date"] and (row["measure_date"] - row["first_date"]).days <= HALF_YEAR_DAYS
    ]
    if numbers.context.rule.hides_count(len(rows) - len(old)):
        return HIDDEN
    return share_of_people(len(soon), len(old), numbers.context.rule)


def request_wait(column: str) -> Measure:
    """The day on which half of the requests have got there."""

    def measured(numbers: Numbers, _: Indicator) -> Answer:
        day = numbers.context.as_of_date
        waits = [
            _wait(row[column], (day - row["request_date"]).days, str(row["institution_code"]))
            for row in numbers.rows(_REQUESTS, numbers.year, day)
        ]
        return middle_wait(waits, numbers.context.rule)

    return measured


def assessment(numbers: Numbers, _: Indicator) -> Answer:
    """The day on which half of the assessments are done, counted from their beginning."""
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


def first_help(column: str, scale: float) -> Measure:
    """The mean over the children who get help for the first time in the log."""

    def measured(numbers: Numbers, _: Indicator) -> Answer:
        rows = numbers.rows(_FIRST_HELP, numbers.year)
        institutions = len({row["institution_code"] for row in rows})
        values = [float(row[column]) / scale for row in rows]
        return mean_of(values, institutions=institutions, rule=numbers.context.rule)

    return measured


TIME_MEASURES = {
    "concern_known_days": concern,
    "wait_first_measure_days": first_measure,
    "measures_after_meeting_share": measures_after,
    "wait_first_contact_days": request_wait("days_to_contact"),
    "wait_start_days": request_wait("days_to_start"),
    "assessment_days": assessment,
    "age_at_first_help": first_help("age_days", 365.25),
    "rung_at_first_help": first_help("rung", 1.0),
}
"""The measures of time, by their id."""
