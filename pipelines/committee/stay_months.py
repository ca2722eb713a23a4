"""What became of stays by so many months, and between two of these: counts as rows, and which of them add up to which.

What is reached by month 12 minus what was reached by month 6 is a count too, and so is the rest of the whole: each is a row or a
column here, so that a table can be protected with all that a reader can work out, though only some of it is printed.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pipelines.committee.ladder_spells import SegregatedStays, StayEnd, days_in
from pipelines.disclosure.relations import CellAt, SumRelation
from pipelines.measures.cumulative_incidence import incidence_at

WHOLE: Final = "stays_count"
CROSSED: Final = "returned_count"
STILL_FOLLOWED: Final = "followed_count"
ENDED: Final = (CROSSED, "gone_count")
"""Counts that only grow from month to month."""
GONE_PARTS: Final = ("left_count", "unfollowed_count")
"""Of those gone: out of school or moved away; not followed so long yet."""


def month_label(months: int) -> str:
    """ "12 måneder"."""
    return f"{months}\u00a0måneder"


def between_label(first: int, second: int) -> str:
    """ "fra 6 til 12"."""
    return f"fra {first} til {second}"


def month_rows(name: str, own: SegregatedStays, after_months: Sequence[int]) -> list[dict[str, object]]:
    """One row per month: the counts by then, and the cumulative incidence of crossing in percent with its interval."""
    rows = []
    curve = incidence_at(own.ends(), end=StayEnd.RETURNED, times=[days_in(months) for months in after_months])
    for months, found in zip(after_months, curve, strict=True):
        estimate = found.by_district
        numbers = {"share_pct": estimate.value, "low": estimate.low, "high": estimate.high}
        rows.append(
            {"group": name, "month": month_label(months), WHOLE: own.frame.height, **_counts(own, months)}
            | {key: None if value is None else 100 * value for key, value in numbers.items()}
        )
    return rows


def between_rows(name: str, own: SegregatedStays, after_months: Sequence[int]) -> list[dict[str, object]]:
    """What came between two months: a row whose whole is who was still followed at the first of them."""
    rows = []
    for first, second in pairwise(after_months):
        before, after = _counts(own, first), _counts(own, second)
        grown = {key: after[key] - before[key] for key in after if key != STILL_FOLLOWED}
        rows.append(
            {"group": name, "month": between_label(first, second), WHOLE: before[STILL_FOLLOWED], **grown}
            | {STILL_FOLLOWED: after[STILL_FOLLOWED], "share_pct": None, "low": None, "high": None}
        )
    return rows


def month_relations(name: str, after_months: Sequence[int], *, ended: Sequence[str] = ENDED) -> list[SumRelation]:
    """That each month's counts are those of the month before and what came between; `ended`: the counts that only grow."""

    def at(column: str, month: str) -> CellAt:
        return CellAt(column, (("group", name), ("month", month)))

    relations = []
    for first, second in pairwise(after_months):
        step, early, late = between_label(first, second), month_label(first), month_label(second)
        for column in ended:
            relations.append(SumRelation(at(column, late), (at(column, early), at(column, step))))
        relations.append(SumRelation(at(WHOLE, step), (at(STILL_FOLLOWED, early),)))
        relations.append(SumRelation(at(STILL_FOLLOWED, late), (at(STILL_FOLLOWED, step),)))
        relations.append(SumRelation(at(WHOLE, late), (at(WHOLE, early),)))
    return relations


def _counts(own: SegregatedStays, months: int) -> dict[str, int]:
    """By the end of `months`: crossed to the other side, gone otherwise (of these left, and not followed so long), still followed."""
    end, is_past = own.frame["end"], own.frame["days"] <= days_in(months)
    crossed = int((is_past & (end == int(StayEnd.RETURNED))).sum())
    unfollowed = int((is_past & (end == int(StayEnd.STILL_THERE))).sum())
    followed = int((~is_past).sum())
    gone = own.frame.height - crossed - followed
    return {
        CROSSED: crossed,
        "gone_count": gone,
        STILL_FOLLOWED: followed,
        "left_count": gone - unfollowed,
        "unfollowed_count": unfollowed,
    }
