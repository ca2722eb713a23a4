"""What does the committee report tell of the same children? What one report hides, the two together must not give away.

Where all first forms lie in the plan's window, both reports count the same children in the same districts; where nearly all do, what
one counts beyond the other is a few children. The committee report comes every year, so its counts are decided first. The evaluation
takes them as they are and protects its own around them.

Two counts hang together through the children that are in both. So all children are parted by which counts they are in: every count is
a sum of such parts. Some parts are empty, and a reader may know it (all forms lie in the window) or not; neither may learn a secret.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.wellbeing import protected_counts
from pipelines.committee.wellbeing_detection import detection_table, first_measured_lately
from pipelines.committee.wellbeing_groups import DISTRICT, EVERYBODY, INFORMANTS, MODEL, NOT_DUE, REASON, read_pairs
from pipelines.disclosure.relations import CellAt, SumRelation, Total
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable

COLUMN: Final = "measured"
"""The column of `districts.district_table` that counts of other reports stand in."""

_LABELS: Final = ("model", "area")
_ELSEWHERE: Final = "I udvalgsrapporten"
_PARTS: Final = "Børn, der er med i de samme tal"


Cells = tuple[CellAt, ...]


@dataclass(frozen=True)
class CountElsewhere:
    """A count that another report shows or hides (`cell`), of these children. same_as: the own column that counts likewise."""

    title: str
    cell: Cell
    child_ids: frozenset[str]
    same_as: str | None = None


@dataclass(frozen=True)
class Beside:
    """What takes part when a table is protected, and is left out when it is printed (`own_rows`)."""

    rows: tuple[dict[str, Any], ...] = ()
    sums: tuple[Total, ...] = ()
    shown: tuple[CellAt, ...] = ()
    hidden: tuple[CellAt, ...] = ()
    untold: tuple[CellAt, ...] = ()


def is_own_row(row: Mapping[str, Any]) -> bool:
    """Whether a row of the protected table is its own, and not one of `Beside`."""
    return row["model"] not in (_ELSEWHERE, _PARTS)


def counts_elsewhere(context: ReportContext, informants: Collection[str]) -> tuple[CountElsewhere, ...]:
    """The counts of children by district and model in the committee report: those of the plan's informants, and all first measured."""
    return (*_counts_of_pairs(context, informants), *_counts_of_detection(context))


def beside(elsewhere: Sequence[CountElsewhere], own: Mapping[CellAt, Collection[str]]) -> Beside:
    """How the own counts hang together with those elsewhere; own: the children behind each count that is no sum of others.

    Only what shares children with an own count is taken along.
    """
    ours = {child_id for child_ids in own.values() for child_id in child_ids}
    near = [count for count in elsewhere if not ours.isdisjoint(count.child_ids)]
    if not near:
        return Beside()
    told = {_at(_ELSEWHERE, count.title): count.child_ids for count in near}
    parts = _parts(own, told)
    counted = [(_at(_PARTS, str(place)), count) for place, count in enumerate(parts.values())]
    made_of: dict[CellAt, list[CellAt]] = {cell: [] for cell in (*own, *told)}
    for (part, _), cells in zip(counted, parts, strict=True):
        for cell in cells:
            made_of[cell].append(part)
    by_fate = defaultdict[CellStatus, list[CellAt]](list)
    for count in near:
        by_fate[count.cell.status].append(_at(_ELSEWHERE, count.title))
    rows = [_row(_at(_ELSEWHERE, count.title), len(count.child_ids)) for count in near]
    return Beside(
        rows=(*rows, *(_row(part, count) for part, count in counted)),
        sums=tuple(SumRelation(cell, tuple(own_parts)) for cell, own_parts in made_of.items()),
        shown=tuple(by_fate[CellStatus.SHOWN]),
        hidden=tuple(by_fate[CellStatus.HIDDEN]),
        untold=tuple(part for part, _ in counted),
    )


def told_alike(
    elsewhere: Sequence[CountElsewhere], own: Mapping[CellAt, Collection[str]], *, fewest_apart: int
) -> Collection[CellAt] | None:
    """Own counts that another report shows, by the same words and of the same children; None where no own count is nearly another's.

    Nearly: most children are in both, and fewer than fewest_apart in each of them alone. Then what a reader knows of the few decides
    what the two counts tell, and nobody can say what every reader knows: nothing but what is told anyway may be told.
    """
    pairs = [(cell, frozenset(child_ids), count) for cell, child_ids in own.items() for count in elsewhere]
    if not any(_is_nearly(child_ids, count.child_ids, fewest_apart) for _, child_ids, count in pairs):
        return None
    return {
        cell
        for cell, child_ids, count in pairs
        if cell.column == count.same_as and child_ids == count.child_ids and count.cell.status is CellStatus.SHOWN
    }


def _is_nearly(some: frozenset[str], others: frozenset[str], fewest_apart: int) -> bool:
    apart = max(len(some - others), len(others - some))
    return apart < min(fewest_apart, len(some & others))


def _parts(own: Mapping[CellAt, Collection[str]], told: Mapping[CellAt, Collection[str]]) -> dict[Cells, int]:
    """The counts that children are in -> how many are in exactly those; 0 where nobody is, but a reader may think so.

    For all he knows, any child of a district that other reports count as they do may be in each of the district's own counts, or in
    none of them.
    """
    ours, theirs = _counts_of_children(own), _counts_of_children(told)
    parts = Counter((ours.get(child_id, ()), theirs.get(child_id, ())) for child_id in ours.keys() | theirs.keys())
    counted = list(parts)
    for place in dict.fromkeys(cell.labels for cell in own):
        of_place: list[Cells] = [(), *((cell,) for cell in own if cell.labels == place)]
        seen = {their for our, their in counted if our in of_place[1:]}
        parts.update({(our, their): 0 for our in of_place for their in seen if our or their})
    # in an order that no pseudonym decides
    return {(*our, *their): count for (our, their), count in sorted(parts.items(), key=repr)}


def _counts_of_children(members: Mapping[CellAt, Collection[str]]) -> dict[str, Cells]:
    found = defaultdict[str, list[CellAt]](list)
    for cell, child_ids in members.items():
        for child_id in child_ids:
            found[child_id].append(cell)
    return {child_id: tuple(cells) for child_id, cells in found.items()}


def _at(model: str, area: str) -> CellAt:
    return CellAt(COLUMN, tuple(zip(_LABELS, (model, area), strict=True)))


def _row(at: CellAt, count: int) -> dict[str, Any]:
    return {**dict(at.labels), COLUMN: count}


def _counts_of_pairs(context: ReportContext, informants: Collection[str]) -> Iterable[CountElsewhere]:
    everything = protected_counts(context)
    if everything is None:
        return
    pairs = read_pairs(context).filter(pl.col("informant_code").is_in(list(informants)))
    is_due = pl.col(REASON) != NOT_DUE
    printed = {
        "first_measured_count": pl.lit(True),
        "children_count": pl.col("is_paired"),
        "due_count": is_due,
        "not_due_count": ~is_due,
    }
    for informant, division, group, own in _groups(pairs):
        for column, is_in in printed.items():
            labels = {"informant": informant, "division": division, "group": group}
            child_ids = frozenset(own.filter(is_in)["child_id"].cast(pl.String))
            found = _checked(" ".join((*labels.values(), column)), everything, column, labels, child_ids)
            yield replace(found, same_as=COLUMN) if column == "first_measured_count" else found


def _groups(pairs: pl.DataFrame) -> Iterable[tuple[str, str, str, pl.DataFrame]]:
    """(informant, division, group, its pairs) for each group whose counts the committee report has."""
    for (code,), own in sorted(pairs.group_by("informant_code"), key=lambda found: str(found[0])):
        yield INFORMANTS[str(code)], EVERYBODY, WHOLE_MUNICIPALITY, own
        for division in (DISTRICT, MODEL):
            for (group,), of_group in sorted(own.group_by(division), key=lambda found: str(found[0])):
                yield INFORMANTS[str(code)], division, str(group), of_group


def _counts_of_detection(context: ReportContext) -> Iterable[CountElsewhere]:
    table, column = detection_table(context), "first_measured_count"
    for (kind, area), child_ids in first_measured_lately(context).items():
        labels = {"kind": kind, "area": area}
        yield _checked(f"{table.title} {kind} {area}", table, column, labels, child_ids)


def _checked(
    title: str, table: ProtectedTable, column: str, labels: Mapping[str, str], child_ids: frozenset[str]
) -> CountElsewhere:
    """The count with its children. Raises: ValueError when the table shows another number of them."""
    cell = table.cell(column, **labels)
    if cell.value is not None and int(cell.value) != len(child_ids):
        raise ValueError(f"not the children that {table.table_id} counts: {title}")
    return CountElsewhere(title, cell, child_ids)
