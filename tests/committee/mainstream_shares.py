"""A table of shares drawn as text, as the section makes it: one line per district, pupils outside mainstream classes of all pupils."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

import duckdb

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.disclosure.relations import TotalColumn, TotalRow
from pipelines.disclosure.table import TableColumn
from pipelines.publish.danish import school_year
from pipelines.publish.share_series import ShareSeries, protect_series
from tests.committee.conftest import settings_of

_COUNTS = ("pupils_count", "mainstream_count", "segregated_count")


def drawn_shares(drawn: str, *, first_year: int) -> ShareSeries:
    """A line is a name and, for each school year from `first_year`, "outside/pupils"; the whole municipality is added."""
    rows = []
    for line in drawn.strip().splitlines():
        name, *cells = line.split()
        rows += [_row(name, first_year + place, *map(int, cell.split("/"))) for place, cell in enumerate(cells)]
    for year in dict.fromkeys(row["school_year"] for row in rows):
        own = [row for row in rows if row["school_year"] == year]
        sums = [sum(row[column] for row in own) for column in ("segregated_count", "pupils_count")]
        rows.append(_row(WHOLE_MUNICIPALITY, int(year[:4]), *sums))
    return protect_series(
        rows,
        area="area",
        period="school_year",
        share="share",
        table_id="mainstream_school",
        title="Elever",
        columns=(
            TableColumn("area", "Distrikt", "label"),
            TableColumn("school_year", "Skoleår", "label"),
            *(TableColumn(name, name, "count") for name in _COUNTS),
            TableColumn("share", "Andel", "share", numerator="mainstream_count", denominator="pupils_count"),
        ),
        source="Kilde: konstruerede tal.",
        totals=(
            TotalRow("area", WHOLE_MUNICIPALITY, columns=_COUNTS, within=("school_year",)),
            TotalColumn("pupils_count", ("mainstream_count", "segregated_count")),
        ),
    )


def _row(area: str, year: int, outside: int, pupils: int) -> dict[str, Any]:
    return {
        "definition_id": "own_register_school",
        "area": area,
        "school_year": school_year(year),
        "pupils_count": pupils,
        "segregated_count": outside,
        "mainstream_count": pupils - outside,
        "share": (pupils - outside) / pupils,
    }


class DrawnContext(ReportContext):
    """A context without a warehouse: every query gives these rows."""

    def __init__(self, rows: Sequence[dict[str, Any]] = (), *, as_of_date: date = date(2026, 9, 30)) -> None:
        """No district has another name than its code."""
        super().__init__(cast("duckdb.DuckDBPyConnection", None), settings_of(), as_of_date, {})
        object.__setattr__(self, "_rows", list(rows))

    def records(self, query: str, parameters: list[Any] | None = None) -> list[dict[str, Any]]:
        """The same rows, whatever is asked."""
        return cast("list[dict[str, Any]]", self._rows)  # type: ignore[attr-defined]
