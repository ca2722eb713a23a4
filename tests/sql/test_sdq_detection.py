"""Children found: who lives here, who was measured for the first time lately, by district and by the model that runs it."""

from tests.sql.drawn import assert_rows, built

MART = "SELECT * FROM marts.mart_sdq_detection"
CHILDREN = """
child_id birth_date  sex_code home_district_code resident_from_date resident_to_date
anna     2015-01-01  K        NORD               2015-01-01         -
bo       2015-01-01  M        NORD               2015-01-01         -
cleo     2015-01-01  K        SYD                2015-01-01         -
dan      2015-01-01  M        SYD                2015-01-01         -
eva      2008-09-30  K        SYD                2015-01-01         -
finn     2015-01-01  M        NORD               2015-01-01         2026-06-30
gry      2008-10-01  K        ØST                2015-01-01         -
"""
# eva turns 18 on the as-of date (30 September 2026) and is no child any more; gry is one for a day; finn has moved away
ORGANISATION = """
unit_kind_code unit_code model_code           from_date   to_date
district       NORD      authority_caseworker 2019-01-01  2023-07-31
district       NORD      district_adviser     2023-08-01  -
district       SYD       authority_caseworker 2019-01-01  -
"""
SCORES = """
child_id informant_code answered_date version_code total_points
anna     parent         2025-09-30    4-10         14
bo       parent         2025-10-01    4-10         14
bo       teacher        2026-03-01    4-10         12
cleo     parent         2024-01-01    4-10         15
cleo     parent         2026-01-01    4-10         15
dan      parent         2025-11-01    4-10         -
dan      teacher        2026-09-30    4-10         9
finn     parent         2026-01-01    4-10         20
"""
# anna's form is a year and no day old: too early; bo counts once; cleo was first measured years ago; dan's first form had no total


def test_only_children_who_live_here_and_were_first_measured_within_twelve_months_count() -> None:
    connection = built({"children": CHILDREN, "organisation": ORGANISATION, "sdq_scores": SCORES})
    assert_rows(
        connection,
        MART,
        """
        area_kind    area_code            model_code           children_count first_measured_count
        district     NORD                 district_adviser     2              1
        district     SYD                  authority_caseworker 2              1
        district     ØST                  -                    1              0
        model        district_adviser     district_adviser     2              1
        model        authority_caseworker authority_caseworker 2              1
        model        -                    -                    1              0
        municipality ALL                  -                    5              2
        """,
    )


def test_without_forms_nobody_was_found_and_children_are_still_counted() -> None:
    connection = built({"children": CHILDREN})
    assert_rows(
        connection,
        f"{MART} WHERE area_kind = 'municipality'",
        """
        area_code children_count first_measured_count
        ALL       5              0
        """,
    )
