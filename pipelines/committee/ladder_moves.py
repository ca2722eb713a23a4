"""How many moves down and up, in number and per 100 child-years? By year, district, denominator and model, protected together."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipelines.codes import load_code_table
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.ladder_standing import TRACKS, source_of
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, SumRelation, Total, TotalRow
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.intervals import Estimate
from pipelines.measures.ladder import MovementRates, net_movement_rate
from pipelines.measures.rate_ratio import movement_rate_ratio

Records = Sequence[Mapping[str, Any]]

DENOMINATORS: Final[Mapping[str, str]] = {
    "child_years": "Børn på trappen inden for to år",
    "child_years_all": "Alle børn på 0-17 år",
}
MAIN_DENOMINATOR: Final = DENOMINATORS["child_years"]

_MOVES = """
SELECT track_code, calendar_year, area_kind, area_code, down_count, up_count, opened_count, closed_count,
       aged_out_count, moved_away_count, child_years, child_years_all
FROM marts.mart_ladder_moves
WHERE is_whole_year AND ladder_code = 'national'
ORDER BY track_code, calendar_year, area_code
"""
_MODELS = """
SELECT unit_code AS area_code, model_code
FROM core.fct_organisation
WHERE unit_kind_code = 'district' AND start_date <= ? AND coalesce(end_date, DATE '9999-12-31') >= ?
ORDER BY unit_code, start_date
"""
_COUNT_COLUMNS = (
    TableColumn("down_count", "Ryk ned", "count"),
    TableColumn("up_count", "Ryk op", "count"),
    TableColumn("closed_count", "Støtten er slut", "count"),
    TableColumn("opened_count", "Støtten er begyndt", "count"),
    TableColumn("aged_out_count", "Fyldt 18 år", "count"),
    TableColumn("moved_away_count", "Flyttet fra kommunen", "count"),
)
_COUNTS = tuple(column.name for column in _COUNT_COLUMNS)
_HIDDEN = Cell(None, CellStatus.HIDDEN)
_NOT_COMPUTABLE = Cell(None, CellStatus.NOT_COMPUTABLE)


def move_records(context: ReportContext) -> list[dict[str, Any]]:
    """The moves of every whole year by track and area, from the mart."""
    return context.records(_MOVES)


def models_of_year(context: ReportContext, year: int) -> dict[str, str]:
    """District to model, for the districts that had one model from the first to the last day of the year."""
    days = [datetime.date(year, 1, 1), datetime.date(year, 12, 31)]
    return {row["area_code"]: row["model_code"] for row in context.records(_MODELS, list(days))}


def protect_moves(
    context: ReportContext, records: Records, *, year: int, models: Mapping[str, str]
) -> tuple[ProtectedTable, tuple[Total, ...]]:
    """(All moves by track, year and area, and those of `year` by model; the sums a reader knows): protected once.

    The tables of the report are taken from it: protected apart, one may show what another hides.
    """
    rows = [
        {
            **record,
            "track": TRACKS[record["track_code"]],
            "period": period_of(int(record["calendar_year"]), record["track_code"]),
            "area": context.area_name(record["area_code"]),
        }
        for track in TRACKS
        for record in sorted(
            context.area_order([dict(row) for row in records if row["track_code"] == track]),
            key=lambda row: int(row["calendar_year"]),
        )
    ]
    model_rows, relations = _model_rows(context, records, year=year, models=models)
    totals: tuple[Total, ...] = (TotalRow("area", WHOLE_MUNICIPALITY, columns=_COUNTS, within=("period",)), *relations)
    table = protect(
        [*rows, *model_rows],
        table_id="ladder_moves",
        title="Ryk på indsatstrappen",
        columns=(
            TableColumn("period", "År og spor", "label"),
            TableColumn("track", "Spor", "label"),
            TableColumn("area", "Distrikt", "label"),
            *_COUNT_COLUMNS,
        ),
        source=source_of(context),
        rule=context.rule,
        totals=totals,
        published=_beginnings(context, rows),
    )
    return table, totals


def _beginnings(context: ReportContext, rows: Records) -> list[CellAt]:
    """How many began in the year: the size of the cohort in another table, so hidden here only where it is small."""
    return [
        _cell_at("opened_count", str(row["period"]), WHOLE_MUNICIPALITY)
        for row in rows
        if row["area"] == WHOLE_MUNICIPALITY and not context.rule.hides_count(int(row["opened_count"]))
    ]


def period_of(year: int, track: str) -> str:
    """ "2025, socialsporet"."""
    return f"{year}, {TRACKS[track]}"


def by_year_table(context: ReportContext, moves: ProtectedTable) -> ProtectedTable:
    """Moves down, up and the net of both per year and track of the whole municipality."""
    whole = moves.excerpt(
        "ladder_by_year",
        title="Ryk på indsatstrappen pr. år og spor",
        columns=("period", *_COUNTS),
        keep_row=lambda row: row["area"] == WHOLE_MUNICIPALITY,
    )
    names = [column.name for column in whole.columns]
    rows = [dict(zip(names, row, strict=True)) for row in whole.rows]
    net = TableColumn("net_count", "Ned minus op", "number")
    first, *others = _COUNT_COLUMNS
    return protect(
        [{**row, "net_count": _net_cell(row["down_count"], row["up_count"])} for row in rows],
        table_id=whole.table_id,
        title=whole.title,
        columns=(whole.columns[0], first, others[0], net, *others[1:]),
        source=whole.source,
        rule=context.rule,
    )


def by_district_table(moves: ProtectedTable, year: int) -> ProtectedTable:
    """Moves of one year per track and district."""
    periods = {period_of(year, track) for track in TRACKS}
    return moves.excerpt(
        "ladder_by_district",
        title=f"Ryk på indsatstrappen pr. distrikt i {year}",
        columns=("track", "area", *_COUNTS),
        keep_row=lambda row: row["period"] in periods,
    )


def rates_table(context: ReportContext, records: Records, moves: ProtectedTable, year: int) -> ProtectedTable:
    """Rates per 100 child-years by track, of both denominators; shown only where both counts behind them are."""
    rows: list[dict[str, Any]] = []
    for track, name in TRACKS.items():
        own = [
            record
            for record in records
            if record["calendar_year"] == year and record["track_code"] == track and record["area_kind"] == "district"
        ]
        is_shown = pair_of(moves, period_of(year, track), area=WHOLE_MUNICIPALITY) is not None
        for column, denominator in DENOMINATORS.items():
            cells = _rate_cells(_rates(own, column), is_shown)
            rows.append({"track": name, "denominator": denominator, **cells})
    return protect(
        rows,
        table_id="ladder_rates",
        title=f"Ryk pr. 100 barneår i {year}",
        columns=(
            TableColumn("track", "Spor", "label"),
            TableColumn("denominator", "Regnet på", "label"),
            *(
                TableColumn(column, title, "number", decimals=1)
                for column, title in (
                    ("down_rate", "Ned"),
                    ("up_rate", "Op"),
                    ("net_rate", "Ned minus op"),
                    ("low", "Usikkerhed fra"),
                    ("high", "Usikkerhed til"),
                )
            ),
        ),
        source=source_of(context),
        rule=context.rule,
    )


def models_table(
    context: ReportContext, records: Records, moves: ProtectedTable, *, year: int, models: Mapping[str, str]
) -> ProtectedTable:
    """Moves down and up per 100 child-years under the two models, and how many times as often; per district, not per child."""
    names = {str(row["area_code"]): context.area_name(row["area_code"]) for row in records}
    rows = [
        {
            "track": name,
            "direction": title,
            **_model_cells(records, moves, track, column, year=year, models=models, area_names=names),
        }
        for track, name in TRACKS.items()
        for column, title in (("down_count", "Ned"), ("up_count", "Op"))
        if any(row["track_code"] == track and row["calendar_year"] == year for row in records)
    ]
    return protect(
        rows,
        table_id="ladder_models",
        title=f"Ryk pr. 100 barneår i {year} i distrikter med og uden distriktsrådgiver",
        columns=(
            TableColumn("track", "Spor", "label"),
            TableColumn("direction", "Ryk", "label"),
            TableColumn("advised_rate", "Med rådgiver", "number", decimals=1),
            TableColumn("compared_rate", "Uden rådgiver", "number", decimals=1),
            TableColumn("ratio", "Gange så ofte", "number", decimals=1),
            TableColumn("low", "Usikkerhed fra", "number", decimals=1),
            TableColumn("high", "Usikkerhed til", "number", decimals=1),
        ),
        source=f"{source_of(context)} Ingen har trukket lod om modellerne. En forskel kan have andre årsager end modellen.",
        rule=context.rule,
    )


def pair_of(table: ProtectedTable, period: str, **labels: str) -> tuple[float, float] | None:
    """Moves down and up of a period, where both are shown."""
    try:
        down, up = (table.cell(name, period=period, **labels).value for name in ("down_count", "up_count"))
    except KeyError:
        return None
    return (float(down), float(up)) if down is not None and up is not None else None


def _net_cell(down: Cell, up: Cell) -> Cell:
    if not isinstance(down.value, (int, float)) or not isinstance(up.value, (int, float)):
        return _HIDDEN
    return Cell(down.value - up.value)


def _model_period(year: int, track: str) -> str:
    return f"{period_of(year, track)}, efter model"


def _model_rows(
    context: ReportContext, records: Records, *, year: int, models: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[SumRelation]]:
    """The sums over the districts of each model, which the rates by model give away."""
    rows, relations = [], []
    for track, name in TRACKS.items():
        for model in dict.fromkeys(models.values()):
            own = [row for row in _districts(records, track, year) if models.get(str(row["area_code"])) == model]
            if not own:
                continue
            period = _model_period(year, track)
            sums = {column: sum(int(row[column]) for row in own) for column in _COUNTS}
            rows.append({"period": period, "track": name, "area": model, **sums})
            relations += [
                SumRelation(
                    _cell_at(column, period, model),
                    tuple(_cell_at(column, period_of(year, track), context.area_name(row["area_code"])) for row in own),
                )
                for column in _COUNTS
            ]
    return rows, relations


def _cell_at(column: str, period: str, area: str) -> CellAt:
    return CellAt(column, (("period", period), ("area", area)))


def _districts(records: Records, track: str, year: int) -> list[Mapping[str, Any]]:
    return [
        row
        for row in records
        if row["track_code"] == track
        and row["calendar_year"] == year
        and row["area_kind"] == "district"
        and row["area_code"] is not None
    ]


def _model_cells(
    records: Records,
    moves: ProtectedTable,
    track: str,
    column: str,
    *,
    year: int,
    models: Mapping[str, str],
    area_names: Mapping[str, str],
) -> dict[str, Cell | float]:
    names = ("advised_rate", "compared_rate", "ratio", "low", "high")
    own = [row for row in _districts(records, track, year) if str(row["area_code"]) in models]
    known = [row for row in own if float(row["child_years"]) > 0]
    period = _model_period(year, track)
    shown = [moves.cell(column, period=period, area=model).value for model in _models_seen(own, models)]
    if not known or any(value is None for value in shown):
        return dict.fromkeys(names, _HIDDEN if known else _NOT_COMPUTABLE)
    advised = adviser_models()
    found = movement_rate_ratio(
        [int(row[column]) for row in known],
        [float(row["child_years"]) for row in known],
        districts=[str(row["area_code"]) for row in known],
        is_advised=[models[str(row["area_code"])] in advised for row in known],
    )
    ratio = found.by_district
    numbers = (found.advised_rate, found.compared_rate, ratio.value, ratio.low, ratio.high)
    cells: dict[str, Cell | float] = {
        name: _NOT_COMPUTABLE if value is None else value for name, value in zip(names, numbers, strict=True)
    }
    # The ratio is made of every district's own rate, so it would tell of those that are hidden.
    areas = [area_names[str(row["area_code"])] for row in own]
    if any(moves.cell(column, period=period_of(year, track), area=area).value is None for area in areas):
        cells |= dict.fromkeys(("ratio", "low", "high"), _HIDDEN)
    return cells


def _models_seen(own: Records, models: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(models[str(row["area_code"])] for row in own))


def adviser_models() -> set[str]:
    """The codes of the models with a district adviser."""
    return {
        str(row["code"]) for row in load_code_table("models").rows if str(row["is_adviser_model"]).lower() == "true"
    }


def _rates(records: Records, denominator: str) -> MovementRates | None:
    known = [record for record in records if record["area_code"] is not None and float(record[denominator]) > 0]
    if not known:
        return None
    return net_movement_rate(
        [int(record["down_count"]) for record in known],
        [int(record["up_count"]) for record in known],
        [float(record[denominator]) for record in known],
        [str(record["area_code"]) for record in known],
    )


def _rate_cells(rates: MovementRates | None, is_shown: bool) -> dict[str, Cell | float]:
    names = ("down_rate", "up_rate", "net_rate", "low", "high")
    if rates is None or rates.net.value is None:
        return dict.fromkeys(names, _NOT_COMPUTABLE)
    if not is_shown:
        return dict.fromkeys(names, _HIDDEN)
    numbers = (_value(rates.down), _value(rates.up), rates.net.value, rates.net.low, rates.net.high)
    return {name: _NOT_COMPUTABLE if value is None else value for name, value in zip(names, numbers, strict=True)}


def _value(estimate: Estimate) -> float | None:
    return estimate.value
