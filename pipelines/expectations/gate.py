"""May we publish: the gate after typed and after marts.

From typed (current rows of every delivered source) or from core and marts (every table with a contract) into a
result, `meta.expectation_results` and Data Docs. Great Expectations is imported here, by the call and not before.
"""

import warnings
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb

from pipelines.contracts import Contract, load_contracts
from pipelines.expectations.data_docs import write_data_docs
from pipelines.expectations.kept import passed_before, remember_passed, stage_fingerprint
from pipelines.expectations.outcome import GateResult, Outcome, Stage, record_outcomes
from pipelines.expectations.plan import Plan, make_plan, schemas_by_table
from pipelines.expectations.rules import check_expectations


def validate(
    connection: duckdb.DuckDBPyConnection,
    stage: Stage,
    *,
    docs_folder: Path,
    run_id: int | None = None,
    tables: Collection[str] | None = None,
    contracts: Mapping[str, Contract] | None = None,
) -> GateResult:
    """Judge the tables of a stage, keep the outcomes in `meta.expectation_results`, write Data Docs.

    Stage `typed` judges the current rows (`valid_to is null`) of every source with a delivery; `marts` judges
    every core and mart table that has a contract with expectations. A failed expectation raises nothing here:
    call `raise_on_error()` on the result. Data Docs go into `docs_folder`/<stage>, which is emptied first.
    Where exactly the same rows passed before, that verdict stands.

    Call it after a commit: Great Expectations reads through a second connection of the same process.

    Args:
        connection: an open warehouse standing in its own database (`USE wh`).
        stage: typed or marts.
        docs_folder: where the Data Docs of both stages lie.
        run_id: the run's number in `meta.expectation_results`; None means the latest in `meta.runs`.
        tables: contract ids to judge; None means all. The others are named as skipped.
        contracts: other contracts than the packaged ones, for tests.

    Raises:
        ContractError: an expectation is unsafe or cannot be computed, or a core or mart table with a contract
            is missing.
    """
    known = load_contracts("source" if stage == "typed" else "table") if contracts is None else contracts
    for contract in known.values():
        check_expectations(contract)
    plan = make_plan(connection, stage, known.values(), tables)
    run_id = _latest_run(connection) if run_id is None else run_id
    # other contracts, or a part of the tables, is no verdict on the stage
    fingerprint = stage_fingerprint(connection, stage, plan) if contracts is None and tables is None else None
    outcomes = passed_before(connection, stage, plan, fingerprint) if fingerprint else None
    if outcomes is None:
        outcomes = _run_suites(connection, stage, plan)
    record_outcomes(connection, outcomes, run_id=run_id)
    docs_index = write_data_docs(docs_folder / stage, stage=stage, outcomes=outcomes, skipped=plan.skipped)
    result = GateResult(stage, outcomes, plan.skipped, docs_index)
    if fingerprint and run_id is not None and not result.failures:
        remember_passed(connection, stage, fingerprint, run_id=run_id)
    return result


def _latest_run(connection: duckdb.DuckDBPyConnection) -> int | None:
    """Number of the run under way, which has the highest number in the run log; None without a log."""
    if "runs" not in schemas_by_table(connection, ("meta",)):
        return None
    row = connection.execute("select max(run_id) from meta.runs").fetchone()
    return None if row is None or row[0] is None else int(row[0])


def _run_suites(connection: duckdb.DuckDBPyConnection, stage: Stage, plan: Plan) -> tuple[Outcome, ...]:
    if not plan.subjects:
        return ()
    with warnings.catch_warnings():
        # Great Expectations imports deprecated modules of the standard library; of ours, only the modules
        # that exist to call it are loaded in here.
        warnings.simplefilter("ignore")
        from pipelines.expectations.suites import run_suites
    return run_suites(connection, plan.subjects, stage=stage)
