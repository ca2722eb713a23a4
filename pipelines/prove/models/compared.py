"""What would an evaluation of one made-up municipality find: its design, its leading comparison and its answer, each made once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from pipelines.evaluation.analysis import Answer, Compared
from pipelines.evaluation.children import StudyChild
from pipelines.evaluation.design import Design, study_design
from pipelines.measures.intervals import Estimate, no_estimate
from pipelines.prove.estimator import TruthPart
from pipelines.prove.models.children import (
    DrawnChildren,
    drawn_children,
    mean_of_districts,
    plan_of_world,
    study_children,
)
from pipelines.prove.models.events import LEVEL
from pipelines.prove.models.rollout import rollout_in
from pipelines.prove.observed import Observed


@dataclass(frozen=True)
class Evaluated:
    """One evaluation. drawn: the children of its window. analysed: those in the comparison, followed or lost. comparison: None where
    the design cannot be rated."""

    design: Design
    answer: Answer
    comparison: Compared | None
    drawn: DrawnChildren
    analysed: tuple[StudyChild, ...]

    def effects_of_treated(self) -> dict[str, list[float]]:
        """District -> what the adviser model did to each of its children whose second score counts in the comparison."""
        compared = self.design.compared_codes
        return self.drawn.effects_of(lambda child: child.is_treated and child.is_followed and child.cluster in compared)


@lru_cache(maxsize=1)
def evaluated(observed: Observed) -> Evaluated:
    """The evaluation of a municipality; the last one is kept, for every estimator asks for it."""
    simulated = observed.simulated
    plan = plan_of_world(simulated)
    drawn = drawn_children(simulated, plan, first_from=plan.window.first_from)
    children = study_children(simulated, drawn, plan)
    rollout = rollout_in(observed)
    design = study_design(children, plan, rollout=None if rollout is None else rollout.found.facts)
    analysed = design.analysed(children)
    if not design.evidence.is_rateable:
        return Evaluated(design, Answer.NOT_RATEABLE, None, drawn, analysed)
    comparison = Compared.of(analysed, design, plan)
    return Evaluated(design, comparison.answer(design, plan), comparison, drawn, analysed)


def estimate_of(observed: Observed, measure: Callable[[Compared, Design], Estimate]) -> Estimate:
    """What `measure` finds; no estimate where the models cannot be compared."""
    found = evaluated(observed)
    return no_estimate(LEVEL) if found.comparison is None else measure(found.comparison, found.design)


def true_effect_of_children(observed: Observed) -> TruthPart:
    """Over the children of adviser districts in the comparison: what the model did to each (potential outcomes)."""
    effects = [effect for own in evaluated(observed).effects_of_treated().values() for effect in own]
    return TruthPart(sum(effects), float(len(effects)))


def true_effect_of_districts(observed: Observed) -> TruthPart:
    """Over the adviser districts in the comparison: the mean of what the model did to each of their children."""
    return mean_of_districts(evaluated(observed).effects_of_treated())
