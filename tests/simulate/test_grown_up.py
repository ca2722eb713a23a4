"""Children who have turned 18 since the registers began: who they are, and that today's are what they are without them."""

import dataclasses
from datetime import date
from typing import Any

import numpy as np
import pytest

from pipelines.simulate import Parameters, SimulatedMunicipality, simulate_municipality
from pipelines.simulate.country import draw_planned, plan_country
from pipelines.simulate.days import birthdays, day_number
from pipelines.simulate.exposure import lived_here
from pipelines.simulate.generations import joined
from pipelines.simulate.municipality import ladders_under
from pipelines.simulate.scenarios import districts_profile

REGISTER_START, DATA_END = date(2022, 1, 1), date(2026, 9, 30)


def drawn(*, keeps: bool, children: int = 1000, **ladder: Any) -> SimulatedMunicipality:
    population = dataclasses.replace(Parameters().population, keeps_grown_up=keeps)
    parameters = dataclasses.replace(
        Parameters(), population=population, ladder=dataclasses.replace(Parameters().ladder, **ladder)
    )
    return simulate_municipality(
        districts_profile(district_count=8, adviser_count=4), children_count=children, seed=5, parameters=parameters
    )


@pytest.fixture(scope="module")
def with_grown_up() -> SimulatedMunicipality:
    return drawn(keeps=True)


def arrays(values: Any, *, below: int) -> dict[str, np.ndarray]:
    """Every array of a dataclass whose entries are children, or are of a child; those of the first `below` children."""
    first = values.child < below if hasattr(values, "child") else slice(None, below)
    return {
        item.name: array[first]
        for item in dataclasses.fields(values)
        if isinstance(array := getattr(values, item.name), np.ndarray) and not item.name.startswith("district_")
    }


def test_todays_children_are_the_same_without_them(with_grown_up: SimulatedMunicipality) -> None:
    today = drawn(keeps=False)
    assert (today.grown_up_count, with_grown_up.todays_count) == (0, today.children.count)
    assert with_grown_up.grown_up_count > 150
    for part in ("children", "placements", "social_histories", "visitors"):
        one, other = getattr(today, part), getattr(with_grown_up, part)
        for name, values in arrays(one, below=10**9).items():
            assert np.array_equal(
                values, arrays(other, below=today.children.count if part != "visitors" else 10**9)[name]
            )
    for one, other in ((today.sdq, with_grown_up.sdq), (today.sdq.forms, with_grown_up.sdq.forms)):
        for name, values in arrays(one, below=10**9).items():
            assert np.array_equal(values, arrays(other, below=today.children.count)[name])
    assert today.children.numbers == with_grown_up.children.numbers[: today.children.count]


def test_they_were_children_here_and_are_no_more(with_grown_up: SimulatedMunicipality) -> None:
    children, today = with_grown_up.children, with_grown_up.todays_count
    adult = birthdays(children.birth_day, 18)
    assert (adult[today:] > day_number(REGISTER_START)).all()
    assert (adult[today:] <= day_number(DATA_END)).all()
    assert (children.present_from < adult)[today:].all()
    assert (children.present_to >= day_number(REGISTER_START))[today:].all()
    assert (
        children.birth_day[today:].max() <= children.birth_day[:today].min() + 2
    )  # nothing falls on the first of a month
    assert len(set(children.numbers)) == children.count
    assert not set(children.numbers) & set(with_grown_up.visitors.numbers)


def test_cohorts_go_on_as_todays_do() -> None:
    """Per year of age as many as of today's oldest: 20,000 children in 19 years, a few per cent more for each year back."""
    simulated = drawn(keeps=True, children=20_000)
    age = (day_number(DATA_END) - simulated.children.birth_day) / 365.25
    counts = np.histogram(age, bins=np.arange(15, 23))[0]
    weights = np.exp(0.01 * np.arange(15.5, 22.5))
    expected = (
        20_000 * np.exp(0.01 * 0.5) * weights / weights[0] * np.exp(0.15) / np.exp(0.01 * np.arange(0.5, 19)).sum()
    )
    # a tenth moved in, and of those some only as adults: they are left out
    assert counts[:4] == pytest.approx(expected[:4], rel=0.08)
    assert (counts[4:] < expected[4:] * 1.05).all()
    assert (counts[4:] > expected[4:] * 0.85).all()


def test_years_are_whole() -> None:
    """Child-years of 2022 with and without those born from 2004 to September 2007: they are 3.25 of the 18 cohorts under 18 in
    that year, for who was born in 2004 was so for half of it."""
    lost, whole = (
        float(lived_here(simulated.children, end=day_number(DATA_END)).in_year(2022).sum())
        for simulated in (drawn(keeps=False, children=4000), drawn(keeps=True, children=4000))
    )
    # of 17.5 cohorts under 18 in a year, and a few per cent of them not here yet
    assert whole / lost == pytest.approx(17.5 / (17.5 - 3.25), abs=0.06)


def test_a_district_treats_both_generations_alike() -> None:
    """With districts that differ much in whom they help, those with many helped children of today have many grown-up ones."""
    simulated = drawn(keeps=True, children=12_000, district_logit_sd=1.5)
    children, today = simulated.children, simulated.todays_count
    helped = np.zeros(children.count, dtype=bool)
    helped[simulated.social_histories.child[simulated.social_histories.step > 0]] = True
    of_age = children.birth_day < day_number(date(2012, 1, 1))
    shares = [
        np.bincount(children.district_last[chosen & helped], minlength=8) / np.bincount(children.district_last[chosen])
        for chosen in (of_age & (np.arange(children.count) < today), np.arange(children.count) >= today)
    ]
    assert np.corrcoef(shares[0], shares[1])[0, 1] > 0.9


def test_another_world_has_the_same_generations() -> None:
    """Where every district has advisers, the ladders drawn for advisers everywhere are those that were drawn."""
    profile = districts_profile(district_count=4, adviser_count=4)
    simulated = simulate_municipality(profile, children_count=800, seed=5)
    first_day = int(simulated.children.district_adviser_from[0])
    placements, histories = ladders_under(simulated, adviser_from_day=first_day)
    for drawn_again, drawn_first in ((placements, simulated.placements), (histories, simulated.social_histories)):
        assert (drawn_first.child >= simulated.todays_count).any()
        for name, values in arrays(drawn_first, below=simulated.children.count).items():
            assert np.array_equal(values, getattr(drawn_again, name))


def test_a_country_has_no_more_children_than_wished() -> None:
    (plan,) = plan_country({"forums": []}, municipality_count=1, children_count=300, seed=2)
    assert draw_planned(plan, parameters=Parameters()).children.count == 300


def test_joined_counts_children_on_and_keeps_what_is_of_districts() -> None:
    @dataclasses.dataclass(frozen=True)
    class Inner:
        child: np.ndarray

    @dataclasses.dataclass(frozen=True)
    class Outer:
        child: np.ndarray
        numbers: tuple[str, ...]
        level: np.ndarray
        inner: Inner

    one = Outer(np.array([0, 1]), ("a", "b"), np.array([7]), Inner(np.array([1])))
    other = Outer(np.array([0]), ("c",), np.array([8]), Inner(np.array([0, 0])))
    whole = joined(one, other, children_before=2, shared=("level",))
    assert whole.child.tolist() == [0, 1, 0 + 2]
    assert whole.numbers == ("a", "b", "c")
    assert whole.level.tolist() == [7]
    assert whole.inner.child.tolist() == [1, 0 + 2, 0 + 2]
