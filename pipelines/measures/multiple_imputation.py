"""What would the comparison be had the lost children been measured too, and how much worse must they have done to change the answer?

Outcomes of the lost are drawn many times from what children like them in the same arm and district did; the comparison is made each
time, and the spread between the times is added to its uncertainty. Then the lost are made worse, by one point, by two, until the
answer tips.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pipelines.measures.cluster_robust import ArmDifference, ancova
from pipelines.measures.clusters import code_clusters
from pipelines.measures.intervals import Estimate, NoInterval, check_level

FEWEST_IMPUTATIONS = 20

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PooledEstimate:
    """One number from many completed data sets.

    estimate: with an interval by t. degrees_of_freedom: Barnard and Rubin's, never above those of complete data. missing_share: the
    part of the variance (0-1) that comes from not knowing the missing values.
    """

    estimate: Estimate
    degrees_of_freedom: float | None
    missing_share: float | None


def pool(
    values: Sequence[float],
    standard_errors: Sequence[float],
    *,
    complete_degrees_of_freedom: float,
    n: int,
    level: float = 0.95,
) -> PooledEstimate:
    """Rubin's rules: mean of the values; their standard errors, and the spread between them, in one.

    complete_degrees_of_freedom: what the analysis would have with nothing missing; by cluster where clusters were counted.
    Source: Rubin, Multiple Imputation for Nonresponse in Surveys (1987), chapter 3; Barnard and Rubin, Biometrika 86 (1999)
    948-955.
    Raises: ValueError with fewer than two data sets, lengths that differ, or degrees of freedom not above 0.
    Example: values 1, 2, 3 with errors 1: variance 1 + 4/3 x 1 = 7/3.
    """
    check_level(level)
    numbers, errors = np.asarray(values, dtype=float), np.asarray(standard_errors, dtype=float)
    if numbers.size < 2 or numbers.shape != errors.shape or not complete_degrees_of_freedom > 0:
        raise ValueError("needs two or more values with as many standard errors, and degrees of freedom above 0")
    value, within = float(numbers.mean()), float((errors**2).mean())
    between = (1 + 1 / numbers.size) * float(numbers.var(ddof=1))
    total = within + between
    if not total > 0:
        return PooledEstimate(Estimate(value, None, None, level, n, reason=NoInterval.NO_SPREAD), None, None)
    share = between / total
    observed = (complete_degrees_of_freedom + 1) / (complete_degrees_of_freedom + 3) * complete_degrees_of_freedom
    observed *= 1 - share
    degrees = observed if share == 0 else 1 / (share**2 / (numbers.size - 1) + (1 / observed if observed else math.inf))
    half = float(stats.t.ppf((1 + level) / 2, degrees)) * math.sqrt(total)
    return PooledEstimate(Estimate(value, value - half, value + half, level, n, math.sqrt(total)), degrees, share)


@dataclass(frozen=True)
class Incomplete:
    """Children as they were measured: outcome `(n,)` NaN where lost, arm, district, and covariates `(n, k)`, none missing."""

    outcome: ArrayLike
    is_treated: ArrayLike
    clusters: Sequence[Hashable]
    covariates: ArrayLike


def impute_outcomes(children: Incomplete, generator: np.random.Generator, *, times: int) -> Floats:
    """`(times, n)` completed outcomes: measured ones as they are, lost ones drawn within their arm.

    By a linear regression on the covariates with a level of each district, its coefficients and its spread drawn anew each time. A
    lost child in a district where nobody was followed stays NaN: nothing tells that district's level. So do all lost ones of an arm
    with fewer followed children than coefficients and two more.

    Drawback: takes the lost for like the followed of the same arm, district and covariates; see `tipping_point_of_difference`.
    Source: Rubin 1987 as above, section 5.3; van Buuren, Flexible Imputation of Missing Data (2nd ed. 2018), algorithm 3.1.
    Raises: ValueError when lengths differ, a covariate is missing, or times is below 1.
    """
    y, arm, codes, table = _checked(children)
    if times < 1:
        raise ValueError("needs at least one imputation")
    completed: Floats = np.tile(y, (times, 1))
    for one in (arm, ~arm):
        known = one & ~np.isnan(y)
        lost = one & np.isnan(y) & np.isin(codes, codes[known])
        if lost.any() and known.any():
            completed[:, lost] = _draw(y[known], table, codes, known, lost, generator, times)
    return completed


def _draw(
    y: Floats,
    table: Floats,
    codes: NDArray[np.int64],
    known: NDArray[np.bool_],
    lost: NDArray[np.bool_],
    generator: np.random.Generator,
    times: int,
) -> Floats:
    """`(times, lost)`; NaN where there are too few followed children."""
    levels = (codes[:, None] == np.unique(codes[known])).astype(float)
    design = np.hstack([levels, table - table[known].mean(axis=0)])
    left, triangular, right = np.linalg.svd(design[known], full_matrices=False)
    rank = int((triangular > triangular[0] * 1e-9).sum())
    degrees = y.size - rank
    if degrees < 2:
        return np.full((times, int(lost.sum())), np.nan)
    # in directions that the followed children tell: coefficients and their independent errors
    told = left[:, :rank].T @ y
    rest = float(((y - left[:, :rank] @ told) ** 2).sum())
    spread = np.sqrt(rest / generator.chisquare(degrees, (times, 1)))
    coefficients = told + spread * generator.standard_normal((times, rank))
    reach = design[lost] @ (right[:rank].T / triangular[:rank])
    drawn: Floats = coefficients @ reach.T + spread * generator.standard_normal((times, int(lost.sum())))
    return drawn


def imputed_difference(
    children: Incomplete,
    generator: np.random.Generator,
    *,
    times: int = FEWEST_IMPUTATIONS,
    worse_by: tuple[float, float] = (0.0, 0.0),
    level: float = 0.95,
) -> PooledEstimate:
    """The adjusted difference between arms (`ancova`), treated minus comparison, over all children first measured.

    worse_by: points added to the drawn outcomes of the lost, (comparison, treated); more points are worse on the SDQ. Degrees of
    freedom of complete data: the smallest of the completed ones' Satterthwaite degrees. No interval where `ancova` has none.
    Raises: as `impute_outcomes`; ValueError with fewer than two imputations.
    """
    arm, is_lost = np.asarray(children.is_treated, dtype=bool), np.isnan(np.asarray(children.outcome, dtype=float))
    completed = impute_outcomes(children, generator, times=times) + is_lost * np.where(arm, worse_by[1], worse_by[0])
    found = [
        ancova(outcome, arm, children.clusters, covariates=children.covariates, level=level) for outcome in completed
    ]
    return _pool_differences(found, level=level)


def _pool_differences(found: list[ArmDifference], *, level: float) -> PooledEstimate:
    estimates = [one.difference.estimate for one in found]
    degrees = [one.difference.degrees_of_freedom for one in found]
    values = [estimate.value for estimate in estimates if estimate.value is not None]
    errors = [estimate.standard_error for estimate in estimates if estimate.standard_error is not None]
    known = [one for one in degrees if one is not None]
    if len(errors) < len(found) or len(known) < len(found):
        value = float(np.mean(values)) if values else None
        first = estimates[0]
        return PooledEstimate(Estimate(value, None, None, level, first.n, reason=first.reason), None, None)
    return pool(values, errors, complete_degrees_of_freedom=min(known), n=estimates[0].n, level=level)


@dataclass(frozen=True)
class LostWorse:
    """The pooled difference had the lost children of the arms done so many points worse than drawn: (comparison, treated)."""

    worse_by: tuple[float, float]
    difference: PooledEstimate


def lost_worse_scenarios(
    children: Incomplete,
    seed: int,
    *,
    worse_by: Sequence[tuple[float, float]] = ((0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (2, 0), (3, 0)),
    times: int = FEWEST_IMPUTATIONS,
    level: float = 0.95,
) -> tuple[LostWorse, ...]:
    """`imputed_difference` under several assumptions on the lost, all with the same draws (from `seed`).

    Source: delta adjustment; Carpenter and Kenward, Multiple Imputation and its Application (2013), chapter 10.
    Raises: as `imputed_difference`.
    """
    scenarios = []
    for pair in worse_by:
        same_draws = np.random.default_rng(seed)
        found = imputed_difference(children, same_draws, times=times, worse_by=pair, level=level)
        scenarios.append(LostWorse(pair, found))
    return tuple(scenarios)


def tipping_point_of_difference(
    children: Incomplete,
    seed: int,
    *,
    difference_that_changes_the_answer: float = 0.0,
    in_treated: bool = True,
    times: int = FEWEST_IMPUTATIONS,
) -> float | None:
    """By how many points the lost must have done worse for the pooled difference to be the given one.

    in_treated: the lost of the treated arm alone did worse, else those of the comparison alone. Exact, for the difference moves by the
    same amount with every point. Large (more than an SD) means: loss alone hardly explains the answer; below 0: they would
    have had to do better. None where nobody was lost in that arm or there is no difference.
    Raises: as `imputed_difference`.
    """
    one_point = (0.0, 1.0) if in_treated else (1.0, 0.0)
    scenarios = lost_worse_scenarios(children, seed, worse_by=((0.0, 0.0), one_point), times=times)
    start, after = (scenario.difference.estimate.value for scenario in scenarios)
    if start is None or after is None or abs(after - start) < 1e-9:
        return None
    return (difference_that_changes_the_answer - start) / (after - start)


def _checked(children: Incomplete) -> tuple[Floats, NDArray[np.bool_], NDArray[np.int64], Floats]:
    y, arm = np.asarray(children.outcome, dtype=float), np.asarray(children.is_treated, dtype=bool)
    table = np.asarray(children.covariates, dtype=float).reshape(y.size, -1)
    codes = code_clusters(children.clusters)[0]
    if not y.shape == arm.shape == codes.shape:
        raise ValueError(f"lengths differ: {y.size}, {arm.size}, {codes.size}")
    if np.isnan(table).any():
        raise ValueError("a covariate is missing")
    return y, arm, codes, table
