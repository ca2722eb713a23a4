"""What does `trappen prove` say and end with?"""

import dataclasses
from typing import Any

import pytest

from pipelines import cli
from pipelines.errors import ProveError
from pipelines.prove import study as studies
from pipelines.prove.citation import kept_study


def prove(monkeypatch: pytest.MonkeyPatch, *, is_as_expected: bool) -> None:
    """Run the command on a study whose first cell did or did not do what it must, without drawing it."""
    kept = studies.read_study(kept_study())
    first = dataclasses.replace(kept.cells[0], as_expected=is_as_expected)
    drawn = dataclasses.replace(
        kept, cells=(first, *(dataclasses.replace(c, as_expected=None) for c in kept.cells[1:]))
    )

    def without_drawing(*args: Any, **options: Any) -> studies.Study:
        return drawn

    monkeypatch.setattr(studies, "run_study", without_drawing)
    cli.prove(
        reps=10,
        scenario=["no_effect"],
        districts=[4],
        seed=1,
        out=None,
        workers=1,
        rerun=None,
        truth_reps=None,
        quiet=True,
    )


def test_a_method_that_fails_ends_the_command_with_its_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProveError, match=r"1 af [0-9]+ afprøvninger"):
        prove(monkeypatch, is_as_expected=False)


def test_methods_that_hold_end_it_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    prove(monkeypatch, is_as_expected=True)
