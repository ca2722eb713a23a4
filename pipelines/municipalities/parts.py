"""What can a document promise: its forums with rhythm and roles, its steps and words, its indicators and what no log shows.

Every part says where in the document it stands (`place`); what the document does not name and we propose says so
(`is_proposed_by_us`).
"""

import re
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from pipelines.codes import load_code_table
from pipelines.municipalities.measure_kinds import MEASURE_KINDS, MeasureKind

Presence = Literal["required", "when_needed", "may", "start_phase"]
"""required: at every meeting; when_needed: when the case calls for it; may: can take part; start_phase: regularly while the
structure is being put in place, and after that as `may`."""

OWN_INTERVAL: Final = "institution_year"
"""The rhythm is the unit's own, as delivered per school year."""

_RHYTHM_KEYS: Final = (
    "interval_weeks", "shortest_interval_weeks", "interval_from", "allowed_intervals_weeks", "fewest_per_school_year",
    "fewest_minutes", "weekday_number", "our_reading", "valid_from", "valid_to",
)  # fmt: skip
"""What a forum with one rule may write on itself instead of in `[[forums.rules]]`."""


_PLACE_OF_FORUM: Final = "det samme sted som mødet"


def _known_in(table: str) -> Callable[[str], str]:
    def check(code: str) -> str:
        codes = load_code_table(table).codes
        if code not in codes:
            raise ValueError(f"koden '{code}' findes ikke i kodetabellen {table}. Vælg en af disse: {', '.join(codes)}")
        return code

    return check


def _check_measure(measure_id: str) -> str:
    if measure_id not in MEASURE_KINDS:
        raise ValueError(f"målet '{measure_id}' kan ikke tælles. Vælg et af disse: {', '.join(sorted(MEASURE_KINDS))}")
    return measure_id


Place = Annotated[str, Field(min_length=10, max_length=300)]
"""Where in the document: heading, and the words in » «."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
UnitKind = Annotated[str, AfterValidator(_known_in("unit_kinds"))]
InstitutionType = Annotated[str, AfterValidator(_known_in("institution_types"))]
Ownership = Annotated[str, AfterValidator(_known_in("ownerships"))]
Profession = Annotated[str, AfterValidator(_known_in("professions"))]
TrainingKind = Annotated[str, AfterValidator(_known_in("training_kinds"))]
DocumentationStep = Annotated[str, AfterValidator(_known_in("documentation_steps"))]
ActivityCode = Annotated[str, AfterValidator(_known_in("session_activities"))]
MeasureId = Annotated[str, AfterValidator(_check_measure)]


class Frozen(BaseModel):
    """No unknown keys, and nothing changes after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Sourced(Frozen):
    """Something with a place in the document. `is_proposed_by_us`: the words stand there, the number or the choice is ours."""

    place: Place
    is_proposed_by_us: bool = False


class Document(Frozen):
    """The document whose rules these are."""

    title: str = Field(min_length=5)
    publisher: str = Field(min_length=3)
    year: int | None = Field(default=None, ge=1990, le=2100)
    """Empty where the document bears none; then `dated` says so."""
    document_date: date | None = None
    """Where the document bears a day."""
    dated: str = ""
    """Its date in its own words, where it is not a day."""

    @model_validator(mode="after")
    def _has_a_time(self) -> Self:
        if self.year is None and not self.dated:
            raise ValueError('year mangler. Skriv årstallet, eller dated = "uden dato"')
        return self

    @property
    def source(self) -> str:
        """Publisher and year, as every page of a made-up municipality names it."""
        return f"{self.publisher}, {self.year or self.dated}"


class Rule(Sourced):
    """How often a forum meets while the rule holds; weeks, minutes, meetings per school year.

    Either `interval_weeks`, or the unit's own interval (`interval_from`), or only a fewest number a year. Where the document
    gives a span, `interval_weeks` is its end, which the meetings are held to, and `shortest_interval_weeks` its beginning.
    """

    valid_from: date | None = None
    valid_to: date | None = None
    interval_weeks: int | None = Field(default=None, ge=1, le=53)
    shortest_interval_weeks: int | None = Field(default=None, ge=1, le=53)
    interval_from: Literal["institution_year"] | None = None
    allowed_intervals_weeks: tuple[int, ...] = ()
    fewest_per_school_year: int | None = Field(default=None, ge=1, le=60)
    fewest_minutes: int | None = Field(default=None, ge=1, le=600)
    weekday_number: int | None = Field(default=None, ge=1, le=7)
    """Monday is 1."""
    our_reading: str = ""
    """How the document's words became weeks, where they name something else."""

    @property
    def is_own_interval(self) -> bool:
        """Whether each unit has an interval of its own."""
        return self.interval_from == OWN_INTERVAL

    @model_validator(mode="after")
    def _has_one_rhythm(self) -> Self:
        if self.interval_weeks is not None and self.interval_from is not None:
            raise ValueError("interval_weeks og interval_from kan ikke begge stå der. Slet den ene")
        if self.interval_weeks is None and self.interval_from is None and self.fewest_per_school_year is None:
            raise ValueError(
                "hyppigheden mangler. Skriv interval_weeks, interval_from eller fewest_per_school_year; "
                "et møde uden fast hyppighed hører til i [[forums_when_needed]]"
            )
        if self.allowed_intervals_weeks and not self.is_own_interval:
            raise ValueError(f'allowed_intervals_weeks kan kun stå sammen med interval_from = "{OWN_INTERVAL}"')
        return self

    @model_validator(mode="after")
    def _spans_are_spans(self) -> Self:
        if self.shortest_interval_weeks is not None and self.shortest_interval_weeks > (self.interval_weeks or 0):
            raise ValueError("shortest_interval_weeks skal være højst interval_weeks")
        _check_period(self.valid_from, self.valid_to)
        return self


def _check_period(first: date | None, last: date | None) -> None:
    if first and last and first > last:
        raise ValueError(f"perioden slutter ({last}), før den begynder ({first})")


class OtherReading(Sourced):
    """What the document says in another place, and why the rule does not follow it."""

    interval_weeks: int | None = Field(default=None, ge=1, le=53)
    unit_kind: UnitKind | None = None
    text: str = Field(min_length=5)
    """The other reading in Danish, as the report writes it."""
    why_not_followed: str = Field(min_length=10)


class Role(Sourced):
    """Who takes part. The role is filled when `profession`, or one of `or_professions`, is there."""

    profession: Profession
    or_professions: tuple[Profession, ...] = ()
    institution_types: tuple[InstitutionType, ...] = ()
    """Where it holds; empty: everywhere the forum meets."""
    presence: Presence
    is_always_invited: bool = False
    """The invitation is promised, whether or not they need to come."""


class ForumKind(Sourced):
    """One of the kinds a forum is held as; the unit it is held at tells which."""

    code: Name
    title: str = Field(min_length=3)
    unit_kind: UnitKind
    institution_types: tuple[InstitutionType, ...] = ()
    called_by: Profession | None = None


class ForumPart(Sourced):
    """One of the parts of a meeting, in order."""

    title: str = Field(min_length=3)
    about: str = Field(min_length=3)


class _AnyForum(Sourced):
    title: str = ""
    """Danish name, from the code table; of a forum that only this municipality has, the profile's own."""
    aliases: tuple[str, ...] = ()
    """What a log may call a forum of one's own, besides its title."""
    code: str
    """Of the code table, or a new one with a title."""
    unit_kind: UnitKind
    institution_types: tuple[InstitutionType, ...] = ()
    roles: tuple[Role, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _known_forums_have_their_title(cls, plain: Any) -> Any:
        known = load_code_table("forums").titles()
        if not isinstance(plain, dict) or "title" in plain or plain.get("code") not in known:
            return plain
        return {**plain, "title": known[plain["code"]]}

    @field_validator("code")
    @classmethod
    def _is_known_or_has_a_title(cls, code: str, info: ValidationInfo) -> str:
        known, title = load_code_table("forums").titles(), info.data.get("title", "")
        if code in known and (title != known[code] or info.data.get("aliases")):
            raise ValueError(f"mødet '{code}' er i kodetabellen forums. Slet title og aliases, eller vælg en ny kode")
        if code not in known and not title:
            raise ValueError(
                f"koden '{code}' findes ikke i kodetabellen forums. Vælg en af disse: {', '.join(known)}. "
                "Er mødet jeres eget, så skriv dets navn i title"
            )
        if not re.fullmatch("[a-z0-9_]+", code):
            raise ValueError(f"koden '{code}' må kun have små bogstaver fra a til z, tal og understreg")
        return code

    @property
    def is_own(self) -> bool:
        """Whether the shared code table does not hold it."""
        return self.code not in load_code_table("forums").codes

    @model_validator(mode="after")
    def _roles_are_where_the_forum_is(self) -> Self:
        for role in self.roles:
            foreign = sorted(set(role.institution_types) - set(self.institution_types))
            if foreign:
                raise ValueError(
                    f"rollen {role.profession} gælder for {', '.join(foreign)}, men mødet holdes ikke dér. "
                    "Ret rollens eller mødets institution_types"
                )
        return self

    @model_validator(mode="after")
    def _institutions_have_types(self) -> Self:
        if self.unit_kind == "institution" and not self.institution_types:
            raise ValueError("institution_types mangler: skriv, hvilke slags institutioner der holder mødet")
        return self


class Forum(_AnyForum):
    """A forum with a rhythm. One rule may stand on the forum itself, several stand in `[[forums.rules]]`."""

    ownerships: tuple[Ownership, ...] = ()
    """Whose institutions; empty: everybody's."""
    rules: tuple[Rule, ...] = Field(min_length=1)
    other_readings: tuple[OtherReading, ...] = ()
    kinds: tuple[ForumKind, ...] = ()
    parts: tuple[ForumPart, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _own_rhythm_is_a_rule(cls, plain: Any) -> Any:
        if not isinstance(plain, dict):
            return plain
        rhythm = {key: plain[key] for key in _RHYTHM_KEYS if key in plain}
        rest = {key: value for key, value in plain.items() if key not in rhythm}
        if rhythm and "rules" in plain:
            raise ValueError(f"{', '.join(rhythm)} kan ikke stå på mødet, når det også har [[forums.rules]]")
        if "rules" in plain:
            return rest
        # A missing place is the forum's fault and is named once, so the rule gets words in its stead.
        shared = {"place": _PLACE_OF_FORUM} | {key: rest[key] for key in ("place", "is_proposed_by_us") if key in rest}
        return rest | {"rules": [rhythm | shared]}

    @model_validator(mode="after")
    def _rules_follow_each_other(self) -> Self:
        spans = sorted((rule.valid_from or date.min, rule.valid_to or date.max) for rule in self.rules)
        for earlier, later in pairwise(spans):
            if later[0] <= earlier[1]:
                raise ValueError(
                    f"to regler gælder på samme tid (den ene fra {later[0]}, den anden til {earlier[1]}). "
                    "Ret valid_from og valid_to, så kun én regel gælder på en dag"
                )
        return self


class ForumWhenNeeded(_AnyForum):
    """A forum without a rhythm: it is held when somebody calls it, and nothing is expected on a day."""

    when: str = Field(min_length=5)
    """When it is called, in Danish."""
    called_by: Profession | None = None


class ReplacedForum(Sourced):
    """A forum that the document ends."""

    title: str = Field(min_length=3)
    replaced_by: str = Field(min_length=3)
    last_date: date | None = None


class Consent(Sourced):
    """When the parents must have consented; an anonymous case never needs it."""

    needed_for: Literal["child_cases"]


class Term(Sourced):
    """One of the document's own words for a kind of something, as a code of its code table, which has the title."""

    table: ClassVar[str]
    code: Name

    @field_validator("code")
    @classmethod
    def _is_in_the_table(cls, code: str) -> str:
        return _known_in(cls.table)(code)

    @property
    def title(self) -> str:
        """Danish title, from the code table."""
        return load_code_table(self.table).titles()[self.code]


class Activity(Term):
    """Something a meeting is used for."""

    table = "session_activities"


class SupportNeed(Term):
    """A situation in which support is needed."""

    table = "support_needs"


class FamilyMeetingArea(Term):
    """An area of the child's life that a family meeting covers."""

    table = "family_meeting_areas"


class SupportRoad(Term):
    """A road to support."""

    table = "support_roads"


class CrossAction(Term):
    """A form that cross-professional action takes."""

    table = "cross_actions"


class DocumentationTerm(Term):
    """A step by which a case is documented."""

    table = "documentation_steps"


class Documentation(Frozen):
    """The steps by which a case is documented, in order."""

    steps: tuple[DocumentationTerm, ...] = ()


class Phase(Sourced):
    """A period the document names. `written`: its own words, where they name no day."""

    code: Name
    title: str = Field(min_length=3)
    from_date: date
    to_date: date | None = None
    written: str = ""

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        _check_period(self.from_date, self.to_date)
        return self


class Fact(Sourced):
    """A number of the document that is no rhythm."""

    id: Name
    title: str = Field(min_length=5)
    value: float


class Responsibility(Sourced):
    """Who is responsible for what. `indicator` is the id of the one that shows it; empty: see `not_measured`."""

    profession: Profession
    title: str = Field(min_length=10)
    indicator: str = ""


class TrainingPromise(Sourced):
    """A training that all who sit in these forums have."""

    training_kind: TrainingKind
    forums: tuple[Name, ...] = Field(min_length=1)


class Principle(Sourced):
    """A principle that indicators are proposed for."""

    code: Name
    title: str = Field(min_length=10)


class Indicator(Sourced):
    """One thing that is counted, and exactly how; the unit follows from the measure.

    `forum`, `profession`, `activity`, `step` narrow what is counted, where the measure needs it.
    """

    id: Name
    title: str = Field(min_length=5)
    numerator: str = Field(min_length=5)
    """Danish: what is counted; of a middle number: what is measured, on each of the denominator."""
    denominator: str = Field(min_length=5)
    """Danish: out of what."""
    measure_id: MeasureId
    principle: str = ""
    forum: Name | None = None
    profession: Profession | None = None
    activity: ActivityCode | None = None
    step: DocumentationStep | None = None
    training_kind: TrainingKind | None = None

    @property
    def measure(self) -> MeasureKind:
        """The measure it is one of."""
        return MEASURE_KINDS[self.measure_id]

    @property
    def definition(self) -> str:
        """The exact definition in one Danish sentence; its unit is the measure's."""
        verb = "ud af" if self.measure.unit == "procent" else "for"
        return f"{self.numerator} {verb} {self.denominator}."


class NotMeasured(Sourced):
    """A promise that no log can show."""

    promise: str = Field(min_length=10)
    because: str = Field(pattern=r"^[Mm]åles ikke, fordi .{10,}")


class AllocationClass(Frozen):
    """An interval and the fewest weighted children an institution has to get it."""

    interval_weeks: int = Field(ge=1, le=53)
    fewest_weighted_children: float = Field(ge=0)


class Allocation(Sourced):
    """How often an institution meets, by its child count and social normering, and what that costs in team hours.

    Weighted children = child count x (1 + social normering in percent / 100).
    """

    classes: tuple[AllocationClass, ...] = Field(min_length=1)
    team_hours_per_meeting: float = Field(gt=0)
    team_hours_capacity_per_school_year: float = Field(gt=0)

    @model_validator(mode="after")
    def _every_institution_has_one_class(self) -> Self:
        by_interval = sorted(self.classes, key=lambda each: each.interval_weeks)
        limits = [each.fewest_weighted_children for each in by_interval]
        if limits != sorted(set(limits), reverse=True):
            raise ValueError("jo kortere tid mellem møderne, jo flere vægtede børn skal en klasse kræve")
        if limits[-1] != 0:
            raise ValueError("klassen med længst tid mellem møderne skal begynde ved 0 vægtede børn")
        return self

    def interval_weeks_for(self, *, child_count: int, social_normering_percent: float) -> int:
        """The interval of the rule: the shortest whose limit the weighted children reach."""
        weighted = child_count * (1 + social_normering_percent / 100)
        return min(each.interval_weeks for each in self.classes if each.fewest_weighted_children <= weighted)


class Overdetection(Sourced):
    """How large a share of all children the document speaks of, in percent: more named than that is a sign of too many."""

    from_percent: float = Field(gt=0, le=100)
    to_percent: float = Field(gt=0, le=100)
    why: str = Field(min_length=10)

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.from_percent > self.to_percent:
            raise ValueError("from_percent skal være højst to_percent")
        return self
