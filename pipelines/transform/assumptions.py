"""How much do the ladder's numbers hang on our choices: any table of the ladder as it would be under others, nothing stored.

The files under sql/ are the only description of the ladder, so they are run again: the tables between the choice and the table asked
for become steps of one query, in which the settings or the uncertain ranks are replaced. The warehouse may be open read-only.

Social rung 1 has no length to vary yet: the meetings delivered name no child, so nobody stands on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import duckdb
import polars as pl
from sqlglot import exp

from pipelines.assets import asset_root
from pipelines.transform.order import in_build_order
from pipelines.transform.sql_files import SqlFile, physical_tables, read_files_behind

_SETTINGS = "codes.settings"
_MEASURES = "core.fct_measure"
_MOVES = "marts.mart_ladder_moves"
_RANKS = {
    "lowest": "lowest_social_rung AS social_rung, lowest_education_rung AS education_rung",
    "highest": "highest_social_rung AS social_rung",
}


@dataclass(frozen=True)
class LadderAssumptions:
    """What is assumed in place of what the warehouse was built with.

    grace_gap_days: None leaves the municipality's own setting. uncertain_ranks: where a place or paragraph of uncertain rank stands
    on the national ladder (a municipality has decided the ranks of its own); lowest may mean not on the ladder at all.
    """

    grace_gap_days: int | None = None
    uncertain_ranks: Literal["as_set", "lowest", "highest"] = "as_set"


STANDARD_ASSUMPTIONS: Final[Mapping[str, LadderAssumptions]] = {
    "as_set": LadderAssumptions(),
    "grace_0_days": LadderAssumptions(grace_gap_days=0),
    "grace_30_days": LadderAssumptions(grace_gap_days=30),
    "grace_90_days": LadderAssumptions(grace_gap_days=90),
    "uncertain_ranks_lowest": LadderAssumptions(uncertain_ranks="lowest"),
    "uncertain_ranks_highest": LadderAssumptions(uncertain_ranks="highest"),
}
"""The rows of the report's sensitivity table."""


def moves_by_assumption(
    connection: duckdb.DuckDBPyConnection, assumptions: Mapping[str, LadderAssumptions] = STANDARD_ASSUMPTIONS
) -> pl.DataFrame:
    """marts.mart_ladder_moves once per assumption, one under the other; `assumption` (the mapping's key) is the first column."""
    frames = [
        read_under(connection, _MOVES, chosen).insert_column(0, pl.lit(name).alias("assumption"))
        for name, chosen in assumptions.items()
    ]
    return pl.concat(frames)


def read_under(connection: duckdb.DuckDBPyConnection, table: str, assumptions: LadderAssumptions) -> pl.DataFrame:
    """The rows and columns of a built table (`core.fct_ladder_spell`, `marts.mart_ladder_moves`, ...) under other assumptions.

    Raises:
        KeyError: no file under sql/ makes the table.
    """
    return connection.execute(query_under(table, assumptions)).pl()


def query_under(table: str, assumptions: LadderAssumptions) -> str:
    """One SELECT for `read_under`; a table that hangs on none of the assumptions is read as it stands.

    Raises:
        KeyError: no file under sql/ makes the table.
    """
    files = in_build_order(read_files_behind(table, asset_root("sql")))
    replaced = _replacements(assumptions)
    steps = dict(replaced)
    for file in _made_anew(files, replaced):
        steps[file.table] = _reading_steps(file, steps)
    written = ",\n".join(f"{_step_name(name)} AS MATERIALIZED ({select})" for name, select in steps.items())
    source = _step_name(table) if table in steps else table
    return f"WITH {written}\nSELECT * FROM {source}" if steps else f"SELECT * FROM {source}"


def _replacements(assumptions: LadderAssumptions) -> dict[str, str]:
    replaced = {}
    if assumptions.grace_gap_days is not None:
        days = int(assumptions.grace_gap_days)
        replaced[_SETTINGS] = f"SELECT * REPLACE ({days} AS grace_gap_days) FROM {_SETTINGS}"
    if assumptions.uncertain_ranks != "as_set":
        replaced[_MEASURES] = f"SELECT * REPLACE ({_RANKS[assumptions.uncertain_ranks]}) FROM {_MEASURES}"
    return replaced


def _made_anew(files: Sequence[SqlFile], replaced: Mapping[str, str]) -> list[SqlFile]:
    """The files, in build order, that read what is replaced or what must be made anew for it."""
    changed = set(replaced)
    anew = []
    for file in files:
        if file.table not in changed and any(reference.table in changed for reference in file.references):
            changed.add(file.table)
            anew.append(file)
    return anew


def _reading_steps(file: SqlFile, steps: Mapping[str, str]) -> str:
    """The file's statement, reading the steps in place of the tables they stand for."""
    expression = file.expression.copy()
    for node in list(physical_tables(expression)):
        name = f"{node.db}.{node.name}".lower()
        if name in steps:
            alias = node.alias or node.name
            node.replace(exp.to_table(_step_name(name), alias=alias))
    return expression.sql(dialect="duckdb", comments=False)


def _step_name(table: str) -> str:
    return "under_assumptions_" + table.replace(".", "_")
