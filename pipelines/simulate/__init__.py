"""A made-up municipality with known truth: drawn, delivered as senders deliver, and counted for comparison.

`simulate_municipality` draws it, `write_deliveries` writes its files, `write_truth` writes what is true of it.
"""

from pipelines.simulate.deliveries import write_deliveries
from pipelines.simulate.municipality import SimulatedMunicipality, simulate_municipality
from pipelines.simulate.parameters import Parameters
from pipelines.simulate.truth import truth_of, write_truth

__all__ = [
    "Parameters",
    "SimulatedMunicipality",
    "simulate_municipality",
    "truth_of",
    "write_deliveries",
    "write_truth",
]
