"""Districts that begin one after the other: what an evaluation finds when it follows them over the years, and what is true of it."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from pipelines.evaluation.plan import SCHOOL_YEAR_BEGINS, AnalysisPlan
from pipelines.evaluation.rollout import Rollout, rollout_of
from pipelines.evaluation.rollout_panel import PanelSources, school_year_of, school_years
from pipelines.measures.intervals import Estimate, no_estimate
from pipelines.prove.acceptance import MUST_HOLD, SHOWN, Criterion, Expectation, Kind, must_fail
from pipelines.prove.estimator import Estimator, TruthPart
from pipelines.prove.models.children import (
    DrawnChildren,
    drawn_children,
    living_on,
    mean_of_districts,
    plan_of_world,
)
from pipelines.prove.models.events import LARGEST_P_VALUE, LEVEL, nothing_true, yes_or_no
from pipelines.prove.observed import Observed
from pipelines.simulate.municipality import SimulatedMunicipality
from pipelines.simulate.profile import ADVISER

ROLLOUTS = frozenset({"clean_rollout", "confounded_rollout"})


@dataclass(frozen=True)
class FollowedRollout:
    """What an evaluation finds in a rollout, and the children measured in all its years."""

    found: Rollout
    drawn: DrawnChildren


@lru_cache(maxsize=1)
def rollout_in(observed: Observed) -> FollowedRollout | None:
    """The rollout of a municipality, None where all advisers began at once; the last one is kept."""
    simulated = observed.simulated
    plan = plan_of_world(simulated)
    first = plan.rollout.first_year_from
    if first is None:
        return None
    drawn = drawn_children(simulated, plan, first_from=first)
    return FollowedRollout(rollout_of(_sources(simulated, drawn, plan), plan), drawn)


def _sources(simulated: SimulatedMunicipality, drawn: DrawnChildren, plan: AnalysisPlan) -> PanelSources:
    """As `read_sources` has them; no district gives the model up again."""
    profile = simulated.profile
    starts = {
        district.code: profile.model_from(district.code) if district.model == ADVISER else None
        for district in profile.districts
    }
    at_risk = {
        (code, year): count
        for year in school_years(plan)
        for code, count in living_on(simulated, min(_last_day(year), simulated.data_end_date)).items()
    }
    began = {code: date.max for code, start in starts.items() if start is not None}
    return PanelSources(drawn.children, starts, began, at_risk)


def _last_day(year: int) -> date:
    return date(year + 1, *SCHOOL_YEAR_BEGINS) - timedelta(days=1)


def _collapse(observed: Observed) -> Estimate:
    rollout = rollout_in(observed)
    return no_estimate(LEVEL) if rollout is None or rollout.found.followed is None else rollout.found.followed.collapse


def _event_study(observed: Observed) -> Estimate:
    """The mean over all years from the first under the model; it has no interval."""
    rollout = rollout_in(observed)
    if rollout is None or rollout.found.followed is None or rollout.found.followed.study.overall is None:
        return no_estimate(LEVEL)
    study = rollout.found.followed.study
    return Estimate(study.overall, None, None, LEVEL, study.district_count)


def _handed_round(observed: Observed) -> Estimate:
    rollout = rollout_in(observed)
    if rollout is None or rollout.found.followed is None or rollout.found.followed.study.test is None:
        return no_estimate(LEVEL)
    return yes_or_no(is_so=rollout.found.followed.study.test.p_value <= LARGEST_P_VALUE)


def _true_effect(observed: Observed) -> TruthPart:
    """Over the districts that began: the mean of what the model did to each of their children in its whole school years."""
    rollout = rollout_in(observed)
    if rollout is None:
        return TruthPart(0.0, 0.0)
    years = school_years(plan_of_world(observed.simulated))
    effects = rollout.drawn.effects_of(
        lambda child: child.is_treated and child.is_followed and school_year_of(child.first_date) in years
    )
    return mean_of_districts(effects)


_BIASED: dict[str, Expectation] = {"confounded_rollout": must_fail(Criterion.BIAS)}

COLLAPSE = Estimator(
    name="models_rollout_collapsed",
    title="Før og efter i hvert distrikt, mod de andre",
    estimand="Rådgivermodellens virkning på de målte børns SDQ-tal i de distrikter, der begyndte",
    unit="point",
    decimals=2,
    measure=_collapse,
    truth=_true_effect,
    expectation=MUST_HOLD,
    in_scenario=_BIASED,
    only_in=ROLLOUTS,
)
EVENT_STUDY = replace(
    COLLAPSE,
    name="models_rollout_event_study",
    title="År for år fra begyndelsen, mod de andre",
    measure=_event_study,
    expectation=Expectation(Kind.MUST_HOLD, frozenset({Criterion.BIAS})),
)
HANDED_ROUND = replace(
    COLLAPSE,
    name="models_rollout_handed_round",
    title="Finder en forskel, når datoer byttes om",
    estimand="Hvor tit alle måder at dele datoerne ud på giver p på højst 0,05",
    unit="andel",
    measure=_handed_round,
    truth=nothing_true,
    expectation=SHOWN,
    in_scenario={},
    is_event=True,
)
