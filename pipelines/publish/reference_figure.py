"""How does one area's share run beside published references of the same definition? Lines over periods, named at their ends.

The figure takes `ReferencedShares` and nothing else, so a reference of another definition cannot come into it.
"""

import math
from typing import Any, Final

from pipelines.publish import tokens
from pipelines.publish.alt_text import beside_references
from pipelines.publish.canvas import SMALL_PT, Canvas
from pipelines.publish.danish import NBSP, cell_text, number
from pipelines.publish.figures import FigureWords, make_figure
from pipelines.publish.section import Figure
from pipelines.publish.share_series import ReferencedShares

_HEIGHT: Final = 62.0
_OWN: Final[dict[str, Any]] = {"color": tokens.ALMEN.fill, "linewidth": 2.3, "marker": "o", "markersize": 5}
_REFERENCES: Final[tuple[dict[str, Any], ...]] = (
    {"color": tokens.INK, "linewidth": 1.2, "marker": "s", "markersize": 4.5, "markerfacecolor": "white"},
    {"color": tokens.MUTED, "linewidth": 1.4, "linestyle": (0, (4, 2)), "marker": "D", "markersize": 4},
)
"""Each told from the others by line and mark, not by colour alone."""

_LEAST_DISTANCE: Final = 0.1
"""Between two names, as a part of the axis."""


def draw_beside_references(shares: ReferencedShares, words: FigureWords) -> Figure:
    """Own line and one per reference; a missing number is a gap, and a line without numbers is not drawn."""
    table = shares.table
    periods = [str(value) for value in table.values(shares.period)]
    names = (shares.share, *shares.references)
    lines = {name: [math.nan if value is None else float(value) for value in table.values(name)] for name in names}
    drawn = {name: values for name, values in lines.items() if not all(map(math.isnan, values))}
    known = [value for values in drawn.values() for value in values if not math.isnan(value)] or [0.0]
    span = max(known) - min(known) or 1.0

    def draw(canvas: Canvas) -> None:
        axes = canvas.axes(12, 4, 112, _HEIGHT - 12)
        axes.set_xlim(-0.3, len(periods) - 0.7)
        axes.set_ylim(max(0.0, min(known) - 0.3 * span), max(known) + 0.3 * span)
        shown = range(len(periods) - 1, -1, -math.ceil(len(periods) / 8))
        axes.set_xticks(list(shown), [periods[place] for place in shown])
        axes.grid(axis="y", color=tokens.GRID, linewidth=0.7)
        axes.tick_params(axis="y", length=0)
        axes.yaxis.set_major_formatter(lambda tick, _: f"{number(tick, 1)}{NBSP}%")
        for name, style in zip(names, (_OWN, *_REFERENCES), strict=False):
            if name in drawn:
                axes.plot(range(len(periods)), drawn[name], **style)
        _name_ends(canvas, axes, shares, drawn)

    written = words.alt_text or beside_references(table, period=shares.period, columns=names)
    return make_figure(table, words, draw, height=_HEIGHT, alt_text=written)


def _name_ends(canvas: Canvas, axes: Any, shares: ReferencedShares, drawn: dict[str, list[float]]) -> None:
    """Each line's name and last number to the right, with its year where the line ends early; moved apart where they meet."""
    low, high = axes.get_ylim()
    ends = []
    for name, values in drawn.items():
        last = max(place for place, value in enumerate(values) if not math.isnan(value))
        cell = shares.table.rows[last][shares.table.column_index(name)]
        when = f" ({shares.table.values(shares.period)[last]})" if last + 1 < len(values) else ""
        ends.append((values[last], name, f"{cell_text(cell, shares.table.column(name))}{when}"))
    height, least = -math.inf, _LEAST_DISTANCE * (high - low)
    for value, name, told in sorted(ends):
        height = max(value, height + least)
        top = 4 + (_HEIGHT - 12) * (high - height) / (high - low)
        is_own = name == shares.share
        canvas.text(
            127, top, f"{shares.table.column(name).title}: {told}", size=SMALL_PT, bold=is_own,
            colour=tokens.ALMEN.text if is_own else tokens.INK,
        )  # fmt: skip
