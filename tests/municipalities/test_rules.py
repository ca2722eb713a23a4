"""Do a profile's rules arrive in the warehouse as they stand in its file?"""

import tomllib

import duckdb
import pytest

from pipelines.municipalities.profile import profile_from
from pipelines.municipalities.rules import ROLE_COLUMNS, RULE_COLUMNS, TYPE_COLUMNS, load_rules

TABLES = {"forum_rules": RULE_COLUMNS, "forum_rule_types": TYPE_COLUMNS, "forum_roles": ROLE_COLUMNS}
PROFILE = """
[document]
title = "Mødeplan for en prøve"
publisher = "Prøvekøbing"
year = 2026

[[forums]]
code = "koordineringskonference"
unit_kind = "institution"
institution_types = ["daycare", "folkeskole"]
ownerships = ["municipal", "self_owning"]
place = "Side 1, øverst"
[[forums.rules]]
valid_from = 2025-01-01
valid_to = 2025-06-30
interval_weeks = 4
fewest_minutes = 120
place = "Side 1, øverst"
[[forums.rules]]
valid_from = 2025-07-01
interval_from = "institution_year"
fewest_per_school_year = 3
place = "Side 1, nederst"
[[forums.roles]]
profession = "district_adviser"
or_professions = ["authority_caseworker"]
institution_types = ["daycare"]
presence = "required"
place = "Side 2, øverst"
[[forums.roles]]
profession = "psychologist"
presence = "may"
place = "Side 2, nederst"

[[forums]]
code = "videncenter"
unit_kind = "municipality"
fewest_per_school_year = 3
place = "Side 3, øverst"
[[forums.roles]]
profession = "school_chief"
presence = "required"
is_always_invited = true
place = "Side 3, nederst"

[[forums_when_needed]]
code = "dialogmoede"
unit_kind = "institution"
institution_types = ["club"]
when = "ved behov"
place = "Side 4, øverst"
[[forums_when_needed.roles]]
profession = "leader"
presence = "required"
place = "Side 4, nederst"
"""


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The rows in the order they were written, values parted by blanks."""
    found = connection.execute(f"SELECT * FROM codes.{table}").fetchall()
    return [" ".join(str(value) for value in row) for row in found]


def test_a_hand_drawn_profile(connection: duckdb.DuckDBPyConnection) -> None:
    load_rules(connection, profile_from(tomllib.loads(PROFILE), where="mit.toml"))
    assert rows(connection, "forum_rules") == [
        "koordineringskonference 1 institution 2025-01-01 2025-06-30 4 False None 120",
        "koordineringskonference 2 institution 2025-07-01 None None True 3 None",
        "videncenter 1 municipality None None None False 3 None",
    ]
    assert rows(connection, "forum_rule_types") == [
        "koordineringskonference daycare municipal",
        "koordineringskonference daycare self_owning",
        "koordineringskonference folkeskole municipal",
        "koordineringskonference folkeskole self_owning",
    ]
    assert rows(connection, "forum_roles") == [
        "koordineringskonference daycare 1 district_adviser required False",
        "koordineringskonference daycare 1 authority_caseworker required False",
        "koordineringskonference daycare 2 psychologist may False",
        "koordineringskonference folkeskole 2 psychologist may False",
        "videncenter None 1 school_chief required True",
        "dialogmoede club 1 leader required False",
    ]


def test_without_rules_the_tables_are_there_and_empty(connection: duckdb.DuckDBPyConnection) -> None:
    load_rules(connection, profile_from(tomllib.loads(PROFILE), where="mit.toml"))
    load_rules(connection, None)
    for table, columns in TABLES.items():
        described = connection.execute(f"DESCRIBE codes.{table}").fetchall()
        assert {row[0]: row[1] for row in described} == columns
        assert rows(connection, table) == []
