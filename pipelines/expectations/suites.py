"""What does Great Expectations count: the contracts' suites over the tables of one stage.

In: an open connection and the tables with their contracts. Out: one outcome per expectation.
    The result format is BASIC without examples, so counts come back and no value does; an expectation that
    cannot be computed is a fault in the contract, and its message is dropped because DuckDB quotes the value
    it could not convert. A checkpoint would do the same, but writes each table, suite and result to stores that
    we do not read, and asks of each again and again whether it is fresh: a third of its time.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from typing import Any

import duckdb
import great_expectations as gx
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent.sql_datasource import QueryAsset
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.registry import get_expectation_impl

from pipelines.contracts import Contract, Expectation
from pipelines.errors import ContractError
from pipelines.expectations import rules
from pipelines.expectations.duckdb_datasource import shared_connection
from pipelines.expectations.outcome import Outcome, Stage, outcome_of
from pipelines.expectations.subject import Subject

_COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
_GX_SEVERITY = {"error": FailureSeverity.CRITICAL, "warning": FailureSeverity.WARNING}


def run_suites(
    connection: duckdb.DuckDBPyConnection, subjects: Sequence[Subject], *, stage: Stage
) -> tuple[Outcome, ...]:
    """One outcome per expectation of every subject, in the order of the contracts.

    Raises:
        ContractError: an expectation cannot be computed on its column.
    """
    found: dict[str, tuple[Outcome, ...]] = {}
    with _silent_logs(), ExitStack() as stack:
        context = _context()
        in_schemas = sorted(subjects, key=lambda each: each.schema)
        for schema, members in groupby(in_schemas, key=lambda each: each.schema):
            creator = stack.enter_context(shared_connection(connection, schema))
            source = context.data_sources.add_duckdb(
                schema,
                connection_string="duckdb:///:memory:",
                kwargs={"creator": creator},
                create_temp_table=False,
            )
            stack.callback(source.get_execution_engine().close)
            found |= {subject.contract.contract_id: _judged(source, subject, stage) for subject in members}
    return tuple(outcome for subject in subjects for outcome in found[subject.contract.contract_id])


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


def _judged(source: Any, subject: Subject, stage: Stage) -> tuple[Outcome, ...]:
    """The outcomes of one table."""
    contract = subject.contract
    asset = QueryAsset(name=contract.contract_id, type="query", query=subject.query)
    source.assets.append(asset)  # add_query_asset would also write the whole configuration anew for each table
    asset._datasource = source
    suite = gx.ExpectationSuite(
        name=contract.contract_id,
        expectations=[_great_expectation(each, contract) for each in contract.expectations],
    )
    batch = asset.get_batch(asset.build_batch_request())
    results: Iterable[ExpectationValidationResult] = batch.validate(suite, result_format=_COUNTS_ONLY).results
    by_name = {_name(each): each for each in results}
    return tuple(_outcome(by_name[each.name], contract, each, stage) for each in contract.expectations)


def _great_expectation(expectation: Expectation, contract: Contract) -> Any:
    """The contract's expectation as Great Expectations' own object; its name travels in its `meta`."""
    build = get_expectation_impl(expectation.expectation_type)
    try:
        return build(
            **expectation.arguments, severity=_GX_SEVERITY[expectation.severity], meta={"name": expectation.name}
        )
    except Exception:  # pydantic's message quotes arguments, which are ours, but is English and twenty lines long
        raise ContractError(
            f"Kontrakten {contract.contract_id}, kvalitetsreglen {expectation.name}: argumenterne "
            f"{', '.join(expectation.arguments)} passer ikke til {expectation.expectation_type}."
        ) from None


def _name(result: ExpectationValidationResult) -> str:
    """The contract's name of the expectation."""
    configuration = result.expectation_config
    return str(((configuration.meta if configuration is not None else None) or {})["name"])


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
