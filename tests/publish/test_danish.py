"""Numbers, dates and words as a Danish reader expects them; `~` stands for the no-break space in expected texts."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.disclosure.table import Cell, CellStatus, TableColumn
from pipelines.publish import danish


def nbsp(text: str) -> str:
    return text.replace("~", danish.NBSP)


@pytest.mark.parametrize(
    ("value", "decimals", "told"),
    [
        (2923, 0, "2.923"),
        (-3.2, 1, "−3,2"),
        (2.5, 0, "3"),  # half up, where Python would say 2
        (0.25, 1, "0,3"),
        (-0.04, 1, "0,0"),  # no minus zero
        (1234567.891, 2, "1.234.567,89"),
        (94.55, 1, "94,6"),  # binary 94.55 is a hair less
    ],
)
def test_number(value: float, decimals: int, told: str) -> None:
    assert danish.number(value, decimals) == told


@given(st.integers(-(10**9), 10**9), st.integers(0, 3))
def test_a_number_can_be_read_back(thousandths: int, decimals: int) -> None:
    value = thousandths / 1000
    told = danish.number(value, decimals)

    back = float(told.replace(".", "").replace(",", ".").replace("−", "-"))

    assert abs(back - value) <= 0.5 * 10**-decimals + 1e-9


def test_percent_and_points() -> None:
    assert danish.percent_sign(0.946) == nbsp("94,6~%")
    assert danish.percent_words(0.946) == nbsp("94,6~procent")
    assert danish.percentage_points(0.046 - 0.058) == nbsp("1,2~procentpoint")


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (158, 2923, "158 af 2.923~elever (5,4~procent)"),  # 158 / 2923 = 0.0541
        (60, 80, "60 af 80~elever (75~procent)"),
        (6, 21, "6 af 21~elever"),
    ],
)
def test_percent_only_where_there_are_children_enough(part: int, whole: int, told: str) -> None:
    assert danish.count_and_share(part, whole, "elever") == nbsp(told)


def test_ranges() -> None:
    assert danish.interval(19, 31) == "19-31"
    assert danish.interval(-2.9, 1.3, 1) == "−2,9 til 1,3"


def test_signs_become_words() -> None:
    assert danish.signed_words(-2.9, 1) == nbsp("2,9~lavere")
    assert danish.signed_words(1.3, 1) == nbsp("1,3~højere")
    assert [danish.signed_words(value, 1) for value in (-0.00004, 0.04, 0)] == ["0,0"] * 3


def test_dates() -> None:
    day = date(2026, 9, 30)

    assert danish.text_date(day) == nbsp("30.~september 2026")
    assert danish.stock_date(day) == nbsp("pr.~30.~september 2026")
    assert danish.head_date(date(2026, 11, 9)) == "09-11-2026"
    assert danish.month_and_year(day) == "september 2026"
    assert danish.school_year(2026) == "2026/27"
    assert danish.school_year(1999) == "1999/00"


@pytest.mark.parametrize(("value", "told"), [(1, "én"), (5, "fem"), (12, "tolv"), (13, "13")])
def test_small_numbers_are_words(value: int, told: str) -> None:
    assert danish.small_number(value) == told


@pytest.mark.parametrize(
    ("words", "told"), [([], ""), (["a"], "a"), (["a", "b"], "a og b"), (["a", "b", "c"], "a, b og c")]
)
def test_joined(words: list[str], told: str) -> None:
    assert danish.joined(words) == told


@pytest.mark.parametrize(
    ("cell", "column", "told"),
    [
        (Cell(0), TableColumn("n", "N", "count"), "0"),
        (Cell(None, CellStatus.HIDDEN), TableColumn("n", "N", "count"), "[skjult]"),
        (Cell(None, CellStatus.NOT_RECEIVED), TableColumn("n", "N", "count"), "[ikke modtaget]"),
        (Cell(None, CellStatus.NOT_COMPUTABLE), TableColumn("n", "N", "mean"), "[kan ikke beregnes]"),
        (Cell(None, CellStatus.HIDDEN_BY_SOURCE), TableColumn("n", "N", "number"), "[skjult af kilden]"),
        (Cell(0.5), TableColumn("s", "S", "share", decimals=1), "50,0~%"),
        (Cell(12.5), TableColumn("p", "P", "number", unit="%", decimals=1), "12,5~%"),
        (Cell(2026), TableColumn("y", "År", "label"), "2026"),
        (Cell(-3.25), TableColumn("m", "M", "mean", decimals=1), "−3,3"),
    ],
)
def test_cell_text_never_mixes_the_kinds_of_empty(cell: Cell, column: TableColumn, told: str) -> None:
    assert danish.cell_text(cell, column) == nbsp(told)


def test_lix_shows_its_working() -> None:
    # 2 sentences, 8 words, of which 2 have more than six letters (kommunen, indsatstrappen).
    assert danish.lix("Børn i kommunen rykker ned. Det er indsatstrappen.") == pytest.approx(8 / 2 + 100 * 2 / 8)


def test_decimals_and_ordinals_end_no_sentence() -> None:
    assert danish.sentences("Tallet er 3,2. Det var 4. november i 2.923 hjem.") == [
        "Tallet er 3,2.",
        "Det var 4. november i 2.923 hjem.",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Der ses en signifikant ændring.", "signifikant"),
        ("SDQ-score faldt.", "SDQ-score"),
        ("Sager om børn.", "Sager"),
        ("Fald i forhold til sidste år.", "i forhold til"),
        ("Under 5 børn.", "Under 5"),
    ],
)
def test_words_to_avoid(text: str, found: str) -> None:
    (told,) = danish.words_to_avoid(text)

    assert f"»{found}«" in told


@pytest.mark.parametrize("text", ["En sagsbehandler ringer.", "Sagen er til orientering.", "Under 50 børn."])
def test_innocent_words_pass(text: str) -> None:
    assert danish.words_to_avoid(text) == []


@pytest.mark.parametrize(
    ("text", "level", "allowed"),
    [
        ("Modellen har effekt.", 4, False),
        ("Modellen har effekt.", 5, True),
        ("Kommunens effektmål er nået.", 1, True),
        ("Det skyldes modellen.", 3, False),
        ("Det kan skyldes andet.", 3, True),
        ("Skolen klarer sig fint.", 0, False),
        ("Skolen klarer sig fint.", 1, True),
        ("Der er ingen forskel.", 3, False),
        ("Det kan dække over en fordel eller ingen forskel.", 3, True),
    ],
)
def test_a_claim_needs_its_level(text: str, level: int, allowed: bool) -> None:
    assert (danish.claims_beyond_level(text, level) == []) is allowed


def test_every_level_has_a_name() -> None:
    assert sorted(danish.LEVEL_NAMES) == [0, 1, 2, 3, 4, 5]
    assert danish.LEVEL_NAMES[2] == "målt mod det ventede"
