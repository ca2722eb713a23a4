"""The adviser model against the caseworker model: by districts, and child by child, which is fooled in three known ways.

By districts: the difference of the two arms' mean SDQ change, from the districts' means. It knows that districts differ, but not
why: advisers placed where things go worse become an effect of the model here too.
Child by child: second total on first total and model by least squares, every child independent. Districts differ in change, so it
sees effects where there are none, also where advisers are placed by lot.
"""

import math

import numpy as np

from pipelines.measures.clusters import t_interval
from pipelines.measures.intervals import Estimate, NoInterval, no_estimate
from pipelines.prove.acceptance import MUST_HOLD, SHOWN, Criterion, must_fail
from pipelines.prove.estimator import Estimator, TruthPart
from pipelines.prove.observed import Observed, SdqPairs
from pipelines.simulate.days import Flags, Numbers

_LEVEL = 0.95
_COEFFICIENTS = 3


def _arms(pairs: SdqPairs) -> tuple[Flags, Flags]:
    """(advised, compared): pairs begun under the adviser model, and those of districts that never had it.

    What an advised district measured before its advisers came belongs to neither: it would be in both arms at once.
    """
    never_advised = ~np.isin(pairs.district, pairs.district[pairs.is_advised])
    return pairs.is_advised, never_advised


def _district_means(pairs: SdqPairs, values: Numbers, chosen: Flags) -> Numbers:
    """The mean of the chosen values in each district that has any."""
    district = pairs.district[chosen]
    count = np.bincount(district)
    known = count > 0
    means: Numbers = np.bincount(district, values[chosen])[known] / count[known]
    return means


def _by_district(observed: Observed) -> Estimate:
    """Difference of the arms' means of district means, pooled variance, t(districts - 2); no estimate without both arms.

    Source: two-sample t with clusters as units, Donner and Klar, Design and Analysis of Cluster Randomization Trials (2000),
    chapter 7.
    """
    pairs = observed.sdq_pairs
    arms = _arms(pairs)
    advised, compared = (_district_means(pairs, pairs.change, arm) for arm in arms)
    if not (len(advised) and len(compared)):
        return no_estimate(_LEVEL)
    children = int(arms[0].sum() + arms[1].sum())
    value, freedom = float(advised.mean() - compared.mean()), len(advised) + len(compared) - 2
    if freedom < 1:
        return Estimate(value, None, None, _LEVEL, children, reason=NoInterval.TOO_FEW_CLUSTERS)
    squares = sum(float(((means - means.mean()) ** 2).sum()) for means in (advised, compared))
    error = math.sqrt(squares / freedom * (1 / len(advised) + 1 / len(compared)))
    return t_interval(value, error, freedom, level=_LEVEL, n=children)


def _true_effect_of_districts(observed: Observed) -> TruthPart:
    """Over the advised districts: the mean of what the model did to each of their children (potential outcomes)."""
    pairs = observed.sdq_pairs
    means = _district_means(pairs, pairs.effect, pairs.is_advised)
    return TruthPart(float(means.sum()), float(len(means)))


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


BY_DISTRICT = Estimator(
    name="model_difference_by_district",
    title="De to modeller mod hinanden, regnet på distrikter",
    estimand="Rådgivermodellens virkning på de målte børns SDQ-tal, middel af rådgiverdistrikternes",
    unit="point",
    decimals=2,
    measure=_by_district,
    truth=_true_effect_of_districts,
    expectation=MUST_HOLD,
    in_scenario={
        # Counting by districts does not help where the arms differ beforehand: biased, as every plain comparison is.
        "confounded": SHOWN,
        # The arms measure different children. In this world they change alike, so it shows no bias; nothing ensures that.
        "earlier_detection": SHOWN,
        # With some three children per district there is hardly a pair in each arm.
        "tiny_municipality": SHOWN,
    },
)
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
