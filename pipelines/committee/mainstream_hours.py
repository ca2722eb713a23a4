"""How many pupils get special education, by hours a week, as Danmarks Statistik counts them for the country?

A pupil with many hours in an ordinary class is included in every definition of the share, and is seen here alone. The definition is
published for the whole country and nothing smaller, so there is no published number to hold ours against, and none for a district.
"""

from collections.abc import Mapping
from typing import Any, Final

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.committee.mainstream_definitions import in_fives
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn

_HOURS: Final = """
SELECT hours_group_code, is_mainstream, pupils_count
FROM marts.mart_support_hours
WHERE school_year = ? AND definition_id = 'dst_timer'
ORDER BY hours_group_code, is_mainstream
"""
_PLACES: Final[Mapping[str, tuple[bool, str]]] = {
    "inside": (True, "I almen undervisning"),
    "outside": (False, "Uden for almen undervisning"),
}
_UNKNOWN: Final = "unknown"
_CANNOT: Final = "Timerne kan ikke opgøres, fordi registret ikke har støttetimer for nogen elev."


def hours_table(context: ReportContext, school_year: str) -> ProtectedTable | None:
    """One row per span of hours: pupils in whole fives, in and out of ordinary teaching; None where there are none at all.

    Beside the exact counts of the section's other tables a small number could be worked out, so where one is small all are hidden.
    Without hours in the register the spans cannot be computed.
    """
    counts = {
        (str(record["hours_group_code"]), bool(record["is_mainstream"])): int(record["pupils_count"])
        for record in context.records(_HOURS, [school_year])
    }
    if not counts:
        return None
    groups = load_code_table("support_hour_groups").titles()
    has_hours = any(group != _UNKNOWN for group, _ in counts)
    is_any_small = any(context.rule.hides_count(count) for count in counts.values())
    rows: list[dict[str, Any]] = [
        {
            "hours": title,
            **{
                name: _cell(counts.get((code, is_inside), 0), is_any_small, is_told=has_hours or code == _UNKNOWN)
                for name, (is_inside, _) in _PLACES.items()
            },
        }
        for code, title in groups.items()
    ]
    return protect(
        rows,
        table_id="mainstream_hours",
        title=f"Elever med specialundervisning efter timer om ugen i {school_year} (afrundet til nærmeste fem)",
        columns=(
            TableColumn("hours", "Timer om ugen", "label"),
            *(TableColumn(name, title, "number") for name, (_, title) in _PLACES.items()),
        ),
        source=f"Kilde: {context.settings.municipality.name}s elevregister, talt som Danmarks Statistik gør for hele landet: elever "
        "i 0.-10. klasse med støtte eller med plads uden for almen undervisning. Deres tal findes ikke for en kommune."
        + ("" if has_hours else f" {_CANNOT}"),
        rule=context.rule,
    )


def _cell(count: int, is_any_small: bool, *, is_told: bool) -> Cell | int:
    if not is_told:
        return Cell(None, CellStatus.NOT_COMPUTABLE)
    return Cell(None, CellStatus.HIDDEN) if is_any_small else in_fives(count)
