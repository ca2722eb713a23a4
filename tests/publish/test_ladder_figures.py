"""Figures of the ladder: what is hidden is not drawn, the same table gives the same file, no text is too small."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish import canvas, figures, tokens
from pipelines.publish.band_figure import band_columns
from pipelines.publish.curve_figure import Curve, cumulative_steps
from pipelines.publish.danish import word_count
from pipelines.publish.figures import FigureWords
from pipelines.publish.flow_figure import FlowNode, flow_between_dates
from pipelines.publish.number_check import numbers_shown, numbers_without_source
from pipelines.publish.section import Figure

HIDDEN = CellStatus.HIDDEN
WORDS = FigureWords("f", "Titel", "Undertitel.", "Kilde: x.", constructed=True)
NODES = (
    FlowNode("Trin 1", 1, "Trin 1", "to_1", "almen"),
    FlowNode("Trin 2", 2, "Trin 2", "to_2", "special"),
    FlowNode("Trin 3", 3, "Trin 3", "to_3", "special"),
    FlowNode("Ny på trappen", -1, "Ny", None),
    FlowNode("Uden støtte", -1, None, "ended"),
)
MONTHS = {"6 måneder": 6, "12 måneder": 12, "24 måneder": 24}
CURVES = (
    Curve("Alle", None, "D"),
    Curve("Rådgiver", "distriktsraadgiver", "o"),
    Curve("Sagsbehandler", "myndighedssagsbehandler", "s"),
)


def table_of(table_id: str, columns: Sequence[TableColumn], rows: Sequence[Sequence[Any]]) -> ProtectedTable:
    cells = tuple(
        tuple(Cell(None, value) if isinstance(value, CellStatus) else Cell(value) for value in row) for row in rows
    )
    return ProtectedTable(table_id, "Tabel", tuple(columns), cells, "Kilde: konstruerede tal.", "1-4 skjult")


def transitions(up: Any = 7, down: Any = 12) -> ProtectedTable:
    columns = [TableColumn("from_rung", "Fra", "label")] + [
        TableColumn(name, name, "count") for name in ("to_1", "to_2", "to_3", "ended", "whole")
    ]
    return table_of(
        "transitions",
        columns,
        [
            ("Trin 1", 60, up, 0, 15, 82),
            ("Trin 2", down, 40, 0, 0, 52),
            ("Trin 3", 0, HIDDEN, HIDDEN, 0, 9),
            ("Ny", 20, 6, 0, 0, 26),
        ],
    )


def flows(words: FigureWords, table: ProtectedTable | None = None) -> Figure:
    return flow_between_dates(
        table or transitions(), words, label="from_rung", nodes=NODES, whole="whole", sides=("i fjor", "i år")
    )


def shares(hidden_year: bool = True) -> ProtectedTable:
    columns = [
        TableColumn("year", "År", "label"),
        TableColumn("part", "Støtte", "label"),
        TableColumn("whole", "Børn i alt", "count"),
        TableColumn("share", "Andel", "number", unit="%"),
    ]
    rows: list[tuple[Any, ...]] = []
    for year, whole, parts in (("2024", 200, (70, 20, 10)), ("2025", 210, (65, 24, 11)), ("2026", 220, (60, 25, 15))):
        for place, share in enumerate(parts):
            is_hidden = hidden_year and year == "2025"
            rows.append((year, f"Del {place + 1}", HIDDEN if is_hidden else whole, HIDDEN if is_hidden else share))
    return table_of("shares", columns, rows)


def columns_of(words: FigureWords, table: ProtectedTable | None = None) -> Figure:
    return band_columns(
        table or shares(), words, period="year", part="part", share="share", whole="whole", band="social"
    )


def returns(half_way: Any = 12) -> ProtectedTable:
    columns = [
        TableColumn("group", "Model", "label"),
        TableColumn("month", "Efter", "label"),
        TableColumn("followed", "Følges", "count"),
        TableColumn("share", "Andel", "number", unit="%"),
        TableColumn("low", "Fra", "number", unit="%"),
        TableColumn("high", "Til", "number", unit="%"),
    ]
    rows: list[tuple[Any, ...]] = []
    for group, numbers in (("Alle", (6, half_way, 21)), ("Rådgiver", (8, 15, 25)), ("Sagsbehandler", (HIDDEN,) * 3)):
        for month, value in zip(MONTHS, numbers, strict=True):
            ends = (HIDDEN, HIDDEN) if value is HIDDEN else (value - 4, value + 9)
            rows.append((group, month, 80, value, *ends))
    return table_of("returns", columns, rows)


def curve_of(words: FigureWords, table: ProtectedTable | None = None) -> Figure:
    return cumulative_steps(
        table or returns(), words, curves=CURVES, group="group", month="month", months=MONTHS, share="share", low="low",
        high="high", followed="followed", noun="andel tilbage",
    )  # fmt: skip


Recipe = Callable[[FigureWords], Figure]
RECIPES: dict[str, tuple[Recipe, Callable[[], ProtectedTable]]] = {
    "flows": (flows, transitions),
    "columns": (columns_of, shares),
    "curve": (curve_of, returns),
}


@pytest.fixture(params=RECIPES)
def recipe(request: pytest.FixtureRequest) -> tuple[Recipe, ProtectedTable]:
    draw, table = RECIPES[request.param]
    return draw, table()


def test_a_figure_is_the_same_every_time_170_mm_wide_and_its_text_is_curves(
    recipe: tuple[Recipe, ProtectedTable],
) -> None:
    first, second = recipe[0](WORDS), recipe[0](WORDS)
    width = re.search(r'width="([\d.]+)pt"', first.svg)
    assert first.svg == second.svg
    assert "<text" not in first.svg
    assert width is not None
    assert float(width.group(1)) == pytest.approx(170 / 25.4 * 72, abs=0.1)


def test_no_text_is_smaller_than_the_smallest(
    recipe: tuple[Recipe, ProtectedTable], monkeypatch: pytest.MonkeyPatch
) -> None:
    smallest: list[float] = []

    def measured(draw: canvas.Drawing, *, height: float, **_: str) -> str:
        smallest.append(canvas.least_text_points(draw, height=height))
        return ""

    monkeypatch.setattr(figures, "render", measured)
    recipe[0](WORDS)
    assert min(smallest) >= tokens.SMALLEST_TEXT_PT


def test_alt_text_is_short_and_takes_its_numbers_from_the_table(recipe: tuple[Recipe, ProtectedTable]) -> None:
    figure = recipe[0](WORDS)
    assert 5 < word_count(figure.alt_text) <= 60
    assert numbers_without_source(figure.alt_text, numbers_shown([recipe[1]])) == []


def test_a_hidden_flow_is_not_drawn_and_the_widest_of_each_way_is_told() -> None:
    shown, hidden = flows(WORDS, transitions()), flows(WORDS, transitions(up=HIDDEN))
    assert shown.svg.count("url(#h") == hidden.svg.count("url(#h") + 1  # the hatched band of a move up
    assert "Største strøm ned: fra trin 2 til trin 1 (12\u00a0børn)." in shown.alt_text
    assert "Største strøm op: fra trin 1 til trin 2 (7\u00a0børn)." in shown.alt_text
    assert "Største strøm op" not in hidden.alt_text
    assert "skjult" in shown.source


def test_down_differs_in_grey_from_up_and_from_those_who_stayed() -> None:
    assert tokens.contrast(tokens.DOWN.fill, tokens.UP.tint, vision="grey") > 3
    assert tokens.contrast(tokens.DOWN.fill, tokens.GRID, vision="grey") > 3


def test_a_year_with_a_hidden_part_is_a_gap_and_four_parts_are_refused() -> None:
    all_shown, gap = columns_of(WORDS, shares(hidden_year=False)), columns_of(WORDS, shares())
    colour = tokens.SOCIAL.tint.lower()
    assert all_shown.svg.count(colour) == 1 + gap.svg.count(colour)
    assert "Del 1: 70 til 60\u00a0procent." in gap.alt_text
    too_many = shares()
    extra = tuple((Cell("2026"), Cell(f"Del {number}"), Cell(220), Cell(5)) for number in (4,))
    table = ProtectedTable("x", "x", too_many.columns, (*too_many.rows, *extra), "", "")
    with pytest.raises(ValueError, match="3 at most"):
        columns_of(WORDS, table)


def test_a_curve_passes_hidden_numbers_dashed_and_a_hidden_group_is_not_drawn() -> None:
    whole, broken = curve_of(WORDS, returns()), curve_of(WORDS, returns(half_way=HIDDEN))
    assert broken.svg.count("stroke-dasharray") == whole.svg.count("stroke-dasharray") + 1
    assert "Stiplet linje" in broken.source
    assert "Alle: 21\u00a0procent efter 24 måneder, usikkerhed fra 17 til 30." in whole.alt_text
    assert "Sagsbehandler" not in whole.alt_text
