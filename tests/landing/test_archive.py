"""The archive gives back the very bytes, to the holder of the key only, and refuses what was tampered with."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import archive
from pipelines.errors import DiskFullError, UnreadableFileError, WrongKeyError

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def seal(folder: Path, data: bytes, *, key: bytes = KEY) -> Path:
    source = folder / "fil.csv"
    source.write_bytes(data)
    name = archive.archive_file(
        source, folder / "archive", name="x-1", key=key, sha256=hashlib.sha256(data).hexdigest()
    )
    return folder / "archive" / name


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(data=st.binary(max_size=100))
def test_what_was_sealed_comes_back(tmp_path: Path, data: bytes) -> None:
    assert archive.read_archived(seal(tmp_path, data), key=KEY) == data


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 200, 250])
def test_whole_and_broken_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(archive, "_CHUNK_BYTES", 100)
    monkeypatch.setattr(archive, "_SEALED_BYTES", 100 + 17)  # libsodium adds 17 bytes to each chunk
    data = bytes(number % 251 for number in range(size))
    assert archive.read_archived(seal(tmp_path, data), key=KEY) == data


def test_nothing_readable_and_nothing_unfinished_is_left(tmp_path: Path) -> None:
    sealed = seal(tmp_path, b"0101995015;plantetord" * 50)
    assert b"plantetord" not in sealed.read_bytes()
    assert [path.name for path in sealed.parent.iterdir()] == ["x-1.trappen"]


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    with pytest.raises(WrongKeyError, match="Nøglen er forkert"):
        archive.read_archived(seal(tmp_path, b"data"), key=OTHER_KEY)


@pytest.mark.parametrize("place", ["first", "last", "cut", "cut at a chunk"])
def test_tampering_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setattr(archive, "_CHUNK_BYTES", 10)
    monkeypatch.setattr(archive, "_SEALED_BYTES", 10 + 17)
    sealed = seal(tmp_path, b"0123456789" * 3)
    content = bytearray(sealed.read_bytes())
    match place:
        case "first":
            content[len(b"TRAPPEN-ARCHIVE-1\n") + 30] ^= 1
        case "last":
            content[-1] ^= 1
        case "cut":
            content = content[:-3]
        case _:
            content = content[: -(10 + 17)]
    sealed.write_bytes(bytes(content))
    with pytest.raises(WrongKeyError, match="beskadiget"):
        archive.read_archived(sealed, key=KEY)


def test_a_file_that_changed_meanwhile_is_not_archived(tmp_path: Path) -> None:
    source = tmp_path / "fil.csv"
    source.write_bytes(b"ny")
    with pytest.raises(UnreadableFileError, match="blev ændret"):
        archive.archive_file(
            source, tmp_path / "archive", name="x", key=KEY, sha256=hashlib.sha256(b"gammel").hexdigest()
        )
    assert list((tmp_path / "archive").iterdir()) == []


def test_a_full_disk_leaves_the_file_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_seal", full)
    with pytest.raises(DiskFullError, match="ligger stadig i indbakken"):
        seal(tmp_path, b"data")
    assert list((tmp_path / "archive").iterdir()) == []
    assert (tmp_path / "fil.csv").exists()


def test_a_missing_or_foreign_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"x\.trappen mangler"):
        archive.read_archived(tmp_path / "x.trappen", key=KEY)
    (tmp_path / "y.trappen").write_bytes(b"noget andet, der er langt nok til et hoved")
    with pytest.raises(UnreadableFileError, match="ikke en arkivfil"):
        archive.read_archived(tmp_path / "y.trappen", key=KEY)
