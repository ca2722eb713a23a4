"""Bars of a change and its parts: what is hidden has no bar, the whole is told apart without colour, no text is too small."""

import re

import pytest

from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish import canvas, figures
from pipelines.publish.danish import word_count
from pipelines.publish.figures import FigureWords
from pipelines.publish.number_check import numbers_shown, numbers_without_source
from pipelines.publish.part_figure import part_bars
from pipelines.publish.section import Figure
from pipelines.publish.tokens import SMALLEST_TEXT_PT

WORDS = FigureWords("f", "Titel", "Undertitel.", "Kilde: x.", constructed=True)
WHOLE = "Ændring i alt"


def table_of(*rows: tuple[object, ...]) -> ProtectedTable:
    columns = (
        TableColumn("part", "Del", "label"),
        *(TableColumn(name, name, "number", decimals=1) for name in ("value", "low", "high")),
    )
    cells = tuple(tuple(value if isinstance(value, Cell) else Cell(value) for value in row) for row in rows)  # type: ignore[arg-type]
    return ProtectedTable("parts", "Tabel", columns, cells, "Kilde: konstruerede tal.", "1-4 skjult")


TABLE = table_of(
    (WHOLE, -2.1, -3.8, -0.4),
    ("Heraf klassetrinnenes størrelse, som skal fylde to linjer", 0.1, -0.1, 0.5),
    ("Heraf andelen", -2.2, -3.9, -0.6),
)


def drawn(table: ProtectedTable) -> Figure:
    return part_bars(
        table, WORDS, label="part", value="value", low="low", high="high", whole=WHOLE, unit="procentpoint"
    )


def test_it_is_the_same_every_time_and_its_text_is_curves() -> None:
    figure = drawn(TABLE)
    assert figure.svg == drawn(TABLE).svg
    assert figure.svg.startswith("<svg")
    assert "<text" not in figure.svg


def test_no_text_is_smaller_than_the_smallest(monkeypatch: pytest.MonkeyPatch) -> None:
    smallest: list[float] = []
    monkeypatch.setattr(
        figures, "render", lambda draw, *, height, **_: smallest.append(canvas.least_text_points(draw, height=height))
    )
    drawn(TABLE)
    assert min(smallest) >= SMALLEST_TEXT_PT


def test_parts_are_hatched_and_the_whole_is_not() -> None:
    """One hatch of the parts' colour, on as many bars as there are parts with a bar."""

    def hatched(table: ProtectedTable) -> int:
        return len(re.findall(r"fill: url\(#", drawn(table).svg))

    assert hatched(TABLE) == 2
    assert hatched(table_of((WHOLE, 1.0, 0.5, 1.5))) == 0


def test_alt_text_tells_the_whole_first_and_only_numbers_of_the_table() -> None:
    alt_text = drawn(table_of(*[[cell.value for cell in row] for row in reversed(TABLE.rows)])).alt_text
    assert 5 < word_count(alt_text) <= 60
    assert alt_text.index(WHOLE) < alt_text.index("Heraf")
    assert numbers_without_source(alt_text, numbers_shown([TABLE])) == []


def test_a_hidden_part_has_no_bar_and_is_told() -> None:
    hidden = Cell(None, CellStatus.HIDDEN)
    figure = drawn(table_of((WHOLE, -2.1, -3.8, -0.4), ("Heraf andelen", hidden, hidden, hidden)))
    assert "fill: url(#" not in figure.svg
    assert figures.GAP_NOTE in figure.source
    assert "skjult" in figure.alt_text
