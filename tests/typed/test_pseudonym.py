"""The pseudonym made in SQL is the one Python's own HMAC makes."""

import hmac
import uuid

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.typed.pseudonym import pads, pseudonym, pseudonym_sql


@given(key=st.binary(min_size=1, max_size=64), cpr=st.from_regex(r"[0-9]{6}[0-9A-Z]{4}", fullmatch=True))
def test_sql_and_python_agree(connection: duckdb.DuckDBPyConnection, key: bytes, cpr: str) -> None:
    expected = uuid.UUID(bytes=hmac.new(key, cpr.encode(), "sha256").digest()[:16])
    sql = f"SELECT {pseudonym_sql('cpr')} FROM (SELECT '{cpr}' AS cpr)"
    with pads(connection, key):
        assert connection.execute(sql).fetchone() == (expected,)
    assert connection.execute(sql).fetchone() == (None,)
    assert pseudonym(cpr, key) == expected


def test_published_example_of_hmac_sha_256() -> None:
    # RFC 4231, test case 2: key "Jefe", data "what do ya want for nothing?", first 16 of 32 bytes
    expected = uuid.UUID(hex="5bdcc146bf60754e6a042426089575c7")
    assert pseudonym("what do ya want for nothing?", b"Jefe") == expected


def test_a_missing_number_has_no_pseudonym() -> None:
    with duckdb.connect(config={"threads": "1"}) as connection:
        sql = f"SELECT {pseudonym_sql('cpr')} FROM (SELECT NULL::VARCHAR AS cpr)"
        with pads(connection, b"key"):
            assert connection.execute(sql).fetchone() == (None,)


def test_a_key_longer_than_a_block_is_refused() -> None:
    with (
        duckdb.connect(config={"threads": "1"}) as connection,
        pytest.raises(ValueError, match="65 bytes"),
        pads(connection, b"k" * 65),
    ):
        pass
