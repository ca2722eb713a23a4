"""Reliable change: published constants, drawn children, and what is expected without any help."""

import math

import numpy as np
import pytest

from pipelines.measures.reliable_change import ReliableChangeRule, clinical_change, expected_shares, reliable_change

PARENT_ALPHA = ReliableChangeRule(5.8, 0.82, "UK parents, alpha")


def test_published_worked_example():
    """PMC8944273, table 1: alpha .79 and SD 7.30 give 3.35, 4.73 and 9.27."""
    rule = ReliableChangeRule(7.30, 0.79, "PMC8944273 table 1")
    assert round(rule.measurement_error_points, 2) == 3.35
    assert round(rule.difference_error_points, 2) == 4.73
    assert round(rule.limit_points, 2) == 9.27


@pytest.mark.parametrize(
    ("sd", "reliability", "fewest"),
    [(5.8, 0.82, 7), (5.8, 0.72, 9), (6.0, 0.87, 6), (6.0, 0.80, 8), (5.2, 0.80, 7), (5.2, 0.62, 9)],
)
def test_whole_points_as_computed_from_the_published_inputs(sd, reliability, fewest):
    """UK norms by informant, alpha and retest (facts on the SDQ, section 4). The teacher's limit is 5.996: compared unrounded."""
    assert ReliableChangeRule(sd, reliability, "UK").fewest_whole_points == fewest


def test_drawn_children():
    # limit 6.82: -7 is improved, -6 is not, +7 is worsened
    first = [20, 20, 20, 10, 20]
    second = [13, 14, 20, 17, math.nan]
    found = reliable_change(first, second, ["A", "A", "B", "B", "B"], PARENT_ALPHA)
    assert found.improved.value == 1 / 4
    assert found.unchanged.value == 2 / 4
    assert found.worsened.value == 1 / 4
    assert found.improved_by_district.value == (1 / 2 + 0) / 2
    assert found.missing_count == 1
    assert found.error_share == pytest.approx(0.025, abs=1e-5)
    assert found.expected_improved_share is None


def test_a_change_just_at_the_limit_is_not_reliable():
    """A rule whose limit is exactly 2 points: SD 2, reliability .5, z 1: 1 x sqrt(2) x 2 x sqrt(.5) = 2."""
    rule = ReliableChangeRule(2.0, 0.5, "drawn", z=1.0)
    found = reliable_change([10, 10], [8, 7.99], ["A", "A"], rule)
    assert rule.limit_points == pytest.approx(2.0)
    assert found.improved.value == 0.5


def test_expected_shares_agree_with_drawing_children():
    """Whole scores drawn from the same normal model, 400,000 of them: within .003."""
    rng = np.random.default_rng(3)
    first = np.round(np.clip(rng.normal(16, 3, size=400_000), 8, 30))
    second = np.round(7.4 + 0.65 * (first - 7.4) + rng.normal(0, 5.8 * math.sqrt(1 - 0.65**2), size=first.size))
    improved, worsened = expected_shares(first, PARENT_ALPHA, population_mean=7.4, retest_correlation=0.65)
    assert improved == pytest.approx((second - first < -6.82).mean(), abs=0.003)
    assert worsened == pytest.approx((second - first > 6.82).mean(), abs=0.003)
    assert improved > 0.15 > 0.025, "far more than error alone"


def test_expectation_stands_beside_the_share():
    found = reliable_change(
        [20, 21, 22], [10, 20, 22], ["A", "A", "B"], PARENT_ALPHA, population_mean=7.4, retest_correlation=0.65
    )
    assert found.expected_improved_share == pytest.approx(
        expected_shares([20, 21, 22], PARENT_ALPHA, population_mean=7.4, retest_correlation=0.65)[0]
    )


def test_half_an_expectation_is_refused():
    with pytest.raises(ValueError, match="both"):
        reliable_change([1, 2], [1, 2], ["A", "B"], PARENT_ALPHA, population_mean=7.4)


@pytest.mark.parametrize("values", [(0, 0.8, 1.96), (5, 1.1, 1.96), (5, 0.8, 0)])
def test_impossible_rules_are_refused(values):
    with pytest.raises(ValueError, match="spread above 0"):
        ReliableChangeRule(values[0], values[1], "drawn", z=values[2])


def test_clinical_change_needs_both_the_limit_crossed_and_a_reliable_change():
    """Raised from 17 points. 20->10 recovers; 18->16 crosses but is not reliable; 30->20 is reliable but stays; 8->18 deteriorates."""
    found = clinical_change([20, 18, 30, 8, 20], [10, 16, 20, 18, math.nan], PARENT_ALPHA, raised_from_points=17)
    assert (found.recovered_count, found.deteriorated_count) == (1, 1)
    assert (found.started_raised_count, found.started_below_count) == (3, 1)


def test_limits_may_differ_from_child_to_child():
    found = clinical_change([13, 13], [5, 5], PARENT_ALPHA, raised_from_points=[12, 14])
    assert found.recovered_count == 1
