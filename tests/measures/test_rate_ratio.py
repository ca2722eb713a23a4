"""The ratio of two models' movement rates: by hand, against other computations, by properties, and by how often it hits the truth."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats

from pipelines.measures.intervals import NoInterval
from pipelines.measures.rate_ratio import RatioMethod, movement_rate_ratio

T_WITH_2 = 4.302653  # t.975, any table
district = st.tuples(st.integers(0, 30), st.floats(5, 100))


def ratio(advised, compared, **options):
    """From (moves, years) per district."""
    moves, years = zip(*advised, *compared, strict=True)
    flags = [True] * len(advised) + [False] * len(compared)
    return movement_rate_ratio(moves, years, districts=range(len(moves)), is_advised=flags, **options)


def test_log_rates_by_hand():
    """Logs of 4, 9 against 1, 4 (in ten years each): means differ by log(6 / 2); squares around them (log 9/4)^2/2 + (log 4)^2/2."""
    found = ratio([(4, 10), (9, 10)], [(1, 10), (4, 10)])
    variance = (math.log(9 / 4) ** 2 / 2 + math.log(4) ** 2 / 2) / 2 * (1 / 2 + 1 / 2)
    half = T_WITH_2 * math.sqrt(variance)
    assert found.method is RatioMethod.LOG_RATES
    assert found.by_district.value == pytest.approx(3)
    assert found.by_district.standard_error == pytest.approx(math.sqrt(variance))
    assert found.by_district.low == pytest.approx(3 * math.exp(-half), rel=1e-6)
    assert found.by_district.high == pytest.approx(3 * math.exp(half), rel=1e-6)
    assert (found.by_district.degrees_of_freedom, found.by_district.n) == (2, 4)
    assert found.advised_rate == pytest.approx(100 * 13 / 20)
    assert found.compared_rate == pytest.approx(100 * 5 / 20)
    assert (found.advised_district_count, found.compared_district_count) == (2, 2)


def test_log_rates_are_the_two_sample_t_test_of_another_library():
    advised, compared = [(12, 31.5), (7, 22), (19, 40)], [(9, 35), (11, 28), (6, 33), (14, 44), (3, 21)]
    found = ratio(advised, compared).by_district
    other = stats.ttest_ind(*([math.log(moves / years) for moves, years in arm] for arm in (advised, compared)))
    interval = other.confidence_interval(0.95)
    assert (math.log(found.low), math.log(found.high)) == pytest.approx((interval.low, interval.high))


def test_a_district_without_moves_makes_it_the_ratio_of_sums_by_hand():
    """8 moves in 20 years against 6 in 30: ratio 2. Around .4 x 10 = 4: 0 - 4, 8 - 4; around .2 x 10, .2 x 20: 1 - 2, 5 - 4."""
    found = ratio([(0, 10), (8, 10)], [(1, 10), (5, 20)])
    error = math.sqrt(2 * (16 + 16) / 8**2 + 2 * (1 + 1) / 6**2)
    assert found.method is RatioMethod.SUMMED_RATES
    assert found.by_district.value == pytest.approx(2)
    assert found.by_district.standard_error == pytest.approx(error)
    assert found.by_district.high == pytest.approx(2 * math.exp(T_WITH_2 * error), rel=1e-6)


def test_naive_interval_on_a_published_pair_of_rates():
    """Breast cancer and fluoroscopy (Boice and Monson 1977): 41 in 28,010 and 15 in 19,017 woman-years, ratio 1.86."""
    naive = ratio([(41, 28_010)], [(15, 19_017)]).naive
    error = math.sqrt(1 / 41 + 1 / 15)
    assert naive.value == pytest.approx((41 / 28_010) / (15 / 19_017))
    assert naive.value == pytest.approx(1.86, abs=0.005)
    assert (naive.low, naive.high) == pytest.approx((naive.value * math.exp(-1.959964 * error), 3.353), abs=1e-3)


def test_one_district_of_a_model_has_a_ratio_and_no_interval():
    found = ratio([(8, 10)], [(4, 10), (4, 11), (5, 10)])
    assert found.by_district.value is not None
    assert (found.by_district.low, found.by_district.reason) == (None, NoInterval.TOO_FEW_CLUSTERS)


def test_fewer_than_five_moves_under_a_model_have_a_ratio_and_no_interval():
    found = ratio([(2, 10), (2, 10)], [(9, 10), (8, 10)])
    assert (found.by_district.low, found.by_district.reason) == (None, NoInterval.TOO_FEW_EVENTS)
    assert found.naive.reason is NoInterval.TOO_FEW_EVENTS
    assert ratio([(2, 10), (3, 10)], [(9, 10), (8, 10)]).by_district.has_interval


def test_no_moves_under_one_model():
    none_advised, none_compared = (
        ratio([(0, 10), (0, 10)], [(9, 10), (8, 10)]),
        ratio([(9, 10), (8, 10)], [(0, 9), (0, 9)]),
    )
    assert (none_advised.by_district.value, none_advised.by_district.reason) == (0, NoInterval.TOO_FEW_EVENTS)
    assert none_advised.permutation.p_value == pytest.approx(2 / 6)
    assert (none_compared.by_district.value, none_compared.by_district.reason) == (None, NoInterval.TOO_FEW_EVENTS)
    assert (none_compared.method, none_compared.permutation, none_compared.advised_rate) == (None, None, 85)


def test_a_model_without_time_has_no_ratio():
    found = ratio([(0, 0)], [(9, 10), (8, 10)])
    assert (found.by_district.value, found.by_district.reason) == (None, NoInterval.NO_DATA)
    assert (found.advised_rate, found.advised_district_count) == (None, 0)


def test_districts_of_each_model_that_agree_exactly_tell_no_spread():
    found = ratio([(8, 10), (8, 10)], [(4, 10), (4, 10)]).by_district
    assert (found.value, found.low, found.reason) == (pytest.approx(2), None, NoInterval.NO_SPREAD)


@pytest.mark.parametrize(
    ("advised", "others", "smallest"), [(2, 2, 1 / 3), (3, 3, 0.1), (4, 4, 2 / 70), (2, 6, 1 / 28), (5, 5, 2 / 252)]
)
def test_the_farthest_arrangement_has_the_smallest_possible_p(advised, others, smallest):
    found = ratio([(20 + i, 10) for i in range(advised)], [(5 + i, 10.5) for i in range(others)]).permutation
    assert found.smallest_p_value == pytest.approx(smallest)
    assert found.p_value == pytest.approx(smallest)
    assert found.choice_count == math.comb(advised + others, advised)


def test_permutation_by_hand():
    """Logs 0, 2 against 1, 3 (times log 10): differences of the three splits -1, +-2, 0 and mirrors: |s| >= 1 in 4 of 6."""
    found = ratio([(1, 1), (100, 1)], [(10, 1), (1000, 1)]).permutation
    assert found.p_value == pytest.approx(4 / 6)


def test_too_many_arrangements_are_not_sampled_instead():
    found = ratio([(5 + i, 10) for i in range(10)], [(5 + i, 12) for i in range(10)])
    assert found.permutation is None
    assert found.by_district.has_interval


@pytest.mark.parametrize(
    ("moves", "years", "districts", "advised", "message"),
    [
        ([1, 1], [1], ["A"], [True], "lengths differ"),
        ([-1], [1], ["A"], [True], "0 or more"),
        ([1], [math.nan], ["A"], [True], "must be there"),
        ([1], [0], ["A"], [True], "without any time"),
        ([1, 1, 1], [1, 1, 1], ["A", "A", "B"], [True, False, False], "both models: A"),
    ],
)
def test_impossible_input_is_refused(moves, years, districts, advised, message):
    with pytest.raises(ValueError, match=message):
        movement_rate_ratio(moves, years, districts=districts, is_advised=advised)


@settings(max_examples=50, deadline=None)
@given(st.lists(district, min_size=2, max_size=4), st.lists(district, min_size=2, max_size=4), st.floats(0.1, 50))
def test_swapping_models_turns_the_ratio_over_and_the_unit_of_time_does_not_matter(advised, compared, factor):
    found, swapped = ratio(advised, compared), ratio(compared, advised)
    in_other_unit = ratio(*([(moves, years * factor) for moves, years in arm] for arm in (advised, compared)))
    if found.by_district.has_interval:
        assert swapped.by_district.value == pytest.approx(1 / found.by_district.value)
        assert swapped.by_district.low == pytest.approx(1 / found.by_district.high)
        assert in_other_unit.by_district.low == pytest.approx(found.by_district.low)
        assert swapped.permutation.p_value == found.permutation.p_value


@settings(max_examples=50, deadline=None)
@given(st.lists(district, min_size=2, max_size=3), st.lists(district, min_size=2, max_size=3))
def test_children_one_by_one_give_the_same_as_district_sums(advised, compared):
    whole = ratio(advised, compared)
    rows = [
        (part, years / 2, number, number < len(advised))
        for number, (moves, years) in enumerate([*advised, *compared])
        for part in (moves, 0)
    ]
    moves, years, districts, flags = zip(*rows, strict=True)
    split = movement_rate_ratio(moves, years, districts=districts, is_advised=flags)
    assert split.method == whole.method
    if whole.by_district.has_interval:
        assert split.by_district.low == pytest.approx(whole.by_district.low)


def coverage(*, moves_per_district, repetitions, seed):
    """How often the interval by districts, the naive one, and p <= .05 are right or wrong: 4 against 4 districts, true ratio 1."""
    random = np.random.default_rng(seed)
    hits, tested = np.zeros(3), 0
    for _ in range(repetitions):
        years = random.uniform(60, 120, 8)
        moves = random.poisson(years / 90 * moves_per_district * random.gamma(10, 0.1, 8))
        found = movement_rate_ratio(moves, years, districts=range(8), is_advised=np.arange(8) < 4)
        if found.by_district.has_interval:
            tested += 1
            hits[:2] += [estimate.low <= 1 <= estimate.high for estimate in (found.by_district, found.naive)]
            hits[2] += found.permutation.p_value <= 0.05
    return hits / tested


def test_interval_hits_the_true_ratio_where_the_naive_one_does_not():
    by_district, naive, rejected = coverage(moves_per_district=20, repetitions=300, seed=4)
    assert 0.92 <= by_district <= 0.98
    assert naive <= 0.85
    assert rejected <= 0.06


def test_with_few_moves_and_empty_districts_the_interval_is_not_too_narrow():
    by_district, _, rejected = coverage(moves_per_district=3, repetitions=200, seed=9)
    assert by_district >= 0.93
    assert rejected <= 0.07
