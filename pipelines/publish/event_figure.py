"""How far did those who began lie from those who waited, year by year around the start? A dot per year, and what chance could do."""

import math
from typing import Any, Final

from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable
from pipelines.publish import alt_text as alt
from pipelines.publish import tokens
from pipelines.publish.canvas import SMALL_PT, Canvas
from pipelines.publish.danish import cell_text, number
from pipelines.publish.figures import FigureWords, make_figure
from pipelines.publish.section import Figure

_LEFT: Final = 20.0
_WIDTH: Final = 140.0
_TOP: Final = 8.0
_HEIGHT: Final = 52.0
_KEY: Final = "Grå søjle: så langt rækker tilfældet i 95 af 100 måder at dele starten ud på"


def event_points(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    value: str,
    low: str,
    high: str,
    start: int,
    zone: float,
    directions: tuple[str, str],
    unit: str = "point",
) -> Figure:
    """One dot per row, in the order of the table; a dashed line before the row at place `start`, the first one after the beginning.

    low, high: what chance could do, a grey column behind the dot; no error bar. The hatched zone reaches `zone` to both sides of 0.
    directions: what lies above and below 0. A row that is not shown has no dot.
    Raises: ValueError when the start is no row or the zone is not above 0.
    """
    if not 0 <= start < len(table.rows) or not zone > 0:
        raise ValueError(f"row {start} of {len(table.rows)} cannot be the first after the start, or {zone} is no zone")
    rows = [tuple(row[table.column_index(name)] for name in (label, value, low, high)) for row in table.rows]
    numbers = [_number(cell) for row in rows for cell in row[1:] if _is_shown(cell)]
    reach = (min([-zone, *numbers]), max([zone, *numbers]))
    margin = 0.1 * (reach[1] - reach[0])

    def draw(canvas: Canvas) -> None:
        axes = canvas.axes(_LEFT, _TOP, _WIDTH, _HEIGHT)
        axes.set_xlim(-0.6, len(rows) - 0.4)
        axes.set_ylim(reach[0] - margin, reach[1] + margin)
        axes.axhspan(-zone, zone, facecolor="none", edgecolor=tokens.GRID, hatch="////", linewidth=0, zorder=0)
        axes.axhline(0, color=tokens.INK, linewidth=1.0, zorder=1)
        axes.axvline(start - 0.5, color=tokens.REFERENCE, linewidth=1.0, linestyle=(0, (3, 3)), zorder=1)
        axes.yaxis.set_major_formatter(lambda tick, _: number(tick, 0 if tick == int(tick) else 1))
        axes.set_xticks(range(len(rows)), [str(row[0].value) for row in rows])
        for place, (_, middle, lowest, highest) in enumerate(rows):
            _point(axes, place, middle, lowest, highest, told=cell_text(middle, table.column(value)))
        canvas.text(_LEFT, 2.0, _KEY, size=SMALL_PT, colour=tokens.MUTED)
        for there, top in zip(directions, (_TOP - 2, _TOP + _HEIGHT + 7.5), strict=True):
            canvas.text(_LEFT + _WIDTH, top, there, size=SMALL_PT, colour=tokens.MUTED, align="right")

    written = words.alt_text or alt.event_points(table, label=label, value=value, low=low, high=high, unit=unit)
    return make_figure(table, words, draw, height=_TOP + _HEIGHT + 11, alt_text=written)


def _point(axes: Any, place: int, middle: Cell, lowest: Cell, highest: Cell, *, told: str) -> None:
    if not _is_shown(middle):
        axes.text(place, 0, "skjult", ha="center", va="center", fontsize=SMALL_PT, color=tokens.MUTED)
        return
    if _is_shown(lowest) and _is_shown(highest):
        ends = [_number(lowest), _number(highest)]
        axes.plot([place] * 2, ends, color=tokens.BACKGROUND, linewidth=9, solid_capstyle="butt", zorder=2)
    axes.plot([place], [_number(middle)], "o", color=tokens.INK, markersize=5.5, zorder=3)
    behind = {
        "facecolor": tokens.WHITE,
        "edgecolor": "none",
        "pad": 0.6,
    }  # the line of 0 would strike small numbers through
    axes.text(place + 0.14, _number(middle), told, ha="left", va="center", fontsize=SMALL_PT, bbox=behind, zorder=4)


def _is_shown(cell: Cell) -> bool:
    return cell.status is CellStatus.SHOWN


def _number(cell: Cell) -> float:
    return float(cell.value) if isinstance(cell.value, (int, float)) else math.nan
