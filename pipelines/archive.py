"""Where is the delivered file afterwards: encrypted in the workspace's archive, and nowhere else.

libsodium's secretstream (XChaCha20-Poly1305) seals the file in chunks, so that a truncated, reordered or changed archive file is
refused as a whole. A file gets its name only when it is complete and has been read back and found equal to the delivery.
"""

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from nacl import bindings
from nacl.exceptions import CryptoError

from pipelines.errors import DiskFullError, UnreadableFileError, WrongKeyError

ARCHIVE_SUFFIX = ".trappen"
_MAGIC = b"TRAPPEN-ARCHIVE-1\n"
_CHUNK_BYTES = 1024 * 1024
_SEALED_BYTES = _CHUNK_BYTES + bindings.crypto_secretstream_xchacha20poly1305_ABYTES
_HEADER_BYTES = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_MESSAGE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL


def archive_file(source: Path, folder: Path, *, name: str, key: bytes, sha256: str) -> str:
    """Seal a file into the archive folder and return its file name there; the source is left as it is.

    Raises:
        DiskFullError: there was no room; nothing is left behind.
        UnreadableFileError: what was sealed is not what was landed (the file changed meanwhile, or the disk is faulty).
    """
    target = folder / f"{name}{ARCHIVE_SUFFIX}"
    unfinished = target.with_suffix(".unfinished")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as plain, unfinished.open("wb") as sealed:
            _seal(plain, sealed, key)
            sealed.flush()
            os.fsync(sealed.fileno())
        if _hash_of_sealed(unfinished, key) != sha256:
            raise UnreadableFileError(
                f"{name} blev ændret, mens den blev læst ind. Filen er ikke arkiveret og ligger stadig i indbakken. Kør igen."
            )
        unfinished.replace(target)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFullError(
                "Der er ikke plads nok på disken til at arkivere leverancen. Filen ligger stadig i indbakken. "
                "Frigør plads, og kør igen."
            ) from None
        raise
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return target.name


def read_archived(path: Path, *, key: bytes) -> bytes:
    """The delivered file's bytes, in memory only.

    Raises:
        WrongKeyError: the key does not open it, or the archive file is damaged.
        UnreadableFileError: it is gone, or not an archive file of ours.
    """
    return b"".join(_open_sealed(path, key))


def _seal(plain: BinaryIO, sealed: BinaryIO, key: bytes) -> None:
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    sealed.write(_MAGIC + bindings.crypto_secretstream_xchacha20poly1305_init_push(state, key))
    chunk = plain.read(_CHUNK_BYTES)
    while True:
        following = plain.read(_CHUNK_BYTES)
        tag = _MESSAGE if following else _FINAL
        sealed.write(bindings.crypto_secretstream_xchacha20poly1305_push(state, chunk, tag=tag))
        if not following:
            return
        chunk = following


def _open_sealed(path: Path, key: bytes) -> Iterator[bytes]:
    if not path.is_file():
        raise UnreadableFileError(
            f"Arkivfilen {path.name} mangler. Læg sikkerhedskopien af mappen archive tilbage, og kør igen."
        )
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    with path.open("rb") as sealed:
        if sealed.read(len(_MAGIC)) != _MAGIC:
            raise UnreadableFileError(f"{path.name} er ikke en arkivfil fra dette system.")
        tag = _MESSAGE
        try:
            bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, sealed.read(_HEADER_BYTES), key)
            while chunk := sealed.read(_SEALED_BYTES):
                opened, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, chunk)
                yield opened
        except (CryptoError, RuntimeError, ValueError, TypeError):
            tag = _MESSAGE
    if tag != _FINAL:
        raise WrongKeyError(
            f"Arkivfilen {path.name} kan ikke åbnes: Nøglen er forkert, eller filen er beskadiget. "
            "Læg den rigtige trappen.key eller sikkerhedskopien af arkivet tilbage."
        )


def _hash_of_sealed(path: Path, key: bytes) -> str:
    digest = hashlib.sha256()
    for chunk in _open_sealed(path, key):
        digest.update(chunk)
    return digest.hexdigest()
