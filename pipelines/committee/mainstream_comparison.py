"""Are districts further apart than chance, and has the share changed because the grades have, or within the grades?

A small district's share swings more than a large one's. The funnel says how far from the whole municipality's share each district
may lie by chance alone; the shrunk share is the better guess at what a small district has in the long run. Both hang on all districts'
counts, so they are shown only where the table of shares hides none of them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.decomposition import Factor, decompose_change
from pipelines.measures.funnel import funnel
from pipelines.measures.intervals import Estimate
from pipelines.measures.shrinkage import shrink_shares
from pipelines.measures.stable_cohort import cohort_change
from pipelines.publish.figures import FigureWords, funnel_points
from pipelines.publish.section import Figure
from pipelines.publish.share_series import ShareSeries, protect_series

_GRADES: Final = """
SELECT school_year, grade_number, count(*) AS pupils_count, count(*) FILTER (WHERE state_code = 'segregated') AS segregated_count
FROM core.fct_reference_day_state
WHERE state_code IN ('mainstream', 'segregated') AND school_year IN (?, ?)
GROUP BY school_year, grade_number
ORDER BY school_year, grade_number
"""
_SAME_CHILDREN: Final = """
WITH days AS (SELECT DISTINCT reference_date, school_year FROM core.fct_reference_day_state),
years AS (SELECT school_year, reference_date, lag(reference_date) OVER (ORDER BY reference_date) AS before_date FROM days),
chosen AS (SELECT reference_date, before_date FROM years WHERE school_year = ?),
now AS (
    SELECT states.child_id, states.state_code FROM core.fct_reference_day_state AS states
    INNER JOIN chosen ON states.reference_date = chosen.reference_date
),
past AS (
    SELECT states.child_id, states.state_code FROM core.fct_reference_day_state AS states
    INNER JOIN chosen ON states.reference_date = chosen.before_date
)
SELECT past.state_code AS before_code, now.state_code AS now_code
FROM past FULL JOIN now ON past.child_id = now.child_id
WHERE coalesce(past.state_code, '') IN ('mainstream', 'segregated') OR coalesce(now.state_code, '') IN ('mainstream', 'segregated')
ORDER BY before_code, now_code
"""
_WAYS: Final = (
    "before",
    "returned",
    "finished",
    "left",
    "stayed",
    "from_mainstream",
    "at_school_start",
    "arrived",
    "now",
)
_FEWEST_DISTRICTS: Final = 3
_SEED: Final = 20240930
"""Of the draws behind the intervals, so that one edition of a report is the same each time it is made."""
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
        ("shrunk_low", "Skøn, usikkerhed fra"),
        ("shrunk_high", "Skøn, usikkerhed til"),
    )
)
_GUESS: Final = "Et forsigtigt skøn trækker små distrikters andel ind mod de andres."
_NO_GUESS: Final = "Et forsigtigt skøn for små distrikter kræver mindst seks distrikter."
_WITHIN, _BEYOND, _FAR_BEYOND = "inden for", "lidt uden for", "langt uden for"
_PARTS: Final[Mapping[Factor, str]] = {
    Factor.COMPOSITION: "Heraf, fordi klassetrinnene er blevet større eller mindre",
    Factor.RATE: "Heraf, fordi andelen på klassetrinnene er en anden",
}


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
    if len(districts) < _FEWEST_DISTRICTS or not _are_shown(context, shares, districts, school_year):
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


def comparison_table(series: ShareSeries) -> ProtectedTable:
    """What a reader needs of the series: the limits that are judged by, and the shrunk shares where there are any."""
    guesses = [column.name for column in series.table.columns if column in _SHRUNK_COLUMNS]
    columns = ("area", "pupils_count", "segregated_count", "share", "low", "high", "place", *guesses)
    table = series.table.excerpt(series.table.table_id, title=series.table.title, columns=columns)
    return replace(table, source=f"{table.source} {_GUESS if guesses else _NO_GUESS}")


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


def decomposition_table(context: ReportContext, first: str, last: str) -> ProtectedTable | None:
    """What the change of the share outside the mainstream comes from: grades grown or shrunk, or the share within grades.

    Percentage points with intervals. None where a year has no pupils that the register covers, or all are in one grade.
    """
    found = context.records(_GRADES, [first, last])
    grades = sorted({int(record["grade_number"]) for record in found if record["grade_number"] is not None})
    if len(grades) < 2 or {record["school_year"] for record in found} != {first, last}:
        return None
    periods = [
        tuple(
            [
                sum(int(r[name]) for r in found if r["school_year"] == year and r["grade_number"] == grade)
                for grade in grades
            ]
            for name in ("segregated_count", "pupils_count")
        )
        for year in (first, last)
    ]
    split = decompose_change(
        (periods[0][0], periods[0][1]),
        (periods[1][0], periods[1][1]),
        groups=grades,
        random=np.random.default_rng(_SEED),
    )
    rows = [
        {"part": "Ændring i alt", **_points(split.change)},
        *({"part": title, **_points(split.part(factor).total)} for factor, title in _PARTS.items()),
    ]
    return protect(
        rows,
        table_id="mainstream_decomposition",
        title=f"Andel uden for almen klasse fra {first} til {last}: hvad ændringen kommer fra (procentpoint)",
        columns=(
            TableColumn("part", "Del af ændringen", "label"),
            TableColumn("value", "Procentpoint", "number", decimals=1),
            TableColumn("low", "Usikkerhed fra", "number", decimals=1),
            TableColumn("high", "Usikkerhed til", "number", decimals=1),
        ),
        source=f"Kilde: {context.settings.municipality.name}s elevregister. Definition: KOM-1. Den sidste del er ikke forklaret af "
        "klassetrinnenes størrelse. Den siger intet om årsagen.",
        rule=context.rule,
    )


def same_children_table(context: ReportContext, school_year: str, flow: ProtectedTable | None) -> ProtectedTable | None:
    """How much of a year's change comes from the same children, and how much from those who came and those who left.

    Percentage points. The parts tell how many went each way, so there is no such table unless `flow` (`flow_table`) shows them all.
    """
    if flow is None or school_year not in flow.values("school_year"):
        return None
    if any(flow.cell(name, school_year=school_year).value is None for name in _WAYS):
        return None
    found = context.records(_SAME_CHILDREN, [school_year])
    before, after = ([_flag(record[name]) for record in found] for name in ("before_code", "now_code"))
    split = cohort_change(before, after)
    if split.before is None or split.after is None:
        return None
    parts = {
        "Ændring i alt": split.after - split.before,
        "Heraf de samme børn, et år ældre": split.from_stayers,
        "Heraf børn, der er kommet til": split.from_entries,
        "Heraf børn, der er gået ud": split.from_exits,
    }
    empty = Cell(None, CellStatus.NOT_COMPUTABLE)
    return protect(
        [{"part": title, "value": empty if value is None else 100 * value} for title, value in parts.items()],
        table_id="mainstream_same_children",
        title=f"Andel uden for almen klasse fra året før til {school_year}: de samme børn, og de nye (procentpoint)",
        columns=(
            TableColumn("part", "Del af ændringen", "label"),
            TableColumn("value", "Procentpoint", "number", decimals=2),
        ),
        source=f"Kilde: {context.settings.municipality.name}s elevregister. Definition: KOM-1. Flere børn går uden for almen klasse, "
        "jo ældre de er. Derfor stiger andelen som regel blandt de samme børn.",
        rule=context.rule,
    )


def _flag(state: str | None) -> float:
    """1 outside the mainstream, 0 inside, NaN where the register does not count the child that year."""
    return {"segregated": 1.0, "mainstream": 0.0}.get(state or "", math.nan)


def _are_shown(
    context: ReportContext, shares: ShareSeries, districts: Sequence[Mapping[str, Any]], school_year: str
) -> bool:
    names = [WHOLE_MUNICIPALITY, *(context.area_name(record["area_code"]) for record in districts)]
    return all(
        shares.table.cell(column, **{shares.area: name, shares.period: school_year}).status is CellStatus.SHOWN
        for name in names
        for column in ("pupils_count", "segregated_count", "mainstream_count")
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


def _points(estimate: Estimate) -> dict[str, Cell | float]:
    values = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    empty = Cell(None, CellStatus.NOT_COMPUTABLE)
    return {name: empty if value is None else 100 * value for name, value in values.items()}


def _figure_title(table: ProtectedTable) -> str:
    beyond = sum(value != _WITHIN for value in table.values("place"))
    if beyond == 0:
        return "Distrikterne ligger ikke længere fra hinanden, end det kan være tilfældigt"
    who = "Ét distrikt" if beyond == 1 else "Flere distrikter"
    return f"{who} ligger længere fra hele kommunen, end det plejer at være tilfældigt"
