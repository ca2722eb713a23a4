"""What can be counted in the log of meetings: the closed set of measures that an indicator of a profile may be one of.

Each is a question that a mart can answer from the delivered sources; a profile chooses among them, and says in Danish what is
counted out of what.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class MeasureKind:
    """One thing that can be counted: Danish unit, and the sources (data contracts) it is counted from."""

    unit: str
    sources: tuple[str, ...]


_PERCENT, _WEEKS, _DAYS = "procent", "uger", "dage"

MEASURE_KINDS: Final[dict[str, MeasureKind]] = {
    # The calendar
    "held_share": MeasureKind(_PERCENT, ("sessions",)),
    "longest_gap_weeks": MeasureKind(_WEEKS, ("sessions",)),
    "fewest_held_share": MeasureKind(_PERCENT, ("sessions",)),
    "long_enough_share": MeasureKind(_PERCENT, ("sessions",)),
    "adjusted_share": MeasureKind(_PERCENT, ("sessions", "institution_years")),
    # Who came
    "role_present_share": MeasureKind(_PERCENT, ("sessions", "session_roles")),
    "role_invited_share": MeasureKind(_PERCENT, ("sessions", "session_roles")),
    "team_continuity_share": MeasureKind(_PERCENT, ("sessions", "session_roles", "staffing")),
    "same_cluster_share": MeasureKind(_PERCENT, ("sessions", "session_roles")),
    "professions_per_case": MeasureKind("faggrupper", ("session_cases", "session_roles")),
    # What the meeting was about
    "activity_share": MeasureKind(_PERCENT, ("sessions",)),
    "prevention_share": MeasureKind(_PERCENT, ("sessions",)),
    "environment_share": MeasureKind(_PERCENT, ("sessions",)),
    "joint_observation_share": MeasureKind(_PERCENT, ("sessions",)),
    "prepared_share": MeasureKind(_PERCENT, ("sessions",)),
    "last_time_followed_up_share": MeasureKind(_PERCENT, ("sessions",)),
    "second_part_share": MeasureKind(_PERCENT, ("sessions",)),
    "support_need_share": MeasureKind(_PERCENT, ("session_cases",)),
    "described_share": MeasureKind(_PERCENT, ("session_cases",)),
    "family_taken_part_share": MeasureKind(_PERCENT, ("session_cases",)),
    "family_areas_share": MeasureKind(_PERCENT, ("session_cases",)),
    # Consent, documentation, agreements
    "consent_share": MeasureKind(_PERCENT, ("session_cases",)),
    "documentation_share": MeasureKind(_PERCENT, ("session_cases",)),
    "goal_share": MeasureKind(_PERCENT, ("session_cases",)),
    "evaluated_share": MeasureKind(_PERCENT, ("session_cases",)),
    "responsible_named_share": MeasureKind(_PERCENT, ("agreements",)),
    "followed_up_share": MeasureKind(_PERCENT, ("agreements",)),
    "followed_up_next_share": MeasureKind(_PERCENT, ("agreements", "sessions")),
    "cross_action_share": MeasureKind(_PERCENT, ("agreements",)),
    # How soon, how early
    "concern_known_days": MeasureKind(_DAYS, ("session_cases",)),
    "wait_first_measure_days": MeasureKind(_DAYS, ("session_cases", "measures")),
    "wait_first_contact_days": MeasureKind(_DAYS, ("support_requests",)),
    "wait_start_days": MeasureKind(_DAYS, ("support_requests",)),
    "assessment_days": MeasureKind(_DAYS, ("support_requests",)),
    "age_at_first_help": MeasureKind("år", ("session_cases", "support_requests", "children")),
    "rung_at_first_help": MeasureKind("trin", ("session_cases", "support_requests", "measures")),
    # The support that was asked for
    "in_practice_share": MeasureKind(_PERCENT, ("support_requests",)),
    "environment_request_share": MeasureKind(_PERCENT, ("support_requests",)),
    "without_diagnosis_share": MeasureKind(_PERCENT, ("support_requests",)),
    "hours_over_nine": MeasureKind("børn", ("support_requests",)),
    "family_before_share": MeasureKind(_PERCENT, ("support_requests",)),
    "repeat_request_share": MeasureKind(_PERCENT, ("support_requests",)),
    "institutions_supported_share": MeasureKind(_PERCENT, ("support_requests", "institutions")),
    "formal_road_share": MeasureKind(_PERCENT, ("support_requests",)),
    "formal_road_after_meeting_share": MeasureKind(_PERCENT, ("support_requests", "sessions")),
    # Reach and staff
    "institutions_reached_share": MeasureKind(_PERCENT, ("sessions", "institutions")),
    "children_named_share": MeasureKind(_PERCENT, ("session_cases", "children")),
    "measures_after_meeting_share": MeasureKind(_PERCENT, ("session_cases", "measures")),
    "trained_share": MeasureKind(_PERCENT, ("staffing", "training")),
    "one_coordinator_share": MeasureKind(_PERCENT, ("staffing", "institutions")),
    "caseload": MeasureKind("børn pr. medarbejder", ("staffing", "measures")),
    # Transitions and return
    "handover_written_share": MeasureKind(_PERCENT, ("handovers",)),
    "handover_oral_share": MeasureKind(_PERCENT, ("handovers",)),
    "handover_professionals_share": MeasureKind(_PERCENT, ("handovers",)),
    "reviewed_share": MeasureKind(_PERCENT, ("reviews", "school_placements")),
    "returned_share": MeasureKind(_PERCENT, ("reviews", "school_placements")),
}
"""Every measure by its id: unit, and the sources without which it cannot be counted."""
