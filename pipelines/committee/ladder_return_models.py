"""Do as many return from a segregated setting within 24 months where the district has an adviser? The difference of the two models.

The same measure as the study of made-up municipalities proves: stays begun since the model came, `incidence_difference` with its
interval from districts. Gray's and the log-rank test take children as independent, and p-values are told from evidence level 3 on;
this section is at level 1. So the tests stay in `measures.incidence_tests`, and the table says what the districts can tell at all.
"""

from dataclasses import replace
from math import comb
from typing import Any, Final

import polars as pl

from pipelines.committee.context import ReportContext
from pipelines.committee.ladder_moves import adviser_models
from pipelines.committee.ladder_return import EVERYBODY, RETURN_MONTHS
from pipelines.committee.ladder_spells import UNKNOWN_DISTRICT, SegregatedStays, StayEnd, days_in
from pipelines.committee.ladder_standing import source_of
from pipelines.committee.stay_months import month_label
from pipelines.disclosure.protect import HIDDEN, protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.clusters import smallest_detectable_difference
from pipelines.measures.cumulative_incidence import IncidenceDifference, incidence_difference
from pipelines.publish.danish import number
from pipelines.publish.sentences import NOT_EQUALLY_GOOD

_MODEL_CAME: Final = """
SELECT min(start_date) AS first_date
FROM core.fct_organisation
WHERE unit_kind_code = 'district' AND list_contains(CAST(? AS VARCHAR[]), model_code)
"""
_MONTHS: Final = RETURN_MONTHS[-1]
_FEWEST_STAYS: Final = 10
_NUMBERS: Final = ("difference", "low", "high", "detectable")
_OFTEN_BY_CHANCE: Final = 0.05
"""Where even the largest difference comes up so often among all ways to share the districts out, none can tell anything."""


def return_models_table(
    context: ReportContext, stays: SegregatedStays, returns: ProtectedTable
) -> ProtectedTable | None:
    """The difference after 24 months in percentage points, adviser districts minus the others; None without both kinds.

    Hidden where the counts of one model are (`returns`, as printed), or where a kind of district has few stays or few returns.
    """
    since = _since_the_model(context, stays)
    advised = set(since.frame.filter(pl.col("model_code").is_in(adviser_models()))["district"])
    others = set(since.frame["district"]) - advised
    if not advised or not others:
        return None
    found = incidence_difference(since.ends(), districts=advised, end=StayEnd.RETURNED, time=days_in(_MONTHS))
    is_told = _are_models_shown(returns) and all(
        _is_enough(context, since, districts) for districts in (advised, others)
    )
    table = protect(
        [{"districts": f"{len(advised)} med og {len(others)} uden", **_cells(found, is_told)}],
        table_id="ladder_return_models",
        title=f"Tilbage inden {_MONTHS}\u00a0måneder: forskel mellem distrikter med og uden distriktsrådgiver",
        columns=(
            TableColumn("districts", "Distrikter med og uden rådgiver", "label"),
            TableColumn("difference", "Forskel (procentpoint)", "number", decimals=1),
            TableColumn("low", "Usikkerhed fra", "number", decimals=1),
            TableColumn("high", "Usikkerhed til", "number", decimals=1),
            TableColumn("detectable", "Mindste forskel, man kan regne med at opdage", "number", decimals=1),
        ),
        source=f"{source_of(context)} Ophold begyndt, efter at den første rådgiver kom. Med rådgiver minus uden.",
        rule=context.rule,
    )
    return replace(table, source=f"{table.source} {_verdict(table, len(advised), len(others))}")


def _since_the_model(context: ReportContext, stays: SegregatedStays) -> SegregatedStays:
    """The stays begun since the first adviser came to any district, in all districts that are known."""
    (came,) = context.records(_MODEL_CAME, [sorted(adviser_models())])
    known = pl.col("district") != UNKNOWN_DISTRICT
    if came["first_date"] is None:
        return SegregatedStays(stays.frame.clear())
    return SegregatedStays(stays.frame.filter(known & (pl.col("start_date") >= came["first_date"])))


def _are_models_shown(returns: ProtectedTable) -> bool:
    """Whether the counts of each model after 24 months stand in the table by model."""
    names = [column.name for column in returns.columns]
    rows = [dict(zip(names, row, strict=True)) for row in returns.rows]
    return all(
        None not in (row["stays_count"].value, row["returned_count"].value)
        for row in rows
        if row["group"].value != EVERYBODY and row["month"].value == month_label(_MONTHS)
    )


def _is_enough(context: ReportContext, since: SegregatedStays, districts: set[Any]) -> bool:
    own = since.frame.filter(pl.col("district").is_in(districts))
    returned = own.filter((pl.col("end") == int(StayEnd.RETURNED)) & (pl.col("days") <= days_in(_MONTHS))).height
    left = own.height - returned
    return own.height >= _FEWEST_STAYS and not any(map(context.rule.hides_count, (returned, left)))


def _cells(found: IncidenceDifference, is_told: bool) -> dict[str, Cell]:
    if not is_told:
        return dict.fromkeys(_NUMBERS, HIDDEN)
    estimate = found.difference
    detectable = (
        smallest_detectable_difference(estimate.standard_error, estimate.degrees_of_freedom)
        if estimate.standard_error is not None and estimate.degrees_of_freedom
        else None
    )
    numbers = (estimate.value, estimate.low, estimate.high, detectable)
    return {
        name: Cell(None, CellStatus.NOT_COMPUTABLE) if value is None else Cell(round(100 * value, 1))
        for name, value in zip(_NUMBERS, numbers, strict=True)
    }


def _verdict(table: ProtectedTable, advised: int, others: int) -> str:
    """What the difference tells: in which direction, or that it cannot be decided and what could be detected; and by chance."""
    difference, low, high, detectable = (table.values(name)[0] for name in _NUMBERS)
    if difference is None:
        return "Der er for få ophold til at vise en forskel."
    if low is None or high is None or low <= 0 <= high:
        how_large = (
            f" Med dette antal distrikter kan vi først regne med at opdage en forskel på omkring {number(detectable, 1)} procentpoint."
            if detectable is not None
            else ""
        )
        said = f"Det kan ikke afgøres, om der er forskel på modellerne. {NOT_EQUALLY_GOOD}{how_large}"
    else:
        way = "højere" if difference > 0 else "lavere"
        said = (
            f"Andelen er {number(abs(difference), 1)} procentpoint {way} i distrikter med rådgiver. "
            "Ingen har trukket lod om modellerne, så forskellen kan have andre årsager."
        )
    return said + _by_chance(advised, others)


def _by_chance(advised: int, others: int) -> str:
    """Said where there are so few ways to share the districts out that even the largest difference is no surprise."""
    ways = comb(advised + others, advised)
    most_extreme = 2 if advised == others else 1
    if most_extreme / ways <= _OFTEN_BY_CHANCE:
        return ""
    return " Med så få distrikter kan selv den største forskel komme ved et tilfælde."
