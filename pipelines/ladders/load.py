"""Bring the ladders into the warehouse: `codes.ladder_rungs` and `codes.own_ladder_steps`.

The national ladder's steps stay in the code tables themselves (codes.paragraphs and its like), which are dated.
"""

import duckdb

from pipelines.codes import replace_table
from pipelines.ladders.own_table import OwnLadder
from pipelines.ladders.steps import TRACKS, national_titles

NATIONAL, OWN = "national", "own"
RUNG_COLUMNS = {"ladder_code": "VARCHAR", "track_code": "VARCHAR", "rung": "INTEGER", "title": "VARCHAR"}
"""Columns of `codes.ladder_rungs`: one row per ladder, track and rung."""

STEP_COLUMNS = {
    "track_code": "VARCHAR",
    "step_kind_code": "VARCHAR",
    "code": "VARCHAR",
    "rung": "INTEGER",
    "is_rung_uncertain": "BOOLEAN",
}
"""Columns of `codes.own_ladder_steps`: one row per track and code that the own ladder puts on a rung; empty without one."""


def load_ladders(connection: duckdb.DuckDBPyConnection, own: OwnLadder | None) -> None:
    """Create or replace both tables."""
    rungs = [(NATIONAL, track, rung, title) for track in TRACKS for rung, title in national_titles(track).items()]
    rungs += [(OWN, *named) for named in own.titles] if own else []
    steps = [tuple(getattr(step, name) for name in STEP_COLUMNS) for step in own.steps] if own else []
    replace_table(connection, "codes.ladder_rungs", RUNG_COLUMNS, rungs)
    replace_table(connection, "codes.own_ladder_steps", STEP_COLUMNS, steps)
