"""Which rules does a municipality follow: one TOML file per document, with its fora, cadence and made-up demo."""

import tomllib
from pathlib import Path
from typing import Any

from pipelines.errors import WorkspaceError

_FOLDER = Path(__file__).parent


def profile_names() -> tuple[str, ...]:
    """Names of all profiles, alphabetically."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_profile(name: str) -> dict[str, Any]:
    """The profile `name` as plain values.

    Raises:
        WorkspaceError: there is none; the message lists those there are.
    """
    if name not in profile_names():
        raise WorkspaceError(f"Profilen '{name}' findes ikke. Vælg en af disse: {', '.join(profile_names())}.")
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
