"""Counts of children, checked: how many of how many, one entry per unit."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def read_counts(counts: ArrayLike, totals: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Both as whole numbers `(units,)`, in their order; units without children stay.

    Raises: ValueError when lengths differ, a count is missing or no whole number, or one lies outside 0 to its total. The
    message never holds a count, for it may be a small one.
    Example: read_counts([2.0], [10]) is ([2], [10]).
    """
    parts, wholes = np.asarray(counts, dtype=float), np.asarray(totals, dtype=float)
    if parts.shape != wholes.shape or parts.ndim != 1:
        raise ValueError(f"{parts.size} counts but {wholes.size} totals")
    if not ((parts >= 0) & (parts <= wholes)).all():
        raise ValueError("each count must be there and lie between 0 and its total")
    if not ((parts % 1 == 0) & (wholes % 1 == 0)).all():
        raise ValueError("counts and totals must be whole numbers")
    return parts.astype(np.int64), wholes.astype(np.int64)
