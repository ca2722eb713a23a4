"""What would the reports see of one made-up municipality: pairs of SDQ totals, moves and child-years, pupils by district.

Counted from the simulator's arrays by the definitions of the marts (mart_sdq_change, mart_ladder_moves,
mart_mainstream_share; stays on the ladder in `stays`), so that a thousand municipalities can be measured without writing a file.
Tests hold these counts against the marts and against the simulator's own truth. A district is a position in the profile.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from pipelines.prove.stays import (
    Followed,
    SegregatedStays,
    followed_children,
    segregated_stays,
    stays_seen_to_their_end,
)
from pipelines.simulate.days import Days, Flags, Indices, Numbers, day_number, year_numbers
from pipelines.simulate.exposure import Exposure
from pipelines.simulate.moves import DOWN, UP, education_exposure, education_moves, social_exposure, social_moves
from pipelines.simulate.municipality import SimulatedMunicipality
from pipelines.simulate.schooling import LOWEST_SEGREGATED_RUNG
from pipelines.simulate.sdq_groups import first_of_pairs
from pipelines.simulate.sdq_items import PARENT, load_items
from pipelines.simulate.truth import total_scores

_DRAWS_TO_THEIR_END = 4
"""Returns are few: with one draw a municipality the overstatement of 1 - Kaplan-Meier drowns in the truth's own error."""


@dataclass(frozen=True)
class SdqPairs:
    """One entry per child with two scored parent forms within the window, shape (n,); totals 0-40.

    district: home on the day of the first form. effect: points by which the adviser model changes the second total of this
    very child (potential outcomes; negative = fewer difficulties), whether or not the child met it.
    """

    district: Indices
    is_advised: Flags
    first: Numbers
    second: Numbers
    effect: Numbers

    @property
    def change(self) -> Numbers:
        """Second minus first total in points; negative = fewer difficulties."""
        return self.second - self.first


@dataclass(frozen=True)
class DistrictMoves:
    """Moves between rungs from 1 up, and child-years of the children at risk, per district, shape (districts,)."""

    down: Indices
    up: Indices
    child_years: Numbers


@dataclass(frozen=True)
class DistrictPupils:
    """Pupils of grades 0-9 outside private schools on 30 September, and those in ordinary classes; shape (districts,)."""

    mainstream: Indices
    pupils: Indices


@dataclass(frozen=True, eq=False)
class Observed:
    """One made-up municipality as the reports see it; every part is counted once, when first asked for. Like nothing but itself."""

    simulated: SimulatedMunicipality

    @property
    def district_count(self) -> int:
        """How many districts."""
        return len(self.simulated.profile.districts)

    @cached_property
    def sdq_pairs(self) -> SdqPairs:
        """The parents' forms in pairs whose window has closed on the last day of data."""
        return _sdq_pairs(self.simulated)

    @cached_property
    def social_moves(self) -> DistrictMoves:
        """Moves on the social track in the last whole calendar year."""
        return _district_moves(self.simulated, social_moves(self.simulated), social_exposure(self.simulated))

    @cached_property
    def education_moves(self) -> DistrictMoves:
        """Moves on the education track in the last whole calendar year."""
        return _district_moves(self.simulated, education_moves(self.simulated), education_exposure(self.simulated))

    @cached_property
    def segregated_stays(self) -> SegregatedStays:
        """Stays on the education rungs 3-5 and how they ended."""
        return segregated_stays(self.simulated)

    @cached_property
    def stays_seen_to_their_end(self) -> tuple[SegregatedStays, ...]:
        """The same kind of stays, drawn anew and each followed for 24 months: what no municipality has seen by data end."""
        return stays_seen_to_their_end(self.simulated, draws=_DRAWS_TO_THEIR_END)

    @cached_property
    def followed_children(self) -> Followed:
        """Who had a place 24 months before the last day seen, followed until then."""
        return followed_children(self.simulated)

    @cached_property
    def pupils(self) -> DistrictPupils:
        """Pupils on the last 30 September before data end."""
        return _district_pupils(self.simulated)


def last_whole_year(data_end: date) -> int:
    """The last calendar year that had ended on `data_end`."""
    return data_end.year if (data_end.month, data_end.day) == (12, 31) else data_end.year - 1


def _sdq_pairs(simulated: SimulatedMunicipality) -> SdqPairs:
    forms, drawn = simulated.sdq.forms, simulated.sdq
    totals = total_scores(forms, load_items(simulated.parameters.sdq))
    firsts = first_of_pairs(simulated, totals)
    firsts = firsts[forms.informant[firsts] == PARENT]
    child, day = forms.child[firsts], forms.day[firsts]
    district = simulated.children.district_on(child, day)
    place = np.searchsorted(drawn.child, child)
    return SdqPairs(
        district=district,
        is_advised=simulated.children.district_adviser_from[district] <= day,
        first=totals[firsts].astype(np.float64),
        second=totals[firsts + 1].astype(np.float64),
        effect=(drawn.parent_total_advised - drawn.parent_total_unadvised)[place].astype(np.float64),
    )


def _district_moves(
    simulated: SimulatedMunicipality, moves: tuple[Indices, Days, Indices], exposure: Exposure
) -> DistrictMoves:
    year, districts = last_whole_year(simulated.data_end_date), len(simulated.profile.districts)
    child, day, cause = moves
    in_year = year_numbers(day) == year
    district = simulated.children.district_on(child, day - 1)

    def count(which: int) -> Indices:
        return np.bincount(district[in_year & (cause == which)], minlength=districts)

    child_years = np.bincount(exposure.district, exposure.in_year(year), districts).astype(np.float64)
    return DistrictMoves(down=count(DOWN), up=count(UP), child_years=child_years)


def _district_pupils(simulated: SimulatedMunicipality) -> DistrictPupils:
    end, children, placed = simulated.data_end_date, simulated.children, simulated.placements
    year = end.year if end >= date(end.year, 9, 30) else end.year - 1
    everyone = np.arange(children.count)
    days = np.full(children.count, day_number(date(year, 9, 30)))
    place = placed.on(everyone, days)
    is_here = (place >= 0) & children.is_resident_on(everyone, days)
    district, place = children.district_on(everyone, days)[is_here], place[is_here]
    grade, is_private = placed.grade[place], placed.institution[place] == simulated.geography.private_school
    counts = (grade >= 0) & (grade <= 9) & ~is_private
    is_mainstream = counts & (placed.rung[place] < LOWEST_SEGREGATED_RUNG)
    districts = len(simulated.profile.districts)
    return DistrictPupils(
        mainstream=np.bincount(district[is_mainstream], minlength=districts),
        pupils=np.bincount(district[counts], minlength=districts),
    )
