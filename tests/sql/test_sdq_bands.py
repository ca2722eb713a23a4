"""Children per band: is a limit used only for the children it was made for, and is nobody lost?"""

import pytest

from pipelines.sdq_norms.vocabulary import SCALES
from tests.sql.drawn import assert_rows, built

COUNTS = "SELECT * FROM marts.mart_sdq_band_counts WHERE children_count > 0"
CHILDREN = """
child_id birth_date  sex_code home_district_code resident_from_date
anna     2019-03-15  K        NORD               2019-03-15
bo       2019-03-15  M        NORD               2019-03-15
cleo     2017-09-02  K        SYD                2017-09-02
dan      2019-03-15  -        SYD                2019-03-15
eva      2012-01-01  K        SYD                2012-01-01
fie      2019-03-15  K        SYD                2019-03-15
"""
# anna is 6, bo 6, dan 6, eva 13; cleo turns 8 on the day of her second form; fie has no second form, gry is in no register
SCORES = """
child_id informant_code answered_date version_code emotional_points conduct_points hyper_points peer_points prosocial_points total_points impact_points
anna   parent   2025-09-01  5-6    4   3   0   5   6   12 -
anna   parent   2026-03-01  5-6    1   3   3   1   7   8 -
bo     parent   2025-09-01  4-10   4   3   0   5   6   12 2
bo     parent   2026-03-01  4-10   -   -   -   -   -   14 -
cleo   parent   2025-03-02  4-10   4   3   0   5   6   12 2
cleo   parent   2025-09-02  4-10   4   3   0   5   6   12 2
dan    parent   2025-09-01  4-10   4   3   0   5   6   12 -
dan    parent   2026-03-01  -      4   3   0   5   6   12 -
eva    parent   2025-09-01  11-17  -   -   -   -   -   17 -
eva    parent   2026-03-01  11-17  -   -   -   -   -   16 -
eva    self     2025-09-01  11-17  -   -   -   -   -   18 -
eva    self     2026-03-01  11-17  -   -   -   -   -   14 -
fie    parent   2025-09-01  4-10   4   3   0   5   6   12 -
gry    parent   2025-09-01  4-10   4   3   0   5   6   12 -
gry    parent   2026-03-01  4-10   4   3   0   5   6   12 -
"""  # noqa: E501 - the header of a drawn table is one line
ARRIVED = {"children": CHILDREN, "sdq_scores": SCORES}
CHOSEN = {"norm_set": "dk_5_7_parent", "norm_set_beside": "uk_4_bands"}
"""Danish limits for parents of children of 5 to 7 beside the British four bands."""


def test_without_a_norm_set_there_are_no_bands():
    connection = built(ARRIVED)
    assert connection.execute("SELECT count(*) FROM marts.mart_sdq_band_counts").fetchone() == (0,)


def test_limits_follow_sex_age_and_form_and_others_are_outside():
    connection = built(ARRIVED, sdq=CHOSEN)
    # 12 points: beyond the girls' limit (12), on the boys' border (10-13). cleo is 7 and then 8, so outside the second time, and
    # in no band the first; dan's sex is unknown, eva is too old, gry's age unknown
    assert_rows(
        connection,
        f"{COUNTS} AND norm_set_code = 'dk_5_7_parent' AND scale_code = 'total' AND area_code = 'ALL'",
        """
        informant_code occasion band_code        children_count
        parent         first    abnormal         1
        parent         first    borderline       1
        parent         first    outside_norm_set 4
        parent         second   normal           1
        parent         second   abnormal         1
        parent         second   outside_norm_set 4
        self           first    outside_norm_set 1
        self           second   outside_norm_set 1
        """,
    )
    # the British set has no 5-6 form (anna), and dan's second form, of an unknown kind, takes him out; 17 is high and 16 slightly
    # raised
    assert_rows(
        connection,
        f"{COUNTS} AND norm_set_code = 'uk_4_bands' AND scale_code = 'total' AND area_code = 'ALL'",
        """
        informant_code occasion band_code        children_count
        parent         first    close_to_average 2
        parent         first    high             1
        parent         first    outside_norm_set 3
        parent         second   close_to_average 1
        parent         second   slightly_raised  2
        parent         second   outside_norm_set 3
        self           first    high             1
        self           second   close_to_average 1
        """,
    )
    # every scale reads its own points: cleo's 4, 3, 0, 5, strengths 6 and impact 2; eva's scales are missing
    assert_rows(
        connection,
        f"{COUNTS} AND norm_set_code = 'uk_4_bands' AND area_code = 'SYD' AND occasion = 'first' AND scale_code <> 'total'"
        " AND informant_code = 'parent' AND band_code NOT IN ('outside_norm_set', 'missing_points')",
        """
        scale_code band_code        children_count
        emotional  slightly_raised  1
        conduct    slightly_raised  1
        hyper      close_to_average 1
        peer       very_high        1
        prosocial  low              1
        impact     high             1
        """,
    )
    # strengths run the other way: 6 is beyond the girls' limit, 7 on the girls' border; bo's second form came as a total only
    assert_rows(
        connection,
        f"{COUNTS} AND norm_set_code = 'dk_5_7_parent' AND scale_code = 'prosocial' AND area_code = 'ALL'"
        " AND informant_code = 'parent'",
        """
        occasion band_code        children_count
        first    abnormal         1
        first    missing_points   1
        first    outside_norm_set 4
        second   borderline       1
        second   missing_points   1
        second   outside_norm_set 4
        """,
    )
    # by district, with the bands that nobody is in
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_sdq_band_counts WHERE norm_set_code = 'dk_5_7_parent' AND scale_code = 'total'"
        " AND area_code = 'NORD'",
        """
        area_kind informant_code occasion band_code        children_count
        district  parent         first    normal           0
        district  parent         first    borderline       1
        district  parent         first    abnormal         1
        district  parent         first    outside_norm_set 0
        district  parent         first    missing_points   0
        district  parent         second   normal           1
        district  parent         second   borderline       0
        district  parent         second   abnormal         1
        district  parent         second   outside_norm_set 0
        district  parent         second   missing_points   0
        """,
    )
    everyone = connection.execute(
        """
        SELECT informant_code, area_kind, area_code, count(*) FROM (
            SELECT informant_code, 'district' AS area_kind, district_code AS area_code FROM core.fct_sdq_pair WHERE is_paired
            UNION ALL
            SELECT informant_code, 'municipality', 'ALL' FROM core.fct_sdq_pair WHERE is_paired
        ) GROUP BY ALL
        """
    ).fetchall()
    counted = connection.execute(
        """
        SELECT informant_code, area_kind, area_code, norm_set_code, scale_code, occasion, sum(children_count)
        FROM marts.mart_sdq_band_counts GROUP BY ALL
        """
    ).fetchall()
    # 6 scales of the Danish set and 7 of the British, two occasions
    assert set(counted) == {
        (informant, kind, area, norm_set, scale, occasion, count)
        for informant, kind, area, count in everyone
        for norm_set, scales in (("dk_5_7_parent", SCALES[:-1]), ("uk_4_bands", SCALES))
        for scale in scales
        for occasion in ("first", "second")
    }
    assert len(counted) == len(set(counted))


BIRTHDAYS = """
child_id birth_date  sex_code home_district_code resident_from_date
a        2018-09-01  K        NORD               2018-09-01
b        2018-09-02  K        NORD               2018-09-01
c        2018-12-31  K        NORD               2018-09-01
d        2016-02-29  K        NORD               2016-02-29
e        2008-08-31  K        NORD               2008-08-31
f        2021-09-01  K        NORD               2021-09-01
g        2021-09-02  K        NORD               2021-09-01
h        1999-12-31  K        NORD               1999-12-31
"""


@pytest.mark.parametrize(
    ("norm_set", "version", "inside"),
    [
        # 5 to 7 completed years on 1 September 2025: a turns 7 that day; b, c are 6; d is 9, f 4, g 3
        ("dk_5_7_parent", "4-10", "abc"),
        # 4 to 17 completed years: e turned 17 the day before, f turns 4 that day, g is 3; h, 25, is older than the calendar
        ("uk_3_bands", "4-10", "abcdef"),
        # 2 to 4 completed years
        ("uk_2_4_merged", "2-4", "fg"),
        ("uk_2_4_merged", "4-10", ""),
    ],
)
def test_age_is_completed_years_on_the_day_of_the_form(norm_set, version, inside):
    forms = "\n".join(
        f"{child} parent {day} {version} {points}"
        for child in "abcdefgh"
        for day, points in (("2025-09-01", 1), ("2025-12-10", 1))
    )
    connection = built(
        {
            "children": BIRTHDAYS,
            "sdq_scores": f"child_id informant_code answered_date version_code total_points\n{forms}",
        },
        sdq={"norm_set": norm_set},
    )
    found = connection.execute(
        "SELECT sum(children_count) FROM marts.mart_sdq_band_counts WHERE scale_code = 'total' AND area_code = 'ALL'"
        " AND occasion = 'first' AND band_code <> 'outside_norm_set'"
    ).fetchone()
    assert found == (len(inside),)


@pytest.mark.parametrize(("second_day", "band"), [("2024-02-28", "normal"), ("2024-02-29", "outside_norm_set")])
def test_a_child_whose_birthday_is_the_leap_day_is_a_year_older_on_that_day(second_day, band):
    # d, 7 at the first form, turns 8 on 29 February 2024, a leap year: then outside the set, at the first form too
    connection = built(
        {
            "children": BIRTHDAYS,
            "sdq_scores": f"""
            child_id informant_code answered_date version_code total_points
            d        parent         2023-09-01    4-10         1
            d        parent         {second_day}  4-10         1
            """,
        },
        sdq={"norm_set": "dk_5_7_parent"},
    )
    assert_rows(
        connection,
        f"{COUNTS} AND scale_code = 'total' AND area_code = 'ALL'",
        f"""
        occasion band_code children_count
        first    {band}    1
        second   {band}    1
        """,
    )
