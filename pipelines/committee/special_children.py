"""Which counts of the same children in special settings do other tables of the report show? They must not give each other away.

A table on children in special settings on 30 September stands beside the shares in mainstream settings (by kind of register) and the
numbers on each rung. What one shows beyond another is a count of children too: those in special settings who are in no register's
count may be two. So these counts take part when the table is protected, and are left out when it is printed.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.disclosure.relations import CellAt, Total, TotalColumn, TotalRow
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import TableColumn

WHOLE: Final = "special_children_count"
REGISTERS: Final[Mapping[str, str]] = {
    "own_register_school": "outside_school_count",
    "own_register_daycare": "outside_daycare_count",
}
OTHER: Final = "in_no_register_count"
RUNGS: Final = ("rung_3_count", "rung_4_count", "rung_5_count")
COLUMNS: Final = tuple(TableColumn(name, name, "count") for name in (*REGISTERS.values(), OTHER, *RUNGS))
TOTALS: Final[tuple[Total, ...]] = (
    TotalColumn(WHOLE, (*REGISTERS.values(), OTHER)),
    TotalColumn(WHOLE, RUNGS),
    TotalRow("area", WHOLE_MUNICIPALITY, columns=(*REGISTERS.values(), OTHER), within=("period",)),
)
"""What a reader with all the report's tables can add up, in a table of one row per period and area."""


class CountsDisagreeError(ValueError):
    """More children are outside mainstream settings than in special ones, so the two cannot be set beside each other."""


_OUTSIDE = """
SELECT shares.definition_id, shares.area_code, shares.segregated_count
FROM marts.mart_mainstream_share AS shares
WHERE shares.school_year = ?
ORDER BY shares.definition_id, shares.area_code
"""
_SCHOOL_YEAR = "SELECT school_year FROM core.dim_day WHERE day_date = ?"
_RUNGS = """
WITH days AS (SELECT CAST(? AS DATE) AS day_date)
SELECT spells.rung, count(*) AS children_count
FROM core.fct_ladder_spell AS spells
CROSS JOIN days
INNER JOIN core.fct_residence AS residences
    ON spells.child_id = residences.child_id AND residences.start_date <= days.day_date
    AND coalesce(residences.end_date, days.day_date) >= days.day_date
WHERE spells.ladder_code = 'national' AND spells.track_code = 'education' AND spells.rung >= 3
    AND residences.is_own_municipality AND spells.start_date <= days.day_date AND spells.end_date >= days.day_date
GROUP BY spells.rung
ORDER BY spells.rung
"""


def with_other_counts(context: ReportContext, records: Sequence[dict[str, Any]], day: date) -> list[dict[str, Any]]:
    """The records (one per area of `day`) with the counts of `COLUMNS`; rungs are told for the whole municipality only.

    Raises:
        CountsDisagreeError: in some area more are outside mainstream settings than in special ones.
    """
    year = context.records(_SCHOOL_YEAR, [day])[0]["school_year"]
    outside = {
        (row["area_code"], REGISTERS[row["definition_id"]]): int(row["segregated_count"])
        for row in context.records(_OUTSIDE, [year])
        if row["definition_id"] in REGISTERS
    }
    on_rung = {f"rung_{row['rung']}_count": int(row["children_count"]) for row in context.records(_RUNGS, [day])}
    found = []
    for record in records:
        area = record["area_code"]
        counts = {name: outside.get((area, name), 0) for name in REGISTERS.values()}
        rest = int(record[WHOLE]) - sum(counts.values())
        if rest < 0:
            raise CountsDisagreeError(
                f"children outside mainstream settings on {day} are not among those in special settings"
            )
        is_whole = record["area_kind"] == "municipality"
        rungs = {name: on_rung.get(name, 0) if is_whole else None for name in RUNGS}
        found.append({**record, **counts, OTHER: rest, **rungs})
    return found


def shown_elsewhere(rows: Sequence[Mapping[str, Any]], rule: DisclosureRule) -> tuple[CellAt, ...]:
    """The counts that other tables may show: all that are not small. Hiding them here would hide nothing."""
    return tuple(
        CellAt(name, (("area", row["area"]),))
        for row in rows
        for name in (*REGISTERS.values(), *RUNGS)
        if row[name] is not None and not rule.hides_count(int(row[name]))
    )
