from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.measures.risk_sets import CENSORED, count_risk_sets, merge_clusters, pick_clusters

ENTRY, A, B, C = range(4)
# Five people of the multi-state example that R's survival ships with its results (tests/mstate.R). Some come late, some come back.
#           person  from   to  state  next
EXAMPLE = [
    (1, 0, 4, ENTRY, A),
    (1, 4, 9, A, B),
    (1, 9, 10, B, A),
    (2, 0, 5, ENTRY, B),
    (3, 2, 9, ENTRY, C),
    (4, 0, 2, ENTRY, A),
    (4, 2, 8, A, C),
    (4, 8, 9, C, CENSORED),
    (5, 1, 3, ENTRY, B),
    (5, 3, 11, B, CENSORED),
]


def count(rows, *, states=4, **more):
    person, entry, exit_, state, following = (np.array(column) for column in zip(*rows, strict=True))
    return count_risk_sets(state, entry, exit_, following, state_count=states, children=person, **more)


def assert_same(one, other):
    for name in ("times", "moves", "at_risk", "starting", "is_absorbing", "child_counts"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def test_published_risk_sets_of_five_people():
    counted = count(EXAMPLE)
    assert counted.times.tolist() == [2, 3, 4, 5, 8, 9, 10]
    # R's n.risk: just before each time, in entry, a, b, c
    assert counted.at_risk[:, 0].tolist() == [
        [4, 0, 0, 0],
        [4, 1, 0, 0],  # 4 went to a; 3, who came at 2, was not at risk at 2 but is now
        [3, 1, 1, 0],
        [2, 2, 1, 0],
        [1, 2, 1, 0],
        [1, 1, 1, 1],
        [0, 0, 2, 0],
    ]
    moved = {(int(counted.times[t]), h, j): n for (t, _, h, j), n in np.ndenumerate(counted.moves) if n}
    expected = dict.fromkeys([(2, ENTRY, A), (3, ENTRY, B), (4, ENTRY, A), (5, ENTRY, B), (8, A, C), (9, A, B)], 1)
    assert moved == expected | {(9, ENTRY, C): 1, (10, B, A): 1}
    assert counted.starting.tolist() == [[3, 0, 0, 0]]
    assert (counted.child_count, counted.followed_until) == (5, 11)
    assert not counted.is_absorbing.any()


def test_clusters_are_counted_apart_and_merge_to_the_same_counts():
    homes = np.array(["N", "N", "N", "S", "N", "S", "S", "S", "W", "W"])
    apart = count(EXAMPLE, clusters=homes)
    assert apart.clusters == ("N", "S", "W")
    assert apart.child_counts.tolist() == [2, 2, 1]  # 1 and 3; 2 and 4; 5
    assert apart.at_risk[0, :, ENTRY].tolist() == [1, 2, 1]
    assert_same(merge_clusters(apart, dict.fromkeys("NSW", "all")), count(EXAMPLE))
    merged = merge_clusters(apart, {"W": "coast", "N": "inland", "S": "inland"})
    assert merged.clusters == ("coast", "inland")
    assert merged.child_counts.tolist() == [1, 4]
    assert merge_clusters(apart, {"S": "S"}).child_count == 2
    only = pick_clusters(apart, np.array([1]))
    assert only.clusters == ("S",)
    assert_same(only, merge_clusters(apart, {"S": "S"}))
    with pytest.raises(ValueError, match="1 of the clusters to merge"):
        merge_clusters(apart, {"X": "X"})


def test_labels_of_mixed_kinds_and_without_a_table_of_numbers():
    rows = [(1, 0, 4, 0, 1), (2, 0, 3, 0, CENSORED), (3, 0, 5, 0, 1)]
    mixed = count(rows, states=2, clusters=["N", 7, "N"])
    assert mixed.clusters == ("N", 7)
    assert mixed.child_counts.tolist() == [2, 1]
    assert count([("x", *rows[0][1:]), ("y", *rows[1][1:])], states=2).child_count == 2
    with pytest.raises(ValueError, match="label is missing"):
        count(rows, states=2, clusters=["N", None, "N"])
    with pytest.raises(ValueError, match="label is missing"):
        count(rows, states=2, clusters=np.array([1.0, np.nan, 1.0]))


def test_what_happened_up_to_the_start_is_left_out():
    counted = count(EXAMPLE, start_time=4)
    assert counted.times.tolist() == [5, 8, 9, 10]
    assert counted.starting.tolist() == [[2, 2, 1, 0]]  # 2, 3; 1, 4; 5
    assert counted.child_count == 5
    assert count(EXAMPLE, start_time=9.5).child_count == 2  # 1 and 5


def test_nobody_at_all():
    empty = count_risk_sets([], [], [], [], state_count=2)
    assert (empty.times.size, empty.child_count, empty.state_count) == (0, 0, 2)
    assert empty.clusters_followed.size == 0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(1, 0, 4, 0, 5)], "next state lies outside -1"),
        ([(1, 0, 4, 4, 1)], "a state lies outside 0 to 3"),
        ([(1, 4, 4, 0, 1), (2, 5, 4, 0, 1)], "2 spells do not end after they begin"),
        ([(1, 0, np.nan, 0, 1)], "a time is missing"),
        ([(1, 0, 4, 0.5, 1)], "whole numbers"),
        ([(1, 0, 4, 0, 1), (1, 3, 6, 1, 0)], "1 spells begin before the child's earlier spell has ended"),
        ([(1, 4, 6, 2, 0), (1, 0, 4, 0, 1)], "1 spells begin in another state"),
        ([(1, 0, 4, 0, CENSORED), (1, 4, 6, 1, 0)], "1 spells begin in another state"),
    ],
)
def test_impossible_spells_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        count(rows)


def test_a_missing_number_under_a_mask_is_refused():
    masked = np.ma.masked_array([4, 999], mask=[False, True])
    for columns in (([0, 0], [0, 0], masked, [1, 1]), ([0, 0], [0, 0], [4, 4], masked)):
        with pytest.raises(ValueError, match="a number is missing"):
            count_risk_sets(*columns, state_count=2)


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="lengths differ"):
        count_risk_sets([0], [0, 0], [1], [1], state_count=2)


@st.composite
def histories(draw, states=3, children=6, days=8):
    """Spells of a few children who move, come late, are lost, and come back after a gap."""
    rows = []
    for child in range(draw(st.integers(1, children))):
        cuts = draw(st.lists(st.integers(0, days), min_size=2, max_size=5, unique=True).map(sorted))
        now = draw(st.integers(0, states - 1))
        for begin, end in pairwise(cuts):
            following = draw(st.integers(CENSORED, states - 1))
            rows.append((child, begin, end, now, following))
            if following == CENSORED:
                break
            now = following
    return rows


@settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_a_spell_cut_in_two_changes_nothing(rows, data):
    place = data.draw(st.integers(0, len(rows) - 1))
    child, begin, end, state, following = rows[place]
    cut = data.draw(st.floats(begin, end, exclude_min=True, exclude_max=True))
    halves = [(child, begin, cut, state, state), (child, cut, end, state, following)]
    assert_same(count(rows, states=3), count([*rows[:place], *halves, *rows[place + 1 :]], states=3))


@settings(max_examples=60, deadline=None)
@given(histories(), st.randoms())
def test_the_order_of_the_spells_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    assert_same(count(rows, states=3), count(shuffled, states=3))
