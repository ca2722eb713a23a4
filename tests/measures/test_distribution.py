"""One value among many: ties, missing values and borders."""

import math
import statistics

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from pipelines.measures.distribution import QuartileBand, place_among

values = st.lists(st.one_of(st.none(), st.integers(-5, 5).map(float)), max_size=30)


def test_by_hand():
    place = place_among(3, [1, 2, 3, 4, None])
    assert (place.n, place.missing_count) == (4, 1)
    assert place.median == (2 + 3) / 2
    assert (place.lower_quartile, place.upper_quartile) == (1 + 0.75 * (2 - 1), 3 + 0.25 * (4 - 3))
    assert (place.share_below, place.share_equal, place.share_above) == (2 / 4, 1 / 4, 1 / 4)
    assert place.band is QuartileBand.MIDDLE_HALF


@pytest.mark.parametrize(
    ("value", "band"),
    [
        (1, QuartileBand.LOWEST_QUARTER),
        (2, QuartileBand.MIDDLE_HALF),  # two of five are as low or lower
        (3, QuartileBand.MIDDLE_HALF),
        (4, QuartileBand.MIDDLE_HALF),  # two of five are as high or higher
        (5, QuartileBand.HIGHEST_QUARTER),
    ],
)
def test_bands_of_1_to_5(value, band):
    assert place_among(value, [1, 2, 3, 4, 5]).band is band


def test_when_all_are_equal_nobody_is_lowest():
    place = place_among(7, [7, 7, 7, 7])
    assert (place.share_below, place.share_equal, place.band) == (0, 1, QuartileBand.MIDDLE_HALF)


@pytest.mark.parametrize("missing", [None, math.nan])
def test_a_missing_value_has_no_place_but_the_others_are_described(missing):
    place = place_among(missing, [1, 2, 3, 4, math.nan])
    assert (place.value, place.share_below, place.band) == (None, None, None)
    assert (place.median, place.n, place.missing_count) == (2.5, 4, 1)


def test_three_values_make_no_quarters():
    assert place_among(1, [1, 2, 3]).band is None


def test_nothing_to_compare_with():
    place = place_among(1, [None])
    assert (place.n, place.median, place.share_below, place.band) == (0, None, None, None)


@given(st.integers(-5, 5).map(float), values)
def test_parts_make_a_whole_and_mirror(value, others):
    place = place_among(value, others)
    mirrored = place_among(-value, [None if other is None else -other for other in others])
    known = [other for other in others if other is not None]
    assert place.n + place.missing_count == len(others)
    if known:
        assert place.share_below + place.share_equal + place.share_above == pytest.approx(1)
        assert place.share_below == mirrored.share_above
        assert place.median == pytest.approx(statistics.median(known))
        assert place.share_equal == known.count(value) / len(known)


@settings(max_examples=50)
@given(values)
def test_at_most_a_quarter_lies_in_the_lowest_and_the_highest_quarter(others):
    known = [other for other in others if other is not None]
    bands = [place_among(value, others).band for value in known]
    assert bands.count(QuartileBand.LOWEST_QUARTER) <= len(known) / 4
    assert bands.count(QuartileBand.HIGHEST_QUARTER) <= len(known) / 4
