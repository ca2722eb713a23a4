"""What happened in districts after they began, beside districts that had not begun, and had the two gone alike before?

For districts that begin in different years, as a regression on "under the model" goes wrong when effects grow: districts that began
long ago would stand in as a comparison. Here every cohort is held against districts without the model only, year by year, counted
from the year before it began. With so few districts there is no standard error to be trusted, so the dates are handed round.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from math import comb, prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.measures.district_difference import difference_of_districts
from pipelines.measures.intervals import Estimate, no_estimate
from pipelines.measures.permutation import MOST_CHOICES, PermutationTest

_ROUNDING = 1e-9
"""A choice that is as extreme but for the rounding of its sums must count as equally extreme."""

Floats = NDArray[np.float64]


class Comparison(StrEnum):
    """Which districts a cohort is held against."""

    NEVER = "never"
    """Those that did not begin within the years."""
    NOT_YET = "not_yet"
    """Those, and the ones that begin later than the year in question and the cohort's own base year."""


class NoEventStudy(StrEnum):
    """Why there is no effect, or no test of it."""

    NO_COHORT = "no_cohort"
    """No district began within the years and was seen before."""
    NO_COMPARISON = "no_comparison"
    TOO_MANY_CHOICES = "too_many_choices"
    """There are effects; there are too many ways to hand the dates round to try them all, and a sample of them is not taken."""


@dataclass(frozen=True)
class CohortEffect:
    """Districts that began in the year at place `first_year`, in `year`: change since the year before they began, beside others'."""

    first_year: int
    year: int
    effect: float


@dataclass(frozen=True)
class EventStudy:
    """Effects in the unit of the values, sign as in them.

    cohort_effects: all that can be told, before and after; a base year has none. by_event_time: years since the beginning (0 = the
    first under the model, -2 = two years before it, -1 = base, 0 by definition) -> mean over cohorts, each counting as its districts.
    overall: mean of all cohort effects from event time 0 on, likewise. test: of `overall`, over the ways to hand the dates to the
    districts. pre_trend: the same of the sum of squared effects before; None without two years before. A high p there says
    little: few districts see no trend. breakdown: how many times the largest yearly step away before must be exceeded by steps away
    afterwards to make all of `overall`, sampling error left out; None without such steps.
    district_count: used. left_out_count: with a missing year, or under the model in the first year.
    """

    cohort_effects: tuple[CohortEffect, ...]
    by_event_time: dict[int, float]
    overall: float | None
    test: PermutationTest | None
    pre_trend: PermutationTest | None
    breakdown: float | None
    district_count: int
    left_out_count: int
    reason: NoEventStudy | None


def event_study(
    values: ArrayLike,
    adoption: Sequence[int | None],
    *,
    comparison: Comparison = Comparison.NEVER,
    strata: Sequence[Hashable] | None = None,
) -> EventStudy:
    """Effects by cohort and year without covariates, districts counting the same, and their permutation tests.

    values: `(districts, years)`; a district with a missing year is left out. adoption: place (0, 1, ...) of each district's first year
    under the model, None if never; a place beyond the years counts as never, one at 0 or before leaves the district out, as
    nothing was seen of it before. strata: of each district; dates are handed round within a stratum only; None = all in one. Up to
    20,000 ways to hand the dates round.

    Drawback: rests on the districts' going alike had none begun, which a likeness before supports and never shows; nobody drew lots
    over the dates, so the test is a placebo. With one district in a cohort its effects are that district's story.
    Source: Callaway and Sant'Anna, Journal of Econometrics 225 (2021) 200-230, with base year -1 throughout; randomised dates:
    Athey and Imbens, Journal of Econometrics 226 (2022) 62-79; breakdown: Rambachan and Roth, Review of Economic Studies 90
    (2023) 2555-2591, section 2.4.1, at the point estimates.
    Raises: ValueError when values are no table, or there is not one adoption date, and one stratum if any, for each district.
    Example: three years, began in the last: [1, 1, 4] beside never [1, 2, 3]: effect 3 - 1 = 2 at event time 0, 0 - -1 = 1 at -2.
    """
    table, dates, left_out = _usable(values, adoption)
    blocks = _blocks(values, adoption, strata)
    sizes = Counter(dates)
    terms = _terms(sizes, table.shape[1], comparison)
    if not terms or not any(term.since >= 0 for term in terms):
        nothing = NoEventStudy.NO_COMPARISON if any(date is not None for date in dates) else NoEventStudy.NO_COHORT
        return EventStudy((), {}, None, None, None, None, len(dates), left_out, nothing)
    cohorts = sorted(sizes, key=_never_last)
    aggregates = _Aggregates.of(terms, sizes, cohorts, table)
    places = {cohort: place for place, cohort in enumerate(cohorts)}
    real = np.array([[places[date] for date in dates]])
    after = aggregates.of_choices(aggregates.overall, real)[0]
    by_time = {since: float(aggregates.of_choices(parts, real)[0]) for since, parts in aggregates.by_time.items()}
    test, pre_trend, reason = _permute(aggregates, real, blocks)
    return EventStudy(
        tuple(
            CohortEffect(term.first_year, term.year, float(aggregates.of_choices(parts, real)[0]))
            for term, parts in zip(terms, aggregates.of_terms, strict=True)
        ),
        dict(sorted({**by_time, -1: 0.0}.items())),
        float(after),
        test,
        pre_trend,
        _breakdown(by_time, terms, sizes, float(after)),
        len(dates),
        left_out,
        reason,
    )


def chance_ranges(
    values: ArrayLike,
    adoption: Sequence[int | None],
    *,
    comparison: Comparison = Comparison.NEVER,
    strata: Sequence[Hashable] | None = None,
    share: float = 0.95,
) -> dict[int, tuple[float, float]]:
    """Years since the beginning -> between which two effects the middle `share` of all ways to hand the dates round lie.

    Everything else as `event_study`; the base year has none, and nothing has where there is no effect or too many ways. Both ends
    are effects that some way really gives.

    Drawback: where there is an effect, the ways hold a part of it, so the range is wider than chance alone would make it.
    Raises: as `event_study`; ValueError when the share is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError(f"the share must lie between 0 and 1, not {share}")
    table, dates, _ = _usable(values, adoption)
    sizes = Counter(dates)
    terms = _terms(sizes, table.shape[1], comparison)
    if not any(term.since >= 0 for term in terms):
        return {}
    cohorts = sorted(sizes, key=_never_last)
    aggregates = _Aggregates.of(terms, sizes, cohorts, table)
    real = np.array([cohorts.index(date) for date in dates])
    choices = _all_choices(real, _blocks(values, adoption, strata))
    if choices is None:
        return {}
    outside = int(round((1 - share) / 2 * len(choices), 9))  # so many ways fall out at each end
    found = {since: np.sort(aggregates.of_choices(parts, choices)) for since, parts in aggregates.by_time.items()}
    return {since: (float(ways[outside]), float(ways[-1 - outside])) for since, ways in found.items()}


def collapse_to_two_periods(values: ArrayLike, adoption: Sequence[int | None], *, level: float = 0.95) -> Estimate:
    """The change from before to after of districts that began, beside that of districts that never did, with t(districts - 2).

    values, adoption: as `event_study`. Each district becomes one number, so that however its years hang together does no harm: its
    mean after its date minus its mean before. A district that never began gets the mean of that over the others' dates. No value
    without both kinds of district.

    Drawback: takes an effect for the same in all years after; districts count the same, also those seen briefly.
    Source: Bertrand, Duflo and Mullainathan, Quarterly Journal of Economics 119 (2004) 249-275, section IV.C; Donald and Lang,
    Review of Economics and Statistics 89 (2007) 221-233, for t with (districts - 2).
    Raises: as `event_study`.
    Example: two districts from [1, 1] to [4, 6] beside two from [1, 1] to [2, 3]: (3 + 5) / 2 - (1 + 2) / 2 = 2.5.
    """
    table, dates, _ = _usable(values, adoption)
    begun = [date for date in dates if date is not None]
    if not begun or len(begun) == len(dates):
        return no_estimate(level)
    changes: dict[Hashable, float] = {
        place: float(np.mean([_change(row, one) for one in (begun if date is None else [date])]))
        for place, (row, date) in enumerate(zip(table, dates, strict=True))
    }
    treated = [place for place, date in enumerate(dates) if date is not None]
    return difference_of_districts(changes, treated, level=level)


def _change(row: Floats, date: int) -> float:
    return float(row[date:].mean() - row[:date].mean())


def _usable(values: ArrayLike, adoption: Sequence[int | None]) -> tuple[Floats, list[int | None], int]:
    """Complete districts that were seen without the model, their dates (None = not within the years), and how many were left out."""
    table = np.asarray(values, dtype=float)
    used = usable_districts(values, adoption)
    dates = [
        date if date is not None and date < table.shape[1] else None
        for date, is_used in zip(adoption, used, strict=True)
        if is_used
    ]
    return table[np.array(used, dtype=bool)], dates, len(adoption) - sum(used)


def usable_districts(values: ArrayLike, adoption: Sequence[int | None]) -> list[bool]:
    """For each district whether the study uses it: no year missing, and at least one year seen before it began.

    Raises: as `event_study`.
    """
    table = np.asarray(values, dtype=float)
    if table.ndim != 2 or table.shape[0] != len(adoption):
        raise ValueError("values must be a table with one row, and one adoption date, for each district")
    complete = ~np.isnan(table).any(axis=1)
    return [bool(known) and (date is None or date > 0) for known, date in zip(complete, adoption, strict=True)]


def _blocks(
    values: ArrayLike, adoption: Sequence[int | None], strata: Sequence[Hashable] | None
) -> list[NDArray[np.int64]]:
    """Places of each stratum's districts among those that are used."""
    if strata is not None and len(strata) != len(adoption):
        raise ValueError("there must be one stratum for each district")
    places: dict[Hashable, list[int]] = {}
    used = [place for place, is_used in enumerate(usable_districts(values, adoption)) if is_used]
    for place, district in enumerate(used):
        places.setdefault(None if strata is None else strata[district], []).append(place)
    return [np.array(block) for block in places.values()]


@dataclass(frozen=True)
class _Term:
    """One cohort in one year, and the cohorts that it is held against."""

    first_year: int
    year: int
    beside: tuple[int | None, ...]

    @property
    def since(self) -> int:
        return self.year - self.first_year


def _terms(sizes: Counter[int | None], years: int, comparison: Comparison) -> list[_Term]:
    terms = []
    for first_year in sorted(date for date in sizes if date is not None):
        for year in range(years):
            latest = max(year, first_year - 1)
            beside = tuple(
                date
                for date in sizes
                if date is None or (comparison is Comparison.NOT_YET and date > latest and date != first_year)
            )
            if beside and year != first_year - 1:
                terms.append(_Term(first_year, year, beside))
    return terms


@dataclass(frozen=True)
class _Aggregates:
    """What each district adds to each number, would it belong to each cohort: `(districts, cohorts)`.

    Cohorts keep their sizes when dates are handed round, so every number is a sum over districts of what its values, times the
    coefficients of its cohort, come to.
    """

    of_terms: list[Floats]
    by_time: dict[int, Floats]
    overall: Floats

    @classmethod
    def of(
        cls, terms: list[_Term], sizes: Counter[int | None], cohorts: list[int | None], table: Floats
    ) -> "_Aggregates":
        of_terms = [table @ _coefficients(term, sizes, cohorts, table.shape[1]).T for term in terms]
        times = sorted({term.since for term in terms})
        by_time = {since: _mean(terms, of_terms, sizes, {since}) for since in times}
        return cls(of_terms, by_time, _mean(terms, of_terms, sizes, {since for since in times if since >= 0}))

    @staticmethod
    def of_choices(parts: Floats, choices: NDArray[np.int64]) -> Floats:
        """`(choices,)` for choices `(choices, districts)` of cohort places."""
        found: Floats = parts[np.arange(parts.shape[0]), choices].sum(axis=1)
        return found

    def before(self, choices: NDArray[np.int64]) -> Floats | None:
        """`(choices,)`: sum of squared effects before the base year; None without any."""
        early = [self.of_choices(parts, choices) ** 2 for since, parts in self.by_time.items() if since < -1]
        return np.stack(early).sum(axis=0) if early else None


def _coefficients(term: _Term, sizes: Counter[int | None], cohorts: list[int | None], years: int) -> Floats:
    """`(cohorts, years)`: what a district's values are multiplied by, were it in the cohort."""
    found: Floats = np.zeros((len(cohorts), years))
    own, others = cohorts.index(term.first_year), [cohorts.index(cohort) for cohort in term.beside]
    step: Floats = np.zeros(years)
    step[term.year], step[term.first_year - 1] = 1, -1
    found[own] = step / sizes[term.first_year]
    found[others] = -step / sum(sizes[cohort] for cohort in term.beside)
    return found


def _mean(terms: list[_Term], of_terms: list[Floats], sizes: Counter[int | None], times: set[int]) -> Floats:
    """Mean over the cohort effects at these event times, a cohort counting as its districts."""
    chosen = [
        (sizes[term.first_year], parts) for term, parts in zip(terms, of_terms, strict=True) if term.since in times
    ]
    weights = np.array([size for size, _ in chosen], dtype=float)
    mean: Floats = np.tensordot(weights / weights.sum(), np.stack([parts for _, parts in chosen]), axes=1)
    return mean


def _permute(
    aggregates: _Aggregates, real: NDArray[np.int64], blocks: list[NDArray[np.int64]]
) -> tuple[PermutationTest | None, PermutationTest | None, NoEventStudy | None]:
    """Tests of the overall effect and of what was before, over all ways to hand the dates round."""
    choices = _all_choices(real[0], blocks)
    if choices is None:
        return None, None, NoEventStudy.TOO_MANY_CHOICES
    smallest = (2 if _is_mirrored(real[0], blocks) else 1) / len(choices)
    overall, parts = aggregates.of_choices, aggregates.overall
    test = _test(float(overall(parts, real)[0]), overall(parts, choices), smallest)
    early, others = aggregates.before(real), aggregates.before(choices)
    pre_trend = None if early is None or others is None else _test(float(early[0]), others, smallest)
    return test, pre_trend, None


def _test(real: float, found: Floats, smallest: float) -> PermutationTest:
    threshold = abs(real) - _ROUNDING * max(1.0, abs(real))
    return PermutationTest(real, float((np.abs(found) >= threshold).mean()), len(found), smallest)


def _all_choices(real: NDArray[np.int64], blocks: list[NDArray[np.int64]]) -> NDArray[np.int64] | None:
    """`(choices, districts)`: every way to hand the cohorts' places round within the blocks; None if there are too many."""
    sizes = [np.bincount(real[block], minlength=int(real.max()) + 1).tolist() for block in blocks]
    if prod(_count_choices(of_block) for of_block in sizes) > MOST_CHOICES:
        return None
    choices = real[None, :].copy()
    for block, of_block in zip(blocks, sizes, strict=True):
        ways, sofar = _hand_round(of_block), len(choices)
        choices = np.repeat(choices, len(ways), axis=0)
        choices[:, block] = np.tile(ways, (sofar, 1))
    return choices


def _is_mirrored(real: NDArray[np.int64], blocks: list[NDArray[np.int64]]) -> bool:
    """Whether swapping two cohorts is a choice too: it turns the sign of all effects; more cohorts, or other sizes, have no mirror."""
    return int(real.max()) == 1 and all(2 * int(real[block].sum()) == len(block) for block in blocks)


def _count_choices(sizes: list[int]) -> int:
    left, count = sum(sizes), 1
    for size in sizes:
        count *= comb(left, size)
        left -= size
    return count


def _hand_round(sizes: list[int]) -> NDArray[np.int64]:
    """`(choices, districts)`: every way to make cohorts of these sizes, as places of cohorts."""
    last = len(sizes) - 1
    choices: NDArray[np.int64] = np.full((1, sum(sizes)), last, dtype=np.int64)
    for cohort, size in enumerate(sizes[:-1]):
        choices = np.array(list(_put(choices, cohort, size, free=last)))
    return choices


def _put(choices: NDArray[np.int64], cohort: int, size: int, *, free: int) -> Iterator[NDArray[np.int64]]:
    for row in choices:
        for chosen in combinations(np.flatnonzero(row == free).tolist(), size):
            filled = row.copy()
            filled[list(chosen)] = cohort
            yield filled


def _breakdown(
    by_time: dict[int, float], terms: list[_Term], sizes: Counter[int | None], overall: float
) -> float | None:
    """|overall| over what a step away each year, as large as the largest before, would add up to in it."""
    early = {**{since: effect for since, effect in by_time.items() if since < -1}, -1: 0.0}
    steps = [abs(early[since + 1] - effect) for since, effect in early.items() if since + 1 in early]
    largest = max(steps, default=0.0)
    if largest <= _ROUNDING:
        return None
    after = [(sizes[term.first_year], term.since + 1) for term in terms if term.since >= 0]
    years_of_steps = sum(size * years for size, years in after) / sum(size for size, _ in after)
    return abs(overall) / (largest * years_of_steps)


def _never_last(cohort: int | None) -> tuple[bool, int]:
    return cohort is None, cohort or 0
