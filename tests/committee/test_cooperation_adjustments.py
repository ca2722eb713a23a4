"""Whose rhythm changed within the year: drawn rows, counted by hand; and the section that tells of them."""

import pytest

from pipelines.committee.cooperation.adjustments import adjusted_words, rhythm_words
from pipelines.committee.cooperation.calendar import calendar_section
from tests.committee.drawn_cooperation import drawn_context, faults_of, lines_of

TABLES = {
    "institutions": """
        institution_code institution_name institution_type_code ownership_code district_code cluster_code
        D1               Birken           daycare               municipal      NORD          K1
        D2               Egen             daycare               municipal      NORD          K1
        D3               Elmen            daycare               municipal      NORD          K1
        S1               Skolen           folkeskole            municipal      NORD          -
    """,
    "institution_years": """
        institution_code school_year cadence_weeks cadence_from_date
        D1               2025/26     8             2025-08-01
        D1               2025/26     6             2026-02-01
        D2               2025/26     6             2025-08-01
        D2               2025/26     6             2025-11-01
        D2               2025/26     8             2026-02-01
        D3               2025/26     12            2025-08-01
        D3               2024/25     12            2024-08-01
        D3               2024/25     4             2025-01-01
        S1               2025/26     4             2025-08-01
        S1               2025/26     6             2026-02-01
    """,
    "sessions": """
        session_id forum_code     institution_code planned_date held_date  session_status_code
        M1         ressourceforum D1               2025-09-01   2025-09-01 held
    """,
}


def test_the_units_whose_rhythm_changed_are_told_with_both_rhythms() -> None:
    """Birken oftener, Egen more seldom; Elmen changed the year before, and no forum of the document is held at the school."""
    section = calendar_section(drawn_context("koebenhavn_ressourceforum", TABLES))
    assert section is not None
    assert section.how_sure.number.endswith(
        "I årets løb fik 2\N{NO-BREAK SPACE}enheder ny rytme: 1 oftere og 1 sjældnere."
    )
    rhythm = next(table for table in section.tables if table.table_id == "rhythm_ressourceforum")
    assert lines_of(rhythm, "unit", "weeks") == ["Birken | først 8, så 6", "Egen | først 6, så 8", "Elmen | 12"]
    assert faults_of(section) == []


@pytest.mark.parametrize(
    ("rhythms", "words"),
    [
        ({}, ""),
        ({"D1": [8, 6]}, "I årets løb fik 1 enhed ny rytme: 1 oftere."),
        ({"D1": [8, 6], "D2": [4, 12]}, "I årets løb fik 2 enheder ny rytme: 1 oftere og 1 sjældnere."),
        ({"D1": [8, 6, 8]}, "I årets løb fik 1 enhed ny rytme."),
    ],
)
def test_the_words(rhythms: dict[str, list[int]], words: str) -> None:
    assert adjusted_words(rhythms).replace("\N{NO-BREAK SPACE}", " ") == words


def test_a_rhythm_that_changed_back() -> None:
    assert rhythm_words([8, 6, 8]) == "først 8, så 6, så 8"
