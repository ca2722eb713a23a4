"""Return from segregated settings on the education track, the share in them 24 months on, and the two models held together on it.

The unit is a stay: unbroken time on the rungs 3-5, followed from its first day. Leaving school (or turning 18) and moving away are
ends that compete with the return. Beside it 1 - Kaplan-Meier, which takes the two for loss from sight, and overstates.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipelines.measures.cumulative_incidence import IncidenceAt, incidence_at, incidence_difference
from pipelines.measures.intervals import Estimate, no_estimate
from pipelines.measures.multistate import occupation_intervals
from pipelines.measures.rate_ratio import movement_rate_ratio
from pipelines.measures.risk_sets import RiskSets
from pipelines.prove.acceptance import MUST_HOLD, SHOWN, Criterion, Expectation, Kind
from pipelines.prove.estimator import Estimator, TruthPart
from pipelines.prove.observed import Observed, last_whole_year
from pipelines.prove.stays import RETURN_DAYS, End, SegregatedStays, State
from pipelines.simulate.days import NEVER, Flags, Numbers, day_number
from pipelines.simulate.municipality import SimulatedMunicipality, ladders_under

_LEVEL = 0.95


def _return_at_24_months(ends: RiskSets) -> IncidenceAt:
    return incidence_at(ends, end=End.RETURNED, times=RETURN_DAYS, level=_LEVEL)[0]


def _by_district(observed: Observed) -> Estimate:
    return _return_at_24_months(observed.segregated_stays.ends()).by_district


def _by_child(observed: Observed) -> Estimate:
    return _return_at_24_months(observed.segregated_stays.ends()).naive


def _as_kaplan_meier(observed: Observed) -> Estimate:
    """1 - Kaplan-Meier with the same interval by district: only the number is wrong."""
    return _return_at_24_months(observed.segregated_stays.returns_alone()).by_district


def _true_return(observed: Observed) -> TruthPart:
    """A plain count: the same kind of stays, every one followed for 24 months."""
    return _returned(observed.stays_seen_to_their_end)


def _returned(draws: Sequence[SegregatedStays]) -> TruthPart:
    """Stays that ended in the ordinary within 24 months, and all, over the draws."""
    returned = sum(int(stays.is_returned_in_time.sum()) for stays in draws)
    return TruthPart(float(returned), float(sum(len(stays.child) for stays in draws)))


def _segregated_later(observed: Observed) -> Estimate:
    followed = observed.followed_children
    if not followed.risk_sets.starting.any():
        return no_estimate(_LEVEL)
    (later,) = occupation_intervals(followed.risk_sets, times=followed.days, level=_LEVEL)
    return later.by_district[State.SEGREGATED]


def _true_segregated_later(observed: Observed) -> TruthPart:
    """A plain count of those who still live here: moving away has nothing to do with the ladder."""
    followed = observed.followed_children
    return TruthPart(float(followed.segregated_count), float(followed.stayed_count))


def _return_difference(observed: Observed) -> Estimate:
    stays = _since_the_model(observed.simulated, observed.segregated_stays)
    advised = set(stays.district[stays.is_advised].tolist())
    if not advised or stays.is_advised.all():
        return no_estimate(_LEVEL)
    found = incidence_difference(stays.ends(), districts=advised, end=End.RETURNED, time=RETURN_DAYS, level=_LEVEL)
    return found.difference


def _true_return_difference(observed: Observed) -> TruthPart:
    """Over the advised districts: the share who returned with the model minus that without it (potential outcomes)."""
    simulated = observed.simulated
    if not _model_moves_anybody(simulated):
        return TruthPart(0.0, 1.0)
    adviser_from = simulated.children.district_adviser_from
    children = replace(simulated.children, district_adviser_from=np.full_like(adviser_from, NEVER))
    shares = []
    for world in (observed, Observed(replace(simulated, children=children))):
        since = [_since_the_model(simulated, stays) for stays in world.stays_seen_to_their_end]
        returned = _returned([stays.only(adviser_from[stays.district] < NEVER) for stays in since])
        if not returned.denominator:
            return TruthPart(0.0, 0.0)
        shares.append(returned.numerator / returned.denominator)
    return TruthPart(shares[0] - shares[1], 1.0)


def _log_rate_ratio(observed: Observed) -> Estimate:
    """The report's rate ratio of moves down in the last whole year, on the log scale: 0 = as often under both models."""
    moves = observed.education_moves
    found = movement_rate_ratio(
        moves.down,
        moves.child_years,
        districts=range(len(moves.down)),
        is_advised=_has_advisers(observed.simulated),
        level=_LEVEL,
    ).by_district
    if not found.value:
        return no_estimate(_LEVEL)
    low, high = (None if limit is None else math.log(limit) for limit in (found.low, found.high))
    return replace(found, value=math.log(found.value), low=low, high=high)


def _true_log_rate_ratio(observed: Observed) -> TruthPart:
    """Over the advised districts: the log of each one's rate with the model over its rate without it (potential outcomes)."""
    simulated = observed.simulated
    if not _model_moves_anybody(simulated):
        return TruthPart(0.0, 1.0)
    placements, histories = ladders_under(simulated, adviser_from_day=NEVER)
    without = Observed(replace(simulated, placements=placements, social_histories=histories))
    rates = [_down_rates(world)[_has_advisers(simulated)] for world in (observed, without)]
    has_both = (rates[0] > 0) & (rates[1] > 0)
    logs = np.log(rates[0][has_both] / rates[1][has_both])
    return TruthPart(float(logs.sum()), float(len(logs)))


def _down_rates(observed: Observed) -> Numbers:
    """Moves down per child-year of each district; 0 without time."""
    moves = observed.education_moves
    rates: Numbers = moves.down / np.where(moves.child_years > 0, moves.child_years, 1.0)
    return rates


def _has_advisers(simulated: SimulatedMunicipality) -> Flags:
    """The districts under the adviser model in the last whole year, `(districts,)`."""
    year = np.datetime64(f"{last_whole_year(simulated.data_end_date)}-01-01").astype("datetime64[D]").astype(np.int64)
    return np.asarray(simulated.children.district_adviser_from <= year)


def _since_the_model(simulated: SimulatedMunicipality, stays: SegregatedStays) -> SegregatedStays:
    """The stays begun since the first day of the model, in districts with it and without it alike."""
    return stays.only(stays.start >= day_number(simulated.profile.model_start_date))


def _model_moves_anybody(simulated: SimulatedMunicipality) -> bool:
    """Whether the model changes hazards in this world; where it does not, its effect is 0 by arithmetic."""
    ladder = simulated.parameters.ladder
    return (ladder.adviser_away_multiplier, ladder.adviser_towards_multiplier) != (1.0, 1.0)


_RETURN = "Andel af ophold i segregerede tilbud, der er endt i almen inden 24 måneder, i distrikter som disse"
_MOVES_NOBODY = ("no_effect", "drop_out", "earlier_detection")
"""Worlds whose model changes nothing on the ladder, and whose districts got it by lot."""
_PAUSED = "law_change_2024"
"""A year without moves in the middle: who came before it does not end as who comes after, and the curve joins the two."""
_TINY = "tiny_municipality"
"""Ten stays in eight districts: many draws have no return, or one."""

BY_DISTRICT = Estimator(
    name="return_by_district",
    title="Tilbage i almen på 24 måneder, regnet på distrikter",
    estimand=_RETURN,
    unit="procentpoint",
    decimals=1,
    measure=_by_district,
    truth=_true_return,
    # Sight ends on a calendar day and school once a year, so the two are not quite independent: about a thirtieth of an SD too low.
    expectation=Expectation(Kind.MUST_HOLD, frozenset({Criterion.COVERAGE, Criterion.STANDARD_ERROR_RATIO})),
    in_scenario={_PAUSED: SHOWN, _TINY: SHOWN},
    scale=100.0,
)
BY_CHILD = Estimator(
    name="return_by_child",
    title="Tilbage i almen på 24 måneder, som om børn var uafhængige",
    estimand=_RETURN,
    unit="procentpoint",
    decimals=1,
    measure=_by_child,
    truth=_true_return,
    # In the model districts hardly differ in how soon children return: taking them as independent does little harm here.
    expectation=SHOWN,
    scale=100.0,
)
AS_KAPLAN_MEIER = Estimator(
    name="return_as_kaplan_meier",
    title="Tilbage i almen på 24 måneder, andre veje ud talt som frafald",
    estimand=_RETURN,
    unit="procentpoint",
    decimals=1,
    measure=_as_kaplan_meier,
    truth=_true_return,
    # It overstates by a sixth of the estimate's own spread here, too little to be seen in every cell: shown, and proven elsewhere.
    expectation=SHOWN,
    scale=100.0,
)
SEGREGATED_LATER = Estimator(
    name="segregated_after_24_months",
    title="Segregeret efter 24 måneder, regnet på distrikter",
    estimand="Andel af børn med plads, der 24 måneder senere er i et segregeret tilbud, i distrikter som disse",
    unit="procentpoint",
    decimals=2,
    measure=_segregated_later,
    truth=_true_segregated_later,
    # Its standard error is an eighth too small (children who changed district make districts alike), and t hardly makes up for it;
    # a fifth in a world with a year without moves, and there it does not.
    expectation=Expectation(Kind.MUST_HOLD, frozenset({Criterion.COVERAGE, Criterion.BIAS})),
    in_scenario={_PAUSED: SHOWN, _TINY: SHOWN},
    scale=100.0,
)
DIFFERENCE = Estimator(
    name="return_difference",
    title="Tilbage i almen i de to modeller, regnet på distrikter",
    estimand="Rådgivermodellens virkning på andelen, der er tilbage i almen inden 24 måneder, i rådgiverdistrikterne",
    unit="procentpoint",
    decimals=1,
    measure=_return_difference,
    truth=_true_return_difference,
    # Where advisers come to other districts, or act, a comparison without lots is not their effect: nothing is promised.
    expectation=SHOWN,
    in_scenario=dict.fromkeys(_MOVES_NOBODY, MUST_HOLD),
    # With two districts in an arm, its variance comes from a single difference.
    fewest_districts=6,
    scale=100.0,
)
RATE_RATIO = Estimator(
    name="moves_log_rate_ratio",
    title="Ryk ned i de to modeller, regnet på distrikter",
    estimand="Logaritmen af rådgivermodellens virkning på, hvor ofte børn rykker ned på undervisningssporet",
    unit="log",
    decimals=2,
    measure=_log_rate_ratio,
    truth=_true_log_rate_ratio,
    expectation=MUST_HOLD,
    in_scenario={"confounded": SHOWN, _TINY: SHOWN},
    # Of four districts, one often has no move, or a model fewer than five: then the interval is another one, or none.
    fewest_districts=8,
)
