"""A stage that passed is not judged again until something its verdict rests on has changed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.contracts import load_contracts
from pipelines.expectations import gate
from pipelines.expectations.outcome import GateResult, Outcome, outcome_of
from pipelines.expectations.plan import Plan

COLUMNS = {column.name: column.physical_type for column in load_contracts("source")["organisation"].columns}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with one delivered source of two rows."""
    with duckdb.connect() as opened:
        for schema in ("landed", "typed", "meta"):
            opened.execute(f"CREATE SCHEMA {schema}")
        declared = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        opened.execute(f"CREATE TABLE typed.organisation ({declared}, valid_to TIMESTAMP)")
        opened.execute(
            "INSERT INTO typed.organisation (model_code, from_date) VALUES ('a', '2020-01-01'), ('b', '2021-01-01')"
        )
        opened.execute("CREATE TABLE landed.deliveries (source VARCHAR)")
        opened.execute("INSERT INTO landed.deliveries VALUES ('organisation')")
        yield opened


@pytest.fixture
def judged(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[GateResult, bool]]:
    """Run the gate as run number N: (its result, whether the rows were judged). Every expectation finds `wrong_count` rows."""
    calls: list[str] = []

    def count(connection: duckdb.DuckDBPyConnection, stage: str, plan: Plan) -> tuple[Outcome, ...]:
        calls.append(stage)
        return tuple(
            outcome_of(
                subject.contract, expectation, "typed",
                is_success=wrong[0] < (1 if expectation.severity == "warning" else 2),
                row_count=2, unexpected_count=wrong[0], unexpected_pct=50.0 * wrong[0],
            )
            for subject in plan.subjects
            for expectation in subject.contract.expectations
        )  # fmt: skip

    wrong = [0]
    monkeypatch.setattr(gate, "_run_suites", count)

    def run(run_id: int, *, wrong_count: int = 0) -> tuple[GateResult, bool]:
        wrong[0] = wrong_count
        calls.clear()
        result = gate.validate(connection, "typed", docs_folder=tmp_path, run_id=run_id)
        return result, bool(calls)

    return run


def rows_of_run(connection: duckdb.DuckDBPyConnection, run_id: int) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT * EXCLUDE (run_id) FROM meta.expectation_results WHERE run_id = ? ORDER BY ALL", [run_id]
    ).fetchall()


@pytest.mark.parametrize("wrong_count", [0, 1])
def test_the_same_rows_keep_their_verdict_and_their_warnings(
    wrong_count: int, connection: duckdb.DuckDBPyConnection, judged: Callable[..., tuple[GateResult, bool]]
) -> None:
    first, was_judged = judged(1, wrong_count=wrong_count)
    assert was_judged
    assert first.outcomes
    assert first.failures == ()
    second, was_judged = judged(2, wrong_count=wrong_count)
    assert not was_judged
    assert second == first
    # the report reads the outcomes of the newest run
    assert rows_of_run(connection, 2) == rows_of_run(connection, 1) != []
    assert not judged(3)[1]


CHANGES = {
    "another value": "UPDATE typed.organisation SET from_date = '2020-01-02' WHERE model_code = 'a'",
    "a row twice": "INSERT INTO typed.organisation SELECT * FROM typed.organisation WHERE model_code = 'a'",
    "a row superseded": "UPDATE typed.organisation SET valid_to = '2026-01-01' WHERE model_code = 'a'",
}


@pytest.mark.parametrize("change", CHANGES)
def test_rows_that_changed_are_judged_again(
    change: str, connection: duckdb.DuckDBPyConnection, judged: Callable[..., tuple[GateResult, bool]]
) -> None:
    judged(1)
    connection.execute(CHANGES[change])
    assert judged(2)[1]


def test_another_order_or_a_superseded_row_more_changes_nothing(
    connection: duckdb.DuckDBPyConnection, judged: Callable[..., tuple[GateResult, bool]]
) -> None:
    judged(1)
    connection.execute("CREATE TABLE other AS SELECT * FROM typed.organisation ORDER BY model_code DESC")
    connection.execute("INSERT INTO other (model_code, valid_to) VALUES ('c', '2026-01-01')")
    connection.execute("DELETE FROM typed.organisation")
    connection.execute("INSERT INTO typed.organisation FROM other")
    assert not judged(2)[1]


def test_what_failed_is_judged_again_and_its_pages_go_when_the_old_rows_are_back(
    connection: duckdb.DuckDBPyConnection, judged: Callable[..., tuple[GateResult, bool]]
) -> None:
    judged(1)
    connection.execute("UPDATE typed.organisation SET from_date = '1901-01-01'")
    failed, was_judged = judged(2, wrong_count=2)
    assert was_judged
    assert failed.failures
    assert "stopper udgivelsen" in failed.docs_index.read_text(encoding="utf-8")
    assert judged(3, wrong_count=2)[1]
    connection.execute(
        "UPDATE typed.organisation SET from_date = CASE model_code WHEN 'a' THEN '2020-01-01' ELSE '2021-01-01' END"
    )
    healed, was_judged = judged(4)
    assert not was_judged, "these very rows passed in run 1"
    assert "stopper udgivelsen" not in healed.docs_index.read_text(encoding="utf-8")


def test_the_pages_are_there_again_after_they_were_deleted(judged: Callable[..., tuple[GateResult, bool]]) -> None:
    first, _ = judged(1, wrong_count=1)
    page = first.docs_index.read_text(encoding="utf-8")
    first.docs_index.unlink()
    second, was_judged = judged(2, wrong_count=1)
    assert not was_judged
    assert second.docs_index.read_text(encoding="utf-8") == page


def test_with_other_code_a_stage_is_judged_again(
    judged: Callable[..., tuple[GateResult, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(1)
    monkeypatch.setattr("pipelines.expectations.kept.code_checksum", lambda: "another")
    assert judged(3)[1]
    assert not judged(4)[1]
