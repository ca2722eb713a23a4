"""Do the data contracts keep their own rules: codes, aliases, keys, types, checks, expectations, and no free text?"""

import re
import unicodedata
from collections import Counter

import duckdb
import pytest
import sqlglot
from sqlglot import expressions

from pipelines.assets import asset_root
from pipelines.codes import code_table_names, load_code_table
from pipelines.contracts import Column, Contract, load_contracts
from pipelines.expectations.rules import check_expectations, requirement

SOURCES = tuple(load_contracts("source").values())
ALL = (*SOURCES, *load_contracts("table").values())

KNOWN_TYPES = re.compile(
    r"UUID|DATE|TIMESTAMP|BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|DOUBLE|VARCHAR|DECIMAL\(\d{1,2},\d{1,2}\)"
)
TYPES_BY_PARSE = {
    "cpr": {"UUID"},
    "date": {"DATE"},
    "boolean": {"BOOLEAN"},
    "integer": {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"},
    "decimal": {"DOUBLE", "DECIMAL"},
    "school_year": {"VARCHAR"},
    "text": {"VARCHAR"},
    "code": {"VARCHAR", "TINYINT", "INTEGER"},
}
CLASSIFICATIONS = {"public", "internal", "sensitive", "pseudonym"}
FREE_TEXT_OR_PERSON = re.compile(
    r"(^|_)(names?|first_?name|last_?name|surname|initials|navn|note|notes|comment|comments|remark|remarks|text|"
    r"free_text|summary|minutes_text|address|street|phone|mobile|mail|email|cpr|username|login)(_|$)"
)
NAMES_NOT_OF_PERSONS = {"institution_name", "unit_name", "municipality_name", "area_name", "district_name", "file_name"}
SDQ_ALIAS_FORMS = r"[pts]?({names})|(sdq|item|q|spm\.?|spørgsmål|punkt)[ _]?{number}|{number}"
SDQ_NAMES_OF_2_TO_4_YEARS = {"lies": "argues", "steals": "spite"}
"""Official short names of items that the form for 2 to 4 years has in the others' place."""


def contract_id(contract: Contract) -> str:
    return contract.contract_id


every_contract = pytest.mark.parametrize("contract", ALL, ids=contract_id)
every_source = pytest.mark.parametrize("contract", SOURCES, ids=contract_id)


def folded(header: str) -> str:
    """A header without case, spaces, punctuation and Danish letters, as senders vary them."""
    spelled = header.casefold().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    plain = unicodedata.normalize("NFKD", spelled)
    return "".join(character for character in plain if character.isalnum())


def holds_persons(contract: Contract) -> bool:
    """Whether a row of the contract may be about one person."""
    return any(column.classification in {"pseudonym", "sensitive"} for column in contract.columns)


def column_type(column: Column) -> str:
    return column.physical_type.split("(")[0]


def test_there_are_contracts() -> None:
    files = sorted((asset_root("data_contracts") / "sources").glob("*.yaml"))
    assert len(SOURCES) == len(files) >= 9


@every_source
def test_no_two_columns_answer_to_the_same_header(contract: Contract) -> None:
    spellings = [
        (folded(spelling), column.name)
        for column in contract.columns
        for spelling in {column.name, column.title, *column.aliases}
    ]
    owners = Counter(spelling for spelling, _ in set(spellings))
    assert {spelling for spelling, count in owners.items() if count > 1} == set()


@every_source
def test_every_column_has_an_alias_besides_its_own_name(contract: Contract) -> None:
    assert [column.name for column in contract.columns if not column.aliases] == []


@every_contract
def test_every_code_column_names_a_code_table_with_unambiguous_spellings(contract: Contract) -> None:
    named = {column.code_table for column in contract.columns if column.code_table}
    assert named <= set(code_table_names())
    for name in named:
        spellings = load_code_table(name).codes_by_alias()  # raises ContractError when one spelling has two meanings
        assert set(load_code_table(name).codes) <= set(spellings.values())


@pytest.mark.parametrize("name", code_table_names())
def test_every_code_table_can_be_read_and_has_danish_titles(name: str) -> None:
    table = load_code_table(name)
    assert table.rows
    assert [row["code"] for row in table.rows if not row["code"].strip() or not row["title"].strip()] == []


@every_source
def test_business_key_columns_are_there_and_required(contract: Contract) -> None:
    assert contract.business_key
    required = {column.name for column in contract.required_columns}
    assert set(contract.business_key) <= required


@every_contract
def test_each_contract_can_stop_and_can_warn(contract: Contract) -> None:
    severities = {expectation.severity for expectation in contract.expectations}
    needed = {"error", "warning"} if contract.kind == "source" or contract.contract_id.startswith("mart_") else set()
    assert needed <= severities


@every_contract
def test_expectations_are_safe_and_can_be_said_in_danish(contract: Contract) -> None:
    check_expectations(contract)
    for expectation in contract.expectations:
        assert requirement(expectation, contract).endswith(".")
        assert re.search(r"[.!?]$", expectation.explanation), expectation.name


@every_contract
def test_physical_types_are_known(contract: Contract) -> None:
    assert [c.physical_type for c in contract.columns if not KNOWN_TYPES.fullmatch(c.physical_type)] == []


@every_source
def test_physical_type_follows_from_the_parse_rule(contract: Contract) -> None:
    wrong = [c.name for c in contract.columns if column_type(c) not in TYPES_BY_PARSE[c.parse]]
    assert wrong == []


@every_contract
def test_classifications_are_known_and_pseudonyms_are_called_so(contract: Contract) -> None:
    assert {column.classification for column in contract.columns} <= CLASSIFICATIONS
    for column in contract.columns:
        assert (column.parse == "cpr") <= (column.classification == "pseudonym"), column.name
        assert (column.physical_type == "UUID") <= (column.classification == "pseudonym"), column.name


@every_contract
def test_no_column_is_free_text_or_names_a_person(contract: Contract) -> None:
    suspects = {column.name for column in contract.columns if FREE_TEXT_OR_PERSON.search(column.name)}
    assert suspects <= NAMES_NOT_OF_PERSONS
    if suspects:
        assert not holds_persons(contract), "names stand only where no row is about a person"


@every_source
def test_every_text_column_has_a_pattern_that_refuses_a_sentence(contract: Contract) -> None:
    """But for public columns of contracts without persons: names of institutions, addresses of web pages."""
    texts = [column for column in contract.columns if column.parse == "text"]
    for column in texts:
        if column.classification == "public" and not holds_persons(contract):
            continue
        assert column.pattern, f"{column.name} takes any text"
        assert not re.fullmatch(column.pattern, "Barnet er uroligt, og mor ringede i går."), column.name


def test_the_free_text_rule_would_see_one() -> None:
    for name in ("child_name", "note", "case_notes", "home_address", "adviser_email", "cpr"):
        assert FREE_TEXT_OR_PERSON.search(name)
    for name in ("session_id", "paragraph_code", "answered_date", "grade_number", "context_code"):
        assert not FREE_TEXT_OR_PERSON.search(name)


@every_source
def test_row_checks_are_one_boolean_expression_over_the_contracts_own_columns(contract: Contract) -> None:
    names = {column.name for column in contract.columns}
    for check in contract.row_checks:
        parsed = sqlglot.parse_one(check.wrong_when, dialect="duckdb")
        used = {column.name for column in parsed.find_all(expressions.Column)}
        assert used <= names, check.check_id
        assert set(check.columns) <= used, f"{check.check_id} points at cells that the rule does not read"
        assert not list(parsed.find_all(expressions.Select, expressions.Table)), check.check_id
        assert check.expected.strip(), check.check_id
        assert check.advice.strip(), check.check_id


@every_source
def test_row_checks_run_in_duckdb_and_give_a_boolean(contract: Contract) -> None:
    columns = ", ".join(f'"{column.name}" {column.physical_type}' for column in contract.columns)
    with duckdb.connect() as connection:
        connection.execute(f"create table t ({columns})")
        for check in contract.row_checks:
            described = connection.execute(f"describe select {check.wrong_when} as is_wrong from t").fetchall()
            assert described[0][1] == "BOOLEAN", check.check_id


@every_source
def test_row_check_ids_are_used_once(contract: Contract) -> None:
    ids = [check.check_id for check in contract.row_checks]
    assert len(ids) == len(set(ids))


def test_sdq_answers_hold_item_numbers_and_short_names_only() -> None:
    """The questionnaire's wording is under copyright: no title, description, alias or code table may carry it."""
    contract = load_contracts("source")["sdq_answers"]
    items = {row["code"]: row for row in load_code_table("sdq_items").rows}
    assert len(items) == 25
    for name, row in items.items():
        number = row["item_number"]
        column = contract.column(name)
        assert column.title == row["title"] == f"SDQ punkt {number}"
        assert column.description.startswith(f"Answer to SDQ item {number}: 0, 1 or 2")
        names = "|".join(filter(None, (name, SDQ_NAMES_OF_2_TO_4_YEARS.get(name))))
        form = re.compile(SDQ_ALIAS_FORMS.format(names=names, number=number))
        assert [alias for alias in column.aliases if not form.fullmatch(alias)] == []


def test_sdq_item_numbers_are_1_to_25_in_the_order_of_the_contract() -> None:
    numbers = {row["code"]: int(row["item_number"]) for row in load_code_table("sdq_items").rows}
    in_order = [numbers[c.name] for c in load_contracts("source")["sdq_answers"].columns if c.name in numbers]
    assert in_order == list(range(1, 26))


@every_source
def test_contracts_say_how_long_rows_are_kept(contract: Contract) -> None:
    assert contract.retention.strip()
    assert contract.title.strip()
    assert contract.description.strip()
