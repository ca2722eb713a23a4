"""A CPR number -> a pseudonym nobody can undo without the key: the first 128 bits of HMAC-SHA-256, as UUID.

HMAC (RFC 2104) is two nested hashes over the key's two pads, which DuckDB can do in the scan that types the row. The pads go in as
bound parameters, so that no SQL text (query log, profile, error) holds the key.

Tried and left: hashing each distinct number once and joining. The join gives up the order of the file (and so the row
numbers), and with about three rows a child the extra scan costs as much as the hashes it saves.
"""

import hmac
from uuid import UUID

INNER_PAD = "inner_pad"
OUTER_PAD = "outer_pad"
_BLOCK_BYTES = 64


def pseudonym(cpr: str, key: bytes) -> UUID:
    """The pseudonym of a CPR number in canonical form (ten signs, no dash, upper case)."""
    return UUID(bytes=hmac.digest(key, cpr.encode(), "sha256")[:16])


def pseudonym_sql(canonical: str) -> str:
    """SQL giving the same pseudonym of the text expression `canonical`; needs `pad_parameters`. NULL gives NULL."""
    return f"sha256(${OUTER_PAD} || unhex(sha256(${INNER_PAD} || encode({canonical}))))[1:32]::UUID"


def pad_parameters(key: bytes) -> dict[str, bytes]:
    """The key's two pads as bound parameters for `pseudonym_sql`.

    Raises:
        ValueError: the key is longer than a block, which HMAC would first hash; ours is 32 bytes.
    """
    if len(key) > _BLOCK_BYTES:
        raise ValueError(f"the pseudonym key has {len(key)} bytes; at most {_BLOCK_BYTES}")
    block = key.ljust(_BLOCK_BYTES, b"\0")
    return {
        INNER_PAD: bytes(byte ^ 0x36 for byte in block),
        OUTER_PAD: bytes(byte ^ 0x5C for byte in block),
    }
