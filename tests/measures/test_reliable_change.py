"""Reliable change: published constants, drawn children, and what is expected without any help."""

import math

import numpy as np
import pytest

from pipelines.measures.reliable_change import ReliableChangeRule, clinical_change, expected_shares, reliable_change
from pipelines.measures.sdq import ExpectationLine, line_from_retest

PARENT_ALPHA = ReliableChangeRule(5.8, 0.82, "UK parents, alpha")
LINE = line_from_retest(population_mean=7.4, population_sd_points=5.8, retest_correlation=0.65)
BY_AGE = ExpectationLine(2.59, 0.65, 4.4, per_year_of_age=-0.5)


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


@pytest.mark.parametrize(("sd", "reliability"), [(2.5, 0.68), (2.0, 0.5), (5.0, 0.92)])
def test_a_limit_of_exactly_two_points_is_two_points_whatever_floats_make_of_it(sd, reliability):
    """sqrt(2) x SD x sqrt(1 - reliability) is exactly 2; for 2.5 and .68 arithmetic gives 1.9999999999999998."""
    rule = ReliableChangeRule(sd, reliability, "drawn", z=1.0)
    found = reliable_change([10, 10, 10, 10], [8, 12, 7, 13], ["A"] * 4, rule)
    assert rule.fewest_whole_points == 3
    assert (found.improved.value, found.unchanged.value, found.worsened.value) == (1 / 4, 2 / 4, 1 / 4)
    crossed = clinical_change([10, 10], [8, 7], rule, first_raised_from_points=10, second_raised_from_points=10)
    assert crossed.recovered_count == 1


def test_scores_that_always_come_back_the_same_are_expected_to():
    """Retest 1 is a line without spread: nobody changes, and by a line 8 points down everybody does."""
    same = line_from_retest(population_mean=7.4, population_sd_points=5.4, retest_correlation=1)
    assert expected_shares([10, 20, 30], PARENT_ALPHA, same) == (0, 0)
    assert expected_shares([10, 20, 30], PARENT_ALPHA, ExpectationLine(-8, 1, 0)) == (1, 0)
    assert expected_shares([10, 20, 30], PARENT_ALPHA, ExpectationLine(8, 1, 0)) == (0, 1)
    # the limit of whole points, 6.5, is where a child is as likely to be counted as not: as for a very small spread
    for spread in (0, 1e-9):
        assert expected_shares([10, 20], PARENT_ALPHA, ExpectationLine(-6.5, 1, spread)) == pytest.approx((0.5, 0))


def test_a_missing_label_is_refused_also_where_the_child_counts_in_nothing():
    with pytest.raises(ValueError, match="label is missing"):
        reliable_change([20, 20], [13, math.nan], ["A", None], PARENT_ALPHA)


def test_expected_shares_agree_with_drawing_children():
    """Whole scores drawn from the same normal model, 400,000 of them: within .003."""
    rng = np.random.default_rng(3)
    first = np.round(np.clip(rng.normal(16, 3, size=400_000), 8, 30))
    second = np.round(7.4 + 0.65 * (first - 7.4) + rng.normal(0, 5.8 * math.sqrt(1 - 0.65**2), size=first.size))
    improved, worsened = expected_shares(first, PARENT_ALPHA, LINE)
    assert improved == pytest.approx((second - first < -6.82).mean(), abs=0.003)
    assert worsened == pytest.approx((second - first > 6.82).mean(), abs=0.003)
    assert improved > 0.15 > 0.025, "far more than error alone"


def test_expectation_stands_beside_the_share():
    found = reliable_change(
        [20, 21, 22, 23], [10, 20, 22, math.nan], ["A", "A", "B", "B"], PARENT_ALPHA, expectation=LINE
    )
    expected = expected_shares([20, 21, 22], PARENT_ALPHA, LINE)
    assert (found.expected_improved_share, found.expected_worsened_share) == pytest.approx(expected)


def test_the_spread_of_the_line_decides_how_many_change_clearly_and_the_rule_only_what_is_clear():
    """One child at 20, expected 15.59: improved from 7 points down, so at 13 or less; (13.5 - 15.59) / spread."""
    for spread in (2.0, 5.0):
        line = ExpectationLine(2.59, 0.65, spread)
        below = 0.5 * math.erfc((15.59 - 13.5) / spread / math.sqrt(2))
        assert expected_shares([20], PARENT_ALPHA, line)[0] == pytest.approx(below)


def test_children_without_the_age_the_line_needs_are_not_in_what_is_expected():
    known = expected_shares([20], PARENT_ALPHA, BY_AGE, age_years=[8])
    assert known == pytest.approx(expected_shares([20], PARENT_ALPHA, ExpectationLine(2.59 - 4, 0.65, 4.4)))
    assert expected_shares([20, 30], PARENT_ALPHA, BY_AGE, age_years=[8, math.nan]) == pytest.approx(known)
    for ages, expected in (([8, math.nan], known), ([math.nan, math.nan], (None, None))):
        found = reliable_change([20, 30], [10, 30], ["A", "B"], PARENT_ALPHA, expectation=BY_AGE, age_years=ages)
        assert (found.expected_improved_share, found.expected_worsened_share) == expected
        assert found.improved.value == 1 / 2, "the child is still counted"


@pytest.mark.parametrize(
    ("line", "more", "said"),
    [
        (BY_AGE, {}, "the line needs age_years"),
        (BY_AGE, {"age_years": [math.nan, math.nan]}, "no child has the age and sex that the line needs"),
    ],
)
def test_an_expectation_that_cannot_be_computed_is_refused(line, more, said):
    with pytest.raises(ValueError, match=said):
        expected_shares([1, 2], PARENT_ALPHA, line, **more)


@pytest.mark.parametrize("values", [(0, 0.8, 1.96), (5, 1.1, 1.96), (5, 0.8, 0)])
def test_impossible_rules_are_refused(values):
    with pytest.raises(ValueError, match="spread above 0"):
        ReliableChangeRule(values[0], values[1], "drawn", z=values[2])


def test_clinical_change_needs_both_the_limit_crossed_and_a_reliable_change():
    """Raised from 17 points. 20->10 recovers; 18->16 crosses but is not reliable; 30->20 is reliable but stays; 8->18 deteriorates."""
    found = clinical_change(
        [20, 18, 30, 8, 20],
        [10, 16, 20, 18, math.nan],
        PARENT_ALPHA,
        first_raised_from_points=17,
        second_raised_from_points=17,
    )
    assert (found.recovered_count, found.deteriorated_count) == (1, 1)
    assert (found.started_raised_count, found.started_below_count) == (3, 1)


def test_limits_may_differ_from_child_to_child():
    found = clinical_change(
        [13, 13], [5, 5], PARENT_ALPHA, first_raised_from_points=[12, 14], second_raised_from_points=[12, 14]
    )
    assert found.recovered_count == 1


def test_each_form_has_its_own_limit_and_a_form_without_one_crosses_none():
    """21 -> 12: with the limits 17 then 11 the child is still raised; 17 then 17 recovers; without a limit nothing is known."""
    limits = {"first_raised_from_points": [17, 17, 17, math.nan], "second_raised_from_points": [11, 17, math.nan, 17]}
    found = clinical_change([21] * 4, [12] * 4, PARENT_ALPHA, **limits)
    assert (found.recovered_count, found.deteriorated_count) == (1, 0)
    assert (found.started_raised_count, found.started_below_count) == (2, 0)
