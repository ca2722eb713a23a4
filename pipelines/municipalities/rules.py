"""Bring a profile's rules into the warehouse: `codes.forum_rules`, `codes.forum_rule_types` and `codes.forum_roles`.

SQL reads there which meetings are expected at which units, and who must be there; without a profile's rules they are empty. The forums
that only this profile has are added to `codes.forums`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from pipelines.codes import load_code_table, load_code_table_into, replace_table
from pipelines.municipalities.parts import Forum, ForumWhenNeeded, Role
from pipelines.municipalities.profile import Profile

RULE_COLUMNS = {
    "forum_code": "VARCHAR",
    "rule_number": "INTEGER",
    "unit_kind_code": "VARCHAR",
    "valid_from_date": "DATE",
    "valid_to_date": "DATE",
    "interval_weeks": "INTEGER",
    "is_own_interval": "BOOLEAN",
    "fewest_per_school_year": "INTEGER",
    "fewest_minutes": "INTEGER",
}
"""Columns of `codes.forum_rules`: one row per forum with a rhythm and rule. No valid_to_date: still in force; no interval_weeks: the
unit's own (`is_own_interval`), or only a fewest number a year."""

TYPE_COLUMNS = {"forum_code": "VARCHAR", "institution_type_code": "VARCHAR", "ownership_code": "VARCHAR"}
"""Columns of `codes.forum_rule_types`: one row per forum with a rhythm, institution type where it meets and owner (NULL: any). A forum
of districts or of the whole municipality has none."""

ROLE_COLUMNS = {
    "forum_code": "VARCHAR",
    "institution_type_code": "VARCHAR",
    "role_number": "INTEGER",
    "profession_code": "VARCHAR",
    "presence_code": "VARCHAR",
    "is_always_invited": "BOOLEAN",
}
"""Columns of `codes.forum_roles`: one row per forum, institution type (NULL: any), role and profession that fills it. A role with
several professions is filled when one of them is there, so it is counted by `role_number`."""

Row = tuple[Any, ...]


def load_rules(connection: duckdb.DuckDBPyConnection, profile: Profile | None) -> None:
    """Create or replace the three tables (without a profile they are empty), and `codes.forums` with the profile's own forums."""
    forums = profile.forums if profile else ()
    all_forums = profile.all_forums if profile else ()
    replace_table(connection, "codes.forum_rules", RULE_COLUMNS, list(_rule_rows(forums)))
    replace_table(connection, "codes.forum_rule_types", TYPE_COLUMNS, list(_type_rows(forums)))
    replace_table(connection, "codes.forum_roles", ROLE_COLUMNS, list(_role_rows(all_forums)))
    load_code_table_into(connection, load_code_table("forums").with_own(profile.own_forums if profile else ()))


def _rule_rows(forums: Sequence[Forum]) -> Iterator[Row]:
    for forum in forums:
        for number, rule in enumerate(forum.rules, start=1):
            yield (
                forum.code, number, forum.unit_kind, rule.valid_from, rule.valid_to, rule.interval_weeks,
                rule.is_own_interval, rule.fewest_per_school_year, rule.fewest_minutes,
            )  # fmt: skip


def _type_rows(forums: Sequence[Forum]) -> Iterator[Row]:
    for forum in forums:
        for institution_type in forum.institution_types:
            for ownership in forum.ownerships or (None,):
                yield forum.code, institution_type, ownership


def _role_rows(forums: Sequence[Forum | ForumWhenNeeded]) -> Iterator[Row]:
    for forum in forums:
        for number, role in enumerate(forum.roles, start=1):
            for institution_type in _types_of(forum, role):
                for profession in (role.profession, *role.or_professions):
                    yield forum.code, institution_type, number, profession, role.presence, role.is_always_invited


def _types_of(forum: Forum | ForumWhenNeeded, role: Role) -> tuple[str | None, ...]:
    return role.institution_types or forum.institution_types or (None,)
