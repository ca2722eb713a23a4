"""Indsatstrappens Nøgletal on a handful of drawn children: each definition once, and every reason why there is no figure."""

import pytest

from tests.sql.drawn import assert_rows, built

# rut and rie are 17 on 30 September 2026 and 2025.
CHILDREN = """
child_id birth_date  home_district_code resident_from_date resident_to_date home_municipality_code
anna     2014-05-01  NORD               2014-05-01         -                -
bo       2014-05-01  NORD               2014-05-01         -                -
carl     2014-05-01  SYD                2014-05-01         -                -
dina     2014-05-01  SYD                2014-05-01         2026-06-30       -
rut      2009-01-01  SYD                2009-01-01         -                -
rie      2008-01-01  SYD                2008-01-01         -                -
"""
# The first end that the register tells of: from the next day on it is known to hold ends.
FIRST_END = """
rut      M0         BL-30          -          2023-02-01  2023-02-28  -
"""
HEAD = "child_id measure_id paragraph_code place_code start_date end_date end_reason_code\n"
FIGURES = "SELECT * FROM marts.mart_key_figure WHERE reference_date = DATE '2026-09-30'"


@pytest.fixture
def figures():
    """The lines of one key figure on 30 September 2026, on drawn measures and what else is given."""

    def make(number, measures, *, children=CHILDREN, **others):
        tables = {"children": children, "measures": HEAD + FIRST_END + measures, **others}
        return built(tables), f"{FIGURES} AND key_figure_number = {number}"

    return make


def test_children_on_a_rung_are_counted_where_they_live_on_the_day(figures):
    connection, _ = figures(
        1,
        """
        anna M1 BL-46     9  2026-09-30 -          -
        bo   M2 BL-46     9  2025-01-01 2026-08-31 -
        dina M3 BL-46     9  2025-01-01 -          -
        bo   M4 BL-46     23 2026-09-01 -          -
        carl M5 BL-46     1  2026-01-01 -          -
        rut  M6 BL-32-1-2 -  2026-01-01 -          -
        rie  M7 BL-30     -  2025-01-01 -          -
        """,
    )
    # four residents under 18: anna and bo in NORD, carl and rut in SYD; dina has left, rie turned 18 in January: 1000 / 4, 1000 / 2
    assert_rows(
        connection,
        f"SELECT * FROM ({FIGURES}) WHERE key_figure_number IN (1, 3, 4, 5, 6) AND group_code = 'all' AND area_code IS NOT NULL",
        """
        key_figure_number area_code numerator denominator value
        1                 ALL       1.0       4.0         250.0
        1                 NORD      1.0       2.0         500.0
        1                 SYD       0.0       2.0         0.0
        3                 ALL       1.0       4.0         250.0
        3                 NORD      1.0       2.0         500.0
        3                 SYD       0.0       2.0         0.0
        4                 ALL       1.0       4.0         250.0
        4                 NORD      0.0       2.0         0.0
        4                 SYD       1.0       2.0         500.0
        5                 ALL       1.0       4.0         250.0
        5                 NORD      0.0       2.0         0.0
        5                 SYD       1.0       2.0         500.0
        6                 ALL       0.0       4.0         0.0
        6                 NORD      0.0       2.0         0.0
        6                 SYD       0.0       2.0         0.0
        """,
    )


def test_stay_away_and_uncertain_rank_are_told_apart(figures):
    connection, _ = figures(
        5,
        """
        anna M1 BL-32-1-7 -  2026-01-01 - -
        bo   M2 BL-32-1-1 -  2026-01-01 - -
        carl M3 BL-46     11 2026-01-01 - -
        """,
    )
    # respite care takes anna away; neither day treatment nor a boarding school has a certain rung on the national ladder
    assert_rows(
        connection,
        f"SELECT * FROM ({FIGURES}) WHERE key_figure_number IN (3, 5) AND area_code = 'ALL'",
        """
        key_figure_number group_code     numerator
        3                 all            1.0
        3                 uncertain_rank 1.0
        5                 all            2.0
        5                 stay_away      1.0
        5                 uncertain_rank 1.0
        """,
    )


def test_ended_and_running_stays_are_never_put_together(figures):
    connection, query = figures(
        2,
        """
        anna M1 BL-46 9 2025-10-01 2026-03-31 -
        bo   M2 BL-46 9 2024-10-01 2025-12-31 -
        carl M3 BL-46 9 2025-09-30 - -
        rut  M4 BL-46 9 2024-01-01 2025-09-30 -
        rie  M5 BL-30 - 2024-02-01 2024-02-28 -
        rie  M6 BL-30 - 2025-03-01 2025-03-31 -
        """,
    )
    # rie's early help lets ends keep coming, so that the register is known from the first one on
    # ended: 182, 457 and 639 days (rut, whose first day elsewhere is in the year), together 1278, a third of which is 426; carl 366
    # days so far
    assert_rows(
        connection,
        f"SELECT *, round(value * 365.25 / 12, 1) AS days FROM ({query}) WHERE area_code = 'ALL'",
        """
        measure_code  group_code denominator days
        mean_months   ended      3.0         426.0
        median_months ended      3.0         457.0
        mean_months   running    1.0         366.0
        median_months running    1.0         366.0
        """,
    )
    # a year before: bo 365 days so far, carl 1, and rut 639 on the last one, which is running and not ended: 1005 / 3 = 335
    year_before = query.replace("2026-09-30", "2025-09-30")
    assert_rows(
        connection,
        f"SELECT *, round(value * 365.25 / 12, 1) AS days FROM ({year_before}) WHERE area_code = 'ALL'",
        """
        measure_code  group_code denominator days
        mean_months   ended      0.0         -
        median_months ended      0.0         -
        mean_months   running    3.0         335.0
        median_months running    3.0         365.0
        """,
    )
    # the steps of `trappen explain`: stays begun by the day, ended in the year, running on the day
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_key_figure_step WHERE key_figure_number = 2 AND year(reference_date) >= 2025",
        """
        reference_date step_number rows_count
        2025-09-30     1           3
        2025-09-30     2           0
        2025-09-30     3           3
        2026-09-30     1           4
        2026-09-30     2           3
        2026-09-30     3           1
        """,
    )


def test_where_those_are_now_who_left_an_institution(figures):
    connection, query = figures(
        7,
        """
        anna M1 BL-46     9 2025-01-01 2026-01-31 -
        anna M2 BL-32-1-2 - 2026-02-01 - -
        bo   M3 BL-46     9 2025-01-01 2026-01-31 -
        carl M4 BL-46     9 2025-01-01 2026-01-31 -
        carl M5 BL-46     9 2026-05-01 - -
        dina M6 BL-46     9 2025-01-01 2026-01-31 -
        rie  M7 BL-46     9 2025-01-01 - -
        """,
    )
    assert_rows(
        connection,
        f"SELECT * FROM ({query}) WHERE area_code = 'ALL' AND numerator > 0",
        # home support, nothing, back again, moved away in June, turned 18 in January: 1 / 5 each
        """
        group_code numerator denominator value
        all        5.0       5.0         100.0
        rung_3     1.0       5.0         20.0
        rung_0     1.0       5.0         20.0
        rung_6     1.0       5.0         20.0
        moved_away 1.0       5.0         20.0
        aged_out   1.0       5.0         20.0
        """,
    )


MOVES = """
anna M1 BL-32-1-2 - 2025-01-01 2025-12-31 -
anna M2 BL-46     1 2026-01-01 - -
bo   M3 BL-32-1-2 - 2025-01-01 2025-12-31 -
bo   M4 BL-30     - 2026-01-01 - -
carl M5 BL-32-1-2 - 2025-01-01 2025-12-31 -
rut  M6 BL-32-1-2 - 2024-01-01 2025-08-31 -
rie  M7 BL-32-1-2 - 2025-01-01 - -
rut  M8 BL-30     - 2025-09-01 2025-12-31 -
carl M9 BL-30     - 2026-09-01 - -
"""


def test_moves_from_home_support_and_early_help_against_the_year_before(figures):
    connection, _ = figures(8, MOVES)
    # 8, 9: anna, bo, carl and rie stood on rung 3 between the two reference dates; rut's support ended before; rie turned 18
    # 10: on rung 2 rut in 2025; bo (down from 3) and carl (after 8 months of nothing) in 2026; residents anna, bo, carl and rut
    assert_rows(
        connection,
        f"SELECT * FROM ({FIGURES}) WHERE key_figure_number IN (8, 9, 10) AND area_code = 'ALL'",
        """
        key_figure_number measure_code group_code  numerator denominator value
        8                 moves        all         1.0       4.0         25.0
        8                 moves        rung_4      1.0       4.0         25.0
        8                 moves        rung_5      0.0       4.0         0.0
        8                 moves        rung_6      0.0       4.0         0.0
        9                 moves        all         2.0       4.0         50.0
        9                 moves        down        1.0       4.0         25.0
        9                 moves        closed      1.0       4.0         25.0
        10                change       all         2.0       1.0         1.0
        10                new          all         2.0       4.0         500.0
        10                new          from_higher 1.0       4.0         250.0
        """,
    )


ACCOUNTS = """
account_code paragraph_code place_code district_code period_start_date period_end_date cost_kind_code amount_dkk
K1           BL-30          -          NORD          2025-01-01        2025-12-31      actual         1000
K2           BL-46          9          SYD           2025-01-01        2025-12-31      actual         5000
K2           BL-46          9          SYD           2025-01-01        2025-12-31      budget         9000
K3           BL-75          -          SYD           2025-01-01        2025-12-31      actual         70
"""
SPEND = "SELECT * FROM marts.mart_key_figure WHERE key_figure_number = 11 AND reference_date = DATE '2025-09-30'"


def test_spend_is_counted_from_accounts_once_and_per_resident(figures):
    costs = """
    child_id measure_id period_start_date period_end_date cost_kind_code amount_dkk
    anna     M1         2025-01-01        2025-12-31      actual         400
    """
    connection, _ = figures(11, "anna M1 BL-30 - 2025-01-01 - -\n", cost_accounts=ACCOUNTS, costs=costs)
    # six residents under 18 on 30 September 2025; the measure's 400 kroner are in the accounts already
    assert_rows(
        connection,
        f"{SPEND} AND area_code = 'ALL' AND numerator <> 0",
        """
        measure_code group_code numerator denominator value
        dkk_per_0_17 all        6000.0    6.0         1000.0
        dkk_per_0_17 rung_2     1000.0    6.0         166.66666666666666
        dkk_per_0_17 rung_6     5000.0    6.0         833.3333333333334
        dkk_per_0_17 no_rung    70.0      6.0         11.666666666666666
        """,
    )
    assert_rows(
        connection,
        f"{SPEND} AND measure_code = 'dkk_per_0_22' AND group_code = 'all' AND area_code = 'ALL'",
        """
        value reason_code
        -     ages_not_known
        """,
    )


def test_young_adults_are_residents_where_the_list_has_them(figures):
    grown = CHILDREN + "gro 2004-01-01 SYD 2004-01-01 - -\n"
    connection, _ = figures(11, "", children=grown, cost_accounts=ACCOUNTS)
    # 6 000 kroner over six children and gro, who is 21
    assert_rows(
        connection,
        f"SELECT *, round(value, 2) AS rounded FROM ({SPEND}) "
        "WHERE measure_code = 'dkk_per_0_22' AND group_code = 'all' AND area_code = 'ALL'",
        """
        denominator rounded
        7.0         857.14
        """,
    )


def test_spend_of_measures_counts_where_no_accounts_came_in_the_district_of_the_child(figures):
    costs = """
    child_id measure_id period_start_date period_end_date cost_kind_code amount_dkk
    anna     M1         2025-01-01        2025-06-30      actual         400
    anna     M1         2025-07-01        2025-12-31      actual         -100
    """
    connection, _ = figures(11, "anna M1 BL-30 - 2025-01-01 - -\n", costs=costs)
    assert_rows(
        connection,
        f"{SPEND} AND measure_code = 'dkk_per_0_17' AND group_code = 'rung_2' AND area_code IS NOT NULL",
        """
        area_code numerator
        ALL       300.0
        NORD      300.0
        SYD       0.0
        """,
    )


def test_follow_ups_first_within_three_months_and_later_once_a_year(figures):
    connection, query = figures(
        12,
        """
        anna M1 BL-32-1-2 - 2025-10-10 - -
        bo   M2 BL-32-1-2 - 2025-10-10 - -
        carl M3 BL-46     9 2024-01-01 - -
        rut  M4 BL-46     1 2024-01-01 - -
        dina M5 BL-30     - 2025-10-10 - -
        """,
        reviews="""
        child_id review_id review_kind_code  review_date measure_id
        carl     O1        measure_follow_up 2023-12-01  M3
        carl     O2        measure_follow_up 2026-04-01  M3
        rut      O3        measure_follow_up 2025-04-01  M4
        anna     O4        measure_follow_up 2026-01-10  M1
        bo       O5        measure_follow_up 2026-01-11  M2
        rut      O6        creative_council  2026-04-01  M4
        """,
    )
    # first: anna on the last day, bo a day late. later: carl in April, rut in the year before only. Early help is left out.
    assert_rows(
        connection,
        f"SELECT * FROM ({query}) WHERE area_code = 'ALL' AND denominator > 0",
        """
        measure_code group_code numerator denominator value
        first        all        1.0       2.0         50.0
        first        rung_3     1.0       2.0         50.0
        later        all        1.0       2.0         50.0
        later        rung_4     0.0       1.0         0.0
        later        rung_6     1.0       1.0         100.0
        """,
    )


def reasons(connection):
    """The reason of the first line of every key figure on the latest date, for the municipality."""
    rows = connection.execute(
        f"SELECT key_figure_number, any_value(reason_code) FROM ({FIGURES}) WHERE area_code = 'ALL' AND group_code <> 'no_rung' "
        "AND measure_code NOT IN ('dkk_per_0_22') GROUP BY key_figure_number HAVING count(DISTINCT reason_code) = 1"
    ).fetchall()
    return dict(rows)


def test_without_measures_everything_but_spend_says_so():
    found = reasons(built({"children": CHILDREN}))
    assert found == {**dict.fromkeys([*range(1, 11), 12], "measures_not_received"), 11: "costs_not_received"}


def test_without_children_everything_says_so():
    found = reasons(built({"measures": HEAD + FIRST_END}))
    assert found == dict.fromkeys(range(1, 13), "children_not_received")


def test_without_reviews_only_follow_ups_are_missing():
    found = reasons(built({"children": CHILDREN, "measures": HEAD + FIRST_END, "cost_accounts": ACCOUNTS}))
    assert found[12] == "reviews_not_received"
    assert found[11] == "accounting_year_not_whole"  # 2026 has no accounts yet
    assert found.get(1) is None


@pytest.mark.parametrize(
    ("first_end", "stock_reason", "move_reason"),
    [
        ("2025-09-29", None, None),
        ("2025-09-30", None, "period_not_covered"),
        ("2026-09-29", None, "period_not_covered"),
        ("2026-09-30", "register_too_young", "register_too_young"),
    ],
)
def test_a_register_covers_what_comes_after_its_first_end(first_end, stock_reason, move_reason):
    # the register is known to hold ends from the day after: the year needs that day to be the reference date before it
    drawn = f"anna M1 BL-32-1-2 - 2025-01-01 {first_end} -\nbo M2 BL-32-1-2 - 2025-01-01 - -\n"
    connection = built({"children": CHILDREN, "measures": HEAD + drawn})
    rows = connection.execute(
        f"SELECT key_figure_number, reason_code FROM ({FIGURES}) WHERE area_code = 'ALL' AND key_figure_number IN (5, 9) "
        "AND group_code = 'all'"
    ).fetchall()
    assert dict(rows) == {5: stock_reason, 9: move_reason}


def test_a_list_of_children_that_lost_its_oldest_gives_no_figure():
    # ten of each age from 0 to 16, and none of the 170 / 18 = 9.4 expected of 17
    young = [f"c{year}{place} {year}-06-01 NORD {year}-06-01 - -" for year in range(2010, 2027) for place in range(10)]
    head = CHILDREN.strip().splitlines()[0]
    measures = HEAD + "c20100 M1 BL-30 - 2023-02-01 2023-02-28 -\n"
    connection = built({"children": "\n".join([head, *young]), "measures": measures})
    assert reasons(connection)[1] == "oldest_children_missing"


@pytest.mark.parametrize(("oldest", "reason"), [(21, "ages_not_known"), (22, None)])
def test_a_list_that_keeps_who_turned_18_since_a_day_may_lack_the_oldest_adults(figures, oldest, reason):
    """Ten of each age on 30 September 2025. Those of 18-21 are forty of the fifty expected, but none of 22 is among them."""
    born = [
        f"c{year}{place} {year}-06-01 NORD {year}-06-01 - -"
        for year in range(2025 - oldest, 2026)
        for place in range(10)
    ]
    head = CHILDREN.strip().splitlines()[0]
    ended = "c20100 M1 BL-30 - 2023-02-01 2023-02-28 -\n"
    connection, _ = figures(11, ended, children="\n".join([head, *born]), cost_accounts=ACCOUNTS)
    found = connection.execute(
        f"SELECT reason_code, denominator FROM ({SPEND}) "
        "WHERE measure_code = 'dkk_per_0_22' AND group_code = 'all' AND area_code = 'ALL'"
    ).fetchone()
    assert found == (reason, None if reason else 23 * 10)


def test_accounts_without_districts_give_none_per_district(figures):
    accounts = ACCOUNTS.replace(" NORD ", " -    ").replace(" SYD ", " -   ")
    connection, _ = figures(11, "", cost_accounts=accounts)
    assert_rows(
        connection,
        f"{SPEND} AND measure_code = 'dkk_per_0_17' AND group_code = 'all' AND area_code IS NOT NULL",
        """
        area_code numerator reason_code
        ALL       6000.0    -
        NORD      -         spend_without_district
        SYD       -         spend_without_district
        """,
    )


def test_the_new_law_moves_no_figure(figures):
    # the same help under the old law's paragraphs and the new law's, cut on 1 January 2024, or never
    old = """
    anna M1 SEL-52-3-2 - 2023-03-01 2023-12-31 -
    anna M2 BL-32-1-2  - 2024-01-01 - -
    bo   M3 SEL-11-3   - 2023-03-01 2023-12-31 -
    bo   M4 BL-30      - 2024-01-01 - -
    """
    uncut = """
    anna M1 SEL-52-3-2 - 2023-03-01 - -
    bo   M3 SEL-11-3   - 2023-03-01 - -
    """
    series = "SELECT * FROM marts.mart_key_figure WHERE key_figure_number <> 12 ORDER BY ALL"
    without = figures(5, uncut)[0].execute(series).fetchall()
    connection, _ = figures(5, old)
    assert connection.execute(series).fetchall() == without
    stock = "SELECT * FROM marts.mart_key_figure_stock WHERE key_figure_number IN (5, 6) AND group_code = 'all' AND area_code = 'ALL'"
    assert_rows(
        connection,
        stock,
        """
        key_figure_number reference_date numerator
        5                 2023-09-30     1.0
        5                 2024-09-30     1.0
        5                 2025-09-30     1.0
        5                 2026-09-30     1.0
        6                 2023-09-30     1.0
        6                 2024-09-30     1.0
        6                 2025-09-30     1.0
        6                 2026-09-30     1.0
        """,
    )


def test_the_reference_day_is_a_setting():
    connection = built({"children": CHILDREN, "measures": HEAD + FIRST_END}, key_figures={"reference_day": "31-12"})
    days = [
        str(row[0])
        for row in connection.execute("SELECT reference_date FROM core.dim_key_figure_period ORDER BY 1").fetchall()
    ]
    assert days == ["2023-12-31", "2024-12-31", "2025-12-31"]
