"""Who moved on the ladder when and why, and how long each was followed: counted from the arrays, track by track.

A move is a change of rung between neighbouring spells, or the end of the last one above rung 0. `closed` is down to 0 and `opened`
up from 0, so neither is also down or up.
"""

import numpy as np

from pipelines.simulate.days import NEVER, Days, Indices, day_number
from pipelines.simulate.exposure import Exposure, exposure_of
from pipelines.simulate.ladder import Histories
from pipelines.simulate.measures import RUNG_OF_STEP
from pipelines.simulate.municipality import SimulatedMunicipality
from pipelines.simulate.schooling import Placements

MOVE_CAUSES = ("down", "up", "opened", "closed", "aged_out", "moved_away", "left_school")
DOWN, UP, OPENED, CLOSED, AGED_OUT, MOVED_AWAY, LEFT_SCHOOL = range(7)


def social_exposure(simulated: SimulatedMunicipality) -> Exposure:
    """Time at risk on the social track."""
    spells, end = simulated.social_histories, day_number(simulated.data_end_date)
    return exposure_of(simulated.children, spells.child, RUNG_OF_STEP[spells.step], spells.start, spells.stop, end=end)


def education_exposure(simulated: SimulatedMunicipality) -> Exposure:
    """Time at risk on the education track."""
    placed, end = simulated.placements, day_number(simulated.data_end_date)
    stop = np.where(placed.stop < NEVER, placed.stop + 1, NEVER)
    return exposure_of(simulated.children, placed.child, placed.rung, placed.start, stop, end=end)


def social_moves(simulated: SimulatedMunicipality) -> tuple[Indices, Days, Indices]:
    """(child, first day of the new state, cause) of every move on the social track."""
    histories: Histories = simulated.social_histories
    rung = RUNG_OF_STEP[histories.step]
    end = day_number(simulated.data_end_date)
    adult = histories.stop == simulated.children.adult_day[histories.child]
    ending = np.where(histories.stop > end, -1, np.where(adult, AGED_OUT, MOVED_AWAY))
    return _moves(histories.child, rung, histories.start, histories.stop, ending)


def education_moves(simulated: SimulatedMunicipality) -> tuple[Indices, Days, Indices]:
    """(child, first day of the new state, cause) of every move on the education track."""
    placed: Placements = simulated.placements
    moved = placed.stop == simulated.children.present_to[placed.child]
    ending = np.where(placed.stop >= NEVER, -1, np.where(moved, MOVED_AWAY, LEFT_SCHOOL))
    return _moves(
        placed.child, placed.rung, placed.start, np.where(placed.stop < NEVER, placed.stop + 1, NEVER), ending
    )


def _moves(child: Indices, rung: Indices, start: Days, stop: Days, ending: Indices) -> tuple[Indices, Days, Indices]:
    """Moves between neighbouring spells of a child, and the endings of last spells above 0; `stop` is exclusive."""
    goes_on = np.append((child[1:] == child[:-1]) & (start[1:] == stop[:-1]), False)
    following = np.append(rung[1:], 0)
    cause = np.select(
        [
            goes_on & (following == rung),
            goes_on & (rung == 0),
            goes_on & (following == 0),
            goes_on & (following < rung),
            goes_on,
            rung == 0,
        ],
        [np.full(len(rung), kind) for kind in (-1, OPENED, CLOSED, DOWN, UP, -1)],
        ending,
    )
    moves = cause >= 0
    return child[moves], stop[moves], cause[moves]
