"""Does today's code draw and measure the very same numbers as the code that drew a kept study, though it is written anew?

A few municipalities of every scenario are drawn again with seeds of their own and measured by every estimator. Where all numbers are
the same, the change of code had no part in what the study is about (a new source in the deliveries, say), and the study is confirmed
instead of drawn anew. Where one differs, it must be drawn anew.
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from pipelines.prove.blocks import DISTRICTS_OF_A_MUNICIPALITY, Block, Numbers, Purpose
from pipelines.prove.estimator import Estimator, tried_in
from pipelines.prove.runner import draw_chunk
from pipelines.simulate.scenarios import Scenario

_DISTRICT_COUNTS = (4, DISTRICTS_OF_A_MUNICIPALITY)
_REPETITIONS = 2
_DIGITS = 7
"""Significant digits compared: processors differ in the sixteenth, another draw in the first few."""


def witness_of(scenario: Scenario, estimators: Sequence[Estimator], *, seed: int) -> str:
    """SHA-256 over every estimator's numbers and truth in a few municipalities of the scenario, to seven significant digits."""
    digest = hashlib.sha256()
    blocks = [(Purpose.WITNESS, count, _REPETITIONS) for count in _DISTRICT_COUNTS]
    blocks.append((Purpose.TRUTH, DISTRICTS_OF_A_MUNICIPALITY, 1))
    for purpose, district_count, repetitions in blocks:
        block = Block(scenario.name, district_count, purpose, repetitions, seed)
        _, numbers = draw_chunk(block, scenario, tried_in(scenario.name, estimators), range(repetitions))
        digest.update(_written(numbers).encode())
    return digest.hexdigest()


def _written(numbers: Numbers) -> str:
    # + 0.0: minus zero is zero
    return " ".join(f"{number + 0.0:.{_DIGITS}g}" for number in np.ravel(numbers))
