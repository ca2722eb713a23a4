"""Clubs beside school: who goes there, with what support, read from the clean files."""

from collections import Counter
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

Row = dict[str, Any]


@pytest.fixture(scope="module")
def kinds(made: Any) -> dict[str, str]:
    return {row["institution_code"]: row["institution_type_code"] for row in made.rows["institutions"]}


@pytest.fixture(scope="module")
def clubs(made: Any, kinds: dict[str, str]) -> list[Row]:
    return [row for row in made.rows["school_placements"] if kinds[row["institution_code"]] in ("club", "special_club")]


def test_every_kind_of_place_in_a_club_is_there(clubs: list[Row], kinds: dict[str, str]) -> None:
    found = Counter(
        (kinds[row["institution_code"]], row["class_type_code"], (row["support_hours_per_week"] or 0) >= 9)
        for row in clubs
    )
    assert set(found) == {
        ("club", "93", False),
        ("club", "93", True),
        ("club", "94", False),
        ("special_club", "94", False),
    }
    assert any(0 < (row["support_hours_per_week"] or 0) < 9 for row in clubs)


def test_a_club_is_for_pupils_up_to_grade_seven_and_goes_with_a_school(
    made: Any, clubs: list[Row], kinds: dict[str, str]
) -> None:
    """On the first day in the club the child goes to school, in grade 0-7; in the special club it is in a special school."""
    places: dict[str, list[Row]] = {}
    for row in made.rows["school_placements"]:
        if row["grade_number"] is not None:
            places.setdefault(row["child_id"], []).append(row)
    for row in clubs:
        day = row["start_date"]
        (school,) = (
            place for place in places[row["child_id"]] if place["start_date"] <= day <= (place["end_date"] or date.max)
        )
        assert 0 <= school["grade_number"] <= 7
        assert (kinds[row["institution_code"]] == "special_club") == (
            school["class_type_code"] == "29"
            or kinds[school["institution_code"]] in ("special_school", "day_treatment")
        )


def test_nobody_is_in_two_clubs_and_who_moves_away_leaves(made: Any, clubs: list[Row]) -> None:
    homes: dict[str, date] = {}
    for row in made.rows["children"]:
        homes[row["child_id"]] = max(homes.get(row["child_id"], date.min), row["resident_to_date"] or date.max)
    of_child: dict[str, list[tuple[date, date]]] = {}
    for row in clubs:
        until = row["end_date"] or date.max
        assert until <= homes[row["child_id"]]
        assert row["grade_number"] is None
        assert row["paying_municipality_code"] is None
        of_child.setdefault(row["child_id"], []).append((row["start_date"], until))
    for spells in of_child.values():
        ordered = sorted(spells)
        assert all(before[1] < after[0] for before, after in pairwise(ordered))
    pupils = {row["child_id"] for row in made.rows["school_placements"] if (row["grade_number"] or 9) <= 7}
    assert 0.4 < len(of_child) / len(pupils) < 0.75


def test_support_in_the_ordinary_group_of_a_daycare_has_a_class_type_of_its_own(made: Any) -> None:
    supported = [row for row in made.rows["school_placements"] if row["class_type_code"] == "92"]
    assert supported
    assert all(row["support_hours_per_week"] >= 9 and row["grade_number"] is None for row in supported)
