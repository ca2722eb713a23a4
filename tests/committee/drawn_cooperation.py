"""A drawn municipality that follows one profile's rules: what the sections on cooperation are tested on."""

import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any

from pipelines.committee.context import ReportContext
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.municipalities.profile import profile_from
from pipelines.municipalities.rules import load_rules
from pipelines.publish.danish import claims_beyond_level, sentences, word_count, words_to_avoid
from pipelines.publish.number_check import numbers_shown, numbers_without_source
from pipelines.publish.section import Section
from pipelines.settings import Settings
from tests.sql.drawn import AS_OF_DATE, built_when_named, empty_warehouse, fill

YEAR = "2025/26"


def drawn_context(
    profile: str, tables: Mapping[str, str], *, as_of_date: date = AS_OF_DATE, own_rules: str = "", **parts: Any
) -> ReportContext:
    """The context of a report on these drawn typed rows, under the profile's rules; the next call uses the same tables.

    `own_rules` are a municipality's own, as TOML, in place of a profile's that comes with the program.
    """
    settings = Settings.model_validate(
        {"municipality": {"name": "Prøveby Kommune", "profile": profile, "is_constructed": True}, **parts}
    )
    if own_rules:
        settings.__dict__["profile"] = profile_from(tomllib.loads(own_rules), where=f"{profile}.toml")
    connection = empty_warehouse(as_of_date=as_of_date)
    load_rules(connection, settings.profile)
    for source, drawn in tables.items():
        fill(connection, source, drawn)
    names = {"NORD": "Nord", "SYD": "Syd", "VEST": "Vest"}
    return ReportContext(built_when_named(connection), settings, as_of_date, names)


def lines_of(table: ProtectedTable, *columns: str) -> list[str]:
    """The rows of a protected table as text, cells parted by a bar; a cell that is not shown gives its status."""
    indexes = [table.column_index(name) for name in columns]
    return [" | ".join(_told(row[index]) for index in indexes) for row in table.rows]


def _told(cell: Any) -> str:
    return str(cell.value) if cell.status is CellStatus.SHOWN else str(cell.status)


def faults_of(section: Section) -> list[str]:
    """What the gates of publishing would find in the section's texts: numbers, words, and sentences that are too long."""
    allowed = numbers_shown(section.tables) | {declared.number for declared in section.declared_numbers}
    running = [section.answer, section.support, *(text for _, text in section.how_sure.parts()), *section.not_shown]
    figures = [text for each in section.all_figures() for text in (each.title, each.subtitle, each.alt_text)]
    found = [
        f"number {number}: {text}"
        for text in (*running, *section.method, *figures)
        for number in numbers_without_source(text, allowed)
    ]
    found += [word for text in (*running, *section.method, *figures) for word in words_to_avoid(text)]
    found += [word for text in (section.answer, *figures) for word in claims_beyond_level(text, section.level)]
    found += [f"long: {sentence}" for text in running for sentence in sentences(text) if word_count(sentence) > 25]
    return found
