"""Which of many p-values still stand when it is remembered that there were many?

Five scales of one questionnaire are five chances of an accident. Benjamini and Hochberg's adjustment keeps the expected part of false
findings among those called findings at the level, within a family that was written down before the data were read.
"""

import math
from collections.abc import Sequence


def benjamini_hochberg(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """The p values of one family, adjusted, in their order: those at or below .05 stand at a false discovery rate of .05.

    None is a test of the family that could not be made: it stays None and counts as no test. An adjusted p is never below its
    own raw one, and never turns the order round.

    Drawback: holds for independent or positively related tests, which scales of one questionnaire are taken to be; and only for
    the tests that are shown, so a family may not lose members after the data were seen.
    Source: Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995) 289-300.
    Raises: ValueError when a p value lies outside 0 to 1.
    Example: .01, .04, .03 become .03, .04, .04.
    """
    made = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    if any(math.isnan(p) or not 0 <= p <= 1 for p, _ in made):
        raise ValueError("a p value lies outside 0 to 1")
    adjusted: list[float | None] = [None] * len(p_values)
    smallest = 1.0
    for rank in range(len(made), 0, -1):
        p, place = made[rank - 1]
        smallest = min(smallest, p * (len(made) / rank))
        adjusted[place] = smallest
    return tuple(adjusted)
