"""Which estimators are proved: those the reports use, and beside each the naive one that must fail."""

from pipelines.prove.estimator import Estimator
from pipelines.prove.estimators import ladder_moves, ladder_return, mainstream, model_difference, sdq_change

ESTIMATORS: tuple[Estimator, ...] = (
    sdq_change.BY_DISTRICT,
    sdq_change.BY_CHILD,
    sdq_change.READ_AS_EFFECT,
    sdq_change.G_AV,
    sdq_change.NAIVE_G_AV,
    ladder_moves.SOCIAL,
    ladder_moves.EDUCATION,
    ladder_moves.AS_POISSON,
    ladder_return.BY_DISTRICT,
    ladder_return.BY_CHILD,
    ladder_return.AS_KAPLAN_MEIER,
    ladder_return.SEGREGATED_LATER,
    ladder_return.DIFFERENCE,
    ladder_return.RATE_RATIO,
    mainstream.BY_DISTRICT,
    mainstream.POOLED,
    model_difference.BY_DISTRICT,
    model_difference.BY_CHILD,
)
