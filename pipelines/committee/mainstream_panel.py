"""Which counts may a comparison of districts and school years rest on? Those that the table of shares shows, and no others.

Everything here is read from the protected table, so that nothing made of it can tell what the table hides.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.disclosure.table import Cell, CellStatus
from pipelines.publish.danish import rounded
from pipelines.publish.share_series import ShareSeries

_COUNTS = ("pupils_count", "segregated_count", "mainstream_count")


@dataclass(frozen=True)
class MainstreamPanel:
    """Pupils, and those outside mainstream classes, `(districts, school years)`; a district without pupils in a year has 0."""

    districts: tuple[str, ...]
    school_years: tuple[str, ...]
    pupils: NDArray[np.int64]
    outside: NDArray[np.int64]

    @property
    def years(self) -> list[int]:
        """The year in which each school year begins."""
        return [first_year(name) for name in self.school_years]


def computed_cell(value: float | None, *, decimals: int) -> Cell:
    """A number made of many counts, rounded as it is shown: its further digits would tell which counts. None: not computable."""
    return Cell(None, CellStatus.NOT_COMPUTABLE) if value is None else Cell(float(rounded(value, decimals)))


def first_year(school_year: str) -> int:
    """2026 for "2026/27"."""
    return int(school_year[:4])


def school_years_of(shares: ShareSeries) -> tuple[str, ...]:
    """The school years of the table, rising."""
    return tuple(sorted({str(value) for value in shares.table.values(shares.period)}))


def district_panel(context: ReportContext, shares: ShareSeries) -> MainstreamPanel | None:
    """All districts in all school years; None when a count of one of them is hidden. Pupils without a district are in none."""
    nowhere = context.area_name(None)
    areas = [name for name in dict.fromkeys(shares.table.values(shares.area)) if name != WHOLE_MUNICIPALITY]
    districts = tuple(name for name in areas if name != nowhere)
    if not are_shown(shares, areas):
        return None
    return _panel(shares, districts)


def whole_panel(shares: ShareSeries) -> MainstreamPanel | None:
    """The whole municipality as the one row; None when a year of it is hidden."""
    return _panel(shares, (WHOLE_MUNICIPALITY,)) if are_shown(shares, [WHOLE_MUNICIPALITY]) else None


def are_shown(shares: ShareSeries, areas: list[Any], *, school_year: str | None = None) -> bool:
    """Whether the table shows every count of these areas, in one school year or in all of them."""
    table = shares.table
    area, period = table.column_index(shares.area), table.column_index(shares.period)
    columns = [table.column_index(name) for name in _COUNTS]
    rows = [row for row in table.rows if row[area].value in areas and school_year in (None, row[period].value)]
    return bool(rows) and all(row[column].status is CellStatus.SHOWN for row in rows for column in columns)


def _panel(shares: ShareSeries, districts: tuple[str, ...]) -> MainstreamPanel:
    table, school_years = shares.table, school_years_of(shares)
    area, period = table.column_index(shares.area), table.column_index(shares.period)
    places = {
        (row[area].value, row[period].value): tuple(row[table.column_index(name)].value for name in _COUNTS[:2])
        for row in table.rows
    }
    counts = np.array(
        [[places.get((name, year), (0, 0)) for year in school_years] for name in districts], dtype=np.int64
    ).reshape(len(districts), len(school_years), 2)
    return MainstreamPanel(districts, school_years, counts[..., 0], counts[..., 1])
