"""How often do the intervals hit the truth: one panel per estimator, one row per scenario, one mark per number of districts.

Drawn from the kept study alone, in the report's typeface and colours. Marks differ by shape, so it reads without colour.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.prove.acceptance import Check, Criterion, Kind
from pipelines.prove.blocks import structure_words
from pipelines.prove.estimator import Estimator
from pipelines.prove.kinds import kind_of
from pipelines.prove.results import CellResult
from pipelines.prove.study import Study
from pipelines.publish import tokens
from pipelines.publish.canvas import SMALL_PT, Canvas, render, render_sheet
from pipelines.publish.danish import NBSP, interval, joined, number, text_date

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHAPES: Final = ("o", "s", "D", "^", "v", "P", "X", "<", ">", "h")
_COLUMNS: Final = 3
_LABELS_MM: Final = 33.0
_GAP_MM: Final = 5.0
_ROW_MM: Final = 7.0
_TITLE_MM: Final = 13.0
_AXIS_MM: Final = 7.0
_LEGEND_MM: Final = 8.0
_CHARACTER_MM: Final = 1.45
"""About what a character of the legend takes."""
_FLOOR: Final = 60.0
"""Percent: lower coverage is drawn at the edge with its number."""
_CEILING: Final = 100.5


def coverage_figure(study: Study) -> tuple[str, bytes]:
    """(SVG of the plot, PNG with title and source) of the coverage of every cell with its Monte Carlo interval and the band."""
    bands = bands_of(study)
    structures = sorted(
        {(cell.district_count, cell.adviser_count) for cell in study.cells}, key=lambda one: (one[0], one[1] or 0)
    )
    labels = legend_labels(structures)
    legend = _LEGEND_MM * (1 + max(row for row, _, _ in labels))
    height = legend + sum(band.height for band in bands)
    width = (tokens.FIGURE_WIDTH_MM - _LABELS_MM - _GAP_MM * _COLUMNS) / _COLUMNS

    def draw(canvas: Canvas) -> None:
        _legend(canvas, labels, height=legend)
        top = legend + _TITLE_MM
        for band in bands:
            for position, estimator in enumerate(band.estimators):
                left = _LABELS_MM + _GAP_MM + (width + _GAP_MM) * position
                axes = canvas.axes(left, top, width, _ROW_MM * len(band.scenarios))
                cells = [cell for cell in study.cells if cell.estimator == estimator.name]
                _panel(axes, cells, list(band.scenarios), structures, study)
                _panel_title(canvas, estimator, left, top)
            for row, name in enumerate(band.scenarios):
                middle = top + _ROW_MM * (row + 0.5)
                canvas.text(_LABELS_MM, middle, study.scenario_titles[name], size=SMALL_PT, align="right")
            top += band.height

    sheet = render_sheet(draw, height=height, title=_title(study), subtitle=_subtitle(study), source=_source(study))
    return render(draw, height=height), sheet


@dataclass(frozen=True)
class Band:
    """Panels side by side, with one row for each scenario in which any of them has something to show."""

    estimators: tuple[Estimator, ...]
    scenarios: tuple[str, ...]

    @property
    def height(self) -> float:
        """Millimetres, titles and axis included."""
        return _TITLE_MM + _ROW_MM * len(self.scenarios) + _AXIS_MM


def bands_of(study: Study) -> list[Band]:
    """The estimators that have an interval in some cell, three in a band. What only counts how often something happens is left out."""
    judged = {cell.estimator for cell in study.with_expectation}
    worlds: dict[str, set[str]] = {}
    for cell in study.cells:
        if Criterion.COVERAGE in cell.checks:
            worlds.setdefault(cell.estimator, set()).add(cell.scenario)
    shown = [
        estimator
        for estimator in kind_of(study.study).estimators
        if estimator.name in worlds and (estimator.name in judged or not estimator.is_event)
    ]
    bands = []
    for start in range(0, len(shown), _COLUMNS):
        chosen = tuple(shown[start : start + _COLUMNS])
        seen = set().union(*(worlds[estimator.name] for estimator in chosen))
        bands.append(Band(chosen, tuple(name for name in study.scenario_titles if name in seen)))
    return bands


def _panel(
    axes: "Axes", cells: list[CellResult], scenarios: list[str], structures: list[tuple[int, int | None]], study: Study
) -> None:
    low, high = (100 * end for end in study.limits.coverage)
    axes.axvspan(low, high, color=tokens.GRID, linewidth=0, zorder=0)
    axes.axvline(95, color=tokens.REFERENCE, linewidth=0.8, zorder=1)
    for row, scenario in enumerate(scenarios):
        drawn = []
        for cell in (cell for cell in cells if cell.scenario == scenario and Criterion.COVERAGE in cell.checks):
            place = structures.index((cell.district_count, cell.adviser_count))
            _mark(axes, row + (place + 1) / (len(structures) + 1), place, cell)
            drawn.append(cell.checks[Criterion.COVERAGE])
        _name_outside(axes, row + 0.5, drawn)
    for row in range(1, len(scenarios)):
        axes.axhline(row, color=tokens.RULE, linewidth=0.4, zorder=0.5)
    axes.set_xlim(_FLOOR, _CEILING)
    axes.set_ylim(len(scenarios), 0)
    axes.set_yticks([])
    axes.set_xticks([60, 70, 80, 95], labels=[f"{tick}" if tick != 95 else f"95{NBSP}%" for tick in (60, 70, 80, 95)])


def _mark(axes: "Axes", y: float, place: int, cell: CellResult) -> None:
    """Coverage with its interval: filled where the method must hold, open for a control, large where it went wrong."""
    check, is_wrong = cell.checks[Criterion.COVERAGE], cell.as_expected is False
    value, low, high = (100 * number for number in (check.value, check.low, check.high))
    colour = tokens.UP.fill if is_wrong else tokens.INK
    if high > _FLOOR:
        axes.plot([max(low, _FLOOR), high], [y, y], color=colour, linewidth=1.8 if is_wrong else 0.9, zorder=2)
    axes.plot(
        [max(value, _FLOOR)],
        [y],
        marker=_SHAPES[place % len(_SHAPES)],
        markersize=5.5 if is_wrong else 3.0,
        markeredgewidth=0.8,
        color=colour,
        markerfacecolor=colour if cell.expectation.kind is Kind.MUST_HOLD else "white",
        clip_on=False,
        zorder=3,
    )


def _name_outside(axes: "Axes", y: float, drawn: list[Check]) -> None:
    """How low the coverages are that lie left of the axis, right of every interval drawn in the row."""
    values = [100 * check.value for check in drawn if 100 * check.value < _FLOOR]
    if values:
        ends = sorted({number(min(values)), number(max(values))}, key=int)
        right = max(_FLOOR + 1, *(100 * check.high for check in drawn))
        axes.annotate(
            f"← {'-'.join(ends)}", (right + 1.6, y), fontsize=SMALL_PT, color=tokens.MUTED, va="center_baseline"
        )


def legend_labels(structures: list[tuple[int, int | None]]) -> list[tuple[int, float, str]]:
    """(row, millimetres from the left, text) of every mark of the legend, wrapped to the figure's width."""
    texts = [structure_words(*structure) for structure in structures]
    row, left, labels = 0, 1.5, []
    for text in [*texts, _OPEN, _LARGE]:
        wide = 6.5 + _CHARACTER_MM * len(text)
        if left + wide > tokens.FIGURE_WIDTH_MM:
            row, left = row + 1, 1.5
        labels.append((row, left, text))
        left += wide
    return labels


def _legend(canvas: Canvas, labels: list[tuple[int, float, str]], *, height: float) -> None:
    axes = canvas.axes(0, 0, canvas.width, height)
    axes.axis("off")
    axes.set_xlim(0, canvas.width)
    axes.set_ylim(height, 0)
    for place, (row, left, text) in enumerate(labels):
        middle = _LEGEND_MM * row + (_LEGEND_MM - 2) / 2
        is_large = text == _LARGE
        colour = tokens.UP.fill if is_large else tokens.INK
        axes.plot(
            [left],
            [middle],
            marker="o" if text in {_OPEN, _LARGE} else _SHAPES[place % len(_SHAPES)],
            markersize=6 if is_large else 4,
            color=colour,
            markerfacecolor="white" if text == _OPEN else colour,
            linestyle="none",
        )
        canvas.text(left + 2 + 0.5 * is_large, middle, text, size=SMALL_PT)


_OPEN: Final = "åben: skal ikke holde"
_LARGE: Final = "stor: gik ikke, som den skulle"


def _panel_title(canvas: Canvas, estimator: Estimator, left: float, top: float) -> None:
    """The title in two lines where it has a comma."""
    first, _, second = estimator.title.partition(", ")
    canvas.text(left, top - 7.5, first, size=SMALL_PT, bold=True)
    canvas.text(left, top - 3.5, second, size=SMALL_PT, colour=tokens.MUTED)


def _title(study: Study) -> str:
    if study.unexpected:
        return f"{number(len(study.unexpected))} af {number(len(study.with_expectation))} afprøvninger gik ikke, som de skulle"
    undecided = sum(cell.is_undecided for cell in study.cells)
    if undecided:
        return f"Ingen afprøvning gik, som den ikke skulle; {number(undecided)} er ikke afgjort"
    return "Hver metode, der skal holde, holdt, og hver kontrol, der skal falde, faldt"


def _subtitle(study: Study) -> str:
    districts = joined([str(count) for count in sorted({cell.district_count for cell in study.cells})])
    band = interval(100 * study.limits.coverage[0], 100 * study.limits.coverage[1])
    return (
        "Hvor mange procent af usikkerhederne rummer det sande tal i opdigtede kommuner. "
        f"{number(study.repetitions)} gentagelser med {districts} distrikter. Stregen er tilfældets usikkerhed "
        f"({number(100 * study.limits.confidence, 1)}{NBSP}%); det grå bånd er {band}{NBSP}%."
    )


def _source(study: Study) -> str:
    return f"Kilde: trappen prove, {text_date(study.date)}, frø {study.seed}. Opdigtede børn, ingen rigtige."
