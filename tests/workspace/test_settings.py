"""trappen.toml: what may be set, and how a mistake is told."""

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.disclosure.rule import DisclosureRule
from pipelines.errors import SettingsError
from pipelines.settings import Disclosure, Settings, read_settings, settings_from
from pipelines.workspace import _SETTINGS_TEMPLATE, create_workspace

MINIMAL = {"municipality": {"name": "Bøgelund Kommune", "profile": "vordingborg_next_step"}}

LINE = {
    "informant": "parent", "intercept_points": 2.6, "per_first_point": 0.65, "residual_sd_points": 4.1,
    "source": "612 børn på venteliste, 2025",
}  # fmt: skip


def own(*changes: dict[str, object]) -> dict[str, object]:
    """An SDQ part with a line of expectation for each change of `LINE`; a value None takes the key away."""
    lines = [{key: value for key, value in {**LINE, **change}.items() if value is not None} for change in changes]
    return {"sdq": {"expectation": lines}}


WRONG = {
    # key path, given value, what the message must say
    "unknown key": ({"ladder": {"grace": 3}}, "ladder.grace kendes ikke. Tilladt her: grace_gap_days"),
    "unknown part": ({"stige": {}}, "stige kendes ikke. Tilladt her: disclosure"),
    "too small": ({"disclosure": {"minimum_count": 4}}, "disclosure.minimum_count er 4, men skal være mindst 5"),
    "too large": ({"ladder": {"grace_gap_days": 400}}, "ladder.grace_gap_days er 400, men må højst være 365"),
    "not above": (
        {"evidence": {"smallest_relevant_percentage_points": 0}},
        "smallest_relevant_percentage_points er 0, men skal være større end 0",
    ),
    "not a number": ({"ladder": {"grace_gap_days": "en måned"}}, "'en måned', men skal være et helt tal"),
    "not a date": ({"report": {"as_of_date": "i går"}}, "skal være en dato som 2026-09-30"),
    "not a truth value": ({"intake": {"keep_in_inbox": "måske"}}, "skal være true eller false"),
    "wrong form": ({"warehouse": {"memory_limit": "meget"}}, "men skal have formen"),
    "a day that most years lack": (
        {"key_figures": {"reference_day": "29-02"}},
        "key_figures.reference_day: '29-02' findes ikke i alle år. Skriv dag og måned, fx 30-09",
    ),
    "unknown informant": (
        own({"informant": "forælder"}),
        "sdq.expectation nr. 1.informant er 'forælder', men skal være 'parent', 'teacher' eller 'self'",
    ),
    "a slope of the change": (
        own({}, {"informant": "self", "per_first_point": -0.35}),
        "sdq.expectation nr. 2.per_first_point er -0.35, men skal være mindst 0",
    ),
    "a slope in per cent": (own({"per_first_point": 65}), "per_first_point er 65, men må højst være 1.5"),
    "a slope that is no number": (
        own({"per_first_point": float("nan")}),
        "per_first_point er nan, men må højst være 1.5",
    ),
    "no spread": (own({"residual_sd_points": 0}), "residual_sd_points er 0, men skal være større end 0"),
    "no source": (own({"source": None}), "sdq.expectation nr. 1.source mangler og skal udfyldes"),
    "an empty source": (own({"source": " " * 20}), "source er '" + " " * 20 + "', men skal have mindst 10 tegn"),
    "a long source": (own({"source": "x" * 201}), "sdq.expectation nr. 1.source må højst have 200 tegn"),
    "unknown key of a line": (
        own({"slope": 1}),
        "sdq.expectation nr. 1.slope kendes ikke. Tilladt her: boy_points, informant, intercept_points",
    ),
    "two lines for one informant": (
        own({}, {}, {"informant": "self"}),
        "sdq.expectation: der må kun være ét afsnit for hver udfylder, men der er flere for parent",
    ),
    "a part in single brackets": (
        {"sdq": {"expectation": LINE}},
        "men skal være et eller flere afsnit med dobbelt klamme, fx [[sdq.expectation]]",
    ),
    "upside down": (
        {"sdq": {"window_days_minimum": 300, "window_days_maximum": 200}},
        "window_days_minimum skal være",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_names_key_value_and_what_is_allowed(case: str) -> None:
    change, said = WRONG[case]
    with pytest.raises(SettingsError) as caught:
        settings_from({**MINIMAL, **change}, where="trappen.toml")
    assert said in str(caught.value)
    assert "trappen.toml har 1 fejl" in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(SettingsError, match="har 3 fejl"):
        settings_from({"ladder": {"a": 1}, "disclosure": {"minimum_count": 1}}, where="trappen.toml")


def test_a_missing_part_is_named() -> None:
    with pytest.raises(SettingsError, match="municipality mangler"):
        settings_from({}, where="trappen.toml")


def test_broken_toml_says_which_line(tmp_path: Path) -> None:
    (tmp_path / "trappen.toml").write_text("[municipality\n")
    with pytest.raises(SettingsError, match="line 1"):
        read_settings(tmp_path / "trappen.toml")


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = settings_from(MINIMAL, where="test")
    with pytest.raises(ValidationError):
        settings.disclosure.minimum_count = 1  # type: ignore[misc]


def test_the_commented_defaults_of_a_new_file_are_the_defaults() -> None:
    lines = _SETTINGS_TEMPLATE.format(name='"X Kommune"', profile="p", is_constructed="false").splitlines()
    uncommented = "\n".join(line.removeprefix("# ") for line in lines if not line.startswith("# Ind"))
    written = tomllib.loads(uncommented)
    defaults = settings_from({"municipality": written["municipality"]}, where="test")
    assert Settings.model_validate(written) == defaults


def test_the_example_of_a_line_in_a_new_file_is_one_that_can_be_used() -> None:
    written = _SETTINGS_TEMPLATE.format(name='"X Kommune"', profile="p", is_constructed="false").splitlines()
    start = written.index("## [[sdq.expectation]]")
    example = "\n".join(line.removeprefix("## ") for line in written[:3] + written[start:] if line.startswith("## "))
    (line,) = settings_from({**MINIMAL, **tomllib.loads(example)}, where="test").sdq.expectation
    assert set(tomllib.loads(example)["sdq"]["expectation"][0]) == set(type(line).model_fields)


def test_the_example_of_a_clear_change_in_a_new_file_is_one_that_can_be_used() -> None:
    written = _SETTINGS_TEMPLATE.format(name='"X Kommune"', profile="p", is_constructed="false").splitlines()
    start = written.index("## [[sdq.reliable_change]]")
    example = "\n".join(line.removeprefix("## ") for line in written[start : start + 5])
    (own_values,) = settings_from({**MINIMAL, **tomllib.loads(example)}, where="test").sdq.reliable_change
    assert set(tomllib.loads(example)["sdq"]["reliable_change"][0]) == set(type(own_values).model_fields)


def test_a_clear_change_has_one_part_for_each_informant() -> None:
    part = {"informant": "parent", "population_sd_points": 5.4, "reliability": 0.8, "source": "612 børn, 2025"}
    with pytest.raises(SettingsError, match=r"sdq\.reliable_change: der må kun være ét afsnit for hver udfylder"):
        settings_from({**MINIMAL, "sdq": {"reliable_change": [part, part]}}, where="trappen.toml")


def test_a_municipality_name_cannot_break_the_file(tmp_path: Path) -> None:
    workspace = create_workspace(
        tmp_path / "w", profile="vordingborg_next_step", municipality_name='Den "gode" Kommune\\', is_constructed=False
    )
    assert workspace.settings.municipality.name == 'Den "gode" Kommune\\'


def test_the_limits_of_disclosure_may_be_raised_and_never_lowered() -> None:
    """The settings and the rule that they become say the same lowest and usual limits."""
    usual = Disclosure().model_dump()
    assert usual == vars(DisclosureRule())
    for name, limit in usual.items():
        raised = Disclosure(**{name: limit + 1})
        assert getattr(DisclosureRule(**raised.model_dump()), name) == limit + 1
        with pytest.raises(ValidationError):
            Disclosure(**{name: limit - 1})
        with pytest.raises(ValueError, match=name):
            DisclosureRule(**{name: limit - 1})
