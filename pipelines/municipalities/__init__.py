"""Which rules does a municipality follow: one TOML file per document, with its forums, its words and its made-up demo.

`read_profile` gives the validated profile; `load_profile` the plain values that the simulator reads.
"""

from typing import Any

from pipelines.municipalities.profile import Profile, profile_names, profile_path, read_plain, read_profile

__all__ = ["Profile", "load_profile", "profile_names", "read_profile"]


def load_profile(name: str) -> dict[str, Any]:
    """The profile `name` as plain values.

    Raises:
        WorkspaceError: there is none; the message lists those there are.
    """
    return read_plain(profile_path(name))
