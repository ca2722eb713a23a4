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
from scipy.sparse import csc_array

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
from pipelines.disclosure.steps import find_limits, find_steps, tables_beside
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
    """The weighted sum of the unknown counts lies between `low` and `high`; `seen` are known counts that are put in."""

    weights: Mapping[Position, float]
    low: float
    high: float
    seen: tuple[Position, ...] = ()

    def put_in(self, position: Position, count: int) -> "Constraint":
        """The same with one more count known."""
        rest = {other: weight for other, weight in self.weights.items() if other != position}
        moved = self.weights[position] * count
        return Constraint(rest, self.low - moved, self.high - moved, (*self.seen, position))


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
        unknown: dict[Position, float] = {}
        seen, rest = [], 0
        for position, weight in equation.coefficients.items():
            if position in known:
                seen.append(position)
                rest -= weight * known[position]
            else:
                unknown[position] = float(weight)
        if unknown:
            constraints.append(Constraint(unknown, float(rest), float(rest), tuple(seen)))
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
        self._tables = self._truth[np.newaxis]
        self._added: list[NDArray[np.float64]] = []

    def add(self, solved: Mapping[Position, int], solution: NDArray[np.float64]) -> None:
        """A table that is `solution` where it was solved for (position to place in the solution), else the truth."""
        table = self._truth.copy()
        table[[self._place[position] for position in solved]] = solution
        self._added.append(table)

    def fitting(self, positions: Iterable[Position], *, seen: Collection[Position]) -> NDArray[np.float64]:
        """The values of the positions in the tables that are true wherever a reader has `seen` a count, the true ones first.

        `seen` need hold no more than what shares a sum with the positions. Shape (tables, positions).
        """
        if self._added:
            self._tables, self._added = np.vstack([self._tables, *self._added]), []
        places = [self._place[position] for position in seen]
        fits = (self._tables[:, places] == self._truth[places]).all(axis=1)
        own: NDArray[np.float64] = self._tables[np.ix_(fits, [self._place[position] for position in positions])]
        return own


class Attacker:
    """Knows the constraints and answers for one count at a time."""

    def __init__(self, constraints: Sequence[Constraint], *, ceiling: float, examples: Examples | None = None) -> None:
        """Takes what is known, and a number that stands for "no limit" (see `find_ceiling`).

        examples: tables found before; more are added as they are found.
        """
        self._examples = examples
        programs = [_Program(group, ceiling, examples) for group in group_connected(constraints)]
        self._programs = {position: program for program in programs for position in program.order}

    def learn(self, position: Position, count: int) -> "Attacker":
        """A reader who knows one count more; only what hangs together with it is asked anew."""
        program = self._programs.get(position)
        if program is None:
            return self
        constraints = [
            line.put_in(position, count) if position in line.weights else line for line in program.constraints
        ]
        learned = Attacker(
            [line for line in constraints if line.weights],
            ceiling=program.ceiling + find_ceiling({position: count}) - find_ceiling({}),
            examples=self._examples,
        )
        untouched = {other: own for other, own in self._programs.items() if own is not program}
        learned._programs = untouched | learned._programs
        return learned

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
        self.constraints = constraints
        self.ceiling = ceiling
        self._examples = examples
        self._steps: NDArray[np.float64] | None = None

    @cached_property
    def _constraint(self) -> LinearConstraint:
        matrix = build_matrix([constraint.weights for constraint in self.constraints], self.order)
        low = [constraint.low for constraint in self.constraints]
        high = [constraint.high for constraint in self.constraints]
        return LinearConstraint(matrix, low, high)

    @cached_property
    def _range_seen(self) -> NDArray[np.float64]:
        """Lowest and highest value that each count has had: every solution, whatever it was sought for, has one for each."""
        if self._examples is None:
            return np.array([[np.inf], [-np.inf]]).repeat(len(self.order), axis=1)
        seen = dict.fromkeys(position for constraint in self.constraints for position in constraint.seen)
        tables = self._examples.fitting(self.order, seen=seen)
        is_open = np.isnan(tables)
        lowest, highest = np.where(is_open, np.inf, tables), np.where(is_open, -np.inf, tables)
        found = np.stack([lowest.min(axis=0), highest.max(axis=0)])
        for table in tables[~is_open.any(axis=1)][:1]:
            beside = self._beside(table)
            found[0] = np.minimum(found[0], beside.min(axis=0))
            found[1] = np.maximum(found[1], beside.max(axis=0))
        return found

    def _beside(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Tables that fit as well as this one, itself among them."""
        if self._steps is None:
            matrix = self._constraint.A.toarray()
            self._steps = find_steps(matrix, table)
        return tables_beside(table, self._steps)

    def _see(self, solution: NDArray[np.float64]) -> None:
        beside = self._beside(solution)
        self._range_seen[0] = np.minimum(self._range_seen[0], beside.min(axis=0))
        self._range_seen[1] = np.maximum(self._range_seen[1], beside.max(axis=0))
        if self._examples is not None:
            self._examples.add(self.order, solution)

    def is_narrower(self, target: Position, width: int) -> bool:
        for sign in (-1.0, 1.0):
            if (settled := self._is_settled(target, width)) is not None:
                return settled
            self._find_extreme(target, sign)
        return not self._is_wide(target, width)

    def _is_settled(self, target: Position, width: int) -> bool | None:
        """Whether a count is narrower than `width`, as far as what was seen and the sums one by one tell; None: not yet."""
        if self._is_wide(target, width):
            return False
        if not self._has_seen_a_table:
            return None  # what fits each sum alone proves nothing where no table fits them all
        low, high = self._limits[:, self.order[target]]
        return True if high - low < width else None

    def _is_wide(self, target: Position, width: int) -> bool:
        low, high = self._range_seen[:, self.order[target]]
        return bool(high - low >= width)

    @property
    def _has_seen_a_table(self) -> bool:
        return bool(np.isfinite(self._range_seen).all())

    @cached_property
    def _limits(self) -> NDArray[np.float64]:
        return find_limits(self._constraint, ceiling=self.ceiling)

    def find_interval(self, target: Position) -> Interval:
        low, high = self._find_end(target, 1.0), self._find_end(target, -1.0)
        return Interval(low, None if high >= self.ceiling / 2 else high)

    def _find_end(self, target: Position, sign: float) -> int:
        """The lowest (sign 1) or highest (-1) value; a program is solved unless a limit has been reached already."""
        end, place = int(sign < 0), self.order[target]
        if self._has_seen_a_table and self._range_seen[end, place] == self._limits[end, place]:
            return int(self._limits[end, place])
        return self._find_extreme(target, sign)

    def _find_extreme(self, target: Position, sign: float) -> int:
        objective = np.zeros(len(self.order))
        objective[self.order[target]] = sign
        # The linear program is faster, and where its answer is whole it is the integer program's too.
        found = self._solve(objective, integrality=0)
        if found is None or not _is_whole(found):
            found = self._solve(objective, integrality=1)
        if found is None:
            raise ValueError("the shown counts contradict the declared sums")
        solution = np.round(found)
        self._see(solution)
        return int(solution[self.order[target]])

    def _solve(self, objective: NDArray[np.float64], *, integrality: int) -> NDArray[np.float64] | None:
        found = milp(
            objective,
            constraints=self._constraint,
            bounds=Bounds(0, self.ceiling),
            integrality=integrality,
            options={"mip_rel_gap": 0.0},  # the default stops up to 0.01 per cent short of the true limit
        )
        return None if found.x is None else np.asarray(found.x)


def _is_whole(solution: NDArray[np.float64]) -> bool:
    return bool(np.abs(solution - np.round(solution)).max() <= 1e-6)


def build_matrix(weights: Sequence[Mapping[Position, float]], order: Mapping[Position, int]) -> csc_array:
    """One row per weighted sum, one column per position, in the given order; sparse."""
    entries = [(row, order[position], weight) for row, sums in enumerate(weights) for position, weight in sums.items()]
    rows, columns, values = zip(*entries, strict=True)
    return csc_array((values, (rows, columns)), shape=(len(weights), len(order)), dtype=float)


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
