"""Detection: few found children are hidden, also where a model has few districts, and the rate stands without a verdict."""

from datetime import date
from typing import Any

import duckdb
import pytest

from pipelines.committee import wellbeing_detection as detection
from pipelines.committee.context import ReportContext
from pipelines.disclosure.table import CellStatus, ProtectedTable
from tests.committee.conftest import settings_of

ADVISER, CASEWORKER = "district_adviser", "authority_caseworker"


def context_of(*districts: tuple[str, str | None, int, int]) -> ReportContext:
    """A context whose mart holds these districts: (code, model, children, first measured), with models and whole summed."""
    rows: list[tuple[Any, ...]] = [
        ("district", code, model, children, found) for code, model, children, found in districts
    ]
    for model in dict.fromkeys(model for _, model, _, _ in districts):
        own = [district for district in districts if district[1] == model]
        rows.append(("model", model, model, sum(d[2] for d in own), sum(d[3] for d in own)))
    rows.append(("municipality", "ALL", None, sum(d[2] for d in districts), sum(d[3] for d in districts)))
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA marts")
    connection.execute(
        "CREATE TABLE marts.mart_sdq_detection (area_kind VARCHAR, area_code VARCHAR, model_code VARCHAR, "
        "children_count BIGINT, first_measured_count BIGINT)"
    )
    connection.executemany("INSERT INTO marts.mart_sdq_detection VALUES (?, ?, ?, ?, ?)", rows)
    return ReportContext(connection, settings_of(), date(2026, 9, 30), {code: code.title() for code, *_ in districts})


def rates(table: ProtectedTable) -> dict[str, float | None]:
    return dict(zip(table.values("area"), table.values("per_hundred"), strict=True))


def test_rates_are_per_hundred_children_by_district_model_and_whole() -> None:
    context = context_of(("NORD", ADVISER, 400, 20), ("SYD", ADVISER, 100, 10), ("VEST", CASEWORKER, 500, 10))
    table = detection.detection_table(context)
    assert rates(table) == pytest.approx(
        {
            "Nord": 100 * 20 / 400,
            "Syd": 100 * 10 / 100,
            "Vest": 100 * 10 / 500,
            "Distriktsrådgiver": 100 * 30 / 500,
            "Myndighedssagsbehandler": 100 * 10 / 500,
            "Hele kommunen": 100 * 40 / 1000,
        }
    )
    figure = detection.detection_figure(context, table)
    # the models' rates side by side would be a comparison without its interval
    assert figure.title == "4,0 børn af 100 blev målt første gang i de seneste 12 måneder"
    assert "ikke barnets" in figure.subtitle


def test_few_found_in_one_district_cannot_be_had_from_its_model_or_the_whole() -> None:
    context = context_of(("NORD", ADVISER, 400, 20), ("SYD", ADVISER, 100, 3), ("VEST", CASEWORKER, 500, 10))
    table = detection.detection_table(context)
    hidden = {
        str(row[1].value)
        for row in table.rows
        if row[table.column_index("first_measured_count")].status is CellStatus.HIDDEN
    }
    assert {"Syd", "Nord"} <= hidden  # with Nord shown, Syd would follow from the model
    assert rates(table)["Syd"] is None
    assert rates(table)["Hele kommunen"] == pytest.approx(3.3)


def test_a_district_without_a_known_model_is_a_model_row_of_its_own_and_in_no_title() -> None:
    context = context_of(("NORD", ADVISER, 400, 20), ("SYD", None, 100, 10))
    table = detection.detection_table(context)
    assert rates(table)["Model ikke oplyst"] == 10


def test_a_hidden_whole_has_no_number_in_the_title() -> None:
    context = context_of(("NORD", ADVISER, 400, 3))
    title = detection.detection_figure(context, detection.detection_table(context)).title
    assert title == "Børn målt første gang i de seneste 12 måneder"
