"""How did stays in segregated settings end, and who was in one 24 months later: counted from the simulator's arrays.

A stay is unbroken time on the education rungs 3-5, whatever it moves between them. As core.fct_ladder_spell, but followed only to
the last day on which a move would have been registered: later on nobody seems to move.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import IntEnum

import numpy as np

from pipelines.measures.cumulative_incidence import count_ends
from pipelines.measures.risk_sets import CENSORED, RiskSets, count_risk_sets
from pipelines.simulate.days import (
    DAYS_PER_YEAR,
    NEVER,
    Days,
    Flags,
    Indices,
    day_number,
    months_later,
    part_generator,
    school_year_starts,
)
from pipelines.simulate.municipality import SimulatedMunicipality
from pipelines.simulate.population import Children
from pipelines.simulate.schooling import LOWEST_SEGREGATED_RUNG, Placements, draw_placements

RETURN_DAYS = 731
"""24 months, of which one February has 29 days."""


class End(IntEnum):
    """How a stay ended; LEFT_SCHOOL covers those who turn 18, for school ends before."""

    STILL_THERE = 0
    RETURNED = 1
    LEFT_SCHOOL = 2
    MOVED_AWAY = 3


class State(IntEnum):
    """Where a child with a place is; leaving school is for good."""

    ORDINARY = 0
    SEGREGATED = 1
    LEFT_SCHOOL = 2


@dataclass(frozen=True)
class SegregatedStays:
    """One entry per stay that began while we watched, shape (n,), sorted by child and day.

    start: first day. stop: first day after it, or after the last one seen. end: an `End`. district: home on the first day.
    is_advised: whether that district had advisers then.
    """

    child: Indices
    start: Days
    stop: Days
    end: Indices
    district: Indices
    is_advised: Flags

    def only(self, chosen: Flags) -> "SegregatedStays":
        """The chosen stays."""
        return SegregatedStays(
            child=self.child[chosen],
            start=self.start[chosen],
            stop=self.stop[chosen],
            end=self.end[chosen],
            district=self.district[chosen],
            is_advised=self.is_advised[chosen],
        )

    @property
    def is_returned_in_time(self) -> Flags:
        """Whether the child was back in an ordinary setting within 24 months, whatever came later."""
        in_time: Flags = (self.end == End.RETURNED) & (self.stop - self.start <= RETURN_DAYS)
        return in_time

    def ends(self) -> RiskSets:
        """The risk sets of the ends since each stay's first day, by district."""
        return count_ends(self.stop - self.start, self.end, end_count=len(End) - 1, clusters=self.district)

    def returns_alone(self) -> RiskSets:
        """The same as if who leaves school or moves away was only lost from sight: for the wrong number, 1 - Kaplan-Meier."""
        is_return = (self.end == End.RETURNED).astype(np.int64)
        return count_ends(self.stop - self.start, is_return, end_count=1, clusters=self.district)


@dataclass(frozen=True)
class Followed:
    """Children with a place on one calendar day, and where they were 24 months later.

    risk_sets: over `State`, days since that day, by home district on it; who moves away is no longer seen. Of the
    `stayed_count` who still lived here (also those who had left school), `segregated_count` were in a segregated setting.
    """

    risk_sets: RiskSets
    days: int
    stayed_count: int
    segregated_count: int


def last_seen_day(simulated: SimulatedMunicipality) -> int:
    """The last day on which a move would have been registered by data end."""
    return day_number(simulated.data_end_date) - simulated.parameters.ladder.registration_lag_days


def segregated_stays(simulated: SimulatedMunicipality) -> SegregatedStays:
    """The stays that began after the first day of the placements; those under way on it were kept because they lasted."""
    first, last, state = _runs(simulated.placements)
    placed, children, seen = simulated.placements, simulated.children, last_seen_day(simulated)
    stop = np.where(placed.stop[last] < NEVER, placed.stop[last] + 1, NEVER)
    goes_on = np.append(
        (placed.child[first[1:]] == placed.child[last[:-1]]) & (placed.start[first[1:]] == stop[:-1]), False
    )
    is_moving = stop - 1 == children.present_to[placed.child[first]]
    end = np.select(
        [stop > seen + 1, goes_on, is_moving], [End.STILL_THERE, End.RETURNED, End.MOVED_AWAY], End.LEFT_SCHOOL
    )
    start = placed.start[first]
    chosen = (state == State.SEGREGATED) & (start > placed.start.min(initial=NEVER)) & (start <= seen)
    child, start = placed.child[first[chosen]], start[chosen]
    district = children.district_on(child, start)
    return SegregatedStays(
        child=child,
        start=start,
        stop=np.minimum(stop, seen + 1)[chosen],
        end=end[chosen].astype(np.int64),
        district=district,
        is_advised=children.district_adviser_from[district] <= start,
    )


def stays_seen_to_their_end(simulated: SimulatedMunicipality, *, draws: int) -> tuple[SegregatedStays, ...]:
    """Stays of the same children that began in the same time, each followed for 24 months: nobody is lost at data end.

    The placements are drawn anew, `draws` times, until so much later, and with them who moves away meanwhile: other draws from
    the same world.
    """
    seen, end = last_seen_day(simulated), day_number(simulated.data_end_date)
    later = simulated.data_end_date + timedelta(days=RETURN_DAYS + 1)
    first_year, last_year = school_year_starts(np.array([end, day_number(later)])).tolist()
    school = simulated.parameters.school
    longer = replace(school, school_year_count=school.school_year_count + last_year - first_year)
    parameters = replace(simulated.parameters, school=longer)
    found = []
    for draw in range(draws):
        rng = part_generator(simulated.seed, f"followed longer, {draw}")
        children = _moving_on(rng, simulated)
        placements = draw_placements(rng, children, simulated.geography, parameters, data_end=later)
        stays = segregated_stays(
            replace(simulated, children=children, placements=placements, parameters=parameters, data_end_date=later)
        )
        found.append(stays.only(stays.start <= seen))
    return tuple(found)


def _moving_on(rng: np.random.Generator, simulated: SimulatedMunicipality) -> Children:
    """The children, of whom some move away after data end as they did before."""
    children, hazard = simulated.children, simulated.parameters.population.move_out_hazard_per_year
    if hazard == 0:
        return children
    end = simulated.data_end_date
    # Moves are put off to the first of a month other than January, August and September: who decided since the last one goes now.
    months = np.arange(np.datetime64(end, "M") - 3, np.datetime64(end, "M") + 1)
    last_chance = months[~np.isin(months.astype(np.int64) % 12, (0, 7, 8))][-1].astype("datetime64[D]").astype(np.int64)
    waits = rng.exponential(DAYS_PER_YEAR / hazard, children.count).astype(np.int64)
    after = np.maximum(last_chance + waits, day_number(end) + 1)
    return replace(children, present_to=np.where(children.present_to < NEVER, children.present_to, after))


def followed_children(simulated: SimulatedMunicipality) -> Followed:
    """Every resident with a place 24 months before the last day seen, followed until then."""
    placed, children, seen = simulated.placements, simulated.children, last_seen_day(simulated)
    origin = int(months_later(np.array([seen]), -24)[0])
    everyone = np.arange(children.count)
    on_origin = np.full(children.count, origin)
    is_here = (placed.on(everyone, on_origin) >= 0) & children.is_resident_on(everyone, on_origin)
    first, last, state = _runs(placed)
    stop = np.where(placed.stop[last] < NEVER, placed.stop[last] + 1, NEVER)
    child, start = placed.child[first], placed.start[first]
    following = np.append(
        np.where((child[1:] == child[:-1]) & (start[1:] == stop[:-1]), state[1:], State.LEFT_SCHOOL), 2
    )
    # Who moves away may keep the school, but is no longer one of our children.
    away = np.minimum(children.present_to[child], NEVER - 1) + 1
    following = np.select([stop > seen, away <= stop], [CENSORED, CENSORED], following)
    stop = np.minimum(np.minimum(stop, away), seen)
    chosen = is_here[child] & (stop > origin) & (start < stop)
    child, state = child[chosen], state[chosen]
    risk_sets = count_risk_sets(
        state, np.maximum(start[chosen] - origin, 0), stop[chosen] - origin, following[chosen],
        state_count=len(State), children=child, clusters=children.district_on(child, np.full(len(child), origin)),
    )  # fmt: skip
    stayed = np.flatnonzero(is_here & (children.present_to >= seen))
    place = placed.on(stayed, np.full(len(stayed), seen))
    is_segregated = (place >= 0) & (placed.rung[place] >= LOWEST_SEGREGATED_RUNG)
    return Followed(risk_sets, seen - origin, len(stayed), int(is_segregated.sum()))


def _runs(placed: Placements) -> tuple[Indices, Indices, Indices]:
    """(First placement, last placement, `State`) of every unbroken time in ordinary or in segregated settings."""
    state = np.where(placed.rung >= LOWEST_SEGREGATED_RUNG, State.SEGREGATED, State.ORDINARY).astype(np.int64)
    is_same = (
        (placed.child[1:] == placed.child[:-1]) & (placed.start[1:] == placed.stop[:-1] + 1) & (state[1:] == state[:-1])
    )
    first = np.flatnonzero(np.insert(~is_same, 0, True)[: len(placed.child)])
    last = np.append(first[1:], len(placed.child)).astype(np.int64) - 1
    return first, last[: len(first)], state[first]
