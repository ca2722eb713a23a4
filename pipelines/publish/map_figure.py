"""How do the districts' shares lie on the map? Areas in up to four classes, told by pattern and number as well as by tint.

Drawn from the protected series and nothing else: a district whose share is hidden is hatched and named as hidden, and the limits
of the classes come from the shown shares alone.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from pipelines.disclosure.table import EMPTY_CELL_TEXT, Cell, ProtectedTable
from pipelines.geography import DistrictMap, Point, Ring, Shape
from pipelines.publish import tokens
from pipelines.publish.alt_text import district_map as map_alt_text
from pipelines.publish.canvas import SMALL_PT, Canvas
from pipelines.publish.danish import NBSP, cell_text, number
from pipelines.publish.figures import FigureWords, make_figure
from pipelines.publish.section import Figure
from pipelines.publish.share_series import ShareSeries

MOST_CLASSES: Final = 4
_MAP_WIDTH: Final = 96.0
_MAP_HEIGHT: Final = 92.0
_KEY_LEFT: Final = 104.0
_LINE: Final = 5.2
_CLASS_STYLES: Final[tuple[dict[str, Any], ...]] = (
    {"facecolor": "white"},
    {"facecolor": tokens.ALMEN.tint, "hatch": ".."},
    {"facecolor": tokens.ALMEN.tint, "hatch": "//"},
    {"facecolor": tokens.ALMEN.fill},
)
_HIDDEN_STYLE: Final[dict[str, Any]] = {"facecolor": tokens.UNKNOWN.tint, "hatch": "xx"}
_EDGE: Final[dict[str, Any]] = {"edgecolor": tokens.MUTED, "linewidth": 0.8}


def district_share_map(
    shares: ShareSeries, areas: DistrictMap, words: FigureWords, *, period: str, codes: Mapping[str, str]
) -> Figure:
    """The shares of one period on the map; `codes` gives the area's district code by its name in the series.

    Areas that are not on the map (the whole municipality, pupils without a district) are not drawn.
    """
    table = shares.table
    cells = {
        name: cell
        for name, when, cell in _named_cells(shares)
        if when == period and name in codes and codes[name] in areas.shapes
    }
    limits = class_limits([float(cell.value) for cell in cells.values() if isinstance(cell.value, (int, float))])
    names = list(cells)

    def draw(canvas: Canvas) -> None:
        axes = canvas.axes(2, 2, _MAP_WIDTH, _MAP_HEIGHT)
        axes.set_axis_off()
        for position, name in enumerate(names, start=1):
            _draw_area(axes, areas.shapes[codes[name]], _style(cells[name], limits), str(position))
        axes.set_aspect("equal")
        axes.autoscale_view()
        _draw_key(canvas, table, shares.share, cells, limits)

    height = max(_MAP_HEIGHT + 4, 14 + _LINE * (len(names) + len(limits) + 1))
    written = words.alt_text or map_alt_text(table, cells, column=shares.share, period=period)
    return make_figure(
        table,
        words,
        draw,
        height=height,
        alt_text=written,
        gap_note="Skraveret på kryds: tallet er skjult eller mangler.",
    )


def class_limits(shown: Sequence[float]) -> tuple[float, ...]:
    """Lower limits of the classes (shares, 0-1), from the shown shares: whole or half percentages apart, the fewest that hold all."""
    if not shown:
        return ()
    low, high = 100 * min(shown), 100 * max(shown)
    for step in (0.5, 1.0, 2.0, 5.0, 10.0, 25.0):
        first = math.floor(low / step + 1e-9) * step
        count = math.floor((high - first) / step + 1e-9) + 1
        if count <= MOST_CLASSES:
            return tuple((first + step * place) / 100 for place in range(count))
    return (0.0,)


def _named_cells(shares: ShareSeries) -> list[tuple[str, Any, Cell]]:
    area, period, share = (shares.table.column_index(name) for name in (shares.area, shares.period, shares.share))
    return [(str(row[area].value), row[period].value, row[share]) for row in shares.table.rows]


def _style(cell: Cell, limits: Sequence[float]) -> dict[str, Any]:
    if not isinstance(cell.value, (int, float)):
        return _HIDDEN_STYLE
    return _class_style(_class_of(float(cell.value), limits), len(limits))


def _class_of(share: float, limits: Sequence[float]) -> int:
    return sum(share >= limit - 1e-9 for limit in limits) - 1


def _class_style(place: int, count: int) -> dict[str, Any]:
    """The lightest for the first and the darkest for the last, whatever the number of classes."""
    styles = {1: (1,), 2: (0, 3), 3: (0, 2, 3), 4: (0, 1, 2, 3)}[count]
    return _CLASS_STYLES[styles[place]]


def _draw_area(axes: Any, shapes: Sequence[Shape], style: Mapping[str, Any], label: str) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path
    from matplotlib.patheffects import withStroke

    for shape in shapes:
        path = Path.make_compound_path(*(Path(ring, closed=True) for ring in _wound(shape)))
        axes.add_patch(PathPatch(path, **{**_EDGE, **style}))
    x, y = inner_point(max(shapes, key=lambda shape: abs(signed_area(shape.outline))))
    axes.text(
        x, y, label, ha="center", va="center", fontsize=SMALL_PT, fontweight=600, color=tokens.INK, zorder=5,
        path_effects=[withStroke(linewidth=3, foreground="white")],
    )  # fmt: skip


def _wound(shape: Shape) -> tuple[Ring, ...]:
    """Outline one way round and holes the other, so that holes stay open."""
    outline = shape.outline if signed_area(shape.outline) > 0 else shape.outline[::-1]
    return (outline, *(hole if signed_area(hole) < 0 else hole[::-1] for hole in shape.holes))


def signed_area(ring: Ring) -> float:
    """The area inside a closed line, above 0 when it runs against the clock."""
    # from the first point on: coordinates in metres are millions, and their products would lose the digits that count
    first_x, first_y = ring[0]
    near = [(x - first_x, y - first_y) for x, y in ring]
    return sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairwise(near)) / 2


def inner_point(shape: Shape) -> Point:
    """A point inside the shape, where its widest stretch across the middle height lies: a label there is on the district."""
    heights = [y for _, y in shape.outline]
    low, high = min(heights), max(heights)
    best: tuple[float, Point] = (-1.0, shape.outline[0])
    for part in (0.5, 0.4, 0.6, 0.3, 0.7):
        # a hair beside the corners, so that no line is met at its end
        y = low + (part + 1e-7) * (high - low)
        crossed = sorted(x for ring in (shape.outline, *shape.holes) for x in _crossings(ring, y))
        for left, right in zip(crossed[::2], crossed[1::2], strict=False):
            if right - left > best[0]:
                best = (right - left, ((left + right) / 2, y))
    return best[1]


def _crossings(ring: Ring, y: float) -> list[float]:
    return [
        x + (y - height) * (next_x - x) / (next_height - height)
        for (x, height), (next_x, next_height) in pairwise(ring)
        if (height > y) != (next_height > y)
    ]


def _draw_key(
    canvas: Canvas, table: ProtectedTable, share: str, cells: Mapping[str, Cell], limits: Sequence[float]
) -> None:
    """The classes, then every district with its number on the map and its share."""
    top = 5.0
    for place, limit in enumerate(limits):
        canvas.box(_KEY_LEFT, top - 1.7, 6.5, 3.4, **_EDGE, **_class_style(place, len(limits)))
        canvas.text(_KEY_LEFT + 9, top, _class_words(limits, place, limit), size=SMALL_PT)
        top += _LINE
    if any(cell.value is None for cell in cells.values()):
        canvas.box(_KEY_LEFT, top - 1.7, 6.5, 3.4, **_EDGE, **_HIDDEN_STYLE)
        canvas.text(_KEY_LEFT + 9, top, "skjult eller mangler", size=SMALL_PT)
        top += _LINE
    top += 2
    for position, (name, cell) in enumerate(cells.items(), start=1):
        told = EMPTY_CELL_TEXT[cell.status] if cell.value is None else cell_text(cell, table.column(share))
        canvas.text(_KEY_LEFT + 4, top, str(position), size=SMALL_PT, bold=True, align="right")
        canvas.text(_KEY_LEFT + 6, top, f"{name}: {told}", size=SMALL_PT)
        top += _LINE


def _class_words(limits: Sequence[float], place: int, limit: float) -> str:
    if place + 1 < len(limits):
        return f"fra {_percent(limit)} til under {_percent(limits[place + 1])}{NBSP}%"
    return f"fra {_percent(limit)}{NBSP}%"


def _percent(share: float) -> str:
    return number(100 * share, 0 if round(100 * share, 6) == round(100 * share) else 1)
