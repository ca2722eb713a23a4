"""Are SDQ forms refused that no informant can have filled in, with words that say what to do?"""

import duckdb
import pytest

from pipelines.codes import load_code_table
from pipelines.contracts import source_contract

CONTRACT = source_contract("sdq_answers")
SELF_VERSIONS = {"11-17", "18+"}
RULE = "self_report_below_eleven"


def broken_rules(informant: str, version: str | None) -> list[str]:
    """The ids of the rules that a form with one answer breaks."""
    row = {"informant_code": informant, "version_code": version, "consid": 1}
    columns = ", ".join(f"?::{column.physical_type} AS {column.name}" for column in CONTRACT.columns)
    rules = ", ".join(f"coalesce({check.wrong_when}, false)" for check in CONTRACT.row_checks)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT {rules} FROM (SELECT {columns})", [row.get(column.name) for column in CONTRACT.columns]
        ).fetchone()
    assert found is not None
    return [check.check_id for check, is_wrong in zip(CONTRACT.row_checks, found, strict=True) if is_wrong]


@pytest.mark.parametrize("version", [*load_code_table("sdq_versions").codes, None])
@pytest.mark.parametrize("informant", load_code_table("informants").codes)
def test_a_child_answers_for_itself_from_eleven_years(informant: str, version: str | None) -> None:
    """There is a form for self-report from 11 and from 18 years; adults' forms are there for every age."""
    is_wrong = informant == "self" and version is not None and version not in SELF_VERSIONS
    assert broken_rules(informant, version) == ([RULE] if is_wrong else [])


def test_both_sources_of_forms_have_the_rule_in_the_same_words() -> None:
    found = [
        next(check for check in source_contract(source).row_checks if check.check_id == RULE)
        for source in ("sdq_answers", "sdq_scores")
    ]
    assert found[0] == found[1]
