"""What is published on the made-up municipality's pupils, under each definition that the simulator can count?

Everybody publishes from the same pupils on 30 September, and no two agree (codes.segregation_definitions):

- stil_kommunal: municipal school types in the municipality, wherever the pupils live, all grades;
- kl: the same pupils as the ministry's, told as the share outside ordinary teaching;
- benchmark_alle_0_9: all pupils who live here, private schools too, grades 0-9, wherever the school lies;
- flis: pupils whose place we pay in municipal school types, grades 0-9, by class type; where the payer is not told, those who
  live here.

Figures on few pupils are hidden: the ministry leaves the row out, the others show that it is hidden.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pipelines.simulate.days import Flags, Indices, day_number, school_year_label
from pipelines.simulate.schooling import LOWEST_SEGREGATED_RUNG, MOST_SPECIAL_CLASS, SPECIAL_CLASS

if TYPE_CHECKING:
    from pipelines.simulate.municipality import SimulatedMunicipality

MUNICIPAL_SCHOOL_TYPES = ("folkeskole", "youth_school", "special_school", "day_treatment")
SCHOOL_TYPES = (*MUNICIPAL_SCHOOL_TYPES, "private_school")
HIGHEST_COMPULSORY_GRADE = 9
OMITS_HIDDEN = frozenset({"stil_kommunal"})
_MEASURES: Mapping[str, tuple[str, ...]] = {
    "stil_kommunal": ("inclusion_pct", "segregated_pupils_count"),
    "benchmark_alle_0_9": ("segregation_pct", "segregated_pupils_count"),
    "kl": ("segregation_pct",),
    "flis": ("segregation_pct",),
}
_TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Figure:
    """One figure: what it counts, its value unrounded, and as it is published (None: hidden)."""

    definition_id: str
    measure_code: str
    pupil_group_code: str
    school_year: str
    pupils_count: int
    segregated_count: int
    unrounded_value: float
    published_value: float | None

    @property
    def is_hidden(self) -> bool:
        """Whether the source hides it."""
        return self.published_value is None

    @property
    def is_delivered(self) -> bool:
        """Whether there is a row for it at all."""
        return not self.is_hidden or self.definition_id not in OMITS_HIDDEN


@dataclass(frozen=True)
class _Pupils:
    """Everybody in a school on one day, one entry each."""

    grade: Indices
    kind: np.ndarray[tuple[int], np.dtype[np.str_]]
    is_segregated: Flags
    is_in_special_class: Flags
    lives_here: Flags
    is_paid_here: Flags
    is_taught_here: Flags
    is_boy: Flags


def draw_figures(simulated: "SimulatedMunicipality") -> list[Figure]:
    """Every figure of every school year whose 30 September has been, hidden ones too; counted, nothing is drawn."""
    figures: list[Figure] = []
    for year in range(simulated.first_school_year, simulated.data_end_date.year + 1):
        if date(year, 9, 30) > simulated.data_end_date:
            continue
        pupils = _pupils_on(simulated, day_number(date(year, 9, 30)), school_year=year)
        groups = {"all": np.ones_like(pupils.is_boy), "girls": ~pupils.is_boy, "boys": pupils.is_boy}
        for definition, (counted, segregated) in _definitions(pupils).items():
            for group, chosen in groups.items():
                pupils_count, segregated_count = int((counted & chosen).sum()), int((segregated & chosen).sum())
                if pupils_count:
                    figures += [
                        _figure(
                            definition, measure, group, school_year_label(year), pupils_count, segregated_count,
                            fewest=simulated.parameters.publication.fewest_published_pupils,
                        )
                        for measure in _MEASURES[definition]
                    ]  # fmt: skip
    return figures


def _pupils_on(simulated: "SimulatedMunicipality", day: int, *, school_year: int) -> _Pupils:
    """Our own children and those from other municipalities who go to school on a day."""
    geography, placements, visitors = simulated.geography, simulated.placements, simulated.visitors
    payers = simulated.payers
    everyone = np.arange(simulated.children.count)
    days = np.full(simulated.children.count, day)
    place = placements.on(everyone, days)
    place = place[place >= 0]
    place = place[placements.grade[place] >= 0]
    child = placements.child[place]
    visitor = np.flatnonzero(visitors.grade_in(school_year) >= 0)
    institution = np.concatenate([placements.institution[place], visitors.institution[visitor]])
    class_codes = np.array(placements.class_codes, dtype=np.str_)
    special_class = np.isin(class_codes[place], (SPECIAL_CLASS, MOST_SPECIAL_CLASS))
    lives_here = simulated.children.is_resident_on(child, days[child])
    return _Pupils(
        grade=np.concatenate([placements.grade[place], visitors.grade_in(school_year)[visitor]]),
        kind=geography.kinds[institution],
        is_segregated=np.concatenate([placements.rung[place] >= LOWEST_SEGREGATED_RUNG, visitors.is_special[visitor]]),
        is_in_special_class=np.concatenate([special_class, visitors.is_special[visitor]]),
        lives_here=np.concatenate([lives_here, np.zeros(len(visitor), dtype=bool)]),
        is_paid_here=np.concatenate([payers.pays_here(child, lives_here), payers.visitor_is_ours[visitor]]),
        is_taught_here=geography.is_inside[institution],
        is_boy=np.concatenate([simulated.children.is_boy[child], visitors.is_boy[visitor]]),
    )


def _definitions(pupils: _Pupils) -> Mapping[str, tuple[Flags, Flags]]:
    """Who is counted under each definition, and who of them as outside ordinary teaching."""
    is_municipal = np.isin(pupils.kind, MUNICIPAL_SCHOOL_TYPES)
    is_compulsory = pupils.grade <= HIGHEST_COMPULSORY_GRADE
    by_school = is_municipal & pupils.is_taught_here
    by_home = np.isin(pupils.kind, SCHOOL_TYPES) & pupils.lives_here & is_compulsory
    by_class = is_municipal & pupils.is_paid_here & is_compulsory
    return {
        "stil_kommunal": (by_school, by_school & pupils.is_segregated),
        "benchmark_alle_0_9": (by_home, by_home & pupils.is_segregated),
        "kl": (by_school, by_school & pupils.is_segregated),
        "flis": (by_class, by_class & pupils.is_in_special_class),
    }


_VALUES: Mapping[str, Callable[[int, int], Decimal]] = {
    "inclusion_pct": lambda pupils, segregated: Decimal(100 * (pupils - segregated)) / pupils,
    "segregation_pct": lambda pupils, segregated: Decimal(100 * segregated) / pupils,
    "segregated_pupils_count": lambda pupils, segregated: Decimal(segregated),
}


def _figure(
    definition: str, measure: str, group: str, school_year: str, pupils: int, segregated: int, *, fewest: int
) -> Figure:
    """A figure with its value to one decimal, half up; hidden where few pupils, or few on either side, stand behind it."""
    value = _VALUES[measure](pupils, segregated)
    is_hidden = pupils < fewest or 0 < segregated < fewest or 0 < pupils - segregated < fewest
    return Figure(
        definition_id=definition,
        measure_code=measure,
        pupil_group_code=group,
        school_year=school_year,
        pupils_count=pupils,
        segregated_count=segregated,
        unrounded_value=round(float(value), 6),
        published_value=None if is_hidden else float(value.quantize(_TENTH, rounding=ROUND_HALF_UP)),
    )


def figure_rows(simulated: "SimulatedMunicipality") -> pl.DataFrame:
    """One row per published figure, contract columns of `segregation_figures`."""
    delivered = [figure for figure in draw_figures(simulated) if figure.is_delivered]
    rows = [
        {
            "definition_id": figure.definition_id,
            "measure_code": figure.measure_code,
            "area_code": simulated.geography.municipality_code,
            "pupil_group_code": figure.pupil_group_code,
            "school_year": figure.school_year,
            "figure_value": figure.published_value,
            "value_status_code": "hidden_by_source" if figure.is_hidden else "published",
            "source_url": f"https://konstruerede-tal.example/{figure.definition_id}",
        }
        for figure in delivered
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)


_SCHEMA = {
    "definition_id": pl.String(),
    "measure_code": pl.String(),
    "area_code": pl.String(),
    "pupil_group_code": pl.String(),
    "school_year": pl.String(),
    "figure_value": pl.Float64(),
    "value_status_code": pl.String(),
    "source_url": pl.String(),
}


def figures_truth(simulated: "SimulatedMunicipality") -> list[dict[str, Any]]:
    """Per definition, measure, group and school year: the counts, the value before rounding, and whether the source hides it."""
    return [
        {
            "definition_id": figure.definition_id,
            "measure_code": figure.measure_code,
            "area_code": simulated.geography.municipality_code,
            "pupil_group_code": figure.pupil_group_code,
            "school_year": figure.school_year,
            "pupils_count": figure.pupils_count,
            "segregated_count": figure.segregated_count,
            "unrounded_value": figure.unrounded_value,
            "published_value": figure.published_value,
            "is_hidden": figure.is_hidden,
            "is_delivered": figure.is_delivered,
        }
        for figure in draw_figures(simulated)
    ]


def border_truth(simulated: "SimulatedMunicipality") -> list[dict[str, Any]]:
    """Per school year, on 30 September: our pupils in other municipalities' offers, other municipalities' children in ours, and
    those for whom another pays than the municipality they live in."""
    rows = []
    for year in range(simulated.first_school_year, simulated.data_end_date.year + 1):
        if date(year, 9, 30) > simulated.data_end_date:
            continue
        pupils = _pupils_on(simulated, day_number(date(year, 9, 30)), school_year=year)
        visiting = simulated.visitors.grade_in(year) >= 0
        rows.append(
            {
                "school_year": school_year_label(year),
                "own_pupils_paid_by_others_count": int((pupils.lives_here & ~pupils.is_paid_here).sum()),
                "visitors_paid_by_us_count": int((pupils.is_paid_here & ~pupils.lives_here).sum()),
                "own_pupils_outside_count": int((pupils.lives_here & ~pupils.is_taught_here).sum()),
                "visitors_in_special_school_count": int((visiting & simulated.visitors.is_special).sum()),
                "visitors_in_ordinary_school_count": int((visiting & ~simulated.visitors.is_special).sum()),
            }
        )
    return rows
