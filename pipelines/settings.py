"""What may a municipality decide: trappen.toml as one frozen, validated object.

Every wrong key or value is named at once, in Danish, with what is allowed.
"""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from pipelines.errors import SettingsError


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Municipality(_Frozen):
    """Who the workspace belongs to. `is_constructed` marks every page *Konstruerede data*."""

    name: str = Field(min_length=2)
    profile: str = Field(pattern=r"^[a-z0-9_]+$")
    is_constructed: bool = False


class Intake(_Frozen):
    """How deliveries are taken in."""

    keep_in_inbox: bool = False
    """Leave the delivered file, unencrypted, in the inbox after it was archived."""


class Ladder(_Frozen):
    """When a move counts (DESIGN §6)."""

    grace_gap_days: int = Field(default=30, ge=0, le=365)
    rung_one_open_days: int = Field(default=90, ge=1, le=365)


class Sdq(_Frozen):
    """Which two SDQ forms make a pair."""

    window_days_minimum: int = Field(default=90, ge=1, le=1500)
    window_days_maximum: int = Field(default=270, ge=1, le=1500)

    @model_validator(mode="after")
    def _window_is_a_window(self) -> Self:
        if self.window_days_minimum > self.window_days_maximum:
            raise ValueError("window_days_minimum skal være mindst mulige antal dage og højst window_days_maximum")
        return self


class Disclosure(_Frozen):
    """How small numbers are hidden."""

    minimum_count: int = Field(default=5, ge=3, le=20)
    minimum_group_children: int = Field(default=10, ge=5, le=100)
    minimum_institutions: int = Field(default=2, ge=1, le=10)
    minimum_staff: int = Field(default=3, ge=3, le=10)


class ReportHead(_Frozen):
    """What stands in the head of a report; empty fields vanish. Labels are the case system's own words."""

    committee_name: str = "Børne- og Ungeudvalget"
    administration_name: str = ""
    attachment: str = ""
    case_number: str = ""
    case_number_label: str = "Sagsnummer"
    document_number: str = ""
    document_number_label: str = "Dokumentnummer"
    purpose: str = "orientering"
    as_of_date: date | None = None
    """The day the figures are counted on; empty means the day of the latest delivery."""
    compared_municipality_code: str = Field(default="", pattern=r"^(\d{3})?$")
    """Real municipality shown in the report on open figures; empty means none."""


class Evidence(_Frozen):
    """What a finding must reach, fixed before the figures are seen; the municipality owns these limits."""

    smallest_relevant_percentage_points: float = Field(default=1.0, gt=0, le=20)
    minimum_follow_up_pct: float = Field(default=70.0, ge=0, le=100)
    minimum_same_informant_pct: float = Field(default=90.0, ge=0, le=100)


class WarehouseLimits(_Frozen):
    """What DuckDB may use of the machine."""

    memory_limit: str = Field(default="2GB", pattern=r"^\d+(\.\d+)?(MB|GB)$")
    threads: int = Field(default=2, ge=1, le=64)


class Settings(_Frozen):
    """Everything in trappen.toml."""

    municipality: Municipality
    intake: Intake = Intake()
    ladder: Ladder = Ladder()
    sdq: Sdq = Sdq()
    disclosure: Disclosure = Disclosure()
    evidence: Evidence = Evidence()
    report: ReportHead = ReportHead()
    warehouse: WarehouseLimits = WarehouseLimits()


def read_settings(path: Path) -> Settings:
    """The settings in a trappen.toml.

    Raises:
        SettingsError: the file cannot be read as TOML, or keys or values are wrong; all of them are named.
    """
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name} kan ikke læses som TOML: {error}. Ret linjen, og kør igen.") from error
    return settings_from(plain, where=path.name)


def settings_from(plain: dict[str, Any], *, where: str) -> Settings:
    """Validated settings from plain values; `where` names their origin in the error."""
    try:
        return Settings.model_validate(plain)
    except ValidationError as error:
        lines = [_in_danish(detail) for detail in error.errors()]
        raise SettingsError(f"{where} har {len(lines)} fejl:\n" + "\n".join(f"  - {line}" for line in lines)) from None


def _in_danish(detail: ErrorDetails) -> str:
    key = ".".join(str(part) for part in detail["loc"])
    given, limits = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return f"{key} kendes ikke. Tilladt her: {', '.join(_allowed_keys(detail['loc'][:-1]))}."
        case "missing":
            return f"{key} mangler og skal udfyldes."
        case "greater_than":
            return f"{key} er {given!r}, men skal være større end {limits['gt']}."
        case "greater_than_equal":
            return f"{key} er {given!r}, men skal være mindst {limits['ge']}."
        case "less_than_equal":
            return f"{key} er {given!r}, men må højst være {limits['le']}."
        case "string_pattern_mismatch":
            return f"{key} er {given!r}, men skal have formen {limits['pattern']}."
        case "string_too_short":
            return f"{key} er {given!r}, men skal have mindst {limits['min_length']} tegn."
        case "value_error":
            return f"{key}: {limits['error']}."
        case kind:
            expected = _DANISH_TYPES.get(kind.split("_")[0], kind)
            return f"{key} er {given!r}, men skal være {expected}."


_DANISH_TYPES = {
    "int": "et helt tal",
    "float": "et tal",
    "bool": "true eller false",
    "string": "tekst i anførselstegn",
    "date": "en dato som 2026-09-30",
    "model": "et afsnit med nøgler",
}


def _allowed_keys(parents: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for parent in parents:
        annotation = model.model_fields[str(parent)].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    return sorted(model.model_fields)
