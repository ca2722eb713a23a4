"""Who stood where on the ladder, and how long: the few arrays that the ladder section counts from, read from the core tables.

Everything is on the national ladder. On the education track children who live in another municipality are left out, as in the
moves; nothing is followed beyond the last day on which anybody's move was registered, since later on nobody seems to move.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import polars as pl

from pipelines.committee.context import ReportContext
from pipelines.measures.cumulative_incidence import count_ends
from pipelines.measures.risk_sets import RiskSets

DAYS_PER_MONTH = 365.25 / 12
UNKNOWN_DISTRICT = ""

_RUNGS = "SELECT track_code, step_rung, title, band_code FROM codes.rungs ORDER BY track_code, step_rung"

# A register is complete from the first end it tells of, and its moves are told until the last one.
_SEEN = """
SELECT moves.track_code,
       min(moves.moved_on_date) AS known_from_date,
       max(moves.moved_on_date) FILTER (WHERE moves.cause_code IN ('down', 'up', 'opened', 'closed')) AS seen_until_date
FROM core.fct_ladder_move AS moves
INNER JOIN core.dim_ladder_register AS registers
    ON moves.ladder_code = registers.ladder_code AND moves.track_code = registers.track_code
    AND moves.moved_on_date >= registers.known_from_date
WHERE moves.ladder_code = 'national' AND moves.cause_code <> 'data_end' AND moves.from_rung >= 1
      AND (moves.track_code = 'social' OR moves.is_own_municipality)
GROUP BY moves.track_code
"""

_STANDING = """
SELECT spells.track_code, days.day_date, CAST(spells.child_id AS VARCHAR) AS child_id, spells.rung, residences.district_code
FROM core.fct_ladder_spell AS spells
INNER JOIN (SELECT unnest(CAST(? AS DATE[])) AS day_date) AS days
    ON days.day_date BETWEEN spells.start_date AND spells.end_date
LEFT JOIN core.fct_residence AS residences
    ON spells.child_id = residences.child_id AND days.day_date >= residences.start_date
    AND days.day_date <= coalesce(residences.end_date, DATE '9999-12-31')
WHERE spells.ladder_code = 'national'
      AND (spells.track_code = 'social' OR coalesce(residences.is_own_municipality, true))
ORDER BY ALL
"""

_SEGREGATED = """
SELECT stays.start_date, stays.after_date, stays.ended_as_code, stays.district_code, models.model_code
FROM core.fct_setting_stay AS stays
LEFT JOIN core.fct_organisation AS models
    ON models.unit_kind_code = 'district' AND stays.district_code = models.unit_code
    AND stays.start_date >= models.start_date AND stays.start_date <= coalesce(models.end_date, DATE '9999-12-31')
WHERE stays.is_segregated AND NOT stays.is_left_truncated AND stays.is_own_municipality
ORDER BY ALL
"""

# What came after a stay of _SEGREGATED: back in the mainstream from the very day it ended.
_AFTER_RETURN = """
SELECT inside.start_date, inside.after_date, inside.ended_as_code, outside.district_code, NULL AS model_code
FROM core.fct_setting_stay AS outside
INNER JOIN core.fct_setting_stay AS inside
    ON outside.child_id = inside.child_id AND outside.after_date = inside.start_date AND NOT inside.is_segregated
WHERE outside.is_segregated AND NOT outside.is_left_truncated AND outside.is_own_municipality
      AND outside.start_date < ? AND inside.start_date <= ? AND date_diff('day', outside.start_date, outside.after_date) <= ?
ORDER BY ALL
"""

_ON_RUNG = """
SELECT spells.track_code, spells.rung, CAST(spells.child_id AS VARCHAR) AS child_id, spells.start_date,
       spells.end_date + 1 AS after_date, spells.observed_from_date, moves.cause_code, moves.district_code
FROM core.fct_ladder_spell AS spells
INNER JOIN core.fct_ladder_move AS moves
    ON spells.ladder_code = moves.ladder_code AND spells.child_id = moves.child_id AND spells.track_code = moves.track_code
    AND spells.end_date + 1 = moves.moved_on_date
WHERE spells.ladder_code = 'national' AND spells.rung >= 1 AND spells.observed_from_date IS NOT NULL
      AND (spells.track_code = 'social' OR moves.is_own_municipality)
ORDER BY ALL
"""

# As the moves of marts.mart_ladder_moves are counted, so that both tables tell of the same beginnings.
_ENTRIES = """
WITH entries AS (
    SELECT track_code, child_id, to_rung, moved_on_date, year(moved_on_date) AS entry_year
    FROM core.fct_ladder_move
    WHERE ladder_code = 'national' AND cause_code = 'opened' AND (track_code = 'social' OR is_own_municipality)
)
SELECT entries.track_code, entries.entry_year, months.months_later, entries.to_rung AS first_rung, spells.rung AS later_rung
FROM entries
CROSS JOIN (SELECT unnest(CAST(? AS INTEGER[])) AS months_later) AS months
LEFT JOIN core.fct_ladder_spell AS spells
    ON spells.ladder_code = 'national' AND entries.track_code = spells.track_code AND entries.child_id = spells.child_id
    AND CAST(entries.moved_on_date + to_months(months.months_later) AS DATE) BETWEEN spells.start_date AND spells.end_date
WHERE make_date(entries.entry_year, 12, 31) + to_months(months.months_later) <= CAST(? AS DATE)
"""


@dataclass(frozen=True)
class Rung:
    """One rung of a track as the code table names it; `band` is its colour in figures."""

    number: int
    title: str
    band: str

    @property
    def label(self) -> str:
        """ "Trin 3: hjemmebaseret støtte"."""
        return f"Trin {self.number}: {self.title}"


@dataclass(frozen=True)
class Seen:
    """The days between which a track's register is known to tell of ends: first, and first one after the last."""

    known_from_date: date
    seen_until_date: date


class StayEnd(IntEnum):
    """How a stay on one side of the mainstream ended; RETURNED is to cross to the other side, as a segregated stay should."""

    STILL_THERE = 0
    RETURNED = 1
    LEFT_SCHOOL = 2
    MOVED_AWAY = 3


@dataclass(frozen=True)
class SegregatedStays:
    """Stays on the segregated rungs of the education track that began while we watched, one row each.

    frame: start_date, days (followed), end (`StayEnd`), district (`UNKNOWN_DISTRICT` where not known), model_code (of the
    district on the first day; None where not known).
    """

    frame: pl.DataFrame

    def of_model(self, model_code: str) -> "SegregatedStays":
        """The stays that began under one model."""
        return SegregatedStays(self.frame.filter(pl.col("model_code") == model_code))

    def ends(self) -> RiskSets:
        """The risk sets of the ends since each stay's first day, by district; who was followed for no day tells nothing here."""
        followed = self.frame.filter(pl.col("days") > 0)
        return count_ends(
            followed["days"].to_numpy(),
            followed["end"].to_numpy(),
            end_count=len(StayEnd) - 1,
            clusters=followed["district"].to_numpy().astype(str),
        )


def rungs_of(context: ReportContext) -> dict[str, dict[int, Rung]]:
    """Track code to rung number to rung, rung 0 included."""
    found: dict[str, dict[int, Rung]] = {}
    for row in context.records(_RUNGS):
        number = int(row["step_rung"])
        found.setdefault(row["track_code"], {})[number] = Rung(number, row["title"], row["band_code"])
    return found


def seen_days(context: ReportContext) -> dict[str, Seen]:
    """Track code to the days its register covers; a track without any end is left out."""
    return {
        row["track_code"]: Seen(row["known_from_date"], row["seen_until_date"])
        for row in context.records(_SEEN)
        if row["seen_until_date"] is not None
    }


def reference_dates(seen: Seen, as_of_date: date) -> list[date]:
    """Every 30 September that the register covers, oldest first."""
    years = range(seen.known_from_date.year, as_of_date.year + 1)
    return [day for year in years if seen.known_from_date <= (day := date(year, 9, 30)) <= as_of_date]


def standing_on(context: ReportContext, days: Sequence[date]) -> pl.DataFrame:
    """One row per child, track and day that the child has a rung: track_code, day_date, child_id, rung, district_code."""
    return _frame(context, _STANDING, [list(days)])


def segregated_stays(context: ReportContext, seen: Seen) -> SegregatedStays:
    """The stays followed until the last day on which a move was registered."""
    return _followed(_frame(context, _SEGREGATED).filter(pl.col("start_date") < seen.seen_until_date), seen)


def stays_after_return(context: ReportContext, seen: Seen, *, within_months: int) -> SegregatedStays:
    """The time in the mainstream after each of `segregated_stays` that ended there within so many months.

    RETURNED is here to come outside again. Who was back on the last day only has been followed for 0 days.
    """
    until = seen.seen_until_date
    return _followed(_frame(context, _AFTER_RETURN, [until, until, days_in(within_months)]), seen)


def _followed(stays: pl.DataFrame, seen: Seen) -> SegregatedStays:
    is_beyond = pl.col("after_date") > seen.seen_until_date
    end = (
        pl.when(is_beyond).then(int(StayEnd.STILL_THERE))
        .when(pl.col("ended_as_code") == "crossed").then(int(StayEnd.RETURNED))
        .when(pl.col("ended_as_code") == "moved_away").then(int(StayEnd.MOVED_AWAY))
        .otherwise(int(StayEnd.LEFT_SCHOOL))
    )  # fmt: skip
    followed = pl.min_horizontal("after_date", pl.lit(seen.seen_until_date))
    return SegregatedStays(
        stays.select(
            "start_date",
            days=(followed - pl.col("start_date")).dt.total_days(),
            end=end,
            district=pl.col("district_code").fill_null(UNKNOWN_DISTRICT),
            model_code=pl.col("model_code").cast(pl.String),
        )
    )


def stays_on_rungs(context: ReportContext, seen: dict[str, Seen]) -> pl.DataFrame:
    """One row per time on a rung from 1 up that was under observation.

    track_code, rung, child_id, district, months_at_entry, months_at_exit, has_ended. Moving away is no end: the child may well
    stay on the rung elsewhere; turning 18 and leaving school are.
    """
    frames = []
    everything = _frame(context, _ON_RUNG)
    for track, days in seen.items():
        stays = everything.filter(
            (pl.col("track_code") == track) & (pl.col("observed_from_date") < days.seen_until_date)
        )
        is_beyond = pl.col("after_date") > days.seen_until_date
        until = pl.min_horizontal("after_date", pl.lit(days.seen_until_date))
        frames.append(
            stays.select(
                "track_code",
                "rung",
                "child_id",
                district=pl.col("district_code").fill_null(UNKNOWN_DISTRICT),
                months_at_entry=_months(pl.col("observed_from_date") - pl.col("start_date")),
                months_at_exit=_months(until - pl.col("start_date")),
                has_ended=~is_beyond & (pl.col("cause_code") != "moved_away"),
            )
        )
    return pl.concat(frames) if frames else pl.DataFrame()


def entries_later(context: ReportContext, months: Sequence[int]) -> pl.DataFrame:
    """Each beginning of support (from rung 0) after each number of months, in years all of whose children were followed so long.

    track_code, entry_year, months_later, first_rung, later_rung (None: turned 18, moved away or no longer in the data).
    """
    return _frame(context, _ENTRIES, [list(months), context.as_of_date])


def days_in(months: int) -> int:
    """The days of that many months, rounded up: 24 months are 731 days, for one February has 29."""
    return math.ceil(months * DAYS_PER_MONTH)


def _months(span: pl.Expr) -> pl.Expr:
    return span.dt.total_days() / DAYS_PER_MONTH


def _frame(context: ReportContext, query: str, parameters: list[object] | None = None) -> pl.DataFrame:
    return context.connection.execute(query, parameters or []).pl()
