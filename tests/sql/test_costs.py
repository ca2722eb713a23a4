"""Costs in core: rung and year of every amount, what was taken back, and periods that would count money twice."""

from tests.sql.drawn import assert_rows, built

CHILDREN = """
child_id birth_date  home_district_code resident_from_date
anna     2014-05-01  NORD               2014-05-01
"""
MEASURES = """
child_id measure_id paragraph_code place_code start_date end_date
anna     Y1         SEL-52-3-3     -          2023-01-10 2023-12-31
anna     Y2         BL-46          9          2025-01-10 -
"""


def test_an_amount_stands_on_its_measures_rung():
    connection = built(
        {
            "children": CHILDREN,
            "measures": MEASURES,
            "costs": """
            child_id measure_id period_start_date period_end_date cost_kind_code amount_dkk
            anna     Y1         2023-10-01        2023-12-31      actual         28500.50
            anna     Y1         2024-01-01        2024-03-31      actual         -900.25
            anna     Y2         2025-01-01        2025-12-31      budget         1200000
            anna     Y2         2025-12-01        2026-02-28      actual         300000
            anna     Y9         2025-01-01        2025-01-31      actual         10
            carl     Y1         2023-10-01        2023-12-31      actual         20
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_cost",
        """
        measure_id amount_dkk calendar_year social_rung is_reversal is_period_in_one_year is_measure_known is_child_known
        Y1         28500.50   2023          3           False       True                  True             True
        Y1         -900.25    2024          3           True        True                  True             True
        Y2         1200000.00 2025          6           False       True                  True             True
        Y2         300000.00  2025          6           False       False                 True             True
        Y9         10.00      2025          -           False       True                  False            True
        Y1         20.00      2023          -           False       True                  False            False
        """,
    )


def test_months_and_their_quarter_overlap_but_accounts_and_budget_do_not():
    connection = built(
        {
            "children": CHILDREN,
            "measures": MEASURES,
            "costs": """
            child_id measure_id period_start_date period_end_date cost_kind_code amount_dkk
            anna     Y2         2025-01-01        2025-03-31      actual         30
            anna     Y2         2025-02-01        2025-02-28      actual         10
            anna     Y2         2025-03-31        2025-04-30      actual         20
            anna     Y2         2025-05-01        2025-05-31      actual         10
            anna     Y2         2025-02-15        2025-02-28      budget         10
            anna     Y1         2023-01-01        2023-01-31      actual         10
            anna     Y1         2023-01-31        2023-02-28      actual         10
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_cost",
        """
        period_start_date cost_kind_code is_overlapping
        2025-01-01        actual         True
        2025-02-01        actual         True
        2025-03-31        actual         True
        2025-05-01        actual         False
        2025-02-15        budget         False
        2023-01-01        actual         True
        2023-01-31        actual         True
        """,
    )


def test_an_account_has_the_rung_of_its_place_or_paragraph_and_is_never_among_the_measures():
    connection = built(
        {
            "children": CHILDREN,
            "cost_accounts": """
            account_code paragraph_code place_code district_code period_start_date period_end_date cost_kind_code amount_dkk
            5.28.1       BL-30          -          NORD          2025-01-01        2025-12-31      actual         100
            5.28.2       SEL-52-3-7     23         -             2023-01-01        2023-12-31      actual         -5
            5.28.3       BL-20          -          -             2025-01-01        2025-06-30      actual         7
            5.28.3       BL-20          -          -             2025-06-30        2025-12-31      actual         7
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_cost_account",
        """
        account_code series_paragraph_code district_code calendar_year social_rung amount_dkk is_reversal is_overlapping
        5.28.1       BL-30                 NORD          2025          2           100.00     False       False
        5.28.2       BL-46                 -             2023          5           -5.00      True        False
        5.28.3       BL-20                 -             2025          -           7.00       False       True
        5.28.3       BL-20                 -             2025          -           7.00       False       True
        """,
    )
    assert connection.execute("SELECT count(*) FROM core.fct_cost").fetchone() == (0,)
