"""Does the model behave as its parameters say: SDQ like the targets, effects where they are put, the ladder's moves?"""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from pipelines.simulate import Parameters, SimulatedMunicipality, simulate_municipality
from pipelines.simulate.days import NEVER, part_generator
from pipelines.simulate.ladder import Entries, Hazards, simulate_histories
from pipelines.simulate.sdq_items import ExpectedTotal, difficulty_total, load_items
from pipelines.simulate.truth import mainstream_shares, sdq_changes

PROFILE = Path(__file__).parents[2] / "pipelines" / "municipalities" / "vordingborg_next_step.toml"
CHILDREN = 40_000


def with_sdq(**values: float) -> Parameters:
    """The default parameters, but nothing that moves whole districts or institutions, and these SDQ values."""
    still = {
        "district_level_variance_share": 0.0,
        "institution_level_variance_share": 0.0,
        "district_change_variance_share": 0.0,
        "institution_change_variance_share": 0.0,
        "district_trend_sd_points_per_year": 0.0,
    }
    return dataclasses.replace(Parameters(), sdq=dataclasses.replace(Parameters().sdq, **{**still, **values}))


@pytest.fixture(scope="module")
def still() -> SimulatedMunicipality:
    return simulate_municipality(PROFILE, children_count=CHILDREN, seed=2, parameters=with_sdq())


def test_sdq_is_like_the_targets(still: SimulatedMunicipality) -> None:
    """Mean 7.4, SD 5.4, informants about .3; some 25,000 children, so Monte Carlo error is below .05 points and .01."""
    items = load_items(still.parameters.sdq)
    parent, teacher = still.sdq.parent_totals(items), still.sdq.teacher_totals(items)
    assert len(parent) > 20_000
    assert parent.mean() == pytest.approx(7.4, abs=0.2)
    assert parent.std() == pytest.approx(5.4, abs=0.2)
    assert np.corrcoef(parent, teacher)[0, 1] == pytest.approx(0.31, abs=0.04)
    assert still.sdq.is_referred.mean() == pytest.approx(0.17, abs=0.02)


def test_answers_hold_together(still: SimulatedMunicipality) -> None:
    """Cronbach's alpha of the delivered total is .7-.9 in the referred, whose range is narrow; scales correlate."""
    items = load_items(still.parameters.sdq)
    complete = still.sdq.forms.answers[(still.sdq.forms.answers >= 0).all(axis=1)].astype(float)
    points = np.where(items.is_reversed, 2 - complete, complete)[:, ~items.is_prosocial]
    alpha = 20 / 19 * (1 - points.var(axis=0).sum() / points.sum(axis=1).var())
    assert 0.6 < alpha < 0.9
    prosocial = complete[:, items.is_prosocial].sum(axis=1)
    assert np.corrcoef(prosocial, points.sum(axis=1))[0, 1] < -0.1


def test_without_an_effect_children_still_improve(still: SimulatedMunicipality) -> None:
    """Regression to the mean alone: -2.6 to -3.1 points (standard error about .1)."""
    change = by_district(still)["ALL"]
    assert change["children_count"] > 1500
    assert -3.2 < change["change_mean_points"] < -2.5
    assert change["change_mean_points"] == pytest.approx(change["expected_change_points"], abs=0.5)


def test_follow_up_is_lost_where_the_first_score_was_high(still: SimulatedMunicipality) -> None:
    forms, total = still.sdq.forms, still.sdq.parent_totals(load_items(still.parameters.sdq))
    followed = set(forms.child[forms.occasion == 1].tolist())
    referred = still.sdq.child[still.sdq.is_referred]
    came = np.array([child in followed for child in referred.tolist()])
    score = total[still.sdq.is_referred]
    assert 0.5 < came.mean() < 0.85
    assert score[came].mean() < score[~came].mean() - 0.2


def test_the_adviser_effect_is_found_where_it_was_put(still: SimulatedMunicipality) -> None:
    """Two points fewer under the adviser model (more for disadvantaged children), nothing else where a caseworker is."""
    effect = simulate_municipality(
        PROFILE, children_count=CHILDREN, seed=2, parameters=with_sdq(adviser_effect_points=2.0)
    )
    without, with_effect = (by_district(simulated) for simulated in (still, effect))
    for district in still.profile.districts:
        difference = with_effect[district.code]["change_mean_points"] - without[district.code]["change_mean_points"]
        if district.model == "district_adviser":
            # 2 points, 30 % more for about a fourth of the children; a few reach the end of the scale.
            assert difference == pytest.approx(-2 * (1 + 0.3 * 0.25), abs=0.3)
        else:
            assert difference == 0


def by_district(simulated: SimulatedMunicipality) -> dict[str, dict[str, float]]:
    return {row["area_code"]: row for row in sdq_changes(simulated) if row["informant_code"] == "parent"}


def test_a_change_in_points_is_that_change_in_expected_points() -> None:
    expected = ExpectedTotal(load_items(Parameters().sdq), Parameters().sdq)
    latent = np.array([-1.0, 0.0, 1.0, 2.5])
    assert expected.of(expected.moved(latent, -2.0)) == pytest.approx(expected.of(latent) - 2.0, abs=1e-3)
    assert expected.of(np.array([-6.0]))[0] >= 0
    assert difficulty_total(load_items(Parameters().sdq), np.full((1, 25), 2, dtype=np.int8))[0] == 40


def walk(hazards: Hazards, *, children: int = 20_000, adviser_from: int = NEVER, **ladder: float) -> np.ndarray:
    """Step of each child after 1,000 days, all from step 0."""
    parameters = dataclasses.replace(Parameters().ladder, **ladder)
    entries = Entries(
        child=np.arange(children),
        start=np.zeros(children, dtype=np.int64),
        last_move_day=np.full(children, 999),
        stop=np.full(children, 1000),
        highest_step=np.full(children, 5),
        adviser_from=np.full(children, adviser_from),
        away_factor=np.ones(children),
    )
    histories = simulate_histories(part_generator(1, "test"), entries, hazards, parameters)
    assert (histories.start < histories.stop).all()
    same = histories.child[1:] == histories.child[:-1]
    assert (histories.stop[:-1] == histories.start[1:])[same].all()
    assert (abs(np.diff(histories.step))[same] == 1).all()
    return histories.step[histories.stop == 1000]


def test_moves_follow_the_hazards() -> None:
    """One hazard away from 0, none else, no frailty: P(moved in 1,000 days) = 1 - exp(-h (1000 - 45) / 365.25)."""
    steps = walk(Hazards((0.25, 0, 0, 0, 0), (0, 0, 0, 0, 0)), frailty_variance=0.0)
    expected = 1 - np.exp(-0.25 * (1000 - 45) / 365.25)
    assert (steps == 1).mean() == pytest.approx(expected, abs=0.012)


def test_frailty_slows_the_crowd_and_advisers_halve_the_hazard() -> None:
    """With gamma frailty of variance v: P(not moved) = (1 + v H)^(-1/v)."""
    hazards = Hazards((0.25, 0, 0, 0, 0), (0, 0, 0, 0, 0))
    cumulated = 0.25 * (1000 - 45) / 365.25
    frail = walk(hazards, frailty_variance=2.0)
    assert (frail == 0).mean() == pytest.approx((1 + 2 * cumulated) ** (-1 / 2), abs=0.012)
    # From day 545 on the hazard is half as high.
    advised = walk(hazards, frailty_variance=0.0, adviser_from=545, adviser_away_multiplier=0.5)
    expected = 1 - np.exp(-0.25 * (500 + 0.5 * 455) / 365.25)
    assert (advised == 1).mean() == pytest.approx(expected, abs=0.012)


def test_some_six_in_a_hundred_are_outside_ordinary_classes(still: SimulatedMunicipality) -> None:
    """5.5 % over all districts there might be; five districts' mean has a spread of about .8 points (test_targets is exact)."""
    rows = mainstream_shares(still)
    shares = [1 - row["mainstream_share"] for row in rows if row["definition_id"] == "own_register_school"]
    whole = [
        1 - row["mainstream_share"]
        for row in rows
        if row["definition_id"] == "own_register_school" and row["area_code"] == "ALL"
    ]
    assert all(0.03 < share < 0.08 for share in whole)
    assert max(shares) - min(shares) > 0.01
