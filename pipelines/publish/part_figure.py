"""What is a change made of? A filled bar for the whole, hatched ones for its parts, to both sides of 0, each with its interval."""

import textwrap
from typing import Any, Final

from pipelines.disclosure.table import EMPTY_CELL_TEXT, Cell, ProtectedTable
from pipelines.publish import alt_text as alt
from pipelines.publish import tokens
from pipelines.publish.canvas import LABEL_PT, PT_PER_MM, SMALL_PT, Canvas
from pipelines.publish.danish import interval, number
from pipelines.publish.figures import FigureWords, make_figure
from pipelines.publish.section import Figure

_LEFT: Final = 58.0
_WIDTH: Final = 72.0
_TOP: Final = 2.0
_PITCH: Final = 11.0
_LABEL_CHARACTERS: Final = 32
_LINE_MM: Final = 1.3 * LABEL_PT / PT_PER_MM
_BARS: Final[dict[bool, dict[str, Any]]] = {
    True: {"facecolor": tokens.ALMEN.fill, "edgecolor": tokens.ALMEN.fill, "linewidth": 0.8},
    False: {"facecolor": tokens.ALMEN.tint, "edgecolor": tokens.ALMEN.text, "linewidth": 0.9, "hatch": "////"},
}


def part_bars(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    value: str,
    low: str,
    high: str,
    whole: str,
    unit: str,
) -> Figure:
    """One bar per row from 0, left for less and right for more; `whole` is the row that the others add up to, filled and bold.

    The number and its interval stand beside each bar; what is not shown has no bar, and says why.
    """
    rows = [tuple(row[table.column_index(name)] for name in (label, value, low, high)) for row in table.rows]
    numbers = [float(cell.value) for row in rows for cell in row[1:] if isinstance(cell.value, (int, float))]
    reach = (min([0.0, *numbers]), max([0.0, *numbers]))
    margin = 0.06 * ((reach[1] - reach[0]) or 1.0)
    height = _PITCH * len(rows)

    def draw(canvas: Canvas) -> None:
        axes = canvas.axes(_LEFT, _TOP, _WIDTH, height)
        axes.set_xlim(reach[0] - margin, reach[1] + margin)
        axes.set_ylim(height, 0)
        axes.set_yticks([])
        axes.grid(axis="x", color=tokens.GRID, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.axvline(0, color=tokens.INK, linewidth=1.0, zorder=5)
        axes.xaxis.set_major_formatter(lambda tick, _: number(tick, 0 if tick == int(tick) else 1))
        for position, cells in enumerate(rows):
            middle, is_whole = _PITCH * (position + 0.5), cells[0].value == whole
            _label(canvas, str(cells[0].value), _TOP + middle, bold=is_whole)
            _bar(axes, cells[1:], middle, **_BARS[is_whole])
            told = _told(cells[1], cells[2], cells[3], table.column(value).decimals)
            canvas.text(_LEFT + _WIDTH + 4, _TOP + middle, told, bold=is_whole)
        canvas.text(_LEFT + _WIDTH / 2, _TOP + height + 8, unit, size=SMALL_PT, colour=tokens.MUTED, align="center")

    written = words.alt_text or alt.part_bars(table, label=label, value=value, whole=whole, unit=unit)
    return make_figure(table, words, draw, height=_TOP + height + 11, alt_text=written)


def _label(canvas: Canvas, name: str, middle: float, *, bold: bool) -> None:
    lines = textwrap.wrap(name, _LABEL_CHARACTERS)
    for place, line in enumerate(lines):
        canvas.text(_LEFT - 3, middle + _LINE_MM * (place - (len(lines) - 1) / 2), line, bold=bold, align="right")


def _bar(axes: Any, cells: tuple[Cell, ...], middle: float, **style: Any) -> None:
    value, low, high = (float(cell.value) if isinstance(cell.value, (int, float)) else None for cell in cells)
    if value:
        axes.barh([middle], [value], height=5.2, zorder=2, **style)
    if low is not None and high is not None:
        axes.plot([low, high], [middle] * 2, color=tokens.INK, linewidth=1.2, solid_capstyle="butt", zorder=4)
        axes.plot([low, high], [middle] * 2, "|", color=tokens.INK, markersize=6, markeredgewidth=1.2, zorder=4)


def _told(value: Cell, low: Cell, high: Cell, decimals: int) -> str:
    if not isinstance(value.value, (int, float)):
        return EMPTY_CELL_TEXT[value.status]
    told = number(value.value, decimals)
    if isinstance(low.value, (int, float)) and isinstance(high.value, (int, float)):
        told += f"  ({interval(low.value, high.value, decimals)})"
    return told
