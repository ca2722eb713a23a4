"""Would the numbers of moves be others under other choices, or on the municipality's own ladder? Of one year, in whole fives.

The exact numbers under two choices would tell how few children the choice is about. Rounded, their difference stays uncertain by
five, as a hidden count must; the net of two rounded numbers would tell of the rounding alone.
"""

from typing import Final

import polars as pl

from pipelines.committee.context import ReportContext
from pipelines.committee.ladder_standing import TRACKS, source_of
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.transform.assumptions import STANDARD_ASSUMPTIONS, LadderAssumptions, moves_by_assumption

_NAMES: Final = {
    "as_set": "Som i rapporten",
    "grace_0_days": "Ingen dage mellem to indsatser",
    "grace_30_days": "Højst 30 dage mellem to indsatser",
    "grace_90_days": "Højst 90 dage mellem to indsatser",
    "uncertain_ranks_lowest": "Usikre trin regnet lavest",
    "uncertain_ranks_highest": "Usikre trin regnet højest",
}
_OWN_LADDER: Final = "Kommunens egen trappe"
"""A row where the municipality has one; all others are of the national ladder."""
_STEP: Final = 5
_UNCERTAIN = """
SELECT count(*) FILTER (WHERE lowest_social_rung IS DISTINCT FROM social_rung OR lowest_education_rung IS DISTINCT FROM education_rung)
           > 0 AS has_lower,
       count(*) FILTER (WHERE highest_social_rung IS DISTINCT FROM social_rung) > 0 AS has_higher
FROM core.fct_measure
"""


def sensitivity_table(context: ReportContext, year: int) -> ProtectedTable:
    """Moves down and up of `year` under every standard choice and on the own ladder; a choice that changes nothing is not run."""
    same = _unchanged(context)
    run = {name: chosen for name, chosen in STANDARD_ASSUMPTIONS.items() if name not in same}
    moves = moves_by_assumption(context.connection, run).filter(
        (pl.col("calendar_year") == year) & (pl.col("area_kind") == "municipality")
    )
    national, own = (moves.filter(pl.col("ladder_code") == code) for code in ("national", "own"))
    choices = [(name, national, "as_set" if key in same else key) for key, name in _NAMES.items()]
    rows = [
        {"track": track_name.capitalize(), "choice": name, **_numbers(context, counted, track, key)}
        for track, track_name in TRACKS.items()
        for name, counted, key in [*choices, (_OWN_LADDER, own, "as_set")]
    ]
    return protect(
        [row for row in rows if row["down"] is not None],
        table_id="ladder_sensitivity",
        title=f"Ryk i {year} under andre valg, afrundet til nærmeste {_STEP}",
        columns=(
            TableColumn("track", "Spor", "label"),
            TableColumn("choice", "Valg", "label"),
            TableColumn("down", "Ryk ned", "number"),
            TableColumn("up", "Ryk op", "number"),
        ),
        source=source_of(context),
        rule=context.rule,
    )


def _unchanged(context: ReportContext) -> set[str]:
    """The choices that are the municipality's own anyway, or about ranks that no measure has."""
    (found,) = context.records(_UNCERTAIN)
    own = LadderAssumptions(grace_gap_days=context.settings.ladder.grace_gap_days)
    same = {name for name, chosen in STANDARD_ASSUMPTIONS.items() if chosen == own}
    return same | {
        name
        for name, is_there in (
            ("uncertain_ranks_lowest", found["has_lower"]),
            ("uncertain_ranks_highest", found["has_higher"]),
        )
        if not is_there
    }


def _numbers(context: ReportContext, moves: pl.DataFrame, track: str, assumption: str) -> dict[str, Cell | int | None]:
    own = moves.filter((pl.col("track_code") == track) & (pl.col("assumption") == assumption))
    if not own.height:
        return {"down": None, "up": None}
    down, up = (int(own[name][0]) for name in ("down_count", "up_count"))
    if context.rule.hides_count(down) or context.rule.hides_count(up):
        return dict.fromkeys(("down", "up"), Cell(None, CellStatus.HIDDEN))
    return {"down": _STEP * round(down / _STEP), "up": _STEP * round(up / _STEP)}
