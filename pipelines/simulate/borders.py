"""Who comes across the municipal border: children of neighbouring municipalities in our special school and ordinary schools.

They stand in the register of children with their home municipality and without a district, and have places, but nothing else:
measures and SDQ forms are their own municipality's. The other way, our children in a neighbour's offers, is part of their
placements (see schooling).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from pipelines.simulate.days import NEVER, Days, Flags, Indices, date_series, day_number, off_the_first
from pipelines.simulate.geography import Geography, neighbours_of
from pipelines.simulate.parameters import BorderParameters
from pipelines.simulate.population import WHOLE_SPACE, Children, NumberBlock, draw_numbers
from pipelines.simulate.schooling import MOST_SPECIAL_CLASS, ORDINARY_CLASS, Placements

LAST_GRADE = 9
_ENTRY_GRADES = 7
"""Visitors in the special school enter in grades 0-6, alike many in each."""
_GRADES = LAST_GRADE + 1
_HAVE_ENTERED_SHARE = sum(min(grade + 1, _ENTRY_GRADES) for grade in range(_GRADES)) / _ENTRY_GRADES / _GRADES
"""Of children who will be visitors in the special school, those who attend on a given day."""
_SPARE_NUMBERS = 60


@dataclass(frozen=True)
class Visitors:
    """Children of other municipalities, one entry each, shape (n,).

    `municipality` is a position among the neighbours' `municipality_codes`, `institution` a row of the geography's
    institutions. They attend from the school year in which they are in `first_grade` to the end of grade 9.
    """

    numbers: tuple[str, ...]
    municipality_codes: tuple[str, ...]
    municipality: Indices
    birth_day: Days
    is_boy: Flags
    institution: Indices
    is_special: Flags
    first_grade: Indices
    birth_year: Indices

    @property
    def count(self) -> int:
        """How many children."""
        return len(self.numbers)

    def grade_in(self, school_year: int) -> Indices:
        """The grade of each child in the school year that begins in August of that year, -1 where it does not attend."""
        grade = school_year - self.birth_year - 6
        return np.where((grade >= self.first_grade) & (grade <= LAST_GRADE), grade, -1)


def draw_visitors(
    rng: np.random.Generator,
    children: Children,
    placements: Placements,
    geography: Geography,
    parameters: BorderParameters,
    *,
    first_school_year: int,
    data_end: date,
    block: NumberBlock = WHOLE_SPACE,
) -> Visitors:
    """Visitors in proportion to our own pupils in the last school year; those who have left since the first are drawn too."""
    last_school_year = data_end.year if data_end.month >= 8 else data_end.year - 1
    everyone = np.arange(children.count)
    place = placements.on(everyone, np.full(children.count, day_number(data_end)))
    attended = placements.institution[place[place >= 0]]
    years_spread = _GRADES + last_school_year - first_school_year
    is_ordinary = np.isin(attended, np.concatenate(geography.schools_of_district))
    own = np.array([(attended == geography.special_school).sum(), is_ordinary.sum()])
    shares = np.array(
        [
            parameters.visitors_in_special_school_share / _HAVE_ENTERED_SHARE,
            parameters.visitors_in_ordinary_school_share,
        ]
    )
    special_count, ordinary_count = np.rint(np.round(shares * own * years_spread / _GRADES, 6)).astype(int).tolist()
    count = special_count + ordinary_count
    is_special = np.arange(count) < special_count
    birth_year = last_school_year - 6 - rng.integers(0, years_spread, size=count)
    is_boy = rng.random(count) < np.where(is_special, parameters.visitors_in_special_school_boys_share, 0.5)
    neighbours = neighbours_of(geography.municipality_code)
    schools = geography.schools_open_always
    ordinary_school = schools[rng.integers(0, len(schools), size=count)]
    return Visitors(
        numbers=numbers_of_nobody_else(rng, is_boy, children.numbers, block),
        municipality_codes=neighbours,
        municipality=rng.integers(0, len(neighbours), size=count),
        birth_day=_days_in(rng, birth_year),
        is_boy=is_boy,
        institution=np.where(is_special, geography.special_school, ordinary_school),
        is_special=is_special,
        first_grade=np.where(is_special, rng.integers(0, _ENTRY_GRADES, size=count), 0),
        birth_year=birth_year,
    )


def _days_in(rng: np.random.Generator, years: Indices) -> Days:
    first = np.array([day_number(date(year, 1, 1)) for year in years.tolist()], dtype=np.int64)
    return off_the_first(first + rng.integers(0, 365, size=len(years)))


def numbers_of_nobody_else(
    rng: np.random.Generator, is_boy: Flags, taken: tuple[str, ...], block: NumberBlock
) -> tuple[str, ...]:
    """Made-up CPR numbers of the right sex that are not among those `taken`.

    Raises:
        ValueError: the block has too few numbers left.
    """
    if not len(is_boy):
        return ()
    candidates_are_boys = np.tile([True, False], 6 * len(is_boy) + _SPARE_NUMBERS)
    used = set(taken)
    free: dict[bool, list[str]] = {True: [], False: []}
    for number in draw_numbers(rng, candidates_are_boys, block=block):
        if number not in used:
            free[int(number[-1]) % 2 == 1].append(number)
    wanted = {sex: int((is_boy == sex).sum()) for sex in free}
    if any(len(free[sex]) < wanted[sex] for sex in free):
        raise ValueError("the block of made-up numbers is too small for the children from other municipalities")
    given = {sex: iter(numbers) for sex, numbers in free.items()}
    return tuple(next(given[sex]) for sex in is_boy.tolist())


def visitor_residence_rows(visitors: Visitors) -> pl.DataFrame:
    """One row per visitor, contract columns of `children`: home municipality, no district."""
    codes = np.array(visitors.municipality_codes)
    nothing = [None] * visitors.count
    return pl.DataFrame(
        {
            "child_id": pl.Series(visitors.numbers, dtype=pl.String),
            "birth_date": date_series(visitors.birth_day),
            "sex_code": np.where(visitors.is_boy, "M", "K"),
            "home_district_code": pl.Series(nothing, dtype=pl.String),
            "home_municipality_code": codes[visitors.municipality],
            "resident_from_date": date_series(visitors.birth_day),
            "resident_to_date": pl.Series(nothing, dtype=pl.Date),
        }
    )


def visitor_placement_rows(
    visitors: Visitors, geography: Geography, payer_codes: pl.Series, *, first_school_year: int, data_end: date
) -> pl.DataFrame:
    """One row per visitor and school year, contract columns of `school_placements`; sorted by year. `payer_codes` has one entry
    per visitor."""
    codes = np.array(geography.codes)
    parts = []
    for year in range(first_school_year, data_end.year + 1):
        grade = visitors.grade_in(year)
        here = np.flatnonzero(grade >= 0)
        start, stop = day_number(date(year, 8, 1)), day_number(date(year + 1, 7, 31))
        if start > day_number(data_end):
            continue
        parts.append(
            pl.DataFrame(
                {
                    "child_id": pl.Series([visitors.numbers[child] for child in here.tolist()], dtype=pl.String),
                    "institution_code": codes[visitors.institution[here]],
                    "grade_number": grade[here],
                    "class_type_code": np.where(visitors.is_special[here], MOST_SPECIAL_CLASS, ORDINARY_CLASS),
                    "support_hours_per_week": pl.Series([None] * len(here), dtype=pl.Float64),
                    "paying_municipality_code": payer_codes.gather(here),
                    "start_date": date_series(np.full(len(here), start)),
                    "end_date": date_series(np.full(len(here), stop if stop <= day_number(data_end) else NEVER)),
                }
            )
        )
    return pl.concat(parts)
