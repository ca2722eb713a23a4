"""What may a municipality decide: trappen.toml as one frozen, validated object.

Every wrong key or value is named at once, in Danish, with what is allowed.
"""

import tomllib
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from pipelines.codes import load_code_table
from pipelines.errors import SettingsError
from pipelines.geography import DEFAULT_PROPERTY
from pipelines.ladders.own_table import OWN_LADDER_FILE, OwnLadder, read_own_ladder
from pipelines.sdq_norms.bands import Band
from pipelines.sdq_norms.chosen import check_norm_set
from pipelines.sdq_norms.own_table import OWN_TABLE_FILE, read_own_bands
from pipelines.sdq_norms.vocabulary import ReliabilityKind

if TYPE_CHECKING:
    from pipelines.municipalities import Profile

_DAY_AND_MONTH: Final = r"^\d{2}-\d{2}$"
MADE_UP_CODE: Final = "K01"
"""The code of the first made-up municipality, which `trappen simulate` draws unless told otherwise."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Municipality(_Frozen):
    """Who the workspace belongs to. `is_constructed` marks every page *Konstruerede data*."""

    name: str = Field(min_length=2)
    profile: str = Field(pattern=r"^[a-z0-9_]+$")
    is_constructed: bool = False
    code: str = ""
    """The municipality's own code in what is delivered. Empty: the code that `name` has; made-up ones have K01."""

    @model_validator(mode="after")
    def _code_is_known(self) -> Self:
        if self.code and self.code not in load_code_table("municipalities").codes:
            raise ValueError("'code' er ikke en kommunekode. Skriv kommunens tre cifre, fx 101, eller slet linjen")
        return self

    @property
    def known_code(self) -> str | None:
        """The own code; None where neither the settings nor the name tell it."""
        by_name = load_code_table("municipalities").codes_by_alias().get(" ".join(self.name.casefold().split()))
        return self.code or by_name or (MADE_UP_CODE if self.is_constructed else None)


class Intake(_Frozen):
    """How deliveries are taken in."""

    keep_in_inbox: bool = False
    """Leave the delivered file, unencrypted, in the inbox after it was archived."""


class Ladder(_Frozen):
    """When a move counts (DESIGN §6)."""

    grace_gap_days: int = Field(default=30, ge=0, le=365)
    rung_one_open_days: int = Field(default=90, ge=1, le=365)


class KeyFigures(_Frozen):
    """On which day of the year Indsatstrappens Nøgletal are counted."""

    reference_day: str = Field(default="30-09", pattern=_DAY_AND_MONTH)
    """Day and month. 30 September is the day that the national figures name; the year counted is the one that ends on it."""

    @field_validator("reference_day")
    @classmethod
    def _comes_every_year(cls, day: str) -> str:
        return _day_of_every_year(day)

    @property
    def day_number(self) -> int:
        """Day of the month, from 1."""
        return int(self.reference_day[:2])

    @property
    def month_number(self) -> int:
        """Month, 1 to 12."""
        return int(self.reference_day[3:])


def _day_of_every_year(day: str) -> str:
    """The day and month, 30-09, if every year has it; ValueError otherwise."""
    try:
        date(2001, int(day[3:]), int(day[:2]))
    except ValueError:
        raise ValueError(f"'{day}' findes ikke i alle år. Skriv dag og måned, fx 30-09") from None
    return day


class Pause(_Frozen):
    """Days on which no meeting is expected, both included."""

    first: date
    last: date

    @model_validator(mode="after")
    def _first_is_first(self) -> Self:
        if self.last < self.first:
            raise ValueError("'last' ligger før 'first'. Byt om på de to datoer")
        return self


class Meetings(_Frozen):
    """When no meetings are expected: the schools' holidays, which each municipality sets. The defaults are the usual ones."""

    summer_first: str = Field(default="25-06", pattern=_DAY_AND_MONTH)
    summer_last: str = Field(default="08-08", pattern=_DAY_AND_MONTH)
    christmas_first: str = Field(default="22-12", pattern=_DAY_AND_MONTH)
    christmas_last: str = Field(default="02-01", pattern=_DAY_AND_MONTH)
    autumn_week: int = Field(default=42, ge=0, le=53)
    """ISO week number; 0: none."""
    winter_week: int = Field(default=7, ge=0, le=53)
    """ISO week number; 0: none."""
    has_easter_pause: bool = True
    """From the Saturday before Palm Sunday to Easter Monday."""
    pauses: tuple[Pause, ...] = ()
    """Further days without meetings."""

    @field_validator("summer_first", "summer_last", "christmas_first", "christmas_last")
    @classmethod
    def _comes_every_year(cls, day: str) -> str:
        return _day_of_every_year(day)


class SdqExpectation(_Frozen):
    """What children *without* help have at their second form: intercept + slope x first total, from one kind of informant.

    The line of a regression among children measured twice without help, same informant and same window; age (whole years at the
    first form) and sex only where it used them. `source` is printed in the report.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    informant: Literal["parent", "teacher", "self"]
    intercept_points: float = Field(ge=-20, le=40)
    per_first_point: float = Field(ge=0, le=1.5)
    residual_sd_points: float = Field(gt=0, le=20)
    per_year_of_age: float = Field(default=0, ge=-5, le=5)
    boy_points: float = Field(default=0, ge=-20, le=20)
    source: str = Field(min_length=10, max_length=200)
    """Who measured, where and when, and how many untreated children stand behind the line."""


class SdqReliableChange(_Frozen):
    """What one informant's clear change is computed from instead of the code tables: SD and reliability of the total.

    The reliability is of the kind that `reliable_change_reliability` names. `source` is printed in the report.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    informant: Literal["parent", "teacher", "self"]
    population_sd_points: float = Field(gt=0, le=20)
    reliability: float = Field(ge=0, lt=1)
    source: str = Field(min_length=10, max_length=200)
    """Which children, which study, where it can be read."""


class Sdq(_Frozen):
    """Which two SDQ forms make a pair, which norms and which expectation they are held against, when a change is more than error."""

    window_days_minimum: int = Field(default=90, ge=1, le=1500)
    window_days_maximum: int = Field(default=270, ge=1, le=1500)
    norm_set: str = ""
    """Code of a norm set (data_contracts/codes/sdq_norm_sets.csv); empty means no bands, which is the honest default."""
    norm_set_beside: str = ""
    """A second set to show beside the first."""
    reliable_change_reliability: ReliabilityKind = "alpha"
    """alpha: what error alone can move; retest: also what comes and goes by itself."""
    reliable_change_z: float = Field(default=1.96, gt=0, le=5)
    reliable_change: tuple[SdqReliableChange, ...] = ()
    """The municipality's own SD and reliability, one per informant at most; the others keep those of the code tables."""
    expectation: tuple[SdqExpectation, ...] = ()
    """The municipality's own lines, one per informant at most; the others keep the assumption in the code tables."""
    _own_bands: tuple[Band, ...] = PrivateAttr(default=())

    @property
    def own_bands(self) -> tuple[Band, ...]:
        """The norm table that the municipality pasted into its workspace."""
        return self._own_bands

    @property
    def norm_sets(self) -> tuple[str, ...]:
        """The chosen norm sets, the main one first."""
        return tuple(code for code in (self.norm_set, self.norm_set_beside) if code)

    @field_validator("expectation", "reliable_change")
    @classmethod
    def _one_part_per_informant(cls, own: tuple[Any, ...]) -> tuple[Any, ...]:
        informants = [each.informant for each in own]
        twice = sorted({informant for informant in informants if informants.count(informant) > 1})
        if twice:
            raise ValueError(f"der må kun være ét afsnit for hver udfylder, men der er flere for {', '.join(twice)}")
        return own

    @field_validator("norm_set", "norm_set_beside")
    @classmethod
    def _norm_set_can_be_used(cls, code: str, info: ValidationInfo) -> str:
        if code:
            check_norm_set(code, _own_bands_of(info))
        return code

    @model_validator(mode="after")
    def _norm_set_beside_is_another(self, info: ValidationInfo) -> Self:
        if self.norm_set_beside and self.norm_set_beside == self.norm_set:
            raise ValueError("norm_set_beside er det samme som norm_set. Vælg et andet, eller lad feltet være tomt")
        if self.norm_set_beside and not self.norm_set:
            raise ValueError("norm_set_beside kan kun vælges sammen med norm_set")
        self._own_bands = _own_bands_of(info)
        return self

    @model_validator(mode="after")
    def _window_is_a_window(self) -> Self:
        if self.window_days_minimum > self.window_days_maximum:
            raise ValueError("window_days_minimum skal være mindst mulige antal dage og højst window_days_maximum")
        return self


def _own_bands_of(info: ValidationInfo) -> tuple[Band, ...]:
    context: dict[str, Any] = info.context or {}
    bands: tuple[Band, ...] = context.get("own_bands", ())
    return bands


class Disclosure(_Frozen):
    """How small numbers are hidden."""

    minimum_count: int = Field(default=5, ge=5, le=20)
    minimum_group_children: int = Field(default=10, ge=10, le=100)
    minimum_institutions: int = Field(default=2, ge=2, le=10)
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


class DistrictMapFile(_Frozen):
    """How the districts are named on the municipality's own map (`distrikter.geojson` in the workspace), if it has put one there."""

    district_property: str = Field(default=DEFAULT_PROPERTY, min_length=1, max_length=80)
    """The feature property that holds the district's code."""


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
    key_figures: KeyFigures = KeyFigures()
    meetings: Meetings = Meetings()
    sdq: Sdq = Sdq()
    disclosure: Disclosure = Disclosure()
    evidence: Evidence = Evidence()
    report: ReportHead = ReportHead()
    map: DistrictMapFile = DistrictMapFile()
    warehouse: WarehouseLimits = WarehouseLimits()
    _own_ladder: OwnLadder | None = PrivateAttr(default=None)
    _folder: Path | None = PrivateAttr(default=None)

    @cached_property
    def profile(self) -> "Profile":
        """The rules that the municipality follows: those of `<profile>.toml` in its workspace, else those that come with the program.

        Of a made-up municipality they are moved to the years in which it plays.

        Raises:
            WorkspaceError: there is no such profile.
            SettingsError: the file in the workspace cannot be read, or something in it is wrong.
        """
        from pipelines.municipalities import (
            read_profile,
        )  # the command line reads settings long before it needs the rules

        own = self._folder / f"{self.municipality.profile}.toml" if self._folder else None
        profile = read_profile(own if own and own.is_file() else self.municipality.profile)
        return profile.moved(profile.demo.years_later if profile.demo and self.municipality.is_constructed else 0)

    @property
    def folder(self) -> Path | None:
        """The workspace that the settings were read in; None: they were not read from a file."""
        return self._folder

    @property
    def own_ladder(self) -> OwnLadder | None:
        """The municipality's own ladder from its workspace; None: the national one alone."""
        return self._own_ladder

    @model_validator(mode="after")
    def _keep_own_ladder(self, info: ValidationInfo) -> Self:
        self._own_ladder = (info.context or {}).get("own_ladder")
        self._folder = (info.context or {}).get("folder")
        return self


def read_settings(path: Path) -> Settings:
    """The settings in a trappen.toml, and beside it the norm table (`sdq_normer.csv`) and the own ladder (`egen_trappe.csv`), if any.

    Raises:
        SettingsError: a file cannot be read, or keys or values are wrong; all of them are named.
    """
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name} kan ikke læses som TOML: {error}. Ret linjen, og kør igen.") from error
    return settings_from(
        plain,
        where=path.name,
        own_bands=read_own_bands(path.parent / OWN_TABLE_FILE),
        own_ladder=read_own_ladder(path.parent / OWN_LADDER_FILE),
        folder=path.parent,
    )


def settings_from(
    plain: dict[str, Any],
    *,
    where: str,
    own_bands: tuple[Band, ...] = (),
    own_ladder: OwnLadder | None = None,
    folder: Path | None = None,
) -> Settings:
    """Validated settings from plain values; `where` names their origin in the error, the others are from the workspace (`folder`)."""
    context = {"own_bands": own_bands, "own_ladder": own_ladder, "folder": folder}
    try:
        return Settings.model_validate(plain, context=context)
    except ValidationError as error:
        lines = [_in_danish(detail) for detail in error.errors()]
        raise SettingsError(f"{where} har {len(lines)} fejl:\n" + "\n".join(f"  - {line}" for line in lines)) from None


def _in_danish(detail: ErrorDetails) -> str:
    key = "".join(f" nr. {part + 1}" if isinstance(part, int) else f".{part}" for part in detail["loc"]).lstrip(".")
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
        case "literal_error":
            return f"{key} er {given!r}, men skal være {str(limits['expected']).replace(' or ', ' eller ')}."
        case "string_too_short":
            return f"{key} er {given!r}, men skal have mindst {limits['min_length']} tegn."
        case "string_too_long":
            return f"{key} må højst have {limits['max_length']} tegn."
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
    "tuple": "et eller flere afsnit med dobbelt klamme, fx [[sdq.expectation]]",
}


def _allowed_keys(parents: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for parent in (part for part in parents if isinstance(part, str)):
        annotation = model.model_fields[parent].annotation
        for kind in (annotation, *get_args(annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                model = kind
    return sorted(model.model_fields)
