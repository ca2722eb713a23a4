"""Which sources does the profile's report need, and can they be used? The warnings of page 1 and the tables on data."""

from pipelines.committee.context import ReportContext
from pipelines.committee.data_quality import data_quality_notes
from pipelines.municipalities.profile import Profile
from pipelines.publish.section import Notes

MARTS = (
    "mart_forum_cadence",
    "mart_session_role",
    "mart_session_content",
    "mart_session_activity",
    "mart_case_documentation",
    "mart_agreement",
    "mart_support_request",
    "mart_handover",
    "mart_training",
    "mart_team_continuity",
)
"""The marts that the report reads."""


def needed_sources(profile: Profile) -> tuple[str, ...]:
    """The sources (contract ids) that the profile's promises are counted from, each once."""
    by_part = {
        "sessions": bool(profile.forums),
        "session_roles": any(forum.roles for forum in profile.all_forums),
        "session_cases": bool(profile.consent or profile.documentation.steps or profile.family_meeting_areas),
        "institution_years": profile.allocation is not None,
        "training": bool(profile.trainings),
    }
    promised = [source for source, is_promised in by_part.items() if is_promised]
    counted = [source for indicator in profile.indicators for source in indicator.measure.sources]
    return tuple(dict.fromkeys((*promised, *counted)))


def data_notes(context: ReportContext) -> Notes:
    """What came, what was rejected and what is missing, of what this profile needs."""
    profile = context.settings.profile
    return data_quality_notes(context, needed_sources=needed_sources(profile), marts=needed_marts(profile))


def needed_marts(profile: Profile) -> tuple[str, ...]:
    """The marts whose warnings concern this profile: nobody is asked for activities that the document does not name."""
    asks_activities = any(indicator.measure_id == "activity_share" for indicator in profile.indicators)
    return tuple(mart for mart in MARTS if mart != "mart_session_activity" or asks_activities)
