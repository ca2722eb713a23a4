"""What percent outside ordinary teaching is published for an area, and why is there none? Under each definition, year by year.

A number can be missing in three ways that a reader must not mix: the source sent the row and hides the number; the source sent other
rows of the definition, but left this one out (the ministry does so with what it hides); or nothing of the kind was ever delivered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.committee.context import ReportContext
from pipelines.disclosure.table import Cell, CellStatus

WHOLE_COUNTRY: Final = "000"
_PUBLISHED: Final = """
SELECT definition_id, measure_code, area_code, pupil_group_code, school_year, figure_value
FROM marts.mart_published_inclusion
ORDER BY definition_id, area_code, measure_code, pupil_group_code, school_year
"""
_REJECTED: Final = """
SELECT count(*) AS deliveries_count
FROM landed.deliveries
WHERE source = 'segregation_figures' AND rows_rejected > 0
"""
_OUTSIDE: Final = ("segregation_pct", "inclusion_pct")
"""Some tell the share outside ordinary teaching, some the share inside; the two are one hundred together."""


@dataclass(frozen=True)
class PublishedOutside:
    """Published percentages outside ordinary teaching of all pupils.

    cells: by definition, area and school year. areas, years: which (definition, area) and which (definition, school year) some row was
    delivered for, of any measure and any pupils; a municipality's year is not the country's. has_rejected_rows: rows were sent that we
    could not read; what is missing may be in one of them, so nobody says that the source left it out.
    """

    cells: Mapping[tuple[str, str, str], Cell]
    areas: frozenset[tuple[str, str]]
    years: frozenset[tuple[str, str, bool]]
    has_rejected_rows: bool = False

    def cell(self, definition_id: str, *, area_code: str | None, school_year: str) -> Cell:
        """The percentage, or which of the three ways it is missing in; no known area is one that nothing was delivered for."""
        if area_code is None:
            return Cell(None, CellStatus.NOT_RECEIVED)
        found = self.cells.get((definition_id, area_code, school_year))
        return found or Cell(None, self._missing(definition_id, area_code, school_year))

    def school_years(self, definition_id: str, *, area_code: str | None) -> tuple[str, ...]:
        """The years for which a number of the area was sent, hidden or not."""
        return tuple(
            sorted(year for definition, area, year in self.cells if (definition, area) == (definition_id, area_code))
        )

    def _missing(self, definition_id: str, area_code: str, school_year: str) -> CellStatus:
        is_known_area = (definition_id, area_code) in self.areas
        is_known_year = (definition_id, school_year, area_code == WHOLE_COUNTRY) in self.years
        is_left_out = (is_known_area or is_known_year) and not self.has_rejected_rows
        return CellStatus.LEFT_OUT_BY_SOURCE if is_left_out else CellStatus.NOT_RECEIVED


def published_outside(context: ReportContext) -> PublishedOutside:
    """Everything that was delivered of published figures, for every area."""
    records = context.records(_PUBLISHED)
    by_key: dict[tuple[str, str, str], dict[str, Any]] = {}
    for record in records:
        if record["measure_code"] in _OUTSIDE and record["pupil_group_code"] == "all":
            key = (str(record["definition_id"]), str(record["area_code"]), str(record["school_year"]))
            by_key.setdefault(key, {})[str(record["measure_code"])] = record["figure_value"]
    return PublishedOutside(
        {key: _outside(values) for key, values in by_key.items()},
        frozenset((str(record["definition_id"]), str(record["area_code"])) for record in records),
        frozenset(_year(record) for record in records),
        has_rejected_rows=context.records(_REJECTED)[0]["deliveries_count"] > 0,
    )


def _year(record: Mapping[str, Any]) -> tuple[str, str, bool]:
    return str(record["definition_id"]), str(record["school_year"]), record["area_code"] == WHOLE_COUNTRY


def _outside(values: Mapping[str, Any]) -> Cell:
    shown: Sequence[tuple[str, float]] = [
        (name, float(values[name])) for name in _OUTSIDE if values.get(name) is not None
    ]
    if not shown:
        return Cell(None, CellStatus.HIDDEN_BY_SOURCE)
    measure, value = shown[0]
    return Cell(value if measure == "segregation_pct" else 100 - value)
