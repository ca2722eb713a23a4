"""The funnel: a published example, limits from sums of binomial probabilities, small units, and overdispersion by hand."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats

from pipelines.measures.funnel import DEFAULT_TAILS, NoFunnel, exact_limits, funnel, overdispersion, spread_limits

PRACTICES = (
    [130, 65, 155, 125, 19, 185, 82, 77, 50, 80],
    [150, 200, 300, 250, 50, 220, 100, 90, 400, 425],
)


def test_satisfied_patients_as_published():
    """Kumar, funnelR 0.1.0 (CRAN 2018), vignette "Funnel Plots for Proportion Data", example 3: z around .5, and who is extreme."""
    found = funnel(*PRACTICES, target=0.5, tails=(0.025, 0.1, 0.9, 0.975))
    published = [0, 1.6970563, 10.1129979, 6.4, 6.7461923, 15, 12.8543881]  # from the fourth practice on
    assert np.abs(found.z[3:]) == pytest.approx(published, abs=5e-8)
    by_normal = spread_limits(0.5, PRACTICES[1], between_sd=0, tails=(0.025, 0.1, 0.9, 0.975))
    below, above = found.shares < by_normal[:2], found.shares > by_normal[2:]
    is_extreme = {0.95: below[0] | above[1], 0.8: below[1] | above[0]}
    assert is_extreme[0.8][3:].tolist() == [False, True, True, True, True, True, True]
    assert is_extreme[0.95][3:].tolist() == [False, False, True, True, True, True, True]


def limit_by_sums(total, target, tail):
    """Spiegelhalter's interpolation from binomial coefficients, one count at a time."""
    below = 0.0
    for count in range(total + 1):
        here = math.comb(total, count) * target**count * (1 - target) ** (total - count)
        if below + here >= tail:
            return max((count - (below + here - tail) / here) / total, 0.0)
        below += here
    raise AssertionError("probabilities make 1")


@pytest.mark.parametrize("target", [0.02, 0.051, 0.5, 0.948])
def test_exact_limits_agree_with_sums_of_probabilities(target):
    sizes = [1, 2, 7, 20, 55, 150, 420]
    expected = [[limit_by_sums(size, target, tail) for size in sizes] for tail in DEFAULT_TAILS]
    assert exact_limits(target, sizes) == pytest.approx(np.array(expected), abs=1e-9)


def test_limits_of_one_child_by_hand():
    """P(nobody) = .95 reaches .025 but not .975: 0 below, and 1 - (1 - .975) / .05 above."""
    assert exact_limits(0.05, [1], tails=(0.025, 0.975))[:, 0] == pytest.approx([0, 1 - (1 - 0.975) / 0.05])


def test_in_a_tiny_unit_nobody_is_no_surprise_and_in_a_large_one_it_is():
    found = funnel([0, 0, 40], [10, 400, 400], target=0.05)
    lower = found.limits[found.tails.index(0.001)]
    assert (lower[0], found.is_outside[:, 0].any()) == (0, False)
    assert lower[1] > 0
    assert found.is_outside[:, 1].tolist() == [True, True, False, False]
    assert found.is_outside[:, 2].tolist() == [False, False, True, True]


def test_a_small_unit_beyond_the_line_is_not_outside_when_chance_takes_it_there():
    """5 of 20 around .05: the line lies below, P(5 or more) = .0026 is more than .001; 6 of 20 is .0003. 1 of 1 has P = .05."""
    found = funnel([5, 6, 1], [20, 20, 1], target=0.05, tails=(0.999,))
    chances = [1 - sum(math.comb(20, k) * 0.05**k * 0.95 ** (20 - k) for k in range(count)) for count in (5, 6)]
    assert [chance < 1 - 0.999 for chance in chances] == [False, True]
    assert (found.shares > found.limits[0]).all()
    assert found.is_outside[0].tolist() == [False, True, False]


@settings(max_examples=15)
@given(st.integers(1, 60), st.floats(0.02, 0.98))
def test_chance_puts_a_unit_outside_no_more_often_than_the_tail_says(size, target):
    """Every count a unit can have, five at a time, so that nothing is said of overdispersion."""
    counts = np.arange(size + 1)
    found = [funnel(few, np.full(few.size, size), target=target) for few in np.split(counts, range(5, counts.size, 5))]
    chances = stats.binom.pmf(counts, size, target)
    for row, tail in zip(np.hstack([one.is_outside for one in found]), DEFAULT_TAILS, strict=True):
        assert chances[row].sum() <= min(tail, 1 - tail) + 1e-12


def test_overdispersion_by_hand():
    """The docstring's: the 10th percentile of -3, -1, 0, 1, 3 lies .4 of the way from -3 to -1."""
    low = -3 + 0.4 * 2
    assert overdispersion([-3, -1, 0, 1, 3]) == pytest.approx((2 * low**2 + 2 * 1) / 5)
    assert (2 * low**2 + 2 * 1) / 5 == pytest.approx(2.336)


def test_overdispersed_limits_by_hand():
    """Six units of 100 around .5: z = (share - .5) / .05; weights 400 each, so tau^2 = (6 phi - 5) / (2400 - 400)."""
    found = funnel([30, 40, 45, 55, 60, 70], [100] * 6)
    z = [-4, -2, -1, 1, 2, 4]
    assert found.z == pytest.approx(np.array(z))
    phi = 2 * (3**2 + 2**2 + 1**2) / 6  # percentiles 10 and 90 lie half way between 4 and 2
    assert found.overdispersion == pytest.approx(phi)
    tau_squared = (6 * phi - 5) / (2400 - 2400 * 400 / 2400)
    assert found.between_sd == pytest.approx(math.sqrt(tau_squared))
    half = stats.norm.ppf(0.975) * math.sqrt(0.05**2 + tau_squared)
    assert found.limits[1] == pytest.approx(0.5 - half)
    assert found.exact_limits[1] == pytest.approx(limit_by_sums(100, 0.5, 0.025))
    assert not found.is_outside.any()
    assert (found.shares < found.exact_limits[0]).tolist() == [True, False, False, False, False, False]


def test_spread_limits_by_hand_and_never_beyond_all():
    low, high = spread_limits(0.5, [100], between_sd=0.12, tails=(0.025, 0.975))[:, 0]
    assert (low, high) == pytest.approx((0.5 - 1.959964 * 0.13, 0.5 + 1.959964 * 0.13), abs=1e-6)
    assert spread_limits(0.98, [5], between_sd=0.2, tails=(0.975,)).item() == 1


def test_units_alike_keep_the_exact_limits():
    found = funnel([10, 11, 9, 10, 12, 8], [100] * 6)
    assert found.overdispersion < 1
    assert found.between_sd == 0
    assert (found.limits == found.exact_limits).all()


def test_five_units_have_limits_and_no_overdispersion():
    found = funnel([1, 30, 10, 12, 9], [100] * 5)
    assert (found.reason, found.overdispersion, found.between_sd) == (NoFunnel.TOO_FEW_UNITS, None, 0)
    assert found.is_outside.any()


@pytest.mark.parametrize(
    ("counts", "totals", "target", "reason", "middle"),
    [
        ([], [], None, NoFunnel.NO_DATA, None),
        ([0, 0], [0, 0], 0.1, NoFunnel.NO_DATA, 0.1),
        ([0] * 6, [9] * 6, None, NoFunnel.NOBODY_OR_EVERYBODY, 0),
        ([9] * 6, [9] * 6, None, NoFunnel.NOBODY_OR_EVERYBODY, 1),
    ],
)
def test_no_funnel_has_a_reason_and_no_limits(counts, totals, target, reason, middle):
    found = funnel(counts, totals, target=target)
    assert (found.reason, found.target, found.overdispersion) == (reason, middle, None)
    assert np.isnan(found.limits).all()
    assert not found.is_outside.any()


def test_a_unit_without_children_has_no_place_and_moves_no_other():
    counts, totals = [10, 20, 9, 10, 12, 8], [100] * 6
    found, with_empty = funnel(counts, totals), funnel([*counts, 0], [*totals, 0])
    assert np.isnan(with_empty.shares[-1])
    assert np.isnan(with_empty.limits[:, -1]).all()
    assert not with_empty.is_outside[:, -1].any()
    assert (with_empty.target, with_empty.overdispersion) == (found.target, found.overdispersion)
    assert (with_empty.limits[:, :-1] == found.limits).all()


@settings(max_examples=40)
@given(st.integers(1, 500), st.floats(0.01, 0.99))
def test_limits_are_ordered_and_the_probability_below_is_about_the_tail(size, target):
    limits = exact_limits(target, [size])[:, 0]
    assert (np.diff(limits) >= 0).all()
    assert ((limits >= 0) & (limits <= 1)).all()
    for limit, tail in zip(limits, DEFAULT_TAILS, strict=True):
        count = math.floor(limit * size + 1e-9)
        # the tail lies between the probabilities of fewer than, and at most, the count just above the limit
        assert stats.binom.cdf(count - 1, size, target) <= tail + 1e-9
        assert stats.binom.cdf(count + 1, size, target) >= tail - 1e-9


@pytest.mark.parametrize(
    ("target", "tails", "words"), [(1.2, DEFAULT_TAILS, "target"), (0.5, (0, 0.9), "tail"), (0.5, (0.5, 1), "tail")]
)
def test_impossible_targets_and_tails_are_refused(target, tails, words):
    with pytest.raises(ValueError, match=words):
        funnel([1, 2], [10, 10], target=target, tails=tails)
    with pytest.raises(ValueError, match="no z values"):
        overdispersion([])
