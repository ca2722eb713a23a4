"""The encrypted warehouse: what lies on the disk, what may not be changed, what is refused."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines import warehouse
from pipelines.errors import DiskFullError
from pipelines.warehouse import open_warehouse, protected_connection
from pipelines.workspace import Workspace, create_workspace

PLANTED = "plantetord"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(
        tmp_path / "w", profile="vordingborg_next_step", municipality_name="Bøgelund Kommune", is_constructed=True
    )


def files_holding(folder: Path, word: str) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def test_what_is_stored_cannot_be_read_from_the_file(workspace: Workspace) -> None:
    with open_warehouse(workspace) as connection:
        connection.execute(f"CREATE TABLE core.words AS SELECT '{PLANTED}' AS word FROM range(5000)")
    assert workspace.warehouse.stat().st_size > 0
    assert files_holding(workspace.root, PLANTED) == []
    with open_warehouse(workspace, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM core.words WHERE word = ?", [PLANTED]).fetchone() == (5000,)


def test_a_killed_writer_leaves_no_word_in_wal_or_spill_files(workspace: Workspace) -> None:
    code = f"""
import os, signal, sys
from pathlib import Path
from pipelines.warehouse import open_warehouse
from pipelines.workspace import open_workspace
with open_warehouse(open_workspace(Path(sys.argv[1]))) as connection:
    connection.execute("CREATE TABLE core.words AS SELECT '{PLANTED}' AS word FROM range(1000)")
    connection.execute(
        "CREATE TEMP TABLE sorted AS SELECT md5(i::VARCHAR) || '{PLANTED}' AS word FROM range(3000000) t(i) ORDER BY 1"
    )
    spill = sum(path.stat().st_size for path in Path(sys.argv[1], 'temporary').rglob('*') if path.is_file())
    print(spill, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    settings = workspace.root / "trappen.toml"
    settings.write_text(settings.read_text() + '\n[warehouse]\nmemory_limit = "60MB"\nthreads = 2\n')
    done = subprocess.run(
        [sys.executable, "-c", code, str(workspace.root)], capture_output=True, text=True, check=False
    )
    assert int(done.stdout or 0) > 1_000_000, done.stderr  # it did spill
    assert any(workspace.temporary.rglob("*.*"))  # and SIGKILL left the files behind
    assert files_holding(workspace.root, PLANTED) == []


def test_the_next_writer_empties_the_temporary_folder(workspace: Workspace) -> None:
    (workspace.temporary / "left_behind").write_text("x")
    with open_warehouse(workspace):
        assert not (workspace.temporary / "left_behind").exists()


@pytest.mark.parametrize(
    "setting", ["temp_file_encryption = false", "allow_community_extensions = true", "temp_directory = '/elsewhere'"]
)
def test_settings_are_locked(setting: str, workspace: Workspace) -> None:
    with open_warehouse(workspace) as connection, pytest.raises(duckdb.Error, match="locked"):
        connection.execute(f"SET {setting}")


def test_no_extension_is_fetched_or_loaded_on_its_own(workspace: Workspace) -> None:
    with open_warehouse(workspace) as connection:
        switches = dict(
            connection.execute(
                "SELECT name, value FROM duckdb_settings() WHERE name IN "
                "('autoinstall_known_extensions', 'autoload_known_extensions', 'allow_unsigned_extensions')"
            ).fetchall()
        )
    assert set(switches.values()) == {"false"}


def test_a_tampered_extension_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = warehouse._extension_path("httpfs")
    spoilt = tmp_path / whole.name
    content = bytearray(whole.read_bytes())
    content[len(content) // 2] ^= 1
    spoilt.write_bytes(content)
    monkeypatch.setattr(warehouse, "_extension_path", lambda _: spoilt)
    with pytest.raises(duckdb.Error, match="signature"):
        protected_connection(tmp_path / "spill")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 3 MB; skipped where the machine does not let us make one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("mounting a small file system is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_changes_nothing(tiny_disk: Path) -> None:
    workspace = create_workspace(
        tiny_disk / "w", profile="vordingborg_next_step", municipality_name="Bøgelund Kommune", is_constructed=True
    )
    with open_warehouse(workspace) as connection:
        connection.execute("CREATE TABLE core.kept AS SELECT 1 AS one")
    with pytest.raises(DiskFullError, match="Intet er ændret"), open_warehouse(workspace) as connection:
        connection.execute("CREATE TABLE core.large AS SELECT md5(i::VARCHAR) AS text FROM range(1000000) t(i)")
    with open_warehouse(workspace) as connection:
        assert connection.execute("SELECT one FROM core.kept").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'large'").fetchone() == (0,)
