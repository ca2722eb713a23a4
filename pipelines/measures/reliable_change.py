"""How many children changed by more than the questionnaire's own uncertainty, and how many would have anyway?

A share of "reliably improved" children looks like a success even when nothing was done: children are measured when things are
worst. So the share expected from that alone is part of the answer, beside the share expected from error alone.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pipelines.measures.clusters import cluster_mean_interval
from pipelines.measures.intervals import Estimate, check_level, wilson_interval


@dataclass(frozen=True)
class ReliableChangeRule:
    """What counts as more than error: the spread and reliability it is made of, so that a report can name them.

    population_sd_points, reliability: of the scale, informant and age in question. reliability is either internal (alpha: what
    error alone can move) or retest (error and what comes and goes by itself); the two answer different questions and `source`
    says which was taken and from where. z: how many standard errors, usually 1.96.
    """

    population_sd_points: float
    reliability: float
    source: str
    z: float = 1.96

    def __post_init__(self) -> None:
        """Refuse what cannot be: a spread of 0 or less, a reliability outside 0 to 1, a z of 0 or less."""
        if not (self.population_sd_points > 0 and 0 <= self.reliability <= 1 and self.z > 0):
            raise ValueError("needs a spread above 0, a reliability from 0 to 1 and z above 0")

    @property
    def measurement_error_points(self) -> float:
        """Standard error of one measurement, SD x sqrt(1 - reliability)."""
        return self.population_sd_points * math.sqrt(1 - self.reliability)

    @property
    def difference_error_points(self) -> float:
        """Standard error of a difference between two measurements."""
        return math.sqrt(2) * self.measurement_error_points

    @property
    def limit_points(self) -> float:
        """A change must be larger than this, unrounded, to be reliable."""
        return self.z * self.difference_error_points

    @property
    def fewest_whole_points(self) -> int:
        """The smallest change in whole points that is reliable."""
        return math.floor(self.limit_points) + 1


@dataclass(frozen=True)
class ReliableChange:
    """Shares (0-1) of children reliably improved (fewer points), unchanged and worsened, with Wilson intervals.

    `_by_district`: the unweighted mean of district shares with an interval over districts. error_share: expected in each
    direction from error alone. expected_improved_share, expected_worsened_share: expected of these very children without any
    help, from regression to the mean; None where the inputs were not given.
    """

    improved: Estimate
    unchanged: Estimate
    worsened: Estimate
    improved_by_district: Estimate
    worsened_by_district: Estimate
    error_share: float
    expected_improved_share: float | None
    expected_worsened_share: float | None
    missing_count: int


def reliable_change(
    first: ArrayLike,
    second: ArrayLike,
    clusters: Sequence[Hashable],
    rule: ReliableChangeRule,
    *,
    population_mean: float | None = None,
    retest_correlation: float | None = None,
    level: float = 0.95,
) -> ReliableChange:
    """Children whose change from `first` to `second` (points, `(n,)`) is larger than `rule` allows error to be.

    Points are fewer difficulties the lower they are: a fall is an improvement. With population_mean and retest_correlation the
    shares expected without help are added (see `expected_shares`). Pairs with a missing value are left out and counted.

    Drawback: says nothing of what caused a change, and does not correct regression to the mean; that is why the expected
    shares stand beside it.
    Source: Jacobson and Truax, Journal of Consulting and Clinical Psychology 59 (1991) 12-19; Maassen, Journal of the
    International Neuropsychological Society 10 (2004) 888-893 on what it does not correct.
    Raises: ValueError when lengths differ, a label is missing, or only one of the two inputs of the expectation is given.
    """
    check_level(level)
    one, two = (np.asarray(values, dtype=float) for values in (first, second))
    if not one.shape == two.shape == (len(clusters),):
        raise ValueError(f"lengths differ: {one.size}, {two.size}, {len(clusters)}")
    if (population_mean is None) != (retest_correlation is None):
        raise ValueError("the expectation needs both the population mean and the retest correlation")
    present = ~(np.isnan(one) | np.isnan(two))
    labels = [label for label, is_there in zip(clusters, present.tolist(), strict=True) if is_there]
    one, change = one[present], (two - one)[present]
    improved, worsened = change < -rule.limit_points, change > rule.limit_points
    expected: tuple[float | None, float | None] = (None, None)
    if population_mean is not None and retest_correlation is not None and one.size:
        expected = expected_shares(one, rule, population_mean=population_mean, retest_correlation=retest_correlation)

    def share(flags: NDArray[np.bool_]) -> Estimate:
        return wilson_interval(int(flags.sum()), flags.size, level=level)

    def by_district(flags: NDArray[np.bool_]) -> Estimate:
        return cluster_mean_interval(flags.astype(float), labels, level=level).by_cluster

    return ReliableChange(
        improved=share(improved),
        unchanged=share(~improved & ~worsened),
        worsened=share(worsened),
        improved_by_district=by_district(improved),
        worsened_by_district=by_district(worsened),
        error_share=float(stats.norm.sf(rule.z)),
        expected_improved_share=expected[0],
        expected_worsened_share=expected[1],
        missing_count=int((~present).sum()),
    )


def expected_shares(
    first: ArrayLike, rule: ReliableChangeRule, *, population_mean: float, retest_correlation: float
) -> tuple[float, float]:
    """(improved, worsened): the shares (0-1) of children with these first scores that change reliably without any help.

    Each child's second score is taken as normal around population_mean + r (first - population_mean) with SD
    population_sd x sqrt(1 - r^2); scores are whole points, so half a point of continuity is given. Mean over children.

    Drawback: real scores stop at 0 and lean to the right; for groups near 0 the worsened share is a little too low.
    Raises: ValueError without children or when the correlation lies outside 0 to below 1.
    """
    one = np.asarray(first, dtype=float)
    if not one.size or np.isnan(one).any():
        raise ValueError("needs first scores, none of them missing")
    if not 0 <= retest_correlation < 1:
        raise ValueError("retest_correlation must lie from 0 to below 1")
    centre = population_mean + retest_correlation * (one - population_mean) - one
    spread = rule.population_sd_points * math.sqrt(1 - retest_correlation**2)
    limit = rule.fewest_whole_points - 0.5
    return float(stats.norm.cdf((-limit - centre) / spread).mean()), float(
        stats.norm.sf((limit - centre) / spread).mean()
    )


@dataclass(frozen=True)
class ClinicalChange:
    """Counts of children: recovered = reliably improved and from the raised range to below it; deteriorated the other way.

    started_raised_count: children who began in the raised range, the denominator of `recovered`.
    """

    recovered_count: int
    deteriorated_count: int
    started_raised_count: int
    started_below_count: int


def clinical_change(
    first: ArrayLike, second: ArrayLike, rule: ReliableChangeRule, *, raised_from_points: ArrayLike
) -> ClinicalChange:
    """Children who changed reliably *and* crossed the limit of their norm set.

    raised_from_points: the first score of the raised range, one number or one per child (limits differ by sex and age). Missing
    scores count in nothing.

    Source: Jacobson and Truax 1991 (as above), criterion by cut-off.
    """
    one, two = (np.asarray(values, dtype=float) for values in (first, second))
    limit = np.broadcast_to(np.asarray(raised_from_points, dtype=float), one.shape)
    known = ~(np.isnan(one) | np.isnan(two) | np.isnan(limit))
    change, started, ended = two - one, one >= limit, two >= limit
    return ClinicalChange(
        recovered_count=int((known & started & ~ended & (change < -rule.limit_points)).sum()),
        deteriorated_count=int((known & ~started & ended & (change > rule.limit_points)).sum()),
        started_raised_count=int((known & started).sum()),
        started_below_count=int((known & ~started).sum()),
    )
