"""A table that a municipality pastes into its workspace: CSV with semicolons as Excel saves it, in UTF-8 or Windows-1252.

`read_pasted_rows` gives the rows under their headers, `refuse_faults` tells all faults at once, in Danish.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import SettingsError

_MOST_NAMED = 20


@dataclass(frozen=True)
class PastedRow:
    """One row: its line in the file, stripped cells by column, and what is wrong with it as a row (Danish)."""

    line: int
    cells: dict[str, str]
    faults: tuple[str, ...]


def read_pasted_rows(path: Path, columns: Sequence[str]) -> list[PastedRow]:
    """Every row that is not empty; [] when there is no such file.

    Raises:
        SettingsError: the file cannot be read, or its header is not `columns` (in any order).
    """
    if not path.exists():
        return []
    try:
        text = _text(path.read_bytes())
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";", strict=True)
        header = [name.strip().casefold() for name in reader.fieldnames or ()]
        # Excel leaves lines of nothing but semicolons behind
        rows = [(reader.line_num, row) for row in reader if any(row.values())]
    except (OSError, csv.Error):
        raise SettingsError(f"{path.name} kan ikke læses som CSV med semikolon. Gem den igen, og kør igen.") from None
    _check_header(path.name, header, columns)
    return [_row(line, row, columns) for line, row in rows]


def refuse_faults(name: str, faults: Sequence[str]) -> None:
    """Nothing when there are no faults; many are counted, the first of them named.

    Raises:
        SettingsError: there are.
    """
    if faults:
        shown = [*faults[:_MOST_NAMED], *([f"og {len(faults) - _MOST_NAMED} til"] if len(faults) > _MOST_NAMED else [])]
        raise SettingsError(f"{name} har {len(faults)} fejl:\n" + "\n".join(f"  - {fault}." for fault in shown))


def folded(cell: str) -> str:
    """A cell as code tables spell it: case and spaces make no difference."""
    return " ".join(cell.casefold().split())


def _check_header(name: str, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in header]
    unknown = [column for column in header if column not in columns]
    if missing or unknown or len(header) != len(columns):
        raise SettingsError(
            f"{name} skal have netop kolonnerne {'; '.join(columns)} (med semikolon imellem)."
            + (f" Der mangler: {'; '.join(missing)}." if missing else "")
            + (f" Der er for meget: {'; '.join(unknown)}." if unknown else "")
        )


def _row(line: int, row: dict[str, str], columns: Sequence[str]) -> PastedRow:
    named = {str(name).strip().casefold(): cell for name, cell in row.items()}
    cells = {column: (named.get(column) or "").strip() for column in columns}
    # DictReader keeps what stands beyond the header under None
    return PastedRow(line, cells, ("der står flere felter end kolonner",) if None in row else ())


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
