"""A planted CPR number and a planted word are found nowhere but in the untouched delivery.

The words stand where a careless sender would put them: a name column that no contract knows, a cell that cannot be read as a
date, a file name, a text cell that holds a CPR number. They are looked for in every file of the workspace (XLSX unzipped),
in every table, and in what the command printed; also while a run is spilling to disk, and after it was killed.
"""

import io
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from pipelines.warehouse import open_warehouse
from pipelines.workspace import open_workspace
from tests.support import trappen

CPR = "2412985917"
WORD = "plantetfortrolighed"
NEEDLES = (CPR, f"{CPR[:6]}-{CPR[6:]}", WORD)


def planted_csv() -> str:
    return (
        "CPR-nr.;Ydelses-id;Paragraf;Startdato;Slutdato;Bemærkninger\r\n"
        f"{CPR};P1;§ 30;01-02-2025;;{WORD}\r\n"
        f"{CPR[:6]}-{CPR[6:]};P2;§ 30;{WORD};;navn {WORD}\r\n"
        f"{CPR};{CPR};§ 30;01-02-2025;;\r\n"
        f"{CPR};P4;{WORD};01-02-2025;;\r\n"
        f"{CPR};P5;§ 30;01-02-2025;01-01-2025;\r\n"
    )


def plant(workspace: Path) -> Path:
    folder = workspace / "inbox" / "measures"
    path = folder / f"indsatser {CPR} udtræk.csv"
    path.write_text(planted_csv(), encoding="utf-8")
    return path


def readable_bytes(path: Path) -> bytes:
    """The bytes of a file, and for a zip those inside it."""
    content = path.read_bytes()
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content += b"".join(archive.read(name) for name in archive.namelist())
    return content


def finds(folder: Path, *, besides: Path | None = None) -> list[str]:
    found = []
    for path in folder.rglob("*"):
        if path == besides or not path.is_file():
            continue
        try:
            content = readable_bytes(path)
        except FileNotFoundError:  # a spill file that the running command has just removed
            continue
        names = str(path.relative_to(folder))
        for needle in NEEDLES:
            if needle in names or any(needle.encode(code) in content for code in ("utf-8", "utf-16-le", "cp1252")):
                found.append(f"{needle} in {path.name.replace(CPR, 'CPR')}")
    return found


def tables_holding(workspace: Path) -> list[str]:
    """Tables with a planted word in any column, read through the warehouse itself."""
    found = []
    with open_warehouse(open_workspace(workspace), read_only=True) as connection:
        names = connection.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_catalog = 'wh'"
        ).fetchall()
        for (name,) in names:
            text = connection.execute(f"SELECT string_agg(CAST(row_values AS VARCHAR), ' ') FROM {name} AS row_values")
            content = str(text.fetchone())
            found += [f"{needle} in {name}" for needle in NEEDLES if needle in content]
    return found


@pytest.fixture(scope="module")
def planted_run(
    small_workspace_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess]:
    """A workspace after a run over planted words, and what the run said."""
    workspace = Path(shutil.copytree(small_workspace_template, tmp_path_factory.mktemp("planted") / "workspace"))
    plant(workspace)
    return workspace, trappen("run", "--workspace", str(workspace))


def test_a_run_leaves_no_trace_of_what_was_planted(planted_run: tuple[Path, subprocess.CompletedProcess]) -> None:
    workspace, done = planted_run
    assert done.returncode == 0, done.stderr
    assert "1 godkendt, 4 afvist" in done.stdout
    assert [needle for needle in NEEDLES if needle in done.stdout + done.stderr] == []
    assert finds(workspace) == []
    assert tables_holding(workspace) == []
    assert list((workspace / "error_lists").iterdir())  # there was an error list to look into
    assert list((workspace / "data_docs").rglob("*.html"))
    assert list((workspace / "logs").iterdir())


def test_published_reports_hold_nothing_planted(planted_run: tuple[Path, subprocess.CompletedProcess]) -> None:
    workspace, _ = planted_run
    done = trappen("publish", "udvalgsrapport", "--workspace", str(workspace))
    assert done.returncode == 0, done.stderr
    assert list((workspace / "reports").rglob("*.pdf"))
    assert finds(workspace) == []


def test_check_prints_nothing_planted(tmp_path: Path) -> None:
    path = tmp_path / f"indsatser {CPR}.csv"
    path.write_text(planted_csv(), encoding="utf-8")
    done = trappen("check", str(path), "--source", "measures")
    assert [needle for needle in NEEDLES if needle in done.stdout + done.stderr] == []
    assert finds(tmp_path, besides=path) == []


def large_planted_file(workspace: Path, rows: int = 400_000) -> Path:
    path = workspace / "inbox" / "measures" / "stor.csv"
    with path.open("w", encoding="utf-8") as target:
        target.write("CPR-nr.;Ydelses-id;Paragraf;Startdato;Bemærkninger\n")
        for number in range(rows):
            target.write(f"{CPR};S{number};§ 30;01-02-2025;{WORD}\n")
    return path


def test_spill_files_hold_nothing_planted_while_running_and_after_a_kill(small_workspace: Path) -> None:
    settings = small_workspace / "trappen.toml"
    settings.write_text(settings.read_text().replace("threads = 1", 'memory_limit = "70MB"\nthreads = 2'))
    delivered = large_planted_file(small_workspace)
    running = subprocess.Popen(
        [sys.executable, "-c", "from pipelines.cli import main; main()", "run", "--quiet", "-w", str(small_workspace)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ),
    )
    spilled, found = 0, []
    try:
        deadline = time.monotonic() + 60
        while running.poll() is None and time.monotonic() < deadline and spilled < 2_000_000:
            files = [path for path in (small_workspace / "temporary").rglob("*") if path.is_file()]
            spilled = max(spilled, sum(path.stat().st_size for path in files if path.exists()))
            found += finds(small_workspace / "temporary")
            time.sleep(0.05)
    finally:
        running.send_signal(signal.SIGKILL)
        _, errors = running.communicate()
    assert spilled > 0, errors.decode()  # the small memory limit did force spilling
    assert found == []
    assert finds(small_workspace, besides=delivered) == []
