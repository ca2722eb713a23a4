"""Do the profiles that come with the program hold: codes, places, names, and the demo that the simulator draws?"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest
from pydantic import BaseModel

from pipelines.codes import load_code_table
from pipelines.contracts import source_contract
from pipelines.municipalities import Profile, load_profile, profile_names, read_profile
from pipelines.municipalities.demo import DEPARTURE_KINDS
from pipelines.municipalities.measure_kinds import MEASURE_KINDS
from pipelines.municipalities.parts import Sourced
from pipelines.simulate import simulate_municipality

PROFILES = {name: read_profile(name) for name in profile_names()}
PLACES_IN_THE_DOCUMENTS = (
    "Skovvejen", "Måløv", "Baltorp", "Hedegård", "Skovlunde", "Gåsetårn", "Kalvehave", "Kulsbjerg", "Præstø", "Gønge",
)  # fmt: skip
TERMS = {
    "session_activities": ("koebenhavn_ressourceforum", "activities"),
    "support_roads": ("koebenhavn_ressourceforum", "support_roads"),
    "support_needs": ("ballerup_moedestruktur", "support_needs"),
    "family_meeting_areas": ("ballerup_moedestruktur", "family_meeting_areas"),
    "cross_actions": ("ballerup_moedestruktur", "cross_actions"),
}

every_profile = pytest.mark.parametrize("name", PROFILES)


def parts(model: BaseModel, *, has_place: bool = False) -> Iterator[tuple[BaseModel, bool]]:
    """Every part of a profile but its demo and its document, and whether it or what it lies in has a place."""
    has_place = has_place or (isinstance(model, Sourced) and len(model.place) >= 10)
    yield model, has_place
    for name, value in model:
        if name in ("demo", "document"):
            continue
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, BaseModel):
                yield from parts(each, has_place=has_place)


def has_number(model: BaseModel) -> bool:
    values = [each for _, value in model for each in (value if isinstance(value, tuple) else (value,))]
    return any(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def test_the_five_documents_are_there() -> None:
    assert set(PROFILES) == {
        "koebenhavn_ressourceforum", "dragoer_ressourceteam", "ballerup_moedestruktur", "koebenhavn_seks_principper",
        "vordingborg_next_step",
    }  # fmt: skip


@every_profile
def test_every_number_has_a_place_in_the_document(name: str) -> None:
    numbers = [(part, has_place) for part, has_place in parts(PROFILES[name]) if has_number(part)]
    assert len(numbers) >= 2
    assert [part for part, has_place in numbers if not has_place] == []


@every_profile
def test_no_place_quotes_more_than_a_few_words(name: str) -> None:
    quotes = [
        quote
        for part, _ in parts(PROFILES[name])
        if isinstance(part, Sourced)
        for quote in re.findall("»(.*?)«", part.place)
    ]
    assert len(quotes) > 20
    assert [quote for quote in quotes if len(quote.split()) > 15] == []


@every_profile
def test_forums_belong_to_the_profile_in_the_code_table(name: str) -> None:
    rows = {row["code"]: row["profile_code"] for row in load_code_table("forums").rows}
    own = [forum.code for forum in PROFILES[name].all_forums]
    assert sorted(own) == sorted(code for code, profile in rows.items() if profile == name)


def test_a_log_may_call_a_forum_by_the_name_of_each_of_its_kinds() -> None:
    """Ballerup's document calls its conference "strategisk koordineringskonference" and "for ungeområdet" too."""
    known = load_code_table("forums").codes_by_alias()
    named = [
        (kind.title, forum.code) for profile in PROFILES.values() for forum in profile.forums for kind in forum.kinds
    ]
    assert "Strategisk koordineringskonference" in dict(named)
    assert [(title, code) for title, code in named if known.get(title.casefold()) != code] == []


@pytest.mark.parametrize("table", TERMS)
def test_a_documents_words_are_those_of_the_code_table_in_its_order(table: str) -> None:
    name, part = TERMS[table]
    rows = load_code_table(table).rows
    assert [term.code for term in getattr(PROFILES[name], part)] == [row["code"] for row in rows]
    assert {row["profile_code"] for row in rows} == {name}


def test_the_steps_of_documentation_are_those_of_the_code_table_and_each_has_its_date() -> None:
    steps = [step.code for step in PROFILES["vordingborg_next_step"].documentation.steps]
    assert steps == list(load_code_table("documentation_steps").codes)
    assert {f"{step}_date" for step in steps} <= {column.name for column in source_contract("session_cases").columns}


@every_profile
def test_every_indicator_says_exactly_what_is_counted_and_in_what_unit(name: str) -> None:
    indicators = PROFILES[name].indicators
    assert len(indicators) >= 10
    for indicator in indicators:
        assert indicator.definition.endswith("."), indicator.id
        assert indicator.numerator in indicator.definition, indicator.id
        assert indicator.denominator in indicator.definition, indicator.id


def test_every_measure_is_of_delivered_sources() -> None:
    for measure_id, kind in MEASURE_KINDS.items():
        assert kind.sources, measure_id
        for source in kind.sources:
            assert source_contract(source).contract_id == source, measure_id


def test_every_measure_is_asked_for_by_some_profile() -> None:
    asked = {indicator.measure_id for profile in PROFILES.values() for indicator in profile.indicators}
    assert set(MEASURE_KINDS) - asked == set()


def test_each_principle_has_two_to_four_indicators_all_proposed_by_us() -> None:
    profile = PROFILES["koebenhavn_seks_principper"]
    per_principle = Counter(indicator.principle for indicator in profile.indicators)
    assert set(per_principle) == {principle.code for principle in profile.principles}
    assert len(per_principle) == 6
    assert set(per_principle.values()) <= {2, 3, 4}
    assert all(indicator.is_proposed_by_us for indicator in profile.indicators)


def test_what_the_documents_promise_of_rhythm() -> None:
    """The documents' own numbers, read off them by hand."""
    rules = {
        forum.code: [(rule.interval_weeks, rule.fewest_per_school_year, rule.fewest_minutes) for rule in forum.rules]
        for profile in PROFILES.values()
        for forum in profile.forums
    }
    assert rules == {
        "ressourceforum": [(None, 3, None)],
        "ressourceteam": [(6, None, None)],
        "videncenter": [(None, 3, None)],
        "koordineringskonference": [(4, None, 120), (None, None, None)],
        "distriktsteam_dagtilbud": [(5, None, None)],
        "distriktsteam_skole": [(2, None, 120)],
        "halvaarligt_moede": [(26, 2, None)],
    }
    assert PROFILES["koebenhavn_ressourceforum"].forums[0].rules[0].allowed_intervals_weeks == (4, 6, 8, 12)


def test_where_the_document_contradicts_itself_both_readings_stand() -> None:
    daycare, school, _ = PROFILES["vordingborg_next_step"].forums
    assert (daycare.rules[0].shortest_interval_weeks, daycare.rules[0].interval_weeks) == (4, 5)
    assert [other.interval_weeks for other in daycare.other_readings] == [5]
    assert (school.unit_kind, [other.unit_kind for other in school.other_readings]) == ("institution", ["district"])


@every_profile
def test_names_of_the_demo_are_invented(name: str) -> None:
    demo = PROFILES[name].demo
    assert demo is not None
    real = {row["title"].casefold() for row in load_code_table("municipalities").rows if row["is_made_up"] != "true"}
    assert {each.casefold().removesuffix(" kommune") for each in demo.names} & real == set()
    assert [each for each in demo.names for place in PLACES_IN_THE_DOCUMENTS if place in each] == []
    assert [code for code in demo.codes if not code.startswith("OPDIGTET-")] == []


def test_no_two_demos_share_a_municipality() -> None:
    names = [profile.demo.municipality_name for profile in PROFILES.values() if profile.demo]
    assert len(set(names)) == len(PROFILES)


@every_profile
def test_every_demo_departs_in_several_ways_within_its_own_time(name: str) -> None:
    demo = PROFILES[name].demo
    assert demo is not None
    assert len({departure.kind for departure in demo.departures}) >= 5
    assert {departure.kind for departure in demo.departures} <= set(DEPARTURE_KINDS)
    assert max(departure.from_date.year for departure in demo.departures) <= 2026


def test_every_kind_of_departure_is_planted_somewhere() -> None:
    planted = {departure.kind for profile in PROFILES.values() if profile.demo for departure in profile.demo.departures}
    assert set(DEPARTURE_KINDS) - planted == set()


@pytest.mark.parametrize("name", [name for name, profile in PROFILES.items() if profile.demo and profile.demo.units])
def test_the_simulator_draws_as_many_institutions_as_the_demo_names(name: str) -> None:
    """So that the n-th drawn of a type in a district can bear the n-th name."""
    demo = PROFILES[name].demo
    assert demo is not None
    drawn = simulate_municipality(load_profile(name), children_count=300, seed=4).geography.institutions
    types = {unit.type for unit in demo.units}
    rows = drawn.select("district_code", "institution_type_code").rows()
    assert Counter((unit.district, unit.type) for unit in demo.units) == Counter(row for row in rows if row[1] in types)


def test_classes_of_the_allocation_by_hand() -> None:
    """Weighted children: 110 x 1.10 = 121; 80 x 1.05 = 84; 80 x 1.0625 = 85; 49 x 1 = 49."""
    allocation = PROFILES["koebenhavn_ressourceforum"].allocation
    assert allocation is not None
    assert allocation.is_proposed_by_us
    given = [(110, 10.0), (80, 5.0), (80, 6.25), (49, 0.0)]
    found = [allocation.interval_weeks_for(child_count=count, social_normering_percent=share) for count, share in given]
    assert found == [4, 8, 6, 12]


def test_the_demo_of_ballerup_begins_seven_years_later_and_nothing_else_moves() -> None:
    profile: Profile = PROFILES["ballerup_moedestruktur"]
    assert profile.demo is not None
    moved = profile.moved(profile.demo.years_later)
    first, second = moved.forums[0].rules
    assert [str(day) for day in (first.valid_from, first.valid_to, second.valid_from, second.valid_to)] == [
        "2024-03-01", "2024-08-31", "2024-09-01", "None",
    ]  # fmt: skip
    assert [str(phase.from_date) for phase in moved.phases] == ["2024-03-01", "2025-03-01"]
    assert [str(forum.last_date) for forum in moved.replaced_forums] == ["2024-02-28", "2024-02-28"]
    assert moved.indicators == profile.indicators
    assert profile.moved(0) is profile


def test_rules_of_a_forum_leave_no_day_between_them() -> None:
    for profile in PROFILES.values():
        for forum in profile.forums:
            for earlier, later in pairwise(forum.rules):
                assert earlier.valid_to
                assert later.valid_from
                assert (later.valid_from - earlier.valid_to).days == 1, forum.code
