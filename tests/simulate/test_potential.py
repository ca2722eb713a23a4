"""Are the potential outcomes what would have happened: nothing without an effect, and the drawn world where it is the real one?"""

import dataclasses
from datetime import date, timedelta

import numpy as np
import pytest

from pipelines.simulate import Parameters, SimulatedMunicipality, simulate_municipality
from pipelines.simulate.days import NEVER, day_number
from pipelines.simulate.municipality import ladders_under
from pipelines.simulate.potential import ladder_effects, potential_outcomes, sdq_children, sdq_effects
from pipelines.simulate.scenarios import districts_profile, load_scenario
from pipelines.simulate.sdq_items import MISSING, PARENT, load_items
from pipelines.simulate.truth import total_scores

WITH_EFFECT = dataclasses.replace(
    Parameters(), sdq=dataclasses.replace(Parameters().sdq, adviser_effect_points=2.0, missing_item_share=0.0)
)


def made(parameters: Parameters, *, advisers: int = 2, children: int = 6000, seed: int = 5) -> SimulatedMunicipality:
    profile = districts_profile(district_count=4, adviser_count=advisers)
    return simulate_municipality(profile, children_count=children, seed=seed, parameters=parameters)


@pytest.fixture(scope="module")
def helped() -> SimulatedMunicipality:
    return made(WITH_EFFECT)


def test_without_an_effect_both_worlds_are_the_same() -> None:
    effects = potential_outcomes(made(load_scenario("no_effect").parameters))["effects"]
    assert len(effects) == 7
    assert {row["effect"] for row in effects} == {0.0}


def test_a_mean_effect_is_the_parameter_and_more_for_disadvantaged_children(helped: SimulatedMunicipality) -> None:
    """2 points, 2.6 for disadvantaged children; answers end at 0 and 2, so a little is lost."""
    effects = {row["group"]: row for row in sdq_effects(helped)}
    referred = helped.sdq.is_referred
    disadvantaged = helped.children.is_disadvantaged[helped.sdq.child[referred]].mean()
    assert effects["referred"]["effect"] == pytest.approx(-2 * (1 + 0.3 * disadvantaged), abs=0.25)
    assert effects["referred"]["count_without_model"] == referred.sum() > 500


def test_the_delivered_second_form_is_the_outcome_under_the_model_that_was_met(helped: SimulatedMunicipality) -> None:
    """Complete forms by parents on the second occasion, child by child."""
    forms = helped.sdq.forms
    totals = total_scores(forms, load_items(WITH_EFFECT.sdq))
    complete = (forms.answers != MISSING).all(axis=1) & (forms.occasion == 1) & (forms.informant == PARENT)
    delivered = {
        helped.children.numbers[child]: total
        for child, total in zip(forms.child[complete].tolist(), totals[complete].tolist(), strict=True)
    }
    rows = {row["child_id"]: row for row in sdq_children(helped) if row["is_followed"]}
    assert len(delivered) > 200
    for child, total in delivered.items():
        met = "advised" if rows[child]["is_advised"] else "unadvised"
        assert rows[child][f"second_total_{met}_points"] == total


@pytest.mark.parametrize(("advisers", "day"), [(4, date(2023, 8, 1)), (0, None)])
def test_the_world_that_came_about_is_the_one_drawn(advisers: int, day: date | None) -> None:
    """All districts with advisers: the world with the model is the drawn one; none: the world without."""
    simulated = made(Parameters(), advisers=advisers, children=1500)
    placements, histories = ladders_under(simulated, adviser_from_day=NEVER if day is None else day_number(day))
    for drawn, again in ((simulated.placements, placements), (simulated.social_histories, histories)):
        for item in dataclasses.fields(drawn):
            assert (getattr(drawn, item.name) == getattr(again, item.name)).all(), item.name


def test_worlds_are_the_same_until_the_model_comes(helped: SimulatedMunicipality) -> None:
    """Every spell that ended before the first day with advisers is in both worlds."""
    first = day_number(helped.profile.model_start_date)
    early = []
    for day in (first, NEVER):
        histories = ladders_under(helped, adviser_from_day=day)[1]
        ended = histories.stop < first
        early.append(np.column_stack([histories.child, histories.step, histories.start, histories.stop])[ended])
    assert len(early[0]) > 50
    assert (early[0] == early[1]).all()


def test_ladder_effects_agree_with_a_count_day_by_day(helped: SimulatedMunicipality) -> None:
    """The world without the model, child by child and day by day in plain Python, from placements as they would be delivered."""
    placed = ladders_under(helped, adviser_from_day=NEVER)[0]
    children = helped.children
    present_from, present_to, adult_day = (
        days.tolist() for days in (children.present_from, children.present_to, children.adult_day)
    )
    first, end = day_number(date(2023, 8, 1)), day_number(helped.data_end_date)
    net = moves = days_at_risk = entered = returned = 0
    for child in np.unique(placed.child[placed.rung > 0]).tolist():
        rung_on: dict[int, int] = {}
        for at in np.flatnonzero(placed.child == child).tolist():
            for day in range(placed.start[at], min(placed.stop[at], end) + 1):
                rung_on[day] = placed.rung[at]
        until = 0
        for day in range(min(rung_on), end + 1):
            if rung_on.get(day, 0) >= 1:
                until = two_years_after(day)
            lives_here = present_from[child] <= day <= present_to[child]
            days_at_risk += first <= day < until and lives_here and day < adult_day[child]
        for day, rung in rung_on.items():
            before = rung_on.get(day - 1, rung)
            if day >= first and rung != before:
                if rung >= 1 and before >= 1:
                    moves += 1
                    net += 1 if rung < before else -1
                if before < 3 <= rung and day + 731 <= end + 1:
                    entered += 1
                    after = (later for later in range(day, day + 732) if rung_on.get(later, 9) < 3)
                    returned += any(rung_on.get(later - 1, 0) >= 3 for later in after)
    rows = {(row["outcome"], row["group"]): row for row in ladder_effects(helped)}
    movement = rows["net_movement_per_100_child_years", "education"]
    assert movement["count_without_model"] == moves > 100
    assert movement["without_model"] == pytest.approx(100 * net / (days_at_risk / 365.25), abs=1e-5)
    back = rows["returned_within_24_months_share", "education"]
    assert back["count_without_model"] == entered > 10
    assert back["without_model"] == pytest.approx(returned / entered, abs=1e-6)


def two_years_after(day: int) -> int:
    """The same day two years later; 29 February becomes 28."""
    plain = date(1970, 1, 1) + timedelta(days=day)
    is_leap_day = (plain.month, plain.day) == (2, 29)
    return day_number(plain.replace(year=plain.year + 2, day=28 if is_leap_day else plain.day))


def test_advisers_help_children_down_and_back(helped: SimulatedMunicipality) -> None:
    """Fewer moves away and more towards: every effect on the ladder has the sign of help."""
    big = made(Parameters(), children=30_000)
    effects = {(row["outcome"], row["group"]): row["effect"] for row in ladder_effects(big)}
    assert len(effects) == 4
    assert all(effect > 0 for effect in effects.values())


def test_no_child_moves_in_a_pause() -> None:
    """The scenario of the law change: nobody's rung changes from July 2023 to July 2024, before and after it does."""
    scenario = load_scenario("law_change_2024")
    simulated = simulate_municipality(
        districts_profile(district_count=4, adviser_count=2),
        children_count=8000,
        seed=3,
        data_end_date=scenario.data_end_date,
        parameters=scenario.parameters,
    )
    histories = simulated.social_histories
    goes_on = np.append(histories.child[1:] == histories.child[:-1], False)
    months = {(date(1970, 1, 1) + timedelta(days=day)).strftime("%Y-%m") for day in histories.stop[goes_on].tolist()}
    assert not {f"2023-{month:02d}" for month in range(7, 13)} & months
    assert not {f"2024-{month:02d}" for month in range(1, 7)} & months
    assert {"2023-06", "2024-07", "2022-12", "2025-03"} <= months
