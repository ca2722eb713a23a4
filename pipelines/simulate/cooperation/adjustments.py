"""Whose rhythm is changed in the middle of a school year: one institution meets more often, another of its cluster more seldom.

So a cluster's leader may do in a dialogue with the institutions; the municipality sets all of them anew for the next school year.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from pipelines.municipalities.demo import Departure
from pipelines.municipalities.profile import Profile
from pipelines.simulate.cooperation.calendar import school_year_of
from pipelines.simulate.cooperation.departures import Planted, covers_unit, of_kinds, share_of, stream_of
from pipelines.simulate.cooperation.years import InstitutionYear, possible_intervals

ADJUSTED = "adjusted_cadence_share"


def with_adjustments(
    years: Sequence[InstitutionYear], departures: Sequence[Departure], rules: Profile, *, seed: int, data_end: date
) -> tuple[list[InstitutionYear], list[Planted]]:
    """The institutions' years, a row more for each whose rhythm is changed; no rhythm is changed twice in a school year."""
    rows, planted = list(years), []
    for departure in of_kinds(departures, ADJUSTED):
        day = departure.from_date
        of_year = [row for row in rows if row.school_year == school_year_of(day) and row.interval_weeks]
        changed = {row.unit.code for row in of_year if row.is_adjusted}
        covered = [
            row
            for row in of_year
            if covers_unit(departure, row.unit)
            and row.from_date < day <= min(row.unit.open_to, data_end)
            and row.unit.code not in changed
        ]
        new = _exchanged(covered, departure, rules, seed=seed)
        rows = [each for row in rows for each in (row, *(found for found in new if found.follows(row)))]
        planted.append(Planted(departure, tuple(row.unit.code for row in new), len(covered)))
    return rows, planted


def _exchanged(
    covered: Sequence[InstitutionYear], departure: Departure, rules: Profile, *, seed: int
) -> list[InstitutionYear]:
    """The rows from the departure's day on, two and two: one that meets more often, and one that pays for it."""
    order = stream_of(seed, departure).permutation(len(covered)).tolist()
    waiting = [covered[place] for place in order]
    new: list[InstitutionYear] = []
    for often in list(waiting):
        shorter = _next(often, rules, is_shorter=True)
        if often not in waiting or shorter is None or len(new) + 2 > share_of(departure, len(covered)):
            continue
        for seldom in waiting:
            longer = _next(seldom, rules, is_shorter=False)
            if seldom is not often and seldom.unit.cluster == often.unit.cluster is not None and longer:
                new += [
                    replace(row, interval_weeks=weeks, from_date=departure.from_date, is_adjusted=True)
                    for row, weeks in ((often, shorter), (seldom, longer))
                ]
                waiting = [row for row in waiting if row not in (often, seldom)]
                break
    return new


def _next(row: InstitutionYear, rules: Profile, *, is_shorter: bool) -> int | None:
    """The next shorter or longer interval that the institution may have; None where there is no such."""
    now = row.interval_weeks or 0
    if is_shorter:
        return max((weeks for weeks in possible_intervals(rules, row.unit) if weeks < now), default=None)
    return min((weeks for weeks in possible_intervals(rules, row.unit) if weeks > now), default=None)
