"""What the study of the comparison of models tries: each way to see the difference, its tests, the answers, and what must fail."""

from pipelines.prove.estimator import Estimator
from pipelines.prove.models import adjusted, no_effect_tests, rollout, verdicts

MODEL_ESTIMATORS: tuple[Estimator, ...] = (
    adjusted.ADJUSTED,
    adjusted.DISTRICT_MEANS,
    adjusted.PERMUTATION,
    adjusted.LOSS_WEIGHTED,
    adjusted.OVERLAP_WEIGHTED,
    adjusted.DOUBLY_ROBUST,
    adjusted.DOUBLY_ROBUST_ANYHOW,
    adjusted.IMPUTED,
    adjusted.BY_CHILD,
    adjusted.BY_INSTITUTION,
    adjusted.BEFORE_AND_AFTER,
    no_effect_tests.PERMUTATION,
    no_effect_tests.WILD,
    no_effect_tests.STRICT,
    rollout.COLLAPSE,
    rollout.EVENT_STUDY,
    rollout.HANDED_ROUND,
    verdicts.BENEFIT,
    verdicts.DRAWBACK,
    verdicts.NO_DIFFERENCE,
    verdicts.BENEFIT_PAST_DETECTION,
    verdicts.DETECTION_PASSED,
    verdicts.BELOW_THREE,
    verdicts.ABOVE_THREE,
    verdicts.ONE_ARM_RATED,
    verdicts.UNLIKE_AT_FIRST,
    *verdicts.KEPT_FROM_LEVEL_FOUR,
    verdicts.ONLY_IMPRECISE,
)
