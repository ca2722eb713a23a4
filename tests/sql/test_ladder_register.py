"""From when a register is known to hold ends: a few old rows do not open it, and neither school years nor a new law close it."""

import pytest

from tests.sql.drawn import built

CHILDREN = """
child_id birth_date home_district_code resident_from_date
anna     2008-06-01 NORD               2008-06-01
bo       2010-05-01 NORD               2010-05-01
"""
MONTHLY_2024 = tuple(f"2024-{month:02d}-15" for month in range(1, 13))


def known_from(ends: tuple[str, ...], *, as_of: str = "2026-09-30") -> tuple[str, int]:
    """known_from_date and end_days_count where bo's help ended on each of these days, each begun ten days before."""
    rows = "\n".join(f"bo M{number} BL-30 - {end[:8]}01 {end}" for number, end in enumerate(ends))
    connection = built(
        {
            "children": CHILDREN,
            "measures": f"child_id measure_id paragraph_code place_code start_date end_date\n{rows}\n"
            "anna RUNNING BL-30 - 2020-01-01 -\n",
        }
    )
    (row,) = connection.execute(
        "SELECT CAST(known_from_date AS VARCHAR), end_days_count FROM core.dim_ladder_register "
        "WHERE ladder_code = 'national' AND track_code = 'social'"
    ).fetchall()
    return row[0], row[1]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (MONTHLY_2024, ("2024-01-16", 12)),
        (("2012-03-15", *MONTHLY_2024), ("2024-01-16", 12)),
        (("2012-03-15", "2012-09-20", "2014-05-01", *MONTHLY_2024), ("2024-01-16", 12)),
        (("2022-07-31", "2023-07-31", "2024-07-31", "2025-07-31"), ("2022-08-01", 4)),
        (("2024-03-15",), ("2024-03-16", 1)),
        ((), ("2026-10-01", 0)),
        (("2012-03-15", "2026-09-15"), ("2012-03-16", 2)),
        ((*MONTHLY_2024, "2025-09-30"), ("2024-01-16", 13)),
        ((*MONTHLY_2024, "2026-08-31"), ("2026-09-01", 1)),
    ],
    ids=[
        "an end a month",
        "one old row besides",
        "three old rows besides",
        "the last day of each school year, leap year or not",
        "one end",
        "no end",
        "two ends far apart: nothing shows which of them is the odd one",
        "nothing for nine months, and one end since",
        "a hole of more than a year: what ended in it was never delivered",
    ],
)
def test_the_register_begins_where_ends_keep_coming(ends: tuple[str, ...], expected: tuple[str, int]) -> None:
    assert known_from(ends) == expected


def test_hundreds_ended_on_one_day_are_one_day() -> None:
    # a new case system: fifty rows end on the same day, and the register before it is as thick as the one after
    monthly = (*(f"2023-{month:02d}-15" for month in range(1, 13)), *MONTHLY_2024)
    assert known_from((*monthly, *("2024-01-03",) * 50)) == ("2023-01-16", 25)


def test_times_that_began_before_the_register_count_as_kept_because_they_lasted() -> None:
    connection = built(
        {
            "children": CHILDREN,
            "measures": "child_id measure_id paragraph_code place_code start_date end_date\n"
            "anna OLD BL-30 - 2011-01-01 2012-03-15\nbo LONG BL-46 9 2015-01-01 2024-06-30\n"
            + "".join(f"anna M{end} BL-30 - {end[:8]}01 {end}\n" for end in MONTHLY_2024),
        }
    )
    found = connection.execute(
        "SELECT is_left_truncated, CAST(observed_from_date AS VARCHAR) FROM core.fct_ladder_spell "
        "WHERE ladder_code = 'national' AND rung = 6"
    ).fetchall()
    assert found == [(True, "2024-01-16")]
