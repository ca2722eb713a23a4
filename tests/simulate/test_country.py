"""Is the made-up country one country: each child once, contract columns and types, and every municipality drawn alone?"""

import hashlib
import json
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.codes import load_code_table
from pipelines.contracts import source_contract
from pipelines.municipalities import load_profile
from pipelines.simulate import Parameters
from pipelines.simulate.country import (
    LEAST_CHILDREN,
    MOST_CHILDREN,
    MUNICIPALITY_COLUMN,
    MunicipalityPlan,
    parquet_type,
    plan_country,
    with_years,
    write_country,
)
from pipelines.simulate.population import NUMBER_COUNT, NumberBlock, draw_numbers

RULES = load_profile("vordingborg_next_step")
PARAMETERS = with_years(Parameters(), 5)
CHILDREN = 900


@pytest.fixture(scope="module")
def plans() -> tuple[MunicipalityPlan, ...]:
    return plan_country(RULES, municipality_count=3, children_count=CHILDREN, seed=9)


@pytest.fixture(scope="module")
def country(plans: tuple[MunicipalityPlan, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("country")
    write_country(plans, folder / "data", parameters=PARAMETERS, truth_folder=folder / "truth")
    return folder


def parquet_files(country: Path) -> list[Path]:
    return sorted((country / "data").glob("*/*.parquet"))


def test_every_source_has_one_file_per_municipality(country: Path) -> None:
    sources = {path.parent.name for path in parquet_files(country)}
    assert {"children", "institutions", "organisation", "school_placements", "measures", "sdq_answers"} <= sources
    assert [(path.parent.name, path.stem) for path in parquet_files(country)] == [
        (source, code) for source in sorted(sources) for code in ("K01", "K02", "K03")
    ]


def test_no_child_stands_in_two_municipalities(country: Path, plans: tuple[MunicipalityPlan, ...]) -> None:
    residents = visitors = 0
    numbers: set[str] = set()
    for plan in plans:
        frame = pl.read_parquet(country / "data" / "children" / f"{plan.code}.parquet")
        is_resident = pl.col("home_district_code").is_not_null()
        assert frame.filter(is_resident)["child_id"].n_unique() == plan.children_count
        residents += plan.children_count
        visitors += frame.filter(~is_resident)["child_id"].n_unique()
        numbers |= set(frame["child_id"])
    assert residents == CHILDREN
    assert len(numbers) == residents + visitors


def test_columns_and_types_are_the_contracts(country: Path) -> None:
    """DuckDB's own names of the types stand in the contracts; the CPR number is text until typing makes it a pseudonym."""
    for path in parquet_files(country):
        described = duckdb.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
        wanted = [
            (column.name, column.physical_type.replace("UUID", "VARCHAR"))
            for column in source_contract(path.parent.name).columns
        ]
        assert [(row[0], row[1]) for row in described] == [(MUNICIPALITY_COLUMN, "VARCHAR"), *wanted]


def test_required_cells_are_filled_and_codes_are_known(country: Path) -> None:
    for path in parquet_files(country):
        frame = pl.read_parquet(path)
        assert set(frame[MUNICIPALITY_COLUMN]) <= {path.stem}
        for column in source_contract(path.parent.name).columns:
            values = frame[column.name]
            assert values.null_count() == 0 or not column.is_required, f"{path.name}: {column.name}"
            if column.code_table:
                known = {row["code"] for row in load_code_table(column.code_table).rows}
                assert {str(value) for value in values.drop_nulls()} <= known, f"{path.name}: {column.name}"


def test_business_keys_are_unique_in_the_whole_country(country: Path) -> None:
    """Institutions, measures and meetings are numbered alike everywhere, so the municipality's code stands in front. Published
    figures are about the municipality that they come with."""
    for source in {path.parent.name for path in parquet_files(country)}:
        key = list(source_contract(source).business_key)
        key += [MUNICIPALITY_COLUMN] if source == "segregation_figures" else []
        frame = pl.read_parquet(country / "data" / source / "*.parquet")
        assert frame.height > 0
        assert frame.select(pl.struct(key).is_duplicated().sum()).item() == 0, source


def test_numbers_that_point_to_institutions_find_them(country: Path) -> None:
    read = {
        source: pl.read_parquet(country / "data" / source / "*.parquet")
        for source in ("institutions", "school_placements", "sdq_answers")
    }
    known = set(read["institutions"]["institution_code"])
    for source in ("school_placements", "sdq_answers"):
        assert set(read[source]["institution_code"].drop_nulls()) <= known


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_municipality_is_the_same_drawn_alone(
    country: Path, plans: tuple[MunicipalityPlan, ...], tmp_path: Path
) -> None:
    write_country(plans[1:2], tmp_path / "data", parameters=PARAMETERS, truth_folder=tmp_path / "truth")
    alone, whole = digests(tmp_path), digests(country)
    assert alone
    assert alone == {name: digest for name, digest in whole.items() if "K02" in name}


def test_another_seed_is_another_country(plans: tuple[MunicipalityPlan, ...]) -> None:
    other = plan_country(RULES, municipality_count=3, children_count=CHILDREN, seed=10)
    assert not {plan.seed for plan in plans} & {plan.seed for plan in other}
    assert [plan.children_count for plan in plans] != [plan.children_count for plan in other]


def test_the_truth_of_a_municipality_agrees_with_its_files(country: Path, plans: tuple[MunicipalityPlan, ...]) -> None:
    """Pupils of the whole municipality in one school year, counted from placements and residences by plain SQL."""
    for plan in plans:
        truth = json.loads((country / "truth" / f"{plan.code}.json").read_text(encoding="utf-8"))
        assert (truth["municipality_code"], truth["children_count"]) == (plan.code, plan.children_count)
        row = next(
            row
            for row in truth["mainstream_shares"]
            if (row["definition_id"], row["area_code"], row["school_year"])
            == ("own_register_daycare", "ALL", "2024/25")
        )
        counted = duckdb.sql(f"""
            SELECT count(*) FROM '{country}/data/school_placements/{plan.code}.parquet' AS placed
            JOIN '{country}/data/children/{plan.code}.parquet' AS lived USING (child_id)
            WHERE placed.class_type_code IN ('90', '91', '92')
              AND DATE '2024-09-30' BETWEEN start_date AND coalesce(end_date, DATE '9999-12-31')
              AND DATE '2024-09-30' BETWEEN resident_from_date AND coalesce(resident_to_date, DATE '9999-12-31')
        """).fetchone()
        assert counted == (row["pupils_count"],)


def test_registers_go_back_as_many_years_with_pupils_in_every_grade(country: Path) -> None:
    placements = pl.read_parquet(country / "data" / "school_placements" / "*.parquet")
    # data end 30 September 2026: five school years begin in 2022 at the earliest
    assert placements["start_date"].min().year == 2022
    first_year = placements.filter(pl.col("start_date").dt.year() == 2022)
    assert set(range(10)) <= set(first_year["grade_number"].drop_nulls())


@given(st.integers(1, 98), st.integers(0, 2**40), st.data())
@settings(max_examples=40, deadline=None)
def test_sizes_and_blocks_of_numbers_fill_the_country(count: int, seed: int, data: st.DataObject) -> None:
    children = data.draw(st.integers(count * LEAST_CHILDREN, MOST_CHILDREN))
    plans = plan_country(RULES, municipality_count=count, children_count=children, seed=seed)
    assert [plan.code for plan in plans] == [f"K{number:02d}" for number in range(1, count + 1)]
    assert sum(plan.children_count for plan in plans) == children
    assert min(plan.children_count for plan in plans) >= LEAST_CHILDREN
    if count >= 20:  # nobody is above a tenth, but for what the smallest are owed
        assert max(plan.children_count for plan in plans) <= 0.1 * children + LEAST_CHILDREN + 1
    blocks = [plan.number_block for plan in plans]
    assert blocks[0].first == 0
    assert [block.first + block.size for block in blocks] == [*(block.first for block in blocks[1:]), NUMBER_COUNT]
    for plan in plans:
        assert 3 <= len(plan.profile["demo"]["districts"]) <= 12
        assert plan.number_block.size >= 4 * plan.children_count


def test_every_first_nine_digits_lie_in_one_place_of_the_space() -> None:
    spread = NumberBlock().first_nine_digits(np.arange(NUMBER_COUNT))
    assert np.array_equal(np.sort(spread), np.arange(NUMBER_COUNT))
    assert np.abs(np.diff(spread[:1000])).min() > 1000


def test_the_densest_block_has_numbers_enough_for_both_sexes() -> None:
    """At the most children a municipality of 200 has 818 first nine digits, about 370 numbers of each sex."""
    block = NumberBlock(first=1_000_000, size=LEAST_CHILDREN * NUMBER_COUNT // MOST_CHILDREN)
    for seed in range(30):
        rng = np.random.default_rng(seed)
        is_boy = rng.random(LEAST_CHILDREN) < 0.513
        numbers = draw_numbers(rng, is_boy, block=block)
        assert len(set(numbers)) == LEAST_CHILDREN
        assert [int(number[9]) % 2 == 1 for number in numbers] == is_boy.tolist()
        for number in numbers:
            assert (
                sum(int(digit) * weight for digit, weight in zip(number, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1), strict=True))
                % 11
                == 0
            )
            assert number[6] in "5678"
            assert 58 <= int(number[4:6]) <= 99


@pytest.mark.parametrize(("municipalities", "children"), [(0, 1000), (99, 100_000), (2, 399), (2, MOST_CHILDREN + 1)])
def test_impossible_countries_are_refused(municipalities: int, children: int) -> None:
    with pytest.raises(ValueError, match="not"):
        plan_country(RULES, municipality_count=municipalities, children_count=children)


def test_an_unknown_type_is_refused() -> None:
    assert parquet_type("DECIMAL(5,2)") == pl.Decimal(5, 2)
    with pytest.raises(ValueError, match="no Parquet type is set for GEOMETRY"):
        parquet_type("GEOMETRY")
