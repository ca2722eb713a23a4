"""Values written into SQL come back as they were, whatever signs they hold."""

from datetime import datetime

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.typed.values import Value, execute, literal


@given(
    value=st.one_of(
        st.none(),
        st.integers(-(2**62), 2**62),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    )
)
def test_a_value_comes_back(connection: duckdb.DuckDBPyConnection, value: Value) -> None:
    assert execute(connection, "SELECT $value, $value", value=value).fetchone() == (value, value)


def test_a_moment_comes_back() -> None:
    moment = datetime(2026, 9, 1, 8, 5, 7, 123456)
    with duckdb.connect(config={"threads": "1"}) as connection:
        assert connection.execute(f"SELECT {literal(moment)}").fetchone() == (moment,)


def test_a_value_that_names_another_is_text() -> None:
    with duckdb.connect(config={"threads": "1"}) as connection:
        assert execute(connection, "SELECT $one", one="$two' -- ").fetchone() == ("$two' -- ",)


def test_a_forgotten_value_is_an_error() -> None:
    with duckdb.connect(config={"threads": "1"}) as connection, pytest.raises(KeyError, match="one"):
        execute(connection, "SELECT $one")
