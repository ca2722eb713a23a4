"""Do the scenarios do what they say: fool a naive comparison, or leave everything as it was? The tuned values stand here."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.errors import SettingsError
from pipelines.simulate import Parameters, SimulatedMunicipality, simulate_municipality
from pipelines.simulate.days import NEVER, day_number
from pipelines.simulate.parameters import disagreements, limits_of
from pipelines.simulate.profile import ADVISER
from pipelines.simulate.scenarios import Scenario, districts_profile, load_scenario, scenario_names
from pipelines.simulate.sdq_items import load_items

NAMES = (
    "before_and_after", "clean_rollout", "confounded", "confounded_rollout", "drop_out", "earlier_detection", "large_effect",
    "law_change_2024", "no_effect", "small_effect", "tiny_municipality",
)  # fmt: skip
REPETITIONS = 16


def test_the_scenarios_are_there_and_explain_themselves() -> None:
    assert scenario_names() == NAMES
    for name in NAMES:
        scenario = load_scenario(name)
        assert scenario.title[0].isupper()
        assert scenario.explanation.endswith(".")
        assert scenario.parameters != Parameters() or scenario.children_count != 5000


def drawn(scenario: Scenario) -> Iterator[SimulatedMunicipality]:
    """Municipalities of 8 districts, 4 of them with advisers, and 8,000 children: their districts drawn anew each time."""
    profile = districts_profile(district_count=8, adviser_count=4)
    for seed in range(REPETITIONS):
        yield simulate_municipality(
            profile, children_count=8_000, seed=seed, parameters=scenario.parameters,
            data_end_date=scenario.data_end_date,
        )  # fmt: skip


def looked_at(simulated: SimulatedMunicipality) -> dict[str, float]:
    """What somebody would see who takes children one by one: share referred by model, change, difference between models."""
    draw = simulated.sdq
    first = draw.parent_totals(load_items(simulated.parameters.sdq))
    second = np.where(draw.is_advised, draw.parent_total_advised, draw.parent_total_unadvised)
    followed, change = draw.is_followed, second - first
    design = np.column_stack([np.ones(followed.sum()), draw.is_advised[followed], first[followed]])
    ancova = np.linalg.lstsq(design, second[followed], rcond=None)[0]
    return {
        "referred_advised": draw.is_referred[draw.is_advised].mean(),
        "referred_unadvised": draw.is_referred[~draw.is_advised].mean(),
        "first": first[draw.is_referred].mean(),
        "change_followed": change[followed].mean(),
        "change_referred": change[draw.is_referred].mean(),
        "difference": change[followed & draw.is_advised].mean() - change[followed & ~draw.is_advised].mean(),
        "ancova": float(ancova[1]),
    }


def mean_look(name: str) -> dict[str, float]:
    looks = [looked_at(simulated) for simulated in drawn(load_scenario(name))]
    return {key: float(np.mean([look[key] for look in looks])) for key in looks[0]}


@pytest.fixture(scope="module")
def no_effect() -> dict[str, float]:
    return mean_look("no_effect")


def test_with_no_effect_children_get_about_three_points_better_all_the_same(no_effect: dict[str, float]) -> None:
    """Regression to the mean: (1 - .65)(7.4 - 16.4) = -3.1; drawn -3.0, with a Monte Carlo error of about .15."""
    assert no_effect["change_followed"] == pytest.approx(-3.0, abs=0.5)
    assert no_effect["first"] == pytest.approx(16.4, abs=0.2)
    assert no_effect["change_followed"] == pytest.approx(0.35 * (7.4 - no_effect["first"]), abs=0.5)


def test_confounded_makes_the_adviser_model_look_harmful(no_effect: dict[str, float]) -> None:
    """Nothing is changed by the model, but it came where things get worse: about .9 points more at follow-up.

    .7 x .93 points (the SD of districts' change) x about 1.35 SD of level between the models; Monte Carlo error about .25.
    """
    seen = mean_look("confounded")
    assert seen["difference"] - no_effect["difference"] == pytest.approx(0.9, abs=0.75)
    assert seen["referred_advised"] > seen["referred_unadvised"] + 0.02


def test_earlier_detection_makes_it_look_helpful(no_effect: dict[str, float]) -> None:
    """About 28 % v 11 % referred (31 v 14 in the notes); adjusted for the first score about a point better, and no effect."""
    seen = mean_look("earlier_detection")
    assert seen["referred_advised"] == pytest.approx(0.28, abs=0.03)
    assert seen["referred_unadvised"] == pytest.approx(0.11, abs=0.03)
    assert seen["ancova"] - no_effect["ancova"] == pytest.approx(-1.1, abs=0.4)


def test_drop_out_makes_the_change_look_better() -> None:
    """Followed children change about .6 points more for the better than all referred children did."""
    seen = mean_look("drop_out")
    assert seen["change_followed"] - seen["change_referred"] == pytest.approx(-0.6, abs=0.15)


ROLLOUT_STARTS = (date(2022, 8, 1), date(2023, 8, 1), date(2024, 8, 1))


def test_districts_begin_one_after_the_other_the_worst_off_first() -> None:
    """Two, one and one of eight; by need the first to begin has the worst level of the four, and most get worse than the others."""
    scenario = load_scenario("confounded_rollout")
    assert scenario.adviser_start_dates == ROLLOUT_STARTS
    assert scenario.has_years_before
    profile = districts_profile(district_count=8, adviser_count=4, adviser_starts=ROLLOUT_STARTS)
    found = [
        simulate_municipality(profile, children_count=400, seed=seed, parameters=scenario.parameters)
        for seed in range(3)
    ]
    levels = np.array([simulated.children.district_level for simulated in found]).mean(axis=0)
    assert levels[0] > levels[3]
    assert levels[:4].mean() > levels[4:].mean()
    for simulated in found:
        starts = simulated.children.district_adviser_from
        first, second, third = (day_number(day) for day in ROLLOUT_STARTS)
        assert starts.tolist() == [first, first, second, third, *[NEVER] * 4]
        drawn, forms = simulated.sdq, simulated.sdq.forms
        first_forms = (forms.occasion == 0) & (forms.informant == 0)
        place = np.searchsorted(drawn.child, forms.child[first_forms])
        begun = starts[drawn.district[place]] <= forms.day[first_forms]
        assert np.array_equal(drawn.is_advised[place], begun)
    rows = found[0].tables["organisation"].filter(pl.col("model_code") == ADVISER)
    assert rows["from_date"].to_list() == [ROLLOUT_STARTS[0], *ROLLOUT_STARTS]


def test_four_whole_school_years_lie_before_the_first_adviser() -> None:
    for name in ("clean_rollout", "confounded_rollout"):
        scenario = load_scenario(name)
        first_year = scenario.data_end_date.year - scenario.parameters.school.school_year_count + 1
        assert scenario.adviser_start_dates[0] == date(first_year + 4, 8, 1)


def test_the_worst_off_districts_get_worse_year_by_year() -> None:
    """.25 points more of change a year and SD of level, on the same random numbers; on average over the years nothing is added."""
    scenario = load_scenario("no_effect")
    profile = districts_profile(district_count=8, adviser_count=0)
    with_trend = replace(scenario.parameters, sdq=replace(scenario.parameters.sdq, level_trend_points_per_year=2.0))
    plain, drifted = (
        simulate_municipality(profile, children_count=4000, seed=3, parameters=parameters).sdq
        for parameters in (scenario.parameters, with_trend)
    )
    assert np.array_equal(plain.parent_answers, drifted.parent_answers)
    moved = drifted.parent_total_unadvised - plain.parent_total_unadvised
    assert abs(moved.mean()) < 0.1
    assert moved.std() > 0.5


@pytest.mark.parametrize("starts", ["[]", "2022-08-01", "[2023-08-01, 2022-08-01]", "[1]"])
def test_starts_that_are_no_dates_in_order_are_refused(tmp_path: Path, starts: str) -> None:
    (tmp_path / "mit.toml").write_text(f"adviser_start_dates = {starts}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="adviser_start_dates skal være datoer i rækkefølge"):
        load_scenario(tmp_path / "mit.toml")


def test_a_wrong_scenario_file_says_everything_that_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "mit.toml"
    path.write_text(
        'titel = "x"\nchildren_count = 0\ndata_end_date = "2026"\n'
        '[parameters.sdq]\nadviser_effekt = 1\nretest_correlation = "høj"\n'
        "[parameters.ladder]\nsocial_away_hazards_per_year = [1, 1]\n[parameters.skole]\na = 1\n",
        encoding="utf-8",
    )
    with pytest.raises(SettingsError) as caught:
        load_scenario(path)
    for part in (
        "mit.toml", "titel kendes ikke", "children_count skal", "data_end_date skal",
        "parameters.sdq.adviser_effekt kendes ikke", "parameters.sdq.retest_correlation har en forkert type",
        "parameters.ladder.social_away_hazards_per_year har en forkert type", "parameters.skole kendes ikke",
    ):  # fmt: skip
        assert part in str(caught.value)


WRONG_VALUES = {
    "true as a number": ("children_count = true", "children_count skal være et helt tal fra 50 til"),
    "too few children": ("children_count = 10", "children_count skal være et helt tal fra 50 til"),
    "too early": ("data_end_date = 1950-01-01", "data_end_date skal være en dato fra 2015 til 2100"),
    "too late": ("data_end_date = 2101-01-01", "data_end_date skal være en dato fra 2015 til 2100"),
    "negative SD": ("[parameters.sdq]\npopulation_sd_points = -1", "population_sd_points skal være fra 0 til 50"),
    "negative variance": ("[parameters.ladder]\nfrailty_variance = -0.1", "frailty_variance skal være fra 0 til 20"),
    "share above 1": ("[parameters.population]\nboys_share = 1.01", "parameters.population.boys_share skal være fra 0 til 1"),
    "negative share": ("[parameters.reviews]\nplanned_share = -0.5", "planned_share skal være fra 0 til 1"),
    "not a number": ("[parameters.sdq]\nadviser_effect_points = nan", "adviser_effect_points skal være fra -100"),
    "endless": ("[parameters.sdq]\nadviser_effect_points = -inf", "adviser_effect_points skal være fra -100"),
    "a whole number without end": ("[parameters.sdq]\nboy_points = 1" + 400 * "0", "boy_points har en forkert type"),
    "one of five": (
        "[parameters.ladder]\nsocial_away_hazards_per_year = [1, 1, nan, 1, 1]", "hazards_per_year skal være fra 0 til 20"
    ),
    "a gap that ends a spell": ("[parameters.ladder]\ngap_most_days = 31", "gap_most_days skal være fra 5 til 29"),
    "no year": ("[parameters.school]\nschool_year_count = 0", "school_year_count skal være fra 1 til"),
    "too old": ("[parameters.population]\noldest_age_years = 26", "oldest_age_years skal være fra 18 til 25"),
    "turned round": ("[parameters.school]\ndaycares_per_district_least = 7", "least må højst være daycares_per_district_most"),
    "pause without end": ("[parameters.ladder]\nmove_pause_from_date = 2024-01-01", "sættes begge to eller slet ikke"),
    "pause without beginning": ("[parameters.ladder]\nmove_pause_to_date = 2024-01-01", "sættes begge to eller slet ikke"),
    "pause turned round": (
        "[parameters.ladder]\nmove_pause_from_date = 2024-01-01\nmove_pause_to_date = 2024-01-01", "fra skal ligge før til"
    ),
    "more than all": ("[parameters.reviews]\nfirst_on_time_share = 1", "first_on_time_share, never_followed_share må højst være 1"),
    "more variance than there is": ("[parameters.sdq]\nchild_variance_share = 0.6", "informant_variance_share må højst være 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_VALUES)
def test_a_value_that_nothing_can_be_drawn_from_is_told(case: str, tmp_path: Path) -> None:
    text, expected = WRONG_VALUES[case]
    (tmp_path / "mit.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_scenario(tmp_path / "mit.toml")
    assert expected in str(caught.value)
    assert str(caught.value).count(" skal ") + str(caught.value).count(" må ") + str(caught.value).count(" har ") == 1


def test_all_wrong_values_are_told_at_once(tmp_path: Path) -> None:
    text = (
        "children_count = 10\n[parameters.population]\nboys_share = 2\n[parameters.reviews]\nfirst_on_time_share = 1\n"
    )
    (tmp_path / "mit.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_scenario(tmp_path / "mit.toml")
    assert all(
        part in str(caught.value)
        for part in ("children_count", "boys_share", "first_on_time_share, never_followed_share")
    )


def numbers_with_limits() -> Iterator[tuple[str, str, Any, float, float]]:
    for part in fields(Parameters()):
        values = getattr(Parameters(), part.name)
        for item in fields(values):
            value = getattr(values, item.name)
            if isinstance(value, int | float | tuple) and not isinstance(value, bool):
                yield (part.name, item.name, value, *limits_of(item))


def test_every_default_lies_within_its_limits_and_agrees() -> None:
    for part, name, value, least, most in numbers_with_limits():
        for number in value if isinstance(value, tuple) else (value,):
            assert least <= number <= most, (part, name)
    assert disagreements(Parameters()) == []
    for name in ("share", "variance", "hazard", "_sd"):
        assert all(least >= 0 for _, found, _, least, _ in numbers_with_limits() if name in found), name


def test_an_own_scenario_is_read_in_the_parameters_types(tmp_path: Path) -> None:
    path = tmp_path / "mit.toml"
    path.write_text(
        "data_end_date = 2025-12-31\n[parameters.sdq]\nadviser_effect_points = 1\nrefers_on_lasting_difficulty = true\n"
        "[parameters.ladder]\nmove_pause_from_date = 2024-01-01\nmove_pause_to_date = 2024-07-01\n"
        "social_away_hazards_per_year = [1, 1, 1, 1, 1]\n",
        encoding="utf-8",
    )
    scenario = load_scenario(str(path))
    assert scenario.name == "mit"
    assert scenario.parameters.sdq.adviser_effect_points == 1.0
    assert scenario.parameters.ladder.move_pause_from_date == date(2024, 1, 1)
    assert scenario.parameters.ladder.social_away_hazards_per_year == (1.0,) * 5


@pytest.mark.parametrize("content", [b"title = ", b"title = '\xe6'"])
def test_a_file_that_is_no_toml_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(SettingsError, match="kan ikke læses som TOML"):
        load_scenario(tmp_path / "x.toml")


def test_an_unknown_scenario_names_those_there_are() -> None:
    with pytest.raises(SettingsError, match="confounded, confounded_rollout, drop_out"):
        load_scenario("ukendt")
