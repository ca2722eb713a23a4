"""What does a design allow one to say? A level from 0 to 5, from facts of the design, never from a result.

No p-value, estimate or interval limit enters: the same design gives the same level, whatever the numbers turn
out to be. A failed gate lowers the level by one and is named, so that a report can say why.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class EvidenceLevel(IntEnum):
    """How strong a claim the design carries; `danish_name` is what a report prints."""

    COUNTED = 0
    BEFORE_AND_AFTER = 1
    AGAINST_EXPECTED = 2
    ADJUSTED_COMPARISON = 3
    STEPWISE_ROLLOUT = 4
    LOTTERY = 5

    @property
    def danish_name(self) -> str:
        """The level's name in a report."""
        return _DANISH_NAMES[self]


_DANISH_NAMES = {
    EvidenceLevel.COUNTED: "optalt, ingen sammenligning",
    EvidenceLevel.BEFORE_AND_AFTER: "før og efter",
    EvidenceLevel.AGAINST_EXPECTED: "målt mod det ventede",
    EvidenceLevel.ADJUSTED_COMPARISON: "justeret sammenligning",
    EvidenceLevel.STEPWISE_ROLLOUT: "indført trinvist",
    EvidenceLevel.LOTTERY: "lodtrækning",
}


class Gate(StrEnum):
    """What a design must hold to keep its level."""

    FOLLOW_UP_SHARE = "follow_up_share"
    SAME_INFORMANT_SHARE = "same_informant_share"
    GROUP_SIZE = "group_size"
    INTERVAL = "interval"


@dataclass(frozen=True)
class GateLimits:
    """The limits of the gates; a municipality owns them. Shares 0-1, children as a count."""

    minimum_follow_up_share: float = 0.70
    minimum_same_informant_share: float = 0.90
    minimum_group_children: int = 30


@dataclass(frozen=True)
class Evidence:
    """The level that holds, the level the design was made for, and the gates that failed."""

    level: EvidenceLevel
    designed_level: EvidenceLevel
    failed_gates: tuple[Gate, ...]


def level_of_count() -> Evidence:
    """The level of a count or a share at one time: 0, whatever its size."""
    return Evidence(EvidenceLevel.COUNTED, EvidenceLevel.COUNTED, ())


def level_of_change(
    *,
    pair_count: int,
    follow_up_share: float | None,
    same_informant_share: float | None,
    district_count: int,
    has_norm_prediction: bool = False,
    limits: GateLimits | None = None,
) -> Evidence:
    """The level of a change between two measurements of the same children without a comparison group.

    pair_count: children with two measurements. follow_up_share: their part of those measured first (0-1).
    same_informant_share: the part of pairs answered by the same informant type (0-1). A share that is not
    known fails its gate. district_count: districts behind the interval. has_norm_prediction: the change is
    held against a prediction for each child from untreated children (norm regression, or added value within
    its conditions), which makes it level 2 and adds the gates on group size and interval; the expected
    regression to the mean alone does not.

    No pairs: level 0. Each failed gate lowers the level by one, not below 0.
    """
    if pair_count == 0:
        return level_of_count()
    limits = limits or GateLimits()
    passed = {
        Gate.FOLLOW_UP_SHARE: _reaches(follow_up_share, limits.minimum_follow_up_share),
        Gate.SAME_INFORMANT_SHARE: _reaches(same_informant_share, limits.minimum_same_informant_share),
    }
    designed = EvidenceLevel.BEFORE_AND_AFTER
    if has_norm_prediction:
        designed = EvidenceLevel.AGAINST_EXPECTED
        passed[Gate.GROUP_SIZE] = pair_count >= limits.minimum_group_children
        passed[Gate.INTERVAL] = district_count >= 2
    failed = tuple(gate for gate, is_passed in passed.items() if not is_passed)
    return Evidence(EvidenceLevel(max(0, designed - len(failed))), designed, failed)


def _reaches(share: float | None, limit: float) -> bool:
    return share is not None and share >= limit
