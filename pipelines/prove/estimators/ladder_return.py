"""Return from segregated settings on the education track, the share in them 24 months on, and the two models compared on both.

The unit is a stay: unbroken time on the rungs 3-5, at risk from its first day. Leaving school (or turning 18) and moving away are
ends that compete with the return. Negative control: 1 - Kaplan-Meier, which takes the two for loss from sight, and so overstates.
"""

import math

import numpy as np

from pipelines.measures.cumulative_incidence import IncidenceAt, incidence_at, incidence_difference
from pipelines.measures.intervals import Estimate, no_estimate
from pipelines.measures.multistate import occupation_intervals
from pipelines.measures.rate_ratio import movement_rate_ratio
from pipelines.measures.risk_sets import RiskSets
from pipelines.prove.acceptance import MUST_HOLD, SHOWN, Criterion, Expectation, Kind, must_fail
from pipelines.prove.estimator import Estimator, TruthPart
from pipelines.prove.observed import DistrictMoves, Observed, last_whole_year
from pipelines.prove.stays import RETURN_DAYS, End, SegregatedStays, State, stays_seen_to_their_end
from pipelines.simulate.days import NEVER, Flags, day_number, year_numbers
from pipelines.simulate.municipality import SimulatedMunicipality, ladders_under

_LEVEL = 0.95


def _incidence(ends: RiskSets) -> IncidenceAt:
    return incidence_at(ends, end=End.RETURNED, times=RETURN_DAYS, level=_LEVEL)[0]
