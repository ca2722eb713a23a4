"""Every measure of the closed set has one function, and every indicator of every profile gets a number or a reason."""

import pytest

from pipelines.committee.cooperation.answers import middle_wait, share_of_people, share_of_staff
from pipelines.committee.cooperation.indicator_section import indicator_section, indicator_tables, not_measured_notes
from pipelines.committee.cooperation.indicators import MEASURES, answer
from pipelines.committee.cooperation.numbers import Numbers
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import CellStatus
from pipelines.municipalities import profile_names, read_profile
from pipelines.municipalities.measure_kinds import MEASURE_KINDS
from tests.committee.drawn_cooperation import drawn_context, faults_of, lines_of

RULE = DisclosureRule()
INSTITUTIONS = """
    institution_code institution_name institution_type_code ownership_code district_code
    D1               Birken           daycare               municipal      NORD
    D2               Egen             daycare               self_owning    SYD
    D3               Elmen            folkeskole            municipal      SYD
"""
SESSIONS = """
    session_id forum_code    institution_code planned_date held_date  session_status_code prevention_kind_code level_code
    S1         ressourceteam D1               2025-08-18   2025-08-18 held                preventive           group
    S2         ressourceteam D1               2025-09-25   2025-09-25 held                intervening          child
    S3         ressourceteam D1               2025-11-12   -          unknown             -                    -
    S4         ressourceteam D1               2026-01-07   2026-01-07 held                -                    -
    S5         ressourceteam D2               2025-08-18   -          cancelled           -                    -
"""


def test_every_measure_has_one_function() -> None:
    assert set(MEASURES) == set(MEASURE_KINDS)


@pytest.mark.parametrize("profile", profile_names())
def test_without_any_source_every_indicator_names_what_is_missing(profile: str) -> None:
    context = drawn_context(profile, {})
    notes = [line for table in indicator_tables(context) for line in lines_of(table, "value", "note")]
    assert len(notes) == len(read_profile(profile).indicators)
    assert all(line.startswith("not_received | ") and "mangler " in line for line in notes)


@pytest.mark.parametrize("profile", profile_names())
def test_every_measure_of_a_profile_runs_on_empty_tables(profile: str) -> None:
    numbers = Numbers(drawn_context(profile, {"institutions": INSTITUTIONS}))
    for indicator in numbers.context.settings.profile.indicators:
        found = answer(numbers, indicator)
        assert (found.value is None) == (found.status is not CellStatus.SHOWN), indicator.id


@pytest.fixture(scope="module")
def dragoer() -> dict[str, float | None]:
    """Every number of Dragør's indicators on a drawn log, by its id."""
    numbers = Numbers(drawn_context("dragoer_ressourceteam", {"institutions": INSTITUTIONS, "sessions": SESSIONS}))
    return {each.id: answer(numbers, each).value for each in numbers.context.settings.profile.indicators}


def test_meetings_without_minutes_are_no_denominator(dragoer: dict[str, float | None]) -> None:
    """18 windows of three units, six each; one of them is without minutes, three are held."""
    assert dragoer["held"] == pytest.approx(100 * 3 / (18 - 1))


def test_reach_counts_the_units_that_should_meet(dragoer: dict[str, float | None]) -> None:
    assert dragoer["has_team"] == pytest.approx(100 * 1 / 3)


def test_what_nobody_wrote_is_no_denominator(dragoer: dict[str, float | None]) -> None:
    """Of the three held meetings two say what kind they were, one of them preventive."""
    assert dragoer["prevention"] == pytest.approx(100 * 1 / 2)


@pytest.mark.parametrize(
    ("part", "whole", "status"),
    [
        (8, 20, CellStatus.SHOWN),
        (0, 20, CellStatus.SHOWN),
        (4, 20, CellStatus.HIDDEN),
        (17, 20, CellStatus.HIDDEN),
        (0, 4, CellStatus.HIDDEN),
        (0, 0, CellStatus.NOT_COMPUTABLE),
    ],
)
def test_a_share_of_people_is_hidden_with_its_small_part_or_rest(part: int, whole: int, status: CellStatus) -> None:
    assert share_of_people(part, whole, RULE).status is status


def test_a_share_behind_which_two_colleagues_stand_is_hidden() -> None:
    assert share_of_staff(3, 4, staff=2, rule=RULE).status is CellStatus.HIDDEN
    assert share_of_staff(3, 4, staff=3, rule=RULE).value == 75


def test_half_have_come_on_the_day_when_those_who_wait_are_counted() -> None:
    """Twelve: six came on days 1 to 6, six wait at 30. Half have come on day 6; without those who wait it would be day 3."""
    came = [(day, True, f"D{day % 2}") for day in range(1, 7)]
    waiting = [(30, False, "D1")] * 6
    assert middle_wait([*came, *waiting], RULE).value == 6
    assert middle_wait([*came[:5], *waiting, (30, False, "D1")], RULE).status is CellStatus.NOT_COMPUTABLE
    assert middle_wait(came, RULE).status is CellStatus.HIDDEN


def test_what_no_log_shows_is_told_with_its_reason() -> None:
    notes = not_measured_notes(drawn_context("vordingborg_next_step", {}))
    assert len(notes.definitions) == len(read_profile("vordingborg_next_step").not_measured)
    assert all(each.text.startswith("Måles ikke, fordi ") for each in notes.definitions)


def test_a_document_of_principles_has_one_table_for_each() -> None:
    section = indicator_section(drawn_context("koebenhavn_seks_principper", {}))
    assert section is not None
    of_principles = [table for table in section.tables if table.table_id.startswith("indicators_")]
    assert len(of_principles) == len(read_profile("koebenhavn_seks_principper").principles)
    assert section.answer == "0 af 17 mål har et tal."
    assert faults_of(section) == []
    assert indicator_section(drawn_context("dragoer_ressourceteam", {})) is None, "they stand with its last question"
