"""Which of the expected meetings were held? A calendar: one row per unit, one box per expected meeting, in the weeks of a school year.

Every kind of outcome has its own mark, so that no colour stands alone. The figure is drawn from the very letters that the protected
table prints: `written_windows` makes them, and `read_windows` reads them back.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from pipelines.disclosure.table import ProtectedTable
from pipelines.publish import alt_text as alt
from pipelines.publish import tokens
from pipelines.publish.canvas import SMALL_PT, Canvas
from pipelines.publish.danish import number
from pipelines.publish.figures import FigureWords, make_figure
from pipelines.publish.section import Figure

LETTERS: Final[Mapping[str, str]] = {
    "held": "H",
    "late": "F",
    "cancelled": "A",
    "unknown": "U",
    "missing": "I",
    "not_due": "V",
}
"""The letter of each outcome of `core.fct_expected_session`."""

LETTER_WORDS: Final = "H er holdt, F er flyttet og holdt, A er ikke holdt, U er uden referat, I er ikke i mødeloggen."
_KEY: Final = (
    ("H", "holdt"),
    ("F", "flyttet og holdt"),
    ("A", "ikke holdt"),
    ("U", "referat mangler"),
    ("I", "intet i loggen"),
)
_LEFT: Final = 63.0
_WIDTH: Final = 84.0
_HEAD: Final = 7.0
_PITCH: Final = 5.6
_BOX: Final = 4.4
_NAME_CHARACTERS: Final = 34
_MOST_WEEK_LABELS: Final = 8
_MONTHS: Final = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_WRITTEN: Final = re.compile(r"(\d+)-(\d+)([A-Z])")


@dataclass(frozen=True)
class Window:
    """One expected meeting: the ISO weeks it could be held in, both included, and the letter of what became of it."""

    first_week: int
    last_week: int
    letter: str


def written_windows(windows: Sequence[Window]) -> str:
    """ "33-38H 39-45F": the windows as the table prints them."""
    return " ".join(f"{each.first_week}-{each.last_week}{each.letter}" for each in windows)


def read_windows(written: str) -> tuple[Window, ...]:
    """The windows that `written_windows` wrote."""
    return tuple(Window(int(first), int(last), letter) for first, last, letter in _WRITTEN.findall(written))


def meeting_calendar(
    table: ProtectedTable,
    words: FigureWords,
    *,
    label: str,
    windows: str,
    expected: str,
    held: Sequence[str],
    school_year: str,
    subject: str,
    shown: str = "",
) -> Figure:
    """One row per row of the table; `windows` is the column of letters, `held` the columns that together count the held meetings.

    `subject` is the kind of meeting, and `shown` a sentence on which rows are here where they are not all.
    """
    rows = [
        _Row(str(cells[label]), read_windows(str(cells[windows])), _told(cells, expected, held))
        for cells in _plain_rows(table)
    ]
    height = _HEAD + _PITCH * len(rows) + 9
    year = _Year(int(school_year[:4]))

    def draw(canvas: Canvas) -> None:
        _week_labels(canvas, rows, year, height=_PITCH * len(rows))
        canvas.text(_LEFT + _WIDTH + 4, 3.0, "holdt", size=SMALL_PT, colour=tokens.MUTED)
        for position, row in enumerate(rows):
            middle = _HEAD + _PITCH * (position + 0.5)
            canvas.text(_LEFT - 3, middle, _short(row.name), align="right")
            canvas.text(_LEFT + _WIDTH + 4, middle, row.told)
            for window in row.windows:
                _window(canvas, window, year, middle)
        _key(canvas, height - 4.0)

    written = words.alt_text or alt.meeting_calendar(
        table, label=label, expected=expected, held=held, school_year=school_year, subject=subject, shown=shown
    )
    return make_figure(table, words, draw, height=height, alt_text=written, gap_note="")


@dataclass(frozen=True)
class _Row:
    name: str
    windows: tuple[Window, ...]
    told: str


@dataclass(frozen=True)
class _Year:
    """The weeks from August to July of the next year, on the drawing's own scale."""

    first_year: int

    def monday(self, week: int) -> date:
        """The Monday of an ISO week of the school year: the late weeks lie in its first year, the early ones in its second."""
        is_autumn = week >= date(self.first_year, 7, 31).isocalendar().week
        return date.fromisocalendar(self.first_year if is_autumn else self.first_year + 1, week, 1)

    def place(self, day: date) -> float:
        """Millimetres from the left edge of the drawing."""
        first, last = date(self.first_year, 8, 1), date(self.first_year + 1, 7, 5)
        return _LEFT + _WIDTH * (day - first).days / (last - first).days


def _plain_rows(table: ProtectedTable) -> list[dict[str, Any]]:
    names = [column.name for column in table.columns]
    return [{name: cell.value for name, cell in zip(names, row, strict=True)} for row in table.rows]


def _told(cells: Mapping[str, Any], expected: str, held: Sequence[str]) -> str:
    return f"{number(sum(cells[name] or 0 for name in held))} af {number(cells[expected] or 0)}"


def _short(name: str) -> str:
    """A name as it has room; its district goes first, its last word never: names that begin alike are told apart by it.

    The table has it in full.
    """
    if len(name) > _NAME_CHARACTERS:
        name = name.partition(",")[0]
    if len(name) <= _NAME_CHARACTERS:
        return name
    room = _NAME_CHARACTERS - 2
    last = name.split()[-1][-(room - 4) :]
    first = name[: room - len(last) + 1]
    return f"{first[: first.rfind(' ')] if ' ' in first else first[:-1]}… {last}"


def _week_labels(canvas: Canvas, rows: Sequence[_Row], year: _Year, *, height: float) -> None:
    """The first week of each box where all rows have the same few; otherwise the months."""
    weeks = {tuple(window.first_week for window in row.windows) for row in rows}
    shared = next(iter(weeks)) if len(weeks) == 1 else ()
    if shared and len(shared) <= _MOST_WEEK_LABELS:
        for place, week in enumerate(shared):
            said = str(week) if place else f"uge {week}"
            canvas.text(year.place(year.monday(week)), 3.0, said, size=SMALL_PT, colour=tokens.MUTED)
        return
    for month in (8, 10, 12, 2, 4, 6):
        first = date(year.first_year + (month < 8), month, 1)
        left = year.place(first)
        canvas.line(left, _HEAD - 1, left, _HEAD + height, color=tokens.GRID, linewidth=0.7, zorder=0)
        canvas.text(left, 3.0, _MONTHS[month - 1], size=SMALL_PT, colour=tokens.MUTED)


def _window(canvas: Canvas, window: Window, year: _Year, middle: float) -> None:
    left = year.place(year.monday(window.first_week))
    right = year.place(year.monday(window.last_week) + timedelta(days=6))
    _mark(canvas, window.letter, left + 0.3, middle, right - left - 0.6)


def _mark(canvas: Canvas, letter: str, left: float, middle: float, width: float) -> None:
    """The box of one letter: solid, solid with an arrow, a cross, a question mark, or empty with a dashed edge."""
    canvas.box(left, middle - _BOX / 2, width, _BOX, **_style(letter))
    centre, reach = left + width / 2, min(1.1, 0.3 * width)
    if letter == "F":
        white = {"color": tokens.WHITE, "linewidth": 1.1, "solid_capstyle": "butt"}
        canvas.line(centre - reach, middle, centre + reach, middle, **white)
        for way in (-0.7, 0.7):
            canvas.line(centre + 0.3 * reach, middle + way * reach, centre + reach, middle, **white)
    if letter == "A":
        for way in (-reach, reach):
            canvas.line(centre - reach, middle - way, centre + reach, middle + way, color=tokens.INK, linewidth=1.3)
    if letter == "U":
        canvas.text(centre, middle, "?", size=SMALL_PT, bold=True, align="center")


def _style(letter: str) -> dict[str, Any]:
    solid = {"facecolor": tokens.ALMEN.fill, "edgecolor": tokens.ALMEN.fill, "linewidth": 0.6}
    dashed = {"edgecolor": tokens.UNKNOWN.fill, "linewidth": 0.8, "linestyle": (0, (3, 2))}
    return {
        "H": solid,
        "F": solid,
        "A": {"facecolor": tokens.WHITE, "edgecolor": tokens.INK, "linewidth": 1.0},
        "U": {"facecolor": tokens.UNKNOWN.tint, **dashed},
        "I": {"facecolor": tokens.WHITE, **dashed},
        "V": {"facecolor": tokens.PANEL, "edgecolor": tokens.RULE, "linewidth": 0.6},
    }[letter]


def _key(canvas: Canvas, middle: float) -> None:
    left = 4.0
    for letter, name in _KEY:
        _mark(canvas, letter, left, middle, 7.0)
        canvas.text(left + 8.6, middle, name, size=SMALL_PT)
        left += 13.5 + 1.62 * len(name)
