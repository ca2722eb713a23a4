"""Share of pupils in ordinary classes: with the interval from the districts, and with all pupils taken as independent."""

from pipelines.measures.intervals import Estimate
from pipelines.measures.shares import mainstream_share, mainstream_share_by_district
from pipelines.prove.acceptance import MUST_HOLD, SHOWN, Criterion, must_fail
from pipelines.prove.estimator import Estimator, TruthPart
from pipelines.prove.observed import Observed


def _by_district(observed: Observed) -> Estimate:
    return mainstream_share_by_district(observed.pupils.mainstream, observed.pupils.pupils)


def _pooled(observed: Observed) -> Estimate:
    return mainstream_share(int(observed.pupils.mainstream.sum()), int(observed.pupils.pupils.sum()))


def _true_share(observed: Observed) -> TruthPart:
    return TruthPart(float(observed.pupils.mainstream.sum()), float(observed.pupils.pupils.sum()))


_ESTIMAND = "Andel af elever i 0.-9. klasse, der går i almen klasse, på længere sigt i distrikter som disse"

BY_DISTRICT = Estimator(
    name="mainstream_share_by_district",
    title="Andel i almen klasse, regnet på distrikter",
    estimand=_ESTIMAND,
    unit="procentpoint",
    decimals=2,
    measure=_by_district,
    truth=_true_share,
    expectation=MUST_HOLD,
    scale=100.0,
)
POOLED = Estimator(
    name="mainstream_share_pooled",
    title="Andel i almen klasse, som om elever var uafhængige",
    estimand=_ESTIMAND,
    unit="procentpoint",
    decimals=2,
    measure=_pooled,
    truth=_true_share,
    expectation=must_fail(Criterion.COVERAGE),
    # With some fifty children per district, the children themselves are nearly all the uncertainty there is.
    in_scenario={"tiny_municipality": SHOWN},
    scale=100.0,
)
