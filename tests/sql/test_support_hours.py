"""Danmarks Statistik's hours on our own register: who is counted, in which span, and that no district can be asked for."""

import pytest

from pipelines.codes import load_code_table
from pipelines.contracts import load_contracts
from tests.sql.drawn import assert_rows, built

INSTITUTIONS = """
institution_code institution_type_code district_code municipality_code
SKOLE            folkeskole            NORD          -
UNGDOM           youth_school          -             -
FRISKOLE         private_school        NORD          -
SPECIAL          special_school        SYD           -
NABOSPECIAL      special_school        -             390
"""
CHILDREN = """
child_id birth_date home_district_code home_municipality_code resident_from_date
pupil    2015-03-01 {district}         {home}                 2015-03-01
"""
# home, municipality of home, school, grade, class type, hours -> span and whether inside; - is not counted
PUPILS = {
    "without support": ("NORD - SKOLE 4 10 -", "-"),
    "with nought hours": ("NORD - SKOLE 4 10 0", "-"),
    "a little": ("NORD - SKOLE 4 10 0.5", "below_nine True"),
    "just under nine": ("NORD - SKOLE 4 10 8.99", "below_nine True"),
    "nine": ("NORD - SKOLE 4 10 9", "nine_to_twenty True"),
    "twenty": ("NORD - SKOLE 4 10 20", "nine_to_twenty True"),
    "just over twenty": ("NORD - SKOLE 4 10 20.01", "over_twenty True"),
    "sixty": ("NORD - SKOLE 4 10 60", "over_twenty True"),
    "in a special class, hours not told": ("NORD - SKOLE 4 20 -", "unknown False"),
    "in a special class, nought told": ("NORD - SKOLE 4 20 0", "unknown False"),
    "in a special class, hours told": ("NORD - SKOLE 4 20 25", "over_twenty False"),
    "in the special school": ("NORD - SPECIAL 4 20 -", "unknown False"),
    "in the neighbour's special school": ("NORD - NABOSPECIAL 4 20 -", "unknown False"),
    "in the tenth grade": ("NORD - UNGDOM 10 10 12", "nine_to_twenty True"),
    "in a private school": ("NORD - FRISKOLE 4 10 12", "-"),
    "from the neighbour": ("- 390 SKOLE 4 10 12", "-"),
}


@pytest.mark.parametrize("pupil", PUPILS)
def test_each_pupil_with_special_education_is_in_one_span(pupil: str) -> None:
    described, expected = PUPILS[pupil]
    district, home, school, grade, class_type, hours = described.split()
    connection = built(
        {
            "children": CHILDREN.format(district=district, home=home),
            "institutions": INSTITUTIONS,
            "school_placements": f"""
            child_id institution_code grade_number class_type_code support_hours_per_week start_date
            pupil    {school}         {grade}      {class_type}    {hours}                2025-08-01
            """,
        },
        municipality={"name": "Prøveby", "profile": "demo", "code": "101"},
    )
    wanted = "" if expected == "-" else f"dst_timer {expected} 1"
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_support_hours WHERE school_year = '2025/26'",
        f"""
        definition_id hours_group_code is_mainstream pupils_count
        {wanted}
        """,
    )


def test_the_spans_are_those_of_the_code_table() -> None:
    told = {expected.split()[0] for _, expected in PUPILS.values() if expected != "-"}
    assert told == set(load_code_table("support_hour_groups").codes)


def test_what_is_published_for_the_country_alone_is_counted_for_no_district() -> None:
    (row,) = (row for row in load_code_table("segregation_definitions").rows if row["code"] == "dst_timer")
    assert (row["area_rule_code"], row["has_districts"], row["sector_code"]) == ("national", "false", "")
    columns = {column.name for column in load_contracts("table")["mart_support_hours"].columns}
    assert columns.isdisjoint({"area_code", "area_kind", "district_code"})
