"""The district interval: worked by hand, by properties, and by how often it hits the truth."""

import math
from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from pipelines.measures.clusters import cluster_mean_interval, pool_small_clusters, smallest_detectable_difference
from pipelines.measures.intervals import NoInterval

numbers = st.floats(-40, 40, allow_nan=False).map(lambda number: round(number, 3))


def test_each_district_counts_the_same_whatever_its_size():
    found = cluster_mean_interval([1, 3, 2, 2, 5, 9], ["A", "A", "A", "A", "B", "C"])
    assert found.cluster_means == {"A": (1 + 3 + 2 + 2) / 4, "B": 5, "C": 9}
    assert found.by_cluster.value == pytest.approx((2 + 5 + 9) / 3)
    assert found.naive.value == pytest.approx((1 + 3 + 2 + 2 + 5 + 9) / 6)


def test_interval_of_three_district_means_by_hand():
    found = cluster_mean_interval([2, 5, 8], ["A", "B", "C"]).by_cluster
    standard_error = math.sqrt((9 + 0 + 9) / 2 / 3)
    t_with_two_degrees_of_freedom = 4.302653  # any table of t
    assert found.standard_error == pytest.approx(standard_error)
    assert found.low == pytest.approx(5 - t_with_two_degrees_of_freedom * standard_error, abs=1e-5)
    assert found.high == pytest.approx(5 + t_with_two_degrees_of_freedom * standard_error, abs=1e-5)
    assert (found.degrees_of_freedom, found.n) == (2, 3)


def test_missing_values_are_left_out_and_counted():
    found = cluster_mean_interval([1, math.nan, 3, math.nan], ["A", "A", "B", "C"])
    assert found.cluster_means == {"A": 1, "B": 3}  # C has nothing left
    assert (found.by_cluster.n, found.by_cluster.degrees_of_freedom, found.missing_count) == (2, 1, 2)


def test_one_district_has_a_mean_but_no_interval():
    found = cluster_mean_interval([1, 3], ["A", "A"]).by_cluster
    assert (found.value, found.low, found.high) == (2, None, None)
    assert found.reason is NoInterval.TOO_FEW_CLUSTERS


@pytest.mark.parametrize(
    ("values", "clusters"),
    [
        ([-5, -1, -4, -2], "AABB"),  # (-5 - 1) / 2 = (-4 - 2) / 2 = -3
        ([0.1, 0.2, 0.15, 0.15], "AABB"),  # equal but for the last bit: (0.1 + 0.2) / 2 is a little more than 0.15
        ([0, 0, 0], "ABC"),
    ],
)
def test_districts_that_agree_exactly_give_a_mean_and_no_interval_of_width_zero(values, clusters):
    found = cluster_mean_interval(values, list(clusters)).by_cluster
    assert found.value == pytest.approx(sum(values) / len(values))
    assert (found.low, found.high, found.standard_error) == (None, None, None)
    assert found.reason is NoInterval.NO_SPREAD


def test_children_who_all_score_the_same_are_not_known_without_doubt_either():
    assert cluster_mean_interval([4, 4, 4], ["A", "A", "A"]).naive.reason is NoInterval.NO_SPREAD


def test_no_values_no_mean():
    found = cluster_mean_interval([math.nan], ["A"])
    assert found.by_cluster.value is None
    assert found.by_cluster.reason is NoInterval.NO_DATA


@pytest.mark.parametrize(
    ("clusters", "message"), [(["A"], "2 values but 1 cluster labels"), (["A", None], "label is missing")]
)
def test_labels_must_fit_the_values(clusters, message):
    with pytest.raises(ValueError, match=message):
        cluster_mean_interval([1, 2], clusters)


@given(st.lists(st.tuples(numbers, st.sampled_from("ABCD")), min_size=1, max_size=30), numbers)
def test_shifting_and_turning_the_values_shifts_and_turns_the_interval(pairs, shift):
    values, clusters = np.array([value for value, _ in pairs]), [cluster for _, cluster in pairs]
    plain = cluster_mean_interval(values, clusters).by_cluster
    shifted = cluster_mean_interval(values + shift, clusters).by_cluster
    turned = cluster_mean_interval(-values, clusters).by_cluster
    assert shifted.value == pytest.approx(plain.value + shift, abs=1e-6)
    assert turned.value == pytest.approx(-plain.value, abs=1e-6)
    means = [np.mean([value for value, at in pairs if at == cluster]) for cluster in set(clusters)]
    assert plain.has_interval == (np.ptp(means) > 1e-9)  # numbers have three decimals: means are equal, or far from it
    if plain.has_interval:
        assert shifted.low == pytest.approx(plain.low + shift, abs=1e-6)
        assert turned.low == pytest.approx(-plain.high, abs=1e-6)


def test_smallest_detectable_difference_is_134_percent_of_half_the_interval_at_4_degrees_of_freedom():
    found = cluster_mean_interval([1, 2, 4, 3, 7], list("ABCDE")).by_cluster
    half = (found.high - found.low) / 2
    difference = smallest_detectable_difference(found.standard_error, found.degrees_of_freedom)
    assert difference / half == pytest.approx((2.776445 + 0.940965) / 2.776445, abs=1e-5)  # t.975 and t.80 at 4


def test_smallest_detectable_difference_with_many_districts_is_the_textbook_28():
    assert smallest_detectable_difference(1, 100_000) == pytest.approx(1.959964 + 0.841621, abs=1e-4)


@pytest.mark.parametrize(("error", "freedom", "power"), [(-1, 4, 0.8), (1, 0, 0.8), (1, 4, 1.0), (math.nan, 4, 0.8)])
def test_smallest_detectable_difference_refuses_nonsense(error, freedom, power):
    with pytest.raises(ValueError, match="needs a standard error"):
        smallest_detectable_difference(error, freedom, power=power)


def draw_changes(random, *, with_district_change):
    """(changes in SDQ points, districts) of children in 8 districts whose true mean change is 0.

    Districts (variance .03 x 5.4^2) and institutions (.04 x 5.4^2) differ in change; 3-8 institutions with
    4-25 children.
    """
    variance = 5.4**2
    changes, districts = [], []
    for district in range(8):
        district_change = random.normal(0, math.sqrt(0.03 * variance)) if with_district_change else 0.0
        for _ in range(random.integers(3, 9)):
            institution_change = random.normal(0, math.sqrt(0.04 * variance)) if with_district_change else 0.0
            children = int(np.clip(np.exp(random.normal(2.2, 0.5)), 4, 25))
            noise = random.normal(0, math.sqrt(2 * variance * (1 - 0.65)), children)
            changes.append(district_change + institution_change + noise)
            districts += [district] * children
    return np.concatenate(changes), districts


def coverage(*, with_district_change, repetitions, seed):
    random = np.random.default_rng(seed)
    hits = np.zeros(2)
    for _ in range(repetitions):
        found = cluster_mean_interval(*draw_changes(random, with_district_change=with_district_change))
        hits += [estimate.low <= 0 <= estimate.high for estimate in (found.by_cluster, found.naive)]
    return hits / repetitions


def test_district_interval_hits_the_truth_in_95_of_100_and_the_naive_one_in_about_70():
    by_cluster, naive = coverage(with_district_change=True, repetitions=2000, seed=20260930)
    assert 0.93 <= by_cluster <= 0.97
    assert 0.55 <= naive <= 0.80


def test_without_differences_between_districts_both_hit_the_truth():
    """The negative control: what makes the naive interval fail is the districts, not our arithmetic."""
    by_cluster, naive = coverage(with_district_change=False, repetitions=800, seed=7)
    assert 0.93 <= by_cluster <= 0.97
    assert 0.93 <= naive <= 0.97


def test_small_clusters_are_pooled_and_a_small_pool_takes_the_smallest_other():
    assert pool_small_clusters([*"AAAAA", "B", *"CCCC"]) == [*["A"] * 5, *[("B", "C")] * 5]
    # one child alone: with the smaller of the two others, "B" before "C" where they are as large
    assert pool_small_clusters([*"AAAAAAA", *"CCCCC", *"BBBBB", "D"]) == [*"AAAAAAA", *"CCCCC", *[("B", "D")] * 6]
    assert pool_small_clusters([*"AAA", "B"]) == [("A", "B")] * 4
    assert pool_small_clusters(["A", "A"]) == ["A", "A"], "one label has nobody to be pooled with"
    assert pool_small_clusters([]) == []


def test_one_child_of_a_district_does_not_weigh_as_much_as_all_of_another():
    """66 children change by -2, one in a district of its own by -12: -7 by district, with the one pooled (66 x -2 - 12) / 67."""
    changes, districts = [-2.0] * 66 + [-12.0], ["A"] * 66 + ["B"]
    assert cluster_mean_interval(changes, districts).by_cluster.value == -7
    pooled = cluster_mean_interval(changes, pool_small_clusters(districts)).by_cluster
    assert pooled.value == pytest.approx((66 * -2 - 12) / 67)
    assert pooled.reason is NoInterval.TOO_FEW_CLUSTERS


@given(st.lists(st.sampled_from("ABCDEFGH"), max_size=60), st.integers(1, 8), st.randoms())
def test_pooling_loses_nobody_and_leaves_no_small_cluster(labels, fewest, random):
    pooled = pool_small_clusters(labels, fewest)
    assert len(pooled) == len(labels)
    sizes = Counter(pooled)
    assert len(sizes) < 2 or min(sizes.values()) >= fewest
    for own, label in zip(labels, pooled, strict=True):
        assert label == own or own in label
    # those of one label stay together, and large ones stay alone unless a small pool needed one of them
    assert len(set(zip(labels, pooled, strict=True))) == len(set(labels))
    large = {label for label, size in Counter(labels).items() if size >= fewest}
    assert sum(own in large and own != label for own, label in set(zip(labels, pooled, strict=True))) <= 1
    if len(large) == len(set(labels)):
        assert pooled == labels
    order = list(range(len(labels)))
    random.shuffle(order)
    assert pool_small_clusters([labels[place] for place in order], fewest) == [pooled[place] for place in order]


def test_pooling_refuses_a_missing_label_and_no_size():
    with pytest.raises(ValueError, match="label is missing"):
        pool_small_clusters(["A", None])
    with pytest.raises(ValueError, match="at least 1"):
        pool_small_clusters(["A"], 0)
