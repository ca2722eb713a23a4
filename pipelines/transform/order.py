"""In which order are the tables built: each after those it reads; a cycle or an unknown table is explained."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from pipelines.errors import TransformError
from pipelines.transform.sql_files import Reference, SqlFile


def in_build_order(files: Sequence[SqlFile]) -> list[SqlFile]:
    """The files so that each comes after those whose tables it reads; otherwise in the order given.

    Raises:
        TransformError: some files wait for each other in a circle; each link is named with file and line.
    """
    by_table = {file.table: file for file in files}
    graph = {
        file.table: [reference.table for reference in file.references if reference.table in by_table] for file in files
    }
    try:
        return [by_table[table] for table in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        raise TransformError(_cycle_text(error.args[1], by_table)) from None


def check_tables_exist(files: Sequence[SqlFile], present: Collection[str]) -> None:
    """Every table that is read is made by a file or is present in the warehouse.

    Raises:
        TransformError: some are neither; all are named, with file, line and the nearest name there is.
    """
    known = {file.table for file in files} | set(present)
    problems = [
        f"{file.label}, linje {reference.line}: tabellen {reference.table} findes ikke.{_nearest(reference, known)}"
        for file in files
        for reference in file.references
        if reference.table not in known
    ]
    if problems:
        raise TransformError("\n".join(problems))


def _nearest(reference: Reference, known: Collection[str]) -> str:
    near = get_close_matches(reference.table, sorted(known), n=1)
    return f" Mente du {near[0]}?" if near else " Ret navnet, eller lav filen."


def _cycle_text(cycle: Sequence[str], by_table: dict[str, SqlFile]) -> str:
    # graphlib names a circle from a table to those that read it; turned round, each reads the next
    tables = list(reversed(cycle))
    links = []
    for reader, read in pairwise(tables):
        file = by_table[reader]
        line = next(reference.line for reference in file.references if reference.table == read)
        links.append(f"{file.label}, linje {line} læser {read}")
    return "Tabeller venter på hinanden i ring: " + "; ".join(links) + ". Fjern en af henvisningerne."
