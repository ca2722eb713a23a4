"""All children of a grade: told from counts of first forms, and then the only ones compared."""

from dataclasses import replace

import pytest

from pipelines.evaluation.children import StudyChildren
from pipelines.evaluation.whole_grades import fewest_measured, only_grades, whole_grades
from tests.evaluation.drawn_study import child, children

PUPILS = {("R1", 3): 10, ("S1", 3): 10, ("R1", 5): 10, ("S1", 5): 10, ("V1", 3): 40}
"""V1 has neither model: nobody there is in the study."""


def measured(counts: dict[tuple[str, int | None], int]) -> StudyChildren:
    drawn = [
        child(cluster, 10, 8, grade=grade, is_treated=cluster == "R1")
        for (cluster, grade), count in counts.items()
        for _ in range(count)
    ]
    return replace(children(*drawn), pupils=PUPILS)


@pytest.mark.parametrize(
    ("counts", "grades"),
    [
        ({("R1", 3): 10, ("S1", 3): 9, ("R1", 5): 2}, (3,)),  # 9 of 10 is just enough
        ({("R1", 3): 10, ("S1", 3): 8, ("R1", 5): 2}, ()),
        ({("R1", 3): 10, ("R1", 5): 10, ("R1", None): 30}, ()),  # under one model alone
        (
            {("R1", 3): 9, ("S1", 3): 9, ("R1", 5): 10, ("S1", 5): 12},
            (3, 5),
        ),  # some moved away after they were measured
    ],
)
def test_a_grade_is_whole_where_nine_of_ten_are_measured_under_both_models(
    counts: dict[tuple[str, int | None], int], grades: tuple[int, ...]
) -> None:
    assert whole_grades(measured(counts), least_share=0.9) == grades


def test_the_children_of_whole_grades_and_their_classmates_are_what_is_compared() -> None:
    found = measured({("R1", 3): 10, ("S1", 3): 9, ("R1", 5): 2, ("S1", None): 4})
    chosen = only_grades(found, (3,))
    assert [one.grade for one in chosen.children] == [3] * 19
    assert chosen.at_risk == {"R1": 10, "S1": 10, "V1": 40}
    assert only_grades(found, ()) is found
    # meetings are counted on all children of a district, whoever is compared
    assert (chosen.children_of("R1"), found.children_of("R1"), chosen.children_of("nowhere")) == (100, 100, 0)


def test_a_wholly_measured_grade_tells_how_many_are_measured_at_the_least() -> None:
    found = replace(measured({}), pupils={("R1", 3): 37, ("R1", 5): 10})
    # 34 of 37 are 91.9 per cent, 33 of 37 are 89.2
    assert fewest_measured(found, "R1", (3, 5), least_share=0.9) == 34 + 9
    assert fewest_measured(found, "S1", (3,), least_share=0.9) == 0


def test_without_pupils_no_grade_is_whole() -> None:
    assert whole_grades(children(child("R1", 10, 8, grade=3), child("S1", 10, 8, grade=3)), least_share=0.9) == ()
