"""What is drawn together: one block is one scenario and number of districts, repeated; every estimator measures each draw.

A repetition's seed follows from the block and its number alone, so that neither the number of processes nor the order of
work changes a result.
"""

import json
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import WorkspaceError
from pipelines.simulate.scenarios import Scenario

Numbers = NDArray[np.float64]
DISTRICTS_OF_A_MUNICIPALITY = 8
"""A scenario's children live in so many districts; a study with another number has districts of the same size."""


class Purpose(StrEnum):
    """Why a block is drawn; each has seeds of its own."""

    STUDY = "study"
    TRUTH = "truth"
    RERUN = "rerun"
    REDRAW = "redraw"
    WITNESS = "witness"


@dataclass(frozen=True)
class Block:
    """One scenario (by name), number of districts and purpose, `repetitions` times. adviser_count: None = half of the districts."""

    scenario: str
    district_count: int
    purpose: Purpose
    repetitions: int
    seed: int
    adviser_count: int | None = None

    @property
    def file_name(self) -> str:
        """Where the block's numbers are kept while a study is under way."""
        advisers = "" if self.adviser_count is None else f"-{self.adviser_count}"
        return f"{self.purpose}-{self.scenario}-{self.district_count}{advisers}.npz"

    def seed_of(self, repetition: int) -> int:
        """The simulator's seed of one repetition: a whole number of 64 bits."""
        key: tuple[int, ...] = (zlib.crc32(f"{self.scenario} {self.purpose}".encode()), self.district_count, repetition)
        if self.adviser_count is not None:
            key = (*key, self.adviser_count)
        return int(np.random.SeedSequence(self.seed, spawn_key=key).generate_state(1, np.uint64)[0])


def structure_words(district_count: int, adviser_count: int | None) -> str:
    """ "8 distrikter", and how many of them have advisers where that is not half."""
    advised = "" if adviser_count is None else f" ({adviser_count} med rådgiver)"
    return f"{district_count} distrikter{advised}"


def children_in(scenario: Scenario, district_count: int) -> int:
    """How many children a study municipality has.

    5,000 children in eight districts give some 35 pairs of SDQ totals a district, about what the statistical notes count on
    (5 institutions of 8 children), and a draw in under a tenth of a second.
    """
    return round(scenario.children_count * district_count / DISTRICTS_OF_A_MUNICIPALITY)


def chunks_of(repetitions: int, *, size: int) -> list[range]:
    """The numbers 0 to repetitions - 1 in order, `size` at a time."""
    return [range(start, min(start + size, repetitions)) for start in range(0, repetitions, size)]


def merged(chunks: Sequence[tuple[range, Numbers]], *, repetitions: int) -> Numbers:
    """The chunks' numbers, shape (repetitions, ...), in the order of repetition whatever order they came in.

    Raises: ValueError when a repetition is missing or came twice.
    """
    ordered = sorted(chunks, key=lambda chunk: chunk[0].start)
    if [number for numbers, _ in ordered for number in numbers] != list(range(repetitions)):
        raise ValueError("a repetition is missing or came twice")
    return np.concatenate([values for _, values in ordered])


def blocks_folder(out: Path) -> Path:
    """The folder of finished blocks in `out`, made and tried, so that no study is drawn that cannot be kept.

    Raises:
        WorkspaceError: `out` is a file, or nothing can be written there.
    """
    folder = out / "blocks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for tried in (out, folder):
            with tempfile.TemporaryFile(dir=tried):
                pass
    except (OSError, ValueError):  # ValueError: a path that no system can have
        raise WorkspaceError(
            f"Der kan ikke skrives i mappen {out}. Intet er beregnet. Vælg en anden mappe med --out."
        ) from None
    return folder


def keep_block(folder: Path, block: Block, numbers: Numbers, *, names: Sequence[str], checksum: str) -> None:
    """Write a finished block beside its place and move it in, so that a killed study leaves no half file."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{block.file_name}.part"
    with part.open("wb") as target:
        np.savez(target, numbers=numbers, origin=np.array(_origin(block, names, checksum)))
    part.replace(folder / block.file_name)


def kept_block(folder: Path, block: Block, *, names: Sequence[str], checksum: str) -> Numbers | None:
    """The numbers of a finished block, None when it is not there, is damaged, or comes from another plan or other code."""
    try:
        with (folder / block.file_name).open("rb") as source, np.load(source) as file:
            origin, numbers = str(file["origin"]), np.asarray(file["numbers"], dtype=np.float64)
    except (BadZipFile, OSError, ValueError, KeyError, EOFError, TypeError, RuntimeError, zlib.error):
        return None
    if origin != _origin(block, names, checksum) or numbers.shape[:2] != (block.repetitions, len(names)):
        return None
    return numbers


def _origin(block: Block, names: Sequence[str], checksum: str) -> str:
    plain: dict[str, Any] = {**asdict(block), "estimators": list(names), "checksum": checksum}
    return json.dumps(plain, sort_keys=True)
