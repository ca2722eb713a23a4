"""The README describes what is there: its commands, exit codes, folders and pictures."""

import re
from pathlib import Path

import pytest

from pipelines import errors
from pipelines.cli import app
from pipelines.municipalities import profile_names

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_make_target_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"\bmake ([a-z-]+)", README))
    assert {"demo", "test"} <= targets
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_ci_calls_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^make test$", script, re.MULTILINE)
    assert re.search(r"^make (-\S+ )*check$", script, re.MULTILINE)


def test_every_trappen_command_named_exists_and_every_command_is_named() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    named = set(re.findall(r"\btrappen ([a-z]+)\b", README))
    assert named <= commands
    assert commands == {
        "init",
        "check",
        "run",
        "status",
        "publish",
        "demo",
        "simulate",
        "prove",
        "explain",
        "export",
        "plan",
        "power",
    }


def test_the_exit_codes_are_those_of_the_errors() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.TrappenError)]
    expected = {kind.exit_code: str(kind.__doc__).splitlines()[0] for kind in kinds if kind is not errors.TrappenError}
    written = {int(code): text for code, text in re.findall(r"^\| (\d+) \| (.+) \|$", README, re.MULTILINE)}
    assert written == expected
    assert len({kind.exit_code for kind in kinds}) == len(kinds)  # its own exit code each


@pytest.mark.parametrize("path", re.findall(r"^\| `([a-z_/]+)`", README, re.MULTILINE))
def test_every_folder_of_the_map_exists(path: str) -> None:
    assert (ROOT / path).is_dir()


def test_every_picture_and_link_exists() -> None:
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", README) if not target.startswith("http")]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_profiles_named_exist_and_every_one_is_named() -> None:
    assert [name for name in profile_names() if f"`{name}`" not in README] == []
    assert set(re.findall(r"--profile ([a-z_]+)(?![a-z_.])", README)) <= set(profile_names())


def test_the_first_screen_holds_purpose_picture_and_two_commands() -> None:
    first_screen = "\n".join(README.splitlines()[:45])
    for needed in ("Danish municipality", "marts", "$ make demo", "$ make test", ".png"):
        assert needed in first_screen
