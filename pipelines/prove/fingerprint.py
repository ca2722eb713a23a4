"""Is a kept result still that of today's code: checksums over the code that decides it, the same on every system.

A study tries the methods that its estimators call, in made-up worlds. So the methods count as far as imports lead to them from
this room: a new method that no estimator uses does not make a kept study old. The study of models tries the evaluation too. The worlds
count whole, with their figures.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from pipelines.prove.kinds import METHODS as STUDY_OF_METHODS

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_SUFFIXES: Final = (".py", ".toml")
METHODS, WORLDS, TRIALS, EVALUATION = "measures", "simulate", "prove", "evaluation"
_OF_MODELS: Final = "prove/models"
"""What the comparison of models alone tries, with the evaluation that it tries."""


def checksum_of(root: Path, paths: Iterable[Path]) -> str:
    """SHA-256 over `paths` under `root`: sorted relative paths and contents, lines ended by LF."""
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(root).as_posix(), path) for path in paths):
        content = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def files_of(root: Path, folder: str) -> set[Path]:
    """Every .py and .toml file of a folder under the package's `root`."""
    return {path for path in (root / folder).rglob("*") if path.suffix in _SUFFIXES}


def tried_methods(root: Path, *, study: str = STUDY_OF_METHODS) -> set[Path]:
    """The modules of `measures` that imports lead to from `prove` and `simulate`, directly or through each other; for the study of
    models those of `evaluation` too."""
    of_models, is_of_models = root / _OF_MODELS, study != STUDY_OF_METHODS
    rooms = [root / room for room in ((METHODS, EVALUATION) if is_of_models else (METHODS,))]
    waiting = [
        path
        for folder in (TRIALS, WORLDS)
        for path in files_of(root, folder)
        if path.suffix == ".py" and (is_of_models or not path.is_relative_to(of_models))
    ]
    reached: set[Path] = set()
    while waiting:
        imported = _imported(root, waiting.pop())
        new = {path for path in imported if any(path.is_relative_to(room) for room in rooms)} - reached
        reached |= new
        waiting += new
    return reached


@cache
def measured_checksum(study: str = STUDY_OF_METHODS) -> str:
    """The checksum of the methods a study tries and of pipelines/simulate: when it changes, a kept one is older than the code."""
    return checksum_of(_PACKAGE, tried_methods(_PACKAGE, study=study) | files_of(_PACKAGE, WORLDS))


@cache
def drawing_checksum(study: str = STUDY_OF_METHODS) -> str:
    """As `measured_checksum`, and this room too: what decides whether a half-finished study may go on from its blocks."""
    tried = tried_methods(_PACKAGE, study=study)
    return checksum_of(_PACKAGE, tried | files_of(_PACKAGE, WORLDS) | files_of(_PACKAGE, TRIALS))


def _imported(root: Path, path: Path) -> Iterator[Path]:
    """The package's own modules that a module names in an import, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from pipelines.measures import shares` names a module after the import, `... import mainstream_share` a function
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            package, *parts = name.split(".")
            if package != "pipelines":
                continue
            place = root.joinpath(*parts)
            yield from (file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file())
