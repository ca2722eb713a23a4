"""The checksum that tells whether a kept study is of today's code."""

from pathlib import Path

import pytest

import pipelines
from pipelines.prove.fingerprint import checksum_of, drawing_checksum, measured_checksum

FOLDERS = ("measures", "simulate")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for folder in (*FOLDERS, "publish"):
        (tmp_path / folder / "inner").mkdir(parents=True)
        (tmp_path / folder / "one.py").write_bytes(b"a = 1\nb = 2\n")
    (tmp_path / "simulate" / "inner" / "world.toml").write_bytes(b"x = 1\n")
    return tmp_path


def test_line_ends_and_other_files_do_not_count(package: Path) -> None:
    before = checksum_of(package, FOLDERS)
    (package / "measures" / "one.py").write_bytes(b"a = 1\r\nb = 2\r\n")
    (package / "measures" / "one.pyc").write_bytes(b"compiled")
    (package / "publish" / "one.py").write_bytes(b"another room")
    assert checksum_of(package, FOLDERS) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "measures" / "one.py").write_bytes(b"a = 1\nb = 3\n"),
        lambda root: (root / "simulate" / "inner" / "world.toml").write_bytes(b"x = 2\n"),
        lambda root: (root / "measures" / "one.py").rename(root / "measures" / "two.py"),
        lambda root: (root / "simulate" / "new.py").write_bytes(b""),
        lambda root: (root / "simulate" / "one.py").unlink(),
    ],
    ids=["content", "a world", "a name", "a new file", "a file gone"],
)
def test_any_change_of_code_or_world_counts(package: Path, change) -> None:
    before = checksum_of(package, FOLDERS)
    change(package)
    assert checksum_of(package, FOLDERS) != before


def test_our_own_checksums_are_of_our_own_rooms() -> None:
    root = Path(pipelines.__file__).parent
    assert measured_checksum() == checksum_of(root, FOLDERS)
    assert drawing_checksum() == checksum_of(root, (*FOLDERS, "prove"))
