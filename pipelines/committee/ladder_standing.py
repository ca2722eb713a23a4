"""Where do children stand on each 30 September, and where did those of last year's go? Counts of one track, protected together.

Flows between two dates add up to the numbers standing on them, and these to groups of rungs and to the whole: protected apart, one
table would give back what another hides. So all of it is one protected table, and what is printed is taken from that. What other
tables of the report show of the same children takes part too: the rungs of the key figures, and those in special settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from pipelines.committee import special_children
from pipelines.committee.context import ReportContext
from pipelines.committee.ladder_spells import UNKNOWN_DISTRICT, Rung
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, SumRelation
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.transitions import Rows, TransitionTable, row_shares_by_cluster, transition_table
from pipelines.publish.danish import text_date

TRACKS: Final[Mapping[str, str]] = {"education": "undervisningssporet", "social": "socialsporet"}
GROUPS: Final[Mapping[str, tuple[tuple[str, tuple[int, ...]], ...]]] = {
    "education": (
        ("Støtte i almen klasse", (1, 2)),
        ("Specialklasse", (3,)),
        ("Specialskole og dagbehandling", (4, 5)),
    ),
    "social": (
        ("Tidlig og forebyggende", (1, 2)),
        ("Støtte i hjemmet", (3,)),
        ("Anbringelse", (4, 5, 6)),
    ),
}
"""Three parts of each track: more of them in a column cannot be told apart."""

NEW = "Ny på trappen"
ENDED = "Uden støtte"
GONE = "Ude af tallene"
_FLOW, _SUM, _STANDING, _GROUP, _ALL = "flow", "sum", "standing", "group", "all"
_SPECIAL, _REGISTER = "special", "register"
_SEGREGATED: Final = (3, 4, 5)
_COUNT = TableColumn("children_count", "Børn", "count")
_LABELS = ("kind", "first", "second")
_GONE: Final = -1


@dataclass(frozen=True)
class Standing:
    """One track's protected counts. `relations` are the sums a reader knows; `dates` oldest first.

    has_flows: False where there is only one date, or the flows could not be protected beside the numbers standing.
    counts: the transition table behind the flows, for intervals; None without flows.
    """

    track: str
    table: ProtectedTable
    relations: tuple[SumRelation, ...]
    dates: tuple[date, ...]
    rungs: tuple[Rung, ...]
    counts: TransitionTable | None

    @property
    def has_flows(self) -> bool:
        """Whether flows between the last two dates can be shown."""
        return self.counts is not None

    def cell(self, kind: str, first: str, second: str) -> Cell:
        """One count of the protected table."""
        return self.table.cell("children_count", kind=kind, first=first, second=second)


def outside_mainstream(
    context: ReportContext, standing: pl.DataFrame, dates: Sequence[date]
) -> dict[date, dict[str, int]]:
    """Date to the children in special settings by the register that counts them (the last of them: none), as other tables do.

    A date on which the registers count more children than stand on such rungs is left out: the two cannot be set side by side.
    """
    found = {}
    special = standing.filter((pl.col("track_code") == "education") & pl.col("rung").is_in(_SEGREGATED))
    for day in dates:
        whole = special.filter(pl.col("day_date") == day).height
        record = {"area_code": "ALL", "area_kind": "municipality", special_children.WHOLE: whole}
        try:
            (counts,) = special_children.with_other_counts(context, [record], day)
        except ValueError:
            continue
        names = (*special_children.REGISTERS.values(), special_children.OTHER)
        found[day] = {name: int(counts[name]) for name in names}
    return found


def protect_standing(
    context: ReportContext,
    track: str,
    standing: pl.DataFrame,
    *,
    dates: Sequence[date],
    rungs: Mapping[int, Rung],
    outside: Mapping[date, Mapping[str, int]] | None = None,
) -> Standing:
    """The counts of one track on `dates`; standing: rows of `standing_on`. Rungs that nobody stood on are left out.

    outside: of the education track, see `outside_mainstream`. What other tables show is never hidden here unless it is small: the
    rungs of the social track (key figures), and the children in special settings by register and, where that tells nothing small,
    together.
    """
    own = standing.filter(pl.col("track_code") == track)
    used = tuple(rungs[number] for number in sorted(own["rung"].unique()) if number > 0)
    counts = _transitions(own, dates, used) if len(dates) > 1 and used else None
    rows, relations = _standing_rows(own, track, dates, used)
    special_rows, special_relations, known = _special_rows(context, outside or {}, used)
    rows += special_rows
    relations += special_relations
    shown = [row for row in rows if row["kind"] == _STANDING and track == "social"]
    beside = _published(context, [*shown, *known])
    without_whole = _published(context, [*shown, *(row for row in known if row["kind"] == _REGISTER)])
    flow_rows, flow_relations = _flow_rows(counts, dates, used) if counts is not None else ([], [])
    with_flows = ([*rows, *flow_rows], (*relations, *flow_relations))
    alone = (rows, tuple(relations))
    # With very few children the flows follow from the numbers standing, or other tables' counts leave nothing to hide behind.
    for chosen, published in ((with_flows, beside), (with_flows, without_whole), (alone, without_whole), (alone, ())):
        try:
            table = _protected(context, track, *chosen, published)
        except ValueError:
            continue
        return Standing(track, table, chosen[1], tuple(dates), used, counts if chosen is with_flows else None)
    raise ValueError(f"the numbers standing on the rungs of {track} cannot be protected")


def _published(context: ReportContext, rows: Sequence[Mapping[str, str | int]]) -> tuple[CellAt, ...]:
    """The counts that stand in other tables: those of `rows` that are not small."""
    return tuple(
        CellAt("children_count", tuple((name, row[name]) for name in _LABELS))
        for row in rows
        if not context.rule.hides_count(int(row["children_count"]))
    )


def transition_rows(context: ReportContext, standing: Standing) -> ProtectedTable:
    """The transition table as printed: a row per rung on the first date (and those new), a column per rung on the second."""
    first, second = standing.dates[-2:]
    columns = [*(_to_column(rung) for rung in standing.rungs), _to_ended(), _to_gone()]
    rows = []
    for name in (*(rung.label for rung in standing.rungs), NEW):
        cells = {
            column.name: standing.cell(_FLOW, name, _label_of(column.name, standing))
            if name != NEW or column.name not in ("ended", "gone")
            else Cell(0)
            for column in columns
        }
        rows.append({"from_rung": name, **cells, "whole": _sum_cell(standing, name)})
    return protect(
        rows,
        table_id=f"ladder_transitions_{standing.track}",
        title=f"Fra {text_date(first)} til {text_date(second)} i {TRACKS[standing.track]}: børn efter trin på de to datoer",
        columns=(
            TableColumn("from_rung", f"Trin {text_date(first)}", "label"),
            *columns,
            TableColumn("whole", "I alt", "count"),
        ),
        source=source_of(context),
        rule=context.rule,
    )


def group_rows(context: ReportContext, standing: Standing) -> ProtectedTable:
    """Children by group of rungs on every date, with the share of all on the track's ladder."""
    rows = []
    for day in standing.dates:
        whole = standing.cell(_ALL, text_date(day), "")
        for name, _ in _groups(standing.track, standing.rungs):
            part = standing.cell(_GROUP, text_date(day), name)
            rows.append(
                {"day": str(day.year), "part": name, "children_count": part, "whole_count": whole,
                 "share_pct": _share_pct(part, whole)}
            )  # fmt: skip
    return protect(
        rows,
        table_id=f"ladder_groups_{standing.track}",
        title=f"Børn på trin 1 eller højere i {TRACKS[standing.track]} pr. 30. september",
        columns=(
            TableColumn("day", "År", "label"),
            TableColumn("part", "Støtte", "label"),
            _COUNT,
            TableColumn("whole_count", "Børn i alt", "count"),
            TableColumn("share_pct", "Andel", "number", unit="%"),
        ),
        source=source_of(context),
        rule=context.rule,
    )


def stayed_rows(context: ReportContext, standings: Sequence[Standing]) -> ProtectedTable:
    """Per track and rung: how many of the children stood on the same rung a year later, with district intervals."""
    rows = [
        _stayed_row(standing, shares, position)
        for standing in standings
        if standing.counts is not None
        for shares in (row_shares_by_cluster(standing.counts),)
        for position in range(len(standing.rungs))
    ]
    return protect(
        rows,
        table_id="ladder_stayed",
        title="Børn på samme trin et år senere",
        columns=(
            TableColumn("track", "Spor", "label"),
            TableColumn("rung", "Trin", "label"),
            TableColumn("whole_count", "Børn", "count"),
            TableColumn("stayed_count", "På samme trin", "count"),
            TableColumn("share_pct", "Andel", "number", unit="%"),
            TableColumn("low", "Spænd fra", "number", unit="%"),
            TableColumn("high", "Spænd til", "number", unit="%"),
        ),
        source=source_of(context),
        rule=context.rule,
    )


def source_of(context: ReportContext) -> str:
    """Where the numbers on the ladder come from."""
    return f"Kilde: {context.settings.municipality.name}s sagssystem og elevregister."


def _stayed_row(standing: Standing, shares: Rows, position: int) -> dict[str, object]:
    name = standing.rungs[position].label
    whole, stayed = _sum_cell(standing, name), standing.cell(_FLOW, name, name)
    estimate = shares[position + 1][position + 1]
    numbers = {"share_pct": estimate.value, "low": estimate.low, "high": estimate.high}
    is_shown = whole.value is not None and stayed.value is not None
    hidden = Cell(None, CellStatus.HIDDEN)
    cells = {key: 100 * value if value is not None else None for key, value in numbers.items()} if is_shown else None
    return {
        "track": TRACKS[standing.track].capitalize(),
        "rung": name,
        "whole_count": whole,
        "stayed_count": stayed,
        **(cells or dict.fromkeys(numbers, hidden)),
    }


def _transitions(own: pl.DataFrame, dates: Sequence[date], rungs: Sequence[Rung]) -> TransitionTable:
    """Children by rung on the last two dates, with rung 0 and being gone (turned 18, moved, left school) among the states.

    Their district is that of the first of the two dates on which they are known.
    """
    first, second = (own.filter(pl.col("day_date") == day) for day in dates[-2:])
    both = first.join(second, on="child_id", how="full", coalesce=True)
    district = both["district_code"].fill_null(both["district_code_right"]).fill_null(UNKNOWN_DISTRICT)
    return transition_table(
        both["rung"].to_list(),
        both["rung_right"].fill_null(_GONE).to_list(),
        district.to_list(),
        states=[0, *(rung.number for rung in rungs), _GONE],
    )


def _standing_rows(
    own: pl.DataFrame, track: str, dates: Sequence[date], rungs: Sequence[Rung]
) -> tuple[list[dict[str, str | int]], list[SumRelation]]:
    rows: list[dict[str, str | int]] = []
    relations = []
    for day in dates:
        here, when = own.filter(pl.col("day_date") == day), text_date(day)
        on_rung = {rung: here.filter(pl.col("rung") == rung.number).height for rung in rungs}
        rows += [_row(_STANDING, when, rung.label, count) for rung, count in on_rung.items()]
        groups = _groups(track, rungs)
        for name, members in groups:
            rows.append(_row(_GROUP, when, name, sum(on_rung[rung] for rung in members)))
            relations.append(
                SumRelation(_at(_GROUP, when, name), tuple(_at(_STANDING, when, rung.label) for rung in members))
            )
        rows.append(_row(_ALL, when, "", sum(on_rung.values())))
        if groups:
            relations.append(SumRelation(_at(_ALL, when, ""), tuple(_at(_GROUP, when, name) for name, _ in groups)))
    return rows, relations


def _special_rows(
    context: ReportContext, outside: Mapping[date, Mapping[str, int]], rungs: Sequence[Rung]
) -> tuple[list[dict[str, str | int]], list[SumRelation], list[dict[str, str | int]]]:
    """(Rows of children in special settings, the sums they are part of, the rows among them that other tables show)."""
    rows, relations, known = [], [], []
    segregated = [rung for rung in rungs if rung.number in _SEGREGATED]
    for day, counts in outside.items() if segregated else ():
        when = text_date(day)
        whole = _row(_SPECIAL, when, "", sum(counts.values()))
        parts = [_row(_REGISTER, when, name, count) for name, count in counts.items()]
        rows += [whole, *parts]
        known += parts[:-1]
        if not context.rule.hides_count(int(parts[-1]["children_count"])):
            known.append(whole)
        relations += [
            SumRelation(_at(_SPECIAL, when, ""), tuple(_at(_REGISTER, when, name) for name in counts)),
            SumRelation(_at(_SPECIAL, when, ""), tuple(_at(_STANDING, when, rung.label) for rung in segregated)),
        ]
    return rows, relations, known


def _flow_rows(
    table: TransitionTable, dates: Sequence[date], rungs: Sequence[Rung]
) -> tuple[list[dict[str, str | int]], list[SumRelation]]:
    """Flows from and to rungs of 1 and up; what stays outside the ladder on both dates is nobody's move."""
    first, second = (text_date(day) for day in dates[-2:])
    counts = table.counts
    new = counts[0] + table.entered_counts
    flows = {(NEW, rung.label): int(new[place]) for place, rung in enumerate(rungs, start=1)}
    for row, rung in enumerate(rungs, start=1):
        flows |= {(rung.label, other.label): int(counts[row, place]) for place, other in enumerate(rungs, start=1)}
        flows |= {(rung.label, ENDED): int(counts[row, 0]), (rung.label, GONE): int(counts[row, -1])}
    rows = [_row(_FLOW, *names, count) for names, count in flows.items()]
    rows.append(_row(_SUM, NEW, "", int(new[1:-1].sum())))
    relations = [SumRelation(_at(_SUM, NEW, ""), tuple(_at(_FLOW, NEW, rung.label) for rung in rungs))]
    targets = (*(rung.label for rung in rungs), ENDED, GONE)
    for rung in rungs:
        relations.append(
            SumRelation(_at(_STANDING, first, rung.label), tuple(_at(_FLOW, rung.label, target) for target in targets))
        )
        sources = (*(other.label for other in rungs), NEW)
        relations.append(
            SumRelation(_at(_STANDING, second, rung.label), tuple(_at(_FLOW, source, rung.label) for source in sources))
        )
    return rows, relations


def _protected(
    context: ReportContext,
    track: str,
    rows: Sequence[Mapping[str, object]],
    relations: Sequence[SumRelation],
    published: Sequence[CellAt],
) -> ProtectedTable:
    return protect(
        rows,
        table_id=f"ladder_standing_{track}",
        title=f"Børn på trin i {TRACKS[track]}",
        columns=(*(TableColumn(name, name, "label") for name in _LABELS), _COUNT),
        source=source_of(context),
        rule=context.rule,
        totals=relations,
        published=published,
    )


def _groups(track: str, rungs: Sequence[Rung]) -> list[tuple[str, list[Rung]]]:
    """The groups that hold a used rung, each with those."""
    named = [(name, [rung for rung in rungs if rung.number in numbers]) for name, numbers in GROUPS[track]]
    return [(name, members) for name, members in named if members]


def _row(kind: str, first: str, second: str, count: int) -> dict[str, str | int]:
    return {"kind": kind, "first": first, "second": second, "children_count": count}


def _at(kind: str, first: str, second: str) -> CellAt:
    return CellAt("children_count", (("kind", kind), ("first", first), ("second", second)))


def _sum_cell(standing: Standing, name: str) -> Cell:
    if name == NEW:
        return standing.cell(_SUM, NEW, "")
    return standing.cell(_STANDING, text_date(standing.dates[-2]), name)


def _to_column(rung: Rung) -> TableColumn:
    return TableColumn(f"to_{rung.number}", f"Til trin {rung.number}", "count")


def _to_ended() -> TableColumn:
    return TableColumn("ended", ENDED, "count")


def _to_gone() -> TableColumn:
    return TableColumn("gone", GONE, "count")


def _label_of(column: str, standing: Standing) -> str:
    named = {f"to_{rung.number}": rung.label for rung in standing.rungs}
    return {**named, "ended": ENDED, "gone": GONE}[column]


def _share_pct(part: Cell, whole: Cell) -> Cell:
    if not isinstance(part.value, (int, float)) or not isinstance(whole.value, (int, float)):
        return Cell(None, CellStatus.HIDDEN)
    if whole.value == 0:
        return Cell(None, CellStatus.NOT_COMPUTABLE)
    return Cell(float(np.round(100 * part.value / whole.value, 6)))
