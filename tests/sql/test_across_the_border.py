"""Children and places across the municipal border: who counts in the mainstream share, and whose moves are ours."""

import pytest

from tests.sql.drawn import assert_rows, built

CHILDREN = """
child_id birth_date  home_district_code home_municipality_code resident_from_date resident_to_date
anna     2014-03-01  NORD               -                      2014-03-01         -
bo       2014-03-01  NORD               -                      2014-03-01         -
cleo     2014-03-01  -                  K02                    2014-03-01         -
dan      2014-03-01  -                  K02                    2014-03-01         -
"""
INSTITUTIONS = """
institution_code institution_type_code district_code municipality_code
NORDSKOLE        folkeskole            NORD          K01
SPECIAL          special_school        NORD          K01
NABO             special_school        -             K02
"""
# anna goes to the neighbour's special school and comes back; bo goes to ours. cleo and dan live with the neighbour: cleo goes to
# our special school and comes to our ordinary school, dan to our ordinary school and then to the special school.
PLACEMENTS = """
child_id institution_code grade_number class_type_code start_date  end_date
anna     NABO             4            29              2024-08-01  2025-02-28
anna     NORDSKOLE        4            10              2025-03-01  -
bo       SPECIAL          4            29              2024-08-01  -
cleo     SPECIAL          4            29              2024-08-01  2025-02-28
cleo     NORDSKOLE        4            10              2025-03-01  -
dan      NORDSKOLE        4            10              2024-08-01  2025-02-28
dan      SPECIAL          4            29              2025-03-01  -
"""


@pytest.fixture(scope="module")
def warehouse():
    return built({"children": CHILDREN, "institutions": INSTITUTIONS, "school_placements": PLACEMENTS})


def test_our_children_elsewhere_count_at_home_and_others_children_nowhere(warehouse):
    assert_rows(
        warehouse,
        "SELECT * FROM marts.mart_mainstream_share WHERE definition_id = 'own_register_school' AND school_year = '2024/25'",
        """
        area_kind    area_code pupils_count mainstream_count segregated_count
        district     NORD      2            0                2
        municipality ALL       2            0                2
        """,
    )


def test_moves_and_child_years_on_the_education_track_are_our_own_childrens(warehouse):
    """2025: anna is closed on 1 March and at risk all year, as bo is; cleo's and dan's moves and years are the neighbour's."""
    assert_rows(
        warehouse,
        "SELECT * FROM marts.mart_ladder_moves WHERE track_code = 'education' AND calendar_year = 2025",
        """
        area_kind    area_code opened_count closed_count children_count child_years
        district     NORD      0            1            2              2.0
        municipality ALL       0            1            2              2.0
        """,
    )
    assert_rows(
        warehouse,
        "SELECT * FROM core.fct_ladder_move WHERE track_code = 'education' AND cause_code IN ('opened', 'closed')",
        """
        cause_code moved_on_date is_own_municipality
        closed     2025-03-01    True
        closed     2025-03-01    False
        opened     2025-03-01    False
        """,
    )


def test_a_child_that_moves_in_is_ours_from_that_day():
    """anna comes from the neighbour on 1 July 2025 with her place in our special school, and leaves it on 1 October."""
    connection = built(
        {
            "children": """
            child_id birth_date  home_district_code home_municipality_code resident_from_date resident_to_date
            anna     2014-03-01  -                  K02                    2014-03-01         2025-06-30
            anna     2014-03-01  NORD               -                      2025-07-01         -
            """,
            "institutions": INSTITUTIONS,
            "school_placements": """
            child_id institution_code grade_number class_type_code start_date  end_date
            anna     SPECIAL          4            29              2024-08-01  2025-09-30
            anna     NORDSKOLE        5            10              2025-10-01  -
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT *, round(child_years * 365) AS child_days FROM marts.mart_ladder_moves "
        "WHERE track_code = 'education' AND calendar_year = 2025",
        # 1 July to 31 December: 184 days
        """
        area_kind    area_code closed_count children_count child_days
        district     NORD      1            1              184.0
        municipality ALL       1            1              184.0
        """,
    )


def test_a_move_between_our_own_measures_counts_wherever_the_child_lives():
    """anna is placed by us with a family in the neighbouring municipality, and her address goes along."""
    connection = built(
        {
            "children": """
            child_id birth_date  home_district_code home_municipality_code resident_from_date resident_to_date
            anna     2014-03-01  NORD               -                      2014-03-01         2025-01-31
            anna     2014-03-01  -                  K02                    2025-02-01         -
            """,
            "measures": """
            child_id measure_id paragraph_code place_code start_date  end_date
            anna     M1         BL-46          1          2025-02-01  2025-05-31
            anna     M2         BL-32-1-2      -          2025-06-01  -
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_ladder_moves WHERE track_code = 'social' AND calendar_year = 2025 "
        "AND area_kind = 'municipality'",
        """
        area_code opened_count down_count
        ALL       1            1
        """,
    )
