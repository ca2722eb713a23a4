"""Are districts further apart than chance? The funnel, and a careful guess for small districts.

A small district's share swings more than a large one's. The funnel says how far from the whole municipality's share each district
may lie by chance alone; the shrunk share is the better guess at what a small district has in the long run. Both hang on all districts'
counts, so they are shown only where the table of shares hides none of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.mainstream_panel import are_shown
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.measures.funnel import funnel
from pipelines.measures.shrinkage import shrink_shares
from pipelines.publish.figures import FigureWords, funnel_points
from pipelines.publish.section import Figure
from pipelines.publish.share_series import ShareSeries, protect_series

_FEWEST_DISTRICTS: Final = 3
_COLUMNS: Final = (
    TableColumn("area", "Distrikt", "label"),
    TableColumn("school_year", "Skoleår", "label"),
    TableColumn("pupils_count", "Elever i alt", "count"),
    TableColumn("segregated_count", "Uden for almen", "count"),
    TableColumn(
        "share", "Andel uden for", "share", decimals=1, numerator="segregated_count", denominator="pupils_count"
    ),
    *(
        TableColumn(name, title, "share", decimals=1, limit_of="share")
        for name, title in (
            ("target", "Hele kommunen"),
            ("far_low", "Grænse, 998 af 1.000, fra"),
            ("low", "Tilfældigt fra"),
            ("high", "Tilfældigt til"),
            ("far_high", "Grænse, 998 af 1.000, til"),
        )
    ),
    TableColumn("place", "Ligger", "label"),
)
_SHRUNK_COLUMNS: Final = tuple(
    TableColumn(name, title, "share", decimals=1, limit_of="share")
    for name, title in (
        ("shrunk", "Forsigtigt skøn"),
        ("shrunk_low", "Usikkerhed fra"),
        ("shrunk_high", "Usikkerhed til"),
    )
)
_CARRIES: Final = (
    "Omkring ét af tyve distrikter ligger lidt uden for ved et tilfælde. Et, der ligger langt uden for, er værd at undersøge. Tallene "
    "siger ikke hvorfor."
)
_GUESS: Final = (
    "Et forsigtigt skøn trækker små distrikters andel ind mod de andres, fordi de svinger mest. Det siger, hvor andelen ventes at "
    "ligge over flere år, og rangordner ingen."
)
_NO_GUESS: Final = "Et forsigtigt skøn for små distrikter kræver mindst seks distrikter."
_WITHIN, _BEYOND, _FAR_BEYOND = "inden for", "lidt uden for", "langt uden for"


def comparison_series(
    context: ReportContext, shares: ShareSeries, records: Sequence[Mapping[str, Any]], school_year: str
) -> ShareSeries | None:
    """One row per district: the share outside the mainstream, the funnel's limits at its size, and the shrunk share.

    `records` are rows of marts.mart_mainstream_share, `shares` the table made of them. None with fewer than three districts, when
    the table of shares hides a number of one of them, or when nobody or everybody is outside.
    """
    districts = [
        record
        for record in records
        if record["school_year"] == school_year
        and record["area_kind"] == "district"
        and record["area_code"] is not None
    ]
    names = [WHOLE_MUNICIPALITY, *(context.area_name(record["area_code"]) for record in districts)]
    if len(districts) < _FEWEST_DISTRICTS or not are_shown(shares, names, school_year=school_year):
        return None
    outside, pupils = ([int(record[name]) for record in districts] for name in ("segregated_count", "pupils_count"))
    (whole,) = (r for r in records if r["school_year"] == school_year and r["area_kind"] == "municipality")
    target = int(whole["segregated_count"]) / int(whole["pupils_count"])
    if not 0 < target < 1:
        return None
    cone, shrunk = funnel(outside, pupils, target=target), shrink_shares(outside, pupils)
    rows = [
        {
            "definition_id": record["definition_id"],
            "area": context.area_name(record["area_code"]),
            "area_code": record["area_code"],
            "school_year": school_year,
            "pupils_count": pupils[place],
            "segregated_count": outside[place],
            "share": cone.shares[place],
            "target": target,
            **dict(
                zip(("far_low", "low", "high", "far_high"), _limits(cone.tails, cone.limits[:, place]), strict=True)
            ),
            "place": _place(cone.is_outside[:, place], cone.tails),
            "shrunk": shrunk.units[place].shrunk.value,
            "shrunk_low": shrunk.units[place].shrunk.low,
            "shrunk_high": shrunk.units[place].shrunk.high,
        }
        for place, record in enumerate(districts)
    ]
    return protect_series(
        context.area_order(rows),
        area="area",
        period="school_year",
        share="share",
        table_id="mainstream_comparison",
        title=f"Andel uden for almen klasse i {school_year}, og hvad der kan være tilfældigt",
        columns=(*_COLUMNS, *(_SHRUNK_COLUMNS if shrunk.prior else ())),
        source=f"Kilde: {context.settings.municipality.name}s elevregister. Definition: KOM-1.",
        rule=context.rule,
    )


def comparison_tables(series: ShareSeries, school_year: str) -> tuple[ProtectedTable, ...]:
    """What a reader needs of the series: the limits that are judged by, and the shrunk shares where there are any."""
    table = series.table
    limits = table.excerpt(
        table.table_id,
        title=table.title,
        columns=("area", "pupils_count", "segregated_count", "share", "low", "high", "place"),
    )
    # by name: a protected column also holds what it inherits from the share that it is a limit of
    shrunk = {column.name for column in _SHRUNK_COLUMNS}
    names = [column.name for column in table.columns if column.name in shrunk]
    if not names:
        return (replace(limits, source=f"{table.source} {_CARRIES} {_NO_GUESS}"),)
    guesses = table.excerpt(
        "mainstream_guess",
        title=f"Andel uden for almen klasse i {school_year}: et forsigtigt skøn for hvert distrikt",
        columns=("area", "pupils_count", "share", *names),
    )
    return replace(limits, source=f"{table.source} {_CARRIES}"), replace(guesses, source=f"{table.source} {_GUESS}")


def comparison_figure(context: ReportContext, series: ShareSeries, school_year: str) -> Figure:
    """The funnel: each district's share by its size, between the limits of chance."""
    return funnel_points(
        series,
        FigureWords(
            figure_id="mainstream_funnel",
            title=_figure_title(series.table),
            subtitle=f"Andel elever uden for almen klasse i {school_year}. Procent. En prik er et distrikt. Vandret linje: hele "
            "kommunen. Inden for de fulde linjer kan forskellen være tilfældig (95 af 100 gange), inden for de stiplede sjældnere "
            "(998 af 1.000 gange).",
            source=f"Kilde: {context.settings.municipality.name}s elevregister. Definition: KOM-1.",
            constructed=context.is_constructed,
        ),
        size="pupils_count",
        target="target",
        limits=("low", "high"),
        far_limits=("far_low", "far_high"),
    )


def _limits(tails: Sequence[float], limits: Any) -> list[float]:
    """The limits from the lowest to the highest tail, within 0 and 1."""
    return [min(1.0, max(0.0, float(limits[place]))) for place in np.argsort(tails)]


def _place(is_outside: Any, tails: Sequence[float]) -> str:
    if not is_outside.any():
        return _WITHIN
    farthest = min(min(tail, 1 - tail) for tail in tails)
    far = [bool(out) for out, tail in zip(is_outside, tails, strict=True) if min(tail, 1 - tail) <= farthest * 1.0001]
    return _FAR_BEYOND if any(far) else _BEYOND


def _figure_title(table: ProtectedTable) -> str:
    """Of those far outside alone: of twenty districts that are all alike, one lies a little outside."""
    places = table.values("place")
    far = places.count(_FAR_BEYOND)
    if far == 0:
        alike = "Ingen distrikter ligger langt fra hele kommunen"
        return (
            alike if _BEYOND in places else "Distrikterne ligger ikke længere fra hinanden, end det kan være tilfældigt"
        )
    who = "Ét distrikt" if far == 1 else "Flere distrikter"
    return f"{who} ligger længere fra hele kommunen, end tilfældigheder kan forklare"
