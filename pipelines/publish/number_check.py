"""Does every number in a text stand in a protected table, as a reader sees it there?

That is how a hidden 2 is kept out of the prose: a number that no table shows must be a date, a reference, or declared as
part of a definition.
"""

import re
from collections.abc import Iterable
from typing import Final

from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.publish.danish import MINUS, NBSP, cell_text, count_and_share, percent_sign
from pipelines.publish.sentences import STANDARD_SENTENCES

_MONTHS: Final = "januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december"

# What is written in digits and counts nothing.
_NOT_COUNTS: Final = (
    rf"\d{{1,2}}\. (?:{_MONTHS})",
    r"\d{2}-\d{2}-\d{4}",
    r"(?:19|20)\d{2}/\d{2}",
    r"(?<![\d.,])(?:19|20)\d{2}(?![.,]?\d)",
    r"\d\. (?:kvartal|halvår)",
    r"\d{1,2}\.(?:-\d{1,2}\.)? klasse",
    r"(?i:tabel|figur|bilag|afsnit|side|spørgsmål|trin|niveau|uge|§) \d+(?: af \d+)?",
    r"(?i:niveauet er) (?:sat ned fra \d til )?\d",
    r"[A-ZÆØÅ][A-ZÆØÅ-]*-?\d+",
    r"Aksen begynder ved \d+ %",
    r"\(95 %\)",
    r"Vi viser ikke tal, der bygger på færre end \d+ børn(?: eller på færre end \d+ medarbejdere)?",
)
_PART_OF_WHOLE: Final = re.compile(r"([\d.]+) af ([\d.]+) [^\W\d]+ \(([\d,]+) procent\)")
_NUMBER: Final = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?")


def numbers_in(text: str) -> list[str]:
    """The numbers of `text` that count something, as written and without sign; dates and references are left out."""
    text = text.replace(NBSP, " ")
    for standard in STANDARD_SENTENCES:
        text = text.replace(standard.replace(NBSP, " "), " ")
    for pattern in _NOT_COUNTS:
        text = re.sub(pattern, " ", text)
    return _NUMBER.findall(text)


def numbers_shown(tables: Iterable[ProtectedTable]) -> set[str]:
    """Every number a reader can find in `tables`, as formatted and without sign or unit; a share also as whole percent."""
    shown: set[str] = set()
    for table in tables:
        for words in (table.title, *(column.title for column in table.columns)):
            shown.update(_NUMBER.findall(words))
        for row in table.rows:
            for cell, column in zip(row, table.columns, strict=True):
                if cell.status is not CellStatus.SHOWN:
                    continue
                shown.update(_NUMBER.findall(cell_text(cell, column).replace(MINUS, "")))
                if column.kind == "share" and isinstance(cell.value, (int, float)):
                    shown.update(_NUMBER.findall(percent_sign(cell.value, 0)))
    return shown


def numbers_without_source(text: str, allowed: set[str]) -> list[str]:
    """The numbers of `text` that are not `allowed`, sorted, each once."""
    return sorted({number for number in numbers_in(_without_own_percents(text, allowed)) if number not in allowed})


def _without_own_percents(text: str, allowed: set[str]) -> str:
    """`text` without the percent in "158 af 2.923 elever (5,4 procent)" where both counts are shown and it follows from them."""

    def kept(match: re.Match[str]) -> str:
        part, whole, percent = match.groups()
        if not {part, whole} <= allowed:
            return match.group(0)
        right = count_and_share(int(part.replace(".", "")), int(whole.replace(".", "")), "børn").replace(NBSP, " ")
        return f"{part} af {whole}" if f"({percent} procent)" in right else match.group(0)

    return _PART_OF_WHOLE.sub(kept, text.replace(NBSP, " "))
