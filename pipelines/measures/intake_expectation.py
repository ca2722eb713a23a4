"""What could be expected of a municipality with such an intake? Its figure against the line through all the others.

Open figures carry no intake of districts, so this is for municipalities among each other and nothing smaller. What is left when the
line is taken away holds everything else that differs between municipalities, and chance; it is nobody's merit or fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.measures.distribution import Place, place_among

FEWEST_UNITS: Final = 20
"""With fewer, the line is as much chance as what is left over."""


@dataclass(frozen=True)
class IntakeExpectation:
    """One unit against the line of the others; every part in the outcome's unit.

    expected: the line of the other units at this unit's intake. differences: outcome less expected of every unit, each against
    the line of the others, in the order they came; NaN where outcome or intake is missing. place: where this unit's own difference
    lies among them. n: units with both. All None and an empty place where there are too few, or all have the same intake.
    """

    n: int
    expected: float | None
    difference: float | None
    differences: NDArray[np.float64]
    place: Place


def expected_from_intake(outcomes: ArrayLike, intake: ArrayLike, *, unit: int) -> IntakeExpectation:
    """Unit number `unit` against a straight line by least squares through all the others.

    outcomes, intake: `(units,)`, NaN where not known; such a unit is left out and never 0. Each unit is left out of its own line, so
    that none pulls its own expectation towards itself.

    Drawback: one intake figure and a straight line; every municipality counts alike, and small ones lie farther off by chance alone.
    Source: deleted residuals, Belsley, Kuh and Welsch, Regression Diagnostics (1980), section 2.1: residual / (1 - leverage).
    Raises: ValueError when the two have different lengths, or there is no such unit.
    Example: all others on the line y = 2 x: a unit with intake 3 and outcome 7 is 1 over the 6 expected.
    """
    y, x = np.asarray(outcomes, dtype=float), np.asarray(intake, dtype=float)
    if y.shape != x.shape or y.ndim != 1 or not 0 <= unit < y.size:
        raise ValueError("each unit needs an outcome and an intake, or NaN, and the unit must be one of them")
    known = ~np.isnan(y) & ~np.isnan(x)
    differences = np.full(y.size, np.nan)
    if known.sum() >= FEWEST_UNITS:
        differences[known] = _against_the_others(y[known], x[known])
    own = None if np.isnan(differences[unit]) else float(differences[unit])
    return IntakeExpectation(
        n=int(known.sum()),
        expected=None if own is None else float(y[unit]) - own,
        difference=own,
        differences=differences,
        place=place_among(own, _listed(differences)),
    )


def _against_the_others(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each outcome less what the line through the others gives; NaN where the others all have one intake."""
    centred = x - x.mean()
    spread = float((centred**2).sum())
    if spread == 0:
        return np.full(y.size, np.nan)
    residuals = y - y.mean() - centred * float((centred * y).sum()) / spread
    leverage = 1 / y.size + centred**2 / spread
    return np.where(leverage < 1 - 1e-12, residuals / np.maximum(1 - leverage, 1e-12), np.nan)


def _listed(values: NDArray[np.float64]) -> Sequence[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
