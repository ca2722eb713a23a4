"""Who has turned 18 since the registers began: they stood on the list of children then, and what was done is about them too.

A list of today's children has lost them, so that earlier years lack their oldest. An extract of all who have been children here
since the first day of the registers holds them, and all years are whole.
"""

import math
from datetime import date

import numpy as np

from pipelines.simulate.borders import numbers_of_nobody_else
from pipelines.simulate.days import DAYS_PER_YEAR, NEVER, Days, Numbers, birthdays, day_number, off_the_first
from pipelines.simulate.generations import generation_of
from pipelines.simulate.parameters import PopulationParameters
from pipelines.simulate.population import WHOLE_SPACE, Children, NumberBlock, draw_moves, oldest_age_days

_OLDEST_DAYS_OF_TODAY = 3 * 366
"""The districts that grown-up children come from are those of today's oldest: of some cohorts, for one may be small."""


def draw_grown_up(
    rng: np.random.Generator,
    today: Children,
    parameters: PopulationParameters,
    *,
    period_start: date,
    data_end: date,
    block: NumberBlock = WHOLE_SPACE,
) -> Children:
    """Those older than `today`'s children who lived here under the age of 18 on some day from `period_start` on.

    Their cohorts are as many as today's would have them, so that the number of children of each age goes on smoothly.
    """
    start, end = day_number(period_start), day_number(data_end)
    youngest, oldest = oldest_age_days(parameters), _age_days_of_adults_on(start, end=end)
    count = _how_many(today.count, parameters, youngest, oldest)
    birth_day = _birth_days(rng.random(count), parameters, youngest, oldest, end=end)
    is_boy = rng.random(count) < parameters.boys_share
    districts = today.district_first[today.birth_day < today.birth_day.min(initial=end) + _OLDEST_DAYS_OF_TODAY]
    first = districts[rng.integers(0, max(1, len(districts)), size=count)]
    disadvantaged = parameters.disadvantaged_share + parameters.disadvantaged_extra_share * (today.district_level > 0)
    is_disadvantaged = rng.random(count) < disadvantaged[first]
    difficulty = rng.normal(size=count)
    moves = draw_moves(rng, birth_day, parameters, start=start, end=end)
    district_count = len(today.district_level)
    second = (first + rng.integers(1, max(2, district_count), size=count)) % district_count
    drawn = Children(
        numbers=numbers_of_nobody_else(rng, is_boy, today.numbers, block),
        birth_day=birth_day,
        is_boy=is_boy,
        present_from=moves.came,
        present_to=moves.left,
        district_first=first,
        district_second=np.where(moves.changed < NEVER, second, first),
        district_change_day=moves.changed,
        district_adviser_from=today.district_adviser_from,
        difficulty=difficulty,
        district_level=today.district_level,
        is_disadvantaged=is_disadvantaged,
    )
    # who came as an adult has never been a child here
    return generation_of(drawn, drawn.present_from < drawn.adult_day)


def _age_days_of_adults_on(start: int, *, end: int) -> int:
    """How old on `end`, in days, is who turned 18 the day after `start`: nobody older has been a child since."""
    return end - int(birthdays(np.array([start]), -18)[0]) - 1


def _how_many(today_count: int, parameters: PopulationParameters, youngest: int, oldest: int) -> int:
    """How many are `youngest` to `oldest` days old, for each of today's children from 0 to `youngest`."""
    if oldest <= youngest:
        return 0
    fall = -parameters.births_log_change_per_year / DAYS_PER_YEAR
    ratio = (
        (math.expm1(fall * oldest) - math.expm1(fall * youngest)) / math.expm1(fall * youngest)
        if fall
        else (oldest - youngest) / youngest
    )
    return round(today_count * round(ratio, 9))


def _birth_days(place: Numbers, parameters: PopulationParameters, youngest: int, oldest: int, *, end: int) -> Days:
    """Days of birth at `place` (0-1) of those between the two ages, cohorts growing or shrinking by a fixed share a year."""
    fall = -parameters.births_log_change_per_year / DAYS_PER_YEAR
    low, high = (np.expm1(fall * age) for age in (youngest, oldest))
    age_days = np.log1p(low + place * (high - low)) / fall if fall else youngest + place * (oldest - youngest)
    days = off_the_first(end - 1 - np.minimum(np.floor(np.round(age_days, 6)).astype(np.int64), oldest - 1))
    # nobody on 29 February: in a year without one, databases disagree on which day such a child turns 18
    others: Days = days - (birthdays(birthdays(days, 1), -1) != days)
    return others
