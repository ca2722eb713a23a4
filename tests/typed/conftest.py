"""One cell typed by the SQL that types deliveries."""

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from pipelines.contracts import Column
from pipelines.typed import cells

Read = Callable[..., Any]


@pytest.fixture(scope="session")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": "1"}) as opened:
        yield opened


@pytest.fixture
def value_of(connection: duckdb.DuckDBPyConnection) -> Read:
    """The value of a text cell under a column, or (when it is a fault) the kind found, in brackets."""

    def read(column: Column, cell: str | None, *, point: cells.Point = "thousands") -> Any:
        value = cells.value_sql(column, "raw", point=point)
        kind = cells.kind_sql(column, "raw", point=point)
        row = connection.execute(
            f"SELECT ({value})::{column.physical_type}, {cells.fails_sql(column, 'raw')}, {kind} FROM (SELECT ?::VARCHAR AS raw)",
            [cell],
        ).fetchone()
        assert row is not None
        return f"<{row[2]}>" if row[0] is None and row[1] else row[0]

    return read
