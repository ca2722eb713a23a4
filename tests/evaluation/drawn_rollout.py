"""A rollout drawn in memory: districts by school year, every child of a cell with the same change."""

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation.children import StudyChild
from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.rollout_panel import PanelSources
from tests.evaluation.drawn_study import a_plan, child

FIRST_YEAR = 2017
YEARS = 8
NEVER = YEARS
CODES = ("A", "B", "C", "D", "E", "F", "G", "H")
STARTS = (4, 4, 5, 6, NEVER, NEVER, NEVER, NEVER)
"""Four years before anybody began; the window of `a_plan` is the last of the eight years, 2024/25."""

Floats = NDArray[np.float64]


def rollout_plan(**changed: Any) -> AnalysisPlan:
    rollout = {"first_year_from": date(FIRST_YEAR, 8, 1), **changed.pop("rollout", {})}
    return a_plan(rollout=rollout, **changed)


def changes(*, effect: float = 0.0, noise: float = 0.1, drift: float = 0.0, starts: tuple[int, ...] = STARTS) -> Floats:
    """`(districts, years)` of mean change: all fall by 2, those under the model by `effect` more; those who begin drift each year."""
    years, began = np.arange(YEARS), np.array(starts)[:, None]
    wobble = noise * np.random.default_rng(11).normal(0, 1, (len(starts), YEARS))
    drifting = drift * years * (began < NEVER)
    found: Floats = -2.0 - effect * (years >= began) + drifting + wobble
    return found


def first_day(start: int) -> date | None:
    return None if start == NEVER else date(FIRST_YEAR + start, 8, 1)


def sources(
    values: Floats,
    *,
    starts: tuple[int, ...] = STARTS,
    per_cell: int = 12,
    at_risk: int = 100,
    **of_cell: Any,
) -> PanelSources:
    """12 children a cell, half of first score 14 and half of 18, in two institutions; `of_cell`: (is begun district, is under the
    model) -> change of a child's fields."""
    alter = of_cell.get("alter", lambda begins, under: {})
    children: list[StudyChild] = []
    for row, code in enumerate(CODES[: len(starts)]):
        for year in range(YEARS):
            under = year >= starts[row]
            for number in range(per_cell):
                more = alter(starts[row] < NEVER, under)
                first = 14 + 4 * (number % 2) + more.get("first", 0)
                children.append(
                    child(
                        code,
                        first,
                        first + values[row, year],
                        is_treated=under,
                        institution=f"{code}-{number // 6}",
                        first_date=date(FIRST_YEAR + year, 9, 1),
                        is_boy=number % 4 < 2,
                        age_years=8 + number % 3 + more.get("age", 0),
                    )
                )
    risk = {(code, FIRST_YEAR + year): at_risk for code in CODES[: len(starts)] for year in range(YEARS)}
    days = {code: first_day(start) for code, start in zip(CODES, starts, strict=False)}
    lasting = {code: date(9999, 12, 31) for code, day in days.items() if day is not None}
    return PanelSources(children, days, lasting, risk)
