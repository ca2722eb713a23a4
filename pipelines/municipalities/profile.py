"""What does a municipality promise: one TOML file per document, read as one frozen profile whose faults are all named at once."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError, model_validator

from pipelines.codes import OwnCode, load_code_table
from pipelines.errors import SettingsError, WorkspaceError
from pipelines.municipalities.demo import Demo
from pipelines.municipalities.parts import (
    Activity,
    Allocation,
    Consent,
    CrossAction,
    Document,
    Documentation,
    Fact,
    FamilyMeetingArea,
    Forum,
    ForumWhenNeeded,
    Frozen,
    Indicator,
    NotMeasured,
    Overdetection,
    Phase,
    Principle,
    ReplacedForum,
    Responsibility,
    SupportNeed,
    SupportRoad,
    TrainingPromise,
)
from pipelines.municipalities.wording import danish_lines

FOLDER = Path(__file__).parent


class Profile(Frozen):
    """The rules of one document, what can be counted of them, and the made-up municipality that shows them."""

    document: Document
    forums: tuple[Forum, ...] = ()
    forums_when_needed: tuple[ForumWhenNeeded, ...] = ()
    replaced_forums: tuple[ReplacedForum, ...] = ()
    consent: Consent | None = None
    documentation: Documentation = Documentation()
    activities: tuple[Activity, ...] = ()
    support_needs: tuple[SupportNeed, ...] = ()
    family_meeting_areas: tuple[FamilyMeetingArea, ...] = ()
    support_roads: tuple[SupportRoad, ...] = ()
    cross_actions: tuple[CrossAction, ...] = ()
    phases: tuple[Phase, ...] = ()
    facts: tuple[Fact, ...] = ()
    responsibilities: tuple[Responsibility, ...] = ()
    trainings: tuple[TrainingPromise, ...] = ()
    principles: tuple[Principle, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    not_measured: tuple[NotMeasured, ...] = ()
    allocation: Allocation | None = None
    overdetection: Overdetection | None = None
    demo: Demo | None = None

    @property
    def all_forums(self) -> tuple[Forum | ForumWhenNeeded, ...]:
        """Every forum, those with a rhythm first."""
        return (*self.forums, *self.forums_when_needed)

    @property
    def own_forums(self) -> tuple[OwnCode, ...]:
        """The forums that the shared code table does not hold, as codes beside it."""
        own = (forum for forum in self.all_forums if forum.is_own)
        return tuple(OwnCode(forum.code, forum.title, forum.aliases) for forum in own)

    @property
    def forum_titles(self) -> dict[str, str]:
        """Danish name per forum: those of the code table, and the profile's own."""
        return load_code_table("forums").with_own(self.own_forums).titles()

    def moved(self, years: int) -> "Profile":
        """The same profile with the dates of its rules, phases and ended forums so many years later.

        A demo plays today, and the document's dates are its own; 29 February becomes the 28th.
        """
        if not years:
            return self
        forums = [
            forum.model_copy(update={"rules": tuple(_moved(rule, years) for rule in forum.rules)})
            for forum in self.forums
        ]
        return self.model_copy(
            update={
                "forums": tuple(forums),
                "phases": tuple(_moved(phase, years) for phase in self.phases),
                "replaced_forums": tuple(_moved(forum, years) for forum in self.replaced_forums),
            }
        )

    @model_validator(mode="after")
    def _names_are_there_once(self) -> Self:
        named = {
            "forums": [forum.code for forum in self.all_forums],
            "indicators": [indicator.id for indicator in self.indicators],
            "facts": [fact.id for fact in self.facts],
            "phases": [phase.code for phase in self.phases],
            "principles": [principle.code for principle in self.principles],
            "documentation.steps": [step.code for step in self.documentation.steps],
            "activities": [term.code for term in self.activities],
            "support_needs": [term.code for term in self.support_needs],
            "family_meeting_areas": [term.code for term in self.family_meeting_areas],
            "support_roads": [term.code for term in self.support_roads],
            "cross_actions": [term.code for term in self.cross_actions],
            "demo.departures": [departure.id for departure in self.demo.departures] if self.demo else [],
        }
        faults = [
            f"{part} har {', '.join(twice)} flere gange"
            for part, names in named.items()
            if (twice := sorted({name for name in names if names.count(name) > 1}))
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @model_validator(mode="after")
    def _what_is_named_is_in_the_profile(self) -> Self:
        faults = [*_unknown_forums(self), *_unknown_ids(self)]
        if faults:
            raise ValueError("; ".join(faults))
        return self


def read_profile(profile: str | Path) -> Profile:
    """The profile of that name, or the one in a TOML file (a municipality's own, in its workspace).

    Raises:
        WorkspaceError: there is none of that name; the message lists those there are.
        SettingsError: the file cannot be read, or something in it is wrong; all faults are named.
    """
    path = profile if isinstance(profile, Path) else profile_path(profile)
    return profile_from(read_plain(path), where=path.name)


def profile_names() -> tuple[str, ...]:
    """Names of all profiles that come with the program, alphabetically."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def profile_path(name: str) -> Path:
    """The file of the profile `name`.

    Raises:
        WorkspaceError: there is none; the message lists those there are.
    """
    if name not in profile_names():
        raise WorkspaceError(f"Profilen '{name}' findes ikke. Vælg en af disse: {', '.join(profile_names())}.")
    return FOLDER / f"{name}.toml"


def read_plain(path: Path) -> dict[str, Any]:
    """The plain values of a TOML file.

    Raises:
        SettingsError: it is not there, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"Profilen {path.name} findes ikke. Ret stien i indstillingerne, og kør igen.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name} kan ikke læses som TOML: {error}. Ret linjen, og kør igen.") from error


def profile_from(plain: dict[str, Any], *, where: str) -> Profile:
    """The validated profile from plain values; `where` names their origin in the error.

    Raises:
        SettingsError: something is wrong. All faults inside the parts are named at once; when there are none, all references
            from one part to another that lead nowhere.
    """
    try:
        return Profile.model_validate(plain)
    except ValidationError as error:
        lines = danish_lines(error, Profile)
        raise SettingsError(f"{where} har {len(lines)} fejl:\n" + "\n".join(f"  - {line}" for line in lines)) from None


def _moved(part: Any, years: int) -> Any:
    dates = {name: value for name, value in part if isinstance(value, date)}
    return part.model_copy(update={name: _years_later(day, years) for name, day in dates.items()})


def _years_later(day: date, years: int) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + years, day=28 if is_leap_day else day.day)


def _unknown_forums(profile: Profile) -> list[str]:
    own = {forum.code for forum in profile.all_forums}
    named = [("indicators", each.id, each.forum) for each in profile.indicators]
    named += [("trainings", each.training_kind, code) for each in profile.trainings for code in each.forums]
    if profile.demo:
        named += [("demo.departures", each.id, each.forum) for each in profile.demo.departures]
    return [
        f"{part} ({name}): mødet '{code}' er ikke i profilen" for part, name, code in named if code and code not in own
    ]


def _unknown_ids(profile: Profile) -> list[str]:
    principles = {principle.code for principle in profile.principles}
    indicators = {indicator.id for indicator in profile.indicators}
    faults = [
        f"indicators ({each.id}): princippet '{each.principle}' er ikke i profilen"
        for each in profile.indicators
        if each.principle and each.principle not in principles
    ]
    return faults + [
        f"responsibilities ({each.profession}): indikatoren '{each.indicator}' er ikke i profilen"
        for each in profile.responsibilities
        if each.indicator and each.indicator not in indicators
    ]
