"""What is a band, which norm sets are there, and which of their bands may be used: data_contracts/codes/sdq_bands.csv.

A band is a span of points (both ends belong to it) on one scale, for one kind of informant, some forms, an age in completed
years (both ends belong to it) and one sex or both. Bands that share all of that are a *group* and cover the scale. A group
is used whole or not at all: were one doubtful band left out, the children in it would vanish from the count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from pipelines.codes import load_code_table
from pipelines.contracts import source_contract
from pipelines.sdq_norms.vocabulary import SCALES, STRENGTH_SCALE, TO_BE_PASTED_IN, UNBANDED_TITLES, USABLE_STATUSES


@dataclass(frozen=True)
class Band:
    """One band. `sex_code` None means both; `band_number` counts from 1, the least worrying.

    `is_beyond_limit`: the band lies at or past the limit that a clinical change must cross.
    """

    norm_set_code: str
    informant_code: str
    version_codes: tuple[str, ...]
    from_age_years: int
    to_age_years: int
    sex_code: str | None
    scale_code: str
    band_code: str
    band_title: str
    band_number: int
    is_beyond_limit: bool
    lowest_points: int
    highest_points: int
    status: str
    source: str

    @property
    def group(self) -> tuple[object, ...]:
        """What the bands of one group share."""
        return (
            self.norm_set_code,
            self.informant_code,
            self.version_codes,
            self.from_age_years,
            self.to_age_years,
            self.sex_code,
            self.scale_code,
        )

    @property
    def is_usable(self) -> bool:
        """Whether the band itself is sure enough; its whole group must be (`usable`)."""
        return self.status in USABLE_STATUSES


def highest_possible_points(scale: str, informant: str) -> int:
    """The top of a scale in points: 40 for the total, 6 for the teacher's impact, otherwise 10."""
    if scale == "impact" and informant == "teacher":
        return 6
    return 40 if scale == "total" else 10


@cache
def shipped_bands() -> tuple[Band, ...]:
    """All bands in the code table, also those that may not be used."""
    return tuple(
        Band(
            norm_set_code=row["norm_set_code"],
            informant_code=row["informant_code"],
            version_codes=tuple(row["version_codes"].split("|")),
            from_age_years=int(row["from_age_years"]),
            to_age_years=int(row["to_age_years"]),
            sex_code=row["sex_code"] or None,
            scale_code=row["scale_code"],
            band_code=row["code"],
            band_title=row["title"],
            band_number=int(row["band_number"]),
            is_beyond_limit=row["is_beyond_limit"] == "true",
            lowest_points=int(row["lowest_points"]),
            highest_points=int(row["highest_points"]),
            status=row["status"],
            source=row["source"],
        )
        for row in load_code_table("sdq_bands").rows
    )


def usable(bands: Iterable[Band]) -> tuple[Band, ...]:
    """The bands of the groups in which every band may be used."""
    every = tuple(bands)
    doubtful = {band.group for band in every if not band.is_usable}
    return tuple(band for band in every if band.group not in doubtful)


def norm_set_codes() -> tuple[str, ...]:
    """The registered norm sets, also those whose table a municipality must paste in."""
    return load_code_table("sdq_norm_sets").codes


def is_to_be_pasted_in(norm_set: str) -> bool:
    """Whether the registered set is an empty place."""
    rows = load_code_table("sdq_norm_sets").rows
    return any(row["code"] == norm_set and row["status"] == TO_BE_PASTED_IN for row in rows)


def band_titles() -> dict[str, str]:
    """The Danish name per band code, those for children without a band too."""
    return load_code_table("sdq_bands").titles() | UNBANDED_TITLES


@cache
def scale_titles() -> dict[str, str]:
    """The Danish name per scale code, as the contract of delivered scores has it."""
    contract = source_contract("sdq_scores")
    return {scale: contract.column(f"{scale}_points").title for scale in SCALES}


def coverage_faults(bands: Sequence[Band]) -> list[str]:
    """What is wrong with the bands as a table, one Danish sentence each: holes, overlaps, wrong order, a child in two groups."""
    groups: dict[tuple[object, ...], list[Band]] = {}
    for band in bands:
        groups.setdefault(band.group, []).append(band)
    faults = [fault for group in groups.values() for fault in _group_faults(group)]
    firsts = [group[0] for group in groups.values()]
    for number, one in enumerate(firsts):
        faults += [
            f"{_named(one)} og {_named(other)} gælder de samme børn" for other in firsts[:number] if _meet(one, other)
        ]
    return faults


def _group_faults(group: Sequence[Band]) -> list[str]:
    first = group[0]
    ordered = sorted(group, key=lambda band: band.lowest_points)
    top = highest_possible_points(first.scale_code, first.informant_code)
    faults = [
        f"{_named(first)}: {band.band_title} går fra {band.lowest_points} til {band.highest_points}"
        for band in ordered
        if band.lowest_points > band.highest_points
    ]
    ends = (ordered[0].lowest_points, ordered[-1].highest_points)
    if ends != (0, top):
        faults.append(f"{_named(first)} skal dække 0 til {top} point, men går fra {ends[0]} til {ends[1]}")
    faults += [
        f"{_named(first)} har hul eller overlap mellem {below.highest_points} og {above.lowest_points} point"
        for below, above in pairwise(ordered)
        if below.highest_points + 1 != above.lowest_points
    ]
    numbers = [band.band_number for band in ordered]
    rising = first.scale_code != STRENGTH_SCALE
    if numbers != sorted(set(numbers), reverse=not rising):
        worst = "flest" if rising else "færrest"
        faults.append(
            f"{_named(first)}: de mest bekymrende bånd skal have {worst} point, og hvert bånd må kun stå én gang"
        )
    if {band.is_beyond_limit for band in group} != {True, False}:
        faults.append(f"{_named(first)} skal have bånd på begge sider af grænsen")
    return faults


def _named(band: Band) -> str:
    sex = load_code_table("sexes").titles()[band.sex_code] if band.sex_code else "begge køn"
    informant = load_code_table("informants").titles()[band.informant_code]
    ages = f"{band.from_age_years}-{band.to_age_years} år"
    return f"{band.norm_set_code}, {informant}, {scale_titles()[band.scale_code]}, {ages}, {sex}"


def _meet(one: Band, other: Band) -> bool:
    """Whether some child belongs to both groups."""
    same = ("norm_set_code", "informant_code", "scale_code")
    return (
        all(getattr(one, name) == getattr(other, name) for name in same)
        and bool(set(one.version_codes) & set(other.version_codes))
        and one.from_age_years <= other.to_age_years
        and other.from_age_years <= one.to_age_years
        and (one.sex_code is None or other.sex_code is None or one.sex_code == other.sex_code)
    )
