"""May a row name a municipality that does not exist? In a workspace of made-up data yes, in a real one never.

A file from the demo that ends in a real inbox would otherwise be counted as real. A contract does not know whose workspace it is
read for, so the rule is added here, as a row check like any other: the row is rejected, and the sender's list says why.
"""

from dataclasses import replace

from pipelines.codes import load_code_table
from pipelines.contracts import Column, Contract, RowCheck
from pipelines.typed.values import literal

_MARK = "is_made_up"


def without_made_up(contract: Contract) -> Contract:
    """The contract with one more row check per column whose code table holds made-up codes."""
    checks = [_row_check(column, codes) for column in contract.columns if (codes := _made_up_codes(column))]
    return replace(contract, row_checks=(*contract.row_checks, *checks))


def _made_up_codes(column: Column) -> list[str]:
    if column.code_table is None:
        return []
    return [row["code"] for row in load_code_table(column.code_table).rows if row.get(_MARK) == "true"]


def _row_check(column: Column, codes: list[str]) -> RowCheck:
    return RowCheck(
        check_id=f"{column.name}_is_made_up",
        wrong_when=f"{column.name} IN ({', '.join(literal(code) for code in codes)})",
        columns=(column.name,),
        expected="en kommune, der findes",
        advice="Kommunen er konstrueret og hører til de konstruerede data. Se efter, om filen er kommet i den forkerte indbakke.",
    )
