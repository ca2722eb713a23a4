"""From which score on does a norm set call a child's points high? One limit per child, for clinically significant change."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.sdq_norms.chosen import NormSet
from pipelines.sdq_norms.vocabulary import DIFFICULTY_SCALES


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
    years = np.asarray(ages, dtype=float)
    if not len(informants) == len(versions) == len(sexes) == years.size:
        raise ValueError(f"lengths differ: {len(informants)}, {len(versions)}, {years.size}, {len(sexes)}")
    informant, version, sex = (np.asarray(codes, dtype=object) for codes in (informants, versions, sexes))
    limits = np.full(years.size, np.nan)
    for band in norm_set.bands:
        if band.scale_code != scale or not band.is_beyond_limit:
            continue
        fits = (informant == band.informant_code) & np.isin(version, np.asarray(band.version_codes, dtype=object))
        fits &= (years >= band.from_age_years) & (years <= band.to_age_years)
        if band.sex_code is not None:
            fits &= sex == band.sex_code
        limits[fits] = np.fmin(limits[fits], band.lowest_points)
    return limits
