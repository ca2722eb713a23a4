"""The mainstream share of the own register: who is in it, where they count, and what never mixes."""

from tests.sql.drawn import assert_rows, built

CHILDREN = """
child_id birth_date  home_district_code home_municipality_code resident_from_date resident_to_date
anna     2015-03-01  NORD               -                      2015-03-01         -
bo       2015-03-01  NORD               -                      2015-03-01         -
cleo     2015-03-01  SYD                -                      2015-03-01         -
dan      2015-03-01  -                  390                    2015-03-01         -
eva      2022-03-01  NORD               -                      2022-03-01         -
"""
INSTITUTIONS = """
institution_code institution_type_code district_code municipality_code
NORDSKOLE        folkeskole            NORD          -
SYDSKOLE         folkeskole            SYD           -
FRISKOLE         private_school        NORD          -
EFTERSKOLE       continuation_school   NORD          -
SPECIAL          special_school        SYD           -
NABO             special_school        -             390
DAGBEH           day_treatment         SYD           -
TIENDE           youth_school          SYD           -
BOERNEHUS        daycare               NORD          -
SAERLIGT         special_daycare       SYD           -
SFO              club                  NORD          -
SPECIALKLUB      special_club          SYD           -
SYDKLUB          club                  SYD           -
"""
SHARE = "SELECT * FROM marts.mart_mainstream_share"
SCHOOL_2025 = f"{SHARE} WHERE definition_id = 'own_register_school' AND school_year = '2025/26'"


def share(placements, *, children=CHILDREN):
    return built({"children": children, "institutions": INSTITUTIONS, "school_placements": placements})


def test_a_child_in_a_special_school_elsewhere_counts_where_it_lives():
    # anna goes to the special school in SYD, bo to one in another municipality: both count in NORD, outside the mainstream
    connection = share(
        """
        child_id institution_code grade_number class_type_code start_date  end_date
        anna     SPECIAL          4            20              2025-08-01  2026-07-31
        bo       NABO             4            29              2025-08-01  2026-07-31
        cleo     SYDSKOLE         4            10              2025-08-01  2026-07-31
        """
    )
    assert_rows(
        connection,
        SCHOOL_2025,
        """
        area_kind    area_code pupils_count mainstream_count segregated_count
        district     NORD      2            0                2
        district     SYD       1            1                0
        municipality ALL       3            1                2
        """,
    )


def test_private_and_continuation_schools_and_children_from_elsewhere_are_outside_both():
    # dan lives in another municipality
    connection = share(
        """
        child_id institution_code grade_number class_type_code start_date  end_date
        anna     FRISKOLE         4            10              2025-08-01  -
        bo       EFTERSKOLE       9            10              2025-08-01  -
        cleo     SYDSKOLE         4            20              2025-08-01  -
        dan      SYDSKOLE         4            10              2025-08-01  -
        """
    )
    assert_rows(
        connection,
        f"{SCHOOL_2025} AND area_kind = 'municipality'",
        """
        area_code pupils_count mainstream_count segregated_count
        ALL       1            0                1
        """,
    )


def test_nine_hours_of_support_in_an_ordinary_class_is_included_and_counted_apart():
    connection = share(
        """
        child_id institution_code grade_number class_type_code support_hours_per_week start_date
        anna     NORDSKOLE        4            10              9                      2025-08-01
        bo       NORDSKOLE        4            10              8.75                   2025-08-01
        cleo     DAGBEH           4            10              20                     2025-08-01
        """
    )
    assert_rows(
        connection,
        f"{SCHOOL_2025} AND area_kind = 'municipality'",
        """
        pupils_count mainstream_count segregated_count support_nine_hours_count
        3            2                1                1
        """,
    )


def test_the_count_is_of_the_day_and_the_later_place_wins():
    # anna changes school on 1 October, so 30 September finds her in the old one; bo has two open places (nobody closed the
    # first) and a club besides; cleo left the day before
    connection = share(
        """
        child_id institution_code grade_number class_type_code start_date  end_date
        anna     NORDSKOLE        4            10              2025-08-01  2025-09-30
        anna     SPECIAL          4            20              2025-10-01  -
        bo       SPECIAL          3            20              2024-08-01  -
        bo       NORDSKOLE        4            10              2025-09-30  -
        bo       SFO              -            10              2025-09-30  -
        cleo     SPECIAL          4            20              2025-08-01  2025-09-29
        """
    )
    assert_rows(
        connection,
        f"{SCHOOL_2025} AND area_kind = 'municipality'",
        """
        pupils_count mainstream_count segregated_count
        2            2                0
        """,
    )


def test_a_place_over_several_years_grows_a_grade_a_year_and_leaves_after_the_ninth():
    # grade 8 in 2024/25, 9 in 2025/26, 10 in 2026/27
    connection = share(
        """
        child_id institution_code grade_number class_type_code start_date  end_date
        anna     NORDSKOLE        8            10              2024-08-01  -
        """
    )
    assert_rows(
        connection,
        f"{SHARE} WHERE area_kind = 'municipality' AND definition_id = 'own_register_school'",
        """
        definition_id       school_year pupils_count
        own_register_school 2024/25     1
        own_register_school 2025/26     1
        """,
    )


def test_a_missing_grade_is_reckoned_from_the_year_of_birth():
    # born 2015: turns 6 in 2021, so grade 0 in 2021/22 and grade 4 in 2025/26; a child of 16 is in grade 10
    connection = share(
        """
        child_id institution_code class_type_code start_date  end_date
        anna     SPECIAL          20              2025-08-01  2026-07-31
        fie      SPECIAL          20              2025-08-01  2026-07-31
        """,
        children=CHILDREN + "fie 2009-03-01 NORD - 2009-03-01 -\n",
    )
    assert_rows(
        connection,
        f"{SCHOOL_2025} AND area_kind = 'municipality'",
        """
        pupils_count segregated_count
        1            1
        """,
    )


def test_daycare_is_a_definition_of_its_own():
    # eva sits in a special group inside an ordinary daycare: not mainstream
    connection = share(
        """
        child_id institution_code class_type_code start_date  end_date
        eva      BOERNEHUS        91              2025-08-01  -
        anna     SAERLIGT         91              2020-08-01  2021-07-31
        bo       BOERNEHUS        90              2020-08-01  2021-07-31
        """
    )
    assert_rows(
        connection,
        f"{SHARE} WHERE area_kind = 'municipality'",
        """
        definition_id        school_year pupils_count mainstream_count segregated_count
        own_register_daycare 2020/21     2            1                1
        own_register_daycare 2025/26     1            0                1
        own_register_daycare 2026/27     1            0                1
        """,
    )


def test_a_club_is_counted_beside_the_school_and_never_in_its_place():
    # anna is in the special class and an ordinary club with 10 hours of support, bo in ordinary class and in the club's special
    # group, cleo in the special school and the special club; dan lives elsewhere. eva is in a club and in no school.
    connection = share(
        """
        child_id institution_code grade_number class_type_code support_hours_per_week start_date
        anna     NORDSKOLE        4            20              -                      2025-08-01
        anna     SFO              -            93              10                     2025-08-01
        bo       NORDSKOLE        4            10              -                      2025-08-01
        bo       SFO              -            94              -                      2025-08-01
        cleo     SPECIAL          4            29              -                      2025-08-01
        cleo     SPECIALKLUB      -            94              -                      2025-08-01
        dan      SFO              -            93              -                      2025-08-01
        eva      SFO              -            93              -                      2025-08-01
        """
    )
    # club: anna and eva in the mainstream, bo and cleo not; school: bo in it, anna and cleo not
    assert_rows(
        connection,
        f"{SHARE} WHERE area_kind = 'municipality' AND school_year = '2025/26' AND definition_id LIKE 'own_register%'",
        """
        definition_id       pupils_count mainstream_count segregated_count support_nine_hours_count
        own_register_school 3            1                2                0
        own_register_club   4            2                2                1
        """,
    )
    assert_rows(
        connection,
        f"{SHARE} WHERE area_kind = 'district' AND school_year = '2025/26' AND definition_id = 'own_register_club'",
        """
        area_code pupils_count segregated_count
        NORD      3            1
        SYD       1            1
        """,
    )
    # who is in a club alone has no place, here one of the smallest
    assert_rows(
        connection,
        "SELECT states.state_code, count(*) AS children_count FROM core.fct_reference_day_state AS states "
        "WHERE states.school_year = '2025/26' GROUP BY states.state_code",
        """
        state_code children_count
        mainstream 1
        segregated 2
        no_place   1
        """,
    )


def test_without_home_district_the_last_ordinary_institution_decides_and_never_the_special_school():
    # gry went to an ordinary school in NORD before the special school and a club in SYD; ida never went to an ordinary one
    connection = share(
        """
        child_id institution_code grade_number class_type_code start_date  end_date
        gry      NORDSKOLE        3            10              2024-08-01  2025-07-31
        gry      SPECIAL          4            20              2025-08-01  -
        gry      SYDKLUB          -            93              2025-08-01  -
        ida      SPECIAL          4            20              2025-08-01  -
        """,
        children="""
        child_id birth_date  home_district_code resident_from_date
        gry      2015-03-01  -                  2015-03-01
        ida      2015-03-01  -                  2015-03-01
        """,
    )
    assert_rows(
        connection,
        SCHOOL_2025,
        """
        area_kind    area_code pupils_count segregated_count
        district     NORD      1            1
        district     -         1            1
        municipality ALL       2            2
        """,
    )


def test_moving_house_moves_the_count():
    connection = share(
        """
        child_id institution_code grade_number class_type_code start_date
        hans     NORDSKOLE        2            10              2024-08-01
        """,
        children="""
        child_id birth_date  home_district_code resident_from_date resident_to_date
        hans     2015-03-01  NORD               2015-03-01         -
        hans     2015-03-01  SYD                2025-09-30         -
        """,
    )
    assert_rows(
        connection,
        f"{SHARE} WHERE area_kind = 'district'",
        """
        school_year area_code pupils_count
        2024/25     NORD      1
        2025/26     SYD       1
        2026/27     SYD       1
        """,
    )


def test_the_reference_date_itself_counts_when_it_is_the_as_of_date():
    connection = share(
        """
        child_id institution_code grade_number class_type_code start_date
        anna     NORDSKOLE        2            10              2026-09-30
        """
    )
    assert_rows(
        connection,
        f"{SHARE} WHERE area_kind = 'municipality' AND definition_id = 'own_register_school'",
        """
        school_year pupils_count
        2026/27     1
        """,
    )
