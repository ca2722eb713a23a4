"""At which units can a forum meet: institutions, clusters, districts, or the whole municipality."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.municipalities.parts import Forum, ForumWhenNeeded
from pipelines.simulate.geography import Geography
from pipelines.simulate.profile import DemoProfile
from pipelines.typed.made_up import UNIT_PREFIX

MUNICIPALITY_UNIT = f"{UNIT_PREFIX}KOMMUNEN"
NO_INSTITUTION = -1


@dataclass(frozen=True)
class Unit:
    """A unit of one kind (codes.unit_kinds). `row` is the institution's in the geography; clusters, districts and the
    municipality have none, nor a type or an owner."""

    kind: str
    code: str
    district: str | None = None
    cluster: str | None = None
    type_code: str | None = None
    ownership: str | None = None
    open_from: date = date.min
    open_to: date = date.max
    row: int = NO_INSTITUTION

    def is_open_on(self, day: date) -> bool:
        """Whether it is there on the day."""
        return self.open_from <= day <= self.open_to


def all_units(profile: DemoProfile, geography: Geography) -> tuple[Unit, ...]:
    """Every institution in row order, then clusters, districts, and the municipality."""
    institutions = [
        Unit(
            kind="institution",
            code=row["institution_code"],
            district=row["district_code"],
            cluster=row["cluster_code"],
            type_code=row["institution_type_code"],
            ownership=row["ownership_code"],
            open_from=row["open_from_date"] or date.min,
            open_to=row["open_to_date"] or date.max,
            row=number,
        )
        for number, row in enumerate(geography.institutions.to_dicts())
    ]
    clusters = {unit.cluster: unit.district for unit in institutions if unit.cluster}
    return (
        *institutions,
        *(Unit("cluster", code, district=district, cluster=code) for code, district in clusters.items()),
        *(Unit("district", district.code, district=district.code) for district in profile.districts),
        Unit("municipality", MUNICIPALITY_UNIT),
    )


def units_of(forum: Forum | ForumWhenNeeded, units: Sequence[Unit]) -> list[Unit]:
    """The units at which the forum meets, in order."""
    owners = forum.ownerships if isinstance(forum, Forum) else ()
    found = [unit for unit in units if unit.kind == forum.unit_kind]
    if forum.unit_kind == "institution":
        found = [unit for unit in found if unit.type_code in forum.institution_types]
        found = [unit for unit in found if not owners or unit.ownership in owners]
    if forum.unit_kind == "cluster":
        there = {unit.cluster for unit in units if unit.type_code in forum.institution_types}
        found = [unit for unit in found if unit.code in there]
    return found
