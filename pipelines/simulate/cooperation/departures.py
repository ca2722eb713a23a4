"""Which rows does a planted departure change: so large a part of what it covers, drawn from a stream of its own.

What is changed stands with the rows that do it; here is what a departure covers, how many it hits, and a note of which.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np

from pipelines.municipalities.demo import Departure
from pipelines.simulate.cooperation.units import Unit
from pipelines.simulate.days import part_generator

T = TypeVar("T")


@dataclass(frozen=True)
class Planted:
    """A departure with the rows it hit, by their keys, and how many it covers."""

    departure: Departure
    hit: tuple[Hashable, ...]
    out_of_count: int


def covers(departure: Departure, unit: Unit, *, day: date, forum: str | None = None) -> bool:
    """Whether something at a unit on a day, and of a forum, is among what the departure is about."""
    return (
        covers_unit(departure, unit)
        and covers_day(departure, day)
        and (departure.forum is None or departure.forum == forum)
    )


def covers_unit(departure: Departure, unit: Unit) -> bool:
    """Whether the unit is one of the departure's, or lies in one."""
    is_named = not departure.units or not {unit.code, unit.cluster, unit.district}.isdisjoint(departure.units)
    return is_named and (not departure.institution_types or unit.type_code in departure.institution_types)


def covers_day(departure: Departure, day: date) -> bool:
    """Whether the day lies in the departure's period."""
    return departure.from_date <= day <= (departure.to_date or date.max)


def share_of(departure: Departure, count: int) -> int:
    """How many of `count` rows the departure hits: its share of them, half up."""
    return math.floor((departure.value or 0) * count + 0.5)


def plant(
    seed: int,
    departure: Departure,
    covered: Sequence[T],
    *,
    key: Callable[[T], Hashable],
    is_free: Callable[[T], bool] = lambda _: True,
) -> tuple[set[int], Planted]:
    """Positions in `covered` that the departure hits, and its note: the share is of all, the hits are among the free."""
    free = [place for place, item in enumerate(covered) if is_free(item)]
    count = min(share_of(departure, len(covered)), len(free))
    drawn = stream_of(seed, departure).permutation(len(free))[:count].tolist()
    places = sorted(free[number] for number in drawn)
    return set(places), Planted(departure, tuple(key(covered[place]) for place in places), len(covered))


def stream_of(seed: int, departure: Departure) -> np.random.Generator:
    """The departure's own random numbers."""
    return part_generator(seed, f"departure {departure.id}")


def of_kinds(departures: Iterable[Departure], *kinds: str) -> list[Departure]:
    """The departures of some kinds, in the order of the kinds."""
    return [departure for kind in kinds for departure in departures if departure.kind == kind]
