"""The children that the study of models compares are those that an evaluation reads from the warehouse of the same municipality."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from pipelines.evaluation.children import StudyChild, StudyChildren, read_children
from pipelines.evaluation.plan import AnalysisPlan
from pipelines.prove.models.children import TOTAL, drawn_children, months_later, plan_of_world, study_children
from pipelines.simulate.days import day_number
from pipelines.simulate.municipality import SimulatedMunicipality, simulate_municipality
from pipelines.simulate.scenarios import districts_profile, load_scenario
from pipelines.simulate.sdq import form_rows
from tests.evaluation.drawn_study import a_plan
from tests.sql.drawn import built_when_named, empty_warehouse, fill_simulated

STARTS = (date(2024, 8, 1), date(2025, 2, 1))


@pytest.fixture(scope="module")
def simulated() -> SimulatedMunicipality:
    """Six districts, three with advisers of whom the last begin half a year later; every form comes as answers."""
    parameters = load_scenario("large_effect").parameters
    return simulate_municipality(
        districts_profile(district_count=6, adviser_count=3, adviser_starts=STARTS),
        children_count=900,
        seed=4,
        parameters=replace(parameters, population=replace(parameters.population, keeps_grown_up=False)),
    )


@pytest.fixture(scope="module")
def plan() -> AnalysisPlan:
    """A window that reaches beyond the last day whose months have passed."""
    window = {"first_from": date(2024, 1, 31), "first_to": date(2026, 6, 30)}
    return a_plan(window=window, estimand={"counted_by": "district"})


@pytest.fixture(scope="module")
def read(simulated: SimulatedMunicipality, plan: AnalysisPlan) -> StudyChildren:
    connection = empty_warehouse(as_of_date=simulated.data_end_date)
    for source in ("children", "institutions", "organisation", "school_placements", "measures"):
        fill_simulated(connection, source, simulated.tables[source])
    forms = form_rows(simulated.sdq.forms, simulated.children, simulated.geography, simulated.parameters.sdq)
    fill_simulated(connection, "sdq_answers", forms)
    return read_children(built_when_named(connection), plan)


def seen(child: StudyChild) -> tuple[Any, ...]:
    """All that is known of a child; months between to the fourth digit."""
    return (
        child.cluster, child.institution, child.is_treated, child.informant, child.first_date, child.is_boy,
        child.age_years, child.social_rung, child.first[TOTAL], child.second[TOTAL] if child.second else None,
        child.months_between and round(child.months_between, 4), child.is_due, child.has_other_informant, child.grade,
    )  # fmt: skip


def test_the_same_children_as_from_the_warehouse(
    simulated: SimulatedMunicipality, plan: AnalysisPlan, read: StudyChildren
) -> None:
    drawn = drawn_children(simulated, plan, first_from=plan.window.first_from)
    found = study_children(simulated, drawn, plan)
    assert sorted(map(seen, found.children), key=str) == sorted(map(seen, read.children), key=str)
    assert found.at_risk == read.at_risk
    assert read.unplaced_count == 0
    kinds = {(child.is_treated, child.second is None, child.is_due) for child in found.children}
    assert {(arm, is_lost, True) for arm in (True, False) for is_lost in (True, False)} < kinds
    assert any(not is_due for _, _, is_due in kinds)


def test_what_the_model_did_stands_beside_each_child(simulated: SimulatedMunicipality, plan: AnalysisPlan) -> None:
    """Two points fewer, 2.6 for disadvantaged children; by district the same numbers."""
    drawn = drawn_children(simulated, plan, first_from=plan.window.first_from)
    assert drawn.effect.size == len(drawn.children)
    assert -2.8 < drawn.effect.mean() < -1.6
    of_treated = drawn.effects_of(lambda child: child.is_treated)
    treated = [effect for child, effect in zip(drawn.children, drawn.effect, strict=True) if child.is_treated]
    assert sum(map(sum, of_treated.values())) == pytest.approx(sum(treated))
    assert set(of_treated) == {"OPDIGTET-D0001", "OPDIGTET-D0002", "OPDIGTET-D0003"}


def test_a_plan_begins_with_the_last_district_and_ends_where_follow_up_can_have_come(
    simulated: SimulatedMunicipality,
) -> None:
    window = plan_of_world(simulated).window
    assert (window.first_from, window.first_to) == (STARTS[-1], date(2025, 12, 30))
    assert plan_of_world(simulated).rollout.first_year_from == date(simulated.first_school_year, 8, 1)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2024-11-30", 3, "2025-02-28"),
        ("2023-11-30", 3, "2024-02-29"),
        ("2025-01-31", 9, "2025-10-31"),
        ("2026-09-30", -9, "2025-12-30"),
    ],
)
def test_months_later_is_the_same_day_or_the_months_last(day: str, months: int, later: str) -> None:
    number = np.array([day_number(date.fromisoformat(day))])
    assert months_later(number, months).tolist() == [day_number(date.fromisoformat(later))]
