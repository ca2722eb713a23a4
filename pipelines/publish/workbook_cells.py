"""How does a printed table become cells of a workbook: numbers with their format, headers with units, legal sheet names?

Pure functions over the very texts that the HTML page shows, so that a cell holds the rounded number a reader sees and never
the digits behind it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pipelines.disclosure.table import EMPTY_CELL_TEXT, CellStatus
from pipelines.publish.danish import MINUS, NBSP, number
from pipelines.publish.layout import TableText

NO_ROWS: Final = "[ingen rækker]"
"""In every cell of the one row that a table without rows has: Excel knows no table of a header alone."""

NO_TEXT: Final = "[ingen tekst]"

MARKS: Final[dict[str, str]] = {
    EMPTY_CELL_TEXT[
        CellStatus.HIDDEN
    ]: "Tallet er skjult. Det bygger på for få børn eller medarbejdere, eller det ville røbe et andet skjult tal.",
    EMPTY_CELL_TEXT[CellStatus.HIDDEN_BY_SOURCE]: "Kilden har tallet, men viser det ikke.",
    EMPTY_CELL_TEXT[CellStatus.LEFT_OUT_BY_SOURCE]: "Kilden har sendt andre tal af samme slags, men ikke dette.",
    EMPTY_CELL_TEXT[CellStatus.NOT_RECEIVED]: "Vi har ikke fået tallet.",
    EMPTY_CELL_TEXT[CellStatus.NOT_COMPUTABLE]: "Tallet kan ikke regnes ud af det, vi har fået.",
    NO_ROWS: "Tabellen har ingen rækker.",
    NO_TEXT: "Der står ingen tekst her.",
}
"""What stands in a cell instead of a number or a text, and what it says."""

LONGEST_SHEET_NAME: Final = 31
MOST_DIGITS: Final = 15
"""More digits than these Excel does not keep."""

WIDEST_COLUMN: Final = 60
NARROWEST_COLUMN: Final = 9
_ROOM_FOR_FILTER_BUTTON: Final = 4
_HEADER_LINES: Final = 3

# "−1.234,6 %" as `danish.cell_text` writes it; 007 and 2026 are names, not numbers
_PRINTED: Final = re.compile(rf"({MINUS}?)(0|[1-9]\d{{0,2}}(?:\.\d{{3}})*)(?:,(\d+))?({NBSP}%)?")
# Danish separators also where the computer is set to another language
_IN_DANISH: Final = "[$-406]"


@dataclass(frozen=True)
class PrintedNumber:
    """A number exactly as rounded for print. `value` of a percent is the share: 0.946 for 94,6 %."""

    value: Decimal
    decimals: int
    is_percent: bool

    def number_format(self) -> str:
        """The format under which a spreadsheet prints the value as the report does."""
        digits = "#,##0" + ("." + "0" * self.decimals if self.decimals else "")
        unit = f'"{NBSP}"%' if self.is_percent else ""
        return f'{_IN_DANISH}{digits}{unit};{_IN_DANISH}"{MINUS}"{digits}{unit}'


def printed_number(text: str) -> PrintedNumber | None:
    """The number that `text` prints, or None where it prints something else.

    Example: `printed_number("1.234,5")` is 1234.5 with one decimal.
    """
    match = _PRINTED.fullmatch(text)
    if match is None:
        return None
    sign, whole, decimals, percent = (
        match.group(1),
        match.group(2).replace(".", ""),
        match.group(3) or "",
        match.group(4),
    )
    if len(whole + decimals) > MOST_DIGITS:
        return None
    value = Decimal(f"{'-' if sign else ''}{whole}" + (f".{decimals}" if decimals else ""))
    return PrintedNumber(value.scaleb(-2) if percent else value, len(decimals), bool(percent))


def printed_under(value: Decimal, number_format: str) -> str:
    """What a reader sees of `value` under a format that `PrintedNumber.number_format` made."""
    first = number_format.partition(";")[0]
    decimals = len(first.partition(".")[2].partition('"')[0])
    return f"{number(value * 100, decimals)}{NBSP}%" if first.endswith("%") else number(value, decimals)


def cells_shown(content: TableText) -> tuple[tuple[str, ...], ...]:
    """The rows of the table as text, with a mark where there would be nothing."""
    rows = content.rows or ((NO_ROWS,) * len(content.header),)
    return tuple(tuple(cell or NO_TEXT for cell in row) for row in rows)


def header_names(content: TableText) -> tuple[str, ...]:
    """The headers with their unit where they do not say it themselves, each different from the others, as Excel asks."""
    names: list[str] = []
    for title, unit in zip(content.header, content.units, strict=True):
        wanted = _with_unit(" ".join(title.splitlines()) or NO_TEXT, unit)
        taken = {name.lower() for name in names}
        # letters, since a digit would be a number that no table shows
        endings = ("", *(f" ({letter})" for letter in "bcdefghijklmnopqrstuvwxyz"))
        names.append(next(f"{wanted}{ending}" for ending in endings if f"{wanted}{ending}".lower() not in taken))
    return tuple(names)


def _with_unit(title: str, unit: str) -> str:
    said = title.lower()
    is_said = unit.lower() in said or (unit == "%" and "procent" in said)
    return title if is_said else f"{title} ({unit})"


def sheet_name(table_number: int, caption: str) -> str:
    """The table's number and the first words of its title: at most 31 characters, none that Excel forbids.

    Example: `sheet_name(7, "Tabel 7. Udgift i alt: kroner")` is "7 Udgift i alt – kroner".
    """
    title = re.sub(r":\s", " – ", caption.partition(". ")[2].replace("'", ""))
    title = re.sub(r"[\[\]*?]", " ", re.sub(r"[/\\:]", "-", title))
    words = [word for word in title.split() if word.isprintable() and max(word) <= "\uffff"]
    whole = " ".join((str(table_number), *words))
    if not words or len(whole) <= LONGEST_SHEET_NAME:
        return whole if words else f"Tabel {table_number}"
    room = LONGEST_SHEET_NAME - len("…")
    kept = whole[: room + 1].rpartition(" ")[0].rstrip(" ,;.–-")
    return f"{kept}…" if " " in kept else f"Tabel {table_number}"


def column_widths(content: TableText) -> tuple[int, ...]:
    """The width of each column in characters: its longest cell, within bounds, and a header on few lines with its button."""
    return tuple(
        _width(name, [row[place] for row in cells_shown(content)]) for place, name in enumerate(header_names(content))
    )


def _width(header: str, cells: Sequence[str]) -> int:
    longest_word = max(map(len, header.split()))
    for_header = max(longest_word, -(-len(header) // _HEADER_LINES)) + _ROOM_FOR_FILTER_BUTTON
    for_cells = max(map(len, cells)) + 2
    return max(NARROWEST_COLUMN, min(WIDEST_COLUMN, max(for_header, for_cells)))
