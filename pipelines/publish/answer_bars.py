"""How often was it so, how often not, and how often did nobody write it down? One bar per row in three parts, "41 af 48" beside."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable
from pipelines.publish import alt_text as alt
from pipelines.publish import tokens
from pipelines.publish.canvas import LABEL_PT, PT_PER_MM, SMALL_PT, Canvas
from pipelines.publish.danish import cell_text, number
from pipelines.publish.figures import FigureWords, make_figure
from pipelines.publish.section import Figure

_LEFT: Final = 62.0
_WIDTH: Final = 76.0
_HEAD: Final = 7.0
_PITCH: Final = 8.4
_BAR_MM: Final = 4.6
_LABEL_CHARACTERS: Final = 36
_LINE_MM: Final = 1.16 * LABEL_PT / PT_PER_MM
_STYLES: Final[dict[str, dict[str, Any]]] = {
    "yes": {"facecolor": tokens.ALMEN.fill, "edgecolor": tokens.ALMEN.fill, "linewidth": 0.8},
    "no": {"facecolor": tokens.WHITE, "edgecolor": tokens.INK, "linewidth": 1.0},
    "unknown": {
        "facecolor": tokens.UNKNOWN.tint,
        "edgecolor": tokens.UNKNOWN.fill,
        "linewidth": 0.9,
        "linestyle": (0, (3, 2)),
    },
}


@dataclass(frozen=True)
class AnswerWords:
    """What the three parts of a bar are called under the figure; `unknown` is empty where nothing can be unknown."""

    yes: str
    no: str
    unknown: str = ""


def answer_bars(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    whole: str,
    yes: str,
    answers: AnswerWords,
    unknown: str | None = None,
    noun: str = "møder",
) -> Figure:
    """One bar per row, all of the same length for 100 percent of `whole`: `yes` solid, `unknown` dashed, the rest an empty frame."""
    names = [name for name in (label, whole, yes, unknown) if name]
    rows = [{name: row[table.column_index(name)] for name in names} for row in table.rows]
    height = _HEAD + _PITCH * len(rows) + 2

    def draw(canvas: Canvas) -> None:
        _key(canvas, answers)
        for position, cells in enumerate(rows):
            middle = _HEAD + _PITCH * (position + 0.5)
            _label(canvas, str(cells[label].value), middle)
            _bar(canvas, cells[whole], cells[yes], cells[unknown] if unknown else None, middle)
            canvas.text(_LEFT + _WIDTH + 4, middle, _told(table, cells[yes], cells[whole], yes=yes, whole=whole))

    written = words.alt_text or alt.answer_bars(table, label=label, whole=whole, yes=yes, noun=noun, said=answers.yes)
    return make_figure(table, words, draw, height=height, alt_text=written)


def _bar(canvas: Canvas, whole: Cell, yes: Cell, unknown: Cell | None, middle: float) -> None:
    """Nothing is drawn of what is not shown."""
    everything, part = _value(whole), _value(yes)
    if not everything or part is None:
        return
    lost = (_value(unknown) if unknown else 0.0) or 0.0
    top = middle - _BAR_MM / 2
    canvas.box(_LEFT, top, _WIDTH, _BAR_MM, **_STYLES["no"])
    if part:
        canvas.box(_LEFT, top, _WIDTH * part / everything, _BAR_MM, **_STYLES["yes"])
    if lost:
        canvas.box(_LEFT + _WIDTH * part / everything, top, _WIDTH * lost / everything, _BAR_MM, **_STYLES["unknown"])
        canvas.text(_LEFT + _WIDTH * (part + lost / 2) / everything, middle, "?", size=SMALL_PT, align="center")


def _told(table: ProtectedTable, part: Cell, everything: Cell, *, yes: str, whole: str) -> str:
    if part.status is not CellStatus.SHOWN:
        return cell_text(part, table.column(yes))
    if everything.status is not CellStatus.SHOWN:
        return cell_text(everything, table.column(whole))
    return f"{number(float(part.value or 0))} af {number(float(everything.value or 0))}"


def _value(cell: Cell) -> float | None:
    return float(cell.value) if isinstance(cell.value, (int, float)) else None


def _label(canvas: Canvas, name: str, middle: float) -> None:
    lines: Sequence[str] = textwrap.wrap(name, _LABEL_CHARACTERS)[:2]
    for place, line in enumerate(lines):
        canvas.text(_LEFT - 3, middle + _LINE_MM * (place - (len(lines) - 1) / 2), line, align="right")


def _key(canvas: Canvas, answers: AnswerWords) -> None:
    left = _LEFT
    for kind, name in (("yes", answers.yes), ("no", answers.no), ("unknown", answers.unknown)):
        if not name:
            continue
        canvas.box(left, 0.9, 6.5, 3.4, **_STYLES[kind])
        if kind == "unknown":
            canvas.text(left + 3.25, 2.6, "?", size=SMALL_PT, align="center")
        canvas.text(left + 8.2, 2.6, name, size=SMALL_PT, bold=True)
        left += 14 + 1.75 * len(name)
