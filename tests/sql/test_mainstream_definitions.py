"""The mainstream share under each definition: who is counted, who counts as outside ordinary teaching, and why two differ.

Every rule comes from codes.segregation_definitions and codes.segregation_counting; the drawn pupils differ in one thing each.
"""

import duckdb
import pytest

from pipelines.codes import load_code_table
from tests.sql.drawn import assert_rows, built

INSTITUTIONS = """
institution_code institution_type_code district_code municipality_code
SKOLE            folkeskole            NORD          -
UNGDOM           youth_school          -             -
FRISKOLE         private_school        NORD          -
EFTERSKOLE       continuation_school   -             390
SPECIAL          special_school        SYD           -
DAGBEH           day_treatment         -             -
NABOSPECIAL      special_school        -             390
"""
CHILDREN = """
child_id birth_date home_district_code home_municipality_code resident_from_date
{name}   2015-03-01 {district}         {home}                 2015-03-01
"""
# pupil: where it lives, school, grade, class type, who pays
PUPILS = {
    "an ordinary pupil": "NORD - SKOLE 4 10 -",
    "in a special class": "NORD - SKOLE 4 20 -",
    "in a special class for the most": "NORD - SKOLE 4 29 -",
    "in the special school": "NORD - SPECIAL 4 20 -",
    "in an ordinary class of the special school": "NORD - SPECIAL 4 10 -",
    "in day treatment": "NORD - DAGBEH 4 29 -",
    "in a private school": "NORD - FRISKOLE 4 10 -",
    "in a private school's special class": "NORD - FRISKOLE 4 20 -",
    "in a continuation school elsewhere": "NORD - EFTERSKOLE 9 10 -",
    "in the tenth grade": "NORD - UNGDOM 10 10 -",
    "in the neighbour's special school": "NORD - NABOSPECIAL 4 29 -",
    "from the neighbour, in our special school": "- 390 SPECIAL 4 20 -",
    "from the neighbour, in our school": "- 390 SKOLE 4 10 -",
    "from the neighbour, whom we pay for": "- 390 SPECIAL 4 20 101",
    "ours, whom the neighbour pays for": "NORD - SKOLE 4 10 390",
}
# o: counted, in ordinary teaching; x: counted, outside it; -: outside numerator and denominator
EXPECTED = """
stil_kommunal benchmark_alle_0_9 kl flis own_register_school
o             o                  o  o    o                   an ordinary pupil
x             x                  x  x    x                   in a special class
x             x                  x  x    x                   in a special class for the most
x             x                  x  x    x                   in the special school
x             x                  x  o    x                   in an ordinary class of the special school
x             x                  x  x    x                   in day treatment
-             o                  -  -    -                   in a private school
-             x                  -  -    -                   in a private school's special class
-             o                  -  -    -                   in a continuation school elsewhere
o             -                  o  -    -                   in the tenth grade
-             x                  -  x    x                   in the neighbour's special school
x             -                  x  -    -                   from the neighbour, in our special school
o             -                  o  -    -                   from the neighbour, in our school
x             -                  x  x    -                   from the neighbour, whom we pay for
o             o                  o  -    o                   ours, whom the neighbour pays for
"""
HEADER, *LINES = (line.split(maxsplit=5) for line in EXPECTED.strip().splitlines())
DEFINITIONS = tuple(HEADER)
WANTED = {line[5]: dict(zip(DEFINITIONS, line[:5], strict=True)) for line in LINES}


def of_pupil(described: str) -> duckdb.DuckDBPyConnection:
    """A municipality with the code 101 and this one pupil on 30 September 2025."""
    district, home, school, grade, class_type, payer = described.split()
    placements = f"""
        child_id institution_code grade_number class_type_code paying_municipality_code start_date
        pupil    {school}         {grade}      {class_type}    {payer}                  2025-08-01
    """
    return built(
        {
            "children": CHILDREN.format(name="pupil", district=district, home=home),
            "institutions": INSTITUTIONS,
            "school_placements": placements,
        },
        municipality={"name": "Prøveby", "profile": "demo", "code": "101"},
    )


def counted_as(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    rows = connection.execute(
        "SELECT definition_id, pupils_count, mainstream_count, segregated_count FROM marts.mart_mainstream_share "
        "WHERE school_year = '2025/26' AND area_kind = 'municipality'"
    ).fetchall()
    assert all(pupils == mainstream + segregated == 1 for _, pupils, mainstream, segregated in rows)
    return dict.fromkeys(DEFINITIONS, "-") | {
        definition: "o" if mainstream else "x" for definition, _, mainstream, _ in rows
    }


@pytest.mark.parametrize("pupil", PUPILS)
def test_each_definition_counts_the_pupil_as_it_says(pupil: str) -> None:
    assert counted_as(of_pupil(PUPILS[pupil])) == WANTED[pupil]


def test_every_pupil_is_expected_and_every_definition_that_has_rules() -> None:
    assert set(WANTED) == set(PUPILS)
    school = {row["code"] for row in load_code_table("segregation_definitions").rows if row["sector_code"] == "school"}
    assert school == set(DEFINITIONS)


@pytest.mark.parametrize("pupil", PUPILS)
def test_the_last_step_is_the_other_definition_and_the_first_is_our_own(pupil: str) -> None:
    connection = of_pupil(PUPILS[pupil])
    wanted = counted_as(connection)
    for definition in set(DEFINITIONS) - {"own_register_school"}:
        steps = dict(
            connection.execute(
                "SELECT step_number, CASE WHEN mainstream_count = 1 THEN 'o' ELSE 'x' END FROM marts.mart_definition_step "
                "WHERE definition_id = ? AND school_year = '2025/26'",
                [definition],
            ).fetchall()
        )
        assert steps.get(0, "-") == wanted["own_register_school"]
        assert steps.get(3, "-") == wanted[definition]


def test_the_steps_split_the_difference_by_its_causes() -> None:
    # KOM-1 counts anna, bo (outside) and cleo; the ministry's definition first adds the tenth grade (dan), then the school's
    # municipality (bo goes elsewhere, eva comes from elsewhere), then nothing: its school types are our own
    connection = built(
        {
            "children": """
            child_id birth_date home_district_code home_municipality_code resident_from_date
            anna     2015-03-01 NORD               -                      2015-03-01
            bo       2015-03-01 NORD               -                      2015-03-01
            cleo     2015-03-01 NORD               -                      2015-03-01
            dan      2009-03-01 NORD               -                      2009-03-01
            eva      2015-03-01 -                  390                    2015-03-01
            """,
            "institutions": INSTITUTIONS,
            "school_placements": """
            child_id institution_code grade_number class_type_code start_date
            anna     SKOLE            4            10              2025-08-01
            bo       NABOSPECIAL      4            29              2025-08-01
            cleo     SKOLE            4            10              2025-08-01
            dan      UNGDOM           10           10              2025-08-01
            eva      SPECIAL          4            20              2025-08-01
            """,
        },
        municipality={"name": "Prøveby", "profile": "demo", "code": "101"},
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_definition_step WHERE definition_id = 'stil_kommunal' AND school_year = '2025/26'",
        """
        step_number step_code    pupils_count mainstream_count segregated_count
        0           own_register 3            2                1
        1           grades       4            3                1
        2           area_rule    4            3                1
        3           counting     4            3                1
        """,
    )


def test_without_our_own_code_an_institution_with_a_district_is_ours() -> None:
    connection = built(
        {
            "children": CHILDREN.format(name="pupil", district="NORD", home="-"),
            "institutions": """
            institution_code institution_type_code district_code municipality_code
            OUR              folkeskole            NORD          101
            THEIR            special_school        -             390
            """,
            "school_placements": """
            child_id institution_code grade_number class_type_code start_date  end_date
            pupil    OUR              4            10              2024-08-01  2025-07-31
            pupil    THEIR            5            20              2025-08-01  -
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_reference_day_pupil",
        """
        school_year is_taught_here
        2024/25     True
        2025/26     False
        2026/27     False
        """,
    )


def test_the_later_begun_of_two_places_counts_in_every_definition() -> None:
    connection = built(
        {
            "children": CHILDREN.format(name="pupil", district="NORD", home="-"),
            "institutions": INSTITUTIONS,
            "school_placements": """
            child_id institution_code grade_number class_type_code start_date
            pupil    SKOLE            4            10              2025-08-01
            pupil    FRISKOLE         4            10              2025-09-01
            """,
        },
        municipality={"name": "Prøveby", "profile": "demo", "code": "101"},
    )
    assert counted_as(connection) == dict.fromkeys(DEFINITIONS, "-") | {"benchmark_alle_0_9": "o"}
