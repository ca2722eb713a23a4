"""What must the sender mend: rejected rows as sentences in plain Danish, on screen and as a workbook.

Each line says which sheet, row and cell (`F17`), what the column is called in the contract, what kind of thing was found, what was
expected, and what to do. The sender's own header and the cell's content are never repeated: either may hold a person's value
or the wording of a questionnaire.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from rich.table import Table

from pipelines.contracts import Column, Contract
from pipelines.landing.headers import column_letter
from pipelines.typed.reasons import DUPLICATE_OTHER, DUPLICATE_SAME, EXCESS, Reason, parse_reasons
from pipelines.typed.statement import landed_table
from pipelines.typed.values import execute

MAXIMUM_LISTED = 5_000
"""So many rejected rows are listed one by one; the counts always cover all of them."""

_SHOWN_CODES = 8
_FOUND = {
    "empty": "cellen er tom",
    "not_a_date": "ti cifre, men de første seks er ikke en dato",
    "wrong_length": "et tal med et andet antal cifre end ti",
    "cpr_form": "noget, der ligner et CPR-nummer",
    "too_small": "et tal, der er for lille",
    "too_large": "et tal, der er for stort",
    "short_year": "en dato med kun to cifre i årstallet",
    "date": "en dato",
    "integer": "et helt tal",
    "decimal": "et tal med decimaler",
    "formula_error": "en formel, der giver fejl",
    "long_text": "en lang tekst",
    "mixed": "bogstaver og tal blandet",
    "text": "tekst",
    "signs": "tegn, der hverken er bogstaver eller tal",
}
_ADVICE = {
    "empty": "Udfyld cellen.",
    "cpr_form": "Fjern CPR-nummeret. Det må kun stå i kolonnen til CPR-nummer.",
    "short_year": "Skriv årstallet med fire cifre.",
    "formula_error": "Skriv værdien i stedet for formlen.",
}
_KEEP_ONE = "Behold den rigtige række, og slet de andre."


@dataclass(frozen=True)
class CellError:
    """One fault in one row. `cell` is like F17, or empty when the fault concerns the whole row."""

    sheet: str
    row: int
    cell: str
    column: str
    found: str
    expected: str
    advice: str

    @property
    def sentence(self) -> str:
        """The fault in one line."""
        where = f"arket '{self.sheet}', " if self.sheet else ""
        cell = f" ({self.cell})" if self.cell else ""
        column = f" {self.column}:" if self.column else ""
        return f"{where}række {self.row}{cell}:{column} fundet {self.found}; forventet {self.expected}. {self.advice}"


def rejected_cells(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    *,
    delivery_id: str,
    mapping: Mapping[str, Any],
    limit: int = MAXIMUM_LISTED,
) -> tuple[CellError, ...]:
    """The faults of a delivery's rejected rows, in the order of the file; at most `limit` rows of them."""
    rows = execute(
        connection,
        f"SELECT sheet_name, row_number, reasons FROM {landed_table(contract)} WHERE delivery_id = $id AND reasons <> '' "
        "ORDER BY sheet_name, row_number LIMIT $limit",
        id=delivery_id,
        limit=limit,
    ).fetchall()
    return tuple(
        _cell_error(contract, mapping, sheet, number, reason)
        for sheet, number, reasons in rows
        for reason in parse_reasons(reasons)
    )


def error_counts(errors: Iterable[CellError]) -> list[tuple[str, str, int]]:
    """Column title (or 'hele rækken'), what was found, and how often, most frequent first."""
    counted = Counter((error.column or "hele rækken", error.found) for error in errors)
    return [(title, found, count) for (title, found), count in counted.most_common()]


def error_table(errors: Sequence[CellError], *, title: str, limit: int = 20) -> Table:
    """The first faults as a table for the terminal."""
    table = Table(title=title, caption=_remaining(len(errors), limit), expand=False)
    for heading in ("Ark", "Række", "Celle", "Kolonne", "Fundet", "Forventet", "Gør sådan"):
        table.add_column(heading, overflow="fold")
    for error in errors[:limit]:
        table.add_row(*_cells_of(error))
    return table


def write_error_list(
    errors: Sequence[CellError], path: Path, *, file_name: str, title: str, rejected_rows: int
) -> Path:
    """Write the faults as a workbook for the sender: counts first, then every fault; returns its path."""
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        bold = workbook.add_format({"bold": True})
        wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        overview = workbook.add_worksheet("Oversigt")
        overview.write(0, 0, f"Rækker, der skal rettes i {file_name}", bold)
        overview.write(
            1, 0, f"{title}: {_counted_rows(rejected_rows)} er ikke læst ind. Ret dem i filen, og send hele filen igen."
        )
        overview.write_row(3, 0, ("Kolonne", "Fundet", "Antal"), bold)
        for number, counted in enumerate(error_counts(errors), start=4):
            overview.write_row(number, 0, counted)
        overview.set_column(0, 0, 34)
        overview.set_column(1, 1, 50)
        faults = workbook.add_worksheet("Fejl")
        faults.write_row(0, 0, ("Ark", "Række", "Celle", "Kolonne", "Fundet", "Forventet", "Gør sådan"), bold)
        for number, error in enumerate(errors, start=1):
            faults.write_row(number, 0, _cells_of(error), wrapped)
        faults.set_column(0, 2, 9)
        faults.set_column(3, 3, 26)
        faults.set_column(4, 6, 44)
        faults.freeze_panes(1, 0)
        faults.autofilter(0, 0, max(len(errors), 1), 6)
    return path


def expected_in(column: Column) -> str:
    """What may stand in a column, in Danish."""
    match column.parse:
        case "cpr":
            return "et CPR-nummer med ti cifre"
        case "date":
            return "en dato som 31-12-2025"
        case "integer":
            return f"et helt tal{_bounds(column)}"
        case "decimal":
            return f"et tal som 7,5{_bounds(column)}"
        case "boolean":
            return "ja eller nej"
        case "school_year":
            return "et skoleår som 2025/26"
        case "code":
            return _expected_code(column)
        case "text":
            return _expected_text(column)


def _cell_error(contract: Contract, mapping: Mapping[str, Any], sheet: str, number: int, reason: Reason) -> CellError:
    if reason.column is not None:
        column = contract.column(reason.column)
        cell = _cell(mapping, sheet, column.name, number)
        return CellError(
            sheet, number, cell, column.title, _found(reason), expected_in(column), _advice(column, reason)
        )
    if reason.check_id is not None:
        check = next(check for check in contract.row_checks if check.check_id == reason.check_id)
        titles = _listed([contract.column(name).title for name in check.columns])
        cells = ", ".join(filter(None, (_cell(mapping, sheet, name, number) for name in check.columns)))
        return CellError(sheet, number, cells, titles, "noget, der ikke passer sammen", check.expected, check.advice)
    return CellError(sheet, number, "", "", *_whole_row(contract, reason))


def _whole_row(contract: Contract, reason: Reason) -> tuple[str, str, str]:
    key = ", ".join(contract.column(name).title for name in contract.business_key)
    if reason.mark == EXCESS:
        return (
            "flere celler end der er overskrifter",
            "én celle per overskrift",
            "Slet det, der står til højre for den sidste overskrift, eller se efter, om et skilletegn står inde i en celle.",
        )
    if reason.mark == DUPLICATE_SAME:
        return (
            "en række, der er helt magen til en tidligere",
            f"én række for hver {key}",
            "Slet den ene. Den første er læst ind.",
        )
    if reason.mark == DUPLICATE_OTHER:
        return (
            "flere rækker om det samme, men med forskelligt indhold",
            f"én række for hver {key}",
            f"{contract.duplicate_advice or _KEEP_ONE} Ingen af dem er læst ind.",
        )
    return ("en række, der ikke er data", "en række med data", "Slet rækken.")


def _cell(mapping: Mapping[str, Any], sheet: str, column: str, row_number: int) -> str:
    """The cell's name on the sheet. In a CSV file the letter is the one Excel shows when the file is opened there."""
    place = mapping[sheet]["places"].get(column)
    return "" if place is None else f"{column_letter(place + mapping[sheet]['first_column'])}{row_number}"


def _found(reason: Reason) -> str:
    return _FOUND.get(reason.kind or "", "noget andet")


def _advice(column: Column, reason: Reason) -> str:
    if reason.kind in _ADVICE:
        return _ADVICE[reason.kind]
    match column.parse:
        case "cpr":
            return "Skriv CPR-nummeret med ti cifre. Hvis Excel har fjernet nullet forrest, så sæt det på igen."
        case "date":
            doubt = "Se efter, om dagen findes i kalenderen. " if reason.kind == "date" else ""
            return f"{doubt}Skriv datoen som dag-måned-år med fire cifre i årstallet."
        case "code":
            return "Skriv en af de tilladte værdier."
        case _:
            return f"Ret cellen, så der står {expected_in(column)}."


def _bounds(column: Column) -> str:
    low, high = _number(column.minimum), _number(column.maximum)
    if low is not None and high is not None:
        return f" fra {low} til {high}"
    if low is not None:
        return f" på mindst {low}"
    return f" på højst {high}" if high is not None else ""


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:g}".replace(".", ",")


def _expected_code(column: Column) -> str:
    table = column.codes
    if column.physical_type != "VARCHAR":
        return f"et af tallene {', '.join(table.codes)}"
    titles = list({row["code"]: row["title"] for row in table.rows if row.get("is_made_up") != "true"}.values())
    if len(titles) <= _SHOWN_CODES:
        return f"en af værdierne: {', '.join(titles)}"
    return f"en af {len(titles)} værdier, f.eks. {', '.join(titles[:3])}"


def _expected_text(column: Column) -> str:
    if column.pattern is None:
        return "en kort tekst uden CPR-nummer"
    if "/" in column.pattern and "20" in column.pattern:
        return "et år som 2025 eller et skoleår som 2025/26"
    return "en kode med store bogstaver, tal og bindestreg, uden mellemrum"


def _listed(words: Sequence[str]) -> str:
    """a, b og c."""
    return " og ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _counted_rows(count: int) -> str:
    return "1 række" if count == 1 else f"{count} rækker"


def _cells_of(error: CellError) -> tuple[str, ...]:
    return (
        error.sheet, str(error.row), error.cell, error.column, error.found, error.expected, error.advice,
    )  # fmt: skip


def _remaining(count: int, limit: int) -> str | None:
    return f"... og {count - limit} fejl mere; se fejllisten." if count > limit else None
