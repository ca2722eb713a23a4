"""Does a method do what it promises: which numbers of a cell are held against which limits, and when has a cell failed?

A cell is one scenario, number of districts and estimator, repeated many times. One cell of many misses a plain band by luck
(a method truly at 94 % misses 93-97 % in 8 % of cells), so a number fails only when its Monte Carlo interval lies outside the
limits. Intervals of counts are Clopper and Pearson's: exact, so that a cell never fails by an approximation.

Source: the project's statistical notes, section 6, acceptance.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from scipy import stats


class Criterion(StrEnum):
    """What a cell is judged by."""

    COVERAGE = "coverage"
    TYPE_ONE_ERROR = "type_one_error"
    BIAS = "bias"
    STANDARD_ERROR_RATIO = "standard_error_ratio"


class Kind(StrEnum):
    """What a cell is expected to do: hold, fail (a negative control), or only be shown."""

    MUST_HOLD = "must_hold"
    MUST_FAIL = "must_fail"
    SHOWN = "shown"


class Tolerance(StrEnum):
    """On which side of its limits a share may lie."""

    BOTH_SIDES = "both_sides"
    """A method that hits too often or cries wolf too seldom is as wrong as the opposite."""
    CAUTIOUS = "cautious"
    """It may hit more often, and err more seldom, than it says: a test with few steps, or hardly any degrees of freedom."""
    NEVER = "never"
    """It may not err once: a rule, not a chance."""


@dataclass(frozen=True)
class Expectation:
    """What is expected of a cell, and by which criteria: all of them must hold, or every one of them must fail."""

    kind: Kind
    criteria: frozenset[Criterion] = frozenset(Criterion)
    tolerance: Tolerance = Tolerance.BOTH_SIDES


MUST_HOLD = Expectation(Kind.MUST_HOLD)
SHOWN = Expectation(Kind.SHOWN)
CAUTIOUS = Expectation(
    Kind.MUST_HOLD, frozenset({Criterion.COVERAGE, Criterion.TYPE_ONE_ERROR, Criterion.BIAS}), Tolerance.CAUTIOUS
)
CAUTIOUS_TEST = Expectation(Kind.MUST_HOLD, frozenset({Criterion.TYPE_ONE_ERROR}), Tolerance.CAUTIOUS)
"""Of something that only says yes or no."""
NEVER_WRONG = Expectation(Kind.MUST_HOLD, frozenset({Criterion.TYPE_ONE_ERROR}), Tolerance.NEVER)


def must_fail(*criteria: Criterion) -> Expectation:
    """A negative control: every one of `criteria` must fail."""
    return Expectation(Kind.MUST_FAIL, frozenset(criteria))


@dataclass(frozen=True)
class Limits:
    """The acceptance rule. Shares 0-1; `bias_errors` is in standard errors; `confidence` is of the Monte Carlo intervals.

    seen_bias_deviations: a bias control that must fail is only said not to when a bias of this many SDs of the estimate is
    ruled out. Half an SD lets a 95 % interval miss the truth in 8 of 100 instead of 5: a smaller bias fools nobody.
    """

    coverage: tuple[float, float] = (0.93, 0.97)
    type_one_error: tuple[float, float] = (0.03, 0.07)
    standard_error_ratio: tuple[float, float] = (0.9, 1.15)
    bias_errors: float = 2.58
    seen_bias_deviations: float = 0.5
    confidence: float = 0.999

    def coverage_for(self, tolerance: Tolerance) -> tuple[float, float]:
        """The band of coverage (0-1)."""
        if tolerance is Tolerance.BOTH_SIDES:
            return self.coverage
        return (1.0 if tolerance is Tolerance.NEVER else self.coverage[0], 1.0)

    def type_one_error_for(self, tolerance: Tolerance) -> tuple[float, float]:
        """The band of type-I errors (0-1)."""
        if tolerance is Tolerance.BOTH_SIDES:
            return self.type_one_error
        return (0.0, 0.0 if tolerance is Tolerance.NEVER else self.type_one_error[1])


LIMITS = Limits()


@dataclass(frozen=True)
class Check:
    """A number of a cell and its Monte Carlo interval; whether that reaches the limits, and whether all of it lies inside."""

    value: float
    low: float
    high: float
    is_held: bool
    is_inside: bool


def check_share(hits: int, total: int, band: tuple[float, float], *, confidence: float = LIMITS.confidence) -> Check:
    """Coverage or type-I error: hits of total (0-1) with Clopper and Pearson's interval; held when that touches the band.

    Raises: ValueError when total is below 1 or hits lie outside it.
    Example: 930 of 1000 is 0.930 (0.900 to 0.954), which touches 0.93 to 0.97.
    """
    low, high = clopper_pearson(hits, total, confidence=confidence)
    return _check(hits / total, low, high, band)


def clopper_pearson(hits: int, total: int, *, confidence: float) -> tuple[float, float]:
    """The exact interval of a share (0-1).

    Source: Clopper and Pearson, Biometrika 26 (1934) 404-413.
    Raises: ValueError when total is below 1 or hits lie outside it.
    """
    if not 0 <= hits <= total or total < 1:
        raise ValueError("needs one repetition or more, and hits among them")
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(stats.beta.ppf(tail, hits, total - hits + 1))
    high = 1.0 if hits == total else float(stats.beta.ppf(1 - tail, hits + 1, total - hits))
    return low, high


def check_bias(
    mean: float,
    *,
    standard_deviation: float,
    repetitions: int,
    truth: float,
    truth_error: float,
    limits: Limits = LIMITS,
) -> Check:
    """Mean estimate minus truth in the estimator's unit; held when 0 lies within 2.58 standard errors of it.

    The error of both is counted: SD / sqrt(repetitions), and the truth's own where it was drawn and not computed. It lies
    inside when it is held and the repetitions rule out a bias large enough that it must be seen.
    """
    bias = mean - truth
    half = limits.bias_errors * math.hypot(standard_deviation / math.sqrt(repetitions), truth_error)
    is_held = abs(bias) <= half
    is_small = abs(bias) + half < limits.seen_bias_deviations * standard_deviation
    return Check(bias, bias - half, bias + half, is_held, is_held and is_small)


def check_standard_error_ratio(
    error_square_mean: float,
    *,
    error_square_deviation: float,
    standard_deviation: float,
    kurtosis: float,
    repetitions: int,
    limits: Limits = LIMITS,
) -> Check:
    """Root mean square of the standard errors / SD of the estimates; 1 when the method knows its own uncertainty.

    Squares are averaged, not standard errors: it is the variance that is estimated without bias. The mean of the root of an
    unbiased variance with 3 degrees of freedom is 0.92 of the SD, for which t and not the standard error makes up.
    The interval is on the log of the ratio: a quarter of the relative variance of the mean square, and (kurtosis - 1) / 4R for
    the log of an SD (kurtosis 3 when normal); taken as independent.

    Source: model standard error, Morris, White and Crowther, Statistics in Medicine 38 (2019) 2074-2102, table 6; delta method;
    variance of a sample variance, Kenney and Keeping, Mathematics of Statistics II (1951), section 7.6.
    Raises: ValueError when the estimates do not vary.
    """
    if not (standard_deviation > 0 and error_square_mean > 0):
        raise ValueError("a ratio needs estimates that vary and standard errors above 0")
    ratio = math.sqrt(error_square_mean) / standard_deviation
    of_mean = (error_square_deviation / error_square_mean) ** 2 / (4 * repetitions)
    of_deviation = max(kurtosis - 1, 0.0) / (4 * repetitions)
    half = float(stats.norm.ppf((1 + limits.confidence) / 2)) * math.sqrt(of_mean + of_deviation)
    low, high = ratio * math.exp(-half), ratio * math.exp(half)
    return _check(ratio, low, high, limits.standard_error_ratio)


def _check(value: float, low: float, high: float, band: tuple[float, float]) -> Check:
    return Check(value, low, high, low <= band[1] and high >= band[0], band[0] <= low and high <= band[1])


def is_as_expected(expectation: Expectation, checks: dict[Criterion, Check]) -> bool | None:
    """Whether a cell does what is expected of it; None where nothing is, or where the repetitions do not decide it.

    A method holds when every criterion that could be measured holds. A control does its work when every criterion named
    failed, and does not when the whole interval of one lies inside its limits; between the two, more repetitions are needed.
    """
    named = [checks[criterion] for criterion in sorted(expectation.criteria) if criterion in checks]
    if expectation.kind is Kind.SHOWN or not named:
        return None
    if expectation.kind is Kind.MUST_HOLD:
        return all(check.is_held for check in named)
    if any(check.is_inside for check in named):
        return False
    is_measured = len(named) == len(expectation.criteria)
    return True if is_measured and not any(check.is_held for check in named) else None


def failed_criteria(checks: dict[Criterion, Check]) -> tuple[Criterion, ...]:
    """The criteria that failed, in their own order."""
    return tuple(criterion for criterion in Criterion if criterion in checks and not checks[criterion].is_held)


def differ(
    first: tuple[float, float, int], second: tuple[float, float, int], *, confidence: float = LIMITS.confidence
) -> bool:
    """Whether two means, each (mean, SD, repetitions), differ by more than the Monte Carlo error of both."""
    error = math.hypot(first[1] / math.sqrt(first[2]), second[1] / math.sqrt(second[2]))
    return abs(first[0] - second[0]) > float(stats.norm.ppf((1 + confidence) / 2)) * error


def shares_differ(first: tuple[int, int], second: tuple[int, int], *, confidence: float = LIMITS.confidence) -> bool:
    """Whether two shares, each (hits, total), differ by Fisher's exact test: right also where nearly all hit."""
    table = [[first[0], first[1] - first[0]], [second[0], second[1] - second[0]]]
    return bool(stats.fisher_exact(table).pvalue < 1 - confidence)
