"""The marts find the made-up municipality's truth again, which the simulator counted from its own arrays."""

from datetime import date

import pytest

from pipelines.contracts import load_contracts
from pipelines.municipalities import load_profile
from pipelines.simulate import simulate_municipality, truth_of
from pipelines.simulate.scenarios import load_scenario
from pipelines.transform import build, run_checks
from tests.sql.drawn import empty_warehouse

DATA_END = date(2026, 9, 30)


@pytest.fixture(scope="module", params=[3, 11])
def simulated_and_built(request):
    simulated = simulate_municipality(
        load_profile("vordingborg_next_step"), children_count=3000, seed=request.param, data_end_date=DATA_END
    )
    connection = built(simulated)
    return truth_of(simulated, dirty=False), connection


def built(simulated):
    """A warehouse that holds the municipality's tables as typed, core and marts built."""
    connection = empty_warehouse(as_of_date=simulated.data_end_date)
    for source, frame in simulated.tables.items():
        contract = load_contracts("source")[source]
        connection.register("_frame", frame.to_arrow())
        names = [column.name for column in contract.columns if column.name in frame.columns]
        values = [
            f"CAST(md5({name}) AS UUID)"
            if contract.column(name).parse == "cpr"
            else f"CAST({name} AS {contract.column(name).physical_type})"
            for name in names
        ]
        connection.execute(f"INSERT INTO typed.{source} ({', '.join(names)}) SELECT {', '.join(values)} FROM _frame")
        connection.unregister("_frame")
    build(connection)
    run_checks(connection)
    return connection


def found(connection, table, keys, values):
    rows = connection.execute(f"SELECT {', '.join([*keys, *values])} FROM {table}").fetchall()
    return {row[: len(keys)]: row[len(keys) :] for row in rows}


def agree(truths, mart, keys, values):
    """Where mart and truth differ: key to (mart, truth). A row that the mart lacks counts 0; the truth counts something."""
    assert sum(row[value] for row in truths for value in values) > 0
    wanted = {tuple(row[key] for key in keys): tuple(row[value] for value in values) for row in truths}
    return {key: (mart.get(key), value) for key, value in wanted.items() if mart.get(key, (0,) * len(values)) != value}


def test_mainstream_shares_are_the_true_ones(simulated_and_built):
    truth, connection = simulated_and_built
    keys = ("definition_id", "area_kind", "area_code", "school_year")
    values = ("pupils_count", "mainstream_count", "segregated_count", "support_nine_hours_count")
    mart = found(connection, "marts.mart_mainstream_share", keys, values)
    assert truth["mainstream_shares"]
    assert agree(truth["mainstream_shares"], mart, keys, values) == {}


@pytest.mark.parametrize("track", ["social", "education"])
def test_moves_on_the_ladder_are_the_true_ones(simulated_and_built, track):
    truth, connection = simulated_and_built
    keys = ("track_code", "calendar_year", "area_kind", "area_code")
    values = (
        "down_count", "up_count", "opened_count", "closed_count", "aged_out_count", "moved_away_count", "children_count",
    )  # fmt: skip
    mart = found(connection, "marts.mart_ladder_moves", keys, values)
    truths = [row for row in truth["ladder_moves"] if row["track_code"] == track]
    assert truths
    assert agree(truths, mart, keys, values) == {}
    years = found(connection, "marts.mart_ladder_moves", keys, ("child_years",))
    assert sum(row["child_years"] for row in truths) > 100
    for row in truths:
        key = tuple(row[name] for name in keys)
        assert years[key] == pytest.approx((row["child_years"],), abs=1e-4), key


def test_sdq_changes_are_the_true_ones(simulated_and_built):
    truth, connection = simulated_and_built
    keys = ("informant_code", "area_kind", "area_code")
    counts = ("first_measured_count", "children_count")
    means = (
        "first_mean_points",
        "second_mean_points",
        "change_mean_points",
        "change_sd_points",
        "expected_change_points",
    )
    mart = found(connection, "marts.mart_sdq_change", keys, counts)
    assert agree(truth["sdq_changes"], mart, keys, counts) == {}
    mart_means = found(connection, "marts.mart_sdq_change", keys, means)
    for row in truth["sdq_changes"]:
        if row["children_count"] > 1:
            key = tuple(row[key] for key in keys)
            assert mart_means[key] == pytest.approx(tuple(row[mean] for mean in means), abs=1e-5)


@pytest.mark.parametrize("kind", ["sex_code", "age_years", "model_code"])
def test_sdq_changes_of_groups_are_the_true_ones(simulated_and_built, kind):
    truth, connection = simulated_and_built
    pairs = f"(SELECT informant_code, {kind}::VARCHAR AS group_code, count(*) AS children_count, "
    pairs += "avg(change_points) AS change_mean_points FROM core.fct_sdq_pair WHERE is_paired GROUP BY ALL)"
    found_groups = found(connection, pairs, ("informant_code", "group_code"), ("children_count", "change_mean_points"))
    truths = [row for row in truth["sdq_groups"] if row["group_kind"] == kind]
    assert len({row["group_code"] for row in truths}) >= 2
    assert found_groups == {
        (row["informant_code"], row["group_code"]): (
            row["children_count"],
            pytest.approx(row["change_mean_points"], abs=1e-5),
        )
        for row in truths
    }


def test_meetings_are_the_true_ones(simulated_and_built):
    truth, connection = simulated_and_built
    keys = ("school_year", "forum_code", "district_code")
    values = ("planned_count", "held_count", "late_count", "cancelled_count", "unknown_count", "held_unplanned_count")
    summed = "(SELECT school_year, forum_code, district_code, " + ", ".join(f"sum({v})::BIGINT AS {v}" for v in values)
    summed += " FROM marts.mart_session_cadence GROUP BY ALL)"
    mart = found(connection, summed, keys, values)
    assert agree(truth["sessions"], mart, keys, values) == {}


def test_the_new_law_moves_nobody():
    """Scenario law_change_2024: no child's help changes from July 2023 to July 2024, but every paragraph does on 1 January.

    The ladder then shows no move between rungs in that year, with moves before and after; and no spell begins or ends on
    1 January 2024, though every measure that ran across it came as two rows.
    """
    scenario = load_scenario("law_change_2024")
    simulated = simulate_municipality(
        load_profile("vordingborg_next_step"),
        children_count=4000,
        seed=2,
        data_end_date=scenario.data_end_date,
        parameters=scenario.parameters,
    )
    connection = built(simulated)
    across = connection.execute("""
        SELECT count(*) FILTER (start_date = DATE '2024-01-01'), count(*) FILTER (end_date = DATE '2023-12-31')
        FROM typed.measures
    """).fetchone()
    assert across[0] == across[1] > 50
    moves = connection.execute("""
        SELECT strftime(moved_on_date, '%Y-%m') FROM core.fct_ladder_move
        WHERE track_code = 'social' AND cause_code IN ('down', 'up', 'opened', 'closed')
    """).fetchall()
    months = {month for (month,) in moves}
    assert not {"2023-07", "2023-10", "2023-12", "2024-01", "2024-02", "2024-06"} & months
    assert {"2023-03", "2023-06", "2024-07", "2025-06"} <= months
    breaks = connection.execute("""
        SELECT count(*) FROM core.fct_ladder_spell
        WHERE track_code = 'social' AND (start_date = DATE '2024-01-01' OR end_date = DATE '2023-12-31')
    """).fetchone()
    assert breaks[0] == 0
