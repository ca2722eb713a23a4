"""Does the installed wheel do what the checkout does? The demo of all tests is run from it, in a folder elsewhere."""

import zipfile

from tests.support import REPOSITORY, RanDemo


def test_the_wheel_runs_the_demo_elsewhere(demo: RanDemo) -> None:
    assert demo.exit_code == 0, demo.errors
    assert not demo.folder.is_relative_to(REPOSITORY)


def test_everything_the_program_reads_is_in_the_wheel(demo: RanDemo) -> None:
    names = zipfile.ZipFile(demo.wheel).namelist()
    for folder in ("sql", "data_contracts", "notebooks", "reports"):
        assert any(name.startswith(f"pipelines/shipped/{folder}/") for name in names)
    # a data file beside the code, of every kind there is
    kept = {path.suffix for path in (REPOSITORY / "pipelines").rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert {f".{name.rsplit('.', 1)[-1]}" for name in names if "." in name.rsplit("/", 1)[-1]} >= kept
