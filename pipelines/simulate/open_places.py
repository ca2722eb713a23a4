"""Where does a child go while the institution that it would go to is not open: before its first day, and after its last.

A place at an institution that closes ends with it and goes on the day after at another one of its kind; an institution that opens
takes who would go there from the next place on. Nothing is drawn here: where no institution opens or closes, nothing changes.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.simulate.days import Days, Indices, Numbers
from pipelines.simulate.geography import Geography

_LATER_DIGITS = 1000.0
"""What a child's number says after its third decimal has nothing to do with which institution it chose by the first ones."""


@dataclass(frozen=True)
class Stays:
    """Where children are from a first to a last day; `entry` is the place that each of them is, or is a part of."""

    entry: Indices
    child: Indices
    institution: Indices
    start: Days
    stop: Days


def at_open_institutions(stays: Stays, geography: Geography, pick: Numbers, *, end: int) -> Stays:
    """The same stays in the same order, each at an institution that is open all the time; one that outlives it is cut in two.

    `pick` has a number from 0 to 1 per child, `end` is the last day that is known. A child stays in its district where another of
    the kind is open there; where none is open at all, it stays where it is.
    """
    if not geography.opens_or_closes:
        return stays
    stays = _elsewhere(stays, geography, pick)
    while True:
        last = geography.last_days[stays.institution]
        is_cut = (stays.start <= last) & (last < stays.stop) & (last < end)
        if not is_cut.any():
            return stays
        stays = _elsewhere(_cut(stays, np.flatnonzero(is_cut), last), geography, pick)


def _cut(stays: Stays, cut: Indices, last: Days) -> Stays:
    """Those cut end with their institution and go on the day after."""
    entry = np.sort(np.concatenate([np.arange(len(stays.entry)), cut]))
    is_second = np.append(False, entry[1:] == entry[:-1])
    is_first = np.append(is_second[1:], False)
    return Stays(
        entry=stays.entry[entry],
        child=stays.child[entry],
        institution=stays.institution[entry],
        start=np.where(is_second, last[entry] + 1, stays.start[entry]),
        stop=np.where(is_first, last[entry], stays.stop[entry]),
    )


def _elsewhere(stays: Stays, geography: Geography, pick: Numbers) -> Stays:
    """Those whose institution is not open on their first day, at another."""
    institution = stays.institution.copy()
    is_open = (geography.first_days[institution] <= stays.start) & (stays.start <= geography.last_days[institution])
    for place in np.flatnonzero(~is_open).tolist():
        others = _open_of_same_kind(geography, int(institution[place]), int(stays.start[place]))
        if len(others):
            share = pick[stays.child[place]] * _LATER_DIGITS % 1
            institution[place] = others[int(share * len(others))]
    return Stays(stays.entry, stays.child, institution, stays.start, stays.stop)


def _open_of_same_kind(geography: Geography, institution: int, day: int) -> Indices:
    """Institutions of its kind in the municipality that are open on the day: those of its district, if there are any."""
    is_open = (geography.first_days <= day) & (day <= geography.last_days)
    possible = is_open & geography.is_inside & (geography.kinds == geography.kinds[institution])
    districts = geography.institutions["district_code"].to_numpy()
    near: Indices = np.flatnonzero(possible & (districts == districts[institution]))
    return near if len(near) else np.flatnonzero(possible)
