"""What is to be expected at the second SDQ form without help? Into the warehouse as `codes.sdq_expectations`, and back.

A municipality that has followed children without help gives their regression line (`[[sdq.expectation]]` in trappen.toml); for
the other informants the line follows from the assumption in data_contracts/codes/sdq_reference_values.csv. The mart and the
report read the same rows, so settings changed after the run cannot make them disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import duckdb

from pipelines.codes import load_code_table, replace_table
from pipelines.measures.sdq import ExpectationLine, line_from_retest
from pipelines.settings import SdqExpectation

EXPECTATION_COLUMNS = {
    "informant_code": "VARCHAR",
    "intercept_points": "DOUBLE",
    "per_first_point": "DOUBLE",
    "per_year_of_age": "DOUBLE",
    "boy_points": "DOUBLE",
    "residual_sd_points": "DOUBLE",
    "source": "VARCHAR",
    "is_own": "BOOLEAN",
}
"""Columns of `codes.sdq_expectations`: one row per informant; is_own: the line is the municipality's, else it is the assumption."""

_LINE_COLUMNS = tuple(field.name for field in fields(ExpectationLine))
_READ = f"SELECT {', '.join(EXPECTATION_COLUMNS)} FROM codes.sdq_expectations ORDER BY informant_code"


@dataclass(frozen=True)
class Expectation:
    """The line of one informant, where it is from (Danish), and whether the municipality gave it."""

    line: ExpectationLine
    source: str
    is_own: bool


def load_expectations(connection: duckdb.DuckDBPyConnection, own: Sequence[SdqExpectation] = ()) -> None:
    """Create or replace `codes.sdq_expectations`: the municipality's lines, and the assumption for the other informants."""
    found = _assumed()
    for each in own:
        line = ExpectationLine(**{name: getattr(each, name) for name in _LINE_COLUMNS})
        found[each.informant] = Expectation(line, each.source, is_own=True)
    rows = [
        tuple(
            {**vars(each.line), "informant_code": code, "source": each.source, "is_own": each.is_own}[name]
            for name in EXPECTATION_COLUMNS
        )
        for code, each in found.items()
    ]
    replace_table(connection, "codes.sdq_expectations", EXPECTATION_COLUMNS, rows)


def read_expectations(connection: duckdb.DuckDBPyConnection) -> dict[str, Expectation]:
    """The expectation by informant code that the warehouse was built with."""
    found = {}
    for row in connection.execute(_READ).fetchall():
        plain = dict(zip(EXPECTATION_COLUMNS, row, strict=True))
        line = ExpectationLine(**{name: plain[name] for name in _LINE_COLUMNS})
        found[plain["informant_code"]] = Expectation(line, plain["source"], plain["is_own"])
    return found


def _danish(decimal: str) -> str:
    return decimal.replace(".", ",")


def _assumed() -> dict[str, Expectation]:
    return {
        row["informant_code"]: Expectation(
            line_from_retest(
                population_mean=float(row["population_mean_points"]),
                population_sd_points=float(row["population_sd_points"]),
                retest_correlation=float(row["retest_correlation"]),
            ),
            # in the words of the report; the whole source stands in the code table
            f"antagelse (gennemsnit {_danish(row['population_mean_points'])} point, sammenhæng "
            f"{_danish(row['retest_correlation'])}) og ikke på danske børn",
            is_own=False,
        )
        for row in load_code_table("sdq_reference_values").rows
    }
