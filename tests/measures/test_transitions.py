"""Tables between two dates: drawn by hand, against published tests, by properties, and by how often intervals hit the truth."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats

from pipelines.measures.intervals import NoInterval, jeffreys_interval, wilson_interval
from pipelines.measures.shares import mainstream_share_by_district
from pipelines.measures.transitions import (
    CellInterval,
    TransitionTable,
    row_shares,
    row_shares_by_cluster,
    stuart_maxwell_test,
    transition_table,
)

UNKNOWN = None
CHILDREN = [
    # before, after, district
    ("home", "home", "A"),
    ("home", "school", "A"),
    ("home", "school", "B"),
    ("school", "home", "B"),
    ("school", "school", "B"),
    ("school", UNKNOWN, "A"),
    (UNKNOWN, "home", "B"),
    (math.nan, UNKNOWN, "B"),
]
# Unaided distance vision of 7,477 women aged 30-39, right eye (rows) and left, best to worst: Stuart 1955.
VISION = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]]

squares = st.integers(2, 4).flatmap(
    lambda size: st.lists(st.integers(0, 9), min_size=size * size, max_size=size * size).map(
        lambda cells: np.array(cells).reshape(size, size)
    )
)


def drawn(children=CHILDREN, states=("home", "school")):
    before, after, districts = zip(*children, strict=True)
    return transition_table(before, after, districts, states=states)


def of_counts(*by_district):
    """A table with these `(K, K)` counts per district."""
    counts = np.array(by_district)
    nobody = np.zeros(counts.shape[1], dtype=np.int64)
    return TransitionTable(tuple(range(counts.shape[1])), tuple(range(len(counts))), counts, nobody, nobody, 0)


def test_counts_by_hand():
    table = drawn()
    #                                home  school
    assert table.counts.tolist() == [[1, 2], [1, 1]]
    assert table.clusters == ("A", "B")
    assert table.counts_by_cluster.tolist() == [[[1, 1], [0, 0]], [[0, 1], [1, 1]]]
    assert table.left_counts.tolist() == [0, 1]
    assert table.entered_counts.tolist() == [1, 0]
    assert table.unknown_count == 1


def test_nobody_gives_an_empty_table():
    table = transition_table([], [], [], states=["home", "school"])
    assert table.counts.tolist() == [[0, 0], [0, 0]]
    assert row_shares(table)[0][0].reason is NoInterval.NO_DATA
    assert row_shares_by_cluster(table)[1][0].reason is NoInterval.NO_DATA


@pytest.mark.parametrize(
    ("before", "after", "clusters", "message"),
    [
        (["home"], ["home", "home"], ["A"], "lengths differ: 1, 2, 1"),
        (["home"], ["prison"], ["A"], "prison: not among the states home, school"),
        (["home"], ["home"], [None], "label is missing"),
    ],
)
def test_impossible_input_is_refused(before, after, clusters, message):
    with pytest.raises(ValueError, match=message):
        transition_table(before, after, clusters, states=["home", "school"])


def test_jeffreys_cells_cut_off_the_tails_of_their_beta():
    """Row 6, 3, 1 of three states: the first cell's distribution is Beta(6 + 1/2, 4 + 2/2)."""
    cell = row_shares(of_counts([[6, 3, 1], [0, 0, 0], [0, 0, 0]]))[0][0]
    points = np.linspace(0, 1, 200_001)[1:-1]
    density = points**5.5 * (1 - points) ** 4.0
    density /= density.sum()
    assert (cell.value, cell.n) == (6 / 10, 10)
    assert density[points < cell.low].sum() == pytest.approx(0.025, abs=1e-4)
    assert density[points > cell.high].sum() == pytest.approx(0.025, abs=1e-4)


def test_two_states_are_an_ordinary_share():
    cells = row_shares(of_counts([[8, 4], [0, 30]]))
    assert cells[0][1] == jeffreys_interval(4, 12)
    assert (cells[1][0].low, cells[1][1].high) == (0, 1)
    wilson = row_shares(of_counts([[8, 4], [0, 30]]), interval=CellInterval.WILSON)
    assert wilson[0][1] == wilson_interval(4, 12)


def test_goodman_agrees_with_another_library():
    """10, 20, 5, 65 of 100: multinomial_proportions_confint(method="goodman") of statsmodels 0.15.0."""
    counts = np.zeros((4, 4), dtype=int)
    counts[0] = [10, 20, 5, 65]
    cells = row_shares(of_counts(counts), interval=CellInterval.GOODMAN)[0]
    expected = [(0.0470905, 0.19988706), (0.11909829, 0.31613488), (0.01736925, 0.13548049), (0.52527438, 0.75710904)]
    assert [(cell.low, cell.high) for cell in cells] == [pytest.approx(pair, abs=1e-7) for pair in expected]
    assert cells[0].level == 0.95


@pytest.mark.parametrize("interval", CellInterval)
def test_a_row_of_nine_children_has_shares_and_no_intervals(interval):
    few, enough = row_shares(of_counts([[6, 3], [7, 3]]), interval=interval)
    assert (few[0].value, few[0].low, few[0].reason) == (6 / 9, None, NoInterval.TOO_FEW_CHILDREN)
    assert enough[0].has_interval
    assert row_shares(of_counts([[6, 3], [7, 3]]), interval=interval, fewest_children=9)[0][0].has_interval


def test_cells_by_district_by_hand():
    """Of A's 100 home 90 stayed, of B's 100 all: share .95, standard error sqrt(2 x (5^2 + 5^2)) / 200 = .05."""
    cells = row_shares_by_cluster(of_counts([[90, 10], [0, 4]], [[100, 0], [0, 5]]))
    assert cells[0][0].value == pytest.approx(0.95)
    assert cells[0][0].standard_error == pytest.approx(math.sqrt(2 * (25 + 25)) / 200)
    assert cells[0][0] == mainstream_share_by_district([90, 100], [100, 100])
    assert (cells[1][1].value, cells[1][1].reason) == (1, NoInterval.TOO_FEW_CHILDREN)


def test_a_row_in_one_district_only_has_no_district_interval():
    cells = row_shares_by_cluster(of_counts([[9, 3], [0, 0]], [[0, 0], [5, 5]]))
    assert (cells[0][0].value, cells[0][0].reason) == (9 / 12, NoInterval.TOO_FEW_CLUSTERS)


@settings(max_examples=50, deadline=None)
@given(squares, squares)
def test_shares_of_a_row_sum_to_one_and_intervals_hold_them(one, other):
    other = np.resize(other, one.shape)
    table = of_counts(one, other)
    for interval in CellInterval:
        for row, cells in zip(one + other, row_shares(table, interval=interval), strict=True):
            if row.sum():
                assert sum(cell.value for cell in cells) == pytest.approx(1)
            for cell in cells:
                assert cell.has_interval == (row.sum() >= 10)
                assert not cell.has_interval or 0 <= cell.low <= cell.high <= 1
    alone = [cell for row in row_shares(table, interval=CellInterval.WILSON) for cell in row]
    together = [cell for row in row_shares(table, interval=CellInterval.GOODMAN) for cell in row]
    assert all(
        wide.low <= narrow.low and narrow.high <= wide.high
        for narrow, wide in zip(alone, together, strict=True)
        if narrow.has_interval
    )


def test_stuart_maxwell_on_stuarts_own_table():
    """Stuart, Biometrika 42 (1955) 412-416: chi square 11.96 on 3 degrees of freedom (statsmodels 0.15.0: 11.95656962, .00753343)."""
    found = stuart_maxwell_test(VISION)
    assert found.chi_square == pytest.approx(11.95656962298254, abs=1e-9)
    assert found.degrees_of_freedom == 3
    assert found.p_value == pytest.approx(0.007533425054800591, abs=1e-12)
    assert found.changes.tolist() == [1907 - 1976, 2222 - 2256, 2507 - 2456, 841 - 789]
    assert found.moved_count == 7477 - (1520 + 1512 + 1772 + 492)
    assert found.unmoved_states == ()


def test_two_states_are_mcnemars_test():
    """Approval of the prime minister asked twice, Agresti, Categorical Data Analysis, table 10.1: (86 - 150)^2 / (86 + 150)."""
    found = stuart_maxwell_test([[794, 150], [86, 570]])
    assert found.chi_square == pytest.approx((86 - 150) ** 2 / (86 + 150))
    assert found.p_value == pytest.approx(stats.norm.sf(4.166) * 2, rel=1e-2)  # z = -4.17 there


def test_a_state_that_nobody_left_or_reached_is_left_out_and_named():
    with_empty = np.insert(np.insert(np.array(VISION), 2, 0, axis=0), 2, 0, axis=1)
    with_empty[2, 2] = 40  # forty children who stay: on both margins, and silent
    found, plain = stuart_maxwell_test(with_empty), stuart_maxwell_test(VISION)
    assert found.unmoved_states == (2,)
    assert found.chi_square == pytest.approx(plain.chi_square)
    assert found.degrees_of_freedom == plain.degrees_of_freedom


def test_two_groups_of_states_without_moves_between_them_add_up():
    """Moves 0-1 (9 and 4) and 2-3 (2 and 8) only: McNemar twice, (9 - 4)^2 / 13 + (2 - 8)^2 / 10 on 2 degrees of freedom."""
    found = stuart_maxwell_test([[5, 9, 0, 0], [4, 5, 0, 0], [0, 0, 5, 2], [0, 0, 8, 5]])
    assert found.chi_square == pytest.approx(25 / 13 + 36 / 10)
    assert found.degrees_of_freedom == 2
    assert found.p_value == pytest.approx(math.exp(-(25 / 13 + 36 / 10) / 2))  # chi square with 2


def test_few_or_no_movers_give_no_p_value():
    few, nobody = stuart_maxwell_test([[5, 9], [0, 5]]), stuart_maxwell_test([[5, 0], [0, 5]])
    assert (few.moved_count, few.chi_square, few.p_value) == (9, 9, None)
    assert stuart_maxwell_test([[5, 9], [0, 5]], fewest_moved=9).p_value is not None
    assert (nobody.degrees_of_freedom, nobody.chi_square, nobody.p_value) == (0, 0, None)
    assert nobody.unmoved_states == (0, 1)


@pytest.mark.parametrize(
    ("counts", "message"), [([[1, 2]], "square"), ([[1, -1], [0, 1]], "whole number"), ([[0.5, 1], [1, 1]], "whole")]
)
def test_what_is_no_table_is_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        stuart_maxwell_test(counts)


@settings(max_examples=80, deadline=None)
@given(squares, st.randoms(use_true_random=False))
def test_direction_and_order_of_states_do_not_matter_and_the_inverse_is_the_general_one(counts, random):
    found, turned = stuart_maxwell_test(counts), stuart_maxwell_test(counts.T)
    order = random.sample(range(len(counts)), len(counts))
    shuffled = stuart_maxwell_test(counts[np.ix_(order, order)])
    between = counts + counts.T - 2 * np.diag(np.diag(counts))
    covariance = np.diag(between.sum(axis=1)) - between
    changes = counts.sum(axis=0) - counts.sum(axis=1)
    assert turned.changes.tolist() == (-found.changes).tolist()
    assert turned.chi_square == pytest.approx(found.chi_square, abs=1e-9)
    assert shuffled.chi_square == pytest.approx(found.chi_square, abs=1e-9)
    assert found.chi_square == pytest.approx(changes @ np.linalg.pinv(covariance) @ changes, abs=1e-7)
    assert found.degrees_of_freedom == np.linalg.matrix_rank(covariance)


def test_under_no_change_the_test_is_seldom_wrong_and_a_real_change_is_found():
    """200 children on four rungs; moves up as likely as down, then down (towards 0) twice as likely."""
    random = np.random.default_rng(5)
    same = np.diag([30, 40, 40, 30]) + np.diag([10, 10, 10], 1) + np.diag([10, 10, 10], -1)
    down = np.diag([30, 40, 40, 30]) + np.diag([5, 5, 5], 1) + np.diag([15, 15, 15], -1)

    def rejected(cells):
        draws = random.multinomial(200, (cells / cells.sum()).ravel(), size=300).reshape(-1, 4, 4)
        return np.mean([stuart_maxwell_test(draw).p_value < 0.05 for draw in draws])

    assert 0.01 <= rejected(same) <= 0.08
    assert rejected(down) > 0.8


def test_district_interval_of_a_cell_hits_the_truth_where_independent_children_do_not():
    """Eight districts of 20-40 children on a rung, of whom on average 30 % move down; districts differ (beta-binomial, .05)."""
    random = np.random.default_rng(8)
    repetitions, hits = 500, np.zeros(2)
    for _ in range(repetitions):
        sizes = random.integers(20, 41, 8)
        moved = random.binomial(sizes, random.beta(0.3 * 19, 0.7 * 19, 8))
        counts = np.zeros((8, 2, 2), dtype=np.int64)
        counts[:, 1, 0], counts[:, 1, 1] = moved, sizes - moved
        table = of_counts(*counts)
        cells = (row_shares_by_cluster(table)[1][0], row_shares(table, interval=CellInterval.WILSON)[1][0])
        hits += [cell.low <= 0.3 <= cell.high for cell in cells]
    by_district, naive = hits / repetitions
    assert 0.93 <= by_district <= 0.975
    assert naive <= 0.88
