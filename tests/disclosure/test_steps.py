"""What is told of hidden counts without solving a program: other tables that fit, and limits that are never too narrow."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint
from scipy.sparse import csc_array

from pipelines.disclosure.attack import Attacker, Constraint, build_constraints
from pipelines.disclosure.relations import Equation
from pipelines.disclosure.steps import find_limits, find_steps, tables_beside

# two districts by two schools, all four hidden: rows 7 = a + b and 6 = c + d, columns 5 = a + c and 8 = b + d
SQUARE = np.array([[1.0, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]])
TABLE = np.array([2.0, 5, 3, 3])
EVERY_TABLE = np.array(list(product(range(9), repeat=4)))


def test_one_step_goes_round_the_square_and_gives_every_table_at_its_ends() -> None:
    steps = find_steps(SQUARE, TABLE)
    # one up is one down beside it, below it, and one up across: the only way
    assert [abs(step).tolist() for step in steps] == [[1, 1, 1, 1]]
    # a can fall by 2 (then a is 0) or rise by 3 (then c, which was 3, is 0)
    found = {tuple(table) for table in tables_beside(TABLE, steps)}
    assert found == {(2, 5, 3, 3), (2 - 2, 5 + 2, 3 + 2, 3 - 2), (2 + 3, 5 - 3, 3 - 3, 3 + 3)}


def test_without_another_way_there_is_no_step() -> None:
    assert find_steps(np.eye(2), np.array([3.0, 4.0])).shape == (0, 2)
    assert tables_beside(np.array([3.0, 4.0]), np.empty((0, 2))).tolist() == [[3, 4]]


def test_a_sum_limits_its_parts_and_hands_the_limit_on() -> None:
    # x + y = 3, and z is 10 more than x: x lies in 0-3, so z in 10-13
    constraint = LinearConstraint(csc_array(np.array([[1.0, 1, 0], [-1, 0, 1]])), [3, 10], [3, 10])
    assert find_limits(constraint, ceiling=1000.0).tolist() == [[0, 0, 10], [3, 3, 13]]


def test_what_nothing_limits_has_the_ceiling() -> None:
    constraint = LinearConstraint(csc_array(np.array([[1.0, -1.0]])), [-4], [np.inf])  # y is at most x + 4
    assert find_limits(constraint, ceiling=1000.0).tolist() == [[0, 0], [1000, 1000]]


matrices = st.integers(1, 4).flatmap(
    lambda rows: st.lists(
        st.lists(st.sampled_from([-1.0, 0.0, 0.0, 1.0]), min_size=4, max_size=4), min_size=rows, max_size=rows
    )
)


@settings(max_examples=60)
@given(matrix=matrices.map(np.array), table=st.lists(st.integers(0, 4), min_size=4, max_size=4).map(np.array))
def test_every_table_that_fits_lies_within_and_every_one_beside_fits(
    matrix: NDArray[np.float64], table: NDArray[np.int64]
) -> None:
    sums = matrix @ table
    fitting = EVERY_TABLE[(sums == EVERY_TABLE @ matrix.T).all(axis=1)]
    lowest, highest = find_limits(LinearConstraint(csc_array(matrix), sums, sums), ceiling=8.0)
    assert (fitting >= lowest).all()
    assert (fitting <= highest).all()
    beside = tables_beside(table.astype(float), find_steps(matrix, table.astype(float)))
    assert (beside >= 0).all()
    assert (matrix @ beside.T == sums[:, np.newaxis]).all()


@settings(max_examples=40)
@given(counts=st.lists(st.integers(0, 9), min_size=6, max_size=6), learned=st.integers(0, 5))
def test_a_reader_who_learns_a_count_knows_what_one_who_always_saw_it_knows(counts: list[int], learned: int) -> None:
    # two rows of three with their totals, and the totals of the columns; the totals are seen
    cells = [(row, name) for row in (0, 1) for name in "abc"]
    true = dict(zip(cells, counts, strict=True))
    true |= {(row, "sum"): sum(true[row, name] for name in "abc") for row in (0, 1)}
    true |= {(2, name): true[0, name] + true[1, name] for name in "abc"}
    sums = [Equation((row, "sum"), tuple((row, name) for name in "abc"), "row") for row in (0, 1)]
    sums += [Equation((2, name), ((0, name), (1, name)), "column") for name in "abc"]
    seen = {position: count for position, count in true.items() if position not in cells}
    told = cells[learned]
    taught = Attacker(build_constraints(sums, known=seen), ceiling=1000.0).learn(told, true[told])
    always = Attacker(build_constraints(sums, known={**seen, told: true[told]}), ceiling=1000.0)
    for cell in cells:
        if cell != told:
            assert taught.find_interval(cell) == always.find_interval(cell)
            assert set(taught.find_connected(cell)) == set(always.find_connected(cell))


def test_who_learns_what_hangs_together_with_nothing_knows_no_more() -> None:
    attacker = Attacker([Constraint({(0, "a"): 1.0, (0, "b"): 1.0}, 7.0, 7.0)], ceiling=1000.0)
    assert attacker.learn((9, "z"), 3) is attacker
