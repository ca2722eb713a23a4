"""Has the share changed because the grades and districts have, or within them, and among the same children?

A share moves when other children come, and when the same kind of children are placed otherwise. Kitagawa's split by grade and Das
Gupta's by district, grade and share tell the two apart as sums; neither says why. Only where the table of shares hides nothing that
they are made of.
"""

import math
from collections.abc import Hashable, Mapping
from typing import Final

import numpy as np

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.mainstream_panel import are_shown, computed_cell
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, ProtectedTable, TableColumn
from pipelines.measures.decomposition import Decomposition, Factor, decompose_change, decompose_change_in_areas
from pipelines.measures.intervals import Estimate
from pipelines.measures.shares import change_in_share
from pipelines.measures.stable_cohort import cohort_change
from pipelines.publish.figures import FigureWords
from pipelines.publish.part_figure import part_bars
from pipelines.publish.section import Figure
from pipelines.publish.sentences import ROUNDED
from pipelines.publish.share_series import ShareSeries

_GRADES: Final = """
SELECT school_year, district_code, grade_number, count(*) AS pupils_count,
       count(*) FILTER (WHERE state_code = 'segregated') AS segregated_count
FROM core.fct_reference_day_state
WHERE state_code IN ('mainstream', 'segregated') AND school_year IN (?, ?)
GROUP BY school_year, district_code, grade_number
ORDER BY school_year, district_code, grade_number
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
_COUNTS: Final = ("segregated_count", "pupils_count")
_SEED: Final = 20240930
"""Of the draws behind the intervals, so that one edition of a report is the same each time it is made."""
_WHOLE: Final = "Ændring i alt"
_GRADE_PARTS: Final[Mapping[Factor, str]] = {
    Factor.COMPOSITION: "Heraf klassetrinnenes størrelse",
    Factor.RATE: "Heraf andelen på det enkelte klassetrin",
}
_DISTRICT_PARTS: Final[Mapping[Factor, str]] = {
    Factor.AREA: "Heraf distrikternes størrelse",
    Factor.COMPOSITION: "Heraf klassetrinnenes størrelse i distrikterne",
    Factor.RATE: "Heraf andelen på distriktets klassetrin",
}
"""District and grade, and not the children's sex: how many live in a district and go in a grade is what the municipality plans by
and what moves from year to year, while the part of boys hardly does."""
_COLUMNS: Final = (
    TableColumn("part", "Del af ændringen", "label"),
    TableColumn("value", "Procentpoint", "number", decimals=1),
    TableColumn("low", "Usikkerhed fra", "number", decimals=1),
    TableColumn("high", "Usikkerhed til", "number", decimals=1),
)


def decomposition_table(context: ReportContext, shares: ShareSeries, first: str, last: str) -> ProtectedTable | None:
    """What the change of the share outside the mainstream comes from: grades grown or shrunk, or the share within grades.

    Percentage points with intervals. None where the municipality's counts are hidden (`shares`), a year has no pupils that the
    register covers, or all are in one grade.
    """
    if not all(are_shown(shares, [WHOLE_MUNICIPALITY], school_year=year) for year in (first, last)):
        return None
    groups, periods = _periods(context, first, last, ("grade_number",))
    if len(groups) < 2 or not all(sum(totals) for _, totals in periods):
        return None
    split = decompose_change(*periods, groups=groups, random=np.random.default_rng(_SEED))
    return _parts_table(
        context,
        _change(context, shares, first, last),
        split,
        _GRADE_PARTS,
        table_id="mainstream_decomposition",
        title=f"Andel uden for almen klasse fra {first} til {last}: ændringen delt op efter klassetrin (procentpoint)",
    )


def district_decomposition_table(
    context: ReportContext, shares: ShareSeries, first: str, last: str
) -> ProtectedTable | None:
    """The same change in three parts: districts grown or shrunk, their grades, and the share in a district's grade.

    None also with fewer than two districts, and where `shares` hides a count of one of them in one of the years.
    """
    areas = [str(name) for name in dict.fromkeys(shares.table.values(shares.area))]
    if not all(are_shown(shares, areas, school_year=year) for year in (first, last)):
        return None
    groups, periods = _periods(context, first, last, ("district_code", "grade_number"))
    districts = [group[0] for group in groups]
    if len(set(districts)) < 2 or not all(sum(totals) for _, totals in periods):
        return None
    split = decompose_change_in_areas(*periods, groups=groups, areas=districts, random=np.random.default_rng(_SEED))
    return _parts_table(
        context,
        _change(context, shares, first, last),
        split,
        _DISTRICT_PARTS,
        table_id="mainstream_decomposition_districts",
        title=f"Andel uden for almen klasse fra {first} til {last}: delt op efter distrikt og klassetrin (procentpoint)",
    )


def decomposition_figure(context: ReportContext, table: ProtectedTable, first: str, last: str) -> Figure:
    """The parts of the change as bars to both sides of 0."""
    return part_bars(
        table,
        FigureWords(
            figure_id="mainstream_change_parts",
            title=_bars_title(table),
            subtitle=f"Ændring i andelen af elever uden for almen klasse fra {first} til {last}. Procentpoint. Den tynde streg viser "
            "usikkerheden. De skraverede søjler giver tilsammen den udfyldte.",
            source=_source(context),
            constructed=context.is_constructed,
        ),
        label="part",
        value="value",
        low="low",
        high="high",
        whole=_WHOLE,
        unit="procentpoint",
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
        _WHOLE: split.after - split.before,
        "Heraf de samme børn, et år ældre": split.from_stayers,
        "Heraf børn, der er kommet til": split.from_entries,
        "Heraf børn, der er gået ud": split.from_exits,
    }
    return protect(
        [{"part": title, "value": _point(value, decimals=2)} for title, value in parts.items()],
        table_id="mainstream_same_children",
        title=f"Andel uden for almen klasse fra året før til {school_year}: de samme børn, og de nye (procentpoint)",
        columns=(
            TableColumn("part", "Del af ændringen", "label"),
            TableColumn("value", "Procentpoint", "number", decimals=2),
        ),
        source=f"{_source(context)} Flere børn går uden for almen klasse, "
        "jo ældre de er. Derfor stiger andelen som regel blandt de samme børn.",
        rule=context.rule,
    )


_Period = tuple[list[int], list[int]]


def _periods(
    context: ReportContext, first: str, last: str, keys: tuple[str, ...]
) -> tuple[list[tuple[Hashable, ...]], tuple[_Period, _Period]]:
    """The groups, and of each year how many of each are outside mainstream classes, and how many there are.

    Pupils whose grade (district) is not known are a group of their own, so that the sums are those of the table of shares.
    """
    found = context.records(_GRADES, [first, last])
    groups: list[tuple[Hashable, ...]] = list(dict.fromkeys(tuple(record[key] for key in keys) for record in found))

    def count(year: str, name: str) -> list[int]:
        sums = dict.fromkeys(groups, 0)
        for record in found:
            if record["school_year"] == year:
                sums[tuple(record[key] for key in keys)] += int(record[name])
        return list(sums.values())

    before, after = ((count(year, "segregated_count"), count(year, "pupils_count")) for year in (first, last))
    return groups, (before, after)


def _parts_table(
    context: ReportContext,
    change: Estimate,
    split: Decomposition,
    parts: Mapping[Factor, str],
    *,
    table_id: str,
    title: str,
) -> ProtectedTable:
    rows = [
        {"part": _WHOLE, **_points(change)},
        *({"part": words, **_points(split.part(factor).total)} for factor, words in parts.items()),
    ]
    return protect(
        rows,
        table_id=table_id,
        title=title,
        columns=_COLUMNS,
        source=f"{_source(context)} Delene giver tilsammen hele ændringen. {ROUNDED} Den sidste del er det, som størrelserne ikke "
        "forklarer. Den siger intet om årsagen.",
        rule=context.rule,
    )


def _change(context: ReportContext, shares: ShareSeries, first: str, last: str) -> Estimate:
    """Of the share outside mainstream classes, with the interval that the section's table of changes has for the share inside."""
    before, after = (
        tuple(int(shares.table.cell(name, area=WHOLE_MUNICIPALITY, school_year=year).value or 0) for name in _COUNTS)
        for year in (first, last)
    )
    relevant = context.settings.evidence.smallest_relevant_percentage_points / 100
    return change_in_share(
        (before[0], before[1]), (after[0], after[1]), smallest_relevant_difference=relevant
    ).difference


def _source(context: ReportContext) -> str:
    return f"Kilde: {context.settings.municipality.name}s elevregister. Definition: KOM-1."


def _bars_title(table: ProtectedTable) -> str:
    """Whether the change may be chance, and else in which of the two parts most of it lies."""
    low, high = (table.cell(name, part=_WHOLE).value for name in ("low", "high"))
    size, rate = (abs(float(table.cell("value", part=words).value or 0)) for words in _GRADE_PARTS.values())
    if low is None or high is None or float(low) <= 0 <= float(high):
        return "Hele ændringen kan være tilfældig"
    if rate > size:
        return "Det meste af ændringen er sket på de enkelte klassetrin"
    if size > rate:
        return "Det meste af ændringen ligger i klassetrinnenes størrelse"
    return "Ændringen ligger både i klassetrinnenes størrelse og på de enkelte klassetrin"


def _flag(state: str | None) -> float:
    """1 outside the mainstream, 0 inside, NaN where the register does not count the child that year."""
    return {"segregated": 1.0, "mainstream": 0.0}.get(state or "", math.nan)


def _points(estimate: Estimate) -> dict[str, Cell]:
    values = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: _point(value, decimals=1) for name, value in values.items()}


def _point(share: float | None, *, decimals: int) -> Cell:
    """In percentage points."""
    return computed_cell(None if share is None else 100 * share, decimals=decimals)
