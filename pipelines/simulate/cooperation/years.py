"""On what is each institution's rhythm set for a school year: how many children, social normering, owner, and the interval chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.municipalities.demo import DemoUnit
from pipelines.municipalities.profile import Profile
from pipelines.simulate.cooperation.attendance import Attendance
from pipelines.simulate.cooperation.duties import Intervals
from pipelines.simulate.cooperation.units import Unit
from pipelines.simulate.days import part_generator

_TYPES = ("daycare", "folkeskole", "club")
_USUAL_INTERVALS = (4, 6, 8, 12)


@dataclass(frozen=True)
class InstitutionYear:
    """One institution in one school year; `interval_weeks` is empty where the document gives all the same."""

    unit: Unit
    school_year: int
    child_count: int
    social_normering_percent: float
    interval_weeks: int | None

    @property
    def from_date(self) -> date:
        """The day from which the interval holds."""
        return max(date(self.school_year, 8, 1), self.unit.open_from)


def draw_institution_years(
    units: Sequence[Unit],
    named: Sequence[DemoUnit],
    attendance: Attendance,
    rules: Profile,
    *,
    seed: int,
    school_years: range,
) -> list[InstitutionYear]:
    """Every daycare, school and club of the districts in every school year it is open in: as the profile says, else as many
    children as have a place on 30 September, and what is drawn, the same every year."""
    rng = part_generator(seed, "institution years")
    by_code = {each.code: each for each in named}
    rows = []
    for unit in units:
        normering = round(float(rng.gamma(2.0, 3.0)), 1)
        intervals = _intervals(rules, unit)
        drawn = intervals[int(rng.integers(0, len(intervals)))] if intervals else None
        if unit.kind != "institution" or unit.type_code not in _TYPES or unit.district is None:
            continue
        given = by_code.get(unit.code)
        for year in school_years:
            if unit.open_from <= date(year + 1, 7, 31) and unit.open_to >= date(year, 8, 1):
                rows.append(
                    InstitutionYear(
                        unit=unit,
                        school_year=year,
                        child_count=(given and given.child_count) or len(attendance.at(unit, date(year, 9, 30))),
                        social_normering_percent=_or_else(given.social_normering_percent if given else None, normering),
                        interval_weeks=((given and given.cadence_weeks) or drawn) if intervals else None,
                    )
                )
    return rows


def _or_else(given: float | None, drawn: float) -> float:
    return drawn if given is None else given


def _intervals(rules: Profile, unit: Unit) -> tuple[int, ...]:
    """The intervals that a unit may have of its own; none where no forum of its type lets it."""
    for forum in rules.forums:
        for rule in forum.rules:
            if rule.is_own_interval and unit.type_code in forum.institution_types:
                return rule.allowed_intervals_weeks or _USUAL_INTERVALS
    return ()


def intervals_of(years: Sequence[InstitutionYear]) -> Intervals:
    """Weeks between meetings by institution and school year."""
    return {(row.unit.code, row.school_year): row.interval_weeks for row in years if row.interval_weeks}
