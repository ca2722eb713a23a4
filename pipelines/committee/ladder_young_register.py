"""Does the register reach two years back before a year begins? Else rates of the children on the ladder are too high.

They are per 100 child-years of those with rung 1 or higher within the past 24 months (marts.mart_ladder_moves). Help that ended before
the register is known to hold ends (core.dim_ladder_register) was never delivered, so those children lack below the line. The tables
say so, track by track. Nobody lacks among all children of 0-17 years.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from pipelines.committee.context import ReportContext
from pipelines.committee.ladder_standing import TRACKS
from pipelines.disclosure.table import ProtectedTable
from pipelines.publish.danish import joined

_HISTORY_YEARS: Final = 2
_KNOWN_FROM: Final = "SELECT track_code, known_from_date FROM core.dim_ladder_register WHERE ladder_code = 'national'"
_TOO_HIGH: Final = (
    "Derfor mangler nogle af de børn, der har været på trappen inden for to år. Satser regnet på dem er for høje."
)
ALL_CHILDREN_UNTOUCHED: Final = "Satser regnet på alle børn på 0-17 år er ikke ramt."


def years_short_of_history(context: ReportContext, records: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, ...]]:
    """Track code to those of the records' calendar years that begin less than 24 months after the first day its register covers.

    records: rows with track_code and calendar_year. A track without such a year is left out.
    """
    known_from = {row["track_code"]: row["known_from_date"] for row in context.records(_KNOWN_FROM)}
    years: dict[str, set[int]] = {}
    for record in records:
        track, year = record["track_code"], int(record["calendar_year"])
        if date(year - _HISTORY_YEARS, 1, 1) < known_from[track]:
            years.setdefault(track, set()).add(year)
    return {track: tuple(sorted(years[track])) for track in TRACKS if track in years}


def short_history_words(years: Mapping[str, Sequence[int]]) -> str:
    """Which tracks' rates are too high for which years, and why; empty where none is."""
    return " ".join([*_beginnings(years), _TOO_HIGH]) if years else ""


def short_history_briefly(years: Mapping[str, Sequence[int]]) -> str:
    """The same on a question's page, where the tables' sources have the reason; empty where no rate is too high."""
    return " ".join([*_beginnings(years), "Satserne er for høje."]) if years else ""


def _beginnings(years: Mapping[str, Sequence[int]]) -> list[str]:
    tracks_of: dict[tuple[int, ...], list[str]] = {}
    for track, own in years.items():
        tracks_of.setdefault(tuple(own), []).append(TRACKS[track])
    return [
        f"Tallene for {joined(tracks)} begynder mindre end to år før {joined([str(year) for year in own])}."
        for own, tracks in tracks_of.items()
    ]


def with_short_history(
    table: ProtectedTable, years: Mapping[str, Sequence[int]], *, has_all_children: bool = False
) -> ProtectedTable:
    """The table with the warning after its source; has_all_children: it shows rates of all children too, which are not too high."""
    if not years:
        return table
    words = [table.source, short_history_words(years), *([ALL_CHILDREN_UNTOUCHED] if has_all_children else [])]
    return replace(table, source=" ".join(words))
