"""The figure around a start: a dot per year, what chance could do, and no dot for what is not shown."""

from typing import Any

import pytest

from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.publish.event_figure import event_points
from pipelines.publish.figures import FigureWords
from pipelines.publish.section import Figure

YEARS = (("2 år før", 0.1, -0.4, 0.4), ("året før", 0.0, None, None), ("1. år", -1.5, -0.9, 0.9))


def table(*rows: tuple[Any, ...]) -> ProtectedTable:
    names = ("year", "value", "low", "high")
    return protect(
        [dict(zip(names, row, strict=True)) for row in rows],
        table_id="years",
        title="Forskel",
        columns=(
            TableColumn("year", "År", "label"),
            *(TableColumn(name, name.title(), "number", decimals=1) for name in names[1:]),
        ),
        source="Kilde: Prøveby.",
    )


def drawn(*rows: tuple[Any, ...], start: int = 2, zone: float = 1.0) -> Figure:
    return event_points(
        table(*rows),
        FigureWords("event", "Forskel", "Point", "Kilde: Prøveby."),
        label="year",
        value="value",
        low="low",
        high="high",
        start=start,
        zone=zone,
        directions=("flere", "færre"),
    )


def test_alt_text_tells_the_latest_year_and_what_chance_could_do() -> None:
    figure = drawn(*YEARS)
    assert "1. år: minus 1,5" in figure.alt_text
    assert "fra minus 0,9 til 0,9" in figure.alt_text
    assert "Huller" not in drawn(YEARS[0], YEARS[2], start=1).source


def test_a_year_that_is_not_shown_is_a_gap_that_is_said_and_no_number() -> None:
    figure = drawn(*YEARS[:2], ("1. år", None, None, None))
    assert "Huller" in figure.source
    assert "året før: 0,0" in figure.alt_text
    assert "skjult eller mangler" in figure.alt_text
    assert figure.svg != drawn(*YEARS).svg


def test_a_taller_zone_is_drawn_and_a_wrong_start_is_told() -> None:
    assert drawn(*YEARS, zone=5.0).svg != drawn(*YEARS).svg
    for wrong in ({"start": 3}, {"start": -1}, {"zone": 0.0}):
        with pytest.raises(ValueError, match="first after the start"):
            drawn(*YEARS, **wrong)
