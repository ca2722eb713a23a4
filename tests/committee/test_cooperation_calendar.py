"""Are the meetings held? A drawn year, windows every sixth week: 11/8-21/9, 22/9-9/11, 10/11-4/1, 5/1-22/2, 23/2-12/4, 13/4-24/5."""

import pytest

from pipelines.committee.cooperation.calendar import ALL_FORUMS, calendar_section
from pipelines.disclosure.table import CellStatus
from pipelines.publish.section import Section
from tests.committee.drawn_cooperation import drawn_context, faults_of, lines_of

INSTITUTIONS = """
    institution_code institution_name institution_type_code district_code
    D1               Ænghøj           daycare               NORD
    D2               Birken           daycare               SYD
"""
LOG = """
    session_id forum_code    institution_code planned_date held_date  session_status_code
    S1         ressourceteam D1               2025-08-18   2025-08-18 held
    S2         ressourceteam D1               2025-09-25   2025-10-20 held
    S3         ressourceteam D1               2025-11-12   -          cancelled
    S4         ressourceteam D1               2026-01-07   -          unknown
    S5         ressourceteam D1               2026-04-20   2026-04-20 held
    S6         ressourceteam D1               2026-04-27   2026-04-27 held
    T1         ressourceteam D2               2025-08-18   2025-08-18 held
    T2         ressourceteam D2               2025-09-25   2025-09-25 held
    T3         ressourceteam D2               2025-11-12   2025-11-12 held
    T4         ressourceteam D2               2026-01-07   2026-01-07 held
    T5         ressourceteam D2               2026-02-25   2026-02-25 held
    T6         ressourceteam D2               2026-04-20   2026-04-20 held
"""


@pytest.fixture(scope="module")
def section() -> Section:
    found = calendar_section(drawn_context("dragoer_ressourceteam", {"institutions": INSTITUTIONS, "sessions": LOG}))
    assert found is not None
    return found


def test_each_meeting_is_one_letter_in_its_weeks(section: Section) -> None:
    """Æ comes after B; D1's fifth window, 23/2-12/4, has nothing in the log, its extra meeting is in the sixth."""
    calendar = next(table for table in section.tables if table.table_id == "calendar_ressourceteam")
    assert lines_of(calendar, "unit", "windows") == [
        "Birken | 33-38H 39-45H 46-1H 2-8H 9-15H 16-21H",
        "Ænghøj | 33-38H 39-45F 46-1A 2-8U 9-15I 16-21H",
    ]
    outcomes = next(table for table in section.tables if table.table_id == "outcomes_ressourceteam")
    columns = ("expected_count", "held_count", "late_count", "cancelled_count", "unknown_count", "missing_count")
    assert lines_of(outcomes, *columns) == ["6 | 6 | 0 | 0 | 0 | 0", "6 | 3 | 1 | 1 | 1 | 1"]


def test_the_answer_tells_what_is_unknown_apart(section: Section) -> None:
    """Held are 6 + 3 of 6 + 6."""
    assert section.answer == "9 af 12 ventede møder blev holdt."
    assert section.support == "1 blev ikke holdt, 1 mangler referat og 1 står ikke i loggen."


def test_a_forum_that_nobody_logs_is_not_received(section: Section) -> None:
    by_forum = section.tables[0]
    assert by_forum.cell("expected_count", forum="Videncentermøde").status is CellStatus.NOT_RECEIVED
    assert by_forum.cell("expected_count", forum=ALL_FORUMS).value == 12
    assert "Videncentermøde" in section.how_sure.data


def test_the_rhythm_of_each_unit(section: Section) -> None:
    """Ænghøj held four, of which one beyond the windows; its longest pause is from 20/10 to 20/4, 23 open weeks less one."""
    rhythm = next(table for table in section.tables if table.table_id == "rhythm_ressourceteam")
    assert lines_of(rhythm, "unit", "weeks", "all_held_count", "extra_count")[1] == "Ænghøj | 6 | 4 | 1"
    weeks = (
        "27/10 3/11 10/11 17/11 24/11 1/12 8/12 15/12 5/1 12/1 19/1 26/1 2/2 16/2 23/2 2/3 9/3 16/3 23/3 6/4 13/4 20/4"
    )
    assert rhythm.cell("longest_gap_weeks", unit="Ænghøj").value == len(weeks.split())


def test_the_texts_pass_the_gates(section: Section) -> None:
    assert faults_of(section) == []


def test_without_a_log_the_question_is_told_and_not_answered() -> None:
    found = calendar_section(drawn_context("dragoer_ressourceteam", {"institutions": INSTITUTIONS}))
    assert found is not None
    assert found.answer == "Vi har ikke fået tal for møder."


def test_a_profile_without_a_rhythm_has_no_such_section() -> None:
    assert calendar_section(drawn_context("koebenhavn_seks_principper", {"sessions": LOG})) is None


def test_what_the_document_says_elsewhere_is_named() -> None:
    """Next Step says every fifth week in its table, every fourth or fifth Monday in its text."""
    found = calendar_section(
        drawn_context(
            "vordingborg_next_step",
            {
                "institutions": INSTITUTIONS,
                "sessions": """
                    session_id forum_code              institution_code planned_date held_date  session_status_code
                    S1         distriktsteam_dagtilbud D1               2025-08-18   2025-08-18 held
                """,
            },
        )
    )
    assert found is not None
    assert any("Oversigten siger ca. hver 5. uge" in line for line in found.method)
    assert faults_of(found) == []


@pytest.mark.parametrize(
    ("silent", "subtitle"),
    [
        (2, "Her ses enheder, hvor mindst ét møde ikke er noteret som holdt."),
        (16, "Her ses enheder fra Hus01 til Hus15, hvor mindst ét møde ikke er noteret som holdt."),
        (0, "Her ses enhederne fra Hus01 til Hus15."),
    ],
)
def test_more_units_than_the_page_has_room_for(silent: int, subtitle: str) -> None:
    """Seventeen daycares that hold every meeting but for the first `silent`: the page says which it shows, the appendix has all."""
    days = ("2025-08-18", "2025-09-25", "2025-11-12", "2026-01-07", "2026-02-25", "2026-04-20")
    houses = range(1, 18)
    log = [
        f"S{house}-{place} ressourceteam H{house} {day} {day} held"
        for house in houses
        for place, day in enumerate(days[: 5 if house <= silent else 6])
    ]
    found = calendar_section(
        drawn_context(
            "dragoer_ressourceteam",
            {
                "institutions": "institution_code institution_name institution_type_code\n"
                + "\n".join(f"H{house} Hus{house:02} daycare" for house in houses),
                "sessions": "session_id forum_code institution_code planned_date held_date session_status_code\n"
                + "\n".join(log),
            },
        )
    )
    assert found is not None
    assert found.figures[0].subtitle.endswith(subtitle)
    assert len({figure.alt_text for figure in found.all_figures()}) == 2
    assert faults_of(found) == []


OWN_RHYTHMS = {
    "institutions": """
        institution_code institution_name institution_type_code ownership_code district_code open_from_date open_to_date
        D1               Birken           daycare               municipal      NORD          -              -
        D2               Egen             daycare               municipal      SYD           -              2026-03-31
        D3               Elmen            daycare               private        SYD           -              -
        D4               Lunden           daycare               municipal      SYD           2025-11-03     -
    """,
    "institution_years": """
        institution_code school_year cadence_weeks cadence_from_date
        D1               2025/26     4             2025-08-01
        D1               2025/26     6             2026-02-01
        D2               2025/26     8             2025-08-01
    """,
    "sessions": """
        session_id forum_code     institution_code planned_date held_date  session_status_code
        S1         ressourceforum D1               2025-08-18   2025-08-18 held
        S2         ressourceforum D2               2026-04-20   2026-04-20 held
        S3         ressourceforum D3               2025-10-01   2025-10-01 held
        S4         ressourceforum D3               2025-11-03   -          cancelled
        V1         trivselscafe   D1               2025-10-01   2025-10-01 held
        V2         trivselscafe   D2               2025-10-01   2025-10-01 held
    """,
}
OWN_RULES = """
[document]
title = "Mødestruktur"
publisher = "Prøveby Kommune"
year = 2026

[[forums]]
code = "ressourceforum"
unit_kind = "institution"
institution_types = ["daycare"]
ownerships = ["municipal"]
interval_from = "institution_year"
place = "Side 2: »en rytme for hver«"

[[forums]]
code = "trivselscafe"
title = "trivselscafé"
unit_kind = "institution"
institution_types = ["daycare"]
ownerships = ["municipal"]
fewest_per_school_year = 2
place = "Side 4: »to gange om året«"
"""


@pytest.fixture(scope="module")
def own() -> Section:
    """Ressourceforum by each unit's own rhythm, and a forum that is promised twice a year and in no week."""
    found = calendar_section(drawn_context("own", OWN_RHYTHMS, own_rules=OWN_RULES))
    assert found is not None
    return found


def test_a_changed_rhythm_is_that_of_the_forum_with_a_rhythm(own: Section) -> None:
    """Birken's rhythm is another from February; the café has none that could change."""
    weeks = {
        table.table_id: lines_of(table, "unit", "weeks") for table in own.tables if table.table_id.startswith("rhythm_")
    }
    assert weeks["rhythm_ressourceforum"] == ["Birken | først 4, så 6", "Egen | 8", "Lunden | ikke sat"]
    assert weeks["rhythm_trivselscafe"] == ["Birken | -", "Egen | -", "Lunden | -"]


def test_held_meetings_that_no_rule_is_for_are_told(own: Section) -> None:
    """Egen had closed by S2, and Elmen is private; its cancelled meeting was none that was held."""
    assert "Uden rytme er 1\N{NO-BREAK SPACE}enhed. Dér ventes intet møde." in own.how_sure.number, "Lunden"
    assert own.how_sure.number.startswith("2 holdte møder er ikke talt med: De er holdt et sted eller en dag")
    assert faults_of(own) == []


def test_a_forum_without_weeks_is_in_no_table_of_expected_meetings(own: Section) -> None:
    """It would stand there as 0 held, and two were."""
    assert own.tables[0].values("forum") == ["Ressourceforum", ALL_FORUMS]


def test_a_unit_with_too_few_meetings_of_two_forums_is_one_unit(own: Section) -> None:
    """Birken had one of two cafés; Egen was not open all year, and Ressourceforum names no fewest here."""
    assert "1 af 1\N{NO-BREAK SPACE}enheder fik færre møder end aftalt." in own.how_sure.number


def test_a_rule_that_another_has_followed_is_told_with_its_end() -> None:
    """Every fourth week in the first half-year, which plays in 2024; then each unit's own rhythm. No length is promised any more."""
    log = "session_id forum_code institution_code planned_date held_date session_status_code duration_minutes\n"
    log += "S1 koordineringskonference D1 2025-09-01 2025-09-01 held 60"
    years = "institution_code school_year cadence_weeks cadence_from_date\nD1 2025/26 8 2025-08-01"
    tables = {"institutions": INSTITUTIONS, "sessions": log, "institution_years": years}
    found = calendar_section(drawn_context("ballerup_moedestruktur", tables))
    assert found is not None
    assert found.method[0].replace("\N{NO-BREAK SPACE}", " ") == (
        "Efter dokumentet holdes koordineringskonference hver 4. uge og i mindst 120 minutter til 31. august 2024; "
        "koordineringskonference med en rytme for hver enhed."
    )
    rhythm = next(table for table in found.tables if table.table_id == "rhythm_koordineringskonference")
    assert "too_short_count" not in [column.name for column in rhythm.columns]
    assert faults_of(found) == []
