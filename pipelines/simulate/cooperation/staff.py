"""Who works where: members of staff by profession and unit, from when to when, and what training they have.

Those of an institution are attached to it; support workers are a team of a cluster (of a district, where there are no clusters),
and of one institution, where that is planted; all others work in a district or the whole municipality.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from pipelines.municipalities.demo import Departure
from pipelines.municipalities.parts import Forum, ForumWhenNeeded, Role
from pipelines.municipalities.profile import Profile
from pipelines.simulate.cooperation.departures import Planted, covers_day, covers_unit, of_kinds, plant
from pipelines.simulate.cooperation.units import MUNICIPALITY_UNIT, Unit, units_of
from pipelines.simulate.days import part_generator
from pipelines.simulate.profile import ADVISER, CASEWORKER, DemoProfile

SUPPORT_WORKER, COORDINATOR = "support_worker", "coordinator"
NO_STAFF = frozenset({"family", "child", "network_person"})
"""Who takes part without being employed."""
_AT_INSTITUTION = frozenset(
    {"leader", "pedagogue", "teacher", "club_employee", "coordinator", "resource_pedagogue", "didactic_leader"}
)
_IN_MUNICIPALITY = frozenset(
    {
        "support_team_leader", "area_chief", "professional_chief", "resource_corps_leader", "citizen_social_chief",
        "school_chief", "children_pedagogy_chief", "health_care_chief", "social_section_manager", "ppr_manager",
        "childminding_coordinator", "youth_unit", "youth_pension", "family_house",
    }
)  # fmt: skip
_HOURS = (3.7, 7.4, 14.8, 29.6, 37.0)
_MODELS = frozenset({ADVISER, CASEWORKER})


@dataclass(frozen=True)
class Person:
    """One member of staff at one unit; `forums` are those whose meetings they take part in. `to_date` is empty while it lasts."""

    staff_id: str
    profession: str
    unit_kind: str
    unit_code: str
    from_date: date
    to_date: date | None
    hours_per_week: float
    forums: frozenset[str] = frozenset()

    def is_there_on(self, day: date) -> bool:
        """Whether they are attached on the day."""
        return self.from_date <= day <= (self.to_date or date.max)


@dataclass
class Staff:
    """Everybody employed, found by profession and the unit they work at; numbered as they are taken on."""

    profile: DemoProfile
    units: Sequence[Unit]
    first_day: date
    team_size: int
    rng: np.random.Generator
    people: list[Person] = field(default_factory=list)
    _places: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)

    def of_role(self, profession: str, unit: Unit, *, day: date, forum: str = "") -> list[Person]:
        """Those who fill the role at the unit on the day; taken on when first asked for. Nobody outside is employed."""
        if profession in NO_STAFF:
            return []
        kind, code = self._home(profession, unit, day)
        places = self._places.get((profession, kind, code))
        if places is None:
            places = self._taken_on(profession, kind, code)
        if forum:
            for place in places:
                self.people[place] = replace(self.people[place], forums=self.people[place].forums | {forum})
        return [self.people[place] for place in places if self.people[place].is_there_on(day)]

    def _taken_on(self, profession: str, kind: str, code: str) -> list[int]:
        count = self.team_size if profession == SUPPORT_WORKER else 1
        unit = next(unit for unit in self.units if (unit.kind, unit.code) == (kind, code))
        begins = self.profile.model_from(unit.district or unit.code)
        first = max(self.first_day, begins) if profession == ADVISER else self.first_day
        last = None if unit.open_to == date.max else unit.open_to
        places = [self.add(profession, kind, code, max(first, unit.open_from), last) for _ in range(count)]
        self._places[profession, kind, code] = places
        return places

    def add(self, profession: str, kind: str, code: str, first: date, last: date | None = None) -> int:
        """Take on somebody from a day to a last one; their place among the people."""
        hours = _HOURS[int(self.rng.integers(0, len(_HOURS)))]
        number = f"OPDIGTET-{len(self.people) + 1:04d}"
        self.people.append(Person(number, profession, kind, code, first, last, hours))
        return len(self.people) - 1

    def _home(self, profession: str, unit: Unit, day: date) -> tuple[str, str]:
        if unit.kind == "municipality" or profession in _IN_MUNICIPALITY:
            return "municipality", MUNICIPALITY_UNIT
        if profession in _AT_INSTITUTION:
            return "institution", self._own_institution(unit)
        if profession == SUPPORT_WORKER:
            own = self._places.get((profession, unit.kind, unit.code), [])
            if any(self.people[place].is_there_on(day) for place in own):
                return unit.kind, unit.code
            if unit.cluster:
                return "cluster", unit.cluster
        return ("district", unit.district) if unit.district else (unit.kind, unit.code)

    def _own_institution(self, unit: Unit) -> str:
        """Its own, or the school of a district, or a cluster's first institution."""
        if unit.kind == "institution":
            return unit.code
        inside = [
            each for each in self.units if each.kind == "institution" and unit.code in (each.district, each.cluster)
        ]
        schools = [each for each in inside if each.type_code == "folkeskole"]
        return (schools or inside)[0].code

    def replace_team(self, unit_kind: str, unit_code: str, *, day: date) -> list[int]:
        """The unit's support workers stop the day before, and as many others begin; the new ones' places."""
        new = []
        for place in tuple(self._places.get((SUPPORT_WORKER, unit_kind, unit_code), ())):
            if self.people[place].is_there_on(day):
                self.people[place] = replace(self.people[place], to_date=day - timedelta(days=1))
                new.append(self._successor(self.people[place], unit_kind, unit_code, day))
        return new

    def give_own_team(self, unit: Unit, *, day: date) -> list[int]:
        """The institution has support workers of its own from the day, as many as it had of the team that it shares with others;
        their places. The shared team goes on at the others."""
        before = self.of_role(SUPPORT_WORKER, unit, day=day)
        if any((person.unit_kind, person.unit_code) == (unit.kind, unit.code) for person in before):
            return self.replace_team(unit.kind, unit.code, day=day)
        return [self._successor(person, unit.kind, unit.code, day) for person in before]

    def _successor(self, person: Person, unit_kind: str, unit_code: str, day: date) -> int:
        """Somebody new at the unit, as long as it is there, who takes part where a support worker did."""
        unit = next(unit for unit in self.units if (unit.kind, unit.code) == (unit_kind, unit_code))
        last = None if unit.open_to == date.max else unit.open_to
        place = self.add(SUPPORT_WORKER, unit_kind, unit_code, day, last)
        self.people[place] = replace(self.people[place], forums=person.forums)
        self._places.setdefault((SUPPORT_WORKER, unit_kind, unit_code), []).append(place)
        return place


def roles_at(forum: Forum | ForumWhenNeeded, unit: Unit) -> list[Role]:
    """The forum's roles that hold at the unit."""
    return [role for role in forum.roles if not role.institution_types or unit.type_code in role.institution_types]


def profession_in(role: Role, unit: Unit, profile: DemoProfile, *, day: date) -> str:
    """Who fills a role: the profession itself; of adviser and caseworker the one whose model runs the unit; of pedagogue and
    teacher the teacher at a school."""
    options = (role.profession, *role.or_professions)
    if set(options) >= _MODELS:
        return _model_of(unit, profile, day)
    if "teacher" in options and unit.type_code != "daycare":
        return "teacher"
    return role.profession


def _model_of(unit: Unit, profile: DemoProfile, day: date) -> str:
    models = {each.code: each.model for each in profile.districts}
    models |= {each.code: each.model for each in profile.institutions}
    model = models.get(unit.code) or models.get(unit.district or "", CASEWORKER)
    return model if day >= profile.model_from(unit.district or unit.code) else CASEWORKER


def employ(staff: Staff, forums: Sequence[Forum | ForumWhenNeeded], rules: Profile, *, day: date) -> None:
    """Take on everybody whom the forums' roles call for, and the coordinators that the document promises."""
    for forum in forums:
        for unit in units_of(forum, staff.units):
            for role in roles_at(forum, unit):
                for each in dict.fromkeys((role.profession, profession_in(role, unit, staff.profile, day=day))):
                    staff.of_role(each, unit, day=day, forum=forum.code)
    if any(each.measure_id == "one_coordinator_share" for each in rules.indicators):
        for forum in rules.forums:
            for unit in units_of(forum, staff.units):
                if unit.kind == "institution":
                    staff.of_role(COORDINATOR, unit, day=day, forum=forum.code)


def with_staff_departures(staff: Staff, departures: Sequence[Departure]) -> list[Planted]:
    """New teams from a day on, and units that nobody coordinates in a period."""
    planted = []
    by_code = {(unit.kind, unit.code): unit for unit in staff.units}
    for departure in of_kinds(departures, "changed_team"):
        new = _new_teams(staff, departure)
        hit = tuple(staff.people[place].staff_id for place in new)
        planted.append(Planted(departure, hit, len(new)))
    for departure in of_kinds(departures, "no_coordinator"):
        places = [
            place
            for place, person in enumerate(staff.people)
            if person.profession == COORDINATOR and covers_unit(departure, by_code[person.unit_kind, person.unit_code])
        ]
        hit = tuple(staff.people[place].unit_code for place in places)
        for place in places:
            _leave_out(staff, place, departure)
        planted.append(Planted(departure, hit, len(places)))
    return planted


def _new_teams(staff: Staff, departure: Departure) -> list[int]:
    """Places of the new support workers: of the teams of the departure's clusters and districts, and of its institutions."""
    day = departure.from_date
    own = [unit for unit in staff.units if unit.kind == "institution" and unit.code in departure.units]
    named = {("institution", unit.code) for unit in own}
    by_code = {(unit.kind, unit.code): unit for unit in staff.units}
    teams = {
        (person.unit_kind, person.unit_code)
        for person in staff.people
        if person.profession == SUPPORT_WORKER and covers_unit(departure, by_code[person.unit_kind, person.unit_code])
    }
    new = [place for team in sorted(teams - named) for place in staff.replace_team(*team, day=day)]
    return new + [place for unit in own for place in staff.give_own_team(unit, day=day)]


def _leave_out(staff: Staff, place: int, departure: Departure) -> None:
    """The person is not attached in the departure's period."""
    person = staff.people[place]
    staff.people[place] = replace(person, to_date=departure.from_date - timedelta(days=1))
    if departure.to_date is not None:
        staff.people.append(replace(person, from_date=departure.to_date + timedelta(days=1)))


@dataclass(frozen=True)
class Training:
    """One training of one member of staff; it does not lapse."""

    staff_id: str
    profession: str
    kind: str
    completed: date


def draw_training(
    staff: Staff, rules: Profile, departures: Sequence[Departure], *, seed: int, data_end: date
) -> tuple[list[Training], list[Planted]]:
    """The training that the document promises all who sit in its forums, and the departures from that; where it promises none,
    every second member of staff has had continuing training once."""
    promised: Mapping[str, frozenset[str]] = {
        promise.training_kind: frozenset(promise.forums) for promise in rules.trainings
    }
    people = list({person.staff_id: person for person in staff.people}.values())
    left_out, planted = _untrained(people, promised, departures, seed)
    rng = part_generator(seed, "training")
    rows = []
    for number, person in enumerate(people):
        kinds = [kind for kind, forums in promised.items() if person.forums & forums]
        kinds += ["continuing"] if not promised and number % 2 == 0 else []
        for kind in kinds:
            days = list(_training_days(rng, person, kind, is_yearly=kind in promised, data_end=data_end))
            if (person.staff_id, kind) not in left_out:
                rows += [Training(person.staff_id, person.profession, kind, day) for day in days]
    return rows, planted


def _untrained(
    people: Sequence[Person], promised: Mapping[str, frozenset[str]], departures: Sequence[Departure], seed: int
) -> tuple[set[tuple[str, str]], list[Planted]]:
    left_out, planted = set(), []
    for departure in of_kinds(departures, "not_trained_share"):
        kind = str(departure.training_kind)
        forums = frozenset({departure.forum}) if departure.forum else promised.get(kind, frozenset())
        covered = [person for person in people if person.forums & forums and covers_day(departure, departure.from_date)]
        _, note = plant(seed, departure, covered, key=lambda person: person.staff_id)
        left_out |= {(str(staff_id), kind) for staff_id in note.hit}
        planted.append(note)
    return left_out, planted


def _training_days(
    rng: np.random.Generator, person: Person, kind: str, *, is_yearly: bool, data_end: date
) -> Iterator[date]:
    """Before they began; continuing training, where it is promised, every year after."""
    first = person.from_date - timedelta(days=int(rng.integers(30, 360)))
    yield first
    if kind == "continuing" and is_yearly:
        for year in range(person.from_date.year, data_end.year + 1):
            day = date(year, 4, 1) + timedelta(days=int(rng.integers(0, 60)))
            if person.from_date < day <= data_end:
                yield day
