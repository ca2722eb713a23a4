"""Municipalities and CPR numbers that do not exist are taken in a workspace of made-up data, and never in a real one."""

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.codes import load_code_table
from pipelines.contracts import load_contracts, source_contract
from pipelines.landing.delivery import DeliveryResult, land_delivery, rebuild_typed
from pipelines.simulate import simulate_municipality
from pipelines.simulate.deliveries import file_bytes, plan_deliveries
from pipelines.typed.cells import canonical_cpr_sql
from pipelines.typed.made_up import without_made_up
from pipelines.typed.statement import canonical_name
from pipelines.workspace import create_workspace

PROFILES = Path(__file__).parents[2] / "pipelines" / "municipalities"
UNIT_COLUMNS = {
    "institution_code", "from_institution_code", "to_institution_code", "district_code", "home_district_code", "cluster_code",
    "unit_code", "session_id", "staff_id",
}  # fmt: skip
HEADER = "CPR-nr.;Fødselsdato;Skoledistrikt;Bopælskommune;Tilflytningsdato"
ROWS = (
    "0101995015;03-05-2014;;Konstrueret kommune 2;01-08-2020",
    "0202985023;03-05-2014;;Ballerup;01-08-2020",
    "0303975038;03-05-2014;D1;;01-08-2020",
)
BY_PROFILE = {"sessions", "session_roles", "agreements", "staffing", "training"}
"""Sources whose rows may be about the whole municipality: neither institution, district nor child shows that they are made up."""
LANDED_AT = datetime(2026, 9, 1, 8, 0)


def landed(
    folder: Path, connection: duckdb.DuckDBPyConnection, *, is_constructed: bool
) -> tuple[DeliveryResult, DeliveryResult]:
    """The delivery as it was landed, and as it is typed anew from the archive."""
    workspace = create_workspace(
        folder, profile="vordingborg_next_step", municipality_name="Prøvekøbing", is_constructed=is_constructed
    )
    path = workspace.inbox("children") / "udtræk.csv"
    path.write_text("\r\n".join([HEADER, *ROWS]) + "\r\n", encoding="utf-8")
    first = land_delivery(connection, workspace, path, source="children", now=LANDED_AT)
    return first, rebuild_typed(connection, workspace, "children")[0]


@pytest.fixture
def connection():
    with duckdb.connect(config={"threads": "1"}) as opened:
        yield opened


def test_a_real_workspace_rejects_the_row_and_says_why(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    for result in landed(tmp_path / "rigtig", connection, is_constructed=False):
        assert (result.rows_typed, result.rows_rejected) == (0, 3)
        said = {(error.cell, error.expected) for error in result.errors}
        nobody = "et CPR-nummer, som et barn kan have"
        assert said == {("A2", nobody), ("A3", nobody), ("A4", nobody), ("D2", "en kommune, der findes")}
        assert all("konstrueret" in error.advice for error in result.errors)


def test_a_workspace_of_made_up_data_takes_all(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    for result in landed(tmp_path / "konstrueret", connection, is_constructed=True):
        assert (result.rows_typed, result.rows_rejected) == (3, 0)
    rows = connection.execute("SELECT home_municipality_code FROM typed.children ORDER BY row_number").fetchall()
    assert rows == [("K02",), ("151",), (None,)]


@pytest.mark.parametrize("profile", sorted(path.stem for path in PROFILES.glob("*.toml")))
def test_no_source_of_a_simulated_delivery_leaves_a_row_in_a_real_workspace(
    profile: str, tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    """All sources of one profile; of the others those that are not about an institution, a district or a child everywhere."""
    workspace = create_workspace(
        tmp_path / "rigtig", profile=profile, municipality_name="Prøvekøbing", is_constructed=False
    )
    has_all = profile == "vordingborg_next_step"
    simulated = simulate_municipality(PROFILES / f"{profile}.toml", children_count=100 if has_all else 40, seed=4)
    wanted = set(simulated.tables) if has_all else BY_PROFILE
    landed_rows = dict.fromkeys(sorted(wanted), (0, 0))
    for delivery in plan_deliveries(simulated, dirty=0):
        source = delivery.source
        if source not in wanted:
            continue
        path = workspace.inbox(source) / delivery.file_name
        path.write_bytes(file_bytes(delivery))
        done = land_delivery(connection, workspace, path, source=source, now=LANDED_AT)
        typed, rejected = landed_rows[source]
        landed_rows[source] = (typed + done.rows_typed, rejected + done.rows_rejected)
    assert {source: typed for source, (typed, _) in landed_rows.items() if typed} == {}
    assert all(rejected for _, rejected in landed_rows.values()), landed_rows


@pytest.mark.parametrize(
    ("code", "is_made_up"),
    [("OPDIGTET-900101", True), ("K98-OPDIGTET-900101", True), ("900101", False), ("K01-101", False), (None, False)],
)
def test_only_codes_with_the_word_are_made_up(
    connection: duckdb.DuckDBPyConnection, code: str | None, is_made_up: bool
) -> None:
    checks = {check.check_id: check for check in without_made_up(source_contract("sessions")).row_checks}
    for name in ("institution_code", "district_code"):
        question = (
            f"SELECT coalesce({checks[f'{name}_is_made_up'].wrong_when}, false) FROM (SELECT ?::VARCHAR AS {name})"
        )
        assert connection.execute(question, [code]).fetchone() == (is_made_up,)


def test_every_column_with_municipalities_is_guarded_and_no_other() -> None:
    made_up = {row["code"] for row in load_code_table("municipalities").rows if row["is_made_up"] == "true"}
    assert len(made_up) == 98
    guarded = set()
    for source, contract in load_contracts("source").items():
        added = without_made_up(contract).row_checks[len(contract.row_checks) :]
        municipalities = {column.name for column in contract.columns if column.code_table == "municipalities"}
        numbers = {column.name for column in contract.columns if column.parse == "cpr" and column.is_required}
        units = {name for column in contract.columns if (name := column.name) in UNIT_COLUMNS}
        assert {check.columns[0] for check in added} == municipalities | numbers | units
        of_codes = [check for check in added if check.columns[0] in municipalities]
        assert all(f"'{code}'" in check.wrong_when for check in of_codes for code in made_up)
        guarded |= {(source, name) for name in municipalities}
    assert {
        ("children", "home_municipality_code"),
        ("institutions", "municipality_code"),
        ("open_figures", "municipality_code"),
        ("segregation_figures", "area_code"),
    } <= guarded


@pytest.mark.parametrize(
    ("form", "year", "seventh", "is_made_up"),
    [
        ("0101{}{}015", "99", "5", True),
        ("0101{}-{}015", "58", "8", True),
        ("101{}{}015", "99", "5", True),
        ("0101{}{}015", "57", "5", False),
        ("0101{}{}015", "99", "4", False),
        ("0101{}{}015", "99", "9", False),
        ("0101{}{}015", "99", "0", False),
    ],
)
def test_only_numbers_of_people_born_before_1900_are_made_up(
    connection: duckdb.DuckDBPyConnection, form: str, year: str, seventh: str, is_made_up: bool
) -> None:
    """7th digit 5-8: year 00-57 is 2000-2057, 58-99 is 1858-1899; 0-4 and 9 are of other centuries."""
    number = form.format(year, seventh)
    column = source_contract("children").column("child_id")
    checks = {check.check_id: check for check in without_made_up(source_contract("children")).row_checks}
    check = checks["child_id_is_made_up"]
    found = connection.execute(
        f"SELECT {check.wrong_when} FROM (SELECT {canonical_cpr_sql('raw')} AS {canonical_name(column)} FROM (SELECT ? AS raw))",
        [number],
    ).fetchone()
    assert found == (is_made_up,)
