"""Ranges of ranks, ties and missing counts, and one municipality's place over years."""

import math

import numpy as np
import pytest
from scipy import stats

from pipelines.measures.distribution import QuartileBand, place_among
from pipelines.measures.rank_interval import RankRange, place_over_years, rank_ranges

NAN = math.nan


def seeded(seed=1):
    return np.random.default_rng(seed)


def test_units_far_apart_have_one_rank():
    found = rank_ranges([500, 1, 999], [1000] * 3, random=seeded())
    assert found.units == (RankRange(2, 2, 2, 2), RankRange(1, 1, 1, 1), RankRange(3, 3, 3, 3))


def test_equal_shares_share_their_places_and_may_have_any():
    found = rank_ranges([5, 10, 40, 20], [50, 100, 400, 200], random=seeded())
    assert all((one.observed_low, one.observed_high) == (1, 4) for one in found.units)
    assert all((one.low, one.high) == (1, 4) for one in found.units)


def test_small_units_have_wider_ranges_than_large_ones():
    small, large = (rank_ranges([5 * k, 6 * k, 8 * k], [100 * k] * 3, random=seeded()) for k in (1, 200))
    assert [(one.low, one.high) for one in small.units] == [(1, 3)] * 3
    assert [(one.low, one.high) for one in large.units] == [(1, 1), (2, 2), (3, 3)]


def test_ranges_are_those_of_the_exact_distribution_of_ranks():
    """Two units: the first is ranked 1 with the probability that one Beta lies below the other, here by an integral."""
    grid = np.linspace(0, 1, 20_001)
    first, second = stats.beta(6.5, 44.5), stats.beta(12.5, 38.5)
    is_below = np.trapezoid(first.pdf(grid) * second.sf(grid), grid)
    assert 0.9 < is_below < 0.95
    for level, expected in ((0.8, (1, 1)), (0.95, (1, 2))):  # a tail of .1 or .025 against the rest
        one = rank_ranges([6, 12], [50, 50], random=seeded(), level=level, draws=20_000).units[0]
        assert (one.low, one.high) == expected
        assert (is_below >= 1 - (1 - level) / 2) == (expected == (1, 1)), "and so the integral says"


def test_a_unit_without_counts_has_no_rank_and_is_not_last():
    with_gaps = rank_ranges([500, NAN, 1, 7, 0], [1000, 1000, 1000, NAN, 0], random=seeded())
    without = rank_ranges([500, 1], [1000, 1000], random=seeded())
    nothing = RankRange(None, None, None, None)
    assert with_gaps.units == (without.units[0], nothing, without.units[1], nothing, nothing)
    assert (with_gaps.ranked_count, with_gaps.missing_count) == (2, 3)
    assert rank_ranges([NAN], [5], random=seeded()).units == (nothing,)


def test_the_same_seed_gives_the_same_ranges():
    counts, totals = np.arange(20, 40), np.full(20, 500)
    assert rank_ranges(counts, totals, random=seeded(3)) == rank_ranges(counts, totals, random=seeded(3))


@pytest.mark.parametrize(
    ("counts", "totals", "options", "words"),
    [
        ([3], [2], {}, "between 0"),
        ([1], [2, 3], {}, "1 counts"),
        ([1], [2], {"draws": 0}, "draws"),
        ([1], [2], {"level": 0}, "level"),
    ],
)
def test_impossible_input_is_refused(counts, totals, options, words):
    with pytest.raises(ValueError, match=words):
        rank_ranges(counts, totals, random=seeded(), **options)


def test_ranges_hold_the_true_ranks():
    """Ten districts of 250-900 children, mean .05: 60 municipalities."""
    random, held = seeded(2), []
    for _ in range(60):
        totals = random.integers(250, 900, 10)
        truths = random.beta(0.05 * 60, 0.95 * 60, 10)
        found = rank_ranges(random.binomial(totals, truths), totals, random=random, draws=400)
        held += [one.low <= true <= one.high for one, true in zip(found.units, stats.rankdata(truths), strict=True)]
    assert 0.94 <= np.mean(held) <= 1


def test_a_place_over_years_by_hand():
    """The first of five: 1, missing, 5, 4 among 2, 3, 4, 6 that stay; steps of its own: 5 to 4 only."""
    years = [[own, 2, 3, 4, 6] for own in (1, None, 5, 4)]
    found = place_over_years(years, unit=0)
    assert found.places == tuple(place_among(year[0], year) for year in years)
    assert found.bands == (QuartileBand.LOWEST_QUARTER, QuartileBand.MIDDLE_HALF)
    assert (found.lowest_share_below, found.highest_share_below) == (0, 3 / 5)
    assert (found.typical_step, found.typical_step_of_all) == (1, 0)  # of 1, 0, 0, 0, 0 the middle one


def test_a_value_that_goes_up_and_down_by_one_steps_by_one():
    assert place_over_years([[own, 1, 9] for own in (3, 4, 3)], unit=0).typical_step == 1


def test_what_is_not_known_has_no_step_and_no_band():
    found = place_over_years([[None, 2], [3, None]], unit=0)
    assert (found.bands, found.typical_step, found.typical_step_of_all) == ((), None, None)
    assert found.lowest_share_below == 0
    assert place_over_years([[NAN, 1]], unit=0).lowest_share_below is None


@pytest.mark.parametrize(("values", "unit"), [([[1, 2]], -1), ([[1, 2]], 2), ([[1], [1, 2]], 0), ([], 0)])
def test_years_of_different_units_are_refused(values, unit):
    with pytest.raises(ValueError, match="each year needs"):
        place_over_years(values, unit=unit)
