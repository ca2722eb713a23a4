"""Core finds out how each SDQ form came, and which senders scored wrongly, as the simulator planted them."""

import dataclasses
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from pipelines.simulate import Parameters, SimulatedMunicipality, simulate_municipality
from pipelines.simulate.sdq_scores import score_source_truth, scoring_error_truth
from tests.sql.drawn import built_when_named, check_names, empty_warehouse, fill_simulated, found_by

PROFILE = Path(__file__).parents[2] / "pipelines" / "municipalities" / "vordingborg_next_step.toml"
SOURCES = ("children", "institutions", "sdq_answers", "sdq_scores")


@pytest.fixture(scope="module")
def simulated() -> SimulatedMunicipality:
    """Half of the children by points only or both ways, so that every way and both kinds of error are met."""
    ways = dataclasses.replace(
        Parameters().sdq_scores, points_only_share=0.25, both_ways_share=0.25, forgets_turning_share=0.3
    )
    parameters = dataclasses.replace(Parameters(), sdq_scores=ways)
    return simulate_municipality(PROFILE, children_count=4000, seed=12, parameters=parameters)


@pytest.fixture(scope="module")
def connection(simulated: SimulatedMunicipality) -> duckdb.DuckDBPyConnection:
    opened = empty_warehouse(as_of_date=simulated.data_end_date)
    for source in SOURCES:
        fill_simulated(opened, source, simulated.tables[source])
    opened = built_when_named(opened)
    assert not any(found_by(check, opened) for check in check_names("sdq_"))
    return opened


def test_every_form_is_there_once_and_from_where_the_truth_says(
    simulated: SimulatedMunicipality, connection: duckdb.DuckDBPyConnection
) -> None:
    rows = connection.execute(
        "SELECT informant_code, count(*), count(*) FILTER (WHERE score_source = 'answers'), "
        "count(*) FILTER (WHERE score_source = 'delivered'), "
        "count(*) FILTER (WHERE score_source = 'delivered' AND total_points IS NOT NULL "
        "AND coalesce(emotional_points, conduct_points, hyper_points, peer_points, prosocial_points, impact_points) IS NULL) "
        "FROM core.fct_sdq_score GROUP BY informant_code"
    ).fetchall()
    names = ("forms_count", "answers_count", "points_only_count", "total_only_count")
    truth = {row["informant_code"]: tuple(row[name] for name in names) for row in score_source_truth(simulated)}
    assert {row[0]: row[1:] for row in rows} == truth
    assert all(min(truth["parent"][place], 50) == 50 for place in range(3))


def test_every_planted_scoring_error_is_found_and_no_other(
    simulated: SimulatedMunicipality, connection: duckdb.DuckDBPyConnection
) -> None:
    found = connection.execute(
        "SELECT answered_date, informant_code, institution_code, total_points FROM core.fct_sdq_score "
        "WHERE has_other_points_delivered"
    ).fetchall()
    planted = scoring_error_truth(simulated)
    assert Counter((day.isoformat(), *rest) for day, *rest in found) == Counter(
        (row["answered_date"], row["informant_code"], row["institution_code"], row["true_total_points"])
        for row in planted
    )
    assert {row["kind"] for row in planted} == {"half_rounded_to_even", "reversed_items_not_turned"}


CAUSE_OF_KIND = {
    "half_rounded_to_even": "half_not_rounded_up",
    "reversed_items_not_turned": "reversed_items_not_turned",
}


def test_the_likely_cause_of_a_wrong_total_is_the_planted_one(
    simulated: SimulatedMunicipality, connection: duckdb.DuckDBPyConnection
) -> None:
    """By the total alone one mistake may look like another, but only now and then; the count of forms is exact."""
    planted = Counter(CAUSE_OF_KIND[row["kind"]] for row in scoring_error_truth(simulated))
    found = dict(
        connection.execute(
            "SELECT cause_code, sum(forms_count)::INTEGER FROM marts.mart_sdq_score_differences "
            "WHERE scale_code = 'total' GROUP BY cause_code"
        ).fetchall()
    )
    assert sum(found.values()) == planted.total() > 50
    assert set(found) == set(planted)
    assert all(abs(found[cause] - count) <= 0.1 * count + 1 for cause, count in planted.items())
