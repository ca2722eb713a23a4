"""The ladder under other assumptions: the same as a warehouse built with them, and the warehouse at hand stays untouched."""

import polars as pl
import pytest

from pipelines.transform.assumptions import LadderAssumptions, moves_by_assumption, query_under, read_under
from tests.sql.drawn import built, child_id

TABLES = {
    "children": """
    child_id birth_date  home_district_code resident_from_date resident_to_date
    anna     2014-05-01  NORD               2014-05-01         -
    bo       2012-05-01  SYD                2012-05-01         -
    cleo     2013-05-01  SYD                2013-05-01         -
    """,
    # anna: 10 and 60 days without; bo: network care, then a boarding school, then a place at an institution
    # cleo: money alone, then day treatment
    "measures": """
    child_id measure_id paragraph_code place_code start_date  end_date
    anna     M1         BL-32-1-2      -          2024-01-01  2024-03-31
    anna     M2         BL-32-1-5      -          2024-04-11  2024-06-30
    anna     M3         BL-32-1-2      -          2024-08-30  2025-03-31
    bo       M4         BL-46          1          2024-01-01  2024-05-31
    bo       M5         BL-46          11         2024-06-01  2025-01-31
    bo       M6         BL-46          9          2025-02-01  2025-06-30
    cleo     M7         BL-35          -          2024-01-01  2024-05-31
    cleo     M8         BL-32-1-1      -          2025-01-01  2025-05-31
    """,
}
LADDER_TABLES = (
    "core.fct_ladder_input", "core.dim_ladder_register", "core.fct_ladder_spell", "core.fct_ladder_move",
    "core.fct_ladder_spell_source",
    "marts.mart_ladder_moves",
)  # fmt: skip


def sorted_rows(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    return sorted(frame.rows(), key=str)


def causes(frame: pl.DataFrame, child: str, track: str = "social") -> list[tuple[int, int | None, str]]:
    """(from, to, cause) of the child's moves in order."""
    rows = frame.filter(
        (pl.col("child_id").cast(pl.String) == str(child_id(child))) & (pl.col("track_code") == track)
    ).sort("moved_on_date")
    return rows.select("from_rung", "to_rung", "cause_code").rows()


@pytest.mark.parametrize("grace", [0, 90])
def test_another_grace_gap_gives_what_a_warehouse_built_with_it_holds(grace):
    wanted = built(TABLES, ladder={"grace_gap_days": grace})
    stored = {table: sorted_rows(wanted.execute(f"SELECT * FROM {table}").pl()) for table in LADDER_TABLES}
    connection = built(TABLES, ladder={"grace_gap_days": 7})
    for table in LADDER_TABLES:
        assert sorted_rows(read_under(connection, table, LadderAssumptions(grace_gap_days=grace))) == stored[table]


def test_the_choice_of_grace_gap_matters_here():
    """With 30 days anna's second pause (60 days) ends her help; with 90 it goes on; with 0 both pauses end it."""
    connection = built(TABLES)
    moves = {
        grace: read_under(connection, "core.fct_ladder_move", LadderAssumptions(grace_gap_days=grace))
        for grace in (0, 30, 90)
    }
    once, end = [(0, 3, "opened"), (3, 0, "closed")], [(0, None, "data_end")]
    assert {grace: causes(found, "anna") for grace, found in moves.items()} == {
        0: once * 3 + end,
        30: once * 2 + end,
        90: once + end,
    }


@pytest.mark.parametrize(
    ("ranks", "boarding", "money", "education"),
    [
        # boarding school 5, 4 or 6; economic support 3, none or 3; day treatment on the education track 5, none or 5
        ("as_set", [(4, 5, "up"), (5, 6, "up")], 2, 1),
        ("lowest", [(4, 6, "up")], 1, 0),
        ("highest", [(4, 6, "up")], 2, 1),
    ],
)
def test_uncertain_ranks_are_moved_to_their_ends(ranks, boarding, money, education):
    connection = built(TABLES)
    assumptions = LadderAssumptions(uncertain_ranks=ranks)
    moves = read_under(connection, "core.fct_ladder_move", assumptions)
    assert [move for move in causes(moves, "bo") if move[2] in ("up", "down")] == boarding
    assert [cause for _, _, cause in causes(moves, "cleo")].count("opened") == money
    spells = read_under(connection, "core.fct_ladder_spell", assumptions)
    assert spells.filter(pl.col("track_code") == "education").height == education
    up_on = moves.filter(pl.col("cause_code") == "up")["moved_on_date"].max()
    # highest: the boarding school counts as an institution, so that the move up comes when it begins
    assert str(up_on) == ("2024-06-01" if ranks == "highest" else "2025-02-01")


def test_nothing_in_the_warehouse_changes_and_tables_that_hang_on_nothing_are_read_as_they_are():
    connection = built(TABLES)
    before = {table: sorted_rows(connection.execute(f"SELECT * FROM {table}").pl()) for table in LADDER_TABLES}
    table_names = connection.execute("SELECT table_schema || table_name FROM information_schema.tables ORDER BY 1")
    names = table_names.fetchall()
    found = moves_by_assumption(connection)
    after = {table: sorted_rows(connection.execute(f"SELECT * FROM {table}").pl()) for table in LADDER_TABLES}
    assert after == before
    assert (
        connection.execute("SELECT table_schema || table_name FROM information_schema.tables ORDER BY 1").fetchall()
        == names
    )
    # as set is 30 days here
    for name in ("as_set", "grace_30_days"):
        assert (
            sorted_rows(found.filter(pl.col("assumption") == name).drop("assumption"))
            == before["marts.mart_ladder_moves"]
        )
    assert query_under("core.dim_child", LadderAssumptions(uncertain_ranks="lowest")).endswith("FROM core.dim_child")
    with pytest.raises(KeyError):
        query_under("core.unheard_of", LadderAssumptions())


def test_the_sensitivity_table_has_every_assumption_with_its_moves():
    found = moves_by_assumption(built(TABLES))
    whole = found.filter((pl.col("area_kind") == "municipality") & (pl.col("track_code") == "social"))
    opened = dict(whole.group_by("assumption").agg(pl.col("opened_count").sum()).rows())
    # anna 2 times (0 days: 3, 90 days: 1), bo once, cleo twice (once where money alone is no rung)
    assert opened == {
        "as_set": 2 + 1 + 2,
        "grace_0_days": 3 + 1 + 2,
        "grace_30_days": 2 + 1 + 2,
        "grace_90_days": 1 + 1 + 2,
        "uncertain_ranks_lowest": 2 + 1 + 1,
        "uncertain_ranks_highest": 2 + 1 + 2,
    }
