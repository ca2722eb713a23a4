"""A municipality's own ladder in the warehouse: its rungs beside the national ones, which stay as they are."""

import duckdb

from pipelines.ladders.load import load_ladders
from pipelines.ladders.own_table import OwnLadder
from pipelines.ladders.steps import TRACKS, Step, national_steps, national_titles
from tests.sql.drawn import assert_rows, built_when_named, check_names, empty_warehouse, fill, found_by

TABLES = {
    "children": """
    child_id birth_date  home_district_code resident_from_date resident_to_date
    anna     2014-05-01  NORD               2014-05-01         -
    bo       2014-05-01  SYD                2014-05-01         -
    """,
    "institutions": """
    institution_code institution_type_code district_code
    SKOLE            folkeskole            NORD
    SPECIAL          special_school        SYD
    """,
    "measures": """
    child_id measure_id paragraph_code place_code start_date  end_date
    anna     M1         SEL-11-3       -          2023-06-01  2023-12-31
    anna     M2         BL-30          -          2024-01-01  2024-06-30
    anna     M3         BL-32-1-2      -          2024-07-01  2025-06-30
    bo       M4         BL-46          1          2024-02-01  2024-08-31
    bo       M5         BL-46          11         2024-09-01  2025-02-28
    bo       M6         BL-32-1-1      -          2025-03-01  2025-08-31
    """,
    "school_placements": """
    child_id institution_code class_type_code support_hours_per_week start_date  end_date
    anna     SKOLE            10              -                      2023-08-01  2024-07-31
    anna     SKOLE            10              5                      2024-08-01  2025-01-31
    anna     SKOLE            10              9                      2025-02-01  2025-07-31
    anna     SPECIAL          20              -                      2025-08-01  -
    """,
}


def built_with(own: OwnLadder | None) -> duckdb.DuckDBPyConnection:
    connection = empty_warehouse()
    load_ladders(connection, own)
    for source, drawn in TABLES.items():
        fill(connection, source, drawn)
    connection = built_when_named(connection)
    for check in ("child_stands_on_two_rungs", *check_names("ladder_")):
        assert not found_by(check, connection)
    return connection


def like_the_national(changed: dict[tuple[str, str, str], int], titles: dict[tuple[str, int], str]) -> OwnLadder:
    """The national ladder with some codes on other rungs, and all uncertain ranks decided."""
    steps = tuple(
        Step(track, step.step_kind_code, step.code, changed.get((track, step.step_kind_code, step.code), step.rung))
        for track in TRACKS
        for step in national_steps(track)
    )
    named = {(track, rung): title for track in TRACKS for rung, title in national_titles(track).items()} | titles
    return OwnLadder(steps, tuple((track, rung, title) for (track, rung), title in sorted(named.items())))


def test_without_an_own_ladder_there_are_only_national_rows():
    connection = built_with(None)
    for table in ("core.fct_ladder_spell", "core.fct_ladder_move", "core.fct_ladder_input", "marts.mart_ladder_moves"):
        assert connection.execute(f"SELECT DISTINCT ladder_code FROM {table}").fetchall() == [("national",)]


COMPARED = {
    "core.fct_ladder_spell": "track_code, child_id, rung, start_date, end_date, is_left_truncated, observed_from_date",
    "core.fct_ladder_move": "track_code, child_id, from_rung, to_rung, moved_on_date, cause_code, district_code",
    "core.fct_ladder_spell_source": "track_code, child_id, start_date, rung, source, row_number",
    "marts.mart_ladder_moves": "* EXCLUDE (ladder_code)",
}


def test_an_own_ladder_that_says_the_same_as_the_national_gives_the_same():
    """Two ways into the tables, codes.own_ladder_steps and the code tables, hours of support too, and one result."""
    connection = built_with(like_the_national({}, {}))
    for table, columns in COMPARED.items():
        select = f"SELECT {columns} FROM {table} WHERE ladder_code = ? ORDER BY ALL"
        own, national = (connection.execute(select, [ladder]).fetchall() for ladder in ("own", "national"))
        assert own == national, table
        assert len(own) > 3


def test_the_national_ladder_stays_as_it_is_beside_another():
    selects = {table: f"SELECT * FROM {table} WHERE ladder_code = 'national' ORDER BY ALL" for table in COMPARED}
    without = built_with(None)
    alone = {table: without.execute(select).fetchall() for table, select in selects.items()}
    other = built_with(like_the_national({("social", "paragraph", "BL-30"): 4}, {}))
    assert {table: other.execute(select).fetchall() for table, select in selects.items()} == alone


def test_the_own_rungs_count_on_the_own_ladder():
    """Early help and its predecessor on 1, day treatment no rung on the social track but 7 on the other; kin care on 2."""
    own = like_the_national(
        {
            ("social", "paragraph", "BL-30"): 1,
            ("social", "paragraph", "SEL-11-3"): 1,
            ("social", "paragraph", "BL-32-1-1"): 1,
            ("social", "place", "1"): 2,
            ("education", "paragraph", "BL-32-1-1"): 7,
            ("education", "support", "nine_hours_or_more"): 6,
        },
        {("education", 6): "mellemform", ("education", 7): "dagbehandling"},
    )
    assert_rows(
        built_with(own),
        "SELECT * FROM core.fct_ladder_spell WHERE ladder_code = 'own' AND rung > 0",
        """
        child_id track_code rung start_date  end_date   is_rung_uncertain
        anna     social     1    2023-06-01  2024-06-30 False
        anna     social     3    2024-07-01  2025-06-30 False
        anna     education  1    2024-08-01  2025-01-31 False
        anna     education  6    2025-02-01  2025-07-31 False
        anna     education  4    2025-08-01  2026-09-30 False
        bo       social     2    2024-02-01  2024-08-31 False
        bo       social     5    2024-09-01  2025-02-28 False
        bo       social     1    2025-03-01  2025-08-31 False
        bo       education  7    2025-03-01  2025-08-31 False
        """,
    )
