"""Do children move down the ladder? Moves down, up and the net of both, where the children stand, how long, and who comes back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pipelines.committee.context import ReportContext
from pipelines.committee.creative_council import creative_council_part
from pipelines.committee.key_figures import key_figure_tables
from pipelines.committee.ladder_durations import durations_table
from pipelines.committee.ladder_figures import flow_figure, group_figure, return_figure
from pipelines.committee.ladder_key_figures import social_standing
from pipelines.committee.ladder_moves import (
    MAIN_DENOMINATOR,
    by_district_table,
    by_year_table,
    models_of_year,
    models_table,
    move_records,
    pair_of,
    period_of,
    protect_moves,
    rates_table,
)
from pipelines.committee.ladder_oldest import (
    days_without_oldest,
    oldest_missing_briefly,
    oldest_missing_words,
    with_oldest_missing,
    years_without_oldest,
)
from pipelines.committee.ladder_return import (
    COHORT_MONTHS,
    cohorts_table,
    district_returns,
    printed_returns,
    returns_table,
)
from pipelines.committee.ladder_return_models import return_models_table
from pipelines.committee.ladder_sensitivity import sensitivity_table
from pipelines.committee.ladder_spells import (
    entries_later,
    reference_dates,
    rungs_of,
    seen_days,
    segregated_stays,
    standing_on,
    stays_on_rungs,
)
from pipelines.committee.ladder_standing import (
    TRACKS,
    Standing,
    group_rows,
    outside_mainstream,
    protect_standing,
    source_of,
    stayed_rows,
    transition_rows,
)
from pipelines.committee.ladder_young_register import (
    short_history_briefly,
    with_short_history,
    years_short_of_history,
)
from pipelines.committee.missing import missing_section, missing_words
from pipelines.committee.spend import spend_part
from pipelines.disclosure.table import ProtectedTable
from pipelines.publish.danish import joined, number
from pipelines.publish.figures import FigureWords, move_bars
from pipelines.publish.section import DeclaredNumber, Figure, HowSure, Section
from pipelines.publish.sentences import TOO_FEW

QUESTION = "Bevægelser på indsatstrappen: Rykker børnene ned?"
_NO_MOVE: Final = "Et ryk ned tæller ikke, når barnet fylder 18 år, flytter eller går ud af data."
_CAME: Final = """
SELECT exists(SELECT 1 FROM core.dim_child) AS children, exists(SELECT 1 FROM core.fct_measure) AS measures,
       exists(SELECT 1 FROM core.fct_school_placement) AS school_placements,
       exists(SELECT 1 FROM core.fct_ladder_input WHERE track_code = 'social' AND NOT is_background) AS social,
       exists(SELECT 1 FROM core.fct_ladder_input WHERE track_code = 'education') AS education
"""
"""What there are rows of: by source, and by track of the ladder."""


def ladder_section(context: ReportContext) -> Section:
    """The section *Bevægelser på indsatstrappen*: level 1, moves over years, where children stand, how long, and who comes back."""
    records = move_records(context)
    if not records:
        return _section_without_moves(context)
    year = max(int(record["calendar_year"]) for record in records)
    models = models_of_year(context, year)
    moves, _ = protect_moves(context, records, year=year, models=models)
    without_oldest = years_without_oldest(context, (int(record["calendar_year"]) for record in records))
    by_year = with_oldest_missing(by_year_table(context, moves), without_oldest)
    rates = rates_table(context, records, moves, year)
    # rates are told of the latest year alone
    short = years_short_of_history(context, (record for record in records if record["calendar_year"] == year))
    social = social_standing(context)
    more_tables, more_figures = _whereabouts(context, records, social)
    council, spend = creative_council_part(context), spend_part(context)
    return Section(
        section_id="ladder",
        question=QUESTION,
        answer=_answer(context, by_year, year),
        support=_support(by_year, year),
        level=1,
        level_reason="Tallene viser, hvad der skete. De viser ikke, hvorfor børnene er rykket.",
        tables=(
            by_year,
            by_district_table(moves, year),
            with_short_history(rates, short, has_all_children=True),
            with_short_history(models_table(context, records, moves, year=year, models=models), short),
            sensitivity_table(context, year),
            *more_tables,
            *council.tables,
            *spend.tables,
            *key_figure_tables(context, social=social),
        ),
        figures=(_moves_figure(context, by_year, year, without_oldest),),
        appendix_figures=more_figures,
        how_sure=HowSure(
            number=_interval_words(records, rates, year),
            cause="Børn kommer på trappen, når det går dårligst. Derfor må man vente, at nogle rykker ned igen af sig selv.",
            data=" ".join(
                filter(None, (_NO_MOVE, oldest_missing_briefly(without_oldest), short_history_briefly(short)))
            ),
            needed="Skal årsagen findes, må børn med og uden indsatsen følges på samme tid.",
        ),
        not_shown=(
            "Figuren viser ikke, om støtten har hjulpet.",
            "Er der lige mange ryk ned og op, kan det dække over mange ryk begge veje. Derfor viser vi begge tal og forskellen.",
        ),
        method=(*_method(context), *council.sentences, *spend.sentences),
        declared_numbers=(
            *_declared(context, [year, *without_oldest]),
            *council.declared_numbers,
            *spend.declared_numbers,
        ),
    )


def _section_without_moves(context: ReportContext) -> Section:
    """The section where no whole calendar year is covered: what never came is named, else everything but moves is told."""
    came = context.records(_CAME)[0]
    missing = [name for name in ("measures", "school_placements") if not came[name]]
    if not came["children"] or len(missing) == 2:
        return missing_section("ladder", QUESTION, missing if came["children"] else ("children", *missing))
    social = social_standing(context)
    more_tables, more_figures = _whereabouts(context, [], social)
    council, spend = creative_council_part(context), spend_part(context)
    return Section(
        section_id="ladder",
        question=QUESTION,
        answer="Ryk på trappen kan ikke tælles endnu, for tallene dækker ikke et helt kalenderår.",
        support=missing_words(missing) if missing else "",
        level=0,
        level_reason="",
        tables=(*more_tables, *council.tables, *spend.tables, *key_figure_tables(context, social=social)),
        figures=(),
        appendix_figures=more_figures,
        how_sure=HowSure(
            number="",
            cause="",
            data=_NO_MOVE,
            needed="Ryk kan tælles, når et kalenderår er dækket fra begyndelsen til slutningen.",
        ),
        not_shown=(),
        method=(*_method(context), *council.sentences, *spend.sentences),
        declared_numbers=(*_declared(context, []), *council.declared_numbers, *spend.declared_numbers),
    )


def _whereabouts(
    context: ReportContext, records: list[dict[str, Any]], social: Standing | None
) -> tuple[tuple[ProtectedTable, ...], tuple[Figure, ...]]:
    """Tables and figures of the appendix: where the children stand, where they went, how long it lasted, and who came back."""
    seen, rungs = seen_days(context), rungs_of(context)
    tables: list[ProtectedTable] = []
    figures: list[Figure] = []
    standings = [standing for standing in (_education_standing(context), social) if standing is not None]
    for standing in standings:
        if standing.has_flows:
            tables.append(transition_rows(context, standing))
            figures.append(flow_figure(context, standing, tables[-1]))
        if standing.rungs:
            untold = {day.year for day in days_without_oldest(context, standing.dates)}
            tables.append(with_oldest_missing(group_rows(context, standing), untold))
            figures.append(group_figure(context, standing, tables[-1], without_oldest=untold))
    tables += [table for table in (stayed_rows(context, standings),) if table.rows]
    if "education" in seen and (stays := segregated_stays(context, seen["education"])).frame.height:
        counted, _ = returns_table(context, stays)
        returns = printed_returns(counted)
        models = return_models_table(context, stays, returns)
        tables += [returns, *([models] if models is not None else []), *district_returns(context, counted)]
        figures += [figure for figure in (return_figure(context, returns),) if figure is not None]
    years = {
        track: sorted({int(record["calendar_year"]) for record in records if record["track_code"] == track})
        for track in TRACKS
    }
    cohorts, _ = cohorts_table(context, entries_later(context, COHORT_MONTHS), years)
    durations = durations_table(context, stays_on_rungs(context, seen), rungs)
    tables += [table for table in (cohorts, durations) if table.rows]
    return tuple(tables), tuple(figures)


def _education_standing(context: ReportContext) -> Standing | None:
    seen = seen_days(context)
    dates = reference_dates(seen["education"], context.as_of_date) if "education" in seen else []
    if not dates:
        return None
    children = standing_on(context, dates)
    return protect_standing(
        context,
        "education",
        children,
        dates=dates,
        rungs=rungs_of(context)["education"],
        outside=outside_mainstream(context, children, dates),
    )


def _moves_figure(context: ReportContext, by_year: ProtectedTable, year: int, without_oldest: Sequence[int]) -> Figure:
    return move_bars(
        by_year,
        FigureWords(
            figure_id="ladder_moves",
            title=_figure_title(by_year, year),
            subtitle="Ryk fra ét trin til et andet pr. kalenderår. Et barn kan rykke mere end én gang. "
            "Støtte, der begynder eller slutter, er ikke talt med her.",
            source=f"{source_of(context)} {oldest_missing_words(without_oldest)}".strip(),
            constructed=context.is_constructed,
        ),
        label="period",
        down="down_count",
        up="up_count",
        noun="ryk",
    )


def _figure_title(by_year: ProtectedTable, year: int) -> str:
    """Which way most moves went in each track in the latest year; the tracks that may not be shown are left out."""
    said: dict[str, list[str]] = {}
    for track, name in TRACKS.items():
        pair = pair_of(by_year, period_of(year, track))
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


def _answer(context: ReportContext, by_year: ProtectedTable, year: int) -> str:
    """Moves down, up and the net per track; one that was not received, covers no whole year or has too few moves, says so."""
    (came,) = context.records(_CAME)
    said: list[str] = []
    untold: list[str] = []
    periods = by_year.values("period")
    for track, name in TRACKS.items():
        period = period_of(year, track)
        pair = pair_of(by_year, period)
        if pair is not None:
            opening = f"I {year} var der" if not said else f"I {name} var der"
            where = f" i {name}" if not said else ""
            said.append(f"{opening} {number(pair[0])} ryk ned og {number(pair[1])} op{where}, {_net_words(*pair)}.")
        elif period in periods:
            untold.append(f"I {name} er der for få ryk til at vise tallene.")
        elif came[track]:
            untold.append(f"For {name} dækker tallene ikke hele {year}.")
        else:
            untold.append(f"Vi har ikke fået tal for {name}.")
    return " ".join([*said, *untold])


def _net_words(down: float, up: float) -> str:
    """ "40 flere op end ned"."""
    if down == up:
        return "altså lige mange"
    way = "ned end op" if down > up else "op end ned"
    count = abs(down - up)
    return f"altså ét mere {way}" if count == 1 else f"altså {number(count)} flere {way}"


def _support(by_year: ProtectedTable, year: int) -> str:
    said = []
    for track, name in TRACKS.items():
        if period_of(year, track) in by_year.values("period"):
            closed = by_year.cell("closed_count", period=period_of(year, track)).value
            if closed is not None:
                said.append(f"{number(float(closed))} gange i {name}")
    ended = f"Støtten sluttede {joined(said)}. " if said else ""
    return f"{ended}Tallene viser ikke, hvorfor børnene er rykket."


def _interval_words(records: Sequence[Mapping[str, Any]], rates: ProtectedTable, year: int) -> str:
    """The net rate of each track with its interval, signs in words."""
    if all(record["area_code"] in (None, "ALL") for record in records):
        return "Satser kan ikke regnes, for vi kender ikke børnenes distrikter."

    said = []
    for name in TRACKS.values():
        value, low, high = (
            rates.cell(column, track=name, denominator=MAIN_DENOMINATOR).value for column in ("net_rate", "low", "high")
        )
        if value is None:
            continue
        net = float(value)
        direction = "flere ryk ned end op" if net > 0 else "flere ryk op end ned"
        found = (
            f"{number(abs(net), 1)} {direction}" if number(abs(net), 1) != number(0, 1) else "lige mange ryk ned og op"
        )
        spread = "" if low is None or high is None else f" ({_ends(float(low), float(high))})"
        said.append(f"For hver 100 barneår i {name} var der {found}{spread}.")
    if not said:
        return TOO_FEW
    return f"{' '.join(said)} Usikkerheden er regnet på distrikter. Tallene er fra {year}."


def _ends(low: float, high: float) -> str:
    if low * high > 0:
        near, far = sorted((abs(low), abs(high)))
        return f"fra {number(near, 1)} til {number(far, 1)}"
    return f"fra {number(abs(low), 1)} flere op til {number(abs(high), 1)} flere ned"


def _method(context: ReportContext) -> tuple[str, ...]:
    return (
        "Et barn står på det højeste trin, der er åbent i sporet den dag. "
        f"Går der højst {number(context.settings.ladder.grace_gap_days)} dage mellem to indsatser, er trinnet ikke lukket.",
        "Serviceloven blev afløst af barnets lov 1. januar 2024. Paragrafferne er oversat, så tallene kan sammenlignes.",
        "Et barneår er ét barn fulgt i et år. Vi tæller børn, der har stået på trin 1 eller højere i samme spor inden for "
        "to år. Trin 1 i socialsporet er ikke talt med. Satserne er også regnet på alle børn i kommunen.",
    )


def _declared(context: ReportContext, years: Iterable[int]) -> tuple[DeclaredNumber, ...]:
    return (
        *(DeclaredNumber(str(year), "kalenderår, tallene gælder") for year in sorted({*years})),
        DeclaredNumber("100", "barneår, som satsen er regnet pr."),
        DeclaredNumber("18", "alder, hvor barnet går ud af tallene"),
        DeclaredNumber("1", "trin 1, det laveste trin med støtte"),
        DeclaredNumber("2024", "året, hvor barnets lov afløste serviceloven"),
        DeclaredNumber("95", "procent, usikkerhedens sikkerhedsgrad"),
        *(DeclaredNumber(str(rung), "trin på trappen") for rung in range(2, 7)),
        DeclaredNumber(str(context.settings.ladder.grace_gap_days), "dage, et trin må stå åbent uden indsats"),
    )
