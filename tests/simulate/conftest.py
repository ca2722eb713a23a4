"""A small made-up municipality, its clean files, and a reader of files that knows only contracts and code tables."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import fastexcel
import pytest

from pipelines.codes import load_code_table
from pipelines.contracts import Column, Contract, source_contract
from pipelines.simulate import SimulatedMunicipality, simulate_municipality, truth_of, write_deliveries

PROFILE = Path(__file__).parents[2] / "pipelines" / "municipalities" / "vordingborg_next_step.toml"
ENCODINGS = ("utf-8-sig", "cp1252")
SEPARATORS = (";", "\t", ",")
DATE_FORMS = ("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S")

Row = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A municipality, its truth, its files, and the rows read back from them per source."""

    simulated: SimulatedMunicipality
    truth: dict[str, Any]
    paths: list[Path]
    rows: Mapping[str, list[Row]]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """1,000 children, clean."""
    simulated = simulate_municipality(PROFILE, children_count=1000, seed=6)
    paths = write_deliveries(simulated, tmp_path_factory.mktemp("clean"), dirty=False)
    rows: dict[str, list[Row]] = {}
    for path in paths:
        rows.setdefault(path.parent.name, []).extend(read_rows(path))
    return Made(simulated, truth_of(simulated, dirty=False), paths, rows)


@pytest.fixture(scope="session")
def read_cells_of() -> Callable[[Path], list[list[Any]]]:
    """The grid reader, for tests that look at single cells."""
    return read_grid


def read_grid(path: Path) -> list[list[Any]]:
    """All rows of a file as the sender sees them, titles and header included."""
    if path.suffix == ".xlsx":
        book = fastexcel.read_excel(path.read_bytes())
        sheet = book.load_sheet(0, header_row=None, dtypes=None)
        return [list(row) for row in sheet.to_polars().rows()]
    text = _decoded(path.read_bytes())
    separator = max(SEPARATORS, key=lambda candidate: text.splitlines()[-1].count(candidate))
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def _decoded(content: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("none of the encodings fits")


def read_rows(path: Path) -> list[Row]:
    """The rows of a file with contract columns and values. Fails on a header or value the contract does not accept."""
    contract = source_contract(path.parent.name)
    grid = read_grid(path)
    names_by_header = {
        folded(alias): column.name for column in contract.columns for alias in (column.name, *column.aliases)
    }
    header_at = next(at for at, row in enumerate(grid) if sum(folded(cell) in names_by_header for cell in row) >= 2)
    names = [names_by_header.get(folded(cell)) for cell in grid[header_at]]
    missing = {column.name for column in contract.required_columns} - set(names)
    assert not missing, f"{path.name} lacks {missing}"
    return [_row(names, cells, contract) for cells in grid[header_at + 1 :]]


def folded(cell: Any) -> str:
    return " ".join(str(cell or "").casefold().split())


def _row(names: list[str | None], cells: list[Any], contract: Contract) -> Row:
    row: Row = dict.fromkeys(column.name for column in contract.columns)
    for name, cell in zip(names, cells, strict=True):
        if name is not None:
            row[name] = value_of(cell, contract.column(name))
    return row


def value_of(cell: Any, column: Column) -> Any:
    """The value of a cell by the column's parse rule; None for an empty one. Raises AssertionError on what is not accepted."""
    if cell is None or cell == "":
        assert not column.is_required, f"{column.name} is empty"
        return None
    match column.parse:
        case "cpr":
            return str(cell).replace("-", "")
        case "date":
            return _date(str(cell))
        case "integer":
            number = int(float(cell))
            assert (column.minimum or 0) <= number <= (column.maximum or 10**9)
            return number
        case "decimal":
            return float(str(cell).replace(",", "."))
        case "boolean":
            return {"ja": True, "nej": False}[cell]
        case "code":
            codes = _codes_by_alias(str(column.code_table))
            assert folded(cell) in codes, f"{column.name}: {column.code_table} does not know the value"
            return codes[folded(cell)]
        case _:
            return str(cell)


@cache
def _codes_by_alias(table: str) -> Mapping[str, str]:
    return load_code_table(table).codes_by_alias()


@cache  # a few thousand days stand in a hundred thousand cells
def _date(text: str) -> date:
    for form in DATE_FORMS:
        try:
            return datetime.strptime(text, form).date()  # a day has no time zone
        except ValueError:
            continue
    raise AssertionError("not a date")
