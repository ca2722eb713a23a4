"""A rollout's panel by hand, its facts before any outcome, and what keeps it from telling: each alone on a drawn rollout."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from pipelines.evaluation.rollout import CompositionChange, NoRollout, Rollout, read_rollout, rollout_of
from pipelines.evaluation.rollout_panel import Composition, PanelSources, panel_of, read_sources, school_years
from pipelines.evaluation.rollout_words import (
    COMPOSITIONS,
    NOT_FOLLOWED,
    before_sentence,
    chance_sentence,
    left_out_sentence,
    rollout_answer,
    year_words,
)
from pipelines.measures.comparison_evidence import Ceiling, ComparisonFacts, kept_from_rollout, level_of_comparison
from pipelines.measures.event_study import Comparison, event_study
from pipelines.measures.evidence import EvidenceLevel
from tests.evaluation.drawn_rollout import (
    NEVER,
    STARTS,
    changes,
    rollout_plan,
    sources,
)
from tests.evaluation.drawn_study import a_plan, child
from tests.sql.drawn import built

EIGHT = ComparisonFacts((4, 4), (80, 80), 0.9, 0.95, 1.1, 0.1)


def kept(found: Rollout) -> tuple[Ceiling, ...]:
    assert found.facts is not None
    return kept_from_rollout(found.facts, district_count=found.facts.district_count)


def rollout(values: Any, **more: Any) -> Rollout:
    return rollout_of(sources(values, **more), rollout_plan())


def test_a_child_belongs_to_the_school_year_of_its_first_form_and_the_year_of_the_start_is_wholly_under_the_model() -> (
    None
):
    # A began on 1 November 2018; the child of October 2018 is left out of the change, but was measured
    drawn = [
        *[child("A", 16, 10, first_date=date(2018, 7, 31), is_treated=False) for _ in range(5)],
        *[child("A", 16, 15, first_date=date(2018, 10, 31), is_treated=False) for _ in range(5)],
        *[child("A", 16, 12, first_date=date(2018, 11, 1), is_treated=True) for _ in range(5)],
        *[child("B", 16, 14, first_date=date(2018, 8, 1), is_treated=False) for _ in range(4)],
        child("TIENDE", 16, 14, first_date=date(2018, 8, 1), is_treated=False),
    ]
    found = panel_of(
        PanelSources(drawn, {"A": date(2018, 11, 1), "B": None}, {"A": date(9999, 12, 31)}, {("A", 2018): 40}),
        rollout_plan(),
    )
    assert (found.districts, found.years, found.adoption) == (("A", "B"), tuple(range(2017, 2025)), (1, None))
    assert found.change[0, :2].tolist() == [10 - 16, 12 - 16]
    assert found.followed[:, 1].tolist() == [5, 4]
    assert np.isnan(found.change[1, 1]), "four are fewer than the five of the plan"
    assert found.composition[Composition.MEASURED][0, 1] == (5 + 5) / 40
    assert found.institutions[0, 1] == {"A-1"}


def test_the_change_is_adjusted_by_what_it_goes_with_inside_districts_and_years() -> None:
    # within a cell each point more at first falls half a point more; A's children of 2018 start 4 points higher
    def cell(code: str, year: int, firsts: tuple[int, ...]) -> list[Any]:
        return [
            child(code, first, first - first / 2, first_date=date(year, 9, 1), is_treated=code == "A" and year > 2017)
            for first in firsts
        ]

    usual, higher = (10, 12, 14, 16, 18), (14, 16, 18, 20, 22)
    drawn = [*cell("A", 2017, usual), *cell("A", 2018, higher), *cell("B", 2017, usual), *cell("B", 2018, usual)]
    found = panel_of(
        PanelSources(drawn, {"A": date(2018, 8, 1), "B": None}, {"A": date(9999, 12, 31)}, {}), rollout_plan()
    )
    # all fall by half their first score; the mean first score of all is (14 + 18 + 14 + 14) / 4 = 15
    assert found.change[:, :2] == pytest.approx(np.full((2, 2), -15 / 2))


def test_only_whole_school_years_are_followed_and_a_district_that_stopped_is_not() -> None:
    whole = {"first_from": date(2024, 8, 1), "first_to": date(2025, 7, 30)}
    assert school_years(rollout_plan(window=whole))[-1] == 2023
    assert school_years(a_plan()) == ()
    given = sources(changes())
    stopped = replace(given, last_days={**given.last_days, "B": date(2025, 7, 30)})
    found = rollout_of(stopped, rollout_plan())
    assert (found.stopped_count, found.facts.district_count if found.facts else 0) == (1, 7)
    assert left_out_sentence(found) == "Ét distrikt er holdt op med modellen igen."


def test_the_event_study_is_that_of_the_cells() -> None:
    values = changes(effect=2.0)
    found = rollout(values)
    assert found.followed is not None
    adoption = [None if start == NEVER else start for start in STARTS]
    expected = event_study(values, adoption, comparison=Comparison.NOT_YET)
    assert found.followed.study.by_event_time == pytest.approx(expected.by_event_time)
    assert found.followed.study.overall == pytest.approx(-2, abs=0.15)
    # 2, 1, 1 and 4 of eight districts: 8! / (2! 1! 1! 4!) = 840
    assert found.followed.study.test is not None
    assert found.followed.study.test.choice_count == 840
    first = next(point for point in found.followed.points if point.since == 0)
    # the fewest behind it are those of four districts in one year each: 4 x 12 in 4 x 2 institutions
    assert (first.district_count, first.children, first.institutions) == (4, 48, 8)
    latest = found.followed.points[-1]
    assert (latest.since, latest.district_count, latest.children, latest.institutions) == (3, 2, 24, 4)
    base = next(point for point in found.followed.points if point.since == -1)
    assert (base.effect, base.low, base.children) == (0, None, 48)
    assert first.low is not None
    assert first.low < 0
    assert first.effect <= first.low, "two points lie outside what chance does in 95 of 100 ways"


def test_a_clean_rollout_with_a_large_effect_reaches_level_four() -> None:
    found = rollout(changes(effect=2.0))
    assert kept(found) == ()
    evidence = level_of_comparison(replace(EIGHT, rollout=found.facts))
    assert (evidence.level, evidence.ceilings) == (EvidenceLevel.STEPWISE_ROLLOUT, (Ceiling.NO_LOTTERY,))
    assert rollout_answer(found, evidence=evidence, kept=()).startswith("Der er færre vanskeligheder efter starten")
    worse = rollout(changes(effect=-2.0))
    assert rollout_answer(worse, evidence=evidence, kept=()).startswith("Der er flere vanskeligheder efter starten")
    lowered = replace(evidence, level=EvidenceLevel.ADJUSTED_COMPARISON)
    assert rollout_answer(found, evidence=lowered, kept=()).startswith("Det kan ikke afgøres")


def test_nothing_is_decided_where_chance_alone_does_as_much() -> None:
    found = rollout(changes(effect=0.0))
    evidence = level_of_comparison(replace(EIGHT, rollout=found.facts))
    told = rollout_answer(found, evidence=replace(evidence, level=EvidenceLevel.STEPWISE_ROLLOUT), kept=())
    assert told == "Det kan ikke afgøres, for forskellen er ikke større, end tilfældet kan gøre den."


def _older(begins: bool, under: bool) -> dict[str, int]:
    return {"age": 1} if begins and under else {}


def _worse_off(begins: bool, under: bool) -> dict[str, int]:
    return {"first": 2} if begins else {}


EARLY = (3, 3, 5, 6, NEVER, NEVER, NEVER, NEVER)


@pytest.mark.parametrize(
    ("drawn", "ceiling"),
    [
        # one of eight districts has four children in a year
        (lambda: _thinned(sources(changes(effect=2.0))), Ceiling.FEW_DISTRICTS),
        (lambda: sources(changes(effect=2.0, starts=EARLY), starts=EARLY), Ceiling.FEW_YEARS_BEFORE),
        # those who begin fall half a point more each year already: 2 points after four years, and it is seen
        (lambda: sources(changes(drift=-0.5)), Ceiling.UNLIKE_BEFORE),
        # a spread of one point between cells hides a trend that makes more than a point; the effect is far larger than any step
        (lambda: sources(changes(effect=12.0, noise=1.0)), Ceiling.BEFORE_TOO_IMPRECISE),
        # a year older, of a spread of 0.8 years
        (lambda: sources(changes(effect=2.0), alter=_older), Ceiling.COMPOSITION_CHANGED),
        # two points worse off at first, of a spread of two
        (lambda: sources(changes(effect=2.0), alter=_worse_off), Ceiling.CHOSEN_BY_NEED),
    ],
    ids=["few", "years", "unlike", "imprecise", "composition", "need"],
)
def test_each_fault_of_a_rollout_keeps_it_down_alone(drawn: Callable[[], PanelSources], ceiling: Ceiling) -> None:
    found = rollout_of(drawn(), rollout_plan())
    assert kept(found) == (ceiling,)
    evidence = level_of_comparison(replace(EIGHT, rollout=found.facts))
    assert evidence.level is EvidenceLevel.ADJUSTED_COMPARISON
    assert rollout_answer(found, evidence=evidence, kept=kept(found)).startswith("Det kan ikke afgøres, for ")


def _thinned(given: PanelSources) -> PanelSources:
    """Without all but four of H's children of 2019."""
    of_cell = [one for one in given.children if one.cluster == "H" and one.first_date.year == 2019]
    return replace(given, children=[one for one in given.children if one not in of_cell] + of_cell[:4])


def test_a_plan_that_says_by_need_is_believed() -> None:
    given = sources(changes(effect=2.0))
    assert kept(rollout_of(given, rollout_plan(rollout={"order": "by_need"}))) == (Ceiling.CHOSEN_BY_NEED,)


def test_measuring_more_children_where_the_model_came_is_another_composition() -> None:
    given = sources(changes(effect=2.0))
    # from 12 of 100 to 12 of 75: a third more; a fifth is the most
    fewer = {(code, year): 75 if code in "ABCD" and year >= 2023 else 100 for code, year in given.at_risk}
    found = rollout_of(replace(given, at_risk=fewer), rollout_plan())
    assert kept(found) == (Ceiling.COMPOSITION_CHANGED,)
    unknown = rollout_of(replace(given, at_risk={}), rollout_plan())
    assert unknown.facts is not None
    assert unknown.facts.has_same_children is None
    assert kept(unknown) == (Ceiling.COMPOSITION_CHANGED,)


@pytest.mark.parametrize(
    ("size", "p_value", "has_moved"),
    [(0.25, 0.06, False), (-0.26, 0.06, True), (0.01, 0.05, True), (0.01, None, False), (None, 0.5, None)],
)
def test_composition_moves_by_its_size_or_beyond_chance(
    size: float | None, p_value: float | None, has_moved: bool | None
) -> None:
    assert CompositionChange(Composition.AGE, 1.0, size, p_value, limit=0.25).has_moved is has_moved


def test_dates_go_round_within_the_plans_strata() -> None:
    # A, B | C, D, E, F, G, H: 1 way in the first, 6! / (1! 1! 4!) = 30 in the second
    plan = rollout_plan(strata={"A": "by", "B": "by"})
    found = rollout_of(sources(changes(effect=2.0)), plan)
    assert found.followed is not None
    assert found.followed.study.test is not None
    assert found.followed.study.test.choice_count == 30
    assert chance_sentence(found.followed).startswith("Startårene kan deles ud mellem distrikterne på 30 måder.")


@pytest.mark.parametrize(
    ("starts", "missing"),
    [
        ((NEVER,) * 4, NoRollout.NOBODY_BEGAN),
        ((4,) * 4, NoRollout.ALL_AT_ONCE),
        ((0, 0, NEVER, NEVER), NoRollout.NOBODY_BEGAN),  # under the model from the first year: nothing before
    ],
)
def test_without_steps_there_is_no_rollout(starts: tuple[int, ...], missing: NoRollout) -> None:
    found = rollout(changes(starts=starts), starts=starts)
    assert (found.followed, found.missing) == (None, missing)
    assert kept(found) == (Ceiling.NO_STAGGERED_ROLLOUT,)
    assert rollout_answer(found, evidence=level_of_comparison(EIGHT), kept=kept(found)) == NOT_FOLLOWED[missing]


def test_words_for_everything() -> None:
    assert set(NOT_FOLLOWED) == set(NoRollout)
    assert set(COMPOSITIONS) == set(Composition)
    assert [year_words(since) for since in (-2, -1, 0, 2)] == ["2 år før", "året før", "1. år", "3. år"]
    found = rollout(changes(effect=2.0))
    assert found.followed is not None
    assert "1,0 point betyder noget" in before_sentence(found.followed, rollout_plan())


TABLES = {
    "children": """
        child_id birth_date sex_code home_district_code resident_from_date
        anna     2012-05-01 K        NORD               2012-05-01
        bo       2012-05-01 M        NORD               2012-05-01
        cleo     2012-05-01 K        SYD                2012-05-01
        """,
    "institutions": """
        institution_code institution_name institution_type_code district_code
        S9               Tiende           youth_school          NORD
        """,
    "organisation": """
        unit_kind_code unit_code model_code           from_date   to_date
        district       NORD      authority_caseworker 2019-01-01  2023-07-31
        district       NORD      district_adviser     2023-08-01  -
        district       SYD       authority_caseworker 2019-01-01  -
        institution    S9        district_adviser     2019-01-01  -
        """,
    # bo is measured in the plan's window, anna two years before, cleo before the first year
    "sdq_scores": """
        child_id informant_code answered_date version_code institution_code total_points
        anna     parent         2022-09-01    4-10         -                20
        anna     parent         2023-03-01    4-10         -                12
        bo       parent         2024-09-01    4-10         -                18
        bo       parent         2025-03-01    4-10         -                17
        cleo     parent         2021-07-31    4-10         -                16
        """,
}


def test_what_is_read_of_a_warehouse_are_districts_first_days_children_and_those_at_risk() -> None:
    connection = built(TABLES, sdq={"window_days_minimum": 85, "window_days_maximum": 280})
    plan = a_plan(rollout={"first_year_from": date(2021, 8, 1), "fewest_children_per_year": 2})
    found = read_sources(connection, plan)
    assert [(one.cluster, one.first["total_points"], one.is_treated) for one in found.children] == [
        ("NORD", 20, False),
        ("NORD", 18, True),
    ]
    assert (found.starts, found.last_days) == ({"NORD": date(2023, 8, 1), "SYD": None}, {"NORD": date(9999, 12, 31)})
    assert found.at_risk == {("NORD", year): 2 for year in range(2021, 2025)} | {
        ("SYD", year): 1 for year in range(2021, 2025)
    }
    panel = panel_of(found, plan)
    assert (panel.adoption, panel.followed.tolist()) == ((2, None), [[0, 1, 0, 1], [0, 0, 0, 0]])
    # no district has numbers for every year
    assert read_rollout(connection, plan).missing is NoRollout.NOBODY_BEGAN
    assert read_rollout(connection, a_plan()).missing is NoRollout.NOT_PLANNED
