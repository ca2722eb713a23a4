"""What would have happened to the SDQ total without help? Children are measured when things are worst."""

import math


def expected_change_without_help(baseline_mean: float, *, population_mean: float, retest_correlation: float) -> float:
    """Expected change of a group's mean in SDQ points with no help at all; negative = fewer difficulties.

    Regression to the mean: a group chosen for high scores comes back towards its population by the part of a
    score that does not last, (1 - retest_correlation) x (population_mean - baseline_mean). Any report that
    shows a change shows this beside it. population_mean and retest_correlation belong to the same informant
    type, age and interval as the measurements; they are the municipality's settings with a source, never
    constants here. NaN in gives NaN out.

    Drawback: linear, and taken to hold for children chosen on the first score alone; where the worker chose
    on what lies behind the score (a difficulty that lasts), the true expected fall is smaller.
    Source: Galton's regression; Davis, American Journal of Epidemiology 104 (1976) 493-498.
    Raises: ValueError when the correlation lies outside 0 to 1.
    Example: baseline 16.2, population 7.4, retest .65 give .35 x (7.4 - 16.2) = -3.1 points.
    """
    if not (0 <= retest_correlation <= 1 or math.isnan(retest_correlation)):
        raise ValueError(f"retest_correlation must lie between 0 and 1, not {retest_correlation}")
    return (1 - retest_correlation) * (population_mean - baseline_mean)
