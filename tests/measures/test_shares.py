"""Shares and their change: published examples, and the four things that may be said."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from pipelines.measures.intervals import Estimate, jeffreys_interval, wilson_interval
from pipelines.measures.shares import ChangeKind, change_in_share, classify_change, mainstream_share

counts = st.integers(1, 1000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@pytest.mark.parametrize(
    ("after", "before", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
    ],
)
def test_difference_has_the_published_interval(after, before, low, high):
    """Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10."""
    found = change_in_share(before, after, smallest_relevant_difference=0.01).difference
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ((917, 1000), (961, 1000), ChangeKind.RISEN),
        ((961, 1000), (917, 1000), ChangeKind.FALLEN),
        ((94_400, 100_000), (94_500, 100_000), ChangeKind.NEARLY_UNCHANGED),
        ((472, 500), (473, 500), ChangeKind.MAY_BE_CHANCE),
        ((0, 0), (473, 500), ChangeKind.NOT_COMPUTABLE),
        ((473, 500), (0, 0), ChangeKind.NOT_COMPUTABLE),
    ],
)
def test_change_is_what_it_is(before, after, kind):
    assert change_in_share(before, after, smallest_relevant_difference=0.01).kind is kind


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [
        (0.1, 9.0, ChangeKind.RISEN),
        (0.0, 0.9, ChangeKind.NEARLY_UNCHANGED),  # an interval that touches 0 does not exclude it
        (-0.9, 0.9, ChangeKind.NEARLY_UNCHANGED),
        (-1.0, 0.5, ChangeKind.MAY_BE_CHANCE),  # one end reaches the smallest relevant difference
        (-0.5, 1.0, ChangeKind.MAY_BE_CHANCE),
        (-3.0, -0.1, ChangeKind.FALLEN),
    ],
)
def test_borders_of_the_four_kinds(low, high, kind):
    difference = Estimate((low + high) / 2, low, high, 0.95, 100)
    assert classify_change(difference, smallest_relevant_difference=1.0) is kind


@given(counts, counts)
def test_swapping_the_years_turns_the_change(before, after):
    there = change_in_share(before, after, smallest_relevant_difference=0.01)
    back = change_in_share(after, before, smallest_relevant_difference=0.01)
    assert back.difference.value == pytest.approx(-there.difference.value)
    assert back.difference.low == pytest.approx(-there.difference.high)
    turned = {ChangeKind.RISEN: ChangeKind.FALLEN, ChangeKind.FALLEN: ChangeKind.RISEN}
    assert back.kind is turned.get(there.kind, there.kind)
    assert -1 <= there.difference.low <= there.difference.value <= there.difference.high <= 1


def test_few_pupils_get_jeffreys_interval():
    assert mainstream_share(38, 39) == jeffreys_interval(38, 39)
    assert mainstream_share(38, 40) == wilson_interval(38, 40)


def test_a_smallest_difference_of_nothing_is_refused():
    with pytest.raises(ValueError, match="must be above 0"):
        change_in_share((5, 10), (6, 10), smallest_relevant_difference=0)
