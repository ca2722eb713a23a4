"""How does Great Expectations reach DuckDB: an engine and a datasource that work on our own open connection.

Great Expectations closes its connection before it fetches the rows, and `duckdb-engine` then has nothing left
to fetch: every expectation fails with IndexError. Keeping one connection per engine cures it. It knows no
regular expressions on DuckDB either; two metrics of our own supply them. The database is encrypted, attached
and locked already, so the connection handed over is a cursor of ours and nothing is opened a second time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Literal

import duckdb
import duckdb_engine
import sqlalchemy
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Great Expectations' SQL engine with one connection for its whole life: results can still be fetched."""

    _connection: sqlalchemy.Connection | None

    @contextmanager
    def get_connection(self) -> Iterator[sqlalchemy.Connection]:
        """The one connection; it stays open until the engine is closed."""
        if self._connection is None:
            self._connection = self.engine.connect()
        yield self._connection

    def close(self) -> None:
        """Close the one connection and its pool."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        super().close()


class DuckDBDatasource(SQLDatasource):
    """`context.data_sources.add_duckdb(...)`: a SQL datasource that uses the engine above."""

    type: Literal["duckdb"] = "duckdb"  # the name under which the datasource is registered
    execution_engine_override: ClassVar[Any] = DuckDBExecutionEngine


class DuckDBValuesMatchRegex(ColumnMapMetricProvider):
    """Values in which the pattern is found (RE2 syntax), as elsewhere in Great Expectations."""

    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, regex: str, **_: Any) -> Any:  # noqa: N805  # Great Expectations calls it on the class
        return sqlalchemy.func.regexp_matches(column, sqlalchemy.literal(regex))


class DuckDBValuesNotMatchRegex(ColumnMapMetricProvider):
    """Values in which the pattern is not found."""

    condition_metric_name = "column_values.not_match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, regex: str, **_: Any) -> Any:  # noqa: N805  # Great Expectations calls it on the class
        return sqlalchemy.not_(sqlalchemy.func.regexp_matches(column, sqlalchemy.literal(regex)))


@contextmanager
def shared_connection(
    connection: duckdb.DuckDBPyConnection, schema: str
) -> Iterator[Callable[[], duckdb_engine.ConnectionWrapper]]:
    """A function that hands SQLAlchemy a cursor of `connection`, standing in `schema` of its database.

    A cursor is a connection of its own in DuckDB: it inherits neither the schema (set here) nor uncommitted
    changes (commit before validating). All cursors handed out are closed at the end, so that the warehouse
    can be detached.
    """
    (database,) = connection.execute("select current_database()").fetchone() or ("",)
    cursors: list[duckdb.DuckDBPyConnection] = []

    def create() -> duckdb_engine.ConnectionWrapper:
        cursor = connection.cursor()
        cursors.append(cursor)
        cursor.execute(f'use "{database}"."{schema}"')
        return duckdb_engine.ConnectionWrapper(cursor)

    try:
        yield create
    finally:
        for cursor in cursors:
            cursor.close()
