"""Running the command as a user would, in its own process, in a world without network."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_NO_NETWORK = """
import os, socket
_real = socket.socket.connect
def _refuse(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6):
        with open(os.environ["CONNECT_ATTEMPTS"], "a") as log:
            log.write(repr(address) + "\\n")
        raise OSError("the network is blocked in this test")
    return _real(self, address)
socket.socket.connect = _refuse
socket.socket.connect_ex = _refuse
"""


@dataclass(frozen=True)
class RanDemo:
    """One finished `trappen demo`: its folder, what it printed, the processor time it took, and attempts to connect.

    loop_seconds: processor time of `seconds_of_a_plain_loop` around it, which says how fast the machine was meanwhile.
    """

    folder: Path
    exit_code: int
    output: str
    errors: str
    processor_seconds: float
    loop_seconds: float
    connect_attempts: str

    @property
    def made_up(self) -> Path:
        return self.folder / "konstrueret"

    @property
    def open_figures(self) -> Path:
        return self.folder / "aabne_tal"


def trappen(
    *arguments: str, environment: dict[str, str] | None = None, timeout: int = 240
) -> subprocess.CompletedProcess:
    """Run the command as a user would, in its own process."""
    return subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, "COLUMNS": "200", **(environment or {})},
        check=False,
    )


def processor_seconds_of_children() -> float:
    """Processor time of all finished child processes: unlike the clock, what else the machine does hardly changes it."""
    usage = os.times()
    return usage.children_user + usage.children_system


def seconds_of_a_plain_loop() -> float:
    """Processor time of five million steps of plain Python: about half a second on the machine the demo was timed on."""
    started, total = time.process_time(), 0
    for number in range(5_000_000):
        total += number * number % 7
    return time.process_time() - started


def run_demo_blocked(root: Path) -> RanDemo:
    """`trappen demo` with every connection refused and noted."""
    (root / "site").mkdir(parents=True)
    (root / "site" / "sitecustomize.py").write_text(_NO_NETWORK, encoding="utf-8")
    attempts = root / "attempts.txt"
    attempts.touch()
    loop_before = seconds_of_a_plain_loop()
    started = processor_seconds_of_children()
    done = trappen(
        "demo", "--out", str(root / "demo"), "--quiet",
        environment={"PYTHONPATH": str(root / "site"), "CONNECT_ATTEMPTS": str(attempts)},
    )  # fmt: skip
    return RanDemo(
        root / "demo",
        done.returncode,
        done.stdout,
        done.stderr,
        processor_seconds_of_children() - started,
        (loop_before + seconds_of_a_plain_loop()) / 2,
        attempts.read_text(),
    )
