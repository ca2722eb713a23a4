"""How many come back from a segregated setting, and where are those who began? Counts over months, protected together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.committee.ladder_spells import SegregatedStays
from pipelines.committee.ladder_standing import TRACKS, source_of
from pipelines.committee.stay_months import WHOLE, between_rows, month_label, month_relations, month_rows
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, SumRelation, Total, TotalColumn, TotalRow
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn

RETURN_MONTHS: Final = (6, 12, 24)
COHORT_MONTHS: Final = (6, 12, 24)
EVERYBODY: Final = "Alle"
_FEWEST_STAYS: Final = 10
_FEWEST_DISTRICTS: Final = 2
_OF_DISTRICTS: Final = (
    "Nogle ophold er ikke fulgt så længe endnu. Tal for få ophold svinger meget, "
    "så en forskel mellem to distrikter kan være tilfældig."
)
_OTHER_ENDS: Final = (
    "Andelen tager højde for, at nogle går ud af skolen eller flytter først, og at ikke alle er fulgt lige længe. "
    "Modellen er den, distriktet havde ved opholdets begyndelse."
)
_PARTS: Final = ("returned_count", "gone_count", "followed_count")

_COHORT_COLUMNS: Final = (
    TableColumn("ended_count", "Uden støtte", "count"),
    TableColumn("lower_count", "Lavere trin", "count"),
    TableColumn("same_count", "Samme trin", "count"),
    TableColumn("higher_count", "Højere trin", "count"),
    TableColumn("gone_count", "Ude af tallene", "count"),
)
_COHORT_PARTS: Final = tuple(column.name for column in _COHORT_COLUMNS)


IN_DISTRICT: Final = f"{month_label(RETURN_MONTHS[-1])} i distriktet"
"""Labels the rows of districts, which are not among those printed by model."""


def model_names() -> dict[str, str]:
    """Model code to its Danish name as a heading."""
    return {code: f"{title[:1].upper()}{title[1:]}" for code, title in load_code_table("models").titles().items()}


def returns_table(context: ReportContext, stays: SegregatedStays) -> tuple[ProtectedTable, tuple[Total, ...]]:
    """(Protected counts of what became of stays, by model and month, with the cumulative return; the sums a reader knows).

    Rows: the months printed, labelled with both ends what came between two of them, and those of districts where all of these may be
    shown; `printed_returns` takes the first, `district_returns` the last.
    """
    rows, totals = _counted(stays)
    by_district = _district_counts(context, stays)
    together = ([*rows, *by_district[0]], [*totals, *by_district[1]])
    table = _protected_returns(context, *together)
    if by_district[0] and not _are_districts_shown(table):
        # every district or none: without them, less of the rest has to hide
        together = (rows, totals)
        table = _protected_returns(context, *together)
    return _without_telling_shares(context, table), tuple(together[1])


def _counted(stays: SegregatedStays) -> tuple[list[dict[str, object]], list[Total]]:
    groups = _groups(stays)
    rows = [
        row
        for name, own in groups.items()
        for rows_of in (month_rows, between_rows)
        for row in rows_of(name, own, RETURN_MONTHS)
    ]
    totals: list[Total] = [TotalColumn(WHOLE, _PARTS)]
    if len(groups) > 1:
        totals.append(TotalRow("group", EVERYBODY, columns=(WHOLE, *_PARTS), within=("month",)))
    return rows, totals + [relation for name in groups for relation in month_relations(name, RETURN_MONTHS)]


def _district_counts(
    context: ReportContext, stays: SegregatedStays
) -> tuple[list[dict[str, object]], list[SumRelation]]:
    """Counts after 24 months by district, and by district and model, which no table shows; nothing where a district's is small.

    Districts add up to everybody, and what they have under a model to that model.
    """
    groups, latest = _groups(stays), month_label(RETURN_MONTHS[-1])
    rows: list[dict[str, object]] = []
    of_group: dict[str, list[CellAt]] = {name: [] for name in groups}
    relations: list[SumRelation] = []
    for code in sorted(stays.frame["district"].unique()):
        district, months = context.area_name(code or None), []
        for name, own in groups.items():
            here = SegregatedStays(own.frame.filter(pl.col("district") == code))
            if here.frame.height:
                months.append(IN_DISTRICT if name == EVERYBODY else f"{IN_DISTRICT}, {name}")
                rows.append({**month_rows(district, here, RETURN_MONTHS[-1:])[0], "month": months[-1]})
                of_group[name].append(_count_at(WHOLE, district, months[-1]))
        relations += _sum_of(
            _count_at(WHOLE, district, months[0]), [_count_at(WHOLE, district, month) for month in months[1:]]
        )
    for name, parts in of_group.items():
        relations += _sum_of(_count_at(WHOLE, name, latest), parts)
    shown = [
        int(str(row[column])) for row in rows if row["month"] == IN_DISTRICT for column in (WHOLE, "returned_count")
    ]
    return ([], []) if any(map(context.rule.hides_count, shown)) else (rows, relations)


def _count_at(column: str, group: str, month: str) -> CellAt:
    return CellAt(column, (("group", group), ("month", month)))


def _sum_of(whole: CellAt, parts: Sequence[CellAt]) -> list[SumRelation]:
    """That every count in the row of `whole` is the sum of those in the rows of `parts`."""
    return [
        SumRelation(CellAt(column, whole.labels), tuple(CellAt(column, part.labels) for part in parts))
        for column in (WHOLE, *_PARTS)
    ]


def _are_districts_shown(table: ProtectedTable) -> bool:
    """Whether the two counts that are printed of districts are shown of every one."""
    columns = [table.column_index(name) for name in ("month", WHOLE, "returned_count")]
    return all(
        None not in (row[columns[1]].value, row[columns[2]].value)
        for row in table.rows
        if row[columns[0]].value == IN_DISTRICT
    )


def district_returns(context: ReportContext, table: ProtectedTable) -> tuple[ProtectedTable, ...]:
    """The return within 24 months by district, from `returns_table`; none where one district's counts must be hidden.

    The share is told where that of every district is.
    """
    own = table.excerpt(
        "ladder_return_districts",
        title=f"Tilbage i almen klasse eller stue inden {RETURN_MONTHS[-1]}\u00a0måneder, distrikt for distrikt",
        keep_row=lambda row: row["month"] == IN_DISTRICT,
    )
    if len(own.rows) < _FEWEST_DISTRICTS:
        return ()
    names = {"group": "Barnets distrikt ved opholdets begyndelse"}
    columns = ["group", WHOLE, "returned_count"]
    if None not in own.values("share_pct"):
        columns.append("share_pct")
    order = own.column_index("group")
    printed = own.excerpt(own.table_id, title=own.title, columns=columns)
    return (
        replace(
            printed,
            columns=tuple(replace(column, title=names.get(column.name, column.title)) for column in printed.columns),
            rows=tuple(
                cells
                for _, cells in sorted(
                    zip(own.rows, printed.rows, strict=True),
                    key=lambda pair: context.danish_order(str(pair[0][order].value)),
                )
            ),
            source=f"{own.source} {_OF_DISTRICTS}",
        ),
    )


def _protected_returns(
    context: ReportContext, rows: Sequence[Mapping[str, object]], totals: Sequence[Total]
) -> ProtectedTable:
    try:
        return _protect_returns(context, rows, totals, published=_main_counts(context, rows))
    except ValueError:
        # The main number cannot stand beside what must be hidden.
        return _protect_returns(context, rows, totals, published=())


def _protect_returns(
    context: ReportContext,
    rows: Sequence[Mapping[str, object]],
    totals: Sequence[Total],
    *,
    published: Sequence[CellAt],
) -> ProtectedTable:
    return protect(
        rows,
        table_id="ladder_return",
        title="Tilbage i almen klasse eller stue efter et ophold i specialklasse, specialskole eller dagbehandling",
        columns=(
            TableColumn("group", "Distriktets model", "label"),
            TableColumn("month", "Efter", "label"),
            TableColumn(WHOLE, "Ophold", "count"),
            TableColumn("returned_count", "Tilbage i almen", "count"),
            TableColumn("gone_count", "Ude eller ikke fulgt så længe", "count"),
            TableColumn("followed_count", "Følges stadig", "count"),
            TableColumn("share_pct", "Andel tilbage", "number", unit="%"),
            TableColumn("low", "Usikkerhed fra", "number", unit="%"),
            TableColumn("high", "Usikkerhed til", "number", unit="%"),
        ),
        source=f"{source_of(context)} {_OTHER_ENDS}",
        rule=context.rule,
        totals=totals,
        published=published,
    )


def _main_counts(context: ReportContext, rows: Sequence[Mapping[str, object]]) -> tuple[CellAt, ...]:
    """The counts behind the one number most asked for, everybody after 24 months, where none of them is small: others hide first."""
    main = {"group": EVERYBODY, "month": month_label(RETURN_MONTHS[-1])}
    row = next(row for row in rows if all(row[name] == value for name, value in main.items()))
    names = (WHOLE, *_PARTS)
    if any(context.rule.hides_count(int(str(row[name]))) for name in names):
        return ()
    return tuple(CellAt(name, tuple(main.items())) for name in names)


def printed_returns(table: ProtectedTable) -> ProtectedTable:
    """The rows of whole months from the first day on."""
    printed = {month_label(months) for months in RETURN_MONTHS}
    names = [column.name for column in table.columns if column.name != "gone_count"]
    return table.excerpt(table.table_id, title=table.title, columns=names, keep_row=lambda row: row["month"] in printed)


def cohorts_table(
    context: ReportContext, entries: pl.DataFrame, whole_years: Mapping[str, Sequence[int]]
) -> tuple[ProtectedTable, tuple[Total, ...]]:
    """(Where those who began support in a year were after 6, 12 and 24 months; the sums a reader knows).

    Only years wholly in the data, and months that all of the year's children were followed for. The number who began also stands
    among the moves.
    """
    rows = []
    for track, name in TRACKS.items():
        for year in whole_years.get(track, ()):
            for months in COHORT_MONTHS:
                own = entries.filter(
                    (pl.col("track_code") == track)
                    & (pl.col("entry_year") == year)
                    & (pl.col("months_later") == months)
                )
                if own.height:
                    rows.append({"began": f"{year}, {name}", "month": month_label(months), **_whereabouts(own)})
    totals: list[Total] = [TotalColumn("began_count", _COHORT_PARTS)] if rows else []
    published = tuple(
        CellAt("began_count", (("began", str(row["began"])), ("month", str(row["month"]))))
        for row in rows
        if not context.rule.hides_count(int(str(row["began_count"])))
    )
    table = protect(
        rows,
        table_id="ladder_cohorts",
        title="Støtten begyndte i året: Hvor var børnene senere?",
        columns=(
            TableColumn("began", "Begyndt", "label"),
            TableColumn("month", "Efter", "label"),
            TableColumn("began_count", "Støtten er begyndt", "count"),
            *_COHORT_COLUMNS,
        ),
        source=source_of(context),
        rule=context.rule,
        totals=totals,
        published=published,
    )
    return table, tuple(totals)


def _groups(stays: SegregatedStays) -> dict[str, SegregatedStays]:
    """Everybody, and each model; the models alone when every stay has one, else with those without."""
    names = model_names()
    found = {name: stays.of_model(code) for code, name in names.items()}
    rest = SegregatedStays(stays.frame.filter(~pl.col("model_code").is_in(list(names)).fill_null(False)))
    if rest.frame.height:
        found["Model ikke oplyst"] = rest
    return {EVERYBODY: stays, **{name: own for name, own in found.items() if own.frame.height}}


def _without_telling_shares(context: ReportContext, table: ProtectedTable) -> ProtectedTable:
    """The same table with every share hidden that tells a hidden count, or rests on too few stays."""
    names = [column.name for column in table.columns]
    rows = []
    for row in table.rows:
        cells = dict(zip(names, row, strict=True))
        behind = [cells[name] for name in (WHOLE, "returned_count", "followed_count", "gone_count")]
        whole = cells[WHOLE].value
        if any(cell.value is None for cell in behind) or float(str(whole)) < _FEWEST_STAYS:
            cells |= {
                name: Cell(None, CellStatus.HIDDEN)
                for name in ("share_pct", "low", "high")
                if cells[name].value is not None
            }
        rows.append(cells)
    return protect(
        rows, table_id=table.table_id, title=table.title, columns=table.columns, source=table.source, rule=context.rule
    )


def _whereabouts(own: pl.DataFrame) -> dict[str, int]:
    first, later = pl.col("first_rung"), pl.col("later_rung")
    conditions = {
        "ended_count": later == 0,
        "lower_count": (later > 0) & (later < first),
        "same_count": later == first,
        "higher_count": later > first,
        "gone_count": later.is_null(),
    }
    return {"began_count": own.height} | {name: own.filter(condition).height for name, condition in conditions.items()}
