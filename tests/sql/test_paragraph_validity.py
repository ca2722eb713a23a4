"""A paragraph of the wrong law for the day is taken in, counted on its rung, and told: it is never rejected nor passed over."""

from tests.sql.drawn import assert_rows, built

CHILDREN = """
child_id birth_date  home_district_code resident_from_date
anna     2014-05-01  NORD               2014-05-01
"""
MEASURES = """
child_id measure_id paragraph_code start_date end_date
anna     A1         SEL-52-3-3     2023-12-31 2024-01-31
anna     A2         SEL-52-3-3     2024-01-01 2024-02-01
anna     A3         BL-32-1-5      2023-12-31 2024-01-31
anna     A4         BL-32-1-5      2024-01-01 2024-02-01
"""


def test_a_paragraph_is_in_force_by_the_first_day_of_the_measure():
    """Serviceloven ends on 31 December 2023, barnets lov begins on 1 January 2024; both give rung 3 and one series."""
    connection = built({"children": CHILDREN, "measures": MEASURES})
    assert_rows(
        connection,
        "SELECT * FROM core.fct_measure",
        """
        measure_id is_paragraph_in_force social_rung series_paragraph_code
        A1         True                  3           BL-32-1-5
        A2         False                 3           BL-32-1-5
        A3         False                 3           BL-32-1-5
        A4         True                  3           BL-32-1-5
        """,
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_data_gaps WHERE gap_id = 'measure_paragraph_not_in_force'",
        """
        affected_count checked_count
        2              4
        """,
    )
