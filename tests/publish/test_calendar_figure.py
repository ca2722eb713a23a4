"""The calendar of meetings: what it writes it reads back, each outcome has a mark of its own, and the weeks lie in the right year."""

from datetime import date
from typing import Any, cast

import pytest

from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.publish import calendar_figure
from pipelines.publish.calendar_figure import LETTERS, Window, meeting_calendar, read_windows, written_windows
from pipelines.publish.canvas import Canvas, least_text_points
from pipelines.publish.danish import word_count
from pipelines.publish.figures import FigureWords
from pipelines.publish.section import Figure
from pipelines.publish.tokens import SMALLEST_TEXT_PT, linear_rgb, luminance

WORDS = FigureWords("calendar", "41 af 48 møder blev holdt", "Skoleåret 2025/26.", "Kilde: mødelog.", constructed=True)


def drawn_table(*rows: tuple[str, int, int, str]) -> ProtectedTable:
    return protect(
        [dict(zip(("unit", "expected", "held", "windows"), row, strict=True)) for row in rows],
        table_id="calendar",
        title="Møder",
        columns=(
            TableColumn("unit", "Enhed", "label"),
            TableColumn("expected", "Ventet", "number"),
            TableColumn("held", "Holdt", "number"),
            TableColumn("windows", "Uge for uge", "label"),
        ),
        source="Kilde: mødelog.",
    )


def figure(*rows: tuple[str, int, int, str], subject: str = "Ressourceteam", shown: str = "") -> Figure:
    return meeting_calendar(
        drawn_table(*rows),
        WORDS,
        label="unit",
        windows="windows",
        expected="expected",
        held=("held",),
        school_year="2025/26",
        subject=subject,
        shown=shown,
    )


def test_what_is_written_is_read_back() -> None:
    windows = (Window(33, 38, "H"), Window(46, 1, "A"), Window(2, 8, "U"))
    assert written_windows(windows) == "33-38H 46-1A 2-8U"
    assert read_windows(written_windows(windows)) == windows


def test_every_outcome_has_a_letter_of_its_own() -> None:
    assert len(set(LETTERS.values())) == len(LETTERS)


class Recorder:
    """A canvas that only remembers what it was told to draw, colours reduced to dark or light."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def box(self, *_: float, **style: Any) -> None:
        tone = "dark" if luminance(linear_rgb(style["facecolor"])) < 0.5 else "light"
        edge = "no edge" if luminance(linear_rgb(style["edgecolor"])) > 0.5 else style.get("linestyle", "edge")
        self.seen.append(f"box {tone} {edge}")

    def line(self, *places: float, **_: Any) -> None:
        self.seen.append(f"line {[round(place, 1) for place in places]}")

    def text(self, *_: Any, **__: Any) -> None:
        self.seen.append("text")


def test_the_marks_of_all_outcomes_differ_without_colour() -> None:
    def drawn(letter: str) -> tuple[str, ...]:
        canvas = Recorder()
        calendar_figure._mark(cast("Canvas", canvas), letter, 10.0, 20.0, 8.0)
        return tuple(canvas.seen)

    assert len({drawn(letter) for letter in LETTERS.values()}) == len(LETTERS)


def test_a_late_week_lies_in_the_first_year_and_an_early_one_in_the_second() -> None:
    year = calendar_figure._Year(2025)
    assert year.monday(33) == date(2025, 8, 11)
    assert year.monday(2) == date(2026, 1, 5)
    assert year.place(year.monday(33)) < year.place(year.monday(51)) < year.place(year.monday(2))


def test_the_alt_text_names_what_is_missing_and_no_more_than_it_may() -> None:
    rows = [("Birken", 6, 6, "33-38H"), ("Egen", 6, 2, "33-38A"), ("Elmen", 6, 5, "33-38F")]
    alt_text = figure(*rows).alt_text
    assert "Egen: 2 af 6 holdt. Elmen: 5 af 6 holdt. Alle andre møder blev holdt." in alt_text
    many = figure(*((f"Institution {place}", 6, 2, "33-38A") for place in range(30))).alt_text
    assert word_count(many) <= 60
    assert "Resten står i tabellen." in many


def test_two_calendars_of_one_report_never_have_the_same_alt_text() -> None:
    """Not of two forums at the same units, and not of those that lack a meeting beside all units, of which they are some."""
    rows = [(f"Institution {place}", 6, 2, "33-38A") for place in range(13)]
    all_rows = [*rows, ("Egen", 6, 6, "33-38H")]
    told = {
        figure(*rows, shown="Her ses enheder, hvor et møde mangler.").alt_text,
        figure(*all_rows, shown="Fra Egen til Institution 12.").alt_text,
        figure(*all_rows, subject="Netværksmøde", shown="Fra Egen til Institution 12.").alt_text,
    }
    assert len(told) == 3


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("Børnehuset Birken", "Børnehuset Birken"),
        ("Den selvejende institution Fyrtønden", "Den selvejende… Fyrtønden"),
        ("Den selvejende institution Pavillonen", "Den selvejende… Pavillonen"),
        ("Børnehuset Kastanjen, Skovsted", "Børnehuset Kastanjen, Skovsted"),
        ("Den selvejende institution Fyrtønden, Skovsted", "Den selvejende… Fyrtønden"),
        ("A" * 40, f"AAAA… {'A' * 28}"),
    ],
)
def test_names_that_begin_alike_can_be_told_apart(name: str, drawn: str) -> None:
    assert calendar_figure._short(name) == drawn
    assert len(drawn) <= 34


def test_no_text_in_the_figure_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = calendar_figure.make_figure

    def spy(table, words, draw, **named):
        seen.append((draw, named["height"]))
        return real(table, words, draw, **named)

    monkeypatch.setattr(calendar_figure, "make_figure", spy)
    figure(("Birken", 3, 1, "33-38H 39-45U 46-1F"))
    draw, height = seen[0]
    assert least_text_points(draw, height=height) >= SMALLEST_TEXT_PT
