"""The adviser model against the caseworker model, child by child: a negative control, fooled in three known ways.

Second total on first total and model by least squares, every child independent. Districts differ in change, so it sees
effects where there are none; advisers placed where things go worse, or referring earlier, become effects of the model.
"""

import numpy as np

from pipelines.measures.clusters import t_interval
from pipelines.measures.intervals import Estimate, no_estimate
from pipelines.prove.acceptance import SHOWN, Criterion, must_fail
from pipelines.prove.estimator import Estimator, TruthPart
from pipelines.prove.observed import Observed

_LEVEL = 0.95
_COEFFICIENTS = 3


def _by_child(observed: Observed) -> Estimate:
    """The model's coefficient with the classical interval; no estimate where one model has no pairs."""
    pairs = observed.sdq_pairs
    freedom = len(pairs.first) - _COEFFICIENTS
    if freedom < 1 or pairs.is_advised.all() or not pairs.is_advised.any():
        return no_estimate(_LEVEL)
    design = np.column_stack([np.ones_like(pairs.first), pairs.is_advised.astype(float), pairs.first])
    coefficients, _, rank, _ = np.linalg.lstsq(design, pairs.second, rcond=None)
    if rank < _COEFFICIENTS:
        return no_estimate(_LEVEL)
    residual_variance = float(((pairs.second - design @ coefficients) ** 2).sum()) / freedom
    error = float(np.sqrt(residual_variance * np.linalg.inv(design.T @ design)[1, 1]))
    return t_interval(float(coefficients[1]), error, freedom, level=_LEVEL, n=len(pairs.first))


def _true_effect(observed: Observed) -> TruthPart:
    """Over the advised children: what the model did to each (potential outcomes)."""
    pairs = observed.sdq_pairs
    return TruthPart(float(pairs.effect[pairs.is_advised].sum()), float(pairs.is_advised.sum()))


_FALSE_ALARMS = must_fail(Criterion.COVERAGE, Criterion.TYPE_ONE_ERROR)

BY_CHILD = Estimator(
    name="model_difference_by_child",
    title="De to modeller mod hinanden, barn for barn",
    estimand="Rådgivermodellens virkning på de målte børns SDQ-tal i rådgiverdistrikterne",
    unit="point",
    decimals=2,
    measure=_by_child,
    truth=_true_effect,
    expectation=must_fail(Criterion.COVERAGE),
    in_scenario={
        "no_effect": _FALSE_ALARMS,
        "confounded": must_fail(Criterion.COVERAGE, Criterion.TYPE_ONE_ERROR, Criterion.BIAS),
        "earlier_detection": must_fail(Criterion.COVERAGE, Criterion.TYPE_ONE_ERROR, Criterion.BIAS),
        "drop_out": _FALSE_ALARMS,
        "tiny_municipality": SHOWN,
    },
)
