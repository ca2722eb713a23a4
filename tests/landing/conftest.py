"""A workspace in a temporary folder and a way to land a drawn table in it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.landing.delivery import DeliveryResult, land_delivery
from pipelines.workspace import Workspace, create_workspace

FIRST_LANDING = datetime(2026, 9, 1, 8, 0)
Land = Callable[..., DeliveryResult]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(
        tmp_path / "workspace", profile="vordingborg_next_step", municipality_name="Prøvekøbing", is_constructed=True
    )


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database in the warehouse's place; the encrypted one has tests of its own."""
    with duckdb.connect(config={"threads": "1"}) as opened:
        yield opened


@pytest.fixture
def land(workspace: Workspace, connection: duckdb.DuckDBPyConnection) -> Land:
    """Put content into the source's inbox and land it."""

    def landed(
        content: str | bytes, *, source: str = "children", name: str = "udtræk.csv", now: datetime = FIRST_LANDING
    ) -> DeliveryResult:
        path = workspace.inbox(source) / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return land_delivery(connection, workspace, path, source=source, now=now)

    return landed
