"""Which districts could have had the model in place of which? Choices are exchanged only within the groups that the plan names."""

import math
from collections.abc import Collection, Hashable, Mapping

from pipelines.evaluation.plan import AnalysisPlan
from pipelines.measures.cluster_permutation import DistrictPermutation, permute_districts
from pipelines.measures.intervals import no_estimate
from pipelines.measures.permutation import PermutationTest


def permute_by_plan(
    effects: Mapping[Hashable, float], treated: Collection[Hashable], plan: AnalysisPlan
) -> DistrictPermutation:
    """`permute_districts` within the plan's strata.

    Where no stratum has districts of both arms, nothing could have been chosen otherwise: one choice, p = 1 and no difference.
    Raises: as `permute_districts`, but for strata.
    """
    strata: dict[Hashable, Hashable] = {label: plan.stratum(str(label)) for label in effects}
    if not {strata[label] for label in treated} & {strata[label] for label in effects if label not in treated}:
        return DistrictPermutation(
            no_estimate(0.95), PermutationTest(math.nan, 1.0, choice_count=1, smallest_p_value=1.0)
        )
    return permute_districts(effects, treated, strata=strata)
