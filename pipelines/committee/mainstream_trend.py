"""Does the share outside mainstream classes rise or fall from year to year, and where may it lie if it goes on so?

Two rows that say what they take for granted, or how many districts and school years they would need. Both are made of the counts
that the table of shares shows.
"""

from collections.abc import Mapping
from typing import Final

from pipelines.committee.context import ReportContext
from pipelines.committee.mainstream_panel import computed_cell, district_panel, school_years_of, whole_panel
from pipelines.disclosure.protect import HIDDEN, protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.beta_binomial_regression import FEWEST_DISTRICTS, FEWEST_YEARS, NoTrend, ShareTrend, share_trend
from pipelines.measures.forecast_band import FEWEST_YEARS as FEWEST_YEARS_OF_A_BAND
from pipelines.measures.forecast_band import Assumption, Forecast, NoForecast, forecast_share
from pipelines.measures.intervals import NoInterval
from pipelines.publish.danish import counted, joined, school_year, small_number
from pipelines.publish.share_series import ShareSeries

_YEARS_AHEAD: Final = 2
_NOT_COMPUTABLE: Final = Cell(None, CellStatus.NOT_COMPUTABLE)
_HIDDEN_DISTRICT: Final = "Ikke alle distrikters tal kan vises. Derfor er ændringen ikke regnet ud."
_HIDDEN_WHOLE: Final = "Ikke alle års tal kan vises. Derfor er andelen ikke regnet videre."
_TREND_CARRIES: Final = (
    "Usikkerheden er regnet ud fra, hvor forskelligt distrikterne har udviklet sig. Tallet siger, hvordan andelen har flyttet sig, "
    "og ikke hvorfor."
)
_NO_TREND: Final[Mapping[NoTrend, str]] = {
    NoTrend.TOO_FEW_DISTRICTS: f"For få distrikter: Der skal være mindst {small_number(FEWEST_DISTRICTS)} med elever både i og uden "
    "for almen klasse.",
    NoTrend.TOO_FEW_YEARS: f"For få skoleår: Der skal være mindst {small_number(FEWEST_YEARS)}.",
    NoTrend.NO_TOP: "Andelen springer mellem ingen og alle. Det har ingen jævn ændring.",
}
_TAKEN_FOR_GRANTED: Final[Mapping[Assumption, str]] = {
    Assumption.THE_LINE_GOES_ON: "at andelen bliver ved at gå op eller ned, som den plejer, uden nye love eller tilbud",
    Assumption.YEARS_ARE_UNRELATED: "at et år over linjen intet siger om det næste",
    Assumption.YEARS_SPREAD_ALIKE: "at kommende år svinger lige så meget som de hidtidige",
    Assumption.ONE_DEFINITION: "at der bliver talt på samme måde",
}
_NO_FORECAST: Final[Mapping[NoForecast, str]] = {
    NoForecast.TOO_FEW_YEARS: f"For få skoleår: Der skal være mindst {small_number(FEWEST_YEARS_OF_A_BAND)}.",
    NoForecast.NOBODY_OR_EVERYBODY: "I et af årene er ingen eller alle uden for almen klasse. Så kan andelen ikke regnes videre.",
    NoForecast.TOO_FAR: "Der er for langt fra det sidste talte skoleår.",
    NoForecast.NO_SPREAD: "Årene ligger præcis på en linje. Så vides det ikke, hvor meget et år kan svinge.",
}


def trend_table(context: ReportContext, shares: ShareSeries) -> ProtectedTable:
    """One row: the change a school year in percentage points over all districts, with its interval, or why there is none."""
    school_years, panel = school_years_of(shares), district_panel(context, shares)
    found = share_trend(panel.outside, panel.pupils, panel.years) if panel else None
    return protect(
        [
            {
                "districts": found.district_count if found else HIDDEN,
                "years": len(school_years),
                **_trend_cells(found),
            }
        ],
        table_id="mainstream_trend",
        title=f"Andel uden for almen klasse: ændring pr. skoleår fra {school_years[0]} til {school_years[-1]}",
        columns=(
            TableColumn("districts", "Distrikter", "number"),
            TableColumn("years", "Skoleår", "number"),
            TableColumn("value", "Procentpoint pr. år", "number", decimals=2),
            TableColumn("low", "Usikkerhed fra", "number", decimals=2),
            TableColumn("high", "Usikkerhed til", "number", decimals=2),
        ),
        source=f"{_source(context)} {_trend_words(found)}",
        rule=context.rule,
    )


def forecast_table(context: ReportContext, shares: ShareSeries) -> ProtectedTable:
    """A row for each school year to come: the share that the line leads to and the band around it, or why there is none."""
    school_years, whole = school_years_of(shares), whole_panel(shares)
    found = forecast_share((whole.outside / whole.pupils)[0], whole.years, ahead=_YEARS_AHEAD) if whole else None
    next_year = school_year(int(school_years[-1][:4]) + 1)
    empty = _NOT_COMPUTABLE if found else HIDDEN
    rows = [
        {
            "year": school_year(band.year),
            **{
                name: computed_cell(100 * share, decimals=1)
                for name, share in (("middle", band.middle), ("low", band.low), ("high", band.high))
            },
        }
        for band in (found.years if found else ())
    ]
    return protect(
        rows or [{"year": next_year, "middle": empty, "low": empty, "high": empty}],
        table_id="mainstream_forecast",
        title=f"Andel uden for almen klasse efter {school_years[-1]}, hvis den fortsætter som hidtil",
        columns=(
            TableColumn("year", "Skoleår", "label"),
            TableColumn("middle", "Andel", "number", unit="%", decimals=1),
            TableColumn("low", "Bånd fra", "number", unit="%", decimals=1),
            TableColumn("high", "Bånd til", "number", unit="%", decimals=1),
        ),
        source=f"{_source(context)} {_forecast_words(found)}",
        rule=context.rule,
    )


def _trend_cells(found: ShareTrend | None) -> dict[str, Cell]:
    if found is None:
        return dict.fromkeys(("value", "low", "high"), HIDDEN)
    numbers = {"value": found.per_year.value, "low": found.per_year.low, "high": found.per_year.high}
    return {name: computed_cell(None if value is None else 100 * value, decimals=2) for name, value in numbers.items()}


def _trend_words(found: ShareTrend | None) -> str:
    if found is None:
        return _HIDDEN_DISTRICT
    if found.reason:
        return _NO_TREND[found.reason]
    if found.per_year.reason is NoInterval.NO_SPREAD:
        return "Distrikterne har flyttet sig præcis lige meget. Så vides usikkerheden ikke."
    return _TREND_CARRIES


def _forecast_words(found: Forecast | None) -> str:
    if found is None:
        return _HIDDEN_WHOLE
    if found.reason:
        seen = f" Vi har {counted(found.year_count, 'skoleår')}." if found.reason is NoForecast.TOO_FEW_YEARS else ""
        return _NO_FORECAST[found.reason] + seen
    taken = joined([_TAKEN_FOR_GRANTED[assumption] for assumption in found.assumptions])
    return (
        f"Det forudsætter, {taken}. Så ville et nyt år ligge i båndet i omkring 95 af 100 tilfælde. Hænger årene sammen, er båndet "
        "for smalt. Det er hverken et mål eller en plan."
    )


def _source(context: ReportContext) -> str:
    return f"Kilde: {context.settings.municipality.name}s elevregister. Definition: KOM-1."
