"""What does a profile say about the demo municipality: its districts, own institutions and the fora's cadence."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.errors import SettingsError

ADVISER = "district_adviser"
CASEWORKER = "authority_caseworker"


@dataclass(frozen=True)
class District:
    """A made-up school district; `share_of_children` are shares that sum to 1 over the municipality."""

    code: str
    name: str
    model: str
    share_of_children: float


@dataclass(frozen=True)
class OwnInstitution:
    """An institution that the profile itself names, outside the districts."""

    code: str
    name: str
    type: str
    model: str


@dataclass(frozen=True)
class ForumCadence:
    """How often a forum meets, in weeks, at each institution of some types or in each district."""

    code: str
    unit_kind: str
    institution_types: tuple[str, ...]
    interval_weeks: int


@dataclass(frozen=True)
class DemoProfile:
    """The part of a profile that the simulator reads."""

    municipality_name: str
    model_start_date: date
    districts: tuple[District, ...]
    institutions: tuple[OwnInstitution, ...]
    forums: tuple[ForumCadence, ...]


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
                District(item["code"], item["name"], item["model"], item["share_of_children"] / shares)
                for item in demo["districts"]
            ),
            institutions=tuple(
                OwnInstitution(item["code"], item["name"], item["type"], item["model"])
                for item in demo.get("institutions", ())
            ),
            forums=tuple(
                ForumCadence(
                    item["code"], item["unit_kind"], tuple(item.get("institution_types", ())), item["interval_weeks"]
                )
                for item in plain.get("forums", ())
            ),
        )
    except KeyError as error:
        raise SettingsError(
            f"{where}: {error.args[0]} mangler i afsnittet om den konstruerede kommune. Tilføj det, og kør igen."
        ) from None
