"""Rows of a mart in, one protected table out: nothing small in it, nothing from which small numbers follow.

Order: read the cells; hide what is small; hide further counts until no sum gives a hidden one away
(`secondary`); hide shares and means that rest on hidden or too few; round. What cannot be judged is hidden,
never shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from pipelines.disclosure.attack import NOT_COUNTED, settle_equations
from pipelines.disclosure.means import find_hidden_means
from pipelines.disclosure.reading import (
    Cells,
    Rows,
    check_columns,
    check_shares,
    inherit_from_limited,
    read_cells,
    read_records,
    read_value,
)
from pipelines.disclosure.relations import (
    Bound,
    CellAt,
    Equation,
    Position,
    RowFinder,
    RowLabels,
    Total,
    TotalColumn,
    find_count_columns,
    find_equations,
    find_share_equations,
)
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.secondary import SumSystem, choose_hidden
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn

HIDDEN = Cell(None, CellStatus.HIDDEN)


def protect(
    rows: Rows,
    *,
    table_id: str,
    title: str,
    columns: Sequence[TableColumn],
    source: str,
    rule: DisclosureRule | None = None,
    totals: Sequence[Total] = (),
    published: Sequence[CellAt] = (),
    hidden_elsewhere: Sequence[CellAt] = (),
    untold: Sequence[CellAt] = (),
    bounds: Sequence[Bound] = (),
) -> ProtectedTable:
    """The table of `rows` (dicts, a pandas or a polars frame) after disclosure control, in the same order.

    A row value may be a `Cell` or a `CellStatus`: a status given by the mart. A plain missing value becomes
    NOT_COMPUTABLE. Columns that `columns` only refers to (a numerator, how many institutions) must be in the
    rows.

    Hidden are: counts of 1 to minimum_count - 1; a 0 that says the same about every child of such a small
    group; shares whose numerator, rest or denominator is small or hidden, and then the numerator too; means,
    and their limits, on fewer than minimum_group_children children or minimum_institutions institutions;
    figures on fewer than minimum_staff employees; and what would give any of these away through `totals`.
    Nothing is hidden that need not be. Shares and means are rounded as shown, half up, so that the table
    knows no more than the reader.

    published: counts that stand in another table too. Hiding them here would hide nothing, so they are never hidden
    (not even when small), and what follows from them through `totals` is protected by hiding others.

    hidden_elsewhere: counts that another table hides, few or not. They are hidden here, and nothing here may tell them.

    untold: counts that no table shows, which tie those of several tables to each other; the small ones are secrets too.

    What other tables and the words tell of a count whatever is hidden here is left to them; nothing here tells more.

    bounds: counts of which the words around the table tell that they are so many or more, or so many or fewer, shown or not.

    Does not see other tables: the same children under another division can still be combined with this one.

    Raises: ValueError when a column's declaration is incomplete, a value is out of bounds (a negative or
    broken count, a share outside 0-1 or unlike its numerator / denominator), or a declared total or an
    bound does not hold; CannotProtectError when what `published` tells gives a secret away, whatever is hidden here. No message
    repeats a value from the rows.
    """
    rule = rule or DisclosureRule()
    columns = inherit_from_limited(columns)
    check_columns(columns)
    records = read_records(rows)
    cells = read_cells(records, columns)
    check_shares(cells, columns)
    row_labels = [
        {c.name: cells[row, c.name].value for c in columns if c.kind == "label"} for row in range(len(records))
    ]
    finder = RowFinder(row_labels)
    known = {finder.position(cell) for cell in published}
    beside = _Beside(known, *({finder.position(cell) for cell in cells_at} for cells_at in (hidden_elsewhere, untold)))
    said = {finder.position(bound.cell): bound for bound in bounds}
    hidden = _find_hidden_counts(
        cells, columns, rule=rule, totals=totals, row_labels=row_labels, beside=beside, bounds=said
    )
    hidden |= _find_hidden_shares(cells, columns, hidden=hidden, rule=rule)
    hidden |= find_hidden_means(cells, columns, rule=rule, totals=totals, row_labels=row_labels)
    hidden |= _find_few_staff(cells, columns, rule=rule)
    protected = tuple(
        tuple(_finish_cell(cells[row, column.name], column, (row, column.name) in hidden) for column in columns)
        for row in range(len(records))
    )
    return ProtectedTable(
        table_id,
        title,
        tuple(columns),
        protected,
        source,
        rule.sentence,
        minimum_count=rule.minimum_count,
        minimum_staff=rule.minimum_staff,
    )


def _finish_cell(cell: Cell, column: TableColumn, is_hidden: bool) -> Cell:
    """The cell as published: hidden, or rounded half up as it will be shown."""
    if is_hidden and cell.value is not None:
        return HIDDEN
    if cell.value is None or column.kind not in ("share", "mean"):
        return cell
    decimals = column.decimals + (2 if column.kind == "share" else 0)
    step = Decimal(1).scaleb(-decimals)
    return Cell(float(Decimal(repr(float(cell.value))).quantize(step, rounding=ROUND_HALF_UP)))


@dataclass(frozen=True)
class _Beside:
    """Counts of the table that others tell, that others hide, and that no table shows (see `protect`)."""

    shown: set[Position]
    hidden: set[Position]
    untold: set[Position]


def _row_count(cells: Cells) -> int:
    return max((row + 1 for row, _ in cells), default=0)


def _find_hidden_counts(
    cells: Cells,
    columns: Sequence[TableColumn],
    *,
    rule: DisclosureRule,
    totals: Sequence[Total],
    row_labels: RowLabels,
    beside: _Beside,
    bounds: Mapping[Position, Bound],
) -> set[Position]:
    count_columns = find_count_columns(columns)
    counts = {
        (row, name): int(float(cell.value))
        for (row, name), cell in cells.items()
        if name in count_columns and cell.value is not None
    }
    declared = find_equations(totals, row_labels=row_labels, count_columns=count_columns)
    declared = _settle_declared(declared, cells, counts)
    shares = [
        equation
        for equation in find_share_equations(columns, len(row_labels))
        if equation.total in counts and equation.parts[0] in counts
    ]
    rests = {equation.parts[1]: counts[equation.total] - counts[equation.parts[0]] for equation in shares}
    columns_summed = {total.total for total in totals if isinstance(total, TotalColumn)}
    in_row = [e for e in declared if e.total[1] in columns_summed and len({row for row, _ in (e.total, *e.parts)}) == 1]
    small = _find_small({**counts, **rests}, [*in_row, *shares], rule)
    # A small rest has no cell; its numerator must go, or denominator minus numerator gives it back.
    primary = (small - rests.keys()) | {e.parts[0] for e in shares if e.parts[1] in small}
    primary |= {position for position in _find_few_staff(cells, columns, rule=rule) if position in counts}
    primary |= beside.hidden
    told = _Bounds.of(counts, bounds)
    secrets = small & (rests.keys() | beside.untold)
    hidden = primary - beside.shown - beside.untold
    empty = {position for position in beside.untold if not counts[position]}
    # first for who knows of an untold 0 that it is one, then for who does not: what is safe from one need not be from the other
    for known_empty in (empty, set[Position]()) if empty else (empty,):
        system = SumSystem(
            {**counts, **rests, **told.known, **told.between},
            [*declared, *shares, *told.sums],
            never_shown=rests.keys() | told.between.keys() | (beside.untold - known_empty),
            always_shown=beside.shown | told.known.keys() | known_empty,
            minimum_width=rule.minimum_count,
        )
        widths = _widths_at_most(system) if beside.hidden or beside.untold or bounds else {}
        hidden = choose_hidden(system, hidden, secrets=secrets, widths=widths)
    return beside.untold | hidden


def _widths_at_most(system: SumSystem) -> dict[Position, float]:
    """Counts that other tables, and words, tell too well whatever is hidden here: how far apart their limits stay then."""
    unknown = system.counts.keys() - system.always_shown
    attacker = system.attacker(unknown)
    narrow = [position for position in unknown if attacker.is_narrower(position, system.minimum_width)]
    return {position: attacker.find_interval(position).width for position in narrow}


@dataclass(frozen=True)
class _Bounds:
    """What a reader knows of counts by their bounds: the bounds themselves, what lies between them and the counts, and the sums."""

    known: dict[Position, int] = field(default_factory=dict)
    between: dict[Position, int] = field(default_factory=dict)
    sums: list[Equation] = field(default_factory=list)

    @classmethod
    def of(cls, counts: Mapping[Position, int], bounds: Mapping[Position, Bound]) -> "_Bounds":
        """Raises: ValueError naming every count that lies outside its bounds."""
        found, wrong = cls(), []
        for (row, column), bound in bounds.items():
            count = counts.get((row, column))
            if count is None:
                continue
            if not bound.low <= count <= (count if bound.high is None else bound.high):
                wrong.append(f"row {row + 1}, column {column}")
            low, above = (row, f"{column}: at least"), (row, f"{column}: above")
            found.known[low], found.between[above] = bound.low, count - bound.low
            found.sums.append(Equation((row, column), (low, above), "bound"))
            if bound.high is not None:
                high, below = (row, f"{column}: at most"), (row, f"{column}: below")
                found.known[high], found.between[below] = bound.high, bound.high - count
                found.sums.append(Equation(high, ((row, column), below), "bound"))
        if wrong:
            raise ValueError(f"counts outside what bounds say: {'; '.join(wrong)}")
        return found


def _find_small(counts: Mapping[Position, int], divisions: Sequence[Equation], rule: DisclosureRule) -> set[Position]:
    """Counts that are small, and zeros that say the same about every child of a small group."""
    small = {position for position, count in counts.items() if rule.hides_count(count)}
    for division in divisions:
        if rule.hides_count(counts.get(division.total, 0)):
            small |= {part for part in division.parts if part in counts}
    return small


def _settle_declared(equations: Sequence[Equation], cells: Cells, counts: Mapping[Position, int]) -> list[Equation]:
    """The declared sums over what was counted, each checked.

    What the source hid is part of the sum, unless the sum holds without it; then a reader may well guess
    that, too.

    Raises: ValueError naming every sum that does not hold.
    """
    not_counted = [position for position, cell in cells.items() if cell.status in NOT_COUNTED]
    own_missing = [position for position, cell in cells.items() if cell.status is CellStatus.HIDDEN]
    if any(position in own_missing for equation in equations for position in equation.coefficients):
        raise ValueError("a count came in already hidden, so its sums cannot be protected; give the count itself")
    finished, wrong = [], []
    for equation in settle_equations(equations, not_counted=not_counted):
        without_source = Equation(equation.total, tuple(p for p in equation.parts if p in counts), equation.declared_by)
        if equation.total in counts and _holds(without_source, counts):
            finished.append(without_source)
        elif equation.total not in counts or len(without_source.parts) < len(equation.parts):
            finished.append(equation)
        else:
            wrong.append(f"{equation.declared_by} (row {equation.total[0] + 1})")
    if wrong:
        raise ValueError(f"declared totals that are not the sum of their parts: {'; '.join(wrong)}")
    return finished


def _holds(equation: Equation, counts: Mapping[Position, int]) -> bool:
    return counts[equation.total] == sum(counts[part] for part in equation.parts)


def _find_hidden_shares(
    cells: Cells, columns: Sequence[TableColumn], *, hidden: set[Position], rule: DisclosureRule
) -> set[Position]:
    """Shares whose numerator or denominator is hidden or unknown, since the share would give it back."""
    found = set()
    for column in columns:
        if column.kind != "share":
            continue
        for row in range(_row_count(cells)):
            behind = [(row, str(column.numerator)), (row, str(column.denominator))]
            if any(position in hidden or cells[position].value is None for position in behind):
                found.add((row, column.name))
    return found


def _find_few_staff(cells: Cells, columns: Sequence[TableColumn], *, rule: DisclosureRule) -> set[Position]:
    """Figures behind which stand too few employees, or nobody knows how many."""
    return {
        (row, column.name)
        for column in columns
        if column.staff is not None
        for row in range(_row_count(cells))
        if (read_value(cells, row, column.staff) or 0) < rule.minimum_staff
    }
