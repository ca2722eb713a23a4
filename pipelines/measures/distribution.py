"""Where does one value lie among many? As a place in a distribution, never as a rank or a league table."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

FEWEST_FOR_BANDS = 4


class QuartileBand(StrEnum):
    """Which part of the distribution a value lies in.

    In the lowest quarter, at most a quarter of the values are as low or lower; in the highest, at most a
    quarter are as high or higher. So ties never make a quarter larger than a quarter, and where all are equal
    nobody is lowest.
    """

    LOWEST_QUARTER = "lowest_quarter"
    MIDDLE_HALF = "middle_half"
    HIGHEST_QUARTER = "highest_quarter"


@dataclass(frozen=True)
class Place:
    """One value among `n` known ones (itself among them, when it is part of them).

    lower_quartile, median, upper_quartile: in the unit of the values; None without values. share_below,
    share_equal, share_above: parts (0-1) of the n, together 1; None when the value is missing. band: None
    when the value is missing or there are fewer than four values. missing_count: how many of the values were
    missing.
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
    """Where `value` lies among `values`; missing ones (None, NaN) are left out and counted, never 0.

    Quartiles by linear interpolation (Hyndman and Fan 1996, type 7). High is neither good nor bad here.
    Example: place_among(3, [1, 2, 3, 4, None]): median 2.5, half below, a quarter equal, n = 4.
    """
    everything = [None if _is_missing(other) else other for other in values]
    known = np.asarray([other for other in everything if other is not None], dtype=float)
    own = None if _is_missing(value) else value
    lower, median, upper = (float(q) for q in np.quantile(known, [0.25, 0.5, 0.75])) if known.size else (None,) * 3
    below, equal, above = _find_shares(own, known)
    return Place(
        value=own,
        n=known.size,
        missing_count=len(everything) - known.size,
        lower_quartile=lower,
        median=median,
        upper_quartile=upper,
        share_below=below,
        share_equal=equal,
        share_above=above,
        band=_find_band(own, known) if known.size >= FEWEST_FOR_BANDS else None,
    )


def _is_missing(value: float | None) -> bool:
    return value is None or math.isnan(value)


def _find_shares(value: float | None, known: NDArray[np.float64]) -> tuple[float | None, float | None, float | None]:
    if value is None or known.size == 0:
        return None, None, None
    return float((known < value).mean()), float((known == value).mean()), float((known > value).mean())


def _find_band(value: float | None, known: NDArray[np.float64]) -> QuartileBand | None:
    if value is None:
        return None
    if 4 * (known <= value).sum() <= known.size:
        return QuartileBand.LOWEST_QUARTER
    return QuartileBand.HIGHEST_QUARTER if 4 * (known >= value).sum() <= known.size else QuartileBand.MIDDLE_HALF
