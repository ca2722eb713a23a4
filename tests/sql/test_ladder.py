"""Rungs and moves: the highest open rung per day, gaps, overlaps, the new law, turning 18, moving away."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.drawn import assert_rows, built, built_when_named, child_id, empty_warehouse, fill

CHILDREN = """
child_id birth_date  home_district_code resident_from_date resident_to_date
anna     2014-05-01  NORD               2014-05-01         -
"""
SOCIAL = "SELECT * FROM core.fct_ladder_spell WHERE track_code = 'social'"
EDUCATION = "SELECT * FROM core.fct_ladder_spell WHERE track_code = 'education'"
SOCIAL_MOVES = "SELECT * FROM core.fct_ladder_move WHERE track_code = 'social'"
EDUCATION_MOVES = "SELECT * FROM core.fct_ladder_move WHERE track_code = 'education'"


def test_the_highest_open_rung_counts_on_every_day():
    # network care (rung 4) inside a longer support at home (rung 3)
    connection = built(
        {
            "children": CHILDREN,
            "measures": """
            child_id measure_id paragraph_code place_code start_date  end_date
            anna     M1         BL-32-1-2      -          2025-01-01  2025-12-31
            anna     M2         BL-46          1          2025-03-01  2025-05-31
            """,
        }
    )
    assert_rows(
        connection,
        SOCIAL,
        """
        rung start_date  end_date    duration_days
        0    2014-05-01  2024-12-31  3898
        3    2025-01-01  2025-02-28  59
        4    2025-03-01  2025-05-31  92
        3    2025-06-01  2025-12-31  214
        0    2026-01-01  2026-09-30  273
        """,
    )
    assert_rows(
        connection,
        SOCIAL_MOVES,
        """
        from_rung to_rung moved_on_date cause_code
        0         3       2025-01-01    opened
        3         4       2025-03-01    up
        4         3       2025-06-01    down
        3         0       2026-01-01    closed
        0         -       2026-10-01    data_end
        """,
    )


@pytest.mark.parametrize(("resumed_on", "spells_count"), [("2025-03-01", 1), ("2025-03-02", 1), ("2025-03-03", 2)])
def test_a_gap_of_at_most_thirty_days_on_one_rung_is_no_gap(resumed_on, spells_count):
    # the last day is 30 January: until 1 March there are 1 + 28 = 29 days between, until 2 March 30, until 3 March 31
    connection = built(
        {
            "children": CHILDREN,
            "measures": f"""
            child_id measure_id paragraph_code start_date    end_date
            anna     M1         BL-32-1-2      2025-01-01    2025-01-30
            anna     M2         BL-32-1-5      {resumed_on}  -
            """,
        }
    )
    assert connection.execute(f"SELECT count(*) FROM ({SOCIAL}) WHERE rung = 3").fetchone() == (spells_count,)


@pytest.mark.parametrize(("gap_days", "is_down"), [(29, True), (30, True), (31, False)])
def test_a_hole_before_a_lower_rung_is_a_move_down_until_thirty_days(gap_days, is_down):
    connection = empty_warehouse()
    fill(connection, "children", CHILDREN)
    connection.execute(
        "INSERT INTO typed.measures (child_id, measure_id, paragraph_code, place_code, start_date, end_date) VALUES "
        "(?, 'M1', 'BL-46', '23', DATE '2025-01-01', DATE '2025-01-31'), "
        "(?, 'M2', 'BL-32-1-2', NULL, DATE '2025-02-01' + CAST(? AS INTEGER), NULL)",
        [str(child_id("anna")), str(child_id("anna")), gap_days],
    )
    connection = built_when_named(connection)
    causes = [
        row[0]
        for row in connection.execute(f"SELECT cause_code FROM ({SOCIAL_MOVES}) ORDER BY moved_on_date").fetchall()
    ]
    assert causes == (["opened", "down", "data_end"] if is_down else ["opened", "closed", "opened", "data_end"])


@pytest.mark.parametrize(("resumed_on", "rungs"), [("2025-03-02", [0, 5]), ("2025-03-03", [0, 5, 2, 5])])
def test_a_lower_rung_during_a_gap_is_no_state_of_its_own_until_thirty_days(resumed_on, rungs):
    # foster care (rung 5) pauses after 30 January while support (rung 2) goes on: until 2 March 30 days, until 3 March 31
    connection = built(
        {
            "children": CHILDREN,
            "measures": f"""
            child_id measure_id paragraph_code place_code start_date    end_date
            anna     M1         BL-46          23         2025-01-01    2025-01-30
            anna     M2         BL-46          23         {resumed_on}  -
            anna     M3         BL-30          -          2025-01-01    -
            """,
        }
    )
    assert [
        row[0] for row in connection.execute(f"SELECT rung FROM ({SOCIAL}) ORDER BY start_date").fetchall()
    ] == rungs


def test_two_moves_on_one_day_are_one_move_to_the_last_state():
    # an institution (rung 6) for the one day on which foster care (rung 5) began
    connection = built(
        {
            "children": CHILDREN,
            "measures": """
            child_id measure_id paragraph_code place_code start_date  end_date
            anna     M1         BL-32-1-2      -          2025-01-01  2025-01-31
            anna     M2         BL-46          9          2025-02-01  2025-02-01
            anna     M3         BL-46          23         2025-02-01  -
            """,
        }
    )
    assert_rows(
        connection,
        SOCIAL_MOVES,
        """
        from_rung to_rung moved_on_date cause_code
        0         3       2025-01-01    opened
        3         5       2025-02-01    up
        5         -       2026-10-01    data_end
        """,
    )


def test_the_same_help_under_the_new_law_is_one_unbroken_rung():
    connection = built(
        {
            "children": CHILDREN,
            "measures": """
            child_id measure_id paragraph_code start_date  end_date
            anna     M1         SEL-52-3-3     2023-06-01  2023-12-31
            anna     M2         BL-32-1-5      2024-01-01  2024-06-30
            """,
        }
    )
    assert_rows(
        connection,
        f"{SOCIAL} AND rung = 3",
        """
        rung start_date  end_date
        3    2023-06-01  2024-06-30
        """,
    )
    assert connection.execute("SELECT DISTINCT series_paragraph_code FROM core.fct_measure").fetchall() == [
        ("BL-32-1-5",)
    ]


def test_turning_eighteen_is_no_move_down():
    # born 2007-03-10: 18 on 2025-03-10, so the last day on the ladder is 2025-03-09
    connection = built(
        {
            "children": """
            child_id birth_date  home_district_code resident_from_date resident_to_date
            bo       2007-03-10  NORD               2007-03-10         -
            """,
            "measures": """
            child_id measure_id paragraph_code place_code start_date  end_date
            bo       M1         BL-46          27         2024-01-01  2025-08-31
            """,
        }
    )
    assert_rows(
        connection,
        SOCIAL_MOVES,
        """
        from_rung to_rung moved_on_date cause_code
        0         6       2024-01-01    opened
        6         -       2025-03-10    aged_out
        """,
    )


def test_a_measure_that_ends_shortly_before_leaving_is_ended_by_leaving():
    # ended 10 May, moved out 31 May: 21 days, within the grace gap
    connection = built(
        {
            "children": """
            child_id birth_date  home_district_code resident_from_date resident_to_date
            anna     2014-05-01  NORD               2014-05-01         2025-05-31
            """,
            "measures": """
            child_id measure_id paragraph_code start_date  end_date
            anna     M1         BL-32-1-2      2025-01-01  2025-05-10
            """,
        }
    )
    assert_rows(
        connection,
        SOCIAL_MOVES,
        """
        from_rung to_rung moved_on_date cause_code
        0         3       2025-01-01    opened
        3         -       2025-06-01    moved_away
        """,
    )


def test_the_case_system_may_say_that_a_measure_ended_by_moving():
    connection = built(
        {
            "children": CHILDREN,
            "measures": """
            child_id measure_id paragraph_code start_date  end_date    end_reason_code
            anna     M1         BL-32-1-2      2025-01-01  2025-05-10  moved
            """,
        }
    )
    assert_rows(
        connection,
        SOCIAL_MOVES,
        """
        from_rung to_rung moved_on_date cause_code
        0         3       2025-01-01    opened
        3         -       2025-05-11    moved_away
        0         -       2026-10-01    data_end
        """,
    )


def test_an_open_measure_of_a_child_that_left_ends_with_the_residence():
    connection = built(
        {
            "children": """
            child_id birth_date  home_district_code resident_from_date resident_to_date
            anna     2014-05-01  NORD               2014-05-01         2025-05-31
            """,
            "measures": """
            child_id measure_id paragraph_code place_code start_date  end_date
            anna     M1         BL-46          9          2025-01-01  -
            """,
        }
    )
    moves = connection.execute(
        f"SELECT cause_code, moved_on_date::VARCHAR FROM ({SOCIAL_MOVES}) WHERE from_rung = 6"
    ).fetchall()
    assert moves == [("moved_away", "2025-06-01")]


def test_uncertain_ranks_are_flagged():
    connection = built(
        {
            "children": CHILDREN,
            "measures": """
            child_id measure_id paragraph_code place_code start_date  end_date
            anna     M1         BL-46          11         2025-01-01  -
            """,
        }
    )
    flags = connection.execute(f"SELECT rung, is_rung_uncertain FROM ({SOCIAL}) ORDER BY start_date").fetchall()
    assert flags == [(0, False), (5, True)]


INSTITUTIONS = """
institution_code institution_type_code district_code
SKOLE            folkeskole            NORD
SPECIAL          special_school        SYD
BEHANDLING       day_treatment         SYD
"""


def test_rungs_of_the_education_track_follow_offer_class_and_hours():
    connection = built(
        {
            "children": CHILDREN,
            "institutions": INSTITUTIONS,
            "school_placements": """
            child_id institution_code class_type_code support_hours_per_week start_date  end_date
            anna     SKOLE            10              -                      2020-08-01  2021-07-31
            anna     SKOLE            10              8.99                   2021-08-01  2022-07-31
            anna     SKOLE            10              9                      2022-08-01  2023-07-31
            anna     SKOLE            20              12                     2023-08-01  2024-07-31
            anna     SPECIAL          10              -                      2024-08-01  2025-07-31
            anna     BEHANDLING       20              -                      2025-08-01  -
            """,
        }
    )
    assert_rows(
        connection,
        EDUCATION,
        """
        rung start_date  end_date
        0    2020-08-01  2021-07-31
        1    2021-08-01  2022-07-31
        2    2022-08-01  2023-07-31
        3    2023-08-01  2024-07-31
        4    2024-08-01  2025-07-31
        5    2025-08-01  2026-09-30
        """,
    )


def test_back_in_an_ordinary_class_is_closed_and_no_place_is_unknown():
    # the last place ends in 2025 and none follows: neither closed nor down
    connection = built(
        {
            "children": CHILDREN,
            "institutions": INSTITUTIONS,
            "school_placements": """
            child_id institution_code class_type_code start_date  end_date
            anna     SKOLE            20              2022-08-01  2023-07-31
            anna     SKOLE            10              2023-08-01  2024-07-31
            anna     SPECIAL          10              2024-08-01  2025-06-30
            """,
        }
    )
    assert_rows(
        connection,
        EDUCATION_MOVES,
        """
        from_rung to_rung moved_on_date cause_code
        3         0       2023-08-01    closed
        0         4       2024-08-01    opened
        4         -       2025-07-01    data_end
        """,
    )


def test_a_place_that_ends_shortly_before_leaving_is_ended_by_leaving():
    # the place ends 20 May, the residence 31 May; on the education track no place is otherwise unknown (data_end)
    connection = built(
        {
            "children": """
            child_id birth_date  home_district_code resident_from_date resident_to_date
            anna     2014-05-01  NORD               2014-05-01         2025-05-31
            """,
            "institutions": INSTITUTIONS,
            "school_placements": """
            child_id institution_code class_type_code start_date  end_date
            anna     SPECIAL          20              2024-08-01  2025-05-20
            """,
        }
    )
    assert_rows(
        connection,
        EDUCATION_MOVES,
        """
        from_rung to_rung moved_on_date cause_code
        4         -       2025-05-21    moved_away
        """,
    )


@pytest.mark.parametrize(("ended_on", "cause"), [("2025-05-10", "moved_away"), ("2025-04-10", "closed")])
def test_support_that_ends_as_the_family_moves_to_another_municipality_is_not_closed(ended_on, cause):
    # the child stays in our register, living elsewhere from 1 June
    connection = built(
        {
            "children": """
            child_id birth_date  home_district_code home_municipality_code resident_from_date resident_to_date
            anna     2014-05-01  NORD               -                      2014-05-01         2025-05-31
            anna     2014-05-01  -                  390                    2025-06-01         -
            """,
            "measures": f"""
            child_id measure_id paragraph_code start_date  end_date
            anna     M1         BL-32-1-2      2025-01-01  {ended_on}
            """,
        }
    )
    causes = connection.execute(f"SELECT cause_code FROM ({SOCIAL_MOVES}) WHERE from_rung = 3").fetchall()
    assert causes == [(cause,)]


def test_moves_and_child_years_are_counted_per_district_and_year():
    # anna: rung 3 from 1 January to 30 June 2025, at risk all of 2025 = 1 child-year in NORD
    # bo: rung 4 from 1 July 2025, moves from SYD to NORD on 1 October: 92/365 in SYD, 92/365 in NORD
    # cleo has no district
    connection = built(
        {
            "children": """
            child_id birth_date  home_district_code resident_from_date resident_to_date
            anna     2014-05-01  NORD               2014-05-01         -
            bo       2012-05-01  SYD                2012-05-01         2025-09-30
            bo       2012-05-01  NORD               2025-10-01         -
            cleo     2013-05-01  -                  2013-05-01         -
            """,
            "measures": """
            child_id measure_id paragraph_code place_code start_date  end_date
            anna     M1         BL-32-1-2      -          2025-01-01  2025-06-30
            bo       M2         BL-46          1          2025-07-01  2025-09-30
            bo       M3         BL-32-1-2      -          2025-10-01  -
            cleo     M4         BL-30          -          2025-12-31  -
            """,
        },
    )
    assert_rows(
        connection,
        "SELECT *, round(child_years * 365) AS child_days FROM marts.mart_ladder_moves "
        "WHERE calendar_year = 2025 AND track_code = 'social'",
        """
        area_kind    area_code opened_count down_count closed_count up_count children_count child_days
        district     NORD      1            0          1            0        2              457.0
        district     SYD       1            1          0            0        1              92.0
        district     -         1            0          0            0        1              1.0
        municipality ALL       3            1          1            0        3              550.0
        """,
    )


def test_the_second_denominator_is_every_child_under_eighteen_that_lives_here():
    # 2025: anna, with help, all year in NORD; bo, never with help, in SYD, elsewhere from 11 April (100 days);
    # cleo turns 18 on 11 April (100 days); dan comes on 1 December (31 days); ella lives in OEST, where nobody has help
    connection = built(
        {
            "children": """
            child_id birth_date  home_district_code home_municipality_code resident_from_date resident_to_date
            anna     2014-05-01  NORD               -                      2014-05-01         -
            bo       2014-05-01  SYD                -                      2014-05-01         2025-04-10
            bo       2014-05-01  -                  390                    2025-04-11         -
            cleo     2007-04-11  SYD                -                      2007-04-11         -
            dan      2014-05-01  SYD                -                      2025-12-01         -
            ella     2014-05-01  OEST               -                      2014-05-01         -
            """,
            "measures": """
            child_id measure_id paragraph_code start_date  end_date
            anna     M1         BL-32-1-2      2025-01-01  2025-06-30
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT *, round(child_years * 365) AS child_days, round(child_years_all * 365) AS child_days_all "
        "FROM marts.mart_ladder_moves WHERE calendar_year = 2025 AND track_code = 'social'",
        """
        area_kind    area_code opened_count children_count child_days child_days_all
        district     NORD      1            1              365.0      365.0
        district     SYD       0            0              0.0        231.0
        district     OEST      0            0              0.0        365.0
        municipality ALL       1            1              365.0      961.0
        """,
    )


def test_a_child_is_at_risk_until_twenty_four_months_after_the_last_day_on_the_ladder():
    # last day 31 January 2023, so until 30 January 2025: 31 + 334 days in 2023, 366 in 2024, 30 in 2025
    connection = built(
        {
            "children": CHILDREN,
            "measures": """
            child_id measure_id paragraph_code start_date  end_date
            anna     M1         BL-32-1-2      2023-01-01  2023-01-31
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT *, round(child_years * CASE calendar_year WHEN 2024 THEN 366 ELSE 365 END) AS child_days "
        "FROM marts.mart_ladder_moves WHERE area_kind = 'municipality'",
        """
        calendar_year child_days children_count
        2023          365.0      1
        2024          366.0      1
        2025          30.0       1
        """,
    )


def test_child_years_end_on_the_eighteenth_birthday_and_at_the_municipal_border():
    # anna turns 18 on 11 April 2025 and moves house on 1 July: 100 days in NORD, none in SYD (and none taken away there)
    # bo, whose help ended in January, lives in another municipality from 11 April: 100 days
    # cleo is placed and her address went along on 11 April: 100 days in NORD, then 265 without a district, still ours
    connection = built(
        {
            "children": """
            child_id birth_date  home_district_code home_municipality_code resident_from_date resident_to_date
            anna     2007-04-11  NORD               -                      2007-04-11         2025-06-30
            anna     2007-04-11  SYD                -                      2025-07-01         -
            bo       2014-05-01  NORD               -                      2014-05-01         2025-04-10
            bo       2014-05-01  -                  390                    2025-04-11         -
            cleo     2014-05-01  NORD               -                      2014-05-01         2025-04-10
            cleo     2014-05-01  -                  390                    2025-04-11         -
            """,
            "measures": """
            child_id measure_id paragraph_code place_code start_date  end_date
            anna     M1         BL-32-1-2      -          2024-12-01  -
            bo       M2         BL-32-1-2      -          2024-12-01  2025-01-31
            cleo     M3         BL-46          1          2024-12-01  -
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT *, round(child_years * 365) AS child_days FROM marts.mart_ladder_moves "
        "WHERE calendar_year = 2025 AND track_code = 'social' AND children_count > 0",
        """
        area_kind    area_code children_count child_days
        district     NORD      3              300.0
        district     -         1              265.0
        municipality ALL       3              565.0
        """,
    )


def test_years_that_only_know_survivors_are_left_out():
    # the register begins in August 2023 with what was running; the first end is in September 2023
    connection = built(
        {
            "children": CHILDREN,
            "measures": """
            child_id measure_id paragraph_code place_code start_date  end_date
            anna     M1         BL-46          23         2019-02-01  2023-09-30
            anna     M2         BL-46          1          2023-10-01  2025-02-01
            anna     M3         BL-32-1-2      -          2025-02-02  -
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_ladder_moves WHERE area_kind = 'municipality'",
        """
        calendar_year is_whole_year opened_count down_count
        2023          False         0            1
        2024          True          0            0
        2025          True          0            1
        2026          False         0            0
        """,
    )


RANDOM_MEASURES = st.lists(
    st.tuples(
        st.sampled_from([("BL-30", None), ("BL-32-1-2", None), ("BL-46", "1"), ("BL-46", "23"), ("BL-46", "9")]),
        st.integers(0, 700),
        st.integers(0, 300),
    ),
    max_size=7,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(RANDOM_MEASURES, min_size=1, max_size=6))
def test_time_on_rungs_is_whole_and_chained(children_measures):
    """Every day from the first to the last stands on exactly one rung, equal to a count day by day without grace."""
    connection = empty_warehouse(ladder={"grace_gap_days": 0})
    highest: dict[tuple[int, int], int] = {}
    rungs = {"BL-30": 2, "BL-32-1-2": 3, "1": 4, "23": 5, "9": 6}
    for child, measures in enumerate(children_measures):
        name = str(child_id(f"child{child}"))
        connection.execute(
            "INSERT INTO typed.children (child_id, birth_date, home_district_code, resident_from_date) "
            "VALUES (?, DATE '2014-01-01', 'NORD', DATE '2024-01-01')",
            [name],
        )
        longest_from = {first: max(n for _, f, n in measures if f == first) for _, first, _ in measures}
        for number, ((paragraph, place), first, length) in enumerate(measures):
            connection.execute(
                "INSERT INTO typed.measures (child_id, measure_id, paragraph_code, place_code, start_date, end_date) "
                "VALUES (?, ?, ?, ?, DATE '2024-01-01' + CAST(? AS INTEGER), DATE '2024-01-01' + CAST(? AS INTEGER))",
                [name, f"M{number}", paragraph, place, first, first + length],
            )
            if length == 0 and longest_from[first] > 0:
                continue  # one day beside a longer time begun that day: no state of its own
            for day in range(first, first + length + 1):
                key = (child, day)
                highest[key] = max(highest.get(key, 0), rungs[place or paragraph])
    connection = built_when_named(connection)
    for child in range(len(children_measures)):
        spells = connection.execute(
            "SELECT rung, date_diff('day', DATE '2024-01-01', start_date), date_diff('day', DATE '2024-01-01', end_date) "
            "FROM core.fct_ladder_spell WHERE child_id = ? AND track_code = 'social' ORDER BY start_date",
            [str(child_id(f"child{child}"))],
        ).fetchall()
        assert [day for _, first, last in spells for day in range(first, last + 1)] == list(range(0, 1004))
        assert all(
            highest.get((child, day), 0) == rung for rung, first, last in spells for day in range(first, last + 1)
        )
        assert all(before[0] != after[0] for before, after in pairwise(spells))
