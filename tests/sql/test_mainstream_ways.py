"""Where did pupils outside the mainstream come from, and how long are they there: drawn cases, and a walk through delivered files."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.municipalities import load_profile
from pipelines.simulate import simulate_municipality
from tests.sql.drawn import assert_rows, built, built_when_named, empty_warehouse, fill_simulated

INSTITUTIONS = """
institution_code institution_type_code district_code municipality_code
NORDSKOLE        folkeskole            NORD          -
SYDSKOLE         folkeskole            SYD           -
FRISKOLE         private_school        NORD          -
SPECIAL          special_school        SYD           -
LANGTVAEK        special_school        -             390
KLUB             club                  NORD          -
BOERNEHUS        daycare               NORD          -
SAERLIG          special_daycare       SYD           -
"""


@pytest.fixture(scope="module")
def drawn() -> duckdb.DuckDBPyConnection:
    """From 30 September 2025 to 30 September 2026; all live in NORD.

    anna changed school in February and came outside in May. bo went to a special school in another municipality, kai too, after a
    summer without a place. cleo went to a private school and stays there; dan went to one and came outside from there. jon moved
    away. ida finished the ninth grade. lea has been outside all along. mia was in the club, too. eva and hal began in school from
    ordinary daycare, fie from special daycare, and gry came outside after some weeks in an ordinary grade 0.
    """
    return built(
        {
            "children": """
            child_id birth_date home_district_code resident_from_date resident_to_date
            anna     2016-03-01 NORD               2016-03-01         -
            bo       2016-03-01 NORD               2016-03-01         -
            cleo     2016-03-01 NORD               2016-03-01         -
            dan      2016-03-01 NORD               2016-03-01         -
            ida      2010-03-01 NORD               2010-03-01         -
            jon      2016-03-01 NORD               2016-03-01         2026-01-31
            kai      2016-03-01 NORD               2016-03-01         -
            lea      2016-03-01 NORD               2016-03-01         -
            mia      2016-03-01 NORD               2016-03-01         -
            eva      2020-03-01 NORD               2020-03-01         -
            fie      2020-03-01 NORD               2020-03-01         -
            gry      2020-03-01 NORD               2020-03-01         -
            hal      2020-03-01 NORD               2020-03-01         -
            """,
            "institutions": INSTITUTIONS,
            "school_placements": """
            child_id institution_code grade_number class_type_code start_date  end_date
            anna     NORDSKOLE        3            10              2025-08-01  2026-01-31
            anna     SYDSKOLE         3            10              2026-02-01  2026-04-30
            anna     SPECIAL          3            20              2026-05-01  -
            bo       NORDSKOLE        3            10              2025-08-01  2026-07-31
            bo       LANGTVAEK        4            20              2026-08-01  -
            cleo     NORDSKOLE        3            10              2025-08-01  2026-07-31
            cleo     FRISKOLE         4            10              2026-08-01  -
            dan      NORDSKOLE        3            10              2025-08-01  2025-12-31
            dan      FRISKOLE         3            10              2026-01-01  2026-04-30
            dan      SPECIAL          3            20              2026-05-01  -
            ida      NORDSKOLE        9            10              2025-08-01  2026-07-31
            jon      NORDSKOLE        3            10              2025-08-01  2026-01-31
            kai      NORDSKOLE        3            10              2025-08-01  2026-06-26
            kai      LANGTVAEK        4            20              2026-08-10  -
            lea      SPECIAL          3            20              2025-08-01  -
            mia      NORDSKOLE        3            10              2025-08-01  2026-07-31
            mia      KLUB             -            10              2025-08-01  -
            mia      NORDSKOLE        4            20              2026-08-01  -
            eva      BOERNEHUS        -            90              2023-08-01  2026-07-31
            eva      SPECIAL          0            20              2026-08-01  -
            fie      SAERLIG          -            91              2023-08-01  2026-07-31
            fie      SPECIAL          0            20              2026-08-01  -
            gry      BOERNEHUS        -            90              2023-08-01  2026-07-31
            gry      NORDSKOLE        0            10              2026-08-01  2026-09-14
            gry      SPECIAL          0            20              2026-09-15  -
            hal      BOERNEHUS        -            90              2023-08-01  2026-07-31
            hal      NORDSKOLE        0            10              2026-08-01  -
            """,
        }
    )


def test_a_pupil_counts_at_the_place_it_left_the_day_before(drawn: duckdb.DuckDBPyConnection) -> None:
    # NORDSKOLE, grade 4: bo, kai and mia came outside; cleo and jon could have; ida is past grade 9, lea was outside before
    assert_rows(
        drawn,
        "SELECT * FROM marts.mart_mainstream_entry WHERE school_year = '2026/27'",
        """
        state_before_code institution_code grade_number pupils_count entered_count
        mainstream        NORDSKOLE        4            5            3
        mainstream        SYDSKOLE         4            1            1
        mainstream        FRISKOLE         4            1            1
        daycare           BOERNEHUS        0            3            2
        special_daycare   SAERLIG          0            1            1
        """,
    )


def test_every_entry_is_one_of_the_ways(drawn: duckdb.DuckDBPyConnection) -> None:
    ((entered, ways),) = drawn.execute(
        "SELECT (SELECT sum(entered_count) FROM marts.mart_mainstream_entry), (SELECT sum(children_count) "
        "FROM marts.mart_mainstream_flow WHERE area_kind = 'municipality' AND state_code = 'segregated' "
        "AND state_before_code IN ('mainstream', 'daycare', 'special_daycare'))"
    ).fetchall()
    assert entered == ways == 3 + 1 + 1 + 2 + 1


def test_stays_run_together_on_one_side_of_the_mainstream() -> None:
    # the register tells of ends from 2023-08-01 on (oda's): what begins before is left truncated. anna is outside twice, bo goes from
    # class to school to class and moves away; cleo has a gap of 45 days, dan one of 20 within the grace gap of 30; eva comes from
    # ordinary daycare, fie goes from special daycare to special class without leaving; a private school is inside
    connection = built(
        {
            "children": """
            child_id birth_date home_district_code resident_from_date resident_to_date
            anna     2014-03-01 NORD               2014-03-01         -
            bo       2014-03-01 NORD               2014-03-01         2025-03-31
            cleo     2014-03-01 NORD               2014-03-01         -
            dan      2014-03-01 NORD               2014-03-01         -
            eva      2018-03-01 NORD               2018-03-01         -
            fie      2018-03-01 NORD               2018-03-01         -
            oda      2014-03-01 NORD               2014-03-01         -
            """,
            "institutions": INSTITUTIONS,
            "school_placements": """
            child_id institution_code grade_number class_type_code start_date  end_date
            oda      NORDSKOLE        2            20              2022-08-01  2023-07-31
            oda      NORDSKOLE        3            10              2023-08-01  -
            anna     NORDSKOLE        2            10              2023-08-01  2024-07-31
            anna     SPECIAL          3            20              2024-08-01  2025-01-31
            anna     FRISKOLE         3            10              2025-02-01  2025-07-31
            anna     LANGTVAEK        4            29              2025-08-01  -
            bo       NORDSKOLE        3            20              2024-08-01  2024-09-30
            bo       LANGTVAEK        3            20              2024-10-01  2024-12-31
            bo       SPECIAL          3            29              2025-01-01  -
            cleo     SPECIAL          3            20              2024-08-01  2025-06-26
            cleo     SPECIAL          4            20              2025-08-11  -
            dan      SPECIAL          3            20              2024-08-01  2025-07-11
            dan      SPECIAL          4            20              2025-08-01  -
            eva      BOERNEHUS        -            90              2023-08-15  2024-07-31
            eva      SPECIAL          0            20              2024-08-01  -
            fie      SAERLIG          -            91              2023-08-15  2024-07-31
            fie      NORDSKOLE        0            20              2024-08-01  -
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_setting_stay",
        """
        child_id start_date after_date is_segregated is_left_truncated ended_as_code
        oda      2022-08-01 2023-08-01 True          True              crossed
        oda      2023-08-01 2026-10-01 False         False             data_end
        anna     2023-08-01 2024-08-01 False         False             crossed
        anna     2024-08-01 2025-02-01 True          False             crossed
        anna     2025-02-01 2025-08-01 False         False             crossed
        anna     2025-08-01 2026-10-01 True          False             data_end
        bo       2024-08-01 2025-04-01 True          False             moved_away
        cleo     2024-08-01 2025-06-27 True          False             data_end
        cleo     2025-08-11 2026-10-01 True          False             data_end
        dan      2024-08-01 2026-10-01 True          False             data_end
        eva      2023-08-15 2024-08-01 False         False             crossed
        eva      2024-08-01 2026-10-01 True          False             data_end
        fie      2023-08-15 2026-10-01 True          False             data_end
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


def test_entries_by_place_are_those_of_a_walk_through_the_files(
    simulated: tuple[dict[str, pl.DataFrame], duckdb.DuckDBPyConnection],
) -> None:
    tables, connection = simulated
    walked: Counter[tuple[str, str, str | None]] = Counter()
    files = Files(tables)
    for child in files.homes:
        for year in range(2024, 2027):
            entry = files.entry(child, year)
            if entry is not None:
                walked[f"{year}/{(year + 1) % 100}", *entry] += 1
    found = {
        (row[0], row[1], row[2]): int(row[3])
        for row in connection.execute(
            "SELECT school_year, state_before_code, institution_code, sum(entered_count) FROM marts.mart_mainstream_entry "
            "WHERE school_year >= '2024/25' GROUP BY ALL HAVING sum(entered_count) > 0"
        ).fetchall()
    }
    assert sum(walked.values()) > 30
    assert found == dict(walked)


class Files:
    """The delivered rows by child, and what a reader finds in them with a finger."""

    def __init__(self, tables: Mapping[str, pl.DataFrame]) -> None:
        self.kinds = dict(tables["institutions"].select("institution_code", "institution_type_code").iter_rows())
        self.homes, self.places = (self._by_child(tables[name]) for name in ("children", "school_placements"))

    @staticmethod
    def _by_child(frame: pl.DataFrame) -> dict[Any, list[dict[str, Any]]]:
        found = defaultdict(list)
        for row in frame.iter_rows(named=True):
            found[row["child_id"]].append(row)
        return found

    def lives_here(self, child: Any, day: date) -> bool:
        return any(
            row["resident_from_date"] <= day <= (row["resident_to_date"] or day) and not row["home_municipality_code"]
            for row in self.homes[child]
        )

    def is_daycare(self, row: dict[str, Any]) -> bool:
        return self.kinds[row["institution_code"]] in ("daycare", "special_daycare")

    def is_ordinary(self, row: dict[str, Any]) -> bool:
        special = self.kinds[row["institution_code"]] in ("special_school", "day_treatment", "special_daycare")
        return not special and row["class_type_code"] in ("10", "90", "92")

    def state(self, child: Any, day: date) -> str | None:
        """mainstream, segregated, daycare, special_daycare; None for everything else."""
        if not self.lives_here(child, day):
            return None
        here = [
            row
            for row in self.places[child]
            if row["start_date"] <= day <= (row["end_date"] or day)
            and "club" not in self.kinds[row["institution_code"]]
        ]
        school = [row for row in here if not self.is_daycare(row)]
        if school:
            row = max(school, key=lambda row: row["start_date"])
            began = row["start_date"].year - (row["start_date"].month < 8)
            grade = row["grade_number"] + day.year - began
            if self.kinds[row["institution_code"]] in ("private_school", "continuation_school") or not 0 <= grade <= 9:
                return None
            return "mainstream" if self.is_ordinary(row) else "segregated"
        if here:
            row = max(here, key=lambda row: row["start_date"])
            return "daycare" if self.is_ordinary(row) else "special_daycare"
        return None

    def entry(self, child: Any, year: int) -> tuple[str, str | None] | None:
        """(state a year before, the ordinary place left last) of a child that came outside the mainstream in the year."""
        earlier, later = date(year - 1, 9, 30), date(year, 9, 30)
        before = self.state(child, earlier)
        if before in (None, "segregated") or self.state(child, later) != "segregated":
            return None
        held = [
            row
            for row in self.places[child]
            if row["start_date"] <= later
            and (row["end_date"] or later) >= earlier
            and (self.is_ordinary(row) or before == "special_daycare")
            and self.is_daycare(row) == (before != "mainstream")
        ]
        last = max(held, key=lambda row: (min(row["end_date"] or later, later), row["start_date"]))
        return before, last["institution_code"]


def test_stays_are_those_of_a_walk_through_the_files(
    simulated: tuple[dict[str, pl.DataFrame], duckdb.DuckDBPyConnection],
) -> None:
    """Day spans of the delivered places put end to end, for children who moved neither in nor out and are under 18."""
    tables, connection = simulated
    files, walked = Files(tables), []
    settled = [
        child
        for child, rows in files.homes.items()
        if len(rows) == 1
        and rows[0]["resident_from_date"] == rows[0]["birth_date"]
        and rows[0]["resident_to_date"] is None
        and rows[0]["birth_date"] > date(2008, 9, 30)
    ]
    for child in settled:
        spans: list[list[Any]] = []
        for row in sorted(files.places[child], key=lambda row: row["start_date"]):
            if "club" in files.kinds[row["institution_code"]]:
                continue
            after = (row["end_date"] or date(2026, 9, 30)) + timedelta(days=1)
            outside = not files.is_ordinary(row)
            if spans and spans[-1][1] == row["start_date"] and spans[-1][2] == outside:
                spans[-1][1] = after
            else:
                spans.append([row["start_date"], after, outside])
        walked += [(start, after, outside) for start, after, outside in spans]
    marks = ", ".join("md5(?)::UUID" for _ in settled)
    found = connection.execute(
        f"SELECT start_date, after_date, is_segregated FROM core.fct_setting_stay WHERE child_id IN ({marks})", settled
    ).fetchall()
    assert sum(outside for *_, outside in walked) > 20
    assert sorted(found) == sorted(walked)
