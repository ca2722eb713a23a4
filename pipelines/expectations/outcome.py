"""What did the gate find: one outcome per expectation, the tables it skipped, and sentences on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import polars as pl

from pipelines.contracts import Contract, Expectation, Severity
from pipelines.errors import ExpectationError
from pipelines.expectations import rules

Stage = Literal["typed", "marts"]

_ADVICE: dict[Stage, str] = {
    "typed": "Bed den, der sendte filen, om at rette den. Læg den nye fil i indbakken, og kør: trappen run",
    "marts": "Se efter i de leverancer, tabellen bygger på. Er de rigtige, så ret kravet i "
    "data_contracts/tables/ og skriv hvorfor.",
}

_RESULTS_TABLE = """
create table if not exists meta.expectation_results (
    run_id bigint,
    stage varchar not null,
    table_name varchar not null,
    expectation_name varchar not null,
    severity varchar not null,
    is_success boolean not null,
    row_count bigint,
    unexpected_count bigint,
    unexpected_pct double,
    explanation varchar not null
)
"""


@dataclass(frozen=True)
class Outcome:
    """One expectation tried on one table.

    `requirement` says in Danish what must hold, `explanation` what it means when it does not.
    `unexpected_count` is the number of rows that break it, `unexpected_pct` (0-100) their part of the rows
    that were judged, that is without the empty cells that the expectation ignores. Both are None for an
    expectation about the whole table.
    """

    stage: Stage
    table: str
    table_title: str
    expectation: str
    column_title: str | None
    severity: Severity
    is_success: bool
    row_count: int | None
    unexpected_count: int | None
    unexpected_pct: float | None
    requirement: str
    explanation: str

    def sentence(self) -> str:
        """Table, explanation, number of rows and the rule's name, for the terminal and the error message."""
        return f"{self.table_title}: {self.explanation} ({self._where()})"

    def _where(self) -> str:
        parts = [f"kravet {self.table}.{self.expectation}"]
        if self.column_title is not None:
            parts.append(f"kolonnen {self.column_title}")
        if self.unexpected_count is not None and self.row_count is not None:
            broken, judged = danish_count(self.unexpected_count), danish_count(self.row_count)
            parts.append(f"brudt i {broken} af {judged} rækker")
        elif self.row_count is not None:
            parts.append(f"tabellen har {danish_count(self.row_count)} rækker")
        return ", ".join(parts)


def outcome_of(
    contract: Contract,
    expectation: Expectation,
    stage: Stage,
    *,
    is_success: bool,
    row_count: int | None,
    unexpected_count: int | None,
    unexpected_pct: float | None,
) -> Outcome:
    """What was counted for one expectation, with the contract's own words on it."""
    columns = rules.columns_of(expectation)
    return Outcome(
        stage=stage,
        table=contract.contract_id,
        table_title=contract.title,
        expectation=expectation.name,
        column_title=", ".join(contract.column(name).title for name in columns) or None,
        severity=expectation.severity,
        is_success=is_success,
        row_count=row_count,
        unexpected_count=unexpected_count,
        unexpected_pct=unexpected_pct,
        requirement=rules.requirement(expectation, contract),
        explanation=expectation.explanation,
    )


@dataclass(frozen=True)
class Skipped:
    """A table that was not judged, and the Danish reason."""

    table: str
    table_title: str
    reason: str


@dataclass(frozen=True)
class GateResult:
    """Everything the gate found at one stage. `docs_index` is the first page of the Data Docs."""

    stage: Stage
    outcomes: tuple[Outcome, ...]
    skipped: tuple[Skipped, ...]
    docs_index: Path

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Failed expectations of severity error: they stop the run."""
        return self._failed("error")

    @property
    def warnings(self) -> tuple[Outcome, ...]:
        """Failed expectations of severity warning: they go into the report's data-quality page."""
        return self._failed("warning")

    def raise_on_error(self) -> None:
        """Nothing when no error expectation failed.

        Raises:
            ExpectationError: all failed error expectations, in Danish, with what to do.
        """
        if not self.failures:
            return
        lines = ["Kravene til data er ikke opfyldt, så intet er offentliggjort:"]
        lines += [f"- {outcome.sentence()}" for outcome in self.failures]
        lines += [_ADVICE[self.stage], f"Alle krav og resultater står i {self.docs_index}"]
        raise ExpectationError("\n".join(lines))

    def _failed(self, severity: Severity) -> tuple[Outcome, ...]:
        return tuple(each for each in self.outcomes if not each.is_success and each.severity == severity)


def danish_count(number: int) -> str:
    """A whole number with points between the thousands: 12345 -> 12.345."""
    return f"{number:,}".replace(",", ".")


def record_outcomes(connection: duckdb.DuckDBPyConnection, outcomes: Sequence[Outcome], *, run_id: int | None) -> None:
    """Add one row per outcome to `meta.expectation_results`, which is made when it is missing."""
    connection.execute("create schema if not exists meta")
    connection.execute(_RESULTS_TABLE)
    if not outcomes:
        return
    frame = pl.DataFrame(  # as one frame: a statement per row takes seconds
        {
            "run_id": [run_id] * len(outcomes),
            "stage": [each.stage for each in outcomes],
            "table_name": [each.table for each in outcomes],
            "expectation_name": [each.expectation for each in outcomes],
            "severity": [each.severity for each in outcomes],
            "is_success": [each.is_success for each in outcomes],
            "row_count": [each.row_count for each in outcomes],
            "unexpected_count": [each.unexpected_count for each in outcomes],
            "unexpected_pct": [each.unexpected_pct for each in outcomes],
            "explanation": [each.explanation for each in outcomes],
        },
        schema_overrides=dict.fromkeys(("run_id", "row_count", "unexpected_count"), pl.Int64)
        | {"unexpected_pct": pl.Float64},
    )
    connection.register("_outcomes", frame.to_arrow())
    connection.execute("insert into meta.expectation_results by name select * from _outcomes")
    connection.unregister("_outcomes")
