"""Each sentence says what its evidence level allows, and nothing of a hidden cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.committee.som import _WHY_EMPTY
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import EMPTY_CELL_TEXT, Cell, CellStatus, TableColumn
from pipelines.publish import sentences
from pipelines.publish.danish import NBSP, claims_beyond_level, words_to_avoid
from pipelines.publish.layout import _table
from pipelines.publish.number_check import numbers_in
from pipelines.publish.share_series import DefinedChange, DefinedShare

HIDDEN = Cell(None, CellStatus.HIDDEN)


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def change(start: float, end: float, difference: float, low: float, high: float) -> str:
    return plain(said_of([Cell(value) for value in (start, end, difference, low, high)]))


def said_of(cells: list[Cell]) -> str:
    first, last, difference, low, high = cells
    change = DefinedChange(DefinedShare("kl", first), DefinedShare("kl", last), difference, low, high)
    return sentences.change_in_share(change, subject="Andelen", smallest_relevant=0.01, before="sidste år")


def test_a_change_whose_interval_excludes_zero_has_a_direction() -> None:
    assert (
        change(0.917, 0.961, 0.044, 0.011, 0.077) == "Andelen er steget fra 91,7 til 96,1 procent (4,4 procentpoint)."
    )
    assert (
        change(0.058, 0.046, -0.012, -0.02, -0.004) == "Andelen er faldet fra 5,8 til 4,6 procent (1,2 procentpoint)."
    )


def test_a_change_that_the_shown_numbers_do_not_give_says_that_they_are_rounded() -> None:
    # 94.68 to 96.44 is 1.76: shown as 94.7, 96.4 and 1.8, and 96.4 - 94.7 is 1.7
    assert change(0.9468, 0.9644, 0.0176, 0.005, 0.03) == (
        "Andelen er steget fra 94,7 til 96,4 procent (1,8 procentpoint). Tallene er afrundet."
    )


def test_a_change_too_small_to_matter_is_no_change() -> None:
    told = change(0.944, 0.946, 0.002, -0.005, 0.009)

    assert told == "Andelen er stort set uændret: 94,6 procent mod 94,4 procent sidste år."


def test_a_change_that_may_be_chance_says_so() -> None:
    told = change(0.944, 0.946, 0.002, -0.02, 0.024)

    assert told == "Andelen er 94,6 procent mod 94,4 sidste år. Så meget kan det svinge tilfældigt."


def test_before_and_after_tells_the_interval_and_what_was_to_be_expected() -> None:
    told = sentences.before_and_after(Cell(-3.2), Cell(-4.0), Cell(-2.4), Cell(-3.0))

    assert plain(told) == (
        "SDQ-tallet var i gennemsnit 3,2 point lavere ved anden måling (fra 2,4 til 4,0). "
        "Et fald på omkring 3,0 point kunne man vente uden indsats, fordi børn henvises, når det går dårligst."
    )


def test_an_interval_across_zero_says_its_signs_in_words_and_that_it_may_be_chance() -> None:
    told = sentences.before_and_after(Cell(-0.5), Cell(-1.4), Cell(0.4))

    assert "(fra 1,4 lavere til 0,4 højere). Så meget kan det svinge tilfældigt." in plain(told)


def test_moves_meetings_and_stock() -> None:
    assert plain(sentences.moves(Cell(69), Cell(28))) == "På et år er 69 børn rykket ned ad trappen og 28 op."
    assert (
        plain(sentences.meetings_held(Cell(41), Cell(48), forum="ressourceteam"))
        == "41 af 48 planlagte møder i ressourceteam blev holdt."
    )
    told = sentences.stock_share(
        Cell(158), Cell(2923), noun="elever", verb="gik {} uden for almen klasse", when="Pr. 30. september 2026"
    )
    assert plain(told) == "Pr. 30. september 2026 gik 158 af 2.923 elever (5,4 procent) uden for almen klasse."


def test_a_place_among_municipalities_is_never_a_rank() -> None:
    told = sentences.place_among(Cell(0.071), Cell(0.06), Cell(0.07), subject="Fraværet")

    assert plain(told) == (
        "Fraværet er 7,1 procent. Det er over spændet for den midterste halvdel af kommunerne (6,0 procent til 7,0 procent)."
    )


def test_undecided_has_four_parts() -> None:
    told = plain(sentences.undecided(Cell(-0.8), districts=6, smallest_detectable=Cell(2.8)))

    assert told == (
        "Det kan ikke afgøres. Forskellen på 0,8 point er lille, og usikkerheden er stor, fordi vi sammenligner seks "
        "distrikter. Det betyder ikke, at modellerne er lige gode. Med seks distrikter kan vi først regne med at opdage "
        "en forskel på omkring 3 point."
    )


@pytest.mark.parametrize("status", [status for status in CellStatus if status is not CellStatus.SHOWN])
def test_every_kind_of_empty_has_its_own_sentence(status: CellStatus) -> None:
    told = sentences.missing_words(Cell(None, status), "fravær")

    others = [s for s in CellStatus if s not in (status, CellStatus.SHOWN)]
    assert told not in [sentences.missing_words(Cell(None, other), "fravær") for other in others]


@given(st.integers(1, 4))
def test_a_sentence_with_a_hidden_cell_holds_no_digit(hidden_position: int) -> None:
    cells = [Cell(0.9), Cell(0.8), Cell(-0.1), Cell(-0.2), Cell(0.0)]
    cells[hidden_position] = HIDDEN

    told = said_of(cells)

    assert not any(character.isdigit() for character in told)


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (1, sentences.moves(Cell(69), Cell(28))),
        (1, sentences.before_and_after(Cell(-3.2), Cell(-4.0), Cell(-2.4), Cell(-3.0))),
        (3, sentences.undecided(Cell(-0.8), districts=6, smallest_detectable=Cell(2.8))),
        (0, sentences.place_among(Cell(0.07), Cell(0.06), Cell(0.08), subject="Fraværet")),
    ],
)
def test_our_own_sentences_pass_our_own_gates(level: int, told: str) -> None:
    assert claims_beyond_level(told, level) == []
    assert words_to_avoid(told) == []


@pytest.mark.parametrize("minimum_count", [5, 8])
def test_the_note_on_hidden_numbers_names_the_workspaces_own_limit(minimum_count: int) -> None:
    said = sentences.hidden_numbers(minimum_count)
    assert f"færre end {minimum_count}{NBSP}børn" in said
    assert "medarbejdere" not in said
    assert numbers_in(said) == [], "it counts nothing, and so needs no table"
    with_staff = sentences.hidden_numbers(minimum_count, minimum_staff=3)
    assert f"{minimum_count}{NBSP}børn eller på færre end 3{NBSP}medarbejdere." in with_staff
    assert numbers_in(with_staff) == []


def test_each_kind_of_empty_has_its_own_words_in_cells_sentences_and_exports_and_none_is_a_number() -> None:
    kinds = [status for status in CellStatus if status is not CellStatus.SHOWN]
    assert set(EMPTY_CELL_TEXT) == set(_WHY_EMPTY) == set(kinds)
    said = [
        [EMPTY_CELL_TEXT[kind] for kind in kinds],
        [sentences.missing_words(Cell(None, kind), "inklusion") for kind in kinds],
        [_WHY_EMPTY[kind] for kind in kinds],
    ]
    for words in said:
        assert len(set(words)) == len(kinds)
        assert not any(letter.isdigit() for word in words for letter in word)


def test_what_left_out_means_is_said_under_the_table_that_has_it() -> None:
    column = TableColumn("value", "Værdi", "number")
    for status, is_said in ((CellStatus.LEFT_OUT_BY_SOURCE, True), (CellStatus.HIDDEN_BY_SOURCE, False)):
        table = protect([{"value": Cell(None, status)}], table_id="t", title="T", columns=(column,), source="Kilde: x.")
        assert (sentences.LEFT_OUT in _table(table, {"t": 1}).note) == is_said
