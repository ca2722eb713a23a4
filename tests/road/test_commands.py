"""A user's mistakes at the command line: one clear sentence, its own exit code, no traceback, no row content, nothing changed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.errors import (
    EmptyDeliveryError,
    MissingColumnError,
    NotAFileError,
    RejectedRowsError,
    SettingsError,
    UnclosedQuoteError,
    UnknownSourceError,
    UnreadableFileError,
    WarehouseBusyError,
    WorkspaceError,
    WrongKeyError,
)
from pipelines.keys import new_master_key, write_key_file
from pipelines.landing.delivery import check_delivery
from pipelines.run import waiting_files
from pipelines.warehouse import open_warehouse
from pipelines.workspace import open_workspace
from tests.support import trappen

SECRET = "hemmeligtord"
MADE_UP_CPR = "0101995015"


def truncated_workbook(folder: Path) -> Path:
    import xlsxwriter

    whole = folder / "whole.xlsx"
    with xlsxwriter.Workbook(str(whole)) as book:
        book.add_worksheet("Ark1").write_row(0, 0, ["CPR", "Ydelsesnummer", "Paragraf", "Startdato", SECRET])
    path = folder / "afkortet.xlsx"
    path.write_bytes(whole.read_bytes()[:-400])
    return path


def text_file(folder: Path, text: str) -> Path:
    path = folder / "fil.csv"
    path.write_text(text, encoding="utf-8")
    return path


def a_folder(folder: Path) -> Path:
    path = folder / "mappe.csv"
    path.mkdir()
    return path


BAD_FILES = {
    "missing required column": (
        lambda folder: text_file(folder, f"CPR;Ydelsesnummer;Startdato\n{MADE_UP_CPR};{SECRET};01-01-2025\n"),
        MissingColumnError,
        "Paragraf",
    ),
    "empty file": (lambda folder: text_file(folder, ""), EmptyDeliveryError, "tom"),
    "header only": (
        lambda folder: text_file(folder, "CPR;Ydelsesnummer;Paragraf;Startdato\n"),
        EmptyDeliveryError,
        "ingen rækker",
    ),
    "a directory": (a_folder, NotAFileError, "mappe"),
    "truncated workbook": (truncated_workbook, UnreadableFileError, "regneark"),
    "unclosed quote": (
        lambda folder: text_file(
            folder, f'CPR;Ydelsesnummer;Paragraf;Startdato\n{MADE_UP_CPR};"{SECRET};§ 30;01-01-2025\n'
        ),
        UnclosedQuoteError,
        "linje 2",
    ),
}


def warehouse_rows(workspace: Path) -> dict[str, int]:
    """Rows of every table of the warehouse but the run log."""
    with open_warehouse(open_workspace(workspace), read_only=True) as connection:
        names = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_catalog = 'wh' AND table_schema <> 'meta'"
        ).fetchall()
        tables = [f"{schema}.{table}" for schema, table in names]
        counts = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables}
    return {name: count[0] for name, count in counts.items() if count}


def assert_one_sentence(done: subprocess.CompletedProcess, error: type, expected: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode == error.exit_code, said
    assert expected.casefold() in said.casefold()
    assert "Traceback" not in said
    assert SECRET not in said
    assert MADE_UP_CPR not in said


@pytest.mark.parametrize("case", BAD_FILES)
def test_check_explains_a_bad_file(case: str, tmp_path: Path) -> None:
    make, error, expected = BAD_FILES[case]
    assert_one_sentence(trappen("check", str(make(tmp_path)), "--source", "measures"), error, expected)


def test_run_explains_a_bad_file_and_leaves_the_warehouse_as_it_was(small_workspace: Path, tmp_path: Path) -> None:
    make, error, expected = BAD_FILES["missing required column"]
    before = warehouse_rows(small_workspace)
    path = make(tmp_path)
    path.rename(small_workspace / "inbox" / "measures" / path.name)
    assert_one_sentence(trappen("run", "--workspace", str(small_workspace)), error, expected)
    assert warehouse_rows(small_workspace) == before
    assert (small_workspace / "inbox" / "measures" / path.name).exists()


def test_run_explains_all_bad_files_at_once_and_a_file_outside_every_sources_folder(
    small_workspace: Path, tmp_path: Path
) -> None:
    before = warehouse_rows(small_workspace)
    inbox = small_workspace / "inbox" / "measures"
    for number, (make, _, _) in enumerate(BAD_FILES.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = make(folder)
        path.rename(inbox / f"fil{number}{path.suffix}")
    (small_workspace / "inbox" / "elever").mkdir()
    (small_workspace / "inbox" / "elever" / "ok.csv").write_text("a;b\n")
    done = trappen("run", "--workspace", str(small_workspace))
    assert_one_sentence(done, UnknownSourceError, "sdq_answers")
    assert "elever/ok.csv" in done.stdout
    said = (done.stdout + done.stderr).split("Afvist hel fil: ")
    for number, (_, _, expected) in enumerate(BAD_FILES.values()):
        (own,) = [each for each in said if each.startswith(f"measures/fil{number}.")]
        assert expected.casefold() in own.casefold()
    assert warehouse_rows(small_workspace) == before
    assert len(list(inbox.iterdir())) == len(BAD_FILES)


def test_check_of_an_unknown_source_lists_the_sources(tmp_path: Path) -> None:
    done = trappen("check", str(text_file(tmp_path, "a;b\n1;2\n")), "--source", "sdq")
    assert_one_sentence(done, UnknownSourceError, "sdq_answers")


def test_check_of_rejected_rows_names_cell_and_cure_but_no_value(tmp_path: Path) -> None:
    path = text_file(
        tmp_path,
        "CPR;Ydelsesnummer;Paragraf;Startdato\n"
        f"{MADE_UP_CPR};A1;§ 30;31-02-2025\n"
        f"{MADE_UP_CPR};A2;§ 99;01-02-2025\n",
    )  # fmt: skip
    done = trappen("check", str(path), "--source", "measures")
    assert_one_sentence(done, RejectedRowsError, "D2")
    assert "C3" in done.stdout
    assert "31-02-2025" not in done.stdout


def test_a_wrong_key_is_refused_in_words(small_workspace: Path) -> None:
    (small_workspace / "trappen.key").unlink()
    write_key_file(small_workspace / "trappen.key", new_master_key())
    for command in ("run", "status", "publish"):
        assert_one_sentence(trappen(command, "--workspace", str(small_workspace)), WrongKeyError, "nøgle")


def test_a_key_file_that_others_can_read_is_refused(small_workspace: Path) -> None:
    (small_workspace / "trappen.key").chmod(0o644)
    assert_one_sentence(trappen("status", "--workspace", str(small_workspace)), WrongKeyError, "chmod 600")


def test_a_second_writer_is_told_who_holds_the_warehouse(small_workspace: Path) -> None:
    workspace = open_workspace(small_workspace)
    with open_warehouse(workspace):
        workspace.warehouse.read_bytes()  # a plain open() would make DuckDB's own lock vanish
        done = trappen("run", "--workspace", str(small_workspace))
    assert_one_sentence(done, WarehouseBusyError, str(os.getpid()))


def test_after_a_killed_holder_the_next_run_starts_and_running_again_changes_nothing(small_workspace: Path) -> None:
    before = warehouse_rows(small_workspace)
    code = (
        "import sys, time\nfrom pathlib import Path\n"
        "from pipelines.warehouse import open_warehouse\nfrom pipelines.workspace import open_workspace\n"
        "with open_warehouse(open_workspace(Path(sys.argv[1]))) as connection:\n"
        "    connection.execute('CREATE TABLE core.half_done AS SELECT 1 AS one')\n"
        "    print('holding', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(small_workspace)], stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline().strip() == "holding"
            assert trappen("run", "--workspace", str(small_workspace)).returncode == WarehouseBusyError.exit_code
        finally:
            holder.send_signal(signal.SIGKILL)
    time.sleep(0.2)
    assert trappen("run", "--workspace", str(small_workspace)).returncode == 0
    after = warehouse_rows(small_workspace)
    assert after.pop("core.half_done", 1) == 1
    assert after == before


def test_a_folder_that_is_no_workspace_is_named(tmp_path: Path) -> None:
    assert_one_sentence(trappen("status", "--workspace", str(tmp_path)), WorkspaceError, "trappen init")


def test_init_makes_a_private_workspace_and_refuses_a_used_folder(tmp_path: Path) -> None:
    folder = tmp_path / "kommune"
    assert trappen("init", str(folder), "--profile", "vordingborg_next_step").returncode == 0
    assert (folder / "trappen.key").stat().st_mode & 0o777 == 0o600
    assert (folder / "inbox" / "sdq_answers").is_dir()
    assert_one_sentence(
        trappen("init", str(folder), "--profile", "vordingborg_next_step"), WorkspaceError, "findes allerede"
    )
    assert_one_sentence(
        trappen("init", str(tmp_path / "ny"), "--profile", "findes_ikke"), WorkspaceError, "vordingborg_next_step"
    )


def test_wrong_settings_are_all_named_with_what_is_allowed(small_workspace: Path) -> None:
    settings = small_workspace / "trappen.toml"
    settings.write_text(settings.read_text() + "\n[disclosure]\nminimum_count = 1\n\n[ladder]\ngrace_days = 30\n")
    done = trappen("status", "--workspace", str(small_workspace))
    assert_one_sentence(done, SettingsError, "disclosure.minimum_count er 1, men skal være mindst 5")
    assert "ladder.grace_days kendes ikke" in done.stderr
    assert "grace_gap_days" in done.stderr


def test_a_first_file_that_is_empty_gives_its_own_exit_code(tmp_path: Path) -> None:
    folder = tmp_path / "kommune"
    assert trappen("init", str(folder), "--profile", "vordingborg_next_step").returncode == 0
    (folder / "inbox" / "children" / "tom.csv").touch()
    done = trappen("run", "--workspace", str(folder))
    assert_one_sentence(done, EmptyDeliveryError, "tom")
    assert "Afvist hel fil: children/tom.csv" in done.stdout


def test_a_run_without_deliveries_says_where_to_put_them(tmp_path: Path) -> None:
    folder = tmp_path / "kommune"
    assert trappen("init", str(folder), "--profile", "vordingborg_next_step").returncode == 0
    assert_one_sentence(trappen("run", "--workspace", str(folder)), WorkspaceError, "indbakken")


def test_signs_that_a_terminal_could_take_for_markup_are_shown_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "kopi [rettet].csv"
    path.write_text("CPR;Ydelsesnummer;Paragraf;Startdato;Antal [/uge]\n0101995015;A1;§ 30;31-02-2025;x\n")
    done = trappen("check", str(path), "--source", "measures")
    assert_one_sentence(done, RejectedRowsError, "D2")
    assert "kopi [rettet].csv" in done.stdout


def test_simulate_fills_the_inbox_of_a_constructed_workspace(tmp_path: Path) -> None:
    """The files are where a run looks for them; what it makes of them is the demo's, which writes the same files."""
    truth, folder = tmp_path / "facit.json", tmp_path / "kommune"
    assert trappen("init", str(folder), "--profile", "vordingborg_next_step", "--constructed").returncode == 0
    assert open_workspace(folder).settings.municipality.is_constructed
    wishes = ("simulate", "--profile", "vordingborg_next_step", "--out", str(folder / "inbox"), "--children", "250")
    done = trappen(*wishes, "--truth", str(truth))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Konstruerede data. Reglerne er hentet fra ")
    for expected in ("findes ikke", "250 børn", "sdq_answers", str(truth), "Cronbachs alfa", "Tolerance"):
        assert expected in done.stdout
    files = dict(waiting_files(open_workspace(folder)))
    assert set(files) >= {"children", "institutions", "school_placements", "measures", "sdq_answers"}
    for source in ("children", "institutions"):  # the others' are held against their cells in tests/simulate
        checked = check_delivery(files[source], source=source)
        assert (checked.rows_rejected, checked.rows_received > 0) == (0, True), source
