"""Workbooks: where cells stand, how dates and numbers arrive, several sheets, and the same rows as from CSV."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter

from pipelines.errors import MissingColumnError, UnreadableFileError
from pipelines.landing.delivery import DeliveryResult

Land = Callable[..., DeliveryResult]
HEADER = ("CPR-nr.", "Fødselsdato", "Køn", "Skoledistrikt", "Fra", "Til")
ANNA, BO = "0101995015", "0202985023"


def workbook(
    path: Path, sheets: dict[str, Sequence[Sequence[Any]]], *, first: tuple[int, int] = (0, 0), hidden: str = ""
) -> bytes:
    with xlsxwriter.Workbook(str(path)) as book:
        as_date = book.add_format({"num_format": "dd-mm-yyyy"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    where = (first[0] + number, first[1] + place)
                    if isinstance(cell, date):
                        sheet.write_datetime(*where, datetime(cell.year, cell.month, cell.day), as_date)
                    elif isinstance(cell, str) and cell.startswith("="):
                        sheet.write_formula(*where, cell, None, "#N/A")
                    elif cell is not None:
                        sheet.write(*where, cell)
            if name == hidden:
                sheet.hide()
    return path.read_bytes()


@pytest.fixture
def land_book(land: Land, tmp_path: Path) -> Land:
    def landed(sheets: dict[str, Sequence[Sequence[Any]]], *, source: str = "children", **more: Any) -> DeliveryResult:
        return land(workbook(tmp_path / "bog.xlsx", sheets, **more), source=source, name="bog.xlsx")

    return landed


def rows_of(connection: duckdb.DuckDBPyConnection, source: str = "children") -> list[tuple]:
    return connection.execute(
        f"SELECT * EXCLUDE (delivery_id, sheet_name, row_number) FROM typed.{source} ORDER BY row_number"
    ).fetchall()


def test_real_dates_serials_and_numbers_without_their_zero(
    land_book: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    result = land_book({"Børn": [HEADER, (101995015, date(2014, 5, 3), "K", "D1", 44044, None)]})
    assert (result.rows_typed, result.rows_rejected) == (1, 0)
    # 44044 days after 30 December 1899
    expected = (date(2014, 5, 3), date(2020, 8, 1))
    assert connection.execute("SELECT birth_date, resident_from_date FROM typed.children").fetchone() == expected
    assert "1 række har et CPR-nummer med ni cifre; nullet forrest er sat på igen." in result.warnings


def test_csv_and_workbook_of_the_same_data_give_the_same_rows(
    land: Land, land_book: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    header = ("CPR", "Institutionsnummer", "Klassetrin", "Klassetype", "Startdato", "Støttetimer")
    rows = [
        (ANNA, "S1", 3, "almen klasse", date(2025, 8, 1), 7.5),
        (BO, "S2", 10, 20, date(2025, 8, 1), 1.125),
        (BO, "S3", None, "specialklasse", date(2025, 8, 15), 12),
    ]

    def as_text(cell: Any) -> str:
        if isinstance(cell, date):
            return f"{cell:%d-%m-%Y}"
        return "" if cell is None else str(cell).replace(".", ",")

    text = "\n".join(";".join(as_text(cell) for cell in row) for row in (header, *rows))
    land(text, source="school_placements")
    from_csv = rows_of(connection, "school_placements")
    connection.execute("DELETE FROM landed.school_placements")
    land_book({"Ark1": [header, *rows]}, source="school_placements")
    assert len(from_csv) == 3
    assert rows_of(connection, "school_placements") == from_csv


@pytest.mark.parametrize("first", [(0, 0), (4, 2), (0, 27)])
def test_faults_are_told_with_the_sheets_own_cell(land_book: Land, first: tuple[int, int]) -> None:
    letters = {0: "B", 2: "D", 27: "AC"}[first[1]]
    title = ("Børn i skolealderen",)
    rows = [
        title,
        (),
        HEADER,
        (ANNA, "i fjor", "K", "D1", date(2020, 8, 1)),
        (BO, date(2014, 5, 3), "M", "D1", date(2020, 8, 1)),
    ]
    result = land_book({"Børn": rows}, first=first)
    # title, empty row, header, then the faulty row: the fourth
    row = first[0] + 4
    assert [(error.sheet, error.row, error.cell) for error in result.errors] == [("Børn", row, f"{letters}{row}")]


def test_a_formula_that_fails_is_a_fault_and_no_empty_cell(
    land_book: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    row = (ANNA, date(2014, 5, 3), "K", "=VLOOKUP(1,A1:B1,2)", date(2020, 8, 1))
    result = land_book({"Børn": [HEADER, row]})
    assert [(error.cell, error.found) for error in result.errors] == [("D2", "en formel, der giver fejl")]


def test_all_sheets_that_fit_are_read_and_the_others_named(
    land_book: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    one = [HEADER, (ANNA, date(2014, 5, 3), "K", "D1", date(2020, 8, 1))]
    two = [HEADER, (BO, date(2014, 5, 3), "M", "D1", date(2020, 8, 1))]
    models = [("Enhed", "Enhedskode", "Model", "Fra"), ("distrikt", "D1", "distriktsrådgiver", date(2024, 8, 1))]
    sheets = {"dataset(1)": one, "dataset(2)": two, "Ordning": models, "Noter": [("Husk at ringe",)], "Gammelt": one}
    result = land_book(sheets, hidden="Gammelt")
    landed = connection.execute("SELECT sheet_name, row_number FROM typed.children ORDER BY ALL").fetchall()
    assert landed == [("dataset(1)", 2), ("dataset(2)", 2)]
    assert set(result.warnings) >= {
        "Arket 'Gammelt' er skjult og er ikke læst.",
        "Arket 'Ordning' ligner kilden organisation og er ikke læst her. Læg også filen i indbakken for organisation.",
        "Arket 'Noter' har ikke de kolonner, der skal bruges, og er ikke læst.",
    }


def test_what_stands_right_of_the_headers_rejects_the_row(
    land_book: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    row = (ANNA, date(2014, 5, 3), "K", "D1", date(2020, 8, 1), None, None, "ring til mor")
    assert land_book({"Børn": [HEADER, row]}).rows_rejected == 1
    assert connection.execute("SELECT reasons FROM rejected.children").fetchone() == ("+excess",)


def test_sheet_names_with_a_cpr_number_are_masked(land_book: Land, connection: duckdb.DuckDBPyConnection) -> None:
    land_book({f"Barn {ANNA}": [HEADER, (BO, date(2014, 5, 3), "M", "D1", date(2020, 8, 1))]})
    assert connection.execute("SELECT sheet_name FROM typed.children").fetchone() == ("Barn xxxxxx-xxxx",)


def test_a_workbook_without_a_fitting_sheet_is_refused(land_book: Land) -> None:
    with pytest.raises(MissingColumnError, match=r"bog\.xlsx, arket 'Noter' mangler 3"):
        land_book({"Noter": [("Husk", "Ring"), ("at", "ringe")]})


@pytest.mark.parametrize("kept_share", [0.3, 0.9])
def test_a_truncated_workbook_is_refused(land: Land, tmp_path: Path, kept_share: float) -> None:
    whole = workbook(tmp_path / "bog.xlsx", {"Børn": [HEADER, (ANNA, date(2014, 5, 3), "K", "D1", date(2020, 8, 1))]})
    with pytest.raises(UnreadableFileError, match="beskadiget eller ikke overført helt"):
        land(whole[: int(len(whole) * kept_share)], name="bog.xlsx")
