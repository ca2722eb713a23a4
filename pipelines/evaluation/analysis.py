"""Which model did better, as far as the design can tell: one estimate leads, the others are the same data seen in other ways.

The leading one is the adjusted difference with standard errors that count districts; beside it stands every way in which the
districts could have been chosen. A second step is taken only behind its gate. Nothing here is prose: `answer` says which sentence a
report may use, and p values that may not be shown are not there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from pipelines.evaluation.arrays import StudyArrays, arrays_of
from pipelines.evaluation.children import StudyChild, StudyChildren
from pipelines.evaluation.design import Design
from pipelines.evaluation.outcomes import OUTCOMES, Family, Outcome
from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.power import detectable_by_plan
from pipelines.evaluation.register_outcomes import (
    NO_REGISTERS,
    REGISTER_CODES,
    NotTold,
    RegisterOutcomes,
    compare_registers,
    detectable_by_spread,
)
from pipelines.evaluation.strata import permute_by_plan
from pipelines.measures.cluster_permutation import DistrictPermutation
from pipelines.measures.cluster_robust import ArmDifference, Contrast, Floats, ancova
from pipelines.measures.clusters import smallest_detectable_difference
from pipelines.measures.comparison_evidence import LARGEST_P_VALUE
from pipelines.measures.district_difference import difference_of_districts, district_effects
from pipelines.measures.evidence import EvidenceLevel
from pipelines.measures.follow_up import attrition_weights
from pipelines.measures.intervals import Estimate
from pipelines.measures.multiple_imputation import Incomplete, imputed_difference, tipping_point_of_difference
from pipelines.measures.multiplicity import benjamini_hochberg
from pipelines.measures.robustness_value import Benchmark, benchmark, robustness_value
from pipelines.measures.weighting import ArmsDoNotOverlapError, doubly_robust_difference, overlap_weights
from pipelines.measures.wild_bootstrap import (
    MOST_ENUMERATED_CLUSTERS,
    wild_bootstrap_interval,
    wild_cluster_bootstrap,
)

FEWEST_DISTRICTS_FOR_SECOND_STEP: Final = 8
"""So seldom must chance choose such districts before a direction is said."""
_LEVEL: Final = 0.95


class Answer(StrEnum):
    """What the plan's question is answered with."""

    NOT_RATEABLE = "not_rateable"
    """An arm has no or only one district: the models cannot be compared."""
    UNDECIDED = "undecided"
    NO_RELEVANT_DIFFERENCE = "no_relevant_difference"
    """The whole interval lies closer to 0 than the smallest relevant difference."""
    TREATED_BETTER = "treated_better"
    COMPARISON_BETTER = "comparison_better"


class Method(StrEnum):
    """A way to see the same data."""

    ADJUSTED = "adjusted"
    PERMUTATION = "permutation"
    DISTRICT_MEANS = "district_means"
    LOSS_WEIGHTED = "loss_weighted"
    IMPUTED = "imputed"
    WILD_BOOTSTRAP = "wild_bootstrap"
    OVERLAP_WEIGHTED = "overlap_weighted"
    DOUBLY_ROBUST = "doubly_robust"


SECOND_STEP: Final = (Method.IMPUTED, Method.WILD_BOOTSTRAP, Method.OVERLAP_WEIGHTED, Method.DOUBLY_ROBUST)
"""Only with eight districts or more."""


class NotShown(StrEnum):
    """Why a method has no estimate."""

    FEW_DISTRICTS = "few_districts"
    NOBODY_LOST = "nobody_lost"
    FEW_IN_AN_ARM = "few_in_an_arm"
    """With two districts in an arm its interval holds the truth in 83-89 of 100 cases (the kept study of models)."""
    ARMS_DO_NOT_OVERLAP = "arms_do_not_overlap"
    NOT_COMPUTABLE = "not_computable"


@dataclass(frozen=True)
class MethodResult:
    """One way's difference, treated minus comparison. p_value: only where it may be shown."""

    method: Method
    estimate: Estimate | None
    p_value: float | None = None
    not_shown: NotShown | None = None


@dataclass(frozen=True)
class Robustness:
    """Part of the variance (0-1) that an unmeasured cause would need to explain in arm and outcome alike.

    of_difference: for none of the difference to be left. With few degrees of freedom it is large for a difference that chance explains
    as well. of_interval: for the interval to reach 0; 0 where it does already. None with one degree of freedom or less.
    """

    of_difference: float
    of_interval: float | None


@dataclass(frozen=True)
class Leading:
    """The primary outcome. difference: adjusted, with g; its p value is there only where it may be shown.

    smallest_p_value: what the most extreme of all `choice_count` ways to choose the districts would give, a fact of the design.
    detectable_by_plan: with the districts and children there are, and the plan's assumptions; detectable_by_data: with the spread
    between the districts as found (rough with few). robustness: what an unmeasured cause would need; beside it
    first_score_benchmark, what the first score explains of arm and outcome.
    tipping_points: how many points worse the lost children of the treated arm would have had to do for no difference.
    district_means: cluster -> second score in points, had its children been like all children in the covariates.
    """

    difference: ArmDifference
    choice_count: int
    smallest_p_value: float
    detectable_by_plan: float | None
    detectable_by_data: float | None
    robustness: Robustness | None
    first_score_benchmark: Benchmark | None
    tipping_points: float | None
    district_means: Mapping[str, float]
    methods: tuple[MethodResult, ...]


@dataclass(frozen=True)
class Secondary:
    """One other outcome. difference: treated minus comparison in the outcome's unit; None where it is not compared, with the reason.

    p_value: the raw one, only where it may be shown: of forms by the spread between children's districts, of registers by all choices
    of districts. adjusted_p_value: within the family of all that were planned. detectable: what clusters lying so far apart could have
    shown. Counts are (comparison, treated), of children, stays or requests.
    """

    outcome: Outcome
    difference: Estimate | None
    p_value: float | None = None
    adjusted_p_value: float | None = None
    detectable: float | None = None
    child_counts: tuple[int, int] = (0, 0)
    cluster_counts: tuple[int, int] = (0, 0)
    not_told: NotTold | None = None


@dataclass(frozen=True)
class Evaluation:
    """The whole analysis. leading: None where no comparison can be made. dropped_covariates: planned, but they told nothing."""

    answer: Answer
    leading: Leading | None
    secondaries: tuple[Secondary, ...]
    dropped_covariates: tuple[str, ...]


def analyse(
    children: StudyChildren, design: Design, plan: AnalysisPlan, *, registers: RegisterOutcomes = NO_REGISTERS
) -> Evaluation:
    """The plan's comparison of the children, as far as the design carries it. registers: what they tell of the other outcomes."""
    if not design.evidence.is_rateable:
        nothing = tuple(Secondary(OUTCOMES[code], None, not_told=NotTold.NO_COMPARISON) for code in plan.secondaries)
        return Evaluation(Answer.NOT_RATEABLE, None, nothing, ())
    of_study = design.analysed(children)
    compared = Compared.of(of_study, design, plan)
    arrays, difference, districts = compared.arrays, compared.difference, compared.districts
    leading = Leading(
        difference,
        districts.permutation.test.choice_count,
        districts.permutation.test.smallest_p_value,
        detectable_by_plan(of_study, plan),
        districts.detectable,
        _robustness(difference.difference),
        _first_score_benchmark(arrays),
        tipping_point_of_difference(_incomplete(arrays), _seed(plan)),
        districts.means,
        _methods(arrays, difference, districts, design, seed=_seed(plan)),
    )
    return Evaluation(
        compared.answer(design, plan), leading, _secondaries(of_study, design, plan, registers), arrays.dropped
    )


def leading_answer(children: StudyChildren, design: Design, plan: AnalysisPlan) -> Answer:
    """The answer of `analyse` alone, without the other ways to see the data and the other outcomes."""
    if not design.evidence.is_rateable:
        return Answer.NOT_RATEABLE
    return Compared.of(design.analysed(children), design, plan).answer(design, plan)


def _seed(plan: AnalysisPlan) -> int:
    """The same plan draws the same, and nobody can try seeds until one pleases."""
    return int(plan.checksum[:8], 16)


def _adjusted(arrays: StudyArrays, design: Design, *, weights: Floats | None = None) -> ArmDifference:
    """ANCOVA of the followed with CR2; without its p value where that may not be shown."""
    kept = arrays.rows(arrays.followed)
    found = ancova(
        kept.outcome,
        kept.treated,
        kept.clusters,
        covariates=kept.covariates,
        weights=None if weights is None else weights[arrays.followed],
        spread_of=kept.first,
    )
    p_value = _shown(found.difference.p_value, design, found.difference.degrees_of_freedom)
    return replace(found, difference=replace(found.difference, p_value=p_value))


def _shown(p_value: float | None, design: Design, degrees_of_freedom: float | None) -> float | None:
    """A p value that rests on the spread within arms; never with one or two districts in an arm, where it may err either way.

    Source: MacKinnon and Webb, Econometrics Journal 21 (2018) 114-135.
    """
    is_tellable = min(design.facts.district_counts) > _FEW_IN_AN_ARM
    return p_value if is_tellable and design.evidence.may_show_p_value(degrees_of_freedom) else None


_FEW_IN_AN_ARM: Final = 2


@dataclass(frozen=True)
class Districts:
    """The comparison with each district as one number. detectable: from how far they lie apart; None without an interval."""

    means: Mapping[str, float]
    difference: Estimate
    permutation: DistrictPermutation
    detectable: float | None

    @classmethod
    def of(cls, arrays: StudyArrays, plan: AnalysisPlan) -> "Districts":
        """The districts of the followed children."""
        kept = arrays.rows(arrays.followed)
        effects = district_effects(kept.outcome, kept.clusters, covariates=kept.covariates).adjusted
        treated = {label for label, arm in zip(kept.clusters, kept.treated.tolist(), strict=True) if arm} & set(effects)
        difference = difference_of_districts(effects, treated)
        error, degrees = difference.standard_error, difference.degrees_of_freedom
        detectable = None if error is None or degrees is None else smallest_detectable_difference(error, degrees)
        return cls(
            {str(code): mean for code, mean in effects.items()},
            difference,
            permute_by_plan(effects, treated, plan),
            detectable,
        )


@dataclass(frozen=True)
class Compared:
    """The primary outcome's children, their adjusted difference, and the same with each district as one number."""

    arrays: StudyArrays
    difference: ArmDifference
    districts: Districts

    @classmethod
    def of(cls, children: Sequence[StudyChild], design: Design, plan: AnalysisPlan) -> "Compared":
        """The comparison of the children that the design lets in (`Design.analysed`)."""
        arrays = arrays_of(children, OUTCOMES[plan.primary.outcome], plan.covariates)
        return cls(arrays, _adjusted(arrays, design), Districts.of(arrays, plan))

    def answer(self, design: Design, plan: AnalysisPlan) -> Answer:
        """A direction is said only from level 3, when the interval leaves out 0 *and* chance would seldom choose such districts."""
        estimate = self.difference.difference.estimate
        if design.evidence.level < EvidenceLevel.ADJUSTED_COMPARISON or estimate.low is None or estimate.high is None:
            return Answer.UNDECIDED
        relevant = plan.limits.smallest_relevant_points
        if -relevant < estimate.low and estimate.high < relevant:
            return Answer.NO_RELEVANT_DIFFERENCE
        is_seldom = self.districts.permutation.test.p_value <= LARGEST_P_VALUE
        if not is_seldom or estimate.low <= 0 <= estimate.high:
            return Answer.UNDECIDED
        is_lower = estimate.high < 0
        is_better = is_lower is OUTCOMES[plan.primary.outcome].is_lower_better
        return Answer.TREATED_BETTER if is_better else Answer.COMPARISON_BETTER


def _methods(
    arrays: StudyArrays, difference: ArmDifference, districts: Districts, design: Design, *, seed: int
) -> tuple[MethodResult, ...]:
    permuted, district_count = districts.permutation, sum(design.facts.district_counts)
    may_show = design.evidence.may_show_p_value(district_count - 2)
    return (
        MethodResult(Method.ADJUSTED, difference.difference.estimate, difference.difference.p_value),
        MethodResult(Method.PERMUTATION, permuted.difference, permuted.test.p_value if may_show else None),
        MethodResult(Method.DISTRICT_MEANS, districts.difference),
        loss_weighted(arrays, design),
        *(second_step(method, arrays, design, seed=seed) for method in SECOND_STEP),
    )


def _robustness(found: Contrast) -> Robustness | None:
    """By cluster t and cluster degrees of freedom, so it describes and proves nothing."""
    value, error, degrees = found.estimate.value, found.estimate.standard_error, found.degrees_of_freedom
    if value is None or not error or degrees is None:
        return None
    of_interval = robustness_value(value / error, degrees, level=_LEVEL) if degrees > 1 else None
    return Robustness(robustness_value(value / error, degrees), of_interval)


def _first_score_benchmark(arrays: StudyArrays) -> Benchmark | None:
    """None with hardly more children than covariates, or no spread."""
    kept = _complete(arrays)
    coefficients = kept.covariates.shape[1] + 2  # with the arm and the constant
    if "first_score" not in kept.names or kept.outcome.size <= coefficients:
        return None
    return benchmark(kept.outcome, kept.treated, kept.covariates, column=kept.names.index("first_score"))


def _with_everything_known(arrays: StudyArrays) -> StudyArrays:
    """Children whose covariates at the first form are all known, followed or lost."""
    return arrays.rows(np.asarray(np.isfinite(arrays.before).all(axis=1), dtype=np.bool_))


def _incomplete(arrays: StudyArrays) -> Incomplete:
    known = _with_everything_known(arrays)
    return Incomplete(known.outcome, known.treated, known.clusters, known.before)


def loss_weighted(arrays: StudyArrays, design: Design) -> MethodResult:
    """The adjusted difference with followed children standing for the lost that were like them."""
    known = _with_everything_known(arrays)
    if known.followed.all():
        return MethodResult(Method.LOSS_WEIGHTED, None, not_shown=NotShown.NOBODY_LOST)
    try:
        weights = attrition_weights(np.column_stack([known.treated, known.before]), known.followed)
    except ValueError:  # followed and lost can be told apart completely, or nobody was followed
        return MethodResult(Method.LOSS_WEIGHTED, None, not_shown=NotShown.NOT_COMPUTABLE)
    found = _adjusted(known, design, weights=weights).difference
    return MethodResult(Method.LOSS_WEIGHTED, found.estimate, found.p_value)


def second_step(method: Method, arrays: StudyArrays, design: Design, *, seed: int) -> MethodResult:
    """One of `SECOND_STEP`; with fewer than eight districts, or where it cannot be computed, the reason instead of an estimate."""
    if sum(design.facts.district_counts) < FEWEST_DISTRICTS_FOR_SECOND_STEP:
        return MethodResult(method, None, not_shown=NotShown.FEW_DISTRICTS)
    if method is Method.IMPUTED and arrays.followed.all():
        return MethodResult(method, None, not_shown=NotShown.NOBODY_LOST)
    try:
        return _SECOND_STEPS[method](arrays, design, seed)
    except ArmsDoNotOverlapError:
        return MethodResult(method, None, not_shown=NotShown.ARMS_DO_NOT_OVERLAP)


def _imputed(arrays: StudyArrays, _: Design, seed: int) -> MethodResult:
    found = imputed_difference(_incomplete(arrays), np.random.default_rng(seed))
    return MethodResult(Method.IMPUTED, found.estimate)


def _complete(arrays: StudyArrays) -> StudyArrays:
    """Followed children with every covariate known."""
    return arrays.rows(arrays.followed & np.asarray(np.isfinite(arrays.covariates).all(axis=1), dtype=np.bool_))


def _wild_bootstrap(arrays: StudyArrays, design: Design, seed: int) -> MethodResult:
    complete = _complete(arrays)
    matrix = np.column_stack(
        [np.ones(complete.outcome.size), complete.treated, complete.covariates - complete.covariates.mean(axis=0)]
    )
    drawn = wild_cluster_bootstrap(
        complete.outcome, matrix, complete.clusters, coefficient=1, generator=np.random.default_rng(seed)
    )
    districts = len(set(complete.clusters))
    if districts > MOST_ENUMERATED_CLUSTERS:
        estimate = Estimate(drawn.coefficient, None, None, 0.95, complete.outcome.size)
    else:
        estimate = wild_bootstrap_interval(complete.outcome, matrix, complete.clusters, coefficient=1)
    return MethodResult(Method.WILD_BOOTSTRAP, estimate, _shown(drawn.p_value, design, districts - 2))


def _overlap_weighted(arrays: StudyArrays, design: Design, _: int) -> MethodResult:
    complete = _complete(arrays)
    found = _adjusted(complete, design, weights=overlap_weights(complete.treated, complete.before)).difference
    return MethodResult(Method.OVERLAP_WEIGHTED, found.estimate, found.p_value)


def _doubly_robust(arrays: StudyArrays, design: Design, _: int) -> MethodResult:
    if min(design.facts.district_counts) <= _FEW_IN_AN_ARM:
        return MethodResult(Method.DOUBLY_ROBUST, None, not_shown=NotShown.FEW_IN_AN_ARM)
    complete = _complete(arrays)
    found = doubly_robust_difference(complete.outcome, complete.treated, complete.before, complete.clusters)
    return MethodResult(Method.DOUBLY_ROBUST, found.difference)


_SECOND_STEPS: Final[dict[Method, Callable[[StudyArrays, Design, int], MethodResult]]] = {
    Method.IMPUTED: _imputed,
    Method.WILD_BOOTSTRAP: _wild_bootstrap,
    Method.OVERLAP_WEIGHTED: _overlap_weighted,
    Method.DOUBLY_ROBUST: _doubly_robust,
}


def _secondaries(
    children: Sequence[StudyChild], design: Design, plan: AnalysisPlan, registers: RegisterOutcomes
) -> tuple[Secondary, ...]:
    """In the plan's order; p values adjusted within each family."""
    found = [
        _of_registers(OUTCOMES[code], design, plan, registers)
        if code in REGISTER_CODES
        else _of_forms(children, OUTCOMES[code], design, plan)
        for code in plan.secondaries
    ]
    for family in Family:
        places = [place for place, one in enumerate(found) if one.outcome.family is family]
        adjusted = benjamini_hochberg([found[place].p_value for place in places])
        for place, p_value in zip(places, adjusted, strict=True):
            found[place] = replace(found[place], adjusted_p_value=p_value)
    return tuple(found)


def _of_forms(children: Sequence[StudyChild], outcome: Outcome, design: Design, plan: AnalysisPlan) -> Secondary:
    found = _adjusted(arrays_of(children, outcome, plan.covariates), design)
    estimate, degrees = found.difference.estimate, found.difference.degrees_of_freedom
    if estimate.value is None:
        return Secondary(outcome, None, not_told=NotTold.NOT_COMPUTABLE)
    return Secondary(
        outcome,
        estimate,
        found.difference.p_value,
        detectable=detectable_by_spread(estimate.standard_error, degrees),
        child_counts=found.child_counts,
        cluster_counts=found.cluster_counts,
    )


def _of_registers(outcome: Outcome, design: Design, plan: AnalysisPlan, registers: RegisterOutcomes) -> Secondary:
    """Its p value is that of all choices of districts: rates of few events are spread too unevenly for another."""
    found = compare_registers(registers, outcome.code, design.compared_codes, strata=plan.strata)
    if isinstance(found, NotTold):
        return Secondary(outcome, None, not_told=found)
    may_show = design.evidence.may_show_p_value(sum(found.cluster_counts) - 2)
    return Secondary(
        outcome,
        found.difference,
        found.permutation.test.p_value if found.permutation and may_show else None,
        detectable=found.detectable,
        child_counts=found.child_counts,
        cluster_counts=found.cluster_counts,
    )
