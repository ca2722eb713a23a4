"""Which column of the file is which column of the contract: header cells matched by folded aliases.

Folding leaves out case, spaces and punctuation and writes æ, ø, å as ae, oe, aa, so `CPR-nr.` and `cpr nr` are one. Columns that
the contract does not know are not read; they may be named in the log, but never when the name could hold a person's value
or the wording of a questionnaire.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pipelines.contracts import Column, Contract
from pipelines.errors import AmbiguousHeaderError, ContractError, EmptyDeliveryError, MissingColumnError

HEADER_SEARCH_ROWS = 40
_SHOWN_CHARACTERS = 30
_SHOWN_WORDS = 2
_NOISE = re.compile(r"[\W_]+")
_DANISH_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe"})


@dataclass(frozen=True)
class HeaderMatch:
    """Where the header row is (0-based record) and which 0-based column holds which contract column.

    `width` counts columns up to the last one with a header; `unknown_columns` are named so that they may be shown.
    """

    row: int
    positions: Mapping[str, int]
    width: int
    unknown_columns: tuple[str, ...]


def folded(text: str) -> str:
    """Letters and digits only, lower case, Danish letters as two: how headers are compared."""
    composed = unicodedata.normalize("NFC", text).casefold().translate(_DANISH_LETTERS)
    return _NOISE.sub("", composed)


def columns_by_alias(contract: Contract) -> Mapping[str, str]:
    """Column name per folded header: aliases first, then the column's own name and Danish title where still free.

    Raises:
        ContractError: one alias stands for two columns.
    """
    names: dict[str, str] = {}
    for column in contract.columns:
        for alias in column.aliases:
            if names.setdefault(_folded_name(alias), column.name) != column.name:
                raise ContractError(
                    f"Kontrakten {contract.contract_id}: Overskriften '{alias}' står for både {names[_folded_name(alias)]} og "
                    f"{column.name}. Fjern den ene i data_contracts/sources/{contract.contract_id}.yaml."
                )
    for column in contract.columns:
        names.setdefault(_folded_name(column.name), column.name)
        names.setdefault(_folded_name(column.title), column.name)
    return names


@cache  # a contract's own words, never a cell
def _folded_name(text: str) -> str:
    return folded(text)


def names_all_required(folded_cells: Collection[str], contract: Contract) -> bool:
    """Whether these cells, folded, have a header of every required column among them: else none of their rows heads the contract."""
    named = {name for alias, name in columns_by_alias(contract).items() if alias in folded_cells}
    return all(column.name in named for column in contract.required_columns)


def best_header_row(records: Sequence[Sequence[str]], contract: Contract) -> tuple[int, int]:
    """The 0-based record that is the header, and how many of the contract's columns it names.

    The first record that names every required column; a fuller header further down would make the rows between vanish.
    Where none does, the record that names most (the first of several), so that the message can say what is missing.
    """
    aliases = columns_by_alias(contract)
    named = [{aliases[key] for cell in record if (key := folded(cell)) in aliases} for record in records]
    required = {column.name for column in contract.required_columns}
    complete = [number for number, names in enumerate(named) if required <= names]
    scores = [len(names) for names in named]
    best = complete[0] if complete else scores.index(max(scores)) if scores else 0
    return best, scores[best] if scores else 0


def match_header(
    records: Sequence[Sequence[str]], contract: Contract, *, where: str, first_column: int = 0
) -> HeaderMatch:
    """The header row among the first records, matched to the contract. `where` opens each error message.

    `first_column` is the sheet's own number of the first column read, so that letters in messages are those of the sheet.

    Raises:
        EmptyDeliveryError: there are no records.
        MissingColumnError: required columns are missing; all are named with the headers that would be accepted.
        AmbiguousHeaderError: two headers stand for the same column; all are named.
    """
    if not records:
        raise EmptyDeliveryError(f"{where} er tom. Der skal være en række med overskrifter og mindst én række data.")
    row, _ = best_header_row(records, contract)
    header = [str(cell) for cell in records[row]]
    found = _positions(header, columns_by_alias(contract))
    _check_missing(found, contract, where)
    _check_ambiguous(found, contract, where, first_column)
    positions = {name: places[0] for name, places in found.items()}
    return HeaderMatch(row, positions, _width(header), _unknown(header, positions, first_column))


def column_letter(position: int) -> str:
    """The spreadsheet's name of a 0-based column: 0 is A, 25 Z, 26 AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _positions(header: Sequence[str], aliases: Mapping[str, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for position, cell in enumerate(header):
        name = aliases.get(folded(cell)) if folded(cell) else None
        if name is not None:
            found.setdefault(name, []).append(position)
    return found


def _check_missing(found: Mapping[str, list[int]], contract: Contract, where: str) -> None:
    missing = [column for column in contract.required_columns if column.name not in found]
    if missing:
        lines = "\n".join(f"  - {_accepted(column)}" for column in missing)
        raise MissingColumnError(
            f"{where} mangler {len(missing)} af de kolonner, som '{contract.title}' skal have:\n{lines}\n"
            "Tilføj kolonnen, eller ret overskriften til et af de nævnte navne. Filen er ikke læst ind."
        )


def _accepted(column: Column) -> str:
    others = [alias for alias in column.aliases if folded(alias) != folded(column.title)]
    return f"{column.title}" + (f" (kan også hedde: {', '.join(others)})" if others else "")


def _check_ambiguous(found: Mapping[str, list[int]], contract: Contract, where: str, first_column: int) -> None:
    doubled = {name: places for name, places in found.items() if len(places) > 1}
    if doubled:
        lines = "\n".join(
            f"  - {contract.column(name).title}: kolonnerne "
            f"{' og '.join(column_letter(first_column + place) for place in places)}"
            for name, places in doubled.items()
        )
        raise AmbiguousHeaderError(
            f"{where} har flere kolonner med samme betydning:\n{lines}\n"
            "Slet eller omdøb den kolonne, der ikke skal bruges. Filen er ikke læst ind."
        )


def _width(header: Sequence[str]) -> int:
    named = [position for position, cell in enumerate(header) if cell.strip()]
    return named[-1] + 1 if named else 0


def _unknown(header: Sequence[str], positions: Mapping[str, int], first_column: int) -> tuple[str, ...]:
    known = set(positions.values())
    places = [place for place, cell in enumerate(header) if cell.strip() and place not in known]
    hides_names = any(_looks_like_a_value(header[place]) for place in places)
    return tuple(_shown(header[place], first_column + place, hides_names) for place in places)


def _shown(cell: str, position: int, hides_name: bool) -> str:
    """The header where it is safe to repeat. More than two words may be a question's wording, so only the letter is told."""
    letter = f"kolonne {column_letter(position)}"
    words = cell.split()
    if hides_name or len(words) > _SHOWN_WORDS or len(cell) > 2 * _SHOWN_CHARACTERS:
        return letter
    name = re.sub(r"\d{6,}", "######", " ".join(words))[:_SHOWN_CHARACTERS]
    return f"{letter} ({name})"


def _looks_like_a_value(cell: str) -> bool:
    """Dates, long numbers and CPR numbers do not head a column: then the row may be data, and no name is repeated."""
    digits = sum(sign.isdigit() for sign in cell)
    return digits >= 6 or bool(re.fullmatch(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}.*", cell))
