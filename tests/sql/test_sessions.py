"""Meetings planned and held: late, cancelled and unknown told apart, and rows that may be added up."""

from tests.sql.drawn import assert_rows, built

INSTITUTIONS = """
institution_code institution_type_code district_code
SKOLE            folkeskole            NORD
"""


def test_meetings_are_counted_by_what_became_of_them():
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
    counts = "SELECT * FROM marts.mart_session_cadence"
    assert_rows(
        connection,
        counts,
        """
        school_year forum_code          area_kind   area_code district_code
        2025/26     distriktsteam_skole institution SKOLE     NORD
        2025/26     halvaarligt_moede   district    NORD      NORD
        """,
    )
    assert_rows(
        connection,
        counts,
        """
        area_code planned_count held_count held_unplanned_count late_count cancelled_count unknown_count
        SKOLE     4             3          1                    1          1               1
        NORD      1             1          0                    0          0               0
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
