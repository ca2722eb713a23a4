"""What do the files under sql/ say: one SELECT per file, which table it makes and which tables it reads, with line numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.optimizer.scope import Scope, traverse_scope

from pipelines.errors import TransformError

TABLE_SCHEMAS = ("core", "marts")
CHECKS_FOLDER = "checks"
_READABLE = {
    "core": ("typed", "codes", "core", "landed"),
    "marts": ("typed", "codes", "core", "marts", "landed"),
    CHECKS_FOLDER: ("typed", "codes", "core", "marts", "landed"),
}
_SCHEMA_NAMES = frozenset({"landed", "typed", "rejected", "codes", "core", "marts", "meta", "main"})


@dataclass(frozen=True)
class Reference:
    """One table that a file reads: its schema ('' when left out), its name, and the line where it stands."""

    schema: str
    name: str
    line: int

    @property
    def table(self) -> str:
        """`schema.name` as SQL writes it."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class SqlFile:
    """One file: the folder under sql/ it lies in, its name without ending, its text and its syntax tree."""

    folder: str
    name: str
    label: str
    text: str
    expression: exp.Query

    @property
    def table(self) -> str:
        """The table it makes: `core.dim_child`."""
        return f"{self.folder}.{self.name}"

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Tables read, each once, with its first line; names of CTEs are not tables."""
        found: dict[str, Reference] = {}
        for table in physical_tables(self.expression):
            reference = Reference(table.db.lower(), table.name.lower(), int(table.this.meta.get("line", 1)))
            found.setdefault(reference.table, reference)
        return tuple(found.values())

    @cached_property
    def canonical_sql(self) -> str:
        """The statement without comments and layout, so that rewording a comment rebuilds nothing."""
        return self.expression.sql(dialect="duckdb", comments=False)


def physical_tables(expression: exp.Query) -> Iterable[exp.Table]:
    """The tables that a query reads, CTE names left out, in the order of its scopes."""
    for scope in traverse_scope(expression):
        yield from _tables_of(scope)


def read_sql_files(root: Path, folders: Sequence[str] = TABLE_SCHEMAS) -> list[SqlFile]:
    """All files in `folders` under `root`, sorted by folder and name.

    Raises:
        TransformError: a file is not exactly one SELECT, two files make one table, a file has a schema's name, a table is
            read without its schema or from a schema that this folder may not read. All faults are named at once.
    """
    problems: list[str] = []
    files: list[SqlFile] = []
    for folder in folders:
        for path in sorted((root / folder).rglob("*.sql")):
            try:
                files.append(read_sql_file(path, folder, root))
            except TransformError as error:
                problems.append(str(error))
    problems += _name_clashes(files)
    problems += [problem for file in files for problem in _wrong_references(file)]
    if problems:
        raise TransformError("\n".join(problems))
    return files


def read_files_behind(table: str, root: Path) -> list[SqlFile]:
    """The files that make `schema.name` and every table that it stands on; only these are read.

    Raises:
        KeyError: no file under `root` makes the table.
        TransformError: a file is not exactly one SELECT.
    """
    found: dict[str, SqlFile] = {}
    waiting = [table]
    while waiting:
        current = waiting.pop()
        folder, _, name = current.partition(".")
        path = next(iter(sorted((root / folder).rglob(f"{name}.sql"))), None) if folder in TABLE_SCHEMAS else None
        if path is not None and current not in found:
            found[current] = read_sql_file(path, folder, root)
            waiting += [reference.table for reference in found[current].references]
    if table not in found:
        raise KeyError(table)
    return list(found.values())


def read_sql_file(path: Path, folder: str, root: Path) -> SqlFile:
    """One file as a syntax tree.

    Raises:
        TransformError: it cannot be parsed, or is not exactly one SELECT.
    """
    label = f"sql/{path.relative_to(root).as_posix()}"
    return _parsed(folder, path.stem.lower(), label, path.read_text(encoding="utf-8"))


@lru_cache(maxsize=256)  # parsing takes most of a build that has nothing to do, and the checks and tests parse again
def _parsed(folder: str, name: str, label: str, text: str) -> SqlFile:
    try:
        statements = [statement for statement in sqlglot.parse(text, read="duckdb") if statement is not None]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        raise TransformError(
            f"{label}, linje {first.get('line', 1)}: SQL kan ikke læses ved '{first.get('highlight', '')}'."
        ) from None
    except TokenError as error:
        raise TransformError(f"{label}, linje 1: SQL kan ikke læses: {error}") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        kinds = ", ".join(statement.key for statement in statements) or "ingenting"
        raise TransformError(
            f"{label}, linje 1: filen skal indeholde præcis én SELECT, men indeholder {kinds}. "
            "Del den i flere filer, eller fjern det overskydende."
        )
    return SqlFile(folder, name, label, text, statements[0])


def _tables_of(scope: Scope) -> list[exp.Table]:
    return [source for source in scope.sources.values() if isinstance(source, exp.Table)]


def _name_clashes(files: Sequence[SqlFile]) -> list[str]:
    problems = []
    first_by_name: dict[str, SqlFile] = {}
    for file in files:
        if file.name in _SCHEMA_NAMES:
            problems.append(
                f"{file.label}, linje 1: '{file.name}' er navnet på et skema og kan ikke også være en tabel. Omdøb filen."
            )
        first = first_by_name.setdefault(file.name, file)
        if first is not file:
            problems.append(
                f"{file.label}, linje 1: tabellen {file.name} laves allerede af {first.label}. Omdøb den ene fil."
            )
    return problems


def _wrong_references(file: SqlFile) -> list[str]:
    problems = []
    allowed = _READABLE[file.folder]
    for reference in file.references:
        if not reference.schema:
            problems.append(
                f"{file.label}, linje {reference.line}: '{reference.name}' mangler skema. "
                f"Skriv skema.tabel, f.eks. core.{reference.name}."
            )
        elif reference.schema not in allowed:
            problems.append(
                f"{file.label}, linje {reference.line}: {reference.table} må ikke læses herfra. "
                f"Filer i {file.folder} læser kun fra {', '.join(allowed)}."
            )
    return problems
