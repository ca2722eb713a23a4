"""Where may a share lie some years on, if everything goes on as it has? A band, and what it takes for granted.

It is no plan and no goal: it draws on a short yearly series alone and knows nothing of laws, schools or children to come.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from pipelines.measures.intervals import check_level, is_no_spread

FEWEST_YEARS = 5
"""A line takes two; three are left to say how far years lie from it, and t with 3 degrees is already 3.2."""


class Assumption(StrEnum):
    """What the band takes for granted; all of them, always."""

    THE_LINE_GOES_ON = "the_line_goes_on"
    """On the logit scale the share goes on rising or falling as it did on average: no bend, no jump, no new law."""
    YEARS_ARE_UNRELATED = "years_are_unrelated"
    """A year above the line says nothing of the next; in fact it often does, and then the band is too narrow."""
    YEARS_SPREAD_ALIKE = "years_spread_alike"
    """Years to come lie as far from the line as those seen."""
    ONE_DEFINITION = "one_definition"
    """The share is, and will be, counted in the same way."""


class NoForecast(StrEnum):
    """Why there is no band."""

    TOO_FEW_YEARS = "too_few_years"
    NOBODY_OR_EVERYBODY = "nobody_or_everybody"
    """A year with a share of 0 or 1 has no logit."""
    TOO_FAR = "too_far"
    """Further on than half of the span of years seen."""
    NO_SPREAD = "no_spread"
    """The years lie on the line to the last bit: a band of width 0 would claim certainty."""


@dataclass(frozen=True)
class ForecastYear:
    """The band of one year to come: shares (0-1) between which a single new year falls in `level` of repetitions."""

    year: int
    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class Forecast:
    """A band for each year asked for, or why there is none.

    years: empty when `reason` says why. logit_slope: change of the logit a year; None where no line was fitted. year_count:
    years used. missing_count: left out. assumptions: what holds the band up, to be said wherever it is shown.
    """

    years: tuple[ForecastYear, ...]
    logit_slope: float | None
    level: float
    year_count: int
    missing_count: int
    reason: NoForecast | None
    assumptions: tuple[Assumption, ...] = tuple(Assumption)


def forecast_share(shares: ArrayLike, years: ArrayLike, *, ahead: int, level: float = 0.95) -> Forecast:
    """The band for each of the `ahead` years after the last: a straight line on the logit with t(years - 2) prediction limits.

    shares, years: `(n,)`, shares 0-1 under one definition, years whole and rising; a missing share is left out and counted,
    never filled in. With the last year missing, the first year forecast is still the one after the last that is named.

    Half width on the logit: t s sqrt(1 + 1/n + (year - mean year)^2 / sum of squares). Fewer than five years, a year with nobody or
    everybody, or more years ahead than half the span of those seen: no band, and `reason`.

    In made-up series (1,500 a cell) the last year forecast lay in its band in 95 of 100 with six years seen and one ahead, 96
    with eight and three, when years are unrelated; when they hang together by .4, in 94 (eight seen, one ahead) and 88-89
    (eight or twelve, three ahead); by .7, in 81 (eight, three).

    Drawback: see `Assumption`; the second is the one most often untrue. A band is for a year as a whole, not for a path through
    it. Many municipalities draw such bands, and one in twenty leaves its own by chance.
    Source: prediction from a regression line: Draper and Smith, Applied Regression Analysis (3rd ed. 1998), section 3.1.
    Raises: ValueError when lengths differ, a year is missing, not whole or out of order, a share lies outside 0 to 1, or ahead is
    below 1.
    Example: logits 0, 1, 0, 1, 0 in years 1-5: a level line at logit .4 and s^2 = 1.2/3, so year 6 lies within .4 +- 3.182 x
    sqrt(.4 x (1 + 1/5 + 9/10)).
    """
    check_level(level)
    if ahead < 1:
        raise ValueError("ahead must be 1 or more")
    y, t = np.asarray(shares, dtype=float), np.asarray(years, dtype=float)
    if y.shape != t.shape or y.ndim != 1:
        raise ValueError(f"{y.size} shares but {t.size} years")
    if np.isnan(t).any() or (t % 1 != 0).any() or not (np.diff(t) > 0).all():
        raise ValueError("each year must be there, whole, and years must rise")
    present = ~np.isnan(y)
    if not ((y[present] >= 0) & (y[present] <= 1)).all():
        raise ValueError("shares must lie between 0 and 1")
    seen, missing = int(present.sum()), int((~present).sum())
    reason = _why_no_band(y[present], t[present], last=t[-1] if t.size else 0, ahead=ahead)
    if reason is not None:
        return Forecast((), None, level, seen, missing, reason)
    line = _Line.through(special.logit(y[present]), t[present])
    if is_no_spread(line.residual_sd, line.middle):
        return Forecast((), line.slope, level, seen, missing, NoForecast.NO_SPREAD)
    bands = tuple(line.band(int(t[-1]) + step, level=level) for step in range(1, ahead + 1))
    return Forecast(bands, line.slope, level, seen, missing, None)


@dataclass(frozen=True)
class _Line:
    """A least-squares line on the logit: its height at the mean year, slope, and how years spread around it."""

    middle: float
    slope: float
    mean_year: float
    squares: float
    residual_sd: float
    count: int

    @classmethod
    def through(cls, logits: NDArray[np.float64], years: NDArray[np.float64]) -> "_Line":
        apart = years - years.mean()
        squares = float((apart**2).sum())
        slope = float(apart @ logits) / squares
        residuals = logits - logits.mean() - slope * apart
        residual_sd = math.sqrt(float((residuals**2).sum()) / (years.size - 2))
        return cls(float(logits.mean()), slope, float(years.mean()), squares, residual_sd, years.size)

    def band(self, year: int, *, level: float) -> ForecastYear:
        apart = year - self.mean_year
        centre = self.middle + self.slope * apart
        spread = self.residual_sd * math.sqrt(1 + 1 / self.count + apart**2 / self.squares)
        half = float(stats.t.ppf((1 + level) / 2, self.count - 2)) * spread
        middle, low, high = (float(special.expit(logit)) for logit in (centre, centre - half, centre + half))
        return ForecastYear(year, middle, low, high)


def _why_no_band(
    shares: NDArray[np.float64], years: NDArray[np.float64], *, last: float, ahead: int
) -> NoForecast | None:
    if shares.size < FEWEST_YEARS:
        return NoForecast.TOO_FEW_YEARS
    if ((shares == 0) | (shares == 1)).any():
        return NoForecast.NOBODY_OR_EVERYBODY
    # counted from the last year seen, so that a missing last year brings nobody further
    return NoForecast.TOO_FAR if last + ahead - years[-1] > (years[-1] - years[0] + 1) / 2 else None
