"""Forms that came both as answers and as points: where do the two differ, from what likely mistake, and in whose file?"""

import duckdb
import pytest

from tests.sql.drawn import assert_rows, built, built_when_named, empty_warehouse, fill
from tests.sql.drawn_sdq import CHILDREN, NAMES, forms_drawn, scored_form

POINTS = (
    "child_id answered_date informant_code delivery_id emotional_points conduct_points hyper_points peer_points "
    "prosocial_points total_points impact_points"
)
IMPACT = ("ebddiff", "distres", "imphome", "impfrie", "impclas", "impleis")


def form(child: str, *, informant: str = "parent", **answers: str) -> list[str]:
    """A form with no difficulties but these answers; '-' leaves an item out."""
    cells = scored_form(child, "2025-01-10", informant, 0)
    for name in NAMES:
        if name in answers:
            cells[4 + NAMES.index(name)] = answers[name]
    return [*cells, *(answers.get(name, "-") for name in IMPACT)]


def drawn(*forms: list[str]) -> str:
    header, *lines = forms_drawn(*forms).splitlines()
    return "\n".join([f"{header} {' '.join(IMPACT)}", *lines])


def causes(answers: dict[str, str], points: str, *, informant: str = "parent") -> list[tuple[object, ...]]:
    """Scale, our points, theirs and the cause of every difference on one form; `points` as in POINTS from emotional on."""
    connection = built(
        {
            "children": CHILDREN,
            "sdq_answers": drawn(form("anna", informant=informant, **answers)),
            "sdq_scores": f"{POINTS}\nanna 2025-01-10 {informant} D1 {points}",
        }
    )
    return connection.execute(
        "SELECT scale_code, scored_points, delivered_points, cause_code FROM core.fct_sdq_score_difference ORDER BY scale_code"
    ).fetchall()


@pytest.mark.parametrize(
    ("answers", "points", "expected"),
    [
        ({}, "0 0 0 0 0 0 -", []),
        # peer: friend and popular stand as 2 and 2 and count 0; unturned they count 2 + 2, and the total with them. Conduct
        # (obeys 2) and hyper (reflect, attends 2 + 2) likewise
        (
            {},
            "0 2 4 4 0 10 -",
            [
                ("conduct", 0, 2, "reversed_items_not_turned"),
                ("hyper", 0, 4, "reversed_items_not_turned"),
                ("peer", 0, 4, "reversed_items_not_turned"),
                ("total", 0, 2 + 4 + 4, "reversed_items_not_turned"),
            ],
        ),
        # only the total was sent
        ({"obeys": "0"}, "- - - - - 8 -", [("total", 2, 0 + 4 + 4, "reversed_items_not_turned")]),
        # 2 * 5/4 = 2.5
        (
            {"somatic": "2", "afraid": "-"},
            "2 0 0 0 0 2 -",
            [("emotional", 3, 2, "half_not_rounded_up"), ("total", 3, 2, "half_not_rounded_up")],
        ),
        # 6 * 5/4 = 7.5: down to 7; to even it would be 8 and right
        (
            {"somatic": "2", "worries": "2", "unhappy": "2", "afraid": "-"},
            "7 0 0 0 0 7 -",
            [("emotional", 8, 7, "half_not_rounded_up"), ("total", 8, 7, "half_not_rounded_up")],
        ),
        # 4 * 5/3 = 6.67 cut off
        (
            {"somatic": "2", "worries": "2", "clingy": "-", "afraid": "-"},
            "6 0 0 0 0 6 -",
            [("emotional", 7, 6, "fraction_cut_off"), ("total", 7, 6, "fraction_cut_off")],
        ),
        # ... or not scaled up at all
        (
            {"somatic": "2", "worries": "2", "clingy": "-", "afraid": "-"},
            "4 0 0 0 0 4 -",
            [("emotional", 7, 4, "not_scaled_up"), ("total", 7, 4, "not_scaled_up")],
        ),
        # two answers are no scale, and without it there is no total
        (
            {"unhappy": "-", "clingy": "-", "afraid": "-"},
            "0 0 0 0 0 0 -",
            [("emotional", None, 0, "too_few_answers"), ("total", None, 0, "too_few_answers")],
        ),
        ({"consid": "2"}, "0 0 0 0 9 0 -", [("prosocial", 2, 9, "unknown")]),
        # 3 counts 2, 2 counts 1; after a "no" they count nothing
        ({"ebddiff": "0", "distres": "3", "imphome": "2"}, "0 0 0 0 0 0 3", [("impact", 0, 2 + 1, "impact_after_no")]),
        (
            {"ebddiff": "2", "distres": "3", "imphome": "2"},
            "0 0 0 0 0 0 5",
            [("impact", 3, 3 + 2, "impact_not_recoded")],
        ),
        ({"ebddiff": "2"}, "0 0 0 0 0 0 0", [("impact", None, 0, "too_few_answers")]),
    ],
)
def test_a_difference_has_the_first_mistake_that_gives_the_senders_points(
    answers: dict[str, str], points: str, expected: list[tuple[object, ...]]
) -> None:
    assert causes(answers, points) == expected


def test_a_teachers_impact_is_compared_without_home_and_leisure() -> None:
    found = causes({"ebddiff": "2", "distres": "3", "imphome": "3"}, "0 0 0 0 0 0 3", informant="teacher")
    assert found == [("impact", 2, 3, "impact_not_recoded")]


@pytest.fixture
def two_files() -> duckdb.DuckDBPyConnection:
    """Delivery D1 cuts halves off in two of three forms, D2 agrees on its form but for impact; dan came as points only."""
    connection = empty_warehouse()
    connection.execute(
        "INSERT INTO landed.deliveries (delivery_id, file_name) VALUES ('D1', 'skole.csv'), ('D2', 'ppr.csv')"
    )
    fill(connection, "children", CHILDREN)
    half = {"somatic": "2", "afraid": "-"}
    fill(
        connection,
        "sdq_answers",
        drawn(
            form("anna", **half), form("bo", **half), form("cleo"),
            form("cleo", informant="teacher", ebddiff="0", distres="2"),
        ),
    )  # fmt: skip
    fill(
        connection,
        "sdq_scores",
        f"""
        {POINTS}
        anna 2025-01-10 parent  D1 2 0 0 0 0 2 -
        bo   2025-01-10 parent  D1 - - - - - 2 -
        cleo 2025-01-10 parent  D1 0 0 0 0 0 0 -
        cleo 2025-01-10 teacher D2 0 0 0 0 0 0 1
        dan  2025-01-10 parent  D1 9 9 9 9 9 36 9
        """,
    )
    connection = built_when_named(connection)
    return connection


def test_each_file_is_told_how_many_of_its_forms_differ_on_which_scale_and_why(
    two_files: duckdb.DuckDBPyConnection,
) -> None:
    assert_rows(
        two_files,
        "SELECT * FROM marts.mart_sdq_score_differences",
        # bo's row holds no scales, so emotional was compared for two forms of D1
        """
        delivery_id file_name scale_code cause_code          compared_count forms_count mean_difference_points
        D1          skole.csv emotional  half_not_rounded_up 2              1           -1.0
        D1          skole.csv total      half_not_rounded_up 3              2           -1.0
        D2          ppr.csv   impact     impact_after_no     1              1           1.0
        """,
    )


def test_the_gaps_count_forms_that_differ_among_those_that_came_both_ways(two_files: duckdb.DuckDBPyConnection) -> None:
    assert_rows(
        two_files,
        "SELECT * FROM marts.mart_data_gaps WHERE gap_id IN ('sdq_points_disagree', 'sdq_impact_after_no')",
        """
        gap_id              affected_count checked_count
        sdq_points_disagree 3              4
        sdq_impact_after_no 1              4
        """,
    )


def test_the_answers_are_used_and_the_form_is_marked(two_files: duckdb.DuckDBPyConnection) -> None:
    assert_rows(
        two_files,
        "SELECT * FROM core.fct_sdq_score",
        """
        child_id informant_code total_points impact_points score_source has_other_points_delivered has_impact_after_no
        anna     parent         3            -             answers      True                       False
        bo       parent         3            -             answers      True                       False
        cleo     parent         0            -             answers      False                      False
        cleo     teacher        0            0             answers      True                       True
        dan      parent         36           9             delivered    False                      -
        """,
    )


def test_form_quality_counts_what_was_left_out() -> None:
    connection = built(
        {
            "children": CHILDREN,
            "sdq_answers": drawn(
                form("anna", somatic="-", ebddiff="2", distres="3"),  # one item, and four of impact
                form(
                    "bo", unhappy="-", clingy="-", afraid="-", ebddiff="0", distres="2"
                ),  # no emotional scale, no total
                form("cleo", consid="-", shares="-", caring="-", ebddiff="0"),  # no prosocial scale
            ),
            "sdq_scores": f"{POINTS}\ndan 2025-01-10 parent D1 - - - - - 12 -",
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_sdq_form_quality",
        """
        score_source forms_count incomplete_forms_count missing_items_count incomplete_impact_count impact_after_no_count
        answers      3           3                      7                   1                       1
        delivered    1           -                      -                   -                       -
        """,
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_sdq_form_quality",
        """
        score_source emotional_unscored_count peer_unscored_count prosocial_unscored_count total_unscored_count impact_unscored_count
        answers      1                        0                   1                        1                    0
        delivered    1                        1                   1                        0                    1
        """,
    )


def test_a_sum_follows_from_its_points_and_the_number_of_answers() -> None:
    """What core.fct_sdq_score_difference builds on: scaled up, no two sums of as many answers give the same points."""
    for answered in (3, 4, 5):
        for total in range(2 * answered + 1):
            points = int(5 * total / answered + 0.5)
            assert int(points * answered / 5 + 0.5) == total
