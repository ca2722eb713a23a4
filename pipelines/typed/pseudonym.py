"""A CPR number -> a pseudonym nobody can undo without the key: the first 128 bits of HMAC-SHA-256, as UUID.

HMAC (RFC 2104) is two nested hashes over the key's two pads, which DuckDB can do in the scan that types the row. The pads are
variables of the connection, so that the statement that types (query log, profile, error) does not hold the key.

Tried and left: hashing each distinct number once and joining. The join gives up the order of the file (and so the row
numbers), and with about three rows a child the extra scan costs as much as the hashes it saves.
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import duckdb

INNER_PAD = "inner_pad"
OUTER_PAD = "outer_pad"
_BLOCK_BYTES = 64


def pseudonym(cpr: str, key: bytes) -> UUID:
    """The pseudonym of a CPR number in canonical form (ten signs, no dash, upper case)."""
    return UUID(bytes=hmac.digest(key, cpr.encode(), "sha256")[:16])


def pseudonym_sql(canonical: str) -> str:
    """SQL giving the same pseudonym of the text expression `canonical`; needs `pads`. NULL gives NULL."""
    inner = f"sha256(unhex(getvariable('{INNER_PAD}')) || encode({canonical}))"
    return f"sha256(unhex(getvariable('{OUTER_PAD}')) || unhex({inner}))[1:32]::UUID"


@contextmanager
def pads(connection: duckdb.DuckDBPyConnection, key: bytes) -> Iterator[None]:
    """Give the connection the key's two pads, which `pseudonym_sql` needs, for as long as the block lasts.

    To be put around the transaction, not inside it: a failed transaction would not let them go.

    Raises:
        ValueError: the key is longer than a block, which HMAC would first hash; ours is 32 bytes.
    """
    if len(key) > _BLOCK_BYTES:
        raise ValueError(f"the pseudonym key has {len(key)} bytes; at most {_BLOCK_BYTES}")
    block = key.ljust(_BLOCK_BYTES, b"\0")
    for name, sign in ((INNER_PAD, 0x36), (OUTER_PAD, 0x5C)):
        connection.execute(f"SET VARIABLE {name} = '{bytes(byte ^ sign for byte in block).hex()}'")
    try:
        yield
    finally:
        for name in (INNER_PAD, OUTER_PAD):
            connection.execute(f"RESET VARIABLE {name}")
