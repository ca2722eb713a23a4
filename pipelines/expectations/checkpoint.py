"""What does Great Expectations count: contract suites run as one checkpoint over the tables of one stage.

In: an open connection and the tables with their contracts. Out: one outcome per expectation, and Data Docs.
    The result format is BASIC without examples, so counts come back and no value does; an expectation that
    cannot be computed is a fault in the contract, and its message is dropped because DuckDB quotes the value
    it could not convert.
"""

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import great_expectations as gx
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.registry import get_expectation_impl

from pipelines.contracts import Contract, Expectation
from pipelines.errors import ContractError
from pipelines.expectations import rules
from pipelines.expectations.data_docs import build_site, texts_of
from pipelines.expectations.duckdb_datasource import shared_connection
from pipelines.expectations.outcome import Outcome, Skipped, Stage, outcome_of
from pipelines.expectations.subject import Subject

_COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
_GX_SEVERITY = {"error": FailureSeverity.CRITICAL, "warning": FailureSeverity.WARNING}


def run_suites(
    connection: duckdb.DuckDBPyConnection,
    subjects: Sequence[Subject],
    *,
    stage: Stage,
    skipped: Sequence[Skipped],
    docs_folder: Path,
    run_id: int | None,
) -> tuple[Outcome, ...]:
    """One outcome per expectation of every subject, in the order of the contracts; writes the Data Docs.

    Raises:
        ContractError: an expectation cannot be computed on its column.
    """
    with _silent_logs(), ExitStack() as stack:
        context = _context()
        outcomes = _run_checkpoint(context, stack, connection, subjects, stage=stage, run_id=run_id)
        shutil.rmtree(docs_folder, ignore_errors=True)
        stopping = {each.table for each in outcomes if not each.is_success and each.severity == "error"}
        build_site(context, docs_folder, stage=stage, skipped=skipped, stopping=sorted(stopping))
        return outcomes


@contextmanager
def _silent_logs() -> Iterator[None]:
    """Great Expectations logs exceptions with their text, which may quote a value: its loggers are muted."""
    logger = logging.getLogger("great_expectations")
    before = (logger.propagate, list(logger.handlers))
    logger.propagate, logger.handlers = False, [logging.NullHandler()]
    try:
        yield
    finally:
        logger.propagate, logger.handlers = before


def _context() -> EphemeralDataContext:
    """A context in memory: no project folder, no analytics, no progress bars, no sample sites."""
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _run_checkpoint(
    context: EphemeralDataContext,
    stack: ExitStack,
    connection: duckdb.DuckDBPyConnection,
    subjects: Sequence[Subject],
    *,
    stage: Stage,
    run_id: int | None,
) -> tuple[Outcome, ...]:
    definitions = []
    for schema, members in groupby(sorted(subjects, key=lambda each: each.schema), key=lambda each: each.schema):
        creator = stack.enter_context(shared_connection(connection, schema))
        source = context.data_sources.add_duckdb(
            schema,
            connection_string="duckdb:///:memory:",
            kwargs={"creator": creator},
            create_temp_table=False,
        )
        stack.callback(source.get_execution_engine().close)
        definitions += [_validation_definition(context, source, subject) for subject in members]
    if not definitions:
        return ()
    checkpoint = gx.Checkpoint(name=stage, validation_definitions=definitions, result_format=_COUNTS_ONLY)
    result = context.checkpoints.add(checkpoint).run(
        run_id=RunIdentifier(run_name=stage if run_id is None else f"{stage}-{run_id}")
    )
    found = {
        (suite.suite_name, texts_of(each)["name"]): each
        for suite in result.run_results.values()
        for each in suite.results
    }
    return tuple(
        _outcome(found[subject.contract.contract_id, expectation.name], subject.contract, expectation, stage)
        for subject in subjects
        for expectation in subject.contract.expectations
    )


def _validation_definition(context: EphemeralDataContext, source: Any, subject: Subject) -> gx.ValidationDefinition:
    name = subject.contract.contract_id
    batch = source.add_query_asset(name, query=subject.query).add_batch_definition_whole_table("all rows")
    suite = gx.ExpectationSuite(name=name, meta={"title": subject.contract.title})
    for expectation in subject.contract.expectations:
        suite.add_expectation(_great_expectation(expectation, subject.contract))
    definition = gx.ValidationDefinition(name=name, data=batch, suite=context.suites.add(suite))
    return context.validation_definitions.add(definition)


def _great_expectation(expectation: Expectation, contract: Contract) -> Any:
    """The contract's expectation as Great Expectations' own object; the Danish texts travel in its `meta`."""
    columns = rules.columns_of(expectation)
    meta = {
        "name": expectation.name,
        "severity": expectation.severity,
        "columns": ", ".join(contract.column(name).title for name in columns),
        "requirement": rules.requirement(expectation, contract),
        "explanation": expectation.explanation,
    }
    build = get_expectation_impl(expectation.expectation_type)
    try:
        return build(**expectation.arguments, severity=_GX_SEVERITY[expectation.severity], meta=meta)
    except Exception:  # pydantic's message quotes arguments, which are ours, but is English and twenty lines long
        raise ContractError(
            f"Kontrakten {contract.contract_id}, kvalitetsreglen {expectation.name}: argumenterne "
            f"{', '.join(expectation.arguments)} passer ikke til {expectation.expectation_type}."
        ) from None


def _outcome(
    result: ExpectationValidationResult, contract: Contract, expectation: Expectation, stage: Stage
) -> Outcome:
    if _was_not_computed(result):
        raise ContractError(
            f"Kontrakten {contract.contract_id}, kvalitetsreglen {expectation.name}: "
            f"{expectation.expectation_type} kan ikke beregnes. Se efter, om kolonnen "
            f"findes i {stage} og har den type, som reglen kræver."
        )
    counts: Mapping[str, Any] = result.result
    is_on_rows = bool(rules.columns_of(expectation))
    return outcome_of(
        contract,
        expectation,
        stage,
        is_success=bool(result.success),
        row_count=counts.get("element_count") if is_on_rows else counts["observed_value"],
        unexpected_count=counts.get("unexpected_count") if is_on_rows else None,
        unexpected_pct=counts.get("unexpected_percent") if is_on_rows else None,
    )


def _was_not_computed(result: ExpectationValidationResult) -> bool:
    """Whether an exception stands in place of a result: one flag for the whole, or one per metric."""
    information = result.exception_info or {}
    flags = [information, *(part for part in information.values() if isinstance(part, Mapping))]
    return any(flag.get("raised_exception") is True for flag in flags)
