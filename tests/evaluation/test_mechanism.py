"""Cases per full-time position by model: counted where they were counted, before and in the window, with the people behind them."""

import duckdb
import pytest

from pipelines.evaluation.mechanism import Caseload, When, parting_date, read_caseload
from pipelines.evaluation.register_children import read_model_periods
from tests.evaluation.drawn_study import a_plan
from tests.sql.drawn import built

# R1 has an adviser from 1 February 2022, R2 from 1 August 2023; S1 and S2 have caseworkers; S9 in R1 has one of its own
ORGANISATION = """
    unit_kind_code unit_code model_code           from_date   to_date
    district       R1        authority_caseworker 2019-01-01  2022-01-31
    district       R1        district_adviser     2022-02-01  -
    district       R2        authority_caseworker 2019-01-01  2023-07-31
    district       R2        district_adviser     2023-08-01  -
    district       S1        authority_caseworker 2019-01-01  -
    district       S2        authority_caseworker 2019-01-01  -
    institution    S9        authority_caseworker 2019-01-01  -
    """
COMPARED = ("R1", "R2", "S1", "S2")
COUNTED = """
    unit_kind_code unit_code profession_code      counted_date case_count full_time_positions worker_count
    district       R1        district_adviser     2024-09-30   30         2.0                 3
    district       R1        district_adviser     2025-03-31   50         2.0                 2
    district       R1        authority_caseworker 2025-03-31   10         1.0                 1
    district       R1        psychologist         2024-09-30   99         1.0                 1
    district       R2        district_adviser     2024-09-30   20         1.0                 1
    institution    SKOLE     district_adviser     2024-10-31   4          0.5                 1
    district       R2        district_adviser     2025-08-01   99         1.5                 2
    district       S1        authority_caseworker 2024-09-30   60         2.0                 2
    district       S2        authority_caseworker 2024-09-30   40         2.0                 2
    district       S2        authority_caseworker 2024-10-31   99         -                   2
    cluster        S2        authority_caseworker 2024-09-30   99         1.0                 1
    institution    S9        authority_caseworker 2024-09-30   99         1.0                 1
    district       R1        authority_caseworker 2021-09-30   50         2.0                 2
    district       R2        authority_caseworker 2021-02-01   30         1.0                 1
    district       R2        authority_caseworker 2021-01-31   99         1.0                 1
    district       S1        authority_caseworker 2022-01-31   48         2.0                 2
    district       S2        authority_caseworker 2022-02-01   99         2.0                 2
    """
INSTITUTIONS = """
    institution_code institution_name institution_type_code district_code
    SKOLE            Skolen           folkeskole            R2
    S9               Tiende           youth_school          R1
    """


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return built({"organisation": ORGANISATION, "institutions": INSTITUTIONS, "caseload": COUNTED})


def test_cases_and_positions_are_those_of_an_ordinary_counting_day(connection: duckdb.DuckDBPyConnection) -> None:
    found = read_caseload(connection, a_plan(), COMPARED)
    # R1: (30 + 60) / 2 cases on (2 + 3) / 2 positions; R2: 20 on 1, and at its school 4 on 0.5, counted on another day
    # psychologists' cases are neither model's, S9 has a model of its own, the cluster S2 is no district
    treated = found[When.WINDOW, True]
    assert treated.cases == 45 + 24
    assert treated.cases_per_position == pytest.approx((45 + 24) / (2.5 + 1.5))
    # at least two people in R1, and one in R2, who may be one of them; 2 + 1 + 0.5 positions are three whole ones
    assert (treated.clusters, treated.workers) == (2, 3)
    comparison = found[When.WINDOW, False]
    # S2's count without positions is in neither
    assert (comparison.cases_per_position, comparison.workers) == ((60 + 40) / (2 + 2), 4)


def test_by_district_an_institution_with_a_model_of_its_own_is_a_unit_of_its_district(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = read_caseload(connection, a_plan(estimand={"counted_by": "district"}), COMPARED)
    assert found[When.WINDOW, True].cases == 45 + 24 + 99


def test_the_year_before_is_the_one_before_the_first_district_changed_and_needs_every_district_of_an_arm(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    periods = read_model_periods(connection, a_plan())
    assert str(parting_date(periods, ["R1", "R2"], a_plan())) == "2022-02-01"
    assert parting_date(periods, ["S1"], a_plan()) is None
    found = read_caseload(connection, a_plan(), COMPARED)
    before = found[When.BEFORE, True]
    assert before.cases_per_position == pytest.approx((50 + 30) / (2 + 1))
    # S2 was not counted that year: S1 alone is another arm than the compared one
    assert (When.BEFORE, False) not in found
    assert read_caseload(connection, a_plan(), ("R1", "R2", "S1"))[When.BEFORE, False] == Caseload(48 / 2, 48, 1, 2)


def test_what_was_never_delivered_is_nothing() -> None:
    assert read_caseload(duckdb.connect(), a_plan(), COMPARED) == {}
