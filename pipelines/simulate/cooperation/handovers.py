"""How is knowledge handed over when a child really changes institution: in writing and orally, with all who know the child."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from pipelines.municipalities.demo import Departure
from pipelines.simulate.cooperation.departures import Planted, covers, of_kinds, plant
from pipelines.simulate.cooperation.units import Unit
from pipelines.simulate.days import day_number, part_generator
from pipelines.simulate.schooling import Placements

_LONGEST_GAP_DAYS = 92
"""Days between two places that are one change: who was away longer came anew."""
_HOW: Mapping[str, tuple[bool, bool]] = {
    "handover_only_written_share": (True, False),
    "handover_only_oral_share": (False, True),
    "handover_missing_share": (False, False),
}
"""Kind of departure: whether what is known is then handed over in writing, and orally."""


@dataclass(frozen=True)
class Handover:
    """One child's change from the place `giver` to the place `taker` (rows of the geography's institutions)."""

    child: int
    giver: int
    taker: int
    day: date
    known_count: int
    is_written: bool = True
    is_oral: bool = True


def draw_handovers(
    placements: Placements, units: Sequence[Unit], departures: Sequence[Departure], *, seed: int, data_end: date
) -> tuple[list[Handover], list[Planted]]:
    """Every change of institution up to data end, and the departures in how it was handed over."""
    rng = part_generator(seed, "handovers")
    before, after = np.arange(len(placements.child) - 1), np.arange(1, len(placements.child))
    is_change = (
        (placements.child[before] == placements.child[after])
        & (placements.institution[before] != placements.institution[after])
        & (placements.start[after] - placements.stop[before] <= _LONGEST_GAP_DAYS)
        & (placements.start[after] <= day_number(data_end))
    )
    changed = np.flatnonzero(is_change)
    counts = rng.integers(3, 9, size=len(changed))
    drawn = [
        Handover(
            child=int(placements.child[place]),
            giver=int(placements.institution[place]),
            taker=int(placements.institution[place + 1]),
            day=date(1970, 1, 1) + timedelta(days=int(placements.start[place + 1])),
            known_count=int(count),
        )
        for place, count in zip(changed, counts, strict=True)
    ]
    touched: set[tuple[int, date]] = set()
    planted = []
    for departure in of_kinds(departures, *_HOW):
        drawn, note = _with_departure(drawn, units, departure, touched, seed)
        touched |= set(note.hit)  # type: ignore[arg-type]  # the keys are handovers'
        planted.append(note)
    return drawn, planted


def key_of(handover: Handover) -> tuple[int, date]:
    """Child and day: what no other handover has."""
    return handover.child, handover.day


def _with_departure(
    handovers: Sequence[Handover],
    units: Sequence[Unit],
    departure: Departure,
    touched: set[tuple[int, date]],
    seed: int,
) -> tuple[list[Handover], Planted]:
    by_row = {unit.row: unit for unit in units if unit.kind == "institution"}
    places = [place for place, each in enumerate(handovers) if covers(departure, by_row[each.giver], day=each.day)]
    covered = [handovers[place] for place in places]
    hit, note = plant(seed, departure, covered, key=key_of, is_free=lambda each: key_of(each) not in touched)
    changed = list(handovers)
    for number in hit:
        is_written, is_oral = _HOW[departure.kind]
        changed[places[number]] = replace(covered[number], is_written=is_written, is_oral=is_oral)
    return changed, note
