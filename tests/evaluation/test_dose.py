"""How much of the model there was: meetings by cluster in the plan's window, and those at which its own staff were."""

import duckdb

from pipelines.evaluation.dose import NO_DOSE, Dose, read_dose
from tests.evaluation.drawn_study import a_plan
from tests.sql.drawn import built

# NORD goes from caseworker to adviser on 1 August 2024; S9 in NORD has a caseworker of its own; SYD has a caseworker
TABLES = {
    "institutions": """
        institution_code institution_name institution_type_code district_code
        N1               Nordskolen       folkeskole            NORD
        S9               Tiende           youth_school          NORD
        Y1               Sydskolen        folkeskole            SYD
        """,
    "organisation": """
        unit_kind_code unit_code model_code           from_date   to_date
        district       NORD      authority_caseworker 2019-01-01  2024-07-31
        district       NORD      district_adviser     2024-08-01  -
        district       SYD       authority_caseworker 2019-01-01  -
        institution    S9        authority_caseworker 2019-01-01  -
        """,
    # before and after the window (August 2024 to July 2025); held unplanned; cancelled; a district's own meeting without institution
    "sessions": """
        session_id forum_code          institution_code district_code planned_date held_date  session_status_code
        early      distriktsteam_skole N1               -             2024-07-31   2024-07-31 held
        n1         distriktsteam_skole N1               -             2024-08-15   2024-08-15 held
        n2         distriktsteam_skole N1               -             2024-09-15   2024-09-15 held
        n3         distriktsteam_skole N1               -             2024-10-15   -          cancelled
        n4         distriktsteam_skole N1               -             -            2024-11-15 held
        n5         distriktsteam_skole -                NORD          2025-07-31   2025-08-02 held
        late       distriktsteam_skole N1               -             2025-08-01   2025-08-01 held
        s1         distriktsteam_skole S9               -             2024-09-01   2024-09-01 held
        y1         distriktsteam_skole Y1               -             2024-09-01   2024-09-01 held
        y2         distriktsteam_skole Y1               -             2024-10-01   -          unknown
        """,
    # an adviser at a caseworker's meeting is none of its own staff, and one who was invited and did not come was not there
    "session_roles": """
        session_id participant_id profession_code      staff_id is_invited is_present
        early      p1             authority_caseworker kim      true       true
        n1         p1             district_adviser     ane      true       true
        n1         p2             district_adviser     bente    true       true
        n2         p1             district_adviser     ane      true       false
        n2         p2             psychologist         carl     true       true
        n4         p1             district_adviser     ane      true       true
        n3         p1             district_adviser     dorte    true       true
        s1         p1             authority_caseworker egon     true       true
        y1         p1             district_adviser     ane      true       true
        """,
}


def staff_of(dose: Dose) -> int:
    return len(dose.staff)


def test_meetings_are_counted_under_the_model_of_the_day_and_attended_by_its_own_staff() -> None:
    dose = read_dose(built(TABLES), a_plan())
    # NORD: n1, n2, n3, n5 planned; n1, n2, n4, n5 held; its adviser was at n1 and n4
    north = dose["NORD", True]
    assert (north.planned, north.held, north.attended, staff_of(north)) == (4, 4, 2, 2)
    own = dose["S9", False]
    assert (own.planned, own.held, own.attended, staff_of(own)) == (1, 1, 1, 1)
    south = dose["SYD", False]
    assert (south.planned, south.held, south.attended, staff_of(south)) == (2, 1, 0, 0)
    assert set(dose) == {("NORD", True), ("S9", False), ("SYD", False)}


def test_by_district_an_institution_counts_under_its_district() -> None:
    dose = read_dose(built(TABLES), a_plan(estimand={"counted_by": "district"}))
    # s1 too, and nobody of the adviser's was there
    north = dose["NORD", True]
    assert (north.planned, north.held, north.attended) == (5, 5, 2)
    assert set(dose) == {("NORD", True), ("SYD", False)}


def test_the_same_person_in_two_districts_counts_once() -> None:
    one, other = Dose(1, 1, 1, frozenset({"ane", "bo"})), Dose(2, 2, 1, frozenset({"ane"}))
    assert NO_DOSE + one + other == Dose(3, 3, 2, frozenset({"ane", "bo"}))


def test_without_any_log_there_is_nothing() -> None:
    assert read_dose(duckdb.connect(), a_plan()) == {}
