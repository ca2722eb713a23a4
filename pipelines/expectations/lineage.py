"""Which sources does a core or mart table build on: an empty table is no fault when nobody delivered what it counts."""

from collections.abc import Iterable
from functools import cache

from pipelines.assets import asset_root
from pipelines.transform.sql_files import SqlFile, read_sql_files


def sources_behind(files: Iterable[SqlFile]) -> dict[str, frozenset[str]]:
    """Per table (`marts.x`) the sources (`typed.<source>`) that it reads, directly or through other tables."""
    reads = {file.table: {reference.table for reference in file.references} for file in files}
    return {table: _sources(table, reads) for table in reads}


@cache
def sources_behind_marts() -> frozenset[str]:
    """The sources that any of the system's marts builds on: those that a report's figures can come from."""
    behind = sources_behind(read_sql_files(asset_root("sql")))
    return frozenset().union(*(sources for table, sources in behind.items() if table.startswith("marts.")))


def _sources(table: str, reads: dict[str, set[str]]) -> frozenset[str]:
    seen: set[str] = set()
    waiting = [table]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += reads.get(current, ())
    return frozenset(name.removeprefix("typed.") for name in seen if name.startswith("typed."))
