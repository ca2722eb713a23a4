"""Which delivered measures are one and the same help: unbroken courses, and the rung that each measure stands on.

The law turned running measures over on 1 January 2024, so one course may be two measures. A gap in the register ends a course:
who sees the register alone cannot know better.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.codes import load_code_table
from pipelines.simulate.days import NEVER, Days, Indices, day_numbers


@dataclass(frozen=True)
class DeliveredMeasures:
    """One entry per measure, in the order of its number. `stop` is the last day, NEVER while it lasts; `rung` is 2-6.

    `course` numbers the unbroken courses from 0: measures of one child under one paragraph (in barnets lov's numbering) and in
    one kind of place, each of which begins at the latest on the day after the last of those before it.
    """

    number: tuple[str, ...]
    child: Indices
    rung: Indices
    start: Days
    stop: Days
    course: Indices

    @property
    def course_count(self) -> int:
        """How many courses."""
        return int(self.course.max()) + 1 if len(self.course) else 0


@dataclass(frozen=True)
class Courses:
    """One entry per course: child, rung, first day and last day (NEVER while it lasts)."""

    child: Indices
    rung: Indices
    start: Days
    stop: Days


def delivered_measures(measures: pl.DataFrame, child_numbers: tuple[str, ...]) -> DeliveredMeasures:
    """The delivered measures as arrays; `child` is a place in `child_numbers`."""
    children = pl.DataFrame({"child_id": child_numbers, "child": np.arange(len(child_numbers))})
    joined = measures.join(children, on="child_id", how="left", maintain_order="left")
    start, stop = day_numbers(joined["start_date"]), day_numbers(joined["end_date"])
    child = joined["child"].to_numpy().astype(np.int64)
    return DeliveredMeasures(
        number=tuple(measures["measure_id"]),
        child=child,
        rung=_rungs(measures),
        start=start,
        stop=stop,
        course=_course_numbers(child, _kinds_of_help(measures), start, stop),
    )


def courses_of(measures: DeliveredMeasures) -> Courses:
    """The unbroken courses that the measures make up."""
    count = measures.course_count
    child, rung = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    child[measures.course], rung[measures.course] = measures.child, measures.rung
    start, stop = np.full(count, NEVER), np.zeros(count, dtype=np.int64)
    np.minimum.at(start, measures.course, measures.start)
    np.maximum.at(stop, measures.course, measures.stop)
    return Courses(child, rung, start, stop)


def _rungs(measures: pl.DataFrame) -> Indices:
    """A placement's rung follows the place, any other measure's the paragraph: as core.fct_measure says."""
    of_paragraph = {row["code"]: row["social_rung"] for row in load_code_table("paragraphs").rows}
    of_place = {row["code"]: row["social_rung"] for row in load_code_table("places").rows}
    rows = measures.select("paragraph_code", "place_code").rows()
    return np.array([int(of_paragraph[paragraph] or of_place[place]) for paragraph, place in rows], dtype=np.int64)


def _kinds_of_help(measures: pl.DataFrame) -> Indices:
    """A number per paragraph (in barnets lov's numbering) and place."""
    successors = {row["code"]: row["successor_code"] or row["code"] for row in load_code_table("paragraphs").rows}
    kinds: dict[tuple[str, str | None], int] = {}
    rows = measures.select("paragraph_code", "place_code").rows()
    return np.array(
        [kinds.setdefault((successors[paragraph], place), len(kinds)) for paragraph, place in rows], dtype=np.int64
    )


def _course_numbers(child: Indices, kind: Indices, start: Days, stop: Days) -> Indices:
    order = np.lexsort((np.arange(len(child)), start, kind, child))
    course = np.zeros(len(child), dtype=np.int64)
    number, last_day, before = -1, -1, (-1, -1)
    for place in order.tolist():
        help_of_child = int(child[place]), int(kind[place])
        if help_of_child != before or start[place] > last_day + 1:
            number, last_day = number + 1, -1
        before, last_day = help_of_child, max(last_day, int(stop[place]))
        course[place] = number
    return course
