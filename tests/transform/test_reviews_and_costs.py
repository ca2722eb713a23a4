"""Core finds the made-up municipality's reviews, first follow-ups and spend again, to the review and the øre."""

import dataclasses
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.simulate import Parameters, SimulatedMunicipality, simulate_municipality
from pipelines.simulate.costs import spend_truth
from pipelines.simulate.reviews import first_follow_up_truth, review_truth
from pipelines.transform import run_checks
from tests.sql.drawn import built_when_named, empty_warehouse, fill_simulated

PROFILE = Path(__file__).parents[2] / "pipelines" / "municipalities" / "vordingborg_next_step.toml"
SOURCES = ("children", "measures", "reviews", "costs", "cost_accounts")


@pytest.fixture(scope="module")
def simulated() -> SimulatedMunicipality:
    """First follow-ups crowd around the due day, which is 89 to 92 days after the first."""
    reviews = dataclasses.replace(
        Parameters().reviews,
        first_least_days=84,
        first_on_time_most_days=91,
        first_late_least_days=89,
        first_late_most_days=96,
        first_on_time_share=0.5,
    )
    parameters = dataclasses.replace(Parameters(), reviews=reviews)
    return simulate_municipality(PROFILE, children_count=6000, seed=12, parameters=parameters)


@pytest.fixture(scope="module")
def connection(simulated: SimulatedMunicipality) -> duckdb.DuckDBPyConnection:
    opened = empty_warehouse(as_of_date=simulated.data_end_date)
    for source in SOURCES:
        fill_simulated(opened, source, simulated.tables[source])
    opened = built_when_named(opened)
    run_checks(opened)
    return opened


def found(connection: duckdb.DuckDBPyConnection, query: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Values by the first two columns."""
    return {row[:2]: row[2:] for row in connection.execute(query).fetchall()}


def test_reviews_are_the_true_ones(simulated: SimulatedMunicipality, connection: duckdb.DuckDBPyConnection) -> None:
    core = found(
        connection,
        "SELECT review_kind_code, calendar_year, count(*), count(DISTINCT child_id), count(*) FILTER (late_days > 0), "
        "count(*) FILTER (return_judgement_code = 'possible'), count(*) FILTER (has_exhausted_ordinary_options), "
        "count(*) FILTER (is_recommended_to_visitation) FROM core.fct_review GROUP BY ALL",
    )
    names = (
        "reviews_count", "children_count", "put_off_count", "return_possible_count", "exhausted_count", "recommended_count",
    )  # fmt: skip
    truth = {
        (row["review_kind_code"], row["calendar_year"]): tuple(row[name] for name in names)
        for row in review_truth(simulated)
    }
    assert core == {key: counts for key, counts in truth.items() if counts[0]}
    assert len(core) >= 10


def test_first_follow_ups_are_the_true_ones(
    simulated: SimulatedMunicipality, connection: duckdb.DuckDBPyConnection
) -> None:
    core = found(
        connection,
        "SELECT begun_year, social_rung, count(*), count(*) FILTER (is_due), count(*) FILTER (is_on_time), "
        "count(*) FILTER (is_due AND NOT is_on_time AND first_review_date IS NOT NULL) "
        f"FROM core.fct_first_follow_up WHERE begun_year >= {simulated.register_start_date.year} GROUP BY ALL",
    )
    truth = {
        (row["begun_year"], row["social_rung"]): (
            row["courses_count"],
            row["due_count"],
            row["on_time_count"],
            row["late_count"],
        )
        for row in first_follow_up_truth(simulated)
    }
    assert core == {key: counts for key, counts in truth.items() if counts[0]}
    assert sum(counts[2] for counts in core.values()) > 100


def test_spend_is_the_true_one_by_measures_and_by_accounts_to_the_oere(
    simulated: SimulatedMunicipality, connection: duckdb.DuckDBPyConnection
) -> None:
    spent = found(
        connection,
        "SELECT calendar_year, social_rung, sum(amount_dkk) FILTER (cost_kind_code = 'actual'), "
        "coalesce(sum(amount_dkk) FILTER (is_reversal), 0), "
        "coalesce(sum(amount_dkk) FILTER (cost_kind_code = 'budget'), 0) FROM core.fct_cost GROUP BY ALL",
    )
    accounts = found(
        connection,
        "SELECT calendar_year, social_rung, sum(amount_dkk) FROM core.fct_cost_account "
        "WHERE cost_kind_code = 'actual' GROUP BY ALL",
    )
    truth = {(row["calendar_year"], row["social_rung"]): row for row in spend_truth(simulated)}
    counted = {key for key, row in truth.items() if row["spent_dkk"]}
    assert spent.keys() == accounts.keys() == counted
    for key in counted:
        wanted = tuple(Decimal(str(truth[key][name])) for name in ("spent_dkk", "taken_back_dkk", "budget_dkk"))
        assert spent[key] == wanted, key
        assert accounts[key] == (Decimal(str(truth[key]["accounts_dkk"])),), key
    assert sum(row["taken_back_dkk"] for row in truth.values()) < 0


def test_nothing_is_flagged_in_clean_files(connection: duckdb.DuckDBPyConnection) -> None:
    for table, flags in {
        "fct_review": "is_recommended_unexhausted OR is_measure_missing OR NOT is_measure_known OR NOT is_child_known",
        "fct_cost": "is_overlapping OR NOT is_period_in_one_year OR NOT is_measure_known OR NOT is_child_known",
        "fct_cost_account": "is_overlapping OR NOT is_period_in_one_year OR social_rung IS NULL",
    }.items():
        counted = connection.execute(f"SELECT count(*) FILTER ({flags}), count(*) FROM core.{table}").fetchone()
        assert counted is not None
        assert counted[0] == 0, table
        assert counted[1] > 100, table
