"""Which rung does each code give: the crosswalk from serviceloven to barnets lov, uncertain ranks, bands, steps of the procedure."""

import re

import pytest

from pipelines.codes import load_code_table
from pipelines.contracts import source_contract
from tests.sql.drawn import assert_rows, built

CHILDREN = """
child_id birth_date  home_district_code resident_from_date
anna     2014-05-01  NORD               2014-05-01
"""
STATUSES = {"verified", "second_hand", "unresolved", "own_choice"}
LADDER_TABLES = ("rungs", "paragraphs", "places", "class_types", "ladder_bands")


def rows(table: str) -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in load_code_table(table).rows}


def rungs_of(paragraphs: str) -> str:
    """What the drawn paragraphs give: one measure each, under the law of its time."""
    lines = [
        f"anna M{number} {code} {'2023-01-01' if code.startswith('SEL') else '2024-01-01'} 2024-06-30"
        for number, code in enumerate(paragraphs.split())
    ]
    return "\n".join(["child_id measure_id paragraph_code start_date end_date", *lines])


def test_every_paragraph_of_the_crosswalk_gives_its_rung_under_both_laws():
    """Economic support 2 or 3, day treatment on both tracks, orders 3, and no rung for what is no help to the child."""
    connection = built(
        {
            "children": CHILDREN,
            "measures": rungs_of(
                "SEL-11-4 SEL-11-6 BL-31 SEL-52-3-1 BL-32-1-1 SEL-52a BL-35 SEL-57a BL-38 SEL-57b BL-39 "
                "SEL-54 BL-75 SEL-50 BL-18 BL-19 BL-20 SEL-76 BL-114 BL-115 BL-116 BL-120 BL-53"
            ),
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_measure",
        """
        paragraph_code series_paragraph_code social_rung lowest_social_rung highest_social_rung education_rung is_rung_uncertain
        SEL-11-4       BL-31                 2           -                  2                   -              True
        SEL-11-6       BL-31                 2           -                  2                   -              True
        BL-31          BL-31                 2           -                  2                   -              True
        SEL-52-3-1     BL-32-1-1             3           3                  5                   5              True
        BL-32-1-1      BL-32-1-1             3           3                  5                   5              True
        SEL-52a        BL-35                 3           -                  3                   -              True
        BL-35          BL-35                 3           -                  3                   -              True
        SEL-57a        BL-38                 3           -                  3                   -              True
        BL-38          BL-38                 3           -                  3                   -              True
        SEL-57b        BL-39                 3           -                  3                   -              True
        BL-39          BL-39                 3           -                  3                   -              True
        SEL-54         BL-75                 -           -                  -                   -              False
        BL-75          BL-75                 -           -                  -                   -              False
        SEL-50         BL-20                 -           -                  -                   -              False
        BL-18          BL-18                 -           -                  -                   -              False
        BL-19          BL-19                 -           -                  -                   -              False
        BL-20          BL-20                 -           -                  -                   -              False
        SEL-76         BL-114                -           -                  -                   -              False
        BL-114         BL-114                -           -                  -                   -              False
        BL-115         BL-115                -           -                  -                   -              False
        BL-116         BL-116                -           -                  -                   -              False
        BL-120         BL-120                -           -                  -                   -              False
        BL-53          BL-53                 -           -                  -                   -              False
        """,
    )


def test_what_has_no_rung_by_design_is_no_gap_but_a_placement_without_place_is():
    connection = built(
        {
            "children": CHILDREN,
            "measures": """
            child_id measure_id paragraph_code place_code start_date
            anna     M1         BL-20          -          2024-01-01
            anna     M2         BL-47          -          2024-01-01
            anna     M3         BL-67          9          2024-01-01
            anna     M4         BL-32-1-2      -          2024-01-01
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_measure",
        """
        measure_id social_rung is_rung_missing
        M1         -           False
        M2         -           True
        M3         6           False
        M4         3           False
        """,
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_data_gaps WHERE gap_id = 'measure_rung_unknown'",
        """
        affected_count checked_count
        1              4
        """,
    )


def test_day_treatment_stands_on_both_tracks():
    connection = built(
        {
            "children": CHILDREN,
            "measures": """
            child_id measure_id paragraph_code start_date end_date
            anna     M1         SEL-52-3-1     2023-06-01 2023-12-31
            anna     M2         BL-32-1-1      2024-01-01 2024-06-30
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_ladder_spell WHERE rung > 0",
        """
        track_code rung start_date end_date   is_rung_uncertain
        social     3    2023-06-01 2024-06-30 True
        education  5    2023-06-01 2024-06-30 True
        """,
    )


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("§ 32, stk. 1, nr. 1", "BL-32-1-1"),
        ("§52.3.1", "SEL-52-3-1"),
        ("§ 52 a", "SEL-52a"),
        ("§ 11, stk. 4", "SEL-11-4"),
        ("Barnets lov § 35", "BL-35"),
        ("bl § 30", "BL-30"),
        ("§ 58", "SEL-58"),
        ("servicelovens § 54", "SEL-54"),
        ("barnets lov § 54", "BL-54"),
    ],
)
def test_paragraphs_are_known_as_senders_write_them(written, code):
    assert load_code_table("paragraphs").codes_by_alias()[written.casefold()] == code


def test_a_number_that_two_laws_share_stands_for_neither():
    assert "§ 54" not in load_code_table("paragraphs").codes_by_alias()


def test_an_uncertain_rank_says_between_which_and_the_default_lies_there():
    found = 0
    for row in [*rows("paragraphs").values(), *rows("places").values()]:
        is_uncertain = row["is_ordinal_uncertain"] == "true"
        assert bool(row["highest_social_rung"]) == is_uncertain, row["code"]
        assert is_uncertain or not row["lowest_social_rung"], row["code"]
        if is_uncertain:
            found += 1
            assert int(row["lowest_social_rung"] or 0) <= int(row["social_rung"]) <= int(row["highest_social_rung"])
    # day treatment; support with early help; other support; orders; places
    assert found == 2 + (2 + 1) + (1 + 1) + (2 + 2) + 3


def test_the_check_of_places_knows_every_paragraph_that_places_a_child():
    """The contract's row check lists them, as a check cannot read a code table."""
    check = next(each for each in source_contract("measures").row_checks if each.check_id == "placement_without_place")
    placing = {code for code, row in rows("paragraphs").items() if row["is_placement"] == "true"}
    assert set(re.findall(r"'([^']+)'", check.wrong_when)) == placing
    assert len(placing) > 5


@pytest.mark.parametrize("table", LADDER_TABLES)
def test_every_row_says_how_sure_it_is_and_by_whom(table):
    for row in load_code_table(table).rows:
        assert row["status"] in STATUSES, row["code"]
        assert len(row["source"]) > 15, row["code"]


def test_the_bands_lie_as_in_the_document():
    """Blue up to 1 on both tracks; from there green on the social, purple on the education track."""
    bands = {(row["track_code"], int(row["step_rung"])): row["band_code"] for row in load_code_table("rungs").rows}
    assert bands == {("social", rung): "almen" if rung <= 1 else "social" for rung in range(7)} | {
        ("education", rung): "almen" if rung <= 1 else "special" for rung in range(6)
    }
    colours = {row["code"]: row["colour_title"] for row in load_code_table("ladder_bands").rows}
    assert colours == {"almen": "blå", "special": "lilla", "social": "grøn"}


def test_every_rung_that_a_code_gives_is_a_rung_of_the_track():
    for track in ("social", "education"):
        known = {row["step_rung"] for row in load_code_table("rungs").rows if row["track_code"] == track}
        given = {
            row[column]
            for table in ("paragraphs", "places", "class_types", "institution_types")
            for row in load_code_table(table).rows
            for column in row
            if column.endswith(f"{track}_rung") and row[column]
        }
        assert given <= known
        assert len(given) > 3
