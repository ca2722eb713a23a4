"""Regression to the mean: by hand, against simulated children, and against the selection that a referral
is.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipelines.measures.sdq import expected_change_without_help


def test_by_hand():
    change = expected_change_without_help(16.2, population_mean=7.4, retest_correlation=0.65)
    assert change == pytest.approx((1 - 0.65) * (7.4 - 16.2))


@pytest.mark.parametrize(("retest", "expected"), [(0.55, -4.0), (0.65, -3.1), (0.75, -2.2)])
def test_referral_at_14_or_more_gives_the_known_falls(retest, expected):
    """Population mean 7.4, SD 5.4; whole scores from 14 = a normal score above 13.5, mean of the truncated
    normal.
    """
    cut = (13.5 - 7.4) / 5.4
    referred_mean = 7.4 + 5.4 * stats.norm.pdf(cut) / stats.norm.sf(cut)
    change = expected_change_without_help(referred_mean, population_mean=7.4, retest_correlation=retest)
    assert change == pytest.approx(expected, abs=0.06)


def test_simulated_children_without_help_fall_by_as_much():
    random = np.random.default_rng(1)
    lasting = random.normal(0, np.sqrt(0.65), 400_000)
    first, second = (7.4 + 5.4 * (lasting + random.normal(0, np.sqrt(0.35), lasting.size)) for _ in range(2))
    referred = first >= 14
    expected = expected_change_without_help(first[referred].mean(), population_mean=7.4, retest_correlation=0.65)
    assert (second - first)[referred].mean() == pytest.approx(expected, abs=0.06)


@given(st.floats(0, 40), st.floats(0, 40), st.floats(0, 1))
def test_towards_the_population_and_never_past_it(baseline, population, retest):
    after = baseline + expected_change_without_help(baseline, population_mean=population, retest_correlation=retest)
    assert min(baseline, population) - 1e-9 <= after <= max(baseline, population) + 1e-9


def test_a_correlation_in_percent_is_refused():
    with pytest.raises(ValueError, match="retest_correlation must lie between 0 and 1"):
        expected_change_without_help(16, population_mean=7.4, retest_correlation=65)
