"""Spend on the ladder: measures and accounts apart, accounts and budget apart, part years without a price per child."""

import pytest

from tests.sql.drawn import assert_rows, built

CHILDREN = """
child_id birth_date home_district_code home_municipality_code resident_from_date
anna     2014-05-01 NORD               -                      2014-05-01
bo       2007-07-02 NORD               -                      2007-07-02
carl     2014-05-01 -                  K02                    2014-05-01
"""
MEASURES = """
child_id measure_id paragraph_code place_code start_date end_date
anna     Y1         SEL-52-3-3     -          2023-12-01 2023-12-31
anna     Y2         BL-32-1-5      -          2024-01-01 2025-06-30
bo       Y3         BL-46          23         2025-07-01 -
"""


@pytest.fixture(scope="module")
def connection():
    return built(
        {
            "children": CHILDREN,
            "measures": MEASURES,
            "costs": """
            child_id measure_id period_start_date period_end_date cost_kind_code amount_dkk
            anna     Y2         2025-01-01        2025-06-30      actual         60000
            anna     Y2         2025-07-01        2025-12-31      actual         -5000
            anna     Y2         2025-01-01        2025-06-30      budget         50000
            bo       Y3         2025-07-01        2025-12-31      actual         184000
            bo       Y3         2026-01-01        2026-09-30      actual         90000
            anna     Y9         2025-01-01        2025-03-31      actual         700
            """,
            "cost_accounts": """
            account_code paragraph_code place_code period_start_date period_end_date cost_kind_code amount_dkk
            A1           BL-46          23         2025-01-01        2025-12-31      actual         190000
            A1           BL-46          23         2026-12-01        2027-01-31      budget         7000
            """,
        }
    )


def test_bases_and_kinds_stand_in_rows_of_their_own_and_nothing_is_lost(connection):
    # 60000 - 5000 = 55000, of which 5000 was taken back; Y9 is a measure that nobody sent, so its rung is unknown
    assert_rows(
        connection,
        "SELECT *, reversals_count AS reversals, across_years_count AS across_years, paid_children_count AS children "
        "FROM marts.mart_spend",
        """
        basis_code cost_kind_code calendar_year social_rung amount_dkk reversal_dkk reversals across_years is_whole_year children
        measures   actual         2025          3           55000.0    -5000.0      1         0            True          1
        measures   actual         2025          5           184000.0   0.0          0         0            True          1
        measures   actual         2025          -           700.0      0.0          0         0            True          1
        measures   actual         2026          5           90000.0    0.0          0         0            False         1
        measures   budget         2025          3           50000.0    0.0          0         0            False         1
        accounts   actual         2025          5           190000.0   0.0          0         0            True          -
        accounts   budget         2026          5           7000.0     0.0          0         1            False         -
        """,
    )


def test_the_denominator_is_child_years_of_residents_under_18(connection):
    # anna all of 2025; bo to the day before 2 July, 181 + 1 = 182 days; carl lives elsewhere
    child_years = (365 + 182) / 365
    found = connection.execute(
        "SELECT basis_code, social_rung, calendar_year, resident_child_years, dkk_per_child_year FROM marts.mart_spend "
        "WHERE cost_kind_code = 'actual' AND social_rung = 5 ORDER BY 1, 3"
    ).fetchall()
    assert [(row[0], row[2]) for row in found] == [("accounts", 2025), ("measures", 2025), ("measures", 2026)]
    assert [row[3] for row in found[:2]] == pytest.approx([child_years, child_years])
    assert found[0][4] == pytest.approx(190000 / child_years)
    assert found[1][4] == pytest.approx(184000 / child_years)
    # 1 January to 30 September 2026 is no whole year
    assert found[2][4] is None


def test_a_month_of_a_running_measure_and_the_length_of_courses_across_the_law(connection):
    found = connection.execute(
        "SELECT social_rung, ended_dkk_per_month, running_dkk_per_month, ended_courses_count, ended_months_mean, "
        "running_courses_count, running_months_mean FROM marts.mart_spend "
        "WHERE basis_code = 'measures' AND cost_kind_code = 'actual' AND calendar_year = 2025 AND social_rung IS NOT NULL "
        "ORDER BY 1"
    ).fetchall()
    month = 365.25 / 12
    # anna ran 181 days in 2025 and cost 55000; from 1 December 2023 to 30 June 2025 are 31 + 366 + 181 days, one course
    assert found[0] == (
        3,
        pytest.approx(55000 / (181 / month)),
        None,
        1,
        pytest.approx((31 + 366 + 181) / month),
        0,
        None,
    )
    # bo runs from 1 July, 184 days, at 184000
    assert found[1] == (5, None, pytest.approx(184000 / (184 / month)), 0, None, 1, pytest.approx(184 / month))


def test_an_overlapping_period_is_flagged():
    connection = built(
        {
            "children": CHILDREN,
            "measures": MEASURES,
            "costs": """
            child_id measure_id period_start_date period_end_date cost_kind_code amount_dkk
            anna     Y2         2025-01-01        2025-06-30      actual         60000
            anna     Y2         2025-06-01        2025-12-31      actual         100
            """,
        }
    )
    assert connection.execute("SELECT overlapping_count FROM marts.mart_spend").fetchall() == [(2,)]
