"""Was exactly this judged before, and did it pass? Then the verdict stands, and nothing is counted anew.

A stage is the same when program, contracts, engines, tables to judge, tables skipped, and every row to judge are. A stage that
did not pass is always judged again.
"""

import hashlib
from importlib.metadata import version

import duckdb

from pipelines.expectations.outcome import Outcome, Stage, outcome_of
from pipelines.expectations.plan import Plan
from pipelines.expectations.subject import Subject
from pipelines.version import code_checksum

_VERDICTS = """
create table if not exists meta.gate_verdicts (stage varchar primary key, fingerprint varchar not null, run_id bigint not null)
"""


def stage_fingerprint(connection: duckdb.DuckDBPyConnection, stage: Stage, plan: Plan) -> str:
    """A checksum that differs when anything a verdict rests on does: 64 hex digits."""
    parts = [
        stage,
        code_checksum(),
        *(f"{package} {version(package)}" for package in ("duckdb", "great-expectations")),
        *(f"{subject.contract.contract_id} {subject.contract.checksum}" for subject in plan.subjects),
        *(_rows_fingerprint(connection, subject) for subject in plan.subjects),
        *map(repr, plan.skipped),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def passed_before(
    connection: duckdb.DuckDBPyConnection, stage: Stage, plan: Plan, fingerprint: str
) -> tuple[Outcome, ...] | None:
    """The outcomes of the same stage when it last passed, in the order of the contracts; None when it must be judged."""
    _make_table(connection)
    found = connection.execute(
        "select run_id from meta.gate_verdicts where stage = ? and fingerprint = ?", [stage, fingerprint]
    ).fetchone()
    if found is None:
        return None
    rows = connection.execute(
        "select table_name, expectation_name, is_success, row_count, unexpected_count, unexpected_pct "
        "from meta.expectation_results where run_id = ? and stage = ?",
        [found[0], stage],
    ).fetchall()
    names = ("is_success", "row_count", "unexpected_count", "unexpected_pct")
    counted = {(table, name): dict(zip(names, counts, strict=True)) for table, name, *counts in rows}
    wanted = [
        (subject.contract, expectation) for subject in plan.subjects for expectation in subject.contract.expectations
    ]
    if counted.keys() != {(contract.contract_id, expectation.name) for contract, expectation in wanted}:
        return None
    return tuple(
        outcome_of(contract, expectation, stage, **counted[contract.contract_id, expectation.name])
        for contract, expectation in wanted
    )


def remember_passed(connection: duckdb.DuckDBPyConnection, stage: Stage, fingerprint: str, *, run_id: int) -> None:
    """The verdict on this fingerprint stands in `meta.expectation_results` under `run_id`."""
    _make_table(connection)
    connection.execute("insert or replace into meta.gate_verdicts values (?, ?, ?)", [stage, fingerprint, run_id])


def _make_table(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists meta")
    connection.execute(_VERDICTS)


def _rows_fingerprint(connection: duckdb.DuckDBPyConnection, subject: Subject) -> str:
    """The number of rows to judge and the sum of their hashes; a sum, since with xor two equal rows would vanish."""
    columns = ", ".join(f'"{column.name}"' for column in subject.contract.columns)
    return str(connection.execute(f"select count(*), sum(hash({columns})) from ({subject.query})").fetchone())
