"""Is a kept result still that of today's code: checksums over the folders that decide it, the same on every system."""

import hashlib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
MEASURED = ("measures", "simulate")
"""What the study is about: the methods, and the worlds they are tried in."""
_SUFFIXES = (".py", ".toml")


def checksum_of(root: Path, folders: tuple[str, ...]) -> str:
    """SHA-256 over every .py and .toml file of `folders` under `root`: sorted relative paths and contents, lines ended by LF."""
    digest = hashlib.sha256()
    paths = {
        path.relative_to(root).as_posix(): path
        for folder in folders
        for path in (root / folder).rglob("*")
        if path.suffix in _SUFFIXES
    }
    for name, path in sorted(paths.items()):
        content = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


@cache
def measured_checksum() -> str:
    """The checksum of pipelines/measures and pipelines/simulate: when it changes, a kept study is older than the code."""
    return checksum_of(_PACKAGE, MEASURED)


@cache
def drawing_checksum() -> str:
    """As `measured_checksum`, and this room too: what decides whether a half-finished study may go on from its blocks."""
    return checksum_of(_PACKAGE, (*MEASURED, "prove"))
