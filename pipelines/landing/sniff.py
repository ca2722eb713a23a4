"""What kind of file is this: format, encoding, line ends, delimiter, and how many records it holds.

The facts come from the content, never from the file name. The record count is made here, without DuckDB, so that what DuckDB
read can be held up against it. Everything is found in one pass over the bytes; only a file with quotation marks is read a
second time (Python's `csv`, strict), which also finds the quotation mark that nobody closed.
"""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from pipelines.errors import EmptyDeliveryError, NotAFileError, UnclosedQuoteError, UnreadableFileError

Format = Literal["csv", "xlsx"]
DELIMITERS = (";", "\t", ",", "|")
MAXIMUM_CELL_CHARACTERS = 1_000_000
_CHUNK_BYTES = 4 * 1024 * 1024
_HEAD_BYTES = 256 * 1024
_ZIP_START = b"PK\x03\x04"
_OLD_OFFICE_START = bytes.fromhex("d0cf11e0a1b11ae1")
# Windows-1252 leaves these five bytes without meaning, and ISO-8859-1 makes them control signs: no Danish text holds them.
_BYTES_WITHOUT_MEANING = bytes.fromhex("818d8f909d")


@dataclass(frozen=True)
class Content:
    """A delivery's bytes: in a file, or already in memory (from the archive). `name` is what may be shown."""

    name: str
    path: Path | None = None
    data: bytes | None = None

    def open(self) -> BinaryIO:
        """The bytes from the start."""
        if self.path is not None:
            return self.path.open("rb")
        return io.BytesIO(self.data or b"")


@dataclass(frozen=True)
class FileFacts:
    """What the bytes say: SHA-256 in hex, size in bytes, format, and for text what `TextFacts` holds."""

    sha256: str
    byte_count: int
    file_format: Format
    text: "TextFacts | None" = None


@dataclass(frozen=True)
class TextFacts:
    """How a text file is written. `line_end` is None where kinds are mixed; `line_count` includes blank lines.

    `trailing_blank_lines` stand after the last record; `has_blank_lines` tells of blank lines before that.
    """

    encoding: str
    line_end: str | None
    line_count: int
    trailing_blank_lines: int
    has_blank_lines: bool
    has_quotes: bool
    head: str


def file_facts(content: Content) -> FileFacts:
    """Hash, size, format and text facts, in one pass over the bytes.

    Raises:
        NotAFileError: there is no such file, or it is a folder.
        EmptyDeliveryError: it has no bytes, or nothing but white space.
        UnreadableFileError: it is neither a workbook (XLSX) nor text in a known encoding.
    """
    if content.path is not None and not content.path.is_file():
        what = "er en mappe" if content.path.is_dir() else "findes ikke"
        raise NotAFileError(f"{content.name} {what}. Angiv en fil (CSV eller Excel).")
    with content.open() as stream:
        head = stream.read(_HEAD_BYTES)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise EmptyDeliveryError(
            f"{content.name} er tom. Der skal være en række med overskrifter og mindst én række data."
        )
    if head.startswith(_OLD_OFFICE_START):
        raise UnreadableFileError(
            f"{content.name} er et gammelt regneark (.xls) eller er låst med adgangskode. "
            "Åbn filen i Excel, fjern adgangskoden, og gem den som Excel-projektmappe (.xlsx)."
        )
    if head.startswith(_ZIP_START):
        digest, size = _hash(content)
        return FileFacts(digest, size, "xlsx")
    return _text_file_facts(content, head)


@dataclass(frozen=True)
class RecordFacts:
    """How many records a text file holds, blank lines included, and whether any cell holds a line break."""

    record_count: int
    has_line_breaks_in_cells: bool


def record_facts(content: Content, facts: TextFacts, *, delimiter: str) -> RecordFacts:
    """The number of records, counted by quotation marks where there are any.

    Raises:
        UnclosedQuoteError: a quotation mark is opened and not closed as it should; the line is named.
    """
    if not facts.has_quotes:
        return RecordFacts(facts.line_count, False)
    records = 0
    lines_before = 0
    reader = csv.reader(text_lines(content, facts.encoding), delimiter=delimiter, strict=True)
    csv.field_size_limit(MAXIMUM_CELL_CHARACTERS)
    try:
        for _ in reader:
            records += 1
            lines_before = reader.line_num
    except csv.Error:
        raise UnclosedQuoteError(
            f"{content.name}, linje {lines_before + 1}: Et anførselstegn er åbnet, men ikke lukket rigtigt, så rækkerne kan "
            "ikke skilles ad. Ret linjen, eller åbn filen i Excel og gem den igen som CSV."
        ) from None
    return RecordFacts(records, reader.line_num != records)


def text_lines(content: Content, encoding: str) -> Iterator[str]:
    """The lines of a text file with their line ends; a byte order mark is left out."""
    with content.open() as stream, io.TextIOWrapper(stream, encoding=encoding, newline="") as text:
        for number, line in enumerate(text):
            yield line.removeprefix("\ufeff") if number == 0 else line


def _hash(content: Content) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with content.open() as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _text_file_facts(content: Content, head: bytes) -> FileFacts:
    wide = _wide_encoding(head)
    digest = hashlib.sha256()
    size = 0
    count = _LineCount()
    is_utf8 = wide is None
    has_meaningless_bytes = False
    decoder = codecs.getincrementaldecoder(wide or "utf-8")()
    with content.open() as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            if wide is not None:
                count.add(_decoded(decoder, chunk, content.name).encode("utf-8", "surrogatepass"))
                continue
            count.add(chunk)
            if is_utf8 and not _is_utf8(decoder, chunk):
                is_utf8 = False
            has_meaningless_bytes |= not is_utf8 and bool(_meaningless(chunk))
    if wide is None and is_utf8 and not _is_utf8(decoder, b"", final=True):
        is_utf8 = False
    if count.has_nul or (not is_utf8 and has_meaningless_bytes):
        raise UnreadableFileError(
            f"{content.name} er hverken et Excel-regneark (.xlsx) eller tekst i UTF-8, Windows-1252, ISO-8859-1 eller UTF-16. "
            "Åbn filen i det program, den kommer fra, og gem den som CSV eller .xlsx."
        )
    encoding = wide or ("utf-8" if is_utf8 else "cp1252")
    return FileFacts(digest.hexdigest(), size, "csv", count.facts(encoding, _decoded_head(head, encoding)))


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 with its byte order, known by its mark or by where the zero bytes of Latin letters lie."""
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    sample = head[:4096]
    if sample[1::2].count(0) > len(sample) // 4 > sample[0::2].count(0):
        return "utf-16-le"
    if sample[0::2].count(0) > len(sample) // 4 > sample[1::2].count(0):
        return "utf-16-be"
    return None


def _is_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, name: str) -> str:
    try:
        return str(decoder.decode(chunk))
    except UnicodeDecodeError:
        raise UnreadableFileError(
            f"{name} ligner tekst i UTF-16, men er beskadiget. Gem filen igen som CSV (UTF-8) eller .xlsx."
        ) from None


def _meaningless(chunk: bytes) -> int:
    return len(chunk) - len(chunk.translate(None, _BYTES_WITHOUT_MEANING))


def _decoded_head(head: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)().decode(head).removeprefix("\ufeff")


class _LineCount:
    """Counts lines, kinds of line ends and blank lines over successive chunks."""

    def __init__(self) -> None:
        self.has_nul = False
        self._has_quotes = False
        self._line_feeds = self._returns = self._pairs = 0
        self._size = 0
        self._first_blank_at: int | None = None
        self._tail = b""

    def add(self, chunk: bytes) -> None:
        self.has_nul = self.has_nul or b"\0" in chunk
        self._has_quotes = self._has_quotes or b'"' in chunk
        self._line_feeds += chunk.count(b"\n")
        if b"\r" in chunk:  # counting costs ten times as much as looking
            self._returns += chunk.count(b"\r")
            self._pairs += chunk.count(b"\r\n")
        self._pairs += self._tail.endswith(b"\r") and chunk.startswith(b"\n")
        if self._first_blank_at is None:
            self._first_blank_at = self._blank_position(chunk)
        self._size += len(chunk)
        # Kept long enough for any run of blank lines at the end; a longer one only means the slower reader.
        self._tail = (self._tail + chunk)[-4096:]

    def _blank_position(self, chunk: bytes) -> int | None:
        joined = self._tail[-3:] + chunk
        start = self._size - len(self._tail[-3:])
        if self._size == 0 and chunk.removeprefix(codecs.BOM_UTF8)[:1] in (b"\n", b"\r"):
            return 0
        pairs = (b"\n\n", b"\n\r", b"\r\r") if b"\r" in joined else (b"\n\n",)
        found = [at for pair in pairs if (at := joined.find(pair)) >= 0]
        return start + min(found) if found else None

    def facts(self, encoding: str, head: str) -> TextFacts:
        ending = self._tail[len(self._tail.rstrip(b"\r\n")) :]
        lines_at_end = ending.count(b"\n") + ending.count(b"\r") - ending.count(b"\r\n")
        blank_at = self._first_blank_at
        return TextFacts(
            encoding=encoding,
            line_end=self._line_end(),
            line_count=self._line_feeds + self._returns - self._pairs + (0 if ending else 1),
            trailing_blank_lines=max(lines_at_end - 1, 0),
            has_blank_lines=blank_at is not None and blank_at < self._size - len(ending),
            has_quotes=self._has_quotes,
            head=head,
        )

    def _line_end(self) -> str | None:
        if self._pairs == self._line_feeds == self._returns:
            return "\r\n" if self._pairs else "\n"
        if self._returns == 0:
            return "\n"
        return "\r" if self._line_feeds == 0 else None
