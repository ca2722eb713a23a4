"""Costs: does the truth agree with the files to the øre, and do measures and accounts hold the same money without being mixed?"""

import dataclasses
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.codes import load_code_table
from pipelines.contracts import source_contract
from pipelines.simulate import Parameters, SimulatedMunicipality, simulate_municipality
from pipelines.simulate.costs import quarter_starts, spend_truth
from pipelines.simulate.layouts import layouts
from pipelines.simulate.written_cells import writers_of

PROFILE = Path(__file__).parents[2] / "pipelines" / "municipalities" / "vordingborg_next_step.toml"
DATA_END = date(2026, 9, 30)
Row = dict[str, Any]


def drawn(*, children: int = 2000, **changes: Any) -> SimulatedMunicipality:
    chosen = dataclasses.replace(Parameters().costs, **changes)
    return simulate_municipality(
        PROFILE, children_count=children, seed=6, parameters=dataclasses.replace(Parameters(), costs=chosen)
    )


def kroner(row: Row) -> Decimal:
    return Decimal(str(row["amount_dkk"])).quantize(Decimal("0.01"))


def rung_of(row: Row) -> int:
    paragraphs = {found["code"]: found["social_rung"] for found in load_code_table("paragraphs").rows}
    places = {found["code"]: found["social_rung"] for found in load_code_table("places").rows}
    return int(places[row["place_code"]] if row["place_code"] else paragraphs[row["paragraph_code"]])


def test_spend_is_that_of_the_files(made: Any) -> None:
    measures = {(row["child_id"], row["measure_id"]): row for row in made.rows["measures"]}
    sums: dict[tuple[int, int, str], Decimal] = defaultdict(Decimal)
    spenders = defaultdict(set)
    for row in made.rows["costs"]:
        key = row["period_start_date"].year, rung_of(measures[row["child_id"], row["measure_id"]])
        sums[*key, "spent_dkk" if row["cost_kind_code"] == "actual" else "budget_dkk"] += kroner(row)
        if row["cost_kind_code"] == "actual":
            spenders[key].add(row["measure_id"])
            sums[*key, "taken_back_dkk"] += min(kroner(row), Decimal(0))
    for row in made.rows["cost_accounts"]:
        if row["cost_kind_code"] == "actual":
            sums[row["period_start_date"].year, rung_of(row), "accounts_dkk"] += kroner(row)
    for row in made.truth["spend"]:
        key = row["calendar_year"], row["social_rung"]
        assert row["measures_count"] == len(spenders[key])
        for name in ("spent_dkk", "budget_dkk", "taken_back_dkk", "accounts_dkk"):
            assert Decimal(str(row[name])) == sums[*key, name], (key, name)
    assert sum(row["taken_back_dkk"] for row in made.truth["spend"]) < 0
    assert {row["calendar_year"] for row in made.truth["spend"] if row["budget_dkk"]} == {2026}


def test_a_measure_costs_in_the_quarters_it_runs_and_takes_back_in_the_one_after(made: Any) -> None:
    measures = {(row["child_id"], row["measure_id"]): row for row in made.rows["measures"]}
    for row in made.rows["costs"]:
        measure, first, last = (
            measures[row["child_id"], row["measure_id"]], row["period_start_date"], row["period_end_date"]
        )  # fmt: skip
        assert (first.day, first.month % 3) == (1, 1)
        assert (last + timedelta(days=1)).day == 1
        assert (last - first).days in range(89, 92)
        end = measure["end_date"] or DATA_END
        runs = measure["start_date"] <= last and end >= first
        assert runs == (row["amount_dkk"] > 0)
        if not runs:
            assert end < first <= end + timedelta(days=92)
            assert row["cost_kind_code"] == "actual"


def test_accounts_hold_the_measures_money_and_what_belongs_to_none() -> None:
    """With nothing on no measure, sums are equal per paragraph and quarter to the øre; else a twenty-fifth more, but rounding."""
    for shared in (0.0, 0.04):
        simulated = drawn(shared_share=shared, taken_back_share=0.0)
        tables = simulated.tables
        of_measures = tables["costs"].join(tables["measures"], on=["child_id", "measure_id"])
        sums: list[dict[tuple[Any, ...], Decimal]] = []
        for frame in (of_measures, tables["cost_accounts"]):
            found: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
            for row in frame.iter_rows(named=True):
                key = row["paragraph_code"], row["place_code"], row["period_start_date"], row["cost_kind_code"]
                found[key] += kroner(row)
            sums.append(found)
        measures, accounts = sums
        assert measures.keys() == accounts.keys()
        for key, amount in accounts.items():
            factor = Decimal(str(1 + shared)) if key[-1] == "actual" else 1
            assert abs(amount - factor * measures[key]) <= (Decimal("0.04") if shared else 0), key


def test_without_spread_a_measure_costs_its_rungs_price_for_its_days() -> None:
    simulated = drawn(measure_log_sd=0.0, quarter_log_sd=0.0, taken_back_share=0.0)
    prices = dict(zip(range(2, 7), Parameters().costs.rung_price_dkk_per_month, strict=True))
    measures = {row["measure_id"]: row for row in simulated.tables["measures"].iter_rows(named=True)}
    for row in simulated.tables["costs"].iter_rows(named=True):
        if row["cost_kind_code"] != "actual":
            continue
        measure = measures[row["measure_id"]]
        first = max(measure["start_date"], row["period_start_date"])
        last = min(measure["end_date"] or DATA_END, row["period_end_date"], DATA_END)
        days = (last - first).days + 1
        assert row["amount_dkk"] == pytest.approx(prices[rung_of(measure)] * days / (365.25 / 12), abs=0.006)


def test_spread_leaves_the_mean_where_it_was() -> None:
    """Log-normal with mean 1: the sum over some thousand quarters of 2,000 measures is the plain one within 3 per cent."""
    plain = drawn(children=10_000, measure_log_sd=0.0, quarter_log_sd=0.0, taken_back_share=0.0)
    spread = drawn(children=10_000, taken_back_share=0.0)
    sums = [sum(row["spent_dkk"] for row in spend_truth(simulated)) for simulated in (plain, spread)]
    assert sums[0] != sums[1]
    assert sums[1] == pytest.approx(sums[0], rel=0.03)


def test_quarters_begin_in_january_april_july_and_october() -> None:
    # 1 January 1970 begins quarter 0; 2024 is 54 years later
    days = quarter_starts(np.arange(4 * 54, 4 * 54 + 5))
    assert [str(day) for day in days.astype("datetime64[D]")] == [
        "2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01", "2025-01-01",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "written"),
    [(-0.5, "-0,5"), (-1234567.89, "-1.234.567,89"), (1034567.0, "1.034.567"), (0.0, "0"), (12.3, "12,3")],
)
def test_negative_amounts_keep_their_sign_with_points_between_thousands(amount: float, written: str) -> None:
    layout = dataclasses.replace(layouts()["costs"][0], has_thousands_point=True)
    assert writers_of(layout)["amount_dkk"](amount) == written


def test_accounts_ask_for_the_place_of_the_same_placements_as_measures() -> None:
    rules = [
        {check.check_id: check.wrong_when for check in source_contract(source).row_checks}["placement_without_place"]
        for source in ("measures", "cost_accounts")
    ]
    assert rules[0] == rules[1]
