"""A whole made-up country: municipalities of very different sizes, drawn one at a time and written as Parquet.

Every municipality has a seed and a block of made-up CPR numbers of its own, both from its place in the plan. So no number
stands in two municipalities, and one can be drawn again alone: what was drawn before it does not matter. Memory holds one
municipality, so the largest, whose share of the children is capped, bounds it.
"""

import dataclasses
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipelines.contracts import Contract, source_contract
from pipelines.simulate.days import Indices, part_generator
from pipelines.simulate.municipality import DEFAULT_DATA_END, SimulatedMunicipality, simulate_municipality
from pipelines.simulate.parameters import Parameters
from pipelines.simulate.population import NUMBER_COUNT, NumberBlock
from pipelines.simulate.profile import ADVISER, CASEWORKER
from pipelines.simulate.truth import truth_without_files
from pipelines.typed.made_up import UNIT_PREFIX

MUNICIPALITY_COUNT, MOST_MUNICIPALITIES = 98, 98
CHILDREN_COUNT = 1_200_000
LEAST_CHILDREN = 200
"""Fewest children of a municipality."""
MOST_CHILDREN = 1_500_000
"""Most children of a country. There are 2.8 million made-up numbers for each sex; the smallest blocks need room to spare."""

MUNICIPALITY_COLUMN = "delivering_municipality_code"
"""Added to every table: which municipality's registers the row comes from."""

_SIZE_LOG_SD = 0.75
"""As between Danish municipalities: the median has about three quarters of the mean's children (assumption)."""
_LARGEST_SHARE = 0.10
_FEWEST_DISTRICTS, _MOST_DISTRICTS = 3, 12
_ADVISER_SHARE = 0.4
_MODEL_START_YEARS = (2021, 2025)
_OWN_NUMBERS = (
    "institution_code", "from_institution_code", "to_institution_code", "cluster_code", "measure_id", "session_id", "case_id",
    "agreement_id", "request_id", "staff_id", "participant_id", "review_id", "notification_id", "account_code",
)  # fmt: skip
"""Numbers that every municipality counts from the same first one: across the country they get its code in front."""
_SEED_BITS_LEFT_OUT = 12
"""A seed of 52 bits keeps its value in every reader of JSON."""

_TYPES: Mapping[str, pl.DataType] = {
    "DATE": pl.Date(), "BOOLEAN": pl.Boolean(), "TINYINT": pl.Int8(), "SMALLINT": pl.Int16(), "INTEGER": pl.Int32(),
    "BIGINT": pl.Int64(), "VARCHAR": pl.String(), "DOUBLE": pl.Float64(),
    "UUID": pl.String(),  # what is delivered is the number; the pseudonym comes with typing
}  # fmt: skip


@dataclass(frozen=True)
class MunicipalityPlan:
    """What must be known to draw one municipality: its code and seed, how many children, their numbers, and its profile."""

    code: str
    seed: int
    children_count: int
    number_block: NumberBlock
    profile: Mapping[str, Any]


def plan_country(
    rules: Mapping[str, Any],
    *,
    municipality_count: int = MUNICIPALITY_COUNT,
    children_count: int = CHILDREN_COUNT,
    seed: int = 1,
) -> tuple[MunicipalityPlan, ...]:
    """All municipalities of a made-up country, K01 first; their children sum to `children_count`.

    `rules` is a profile: every municipality follows its rules, and has districts of its own.

    Raises:
        ValueError: too few or too many municipalities, or children (see LEAST_CHILDREN and MOST_CHILDREN).
    """
    if not 1 <= municipality_count <= MOST_MUNICIPALITIES:
        raise ValueError(f"from 1 to {MOST_MUNICIPALITIES} municipalities, not {municipality_count}")
    if not municipality_count * LEAST_CHILDREN <= children_count <= MOST_CHILDREN:
        raise ValueError(
            f"from {municipality_count * LEAST_CHILDREN} to {MOST_CHILDREN} children, not {children_count}"
        )
    sizes = _draw_sizes(part_generator(seed, "country sizes"), municipality_count, children_count)
    ends = np.cumsum(sizes) * NUMBER_COUNT // children_count
    starts = np.insert(ends[:-1], 0, 0)
    return tuple(
        MunicipalityPlan(
            code=(code := f"K{place + 1:02d}"),
            seed=_seed_of(seed, code),
            children_count=int(sizes[place]),
            number_block=NumberBlock(int(starts[place]), int(ends[place] - starts[place])),
            profile=_draw_profile(part_generator(seed, f"country profile {code}"), code, rules),
        )
        for place in range(municipality_count)
    )


def _seed_of(seed: int, code: str) -> int:
    """A seed for one municipality, drawn from the country's."""
    sequence = part_generator(seed, f"country seed {code}")
    return int(sequence.integers(0, 2**64, dtype=np.uint64)) >> _SEED_BITS_LEFT_OUT


def _draw_sizes(rng: np.random.Generator, municipality_count: int, children_count: int) -> Indices:
    """Children per municipality, log-normal, none above the largest share, in whole numbers that sum to `children_count`."""
    # from here on whole numbers, so that no machine rounds differently
    weights = np.rint(1e6 * rng.lognormal(0.0, _SIZE_LOG_SD, size=municipality_count)).astype(np.int64)
    largest = max(_LARGEST_SHARE, 1.5 / municipality_count)
    for _ in range(municipality_count):  # cutting one makes the others' shares larger
        weights = np.minimum(weights, int(largest * int(weights.sum())))
    free = children_count - LEAST_CHILDREN * municipality_count
    ends = np.cumsum(weights) * free // int(weights.sum())
    sizes: Indices = LEAST_CHILDREN + np.diff(ends, prepend=0)
    return sizes


def _draw_profile(rng: np.random.Generator, code: str, rules: Mapping[str, Any]) -> dict[str, Any]:
    """A profile with the rules' fora and drawn districts, some under the adviser model."""
    district_count = int(rng.integers(_FEWEST_DISTRICTS, _MOST_DISTRICTS + 1))
    weights = rng.integers(1, 6, size=district_count).tolist()
    is_adviser = (rng.random(district_count) < _ADVISER_SHARE).tolist()
    start = date(int(rng.integers(_MODEL_START_YEARS[0], _MODEL_START_YEARS[1] + 1)), 8, 1)
    districts = [
        {
            "code": f"{code}-{UNIT_PREFIX}D{number:02d}",
            "name": f"Distrikt {number}",
            "model": ADVISER if advised else CASEWORKER,
            "share_of_children": float(weight),
        }
        for number, (weight, advised) in enumerate(zip(weights, is_adviser, strict=True), start=1)
    ]
    demo = {
        "municipality_name": f"Konstrueret Kommune {int(code[1:])}",
        "model_start_date": start,
        "districts": districts,
    }
    return {**rules, "demo": demo}


def with_years(parameters: Parameters, years: int) -> Parameters:
    """The same parameters, but registers that go back `years` school years, with the children who have grown up since."""
    # the oldest pupil of grade 9 in the first school year is 16 then
    return dataclasses.replace(
        parameters,
        population=dataclasses.replace(parameters.population, oldest_age_years=max(18, 16 + years)),
        school=dataclasses.replace(parameters.school, school_year_count=years),
        ladder=dataclasses.replace(parameters.ladder, social_history_years=years),
    )


def draw_planned(
    plan: MunicipalityPlan, *, parameters: Parameters, data_end_date: date = DEFAULT_DATA_END
) -> SimulatedMunicipality:
    """The municipality of a plan: always the same one, whichever were drawn before.

    The plan's children are all of its register: nobody who has grown up comes on top, or the country would have more than wished
    and more than it has numbers for.
    """
    population = dataclasses.replace(parameters.population, keeps_grown_up=False)
    return simulate_municipality(
        plan.profile,
        children_count=plan.children_count,
        seed=plan.seed,
        data_end_date=data_end_date,
        parameters=dataclasses.replace(parameters, population=population),
        number_block=plan.number_block,
        municipality_code=plan.code,
    )


def write_country(
    plans: Sequence[MunicipalityPlan],
    folder: Path,
    *,
    parameters: Parameters,
    data_end_date: date = DEFAULT_DATA_END,
    truth_folder: Path | None = None,
    after_each: Callable[[MunicipalityPlan, SimulatedMunicipality], None] = lambda plan, simulated: None,
) -> list[Path]:
    """Write `folder`/<source>/<code>.parquet for every municipality, and its truth if wanted; the Parquet paths come back.

    Columns and types are those of the contracts, with the municipality's code first. `after_each` is called when a municipality is
    written.
    """
    paths: list[Path] = []
    for plan in plans:
        simulated = draw_planned(plan, parameters=parameters, data_end_date=data_end_date)
        for source, frame in simulated.tables.items():
            path = folder / source / f"{plan.code}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_parquet(national_rows(frame, source_contract(source), plan.code)))
            paths.append(path)
        if truth_folder is not None:
            write_planned_truth(plan, simulated, truth_folder / f"{plan.code}.json")
        after_each(plan, simulated)
    return paths


def national_rows(frame: pl.DataFrame, contract: Contract, code: str) -> pl.DataFrame:
    """A municipality's rows as part of the country's: contract columns and types after the municipality's code, and every
    number that others also use with that code in front."""
    own = {name: pl.format(f"{code}-{{}}", pl.col(name)) for name in _OWN_NUMBERS if name in frame.columns}
    if "unit_code" in frame.columns:
        own["unit_code"] = (
            pl.when(pl.col("unit_kind_code") == "district")
            .then(pl.col("unit_code"))
            .otherwise(pl.format(f"{code}-{{}}", pl.col("unit_code")))
        )
    # a sender need not have an optional column; a required one that is missing is our fault, and select says so
    absent = [column.name for column in contract.columns if not column.is_required and column.name not in frame.columns]
    return frame.with_columns(**own, **dict.fromkeys(absent, pl.lit(None))).select(
        pl.lit(code).alias(MUNICIPALITY_COLUMN),
        *(pl.col(column.name).cast(parquet_type(column.physical_type)) for column in contract.columns),
    )


def parquet_type(physical_type: str) -> pl.DataType:
    """The column type for a contract's physical type; decimals keep their declared digits.

    Raises:
        ValueError: a type that no source has used so far.
    """
    if physical_type.startswith("DECIMAL("):
        precision, scale = (int(part) for part in physical_type[len("DECIMAL(") : -1].split(","))
        return pl.Decimal(precision, scale)
    if physical_type not in _TYPES:
        raise ValueError(f"no Parquet type is set for {physical_type}; known: {', '.join(sorted(_TYPES))}")
    return _TYPES[physical_type]


def _parquet(frame: pl.DataFrame) -> bytes:
    # through memory, so that a full disk is met by Python's own write, which says so in one known way
    target = io.BytesIO()
    frame.write_parquet(target, compression="zstd", statistics=True)
    return target.getvalue()


def write_planned_truth(plan: MunicipalityPlan, simulated: SimulatedMunicipality, path: Path) -> None:
    """Write what is true of one municipality of the country as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    truth = {"municipality_code": plan.code, **truth_without_files(simulated)}
    path.write_text(json.dumps(truth, ensure_ascii=False) + "\n", encoding="utf-8")
