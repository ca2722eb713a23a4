"""Are our contracts valid to the peer's own tool, `datacontract lint`, all at once?

Run by `make check` with the Python of .venv-datacontract (see requirements-datacontract.in); datacontract-cli
is no dependency of ours. One process for all files, because the tool takes a second to start. The standard's
JSON schema is bundled with it and references are not followed, so no network is needed.
"""

import logging
import sys
from pathlib import Path

from datacontract.data_contract import DataContract

CONTRACTS = Path(__file__).resolve().parents[2] / "data_contracts"


def main() -> int:
    """Write a line per fault and the count; 0 when every contract passes, else (or without any) 1."""
    logging.disable(logging.CRITICAL)  # the tool logs every fault a second time
    paths = sorted(CONTRACTS.glob("*/*.yaml"))
    faults = [fault for path in paths for fault in lint(path)]
    sys.stdout.writelines(f"{line}\n" for line in [*faults, summary(paths, faults)])
    return 1 if faults or not paths else 0


def summary(paths: list[Path], faults: list[str]) -> str:
    """The last line: how many contracts, how many faults."""
    return f"datacontract lint: {len(paths)} contracts, {len(faults)} faults"


def lint(path: Path) -> list[str]:
    """One line per check of a contract that did not pass."""
    run = DataContract(data_contract_file=str(path), inline_references=False, all_errors=True).lint()
    name = path.relative_to(CONTRACTS).as_posix()
    failed = [check for check in run.checks or [] if check.result != "passed"]
    lines = [f"{name}: {check.reason or check.name}" for check in failed]
    return lines or ([] if run.result == "passed" else [f"{name}: {run.result}"])


if __name__ == "__main__":
    sys.exit(main())
