"""The attacker against tables that were protected badly, and what it works out."""

import pytest

from pipelines.disclosure.attack import Attacker, Constraint, Interval, attack, find_pinned
from pipelines.disclosure.relations import TotalColumn, TotalRow
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn

HIDDEN = Cell(None, CellStatus.HIDDEN)
NAME = TableColumn("name", "Navn", "label")
CHILDREN = TableColumn("children", "Børn", "count")
SPECIAL = TableColumn("special", "Special", "count")
SHARE = TableColumn("share", "Andel", "share", decimals=1, numerator="special", denominator="children")
TOTAL = TotalRow("name", "I alt")


def table(columns, *rows):
    cells = tuple(tuple(HIDDEN if value is None else Cell(value) for value in row) for row in rows)
    return ProtectedTable("t", "T", tuple(columns), cells, "konstrueret", "")


def test_one_hidden_cell_under_a_shown_total_is_known_exactly():
    published = table([NAME, CHILDREN], ["A", None], ["B", 20], ["I alt", 23])
    assert attack(published, totals=[TOTAL]) == {(0, "children"): Interval(3, 3)}  # 23 - 20
    assert find_pinned(published, totals=[TOTAL]) == [(0, "children")]


def test_without_the_total_nothing_is_known():
    published = table([NAME, CHILDREN], ["A", None], ["B", 20], ["I alt", 23])
    assert attack(published) == {(0, "children"): Interval(0, None)}
    assert find_pinned(published) == []


@pytest.mark.parametrize(("total", "pinned"), [(24, 2), (25, 0)])
def test_two_hidden_cells_are_safe_from_a_sum_of_five(total, pinned):
    published = table([NAME, CHILDREN], ["A", None], ["B", None], ["C", 20], ["I alt", total])
    assert len(find_pinned(published, totals=[TOTAL])) == pinned


def test_a_square_is_known_by_its_smallest_margin():
    a, b, both = (TableColumn(name, name, "count") for name in ("a", "b", "both"))
    published = table([NAME, a, b, both], ["A", None, None, 43], ["C", None, None, 12], ["I alt", 10, 45, 55])
    totals = [TOTAL, TotalColumn("both", ("a", "b"))]
    # a in A is at most 10, and 43 - 45 < 0 leaves it free from below; a in C is at most min(10, 12)
    assert attack(published, totals=totals) == {
        (0, "a"): Interval(0, 10),
        (0, "b"): Interval(43 - 10, 43),
        (1, "a"): Interval(0, 10),
        (1, "b"): Interval(12 - 10, 12),
    }


def test_a_shown_share_gives_the_numerator_back():
    published = table([NAME, CHILDREN, SPECIAL, SHARE], ["A", 100, None, 0.03])
    # between 2.95 and 3.05 of 100: only 3
    assert attack(published)[0, "special"] == Interval(3, 3)
    assert (0, "special") in find_pinned(published)


def test_a_shown_share_gives_the_denominator_back():
    published = table([NAME, CHILDREN, SPECIAL, SHARE], ["A", None, 5, 0.25])
    # 5 / .2505 = 19.96 to 5 / .2495 = 20.04
    assert attack(published)[0, "children"] == Interval(20, 20)


def test_a_large_denominator_leaves_room_for_the_numerator():
    published = table([NAME, CHILDREN, SPECIAL, SHARE], ["A", 20_000, None, 0.003])
    # 20 000 x .0025 = 50 to 20 000 x .0035 = 70
    assert attack(published)[0, "special"] == Interval(50, 70)


def test_the_rest_of_a_share_is_attacked_though_no_cell_shows_it():
    published = table(
        [NAME, CHILDREN, SPECIAL, SHARE],
        ["A", None, None, None],
        ["B", None, None, None],
        ["C", 50, 30, 0.6],
        ["I alt", 110, 88, 0.8],
    )
    # rests: 110 - 88 = 22, of which C has 50 - 30 = 20; A and B share 2
    assert attack(published, totals=[TOTAL])[0, "children minus special"] == Interval(0, 2)
    assert (0, "children minus special") in find_pinned(published, totals=[TOTAL])


def test_contradicting_numbers_are_said_to_be_so():
    published = table([NAME, CHILDREN], ["A", None], ["B", 20], ["I alt", 10])
    with pytest.raises(ValueError, match="contradict"):
        attack(published, totals=[TOTAL])


def test_only_whole_numbers_count():
    x, y = (0, "x"), (0, "y")
    attacker = Attacker([Constraint({x: 2.0, y: 3.0}, 7.0, 7.0)], ceiling=1000.0)
    # halves would let x be 0 to 3.5; whole numbers leave 2 x 2 + 3 x 1
    assert attacker.find_interval(x) == Interval(2, 2)
    assert attacker.is_narrower(x, 1)


def test_not_received_rows_add_nothing_to_a_total():
    missing = Cell(None, CellStatus.NOT_RECEIVED)
    rows = ((Cell("A"), HIDDEN), (Cell("B"), missing), (Cell("I alt"), Cell(3)))
    published = ProtectedTable("t", "T", (NAME, CHILDREN), rows, "konstrueret", "")
    assert attack(published, totals=[TOTAL]) == {(0, "children"): Interval(3, 3)}
