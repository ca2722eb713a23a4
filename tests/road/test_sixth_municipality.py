"""A sixth municipality is a TOML file and no Python: the README's recipe, done as it says."""

import re
import tomllib
from datetime import date, datetime
from pathlib import Path

import pytest

from pipelines.assets import asset_root
from pipelines.codes import OwnCode
from pipelines.errors import SettingsError
from pipelines.landing.delivery import check_delivery, land_delivery, needs_rebuild
from pipelines.municipalities.profile import profile_from
from pipelines.municipalities.rules import load_rules
from pipelines.warehouse import open_warehouse
from pipelines.workspace import create_workspace, open_workspace
from tests.sql.drawn import built_when_named, empty_warehouse, fill

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
RECIPE = re.search(r"## A municipality's own rules.*?```toml\n(.*?)```", README, re.DOTALL)
COMMAND = re.search(r"^\$ trappen init (\S+) --profile (\S+\.toml) --name \"([^\"]+)\"$", README, re.MULTILINE)


@pytest.fixture
def workspace_root(tmp_path: Path) -> Path:
    """The workspace of the README's command, made from the README's file."""
    assert RECIPE
    assert COMMAND
    folder, file_name, name = COMMAND.groups()
    (tmp_path / file_name).write_text(RECIPE.group(1), encoding="utf-8")
    create_workspace(tmp_path / folder, profile=str(tmp_path / file_name), municipality_name=name, is_constructed=False)
    (tmp_path / file_name).unlink()  # the workspace has its own copy
    return tmp_path / folder


def test_its_rules_are_those_of_the_file(workspace_root: Path) -> None:
    profile = open_workspace(workspace_root).settings.profile
    known, own = profile.forums
    assert (known.code, known.rules[0].interval_weeks, known.roles[0].profession) == ("dialogmoede", 8, "leader")
    assert profile.own_forums == (OwnCode("trivselscafe", "trivselscafé", ("café",)),)
    assert own.unit_kind == "institution"
    assert profile.document.publisher == "Solbakken Kommune"


def test_its_meetings_are_expected_and_found(workspace_root: Path) -> None:
    """41 open weeks hold five stretches of eight; the one school held two meetings, the daycare is promised none."""
    connection = empty_warehouse(as_of_date=date(2026, 7, 31))
    load_rules(connection, open_workspace(workspace_root).settings.profile)
    fill(
        connection,
        "institutions",
        """
        institution_code institution_type_code
        SKOLE            folkeskole
        BØRNEHUS         daycare
        """,
    )
    fill(
        connection,
        "sessions",
        """
        session_id forum_code  institution_code planned_date held_date  session_status_code
        M1         dialogmoede SKOLE            2025-08-20   2025-08-20 held
        M2         dialogmoede SKOLE            2025-12-01   2025-12-01 held
        """,
    )
    found = built_when_named(connection).execute(
        "SELECT unit_code, expected_count, held_count, missing_count FROM marts.mart_forum_cadence WHERE school_year = '2025/26'"
    )
    assert found.fetchall() == [("SKOLE", 5, 2, 3)]


LOG = """Møde-id;Mødeform;Institution;Planlagt dato;Afholdt dato;Status
M1;Trivselscafé;BØRNEHUS;20-08-2025;20-08-2025;holdt
M2;café;BØRNEHUS;01-12-2025;01-12-2025;holdt
M3;kaffebord;BØRNEHUS;02-12-2025;02-12-2025;holdt
"""


def test_a_forum_of_its_own_is_read_from_the_log(workspace_root: Path, tmp_path: Path) -> None:
    """Its name and its other spelling are read; a third is rejected. Without the workspace nobody knows of it."""
    workspace = open_workspace(workspace_root)
    log = tmp_path / "moeder.csv"
    log.write_text(LOG, encoding="utf-8")
    assert check_delivery(log, source="sessions").rows_rejected == 3
    checked = check_delivery(log, source="sessions", workspace=workspace)
    assert (checked.rows_typed, [error.row for error in checked.errors]) == (2, [4])

    with open_warehouse(workspace) as connection:
        land_delivery(connection, workspace, log, source="sessions", now=datetime(2026, 8, 1))
        typed = connection.execute("SELECT DISTINCT forum_code FROM typed.sessions").fetchall()
        assert not needs_rebuild(connection, workspace, "sessions")
    assert typed == [("trivselscafe",)]


def test_a_forum_of_its_own_is_printed_by_its_name() -> None:
    assert RECIPE
    profile = profile_from(tomllib.loads(RECIPE.group(1)), where="solbakken.toml")
    connection = empty_warehouse(as_of_date=date(2026, 9, 30))
    load_rules(connection, profile)
    title = connection.execute("SELECT title FROM codes.forums WHERE code = 'trivselscafe'").fetchone()
    load_rules(connection, None)
    assert title == ("trivselscafé",)
    assert profile.forum_titles["trivselscafe"] == profile.forums[1].title == "trivselscafé"


def test_what_is_wrong_in_the_copy_is_told_when_the_workspace_is_opened(workspace_root: Path) -> None:
    copy = next(path for path in workspace_root.glob("*.toml") if path.name != "trappen.toml")
    text = copy.read_text(encoding="utf-8")
    copy.write_text(
        text.replace("interval_weeks = 8", "interval_weeks = 80").replace('"leader"', '"chief"'), encoding="utf-8"
    )
    with pytest.raises(SettingsError) as told:
        open_workspace(workspace_root)
    assert "har 2 fejl" in str(told.value)


def test_no_name_of_the_recipe_is_a_real_municipalitys() -> None:
    assert COMMAND
    codes = (asset_root("data_contracts") / "codes" / "municipalities.csv").read_text(encoding="utf-8")
    assert COMMAND.group(1).capitalize() not in codes
