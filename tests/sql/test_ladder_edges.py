"""The ends of childhood: help before birth or before the child came here, and help that nobody wrote the end of."""

from tests.sql.drawn import assert_rows, built

SPELLS = "SELECT * FROM core.fct_ladder_spell WHERE ladder_code = 'national' AND track_code = 'social' AND rung > 0"
# bo's help ended first: from 1 March 2019 the register is known to hold ends.
KNOWN = """
bo       M0         BL-30          -          2019-02-01 2019-02-28
"""
HEAD = "child_id measure_id paragraph_code place_code start_date end_date\n"
CHILDREN = """
child_id birth_date home_district_code resident_from_date resident_to_date
anna     2020-06-01 NORD               2020-06-01         -
bo       2010-05-01 NORD               2010-05-01         -
carl     2012-05-01 NORD               2022-01-01         -
dina     2012-05-01 NORD               2022-01-01         -
"""


def test_no_time_begins_before_birth_and_the_report_says_how_many_did():
    # anna: a year of birth mistyped in the case system, and help that was over before she was born
    connection = built(
        {
            "children": CHILDREN,
            "measures": HEAD + KNOWN + "anna M1 BL-46 9 1925-01-01 2020-06-30\nanna M2 BL-30 - 1924-01-01 1924-12-31\n",
        }
    )
    assert_rows(
        connection,
        f"{SPELLS} AND rung = 6",
        """
        child_id rung start_date duration_days
        anna     6    2020-06-01 30
        """,
    )
    # what ended before anybody was born does not open the register either
    assert_rows(
        connection,
        f"{SPELLS} AND rung = 2",
        """
        child_id is_left_truncated observed_from_date
        bo       True              -
        """,
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_data_gaps WHERE gap_id = 'measure_before_birth'",
        """
        affected_count checked_count
        2              3
        """,
    )


def test_help_taken_over_from_another_municipality_is_followed_from_the_day_the_child_came():
    # carl came with help that had run for a year elsewhere, and it was kept because it lasted; dina's began here
    connection = built(
        {
            "children": CHILDREN,
            "measures": HEAD + KNOWN + "carl M1 BL-46 9 2021-01-01 2022-12-31\ndina M2 BL-46 9 2022-01-01 2022-12-31\n",
        }
    )
    assert_rows(
        connection,
        f"{SPELLS} AND rung = 6",
        """
        child_id start_date is_left_truncated observed_from_date
        carl     2021-01-01 True              2022-01-01
        dina     2022-01-01 False             2022-01-01
        """,
    )


def test_no_follow_up_is_due_after_the_eighteenth_birthday_or_after_leaving():
    # all four are placed without a last day; on 1 October 2025 only two of them are children of ours
    children = """
    child_id birth_date home_district_code resident_from_date resident_to_date
    anna     2014-05-01 NORD               2014-05-01         -
    bo       2014-05-01 NORD               2014-05-01         -
    carl     2007-05-01 NORD               2007-05-01         -
    dina     2014-05-01 NORD               2014-05-01         2024-12-31
    ella     2008-01-15 NORD               2008-01-15         -
    """
    measures = "anna M0 BL-30 - 2019-02-01 2019-02-28\n" + "\n".join(
        f"{child} M1 BL-46 9 2024-01-01 -" for child in ("anna", "bo", "carl", "dina")
    )
    # ella turns 18 on the day of the first follow-up, 15 January 2026
    reviews = """
    child_id review_id review_kind_code  review_date measure_id
    anna     O1        measure_follow_up 2023-12-01  M1
    anna     O2        measure_follow_up 2026-02-01  M1
    """
    connection = built(
        {"children": children, "measures": f"{HEAD}{measures}\nella M2 BL-46 9 2025-10-15 -\n", "reviews": reviews}
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_key_figure_follow_up WHERE reference_date = DATE '2026-09-30' "
        "AND area_code = 'ALL' AND group_code = 'all'",
        """
        measure_code numerator denominator
        later        1.0       2.0
        """,
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_key_figure_step WHERE key_figure_number = 12 AND reference_date = DATE '2026-09-30'",
        """
        step_number rows_count
        1           5
        2           0
        3           0
        """,
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_data_gaps WHERE gap_id = 'measure_open_after_leaving'",
        """
        affected_count checked_count
        3              6
        """,
    )
