"""How many would lie in a band without help: by hand, by simulation under the line, and where nothing can be expected."""

import math

import numpy as np
import pytest

from pipelines.measures.expected_counts import HIGHEST_TOTAL_POINTS, expected_count, second_score_probabilities
from pipelines.measures.reliable_change import ReliableChangeRule, expected_shares
from pipelines.measures.sdq import ExpectationLine, line_from_retest

LINE = ExpectationLine(intercept_points=2, per_first_point=0.5, residual_sd_points=4)
SCORES = np.arange(HIGHEST_TOTAL_POINTS + 1)


def normal(z: float) -> float:
    """The normal distribution function, from another library than the one under test."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def scores_between(children: int, low: int, high: int) -> np.ndarray:
    return np.tile((low <= SCORES) & (high >= SCORES), (children, 1))


def test_a_whole_score_has_half_a_point_to_either_side_and_the_ends_hold_what_lies_beyond() -> None:
    (of_16,) = second_score_probabilities([16], LINE)  # 2 + .5 x 16 = 10
    assert of_16.shape == (41,)
    assert of_16[10] == pytest.approx(normal(0.5 / 4) - normal(-0.5 / 4))
    assert of_16[0] == pytest.approx(normal((0.5 - 10) / 4))
    assert of_16[40] == pytest.approx(1 - normal((39.5 - 10) / 4), abs=1e-12)
    assert of_16.sum() == pytest.approx(1)


def test_the_count_is_the_sum_of_the_childrens_own_probabilities() -> None:
    """Expected 10 and 12: at 13 or less with normal((13.5 - 10) / 4) and normal((13.5 - 12) / 4)."""
    probabilities = second_score_probabilities([16, 20], LINE)
    low = expected_count(probabilities, scores_between(2, 0, 13))
    assert low == pytest.approx(normal(3.5 / 4) + normal(1.5 / 4))
    high = expected_count(probabilities, scores_between(2, 14, 40))
    assert low is not None
    assert high == pytest.approx(2 - low)


def test_limits_may_differ_from_child_to_child() -> None:
    probabilities = second_score_probabilities([16, 16], LINE)
    own_limits = np.vstack([SCORES < 10, SCORES < 14])
    assert expected_count(probabilities, own_limits) == pytest.approx(normal(-0.5 / 4) + normal(3.5 / 4))


def test_under_the_line_without_effect_the_expected_is_what_is_observed_on_average() -> None:
    """200 groups of 80 children chosen for high scores; the mean count per band within four standard errors of the expected."""
    rng = np.random.default_rng(11)
    line = line_from_retest(population_mean=7.4, population_sd_points=5.4, retest_correlation=0.65)
    first = np.clip(rng.normal(17, 3, 80).round(), 0, 40)
    drawn = line.intercept_points + line.per_first_point * first + rng.normal(0, line.residual_sd_points, (200, 80))
    second = np.clip(np.floor(drawn + 0.5), 0, 40)
    probabilities = second_score_probabilities(first, line)
    for low, high in ((0, 13), (14, 16), (17, 40)):
        observed = ((second >= low) & (second <= high)).sum(axis=1)
        expected = expected_count(probabilities, scores_between(80, low, high))
        assert expected == pytest.approx(observed.mean(), abs=4 * observed.std() / math.sqrt(200))
    # the very point: most of those who began in the highest band are not expected to stay there
    began, stay = (first >= 17).sum(), expected_count(probabilities, scores_between(80, 17, 40))
    assert stay is not None
    assert stay < 0.5 * began


def test_a_reliable_fall_is_expected_as_often_as_the_measure_of_reliable_change_says() -> None:
    """Two roads to one share; away from the ends of the scale, which the other does not know."""
    rule = ReliableChangeRule(5.8, 0.82, "test")
    first = np.array([18.0, 19, 20, 22, 25])
    falls = rule.is_fall(SCORES[np.newaxis, :] - first[:, np.newaxis])
    count = expected_count(second_score_probabilities(first, LINE), falls)
    assert count == pytest.approx(5 * expected_shares(first, rule, LINE)[0], abs=1e-6)


def test_without_spread_every_child_lands_on_the_line() -> None:
    line = ExpectationLine(intercept_points=2, per_first_point=0.5, residual_sd_points=0)
    of_16, of_17, of_0 = second_score_probabilities([16, 17, 0], line)
    assert of_16[10] == 1
    assert (of_17[10], of_17[11]) == (0.5, 0.5)  # 10.5 lies midway
    assert of_0[2] == 1


def test_a_child_without_what_the_line_needs_is_expected_to_do_as_the_others() -> None:
    line = ExpectationLine(intercept_points=2, per_first_point=0.5, residual_sd_points=4, boy_points=1)
    probabilities = second_score_probabilities([16, 16, 20], line, is_boy=[1, 0, math.nan])
    assert np.isnan(probabilities[2]).all()
    count = expected_count(probabilities, scores_between(3, 0, 10))
    assert count == pytest.approx(3 * (normal((10.5 - 11) / 4) + normal((10.5 - 10) / 4)) / 2)
    assert expected_count(probabilities, scores_between(3, 0, 40)) == pytest.approx(3)


def test_where_nobody_is_known_nothing_is_expected() -> None:
    assert expected_count(second_score_probabilities([math.nan], LINE), scores_between(1, 0, 40)) is None
    assert expected_count(np.empty((0, 41)), np.empty((0, 41), dtype=bool)) is None


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        expected_count(second_score_probabilities([16], LINE), scores_between(2, 0, 40))
    with pytest.raises(ValueError, match="highest_points"):
        second_score_probabilities([16], LINE, highest_points=0)
    with pytest.raises(ValueError, match="the line needs age_years"):
        second_score_probabilities([16], ExpectationLine(2, 0.5, 4, per_year_of_age=0.1))
