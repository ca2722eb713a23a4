"""How many have reached an end after so many months? Step curves from 0 with an interval at each step, labelled at their end."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable
from pipelines.publish import alt_text as alt
from pipelines.publish import tokens
from pipelines.publish.canvas import SMALL_PT, Canvas
from pipelines.publish.danish import NBSP, cell_text, interval
from pipelines.publish.figures import FigureWords, make_figure
from pipelines.publish.section import Figure

_LEFT: Final = 46.0
_WIDTH: Final = 72.0
_TOP: Final = 4.0
_HEIGHT: Final = 52.0
_GAP_NOTE: Final = "Stiplet linje: tallene imellem er skjult."


@dataclass(frozen=True)
class Curve:
    """One group: its value under the table's group column, its place among `tokens.BANDS` (None: grey), and its mark."""

    group: str
    band: str | None
    marker: str

    @property
    def colour(self) -> str:
        """The line's and label's colour."""
        return tokens.MUTED if self.band is None else tokens.BANDS[self.band].text


def cumulative_steps(
    table: ProtectedTable,
    words: FigureWords,
    *,
    curves: Sequence[Curve],
    group: str,
    month: str,
    months: Mapping[str, int],
    share: str,
    low: str,
    high: str,
    followed: str,
    noun: str,
) -> Figure:
    """One step curve per group, from 0 at month 0 to each month that can be shown; how many are still followed below the axis.

    months: the labels of the table's `month` column with the number they stand for, rising. share, low, high: percent. The curve
    only knows the months of the table: between them it stays where it was; past hidden numbers a dashed slope leads to the next.
    """
    cells = {
        (curve.group, label, column): _cell(table, group, month, curve.group, label, column)
        for curve in curves
        for label in months
        for column in (share, low, high, followed)
    }
    drawn = [curve for curve in curves if any(_is_shown(cells[curve.group, label, share]) for label in months)]
    highest = max(
        [5.0, *(_value(cell) for (_, _, column), cell in cells.items() if column in (share, high) and _is_shown(cell))]
    )

    def draw(canvas: Canvas) -> None:
        axes = canvas.axes(_LEFT, _TOP, _WIDTH, _HEIGHT)
        last = max(months.values())
        axes.set_xlim(0, last + _room(last))
        axes.set_ylim(0, min(100.0, 1.06 * highest))
        ticks = [tick for tick in axes.get_yticks() if 0 <= tick <= axes.get_ylim()[1]]
        axes.set_yticks(ticks, [f"{tick:.0f}{NBSP}%" if tick == ticks[-1] else f"{tick:.0f}" for tick in ticks])
        axes.grid(axis="y", color=tokens.GRID, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.set_xticks([0, *months.values()], ["0", *(f"{number}" for number in months.values())])
        ends = []
        for place, curve in enumerate(drawn):
            ends.append(_draw_curve(axes, curve, cells, months, (share, low, high), shift=0.5 * place * _room(last)))
        _label_ends(canvas, table, ends, share, axes.get_ylim()[1])
        _followed_rows(canvas, table, curves, cells, months, followed, last)

    written = words.alt_text or alt.cumulative_steps(
        table, group=group, month=month, share=share, low=low, high=high, noun=noun
    )
    return make_figure(
        table, words, draw, height=_TOP + _HEIGHT + 14 + 4.6 * len(curves), alt_text=written, gap_note=_GAP_NOTE
    )


@dataclass(frozen=True)
class _End:
    curve: Curve
    value: float
    cells: tuple[Cell, Cell, Cell]


def _cell(table: ProtectedTable, group: str, month: str, name: str, label: str, column: str) -> Cell:
    try:
        return table.cell(column, **{group: name, month: label})
    except KeyError:
        return Cell(None, CellStatus.NOT_RECEIVED)


def _is_shown(cell: Cell) -> bool:
    return cell.status is CellStatus.SHOWN


def _value(cell: Cell) -> float:
    return float(cell.value) if isinstance(cell.value, (int, float)) else math.nan


def _room(last: int) -> float:
    """Months to the right of the last one, and twice the shift between curves: less on an axis of a few months."""
    return min(1.0, last / 24)


def _draw_curve(
    axes: Any,
    curve: Curve,
    cells: Mapping[tuple[str, str, str], Cell],
    months: Mapping[str, int],
    columns: tuple[str, str, str],
    *,
    shift: float,
) -> _End:
    """The steps between shown numbers, each with its interval, shifted so that two curves' do not cover; the last one drawn."""
    known, gap, end = (0.0, 0.0), False, None
    for label, month in months.items():
        found = tuple(cells[curve.group, label, column] for column in columns)
        if not _is_shown(found[0]):
            gap = True
            continue
        place = (month + shift, _value(found[0]))
        _draw_step(axes, known, place, curve, is_dashed=gap)
        known, gap, end = place, False, _End(curve, place[1], (found[0], found[1], found[2]))
        if _is_shown(found[1]) and _is_shown(found[2]):
            axes.plot(
                [place[0]] * 2, [_value(found[1]), _value(found[2])], color=curve.colour, linewidth=2.2,
                alpha=0.45, solid_capstyle="butt", zorder=3,
            )  # fmt: skip
        axes.plot(
            [place[0]], [place[1]], curve.marker, markersize=5.5, zorder=5, color=curve.colour,
            markerfacecolor="white" if curve.marker == "s" else curve.colour, markeredgewidth=1.3, clip_on=False,
        )  # fmt: skip
    assert end is not None, "only curves with a shown number are drawn"
    return end


def _draw_step(
    axes: Any, start: tuple[float, float], end: tuple[float, float], curve: Curve, *, is_dashed: bool
) -> None:
    """A step from one known number to the next; a dashed slope where numbers between them are hidden."""
    if is_dashed:
        axes.plot(
            [start[0], end[0]], [start[1], end[1]], color=curve.colour, linewidth=1.0, linestyle=(0, (3, 3)), zorder=4
        )
        return
    axes.plot([start[0], end[0], end[0]], [start[1], start[1], end[1]], color=curve.colour, linewidth=1.6, zorder=4)


def _label_ends(canvas: Canvas, table: ProtectedTable, ends: Sequence[_End], share: str, ceiling: float) -> None:
    lowest = _TOP + _HEIGHT + 2.0
    for end in sorted(ends, key=lambda end: end.value):
        height = min(_TOP + _HEIGHT * (1 - end.value / ceiling), lowest - 8.6)
        lowest = height
        value, low, high = end.cells
        told = cell_text(value, table.column(share))
        canvas.text(_LEFT + _WIDTH + 4, height - 1.9, f"{end.curve.group}  {told}", bold=True, colour=end.curve.colour)
        if _is_shown(low) and _is_shown(high):
            spread = interval(_value(low), _value(high))
            canvas.text(_LEFT + _WIDTH + 4, height + 2.2, f"usikkerhed {spread}{NBSP}%", size=SMALL_PT)


def _followed_rows(
    canvas: Canvas,
    table: ProtectedTable,
    curves: Sequence[Curve],
    cells: Mapping[tuple[str, str, str], Cell],
    months: Mapping[str, int],
    followed: str,
    last: int,
) -> None:
    top = _TOP + _HEIGHT + 8.5
    canvas.text(_LEFT + _WIDTH + 4, _TOP + _HEIGHT + 3.2, "måneder", size=SMALL_PT, colour=tokens.MUTED)
    canvas.text(_LEFT - 8, top, "Følges stadig:", size=SMALL_PT, bold=True, align="right")
    for place, curve in enumerate(curves):
        height = top + 4.4 * (place + 1)
        canvas.text(_LEFT - 8, height, curve.group, size=SMALL_PT, align="right", colour=curve.colour)
        for label, month in months.items():
            told = cell_text(cells[curve.group, label, followed], table.column(followed))
            x = _LEFT + _WIDTH * month / (last + _room(last))
            canvas.text(x, height, told, size=SMALL_PT, align="center")
