"""What came of a cell: the estimates of all its repetitions summed up beside the truth, and judged."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np

from pipelines.prove.acceptance import (
    Check,
    Criterion,
    Expectation,
    Kind,
    Limits,
    Tolerance,
    check_bias,
    check_share,
    check_standard_error_ratio,
    failed_criteria,
    is_as_expected,
)
from pipelines.prove.blocks import Numbers
from pipelines.prove.estimator import Estimator
from pipelines.prove.runner import BENCHMARK, HIGH, LOW, STANDARD_ERROR, VALUE

_NEAR_BENCHMARK = 0.1
"""A bias within a tenth of its benchmark is told to be just that."""


@dataclass(frozen=True)
class Truth:
    """The superpopulation's value in the estimator's unit, and its own Monte Carlo error (0 where it is known exactly)."""

    value: float
    standard_error: float


@dataclass(frozen=True)
class CellResult:
    """One cell: `value_count` repetitions gave a value, `interval_count` also an interval, `hit_count` of which held the truth.

    rejection_count: intervals without 0, counted only where the truth is exactly 0 (type-I errors). error_square_mean and
    error_square_deviation: of the squared standard errors. kurtosis: of the values (3 when normal). benchmark_mean: what the
    estimator is to be held beside. adviser_count: districts with advisers; None = half of them. Numbers that could not be computed
    are None. checks and as_expected follow from the rest (`judged`).
    """

    scenario: str
    district_count: int
    estimator: str
    repetitions: int
    value_count: int
    interval_count: int
    hit_count: int
    rejection_count: int | None
    truth: Truth
    mean: float | None
    standard_deviation: float | None
    kurtosis: float | None
    error_square_mean: float | None
    error_square_deviation: float | None
    benchmark_mean: float | None
    checks: dict[Criterion, Check]
    expectation: Expectation
    as_expected: bool | None
    is_rerun: bool = False
    adviser_count: int | None = None

    @property
    def model_error(self) -> float | None:
        """The root mean square of the standard errors, in the estimator's unit."""
        return None if self.error_square_mean is None else math.sqrt(self.error_square_mean)

    @property
    def failed(self) -> tuple[Criterion, ...]:
        """The criteria that failed."""
        return failed_criteria(self.checks)

    @property
    def is_undecided(self) -> bool:
        """Whether something is expected that these repetitions do not decide."""
        return self.expectation.kind is not Kind.SHOWN and self.as_expected is None

    @property
    def must_be_rerun(self) -> bool:
        """A cell that must hold and did not gets one more try, with more repetitions and a new seed."""
        return self.expectation.kind is Kind.MUST_HOLD and self.as_expected is False and not self.is_rerun

    @property
    def is_benchmark(self) -> bool:
        """Whether the bias is hardly anything but the benchmark."""
        bias = self.checks.get(Criterion.BIAS)
        if bias is None or not self.benchmark_mean:
            return False
        return abs(bias.value - self.benchmark_mean) <= _NEAR_BENCHMARK * abs(self.benchmark_mean)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        expectation = {
            "kind": self.expectation.kind,
            "criteria": sorted(self.expectation.criteria),
            "tolerance": self.expectation.tolerance,
        }
        return {**asdict(self), "expectation": expectation}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """The cell that `to_dict` described."""
        expectation = plain["expectation"]
        parts = {
            "truth": Truth(**plain["truth"]),
            "checks": {Criterion(name): Check(**check) for name, check in plain["checks"].items()},
            "expectation": Expectation(
                Kind(expectation["kind"]),
                frozenset(Criterion(name) for name in expectation["criteria"]),
                Tolerance(expectation.get("tolerance", Tolerance.BOTH_SIDES)),
            ),
        }
        return cls(**{**plain, **parts})


def truth_of_parts(parts: Numbers) -> Truth:
    """The ratio of sums over independent municipalities, parts (municipalities, 2) as numerator and denominator.

    Standard error of a ratio with municipalities as clusters; 0 when every municipality gives the same ratio.
    Source: Cochran, Sampling Techniques (1977), section 9A.
    Raises: ValueError without a denominator, or with fewer than two municipalities.
    """
    numerator, denominator = parts[:, 0], parts[:, 1]
    count, total = len(parts), float(denominator.sum())
    if count < 2 or total <= 0:
        raise ValueError("a truth needs two municipalities or more, and something in them to measure")
    value = float(numerator.sum() / total)
    residuals = numerator - value * denominator
    return Truth(value, math.sqrt(count / (count - 1) * float((residuals**2).sum())) / total)


def sum_up(
    numbers: Numbers,
    truth: Truth,
    estimator: Estimator,
    *,
    scenario: str,
    district_count: int,
    limits: Limits,
    is_rerun: bool = False,
    adviser_count: int | None = None,
) -> CellResult:
    """The cell of `numbers` (repetitions, 5), judged by what is expected of the estimator in the scenario.

    A repetition without value or interval is counted and left out, never filled in.
    """
    values = _known(numbers[:, VALUE])
    squares = _known(numbers[:, STANDARD_ERROR]) ** 2
    has_interval = ~np.isnan(numbers[:, [LOW, HIGH]]).any(axis=1)
    low, high = numbers[has_interval, LOW], numbers[has_interval, HIGH]
    hits = int(((low <= truth.value) & (truth.value <= high)).sum())
    is_null = truth.value == 0 and truth.standard_error == 0
    rejections = int(((low > 0) | (high < 0)).sum()) if is_null else None
    benchmarks = _known(numbers[:, BENCHMARK])
    cell = CellResult(
        scenario=scenario,
        district_count=district_count,
        estimator=estimator.name,
        repetitions=len(numbers),
        value_count=len(values),
        interval_count=len(low),
        hit_count=hits,
        rejection_count=rejections,
        truth=truth,
        mean=float(values.mean()) if len(values) else None,
        standard_deviation=_deviation(values),
        kurtosis=_kurtosis(values),
        error_square_mean=float(squares.mean()) if len(squares) else None,
        error_square_deviation=_deviation(squares),
        benchmark_mean=float(benchmarks.mean()) if len(benchmarks) else None,
        checks={},
        expectation=estimator.expected_in(scenario, district_count=district_count, adviser_count=adviser_count),
        as_expected=None,
        is_rerun=is_rerun,
        adviser_count=adviser_count,
    )
    return judged(cell, limits)


def judged(cell: CellResult, limits: Limits) -> CellResult:
    """The cell with the checks and the outcome that its counts, mean, SD, errors and truth give.

    Raises: ValueError for counts that cannot be.
    """
    checks: dict[Criterion, Check] = {}
    total, confidence, tolerance = cell.interval_count, limits.confidence, cell.expectation.tolerance
    if total:
        checks[Criterion.COVERAGE] = check_share(
            cell.hit_count, total, limits.coverage_for(tolerance), confidence=confidence
        )
    if total and cell.rejection_count is not None:
        checks[Criterion.TYPE_ONE_ERROR] = check_share(
            cell.rejection_count, total, limits.type_one_error_for(tolerance), confidence=confidence
        )
    checks |= _check_spread(cell, limits)
    return replace(cell, checks=checks, as_expected=is_as_expected(cell.expectation, checks))


def _check_spread(cell: CellResult, limits: Limits) -> dict[Criterion, Check]:
    """Bias and the ratio of standard errors, those of them that can be computed."""
    checks: dict[Criterion, Check] = {}
    if cell.mean is None or not cell.standard_deviation:
        return checks
    checks[Criterion.BIAS] = check_bias(
        cell.mean,
        standard_deviation=cell.standard_deviation,
        repetitions=cell.value_count,
        truth=cell.truth.value,
        truth_error=cell.truth.standard_error,
        limits=limits,
    )
    if cell.error_square_mean and cell.error_square_deviation is not None and cell.kurtosis is not None:
        checks[Criterion.STANDARD_ERROR_RATIO] = check_standard_error_ratio(
            cell.error_square_mean,
            error_square_deviation=cell.error_square_deviation,
            standard_deviation=cell.standard_deviation,
            kurtosis=cell.kurtosis,
            repetitions=cell.value_count,
            limits=limits,
        )
    return checks


def _known(numbers: Numbers) -> Numbers:
    return numbers[~np.isnan(numbers)]


def _deviation(numbers: Numbers) -> float | None:
    return float(numbers.std(ddof=1)) if len(numbers) > 1 else None


def _kurtosis(numbers: Numbers) -> float | None:
    if not _deviation(numbers):
        return None
    return float((((numbers - numbers.mean()) / numbers.std()) ** 4).mean())
