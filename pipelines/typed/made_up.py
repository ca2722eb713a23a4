"""May a row hold what only made-up data hold? In a workspace of made-up data yes, in a real one never.

A file from the demo that ends in a real inbox would otherwise be counted as real. Made-up data show themselves by municipalities
that do not exist, by CPR numbers of people born 1858-1899, whom nobody can be, and by a word in every code of an institution or a
district and every number of a meeting or a member of staff: what is about these has neither municipality nor CPR number. A word,
because any number, and any short letter code, may be some municipality's own. A contract does not know whose workspace it is read
for, so the rules are added here, as row checks like any other: the row is rejected, and the sender's list says why.
"""

from dataclasses import replace

from pipelines.codes import load_code_table
from pipelines.contracts import Column, Contract, RowCheck
from pipelines.typed.statement import canonical_name
from pipelines.typed.values import literal

UNIT_PREFIX = "OPDIGTET-"
"""What the code of every made-up institution, district, meeting and member of staff begins with."""
_MARK = "is_made_up"
_MARKED_COLUMNS = ("institution_code", "district_code", "cluster_code", "unit_code", "session_id", "staff_id")
_NOBODYS_CPR = ".{4}(5[89]|[6-9][0-9])[5-8].{3}"
"""Canonical numbers with 7th digit 5-8 and year 58-99: born 1858-1899."""
_ADVICE = "Det hører til de konstruerede data. Se efter, om filen er kommet i den forkerte indbakke."


def without_made_up(contract: Contract) -> Contract:
    """The contract with one more row check per required CPR column, per column whose code table holds made-up codes, and per
    column with codes of institutions or districts or numbers of meetings or staff."""
    checks = [_code_check(column, codes) for column in contract.columns if (codes := _made_up_codes(column))]
    checks += [_cpr_check(column) for column in contract.columns if column.parse == "cpr" and column.is_required]
    checks += [_unit_check(column) for column in contract.columns if column.name.endswith(_MARKED_COLUMNS)]
    return replace(contract, row_checks=(*contract.row_checks, *checks))


def _made_up_codes(column: Column) -> list[str]:
    if column.code_table is None:
        return []
    return [row["code"] for row in load_code_table(column.code_table).rows if row.get(_MARK) == "true"]


def _code_check(column: Column, codes: list[str]) -> RowCheck:
    return RowCheck(
        check_id=f"{column.name}_is_made_up",
        wrong_when=f"{column.name} IN ({', '.join(literal(code) for code in codes)})",
        columns=(column.name,),
        expected="en kommune, der findes",
        advice=f"Kommunen er konstrueret. {_ADVICE}",
    )


def _unit_check(column: Column) -> RowCheck:
    """Anywhere in the code: in a made-up country the municipality's code stands before it."""
    return RowCheck(
        check_id=f"{column.name}_is_made_up",
        wrong_when=f"contains({column.name}, {literal(UNIT_PREFIX)})",
        columns=(column.name,),
        expected="en kode eller et nummer, der ikke er opdigtet",
        advice=f"Koden er konstrueret. {_ADVICE}",
    )


def _cpr_check(column: Column) -> RowCheck:
    """On the canonical number, which only the statement that types the row has."""
    return RowCheck(
        check_id=f"{column.name}_is_made_up",
        wrong_when=f"regexp_full_match({canonical_name(column)}, {literal(_NOBODYS_CPR)})",
        columns=(column.name,),
        expected="et CPR-nummer, som et barn kan have",
        advice=f"CPR-nummeret er konstrueret. {_ADVICE}",
    )
