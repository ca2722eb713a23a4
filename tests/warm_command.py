"""`trappen` in a process of its own that has the longest import behind it: one process imports, each command is a copy of it.

Started by `tests.support.trappen`. One request per line comes in as JSON, the command runs in a forked copy, and its exit code goes
out on a line. What a command loads when nothing is loaded yet is tested in tests/road/test_startup.py.
"""

import json
import os
import sys
from typing import Any


def import_ahead() -> None:
    """What takes longest of all that a run imports, and nothing whose threads a copy would miss (as polars and DuckDB)."""
    import great_expectations  # noqa: F401

    assert sys.modules.keys().isdisjoint({"polars", "duckdb"})


def is_to_run() -> bool:
    """True in each copy that is to run a command, False in the first process when nobody asks any more."""
    for line in sys.stdin:
        request = json.loads(line)
        copy = os.fork()
        if copy == 0:
            become(request)
            return True
        _, status = os.waitpid(copy, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
    return False


def become(request: dict[str, Any]) -> None:
    """Take on the arguments, the environment, the folder and the outputs of the command."""
    for number, path in ((0, os.devnull), (1, request["output"]), (2, request["errors"])):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["trappen", *request["arguments"]]


def run_to_its_end() -> int:
    """The exit code of the command; what it printed is written out."""
    from pipelines.cli import main

    code: Any = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    return int(code or 0)


if __name__ == "__main__":
    import_ahead()
    if is_to_run():
        # libraries would join at the end threads of theirs that a copy does not have
        os._exit(run_to_its_end())
