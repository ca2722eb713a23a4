"""The numbers of who took part and who is employed: roles, the same team, training, coordinators, children per caseworker."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pipelines.committee.context import WHOLE_MUNICIPALITY
from pipelines.committee.cooperation.answers import HIDDEN, NOT_COMPUTABLE, Answer, share, share_of_staff, told_share
from pipelines.committee.cooperation.basis import summed
from pipelines.committee.cooperation.caseload import caseload_table
from pipelines.committee.cooperation.numbers import Numbers
from pipelines.committee.cooperation.reach import TRAINING_QUERY, continuity_table, professions_of
from pipelines.committee.cooperation.roles import AnyForum, read_role_counts
from pipelines.committee.cooperation.told import whole_pair
from pipelines.municipalities.parts import Indicator, Role

_START_PHASE = """
WITH held AS (
    SELECT session_id, institution_code
    FROM core.fct_session
    WHERE forum_code = ? AND is_held AND held_date BETWEEN ? AND ?
)
SELECT held.session_id, institutions.institution_type_code, participants.profession_code, participants.staff_id,
       participants.is_present
FROM held
LEFT JOIN core.dim_institution AS institutions ON held.institution_code = institutions.institution_code
LEFT JOIN core.fct_session_role AS participants ON held.session_id = participants.session_id
ORDER BY held.session_id, participants.participant_id
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
_CLUSTERS = """
WITH attended AS (
    SELECT participants.staff_id, institutions.cluster_code, count(DISTINCT sessions.session_id) AS meetings_count
    FROM core.fct_session AS sessions
    INNER JOIN core.fct_session_role AS participants ON sessions.session_id = participants.session_id
    INNER JOIN core.dim_institution AS institutions ON sessions.institution_code = institutions.institution_code
    WHERE sessions.school_year = ? AND sessions.is_held AND sessions.held_date <= ? AND sessions.forum_code = ?
      AND participants.profession_code = ? AND participants.is_present
      AND participants.staff_id IS NOT NULL AND institutions.cluster_code IS NOT NULL
    GROUP BY participants.staff_id, institutions.cluster_code
),
of_each AS (
    SELECT staff_id, sum(meetings_count) AS meetings_count, max(meetings_count) AS own_count
    FROM attended
    GROUP BY staff_id
)
SELECT CAST(count(*) AS BIGINT) AS staff_count, CAST(coalesce(sum(meetings_count), 0) AS BIGINT) AS meetings_count,
       CAST(coalesce(sum(own_count), 0) AS BIGINT) AS own_count
FROM of_each
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
  AND (institutions.open_from_date IS NULL OR institutions.open_from_date <= last_day.day_date)
  AND (institutions.open_to_date IS NULL OR institutions.open_to_date >= last_day.day_date)
GROUP BY institutions.institution_code
ORDER BY institutions.institution_code
"""


def role_present(numbers: Numbers, indicator: Indicator) -> Answer:
    """Meetings of which somebody wrote who came; hidden as the table of roles hides the role.

    A role that is due in the start phase only is counted over that phase, whatever the school year.
    """
    forums = numbers.context.settings.profile.all_forums
    forum = next((each for each in forums if each.code == indicator.forum), None)
    if forum is None:
        return NOT_COMPUTABLE
    due = [
        (number, role)
        for number, role in enumerate(forum.roles, start=1)
        if indicator.profession in (role.profession, *role.or_professions)
    ]
    starting = [role for _, role in due if role.presence == "start_phase"]
    if starting:
        return _in_start_phase(numbers, forum, starting)
    counts = read_role_counts(numbers.context)
    if forum.code in counts.few:
        return HIDDEN
    roles = [counts.row(forum, number) for number, role in due if role.presence == "required"]
    if not roles:
        return NOT_COMPUTABLE
    sums = summed(roles, ("held_count", "present_count", "unknown_count"))
    staff = min(int(row["staff_count"]) for row in roles)
    whole = sums["held_count"] - sums["unknown_count"]
    return share_of_staff(sums["present_count"], whole, staff=staff, rule=numbers.context.rule)


def _in_start_phase(numbers: Numbers, forum: AnyForum, roles: Sequence[Role]) -> Answer:
    phase = _start_phase(numbers)
    if phase is None:
        return NOT_COMPUTABLE
    rows = numbers.rows(_START_PHASE, forum.code, *phase)
    people: set[Any] = set()
    present = told = 0
    for session in dict.fromkeys(row["session_id"] for row in rows):
        own = [row for row in rows if row["session_id"] == session]
        due = [
            role
            for role in roles
            if not role.institution_types or own[0]["institution_type_code"] in role.institution_types
        ]
        professions = {code for role in due for code in (role.profession, *role.or_professions)}
        filling = [row for row in own if row["profession_code"] in professions]
        people |= {row["staff_id"] for row in filling if row["staff_id"] is not None}
        is_present = any(row["is_present"] for row in filling)
        # as the table of roles: nobody wrote who came, or not whether this one did
        is_unknown = all(row["is_present"] is None for row in own) or any(row["is_present"] is None for row in filling)
        if due and (is_present or not is_unknown):
            told += 1
            present += is_present
    return share_of_staff(present, told, staff=len(people), rule=numbers.context.rule)


def _start_phase(numbers: Numbers) -> tuple[date, date] | None:
    """The first and last day of the document's first phase that has an end."""
    phases = [each for each in numbers.context.settings.profile.phases if each.to_date]
    ends = sorted((each.to_date, each.from_date) for each in phases if each.to_date)
    return (ends[0][1], min(ends[0][0], numbers.context.as_of_date)) if ends else None


def role_invited(numbers: Numbers, indicator: Indicator) -> Answer:
    """Held meetings of which somebody wrote who was invited, and those with the profession among them."""
    rows = numbers.rows(_INVITED, indicator.profession, numbers.year, indicator.forum)
    told = [row for row in rows if row["told_count"]]
    (found,) = numbers.rows(_STAFF_OF, numbers.year, indicator.forum, indicator.profession)
    invited = sum(int(row["invited_number"]) for row in told)
    return share_of_staff(invited, len(told), staff=int(found["staff_count"]), rule=numbers.context.rule)


def continuity(numbers: Numbers, _: Indicator) -> Answer:
    """As the table of the team tells it."""
    tables = continuity_table(numbers.context)
    if not tables:
        return NOT_COMPUTABLE
    return told_share(whole_pair(tables[0], "same_count", "later_count"))


def same_cluster(numbers: Numbers, indicator: Indicator) -> Answer:
    """Attendances in the cluster where each of the profession came most often, of all their attendances where there is a cluster."""
    asked = (numbers.year, numbers.context.as_of_date, indicator.forum, indicator.profession)
    (found,) = numbers.rows(_CLUSTERS, *asked)
    counts = (int(found["own_count"]), int(found["meetings_count"]))
    return share_of_staff(*counts, staff=int(found["staff_count"]), rule=numbers.context.rule)


def trained(numbers: Numbers, indicator: Indicator) -> Answer:
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


def one_coordinator(numbers: Numbers, indicator: Indicator) -> Answer:
    """Of the institutions that are open on the year's last day."""
    rows = numbers.rows(_COORDINATORS, numbers.year, indicator.profession)
    return share(sum(1 for row in rows if row["staff_count"] == 1), len(rows))


def caseload(numbers: Numbers, _: Indicator) -> Answer:
    """As the table of children per position tells it of the municipality."""
    table = caseload_table(numbers.context)
    if table is None:
        return NOT_COMPUTABLE
    cell = table.cell("per_position", area=WHOLE_MUNICIPALITY)
    return Answer(float(cell.value)) if isinstance(cell.value, (int, float)) else HIDDEN


STAFF_MEASURES = {
    "role_present_share": role_present,
    "role_invited_share": role_invited,
    "team_continuity_share": continuity,
    "same_cluster_share": same_cluster,
    "trained_share": trained,
    "one_coordinator_share": one_coordinator,
    "caseload": caseload,
}
"""The measures of staff, by their id."""
