"""The marts find the made-up municipality's truth again, which the simulator counted from its own arrays."""

from datetime import date

import pytest

from pipelines.municipalities import load_profile
from pipelines.simulate import simulate_municipality, truth_of
from pipelines.simulate.scenarios import load_scenario
from pipelines.transform import run_checks
from tests.sql.drawn import built_when_named, empty_warehouse, fill_simulated

DATA_END = date(2026, 9, 30)


@pytest.fixture(scope="module", params=[3, 11])
def simulated_and_built(request):
    simulated = simulate_municipality(
        load_profile("vordingborg_next_step"), children_count=2000, seed=request.param, data_end_date=DATA_END
    )
    connection = filled(simulated)
    run_checks(connection)
    return truth_of(simulated, dirty=False), connection


def filled(simulated):
    """A warehouse that holds the municipality's tables as typed; those of core and marts are there when a query names them."""
    connection = empty_warehouse(
        as_of_date=simulated.data_end_date, municipality={"name": "Prøveby", "profile": "demo", "is_constructed": True}
    )
    for source, frame in simulated.tables.items():
        fill_simulated(connection, source, frame)
    return built_when_named(connection)


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
    ours = {
        key: counts
        for key, counts in mart.items()
        if key[0] in {row["definition_id"] for row in truth["mainstream_shares"]}
    }
    assert agree(truth["mainstream_shares"], ours, keys, values) == {}


def test_pupils_under_the_published_definitions_are_those_who_were_published(simulated_and_built):
    truth, connection = simulated_and_built
    counted = connection.execute(
        "SELECT definition_id, school_year, pupils_count, segregated_count FROM marts.mart_mainstream_share "
        "WHERE definition_id NOT LIKE 'own_register%'"
    ).fetchall()
    published = {
        (row["definition_id"], row["school_year"], row["pupils_count"], row["segregated_count"])
        for row in truth["segregation_figures"]
        if row["pupil_group_code"] == "all"
    }
    assert len(published) >= 4 * 4
    assert set(counted) == published


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
    denominators = ("child_years", "child_years_all")
    years = found(connection, "marts.mart_ladder_moves", keys, denominators)
    assert sum(row["child_years"] for row in truths) > 100
    for row in truths:
        key = tuple(row[name] for name in keys)
        assert years[key] == pytest.approx(tuple(row[name] for name in denominators), abs=1e-4), key
        assert row["child_years_all"] > row["child_years"], key


def test_sdq_changes_are_the_true_ones(simulated_and_built):
    truth, connection = simulated_and_built
    keys = ("informant_code", "area_kind", "area_code")
    counts = ("first_measured_count", "children_count", "due_count")
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
    flags = {
        "planned_count": "is_planned",
        "held_count": "is_held",
        "late_count": "is_late",
        "cancelled_count": "is_cancelled",
        "unknown_count": "is_unknown",
        "held_unplanned_count": "is_held AND NOT is_planned",
    }
    values = tuple(flags)
    counts = ", ".join(f"count(*) FILTER (WHERE {flag}) AS {value}" for value, flag in flags.items())
    summed = f"(SELECT school_year, forum_code, district_code, {counts} FROM core.fct_session "
    summed += "WHERE counted_date <= (SELECT as_of_date FROM codes.settings) AND school_year IS NOT NULL GROUP BY ALL)"
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
    connection = filled(simulated)
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
    with_the_law = series(connection)
    undo_the_law_change(connection)
    without_it = series(connection)
    assert with_the_law == without_it
    assert len(with_the_law["spells"]) > 500


def series(connection):
    """Spells, moves and the mart's counts as they stand, and children per rung at the end of each month from 2023 to 2025."""
    connection = built_when_named(connection)
    queries = {
        "spells": "SELECT child_id, track_code, rung, is_rung_uncertain, start_date, end_date FROM core.fct_ladder_spell "
        "WHERE end_date >= DATE '2023-01-01' AND start_date <= DATE '2025-12-31'",
        "moves": "SELECT child_id, track_code, from_rung, to_rung, moved_on_date, cause_code FROM core.fct_ladder_move "
        "WHERE moved_on_date BETWEEN DATE '2023-01-01' AND DATE '2025-12-31'",
        "mart": "SELECT * FROM marts.mart_ladder_moves WHERE calendar_year BETWEEN 2023 AND 2025",
        "months": "SELECT day_date, rung, count(*) FROM core.dim_day INNER JOIN core.fct_ladder_spell "
        "ON day_date BETWEEN start_date AND end_date WHERE track_code = 'social' AND rung > 0 "
        "AND year_number BETWEEN 2023 AND 2025 AND day(day_date + 1) = 1 GROUP BY ALL",
    }
    return {name: sorted(connection.execute(query).fetchall(), key=str) for name, query in queries.items()}


def undo_the_law_change(connection):
    """The measures as if serviceloven had gone on: the old paragraphs after 2023, and one row where two follow each other."""
    connection.execute("""
        CREATE TEMP TABLE undone AS
        SELECT measures.* REPLACE (coalesce(paragraphs.code, measures.paragraph_code) AS paragraph_code)
        FROM typed.measures LEFT JOIN codes.paragraphs ON measures.paragraph_code = paragraphs.successor_code
        AND paragraphs.code <> 'SEL-11-6'
    """)
    counted = "SELECT count(*), count(*) FILTER (paragraph_code LIKE 'BL-%') FROM undone"
    before = connection.execute("SELECT count(*) FROM typed.measures").fetchone()
    assert connection.execute(counted).fetchone() == (before[0], 0)
    followed = """
        FROM undone AS later WHERE later.start_date = DATE '2024-01-01' AND undone.end_date = DATE '2023-12-31'
        AND later.child_id = undone.child_id AND later.paragraph_code = undone.paragraph_code
        AND later.place_code IS NOT DISTINCT FROM undone.place_code
    """
    connection.execute(f"""
        CREATE TEMP TABLE joined AS SELECT undone.* REPLACE (
            (SELECT CASE WHEN count(*) = 0 THEN undone.end_date ELSE max(coalesce(later.end_date, DATE '9999-12-31')) END {followed})
            AS end_date,
            (SELECT CASE WHEN count(*) = 0 THEN undone.end_reason_code ELSE max(later.end_reason_code) END {followed})
            AS end_reason_code
        ) FROM undone
    """)
    connection.execute("UPDATE joined SET end_date = NULL WHERE end_date = DATE '9999-12-31'")
    connection.execute("""
        DELETE FROM joined WHERE start_date = DATE '2024-01-01' AND EXISTS (
            FROM undone WHERE undone.end_date = DATE '2023-12-31' AND undone.child_id = joined.child_id
            AND undone.paragraph_code = joined.paragraph_code AND undone.place_code IS NOT DISTINCT FROM joined.place_code
        )
    """)
    fewer = before[0] - connection.execute("SELECT count(*) FROM joined").fetchone()[0]
    assert fewer > 50
    connection.execute("DELETE FROM typed.measures")
    connection.execute("INSERT INTO typed.measures SELECT * FROM joined")
    connection.execute("DROP TABLE undone")
    connection.execute("DROP TABLE joined")
