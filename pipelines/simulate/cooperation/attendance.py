"""Which children could a meeting be about: those who have a place at the institution, or live in the district, on the day."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from pipelines.simulate.cooperation.units import Unit
from pipelines.simulate.days import Days, Indices, day_number
from pipelines.simulate.population import Children
from pipelines.simulate.schooling import Placements

_DAYS_LOOKED_AT = 5
_YOUNGEST_DAYS = 365
"""A younger child is no case at a district's meeting."""


@dataclass(frozen=True)
class Attendance:
    """Children by unit and day: only those who live in the municipality then and are under 18."""

    children: Children
    places: tuple[Placements, ...]
    district_codes: tuple[str, ...]

    def at(self, unit: Unit, day: date) -> Indices:
        """Children of an institution, or of a district, in rising order; other units have none."""
        number = day_number(day)
        match unit.kind:
            case "institution":
                found = self._placed(unit.row, number)
            case "district":
                found = self._living_in(unit.code, number)
            case _:
                found = np.empty(0, dtype=np.int64)
        days = np.full(len(found), number)
        return found[self.children.is_resident_on(found, days) & (days < self.children.adult_day[found])]

    def mean_count(self, unit: Unit, first: date, last: date) -> float:
        """How many children the unit has on average, on a few days spread from the first to the last."""
        days = [first + (last - first) * step / (_DAYS_LOOKED_AT - 1) for step in range(_DAYS_LOOKED_AT)]
        return sum(len(self.at(unit, day)) for day in days) / _DAYS_LOOKED_AT

    def _placed(self, institution: int, day: int) -> Indices:
        child, start, stop = self._of_institution.get(institution, self._nobody)
        there: Indices = np.unique(child[(start <= day) & (day <= stop)])
        return there

    def _living_in(self, code: str, day: int) -> Indices:
        everyone = np.arange(self.children.count)
        days = np.full(self.children.count, day)
        is_home = self.children.district_on(everyone, days) == self.district_codes.index(code)
        living: Indices = everyone[is_home & (self.children.birth_day + _YOUNGEST_DAYS <= day)]
        return living

    @cached_property
    def _nobody(self) -> tuple[Indices, Days, Days]:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing

    @cached_property
    def _of_institution(self) -> dict[int, tuple[Indices, Days, Days]]:
        """(child, first day, last day) of every place, by institution."""
        institution, child, start, stop = (
            np.concatenate([getattr(placed, name) for placed in self.places])
            for name in ("institution", "child", "start", "stop")
        )
        order = np.argsort(institution, kind="stable")
        codes, begins = np.unique(institution[order], return_index=True)
        parts = np.split(order, begins[1:]) if len(codes) else []
        return {
            int(code): (child[part], start[part], stop[part]) for code, part in zip(codes.tolist(), parts, strict=True)
        }
