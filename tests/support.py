"""Running the command as a user would, in its own process, in a world without network."""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
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
    """One finished `trappen demo`: its folder, its wheel, what it printed, its processor time, and attempts to connect.

    loop_seconds: processor time of `seconds_of_a_plain_loop` around it, which says how fast the machine was meanwhile.
    """

    folder: Path
    wheel: Path
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
    """Run the command in its own process, a copy of one that has imported Great Expectations, which takes longer than most do."""
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder) / "output.txt", Path(folder) / "errors.txt"
        output.touch()
        errors.touch()
        request = {
            "arguments": arguments,
            "environment": {**os.environ, "COLUMNS": "200", **(environment or {})},
            "folder": str(Path.cwd()),
            "output": str(output),
            "errors": str(errors),
        }
        code = _ask_warm_command(json.dumps(request), timeout=timeout)
        return subprocess.CompletedProcess(
            ["trappen", *arguments], code, output.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8")
        )


def _ask_warm_command(request: str, *, timeout: int) -> int:
    """The exit code of the command asked for. Raises: subprocess.TimeoutExpired when it is not there in time."""
    process = _warm_command()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(request + "\n")
    process.stdin.flush()
    if not select.select([process.stdout], [], [], timeout)[0]:
        os.killpg(process.pid, signal.SIGKILL)
        _warm_command.cache_clear()
        raise subprocess.TimeoutExpired("trappen", timeout)
    return int(process.stdout.readline())


@cache
def _warm_command() -> subprocess.Popen:
    """The process that each command is a copy of; one for each worker process, in a group of its own."""
    process = subprocess.Popen(
        [sys.executable, str(REPOSITORY / "tests" / "warm_command.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        start_new_session=True,
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen) -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.wait(timeout=30)


def processor_seconds_of_children() -> float:
    """Processor time of all finished child processes: unlike the clock, what else the machine does hardly changes it."""
    usage = os.times()
    return usage.children_user + usage.children_system


def seconds_of_a_plain_loop() -> float:
    """Processor time of five million steps of plain Python: about half a second."""
    started, total = time.process_time(), 0
    for number in range(5_000_000):
        total += number * number % 7
    return time.process_time() - started


def install_wheel(root: Path) -> tuple[Path, Path]:
    """(The wheel built from this checkout, the `trappen` of an environment that sees the dependencies but not the checkout)."""
    built, environment = root / "wheel", root / "environment"
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(built), str(REPOSITORY)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    wheel = next(built.glob("*.whl"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    packages = next(environment.glob("lib/python3*/site-packages"), environment / "Lib" / "site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(environment), "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return wheel, environment / "bin" / "trappen"


def run_demo_blocked(root: Path) -> RanDemo:
    """`trappen demo` from the installed wheel, in a folder elsewhere, with every connection refused and noted."""
    (root / "site").mkdir(parents=True)
    (root / "site" / "sitecustomize.py").write_text(_NO_NETWORK, encoding="utf-8")
    attempts = root / "attempts.txt"
    attempts.touch()
    wheel, command = install_wheel(root)
    # compiled modules are kept, as `make demo` keeps them: without them half as much work is added, all of it compiling
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    loop_before = seconds_of_a_plain_loop()
    started = processor_seconds_of_children()
    done = subprocess.run(
        [str(command), "demo", "--out", str(root / "demo"), "--quiet"],
        capture_output=True,
        text=True,
        cwd=root,
        env={**kept, "COLUMNS": "200", "PYTHONPATH": str(root / "site"), "CONNECT_ATTEMPTS": str(attempts)},
        check=False,
    )
    return RanDemo(
        root / "demo",
        wheel,
        done.returncode,
        done.stdout,
        done.stderr,
        processor_seconds_of_children() - started,
        (loop_before + seconds_of_a_plain_loop()) / 2,
        attempts.read_text(),
    )
