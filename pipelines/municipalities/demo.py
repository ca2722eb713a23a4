"""Which made-up municipality shows the rules, and where does it depart from them on purpose.

A departure is planted by the simulator and must be found again, so it is said in terms that both know: kind, forum, units, period,
size. Names are invented, and every code begins with OPDIGTET-.
"""

from datetime import date
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import Field, model_validator

from pipelines.municipalities.parts import (
    DocumentationStep,
    Frozen,
    InstitutionType,
    Name,
    Ownership,
    Profession,
    TrainingKind,
)

DepartureKind = Literal[
    "missed_share",
    "cancelled_share",
    "late_share",
    "no_minutes_share",
    "short_meeting_share",
    "role_absent",
    "no_consent_share",
    "step_missing",
    "follow_up_missing",
    "no_responsible_share",
    "changed_team",
    "no_coordinator",
    "extra_meetings_share",
    "adjusted_cadence_share",
    "request_waits_days",
    "concern_waits_days",
    "assessment_waits_days",
    "waits_for_diagnosis_share",
    "named_children_share",
    "child_level_share",
    "not_in_practice_share",
    "repeat_request_share",
    "family_not_before_share",
    "areas_missing_share",
    "not_described_share",
    "not_trained_share",
    "handover_only_written_share",
    "handover_only_oral_share",
    "handover_missing_share",
    "not_invited_share",
    "opens",
    "closes",
]
"""What is planted. `_share`: the part of the meetings, cases or rows that depart, 0-1. `_days`: days more than elsewhere.

- missed_share: no row at all; cancelled_share: a row with that status; no_minutes_share: status unknown.
- role_absent: the profession is invited and does not come, in `value` of the meetings; not_invited_share: it is not invited.
- extra_meetings_share: meetings beyond the unit's own rhythm, as a cluster leader gives them, per planned one.
- adjusted_cadence_share: that part of the units' institutions, an even number, changes its rhythm on the day and for the rest of
  the school year: half of them to the next shorter interval, each for another in its cluster that goes to the next longer.
- step_missing, follow_up_missing: `value` of the cases lack the step, of the agreements the follow-up.
- named_children_share: that part of the units' children is a case at a meeting in the period.
- changed_team: all support workers of the unit are others from the day on; an institution gets a team of its own.
- handover_missing_share: what is known is handed over neither in writing nor orally.
- no_coordinator: nobody is attached to the unit as coordinator in the period.
- opens: `from_date` is the unit's first day; closes: its last."""

_NEEDS: Final = {
    "role_absent": "profession",
    "not_invited_share": "profession",
    "step_missing": "step",
    "not_trained_share": "training_kind",
}
_WITHOUT_VALUE: Final = ("changed_team", "no_coordinator", "opens", "closes")
UnitCode = Annotated[str, Field(pattern=r"^OPDIGTET-[A-ZÆØÅ0-9-]+$", max_length=20)]


class _Named(Frozen):
    code: UnitCode
    name: str = Field(min_length=2)


class _InDistrict(_Named):
    district: UnitCode


class DemoDistrict(_Named):
    """A made-up district; shares of children are relative."""

    model: Literal["district_adviser", "authority_caseworker"]
    share_of_children: float = Field(gt=0)
    model_from: date | None = None
    """First day of its model, where that is not the municipality's."""


class DemoCluster(_InDistrict):
    """A made-up cluster of daycares in a district."""


class DemoOwnInstitution(_Named):
    """An institution outside the districts, one per type."""

    type: InstitutionType
    model: Literal["district_adviser", "authority_caseworker"]


class DemoUnit(_InDistrict):
    """A named institution of a district: the n-th of its type here is the n-th that the simulator draws there."""

    type: InstitutionType
    cluster: UnitCode | None = None
    ownership: Ownership = "municipal"
    child_count: int | None = Field(default=None, ge=1)
    social_normering_percent: float | None = Field(default=None, ge=0, le=100)
    cadence_weeks: int | None = Field(default=None, ge=1, le=53)
    """The class it has today, as the municipality set it."""


class Departure(Frozen):
    """One planted departure from the promise; `units` are districts, clusters or institutions, empty: the whole municipality."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    kind: DepartureKind
    text: str = Field(min_length=10)
    """What is planted, in Danish."""
    units: tuple[UnitCode, ...] = ()
    institution_types: tuple[InstitutionType, ...] = ()
    """Only these among the units' institutions; empty: all."""
    forum: Name | None = None
    profession: Profession | None = None
    step: DocumentationStep | None = None
    training_kind: TrainingKind | None = None
    from_date: date
    to_date: date | None = None
    value: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> Self:
        needed = _NEEDS.get(self.kind)
        if needed and getattr(self, needed) is None:
            raise ValueError(f"{self.kind} skal også have {needed}")
        if (self.value is None) != (self.kind in _WITHOUT_VALUE):
            raise ValueError(f"{self.kind} skal {'ikke ' if self.value else ''}have value")
        is_share = not self.kind.endswith("_days")
        if self.value is not None and is_share and self.value > 1:
            raise ValueError(f"value er {self.value:g}, men {self.kind} er en andel og højst 1")
        if self.to_date and self.to_date < self.from_date:
            raise ValueError(f"perioden slutter ({self.to_date}), før den begynder ({self.from_date})")
        return self


class Demo(Frozen):
    """The made-up municipality. `years_later`: how many years after the document's own dates the demo plays."""

    municipality_name: str = Field(min_length=3)
    committee_name: str = "Børne- og Ungeudvalget"
    model_start_date: date
    years_later: int = Field(default=0, ge=0, le=50)
    districts: tuple[DemoDistrict, ...] = Field(min_length=1)
    institutions: tuple[DemoOwnInstitution, ...] = ()
    clusters: tuple[DemoCluster, ...] = ()
    units: tuple[DemoUnit, ...] = ()
    departures: tuple[Departure, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of all districts, clusters and institutions."""
        return tuple(each.code for each in self._named)

    @property
    def names(self) -> tuple[str, ...]:
        """All invented names, the municipality's first."""
        return (self.municipality_name, *(each.name for each in self._named))

    @property
    def _named(self) -> tuple[_Named, ...]:
        return (*self.districts, *self.clusters, *self.institutions, *self.units)

    @model_validator(mode="after")
    def _codes_are_there_once(self) -> Self:
        twice = sorted({code for code in self.codes if self.codes.count(code) > 1})
        if twice:
            raise ValueError(f"koderne {', '.join(twice)} står flere gange")
        return self

    @model_validator(mode="after")
    def _what_is_named_is_there(self) -> Self:
        districts = {each.code for each in self.districts}
        clusters = {each.code for each in self.clusters}
        placed: tuple[_InDistrict, ...] = (*self.clusters, *self.units)
        foreign = {each.district for each in placed} - districts
        foreign |= {each.cluster for each in self.units if each.cluster} - clusters
        foreign |= {code for departure in self.departures for code in departure.units} - set(self.codes)
        if foreign:
            raise ValueError(f"{', '.join(sorted(foreign))} er nævnt, men findes ikke i den konstruerede kommune")
        return self


DEPARTURE_KINDS: Final[tuple[str, ...]] = get_args(DepartureKind)
"""Every kind of departure."""
