"""How else might a sender lay out a file: a layout drawn from everything that the contract says intake accepts.

Drawn from the contract alone, so that a new source needs nothing here. Only what intake promises to read is drawn: a thousands
point, say, stands only in text with a decimal comma, since in a workbook a point parts off decimals.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, get_args

import numpy as np
import polars as pl

from pipelines.codes import load_code_table
from pipelines.contracts import Column, Contract, source_contract
from pipelines.simulate.layouts import (
    OWN_COLUMN,
    REAL_DATES,
    SERIAL_DATES,
    UNPADDED_DATES,
    CprForm,
    DecimalCells,
    FooterRow,
    Layout,
)
from pipelines.simulate.written_cells import decimals_of

T = TypeVar("T")

ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "iso-8859-1", "utf-16-le", "utf-16-be")
SEPARATORS = (";", "\t", ",", "|")
LINE_ENDS = ("\r\n", "\n", "\r")
TEXT_DATES = (
    "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
    "%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M", "%d %m %Y", UNPADDED_DATES,
)  # fmt: skip
_YES_AND_NO = (("ja", "nej"), ("Ja", "Nej"), ("J", "N"), ("1", "0"), ("sand", "falsk"), ("TRUE", "FALSE"), ("x", "nej"))
_TITLES = (
    "Udtræk fra fagsystemet",
    "Kørt den 1. oktober 2026 kl. 08:15",
    "",
    "Periode: 2024–2026",  # the dash is none of ISO-8859-1's signs
    'Bestilt af "Børn og Unge"; konstruerede data',
)
_OWN_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Status i systemet": ("Aktiv",),
    "Bemærkninger": ('ringet; aftalt "opfølgning"', "", "se referat,\nside 2", "a|b\tc"),
    "Løbenr.": ("1", "2", "3"),
    "Senest ændret": ("01-10-2026 08:15",),
    "Behandlet af": ("NN", ""),
    "": ("-",),  # a column that lost its header
}
_PADDINGS = ("", "", "", " ", "   ", "\u00a0")
_THREE_DECIMALS = 3
"""With these a point may part thousands as well as decimals, so a decimal point is not drawn."""


def draw_layout(rng: np.random.Generator, frame: pl.DataFrame, source: str) -> Layout:
    """A layout for the rows of a source; a column that is empty in all of them may be left out."""
    draw = _Draw(rng)
    contract = source_contract(source)
    is_workbook = draw.happens(0.4)
    encoding = "utf-8" if is_workbook else draw.one_of(ENCODINGS)
    headers, own_values = _draw_headers(draw, frame, contract, encoding)
    common: dict[str, Any] = {
        "source": source,
        "headers": headers,
        "own_values": own_values,
        "encoding": encoding,
        "spellings": _draw_spellings(draw, contract, headers, encoding),
        "padding": draw.one_of(_PADDINGS),
        "title_rows": _draw_titles(draw, encoding),
        "footer_rows": _draw_footers(draw, len(frame)),
        "empty_row_share": draw.one_of((0.0, 0.0, 0.02, 0.1)),
        "decimal_sign": draw.one_of((",", ".")) if _point_is_plain(contract) else ",",
    }
    if is_workbook:
        return Layout(**common, **_workbook_forms(draw, contract))
    return Layout(**common, **_text_forms(draw, encoding, common["decimal_sign"]))


def accepted_headers(contract: Contract) -> dict[str, tuple[str, ...]]:
    """Every header that stands for each column: its aliases, and its title where that is no other column's alias."""
    aliases = {column.name: {_plain(alias) for alias in column.aliases} for column in contract.columns}
    found = {}
    for column in contract.columns:
        others = set().union(*(spelled for name, spelled in aliases.items() if name != column.name))
        own_title = () if _plain(column.title) in others else (column.title,)
        found[column.name] = tuple(dict.fromkeys((*column.aliases, *own_title)))
    return found


def sheets_can_share_a_workbook(layout: Layout, others: Sequence[Layout]) -> bool:
    """Whether no sheet has all the columns that another sheet's source requires, so that it would be taken for that one's."""
    return not any(
        _has_required_columns(one, source_contract(two.source))
        or _has_required_columns(two, source_contract(one.source))
        for one, two in ((layout, other) for other in others)
    )


def _has_required_columns(layout: Layout, contract: Contract) -> bool:
    headers = {_plain(header) for header in layout.headers.values()}
    accepted = accepted_headers(contract)
    return all(
        headers & {_plain(header) for header in (column.name, *accepted[column.name])}
        for column in contract.required_columns
    )


class _Draw:
    """Draws by the names of things."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def happens(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return int(self.rng.integers(low, high + 1))

    def one_of(self, options: Sequence[T]) -> T:
        return options[int(self.rng.integers(0, len(options)))]

    def some_of(self, options: Sequence[T], count: int) -> list[T]:
        return [options[place] for place in self.rng.permutation(len(options))[:count].tolist()]


def _draw_headers(
    draw: _Draw, frame: pl.DataFrame, contract: Contract, encoding: str
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Headers in a drawn order and spelling, with the sender's own columns among them, and what stands in those."""
    accepted = accepted_headers(contract)
    columns = [column for column in contract.columns if column.name in frame.columns]
    empty = {name for name in frame.columns if frame[name].null_count() == len(frame)}
    kept = [column for column in columns if column.is_required or column.name not in empty or draw.happens(0.5)]
    entries = [
        (column.name, _noisy_header(draw, draw.one_of(accepted[column.name]), encoding))
        for column in (draw.some_of(kept, len(kept)) if draw.happens(0.8) else kept)
    ]
    known = {_plain(header) for spelled in accepted.values() for header in spelled}
    own = [header for header in _OWN_COLUMNS if _plain(header) not in known]
    own_values = {}
    for header in draw.some_of(own, draw.one_of((0, 0, 1, 3))):
        name = f"{OWN_COLUMN}{header}"
        # never last: there a column without a header would be cells beyond the table
        entries.insert(draw.number(0, len(entries) - 1), (name, header))
        own_values[name] = _OWN_COLUMNS[header]
    if encoding == "utf-8-sig" and draw.happens(0.3):
        entries[0] = (entries[0][0], f"\ufeff{entries[0][1]}")  # a byte order mark put before another
    return dict(entries), own_values


def _noisy_header(draw: _Draw, header: str, encoding: str) -> str:
    """The header as people and systems write it: other case, white space, line breaks, æ as ae."""
    noises: list[Callable[[str], str]] = [
        str, str, str.upper, str.lower, str.capitalize,
        lambda text: f"  {text} ", lambda text: f"{text}:", lambda text: text.replace(" ", "\u00a0"),
        lambda text: text.replace(" ", "\n"), lambda text: text.replace(" ", "_"),
        lambda text: text.replace("æ", "ae").replace("ø", "oe").replace("å", "aa"),
    ]  # fmt: skip
    if encoding.startswith("utf"):
        noises.append(lambda text: unicodedata.normalize("NFD", text))
    return draw.one_of(noises)(header)


def _draw_spellings(
    draw: _Draw, contract: Contract, headers: Mapping[str, str], encoding: str
) -> dict[str, dict[str, str]]:
    """Per code column of the file: a spelling of every code, now and then in another case."""
    return {
        column.name: _spelled_codes(draw, column, encoding)
        for column in contract.columns
        if column.parse == "code" and column.name in headers
    }


def _spelled_codes(draw: _Draw, column: Column, encoding: str) -> dict[str, str]:
    table = load_code_table(str(column.code_table))
    accepted: dict[str, list[str]] = {code: [code] for code in table.codes}
    for row in table.rows:
        accepted[row["code"]] += [text for text in (row["title"], *row["aliases"].split("|")) if text]
    changes: list[Callable[[str], str]] = [
        str, str, str.upper, str.lower, str.capitalize, lambda text: text.replace(" ", "\u00a0"),
    ]  # fmt: skip
    change = draw.one_of(changes)
    return {
        code: change(draw.one_of([text for text in spellings if _can_be_written(change(text), encoding)]))
        for code, spellings in accepted.items()
    }


def _draw_titles(draw: _Draw, encoding: str) -> tuple[str, ...]:
    titles = [title for title in _TITLES if _can_be_written(title, encoding)]
    return tuple(draw.some_of(titles, draw.one_of((0, 0, 1, 2, 4))))


def _draw_footers(draw: _Draw, row_count: int) -> tuple[FooterRow, ...]:
    footers = (
        FooterRow("total", ("I alt", str(row_count))),
        FooterRow("total", (f"Antal rækker: {row_count}",)),
        FooterRow("note", ("Udtrukket af fagsystemet den 1. oktober 2026",)),
        FooterRow("note", ("", "Bemærk: Konstruerede data")),
    )
    return tuple(draw.some_of(footers, draw.one_of((0, 0, 1, 2))))


def _text_forms(draw: _Draw, encoding: str, decimal_sign: str) -> dict[str, Any]:
    return {
        "suffix": draw.one_of(("csv", "csv", "txt")),
        "separator": draw.one_of(SEPARATORS),
        "line_end": draw.one_of(LINE_ENDS),
        "quotes_everything": draw.happens(0.25),
        "has_byte_order_mark": encoding.startswith("utf-16") and draw.happens(0.7),
        "date_format": draw.one_of(TEXT_DATES),
        "cpr_form": draw.one_of([form for form in get_args(CprForm) if form != "number"]),
        "yes_and_no": draw.one_of(_YES_AND_NO),
        "has_thousands_point": decimal_sign == "," and draw.happens(0.5),
        "trailing_blank_rows": draw.one_of((0, 0, 1, 3)),
        "has_bare_empty_rows": draw.happens(0.5),
    }


def _workbook_forms(draw: _Draw, contract: Contract) -> dict[str, Any]:
    return {
        "suffix": "xlsx",
        "sheet_name": contract.title[:25],
        "first_row": draw.one_of((0, 0, 1, 4)),
        "first_column": draw.one_of((0, 0, 1, 3)),
        "guide_sheet_name": draw.one_of(("", "Vejledning")),
        "hidden_sheet_name": draw.one_of(("", "Lister")),
        "date_format": draw.one_of((REAL_DATES, SERIAL_DATES, *TEXT_DATES[:6])),
        "cpr_form": draw.one_of(get_args(CprForm)),
        "yes_and_no": draw.one_of(((True, False), *_YES_AND_NO)),
        "writes_integers_as_numbers": draw.happens(0.7),
        "decimals_in_workbook": draw.one_of(_decimal_cells(contract)),
        "writes_codes_as_numbers": draw.happens(0.5),
    }


def _point_is_plain(contract: Contract) -> bool:
    return all(decimals_of(column) != _THREE_DECIMALS for column in contract.columns if column.parse == "decimal")


def _decimal_cells(contract: Contract) -> Sequence[DecimalCells]:
    """Numbers and texts together only where none has three decimals: Excel's 1.125 may then not be told from 1125."""
    few = all(decimals_of(column) < _THREE_DECIMALS for column in contract.columns if column.parse == "decimal")
    return ("text", "numbers", "both") if few else ("text", "numbers")


def _can_be_written(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _plain(header: str) -> str:
    """How two headers are told apart here: signs and case do not count."""
    composed = unicodedata.normalize("NFC", header).casefold()
    for letter, letters in (("æ", "ae"), ("ø", "oe"), ("å", "aa")):
        composed = composed.replace(letter, letters)
    return "".join(sign for sign in composed if sign.isalnum())
