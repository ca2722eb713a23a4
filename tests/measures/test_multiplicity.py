import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipelines.measures.multiplicity import benjamini_hochberg


def test_the_worked_example_of_the_what_works_clearinghouse_facts():
    found = benjamini_hochberg([0.002, 0.009, 0.012, 0.041, 0.042, 0.5])
    # the second, .009 x 6 / 2 = .027, is pulled down by the third
    assert found == pytest.approx((0.002 * 6, 0.012 * 6 / 3, 0.012 * 6 / 3, 0.042 * 6 / 5, 0.042 * 6 / 5, 0.5))
    assert sum(p <= 0.05 for p in found) == 3


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_order_of_the_family_decides_nothing_and_it_is_that_of_scipy(p_values):
    found = benjamini_hochberg(p_values)
    assert found == pytest.approx(tuple(stats.false_discovery_control(p_values)))
    assert benjamini_hochberg(p_values[::-1]) == found[::-1]
    assert all(one >= raw for one, raw in zip(found, p_values, strict=True))


def test_a_test_that_could_not_be_made_is_no_test():
    assert benjamini_hochberg([0.01, None, 0.04]) == (0.02, None, 0.04)
    assert benjamini_hochberg([None]) == (None,)
    assert benjamini_hochberg([]) == ()


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan])
def test_what_is_no_p_value_is_refused(wrong):
    with pytest.raises(ValueError, match="outside 0 to 1"):
        benjamini_hochberg([0.5, wrong])
