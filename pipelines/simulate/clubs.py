"""Who goes to a club after school: places beside those in school, with the support that a child needs there.

A child's club stands on no higher rung than its school place: whoever goes to the special club is in a special school, and nobody
has more support in the club than in school. So a club shows on the ladder only where the school already stands.
"""

from datetime import date

import numpy as np

from pipelines.simulate.days import NEVER, Flags, Indices, day_number
from pipelines.simulate.geography import Geography
from pipelines.simulate.open_places import Stays, at_open_institutions
from pipelines.simulate.parameters import SchoolParameters
from pipelines.simulate.population import Children
from pipelines.simulate.schooling import (
    DAYCARE_GRADE,
    IN_ORDINARY_CLUB,
    IN_SPECIAL_CLUB_GROUP,
    LOWEST_SEGREGATED_RUNG,
    Placements,
    joined_without_grade,
    one_of_district,
)

HIGHEST_CLUB_GRADE = 7
_SPECIAL_CLUB_RUNG = 4


def draw_clubs(
    rng: np.random.Generator,
    children: Children,
    placements: Placements,
    geography: Geography,
    parameters: SchoolParameters,
    *,
    data_end: date,
) -> Placements:
    """Places in clubs, cut where the school places are; a child that moves away leaves the club, though it may keep the school.

    `rung` is that of the club itself: 1 and 2 with support, 3 in a special group, 4 in the special club.
    """
    count = children.count
    attends = rng.random(count) < parameters.club_share
    is_helped = rng.random(count) < parameters.club_support_share
    few_hours, many_hours = rng.integers(4, 18, size=count) / 2, rng.integers(18, 31, size=count) / 2
    is_pupil = (placements.grade >= 0) & (placements.grade <= HIGHEST_CLUB_GRADE)
    stop = np.minimum(placements.stop, children.present_to[placements.child])
    chosen = np.flatnonzero(is_pupil & attends[placements.child] & (placements.start <= stop))
    child, start = placements.child[chosen], placements.start[chosen]
    rung = _club_rungs(placements.rung[chosen], is_helped[child])
    local_pick = rng.random(count)
    club = one_of_district(geography.clubs_of_district, children.district_on(child, start), local_pick[child])
    stays = at_open_institutions(
        Stays(
            entry=np.arange(len(child)),
            child=child,
            institution=np.where(rung == _SPECIAL_CLUB_RUNG, geography.special_club, club),
            start=start,
            stop=np.minimum(stop[chosen], NEVER),
        ),
        geography,
        local_pick,
        end=day_number(data_end),
    )
    child, rung = stays.child, rung[stays.entry]
    return joined_without_grade(
        Placements(
            child=child,
            institution=stays.institution,
            grade=np.full(len(child), DAYCARE_GRADE),
            class_code=np.where(rung >= LOWEST_SEGREGATED_RUNG, IN_SPECIAL_CLUB_GROUP, IN_ORDINARY_CLUB),
            support_hours=np.select([rung == 1, rung == 2], [few_hours[child], many_hours[child]], 0.0),
            start=stays.start,
            stop=stays.stop,
            rung=rung,
        )
    )


def _club_rungs(school_rung: Indices, is_helped: Flags) -> Indices:
    """The club's rung beside a school place: nobody's without need, else up to the school's where the club helps.

    From the special school all go to the special club; from a special class some go to a special group, the rest to the ordinary
    club with many hours of support; with support in the ordinary class some have it in the club too.
    """
    of_special_class = np.where(is_helped, LOWEST_SEGREGATED_RUNG, LOWEST_SEGREGATED_RUNG - 1)
    rungs: Indices = np.select(
        [school_rung >= _SPECIAL_CLUB_RUNG, school_rung == LOWEST_SEGREGATED_RUNG, is_helped],
        [np.full_like(school_rung, _SPECIAL_CLUB_RUNG), of_special_class, school_rung],
        0,
    )
    return rungs
