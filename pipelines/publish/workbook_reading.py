"""What does a reader, or anyone who opens its parts, meet in a finished workbook: cells, tables, links, heads, properties.

The XLSX file is read as the zip of XML parts that it is, so that nothing a spreadsheet program would keep to itself (formulas,
hidden sheets, a remembered value) stays unseen. The gates compare what was read with the structure.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from xml.etree import ElementTree

from pipelines.publish.workbook_cells import printed_under

_KNOWN_PARTS: Final = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:app|core)\.xml|xl/(?:workbook|styles|sharedStrings)\.xml"
    r"|xl/_rels/workbook\.xml\.rels|xl/theme/theme1\.xml|xl/worksheets/(?:_rels/)?sheet\d+\.xml(?:\.rels)?"
    r"|xl/tables/table\d+\.xml"
)
_TIMES: Final = ("created", "modified")
_PAGE_CODE: Final = re.compile(r'&"[^"]*"|&\d+|&[A-Z]')


@dataclass(frozen=True)
class CellRead:
    """One cell: a text, or a number with the format it is shown under. A cell of neither is empty."""

    text: str = ""
    value: Decimal | None = None
    number_format: str = ""

    @property
    def printed(self) -> str:
        """What a reader sees."""
        return self.text if self.value is None else printed_under(self.value, self.number_format)

    @property
    def holds_more_than_it_shows(self) -> bool:
        """Whether the stored number has digits that the format rounds away."""
        if self.value is None:
            return False
        first = self.number_format.partition(";")[0]
        decimals = len(first.partition(".")[2].partition('"')[0]) + (2 if first.endswith("%") else 0)
        return round(self.value, decimals) != self.value


@dataclass(frozen=True)
class TableObjectRead:
    """One table object: its headers and range (rows from 0), whether it can be sorted, and what is said for it aloud."""

    header: tuple[str, ...]
    first_row: int
    last_row: int
    has_filter: bool
    title: str
    description: str


@dataclass(frozen=True)
class SheetRead:
    """One sheet. `cells` by (row, column) from 0; `faults` are what a published sheet must not hold, in Danish."""

    name: str
    cells: dict[tuple[int, int], CellRead]
    tables: tuple[TableObjectRead, ...]
    page_header: str
    page_footer: str
    faults: tuple[str, ...]

    def rows(self, first: int, last: int) -> tuple[tuple[str, ...], ...]:
        """What is printed in the rows from `first` to `last`, both included."""
        wide = 1 + max((column for row, column in self.cells if first <= row <= last), default=-1)
        empty = CellRead()
        return tuple(
            tuple(self.cells.get((row, column), empty).printed for column in range(wide))
            for row in range(first, last + 1)
        )


@dataclass(frozen=True)
class WorkbookRead:
    """All that was read: the sheets, the texts of the document's properties, and parts that should not be there."""

    sheets: tuple[SheetRead, ...]
    properties: tuple[str, ...]
    language: str
    unknown_parts: tuple[str, ...]

    def words(self) -> Iterable[str]:
        """Every text and printed number in the file, cells and what lies around them."""
        yield from self.properties
        for sheet in self.sheets:
            yield from (sheet.name, sheet.page_header, sheet.page_footer)
            yield from (cell.printed for cell in sheet.cells.values())
            for table in sheet.tables:
                yield from (*table.header, table.title, table.description)


def read_workbook(content: bytes) -> WorkbookRead:
    """What the file says, of whose parts the shapes are those that `workbook_file` writes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        texts = _shared_strings(archive)
        formats = _number_formats(archive)
        core = list(_part(archive, "docProps/core.xml"))
        app = _part(archive, "docProps/app.xml")
        return WorkbookRead(
            sheets=tuple(_sheet(archive, name, path, state, texts, formats) for name, path, state in _sheets(archive)),
            properties=tuple(text for item in core if _tag(item) not in _TIMES and (text := _all_text(item)))
            + tuple(text for item in app.iter() if _tag(item) == "Company" and (text := _all_text(item))),
            language=next((_all_text(item) for item in core if _tag(item) == "language"), ""),
            unknown_parts=tuple(name for name in names if not _KNOWN_PARTS.fullmatch(name)),
        )


def _sheet(
    archive: zipfile.ZipFile, name: str, path: str, state: str, texts: list[str], formats: list[str]
) -> SheetRead:
    root = _part(archive, path)
    parts = {_tag(item): item for item in root}
    head_and_foot = parts.get("headerFooter", ElementTree.Element("headerFooter"))
    heads = {_tag(item): _PAGE_CODE.sub("", _all_text(item).replace("&&", "\0")) for item in head_and_foot}
    cells, cell_faults = _cells(parts["sheetData"], texts, formats)
    hidden = ["arket er skjult"] if state != "visible" else []
    hidden += [
        "en række eller kolonne er skjult"
        for item in root.iter()
        if _tag(item) in ("row", "col") and item.get("hidden")
    ]
    merged = ["celler er flettet"] if "mergeCells" in parts else []
    links = [
        "et link fører ud af filen"
        for item in parts.get("hyperlinks", ())
        if any(key.endswith("}id") for key in item.attrib) or not item.get("location")
    ]
    return SheetRead(
        name=name,
        cells=cells,
        tables=tuple(_table(archive, target) for target in _related(archive, path)),
        page_header=heads.get("oddHeader", "").replace("\0", "&"),
        page_footer=heads.get("oddFooter", "").replace("\0", "&"),
        faults=(*hidden, *merged, *links, *cell_faults),
    )


def _cells(
    data: ElementTree.Element, texts: list[str], formats: list[str]
) -> tuple[dict[tuple[int, int], CellRead], list[str]]:
    cells, faults = {}, []
    for item in data.iter():
        if _tag(item) != "c":
            continue
        parts = {_tag(part): part.text or "" for part in item}
        kind, reference = item.get("t", "n"), str(item.get("r"))
        if kind not in ("s", "n") or set(parts) - {"v"}:
            faults.append(f"{reference} er hverken tekst eller tal")
        elif kind == "s":
            cells[_place(reference)] = CellRead(text=texts[int(parts["v"])])
        elif "v" in parts:
            style = formats[int(item.get("s", "0"))]
            cells[_place(reference)] = CellRead(value=Decimal(parts["v"]), number_format=style)
    return cells, faults


def _table(archive: zipfile.ZipFile, path: str) -> TableObjectRead:
    root = _part(archive, path)
    first, _, last = str(root.get("ref")).partition(":")
    said = next((item for item in root.iter() if item.get("altText") is not None), root)
    return TableObjectRead(
        header=tuple(_unescaped(str(item.get("name"))) for item in root.iter() if _tag(item) == "tableColumn"),
        first_row=_place(first)[0],
        last_row=_place(last)[0],
        has_filter=any(_tag(item) == "autoFilter" for item in root),
        title=_unescaped(said.get("altText", "")),
        description=_unescaped(said.get("altTextSummary", "")),
    )


def _sheets(archive: zipfile.ZipFile) -> Iterable[tuple[str, str, str]]:
    """(name, path, state) of each sheet, in the order of the tabs."""
    targets = {str(item.get("Id")): str(item.get("Target")) for item in _part(archive, "xl/_rels/workbook.xml.rels")}
    for item in _part(archive, "xl/workbook.xml").iter():
        if _tag(item) == "sheet":
            relation = next(value for key, value in item.attrib.items() if key.endswith("}id"))
            yield str(item.get("name")), f"xl/{targets[relation]}", item.get("state", "visible")


def _related(archive: zipfile.ZipFile, path: str) -> Iterable[str]:
    """The paths of the table parts that the sheet at `path` names."""
    folder, name = posixpath.split(path)
    relations = f"{folder}/_rels/{name}.rels"
    if relations not in archive.namelist():
        return
    for item in _part(archive, relations):
        if str(item.get("Type")).endswith("/table"):
            yield posixpath.normpath(posixpath.join(folder, str(item.get("Target"))))


def _shared_strings(archive: zipfile.ZipFile) -> list[str]:
    return [_all_text(item) for item in _part(archive, "xl/sharedStrings.xml")]


def _number_formats(archive: zipfile.ZipFile) -> list[str]:
    """The number format of each cell style; empty for the one of plain text."""
    root = _part(archive, "xl/styles.xml")
    codes = {item.get("numFmtId"): str(item.get("formatCode")) for item in root.iter() if _tag(item) == "numFmt"}
    styles = next(item for item in root if _tag(item) == "cellXfs")
    return [codes.get(item.get("numFmtId"), "") for item in styles]


def _part(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(archive.read(name))  # noqa: S314  # our own file, made a moment ago


def _tag(item: ElementTree.Element) -> str:
    return item.tag.rpartition("}")[2]


def _all_text(item: ElementTree.Element) -> str:
    return _unescaped("".join(item.itertext()))


def _unescaped(text: str) -> str:
    """`text` with control characters back from the escapes that XML makes of them: _x000B_."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match.group(1), 16)), text)


def _place(reference: str) -> tuple[int, int]:
    """(row, column) from 0 of "C12"."""
    letters, row = re.fullmatch(r"([A-Z]+)(\d+)", reference).groups()  # type: ignore[union-attr]
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(row) - 1, column - 1
