"""Shrunk shares: by hand, against sums over priors done another way, small units, and how often the interval is right."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import integrate, stats

from pipelines.measures.beta_binomial import NoFit, fit_beta_binomial
from pipelines.measures.intervals import NoInterval
from pipelines.measures.shares import mainstream_share
from pipelines.measures.shrinkage import BetaPrior, PriorSource, shrink_shares

INSTITUTIONS = ([2, 9, 1, 12, 6, 3, 0, 8], [30, 60, 25, 70, 45, 40, 0, 20])
unit = st.integers(0, 40).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size)))


def test_with_a_given_prior_by_hand():
    """Beta(3, 27): 2 of 10 becomes Beta(5, 35); ten children count for 10 / (10 + 30)."""
    found = shrink_shares([2, 0], [10, 0], prior=BetaPrior(mean=0.1, children=30))
    first, empty = found.units
    assert first.shrunk.value == pytest.approx((2 + 3) / (10 + 30))
    assert first.own_weight == pytest.approx(10 / (10 + 30))
    assert (first.shrunk.low, first.shrunk.high) == pytest.approx(stats.beta(2 + 3, 8 + 27).ppf([0.025, 0.975]))
    assert first.naive == first.shrunk, "a given prior is taken as known"
    assert first.raw == mainstream_share(2, 10)
    assert (empty.raw.value, empty.shrunk.value, empty.shrunk.reason) == (None, None, NoInterval.NO_DATA)
    assert (found.source, found.fit, found.reason) == (PriorSource.GIVEN, None, None)


def test_with_an_estimated_prior_the_share_is_the_published_formula_of_the_fit():
    found, fit = shrink_shares(*INSTITUTIONS), fit_beta_binomial(*INSTITUTIONS)
    assert (found.source, found.fit) == (PriorSource.THESE_UNITS, fit)
    assert found.prior.children == pytest.approx(fit.alpha + fit.beta)
    for count, total, one in zip(*INSTITUTIONS, found.units, strict=True):
        if total:
            assert one.shrunk.value == pytest.approx((count + fit.alpha) / (total + fit.alpha + fit.beta))
            naive = stats.beta(count + fit.alpha, total - count + fit.beta).ppf([0.025, 0.975])
            assert (one.naive.low, one.naive.high) == pytest.approx(naive)
            assert one.shrunk.n == total


def test_limits_are_those_of_the_sum_over_priors_done_by_another_rule():
    """Simpson's rule over rho^(1/4) and the mean itself, with scipy's own probabilities."""
    counts, totals = [np.array(row) for row in INSTITUTIONS]
    roots, means = np.linspace(1e-3, 0.999, 161), np.linspace(1e-4, 0.6, 401)
    root, mean = np.meshgrid(roots, means, indexing="ij")
    total = (1 - root**4) / root**4
    alpha, beta = mean * total, (1 - mean) * total
    likelihood = np.exp(
        sum(stats.betabinom.logpmf(x, n, alpha, beta) for x, n in zip(counts, totals, strict=True)) + 20
    )
    density = likelihood * 4 * root**3
    whole = integrate.simpson(integrate.simpson(density, x=means), x=roots)
    one = shrink_shares(counts, totals).units[3]
    for limit, share in ((one.shrunk.low, 0.025), (one.shrunk.high, 0.975)):
        below = density * stats.beta.cdf(limit, alpha + 12, beta + 70 - 12)
        assert integrate.simpson(integrate.simpson(below, x=means), x=roots) / whole == pytest.approx(share, abs=1e-5)


def test_the_same_share_everywhere_leaves_one_share_and_still_an_interval():
    found = shrink_shares([5, 10, 20, 5, 10, 20], [50, 100, 200, 50, 100, 200])
    assert found.fit.is_at_boundary
    assert found.prior.children == math.inf
    for one in found.units:
        assert one.shrunk.value == pytest.approx(0.1)
        assert (one.own_weight, one.naive.low, one.naive.reason) == (0, None, NoInterval.NO_SPREAD)
        assert one.raw.low < one.shrunk.low < 0.1 < one.shrunk.high < one.raw.high


@pytest.mark.parametrize(
    ("counts", "totals", "reason"),
    [
        ([1, 2, 3, 1, 2], [20] * 5, NoFit.TOO_FEW_UNITS),
        ([0] * 7, [20] * 7, NoFit.NOBODY_OR_EVERYBODY),
        ([], [], NoFit.NO_DATA),
    ],
)
def test_without_a_fit_there_are_raw_shares_and_a_reason(counts, totals, reason):
    found = shrink_shares(counts, totals)
    assert (found.reason, found.prior) == (reason, None)
    assert [one.raw for one in found.units] == [mainstream_share(x, n) for x, n in zip(counts, totals, strict=True)]
    assert all((one.shrunk.value, one.naive.value, one.own_weight) == (None,) * 3 for one in found.units)


def test_five_units_may_borrow_from_a_given_prior():
    found = shrink_shares([1, 2, 3, 1, 2], [20] * 5, prior=BetaPrior(mean=0.05, children=100))
    assert found.units[2].shrunk.value == pytest.approx((3 + 5) / (20 + 100))


@settings(max_examples=6)
@given(st.lists(unit, min_size=6, max_size=9))
def test_a_shrunk_share_lies_between_the_raw_and_the_common_one_and_inside_its_limits(rows):
    found = shrink_shares([x for x, _ in rows], [n for _, n in rows])
    if found.reason is not None:
        return
    for one in found.units:
        if one.shrunk.value is not None:
            low, high = sorted((one.raw.value, found.prior.mean))
            assert low - 1e-12 <= one.shrunk.value <= high + 1e-12
            assert 0 <= one.shrunk.low < one.shrunk.high <= 1


@pytest.mark.parametrize(("mean", "children"), [(0, 10), (1, 10), (0.5, 0)])
def test_a_prior_that_is_none_is_refused(mean, children):
    with pytest.raises(ValueError, match="between 0 and 1"):
        BetaPrior(mean=mean, children=children)


def test_interval_holds_the_units_own_shares_where_the_naive_one_does_not():
    """Eight institutions of 15-80 children, mean .1, rho .05: 12 municipalities, 96 institutions."""
    random, shrunk, naive = np.random.default_rng(3), [], []
    for _ in range(12):
        totals = random.integers(15, 80, 8)
        truths = random.beta(0.1 * 19, 0.9 * 19, 8)
        for truth, one in zip(truths, shrink_shares(random.binomial(totals, truths), totals).units, strict=True):
            shrunk.append(one.shrunk.low <= truth <= one.shrunk.high)
            naive += [one.naive.low <= truth <= one.naive.high] if one.naive.has_interval else []
    assert np.mean(shrunk) >= 0.93
    assert np.mean(naive) <= 0.91
