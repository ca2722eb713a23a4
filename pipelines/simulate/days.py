"""How the simulator counts time: whole days since 1 January 1970, one random generator per part, dates for frames."""

import zlib
from datetime import date
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Days: TypeAlias = NDArray[np.int64]
"""Days since 1970-01-01."""
Flags: TypeAlias = NDArray[np.bool_]
Numbers: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]

NEVER = 10**6
"""A day after everything (year 4707): still open, or will not happen."""

DAYS_PER_YEAR = 365.25
_EPOCH = date(1970, 1, 1)


def part_generator(seed: int, part: str) -> np.random.Generator:
    """A generator of its own for a part of the simulation: a new part never changes what others draw."""
    sequence = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(part.encode()),))
    return np.random.Generator(np.random.PCG64(sequence))


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def year_numbers(days: Days) -> Indices:
    """Calendar year of each day, shape as given."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def school_year_starts(days: Days) -> Indices:
    """The calendar year in which each day's school year began on 1 August, shape as given."""
    months: Indices = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    starts: Indices = year_numbers(days) - (months < 8)
    return starts


def school_year_label(start_year: int) -> str:
    """2026 becomes 2026/27."""
    return f"{start_year}/{(start_year + 1) % 100:02d}"


def off_the_first(days: Days) -> Days:
    """The same days, but the first of a month becomes the second.

    Residences change on the first of a month, so nothing else does: then no count depends on which of two changes on one
    day came first.
    """
    dates = days.astype("datetime64[D]")
    is_first = dates == dates.astype("datetime64[M]").astype("datetime64[D]")
    moved: Days = days + is_first
    return moved


def birthdays(birth_days: Days, age_years: int) -> Days:
    """The day each child turns `age_years` (29 February becomes 1 March where the year has none)."""
    dates = birth_days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    day_in_month = (dates - months.astype("datetime64[D]")).astype(np.int64)
    days: Days = (months + 12 * age_years).astype("datetime64[D]").astype(np.int64) + day_in_month
    return days


def months_later(days: Days, months: int) -> Days:
    """The same day so many months later, or the month's last where it has no such day."""
    dates = days.astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    day_in_month = (dates - month.astype("datetime64[D]")).astype(np.int64)
    later = month + months
    length = ((later + 1).astype("datetime64[D]") - later.astype("datetime64[D]")).astype(np.int64)
    moved: Days = later.astype("datetime64[D]").astype(np.int64) + np.minimum(day_in_month, length - 1)
    return moved


def date_series(days: Days) -> pl.Series:
    """A date column; NEVER becomes empty."""
    numbers = pl.Series(values=np.where(days >= NEVER, 0, days).astype(np.int32)).cast(pl.Date)
    return pl.select(pl.when(pl.Series(values=days < NEVER)).then(numbers)).to_series()


def day_numbers(days: pl.Series) -> Days:
    """Days since 1970-01-01; NEVER where the date is empty."""
    return days.to_physical().cast(pl.Int64).fill_null(NEVER).to_numpy()
