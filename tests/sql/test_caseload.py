"""Caseload, drawn: the model in force on the counting day, and a year's cases per position with the people behind them."""

import duckdb
import pytest

from tests.sql.drawn import assert_rows, built, found_by

ORGANISATION = """
unit_kind_code unit_code model_code           from_date  to_date
district       NORD      authority_caseworker 2019-01-01 2025-06-30
district       NORD      district_adviser     2025-07-01 -
district       SYD       authority_caseworker 2019-01-01 -
institution    S10       authority_caseworker 2019-01-01 -
"""
INSTITUTIONS = """
institution_code institution_type_code district_code
S10              youth_school          NORD
S11              folkeskole            NORD
"""
HEAD = "unit_kind_code unit_code profession_code counted_date case_count full_time_positions worker_count\n"


def of_counts(drawn: str) -> duckdb.DuckDBPyConnection:
    return built({"organisation": ORGANISATION, "institutions": INSTITUTIONS, "caseload": HEAD + drawn})


def test_the_model_is_that_of_the_unit_on_the_counting_day() -> None:
    """A school has its district's, unless it is named itself; a cluster and the whole municipality have none."""
    connection = of_counts("""
        district     NORD authority_caseworker 2025-06-30 40 2.0 3
        district     NORD authority_caseworker 2025-07-01 40 2.0 3
        district     VEST authority_caseworker 2025-07-01 40 2.0 3
        institution  S10  authority_caseworker 2025-07-01 9  0.5 1
        institution  S11  authority_caseworker 2025-07-01 9  0.5 1
        cluster      S11  authority_caseworker 2025-07-01 9  0.5 1
        municipality ALLE authority_caseworker 2018-12-31 9  -   -
    """)
    assert_rows(
        connection,
        "SELECT * FROM core.fct_caseload",
        """
        unit_kind_code unit_code counted_date case_count full_time_positions worker_count model_code
        district       NORD      2025-06-30   40         2.00                3            authority_caseworker
        district       NORD      2025-07-01   40         2.00                3            district_adviser
        district       VEST      2025-07-01   40         2.00                3            -
        institution    S10       2025-07-01   9          0.50                1            authority_caseworker
        institution    S11       2025-07-01   9          0.50                1            district_adviser
        cluster        S11       2025-07-01   9          0.50                1            -
        municipality   ALLE      2018-12-31   9          -                   -            -
        """,
    )
    assert found_by("caseload_stands_under_two_models", connection) == []


COUNTS = """
    district NORD authority_caseworker 2025-05-31 60  3.0 4
    district NORD authority_caseworker 2025-06-30 66  3.0 3
    district NORD authority_caseworker 2025-07-31 50  3.5 4
    district SYD  authority_caseworker 2025-05-31 40  1.5 2
    district SYD  authority_caseworker 2025-06-30 44  1.5 2
    district SYD  authority_caseworker 2025-07-31 999 -   2
    district SYD  district_adviser     2025-06-30 7   0.5 -
    district SYD  authority_caseworker 2026-12-31 80  2.0 3
"""


def test_cases_per_position_are_cases_over_positions_on_the_same_days() -> None:
    """A count without positions is left out of both, and one after the as-of date altogether."""
    rows = (
        of_counts(COUNTS)
        .execute(
            "SELECT model_code, unit_code, units_count, counting_days_count, case_days, position_days, cases_per_position "
            "FROM marts.mart_caseload WHERE profession_code = 'authority_caseworker' ORDER BY model_code, unit_code"
        )
        .fetchall()
    )
    assert rows == [
        ("authority_caseworker", "ALL", 2, 2, 60 + 66 + 40 + 44, 9.0, pytest.approx(210 / 9)),
        ("authority_caseworker", "NORD", 1, 2, 60 + 66, 3.0 + 3.0, pytest.approx(126 / 6)),
        ("authority_caseworker", "SYD", 1, 2, 40 + 44, 1.5 + 1.5, pytest.approx(84 / 3)),
        ("district_adviser", "ALL", 1, 1, 50, 3.5, pytest.approx(50 / 3.5)),
        ("district_adviser", "NORD", 1, 1, 50, 3.5, pytest.approx(50 / 3.5)),
    ]


def test_behind_a_figure_stand_at_least_so_many_people_on_every_day() -> None:
    """NORD: 3 on 30 June. Together: 4 positions on each day are at least 4 people, however many units one of them works in."""
    assert_rows(
        of_counts(COUNTS),
        "SELECT * FROM marts.mart_caseload WHERE model_code = 'authority_caseworker'",
        """
        profession_code      unit_code least_worker_count
        authority_caseworker NORD      3
        authority_caseworker SYD       2
        authority_caseworker ALL       4
        district_adviser     SYD       0
        district_adviser     ALL       0
        """,
    )


def test_no_positions_at_all_give_no_figure_and_no_error() -> None:
    connection = of_counts("district SYD authority_caseworker 2025-05-31 12 0 0\n")
    rows = connection.execute("SELECT case_days, position_days, cases_per_position FROM marts.mart_caseload").fetchall()
    assert rows == [(12, 0.0, None)] * 2


def test_where_periods_overlap_a_count_stands_once_under_the_later() -> None:
    """SYD was given to the advisers from June, and nobody closed the caseworkers' period."""
    twice = f"{ORGANISATION}district SYD district_adviser 2025-06-01 -\n"
    connection = built({"organisation": twice, "caseload": HEAD + COUNTS})
    assert_rows(
        connection,
        "SELECT * FROM core.fct_caseload WHERE unit_code = 'SYD' AND profession_code = 'authority_caseworker'",
        """
        counted_date case_count model_code
        2025-05-31   40         authority_caseworker
        2025-06-30   44         district_adviser
        2025-07-31   999        district_adviser
        2026-12-31   80         district_adviser
        """,
    )
    assert found_by("caseload_stands_under_two_models", connection) == []


def test_without_counts_there_is_no_row_and_nothing_fails() -> None:
    connection = built({"organisation": ORGANISATION})
    for table in ("core.fct_caseload", "marts.mart_caseload"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
