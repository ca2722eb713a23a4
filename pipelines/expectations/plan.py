"""Which tables are judged at a stage, and why are the others skipped?

A source without a delivery is skipped, and so is an empty core or mart table that lacks a delivery it builds on; every
skipped table is named with its reason. A table with a contract that was never built is a fault.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from pipelines.assets import asset_root
from pipelines.contracts import Contract, load_contracts
from pipelines.errors import ContractError
from pipelines.expectations.lineage import sources_behind
from pipelines.expectations.outcome import Skipped, Stage
from pipelines.expectations.subject import Subject
from pipelines.transform.sql_files import read_sql_files

_NOT_CHOSEN = "Tabellen er ikke valgt til kontrol."


@dataclass(frozen=True)
class Plan:
    """What to judge and what to skip, both in the order of the contracts."""

    subjects: tuple[Subject, ...]
    skipped: tuple[Skipped, ...]


def make_plan(
    connection: duckdb.DuckDBPyConnection,
    stage: Stage,
    contracts: Iterable[Contract],
    tables: Collection[str] | None,
) -> Plan:
    """The plan for a stage; `tables` are the contract ids chosen, None means all.

    Raises:
        ContractError: a core or mart table with a contract was not built.
    """
    schemas = schemas_by_table(connection, ("typed",) if stage == "typed" else ("core", "marts"))
    reason_to_skip = (_SkippedSources if stage == "typed" else _SkippedTables)(connection, schemas)
    subjects: list[Subject] = []
    skipped: list[Skipped] = []
    for contract in contracts:
        if not contract.expectations:
            continue
        name = contract.contract_id
        reason = _NOT_CHOSEN if tables is not None and name not in tables else reason_to_skip(name)
        if reason is not None:
            skipped.append(Skipped(name, contract.title, reason))
        else:
            subjects.append(Subject(contract, schemas[name], is_versioned=stage == "typed"))
    return Plan(tuple(subjects), tuple(skipped))


class _SkippedSources:
    """Why a source is not judged, or None: nobody delivered it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, schemas: Mapping[str, str]) -> None:
        self._delivered = _delivered_sources(connection)
        self._present = schemas

    def __call__(self, name: str) -> str | None:
        is_delivered = self._delivered is None or name in self._delivered
        return None if is_delivered and name in self._present else "Der er ingen leverance."


class _SkippedTables:
    """Why a core or mart table is not judged, or None: it is empty and lacks a delivery that it builds on.

    Raises ContractError for a table that has a contract and was not built.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, schemas: Mapping[str, str]) -> None:
        self._connection = connection
        self._schemas = schemas
        self._delivered = _delivered_sources(connection)
        self._sources = sources_behind(read_sql_files(asset_root("sql")))

    def __call__(self, name: str) -> str | None:
        if name not in self._schemas:
            raise ContractError(
                f"Kontrakten {name} beskriver en tabel, som ikke er bygget. Byg den, eller slet kontrakten."
            )
        table = f"{self._schemas[name]}.{name}"
        needed = self._sources.get(table, frozenset())
        lacking = sorted(needed - self._delivered) if self._delivered is not None else []
        if not lacking or self._connection.execute(f"select 1 from {table} limit 1").fetchone() is not None:
            return None
        titles = ", ".join(load_contracts("source")[source].title for source in lacking)
        return f"Tabellen er tom. Der er ingen leverance af: {titles}."


def schemas_by_table(connection: duckdb.DuckDBPyConnection, schemas: Sequence[str]) -> dict[str, str]:
    """Schema by name of every table and view in the given schemas of the current database."""
    rows = connection.execute(
        "select table_name, table_schema from information_schema.tables "
        "where table_catalog = current_database() and list_contains(?, table_schema)",
        [list(schemas)],
    ).fetchall()
    return dict(rows)


def _delivered_sources(connection: duckdb.DuckDBPyConnection) -> frozenset[str] | None:
    """Sources in the register of deliveries; None without a register: then every typed table is judged."""
    if "deliveries" not in schemas_by_table(connection, ("landed",)):
        return None
    rows = connection.execute("select distinct source from landed.deliveries").fetchall()
    return frozenset(source for (source,) in rows)
