"""Who moved where between two dates: an alluvial drawing whose bands go from the place at the start to the place at the end.

The places stand as on the ladder, the highest on top, so that a band that rises is a move up. A hidden flow is not drawn; what it
leaves open at its start shows as an empty part of the bar.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.disclosure.table import Cell, ProtectedTable
from pipelines.publish import alt_text as alt
from pipelines.publish import tokens
from pipelines.publish.canvas import SMALL_PT, Canvas
from pipelines.publish.danish import NBSP, cell_text, number
from pipelines.publish.figures import FigureWords, make_figure
from pipelines.publish.section import Figure

_HEIGHT: Final = 92.0
_TOP: Final = 13.0
_LEFT: Final = 50.0
_RIGHT: Final = 122.0
_BAR: Final = 3.4
_GAP: Final = 3.6
_LEAST_LABEL: Final = 2.9


@dataclass(frozen=True)
class FlowNode:
    """One place to stand: `row` names it in the table's rows, `column` in its columns; None where it is on one side only.

    height orders places from the bottom up, and a band to a greater one is a move up. band: its colour, None for what is not on
    the ladder.
    """

    name: str
    height: int
    row: str | None
    column: str | None
    band: str | None = None


@dataclass(frozen=True)
class _Flow:
    start: FlowNode
    end: FlowNode
    count: float


@dataclass(frozen=True)
class FlowTerms:
    """What the bands are called: in the key by style, in the alt text before the widest of each, and all of them together."""

    opening: str
    widest: Mapping[str, str]
    key: Mapping[str, str]


ON_THE_LADDER: Final = FlowTerms(
    opening="Strømme mellem trin",
    widest={"down": "Største strøm ned", "up": "Største strøm op", "same": "Flest bliver på"},
    key={
        "down": "↓ ned ad trappen",
        "up": "↑ op ad trappen",
        "same": "samme trin",
        "other": "begyndt, sluttet eller ude",
    },
)


def flow_between_dates(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    nodes: Sequence[FlowNode],
    whole: str,
    sides: tuple[str, str],
    noun: str = "børn",
    terms: FlowTerms = ON_THE_LADDER,
    ends_row: str | None = None,
) -> Figure:
    """Bars for every place on two dates, and between them bands as wide as the children who went that way.

    table: a row per place at the start (named under `label`), a column per place at the end; `whole` is the row's sum. sides: the
    two dates. ends_row: the row that holds the sums of the columns, where the table has one. A band down is dark, up is hatched, to
    the same place light: each told without its colour, too.
    """
    flows = [
        _Flow(start, end, count)
        for start in nodes
        for end in nodes
        if (count := _number(_flow_cell(table, label, start, end))) > 0
    ]
    starts = {node.name: _start_size(table, label, whole, node, flows) for node in nodes}
    ends = {node.name: _end_size(table, label, ends_row, node, flows) for node in nodes}

    def draw(canvas: Canvas) -> None:
        scale = _scale(starts, ends)
        left, right = _places(nodes, starts, scale), _places(nodes, ends, scale)
        axes = _axes(canvas)
        _bands(axes, flows, left, right, scale)
        for places, x, sizes in ((left, _LEFT - _BAR, starts), (right, _RIGHT, ends)):
            for node in nodes:
                if sizes[node.name] > 0:
                    _bar(axes, node, x, places[node.name], sizes[node.name] * scale)
        _label_start(canvas, table, label, whole, nodes, left, starts, scale, noun)
        _label_end(canvas, nodes, right, ends, scale)
        for place, words_there, align in ((_LEFT, sides[0], "right"), (_RIGHT, sides[1], "left")):
            canvas.text(place, _TOP - 4.5, words_there, bold=True, align=align)
        _key(canvas, terms)

    written = words.alt_text or alt.flow_between_dates(
        [(flow.start.name, flow.end.name, flow.count, _direction(flow)) for flow in flows],
        opening=terms.opening,
        widest=terms.widest,
        sides=sides,
        noun=noun,
        is_partly_hidden=_has_hidden(table),
    )
    return make_figure(
        table,
        words,
        draw,
        height=_HEIGHT + _TOP + 3,
        alt_text=written,
        gap_note=_HIDDEN_NOTE if ends_row is None else _HIDDEN_ON_BOTH_SIDES,
    )


_HIDDEN_NOTE: Final = "Tomme dele af søjlerne til venstre: strømme, der er skjult."
_HIDDEN_ON_BOTH_SIDES: Final = "Tomme dele af søjlerne: strømme, der er skjult."


def _flow_cell(table: ProtectedTable, label: str, start: FlowNode, end: FlowNode) -> Cell | None:
    if start.row is None or end.column is None or start.row not in table.values(label):
        return None
    return table.cell(end.column, **{label: start.row})


def _number(cell: Cell | None) -> float:
    return float(cell.value) if cell is not None and isinstance(cell.value, (int, float)) else 0.0


def _start_size(table: ProtectedTable, label: str, whole: str, node: FlowNode, flows: Sequence[_Flow]) -> float:
    """The row's sum; where that is hidden, what can be seen of it."""
    if node.row is None or node.row not in table.values(label):
        return 0.0
    return _number(table.cell(whole, **{label: node.row})) or sum(flow.count for flow in flows if flow.start is node)


def _end_size(table: ProtectedTable, label: str, ends_row: str | None, node: FlowNode, flows: Sequence[_Flow]) -> float:
    """The column's sum; where there is none or it is hidden, what can be seen of it."""
    told = table.cell(node.column, **{label: ends_row}) if ends_row is not None and node.column is not None else None
    return _number(told) or sum(flow.count for flow in flows if flow.end is node)


def _direction(flow: _Flow) -> str:
    if flow.start.band is None or flow.end.band is None:
        return "other"
    return "same" if flow.start is flow.end else "up" if flow.end.height > flow.start.height else "down"


def _scale(starts: Mapping[str, float], ends: Mapping[str, float]) -> float:
    """Millimetres per child, so that the fuller side fills the height."""
    sides = [[size for size in sizes.values() if size > 0] for sizes in (starts, ends)]
    return min(
        ((_HEIGHT - _GAP * (len(sizes) - 1)) / sum(sizes) for sizes in sides if sizes),
        default=0.0,
    )


def _places(nodes: Sequence[FlowNode], sizes: Mapping[str, float], scale: float) -> dict[str, float]:
    """The top of each bar in mm, the highest rung on top; small bars keep room for their label."""
    top, places = _TOP, {}
    for node in sorted(nodes, key=lambda node: -node.height):
        places[node.name] = top
        if sizes[node.name] > 0:
            top += max(sizes[node.name] * scale + _GAP, 4.6)
    return places


def _axes(canvas: Canvas) -> Any:
    axes = canvas.axes(0, 0, canvas.width, canvas.height)
    axes.set_xlim(0, canvas.width)
    axes.set_ylim(canvas.height, 0)
    axes.set_axis_off()
    return axes


def _bands(
    axes: Any, flows: Sequence[_Flow], left: Mapping[str, float], right: Mapping[str, float], scale: float
) -> None:
    """Bands in the order of their other end, so that they cross as little as can be; the widest below the thin ones."""
    at_start, at_end = dict(left), dict(right)
    starts: dict[_Flow, float] = {}
    ends: dict[_Flow, float] = {}
    for flow in sorted(flows, key=lambda flow: (-flow.start.height, -flow.end.height)):
        starts[flow] = at_start[flow.start.name]
        at_start[flow.start.name] += flow.count * scale
    for flow in sorted(flows, key=lambda flow: (-flow.end.height, -flow.start.height)):
        ends[flow] = at_end[flow.end.name]
        at_end[flow.end.name] += flow.count * scale
    for flow in sorted(flows, key=lambda flow: -flow.count):
        _band(axes, starts[flow], ends[flow], flow.count * scale, _STYLES[_direction(flow)])
    for flow in flows:
        thickness = flow.count * scale
        if thickness >= _LEAST_LABEL:
            axes.text(
                _LEFT + 2.0, starts[flow] + thickness / 2, number(flow.count), va="center", ha="left", fontsize=SMALL_PT,
                color=tokens.INK, zorder=6, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.9},
            )  # fmt: skip


def _band(axes: Any, start: float, end: float, thickness: float, style: Mapping[str, Any]) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    middle = (_LEFT + _RIGHT) / 2
    points = [
        (_LEFT, start), (middle, start), (middle, end), (_RIGHT, end),
        (_RIGHT, end + thickness), (middle, end + thickness), (middle, start + thickness), (_LEFT, start + thickness),
        (_LEFT, start),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(points, codes), **style))


_STYLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "same": {"facecolor": tokens.GRID, "edgecolor": tokens.RULE, "linewidth": 0.4, "zorder": 2},
    "down": {
        "facecolor": tokens.DOWN.fill,
        "edgecolor": "white",
        "linewidth": 0.4,
        "alpha": 0.82,
        "zorder": 4,
    },
    "up": {
        "facecolor": tokens.UP.tint,
        "edgecolor": tokens.UP.fill,
        "linewidth": 0.7,
        "hatch": "////",
        "zorder": 3,
    },
    "other": {
        "facecolor": tokens.PANEL,
        "edgecolor": tokens.REFERENCE,
        "linewidth": 0.5,
        "linestyle": (0, (1, 1.6)),
        "zorder": 1.5,
    },
}


def _bar(axes: Any, node: FlowNode, x: float, top: float, height: float) -> None:
    from matplotlib.patches import Rectangle

    colours = tokens.BANDS.get(node.band or "", tokens.UNKNOWN)
    hatch = {"special": "....", "social": "////"}.get(node.band or "")
    axes.add_patch(
        Rectangle(
            (x, top), _BAR, height, facecolor=colours.tint, edgecolor=colours.fill, linewidth=0.9, hatch=hatch, zorder=5
        )
    )


def _label_start(
    canvas: Canvas,
    table: ProtectedTable,
    label: str,
    whole: str,
    nodes: Sequence[FlowNode],
    places: Mapping[str, float],
    sizes: Mapping[str, float],
    scale: float,
    noun: str,
) -> None:
    for node in nodes:
        if sizes[node.name] > 0 and node.row is not None:
            cell = table.cell(whole, **{label: node.row})
            told = (
                f"{cell_text(cell, table.column(whole))}{NBSP}{noun}"
                if cell.value is not None
                else cell_text(cell, table.column(whole))
            )
            middle = places[node.name] + max(sizes[node.name] * scale, 1) / 2
            canvas.text(_LEFT - _BAR - 2, middle, f"{node.name}: {told}", align="right")


def _label_end(
    canvas: Canvas,
    nodes: Sequence[FlowNode],
    places: Mapping[str, float],
    sizes: Mapping[str, float],
    scale: float,
) -> None:
    for node in nodes:
        if sizes[node.name] > 0:
            middle = places[node.name] + max(sizes[node.name] * scale, 1) / 2
            canvas.text(_RIGHT + _BAR + 2, middle, node.name)


def _key(canvas: Canvas, terms: FlowTerms) -> None:
    left = 0.5
    for style, name in terms.key.items():
        canvas.box(left, 1.0, 6.5, 3.4, **{key: value for key, value in _STYLES[style].items() if key != "zorder"})
        canvas.text(left + 8.2, 2.7, name, size=SMALL_PT, bold=True)
        left += 14 + 1.75 * len(name)


def _has_hidden(table: ProtectedTable) -> bool:
    return any(cell.value is None for row in table.rows for cell in row)
