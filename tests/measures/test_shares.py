"""Shares and their change: published examples, and the four things that may be said."""

import math

import hypothesis.strategies as st
import pytest
from hypothesis import given
from scipy import stats

from pipelines.measures.intervals import Estimate, NoInterval, jeffreys_interval, wilson_interval
from pipelines.measures.shares import (
    ChangeKind,
    change_in_share,
    classify_change,
    mainstream_share,
    mainstream_share_by_district,
)

counts = st.integers(1, 1000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))
districts = st.lists(counts, min_size=2, max_size=10)


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


def test_the_share_over_districts_by_hand():
    """Shares 90/100, 95/100 and 190/200: share 375/400; residuals -3.75, 1.25 and 2.5."""
    found = mainstream_share_by_district([90, 95, 190], [100, 100, 200])
    share = (90 + 95 + 190) / 400
    error = math.sqrt(3 / 2 * (3.75**2 + 1.25**2 + 2.5**2)) / 400
    half = stats.t.ppf(0.975, 3 - 1) * error / (share * (1 - share))
    logits = [math.log(share / (1 - share)) + sign * half for sign in (-1, 1)]
    assert (found.value, found.n, found.degrees_of_freedom) == (share, 400, 2)
    assert found.standard_error == pytest.approx(error)
    assert [found.low, found.high] == pytest.approx([1 / (1 + math.exp(-logit)) for logit in logits])


@given(districts)
def test_the_share_over_districts_is_the_pooled_share_inside_its_limits(rows):
    mainstream, pupils = ([row[place] for row in rows] for place in (0, 1))
    found = mainstream_share_by_district(mainstream, pupils)
    assert found.value == pytest.approx(sum(mainstream) / sum(pupils))
    if not found.has_interval:
        assert all(m * sum(pupils) == sum(mainstream) * n for m, n in rows), "only where districts agree exactly"
        return
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1


@given(districts, st.integers(2, 5))
def test_more_pupils_with_the_same_shares_give_the_same_interval(rows, times):
    """What counts is how districts differ, not how many children they have."""
    mainstream, pupils = ([row[place] for row in rows] for place in (0, 1))
    if 0 < sum(mainstream) < sum(pupils):
        once = mainstream_share_by_district(mainstream, pupils)
        more = mainstream_share_by_district([times * m for m in mainstream], [times * n for n in pupils])
        assert [more.low, more.high] == pytest.approx([once.low, once.high])


@given(districts)
def test_counting_those_outside_instead_turns_the_interval_round(rows):
    inside = mainstream_share_by_district([m for m, _ in rows], [n for _, n in rows])
    outside = mainstream_share_by_district([n - m for m, n in rows], [n for _, n in rows])
    assert inside.has_interval == outside.has_interval
    if inside.has_interval:
        assert [inside.low, inside.high] == pytest.approx([1 - outside.high, 1 - outside.low], abs=1e-9)


@pytest.mark.parametrize(
    ("mainstream", "pupils", "expected"),
    [
        ([], [], Estimate(None, None, None, 0.95, 0, reason=NoInterval.NO_DATA)),
        ([0, 0], [0, 0], Estimate(None, None, None, 0.95, 0, reason=NoInterval.NO_DATA)),
        ([90, 0], [100, 0], Estimate(0.9, None, None, 0.95, 100, reason=NoInterval.TOO_FEW_CLUSTERS)),
        # 9 of 10 in both: how districts differ is not known, so neither is the interval
        ([90, 45], [100, 50], Estimate(0.9, None, None, 0.95, 150, reason=NoInterval.NO_SPREAD)),
        ([60, 40], [60, 40], wilson_interval(100, 100)),  # everybody in: no logit, and districts do not differ
        ([0, 0], [6, 4], jeffreys_interval(0, 10)),
    ],
)
def test_shares_that_districts_cannot_give_an_interval(mainstream, pupils, expected):
    assert mainstream_share_by_district(mainstream, pupils) == expected


@pytest.mark.parametrize(
    ("mainstream", "pupils", "words"),
    [([1], [2, 3], "1 mainstream counts but 2"), ([3], [2], "between 0"), ([float("nan")], [2], "must be there")],
)
def test_counts_that_cannot_be_are_refused(mainstream, pupils, words):
    with pytest.raises(ValueError, match=words):
        mainstream_share_by_district(mainstream, pupils)
