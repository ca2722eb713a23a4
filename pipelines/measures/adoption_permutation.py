"""Did shares change where a model began, when it began, more than districts' own trends and the common years would make them?

Districts that began at different times are each other's comparison. With few districts no standard error is to be trusted, so
the dates themselves are handed round: what would have been found, had the same dates belonged to other districts?
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.measures.permutation import MOST_CHOICES, PermutationTest

FEWEST_YEARS = 4
"""A district's own trend takes two of them."""

_ROUNDING = 1e-9
"""A choice that is as extreme but for the rounding of its sums must count as equally extreme."""


class NoEffect(StrEnum):
    """Why there is no effect, or no test of it."""

    TOO_FEW_YEARS = "too_few_years"
    NOT_IDENTIFIED = "not_identified"
    """All began at once, or nobody did within the years: the model cannot be told from the years."""
    TOO_MANY_CHOICES = "too_many_choices"
    """There is an effect; there are too many ways to hand the dates round to try them all, and a sample of them is not taken."""


@dataclass(frozen=True)
class AdoptionEffect:
    """The mean difference under the model, in the unit of the values, sign as in them; `reason` says why it, or its test, is missing.

    test: over the ways to hand the real dates to the districts, ties counted; its smallest p value is what the most extreme way
    would give. adopter_count: districts that began within the years. value_count: values used. missing_count: values left out.
    """

    effect: float | None
    test: PermutationTest | None
    adopter_count: int
    value_count: int
    missing_count: int
    reason: NoEffect | None


def adoption_permutation(
    values: ArrayLike, adoption: Sequence[int | None], *, own_trends: bool = True
) -> AdoptionEffect:
    """The difference in differences by adoption date, tested by exact permutation of the dates.

    values: `(districts, years)`, a share or its logit; NaN where it is missing, which leaves out that district and year only.
    adoption: for each district the place (0, 1, ...) of its first year under the model, None if never; a date outside the years
    counts as never, since a district that is always under it says nothing of a change either. The model: a level of each
    district, with own_trends its own straight line, a level of each year, and one number for all district-years under the
    model, by least squares.

    p value: the part of all distinct ways to hand the same dates to the districts, the real one among them, whose effect is at
    least as far from 0. It asks whether the model makes any difference at all, and holds however values hang together over
    time, as long as any district could as well have had any of the dates. Up to 20,000 ways.

    Drawback: nobody drew lots over the dates, so it is a placebo, not a trial. Where the effect grows with time or differs
    between those who began early and late, the one number weighs them oddly, partly against each other. Own trends take up a
    part of an effect that grows.
    Source: Rosenbaum, Observational Studies (2nd ed. 2002), section 2.4; the weights: Goodman-Bacon, Journal of Econometrics
    225 (2021) 254-277; randomised dates: Athey and Imbens, Journal of Econometrics 226 (2022) 62-79.
    Raises: ValueError when values are no table, or there is not one adoption date for each district.
    Example: two districts, four years, without trends: [1, 1, 3, 3] from the third year on and [1, 1, 1, 1] never: effect 2.
    """
    table = np.asarray(values, dtype=float)
    if table.ndim != 2 or table.shape[0] != len(adoption):
        raise ValueError("values must be a table with one row, and one adoption date, for each district")
    years = table.shape[1]
    present = ~np.isnan(table)
    dates = [date if date is not None and 0 < date < years else None for date in adoption]
    counts = (sum(date is not None for date in dates), int(present.sum()), int((~present).sum()))
    if years < FEWEST_YEARS:
        return AdoptionEffect(None, None, *counts, reason=NoEffect.TOO_FEW_YEARS)
    panel = _Panel.of(table, own_trends=own_trends)
    real = float(panel.effects([dates])[0])
    if math.isinf(real):
        return AdoptionEffect(None, None, *counts, reason=NoEffect.NOT_IDENTIFIED)
    choice_count = _count_choices(dates)
    if choice_count > MOST_CHOICES:
        return AdoptionEffect(real, None, *counts, reason=NoEffect.TOO_MANY_CHOICES)
    others = np.abs(panel.effects(list(_hand_round(dates))))
    as_extreme = int((others >= abs(real) - _ROUNDING * max(1.0, abs(real))).sum())
    test = PermutationTest(real, as_extreme / choice_count, choice_count, _count_mirrors(dates) / choice_count)
    return AdoptionEffect(real, test, *counts, reason=None)


@dataclass(frozen=True)
class _Panel:
    """What is left of the values present when levels, lines and years are taken out, and the matrix that takes them out."""

    present: NDArray[np.bool_]
    residuals: NDArray[np.float64]
    residual_maker: NDArray[np.float64]

    @classmethod
    def of(cls, table: NDArray[np.float64], *, own_trends: bool) -> "_Panel":
        present = ~np.isnan(table)
        residual_maker = _make_residuals(present, own_trends=own_trends)
        return cls(present, residual_maker @ table[present], residual_maker)

    def effects(self, choices: Sequence[Sequence[int | None]]) -> NDArray[np.float64]:
        """`(choices,)`; infinite, and so as extreme as can be, where the choice cannot be told from districts, lines and years."""
        years = self.present.shape[1]
        starts = np.array([[years if date is None else date for date in choice] for choice in choices])
        under = (np.arange(years) >= starts[:, :, None])[:, self.present].astype(float)
        information = ((under @ self.residual_maker) * under).sum(axis=1)
        found: NDArray[np.float64] = np.full(len(choices), np.inf)
        np.divide(under @ self.residuals, information, out=found, where=information > _ROUNDING)
        return found


def _make_residuals(present: NDArray[np.bool_], *, own_trends: bool) -> NDArray[np.float64]:
    """What takes districts' levels, their lines and the years' levels out of values, `(values, values)`."""
    districts, years = present.shape
    of_district, of_year = (np.broadcast_to(place, present.shape)[present] for place in np.ogrid[:districts, :years])
    columns = [of_district[:, None] == np.arange(districts), of_year[:, None] == np.arange(years)]
    if own_trends:
        columns.append(columns[0] * (of_year - (years - 1) / 2)[:, None])
    design = np.hstack([column.astype(float) for column in columns])
    # columns that depend on each other are no harm: what is taken out is the space they span
    kept: NDArray[np.float64] = np.eye(design.shape[0]) - design @ np.linalg.pinv(design)
    return kept


def _count_choices(dates: Sequence[int | None]) -> int:
    return math.factorial(len(dates)) // math.prod(math.factorial(count) for count in Counter(dates).values())


def _count_mirrors(dates: Sequence[int | None]) -> int:
    """2 when two dates have as many districts each: swapping them turns the sign, for their sum is the same in each district."""
    counts = Counter(dates)
    return 2 if len(counts) == 2 and len(set(counts.values())) == 1 else 1


def _hand_round(dates: Sequence[int | None]) -> Iterator[tuple[int | None, ...]]:
    """Every distinct order of the dates, once."""
    left = Counter(dates)

    def go_on(sofar: tuple[int | None, ...]) -> Iterator[tuple[int | None, ...]]:
        if len(sofar) == len(dates):
            yield sofar
        for date in [date for date, count in left.items() if count]:
            left[date] -= 1
            yield from go_on((*sofar, date))
            left[date] += 1

    return go_on(())
