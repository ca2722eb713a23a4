"""Regression with few districts: against an independent implementation, the formula written out, and by how often it is right."""

import math

import numpy as np
import pytest
from diff_diff import LinearRegression
from scipy import stats

from pipelines.measures.cluster_robust import WeightKind, ancova, clusters_with_own_level, fit_cluster_robust
from pipelines.measures.clusters import cluster_mean_interval
from pipelines.measures.follow_up import attrition_weights
from pipelines.measures.intervals import NoInterval


def draw(seed, *, clusters=8, size=12, covariates=2, treated=None):
    random = np.random.default_rng(seed)
    sizes = random.integers(3, 2 * size, clusters)
    codes = np.repeat(np.arange(clusters), sizes)
    is_treated = codes < (clusters // 2 if treated is None else treated)
    table = random.normal(8, 3, (codes.size, covariates)) + random.normal(0, 1, clusters)[codes][:, None]
    outcome = 2 + 0.6 * table.sum(axis=1) + random.normal(0, 1.5, clusters)[codes] + random.normal(0, 3, codes.size)
    return outcome, is_treated, codes, table, random.uniform(0.2, 4, codes.size)


def design_of(is_treated, table):
    return np.column_stack([np.ones(is_treated.size), is_treated, table])


@pytest.mark.parametrize("treated", [4, 2])
@pytest.mark.parametrize("covariates", [0, 1, 3])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_errors_and_degrees_of_freedom_are_those_of_diff_diff(treated, covariates, is_weighted):
    outcome, is_treated, codes, table, weights = draw(covariates, covariates=covariates, treated=treated)
    used = weights if is_weighted else None
    design = design_of(is_treated, table)
    ours = fit_cluster_robust(outcome, design, codes.tolist(), weights=used)
    theirs = LinearRegression(include_intercept=False, cluster_ids=codes, vcov_type="hc2_bm", weights=used)
    theirs.fit(design, outcome)
    for place in range(design.shape[1]):
        found, expected = ours.contrast(np.eye(design.shape[1])[place]), theirs.get_inference(place)
        assert found.estimate.value == pytest.approx(expected.coefficient, rel=1e-9)
        assert found.estimate.standard_error == pytest.approx(expected.se, rel=1e-9)
        assert found.degrees_of_freedom == pytest.approx(expected.df, rel=1e-9)


def test_rows_of_unequal_precision_are_an_unweighted_fit_of_scaled_rows():
    outcome, is_treated, codes, table, weights = draw(5)
    root = np.sqrt(weights)
    design = design_of(is_treated, table)
    ours = fit_cluster_robust(outcome, design, codes.tolist(), weights=weights, weight_kind=WeightKind.INVERSE_VARIANCE)
    theirs = LinearRegression(include_intercept=False, cluster_ids=codes, vcov_type="hc2_bm")
    theirs.fit(root[:, None] * design, root * outcome)
    found, expected = ours.contrast([0, 1, 0, 0]), theirs.get_inference(1)
    assert found.estimate.standard_error == pytest.approx(expected.se, rel=1e-9)
    assert found.degrees_of_freedom == pytest.approx(expected.df, rel=1e-9)


def written_out(outcome, design, codes, weights, contrast):
    """Standard error and degrees of freedom by the definition, with matrices of children x children."""
    weight = np.diag(weights)
    bread = np.linalg.inv(design.T @ weight @ design)
    maker = np.eye(len(outcome)) - design @ bread @ design.T @ weight
    residuals, meat, parts = maker @ outcome, 0, []
    for cluster in np.unique(codes):
        rows = codes == cluster
        values, vectors = np.linalg.eigh((maker @ maker.T)[np.ix_(rows, rows)])
        root = [value**-0.5 if value > 1e-10 else 0.0 for value in values]
        adjust = (vectors * root) @ vectors.T
        score = design[rows].T @ weight[np.ix_(rows, rows)] @ adjust
        meat = meat + np.outer(score @ residuals[rows], score @ residuals[rows])
        parts.append(maker[rows].T @ score.T @ bread @ contrast)
    crossed = np.array(parts) @ np.array(parts).T
    return math.sqrt(contrast @ bread @ meat @ bread @ contrast), np.trace(crossed) ** 2 / (crossed**2).sum()


@pytest.mark.parametrize("is_weighted", [False, True])
def test_any_contrast_by_the_definition_also_where_a_part_of_a_cluster_is_fitted_exactly(is_weighted):
    outcome, is_treated, codes, table, weights = draw(11, clusters=6, size=5)
    weights = weights if is_weighted else np.ones_like(weights)
    only_here = (codes == 2) * table[:, 0]  # a slope of its own takes a part of cluster 2's residuals out entirely
    design = design_of(is_treated, np.column_stack([table, only_here]))
    contrast = np.array([0, 1, 0.5, -1, 0])
    found = fit_cluster_robust(outcome, design, codes.tolist(), weights=weights).contrast(contrast)
    error, degrees = written_out(outcome, design, codes, weights, contrast)
    assert found.estimate.standard_error == pytest.approx(error, rel=1e-9)
    assert found.degrees_of_freedom == pytest.approx(degrees, rel=1e-9)


def test_a_mean_over_clusters_of_one_size_is_the_district_interval():
    values, districts = np.arange(12.0) ** 1.5, ["A", "B", "C", "D"] * 3
    fit = fit_cluster_robust(values, np.ones((12, 1)), districts)
    found, expected = fit.contrast([1]), cluster_mean_interval(values, districts).by_cluster
    assert found.degrees_of_freedom == pytest.approx(4 - 1)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((expected.low, expected.high))
    assert found.p_value is None, "three degrees of freedom"


def test_two_against_two_by_hand():
    found = ancova([4, 6, 1, 3], [True, True, False, False], "ABCD")
    error = math.sqrt(2 / 2 + 2 / 2)  # each arm: variance 2 over 2 districts
    assert found.difference.estimate.value == pytest.approx((4 + 6) / 2 - (1 + 3) / 2)
    assert found.difference.estimate.standard_error == pytest.approx(error)
    assert found.difference.degrees_of_freedom == pytest.approx(2)
    assert found.difference.estimate.high == pytest.approx(3 + 4.302653 * error, abs=1e-5)
    assert found.pooled_sd == pytest.approx(math.sqrt((2 + 2) / 2))
    # Hedges' factor at 2 degrees of freedom is sqrt(1 / pi) = 0.5642
    assert found.g.value == pytest.approx(3 / math.sqrt(2) / math.sqrt(math.pi))
    assert (found.child_counts, found.cluster_counts, found.missing_count) == ((2, 2), (2, 2), 0)


def test_g_is_over_the_spread_of_all_children_before_adjustment_not_over_what_covariates_leave():
    # effect 1.23; variance .6 told by the covariate, .3 between schools, .1 left: 1 in all. Over what the covariate leaves it would be
    # 1.23 / sqrt(.4) = 1.94, over a spread that holds the effect itself 1.23 / sqrt(1 + 1.23^2 / 4) = 1.05
    random = np.random.default_rng(12)
    codes = np.repeat(np.arange(200), 20)
    is_treated, covariate = codes % 2 == 0, random.normal(0, math.sqrt(0.6), codes.size)
    outcome = 1.23 * is_treated + covariate + random.normal(0, math.sqrt(0.3), 200)[codes]
    outcome += random.normal(0, math.sqrt(0.1), codes.size)
    found = ancova(outcome, is_treated, codes.tolist(), covariates=covariate).g
    assert found.value == pytest.approx(1.23, abs=4 * found.standard_error)
    assert found.standard_error < 0.09


def test_attrition_weights_bring_back_children_lost_for_what_was_measured():
    random = np.random.default_rng(2)
    codes = np.repeat(np.arange(8), 500)
    is_treated, first = codes < 4, random.normal(0, 1, codes.size)
    outcome = (2 + first) * is_treated + random.normal(
        0, 1, codes.size
    )  # the effect is 2 on average, and larger where first is
    is_followed = random.random(codes.size) < np.where(first > 0, 0.9, 0.3)
    measured = np.where(is_followed, outcome, np.nan)
    weights = attrition_weights((first > 0)[:, None], is_followed)
    plain, weighted = (
        ancova(measured, is_treated, codes.tolist(), weights=weight).difference.estimate for weight in (None, weights)
    )
    assert plain.value > 2.25
    assert weighted.value == pytest.approx(2, abs=0.15)


def test_swapping_arms_turns_the_sign_and_moving_scores_changes_nothing():
    outcome, is_treated, codes, table, weights = draw(3)
    one = ancova(outcome, is_treated, codes.tolist(), covariates=table, weights=weights)
    other = ancova(outcome + 7, ~is_treated, codes.tolist(), covariates=2 * table - 5, weights=weights)
    assert one.difference.estimate.low == pytest.approx(-other.difference.estimate.high)
    assert one.g.value == pytest.approx(-other.g.value)
    assert one.difference.degrees_of_freedom == pytest.approx(other.difference.degrees_of_freedom)
    assert one.difference.p_value == pytest.approx(other.difference.p_value)


def test_missing_children_and_those_of_no_weight_count_in_nothing():
    outcome, is_treated, codes, table, _ = draw(4)
    labels = codes.tolist()
    whole = ancova(outcome, is_treated, labels, covariates=table, spread_of=table[:, 0])
    weights = np.append(np.ones_like(outcome), [1, 1, 0])
    longer = ancova(
        np.append(outcome, [math.nan, 3, 99]),
        np.append(is_treated, [True, False, True]),
        [*labels, "new", 0, 0],
        covariates=np.vstack([table, [[1, 1], [math.nan, 1], [1, 1]]]),
        weights=weights,
        spread_of=np.append(table[:, 0], [1, 1, 1]),
    )
    assert longer.missing_count == 2
    assert longer.difference.estimate.low == pytest.approx(whole.difference.estimate.low)
    assert longer.g.value == pytest.approx(whole.g.value)
    assert longer.cluster_counts == whole.cluster_counts == (4, 4)


def test_one_district_in_an_arm_gives_a_value_and_no_interval():
    found = ancova([5, 7, 1, 2, 3, 4], [True, True, False, False, False, False], "AABBCC").difference
    assert found.estimate.value == pytest.approx(6 - 2.5)
    assert (found.estimate.low, found.estimate.reason) == (None, NoInterval.TOO_FEW_CLUSTERS)
    assert (found.degrees_of_freedom, found.p_value) == (None, None)


def test_an_arm_within_one_district_has_no_interval_even_if_others_of_it_are_in_the_other_arm():
    found = ancova([5, 7, 1, 2, 3, 4, 6], [True, True, False, False, False, False, False], "AAABBCC").difference
    assert found.estimate.reason is NoInterval.TOO_FEW_CLUSTERS


def test_as_many_columns_between_districts_as_districts_leave_no_interval():
    outcome, is_treated, codes, _, _ = draw(6, clusters=4)
    between = np.random.default_rng(1).normal(size=(4, 2))[codes]
    found = ancova(outcome, is_treated, codes.tolist(), covariates=between).difference
    assert found.estimate.reason is NoInterval.TOO_FEW_CLUSTERS
    assert clusters_with_own_level(design_of(is_treated, between), codes) == 4


def test_an_arm_without_children_and_hardly_any_children_give_no_value():
    assert ancova([1, 2, math.nan], [False, False, True], "ABC").difference.estimate.reason is NoInterval.NO_DATA
    few = ancova([1, 2, 3], [False, True, True], "ABC", covariates=[[1], [2], [4]])
    assert few.difference.estimate.reason is NoInterval.TOO_FEW_CHILDREN
    assert few.g.value is None


def test_districts_that_agree_have_no_interval():
    found = ancova([4, 4, 1, 1], [True, True, False, False], "ABCD")
    assert found.difference.estimate.reason is NoInterval.NO_SPREAD
    assert found.g.value is None


@pytest.mark.parametrize(
    ("outcome", "design", "clusters", "weights", "message"),
    [
        ([1, 2], [[1], [1]], "ABC", None, "shapes do not fit"),
        ([1, math.nan, 3], [[1], [1], [1]], "ABC", None, "missing"),
        ([1, 2, 3], [[1], [1], [1]], "ABC", [1, -1, 1], "negative"),
        ([1, 2, 3, 4], [[1, 2], [1, 2], [1, 2], [1, 2]], "ABCD", None, "depend on each other"),
        ([1, 2, 3], [[1], [1], [1]], "AAA", None, "two clusters"),
        ([1, 2, 3, 4, 5, 6], [[1, 1]] * 2 + [[1, 0]] * 4, "AABBCC", None, "level of a cluster"),
    ],
)
def test_what_cannot_be_fitted_is_refused(outcome, design, clusters, weights, message):
    with pytest.raises(ValueError, match=message):
        fit_cluster_robust(outcome, design, list(clusters), weights=weights)


def test_a_contrast_needs_one_weight_for_each_coefficient():
    fit = fit_cluster_robust([1.0, 2, 3], [[1], [1], [1]], "ABC")
    for wrong in ([1, 0], [0]):
        with pytest.raises(ValueError, match="needs 1 weights"):
            fit.contrast(wrong)


def test_with_eight_unequal_districts_the_interval_holds_its_level_where_the_naive_one_does_not():
    random, hits, naive = np.random.default_rng(20), 0, 0
    sizes = np.array([6, 10, 14, 40, 8, 12, 20, 30])
    codes = np.repeat(np.arange(8), sizes)
    is_treated, repetitions = codes < 4, 200
    for _ in range(repetitions):
        before = random.normal(0, 1, codes.size)
        outcome = 0.6 * before + random.normal(0, 0.35, 8)[codes] + random.normal(0, 0.8, codes.size)
        found = ancova(outcome, is_treated, codes.tolist(), covariates=before).difference.estimate
        hits += found.low <= 0 <= found.high
        design = design_of(is_treated, before[:, None])
        rest = outcome - design @ np.linalg.lstsq(design, outcome, rcond=None)[0]
        error = math.sqrt(rest @ rest / (rest.size - 3) * np.linalg.inv(design.T @ design)[1, 1])
        naive += abs(found.value) <= stats.t.ppf(0.975, rest.size - 3) * error
    # truth is 0; a true coverage of 95 to 98 per cent leaves these bounds in about 1 of 1,000 runs
    assert 0.895 <= hits / repetitions <= 0.995
    assert naive / repetitions < 0.80
