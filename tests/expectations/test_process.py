"""How does the gate behave as a process: on the real encrypted warehouse, without network, output or warnings?"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

RUN_GATE = """
import json, socket, sys
from pathlib import Path

attempts = []
def refuse(self, address, *_):
    attempts.append(repr(address))
    raise OSError("the network is blocked in this test")
socket.socket.connect = socket.socket.connect_ex = refuse
socket.getaddrinfo = lambda *a, **_: refuse(None, a)

from pipelines.contracts import load_contracts
from pipelines.expectations import validate
from pipelines.warehouse import open_warehouse
from pipelines.workspace import create_workspace

imported_early = "great_expectations" in sys.modules
root = Path(sys.argv[1])
workspace = create_workspace(
    root, profile="vordingborg_next_step", municipality_name="Bøgelund Kommune", is_constructed=True
)
columns = ", ".join(f"{c.name} {c.physical_type}" for c in load_contracts("source")["organisation"].columns)
with open_warehouse(workspace) as connection:
    connection.execute(f"create table landed.organisation ({columns}, reasons varchar, valid_to timestamp)")
    connection.execute("create view typed.organisation as select * exclude (reasons) from landed.organisation where reasons = ''")
    connection.execute(
        "insert into landed.organisation (model_code, from_date, reasons) "
        "values ('district_adviser', '1901-02-03', ''), (null, '2020-01-01', 'tom')"
    )
    connection.execute("create table landed.deliveries (source varchar)")
    connection.execute("insert into landed.deliveries values ('organisation')")
    result = validate(connection, "typed", docs_folder=workspace.data_docs)
with open_warehouse(workspace, read_only=True) as connection:
    kept = connection.execute("select count(*) from meta.expectation_results").fetchone()[0]
print(json.dumps({
    "attempts": attempts,
    "imported_early": imported_early,
    "warnings": [outcome.expectation for outcome in result.warnings],
    "failures": [outcome.expectation for outcome in result.failures],
    "kept": kept,
    "pages": len(list(workspace.data_docs.rglob("*.html"))),
}))
"""


@dataclass(frozen=True)
class Ran:
    """One gate in a process of its own: exit code, what it told us, stderr, and files it left in the home folder."""

    exit_code: int
    told: dict[str, object]
    output: str
    errors: str
    left_at_home: list[str]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    home = tmp_path_factory.mktemp("home")
    folder = tmp_path_factory.mktemp("gate")
    script = folder / "run_gate.py"  # a file: DuckDB draws progress bars for code given with -c
    script.write_text(RUN_GATE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), str(folder / "workspace")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "HOME": str(home), "USERPROFILE": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=Path.cwd(),
    )
    lines = done.stdout.splitlines()
    told = json.loads(lines[-1]) if done.returncode == 0 else {}
    left = [path.name for path in Path(home).rglob("*")]
    return Ran(done.returncode, told, "\n".join(lines[:-1]), done.stderr, left)


def test_the_gate_runs_on_the_encrypted_locked_warehouse(ran: Ran) -> None:
    assert ran.exit_code == 0, ran.errors
    assert (ran.told["failures"], ran.told["warnings"]) == ([], ["recent_organisation"])
    assert ran.told["kept"] == 3
    assert ran.told["pages"] == 2


def test_no_attempt_to_connect(ran: Ran) -> None:
    assert ran.told["attempts"] == []


def test_no_progress_bar_warning_or_log_line(ran: Ran) -> None:
    assert (ran.output, ran.errors) == ("", "")


def test_nothing_is_left_in_the_home_folder(ran: Ran) -> None:
    assert ran.left_at_home == []


def test_great_expectations_is_imported_only_when_something_is_judged(ran: Ran) -> None:
    assert ran.told["imported_early"] is False
