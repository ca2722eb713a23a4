"""How long were children followed who could move on the ladder: the child-years behind every rate, counted from the arrays.

A child counts from its first day on rung 1 or higher until 24 months after the last, while it lives in the municipality and is
under 18, in the district where it lives.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from pipelines.simulate.days import DAYS_PER_YEAR, NEVER, Days, Indices, Numbers, day_number, months_later
from pipelines.simulate.population import Children

MONTHS_AFTER = 24


@dataclass(frozen=True)
class Exposure:
    """One entry per child and unbroken stay in one district at risk; [start, stop)."""

    child: Indices
    district: Indices
    start: Days
    stop: Days

    def years_between(self, first: int, after: int) -> Numbers:
        """Years (of 365.25 days) of each entry on the days [first, after), shape (n,)."""
        days = np.minimum(self.stop, after) - np.maximum(self.start, first)
        years: Numbers = np.maximum(days, 0) / DAYS_PER_YEAR
        return years

    def in_year(self, year: int) -> Numbers:
        """Years of each entry within a calendar year, 0 to 1, shape (n,)."""
        first, after = day_number(date(year, 1, 1)), day_number(date(year + 1, 1, 1))
        days = np.minimum(self.stop, after) - np.maximum(self.start, first)
        years: Numbers = np.maximum(days, 0) / float(after - first)
        return years


def exposure_of(children: Children, child: Indices, rung: Indices, start: Days, stop: Days, *, end: int) -> Exposure:
    """Time at risk from spells (child, rung, [start, stop), sorted by child and day), up to and with the day `end`."""
    helped = rung >= 1
    stop = np.minimum(stop, end + 1)
    child, start, after = child[helped], start[helped], months_later(stop[helped] - 1, MONTHS_AFTER)
    child, start, after = _merged(child, start, after)
    after = np.minimum(np.minimum(after, children.adult_day[child]), end + 1)
    moves = children.district_change_day[child]
    present_to = np.minimum(children.present_to[child], NEVER - 1) + 1
    parts = (
        (children.district_first[child], children.present_from[child], np.minimum(moves, present_to)),
        (children.district_second[child], np.maximum(moves, children.present_from[child]), present_to),
    )
    first, second = (
        Exposure(child, district, np.maximum(start, came), np.minimum(after, left)) for district, came, left in parts
    )
    return _kept(
        Exposure(
            *(
                np.concatenate([getattr(first, name), getattr(second, name)])
                for name in ("child", "district", "start", "stop")
            )
        )
    )


def lived_here(children: Children, *, end: int) -> Exposure:
    """Time of everybody under 18 in the municipality, on the ladder or not, up to and with the day `end`."""
    everyone = np.arange(children.count)
    always = np.full(children.count, NEVER)
    return exposure_of(children, everyone, np.ones_like(everyone), children.present_from, always, end=end)


def _kept(exposure: Exposure) -> Exposure:
    kept = exposure.start < exposure.stop
    return Exposure(exposure.child[kept], exposure.district[kept], exposure.start[kept], exposure.stop[kept])


def _merged(child: Indices, start: Days, after: Days) -> tuple[Indices, Days, Days]:
    """Overlapping or touching intervals of a child as one."""
    if not len(child):
        return child, start, after
    key = child * (4 * NEVER)
    latest = np.maximum.accumulate(key + after)
    is_new = np.append(True, key[1:] + start[1:] > latest[:-1])
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(child)) - 1
    return child[first], start[first], latest[last] - key[last]
