"""How do the parts of a whole change from date to date? Columns of 100 per cent in three layers, the number of children above."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable
from pipelines.publish import alt_text as alt
from pipelines.publish import tokens
from pipelines.publish.canvas import SMALL_PT, Canvas
from pipelines.publish.danish import NBSP, cell_text
from pipelines.publish.figures import FigureWords, make_figure
from pipelines.publish.section import Figure

MOST_PARTS: Final = 3
"""More layers than this cannot be told apart in grey, nor followed in the middle."""

_LEFT: Final = 30.0
_WIDTH: Final = 84.0
_TOP: Final = 7.0
_HEIGHT: Final = 50.0


def band_columns(
    table: ProtectedTable,
    words: FigureWords,
    *,
    period: str,
    part: str,
    share: str,
    whole: str,
    band: str,
    noun: str = "børn",
) -> Figure:
    """One column per `period`, from 0 to 100 per cent, in the order of `part` from the bottom: light, patterned, solid.

    share: percent (0-100). whole: children in the column, told above it. A column of which any part is hidden is a gap.

    Raises: ValueError with more than three parts.
    """
    periods = list(dict.fromkeys(table.values(period)))
    parts = list(dict.fromkeys(table.values(part)))
    if len(parts) > MOST_PARTS:
        raise ValueError(f"{len(parts)} parts: a column holds {MOST_PARTS} at most")
    shares = {(when, name): _cell(table, period, part, when, name, share) for when in periods for name in parts}
    shown = [when for when in periods if all(shares[when, name].status is CellStatus.SHOWN for name in parts)]

    def draw(canvas: Canvas) -> None:
        axes = canvas.axes(_LEFT, _TOP, _WIDTH, _HEIGHT)
        axes.set_xlim(-0.6, len(periods) - 0.4)
        axes.set_ylim(0, 100)
        axes.set_yticks([0, 50, 100], ["0", "50", f"100{NBSP}%"])
        axes.set_xticks(range(len(periods)), [str(when)[-4:] for when in periods])
        for x, when in enumerate(periods):
            if when in shown:
                _column(axes, x, [_percent(shares[when, name]) for name in parts], tokens.BANDS[band])
                told = cell_text(_cell(table, period, part, when, parts[0], whole), table.column(whole))
                axes.text(x, 102.5, f"{told}{NBSP}{noun}", ha="center", va="bottom", fontsize=SMALL_PT)
            else:
                axes.text(x, 50, "skjult", ha="center", va="center", fontsize=SMALL_PT, color=tokens.MUTED, rotation=0)
        if shown:
            _label_parts(canvas, table, shares, parts, shown[-1], share)

    written = words.alt_text or alt.band_columns(table, period=period, part=part, share=share, periods=periods)
    return make_figure(table, words, draw, height=_TOP + _HEIGHT + 7, alt_text=written)


def _cell(table: ProtectedTable, period: str, part: str, when: Any, name: Any, column: str) -> Cell:
    try:
        return table.cell(column, **{period: when, part: name})
    except KeyError:
        return Cell(None, CellStatus.NOT_RECEIVED)


def _percent(cell: Cell) -> float:
    return float(cell.value) if isinstance(cell.value, (int, float)) else 0.0


def _column(axes: Any, x: int, shares: Sequence[float], colours: tokens.Band) -> None:
    """Light at the bottom, patterned in the middle, solid at the top, parted by white lines."""
    bottom = 0.0
    for share, style in zip(shares, _styles(colours), strict=False):
        axes.bar([x], [share], width=0.62, bottom=[bottom], zorder=3, **style)
        bottom += share


def _styles(colours: tokens.Band) -> tuple[Mapping[str, Any], ...]:
    line = {"edgecolor": colours.text, "linewidth": 0.9}
    return (
        {"facecolor": colours.tint, **line},
        {"facecolor": "white", "hatch": "////", **line},
        {"facecolor": colours.text, **line},
    )


def _label_parts(
    canvas: Canvas,
    table: ProtectedTable,
    shares: Mapping[tuple[Any, Any], Cell],
    parts: Sequence[Any],
    last: Any,
    share: str,
) -> None:
    """Each layer's name and last share beside the last shown column, moved apart where thin layers would cover each other."""
    bottom, lowest = 0.0, _TOP + _HEIGHT + 2.5
    for name, style in zip(parts, _styles(tokens.BANDS["ned"]), strict=False):
        cell = shares[last, name]
        middle = bottom + _percent(cell) / 2
        bottom += _percent(cell)
        height = min(_TOP + _HEIGHT * (1 - middle / 100), lowest - 5.0)
        lowest = height
        told = cell_text(cell, table.column(share))
        canvas.text(_LEFT + _WIDTH + 2, height, f"{name}  {told}", bold=style["facecolor"] != "white")
