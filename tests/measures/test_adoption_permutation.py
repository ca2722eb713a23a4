"""The effect of a date: by hand, against least squares on dummies and all orders of the dates, and never below its smallest p."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.measures.adoption_permutation import NoEffect, adoption_permutation
from pipelines.measures.permutation import MOST_CHOICES

NAN = math.nan


def fitted_elsewhere(table, dates, *, own_trends=True):
    """The coefficient of the model in a regression on one dummy for each district, line and year."""
    rows = [(g, t) for g in range(len(table)) for t in range(len(table[0])) if not math.isnan(table[g][t])]
    design = [
        [
            float(dates[g] is not None and t >= dates[g]),
            *(g == other for other in range(len(table))),
            *(t == other for other in range(len(table[0]))),
            *(t * (g == other) for other in range(len(table)) if own_trends),
        ]
        for g, t in rows
    ]
    return np.linalg.lstsq(np.array(design, dtype=float), [table[g][t] for g, t in rows], rcond=None)[0][0]


def made_up(districts, years, seed=1):
    return np.random.default_rng(seed).normal(5, 1, (districts, years)).round(2)


def test_two_districts_by_hand():
    """After minus before, 3 - 1, minus the same of the other, 1 - 1."""
    found = adoption_permutation([[1, 1, 3, 3], [1, 1, 1, 1]], [2, None], own_trends=False)
    assert found.effect == pytest.approx((3 - 1) - (1 - 1))
    # the other way round is the mirror: as extreme
    assert (found.test.p_value, found.test.choice_count, found.test.smallest_p_value) == (2 / 2, 2, 2 / 2)


def test_own_lines_are_no_effect():
    """Lines of slope 1 and 3 with a jump of .5 where the model began; without own lines, the slopes would be taken for the model."""
    years = np.arange(6)
    table = [years + 0.5 * (years >= 3), 3 * years, 2 * years]
    assert adoption_permutation(table, [3, None, None]).effect == pytest.approx(0.5)
    assert abs(adoption_permutation(table, [3, None, None], own_trends=False).effect - 0.5) > 1


@pytest.mark.parametrize("own_trends", [True, False])
def test_effect_and_p_agree_with_dummies_over_all_orders(own_trends):
    table, dates = made_up(4, 6), [2, 4, 4, None]
    table[1, 3] = NAN
    found = adoption_permutation(table, dates, own_trends=own_trends)
    every = [fitted_elsewhere(table, order, own_trends=own_trends) for order in permutations(dates)]
    assert found.effect == pytest.approx(fitted_elsewhere(table, dates, own_trends=own_trends))
    assert found.test.p_value == pytest.approx(np.mean([abs(one) >= abs(every[0]) - 1e-9 for one in every]))
    assert (found.test.choice_count, found.test.smallest_p_value) == (4 * 3, 1 / 12)  # 4! / 2!
    assert (found.adopter_count, found.value_count, found.missing_count) == (3, 23, 1)


def test_a_clear_jump_has_the_smallest_possible_p():
    dates = [2, 3, 4, 5, None]
    table = made_up(5, 8) / 100
    for district, date in enumerate(dates[:4]):
        table[district, date:] += 3
    found = adoption_permutation(table, dates)
    assert found.effect == pytest.approx(3, abs=0.05)
    assert found.test.p_value == found.test.smallest_p_value == 1 / 120


def test_two_dates_with_as_many_districts_have_a_mirror():
    found = adoption_permutation(made_up(4, 6), [2, 2, 4, 4])
    assert (found.test.choice_count, found.test.smallest_p_value) == (6, 2 / 6)


def test_no_effect_anywhere_is_certain():
    assert adoption_permutation(np.ones((4, 5)), [1, 2, 3, None]).test.p_value == 1


def test_always_and_never_are_the_same_and_a_date_after_the_years_is_never():
    table = made_up(4, 6)
    assert adoption_permutation(table, [0, 2, 3, 6]) == adoption_permutation(table, [None, 2, 3, None])


@pytest.mark.parametrize(
    ("table", "dates", "reason"),
    [
        (made_up(3, 3), [1, 2, None], NoEffect.TOO_FEW_YEARS),
        (made_up(3, 6), [3, 3, 3], NoEffect.NOT_IDENTIFIED),
        (made_up(3, 6), [None, None, 0], NoEffect.NOT_IDENTIFIED),
    ],
)
def test_what_cannot_be_told_has_a_reason_and_no_number(table, dates, reason):
    found = adoption_permutation(table, dates)
    assert (found.effect, found.test, found.reason) == (None, None, reason)


def test_too_many_ways_are_not_sampled():
    assert math.factorial(8) > MOST_CHOICES
    found = adoption_permutation(made_up(8, 10), range(1, 9))
    assert found.effect == pytest.approx(fitted_elsewhere(made_up(8, 10), range(1, 9)))
    assert (found.test, found.reason) == (None, NoEffect.TOO_MANY_CHOICES)


@settings(max_examples=20)
@given(st.lists(st.sampled_from([2, 3, 4, None]), min_size=3, max_size=5), st.integers(0, 99))
def test_p_is_never_below_the_smallest_and_the_sign_turns_with_the_values(dates, seed):
    table = made_up(len(dates), 7, seed)
    found, turned = adoption_permutation(table, dates), adoption_permutation(-table, dates)
    assert found.reason == turned.reason
    if found.test is not None:
        assert found.test.smallest_p_value <= found.test.p_value == turned.test.p_value <= 1
        assert turned.effect == pytest.approx(-found.effect)


@pytest.mark.parametrize(("table", "dates"), [([1, 2, 3, 4], [1]), (np.ones((2, 5)), [1])])
def test_what_is_no_table_is_refused(table, dates):
    with pytest.raises(ValueError, match="must be a table"):
        adoption_permutation(table, dates)


def test_without_an_effect_p_is_below_a_twentieth_in_a_twentieth_of_the_panels():
    """Six districts, dates 3, 3, 5, 5, never, never: 90 ways; shocks that last from year to year."""
    random, rejected = np.random.default_rng(5), 0
    for _ in range(200):
        shocks = random.normal(size=(6, 9))
        for year in range(1, 9):
            shocks[:, year] += 0.7 * shocks[:, year - 1]
        rejected += adoption_permutation(shocks, [3, 3, 5, 5, None, None]).test.p_value <= 0.05
    assert 1 <= rejected <= 0.09 * 200
