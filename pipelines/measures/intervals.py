"""How sure is a number? The estimate with its interval, and intervals for a share."""

import math
from dataclasses import dataclass
from enum import StrEnum

from scipy import stats

_ROUNDING = 1e-12
"""Points, shares and rates are of the order of 1 or more; what is so much smaller is what arithmetic leaves of a 0."""


class NoInterval(StrEnum):
    """Why an estimate has no interval."""

    NO_DATA = "no_data"
    TOO_FEW_CLUSTERS = "too_few_clusters"
    TOO_FEW_EVENTS = "too_few_events"
    TOO_FEW_CHILDREN = "too_few_children"
    NOT_REACHED = "not_reached"
    NO_SPREAD = "no_spread"
    """The clusters agree to the last bit: nothing tells how far they lie apart, and a width of 0 would claim certainty."""


@dataclass(frozen=True)
class Estimate:
    """A number, and the interval that hits the true one in `level` of repetitions.

    value: None without data. low, high: None when there is no interval; `reason` then says why. n: how many
    units (children, pupils) stand behind it. standard_error, degrees_of_freedom: where the interval is built
    from them.
    """

    value: float | None
    low: float | None
    high: float | None
    level: float
    n: int
    standard_error: float | None = None
    degrees_of_freedom: int | None = None
    reason: NoInterval | None = None

    @property
    def has_interval(self) -> bool:
        """True when both limits are known."""
        return self.low is not None and self.high is not None


def wilson_interval(successes: int, total: int, *, level: float = 0.95) -> Estimate:
    """The share successes / total (0-1) with Wilson's interval: what a score test would not reject.

    No value and no interval without a total. Good from about 40 up; below that see `jeffreys_interval`.

    Source: Wilson 1927; Newcombe, Statistics in Medicine 17 (1998) 857-872, method 3.
    Raises: ValueError when successes lie outside 0 to total, or level outside 0 to 1.
    Example: wilson_interval(81, 263) is 0.3080 (0.2553 to 0.3662).
    """
    _check_counts(successes, total, level)
    if total == 0:
        return no_estimate(level)
    share = successes / total
    z = float(stats.norm.ppf((1 + level) / 2))
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    # At the ends the limit is exact; subtraction would leave a trace of rounding there.
    low = 0.0 if successes == 0 else middle - half
    high = 1.0 if successes == total else middle + half
    return Estimate(share, low, high, level, total)


def jeffreys_interval(successes: int, total: int, *, level: float = 0.95) -> Estimate:
    """The share successes / total (0-1) with Jeffreys' interval: Beta(successes + 1/2, failures + 1/2).

    For few units. The lower limit is 0 when none, the upper 1 when all succeed. No value without a total.

    Source: Brown, Cai and DasGupta, Statistical Science 16 (2001) 101-133, section 3.1.1 and 4.1.
    Raises: ValueError when successes lie outside 0 to total, or level outside 0 to 1.
    """
    _check_counts(successes, total, level)
    if total == 0:
        return no_estimate(level)
    posterior = stats.beta(successes + 0.5, total - successes + 0.5)
    low = 0.0 if successes == 0 else float(posterior.ppf((1 - level) / 2))
    high = 1.0 if successes == total else float(posterior.ppf((1 + level) / 2))
    return Estimate(successes / total, low, high, level, total)


def no_estimate(level: float) -> Estimate:
    """The estimate when there are no data at all."""
    return Estimate(None, None, None, level, 0, reason=NoInterval.NO_DATA)


def is_no_spread(standard_error: float, value: float) -> bool:
    """Whether a standard error is 0 but for rounding, so that no interval can be made of it (`NoInterval.NO_SPREAD`)."""
    return standard_error <= _ROUNDING * max(1.0, abs(value))


def check_level(level: float) -> None:
    """Raises: ValueError when `level` is not between 0 and 1, both excluded."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, such as 0.95, not {level}")


def _check_counts(successes: int, total: int, level: float) -> None:
    check_level(level)
    if not 0 <= successes <= total:
        raise ValueError("successes must lie between 0 and total")
