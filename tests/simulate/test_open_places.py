"""Is every child at an institution that is open, all the time and without a gap, and does a district's second school have pupils?"""

from functools import cache
from typing import Any

import numpy as np
import pytest

from pipelines.municipalities import load_profile
from pipelines.simulate import SimulatedMunicipality, simulate_municipality
from pipelines.simulate.schooling import Placements

PROFILE = "koebenhavn_ressourceforum"
OPENS, CLOSES = "OPDIGTET-DAMMEN", "OPDIGTET-PRAMMEN"


def simulated(**demo: Any) -> SimulatedMunicipality:
    plain = load_profile(PROFILE)
    return simulate_municipality({**plain, "demo": {**plain["demo"], **demo}}, children_count=500, seed=5)


@cache
def as_planted() -> SimulatedMunicipality:
    return simulated()


@cache
def always_open() -> SimulatedMunicipality:
    return simulated(departures=[])


def places_of(made: SimulatedMunicipality, part: str) -> Placements:
    places: Placements = getattr(made, part)
    return places


def stretches(places: Placements) -> list[tuple[int, int, int]]:
    """(child, first day, last day) of the times without a gap."""
    found: list[tuple[int, int, int]] = []
    for child, start, stop in zip(places.child.tolist(), places.start.tolist(), places.stop.tolist(), strict=True):
        if found and found[-1][0] == child and found[-1][2] + 1 == start:
            found[-1] = (child, found[-1][1], stop)
        else:
            found.append((child, start, stop))
    return found


@pytest.mark.parametrize("part", ["placements", "clubs"])
def test_nobody_is_at_an_institution_that_is_not_open(part: str) -> None:
    made, places = as_planted(), places_of(as_planted(), part)
    assert (places.start >= made.geography.first_days[places.institution]).all()
    assert (places.stop <= made.geography.last_days[places.institution]).all()


@pytest.mark.parametrize("part", ["placements", "clubs"])
def test_everybody_has_a_place_on_the_same_days_as_if_all_were_open(part: str) -> None:
    assert stretches(places_of(as_planted(), part)) == stretches(places_of(always_open(), part))


def test_what_closes_is_left_on_its_last_day_and_what_opens_is_begun_in() -> None:
    """And those who leave stay in the district, on the rung that they were on."""
    made, places = as_planted(), as_planted().placements
    codes, district = made.geography.codes, made.geography.institutions["district_code"].to_list()
    closes, opens = codes.index(CLOSES), codes.index(OPENS)
    left = np.flatnonzero((places.institution == closes) & (places.stop == made.geography.last_days[closes]))
    assert len(left) > 0
    for place in left.tolist():
        assert places.child[place + 1] == places.child[place]
        assert district[places.institution[place + 1]] == district[closes]
        assert (places.rung[place + 1], places.support_hours[place + 1]) == (
            places.rung[place], places.support_hours[place],
        )  # fmt: skip
    assert (places.institution == opens).any()


@pytest.mark.parametrize(("part", "kind", "own"), [("placements", "folkeskole", "SK"), ("clubs", "club", "KL")])
def test_a_districts_two_schools_and_two_clubs_all_have_pupils(part: str, kind: str, own: str) -> None:
    """About half each, and who goes to another institution goes there as before."""
    plain = load_profile(PROFILE)["demo"]["units"]
    second = {"code": "OPDIGTET-ANDEN", "name": "Den anden", "type": kind, "district": "OPDIGTET-HAVNELUND"}
    made = simulated(departures=[], units=[*plain, second])
    both, one = places_of(made, part), places_of(always_open(), part)
    codes = np.array(made.geography.codes)[both.institution]
    before = np.array(always_open().geography.codes)[one.institution]
    is_new, was_shared = codes == second["code"], before == f"OPDIGTET-HAVNELUN-{own}"
    assert 0.3 < is_new.sum() / was_shared.sum() < 0.7
    assert set(before[is_new]) == {f"OPDIGTET-HAVNELUN-{own}"}
    is_named = np.array([code in {unit["code"] for unit in plain} for code in before])
    assert (codes[is_named & ~was_shared] == before[is_named & ~was_shared]).all()
