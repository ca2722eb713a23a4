"""Movement rates by hand, by properties, and by how often their intervals hit the truth."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from pipelines.measures.intervals import NoInterval
from pipelines.measures.ladder import net_movement_rate

child = st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(0.1, 3), st.sampled_from("ABCD"))


def test_three_districts_by_hand():
    #                          A  A  B  C
    rates = net_movement_rate([1, 2, 0, 1], [0, 0, 1, 0], [2, 2, 4, 2], ["A", "A", "B", "C"])
    per_year = (3 + 0 + 1 - 1) / 10
    residuals = [3 - per_year * 4, -1 - per_year * 4, 1 - per_year * 2]
    error = 100 * math.sqrt(3 / 2 * sum(residual**2 for residual in residuals)) / 10
    assert rates.down.value == pytest.approx(100 * 4 / 10)
    assert rates.up.value == pytest.approx(100 * 1 / 10)
    assert rates.net.value == pytest.approx(100 * 3 / 10)
    assert rates.net.standard_error == pytest.approx(error)
    assert rates.net.high == pytest.approx(30 + 4.302653 * error, abs=1e-4)  # t.975 at 2
    assert (rates.child_years, rates.district_count, rates.net.n) == (10, 3, 4)


def test_net_zero_does_not_hide_the_moves():
    rates = net_movement_rate([20, 20], [20, 20], [100, 100], ["A", "B"])
    assert (rates.net.value, rates.down.value, rates.up.value) == (0, 20, 20)


def test_down_and_up_are_never_below_zero_but_net_can_be():
    rates = net_movement_rate([0, 6], [5, 0], [10, 10], ["A", "B"])
    assert rates.down.low == 0
    assert rates.net.low < 0


def test_one_district_has_rates_but_no_interval():
    rates = net_movement_rate([1], [0], [4], ["A"])
    assert (rates.net.value, rates.net.low, rates.net.reason) == (25, None, NoInterval.TOO_FEW_CLUSTERS)


def test_nobody_followed_no_rate():
    rates = net_movement_rate([], [], [], [])
    assert (rates.net.value, rates.net.reason, rates.district_count) == (None, NoInterval.NO_DATA, 0)


def test_fewer_than_five_moves_have_a_rate_and_no_interval():
    # down 3 + 1 = 4 moves, up 1 + 3 = 4: too few each, but 8 together for the net
    rates = net_movement_rate([3, 1], [1, 3], [10, 10], ["A", "B"])
    assert (rates.down.value, rates.down.low, rates.down.reason) == (20, None, NoInterval.TOO_FEW_EVENTS)
    assert rates.up.reason is NoInterval.TOO_FEW_EVENTS
    assert rates.net.has_interval
    assert net_movement_rate([5, 0], [0, 0], [10, 10], ["A", "B"]).down.has_interval
    assert not net_movement_rate([0, 0], [0, 0], [10, 10], ["A", "B"]).net.has_interval, "0 of 0 is not known exactly"


def test_districts_with_the_same_rate_have_no_interval_of_width_zero():
    # 10 in 40 years and 20 in 80: 25 per 100 in both; few moves are the first reason, where there are few
    rates = net_movement_rate([10, 20], [0, 0], [40, 80], ["A", "B"])
    assert (rates.down.value, rates.down.low, rates.down.high) == (25, None, None)
    assert (rates.down.reason, rates.up.reason) == (NoInterval.NO_SPREAD, NoInterval.TOO_FEW_EVENTS)


def test_a_district_without_time_does_not_count():
    rates = net_movement_rate([2, 4, 0], [0, 0, 0], [4, 4, 0], ["A", "B", "C"])
    assert (rates.district_count, rates.net.degrees_of_freedom, rates.net.n) == (2, 1, 2)


@pytest.mark.parametrize(
    ("down", "up", "years", "message"),
    [
        ([1, 1], [0], [1], "lengths differ"),
        ([-1], [0], [1], "0 or more"),
        ([1], [math.nan], [1], "must be there"),
        ([1], [0], [0], "without any time"),
    ],
)
def test_impossible_input_is_refused(down, up, years, message):
    with pytest.raises(ValueError, match=message):
        net_movement_rate(down, up, years, ["A"])


@given(st.lists(child, min_size=1, max_size=20))
def test_swapping_directions_flips_the_sign_and_net_is_the_difference(children):
    down, up, years, districts = zip(*children, strict=True)
    rates, swapped = (
        net_movement_rate(down, up, years, districts),
        net_movement_rate(up, down, years, districts),
    )
    assert rates.net.value == pytest.approx(rates.down.value - rates.up.value, abs=1e-9)
    assert swapped.net.value == pytest.approx(-rates.net.value, abs=1e-9)
    assert swapped.down.value == rates.up.value
    assert rates.net.has_interval == swapped.net.has_interval
    if rates.net.has_interval:
        assert swapped.net.low == pytest.approx(-rates.net.high, abs=1e-9)


@given(st.lists(child, min_size=1, max_size=20))
def test_a_child_counted_in_two_halves_gives_the_same_rates(children):
    halves = [
        part
        for down, up, years, district in children
        for part in ((down, 0, years / 2, district), (0, up, years / 2, district))
    ]
    whole, split = (net_movement_rate(*zip(*rows, strict=True)) for rows in (children, halves))
    assert split.net.value == pytest.approx(whole.net.value, abs=1e-9)
    assert split.net.reason == whole.net.reason
    if whole.net.has_interval:
        assert split.net.standard_error == pytest.approx(whole.net.standard_error, abs=1e-9)


def test_interval_hits_the_true_rate_though_districts_differ():
    """8 districts of 60-120 child-years, true net 12 per 100; each district has its own rates."""
    random = np.random.default_rng(11)
    repetitions, hits = 1200, 0
    for _ in range(repetitions):
        years = random.uniform(60, 120, 8)
        down = random.poisson(years * 0.20 * random.gamma(10, 0.1, 8))
        up = random.poisson(years * 0.08 * random.gamma(10, 0.1, 8))
        net = net_movement_rate(down, up, years, range(8)).net
        hits += net.low <= 12 <= net.high
    assert 0.93 <= hits / repetitions <= 0.97
