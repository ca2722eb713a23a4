"""Lost children drawn anew: Rubin's rules by hand, the draws against theory, and the point where the answer tips."""

import math

import numpy as np
import pytest
from scipy import stats

from pipelines.measures.cluster_robust import ancova
from pipelines.measures.intervals import NoInterval
from pipelines.measures.multiple_imputation import (
    Incomplete,
    impute_outcomes,
    imputed_difference,
    lost_worse_scenarios,
    pool,
    tipping_point_of_difference,
)


def draw(seed, *, clusters=8, children=30, lost=0.25, effect=0.0):
    """A quarter lost, those with a high first score more often."""
    random = np.random.default_rng(seed)
    codes = np.repeat(np.arange(clusters), children)
    arm, first = codes < clusters / 2, random.normal(15, 5, codes.size)
    outcome = 5 + 0.6 * first + effect * arm + random.normal(0, 1, clusters)[codes] + random.normal(0, 3, codes.size)
    is_lost = random.random(codes.size) < lost * (1 + (first - 15) / 15)
    return Incomplete(np.where(is_lost, np.nan, outcome), arm, codes.tolist(), first), outcome


def test_rubins_rules_by_hand():
    found = pool([1, 2, 3], [1, 1, 1], complete_degrees_of_freedom=6, n=50)
    between = (1 + 1 / 3) * 1  # the variance of 1, 2, 3 is 1
    share = between / (1 + between)
    old, observed = (3 - 1) / share**2, (6 + 1) / (6 + 3) * 6 * (1 - share)
    degrees = old * observed / (old + observed)
    assert found.estimate.value == pytest.approx(2)
    assert found.estimate.standard_error == pytest.approx(math.sqrt(7 / 3))
    assert found.missing_share == pytest.approx(4 / 7)
    assert found.degrees_of_freedom == pytest.approx(degrees)
    assert found.estimate.high == pytest.approx(2 + stats.t.ppf(0.975, degrees) * math.sqrt(7 / 3))
    assert found.degrees_of_freedom < 6


def test_values_that_agree_keep_nearly_the_degrees_of_complete_data():
    found = pool([2, 2, 2], [0.5, 0.5, 0.5], complete_degrees_of_freedom=30, n=50)
    assert (found.missing_share, found.estimate.standard_error) == (0, 0.5)
    assert found.degrees_of_freedom == pytest.approx(31 / 33 * 30)
    assert pool([2, 2], [0, 0], complete_degrees_of_freedom=3, n=9).estimate.reason is NoInterval.NO_SPREAD


@pytest.mark.parametrize(
    ("values", "errors", "degrees"), [([1], [1], 5), ([1, 2], [1], 5), ([1, 2], [1, 1], 0), ([1, 2], [1, 1], math.nan)]
)
def test_what_cannot_be_pooled_is_refused(values, errors, degrees):
    with pytest.raises(ValueError, match="needs two or more values"):
        pool(values, errors, complete_degrees_of_freedom=degrees, n=9)


def test_drawn_outcomes_have_the_mean_and_spread_that_regression_predicts():
    # one arm, one district, no covariate: a draw is t with n - 1 degrees of freedom, round the mean, SD sqrt(1 + 1/n) wide
    outcome = [1.0, 2, 5, math.nan]
    children = Incomplete(outcome, [True] * 4, ["A"] * 4, np.zeros((4, 1)))
    drawn = impute_outcomes(children, np.random.default_rng(1), times=4_000)
    assert (drawn[:, :3] == outcome[:3]).all()
    known = np.array(outcome[:3])
    scaled = (drawn[:, 3] - known.mean()) / (known.std(ddof=1) * math.sqrt(1 + 1 / 3))
    assert stats.kstest(scaled, stats.t(2).cdf).pvalue > 0.001


def test_a_lost_child_is_drawn_round_the_line_of_its_own_arm_and_district():
    # without noise the draws are the lines themselves: slope 2 in one arm, 3 in the other, districts 10 apart
    first, codes = np.tile([1.0, 2, 3, 4], 4), np.repeat([0, 1, 2, 3], 4)
    arm = codes < 2
    outcome = np.where(arm, 2, 3) * first + 10 * codes
    measured = outcome.copy()
    measured[[1, 15]] = math.nan
    drawn = impute_outcomes(Incomplete(measured, arm, codes.tolist(), first), np.random.default_rng(1), times=2)
    assert drawn == pytest.approx(np.tile(outcome, (2, 1)))


def test_where_nobody_of_a_district_or_too_few_of_an_arm_were_followed_nothing_is_drawn():
    outcome, districts = [1, 2, 4, 3, 5, math.nan, 4, 5, math.nan], list("AAABBCDDD")
    children = Incomplete(outcome, [True] * 6 + [False] * 3, districts, np.arange(9.0))
    drawn = impute_outcomes(children, np.random.default_rng(1), times=3)
    assert np.isnan(drawn[:, 5]).all(), "the only child of C"
    assert np.isnan(drawn[:, 8]).all(), "two followed children for a level and a slope"


def test_nobody_lost_is_the_comparison_itself():
    children, outcome = draw(1, lost=0)
    found = imputed_difference(children, np.random.default_rng(1), times=3)
    whole = ancova(outcome, children.is_treated, children.clusters, covariates=children.covariates).difference
    assert found.estimate.value == pytest.approx(whole.estimate.value)
    assert found.estimate.standard_error == pytest.approx(whole.estimate.standard_error)
    assert found.missing_share == pytest.approx(0)
    assert tipping_point_of_difference(children, 1, times=2) is None


def test_the_interval_holds_its_level_with_a_quarter_lost():
    hits = []
    for seed in range(40):
        estimate = imputed_difference(draw(seed)[0], np.random.default_rng(seed), times=5).estimate
        hits.append(estimate.low <= 0 <= estimate.high)
    assert np.mean(hits) >= 0.80  # a true 95 per cent is below in fewer than 1 of 1,000 runs


def test_the_lost_move_the_difference_by_their_share_and_tip_it():
    children, _ = draw(4, effect=-2.0)
    scenarios = lost_worse_scenarios(children, 7, worse_by=((0, 0), (0, 1), (0, 2), (3, 3)), times=4)
    # each imputed comparison has at most 8 districts - 2 degrees of freedom, and pooling never gives more
    assert all(0 < scenario.difference.degrees_of_freedom < 8 - 2 for scenario in scenarios)
    start, one, two, both = (scenario.difference.estimate.value for scenario in scenarios)
    lost = np.isnan(children.outcome)
    # adjusted for the first score, so not exactly the share lost in the treated arm
    assert one - start == pytest.approx(np.mean(lost[children.is_treated]), abs=0.05)
    assert two - start == pytest.approx(2 * (one - start))
    assert abs(both - start) < 3 * (one - start)
    tips = tipping_point_of_difference(children, 7, times=4)
    at = lost_worse_scenarios(children, 7, worse_by=((0, tips),), times=4)[0].difference.estimate.value
    assert at == pytest.approx(0, abs=1e-9)
    assert tips == pytest.approx(start / (start - one)), (
        "positive: fewer points than the comparison, so the lost did worse"
    )
    assert tipping_point_of_difference(children, 7, in_treated=False, times=4) < 0


def test_the_same_seed_gives_the_same_scenario():
    children, _ = draw(2)
    assert lost_worse_scenarios(children, 3, times=2) == lost_worse_scenarios(children, 3, times=2)


def test_one_district_in_an_arm_has_a_value_and_no_interval():
    children, _ = draw(5, clusters=2)
    found = imputed_difference(children, np.random.default_rng(1), times=2)
    assert (found.estimate.low, found.estimate.reason) == (None, NoInterval.TOO_FEW_CLUSTERS)
    assert found.estimate.value is not None


@pytest.mark.parametrize(
    ("children", "times", "message"),
    [
        (Incomplete([1, 2], [True], ["A", "B"], [1, 2]), 2, "lengths differ"),
        (Incomplete([1, 2], [True, False], ["A", "B"], [1, math.nan]), 2, "covariate is missing"),
        (Incomplete([1, 2], [True, False], ["A", "B"], [1, 2]), 0, "at least one"),
    ],
)
def test_what_cannot_be_imputed_is_refused(children, times, message):
    with pytest.raises(ValueError, match=message):
        impute_outcomes(children, np.random.default_rng(1), times=times)
