"""The numbers of the calendar and of what the meetings were about: held, gaps, length, reach, content and activities."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from pipelines.committee.cooperation.answers import HIDDEN, NOT_COMPUTABLE, Answer, share
from pipelines.committee.cooperation.basis import summed
from pipelines.committee.cooperation.content import CONTENT_QUERY, tells_of_few_children, told_forums
from pipelines.committee.cooperation.numbers import Measure, Numbers
from pipelines.municipalities.parts import Forum, Indicator, Rule

_CADENCE = """
SELECT forum_code, unit_kind_code, unit_code, expected_count, held_count + late_count AS held_count, unknown_count,
       all_held_count, agreed_extra_count, longest_gap_weeks, fewest_per_school_year, is_below_fewest
FROM marts.mart_forum_cadence
WHERE school_year = ?
ORDER BY forum_code, unit_kind_code, unit_code
"""
_MINUTES = """
SELECT forum_code, school_year, held_date, institution_code, duration_minutes
FROM core.fct_session
WHERE is_held AND held_date <= ? AND duration_minutes IS NOT NULL
ORDER BY session_id
"""
_ACTIVITIES = """
SELECT forum_code, session_activity_code, held_count
FROM marts.mart_session_activity
WHERE school_year = ? AND session_activity_code IS NOT NULL
ORDER BY forum_code, unit_code, session_activity_code
"""


def cadence_share(part: Callable[[dict[str, Any]], int], whole: Callable[[dict[str, Any]], int]) -> Measure:
    """A part of a whole, both summed over the units of the forum's calendar."""

    def measured(numbers: Numbers, indicator: Indicator) -> Answer:
        rows = numbers.rows(_CADENCE, numbers.year, forum=indicator.forum)
        return share(sum(part(row) for row in rows), sum(whole(row) for row in rows))

    return measured


def longest_gap(numbers: Numbers, indicator: Indicator) -> Answer:
    """The unit in the middle."""
    rows = numbers.rows(_CADENCE, numbers.year, forum=indicator.forum)
    gaps = sorted(row["longest_gap_weeks"] for row in rows if row["longest_gap_weeks"] is not None)
    return Answer(float(gaps[len(gaps) // 2]), len(gaps)) if gaps else NOT_COMPUTABLE


def fewest_held(numbers: Numbers, indicator: Indicator) -> Answer:
    """Of the units that were there all year those with enough meetings; of a forum with one unit, its meetings up to enough."""
    rows = numbers.rows(_CADENCE, numbers.year, forum=indicator.forum)
    judged = [row for row in rows if row["is_below_fewest"] is not None]
    if judged and all(row["unit_kind_code"] == "municipality" for row in judged):
        promised = sum(int(row["fewest_per_school_year"]) for row in judged)
        return share(
            sum(min(int(row["all_held_count"]), int(row["fewest_per_school_year"])) for row in judged), promised
        )
    return share(sum(1 for row in judged if not row["is_below_fewest"]), len(judged))


def long_enough(numbers: Numbers, indicator: Indicator) -> Answer:
    """Of the held meetings whose length is known; where the length is promised for a time only, of all meetings in that time."""
    forum = _forum(numbers, indicator)
    if forum is None:
        return NOT_COMPUTABLE
    rows = numbers.rows(_MINUTES, numbers.context.as_of_date, forum=forum.code)
    judged = [
        row["duration_minutes"] >= rule.fewest_minutes
        for rule in forum.rules
        if rule.fewest_minutes is not None
        for row in rows
        if _is_under(rule, forum, row, year=numbers.year)
    ]
    return share(sum(judged), len(judged))


def _is_under(rule: Rule, forum: Forum, row: Mapping[str, Any], *, year: str) -> bool:
    """Whether the meeting is one that the rule promises: at its units, in its time; without an end, in the school year."""
    is_at_unit = forum.unit_kind != "institution" or row["institution_code"] is not None
    is_in_time = (rule.valid_from or date.min) <= row["held_date"] <= (rule.valid_to or date.max)
    return is_at_unit and is_in_time and (rule.valid_to is not None or row["school_year"] == year)


def _forum(numbers: Numbers, indicator: Indicator) -> Forum | None:
    """The forum with a rhythm that the indicator is about."""
    forums = numbers.context.settings.profile.forums
    return next((each for each in forums if each.code == indicator.forum), None)


def reached(numbers: Numbers, indicator: Indicator) -> Answer:
    """Institutions that should hold the forum, and those that held any."""
    rows = [
        row
        for row in numbers.rows(_CADENCE, numbers.year, forum=indicator.forum)
        if row["unit_kind_code"] == "institution"
    ]
    return share(sum(1 for row in rows if row["all_held_count"]), len(rows))


def environment(numbers: Numbers, indicator: Indicator) -> Answer:
    """Hidden where the rest, or the other forums' rest, is few meetings about one child each."""
    every = told_forums(numbers.context, numbers.rows(CONTENT_QUERY, numbers.year))
    own = [row for row in every if indicator.forum in (None, row["forum_code"])]
    others = [row for row in every if row not in own]
    if any(tells_of_few_children(rows, numbers.context.rule) for rows in (own, others, every)):
        return HIDDEN
    return content_share(("environment_level_count", "group_level_count"), "unknown_level_count")(numbers, indicator)


def content_share(parts: tuple[str, ...], unknown: str) -> Measure:
    """Of the held meetings of which anybody wrote it."""

    def measured(numbers: Numbers, indicator: Indicator) -> Answer:
        sums = summed(numbers.rows(CONTENT_QUERY, numbers.year, forum=indicator.forum), ("held_count", unknown, *parts))
        return share(sum(sums[part] for part in parts), sums["held_count"] - sums[unknown])

    return measured


def activity(numbers: Numbers, indicator: Indicator) -> Answer:
    """One activity's share of the meetings with any; without an activity, the share of held meetings with any."""
    rows = numbers.rows(_ACTIVITIES, numbers.year, forum=indicator.forum)
    told = sum(int(row["held_count"]) for row in rows)
    if indicator.activity is None:
        held = summed(numbers.rows(CONTENT_QUERY, numbers.year, forum=indicator.forum), ("held_count",))["held_count"]
        return share(told, held)
    return share(
        sum(int(row["held_count"]) for row in rows if row["session_activity_code"] == indicator.activity), told
    )


MEETING_MEASURES = {
    "held_share": cadence_share(
        lambda row: row["held_count"], lambda row: row["expected_count"] - row["unknown_count"]
    ),
    "longest_gap_weeks": longest_gap,
    "fewest_held_share": fewest_held,
    "long_enough_share": long_enough,
    "adjusted_share": cadence_share(lambda row: row["agreed_extra_count"], lambda row: row["all_held_count"]),
    "institutions_reached_share": reached,
    "activity_share": activity,
    "prepared_share": content_share(("prepared_count",), "unknown_prepared_count"),
    "last_time_followed_up_share": content_share(("followed_up_count",), "unknown_followed_up_count"),
    "second_part_share": content_share(("second_part_count",), "unknown_second_part_count"),
    "prevention_share": content_share(("preventive_count", "anticipatory_count"), "unknown_prevention_count"),
    "environment_share": environment,
    "joint_observation_share": content_share(("joint_observation_count",), "unknown_joint_observation_count"),
}
"""The measures of meetings, by their id."""
