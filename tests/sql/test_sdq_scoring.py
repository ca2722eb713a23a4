"""Is every SDQ form scored by the official rules? Named traps, a second road in Python, and wrong variants that must be caught.

The traps are those that public scorers fall into; each is one form with the points it must give, worked out in the comment.
The second road (`independent_scorer`) is written from the rules. A wrong variant of the SQL must be caught by a named trap.
"""

import uuid
from dataclasses import dataclass, fields
from functools import cache
from itertools import product
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.assets import asset_root
from pipelines.codes import load_code_table
from pipelines.contracts import source_contract
from tests.sql.independent_scorer import (
    IMPACT_NUMBERS,
    NUMBERS_OF_SCALE,
    SHORT_NAMES,
    TURNED_NUMBERS,
    Score,
    score,
)

SQL = (asset_root("sql") / "core" / "fct_sdq_scored_form.sql").read_text(encoding="utf-8")
ITEM_NUMBERS = tuple(range(1, 26))
ANSWER_NUMBERS = tuple(SHORT_NAMES)
SCORED = tuple(field.name for field in fields(Score))
NO_DIFFICULTIES: dict[int, int | None] = {number: 2 if number in TURNED_NUMBERS else 0 for number in ITEM_NUMBERS}


@dataclass(frozen=True)
class Form:
    """One form: what is answered, by whom, on which age form."""

    answers: dict[int, int | None]
    informant: str = "parent"
    version: str = "4-10"
    is_follow_up: bool = False


@cache
def warehouse() -> duckdb.DuckDBPyConnection:
    """typed.sdq_answers as the contract declares it, empty."""
    connection = duckdb.connect(config={"threads": "1"})
    connection.execute("CREATE SCHEMA typed")
    columns = [f"{column.name} {column.physical_type}" for column in source_contract("sdq_answers").columns]
    connection.execute(f"CREATE TABLE typed.sdq_answers ({', '.join([*columns, 'valid_to TIMESTAMP'])})")
    return connection


def scored(forms: list[Form], sql: str = SQL) -> list[dict[str, Any]]:
    """What the SQL makes of the forms, in their order: every column of the table."""
    connection = warehouse()
    frame = pl.DataFrame(
        {
            "child_id": [str(uuid.UUID(int=place)) for place in range(len(forms))],
            "informant_code": [form.informant for form in forms],
            "version_code": [form.version for form in forms],
            "is_follow_up_form": [form.is_follow_up for form in forms],
            **{
                name: pl.Series([form.answers.get(number) for form in forms], dtype=pl.Int8)
                for number, name in SHORT_NAMES.items()
            },
        }
    )
    connection.register("drawn", frame.to_arrow())
    connection.execute("DELETE FROM typed.sdq_answers")
    connection.execute("INSERT INTO typed.sdq_answers BY NAME SELECT *, DATE '2025-09-01' AS answered_date FROM drawn")
    connection.unregister("drawn")
    cursor = connection.execute(f"SELECT * FROM ({sql}\n) AS scored ORDER BY child_id")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def disagreements(forms: list[Form], sql: str = SQL) -> list[tuple[Form, dict[str, tuple[Any, Any]]]]:
    """Forms on which the SQL and the second road differ: per column what the SQL says and what the rules say."""
    found = []
    for form, row in zip(forms, scored(forms, sql), strict=True):
        expected = score(form.answers, informant=form.informant)
        differing = {
            name: (row[name], getattr(expected, name)) for name in SCORED if row[name] != getattr(expected, name)
        }
        if differing:
            found.append((form, differing))
    return found


# ---------------------------------------------------------------------------------------------------------------- traps


@dataclass(frozen=True)
class Trap:
    """A form that public scorers get wrong, and what it must give."""

    form: Form
    expected: dict[str, Any]


def trap(
    changes: dict[int, int | None], informant: str = "parent", version: str = "4-10", **expected: int | bool | None
) -> Trap:
    """A form without difficulties but for the changes."""
    return Trap(Form(NO_DIFFICULTIES | changes, informant, version), expected)


def left_out(*numbers: int) -> dict[int, int | None]:
    return dict.fromkeys(numbers)


TRAPS = {
    "no_difficulties": trap({}, emotional_points=0, conduct_points=0, hyper_points=0, peer_points=0, total_points=0),
    # all five of a scale at 2 points: mean 2 * 5; a scorer that forgets the 5 gives 2
    "scale_is_times_five": trap(dict.fromkeys(NUMBERS_OF_SCALE["emotional"], 2), emotional_points=10, total_points=10),
    # four answered, sum 2: 2 * 5/4 = 2.5 -> 3; half to even gives 2
    "half_rounds_up_from_an_even_number": trap({3: 2, 24: None}, emotional_points=3),
    # four answered, sum 6: 6 * 5/4 = 7.5 -> 8; cutting off or rounding down gives 7
    "half_rounds_up_from_an_odd_number": trap({3: 2, 8: 2, 13: 2, 24: None}, emotional_points=8),
    # the official example: 4 points on 3 items, 4 * 5/3 = 6.67 -> 7
    "official_example": trap({3: 2, 8: 2, 16: None, 24: None}, emotional_points=7, emotional_missing_count=2),
    # 1 * 5/3 = 1.67 -> 2; a left-out item counted as 0 gives 1
    "left_out_items_are_not_zero": trap({3: 1, 16: None, 24: None}, emotional_points=2),
    # 1 * 5/4 = 1.25 -> 1: rounding up always gives 2
    "a_quarter_rounds_down": trap({3: 1, 24: None}, emotional_points=1),
    # item 7 left out: tantrum 1 on four items, 1.25 -> 1; turning a missing answer into 2 gives 3
    "a_left_out_turned_item_is_missing": trap({7: None, 5: 1}, conduct_points=1, conduct_missing_count=1),
    # items 21 and 25 left out: nothing on the three others
    "two_left_out_turned_items_are_missing": trap({21: None, 25: None}, hyper_points=0, hyper_missing_count=2),
    # 11 and 14 answered 1: 2 - 1 = 1 each
    "turned_before_they_are_summed": trap({11: 1, 14: 0}, peer_points=1 + 2),
    # 11 answered 0 and 14 left out: (2) * 5/4 = 2.5 -> 3; summed raw it is 0
    "turned_before_they_are_scaled_up": trap({11: 0, 14: None}, peer_points=3),
    "prosocial_never_enters_the_total": trap(
        dict.fromkeys(NUMBERS_OF_SCALE["prosocial"], 2), prosocial_points=10, total_points=0, internalising_points=0
    ),
    "total_stands_without_prosocial": trap(left_out(1, 4, 9), prosocial_points=None, total_points=0),
    "everything_left_out": Trap(
        Form({}), {"total_points": None, "impact_points": None, "missing_items_count": 25, "impact_missing_count": 5}
    ),
    # impact: 0 and 1 count 0, 2 counts 1, 3 counts 2
    "impact_is_recoded": trap({26: 2, 28: 3, 29: 2, 30: 1, 31: 0, 32: 3}, impact_points=2 + 1 + 0 + 0 + 2),
    "impact_ends_at_ten": trap({26: 3, 28: 3, 29: 3, 30: 3, 31: 3, 32: 3}, "self", "11-17", impact_points=5 * 2),
    "impact_after_no_is_zero": trap({26: 0, 28: 3, 29: 3}, impact_points=0, has_impact_after_no=True),
    # a "no" with items 28 to 32 left out is the ordinary case, and no hole in the form
    "no_alone_is_zero_impact": trap({26: 0}, impact_points=0, impact_missing_count=0, has_impact_after_no=False),
    "partly_missing_impact_counts_what_is_there": trap(
        {26: 2, 28: 2}, impact_points=1, impact_missing_count=4, has_impact_after_no=False
    ),
    "impact_without_the_first_question": trap({28: 2, 29: 3}, impact_points=1 + 2, has_impact_after_no=False),
    "impact_without_answers_is_missing": trap({26: 2}, impact_points=None, impact_missing_count=5),
    # one by one, so that each of the five is counted
    **{f"impact_item_{number}_counts": trap({26: 1, number: 3}, impact_points=2) for number in IMPACT_NUMBERS["self"]},
    # the teacher form has three items: home (29) and leisure (32) are not counted
    "teacher_impact_has_three_items": trap(
        {26: 2, 28: 3, 29: 3, 30: 2, 31: 3, 32: 3}, "teacher", impact_points=2 + 1 + 2, impact_missing_count=0
    ),
    "teacher_impact_ends_at_six": trap({26: 3, **dict.fromkeys((28, 29, 30, 31, 32), 3)}, "teacher", impact_points=6),
    "teacher_impact_of_others_items_is_missing": trap(
        {26: 2, 29: 3, 32: 3}, "teacher", impact_points=None, impact_missing_count=3, has_impact_after_no=False
    ),
    "teacher_no_with_others_items_is_no_warning": trap({26: 0, 29: 3}, "teacher", has_impact_after_no=False),
    # each form has the ordinary key; on 2-4 items 18 and 22 ask for something else and still count in conduct
    **{
        f"form_{version}_has_the_ordinary_key": trap({18: 2, 22: 2, 21: 0}, informant, version, conduct_points=4, hyper_points=2)
        for version, informant in [("2-4", "parent"), ("2-4", "teacher"), ("5-6", "parent"), ("11-17", "self"), ("18+", "self")]
    },
    # every item alone, turned or not, gives its scale 2 and the other four 0
    **{
        f"item_{number}_counts_in_{scale}": trap(
            {number: 0 if number in TURNED_NUMBERS else 2},
            **{f"{name}_points": 2 if name == scale else 0 for name in NUMBERS_OF_SCALE},
        )
        for scale, numbers in NUMBERS_OF_SCALE.items()
        for number in numbers
    },
    # three answers are enough, two are not; total, internalising and externalising go with the scale
    **{
        f"three_answers_are_enough_in_{scale}": trap(left_out(*numbers[:2]), **{f"{scale}_points": 0}, missing_items_count=2)
        for scale, numbers in NUMBERS_OF_SCALE.items()
    },
    **{
        f"two_answers_are_too_few_in_{scale}": trap(
            left_out(*numbers[:3]),
            **{f"{scale}_points": None, f"{scale}_missing_count": 3},
            total_points=0 if scale == "prosocial" else None,
            internalising_points=None if scale in ("emotional", "peer") else 0,
            externalising_points=None if scale in ("conduct", "hyper") else 0,
        )
        for scale, numbers in NUMBERS_OF_SCALE.items()
    },
}  # fmt: skip


def fallen_into(sql: str) -> dict[str, dict[str, tuple[Any, Any]]]:
    """Traps into which this scoring falls: per column what it says and what it must say."""
    fallen = {}
    for (name, one), row in zip(TRAPS.items(), scored([one.form for one in TRAPS.values()], sql), strict=True):
        wrong = {column: (row[column], value) for column, value in one.expected.items() if row[column] != value}
        if wrong:
            fallen[name] = wrong
    return fallen


@cache
def fallen_into_as_it_stands() -> dict[str, dict[str, tuple[Any, Any]]]:
    return fallen_into(SQL)


@pytest.mark.parametrize("name", TRAPS)
def test_trap(name: str) -> None:
    assert TRAPS[name].expected
    assert name not in fallen_into_as_it_stands(), fallen_into_as_it_stands()[name]


def test_the_second_road_falls_into_no_trap_either() -> None:
    for name, one in TRAPS.items():
        made = score(one.form.answers, informant=one.form.informant)
        assert {column: getattr(made, column) for column in one.expected} == one.expected, name


# ---------------------------------------------------------------------------------------------------- the second road


def test_the_second_road_and_the_code_table_name_the_same_items_scales_and_turned_items() -> None:
    rows = load_code_table("sdq_items").rows
    scale_of = {number: scale for scale, numbers in NUMBERS_OF_SCALE.items() for number in numbers}
    written = {(SHORT_NAMES[number], number, scale_of[number], number in TURNED_NUMBERS) for number in ITEM_NUMBERS}
    kept = {(row["code"], int(row["item_number"]), row["scale_code"], row["is_reversed"] == "true") for row in rows}
    assert written == kept


@pytest.mark.parametrize("scale", NUMBERS_OF_SCALE)
def test_every_pattern_of_one_scale_is_scored_alike(scale: str) -> None:
    """All 4^5 patterns of 0, 1, 2 and no answer, the other scales without difficulties."""
    patterns = list(product((0, 1, 2, None), repeat=5))
    forms = [Form(NO_DIFFICULTIES | dict(zip(NUMBERS_OF_SCALE[scale], pattern, strict=True))) for pattern in patterns]
    assert len(forms) == 4**5
    assert disagreements(forms) == []


@pytest.mark.parametrize("informant", IMPACT_NUMBERS)
def test_every_pattern_of_impact_is_scored_alike(informant: str) -> None:
    """All 5^6 patterns of 0 to 3 and no answer on item 26 and the five below it."""
    patterns = product((0, 1, 2, 3, None), repeat=6)
    numbers = (26, 28, 29, 30, 31, 32)
    forms = [Form(dict(zip(numbers, pattern, strict=True)), informant) for pattern in patterns]
    assert disagreements(forms) == []


def whole_forms() -> st.SearchStrategy[Form]:
    answers = st.lists(st.sampled_from((0, 1, 2, None)), min_size=25, max_size=25)
    impact = st.lists(st.sampled_from((0, 1, 2, 3, None)), min_size=6, max_size=6)
    return st.builds(
        lambda given, below, informant, version, is_follow_up: Form(
            dict(zip(ANSWER_NUMBERS, [*given, *below], strict=True)), informant, version, is_follow_up
        ),
        answers,
        impact,
        st.sampled_from(tuple(IMPACT_NUMBERS)),
        st.sampled_from(load_code_table("sdq_versions").codes),
        st.booleans(),
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(whole_forms(), min_size=10, max_size=40))
def test_whole_forms_are_scored_alike(forms: list[Form]) -> None:
    assert disagreements(forms) == []


def test_the_age_form_and_the_follow_up_form_change_no_points() -> None:
    answers = NO_DIFFICULTIES | {3: 1, 8: 2, 18: 2, 22: 1, 21: 0, 14: None, 26: 2, 28: 3}
    forms = [
        Form(answers, "parent", version, is_follow_up)
        for version in load_code_table("sdq_versions").codes
        for is_follow_up in (False, True)
    ]
    rows = scored(forms)
    assert len({tuple(row[name] for name in SCORED) for row in rows}) == 1
    assert [(row["version_code"], row["is_follow_up_form"]) for row in rows] == [
        (form.version, form.is_follow_up) for form in forms
    ]


# ------------------------------------------------------------------------------------------------------- wrong variants


@dataclass(frozen=True)
class Mutation:
    """A small mistake: what stands in the SQL, what stands there instead, and the trap that must catch it."""

    old: str
    new: str
    caught_by: str
    is_everywhere: bool = False


FOUR = "floor((emotional_sum - 20) * 5 / 4 + 0.5)"
THREE = "floor((emotional_sum - 40) * 5 / 3 + 0.5)"
SELF_AND_PARENT = "        + case\n            when informant_code = 'teacher' then 40\n"
TURNED_NAMES = {SHORT_NAMES[number]: number for number in TURNED_NUMBERS}
SCALE_OF = {number: scale for scale, numbers in NUMBERS_OF_SCALE.items() for number in numbers}
MUTATIONS = {
    "rounds half to even": Mutation(
        FOUR, "round_even((emotional_sum - 20) * 5 / 4, 0)", "half_rounds_up_from_an_even_number"
    ),
    "rounds half down": Mutation(FOUR, FOUR.replace("+ 0.5", "+ 0.49"), "half_rounds_up_from_an_odd_number"),
    "cuts fractions off": Mutation(THREE, THREE.replace(" + 0.5", ""), "official_example"),
    "rounds up always": Mutation(FOUR, FOUR.replace("+ 0.5", "+ 0.99"), "a_quarter_rounds_down"),
    "forgets the five": Mutation(
        "when emotional_sum < 20 then emotional_sum", "when emotional_sum < 20 then emotional_sum / 5", "scale_is_times_five"
    ),
    "forgets the five when an item is left out": Mutation(THREE, THREE.replace(" * 5", ""), "official_example"),
    "divides three answers by four": Mutation(THREE, THREE.replace("/ 3", "/ 4"), "official_example"),
    "divides four answers by five": Mutation(FOUR, FOUR.replace("/ 4", "/ 5"), "half_rounds_up_from_an_even_number"),
    "does not scale up": Mutation(THREE, "(emotional_sum - 40)", "left_out_items_are_not_zero"),
    "counts a point for a left-out item": Mutation(FOUR, FOUR.replace("- 20", "- 19"), "a_quarter_rounds_down"),
    "counts a missing scale as 0 in the total": Mutation(
        "    (emotional_points + peer_points) + (conduct_points + hyper_points) as total_points",
        "    (coalesce(emotional_points, 0) + peer_points) + (conduct_points + hyper_points) as total_points",
        "two_answers_are_too_few_in_emotional",
    ),
    "adds prosocial to the total": Mutation(
        "+ hyper_points) as total_points", "+ hyper_points + prosocial_points) as total_points", "prosocial_never_enters_the_total"
    ),
    "forgets a scale in the total": Mutation(
        "(emotional_points + peer_points) + (conduct", "peer_points + (conduct", "scale_is_times_five"
    ),
    "swaps internalising for externalising": Mutation(
        "emotional_points + peer_points as internalising", "emotional_points + hyper_points as internalising",
        "two_answers_are_too_few_in_peer",
    ),
    "counts conduct twice in externalising": Mutation(
        "conduct_points + hyper_points as externalising", "conduct_points + conduct_points as externalising",
        "two_answers_are_too_few_in_hyper",
    ),
    "does not recode impact": Mutation(
        "case when distres < 2 then 0 else coalesce(distres, 21) - 1 end", "coalesce(distres, 20)",
        "impact_is_recoded",
    ),
    "counts 'a little' as 1": Mutation(
        "when impfrie < 2 then 0", "when impfrie < 1 then 0 when impfrie < 3 then 1", "impact_is_recoded"
    ),
    "reads a left-out impact item as answered": Mutation(
        "coalesce(impclas, 21) - 1", "coalesce(impclas, 1) - 1", "partly_missing_impact_counts_what_is_there"
    ),
    "does not hear the no": Mutation("when ebddiff = 0 then cast(0 as tinyint)\n            ", "", "impact_after_no_is_zero"),
    "reads a missing first question as no": Mutation(
        "when ebddiff = 0 then cast(0 as tinyint)\n            when", "when coalesce(ebddiff, 0) = 0 then 0\n            when",
        "impact_without_the_first_question",
    ),
    "gives 0 for no impact answers": Mutation(
        "            when impact_sum < 100 then", "            when true then",
        "impact_without_answers_is_missing",
    ),
    "wants every impact item": Mutation(
        "            when impact_sum < 100 then", "            when impact_missing_count = 0 then",
        "partly_missing_impact_counts_what_is_there",
    ),
    "counts the twenty of a left-out impact item": Mutation(
        "impact_sum % 20", "impact_sum", "partly_missing_impact_counts_what_is_there"
    ),
    "counts home and leisure for teachers": Mutation(
        SELF_AND_PARENT, SELF_AND_PARENT.replace("'teacher'", "'nobody'"), "teacher_impact_has_three_items"
    ),
    "asks teachers for five items": Mutation(
        "case when informant_code = 'teacher' then 2 else 0 end", "0", "teacher_impact_of_others_items_is_missing"
    ),
    "counts parents as teachers": Mutation("= 'teacher'", "<> 'self'", "impact_is_recoded", is_everywhere=True),
    "counts self as teachers": Mutation("= 'teacher'", "<> 'parent'", "impact_ends_at_ten", is_everywhere=True),
    "warns of every no": Mutation(
        "ebddiff = 0 and impact_sum < 100", "ebddiff = 0", "no_alone_is_zero_impact"
    ),
    "never warns": Mutation(
        "ebddiff = 0 and impact_sum < 100", "false", "impact_after_no_is_zero"
    ),
    "calls impact after a no left out": Mutation(
        "case when ebddiff = 0 then 0 else impact_missing_count end", "impact_missing_count", "no_alone_is_zero_impact"
    ),
    **{
        f"does not turn {name}": Mutation(f"2 - {name}, 20", f"{name}, 20", f"item_{number}_counts_in_{SCALE_OF[number]}")
        for name, number in TURNED_NAMES.items()
    },
    **{
        f"turns a missing {name} into 2": Mutation(f"coalesce(2 - {name}, 20)", f"(2 - coalesce({name}, 0))", caught_by)
        for name, caught_by in {
            "obeys": "a_left_out_turned_item_is_missing",
            "reflect": "two_left_out_turned_items_are_missing",
            "attends": "two_left_out_turned_items_are_missing",
            "friend": "two_answers_are_too_few_in_peer",
            "popular": "two_answers_are_too_few_in_peer",
        }.items()
    },
    **{
        f"is content with two answers in {scale}": Mutation(
            f"when {scale}_sum < 60", f"when {scale}_sum < 80", f"two_answers_are_too_few_in_{scale}"
        )
        for scale in NUMBERS_OF_SCALE
    },
    **{
        f"wants four answers in {scale}": Mutation(
            f"when {scale}_sum < 60", f"when {scale}_sum < 40", f"three_answers_are_enough_in_{scale}"
        )
        for scale in NUMBERS_OF_SCALE
    },
    **{
        f"leaves {name} out of its sum": Mutation(
            f"coalesce({name}, 20)", "0", f"item_{number}_counts_in_{SCALE_OF[number]}"
        )
        for number, name in SHORT_NAMES.items()
        if number <= 25 and number not in TURNED_NUMBERS
    },
    "counts lies as hyperactivity": Mutation("coalesce(restles, 20)", "coalesce(lies, 20)", "item_18_counts_in_conduct"),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_variant_is_caught(name: str) -> None:
    mutation = MUTATIONS[name]
    occurrences = SQL.count(mutation.old)
    assert occurrences >= 1, "the SQL no longer says what this variant changes"
    if not mutation.is_everywhere:
        assert occurrences == 1, "the variant must change one place"
    assert mutation.caught_by in fallen_into(SQL.replace(mutation.old, mutation.new))
