"""What `protect` hides, shows and refuses, on drawn tables."""

import pandas as pd
import polars as pl
import pytest

from pipelines.disclosure.attack import attack, find_pinned
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import Bound, CellAt, SumRelation, TotalColumn, TotalRow
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn

MARKS = {
    CellStatus.HIDDEN: "x",
    CellStatus.HIDDEN_BY_SOURCE: "kilde",
    CellStatus.NOT_RECEIVED: "mangler",
    CellStatus.NOT_COMPUTABLE: "-",
}
STATUSES = {mark: status for status, mark in MARKS.items()}

LABELS = ("district", "school", "year")
DISTRICT = TableColumn("district", "Distrikt", "label")
CHILDREN = TableColumn("children", "Børn", "count")
SPECIAL = TableColumn("special", "Uden for almen klasse", "count")
SHARE = TableColumn("share", "Andel", "share", "%", 1, numerator="special", denominator="children")
MEAN = TableColumn("mean", "SDQ", "mean", "point", 1, children="children", institutions="institutions")
LIMIT = TableColumn("low", "Fra", "mean", "point", 1, limit_of="mean")


def draw(text):
    """Rows from a drawn table: first line the column names, then one line per row; x, kilde, mangler, - are
    statuses.
    """
    header, *lines = [line.split() for line in text.strip().splitlines()]
    return [dict(zip(header, map(read, header, line), strict=True)) for line in lines]


def read(name, word):
    if word in STATUSES:
        return STATUSES[word]
    if name in LABELS:
        return word
    if "/" in word:
        numerator, denominator = word.split("/")
        return int(numerator) / int(denominator)
    return float(word) if "." in word else int(word)


def show(table):
    return [[MARKS.get(cell.status, cell.value) for cell in row] for row in table.rows]


def shield(rows, *columns, totals=(), rule=None, published=()):
    return protect(
        rows,
        table_id="t",
        title="T",
        columns=columns,
        source="konstrueret",
        rule=rule,
        totals=totals,
        published=published,
    )


def expect(text):
    return [list(row.values()) for row in [{k: MARKS.get(v, v) for k, v in row.items()} for row in draw(text)]]


def test_one_to_four_are_hidden_and_zero_and_five_shown():
    rows = draw("""
        district children
        A        0
        B        1
        C        4
        D        5
        """)
    expected = expect("""
        district children
        A        0
        B        x
        C        x
        D        5
        """)
    assert show(shield(rows, DISTRICT, CHILDREN)) == expected


def test_share_is_hidden_with_a_small_numerator_rest_or_denominator():
    rows = draw("""
        district children special share
        A        100      8       8/100
        B        100      3       3/100
        C        100      97      97/100
        D        4        4       4/4
        E        100      0       0/100
        F        100      100     100/100
        """)
    expected = [
        ["A", 100, 8, 0.08],
        ["B", 100, "x", "x"],
        ["C", 100, "x", "x"],  # 100 - 97 = 3 children are left out: as telling as 3
        ["D", "x", "x", "x"],
        ["E", 100, 0, 0.0],
        ["F", 100, 100, 1.0],
    ]
    assert show(shield(rows, DISTRICT, CHILDREN, SPECIAL, SHARE)) == expected


def test_zero_is_hidden_when_it_tells_of_every_child_in_a_small_group():
    rows = draw("""
        district children special share
        A        3        0       0/3
        B        0        0       -
        """)
    assert show(shield(rows, DISTRICT, CHILDREN, SPECIAL, SHARE)) == [["A", "x", "x", "x"], ["B", 0, 0, "-"]]


def test_zero_part_of_a_small_total_column_is_hidden():
    mainstream = TableColumn("mainstream", "Almen", "count")
    rows = draw("""
        district children mainstream special
        A        3        3          0
        B        30       30         0
        """)
    table = shield(
        rows,
        DISTRICT,
        CHILDREN,
        mainstream,
        SPECIAL,
        totals=[TotalColumn("children", ("mainstream", "special"))],
    )
    assert show(table) == [["A", "x", "x", "x"], ["B", 30, 30, 0]]


def test_a_total_row_gives_the_hidden_count_away_so_the_smallest_other_is_hidden_too():
    rows = draw("""
        district children
        A        3
        B        20
        C        8
        D        8
        I_alt    39
        """)
    table = shield(rows, DISTRICT, CHILDREN, totals=[TotalRow("district", "I_alt")])
    # 39 - 20 - 8 - 8 = 3; with the first 8 hidden too only 3 + 8 = 11 is known
    assert show(table) == [["A", "x"], ["B", 20], ["C", "x"], ["D", 8], ["I_alt", 39]]


def test_two_small_counts_hide_each_other_when_their_sum_leaves_room():
    rows = draw("""
        district children
        A        3
        B        2
        C        30
        I_alt    35
        """)
    table = shield(rows, DISTRICT, CHILDREN, totals=[TotalRow("district", "I_alt")])
    assert show(table) == [["A", "x"], ["B", "x"], ["C", 30], ["I_alt", 35]]  # A and B: 0 to 5


def test_two_small_counts_with_a_small_sum_need_a_third():
    rows = draw("""
        district children
        A        1
        B        2
        C        30
        I_alt    33
        """)
    table = shield(rows, DISTRICT, CHILDREN, totals=[TotalRow("district", "I_alt")])
    # 33 - 30 = 3 would say that both lie in 0-3
    assert show(table) == [["A", "x"], ["B", "x"], ["C", "x"], ["I_alt", 33]]


def test_a_secondarily_hidden_count_takes_its_share_along():
    rows = draw("""
        district children special share
        A        100      3       3/100
        B        120      9       9/120
        C        90       12      12/90
        I_alt    310      24      24/310
        """)
    table = shield(
        rows,
        DISTRICT,
        CHILDREN,
        SPECIAL,
        SHARE,
        totals=[TotalRow("district", "I_alt")],
        rule=DisclosureRule(),
    )
    expected = [["A", 100, "x", "x"], ["B", 120, "x", "x"], ["C", 90, 12, 0.133], ["I_alt", 310, 24, 0.077]]
    assert show(table) == expected


def test_totals_both_ways_hide_a_square():
    a, b = TableColumn("a", "a", "count"), TableColumn("b", "b", "count")
    rows = draw("""
        district a  b  children
        A        3  40 43
        B        20 30 50
        C        9  12 21
        I_alt    32 82 114
        """)
    totals = [TotalRow("district", "I_alt"), TotalColumn("children", ("a", "b"))]
    table = shield(rows, DISTRICT, a, b, CHILDREN, totals=totals)
    assert show(table) == expect("""
        district a  b  children
        A        x  x  43
        B        20 30 50
        C        x  x  21
        I_alt    32 82 114
        """)
    assert find_pinned(table, totals=totals) == []


def three_columns(text):
    """The drawn rows under a, b, c and their sum n, with totals both ways, protected."""
    counts = [TableColumn(name, name, "count") for name in ("a", "b", "c", "n")]
    totals = [TotalRow("district", "I_alt"), TotalColumn("n", ("a", "b", "c"))]
    return show(shield(draw(text), DISTRICT, *counts, totals=totals))


def test_a_zero_is_the_last_to_be_hidden():
    found = three_columns("""
        district a  b  c  n
        A        9  0  6  15
        B        20 9  6  35
        C        20 8  3  31
        I_alt    49 17 15 81
        """)
    # hiding A's 0 and 6 would cost less, but a reader may know that A has none
    assert found == expect("""
        district a  b  c  n
        A        9  0  6  15
        B        20 x  x  35
        C        20 x  x  31
        I_alt    49 17 15 81
        """)


def test_what_was_hidden_in_vain_is_shown_again():
    found = three_columns("""
        district a  b  c  n
        A        20 20 3  43
        B        2  20 2  24
        C        0  20 6  26
        I_alt    22 60 11 93
        """)
    # A's 20 under a was hidden for the sake of B's 2, until the total row had to give way all the same
    assert found == expect("""
        district a  b  c  n
        A        20 x  x  43
        B        x  x  x  24
        C        0  x  x  26
        I_alt    x  60 x  93
        """)


def test_a_small_rest_is_not_left_to_subtraction_between_rows():
    rows = draw("""
        district children special share
        A        4        3       3/4
        B        30       29      29/30
        C        60       20      20/60
        I_alt    94       52      52/94
        """)
    totals = [TotalRow("district", "I_alt")]
    table = shield(rows, DISTRICT, CHILDREN, SPECIAL, SHARE, totals=totals)
    # with A and B hidden alone, 94 - 52 - (60 - 20) = 2 children are left out in both together
    assert [row[2] for row in show(table)] == ["x", "x", "x", 52]
    assert find_pinned(table, totals=totals) == []


def test_that_nobody_is_left_out_of_a_small_group_is_not_left_to_subtraction():
    rows = draw("""
        district children special share
        A        3        3       3/3
        B        30       30      30/30
        C        90       50      50/90
        I_alt    123      83      83/123
        """)
    totals = [TotalRow("district", "I_alt")]
    table = shield(rows, DISTRICT, CHILDREN, SPECIAL, SHARE, totals=totals)
    # with A and B hidden alone, 123 - 83 - (90 - 50) = 0: all of A's children, however many they are
    assert show(table)[0] == ["A", "x", "x", "x"]
    assert attack(table, totals=totals)[0, "children minus special"].width >= 5


def test_a_total_that_leaves_out_what_the_source_hid_gives_the_rest_away():
    children = TableColumn("children", "Børn", "count", staff="staff")
    rows = draw("""
        district children staff
        A        9        2
        B        kilde    5
        C        30       5
        I_alt    39       12
        """)
    table = shield(rows, DISTRICT, children, totals=[TotalRow("district", "I_alt", columns=("children",))])
    # 39 - 30 is A's 9: the total was made of what the source gave
    assert show(table) == [["A", "x"], ["B", "kilde"], ["C", "x"], ["I_alt", 39]]


def test_totals_within_a_year_and_within_a_district():
    year = TableColumn("year", "År", "label")
    rows = draw("""
        district year  children
        A        2025  3
        B        2025  30
        C        2025  40
        I_alt    2025  73
        A        2026  10
        B        2026  20
        C        2026  50
        I_alt    2026  80
        A        begge 13
        B        begge 50
        C        begge 90
        I_alt    begge 153
        """)
    totals = [
        TotalRow("district", "I_alt", within=("year",)),
        TotalRow("year", "begge", within=("district",)),
    ]
    table = shield(rows, DISTRICT, year, CHILDREN, totals=totals)
    assert [(row[0], row[1]) for row in show(table) if row[2] == "x"] == [
        ("A", "2025"),
        ("B", "2025"),
        ("A", "2026"),
        ("B", "2026"),
    ]


def test_sum_relation_between_any_cells():
    rows = draw("""
        district children
        A1       3
        A2       17
        A        20
        B        60
        """)
    part = [CellAt("children", (("district", name),)) for name in ("A1", "A2", "A")]
    table = shield(rows, DISTRICT, CHILDREN, totals=[SumRelation(part[2], (part[0], part[1]))])
    assert show(table) == [["A1", "x"], ["A2", "x"], ["A", 20], ["B", 60]]


def test_a_count_that_stands_elsewhere_too_is_never_hidden_and_others_are_in_its_place():
    """7 and 40 are known from other tables: with the 3 goes the 30, where else the cheaper 7 would have done."""
    rows = draw("""
        district children
        A        3
        B        7
        C        30
        all      40
        """)
    totals = (TotalRow("district", "all"),)
    a, b, whole = (CellAt("children", (("district", name),)) for name in ("A", "B", "all"))
    table = shield(rows, DISTRICT, CHILDREN, totals=totals, published=(b, whole))
    assert show(table) == [["A", "x"], ["B", 7], ["C", "x"], ["all", 40]]
    assert find_pinned(table, totals=totals) == []
    assert show(shield(rows, DISTRICT, CHILDREN, totals=totals)) == [["A", "x"], ["B", "x"], ["C", 30], ["all", 40]]
    assert show(shield(rows, DISTRICT, CHILDREN, published=(a,)))[0] == ["A", 3]


def test_a_sum_of_which_no_part_was_counted_says_nothing():
    rows = draw("""
        district children special
        A        12       8
        B        9        -
        """)
    rows = [
        {**row, "other": row["children"] - row["special"] if row["district"] == "A" else row["special"]} for row in rows
    ]
    other = TableColumn("other", "Andre", "count")
    parts = (TotalColumn("children", ("special", "other")),)
    assert show(shield(rows, DISTRICT, CHILDREN, SPECIAL, other, totals=parts))[1] == ["B", 9, "-", "-"]
    rows[1]["special"] = 5
    with pytest.raises(ValueError, match="not the sum"):
        shield(rows, DISTRICT, CHILDREN, SPECIAL, other, totals=parts)


def test_unshown_numerator_protects_its_share():
    rows = draw("""
        district children special share
        A        100      3       3/100
        B        100      30      30/100
        """)
    assert show(shield(rows, DISTRICT, SHARE)) == [["A", "x"], ["B", 0.3]]


def test_mean_and_its_limits_need_ten_children_and_two_institutions():
    rows = draw("""
        district children institutions mean low
        A        10       2            8.25 7.04
        B        9        3            8.0  7.0
        C        40       1            8.0  7.0
        D        40       -            8.0  7.0
        E        40       3            -    mangler
        """)
    expected = [
        ["A", 10, 8.3, 7.0],  # rounded half up
        ["B", 9, "x", "x"],
        ["C", 40, "x", "x"],
        ["D", 40, "x", "x"],  # nobody knows from how many institutions
        ["E", 40, "-", "mangler"],
    ]
    assert show(shield(rows, DISTRICT, CHILDREN, MEAN, LIMIT)) == expected


def test_a_lone_hidden_mean_is_not_left_to_subtraction():
    rows = draw("""
        district children institutions mean low
        A        8        2            9.0  7.0
        B        30       3            8.0  7.0
        C        20       3            7.0  6.0
        I_alt    58       8            7.8  7.1
        """)
    table = shield(rows, DISTRICT, CHILDREN, MEAN, LIMIT, totals=[TotalRow("district", "I_alt")])
    # (58 x 7.8 - 30 x 8 - 20 x 7) / 8 would be A's mean
    assert show(table) == [
        ["A", 8, "x", "x"],
        ["B", 30, 8.0, 7.0],
        ["C", 20, "x", "x"],
        ["I_alt", 58, 7.8, 7.1],
    ]


def test_few_staff_hide_the_figure():
    meetings = TableColumn("meetings", "Møder", "number", staff="staff")
    rows = draw("""
        district meetings staff
        A        12       3
        B        15       2
        C        15       -
        """)
    assert show(shield(rows, DISTRICT, meetings)) == [["A", 12], ["B", "x"], ["C", "x"]]


def test_the_four_kinds_of_empty_stay_apart():
    rows = draw("""
        district children
        A        0
        B        2
        C        kilde
        D        mangler
        E        -
        """)
    assert [row[1] for row in show(shield(rows, DISTRICT, CHILDREN))] == [0, "x", "kilde", "mangler", "-"]


def test_a_missing_row_does_not_shield_its_neighbour():
    rows = draw("""
        district children
        A        3
        B        mangler
        C        30
        I_alt    33
        """)
    table = shield(rows, DISTRICT, CHILDREN, totals=[TotalRow("district", "I_alt")])
    assert show(table) == [["A", "x"], ["B", "mangler"], ["C", "x"], ["I_alt", 33]]


def test_what_the_source_hid_is_part_of_its_total():
    rows = draw("""
        district children
        A        9
        B        kilde
        C        30
        I_alt    42
        """)
    table = shield(rows, DISTRICT, CHILDREN, totals=[TotalRow("district", "I_alt")])
    assert show(table) == [["A", 9], ["B", "kilde"], ["C", 30], ["I_alt", 42]]


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_give_the_table_that_dicts_give(frame):
    rows = [
        {"district": "A", "children": 3, "special": 0, "share": 0.0},
        {"district": "B", "children": None, "special": None, "share": None},
        {"district": "C", "children": 40, "special": 10, "share": 0.25},
    ]
    columns = (DISTRICT, CHILDREN, SPECIAL, SHARE)
    assert shield(frame(rows), *columns) == shield(rows, *columns)


def test_a_ready_made_cell_keeps_its_status():
    rows = [
        {"district": "A", "children": Cell(None, CellStatus.NOT_RECEIVED)},
        {"district": "B", "children": Cell(3)},
    ]
    assert show(shield(rows, DISTRICT, CHILDREN)) == [["A", "mangler"], ["B", "x"]]


def test_table_survives_plain_values_and_carries_the_rule():
    table = shield([{"district": "A", "children": 3}], DISTRICT, CHILDREN)
    assert ProtectedTable.from_dict(table.to_dict()) == table
    assert table.rule == DisclosureRule().sentence
    own = shield([{"district": "A", "children": 3}], DISTRICT, CHILDREN, rule=DisclosureRule(minimum_count=8))
    assert ProtectedTable.from_dict(own.to_dict()).minimum_count == 8


def test_an_excerpt_shows_what_its_table_shows_and_no_more():
    rows = draw("""
        district year  children
        A        2025  3
        B        2025  30
        I_alt    2025  33
        """)
    year = TableColumn("year", "År", "label")
    table = shield(rows, DISTRICT, year, CHILDREN, totals=[TotalRow("district", "I_alt", within=("year",))])
    excerpt = table.excerpt(
        "e", title="E", columns=("district", "children"), keep_row=lambda row: row["district"] != "A"
    )
    assert show(excerpt) == [["B", "x"], ["I_alt", 33]]
    assert (excerpt.table_id, excerpt.title, excerpt.rule, excerpt.source) == ("e", "E", table.rule, table.source)
    with pytest.raises(KeyError, match="has no column 'special'"):
        table.excerpt("e", title="E", columns=("special",))


def test_empty_table():
    assert shield([], DISTRICT, CHILDREN, totals=[TotalRow("district", "I alt")]).rows == ()


BARE_SHARE = TableColumn("share", "Andel", "share")
BARE_MEAN = TableColumn("mean", "SDQ", "mean", children="children")
LONELY_LIMIT = TableColumn("low", "Fra", "mean", limit_of="mean")


@pytest.mark.parametrize(
    ("columns", "row", "message"),
    [
        ((BARE_SHARE,), {"share": 0.5}, "share share must name numerator and denominator"),
        ((BARE_MEAN,), {"mean": 5}, "mean mean must name children and institutions"),
        ((LONELY_LIMIT,), {"low": 5}, "limit_of must name a column of the same kind"),
        ((CHILDREN, CHILDREN), {"children": 5}, "column children stands twice"),
        ((CHILDREN,), {"born": 5}, "row 1 has no column children; it has born"),
        ((CHILDREN,), {"children": -7}, "row 1, column children: a count must be a whole number"),
        ((CHILDREN,), {"children": 7.5}, "row 1, column children: a count must be a whole number"),
        ((CHILDREN,), {"children": "syv"}, "row 1, column children: not a number"),
        ((SHARE,), {"children": 100, "special": 7, "share": 7.0}, "a share must lie between 0 and 1"),
        ((SHARE,), {"children": 100, "special": 7, "share": 0.08}, "is not special / children"),
        ((SHARE,), {"children": 10, "special": 11, "share": 1.0}, "special is larger than children"),
        ((SHARE,), {"children": 10, "special": 11, "share": None}, "special is larger than children"),
    ],
)
def test_what_cannot_be_protected_is_refused(columns, row, message):
    with pytest.raises(ValueError, match=message):
        shield([row], *columns)


def test_a_total_that_is_not_the_sum_is_refused_without_its_numbers():
    rows = draw("""
        district children
        A        31
        B        22
        I_alt    54
        """)
    with pytest.raises(ValueError, match="not the sum of their parts: row 'I_alt', column children") as fault:
        shield(rows, DISTRICT, CHILDREN, totals=[TotalRow("district", "I_alt")])
    assert not any(number in str(fault.value) for number in ("31", "22", "54"))


@pytest.mark.parametrize(
    ("total", "message"),
    [
        (TotalRow("district", "Hele"), "no row says so under district"),
        (TotalRow("area", "I_alt"), "no label column area"),
        (TotalRow("district", "I_alt", columns=("boys",)), "no count column boys; there are children"),
        (TotalColumn("children", ("boys", "girls")), "no count column boys, girls"),
        (SumRelation(CellAt("children", (("district", "Q"),)), ()), "0 rows fit"),
    ],
)
def test_a_declaration_that_fits_nothing_is_refused(total, message):
    rows = [{"district": "A", "children": 20}, {"district": "I_alt", "children": 20}]
    with pytest.raises(ValueError, match=message):
        shield(rows, DISTRICT, CHILDREN, totals=[total])


# ── beside other tables, and beside words ───────────────────────────────────────────────────────────────────────────


def _beside(
    own: tuple[int, int], elsewhere: tuple[int, int], *, parts: dict[str, int], ties: dict[str, list[str]]
) -> list[str]:
    """Two own counts after another table with a count of each place was taken along: "7" or "hidden"; the other shows 5 and more."""
    counts = {"here A": own[0], "here B": own[1], "there A": elsewhere[0], "there B": elsewhere[1], **parts}
    there = [name for name in counts if name.startswith("there")]
    table = protect(
        [{"name": name, "count": count} for name, count in counts.items()],
        table_id="t",
        title="t",
        columns=(TableColumn("name", "Navn", "label"), TableColumn("count", "Antal", "count")),
        source="Kilde",
        totals=[SumRelation(_named(whole), tuple(_named(part) for part in of)) for whole, of in ties.items()],
        published=[_named(name) for name in there if counts[name] >= 5],
        hidden_elsewhere=[_named(name) for name in there if counts[name] < 5],
        untold=[_named(name) for name in parts],
    )
    return [
        str(cell.value) if cell.value is not None else str(cell.status) for cell in (row[1] for row in table.rows[:2])
    ]


def _named(name: str) -> CellAt:
    return CellAt("count", (("name", name),))


def test_a_count_is_hidden_where_another_table_shows_a_few_children_more() -> None:
    """20 here and 22 there: 2 children who are counted there alone."""
    parts = {"both A": 20, "there alone A": 2, "both B": 30, "there alone B": 40}
    ties = {
        "here A": ["both A"], "there A": ["both A", "there alone A"],
        "here B": ["both B"], "there B": ["both B", "there alone B"],
    }  # fmt: skip
    assert _beside((20, 30), (22, 70), parts=parts, ties=ties) == ["hidden", "30"]


def test_what_another_table_hides_is_hidden_where_the_same_children_are_counted_even_where_a_reader_need_not_know_it() -> (
    None
):
    """There: 3 hidden. Here the same 3 and 4 others would be 7; and who knows nobody to be counted there alone would have it."""
    parts = {"both A": 3, "there alone A": 0, "both B": 30, "there alone B": 40}
    ties = {
        "here A": ["both A"], "there A": ["both A", "there alone A"],
        "here B": ["both B"], "there B": ["both B", "there alone B"],
    }  # fmt: skip
    assert _beside((3, 30), (3, 70), parts=parts, ties=ties) == ["hidden", "30"]


@pytest.mark.parametrize(
    ("bound", "shown"),
    [
        # 12 measured, of them 4 again: that there are fewer than 5 leaves 8 to 12 for the others, whatever the words
        (None, ["12", "hidden", "hidden"]),
        # beside the words, 12 would leave the others one of five values; so it goes too
        (Bound(CellAt("again", (("name", "A"),)), high=4), ["hidden", "hidden", "hidden"]),
    ],
)  # fmt: skip
def test_words_that_tell_a_bound_hide_what_would_tell_the_rest(bound: Bound | None, shown: list[str]) -> None:
    table = protect(
        [{"name": "A", "measured": 12, "again": 4, "lost": 8}],
        table_id="t",
        title="t",
        columns=(
            TableColumn("name", "Navn", "label"),
            *(TableColumn(name, name, "count") for name in ("measured", "again", "lost")),
        ),
        source="Kilde",
        totals=[TotalColumn("measured", ("again", "lost"))],
        bounds=[] if bound is None else [bound],
    )
    (row,) = table.rows
    assert [str(cell.value) if cell.value is not None else str(cell.status) for cell in row[1:]] == shown


def test_a_count_outside_what_words_say_of_it_is_a_fault() -> None:
    with pytest.raises(ValueError, match="row 1, column again"):
        protect(
            [{"name": "A", "again": 7}],
            table_id="t",
            title="t",
            columns=(TableColumn("name", "Navn", "label"), TableColumn("again", "Igen", "count")),
            source="Kilde",
            bounds=[Bound(CellAt("again", (("name", "A"),)), high=4)],
        )
