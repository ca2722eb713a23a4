"""What was to be compared, how, and which difference would matter? The analysis plan of an evaluation, as data.

`analyseplan.toml` lies in the workspace. It is read as one frozen object whose faults are all named at once, in Danish. Locking it
is in `plan_lock`, what it says in words in `plan_words`.
"""

import hashlib
import json
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipelines.codes import load_code_table
from pipelines.errors import PlanError
from pipelines.evaluation.outcomes import OUTCOMES, PRIMARY_OUTCOMES
from pipelines.municipalities.wording import danish_lines

PLAN_FILE: Final = "analyseplan.toml"
EXAMPLE_FILE: Final = Path(__file__).parent / "analyseplan_eksempel.toml"
SCHOOL_YEAR_BEGINS: Final = (8, 1)
"""Month and day."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _known_model(code: str) -> str:
    codes = load_code_table("models").codes
    if code not in codes:
        raise ValueError(f"modellen '{code}' kendes ikke. Vælg en af disse: {', '.join(codes)}")
    return code


def _known_outcome(code: str) -> str:
    if code not in OUTCOMES:
        raise ValueError(f"resultatet '{code}' kendes ikke. Vælg blandt disse: {', '.join(OUTCOMES)}")
    return code


def _named_once(values: tuple[str, ...]) -> tuple[str, ...]:
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"{', '.join(twice)} står der mere end én gang")
    return values


ModelCode = Annotated[str, AfterValidator(_known_model)]
OutcomeCode = Annotated[str, AfterValidator(_known_outcome)]
Informant = Literal["parent", "teacher", "self"]
Covariate = Literal["first_score", "age", "sex", "informant", "months_between", "social_rung"]


class Arms(_Frozen):
    """The two models: the one whose effect is asked for, and the one it is held against."""

    treated: ModelCode
    comparison: ModelCode

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if self.treated == self.comparison:
            raise ValueError("'treated' og 'comparison' er den samme model. Vælg to forskellige")
        return self


class Estimand(_Frozen):
    """Whose difference is meant, and which model a child is counted under."""

    effect_on: Literal["treated"] = "treated"
    """The average for the children in the treated arm."""
    counted_by: Literal["institution", "district"] = "institution"
    """institution: an institution with a model of its own counts under that one, all others under their district's. district:
    every child under its district's. Always the model on the day of the first form, whatever happened later."""


class Window(_Frozen):
    """Which first forms count, and how long after them a second form must come."""

    first_from: date
    first_to: date
    follow_up_months_minimum: int = Field(default=3, ge=1, le=48)
    follow_up_months_maximum: int = Field(default=9, ge=1, le=48)

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        faults = []
        if self.first_to < self.first_from:
            faults.append("'first_to' ligger før 'first_from'. Byt om på de to datoer")
        if self.follow_up_months_maximum <= self.follow_up_months_minimum:
            faults.append("'follow_up_months_maximum' skal være større end 'follow_up_months_minimum'")
        if faults:
            raise ValueError("; ".join(faults))
        return self


class Primary(_Frozen):
    """The one outcome that answers the question, and who fills in the form."""

    outcome: OutcomeCode = "sdq_total"
    informants: Annotated[tuple[Informant, ...], AfterValidator(_named_once), Field(min_length=1)] = ("parent",)
    """In order of preference: a child counts once, by the first of these who filled in a first form, and both times by the same."""

    @field_validator("outcome")
    @classmethod
    def _can_answer(cls, code: str) -> str:
        if code not in PRIMARY_OUTCOMES:
            raise ValueError(f"'{code}' kan ikke være det afgørende resultat. Vælg: {', '.join(PRIMARY_OUTCOMES)}")
        return code


class Limits(_Frozen):
    """What must hold for a comparison to keep its evidence level, and which difference would matter."""

    smallest_relevant_points: float = Field(default=1.0, gt=0, le=20)
    detection_tolerance: float = Field(default=0.2, gt=0, le=1)
    """The larger share measured may exceed the smaller by this part of it."""
    baseline_g: float = Field(default=0.25, gt=0, le=1)
    minimum_overlap: float = Field(default=0.5, gt=0, le=1)
    """How much a district's children must have in common with those of the other arm, in age, informant and rung."""
    minimum_follow_up_share: float = Field(default=0.70, gt=0, le=1)
    minimum_same_informant_share: float = Field(default=0.90, gt=0, le=1)
    whole_grade_share: float = Field(default=0.90, gt=0, le=1)
    """From this share of its children on, a grade counts as wholly measured."""


class Rollout(_Frozen):
    """Whether districts are followed before and after they began, and how it was decided who began first."""

    first_year_from: date | None = None
    """First day of the first school year that is looked at; None: nothing is followed over time."""
    fewest_children_per_year: int = Field(default=5, ge=2, le=100)
    """A district's year with fewer children measured twice is missing."""
    order: Literal["by_lot", "by_need", "practical", "unknown"] = "unknown"

    @field_validator("first_year_from")
    @classmethod
    def _begins_a_school_year(cls, day: date | None) -> date | None:
        if day is not None and (day.month, day.day) != SCHOOL_YEAR_BEGINS:
            raise ValueError(f"{day} er ikke begyndelsen på et skoleår. Skriv 1. august, fx {day.year}-08-01")
        return day


class Spread(_Frozen):
    """What is assumed of how children differ, for the smallest detectable difference; `source` is printed."""

    sd_points: float = Field(default=6.0, gt=0, le=20)
    district_icc: float = Field(default=0.03, ge=0, le=0.5)
    institution_icc: float = Field(default=0.04, ge=0, le=0.5)
    first_second_correlation: float = Field(default=0.6, ge=0, lt=1)
    source: str = Field(
        default="egen antagelse; der er ikke fundet danske tal for, hvor meget SDQ svinger mellem distrikter",
        min_length=10,
        max_length=300,
    )


class AnalysisPlan(_Frozen):
    """Everything that is decided before the outcomes are read."""

    question: str = Field(min_length=10, max_length=300)
    arms: Arms
    estimand: Estimand = Estimand()
    window: Window
    primary: Primary = Primary()
    secondaries: Annotated[tuple[OutcomeCode, ...], AfterValidator(_named_once)] = ()
    clusters: Literal["district"] = "district"
    """Where the model was decided. An institution with a model of its own is a cluster of its own."""
    covariates: Annotated[tuple[Covariate, ...], AfterValidator(_named_once)] = (
        "first_score", "age", "sex", "informant", "months_between",
    )  # fmt: skip
    strata: Mapping[str, Annotated[str, Field(min_length=1)]] = {}
    """Cluster -> the group within which it was decided who got the model; a cluster not named belongs to the group of the unnamed."""
    limits: Limits = Limits()
    rollout: Rollout = Rollout()
    spread: Spread = Spread()

    @field_validator("covariates")
    @classmethod
    def _holds_the_first_score(cls, covariates: tuple[str, ...]) -> tuple[str, ...]:
        if "first_score" not in covariates:
            raise ValueError(
                "'first_score' skal være med: Uden første måling måles der mest, hvem børnene var i forvejen"
            )
        return covariates

    @field_validator("secondaries")
    @classmethod
    def _none_is_the_primary(cls, secondaries: tuple[str, ...]) -> tuple[str, ...]:
        if primary := [code for code in secondaries if code in PRIMARY_OUTCOMES]:
            raise ValueError(f"{', '.join(primary)} er det afgørende resultat og kan ikke også være et af de andre")
        return secondaries

    @model_validator(mode="after")
    def _has_a_year_before_the_window(self) -> Self:
        first = self.rollout.first_year_from
        if first is not None and first >= self.window.first_from:
            raise ValueError(
                "'rollout.first_year_from' skal ligge før 'window.first_from'. Vælg et skoleår, før modellen kom"
            )
        return self

    def stratum(self, cluster: str) -> str:
        """The group of clusters within which it was decided who got the model; "" for one that the plan does not name."""
        return self.strata.get(cluster, "")

    @property
    def checksum(self) -> str:
        """SHA-256 of what the plan says: comments, spacing and the order of keys in the file count in nothing."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()

    def as_json(self) -> str:
        """The plan as text that is the same whenever the plan is."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)

    def values(self) -> dict[str, Any]:
        """Key (`window.first_from`) -> value, of every decision in the plan, in its order; the strata are one decision."""
        return dict(_flat(self))


def _flat(part: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def read_plan(folder: Path) -> AnalysisPlan:
    """The plan in `analyseplan.toml` of the folder.

    Raises:
        PlanError: there is none, it cannot be read, or keys or values are wrong; all of them are named.
    """
    path = folder / PLAN_FILE
    if not path.is_file():
        raise PlanError(f"{PLAN_FILE} mangler i arbejdsmappen. Få et eksempel at rette i med: trappen plan --example")
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise PlanError(
            f"{PLAN_FILE} kan ikke læses, for den er ikke gemt som UTF-8. Gem den igen som UTF-8."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{PLAN_FILE} kan ikke læses som TOML: {_where(error)} Ret den, og kør igen.") from error
    return plan_from(plain)


def _where(error: tomllib.TOMLDecodeError) -> str:
    """Where the file goes wrong, in Danish; the parser's own words, which are English, only where it names no place."""
    place = re.search(r"at line (\d+), column (\d+)", str(error))
    if place is None:
        return "Filen slutter midt i noget." if "end of document" in str(error) else f"{error}."
    twice = " Nøglen eller afsnittet står der to gange." if "twice" in str(error) or "overwrite" in str(error) else ""
    return f"Noget er galt i linje {place[1]}, tegn {place[2]}.{twice}"


def plan_from(plain: dict[str, Any]) -> AnalysisPlan:
    """The validated plan from plain values. Raises: PlanError naming every fault."""
    try:
        return AnalysisPlan.model_validate(plain)
    except ValidationError as error:
        lines = danish_lines(error, AnalysisPlan)
        raise PlanError(f"{PLAN_FILE} har {len(lines)} fejl:\n" + "\n".join(f"  - {line}" for line in lines)) from None


def write_example(folder: Path) -> Path:
    """Put the example, with a comment at each choice, into the folder as `analyseplan.toml`; returns its path.

    Raises:
        PlanError: a plan is there already.
    """
    path = folder / PLAN_FILE
    if path.exists():
        raise PlanError(
            f"{PLAN_FILE} findes allerede i arbejdsmappen og bliver ikke overskrevet. Ret i den, eller flyt den."
        )
    shutil.copyfile(EXAMPLE_FILE, path)
    return path
