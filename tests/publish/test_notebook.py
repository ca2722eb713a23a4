"""A notebook runs on a clean kernel without a network, and only sections and notes come out of it."""

import os
from pathlib import Path

import nbformat
import pytest

from pipelines.errors import PublishError
from pipelines.publish.notebook import check_notebook, publishable_content

SECTION = """
from pipelines.disclosure.table import Cell, ProtectedTable, TableColumn
from pipelines.publish.section import Definition, HowSure, Notes, Section

table = ProtectedTable("t", "Tal", (TableColumn("n", "Antal", "count"),), ((Cell(12),),), "Kilde: x.", "")
Section("s", question, "Der er 12 børn.", "", 0, "", (table,), (), HowSure("", "", "", ""), (), ())
"""
NOTES = 'Notes(attention=("Se her.",), definitions=(Definition("SDQ", "Et tal."),))'


def stored(folder: Path, *sources: str, tag: str = "parameters") -> Path:
    """A notebook whose first cell sets the parameter `question`."""
    first = nbformat.v4.new_code_cell('question = "Hvad?"')
    first.metadata["tags"] = [tag]
    cells = [nbformat.v4.new_markdown_cell("# Prøve"), first, *map(nbformat.v4.new_code_cell, sources)]
    path = folder / "prøve.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def run(path: Path, folder: Path) -> object:
    return publishable_content(path, {"question": "Hvor mange?"}, temporary=folder / "run")


def test_sections_and_notes_come_back_in_order_with_parameters_set(tmp_path: Path) -> None:
    other = SECTION.replace('Section("s"', 'Section("s2"').replace("question,", '"Og så?",')

    content = publishable_content(
        stored(tmp_path, SECTION, NOTES, other), {"question": "Hvor mange?"}, temporary=tmp_path / "run"
    )

    assert [(section.section_id, section.question) for section in content.sections] == [
        ("s", "Hvor mange?"),
        ("s2", "Og så?"),
    ]
    assert content.sections[0].tables[0].values("n") == [12]
    assert content.notes.attention == ("Se her.",)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no IPC sockets in ZeroMQ")
def test_the_kernel_opens_no_port_and_keeps_to_the_runs_folder(tmp_path: Path) -> None:
    questions = (
        "import os, ipykernel, jupyter_core.paths\n"
        "import json, psutil\n"
        "info = json.loads(ipykernel.get_connection_info())\n"
        "assert info['transport'] == 'ipc', info['transport']\n"
        "ports = [c for c in psutil.Process().net_connections('inet') if c.status == 'LISTEN']\n"
        "assert ports == [], ports\n"
        f"assert os.environ['IPYTHONDIR'].startswith({str(tmp_path)!r})\n"
        f"assert jupyter_core.paths.jupyter_data_dir().startswith({str(tmp_path)!r})"
    )
    before = dict(os.environ)

    run(stored(tmp_path, questions, SECTION), tmp_path)

    assert dict(os.environ) == before


def test_everything_but_sections_is_refused_with_its_cell_and_without_its_content(tmp_path: Path) -> None:
    path = stored(
        tmp_path,
        SECTION,
        "import pandas\npandas.DataFrame({'barn': ['hemmelig']})",
        "print('hemmelig')",
        "import warnings\nwarnings.warn('hemmelig')",
        "'hemmelig'",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    )

    with pytest.raises(PublishError) as refused:
        run(path, tmp_path)

    told = str(refused.value)
    assert "celle 4 viser en løs tabel" in told
    assert "celle 5 viser udskrevet tekst" in told
    assert "celle 6 viser en advarsel (stderr)" in told
    assert "celle 7 viser et løst resultat" in told
    assert "celle 8 viser en løs figur" in told
    assert "celle 3" not in told
    assert "hemmelig" not in told


def test_a_notebook_without_a_section_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="viser ingen afsnit"):
        run(stored(tmp_path, "1 + 1;"), tmp_path)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("missing_name", "celle 3 \\(NameError: name 'missing_name' is not defined\\)"),
        ("raise ValueError('barn 0101995015')", "celle 3 \\(ValueError\\)"),
    ],
)
def test_a_failed_cell_is_named_without_data(tmp_path: Path, source: str, told: str) -> None:
    with pytest.raises(PublishError, match=told) as refused:
        run(stored(tmp_path, source), tmp_path)

    assert "0101995015" not in str(refused.value)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def helper():\n    return 1", "celle 3 definerer »helper«"),
        ("class Helper:\n    pass", "celle 3 definerer »Helper«"),
        ("for :", "celle 3 definerer noget, der ikke er gyldig Python"),
    ],
)
def test_a_stored_notebook_with_definitions_is_refused(tmp_path: Path, source: str, told: str) -> None:
    with pytest.raises(PublishError, match=told):
        check_notebook(stored(tmp_path, source))


def test_a_stored_notebook_with_outputs_is_refused(tmp_path: Path) -> None:
    path = stored(tmp_path, "1")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].execution_count = 1
    nbformat.write(notebook, path)

    with pytest.raises(PublishError, match="celle 3 er gemt med resultater"):
        check_notebook(path)


def test_a_stored_notebook_without_a_parameters_cell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="ingen celle har mærket parameters"):
        check_notebook(stored(tmp_path, tag="other"))


def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text("{", "utf-8")

    with pytest.raises(PublishError, match=r"x\.ipynb kan ikke læses"):
        check_notebook(path)
