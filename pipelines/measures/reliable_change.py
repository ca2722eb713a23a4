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

from pipelines.measures.clusters import cluster_mean_interval, code_clusters
from pipelines.measures.intervals import Estimate, check_level, wilson_interval
from pipelines.measures.sdq import ExpectationLine, expected_second_points

_ROUNDING_POINTS = 1e-9
"""A change of exactly the limit is not reliable, though the limit's last bit may fall on either side."""


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
        return math.floor(self.limit_points + _ROUNDING_POINTS) + 1

    def is_fall(self, changes: ArrayLike) -> NDArray[np.bool_]:
        """Which changes in points (second minus first) are reliable falls; False where missing."""
        falls: NDArray[np.bool_] = np.asarray(changes, dtype=float) < -self.limit_points - _ROUNDING_POINTS
        return falls

    def is_rise(self, changes: ArrayLike) -> NDArray[np.bool_]:
        """Which changes in points are reliable rises; False where missing."""
        return self.is_fall(-np.asarray(changes, dtype=float))


@dataclass(frozen=True)
class ReliableChange:
    """Shares (0-1) of children reliably improved (fewer points), unchanged and worsened, with Wilson intervals.

    `_by_district`: the unweighted mean of district shares with an interval over districts. error_share: expected in each
    direction from error alone. expected_improved_share, expected_worsened_share: expected of these very children without any
    help, by the line of expectation; None where no line was given, or no child has what it needs.
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
    expectation: ExpectationLine | None = None,
    age_years: ArrayLike | None = None,
    is_boy: ArrayLike | None = None,
    level: float = 0.95,
) -> ReliableChange:
    """Children whose change from `first` to `second` (points, `(n,)`) is larger than `rule` allows error to be.

    Points are fewer difficulties the lower they are: a fall is an improvement. With `expectation` the shares expected without
    help are added (see `expected_shares`, also for age_years and is_boy). Pairs with a missing score are left out and counted.

    Drawback: says nothing of what caused a change, and does not correct regression to the mean; that is why the expected
    shares stand beside it.
    Source: Jacobson and Truax, Journal of Consulting and Clinical Psychology 59 (1991) 12-19; Maassen, Journal of the
    International Neuropsychological Society 10 (2004) 888-893 on what it does not correct.
    Raises: ValueError when lengths differ, a label is missing (also of a pair left out), or the line needs age or sex that are
    not given.
    """
    check_level(level)
    code_clusters(clusters)
    one, two = (np.asarray(values, dtype=float) for values in (first, second))
    if not one.shape == two.shape == (len(clusters),):
        raise ValueError(f"lengths differ: {one.size}, {two.size}, {len(clusters)}")
    present = ~(np.isnan(one) | np.isnan(two))
    labels = [label for label, is_there in zip(clusters, present.tolist(), strict=True) if is_there]
    change = (two - one)[present]
    improved, worsened = rule.is_fall(change), rule.is_rise(change)
    expected: tuple[float | None, float | None] = (None, None)
    if expectation is not None:
        second = expected_second_points(one, expectation, age_years=age_years, is_boy=is_boy)
        expected = _shares((second - one)[present], rule, expectation)

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
    first: ArrayLike,
    rule: ReliableChangeRule,
    line: ExpectationLine,
    *,
    age_years: ArrayLike | None = None,
    is_boy: ArrayLike | None = None,
) -> tuple[float, float]:
    """(improved, worsened): the shares (0-1) of children with these first scores that change reliably without any help.

    Each child's second score is taken as normal around the line, with the line's residual SD; scores are whole points, so half a
    point of continuity is given; without a residual SD every child lands on the line. Mean over the children who have the age
    and sex that the line needs.

    Drawback: real scores stop at 0 and lean to the right; for groups near 0 the worsened share is a little too low.
    Raises: ValueError without children, or when a first score or everybody's age or sex is missing.
    """
    one = np.asarray(first, dtype=float)
    if not one.size or np.isnan(one).any():
        raise ValueError("needs first scores, none of them missing")
    second = expected_second_points(one, line, age_years=age_years, is_boy=is_boy)
    improved, worsened = _shares(second - one, rule, line)
    if improved is None or worsened is None:
        raise ValueError("no child has the age and sex that the line needs")
    return improved, worsened


def _shares(
    changes: NDArray[np.float64], rule: ReliableChangeRule, line: ExpectationLine
) -> tuple[float, float] | tuple[None, None]:
    """As `expected_shares`, from each child's expected change (NaN where unknown); None when it is unknown for all."""
    centre = changes[~np.isnan(changes)]
    if not centre.size:
        return None, None
    limit = rule.fewest_whole_points - 0.5
    return _share_below(-limit - centre, line.residual_sd_points), _share_below(
        -limit + centre, line.residual_sd_points
    )


def _share_below(distances: NDArray[np.float64], spread: float) -> float:
    """The mean probability that an error with this spread stays below each distance; without spread it is 0, 1, or 1/2 at 0."""
    shares = stats.norm.cdf(distances / spread) if spread > 0 else np.heaviside(distances, 0.5)
    return float(np.mean(shares))


@dataclass(frozen=True)
class ClinicalChange:
    """Counts of children: recovered = reliably improved and from the raised range to below it; deteriorated the other way.

    started_raised_count: children with a limit at both forms who began in the raised range, the denominator of `recovered`.
    """

    recovered_count: int
    deteriorated_count: int
    started_raised_count: int
    started_below_count: int


def clinical_change(
    first: ArrayLike,
    second: ArrayLike,
    rule: ReliableChangeRule,
    *,
    first_raised_from_points: ArrayLike,
    second_raised_from_points: ArrayLike,
) -> ClinicalChange:
    """Children who changed reliably *and* crossed the limit of their norm set, each form held against its own limit.

    first_raised_from_points, second_raised_from_points: the first score of the raised range at each form, one number or one per
    child (limits differ by sex, age and form, and the child is older the second time). A child with a missing score, or without
    a limit (NaN) at either form, counts in nothing.

    Drawback: where the two limits differ, a child can cross by growing into the next age group; only the reliable change beside
    it says that the score moved.
    Source: Jacobson and Truax 1991 (as above), criterion by cut-off.
    """
    one, two = (np.asarray(values, dtype=float) for values in (first, second))
    before, after = (
        np.broadcast_to(np.asarray(limits, dtype=float), one.shape)
        for limits in (first_raised_from_points, second_raised_from_points)
    )
    known = ~(np.isnan(one) | np.isnan(two) | np.isnan(before) | np.isnan(after))
    change, started, ended = two - one, one >= before, two >= after
    return ClinicalChange(
        recovered_count=int((known & started & ~ended & rule.is_fall(change)).sum()),
        deteriorated_count=int((known & ~started & ended & rule.is_rise(change)).sum()),
        started_raised_count=int((known & started).sum()),
        started_below_count=int((known & ~started).sum()),
    )
