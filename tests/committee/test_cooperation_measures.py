"""Does each number say what the words of its indicator say? Drawn rows on the edge, one measure at a time."""

from datetime import date

import pytest

from pipelines.committee.context import ReportContext
from pipelines.committee.cooperation.answers import Answer
from pipelines.committee.cooperation.calendar import calendar_section
from pipelines.committee.cooperation.indicators import answer
from pipelines.committee.cooperation.numbers import Numbers
from pipelines.committee.cooperation.requests import year_before
from pipelines.disclosure.table import CellStatus
from tests.committee.drawn_cooperation import drawn_context

INSTITUTIONS = """
    institution_code institution_type_code ownership_code district_code open_from_date open_to_date
    D1               daycare               municipal      NORD          -              -
    D2               daycare               municipal      NORD          2025-08-01     -
    D3               daycare               municipal      NORD          2025-08-02     -
    D4               daycare               municipal      NORD          -              2026-07-30
    S1               folkeskole            municipal      NORD          -              -
    D5               daycare               municipal      NORD          -              2025-07-31
    D6               daycare               self_owning    NORD          2026-08-01     -
"""


def number_of(context: ReportContext, indicator_id: str) -> Answer:
    indicator = next(each for each in context.settings.profile.indicators if each.id == indicator_id)
    return answer(Numbers(context), indicator)


def lines(*parts: str) -> str:
    return "\n".join(parts)


@pytest.fixture(scope="module")
def principles() -> ReportContext:
    """Requests of 2025/26 and courses that ended in 2024/25, on the edges of the words."""
    head = (
        "request_id institution_code child_id level_code support_need_code request_date start_date end_date "
        "granted_hours_per_week has_waited_for_diagnosis is_in_practice has_family_taken_part"
    )
    nine = [f"N{n} S1 nine{n} child - 2025-09-01 2025-09-10 - 9 false true true" for n in range(7)]
    over = [f"O{n} S1 over{n} child - 2025-09-01 2025-09-10 - 9.01 false true true" for n in range(6)]
    again = [f"P{n} S1 over{n} child - 2026-02-01 2026-02-10 - 12 false true true" for n in range(5)]
    daycare = ["Q1 D1 small child - 2025-09-01 2025-09-10 - 20 false true true"]
    # not begun, and about a group: no answer on diagnosis, practice or family counts
    waiting = [f"W{n} S1 waiting{n} child - 2025-09-01 - - - true false true" for n in range(5)]
    groups = [f"G{n} S1 - group - 2025-09-01 2025-09-10 - - true true false" for n in range(5)]
    ended = [f"E{n} D1 - group need{n} 2024-09-01 2024-09-10 2025-07-31 - - - -" for n in range(14)]
    on_day = [f"A{n} D1 - group need{n} 2026-07-31 - - - - - -" for n in range(5)]
    day_after = [f"B{n} D1 - group need{n} 2026-08-01 - - - - - -" for n in range(5, 8)]
    before_end = [f"C{n} D1 - group need{n} 2025-07-31 - - - - - -" for n in range(8, 10)]
    elsewhere = [f"F{n} D2 - group need{n} 2025-10-01 - - - - - -" for n in range(10, 12)]
    later = ["L1 D1 - group other 2024-09-01 2024-09-10 2025-08-01 - - - -"]
    requests = lines(
        head,
        *nine,
        *over,
        *again,
        *daycare,
        *waiting,
        *groups,
        *ended,
        *on_day,
        *day_after,
        *before_end,
        *elsewhere,
        *later,
    )
    return drawn_context("koebenhavn_seks_principper", {"institutions": INSTITUTIONS, "support_requests": requests})


def test_exactly_nine_hours_is_not_more_than_nine_and_a_pupil_counts_once(principles: ReportContext) -> None:
    """Seven were granted 9 hours, six more than that, five of those twice; the daycare child is no pupil."""
    assert number_of(principles, "hours_over_nine").value == 6


def test_waiting_for_a_diagnosis_is_asked_of_what_has_begun_about_a_child(principles: ReportContext) -> None:
    """7 + 6 + 5 + 1 have begun, none of them waited; the waiting and the groups said that they did."""
    found = number_of(principles, "without_diagnosis")
    assert (found.value, found.of) == (100, 7 + 6 + 5 + 1)


def test_practice_is_asked_of_what_has_begun_and_the_family_of_what_is_about_a_child(principles: ReportContext) -> None:
    assert number_of(principles, "in_practice").of == 7 + 6 + 5 + 1 + 5
    family = next(each for each in principles.settings.profile.indicators if each.measure_id == "family_before_share")
    assert answer(Numbers(principles), family).of == 7 + 6 + 5 + 1 + 5


def test_asked_again_is_the_same_need_after_the_end_and_within_twelve_months(principles: ReportContext) -> None:
    """14 ended on 31 July 2025. Five were asked for again on the last day of the twelve months; three a day too late,
    two on the day of the end itself, two by another institution; one course ended in the year after and is none of them."""
    repeats = next(each for each in principles.settings.profile.indicators if each.measure_id == "repeat_request_share")
    found = answer(Numbers(principles), repeats)
    assert (found.value, found.of) == pytest.approx((100 * 5 / 14, 14))


def test_supported_are_institutions_open_in_the_year_in_which_support_began(principles: ReportContext) -> None:
    """D1 and S1 of D1 to D4 and S1: D5 closed the day before the year, D6 is self-owning and not open yet."""
    found = number_of(principles, "institutions_supported")
    assert (found.value, found.of) == pytest.approx((100 * 2 / 5, 5))


def test_the_year_before_a_turn_of_the_century_is_written_with_two_digits() -> None:
    assert [year_before(year) for year in ("2025/26", "2010/11", "2000/01")] == ["2024/25", "2009/10", "1999/00"]


def meetings(forum: str, unit: str, *days: str, minutes: int = 60) -> list[str]:
    return [f"{forum}{unit}{day} {forum} {unit} {day} {day} held {minutes}" for day in days]


SESSION_HEAD = "session_id forum_code institution_code planned_date held_date session_status_code duration_minutes"


def test_only_institutions_open_all_year_can_have_too_few_meetings() -> None:
    """D1 and D2 were there from 1 August to 31 July: one with three meetings, one with two. D3 came a day late, D4 left early."""
    days = ("2025-09-01", "2025-11-03", "2026-02-02")
    sessions = lines(
        SESSION_HEAD,
        *meetings("ressourceforum", "D1", *days),
        *meetings("ressourceforum", "D2", *days[:2]),
        *meetings("ressourceforum", "D3", *days[:1]),
    )
    years = lines(
        "institution_code school_year cadence_weeks cadence_from_date",
        *(f"{code} 2025/26 12 2025-08-01" for code in ("D1", "D2", "D3", "D4")),
    )
    context = drawn_context(
        "koebenhavn_ressourceforum", {"institutions": INSTITUTIONS, "sessions": sessions, "institution_years": years}
    )
    found = number_of(context, "fewest")
    assert (found.value, found.of) == (50, 2)
    section = calendar_section(context)
    assert section is not None
    assert "1 af 2\N{NO-BREAK SPACE}enheder fik færre møder end aftalt." in section.how_sure.number


def test_what_is_written_of_a_meeting_is_asked_of_those_where_it_is_written() -> None:
    """Of four held meetings three say whether it was prepared, and two of them that it was; the cancelled one counts nowhere."""
    sessions = lines(
        "session_id forum_code institution_code planned_date held_date session_status_code is_prepared_by_leader "
        "is_last_time_followed_up has_second_part",
        "M1 ressourceforum D1 2025-09-01 2025-09-01 held true - true",
        "M2 ressourceforum D1 2025-10-01 2025-10-01 held true true -",
        "M3 ressourceforum D1 2025-11-03 2025-11-03 held false false -",
        "M4 ressourceforum D1 2025-12-01 2025-12-01 held - false -",
        "M5 ressourceforum D1 2026-01-12 - cancelled true true -",
    )
    context = drawn_context("koebenhavn_ressourceforum", {"institutions": INSTITUTIONS, "sessions": sessions})
    prepared, followed = (number_of(context, name) for name in ("prepared", "last_time_followed_up"))
    assert (prepared.value, prepared.of) == pytest.approx((100 * 2 / 3, 3))
    assert (followed.value, followed.of) == pytest.approx((100 * 1 / 3, 3))


def test_a_formal_application_comes_after_a_meeting_of_the_same_institution_within_twelve_weeks() -> None:
    """Of eleven six are 1 to 84 days after D1's meeting; one is of the same day, one 85 days after, three are of D2, where the meeting
    was cancelled. The five along the other road are asked nothing."""
    sessions = lines(
        "session_id forum_code institution_code planned_date held_date session_status_code",
        "M1 ressourceforum D1 2025-09-01 2025-09-01 held",
        "M2 ressourceforum D2 2025-09-01 - cancelled",
    )
    days = ["2025-09-02", *["2025-10-01"] * 4, "2025-11-24", "2025-09-01", "2025-11-25"]
    requests = lines(
        "request_id institution_code support_road_code request_date",
        *(f"A{n} D1 area_support {day}" for n, day in enumerate(days)),
        *(f"B{n} D2 area_support 2025-09-02" for n in range(3)),
        *(f"C{n} D1 resource_forum 2025-09-02" for n in range(5)),
    )
    context = drawn_context(
        "koebenhavn_ressourceforum", {"institutions": INSTITUTIONS, "sessions": sessions, "support_requests": requests}
    )
    found = number_of(context, "formal_road_after_meeting")
    assert (found.value, found.of) == (pytest.approx(100 * 6 / 11), 11)


def test_staff_work_in_the_cluster_where_they_came_most_often() -> None:
    """Anna came three times in K1 and once in K2, Bo twice in K1, Cai twice in K2: 3 + 2 + 2 of 8. D4 has no cluster."""
    institutions = lines(
        "institution_code institution_type_code ownership_code district_code cluster_code",
        "D1 daycare municipal NORD K1",
        "D2 daycare municipal NORD K1",
        "D3 daycare municipal NORD K2",
        "D4 daycare municipal NORD -",
    )
    came = {"D1": ["anna", "bo"], "D2": ["anna", "bo"], "D3": ["anna", "cai"], "D4": ["anna", "bo", "cai"]}
    meetings = [("M1", "D1"), ("M2", "D2"), ("M3", "D3"), ("M4", "D4")]
    sessions = lines(
        "session_id forum_code institution_code planned_date held_date session_status_code",
        *(f"{meeting} ressourceforum {unit} 2025-09-01 2025-09-01 held" for meeting, unit in meetings),
        "M5 ressourceforum D1 2025-10-01 2025-10-01 held",
        "M6 ressourceforum D3 2025-10-01 2025-10-01 held",
    )
    there = [(meeting, person) for meeting, unit in meetings for person in came[unit]] + [("M5", "anna"), ("M6", "cai")]
    roles = lines(
        "participant_id session_id profession_code staff_id is_present",
        *(f"P{n} {meeting} support_worker {person} true" for n, (meeting, person) in enumerate(there)),
    )
    context = drawn_context(
        "koebenhavn_ressourceforum", {"institutions": institutions, "sessions": sessions, "session_roles": roles}
    )
    found = number_of(context, "same_cluster")
    assert (found.value, found.of) == (pytest.approx(100 * 7 / 8), 8)


def test_the_second_part_is_asked_of_the_forum_that_has_one() -> None:
    """Of two meetings in daycares one had both parts; the school's meeting is another indicator's."""
    sessions = lines(
        "session_id forum_code institution_code planned_date held_date session_status_code has_second_part",
        "M1 distriktsteam_dagtilbud D1 2025-09-01 2025-09-01 held true",
        "M2 distriktsteam_dagtilbud D1 2025-10-06 2025-10-06 held false",
        "M3 distriktsteam_skole S1 2025-10-06 2025-10-06 held true",
    )
    context = drawn_context("vordingborg_next_step", {"institutions": INSTITUTIONS, "sessions": sessions})
    found = number_of(context, "second_part_daycare")
    assert (found.value, found.of) == (50, 2)


@pytest.mark.parametrize(("held", "share"), [(2, 100 * 2 / 3), (3, 100), (5, 100)])
def test_of_a_forum_with_one_unit_the_meetings_are_counted_up_to_the_promised(held: int, share: float) -> None:
    """Two of the three meetings a year are two thirds, and five are no more than all."""
    sessions = lines(
        "session_id forum_code planned_date held_date session_status_code",
        *(f"V{n} videncenter 2025-1{n % 3}-0{n + 1} 2025-1{n % 3}-0{n + 1} held" for n in range(held)),
    )
    context = drawn_context("dragoer_ressourceteam", {"institutions": INSTITUTIONS, "sessions": sessions})
    fewest = next(each for each in context.settings.profile.indicators if each.measure_id == "fewest_held_share")
    assert answer(Numbers(context), fewest).value == pytest.approx(share)


@pytest.fixture(scope="module")
def start_phase() -> ReportContext:
    """The first half-year, on the made-up calendar of 2024, ended on 31 August; the report is on the year that began then."""
    inside = [*meetings("koordineringskonference", "D1", "2024-03-01", minutes=120)]
    inside += meetings("koordineringskonference", "D1", "2024-04-03", "2024-08-31", minutes=119)
    after = meetings("koordineringskonference", "D1", "2024-09-01", "2024-10-02", minutes=60)
    roles = lines(
        "session_id participant_id profession_code staff_id is_invited is_present",
        *(f"koordineringskonferenceD1{day} {n} psychologist P{n} true {'true' if day != '2024-04-03' else 'false'}"
          for day in ("2024-03-01", "2024-04-03", "2024-08-31") for n in range(3)),
        "koordineringskonferenceD12024-09-01 1 psychologist P9 true false",
    )  # fmt: skip
    tables = {
        "institutions": INSTITUTIONS,
        "sessions": lines(SESSION_HEAD, *inside, *after),
        "session_roles": roles,
    }
    return drawn_context("ballerup_moedestruktur", tables, as_of_date=date(2025, 9, 30))


def test_two_hours_are_asked_of_the_first_half_year_alone(start_phase: ReportContext) -> None:
    """One of three lasted two hours; the day after the half-year ends nobody promised it."""
    two_hours = next(each for each in start_phase.settings.profile.indicators if each.measure_id == "long_enough_share")
    found = answer(Numbers(start_phase), two_hours)
    assert (found.value, found.of) == pytest.approx((100 * 1 / 3, 3))


def test_roles_of_the_start_phase_are_counted_in_the_start_phase(start_phase: ReportContext) -> None:
    """The psychologists came to two of its three conferences; of the health visitor nobody is behind it."""
    present = {
        each.profession: answer(Numbers(start_phase), each)
        for each in start_phase.settings.profile.indicators
        if each.measure_id == "role_present_share" and each.forum == "koordineringskonference"
    }
    assert (present["psychologist"].value, present["psychologist"].of) == pytest.approx((100 * 2 / 3, 3))
    assert present["health_visitor"].status is CellStatus.HIDDEN


def test_an_agreement_is_followed_up_by_the_next_meeting_of_the_same_institution() -> None:
    """Of 20 agreed on 1 September ten were followed up on the day of the next meeting, five the day after, five never; those of the
    last meeting have no next one, and another institution's meeting is none."""
    sessions = lines(
        SESSION_HEAD,
        *meetings("ressourceforum", "D1", "2025-09-01", "2025-10-06"),
        *meetings("ressourceforum", "D2", "2025-09-15"),
    )
    days = ["2025-10-06"] * 10 + ["2025-10-07"] * 5 + ["-"] * 5
    agreements = lines(
        "agreement_id session_id agreed_date due_date followed_up_date",
        *(f"A{n} ressourceforumD12025-09-01 2025-09-01 2025-12-01 {day}" for n, day in enumerate(days)),
        *(f"B{n} ressourceforumD12025-10-06 2025-10-06 2025-12-01 2025-11-01" for n in range(8)),
        *(f"C{n} ressourceforumD22025-09-15 2025-09-15 2025-12-01 2025-11-01" for n in range(8)),
    )
    context = drawn_context(
        "koebenhavn_ressourceforum", {"institutions": INSTITUTIONS, "sessions": sessions, "agreements": agreements}
    )
    found = number_of(context, "followed_up")
    assert (found.value, found.of) == (50, 20)
