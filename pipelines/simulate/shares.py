"""How large are districts' shares outside ordinary teaching, year by year, in a model without single children?

The aggregate model of the statistical notes, section 6, step 8. A district's three age bands have their own rates; the logit
of a rate holds the district's level, the trend and the model's effect. A shock per district and year makes counts
beta-binomial: a standard normal number, AR(1) over the years, is carried to the beta distribution of each band's rate, so that
every count on its own is exactly beta-binomial and neighbouring years are correlated. Sizes and the bands' weights drift.

Truth is drawn beside the counts: rates with and without the adviser model, and the parts of a change that rates and
composition explain (Kitagawa 1955). Arrays are (districts, years, 3 age bands) unless said otherwise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy import special, stats

from pipelines.simulate.days import NEVER, Flags, Indices, Numbers
from pipelines.simulate.parameters import ShareParameters
from pipelines.simulate.series import draw_autoregressive

AGE_BANDS = ("grades_0_3", "grades_4_6", "grades_7_9")
_BAND_DIRECTION = np.array([-0.5, 0.0, 0.5])
_QUADRATURE_POINTS = 40


@dataclass(frozen=True)
class KitagawaParts:
    """A change in a share from one year to another, after minus before: what changed rates and changed composition make.

    Numbers per area, shape () or (districts,); `rate + composition == change`.
    """

    change: Numbers
    rate: Numbers
    composition: Numbers


@dataclass(frozen=True)
class SharesDraw:
    """A draw: how many pupils, how many of them outside ordinary teaching, and what is true of them.

    `mean_rate_...` is the rate before the year's shock (the superpopulation's, given the district), `rate_...` the rate with
    it, from which the count was drawn; `with` and `without` say whether the adviser model is there. The potential counts share
    every random number. `has_adviser` is (districts, years).
    """

    pupils: Indices
    segregated_with: Indices
    segregated_without: Indices
    mean_rate_with: Numbers
    mean_rate_without: Numbers
    rate_with: Numbers
    rate_without: Numbers
    has_adviser: Flags

    @property
    def segregated(self) -> Indices:
        """The counts that are seen."""
        return np.where(self.has_adviser[:, :, None], self.segregated_with, self.segregated_without)

    @property
    def rate(self) -> Numbers:
        """The true rates behind the counts that are seen."""
        return np.where(self.has_adviser[:, :, None], self.rate_with, self.rate_without)

    @property
    def effect_on_treated(self) -> float:
        """The model's true effect on the share, pupils in districts and years that have it (0-1; below 0: fewer outside)."""
        pupils = np.where(self.has_adviser[:, :, None], self.pupils, 0)
        total = pupils.sum()
        return float((pupils * (self.rate_with - self.rate_without)).sum() / total) if total else math.nan

    def parts_of_districts(self, before: int, after: int) -> KitagawaParts:
        """The true parts of each district's change between two years, shape (districts,), over its age bands."""
        weights = self.pupils / self.pupils.sum(axis=2, keepdims=True)
        return kitagawa_parts(weights[:, before], self.rate[:, before], weights[:, after], self.rate[:, after])

    def parts_of_whole(self, before: int, after: int) -> KitagawaParts:
        """The true parts of the whole's change, shape (), over cells of district and age band: a district that grows is
        composition too."""
        cells = self.pupils.swapaxes(0, 1).reshape(self.pupils.shape[1], -1)
        rates = self.rate.swapaxes(0, 1).reshape(cells.shape)
        weights = cells / cells.sum(axis=1, keepdims=True)
        return kitagawa_parts(weights[before], rates[before], weights[after], rates[after])


def kitagawa_parts(
    weights_before: Numbers, rates_before: Numbers, weights_after: Numbers, rates_after: Numbers
) -> KitagawaParts:
    """The change of sum(weight x rate) over the last axis, split at the mean of both years' weights and rates.

    Source: Kitagawa, Journal of the American Statistical Association 50 (1955) 1168-1194.
    """
    rate = ((weights_before + weights_after) / 2 * (rates_after - rates_before)).sum(axis=-1)
    composition = ((rates_before + rates_after) / 2 * (weights_after - weights_before)).sum(axis=-1)
    change = (weights_after * rates_after).sum(axis=-1) - (weights_before * rates_before).sum(axis=-1)
    return KitagawaParts(change=change, rate=rate, composition=composition)


def draw_shares(
    rng: np.random.Generator,
    parameters: ShareParameters,
    *,
    district_count: int,
    year_count: int,
    adviser_from: Sequence[int] | int = NEVER,
) -> SharesDraw:
    """A draw of districts over years 0, 1, ...; `adviser_from` is the first year with the adviser model, one for all or one
    per district (NEVER: never)."""
    years = np.arange(year_count)
    first_years = np.broadcast_to(np.asarray(adviser_from, dtype=np.int64), (district_count,))
    pupils = _draw_pupils(rng, parameters, district_count, years)
    level = rng.normal(0.0, parameters.district_logit_sd, size=district_count)
    without = mean_rates(parameters, level, years, has_adviser=False)
    with_adviser = mean_rates(parameters, level, years, has_adviser=True)
    shock = draw_autoregressive(rng, district_count, year_count, correlation=parameters.shock_year_correlation)
    luck = rng.random(pupils.shape)
    rates = [_shocked(mean, shock, parameters.overdispersion) for mean in (with_adviser, without)]
    counts = [_binomial_counts(luck, pupils, rate) for rate in rates]
    return SharesDraw(
        pupils=pupils,
        segregated_with=counts[0],
        segregated_without=counts[1],
        mean_rate_with=with_adviser,
        mean_rate_without=without,
        rate_with=rates[0],
        rate_without=rates[1],
        has_adviser=years >= first_years[:, None],
    )


def mean_rates(parameters: ShareParameters, level: Numbers, years: Indices, *, has_adviser: bool) -> Numbers:
    """Rates per district level (logit), year and age band before the year's shock, shape (levels, years, 3)."""
    logit = (
        special.logit(parameters.segregated_share)
        + level[:, None, None]
        + parameters.trend_logit_per_year * years[None, :, None]
        + np.asarray(parameters.age_band_logits)
        + parameters.adviser_effect_logit * has_adviser
    )
    return np.asarray(special.expit(logit), dtype=np.float64)


def superpopulation_share(parameters: ShareParameters, year: int, *, has_adviser: bool) -> float:
    """The expected share outside ordinary teaching in a year, over districts' levels and drifts, by Gauss-Hermite quadrature.

    This is what many districts' pooled share tends to, and what coverage is measured against.
    """
    points, weights = hermegauss(_QUADRATURE_POINTS)
    weights = weights / weights.sum()
    drifts = parameters.age_band_drift_per_year + parameters.age_band_drift_sd_per_year * points
    band_weights = weights @ age_band_weights(parameters, drifts, np.array([year]))[:, 0]
    rates = mean_rates(parameters, parameters.district_logit_sd * points, np.array([year]), has_adviser=has_adviser)
    return float(band_weights @ (weights @ rates[:, 0]))


def age_band_weights(parameters: ShareParameters, drifts: Numbers, years: Indices) -> Numbers:
    """The bands' shares of pupils per district drift (log of oldest over youngest per year), shape (drifts, years, 3)."""
    tilt = drifts[:, None, None] * years[None, :, None] * _BAND_DIRECTION
    weights = np.asarray(parameters.age_band_shares) * np.exp(tilt)
    return np.asarray(weights / weights.sum(axis=2, keepdims=True), dtype=np.float64)


def _draw_pupils(rng: np.random.Generator, parameters: ShareParameters, district_count: int, years: Indices) -> Indices:
    """Pupils per district, year and band: sizes log-uniform in year 0, then drifting; the bands' weights drift too."""
    low, high = math.log(parameters.pupils_least), math.log(parameters.pupils_most)
    size = low + (high - low) * rng.random(district_count)
    growth = rng.normal(0.0, parameters.pupils_drift_sd_per_year, size=district_count)
    drift = parameters.age_band_drift_per_year + rng.normal(
        0.0, parameters.age_band_drift_sd_per_year, size=district_count
    )
    expected = np.exp(size[:, None] + growth[:, None] * years)[:, :, None] * age_band_weights(parameters, drift, years)
    return np.rint(np.round(expected, 6)).astype(np.int64)


def _shocked(mean: Numbers, shock: Numbers, overdispersion: float) -> Numbers:
    """The rate whose place in the beta distribution around `mean` is the shock's place in the normal distribution."""
    if overdispersion == 0:
        return mean
    precision = 1 / overdispersion - 1
    place = np.broadcast_to(special.ndtr(shock)[:, :, None], mean.shape)
    rate = special.betaincinv(mean * precision, (1 - mean) * precision, place)
    return np.asarray(np.round(rate, 12), dtype=np.float64)


def _binomial_counts(luck: Numbers, pupils: Indices, rate: Numbers) -> Indices:
    """The count at the place `luck` of the binomial distribution, so that two rates share their luck."""
    return np.asarray(stats.binom.ppf(luck, pupils, rate), dtype=np.int64)
