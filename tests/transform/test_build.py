"""Building: order from FROM clauses, only what changed, all or nothing, and every fault named with file and line."""

from pathlib import Path

import duckdb
import pytest

from pipelines.errors import CheckError, TransformError
from pipelines.transform import build, run_checks
from tests.sql.drawn import AS_OF_DATE, empty_warehouse, fill

CHILDREN = """
child_id birth_date  home_district_code resident_from_date
anna     2014-05-01  NORD               2014-05-01
bo       2014-05-01  NORD               2014-05-01
"""


@pytest.fixture
def connection():
    fresh = duckdb.connect()
    fresh.execute("CREATE SCHEMA typed")
    fresh.execute("CREATE SCHEMA codes")
    fresh.execute("CREATE TABLE typed.children (child_id UUID, valid_to TIMESTAMP)")
    fresh.execute("INSERT INTO typed.children VALUES (uuid(), NULL), (uuid(), NULL)")
    fresh.execute("CREATE TABLE codes.days AS SELECT DATE '2026-09-30' AS day_date")
    return fresh


def write(root: Path, **files: str) -> Path:
    """SQL files from names such as core__a."""
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".sql")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_tables_are_built_after_what_they_read(connection, tmp_path):
    root = write(
        tmp_path,
        core__a="select n + 1 as n from core.z",
        core__z="select count(*) as n from typed.children",
        marts__m="with inside as (select * from core.a) select n from inside",
    )
    seen = []
    result = build(
        connection, sql_root=root, on_progress=lambda table, number, total: seen.append((table, number, total))
    )
    assert result.rebuilt == ("core.z", "core.a", "marts.m")
    assert seen == [("core.z", 1, 3), ("core.a", 2, 3), ("marts.m", 3, 3)]
    assert connection.execute("SELECT n FROM marts.m").fetchone() == (2 + 1,)


def test_only_what_its_inputs_changed_is_built_again(connection, tmp_path):
    root = write(
        tmp_path,
        core__children="select child_id from typed.children where valid_to is null",
        core__days="select * from codes.days",
        marts__m="select count(*) as n from core.children",
    )
    build(connection, sql_root=root)
    assert build(connection, sql_root=root).rebuilt == ()
    connection.execute(
        "UPDATE typed.children SET valid_to = now() WHERE child_id = (SELECT min(child_id) FROM typed.children)"
    )
    assert build(connection, sql_root=root).rebuilt == ("core.children", "marts.m")
    assert connection.execute("SELECT n FROM marts.m").fetchone() == (2 - 1,)
    connection.execute("INSERT INTO codes.days VALUES (DATE '2026-10-01')")
    assert build(connection, sql_root=root).rebuilt == ("core.days",)
    write(root, core__days="-- a new comment\nselect *\nfrom codes.days")
    assert build(connection, sql_root=root).rebuilt == ()
    write(root, core__days="select day_date from codes.days where true")
    assert build(connection, sql_root=root).rebuilt == ("core.days",)
    connection.execute("DROP TABLE marts.m")
    assert build(connection, sql_root=root).rebuilt == ("marts.m",)


def test_two_equal_rows_that_change_alike_are_noticed(connection, tmp_path):
    # xor of row hashes would cancel each pair out and see no change
    root = write(tmp_path, core__days="select * from codes.days")
    connection.execute("INSERT INTO codes.days VALUES (DATE '2026-10-01'), (DATE '2026-10-01')")
    build(connection, sql_root=root)
    connection.execute("UPDATE codes.days SET day_date = DATE '2026-10-02' WHERE day_date = DATE '2026-10-01'")
    assert build(connection, sql_root=root).rebuilt == ("core.days",)


def test_a_table_whose_file_is_gone_is_dropped(connection, tmp_path):
    root = write(tmp_path, core__a="select 1 as n from codes.days", core__b="select 2 as n from codes.days")
    build(connection, sql_root=root)
    (root / "core" / "b.sql").unlink()
    assert build(connection, sql_root=root).dropped == ("core.b",)
    with pytest.raises(duckdb.CatalogException):
        connection.execute("SELECT * FROM core.b")


def test_a_failed_build_leaves_the_former_tables(connection, tmp_path):
    root = write(tmp_path, core__a="select 1 as n from codes.days", core__b="select n from core.a")
    build(connection, sql_root=root)
    write(root, core__a="select 2 as n from codes.days", core__b="select cast('x' as integer) as n from core.a")
    with pytest.raises(TransformError):
        build(connection, sql_root=root)
    assert connection.execute("SELECT n FROM core.a").fetchone() == (1,)
    assert connection.execute("SELECT n FROM core.b").fetchone() == (1,)
    write(root, core__b="select n from core.a")
    assert build(connection, sql_root=root).rebuilt == ("core.a", "core.b")


@pytest.mark.parametrize(
    ("files", "parts"),
    [
        (
            {"core__a": "select *\nfrom core.b", "core__b": "select * from core.a"},
            ["i ring", "sql/core/a.sql, linje 2 læser core.b", "sql/core/b.sql, linje 1 læser core.a"],
        ),
        ({"core__a": "select * from core.a"}, ["sql/core/a.sql, linje 1 læser core.a"]),
        (
            {"core__a": "select 1 as n\nfrom typed.childern"},
            ["sql/core/a.sql, linje 2", "typed.childern findes ikke", "Mente du typed.children?"],
        ),
        (
            {"core__a": "select 1 as n from codes.days", "marts__a": "select 2 as n from codes.days"},
            ["sql/marts/a.sql, linje 1", "laves allerede af sql/core/a.sql"],
        ),
        ({"core__typed": "select 1 as n from codes.days"}, ["sql/core/typed.sql", "navnet på et skema"]),
        ({"core__a": "select 1 as n;\nselect 2 as n"}, ["sql/core/a.sql", "præcis én SELECT", "select, select"]),
        ({"core__a": "drop table typed.children"}, ["sql/core/a.sql", "præcis én SELECT", "drop"]),
        ({"core__a": "-- nothing"}, ["sql/core/a.sql", "ingenting"]),
        ({"core__a": "select 1\nfrom from"}, ["sql/core/a.sql, linje 2", "kan ikke læses"]),
        ({"core__a": "select 'abc\nfrom codes.days"}, ["sql/core/a.sql, linje 1", "kan ikke læses"]),
        ({"core__a": "select *\n\nfrom children"}, ["sql/core/a.sql, linje 3", "'children' mangler skema"]),
        (
            {"core__a": "select * from marts.m", "marts__m": "select 1 as n from codes.days"},
            ["marts.m må ikke læses herfra"],
        ),
        ({"core__a": "select * from rejected.children"}, ["rejected.children må ikke læses"]),
        ({"core__a": "select\n    nothing_like_it\nfrom codes.days"}, ["sql/core/a.sql, linje 2", "nothing_like_it"]),
    ],
)
def test_every_fault_is_named_with_file_and_line(connection, tmp_path, files, parts):
    with pytest.raises(TransformError) as caught:
        build(connection, sql_root=write(tmp_path, **files))
    for part in parts:
        assert part in str(caught.value)
    assert caught.value.exit_code == 50


def test_all_faults_of_a_kind_are_named_at_once(connection, tmp_path):
    root = write(tmp_path, core__a="select * from children", core__b="select * from core.x, days")
    with pytest.raises(TransformError) as caught:
        build(connection, sql_root=root)
    assert len(str(caught.value).splitlines()) == 2


def test_an_error_in_a_value_never_shows_the_value(connection, tmp_path):
    connection.execute("CREATE TABLE typed.sessions AS SELECT 'Hemmelighed' AS word")
    root = write(tmp_path, core__a="select\n    cast(word as integer) as n\nfrom typed.sessions")
    with pytest.raises(TransformError) as caught:
        build(connection, sql_root=root)
    assert "Hemmelighed" not in str(caught.value)
    assert "core.a kan ikke beregnes" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_sources_without_deliveries_count_as_empty_and_leave_no_trace(tmp_path):
    fresh = duckdb.connect()
    root = write(
        tmp_path, marts__m="select count(*) as n from typed.measures", marts__d="select * from landed.deliveries"
    )
    build(fresh, sql_root=root)
    assert fresh.execute("SELECT n FROM marts.m").fetchone() == (0,)
    left = fresh.execute("SELECT count(*) FROM duckdb_views() WHERE schema_name IN ('typed', 'landed')").fetchone()
    assert left == (0,)


@pytest.fixture(scope="module")
def of_the_system():
    """Every table of the system, built from two children; what a test spoils in it, it takes back."""
    connection = empty_warehouse(as_of_date=AS_OF_DATE)
    fill(connection, "children", CHILDREN)
    build(connection)
    return connection


def test_the_checks_of_the_system_pass_on_its_own_tables(of_the_system):
    results = run_checks(of_the_system)
    assert len(results) >= 9
    assert all(result.is_passed for result in results)


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        ("INSERT INTO core.fct_ladder_spell SELECT * FROM core.fct_ladder_spell", "child_stands_on_two_rungs"),
        ("INSERT INTO core.fct_residence SELECT * FROM core.fct_residence", "child_lives_in_two_places"),
        ("DELETE FROM core.fct_ladder_spell_source", "ladder_spell_has_no_source"),
        ("UPDATE core.fct_ladder_spell SET rung = 7", "ladder_rung_has_no_title"),
        ("INSERT INTO core.dim_child SELECT * FROM core.dim_child", "fact_row_is_doubled"),
        (
            "INSERT INTO marts.mart_mainstream_share VALUES ('own_register_school', 'municipality', 'ALL', '2025/26', 3, 1, 1, 0)",
            "mainstream_counts_do_not_add_up",
        ),
        (
            "INSERT INTO marts.mart_mainstream_share VALUES ('own_register_school', 'municipality', 'ALL', '2025/26', 3, 2, 1, 0)",
            "mainstream_counts_do_not_add_up",
        ),
        ("UPDATE core.fct_ladder_move SET cause_code = 'down'", "ladder_move_goes_nowhere"),
        (
            "INSERT INTO core.fct_sdq_score (child_id, informant_code, emotional_points) VALUES (uuid(), 'parent', 11)",
            "sdq_score_out_of_range",
        ),
        (
            "INSERT INTO core.fct_sdq_score (child_id, informant_code, score_source, total_points) "
            "VALUES (uuid(), 'parent', 'answers', 11)",
            "sdq_score_out_of_range",
        ),
        (
            "INSERT INTO core.fct_sdq_score (child_id, informant_code, score_source, total_points) "
            "VALUES (uuid(), 'parent', 'delivered', 11)",
            "sdq_form_is_lost_from_the_pairing",
        ),
        (
            "INSERT INTO core.fct_sdq_pair (child_id, informant_code, is_paired, days_between, change_points) "
            "VALUES (uuid(), 'parent', true, 30, 1)",
            "sdq_pair_breaks_the_window",
        ),
        (  # a pair whose window is still open
            "INSERT INTO core.fct_sdq_pair (child_id, informant_code, is_paired, days_between, change_points, first_date) "
            "SELECT uuid(), 'parent', true, 100, 1, as_of_date - 150 FROM codes.settings",
            "sdq_pair_breaks_the_window",
        ),
        (
            "INSERT INTO marts.mart_delivery_quality (delivery_id, rows_received, rows_typed, rows_rejected) VALUES ('a', 3, 1, 1)",
            "delivery_loses_rows",
        ),
        (
            "INSERT INTO marts.mart_published_inclusion (definition_id) VALUES ('unheard_of')",
            "inclusion_definition_is_unknown",
        ),
        (
            "INSERT INTO marts.mart_published_inclusion (definition_id, area_code) VALUES ('dst_timer', '390')",
            "national_definition_is_given_for_an_area",
        ),
        (
            "INSERT INTO marts.mart_key_figure (key_figure_number, measure_code, group_code, reference_date, area_kind, "
            "area_code, numerator, denominator) VALUES (1, 'per_1000', 'all', DATE '2025-09-30', 'district', 'NORD', 2, 10), "
            "(1, 'per_1000', 'all', DATE '2025-09-30', 'municipality', 'ALL', 3, 10)",
            "key_figure_districts_do_not_add_up",
        ),
        (
            "INSERT INTO marts.mart_key_figure (key_figure_number, measure_code, group_code, reference_date, area_kind, "
            "area_code, numerator, denominator) SELECT key_figure_number, measure_code, group_code, DATE '2025-09-30', "
            "'municipality', 'ALL', 3, 2 FROM codes.key_figure_lines WHERE is_part AND key_figure_number = 7 LIMIT 1",
            "key_figure_part_is_larger_than_the_whole",
        ),
        (
            "INSERT INTO marts.mart_key_figure (key_figure_number, measure_code, group_code, reference_date, area_kind, "
            "area_code, numerator, denominator) VALUES (1, 'per_1000', 'all', DATE '2025-09-30', 'municipality', 'ALL', 3, 10); "
            "INSERT INTO marts.mart_key_figure_step (key_figure_number, reference_date, step_number, rows_count) "
            "VALUES (1, DATE '2025-09-30', 3, 4)",
            "key_figure_steps_end_elsewhere",
        ),
        (
            "INSERT INTO marts.mart_creative_council (review_kind_code, reference_date, area_kind, area_code, "
            "special_children_count, never_reviewed_count, return_possible_count, return_not_possible_count, "
            "return_not_judged_count) VALUES ('council', DATE '2025-09-30', 'municipality', 'ALL', 3, 1, 1, 0, 0)",
            "creative_council_counts_do_not_add_up",
        ),
        (
            "INSERT INTO marts.mart_notification (calendar_year, area_kind, area_code, notifications_count) "
            "VALUES (2025, 'district', 'NORD', 2), (2025, 'municipality', 'ALL', 3)",
            "notification_counts_do_not_add_up",
        ),
        (
            "INSERT INTO marts.mart_notification (calendar_year, area_kind, area_code, notifications_count, assessed_count, "
            "in_time_count) VALUES (2025, 'district', 'NORD', 3, 2, 3), (2025, 'municipality', 'ALL', 3, 3, 3)",
            "notification_counts_do_not_add_up",
        ),
        (
            "INSERT INTO core.fct_caseload (unit_kind_code, unit_code, profession_code, counted_date, model_code) VALUES "
            "('district', 'NORD', 'authority_caseworker', DATE '2025-12-31', 'district_adviser'), "
            "('district', 'NORD', 'authority_caseworker', DATE '2025-12-31', 'authority_caseworker')",
            "caseload_stands_under_two_models",
        ),
    ],
)
def test_every_check_finds_the_rows_it_is_for(of_the_system, spoil, check):
    of_the_system.execute("BEGIN TRANSACTION")
    try:
        of_the_system.execute(spoil)
        with pytest.raises(CheckError, match=check) as caught:
            run_checks(of_the_system)
    finally:
        of_the_system.execute("ROLLBACK")
    assert caught.value.exit_code == 51
    assert "række" in str(caught.value)


def test_every_check_is_spoiled_above():
    from pipelines.assets import asset_root

    marks = test_every_check_finds_the_rows_it_is_for.pytestmark  # type: ignore[attr-defined]
    spoiled = {case[1] for mark in marks for case in mark.args[1]}
    assert spoiled == {path.stem for path in (asset_root("sql") / "checks").glob("*.sql")}


def test_a_check_without_its_header_is_refused(connection, tmp_path):
    root = write(tmp_path, checks__lonely="-- Tests: nothing\nselect 1 as n from codes.days")
    with pytest.raises(TransformError, match=r"sql/checks/lonely\.sql.*mangler Matters when, Resolve, Dansk"):
        run_checks(connection, sql_root=root)
