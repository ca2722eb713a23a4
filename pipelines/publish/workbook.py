"""How does a report become a workbook: a cover, a table of contents and one sheet for each table, ready to be sorted.

It is made from the same texts as the HTML page and the PDF and knows nothing else: a hidden number, or the digits behind a
rounded one, cannot reach it. Built to be heard as well as seen, by the rules of the British government's gptables: one table
a sheet, described, with one header row; no merged cells, no empty rows or cells inside it; nothing said by colour alone.
"""

import io
import textwrap
import zipfile
from datetime import UTC, date, datetime
from typing import Any, Final

import xlsxwriter

from pipelines.publish.layout import Layout, TableText
from pipelines.publish.tokens import ALMEN, CAUTION, INK
from pipelines.publish.workbook_cells import (
    PrintedNumber,
    cells_shown,
    column_widths,
    header_names,
    printed_number,
    sheet_name,
)
from pipelines.publish.workbook_cover import (
    CONTENTS,
    CONTENTS_GUIDE,
    CONTENTS_HEADER,
    COVER,
    SHEET_GUIDE,
    CoverLine,
    cover_lines,
    section_names,
)

FONT: Final = "Arial"
FONT_SIZE: Final = 11
LINE_WIDTH: Final = 140
"""So many characters a line above a table has: few lines, since they stay on the screen, and legible on a landscape A4 page."""

_A4: Final = 9
_UNUSED_COLUMN_WIDTH: Final = 9
_MOST_IN_PAGE_HEADER: Final = 120
_STYLES: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 16, "text_wrap": True},
    "caption": {"bold": True, "font_size": 13},
    "heading": {"bold": True, "font_size": 13},
    "caution": {"bold": True, "font_color": CAUTION.text, "text_wrap": True},
    "link": {"font_color": ALMEN.text, "underline": 1},
    "text": {"text_wrap": True, "valign": "top"},
    "line": {},
    "badge": {"bold": True, "font_color": CAUTION.text},
    "header": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1},
    "number header": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "align": "right"},
    "mark": {"align": "right", "valign": "top"},
}


def sheet_names(layout: Layout) -> tuple[str, ...]:
    """The name of each table's sheet, in the order of the tables; each begins with the table's number."""
    return tuple(sheet_name(number, content.caption) for number, content in enumerate(layout.tables(), start=1))


def workbook_file(layout: Layout, *, published_on: date) -> bytes:
    """The XLSX file; the same layout and date give the same bytes."""
    target = io.BytesIO()
    # tied to no theme, whose own typeface would else stand in for ours
    default = {"font_name": FONT, "font_size": FONT_SIZE, "font_color": INK, "font_scheme": "none"}
    book = xlsxwriter.Workbook(target, {"in_memory": True, "default_format_properties": default})
    book.set_properties(
        {
            "title": layout.document_title,
            "subject": layout.banner,
            "author": layout.administration or layout.municipality,
            "company": layout.municipality,
            "created": datetime(published_on.year, published_on.month, published_on.day, tzinfo=UTC),
        }
    )
    pages = _Pages(book, layout)
    pages.add_cover()
    pages.add_contents()
    for number, (name, content) in enumerate(zip(sheet_names(layout), layout.tables(), strict=True), start=1):
        pages.add_table(name, content, number=number)
    book.close()
    return _said_to_be_danish(target.getvalue())


class _Pages:
    """The sheets of one workbook, and the formats that they share."""

    def __init__(self, book: Any, layout: Layout) -> None:
        self._book = book
        self._layout = layout
        self._styles = {name: book.add_format(style) for name, style in _STYLES.items()}
        self._number_formats: dict[str, Any] = {}

    def add_cover(self) -> None:
        sheet = self._sheet(COVER, header_row=None)
        sheet.set_column(0, 0, LINE_WIDTH)
        for row, line in enumerate(cover_lines(self._layout)):
            self._write_cover_line(sheet, row, line)

    def _write_cover_line(self, sheet: Any, row: int, line: CoverLine) -> None:
        if line.style == "link":
            self._link(sheet, row, CONTENTS, line.text)
            return
        if line.style == "heading":
            sheet.set_row(row, 30)  # air instead of an empty row, which a screen reader would stop at
        sheet.write_string(row, 0, line.text, self._styles[line.style])

    def add_contents(self) -> None:
        above = self._lines_above(CONTENTS, guide=CONTENTS_GUIDE)
        sheet = self._sheet(CONTENTS, header_row=len(above))
        self._write_above(sheet, above, link_to=COVER)
        for column, (title, width) in enumerate(zip(CONTENTS_HEADER, (34, 80, 50), strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(len(above), column, title, self._styles["header"])
        rows = zip(sheet_names(self._layout), self._layout.tables(), section_names(self._layout), strict=True)
        for row, (name, content, section) in enumerate(rows, start=len(above) + 1):
            self._link(sheet, row, name, name)
            sheet.write_string(row, 1, content.caption, self._styles["text"])
            sheet.write_string(row, 2, section, self._styles["text"])

    def add_table(self, name: str, content: TableText, *, number: int) -> None:
        above = self._lines_above(content.caption, content.note, guide=SHEET_GUIDE)
        first = len(above)
        sheet = self._sheet(name, header_row=first)
        self._write_above(sheet, above, link_to=CONTENTS)
        rows = cells_shown(content)
        header = [
            {"header": title, "header_format": self._styles["number header" if is_numeric else "header"]}
            for title, is_numeric in zip(header_names(content), content.numeric, strict=True)
        ]
        last_row, last_column = first + len(rows), len(header) - 1
        sheet.add_table(
            first,
            0,
            last_row,
            last_column,
            {
                "name": f"Tabel_{number}",
                "title": content.caption,
                "description": content.note,
                "style": "Table Style Light 1",
                "columns": header,
            },
        )
        for row, cells in enumerate(rows, start=first + 1):
            for column, (cell, is_numeric) in enumerate(zip(cells, content.numeric, strict=True)):
                self._write_cell(sheet, row, column, cell, is_numeric=is_numeric)
        self._set_widths(sheet, column_widths(content), last_row=last_row)
        # a year is a name here; without this Excel puts a warning in the corner of its cell
        sheet.ignore_errors({"number_stored_as_text": f"A{first + 1}:XFD{last_row + 1}"})

    def _sheet(self, name: str, *, header_row: int | None) -> Any:
        """A new sheet that prints on landscape A4 with the mark and the stamp, and keeps its header in sight."""
        sheet = self._book.add_worksheet(name)
        sheet.set_paper(_A4)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.8, bottom=0.8)
        title, badge, stamp = (
            _page_text(text) for text in (self._layout.document_title, self._layout.badge, self._layout.footer)
        )
        # the space keeps the size apart from a text that begins with a digit
        sheet.set_header(f'&L&"{FONT},Regular"&9 {title}' + (f'&R&"{FONT},Bold"&9 {badge}' if badge else ""))
        sheet.set_footer(f'&L&"{FONT},Regular"&9 {stamp}&R&"{FONT},Regular"&9 Side &P af &N')
        if header_row is not None:
            sheet.freeze_panes(header_row + 1, 0)
            sheet.repeat_rows(header_row)
        return sheet

    def _lines_above(self, title: str, note: str = "", *, guide: str) -> list[tuple[str, str]]:
        """(style, text) of each row above a table: title, source, that the data are made up, and the way on.

        By whose rules they were made up stands on the cover: these rows stay on the screen, which may be small or enlarged.
        """
        notes = [("line", line) for line in _wrapped(note)]
        badge = [("badge", self._layout.badge)] if self._layout.badge else []
        return [("caption", title), *notes, *badge, ("link", guide)]

    def _write_above(self, sheet: Any, above: list[tuple[str, str]], *, link_to: str) -> None:
        for row, (style, text) in enumerate(above):
            if style == "link":
                self._link(sheet, row, link_to, text)
            else:
                sheet.write_string(row, 0, text, self._styles[style])

    def _link(self, sheet: Any, row: int, to_sheet: str, text: str) -> None:
        sheet.write_url(row, 0, f"internal:'{to_sheet}'!A1", self._styles["link"], string=text)

    def _write_cell(self, sheet: Any, row: int, column: int, cell: str, *, is_numeric: bool) -> None:
        shown = printed_number(cell) if is_numeric else None
        if shown is not None:
            # not as a float, whose 0.943 would be written as 0.9429999999999999
            sheet.write_number(row, column, shown.value, self._number_format(shown))
        else:
            sheet.write_string(row, column, cell, self._styles["mark" if is_numeric else "text"])

    def _number_format(self, shown: PrintedNumber) -> Any:
        code = shown.number_format()
        if code not in self._number_formats:
            self._number_formats[code] = self._book.add_format({"num_format": code, "valign": "top"})
        return self._number_formats[code]

    def _set_widths(self, sheet: Any, widths: tuple[int, ...], *, last_row: int) -> None:
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        # the lines above run on over empty columns, which must be printed too
        empty = max(0, -(-(LINE_WIDTH - sum(widths)) // _UNUSED_COLUMN_WIDTH))
        sheet.print_area(0, 0, last_row, len(widths) + empty - 1)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, LINE_WIDTH, break_long_words=False, break_on_hyphens=False)


def _page_text(text: str) -> str:
    """`text` for the head or foot of a printed page, where an ampersand begins a code and 255 characters are all there is."""
    return textwrap.shorten(text, _MOST_IN_PAGE_HEADER, placeholder=" …").replace("&", "&&")


def _said_to_be_danish(content: bytes) -> bytes:
    """The file with its language among its properties, where screen readers look and XlsxWriter writes none."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as made, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as said:
        for part in made.infolist():
            xml = made.read(part)
            if part.filename == "docProps/core.xml":
                xml = xml.replace(b"</dc:creator>", b"</dc:creator><dc:language>da</dc:language>")
            said.writestr(part, xml)
    return target.getvalue()
