"""Figures: the same table gives the same file, hidden cells are gaps, no text is too small, alt texts say what is seen."""

import re
from collections.abc import Callable

import pytest

from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable
from pipelines.publish import canvas, figures, tokens
from pipelines.publish.danish import word_count
from pipelines.publish.number_check import numbers_shown, numbers_without_source
from pipelines.publish.section import Figure
from pipelines.publish.tokens import SMALLEST_TEXT_PT

WORDS = figures.FigureWords("f", "Titel", "Undertitel.", "Kilde: x.", constructed=True)
Recipe = Callable[[figures.FigureWords], Figure]


@pytest.fixture(
    params=["panels", "funnel", "changes", "moves", "spread", "flow", "rates", "outcomes", "meetings", "strips", "line"]
)
def recipe(request: pytest.FixtureRequest) -> Recipe:
    def table(name: str) -> ProtectedTable:
        found: ProtectedTable = request.getfixturevalue(name)
        return found

    recipes: dict[str, Recipe] = {
        "panels": lambda words: figures.share_panels(
            request.getfixturevalue("share_series"),
            words,
            low="low",
            high="high",
            size="pupils",
            reference_panel="Hele kommunen",
        ),
        "changes": lambda words: figures.change_rows(
            table("change_table"),
            words,
            label="group",
            change="change",
            low="low",
            high="high",
            expected="expected",
            children="children",
        ),
        "funnel": lambda words: figures.funnel_points(
            request.getfixturevalue("funnel_series"),
            words,
            size="pupils",
            target="target",
            limits=("low", "high"),
            far_limits=("far_low", "far_high"),
        ),
        "moves": lambda words: figures.move_bars(
            table("moves_table"), words, label="district", down="down", up="up", total="Hele kommunen"
        ),
        "spread": lambda words: figures.before_and_after_bars(
            table("moves_table"), words, label="district", before="down", after="up"
        ),
        "flow": lambda words: figures.flow_bars(
            table("moves_table"), words, label="district", count="up", steps=("Hele kommunen",)
        ),
        "rates": lambda words: figures.rate_bars(
            table("moves_table"), words, label="district", rate="up", unit="pr. 100", bold=("Hele kommunen",)
        ),
        "outcomes": lambda words: figures.shares_against_expected(
            table("outcomes_table"),
            words,
            label="outcome",
            share="share",
            expected="expected",
            error="error",
            of="children",
        ),
        "meetings": lambda words: figures.meeting_bars(
            table("meetings_table"), words, label="district", planned="planned", held="held", unknown="unknown"
        ),
        "strips": lambda words: figures.distribution_strips(
            table("municipalities_table"),
            words,
            label="municipality",
            value="wellbeing",
            own="Kommune 7",
            strip="level",
        ),
        "line": lambda words: figures.line_among_municipalities(
            table("years_table"),
            words,
            period="school_year",
            own="own",
            median="median",
            lower_quartile="lower",
            upper_quartile="upper",
            own_name="Eksempel Kommune",
        ),
    }
    return recipes[request.param]


def test_a_figure_is_the_same_every_time_170_mm_wide_and_its_text_is_curves(recipe: Recipe) -> None:
    first, second = recipe(WORDS), recipe(WORDS)
    width = re.search(r'width="([\d.]+)pt"', first.svg)

    assert first.svg == second.svg
    assert first.svg.startswith("<svg")
    assert "<text" not in first.svg
    assert "date" not in first.svg.lower()
    assert width is not None
    assert float(width.group(1)) == pytest.approx(170 / 25.4 * 72, abs=0.1)


def test_the_badge_is_drawn_on_made_up_data_only(moves_table: ProtectedTable) -> None:
    real = figures.FigureWords("f", "Titel", "Undertitel.", "Kilde: x.")
    drawn = {
        w.constructed: figures.move_bars(moves_table, w, label="district", down="down", up="up") for w in (WORDS, real)
    }

    assert "#fff3d9" in drawn[True].svg
    assert drawn[True].constructed
    assert "#fff3d9" not in drawn[False].svg
    assert not drawn[False].constructed


def test_no_text_is_smaller_than_the_smallest(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    smallest: list[float] = []

    def measured(draw: canvas.Drawing, *, height: float, **_: str) -> str:
        smallest.append(canvas.least_text_points(draw, height=height))
        return ""

    monkeypatch.setattr(figures, "render", measured)
    recipe(WORDS)

    assert min(smallest) >= SMALLEST_TEXT_PT


def test_alt_text_is_short_and_takes_its_numbers_from_the_table(recipe: Recipe, request: pytest.FixtureRequest) -> None:
    figure = recipe(WORDS)
    names = (
        "share_table", "change_table", "moves_table", "outcomes_table", "meetings_table", "municipalities_table", "years_table",
    )  # fmt: skip
    tables = [*map(request.getfixturevalue, names), request.getfixturevalue("funnel_series").table]
    table = next(t for t in tables if t.table_id == figure.table_id)

    assert 5 < word_count(figure.alt_text) <= 60
    assert numbers_without_source(figure.alt_text, numbers_shown([table])) == []


def test_a_hidden_cell_leaves_the_same_gap_whatever_it_held(moves_table: ProtectedTable) -> None:
    """Only the status can reach the drawing: a hidden bar is not 0, which draws its number."""
    index = moves_table.column_index("up")
    rows = list(moves_table.rows)
    as_zero = list(rows)
    as_zero[1] = (*rows[1][:index], Cell(0), *rows[1][index + 1 :])
    zero_table = ProtectedTable(
        moves_table.table_id,
        moves_table.title,
        moves_table.columns,
        tuple(as_zero),
        moves_table.source,
        moves_table.rule,
    )

    hidden = figures.move_bars(moves_table, WORDS, label="district", down="down", up="up")
    zero = figures.move_bars(zero_table, WORDS, label="district", down="down", up="up")

    assert hidden.svg != zero.svg
    assert "Fjordby: 11 ned, [skjult] op." in hidden.alt_text
    assert hidden.source.endswith(figures.GAP_NOTE)


def test_a_missing_period_breaks_the_line(share_table: ProtectedTable) -> None:
    row = figures._series(share_table, "district", "Højmark", "school_year", ["2023/24", "1999/00"])

    statuses = [cells[share_table.column_index("share")].status for cells in row]

    assert statuses == [CellStatus.HIDDEN, CellStatus.NOT_RECEIVED]


def test_the_axis_of_shares_holds_every_interval_and_its_note_names_the_start(share_table: ProtectedTable) -> None:
    floor, ceiling, ticks = figures.share_axis(share_table, "share", "low", "high")

    lowest = min(value for value in share_table.values("low") if value is not None)
    assert floor <= 100 * lowest
    assert ceiling == 100 == ticks[-1]
    assert f"{floor:.0f}" in figures.axis_note(share_table, "share", "low", "high")


def test_a_table_with_everything_hidden_is_drawn_without_numbers(moves_table: ProtectedTable) -> None:
    rows = tuple((row[0], *(Cell(None, CellStatus.HIDDEN) for _ in row[1:])) for row in moves_table.rows)
    table = ProtectedTable("empty", "Tom", moves_table.columns, rows, "Kilde.", "")

    figure = figures.move_bars(table, WORDS, label="district", down="down", up="up")

    assert "skjult eller mangler" in figure.alt_text


def test_what_falls_away_on_the_way_is_an_open_bar_and_the_steps_are_solid(moves_table: ProtectedTable) -> None:
    """In grey print and for a colour-blind reader the two kinds differ by fill and by bold names."""
    plain = {"label": "district", "count": "down"}
    every = figures.flow_bars(moves_table, WORDS, steps=moves_table.values("district"), **plain)
    none = figures.flow_bars(moves_table, WORDS, steps=(), **plain)

    solid = tokens.ALMEN.fill.lower()
    assert every.svg.count(solid) > none.svg.count(solid)
    assert none.svg.count(tokens.INK.lower()) > every.svg.count(tokens.INK.lower())


def test_a_share_is_drawn_beside_the_expected_one_and_a_hidden_one_is_not(outcomes_table: ProtectedTable) -> None:
    figure = figures.shares_against_expected(
        outcomes_table, WORDS, label="outcome", share="share", expected="expected", error="error", of="children"
    )

    assert figure.svg.count(tokens.CAUTION.fill.lower()) >= 3 + 1  # a diamond per row, and one in the key
    assert "Omtrent som før: [skjult], ventet 72\u00a0procent" in figure.alt_text
