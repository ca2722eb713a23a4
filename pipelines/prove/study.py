"""The whole study: draw the truth and the repetitions of every block, sum up every cell, rerun those that failed, keep it."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from pipelines.errors import WorkspaceError
from pipelines.progress import Progress
from pipelines.prove.acceptance import LIMITS, Kind, Limits
from pipelines.prove.audit import contradictions
from pipelines.prove.blocks import (
    DISTRICTS_OF_A_MUNICIPALITY,
    Block,
    Numbers,
    Purpose,
    blocks_folder,
    keep_block,
    kept_block,
)
from pipelines.prove.estimator import Estimator, tried_in
from pipelines.prove.fingerprint import drawing_checksum, measured_checksum
from pipelines.prove.kinds import METHODS, StudyKind, half_of_them
from pipelines.prove.results import CellResult, Truth, sum_up, truth_of_parts
from pipelines.prove.runner import Workers, workers
from pipelines.prove.witness import witness_of
from pipelines.publish.danish import number
from pipelines.simulate.scenarios import Scenario, load_scenario

_PACKAGES = ("numpy", "scipy")
_TRUTH_DRAWS_PER_MUNICIPALITY = 130
"""Truth's error against an estimator's: 1 / sqrt(130) = 0.088 at the same number of districts."""


@dataclass(frozen=True)
class Plan:
    """What to draw: every scenario with every number of districts, `repetitions` times from `seed`.

    rerun_repetitions: of a cell that failed. truth_repetitions: municipalities behind the truth of each scenario. adviser_counts: of
    a scenario and a number of districts, how many have advisers (None = half) in each block that is drawn; none = no block.
    study: its name in `kinds`.
    """

    scenarios: tuple[Scenario, ...]
    district_counts: tuple[int, ...]
    repetitions: int
    rerun_repetitions: int
    truth_repetitions: int
    seed: int
    adviser_counts: Callable[[str, int], tuple[int | None, ...]] = half_of_them
    study: str = METHODS

    def structures(self, scenario: str) -> list[tuple[int, int | None]]:
        """(districts, of them with advisers) of every block of a scenario."""
        return [
            (districts, advisers)
            for districts in self.district_counts
            for advisers in self.adviser_counts(scenario, districts)
        ]


@dataclass(frozen=True)
class Study:
    """A finished study. `checksum` is of the code that decides it (`fingerprint`), `witness` of what that code drew and measured in a
    few municipalities, by scenario (`witness_of`); `scenario_titles` are Danish; `study` is its name in `kinds`."""

    date: date
    seed: int
    repetitions: int
    rerun_repetitions: int
    truth_repetitions: int
    checksum: str
    witness: dict[str, str]
    package_versions: dict[str, str]
    limits: Limits
    scenario_titles: dict[str, str]
    cells: tuple[CellResult, ...]
    study: str = METHODS

    @property
    def with_expectation(self) -> tuple[CellResult, ...]:
        """The cells of which something is expected; the others are only shown."""
        return tuple(cell for cell in self.cells if cell.expectation.kind is not Kind.SHOWN)

    @property
    def unexpected(self) -> tuple[CellResult, ...]:
        """The cells that did something else than expected."""
        return tuple(cell for cell in self.cells if cell.as_expected is False)

    def to_json(self) -> str:
        """The study as it is kept."""
        plain = {
            **asdict(self),
            "date": self.date.isoformat(),
            "cells": [cell.to_dict() for cell in self.cells],
        }
        return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The study that `to_json` wrote."""
        plain: dict[str, Any] = json.loads(text)
        limits: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in plain["limits"].items()
        }
        parts = {
            "date": date.fromisoformat(plain["date"]),
            "limits": Limits(**limits),
            "cells": tuple(CellResult.from_dict(cell) for cell in plain["cells"]),
        }
        return cls(**{**plain, **parts})

    def to_csv(self) -> str:
        """One line per cell, every number it has; empty where there is none."""
        rows = [_flat(cell) for cell in self.cells]
        target = io.StringIO(newline="")
        writer = csv.DictWriter(target, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return target.getvalue()


def least_truth_repetitions(district_counts: Sequence[int]) -> int:
    """How many municipalities make the truth's error less than a tenth of any district estimator's standard error."""
    return max(-(-_TRUTH_DRAWS_PER_MUNICIPALITY * count // truth_district_count(count)) for count in district_counts)


def truth_district_count(district_count: int) -> int:
    """In how many districts the truth is drawn: with half of them advised, always in eight; an odd number has its own.

    What is true of the children depends on the share of districts with advisers, which in odd numbers is less than half.
    """
    return district_count if district_count % 2 else DISTRICTS_OF_A_MUNICIPALITY


def plan_of(
    scenarios: Sequence[str],
    district_counts: Sequence[int],
    *,
    kind: StudyKind,
    reps: int,
    rerun_reps: int | None,
    truth_reps: int | None,
    seed: int,
) -> Plan:
    """The plan of these scenarios (names or files; none means all of the study) and numbers of districts (none means eight).

    Raises:
        SettingsError: an unknown scenario.
    """
    districts = tuple(sorted(set(district_counts))) or (DISTRICTS_OF_A_MUNICIPALITY,)
    return Plan(
        scenarios=tuple(load_scenario(name) for name in dict.fromkeys(scenarios or kind.scenarios)),
        district_counts=districts,
        repetitions=reps,
        rerun_repetitions=rerun_reps or 10 * reps,
        truth_repetitions=truth_reps or least_truth_repetitions(districts),
        seed=seed,
        adviser_counts=kind.adviser_counts,
        study=kind.name,
    )


def run_study(
    plan: Plan,
    estimators: Sequence[Estimator],
    *,
    today: date,
    worker_count: int,
    progress: Progress,
    out: Path | None = None,
    limits: Limits = LIMITS,
) -> Study:
    """Draw, measure and judge every cell of the plan.

    Finished blocks are kept under `out`/blocks and taken from there by the next study with the same plan and code, so that a
    killed study loses one block.

    Raises:
        WorkspaceError: nothing can be written in `out`; then nothing has been drawn.
    """
    folder = None if out is None else blocks_folder(out)
    with workers(worker_count) as drawing:
        cells: list[CellResult] = []
        for scenario in plan.scenarios:
            blocks = _Blocks(drawing, tried_in(scenario.name, estimators), plan, progress, folder)
            structures = plan.structures(scenario.name)
            truth_counts = {truth_district_count(districts) for districts, _ in structures}
            truths = {count: blocks.truths(scenario, count) for count in sorted(truth_counts)}
            for structure in structures:
                cells += _cells(blocks, scenario, structure, truths[truth_district_count(structure[0])], limits)
    return Study(
        date=today,
        seed=plan.seed,
        repetitions=plan.repetitions,
        rerun_repetitions=plan.rerun_repetitions,
        truth_repetitions=plan.truth_repetitions,
        checksum=measured_checksum(plan.study),
        witness={scenario.name: witness_of(scenario, estimators, seed=plan.seed) for scenario in plan.scenarios},
        package_versions={name: version(name) for name in _PACKAGES},
        limits=limits,
        scenario_titles={scenario.name: scenario.title for scenario in plan.scenarios},
        cells=tuple(cells),
        study=plan.study,
    )


class _Blocks:
    """Blocks as they are needed: from the folder of finished ones, or drawn and put there."""

    def __init__(
        self, drawing: Workers, estimators: tuple[Estimator, ...], plan: Plan, progress: Progress, folder: Path | None
    ) -> None:
        self.estimators = estimators
        self._drawing, self._plan, self._progress = drawing, plan, progress
        self._folder = folder
        self._names = [estimator.name for estimator in estimators]

    def truths(self, scenario: Scenario, district_count: int) -> list[Truth]:
        """One truth per estimator, from municipalities of so many districts that no repetition uses."""
        structure = (district_count, None)
        numbers = self._block(scenario, structure, Purpose.TRUTH, repetitions=self._plan.truth_repetitions)
        return [truth_of_parts(numbers[:, place]) for place in range(len(self.estimators))]

    def study(self, scenario: Scenario, structure: tuple[int, int | None]) -> Numbers:
        return self._block(scenario, structure, Purpose.STUDY, repetitions=self._plan.repetitions)

    def rerun(self, scenario: Scenario, structure: tuple[int, int | None]) -> Numbers:
        return self._block(scenario, structure, Purpose.RERUN, repetitions=self._plan.rerun_repetitions)

    def _block(
        self, scenario: Scenario, structure: tuple[int, int | None], purpose: Purpose, *, repetitions: int
    ) -> Numbers:
        district_count, adviser_count = structure
        block = Block(scenario.name, district_count, purpose, repetitions, self._plan.seed, adviser_count)
        # A scenario of the user's own is a file outside the package, so what it says is part of where a block comes from.
        checksum = f"{drawing_checksum(self._plan.study)} {scenario}"
        if self._folder is not None:
            kept = kept_block(self._folder, block, names=self._names, checksum=checksum)
            if kept is not None:
                return kept
        numbers = self._drawing.draw(block, scenario, self.estimators, progress=self._progress)
        if self._folder is not None:
            keep_block(self._folder, block, numbers, names=self._names, checksum=checksum)
        return numbers


def _cells(
    blocks: _Blocks, scenario: Scenario, structure: tuple[int, int | None], truths: Sequence[Truth], limits: Limits
) -> list[CellResult]:
    """The cells of one scenario, number of districts and of advisers; those that failed are judged by the rerun."""

    def summed_up(numbers: Numbers, place: int, *, is_rerun: bool) -> CellResult:
        return sum_up(
            numbers[:, place],
            truths[place],
            blocks.estimators[place],
            scenario=scenario.name,
            district_count=structure[0],
            limits=limits,
            is_rerun=is_rerun,
            adviser_count=structure[1],
        )

    numbers = blocks.study(scenario, structure)
    cells = [summed_up(numbers, place, is_rerun=False) for place in range(len(blocks.estimators))]
    again = [place for place, cell in enumerate(cells) if cell.must_be_rerun]
    if again:
        more = blocks.rerun(scenario, structure)
        for place in again:
            cells[place] = summed_up(more, place, is_rerun=True)
    return cells


def _flat(cell: CellResult) -> dict[str, Any]:
    plain = cell.to_dict()
    checks, truth, expectation = plain.pop("checks"), plain.pop("truth"), plain.pop("expectation")
    named = {f"{criterion}_{name}": value for criterion, check in checks.items() for name, value in check.items()}
    return {
        **plain,
        "truth": truth["value"],
        "truth_standard_error": truth["standard_error"],
        "expectation": expectation["kind"],
        "expected_criteria": " ".join(expectation["criteria"]),
        **named,
    }


def write_study(study: Study, folder: Path) -> Mapping[str, Path]:
    """The datum as JSON and what is drawn from it (CSV, SVG, PNG), named after the study; all or none. Paths by suffix."""
    from pipelines.prove.figure import coverage_figure
    from pipelines.publish.report import write_all

    svg, png = coverage_figure(study)
    contents = {
        "json": study.to_json().encode("utf-8"),
        "csv": study.to_csv().encode("utf-8"),
        "svg": svg.encode("utf-8"),
        "png": png,
    }
    paths = {suffix: folder / f"{study.study}.{suffix}" for suffix in contents}
    write_all({paths[suffix]: content for suffix, content in contents.items()})
    return paths


def read_study(path: Path) -> Study:
    """The kept study, each cell judged again from its own numbers.

    Raises:
        WorkspaceError: there is none, it cannot be read, or it contradicts itself.
    """
    try:
        study = Study.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(
            f"{path.name} kan ikke læses ({type(error).__name__}). Lav den igen med: make study"
        ) from None
    wrong = contradictions(
        study.cells, study.limits, repetitions=study.repetitions, rerun_repetitions=study.rerun_repetitions
    )
    if wrong:
        raise WorkspaceError(
            f"{path.name} modsiger sig selv i {number(len(wrong))} afprøvninger, første gang i {wrong[0]}. "
            "Lav den igen med: make study"
        )
    return study
