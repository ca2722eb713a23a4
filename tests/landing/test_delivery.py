"""Deliveries landed from drawn tables: what is typed, what is rejected and why, what is refused, and what is remembered."""

import itertools
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines import errors
from pipelines.landing import register
from pipelines.landing.delivery import DeliveryResult, check_delivery, land_delivery, needs_rebuild, rebuild_typed
from pipelines.landing.sniff import DELIMITERS
from pipelines.typed.pseudonym import pseudonym
from pipelines.warehouse import open_warehouse
from pipelines.workspace import Workspace

Land = Callable[..., DeliveryResult]
HEADER = "CPR-nr.;Fødselsdato;Køn;Skoledistrikt;Fra;Til"
ANNA, BO, CARL = "0101995015", "0202985023", "3112875031"
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "iso-8859-1", "utf-16", "utf-16-be")
SECOND_LANDING = datetime(2026, 10, 1, 8, 0)


def table(*rows: str, header: str = HEADER) -> str:
    return "\r\n".join([header, *rows]) + "\r\n"


def typed(connection: duckdb.DuckDBPyConnection, columns: str, source: str = "children") -> list[tuple]:
    return connection.execute(f"SELECT {columns} FROM typed.{source} ORDER BY delivery_id, row_number").fetchall()


def reasons(connection: duckdb.DuckDBPyConnection, source: str = "children") -> dict[int, str]:
    return dict(connection.execute(f"SELECT row_number, reasons FROM rejected.{source} ORDER BY row_number").fetchall())


def test_a_clean_row_is_typed(land: Land, connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> None:
    result = land(table(f"{ANNA};03-05-2014;pige;D1;01-08-2020;"))
    assert (result.rows_received, result.rows_typed, result.rows_rejected) == (1, 1, 0)
    assert typed(connection, "child_id, birth_date, sex_code, home_district_code, resident_to_date, row_number") == [
        (pseudonym(ANNA, workspace.keys.pseudonym), date(2014, 5, 3), "K", "D1", None, 2)
    ]


@pytest.mark.parametrize(("encoding", "delimiter"), list(itertools.product(ENCODINGS, DELIMITERS)))
def test_every_encoding_with_every_delimiter(
    land: Land, connection: duckdb.DuckDBPyConnection, encoding: str, delimiter: str
) -> None:
    text = table(f"{ANNA};03-05-2014;pige;ØST;01-08-2020;", f"{BO};04-05-2014;dreng;ÅBY;01-08-2020;")
    result = land(text.replace(";", delimiter).encode(encoding))
    assert (result.rows_typed, result.rows_rejected) == (2, 0)
    assert typed(connection, "home_district_code") == [("ØST",), ("ÅBY",)]
    registered = register.find_delivery(connection, result.delivery_id)
    assert registered is not None
    assert registered.delimiter == delimiter


def test_a_large_windows_1252_file_is_read_by_duckdb_as_the_small_one_is_by_python(
    land: Land, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.landing.read._MEMORY_PAYS_FROM_BYTES", 0)
    land(table(f"{ANNA};03-05-2014;pige;ØST;01-08-2020;").encode("cp1252"))
    assert typed(connection, "home_district_code") == [("ØST",)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (";03-05-2014;K;D1;01-08-2020;", "child_id:empty"),
        ("12345;03-05-2014;K;D1;01-08-2020;", "child_id:wrong_length"),
        ("3213995015;03-05-2014;K;D1;01-08-2020;", "child_id:not_a_date"),
        (f"{ANNA};03-05-14;K;D1;01-08-2020;", "birth_date:short_year"),
        (f"{ANNA};i fjor;K;D1;01-08-2020;", "birth_date:text"),
        (f"{ANNA};03-05-2014;hund;D1;01-08-2020;", "sex_code:text"),
        (f"{ANNA};03-05-2014;K;{BO};01-08-2020;", "home_district_code:cpr_form"),
        (f"{ANNA};03-05-2014;K;D1", "resident_from_date:empty"),
        (f"{ANNA};03-05-2014;K;D1;01-08-2020;;;x", "+excess"),
        (f"{ANNA};03-05-2014;K;D1;01-08-2020;;" + ";" * 30 + "x", "+excess"),
        (f"{ANNA};03-05-2014;K;D1;01-08-2010;", "!born_after_resident_from"),
        (f"{ANNA};x;hund;D1;;", "birth_date:text sex_code:text resident_from_date:empty"),
    ],
)
def test_a_faulty_row_is_rejected_with_all_its_reasons(
    land: Land, connection: duckdb.DuckDBPyConnection, row: str, reason: str
) -> None:
    result = land(table(row, f"{CARL};03-05-2014;K;D1;01-08-2020;"))
    assert (result.rows_received, result.rows_typed, result.rows_rejected) == (2, 1, 1)
    assert reasons(connection) == {2: reason}


@pytest.mark.parametrize(
    "row", [f"{ANNA};03-05-2014; ;;01-08-2020;;;;", f"{ANNA};03-05-2014;;D1;01-08-2020;31-12-9999"]
)
def test_white_space_spare_delimiters_and_an_open_end_are_no_faults(
    land: Land, connection: duckdb.DuckDBPyConnection, row: str
) -> None:
    assert land(table(row)).rows_typed == 1
    assert typed(connection, "resident_to_date") == [(None,)]


def test_titles_empty_rows_and_footers_are_no_data_but_are_counted(
    land: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    result = land(
        "Udtræk for alle børn;;;;;\r\n\r\n"
        + table(
            f"{ANNA};03-05-2014;K;D1;01-08-2020;",  # row 4
            ";;;;;",
            "I alt;;;;;",  # between ordinary rows: cannot be a footer
            "",
            f"{BO};03-05-2014;K;D1;01-08-2020;",  # row 8
            "I alt;2;;;;",
            "Udskrevet af kommunen: 1. september",
            "",
        )
    )
    assert typed(connection, "row_number") == [(4,), (8,)]
    assert reasons(connection) == {6: "child_id:text birth_date:empty resident_from_date:empty"}
    # ";;;;;", the blank row 7, the one below the footers: three empty
    assert result.skipped_rows == {"empty": 3, "note": 1, "total": 1}
    assert (result.rows_received, result.rows_typed, result.rows_rejected) == (3, 2, 1)
    assert "Sprunget over: 3 tomme rækker, 1 note under tabellen, 1 sumrække under tabellen." in result.warnings


def test_a_cpr_number_alone_in_the_last_row_is_a_faulty_row_and_no_footer(
    land: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    land(table(f"{ANNA};03-05-2014;K;D1;01-08-2020;", BO))
    assert reasons(connection) == {3: "birth_date:empty resident_from_date:empty"}


def test_cells_with_line_breaks_keep_the_senders_row_numbers(land: Land, connection: duckdb.DuckDBPyConnection) -> None:
    land(
        table(
            f'{ANNA};03-05-2014;K;D1;01-08-2020;;"to\r\nlinjer"',
            f"{BO};03-05-2014;K;D1;01-08-2020;;en",
            header=HEADER + ";Note",
        )
    )
    assert typed(connection, "row_number") == [(2,), (3,)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends(land: Land, connection: duckdb.DuckDBPyConnection, line_end: str) -> None:
    rows = (f"{ANNA};03-05-2014;K;D1;01-08-2020;", f"{BO};03-05-2014;K;D1;01-08-2020;")
    land(table(*rows).replace("\r\n", line_end))
    assert typed(connection, "row_number") == [(2,), (3,)]


def test_mixed_line_ends_are_read_too(land: Land, connection: duckdb.DuckDBPyConnection) -> None:
    land(f"{HEADER}\r\n{ANNA};03-05-2014;K;D1;01-08-2020;\n{BO};03-05-2014;K;D1;01-08-2020;\r\n")
    assert typed(connection, "row_number") == [(2,), (3,)]


def test_rows_of_a_file_larger_than_duckdbs_portions_keep_their_numbers(
    land: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    days = 300_000  # some 16 MB: more than one portion for each of two threads
    rows = "\r\n".join(f"S{number};ressourceforum;Planlagt forum nummer;01-02-2026;holdt" for number in range(days))
    land(f"Møde-id;Mødeform;Bemærkning;Holdt;Status\r\n{rows}\r\n", source="sessions")
    row = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE session_id = 'S' || (row_number - 2)) FROM landed.sessions"
    ).fetchone()
    assert row == (days, days)


def test_a_doubled_row_is_rejected_once_and_contradicting_rows_all(
    land: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    result = land(
        table(
            f"{ANNA};03-05-2014;K;D1;01-08-2020;",
            f"{ANNA};03-05-2014;pige;d1;2020-08-01;",  # the same, written otherwise
            f"{BO};03-05-2014;K;D1;01-08-2020;",
            f"{BO};03-05-2014;K;D2;01-08-2020;",
            f"{CARL};03-05-2014;M;D1;01-08-2020;",
        )
    )
    assert reasons(connection) == {3: "=same", 4: "=other", 5: "=other"}
    assert typed(connection, "row_number") == [(2,), (6,)]
    assert [error.found for error in result.errors] == [
        "en række, der er helt magen til en tidligere",
        *["flere rækker om det samme, men med forskelligt indhold"] * 2,
    ]


def test_a_later_delivery_closes_the_rows_it_replaces(land: Land, connection: duckdb.DuckDBPyConnection) -> None:
    first = land(
        table(f"{ANNA};03-05-2014;K;D1;01-08-2020;", f"{BO};03-05-2014;K;D1;01-08-2020;", f"{CARL};x;K;D1;01-08-2020;")
    )
    second = land(
        table(f"{ANNA};03-05-2014;K;D2;01-08-2020;", f"{BO};x;K;D2;01-08-2020;", f"{CARL};03-05-2014;K;D1;01-08-2020;"),
        now=SECOND_LANDING,
    )
    current = "SELECT delivery_id, home_district_code, reasons FROM landed.children WHERE valid_to IS NULL ORDER BY ALL"
    assert sorted(connection.execute(current).fetchall()) == sorted(
        [
            (second.delivery_id, "D2", ""),  # Anna, replaced
            (first.delivery_id, "D1", ""),  # Bo: a rejected row replaces nothing
            (second.delivery_id, "D2", "birth_date:text"),
            (second.delivery_id, "D1", ""),  # Carl, mended: the earlier rejected row is closed too
        ]
    )
    assert second.replaced_rows == 2
    closed = connection.execute("SELECT DISTINCT valid_to FROM landed.children WHERE valid_to IS NOT NULL").fetchall()
    assert closed == [(SECOND_LANDING,)]


def test_the_same_bytes_twice_change_nothing(land: Land, connection: duckdb.DuckDBPyConnection) -> None:
    content = table(f"{ANNA};03-05-2014;K;D1;01-08-2020;")
    first = land(content)
    before = connection.execute("SELECT * FROM landed.children").fetchall()
    registered = connection.execute("SELECT * FROM landed.deliveries").fetchall()
    again = land(content, name="et andet navn.csv", now=SECOND_LANDING)
    assert again.was_known
    assert again.delivery_id == first.delivery_id
    assert connection.execute("SELECT * FROM landed.children").fetchall() == before
    assert connection.execute("SELECT * FROM landed.deliveries").fetchall() == registered
    assert again.warnings == ("Filen er læst ind før (01-09-2026). Intet er ændret.",)


def test_what_is_remembered_of_a_delivery(land: Land, connection: duckdb.DuckDBPyConnection) -> None:
    result = land(
        table("101995015;03-05-2014;K;D1;01-08-2020;;hemmeligt", header=HEADER + ";Note"), name=f"børn {ANNA}.csv"
    )
    row = register.find_delivery(connection, result.delivery_id)
    assert row is not None
    assert row.file_name == "børn xxxxxx-xxxx.csv"
    assert row.delivery_id == "children-" + row.sha256[:12]
    assert (row.file_format, row.encoding, row.rows_received) == ("csv", "utf-8", 1)
    assert row.mapping[""]["header_row"] == 1
    assert row.mapping[""]["places"]["resident_from_date"] == 4
    assert row.warning_counts["lost_zero"] == 1
    assert "kolonne G (Note)" in row.remarks[0]
    assert "hemmeligt" not in json.dumps(connection.execute("SELECT * FROM landed.deliveries").fetchall(), default=str)


def test_a_decimal_point_is_understood_from_its_column(land: Land, connection: duckdb.DuckDBPyConnection) -> None:
    header = "CPR;Institutionsnummer;Klassetype;Startdato;Støttetimer"
    rows = (f"{ANNA};S1;almen klasse;01-08-2025;7.5", f"{BO};S1;almen klasse;01-08-2025;1.125")
    land(table(*rows, header=header), source="school_placements")
    assert [str(hours) for (hours,) in typed(connection, "support_hours_per_week", "school_placements")] == [
        "7.50",
        "1.13",
    ]


def test_a_wrong_cell_with_a_comma_does_not_change_what_a_point_means(
    land: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    header = "CPR;Institutionsnummer;Klassetype;Startdato;Støttetimer"
    rows = (f"{ANNA};S1;almen klasse;01-08-2025;7.50", f"{BO};S1;almen klasse;01-08-2025;7,5 timer")
    land(table(*rows, header=header), source="school_placements")
    assert reasons(connection, "school_placements") == {3: "support_hours_per_week:mixed"}
    assert [str(hours) for (hours,) in typed(connection, "support_hours_per_week", "school_placements")] == ["7.50"]


def test_where_points_and_commas_part_decimals_only_the_unclear_cell_is_rejected(
    land: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    header = "CPR;Institutionsnummer;Klassetype;Startdato;Støttetimer"
    rows = (
        f"{ANNA};S1;almen klasse;01-08-2025;7.5",
        f"{BO};S1;almen klasse;01-08-2025;12,5",
        f"{CARL};S1;almen klasse;01-08-2025;1.125",
    )
    land(table(*rows, header=header), source="school_placements")
    assert reasons(connection, "school_placements") == {4: "support_hours_per_week:decimal"}
    assert [str(hours) for (hours,) in typed(connection, "support_hours_per_week", "school_placements")] == [
        "7.50",
        "12.50",
    ]


def test_an_empty_row_is_no_data_also_where_a_column_is_called_as_one_of_our_words(
    land: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    """SDQ item 17 is the column `kind`, and the rows left out are counted by kind."""
    land(f"CPR;Dato;Udfylder;SDQ1;SDQ17\r\n{ANNA};01-02-2026;lærer;1;2\r\n;;;;\r\n", source="sdq_answers")
    assert typed(connection, "consid, kind", "sdq_answers") == [(1, 2)]


REFUSALS: list[tuple[str, bytes | None, type[errors.TrappenError], str]] = [
    ("a missing column", f"CPR;Køn\r\n{ANNA};K\r\n".encode(), errors.MissingColumnError, "mangler 2 af de kolonner"),
    ("two CPR columns", f"CPR;CPR-nr.;Født;Fra\r\n{ANNA};{BO};1;2\r\n".encode(), errors.AmbiguousHeaderError, "A og B"),
    ("no bytes", b"", errors.EmptyDeliveryError, "er tom"),
    ("headers only", table().encode(), errors.EmptyDeliveryError, "men ingen rækker"),
    ("empty rows only", table(";;;;;", ";;;;;").encode(), errors.EmptyDeliveryError, "ingen rækker med data"),
    ("a folder", None, errors.NotAFileError, "er en mappe"),
    ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", errors.UnreadableFileError, "hverken et Excel-regneark"),
    ("half a workbook", b"PK\x03\x04" + b"x" * 500, errors.UnreadableFileError, "beskadiget"),
    ("an old workbook", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 99, errors.UnreadableFileError, "gammelt regneark"),
    ("an open quote", table(f'{ANNA};"03-05-2014;K;D1;01-08-2020;').encode(), errors.UnclosedQuoteError, "linje 2"),
]


@pytest.mark.parametrize(
    ("content", "kind", "sentence"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS]
)
def test_a_refused_delivery_leaves_everything_as_it_was(
    land: Land,
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    content: bytes | None,
    kind: type[errors.TrappenError],
    sentence: str,
) -> None:
    land(table(f"{CARL};03-05-2014;K;D1;01-08-2020;"))
    before = [connection.execute(f"SELECT * FROM landed.{name}").fetchall() for name in ("children", "deliveries")]
    path = workspace.inbox("children") / f"fil {ANNA}.csv"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(kind, match=sentence) as raised:
        land_delivery(connection, workspace, path, source="children", now=SECOND_LANDING)
    assert raised.value.exit_code == kind.exit_code
    for secret in (ANNA, BO, "03-05-2014", "DuckDB", "Original Line"):
        assert secret not in str(raised.value)
    assert raised.value.__context__ is None or not isinstance(raised.value.__context__, duckdb.Error)
    assert path.exists()
    assert [
        connection.execute(f"SELECT * FROM landed.{name}").fetchall() for name in ("children", "deliveries")
    ] == before
    assert len(list(workspace.archive.iterdir())) == 1


def test_an_unknown_source_is_refused(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(errors.UnknownSourceError, match="children"):
        land_delivery(connection, workspace, tmp_path / "x.csv", source="ukendt", now=SECOND_LANDING)


def test_a_full_disk_changes_nothing(
    land: Land, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(table(f"{CARL};03-05-2014;K;D1;01-08-2020;"))

    def full(*_: object, **__: object) -> None:
        raise duckdb.IOException(f'Could not write "{ANNA}": No space left on device')

    monkeypatch.setattr("pipelines.typed.history.close_replaced_rows", full)
    with pytest.raises(errors.DiskFullError, match="Intet er ændret") as raised:
        land(table(f"{ANNA};03-05-2014;K;D1;01-08-2020;"))
    assert raised.value.__context__ is None
    assert connection.execute("SELECT count(*) FROM landed.children").fetchone() == (1,)
    assert connection.execute("SELECT count(*) FROM landed.deliveries").fetchone() == (1,)


@pytest.mark.parametrize(
    ("failure", "kind", "sentence"),
    [
        (duckdb.InvalidInputException, errors.UnreadableFileError, "kan ikke læses som CSV"),
        (duckdb.OutOfMemoryException, errors.DiskFullError, "memory_limit"),
        (duckdb.ConversionException, RuntimeError, "ConversionException"),
    ],
)
def test_nothing_that_duckdb_says_is_shown_or_chained(
    land: Land, monkeypatch: pytest.MonkeyPatch, failure: type[duckdb.Error], kind: type[Exception], sentence: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure(f"Original Line: {ANNA};hemmeligt")

    monkeypatch.setattr("pipelines.typed.history.number_rows", fail)
    with pytest.raises(kind, match=sentence) as raised:
        land(table(f"{ANNA};03-05-2014;K;D1;01-08-2020;"))
    assert ANNA not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_the_file_is_archived_and_leaves_the_inbox(land: Land, workspace: Workspace) -> None:
    result = land(table(f"{ANNA};03-05-2014;K;D1;01-08-2020;"))
    assert list(workspace.inbox("children").iterdir()) == []
    assert [path.name for path in workspace.archive.iterdir()] == [f"{result.delivery_id}.trappen"]


def test_a_file_outside_the_inbox_is_archived_but_never_deleted(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "mine egne børn.csv"
    path.write_text(table(f"{ANNA};03-05-2014;K;D1;01-08-2020;"), encoding="utf-8")
    land_delivery(connection, workspace, path, source="children", now=SECOND_LANDING)
    assert path.exists()
    assert len(list(workspace.archive.iterdir())) == 1


def test_a_delivery_that_was_not_archived_is_archived_the_next_time(
    land: Land, workspace: Workspace, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = table(f"{ANNA};03-05-2014;K;D1;01-08-2020;")

    def full(*_: object, **__: object) -> str:
        raise errors.DiskFullError("Der er ikke plads")

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.landing.delivery.archive_file", full)
        with pytest.raises(errors.DiskFullError):
            land(content)
    assert [path.name for path in workspace.inbox("children").iterdir()] == ["udtræk.csv"]
    assert land(content).was_known
    assert list(workspace.inbox("children").iterdir()) == []
    assert len(list(workspace.archive.iterdir())) == 1


def test_typed_rows_are_rebuilt_from_the_archive(
    land: Land, workspace: Workspace, connection: duckdb.DuckDBPyConnection
) -> None:
    land(table(f"{ANNA};03-05-2014;K;D1;01-08-2020;", f"{BO};x;K;D1;01-08-2020;"))
    land(table(f"{ANNA};03-05-2014;K;D2;01-08-2020;").encode("cp1252"), now=SECOND_LANDING)
    everything = "SELECT * FROM landed.children ORDER BY ALL"
    before = connection.execute(everything).fetchall()
    assert not needs_rebuild(connection, workspace, "children")
    connection.execute("UPDATE landed.deliveries SET contract_checksum = 'another'")
    assert needs_rebuild(connection, workspace, "children")
    connection.execute("UPDATE landed.children SET home_district_code = 'forkert'")
    rebuild_typed(connection, workspace, "children")
    assert connection.execute(everything).fetchall() == before
    assert not needs_rebuild(connection, workspace, "children")


def test_a_table_with_other_columns_than_the_contract_is_rebuilt_at_the_next_landing(
    land: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    land(table(f"{ANNA};03-05-2014;K;D1;01-08-2020;"))
    connection.execute("DROP VIEW typed.children; DROP VIEW rejected.children")
    connection.execute("ALTER TABLE landed.children DROP COLUMN sex_code")
    land(table(f"{BO};03-05-2014;M;D1;01-08-2020;"), now=SECOND_LANDING)
    assert sorted(typed(connection, "sex_code")) == [("K",), ("M",)]


def test_check_finds_what_landing_finds(land: Land, tmp_path: Path) -> None:
    content = table("101995015;03-05-2014;K;D1;01-08-2020;", f"{BO};x;hund;D1;01-08-2020;")
    path = tmp_path / "børn.csv"
    path.write_text(content, encoding="utf-8")
    checked, landed = check_delivery(path, source="children"), land(content)
    assert (checked.rows_typed, checked.rows_rejected, checked.errors) == (1, 1, landed.errors)
    assert checked.warnings == landed.warnings
    assert path.exists()


def test_nothing_of_a_number_or_a_word_reaches_the_workspace(workspace: Workspace) -> None:
    word, number = "plantetord", "2412985917"
    rows = 60_000
    lines = [f"{1 + n % 28:02d}01{60 + n % 38}{5000 + n % 4000};A{n};§ 30;01-02-2025;;{word}" for n in range(rows)]
    lines[100] = f"{number[:6]}-{number[6:]};A100;§ 30;{word};;{word}"
    lines[200] = f"{number};{number};{word};01-02-2025;;{number}"
    path = workspace.inbox("measures") / f"indsatser {number}.csv"
    path.write_text("\r\n".join(["CPR;Ydelsesnummer;Paragraf;Startdato;Slutdato;Bemærkning", *lines]), encoding="utf-8")
    limits = workspace.settings.warehouse.model_copy(update={"memory_limit": "60MB"})
    small = Workspace(workspace.root, workspace.settings.model_copy(update={"warehouse": limits}), workspace.keys)
    with open_warehouse(small) as connection:
        result = land_delivery(connection, small, path, source="measures", now=SECOND_LANDING)
        assert (result.rows_typed + result.rows_rejected, result.rows_rejected) == (rows, 2)
        names = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        assert {"deliveries", "measures"} <= set(names)
        while_open = {path.name: path.read_bytes() for path in small.temporary.rglob("*") if path.is_file()}
    files = {path.name: path.read_bytes() for path in small.root.rglob("*") if path.is_file()} | while_open
    assert {"warehouse.duckdb", f"{result.delivery_id}.trappen", f"{result.delivery_id}.xlsx"} <= set(files)
    for name, content in files.items():
        for needle in (word, number, f"{number[:6]}-{number[6:]}"):
            assert needle not in name
            assert needle.encode() not in content, name
    shown = " ".join([*result.warnings, *(error.sentence for error in result.errors), result.file_name])
    assert word not in shown
    assert number not in shown
