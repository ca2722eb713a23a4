"""What a reader with a calculator can find out about the hidden counts of a published table.

The attacker knows every shown count, every declared sum, that counts are whole and not negative, and the
shares as rounded. For each hidden count an integer program (HiGHS through scipy) gives the lowest and highest
value that fits. `find_pinned` says which hidden counts are known too well; a published table passes when it
returns none.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from pipelines.disclosure.relations import (
    Equation,
    Position,
    Total,
    find_count_columns,
    find_equations,
    find_rest_column,
    find_share_equations,
)
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import CellStatus, ProtectedTable, TableColumn

NOT_COUNTED = (CellStatus.NOT_RECEIVED, CellStatus.NOT_COMPUTABLE)
"""What never came cannot be part of a sum; what the source hid can."""


@dataclass(frozen=True)
class Interval:
    """The whole numbers a hidden count can still be, ends included; `high` is None without any limit."""

    low: int
    high: int | None

    @property
    def width(self) -> float:
        """Highest minus lowest: 0 when the count is known exactly, infinity when nothing limits it."""
        return float("inf") if self.high is None else self.high - self.low

    def lies_among_small(self, minimum_count: int) -> bool:
        """True when the count is known to be one of few values, some of them small."""
        return self.high is not None and self.high >= 1 and self.low < minimum_count and self.width < minimum_count


@dataclass(frozen=True)
class Constraint:
    """The weighted sum of the unknown counts lies between `low` and `high`."""

    weights: Mapping[Position, float]
    low: float
    high: float


def attack(table: ProtectedTable, *, totals: Sequence[Total] = ()) -> dict[Position, Interval]:
    """What each hidden count can be, for a reader who holds `table` and knows that `totals` hold.

    Keys: position of every hidden count cell, and, where a share or a part of it is hidden, of the counts
    that the table never shows: the rest (denominator minus numerator) and a numerator or denominator without
    a column. Counts hidden by the source stay unknown and are not reported: they are not ours to protect.

    Raises: ValueError when the shown numbers contradict the totals.
    """
    attacker, targets = _prepare_attack(table, totals)
    return {target: attacker.find_interval(target) for target in targets}


def find_pinned(
    table: ProtectedTable, *, totals: Sequence[Total] = (), rule: DisclosureRule | None = None
) -> list[Position]:
    """Positions of the hidden counts that `attack` knows too well; empty when the table keeps its secrets.

    A hidden cell is known too well when fewer than `minimum_count` + 1 values remain; a count that has no
    cell of its own (such as the rest of a share) when, besides, some of those values are small.
    """
    minimum = (rule or DisclosureRule()).minimum_count
    shown_names = {column.name for column in table.columns}
    attacker, targets = _prepare_attack(table, totals)
    narrow = [target for target in targets if attacker.is_narrower(target, minimum)]
    return [
        target
        for target in narrow
        if target[1] in shown_names or attacker.find_interval(target).lies_among_small(minimum)
    ]


def settle_equations(equations: Iterable[Equation], *, not_counted: Iterable[Position]) -> list[Equation]:
    """The equations without parts that were never counted, and without those whose total, or every part, was not."""
    left_out = set(not_counted)
    return [
        Equation(
            equation.total,
            tuple(part for part in equation.parts if part not in left_out),
            equation.declared_by,
        )
        for equation in equations
        if equation.total not in left_out and not (equation.parts and left_out.issuperset(equation.parts))
    ]


def build_constraints(equations: Iterable[Equation], *, known: Mapping[Position, int]) -> list[Constraint]:
    """The equations with the known counts put in; those without an unknown are left out."""
    constraints = []
    for equation in equations:
        weights = equation.coefficients
        unknown = {position: float(weight) for position, weight in weights.items() if position not in known}
        rest = float(-sum(weight * known[position] for position, weight in weights.items() if position in known))
        if unknown:
            constraints.append(Constraint(unknown, rest, rest))
    return constraints


def find_ceiling(known: Mapping[Position, int]) -> float:
    """A number far above anything the shown counts could force a hidden one to be; stands for "no limit"."""
    return 100.0 * sum(known.values()) + 10_000.0


class Examples:
    """Tables that fit the same sums as the true one, found on the way: what each count can be is known without a program.

    Only who hides a table has them, since they are completed with true counts; they make the search short and change no answer.
    A count whose truth we do not know ourselves is left open (NaN) where a table was not solved for it.
    """

    def __init__(self, truth: Mapping[Position, int], positions: Iterable[Position]) -> None:
        """The true counts, and all positions that sums mention; the first example is the truth."""
        self._place = {position: place for place, position in enumerate(dict.fromkeys([*truth, *positions]))}
        self._truth = np.array([float(truth.get(position, np.nan)) for position in self._place])
        self._tables = [self._truth]

    def add(self, solved: Mapping[Position, int], solution: NDArray[np.float64]) -> None:
        """A table that is `solution` where it was solved for (position to place in the solution), else the truth."""
        table = self._truth.copy()
        table[[self._place[position] for position in solved]] = solution
        self._tables.append(table)

    def fitting(self, known: Collection[Position]) -> NDArray[np.float64]:
        """The tables with true counts wherever a reader knows them, shape (tables, positions)."""
        tables = np.stack(self._tables)
        places = [self._place[position] for position in known]
        fits: NDArray[np.float64] = tables[(tables[:, places] == self._truth[places]).all(axis=1)]
        return fits

    def range_in(
        self, tables: NDArray[np.float64], positions: Iterable[Position]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(Lowest, highest) value of each position in `tables`; (inf, -inf) where all leave it open."""
        own = tables[:, [self._place[position] for position in positions]]
        is_open = np.isnan(own)
        return np.where(is_open, np.inf, own).min(axis=0), np.where(is_open, -np.inf, own).max(axis=0)


class Attacker:
    """Knows the constraints and answers for one count at a time."""

    def __init__(
        self,
        constraints: Sequence[Constraint],
        *,
        ceiling: float,
        examples: Examples | None = None,
        known: Collection[Position] = (),
    ) -> None:
        """Takes what is known, and a number that stands for "no limit" (see `find_ceiling`).

        examples: tables found before, with the positions `known` to this reader; more are added as they are found.
        """
        programs = [_Program(group, ceiling, examples) for group in group_connected(constraints)]
        if examples is not None:
            tables = examples.fitting(known)
            for program in programs:
                program.see(*examples.range_in(tables, program.order))
        self._programs = {position: program for program in programs for position in program.order}

    def find_interval(self, target: Position) -> Interval:
        """The exact range of one count. Raises: ValueError when no whole numbers fit the constraints."""
        return self._programs[target].find_interval(target) if target in self._programs else Interval(0, None)

    def is_narrower(self, target: Position, width: int) -> bool:
        """True when the range of one count is narrower than `width`; mostly faster than finding the range."""
        return target in self._programs and self._programs[target].is_narrower(target, width)

    def find_connected(self, target: Position) -> Collection[Position]:
        """The unknown counts that hang together with `target` through the constraints, itself among them."""
        return self._programs[target].order if target in self._programs else [target]


class _Program:
    """Integer program over counts that hang together through constraints."""

    def __init__(self, constraints: Sequence[Constraint], ceiling: float, examples: Examples | None) -> None:
        together = dict.fromkeys(position for constraint in constraints for position in constraint.weights)
        self.order = {position: index for index, position in enumerate(together)}
        self._constraints = constraints
        self._ceiling = ceiling
        self._examples = examples
        # Every solution, whatever it was sought for, is a value that each of the counts can have.
        self._lowest_seen = np.full(len(self.order), np.inf)
        self._highest_seen = np.full(len(self.order), -np.inf)

    @cached_property
    def _constraint(self) -> LinearConstraint:
        matrix = build_matrix([constraint.weights for constraint in self._constraints], self.order)
        low = [constraint.low for constraint in self._constraints]
        high = [constraint.high for constraint in self._constraints]
        return LinearConstraint(matrix, low, high)

    def see(self, lowest: NDArray[np.float64], highest: NDArray[np.float64]) -> None:
        """Values that the counts are known to be able to have, in the order of the positions."""
        self._lowest_seen = np.minimum(self._lowest_seen, lowest)
        self._highest_seen = np.maximum(self._highest_seen, highest)

    def is_narrower(self, target: Position, width: int) -> bool:
        index = self.order[target]
        for sign in (-1.0, 1.0):
            if self._is_wide(index, width):
                return False
            self._find_extreme(target, sign)
        return not self._is_wide(index, width)

    def _is_wide(self, index: int, width: int) -> bool:
        return bool(self._highest_seen[index] - self._lowest_seen[index] >= width)

    def find_interval(self, target: Position) -> Interval:
        low, high = self._find_extreme(target, 1.0), self._find_extreme(target, -1.0)
        return Interval(low, None if high >= self._ceiling / 2 else high)

    def _find_extreme(self, target: Position, sign: float) -> int:
        objective = np.zeros(len(self.order))
        objective[self.order[target]] = sign
        # The linear program is faster, and where its answer is whole it is the integer program's too.
        found = self._solve(objective, integrality=0)
        if found is None or np.abs(found - np.round(found)).max() > 1e-6:
            found = self._solve(objective, integrality=1)
        if found is None:
            raise ValueError("the shown counts contradict the declared sums")
        solution = np.round(found)
        self.see(solution, solution)
        if self._examples is not None:
            self._examples.add(self.order, solution)
        return int(solution[self.order[target]])

    def _solve(self, objective: NDArray[np.float64], *, integrality: int) -> NDArray[np.float64] | None:
        found = milp(
            objective,
            constraints=self._constraint,
            bounds=Bounds(0, self._ceiling),
            integrality=integrality,
            options={"mip_rel_gap": 0.0},  # the default stops up to 0.01 per cent short of the true limit
        )
        return None if found.x is None else np.asarray(found.x)


def build_matrix(weights: Sequence[Mapping[Position, float]], order: Mapping[Position, int]) -> csr_array:
    """One row per weighted sum, one column per position, in the given order; sparse."""
    entries = [(row, order[position], weight) for row, sums in enumerate(weights) for position, weight in sums.items()]
    rows, columns, values = zip(*entries, strict=True)
    return csr_array((values, (rows, columns)), shape=(len(weights), len(order)), dtype=float)


def group_connected(constraints: Sequence[Constraint]) -> list[list[Constraint]]:
    """The constraints in groups that share no count with each other, in order of first appearance."""
    of_position: dict[Position, list[int]] = defaultdict(list)
    for index, constraint in enumerate(constraints):
        for position in constraint.weights:
            of_position[position].append(index)
    groups, seen = [], set[int]()
    for start in range(len(constraints)):
        if start in seen:
            continue
        waiting, members = [start], {start}
        while waiting:
            for position in constraints[waiting.pop()].weights:
                fresh = [index for index in of_position[position] if index not in members]
                members.update(fresh)
                waiting += fresh
        seen |= members
        groups.append([constraints[index] for index in sorted(members)])
    return groups


def _prepare_attack(table: ProtectedTable, totals: Sequence[Total]) -> tuple[Attacker, list[Position]]:
    """(attacker who knows what the table shows and the totals say, the counts it hides)."""
    shown, not_counted = _read_counts(table)
    row_labels = [_read_labels(table, row) for row in range(len(table.rows))]
    declared = find_equations(totals, row_labels=row_labels, count_columns=find_count_columns(table.columns))
    shares = [
        equation
        for equation in find_share_equations(table.columns, len(table.rows))
        if equation.total not in not_counted and equation.parts[0] not in not_counted
    ]
    equations = [*settle_equations(declared, not_counted=not_counted), *shares]
    constraints = build_constraints(equations, known=shown) + _share_constraints(table, shown)
    return Attacker(constraints, ceiling=find_ceiling(shown)), _find_targets(table)


def _read_counts(table: ProtectedTable) -> tuple[dict[Position, int], set[Position]]:
    """(shown counts by position, positions that were never counted)."""
    shown: dict[Position, int] = {}
    not_counted = set()
    for row, cells in enumerate(table.rows):
        for column, cell in zip(table.columns, cells, strict=True):
            if column.kind == "count" and cell.value is not None:
                shown[row, column.name] = int(cell.value)
            elif column.kind == "count" and cell.status in NOT_COUNTED:
                not_counted.add((row, column.name))
    return shown, not_counted


def _read_labels(table: ProtectedTable, row: int) -> dict[str, str | float | int | None]:
    return {
        column.name: cell.value
        for column, cell in zip(table.columns, table.rows[row], strict=True)
        if column.kind == "label"
    }


def _plain_shares(table: ProtectedTable) -> list[tuple[int, TableColumn]]:
    """(index, column) of the columns that are a share themselves, not the limit of one."""
    return [
        (index, column)
        for index, column in enumerate(table.columns)
        if column.kind == "share" and column.limit_of is None
    ]


def _share_constraints(table: ProtectedTable, shown: Mapping[Position, int]) -> list[Constraint]:
    """numerator = share x denominator, give or take the rounding, where one of the two is not shown."""
    constraints = []
    for index, column in _plain_shares(table):
        half_step = 0.5 * 10.0 ** -(column.decimals + 2)
        for row, cells in enumerate(table.rows):
            numerator, denominator = (row, str(column.numerator)), (row, str(column.denominator))
            share = cells[index].value
            if share is None or (numerator in shown and denominator in shown):
                continue
            for limit, low, high in (
                (float(share) + half_step, -np.inf, 1e-9),
                (float(share) - half_step, -1e-9, np.inf),
            ):
                weights = {numerator: 1.0, denominator: -limit}
                given = sum(weight * shown[position] for position, weight in weights.items() if position in shown)
                unknown = {position: weight for position, weight in weights.items() if position not in shown}
                constraints.append(Constraint(unknown, low - given, high - given))
    return constraints


def _find_targets(table: ProtectedTable) -> list[Position]:
    names = {column.name for column in table.columns}
    targets = [
        (row, column.name)
        for row, cells in enumerate(table.rows)
        for column, cell in zip(table.columns, cells, strict=True)
        if column.kind == "count" and cell.status is CellStatus.HIDDEN
    ]
    for index, column in _plain_shares(table):
        for row, cells in enumerate(table.rows):
            if cells[index].status is CellStatus.HIDDEN:
                behind = [str(column.numerator), str(column.denominator), find_rest_column(column)]
                targets += [(row, name) for name in behind if name not in names]
    return list(dict.fromkeys(targets))
