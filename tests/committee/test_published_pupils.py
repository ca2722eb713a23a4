"""Counts behind published figures: a made-up delivery with both of them, hidden ones, and a definition that has none."""

from datetime import date
from typing import Any

import pytest

from pipelines.committee import published_inclusion as inclusion
from pipelines.committee.context import ReportContext
from pipelines.committee.published_pupils import implied_tables, place_tables, place_words
from pipelines.disclosure.table import ProtectedTable
from pipelines.settings import Settings
from tests.sql.drawn import built

YEAR = "2025/26"
CODES = [f"K{number:02d}" for number in range(1, 21)]
HEADER = "definition_id measure_code area_code pupil_group_code school_year figure_value value_status_code"


def figure(measure: str, area: str, value: float | None, definition: str = "kl", year: str = YEAR) -> str:
    told = "- hidden_by_source" if value is None else f"{value} published"
    return f"{definition} {measure} {area} all {year} {told}"


def context_of(*lines: str) -> ReportContext:
    settings = Settings.model_validate({"municipality": {"name": "Prøveby", "profile": "demo", "is_constructed": True}})
    connection = built({"segregation_figures": "\n".join((HEADER, *lines))})
    return ReportContext(connection, settings, date(2026, 9, 30), {})


def both_counts(outside: dict[str, float | None], pupils: float | None = 4000) -> list[str]:
    return [
        line
        for code, count in outside.items()
        for line in (figure("segregated_pupils_count", code, count), figure("pupils_count", code, pupils))
    ]


def cells(table: ProtectedTable, row: int = -1) -> dict[str, Any]:
    return {column.name: cell.value for column, cell in zip(table.columns, table.rows[row], strict=True)}


def test_with_both_counts_chance_lets_a_municipality_lie_anywhere_among_some_others() -> None:
    # twenty that are all alike but the first, which has none outside, and the last, where all are
    outside: dict[str, float | None] = dict.fromkeys(CODES, 200.0)
    outside |= {CODES[0]: 0.0, CODES[-1]: 4000.0}
    context = context_of(*both_counts(outside))
    (first,) = place_tables(context, municipality_code=CODES[0])
    (last,) = place_tables(context, municipality_code=CODES[-1])
    (alike,) = place_tables(context, municipality_code=CODES[7])
    assert cells(first) == {"school_year": YEAR, "others": 19, "fewest_below": 0, "most_below": 0}
    assert cells(last) == {"school_year": YEAR, "others": 19, "fewest_below": 19, "most_below": 19}
    # the one in the middle lies above the first and below the last, and among the other 17 anywhere or nearly so
    assert cells(alike)["fewest_below"] in (1, 2)
    assert cells(alike)["most_below"] in (17, 18)
    assert len(alike.rows) == 1  # one municipality: no list of them
    said = place_words((first,), by_whom={"kl": "efter KL's definition"})
    assert said == (
        "Mellem 0 og 0 af 19 andre kommuner kan ligge lavere i 2025/26 efter KL's definition, når tilfældigheder regnes med."
    )


def test_the_same_delivery_gives_the_same_places() -> None:
    lines = both_counts({code: 150.0 + 5 * number for number, code in enumerate(CODES)})
    first, second = (place_tables(context_of(*lines), municipality_code="K05") for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "changed",
    [
        {"K05": None},  # the source hides the count
        {},  # K05 is left out
    ],
    ids=["hidden", "left out"],
)
def test_a_municipality_without_counts_has_no_place_and_is_not_the_lowest(changed: dict[str, float | None]) -> None:
    outside: dict[str, float | None] = {code: 200.0 for code in CODES if code != "K05"}
    context = context_of(*both_counts(outside | changed))
    assert place_tables(context, municipality_code="K05") == ()
    (other,) = place_tables(context, municipality_code="K06")
    assert cells(other)["others"] == 18  # the one without counts is not among the others


def test_among_few_others_nothing_is_told_and_a_count_without_its_whole_is_not_enough() -> None:
    few = context_of(*both_counts(dict.fromkeys(CODES[:9], 200.0)))
    assert place_tables(few, municipality_code=CODES[0]) == ()
    no_whole = context_of(*(figure("segregated_pupils_count", code, 200) for code in CODES))
    assert place_tables(no_whole, municipality_code=CODES[0]) == ()
    assert "både tæller og nævner" in place_words((), by_whom={})


def test_years_and_definitions_are_kept_apart() -> None:
    earlier = [line.replace(YEAR, "2024/25") for line in both_counts(dict.fromkeys(CODES, 300.0))]
    other = [line.replace("kl ", "flis ") for line in both_counts(dict.fromkeys(CODES[:9], 10.0))]
    tables = place_tables(
        context_of(*both_counts(dict.fromkeys(CODES, 200.0)), *earlier, *other), municipality_code="K03"
    )
    assert [(table.table_id, table.values("school_year")) for table in tables] == [
        ("published_kl_place", ["2024/25", YEAR])  # nine municipalities under the other definition are too few
    ]


def test_a_count_beside_a_hidden_percentage_implies_nothing() -> None:
    context = context_of(
        figure("segregated_pupils_count", "000", 123),
        figure("segregation_pct", "000", None),
        figure("segregated_pupils_count", "K01", None),
        figure("segregation_pct", "K01", 5.1),
        figure("segregated_pupils_count", "K02", 51),
        figure("inclusion_pct", "K02", 94.9, year=YEAR),
    )
    names = {code: code for code in ("000", "K01", "K02")}
    (table,) = implied_tables(context, area_codes=tuple(names), names=names)
    # 51 / 5,15 % = 990,3 and 51 / 5,05 % = 1.009,9; the last outwards to tens
    assert [tuple(cell.value for cell in row) for row in table.rows] == [("K02", YEAR, 51, 5.1, 991, 1010)]


def test_a_hidden_figure_of_the_municipality_is_said_to_be_hidden() -> None:
    context = context_of(figure("inclusion_pct", "741", None, definition="stil_kommunal"))
    section = inclusion.inclusion_section(context, municipality_code="741")
    assert section.answer == "Kilden viser ikke tal for Samsø."
    assert [cell.value for table in section.tables for row in table.rows for cell in row[3:4]] == [None]
