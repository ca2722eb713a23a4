"""How do children move on a ladder: histories in continuous time between six steps, with frailty and the model's effect.

Step k leaves for k+1 with an away hazard and for k-1 with a towards hazard (statistical notes, section 6, step 7). A child's
frailty multiplies both, so that the past tells about the future beyond the present step. Days are whole, a step lasts at least
`shortest_spell_days`, and no move falls on the first of a month.

A child's n-th move comes from the n-th numbers drawn for that child, whatever happens to it before and to others: two worlds
that differ in the model alone are the same until the model acts.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.simulate.days import DAYS_PER_YEAR, NEVER, Days, Flags, Indices, Numbers, day_number, off_the_first
from pipelines.simulate.parameters import LadderParameters
from pipelines.simulate.practice import Practice

HIGHEST_STEP = 5


@dataclass(frozen=True)
class Histories:
    """One entry per child and spell on a step, sorted by child and day. `stop` is the first day no longer on the step."""

    child: Indices
    step: Indices
    start: Days
    stop: Days


@dataclass(frozen=True)
class Entries:
    """Who is followed from when to when: one entry per child at risk.

    Everybody begins on step 0. No move falls after `last_move_day`; `stop` ends the observation (exclusive);
    `highest_step` caps the ladder; `adviser_from` is the first day on which the adviser model's multipliers hold;
    `away_factor` multiplies the child's hazards away from ordinary, the same for all of a district.
    """

    child: Indices
    start: Days
    last_move_day: Days
    stop: Days
    highest_step: Indices
    adviser_from: Days
    away_factor: Numbers


def draw_frailty(rng: np.random.Generator, count: int, parameters: LadderParameters) -> Numbers:
    """Gamma with mean 1 and the given variance, shape (count,)."""
    if parameters.frailty_variance == 0:
        return np.ones(count)
    return rng.gamma(1 / parameters.frailty_variance, parameters.frailty_variance, size=count)


def draw_away_factors(
    rng: np.random.Generator, district: Indices, parameters: LadderParameters, practice: Practice, *, count: int
) -> Numbers:
    """Each child's factor by its district (a position among `count`): log-normal with mean 1, shape as `district`."""
    if practice.away_factors is None:
        spread = parameters.district_away_log_sd
        practice.away_factors = np.exp(rng.normal(0.0, spread, size=count) - spread**2 / 2)
    return practice.away_factors[district]


@dataclass(frozen=True)
class Hazards:
    """Per year: from step 0-4 away from ordinary, from step 1-5 towards it."""

    away: tuple[float, ...]
    towards: tuple[float, ...]


def simulate_histories(
    rng: np.random.Generator, entries: Entries, hazards: Hazards, parameters: LadderParameters
) -> Histories:
    """The spells of every child with at least one day of observation."""
    walk = _Walk(entries, hazards, draw_frailty(rng, len(entries.child), parameters), parameters)
    while len(walk.active):
        walk.take_one_step(rng)
    return walk.histories()


class _Walk:
    """All children side by side; each round draws everybody's next event."""

    def __init__(self, entries: Entries, hazards: Hazards, frailty: Numbers, parameters: LadderParameters) -> None:
        self.entries, self.frailty, self.parameters = entries, frailty, parameters
        self.step = np.zeros(len(entries.child), dtype=np.int64)
        self.spell_start = entries.start.copy()
        self.clock = entries.start.astype(float) + parameters.shortest_spell_days
        self.active = np.flatnonzero(entries.start < entries.stop)
        self.away = np.append(hazards.away, 0.0) / DAYS_PER_YEAR
        self.towards = np.insert(hazards.towards, 0, 0.0) / DAYS_PER_YEAR
        self.pause = _pause(parameters)
        self.spells: list[tuple[Indices, Indices, Days, Days]] = []

    def take_one_step(self, rng: np.random.Generator) -> None:
        """Everybody active moves or reaches the end."""
        budget, direction = rng.exponential(size=len(self.step)), rng.random(len(self.step))
        who = self.active
        event, advised = self._next_event(who, budget[who])
        day = off_the_first(np.minimum(event, float(NEVER)).astype(np.int64))
        away, towards = self._hazards(who, advised)
        goes_away = direction[who] * (away + towards) < away
        moves = day <= self.entries.last_move_day[who]
        ends = ~moves
        self._close(who[ends], self.entries.stop[who[ends]])
        self._close(who[moves], day[moves])
        self.step[who[moves]] += np.where(goes_away[moves], 1, -1)
        self.spell_start[who[moves]] = day[moves]
        self.clock[who[moves]] = day[moves] + self.parameters.shortest_spell_days
        self.active = who[moves]

    def _hazards(self, who: Indices, advised: Flags) -> tuple[Numbers, Numbers]:
        """Per day, away from ordinary and towards it, with or without the adviser model."""
        step, parameters = self.step[who], self.parameters
        away = self.away[step] * self.entries.away_factor[who]
        away = away * np.where(advised, parameters.adviser_away_multiplier, 1.0)
        away = np.where(step >= self.entries.highest_step[who], 0.0, away)
        towards = self.towards[step] * np.where(advised, parameters.adviser_towards_multiplier, 1.0)
        return away * self.frailty[who], towards * self.frailty[who]

    def _next_event(self, who: Indices, budget: Numbers) -> tuple[Numbers, Flags]:
        """When the hazard added up since the clock reaches `budget`, and whether that is under the adviser model.

        Days of the pause carry no hazard: time is counted without them and put back at the end.
        """
        now, crossing = self._without_pause(self.clock[who]), self._without_pause(self.entries.adviser_from[who])
        before = np.add(*self._hazards(who, np.zeros(len(who), dtype=bool)))
        after = np.add(*self._hazards(who, np.ones(len(who), dtype=bool)))
        used = before * np.maximum(crossing - now, 0.0)
        advised = used <= budget
        with np.errstate(divide="ignore", invalid="ignore"):
            event = np.where(advised, np.maximum(now, crossing) + (budget - used) / after, now + budget / before)
        event = np.where(np.isnan(event), np.inf, event)
        first, last = self.pause
        return np.where(event < first, event, event + (last - first)), advised

    def _without_pause(self, days: Numbers | Days) -> Numbers:
        first, last = self.pause
        return np.where(days <= first, days, np.maximum(days, last) - (last - first)).astype(np.float64)

    def _close(self, who: Indices, stop: Days) -> None:
        self.spells.append((self.entries.child[who], self.step[who].copy(), self.spell_start[who].copy(), stop))

    def histories(self) -> Histories:
        """What was walked, sorted."""
        columns = [np.concatenate([spell[place] for spell in self.spells]) for place in range(4)] if self.spells else [
            np.empty(0, dtype=np.int64)
        ] * 4  # fmt: skip
        order = np.lexsort((columns[2], columns[0]))
        child, step, start, stop = (column[order] for column in columns)
        return Histories(child, step, start, stop)


def _pause(parameters: LadderParameters) -> tuple[int, int]:
    """First day of the pause and first day after it; both NEVER without one."""
    if parameters.move_pause_from_date is None or parameters.move_pause_to_date is None:
        return NEVER, NEVER
    return day_number(parameters.move_pause_from_date), day_number(parameters.move_pause_to_date)
