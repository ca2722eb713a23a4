"""What is the number of an indicator: a part of a whole, or a middle number, or why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from pipelines.committee.cooperation.told import may_tell
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import CellStatus
from pipelines.measures.cumulative_incidence import count_ends, incidence_curve


@dataclass(frozen=True)
class Answer:
    """The number in the measure's own unit and how many it is of; without a number, `status` says why."""

    value: float | None
    of: int | None = None
    status: CellStatus = CellStatus.SHOWN


HIDDEN = Answer(None, status=CellStatus.HIDDEN)
NOT_COMPUTABLE = Answer(None, status=CellStatus.NOT_COMPUTABLE)


def share(part: int, whole: int) -> Answer:
    """A part of a whole in percent, of what says nothing of a person."""
    return Answer(100 * part / whole, whole) if whole else NOT_COMPUTABLE


def share_of_people(part: int, whole: int, rule: DisclosureRule) -> Answer:
    """A part of children or cases in percent; hidden where the part, the rest or the whole is small."""
    if not whole:
        return NOT_COMPUTABLE
    return share(part, whole) if may_tell(part, whole, rule) else HIDDEN


def share_of_staff(part: int, whole: int, *, staff: int, rule: DisclosureRule) -> Answer:
    """A part in percent behind which so many members of staff stand."""
    return share(part, whole) if staff >= rule.minimum_staff else HIDDEN


def told_share(pair: tuple[int, int] | None) -> Answer:
    """A part of a whole in percent as a protected table tells them; hidden where it does not."""
    return HIDDEN if pair is None else share(*pair)


def middle(values: Sequence[float], *, institutions: int, rule: DisclosureRule) -> Answer:
    """The median of numbers of children; hidden on too few of them or in too few institutions."""
    if not values:
        return NOT_COMPUTABLE
    if len(values) < rule.minimum_group_children or institutions < rule.minimum_institutions:
        return HIDDEN
    return Answer(float(median(values)), len(values))


def mean_of(values: Sequence[float], *, institutions: int, rule: DisclosureRule) -> Answer:
    """The mean of numbers of children; hidden as the median is."""
    shown = middle(values, institutions=institutions, rule=rule)
    return Answer(sum(values) / len(values), len(values)) if shown.value is not None else shown


def middle_wait(waits: Sequence[tuple[int, bool, str]], rule: DisclosureRule) -> Answer:
    """The days after which half have got there, those who still wait counted as waiting; (days, has come, institution).

    Not computable while fewer than half have come.
    """
    if not waits:
        return NOT_COMPUTABLE
    institutions = len({institution for _, _, institution in waits})
    if len(waits) < rule.minimum_group_children or institutions < rule.minimum_institutions:
        return HIDDEN
    ends = count_ends([max(days, 1) for days, _, _ in waits], [int(came) for _, came, _ in waits], end_count=1)
    curve = incidence_curve(ends, end=1)
    reached = np.flatnonzero(curve.incidence >= 0.5 - 1e-9)
    return Answer(float(curve.times[reached[0]]), len(waits)) if reached.size else NOT_COMPUTABLE
