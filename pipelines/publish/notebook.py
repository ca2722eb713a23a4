"""How does a notebook become sections: run from the top on a clean kernel, and only sections may come out of it.

The kernel is this interpreter; its specification, connection file and history lie in the run's own temporary folder, and
it talks over sockets in the file system where the machine has them, so no port is opened.
"""

import ast
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nbformat import NotebookNode

import pipelines
from pipelines.errors import PublishError
from pipelines.publish.section import NOTES_MIME, SECTION_MIME, Notes, Section

KERNEL_NAME: Final = "indsatstrappen"
# A socket's path is at most 107 bytes on Linux and 103 on macOS; the rest is the socket's own name.
_LONGEST_SOCKET_FOLDER: Final = 60
_CELL_SECONDS: Final = 300


@dataclass(frozen=True)
class NotebookContent:
    """What one notebook says, in the order of its cells."""

    sections: tuple[Section, ...]
    notes: Notes


def publishable_content(path: Path, parameters: Mapping[str, Any], *, temporary: Path) -> NotebookContent:
    """Check the stored notebook, run it, and collect what it says.

    Raises:
        PublishError: the notebook holds outputs or functions, a cell failed, or a cell showed anything but a section.
    """
    check_notebook(path)
    executed = execute_notebook(path, parameters, temporary=temporary)
    return NotebookContent(sections=collect_sections(executed), notes=collect_notes(executed))


def check_notebook(path: Path) -> None:
    """Raise PublishError unless the stored notebook is thin: no outputs, no counts, no functions, a parameters cell."""
    notebook = read_notebook(path)
    faults = []
    for number, cell in _numbered(notebook):
        if cell.cell_type != "code":
            continue
        if cell.outputs or cell.execution_count is not None:
            faults.append(f"celle {number} er gemt med resultater. Ryd dem, før filen gemmes i git")
        faults += [f"celle {number} definerer {what}. Flyt det til pipelines/" for what in _definitions(cell.source)]
    if not any("parameters" in cell.metadata.get("tags", ()) for _, cell in _numbered(notebook)):
        faults.append("ingen celle har mærket parameters. Sæt det på cellen med notebookens parametre")
    if faults:
        raise PublishError(f"Notebooken {path.name} kan ikke udgives: {'; '.join(faults)}.")


def read_notebook(path: Path) -> NotebookNode:
    """The notebook in `path` as nbformat 4. Raises PublishError when it is none."""
    import nbformat

    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        return notebook
    except (OSError, ValueError) as error:
        raise PublishError(
            f"Notebooken {path.name} kan ikke læses ({type(error).__name__}). Hent filen fra git igen."
        ) from None


def execute_notebook(path: Path, parameters: Mapping[str, Any], *, temporary: Path) -> NotebookNode:
    """The notebook as it is after a run from the top, with `parameters` set; nothing is written outside `temporary`.

    Raises:
        PublishError: a cell failed; the message names the cell and the kind of error.
    """
    temporary.mkdir(parents=True, exist_ok=True)
    with _jupyter_folders(temporary) as runtime:
        # papermill reads the environment on import (Jupyter's folders), so it is imported inside.
        import papermill
        from papermill.exceptions import PapermillExecutionError
        from traitlets.config import Config

        try:
            executed: NotebookNode = papermill.execute_notebook(
                str(path),
                None,
                parameters=dict(parameters),
                kernel_name=KERNEL_NAME,
                language="python",
                progress_bar=False,
                log_output=False,
                request_save_on_cell_execute=False,
                cwd=str(temporary),
                execution_timeout=_CELL_SECONDS,
                config=Config(_transport(runtime)),
            )
            return executed
        except PapermillExecutionError as error:
            raise PublishError(_failed_cell(path, error)) from None


def collect_sections(executed: NotebookNode) -> tuple[Section, ...]:
    """The sections in the order of the cells.

    Raises:
        PublishError: a cell showed something else (a frame, a bare plot, printed text, a warning), or no section came.
    """
    check_outputs(executed)
    sections = tuple(Section.from_dict(data[SECTION_MIME]) for data in _shown(executed) if SECTION_MIME in data)
    if not sections:
        raise PublishError("Notebooken viser ingen afsnit. Lad en celle ende i et Section-objekt.")
    return sections


def collect_notes(executed: NotebookNode) -> Notes:
    """All notes of the notebook as one; empty when it has none."""
    found = [Notes.from_dict(data[NOTES_MIME]) for data in _shown(executed) if NOTES_MIME in data]
    return Notes(
        attention=tuple(line for notes in found for line in notes.attention),
        definitions=tuple(definition for notes in found for definition in notes.definitions),
        data_quality=tuple(table for notes in found for table in notes.data_quality),
        declared_numbers=tuple(declared for notes in found for declared in notes.declared_numbers),
    )


def check_outputs(executed: NotebookNode) -> None:
    """Raise PublishError naming every cell that shows anything but a section or notes: it would be lost or flattened."""
    faults = [
        f"celle {number} viser {what}"
        for number, cell in _numbered(executed)
        if cell.cell_type == "code"
        for what in (_stray(output) for output in cell.outputs)
        if what
    ]
    if faults:
        raise PublishError(
            f"Notebooken kan ikke udgives: {'; '.join(faults)}. En celle må kun vise et afsnit (Section) eller noter "
            "(Notes); sæt tabellen eller figuren ind i afsnittet, og slet udskriften."
        )


def _stray(output: NotebookNode) -> str:
    """What an output is, in Danish, when it is neither section nor notes; never its content."""
    if output.output_type == "stream":
        return "en advarsel (stderr)" if output.name == "stderr" else "udskrevet tekst"
    if output.output_type == "error":
        return "en fejl"
    data = output.get("data", {})
    if SECTION_MIME in data or NOTES_MIME in data:
        return ""
    if any(kind.startswith("image/") for kind in data):
        return "en løs figur"
    if "text/html" in data:
        return "en løs tabel"
    return "et løst resultat"


def _shown(executed: NotebookNode) -> Iterator[Mapping[str, Any]]:
    for _, cell in _numbered(executed):
        if cell.cell_type == "code":
            yield from (output.data for output in cell.outputs if "data" in output)


def _numbered(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """(number, cell) as the stored file counts them from 1; the cell papermill injects has its predecessor's number."""
    number = 0
    for cell in notebook.cells:
        number += "injected-parameters" not in cell.metadata.get("tags", ())
        yield number, cell


def _definitions(source: str) -> list[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ["noget, der ikke er gyldig Python"]
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [f"»{node.name}«" for node in ast.walk(tree) if isinstance(node, kinds)]


# Errors of the notebook's own code, whose message names names and holds no data.
_HARMLESS: Final = frozenset(
    {
        "NameError",
        "ImportError",
        "ModuleNotFoundError",
        "AttributeError",
        "SyntaxError",
        "TypeError",
        "FileNotFoundError",
    }
)


def _failed_cell(path: Path, error: Any) -> str:
    from pipelines import errors

    ours = {name for name in vars(errors) if name.endswith("Error")}
    said = f": {error.evalue}" if error.ename in _HARMLESS | ours else ""
    number = next((number for number, cell in _numbered_by_path(path) if cell.source == error.source), error.cell_index)
    return f"Notebooken {path.name} gik i stå i celle {number} ({error.ename}{said}). Kør den i Jupyter for at se hele fejlen."


def _numbered_by_path(path: Path) -> Iterator[tuple[int, NotebookNode]]:
    return _numbered(read_notebook(path))


@contextmanager
def _jupyter_folders(temporary: Path) -> Iterator[Path]:
    """Point every Jupyter folder into `temporary` and write this interpreter's kernel there; yields the runtime folder.

    The environment is put back afterwards. Sockets need a short path, so the runtime folder may lie in the system's
    temporary folder instead (0700, removed again); it holds only sockets and a connection file.
    """
    with _short_folder(temporary) as runtime:
        folders = {
            "JUPYTER_PATH": temporary / "jupyter",
            "JUPYTER_DATA_DIR": temporary / "jupyter",
            "JUPYTER_CONFIG_DIR": temporary / "jupyter-config",
            "JUPYTER_RUNTIME_DIR": runtime,
            "IPYTHONDIR": temporary / "ipython",
        }
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        _write_kernel(temporary / "jupyter" / "kernels" / KERNEL_NAME)
        settings = {name: str(folder) for name, folder in folders.items()}
        settings |= {"JUPYTER_NO_CONFIG": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1", "JUPYTER_PLATFORM_DIRS": "1"}
        before = {name: os.environ.get(name) for name in settings}
        os.environ.update(settings)
        try:
            yield runtime
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


@contextmanager
def _short_folder(temporary: Path) -> Iterator[Path]:
    inside = temporary / "r"
    if len(str(inside.resolve())) <= _LONGEST_SOCKET_FOLDER:
        yield inside
        return
    with tempfile.TemporaryDirectory(prefix="trappen-") as folder:
        yield Path(folder)


def _transport(runtime: Path) -> dict[str, Any]:
    """IPC where the system has it; on Windows TCP on the machine's own loopback is all there is."""
    if sys.platform == "win32":
        return {}
    return {"KernelManager": {"transport": "ipc", "ip": str(runtime / "k")}}


def _write_kernel(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    package_home = str(Path(pipelines.__file__).resolve().parent.parent)
    specification = {
        "display_name": "Indsatstrappen",
        "language": "python",
        "argv": [
            sys.executable,
            "-Xfrozen_modules=off",
            "-m",
            "pipelines.publish.kernel",
            "-f",
            "{connection_file}",
            "--HistoryManager.enabled=False",
            "--log-level=CRITICAL",  # a kernel that is ended while it tidies up would say so, in English, among our own words
        ],
        "env": {"PYTHONPATH": os.pathsep.join(filter(None, [package_home, os.environ.get("PYTHONPATH")]))},
    }
    (folder / "kernel.json").write_text(json.dumps(specification), "utf-8")
