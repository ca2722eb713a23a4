"""How is a figure drawn so that 9.5 pt is 9.5 pt on paper, and the same file comes out of the same table?

A `Canvas` is 170 mm wide, measured in mm from its top left corner. A recipe (`pipelines.publish.figures`) draws the plot on it;
title, subtitle and source are real text in the document, or drawn around it on a sheet that stands alone.
"""

import io
import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pipelines.publish import fonts, tokens

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MM_PER_INCH: Final = 25.4
PT_PER_MM: Final = 72 / MM_PER_INCH
LABEL_PT: Final = tokens.TYPE_SCALE_PT["label"][0]
SMALL_PT: Final = tokens.TYPE_SCALE_PT["small"][0]
TITLE_PT: Final = tokens.TYPE_SCALE_PT["figure_title"][0]
PNG_DPI: Final = 200
BADGE_HEIGHT_MM: Final = 6.0
_HEAD_LINE_MM: Final = 4.7
_CHARACTERS_PER_LINE: Final = 108

_STYLE: Final[Any] = {
    "font.family": tokens.FONT_FAMILY,
    "font.size": LABEL_PT,
    "svg.fonttype": "path",
    "svg.hashsalt": "indsatstrappen",
    "hatch.linewidth": 1.1,
    "axes.linewidth": 0.6,
    "path.simplify": False,
}


@cache
def _register_fonts() -> None:
    from matplotlib import font_manager

    for weight in fonts.FILES:
        font_manager.fontManager.addfont(fonts.ttf_path(weight))


class Canvas:
    """A 170 mm wide drawing surface; every distance in mm from the top left of the plot area."""

    def __init__(self, height: float, *, head: float = 0.0, foot: float = 0.0) -> None:
        """A surface `height` mm tall, with room of `head` and `foot` mm around the plot area."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as MatplotlibFigure

        _register_fonts()
        self.width = float(tokens.FIGURE_WIDTH_MM)
        self.height = height
        self._head = head
        self._total = head + height + foot
        self.figure = MatplotlibFigure(figsize=(self.width / MM_PER_INCH, self._total / MM_PER_INCH))
        FigureCanvasAgg(self.figure)

    def axes(self, left: float, top: float, width: float, height: float) -> "Axes":
        """Axes with a bottom line only, in the report's colours; `top` is measured downwards."""
        axes = self.figure.add_axes(
            (
                left / self.width,
                1 - (self._head + top + height) / self._total,
                width / self.width,
                height / self._total,
            )
        )
        axes.set_facecolor("none")
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(tokens.RULE)
        axes.tick_params(length=2.5, width=0.6, color=tokens.REFERENCE, labelsize=SMALL_PT, labelcolor=tokens.MUTED)
        return axes

    def text(
        self,
        left: float,
        top: float,
        words: str,
        *,
        size: float = LABEL_PT,
        colour: str = tokens.INK,
        bold: bool = False,
        align: str = "left",
    ) -> None:
        """Words whose middle line is `top` mm down."""
        self.figure.text(
            left / self.width,
            1 - (self._head + top) / self._total,
            words,
            fontsize=size,
            color=colour,
            fontweight=600 if bold else 400,
            ha=align,
            va="center_baseline",
        )

    def box(self, left: float, top: float, width: float, height: float, **style: Any) -> None:
        """A rectangle over the whole canvas, not inside any axes."""
        from matplotlib.patches import Rectangle

        corner = (left / self.width, 1 - (self._head + top + height) / self._total)
        shape = Rectangle(corner, width / self.width, height / self._total, transform=self.figure.transFigure, **style)
        self.figure.add_artist(shape)

    def line(self, left: float, top: float, right: float, bottom: float, **style: Any) -> None:
        """A straight line between two points on the canvas."""
        from matplotlib.lines import Line2D

        x = (left / self.width, right / self.width)
        y = (1 - (self._head + top) / self._total, 1 - (self._head + bottom) / self._total)
        self.figure.add_artist(Line2D(x, y, transform=self.figure.transFigure, **style))

    def badge(self, words: str, *, top: float) -> None:
        """ "Konstruerede data" in its box, at the right edge."""
        width = 27.0
        edge = {"facecolor": tokens.CAUTION.tint, "edgecolor": tokens.CAUTION.fill, "linewidth": 0.8}
        self.box(self.width - width - 0.3, top, width, 4.6, **edge)
        self.text(
            self.width - width / 2 - 0.3,
            top + 2.3,
            words,
            size=SMALL_PT,
            colour=tokens.CAUTION.text,
            bold=True,
            align="center",
        )


Drawing = Callable[[Canvas], None]


def render(draw: Drawing, *, height: float, badge: str = "") -> str:
    """The drawing as SVG, the plot alone. `height` is the plot's, in mm."""
    with _style():
        foot = BADGE_HEIGHT_MM if badge else 0.0
        plot = Canvas(height, foot=foot)
        draw(plot)
        if badge:
            plot.badge(badge, top=height + 0.6)
        return _svg(plot)


def least_text_points(draw: Drawing, *, height: float) -> float:
    """The smallest text size in a drawing, in pt; the tests hold it to 8.5."""
    from matplotlib.text import Text

    with _style():
        plot = Canvas(height)
        draw(plot)
        plot.figure.canvas.draw()
        sizes = [
            text.get_fontsize()
            for text in plot.figure.findobj(Text)
            if isinstance(text, Text) and text.get_visible() and text.get_text().strip()
        ]
    return min(float(size) for size in sizes)


@contextmanager
def _style() -> Iterator[None]:
    import matplotlib

    with matplotlib.rc_context(_STYLE):
        yield


def _svg(plot: Canvas) -> str:
    target = io.StringIO()
    plot.figure.savefig(target, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    # The XML head and DOCTYPE are for files; inside a page or a PDF the element alone is wanted.
    return re.sub(r"\A.*?(?=<svg)", "", target.getvalue(), flags=re.DOTALL)


def render_sheet(draw: Drawing, *, height: float, title: str, subtitle: str, source: str) -> bytes:
    """The drawing as PNG with title, subtitle and source: a sheet that stands alone. `height` is the plot's, in mm."""
    with _style():
        return _sheet(draw, height, title, subtitle, source)


def _sheet(draw: Drawing, height: float, title: str, subtitle: str, source: str) -> bytes:
    lines = textwrap.wrap(subtitle, _CHARACTERS_PER_LINE)
    notes = textwrap.wrap(source, _CHARACTERS_PER_LINE)
    margin = 4.0
    head = margin + 7 + _HEAD_LINE_MM * len(lines) + 3
    foot = max(4.2 * len(notes) + 5, BADGE_HEIGHT_MM + 2) + margin
    sheet = Canvas(height, head=head, foot=foot)
    draw(sheet)
    sheet.text(0.5, -head + margin + 2.5, title, size=TITLE_PT + 1, bold=True)
    for position, line in enumerate(lines):
        sheet.text(0.5, -head + margin + 9 + _HEAD_LINE_MM * position, line, colour=tokens.MUTED)
    sheet.line(0, height + 1.5, sheet.width, height + 1.5, color=tokens.RULE, linewidth=0.6)
    for position, line in enumerate(notes):
        sheet.text(0.5, height + 4.8 + 4.2 * position, line, size=SMALL_PT, colour=tokens.MUTED)
    from matplotlib.transforms import Bbox

    width, tall = sheet.figure.get_size_inches()
    pad = margin / MM_PER_INCH
    around = Bbox(((-pad, 0), (width + pad, tall)))
    target = io.BytesIO()
    sheet.figure.savefig(
        target, format="png", dpi=PNG_DPI, facecolor="white", metadata={"Software": None}, bbox_inches=around
    )
    return target.getvalue()
