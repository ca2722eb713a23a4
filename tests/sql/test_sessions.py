"""Meetings planned and held: late, cancelled and unknown told apart, each in the school year it was planned for."""

from tests.sql.drawn import assert_rows, built

INSTITUTIONS = """
institution_code institution_type_code district_code
SKOLE            folkeskole            NORD
"""


def test_each_meeting_is_told_by_what_became_of_it():
    # planned 1 September, held 15 September: 14 days, not late; 16 September: 15 days, late
    connection = built(
        {
            "institutions": INSTITUTIONS,
            "sessions": """
            session_id forum_code          institution_code district_code planned_date held_date   session_status_code
            M1         distriktsteam_skole SKOLE            -             2025-09-01   2025-09-15  held
            M2         distriktsteam_skole SKOLE            -             2025-09-01   2025-09-16  held
            M3         distriktsteam_skole SKOLE            -             2025-10-01   -           cancelled
            M4         distriktsteam_skole SKOLE            -             2025-11-01   -           unknown
            M5         distriktsteam_skole SKOLE            -             -            2025-12-01  held
            M6         halvaarligt_moede   -                NORD          2026-07-31   2026-08-03  held
            M7         halvaarligt_moede   -                NORD          2026-11-01   -           unknown
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_session",
        """
        session_id school_year district_code is_planned is_held is_late is_cancelled is_unknown
        M1         2025/26     NORD          True       True    False   False        False
        M2         2025/26     NORD          True       True    True    False        False
        M3         2025/26     NORD          True       False   False   True         False
        M4         2025/26     NORD          True       False   False   False        True
        M5         2025/26     NORD          False      True    False   False        False
        M6         2025/26     NORD          True       True    False   False        False
        M7         2026/27     NORD          True       False   False   False        True
        """,
    )


def test_gaps_in_the_data_are_counted():
    connection = built(
        {
            "institutions": INSTITUTIONS,
            "children": """
            child_id birth_date  home_district_code resident_from_date
            anna     2015-03-01  -                  2015-03-01
            """,
            "school_placements": """
            child_id institution_code class_type_code start_date
            anna     UKENDT           10              2025-08-01
            bo       SKOLE            10              2025-08-01
            """,
            "sessions": """
            session_id forum_code          institution_code planned_date session_status_code
            M1         distriktsteam_skole UKENDT           2025-09-01   unknown
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_data_gaps WHERE affected_count > 0",
        """
        gap_id                        affected_count checked_count
        child_district_missing        1              1
        placement_child_unknown       1              2
        placement_grade_missing       1              1
        placement_institution_unknown 1              2
        session_district_unknown      1              1
        session_institution_unknown   1              1
        """,
    )
