"""A cell summed up from a small drawn table, with every number's working."""

import dataclasses
import json
import math

import numpy as np
import pytest

from pipelines.measures.intervals import Estimate
from pipelines.prove.acceptance import LIMITS, MUST_HOLD, SHOWN, Criterion, must_fail
from pipelines.prove.estimator import Estimator, TruthPart
from pipelines.prove.observed import Observed
from pipelines.prove.results import CellResult, Truth, sum_up, truth_of_parts

MISSING = np.nan


def nothing(observed: Observed) -> Estimate:
    raise AssertionError("not measured here")


def no_truth(observed: Observed) -> TruthPart:
    raise AssertionError("not measured here")


ESTIMATOR = Estimator("one", "Et", "Et tal", "point", 1, nothing, no_truth, MUST_HOLD, {"confounded": SHOWN})
# value, low, high, standard error, benchmark
TABLE = np.array(
    [
        [1.0, -1.0, 3.0, 1.0, -2.0],
        [3.0, 1.0, 5.0, 1.2, -2.2],
        [2.0, 0.5, 3.5, 0.8, -1.8],
        [-2.0, -3.0, -1.0, 0.9, -2.0],
        [1.0, MISSING, MISSING, MISSING, -2.0],  # one district: a value, no interval
        [MISSING] * 5,  # no children at all
    ]
)


def summed(truth: Truth, scenario: str = "no_effect") -> CellResult:
    return sum_up(TABLE, truth, ESTIMATOR, scenario=scenario, district_count=4, limits=LIMITS)


def test_a_cell_by_hand() -> None:
    cell = summed(Truth(2.0, 0.1))
    assert (cell.repetitions, cell.value_count, cell.interval_count) == (6, 5, 4)
    assert cell.hit_count == 3  # the first three hold 2
    assert cell.mean == pytest.approx((1 + 3 + 2 - 2 + 1) / 5)
    assert cell.standard_deviation == pytest.approx(math.sqrt((0 + 4 + 1 + 9 + 0) / 4))
    assert cell.error_square_mean == pytest.approx((1.0**2 + 1.2**2 + 0.8**2 + 0.9**2) / 4)
    assert cell.model_error == pytest.approx(math.sqrt((1.0 + 1.44 + 0.64 + 0.81) / 4))
    assert cell.benchmark_mean == pytest.approx((-2.0 - 2.2 - 1.8 - 2.0 - 2.0) / 5)
    fourth = (0 + 2**4 + 1**4 + 3**4 + 0) / 5  # deviations 0, 2, 1, -3 and 0 from the mean
    assert cell.kurtosis == pytest.approx(fourth / ((0 + 4 + 1 + 9 + 0) / 5) ** 2)
    assert cell.checks[Criterion.BIAS].value == pytest.approx(1.0 - 2.0)
    assert cell.checks[Criterion.COVERAGE].value == 3 / 4
    assert cell.checks[Criterion.STANDARD_ERROR_RATIO].value == pytest.approx(math.sqrt(0.9725 / (14 / 4)))


@pytest.mark.parametrize(
    ("truth", "rejections"),
    [(Truth(0.0, 0.0), 3), (Truth(0.0, 0.1), None), (Truth(2.0, 0.0), None)],
    ids=["exactly 0", "0 by chance", "an effect"],
)
def test_false_alarms_are_counted_only_where_the_truth_is_exactly_nothing(truth: Truth, rejections: int | None) -> None:
    """Intervals 1 to 5, 0.5 to 3.5 and -3 to -1 leave 0 out."""
    cell = summed(truth)
    assert cell.rejection_count == rejections
    assert (Criterion.TYPE_ONE_ERROR in cell.checks) == (rejections is not None)


def test_a_table_without_a_single_interval_is_not_judged() -> None:
    empty = np.full((5, 5), MISSING)
    cell = sum_up(empty, Truth(0.0, 0.0), ESTIMATOR, scenario="no_effect", district_count=4, limits=LIMITS)
    assert (cell.checks, cell.as_expected, cell.mean) == ({}, None, None)
    assert cell.is_undecided


def test_a_scenario_may_expect_something_else() -> None:
    assert summed(Truth(2.0, 0.1), "confounded").expectation == SHOWN
    assert not summed(Truth(2.0, 0.1), "confounded").is_undecided


def test_only_a_method_that_must_hold_and_did_not_is_rerun() -> None:
    cell = summed(Truth(2.0, 0.1))
    assert [
        dataclasses.replace(cell, as_expected=as_expected, is_rerun=is_rerun, expectation=expectation).must_be_rerun
        for as_expected, is_rerun, expectation in (
            (False, False, MUST_HOLD),
            (True, False, MUST_HOLD),
            (False, True, MUST_HOLD),
            (False, False, must_fail(Criterion.BIAS)),
        )
    ] == [True, False, False, False]


@pytest.mark.parametrize(
    ("benchmark", "expected"), [(-1.0, True), (-1.09, True), (-1.2, False), (0.0, False), (None, False)]
)
def test_a_bias_that_is_hardly_anything_but_the_benchmark(benchmark: float | None, expected: bool) -> None:
    """The bias is 1 - 2 = -1."""
    assert dataclasses.replace(summed(Truth(2.0, 0.1)), benchmark_mean=benchmark).is_benchmark is expected


def test_a_cell_comes_back_from_json() -> None:
    cell = summed(Truth(0.0, 0.0))
    assert CellResult.from_dict(json.loads(json.dumps(cell.to_dict()))) == cell


def test_a_truth_is_a_ratio_of_sums_with_its_error() -> None:
    """3 of 10 and 5 of 10: ratio 8 / 20, residuals -1 and 1."""
    truth = truth_of_parts(np.array([[3.0, 10.0], [5.0, 10.0]]))
    assert truth.value == pytest.approx(8 / 20)
    assert truth.standard_error == pytest.approx(math.sqrt(2 / 1 * (1 + 1)) / 20)


def test_a_truth_that_every_municipality_agrees_on_has_no_error() -> None:
    assert truth_of_parts(np.array([[0.0, 10.0], [0.0, 12.0], [0.0, 8.0]])) == Truth(0.0, 0.0)


@pytest.mark.parametrize("parts", [np.zeros((3, 2)), np.ones((1, 2))], ids=["nothing to measure", "one municipality"])
def test_a_truth_of_nothing_is_refused(parts: np.ndarray) -> None:
    with pytest.raises(ValueError, match="two municipalities"):
        truth_of_parts(parts)
