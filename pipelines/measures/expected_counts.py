"""How many children would lie in a band, or cross a limit, at the second SDQ form without help?

The mean has its benchmark in `pipelines.measures.sdq`: a line from first to second score. A count before and after needs one too,
or a reader takes what high scores do by themselves for what the help did. It needs more than the line: how far single children
lie from it, since a band is reached by those who land there, not by the average child.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pipelines.measures.sdq import ExpectationLine, expected_second_points

HIGHEST_TOTAL_POINTS: Final = 40


def second_score_probabilities(
    first: ArrayLike,
    line: ExpectationLine,
    *,
    age_years: ArrayLike | None = None,
    is_boy: ArrayLike | None = None,
    highest_points: int = HIGHEST_TOTAL_POINTS,
) -> NDArray[np.float64]:
    """Each child's probability (0-1) of each whole score 0, 1, ... highest_points without help, `(n, highest_points + 1)`.

    The second score is taken as normal around the line with the line's residual SD; a whole score has half a point to either
    side, and what lies beyond the scale counts at its end, so every row sums to 1. Without a residual SD every child lands on the
    line (half and half between two scores where it lies midway). A child with a missing score, or without the age or sex that
    the line needs, has NaN throughout.

    Drawback: real scores lean to the right and pile up at 0; the middle of the scale is told better than its ends.
    Raises: ValueError when the line needs age or sex and it is not given, lengths differ, or the scale has no points.
    Example: expected 10, residual SD 4: a score of 9 or less has probability Phi((9.5 - 10) / 4) = .45.
    """
    if highest_points < 1:
        raise ValueError(f"highest_points must be 1 or more, not {highest_points}")
    centre = expected_second_points(first, line, age_years=age_years, is_boy=is_boy)
    upper_edges = np.arange(highest_points) + 0.5
    distances = upper_edges - centre[:, np.newaxis]
    spread = line.residual_sd_points
    below = stats.norm.cdf(distances / spread) if spread > 0 else np.heaviside(distances, 0.5)
    ends = np.broadcast_to([0.0, 1.0], (centre.size, 2))
    probabilities: NDArray[np.float64] = np.diff(np.column_stack([ends[:, :1], below, ends[:, 1:]]), axis=1)
    probabilities[np.isnan(centre)] = np.nan
    return probabilities


def expected_count(probabilities: ArrayLike, is_counted: ArrayLike) -> float | None:
    """How many of these children one expects among those counted, unrounded; None when nobody's probabilities are known.

    probabilities: from `second_score_probabilities`, `(n, k)`. is_counted: for each child, the second scores that would count it
    (in the band, past the limit), `(n, k)`; what counts may differ from child to child, as limits do by age and sex. A child whose
    probabilities are not known (NaN) is expected to count as often as the average of the others: so counts of groups that
    leave nobody out sum to all the children.

    Raises: ValueError when shapes differ.
    """
    chances, counted = np.asarray(probabilities, dtype=float), np.asarray(is_counted, dtype=bool)
    if chances.shape != counted.shape:
        raise ValueError(f"shapes differ: {chances.shape}, {counted.shape}")
    known = ~np.isnan(chances).any(axis=1)
    if not known.any():
        return None
    share = np.where(counted[known], chances[known], 0.0).sum() / known.sum()
    return float(share * chances.shape[0])
