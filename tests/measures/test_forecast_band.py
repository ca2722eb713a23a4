"""A forecast band: by hand, against the prediction of a regression with the new year in it, and how often it is right."""

import math

import numpy as np
import pytest
from scipy import special, stats

from pipelines.measures.forecast_band import Assumption, NoForecast, forecast_share

SHARES = [0.041, 0.044, 0.043, 0.047, 0.051, 0.049]
YEARS = [2019, 2020, 2021, 2022, 2023, 2024]


def test_a_level_line_by_hand():
    """Logits 0, 1, 0, 1, 0: mean .4, slope 0, squares 5 x .4 x .6 = 1.2 over 3 degrees; year 6 is 3 from the middle, of squares 10."""
    [band] = forecast_share(special.expit([0, 1, 0, 1, 0]), [1, 2, 3, 4, 5], ahead=1).years
    half = 3.182446 * math.sqrt(1.2 / 3 * (1 + 1 / 5 + 3**2 / 10))
    assert band.year == 6
    assert (band.middle, band.low, band.high) == pytest.approx(special.expit([0.4, 0.4 - half, 0.4 + half]), abs=1e-6)


def test_limits_are_those_at_which_the_new_year_would_just_be_surprising():
    """A regression with the new year and a dummy for it: at a limit, the dummy has the t value of the level."""
    found = forecast_share(SHARES, YEARS, ahead=3)
    assert [band.year for band in found.years] == [2025, 2026, 2027]
    last = found.years[-1]
    for limit in (last.low, last.high):
        logits = special.logit([*SHARES, limit])
        design = np.array([[1, year - 2019, year == 2027] for year in (*YEARS, 2027)], dtype=float)
        inverse = np.linalg.inv(design.T @ design)
        coefficients = inverse @ design.T @ logits
        squares = ((logits - design @ coefficients) ** 2).sum() / (7 - 3)
        t = coefficients[2] / math.sqrt(squares * inverse[2, 2])
        assert abs(t) == pytest.approx(stats.t.ppf(0.975, 6 - 2))
    line = stats.linregress(YEARS, special.logit(SHARES))
    assert found.logit_slope == pytest.approx(line.slope)
    assert last.middle == pytest.approx(special.expit(line.intercept + 2027 * line.slope))


def test_the_band_widens_with_every_year_and_stays_a_share():
    bands = forecast_share(SHARES, YEARS, ahead=3, level=0.999).years
    widths = [special.logit(band.high) - special.logit(band.low) for band in bands]
    assert widths == sorted(widths)
    assert all(0 < band.low < band.middle < band.high < 1 for band in bands)


def test_the_share_of_the_others_has_the_mirrored_band():
    inside, outside = forecast_share(SHARES, YEARS, ahead=2), forecast_share(1 - np.array(SHARES), YEARS, ahead=2)
    for one, other in zip(inside.years, outside.years, strict=True):
        assert (one.low, one.middle, one.high) == pytest.approx((1 - other.high, 1 - other.middle, 1 - other.low))


def test_a_missing_year_is_left_out_and_counted():
    gap, short = [*SHARES[:2], math.nan, *SHARES[3:]], [2019, 2020, 2022, 2023, 2024]
    found = forecast_share(gap, YEARS, ahead=1)
    assert (found.year_count, found.missing_count) == (5, 1)
    assert found.years == forecast_share([*SHARES[:2], *SHARES[3:]], short, ahead=1).years


@pytest.mark.parametrize(
    ("shares", "ahead", "reason"),
    [
        ([0.04, 0.05, 0.04, 0.05], 1, NoForecast.TOO_FEW_YEARS),
        ([0.04, 0.05, 0.04, math.nan, 0.05], 1, NoForecast.TOO_FEW_YEARS),
        ([], 1, NoForecast.TOO_FEW_YEARS),
        ([0.04, 0.05, 0, 0.05, 0.04], 1, NoForecast.NOBODY_OR_EVERYBODY),
        ([0.04, 0.05, 1, 0.05, 0.04], 1, NoForecast.NOBODY_OR_EVERYBODY),
        (SHARES, 4, NoForecast.TOO_FAR),
        ([*SHARES, math.nan], 3, NoForecast.TOO_FAR),  # four years from the last one seen
        ([0.05] * 6, 1, NoForecast.NO_SPREAD),
    ],
)
def test_no_band_has_a_reason(shares, ahead, reason):
    found = forecast_share(shares, range(2019, 2019 + len(shares)), ahead=ahead)
    assert (found.reason, found.years) == (reason, ())
    assert found.assumptions == tuple(Assumption)


@pytest.mark.parametrize(
    ("shares", "years", "ahead", "words"),
    [
        ([0.1], [1, 2], 1, "1 shares"),
        ([0.1, 0.2], [2, 1], 1, "rise"),
        ([0.1], [1.5], 1, "whole"),
        ([0.1], [math.nan], 1, "be there"),
        ([1.1], [1], 1, "between 0 and 1"),
        ([0.1], [1], 0, "1 or more"),
    ],
)
def test_impossible_series_are_refused(shares, years, ahead, words):
    with pytest.raises(ValueError, match=words):
        forecast_share(shares, years, ahead=ahead)


def test_a_new_year_falls_in_the_band_as_often_as_it_says():
    random, held = np.random.default_rng(6), []
    for _ in range(600):
        shares = special.expit(-3 + 0.03 * np.arange(9) + 0.1 * random.normal(size=9))
        band = forecast_share(shares[:8], range(8), ahead=1).years[0]
        held.append(band.low <= shares[8] <= band.high)
    assert 0.92 <= np.mean(held) <= 0.98
