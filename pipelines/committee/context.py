"""What a report section needs besides the marts: whose report it is, which names to print, which rule hides small numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines.disclosure.rule import DisclosureRule
from pipelines.geography import DISTRICT_MAP_FILE, DistrictMap, read_district_map
from pipelines.settings import Settings
from pipelines.transform import refuse_mixed_definitions
from pipelines.warehouse import open_warehouse
from pipelines.workspace import Workspace, open_workspace

WHOLE_MUNICIPALITY = "Hele kommunen"
WHOLE_CODE = "ALL"
_NAMES = "SELECT district_code, district_name FROM core.dim_district ORDER BY district_code"


@dataclass(frozen=True)
class ReportContext:
    """One open, read-only warehouse and what every section says alike."""

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    as_of_date: date
    district_names: dict[str, str]
    district_map: DistrictMap | None = None

    @property
    def rule(self) -> DisclosureRule:
        """How small numbers are hidden here."""
        return DisclosureRule(**self.settings.disclosure.model_dump())

    @property
    def is_constructed(self) -> bool:
        """Whether figures carry *Konstruerede data*."""
        return self.settings.municipality.is_constructed

    def area_name(self, area_code: str | None) -> str:
        """The printed name of a district, of the whole municipality, or of no known district."""
        if area_code == WHOLE_CODE:
            return WHOLE_MUNICIPALITY
        if area_code is None:
            return "Uden distrikt"
        return self.district_names.get(area_code, area_code)

    def records(self, query: str, parameters: list[Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a query on marts as dictionaries.

        Raises:
            TransformError: the query would mix two definitions of inclusion.
        """
        _check_definitions(query)
        cursor = self.connection.execute(query, parameters or [])
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def area_order(self, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows with districts in Danish alphabetical order (æ, ø, å last) and the whole municipality at the end."""
        return sorted(records, key=lambda row: self.danish_order(self.area_name(row["area_code"])))

    @staticmethod
    def danish_order(name: str) -> tuple[bool, str]:
        """Sort key: Danish alphabetical order (æ, ø, å last, "aa" as å), the whole municipality at the end."""
        folded = name.casefold().replace("aa", "å")
        return name == WHOLE_MUNICIPALITY, folded.translate(str.maketrans("æøå", "{|}"))


@cache
def _check_definitions(query: str) -> None:
    """As `refuse_mixed_definitions`; a report asks the same questions many times, and reading one takes longer than answering it."""
    refuse_mixed_definitions(query)


@contextmanager
def report_context(workspace_path: str) -> Iterator[ReportContext]:
    """Open the workspace at `workspace_path` read-only for the sections of one report."""
    workspace = open_workspace(Path(workspace_path))
    with open_warehouse(workspace, read_only=True) as connection:
        yield _context(connection, workspace)


def workspace_map(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> DistrictMap | None:
    """The workspace's map of the districts; None where it has none. Raises PublishError for one that cannot be drawn."""
    return read_district_map(
        workspace.root / DISTRICT_MAP_FILE,
        property_name=workspace.settings.map.district_property,
        districts=dict(connection.execute(_NAMES).fetchall()),
    )


def _context(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> ReportContext:
    row = connection.execute("SELECT as_of_date FROM codes.settings").fetchone()
    if row is None:
        raise ValueError("codes.settings is empty: the tables were never built")
    names = dict(connection.execute(_NAMES).fetchall())
    return ReportContext(connection, workspace.settings, row[0], names, workspace_map(connection, workspace))


def profile_source(settings: Settings) -> str:
    """The document whose rules the profile holds: "Next Step, Vordingborg Kommune, 2017"."""
    document = settings.profile.document
    return f"{document.title}, {document.publisher}, {document.year or document.dated}"
