"""How far can the unknown counts of a table be told without solving a program for each of them?

From within: steps that leave every sum as it is. Added to one table that fits they give others, so a single table mostly shows
already that a count can be many things. From without: limits that each sum sets by itself, handed on from sum to sum.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint

LONGEST: float = 1000.0
"""A step is not repeated more often: who looks asks whether values lie a few apart, not how far they go without a limit."""


def find_steps(matrix: NDArray[np.float64], table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whole-numbered steps that leave `matrix @ counts` as it is, shape (steps, counts); as many as one elimination gives.

    The largest counts of `table` give way for the others, since a small one has no room to.
    """
    order = np.argsort(-table, kind="stable")
    reduced, leading = _reduce(matrix[:, order])
    free = np.setdiff1d(np.arange(len(order)), leading)
    steps = np.zeros((len(free), len(order)))
    steps[np.arange(len(free)), free] = 1.0
    steps[:, leading] = -reduced[:, free].T
    whole = np.round(steps)
    unsorted = np.empty_like(whole)
    unsorted[:, order] = whole
    fits = (np.abs(steps - whole).max(axis=1, initial=0.0) < 1e-9) & (
        np.abs(matrix @ unsorted.T).max(axis=0, initial=0.0) < 1e-9
    )
    found: NDArray[np.float64] = unsorted[fits]
    return found


def tables_beside(table: NDArray[np.float64], steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """`table` and, for each step, the tables as far as it leads either way without a count below 0; shape (tables, counts)."""
    forward = _repeats(table, steps)[:, np.newaxis] * steps
    back = _repeats(table, -steps)[:, np.newaxis] * steps
    return np.vstack([table, table + forward, table - back])


def find_limits(constraint: LinearConstraint, *, ceiling: float, rounds: int = 10) -> NDArray[np.float64]:
    """(Lowest, highest) whole value that no sum by itself forbids each count, shape (2, counts); never too narrow.

    Worth something only where some table fits: where none does, limits may still be found.
    """
    matrix = constraint.A.tocoo()
    rows, columns, weights = matrix.row, matrix.col, matrix.data
    limits = np.array([[0.0], [ceiling]]).repeat(matrix.shape[1], axis=1)
    give = 1e-6 + 1e-9 * ceiling  # sums as large as the ceiling are not exact to the last decimal
    for _ in range(rounds):
        before = limits.copy()
        # what each count adds to its sum at the least and at the most; the others leave it the rest
        ends = np.sort(weights * limits[:, columns], axis=0)
        least, most = (np.bincount(rows, weights=end, minlength=matrix.shape[0])[rows] - end for end in ends)
        given = np.sort(
            np.stack([(constraint.lb[rows] - most) / weights, (constraint.ub[rows] - least) / weights]), axis=0
        )
        np.maximum.at(limits[0], columns, np.ceil(given[0] - give))
        np.minimum.at(limits[1], columns, np.floor(given[1] + give))
        if (limits == before).all():
            break
    return limits


def _repeats(table: NDArray[np.float64], steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often each step can be taken from the table."""
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(steps < 0, np.floor(table / -steps), LONGEST)
    repeats: NDArray[np.float64] = room.min(axis=1, initial=LONGEST)
    return repeats


def _reduce(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[int]]:
    """(Reduced rows, their leading columns): each leading column is 1 in its own row and 0 in the others (Gauss-Jordan)."""
    reduced = matrix.copy()
    leading: list[int] = []
    for column in range(matrix.shape[1]):
        row = len(leading)
        if row == len(reduced):
            break
        best = row + int(np.abs(reduced[row:, column]).argmax())
        if abs(reduced[best, column]) < 1e-9:
            continue
        reduced[[row, best]] = reduced[[best, row]]
        reduced[row] /= reduced[row, column]
        others = np.flatnonzero(reduced[:, column])
        others = others[others != row]
        reduced[others] -= np.outer(reduced[others, column], reduced[row])
        leading.append(column)
    return reduced[: len(leading)], leading
