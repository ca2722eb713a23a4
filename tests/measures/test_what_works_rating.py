"""The Clearinghouse's arithmetic: worked values, a model of its boundary, and every way a rating can fail."""

import math

import numpy as np
import pytest
from scipy import stats

from pipelines.measures.what_works_rating import (
    LOSS_BOUNDARIES,
    Alikeness,
    LossBoundary,
    Rating,
    RatingReason,
    alikeness,
    correct_for_clusters,
    correct_for_clusters_in_one_arm,
    cox_index,
    hedges_g,
    improvement_index,
    is_loss_low,
    loss_limit,
    rate_study,
)


def test_worked_values_of_g_cox_and_improvement():
    assert hedges_g(6 - 5, 1, 1, treated=3, comparison=3) == pytest.approx(1 - 3 / (4 * 6 - 9))
    assert hedges_g(10.4 - 12, 5.5, 5.8, treated=120, comparison=118) == pytest.approx(-0.282249, abs=1e-6)
    assert cox_index(0.6, 0.5) == pytest.approx(0.2457, abs=5e-5)
    assert cox_index(0.5, 0.6) == pytest.approx(-cox_index(0.6, 0.5))
    assert cox_index(1, 0.5) is cox_index(0.5, 0) is None
    assert (improvement_index(0.25), improvement_index(0.05)) == pytest.approx((9.87, 1.99), abs=5e-3)


@pytest.mark.parametrize(
    ("icc", "t_statistic", "degrees", "p_value"), [(0.1, -1.265560, 202.604, 0.2071), (0.2, -0.976275, 140.371, 0.3306)]
)
def test_a_naive_p_of_three_per_cent_disappears_with_twelve_clusters(icc, t_statistic, degrees, p_value):
    g = hedges_g(10.4 - 12, 5.5, 5.8, treated=120, comparison=118)
    found = correct_for_clusters(g, treated=120, comparison=118, clusters=12, icc=icc)
    assert found.naive_p_value == pytest.approx(0.0313, abs=5e-5)
    assert found.t_statistic == pytest.approx(t_statistic, abs=2e-6)
    assert found.degrees_of_freedom == pytest.approx(degrees, abs=5e-4)
    assert found.p_value == pytest.approx(p_value, abs=5e-5)
    shrink = math.sqrt(1 - 2 * (238 / 12 - 1) * icc / 236)
    plain = g / (1 - 3 / (4 * 238 - 9))
    assert found.g == pytest.approx(plain * shrink * (1 - 3 / (4 * found.degrees_of_freedom - 1)))


def test_degrees_of_freedom_with_clusters_in_both_arms_and_in_one():
    both = correct_for_clusters(0.3, treated=50, comparison=50, clusters=20, icc=0.1)
    assert both.degrees_of_freedom == pytest.approx(94.4029, abs=5e-5)
    one = correct_for_clusters_in_one_arm(0.3, treated=60, comparison=40, treated_clusters=12, icc=0.1)
    assert one.degrees_of_freedom == pytest.approx(95.4, abs=0.05)


def test_without_likeness_in_clusters_nothing_is_corrected():
    both = correct_for_clusters(0.3, treated=50, comparison=60, clusters=11, icc=0)
    one = correct_for_clusters_in_one_arm(0.3, treated=50, comparison=60, treated_clusters=5, icc=0)
    for found in (both, one):
        assert found.degrees_of_freedom == pytest.approx(110 - 2)
        assert found.p_value == pytest.approx(found.naive_p_value)
        assert found.g == pytest.approx(0.3)


def test_one_arm_in_clusters_by_hand():
    found = correct_for_clusters_in_one_arm(0.4, treated=60, comparison=40, treated_clusters=12, icc=0.1)
    inflated, left = 1 + (5 * 40 / 100 - 1) * 0.1, 1 - (40 + 5 - 2) * 0.1 / 98
    naive = 0.4 / math.sqrt(100 / (60 * 40) + 0.4**2 / 200)
    assert found.t_statistic == pytest.approx(naive * math.sqrt(left / inflated))


def test_the_corrected_test_holds_its_level_where_the_naive_one_does_not():
    random, clusters, size, repetitions = np.random.default_rng(8), 12, 20, 400
    scores = random.normal(0, math.sqrt(0.1), (repetitions, clusters, 1)) + random.normal(
        0, math.sqrt(0.9), (repetitions, clusters, size)
    )
    arms = scores.reshape(repetitions, 2, -1)
    found = [
        correct_for_clusters(
            hedges_g(one.mean() - other.mean(), one.std(ddof=1), other.std(ddof=1), treated=120, comparison=120),
            treated=120,
            comparison=120,
            clusters=clusters,
        )
        for one, other in arms
    ]
    assert np.mean([one.p_value <= 0.05 for one in found]) <= 0.09
    assert np.mean([one.naive_p_value <= 0.05 for one in found]) >= 0.15


def lost(overall, apart, *, children=100_000, **kwargs):
    """Whether loss is low with equal arms, percentages given."""
    more, less = (round(children * (overall + half) / 100) for half in (apart / 2, -apart / 2))
    return is_loss_low(treated=children, treated_lost=more, comparison=children, comparison_lost=less, **kwargs)


def test_loss_on_both_sides_of_the_boundary():
    assert lost(10, 6.2)
    assert not lost(10, 6.4)
    assert lost(10, 10.8, boundary=LossBoundary.OPTIMISTIC)
    assert lost(13, 10.7, boundary=LossBoundary.OPTIMISTIC)
    assert lost(57, 0)
    assert not lost(58, 0)
    assert lost(65, 0.2, boundary=LossBoundary.OPTIMISTIC)
    assert not lost(65.5, 0, boundary=LossBoundary.OPTIMISTIC)


def test_between_two_percentages_the_stricter_decides():
    assert lost(19, 5.4), "5.5 at 19 per cent"
    assert not lost(19.5, 5.45), "5.4 at 20"
    assert not lost(3.5, 5.95), "5.9 at 3, 6.0 at 4"


def test_the_limit_of_loss_by_itself():
    assert loss_limit(0.1) == 6.3
    assert loss_limit(0.195) == 5.4, "5.5 at 19 per cent, 5.4 at 20"
    assert loss_limit(0.58) is None
    assert loss_limit(0.58, boundary=LossBoundary.OPTIMISTIC) == 1.9
    with pytest.raises(ValueError, match="between 0 and 1"):
        loss_limit(1.2)


@pytest.mark.parametrize(
    ("boundary", "of_treated", "of_comparison"),
    [(LossBoundary.CAUTIOUS, 0.4084, 0.3537), (LossBoundary.OPTIMISTIC, 0.2495, 0.2036)],
)
def test_boundary_is_that_of_a_model_in_which_loss_goes_with_the_outcome(boundary, of_treated, of_comparison):
    """At the boundary the worst bias is .05 SD: outcome and staying correlate differently in the two arms."""

    def bias(overall, apart):
        def shift(share):
            return stats.norm.pdf(stats.norm.ppf(1 - share)) / share

        treated, comparison = 1 - overall - apart / 2, 1 - overall + apart / 2
        return of_treated * shift(treated) - of_comparison * shift(comparison)

    table = LOSS_BOUNDARIES[boundary]
    assert len(table) == {LossBoundary.CAUTIOUS: 58, LossBoundary.OPTIMISTIC: 66}[boundary]
    for overall in range(8, len(table)):
        low, high = ((table[overall] + step) / 100 for step in (-0.15, 0.15))
        assert bias(overall / 100, max(low, 0)) <= 0.0508, overall
        assert bias(overall / 100, high) > 0.0492, overall


def test_bands_of_alikeness_hold_their_ends():
    assert [alikeness(size) for size in (-0.05, 0.051, -0.25, 0.251)] == [
        Alikeness.ALIKE,
        Alikeness.ALIKE_IF_ADJUSTED,
        Alikeness.ALIKE_IF_ADJUSTED,
        Alikeness.NOT_ALIKE,
    ]


GOOD = {
    "units_in_arms": (4, 4),
    "is_lottery": True,
    "has_low_loss": True,
    "baseline_differences": (0.12,),
    "is_adjusted": True,
}


@pytest.mark.parametrize(
    ("changes", "rating", "reasons"),
    [
        ({}, Rating.WITHOUT_RESERVATIONS, []),
        ({"baseline_differences": (), "is_adjusted": False}, Rating.WITHOUT_RESERVATIONS, []),
        ({"is_lottery": False}, Rating.WITH_RESERVATIONS, ["no_lottery"]),
        ({"has_low_loss": False}, Rating.WITH_RESERVATIONS, ["high_loss"]),
        ({"has_low_loss": None}, Rating.WITH_RESERVATIONS, ["loss_unknown"]),
        ({"is_lottery": False, "baseline_differences": (0.1, -0.3)}, Rating.DOES_NOT_MEET, ["not_alike", "no_lottery"]),
        ({"is_lottery": False, "is_adjusted": False}, Rating.DOES_NOT_MEET, ["not_adjusted", "no_lottery"]),
        (
            {"is_lottery": False, "is_adjusted": False, "baseline_differences": (0.04,)},
            Rating.WITH_RESERVATIONS,
            ["no_lottery"],
        ),
        (
            {"has_low_loss": False, "baseline_differences": ()},
            Rating.DOES_NOT_MEET,
            ["alikeness_unknown", "high_loss"],
        ),
        ({"units_in_arms": (1, 5)}, Rating.DOES_NOT_MEET, ["one_unit_in_an_arm"]),
        ({"units_in_arms": (1, 0)}, Rating.NOT_RATEABLE, ["no_comparison"]),
    ],
)
def test_the_rating_says_why_it_is_not_higher(changes, rating, reasons):
    found = rate_study(**{**GOOD, **changes})
    assert (found.rating, found.reasons) == (rating, tuple(RatingReason(reason) for reason in reasons))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: hedges_g(1, 0, 0, treated=3, comparison=3), "a spread"),
        (lambda: correct_for_clusters(0.3, treated=5, comparison=5, clusters=10), "more children than clusters"),
        (lambda: correct_for_clusters(0.3, treated=50, comparison=50, clusters=10, icc=1.5), "icc from 0 to 1"),
        (
            lambda: correct_for_clusters_in_one_arm(0.3, treated=50, comparison=50, treated_clusters=0),
            "one cluster of treated",
        ),
        (lambda: is_loss_low(treated=5, treated_lost=6, comparison=5, comparison_lost=0), "no more lost"),
    ],
)
def test_what_makes_no_sense_is_refused(ask, message):
    with pytest.raises(ValueError, match=message):
        ask()
