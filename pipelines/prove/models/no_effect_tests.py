"""How often would a test say that there is a difference: by all choices of districts, and by all signs of their errors?

Where the model changes nothing, that is a false alarm; the estimate is 1 when the test rejects. Beside the wild bootstrap stands the
implementation that leaves ties out, which with four districts rejects a true null hypothesis far too often.
"""

from dataclasses import replace

import numpy as np

from pipelines.evaluation.analysis import Compared
from pipelines.evaluation.design import Design
from pipelines.measures.intervals import Estimate
from pipelines.measures.wild_bootstrap import WildBootstrap, wild_cluster_bootstrap
from pipelines.prove.acceptance import (
    CAUTIOUS_TEST,
    NEVER_WRONG,
    SHOWN,
    Criterion,
    Expectation,
    must_fail,
)
from pipelines.prove.estimator import Estimator
from pipelines.prove.models.adjusted import SAME_EFFECT, WITHOUT_EFFECT, complete
from pipelines.prove.models.compared import estimate_of
from pipelines.prove.models.events import LARGEST_P_VALUE, nothing_true, yes_or_no
from pipelines.prove.observed import Observed

_FOUR = 4
_CHOICES_THAT_CAN_REJECT = 8
"""Districts: of six, two in an arm can be chosen in 15 ways and three in 20 with mirrors, so that p is never below .05."""


def _permutation(observed: Observed) -> Estimate:
    def measure(compared: Compared, _: Design) -> Estimate:
        return yes_or_no(is_so=compared.districts.permutation.test.p_value <= LARGEST_P_VALUE)

    return estimate_of(observed, measure)


def _wild(observed: Observed) -> Estimate:
    return estimate_of(observed, lambda compared, _: yes_or_no(is_so=bootstrap(compared).p_value <= LARGEST_P_VALUE))


def _strict(observed: Observed) -> Estimate:
    """The real signs and their mirror not counted as at least as extreme as themselves."""

    def measure(compared: Compared, _: Design) -> Estimate:
        found = bootstrap(compared)
        return yes_or_no(is_so=found.p_value - found.smallest_p_value <= LARGEST_P_VALUE)

    return estimate_of(observed, measure)


def bootstrap(compared: Compared) -> WildBootstrap:
    """The wild bootstrap of the adjusted difference, all signs tried."""
    kept = complete(compared.arrays)
    design = np.column_stack([np.ones(kept.outcome.size), kept.treated, kept.covariates - kept.covariates.mean(axis=0)])
    return wild_cluster_bootstrap(kept.outcome, design, kept.clusters, coefficient=1)


def _of_permutation(scenario: str, district_count: int, adviser_count: int | None) -> Expectation:
    """Six districts or fewer can be chosen in so few ways that it never rejects, whatever there is to find."""
    if district_count < _CHOICES_THAT_CAN_REJECT:
        return NEVER_WRONG
    return CAUTIOUS_TEST if scenario in WITHOUT_EFFECT else SHOWN


def _of_wild(scenario: str, district_count: int, adviser_count: int | None) -> Expectation:
    """Four districts have eight ways to turn signs, so that p is never below 1/8."""
    if district_count == _FOUR:
        return NEVER_WRONG
    return CAUTIOUS_TEST if scenario in WITHOUT_EFFECT else SHOWN


def _of_strict(scenario: str, district_count: int, adviser_count: int | None) -> Expectation:
    is_control = scenario in WITHOUT_EFFECT and district_count == _FOUR
    return must_fail(Criterion.TYPE_ONE_ERROR) if is_control else SHOWN


PERMUTATION = Estimator(
    name="models_permutation_rejects",
    title="Finder en forskel, når distrikter byttes om",
    estimand="Hvor tit alle måder at vælge distrikter på giver p på højst 0,05",
    unit="andel",
    decimals=2,
    measure=_permutation,
    truth=nothing_true,
    expectation=SHOWN,
    by_structure=_of_permutation,
    only_in=SAME_EFFECT,
    is_event=True,
)
WILD = replace(
    PERMUTATION,
    name="models_wild_bootstrap_rejects",
    title="Finder en forskel, når fortegn vendes",
    estimand="Hvor tit alle måder at vende distrikternes fejl på giver p på højst 0,05",
    measure=_wild,
    by_structure=_of_wild,
)
STRICT = replace(
    WILD,
    name="models_wild_bootstrap_strict",
    title="Finder en forskel, når ligestillede ikke tælles",
    measure=_strict,
    by_structure=_of_strict,
)
