"""Do age form and age belong together? A wrong reference in the sender's system gives a form for other ages, and is listed."""

import pytest

from tests.sql.drawn import built

GAP = "SELECT affected_count, checked_count FROM marts.mart_data_gaps WHERE gap_id = 'sdq_version_for_another_age'"


@pytest.mark.parametrize(
    ("version", "wrong_ages"),
    [
        ("2-4", {1, 5, 6, 10, 11, 17, 18}),
        ("5-6", {1, 2, 4, 10, 11, 17, 18}),
        ("4-10", {1, 2, 18}),  # what senders call 4-16 and 4-17 is read as this one
        ("11-17", {1, 2, 4, 5, 6, 10, 18}),
        ("18+", {1, 2, 4, 5, 6, 10, 11, 17}),
        ("-", set()),  # unknown, which is a gap of its own
    ],
)
def test_a_form_for_another_age_is_a_gap(version: str, wrong_ages: set[int]) -> None:
    """A child of each age, whose birthday is the day of the form."""
    ages = (1, 2, 4, 5, 6, 10, 11, 17, 18)
    children = "\n".join(f"child{age} {2025 - age}-05-01 NORD 2025-01-01" for age in ages)
    forms = "\n".join(f"child{age} parent 2025-05-01 {version} 9" for age in ages)
    connection = built(
        {
            "children": f"child_id birth_date home_district_code resident_from_date\n{children}",
            "sdq_scores": f"child_id informant_code answered_date version_code total_points\n{forms}",
        }
    )
    assert connection.execute(GAP).fetchone() == (len(wrong_ages), 0 if version == "-" else len(ages))


def test_age_is_completed_years_and_unknown_children_are_another_gap() -> None:
    connection = built(
        {
            "children": """
                child_id birth_date home_district_code resident_from_date
                anna     2014-05-02 NORD               2014-05-02
                bo       2014-05-01 NORD               2014-05-01
                """,
            # anna turns 11 the day after, bo on the day; cleo is nobody known
            "sdq_scores": """
                child_id informant_code answered_date version_code total_points
                anna     self           2025-05-01    11-17        9
                bo       self           2025-05-01    11-17        9
                cleo     self           2025-05-01    11-17        9
                """,
        }
    )
    assert connection.execute(GAP).fetchone() == (1, 2)
