"""How do districts of two arms differ, each district counted as one? The plainest comparison that few districts carry.

Children are adjusted to each other within their district, so that what makes districts different stays in; then each district is
one number, and the difference between the arms is a t test of a handful of numbers.
"""

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipelines.measures.cluster_robust import sum_by_cluster
from pipelines.measures.clusters import code_clusters, t_interval
from pipelines.measures.intervals import Estimate, NoInterval, check_level, no_estimate


@dataclass(frozen=True)
class DistrictEffects:
    """One number per district, in the unit of the outcome.

    adjusted: label -> mean outcome of the district, had its children been like all children in the covariates; in order of first
    appearance. child_counts: children behind it. missing_count: children left out.
    """

    adjusted: dict[Hashable, float]
    child_counts: dict[Hashable, int]
    missing_count: int


def district_effects(
    outcome: ArrayLike, districts: Sequence[Hashable], *, covariates: ArrayLike | None = None
) -> DistrictEffects:
    """Mean of `outcome`, `(n,)`, by district, adjusted by the slopes that `covariates`, `(n, k)`, have within districts.

    Slopes from within districts cannot take out what an arm did to its districts. A covariate that varies in no district counts
    in nothing, and of covariates that tell each other the slopes are shared. Children with anything missing are left out.

    Drawback: takes slopes to be the same in every district.
    Raises: ValueError when lengths differ or a label is missing.
    Example: outcomes 1, 3 in A and 6 in B, no covariates: {"A": 2, "B": 6}.
    """
    y = np.asarray(outcome, dtype=float)
    table = np.empty((y.size, 0)) if covariates is None else np.asarray(covariates, dtype=float).reshape(y.size, -1)
    codes, labels = code_clusters(districts)
    if y.shape != codes.shape:
        raise ValueError(f"{y.size} outcomes but {codes.size} districts")
    known = ~np.isnan(np.column_stack([y, table])).any(axis=1)
    if not known.any():
        return DistrictEffects({}, {}, int(y.size))
    used, codes = np.unique(codes[known], return_inverse=True)
    both = np.column_stack([y, table])[known]
    sizes = np.bincount(codes)
    means = sum_by_cluster(both, codes) / sizes[:, None]
    within = both - means[codes]
    slopes = np.linalg.lstsq(within[:, 1:], within[:, 0], rcond=None)[0]
    adjusted = means[:, 0] - (means[:, 1:] - both[:, 1:].mean(axis=0)) @ slopes
    names = [labels[code] for code in used.tolist()]
    return DistrictEffects(
        dict(zip(names, adjusted.tolist(), strict=True)),
        dict(zip(names, sizes.tolist(), strict=True)),
        int((~known).sum()),
    )


def difference_of_districts(
    effects: Mapping[Hashable, float], treated: Collection[Hashable], *, level: float = 0.95
) -> Estimate:
    """Mean of the `treated` districts' effects minus that of the others, with a t interval of (districts - 2) degrees of freedom.

    n: districts. Districts count the same and are taken to vary alike in both arms. An arm without a district: no value; fewer than
    three districts: no interval. An arm with one district has an interval, which then rests on the other arm's spread alone.

    Source: Donald and Lang, Review of Economics and Statistics 89 (2007) 221-233.
    Raises: ValueError when a treated district has no effect.
    Example: treated 4 and 6, others 1 and 3: 5 - 2 = 3, standard error sqrt(2 / 2 + 2 / 2), 2 degrees of freedom.
    """
    check_level(level)
    chosen = set(treated)
    if not chosen <= set(effects):
        raise ValueError(f"no effect of {len(chosen - set(effects))} of the treated districts")
    arms = [np.array([effects[label] for label in effects if (label in chosen) is arm]) for arm in (True, False)]
    ours, others = arms
    if not ours.size or not others.size:
        return no_estimate(level)
    value, degrees = float(ours.mean() - others.mean()), len(effects) - 2
    if degrees < 1:
        return Estimate(value, None, None, level, len(effects), reason=NoInterval.TOO_FEW_CLUSTERS)
    variance = sum(float(((arm - arm.mean()) ** 2).sum()) for arm in arms) / degrees
    error = math.sqrt(variance * (1 / ours.size + 1 / others.size))
    return t_interval(value, error, degrees, level=level, n=len(effects))
