"""The standardised change: by hand, by properties, and by how often its interval hits the truth."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.measures.clusters import cluster_mean_interval
from pipelines.measures.intervals import NoInterval
from pipelines.measures.paired_effect import paired_effect, small_sample_correction

FIRST = [10.0, 12.0, 14.0, 16.0, 18.0, 20.0]
SECOND = [9.0, 11.0, 10.0, 15.0, 13.0, 14.0]
DISTRICTS = ["A", "A", "A", "B", "B", "B"]


def test_by_hand():
    """Means 15 and 12, variances 14 and 5.6, covariance 7.2; d_av = -3 / sqrt(9.8), d_baseline = -3 / sqrt(14)."""
    found = paired_effect(FIRST, SECOND, DISTRICTS)
    d_av = -3 / math.sqrt(9.8)
    assert found.correlation == pytest.approx(7.2 / math.sqrt(14 * 5.6))
    assert found.g_av.value == pytest.approx(small_sample_correction(5) * d_av)
    assert found.d_baseline.value == pytest.approx(-3 / math.sqrt(14))
    # Bonett 2008: d^2 (s1^4 + s2^4 + 2 r^2 s1^2 s2^2) / (8 df s_av^4) + v_d / (df s_av^2), df = 5
    v_d = 14 + 5.6 - 2 * 7.2
    variance = d_av**2 * (14**2 + 5.6**2 + 2 * 7.2**2) / (8 * 5 * 9.8**2) + v_d / (5 * 9.8)
    assert found.naive_g_av.standard_error == pytest.approx(math.sqrt(variance))
    assert found.naive_g_av.low == pytest.approx(d_av - 1.959964 * math.sqrt(variance), abs=1e-6)
    # changes -1 -1 -4 | -1 -5 -6: district means -2 and -4, SE by district 1, by child sqrt(5.2 / 6)
    changes = np.array(SECOND) - np.array(FIRST)
    assert found.design_effect == pytest.approx(1.0 / (changes.var(ddof=1) / 6))
    assert found.g_av.standard_error == pytest.approx(math.sqrt(variance * found.design_effect))
    assert found.g_av.degrees_of_freedom == 1


def test_the_change_is_of_districts_so_that_it_has_the_sign_of_the_change_in_points():
    """Changes -3 -3 | 1 1 1 1: by district (-3 + 1) / 2 = -1, by child (2 x -3 + 4 x 1) / 6 = -1/3."""
    first, second = [10.0, 14, 12, 16, 20, 11], [7.0, 11, 13, 17, 21, 12]
    labels = ["A", "A", *"BBBB"]
    found = paired_effect(first, second, labels)
    assert cluster_mean_interval(np.subtract(second, first), labels).by_cluster.value == -1
    spread = math.sqrt((np.var(first, ddof=1) + np.var(second, ddof=1)) / 2)
    assert found.g_av.value == pytest.approx(small_sample_correction(5) * -1 / spread)
    assert found.d_baseline.value == pytest.approx(-1 / np.std(first, ddof=1))
    assert found.naive_g_av.value == pytest.approx(small_sample_correction(5) * (-2 / 6) / spread)


@pytest.mark.parametrize(("degrees", "factor"), [(2, 0.5642), (10, 0.9228), (50, 0.9849)])
def test_the_exact_small_sample_factor(degrees, factor):
    """Hedges 1981, table 1 (J(2) = 1/sqrt(pi) = .5642)."""
    assert small_sample_correction(degrees) == pytest.approx(factor, abs=1e-4)


def test_a_pair_with_a_missing_value_is_left_out_and_counted():
    found = paired_effect([*FIRST, math.nan, 9], [*SECOND, 8, math.nan], [*DISTRICTS, "A", "C"])
    assert found.missing_count == 2
    assert found.g_av == paired_effect(FIRST, SECOND, DISTRICTS).g_av


def test_one_district_has_a_value_and_no_district_interval():
    found = paired_effect(FIRST, SECOND, ["A"] * 6)
    assert found.g_av.value is not None
    assert found.g_av.low is None
    assert found.g_av.reason is NoInterval.TOO_FEW_CLUSTERS
    assert found.naive_g_av.has_interval


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        # changes -5 -1 | -4 -2: both districts -3, so nothing says how districts differ
        ([10, 12, 15, 18], [5, 11, 11, 16], "districts change alike"),
        ([10, 12, 15, 18], [8, 10, 13, 16], "every child changes by -2"),
    ],
)
def test_without_spread_between_districts_there_is_no_interval_rather_than_one_of_width_zero(first, second, why):
    found = paired_effect(first, second, list("AABB"))
    assert found.g_av.value < 0, why
    for estimate in (found.g_av, found.d_baseline):
        assert (estimate.low, estimate.high, estimate.reason) == (None, None, NoInterval.NO_SPREAD), why
    assert found.naive_g_av.has_interval, "how far children's scores spread is itself uncertain"


def test_measurements_that_are_equal_child_for_child_have_no_interval_at_all():
    found = paired_effect([10, 12, 15, 18], [10, 12, 15, 18], list("AABB"))
    assert (found.g_av.value, found.naive_g_av.value) == (0, 0)
    assert (found.g_av.reason, found.naive_g_av.reason) == (NoInterval.NO_SPREAD, NoInterval.NO_SPREAD)
    one = paired_effect([10, 12, 15, 18], [10, 12, 15, 18], list("AAAA"))
    assert one.g_av.reason is NoInterval.TOO_FEW_CLUSTERS


@pytest.mark.parametrize(("first", "second"), [([1.0, 2.0], [1.0, 3.0]), ([5.0, 5.0, 5.0], [1.0, 2.0, 4.0]), ([], [])])
def test_without_pairs_or_spread_there_is_no_value(first, second):
    found = paired_effect(first, second, ["A"] * len(first))
    assert found.g_av.value is None
    assert found.g_av.reason is NoInterval.NO_DATA


def test_lengths_must_fit():
    with pytest.raises(ValueError, match="lengths differ"):
        paired_effect([1, 2], [1], ["A", "B"])


@pytest.mark.parametrize(
    ("first", "second", "labels"),
    [
        ([*FIRST, math.nan], [*SECOND, 8], [*DISTRICTS, None]),  # missing where the pair counts in nothing
        ([1, 2], [1, 3], ["A", math.nan]),  # fewer pairs than there is a value for
    ],
)
def test_a_missing_label_is_refused_wherever_it_stands(first, second, labels):
    with pytest.raises(ValueError, match="label is missing"):
        paired_effect(first, second, labels)


points = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.sampled_from("ABC")), min_size=4, max_size=40)


@given(points)
@settings(max_examples=60)
def test_turning_the_two_measurements_round_turns_g_av_round(rows):
    first, second, labels = ([row[place] for row in rows] for place in range(3))
    one, other = paired_effect(first, second, labels), paired_effect(second, first, labels)
    if one.g_av.value is not None and other.g_av.value is not None:
        assert one.g_av.value == pytest.approx(-other.g_av.value)
        if one.g_av.low is not None:
            assert one.g_av.low == pytest.approx(-other.g_av.high)


def test_the_interval_hits_the_truth_where_the_naive_one_does_not():
    """8 districts of 40 children that differ in change (variance .03 of the total); true d_av -0.8.

    Of 95 in 100, the district interval hits 93-97 in the long run; 400 draws: 99.9 % Monte Carlo limits about 3.6 points.
    """
    rng = np.random.default_rng(20261122)
    hits = naive_hits = 0
    labels = np.repeat(np.arange(8), 40).tolist()
    for _ in range(400):
        stable = rng.normal(0, math.sqrt(0.62), size=320)
        first = stable + rng.normal(0, math.sqrt(0.38), size=320)
        second = (
            stable + rng.normal(0, math.sqrt(0.35), size=320) + np.repeat(rng.normal(0, math.sqrt(0.03), 8), 40) - 0.8
        )
        found = paired_effect(first, second, labels)
        hits += found.g_av.low <= -0.8 <= found.g_av.high
        naive_hits += found.naive_g_av.low <= -0.8 <= found.naive_g_av.high
    assert 0.95 - 0.036 < hits / 400 < 0.95 + 0.036
    assert naive_hits / 400 < 0.85
