"""What is in a workbook (XLSX): its visible sheets as text columns, and where on the sheet the first cell stands.

fastexcel (calamine) reads the cells. It leaves out empty rows and columns before the first cell and reads a formula's error
(#I/T) as an empty cell; both would tell the sender a wrong cell or nothing at all, so the sheet's own XML is asked for those.
"""

import io
import re
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree

import fastexcel
import pyarrow as pa

from pipelines.errors import UnreadableFileError
from pipelines.landing.sniff import Content

FORMULA_ERROR = "#FEJL"
"""Text put where a formula gave an error or no value, so that the cell is rejected instead of read as empty."""

_CELL = re.compile(rb'<c [^>]*?r="([A-Z]+)([0-9]+)"([^>]*?)(/?)>')
# a formula whose value was never computed: the workbook was written by a program and not saved by Excel
_UNVALUED = re.compile(
    rb'<c [^>]*?r="([A-Z]+)([0-9]+)"[^>]*?>\s*<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
_DIMENSION = re.compile(rb'<dimension [^>]*?ref="([A-Z]+)([0-9]+)(?::([A-Z]+)([0-9]+))?"')


@dataclass(frozen=True)
class Sheet:
    """One sheet: text columns c0, c1 ..., and the 0-based sheet row and column of its first cell."""

    name: str
    cells: pa.Table
    first_row: int
    first_column: int


def read_sheets(content: Content) -> tuple[list[Sheet], list[str]]:
    """The visible sheets that hold anything, and the names of hidden sheets, which are not read.

    Raises:
        UnreadableFileError: the workbook is truncated, damaged or not an XLSX.
    """
    try:
        data = content.path.read_bytes() if content.path is not None else content.data or b""
        reader = fastexcel.read_excel(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = _sheet_parts(archive)
            hidden = [name for name in reader.sheet_names if parts[name].is_hidden]
            sheets = [
                sheet
                for name in reader.sheet_names
                if name not in hidden
                and (sheet := _read_sheet(reader, name, archive.read(parts[name].path))) is not None
            ]
    except (fastexcel.FastExcelError, zipfile.BadZipFile, KeyError, EOFError, OSError, ValueError):
        raise UnreadableFileError(
            f"{content.name} kan ikke læses som regneark: Filen er beskadiget eller ikke overført helt. "
            "Åbn den i Excel, gem den igen som Excel-projektmappe (.xlsx), og læg den i indbakken på ny."
        ) from None
    return sheets, hidden


@dataclass(frozen=True)
class _SheetPart:
    path: str
    is_hidden: bool


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, _SheetPart]:
    """Where each sheet's XML lies, by sheet name."""
    relations = _parsed(archive, "xl/_rels/workbook.xml.rels")
    targets = {str(item.get("Id")): str(item.get("Target")) for item in relations}
    workbook = _parsed(archive, "xl/workbook.xml")
    parts = {}
    for item in workbook.iter():
        if item.tag.rpartition("}")[2] == "sheet":
            relation = next(value for key, value in item.attrib.items() if key.endswith("}id"))
            target = targets[relation]
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            parts[str(item.get("name"))] = _SheetPart(path, item.get("state", "visible") != "visible")
    return parts


def _parsed(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    """One part of the workbook. A part that defines entities is refused: Excel writes none, and they can grow without bound."""
    xml = archive.read(name)
    if b"<!ENTITY" in xml or b"<!DOCTYPE" in xml:
        raise ValueError("a workbook part with entities")
    return ElementTree.fromstring(xml)  # noqa: S314  # entities were refused just above


def _read_sheet(reader: fastexcel.ExcelReader, name: str, xml: bytes) -> Sheet | None:
    batch = reader.load_sheet(name, header_row=None, dtypes="string").to_arrow()
    if batch.num_columns == 0 or batch.num_rows == 0:
        return None
    first_row, first_column = _first_cell(xml, batch.num_rows, batch.num_columns)
    columns = [column.cast(pa.string()) for column in batch.columns]
    for row, column in _formula_errors(xml):
        place = column - first_column
        if 0 <= place < len(columns) and 0 <= row - first_row < batch.num_rows:
            columns[place] = _with_text(columns[place], row - first_row, FORMULA_ERROR)
    table = pa.table(columns, names=[f"c{number}" for number in range(len(columns))])
    return Sheet(name, table, first_row, first_column)


def _first_cell(xml: bytes, height: int, width: int) -> tuple[int, int]:
    """0-based row and column of the first filled cell. The sheet's stated dimension is trusted when its size is right."""
    stated = _DIMENSION.search(xml[:4096])
    if stated is not None:
        left, top = _column_number(stated[1]), int(stated[2]) - 1
        right = _column_number(stated[3]) if stated[3] else left
        bottom = int(stated[4]) - 1 if stated[4] else top
        if (bottom - top + 1, right - left + 1) == (height, width):
            return top, left
    filled = [(int(cell[2]) - 1, _column_number(cell[1])) for cell in _CELL.finditer(xml) if not cell[4]]
    return min((row for row, _ in filled), default=0), min((column for _, column in filled), default=0)


def _formula_errors(xml: bytes) -> list[tuple[int, int]]:
    """0-based row and column of every formula that gave an error, or whose value was never computed."""
    found = [cell for cell in _CELL.finditer(xml) if b't="e"' in cell[0]] if b't="e"' in xml else []
    found += list(_UNVALUED.finditer(xml)) if b"<f" in xml else []
    return [(int(cell[2]) - 1, _column_number(cell[1])) for cell in found]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.decode():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _with_text(column: pa.Array, row: int, text: str) -> pa.Array:
    return pa.concat_arrays([column.slice(0, row), pa.array([text], pa.string()), column.slice(row + 1)])
