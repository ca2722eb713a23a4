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
    """One institution in one school year, or in the part of it from which the interval was adjusted (`is_adjusted`);
    `interval_weeks` is empty where the document gives all the same. `from_date` is the day from which it holds."""

    unit: Unit
    school_year: int
    child_count: int
    social_normering_percent: float
    interval_weeks: int | None
    from_date: date
    is_adjusted: bool = False

    def follows(self, other: "InstitutionYear") -> bool:
        """Whether it is a later part of the same institution's same school year."""
        return (self.unit, self.school_year) == (other.unit, other.school_year) and self.from_date > other.from_date


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
        intervals = possible_intervals(rules, unit)
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
                        from_date=max(date(year, 8, 1), unit.open_from),
                    )
                )
    return rows


def _or_else(given: float | None, drawn: float) -> float:
    return drawn if given is None else given


def possible_intervals(rules: Profile, unit: Unit) -> tuple[int, ...]:
    """The intervals that a unit may have of its own; none where no forum of its type lets it."""
    for forum in rules.forums:
        for rule in forum.rules:
            if rule.is_own_interval and unit.type_code in forum.institution_types:
                return rule.allowed_intervals_weeks or _USUAL_INTERVALS
    return ()


def intervals_of(years: Sequence[InstitutionYear]) -> Intervals:
    """Weeks between meetings by institution and school year, each from its day on."""
    found: dict[tuple[str, int], list[tuple[date, int]]] = {}
    for row in years:
        if row.interval_weeks:
            found.setdefault((row.unit.code, row.school_year), []).append((row.from_date, row.interval_weeks))
    return found
