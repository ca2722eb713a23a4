"""Files as careless people and odd programs make them: nothing lost, nothing personal kept, always one sentence."""

import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.errors import TrappenError, UnreadableFileError
from pipelines.landing.delivery import check_delivery, land_delivery, rebuild_typed
from pipelines.landing.register import masked_name
from pipelines.warehouse import open_warehouse
from pipelines.workspace import Workspace, create_workspace

HEADER = "CPR;Fødselsdato;Køn;Skoledistrikt;Fra;Til"
ROWS = ("0201995001;05-03-2015;K;D1;01-08-2020;", "0301995002;05-03-2015;K;D1;01-08-2020;")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(
        tmp_path / "w", profile="vordingborg_next_step", municipality_name="Bøgelund Kommune", is_constructed=True
    )


def write(folder: Path, *lines: str, name: str = "fil.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes("\n".join([*lines, ""]).encode(encoding))
    return path


@pytest.mark.parametrize("sign", ["\f", "\v", "\u2028", "\u0085", "\x1c"])
def test_no_row_is_lost_below_a_title_with_an_odd_line_sign(sign: str, tmp_path: Path) -> None:
    result = check_delivery(write(tmp_path, f"Rapport{sign}side 1;;;;;", HEADER, *ROWS), source="children")
    assert (result.rows_received, result.rows_typed) == (2, 2)


CPR_SPELLINGS = [
    "101995015",
    "0101995015",
    "010199_5015",
    "0101-995015",
    "01-01-99-5015",
    "010199--5015",
    "CPR101995015",
]


@pytest.mark.parametrize("spelling", CPR_SPELLINGS)
@pytest.mark.parametrize("separator", ["", " "])
def test_a_cpr_number_in_another_column_rejects_the_row_however_it_is_spelt(
    spelling: str, separator: str, tmp_path: Path
) -> None:
    row = f"0201995001;05-03-2015;K;{separator}{spelling};01-08-2020;"
    result = check_delivery(write(tmp_path, HEADER, row, *ROWS[1:]), source="children")
    assert (result.rows_typed, result.rows_rejected) == (1, 1)
    assert all(spelling not in f"{error.found}{error.expected}{error.advice}" for error in result.errors)


@pytest.mark.parametrize("code", ["BIRKELUND", "D1", "900101", "12345678"])
def test_an_ordinary_code_is_no_cpr_number(code: str, tmp_path: Path) -> None:
    row = f"0201995001;05-03-2015;K;{code};01-08-2020;"
    assert check_delivery(write(tmp_path, HEADER, row), source="children").rows_typed == 1


@pytest.mark.parametrize(
    "name",
    [
        "010199–5015.csv",
        "cprname010199-5015a.csv",
        "010199 - 5015.csv",
        "01-01-99-5015.csv",
        "010199.5015.csv",
        "101995015.csv",
    ],
)
def test_a_file_name_shows_no_cpr_number(name: str) -> None:
    masked = masked_name(name)
    assert "5015" not in masked
    assert masked.endswith(".csv")


@pytest.mark.parametrize("name", ["sdq_2026-09.csv", "moeder_2026-09-30.xlsx", "indsatser 3. kvartal.csv"])
def test_an_ordinary_file_name_stays(name: str) -> None:
    assert masked_name(name) == name


@pytest.mark.parametrize("name", ["x.csv.gz", "x.csv.zst"])
def test_a_text_file_called_compressed_is_read_as_the_text_it_is(name: str, tmp_path: Path) -> None:
    assert check_delivery(write(tmp_path, HEADER, *ROWS, name=name), source="children").rows_typed == 2


def test_a_folder_that_looks_like_a_partition_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "c0=5"
    folder.mkdir()
    assert check_delivery(write(folder, HEADER, *ROWS), source="children").rows_typed == 2


def test_a_workbook_with_spoilt_bytes_is_refused_in_words(tmp_path: Path) -> None:
    import xlsxwriter

    whole = tmp_path / "hel.xlsx"
    with xlsxwriter.Workbook(str(whole)) as book:
        sheet = book.add_worksheet("Ark1")
        for number in range(300):
            sheet.write_row(number, 0, HEADER.split(";") if number == 0 else ROWS[0].split(";"))
    content = bytearray(whole.read_bytes())
    with zipfile.ZipFile(whole) as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 200
    content[start : start + 60] = bytes(byte ^ 0xFF for byte in content[start : start + 60])
    spoilt = tmp_path / "spoleret.xlsx"
    spoilt.write_bytes(content)
    with pytest.raises(TrappenError) as caught:
        check_delivery(spoilt, source="children")
    assert isinstance(caught.value, UnreadableFileError)


def deliver(workspace: Workspace, name: str, *rows: str) -> Path:
    return write(workspace.inbox("children"), HEADER, *rows, name=name)


def test_a_correction_stays_the_valid_one_when_the_archive_is_typed_anew(workspace: Workspace) -> None:
    moment = datetime(2026, 10, 5, 12, 0)
    with open_warehouse(workspace) as connection:
        for number in range(6):
            for district in ("OLD", "NEW"):
                row = f"0201995{number:03d};05-03-2015;K;{district};01-08-2020;"
                path = deliver(workspace, f"{number}{district}.csv", row.replace("0201995", "02019950")[:10] + row[10:])
                land_delivery(connection, workspace, path, source="children", now=moment)
        query = "SELECT home_district_code, count(*) FROM typed.children WHERE valid_to IS NULL GROUP BY ALL"
        before = connection.execute(query).fetchall()
        rebuild_typed(connection, workspace, "children")
        assert connection.execute(query).fetchall() == before


def test_a_damaged_archive_copy_is_made_again_before_the_delivered_file_is_let_go(workspace: Workspace) -> None:
    moment = datetime(2026, 10, 5, 12, 0)
    with open_warehouse(workspace) as connection:
        path = deliver(workspace, "a.csv", *ROWS)
        original = path.read_bytes()
        land_delivery(connection, workspace, path, source="children", now=moment)
        sealed = next(workspace.archive.rglob("*.trappen"))
        content = bytearray(sealed.read_bytes())
        content[len(content) // 2] ^= 1
        sealed.write_bytes(content)
        path.write_bytes(original)
        assert land_delivery(connection, workspace, path, source="children", now=moment).was_known
        assert rebuild_typed(connection, workspace, "children")[0].rows_typed == 2


def test_rows_between_two_headers_are_not_lost(tmp_path: Path) -> None:
    short = "CPR;Fødselsdato;Fra"
    rows = [f"02019950{number:02d};05-03-2015;01-08-2020" for number in range(4)]
    result = check_delivery(write(tmp_path, short, *rows, HEADER, *ROWS), source="children")
    assert result.rows_received == 7  # four rows, the second header and its two rows
    assert result.rows_typed >= 4
    assert result.rows_rejected >= 1


def test_a_formula_whose_value_was_never_computed_is_rejected_and_not_read_as_empty(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "formler.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Ark1")
        sheet.write_row(0, 0, HEADER.split(";"))
        for number, row in enumerate(ROWS, start=1):
            sheet.write_row(number, 0, row.split(";"))
        sheet.write_formula(1, 3, '="D"&1', None, "")
    result = check_delivery(path, source="children")
    assert (result.rows_typed, result.rows_rejected) == (1, 1)
    assert [error.cell for error in result.errors] == ["D2"]
