"""The 100 patients of the test file that R's cmprsk ships with its published results: drawn by R's old generator, so drawn here."""

import math

import numpy as np


class OldR:
    """R's Marsaglia-Multicarry generator from set.seed on, with the draws that RNGversion("1.6.2") makes from it."""

    def __init__(self, seed: int) -> None:
        for _ in range(50):
            seed = self._congruential(seed)
        self.first = self._congruential(seed)
        self.second = self._congruential(self.first)
        # Sums of ln(2)^i / i!, as in Ahrens and Dieter, Communications of the ACM 15 (1972) 873-882, algorithm SA.
        self.sums = np.cumsum([math.log(2) ** i / math.factorial(i) for i in range(1, 17)])

    @staticmethod
    def _congruential(seed: int) -> int:
        return (69069 * seed + 1) & 0xFFFFFFFF

    def uniform(self) -> float:
        self.first = 36969 * (self.first & 0xFFFF) + (self.first >> 16) & 0xFFFFFFFF
        self.second = 18000 * (self.second & 0xFFFF) + (self.second >> 16) & 0xFFFFFFFF
        return ((self.first << 16 & 0xFFFFFFFF) ^ (self.second & 0xFFFF)) * 2.328306437080797e-10

    def exponential(self) -> float:
        whole, rest = 0.0, 2 * self.uniform()
        while rest <= 1:
            whole, rest = whole + self.sums[0], 2 * rest
        rest -= 1
        if rest <= self.sums[0]:
            return whole + rest
        smallest = min(self.uniform(), self.uniform())
        place = 1
        while rest > self.sums[place]:
            smallest, place = min(smallest, self.uniform()), place + 1
        return whole + smallest * self.sums[0]

    def below(self, count: int) -> int:
        return int(count * self.uniform())


def cmprsk_patients() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(Times, groups "a" to "c", ends 0 to 2, strata 1 and 2): set.seed(2) and the four draws of cmprsk's tests/test.R."""
    r = OldR(2)
    times = np.array([r.exponential() for _ in range(100)])
    groups = np.array(["abc"[r.below(3)] for _ in range(100)])
    ends = np.array([r.below(3) for _ in range(100)])
    strata = np.array([1 + r.below(2) for _ in range(100)])
    return times, groups, ends, strata
