import math

import numpy as np
import pytest

from pipelines.measures.counts import read_counts


def test_whole_numbers_stay_in_their_order_with_empty_units():
    parts, wholes = read_counts([2.0, 0, 3], [10, 0, 3])
    assert (parts.tolist(), wholes.tolist()) == ([2, 0, 3], [10, 0, 3])
    assert parts.dtype == np.int64
    assert [numbers.tolist() for numbers in read_counts([2.0], [10])] == [[2], [10]]


@pytest.mark.parametrize(
    ("counts", "totals", "words"),
    [
        ([1], [2, 3], "1 counts but 2 totals"),
        ([[1]], [[2]], "1 counts but 1 totals"),
        ([3], [2], "between 0"),
        ([-1], [2], "between 0"),
        ([math.nan], [2], "must be there"),
        ([1], [math.nan], "must be there"),
        ([0.5], [2], "whole numbers"),
        ([1], [2.5], "whole numbers"),
    ],
)
def test_counts_that_cannot_be_are_refused(counts, totals, words):
    with pytest.raises(ValueError, match=words):
        read_counts(counts, totals)
