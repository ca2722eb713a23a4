"""Do rows exist that must not: every query under sql/checks returns the rows that are wrong, so none may come."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.assets import asset_root
from pipelines.errors import CheckError, TransformError
from pipelines.transform.build import in_danish, present_tables, refuse_mixed_definitions_in
from pipelines.transform.order import check_tables_exist
from pipelines.transform.sql_files import CHECKS_FOLDER, SqlFile, read_sql_files

HEADER_PARTS = ("Tests", "Matters when", "Resolve", "Dansk")
"""What the comment at the head of a check says; `Dansk` is what the user reads."""


@dataclass(frozen=True)
class CheckResult:
    """One check: its name, how many rows are wrong (0 is right), and in Danish what is wrong and what to do."""

    name: str
    rows_count: int
    explanation: str

    @property
    def is_passed(self) -> bool:
        """Whether no row is wrong."""
        return self.rows_count == 0


def run_checks(connection: duckdb.DuckDBPyConnection, *, sql_root: Path | None = None) -> list[CheckResult]:
    """All checks, by name, every one of them passed.

    Raises:
        CheckError: some found rows; all are named with counts, never with a value from a row.
        TransformError: a check is not one SELECT, reads an unknown table, or lacks a part of its header.
    """
    results = find_faults(connection, sql_root=sql_root)
    failed = [result for result in results if not result.is_passed]
    if failed:
        raise CheckError(_failure_text(failed))
    return results


def find_faults(connection: duckdb.DuckDBPyConnection, *, sql_root: Path | None = None) -> list[CheckResult]:
    """All checks, by name, passed or not."""
    files = read_sql_files(sql_root or asset_root("sql"), (CHECKS_FOLDER,))
    check_tables_exist(files, present_tables(connection))
    refuse_mixed_definitions_in(files)
    return [_run(connection, file) for file in files]


def header_of(file: SqlFile) -> dict[str, str]:
    """The parts of the comment at the head of a check, each on one line or several.

    Raises:
        TransformError: a part is missing.
    """
    parts: dict[str, str] = {}
    current = ""
    for line in file.text.splitlines():
        if not line.startswith("--"):
            break
        text = line.removeprefix("--").strip()
        found = re.match(rf"({'|'.join(HEADER_PARTS)}): (.*)", text)
        if found:
            current = found.group(1)
            parts[current] = found.group(2)
        elif current:
            parts[current] += f" {text}"
    missing = [part for part in HEADER_PARTS if not parts.get(part)]
    if missing:
        raise TransformError(f"{file.label}, linje 1: kommentaren øverst mangler {', '.join(missing)}.")
    return parts


def _run(connection: duckdb.DuckDBPyConnection, file: SqlFile) -> CheckResult:
    explanation = header_of(file)["Dansk"]
    try:
        row = connection.execute(f"SELECT count(*) FROM ({file.canonical_sql})").fetchone()
    except duckdb.Error as error:
        raise TransformError(in_danish(error, file)) from None
    return CheckResult(file.name, int(row[0]) if row else 0, explanation)


def _failure_text(failed: Sequence[CheckResult]) -> str:
    lines = [f"  - {result.name}: {_rows(result.rows_count)}. {result.explanation}" for result in failed]
    return "Tallene hænger ikke sammen, så intet er offentliggjort:\n" + "\n".join(lines)


def _rows(count: int) -> str:
    return "1 række" if count == 1 else f"{count} rækker"
