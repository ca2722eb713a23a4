"""Which further counts must be hidden, so that no hidden one can be worked out from the sums around it.

While the attacker can narrow a hidden count, the cheapest set of cells that gives it room is hidden too: a
linear program lets the count grow and asks which shown cells must move with it (the heuristic of Kelly,
Golden and Assad 1992; small cells and early cells are cheap, totals and zeros dear). What turns out not to be
needed is shown again. Not always the smallest possible set, but always a safe one, and the same one on each
run.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import hstack

from pipelines.disclosure.attack import (
    Attacker,
    Constraint,
    Examples,
    build_constraints,
    build_matrix,
    find_ceiling,
    group_connected,
)
from pipelines.disclosure.relations import Equation, Position


class CannotProtectError(ValueError):
    """A secret shows whatever else is hidden, so no such table should be made."""


class SumSystem:
    """Counts, the sums that tie them, and who is never shown: what `choose_hidden` works on.

    counts: every count whose value we know, in table order. never_shown: counts that no cell shows (the rest
    of a share); always unknown to a reader. Equations may mention positions without a count (hidden by the
    source): unknown to us and to the reader. always_shown: counts that stand elsewhere too, so that hiding
    them here would hide nothing. minimum_width: how far apart the lowest and highest value of a secret must stay.
    """

    def __init__(
        self,
        counts: Mapping[Position, int],
        equations: Sequence[Equation],
        *,
        never_shown: Collection[Position],
        always_shown: Collection[Position] = (),
        minimum_width: int,
    ) -> None:
        """Takes the numbers as they are, hidden ones too; nothing is shown here."""
        self.counts = counts
        self.equations = equations
        self.never_shown = frozenset(never_shown)
        self.always_shown = frozenset(always_shown)
        self.minimum_width = minimum_width
        self._examples = Examples(counts, (position for line in equations for position in line.coefficients))
        self._ranks = {position: rank for rank, position in enumerate(counts)}
        groups = group_connected(build_constraints(equations, known={}))
        self._groups = {position: group for group in groups for line in group for position in line.weights}

    def attacker(self, hidden: Collection[Position]) -> Attacker:
        """A reader who sees every count but `hidden` and those never shown."""
        known = {
            position: count
            for position, count in self.counts.items()
            if position not in hidden and position not in self.never_shown
        }
        return Attacker(
            build_constraints(self.equations, known=known),
            ceiling=find_ceiling(known),
            examples=self._examples,
        )

    def find_room(self, secret: Position, *, growth: int, hidden: Collection[Position]) -> set[Position]:
        """The cheapest shown cells that must move if `secret` grows by `growth`; all if none will do."""
        lines: Sequence[Constraint] = self._groups[secret]
        order = {p: index for index, p in enumerate(dict.fromkeys(p for line in lines for p in line.weights))}
        matrix = build_matrix([line.weights for line in lines], order)
        price = np.array([self._price(position, hidden) for position in order])
        most_down = np.array([float(self.counts.get(position, 0)) for position in order])
        least_up = np.zeros(len(order))
        least_up[order[secret]], most_down[order[secret]] = growth, 0.0
        most_up = np.full(len(order), np.inf)
        fixed = [index for position, index in order.items() if position in self.always_shown]
        most_down[fixed] = most_up[fixed] = 0.0
        found = milp(
            np.concatenate([price, price]),
            constraints=LinearConstraint(hstack([matrix, -matrix]), 0.0, 0.0),
            bounds=Bounds(np.concatenate([least_up, np.zeros(len(order))]), np.concatenate([most_up, most_down])),
        )
        beyond_hiding = {*hidden, *self.never_shown, *self.always_shown}
        shown = {p for p in order if p in self.counts and p not in beyond_hiding}
        if found.x is None:
            return shown
        moved = found.x[: len(order)] + found.x[len(order) :] > 1e-6
        return {position for position in shown if moved[order[position]]} or shown

    def sort(self, positions: Iterable[Position]) -> list[Position]:
        """The positions from left to right, top to bottom."""
        return sorted(positions, key=self._ranks.__getitem__)

    def sort_near(self, positions: Iterable[Position], cell: Position) -> list[Position]:
        """The positions, those that share a sum with `cell` first."""
        lines = [line for line in self._groups.get(cell, ()) if cell in line.weights]
        near = {position for line in lines for position in line.weights}
        return sorted(positions, key=lambda position: (position not in near, self._ranks[position]))

    def _price(self, position: Position, hidden: Collection[Position]) -> float:
        if position in hidden or position in self.never_shown or position not in self.counts:
            return 0.0
        # Hiding a zero may be in vain (a reader often knows that there is none), so it is the last resort.
        count = self.counts[position] or 2 * max(self.counts.values()) + 1
        return count + 1.0 + 1e-6 * self._ranks[position]


def choose_hidden(
    system: SumSystem,
    primary: Collection[Position],
    *,
    secrets: Collection[Position],
    widths: Mapping[Position, float] | None = None,
) -> set[Position]:
    """The counts to hide: `primary`, and what else must go so that nothing secret can be worked out.

    secrets: counts without a cell of their own (the small rest of a share) that must stay unknown. widths: of counts that are known
    too well whatever is hidden, how far apart their lowest and highest value stay then; they are kept so far apart.
    Raises: CannotProtectError when everything around a secret is hidden and it still shows.
    """
    hidden = set(primary)
    safe: set[Position] = set()
    least = _LeastWidths(system.minimum_width, widths or {})
    while waiting := system.sort((hidden | set(secrets)) - safe):
        attacker = system.attacker(hidden)
        secret = next((each for each in waiting if attacker.is_narrower(each, least.of(each))), None)
        if secret is None:
            break
        # hiding more never narrows what a reader can work out: safe now stays safe
        safe.update(waiting[: waiting.index(secret)])
        growth = attacker.find_interval(secret).low + least.of(secret) - system.counts[secret]
        more = system.find_room(secret, growth=growth, hidden=hidden)
        if not more:
            raise CannotProtectError(f"nothing left to hide protects row {secret[0] + 1}, column {secret[1]!r}")
        hidden |= more
    return _show_again(system, hidden, primary=primary, secrets=secrets, least=least)


@dataclass(frozen=True)
class _LeastWidths:
    """How far apart the lowest and highest value of each secret must stay: `usual`, or as far as they can."""

    usual: int
    unusual: Mapping[Position, float]

    def of(self, position: Position) -> int:
        return int(min(self.usual, self.unusual.get(position, self.usual)))


def _show_again(
    system: SumSystem,
    hidden: set[Position],
    *,
    primary: Collection[Position],
    secrets: Collection[Position],
    least: _LeastWidths,
) -> set[Position]:
    """`hidden` without the cells that protect nothing, tried from the largest count down."""
    needed = set(hidden)
    attacker = system.attacker(needed)
    added = system.sort(hidden - set(primary))
    for cell in sorted(added, key=lambda position: -system.counts[position]):
        fewer = needed - {cell}
        concerned = (fewer | set(secrets)) & set(attacker.find_connected(cell))
        bolder = attacker.learn(cell, system.counts[cell])
        if not any(bolder.is_narrower(near, least.of(near)) for near in system.sort_near(concerned, cell)):
            needed, attacker = fewer, bolder
    return needed
