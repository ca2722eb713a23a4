"""How strongly would something unmeasured have to be tied to both arm and outcome to explain a difference away?

Nobody drew lots over districts, so a difference may come from what was not measured. These numbers do not say whether such a thing
exists. They say how strong it would have to be, beside how strong the things are that were measured.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

_OF_STANDARDISED = 0.91
"""From a standardised difference to the logarithm of a risk ratio."""


def robustness_value(
    t_statistic: float, degrees_of_freedom: float, *, share: float = 1.0, level: float | None = None
) -> float:
    """The part of the variance (0-1) that an unmeasured cause would need to explain, in arm and outcome alike, to change the answer.

    Both taken of what the covariates leave. The answer is changed when `share` of the difference is gone (1 = all of it) or,
    with `level`, when the interval of that level for the rest reaches 0; then 0 means that it does already.
    t_statistic, degrees_of_freedom: by cluster, for the children's own flatter.

    Drawback: made for the usual t of independent rows; with cluster t and degrees of freedom it describes and proves nothing.
    Source: Cinelli and Hazlett, Journal of the Royal Statistical Society B 82 (2020) 39-67; with `level` and few degrees of
    freedom, where an unmeasured cause also narrows the interval: Cinelli and Hazlett, Biometrika 112 (2025), the three cases.
    Raises: ValueError when the share is not above 0, or degrees of freedom not above 0 (with level: above 1).
    Example: t = 4.18 with 783 degrees of freedom: .139; with level .95: .076 (the article's Darfur example).
    """
    least = 0.0 if level is None else 1.0
    if not share > 0 or not degrees_of_freedom > least:
        raise ValueError(f"needs a share above 0 and more than {least:.0f} degrees of freedom")
    strength = share * abs(t_statistic) / math.sqrt(degrees_of_freedom)
    if level is None:
        return _equal_strength(strength)
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, such as 0.95, not {level}")
    critical = float(stats.t.ppf((1 + level) / 2, degrees_of_freedom - 1)) / math.sqrt(degrees_of_freedom - 1)
    if strength <= critical:
        return 0.0
    if strength < 1 / critical:
        return _equal_strength(strength - critical)
    # so strong a cause of the outcome would narrow the interval more than it moves it: the worst one is a weaker cause of it
    return (strength**2 - critical**2) / (1 + strength**2)


@dataclass(frozen=True)
class Benchmark:
    """How strongly something that was measured is tied to arm and outcome: parts of the variance (0-1) that the others leave.

    An unmeasured cause as strong as this one would not explain the difference away while both stay below the robustness value.
    """

    with_arm: float
    with_outcome: float


def benchmark(outcome: ArrayLike, is_treated: ArrayLike, covariates: ArrayLike, *, column: int) -> Benchmark:
    """`column` of the covariates, `(n, k)`, given the others: its part of the arm and, given the arm too, of the outcome.

    Nothing may be missing. By children, so for comparison with a robustness value only; with arms decided by district, a
    covariate that varies within districts is hardly tied to the arm whatever it does between them.
    Source: Cinelli and Hazlett 2020 as above, section 4.4.
    Raises: ValueError when lengths differ, a value is missing, or there is no such column.
    """
    y, arm = np.asarray(outcome, dtype=float), np.asarray(is_treated, dtype=float)
    table = np.asarray(covariates, dtype=float).reshape(y.size, -1)
    if arm.shape != y.shape or np.isnan(np.column_stack([y, arm, table])).any():
        raise ValueError("needs an arm and covariates of each outcome, none of them missing")
    if not 0 <= column < table.shape[1]:
        raise ValueError(f"there are {table.shape[1]} covariates, none of number {column}")
    others = np.column_stack([np.ones(y.size), np.delete(table, column, axis=1)])
    one = table[:, column]
    return Benchmark(
        with_arm=_shared(_left(arm, others), _left(one, others)),
        with_outcome=_shared(_left(y, np.column_stack([others, arm])), _left(one, np.column_stack([others, arm]))),
    )


def e_value(standardised_difference: float, *, nearest_limit: float | None = None) -> float:
    """The risk ratio, 1 or more, that an unmeasured cause would need with arm and outcome each to explain the difference away.

    nearest_limit: the limit of the interval nearest to 0; with it, to make the interval reach 0, and 1 if it does already.
    Source: VanderWeele and Ding, Annals of Internal Medicine 167 (2017) 268-274; the step from a standardised difference
    to a risk ratio: exp(.91 d), rough.
    Example: a difference of .5: risk ratio exp(.455) = 1.576, so 1.576 + sqrt(1.576 x .576) = 2.53.
    """
    distance = abs(standardised_difference)
    if nearest_limit is not None:
        distance = max(0.0, math.copysign(1, standardised_difference) * nearest_limit)
    ratio = math.exp(_OF_STANDARDISED * distance)
    return ratio + math.sqrt(ratio * (ratio - 1))


def _equal_strength(strength: float) -> float:
    return (math.sqrt(strength**4 + 4 * strength**2) - strength**2) / 2


def _left(values: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    left: NDArray[np.float64] = values - others @ np.linalg.lstsq(others, values, rcond=None)[0]
    return left


def _shared(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Squared correlation of two residuals; 0 where one has nothing left."""
    lengths = float(one @ one) * float(other @ other)
    return float(one @ other) ** 2 / lengths if lengths > 1e-18 else 0.0
