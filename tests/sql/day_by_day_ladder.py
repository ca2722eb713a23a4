"""The ladder once more, day by day in Python, by the rules written at the head of sql/core/fct_ladder_spell.sql.

It shares no code with the SQL and no way of thinking: no cutting into pieces, no windows, only one value per day. Days are counted
from `FIRST_DAY`; a period is (first day, last day), both counted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

FIRST_DAY = date(2024, 1, 1)
DATA_END_DAY = 730
"""The as-of date, 31 December 2025: the last day that counts."""


@dataclass(frozen=True)
class Row:
    """One delivered row on one track: a measure, a place, or a residence (`is_background`, rung 0)."""

    rung: int
    first: int
    last: int | None
    is_uncertain: bool = False
    is_background: bool = False
    end_reason: str | None = None
    number: int = 0


@dataclass(frozen=True)
class Residence:
    """One residence as delivered."""

    first: int
    last: int | None
    is_own: bool = True


@dataclass(frozen=True)
class Child:
    """One child's delivered rows; `adult` is the day of the 18th birthday."""

    adult: int
    residences: tuple[Residence, ...]
    social: tuple[Row, ...] = ()
    education: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Spell:
    rung: int
    first: int
    last: int
    is_uncertain: bool


@dataclass
class Ladder:
    """What the walk found on one track: spells, moves as (day, from, to, cause), and per spell the rows that stand under it."""

    spells: list[Spell] = field(default_factory=list)
    moves: list[tuple[int, int, int | None, str]] = field(default_factory=list)


def date_of(day: int) -> date:
    return FIRST_DAY + timedelta(days=day)


def day_of(day: date) -> int:
    return (day - FIRST_DAY).days


def walk(child: Child, track: str, *, grace: int) -> Ladder:
    """The child's ladder on one track."""
    rows = [*child.social, *_background(child)] if track == "social" else list(child.education)
    rows = _without_passing(_clipped(rows, child))
    raw, uncertain = _highest(rows, grace)
    standing, doubts = _with_holes_filled(raw, uncertain, is_social=track == "social", grace=grace)
    ladder = Ladder(spells=list(_spells(standing, doubts)))
    ladder.moves = [_move(spell, standing, child, track, grace) for spell in ladder.spells]
    return ladder


def closed_residences(child: Child) -> list[Residence]:
    """Residences in order; a later one ends an earlier."""
    ordered = sorted(child.residences, key=lambda each: each.first)
    closed = []
    for number, residence in enumerate(ordered):
        last = residence.last
        if number + 1 < len(ordered) and (last is None or last >= ordered[number + 1].first):
            last = ordered[number + 1].first - 1
        closed.append(Residence(residence.first, last, residence.is_own))
    return closed


def _background(child: Child) -> list[Row]:
    return [Row(0, each.first, each.last, is_background=True) for each in closed_residences(child)]


def _clipped(rows: Iterable[Row], child: Child) -> list[tuple[Row, int]]:
    """Rule 5: each row with the last day that counts; rows without any are left out."""
    lasts = [each.last for each in child.residences]
    left = DATA_END_DAY if None in lasts else max(last for last in lasts if last is not None)
    end = min(DATA_END_DAY, left, child.adult - 1)
    clipped = [(row, end if row.last is None else min(row.last, end)) for row in rows]
    return [(row, last) for row, last in clipped if last >= row.first]


def _without_passing(rows: list[tuple[Row, int]]) -> list[tuple[Row, int]]:
    """Rule 4: a row of one day goes when another, begun the same day, lasted longer."""
    return [
        (row, last)
        for row, last in rows
        if row.is_background
        or last > row.first
        or not any(
            other.first == row.first and not other.is_background and other_last > last for other, other_last in rows
        )
    ]


def _highest(rows: list[tuple[Row, int]], grace: int) -> tuple[dict[int, int], dict[int, bool]]:
    """Rules 1 and 2: the rung of each day that has one, and whether it is uncertain."""
    rung_of: dict[int, int] = {}
    doubt_of: dict[int, bool] = {}
    for rung in sorted({row.rung for row, _ in rows}):
        own = [(row, last) for row, last in rows if row.rung == rung]
        days = sorted({day for row, last in own for day in range(row.first, last + 1)})
        for stay in _stays(days, grace):
            doubt = any(row.is_uncertain for row, last in own if row.first <= stay[-1] and last >= stay[0])
            # rungs come in rising order, so a higher one writes over a lower
            rung_of.update(dict.fromkeys(stay, rung))
            doubt_of.update(dict.fromkeys(stay, doubt))
    return rung_of, doubt_of


def _stays(days: list[int], grace: int) -> Iterator[range]:
    """Days of one rung joined across gaps of at most `grace` days."""
    first = before = None
    for day in days:
        if before is None or day - before - 1 > grace:
            if first is not None and before is not None:
                yield range(first, before + 1)
            first = day
        before = day
    if first is not None and before is not None:
        yield range(first, before + 1)


def _with_holes_filled(
    raw: dict[int, int], uncertain: dict[int, bool], *, is_social: bool, grace: int
) -> tuple[dict[int, int], dict[int, bool]]:
    """Rule 3, run by run of equal days: a hole is no rung at all, or on the social track rung 0."""
    filled, doubts = dict(raw), dict(uncertain)
    if not raw:
        return filled, doubts
    days = range(min(raw), max(raw) + 1)
    for value, run in groupby(days, key=raw.get):
        hole = list(run)
        before, after = raw.get(hole[0] - 1), raw.get(hole[-1] + 1)
        if before is None or len(hole) > grace:
            continue
        is_gap = value is None and after is not None
        is_pause = is_social and value == 0 and after is not None and after >= 1
        is_before_leaving = is_social and value == 0 and after is None and hole[-1] < DATA_END_DAY
        if is_gap or is_pause or is_before_leaving:
            filled.update(dict.fromkeys(hole, before))
            doubts.update(dict.fromkeys(hole, uncertain[hole[0] - 1]))
    return filled, doubts


def _spells(standing: dict[int, int], doubts: dict[int, bool]) -> Iterator[Spell]:
    if not standing:
        return
    for rung, run in groupby(range(min(standing), max(standing) + 1), key=standing.get):
        days = list(run)
        if rung is not None:
            yield Spell(rung, days[0], days[-1], any(doubts[day] for day in days))


def _move(
    spell: Spell, standing: dict[int, int], child: Child, track: str, grace: int
) -> tuple[int, int, int | None, str]:
    day = spell.last + 1
    to = standing.get(day)
    cause = _cause(spell, to, day, child, track, grace)
    return day, spell.rung, to if cause in ("down", "up", "opened", "closed") else None, cause


def _cause(spell: Spell, to: int | None, day: int, child: Child, track: str, grace: int) -> str:
    leaves = any(abs(day - last) <= grace + 1 for last in _departures(child, grace))
    if to is None:
        if day >= child.adult:
            return "aged_out"
        if spell.last == DATA_END_DAY:
            return "data_end"
        return "moved_away" if leaves or track == "social" else "data_end"
    if to == 0 and track == "social":
        said = {
            row.end_reason
            for row in child.social
            if row.rung == spell.rung and row.last is not None and day - 1 - grace <= row.last <= day - 1
        }
        if "aged_out" in said:
            return "aged_out"
        if "moved" in said or leaves:
            return "moved_away"
    if to == 0:
        return "closed"
    if spell.rung == 0:
        return "opened"
    return "down" if to < spell.rung else "up"


def _departures(child: Child, grace: int) -> list[int]:
    """Last days in the municipality that no residence of ours follows within the grace gap."""
    residences = closed_residences(child)
    found = []
    for number, residence in enumerate(residences):
        following = residences[number + 1] if number + 1 < len(residences) else None
        comes_back = (
            following is not None
            and following.is_own
            and residence.last is not None
            and following.first - residence.last - 1 <= grace
        )
        if residence.is_own and residence.last is not None and not comes_back:
            found.append(residence.last)
    return found
