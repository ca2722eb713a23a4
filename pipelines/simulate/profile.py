"""What does a profile say about the demo municipality: its districts, institutions and departures, and which rules it follows."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pipelines.errors import SettingsError
from pipelines.municipalities.demo import DemoUnit, Departure
from pipelines.municipalities.profile import Profile, profile_from

ADVISER = "district_adviser"
CASEWORKER = "authority_caseworker"


@dataclass(frozen=True)
class District:
    """A made-up school district; `share_of_children` are shares that sum to 1 over the municipality.

    model_from: first day of its model where that is not the profile's; districts of advisers that begin one after the other.
    """

    code: str
    name: str
    model: str
    share_of_children: float
    model_from: date | None = None


@dataclass(frozen=True)
class OwnInstitution:
    """An institution that the profile itself names, outside the districts."""

    code: str
    name: str
    type: str
    model: str


@dataclass(frozen=True)
class DemoProfile:
    """The part of a profile that the simulator reads. `units` are the districts' named institutions, `departures` what is planted;
    `years_later` is how long after the document it plays, and `plain` are the profile's plain values."""

    municipality_name: str
    model_start_date: date
    districts: tuple[District, ...]
    institutions: tuple[OwnInstitution, ...]
    units: tuple[DemoUnit, ...] = ()
    departures: tuple[Departure, ...] = ()
    years_later: int = 0
    plain: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def model_from(self, unit_code: str) -> date:
        """First day of the model of the district (or institution) of this code; until then there is a caseworker."""
        own = {district.code: district.model_from for district in self.districts}
        return own.get(unit_code) or self.model_start_date

    @cached_property
    def rules(self) -> Profile:
        """The document's rules, moved to the years in which the demo plays; read when first asked for.

        Raises:
            SettingsError: something in them is wrong.
        """
        rules = {name: part for name, part in self.plain.items() if name != "demo"}
        return profile_from(rules, where="profilen").moved(self.years_later)

    def units_in(self, district: str, unit_type: str) -> tuple[DemoUnit, ...]:
        """The named institutions of a type in a district, in order."""
        return tuple(unit for unit in self.units if (unit.district, unit.type) == (district, unit_type))


def read_demo_profile(profile: Path | Mapping[str, Any]) -> DemoProfile:
    """The demo of a profile, given as a TOML file or as its plain values.

    Raises:
        SettingsError: the profile has no demo, or lacks a value in it.
    """
    plain = tomllib.loads(profile.read_text(encoding="utf-8")) if isinstance(profile, Path) else profile
    where = profile.name if isinstance(profile, Path) else "profilen"
    try:
        demo = plain["demo"]
        shares = sum(item["share_of_children"] for item in demo["districts"])
        return DemoProfile(
            municipality_name=demo["municipality_name"],
            model_start_date=demo["model_start_date"],
            districts=tuple(
                District(
                    item["code"],
                    item["name"],
                    item["model"],
                    item["share_of_children"] / shares,
                    item.get("model_from"),
                )
                for item in demo["districts"]
            ),
            institutions=tuple(
                OwnInstitution(item["code"], item["name"], item["type"], item["model"])
                for item in demo.get("institutions", ())
            ),
            units=tuple(DemoUnit.model_validate(item) for item in demo.get("units", ())),
            departures=tuple(Departure.model_validate(item) for item in demo.get("departures", ())),
            years_later=demo.get("years_later", 0),
            plain=plain,
        )
    except KeyError as error:
        raise SettingsError(
            f"{where}: {error.args[0]} mangler i afsnittet om den konstruerede kommune. Tilføj det, og kør igen."
        ) from None
