"""A study that agrees with itself is read; one with a single number changed by hand is not."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.prove.acceptance import LIMITS, MUST_HOLD, SHOWN, Criterion, must_fail
from pipelines.prove.audit import contradictions
from pipelines.prove.estimators import ESTIMATORS
from pipelines.prove.results import CellResult, Truth, sum_up

REPETITIONS = 300


def drawn(place: int, truth: Truth) -> CellResult:
    """Estimates around 0 with SD 1 and intervals only half as wide as they should be: about 67 of 100 hold the truth."""
    values = np.random.default_rng(place).normal(size=REPETITIONS)
    errors = np.random.default_rng(place + 100).uniform(0.4, 0.6, REPETITIONS)
    table = np.column_stack(
        [values, values - 1.96 * errors, values + 1.96 * errors, errors, np.full(REPETITIONS, np.nan)]
    )
    return sum_up(table, truth, ESTIMATORS[place], scenario="no_effect", district_count=4, limits=LIMITS)


NOTHING = Truth(0.0, 0.0)
CELLS = (drawn(0, NOTHING), drawn(1, Truth(0.1, 0.01)), drawn(2, NOTHING))


def found(*cells: CellResult) -> list[str]:
    return contradictions(cells, LIMITS, repetitions=REPETITIONS, rerun_repetitions=1000)


def test_cells_as_they_were_drawn_contradict_nothing() -> None:
    assert found(*CELLS) == []


def test_a_cell_reads_the_same_where_quantiles_differ_in_their_last_digit() -> None:
    coverage = CELLS[0].checks[Criterion.COVERAGE]
    nearly = replace(coverage, low=coverage.low * (1 + 1e-13))
    assert found(replace(CELLS[0], checks={**CELLS[0].checks, Criterion.COVERAGE: nearly})) == []


FIRST = CELLS[0]
FORGED = {
    "called right": replace(FIRST, as_expected=True),
    "called shown": replace(FIRST, expectation=SHOWN),
    "called a control": replace(FIRST, expectation=must_fail(Criterion.COVERAGE)),
    "more hits": replace(FIRST, hit_count=round(0.95 * FIRST.interval_count)),
    "more hits, fewer alarms": replace(FIRST, hit_count=285, rejection_count=15),
    "hits that are alarms": replace(FIRST, hit_count=FIRST.hit_count - 1),
    "mean moved to the truth": replace(FIRST, mean=FIRST.truth.value),
    "truth moved to the mean": replace(CELLS[1], truth=Truth(CELLS[1].mean or 0.0, 0.01)),
    "a truth less sure": replace(CELLS[1], truth=Truth(0.1, 1.0)),
    "spread": replace(FIRST, standard_deviation=0.5),
    "errors doubled": replace(FIRST, error_square_mean=1.0),
    "tails": replace(FIRST, kurtosis=30.0),
    "a check dropped": replace(
        FIRST, checks={name: c for name, c in FIRST.checks.items() if name != Criterion.COVERAGE}
    ),
    "a check called held": replace(
        FIRST, checks={**FIRST.checks, Criterion.COVERAGE: replace(FIRST.checks[Criterion.COVERAGE], is_held=True)}
    ),
    "other repetitions": replace(FIRST, repetitions=REPETITIONS + 1),
    "called a rerun": replace(FIRST, is_rerun=True),
    "alarms left out": replace(FIRST, rejection_count=None),
    "intervals without values": replace(FIRST, value_count=FIRST.interval_count - 1),
    "more hits than intervals": replace(FIRST, hit_count=301, rejection_count=-1),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_a_forged_cell_is_found(forged: CellResult) -> None:
    assert FIRST.expectation == MUST_HOLD
    assert found(forged, CELLS[2]) == [f"no_effect, 4, {forged.estimator}"]


def test_a_cell_that_is_there_twice_is_found() -> None:
    assert found(FIRST, FIRST) == [f"no_effect, 4, {FIRST.estimator}"]


def test_many_cells_forged_alike_are_all_found() -> None:
    """All called right, with 95 of 100 hits and no bias."""
    forged = [replace(cell, as_expected=True, hit_count=285, mean=cell.truth.value) for cell in CELLS]
    assert len(found(*forged)) == len(CELLS)
