"""What does a norm set say of a child's points? One limit per child, for clinically significant change, and one band per child."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.sdq_norms.bands import Band
from pipelines.sdq_norms.chosen import NormSet
from pipelines.sdq_norms.vocabulary import DIFFICULTY_SCALES, MISSING_POINTS, OUTSIDE_NORM_SET


def raised_limits(
    norm_set: NormSet,
    *,
    informants: Sequence[str],
    versions: Sequence[str | None],
    ages: ArrayLike,
    sexes: Sequence[str | None],
    scale: str = "total",
) -> NDArray[np.float64]:
    """The first score in points, per child `(n,)`, that lies at or past the set's limit; NaN where the set says nothing.

    informants, versions (of the form), sexes: codes; ages: completed years on the day of the form. A child outside the
    set's forms, ages or sexes, or with one of them unknown, gets NaN: a limit for others is never used for it. Feeds
    `pipelines.measures.reliable_change.clinical_change`.

    Raises: ValueError when lengths differ, or for a scale that is not one of difficulties (strengths run the other way).
    """
    if scale not in DIFFICULTY_SCALES:
        raise ValueError(f"needs one of {', '.join(DIFFICULTY_SCALES)}, not {scale!r}")
    children = _Children.of(informants, versions, ages, sexes)
    limits = np.full(children.years.size, np.nan)
    for band in norm_set.bands:
        if band.scale_code == scale and band.is_beyond_limit:
            fits = children.fit(band)
            limits[fits] = np.fmin(limits[fits], band.lowest_points)
    return limits


def band_codes(
    norm_set: NormSet,
    points: ArrayLike,
    *,
    informants: Sequence[str],
    versions: Sequence[str | None],
    ages: ArrayLike,
    sexes: Sequence[str | None],
    scale: str = "total",
) -> list[str]:
    """The code of the band that each child's points lie in, by the rule of marts.mart_sdq_band_counts.

    The rest as for `raised_limits`. A child outside the set, or whose form, age or sex is unknown, is `OUTSIDE_NORM_SET`; one in
    the set without points `MISSING_POINTS`.

    Raises: ValueError when lengths differ.
    """
    children, scores = _Children.of(informants, versions, ages, sexes), np.asarray(points, dtype=float)
    if scores.size != children.years.size:
        raise ValueError(f"lengths differ: {scores.size} scores, {children.years.size} children")
    codes = np.full(scores.size, OUTSIDE_NORM_SET, dtype=object)
    for band in norm_set.bands:
        if band.scale_code == scale:
            fits = children.fit(band)
            codes[fits & np.isnan(scores)] = MISSING_POINTS
            codes[fits & (scores >= band.lowest_points) & (scores <= band.highest_points)] = band.band_code
    return [str(code) for code in codes]


@dataclass(frozen=True)
class _Children:
    """What decides which bands may be used for each child, `(n,)` each."""

    informant: NDArray[np.object_]
    version: NDArray[np.object_]
    sex: NDArray[np.object_]
    years: NDArray[np.float64]

    @classmethod
    def of(
        cls, informants: Sequence[str], versions: Sequence[str | None], ages: ArrayLike, sexes: Sequence[str | None]
    ) -> Self:
        years = np.asarray(ages, dtype=float)
        if not len(informants) == len(versions) == len(sexes) == years.size:
            raise ValueError(f"lengths differ: {len(informants)}, {len(versions)}, {years.size}, {len(sexes)}")
        informant, version, sex = (np.asarray(codes, dtype=object) for codes in (informants, versions, sexes))
        return cls(informant, version, sex, years)

    def fit(self, band: Band) -> NDArray[np.bool_]:
        """The children that the band was made for."""
        fits = (self.informant == band.informant_code) & np.isin(
            self.version, np.asarray(band.version_codes, dtype=object)
        )
        fits &= (self.years >= band.from_age_years) & (self.years <= band.to_age_years)
        if band.sex_code is not None:
            fits &= self.sex == band.sex_code
        return np.asarray(fits, dtype=np.bool_)
