"""What must hold for every table: nothing small shown, nothing hidden that can be worked out, nothing hidden
in vain.
"""

import itertools

import hypothesis.strategies as st
from hypothesis import given, settings

from pipelines.disclosure.attack import attack, find_pinned
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import TotalColumn, TotalRow
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn

TOTALS = [TotalRow("name", "I alt"), TotalColumn("all", ("a", "b", "c"))]
COUNTS = ("a", "b", "c", "all")
COLUMNS = [
    TableColumn("name", "Navn", "label"),
    *(TableColumn(name, name, "count") for name in COUNTS),
    TableColumn("share", "Andel", "share", decimals=1, numerator="a", denominator="all"),
]
count = st.one_of(st.integers(0, 12), st.integers(0, 400))
small_tables = st.lists(st.tuples(count, count, count), min_size=1, max_size=6)
open_count = st.one_of(st.just(0), st.integers(5, 400))
open_tables = st.lists(st.tuples(open_count, open_count, open_count), min_size=1, max_size=6)
quick = settings(max_examples=30, deadline=None, derandomize=True)


def make_rows(counts):
    total = tuple(map(sum, zip(*counts, strict=True)))
    named = [(str(index), row) for index, row in enumerate(counts)] + [("I alt", total)]
    return [
        {
            "name": name,
            "a": a,
            "b": b,
            "c": c,
            "all": a + b + c,
            "share": a / (a + b + c) if a + b + c else None,
        }
        for name, (a, b, c) in named
    ]


def shield(rows):
    return protect(rows, table_id="t", title="T", columns=COLUMNS, source="konstrueret", totals=TOTALS)


@quick
@given(small_tables)
def test_nothing_small_is_shown_and_nothing_hidden_can_be_worked_out(counts):
    rows = make_rows(counts)
    table = shield(rows)
    for row, cells in zip(rows, table.rows, strict=True):
        shown = {column.name: cell.value for column, cell in zip(table.columns, cells, strict=True)}
        assert not [name for name in COUNTS if shown[name] in (1, 2, 3, 4)]
        assert shown["share"] is None or not {row["a"], row["all"] - row["a"], row["all"]} & {1, 2, 3, 4}
        assert shown["share"] is None or (shown["a"] is not None and shown["all"] is not None)
        assert all(shown[name] in (None, row[name]) for name in COUNTS)
    assert find_pinned(table, totals=TOTALS) == []


@settings(max_examples=12, deadline=None, derandomize=True)
@given(small_tables)
def test_same_rows_same_pattern(counts):
    assert shield(make_rows(counts)) == shield(make_rows(counts))


@quick
@given(open_tables)
def test_nothing_is_hidden_when_nothing_is_small(counts):
    rows = make_rows(counts)
    rests = {row["all"] - row["a"] for row in rows}
    table = shield(rows)
    if not rests & {1, 2, 3, 4}:
        assert all(cell.status is not CellStatus.HIDDEN for cells in table.rows for cell in cells)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(small_tables)
def test_no_secondarily_hidden_count_is_hidden_in_vain(counts):
    """Showing any one of them again lets the attacker pin something (or shows a small number)."""
    rows = make_rows(counts)
    table = shield(rows)
    for (index, row), (place, name) in itertools.product(enumerate(rows), enumerate(COUNTS, start=1)):
        cell = table.rows[index][place]
        is_free = cell.status is CellStatus.HIDDEN and (row[name] >= 5 or row[name] == 0)
        small_group = 0 < row["all"] < 5
        rest_is_small = name == "a" and row["all"] - row["a"] in (1, 2, 3, 4)
        if is_free and not small_group and not rest_is_small:
            assert find_pinned(show_again(table, index, place, row[name]), totals=TOTALS)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=2, max_size=2),
    st.sets(st.tuples(st.integers(0, 1), st.integers(0, 2)), min_size=1, max_size=3),
    st.sets(st.sampled_from([(0, 3), (1, 3), (2, 0), (2, 1), (2, 2), (2, 3)]), max_size=3),
)
def test_the_attack_finds_what_trying_every_table_finds(counts, hidden_parts, hidden_totals):
    """Second road: put every number in the hidden parts, and keep the tables that agree with what is shown."""
    published = hide(make_rows(counts), hidden_parts | hidden_totals)
    shown = [cell.value for cells in published.rows for cell in cells[1:5]]
    whole = sum(map(sum, counts))
    agreeing = []
    for numbers in itertools.product(range(whole + 1), repeat=len(hidden_parts)):
        parts = [list(row) for row in counts]
        for (row, column), number in zip(sorted(hidden_parts), numbers, strict=True):
            parts[row][column] = number
        tried = [row[name] for row in make_rows(parts) for name in COUNTS]
        if all(known in (None, number) for known, number in zip(shown, tried, strict=True)):
            agreeing.append(tried)
    for (row, name), interval in attack(published, totals=TOTALS).items():
        if name in COUNTS:
            values = [tried[4 * row + COUNTS.index(name)] for tried in agreeing]
            assert interval.low == min(values)
            # Without a limit, trying goes as far as it was let; with one, it stops there.
            assert max(values) >= whole if interval.high is None else max(values) == interval.high


def hide(rows, places):
    """The table of `rows` with the counts at (row, count column) in `places` hidden, and all shares."""
    cells = tuple(
        tuple(
            Cell(None, CellStatus.HIDDEN) if (index, place - 1) in places or place == 5 else Cell(value)
            for place, value in enumerate(row.values())
        )
        for index, row in enumerate(rows)
    )
    return ProtectedTable("t", "T", tuple(COLUMNS), cells, "konstrueret", "")


def show_again(table, index, place, value):
    cells = list(table.rows[index])
    cells[place] = type(cells[place])(value)
    rows = (*table.rows[:index], tuple(cells), *table.rows[index + 1 :])
    return type(table)(table.table_id, table.title, table.columns, rows, table.source, table.rule)
