"""What several rooms' tests share: one demo and one small workspace, each made once for all worker processes."""

import json
import os
import shutil
from datetime import date, datetime
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.support import RanDemo, run_demo_blocked

# how long an example takes is the machine's business: a busy one must not fail a property; and a gate tries the same ones each time
settings.register_profile("any_machine", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("any_machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need the demo first, then those of the small workspace: one worker makes these, and no other waits for it.

    Each worker begins with its own part of the list, and takes from the end of another's when it is through.
    """
    waits_for = ("demo", "small_workspace_template")

    def place(item: pytest.Item) -> int:
        named = [each in getattr(item, "fixturenames", ()) for each in waits_for]
        return named.index(True) if True in named else len(waits_for)

    items.sort(key=place)


def _shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all worker processes of this run share, and no other run does."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> RanDemo:
    """The demo, run once for all tests and all worker processes; nobody may write to it."""
    shared = _shared_folder(tmp_path_factory) / "demo"
    result = shared / "result.json"
    with FileLock(str(shared) + ".lock"):
        if not result.exists():
            ran = run_demo_blocked(shared)
            result.write_text(json.dumps({**vars(ran), "folder": str(ran.folder), "wheel": str(ran.wheel)}))
    plain = json.loads(result.read_text())
    return RanDemo(**{**plain, "folder": Path(plain["folder"]), "wheel": Path(plain["wheel"])})


COOPERATION = (
    "session_roles", "session_cases", "agreements", "institution_years", "staffing", "support_requests", "handovers", "training",
    "notifications", "caseload",
)  # fmt: skip
"""Sources that the small workspace goes without: what is tried on it is the road, which is as long without them, and every run of it
is dearer with each. The demo has them all, and tests/simulate/test_cooperation.py by profile."""


@pytest.fixture(scope="session")
def small_workspace_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with 600 made-up children, taken in and built; copied by `small_workspace`, never written to."""
    from pipelines.municipalities import load_profile
    from pipelines.run import run
    from pipelines.simulate import simulate_municipality, write_deliveries
    from pipelines.workspace import create_workspace

    folder = _shared_folder(tmp_path_factory) / "small-workspace"
    with FileLock(str(folder) + ".lock"):
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            workspace = create_workspace(
                folder,
                profile="vordingborg_next_step",
                municipality_name="Bøgelund Kommune",
                is_constructed=True,
                settings_text="\n[warehouse]\nthreads = 1\n",  # each core has a worker of its own
            )
            simulated = simulate_municipality(
                load_profile("vordingborg_next_step"), children_count=600, seed=7, data_end_date=date(2026, 9, 30)
            )
            write_deliveries(simulated, workspace.inboxes, dirty=False)
            for source in COOPERATION:
                for delivery in (workspace.inboxes / source).iterdir():
                    delivery.unlink()
            run(workspace, now=datetime(2026, 10, 5, 12, 0))
            (folder / "ready").touch()
    return folder


@pytest.fixture
def small_workspace(small_workspace_template: Path, tmp_path: Path) -> Path:
    """A copy of the small workspace that a test may do what it wants with."""
    return Path(shutil.copytree(small_workspace_template, tmp_path / "workspace"))
