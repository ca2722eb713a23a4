"""Are the planted departures found exactly: core and marts against what the simulator says it drew, for each of the five documents?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import duckdb
import pytest

from pipelines.codes import load_code_table
from pipelines.municipalities import load_profile, profile_names
from pipelines.municipalities.demo import DEPARTURE_KINDS
from pipelines.municipalities.rules import load_rules
from pipelines.simulate import SimulatedMunicipality, simulate_municipality
from pipelines.simulate.cooperation.departures import Planted
from pipelines.simulate.cooperation.duties import duties_of, is_whole_year
from pipelines.simulate.cooperation.meetings import planned_meetings
from pipelines.simulate.cooperation.rows import cooperation_rows
from pipelines.simulate.cooperation.truth import cooperation_truth, session_counts
from pipelines.simulate.geography import organisation_rows
from pipelines.simulate.population import residence_rows
from tests.sql.drawn import built_when_named, empty_warehouse, fill_simulated

DATA_END = date(2026, 9, 30)
PROFILES = profile_names()

Row = dict[str, Any]
every_profile = pytest.mark.parametrize("name", PROFILES)


@cache
def drawn(name: str) -> SimulatedMunicipality:
    return simulate_municipality(load_profile(name), children_count=700, seed=5, data_end_date=DATA_END)


@pytest.fixture(scope="module", params=PROFILES)
def built(request: pytest.FixtureRequest) -> tuple[SimulatedMunicipality, duckdb.DuckDBPyConnection]:
    """The municipality, and a warehouse with its cooperation as typed and its own rules."""
    simulated = drawn(request.param)
    connection = empty_warehouse(as_of_date=DATA_END)
    load_rules(connection, simulated.profile.rules)
    frames = {
        **{source: simulated.tables[source] for source in cooperation_rows(simulated)},
        "institutions": simulated.geography.institutions,
        "organisation": organisation_rows(simulated.profile),
        "children": residence_rows(simulated.children, simulated.profile),
    }
    for source, frame in frames.items():
        fill_simulated(connection, source, frame)
    return simulated, built_when_named(connection)


def counted(
    connection: duckdb.DuckDBPyConnection, table: str, keys: tuple[str, ...], values: tuple[str, ...]
) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """Sums of a mart's counts by keys."""
    sums = ", ".join(f"CAST(sum({value}) AS BIGINT)" for value in values)
    names = ", ".join(keys)
    rows = connection.execute(f"SELECT {names}, {sums} FROM {table} GROUP BY {names}").fetchall()
    return {row[: len(keys)]: row[len(keys) :] for row in rows}


def told(rows: list[Row], keys: tuple[str, ...], values: tuple[str, ...]) -> dict[tuple[Any, ...], tuple[int, ...]]:
    return {tuple(row[key] for key in keys): tuple(row[value] for value in values) for row in rows}


MARTS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "expected_sessions": (
        "(FROM marts.mart_forum_cadence WHERE expected_count + not_due_count > 0)",
        ("forum_code", "unit_kind_code", "unit_code", "school_year"),
        (
            "expected_count", "held_count", "late_count", "cancelled_count", "unknown_count", "missing_count", "not_due_count",
        ),
    ),
    "cadence_adjustments": (
        "(SELECT *, interval_weeks < former AS shorter_count, interval_weeks > former AS longer_count "
        "FROM (SELECT *, lag(interval_weeks) OVER (PARTITION BY unit_code, school_year ORDER BY start_date) AS former "
        "FROM core.fct_forum_duty WHERE forum_code = 'ressourceforum') WHERE former <> interval_weeks)",
        ("school_year", "cluster_code"),
        ("shorter_count", "longer_count"),
    ),
    "cases": (
        "marts.mart_case_documentation",
        ("forum_code", "school_year", "district_code"),
        (
            "cases_count", "child_case_count", "group_case_count", "environment_case_count", "anonymous_case_count",
            "consent_given_count", "agenda_step_count", "knowledge_step_count", "discussion_step_count",
            "agreements_step_count", "intervention_step_count", "evaluation_step_count", "new_agreements_step_count",
            "described_count", "described_known_count", "family_count", "concern_known_count",
        ),
    ),
    "agreements": (
        "marts.mart_agreement",
        ("forum_code", "school_year", "district_code"),
        (
            "agreements_count", "responsible_named_count", "on_time_count", "late_count", "not_followed_count", "not_due_count",
        ),
    ),
    "support_requests": (
        "marts.mart_support_request",
        ("school_year", "support_road_code", "district_code"),
        (
            "requests_count", "contacted_count", "started_count", "child_count", "group_count", "environment_count",
            "in_practice_count", "waited_for_diagnosis_count", "assessed_count", "over_nine_hours_count", "family_count",
            "family_known_count", "repeated_count",
        ),
    ),
    "handovers": (
        "marts.mart_handover",
        ("school_year", "district_code"),
        ("handovers_count", "both_count", "written_only_count", "oral_only_count", "neither_count"),
    ),
}  # fmt: skip


def is_there(part: str, simulated: SimulatedMunicipality) -> bool:
    """Whether the profile gives rise to anything of the part."""
    match part:
        case "expected_sessions":
            return bool(simulated.profile.rules.forums)
        case "cadence_adjustments":
            return any(each.kind == "adjusted_cadence_share" for each in simulated.profile.departures)
        case _:
            return True


@pytest.mark.parametrize("part", MARTS)
def test_the_marts_hold_the_truth(part: str, built: tuple[SimulatedMunicipality, duckdb.DuckDBPyConnection]) -> None:
    simulated, connection = built
    table, keys, values = MARTS[part]
    true = told(cooperation_truth(simulated)[part], keys, values)
    assert bool(true) == is_there(part, simulated)
    assert counted(connection, table, keys, values) == true


def test_days_waited_are_the_true_ones(built: tuple[SimulatedMunicipality, duckdb.DuckDBPyConnection]) -> None:
    simulated, connection = built
    truth = cooperation_truth(simulated)
    concern = connection.execute("SELECT coalesce(sum(concern_days), 0) FROM core.fct_case").fetchone()
    waited = connection.execute(
        "SELECT sum(days_to_start), sum(assessment_days) FROM core.fct_support_request"
    ).fetchone()
    assert concern == (sum(row["concern_days_sum"] for row in truth["cases"]),)
    requests = truth["support_requests"]
    assert waited == tuple(sum(row[f"{name}_sum"] for row in requests) for name in ("days_to_start", "assessment_days"))


# ----- Each kind of departure, found by a question of its own

IN_PERIOD = "{day} BETWEEN DATE '{first}' AND DATE '{last}'"


def where(planted: Planted, day: str, *, table: str = "x", unit: str = "institution_code") -> str:
    """The condition in SQL that says what the departure covers; `x` is joined to core.dim_institution as `i`."""
    departure = planted.departure
    conditions = [IN_PERIOD.format(day=day, first=departure.from_date, last=departure.to_date or date(9999, 12, 31))]
    if departure.units:
        units = ", ".join(f"'{code}'" for code in departure.units)
        own = f"coalesce({table}.{unit}, {table}.district_code)" if table == "x" else f"{table}.{unit}"
        conditions.append(f"({own} IN ({units}) OR i.district_code IN ({units}) OR i.cluster_code IN ({units}))")
    if departure.institution_types:
        conditions.append(
            f"i.institution_type_code IN ({', '.join(repr(each) for each in departure.institution_types)})"
        )
    if departure.forum:
        conditions.append(f"{table}.forum_code = '{departure.forum}'")
    return " AND ".join(conditions)


def asked(planted: Planted, table: str, day: str, hit: str, *, of: str = "true", unit: str = "institution_code") -> str:
    return (
        f"SELECT count(*) FILTER ({hit}), count(*) FROM {table} AS x LEFT JOIN core.dim_institution AS i "
        f"ON x.{unit} = i.institution_code WHERE {where(planted, day, unit=unit)} AND {of}"
    )


def of_sessions(hit: str, *, of: str = "is_planned") -> Callable[[Planted], str]:
    return lambda planted: asked(planted, "core.fct_session", "x.counted_date", f"x.{hit}", of=f"x.{of}")


def of_cases(hit: str, *, of: str = "x.is_consent_needed") -> Callable[[Planted], str]:
    return lambda planted: asked(planted, "core.fct_case", "x.first_date", hit, of=of)


def of_agreements(hit: str, *, of: str = "true") -> Callable[[Planted], str]:
    return lambda planted: asked(planted, "core.fct_agreement", "x.agreed_date", hit, of=of)


def of_requests(hit: str, *, of: str) -> Callable[[Planted], str]:
    return lambda planted: asked(planted, "core.fct_support_request", "x.request_date", hit, of=of)


def of_handovers(hit: str) -> Callable[[Planted], str]:
    return lambda planted: asked(planted, "core.fct_handover", "x.handover_date", hit, unit="from_institution_code")


def of_role(is_hit: str) -> Callable[[Planted], str]:
    """Held meetings to which the profession was invited (or of the forum, where it may not be), and whether it came."""

    def question(planted: Planted) -> str:
        profession = planted.departure.profession
        meetings = (
            "(SELECT s.*, max(r.is_invited) AS was_invited, max(r.is_present) AS was_present FROM core.fct_session AS s "
            f"LEFT JOIN core.fct_session_role AS r ON s.session_id = r.session_id AND r.profession_code = '{profession}' "
            "WHERE s.is_held GROUP BY ALL)"
        )
        of = "true" if is_hit == "absent" else "x.is_held"
        hit = "x.was_invited AND NOT x.was_present" if is_hit == "absent" else "x.was_invited IS NULL"
        return asked(planted, meetings, "x.held_date", hit, of=of)

    return question


def of_areas(planted: Planted) -> str:
    return asked(
        planted, "core.fct_session_case", "x.case_date", "x.family_areas_covered_count < 6",
        of="x.family_areas_covered_count IS NOT NULL",
    )  # fmt: skip


def of_trained(planted: Planted) -> str:
    """Members of staff who took part in the forum's meetings, and those of them without the training."""
    return (
        "SELECT count(*) FILTER (trained.staff_id IS NULL), count(*) FROM (SELECT DISTINCT staff_id FROM core.fct_session_role "
        f"WHERE forum_code = '{planted.departure.forum}' AND staff_id IS NOT NULL) AS there "
        "LEFT JOIN (SELECT DISTINCT staff_id FROM core.fct_training "
        f"WHERE training_kind_code = '{planted.departure.training_kind}') AS trained ON there.staff_id = trained.staff_id"
    )


def of_named(planted: Planted) -> str:
    """Children named at the units' meetings in the period, and those from 1 to 17 who lived in the districts on 30 September."""
    named = asked(planted, "core.fct_session_case", "x.case_date", "true", of="x.child_id IS NOT NULL")
    named = named.replace("count(*) FILTER (true), count(*)", "count(DISTINCT x.child_id)")
    districts = ", ".join(f"'{code}'" for code in planted.departure.units)
    day = f"DATE '{planted.departure.from_date.year}-09-30'"
    living = (
        f"SELECT count(DISTINCT child_id) FROM typed.children WHERE home_district_code IN ({districts}) "
        f"AND {day} BETWEEN resident_from_date AND coalesce(resident_to_date, DATE '9999-12-31') "
        f"AND birth_date + 365 <= {day} AND birth_date + INTERVAL 18 YEAR > {day}"
    )
    return f"SELECT ({named}), ({living})"


def of_team(planted: Planted) -> str:
    """Those who begin at the units, and as many who stop; of an institution those who are attached to it, and to it alone."""
    departure, day = planted.departure, planted.departure.from_date
    units = ", ".join(f"'{code}'" for code in departure.units)
    stopped = f"unit_kind_code = 'institution' OR end_date = DATE '{day}' - 1"
    return (
        f"SELECT count(*) FILTER (start_date = DATE '{day}'), count(*) FILTER ({stopped}) FROM core.fct_staffing AS x "
        "LEFT JOIN (SELECT DISTINCT cluster_code, district_code FROM core.dim_institution) AS i ON x.unit_code = i.cluster_code "
        f"WHERE profession_code = 'support_worker' AND (unit_code IN ({units}) OR i.district_code IN ({units}))"
    )


def of_cadence(planted: Planted) -> str:
    """Institutions with a rhythm on the day, and those of them whose rhythm begins with it."""
    day = f"DATE '{planted.departure.from_date}'"
    return (
        f"SELECT count(*) FILTER (start_date = {day}), count(*) FROM core.fct_forum_duty "
        f"WHERE forum_code = 'ressourceforum' AND {day} BETWEEN start_date AND end_date"
    )


def of_coordinator(planted: Planted) -> str:
    units = ", ".join(f"'{code}'" for code in planted.departure.units)
    return (
        f"SELECT count(*) FILTER (end_date = DATE '{planted.departure.from_date}' - 1), count(*) FROM core.fct_staffing "
        f"WHERE profession_code = 'coordinator' AND unit_code IN ({units})"
    )


def of_opening(column: str) -> Callable[[Planted], str]:
    def question(planted: Planted) -> str:
        units = ", ".join(f"'{code}'" for code in planted.departure.units)
        return (
            f"SELECT count(*) FILTER ({column} = DATE '{planted.departure.from_date}'), count(*) "
            f"FROM core.dim_institution WHERE institution_code IN ({units})"
        )

    return question


FINDERS: dict[str, Callable[[Planted], str]] = {
    "cancelled_share": of_sessions("is_cancelled"),
    "no_minutes_share": of_sessions("is_unknown"),
    "late_share": of_sessions("is_late"),
    "short_meeting_share": of_sessions("duration_minutes < 120", of="is_held"),
    "child_level_share": of_sessions("level_code = 'child'", of="is_held"),
    "role_absent": of_role("absent"),
    "not_invited_share": of_role("not invited"),
    "no_consent_share": of_cases("NOT x.has_consent_step"),
    "not_described_share": of_cases(
        "NOT x.is_described_with_learning_analysis", of="x.is_described_with_learning_analysis IS NOT NULL"
    ),
    "areas_missing_share": of_areas,
    "follow_up_missing": of_agreements(
        "x.outcome_code = 'not_followed'",
        of=f"x.outcome_code IN ('on_time', 'not_followed') AND x.due_date <= DATE '{DATA_END}'",
    ),
    "no_responsible_share": of_agreements("x.responsible_profession_code IS NULL"),
    "waits_for_diagnosis_share": of_requests("x.has_waited_for_diagnosis", of="x.has_waited_for_diagnosis IS NOT NULL"),
    "not_in_practice_share": of_requests("NOT x.is_in_practice", of="x.is_in_practice IS NOT NULL"),
    "family_not_before_share": of_requests("NOT x.has_family_taken_part", of="x.has_family_taken_part IS NOT NULL"),
    "handover_only_written_share": of_handovers("x.is_written AND NOT x.is_oral"),
    "handover_only_oral_share": of_handovers("x.is_oral AND NOT x.is_written"),
    "handover_missing_share": of_handovers("NOT x.is_oral AND NOT x.is_written"),
    "adjusted_cadence_share": of_cadence,
    "named_children_share": of_named,
    "not_trained_share": of_trained,
    "changed_team": of_team,
    "no_coordinator": of_coordinator,
    "opens": of_opening("open_from_date"),
    "closes": of_opening("open_to_date"),
}
"""Kind of departure to the question whose answer is (rows hit, out of how many)."""

BY_THE_WHOLE = {
    "missed_share", "extra_meetings_share", "step_missing", "concern_waits_days", "request_waits_days",
    "assessment_waits_days", "repeat_request_share",
}  # fmt: skip
"""Kinds that need the rest of what was drawn to be found; each has a test of its own."""


def test_every_kind_of_departure_is_looked_for() -> None:
    assert set(FINDERS) | BY_THE_WHOLE == set(DEPARTURE_KINDS)
    assert not set(FINDERS) & BY_THE_WHOLE


def test_each_planted_departure_is_found_exactly(
    built: tuple[SimulatedMunicipality, duckdb.DuckDBPyConnection],
) -> None:
    simulated, connection = built
    found, true = {}, {}
    for planted in simulated.cooperation.planted:
        kind = planted.departure.kind
        finder = FINDERS.get(kind)
        if kind == "child_level_share" and planted.departure.forum is None:
            finder = of_requests("x.level_code = 'child'", of="true")
        if finder is not None:
            found[planted.departure.id] = connection.execute(finder(planted)).fetchone()
            true[planted.departure.id] = (len(planted.hit), planted.out_of_count)
    assert len(found) > 3
    assert found == true


@every_profile
def test_every_departure_hits_its_share(name: str) -> None:
    """Half up of what it covers, and something."""
    simulated = drawn(name)
    planted = {each.departure.id: each for each in simulated.cooperation.planted}
    assert set(planted) == {departure.id for departure in simulated.profile.departures}
    for each in planted.values():
        share = each.departure.value
        expected = each.out_of_count
        if share is not None and not each.departure.kind.endswith("_days"):
            expected = int(share * each.out_of_count + 0.5)
        if each.departure.kind == "adjusted_cadence_share":
            expected -= expected % 2  # one oftener for each one more seldom
        assert len(each.hit) == len(set(each.hit)) == expected > 0, each.departure.id


@pytest.mark.parametrize("name", ["dragoer_ressourceteam", "koebenhavn_ressourceforum"])
def test_the_same_seed_gives_the_same_rows_and_another_others(name: str) -> None:
    first = {source: drawn(name).tables[source] for source in cooperation_rows(drawn(name))}
    plain = load_profile(name)
    again = simulate_municipality(plain, children_count=700, seed=5, data_end_date=DATA_END).tables
    assert all(frame.equals(again[source]) for source, frame in first.items())
    other = simulate_municipality(plain, children_count=700, seed=6, data_end_date=DATA_END).tables
    assert {source for source, frame in first.items() if frame.equals(other[source])} <= {"institution_years"}


@cache
def without_departures(name: str) -> SimulatedMunicipality:
    plain = load_profile(name)
    demo = {key: part for key, part in plain["demo"].items() if key != "departures"}
    return simulate_municipality({**plain, "demo": demo}, children_count=700, seed=5, data_end_date=DATA_END)


@every_profile
def test_without_departures_everything_is_as_promised(name: str) -> None:
    clean = without_departures(name)
    truth = cooperation_truth(clean)
    for row in truth["expected_sessions"]:
        assert row["held_count"] == row["expected_count"], row
    for row in truth["cases"]:
        assert row["consent_given_count"] == row["child_case_count"]
        assert row["described_count"] == row["described_known_count"]
    for row in truth["agreements"]:
        assert row["responsible_named_count"] == row["agreements_count"]
        assert row["on_time_count"] + row["not_due_count"] == row["agreements_count"]
    for row in truth["handovers"]:
        assert row["both_count"] == row["handovers_count"]
    for row in truth["support_requests"]:
        assert row["repeated_count"] == row["waited_for_diagnosis_count"] == 0
        assert row["family_count"] == row["family_known_count"]
    required = {
        (forum.code, role.profession) for forum in clean.profile.rules.all_forums for role in forum.roles
        if role.presence == "required"
    }  # fmt: skip
    assert all(
        each.is_present
        for each in clean.cooperation.participants
        if (clean.cooperation.meetings[each.meeting].forum.code, each.profession) in required
    )


@pytest.mark.parametrize("name", ["dragoer_ressourceteam", "koebenhavn_ressourceforum", "vordingborg_next_step"])
def test_as_many_meetings_a_year_as_promised(name: str) -> None:
    """In a whole school year, at every unit that was there all of it."""
    clean = without_departures(name)
    held: dict[tuple[str, str, int], int] = {}
    for meeting in clean.cooperation.meetings:
        key = (meeting.forum.code, meeting.unit.code, meeting.school_year)
        held[key] = held.get(key, 0) + (meeting.status == "held")
    promised = [
        (duty, duty.rule.fewest_per_school_year)
        for duty in clean.cooperation.duties
        if duty.rule.fewest_per_school_year and is_whole_year([duty]) and duty.end <= DATA_END
    ]
    assert promised
    for duty, fewest in promised:
        assert held[duty.forum.code, duty.unit.code, duty.school_year] >= fewest


def rows_apart(name: str, source: str, key: tuple[str, ...]) -> tuple[set[Any], set[Any]]:
    """Keys of the rows that are only in the municipality with departures, and only in the one without."""
    with_them, without = drawn(name).tables[source], without_departures(name).tables[source]
    ours, theirs = (set(frame.select(key).rows()) for frame in (with_them, without))
    return ours - theirs, theirs - ours


MEETING = ("forum_code", "institution_code", "planned_date")


def test_missed_meetings_are_the_ones_that_are_not_there() -> None:
    """Rejen is to hold every other meeting: the log lacks exactly those that it did not hold."""
    simulated = drawn("dragoer_ressourceteam")
    planted = next(each for each in simulated.cooperation.planted if each.departure.kind == "missed_share")
    new, gone = rows_apart("dragoer_ressourceteam", "sessions", MEETING)
    assert (new, gone) == (set(), set(planted.hit))
    assert {institution for _, institution, _ in gone} == {"OPDIGTET-REJEN"}
    missing = [row for row in cooperation_truth(simulated)["expected_sessions"] if row["missing_count"]]
    is_over = {
        meeting.planned: meeting.window is not None and meeting.window.last <= DATA_END
        for meeting in without_departures("dragoer_ressourceteam").cooperation.meetings
        if meeting.unit.code == "OPDIGTET-REJEN"
    }
    assert sum(row["missing_count"] for row in missing) == sum(is_over[day] for *_, day in gone) > 0


def test_agreed_extra_meetings_come_on_top() -> None:
    simulated = drawn("koebenhavn_ressourceforum")
    planted = next(each for each in simulated.cooperation.planted if each.departure.kind == "extra_meetings_share")
    extra = [meeting for meeting in simulated.cooperation.meetings if meeting.is_agreed_extra]
    assert len(extra) == len(planted.hit) > 0
    assert {meeting.unit.code for meeting in extra} == {"OPDIGTET-ANKERET"}
    assert all(meeting.planned is None and meeting.held is not None for meeting in extra)


def test_a_step_that_is_left_out_was_there_without_the_departure() -> None:
    """Evaluations: the cases covered are those that would have had one, and the hit ones have none."""
    simulated = drawn("vordingborg_next_step")
    planted = next(each for each in simulated.cooperation.planted if each.departure.kind == "step_missing")
    rows = simulated.tables["session_cases"]
    evaluated = {case for case, day in rows.select("case_id", "evaluation_date").rows() if day is not None}
    assert not set(planted.hit) & evaluated
    covered = {
        case.case_id
        for case in simulated.cooperation.cases
        if case.is_named
        and simulated.cooperation.meetings[case.meetings[0]].unit.district == "OPDIGTET-SKOVSTED"
        and simulated.cooperation.meetings[case.meetings[0]].held_day >= planted.departure.from_date
    }
    assert len(covered & evaluated) + len(planted.hit) == planted.out_of_count


@pytest.mark.parametrize(
    ("name", "kind", "source", "key", "before", "after"),
    [
        ("koebenhavn_ressourceforum", "request_waits_days", "support_requests", "request_id", "request_date", "start_date"),
        ("koebenhavn_seks_principper", "request_waits_days", "support_requests", "request_id", "request_date", "start_date"),
        (
            "koebenhavn_seks_principper", "assessment_waits_days", "support_requests", "request_id", "assessment_start_date",
            "assessment_end_date",
        ),
        ("koebenhavn_seks_principper", "concern_waits_days", "session_cases", "case_id", "concern_from_date", "case_date"),
        ("vordingborg_next_step", "concern_waits_days", "session_cases", "case_id", "concern_from_date", "case_date"),
    ],
)  # fmt: skip
def test_days_of_waiting_are_as_many_more_as_planted(
    name: str, kind: str, source: str, key: str, before: str, after: str
) -> None:
    """Beside the same municipality with every departure but this one, row by row."""
    plain = load_profile(name)
    others = [each for each in plain["demo"]["departures"] if each["kind"] != kind]
    demo = {**plain["demo"], "departures": others}
    without = simulate_municipality({**plain, "demo": demo}, children_count=700, seed=5, data_end_date=DATA_END)
    simulated = drawn(name)
    planted = next(each for each in simulated.cooperation.planted if each.departure.kind == kind)
    days = [
        {
            row[key]: (row[after] - row[before]).days
            for row in each.tables[source].to_dicts()
            if row[before] and row[after]
        }
        for each in (simulated, without)
    ]
    more = {case: days[0].get(case) for case in days[1] if days[0].get(case) != days[1][case]}
    assert set(more) == set(planted.hit)
    differences = {waited - days[1][case] for case, waited in more.items() if waited is not None}
    assert differences == {planted.departure.value}


def test_a_repeated_request_is_one_that_was_planted() -> None:
    simulated = drawn("koebenhavn_seks_principper")
    planted = next(each for each in simulated.cooperation.planted if each.departure.kind == "repeat_request_share")
    repeated = sum(row["repeated_count"] for row in cooperation_truth(simulated)["support_requests"])
    assert repeated == len(planted.hit) > 0


@pytest.mark.parametrize("unit_code", ["OPDIGTET-MOELLESTAD", "OPDIGTET-LINDEALLEEN"])
def test_a_new_team_is_at_every_meeting_from_its_first_day(unit_code: str) -> None:
    """At all of the district's institutions; or at the one institution, while its cluster keeps the team that was there."""
    made = drawn("koebenhavn_ressourceforum").cooperation
    planted = next(
        each for each in made.planted if (each.departure.kind, each.departure.units) == ("changed_team", (unit_code,))
    )
    met = set()
    for each in made.participants:
        meeting = made.meetings[each.meeting]
        if each.profession == "support_worker":
            is_covered = unit_code in (meeting.unit.code, meeting.unit.district)
            is_new = is_covered and meeting.held_day >= planted.departure.from_date
            assert (each.staff_id in planted.hit) == is_new
            met.add((is_covered, is_new))
    assert met == {(True, True), (True, False), (False, False)}


def test_adjusted_rhythms_change_places_within_a_cluster() -> None:
    """One institution meets oftener from the day, another of its cluster more seldom, to the end of the school year only."""
    made = drawn("koebenhavn_ressourceforum").cooperation
    set_for_the_year = {(row.unit.code, row.school_year): row for row in made.years if not row.is_adjusted}
    by_cluster: dict[tuple[str | None, date], list[bool]] = {}
    for row in made.years:
        if row.is_adjusted:
            before = set_for_the_year[row.unit.code, row.school_year]
            assert row.interval_weeks in (4, 6, 8, 12)
            assert before.interval_weeks
            by_cluster.setdefault((row.unit.cluster, row.from_date), []).append(
                row.interval_weeks < before.interval_weeks
            )
            following = set_for_the_year[row.unit.code, row.school_year + 1]
            assert following.interval_weeks == before.interval_weeks
    assert list(map(sorted, by_cluster.values())) == [[False, True]] * 4


def test_the_calendar_follows_an_adjusted_rhythm() -> None:
    """2025/26 has 18 open weeks before New Year and 23 after it: 18 / 8 and 23 / 4 whole stretches. 8 and
    then 12 weeks hold the three that are promised; 15 and then 20 hold two, so that a third stands after the last of them."""
    assert planned_in({8: date(2025, 8, 1), 4: date(2026, 1, 1)}) == [2, 5, 0]
    assert planned_in({8: date(2025, 8, 1), 12: date(2026, 1, 1)}) == [2, 1, 0]
    assert planned_in({15: date(2025, 8, 1), 20: date(2026, 1, 1)}) == [1, 1, 1]
    assert planned_in({12: date(2025, 8, 1)}) == [3, 0]


def planned_in(intervals: dict[int, date]) -> list[int]:
    """Meetings planned at one daycare in 2025/26: in each duty's stretches, and beside them."""
    forum = drawn("koebenhavn_ressourceforum").profile.rules.forums[0]
    unit = next(unit for unit in drawn("koebenhavn_ressourceforum").cooperation.units if unit.type_code == "daycare")
    own = {(unit.code, 2025): [(day, weeks) for weeks, day in intervals.items()]}
    duties = list(duties_of(forum, [unit], own, range(2025, 2026)))
    meetings = planned_meetings(duties, seed=1, data_end=DATA_END)
    inside = [sum(each.duty is duty and each.window is not None for each in meetings) for duty in duties]
    return [*inside, sum(each.window is None for each in meetings)]


def test_institutions_are_those_of_the_profile_and_no_real_municipality() -> None:
    real = {row["title"].casefold() for row in load_code_table("municipalities").rows if row["is_made_up"] != "true"}
    for name in PROFILES:
        simulated = drawn(name)
        rows = {row["institution_code"]: row for row in simulated.geography.institutions.to_dicts()}
        for unit in simulated.profile.units:
            row = rows[unit.code]
            assert (row["institution_name"], row["ownership_code"], row["cluster_code"]) == (
                unit.name, unit.ownership, unit.cluster,
            )  # fmt: skip
        words = {word for row in rows.values() for word in row["institution_name"].casefold().replace(",", "").split()}
        assert not words & real


BROKEN_BY: dict[str, set[str]] = {
    "held_share": {"missed_share", "cancelled_share", "late_share"},
    "long_enough_share": {"short_meeting_share"},
    "adjusted_share": {"extra_meetings_share", "adjusted_cadence_share"},
    "role_present_share": {"role_absent"},
    "role_invited_share": {"not_invited_share"},
    "team_continuity_share": {"changed_team"},
    "one_coordinator_share": {"no_coordinator"},
    "trained_share": {"not_trained_share"},
    "environment_share": {"child_level_share"},
    "environment_request_share": {"child_level_share"},
    "consent_share": {"no_consent_share"},
    "documentation_share": {"step_missing"},
    "evaluated_share": {"step_missing"},
    "described_share": {"not_described_share"},
    "family_areas_share": {"areas_missing_share"},
    "responsible_named_share": {"no_responsible_share"},
    "followed_up_share": {"follow_up_missing"},
    "followed_up_next_share": {"follow_up_missing"},
    "concern_known_days": {"concern_waits_days"},
    "wait_start_days": {"request_waits_days"},
    "assessment_days": {"assessment_waits_days"},
    "in_practice_share": {"not_in_practice_share"},
    "without_diagnosis_share": {"waits_for_diagnosis_share"},
    "family_before_share": {"family_not_before_share"},
    "repeat_request_share": {"repeat_request_share"},
    "children_named_share": {"named_children_share"},
    "handover_written_share": {"handover_only_oral_share", "handover_missing_share"},
    "handover_oral_share": {"handover_only_written_share", "handover_missing_share"},
}
"""What breaks the promise that a measure counts."""


@every_profile
def test_every_promise_that_is_counted_is_broken_somewhere(name: str) -> None:
    profile = drawn(name).profile
    kinds = {departure.kind for departure in profile.departures}
    counted_here = {each.measure_id for each in profile.rules.indicators} & set(BROKEN_BY)
    assert counted_here
    assert {measure: BROKEN_BY[measure] - kinds for measure in counted_here if BROKEN_BY[measure] - kinds} == {}


def test_what_goes_wrong_every_day_is_nothing_unless_it_is_set() -> None:
    clean = without_departures("dragoer_ressourceteam")
    wrong = ("cancelled_count", "unknown_count", "late_count")
    assert sum(row[name] for row in session_counts(clean.cooperation) for name in wrong) == 0
    parameters = replace(
        clean.parameters, cooperation=replace(clean.parameters.cooperation, everyday_cancelled_share=0.3)
    )
    lived = replace(clean, parameters=parameters).cooperation
    planned = sum(meeting.planned is not None for meeting in lived.meetings)
    cancelled = sum(row["cancelled_count"] for row in session_counts(lived))
    assert 0.2 * planned < cancelled < 0.4 * planned
