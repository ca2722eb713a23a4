"""The study of the comparison of models: it measures what an evaluation prints, and its controls are wrong in the known ways."""

from dataclasses import replace
from datetime import date
from itertools import product

import numpy as np
import pytest

from pipelines.errors import SettingsError
from pipelines.evaluation.analysis import Answer, Method, NotShown, analyse, leading_answer, second_step
from pipelines.evaluation.design import study_design
from pipelines.measures.comparison_evidence import Ceiling, ComparisonGate
from pipelines.measures.evidence import EvidenceLevel
from pipelines.measures.intervals import Estimate
from pipelines.prove.acceptance import Kind, Tolerance
from pipelines.prove.estimator import Estimator, TruthPart, tried_in
from pipelines.prove.kinds import kind_of
from pipelines.prove.models import MODEL_ESTIMATORS, no_effect_tests, rollout
from pipelines.prove.models.children import drawn_children, plan_of_world, study_children
from pipelines.prove.models.compared import Evaluated, evaluated
from pipelines.prove.models.events import yes_or_no
from pipelines.prove.observed import Observed
from pipelines.prove.runner import draw_observed
from pipelines.simulate.scenarios import load_scenario, scenario_names

BY_NAME = {estimator.name.removeprefix("models_"): estimator for estimator in MODEL_ESTIMATORS}
MODELS = kind_of("models")


def drawn(scenario: str, *, districts: int = 8, advisers: int | None = None, children: int = 4000) -> Observed:
    world = replace(load_scenario(scenario), children_count=children)
    return draw_observed(world, district_count=districts, seed=5, adviser_count=advisers)


@pytest.fixture(scope="module")
def eight() -> Observed:
    """Eight districts, four with advisers, an effect of two points."""
    return drawn("large_effect")


def measured(name: str, observed: Observed) -> Estimate:
    return BY_NAME[name].measure(observed)


def test_every_way_is_the_evaluations_own_number(eight: Observed) -> None:
    simulated, plan = eight.simulated, plan_of_world(eight.simulated)
    children = study_children(simulated, drawn_children(simulated, plan, first_from=plan.window.first_from), plan)
    design = study_design(children, plan)
    leading = analyse(children, design, plan).leading
    assert leading is not None
    ways = {way.method: way.estimate for way in leading.methods}
    for method, name in {
        Method.ADJUSTED: "adjusted",
        Method.DISTRICT_MEANS: "district_means",
        Method.PERMUTATION: "permutation",
        Method.LOSS_WEIGHTED: "loss_weighted",
        Method.OVERLAP_WEIGHTED: "overlap_weighted",
        Method.DOUBLY_ROBUST: "doubly_robust",
    }.items():
        assert measured(name, eight) == ways[method]
    assert measured("doubly_robust_anyhow", eight) == ways[Method.DOUBLY_ROBUST]
    assert evaluated(eight).answer is leading_answer(children, design, plan)
    imputed, own = measured("imputed", eight), ways[Method.IMPUTED]
    assert own is not None
    # other draws of the lost: of the municipality's own seed, not of the plan's
    assert imputed.value == pytest.approx(own.value, abs=0.5)
    assert imputed.value != own.value


def test_child_by_child_is_least_squares_in_another_way(eight: Observed) -> None:
    """The model's coefficient after taking the covariates out of both (Frisch-Waugh-Lovell), children less coefficients left."""
    comparison = evaluated(eight).comparison
    assert comparison is not None
    kept = comparison.arrays.rows(comparison.arrays.followed)
    others = np.column_stack([np.ones(kept.outcome.size), kept.covariates])
    outcome, model = (
        values - others @ np.linalg.lstsq(others, values, rcond=None)[0]
        for values in (kept.outcome, kept.treated.astype(float))
    )
    value = (outcome @ model) / (model @ model)
    left = ((outcome - value * model) ** 2).sum() / (kept.outcome.size - others.shape[1] - 1)
    found = measured("by_child", eight)
    assert found.value == pytest.approx(value)
    assert found.standard_error == pytest.approx((left / (model @ model)) ** 0.5)


def test_by_institution_only_the_doubt_is_another(eight: Observed) -> None:
    adjusted, by_institution = (measured(name, eight) for name in ("adjusted", "by_institution"))
    assert by_institution.value == pytest.approx(adjusted.value)
    assert by_institution.standard_error != pytest.approx(adjusted.standard_error)


def test_the_truth_is_what_the_model_did_to_the_children_compared(eight: Observed) -> None:
    found = evaluated(eight)
    assert found.comparison is not None
    arrays = found.comparison.arrays
    treated = int((arrays.treated & arrays.followed).sum())
    of_children, of_districts = (BY_NAME[name].truth(eight) for name in ("adjusted", "district_means"))
    assert of_children.denominator == treated
    assert -3.0 < of_children.numerator / of_children.denominator < -1.6
    effects = found.effects_of_treated()
    assert of_districts == TruthPart(sum(sum(own) / len(own) for own in effects.values()), len(effects))


def test_two_advised_districts_have_no_doubly_robust_difference_in_an_evaluation() -> None:
    observed = drawn("no_effect", advisers=2)
    assert measured("doubly_robust", observed).value is None
    assert measured("doubly_robust_anyhow", observed).value is not None
    found = evaluated(observed)
    assert found.comparison is not None
    assert min(found.design.facts.district_counts) == 2
    way = second_step(Method.DOUBLY_ROBUST, found.comparison.arrays, found.design, seed=1)
    assert way.not_shown is NotShown.FEW_IN_AN_ARM


def test_with_four_districts_only_the_implementation_without_ties_rejects(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real t value the largest of eight: p is 1/8 with the real signs counted, 0 without."""
    observed = drawn("no_effect", districts=4)
    comparison = evaluated(observed).comparison
    assert comparison is not None
    found = no_effect_tests.bootstrap(comparison)
    assert found.smallest_p_value == 1 / 8
    assert measured("wild_bootstrap_rejects", observed).value == 0.0
    extreme = replace(found, p_value=1 / 8)
    monkeypatch.setattr(no_effect_tests, "bootstrap", lambda compared: extreme)
    assert measured("wild_bootstrap_rejects", observed).value == 0.0
    assert measured("wild_bootstrap_strict", observed).value == 1.0
    monkeypatch.setattr(no_effect_tests, "bootstrap", lambda compared: replace(found, p_value=2 / 8))
    assert measured("wild_bootstrap_strict", observed).value == 0.0


def test_what_should_not_be_so_is_a_type_one_error() -> None:
    assert (yes_or_no(is_so=True).low, yes_or_no(is_so=True).high) == (1.0, 1.0)
    assert yes_or_no(is_so=False).value == 0.0


def test_a_municipality_before_and_after_is_never_rated() -> None:
    observed = drawn("before_and_after", districts=4, advisers=4, children=2000)
    found = evaluated(observed)
    assert found.answer is Answer.NOT_RATEABLE
    assert found.comparison is None
    assert measured("rates_one_arm", observed).value == 0.0
    assert {child.is_treated for child in found.drawn.children} == {True, False}


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (Answer.TREATED_BETTER, "says_benefit"),
        (Answer.COMPARISON_BETTER, "says_drawback"),
        (Answer.NO_RELEVANT_DIFFERENCE, "says_no_relevant_difference"),
    ],
)
def test_an_answer_is_counted_where_it_is_given(
    answer: Answer, name: str, eight: Observed, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = evaluated(eight)
    for given in Answer:
        said = replace(found, answer=given)
        monkeypatch.setattr("pipelines.prove.models.verdicts.evaluated", lambda _, said=said: said)
        assert measured(name, eight).value == float(given is answer)


def test_gates_and_levels_are_counted(eight: Observed, monkeypatch: pytest.MonkeyPatch) -> None:
    found = evaluated(eight)

    def counted(level: EvidenceLevel, *gates: ComparisonGate, answer: Answer = Answer.UNDECIDED) -> set[str]:
        evidence = replace(found.design.evidence, level=level, failed_gates=gates)
        said: Evaluated = replace(found, design=replace(found.design, evidence=evidence), answer=answer)
        monkeypatch.setattr("pipelines.prove.models.verdicts.evaluated", lambda _: said)
        names = (
            "says_benefit_past_detection", "passes_detection", "level_below_three", "level_above_three", "fails_baseline",
        )  # fmt: skip
        return {name for name in names if measured(name, eight).value}

    assert counted(EvidenceLevel.STEPWISE_ROLLOUT) == {"passes_detection", "level_above_three"}
    assert counted(EvidenceLevel.AGAINST_EXPECTED, ComparisonGate.BASELINE) == {
        "passes_detection", "level_below_three", "fails_baseline",
    }  # fmt: skip
    past = counted(EvidenceLevel.ADJUSTED_COMPARISON, ComparisonGate.DETECTION, answer=Answer.TREATED_BETTER)
    assert past == {"says_benefit_past_detection"}


@pytest.fixture(scope="module")
def by_need() -> Observed:
    """Eight districts of which four begin in three years, the worst-off first."""
    return drawn("confounded_rollout", children=6000)


def test_a_rollout_is_followed_as_an_evaluation_does(by_need: Observed) -> None:
    found = rollout.rollout_in(by_need)
    assert found is not None
    assert found.found.facts is not None
    assert found.found.facts.is_staggered
    followed = found.found.followed
    assert followed is not None
    assert measured("rollout_collapsed", by_need) == followed.collapse
    assert measured("rollout_event_study", by_need).value == followed.study.overall
    assert followed.study.test is not None
    assert measured("rollout_handed_round", by_need).value == float(followed.study.test.p_value <= 0.05)
    assert BY_NAME["rollout_collapsed"].truth(by_need).numerator == 0.0
    assert min(child.first_date for child in found.drawn.children) < date(2019, 8, 1)


def test_a_rollout_by_need_is_no_more_than_a_comparison_and_says_why(by_need: Observed) -> None:
    evidence = evaluated(by_need).design.evidence
    assert evidence.designed_level <= EvidenceLevel.ADJUSTED_COMPARISON
    assert measured("level_above_three", by_need).value == 0.0
    named = {name.removeprefix("kept_by_") for name in BY_NAME if name.startswith("kept_by_")}
    assert {name for name in named if measured(f"kept_by_{name}", by_need).value} == set(evidence.ceilings)
    assert measured("only_imprecision", by_need).value == float(
        set(evidence.ceilings) == {Ceiling.BEFORE_TOO_IMPRECISE}
    )
    assert named == set(Ceiling) - {
        Ceiling.NO_CHILDREN, Ceiling.NO_COMPARISON, Ceiling.ONE_DISTRICT_IN_AN_ARM, Ceiling.NO_STAGGERED_ROLLOUT,
        Ceiling.NO_LOTTERY,
    }  # fmt: skip


def test_where_all_begin_at_once_there_is_no_rollout(eight: Observed) -> None:
    assert rollout.rollout_in(eight) is None
    assert measured("rollout_collapsed", eight).value is None


def expected(name: str, scenario: str, districts: int, advisers: int | None = None) -> str:
    found = BY_NAME[name].expected_in(scenario, district_count=districts, adviser_count=advisers)
    return f"{found.kind} {found.tolerance}" if found.kind is Kind.MUST_HOLD else found.kind


HOLDS, CAREFUL, NEVER = (f"must_hold {tolerance}" for tolerance in Tolerance)


@pytest.mark.parametrize(
    ("name", "scenario", "districts", "advisers", "wanted"),
    [
        ("adjusted", "no_effect", 8, None, HOLDS),
        ("adjusted", "no_effect", 6, None, CAREFUL),
        ("adjusted", "no_effect", 10, 2, CAREFUL),
        ("adjusted", "confounded", 4, None, "must_fail"),
        ("adjusted", "earlier_detection", 10, None, "must_fail"),
        ("district_means", "no_effect", 4, None, HOLDS),
        ("permutation", "no_effect", 6, None, "shown"),
        ("permutation", "drop_out", 8, None, CAREFUL),
        ("overlap_weighted", "no_effect", 6, None, "shown"),
        ("doubly_robust", "no_effect", 8, 2, "shown"),
        ("doubly_robust_anyhow", "no_effect", 8, 2, "must_fail"),
        ("imputed", "drop_out", 8, None, CAREFUL),
        ("by_child", "no_effect", 8, None, "must_fail"),
        ("by_institution", "no_effect", 4, None, "must_fail"),
        ("permutation_rejects", "large_effect", 6, None, NEVER),
        ("permutation_rejects", "no_effect", 8, None, CAREFUL),
        ("wild_bootstrap_rejects", "large_effect", 4, None, NEVER),
        ("wild_bootstrap_strict", "no_effect", 4, None, "must_fail"),
        ("says_benefit", "no_effect", 8, 2, CAREFUL),
        ("says_benefit", "large_effect", 8, None, "shown"),
        ("says_no_relevant_difference", "large_effect", 8, None, CAREFUL),
        ("says_benefit_past_detection", "earlier_detection", 8, None, NEVER),
        ("passes_detection", "earlier_detection", 8, None, CAREFUL),
        ("level_above_three", "confounded_rollout", 8, None, NEVER),
        ("level_above_three", "clean_rollout", 8, None, "shown"),
        ("rates_one_arm", "before_and_after", 8, 8, NEVER),
        ("rollout_collapsed", "clean_rollout", 8, None, HOLDS),
        ("rollout_collapsed", "confounded_rollout", 8, None, "must_fail"),
    ],
)
def test_what_is_expected(name: str, scenario: str, districts: int, advisers: int | None, wanted: str) -> None:
    assert expected(name, scenario, districts, advisers) == wanted


def test_names_are_keys_and_each_is_tried_in_worlds_of_the_study() -> None:
    assert len({estimator.name for estimator in MODEL_ESTIMATORS}) == len(MODEL_ESTIMATORS)
    worlds = set(MODELS.scenarios)
    assert worlds <= set(scenario_names())
    assert all(estimator.only_in and estimator.only_in <= worlds for estimator in MODEL_ESTIMATORS)
    for scenario in worlds:
        assert tried_in(scenario, MODEL_ESTIMATORS)


def test_each_thing_that_must_hold_has_a_control_that_must_fail() -> None:
    kinds = {
        expected(name, scenario, districts, advisers)
        for name, estimator in BY_NAME.items()
        for scenario, districts in product(sorted(estimator.only_in), (4, 8))
        for advisers in MODELS.adviser_counts(scenario, districts)
    }
    assert kinds == {HOLDS, CAREFUL, NEVER, "must_fail", "shown"}


@pytest.mark.parametrize(
    ("scenario", "districts", "advisers"),
    [
        ("no_effect", 4, (None,)),
        ("large_effect", 6, (None, 2)),
        ("confounded", 8, (None,)),
        ("confounded_rollout", 8, (None,)),
        ("confounded_rollout", 6, ()),
        ("before_and_after", 8, (8,)),
    ],
)
def test_who_has_advisers(scenario: str, districts: int, advisers: tuple[int | None, ...]) -> None:
    assert MODELS.adviser_counts(scenario, districts) == advisers


def test_an_unknown_study_names_those_there_are() -> None:
    with pytest.raises(SettingsError, match="study, models"):
        kind_of("ukendt")


def test_the_two_studies_share_no_name() -> None:
    names = [estimator.name for kind in ("study", "models") for estimator in kind_of(kind).estimators]
    assert len(names) == len(set(names))
    assert all(isinstance(estimator, Estimator) for estimator in MODEL_ESTIMATORS)
