"""A sixth municipality is a TOML file and no Python: the README's recipe, done as it says."""

import re
from datetime import date
from pathlib import Path

import pytest

from pipelines.assets import asset_root
from pipelines.errors import SettingsError
from pipelines.municipalities.rules import load_rules
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
    (forum,) = profile.forums
    assert (forum.code, forum.rules[0].interval_weeks, forum.roles[0].profession) == ("dialogmoede", 8, "leader")
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
