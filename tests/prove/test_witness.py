"""What a witness sees: another world or another method gives another one; the same gives the same."""

import dataclasses

import pytest

from pipelines.measures.intervals import Estimate
from pipelines.prove.estimator import Estimator
from pipelines.prove.estimators import ESTIMATORS
from pipelines.prove.observed import Observed
from pipelines.prove.witness import witness_of
from pipelines.simulate.scenarios import Scenario, load_scenario

SHARE = next(estimator for estimator in ESTIMATORS if estimator.name.startswith("mainstream"))


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return dataclasses.replace(load_scenario("tiny_municipality"), children_count=400)


def moved(by: float) -> Estimator:
    """The share by district, moved by so much."""

    def measure(observed: Observed) -> Estimate:
        found = SHARE.measure(observed)
        return dataclasses.replace(found, value=None if found.value is None else found.value * (1 + by))

    return dataclasses.replace(SHARE, measure=measure)


@pytest.mark.parametrize(
    ("by", "is_seen"), [(0.0, False), (1e-13, False), (1e-5, True)], ids=["same", "rounding", "moved"]
)
def test_another_number_is_another_witness(scenario: Scenario, by: float, *, is_seen: bool) -> None:
    kept = witness_of(scenario, (SHARE,), seed=1)
    assert (witness_of(scenario, (moved(by),), seed=1) != kept) == is_seen


def test_another_world_is_another_witness(scenario: Scenario) -> None:
    other = dataclasses.replace(scenario, children_count=401)
    assert witness_of(scenario, (SHARE,), seed=1) != witness_of(other, (SHARE,), seed=1)
