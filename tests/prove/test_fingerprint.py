"""The checksum that tells whether a kept study is of today's code."""

from pathlib import Path

import pytest

from pipelines.prove.fingerprint import checksum_of, files_of, tried_methods


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An estimator calls shares, which calls intervals; a world calls sdq; nobody calls funnel, which calls shares."""
    write(tmp_path / "prove" / "__init__.py", "")
    write(tmp_path / "prove" / "estimators" / "share.py", "def f():\n    from pipelines.measures import shares\n")
    write(tmp_path / "simulate" / "inner" / "world.toml", "x = 1\n")
    write(tmp_path / "simulate" / "draw.py", "import pipelines.measures.sdq\nfrom scipy.measures import funnel\n")
    write(tmp_path / "measures" / "__init__.py", "")
    write(tmp_path / "measures" / "shares.py", "from pipelines.measures.intervals import wilson\n")
    write(tmp_path / "measures" / "intervals.py", "import math\nfrom pipelines.measures.shares import ring\n")
    write(tmp_path / "measures" / "sdq.py", "a = 1\nb = 2\n")
    write(tmp_path / "measures" / "funnel.py", "from pipelines.measures.shares import share\n")
    write(tmp_path / "publish" / "one.py", "from pipelines.measures.funnel import funnel\n")
    return tmp_path


def tried(root: Path) -> str:
    return checksum_of(root, tried_methods(root) | files_of(root, "simulate"))


def test_methods_count_as_far_as_imports_lead_to_them(package: Path) -> None:
    names = {path.name for path in tried_methods(package)}
    assert names == {"__init__.py", "shares.py", "intervals.py", "sdq.py"}


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("measures/sdq.py", "a = 1\r\nb = 2\r\n"),
        ("measures/sdq.pyc", "compiled"),
        ("measures/funnel.py", "another method that no estimator calls"),
        ("publish/one.py", "another room"),
    ],
    ids=["line ends", "compiled", "a method nobody tries", "another room"],
)
def test_what_decides_nothing_does_not_count(package: Path, place: str, text: str) -> None:
    before = tried(package)
    write(package / place, text)
    assert tried(package) == before


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("measures/sdq.py", "a = 1\nb = 3\n"),
        ("measures/intervals.py", "import math\n"),
        ("simulate/inner/world.toml", "x = 2\n"),
        ("simulate/new.py", ""),
        ("prove/estimators/other.py", "from pipelines.measures.funnel import funnel\n"),
    ],
    ids=["content", "a method behind a method", "a world", "a new file", "a method newly tried"],
)
def test_any_change_of_a_tried_method_or_a_world_counts(package: Path, place: str, text: str) -> None:
    before = tried(package)
    write(package / place, text)
    assert tried(package) != before


def test_the_evaluation_counts_in_the_study_of_models_alone(package: Path) -> None:
    """The comparison calls the evaluation, which calls funnel; nobody else tries either."""
    write(package / "prove" / "models" / "answer.py", "from pipelines.evaluation.analysis import analyse\n")
    write(package / "evaluation" / "analysis.py", "from pipelines.measures import funnel\n")
    write(package / "evaluation" / "words.py", "x = 1\n")
    methods, models = (tried_methods(package, study=study) for study in ("study", "models"))
    assert models - methods == {package / "evaluation" / "analysis.py", package / "measures" / "funnel.py"}
    assert methods < models


def test_a_new_name_counts_though_the_content_is_the_same(package: Path) -> None:
    before = tried(package)
    (package / "simulate" / "draw.py").rename(package / "simulate" / "drawn.py")
    assert tried(package) != before
