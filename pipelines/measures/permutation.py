"""How often would a difference this large come up if the districts had been put into the two groups in another way?

Few districts leave nothing else to lean on than the ways they could have been chosen. Nobody drew lots, so it is a placebo: it
says what the choice of districts alone can do, under the assumption that any choice was as likely as the one made.
"""

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

MOST_CHOICES = 20_000
"""All are tried, never a sample of them; ten districts of 20 are 184,756."""

_ROUNDING = 1e-9
"""A choice that is as extreme but for the rounding of its sums must count as equally extreme."""


@dataclass(frozen=True)
class PermutationTest:
    """The share of all choices of districts whose statistic is at least as far from 0 as the real one's.

    statistic: of the real choice. p_value: the real choice counts, so it is never 0. choice_count: all choices of as many districts.
    smallest_p_value: what the most extreme choice would give; above 0.05 the test can tell nothing.
    """

    statistic: float
    p_value: float
    choice_count: int
    smallest_p_value: float


def permute_two_groups(
    districts: Sequence[Hashable],
    chosen: Collection[Hashable],
    statistic: Callable[[Collection[Hashable]], float],
) -> PermutationTest:
    """Every choice of as many of `districts` as there are in `chosen`, held against the real one.

    statistic: of a choice; only its distance from 0 counts. When both groups have the same number of districts, each choice has a
    mirror that is as extreme, so the smallest possible p is 2 / choices, else 1 / choices.
    Raises: ValueError when a group would be empty, a chosen district is not there, or there are too many choices.
    Source: Rosenbaum, Observational Studies (2nd ed. 2002), section 2.4.
    """
    picked = set(chosen)
    if not picked or not picked < set(districts) or len(set(districts)) != len(districts):
        raise ValueError("the chosen districts must be some, not all, of the districts, each named once")
    choice_count = comb(len(districts), len(picked))
    if choice_count > MOST_CHOICES:
        raise ValueError(f"{choice_count} choices of districts are too many to try them all")
    real = statistic([district for district in districts if district in picked])
    threshold = abs(real) - _ROUNDING * max(1.0, abs(real))
    as_extreme = sum(abs(statistic(choice)) >= threshold for choice in combinations(districts, len(picked)))
    mirrored = 2 if 2 * len(picked) == len(districts) else 1
    return PermutationTest(real, as_extreme / choice_count, choice_count, mirrored / choice_count)
