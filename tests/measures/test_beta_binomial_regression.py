"""The trend over districts: by hand, another likelihood and optimiser, boundaries, and how often its interval is right."""

import math

import numpy as np
import pytest
from scipy import optimize, special, stats

from pipelines.measures.beta_binomial import fit_beta_binomial
from pipelines.measures.beta_binomial_regression import (
    FEWEST_DISTRICTS,
    FEWEST_YEARS,
    NoTrend,
    fit_beta_binomial_regression,
    share_trend,
)
from pipelines.measures.intervals import NoInterval

COUNTS = np.array([[12, 25, 16, 30], [31, 20, 44, 52], [9, 22, 8, 15], [22, 12, 38, 27], [40, 70, 39, 66]])
TOTALS = np.array(
    [[300, 290, 310, 320], [410, 400, 395, 420], [350, 342, 330, 360], [280, 300, 290, 310], [640, 625, 600, 610]]
)
YEARS = np.array([2023, 2024, 2025, 2026])
DISTRICTS_AND_YEARS = np.column_stack([np.repeat(np.eye(5), 4, axis=0), np.tile(YEARS - 2024.5, 5)])


def log_likelihood(parameters, counts, totals, design):
    """With Beta functions instead of sums of logarithms; the last parameter is the log of alpha + beta."""
    *coefficients, log_children = parameters
    means, children = special.expit(design @ coefficients), math.exp(log_children)
    alpha, beta = means * children, (1 - means) * children
    binomial = special.gammaln(totals + 1) - special.gammaln(counts + 1) - special.gammaln(totals - counts + 1)
    return (binomial + special.betaln(counts + alpha, totals - counts + beta) - special.betaln(alpha, beta)).sum()


def fit_elsewhere(counts, totals, design):
    """Powell's search along lines, without any derivative."""

    def negative(parameters):
        return -log_likelihood(parameters, counts, totals, design)

    start = [*np.full(design.shape[1] - 1, -2.5), 0.05, 4.0]
    options = {"xtol": 1e-11, "ftol": 1e-15, "maxiter": 20_000, "maxfev": 100_000}
    found = optimize.minimize(negative, start, method="Powell", options=options)
    return found.x, -found.fun


def test_coefficients_rho_and_likelihood_agree_with_another_optimiser():
    units = COUNTS.ravel(), TOTALS.ravel(), DISTRICTS_AND_YEARS
    fit = fit_beta_binomial_regression(*units)
    (*coefficients, log_children), top = fit_elsewhere(*units)
    assert fit.coefficients == pytest.approx(coefficients, abs=1e-6)
    assert fit.intraclass == pytest.approx(1 / (1 + math.exp(log_children)), abs=1e-6)
    assert fit.log_likelihood == pytest.approx(top, abs=1e-9)
    assert not fit.is_at_boundary


def test_errors_are_those_of_the_curvature():
    """Second differences of the other likelihood, by the coefficients and log (alpha + beta); inverted, the same errors."""
    units = COUNTS.ravel(), TOTALS.ravel(), DISTRICTS_AND_YEARS
    fit = fit_beta_binomial_regression(*units)
    top, h = np.array([*fit.coefficients, math.log(1 / fit.intraclass - 1)]), 1e-3 * np.eye(7)
    curvature = [
        [
            sum(a * b * log_likelihood(top + a * h[row] + b * h[column], *units) for a in (1, -1) for b in (1, -1))
            / 4e-6
            for column in range(7)
        ]
        for row in range(7)
    ]
    errors = np.sqrt(np.diag(np.linalg.inv(-np.array(curvature))))[:-1]
    assert fit.errors == pytest.approx(errors, rel=1e-4)


def test_with_a_level_alone_it_is_the_fit_of_the_mean():
    counts, totals = [12, 31, 9, 22, 40, 18, 27], [300, 410, 350, 280, 640, 500, 450]
    fit, mean = fit_beta_binomial_regression(counts, totals, np.ones((7, 1))), fit_beta_binomial(counts, totals)
    assert special.expit(fit.coefficients[0]) == pytest.approx(mean.mean.value, abs=1e-9)
    assert fit.errors[0] == pytest.approx(mean.logit_mean_error, rel=1e-9)
    assert (fit.intraclass, fit.log_likelihood) == pytest.approx((mean.intraclass, mean.log_likelihood), abs=1e-9)


def test_at_the_boundary_it_is_the_table_of_four_cells():
    """10 of 100 and 20 of 100, twice each: log odds ratio log((20/80) / (10/90)), and the root of the four cells' inverses."""
    design = [[1, 0], [1, 0], [1, 1], [1, 1]]
    fit = fit_beta_binomial_regression([10, 10, 20, 20], [100] * 4, design)
    assert (fit.is_at_boundary, fit.intraclass, fit.unit_count) == (True, 0, 4)
    assert fit.coefficients == pytest.approx((math.log(10 / 90), math.log((20 / 80) / (10 / 90))))
    assert fit.errors[1] == pytest.approx(math.sqrt(1 / 20 + 1 / 180 + 1 / 40 + 1 / 160))
    assert fit.log_likelihood == pytest.approx(stats.binom.logpmf([10, 10, 20, 20], 100, [0.1, 0.1, 0.2, 0.2]).sum())


def test_a_slope_that_runs_away_is_no_fit():
    """Nobody at first and then a third: no finite coefficient is likeliest."""
    assert fit_beta_binomial_regression([0, 0, 3, 2], [9] * 4, [[1, 0], [1, 0], [1, 1], [1, 1]]) is None
    assert fit_beta_binomial_regression([0, 9, 0, 9], [9] * 4, np.ones((4, 1))) is None, "no unit is mixed"


@pytest.mark.parametrize(
    ("counts", "design", "words"),
    [
        ([1, 2], [[1.0]], "one row for each unit"),
        ([1, 2], [[1, 2], [1, 2]], "follows from the others"),
        ([1, 10], [[1], [1]], "between 0 and its total"),
    ],
)
def test_impossible_input_is_refused(counts, design, words):
    with pytest.raises(ValueError, match=words):
        fit_beta_binomial_regression(counts, [9, 9], design)


def test_the_interval_is_that_of_leaving_each_district_out():
    found = share_trend(COUNTS, TOTALS, YEARS)
    slopes = []
    for gone in range(5):
        rows = [place for place in range(5) if place != gone]
        design = np.column_stack([np.repeat(np.eye(4), 4, axis=0), np.tile(YEARS - 2024.5, 4)])
        slopes.append(fit_beta_binomial_regression(COUNTS[rows].ravel(), TOTALS[rows].ravel(), design).coefficients[-1])
    error = math.sqrt(4 / 5 * sum((slope - sum(slopes) / 5) ** 2 for slope in slopes))
    slope = fit_beta_binomial_regression(COUNTS.ravel(), TOTALS.ravel(), DISTRICTS_AND_YEARS).coefficients[-1]
    assert found.logit_slope.value == pytest.approx(slope)
    assert found.logit_slope.high - slope == pytest.approx(2.776445 * error)  # t with 5 - 1 degrees
    assert (found.district_count, found.year_count, found.logit_slope.degrees_of_freedom) == (5, 4, 5 - 1)
    share = COUNTS.sum() / TOTALS.sum()
    assert found.per_year.value == pytest.approx(share * (1 - share) * slope)
    assert found.per_year.low == pytest.approx(share * (1 - share) * found.logit_slope.low)
    assert found.per_year.n == TOTALS.sum()


def test_the_share_of_the_others_falls_as_this_one_rises():
    found, mirror = share_trend(COUNTS, TOTALS, YEARS), share_trend(TOTALS - COUNTS, TOTALS, YEARS)
    assert found.logit_slope.value > 0
    assert mirror.logit_slope.value == pytest.approx(-found.logit_slope.value)
    assert (mirror.logit_slope.low, mirror.logit_slope.high) == pytest.approx(
        (-found.logit_slope.high, -found.logit_slope.low)
    )


def test_a_district_with_nobody_and_one_without_children_tell_nothing():
    found = share_trend(COUNTS, TOTALS, YEARS)
    more = share_trend([*COUNTS, [0] * 4, [0] * 4], [*TOTALS, [50] * 4, [0] * 4], YEARS)
    assert more.logit_slope.value == found.logit_slope.value
    assert more.logit_slope.low == found.logit_slope.low
    assert (more.district_count, more.per_year.n) == (5, TOTALS.sum() + 200)


def test_districts_that_move_alike_have_no_interval():
    found = share_trend([[10, 12, 14]] * 4, [[100] * 3] * 4, [1, 2, 3])
    assert (found.logit_slope.low, found.logit_slope.reason) == (None, NoInterval.NO_SPREAD)


@pytest.mark.parametrize(
    ("counts", "totals", "reason"),
    [
        (COUNTS[:3], TOTALS[:3], NoTrend.TOO_FEW_DISTRICTS),
        (np.zeros((5, 4)), TOTALS, NoTrend.TOO_FEW_DISTRICTS),
        (np.zeros((5, 4)), np.zeros((5, 4)), NoTrend.TOO_FEW_DISTRICTS),
        (COUNTS[:, :2], TOTALS[:, :2], NoTrend.TOO_FEW_YEARS),
        ([[0, 0, 3]] * 5, [[9] * 3] * 5, NoTrend.NO_TOP),
    ],
)
def test_no_trend_has_a_reason_and_never_a_number(counts, totals, reason):
    found = share_trend(counts, totals, YEARS[: np.shape(counts)[1]])
    assert found.reason is reason
    assert (found.logit_slope.value, found.per_year.low, found.intraclass, found.binomial_error) == (None,) * 4
    assert found.per_year.reason is not None


def test_every_reason_is_tried_and_the_fewest_are_named():
    [marks] = [m for m in test_no_trend_has_a_reason_and_never_a_number.pytestmark if m.name == "parametrize"]
    assert {case[2] for case in marks.args[1]} == set(NoTrend)
    enough = share_trend(COUNTS[:FEWEST_DISTRICTS, :FEWEST_YEARS], TOTALS[:FEWEST_DISTRICTS, :FEWEST_YEARS], YEARS[:3])
    assert enough.reason is None


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="one row for each district"):
        share_trend(COUNTS, TOTALS[:, :3], YEARS)
    with pytest.raises(ValueError, match="must rise"):
        share_trend(COUNTS, TOTALS, YEARS[::-1])


def test_the_interval_holds_the_true_slope_where_the_binomial_one_does_not():
    """Six districts of 60-200 children, four years, rho .02, shares near a tenth, no slope."""
    random, held = np.random.default_rng(8), []
    for _ in range(24):
        totals = random.integers(60, 200, (6, 1)) * np.ones(4, dtype=int)
        counts = random.binomial(totals, random.beta(0.1 * 49, 0.9 * 49, (6, 4)))
        found = share_trend(counts, totals, range(4))
        slope = found.logit_slope
        held.append((slope.low <= 0 <= slope.high, abs(slope.value) <= 1.96 * found.binomial_error))
    jackknife, binomial = np.mean(held, axis=0)
    assert jackknife >= 0.9
    assert binomial <= 0.75
