"""Drop-out: drawn children by hand, an independent fit, and a loss whose cause is known."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from pipelines.measures.follow_up import (
    attrition_weights,
    followed_against_lost,
    lost_children_scenarios,
    tipping_point,
    weighted_change,
)
from pipelines.measures.intervals import NoInterval


def test_followed_against_lost_by_hand():
    """Followed 10 12 14 (mean 12, variance 4), lost 16 18 (mean 17, variance 2): -5 / sqrt((2 x 4 + 1 x 2) / 3)."""
    found = followed_against_lost([10, 12, 14, 16, 18, math.nan], [True, True, True, False, False, True])
    assert (found.followed_count, found.lost_count) == (3, 2)
    assert (found.followed_mean, found.lost_mean) == (12, 17)
    assert found.standardised_difference == pytest.approx(-5 / math.sqrt(10 / 3))
    assert found.follow_up_share == 3 / 5


def test_without_children_nothing_is_said():
    found = followed_against_lost([], [])
    assert (found.follow_up_share, found.standardised_difference, found.lost_mean) == (None, None, None)


def test_weights_of_two_groups_by_hand():
    """Of 4 boys 1 and of 4 girls 3 were followed: each boy stands for 4, each girl for 4/3; mean 1 after scaling."""
    is_boy = [1, 1, 1, 1, 0, 0, 0, 0]
    followed = [True, False, False, False, True, True, True, False]
    weights = attrition_weights(np.array(is_boy)[:, None], followed, truncate_at=(0, 1))
    assert weights[0] == pytest.approx(3 * weights[4])
    assert weights[[1, 2, 3, 7]].tolist() == [0, 0, 0, 0]
    assert weights[np.array(followed)].mean() == pytest.approx(1)


def test_weights_agree_with_another_fit():
    """The same logistic regression by scipy's optimiser."""
    rng = np.random.default_rng(8)
    covariates = rng.normal(size=(300, 3)) * [1, 5, 0.1] + [0, 20, 3]
    followed = rng.random(300) < 1 / (1 + np.exp(-(0.5 - 0.1 * (covariates[:, 1] - 20))))
    design = np.column_stack([np.ones(300), (covariates - [0, 20, 3]) / [1, 5, 0.1]])

    def minus_log_likelihood(beta):
        score = design @ beta
        return np.logaddexp(0, score).sum() - score[followed].sum()

    beta = minimize(minus_log_likelihood, np.zeros(4), method="BFGS", options={"gtol": 1e-9}).x
    probability = 1 / (1 + np.exp(-(design @ beta)))[followed]
    expected = (1 / probability) / (1 / probability).mean()
    found = attrition_weights(covariates, followed, truncate_at=(0, 1))[followed]
    assert found == pytest.approx(expected, rel=1e-5)


def test_weights_bring_back_what_loss_on_the_first_score_took_away():
    """Children with high scores fall more and are lost more: the plain mean change is too small, the weighted one is right."""
    rng = np.random.default_rng(4)
    first = rng.normal(16, 4, size=20_000)
    change = -3 - 0.4 * (first - 16) + rng.normal(0, 4, size=first.size)
    followed = rng.random(first.size) < 1 / (1 + np.exp(0.25 * (first - 16)))
    weights = attrition_weights(first[:, None], followed, truncate_at=(0, 1))
    labels = rng.integers(0, 8, size=first.size).tolist()
    assert change[followed].mean() > change.mean() + 0.5
    assert weighted_change(change, weights, labels).value == pytest.approx(change.mean(), abs=0.15)


def test_truncation_caps_the_largest_weights():
    first = np.append(np.zeros(200), 50.0)
    followed = np.append(np.arange(200) % 4 > 0, True)
    free = attrition_weights(first[:, None], followed, truncate_at=(0, 1))
    capped = attrition_weights(first[:, None], followed, truncate_at=(0.01, 0.99))
    assert np.ptp(capped[capped > 0]) <= np.ptp(free[free > 0])


def test_nobody_lost_gives_everybody_one():
    assert attrition_weights([[1.0], [2.0]], [True, True]).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("covariates", "followed", "message"),
    [
        ([[1.0], [2.0]], [True], "one row"),
        ([[1.0], [math.nan]], [True, False], "one row"),
        ([[1.0], [2.0]], [False, False], "nobody"),
        ([[1.0], [2.0], [3.0], [4.0]], [True, True, False, False], "told apart"),
    ],
)
def test_what_has_no_weights_is_refused(covariates, followed, message):
    with pytest.raises(ValueError, match=message):
        attrition_weights(covariates, followed)


def test_weighted_change_by_hand():
    """District A: (-4 x 3 - 0 x 1) / 4 = -3; B: -1; mean -2, standard error sqrt(2) / sqrt(2) = 1."""
    found = weighted_change([-4, 0, -1, 9, math.nan], [3, 1, 2, 0, 1], ["A", "A", "B", "B", "C"])
    assert found.value == pytest.approx(-2)
    assert found.standard_error == pytest.approx(1)
    assert (found.degrees_of_freedom, found.n) == (1, 3)


def test_districts_with_the_same_weighted_change_have_no_interval_of_width_zero():
    """District A: (-4 x 3 - 0 x 1) / 4 = -3, and B: -3."""
    found = weighted_change([-4, 0, -3], [3, 1, 2], ["A", "A", "B"])
    assert (found.value, found.low, found.reason) == (-3, None, NoInterval.NO_SPREAD)


def test_lost_children_by_hand():
    """Followed: 10 -> 8, 20 -> 14, 15 -> 11: change -2 -6 -4, slope -.4 a point. Lost: 25 -> expected -8.

    Mean of all (-2 - 6 - 4 - 8) / 4 = -5; each point worse adds 1/4; -4 is reached at 4 points worse.
    """
    first, second = [10, 20, 15, 25], [8, 14, 11, math.nan]
    found = lost_children_scenarios(first, second, worse_by_points=(0, 2))
    assert [scenario.mean_change for scenario in found] == pytest.approx([-5, -4.5])
    assert tipping_point(first, second, mean_change_that_changes_the_answer=-4) == pytest.approx(4)


def test_nobody_lost_has_no_tipping_point():
    assert tipping_point([1, 2, 3], [1, 1, 1], mean_change_that_changes_the_answer=0) is None


def test_too_few_followed_are_refused():
    with pytest.raises(ValueError, match="three children"):
        lost_children_scenarios([1, 2, 3], [1, 1, math.nan])
