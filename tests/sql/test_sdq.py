"""SDQ forms from answers and from ready-made points: one core row each, pairs, and what became of every form."""

from collections import Counter

import pytest

from tests.sql.drawn import (
    assert_rows,
    built,
    built_when_named,
    check_names,
    child_id,
    empty_warehouse,
    fill,
    found_by,
)
from tests.sql.drawn_sdq import CHILDREN, NAMES, forms_drawn, items_of, scored_form


def test_pairs_are_same_child_same_informant_in_the_window_and_the_rest_have_a_reason():
    # the window is 90 to 270 days; the as-of date is 30 September 2026
    connection = built(
        {
            "children": CHILDREN,
            "sdq_answers": forms_drawn(
                scored_form("anna", "2025-01-10", "parent", 8),
                scored_form("anna", "2025-04-09", "parent", 7),  # 89 days: too early
                scored_form("anna", "2025-10-07", "parent", 5),  # 270 days: the follow-up
                scored_form("bo", "2025-01-10", "parent", 6),
                scored_form("bo", "2025-07-10", "teacher", 4),  # another informant, and no first form of its own
                scored_form("cleo", "2025-01-10", "teacher", 6),
                scored_form("cleo", "2025-10-08", "teacher", 4),  # 271 days: too late
                scored_form("dan", "2026-02-01", "self", 6),  # 241 days until the as-of date: not due
                scored_form("dan", "2024-01-01", "parent", 3),
            ),
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_sdq_pair",
        """
        child_id informant_code first_total_points second_total_points days_between change_points unpaired_reason_code
        anna     parent         8                  5                   270          -3            -
        bo       parent         6                  -                   -            -             other_informant
        cleo     teacher        6                  -                   -            -             outside_window
        dan      self           6                  -                   -            -             not_due
        dan      parent         3                  -                   -            -             no_second_form
        """,
    )


def test_nobody_has_a_pair_until_the_window_has_closed():
    """With early pairs the change would be that of the quickly followed up, and more would have a pair than could be followed up."""
    connection = built(
        {
            "children": CHILDREN,
            "sdq_answers": forms_drawn(
                scored_form("anna", "2026-01-03", "parent", 8),  # 270 days until the as-of date: the last day
                scored_form("anna", "2026-05-01", "parent", 5),
                scored_form("bo", "2026-01-04", "parent", 8),  # 269 days: the window is open
                scored_form("bo", "2026-05-01", "parent", 5),
                scored_form("cleo", "2026-01-04", "parent", 6),
                scored_form("dan", "2026-01-03", "parent", 3),
                scored_form("dan", "2026-01-04", "teacher", 3),
            ),
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_sdq_pair",
        """
        child_id informant_code is_paired second_date second_total_points change_points days_between unpaired_reason_code
        anna     parent         True      2026-05-01  5                   -3            118          -
        bo       parent         False     -           -                   -             -            not_due
        cleo     parent         False     -           -                   -             -            not_due
        dan      parent         False     -           -                   -             -            no_second_form
        dan      teacher        False     -           -                   -             -            not_due
        """,
    )
    rows = connection.execute(
        "SELECT informant_code, first_measured_count, children_count, due_count, follow_up_share, change_mean_points "
        "FROM marts.mart_sdq_change WHERE area_kind = 'municipality' ORDER BY informant_code"
    ).fetchall()
    # the parents': two due, one of them with a pair; nobody of the teachers' is due
    assert rows == [("parent", 4, 1, 2, 0.5, -3.0), ("teacher", 1, 0, 0, None, None)]


def test_a_follow_up_form_is_nobodys_first_form():
    connection = built(
        {
            "children": CHILDREN,
            "sdq_answers": forms_drawn(scored_form("anna", "2025-01-10", "parent", 8, is_follow_up="true")),
        }
    )
    assert connection.execute("SELECT count(*) FROM core.fct_sdq_pair").fetchone() == (0,)


def test_change_stands_beside_what_could_be_expected_without_help():
    # pairs 8 -> 5 and 6 -> 5: first mean (8+6)/2 = 7, change mean (-3-1)/2 = -2, sd sqrt(((-3+2)^2+(-1+2)^2)/1) = sqrt(2)
    # expected: (1 - 0.65) * (7.4 - 7) = 0.14
    connection = built(
        {
            "children": CHILDREN,
            "sdq_answers": forms_drawn(
                scored_form("anna", "2025-01-10", "parent", 8),
                scored_form("anna", "2025-06-10", "parent", 5),
                scored_form("bo", "2025-01-10", "parent", 6),
                scored_form("bo", "2025-06-10", "parent", 5),
                scored_form("cleo", "2025-01-10", "parent", 10),
            ),
        }
    )
    row = connection.execute(
        "SELECT first_measured_count, children_count, first_mean_points, change_mean_points, change_sd_points, "
        "expected_change_points, unpaired_no_second_form_count FROM marts.mart_sdq_change WHERE area_kind = 'municipality'"
    ).fetchone()
    assert row == pytest.approx((3, 2, (8 + 6) / 2, (-3 - 1) / 2, 2**0.5, (1 - 0.65) * (7.4 - 7), 1))
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_sdq_change",
        """
        area_kind    area_code first_measured_count children_count
        district     NORD      2                    2
        district     SYD       1                    0
        municipality ALL       3                    2
        """,
    )


def test_a_line_of_the_municipalitys_own_gives_each_childs_expected_second_score():
    # whole years at the first form: anna 10, bo 6; cleo's sex is not known; dan has no second form
    people = """
    child_id sex_code birth_date  home_district_code resident_from_date
    anna     K        2014-05-01  NORD               2014-05-01
    bo       M        2018-05-01  NORD               2018-05-01
    cleo     -        2014-05-01  SYD                2014-05-01
    dan      M        2014-05-01  SYD                2014-05-01
    """
    forms = forms_drawn(
        *(
            scored_form(child, answered, informant, total)
            for child, first, informant in (
                ("anna", 8, "parent"),
                ("bo", 6, "parent"),
                ("cleo", 10, "parent"),
                ("anna", 8, "teacher"),
            )
            for answered, total in (("2025-01-10", first), ("2025-06-10", 5))
        ),
        scored_form("dan", "2025-01-10", "parent", 10),
    )
    line = {"informant": "parent", "intercept_points": 2, "per_first_point": 0.5, "residual_sd_points": 4}
    line |= {"source": "opdigtet, 612 børn"}
    query = "SELECT area_code, expected_change_points FROM marts.mart_sdq_change WHERE informant_code = ?"

    def expected(informant, **more):
        connection = built({"children": people, "sdq_answers": forms}, sdq={"expectation": [line | more]})
        return dict(connection.execute(query, [informant]).fetchall())

    anna, bo, cleo = 2 + 8 / 2 - 8, 2 + 6 / 2 - 6, 2 + 10 / 2 - 10
    assert expected("parent") == {"ALL": (anna + bo + cleo) / 3, "NORD": (anna + bo) / 2, "SYD": cleo}
    by_age_and_sex = expected("parent", per_year_of_age=-0.5, boy_points=3)
    anna, bo = anna - 0.5 * 10, bo - 0.5 * 6 + 3
    assert by_age_and_sex == {"ALL": (anna + bo) / 2, "NORD": (anna + bo) / 2, "SYD": None}
    assert expected("teacher") == {area: pytest.approx((1 - 0.65) * (7.4 - 8)) for area in ("ALL", "NORD")}


def test_a_corrected_form_replaces_the_one_before_it():
    connection = empty_warehouse()
    fill(connection, "children", CHILDREN)
    fill(connection, "sdq_answers", forms_drawn(scored_form("anna", "2025-01-10", "parent", 8)))
    connection.execute("UPDATE typed.sdq_answers SET valid_to = TIMESTAMP '2026-10-02'")
    fill(connection, "sdq_answers", forms_drawn(scored_form("anna", "2025-01-10", "parent", 2)))
    connection = built_when_named(connection)
    assert connection.execute("SELECT total_points FROM core.fct_sdq_score").fetchall() == [(2,)]


DELIVERED = (
    "child_id answered_date informant_code is_follow_up_form emotional_points conduct_points hyper_points peer_points "
    "prosocial_points total_points impact_points"
)
POINTS = "child_id informant_code total_points emotional_points peer_points impact_points score_source"


def delivered(*rows, answers=()):
    """A warehouse built from forms delivered as points, a row each with the columns of DELIVERED, and others with answers."""
    tables = {"children": CHILDREN, "sdq_scores": "\n".join([DELIVERED, *rows])}
    if answers:
        tables["sdq_answers"] = forms_drawn(*answers)
    return built(tables)


def test_delivered_points_become_the_same_core_row_and_nothing_is_filled_in():
    connection = delivered(
        "anna 2025-01-10 parent  - 3 2 5 1 8 11 4",  # everything
        "bo   2025-01-10 parent  - - - - - - 14 -",  # a total only
        "cleo 2025-01-10 teacher - 3 2 5 1 - -  -",  # four scales: 3 + 2 + 5 + 1
        "dan  2025-01-10 self    - 3 2 - 1 - -  2",  # one of the four missing, so no total
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_sdq_score",
        f"""
        {POINTS} internalising_points externalising_points prosocial_points missing_items_count version_code
        anna parent  11 3 1 4 delivered 4 7 8 - -
        bo   parent  14 - - - delivered - - - - -
        cleo teacher 11 3 1 - delivered 4 7 - - -
        dan  self    -  3 1 2 delivered 4 - - - -
        """,
    )
    assert not any(found_by(check, connection) for check in check_names("sdq_"))


def test_answers_win_over_points_on_the_same_form_and_a_difference_is_told():
    connection = delivered(
        "anna 2025-01-10 parent - 8 0 0 0 0 8 -",  # what the answers say too
        "bo   2025-01-10 parent - - - - - - 9 -",  # the answers say 8
        "cleo 2025-01-10 parent - 7 1 0 0 0 8 -",  # the same total, other scales
        "dan  2025-01-11 parent - - - - - - 9 -",  # another day: another form
        answers=[scored_form(child, "2025-01-10", "parent", 8) for child in ("anna", "bo", "cleo", "dan")],
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_sdq_score",
        """
        child_id answered_date total_points score_source has_other_points_delivered
        anna     2025-01-10    8            answers      False
        bo       2025-01-10    8            answers      True
        cleo     2025-01-10    8            answers      True
        dan      2025-01-10    8            answers      False
        dan      2025-01-11    9            delivered    False
        """,
    )


def test_a_delivered_total_does_not_stand_in_for_answers_that_are_too_few():
    too_few = scored_form("anna", "2025-01-10", "parent", 8)
    for place in range(3):
        too_few[4 + NAMES.index(items_of("peer")[place])] = "-"
    connection = delivered("anna 2025-01-10 parent - - - - - - 9 -", answers=[too_few])
    assert_rows(
        connection,
        "SELECT * FROM core.fct_sdq_score",
        """
        child_id total_points emotional_points score_source has_other_points_delivered
        anna     -            8                answers      True
        """,
    )


def test_a_pair_may_have_one_form_of_each_kind():
    # 8 -> 5; a total is enough for a pair, but not for a change in strengths
    connection = delivered(
        "anna 2025-07-10 parent true - - - - - 5 -",
        answers=[scored_form("anna", "2025-01-10", "parent", 8)],
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_sdq_pair",
        """
        child_id first_total_points second_total_points change_points second_prosocial_points is_second_follow_up_form
        anna     8                  5                   -3            -                       True
        """,
    )
    row = connection.execute(
        "SELECT children_count, change_mean_points, first_prosocial_mean_points FROM marts.mart_sdq_change "
        "WHERE area_kind = 'municipality'"
    ).fetchone()
    assert row == (1, 5 - 8, None)


def test_a_corrected_row_of_points_replaces_the_one_before_it():
    connection = empty_warehouse()
    fill(connection, "children", CHILDREN)
    fill(connection, "sdq_scores", f"{DELIVERED}\nanna 2025-01-10 parent - - - - - - 9 -")
    connection.execute("UPDATE typed.sdq_scores SET valid_to = TIMESTAMP '2026-10-02'")
    fill(connection, "sdq_scores", f"{DELIVERED}\nanna 2025-01-10 parent - - - - - - 7 -")
    connection = built_when_named(connection)
    assert connection.execute("SELECT total_points FROM core.fct_sdq_score").fetchall() == [(7,)]


def test_the_check_sees_points_that_do_not_belong_together():
    """What wrong rows would do if intake let them through: each word is a child of its own."""
    right = """
        right     2025-01-10 parent  - 3 2 5 1 8 11 4
        fourth-6  2025-01-10 parent  - 3 2 - 1 8 6  4
        fourth-16 2025-01-10 parent  - 3 2 - 1 8 16 4
        alone     2025-01-10 parent  - - - - - - 40 -
    """
    # 3 + 2 + 5 + 1 = 11; a missing fourth scale adds 0 to 10 to 3 + 2 + 1 = 6; 3 and three scales are 33 at most;
    # a teacher's impact ends at 6, and a scale at 10
    wrong = """
        sum-12    2025-01-10 parent  - 3 2 5 1 8 12 4
        fourth-5  2025-01-10 parent  - 3 2 - 1 8 5  4
        fourth-17 2025-01-10 parent  - 3 2 - 1 8 17 4
        three-34  2025-01-10 parent  - 3 - - - 8 34 4
        impact-7  2025-01-10 teacher - 3 2 5 1 8 11 7
        scale-11  2025-01-10 parent  - 11 2 5 1 8 19 4
    """
    found = found_by("sdq_score_out_of_range", delivered(right, wrong), columns="child_id")
    children = [line.split()[0] for line in wrong.strip().splitlines()]
    assert Counter(child for (child,) in found) == Counter(child_id(child) for child in children)
