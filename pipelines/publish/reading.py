"""What does a reader meet in a finished HTML page or PDF: text in reading order, tables, headings, alt texts.

The PDF is read as a screen reader reads it, through its structure tree; what Typst marks as decoration (page footers,
level boxes, repeated table headers) is kept apart. The gates compare what was read with the structure.
"""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final

from pypdf import PageObject, PdfReader
from pypdf.generic import ContentStream, DictionaryObject, NameObject, StreamObject

_VOID: Final = frozenset({"meta", "img", "br", "link", "hr", "input", "col"})
_SILENT: Final = frozenset({"style", "title", "script"})


@dataclass
class TableRead:
    """One table as read: its text in reading order and how many header rows it has."""

    text: str = ""
    header_rows: int = 0
    awaits_body: bool = False


@dataclass(frozen=True)
class HeadingRead:
    """One heading as read; `page` counts from 1, and is 0 in HTML."""

    level: int
    text: str
    page: int = 0


@dataclass
class DocumentRead:
    """All that was read. `flow` is the text outside tables; `page_marks` holds the decoration of each PDF page."""

    flow: str = ""
    tables: list[TableRead] = field(default_factory=list)
    alt_texts: list[str] = field(default_factory=list)
    headings: list[HeadingRead] = field(default_factory=list)
    page_marks: list[str] = field(default_factory=list)


def folded(text: str) -> str:
    """`text` without any white space: line breaks fall in different places on paper and on screen."""
    return "".join(text.split())


def read_html(page: str) -> DocumentRead:
    """What the page says; elements marked `data-only="html"` or hidden from screen readers are left out."""
    reader = _HtmlReader()
    reader.feed(page)
    reader.close()
    return reader.found


class _HtmlReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = DocumentRead()
        self._open: list[tuple[str, bool]] = []
        self._in_head_row = False
        self._in_table = False
        self._heading = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "img":
            self.found.alt_texts.append(values.get("alt") or "")
        if tag in _VOID:
            return
        hidden = tag in _SILENT or values.get("aria-hidden") == "true" or "data-only" in values
        self._open.append((tag, hidden or (bool(self._open) and self._open[-1][1])))
        if tag == "table":
            self.found.tables.append(TableRead())
            self._in_table = True
        elif tag == "thead" and self._in_table:
            self._in_head_row = True
        elif tag == "tr" and self._in_head_row:
            self.found.tables[-1].header_rows += 1
        elif re.fullmatch(r"h[1-6]", tag):
            self._heading = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "thead":
            self._in_head_row = False
        elif tag == "table":
            self._in_table = False
        elif re.fullmatch(r"h[1-6]", tag):
            self.found.headings.append(HeadingRead(int(tag[1]), self._heading.strip()))
        while self._open:
            closed, _ = self._open.pop()
            if closed == tag:
                break

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][1]:
            return
        if self._in_table:
            self.found.tables[-1].text += data
            return
        self.found.flow += data
        if any(re.fullmatch(r"h[1-6]", tag) for tag, _ in self._open):
            self._heading += data


def read_pdf(document: bytes) -> DocumentRead:
    """What the tagged PDF says, in the order of its structure tree.

    Raises:
        ValueError: the PDF has no structure tree.
    """
    reader = PdfReader(io.BytesIO(document))
    root = reader.root_object
    if "/StructTreeRoot" not in root:
        raise ValueError("the PDF has no structure tree")
    pages = [_page_text(page, reader) for page in reader.pages]
    numbers = {
        page.indirect_reference.idnum: index for index, page in enumerate(reader.pages) if page.indirect_reference
    }
    found = DocumentRead(page_marks=[marks for _, marks in pages])
    tree = root["/StructTreeRoot"]
    assert isinstance(tree, DictionaryObject)
    _walk(tree.get("/K"), _Walk(found, [texts for texts, _ in pages], numbers))
    return found


@dataclass(frozen=True)
class _Walk:
    """Where the walk through the structure tree stands."""

    found: DocumentRead
    texts: list[dict[int, str]]
    page_numbers: Mapping[int, int]
    page: int = 0
    table: TableRead | None = None
    in_header: bool = False

    def at(self, **changes: Any) -> "_Walk":
        return _Walk(**{**vars(self), **changes})


def _walk(node: Any, walk: _Walk) -> str:
    """Read `node` and what is below it; returns its text, for headings."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if node is None:
        return ""
    if isinstance(node, int):
        return _take(walk.texts[walk.page].get(int(node), ""), walk)
    if isinstance(node, list):
        return "".join(_walk(child, walk) for child in node)
    if "/Pg" in node:
        walk = walk.at(page=walk.page_numbers[node.raw_get("/Pg").idnum])
    if "/MCID" in node:
        return _take(walk.texts[walk.page].get(int(node["/MCID"]), ""), walk)
    return _walk_element(node, walk)


def _walk_element(node: Any, walk: _Walk) -> str:
    role = str(node.get("/S", ""))
    if role == "/Lbl":  # the bullet of a list item: a marker, not text, in HTML
        return ""
    if role == "/Figure":
        walk.found.alt_texts.append(str(node.get("/Alt", "")))
        return ""
    if role == "/Caption" and walk.table is None:
        # Typst sets the caption before a table that runs over a page, and inside one that does not.
        walk.found.tables.append(TableRead(awaits_body=True))
        return _walk(node.get("/K"), walk.at(table=walk.found.tables[-1]))
    if role == "/Table":
        return _walk(node.get("/K"), walk.at(table=_begun_table(walk.found)))
    if role == "/THead":
        return _walk(node.get("/K"), walk.at(in_header=True))
    if role == "/TR" and walk.in_header and walk.table is not None:
        walk.table.header_rows += 1
    text = _walk(node.get("/K"), walk)
    if re.fullmatch(r"/H[1-6]", role):
        walk.found.headings.append(HeadingRead(int(role[2]), text.strip(), _first_page(node, walk) + 1))
    return text


def _begun_table(found: DocumentRead) -> TableRead:
    if found.tables and found.tables[-1].awaits_body:
        found.tables[-1].awaits_body = False
    else:
        found.tables.append(TableRead())
    return found.tables[-1]


def _first_page(node: Any, walk: _Walk) -> int:
    if "/Pg" in node:
        return walk.page_numbers[node.raw_get("/Pg").idnum]
    child = node.get("/K")
    child = child[0] if isinstance(child, list) else child
    child = child.get_object() if hasattr(child, "get_object") else child
    return _first_page(child, walk) if isinstance(child, DictionaryObject) else walk.page


def _take(text: str, walk: _Walk) -> str:
    if walk.table is not None:
        walk.table.text += text + " "
    else:
        walk.found.flow += text + " "
    return text


def _page_text(page: PageObject, reader: PdfReader) -> tuple[dict[int, str], str]:
    """(text by marked-content id, text of decoration) of one page."""
    fonts = _unicode_maps(page)
    texts: dict[int, str] = {}
    marks: list[str] = []
    open_marks: list[int | str | None] = []
    font: dict[str, str] = {}
    for operands, operator in _operations(page, reader):
        if operator in (b"BDC", b"BMC"):
            open_marks.append(_mark(operands))
        elif operator == b"EMC":
            open_marks.pop()
        elif operator == b"Tf":
            font = fonts.get(str(operands[0]), {})
        elif operator in (b"Tj", b"TJ"):
            shown = "".join(_decoded(operands, font))
            target = next((mark for mark in reversed(open_marks) if mark is not None), None)
            if isinstance(target, int):
                texts[target] = texts.get(target, "") + shown
            else:
                marks.append(shown)
    return texts, " ".join(marks)


# A figure's own marked content: drawn paths between its alt text and the end mark.
_DRAWN: Final = re.compile(rb"(/Alt\s*(?:\(.*?\)|<[0-9A-Fa-f]*>)\s*>>\s*BDC)(.*?)(?=\bEMC\b)", flags=re.DOTALL)


def _operations(page: PageObject, reader: PdfReader) -> list[tuple[list[Any], bytes]]:
    """The page's drawing operations, less the paths of figures: nine tenths of the bytes, and no text in them."""
    contents = page.get_contents()
    if contents is None:
        return []

    def without_paths(match: re.Match[bytes]) -> bytes:
        holds_text = re.search(rb"\bBT\b", match.group(2)) is not None
        return match.group(0) if holds_text else match.group(1) + b"\n"

    stream = StreamObject()
    stream.set_data(_DRAWN.sub(without_paths, contents.get_data()))
    return ContentStream(stream, reader).operations


def _mark(operands: list[Any]) -> int | str | None:
    if operands and operands[0] == NameObject("/Artifact"):
        return "decoration"
    properties = operands[1] if len(operands) > 1 else None
    if isinstance(properties, DictionaryObject) and "/MCID" in properties:
        number = properties["/MCID"]
        return int(number) if isinstance(number, int) else None
    return None


def _decoded(operands: list[Any], font: Mapping[str, str]) -> Iterator[str]:
    for part in operands[0] if isinstance(operands[0], list) else operands:
        raw = getattr(part, "original_bytes", None)
        if isinstance(raw, bytes):
            # Typst writes every font as Identity-H: two bytes a glyph.
            yield from (font.get(raw[at : at + 2].hex(), "\ufffd") for at in range(0, len(raw), 2))


def _unicode_maps(page: PageObject) -> dict[str, dict[str, str]]:
    """For each font of the page: glyph code (hex) to text, from its ToUnicode map."""
    resources = page["/Resources"].get_object()
    assert isinstance(resources, DictionaryObject)
    fonts = resources.get("/Font", DictionaryObject()).get_object()
    maps: dict[str, dict[str, str]] = {}
    for name, reference in fonts.items():
        stream = reference.get_object()["/ToUnicode"].get_object().get_data().decode("latin-1")
        pairs = re.findall(r"<([0-9A-Fa-f]{4})>\s*<((?:[0-9A-Fa-f]{4})+)>\s*$", stream, flags=re.MULTILINE)
        maps[str(name)] = {code.lower(): bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}
    return maps
