"""Which secret opens what: warehouse, archive and pseudonym keys derived from one key file.

The master key is 32 random bytes, kept as text in `trappen.key` (readable by its owner only) or in the environment
variable TRAPPEN_KEY. Each use has its own key by HKDF-SHA-256 (RFC 5869), so that none gives away another.
"""

import base64
import binascii
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipelines.errors import WrongKeyError

KEY_VARIABLE = "TRAPPEN_KEY"
_KEY_BYTES = 32


@dataclass(frozen=True, repr=False)
class Keys:
    """The derived keys, 32 bytes each; never printed."""

    warehouse: bytes
    archive: bytes
    pseudonym: bytes


def derive_keys(master: bytes) -> Keys:
    """The three keys that follow from the master key."""
    return Keys(*(_derive(master, purpose) for purpose in ("warehouse", "archive", "pseudonym")))


def new_master_key() -> bytes:
    """32 bytes from the operating system's random source."""
    return os.urandom(_KEY_BYTES)


def write_key_file(path: Path, master: bytes) -> None:
    """Write the key so that only its owner can read it (0600); never over an existing file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "wb") as key_file:
        key_file.write(base64.b64encode(master) + b"\n")


def read_master_key(path: Path, environment: Mapping[str, str]) -> bytes:
    """The master key from the environment, else from the key file.

    Raises:
        WrongKeyError: there is none, others can read the file, or it is not 32 bytes in base64.
    """
    if KEY_VARIABLE in environment:
        return _decode(environment[KEY_VARIABLE].encode(), f"miljøvariablen {KEY_VARIABLE}")
    if not path.is_file():
        raise WrongKeyError(
            f"Nøglefilen {path.name} mangler i arbejdsmappen. Læg sikkerhedskopien af nøglen tilbage, "
            f"eller sæt miljøvariablen {KEY_VARIABLE}. Uden nøglen kan data ikke åbnes."
        )
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise WrongKeyError(f"Andre kan læse nøglefilen {path.name}. Skriv: chmod 600 {path.name}")
    return _decode(path.read_bytes(), f"nøglefilen {path.name}")


def _decode(text: bytes, where: str) -> bytes:
    try:
        master = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        master = b""
    if len(master) != _KEY_BYTES:
        raise WrongKeyError(f"Nøglen i {where} er ikke gyldig: Den skal være {_KEY_BYTES} bytes skrevet i base64.")
    return master


def _derive(master: bytes, purpose: str) -> bytes:
    info = f"indsatstrappen/{purpose}/1".encode()
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(master)
