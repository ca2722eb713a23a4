"""Is a contract complete: does it say, column by column, what a colleague in five years must know, and how long rows are kept?"""

import re
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
import yaml

from pipelines.assets import asset_root
from pipelines.codes import CodeTable, code_table_names, load_code_table
from pipelines.contracts import Column, Contract, source_contract

OWN_REGISTERS = (
    "children", "institutions", "organisation", "sdq_answers", "sdq_scores", "measures", "school_placements", "reviews",
    "costs", "cost_accounts", "sessions", "session_roles", "session_cases", "agreements", "institution_years", "staffing",
    "support_requests", "handovers", "training", "notifications", "caseload",
)  # fmt: skip
PUBLISHED = ("segregation_figures",)
"""Open figures: kept without limit, and delivered whenever somebody publishes, so no refresh is agreed."""

SOURCES = (*OWN_REGISTERS, *PUBLISHED)
NUMBERS = re.compile(r"TINYINT|SMALLINT|INTEGER|BIGINT|DOUBLE|DECIMAL.*")
UNITS = {
    "points", "grade", "hours per week", "DKK", "minutes", "weeks", "areas", "children", "persons", "percent", "cases", "positions",
}  # fmt: skip
UNIT_BY_ROW = {("segregation_figures", "figure_value"): ("measure_code", "unit_code")}
"""Columns whose unit differs from row to row: the code column beside them, and the attribute of its table that says it."""

DATED_TABLES = {
    "class_types", "forums", "institution_types", "paragraphs", "places", "review_kinds", "rungs", "sdq_versions",
}  # fmt: skip
UNDATED_TABLES = {
    "ladder_bands": "the three bands of one document; another picture is another code",
    "sdq_bands": "published limits; another publication is another norm set",
    "sdq_norm_sets": "publications; a new one is a new code",
    "sdq_norms": "published means and spreads; another survey is another code",
    "sdq_reliabilities": "published reliabilities; another study is another code",
    "consent_statuses": "our own five answers",
    "cross_actions": "the profile's own words",
    "documentation_steps": "the eight steps of one document; other steps are other codes",
    "family_meeting_areas": "the six areas of one document",
    "professions": "kinds of work; a new one is a new code",
    "session_activities": "the ten activities of one document",
    "support_needs": "the five needs of one document",
    "support_roads": "the two roads of one document",
    "training_kinds": "kinds of training; a new one is a new code",
    "confidences": "our own scale",
    "cost_kinds": "accounts or budget",
    "end_reasons": "our own groups of the reasons that case systems give",
    "key_figures": "published figures; another definition is another code",
    "key_figure_lines": "our own parts of the published figures",
    "key_figure_reasons": "our own reasons",
    "key_figure_steps": "our own steps",
    "informants": "a questionnaire has three kinds of informant",
    "models": "the two models compared",
    "municipalities": "numbers are never used again; a reform gives new ones",
    "open_figure_groups": "published groups; a new division is a new code",
    "open_indicators": "published indicators; a new definition is a new code",
    "notification_senders": "our own groups of senders, after the published ones",
    "ownerships": "kinds of owner",
    "prevention_kinds": "the profile's own three words",
    "pupil_groups": "published groups; a new division is a new code",
    "pupil_states": "our own names of where a child is on the reference date",
    "return_judgements": "our own three answers",
    "sdq_difficulty_answers": "numbers on a form",
    "sdq_impact_answers": "numbers on a form",
    "sdq_item_answers": "numbers on a form",
    "sdq_items": "the key of the form, the same for every version",
    "sdq_reference_values": "assumptions with their source; another assumption is another code",
    "definition_steps": "our own order of steps between two definitions",
    "segregation_counting": "what a definition counts; a changed definition is a new code",
    "segregation_definitions": "a changed definition is a new code, so that no series mixes two",
    "segregation_measures": "published measures; a new definition is a new code",
    "rule_statuses": "our own four words for how a definition's rules are known",
    "support_hour_groups": "published groups; a new division is a new code",
    "session_levels": "our own three levels",
    "session_statuses": "our own three states",
    "sexes": "as the civil register has them",
    "unit_kinds": "district or institution",
    "value_statuses": "published or hidden",
}

every_source = pytest.mark.parametrize("source", SOURCES)
every_own_register = pytest.mark.parametrize("source", OWN_REGISTERS)
every_dated_table = pytest.mark.parametrize("name", sorted(DATED_TABLES))


def document(source: str) -> dict[str, Any]:
    """The contract as it stands in its file."""
    path = asset_root("data_contracts") / "sources" / f"{source}.yaml"
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def plain_columns(source: str) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in document(source)["schema"][0]["properties"]}


def has_unit(contract: Contract, column: Column) -> bool:
    if (contract.contract_id, column.name) not in UNIT_BY_ROW:
        return column.unit in UNITS
    beside, attribute = UNIT_BY_ROW[contract.contract_id, column.name]
    return all(row[attribute] for row in load_code_table(str(contract.column(beside).code_table)).rows)


@every_source
def test_every_column_says_what_it_is_in_both_languages_and_how_sensitive(source: str) -> None:
    """Read from the file: the loader would put a default in the place of what is missing."""
    for name, column in plain_columns(source).items():
        assert column["description"].strip()[:1].isupper(), name
        assert column["businessName"].strip(), name
        assert column["businessName"] != name, name
        assert column["classification"] in {"public", "internal", "sensitive", "pseudonym"}, name


@every_source
def test_every_column_has_a_danish_header_and_the_sheet_can_be_filled_in_from_titles(source: str) -> None:
    for column in source_contract(source).columns:
        assert column.aliases, column.name
        assert not re.fullmatch(r"[a-z]+(_[a-z]+)+", column.title), column.name


@every_source
def test_every_number_has_a_unit(source: str) -> None:
    """Codes that are stored as numbers (answers 0, 1, 2) are points too; a number without unit could be summed with any other."""
    contract = source_contract(source)
    numbers = [column for column in contract.columns if NUMBERS.fullmatch(column.physical_type)]
    assert [column.name for column in numbers if not has_unit(contract, column)] == []
    others = [column for column in contract.columns if column not in numbers]
    assert [column.name for column in others if column.unit] == []


def test_the_unit_rule_meets_numbers_of_every_unit() -> None:
    found = {column.unit for source in SOURCES for column in source_contract(source).columns if column.unit}
    assert found == UNITS


@every_source
def test_every_contract_has_a_purpose_a_key_and_a_retention_with_its_ground(source: str) -> None:
    plain, contract = document(source), source_contract(source)
    assert len(plain["description"]["purpose"]) > 30
    assert contract.business_key
    assert re.search(r"Grundlag: .{10,}|ubegrænset: åbne tal", contract.retention)


@every_own_register
def test_retention_says_the_same_in_danish_and_in_the_standards_own_place(source: str) -> None:
    terms = {item["property"]: item for item in document(source)["slaProperties"]}
    retention, contract = terms["retention"], source_contract(source)
    assert retention["unit"] == "y"
    assert contract.retention.startswith(f"{retention['value']} år efter ")
    assert retention["element"].split(".")[0] == source
    contract.column(retention["element"].split(".")[1])  # raises KeyError when there is no such column
    is_about_persons = any(column.classification == "pseudonym" for column in contract.columns)
    assert (retention["driver"] == "regulatory") == is_about_persons
    assert ("databeskyttelsesforordningen" in contract.retention) == is_about_persons


@every_own_register
def test_it_is_agreed_how_often_a_delivery_comes(source: str) -> None:
    frequency = {item["property"]: item for item in document(source)["slaProperties"]}["frequency"]
    assert frequency["unit"] == "months"
    assert 1 <= frequency["value"] <= 12


@every_source
def test_a_row_can_be_dated(source: str) -> None:
    """Validity: a day or a school year on which, or from which, the row is true. Institutions stand as last delivered."""
    contract = source_contract(source)
    dated = [column for column in contract.columns if column.parse in ("date", "school_year")]
    assert dated
    # a meeting has at least one of its two dates: a row check of its contract
    assert any(column.is_required for column in dated) or source in {"institutions", "sessions"}


def test_every_code_table_is_dated_or_known_not_to_change() -> None:
    assert set(code_table_names()) == DATED_TABLES | set(UNDATED_TABLES)
    assert set(UNDATED_TABLES).isdisjoint(DATED_TABLES)


@every_dated_table
def test_a_dated_table_says_from_when_to_when_and_who_says_so(name: str) -> None:
    table = load_code_table(name)
    assert {"valid_from_date", "valid_to_date", "source"} <= set(table.columns)
    for row in table.rows:
        assert row["source"].strip(), row["code"]
        first, last = validity(row)
        assert first <= last, row["code"]


@every_dated_table
def test_a_code_never_means_two_things_on_one_day(name: str) -> None:
    for rows in rows_by_code(load_code_table(name)).values():
        spans = sorted(validity(row) for row in rows)
        assert all(earlier[1] < later[0] for earlier, later in pairwise(spans))


def test_a_paragraph_is_followed_by_its_successor_on_the_next_day() -> None:
    rows = {row["code"]: row for row in load_code_table("paragraphs").rows}
    followed = [row for row in rows.values() if row["successor_code"]]
    assert len(followed) == len([row for row in rows.values() if row["law_title"] == "serviceloven"]) == 19
    for row in followed:
        successor = rows[row["successor_code"]]
        assert (validity(successor)[0] - validity(row)[1]).days == 1, row["code"]
        assert row["social_rung"] == successor["social_rung"], row["code"]


def validity(row: dict[str, str]) -> tuple[date, date]:
    """First and last day; empty means always."""
    first, last = row["valid_from_date"], row["valid_to_date"]
    return (date.fromisoformat(first) if first else date.min, date.fromisoformat(last) if last else date.max)


def rows_by_code(table: CodeTable) -> dict[str, list[dict[str, str]]]:
    return {code: [row for row in table.rows if row["code"] == code] for code in table.codes}


@pytest.mark.parametrize("name", sorted(DATED_TABLES - {"paragraphs"}))
def test_only_paragraphs_may_have_several_rows_for_a_code(name: str) -> None:
    """core.fct_measure picks the row in force on the first day; every other join is by code alone and would double its rows."""
    table = load_code_table(name)
    assert len(table.rows) == len(table.codes)
