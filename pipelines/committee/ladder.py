"""Do children move down the ladder? Moves down, up and to no help at all, side by side, per track, year and district."""

from collections.abc import Sequence
from typing import Any

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.missing import missing_section
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import TotalRow
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.ladder import MovementRates, net_movement_rate
from pipelines.publish.danish import joined, number
from pipelines.publish.figures import FigureWords, move_bars
from pipelines.publish.section import DeclaredNumber, HowSure, Section
from pipelines.publish.sentences import TOO_FEW

QUESTION = "Rykker børnene ned ad indsatstrappen?"
TRACKS = {"education": "undervisningssporet", "social": "socialsporet"}
_MOVES = """
SELECT track_code, calendar_year, area_kind, area_code, down_count, up_count, opened_count, closed_count,
       aged_out_count, moved_away_count, child_years
FROM marts.mart_ladder_moves
WHERE is_whole_year AND ladder_code = 'national'
ORDER BY track_code, calendar_year, area_code
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
_RATE_COLUMNS = (
    TableColumn("track", "Spor", "label"),
    TableColumn("net_rate", "Ryk ned minus ryk op pr. 100 barneår", "number", decimals=1),
    TableColumn("low", "Usikkerhed fra", "number", decimals=1),
    TableColumn("high", "Usikkerhed til", "number", decimals=1),
)


def ladder_section(context: ReportContext) -> Section:
    """The section *Rykker børnene ned ad indsatstrappen?*: level 1, one figure over years, tables by year and district."""
    records = context.records(_MOVES)
    if not records:
        return missing_section("ladder", QUESTION, ("measures", "school_placements"))
    year = max(int(record["calendar_year"]) for record in records)
    moves = _protected_moves(context, records)
    by_year = moves.excerpt(
        "ladder_by_year",
        title="Ryk på indsatstrappen pr. år og spor",
        columns=("period", *_COUNTS),
        keep_row=lambda row: row["area"] == WHOLE_MUNICIPALITY,
    )
    by_district = moves.excerpt(
        "ladder_by_district",
        title=f"Ryk på indsatstrappen pr. distrikt i {year}",
        columns=("track", "area", *_COUNTS),
        keep_row=lambda row: str(row["period"]).startswith(f"{year},"),
    )
    rates = _rates(context, records, year, by_year)
    figure = move_bars(
        by_year,
        FigureWords(
            figure_id="ladder_moves",
            title=_figure_title(by_year, year),
            subtitle="Ryk fra ét trin til et andet pr. kalenderår. Et barn kan rykke mere end én gang. "
            "Støtte, der begynder eller slutter, er ikke talt med her.",
            source=_source(context),
            constructed=context.is_constructed,
        ),
        label="period",
        down="down_count",
        up="up_count",
        noun="ryk",
    )
    return Section(
        section_id="ladder",
        question=QUESTION,
        answer=_answer(by_year, year),
        support=_support(by_year, year),
        level=1,
        level_reason="Tallene viser, hvad der skete. De viser ikke, hvorfor børnene er rykket.",
        tables=(by_year, by_district, rates),
        figures=(figure,),
        how_sure=HowSure(
            number=_interval_words(rates, year),
            cause="Børn kommer på trappen, når det går dårligst. Derfor må man vente, at nogle rykker ned igen af sig selv.",
            data="Et ryk ned tæller ikke, når barnet fylder 18 år, flytter eller går ud af data.",
            needed="Skal årsagen findes, må børn med og uden indsatsen følges på samme tid.",
        ),
        not_shown=(
            "Figuren viser ikke, om støtten har hjulpet.",
            "Forskellen mellem ned og op kan dække over mange ryk begge veje. Derfor viser vi begge tal.",
        ),
        method=(
            "Et barn står på det højeste trin, der er åbent i sporet den dag. "
            f"Går der højst {number(context.settings.ladder.grace_gap_days)} dage mellem to indsatser, er trinnet ikke lukket.",
            "Serviceloven blev afløst af barnets lov 1. januar 2024. Paragrafferne er oversat, så tallene kan sammenlignes.",
            "Et barneår er ét barn fulgt i et år. Vi tæller børn, der har stået på trin 1 eller højere i samme spor inden for "
            "to år. Trin 1 i socialsporet er ikke talt med.",
        ),
        declared_numbers=_declared(context, year),
    )


def _protected_moves(context: ReportContext, records: Sequence[dict[str, Any]]) -> ProtectedTable:
    """All moves by track, year and area, protected once: the tables of the report are excerpts of it."""
    rows = [
        {
            **record,
            "track": TRACKS[record["track_code"]],
            "period": f"{record['calendar_year']}, {TRACKS[record['track_code']]}",
            "area": context.area_name(record["area_code"]),
        }
        for track in TRACKS
        for record in sorted(
            context.area_order([row for row in records if row["track_code"] == track]),
            key=lambda row: int(row["calendar_year"]),
        )
    ]
    return protect(
        rows,
        table_id="ladder_moves",
        title="Ryk på indsatstrappen",
        columns=(
            TableColumn("period", "År og spor", "label"),
            TableColumn("track", "Spor", "label"),
            TableColumn("area", "Distrikt", "label"),
            *_COUNT_COLUMNS,
        ),
        source=_source(context),
        rule=context.rule,
        totals=(TotalRow("area", WHOLE_MUNICIPALITY, columns=_COUNTS, within=("period",)),),
    )


def _rates(
    context: ReportContext, records: Sequence[dict[str, Any]], year: int, by_year: ProtectedTable
) -> ProtectedTable:
    """The net rate per track, shown only where both counts behind it are shown."""
    rows: list[dict[str, Any]] = []
    for track, name in TRACKS.items():
        chosen = [
            record
            for record in records
            if record["calendar_year"] == year and record["track_code"] == track and record["area_kind"] == "district"
        ]
        is_shown = _pair(by_year, f"{year}, {name}") is not None
        rows.append({"track": name, **_rate_cells(_net(chosen), is_shown)})
    return protect(
        rows,
        table_id="ladder_rates",
        title=f"Ryk ned minus ryk op pr. 100 barneår i {year}",
        columns=_RATE_COLUMNS,
        source=_source(context),
        rule=context.rule,
    )


def _net(records: Sequence[dict[str, Any]]) -> MovementRates | None:
    known = [record for record in records if record["area_code"] is not None and float(record["child_years"]) > 0]
    if not known:
        return None
    return net_movement_rate(
        [int(record["down_count"]) for record in known],
        [int(record["up_count"]) for record in known],
        [float(record["child_years"]) for record in known],
        [str(record["area_code"]) for record in known],
    )


def _rate_cells(rates: MovementRates | None, is_shown: bool) -> dict[str, Cell | float]:
    if rates is None or rates.net.value is None:
        return dict.fromkeys(("net_rate", "low", "high"), Cell(None, CellStatus.NOT_COMPUTABLE))
    if not is_shown:
        return dict.fromkeys(("net_rate", "low", "high"), Cell(None, CellStatus.HIDDEN))
    missing = Cell(None, CellStatus.NOT_COMPUTABLE)
    low, high = (missing if end is None else end for end in (rates.net.low, rates.net.high))
    return {"net_rate": rates.net.value, "low": low, "high": high}


def _figure_title(by_year: ProtectedTable, year: int) -> str:
    """Which way most moves went in each track in the latest year; the tracks that may not be shown are left out."""
    said: dict[str, list[str]] = {}
    for name in TRACKS.values():
        pair = _pair(by_year, f"{year}, {name}")
        if pair is not None:
            down, up = pair
            words = (
                "flere ryk ned end op"
                if down > up
                else "flere ryk op end ned"
                if up > down
                else "lige mange ryk ned og op"
            )
            said.setdefault(words, []).append(name)
    if not said:
        return "Ryk ned og op ad trappen pr. år"
    return f"I {year} var der {joined([f'{words} i {joined(names)}' for words, names in said.items()])}"


def _answer(by_year: ProtectedTable, year: int) -> str:
    """Moves down and up per track; a track that was not received, or has too few moves to show, says so."""
    said, untold = [], []
    periods = by_year.values("period")
    for name in TRACKS.values():
        pair = _pair(by_year, f"{year}, {name}")
        if pair is not None:
            said.append(f"{number(pair[0])} ryk ned og {number(pair[1])} op i {name}")
        elif f"{year}, {name}" in periods:
            untold.append(f"I {name} er der for få ryk til at vise tallene.")
        else:
            untold.append(f"Vi har ikke fået tal for {name}.")
    told = [f"I {year} var der {joined(said)}."] if said else []
    return " ".join([*told, *untold])


def _pair(by_year: ProtectedTable, period: str) -> tuple[float, float] | None:
    try:
        down, up = by_year.cell("down_count", period=period).value, by_year.cell("up_count", period=period).value
    except KeyError:
        return None
    return (float(down), float(up)) if down is not None and up is not None else None


def _support(by_year: ProtectedTable, year: int) -> str:
    said = []
    for name in TRACKS.values():
        if f"{year}, {name}" in by_year.values("period"):
            closed = by_year.cell("closed_count", period=f"{year}, {name}").value
            if closed is not None:
                said.append(f"{number(float(closed))} gange i {name}")
    ended = f"Støtten sluttede {joined(said)}. " if said else ""
    return f"{ended}Tallene viser ikke, hvorfor børnene er rykket."


def _interval_words(rates: ProtectedTable, year: int) -> str:
    """The net rate of each track with its interval, signs in words."""
    said = []
    for name in TRACKS.values():
        value, low, high = (rates.cell(column, track=name).value for column in ("net_rate", "low", "high"))
        if value is None:
            continue
        net = float(value)
        direction = "flere ryk ned end op" if net > 0 else "flere ryk op end ned"
        spread = "" if low is None or high is None else f" ({_ends(float(low), float(high))})"
        said.append(f"For hver 100 barneår i {name} var der {number(abs(net), 1)} {direction}{spread}.")
    if not said:
        return TOO_FEW
    return f"{' '.join(said)} Usikkerheden er regnet på distrikter. Tallene er fra {year}."


def _ends(low: float, high: float) -> str:
    if low * high > 0:
        near, far = sorted((abs(low), abs(high)))
        return f"fra {number(near, 1)} til {number(far, 1)}"
    return f"fra {number(abs(low), 1)} flere op til {number(abs(high), 1)} flere ned"


def _declared(context: ReportContext, year: int) -> tuple[DeclaredNumber, ...]:
    return (
        DeclaredNumber(str(year), "kalenderåret, tallene gælder"),
        DeclaredNumber("100", "barneår, som satsen er regnet pr."),
        DeclaredNumber("18", "alder, hvor barnet går ud af tallene"),
        DeclaredNumber("1", "trin 1, det laveste trin med støtte"),
        DeclaredNumber("2024", "året, hvor barnets lov afløste serviceloven"),
        DeclaredNumber(str(context.settings.ladder.grace_gap_days), "dage, et trin må stå åbent uden indsats"),
    )


def _source(context: ReportContext) -> str:
    return f"Kilde: {context.settings.municipality.name}s sagssystem og elevregister."
