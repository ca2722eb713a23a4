"""What do the codes mean: code tables (data_contracts/codes/*.csv) as rows, as aliases and as tables in the warehouse.

A code table is a CSV file with the columns `code`, `title` (Danish), `aliases` (what senders write, parted by |) and its
own attributes. An attribute's type follows from its name: it ends in `_date`, `_count`, `_number`, `_years`, `rung`, `_points`,
`_hours`, `_correlation` or `_reliability`, or begins with `is_` or `has_`; otherwise it is text.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines.assets import asset_root
from pipelines.errors import ContractError

_SQL_TYPES_BY_ENDING = (
    ("_date", "DATE"),
    ("_count", "INTEGER"),
    ("_number", "INTEGER"),
    ("_years", "INTEGER"),
    ("rung", "INTEGER"),
    ("_points", "DOUBLE"),
    ("_hours", "DOUBLE"),
    ("_correlation", "DOUBLE"),
    ("_reliability", "DOUBLE"),
)
_SQL_TYPES_BY_START = (("is_", "BOOLEAN"), ("has_", "BOOLEAN"))


@dataclass(frozen=True)
class OwnCode:
    """A code that one municipality has beside those of a table, with its Danish title and what senders write."""

    code: str
    title: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeTable:
    """One code table: its name, column names, and rows as dictionaries of text ('' where empty)."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The distinct codes in the order of the file (a code may have several rows with different validity)."""
        return tuple(dict.fromkeys(row["code"] for row in self.rows))

    def with_own(self, own: Sequence[OwnCode]) -> "CodeTable":
        """The table with a municipality's own codes last; of them the other columns are empty."""
        empty = dict.fromkeys(self.columns, "")
        added = ({**empty, "code": each.code, "title": each.title, "aliases": "|".join(each.aliases)} for each in own)
        return replace(self, rows=(*self.rows, *added))

    def titles(self) -> dict[str, str]:
        """Danish title per code; the last row wins where a code has several."""
        return {row["code"]: row["title"] for row in self.rows}

    def codes_by_alias(self) -> dict[str, str]:
        """Code per accepted spelling, case-folded: the code itself, its title and its aliases.

        Raises:
            ContractError: one spelling stands for two codes.
        """
        meanings: dict[str, str] = {}
        for row in self.rows:
            for spelling in (row["code"], row["title"], *row["aliases"].split("|")):
                folded = " ".join(spelling.casefold().split())
                if folded and meanings.setdefault(folded, row["code"]) != row["code"]:
                    raise ContractError(
                        f"Kodetabellen {self.name}: '{spelling}' står for både {meanings[folded]} og {row['code']}. "
                        f"Ret data_contracts/codes/{self.name}.csv, så hver stavemåde kun har én betydning."
                    )
        return meanings


def _codes_folder() -> Path:
    return asset_root("data_contracts") / "codes"


def code_table_names() -> tuple[str, ...]:
    """Names of all code tables, alphabetically."""
    return tuple(sorted(path.stem for path in _codes_folder().glob("*.csv")))


@cache
def load_code_table(name: str) -> CodeTable:
    """The code table `name`.

    Raises:
        ContractError: there is no such table, or it lacks code, title or aliases.
    """
    path = _codes_folder() / f"{name}.csv"
    if not path.is_file():
        raise ContractError(f"Kodetabellen {name} findes ikke. De findes: {', '.join(code_table_names())}.")
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        columns = tuple(reader.fieldnames or ())
        missing = [column for column in ("code", "title", "aliases") if column not in columns]
        if missing:
            raise ContractError(f"Kodetabellen {name} mangler kolonnerne {', '.join(missing)}.")
        return CodeTable(name, columns, tuple(reader))


def sql_type(column: str) -> str:
    """DuckDB type of a code table's column, read from its name."""
    for ending, kind in _SQL_TYPES_BY_ENDING:
        if column.endswith(ending):
            return kind
    for start, kind in _SQL_TYPES_BY_START:
        if column.startswith(start):
            return kind
    return "VARCHAR"


def load_codes_into(connection: duckdb.DuckDBPyConnection) -> None:
    """Create or replace `codes.<name>` for every code table; an empty field becomes NULL (but `aliases` is left out)."""
    for name in code_table_names():
        load_code_table_into(connection, load_code_table(name))


def load_code_table_into(connection: duckdb.DuckDBPyConnection, table: CodeTable) -> None:
    """Create or replace the table's `codes.<name>`."""
    columns = {column: sql_type(column) for column in table.columns if column != "aliases"}
    rows = [[row[column] or None for column in columns] for row in table.rows]
    replace_table(connection, f"codes.{table.name}", columns, rows)


def replace_table(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]
) -> None:
    """Create or replace `table` (in the schema codes) with these rows; `columns` are names and DuckDB types."""
    import pyarrow as pa  # inserting row by row takes seconds, Arrow milliseconds

    by_column = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrow = pa.table(dict(zip(columns, map(list, by_column), strict=True)))
    declared = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in columns.items())
    connection.execute("CREATE SCHEMA IF NOT EXISTS codes")
    connection.register("_rows_to_load", arrow)
    try:
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT {declared} FROM _rows_to_load")
    finally:
        connection.unregister("_rows_to_load")
