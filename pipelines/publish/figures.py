"""Which figures can a report draw: one recipe per kind of question, each from one protected table.

A recipe takes the table and the names of its columns and gives a `Figure` with SVG and alt text. A cell that is not
shown is drawn as a gap with a note, never as 0. Colour says band or direction only, and a mark says the same.
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.disclosure.table import EMPTY_CELL_TEXT, Cell, CellStatus, ProtectedTable
from pipelines.publish import alt_text as alt
from pipelines.publish import tokens
from pipelines.publish.canvas import SMALL_PT, Canvas, render
from pipelines.publish.danish import NBSP, cell_text, interval, number
from pipelines.publish.section import Figure
from pipelines.publish.share_series import ShareSeries

BADGE: Final = "Konstruerede data"
GAP_NOTE: Final = "Huller: tal, der er skjult eller mangler."
_WIDTH: Final = float(tokens.FIGURE_WIDTH_MM)


@dataclass(frozen=True)
class FigureWords:
    """The words around a plot. `title` states the finding; `alt_text` replaces the recipe's own; `constructed` adds the badge."""

    figure_id: str
    title: str
    subtitle: str
    source: str
    alt_text: str = ""
    constructed: bool = False


def share_panels(
    shares: ShareSeries,
    words: FigureWords,
    *,
    low: str | None = None,
    high: str | None = None,
    size: str | None = None,
    size_noun: str = "elever",
    reference_panel: str | None = None,
    reference_name: str = "hele kommunen",
    band: str = "almen",
) -> Figure:
    """Small multiples: one panel per area, a share (0-1) over the periods, interval band, grey line of the whole.

    The series follows one definition, and so does all that is drawn. `reference_panel` is the area drawn grey in every panel
    ("Hele kommunen"). All panels share one axis, which may start above 0: say so in the subtitle (`axis_note` gives the sentence).
    """
    table, panel, period, share = shares.table, shares.area, shares.period, shares.share
    panels = [name for name in _distinct(table, panel) if name != reference_panel]
    periods = _distinct(table, period)
    series = {name: _series(table, panel, name, period, periods) for name in _distinct(table, panel)}
    floor, ceiling, ticks = share_axis(table, share, low, high)
    columns = min(3, len(panels))
    rows = math.ceil(len(panels) / columns)
    panel_height, row_pitch, axis_room, gap = 32.0, 46.0, 11.0, 12.0
    pitch = (_WIDTH - axis_room + gap) / columns
    colours = tokens.BANDS[band]

    def draw(canvas: Canvas) -> None:
        for position, name in enumerate(panels):
            left, top = axis_room + pitch * (position % columns), 7 + row_pitch * (position // columns)
            axes = canvas.axes(left, top, pitch - gap, panel_height)
            _frame_panel(axes, periods, floor, ceiling, ticks, first=position % columns == 0)
            x = list(range(len(periods)))
            if reference_panel is not None:
                grey = [_percent(_at(table, row, share)) for row in series[reference_panel]]
                axes.plot(x, grey, color=tokens.REFERENCE, linewidth=1.2, zorder=2)
                if position == 0:
                    _name_reference(axes, x, grey, floor, ceiling, reference_name)
            own = [_at(table, row, share) for row in series[name]]
            values = [_percent(cell) for cell in own]
            if low and high:
                lows = [_percent(_at(table, row, low)) for row in series[name]]
                highs = [_percent(_at(table, row, high)) for row in series[name]]
                axes.fill_between(x, lows, highs, color=colours.tint, linewidth=0, zorder=1)
                for edge in (lows, highs):
                    axes.plot(x, edge, color=colours.fill, linewidth=0.6, zorder=1.5)
            axes.plot(x, values, color=colours.fill, linewidth=2.1, zorder=3)
            _dots_alone(axes, x, values, colours.fill)
            _mark_gaps(axes, x, own, floor)
            _label_last(axes, x, own, table, share, colours.text)
            canvas.text(left, top - 4, str(name), bold=True)
            if size:
                _panel_size(canvas, table, series[name], size, size_noun, left + pitch - gap, top - 4)

    written = words.alt_text or alt.share_panels(
        table, panel=panel, period=period, share=share, panels=panels, periods=periods
    )
    return make_figure(table, words, draw, height=row_pitch * rows + 1, alt_text=written)


def change_rows(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    change: str,
    low: str,
    high: str,
    expected: str | None = None,
    children: str | None = None,
    unit: str = "point",
    directions: tuple[str, str] | None = None,
) -> Figure:
    """A dot with its interval per row of the table, an open diamond for what one could expect without help; 0 drawn.

    `directions` tells under the axis what lies to the left and to the right of 0: ("← færre vanskeligheder", "flere
    vanskeligheder →").
    """
    pitch = 8.6
    height = pitch * len(table.rows) + (12 if directions else 11)
    decimals = table.column(change).decimals
    numbers = _numbers(table, [name for name in (change, low, high, expected) if name])
    reach = (min([0.0, *numbers]), max([0.0, *numbers]))
    margin = 0.08 * ((reach[1] - reach[0]) or 1)

    def draw(canvas: Canvas) -> None:
        left, width, top = 51.0, 72.0, 2.0
        canvas.box(left, top, width, pitch, facecolor=tokens.PANEL, linewidth=0, zorder=-1)
        axes = canvas.axes(left, top, width, pitch * len(table.rows))
        axes.set_xlim(reach[0] - margin, reach[1] + margin)
        axes.set_ylim(len(table.rows) * pitch, 0)
        axes.set_yticks([])
        axes.grid(axis="x", color=tokens.GRID, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.axvline(0, color=tokens.INK, linewidth=1.0)
        _unit_ticks(axes, unit)
        for position, row in enumerate(table.rows):
            middle = pitch * position + pitch / 2
            cells = {name: _at(table, row, name) for name in (change, low, high, expected, children) if name}
            bold = position == 0
            _row_label(
                canvas, left - 3, top + middle, str(_at(table, row, label).value), cells.get(children or ""), bold
            )
            is_double = expected is not None and cells[expected].status is CellStatus.SHOWN
            _dot_and_interval(axes, cells[change], cells[low], cells[high], middle - (1.2 if is_double else 0), bold)
            told = _change_told(cells[change], cells[low], cells[high], decimals)
            canvas.text(left + width + 4, top + middle - (1.8 if is_double else 0), told, bold=bold)
            if expected and is_double:
                _expected(axes, canvas, cells[expected], middle, left + width + 4, top + middle + 2.4, decimals)
        if expected:
            _name_marks(axes, table, change, low, high, expected, pitch)
        for words_there, side, align in zip(directions or (), (left, left + width), ("left", "right"), strict=False):
            canvas.text(side, height - 3, words_there, size=SMALL_PT, colour=tokens.MUTED, align=align)

    written = words.alt_text or alt.change_rows(
        table, label=label, change=change, low=low, high=high, expected=expected, unit=unit
    )
    return make_figure(table, words, draw, height=height, alt_text=written)


def move_bars(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    down: str,
    up: str,
    noun: str = "børn",
    total: str | None = None,
) -> Figure:
    """Two bars from 0 per row: ↓ down the ladder solid, ↑ up hatched. Neither direction is "good".

    `total` names the row that sums the others: it is left to the table, since its bar would dwarf them.
    """
    rows = [row for row in table.rows if total is None or _at(table, row, label).value != total]
    written = words.alt_text or alt.move_bars(table, label=label, down=down, up=up, noun=noun)
    kinds = (_BarKind(down, "down", "↓ ned ad trappen"), _BarKind(up, "up", "↑ op ad trappen"))
    return _two_bars(table, words, rows, kinds, label=label, noun=noun, pitch=11.5, alt_text=written)


def before_and_after_bars(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    before: str,
    after: str,
    noun: str = "børn",
) -> Figure:
    """Two bars from 0 per row, such as a span of points: an empty frame at the first measurement, solid at the second."""
    written = words.alt_text or alt.before_and_after_bars(table, label=label, before=before, after=after, noun=noun)
    kinds = (_BarKind(before, "missed", "første måling"), _BarKind(after, "held", "anden måling"))
    return _two_bars(table, words, table.rows, kinds, label=label, noun=noun, pitch=11.0, alt_text=written)


def flow_bars(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    count: str,
    steps: Collection[str],
    noun: str = "børn",
) -> Figure:
    """One bar from 0 per row: the steps solid, what falls away between them an empty frame and not bold."""
    pitch, head = 7.2, 1.0
    height = head + pitch * len(table.rows) + 9
    highest = max([1.0, *_numbers(table, [count])])

    def draw(canvas: Canvas) -> None:
        left, width = 62.0, 92.0
        axes = _bar_axes(canvas, left, head, width, pitch * len(table.rows), highest, noun)
        for position, row in enumerate(table.rows):
            middle = pitch * position + pitch / 2
            name, cell = str(_at(table, row, label).value), _at(table, row, count)
            is_step = name in steps
            canvas.text(left - 3, head + middle, name, align="right", bold=is_step)
            _bar(axes, cell, middle, 4.4, **_bar_style("held" if is_step else "missed"))
            _bar_label(axes, cell, table, count, middle, highest)

    written = words.alt_text or alt.flow_bars(table, label=label, count=count, noun=noun)
    return make_figure(table, words, draw, height=height, alt_text=written)


def rate_bars(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    rate: str,
    unit: str,
    bold: Collection[str] = (),
) -> Figure:
    """One bar from 0 per row for a rate ("per 100 children"), its number at the end; `bold` names rows that sum others."""
    pitch, head = 7.2, 1.0
    height = head + pitch * len(table.rows) + 9
    highest = max([0.1, *_numbers(table, [rate])])

    def draw(canvas: Canvas) -> None:
        left, width = 62.0, 92.0
        axes = _bar_axes(canvas, left, head, width, pitch * len(table.rows), highest, unit, whole=False)
        for position, row in enumerate(table.rows):
            middle = pitch * position + pitch / 2
            name, cell = str(_at(table, row, label).value), _at(table, row, rate)
            canvas.text(left - 3, head + middle, name, align="right", bold=name in bold)
            _bar(axes, cell, middle, 4.4, **_bar_style("held"))
            _bar_label(axes, cell, table, rate, middle, highest)

    written = words.alt_text or alt.rate_bars(table, label=label, rate=rate)
    return make_figure(table, words, draw, height=height, alt_text=written)


def shares_against_expected(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    share: str,
    expected: str,
    error: str,
    of: str,
) -> Figure:
    """One bar from 0 per row for a share of children in percent; an open diamond for what one could expect without help.

    A dashed line across the bar is what the questionnaire's own error would give. `of` names how many children are counted.
    """
    pitch, head = 9.6, 6.0
    height = head + pitch * len(table.rows) + 5.5
    highest = max([1.0, *_numbers(table, [share, expected, error])])

    def draw(canvas: Canvas) -> None:
        left, width = 48.0, 72.0
        _share_key(canvas, left, 2.6)
        axes = _bar_axes(canvas, left, head, width, pitch * len(table.rows), highest, "%")
        for position, row in enumerate(table.rows):
            middle = pitch * position + pitch / 2
            cells = {name: _at(table, row, name) for name in (share, expected, error, of)}
            canvas.text(left - 3, head + middle, str(_at(table, row, label).value), align="right")
            _bar(axes, cells[share], middle, 4.4, **_bar_style("held"))
            _share_marks(axes, cells[expected], cells[error], middle)
            told = (
                f"{cell_text(cells[share], table.column(share))} af {cell_text(cells[of], table.column(of))}{NBSP}børn"
            )
            canvas.text(left + width + 4, head + middle - 2.1, told, bold=True)
            usual = cell_text(cells[expected], table.column(expected))
            chance = cell_text(cells[error], table.column(error))
            canvas.text(
                left + width + 4, head + middle + 2.3, f"ventet {usual}; fejl alene {chance}", size=SMALL_PT,
                colour=tokens.CAUTION.text,
            )  # fmt: skip

    written = words.alt_text or alt.shares_against_expected(table, label=label, share=share, expected=expected)
    return make_figure(table, words, draw, height=height, alt_text=written)


def meeting_bars(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    planned: str,
    held: str,
    unknown: str | None = None,
    noun: str = "møder",
    total: str | None = None,
) -> Figure:
    """Meetings planned and held per row: held solid, not held an empty frame, unknown dashed with "?"; "41 af 48" beside.

    `total` names the row that sums the others: it is left to the table, since its bar would dwarf them.
    """
    rows = [row for row in table.rows if total is None or _at(table, row, label).value != total]
    pitch, head = 7.6, 8.0
    height = head + pitch * len(rows) + 9
    highest = max([1.0, *_row_numbers(table, rows, [planned])])

    def draw(canvas: Canvas) -> None:
        left, width = 44.0, 92.0
        kinds = [("held", "holdt"), ("missed", "ikke holdt")] + (
            [("unknown", "referat ikke modtaget")] if unknown else []
        )
        _key(canvas, left, 2.6, kinds)
        axes = _bar_axes(canvas, left, head, width, pitch * len(rows), highest, noun)
        for position, row in enumerate(rows):
            middle = pitch * position + pitch / 2
            canvas.text(left - 3, head + middle, str(_at(table, row, label).value), align="right")
            cells = {name: _at(table, row, name) for name in (planned, held, unknown) if name}
            _meeting_row(axes, cells[planned], cells[held], cells.get(unknown or ""), middle)
            canvas.text(left + width + 3, head + middle, _held_told(table, cells, planned, held, unknown))

    written = words.alt_text or alt.meeting_bars(table, label=label, planned=planned, held=held)
    return make_figure(table, words, draw, height=height, alt_text=written)


def distribution_strips(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    value: str,
    own: str,
    strip: str | None = None,
    noun: str = "kommuner",
) -> Figure:
    """All municipalities as dots on one line (per value of `strip`), the middle half shaded, the own one named; no ranks.

    Quartiles are of the shown values (linear interpolation, numpy's default). Dots that would cover each other are piled up.
    """
    strips = _distinct(table, strip) if strip else [""]
    head, pitch = 5.0, 29.0
    height = head + pitch * len(strips) + 2
    column = table.column(value)
    scale = 100.0 if column.kind == "share" else 1.0

    def draw(canvas: Canvas) -> None:
        for position, name in enumerate(strips):
            rows = [row for row in table.rows if strip is None or _at(table, row, strip).value == name]
            top = head + pitch * position
            if name:
                canvas.text(0.5, top - 1.5, str(name), bold=True)
            _strip(canvas, table, rows, label, value, own, top=top, scale=scale, unit=_unit(table, value), noun=noun)

    written = words.alt_text or alt.distribution_strips(
        table, label=label, value=value, own=own, strip=strip, noun=noun
    )
    return make_figure(
        table, words, draw, height=height, alt_text=written, gap_note=f"{noun.capitalize()} uden tal er ikke tegnet."
    )


def line_among_municipalities(
    table: ProtectedTable,
    words: FigureWords,
    *,
    period: str,
    own: str,
    median: str,
    lower_quartile: str,
    upper_quartile: str,
    own_name: str,
) -> Figure:
    """One municipality over time against the median and the middle half of all; the axis may start above 0."""
    from matplotlib.ticker import MaxNLocator

    height = 62.0
    x = list(range(len(table.rows)))
    scale = 100.0 if table.column(own).kind == "share" else 1.0
    names = (own, median, lower_quartile, upper_quartile)
    drawn = {name: [_scaled(cell, scale) for cell in _cells(table, name)] for name in names}
    known = [v for values in drawn.values() for v in values if not math.isnan(v)]
    span = (max(known) - min(known) or 1.0) if known else 1.0

    def draw(canvas: Canvas) -> None:
        axes = canvas.axes(12, 5, 112, height - 12)
        axes.set_xlim(-0.3, len(x) - 0.7)
        if known:
            axes.set_ylim(min(known) - 0.15 * span, max(known) + 0.15 * span)
        _period_ticks(axes, [str(cell.value) for cell in _cells(table, period)])
        axes.grid(axis="y", color=tokens.GRID, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(lambda tick, _: _tick(tick, span))
        axes.tick_params(axis="y", length=0)
        axes.fill_between(x, drawn[lower_quartile], drawn[upper_quartile], color=tokens.UNKNOWN.tint, linewidth=0)
        for edge in (lower_quartile, upper_quartile):
            axes.plot(x, drawn[edge], color=tokens.REFERENCE, linewidth=0.6)
        axes.plot(x, drawn[median], color=tokens.MUTED, linewidth=1.3, linestyle=(0, (4, 2)))
        axes.plot(x, drawn[own], color=tokens.ALMEN.fill, linewidth=2.3)
        axes.plot(x[-1:], drawn[own][-1:], "o", color=tokens.ALMEN.fill, markersize=5.5)
        _dots_alone(axes, x, drawn[own], tokens.ALMEN.fill)
        _mark_gaps(axes, x, _cells(table, own), axes.get_ylim()[0])
        ends = _line_ends(table, drawn, own, median, lower_quartile, upper_quartile, own_name)
        _label_line_ends(axes, x[-1], ends, span)
        canvas.text(2, 1.5, _unit(table, own), size=SMALL_PT, colour=tokens.MUTED)

    written = words.alt_text or alt.line_among_municipalities(
        table, period=period, own=own, median=median, own_name=own_name
    )
    return make_figure(table, words, draw, height=height, alt_text=written)


def funnel_points(
    shares: ShareSeries,
    words: FigureWords,
    *,
    size: str,
    target: str,
    limits: tuple[str, str],
    far_limits: tuple[str, str],
) -> Figure:
    """A dot per area by its size and share (0-1), between the limits of chance around `target`, drawn from area to area.

    `limits` are drawn whole and `far_limits` broken. Areas without a share are not drawn.
    """
    from matplotlib.patheffects import withStroke
    from matplotlib.ticker import MaxNLocator

    table, height = shares.table, 78.0
    rows = [row for row in table.rows if _at(table, row, shares.share).value is not None]
    rows.sort(key=lambda row: float(_at(table, row, size).value or 0))
    x = [float(_at(table, row, size).value or 0) for row in rows]
    room = 0.12 * (max(x) - min(x) or 1.0) if x else 1.0

    def draw(canvas: Canvas) -> None:
        axes = canvas.axes(12, 5, 150, height - 18)
        axes.set_axisbelow(True)
        axes.grid(axis="y", color=tokens.GRID, linewidth=0.7)
        axes.tick_params(axis="y", length=0)
        for names, style in ((limits, "-"), (far_limits, (0, (4, 2)))):
            for name in names:
                curve = [_percent(_at(table, row, name)) for row in rows]
                axes.plot(x, curve, color=tokens.REFERENCE, linewidth=1.0, linestyle=style, zorder=1)
        axes.plot(x, [_percent(_at(table, row, target)) for row in rows], color=tokens.MUTED, linewidth=1.2, zorder=1)
        points = [_percent(_at(table, row, shares.share)) for row in rows]
        axes.plot(x, points, "o", color=tokens.ALMEN.fill, markersize=6, zorder=3)
        axes.set_xlim(min(x, default=0) - room, max(x, default=1) + room)
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axes.xaxis.set_major_formatter(lambda tick, _: number(tick))
        axes.yaxis.set_major_formatter(lambda tick, _: f"{number(tick, 0 if tick == int(tick) else 1)}{NBSP}%")
        for row, at, share in zip(rows, x, points, strict=True):
            axes.annotate(
                str(_at(table, row, shares.area).value),
                (at, share),
                textcoords="offset points",
                xytext=(0, 6),
                ha="center",
                fontsize=SMALL_PT,
                color=tokens.INK,
                zorder=4,
                path_effects=[withStroke(linewidth=2.5, foreground="white")],
            )
        canvas.text(87, height - 3, table.column(size).title, size=SMALL_PT, colour=tokens.MUTED, align="center")

    written = words.alt_text or alt.funnel_points(shares, size=size)
    return make_figure(table, words, draw, height=height, alt_text=written)


def share_axis(
    table: ProtectedTable, share: str, low: str | None = None, high: str | None = None
) -> tuple[float, float, list[float]]:
    """(floor, ceiling, ticks) in percent of the axis that all panels of `share_panels` have."""
    numbers = [100 * value for value in _numbers(table, [name for name in (share, low, high) if name])] or [0.0, 100.0]
    spread = max(numbers) - min(numbers)
    step = next((s for s in (1, 2, 4, 5, 10, 20, 25) if 3.4 * s >= spread), 25)
    floor = max(0.0, math.floor((min(numbers) - 0.02 * spread) / step) * step)
    ceiling = min(100.0, math.ceil((max(numbers) + 0.02 * spread) / step) * step)
    if ceiling <= floor:
        ceiling = floor + step
    count = round((ceiling - floor) / step)
    return floor, ceiling, [floor + step * position for position in range(count + 1)]


def axis_note(table: ProtectedTable, share: str, low: str | None = None, high: str | None = None) -> str:
    """ "Aksen begynder ved 88 %." for the subtitle of `share_panels`; empty when it begins at 0."""
    floor = share_axis(table, share, low, high)[0]
    return f"Aksen begynder ved {number(floor)}{NBSP}%." if floor > 0 else ""


# ── pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def make_figure(
    table: ProtectedTable,
    words: FigureWords,
    draw: Callable[[Canvas], None],
    *,
    height: float,
    alt_text: str,
    gap_note: str = GAP_NOTE,
) -> Figure:
    """The finished figure of a recipe: drawn as SVG, with the badge, and `gap_note` where a cell is not shown."""
    badge = BADGE if words.constructed else ""
    has_gaps = any(cell.status is not CellStatus.SHOWN for row in table.rows for cell in row)
    source = f"{words.source} {gap_note}" if has_gaps else words.source
    return Figure(
        figure_id=words.figure_id,
        title=words.title,
        subtitle=words.subtitle,
        source=source,
        alt_text=alt_text,
        svg=render(draw, height=height, badge=badge),
        table_id=table.table_id,
        constructed=words.constructed,
    )


Row = tuple[Cell, ...]


def _at(table: ProtectedTable, row: Row, name: str) -> Cell:
    return row[table.column_index(name)]


def _cells(table: ProtectedTable, name: str) -> list[Cell]:
    return [_at(table, row, name) for row in table.rows]


def _distinct(table: ProtectedTable, name: str) -> list[Any]:
    return list(dict.fromkeys(table.values(name)))


def _numbers(table: ProtectedTable, names: Sequence[str]) -> list[float]:
    return _row_numbers(table, table.rows, names)


def _row_numbers(table: ProtectedTable, rows: Sequence[Row], names: Sequence[str]) -> list[float]:
    values = (_at(table, row, name).value for name in names for row in rows)
    return [float(value) for value in values if isinstance(value, (int, float))]


def _scaled(cell: Cell, scale: float) -> float:
    return scale * float(cell.value) if isinstance(cell.value, (int, float)) else math.nan


def _percent(cell: Cell) -> float:
    return _scaled(cell, 100.0)


def _series(table: ProtectedTable, panel: str, name: Any, period: str, periods: list[Any]) -> list[Row]:
    absent = tuple(Cell(None, CellStatus.NOT_RECEIVED) for _ in table.columns)
    found = {_at(table, row, period).value: row for row in table.rows if _at(table, row, panel).value == name}
    return [found.get(each, absent) for each in periods]


def _unit(table: ProtectedTable, name: str) -> str:
    column = table.column(name)
    return "%" if column.kind == "share" else column.unit


def _tick(value: float, span: float) -> str:
    return number(round(value, 6), 0 if span >= 4 else 1 if span >= 0.4 else 2)


def _frame_panel(
    axes: Any, periods: list[Any], floor: float, ceiling: float, ticks: list[float], *, first: bool
) -> None:
    axes.set_xlim(-0.3, len(periods) - 1 + max(0.9, 0.3 * len(periods)))
    axes.set_ylim(floor, ceiling)
    axes.spines["left"].set_visible(True)
    axes.spines["left"].set_color(tokens.RULE)
    axes.grid(axis="y", color=tokens.GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    ends = sorted({0, len(periods) - 1})
    axes.set_xticks(ends, [str(periods[end]) for end in ends])
    for tick, align in zip(axes.get_xticklabels(), ("left", "center"), strict=False):
        tick.set_horizontalalignment(align)
    labels = [f"{number(tick)}{NBSP}%" if tick == ticks[-1] else number(tick) for tick in ticks]
    axes.set_yticks(ticks, labels if first else [""] * len(ticks))
    axes.tick_params(axis="y", length=0)


def _name_reference(axes: Any, x: list[int], grey: list[float], floor: float, ceiling: float, name: str) -> None:
    known = [(position, value) for position, value in zip(x, grey, strict=True) if not math.isnan(value)]
    if not known:
        return
    position, value = known[len(known) // 2]
    foot = floor + 0.09 * (ceiling - floor)
    axes.plot([position, position], [foot + 0.06 * (ceiling - floor), value], color=tokens.REFERENCE, linewidth=0.7)
    axes.text(position, foot, name, ha="center", va="center", fontsize=SMALL_PT, color=tokens.MUTED)


def _dots_alone(axes: Any, x: list[int], values: list[float], colour: str) -> None:
    """A value with gaps on both sides has no line: give it a dot, or it would vanish."""
    padded = [math.nan, *values, math.nan]
    alone = [
        position
        for position in x
        if math.isnan(padded[position]) and math.isnan(padded[position + 2]) and not math.isnan(values[position])
    ]
    axes.plot(alone, [values[position] for position in alone], "o", color=colour, markersize=4, zorder=4)


def _mark_gaps(axes: Any, x: list[int], cells: Sequence[Cell], floor: float) -> None:
    gaps = [position for position, cell in zip(x, cells, strict=True) if cell.status is not CellStatus.SHOWN]
    low, high = axes.get_ylim()
    for position in gaps:
        axes.axvspan(
            position - 0.4, position + 0.4, facecolor=tokens.UNKNOWN.tint, edgecolor="none", zorder=0.5, linewidth=0
        )
        axes.text(
            position, floor + 0.9 * (high - low), "?", ha="center", va="center", fontsize=SMALL_PT, color=tokens.MUTED
        )


def _label_last(axes: Any, x: list[int], cells: Sequence[Cell], table: ProtectedTable, name: str, colour: str) -> None:
    last = cells[-1]
    if last.status is not CellStatus.SHOWN:
        low, high = axes.get_ylim()
        axes.text(
            x[-1] + 0.55,
            (low + high) / 2,
            EMPTY_CELL_TEXT[last.status],
            va="center",
            fontsize=SMALL_PT,
            color=tokens.MUTED,
        )
        return
    value = _percent(last)
    axes.plot([x[-1]], [value], "o", color=colour, markersize=5, zorder=4)
    told = cell_text(last, table.column(name)).removesuffix(f"{NBSP}%")
    axes.annotate(told, (x[-1], value), (5, 0), textcoords="offset points", va="center", fontweight=600, color=colour)


def _panel_size(
    canvas: Canvas, table: ProtectedTable, rows: list[Row], size: str, noun: str, right: float, top: float
) -> None:
    cell = _at(table, rows[-1], size)
    told = cell_text(cell, table.column(size))
    words = f"{told}{NBSP}{noun}" if cell.status is CellStatus.SHOWN else f"{noun}: {told}"
    canvas.text(right, top, words, size=SMALL_PT, colour=tokens.MUTED, align="right")


def _unit_ticks(axes: Any, unit: str, *, whole: bool = False) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10], integer=whole))
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    span = high - low
    labels = [_tick(tick, span) for tick in ticks]
    if labels:
        labels[-1] = f"{labels[-1]}{NBSP}{unit}"
    axes.set_xticks(ticks, labels)


def _row_label(canvas: Canvas, right: float, top: float, name: str, children: Cell | None, bold: bool) -> None:
    if children is None or not isinstance(children.value, (int, float)):
        canvas.text(right, top, name, bold=bold, align="right")
        return
    canvas.text(right, top - 1.9, name, bold=bold, align="right")
    canvas.text(
        right, top + 2.3, f"{number(children.value)}{NBSP}børn", size=SMALL_PT, colour=tokens.MUTED, align="right"
    )


def _dot_and_interval(axes: Any, change: Cell, low: Cell, high: Cell, middle: float, bold: bool) -> None:
    ends = [_scaled(low, 1), _scaled(high, 1)]
    if not any(math.isnan(end) for end in ends):
        axes.plot(
            ends, [middle, middle], color=tokens.INK, linewidth=2.6 if bold else 1.9, solid_capstyle="butt", zorder=3
        )
    if change.status is CellStatus.SHOWN:
        axes.plot([_scaled(change, 1)], [middle], "o", color=tokens.INK, markersize=7.5 if bold else 6, zorder=4)


def _change_told(change: Cell, low: Cell, high: Cell, decimals: int) -> str:
    if not isinstance(change.value, (int, float)):
        return EMPTY_CELL_TEXT[change.status]
    told = number(change.value, decimals)
    if isinstance(low.value, (int, float)) and isinstance(high.value, (int, float)):
        told += f"  ({interval(low.value, high.value, decimals)})"
    return told


def _expected(axes: Any, canvas: Canvas, cell: Cell, middle: float, left: float, top: float, decimals: int) -> None:
    if isinstance(cell.value, (int, float)):
        axes.plot([cell.value], [middle + 2.0], zorder=5, linestyle="none", **_DIAMOND)
        canvas.text(left, top, f"ventet {number(cell.value, decimals)}", size=SMALL_PT, colour=tokens.CAUTION.text)


def _name_marks(
    axes: Any, table: ProtectedTable, change: str, low: str, high: str, expected: str, pitch: float
) -> None:
    """Name the two marks at the first row, on the side with room, instead of a legend."""
    row = table.rows[0]
    left_end, right_end = axes.get_xlim()
    offset = 0.02 * (right_end - left_end)
    lowest, usual = _scaled(_at(table, row, low), 1), _scaled(_at(table, row, expected), 1)
    highest = _scaled(_at(table, row, high), 1)
    room_left = min(lowest, usual) - left_end > 0.42 * (right_end - left_end)
    middle = pitch / 2
    for place, height, name, colour in (
        ((lowest, highest), middle - 1.2, "målt", tokens.INK),
        ((usual - 2 * offset, usual + 2 * offset), middle + 2.0, "ventet uden indsats", tokens.CAUTION.text),
    ):
        x = place[0] - offset if room_left else place[1] + offset
        if not math.isnan(x):
            axes.text(
                x, height, name, ha="right" if room_left else "left", va="center", fontsize=SMALL_PT, color=colour,
                fontweight=600, zorder=6, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
            )  # fmt: skip


@dataclass(frozen=True)
class _BarKind:
    """One of two bars in a row: its column, its style, its name in the key."""

    column: str
    style: str
    title: str


def _two_bars(
    table: ProtectedTable,
    words: FigureWords,
    rows: Sequence[Row],
    kinds: tuple[_BarKind, _BarKind],
    *,
    label: str,
    noun: str,
    pitch: float,
    alt_text: str,
) -> Figure:
    head = 8.0
    height = head + pitch * len(rows) + 9
    highest = max([1.0, *_row_numbers(table, rows, [kind.column for kind in kinds])])

    def draw(canvas: Canvas) -> None:
        left, width = 44.0, 104.0
        _key(canvas, left, 2.6, [(kind.style, kind.title) for kind in kinds])
        axes = _bar_axes(canvas, left, head, width, pitch * len(rows), highest, noun)
        for position, row in enumerate(rows):
            middle = pitch * position + pitch / 2
            canvas.text(left - 3, head + middle, str(_at(table, row, label).value), align="right")
            for kind, offset in zip(kinds, (-2.3, 2.3), strict=True):
                cell = _at(table, row, kind.column)
                _bar(axes, cell, middle + offset, 4.0, **_bar_style(kind.style))
                _bar_label(axes, cell, table, kind.column, middle + offset, highest)

    return make_figure(table, words, draw, height=height, alt_text=alt_text)


_DIAMOND: Final[dict[str, Any]] = {
    "marker": "D",
    "markersize": 6,
    "markerfacecolor": "white",
    "markeredgecolor": tokens.CAUTION.fill,
    "markeredgewidth": 1.6,
}
_ERROR_LINE: Final[dict[str, Any]] = {"color": tokens.INK, "linewidth": 1.2, "linestyle": (0, (2, 1.4))}


def _share_key(canvas: Canvas, left: float, middle: float) -> None:
    canvas.box(left, middle - 1.7, 6.5, 3.4, **_bar_style("held"))
    canvas.text(left + 8.2, middle, "målt", size=SMALL_PT, bold=True)
    canvas.line(left + 22, middle, left + 22.01, middle, **_DIAMOND)
    canvas.text(left + 25, middle, "ventet uden indsats", size=SMALL_PT, bold=True, colour=tokens.CAUTION.text)
    canvas.line(left + 60, middle - 2.2, left + 60, middle + 2.2, **_ERROR_LINE)
    canvas.text(left + 62, middle, "ved målefejl alene", size=SMALL_PT, bold=True)


def _share_marks(axes: Any, expected: Cell, error: Cell, middle: float) -> None:
    if isinstance(error.value, (int, float)):
        axes.plot([error.value] * 2, [middle - 3.6, middle + 3.6], zorder=4, **_ERROR_LINE)
    if isinstance(expected.value, (int, float)):
        axes.plot([expected.value], [middle], zorder=5, linestyle="none", **_DIAMOND)


def _bar_style(kind: str) -> dict[str, Any]:
    return {
        "down": {"facecolor": tokens.DOWN.fill, "edgecolor": tokens.DOWN.fill, "linewidth": 0.8},
        "up": {"facecolor": tokens.UP.tint, "edgecolor": tokens.UP.fill, "linewidth": 0.9, "hatch": "////"},
        "held": {"facecolor": tokens.ALMEN.fill, "edgecolor": tokens.ALMEN.fill, "linewidth": 0.8},
        "missed": {"facecolor": "white", "edgecolor": tokens.INK, "linewidth": 1.0},
        "unknown": {
            "facecolor": tokens.UNKNOWN.tint,
            "edgecolor": tokens.UNKNOWN.fill,
            "linewidth": 0.9,
            "linestyle": (0, (3, 2)),
        },
    }[kind]


def _key(canvas: Canvas, left: float, middle: float, entries: Sequence[tuple[str, str]]) -> None:
    for kind, name in entries:
        canvas.box(left, middle - 1.7, 6.5, 3.4, **_bar_style(kind))
        if kind == "unknown":
            canvas.text(left + 3.25, middle, "?", size=SMALL_PT, align="center")
        canvas.text(left + 8.2, middle, name, size=SMALL_PT, bold=True)
        left += 14 + 1.75 * len(name)


def _bar_axes(
    canvas: Canvas,
    left: float,
    top: float,
    width: float,
    height: float,
    highest: float,
    noun: str,
    *,
    whole: bool = True,
) -> Any:
    axes = canvas.axes(left, top, width, height)
    axes.set_xlim(0, 1.12 * highest)
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    axes.grid(axis="x", color=tokens.GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.axvline(0, color=tokens.REFERENCE, linewidth=0.8)
    _unit_ticks(axes, noun, whole=whole)
    return axes


def _bar(axes: Any, cell: Cell, middle: float, thickness: float, **style: Any) -> None:
    if isinstance(cell.value, (int, float)) and cell.value != 0:
        axes.barh([middle], [cell.value], height=thickness, zorder=3, **style)


def _bar_label(axes: Any, cell: Cell, table: ProtectedTable, name: str, middle: float, highest: float) -> None:
    shown = cell.status is CellStatus.SHOWN
    x = _scaled(cell, 1) if shown else 0.0
    axes.text(
        x + 0.012 * highest, middle, cell_text(cell, table.column(name)), va="center",
        fontsize=SMALL_PT, fontweight=600 if shown else 400, color=tokens.INK if shown else tokens.MUTED, zorder=4,
    )  # fmt: skip


def _meeting_row(axes: Any, planned: Cell, held: Cell, unknown: Cell | None, middle: float) -> None:
    if not isinstance(planned.value, (int, float)):
        return
    thickness = 4.6
    axes.barh([middle], [planned.value], height=thickness, zorder=2, **_bar_style("missed"))
    start = _scaled(held, 1) if isinstance(held.value, (int, float)) else 0.0
    _bar(axes, held, middle, thickness, **_bar_style("held"))
    lost = float(unknown.value) if unknown is not None and isinstance(unknown.value, (int, float)) else 0.0
    if lost > 0:
        axes.barh([middle], [lost], left=start, height=thickness, zorder=4, **_bar_style("unknown"))
        axes.text(start + lost / 2, middle, "?", ha="center", va="center", fontsize=SMALL_PT, zorder=5)


def _held_told(table: ProtectedTable, cells: dict[str, Cell], planned: str, held: str, unknown: str | None) -> str:
    if cells[planned].status is not CellStatus.SHOWN:
        return cell_text(cells[planned], table.column(planned))
    told = f"{cell_text(cells[held], table.column(held))} af {cell_text(cells[planned], table.column(planned))}"
    lost = cells[unknown].value if unknown else 0
    if isinstance(lost, (int, float)) and lost > 0:
        told += f" ({number(lost)} ukendt{'e' if lost != 1 else ''})"
    return told


def _strip(
    canvas: Canvas,
    table: ProtectedTable,
    rows: list[Row],
    label: str,
    value: str,
    own: str,
    *,
    top: float,
    scale: float,
    unit: str,
    noun: str,
) -> None:
    import numpy

    values = {str(_at(table, row, label).value): _scaled(_at(table, row, value), scale) for row in rows}
    known = sorted(v for v in values.values() if not math.isnan(v))
    axes = canvas.axes(6, top + 3, 158, 16)
    axes.set_yticks([])
    axes.set_ylim(0, 16)
    if not known:
        axes.set_xticks([])
        canvas.text(85, top + 11, EMPTY_CELL_TEXT[CellStatus.NOT_RECEIVED], colour=tokens.MUTED, align="center")
        return
    span = known[-1] - known[0] or 1.0
    axes.set_xlim(known[0] - 0.04 * span, known[-1] + 0.04 * span)
    _unit_ticks(axes, unit)
    lower, median, upper = (float(q) for q in numpy.quantile(known, (0.25, 0.5, 0.75)))
    axes.axvspan(lower, upper, ymin=0, ymax=0.72, facecolor=tokens.UNKNOWN.tint, edgecolor="none")
    for edge in (lower, upper):
        axes.plot([edge, edge], [0, 11.5], color=tokens.REFERENCE, linewidth=0.6)
    axes.plot([median, median], [0, 11.5], color=tokens.MUTED, linewidth=1.2, linestyle=(0, (4, 2)))
    _pile(axes, {name: v for name, v in values.items() if name != own and not math.isnan(v)}, span)
    _own_mark(axes, table, rows, label, value, own, scale)
    told = f"gråt felt: den midterste halvdel af {len(known)} {noun}; stiplet: midten"
    canvas.text(164, top - 1.5, told, size=SMALL_PT, colour=tokens.MUTED, align="right")


def _pile(axes: Any, values: dict[str, float], span: float) -> None:
    """Dots side by side would cover each other: put each into the lowest level where it has room."""
    width = span * 1.9 / 158
    level_ends: list[float] = []
    for dot in sorted(values.values()):
        level = next((i for i, end in enumerate(level_ends) if dot - end >= width), len(level_ends))
        if level == len(level_ends):
            level_ends.append(dot)
        level_ends[level] = dot
        axes.plot(
            [dot], [1.2 + 1.7 * min(level, 5)], "o", markersize=4, markerfacecolor="white",
            markeredgecolor=tokens.MUTED, markeredgewidth=0.9, zorder=3, clip_on=False,
        )  # fmt: skip


def _own_mark(
    axes: Any, table: ProtectedTable, rows: list[Row], label: str, value: str, own: str, scale: float
) -> None:
    row = next((row for row in rows if _at(table, row, label).value == own), None)
    cell = _at(table, row, value) if row else Cell(None, CellStatus.NOT_RECEIVED)
    low, high = axes.get_xlim()
    if cell.status is not CellStatus.SHOWN:
        axes.text(
            (low + high) / 2, 14, f"{own}: {EMPTY_CELL_TEXT[cell.status]}", ha="center", va="center", color=tokens.MUTED
        )
        return
    x = _scaled(cell, scale)
    axes.plot([x, x], [0, 12.2], color=tokens.INK, linewidth=1.0, zorder=4)
    axes.plot([x], [1.2], "D", color=tokens.INK, markersize=6.5, zorder=5, clip_on=False)
    place = (x - low) / (high - low)
    align = "left" if place < 0.2 else "right" if place > 0.8 else "center"
    told = f"{own} {cell_text(cell, table.column(value))}"
    axes.text(x, 14.2, told, ha=align, va="center", fontweight=600, zorder=6)


def _period_ticks(axes: Any, periods: list[str]) -> None:
    step = math.ceil(len(periods) / 8)
    places = [place for place in range(len(periods)) if (len(periods) - 1 - place) % step == 0]
    axes.set_xticks(places, [periods[place] for place in places])


def _line_ends(
    table: ProtectedTable,
    drawn: dict[str, list[float]],
    own: str,
    median: str,
    lower: str,
    upper: str,
    own_name: str,
) -> list[tuple[float, str, str, bool]]:
    """(height, words, colour, bold) of the labels at the right end."""
    last = {name: values[-1] for name, values in drawn.items()}
    own_cell = _cells(table, own)[-1]
    ends = [(last[own], f"{own_name} {cell_text(own_cell, table.column(own))}", tokens.ALMEN.text, True)]
    median_told = cell_text(_cells(table, median)[-1], table.column(median))
    ends.append((last[median], f"midten af kommunerne {median_told}", tokens.MUTED, False))
    ends.append(
        ((last[lower] if last[own] > last[median] else last[upper]), "den midterste halvdel", tokens.MUTED, False)
    )
    return [end for end in ends if not math.isnan(end[0])]


def _label_line_ends(axes: Any, x: float, ends: list[tuple[float, str, str, bool]], span: float) -> None:
    """Write the labels beside the line ends, moved apart where they would cover each other."""
    least = 0.115 * (1.3 * span)
    placed: list[float] = []
    for height, words, colour, bold in sorted(ends):
        y = height if not placed else max(height, placed[-1] + least)
        placed.append(y)
        axes.annotate(
            words, (x, y), (7, 0), textcoords="offset points", va="center", color=colour,
            fontweight=600 if bold else 400, annotation_clip=False,
        )  # fmt: skip
