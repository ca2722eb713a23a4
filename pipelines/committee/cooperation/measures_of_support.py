"""The numbers of the support that was asked for, of children named, of handovers, and of the way back from special settings."""

from pipelines.committee.context import WHOLE_MUNICIPALITY
from pipelines.committee.cooperation.answers import HIDDEN, NOT_COMPUTABLE, Answer, share, share_of_people, told_share
from pipelines.committee.cooperation.numbers import Measure, Numbers
from pipelines.committee.cooperation.reach import NAMED_PAIR, named_counts
from pipelines.committee.cooperation.requests import REPEAT_PAIR, repeat_counts
from pipelines.committee.cooperation.told import whole_pair
from pipelines.municipalities.parts import Indicator
from pipelines.publish.danish import text_date

_SUPPORTED = """
WITH school_year AS (
    SELECT min(day_date) AS first_date, max(day_date) AS last_date
    FROM core.dim_day
    WHERE school_year = ?
),
supported AS (
    SELECT DISTINCT requests.institution_code
    FROM core.fct_support_request AS requests
    INNER JOIN school_year ON requests.start_date BETWEEN school_year.first_date AND school_year.last_date
)
SELECT count(*) AS units_count, count(supported.institution_code) AS reached_count
FROM core.dim_institution AS institutions
CROSS JOIN school_year
LEFT JOIN supported ON institutions.institution_code = supported.institution_code
WHERE institutions.institution_type_code IN ('daycare', 'folkeskole')
  AND coalesce(institutions.ownership_code, 'municipal') = 'municipal'
  AND (institutions.open_from_date IS NULL OR institutions.open_from_date <= school_year.last_date)
  AND (institutions.open_to_date IS NULL OR institutions.open_to_date >= school_year.first_date)
"""
_AFTER_MEETING = """
WITH asked AS (
    SELECT request_id, institution_code, request_date
    FROM core.fct_support_request
    WHERE school_year = ? AND support_road_code = 'area_support'
),
met AS (
    SELECT DISTINCT asked.request_id
    FROM asked
    INNER JOIN core.fct_session AS sessions
        ON asked.institution_code = sessions.institution_code AND sessions.forum_code = ? AND sessions.is_held
        AND sessions.held_date < asked.request_date AND sessions.held_date >= asked.request_date - 84
)
SELECT count(*) AS asked_count, count(met.request_id) AS after_count
FROM asked
LEFT JOIN met ON asked.request_id = met.request_id
"""
_COUNCIL = """
SELECT reference_date, recent_review_count, judged_possible_count, not_yet_due_count
FROM marts.mart_creative_council
WHERE review_kind_code = 'creative_council' AND area_kind = 'municipality' AND is_whole_period
ORDER BY reference_date
"""
_STANDING = ("special_children_count", "never_reviewed_count")
_JUDGED = ("returned_count", "judged_possible_count")
_PROFESSIONALS = """
SELECT sum(known_professionals_count) AS known_count, sum(invited_professionals_count) AS invited_count
FROM marts.mart_handover
WHERE school_year = ?
"""


def request_share(part: str, whole: str) -> Measure:
    """As the counts of requests tell it."""
    return lambda numbers, _: told_share(whole_pair(numbers.requests, part, whole))


def without_diagnosis(numbers: Numbers, _: Indicator) -> Answer:
    """Those who did not wait, of those of whom it is known."""
    pair = whole_pair(numbers.requests, "waited_for_diagnosis_count", "waited_known_count")
    return told_share(None if pair is None else (pair[1] - pair[0], pair[1]))


def pupils_over_nine(numbers: Numbers, _: Indicator) -> Answer:
    """Pupils granted more than nine hours a week; exactly nine is not more."""
    cell = numbers.requests.cell("pupils_over_nine_count", area=WHOLE_MUNICIPALITY)
    return Answer(float(cell.value)) if isinstance(cell.value, (int, float)) else HIDDEN


def asked_again(numbers: Numbers, _: Indicator) -> Answer:
    """Support that ended the school year before, and after which the institution asked for the same within twelve months."""
    return told_share(whole_pair(repeat_counts(numbers.context), *REPEAT_PAIR))


def supported(numbers: Numbers, _: Indicator) -> Answer:
    """Of the institutions that were open in the year, those in which support began in it."""
    (row,) = numbers.rows(_SUPPORTED, numbers.year)
    return share(int(row["reached_count"]), int(row["units_count"]))


def named(numbers: Numbers, _: Indicator) -> Answer:
    """As the table of children named tells it."""
    return told_share(whole_pair(named_counts(numbers.context), *NAMED_PAIR))


def handover_share(part: str) -> Measure:
    """As the counts of handovers tell it."""
    return lambda numbers, _: told_share(whole_pair(numbers.handovers, part, "told_count"))


def handover_professionals(numbers: Numbers, _: Indicator) -> Answer:
    """Professionals who could take part, of those who know the child, where both are known."""
    (row,) = numbers.rows(_PROFESSIONALS, numbers.year)
    known = int(row["known_count"] or 0)
    return share_of_people(int(row["invited_count"] or 0), known, numbers.context.rule)


def reviewed(numbers: Numbers, _: Indicator) -> Answer:
    """Of the children in a special setting on the newest reference day, those reviewed in the year before it.

    The committee's report tells of the same children: hidden where it hides them, and where few more or less are reviewed there.
    """
    rows = numbers.rows(_COUNCIL)
    if not rows:
        return NOT_COMPUTABLE
    recent, rule = int(rows[-1]["recent_review_count"]), numbers.context.rule
    special, never = (_council_count(numbers, "council_standing", name, area=WHOLE_MUNICIPALITY) for name in _STANDING)
    judged = _council_count(numbers, "council_judged", "reviewed_count", period=text_date(rows[-1]["reference_date"]))
    if special is None or never is None or judged is None:
        return HIDDEN
    if any(rule.hides_count(rest) for rest in (special - never - recent, judged - recent)):
        return HIDDEN
    return share_of_people(recent, special, rule)


def returned(numbers: Numbers, _: Indicator) -> Answer:
    """Of the latest year whose twelve months have passed, as the committee's report tells it."""
    due = [row for row in numbers.rows(_COUNCIL) if not row["not_yet_due_count"] and row["judged_possible_count"]]
    if not due:
        return NOT_COMPUTABLE
    period = text_date(due[-1]["reference_date"])
    part, whole = (_council_count(numbers, "council_judged", name, period=period) for name in _JUDGED)
    return HIDDEN if part is None or whole is None else told_share((part, whole))


def _council_count(numbers: Numbers, table_id: str, name: str, **labels: str) -> int | None:
    """A count as the committee's report shows it; None where it does not."""
    table = next((each for each in numbers.council_tables if each.table_id == table_id), None)
    value = table.cell(name, **labels).value if table else None
    return None if value is None else int(str(value))


def formal_after_meeting(numbers: Numbers, indicator: Indicator) -> Answer:
    """Formal applications after a meeting at the institution; hidden where the table of requests hides how many there are."""
    if whole_pair(numbers.requests, "area_support_count", "requests_count") is None:
        return HIDDEN
    (found,) = numbers.rows(_AFTER_MEETING, numbers.year, indicator.forum)
    return share_of_people(int(found["after_count"]), int(found["asked_count"]), numbers.context.rule)


SUPPORT_MEASURES = {
    "in_practice_share": request_share("in_practice_count", "in_practice_known_count"),
    "environment_request_share": request_share("environment_count", "level_known_count"),
    "without_diagnosis_share": without_diagnosis,
    "hours_over_nine": pupils_over_nine,
    "family_before_share": request_share("family_count", "family_known_count"),
    "repeat_request_share": asked_again,
    "institutions_supported_share": supported,
    "formal_road_share": request_share("area_support_count", "requests_count"),
    "formal_road_after_meeting_share": formal_after_meeting,
    "children_named_share": named,
    "handover_written_share": handover_share("written_count"),
    "handover_oral_share": handover_share("oral_count"),
    "handover_professionals_share": handover_professionals,
    "reviewed_share": reviewed,
    "returned_share": returned,
}
"""The measures of support, by their id."""
