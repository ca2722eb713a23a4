"""The wild cluster bootstrap: against refitting the model for every way to turn the signs, and where it can never reject."""

import math
from itertools import product

import numpy as np
import pytest

from pipelines.measures.intervals import NoInterval
from pipelines.measures.wild_bootstrap import wild_bootstrap_interval, wild_cluster_bootstrap


def draw(seed, *, clusters=6, treated=3, children=8, effect=0.0):
    random = np.random.default_rng(seed)
    codes = np.repeat(np.arange(clusters), random.integers(3, 2 * children, clusters))
    is_treated = codes < treated
    before = random.normal(8, 3, codes.size)
    outcome = (
        0.5 * before + effect * is_treated + random.normal(0, 2, clusters)[codes] + random.normal(0, 3, codes.size)
    )
    return outcome, np.column_stack([np.ones(codes.size), is_treated, before]), codes


def t_value(outcome, design, codes, null_value=0.0):
    """Of the second column, with the usual cluster-robust error (CR1)."""
    bread = np.linalg.inv(design.T @ design)
    coefficients = bread @ design.T @ outcome
    scores = np.array(
        [design[codes == one].T @ (outcome - design @ coefficients)[codes == one] for one in np.unique(codes)]
    )
    (rows, columns), clusters = design.shape, len(scores)
    factor = clusters / (clusters - 1) * (rows - 1) / (rows - columns)
    return (coefficients[1] - null_value) / math.sqrt(factor * (bread @ scores.T @ scores @ bread)[1, 1])


def refitted(outcome, design, codes, null_value):
    """(t of the real data, p value) with the model fitted anew for each of the 2^clusters sign changes."""
    others, tested = np.delete(design, 1, axis=1), design[:, 1]
    under_null = others @ np.linalg.lstsq(others, outcome - null_value * tested, rcond=None)[0] + null_value * tested
    residuals = outcome - under_null
    real = t_value(outcome, design, codes, null_value)
    as_extreme = [
        abs(t_value(under_null + np.array(signs)[codes] * residuals, design, codes, null_value))
        >= abs(real) * (1 - 1e-9)
        for signs in product([-1, 1], repeat=codes.max() + 1)
    ]
    return real, sum(as_extreme) / len(as_extreme)


@pytest.mark.parametrize(
    ("clusters", "treated", "effect", "null_value"),
    [(4, 2, 9, 0), (5, 2, 0, 0), (6, 3, 4, 0), (7, 2, 4, 0), (6, 3, 4, 5)],
)
def test_p_is_that_of_refitting_the_model_for_every_way_to_turn_the_signs(clusters, treated, effect, null_value):
    outcome, design, codes = draw(clusters, clusters=clusters, treated=treated, effect=effect)
    found = wild_cluster_bootstrap(outcome, design, codes.tolist(), coefficient=1, null_value=null_value)
    real, p_value = refitted(outcome, design, codes, null_value)
    assert found.t_statistic == pytest.approx(real, rel=1e-9)
    assert found.p_value == p_value
    assert (found.draw_count, found.is_exact) == (2**clusters, True)
    assert found.coefficient == pytest.approx(np.linalg.lstsq(design, outcome, rcond=None)[0][1])


def test_sampling_weights_weigh_a_child_as_often_as_the_weight_says():
    outcome, design, codes = draw(3)
    times = np.random.default_rng(9).integers(0, 4, codes.size)
    found = wild_cluster_bootstrap(outcome, design, codes.tolist(), coefficient=1, weights=times)
    repeated = [np.repeat(part, times, axis=0) for part in (outcome, design, codes)]
    expected = wild_cluster_bootstrap(*repeated[:2], repeated[2].tolist(), coefficient=1)
    assert found.p_value == expected.p_value
    assert found.coefficient == pytest.approx(expected.coefficient)


@pytest.mark.parametrize(("clusters", "treated", "level"), [(8, 4, 0.95), (7, 3, 0.90), (12, 5, 0.95)])
def test_interval_ends_where_the_test_begins_to_reject(clusters, treated, level):
    outcome, design, codes = draw(clusters, clusters=clusters, treated=treated, effect=3)
    labels = codes.tolist()
    found = wild_bootstrap_interval(outcome, design, labels, coefficient=1, level=level)
    p_value = {
        end: wild_cluster_bootstrap(outcome, design, labels, coefficient=1, null_value=end).p_value
        for end in (found.low - 1e-4, found.low + 1e-4, found.value, found.high - 1e-4, found.high + 1e-4)
    }
    assert [p > 1 - level for p in p_value.values()] == [False, True, True, True, False]
    assert found.value == pytest.approx(np.linalg.lstsq(design, outcome, rcond=None)[0][1])
    assert found.n == codes.size


def test_no_interval_where_nothing_can_be_rejected():
    outcome, design, codes = draw(5, clusters=5, treated=2)
    found = wild_bootstrap_interval(outcome, design, codes.tolist(), coefficient=1)
    assert (found.low, found.reason) == (None, NoInterval.TOO_FEW_CLUSTERS), "1/16 is the smallest p"
    flat = wild_bootstrap_interval([1, 1, 3, 3], [[1, 0], [1, 0], [1, 1], [1, 1]], "ABCD", coefficient=1)
    assert (flat.value, flat.reason) == (pytest.approx(2), NoInterval.NO_SPREAD)
    outcome, design, codes = draw(5, clusters=13, treated=2)
    with pytest.raises(ValueError, match="13 clusters"):
        wild_bootstrap_interval(outcome, design, codes.tolist(), coefficient=1)


def test_four_districts_never_reject_however_large_the_effect():
    p_values = [
        wild_cluster_bootstrap(outcome, design, codes.tolist(), coefficient=1).p_value
        for outcome, design, codes in (draw(seed, clusters=4, treated=2, effect=40 * (seed % 2)) for seed in range(60))
    ]
    assert min(p_values) == 1 / 8, "the real signs and their mirror are 2 of 16"


def test_six_districts_reject_a_true_null_no_more_often_than_they_should():
    rejected = [
        wild_cluster_bootstrap(outcome, design, codes.tolist(), coefficient=1).p_value <= 0.05
        for outcome, design, codes in (draw(seed) for seed in range(400))
    ]
    assert 0 < np.mean(rejected) <= 0.095  # a true 5 per cent is above 9.5 in 1 of 1,000 runs


def test_no_difference_anywhere_is_certain():
    found = wild_cluster_bootstrap([1, 2, 1, 2], [[1, 0], [1, 0], [1, 1], [1, 1]], "ABCD", coefficient=1)
    assert (found.coefficient, found.p_value) == (pytest.approx(0), 1)


def test_above_twelve_districts_signs_are_drawn_and_the_real_ones_counted():
    outcome, design, codes = draw(8, clusters=13, treated=6, children=3, effect=60)
    found = wild_cluster_bootstrap(
        outcome, design, codes.tolist(), coefficient=1, generator=np.random.default_rng(1), draws=9_999
    )
    assert (found.draw_count, found.is_exact, found.smallest_p_value) == (9_999, False, 1 / 10_000)
    # the real signs and their mirror are 2 of 8,192; of 9,999 draws some 2.4 are expected there, and more than 12 hardly ever
    assert 1 / 10_000 <= found.p_value <= 13 / 10_000
    same = wild_cluster_bootstrap(
        outcome, design, codes.tolist(), coefficient=1, generator=np.random.default_rng(1), draws=9_999
    )
    assert same == found
    once = wild_cluster_bootstrap(
        outcome, design, codes.tolist(), coefficient=1, generator=np.random.default_rng(1), draws=1
    )
    assert once.p_value == 1 / 2, "the one draw is less extreme, the real signs count"


def test_draws_come_close_to_trying_all_ways():
    outcome, design, codes = draw(2, clusters=13, treated=6, children=4, effect=1.5)
    found = wild_cluster_bootstrap(
        outcome, design, codes.tolist(), coefficient=1, generator=np.random.default_rng(2), draws=20_000
    )
    # four standard errors of a share of 20,000 draws, at its largest
    assert found.p_value == pytest.approx(refitted_by_sums(outcome, design, codes), abs=4 * math.sqrt(0.25 / 20_000))


def refitted_by_sums(outcome, design, codes):
    """All 2^13 ways at once: the model refitted by its projection, children x draws."""
    signs = np.array(list(product([-1, 1], repeat=int(codes.max()) + 1)), dtype=float)
    others = np.delete(design, 1, axis=1)
    residuals = outcome - others @ np.linalg.lstsq(others, outcome, rcond=None)[0]
    drawn = signs[:, codes] * residuals
    coefficients = drawn @ design @ np.linalg.inv(design.T @ design)
    left = drawn - coefficients @ design.T
    tested = design[:, 1] - others @ np.linalg.lstsq(others, design[:, 1], rcond=None)[0]
    scores = np.add.reduceat(left * tested, np.flatnonzero(np.diff(codes, prepend=-1)), axis=1)
    t_values = np.abs(coefficients[:, 1]) / np.sqrt((scores**2).sum(axis=1))
    return np.mean(t_values >= t_values[-1] * (1 - 1e-9))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clusters": list("AAAAAA")}, "two clusters"),
        ({"coefficient": 2}, "none of number 2"),
        ({"design": [[1, 1]] * 6}, "depend on each other"),
        ({"weights": [-1, 1, 1, 1, 1, 1]}, "negative"),
        ({"outcome": [math.nan] * 6}, "missing"),
    ],
)
def test_what_cannot_be_tested_is_refused(changes, message):
    given = {
        "outcome": [1, 2, 3, 4, 5, 7],
        "design": [[1, 0]] * 3 + [[1, 1]] * 3,
        "clusters": list("ABCDEF"),
        "coefficient": 1,
    }
    with pytest.raises(ValueError, match=message):
        wild_cluster_bootstrap(**{**given, **changes})


def test_more_than_twelve_districts_need_a_generator():
    outcome, design, codes = draw(1, clusters=13)
    with pytest.raises(ValueError, match="13 clusters are drawn from: needs a seeded generator"):
        wild_cluster_bootstrap(outcome, design, codes.tolist(), coefficient=1)
