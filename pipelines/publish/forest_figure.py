"""How large is a difference, seen in several ways? A dot with its interval per row, and behind them what is too small to matter."""

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
_TOP: Final = 6.0
_PITCH: Final = 10.0
_LABEL_CHARACTERS: Final = 32
_LINE_MM: Final = 1.3 * LABEL_PT / PT_PER_MM
_ZONE: Final[dict[str, Any]] = {
    "facecolor": tokens.PANEL,
    "edgecolor": tokens.REFERENCE,
    "hatch": "////",
    "linewidth": 0.6,
    "zorder": 0,
}


def forest_rows(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    value: str,
    low: str,
    high: str,
    zone: float,
    directions: tuple[str, str],
    unit: str = "point",
) -> Figure:
    """One row per way to see the data; the first leads and is bold. The hatched zone reaches `zone` to both sides of 0.

    directions: what lies to the left and to the right of 0. The number and its interval stand beside each row; what is not shown
    has no dot, and says why.
    Raises: ValueError when the zone is not above 0.
    """
    if not zone > 0:
        raise ValueError(f"the zone must reach to both sides of 0, not {zone}")
    rows = [tuple(row[table.column_index(name)] for name in (label, value, low, high)) for row in table.rows]
    numbers = [float(cell.value) for row in rows for cell in row[1:] if isinstance(cell.value, (int, float))]
    reach = (min([-zone, *numbers]), max([zone, *numbers]))
    margin = 0.06 * (reach[1] - reach[0])
    height = _PITCH * len(rows)

    def draw(canvas: Canvas) -> None:
        axes = canvas.axes(_LEFT, _TOP, _WIDTH, height)
        axes.set_xlim(reach[0] - margin, reach[1] + margin)
        axes.set_ylim(height, 0)
        axes.set_yticks([])
        axes.axvspan(-zone, zone, **_ZONE)
        axes.axvline(0, color=tokens.INK, linewidth=1.0, zorder=1)
        axes.xaxis.set_major_formatter(lambda tick, _: number(tick, 0 if tick == int(tick) else 1))
        for position, cells in enumerate(rows):
            middle, leads = _PITCH * (position + 0.5), position == 0
            _label(canvas, str(cells[0].value), _TOP + middle, bold=leads)
            _dot(axes, cells[1:], middle, leads=leads)
            canvas.text(_LEFT + _WIDTH + 4, _TOP + middle, _told(cells, table.column(value).decimals), bold=leads)
        canvas.text(
            _LEFT, 2.5, "Skraveret: for lille en forskel til at betyde noget", size=SMALL_PT, colour=tokens.MUTED
        )
        for there, side, align in zip(directions, (_LEFT, _LEFT + _WIDTH), ("left", "right"), strict=True):
            canvas.text(side, _TOP + height + 9, there, size=SMALL_PT, colour=tokens.MUTED, align=align)

    written = words.alt_text or alt.change_rows(
        table, label=label, change=value, low=low, high=high, expected=None, unit=unit
    )
    return make_figure(table, words, draw, height=_TOP + height + 12, alt_text=written)


def _label(canvas: Canvas, name: str, middle: float, *, bold: bool) -> None:
    lines = textwrap.wrap(name, _LABEL_CHARACTERS)
    for place, line in enumerate(lines):
        canvas.text(_LEFT - 3, middle + _LINE_MM * (place - (len(lines) - 1) / 2), line, bold=bold, align="right")


def _dot(axes: Any, cells: tuple[Cell, ...], middle: float, *, leads: bool) -> None:
    value, low, high = (float(cell.value) if isinstance(cell.value, (int, float)) else None for cell in cells)
    if low is not None and high is not None:
        axes.plot([low, high], [middle] * 2, color=tokens.INK, linewidth=2.0 if leads else 1.2, zorder=3)
    if value is not None:
        axes.plot([value], [middle], "o", color=tokens.INK, markersize=7 if leads else 5, zorder=4)


def _told(cells: tuple[Cell, ...], decimals: int) -> str:
    _, value, low, high = cells
    if not isinstance(value.value, (int, float)):
        return EMPTY_CELL_TEXT[value.status]
    told = number(value.value, decimals)
    if isinstance(low.value, (int, float)) and isinstance(high.value, (int, float)):
        told += f"  ({interval(low.value, high.value, decimals)})"
    return told
