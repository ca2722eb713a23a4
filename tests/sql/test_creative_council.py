"""Det Kreative Råd: who in special settings was looked at, what was judged, and what came of a return judged possible."""

from tests.sql.drawn import assert_rows, built

CHILDREN = """
child_id birth_date home_district_code home_municipality_code resident_from_date resident_to_date
anna     2014-05-01 NORD               -                      2014-05-01         -
bo       2014-05-01 NORD               -                      2014-05-01         -
carl     2014-05-01 NORD               -                      2014-05-01         -
dora     2014-05-01 NORD               -                      2014-05-01         -
erik     2014-05-01 SYD                -                      2014-05-01         -
freja    2014-05-01 SYD                -                      2014-05-01         2025-04-30
freja    2014-05-01 -                  K02                    2025-05-01         -
"""
INSTITUTIONS = """
institution_code institution_type_code district_code
SKOLE            folkeskole            NORD
SPECIAL          special_school        NORD
"""
ASKED = "has_exhausted_ordinary_options is_recommended_to_visitation"
FIGURES = """
SELECT *, special_children_count AS special, never_reviewed_count AS never, return_possible_count AS possible,
       return_not_possible_count AS not_possible, return_not_judged_count AS not_judged, judged_possible_count AS judged,
       returned_count AS returned, remained_count AS remained, other_end_count AS other_end, not_yet_due_count AS not_due,
       reviewed_count AS reviewed, exhausted_count AS exhausted, recommended_count AS recommended
FROM marts.mart_creative_council
"""
COUNCIL = f"{FIGURES} WHERE review_kind_code = 'creative_council'"


def council(placements: str, reviews: str):
    return built(
        {"children": CHILDREN, "institutions": INSTITUTIONS, "school_placements": placements, "reviews": reviews}
    )


def test_children_are_told_apart_by_the_last_review_of_their_stay_and_by_what_came_of_it():
    # anna came back, bo is still there, of carl no later place is known, dora was never looked at
    connection = council(
        """
        child_id institution_code class_type_code start_date end_date
        anna     SPECIAL          10              2023-08-01 2025-05-31
        anna     SKOLE            10              2025-06-01 -
        bo       SPECIAL          10              2023-08-01 -
        carl     SPECIAL          10              2023-08-01 2025-03-31
        dora     SPECIAL          10              2024-08-01 -
        erik     SPECIAL          10              2024-08-01 -
        """,
        f"""
        child_id review_id review_kind_code review_date return_judgement_code {ASKED}
        anna     O1        creative_council 2024-11-01  possible              false                          false
        bo       O2        creative_council 2024-10-15  possible              false                          false
        bo       O3        creative_council 2024-12-15  possible              false                          false
        carl     O4        creative_council 2024-10-20  possible              false                          false
        erik     O5        creative_council 2025-09-01  not_possible          true                           true
        """,
    )
    # 1 anna + 1 bo + 1 carl = 3 stays judged; bo's second judgement is no new one
    assert_rows(
        connection,
        f"{COUNCIL} AND reference_date = '2025-09-30'",
        """
        area_code special never possible not_possible not_judged judged returned remained other_end not_due
        NORD      2       1     1        0            0          3      1        1        1         0
        SYD       1       0     0        1            0          0      0        0        0         0
        ALL       3       1     1        1            0          3      1        1        1         0
        """,
    )
    assert_rows(
        connection,
        f"{COUNCIL} AND reference_date = '2025-09-30'",
        """
        area_code is_whole_period reviewed_count exhausted_count recommended_count
        NORD      True            3              0               0
        SYD       True            1              1               1
        ALL       True            4              1               1
        """,
    )
    # bo 15 December to 30 September: 289 days; erik 29 days; half of the sum, in months
    row = connection.execute(
        f"SELECT months_since_review_median FROM ({COUNCIL}) WHERE reference_date = '2025-09-30' AND area_code = 'ALL'"
    ).fetchone()
    assert row == ((289 + 29) / 2 * 12 / 365.25,)


def test_twelve_months_end_on_the_day_and_nobody_counts_before_they_have_passed():
    # judged 10 January 2025: back on 10 January 2026 is in time, on 11 January too late; counted on 30 September 2026
    connection = council(
        """
        child_id institution_code class_type_code start_date end_date
        anna     SPECIAL          10              2023-08-01 2026-01-09
        anna     SKOLE            10              2026-01-10 -
        bo       SPECIAL          10              2023-08-01 2026-01-10
        bo       SKOLE            10              2026-01-11 -
        carl     SPECIAL          10              2023-08-01 2026-03-01
        carl     SKOLE            10              2026-03-02 -
        freja    SPECIAL          10              2023-08-01 2025-08-31
        freja    SKOLE            10              2025-09-01 -
        """,
        """
        child_id review_id review_kind_code review_date return_judgement_code
        anna     O1        creative_council 2025-01-10  possible
        bo       O2        creative_council 2025-01-10  possible
        carl     O3        creative_council 2025-10-01  possible
        freja    O4        creative_council 2025-01-10  possible
        """,
    )
    # carl is back already, but his twelve months end on 1 October 2026; freja had moved away before she came back elsewhere
    assert_rows(
        connection,
        f"{COUNCIL} AND area_code = 'ALL'",
        """
        reference_date judged_possible_count returned_count remained_count other_end_count not_yet_due_count is_whole_period
        2025-09-30     3                     1              1              1               0                 False
        2026-09-30     1                     0              0              0               1                 True
        """,
    )
    # options were never judged: that is not the same as none exhausted
    assert_rows(
        connection,
        f"{COUNCIL} AND area_code = 'ALL' AND reference_date = '2026-09-30'",
        """
        exhausted_count recommended_count reviewed_count
        -               -                 1
        """,
    )


def test_a_review_before_the_stay_is_none_of_it_and_a_move_inside_special_settings_ends_no_stay():
    connection = council(
        """
        child_id institution_code class_type_code start_date end_date
        anna     SKOLE            10              2023-08-01 2025-01-31
        anna     SPECIAL          10              2025-02-01 -
        bo       SPECIAL          10              2023-08-01 2024-12-31
        bo       SKOLE            20              2025-01-01 -
        """,
        f"""
        child_id review_id review_kind_code     review_date return_judgement_code {ASKED}
        anna     O1        creative_council     2024-12-20  -                     true                           true
        bo       O2        creative_council     2024-10-01  -                     false                          false
        bo       O3        special_revisitation 2025-02-01  possible              -                              -
        """,
    )
    # bo is in a special class since January, which is down from the special school but no return
    assert_rows(
        connection,
        f"{FIGURES} WHERE reference_date = '2025-09-30' AND area_code = 'ALL'",
        """
        review_kind_code     special never not_judged possible reviewed recommended judged remained
        creative_council     2       1     1          0        2        1           0      0
        special_revisitation 2       1     0          1        1        -           1      1
        """,
    )


def test_without_reviews_there_is_no_row_and_no_zero():
    connection = council(
        """
        child_id institution_code class_type_code start_date
        anna     SPECIAL          10              2023-08-01
        """,
        "child_id review_id",
    )
    assert connection.execute("SELECT count(*) FROM marts.mart_creative_council").fetchone() == (0,)
