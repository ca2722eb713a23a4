"""One key file opens everything, and each use has a key of its own."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipelines.errors import WrongKeyError
from pipelines.keys import KEY_VARIABLE, derive_keys, new_master_key, read_master_key, write_key_file

MASTER = bytes(range(32))


def test_hkdf_gives_the_published_answer() -> None:
    # RFC 5869, test case 3: SHA-256, no salt, no info
    derived = HKDF(algorithm=SHA256(), length=42, salt=None, info=b"").derive(bytes([0x0B] * 22))
    assert derived.hex() == ("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")


def test_each_use_has_its_own_key() -> None:
    keys = derive_keys(MASTER)
    derived = {keys.warehouse, keys.archive, keys.pseudonym}
    assert len(derived) == 3
    assert MASTER not in derived
    assert derive_keys(MASTER) == keys
    assert derive_keys(bytes(32)) != keys


def test_keys_do_not_print_themselves() -> None:
    keys = derive_keys(MASTER)
    assert keys.pseudonym.hex() not in repr(keys)
    assert repr(keys.pseudonym) not in repr(keys)


def test_a_key_file_comes_back_and_is_private(tmp_path: Path) -> None:
    master = new_master_key()
    write_key_file(tmp_path / "trappen.key", master)
    assert (tmp_path / "trappen.key").stat().st_mode & 0o777 == 0o600
    assert read_master_key(tmp_path / "trappen.key", {}) == master


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    write_key_file(tmp_path / "trappen.key", MASTER)
    with pytest.raises(FileExistsError):
        write_key_file(tmp_path / "trappen.key", bytes(32))


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    write_key_file(tmp_path / "trappen.key", bytes(32))
    environment = {KEY_VARIABLE: base64.b64encode(MASTER).decode()}
    assert read_master_key(tmp_path / "trappen.key", environment) == MASTER


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"not base64!", "ikke gyldig"), (base64.b64encode(b"short"), "32 bytes"), (b"", "ikke gyldig")],
)
def test_a_spoilt_key_is_refused_without_showing_it(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "trappen.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(WrongKeyError, match=said) as caught:
        read_master_key(path, {})
    assert content.decode() not in str(caught.value) or not content


def test_a_missing_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WrongKeyError, match="sikkerhedskopien"):
        read_master_key(tmp_path / "trappen.key", {})
