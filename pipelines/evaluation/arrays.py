"""The children of a comparison as columns of numbers, with the plan's covariates made ready for a regression."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation.children import StudyChild
from pipelines.evaluation.outcomes import Outcome

Floats = NDArray[np.float64]

_KNOWN_AFTERWARDS: Final = frozenset({"months_between"})
"""Known of followed children only, so no part of what explains who was lost."""


@dataclass(frozen=True)
class StudyArrays:
    """One row per child, followed or lost. outcome `(n,)`: second score, NaN where lost; first `(n,)`; treated `(n,)`.

    covariates `(n, k)`: those of the plan that can be used, NaN where a child's is missing; names `(k,)`: which covariate a column
    is of. before: the columns known at the first form. dropped: covariates of the plan that told nothing.
    """

    outcome: Floats
    first: Floats
    treated: NDArray[np.bool_]
    clusters: tuple[str, ...]
    covariates: Floats
    names: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def followed(self) -> NDArray[np.bool_]:
        """`(n,)`: whether the child was measured again."""
        return ~np.isnan(self.outcome)

    @property
    def before(self) -> Floats:
        """The covariates known at the first form, for all children."""
        return self.covariates[:, [name not in _KNOWN_AFTERWARDS for name in self.names]]

    def rows(self, chosen: NDArray[np.bool_]) -> "StudyArrays":
        """The chosen children only."""
        clusters = tuple(label for label, is_in in zip(self.clusters, chosen.tolist(), strict=True) if is_in)
        return StudyArrays(
            self.outcome[chosen], self.first[chosen], self.treated[chosen], clusters, self.covariates[chosen],
            self.names, self.dropped,
        )  # fmt: skip


def arrays_of(children: Sequence[StudyChild], outcome: Outcome, covariates: Sequence[str]) -> StudyArrays:
    """The children's columns for one SDQ outcome; what stands as its first score is that of the same scale.

    A covariate that never varies among the followed, or that the ones before it tell already, is dropped.
    Raises: ValueError when the outcome is no SDQ score.
    """
    scale = outcome.sdq_column
    if scale is None:
        raise ValueError(f"{outcome.code} is no SDQ score")
    second = _numbers([child.second[scale] if child.second and child.is_followed else None for child in children])
    first = _numbers([child.first[scale] for child in children])
    treated = np.array([child.is_treated for child in children], dtype=bool)
    columns = {name: _columns(name, children, first) for name in covariates}
    table, names = _independent(columns, treated, ~np.isnan(second))
    dropped = tuple(name for name in covariates if name not in names)
    return StudyArrays(second, first, treated, tuple(child.cluster for child in children), table, names, dropped)


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _columns(name: str, children: Sequence[StudyChild], first: Floats) -> Floats:
    """`(n, columns)` of one covariate; the informant has one column for each kind but one."""
    match name:
        case "first_score":
            return first[:, None]
        case "age":
            return _numbers([child.age_years for child in children])[:, None]
        case "sex":
            return _numbers([child.is_boy for child in children])[:, None]
        case "months_between":
            return _numbers([child.months_between if child.is_followed else None for child in children])[:, None]
        case "social_rung":
            return _numbers([child.social_rung for child in children])[:, None]
        case "informant":
            kinds = sorted({child.informant for child in children})[1:]
            return _numbers([float(child.informant == kind) for kind in kinds for child in children]).reshape(
                len(kinds), len(children)
            ).T  # fmt: skip
        case unknown:
            raise ValueError(f"unknown covariate {unknown}")


def _independent(
    columns: dict[str, Floats], treated: NDArray[np.bool_], followed: NDArray[np.bool_]
) -> tuple[Floats, tuple[str, ...]]:
    """The columns that add something to the ones before them and to the arm, among followed children with everything known."""
    used, names = np.empty((treated.size, 0)), list[str]()
    for name, table in columns.items():
        for column in table.T:
            wider = np.column_stack([used, column])
            known = followed & ~np.isnan(wider).any(axis=1)
            design = np.column_stack([np.ones(int(known.sum())), treated[known], wider[known]])
            spread = design.std(axis=0)
            scaled = design / np.where(spread > 0, spread, 1)
            if known.sum() > design.shape[1] and np.linalg.matrix_rank(scaled) == design.shape[1]:
                used = wider
                names.append(name)
    return used, tuple(names)
