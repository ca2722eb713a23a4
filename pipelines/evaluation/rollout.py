"""What happened in districts after they began, and may it be read as the model's doing? The facts of a rollout over time.

Each district that began is held against those that had not begun yet, school year by school year. Whether that could ever carry a
level is told by what was there before: years, likeness, precision, who was measured, and who was chosen first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import duckdb
import numpy as np

from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.rollout_panel import (
    Composition,
    Floats,
    PanelSources,
    RolloutPanel,
    panel_of,
    read_sources,
    school_years,
)
from pipelines.measures.comparison_evidence import LARGEST_P_VALUE_THAT_SINGLES_OUT, RolloutFacts
from pipelines.measures.event_study import (
    CohortEffect,
    Comparison,
    EventStudy,
    chance_ranges,
    collapse_to_two_periods,
    event_study,
    usable_districts,
)
from pipelines.measures.intervals import Estimate
from pipelines.measures.permutation import PermutationTest
from pipelines.measures.trend_before import TrendBefore, early_districts, trend_before

HELD_AGAINST: Final = Comparison.NOT_YET
"""Districts that had not begun yet, those that never did among them: with a handful of districts none can be spared."""

LARGEST_P_VALUE_OF_CHANGE: Final = 0.05
"""At or below it another kind of children came with the model."""


class NoRollout(StrEnum):
    """Why no rollout is followed."""

    NOT_PLANNED = "not_planned"
    NOBODY_BEGAN = "nobody_began"
    """No district with numbers for every year began within the years."""
    ALL_AT_ONCE = "all_at_once"
    """Every district with numbers for every year began in the same school year."""


@dataclass(frozen=True)
class CompositionChange:
    """How those measured changed where the model came, beside where it had not yet.

    change: years, share of boys, points, or share measured (0-1). size: in children's standard deviations, or of the share measured
    before. p_value: over the ways to hand the dates round. None: not known. limit: of the size.
    """

    composition: Composition
    change: float | None
    size: float | None
    p_value: float | None
    limit: float

    @property
    def has_moved(self) -> bool | None:
        """Further than the limit, or further than chance leaves the districts; None where it is not known."""
        if self.size is None:
            return None
        is_singled_out = self.p_value is not None and self.p_value <= LARGEST_P_VALUE_OF_CHANGE
        return abs(self.size) > self.limit or is_singled_out


@dataclass(frozen=True)
class EventPoint:
    """One year counted from the beginning (0 the first under the model, -1 the base). Points; fewer is better.

    low, high: between them lie 95 of 100 ways to hand the dates round; None for the base year and where not all can be tried.
    district_count: that began. children, institutions: the fewest behind any part of the number: the districts that began, in the
    year and in their base year, and those they are held against in both.
    """

    since: int
    effect: float
    low: float | None
    high: float | None
    district_count: int
    children: int
    institutions: int


@dataclass(frozen=True)
class Followed:
    """A rollout that was followed; everything of the districts with numbers for every year.

    points: by year since the beginning. collapse: each district as one number, after minus before. behind_collapse: the fewest
    (children, institutions) on one side of it. begun_count: districts that began within the years.
    """

    districts: tuple[str, ...]
    begun_count: int
    study: EventStudy
    points: tuple[EventPoint, ...]
    collapse: Estimate
    behind_collapse: tuple[int, int]
    trend: TrendBefore | None
    composition: tuple[CompositionChange, ...]


@dataclass(frozen=True)
class Rollout:
    """What became of the plan's rollout. facts: for the evidence level; None where the plan follows none. followed: None with the
    reason in `missing`. left_out_count: districts without numbers for every year, or under the model in the first."""

    facts: RolloutFacts | None
    followed: Followed | None
    missing: NoRollout | None
    left_out_count: int = 0
    stopped_count: int = 0


def read_rollout(connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan) -> Rollout:
    """The plan's rollout in the warehouse; nothing is read where the plan follows none."""
    if not school_years(plan):
        return Rollout(None, None, NoRollout.NOT_PLANNED)
    return rollout_of(read_sources(connection, plan), plan)


def rollout_of(sources: PanelSources, plan: AnalysisPlan) -> Rollout:
    """The plan's rollout from children, first days and children at risk. Raises: ValueError when the plan follows no school year."""
    panel = panel_of(sources, plan)
    used = [place for place, is_used in enumerate(usable_districts(panel.change, panel.adoption)) if is_used]
    left_out, stopped = len(panel.districts) - len(used), len(panel.stopped)
    dates = [panel.adoption[place] for place in used]
    missing = NoRollout.NOBODY_BEGAN if not any(dates) else NoRollout.ALL_AT_ONCE if len(set(dates)) == 1 else None
    if missing:
        facts = RolloutFacts(is_staggered=False, years_before=0, breakdown=None, district_count=len(used))
        return Rollout(facts, None, missing, left_out, stopped)
    following = _Following(panel, used, plan)
    followed = following.followed()
    return Rollout(following.facts(followed), followed, None, left_out, stopped)


@dataclass(frozen=True)
class _Following:
    """The used districts of a panel that began in different years."""

    panel: RolloutPanel
    used: list[int]
    plan: AnalysisPlan

    @property
    def dates(self) -> list[int | None]:
        return [self.panel.adoption[place] for place in self.used]

    @property
    def strata(self) -> list[str]:
        return [self.plan.stratum(self.panel.districts[place]) for place in self.used]

    @property
    def years_before(self) -> int:
        return min(date for date in self.dates if date is not None)

    def study(self, values: Floats) -> EventStudy:
        return event_study(values[self.used], self.dates, comparison=HELD_AGAINST, strata=self.strata)

    def followed(self) -> Followed:
        values, study = self.panel.change[self.used], self.study(self.panel.change)
        begun = {place for place, date in zip(self.used, self.dates, strict=True) if date is not None}
        return Followed(
            tuple(self.panel.districts[place] for place in self.used),
            len(begun),
            study,
            self._points(study),
            collapse_to_two_periods(values, self.dates),
            self._behind_sides(begun, set(self.used) - begun),
            trend_before(values, self.dates, strata=self.strata),
            tuple(self._composition(one) for one in Composition),
        )

    def facts(self, followed: Followed) -> RolloutFacts:
        tests = [followed.study.pre_trend, followed.trend.test if followed.trend else None]
        moved = [one.has_moved for one in followed.composition]
        return RolloutFacts(
            is_staggered=True,
            years_before=self.years_before,
            breakdown=followed.study.breakdown,
            district_count=len(self.used),
            pre_trend_p_value=_smallest_of_telling(tests),
            detectable_before=followed.trend.detectable if followed.trend else None,
            first_level_g=self._first_level_g(),
            has_same_children=None if None in moved else not any(moved),
            is_by_need=self.plan.rollout.order == "by_need",
        )

    def _points(self, study: EventStudy) -> tuple[EventPoint, ...]:
        ranges = chance_ranges(self.panel.change[self.used], self.dates, comparison=HELD_AGAINST, strata=self.strata)
        points = []
        for since, effect in study.by_event_time.items():
            # the base year is 0 by definition: behind it stands what stands behind the first year after it
            told = 0 if since == -1 else since
            parts = [part for part in study.cohort_effects if part.year - part.first_year == told]
            low, high = ranges.get(since, (None, None))
            children, institutions = self._behind(parts)
            began = {part.first_year for part in parts}
            count = sum(date in began for date in self.dates)
            points.append(EventPoint(since, effect, low, high, count, children, institutions))
        return tuple(points)

    def _behind(self, parts: Sequence[CohortEffect]) -> tuple[int, int]:
        """The fewest (children, institutions) behind any side and year of a mean of these effects."""
        cells: dict[tuple[bool, bool], list[tuple[int, int]]] = {}
        for part in parts:
            for is_base, year in ((True, part.first_year - 1), (False, part.year)):
                for is_own, districts in ((True, self._cohort(part)), (False, self._beside(part))):
                    cells.setdefault((is_own, is_base), []).extend((place, year) for place in districts)
        counted = [self._count(side) for side in cells.values()]
        return min((count[0] for count in counted), default=0), min((count[1] for count in counted), default=0)

    def _cohort(self, part: CohortEffect) -> list[int]:
        return [place for place, date in zip(self.used, self.dates, strict=True) if date == part.first_year]

    def _beside(self, part: CohortEffect) -> list[int]:
        """As `Comparison.NOT_YET`."""
        latest = max(part.year, part.first_year - 1)
        return [
            place
            for place, date in zip(self.used, self.dates, strict=True)
            if date is None or (date > latest and date != part.first_year)
        ]

    def _count(self, cells: Sequence[tuple[int, int]]) -> tuple[int, int]:
        once = set(cells)
        institutions = {code for cell in once for code in self.panel.institutions.get(cell, frozenset())}
        return sum(int(self.panel.followed[cell]) for cell in once), len(institutions)

    def _behind_sides(self, begun: set[int], never: set[int]) -> tuple[int, int]:
        """Behind the collapse: begun districts before and after, the others in all years."""
        sides: list[list[tuple[int, int]]] = [
            [(place, year) for place in never for year in range(len(self.panel.years))]
        ]
        for is_after in (False, True):
            sides.append(
                [
                    (place, year)
                    for place in begun
                    for year in range(len(self.panel.years))
                    if (year >= (self.panel.adoption[place] or 0)) is is_after
                ]
            )
        counted = [self._count(side) for side in sides]
        return min(count[0] for count in counted), min(count[1] for count in counted)

    def _composition(self, one: Composition) -> CompositionChange:
        values = self.panel.composition[one]
        found, is_share = self.study(values), one is Composition.MEASURED
        limits = self.plan.limits
        limit = limits.detection_tolerance if is_share else limits.baseline_g
        known = found.overall if found.district_count == len(self.used) else None
        scale = float(values[self.used, : self.years_before].mean()) if is_share else self.panel.spread[one]
        p_value = found.test.p_value if found.test else None
        return CompositionChange(one, known, None if known is None else _part(known, scale), p_value, limit)

    def _first_level_g(self) -> float | None:
        """Mean first score of early districts minus that of others before anybody began, each district counting the same."""
        before = self.panel.composition[Composition.FIRST_SCORE][self.used, : self.years_before]
        early = np.array(early_districts(self.dates))
        difference = float(before[early].mean() - before[~early].mean())
        return None if np.isnan(difference) else _part(difference, self.panel.spread[Composition.FIRST_SCORE])


def _part(difference: float, scale: float) -> float | None:
    """How many times the scale; 0 for no difference at all, whatever the scale."""
    if abs(difference) < _ROUNDING:
        return 0.0
    return difference / scale if scale > 0 else None


_ROUNDING: Final = 1e-9


def _smallest_of_telling(tests: Sequence[PermutationTest | None]) -> float | None:
    """The smallest p value of the tests that could have singled the districts out; None where none could."""
    telling = [
        test.p_value for test in tests if test is not None and test.smallest_p_value <= LARGEST_P_VALUE_THAT_SINGLES_OUT
    ]
    return min(telling, default=None)
