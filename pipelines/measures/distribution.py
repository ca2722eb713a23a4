"""Where does one value lie among many? As a place in a distribution, never as a rank or a league table."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

FEWEST_FOR_BANDS = 4


class QuartileBand(StrEnum):
    """Which part of the distribution a value lies in; a value on a border belongs to the middle."""

    LOWEST_QUARTER = "lowest_quarter"
    MIDDLE_HALF = "middle_half"
    HIGHEST_QUARTER = "highest_quarter"


@dataclass(frozen=True)
class Place:
    """One value among `n` known ones (itself among them, when it is part of them).

    lower_quartile, median, upper_quartile: in the unit of the values; None without values. share_below, share_equal,
    share_above: parts (0-1) of the n, together 1; None when the value is missing. band: None when the value is missing or
    there are fewer than four values. missing_count: how many of the values were missing.
    """

    value: float | None
    n: int
    missing_count: int
    lower_quartile: float | None
    median: float | None
    upper_quartile: float | None
    share_below: float | None
    share_equal: float | None
    share_above: float | None
    band: QuartileBand | None


def place_among(value: float | None, values: Iterable[float | None]) -> Place:
    """Where `value` lies among `values`; missing ones (None or NaN) are left out and counted, never taken as 0.

    Quartiles by linear interpolation (Hyndman and Fan 1996, type 7). High is neither good nor bad here.
    Example: place_among(3, [1, 2, 3, 4, None]): median 2.5, half below, a quarter equal, n = 4.
    """
    everything = [None if is_missing(other) else other for other in values]
    known = np.asarray([other for other in everything if other is not None], dtype=float)
    own = None if is_missing(value) else value
    lower, median, upper = (
        (float(q) for q in np.quantile(known, [0.25, 0.5, 0.75])) if known.size else (None,) * 3
    )
    has_place = own is not None and known.size > 0
    return Place(
        value=own,
        n=known.size,
        missing_count=len(everything) - known.size,
        lower_quartile=lower,
        median=median,
        upper_quartile=upper,
        share_below=float((known < own).mean()) if has_place else None,
        share_equal=float((known == own).mean()) if has_place else None,
        share_above=float((known > own).mean()) if has_place else None,
        band=_find_band(own, lower, upper) if known.size >= FEWEST_FOR_BANDS else None,
    )


def is_missing(value: float | None) -> bool:
    """True for None and NaN."""
    return value is None or math.isnan(value)


def _find_band(value: float | None, lower: float | None, upper: float | None) -> QuartileBand | None:
    if value is None or lower is None or upper is None:
        return None
    if value < lower:
        return QuartileBand.LOWEST_QUARTER
    return QuartileBand.HIGHEST_QUARTER if value > upper else QuartileBand.MIDDLE_HALF
