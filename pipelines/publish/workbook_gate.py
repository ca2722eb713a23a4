"""May this workbook be published? It must hold the report's tables cell by cell, and no number that the HTML does not show."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.publish.danish import cell_text
from pipelines.publish.layout import BADGE, Layout, TableText
from pipelines.publish.reading import DocumentRead, folded
from pipelines.publish.section import Report
from pipelines.publish.workbook import sheet_names
from pipelines.publish.workbook_cells import NO_ROWS, NO_TEXT, header_names
from pipelines.publish.workbook_cover import CONTENTS, COVER
from pipelines.publish.workbook_reading import CellRead, SheetRead, TableObjectRead, WorkbookRead

LANGUAGE: Final = "da"

_DIGITS: Final = re.compile(r"\d+(?:[.,]\d+)*")

Failures = list[str]


def check_workbook(report: Report, layout: Layout, *, workbook: WorkbookRead, html: DocumentRead) -> Failures:
    """Every failure of the finished workbook, as sentences that say where and what."""
    expected = (COVER, CONTENTS, *sheet_names(layout))
    found = tuple(sheet.name for sheet in workbook.sheets)
    if found != expected:
        return [f"Regnearket har {len(found)} ark, hvis navne ikke er de {len(expected)}, rapporten skal have."]
    failures = [f"Regnearket: delen {name} hører ikke til." for name in workbook.unknown_parts]
    if workbook.language != LANGUAGE:
        failures.append("Regnearket: sproget er ikke angivet som dansk.")
    for sheet in workbook.sheets:
        failures += [f"{_where(sheet)}: {fault}." for fault in sheet.faults]
        failures += _marks_missing(sheet, layout)
    for sheet, table, content in zip(workbook.sheets[2:], report.tables(), layout.tables(), strict=True):
        failures += _table_failures(sheet, table, content)
    return failures + _unknown_numbers(workbook, layout, html)


def _where(sheet: SheetRead) -> str:
    return f"Regnearket, {sheet.name}"


def _marks_missing(sheet: SheetRead, layout: Layout) -> Failures:
    """The stamp on each printed page, and the mark of made-up data on them and on the screen, only where they are made up."""
    failures = []
    if not _is_stamp(folded(sheet.page_footer.partition("Side ")[0]), folded(layout.footer)):
        failures.append(f"{_where(sheet)}: stemplet mangler i sidefoden.")
    on_screen = any(cell.text.startswith(BADGE) for cell in sheet.cells.values())
    if {BADGE in sheet.page_header, on_screen} != {bool(layout.badge)}:
        what = "mangler" if layout.badge else "står på rigtige tal"
        failures.append(f"{_where(sheet)}: mærket »{BADGE}« {what}.")
    return failures


def _is_stamp(found: str, stamp: str) -> bool:
    """Whether the stamp was found whole, or as much of it as a page's foot holds."""
    return found == stamp or (found.endswith("…") and stamp.startswith(found.removesuffix("…")))


def _table_failures(sheet: SheetRead, table: ProtectedTable, content: TableText) -> Failures:
    where = _where(sheet)
    if len(sheet.tables) != 1:
        return [f"{where}: fandt {len(sheet.tables)} tabeller, ventede 1."]
    found = sheet.tables[0]
    failures = _described(sheet, found, content)
    names = header_names(content)
    header_row, *rows = sheet.rows(found.first_row, found.last_row)
    if found.header != names or header_row != names:
        failures.append(f"{where}: overskrifterne er ikke dem, den beskyttede tabel har.")
    if not found.has_filter:
        failures.append(f"{where}: tabellen kan ikke sorteres.")
    if max(row for row, _ in sheet.cells) != found.last_row:
        failures.append(f"{where}: der står noget under tabellen.")
    if list(rows) != _printed(table):
        failures.append(f"{where}: cellerne er ikke dem, den beskyttede tabel viser.")
        return failures
    return failures + _number_failures(sheet, table, first_row=found.first_row + 1)


def _described(sheet: SheetRead, found: TableObjectRead, content: TableText) -> Failures:
    """Title in the first cell, source and notes below it, and both as what a screen reader says of the table."""
    above = [cells[0] for cells in sheet.rows(0, found.first_row - 1)]
    is_told = above[0] == found.title == content.caption
    is_told &= found.description == content.note and folded("".join(above[1:])).startswith(folded(content.note))
    return [] if is_told else [f"{_where(sheet)}: titel og kilde er ikke dem, rapporten har."]


def _printed(table: ProtectedTable) -> list[tuple[str, ...]]:
    """What the protected table shows, by the road that the HTML takes too, and the marks of a workbook."""
    rows = [
        tuple(cell_text(cell, column) or NO_TEXT for cell, column in zip(row, table.columns, strict=True))
        for row in table.rows
    ]
    return rows or [(NO_ROWS,) * len(table.columns)]


def _number_failures(sheet: SheetRead, table: ProtectedTable, *, first_row: int) -> Failures:
    """A number is stored as a number, so that it sorts, and with the shown digits alone; a hidden cell is a text."""
    failures = []
    for number, cells in enumerate(table.rows, start=first_row):
        for place, (cell, column) in enumerate(zip(cells, table.columns, strict=True)):
            stored: CellRead = sheet.cells[(number, place)]
            is_number = cell.status is CellStatus.SHOWN and column.kind != "label" and not isinstance(cell.value, str)
            if is_number != (stored.value is not None) and not isinstance(cell.value, str):
                failures.append(
                    f"{_where(sheet)}, {column.title}: en celle er gemt som {'tekst' if is_number else 'tal'}."
                )
            if stored.holds_more_than_it_shows:
                failures.append(f"{_where(sheet)}, {column.title}: et tal er gemt med flere cifre, end det vises med.")
    return list(dict.fromkeys(failures))


def _unknown_numbers(workbook: WorkbookRead, layout: Layout, html: DocumentRead) -> Failures:
    """No digits anywhere in the file that a reader of the HTML page does not see too."""
    known = {number for text in (*_shown_by_html(layout, html), layout.footer) for number in _DIGITS.findall(text)}
    unknown = {number for text in workbook.words() for number in _DIGITS.findall(text)} - known
    return [f"Regnearket: tallet {number} står ikke i HTML-udgaven." for number in sorted(unknown)]


def _shown_by_html(layout: Layout, html: DocumentRead) -> Iterable[str]:
    """The texts of the structure that were found on the page; read there alone, neighbouring cells would run together."""
    page = folded(html.flow) + "\0" + "\0".join(folded(table.text) for table in html.tables)
    return (text for text in _texts(layout.to_dict()) if folded(text) in page)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            if name != "svg":
                yield from _texts(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part)
