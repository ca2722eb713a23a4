"""Why was a row rejected: the compact text in the column `reasons`, written by SQL and read by the error list.

Tokens are parted by spaces. `<column>:<kind>` is a cell whose content is not what the contract says; `!<check>` a broken rule
across columns; `+excess` cells beyond the last header; `=same` and `=other` a second row with the same key, with the same or
another content. `~empty`, `~note` and `~total` mark rows that may not be data at all. No token holds a value from the row.
"""

from dataclasses import dataclass

EXCESS = "+excess"
DUPLICATE_SAME = "=same"
DUPLICATE_OTHER = "=other"
EMPTY_ROW = "~empty"
NOTE_ROW = "~note"
TOTAL_ROW = "~total"


@dataclass(frozen=True)
class Reason:
    """One token: `column` and `kind` for a cell, `check_id` for a rule, `mark` for the others."""

    column: str | None = None
    kind: str | None = None
    check_id: str | None = None
    mark: str | None = None


def parse_reasons(text: str) -> list[Reason]:
    """The reasons of a row in the order of the contract's columns; none for a typed row."""
    return [_reason(token) for token in text.split()]


def _reason(token: str) -> Reason:
    if token.startswith("!"):
        return Reason(check_id=token[1:])
    if token[0] in "+=~":
        return Reason(mark=token)
    column, _, kind = token.rpartition(":")
    return Reason(column=column, kind=kind)
