"""How does a sender write one value into one cell: dates, codes, numbers and CPR numbers in the form of a layout.

One function per column, made once and called for every row, so that right and wrong rows are written alike.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import polars as pl

from pipelines.codes import load_code_table
from pipelines.contracts import Column, source_contract
from pipelines.simulate.layouts import REAL_DATES, SERIAL_DATES, UNPADDED_DATES, Layout, Spelling

Cell = str | int | float | bool | date | None
"""What stands in a cell: text in a text file; in a workbook also numbers, dates and yes or no. None is an empty cell."""
Value = Any
"""A value of the simulator's tables: text, number, truth value or date; None where there is none."""
Writer = Callable[[Value], Cell]

_SERIAL_DAY_ZERO = date(1899, 12, 30)


def writers_of(layout: Layout) -> dict[str, Writer]:
    """What writes the cells of each contract column of the layout, in the order of the file."""
    contract = source_contract(layout.source)
    return {name: _padded(_writer(contract.column(name), layout), layout) for name in layout.contract_columns}


def cells_of(frame: pl.DataFrame, layout: Layout) -> dict[str, list[Cell]]:
    """The cells of every contract column of the layout, written as the sender writes them."""
    return {name: [write(value) for value in frame[name].to_list()] for name, write in writers_of(layout).items()}


def spelled_codes(table: str, spelling: Spelling) -> dict[str, str]:
    """What a sender writes for each code of a table."""
    return {row["code"]: _spelled(row, spelling) for row in load_code_table(table).rows}


def is_number_in_cell(cell: Cell) -> bool:
    """Whether a workbook shows the cell as a number."""
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _spelled(row: Mapping[str, Any], spelling: Spelling) -> str:
    aliases = [alias for alias in row["aliases"].split("|") if alias]
    if spelling == "code":
        return str(row["code"])
    return aliases[0] if spelling == "alias" and aliases else str(row["title"])


def _writer(column: Column, layout: Layout) -> Writer:
    match column.parse:
        case "cpr":
            write = _cpr_writer(layout)
            return lambda number: None if number is None else write(number)
        case "date":
            return _date_writer(layout)
        case "code":
            return _code_writer(column, layout)
        case "boolean":
            yes, no = layout.yes_and_no
            return lambda flag: None if flag is None else (yes if flag else no)
        case "decimal":
            return _decimal_writer(column, layout)
        case "integer":
            return _integer_writer(layout)
        case _:
            return lambda text: text  # text, a school year or nothing


def _padded(write: Writer, layout: Layout) -> Writer:
    """The same writer with the layout's white space after texts; some systems fill cells up, empty ones too."""
    if not layout.padding:
        return write

    def padded(value: Value) -> Cell:
        cell = write(value)
        return f"{cell or ''}{layout.padding}" if cell is None or isinstance(cell, str) else cell

    return padded


def _cpr_writer(layout: Layout) -> Writer:
    match layout.cpr_form:
        case "hyphen":
            return lambda number: f"{number[:6]}-{number[6:]}"
        case "space":
            return lambda number: f"{number[:6]} {number[6:]}"
        case "no_leading_zero":
            return lambda number: number.removeprefix("0")
        case "number":
            return int
        case "plain":
            return lambda number: number


def _date_writer(layout: Layout) -> Writer:
    form = layout.date_format

    def written(day: date | None) -> Cell:
        if day is None or form == REAL_DATES:
            return day
        if form == SERIAL_DATES:
            return (day - _SERIAL_DAY_ZERO).days
        if form == UNPADDED_DATES:
            return f"{day.day}-{day.month}-{day.year}"
        return datetime(day.year, day.month, day.day).strftime(form)

    return cache(written)  # a register has a few thousand days and many rows


def _code_writer(column: Column, layout: Layout) -> Writer:
    table = str(column.code_table)
    spellings = dict(spelled_codes(table, layout.spelling_by_column.get(column.name, layout.spelling)))
    spellings |= layout.spellings.get(column.name, {})
    cells: dict[str, Cell] = {code: _number_where_excel_makes_one(text, layout) for code, text in spellings.items()}
    return lambda code: None if code is None else cells[str(code)]


def _number_where_excel_makes_one(text: str, layout: Layout) -> Cell:
    return int(text) if layout.writes_codes_as_numbers and text.isdecimal() and str(int(text)) == text else text


def _integer_writer(layout: Layout) -> Writer:
    if layout.is_workbook and layout.writes_integers_as_numbers:
        return lambda number: number
    return lambda number: None if number is None else _grouped(f"{number}", layout)


def _decimal_writer(column: Column, layout: Layout) -> Writer:
    as_text = _decimal_text_writer(decimals_of(column), layout)
    if not layout.is_workbook or layout.decimals_in_workbook == "text":
        return as_text
    is_always = layout.decimals_in_workbook == "numbers"

    def written(number: float | None) -> Cell:
        return None if number is None else float(number) if is_always or int(number) % 2 else as_text(number)

    return written


def _decimal_text_writer(decimal_count: int, layout: Layout) -> Writer:
    if layout.decimal_sign == ".":
        # always the same number of decimals: that is how systems with a decimal point write, and a column that shows
        # two decimals shows what its point means
        return lambda number: None if number is None else f"{number:.{decimal_count}f}"

    def with_comma(number: float | None) -> Cell:
        if number is None:
            return None
        whole, _, decimals = f"{number:.{decimal_count}f}".partition(".")
        decimals = decimals.rstrip("0")
        return _grouped(whole, layout) + (f",{decimals}" if decimals else "")

    return with_comma


def decimals_of(column: Column) -> int:
    """How many decimals a decimal column keeps: 2 for DECIMAL(5,2)."""
    return int(column.physical_type.rstrip(")").rpartition(",")[2])


def _grouped(whole: str, layout: Layout) -> str:
    if not layout.has_thousands_point:
        return whole
    sign = whole[: whole.startswith("-")]  # int would lose that of -0,50
    return sign + f"{int(whole.removeprefix('-')):,}".replace(",", ".")
