"""What is proved: an estimator says what it measures, what is true of that, and what is expected of it.

A new one is a module in `pipelines.prove.estimators` with an `Estimator`, and an entry in its `__init__`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.measures.intervals import Estimate
from pipelines.prove.acceptance import SHOWN, Expectation
from pipelines.prove.observed import Observed


@dataclass(frozen=True)
class TruthPart:
    """What one municipality adds to the truth: the truth is the sum of numerators over the sum of denominators.

    A rate over many municipalities is a ratio of sums, a mean over districts the sum of district means over their number. A
    truth known by arithmetic adds the same value (0, say) every time, and so has no Monte Carlo error.
    """

    numerator: float
    denominator: float


@dataclass(frozen=True)
class Estimator:
    """One way of measuring, as a report does it or as a report must not do it.

    name: English, a key. title, estimand: Danish, what the table prints. measure: the estimate of one municipality. truth:
    what one municipality adds to the superpopulation's value, which independent draws give. expectation: of every scenario
    that `in_scenario` does not name, from `fewest_districts` up; with fewer the cell is only shown. by_structure: what is expected
    given scenario, districts and how many of them have advisers (None = half), in place of these three. only_in: the
    scenarios in which it is tried; none means all. is_event: the estimate is 1 where something happens, 0 where it does not, and what
    is true of it is 0. benchmark: a number to show beside the bias, in the same unit. scale: by what the
    value is multiplied to be printed in `unit`, with `decimals`.
    """

    name: str
    title: str
    estimand: str
    unit: str
    decimals: int
    measure: Callable[[Observed], Estimate]
    truth: Callable[[Observed], TruthPart]
    expectation: Expectation
    in_scenario: Mapping[str, Expectation] = field(default_factory=dict)
    fewest_districts: int = 0
    benchmark: Callable[[Observed], float] | None = None
    scale: float = 1.0
    by_structure: Callable[[str, int, int | None], Expectation] | None = None
    only_in: frozenset[str] = frozenset()
    is_event: bool = False

    def expected_in(self, scenario: str, *, district_count: int, adviser_count: int | None = None) -> Expectation:
        """What is expected in a scenario with so many districts, so many of them with advisers (None = half)."""
        if self.by_structure is not None:
            return self.by_structure(scenario, district_count, adviser_count)
        if district_count < self.fewest_districts:
            return SHOWN
        return self.in_scenario.get(scenario, self.expectation)


def tried_in(scenario: str, estimators: Sequence[Estimator]) -> tuple[Estimator, ...]:
    """Those of the estimators that are tried in the scenario."""
    return tuple(estimator for estimator in estimators if not estimator.only_in or scenario in estimator.only_in)
