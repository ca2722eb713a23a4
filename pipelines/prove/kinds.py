"""Which studies are kept: of every method the reports use, and of the comparison of the two models with the answers it gives.

Both are drawn, judged, kept and cited by the same code. They differ in worlds, in who has advisers, and in what is tried.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.errors import SettingsError

if TYPE_CHECKING:
    from pipelines.prove.estimator import Estimator

METHODS: Final = "study"
"""Of every method; also the name of its files."""

MODELS: Final = "models"
"""Of the comparison of the two models."""

_FEWEST_DISTRICTS_FOR_TWO_ADVISED = 6
_ONE_SIZE = 8
_ONE_SIZE_ONLY: Final = frozenset({"clean_rollout", "confounded_rollout", "before_and_after"})


def half_of_them(scenario: str, district_count: int) -> tuple[int | None, ...]:
    """How many districts have advisers in each block: half of them (None), once."""
    return (None,)


def _of_models(scenario: str, district_count: int) -> tuple[int | None, ...]:
    """Half of the districts; where the effect is known also two of them, and all where there is nobody to be compared with."""
    if scenario in _ONE_SIZE_ONLY and district_count != _ONE_SIZE:
        return ()
    if scenario == "before_and_after":
        return (district_count,)
    has_known_effect = scenario in {"no_effect", "small_effect", "large_effect"}
    return (None, 2) if has_known_effect and district_count >= _FEWEST_DISTRICTS_FOR_TWO_ADVISED else (None,)


@dataclass(frozen=True)
class StudyKind:
    """One study: the scenarios drawn when none are named, and how many districts have advisers in each (`Plan.adviser_counts`)."""

    name: str
    scenarios: tuple[str, ...]
    adviser_counts: Callable[[str, int], tuple[int | None, ...]]

    @property
    def estimators(self) -> "tuple[Estimator, ...]":
        """What is tried; loaded when asked for, as the two studies share no estimator but little else."""
        if self.name == MODELS:
            from pipelines.prove.models import MODEL_ESTIMATORS

            return MODEL_ESTIMATORS
        from pipelines.prove.estimators import ESTIMATORS

        return ESTIMATORS


_KINDS: Final = (
    StudyKind(
        METHODS,
        (
            "confounded", "drop_out", "earlier_detection", "law_change_2024", "no_effect", "small_effect",
            "tiny_municipality",
        ),
        half_of_them,
    ),
    StudyKind(
        MODELS,
        (
            "no_effect", "small_effect", "large_effect", "confounded", "earlier_detection", "drop_out", "clean_rollout",
            "confounded_rollout", "before_and_after",
        ),
        _of_models,
    ),
)  # fmt: skip


def kind_of(name: str) -> StudyKind:
    """The study of that name.

    Raises:
        SettingsError: there is none.
    """
    found = next((kind for kind in _KINDS if kind.name == name), None)
    if found is None:
        known = ", ".join(kind.name for kind in _KINDS)
        raise SettingsError(f"Beregningen '{name}' findes ikke. Vælg en af disse: {known}.")
    return found
