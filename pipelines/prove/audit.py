"""Does a kept study agree with itself: is each cell's outcome what its own counts, mean, SD, errors and truth give?

What a study says of its methods rests on its cells, so a cell changed by hand must not be read. What agrees with itself may
still be wrong: `redraw` holds cells against new draws.
"""

import math
from collections.abc import Iterable

from pipelines.prove.acceptance import Check, Kind, Limits
from pipelines.prove.results import CellResult, judged

_TOLERANCE = 1e-9
"""Relative: the same quantile differs in the last digits between systems."""


def contradictions(
    cells: Iterable[CellResult], limits: Limits, *, repetitions: int, rerun_repetitions: int
) -> list[str]:
    """The cells (scenario, districts, estimator) that are there twice, or say what their own numbers do not."""
    found, seen = [], set()
    for cell in cells:
        advisers = "" if cell.adviser_count is None else f" ({cell.adviser_count})"
        name = f"{cell.scenario}, {cell.district_count}{advisers}, {cell.estimator}"
        drawn = rerun_repetitions if cell.is_rerun else repetitions
        if name in seen or cell.repetitions != drawn or not (_is_counted(cell) and _is_judged(cell, limits)):
            found.append(name)
        seen.add(name)
    return found


def _is_counted(cell: CellResult) -> bool:
    """Whether the counts fit each other; an interval holds a truth of 0 exactly when it raises no false alarm."""
    is_null = cell.truth.value == 0 and cell.truth.standard_error == 0
    if is_null != (cell.rejection_count is not None) or (cell.is_rerun and cell.expectation.kind is not Kind.MUST_HOLD):
        return False
    if cell.rejection_count is not None and cell.hit_count + cell.rejection_count != cell.interval_count:
        return False
    return 0 <= cell.hit_count <= cell.interval_count <= cell.value_count <= cell.repetitions


def _is_judged(cell: CellResult, limits: Limits) -> bool:
    again = judged(cell, limits)
    return (
        again.as_expected is cell.as_expected
        and again.checks.keys() == cell.checks.keys()
        and all(_is_same(check, cell.checks[criterion]) for criterion, check in again.checks.items())
    )


def _is_same(first: Check, second: Check) -> bool:
    numbers = ((first.value, second.value), (first.low, second.low), (first.high, second.high))
    return (first.is_held, first.is_inside) == (second.is_held, second.is_inside) and all(
        math.isclose(one, other, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE) for one, other in numbers
    )
