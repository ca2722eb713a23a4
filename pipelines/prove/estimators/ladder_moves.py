"""Net movement per 100 child-years on each track, with the interval from the districts; and moves taken as a Poisson count."""

import math

from scipy import stats

from pipelines.measures.intervals import Estimate, no_estimate
from pipelines.measures.ladder import net_movement_rate
from pipelines.prove.acceptance import MUST_HOLD, SHOWN, Criterion, Expectation, Kind
from pipelines.prove.estimator import Estimator, TruthPart
from pipelines.prove.observed import DistrictMoves, Observed

_LEVEL = 0.95


def _net(moves: DistrictMoves) -> Estimate:
    return net_movement_rate(moves.down, moves.up, moves.child_years, range(len(moves.down)), level=_LEVEL).net


def _social(observed: Observed) -> Estimate:
    return _net(observed.social_moves)


def _education(observed: Observed) -> Estimate:
    return _net(observed.education_moves)


def _as_poisson(observed: Observed) -> Estimate:
    """Net rate with variance = all moves / years^2: every move by itself, no child and no district alike."""
    moves = observed.education_moves
    years = float(moves.child_years.sum())
    if years == 0:
        return no_estimate(_LEVEL)
    error = 100 * math.sqrt(float((moves.down + moves.up).sum())) / years
    rate = 100 * float((moves.down - moves.up).sum()) / years
    half = float(stats.norm.ppf((1 + _LEVEL) / 2)) * error
    return Estimate(rate, rate - half, rate + half, _LEVEL, len(moves.down), error)


def _true_rate(moves: DistrictMoves) -> TruthPart:
    return TruthPart(100 * float((moves.down - moves.up).sum()), float(moves.child_years.sum()))


def _true_social(observed: Observed) -> TruthPart:
    return _true_rate(observed.social_moves)


def _true_education(observed: Observed) -> TruthPart:
    return _true_rate(observed.education_moves)


_ESTIMAND = "Ryk ned minus ryk op pr. 100 barneår i {}, i distrikter som disse"

_IN_TINY = {"tiny_municipality": Expectation(Kind.MUST_HOLD, frozenset({Criterion.COVERAGE, Criterion.BIAS}))}
"""Where a handful of moves is all there is, only they have an interval, and their standard errors are not the spread of all."""

SOCIAL = Estimator(
    name="net_moves_social",
    title="Ryk på socialsporet, regnet på distrikter",
    estimand=_ESTIMAND.format("socialsporet"),
    unit="pr. 100 barneår",
    decimals=1,
    measure=_social,
    truth=_true_social,
    expectation=MUST_HOLD,
    in_scenario=_IN_TINY,
)
EDUCATION = Estimator(
    name="net_moves_education",
    title="Ryk på undervisningssporet, regnet på distrikter",
    estimand=_ESTIMAND.format("undervisningssporet"),
    unit="pr. 100 barneår",
    decimals=1,
    measure=_education,
    truth=_true_education,
    expectation=MUST_HOLD,
    in_scenario=_IN_TINY,
)
AS_POISSON = Estimator(
    name="net_moves_as_poisson",
    title="Ryk på undervisningssporet, som om ryk var uafhængige",
    estimand=_ESTIMAND.format("undervisningssporet"),
    unit="pr. 100 barneår",
    decimals=1,
    measure=_as_poisson,
    truth=_true_education,
    # In the model districts share their hazards, and a child's moves down follow its moves up: the count is no worse here.
    expectation=SHOWN,
)
