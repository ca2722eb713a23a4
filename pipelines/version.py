"""Which code made this? A short checksum over the program and its SQL, the same in checkout and wheel."""

import hashlib
from functools import cache
from pathlib import Path

from pipelines.assets import asset_root


@cache
def code_checksum() -> str:
    """Twelve hex digits that change when any Python, SQL, notebook or template file of the program changes."""
    package = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    roots = [(package, "*.py"), *((asset_root(name), "*.*") for name in ("sql", "notebooks", "reports"))]
    for root, pattern in roots:
        for path in sorted(root.rglob(pattern)):
            relative = path.relative_to(root)
            if path.is_file() and "__pycache__" not in relative.parts and "example" not in relative.parts:
                digest.update(relative.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
