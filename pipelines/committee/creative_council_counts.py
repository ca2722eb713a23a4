"""Which counts of the Kreative Råd may be shown, of all districts, years and judgements together?

From marts.mart_creative_council, with what other tables of the report tell of the same children (`special_children`). Everything the
report's tables on the council show is an excerpt of one protected table: who is in special settings on the latest reference date, who
was reviewed in the year up to it, and what came of a return judged possible the year before, whose twelve months have passed.
Districts give way first: to the whole municipality's counts, and those to what other tables show.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from itertools import product
from typing import Any, Final

from pipelines.committee import special_children
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, SumRelation, Total, TotalColumn, TotalRow
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.publish.danish import text_date

Records = Sequence[Mapping[str, Any]]

STANDING_COLUMNS: Final = (
    TableColumn("special_children_count", "Børn i specialtilbud", "count"),
    TableColumn("never_reviewed_count", "Endnu ikke behandlet", "count"),
    TableColumn("return_possible_count", "Kan vende tilbage", "count"),
    TableColumn("return_not_possible_count", "Kan ikke vende tilbage endnu", "count"),
    TableColumn("return_not_judged_count", "Ikke vurderet", "count"),
)
REVIEWED_COLUMNS: Final = (
    TableColumn("reviewed_count", "Behandlet", "count"),
    TableColumn("exhausted_count", "Muligheder udtømt", "count"),
    TableColumn("recommended_count", "Indstillet", "count"),
)
JUDGED_COLUMNS: Final = (
    TableColumn("judged_possible_count", "Kan vende tilbage", "count"),
    TableColumn("returned_count", "Heraf tilbage", "count"),
)
OTHER_OUTCOME_COLUMNS: Final = (
    TableColumn("remained_count", "Heraf ikke tilbage", "count"),
    TableColumn("other_end_count", "Heraf ude", "count"),
    TableColumn("not_yet_due_count", "Heraf for tidligt at sige", "count"),
)
_LABELS: Final = (TableColumn("period", "Året op til", "label"), TableColumn("area", "Distrikt", "label"))
_LEFT_SINCE: Final = "left_since_count"
_RESTS: Final = tuple(
    TableColumn(name, name, "count")
    for name in ("unexhausted_count", "unrecommended_count", "unreturned_count", _LEFT_SINCE)
)
"""What a reader gets by subtraction; no table shows it."""


def _names(columns: Iterable[TableColumn]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


_STANDING, _REVIEWED, _JUDGED = _names(STANDING_COLUMNS), _names(REVIEWED_COLUMNS), _names(JUDGED_COLUMNS)
_OTHER_OUTCOMES = _names(OTHER_OUTCOME_COLUMNS)
_COUNTS: Final = (
    *_STANDING,
    *_names(special_children.COLUMNS),
    *_REVIEWED,
    *_JUDGED,
    *_OTHER_OUTCOMES,
    *_names(_RESTS),
)
_ADDED_OVER_DISTRICTS: Final = (
    *_STANDING, *_REVIEWED, *_JUDGED, "unexhausted_count", "unrecommended_count", "unreturned_count"
)  # fmt: skip
_OF_THE_WHOLE: Final = (*_REVIEWED, *_JUDGED, *_OTHER_OUTCOMES)
_OF_DISTRICTS: Final = ((*_REVIEWED, *_JUDGED), (*_REVIEWED, _JUDGED[0]), _REVIEWED, _JUDGED)
"""What may be told of each district, the most first. Where nobody returned in the whole, no district's few may be told not to have."""


class Areas(Enum):
    """Of which areas the children in special settings are told."""

    EVERY = "every"
    WHOLE = "whole"
    NONE = "none"


@dataclass(frozen=True)
class CouncilRecords:
    """What there is to tell.

    records: rows of the mart of whole periods, in every area. told: those of the latest reference date with the counts of
    `special_children.with_other_counts`; None where these contradict each other, and nobody's standing may be told. is_first_period:
    nobody was reviewed before the latest period.
    """

    records: Records
    told: Records | None
    is_first_period: bool = False


@dataclass(frozen=True)
class CouncilCounts:
    """The protected counts, one row per period and area, and the sums a reader knows.

    latest: the period of standing and reviews by district. before: that of judgements by district; None where there is none.
    standing: of which areas standing is told. by_district: the reviews and judgements told of each district.
    """

    table: ProtectedTable
    totals: tuple[Total, ...]
    latest: str
    before: str | None
    standing: Areas
    by_district: tuple[str, ...]

    def areas(self) -> list[str]:
        """Every area, in the order they are printed."""
        area = self.table.column_index("area")
        names = dict.fromkeys(str(row[area].value) for row in self.table.rows)
        return sorted(names, key=ReportContext.danish_order)


def council_counts(context: ReportContext, council: CouncilRecords, *, title: str, source: str) -> CouncilCounts:
    """Everything that may be told; districts are left out where they, or the whole, cannot be hidden well enough otherwise."""

    def first_of(choices: Iterable[tuple[Areas, tuple[str, ...]]]) -> CouncilCounts | None:
        for standing, by_district in choices:
            try:
                return protect_council(
                    context, council, standing=standing, by_district=by_district, title=title, source=source
                )
            except ValueError:
                # What must be shown leaves nothing to hide: fewer rows may.
                continue
        return None

    standings = (Areas.EVERY, Areas.WHOLE, Areas.NONE) if council.told is not None else (Areas.NONE,)
    without = first_of((standing, ()) for standing in standings)
    if without is None:
        raise ValueError("the counts of the council cannot be protected")
    return first_of((without.standing, names) for names in _OF_DISTRICTS) or without


def protect_council(
    context: ReportContext,
    council: CouncilRecords,
    *,
    standing: Areas,
    by_district: tuple[str, ...],
    title: str,
    source: str,
) -> CouncilCounts:
    """As `council_counts`, with standing and reviews and judgements of exactly these areas.

    Raises:
        ValueError: what other tables show, or the whole municipality's judgements beside the districts', leaves nothing to hide.
    """
    dates = sorted({record["reference_date"] for record in council.records})
    latest, before = dates[-1], dates[-2] if len(dates) > 1 else None
    rows = _rows(context, council, standing=standing, of_day={latest: _REVIEWED, before: _JUDGED}, names=by_district)
    totals = council_totals(rows)
    table = protect(
        rows,
        table_id="council_counts",
        title=title,
        columns=(
            *_LABELS, *STANDING_COLUMNS, *special_children.COLUMNS, *REVIEWED_COLUMNS, *JUDGED_COLUMNS, *OTHER_OUTCOME_COLUMNS,
            *_RESTS,
        ),
        source=source,
        rule=context.rule,
        totals=totals,
        published=(*_shown_elsewhere(context, rows), *(_whole_first(context, rows) if by_district else ())),
    )  # fmt: skip
    return CouncilCounts(table, totals, text_date(latest), text_date(before) if before else None, standing, by_district)


def _rows(
    context: ReportContext,
    council: CouncilRecords,
    *,
    standing: Areas,
    of_day: Mapping[date | None, tuple[str, ...]],
    names: tuple[str, ...],
) -> list[dict[str, Any]]:
    """One row per period and area of which anything is told, the whole municipality's latest at the end.

    of_day: which reviews and judgements each period may tell of districts, if they are among `names`.
    """
    latest = max(record["reference_date"] for record in council.records)
    standings = {(latest, row["area_code"]): row for row in council.told or () if _is_told(row, standing)}
    records = sorted(
        context.area_order([dict(record) for record in _with_every_area(council.records)]),
        key=lambda record: record["reference_date"],
    )
    rows = []
    for record in records:
        day = record["reference_date"]
        is_whole = record["area_kind"] == "municipality"
        told = standings.get((day, record["area_code"]))
        parts = _OF_THE_WHOLE if is_whole else tuple(name for name in of_day.get(day, ()) if name in names)
        if parts or told:
            rows.append(_row(context, record, standing=told, parts=parts))
    if council.is_first_period:
        _add_left_since(rows[-1])
    return rows


def _with_every_area(records: Records) -> Records:
    """The records, and one of zeros where an area of the last two periods has none in the other.

    Children without a known district have a row where there are any.
    """
    recent = sorted({record["reference_date"] for record in records})[-2:]
    areas = {record["area_code"] for record in records if record["reference_date"] in recent}
    there = {(record["reference_date"], record["area_code"]) for record in records}
    zeros = [
        {name: 0 if isinstance(value, int) else value for name, value in record.items()}
        | {"area_kind": "district", "area_code": area}
        for record in records
        if record["area_kind"] == "municipality" and record["reference_date"] in recent
        for area in areas
        if (record["reference_date"], area) not in there
    ]
    return [*records, *zeros]


def council_totals(rows: Records) -> tuple[Total, ...]:
    """What a reader can add up in the rows of the protected table, with the report's other tables beside them."""
    totals: list[Total] = [
        TotalColumn("special_children_count", _STANDING[1:]),
        TotalColumn("judged_possible_count", ("returned_count", "unreturned_count")),
        TotalColumn("reviewed_count", ("exhausted_count", "unexhausted_count")),
        TotalColumn("reviewed_count", ("recommended_count", "unrecommended_count")),
        TotalRow("area", WHOLE_MUNICIPALITY, columns=_ADDED_OVER_DISTRICTS, within=("period",)),
        *special_children.TOTALS,
    ]
    return (*totals, *_sums_of_the_whole(rows))


def _sums_of_the_whole(rows: Records) -> Iterator[SumRelation]:
    """Every outcome, which districts are not told of; and where nobody was reviewed before the latest period, who has left since.

    Those reviewed are then who is in special settings still, with a review, and who has left.
    """
    sums = {"not_yet_due_count": ("judged_possible_count", ("returned_count", *_OTHER_OUTCOMES)),
            _LEFT_SINCE: ("reviewed_count", (*_STANDING[2:], _LEFT_SINCE))}  # fmt: skip
    for row, (column, (total, parts)) in product(rows, sums.items()):
        if row[column] is not None:
            yield SumRelation(_cell_at(total, row), tuple(_cell_at(part, row) for part in parts))


def _add_left_since(row: dict[str, Any]) -> None:
    """Into the row of the whole municipality in the latest period, where its standing is told."""
    if row["special_children_count"] is not None:
        still_there = sum(int(row[part]) for part in _STANDING[2:])
        row[_LEFT_SINCE] = int(row["reviewed_count"]) - still_there


def _is_told(record: Mapping[str, Any], areas: Areas) -> bool:
    return areas is Areas.EVERY or (areas is Areas.WHOLE and record["area_kind"] == "municipality")


def _row(
    context: ReportContext, record: Mapping[str, Any], *, standing: Mapping[str, Any] | None, parts: Sequence[str]
) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(_COUNTS)
    row |= {"period": text_date(record["reference_date"]), "area": context.area_name(record["area_code"])}
    row |= {name: record[name] for name in parts}
    if standing is not None:
        row |= {name: standing[name] for name in (*_STANDING, *_names(special_children.COLUMNS))}
    return row | {
        "unexhausted_count": _rest(row, "reviewed_count", "exhausted_count"),
        "unrecommended_count": _rest(row, "reviewed_count", "recommended_count"),
        "unreturned_count": _rest(row, "judged_possible_count", "returned_count"),
    }


def _rest(row: Mapping[str, Any], whole: str, part: str) -> int | None:
    return None if row[whole] is None or row[part] is None else int(row[whole]) - int(row[part])


def _cell_at(name: str, row: Mapping[str, Any]) -> CellAt:
    return CellAt(name, (("period", row["period"]), ("area", row["area"])))


def _shown_elsewhere(context: ReportContext, rows: Records) -> list[CellAt]:
    """The counts of special children that other tables may show, at their places here."""
    return [
        _cell_at(cell.column, row)
        for row in rows
        if row[special_children.WHOLE] is not None
        for cell in special_children.shown_elsewhere([row], context.rule)
    ]


def _whole_first(context: ReportContext, rows: Records) -> list[CellAt]:
    """The whole municipality's judgements that may be shown without the districts': they are told before them."""
    whole = [row for row in rows if row["area"] == WHOLE_MUNICIPALITY]
    alone = protect(
        whole,
        table_id="council_counts_of_the_whole",
        title="",
        columns=(*_LABELS, *(TableColumn(name, name, "count") for name in _COUNTS)),
        source="",
        rule=context.rule,
        totals=council_totals(whole),
        published=_shown_elsewhere(context, whole),
    )
    return [
        _cell_at(name, row)
        for row, cells in zip(whole, alone.rows, strict=True)
        for name in _OF_THE_WHOLE
        if cells[alone.column_index(name)].value is not None
    ]
