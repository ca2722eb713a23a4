"""Changes split into parts: published examples, by hand, exact sums, groups that come and go, and how often intervals are right."""

from itertools import permutations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from pipelines.measures.decomposition import (
    Factor,
    GroupPresence,
    decompose_change,
    decompose_change_in_areas,
    decompose_change_in_steps,
    split_product,
)
from pipelines.measures.intervals import NoInterval

group = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30)).map(
    lambda cells: (cells[0], cells[0] + cells[1], sum(cells))  # counted, reached, all
)
two_periods = st.lists(st.tuples(group, group), min_size=1, max_size=6)


def seeded(seed=1):
    return np.random.default_rng(seed)


def test_household_heads_as_published():
    """Das Gupta (1993), table 5.1: heads of households per 100, United States 1970 and 1985; by age 41.35 and 58.65 per cent."""
    sizes_1970 = [12.9, 10.9, 9.5, 8.0, 7.8, 8.4, 8.6, 7.8, 7.0, 5.9, 4.7, 3.6, 4.9]  # per cent of all
    sizes_1985 = [10.1, 11.2, 11.6, 10.9, 9.4, 7.7, 6.3, 6.0, 6.3, 5.9, 5.1, 4.0, 5.5]
    rates_1970 = [1.9, 25.8, 45.7, 49.6, 51.2, 51.6, 51.8, 54.9, 58.7, 60.4, 62.8, 66.6, 66.8]
    rates_1985 = [2.2, 24.3, 45.8, 52.5, 56.1, 55.6, 56.0, 57.4, 57.2, 61.2, 63.9, 68.6, 72.2]

    def counts(rates, sizes):
        people = [round(10_000 * size) for size in sizes]
        return [round(rate * one / 100) for rate, one in zip(rates, people, strict=True)], people

    found = decompose_change(
        counts(rates_1970, sizes_1970), counts(rates_1985, sizes_1985), groups=range(13), random=seeded(), draws=10
    )
    parts = [found.part(factor).total.value for factor in (Factor.COMPOSITION, Factor.RATE)]
    assert [100 * found.first, 100 * found.second] == pytest.approx([44.7268, 47.6940], abs=5e-5)
    assert [100 * part for part in parts] == pytest.approx([1.2269, 1.7403], abs=5e-5)
    assert [100 * part / found.change.value for part in parts] == pytest.approx([41.35, 58.65], abs=5e-3)


def test_earnings_and_birth_rates_as_published():
    """Das Gupta (1993), examples 2.1 (two factors), 2.2 (three factors) and 4.3 (three factors by age group, Taiwan)."""
    earnings = split_product([10930, 0.717892], [16591, 0.825974])
    assert earnings == pytest.approx(np.array([4369.913, 1487.262]), abs=5e-4)
    births = split_product([51.78746, 0.45919, 0.52638], [84.90502, 0.75756, 0.51065])
    assert births == pytest.approx(np.array([10.4340333, 10.5608476, -0.6670084]), abs=5e-8)
    of_1960 = [
        [393, 407, 369, 274, 184, 90, 16],
        [0.122, 0.622, 0.903, 0.930, 0.916, 0.873, 0.800],
        [0.043, 0.041, 0.036, 0.032, 0.026, 0.020, 0.018],
    ]
    of_1970 = [
        [488, 452, 338, 156, 63, 22, 3],
        [0.082, 0.527, 0.866, 0.941, 0.942, 0.923, 0.876],
        [0.058, 0.038, 0.032, 0.030, 0.026, 0.023, 0.019],
    ]
    by_age = split_product(of_1960, of_1970)
    assert by_age.shape == (3, 7)
    assert by_age.sum(axis=1) == pytest.approx(np.array([-7.285632, -2.720633, -1.565181]), abs=5e-7)


def test_a_product_of_two_by_hand():
    """.6 x .5 to .3 x .45, in both factors' orders."""
    parts = split_product([0.6, 0.5], [0.3, 0.45])
    assert parts == pytest.approx(np.array([-0.1425, -0.0225]))
    assert parts.sum() == pytest.approx(0.3 * 0.45 - 0.6 * 0.5)
    assert split_product([0.5, 0.6], [0.45, 0.3]) == pytest.approx(parts[::-1])


def test_other_children_alone_by_hand():
    """Shares .1 and .3 stay; the first group grows from 1/2 to 3/4 of all."""
    found = decompose_change(([10, 30], [100, 100]), ([15, 15], [150, 50]), groups="AB", random=seeded())
    composition, rate = found.part(Factor.COMPOSITION), found.part(Factor.RATE)
    assert (found.first, found.second) == (40 / 200, 30 / 200)
    assert composition.by_group == pytest.approx((0.1 * (3 / 4 - 1 / 2), 0.3 * (1 / 4 - 1 / 2)))
    assert composition.total.value == pytest.approx(30 / 200 - 40 / 200)
    assert rate.by_group == pytest.approx((0, 0))
    assert (rate.total.low < 0 < rate.total.high, composition.total.high < 0) == (True, True)
    assert found.change.n == 400


def test_three_factors_by_hand():
    """One group: of 100, 10 and then 20 are reached; of them 2 (.2) and then 6 (.3) are counted."""
    found = decompose_change_in_steps(([2], [10], [100]), ([6], [20], [100]), groups=["all"], random=seeded())
    assert found.part(Factor.REACH).total.value == pytest.approx((0.2 - 0.1) * (0.2 + 0.3) / 2)
    assert found.part(Factor.RATE).total.value == pytest.approx((0.3 - 0.2) * (0.1 + 0.2) / 2)
    assert found.part(Factor.COMPOSITION).total.value == 0
    assert found.part(Factor.COMPOSITION).total.reason is NoInterval.NO_SPREAD
    assert found.change.value == pytest.approx(6 / 100 - 2 / 100)


def test_districts_alone_by_hand():
    """A has a tenth outside and B four tenths in both periods; half, then three quarters, of all children live in B."""
    found = decompose_change_in_areas(
        ([2, 8], [20, 20]), ([1, 12], [10, 30]), groups=["A0", "B0"], areas="AB", random=seeded()
    )
    assert found.part(Factor.AREA).total.value == pytest.approx((3 / 4 - 1 / 2) * 0.4 + (1 / 4 - 1 / 2) * 0.1)
    assert found.part(Factor.RATE).total.value == pytest.approx(0)
    assert found.part(Factor.COMPOSITION).total.reason is NoInterval.NO_SPREAD  # one grade in each
    assert found.change.value == pytest.approx(13 / 40 - 10 / 40)


PANELS = (
    ([3, 9, 4, 2, 0, 6], [60, 50, 70, 40, 30, 44]),
    ([5, 7, 6, 1, 3, 9], [52, 61, 75, 33, 41, 50]),
)
"""Three districts with two grades each."""


def replaced_in_every_order(first, second):
    """Each factor's part as the mean over all orders in which the three may be replaced one at a time: no formula of Das Gupta's."""

    def factors(counts, totals):
        counts, totals = np.reshape(counts, (3, 2)), np.reshape(totals, (3, 2))
        districts = totals.sum(axis=1, keepdims=True)
        return [districts / totals.sum(), totals / districts, counts / totals]

    old, new = factors(*first), factors(*second)
    orders = list(permutations(range(3)))
    parts = np.zeros(3)
    for order in orders:
        state = list(old)
        for place in order:
            before = np.prod(np.broadcast_arrays(*state), axis=0).sum()
            state[place] = new[place]
            parts[place] += np.prod(np.broadcast_arrays(*state), axis=0).sum() - before
    return parts / len(orders)


def test_three_factors_are_the_mean_over_all_orders_of_replacing_them():
    found = decompose_change_in_areas(*PANELS, groups=range(6), areas="AABBCC", random=seeded(), draws=10)
    assert [part.factor for part in found.parts] == [Factor.AREA, Factor.COMPOSITION, Factor.RATE]
    assert [part.total.value for part in found.parts] == pytest.approx(replaced_in_every_order(*PANELS), abs=1e-12)
    assert sum(part.total.value for part in found.parts) == pytest.approx(31 / 312 - 24 / 294, abs=1e-12)


def test_in_one_district_three_factors_are_two():
    areas = decompose_change_in_areas(*PANELS, groups=range(6), areas="A" * 6, random=seeded(), draws=10)
    grades = decompose_change(*PANELS, groups=range(6), random=seeded(), draws=10)
    assert areas.part(Factor.AREA).total.value == 0
    for factor in (Factor.COMPOSITION, Factor.RATE):
        assert areas.part(factor).total.value == pytest.approx(grades.part(factor).total.value)


def test_a_district_that_closes_is_a_change_of_districts_alone():
    """Of 30 in A and 10 in B, B's 10 are gone: A's 3 of 30 stay."""
    found = decompose_change_in_areas(
        ([3, 4], [30, 10]), ([3, 0], [30, 0]), groups="ab", areas="AB", random=seeded(), draws=10
    )
    values = [part.total.value for part in found.parts]
    assert values == pytest.approx([3 / 30 - 7 / 40, 0, 0])
    assert found.presence == (GroupPresence.BOTH, GroupPresence.ONLY_FIRST)


def test_each_group_needs_an_area():
    with pytest.raises(ValueError, match="one area"):
        decompose_change_in_areas(*PANELS, groups=range(6), areas="AB", random=seeded())


def test_a_group_of_one_period_gives_composition_and_is_named():
    """B comes (9 of 30), C goes (8 of 20); A has 10 of 80 and then 7 of 70; D has nobody."""
    found = decompose_change(
        ([10, 0, 8, 0], [80, 0, 20, 0]), ([7, 9, 0, 0], [70, 30, 0, 0]), groups="ABCD", random=seeded()
    )
    assert found.presence == (
        GroupPresence.BOTH,
        GroupPresence.ONLY_SECOND,
        GroupPresence.ONLY_FIRST,
        GroupPresence.NEITHER,
    )
    assert found.part(Factor.RATE).by_group == pytest.approx(((0.8 + 0.7) / 2 * (7 / 70 - 10 / 80), 0, 0, 0))
    composition = ((0.7 - 0.8) * (10 / 80 + 7 / 70) / 2, 9 / 30 * 0.3, -8 / 20 * 0.2, 0)
    assert found.part(Factor.COMPOSITION).by_group == pytest.approx(composition)


def test_a_period_without_children_has_no_parts():
    found = decompose_change(([0], [0]), ([1], [2]), groups="A", random=seeded())
    assert (found.first, found.second, found.parts) == (None, 1 / 2, ())
    assert found.change.reason is NoInterval.NO_DATA
    with pytest.raises(KeyError, match="no part"):
        found.part(Factor.RATE)


def test_the_same_seed_gives_the_same_interval_and_another_nearly_the_same():
    periods = ([10, 30], [100, 100]), ([15, 15], [150, 50])
    one, again, other = (decompose_change(*periods, groups="AB", random=seeded(seed)) for seed in (1, 1, 2))
    assert one == again
    assert one.change.low != other.change.low
    assert one.change.low == pytest.approx(other.change.low, abs=0.01)


def test_the_spread_of_the_change_is_that_of_two_shares():
    """The parts vary against each other; their sum as the difference of two independent shares."""
    found = decompose_change(([30, 60], [300, 300]), ([50, 40], [450, 150]), groups="AB", random=seeded(), draws=8000)
    variance = sum(share * (1 - share) / 600 for share in (90 / 600, 90 / 600))
    assert found.change.standard_error == pytest.approx(variance**0.5, rel=0.03)


@settings(max_examples=40)
@given(two_periods)
def test_parts_make_the_whole_and_turn_with_the_periods(rows):
    periods = [tuple([one[period][place] for one in rows] for place in (0, 1, 2)) for period in (0, 1)]
    labels = range(len(rows))
    for split, steps in ((decompose_change_in_steps, periods), (decompose_change, [(p[0], p[2]) for p in periods])):
        there, back = (
            split(*pair, groups=labels, random=seeded(), draws=2)
            for pair in ((steps[0], steps[1]), (steps[1], steps[0]))
        )
        if there.change.value is None:
            assert there.parts == back.parts == ()
            continue
        assert sum(part.total.value for part in there.parts) == pytest.approx(there.second - there.first, abs=1e-12)
        for part, turned in zip(there.parts, back.parts, strict=True):
            assert sum(part.by_group) == pytest.approx(part.total.value, abs=1e-12)
            assert turned.by_group == pytest.approx([-one for one in part.by_group], abs=1e-12)


@pytest.mark.parametrize(
    ("labels", "options", "words"),
    [("A", {}, "one label"), ("AA", {}, "of its own"), ("AB", {"draws": 0}, "draws"), ("AB", {"level": 1}, "level")],
)
def test_impossible_input_is_refused(labels, options, words):
    with pytest.raises(ValueError, match=words):
        decompose_change(([1, 2], [5, 5]), ([1, 2], [5, 5]), groups=labels, random=seeded(), **options)


def test_four_factors_are_refused_and_nobody_is_counted_twice():
    with pytest.raises(ValueError, match="two or three"):
        split_product([1, 2, 3, 4], [1, 2, 3, 4])
    with pytest.raises(ValueError, match="between 0 and its total"):
        decompose_change_in_steps(([3], [2], [9]), ([1], [2], [9]), groups="A", random=seeded())


def held(municipalities, seed):
    """How often the intervals of composition and rate hold the parts of the true shares; three groups of some hundred children."""
    random, hits = seeded(seed), np.zeros(2)
    parts_of_all = np.array([[0.3, 0.4, 0.3], [0.4, 0.35, 0.25]])
    rates = np.array([[0.03, 0.05, 0.09], [0.04, 0.06, 0.08]])
    truth = split_product([parts_of_all[0], rates[0]], [parts_of_all[1], rates[1]]).sum(axis=1)
    for _ in range(municipalities):
        totals = [random.multinomial(800, parts) for parts in parts_of_all]
        periods = [(random.binomial(sizes, rate), sizes) for sizes, rate in zip(totals, rates, strict=True)]
        found = decompose_change(*periods, groups="ABC", random=random, draws=400)
        hits += [part.total.low <= true <= part.total.high for part, true in zip(found.parts, truth, strict=True)]
    return hits / municipalities


def test_intervals_of_both_parts_hold_the_truth():
    composition, rate = held(150, seed=4)
    assert 0.91 <= composition <= 0.99
    assert 0.91 <= rate <= 0.99
