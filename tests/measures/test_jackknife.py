import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipelines.measures.intervals import NoInterval
from pipelines.measures.jackknife import difference_interval, jackknife_variance, probability_interval

probability = st.floats(0.001, 0.999)


def test_three_districts_by_hand():
    # mean .4; deviations -.1, 0, .1
    assert jackknife_variance(np.array([0.3, 0.4, 0.5])) == pytest.approx(2 / 3 * (0.01 + 0 + 0.01))
    assert np.isnan(jackknife_variance(np.array([0.3])))
    assert np.isnan(jackknife_variance(np.array([[0.3, 0.1], [np.nan, 0.2]]))).tolist() == [True, False]


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=9))
def test_of_a_mean_it_is_the_variance_of_a_mean(numbers):
    array = np.array(numbers)
    left_out = (array.sum() - array) / (array.size - 1)
    assert jackknife_variance(left_out) == pytest.approx(array.var(ddof=1) / array.size, abs=1e-12)


def test_the_logit_interval_by_hand():
    estimate = probability_interval(0.2, 0.05, 7, n=40)
    half = 2.364624 * 0.05 / (0.2 * 0.8)  # t.975 at 7
    middle = math.log(0.2 / 0.8)
    assert estimate.low == pytest.approx(1 / (1 + math.exp(-(middle - half))), abs=1e-6)
    assert estimate.high == pytest.approx(1 / (1 + math.exp(-(middle + half))), abs=1e-6)
    assert (estimate.n, estimate.degrees_of_freedom, estimate.standard_error) == (40, 7, 0.05)
    assert probability_interval(0.2, 0.05, None, n=1).low > estimate.low


@given(probability, st.floats(1e-6, 10), st.integers(1, 30))
def test_being_there_and_not_being_there_mirror_each_other_within_0_and_1(value, error, degrees):
    there, not_there = (probability_interval(p, error, degrees, n=9) for p in (value, 1 - value))
    assert 0 <= there.low <= there.value <= there.high <= 1
    assert not_there.low == pytest.approx(1 - there.high, abs=1e-9)
    assert not_there.high == pytest.approx(1 - there.low, abs=1e-9)


@pytest.mark.parametrize(
    ("value", "error", "degrees", "reason"),
    [
        (math.nan, 0.1, 5, NoInterval.NO_DATA),
        (0.0, 0.0, 5, NoInterval.TOO_FEW_EVENTS),
        (1 + 1e-16, 0.0, 5, NoInterval.TOO_FEW_EVENTS),
        (0.3, math.nan, 5, NoInterval.TOO_FEW_CLUSTERS),
        (0.3, 0.1, 0, NoInterval.TOO_FEW_CLUSTERS),
        (0.3, 0.0, 5, NoInterval.NO_SPREAD),
    ],
)
def test_no_interval_says_why(value, error, degrees, reason):
    estimate = probability_interval(value, error, degrees, n=3)
    assert (estimate.low, estimate.high, estimate.reason) == (None, None, reason)
    assert estimate.value is None or 0 <= estimate.value <= 1


def test_the_interval_of_a_difference():
    estimate = difference_interval(0.1, 0.04, 4, n=10, level=0.9)
    assert estimate.high == pytest.approx(0.1 + stats.t.ppf(0.95, 4) * 0.04)
    assert difference_interval(-0.9, 0.5, 2, n=10).low == -1
    assert difference_interval(0.9, 0.5, 2, n=10).high == 1
    assert difference_interval(math.nan, 0.5, 2, n=10).reason is NoInterval.NO_DATA
    assert difference_interval(0.1, math.nan, 2, n=10).reason is NoInterval.TOO_FEW_CLUSTERS
    assert difference_interval(0.0, 0.0, 2, n=10).reason is NoInterval.NO_SPREAD


def test_an_impossible_level_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        probability_interval(0.2, 0.1, 5, level=95, n=1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        difference_interval(0.2, 0.1, 5, level=95, n=1)
