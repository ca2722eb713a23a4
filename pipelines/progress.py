"""How does a run tell what it is doing, without knowing who listens."""

from typing import Protocol


class Progress(Protocol):
    """What a run tells while it works: a stage begins, and one step of it is done."""

    def stage(self, title: str, steps: int) -> None:
        """A stage of `steps` steps begins."""

    def step(self, title: str) -> None:
        """One step is done."""


class Silent:
    """Progress that nobody watches."""

    def stage(self, title: str, steps: int) -> None:
        """Say nothing."""

    def step(self, title: str) -> None:
        """Say nothing."""
