"""How large is a change between two measurements of the same children, in standard deviations?

Points come first in a report; the standardised change lets it be held against other studies. `d_z`, the mean change over the SD
of the changes, is not here on purpose: it grows with the correlation of the two measurements and is no size of an effect.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from pipelines.measures.clusters import ClusterMean, cluster_mean_interval, code_clusters
from pipelines.measures.intervals import Estimate, NoInterval, check_level, is_no_spread, no_estimate

FEWEST_PAIRS = 3


@dataclass(frozen=True)
class PairedEffect:
    """A standardised mean change, second minus first: negative = fewer points at the second measurement.

    g_av: mean of the districts' mean changes over the mean of the two SDs (root mean square), freed of small-sample bias; its
    interval holds for children who share districts. d_baseline: the same mean over the SD of the first measurement. naive_g_av:
    mean change of the children, with an interval as if they were independent; for comparison only. design_effect: how many times
    larger the variance of the mean change is when counted by district; None with one district, or where districts or children
    do not differ in change. correlation: of the two measurements. missing_count: pairs left out.
    """

    g_av: Estimate
    d_baseline: Estimate
    naive_g_av: Estimate
    design_effect: float | None
    correlation: float | None
    missing_count: int


def paired_effect(
    first: ArrayLike, second: ArrayLike, clusters: Sequence[Hashable], *, level: float = 0.95
) -> PairedEffect:
    """Standardised change of the same children from `first` to `second` (`(n,)` each), one district per child.

    The change is the mean over districts, each counting the same, as the change in points is (`cluster_mean_interval`): the mean
    over children can have the other sign, and one table would then say rise where the next says fall. SDs are over children.
    Bonett's standard error, which holds where the usual one covers too little for large effects; for the district interval it is
    multiplied by the root of the design effect of the mean change (by district means against children one by one) and used with
    t(districts - 1). Pairs with a missing value are left out and counted. Fewer than three pairs, or measurements without
    any spread, give no value; one district, or districts (or children) that all changed alike, give a value and no interval (the
    naive one stays, unless nothing changed at all).

    Drawback: an effect size shrinks where children differ more, whatever the help did; never compare two groups by it alone.
    Source: Bonett, Psychological Methods 13 (2008) 99-109; Becker, British Journal of Mathematical and Statistical Psychology
    41 (1988) 257-278 for the baseline form; Hedges, Journal of Educational Statistics 6 (1981) 107-128 for the correction.
    Raises: ValueError when lengths differ or a label is missing, also where the pair counts in nothing.
    """
    check_level(level)
    code_clusters(clusters)
    one, two = (np.asarray(values, dtype=float) for values in (first, second))
    if not one.shape == two.shape == (len(clusters),):
        raise ValueError(f"lengths differ: {one.size}, {two.size}, {len(clusters)}")
    present = ~(np.isnan(one) | np.isnan(two))
    missing = int((~present).sum())
    labels = [label for label, is_there in zip(clusters, present.tolist(), strict=True) if is_there]
    one, two = one[present], two[present]
    if one.size < FEWEST_PAIRS or one.std() == 0 or one.std() + two.std() == 0:
        nothing = no_estimate(level)
        return PairedEffect(nothing, nothing, nothing, None, None, missing)
    moments = _Moments.of(one, two)
    degrees = len(set(labels)) - 1
    change = cluster_mean_interval(two - one, labels, level=level)
    deff = _design_effect(change)
    reason = NoInterval.NO_SPREAD if degrees else NoInterval.TOO_FEW_CLUSTERS
    correction = small_sample_correction(moments.count - 1)
    of_districts = moments.change if change.by_cluster.value is None else change.by_cluster.value
    d_av, se_av = moments.average_form(of_districts)
    d_baseline, se_baseline = moments.baseline_form(of_districts)
    d_naive, se_naive = moments.average_form(moments.change)
    by_district = _Scale(level, degrees, None if deff is None else math.sqrt(deff), reason)
    naive = _Scale(level, None, 1.0, NoInterval.NO_SPREAD)
    return PairedEffect(
        g_av=by_district.estimate(correction * d_av, d_av, se_av, moments.count),
        d_baseline=by_district.estimate(d_baseline, d_baseline, se_baseline, moments.count),
        naive_g_av=naive.estimate(correction * d_naive, d_naive, se_naive, moments.count),
        design_effect=deff,
        correlation=moments.correlation if two.std() > 0 else None,
        missing_count=missing,
    )


def small_sample_correction(degrees_of_freedom: float) -> float:
    """Hedges' exact factor J(m) = Gamma(m/2) / (sqrt(m/2) Gamma((m - 1)/2)); J(10) = 0.9228.

    Raises: ValueError when degrees of freedom are not above 1.
    """
    if not degrees_of_freedom > 1:
        raise ValueError("needs more than 1 degree of freedom")
    half = degrees_of_freedom / 2
    return float(np.exp(special.gammaln(half) - special.gammaln(half - 0.5)) / math.sqrt(half))


@dataclass(frozen=True)
class _Moments:
    """What the two measurements are made of."""

    count: int
    change: float
    first_variance: float
    second_variance: float
    covariance: float

    @classmethod
    def of(cls, first: NDArray[np.float64], second: NDArray[np.float64]) -> "_Moments":
        matrix = np.cov(first, second)
        return cls(
            first.size,
            float(second.mean() - first.mean()),
            float(matrix[0, 0]),
            float(matrix[1, 1]),
            float(matrix[0, 1]),
        )

    @property
    def correlation(self) -> float:
        return self.covariance / math.sqrt(self.first_variance * self.second_variance)

    @property
    def change_variance(self) -> float:
        return self.first_variance + self.second_variance - 2 * self.covariance

    def average_form(self, change: float) -> tuple[float, float]:
        """d_av of this mean change and Bonett's standard error.

        r^2 s1^2 s2^2 is the squared covariance, so nothing is divided by a spread of 0.
        """
        df, average = self.count - 1, (self.first_variance + self.second_variance) / 2
        d = change / math.sqrt(average)
        of_spread = self.first_variance**2 + self.second_variance**2 + 2 * self.covariance**2
        variance = d**2 * of_spread / (8 * df * average**2) + self.change_variance / (df * average)
        return d, math.sqrt(variance)

    def baseline_form(self, change: float) -> tuple[float, float]:
        """This mean change over the first SD, and its standard error."""
        df = self.count - 1
        d = change / math.sqrt(self.first_variance)
        return d, math.sqrt(d**2 / (2 * df) + self.change_variance / (df * self.first_variance))


@dataclass(frozen=True)
class _Scale:
    """How wide: the distribution (t with `degrees`, normal where None), the factor on the standard error, and why there is none."""

    level: float
    degrees: int | None
    factor: float | None
    reason: NoInterval

    def estimate(self, value: float, centre: float, standard_error: float, count: int) -> Estimate:
        wide = 0.0 if self.factor is None else standard_error * self.factor
        if is_no_spread(wide, centre):
            return Estimate(value, None, None, self.level, count, reason=self.reason)
        upper = (1 + self.level) / 2
        quantile = float(stats.norm.ppf(upper) if self.degrees is None else stats.t.ppf(upper, self.degrees))
        return Estimate(
            value, centre - quantile * wide, centre + quantile * wide, self.level, count, wide, self.degrees
        )


def _design_effect(change: ClusterMean) -> float | None:
    """(SE of the mean change by districts / SE by children)^2; None where either has no interval: one district, or no spread."""
    by_district, naive = change.by_cluster.standard_error, change.naive.standard_error
    if by_district is None or naive is None:
        return None
    return (by_district / naive) ** 2
