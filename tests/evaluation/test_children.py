"""Who is in an evaluation: the plan's own window and months, each child once, under the model of the day of its first form."""

from typing import Any

import pytest

from pipelines.evaluation.children import StudyChildren, read_children
from tests.evaluation.drawn_study import a_plan
from tests.sql.drawn import built

# the ordinary schools' children live in NORD (adviser from August 2024) and SYD (caseworker); S9 has a caseworker of its own
TABLES = {
    "children": """
        child_id birth_date sex_code home_district_code resident_from_date
        anna     2014-05-01 K        NORD               2014-05-01
        bo       2014-05-01 M        NORD               2014-05-01
        cleo     2014-05-01 K        SYD                2014-05-01
        dan      2009-05-01 M        NORD               2014-05-01
        eva      2014-05-01 K        VEST               2014-05-01
        finn     2014-05-01 M        SYD                2014-05-01
        """,
    "institutions": """
        institution_code institution_name institution_type_code district_code
        S9               Tiende           youth_school          NORD
        """,
    "organisation": """
        unit_kind_code unit_code model_code           from_date   to_date
        district       NORD      authority_caseworker 2019-01-01  2024-07-31
        district       NORD      district_adviser     2024-08-01  -
        district       SYD       authority_caseworker 2019-01-01  -
        institution    S9        authority_caseworker 2019-01-01  -
        """,
    "school_placements": """
        child_id institution_code grade_number class_type_code start_date end_date
        dan      S9               10           ordinary        2024-08-01 -
        """,
    # anna: three months are 2024-12-01: the form of the day before is too early for the plan. bo: the teacher alone answers
    # again. cleo: measured by both, twice by the teacher. dan: in the tenth-grade centre. eva: her district has no model.
    # finn: after the window
    "sdq_scores": """
        child_id informant_code answered_date version_code institution_code total_points
        anna     parent         2024-09-01    4-10         -                20
        anna     parent         2024-11-30    4-10         -                19
        anna     parent         2024-12-01    4-10         -                12
        bo       parent         2024-09-01    4-10         -                18
        bo       teacher        2025-03-01    4-10         -                17
        cleo     parent         2024-09-01    4-10         -                16
        cleo     teacher        2024-09-01    4-10         -                14
        cleo     teacher        2025-03-01    4-10         -                10
        dan      parent         2025-07-31    11-17        S9               15
        dan      parent         2026-01-31    11-17        S9               11
        eva      parent         2024-09-01    4-10         -                15
        finn     parent         2025-08-01    4-10         -                15
        """,
}


def read(**changed: Any) -> StudyChildren:
    # a first form is told from a follow-up by the settings' window, which must not be narrower than the plan's
    return read_children(built(TABLES, sdq={"window_days_minimum": 85, "window_days_maximum": 280}), a_plan(**changed))


def drawn(found: StudyChildren) -> dict[tuple[str, str, float | None], tuple[float | None, bool, bool]]:
    return {
        (child.cluster, child.informant, child.first["total_points"]): (
            child.second["total_points"] if child.second else None,
            child.is_treated,
            child.has_other_informant,
        )
        for child in found.children
    }


def test_each_child_once_under_the_model_of_the_day_with_the_plans_own_follow_up() -> None:
    found = read()
    assert drawn(found) == {
        ("NORD", "parent", 20): (12, True, False),
        ("NORD", "parent", 18): (None, True, True),
        ("SYD", "parent", 16): (None, False, True),
        ("S9", "parent", 15): (11, False, False),
    }
    assert found.unplaced_count == 1  # eva
    # on 31 July 2025: anna and bo, cleo and finn, dan in the centre and not in Nord, eva
    assert found.at_risk == {"NORD": 2, "SYD": 2, "S9": 1, "VEST": 1}
    (anna,) = (child for child in found.children if child.first["total_points"] == 20)
    assert anna.months_between == pytest.approx(91 / (365.25 / 12))  # 29 days of September, 31, 30, and 1
    assert (anna.is_boy, anna.age_years, anna.is_due, anna.is_followed) == (False, 10, True, True)


def test_a_child_counts_by_the_first_informant_of_the_plan_and_under_its_district_if_the_plan_says_so() -> None:
    by_teacher = read(primary={"informants": ["teacher", "parent"]}, estimand={"counted_by": "district"})
    # dan counts in Nord, where he lives, and so under the adviser
    assert drawn(by_teacher) == {
        ("NORD", "parent", 20): (12, True, False),
        ("NORD", "parent", 18): (None, True, True),
        ("SYD", "teacher", 14): (10, False, False),
        ("NORD", "parent", 15): (11, True, False),
    }
    assert by_teacher.at_risk == {"NORD": 3, "SYD": 2, "VEST": 1}


def test_a_child_whose_months_have_not_passed_is_neither_followed_nor_lost() -> None:
    # until 30 September 2026 there are 14 months from dan's form
    found = read(window={"first_from": "2025-07-01", "first_to": "2025-07-31", "follow_up_months_maximum": 15})
    (dan,) = found.children
    assert (dan.second is not None, dan.is_due, dan.is_followed) == (True, False, False)


def test_children_come_in_an_order_that_no_pseudonym_decides() -> None:
    """Whatever is drawn child by child is then the same in every workspace."""
    renamed = {
        source: drawn.replace("anna", "x").replace("bo ", "y ").replace("cleo", "z").replace("dan ", "w ")
        for source, drawn in TABLES.items()
    }
    settings = {"window_days_minimum": 85, "window_days_maximum": 280}
    assert read().children == read_children(built(renamed, sdq=settings), a_plan()).children


def test_the_pupils_of_a_grade_are_those_of_the_days_when_it_was_measured() -> None:
    """anna is measured in grade 4 and moves away; finn moves in when bo, who stays, was measured; cleo's grade is another."""
    placements = """
        child_id institution_code grade_number class_type_code start_date end_date
        anna     -                4            ordinary        2024-08-01 2024-10-31
        bo       -                4            ordinary        2024-08-01 -
        cleo     -                5            ordinary        2024-08-01 -
        eva      -                4            ordinary        2024-08-01 -
        finn     -                4            ordinary        2025-01-01 -
        """
    found = read_children(
        built({**TABLES, "school_placements": placements}, sdq={"window_days_minimum": 85, "window_days_maximum": 280}),
        a_plan(),
    )
    # Nord: both on 1 September 2024. Nobody in the fourth grade of Syd is measured: finn, on the last day. eva's Vest alike
    assert found.pupils == {("NORD", 4): 2, ("SYD", 5): 1, ("SYD", 4): 1, ("VEST", 4): 1}
