"""What would have happened to the SDQ total without help? Children are measured when things are worst.

One concept: a line from first score to second, what children *without* help have at their second form. It is either measured
(a regression among untreated children) or follows from an assumption (Galton's line from population mean and retest correlation).
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.measures.clusters import ClusterMean, cluster_mean_interval


@dataclass(frozen=True)
class ExpectationLine:
    """What children without help have at their second form, in SDQ points, by one kind of informant.

    Expected second score = intercept_points + per_first_point x first score + per_year_of_age x age (whole years at the first
    form) + boy_points if a boy; with the last two the intercept is that of a girl of 0 years. residual_sd_points: how far
    single children lie from the line (one SD).

    Drawback: straight, and taken as known; it holds for the informant, age and interval it was made from.
    """

    intercept_points: float
    per_first_point: float
    residual_sd_points: float
    per_year_of_age: float = 0.0
    boy_points: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a spread below 0."""
        if self.residual_sd_points < 0:
            raise ValueError(f"residual_sd_points must be 0 or more, not {self.residual_sd_points}")


def line_from_retest(
    *, population_mean: float, population_sd_points: float, retest_correlation: float
) -> ExpectationLine:
    """Galton's line: the slope is the retest correlation, and the population's mean stays where it is.

    All three belong to the same informant type, age and interval as the measurements. NaN in gives NaN in the line.

    Drawback: holds for children chosen on the first score alone; where the worker chose on what lies behind the score (a
    difficulty that lasts), the true expected fall is smaller.
    Source: Galton's regression; Davis, American Journal of Epidemiology 104 (1976) 493-498.
    Raises: ValueError when the correlation lies outside 0 to 1.
    Example: mean 7.4, SD 5.4, retest .65 give 2.59 + .65 x first score, residual SD 5.4 x sqrt(1 - .65^2) = 4.1.
    """
    if not (0 <= retest_correlation <= 1 or math.isnan(retest_correlation)):
        raise ValueError(f"retest_correlation must lie between 0 and 1, not {retest_correlation}")
    return ExpectationLine(
        intercept_points=(1 - retest_correlation) * population_mean,
        per_first_point=retest_correlation,
        residual_sd_points=population_sd_points * math.sqrt(1 - retest_correlation**2),
    )


def expected_second_points(
    first: ArrayLike, line: ExpectationLine, *, age_years: ArrayLike | None = None, is_boy: ArrayLike | None = None
) -> NDArray[np.float64]:
    """The second scores to be expected without help, one per first score, unrounded and not cut off at 0 or 40.

    age_years, is_boy (1, 0 or NaN): needed, and looked at, only where the line has a number for them. A child with a missing
    value that the line needs has NaN; nothing is filled in.

    Raises: ValueError when the line needs age or sex and it is not given, or lengths differ.
    """
    one = np.asarray(first, dtype=float)
    expected = line.intercept_points + line.per_first_point * one
    for name, points, given in (("age_years", line.per_year_of_age, age_years), ("is_boy", line.boy_points, is_boy)):
        if points == 0:
            continue
        if given is None:
            raise ValueError(f"the line needs {name}")
        values = np.asarray(given, dtype=float)
        if values.shape != one.shape:
            raise ValueError(f"lengths differ: {one.size} first scores, {values.size} of {name}")
        expected = expected + points * values
    return expected


def expected_change_without_help(baseline_mean: float, *, population_mean: float, retest_correlation: float) -> float:
    """Expected change of a group's mean in SDQ points with no help at all; negative = fewer difficulties.

    Regression to the mean by Galton's line (`line_from_retest`, with its drawback): a group chosen for high scores comes back
    towards its population by the part of a score that does not last, (1 - retest_correlation) x (population_mean -
    baseline_mean). Any report that shows a change shows this beside it. NaN in gives NaN out.

    Raises: ValueError when the correlation lies outside 0 to 1.
    Example: baseline 16.2, population 7.4, retest .65 give .35 x (7.4 - 16.2) = -3.1 points.
    """
    line = line_from_retest(
        population_mean=population_mean,
        population_sd_points=0.0,  # plays no part in a mean
        retest_correlation=retest_correlation,
    )
    return float(expected_second_points(baseline_mean, line)) - baseline_mean


def change_beyond_expectation(
    first: ArrayLike,
    second: ArrayLike,
    clusters: Sequence[Hashable],
    line: ExpectationLine,
    *,
    age_years: ArrayLike | None = None,
    is_boy: ArrayLike | None = None,
    level: float = 0.95,
) -> ClusterMean:
    """Mean of observed minus expected second score, in points: negative = fewer difficulties than expected without help.

    One first, second and cluster (district) per child; the interval is over districts (`cluster_mean_interval`). Children
    with a missing score, or without the age or sex that the line needs, are left out and counted.

    Drawback: the line is taken as known: its own uncertainty is not in the interval, which is too narrow where few untreated
    children stand behind the line. A difference is no effect: the children of the line may be others than these.
    Source: residual gain by norm regression; the interval is that of cluster means.
    Raises: ValueError when lengths differ, a label is missing, or the line needs age or sex that are not given.
    Example: line 2 + .5 x first; 20 -> 10 and 16 -> 11 leave 10 - 12 = -2 and 11 - 10 = +1.
    """
    one, two = (np.asarray(values, dtype=float) for values in (first, second))
    if not one.shape == two.shape == (len(clusters),):
        raise ValueError(f"lengths differ: {one.size}, {two.size}, {len(clusters)}")
    expected = expected_second_points(one, line, age_years=age_years, is_boy=is_boy)
    return cluster_mean_interval(two - expected, clusters, level=level)
