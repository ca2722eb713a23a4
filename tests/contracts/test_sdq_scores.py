"""Are wrong rows of scored SDQ forms refused by their own rules, each with words that name no value?"""

import duckdb
import pytest

from pipelines.contracts import Column, RowCheck, source_contract

CONTRACT = source_contract("sdq_scores")
SCALES = ("emotional_points", "conduct_points", "hyper_points", "peer_points")
RIGHT = {
    "informant_code": "parent", "emotional_points": 3, "conduct_points": 2, "hyper_points": 5, "peer_points": 1,
    "prosocial_points": 8, "total_points": 3 + 2 + 5 + 1, "impact_points": 4,
}  # fmt: skip
NOTHING = dict.fromkeys(RIGHT) | {"informant_code": "parent"}


def broken_rules(row: dict[str, object]) -> list[str]:
    """The ids of the rules that a row of values breaks, in the order of the contract."""
    columns = ", ".join(f"?::{column.physical_type} AS {column.name}" for column in CONTRACT.columns)
    rules = ", ".join(f"coalesce({check.wrong_when}, false)" for check in CONTRACT.row_checks)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT {rules} FROM (SELECT {columns})", [row.get(column.name) for column in CONTRACT.columns]
        ).fetchone()
    assert found is not None
    return [check.check_id for check, is_wrong in zip(CONTRACT.row_checks, found, strict=True) if is_wrong]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"total_points": 12}, ["total_is_not_the_sum_of_the_scales"]),
        ({"total_points": 11 + 8}, ["total_is_not_the_sum_of_the_scales"]),  # strengths counted in
        ({"total_points": None}, []),
        # 3 + 2 + 5 = 10 and a fourth scale of 0 to 10: from 10 to 20
        ({"total_points": 9, "peer_points": None}, ["total_leaves_no_room_for_the_missing_scales"]),
        ({"total_points": 10, "peer_points": None}, []),
        ({"total_points": 20, "peer_points": None}, []),
        ({"total_points": 21, "peer_points": None}, ["total_leaves_no_room_for_the_missing_scales"]),
        # 5 and two others: from 5 to 25
        ({"total_points": 25, "emotional_points": None, "conduct_points": None, "peer_points": 0}, []),
        (
            {"total_points": 26, "emotional_points": None, "conduct_points": None, "peer_points": 0},
            ["total_leaves_no_room_for_the_missing_scales"],
        ),
        ({"informant_code": "teacher", "impact_points": 6}, []),
        ({"informant_code": "teacher", "impact_points": 7}, ["teacher_impact_above_six"]),
        ({"informant_code": "self", "impact_points": 10}, []),
        ({"version_code": None, "is_follow_up_form": None, "institution_code": None}, []),
    ],
)
def test_a_row_with_all_scales(changes: dict[str, object], expected: list[str]) -> None:
    assert broken_rules(RIGHT | changes) == expected


@pytest.mark.parametrize("name", [*SCALES, "prosocial_points", "total_points", "impact_points"])
def test_one_figure_alone_is_enough(name: str) -> None:
    assert broken_rules(NOTHING | {name: 0}) == []


def test_a_row_without_any_figure_is_refused() -> None:
    assert broken_rules(NOTHING) == ["no_scores_at_all"]


@pytest.mark.parametrize(
    ("name", "highest"),
    [*((name, 10) for name in (*SCALES, "prosocial_points", "impact_points")), ("total_points", 40)],
)
def test_figures_begin_at_0_and_end_where_the_form_ends(name: str, highest: int) -> None:
    column: Column = CONTRACT.column(name)
    assert (column.parse, column.minimum, column.maximum, column.unit) == ("integer", 0, highest, "points")


@pytest.mark.parametrize("check", CONTRACT.row_checks, ids=lambda check: check.check_id)
def test_a_rule_explains_itself_in_danish_by_titles_and_limits(check: RowCheck) -> None:
    """The error list says what kind of thing was found and never a value, so the rule's own words must be enough."""
    words = f"{check.expected} {check.advice}"
    assert check.advice.endswith(".")
    assert not any(column.name in words for column in CONTRACT.columns)
    assert "point" not in words


def test_the_columns_that_head_a_form_are_those_of_the_answers() -> None:
    """The same form may come both ways; what says which form it is must mean the same in both."""
    answers = source_contract("sdq_answers")
    shared = [column for column in CONTRACT.columns if not column.name.endswith("_points")]
    assert CONTRACT.business_key == answers.business_key
    for column in shared:
        other = answers.column(column.name)
        assert (column.aliases, column.parse, column.code_table, column.pattern, column.is_required) == (
            other.aliases, other.parse, other.code_table, other.pattern, other.is_required,
        )  # fmt: skip
