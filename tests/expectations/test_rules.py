"""Which expectations are let through, and how are they said in Danish?"""

import dataclasses
from typing import Any

import pytest

from pipelines.contracts import Column, Contract, Expectation
from pipelines.errors import ContractError
from pipelines.expectations import rules


def column(name: str, title: str, classification: str = "internal") -> Column:
    return Column(name, title, "", "INTEGER", "integer", False, classification)


def contract(*expectations: Expectation) -> Contract:
    return Contract(
        contract_id="visits",
        kind="source",
        version="1.0.0",
        title="Besøg",
        description="",
        retention="1 år",
        columns=(
            column("visit_id", "Besøg"),
            column("first_count", "Første"),
            column("second_count", "Andet"),
            column("score", "Score", "sensitive"),
            column("child_id", "Barn", "pseudonym"),
        ),
        business_key=("visit_id",),
        row_checks=(),
        expectations=expectations,
        checksum="",
    )


def expectation(kind: str, **arguments: Any) -> Expectation:
    return Expectation("rule", kind, arguments, "error", "Det går galt.")


SENTENCES = {
    "expect_table_row_count_to_be_between": ({"min_value": 1}, "Antallet af rækker er mindst 1."),
    "expect_table_row_count_to_equal": ({"value": 98}, "Antallet af rækker er 98."),
    "expect_column_values_to_not_be_null": (
        {"column": "score", "mostly": 0.995},
        "Score er udfyldt i mindst 99,5 procent af rækkerne.",
    ),
    "expect_column_values_to_be_null": ({"column": "score"}, "Score er tom."),
    "expect_column_values_to_be_between": (
        {"column": "score", "min_value": "2002-01-01", "max_value": "2040-12-31"},
        "Score er mellem 01-01-2002 og 31-12-2040.",
    ),
    "expect_column_values_to_be_in_set": ({"column": "score", "value_set": [0, 1, 2]}, "Score er en af: 0, 1, 2."),
    "expect_column_values_to_not_be_in_set": ({"column": "score", "value_set": [9]}, "Score er ikke 9."),
    "expect_column_values_to_match_regex": (
        {"column": "score", "regex": "^[0-2]$"},
        "Score passer til mønsteret ^[0-2]$.",
    ),
    "expect_column_values_to_not_match_regex": (
        {"column": "score", "regex": "x"},
        "Score passer ikke til mønsteret x.",
    ),
    "expect_column_values_to_be_unique": ({"column": "child_id"}, "Barn er forskellig fra række til række."),
    "expect_compound_columns_to_be_unique": (
        {"column_list": ["child_id", "visit_id"]},
        "Barn, Besøg er tilsammen forskellige fra række til række.",
    ),
    "expect_column_value_lengths_to_be_between": (
        {"column": "visit_id", "max_value": 20},
        "Antallet af tegn i Besøg er højst 20.",
    ),
    "expect_column_pair_values_a_to_be_greater_than_b": (
        {"column_A": "first_count", "column_B": "second_count", "or_equal": True},
        "Første er større end eller lig med Andet.",
    ),
    "expect_column_pair_values_to_be_equal": (
        {"column_A": "first_count", "column_B": "second_count"},
        "Første er lig med Andet.",
    ),
    "expect_multicolumn_sum_to_equal": (
        {"column_list": ["first_count", "second_count"], "sum_total": 0.5},
        "Summen af Første, Andet er 0,5.",
    ),
}


def test_every_allowed_expectation_has_a_sentence_here() -> None:
    assert set(SENTENCES) == rules.ON_OTHER_COLUMNS | rules.ON_TABLES


@pytest.mark.parametrize("kind", sorted(SENTENCES))
def test_requirement_in_danish(kind: str) -> None:
    arguments, sentence = SENTENCES[kind]
    rule = expectation(kind, **arguments)
    rules.check_expectations(contract(rule))
    assert rules.requirement(rule, contract(rule)) == sentence


@pytest.mark.parametrize("column_name", ["score", "child_id"])
@pytest.mark.parametrize("kind", sorted(rules.ON_OTHER_COLUMNS - rules.ON_SENSITIVE_COLUMNS))
def test_on_sensitive_columns_only_null_range_set_pattern_and_uniqueness(kind: str, column_name: str) -> None:
    arguments: dict[str, Any] = {"column": column_name}
    if "pair" in kind:
        arguments = {"column_A": "first_count", "column_B": column_name}
    if "multicolumn" in kind:
        arguments = {"column_list": ["first_count", column_name]}
    with pytest.raises(ContractError, match=rf"rule bruger {kind}, som kan vise værdier .* på {column_name}"):
        rules.check_expectations(contract(expectation(kind, **arguments)))


@pytest.mark.parametrize(
    "kind",
    [
        "expect_column_mean_to_be_between",
        "expect_column_min_to_be_between",
        "expect_column_distinct_values_to_be_in_set",
        "expect_column_most_common_value_to_be_in_set",
        "expect_column_quantile_values_to_be_between",
        "unexpected_rows_expectation",
    ],
)
@pytest.mark.parametrize("column_name", ["first_count", "score"])
def test_expectations_that_answer_with_values_are_refused_everywhere(kind: str, column_name: str) -> None:
    with pytest.raises(ContractError, match="som kan vise værdier"):
        rules.check_expectations(contract(expectation(kind, column=column_name)))


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (
            expectation("expect_column_values_to_not_be_null", column="height"),
            "rule peger på ukendte kolonner: height",
        ),
        (
            expectation("expect_column_values_to_not_be_null", column="score", result_format="COMPLETE"),
            "rule må ikke sætte result_format",
        ),
        (
            dataclasses.replace(expectation("expect_table_row_count_to_be_between", min_value=1), explanation=" "),
            "rule mangler en dansk forklaring",
        ),
    ],
)
def test_faults_are_named(rule: Expectation, fault: str) -> None:
    with pytest.raises(ContractError, match=f"Kontrakten visits, kvalitetsregler: .*{fault}"):
        rules.check_expectations(contract(rule))


def test_all_faults_of_a_contract_are_told_at_once() -> None:
    unsafe = expectation("expect_column_mean_to_be_between", column="score")
    unknown = expectation("expect_column_values_to_not_be_null", column="height")
    with pytest.raises(ContractError) as caught:
        rules.check_expectations(contract(unsafe, unknown))
    assert "expect_column_mean_to_be_between" in str(caught.value)
    assert "height" in str(caught.value)
    assert "navnet rule er brugt to gange" in str(caught.value)
