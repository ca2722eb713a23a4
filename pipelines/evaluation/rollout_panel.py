"""Which children were measured in which district and school year, before and after the district began? The panel of a rollout.

From core.fct_organisation (each district's first day under the model), core.fct_sdq_pair and core.fct_sdq_score by `children`, and
core.fct_residence (children at risk). Districts only: an institution with a model of its own has few and special children, and stands
in nobody's place. A child belongs to the school year of its first form. In the school year in which a district began, the children
measured before that day are left out, so that the year is wholly one under the model.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation.arrays import arrays_of
from pipelines.evaluation.children import StudyChild, read_measured, read_records
from pipelines.evaluation.outcomes import OUTCOMES
from pipelines.evaluation.plan import SCHOOL_YEAR_BEGINS, AnalysisPlan
from pipelines.measures.district_difference import district_effects

Floats = NDArray[np.float64]

_ADJUSTED_FOR: Final = ("first_score", "age", "sex")
_STARTS: Final = """
SELECT
    unit_code AS district_code,
    min(start_date) FILTER (WHERE model_code = $treated) AS start_date,
    max(coalesce(end_date, DATE '9999-12-31')) FILTER (WHERE model_code = $treated) AS last_date
FROM core.fct_organisation
WHERE unit_kind_code = 'district' AND model_code IN ($treated, $comparison)
GROUP BY unit_code
ORDER BY unit_code
"""
_AT_RISK: Final = """
WITH counted AS (
    SELECT days.school_year, least(days.last_day, settings.as_of_date) AS counted_on
    FROM (SELECT unnest($years) AS school_year, unnest($days) AS last_day) AS days
    CROSS JOIN codes.settings AS settings
)
SELECT residences.district_code, counted.school_year, count(*) AS children_count
FROM core.fct_residence AS residences
INNER JOIN core.dim_child AS children ON residences.child_id = children.child_id
INNER JOIN counted
    ON residences.start_date <= counted.counted_on
    AND coalesce(residences.end_date, counted.counted_on) >= counted.counted_on
    AND children.birth_date <= counted.counted_on
    AND children.turns_18_date > counted.counted_on
WHERE residences.is_own_municipality AND residences.district_code IS NOT NULL
GROUP BY ALL
ORDER BY residences.district_code, counted.school_year
"""


class Composition(StrEnum):
    """What tells whether the same kind of children are measured, all known before any outcome."""

    AGE = "age"
    BOYS = "boys"
    FIRST_SCORE = "first_score"
    MEASURED = "measured"
    """Children with a first form over children who live there."""


@dataclass(frozen=True)
class PanelSources:
    """What a panel is made of. starts: district -> first day under the model, None if never; last_days: district -> last day under it,
    of those that began. at_risk: (district, year in which the school year begins) -> children of 0-17 years on its last day."""

    children: Sequence[StudyChild]
    starts: Mapping[str, date | None]
    last_days: Mapping[str, date]
    at_risk: Mapping[tuple[str, int], int]


@dataclass(frozen=True)
class RolloutPanel:
    """Districts by school year; arrays are `(districts, years)`.

    years: in which each school year begins. adoption: place of each district's first year under the model; 0 or less: it began before
    the years, or in the first; None: not within them. change: mean change in points (second minus first; fewer is better), had the
    children been like all children of the panel in first score, age and sex; NaN with fewer children than the plan asks for.
    composition: mean age in years, share of boys, mean first score, share measured (0-1); of all with a first form. spread: standard
    deviation between children of what is a child's own. followed: children behind `change`. institutions: of each (district, year),
    by place. stopped: districts that gave the model up again; they are not in the panel.
    """

    districts: tuple[str, ...]
    years: tuple[int, ...]
    adoption: tuple[int | None, ...]
    change: Floats
    composition: Mapping[Composition, Floats]
    spread: Mapping[Composition, float]
    followed: NDArray[np.int64]
    institutions: Mapping[tuple[int, int], frozenset[str]]
    stopped: tuple[str, ...]


def school_years(plan: AnalysisPlan) -> tuple[int, ...]:
    """In which years the whole school years begin, from the plan's first to the end of its window; none without a first year."""
    first = plan.rollout.first_year_from
    if first is None:
        return ()
    return tuple(
        year for year in range(first.year, plan.window.first_to.year) if _last_day(year) <= plan.window.first_to
    )


def read_sources(connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan) -> PanelSources:
    """What the warehouse holds of the plan's rollout. Raises: ValueError for a plan without a first year."""
    first = plan.rollout.first_year_from
    if first is None:
        raise ValueError("the plan follows no rollout")
    children, _ = read_measured(connection, plan, first_from=first)
    starts = read_records(connection, _STARTS, plan.arms.model_dump())
    years = list(school_years(plan))
    at_risk = read_records(connection, _AT_RISK, {"years": years, "days": [_last_day(year) for year in years]})
    return PanelSources(
        children,
        {record["district_code"]: record["start_date"] for record in starts},
        {record["district_code"]: record["last_date"] for record in starts if record["last_date"] is not None},
        {(record["district_code"], record["school_year"]): record["children_count"] for record in at_risk},
    )


def panel_of(sources: PanelSources, plan: AnalysisPlan) -> RolloutPanel:
    """The panel over the plan's school years. Raises: ValueError when the plan has no whole school year."""
    years = school_years(plan)
    if not years:
        raise ValueError("the plan follows no school year")
    stopped = tuple(sorted(code for code, day in sources.last_days.items() if day < _last_day(years[-1])))
    districts = tuple(sorted(set(sources.starts) - set(stopped)))
    places = _Places(districts, years)
    measured = [child for child in sources.children if places.of(child) is not None]
    kept = [child for child in measured if not _is_before_start(child, sources.starts[child.cluster])]
    change, followed = _change(kept, places, plan)
    return RolloutPanel(
        districts,
        years,
        tuple(_adoption(sources.starts[code], years) for code in districts),
        change,
        {one: _means(_VALUES[one](kept), kept, places) for one in _VALUES}
        | {Composition.MEASURED: _share_measured(measured, sources.at_risk, places)},
        {one: float(np.nanstd(values)) if len(values := _VALUES[one](kept)) else np.nan for one in _VALUES},
        followed,
        _institutions(kept, places),
        stopped,
    )


def _last_day(year: int) -> date:
    return date(year + 1, *SCHOOL_YEAR_BEGINS) - timedelta(days=1)


def school_year_of(day: date) -> int:
    """The year in which the day's school year begins."""
    return day.year if (day.month, day.day) >= SCHOOL_YEAR_BEGINS else day.year - 1


@dataclass(frozen=True)
class _Places:
    """Where in the panel a child belongs."""

    districts: tuple[str, ...]
    years: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.districts), len(self.years)

    def of(self, child: StudyChild) -> tuple[int, int] | None:
        """(district, year); None for a child of an institution with its own model, of a district left out, or of no whole year."""
        year = school_year_of(child.first_date)
        if child.cluster not in self.districts or year not in self.years:
            return None
        return self.districts.index(child.cluster), self.years.index(year)

    def group(self, children: Iterable[StudyChild]) -> dict[tuple[int, int], list[int]]:
        """(district, year) -> places of its children among the given."""
        found: dict[tuple[int, int], list[int]] = {}
        for position, child in enumerate(children):
            if (place := self.of(child)) is not None:
                found.setdefault(place, []).append(position)
        return found


def _is_before_start(child: StudyChild, start: date | None) -> bool:
    """Whether the child was measured in the school year in which its district began, before it did."""
    return start is not None and child.first_date < start and school_year_of(child.first_date) == school_year_of(start)


def _adoption(start: date | None, years: tuple[int, ...]) -> int | None:
    if start is None or school_year_of(start) > years[-1]:
        return None
    return school_year_of(start) - years[0]


def _change(children: Sequence[StudyChild], places: _Places, plan: AnalysisPlan) -> tuple[Floats, NDArray[np.int64]]:
    """Adjusted mean change, and the children behind it; slopes come from within districts' years, so none takes out a change."""
    values, counts = np.full(places.shape, np.nan), np.zeros(places.shape, dtype=np.int64)
    followed = [child for child in children if child.is_followed]
    if not followed:
        return values, counts
    arrays = arrays_of(followed, OUTCOMES[plan.primary.outcome], _ADJUSTED_FOR)
    labels = [places.of(child) for child in followed]
    found = district_effects(arrays.outcome - arrays.first, labels, covariates=arrays.covariates)
    for label, mean in found.adjusted.items():
        if isinstance(label, tuple):
            counts[label] = found.child_counts[label]
            if counts[label] >= plan.rollout.fewest_children_per_year:
                values[label] = mean
    return values, counts


_VALUES: Final[Mapping[Composition, Any]] = {
    Composition.AGE: lambda children: _numbers(child.age_years for child in children),
    Composition.BOYS: lambda children: _numbers(child.is_boy for child in children),
    Composition.FIRST_SCORE: lambda children: _numbers(child.first["total_points"] for child in children),
}


def _numbers(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _means(values: Floats, children: Sequence[StudyChild], places: _Places) -> Floats:
    """Mean of what is known; NaN where nothing is."""
    found = np.full(places.shape, np.nan)
    for place, own in places.group(children).items():
        known = values[own][~np.isnan(values[own])]
        if known.size:
            found[place] = known.mean()
    return found


def _share_measured(children: Sequence[StudyChild], at_risk: Mapping[tuple[str, int], int], places: _Places) -> Floats:
    """Of the whole school year, also where the district began within it; NaN where nobody is known to live there."""
    found = np.full(places.shape, np.nan)
    counts = {place: len(own) for place, own in places.group(children).items()}
    for row, code in enumerate(places.districts):
        for column, year in enumerate(places.years):
            if living := at_risk.get((code, year)):
                found[row, column] = counts.get((row, column), 0) / living
    return found


def _institutions(children: Sequence[StudyChild], places: _Places) -> dict[tuple[int, int], frozenset[str]]:
    """Where the children behind `change` were measured."""
    followed = [child for child in children if child.is_followed]
    return {
        place: frozenset(code for position in own if (code := followed[position].institution) is not None)
        for place, own in places.group(followed).items()
    }
