"""Who enters settings outside the mainstream, and who comes back? From one 30 September to the next, in the whole municipality.

Those outside on the later day are those who stayed and those who came; those outside on the earlier are those who stayed and those
who went. A reader can add all of it up, and holds the same totals in the table of shares. So everything is protected in one
table around those totals, and a year whose total the table of shares hides is not shown here at all.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, SumRelation, Total, TotalColumn, TotalRow
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish.share_series import ShareSeries

_FLOW: Final = """
SELECT school_year, state_before_code, state_code, was_segregated_before, sum(children_count) AS children_count
FROM marts.mart_mainstream_flow
WHERE area_kind = 'municipality' AND 'segregated' IN (state_before_code, state_code)
GROUP BY school_year, state_before_code, state_code, was_segregated_before
ORDER BY school_year, state_before_code, state_code, was_segregated_before
"""
_HELPED: Final = """
SELECT school_year, group_code, pupils_count, mainstream_count, segregated_count
FROM marts.mart_vulnerable_segregation
WHERE school_year = ?
ORDER BY group_code
"""
WAY_IN: Final = "mainstream_way_in"
_COHORTS: Final = """
SELECT cohort_school_year, years_since_start_count, children_count, never_segregated_count
FROM marts.mart_never_segregated
WHERE school_year = ?
ORDER BY cohort_school_year
"""
_CAME_FROM: Final[Mapping[str, str]] = {
    "mainstream": "from_mainstream",
    "daycare": "at_school_start",
    "special_daycare": "at_school_start",
}
_WENT_TO: Final[Mapping[str, str]] = {"mainstream": "returned", "after_ninth_grade": "finished"}
_TITLES: Final[Mapping[str, str]] = {
    "before": "Uden for almen klasse et år før",
    "returned": "Tilbage i almen klasse",
    "finished": "Færdige med 9. klasse",
    "left": "Flyttet eller gået til andet",
    "stayed": "Blev",
    "from_mainstream": "Kom fra almen klasse",
    "first_time": "Heraf første gang",
    "repeated": "Heraf igen",
    "at_school_start": "Kom fra dagtilbud",
    "arrived": "Flyttet til eller kom fra andet",
    "now": "Uden for almen klasse nu",
}
_WAY_OUT: Final = ("before", "stayed", "returned", "finished", "left")
_WAY_IN: Final = ("stayed", "from_mainstream", "first_time", "repeated", "at_school_start", "arrived", "now")
_POOLED: Final = ("from_mainstream", "first_time", "repeated", "at_school_start")
"""The ways in that are summed over the years for the tables of where pupils came from."""
_FEWEST_POOLED_YEARS: Final = 2
_MOST_POOLED_YEARS: Final = 5
_TO: Final = " til "
_SUMS: Final[Mapping[str, tuple[str, ...]]] = {
    "before": ("returned", "finished", "left", "stayed"),
    "from_mainstream": ("first_time", "repeated"),
    "now": ("stayed", "from_mainstream", "at_school_start", "arrived"),
}
"""What adds up in a row that is told; one that came in hidden has nothing to add."""
_GROUPS: Final[Mapping[str, str]] = {"helped": "Har eller har haft hjælp", "other": "Andre elever"}
EVERYBODY: Final = "Alle elever"


def flow_tables(flow: ProtectedTable | None) -> tuple[ProtectedTable, ...]:
    """`flow_table` as the two tables that are printed: the way out, and the way in. None before the second year."""
    if flow is None:
        return ()
    day = "30. september"
    pooled = pooled_years(flow)
    return (
        flow.excerpt(
            "mainstream_way_out",
            title=f"Hvor gik de hen, der var uden for almen klasse? Fra {day} til {day} året efter",
            columns=("school_year", *_WAY_OUT),
            keep_row=lambda row: row["school_year"] != pooled,
        ),
        flow.excerpt(
            WAY_IN,
            title=f"Hvor kom de fra, der er uden for almen klasse? Fra {day} til {day} året efter",
            columns=("school_year", *_WAY_IN),
            keep_row=lambda row: row["school_year"] != pooled,
        ),
    )


def flow_table(context: ReportContext, shares: ShareSeries) -> ProtectedTable | None:
    """One row per school year: who was outside a year before, what became of them, and who came. None before the second year.

    Children of the whole municipality under the own register, KOM-1. `shares` is the table of shares in the same report. The last
    row is the ways in of up to five years together (`pooled_years`), from which the tables of schools and grades begin.
    """
    counts: dict[str, dict[str, int]] = {}
    for record in context.records(_FLOW):
        _add(counts.setdefault(str(record["school_year"]), dict.fromkeys(_TITLES, 0)), record)
    if not counts:
        return None
    years = sorted(counts)
    rows = [{"school_year": year, **_shown(counts[year], year, shares)} for year in years]
    pooled, pooled_sums = _pooled_row(rows)
    told = [str(row["school_year"]) for row in rows if isinstance(row["now"], int)]
    sums = [_sum(total, year) for year in told for total in _SUMS]
    follows: list[Total] = [
        SumRelation(_at("before", later), (_at("now", earlier),))
        for earlier, later in pairwise(years)
        if earlier in told and later in told
    ]
    return protect(
        [*rows, *pooled],
        table_id="mainstream_flow",
        title="Ind i og ud af tilbud uden for almen klasse fra 30. september til 30. september",
        columns=(
            TableColumn("school_year", "Skoleår", "label"),
            *(TableColumn(name, title, "count") for name, title in _TITLES.items()),
        ),
        source=f"Kilde: {context.settings.municipality.name}s elevregister. Definition: KOM-1.",
        rule=context.rule,
        totals=(*sums, *follows, *pooled_sums),
        published=[_at(name, year) for year in told for name in ("before", "now")],
    )


def pooled_years(flow: ProtectedTable) -> str | None:
    """The label of the row of several years together, "2022/23 til 2026/27"; None where fewer than two years can be summed."""
    last = str(flow.values("school_year")[-1])
    return last if _TO in last else None


def years_of(pooled: str) -> tuple[str, str]:
    """The first and the last school year of `pooled_years`."""
    first, last = pooled.split(_TO)
    return first, last


def _pooled_row(rows: Sequence[Mapping[str, object]]) -> tuple[list[dict[str, object]], list[SumRelation]]:
    """The latest years' ways in together, without a gap between them, and that they are the sum; nothing for fewer than two."""
    summed: list[Mapping[str, object]] = []
    for row in reversed(rows[-_MOST_POOLED_YEARS:]):
        if not isinstance(row["now"], int):
            break
        summed.insert(0, row)
    if len(summed) < _FEWEST_POOLED_YEARS:
        return [], []
    label = f"{summed[0]['school_year']}{_TO}{summed[-1]['school_year']}"
    pooled = {name: sum(int(str(row[name])) for row in summed) if name in _POOLED else None for name in _TITLES}
    years = [str(row["school_year"]) for row in summed]
    sums = [SumRelation(_at(name, label), tuple(_at(name, year) for year in years)) for name in _POOLED]
    return [{"school_year": label, **pooled}], [*sums, _sum("from_mainstream", label)]


def helped_table(context: ReportContext, school_year: str, shares: ShareSeries) -> ProtectedTable | None:
    """How many pupils with help within five years, and how many others, are outside the mainstream. None where nobody has had help.

    The row of all pupils is that of the table of shares; where that hides its counts, this table is not shown.
    """
    found = {str(record["group_code"]): record for record in context.records(_HELPED, [school_year])}
    if "helped" not in found or not _is_shown(shares, school_year):
        return None
    names = ("pupils_count", "mainstream_count", "segregated_count")
    parts = [{"group": _GROUPS[code], **{name: int(record[name]) for name in names}} for code, record in found.items()]
    everybody = {"group": EVERYBODY, **{name: sum(int(str(part[name])) for part in parts) for name in names}}
    rows = [
        {**row, "share": int(str(row["segregated_count"])) / int(str(row["pupils_count"]))}
        for row in (*parts, everybody)
    ]
    return protect(
        rows,
        table_id="mainstream_helped",
        title=f"Elever uden for almen klasse i {school_year}, med og uden hjælp inden for fem år",
        columns=(
            TableColumn("group", "Elever", "label"),
            TableColumn("pupils_count", "I alt", "count"),
            TableColumn("mainstream_count", "I almen klasse", "count"),
            TableColumn("segregated_count", "Uden for almen klasse", "count"),
            TableColumn(
                "share", "Andel uden for", "share", decimals=1, numerator="segregated_count", denominator="pupils_count"
            ),
        ),
        source=f"Kilde: {context.settings.municipality.name}s elevregister og indsatser. Definition: KOM-1. Hjælp er en indsats eller "
        "anbringelse fra trin 2 og op på socialsporet.",
        rule=context.rule,
        totals=(
            TotalRow("group", EVERYBODY, columns=names),
            TotalColumn("pupils_count", ("mainstream_count", "segregated_count")),
        ),
    )


def cohort_table(context: ReportContext, school_year: str) -> ProtectedTable | None:
    """Per cohort that began grade 0: how many of those still here have never been outside the mainstream. None without any."""
    rows: list[dict[str, Any]] = [
        {
            "cohort": record["cohort_school_year"],
            "children_count": int(record["children_count"]),
            "never_count": int(record["never_segregated_count"]),
            "share": int(record["never_segregated_count"]) / int(record["children_count"]),
        }
        for record in context.records(_COHORTS, [school_year])
        if int(record["years_since_start_count"]) > 0
    ]
    if not rows:
        return None
    return protect(
        rows,
        table_id="mainstream_cohorts",
        title=f"Årgange, der begyndte i 0. klasse: hvor mange har aldrig gået uden for almen klasse, i {school_year}",
        columns=(
            TableColumn("cohort", "Begyndte i 0. klasse", "label"),
            TableColumn("children_count", "Går her stadig", "count"),
            TableColumn("never_count", "Aldrig uden for", "count"),
            TableColumn("share", "Andel", "share", decimals=1, numerator="never_count", denominator="children_count"),
        ),
        source=f"Kilde: {context.settings.municipality.name}s elevregister, hver 30. september. Definition: KOM-1. Børn, der er "
        "flyttet eller går på privatskole, er ikke med.",
        rule=context.rule,
    )


def _add(counts: dict[str, int], record: Mapping[str, Any]) -> None:
    """One way's children under every heading they belong to."""
    children, before, now = int(record["children_count"]), str(record["state_before_code"]), str(record["state_code"])
    if before == "segregated":
        counts["before"] += children
        counts["stayed" if now == "segregated" else _WENT_TO.get(now, "left")] += children
    if now == "segregated":
        counts["now"] += children
        if before != "segregated":
            came = _CAME_FROM.get(before, "arrived")
            counts[came] += children
            if came == "from_mainstream":
                counts["repeated" if record["was_segregated_before"] else "first_time"] += children


def _shown(counts: Mapping[str, int], year: str, shares: ShareSeries) -> dict[str, int | Cell]:
    if _is_shown(shares, year) and _is_shown(shares, _year_before(year)):
        return dict(counts)
    return dict.fromkeys(_TITLES, Cell(None, CellStatus.HIDDEN))


def _is_shown(shares: ShareSeries, year: str) -> bool:
    """Whether the table of shares tells how many in the whole municipality are outside the mainstream in a year."""
    if year not in shares.table.values(shares.period):
        return False
    labels = {shares.area: WHOLE_MUNICIPALITY, shares.period: year}
    return all(
        shares.table.cell(name, **labels).status is CellStatus.SHOWN
        for name in ("pupils_count", "mainstream_count", "segregated_count")
    )


def _year_before(year: str) -> str:
    first = int(year.split("/")[0]) - 1
    return f"{first}/{(first + 1) % 100:02d}"


def _sum(total: str, year: str) -> SumRelation:
    return SumRelation(_at(total, year), tuple(_at(part, year) for part in _SUMS[total]))


def _at(column: str, year: str) -> CellAt:
    return CellAt(column, (("school_year", year),))
