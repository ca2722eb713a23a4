"""Something that should not happen, as an estimate that the study can judge: how often it does is its type-I error."""

from typing import Final

from pipelines.measures.intervals import Estimate
from pipelines.prove.estimator import TruthPart
from pipelines.prove.observed import Observed

LEVEL: Final = 0.95
LARGEST_P_VALUE: Final = 0.05


def yes_or_no(*, is_so: bool) -> Estimate:
    """0 when it is not so, 1 when it is, each without doubt."""
    value = float(is_so)
    return Estimate(value, value, value, LEVEL, 1)


def nothing_true(observed: Observed) -> TruthPart:
    """The truth of what should not be so."""
    return TruthPart(0.0, 1.0)
