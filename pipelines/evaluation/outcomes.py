"""Which outcomes can an evaluation be of, which family does each belong to, and which direction is better?

A family is what is shown and adjusted together: five scales of one questionnaire are five chances of an accident.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Family(StrEnum):
    """What is adjusted for multiplicity together; `danish_name` is what a report prints."""

    SDQ = "sdq"
    LADDER = "ladder"
    PROCESS = "process"

    @property
    def danish_name(self) -> str:
        """The family's name in a report."""
        return {Family.SDQ: "SDQ-skalaer", Family.LADDER: "indsatstrappen", Family.PROCESS: "sagsgangen"}[self]


@dataclass(frozen=True)
class Outcome:
    """One outcome. unit: of the difference between arms. is_lower_better: None where neither direction is better by itself: more
    notifications may be more harm, or harm that is seen earlier.

    sdq_column: the column of core.fct_sdq_pair after `first_` and `second_`; None: not an SDQ score.
    """

    code: str
    title: str
    unit: str
    family: Family
    is_lower_better: bool | None
    sdq_column: str | None = None


_KNOWN: Final = (
    Outcome("sdq_total", "SDQ i alt", "point", Family.SDQ, True, "total_points"),
    Outcome("sdq_emotional", "følelser (SDQ)", "point", Family.SDQ, True, "emotional_points"),
    Outcome("sdq_conduct", "adfærd (SDQ)", "point", Family.SDQ, True, "conduct_points"),
    Outcome("sdq_hyper", "uro (SDQ)", "point", Family.SDQ, True, "hyper_points"),
    Outcome("sdq_peer", "kammerater (SDQ)", "point", Family.SDQ, True, "peer_points"),
    Outcome("sdq_prosocial", "sociale styrker (SDQ)", "point", Family.SDQ, False, "prosocial_points"),
    Outcome("sdq_impact", "belastning i hverdagen (SDQ)", "point", Family.SDQ, True, "impact_points"),
    Outcome("ladder_down", "ryk ned ad indsatstrappen", "ryk pr. 100 børneår", Family.LADDER, False),
    Outcome("ladder_up", "ryk op ad indsatstrappen", "ryk pr. 100 børneår", Family.LADDER, True),
    Outcome("return_to_mainstream", "tilbage i almen klasse", "procentpoint", Family.LADDER, False),
    Outcome("notifications", "underretninger", "pr. 100 børneår", Family.PROCESS, None),
    Outcome("waiting_days", "ventetid på hjælp", "dage", Family.PROCESS, True),
)

OUTCOMES: Final = {outcome.code: outcome for outcome in _KNOWN}
"""Code -> outcome, in the order in which they are shown."""

PRIMARY_OUTCOMES: Final = ("sdq_total",)
"""What can be the one outcome that answers: its smallest relevant difference is in points."""
