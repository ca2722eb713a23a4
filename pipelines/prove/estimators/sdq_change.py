"""Mean SDQ change, in points and in standard deviations: by district as the report has it, and as it must not be read or computed.

As in the report, districts with few pairs are pooled (`pool_small_clusters`), in the estimate and in what is true of it.
Negative controls: children taken as independent (in both), and the change read as an effect of the help.
"""

import math
from collections.abc import Hashable

import numpy as np

from pipelines.measures.clusters import ClusterMean, cluster_mean_interval, code_clusters, pool_small_clusters
from pipelines.measures.intervals import Estimate
from pipelines.measures.paired_effect import FEWEST_PAIRS, PairedEffect, paired_effect
from pipelines.measures.sdq import expected_change_without_help
from pipelines.prove.acceptance import MUST_HOLD, SHOWN, Criterion, must_fail
from pipelines.prove.estimator import Estimator, TruthPart
from pipelines.prove.observed import Observed
from pipelines.simulate.days import Numbers


def _districts(observed: Observed) -> list[Hashable]:
    """The district of each pair as the report takes it: small ones pooled."""
    return pool_small_clusters(observed.sdq_pairs.district.tolist())


def _change(observed: Observed) -> ClusterMean:
    return cluster_mean_interval(observed.sdq_pairs.change, _districts(observed))


def _district_means(observed: Observed, values: Numbers) -> TruthPart:
    """The sum of the means of the districts with pairs (small ones pooled), and how many these are."""
    district, _ = code_clusters(_districts(observed))
    if not district.size:
        return TruthPart(0.0, 0.0)
    means = np.bincount(district, values) / np.bincount(district)
    return TruthPart(float(means.sum()), float(means.size))


def _by_district(observed: Observed) -> Estimate:
    return _change(observed).by_cluster


def _by_child(observed: Observed) -> Estimate:
    return _change(observed).naive


def _true_change_of_districts(observed: Observed) -> TruthPart:
    return _district_means(observed, observed.sdq_pairs.change)


def _true_change_of_children(observed: Observed) -> TruthPart:
    change = observed.sdq_pairs.change
    return TruthPart(float(change.sum()), float(len(change)))


def _paired(observed: Observed) -> PairedEffect:
    pairs = observed.sdq_pairs
    return paired_effect(pairs.first, pairs.second, _districts(observed))


def _g_av(observed: Observed) -> Estimate:
    return _paired(observed).g_av


def _naive_g_av(observed: Observed) -> Estimate:
    return _paired(observed).naive_g_av


def _over_spread(observed: Observed, change: TruthPart) -> TruthPart:
    """A sum of changes over their number times the mean SD of the two measurements: together the change in those SDs."""
    pairs = observed.sdq_pairs
    if len(pairs.first) < FEWEST_PAIRS:
        return TruthPart(0.0, 0.0)
    spread = math.sqrt((float(pairs.first.var(ddof=1)) + float(pairs.second.var(ddof=1))) / 2)
    return TruthPart(change.numerator, change.denominator * spread)


def _true_g_av(observed: Observed) -> TruthPart:
    return _over_spread(observed, _true_change_of_districts(observed))


def _true_naive_g_av(observed: Observed) -> TruthPart:
    return _over_spread(observed, _true_change_of_children(observed))


def _true_effect(observed: Observed) -> TruthPart:
    pairs = observed.sdq_pairs
    return _district_means(observed, np.where(pairs.is_advised, pairs.effect, 0.0))


def _expected_without_help(observed: Observed) -> float:
    """The mean of the districts' expected changes, as the report prints it; NaN without pairs."""
    first = _district_means(observed, observed.sdq_pairs.first)
    parameters = observed.simulated.parameters.sdq
    return expected_change_without_help(
        first.numerator / first.denominator if first.denominator else float("nan"),
        population_mean=parameters.population_mean_points,
        retest_correlation=parameters.retest_correlation,
    )


BY_DISTRICT = Estimator(
    name="sdq_change_by_district",
    title="SDQ-ændring, regnet på distrikter",
    estimand="Middel af distrikternes middelændring i forældrenes SDQ-tal, i distrikter som disse",
    unit="point",
    decimals=2,
    measure=_by_district,
    truth=_true_change_of_districts,
    expectation=MUST_HOLD,
)
BY_CHILD = Estimator(
    name="sdq_change_by_child",
    title="SDQ-ændring, som om børn var uafhængige",
    estimand="Middel af børnenes ændring i forældrenes SDQ-tal, i distrikter som disse",
    unit="point",
    decimals=2,
    measure=_by_child,
    truth=_true_change_of_children,
    expectation=must_fail(Criterion.COVERAGE),
    # With some three children per district, the children themselves are nearly all the uncertainty there is.
    in_scenario={"tiny_municipality": SHOWN},
)
READ_AS_EFFECT = Estimator(
    name="sdq_change_read_as_effect",
    title="SDQ før og efter, læst som virkning af indsatsen",
    estimand="Indsatsens virkning på de målte børns SDQ-tal",
    unit="point",
    decimals=2,
    measure=_by_district,
    truth=_true_effect,
    expectation=must_fail(Criterion.BIAS),
    # Referral on what lasts in the child leaves little to regress: nothing to be fooled by, and the benchmark says too much.
    in_scenario={"earlier_detection": SHOWN},
    benchmark=_expected_without_help,
)
G_AV = Estimator(
    name="sdq_g_av",
    title="SDQ-ændring i spredninger (g), regnet på distrikter",
    estimand="Middel af distrikternes middelændring i forældrenes SDQ-tal over målingernes fælles spredning, i distrikter som disse",
    unit="spredninger",
    decimals=2,
    measure=_g_av,
    truth=_true_g_av,
    expectation=MUST_HOLD,
    # With some three children per district, how much larger districts make the variance is hardly known.
    in_scenario={"tiny_municipality": SHOWN},
)
NAIVE_G_AV = Estimator(
    name="sdq_naive_g_av",
    title="SDQ-ændring i spredninger (g), som om børn var uafhængige",
    estimand="Børnenes middelændring i forældrenes SDQ-tal over målingernes fælles spredning, i distrikter som disse",
    unit="spredninger",
    decimals=2,
    measure=_naive_g_av,
    truth=_true_naive_g_av,
    expectation=must_fail(Criterion.COVERAGE),
    in_scenario={"tiny_municipality": SHOWN},
)
