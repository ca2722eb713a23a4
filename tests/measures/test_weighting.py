"""Weights that make arms alike: exact balance, a doubly robust difference with either model wrong, and by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from pipelines.measures.intervals import NoInterval
from pipelines.measures.weighting import (
    ArmsDoNotOverlapError,
    arm_probabilities,
    balance,
    doubly_robust_difference,
    effective_size,
    overlap_weights,
    standardised_differences,
)


def draw(seed, *, clusters=8, children=60, effect=2.0, curve=0.0):
    """Arms that differ in who their children are; outcome with a curve in the first covariate."""
    random = np.random.default_rng(seed)
    codes = np.repeat(np.arange(clusters), children)
    arm = codes < clusters / 2
    table = random.normal(0, 1, (codes.size, 2)) + 0.6 * arm[:, None]
    outcome = 3 * table[:, 0] - table[:, 1] + curve * table[:, 0] ** 2 + effect * arm + random.normal(0, 1, codes.size)
    return outcome, arm, table, codes.tolist()


def test_overlap_weights_make_every_covariate_exactly_alike():
    _, arm, table, _ = draw(1)
    table = np.column_stack([table, table[:, 0] * table[:, 1], np.full(arm.size, 5)])
    weights = overlap_weights(arm, table)
    found = balance(arm, table, weights)
    assert found.after == pytest.approx((0, 0, 0, None), abs=1e-10)
    assert min(found.before[:2]) > 0.4
    assert [weights[one].sum() for one in (arm, ~arm)] == pytest.approx([1, 1])
    assert found.effective_sizes == pytest.approx(
        tuple(1 / (weights[one] ** 2).sum() for one in (~arm, arm)), rel=1e-12
    )
    assert max(found.effective_sizes) < 240


def test_probabilities_of_two_groups_are_their_shares():
    # 1 of 4 without, 3 of 4 with the covariate: a saturated model gives the shares themselves
    arm, group = [1, 0, 0, 0, 1, 1, 1, 0], [0, 0, 0, 0, 1, 1, 1, 1]
    assert arm_probabilities(arm, group) == pytest.approx([1 / 4] * 4 + [3 / 4] * 4)
    # a child weighs as the other arm was possible for it: 3/4 and 3 x 1/4 in the treated arm
    assert overlap_weights(arm, group)[[0, 4]] == pytest.approx([(3 / 4) / (3 / 4 + 3 / 4), (1 / 4) / (3 / 4 + 3 / 4)])


def test_effective_size_by_hand():
    assert effective_size([1, 1, 1]) == pytest.approx(3)
    assert effective_size([2, 1, 1]) == pytest.approx(4**2 / (4 + 1 + 1))
    assert effective_size([]) == 0


def test_standardised_difference_by_hand():
    # means 3 and 1, variances 2 and 2; weighted 3 : 1 the treated mean is 2.5
    arm, values = [True, True, False, False], [2, 4, 0, 2]
    assert standardised_differences(arm, values) == pytest.approx(((3 - 1) / math.sqrt(2),))
    assert standardised_differences(arm, values, [3, 1, 1, 1]) == pytest.approx(((2.5 - 1) / math.sqrt(2),))


@pytest.mark.parametrize("curve", [0.0, 0.5])
def test_the_doubly_robust_difference_is_near_the_truth_also_where_the_outcome_model_is_wrong(curve):
    found = [doubly_robust_difference(*draw(seed, curve=curve)).difference.value for seed in range(12)]
    # 480 children and 12 draws: standard error about .04
    assert np.mean(found) == pytest.approx(2, abs=0.15)
    outcome, arm, *_ = draw(0, curve=curve)
    assert abs(outcome[arm].mean() - outcome[~arm].mean() - 2) > 0.5, "the plain difference is off"


def test_doubly_robust_interval_is_that_of_districts_sums():
    outcome, arm, table, codes = draw(3)
    found = doubly_robust_difference(outcome, arm, table, codes, limits=(0, 1)).difference
    probability, design = arm_probabilities(arm, table), np.column_stack([np.ones(arm.size), table])
    ours, others = (design @ np.linalg.lstsq(design[one], outcome[one], rcond=None)[0] for one in (arm, ~arm))
    parts = ours - others + arm * (outcome - ours) / probability - (1 - arm) * (outcome - others) / (1 - probability)
    sums = [sum(parts[np.array(codes) == one] - parts.mean()) for one in range(8)]
    error = math.sqrt(8 / 7 * sum(one**2 for one in sums)) / 480
    assert found.value == pytest.approx(parts.mean())
    assert found.high == pytest.approx(parts.mean() + stats.t.ppf(0.975, 8 - 2) * error)


def test_probabilities_outside_the_limits_are_counted():
    outcome, arm, table, codes = draw(4)
    found = doubly_robust_difference(outcome, arm, table, codes, limits=(0.4, 0.6))
    raw = arm_probabilities(arm, table)
    assert found.trimmed_share == pytest.approx(np.mean((raw < 0.4) | (raw > 0.6)))
    assert doubly_robust_difference(outcome, arm, table, codes).trimmed_share < 0.1


def test_two_districts_give_no_interval():
    found = doubly_robust_difference(*draw(5, clusters=2)).difference
    assert (found.low, found.reason) == (None, NoInterval.TOO_FEW_CLUSTERS)
    assert found.value == pytest.approx(2, abs=0.6)


@pytest.mark.parametrize(
    ("arm", "covariates", "error", "message"),
    [
        ([1, 1], [1, 2], ValueError, "no child"),
        ([1, 0], [1, math.nan], ValueError, "missing"),
        ([0, 0, 0, 1, 1, 1], [1, 2, 3, 4, 5, 6], ArmsDoNotOverlapError, "told apart completely"),
    ],
)
def test_arms_that_cannot_be_made_alike_are_refused(arm, covariates, error, message):
    with pytest.raises(error, match=message):
        overlap_weights(arm, covariates)
