"""A delivery as relations of text columns: what DuckDB scans, one relation per matching sheet (a CSV file has one).

A regular CSV file is scanned by DuckDB in our own dialect, straight from disk. Irregular ones (mixed line ends, blank lines
between rows, line breaks inside cells, UTF-16, more cells than declared) and deliveries fetched from the archive are read by
Python's `csv` into memory, so that no transcoded copy touches the disk. Row numbers are those the sender sees.
"""

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb

from pipelines.contracts import Contract, load_contracts
from pipelines.errors import EmptyDeliveryError, MissingColumnError, UnreadableFileError
from pipelines.landing.headers import (
    HEADER_SEARCH_ROWS,
    HeaderMatch,
    best_header_row,
    folded,
    match_header,
    names_all_required,
)
from pipelines.landing.register import masked_name
from pipelines.landing.sniff import (
    DELIMITERS,
    MAXIMUM_CELL_CHARACTERS,
    Content,
    FileFacts,
    TextFacts,
    record_facts,
    text_lines,
)

if TYPE_CHECKING:
    import pyarrow as pa  # imported where it is used: a plain CSV file needs none of it, and `trappen check` is to be quick

SPARE_COLUMNS = 8
"""Columns declared beyond the header, so that a row with too many cells is a rejected row and not a refused file."""

ARROW_NAME = "delivery_cells"
_RECORDS_AT_A_TIME = 20_000
# What DuckDB may read; its UTF-16 refuses letters beyond the first plane, such as emoji, so Python reads that
_DUCKDB_ENCODINGS = ("utf-8", "cp1252")
# DuckDB reads UTF-8 only without its 350 MB encodings extension, which takes seconds to load. A large Windows-1252 file is
# therefore offered to it as UTF-8 from memory; a small one Python reads in less time.
_MEMORY_PAYS_FROM_BYTES = 20_000_000
_MEMORY_PATH = "/delivery.csv"
_CHARACTERS_AT_A_TIME = 4_000_000
_GLOB_SIGNS = "*?["


@dataclass(frozen=True)
class Relation:
    """Rows of one sheet (or CSV file) below its header, as text columns c0, c1 ... .

    `from_clause` is SQL; `cells`, when given, must be registered under `ARROW_NAME` first. `first_row` is the 1-based row number
    of the first record; `record_count` is the independent count of records. `numbers_have_decimal_point`: an
    Excel number arrives with a decimal point, in Danish text a point parts thousands.
    """

    sheet_name: str
    from_clause: str
    header: HeaderMatch
    column_count: int
    first_row: int
    first_column: int
    record_count: int
    blank_records_left_out: int
    cells: "pa.Table | None"
    numbers_have_decimal_point: bool


@dataclass(frozen=True)
class Reading:
    """What was found in a delivery: its relations, its dialect, and Danish remarks about what was not read."""

    relations: tuple[Relation, ...]
    encoding: str
    delimiter: str
    remarks: tuple[str, ...]


def read_delivery(content: Content, facts: FileFacts, contract: Contract) -> Reading:
    """The relations of a delivery that answer to the contract.

    Raises:
        MissingColumnError, AmbiguousHeaderError: the headers do not answer to the contract.
        EmptyDeliveryError: there is no row below the header.
        UnclosedQuoteError, UnreadableFileError: the file cannot be read.
    """
    if facts.text is not None:
        reading = _read_text(content, facts.text, contract, byte_count=facts.byte_count)
    else:
        reading = _read_workbook(content, contract)
    if sum(relation.record_count for relation in reading.relations) == 0:
        raise EmptyDeliveryError(f"{content.name} har overskrifter, men ingen rækker. Der er intet at læse ind.")
    return reading


def _read_text(content: Content, text: TextFacts, contract: Contract, *, byte_count: int) -> Reading:
    delimiter, head = _dialect(text, contract)
    header = match_header(head, contract, where=content.name)
    records = record_facts(content, text, delimiter=delimiter)
    record_count = max(records.record_count - text.trailing_blank_lines - header.row - 1, 0)
    is_worth_duckdb = text.encoding != "cp1252" or byte_count >= _MEMORY_PAYS_FROM_BYTES
    is_regular = (
        content.path is not None
        and is_worth_duckdb
        and not any(sign in str(content.path) for sign in _GLOB_SIGNS)
        and text.encoding in _DUCKDB_ENCODINGS
        and text.line_end is not None
        and not text.has_blank_lines
        and not records.has_line_breaks_in_cells
    )
    column_count = header.width + SPARE_COLUMNS
    cells = None if is_regular else _python_cells(content, text, delimiter, header.row + 1, column_count)
    relation = Relation(
        sheet_name="",
        from_clause=ARROW_NAME
        if cells is not None
        else _read_csv_clause(content, text, delimiter, header, column_count),
        header=header,
        column_count=column_count,
        first_row=header.row + 2,
        first_column=0,
        record_count=record_count if cells is None else cells.num_rows,
        blank_records_left_out=text.trailing_blank_lines if cells is None else 0,
        cells=cells,
        numbers_have_decimal_point=False,
    )
    if cells is not None and cells.num_rows != record_count + text.trailing_blank_lines:
        raise _miscounted(content)
    return Reading((relation,), text.encoding, delimiter, _unknown_remarks(header, ""))


def _dialect(text: TextFacts, contract: Contract) -> tuple[str, list[list[str]]]:
    """The delimiter under which most of the contract's headers are found, and the first records under it."""
    best: tuple[int, str, list[list[str]]] | None = None
    for delimiter in DELIMITERS:
        records = _head_records(text.head, delimiter)
        score = best_header_row(records, contract)[1]
        if best is None or score > best[0]:
            best = (score, delimiter, records)
    assert best is not None  # DELIMITERS is not empty
    return best[1], best[2]


def _head_records(head: str, delimiter: str) -> list[list[str]]:
    # not splitlines(): it also parts at form feed, U+2028 and others, which no reader of CSV takes for line ends
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    csv.field_size_limit(MAXIMUM_CELL_CHARACTERS)
    return list(itertools.islice(reader, HEADER_SEARCH_ROWS))


@contextmanager
def offered_as_utf8(connection: duckdb.DuckDBPyConnection, content: Content, reading: Reading) -> Iterator[None]:
    """Let DuckDB read a Windows-1252 delivery as UTF-8 from memory, where a relation needs it; no copy on disk."""
    if reading.encoding == "utf-8" or all(relation.cells is not None for relation in reading.relations):
        yield
        return
    from fsspec.implementations.memory import MemoryFileSystem

    files = MemoryFileSystem()
    with (
        content.open() as stream,
        io.TextIOWrapper(stream, encoding=reading.encoding, newline="") as text,
        files.open(_MEMORY_PATH, "wb") as target,
    ):
        while characters := text.read(_CHARACTERS_AT_A_TIME):
            target.write(characters.encode())
    connection.register_filesystem(files)
    try:
        yield
    finally:
        connection.unregister_filesystem("memory")
        files.rm(_MEMORY_PATH)


def _read_csv_clause(content: Content, text: TextFacts, delimiter: str, header: HeaderMatch, column_count: int) -> str:
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(column_count))
    path = str(content.path).replace("'", "''") if text.encoding == "utf-8" else f"memory://{_MEMORY_PATH}"
    # named only where it is not \r\n: with new_line = '\\r\\n' and strict_mode DuckDB 1.5.5 reads no row at all, without an error
    line_end = {"\n": ", new_line = '\\n'", "\r": ", new_line = '\\r'"}.get(text.line_end or "\n", "")
    return (
        f"read_csv('{path}', columns = {{{columns}}}, delim = '{delimiter}', quote = '\"', escape = '\"', "
        f"encoding = 'utf-8', skip = {header.row + 1}, "
        f"auto_detect = false, header = false, null_padding = true, strict_mode = true, compression = 'none', "
        f"hive_partitioning = false{line_end})"
    )


def read_by_python(relation: Relation, content: Content, text: TextFacts, delimiter: str) -> Relation:
    """The same relation read by Python, for a file that DuckDB will not read: a row has more cells than it was told of."""
    cells = _python_cells(content, text, delimiter, relation.header.row + 1, relation.column_count)
    return replace(relation, from_clause=ARROW_NAME, cells=cells, record_count=cells.num_rows, blank_records_left_out=0)


def _python_cells(content: Content, text: TextFacts, delimiter: str, skip: int, width: int) -> "pa.Table":
    import pyarrow as pa

    reader = csv.reader(text_lines(content, text.encoding), delimiter=delimiter, strict=True)
    csv.field_size_limit(MAXIMUM_CELL_CHARACTERS)
    records = itertools.islice(reader, skip, None)
    names = [f"c{number}" for number in range(width)]
    schema = pa.schema([(name, pa.string()) for name in names])
    batches = [_batch(rows, schema) for rows in _portions(records)]
    return pa.Table.from_batches(batches, schema)


def _portions(records: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while rows := list(itertools.islice(records, _RECORDS_AT_A_TIME)):
        yield rows


def _batch(rows: Sequence[Sequence[str]], schema: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa

    width = len(schema)
    padded = [[cell or None for cell in row[:width]] + [None] * (width - len(row)) for row in rows]
    for row, cells in zip(rows, padded, strict=True):
        if any(row[width:]):
            cells[-1] = "x"  # what stands so far out is not kept; that it stands there rejects the row
    return pa.record_batch([pa.array(column, pa.string()) for column in zip(*padded, strict=True)], schema=schema)


def _read_workbook(content: Content, contract: Contract) -> Reading:
    from pipelines.landing.workbook import read_sheets

    sheets, hidden = read_sheets(content)
    if not sheets:
        raise EmptyDeliveryError(f"{content.name} har ingen synlige ark med indhold. Der er intet at læse ind.")
    remarks = [f"Arket '{_short(name)}' er skjult og er ikke læst." for name in hidden]
    relations: list[Relation] = []
    refusals: list[tuple[int, MissingColumnError]] = []
    for sheet in sheets:
        head = _sheet_head(sheet.cells)
        where = f"{content.name}, arket '{_short(sheet.name)}'"
        try:
            header = match_header(head, contract, where=where, first_column=sheet.first_column)
        except MissingColumnError as error:
            refusals.append((best_header_row(head, contract)[1], error))
            remarks.append(_other_sheet(sheet.name, head, contract))
            continue
        name = _unused_name(_short(sheet.name), relations)
        relations.append(_sheet_relation(name, sheet.cells, header, sheet.first_row, sheet.first_column))
        remarks += _unknown_remarks(header, name)
    if not relations:
        raise max(refusals, key=lambda refusal: refusal[0])[1]
    return Reading(tuple(relations), "", "", tuple(remarks))


def _unused_name(name: str, relations: Sequence[Relation]) -> str:
    """Two sheets may look alike once their names are masked or cut."""
    used = {relation.sheet_name for relation in relations}
    return name if name not in used else f"{name} ({len(relations) + 1})"


def _sheet_head(cells: "pa.Table") -> list[list[str]]:
    rows = cells.slice(0, HEADER_SEARCH_ROWS)
    return [[cell or "" for cell in row] for row in zip(*(column.to_pylist() for column in rows.columns), strict=True)]


def _sheet_relation(name: str, cells: "pa.Table", header: HeaderMatch, first_row: int, first_column: int) -> Relation:
    rows = cells.slice(header.row + 1)
    return Relation(
        sheet_name=name,
        from_clause=ARROW_NAME,
        header=header,
        column_count=rows.num_columns,
        first_row=first_row + header.row + 2,
        first_column=first_column,
        record_count=rows.num_rows,
        blank_records_left_out=0,
        cells=rows,
        numbers_have_decimal_point=True,
    )


def _other_sheet(name: str, head: list[list[str]], contract: Contract) -> str:
    cells = {folded(cell) for record in head for cell in record}
    for other in load_contracts("source").values():
        if other.contract_id != contract.contract_id and names_all_required(cells, other):
            try:
                match_header(head, other, where="")
            except Exception:  # noqa: S112  # only a question: does this sheet answer to another contract?
                continue
            return (
                f"Arket '{_short(name)}' ligner kilden {other.contract_id} og er ikke læst her. "
                f"Læg også filen i indbakken for {other.contract_id}."
            )
    return f"Arket '{_short(name)}' har ikke de kolonner, der skal bruges, og er ikke læst."


def _unknown_remarks(header: HeaderMatch, sheet_name: str) -> tuple[str, ...]:
    if not header.unknown_columns:
        return ()
    where = f" i arket '{sheet_name}'" if sheet_name else ""
    return (f"Disse kolonner{where} bruges ikke og er ikke gemt: {', '.join(header.unknown_columns)}.",)


def _short(sheet_name: str) -> str:
    return masked_name(sheet_name)[:40]


def _miscounted(content: Content) -> UnreadableFileError:
    return UnreadableFileError(
        f"{content.name} kan ikke læses sikkert: Antallet af rækker kan tælles på to måder, som ikke giver det samme. "
        "Åbn filen i Excel, og gem den igen som CSV eller .xlsx. Intet er læst ind."
    )


def check_count(content: Content, relation: Relation, rows_read: int) -> None:
    """Hold the rows that DuckDB read up against the independent count.

    Raises:
        UnreadableFileError: they differ, so rows would be lost or merged.
    """
    if rows_read != relation.record_count:
        raise _miscounted(content)
