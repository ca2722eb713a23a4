"""How often would districts differ this much had other districts been in the arm? Every choice tried, within strata if there are any.

Beside `permutation`, which takes any statistic, this one is for adjusted differences of districts: choices within strata, fast enough
for a study of a thousand draws, and with the interval of all effects that the test would not reject.
"""

import math
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from math import comb

import numpy as np
from numpy.typing import NDArray

from pipelines.measures.intervals import Estimate, NoInterval, check_level
from pipelines.measures.permutation import MOST_CHOICES, PermutationTest

_ROUNDING = 1e-9
"""A choice that is as extreme but for the rounding of its sums must count as equally extreme."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DistrictPermutation:
    """A difference between arms and its test by all choices of districts.

    difference: treated minus others; its interval holds all effects that the test does not reject, and there is none where the
    smallest possible p value is above 1 - level. n: districts that are compared. test: of no effect at all in any district.
    """

    difference: Estimate
    test: PermutationTest


def permute_districts(
    effects: Mapping[Hashable, float],
    treated: Collection[Hashable],
    *,
    strata: Mapping[Hashable, Hashable] | None = None,
    level: float = 0.95,
) -> DistrictPermutation:
    """Every way in which as many districts of each stratum could have been the `treated` ones, held against the real way.

    effects: label -> number (`district_effects`). strata: label -> stratum; None = all in one. The difference is the mean of the
    strata's differences, a stratum weighing as the precision of its difference (treated x others / districts); one with only
    treated, or only other districts compares nothing and is left out. The interval is exact, by turning the test round for an
    effect that is the same in every district. When each stratum has as many treated as others, every choice has a mirror that is as
    extreme, so the smallest possible p is 2 / choices, else 1 / choices.

    Drawback: unless lots were drawn it is a placebo: it says what the choice of districts alone can do, if any was as likely.
    Source: Rosenbaum, Observational Studies (2nd ed. 2002), sections 2.4 and 2.6.
    Raises: ValueError when a treated district has no effect or a district no stratum, nothing can be compared, or there are more
    than 20,000 choices.
    Example: three districts with 4, 5, 6 against three with 1, 2, 3: p = 2 / 20, the smallest possible; no 95 % interval.
    """
    check_level(level)
    labels, chosen = list(effects), set(treated)
    arm = np.array([label in chosen for label in labels], dtype=bool)
    if arm.sum() != len(chosen):
        raise ValueError(f"no effect of {len(chosen) - int(arm.sum())} of the treated districts")
    stratum_of = dict.fromkeys(labels) if strata is None else strata
    if unplaced := [label for label in labels if label not in stratum_of]:
        raise ValueError(f"no stratum of {len(unplaced)} of the districts")
    blocks = _Strata.of([stratum_of[label] for label in labels], arm)
    weights = blocks.choices()
    found = weights @ np.array([effects[label] for label in labels], dtype=float)
    overlap = weights @ arm  # what an effect of 1 in each treated district would be found to be under each choice
    test = _test(found, smallest=(2 if blocks.is_mirrored else 1) / len(found))
    low, high = _turn_round(found, overlap, test, level=level)
    reason = NoInterval.TOO_FEW_CLUSTERS if low is None else None
    return DistrictPermutation(Estimate(test.statistic, low, high, level, blocks.district_count, reason=reason), test)


@dataclass(frozen=True)
class _Strata:
    """The strata that have districts of both arms: places of their districts, and of the treated among these."""

    size: int
    blocks: list[tuple[tuple[int, ...], tuple[int, ...]]]

    @classmethod
    def of(cls, strata: list[Hashable], arm: NDArray[np.bool_]) -> "_Strata":
        places: dict[Hashable, list[int]] = {}
        for place, stratum in enumerate(strata):
            places.setdefault(stratum, []).append(place)
        blocks = [(tuple(block), tuple(place for place in block if arm[place])) for block in places.values()]
        blocks = [(block, treated) for block, treated in blocks if 0 < len(treated) < len(block)]
        if not blocks:
            raise ValueError("no stratum has districts of both arms")
        count = math.prod(comb(len(block), len(treated)) for block, treated in blocks)
        if count > MOST_CHOICES:
            raise ValueError(f"{count} choices of districts are too many to try them all")
        return cls(len(strata), blocks)

    @property
    def district_count(self) -> int:
        return sum(len(block) for block, _ in self.blocks)

    @property
    def is_mirrored(self) -> bool:
        return all(2 * len(treated) == len(block) for block, treated in self.blocks)

    def choices(self) -> Floats:
        """`(choices, districts)`: what each district's effect is multiplied by; the real choice comes first."""
        precision = [len(treated) * (len(block) - len(treated)) / len(block) for block, treated in self.blocks]
        ways = []
        for block, treated in self.blocks:
            others = (choice for choice in combinations(block, len(treated)) if choice != treated)
            ways.append([treated, *others])
        weights = np.zeros((math.prod(len(of) for of in ways), self.size))
        for row, chosen in enumerate(product(*ways)):
            for (block, treated), choice, weight in zip(self.blocks, chosen, precision, strict=True):
                share = weight / sum(precision)
                weights[row, block] = -share / (len(block) - len(treated))
                weights[row, choice] = share / len(treated)
        return weights


def _test(found: Floats, *, smallest: float) -> PermutationTest:
    real = float(found[0])
    threshold = abs(real) - _ROUNDING * max(1.0, abs(real))
    return PermutationTest(real, float((np.abs(found) >= threshold).mean()), len(found), smallest)


def _turn_round(
    found: Floats, overlap: Floats, test: PermutationTest, *, level: float
) -> tuple[float, float] | tuple[None, None]:
    """All effects t with p(t) > 1 - level, for which p(t) is the share of choices with |found - t overlap| >= |real - t|.

    For each choice these t are an interval round the real difference, whose ends solve the equality: (real - found) / (1 -
    overlap) and (real + found) / (1 + overlap). So p falls to both sides, and the limit is where enough choices have dropped out.
    The real choice (overlap 1) and its mirror (-1) never drop out.
    """
    if round(test.smallest_p_value, 12) > round(1 - level, 12):
        return None, None
    ends = np.full((2, len(found)), np.inf)
    np.divide(test.statistic - found, 1 - overlap, out=ends[0], where=overlap < 1 - _ROUNDING)
    np.divide(test.statistic + found, 1 + overlap, out=ends[1], where=overlap > _ROUNDING - 1)
    never = np.abs(overlap) >= 1 - _ROUNDING
    high, low = np.where(never, np.inf, ends.max(axis=0)), np.where(never, -np.inf, ends.min(axis=0))
    needed = math.floor(round((1 - level) * len(found), 9))  # so many may be left when the effect is rejected
    return float(np.sort(low)[needed]), float(np.sort(high)[::-1][needed])
