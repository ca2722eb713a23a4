"""Where do children stand on each 30 September, and where did those of last year's go? Counts of one track, protected together.

Flows between two dates add up to the numbers standing on them, and these to groups of rungs and to the whole: protected apart, one
table would give back what another hides. So all of it is one protected table, and what is printed is taken from that. What other
tables of the report show of the same children takes part too: the key figures of the latest date, and those in special settings.

Stuart and Maxwell's test of the two margins (`measures.transitions.stuart_maxwell_test`) is not told here: the section is at evidence
level 1 and p-values are told from level 3 on; its chi-square says nothing to a committee, and is one more equation in hidden flows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from pipelines.committee import special_children
from pipelines.committee.context import ReportContext
from pipelines.committee.ladder_counts import (
    ALL,
    COLUMNS,
    COUNT,
    ENDED,
    FLOW,
    GONE,
    GROUP,
    NEW,
    REGISTER,
    SPECIAL,
    STANDING,
    SUM,
    Counts,
    Labels,
    Row,
    by_labels,
    count_at,
    count_row,
)
from pipelines.committee.ladder_spells import UNKNOWN_DISTRICT, Rung
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, SumRelation, Total
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

_SEGREGATED: Final = (3, 4, 5)
_GONE: Final = -1

Beside = Callable[[Mapping[Labels, int]], Counts]
"""What other tables tell of the same children, with its sums over the counts given, those of a track's own tables."""


@dataclass(frozen=True)
class Standing:
    """One track's protected counts, with what other tables tell beside them. `relations` are the sums a reader knows; `dates`
    oldest first.

    has_flows: False where there is only one date, or the flows could not be protected beside the numbers standing.
    counts: the transition table behind the flows, for intervals; None without flows.
    """

    track: str
    table: ProtectedTable
    relations: tuple[Total, ...]
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
    beside: Beside | None = None,
) -> Standing:
    """The counts of one track on `dates`; standing: rows of `standing_on`. Rungs that nobody stood on are left out.

    outside: of the education track, see `outside_mainstream`. beside: what other tables tell on the latest date. What other tables
    show of every date is never hidden here unless it is small: the rungs of the social track (key figures), and the children in
    special settings by register and, where that tells nothing small, together.
    """
    own = standing.filter(pl.col("track_code") == track)
    used = tuple(rungs[number] for number in sorted(own["rung"].unique()) if number > 0)
    counts = _transitions(own, dates, used) if len(dates) > 1 and used else None
    rows, relations = _standing_rows(own, track, dates, used)
    special_rows, special_relations, known = _special_rows(context, outside or {}, used)
    shown = [row for row in rows if row["kind"] == STANDING and track == "social"]
    published = _published(context, [*shown, *known])
    without_whole = _published(context, [*shown, *(row for row in known if row["kind"] == REGISTER)])
    alone = Counts([*rows, *special_rows], [*relations, *special_relations])
    flows = _add(alone, Counts(*_flow_rows(counts, dates, used)) if counts is not None else Counts())
    # With very few children the flows follow from the numbers standing, or other tables' counts leave nothing to hide behind.
    choices = ((flows, published), (flows, without_whole), (alone, without_whole), (alone, ()))
    for chosen, known_cells in choices:
        together = _add(chosen, beside(by_labels(chosen.rows)) if beside is not None else Counts())
        table = _protected(context, track, together, known_cells)
        if table is not None:
            return Standing(
                track, table, tuple(together.totals), tuple(dates), used, counts if chosen is flows else None
            )
    raise ValueError(f"the numbers standing on the rungs of {track} cannot be protected")


def _add(first: Counts, second: Counts) -> Counts:
    return Counts(
        [*first.rows, *second.rows],
        [*first.totals, *second.totals],
        [*first.published, *second.published],
        [*first.preferred, *second.preferred],
    )


def _published(context: ReportContext, rows: Sequence[Row]) -> tuple[CellAt, ...]:
    """The counts that stand in other tables: those of `rows` that are not small."""
    return tuple(count_at(*labels) for labels, count in by_labels(rows).items() if not context.rule.hides_count(count))


def transition_rows(context: ReportContext, standing: Standing) -> ProtectedTable:
    """The transition table as printed: a row per rung on the first date (and those new), a column per rung on the second."""
    first, second = standing.dates[-2:]
    columns = [*(_to_column(rung) for rung in standing.rungs), _to_ended(), _to_gone()]
    rows = []
    for name in (*(rung.label for rung in standing.rungs), NEW):
        cells = {
            column.name: standing.cell(FLOW, name, _label_of(column.name, standing))
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
        whole = standing.cell(ALL, text_date(day), "")
        for name, _ in _groups(standing.track, standing.rungs):
            part = standing.cell(GROUP, text_date(day), name)
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
            COUNT,
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
    whole, stayed = _sum_cell(standing, name), standing.cell(FLOW, name, name)
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
        rows += [count_row(STANDING, when, rung.label, count) for rung, count in on_rung.items()]
        groups = _groups(track, rungs)
        for name, members in groups:
            rows.append(count_row(GROUP, when, name, sum(on_rung[rung] for rung in members)))
            relations.append(
                SumRelation(
                    count_at(GROUP, when, name), tuple(count_at(STANDING, when, rung.label) for rung in members)
                )
            )
        rows.append(count_row(ALL, when, "", sum(on_rung.values())))
        if groups:
            relations.append(
                SumRelation(count_at(ALL, when, ""), tuple(count_at(GROUP, when, name) for name, _ in groups))
            )
    return rows, relations


def _special_rows(
    context: ReportContext, outside: Mapping[date, Mapping[str, int]], rungs: Sequence[Rung]
) -> tuple[list[dict[str, str | int]], list[SumRelation], list[dict[str, str | int]]]:
    """(Rows of children in special settings, the sums they are part of, the rows among them that other tables show)."""
    rows, relations, known = [], [], []
    segregated = [rung for rung in rungs if rung.number in _SEGREGATED]
    for day, counts in outside.items() if segregated else ():
        when = text_date(day)
        whole = count_row(SPECIAL, when, "", sum(counts.values()))
        parts = [count_row(REGISTER, when, name, count) for name, count in counts.items()]
        rows += [whole, *parts]
        known += parts[:-1]
        if not context.rule.hides_count(int(parts[-1]["children_count"])):
            known.append(whole)
        relations += [
            SumRelation(count_at(SPECIAL, when, ""), tuple(count_at(REGISTER, when, name) for name in counts)),
            SumRelation(
                count_at(SPECIAL, when, ""), tuple(count_at(STANDING, when, rung.label) for rung in segregated)
            ),
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
    rows = [count_row(FLOW, *names, count) for names, count in flows.items()]
    rows.append(count_row(SUM, NEW, "", int(new[1:-1].sum())))
    relations = [SumRelation(count_at(SUM, NEW, ""), tuple(count_at(FLOW, NEW, rung.label) for rung in rungs))]
    targets = (*(rung.label for rung in rungs), ENDED, GONE)
    for rung in rungs:
        relations.append(
            SumRelation(
                count_at(STANDING, first, rung.label), tuple(count_at(FLOW, rung.label, target) for target in targets)
            )
        )
        sources = (*(other.label for other in rungs), NEW)
        relations.append(
            SumRelation(
                count_at(STANDING, second, rung.label), tuple(count_at(FLOW, source, rung.label) for source in sources)
            )
        )
    return rows, relations


def _protected(
    context: ReportContext, track: str, counts: Counts, published: Sequence[CellAt]
) -> ProtectedTable | None:
    """One table of all counts, if it can be with the preferred ones told; None where what must be told leaves nothing to hide."""
    known = [*published, *counts.published]
    for told in ([*known, *counts.preferred], known) if counts.preferred else (known,):
        try:
            return protect(
                counts.rows,
                table_id=f"ladder_standing_{track}",
                title=f"Børn på trin i {TRACKS[track]}",
                columns=COLUMNS,
                source=source_of(context),
                rule=context.rule,
                totals=counts.totals,
                published=told,
            )
        except ValueError:
            continue
    return None


def _groups(track: str, rungs: Sequence[Rung]) -> list[tuple[str, list[Rung]]]:
    """The groups that hold a used rung, each with those."""
    named = [(name, [rung for rung in rungs if rung.number in numbers]) for name, numbers in GROUPS[track]]
    return [(name, members) for name, members in named if members]


def _sum_cell(standing: Standing, name: str) -> Cell:
    if name == NEW:
        return standing.cell(SUM, NEW, "")
    return standing.cell(STANDING, text_date(standing.dates[-2]), name)


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
