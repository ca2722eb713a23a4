"""Where do sql/, data_contracts/, notebooks/ and reports/ lie: in a checkout beside the package, in a wheel inside it."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_FOLDERS = ("sql", "data_contracts", "notebooks", "reports")


def asset_root(name: str) -> Path:
    """The folder `name` (one of sql, data_contracts, notebooks, reports), in a checkout or an installed wheel.

    Raises:
        ValueError: `name` is not one of the four.
        FileNotFoundError: the installation is incomplete.
    """
    if name not in _FOLDERS:
        raise ValueError(f"unknown asset folder {name!r}; expected one of {', '.join(_FOLDERS)}")
    candidates = (_PACKAGE.parent / name, _PACKAGE / "shipped" / name)
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the folder {name} is neither beside the package nor inside it: reinstall indsatstrappen")
