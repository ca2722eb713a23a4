"""Which wrong rows are planted in a dirty delivery: extra rows, each wrong in known cells and in nothing else.

A wrong row is a copy of a right one with a key of its own, so that everything counted from the right rows stays true of a dirty
delivery. Which rules across columns it breaks is asked of the contract's own expressions in SQLite: another engine than the one
that types deliveries.
"""

import itertools
import math
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from pipelines.codes import load_code_table
from pipelines.contracts import Column, Contract, RowCheck, source_contract
from pipelines.simulate.layouts import OWN_COLUMN, Layout
from pipelines.simulate.population import draw_numbers
from pipelines.simulate.written_cells import Cell, Value, Writer, writers_of

EVERYDAY_KINDS = (
    "missing_required", "unknown_code", "impossible_date", "not_a_number", "out_of_range", "end_before_start", "cpr_in_text",
)  # fmt: skip
"""What is wrong in everyday deliveries. end_before_start concerns two cells; the first one named is the later date."""
ODD_KINDS = (
    "only_white_space", "unknown_number_as_code", "no_leap_day", "short_year", "year_out_of_range", "word_as_date",
    "number_with_unit", "decimals_in_whole_number", "below_range", "not_yes_or_no", "cpr_hidden_in_text", "cpr_as_code",
    "cpr_too_short", "cpr_too_long", "cpr_impossible_day", "word_as_cpr", "wrong_school_year", "breaks_pattern",
    "formula_error", "broken_rule",
)  # fmt: skip
"""What else can be wrong with a cell; broken_rule is any other rule across columns than end before start."""
ROW_KINDS = ("short_row", "long_row", "doubled_row", "contradicting_rows")
"""What can be wrong with a row as a whole. short_row concerns the required cells that it lacks; contradicting rows have the
same key, and each of them is one wrong row."""
KINDS = EVERYDAY_KINDS + ODD_KINDS + ROW_KINDS

FORMULA_ERROR = "#N/A"
"""Text in a text file; in a workbook a formula that gives this error."""

_WHOLE_ROW = ""
_PERIOD_START = re.compile(r"from|start")
_DAY_OF_PERIOD = date(2025, 5, 14)
_SECOND_FAULT_PROBABILITY = 0.15
_TRIES = 25
_FEW_COLUMNS = 3
_LEAST_FILLED = 2
"""A row with fewer cells is taken for a note when it stands last, and rightly so."""


@dataclass(frozen=True)
class Defect:
    """Something to plant: the kind, the contract column ('' for a whole row), and the rule, where it is one."""

    column_name: str
    kind: str
    check: RowCheck | None = None


@dataclass(frozen=True)
class Fault:
    """Something planted: the kind and the columns whose cells show it; none for a whole row."""

    kind: str
    column_names: tuple[str, ...]


@dataclass(frozen=True)
class WrongRow:
    """A wrong row: its cells per contract column, and its faults.

    `beyond` are cells to the right of the last header; `kept_count` is how many cells of the file are there at all (None: all);
    `after` is how many right rows must stand above it.
    """

    cells: Mapping[str, Cell]
    faults: tuple[Fault, ...]
    beyond: tuple[str, ...] = ()
    kept_count: int | None = None
    after: int = 0


def draw_wrong_rows(
    rng: np.random.Generator, frame: pl.DataFrame, layout: Layout, *, count: int, kinds: Sequence[str]
) -> list[WrongRow]:
    """At least `count` wrong rows of the kinds (one more when the last ones contradict each other).

    Everyday kinds alone come in turn from a random first one; else the kinds come in turn in a random order.
    """
    is_everyday = set(kinds) <= set(EVERYDAY_KINDS)
    planter = _Planter(rng, frame, layout, has_one_fault_per_row=is_everyday)
    possible = possible_defects(planter.contract, layout, kinds=kinds)
    wanted = _in_turn(rng, possible) if is_everyday else _kind_by_kind(rng, possible)
    numbers = draw_numbers(rng, rng.random(2 * count) < 0.5)
    rows: list[WrongRow] = []
    while len(rows) < count:
        place = len(rows)
        rows += planter.rows_with(next(wanted), own=numbers[2 * place], other=numbers[2 * place + 1], place=place)
    return rows


def possible_defects(contract: Contract, layout: Layout, *, kinds: Sequence[str] = KINDS) -> list[Defect]:
    """Every defect of the kinds that can be planted in this layout, in the order of kinds and columns.

    Everyday kinds leave alone a column without which a rule across columns would be broken as well.
    """
    columns = [contract.column(name) for name in layout.contract_columns]
    alone = [column for column in columns if not _empty_is_against_a_rule(column, contract)]
    odd = not set(kinds) <= set(EVERYDAY_KINDS)
    found: list[Defect] = []
    for kind in kinds:
        if kind in ROW_KINDS:
            found.append(Defect(_WHOLE_ROW, kind))
        elif kind in ("end_before_start", "broken_rule"):
            found += [
                Defect(check.columns[0], kind, check)
                for check in contract.row_checks
                if (kind == "end_before_start") == _is_period(check) and check.columns[0] in layout.contract_columns
            ]
        else:
            found += [Defect(column.name, kind) for column in (columns if odd else alone) if _FITS[kind](column)]
    return found


def broken_checks(contract: Contract, values: Mapping[str, Value]) -> list[RowCheck]:
    """The rules across columns that a row breaks, in the order of the contract; a column that is not given is empty."""
    if not contract.row_checks:
        return []
    names = [column.name for column in contract.columns]
    tests = ", ".join(f"coalesce(({check.wrong_when}), 0)" for check in contract.row_checks)
    given = ", ".join(f":{name} AS {name}" for name in names)
    row = {name: _sqlite_value(values.get(name)) for name in names}
    broken = _SQLITE.execute(f"SELECT {tests} FROM (SELECT {given})", row).fetchone()
    return [check for check, is_broken in zip(contract.row_checks, broken, strict=True) if is_broken]


_SQLITE = sqlite3.connect(":memory:", check_same_thread=False)


def _sqlite_value(value: Value) -> Value:
    return value.isoformat() if isinstance(value, date) else value


def _has_range(column: Column) -> bool:
    return column.parse in ("integer", "decimal")


_FITS: Mapping[str, Callable[[Column], bool]] = {
    "missing_required": lambda column: column.is_required,
    "unknown_code": lambda column: column.parse == "code",
    "impossible_date": lambda column: column.parse == "date",
    "not_a_number": _has_range,
    "out_of_range": lambda column: _has_range(column) and column.maximum is not None,
    "cpr_in_text": lambda column: column.parse == "text",
    "only_white_space": lambda column: column.is_required,
    "unknown_number_as_code": lambda column: column.parse == "code",
    "no_leap_day": lambda column: column.parse == "date",
    "short_year": lambda column: column.parse == "date",
    "year_out_of_range": lambda column: column.parse == "date",
    "word_as_date": lambda column: column.parse == "date",
    "number_with_unit": _has_range,
    "decimals_in_whole_number": lambda column: column.parse == "integer",
    "below_range": lambda column: _has_range(column) and column.minimum is not None,
    "not_yes_or_no": lambda column: column.parse == "boolean",
    "cpr_hidden_in_text": lambda column: column.parse == "text",
    "cpr_as_code": lambda column: column.parse == "code",
    "cpr_too_short": lambda column: column.parse == "cpr",
    "cpr_too_long": lambda column: column.parse == "cpr",
    "cpr_impossible_day": lambda column: column.parse == "cpr",
    "word_as_cpr": lambda column: column.parse == "cpr",
    "wrong_school_year": lambda column: column.parse == "school_year",
    "breaks_pattern": lambda column: column.parse == "text" and column.pattern is not None,
    "formula_error": lambda column: True,
}


def _is_period(check: RowCheck) -> bool:
    """Whether a rule says that an end lies before a start, in the form that all contracts write it."""
    form = re.fullmatch(r"(\w+) < (\w+)", check.wrong_when)
    return form is not None and bool(_PERIOD_START.search(form[2]))


def _empty_is_against_a_rule(column: Column, contract: Contract) -> bool:
    return any(re.search(rf"\b{column.name} is (not )?null", check.wrong_when) for check in contract.row_checks)


def _in_turn(rng: np.random.Generator, possible: Sequence[Defect]) -> Iterator[Defect]:
    return itertools.islice(itertools.cycle(possible), int(rng.integers(0, len(possible))), None)


def _kind_by_kind(rng: np.random.Generator, possible: Sequence[Defect]) -> Iterator[Defect]:
    kinds = list(dict.fromkeys(defect.kind for defect in possible))
    while True:
        for place in rng.permutation(len(kinds)).tolist():
            of_kind = [defect for defect in possible if defect.kind == kinds[place]]
            yield of_kind[int(rng.integers(0, len(of_kind)))]


class _Planter:
    """Makes wrong rows of one file from its right ones."""

    def __init__(
        self, rng: np.random.Generator, frame: pl.DataFrame, layout: Layout, *, has_one_fault_per_row: bool
    ) -> None:
        self.rng = rng
        self.has_one_fault_per_row = has_one_fault_per_row
        self.frame = frame
        self.layout = layout
        self.contract = source_contract(layout.source)
        self.writers: Mapping[str, Writer] = writers_of(layout)

    def rows_with(self, defect: Defect, *, own: str, other: str, place: int) -> list[WrongRow]:
        """Rows with the defect: one, two that contradict each other, or none where no row was found that can bear it.

        `own` is the number of nobody that the row bears, `other` one that may stand where no number belongs.
        """
        for _ in range(_TRIES):
            copied = int(self.rng.integers(0, len(self.frame)))
            values = self._with_own_key(self._values(copied), own, place)
            match defect.kind:
                case "doubled_row":
                    return [self._doubled(copied)]
                case "long_row":
                    return [self._long(values)]
                case "short_row":
                    rows = self._short(values)
                case "contradicting_rows":
                    rows = self._contradicting(values)
                case _ if defect.check is not None:
                    rows = self._against_rule(values, defect.check, defect.kind)
                case _:
                    rows = self._wrong_in_cells(values, self._with_second(defect), other)
            if rows:
                return rows
        return []

    def _values(self, place: int) -> dict[str, Value]:
        row = self.frame.row(place, named=True)
        return {name: row[name] for name in self.layout.contract_columns}

    def _with_own_key(self, values: dict[str, Value], number: str, place: int) -> dict[str, Value]:
        """The row under a key that no right row has: a number of nobody, or a code that nothing else bears."""
        for name in self.contract.business_key:
            match self.contract.column(name).parse:
                case "cpr":
                    values[name] = number
                case "text":
                    values[name] = f"X{place:05d}"
        return values

    def _written(self, values: Mapping[str, Value]) -> dict[str, Cell]:
        return {name: write(values[name]) for name, write in self.writers.items()}

    def _rule_faults(self, values: Mapping[str, Value]) -> tuple[Fault, ...]:
        """Every rule the row breaks, with those of the rule's columns that the file has."""
        return tuple(
            Fault("end_before_start" if _is_period(check) else "broken_rule", self._present(check.columns))
            for check in broken_checks(self.contract, values)
        )

    def _present(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name in self.writers)

    def _with_second(self, defect: Defect) -> list[Defect]:
        """The defect, and now and then another one in another cell, where rows may have two."""
        if self.has_one_fault_per_row or self.rng.random() >= _SECOND_FAULT_PROBABILITY:
            return [defect]
        others = [other for other in self._cell_defects if other.column_name != defect.column_name]
        return [defect, others[int(self.rng.integers(0, len(others)))]] if others else [defect]

    @cached_property
    def _cell_defects(self) -> list[Defect]:
        defects = possible_defects(self.contract, self.layout, kinds=EVERYDAY_KINDS + ODD_KINDS)
        return [defect for defect in defects if defect.check is None]

    def _wrong_in_cells(self, values: dict[str, Value], defects: Sequence[Defect], number: str) -> list[WrongRow]:
        cells = self._written(values)
        for defect in defects:
            column = self.contract.column(defect.column_name)
            cells[column.name] = self._wrong_cell(defect.kind, column, number)
            values[column.name] = None
        faults = tuple(Fault(defect.kind, (defect.column_name,)) for defect in defects) + self._rule_faults(values)
        return [] if self.has_one_fault_per_row and len(faults) > 1 else [WrongRow(cells, faults)]

    def _wrong_cell(self, kind: str, column: Column, number: str) -> Cell:
        match kind:
            case "below_range":
                return str(int(column.minimum or 0) - 1)
            case "out_of_range":
                return str(int(column.maximum or 0) + 1)
            case "number_with_unit":
                return "12 timer" if column.parse == "integer" else "7,5 timer"
            case "cpr_in_text":
                return number
            case "cpr_hidden_in_text" | "cpr_as_code":
                return self._chosen(_hidden_numbers(number))
            case "cpr_too_short":
                return number[:8]
            case "cpr_too_long":
                return f"{number}7"
            case "cpr_impossible_day":
                return f"32{number[2:]}"
            case "short_year":
                return self._chosen(("03-05-14", "3/5-14", "03.05.14", "03/05/14"))
            case "only_white_space":
                return self._chosen((" ", "\u00a0", " \u00a0 "))
            case _:
                return _WRONG_CELLS[kind]

    def _chosen(self, spellings: Sequence[str]) -> str:
        return spellings[int(self.rng.integers(0, len(spellings)))]

    def _against_rule(self, values: dict[str, Value], check: RowCheck, kind: str) -> list[WrongRow]:
        """The row changed in the rule's columns until it breaks this rule and no other; none where nothing tried does."""
        for changed in _changes(values, check, self.contract, self.layout):
            if [broken.check_id for broken in broken_checks(self.contract, changed)] == [check.check_id]:
                return [WrongRow(self._written(changed), (Fault(kind, self._present(check.columns)),))]
        return []

    def _doubled(self, copied: int) -> WrongRow:
        return WrongRow(self._written(self._values(copied)), (Fault("doubled_row", ()),), after=copied + 1)

    def _long(self, values: dict[str, Value]) -> WrongRow:
        beyond = ("",) * int(self.rng.integers(0, 12)) + ("se bilag",)
        return WrongRow(self._written(values), (Fault("long_row", ()),), beyond=beyond)

    def _short(self, values: dict[str, Value]) -> list[WrongRow]:
        kept_count = int(self.rng.integers(1, len(self.layout.headers)))
        lost = list(self.layout.headers)[kept_count:]
        missing = [name for name in lost if not name.startswith(OWN_COLUMN) and self.contract.column(name).is_required]
        left = {name: None if name in lost else value for name, value in values.items()}
        if not missing or sum(value is not None for value in left.values()) < _LEAST_FILLED:
            return []
        faults = tuple(Fault("short_row", (name,)) for name in missing) + self._rule_faults(left)
        return [WrongRow(self._written(values), faults, kept_count=kept_count)]

    def _contradicting(self, values: dict[str, Value]) -> list[WrongRow]:
        """Two rows under one key of their own that say different things in one code or number."""
        if not any(self.contract.column(name).parse in ("cpr", "text") for name in self.contract.business_key):
            return []
        fault = (Fault("contradicting_rows", ()),)
        for name in self.rng.permutation([name for name in values if name not in self.contract.business_key]).tolist():
            for value in _other_values(values[name], self.contract.column(name)):
                changed = {**values, name: value}
                if not broken_checks(self.contract, changed):
                    return [WrongRow(self._written(row), fault) for row in (values, changed)]
        return []


_WRONG_CELLS: Mapping[str, Cell] = {
    "missing_required": None,
    "unknown_code": "ukendt værdi",
    "unknown_number_as_code": "9971",
    "impossible_date": "31-02-2025",
    "no_leap_day": "29-02-2023",
    "year_out_of_range": "14-05-2205",
    "word_as_date": "i fjor",
    "not_a_number": "ved ikke",
    "decimals_in_whole_number": "2,5",
    "not_yes_or_no": "måske",
    "word_as_cpr": "ukendt",
    "wrong_school_year": "2025/27",
    "breaks_pattern": "D 1 (øst)",
    "formula_error": FORMULA_ERROR,
}


def _hidden_numbers(number: str) -> tuple[str, ...]:
    birth, serial = number[:6], number[6:]
    return (
        f"{birth}-{serial}", f"{birth} {serial}", f"\u00a0{number} ", f"CPR {number}", f"cpr-nr. {birth}-{serial}",
        f"{birth[:2]}-{birth[2:4]}-{birth[4:]}-{serial}", f"{birth}--{serial}", number.removeprefix("0"),
    )  # fmt: skip


def _changes(
    values: Mapping[str, Value], check: RowCheck, contract: Contract, layout: Layout
) -> Iterator[dict[str, Value]]:
    """The row with other values in the columns that a rule names: all empty; then one by one; then, if few, together."""
    words = set(re.findall(r"\w+", check.wrong_when))
    named = [contract.column(name) for name in layout.contract_columns if name in words]
    if all(not column.is_required for column in named):
        yield {**values, **{column.name: None for column in named}}
    options = [_options(values, column, named) for column in named]
    for column, choices in zip(named, options, strict=True):
        yield from ({**values, column.name: choice} for choice in choices)
    if len(named) <= _FEW_COLUMNS:
        for chosen in itertools.product(*options):
            yield {**values, **{column.name: choice for column, choice in zip(named, chosen, strict=True)}}


def _options(values: Mapping[str, Value], column: Column, named: Sequence[Column]) -> list[Value]:
    """Values to try: its own, those next to it and to its neighbours', its bounds, every code, and none."""
    own = values[column.name]
    options: list[Value] = [own]
    if column.parse == "date":
        days = [values[other.name] for other in named if other.parse == "date" and values[other.name] is not None]
        options += [day + timedelta(days=step) for day in (*days, _DAY_OF_PERIOD) for step in (-1, 0)]
    if column.parse == "text":
        options += [values[other.name] for other in named if other.parse == "text" and values[other.name] is not None]
    options += _other_values(own, column)
    return options if column.is_required else [*options, None]


def _other_values(own: Value, column: Column) -> list[Value]:
    """Other allowed values of a code, a number, or yes and no; for other kinds of column none."""
    if column.parse == "boolean":
        return [flag for flag in (True, False) if flag != own]
    if column.parse == "code":
        kind = type(own) if own is not None else str
        return [value for code in load_code_table(str(column.code_table)).codes if (value := kind(code)) != own]
    if column.parse not in ("integer", "decimal"):
        return []
    near = [own - 1, own + 1] if own is not None else []
    bounds = [bound for bound in (column.minimum, column.maximum) if bound is not None]
    kind = int if column.parse == "integer" else float
    low, high = (
        other if other is not None else end for other, end in ((column.minimum, -math.inf), (column.maximum, math.inf))
    )
    return [kind(value) for value in (*near, *bounds) if value != own and low <= value <= high]
