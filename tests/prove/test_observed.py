"""What `trappen prove` measures is what the simulator's truth says, and so what the marts show (tests/road holds these two)."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from pipelines.municipalities import load_profile
from pipelines.prove.observed import Observed, last_whole_year
from pipelines.simulate import SimulatedMunicipality, simulate_municipality
from pipelines.simulate.scenarios import load_scenario
from pipelines.simulate.truth import ladder_moves, mainstream_shares, sdq_changes


@pytest.fixture(scope="module")
def simulated() -> SimulatedMunicipality:
    """Districts of unequal size, children who move between them, and an effect."""
    return simulate_municipality(
        load_profile("vordingborg_next_step"),
        children_count=3000,
        seed=11,
        parameters=load_scenario("small_effect").parameters,
    )


@pytest.fixture(scope="module")
def observed(simulated: SimulatedMunicipality) -> Observed:
    return Observed(simulated)


def by_district(simulated: SimulatedMunicipality, rows: list[dict[str, Any]], **chosen: Any) -> list[dict[str, Any]]:
    """The rows of the districts, in the profile's order."""
    found = {row["area_code"]: row for row in rows if all(row[name] == value for name, value in chosen.items())}
    return [found[district.code] for district in simulated.profile.districts]


def test_pairs_of_sdq_totals(simulated: SimulatedMunicipality, observed: Observed) -> None:
    pairs = observed.sdq_pairs
    rows = by_district(simulated, sdq_changes(simulated), informant_code="parent")
    assert np.bincount(pairs.district).tolist() == [row["children_count"] for row in rows]
    for name, values in (("first", pairs.first), ("second", pairs.second), ("change", pairs.change)):
        means = np.bincount(pairs.district, values) / np.bincount(pairs.district)
        assert means == pytest.approx([row[f"{name}_mean_points"] for row in rows], abs=1e-6)


def test_the_effect_of_every_child_is_the_one_that_was_put_in(observed: Observed) -> None:
    """One point fewer, 1.3 for disadvantaged children, on a scale of whole points: nobody gets worse, a mean of some -1.1."""
    effect = observed.sdq_pairs.effect
    assert (effect <= 0).all()
    assert -1.5 < effect.mean() < -0.8


@pytest.mark.parametrize("track", ["social", "education"])
def test_moves_and_child_years(track: str, simulated: SimulatedMunicipality, observed: Observed) -> None:
    rows = by_district(simulated, ladder_moves(simulated), track_code=track, calendar_year=2025)
    moves = observed.social_moves if track == "social" else observed.education_moves
    assert moves.down.tolist() == [row["down_count"] for row in rows]
    assert moves.up.tolist() == [row["up_count"] for row in rows]
    assert moves.child_years == pytest.approx([row["child_years"] for row in rows], abs=1e-5)
    assert moves.down.sum() > 0


def test_pupils(simulated: SimulatedMunicipality, observed: Observed) -> None:
    rows = by_district(
        simulated, mainstream_shares(simulated), definition_id="own_register_school", school_year="2026/27"
    )
    assert observed.pupils.pupils.tolist() == [row["pupils_count"] for row in rows]
    assert observed.pupils.mainstream.tolist() == [row["mainstream_count"] for row in rows]


@pytest.mark.parametrize(
    ("data_end", "year"),
    [(date(2026, 9, 30), 2025), (date(2025, 12, 31), 2025), (date(2025, 12, 30), 2024), (date(2026, 1, 1), 2025)],
)
def test_the_last_whole_year(data_end: date, year: int) -> None:
    assert last_whole_year(data_end) == year
