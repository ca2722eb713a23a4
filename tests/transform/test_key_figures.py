"""The twelve key figures of two made-up municipalities are those that plain Python counts from the same deliveries."""

from datetime import date
from decimal import Decimal

import pytest

from pipelines.codes import load_code_table
from pipelines.municipalities import load_profile
from pipelines.simulate import simulate_municipality
from tests.transform import independent_key_figures as independent
from tests.transform.test_truth import filled

DATA_END = date(2026, 9, 30)
LATEST, EARLIER = date(2026, 9, 30), date(2025, 9, 30)


@pytest.fixture(scope="module", params=[3, 11])
def municipality(request):
    simulated = simulate_municipality(
        load_profile("vordingborg_next_step"), children_count=2000, seed=request.param, data_end_date=DATA_END
    )
    children = independent.walk_children(simulated.tables, data_end=DATA_END)
    rows = filled(simulated).execute("SELECT * FROM marts.mart_key_figure").pl().to_dicts()
    return simulated, children, rows


def found(rows, day, numbers):
    """(numerator, denominator) by line and area."""
    return {
        (f"{row['key_figure_number']}-{row['measure_code']}-{row['group_code']}", row["area_code"]): (
            row["numerator"],
            row["denominator"],
        )
        for row in rows
        if row["reference_date"] == day and row["key_figure_number"] in numbers
    }


@pytest.mark.parametrize("day", [LATEST, EARLIER])
def test_children_and_moves_are_those_of_the_day_by_day_walk(municipality, day):
    _, children, rows = municipality
    counts = independent.counts_on(children, day)
    compared = 0
    for (code, area), (above, below) in found(rows, day, {1, 3, 4, 5, 6, 7, 8, 9, 10}).items():
        if above is None:
            assert code.startswith("7-")
            assert day == EARLIER  # those who turned 18 in the year before are no longer on the list of children
            continue
        assert (above, below) == (counts.above[code, area], counts.below[code, area]), (code, area)
        compared += above > 0
    assert compared > 40
    told = {code for code, _ in found(rows, day, {1, 3, 4, 5, 6, 7, 8, 9, 10})}
    assert {code for code, _ in counts.above} <= told


def test_stays_are_as_long_as_counted_by_hand(municipality):
    _, children, rows = municipality
    stays = independent.months_of_stays(children, LATEST)
    figures = {
        (row["group_code"], row["measure_code"]): (row["value"], row["denominator"])
        for row in rows
        if row["key_figure_number"] == 2 and row["area_code"] == "ALL" and row["reference_date"] == LATEST
    }
    assert stays
    for group, (average, middle, count) in stays.items():
        assert figures[group, "mean_months"] == pytest.approx((average, count))
        assert figures[group, "median_months"] == pytest.approx((middle, count))


def test_follow_ups_are_those_counted_course_by_course(municipality):
    simulated, children, rows = municipality
    for day in (LATEST, EARLIER):
        wanted = independent.follow_ups_of(children, simulated.tables["reviews"].to_dicts(), day, data_end=DATA_END)
        figures = {code: pair for (code, area), pair in found(rows, day, {12}).items() if area == "ALL"}
        assert wanted["12-first-all"][1] > 10
        assert wanted["12-later-all"][1] > 10
        assert figures == {code: wanted.get(code, (0, 0)) for code in figures}


def test_spend_is_that_of_the_accounts_per_district_and_rung(municipality):
    simulated, _, rows = municipality
    spend = independent.spend_of(simulated.tables["cost_accounts"].to_dicts(), 2025)
    residents = {area: pair[1] for (code, area), pair in found(rows, EARLIER, {1}).items()}
    compared = 0
    for (code, area), (above, below) in found(rows, EARLIER, {11}).items():
        _, measure, group = code.split("-")
        if measure == "dkk_per_0_22":
            assert above is None
            continue
        assert round(Decimal(above), 2) == round(Decimal(spend[group, area]), 2), (code, area)
        assert below == residents[area]
        compared += above != 0
    assert compared > 15


def test_every_line_says_its_value_or_why_not(municipality):
    _, _, rows = municipality
    reasons = set(load_code_table("key_figure_reasons").codes)
    assert all((row["value"] is None) == (row["reason_code"] is not None) for row in rows)
    assert {row["reason_code"] for row in rows} - {None} <= reasons
    lines = set(load_code_table("key_figure_lines").codes)
    for day in (LATEST, EARLIER):
        assert {code for code, area in found(rows, day, range(1, 13)) if area == "ALL"} == lines
    # all twelve can be counted: eleven on the latest day, spend in the last whole year of account
    counted = {(row["key_figure_number"], row["reference_date"]) for row in rows if row["numerator"] is not None}
    assert {number for number, day in counted if day == LATEST} == set(range(1, 13)) - {11}
    assert (11, EARLIER) in counted


@pytest.mark.parametrize("number", [str(number) for number in range(1, 13)])
def test_the_rungs_a_definition_names_are_the_rungs_it_counts(number):
    """The SQL of 2 and 7 to 12 writes its rungs itself; the definition that people read must name the same."""
    figure = next(row for row in load_code_table("key_figures").rows if row["code"] == number)
    counted = {
        "1": {6}, "2": {6}, "3": {5}, "4": {4}, "5": {3}, "6": {2}, "7": {6}, "8": {3}, "9": {3}, "10": {2},
        "11": {2, 3, 4, 5, 6}, "12": {3, 4, 5, 6},
    }  # fmt: skip
    assert {int(code.removeprefix("social-")) for code in figure["rung_codes"].split("|")} == counted[number]
