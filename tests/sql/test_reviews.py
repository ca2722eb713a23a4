"""Reviews in core: what a row tells, which measures are one course, and when the first follow-up was due."""

from tests.sql.drawn import assert_rows, built

CHILDREN = """
child_id birth_date  home_district_code resident_from_date
anna     2014-05-01  NORD               2014-05-01
bo       2014-05-01  NORD               2014-05-01
"""
COURSES = "SELECT * FROM core.fct_first_follow_up"


def test_a_review_tells_how_late_it_was_and_what_it_is_about():
    connection = built(
        {
            "children": CHILDREN,
            "measures": """
            child_id measure_id paragraph_code start_date
            anna     Y1         BL-32-1-5      2025-01-10
            """,
            "reviews": """
            child_id review_id review_kind_code     review_date planned_date measure_id
            anna     O1        measure_follow_up    2025-03-20  2025-03-10   Y1
            anna     O2        measure_follow_up    2025-09-20  2025-09-22   -
            anna     O3        measure_follow_up    2025-09-20  -            Y9
            carl     O4        special_revisitation 2025-08-01  -            -
            """,
        }
    )
    # 10 January to 20 March 2025: 21 + 28 + 20 = 69 days; planned ten days before, or two days after
    assert_rows(
        connection,
        "SELECT * FROM core.fct_review",
        """
        review_id late_days days_after_measure_start calendar_year school_year is_measure_known is_measure_missing is_child_known
        O1        10        69                       2025          2024/25     True             False              True
        O2        -2        -                        2025          2025/26     True             True               True
        O3        -         -                        2025          2025/26     False            False              True
        O4        -         -                        2025          2025/26     True             False              False
        """,
    )


def test_the_council_recommends_another_offer_only_where_the_options_are_exhausted():
    connection = built(
        {
            "children": CHILDREN,
            "reviews": """
            child_id review_id review_kind_code review_date has_exhausted_ordinary_options is_recommended_to_visitation
            anna     O1        creative_council 2025-03-20  true                           true
            anna     O2        creative_council 2025-04-20  false                          true
            anna     O3        creative_council 2025-05-20  -                              true
            anna     O4        creative_council 2025-06-20  false                          false
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_review",
        """
        review_id is_recommended_unexhausted
        O1        False
        O2        True
        O3        False
        O4        False
        """,
    )


def test_a_course_goes_on_across_the_law_and_ends_at_a_gap():
    # Y1 and Y2 are one help under two laws; Y3 begins the day after Y2, Y4 two days after Y3
    connection = built(
        {
            "children": CHILDREN,
            "measures": """
            child_id measure_id paragraph_code start_date end_date
            anna     Y1         SEL-52-3-3     2023-11-30 2023-12-31
            anna     Y2         BL-32-1-5      2024-01-01 2024-06-30
            anna     Y3         BL-32-1-5      2024-07-01 2024-12-31
            anna     Y4         BL-32-1-5      2025-01-02 -
            bo       Y5         BL-32-1-5      2024-01-01 2024-12-31
            """,
            "reviews": """
            child_id review_id review_kind_code  review_date measure_id
            anna     O1        measure_follow_up 2024-02-29  Y2
            anna     O2        measure_follow_up 2024-08-01  Y3
            anna     O3        measure_follow_up 2025-04-03  Y4
            bo       O4        creative_council  2024-02-01  Y5
            """,
        }
    )
    # three months from 30 November end on 29 February in a leap year; the council is no follow-up
    assert_rows(
        connection,
        COURSES,
        """
        child_id measure_id begun_date ended_date first_due_date first_review_date reviews_count is_due is_on_time social_rung
        anna     Y1         2023-11-30 2024-12-31 2024-02-29     2024-02-29        2             True   True       3
        anna     Y4         2025-01-02 -          2025-04-02     2025-04-03        1             True   False      3
        bo       Y5         2024-01-01 2024-12-31 2024-04-01     -                 0             True   False      3
        """,
    )


def test_a_course_is_due_when_it_lasted_three_months_and_they_have_passed():
    # counted on 30 September 2026
    connection = built(
        {
            "children": CHILDREN,
            "measures": """
            child_id measure_id paragraph_code start_date end_date
            anna     Y1         BL-32-1-5      2026-01-10 2026-04-09
            anna     Y2         BL-32-1-2      2026-01-10 2026-04-10
            anna     Y3         BL-32-1-3      2026-06-30 -
            anna     Y4         BL-30          2026-07-01 -
            """,
            "reviews": """
            child_id review_id review_kind_code  review_date measure_id
            anna     O1        measure_follow_up 2026-02-01  Y1
            anna     O4        measure_follow_up 2026-08-01  Y4
            """,
        }
    )
    assert_rows(
        connection,
        COURSES,
        """
        measure_id first_due_date is_due is_on_time
        Y1         2026-04-10     False  False
        Y2         2026-04-10     True   False
        Y3         2026-09-30     True   False
        Y4         2026-10-01     False  False
        """,
    )


def test_a_short_measure_inside_a_long_one_breaks_no_course_and_places_are_kept_apart():
    connection = built(
        {
            "children": CHILDREN,
            "measures": """
            child_id measure_id paragraph_code place_code start_date end_date
            anna     Y1         BL-30          -          2025-01-01 2025-12-31
            anna     Y2         BL-30          -          2025-02-01 2025-02-20
            anna     Y3         BL-30          -          2026-01-01 2026-03-31
            bo       Y4         BL-46          23         2025-01-01 2025-06-30
            bo       Y5         BL-46          9          2025-07-01 -
            """,
        }
    )
    assert_rows(
        connection,
        COURSES,
        """
        measure_id place_code begun_date ended_date social_rung
        Y1         -          2025-01-01 2026-03-31 2
        Y4         23         2025-01-01 2025-06-30 5
        Y5         9          2025-07-01 -          6
        """,
    )
