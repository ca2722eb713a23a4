"""What does help cost: the accounts and the budget of every measure per quarter, and the same money per account.

A measure costs its rung's price a month for the days it runs, more or less dear as measures are. What was paid for too long is
taken back in the quarter after a measure has ended, as a negative amount. The accounts hold all of it by paragraph, place and
district, and a little more that belongs to no single measure. Amounts are whole øre throughout, so that no sum rounds.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pipelines.simulate.courses import DeliveredMeasures
from pipelines.simulate.days import DAYS_PER_YEAR, NEVER, Days, Indices, date_series, day_number, year_numbers
from pipelines.simulate.parameters import CostParameters
from pipelines.simulate.population import Children

if TYPE_CHECKING:
    from pipelines.simulate.municipality import SimulatedMunicipality

COST_KINDS = ("actual", "budget")
ACTUAL, BUDGET = range(2)
_LOWEST_RUNG = 2
_DAYS_PER_MONTH = DAYS_PER_YEAR / 12
_ORE_PER_KRONE = 100
_BUDGET_STEP_DKK = 100


@dataclass(frozen=True)
class Costs:
    """One entry per measure, quarter and kind, in the order of quarter and measure. `measure` is a place among the delivered
    measures, `period_start` a quarter's first day; `amount_ore` are øre, negative for what was taken back."""

    measure: Indices
    period_start: Days
    kind: Indices
    amount_ore: Indices


@dataclass(frozen=True)
class Accounts:
    """One entry per account, quarter and kind, in the order of account and quarter. `code` is the account's number."""

    code: tuple[str, ...]
    paragraph: tuple[str, ...]
    place: tuple[str | None, ...]
    district: Indices
    rung: Indices
    period_start: Days
    kind: Indices
    amount_ore: Indices


def draw_costs(
    rng: np.random.Generator,
    measures: DeliveredMeasures,
    parameters: CostParameters,
    *,
    register_start: date,
    data_end: date,
) -> Costs:
    """The accounts from the register's first quarter to the one of data end, and the budget of the last year."""
    first, end = _quarter(np.array([day_number(register_start)]))[0], day_number(data_end)
    measure, quarter = _quarters_of(measures, first=int(first), end=end)
    starts, afters = quarter_starts(quarter), quarter_starts(quarter + 1)
    days = np.minimum(np.minimum(measures.stop[measure], end) + 1, afters) - np.maximum(measures.start[measure], starts)
    price = np.array(parameters.rung_price_dkk_per_month)[measures.rung[measure] - _LOWEST_RUNG]
    expected = price * days / _DAYS_PER_MONTH
    dearness = rng.lognormal(-(parameters.measure_log_sd**2) / 2, parameters.measure_log_sd, size=len(measures.start))
    spread = rng.lognormal(-(parameters.quarter_log_sd**2) / 2, parameters.quarter_log_sd, size=len(measure))
    spent = np.rint(_ORE_PER_KRONE * expected * dearness[measure] * spread).astype(np.int64)
    actual = Costs(measure, starts, np.full(len(measure), ACTUAL), spent)
    planned = year_numbers(starts) == data_end.year
    steps = np.maximum(np.rint(expected[planned] / _BUDGET_STEP_DKK), 1).astype(np.int64)
    budget = Costs(
        measure[planned],
        starts[planned],
        np.full(int(planned.sum()), BUDGET),
        steps * _BUDGET_STEP_DKK * _ORE_PER_KRONE,
    )
    return _in_order([actual, budget, _taken_back(rng, measures, actual, parameters, end=end)])


def _quarter(days: Days) -> Indices:
    """Quarters since 1970, shape as given."""
    quarters: Indices = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) // 3
    return quarters


def quarter_starts(quarters: Indices) -> Days:
    """The first day of quarters since 1970, shape as given."""
    days: Days = (3 * quarters).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return days


def _quarters_of(measures: DeliveredMeasures, *, first: int, end: int) -> tuple[Indices, Indices]:
    """(measure, quarter) for every quarter since `first` in which a measure ran."""
    begins = np.maximum(_quarter(measures.start), first)
    ends = _quarter(np.minimum(measures.stop, end))
    times = np.maximum(ends - begins + 1, 0)
    measure = np.repeat(np.arange(len(times)), times)
    number = np.arange(len(measure)) - np.repeat(np.cumsum(times) - times, times)
    return measure, begins[measure] + number


def _taken_back(
    rng: np.random.Generator, measures: DeliveredMeasures, actual: Costs, parameters: CostParameters, *, end: int
) -> Costs:
    """For some measures that have ended: a part of their last quarter, in the quarter after, if that has begun."""
    last_quarter = _quarter(np.minimum(measures.stop, NEVER - 1))
    is_last = _quarter(actual.period_start) == last_quarter[actual.measure]
    drawn, part = rng.random(len(measures.start)), rng.uniform(0.1, 0.6, size=len(measures.start))
    next_start = quarter_starts(_quarter(actual.period_start) + 1)
    chosen = is_last & (drawn[actual.measure] < parameters.taken_back_share) & (next_start <= end)
    amount = -np.maximum(np.rint(part[actual.measure] * actual.amount_ore), _ORE_PER_KRONE).astype(np.int64)
    return Costs(actual.measure[chosen], next_start[chosen], actual.kind[chosen], amount[chosen])


def _in_order(parts: list[Costs]) -> Costs:
    whole = {name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])}
    order = np.lexsort((whole["kind"], whole["measure"], whole["period_start"]))
    return Costs(**{name: values[order] for name, values in whole.items()})


def cost_rows(costs: Costs, measures: DeliveredMeasures, children: Children) -> pl.DataFrame:
    """One row per measure, quarter and kind, contract columns."""
    return pl.DataFrame(
        {
            "child_id": np.array(children.numbers)[measures.child[costs.measure]],
            "measure_id": np.array(measures.number, dtype=np.str_)[costs.measure],
            **_period_columns(costs.period_start),
            "cost_kind_code": np.array(COST_KINDS)[costs.kind],
            "amount_dkk": costs.amount_ore / _ORE_PER_KRONE,
        }
    )


def _period_columns(period_start: Days) -> dict[str, pl.Series]:
    return {
        "period_start_date": date_series(period_start),
        "period_end_date": date_series(quarter_starts(_quarter(period_start) + 1) - 1),
    }


def sum_accounts(
    costs: Costs,
    measures: DeliveredMeasures,
    measure_rows: pl.DataFrame,
    children: Children,
    parameters: CostParameters,
) -> Accounts:
    """The same money per paragraph, place and district (the child's home on the quarter's first day), and what belongs to no
    single measure on top of every sum of the accounts."""
    district = children.district_on(measures.child[costs.measure], costs.period_start)
    frame = pl.DataFrame(
        {
            "paragraph": measure_rows["paragraph_code"].gather(costs.measure),
            "place": measure_rows["place_code"].gather(costs.measure),
            "district": district,
            "rung": measures.rung[costs.measure],
            "period_start": costs.period_start,
            "kind": costs.kind,
            "amount": costs.amount_ore,
        }
    )
    keys = ["paragraph", "place", "district", "rung", "period_start", "kind"]
    summed = frame.group_by(keys).agg(pl.col("amount").sum()).sort(keys)
    own = summed["amount"].to_numpy().astype(np.int64)
    kind = summed["kind"].to_numpy().astype(np.int64)
    shared = np.rint(parameters.shared_share * np.maximum(own, 0)).astype(np.int64)
    rows = summed.select("paragraph", "place", "district").rows()
    return Accounts(
        code=tuple(f"{paragraph}.{place or 0}.{district + 1:02d}" for paragraph, place, district in rows),
        paragraph=tuple(row[0] for row in rows),
        place=tuple(row[1] for row in rows),
        district=summed["district"].to_numpy().astype(np.int64),
        rung=summed["rung"].to_numpy().astype(np.int64),
        period_start=summed["period_start"].to_numpy().astype(np.int64),
        kind=kind,
        amount_ore=np.where(kind == ACTUAL, own + shared, own),
    )


def account_rows(accounts: Accounts, district_codes: list[str]) -> pl.DataFrame:
    """One row per account, quarter and kind, contract columns."""
    return pl.DataFrame(
        {
            "account_code": pl.Series(accounts.code, dtype=pl.String),
            "paragraph_code": pl.Series(accounts.paragraph, dtype=pl.String),
            "place_code": pl.Series(accounts.place, dtype=pl.String),
            "district_code": np.array(district_codes)[accounts.district],
            **_period_columns(accounts.period_start),
            "cost_kind_code": np.array(COST_KINDS)[accounts.kind],
            "amount_dkk": accounts.amount_ore / _ORE_PER_KRONE,
        }
    )


def spend_truth(simulated: "SimulatedMunicipality") -> list[dict[str, Any]]:
    """Per calendar year and rung: measures with spend, kroner by the measures' accounts, what of it was taken back (below 0),
    the measures' budget, and kroner by the accounts that know no measures."""
    costs, accounts = simulated.costs, simulated.accounts
    rung = simulated.delivered_measures.rung[costs.measure]
    year, account_year = year_numbers(costs.period_start), year_numbers(accounts.period_start)
    rows = []
    for calendar_year in range(simulated.register_start_date.year, simulated.data_end_date.year + 1):
        for step in range(_LOWEST_RUNG, 7):
            here = (year == calendar_year) & (rung == step)
            is_actual = here & (costs.kind == ACTUAL)
            on_accounts = (account_year == calendar_year) & (accounts.rung == step) & (accounts.kind == ACTUAL)
            rows.append(
                {
                    "calendar_year": calendar_year,
                    "social_rung": step,
                    "measures_count": len(np.unique(costs.measure[is_actual])),
                    "spent_dkk": _kroner(costs.amount_ore[is_actual]),
                    "taken_back_dkk": _kroner(costs.amount_ore[is_actual & (costs.amount_ore < 0)]),
                    "budget_dkk": _kroner(costs.amount_ore[here & (costs.kind == BUDGET)]),
                    "accounts_dkk": _kroner(accounts.amount_ore[on_accounts]),
                }
            )
    return rows


def _kroner(amount_ore: Indices) -> float:
    return int(amount_ore.sum()) / _ORE_PER_KRONE
