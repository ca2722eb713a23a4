"""How long do children stand on a rung? The median of every stay observed, not only of those that run or have ended."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from pipelines.committee.context import ReportContext
from pipelines.committee.ladder_spells import Rung
from pipelines.committee.ladder_standing import TRACKS, source_of
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.measures.durations import stay_durations

_MONTHS: Final = 12
_WHY_NOT_THE_RUNNING: Final = (
    "Vi viser ikke gennemsnittet af de ophold, der er i gang: Lange ophold er oftere i gang end korte, og ingen af dem er slut. "
    "Hvert ophold er regnet med for den tid, vi har set det."
)
_COLUMNS: Final = (
    TableColumn("track", "Spor", "label"),
    TableColumn("rung", "Trin", "label"),
    TableColumn("stays_count", "Ophold", "count"),
    TableColumn(
        "median_months", "Måneder", "mean", decimals=1, children="children_count",
        institutions="district_count",
    ),
    TableColumn("low", "Spænd fra", "mean", decimals=1, limit_of="median_months"),
    TableColumn("high", "Spænd til", "mean", decimals=1, limit_of="median_months"),
)  # fmt: skip


def durations_table(
    context: ReportContext, stays: pl.DataFrame, rungs: Mapping[str, Mapping[int, Rung]]
) -> ProtectedTable:
    """One row per track and rung that anybody stood on: stays, median months with its district interval.

    stays: as `stays_on_rungs`. Where fewer than half have ended while followed, the median cannot be computed.
    """
    rows = []
    for track, name in TRACKS.items():
        for number, rung in sorted(rungs.get(track, {}).items()):
            own = stays.filter((pl.col("track_code") == track) & (pl.col("rung") == number)) if stays.width else stays
            if own.height:
                rows.append({"track": name.capitalize(), "rung": rung.label, **_row(own)})
    return protect(
        rows,
        table_id="ladder_durations",
        title="Tid på trinnet: Halvdelen af opholdene varer længere end så mange måneder",
        columns=_COLUMNS,
        source=f"{source_of(context)} {_WHY_NOT_THE_RUNNING}",
        rule=context.rule,
    )


def _row(own: pl.DataFrame) -> dict[str, float | int | None]:
    found = stay_durations(
        own["months_at_exit"].to_numpy(),
        own["has_ended"].to_numpy(),
        up_to_months=_MONTHS,
        at_month=_MONTHS,
        months_at_entry=own["months_at_entry"].to_numpy(),
        districts=own["district"].to_list(),
    )
    return {
        "stays_count": own.height,
        "children_count": own["child_id"].n_unique(),
        "district_count": own["district"].n_unique(),
        "median_months": found.median.value,
        "low": found.median.low,
        "high": found.median.high,
    }
