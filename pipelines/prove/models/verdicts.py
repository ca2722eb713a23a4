"""What would a committee be told? The evaluation's own answer in municipalities where the truth is known.

Each estimator is something that should not be said, or a gate that should not let through: the estimate is 1 where it happens. Those
that are only shown count how often a design is kept from a higher level, and why.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pipelines.evaluation.analysis import Answer
from pipelines.measures.comparison_evidence import Ceiling, ComparisonGate
from pipelines.measures.evidence import EvidenceLevel
from pipelines.measures.intervals import Estimate
from pipelines.prove.acceptance import CAUTIOUS_TEST, NEVER_WRONG, SHOWN, Expectation
from pipelines.prove.estimator import Estimator
from pipelines.prove.models.adjusted import SAME_EFFECT
from pipelines.prove.models.compared import Evaluated, evaluated
from pipelines.prove.models.events import nothing_true, yes_or_no
from pipelines.prove.models.rollout import ROLLOUTS
from pipelines.prove.observed import Observed

_COMPARED = SAME_EFFECT | ROLLOUTS
_NO_BENEFIT = frozenset({"no_effect", "drop_out", "confounded", "earlier_detection", "confounded_rollout"})
"""The worlds in which the model changes nothing."""


@dataclass(frozen=True)
class _Says:
    """Whether an evaluation says something: a measure that a process of its own can be sent."""

    is_so: Callable[[Evaluated], bool]

    def __call__(self, observed: Observed) -> Estimate:
        return yes_or_no(is_so=self.is_so(evaluated(observed)))


def _says(found: Evaluated, *, answer: Answer) -> bool:
    return found.answer is answer


def _says_benefit_past_failed_detection(found: Evaluated) -> bool:
    return found.answer is Answer.TREATED_BETTER and ComparisonGate.DETECTION in found.design.evidence.failed_gates


def _passes_detection(found: Evaluated) -> bool:
    return ComparisonGate.DETECTION not in found.design.evidence.failed_gates


def _is_rated(found: Evaluated) -> bool:
    return found.answer is not Answer.NOT_RATEABLE


def _is_above_three(found: Evaluated) -> bool:
    return found.design.highest_level > EvidenceLevel.ADJUSTED_COMPARISON


def _is_below_three(found: Evaluated) -> bool:
    return found.design.evidence.level < EvidenceLevel.ADJUSTED_COMPARISON


def _is_kept_by(found: Evaluated, *, ceiling: Ceiling) -> bool:
    return ceiling in found.design.evidence.ceilings


def _is_kept_by_imprecision_alone(found: Evaluated) -> bool:
    return set(found.design.evidence.ceilings) == {Ceiling.BEFORE_TOO_IMPRECISE}


def _fails(found: Evaluated, *, gate: ComparisonGate) -> bool:
    return gate in found.design.evidence.failed_gates


def _of_benefit(scenario: str, district_count: int, adviser_count: int | None) -> Expectation:
    return CAUTIOUS_TEST if scenario in _NO_BENEFIT else SHOWN


def _of_drawback(scenario: str, district_count: int, adviser_count: int | None) -> Expectation:
    """Where advisers come to the worst-off it looks as if they did harm: that is shown, and no gate can know better."""
    is_alike = scenario in {"no_effect", "small_effect", "large_effect", "drop_out", "clean_rollout"}
    return CAUTIOUS_TEST if is_alike else SHOWN


def _of_no_difference(scenario: str, district_count: int, adviser_count: int | None) -> Expectation:
    return CAUTIOUS_TEST if scenario in {"small_effect", "large_effect", "clean_rollout"} else SHOWN


def _of_detection(scenario: str, district_count: int, adviser_count: int | None) -> Expectation:
    return CAUTIOUS_TEST if scenario == "earlier_detection" else SHOWN


def _of_level(scenario: str, district_count: int, adviser_count: int | None) -> Expectation:
    """A comparison at one time never carries more than level 3, and neither does a rollout that went by need."""
    return SHOWN if scenario == "clean_rollout" else NEVER_WRONG


def _verdict(
    name: str,
    title: str,
    estimand: str,
    is_so: Callable[[Evaluated], bool],
    *,
    only_in: frozenset[str] = _COMPARED,
    by_structure: Callable[[str, int, int | None], Expectation] | None = None,
    expectation: Expectation = SHOWN,
) -> Estimator:
    return Estimator(
        name=f"models_{name}",
        title=title,
        estimand=f"Hvor tit {estimand}",
        unit="andel",
        decimals=2,
        measure=_Says(is_so),
        truth=nothing_true,
        expectation=expectation,
        by_structure=by_structure,
        only_in=only_in,
        is_event=True,
    )


BENEFIT = _verdict(
    "says_benefit",
    "Svaret er bedre, for børn med rådgiver",
    "svaret er, at børn i rådgiverdistrikter klarer sig bedre",
    partial(_says, answer=Answer.TREATED_BETTER),
    by_structure=_of_benefit,
)
DRAWBACK = _verdict(
    "says_drawback",
    "Svaret er dårligere, for børn med rådgiver",
    "svaret er, at børn i rådgiverdistrikter klarer sig dårligere",
    partial(_says, answer=Answer.COMPARISON_BETTER),
    by_structure=_of_drawback,
)
NO_DIFFERENCE = _verdict(
    "says_no_relevant_difference",
    "Svaret er ingen forskel, af betydning",
    "svaret er, at der ikke er forskel af betydning",
    partial(_says, answer=Answer.NO_RELEVANT_DIFFERENCE),
    by_structure=_of_no_difference,
)
BENEFIT_PAST_DETECTION = _verdict(
    "says_benefit_past_detection",
    "Svaret er bedre, trods ulige opsporing",
    "svaret er bedre, når opsporingen ikke er ens",
    _says_benefit_past_failed_detection,
    expectation=NEVER_WRONG,
)
DETECTION_PASSED = _verdict(
    "passes_detection",
    "Opsporingen ser ens ud, i de to modeller",
    "der måles omtrent lige mange børn i de to modeller",
    _passes_detection,
    by_structure=_of_detection,
)
ABOVE_THREE = _verdict(
    "level_above_three",
    "Evidenstrin over 3, uden lodtrækning",
    "evidenstrinnet er over 3",
    _is_above_three,
    by_structure=_of_level,
)
BELOW_THREE = _verdict(
    "level_below_three",
    "Evidenstrin under 3, en port holdt ikke",
    "evidenstrinnet er under 3",
    _is_below_three,
)
ONE_ARM_RATED = _verdict(
    "rates_one_arm",
    "Vurderer én model alene, uden sammenligning",
    "der gives en vurdering uden nogen at sammenligne med",
    _is_rated,
    only_in=frozenset({"before_and_after"}),
    expectation=NEVER_WRONG,
)

_CEILINGS = {
    Ceiling.UNLIKE_BEFORE: "fulgtes ikke ad før",
    Ceiling.FEW_YEARS_BEFORE: "for få år før",
    Ceiling.FEW_DISTRICTS: "for få distrikter har alle år",
    Ceiling.BEFORE_TOO_IMPRECISE: "årene før er for upræcise",
    Ceiling.COMPOSITION_CHANGED: "det blev andre børn, der måles",
    Ceiling.CHOSEN_BY_NEED: "de første lå anderledes før",
}
KEPT_FROM_LEVEL_FOUR = tuple(
    _verdict(
        f"kept_by_{ceiling}",
        f"Ikke over trin 3, {why}",
        f"grunden er: {why}",
        partial(_is_kept_by, ceiling=ceiling),
        only_in=ROLLOUTS,
    )
    for ceiling, why in _CEILINGS.items()
)
"""Why a rollout is no more than a comparison; a design can have several reasons."""

ONLY_IMPRECISE = _verdict(
    "only_imprecision",
    "Ikke over trin 3, kun fordi årene før er upræcise",
    "grunden alene er, at årene før er for upræcise, så at flere børn kunne løfte trinnet",
    _is_kept_by_imprecision_alone,
    only_in=ROLLOUTS,
)
UNLIKE_AT_FIRST = _verdict(
    "fails_baseline",
    "Et trin ned, børnene var ikke ens fra start",
    "børnene i de to modeller var for forskellige ved første måling",
    partial(_fails, gate=ComparisonGate.BASELINE),
)
