"""Does the model of districts' shares behave as its parameters say: moments, trend, Kitagawa's parts, potential outcomes?"""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from pipelines.simulate import Parameters, simulate_municipality
from pipelines.simulate.days import NEVER
from pipelines.simulate.parameters import ShareParameters
from pipelines.simulate.scenarios import districts_profile
from pipelines.simulate.shares import draw_shares, kitagawa_parts, superpopulation_share
from pipelines.simulate.truth import mainstream_shares

ALIKE: dict[str, Any] = {
    "district_logit_sd": 0.0,
    "pupils_least": 400,
    "pupils_most": 400,
    "pupils_drift_sd_per_year": 0.0,
    "age_band_drift_per_year": 0.0,
    "age_band_drift_sd_per_year": 0.0,
}
"""Districts that differ by the year's shock and by luck only: 160, 120 and 120 pupils in the bands."""


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("overdispersion", [0.0, 0.004, 0.02])
def test_counts_vary_as_beta_binomial(overdispersion: float) -> None:
    """Variance of a band's count: n p (1 - p) (1 + (n - 1) rho). 30,000 districts: its standard error is below 2 %."""
    parameters = ShareParameters(**ALIKE, overdispersion=overdispersion)
    draw = draw_shares(rng(), parameters, district_count=30_000, year_count=1)
    for band, pupils in enumerate((160, 120, 120)):
        assert set(draw.pupils[:, 0, band].tolist()) == {pupils}
        rate = float(special.expit(special.logit(0.051) + parameters.age_band_logits[band]))
        counts = draw.segregated[:, 0, band]
        assert counts.mean() == pytest.approx(pupils * rate, rel=0.02)
        expected = pupils * rate * (1 - rate) * (1 + (pupils - 1) * overdispersion)
        assert counts.var() == pytest.approx(expected, rel=0.06)


def test_shocks_of_neighbouring_years_are_correlated() -> None:
    """.4 between neighbours and .4 x .4 over two years, read back from the rates; none without a district's own shock."""
    draw = draw_shares(rng(), ShareParameters(**ALIKE), district_count=20_000, year_count=3)
    precision = 1 / 0.004 - 1
    mean = draw.mean_rate_without[:, :, 0]
    shock = special.ndtri(special.betainc(mean * precision, (1 - mean) * precision, draw.rate_without[:, :, 0]))
    assert shock.mean() == pytest.approx(0, abs=0.02)
    assert shock.std() == pytest.approx(1, abs=0.02)
    correlation = np.corrcoef(shock.T)
    assert correlation[0, 1] == pytest.approx(0.4, abs=0.02)
    assert correlation[1, 2] == pytest.approx(0.4, abs=0.02)
    assert correlation[0, 2] == pytest.approx(0.16, abs=0.03)


def test_levels_follow_trend_bands_and_model() -> None:
    parameters = ShareParameters(adviser_effect_logit=-0.2)
    draw = draw_shares(rng(), parameters, district_count=2_000, year_count=4)
    logit = special.logit(draw.mean_rate_without)
    assert np.diff(logit, axis=1) == pytest.approx(0.03)
    assert logit[:, :, 2] - logit[:, :, 0] == pytest.approx(0.37 - -0.39)
    assert special.logit(draw.mean_rate_with) - logit == pytest.approx(-0.2)
    level = logit[:, 0, 1] - special.logit(0.051) - 0.02
    assert level.mean() == pytest.approx(0, abs=0.025)
    assert level.std() == pytest.approx(0.3, abs=0.02)
    sizes = draw.pupils[:, 0].sum(axis=1)
    assert sizes.min() >= 249
    assert sizes.max() <= 901
    assert np.median(sizes) == pytest.approx((250 * 900) ** 0.5, rel=0.05)


@pytest.mark.parametrize(("year", "has_adviser"), [(0, False), (6, False), (6, True)])
def test_the_superpopulation_share_is_what_many_districts_tend_to(year: int, has_adviser: bool) -> None:
    """Quadrature against 4,000 districts: a district's true share has an SD of about .02, so the error is about .0003."""
    parameters = ShareParameters(adviser_effect_logit=-0.3)
    draw = draw_shares(rng(5), parameters, district_count=4_000, year_count=year + 1)
    weights = draw.pupils[:, year] / draw.pupils[:, year].sum(axis=1, keepdims=True)
    mean_rate, rate, counts = (
        (draw.mean_rate_with, draw.rate_with, draw.segregated_with)
        if has_adviser
        else (draw.mean_rate_without, draw.rate_without, draw.segregated_without)
    )
    expected = superpopulation_share(parameters, year, has_adviser=has_adviser)
    for found in (mean_rate, rate, counts / draw.pupils):
        assert (weights * found[:, year]).sum(axis=1).mean() == pytest.approx(expected, abs=0.001)


def test_kitagawa_by_hand() -> None:
    """Two groups. Weights (.5, .5) then (.4, .6); rates (.1, .2) then (.1, .3)."""
    parts = kitagawa_parts(*(np.array(pair) for pair in ((0.5, 0.5), (0.1, 0.2), (0.4, 0.6), (0.1, 0.3))))
    assert parts.rate == pytest.approx((0.5 + 0.4) / 2 * 0 + (0.5 + 0.6) / 2 * 0.1)
    assert parts.composition == pytest.approx((0.1 + 0.1) / 2 * -0.1 + (0.2 + 0.3) / 2 * 0.1)
    assert parts.change == pytest.approx((0.4 * 0.1 + 0.6 * 0.3) - (0.5 * 0.1 + 0.5 * 0.2))


three = st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3).map(np.array)


@given(three, three, three, three)
def test_kitagawa_parts_add_up_and_turn_round(
    weights_before: Any, rates_before: Any, weights_after: Any, rates_after: Any
) -> None:
    first, second = weights_before / weights_before.sum(), weights_after / weights_after.sum()
    parts = kitagawa_parts(first, rates_before, second, rates_after)
    assert parts.rate + parts.composition == pytest.approx(parts.change, abs=1e-12)
    back = kitagawa_parts(second, rates_after, first, rates_before)
    assert [back.rate, back.composition] == pytest.approx([-parts.rate, -parts.composition], abs=1e-12)
    assert kitagawa_parts(first, rates_before, first, rates_after).composition == pytest.approx(0, abs=1e-12)
    assert kitagawa_parts(first, rates_before, second, rates_before).rate == pytest.approx(0, abs=1e-12)


def test_the_true_parts_of_a_draw() -> None:
    """They add up in every district and for the whole; older pupils make composition add, the trend makes rates add."""
    draw = draw_shares(rng(2), ShareParameters(), district_count=400, year_count=8)
    for parts in (draw.parts_of_districts(0, 7), draw.parts_of_whole(0, 7)):
        assert parts.rate + parts.composition == pytest.approx(parts.change, abs=1e-12)
    pooled = (draw.pupils * draw.rate).sum(axis=(0, 2)) / draw.pupils.sum(axis=(0, 2))
    assert draw.parts_of_whole(0, 7).change == pytest.approx(pooled[7] - pooled[0])
    assert draw.parts_of_districts(0, 7).composition.mean() > 0.0005
    assert draw.parts_of_districts(0, 7).rate.mean() > 0.005


def test_a_district_that_grows_is_composition() -> None:
    """Rates stand still, but sizes drift apart: the whole's change is composition alone."""
    still = ShareParameters(trend_logit_per_year=0.0, overdispersion=0.0, pupils_drift_sd_per_year=0.1)
    parts = draw_shares(rng(3), still, district_count=6, year_count=6).parts_of_whole(0, 5)
    assert parts.rate == pytest.approx(0, abs=1e-12)
    assert abs(float(parts.composition)) > 1e-4


def test_potential_outcomes_share_all_luck() -> None:
    parameters = ShareParameters(adviser_effect_logit=-0.5)
    first_years = [2, 2, 4, NEVER, NEVER, NEVER]
    draw = draw_shares(rng(4), parameters, district_count=6, year_count=6, adviser_from=first_years)
    assert (draw.segregated_with <= draw.segregated_without).all()
    assert (draw.rate_with < draw.rate_without).all()
    for district, first in enumerate(first_years):
        for year in range(6):
            expected = draw.segregated_with if year >= first else draw.segregated_without
            assert (draw.segregated[district, year] == expected[district, year]).all()
    treated = [(district, year) for district, first in enumerate(first_years) for year in range(6) if year >= first]
    pupils = sum(int(draw.pupils[cell].sum()) for cell in treated)
    saved = sum(float((draw.pupils[cell] * (draw.rate_with[cell] - draw.rate_without[cell])).sum()) for cell in treated)
    assert draw.effect_on_treated == pytest.approx(saved / pupils)
    none = draw_shares(rng(4), ShareParameters(), district_count=6, year_count=6, adviser_from=first_years)
    assert (none.segregated_with == none.segregated_without).all()
    assert none.effect_on_treated == 0
    assert np.isnan(draw_shares(rng(4), parameters, district_count=2, year_count=2).effect_on_treated)


def test_same_seed_same_draw() -> None:
    one, again, other = (
        draw_shares(rng(seed), ShareParameters(), district_count=5, year_count=5) for seed in (7, 7, 8)
    )
    assert (one.segregated == again.segregated).all()
    assert (one.pupils == again.pupils).all()
    assert (one.segregated != other.segregated).any()


@pytest.mark.parametrize(("shock_sd", "low", "high"), [(0.0, -0.0015, 0.0012), (None, 0.002, 0.0065)])
def test_shares_of_single_children_are_overdispersed_as_tuned(shock_sd: float | None, low: float, high: float) -> None:
    """40 districts of about 315 pupils that differ by their cohorts' shocks alone: rho .0040 (32 seeds, standard error
    .0002); three seeds here, with one of .0008. Without the shock nothing is left beyond the binomial."""
    ladder = dataclasses.replace(Parameters().ladder, district_logit_sd=0.0, district_away_log_sd=0.0)
    if shock_sd is not None:
        ladder = dataclasses.replace(ladder, education_cohort_shock_logit_sd=shock_sd)
    parameters = dataclasses.replace(
        Parameters(),
        ladder=ladder,
        population=dataclasses.replace(Parameters().population, district_births_drift_sd=0.0),
        sdq=dataclasses.replace(Parameters().sdq, referral_threshold_points=99.0),
    )
    found, whole = [], []
    for seed in (1, 2, 3):
        simulated = simulate_municipality(
            districts_profile(district_count=40, adviser_count=0),
            children_count=32_000,
            seed=seed,
            parameters=parameters,
        )
        rows = [row for row in mainstream_shares(simulated) if row["definition_id"] == "own_register_school"]
        for year in {row["school_year"] for row in rows}:
            districts = [row for row in rows if row["school_year"] == year and row["area_kind"] == "district"]
            pupils = np.array([row["pupils_count"] for row in districts])
            segregated = np.array([row["segregated_count"] for row in districts])
            share = segregated.sum() / pupils.sum()
            whole.append(share)
            ratio = ((segregated - pupils * share) ** 2 / (pupils * share * (1 - share))).sum() / (len(pupils) - 1)
            found.append((ratio - 1) / (pupils.mean() - 1))
    assert low < np.mean(found) < high
    assert 0.05 < np.mean(whole) < 0.068


def test_cohorts_shrink_and_districts_drift_apart() -> None:
    """Births fall by a per cent a year; with a large drift the districts' shares of young and old children differ."""
    population = dataclasses.replace(
        Parameters().population,
        births_log_change_per_year=-0.05,
        district_births_drift_sd=0.1,
        keeps_grown_up=False,
    )
    parameters = dataclasses.replace(Parameters(), population=population)
    children = simulate_municipality(
        districts_profile(district_count=4, adviser_count=0), children_count=20_000, seed=1, parameters=parameters
    ).children
    age_years = (children.birth_day.max() - children.birth_day) / 365.25
    young, old = age_years < 9, age_years >= 9
    # Ages 0 to 19 with weights exp(.05 age): the younger nine years hold (e^.45 - 1) / (e^.95 - 1) of all.
    assert young.mean() == pytest.approx((np.exp(0.45) - 1) / (np.exp(0.95) - 1), abs=0.015)
    shares = [np.bincount(children.district_first[chosen], minlength=4) / chosen.sum() for chosen in (young, old)]
    assert np.abs(shares[0] - shares[1]).max() > 0.05
