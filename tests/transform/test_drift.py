"""The contract of every core and mart table says the same as the table that the SQL makes."""

import pytest

from pipelines.assets import asset_root
from pipelines.contracts import load_contracts
from pipelines.transform.sql_files import read_sql_files
from tests.sql.drawn import built

FILES = {file.name: file for file in read_sql_files(asset_root("sql"))}


def test_every_table_has_a_contract_and_every_contract_a_table():
    assert set(load_contracts("table")) == set(FILES)


@pytest.fixture(scope="module")
def catalogue():
    """Columns and types of every table, read once."""
    connection = built({})
    return {
        name: [(row[0], row[1]) for row in connection.execute(f"DESCRIBE {file.table}").fetchall()]
        for name, file in FILES.items()
    }


@pytest.mark.parametrize("name", sorted(FILES))
def test_contract_and_catalogue_agree(name, catalogue):
    assert [(column.name, column.physical_type) for column in load_contracts("table")[name].columns] == catalogue[name]


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_header_names_the_key_of_the_contract(name):
    key_line = next(line for line in FILES[name].text.splitlines() if line.startswith("-- Key: "))
    named = key_line.removeprefix("-- Key: ").split(" (")[0].rstrip(".").split(", ")
    assert named == list(load_contracts("table")[name].business_key)


@pytest.mark.parametrize("name", sorted(name for name in FILES if name.startswith("mart_")))
def test_every_mart_can_stop_and_can_warn(name):
    severities = {expectation.severity for expectation in load_contracts("table")[name].expectations}
    assert severities == {"error", "warning"}
