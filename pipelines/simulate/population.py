"""Who are the children: birth, sex, made-up CPR number, home district over time, and how difficult things are at home.

Numbers have 7th digit 5-8 and year 58-99, the range of people born 1858-1899: nobody alive has one, and the birth date is a
column of its own that has nothing to do with the number.
"""

import math
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from pipelines.simulate.days import (
    DAYS_PER_YEAR,
    NEVER,
    Days,
    Flags,
    Indices,
    Numbers,
    birthdays,
    date_series,
    day_number,
    off_the_first,
    year_numbers,
)
from pipelines.simulate.parameters import LadderParameters, PopulationParameters, SdqParameters
from pipelines.simulate.practice import Practice
from pipelines.simulate.profile import ADVISER, DemoProfile
from pipelines.simulate.series import draw_autoregressive

_FIRST_NUMBER_DAY = day_number(date(1958, 1, 1))
_NUMBER_DAYS = day_number(date(2000, 1, 1)) - _FIRST_NUMBER_DAY
_SERIALS = 4 * 100
"""Serial numbers on one day without the last digit: 7th digit 5-8, two free digits."""
NUMBER_COUNT = _NUMBER_DAYS * _SERIALS
"""First nine digits that there are; about 10 in 11 lead to a number that follows modulus 11, half of these for each sex."""
_STRIDE = 2_654_435_761
"""Prime, and no divisor of NUMBER_COUNT: steps of it visit every first nine digits once, far from the one before."""
_MODULUS_WEIGHTS = np.array([4, 3, 2, 7, 6, 5, 4, 3, 2])
_PLACE_VALUES = 10 ** np.arange(9, 0, -1)


@dataclass(frozen=True)
class NumberBlock:
    """The part of all made-up numbers that a municipality draws from: those that do not overlap never share a number."""

    first: int = 0
    size: int = NUMBER_COUNT

    def first_nine_digits(self, places: Indices) -> Indices:
        """Which first nine digits lie at `places` of the block, numbered by day and serial: other ones for every place."""
        spread: Indices = (self.first + places) * _STRIDE % NUMBER_COUNT
        return spread


WHOLE_SPACE = NumberBlock()


@dataclass(frozen=True)
class Children:
    """One entry per child in every array, shape (n,). Districts are positions in the profile.

    `present_from` and `present_to` are the first and last day of living in the municipality (NEVER: still there);
    `district_first` holds until the day before `district_change_day`, `district_second` from then on. `difficulty` is the
    latent trait, mean 0 and SD 1. One per district: `district_level`, mean 0 over the children, and `district_adviser_from`,
    the first day under the adviser model.
    """

    numbers: tuple[str, ...]
    birth_day: Days
    is_boy: Flags
    present_from: Days
    present_to: Days
    district_first: Indices
    district_second: Indices
    district_change_day: Days
    district_adviser_from: Days
    difficulty: Numbers
    district_level: Numbers
    is_disadvantaged: Flags

    @property
    def count(self) -> int:
        """How many children."""
        return len(self.numbers)

    @property
    def adviser_from(self) -> Days:
        """First day under the adviser model in the first home district (intention to treat)."""
        return self.district_adviser_from[self.district_first]

    @cached_property
    def adult_day(self) -> Days:
        """The 18th birthday; asked for meeting by meeting, so counted once."""
        days = birthdays(self.birth_day, 18)
        days.flags.writeable = False
        return days

    @property
    def district_last(self) -> Indices:
        """The last home district: its practice is what decides for a child, wherever it was born."""
        return np.where(self.district_change_day < NEVER, self.district_second, self.district_first)

    def district_on(self, children: Indices, days: Days) -> Indices:
        """Home district of `children` on `days`, whether or not they live in the municipality then."""
        moved = days >= self.district_change_day[children]
        return np.where(moved, self.district_second[children], self.district_first[children])

    def is_resident_on(self, children: Indices, days: Days) -> Flags:
        """Whether `children` live in the municipality on `days`."""
        return (self.present_from[children] <= days) & (days <= self.present_to[children])


def draw_children(
    rng: np.random.Generator,
    *,
    count: int,
    profile: DemoProfile,
    parameters: PopulationParameters,
    sdq: SdqParameters,
    period_start: date,
    data_end: date,
    block: NumberBlock = WHOLE_SPACE,
) -> Children:
    """`count` children from 0 to the oldest age at data end, with residences from `period_start` on."""
    start, end = day_number(period_start), day_number(data_end)
    birth_day = _draw_birth_days(rng, count, parameters, end=end)
    is_boy = rng.random(count) < parameters.boys_share
    shares = np.array([district.share_of_children for district in profile.districts])
    first = _draw_districts(rng, shares, birth_day, parameters)
    is_adviser = np.array([district.model == ADVISER for district in profile.districts])
    starts = np.array([day_number(profile.model_from(district.code)) for district in profile.districts])
    district_level = _draw_district_levels(rng, is_adviser, parameters, sdq)
    district_level -= np.average(district_level, weights=shares)
    disadvantaged = parameters.disadvantaged_share + parameters.disadvantaged_extra_share * (district_level > 0)
    is_disadvantaged = rng.random(count) < disadvantaged[first]
    difficulty = rng.normal(size=count)
    moves = draw_moves(rng, birth_day, parameters, start=start, end=end)
    second = (first + rng.integers(1, max(2, len(shares)), size=count)) % len(shares)
    return Children(
        numbers=draw_numbers(rng, is_boy, block=block),
        birth_day=birth_day,
        is_boy=is_boy,
        present_from=moves.came,
        present_to=moves.left,
        district_first=first,
        district_second=np.where(moves.changed < NEVER, second, first),
        district_change_day=moves.changed,
        district_adviser_from=np.where(is_adviser, starts, NEVER),
        difficulty=difficulty,
        district_level=district_level,
        is_disadvantaged=is_disadvantaged,
    )


def _draw_birth_days(rng: np.random.Generator, count: int, parameters: PopulationParameters, *, end: int) -> Days:
    """Days of birth up to the day before `end`, cohorts growing or shrinking by a fixed share a year."""
    oldest_days = oldest_age_days(parameters)
    fall = -parameters.births_log_change_per_year / DAYS_PER_YEAR
    place = rng.random(count)
    age_days = np.log1p(place * np.expm1(fall * oldest_days)) / fall if fall else place * oldest_days
    # Rounded first, so that a last bit that differs between processors cannot move a day.
    return off_the_first(end - 1 - np.minimum(np.floor(np.round(age_days, 6)).astype(np.int64), oldest_days - 1))


def oldest_age_days(parameters: PopulationParameters) -> int:
    """How many days old nobody of today's children is yet."""
    return int((parameters.oldest_age_years + 1) * DAYS_PER_YEAR) - 1


def _draw_districts(
    rng: np.random.Generator, shares: Numbers, birth_day: Days, parameters: PopulationParameters
) -> Indices:
    """First home districts: `shares` of all children, more of the later cohorts in some districts and fewer in others."""
    drift = rng.normal(0.0, parameters.district_births_drift_sd, size=len(shares))
    years_after_the_middle = (year_numbers(birth_day) - np.median(year_numbers(birth_day))).astype(np.int64)
    years, cohort = np.unique(years_after_the_middle, return_inverse=True)
    weights = np.round(shares * np.exp(drift * years[:, None]), 12)
    limits = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    drawn = rng.random(len(birth_day))
    district = np.zeros(len(birth_day), dtype=np.int64)
    for position in range(len(shares) - 1):
        district += drawn >= limits[cohort, position]
    return district


def _draw_district_levels(
    rng: np.random.Generator, is_adviser: Flags, parameters: PopulationParameters, sdq: SdqParameters
) -> Numbers:
    """One level per district. With a slope above 0 the districts of the adviser model tend to get the worse levels.

    The profile says how many have advisers and which, so the levels are dealt out: with a Gumbel number added to slope x level
    the largest go to the adviser districts, which is drawing without replacement with odds exp(slope x level). Of these the
    profile's first gets the largest: where they begin one after the other, name the first to begin first.
    """
    standard = rng.normal(size=len(is_adviser))
    levels: Numbers = standard * np.sqrt(sdq.district_level_variance_share)
    score = parameters.adviser_level_slope * standard + rng.gumbel(size=len(standard))
    order = np.argsort(-np.round(score, 9), kind="stable")
    dealt = np.empty_like(levels)
    dealt[np.flatnonzero(is_adviser)] = levels[order[: is_adviser.sum()]]
    dealt[np.flatnonzero(~is_adviser)] = levels[order[is_adviser.sum() :]]
    return dealt


def draw_numbers(rng: np.random.Generator, is_boy: Flags, *, block: NumberBlock = WHOLE_SPACE) -> tuple[str, ...]:
    """Distinct made-up CPR numbers of ten digits that follow modulus 11, the last digit odd for boys and even for girls.

    The first nine digits give the last, and that the sex; so three times as many are drawn, and each child takes the next
    one of its sex.
    """
    size = min(block.size, 3 * len(is_boy) + 200)
    picks = block.first_nine_digits(rng.choice(block.size, size=size, replace=False))
    firsts = _first_nine_digits(picks)
    lasts = (11 - firsts @ _MODULUS_WEIGHTS % 11) % 11
    chosen = np.empty(len(is_boy), dtype=np.int64)
    for parity in (0, 1):
        fitting = np.flatnonzero((lasts < 10) & (lasts % 2 == parity))
        wanted = is_boy == bool(parity)
        chosen[wanted] = fitting[: int(wanted.sum())]
    numbers = firsts[chosen] @ _PLACE_VALUES + lasts[chosen]
    return tuple(f"{number:010d}" for number in numbers.tolist())


def _first_nine_digits(picks: Indices) -> Indices:
    """Day, month, year and three serial digits, shape (n, 9), of numbered days and serials."""
    dates = (_FIRST_NUMBER_DAY + picks // _SERIALS).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    day = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    month = months.astype(np.int64) % 12 + 1
    year = months.astype(np.int64) // 12 + 70
    serial = 500 + picks % _SERIALS
    pairs = [part for number in (day, month, year) for part in (number // 10, number % 10)]
    return np.column_stack([*pairs, serial // 100, serial // 10 % 10, serial % 10])


@dataclass(frozen=True)
class Moves:
    """One entry per child in every array; NEVER where it did not."""

    came: Days
    changed: Days
    left: Days


def draw_moves(
    rng: np.random.Generator, birth_day: Days, parameters: PopulationParameters, *, start: int, end: int
) -> Moves:
    """When each child came, changed district and left; NEVER where it did not.

    Moves fall on the first of a month, never in January, August or September, so that none coincides with a year's turn or
    comes just after a child left school.
    """
    count = len(birth_day)
    months = np.arange(
        np.datetime64(start, "D").astype("datetime64[M]"), np.datetime64(end, "D").astype("datetime64[M]") + 1
    )
    allowed = months[~np.isin(months.astype(np.int64) % 12, (0, 7, 8))].astype("datetime64[D]").astype(np.int64)
    allowed = allowed[(allowed > start) & (allowed <= end)]

    def next_move(after: Days, hazard_per_year: float) -> Days:
        wait = (
            rng.exponential(DAYS_PER_YEAR / hazard_per_year, size=count)
            if hazard_per_year > 0
            else np.full(count, np.inf)
        )
        wanted = np.minimum(after + wait, NEVER - 1).astype(np.int64)
        return np.append(allowed, NEVER)[np.searchsorted(allowed, wanted)]

    came_in = (rng.random(count) < parameters.moved_in_share) & (birth_day < end - 500)
    earliest = np.maximum(birth_day + 30, start)
    came_day = np.append(allowed, NEVER)[
        np.searchsorted(allowed, earliest + (rng.random(count) * (end - 90 - earliest)).astype(np.int64))
    ]
    came = np.where(came_in & (came_day < NEVER), came_day, birth_day)
    settled = np.maximum(came, start) + 60
    first_day_away = next_move(settled, parameters.move_out_hazard_per_year)
    changed = next_move(settled, parameters.move_within_hazard_per_year)
    changed = np.where(changed < first_day_away - 60, changed, NEVER)
    return Moves(came=came, changed=changed, left=np.where(first_day_away < NEVER, first_day_away - 1, NEVER))


def draw_at_risk(
    rng: np.random.Generator, children: Children, parameters: LadderParameters, practice: Practice, *, share: float,
    cohort_logit_per_year: float = 0.0, cohort_shock_logit_sd: float = 0.0,
) -> Flags:  # fmt: skip
    """Which children can leave step 0 of a track at all: `share` of them, more where difficulties are and unevenly by district
    and, with a shock, by district and year of birth. What `practice` does not hold yet is put into it."""
    if practice.middle_birth_day is None:
        practice.middle_birth_day = children.birth_day.mean()
    of_children = (
        parameters.at_risk_difficulty_slope * children.difficulty
        + parameters.at_risk_disadvantage_logit * children.is_disadvantaged
        + parameters.at_risk_boy_logit * children.is_boy
        + cohort_logit_per_year * ((children.birth_day - practice.middle_birth_day) / DAYS_PER_YEAR)
    )
    if practice.logits is None:
        practice.logits = rng.normal(0.0, parameters.district_logit_sd, size=len(children.district_level))
    of_districts = practice.logits[children.district_last] + cohort_shock_logit_sd * _cohort_shocks(
        rng, children, parameters.education_cohort_shock_correlation
    )
    if practice.intercept is None:
        between = parameters.district_logit_sd**2 + cohort_shock_logit_sd**2
        practice.intercept = _intercept(of_children, share, variance_between=between)
    probability: Numbers = 1 / (1 + np.exp(-(of_children + of_districts + practice.intercept)))
    return rng.random(children.count) < probability


def _cohort_shocks(rng: np.random.Generator, children: Children, correlation: float) -> Numbers:
    """Mean 0 and SD 1, the same for children of one first district and year of birth, shape (children,)."""
    year = year_numbers(children.birth_day)
    shocks = draw_autoregressive(
        rng, len(children.district_level), int(year.max() - year.min()) + 1, correlation=correlation
    )
    own: Numbers = shocks[children.district_last, year - year.min()]
    return own


_LOGISTIC_NORMAL = (16 * math.sqrt(3) / (15 * math.pi)) ** 2
"""The mean of expit(x + noise) over normal noise of variance v is about expit(x / sqrt(1 + this x v)) (Johnson and Kotz 1970)."""


def _intercept(score: Numbers, share: float, *, variance_between: float) -> float:
    """The constant that makes the mean of expit(score + constant + what districts differ by) equal `share`, by bisection.

    Over all districts there might be, not over these few: the share of a municipality then varies with its districts, as it
    would not if every municipality were brought to the same share.
    """
    flatter = 1 / math.sqrt(1 + _LOGISTIC_NORMAL * variance_between)
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        mean = (1 / (1 + np.exp(-flatter * (score + middle)))).mean()
        low, high = (middle, high) if mean < share else (low, middle)
    return (low + high) / 2


def residence_rows(children: Children, profile: DemoProfile) -> pl.DataFrame:
    """One row per child and residence, contract columns; sorted by child and date."""
    codes = np.array([district.code for district in profile.districts])
    everyone = np.arange(children.count)
    movers = everyone[children.district_change_day < NEVER]
    first_to = np.where(children.district_change_day < NEVER, children.district_change_day - 1, children.present_to)
    who = np.concatenate([everyone, movers])
    district = np.concatenate([children.district_first, children.district_second[movers]])
    frame = pl.DataFrame(
        {
            "child": who,
            "child_id": np.array(children.numbers)[who],
            "birth_date": date_series(children.birth_day[who]),
            "sex_code": np.where(children.is_boy[who], "M", "K"),
            "home_district_code": codes[district],
            "home_municipality_code": pl.Series([None] * len(who), dtype=pl.String),
            "resident_from_date": date_series(
                np.concatenate([children.present_from, children.district_change_day[movers]])
            ),
            "resident_to_date": date_series(np.concatenate([first_to, children.present_to[movers]])),
        }
    )
    return frame.sort("child", "resident_from_date").drop("child")
