"""The acceptance rule: drawn tables of counts and what becomes of them, and properties of the intervals."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from pipelines.prove.acceptance import (
    LIMITS,
    MUST_HOLD,
    SHOWN,
    Check,
    Criterion,
    Expectation,
    Kind,
    check_bias,
    check_share,
    check_standard_error_ratio,
    clopper_pearson,
    differ,
    failed_criteria,
    is_as_expected,
    must_fail,
    shares_differ,
)

counts = st.integers(1, 2000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@pytest.mark.parametrize(
    ("hits", "total", "low", "high", "is_held"),
    [
        (950, 1000, 0.923, 0.970, True),
        (930, 1000, 0.900, 0.954, True),  # the interval touches 93-97 %
        (900, 1000, 0.865, 0.929, False),  # it ends just below 93 %
        (902, 1000, 0.867, 0.930, True),
        (985, 1000, 0.968, 0.995, True),
        (990, 1000, 0.975, 0.997, False),  # too careful is wrong too
        (690, 1000, 0.640, 0.737, False),  # children taken as independent
        (9, 10, 0.347, 1.000, True),  # ten repetitions decide nothing
    ],
)
def test_coverage_fails_only_when_its_whole_interval_lies_outside(hits, total, low, high, is_held):
    check = check_share(hits, total, LIMITS.coverage)
    assert (round(check.low, 3), round(check.high, 3), check.is_held) == (low, high, is_held)
    assert check.value == hits / total


@pytest.mark.parametrize(
    ("rejections", "total", "is_held", "is_inside"),
    [
        (500, 10_000, True, True),  # 0.043 to 0.058: all of it inside
        (50, 1000, True, False),  # 0.030 to 0.077 reaches over the edge: not yet decided
        (20, 1000, True, False),
        (5, 1000, False, False),
        (280, 1000, False, False),
    ],
)
def test_type_one_error_is_held_against_three_to_seven_in_a_hundred(rejections, total, is_held, is_inside):
    check = check_share(rejections, total, LIMITS.type_one_error)
    assert (check.is_held, check.is_inside) == (is_held, is_inside)


@given(counts)
def test_the_interval_is_what_an_exact_test_would_not_reject(count):
    """At each end, the count or a more extreme one has probability (1 - .999) / 2."""
    hits, total = count
    low, high = clopper_pearson(hits, total, confidence=0.999)
    assert 0 <= low <= hits / total <= high <= 1
    if hits > 0:
        assert stats.binom.sf(hits - 1, total, low) == pytest.approx(0.0005, rel=1e-4)
    if hits < total:
        assert stats.binom.cdf(hits, total, high) == pytest.approx(0.0005, rel=1e-4)


@pytest.mark.parametrize("count", [(1, 0), (-1, 10), (11, 10)])
def test_counts_that_cannot_be_are_refused(count):
    with pytest.raises(ValueError, match="one repetition or more"):
        clopper_pearson(*count, confidence=0.999)


@pytest.mark.parametrize(
    ("mean", "truth_error", "is_held"),
    [
        (-2.90, 0.0, True),  # 0.10 against 2.58 x 2 / sqrt(1000) = 0.163
        (-2.80, 0.0, False),  # 0.20
        (-2.80, 0.1, True),  # 0.20 against 2.58 x sqrt(0.0632^2 + 0.1^2) = 0.305: the truth was drawn too
    ],
)
def test_bias_counts_the_error_of_both_estimate_and_truth(mean, truth_error, is_held):
    check = check_bias(mean, standard_deviation=2.0, repetitions=1000, truth=-3.0, truth_error=truth_error)
    half = 2.58 * math.sqrt(2.0**2 / 1000 + truth_error**2)
    assert check.value == pytest.approx(mean - -3.0)
    assert [check.low, check.high] == pytest.approx([check.value - half, check.value + half])
    assert check.is_held is is_held


@pytest.mark.parametrize(
    ("mean", "repetitions", "is_held", "is_inside"),
    [
        (-2.90, 1000, True, True),  # 0.10 + 2.58 x 2 / sqrt(1000) = 0.26, below half an SD of 2
        (-2.90, 25, True, False),  # 0.10 + 1.03 = 1.13: a bias that must be seen may still be there
        (-2.80, 1000, False, False),  # seen, however small it is
    ],
)
def test_a_bias_is_ruled_out_only_when_one_that_must_be_seen_is(mean, repetitions, is_held, is_inside):
    check = check_bias(mean, standard_deviation=2.0, repetitions=repetitions, truth=-3.0, truth_error=0.0)
    assert (check.is_held, check.is_inside) == (is_held, is_inside)
    control = must_fail(Criterion.BIAS)
    assert (
        is_as_expected(control, {Criterion.BIAS: check}) is {True: False, False: None if is_held else True}[is_inside]
    )


@pytest.mark.parametrize(("repetitions", "is_inside"), [(100, False), (10_000, True)])
def test_a_ratio_lies_inside_only_with_its_whole_interval(repetitions, is_inside):
    check = check_standard_error_ratio(
        4.0, error_square_deviation=1.2, standard_deviation=2.0, kurtosis=3.0, repetitions=repetitions
    )
    assert (check.is_held, check.is_inside) == (True, is_inside)


def test_a_bias_of_the_size_that_must_be_seen_costs_three_in_a_hundred():
    """Half an SD: a 95 % interval with the right standard error then holds the truth in 92 of 100."""
    shift = LIMITS.seen_bias_deviations
    assert stats.norm.cdf(1.96 - shift) - stats.norm.cdf(-1.96 - shift) == pytest.approx(0.92, abs=0.005)


@pytest.mark.parametrize(("model_error", "is_held"), [(2.0, True), (1.75, True), (1.5, False), (2.6, False)])
def test_standard_errors_are_held_against_the_spread_of_the_estimates(model_error, is_held):
    """Normal estimates: log SD has SE sqrt((3 - 1) / 4000) = 0.0224, the root of the mean square 1.2 / square / sqrt(4000)."""
    check = check_standard_error_ratio(
        model_error**2, error_square_deviation=1.2, standard_deviation=2.0, kurtosis=3.0, repetitions=1000
    )
    half = 3.2905 * math.sqrt((1.2 / model_error**2) ** 2 / 4000 + (3 - 1) / (4 * 1000))
    assert check.value == pytest.approx(model_error / 2.0)
    assert [check.low, check.high] == pytest.approx(
        [check.value * math.exp(-half), check.value * math.exp(half)], rel=1e-4
    )
    assert check.is_held is is_held


def test_a_ratio_of_nothing_is_refused():
    with pytest.raises(ValueError, match="estimates that vary"):
        check_standard_error_ratio(
            1.0, error_square_deviation=0.1, standard_deviation=0.0, kurtosis=3.0, repetitions=10
        )


HELD, OUTSIDE, TOUCHING = Check(0.95, 0.9, 0.98, True, True), Check(0.7, 0.6, 0.8, False, False), Check(
    0.91, 0.8, 0.96, True, False
)  # fmt: skip


@pytest.mark.parametrize(
    ("expectation", "coverage", "bias", "expected"),
    [
        (MUST_HOLD, HELD, HELD, True),
        (MUST_HOLD, TOUCHING, HELD, True),
        (MUST_HOLD, HELD, OUTSIDE, False),
        (MUST_HOLD, None, None, None),
        (must_fail(Criterion.COVERAGE), OUTSIDE, HELD, True),
        (must_fail(Criterion.COVERAGE), TOUCHING, HELD, None),  # more repetitions are needed
        (must_fail(Criterion.COVERAGE), HELD, OUTSIDE, False),
        (must_fail(Criterion.COVERAGE, Criterion.BIAS), OUTSIDE, HELD, False),  # both must fail
        (must_fail(Criterion.COVERAGE, Criterion.BIAS), OUTSIDE, None, None),
        (SHOWN, OUTSIDE, OUTSIDE, None),
    ],
)
def test_what_a_cell_does_against_what_is_expected(expectation, coverage, bias, expected):
    named = {Criterion.COVERAGE: coverage, Criterion.BIAS: bias}
    checks = {criterion: check for criterion, check in named.items() if check is not None}
    assert is_as_expected(expectation, checks) is expected
    assert failed_criteria(checks) == tuple(c for c in Criterion if c in checks and checks[c] is OUTSIDE)


def test_a_method_that_must_hold_is_judged_by_every_criterion():
    assert Expectation(Kind.MUST_HOLD, frozenset(Criterion)) == MUST_HOLD


@pytest.mark.parametrize(("second", "expected"), [(0.0, False), (0.1, False), (0.2, True)])
def test_two_means_differ_beyond_the_error_of_both(second, expected):
    """3.29 x sqrt(1 / 1000 + 1 / 500) = 0.180."""
    assert differ((0.0, 1.0, 1000), (second, 1.0, 500)) is expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [((950, 1000), (95, 100), False), ((950, 1000), (70, 100), True), ((1000, 1000), (100, 100), False)],
)
def test_two_shares_differ_by_an_exact_test(first, second, expected):
    assert shares_differ(first, second) is expected
    assert shares_differ(second, first) is expected


def test_an_unbiased_variance_of_few_districts_knows_its_own_uncertainty():
    """Means of 4 normal district means: the ratio is 1 of the root mean square, and 0.92 (c4 of 4) of the mean standard error."""
    districts = np.random.default_rng(7).normal(size=(20_000, 4))
    means, squares = districts.mean(axis=1), districts.var(axis=1, ddof=1) / 4
    check = check_standard_error_ratio(
        float(squares.mean()),
        error_square_deviation=float(squares.std(ddof=1)),
        standard_deviation=float(means.std(ddof=1)),
        kurtosis=3.0,
        repetitions=len(means),
    )
    assert check.low < 1 < check.high
    assert check.high - check.low < 0.1
    assert np.sqrt(squares).mean() / means.std(ddof=1) == pytest.approx(0.921, abs=0.01)
