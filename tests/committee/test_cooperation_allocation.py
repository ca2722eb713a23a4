"""The yearly allocation: classes and hours of drawn institutions, worked out by hand from the profile's rule.

The rule: 120 weighted children or more every 4th week, 85 every 6th, 50 every 8th, fewer every 12th; nine hours a meeting; 2025/26 has
41 open weeks and so 10, 6, 5 and 3 meetings.
"""

from datetime import date

import pytest

from pipelines.committee.cooperation.allocation import BY_RULE, CAPACITY, allocation_section
from pipelines.publish.section import Section
from tests.committee.drawn_cooperation import drawn_context, faults_of, lines_of

TABLES = {
    "institutions": """
        institution_code institution_name institution_type_code ownership_code district_code
        D1               Ærten            daycare               municipal      NORD
        D2               Bønnen           daycare               self_owning    NORD
        D3               Dilden           daycare               municipal      SYD
        D4               Engen            folkeskole            municipal      SYD
    """,
    "institution_years": """
        institution_code school_year child_count social_normering_percent cadence_weeks cadence_from_date
        D1               2025/26     100         20                       6             2025-08-01
        D1               2025/26     100         20                       4             2026-01-01
        D2               2025/26     60          40                       8             2025-08-01
        D3               2025/26     40          -                        12            2025-08-01
        D4               2025/26     500         10                       4             2025-08-01
    """,
}


@pytest.fixture(scope="module")
def section() -> Section:
    found = allocation_section(drawn_context("koebenhavn_ressourceforum", TABLES, as_of_date=date(2026, 7, 31)))
    assert found is not None
    return found


def test_each_institution_has_its_class_today_and_by_the_rule(section: Section) -> None:
    """Bønnen: 60 x 1.4 = 84 weighted children, one short of every sixth week. Ærten: 100 x 1.2 = 120. Dilden's rule is unknown."""
    table = section.tables[1]
    assert lines_of(table, "unit", "weeks_today", "weeks_by_rule", "meetings_by_rule", "hours_by_rule") == [
        f"Bønnen | 8 | 8 | 5 | {5 * 9.0}",
        "Dilden | 12 | not_computable | not_computable | not_computable",
        f"Ærten | 4 | 4 | 10 | {10 * 9.0}",
    ]


def test_the_hours_are_summed_against_the_capacity(section: Section) -> None:
    """By the rule 45 + 90; today 5 x 9 + 3 x 9 + 10 x 9; the school is no daycare and costs nothing."""
    sums = section.tables[0]
    assert [sums.cell("hours", what=what).value for what in ("I dag", BY_RULE, CAPACITY)] == [
        45 + 27 + 90,
        45 + 90,
        1000,
    ]
    assert section.answer == "Reglen koster 135\u00a0timer om året. Teamet har 1.000."


def test_the_decision_is_a_leaders(section: Section) -> None:
    assert "Lederen beslutter." in section.support
    assert faults_of(section) == []


def test_without_child_counts_the_table_says_so() -> None:
    tables = {"institutions": TABLES["institutions"]}
    found = allocation_section(drawn_context("koebenhavn_ressourceforum", tables, as_of_date=date(2026, 7, 31)))
    assert found is not None
    assert found.tables == ()


def test_a_profile_without_a_rule_has_no_allocation() -> None:
    assert allocation_section(drawn_context("vordingborg_next_step", TABLES)) is None
