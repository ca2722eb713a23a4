"""From one 30 September to the next: who enters settings outside the mainstream, who leaves them, and who never was there."""

from collections import Counter
from datetime import date

import duckdb
import polars as pl
import pytest

from pipelines.municipalities import load_profile
from pipelines.simulate import simulate_municipality
from tests.sql.drawn import assert_rows, built, built_when_named, empty_warehouse, fill_simulated

CHILDREN = """
child_id birth_date  home_district_code home_municipality_code resident_from_date resident_to_date
anna     2015-03-01  NORD               -                      2015-03-01         -
bo       2015-03-01  SYD                -                      2015-03-01         -
cleo     2019-03-01  NORD               -                      2019-03-01         -
dan      2015-03-01  NORD               -                      2015-03-01         2026-01-31
eva      2015-03-01  SYD                -                      2026-03-01         -
fie      2010-03-01  SYD                -                      2010-03-01         -
gry      2015-03-01  NORD               -                      2015-03-01         -
hal      2015-03-01  -                  390                    2015-03-01         -
"""
INSTITUTIONS = """
institution_code institution_type_code district_code
NORDSKOLE        folkeskole            NORD
FRISKOLE         private_school        NORD
SPECIAL          special_school        SYD
TIENDE           youth_school          SYD
BOERNEHUS        daycare               NORD
"""
PLACEMENTS = """
child_id institution_code grade_number class_type_code start_date  end_date
anna     NORDSKOLE        3            10              2024-08-01  2025-07-31
anna     SPECIAL          4            20              2025-08-01  2026-07-31
anna     NORDSKOLE        5            10              2026-08-01  -
dan      NORDSKOLE        3            10              2024-08-01  2025-07-31
bo       SPECIAL          3            20              2024-08-01  2025-07-31
bo       NORDSKOLE        4            10              2025-08-01  2026-07-31
bo       NORDSKOLE        5            20              2026-08-01  -
cleo     BOERNEHUS        -            90              2022-08-01  2025-07-31
cleo     SPECIAL          0            20              2025-08-01  -
dan      SPECIAL          4            20              2025-08-01  2026-01-31
eva      SPECIAL          5            20              2026-08-01  -
fie      SPECIAL          9            20              2025-08-01  2026-07-31
fie      TIENDE           10           10              2026-08-01  -
gry      SPECIAL          4            20              2025-08-01  2026-07-31
gry      FRISKOLE         5            10              2026-08-01  -
hal      SPECIAL          4            20              2025-08-01  -
"""
FLOW = "SELECT * FROM marts.mart_mainstream_flow WHERE area_kind = 'municipality'"


@pytest.fixture(scope="module")
def drawn() -> duckdb.DuckDBPyConnection:
    return built({"children": CHILDREN, "institutions": INSTITUTIONS, "school_placements": PLACEMENTS})


def test_every_way_has_its_row(drawn: duckdb.DuckDBPyConnection) -> None:
    # 2026/27: anna is back; bo is outside again, a repeat entry; cleo stays; dan moved away; eva came; fie finished the ninth
    # grade; gry went to a private school; hal lives in another municipality and is none of ours
    assert_rows(
        drawn,
        f"{FLOW} AND school_year = '2026/27'",
        """
        grade_number state_before_code state_code        was_segregated_before children_count
        5            segregated        mainstream        True                  1
        5            mainstream        segregated        True                  1
        1            segregated        segregated        True                  1
        5            segregated        elsewhere         True                  1
        5            elsewhere         segregated        False                 1
        10           segregated        after_ninth_grade True                  1
        5            segregated        other_school      True                  1
        """,
    )


def test_a_new_entry_is_told_apart_from_a_start_of_school(drawn: duckdb.DuckDBPyConnection) -> None:
    # fie and gry had no place that we know in the year before
    assert_rows(
        drawn,
        f"{FLOW} AND school_year = '2025/26'",
        """
        grade_number state_before_code state_code was_segregated_before children_count
        4            mainstream        segregated False                 2
        4            segregated        mainstream True                  1
        0            daycare           segregated False                 1
        4            no_place          segregated False                 1
        9            no_place          segregated False                 1
        """,
    )


def test_a_child_that_left_counts_where_it_lived(drawn: duckdb.DuckDBPyConnection) -> None:
    assert_rows(
        drawn,
        "SELECT * FROM marts.mart_mainstream_flow WHERE area_kind = 'district' AND school_year = '2026/27' "
        "AND 'elsewhere' IN (state_before_code, state_code)",
        """
        area_code state_before_code state_code children_count
        NORD      segregated        elsewhere  1
        SYD       elsewhere         segregated 1
        """,
    )


def test_of_a_cohort_those_still_here_are_asked_whether_they_ever_were_outside() -> None:
    # three begin in 2024/25; bo is outside for a year and back; cleo goes to a private school; dan comes later
    connection = built(
        {
            "children": """
            child_id birth_date home_district_code resident_from_date
            anna     2018-03-01 NORD               2018-03-01
            bo       2018-03-01 NORD               2018-03-01
            cleo     2018-03-01 NORD               2018-03-01
            dan      2018-03-01 NORD               2025-09-01
            """,
            "institutions": INSTITUTIONS,
            "school_placements": """
            child_id institution_code grade_number class_type_code start_date  end_date
            anna     NORDSKOLE        0            10              2024-08-01  -
            bo       NORDSKOLE        0            10              2024-08-01  2025-07-31
            bo       NORDSKOLE        1            20              2025-08-01  2026-07-31
            bo       NORDSKOLE        2            10              2026-08-01  -
            cleo     NORDSKOLE        0            10              2024-08-01  2025-07-31
            cleo     FRISKOLE         1            10              2025-08-01  -
            dan      SPECIAL          1            20              2025-09-01  -
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_never_segregated",
        """
        cohort_school_year school_year years_since_start_count children_count never_segregated_count
        2024/25            2024/25     0                       3              3
        2024/25            2025/26     1                       2              1
        2024/25            2026/27     2                       2              1
        """,
    )


def test_help_within_five_years_makes_a_pupil_one_of_the_helped() -> None:
    # anna's help ended six years before, bo's five years before to the day, cleo's begins the day after, dan's is on no rung
    connection = built(
        {
            "children": CHILDREN,
            "institutions": INSTITUTIONS,
            "school_placements": """
            child_id institution_code grade_number class_type_code start_date
            anna     NORDSKOLE        5            20              2026-08-01
            bo       NORDSKOLE        5            20              2026-08-01
            gry      NORDSKOLE        5            10              2026-08-01
            fie      NORDSKOLE        9            10              2026-08-01
            """,
            "measures": """
            child_id measure_id paragraph_code place_code start_date end_date
            anna     M1         BL-30          -          2019-01-01 2020-09-29
            bo       M2         BL-30          -          2019-01-01 2021-09-30
            gry      M3         BL-30          -          2026-10-01 -
            fie      M4         BL-30          -          2026-09-30 -
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_vulnerable_segregation WHERE school_year = '2026/27'",
        """
        group_code pupils_count mainstream_count segregated_count
        helped     2            1                1
        other      2            1                1
        """,
    )


@pytest.fixture(scope="module")
def simulated() -> tuple[dict[str, pl.DataFrame], duckdb.DuckDBPyConnection]:
    drawn = simulate_municipality(
        load_profile("vordingborg_next_step"), children_count=3000, seed=4, data_end_date=date(2026, 9, 30)
    )
    connection = empty_warehouse()
    for source in ("children", "institutions", "school_placements"):
        fill_simulated(connection, source, drawn.tables[source])
    return dict(drawn.tables), built_when_named(connection)


def test_ways_into_and_out_of_the_segregated_are_those_of_a_walk_through_the_files(
    simulated: tuple[dict[str, pl.DataFrame], duckdb.DuckDBPyConnection],
) -> None:
    tables, connection = simulated
    walked = Counter(ways_in_the_files(tables))
    found = {
        row[:3]: row[3]
        for row in connection.execute(
            "SELECT school_year, state_before_code = 'segregated', state_code = 'segregated', sum(children_count) "
            "FROM marts.mart_mainstream_flow WHERE area_kind = 'municipality' AND 'segregated' IN (state_before_code, state_code) "
            "GROUP BY ALL"
        ).fetchall()
    }
    assert sum(walked.values()) > 100
    assert {key: int(count) for key, count in found.items()} == dict(walked)


def ways_in_the_files(tables: dict[str, pl.DataFrame]) -> list[tuple[str, bool, bool]]:
    """(school year, segregated before, segregated now) of every child that was one of the two, from the delivered rows."""
    kinds = dict(tables["institutions"].select("institution_code", "institution_type_code").iter_rows())
    homes: dict[str, list[dict[str, object]]] = {}
    for row in tables["children"].iter_rows(named=True):
        homes.setdefault(row["child_id"], []).append(row)
    places: dict[str, list[dict[str, object]]] = {}
    for row in tables["school_placements"].iter_rows(named=True):
        places.setdefault(row["child_id"], []).append(row)
    ways = []
    for year in range(2022, 2027):
        for child, residences in homes.items():
            before, now = (is_segregated(residences, places.get(child, []), kinds, at) for at in (year - 1, year))
            if before or now:
                ways.append((f"{year}/{(year + 1) % 100}", before, now))
    first = min(year for year, *_ in ways)
    return [way for way in ways if way[0] > first or way[1]]


def is_segregated(residences, placements, kinds, year: int) -> bool:
    day = date(year, 9, 30)
    if not any(
        row["resident_from_date"] <= day <= (row["resident_to_date"] or day) and row["home_municipality_code"] is None
        for row in residences
    ):
        return False
    open_on_day = [
        row
        for row in placements
        if row["start_date"] <= day <= (row["end_date"] or day) and row["grade_number"] is not None
    ]
    for row in open_on_day:
        school_year = row["start_date"].year - (row["start_date"].month < 8)
        grade = row["grade_number"] + year - school_year
        is_special = kinds[row["institution_code"]] in ("special_school", "day_treatment")
        if 0 <= grade <= 9 and (is_special or row["class_type_code"] in ("20", "29")):
            return kinds[row["institution_code"]] != "private_school"
    return False
