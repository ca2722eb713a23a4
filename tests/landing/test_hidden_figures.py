"""Is a figure that its source hides taken in as hidden, however the source writes it, and never as 0 or as a fault?"""

from collections.abc import Callable

import duckdb
import pytest

from pipelines.codes import load_code_table
from pipelines.contracts import source_contract
from pipelines.landing.delivery import DeliveryResult

HEADER = "Skoleår;Kommune;Definition;Nøgletal;Elevgruppe;Værdi;Status"
HIDDEN = next(row for row in load_code_table("value_statuses").rows if row["code"] == "hidden_by_source")
MARKS = HIDDEN["aliases"].split("|")
Land = Callable[..., DeliveryResult]


def landed(land: Land, value: str, status: str) -> DeliveryResult:
    row = f"2025/26;Hele landet;STIL;inklusionsgrad;alle elever;{value};{status}"
    return land(f"{HEADER}\r\n{row}\r\n", source="segregation_figures", name="inklusionstal.csv")


@pytest.mark.parametrize("source", ["segregation_figures", "open_figures"])
def test_the_marks_of_the_value_are_those_of_its_status(source: str) -> None:
    contract = source_contract(source)

    assert list(contract.column("figure_value").empty_marks) == MARKS
    assert [column.name for column in contract.columns if column.empty_marks] == ["figure_value"]


@pytest.mark.parametrize("value", ["", "0", *MARKS, f" {MARKS[0]} "])
def test_a_hidden_figure_is_typed_and_has_no_value_that_counts(
    land: Land, connection: duckdb.DuckDBPyConnection, value: str
) -> None:
    result = landed(land, value, MARKS[0])

    assert (result.rows_typed, result.rows_rejected) == (1, 0)
    status = connection.execute("SELECT value_status_code, figure_value FROM typed.segregation_figures").fetchone()
    # a number beside the mark is kept as delivered; the mart leaves it out
    assert status == ("hidden_by_source", 0 if value == "0" else None)


@pytest.mark.parametrize("value", ["", *MARKS, "mange"])
def test_a_published_figure_without_a_number_is_rejected(land: Land, value: str) -> None:
    result = landed(land, value, "published")

    assert (result.rows_typed, result.rows_rejected) == (0, 1)
