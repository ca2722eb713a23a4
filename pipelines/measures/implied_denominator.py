"""How many pupils must stand behind a published count and its published percentage? A range, since both are rounded.

Two owners publish "5 per cent" of different wholes. Where a count stands beside the percentage the whole can be told within
limits, and with it whom the owner counts.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor


@dataclass(frozen=True)
class DenominatorRange:
    """The smallest and the largest whole (in the count's unit) that a published count and percentage allow; highest None: no limit."""

    lowest: int
    highest: int | None


def implied_denominator(count: int, percent: str, *, count_step: int | None = None) -> DenominatorRange:
    """The wholes of which `count` can be `percent` ("5.1": its digits tell how it was rounded).

    `count_step` is what the count was rounded to: 1 as counted, 100 to hundreds. Left out, the zeros at its end tell the coarsest
    rounding it may have had: 32500 to hundreds, 26994 not at all. That can only widen the range, so the true whole lies in it.

    A count of 0 without a step says nothing of the whole.

    Drawback: it takes for granted that both were rounded to the nearest and belong together; "a good 5.1" was not. Zeros do not tell a
    count rounded to five hundreds from one rounded to hundreds.
    Raises: ValueError for a count below 0, a percentage outside 0-100, or a step that is not a whole part of the count.
    Example: 26994 and 4.8: 26994 / .0485 to 26994 / .0475, that is 556578 to 568294.
    """
    share, half = Fraction(percent) / 100, _half_unit(percent) / 100
    step = _coarsest_step(count) if count_step is None else count_step
    if count == 0 and count_step is None:
        return DenominatorRange(0, None)
    if count < 0 or not 0 <= share <= 1 or step < 1 or count % step:
        raise ValueError(f"no whole can be told from {count} (in steps of {step}) and {percent} per cent")
    room = Fraction(step, 2) if step > 1 else Fraction(0)
    least, most = max(share - half, Fraction(0)), min(share + half, Fraction(1))
    lowest = max(ceil((count - room) / most), ceil(count - room))
    return DenominatorRange(lowest, floor((count + room) / least) if least else None)


def _half_unit(percent: str) -> Fraction:
    """Half of the last digit's place: .05 for "5.1"."""
    decimals = len(percent.partition(".")[2])
    return Fraction(1, 2 * 10**decimals)


def _coarsest_step(count: int) -> int:
    step = 1
    while count > 0 and count % (10 * step) == 0:
        step *= 10
    return step
