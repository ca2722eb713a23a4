"""Which difference between two arms could a municipality's districts have shown, and what would it take to show a smaller one?

Children resemble each other within institutions and within districts, so more children help only down to what districts differ by.
The answer comes in three forms: the smallest difference that these districts would detect, how many districts, children or
months would do for a given one, and "never", where no number of children would.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines.measures.clusters import smallest_detectable_difference
from pipelines.measures.intervals import check_level

MOST_DISTRICTS = 2_000
"""In all of Denmark there are fewer; what takes more is said to take too many."""

MOST_CHILDREN = 100_000


@dataclass(frozen=True)
class OutcomeSpread:
    """How children differ in the outcome.

    sd: of all children, in the outcome's unit (SDQ total: about 6 points). district_icc, institution_icc: the parts of the variance
    (0-1) that lie between districts, and between institutions within a district. baseline_correlation: of the first
    measurement with the outcome within institutions; the comparison is adjusted for it, and nothing is taken off the other parts.
    """

    sd: float
    district_icc: float
    institution_icc: float = 0.0
    baseline_correlation: float = 0.0

    def __post_init__(self) -> None:
        """Raises: ValueError when the SD is not above 0, or the parts are no parts of one variance."""
        parts = (self.district_icc, self.institution_icc)
        if not self.sd > 0 or min(parts) < 0 or sum(parts) > 1 or not -1 <= self.baseline_correlation <= 1:
            raise ValueError(
                "needs an SD above 0, parts of variance from 0 to 1 in sum, and a correlation from -1 to 1"
            )

    def district_variance(self, children: Sequence[int]) -> float:
        """Variance of one district's adjusted mean, `children` measured in each of its institutions (0 where none).

        Infinite without a child. Children count the same: with unequal institutions the largest decide, and so there is more of the
        institutions' part than with as many alike.
        """
        total = sum(children)
        if min(children, default=0) < 0:
            raise ValueError("a number of children is negative")
        if not total:
            return math.inf
        within = (1 - self.district_icc - self.institution_icc) * (1 - self.baseline_correlation**2)
        of_institutions = self.institution_icc * sum(count**2 for count in children) / total**2
        return self.sd**2 * (self.district_icc + of_institutions + within / total)


def detectable_difference(
    treated: Sequence[Sequence[int]],
    comparison: Sequence[Sequence[int]],
    spread: OutcomeSpread,
    *,
    level: float = 0.95,
    power: float = 0.80,
) -> float | None:
    """The smallest true difference that these districts detect in `power` of repetitions, in the outcome's unit.

    treated, comparison: for each district the children measured in each institution, unequal as they are. The comparison is of
    district means, each counting the same, by t with (districts - 2) degrees of freedom (`difference_of_districts`). A district
    without a child is no district. None with an empty arm or fewer than three districts in all: then no difference is detectable.

    Drawback: stands and falls with the parts of variance, which few districts cannot tell; show it for two or three of them.
    Source: Bloom, Evaluation Review 19 (1995) 547-556; Donner and Klar, Design and Analysis of Cluster Randomization Trials
    (2000), chapter 5, for the variance.
    Raises: ValueError for a negative number of children, a level outside 0 to 1, or a power outside 0.5 to 1.
    Example: two districts against two, each with five institutions of eight children; SD 6, parts .03 and .04, correlation .6: 7.4.
    """
    check_level(level)
    arms = [[district for district in arm if sum(district)] for arm in (treated, comparison)]
    degrees = sum(len(arm) for arm in arms) - 2
    if degrees < 1 or not all(arms):
        return None
    variance = sum(sum(spread.district_variance(district) for district in arm) / len(arm) ** 2 for arm in arms)
    return smallest_detectable_difference(math.sqrt(variance), degrees, level=level, power=power)


def districts_needed(
    difference: float,
    district: Sequence[int],
    spread: OutcomeSpread,
    *,
    treated_share: float = 0.5,
    level: float = 0.95,
    power: float = 0.80,
) -> int | None:
    """How many districts like `district` (children in each institution) would detect `difference`; None: more than 2,000.

    treated_share: of the districts, rounded to whole ones, at least two in each arm: a single one cannot be told from its arm.
    Raises: ValueError when the difference is not above 0 or the share not between 0 and 1, and as `detectable_difference`.
    Example: 3.3 points, five institutions of eight children as above: 8 districts.
    """
    if not 0 < treated_share < 1:
        raise ValueError(f"the share of treated districts must lie between 0 and 1, not {treated_share}")

    def detects(count: int) -> bool:
        treated = min(max(round(count * treated_share), 2), count - 2)
        arms = [district] * treated, [district] * (count - treated)
        return _is_enough(detectable_difference(*arms, spread, level=level, power=power), difference)

    return _smallest(detects, 4, MOST_DISTRICTS, difference)


def children_needed(
    difference: float,
    *,
    treated_districts: int,
    comparison_districts: int,
    institutions: int,
    spread: OutcomeSpread,
    level: float = 0.95,
    power: float = 0.80,
) -> int | None:
    """How many children measured in each of a district's `institutions` would detect `difference` with so many districts.

    None: no number of children would (or more than 100,000), for districts and institutions differ too much.
    Raises: ValueError when the difference is not above 0 or a count is below 1, and as `detectable_difference`.
    Example: 3.3 points, four districts against four, five institutions: 8 children each (the other way round from above).
    """
    if min(treated_districts, comparison_districts, institutions) < 1:
        raise ValueError("needs at least one district in each arm and one institution in each district")

    def detects(count: int) -> bool:
        district = [count] * institutions
        arms = [district] * treated_districts, [district] * comparison_districts
        return _is_enough(detectable_difference(*arms, spread, level=level, power=power), difference)

    return _smallest(detects, 1, MOST_CHILDREN, difference)


def months_needed(
    difference: float,
    treated_per_month: Sequence[float],
    comparison_per_month: Sequence[float],
    spread: OutcomeSpread,
    *,
    institutions: int,
    follow_up_share: float = 1.0,
    follow_up_months: float = 0.0,
    most_months: int = 240,
    level: float = 0.95,
    power: float = 0.80,
) -> int | None:
    """After how many months `difference` would be detectable; None: not within `most_months`.

    *_per_month: children who are measured for the first time each month, by district. follow_up_share (0-1): the part measured
    again, follow_up_months later. A district's children are spread evenly over its `institutions`, as whole children of which as
    many have a second measurement as time allows; as more come, the same institutions grow. It is the first such month: a district
    that gets its first child later on can take it back for a while.
    Raises: ValueError when the difference is not above 0, the share is not in 0 to 1, or a number is negative.
    """
    rates = (*treated_per_month, *comparison_per_month)
    if min(rates, default=0) < 0 or not 0 <= follow_up_share <= 1 or follow_up_months < 0 or institutions < 1:
        raise ValueError("needs children per month of 0 or more, a share from 0 to 1, and an institution")

    def after(months: int, rate: float) -> list[int]:
        measured = math.floor(max(0.0, months - follow_up_months) * rate * follow_up_share + 1e-9)
        return [measured // institutions + (place < measured % institutions) for place in range(institutions)]

    def detects(months: int) -> bool:
        treated, comparison = (
            [after(months, rate) for rate in arm] for arm in (treated_per_month, comparison_per_month)
        )
        return _is_enough(detectable_difference(treated, comparison, spread, level=level, power=power), difference)

    _check_difference(difference)
    return next((months for months in range(1, most_months + 1) if detects(months)), None)


def _is_enough(detectable: float | None, difference: float) -> bool:
    return detectable is not None and detectable <= difference


def _check_difference(difference: float) -> None:
    if not difference > 0:
        raise ValueError(f"the difference to detect must be above 0, not {difference}")


def _smallest(detects: Callable[[int], bool], fewest: int, most: int, difference: float) -> int | None:
    """The smallest count from `fewest` to `most` that detects, by halving: more never detect less."""
    _check_difference(difference)
    if detects(fewest):
        return fewest
    if not detects(most):
        return None
    low, high = fewest, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if detects(middle) else (middle, high)
    return high
