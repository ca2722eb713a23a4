"""A made-up municipality straight in memory: what a report section needs, without files, typing and publishing."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

import polars as pl
import pytest

from pipelines.committee.context import ReportContext
from pipelines.municipalities import load_profile
from pipelines.municipalities.rules import load_rules
from pipelines.settings import Settings
from pipelines.simulate import SimulatedMunicipality, simulate_municipality
from pipelines.simulate.scenarios import load_scenario
from tests.sql.drawn import AS_OF_DATE, built_when_named, child_id, empty_warehouse

PROFILE = "vordingborg_next_step"
SOURCES = ("children", "institutions", "organisation", "school_placements", "measures", "sdq_answers", "sdq_scores")
EVERY_SOURCE = (*SOURCES, "segregation_figures", "sessions", "reviews", "costs", "cost_accounts")
LOW_GATES = {"minimum_follow_up_pct": 40, "minimum_same_informant_pct": 60}
"""So low that the section speaks of change and not only of how many were measured twice."""


def settings_of(**parts: Any) -> Settings:
    return Settings.model_validate(
        {"municipality": {"name": "Bøgelund Kommune", "profile": PROFILE, "is_constructed": True}, **parts}
    )


@lru_cache(maxsize=2)
def _simulated(scenario: str, children: int, seed: int) -> SimulatedMunicipality:
    return simulate_municipality(
        load_profile(PROFILE),
        children_count=children,
        seed=seed,
        data_end_date=AS_OF_DATE,
        parameters=load_scenario(scenario).parameters,
    )


def scenario_municipality(
    scenario: str, *, children: int, seed: int, sources: tuple[str, ...] = SOURCES, **parts: Any
) -> ReportContext:
    """The context of a scenario's municipality, these sources filled in as typed rows; the next call uses the same tables."""
    simulated = _simulated(scenario, children, seed)
    municipality = settings_of().municipality.model_dump()
    connection = empty_warehouse(municipality=municipality, **({"sdq": parts["sdq"]} if "sdq" in parts else {}))
    load_rules(connection, settings_of().profile)
    for source in sources:
        rows = simulated.tables[source]
        if "child_id" in rows.columns:
            rows = rows.with_columns(
                pl.col("child_id").map_elements(lambda number: str(child_id(number)), return_dtype=pl.String)
            )
        # kept by a name of its own, so that DuckDB finds the frame
        numbered = rows.with_row_index("row_number", offset=1).with_columns(valid_from=pl.lit(date(2026, 10, 1)))
        connection.register("simulated_rows", numbered)
        connection.execute(f"INSERT INTO typed.{source} BY NAME SELECT * FROM simulated_rows")
        connection.unregister("simulated_rows")
    connection = built_when_named(connection)
    names = dict(connection.execute("SELECT district_code, district_name FROM core.dim_district").fetchall())
    return ReportContext(connection, settings_of(**parts), AS_OF_DATE, names)


@pytest.fixture
def scenario_context() -> Callable[..., ReportContext]:
    """`scenario_municipality`, under the name that tests ask for."""
    return scenario_municipality
