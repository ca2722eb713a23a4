"""What does the municipality send: a folder per source with files as different senders write them, right or wrong.

The same municipality gives the same bytes: workbooks carry a fixed date of creation and a fixed time in the zip.
"""

import csv
import io
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from pipelines.simulate.days import part_generator
from pipelines.simulate.defects import EVERYDAY_KINDS, FORMULA_ERROR, KINDS, ROW_KINDS, Fault, WrongRow, draw_wrong_rows
from pipelines.simulate.drawn_layouts import draw_layout, sheets_can_share_a_workbook
from pipelines.simulate.layouts import OWN_COLUMN, Layout, layouts
from pipelines.simulate.municipality import SimulatedMunicipality
from pipelines.simulate.refused_files import REFUSED_FOLDER, RefusedFile, refused_files
from pipelines.simulate.sdq_scores import score_files
from pipelines.simulate.written_cells import Cell, cells_of, is_number_in_cell

FILE_STEMS = {
    "children": "boern_og_bopael",
    "institutions": "institutioner",
    "organisation": "organisering",
    "school_placements": "placeringer",
    "measures": "indsatser",
    "sessions": "moeder",
    "session_roles": "moededeltagere",
    "session_cases": "sager_paa_moeder",
    "agreements": "aftaler",
    "institution_years": "institutioner_pr_skoleaar",
    "staffing": "medarbejdere",
    "training": "uddannelse",
    "support_requests": "henvendelser",
    "handovers": "overgange",
    "segregation_figures": "inklusionstal",
    "reviews": "opfoelgninger",
    "notifications": "underretninger",
    "caseload": "sagstal",
    "costs": "udgifter_indsatser",
    "cost_accounts": "udgifter_konti",
}
"""The file name of each source that comes in one file, without month and ending."""

_CREATED = datetime(2026, 1, 1)
_SHARED_STEM = "samlet"
_SHARED_WORKBOOK_PROBABILITY = 0.5


@dataclass(frozen=True)
class DirtyLevel:
    """How dirty deliveries are: `explanation` is Danish; `wrong_rows_factor` multiplies the everyday share of wrong rows."""

    explanation: str
    wrong_rows_factor: float
    kinds: tuple[str, ...] = ()
    has_drawn_layouts: bool = False
    has_refused_files: bool = False


DIRTY_LEVELS = (
    DirtyLevel("rene filer i de sædvanlige opstillinger, ingen fejl", 0.0),
    DirtyLevel("de sædvanlige opstillinger, og omkring 1 procent af rækkerne er forkerte", 1.0, EVERYDAY_KINDS),
    DirtyLevel(
        "hver fil i sin egen opstilling (overskrifter, skilletegn, tegnsæt, datoer, tomme rækker, noter), og omkring "
        "3 procent af rækkerne er forkerte",
        3.0,
        tuple(kind for kind in KINDS if kind not in ROW_KINDS),
        has_drawn_layouts=True,
    ),
    DirtyLevel(
        "som niveau 2, men omkring 10 procent af rækkerne er forkerte, nogle er for korte, for lange eller dobbelte, og i "
        f"mappen {REFUSED_FOLDER} ligger filer, som ikke kan læses ind",
        10.0,
        KINDS,
        has_drawn_layouts=True,
        has_refused_files=True,
    ),
)
"""The levels by number, from 0 (clean)."""


@dataclass(frozen=True)
class PlantedDefect:
    """Where one fault lies: `row_number` is the row as the sender sees it, from 1, titles and header included.

    `cells` are all cells that show it, as Excel names them (F17), and `column_name` and `header` those of the first; a fault of
    a whole row has none. A row with two faults gives two of these.
    """

    source: str
    file_name: str
    sheet_name: str
    row_number: int
    column_name: str
    header: str
    cells: tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class Delivery:
    """One file before it is written, or one sheet of a workbook that several sources share (then of one name): rows of
    cells in the order of the layout's headers; an empty row has no cells. `right_rows` are the values of the right ones."""

    source: str
    file_name: str
    layout: Layout
    rows: Sequence[Sequence[Cell]]
    right_rows: pl.DataFrame
    defects: tuple[PlantedDefect, ...]

    @property
    def right_row_count(self) -> int:
        """How many rows intake must type."""
        return len(self.right_rows)

    @property
    def wrong_row_count(self) -> int:
        """How many rows intake must reject; a row may have several defects."""
        return len({defect.row_number for defect in self.defects})

    @property
    def empty_row_count(self) -> int:
        """How many rows below the header are empty; those at the end of a sheet do not exist."""
        trailing = 0 if self.layout.is_workbook else self.layout.trailing_blank_rows
        return sum(not row for row in self.rows) + trailing


def write_deliveries(simulated: SimulatedMunicipality, folder: Path, *, dirty: int) -> list[Path]:
    """Write every delivery to `folder`/<source>/<file>, and at level 3 the refused files to `folder`/afvises/<source>; the
    paths of the deliveries in the order of writing. A workbook that several sources share lies in the folder of each."""
    deliveries = plan_deliveries(simulated, dirty=dirty)
    paths = []
    for delivery in deliveries:
        paths.append(_write(folder / delivery.source / delivery.file_name, file_bytes(delivery, among=deliveries)))
    for refused in planned_refusals(simulated, dirty=dirty):
        _write(folder / REFUSED_FOLDER / refused.source / refused.file_name, refused.content)
    return paths


def plan_deliveries(simulated: SimulatedMunicipality, *, dirty: int) -> list[Delivery]:
    """Every file with its cells and, by the level of `dirty`, its own layout and wrong rows; nothing is written.

    A source without rows is not delivered.
    """
    level = DIRTY_LEVELS[dirty]
    files = [
        (stem, frame, ways[place % len(ways)])
        for source, ways in layouts().items()
        for place, (stem, frame) in enumerate(_files(source, simulated))
        if len(frame)
    ]
    if level.has_drawn_layouts:
        files = [
            (stem, frame, draw_layout(part_generator(simulated.seed, f"layout {stem}"), frame, layout.source))
            for stem, frame, layout in files
        ]
    shared = _sharing(part_generator(simulated.seed, "shared workbook"), [layout for _, _, layout in files], level)
    return [
        _delivery(simulated, stem, frame, layout, level, file_name=_file_name(simulated, stem, layout, shared))
        for stem, frame, layout in files
    ]


def planned_refusals(simulated: SimulatedMunicipality, *, dirty: int) -> tuple[RefusedFile, ...]:
    """The files that intake must refuse as a whole; only the dirtiest level has any."""
    if not DIRTY_LEVELS[dirty].has_refused_files:
        return ()
    return refused_files({delivery.source: file_bytes(delivery) for delivery in plan_deliveries(simulated, dirty=0)})


def file_bytes(delivery: Delivery, *, among: Iterable[Delivery] = ()) -> bytes:
    """The file's content; a workbook has a sheet for every delivery `among` these that bears its name."""
    if not delivery.layout.is_workbook:
        return _text_file(delivery)
    return _workbook([other for other in among if other.file_name == delivery.file_name] or [delivery])


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _files(source: str, simulated: SimulatedMunicipality) -> list[tuple[str, pl.DataFrame]]:
    """File names without ending, and the rows in each: SDQ by half-year, scored SDQ by sender, all else in one file."""
    frame = simulated.tables[source]
    if source == "sdq_scores":
        return score_files(frame, period=f"{simulated.data_end_date:%Y-%m}")
    if source != "sdq_answers":
        return [(f"{FILE_STEMS[source]}_{simulated.data_end_date:%Y-%m}", frame)]
    half = frame.select(
        pl.format("{}-{}", pl.col("answered_date").dt.year(), (pl.col("answered_date").dt.month() + 5) // 6)
    ).to_series()
    return [(f"sdq_{period}_halvaar", frame.filter(half == period)) for period in sorted(half.unique())]


def _file_name(simulated: SimulatedMunicipality, stem: str, layout: Layout, shared: Sequence[Layout]) -> str:
    if any(layout is other for other in shared):
        stem = f"{_SHARED_STEM}_{simulated.data_end_date:%Y-%m}"
    return f"{stem}.{layout.suffix}"


def _sharing(rng: np.random.Generator, candidates: Sequence[Layout], level: DirtyLevel) -> list[Layout]:
    """Which layouts stand as sheets in one workbook: now and then all those that cannot be taken for each other."""
    together: list[Layout] = []
    if level.has_drawn_layouts and rng.random() < _SHARED_WORKBOOK_PROBABILITY:
        for layout in candidates:
            if layout.is_workbook and sheets_can_share_a_workbook(layout, together):
                together.append(layout)
    return together if len(together) > 1 else []


def _delivery(
    simulated: SimulatedMunicipality,
    stem: str,
    frame: pl.DataFrame,
    layout: Layout,
    level: DirtyLevel,
    *,
    file_name: str,
) -> Delivery:
    rng = part_generator(simulated.seed, f"defects {stem}")
    share = simulated.parameters.defects.wrong_row_share * level.wrong_rows_factor
    wrong = (
        draw_wrong_rows(rng, frame, layout, count=max(1, round(share * len(frame))), kinds=level.kinds)
        if level.kinds
        else []
    )
    rows, faulty = _mixed(rng, _right_rows(frame, layout), wrong, layout)
    defects = [_planted(layout, file_name, at, fault) for at, faults in faulty.items() for fault in faults]
    return Delivery(layout.source, file_name, layout, rows, frame, tuple(defects))


def _right_rows(frame: pl.DataFrame, layout: Layout) -> list[Sequence[Cell]]:
    cells: Mapping[str, Sequence[Cell]] = cells_of(frame, layout)
    own = {
        name: list(itertools.islice(itertools.cycle(values), len(frame))) for name, values in layout.own_values.items()
    }
    return list(zip(*({**cells, **own}[name] for name in layout.headers), strict=True))


def _mixed(
    rng: np.random.Generator, right: list[Sequence[Cell]], wrong: Sequence[WrongRow], layout: Layout
) -> tuple[list[Sequence[Cell]], dict[int, tuple[Fault, ...]]]:
    """Right rows with the wrong ones and empty ones among them, and the faults by the 0-based place they came to lie at."""
    drawn = np.sort(rng.integers(0, len(right) + 1, size=len(wrong))).tolist()
    places = [max(place, row.after) for place, row in zip(drawn, wrong, strict=True)]
    empty_count = round(layout.empty_row_share * len(right))
    empty = np.bincount(rng.integers(0, len(right), size=empty_count), minlength=len(right) + 1) if empty_count else ()
    by_place: dict[int, list[WrongRow]] = {}
    for place, row in zip(places, wrong, strict=True):
        by_place.setdefault(place, []).append(row)
    rows: list[Sequence[Cell]] = []
    faulty = {}
    for place in range(len(right) + 1):
        rows += [()] * (int(empty[place]) if len(empty) else 0)
        for row in by_place.get(place, ()):
            faulty[len(rows)] = row.faults
            rows.append(_wrong_cells(row, layout))
        rows += right[place : place + 1]
    return rows, faulty


def _wrong_cells(row: WrongRow, layout: Layout) -> list[Cell]:
    cells = [layout.own_values[name][0] if name.startswith(OWN_COLUMN) else row.cells[name] for name in layout.headers]
    return [*cells[: row.kept_count], *row.beyond]


def _planted(layout: Layout, file_name: str, place: int, fault: Fault) -> PlantedDefect:
    row_number = layout.header_row_number + place + 1
    first = fault.column_names[0] if fault.column_names else ""
    return PlantedDefect(
        source=layout.source,
        file_name=file_name,
        sheet_name=layout.sheet_name,
        row_number=row_number,
        column_name=first,
        header=layout.headers.get(first, ""),
        cells=tuple(f"{xl_col_to_name(layout.place_of(name))}{row_number}" for name in fault.column_names),
        kind=fault.kind,
    )


def _text_file(delivery: Delivery) -> bytes:
    layout = delivery.layout
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=layout.separator,
        lineterminator="\r\n",  # csv puts a cell in quotes for the signs of its own line end only, so every break is quoted
        quoting=csv.QUOTE_ALL if layout.quotes_everything else csv.QUOTE_MINIMAL,
    )
    writer.writerows([title] if title else [] for title in layout.title_rows)
    writer.writerow(layout.headers.values())
    empty: Sequence[Cell] = () if layout.has_bare_empty_rows else [""] * len(layout.headers)
    writer.writerows(["" if cell is None else cell for cell in row] if row else empty for row in delivery.rows)
    writer.writerows(footer.cells for footer in layout.footer_rows)
    writer.writerows([()] * layout.trailing_blank_rows)
    mark = "\ufeff" if layout.has_byte_order_mark else ""
    return (mark + text.getvalue().replace("\r\n", layout.line_end)).encode(layout.encoding)


def _workbook(deliveries: Sequence[Delivery]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": _CREATED})
    date_format = book.add_format({"num_format": "dd-mm-yyyy"})
    first = deliveries[0].layout
    if first.guide_sheet_name:
        book.add_worksheet(first.guide_sheet_name).write_string(0, 0, "Vejledning til udfyldelse")
    for delivery in deliveries:
        _write_sheet(book.add_worksheet(delivery.layout.sheet_name), delivery, date_format)
    if first.hidden_sheet_name:
        hidden = book.add_worksheet(first.hidden_sheet_name)
        hidden.write_string(0, 0, "Opslag")
        hidden.hide()
    book.close()
    return target.getvalue()


def _write_sheet(sheet: Any, delivery: Delivery, date_format: Any) -> None:
    layout = delivery.layout
    for number, title in enumerate(layout.title_rows, start=layout.first_row):
        sheet.write_string(number, layout.first_column, title)
    below: list[Sequence[Cell]] = [tuple(layout.headers.values()), *delivery.rows]
    below += [footer.cells for footer in layout.footer_rows]
    for number, row in enumerate(below, start=layout.header_row_number - 1):
        for column, cell in enumerate(row, start=layout.first_column):
            _write_cell(sheet, number, column, cell, date_format)


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, date_format: Any) -> None:
    if cell == FORMULA_ERROR:
        sheet.write_formula(row, column, "=NA()", None, FORMULA_ERROR)
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, date_format)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif is_number_in_cell(cell):
        sheet.write_number(row, column, cell)
    elif isinstance(cell, str) and cell:
        sheet.write_string(row, column, cell)
