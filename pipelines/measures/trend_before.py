"""Were the districts already parting before any of them began, and would the years before have shown it?

A likeness before is only worth something where a difference would have been seen. So beside the difference in yearly trend stands the
smallest one that these districts and years would have shown, carried on through the years after: what a trend nobody saw could make.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipelines.measures.cluster_permutation import permute_districts
from pipelines.measures.clusters import smallest_detectable_difference
from pipelines.measures.district_difference import difference_of_districts
from pipelines.measures.event_study import usable_districts
from pipelines.measures.intervals import Estimate
from pipelines.measures.permutation import PermutationTest

FEWEST_YEARS = 2
"""A line takes two."""


@dataclass(frozen=True)
class TrendBefore:
    """The years before the first district began.

    per_year: how much more the early districts' values rose each year than the others', unit of the values per year, with
    t(districts - 2). test: of it, over the ways to choose the early ones; None where there are too many or nothing to choose.
    years_after: how many yearly steps lie, on the mean of all early districts' years under the model, between the year before they
    began and that year. year_count: years before.
    """

    per_year: Estimate
    test: PermutationTest | None
    years_after: float
    year_count: int

    @property
    def detectable(self) -> float | None:
        """What the smallest trend that 80 of 100 repetitions would have shown adds up to afterwards, in the unit of the values.

        None without a standard error: then nobody knows what would have been seen.
        Source: Roth, American Economic Review: Insights 4 (2022) 305-322, the straight line found with a power of 80 %.
        """
        error, degrees = self.per_year.standard_error, self.per_year.degrees_of_freedom
        if error is None or degrees is None:
            return None
        return smallest_detectable_difference(error, int(degrees)) * self.years_after


def early_districts(adoption: Sequence[int | None]) -> list[bool]:
    """For each district whether it began before the last; where some never began, all that did are early.

    Example: [3, 5, None] and [3, 4, 5] both: the first two are early.
    """
    last = None if None in adoption else max((date for date in adoption if date is not None), default=None)
    return [date != last for date in adoption]


def trend_before(
    values: ArrayLike, adoption: Sequence[int | None], *, strata: Sequence[Hashable] | None = None
) -> TrendBefore | None:
    """The straight lines of early and other districts through the years before anybody began; each district counts the same.

    values, adoption, strata: as `event_study`; the same districts are used. None where all began at once or nobody did, or with
    fewer than two years before.

    Drawback: sees a straight line, not a jump in the last year; no number before tells what would have come after.
    Source: Donald and Lang, Review of Economics and Statistics 89 (2007) 221-233, for districts as one number each.
    Raises: as `event_study`.
    Example: before, districts rise by 1 and 3 each year where they began, by 0 and 2 elsewhere: 2 - 1 = 1 a year.
    """
    used = usable_districts(values, adoption)
    table = np.asarray(values, dtype=float)
    dates = {
        place: date if date is not None and date < table.shape[1] else None
        for place, date in enumerate(adoption)
        if used[place]
    }
    early = {place for place, is_early in zip(dates, early_districts(list(dates.values())), strict=True) if is_early}
    starts = [date for date in dates.values() if date is not None]
    if not starts or len(early) in (0, len(dates)) or min(starts) < FEWEST_YEARS:
        return None
    years = np.arange(min(starts)) - (min(starts) - 1) / 2
    slopes: dict[Hashable, float] = {
        place: float(table[place, : min(starts)] @ years / (years @ years)) for place in dates
    }
    begun = [dates[place] for place in early]
    steps = [year - date + 1 for date in begun if date is not None for year in range(date, table.shape[1])]
    of_strata: dict[Hashable, Hashable] | None = None if strata is None else {place: strata[place] for place in dates}
    return TrendBefore(
        difference_of_districts(slopes, early),
        _test(slopes, early, of_strata),
        float(np.mean(steps)),
        min(starts),
    )


def _test(
    slopes: dict[Hashable, float], early: set[int], strata: dict[Hashable, Hashable] | None
) -> PermutationTest | None:
    try:
        return permute_districts(slopes, early, strata=strata).test
    except ValueError:  # no stratum has both kinds, or there are too many ways to choose
        return None
