"""Senders' points that are not those of the answers: by scale and cause, few forms hidden, every cause in Danish."""

from datetime import date

import duckdb

from pipelines.committee.context import ReportContext
from pipelines.committee.wellbeing_differences import CAUSES, differences_table
from pipelines.contracts import load_contracts
from pipelines.disclosure.table import CellStatus
from tests.committee.conftest import settings_of


def context(*differences: tuple[str, str, int]) -> ReportContext:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA marts")
    connection.execute(
        "CREATE TABLE marts.mart_sdq_score_differences (scale_code VARCHAR, cause_code VARCHAR, forms_count BIGINT)"
    )
    if differences:
        connection.executemany("INSERT INTO marts.mart_sdq_score_differences VALUES (?, ?, ?)", differences)
    return ReportContext(connection, settings_of(), date(2026, 9, 30), {})


def test_forms_are_summed_over_deliveries_by_scale_and_cause() -> None:
    turned = "reversed_items_not_turned"
    table = differences_table(context(("total", turned, 7), ("total", turned, 8), ("hyper", turned, 12)))
    assert table is not None
    assert [[cell.value for cell in row] for row in table.rows] == [
        ["SDQ i alt", "de omvendte spørgsmål er ikke vendt", 7 + 8],
        ["Hyperaktivitet", "de omvendte spørgsmål er ikke vendt", 12],
    ]
    assert "Svarene er brugt" in table.source


def test_a_few_forms_of_one_cause_do_not_follow_from_how_many_differ_at_all() -> None:
    """The gaps in the data tell that 23 forms differ: with 20 shown, the 3 would be the rest."""
    table = differences_table(context(("total", "not_scaled_up", 20), ("total", "unknown", 3)))
    assert table is not None
    assert {row[2].status for row in table.rows} == {CellStatus.HIDDEN}


def test_where_all_agree_there_is_no_table() -> None:
    assert differences_table(context()) is None


def test_every_cause_of_the_contract_is_said_in_danish() -> None:
    rules = load_contracts("table")["mart_sdq_score_differences"].expectations
    known = next(rule.arguments["value_set"] for rule in rules if rule.name == "cause_is_known_to_us")
    assert set(CAUSES) == set(known)
