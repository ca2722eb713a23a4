"""The forest figure: a dot and an interval per row, the zone of what is too small to matter, and no dot for what is not shown."""

from typing import Any

import pytest

from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.publish import forest_figure
from pipelines.publish.figures import FigureWords
from pipelines.publish.forest_figure import forest_rows
from pipelines.publish.section import Figure

WORDS = FigureWords("forest", "Forskel", "Point", "Kilde: Prøveby.")


def table(*rows: tuple[str, float | None, float | None, float | None]) -> ProtectedTable:
    names = ("way", "value", "low", "high")
    return protect(
        [dict(zip(names, row, strict=True)) for row in rows],
        table_id="ways",
        title="Forskel",
        columns=(
            TableColumn("way", "Set på denne måde", "label"),
            *(TableColumn(name, name.title(), "number", decimals=1) for name in names[1:]),
        ),
        source="Kilde: Prøveby.",
    )


def drawn(*rows: tuple[str, float | None, float | None, float | None], zone: float = 1.0) -> Figure:
    return forest_rows(
        table(*rows),
        WORDS,
        label="way",
        value="value",
        low="low",
        high="high",
        zone=zone,
        directions=("færre", "flere"),
    )


def test_alt_text_tells_the_leading_row_and_a_missing_one_is_said() -> None:
    figure = drawn(("Justeret", -0.8, -2.9, 1.3), ("Distrikter", None, None, None))
    assert "Justeret: minus 0,8" in figure.alt_text
    assert "usikkerhed fra minus 2,9 til 1,3" in figure.alt_text
    assert "Huller" in figure.source
    assert "Huller" not in drawn(("Justeret", -0.8, -2.9, 1.3)).source


def test_the_zone_reaches_as_far_to_both_sides_and_is_always_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    spans, limits = [], []

    class Axes:
        def __getattr__(self, name: str) -> Any:
            return lambda *_, **__: None

        xaxis = property(lambda _: Axes())

        def axvspan(self, low: float, high: float, **_: Any) -> None:
            spans.append((low, high))

        def set_xlim(self, low: float, high: float) -> None:
            limits.append((low, high))

    class Canvas:
        def axes(self, *_: float) -> Axes:
            return Axes()

        def text(self, *_: Any, **__: Any) -> None:
            pass

    monkeypatch.setattr(forest_figure, "make_figure", lambda *arguments, **_: arguments[2](Canvas()))
    drawn(("Justeret", 0.1, -0.2, 0.4), zone=1.5)
    assert spans == [(-1.5, 1.5)]
    assert limits[0][0] < -1.5 < 1.5 < limits[0][1]


def test_a_zone_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="both sides of 0"):
        drawn(("Justeret", 1, 0, 2), zone=0)
