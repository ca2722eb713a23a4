"""What does the national ladder make of each code: paragraph, place, class type, kind of institution, hours of support.

Everything is read from data_contracts/codes but the hours, which folkeskoleloven draws at nine.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from pipelines.codes import load_code_table

TRACKS = {"social": "socialsporet", "education": "undervisningssporet"}
"""Code and Danish name of each track."""

STEP_KINDS = {
    "paragraph": "paragraf",
    "place": "anbringelsessted",
    "class_type": "klassetype",
    "institution_type": "institutionstype",
    "support": "støttetimer",
}
"""Code and Danish name of what can put a child on a rung."""

KINDS_BY_TRACK = {
    "social": ("paragraph", "place"),
    "education": ("paragraph", "class_type", "institution_type", "support"),
}
SUPPORT_TITLES = {"under_nine_hours": "under 9 timer", "nine_hours_or_more": "mindst 9 timer"}
"""Hours of support a week in an ordinary class: folkeskoleloven § 3 a, and § 3, stk. 2."""

_SUPPORT_RUNGS = {"under_nine_hours": 1, "nine_hours_or_more": 2}
_TABLES = {
    "paragraph": "paragraphs",
    "place": "places",
    "class_type": "class_types",
    "institution_type": "institution_types",
}


@dataclass(frozen=True)
class Step:
    """One code's rung on one track."""

    track_code: str
    step_kind_code: str
    code: str
    rung: int
    is_rung_uncertain: bool = False


@cache
def national_steps(track_code: str) -> tuple[Step, ...]:
    """Every code that the national ladder gives a rung on the track, rung 0 too; a dated code as its newest row says."""
    kinds = KINDS_BY_TRACK[track_code]
    coded = [
        Step(track_code, kind, code, int(row[f"{track_code}_rung"]), row.get("is_ordinal_uncertain") == "true")
        for kind in kinds
        if kind in _TABLES
        for code, row in _newest_rows(_TABLES[kind]).items()
        if row[f"{track_code}_rung"]
    ]
    hours = [Step(track_code, "support", code, rung) for code, rung in _SUPPORT_RUNGS.items() if "support" in kinds]
    return (*coded, *hours)


@cache
def national_titles(track_code: str) -> dict[int, str]:
    """Danish title by rung of the track."""
    rows = load_code_table("rungs").rows
    return {int(row["step_rung"]): row["title"] for row in rows if row["track_code"] == track_code}


@cache
def codes_by_spelling(step_kind_code: str) -> dict[str, str]:
    """Code by every accepted spelling, case-folded."""
    if step_kind_code == "support":
        return {spelling: code for code, title in SUPPORT_TITLES.items() for spelling in (code, title)}
    return load_code_table(_TABLES[step_kind_code]).codes_by_alias()


@cache
def step_title(step_kind_code: str, code: str) -> str:
    """The code's Danish title."""
    if step_kind_code == "support":
        return SUPPORT_TITLES[code]
    return load_code_table(_TABLES[step_kind_code]).titles()[code]


@cache
def placement_paragraphs() -> frozenset[str]:
    """Paragraphs whose rung follows the place."""
    return frozenset(code for code, row in _newest_rows("paragraphs").items() if row["is_placement"] == "true")


@cache
def paragraph_successors() -> dict[str, str]:
    """Code in barnets lov by code in serviceloven."""
    return {code: row["successor_code"] for code, row in _newest_rows("paragraphs").items() if row["successor_code"]}


def by_code(steps: Iterable[Step]) -> dict[tuple[str, str], Step]:
    """Steps of one track by kind and code."""
    return {(step.step_kind_code, step.code): step for step in steps}


def _newest_rows(table: str) -> dict[str, dict[str, str]]:
    rows = sorted(load_code_table(table).rows, key=lambda row: row["valid_from_date"])
    return {row["code"]: row for row in rows}
