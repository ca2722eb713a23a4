"""SDQ scoring and pairing: the traps of the official rules, and a second road to every scale."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.codes import load_code_table
from pipelines.errors import CheckError
from pipelines.transform import build, run_checks
from tests.sql.drawn import assert_rows, built, child_id, empty_warehouse, fill

ITEMS = load_code_table("sdq_items").rows
NAMES = [row["code"] for row in ITEMS]
SCALES = ("emotional", "conduct", "hyper", "peer", "prosocial")
IMPACT = ("distres", "imphome", "impfrie", "impclas", "impleis")
CHILDREN = """
child_id birth_date  home_district_code resident_from_date
anna     2014-05-01  NORD               2014-05-01
bo       2014-05-01  NORD               2014-05-01
cleo     2014-05-01  SYD                2014-05-01
dan      2014-05-01  SYD                2014-05-01
"""


def items_of(scale):
    return [row["code"] for row in ITEMS if row["scale_code"] == scale]


def form(*, informant="parent", **answers):
    """One filled-in form as drawn text: every item 0 (reversed items 2, so that they count 0) unless given."""
    plain = {row["code"]: 2 if row["is_reversed"] == "true" else 0 for row in ITEMS} | answers
    cells = {"child_id": "anna", "answered_date": "2025-09-01", "informant_code": informant, **plain}
    return " ".join(cells) + "\n" + " ".join("-" if cell is None else str(cell) for cell in cells.values())


def scores(**answers):
    connection = built({"children": CHILDREN, "sdq_answers": form(**answers)})
    cursor = connection.execute("SELECT * FROM core.fct_sdq_score")
    return dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))


def test_a_form_without_difficulties_scores_zero_on_all_scales():
    scored = scores()
    assert [scored[f"{scale}_points"] for scale in SCALES] == [0, 0, 0, 0, 0]
    assert scored["total_points"] == 0
    assert scored["answered_items_count"] == 25


def test_reversed_items_count_backwards():
    # obeys is reversed: 0 counts 2; the other four conduct items count 0
    assert scores(obeys=0)["conduct_points"] == 2 - 0
    assert scores(obeys=2)["conduct_points"] == 2 - 2


def test_a_missing_reversed_item_is_missing_and_not_two():
    # four items left, tantrum 1: 1 * 5/4 = 1.25 -> 1
    assert scores(obeys=None, tantrum=1)["conduct_points"] == 1
    assert scores(obeys=None)["conduct_points"] == 0


def test_half_points_round_up():
    # four of five answered, sum 2: 2 * 5/4 = 2.5 -> 3 (half to even would give 2); sum 6: 7.5 -> 8
    assert scores(afraid=None, somatic=2)["emotional_points"] == 3
    assert scores(afraid=None, somatic=2, worries=2, unhappy=2)["emotional_points"] == 8


def test_the_official_example_four_points_on_three_items_is_seven():
    # 4 * 5/3 = 6.67 -> 7
    assert scores(afraid=None, clingy=None, somatic=2, worries=2)["emotional_points"] == 7


def test_a_scale_with_two_answers_is_missing_and_so_is_the_total():
    scored = scores(afraid=None, clingy=None, unhappy=None, somatic=2)
    assert scored["emotional_points"] is None
    assert scored["total_points"] is None
    assert scored["internalising_points"] is None
    assert scored["externalising_points"] == 0


def test_prosocial_never_enters_the_total():
    # the form without difficulties has every prosocial item 0; raising them leaves the total
    scored = scores(consid=2, shares=2, caring=2, kind=2, helpout=None)
    assert scored["prosocial_points"] == 10
    assert scored["total_points"] == 0
    assert scores(consid=None, shares=None, caring=None)["total_points"] == 0


@pytest.mark.parametrize(
    ("informant", "answers", "expected"),
    [
        # 0 and 1 count 0, 2 counts 1, 3 counts 2
        (
            "parent",
            {"ebddiff": 2, "distres": 3, "imphome": 2, "impfrie": 1, "impclas": 0, "impleis": 3},
            2 + 1 + 0 + 0 + 2,
        ),
        ("self", {"ebddiff": 1, "distres": 3, "imphome": 3, "impfrie": 3, "impclas": 3, "impleis": 3}, 5 * 2),
        # "no" to the first question forces 0, with or without the rest
        ("parent", {"ebddiff": 0, "distres": 3, "imphome": 3}, 0),
        ("parent", {"ebddiff": 0}, 0),
        # one answered: the unanswered count 0; none answered: missing
        ("parent", {"ebddiff": 2, "distres": 2}, 1),
        ("parent", {"distres": 2}, 1),
        ("parent", {"ebddiff": 2}, None),
        ("parent", {}, None),
        # the teacher form has three items; home and leisure are not counted
        ("teacher", {"ebddiff": 2, "distres": 3, "imphome": 3, "impfrie": 2, "impclas": 3, "impleis": 3}, 2 + 1 + 2),
        ("teacher", {"ebddiff": 2, "imphome": 3, "impleis": 3}, None),
    ],
)
def test_impact_follows_the_official_rule(informant, answers, expected):
    assert scores(informant=informant, **answers)["impact_points"] == expected


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.sampled_from([0, 1, 2, None]), min_size=25, max_size=25), min_size=20, max_size=20))
def test_every_scale_equals_a_second_road_from_the_code_table(forms):
    """The SQL writes the items out; codes/sdq_items.csv says scale and reversal of each. Fractions, no floats."""
    connection = empty_warehouse()
    names, marks = ", ".join(NAMES), ", ".join("?" for _ in NAMES)
    for number, answers in enumerate(forms):
        connection.execute(
            f"INSERT INTO typed.sdq_answers (child_id, answered_date, informant_code, {names}) VALUES (?, ?, ?, {marks})",
            [str(child_id(f"child{number}")), date(2025, 9, 1), "parent", *answers],
        )
    build(connection)
    for number, answers in enumerate(forms):
        by_name = dict(zip(NAMES, answers, strict=True))
        expected = []
        for scale in SCALES:
            counted = [
                2 - by_name[row["code"]] if row["is_reversed"] == "true" else by_name[row["code"]]
                for row in ITEMS
                if row["scale_code"] == scale and by_name[row["code"]] is not None
            ]
            prorated = Fraction(5 * sum(counted), len(counted)) if len(counted) >= 3 else None
            expected.append(None if prorated is None else int(prorated + Fraction(1, 2)))
        total = None if None in expected[:4] else sum(expected[:4])
        found = connection.execute(
            f"SELECT {', '.join(f'{scale}_points' for scale in SCALES)}, total_points FROM core.fct_sdq_score WHERE child_id = ?",
            [str(child_id(f"child{number}"))],
        ).fetchone()
        assert found == (*expected, total)


def scored_form(child, answered, informant, total, *, is_follow_up="-"):
    """A form with a given total (0 to 10, all on the emotional scale): somatic ... afraid take two points at a time."""
    points = dict.fromkeys(NAMES, 0) | {row["code"]: 2 for row in ITEMS if row["is_reversed"] == "true"}
    for name in items_of("emotional"):
        points[name] = min(2, total)
        total -= points[name]
    return [child, answered, informant, is_follow_up, *map(str, points.values())]


def forms_drawn(*rows):
    header = ["child_id", "answered_date", "informant_code", "is_follow_up_form", *NAMES]
    return "\n".join(" ".join(row) for row in [header, *rows])


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


def test_a_corrected_form_replaces_the_one_before_it():
    connection = empty_warehouse()
    fill(connection, "children", CHILDREN)
    fill(connection, "sdq_answers", forms_drawn(scored_form("anna", "2025-01-10", "parent", 8)))
    connection.execute("UPDATE typed.sdq_answers SET valid_to = TIMESTAMP '2026-10-02'")
    fill(connection, "sdq_answers", forms_drawn(scored_form("anna", "2025-01-10", "parent", 2)))
    build(connection)
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
        {POINTS} internalising_points externalising_points prosocial_points answered_items_count version_code
        anna parent  11 3 1 4 delivered 4 7 8 - -
        bo   parent  14 - - - delivered - - - - -
        cleo teacher 11 3 1 - delivered 4 7 - - -
        dan  self    -  3 1 2 delivered 4 - - - -
        """,
    )
    run_checks(connection)


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
    build(connection)
    assert connection.execute("SELECT total_points FROM core.fct_sdq_score").fetchall() == [(7,)]


@pytest.mark.parametrize(
    ("row", "is_wrong"),
    [
        ("anna 2025-01-10 parent  - 3 2 5 1 8 11 4", False),
        ("anna 2025-01-10 parent  - 3 2 5 1 8 12 4", True),  # 3 + 2 + 5 + 1 = 11
        ("anna 2025-01-10 parent  - 3 2 - 1 8 12 4", False),  # a total beside three scales cannot be judged
        ("anna 2025-01-10 teacher - 3 2 5 1 8 11 7", True),  # a teacher's impact ends at 6
        ("anna 2025-01-10 parent  - 11 2 5 1 8 19 4", True),  # a scale ends at 10
    ],
)
def test_the_check_sees_points_that_do_not_belong_together(row, is_wrong):
    """What a wrong row would do if intake let it through."""
    connection = delivered(row)
    if is_wrong:
        with pytest.raises(CheckError, match="SDQ-tal ligger uden for skalaen"):
            run_checks(connection)
    else:
        run_checks(connection)
