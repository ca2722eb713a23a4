"""Would today's code give the kept study's numbers? A few of its cells are drawn again and held against what is kept.

Which cells follows from the study's own checksum: they cannot be picked, and another study has others.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from pipelines.errors import ProveError
from pipelines.prove.acceptance import differ, shares_differ
from pipelines.prove.blocks import Block, Numbers, Purpose
from pipelines.prove.fingerprint import measured_checksum
from pipelines.prove.kinds import kind_of
from pipelines.prove.results import CellResult
from pipelines.prove.runner import HIGH, LOW, STANDARD_ERROR, VALUE, draw_chunk
from pipelines.prove.study import Study
from pipelines.prove.witness import witness_of
from pipelines.simulate.scenarios import load_scenario

_DIGITS = 8


def chosen_cells(study: Study, *, count: int = 2) -> tuple[CellResult, ...]:
    """`count` different cells: each eight hex digits of the checksum pick one of those that are left."""
    left = sorted(
        study.cells, key=lambda cell: (cell.scenario, cell.district_count, cell.adviser_count or 0, cell.estimator)
    )
    chosen = []
    for start in range(0, _DIGITS * min(count, len(left)), _DIGITS):
        chosen.append(left.pop(int(study.checksum[start : start + _DIGITS], 16) % len(left)))
    return tuple(chosen)


def drawn_again(study: Study, cell: CellResult, *, repetitions: int) -> Numbers:
    """The cell's estimator in `repetitions` municipalities that the study did not draw, shape (repetitions, 5)."""
    block = Block(cell.scenario, cell.district_count, Purpose.REDRAW, repetitions, study.seed, cell.adviser_count)
    estimators = kind_of(study.study).estimators
    estimator = next(estimator for estimator in estimators if estimator.name == cell.estimator)
    _, numbers = draw_chunk(block, load_scenario(cell.scenario), (estimator,), range(repetitions))
    again: Numbers = numbers[:, 0]
    return again


def disagreements(cell: CellResult, again: Numbers) -> Sequence[str]:
    """In what the numbers drawn again differ from the kept cell by more than the Monte Carlo error of both (99.9 %).

    Compared are mean estimate, mean squared standard error, and how often the interval holds the kept truth.
    """
    found = []
    known = {column: again[~np.isnan(again[:, column]), column] for column in (VALUE, STANDARD_ERROR)}
    for name, numbers, mean, deviation in (
        ("mean", known[VALUE], cell.mean, cell.standard_deviation),
        (
            "mean squared standard error",
            known[STANDARD_ERROR] ** 2,
            cell.error_square_mean,
            cell.error_square_deviation,
        ),
    ):
        if mean is None or deviation is None or len(numbers) < 2:
            continue
        # were it the same code, the kept SD would be theirs too, and it is the better known: that of few skewed numbers is often small
        fresh = (float(numbers.mean()), deviation, len(numbers))
        if differ((mean, deviation, cell.value_count), fresh):
            found.append(f"{name}: kept {mean:.4g}, drawn again {fresh[0]:.4g}")
    limits = again[~np.isnan(again[:, [LOW, HIGH]]).any(axis=1)]
    hits = int(((limits[:, LOW] <= cell.truth.value) & (cell.truth.value <= limits[:, HIGH])).sum())
    if (
        cell.interval_count
        and len(limits)
        and shares_differ((cell.hit_count, cell.interval_count), (hits, len(limits)))
    ):
        found.append(f"coverage: kept {cell.hit_count} of {cell.interval_count}, drawn again {hits} of {len(limits)}")
    return found


def confirmed(study: Study) -> Study:
    """The study with the checksum of today's code, which gave the same numbers in every scenario.

    Raises:
        ProveError: in some scenario another number came; the study must be drawn anew.
    """
    estimators = kind_of(study.study).estimators
    differing = [
        study.scenario_titles[name]
        for name, kept in study.witness.items()
        if witness_of(load_scenario(name), estimators, seed=study.seed) != kept
    ]
    if differing or not study.witness:
        where = f" Det gælder: {', '.join(differing)}." if differing else ""
        raise ProveError(f"Koden giver andre tal end dem, der er gemt.{where} Kør hele beregningen igen.")
    return dataclasses.replace(study, checksum=measured_checksum(study.study))
