"""What does the municipality send: a folder per source with files as different senders write them, right or a little wrong.

The same municipality gives the same bytes: workbooks carry a fixed date of creation and a fixed time in the zip.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import xlsxwriter

from pipelines.simulate.days import part_generator
from pipelines.simulate.defects import Defect, WrongRow, draw_wrong_rows
from pipelines.simulate.layouts import EXTRA_HEADER, EXTRA_VALUE, Cell, Layout, cells_of, layouts
from pipelines.simulate.municipality import SimulatedMunicipality

_CREATED = datetime(2026, 1, 1)


@dataclass(frozen=True)
class PlantedDefect:
    """Where one wrong row lies: `row_number` is the row as the sender sees it, from 1, titles and header included."""

    source: str
    file_name: str
    sheet_name: str
    row_number: int
    column_name: str
    header: str
    kind: str


@dataclass(frozen=True)
class Delivery:
    """One file before it is written: rows of cells in the order of the layout's headers."""

    source: str
    file_name: str
    layout: Layout
    rows: Sequence[Sequence[Cell]]
    right_row_count: int
    defects: tuple[PlantedDefect, ...]


def write_deliveries(simulated: SimulatedMunicipality, folder: Path, *, dirty: bool) -> list[Path]:
    """Write every delivery to `folder`/<source>/<file>; the paths in the order of writing."""
    paths = []
    for delivery in plan_deliveries(simulated, dirty=dirty):
        path = folder / delivery.source / delivery.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_workbook(delivery) if delivery.layout.suffix == "xlsx" else _text_file(delivery))
        paths.append(path)
    return paths


def plan_deliveries(simulated: SimulatedMunicipality, *, dirty: bool) -> list[Delivery]:
    """Every file with its cells and, if `dirty`, its wrong rows; nothing is written."""
    deliveries = []
    for source, ways in layouts().items():
        for place, (stem, frame) in enumerate(_files(source, simulated)):
            deliveries.append(_delivery(simulated, stem, frame, ways[place % len(ways)], dirty=dirty))
    return deliveries


def _files(source: str, simulated: SimulatedMunicipality) -> list[tuple[str, pl.DataFrame]]:
    """File names without ending, and the rows in each: SDQ by half-year, all else in one file."""
    frame = simulated.tables[source]
    names = {
        "children": "boern_og_bopael",
        "institutions": "institutioner",
        "organisation": "organisering",
        "school_placements": "placeringer",
        "measures": "indsatser",
        "sessions": "moeder",
    }
    if source != "sdq_answers":
        return [(f"{names[source]}_{simulated.data_end_date:%Y-%m}", frame)]
    half = frame.select(
        pl.format("{}-{}", pl.col("answered_date").dt.year(), (pl.col("answered_date").dt.month() + 5) // 6)
    ).to_series()
    return [(f"sdq_{period}_halvaar", frame.filter(half == period)) for period in sorted(half.unique())]


def _delivery(
    simulated: SimulatedMunicipality, stem: str, frame: pl.DataFrame, layout: Layout, *, dirty: bool
) -> Delivery:
    cells = cells_of(frame, layout)
    rng = part_generator(simulated.seed, f"defects {stem}")
    share = simulated.parameters.defects.wrong_row_share
    wrong = draw_wrong_rows(rng, cells, layout, count=max(1, round(share * len(frame)))) if dirty and len(frame) else []
    places = np.sort(rng.integers(0, len(frame) + 1, size=len(wrong)))
    file_name = f"{stem}.{layout.suffix}"
    rows, defects = _mixed(cells, wrong, places.tolist(), layout, file_name)
    return Delivery(layout.source, file_name, layout, rows, len(frame), tuple(defects))


def _mixed(
    cells: Mapping[str, Sequence[Cell]],
    wrong: Sequence[WrongRow],
    places: Sequence[int],
    layout: Layout,
    file_name: str,
) -> tuple[list[Sequence[Cell]], list[PlantedDefect]]:
    """Right rows with the wrong ones put in before the rows at `places`, and where they came to lie."""
    rows: list[Sequence[Cell]] = list(zip(*cells.values(), strict=True))
    defects = []
    for already, (place, row) in enumerate(zip(places, wrong, strict=True)):
        position = place + already
        rows.insert(position, [row.cells[name] for name in layout.headers])
        defects.append(_planted(layout, file_name, position, row.defect))
    return rows, defects


def _planted(layout: Layout, file_name: str, position: int, defect: Defect) -> PlantedDefect:
    return PlantedDefect(
        source=layout.source,
        file_name=file_name,
        sheet_name=layout.sheet_name,
        row_number=len(layout.title_rows) + 1 + position + 1,
        column_name=defect.column_name,
        header=layout.headers[defect.column_name],
        kind=defect.kind,
    )


def _header(layout: Layout) -> list[str]:
    return [*layout.headers.values(), *([EXTRA_HEADER] if layout.has_extra_column else [])]


def _text_file(delivery: Delivery) -> bytes:
    layout = delivery.layout
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=layout.separator, lineterminator="\r\n")
    for title in layout.title_rows:
        writer.writerow([title])
    writer.writerow(_header(layout))
    extra = [EXTRA_VALUE] if layout.has_extra_column else []
    writer.writerows(["" if cell is None else cell for cell in row] + extra for row in delivery.rows)
    return text.getvalue().encode(layout.encoding)


def _workbook(delivery: Delivery) -> bytes:
    layout = delivery.layout
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": _CREATED})
    date_format = book.add_format({"num_format": "dd-mm-yyyy"})
    sheet = book.add_worksheet(layout.sheet_name)
    for number, title in enumerate(layout.title_rows):
        sheet.write_string(number, 0, title)
    sheet.write_row(len(layout.title_rows), 0, _header(layout))
    for number, row in enumerate(delivery.rows, start=len(layout.title_rows) + 1):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(number, column, cell, date_format)
            elif isinstance(cell, str):
                sheet.write_string(number, column, cell)
            elif cell is not None:
                sheet.write_number(number, column, cell)
    book.close()
    return target.getvalue()
