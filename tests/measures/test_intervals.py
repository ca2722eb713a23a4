"""Intervals for a share against published worked examples and against a second derivation."""

import math

import hypothesis.strategies as st
import pytest
from hypothesis import given
from scipy import integrate, optimize

from pipelines.measures.intervals import NoInterval, jeffreys_interval, wilson_interval

counts = st.integers(1, 2000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(successes, total, low, high):
    """Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3."""
    found = wilson_interval(successes, total)
    assert found.value == successes / total
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(("successes", "total"), [(81, 263), (15, 148), (1, 29), (2765, 2923)])
def test_wilson_limits_solve_the_score_equation(successes, total):
    """Second road: the limits are the shares p at which |observed - p| is 1.959964 standard errors of p."""
    share = successes / total

    def excess(p):
        return abs(share - p) - 1.959963984540054 * math.sqrt(p * (1 - p) / total)

    found = wilson_interval(successes, total)
    assert found.low == pytest.approx(optimize.brentq(excess, 1e-12, share), abs=1e-9)
    assert found.high == pytest.approx(optimize.brentq(excess, share, 1 - 1e-12), abs=1e-9)


@pytest.mark.parametrize(("successes", "total"), [(3, 12), (1, 29), (15, 148)])
def test_jeffreys_limits_cut_off_a_fortieth_of_the_posterior_on_each_side(successes, total):
    """Second road: numerical integration of p^(x - 1/2) (1 - p)^(n - x - 1/2)."""

    def density(p):
        return p ** (successes - 0.5) * (1 - p) ** (total - successes - 0.5)

    found = jeffreys_interval(successes, total)
    whole = integrate.quad(density, 0, 1, epsabs=0)[0]
    assert integrate.quad(density, 0, found.low, epsabs=0)[0] / whole == pytest.approx(0.025, rel=1e-5)
    assert integrate.quad(density, found.high, 1, epsabs=0)[0] / whole == pytest.approx(0.025, rel=1e-5)


@pytest.mark.parametrize("interval", [wilson_interval, jeffreys_interval])
@given(counts)
def test_interval_holds_the_share_and_mirrors_with_its_complement(interval, count):
    successes, total = count
    found, mirrored = interval(successes, total), interval(total - successes, total)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-9)
    assert (found.low == 0) == (successes == 0)
    assert (found.high == 1) == (successes == total)


@pytest.mark.parametrize("interval", [wilson_interval, jeffreys_interval])
def test_more_pupils_and_a_lower_level_are_narrower(interval):
    def width(*counts, level=0.95):
        found = interval(*counts, level=level)
        return found.high - found.low

    assert width(90, 1000) < width(9, 100)
    assert width(9, 100, level=0.8) < width(9, 100)


@pytest.mark.parametrize("interval", [wilson_interval, jeffreys_interval])
def test_no_pupils_no_share(interval):
    found = interval(0, 0)
    assert (found.value, found.low, found.n, found.reason) == (None, None, 0, NoInterval.NO_DATA)
    assert not found.has_interval


@pytest.mark.parametrize("interval", [wilson_interval, jeffreys_interval])
@pytest.mark.parametrize(("successes", "total", "level"), [(5, 4, 0.95), (-1, 4, 0.95), (1, 4, 95)])
def test_impossible_counts_and_levels_are_refused(interval, successes, total, level):
    with pytest.raises(ValueError, match="must lie between"):
        interval(successes, total, level=level)
