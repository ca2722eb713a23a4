"""Which wrong rows are planted in a dirty delivery: extra rows, each wrong in exactly one known cell.

A wrong row is a copy of a right one with a key of its own, so that it breaks one rule and no other, and so that everything
counted from the right rows stays true of a dirty delivery.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pipelines.contracts import Column, Contract, source_contract
from pipelines.simulate.layouts import Cell, Layout, written_date
from pipelines.simulate.population import draw_numbers

KINDS = (
    "missing_required", "unknown_code", "impossible_date", "not_a_number", "out_of_range", "end_before_start", "cpr_in_text",
)  # fmt: skip
"""What can be wrong with a cell. end_before_start concerns two; the one named is the later date."""

_PERIODS: Mapping[str, tuple[str, str]] = {
    "children": ("resident_from_date", "resident_to_date"),
    "institutions": ("open_from_date", "open_to_date"),
    "organisation": ("from_date", "to_date"),
    "school_placements": ("start_date", "end_date"),
    "measures": ("start_date", "end_date"),
}
_ENTANGLED: Mapping[str, tuple[str, ...]] = {"sessions": ("planned_date", "held_date"), "measures": ("place_code",)}
"""Columns left alone: without a value here, a rule across columns would be broken as well."""

_IMPOSSIBLE_DATE = "31-02-2025"
_UNKNOWN_CODE = "ukendt værdi"
_NOT_A_NUMBER = "ved ikke"
_DAY_OF_PERIOD = date(2025, 5, 14)


@dataclass(frozen=True)
class Defect:
    """What is wrong in one row: the contract column and the kind."""

    column_name: str
    kind: str


@dataclass(frozen=True)
class WrongRow:
    """A wrong row: its cells per contract column, and the defect."""

    cells: Mapping[str, Cell]
    defect: Defect


def draw_wrong_rows(
    rng: np.random.Generator, cells: Mapping[str, Sequence[Cell]], layout: Layout, *, count: int
) -> list[WrongRow]:
    """`count` wrong rows, the possible defects in turn from a random first one."""
    contract = source_contract(layout.source)
    possible = possible_defects(contract, layout)
    length = len(next(iter(cells.values())))
    first = int(rng.integers(0, len(possible)))
    numbers = draw_numbers(rng, rng.random(2 * count) < 0.5)
    rows = []
    for place in range(count):
        copied = int(rng.integers(0, length))
        fresh = _with_own_key(
            {name: column[copied] for name, column in cells.items()}, contract, numbers[2 * place], place
        )
        defect = possible[(first + place) % len(possible)]
        rows.append(WrongRow(_broken(fresh, defect, contract, layout, numbers[2 * place + 1]), defect))
    return rows


def possible_defects(contract: Contract, layout: Layout) -> list[Defect]:
    """Every defect that can be planted in this layout, in the order of kinds and columns."""
    tests: Mapping[str, Callable[[Column], bool]] = {
        "missing_required": lambda column: column.is_required,
        "unknown_code": lambda column: column.parse == "code",
        "impossible_date": lambda column: column.parse == "date",
        "not_a_number": lambda column: column.parse in ("integer", "decimal"),
        "out_of_range": lambda column: column.parse in ("integer", "decimal") and column.maximum is not None,
        "end_before_start": lambda column: column.name == _PERIODS.get(layout.source, ("", ""))[1],
        "cpr_in_text": lambda column: column.parse == "text",
    }
    columns = [contract.column(name) for name in layout.headers if name not in _ENTANGLED.get(layout.source, ())]
    return [Defect(column.name, kind) for kind in KINDS for column in columns if tests[kind](column)]


def _with_own_key(row: dict[str, Cell], contract: Contract, number: str, place: int) -> dict[str, Cell]:
    """The row under a key that no right row has: a number of nobody, or a code that nothing else bears."""
    for column in (contract.column(name) for name in contract.business_key):
        if column.parse == "cpr":
            row[column.name] = number
        elif column.parse == "text":
            row[column.name] = f"X{place:05d}"
    return row


def _broken(row: dict[str, Cell], defect: Defect, contract: Contract, layout: Layout, number: str) -> dict[str, Cell]:
    column = contract.column(defect.column_name)
    match defect.kind:
        case "missing_required":
            row[column.name] = None
        case "unknown_code":
            row[column.name] = _UNKNOWN_CODE
        case "impossible_date":
            row[column.name] = _IMPOSSIBLE_DATE
        case "not_a_number":
            row[column.name] = _NOT_A_NUMBER
        case "out_of_range":
            row[column.name] = str(int(column.maximum or 0) + 1)
        case "end_before_start":
            _turn_period_round(row, layout)
        case "cpr_in_text":
            row[column.name] = number
    return row


def _turn_period_round(row: dict[str, Cell], layout: Layout) -> None:
    start, end = _PERIODS[layout.source]
    day_before = _DAY_OF_PERIOD - timedelta(days=1)
    row[start] = _DAY_OF_PERIOD if layout.writes_real_dates else written_date(_DAY_OF_PERIOD, layout)
    row[end] = day_before if layout.writes_real_dates else written_date(day_before, layout)
    if "birth_date" in row:
        earlier = _DAY_OF_PERIOD - timedelta(days=2000)
        row["birth_date"] = written_date(earlier, layout)
