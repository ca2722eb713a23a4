"""A municipality against the line of the others: by hand, by a second road, and what is missing is never 0."""

import numpy as np
import pytest

from pipelines.measures.distribution import QuartileBand
from pipelines.measures.intake_expectation import FEWEST_UNITS, expected_from_intake

MISSING = float("nan")


def test_a_unit_is_held_against_the_line_of_the_others_alone() -> None:
    # the others lie on y = 2 x + 1; the unit has intake 3, so 7 is expected, and 10 is 3 over
    intake = [float(number) for number in range(FEWEST_UNITS)]
    outcomes = [2 * x + 1 for x in intake]
    outcomes[3] = 10.0
    found = expected_from_intake(outcomes, intake, unit=3)
    assert found.expected == pytest.approx(2 * 3 + 1)
    assert found.difference == pytest.approx(10 - (2 * 3 + 1))
    assert found.place.band is QuartileBand.HIGHEST_QUARTER


def test_every_difference_is_that_of_a_line_fitted_anew_without_the_unit() -> None:
    random = np.random.default_rng(5)
    intake = random.normal(4.8, 0.4, 98)
    outcomes = 9 - 0.8 * intake + random.normal(0, 0.6, 98)
    found = expected_from_intake(outcomes, intake, unit=40)
    for unit in range(98):
        others = np.arange(98) != unit
        slope, start = np.polyfit(intake[others], outcomes[others], 1)
        assert found.differences[unit] == pytest.approx(outcomes[unit] - (start + slope * intake[unit]), abs=1e-9)
    assert found.expected == pytest.approx(outcomes[40] - found.differences[40])


def test_what_is_missing_is_left_out_and_is_not_nought() -> None:
    random = np.random.default_rng(6)
    intake, outcomes = random.normal(size=30), random.normal(size=30)
    with_gap = np.append(outcomes, MISSING)
    found = expected_from_intake(with_gap, np.append(intake, 0.3), unit=30)
    assert (found.n, found.expected, found.difference, found.place.band) == (30, None, None, None)
    kept = expected_from_intake(with_gap, np.append(intake, 0.3), unit=2)
    assert kept.difference == pytest.approx(expected_from_intake(outcomes, intake, unit=2).difference)


@pytest.mark.parametrize("intake", [[5.0] * 30, [5.0] * 29 + [6.0]], ids=["all alike", "the others all alike"])
def test_without_differences_in_intake_there_is_no_line(intake: list[float]) -> None:
    found = expected_from_intake(np.arange(30.0), intake, unit=29)
    assert (found.expected, found.difference) == (None, None)


def test_too_few_units_give_no_expectation() -> None:
    few = np.arange(float(FEWEST_UNITS - 1))
    found = expected_from_intake(few, few, unit=0)
    assert (found.expected, found.n) == (None, FEWEST_UNITS - 1)


def test_the_same_intake_plus_anything_gives_the_same_difference() -> None:
    random = np.random.default_rng(7)
    intake, outcomes = random.normal(size=40), random.normal(size=40)
    first = expected_from_intake(outcomes, intake, unit=0)
    moved = expected_from_intake(outcomes + 3, 100 + 7 * intake, unit=0)
    assert moved.difference == pytest.approx(first.difference)


@pytest.mark.parametrize(("count", "unit"), [(3, 0), (2, 5)])
def test_lists_of_other_lengths_and_unknown_units_are_refused(count: int, unit: int) -> None:
    with pytest.raises(ValueError, match="each unit needs"):
        expected_from_intake([1.0, 2.0], [1.0] * count, unit=unit)
