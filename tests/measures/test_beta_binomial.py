"""The beta-binomial fit: a published example, another optimiser in other parameters, boundaries, and how often it is right."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import optimize, special, stats

from pipelines.measures.beta_binomial import BetaBinomialFit, Likelihood, NoFit, fit_beta_binomial
from pipelines.measures.intervals import NoInterval

DISTRICTS = ([12, 31, 9, 22, 40, 18, 27], [300, 410, 350, 280, 640, 500, 450])
unit = st.integers(1, 40).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size)))
units = st.lists(unit, min_size=6, max_size=12)


def fit_elsewhere(counts, totals):
    """Nelder and Mead's search over log alpha and log beta with scipy's own probabilities: other parameters, other optimiser."""

    def negative(logs):
        return -stats.betabinom.logpmf(counts, totals, *np.exp(logs)).sum()

    options = {"xatol": 1e-11, "fatol": 1e-13, "maxiter": 5000, "maxfev": 5000}
    found = optimize.minimize(negative, [2.0, 5.0], method="Nelder-Mead", options=options)
    return np.exp(found.x), -found.fun


def test_boys_in_families_of_twelve_as_published():
    """Geissler's 6,115 families of Saxony: Lindsey and Altham, Applied Statistics 47 (1998) 149-157, refitted in Wikipedia,
    "Beta-binomial distribution": alpha 34.09558, beta 31.5715, log-likelihood -12,492.9, AIC 24,989.74."""
    families = [3, 24, 104, 286, 670, 1033, 1343, 1112, 829, 478, 181, 45, 7]  # with 0, 1, ... 12 boys
    boys = np.repeat(np.arange(13), families)
    fit = fit_beta_binomial(boys, np.full(boys.size, 12))
    assert fit.alpha == pytest.approx(34.09558, rel=3e-4)  # they stop where the likelihood is still this flat
    assert fit.beta == pytest.approx(31.5715, rel=3e-4)
    assert round(fit.log_likelihood, 1) == -12_492.9
    assert round(2 * 2 - 2 * fit.log_likelihood, 2) == 24_989.74
    assert fit.log_likelihood >= stats.betabinom.logpmf(boys, 12, 34.09558, 31.5715).sum()


def test_parameters_and_likelihood_agree_with_another_optimiser():
    fit = fit_beta_binomial(*DISTRICTS)
    (alpha, beta), log_likelihood = fit_elsewhere(*DISTRICTS)
    assert fit.mean.value == pytest.approx(alpha / (alpha + beta), abs=1e-6)
    assert fit.intraclass == pytest.approx(1 / (1 + alpha + beta), abs=1e-6)
    assert (fit.alpha, fit.beta) == pytest.approx((alpha, beta), rel=1e-5)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=1e-9)
    assert fit.log_likelihood == pytest.approx(stats.betabinom.logpmf(*DISTRICTS, fit.alpha, fit.beta).sum(), abs=1e-9)


def test_standard_errors_are_those_of_the_curvature_on_the_logit_scale():
    fit = fit_beta_binomial(*DISTRICTS)

    def log_likelihood(logits):
        mean, rho = special.expit(logits)
        total = (1 - rho) / rho
        return stats.betabinom.logpmf(*DISTRICTS, mean * total, (1 - mean) * total).sum()

    top, h = special.logit([fit.mean.value, fit.intraclass]), 1e-3 * np.eye(2)
    curvature = [
        [
            sum(a * b * log_likelihood(top + a * h[row] + b * h[column]) for a in (1, -1) for b in (1, -1)) / 4e-6
            for column in (0, 1)
        ]
        for row in (0, 1)
    ]
    errors = np.sqrt(np.diag(np.linalg.inv(-np.array(curvature))))
    assert (fit.logit_mean_error, fit.logit_intraclass_error) == pytest.approx(errors, rel=1e-4)
    spread = fit.mean.value * (1 - fit.mean.value)
    assert fit.mean.standard_error == pytest.approx(fit.logit_mean_error * spread)


def test_limits_lie_where_the_profile_has_fallen_far_enough():
    """Found again with scipy's probabilities: the best rho for a mean fixed at the limit."""
    fit = fit_beta_binomial(*DISTRICTS)
    allowed = stats.t.ppf(0.975, 7 - 1) ** 2 / 2
    for limit in (fit.mean.low, fit.mean.high):

        def negative(log_total, limit=limit):
            total = math.exp(log_total)
            return -stats.betabinom.logpmf(*DISTRICTS, limit * total, (1 - limit) * total).sum()

        best = -optimize.minimize_scalar(negative, bounds=(0, 12), method="bounded", options={"xatol": 1e-9}).fun
        assert fit.log_likelihood - best == pytest.approx(allowed, abs=1e-6)
    assert fit.mean.degrees_of_freedom == 7 - 1


def test_units_that_differ_no_more_than_chance_are_at_the_boundary_and_the_fit_is_binomial():
    counts, totals = [20, 21, 19, 20, 22, 18], [200, 210, 190, 200, 220, 180]  # a tenth everywhere
    fit = fit_beta_binomial(counts, totals)
    assert (fit.is_at_boundary, fit.intraclass, fit.alpha, fit.logit_intraclass_error) == (True, 0, None, None)
    assert fit.mean.value == pytest.approx(120 / 1200)
    assert fit.log_likelihood == pytest.approx(stats.binom.logpmf(counts, totals, 0.1).sum())
    assert fit.logit_mean_error == pytest.approx(1 / math.sqrt(1200 * 0.1 * 0.9))
    assert fit.mean.low < 0.1 - 1.96 * fit.mean.standard_error, "rho = 0 is an estimate, not a certainty"


@pytest.mark.parametrize(
    ("counts", "totals", "reason", "interval"),
    [
        ([], [], NoFit.NO_DATA, NoInterval.NO_DATA),
        ([0, 0], [0, 0], NoFit.NO_DATA, NoInterval.NO_DATA),
        ([1, 2, 3, 4, 5, 0], [9, 9, 9, 9, 9, 0], NoFit.TOO_FEW_UNITS, NoInterval.TOO_FEW_CLUSTERS),
        ([0] * 6, [9] * 6, NoFit.NOBODY_OR_EVERYBODY, NoInterval.NO_SPREAD),
        ([9] * 6, [9] * 6, NoFit.NOBODY_OR_EVERYBODY, NoInterval.NO_SPREAD),
        ([0, 1, 0, 1, 0, 1], [1] * 6, NoFit.UNITS_OF_ONE, NoInterval.NO_SPREAD),
        ([0, 5, 0, 5, 0, 5], [5] * 6, NoFit.ALL_OR_NOTHING, NoInterval.NO_SPREAD),
    ],
)
def test_no_fit_has_a_reason_and_never_a_number(counts, totals, reason, interval):
    fit = fit_beta_binomial(counts, totals)
    assert (fit.reason, fit.mean.reason) == (reason, interval)
    assert (fit.mean.value, fit.mean.low, fit.intraclass, fit.alpha, fit.log_likelihood) == (None,) * 5
    assert (fit.mean.n, fit.unit_count) == (sum(totals), sum(total > 0 for total in totals))


def test_every_reason_for_no_fit_is_tried():
    [marks] = [m for m in test_no_fit_has_a_reason_and_never_a_number.pytestmark if m.name == "parametrize"]
    assert {case[2] for case in marks.args[1]} == set(NoFit)


def test_six_units_by_hand():
    """Counts that mirror each other around 5 of 10 have the mean 1/2 and alpha = beta; the docstring's example."""
    fit = fit_beta_binomial([1, 9, 2, 8, 3, 7], [10] * 6)
    assert fit.mean.value == pytest.approx(0.5)
    assert fit.alpha == pytest.approx(fit.beta)
    assert 0.5 - fit.mean.low == pytest.approx(fit.mean.high - 0.5)


def test_empty_units_say_nothing():
    counts, totals = DISTRICTS
    assert fit_beta_binomial([*counts, 0], [*totals, 0]) == fit_beta_binomial(counts, totals)


@settings(max_examples=12)
@given(units)
def test_no_rho_on_a_grid_is_likelier_and_the_mirror_is_the_mirror(rows):
    counts, totals = (np.array([row[place] for row in rows]) for place in (0, 1))
    fit, mirror = fit_beta_binomial(counts, totals), fit_beta_binomial(totals - counts, totals)
    assert fit.reason == mirror.reason
    if fit.reason is not None:
        return
    likelihood = Likelihood.of(counts, totals)
    for ratio in (0, *np.geomspace(1e-4, 1e3, 30)):
        value = likelihood.value(likelihood.best_mean(ratio), ratio) + likelihood.constant
        assert value <= fit.log_likelihood + 1e-9
    assert fit.mean.low < fit.mean.value < fit.mean.high
    assert mirror.mean.value == pytest.approx(1 - fit.mean.value)
    assert (mirror.mean.low, mirror.intraclass) == pytest.approx((1 - fit.mean.high, fit.intraclass), abs=1e-6)


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="must be there"):
        fit_beta_binomial([math.nan], [2])


def holds(fit: BetaBinomialFit, likelihood: Likelihood, truth: float) -> tuple[bool, bool, bool]:
    """Whether the fit's interval, Wald's with z, and the binomial one hold the true mean."""
    pooled = likelihood.pooled_share
    binomial = 1 / math.sqrt(fit.mean.n * pooled * (1 - pooled))
    distance = [special.logit(share) - special.logit(truth) for share in (fit.mean.value, pooled)]
    return (
        fit.mean.low <= truth <= fit.mean.high,
        abs(distance[0]) <= 1.96 * fit.logit_mean_error,
        abs(distance[1]) <= 1.96 * binomial,
    )


def test_interval_holds_the_true_mean_where_the_binomial_one_does_not():
    """Eight districts, mean .05, rho .02."""
    random, held = np.random.default_rng(11), []
    for _ in range(30):
        totals = random.integers(250, 900, 8)
        counts = random.binomial(totals, random.beta(0.05 * 49, 0.95 * 49, 8))
        held.append(holds(fit_beta_binomial(counts, totals), Likelihood.of(counts, totals), 0.05))
    profile, wald, binomial = np.mean(held, axis=0)
    assert profile >= 0.93
    assert wald <= profile
    assert binomial <= 0.55
