"""What becomes of every SDQ form: which is a child's first, what stands beside its pair, and that none is lost in silence."""

import uuid
from datetime import date, timedelta

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.transform import build, run_checks
from tests.sql.drawn import assert_rows, built, empty_warehouse
from tests.sql.drawn_sdq import CHILDREN, NAMES, forms_drawn, items_of, scored_form

DELIVERED = (
    "child_id answered_date informant_code is_follow_up_form emotional_points conduct_points hyper_points peer_points "
    "prosocial_points total_points impact_points"
)
FIRST_OUTCOMES = {"paired", "not_due", "other_informant", "total_missing", "outside_window", "no_second_form"}


def too_few_answers(child: str, answered: str, informant: str) -> list[str]:
    """A form that cannot be scored: three of the peer items left out."""
    cells = scored_form(child, answered, informant, 4)
    for name in items_of("peer")[:3]:
        cells[4 + NAMES.index(name)] = "-"
    return cells


@pytest.fixture
def every_outcome() -> duckdb.DuckDBPyConnection:
    """The window is 90 to 270 days; the as-of date is 30 September 2026. Each outcome at least once."""
    return built(
        {
            "children": CHILDREN,
            "sdq_answers": forms_drawn(
                # anna, parent: before any scorable form, first, too early, second, one more
                too_few_answers("anna", "2024-12-01", "parent"),
                scored_form("anna", "2025-01-10", "parent", 8),
                scored_form("anna", "2025-02-10", "parent", 7),
                scored_form("anna", "2025-07-10", "parent", 5),
                scored_form("anna", "2025-09-10", "parent", 5),
                # anna, teacher: filled in 181 days after the parent's form, so it follows up on that
                scored_form("anna", "2025-07-10", "teacher", 6),
                # bo: a follow-up form without anything before it; a form of tomorrow
                scored_form("bo", "2025-01-10", "teacher", 6, is_follow_up="true"),
                scored_form("bo", "2026-10-01", "self", 6),
                # cleo: the second form cannot be scored
                scored_form("cleo", "2025-01-10", "self", 6),
                too_few_answers("cleo", "2025-07-10", "self"),
                # dan: nothing after it
                scored_form("dan", "2024-01-10", "parent", 6),
            ),
        }
    )


def test_every_form_has_one_role(every_outcome: duckdb.DuckDBPyConnection) -> None:
    assert_rows(
        every_outcome,
        "SELECT * FROM core.fct_sdq_form_role",
        """
        child_id answered_date informant_code role_code
        anna     2024-12-01    parent         total_missing
        anna     2025-01-10    parent         first
        anna     2025-02-10    parent         later_form
        anna     2025-07-10    parent         later_form
        anna     2025-09-10    parent         later_form
        anna     2025-07-10    teacher        follow_up_of_other_informant
        bo       2025-01-10    teacher        follow_up_form
        bo       2026-10-01    self           after_as_of_date
        cleo     2025-01-10    self           first
        cleo     2025-07-10    self           total_missing
        dan      2024-01-10    parent         first
        """,
    )


def test_every_form_is_counted_once_with_what_became_of_it(every_outcome: duckdb.DuckDBPyConnection) -> None:
    assert_rows(
        every_outcome,
        "SELECT * FROM marts.mart_sdq_pairing",
        """
        informant_code area_kind    area_code is_first_form outcome_code                 forms_count
        parent         municipality ALL       True          paired                       1
        parent         municipality ALL       True          no_second_form               1
        parent         municipality ALL       False         second_form                  1
        parent         municipality ALL       False         later_form                   2
        parent         municipality ALL       False         total_missing                1
        teacher        municipality ALL       False         follow_up_of_other_informant 1
        teacher        municipality ALL       False         follow_up_form               1
        self           municipality ALL       True          total_missing                1
        self           municipality ALL       False         total_missing                1
        self           municipality ALL       False         after_as_of_date             1
        parent         district     NORD      True          paired                       1
        parent         district     SYD       True          no_second_form               1
        parent         district     NORD      False         second_form                  1
        parent         district     NORD      False         later_form                   2
        parent         district     NORD      False         total_missing                1
        teacher        district     NORD      False         follow_up_of_other_informant 1
        teacher        district     NORD      False         follow_up_form               1
        self           district     SYD       True          total_missing                1
        self           district     SYD       False         total_missing                1
        self           district     NORD      False         after_as_of_date             1
        """,
    )


def drawn_form() -> st.SearchStrategy[tuple[int, int, str, bool, int | None]]:
    """Child, day, informant, whether a follow-up form, total: few of each, so that forms meet."""
    days = st.integers(0, 30).map(lambda place: place * 30)
    informants = st.sampled_from(("parent", "teacher", "self"))
    return st.tuples(st.integers(0, 2), days, informants, st.booleans(), st.one_of(st.none(), st.integers(0, 40)))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(drawn_form(), min_size=20, max_size=120, unique_by=lambda form: form[:3]))
def test_no_form_is_lost_whatever_forms_there_are(forms: list[tuple[int, int, str, bool, int | None]]) -> None:
    """Forms in = forms counted, in the whole and over districts; first forms = pairs; each first form has one outcome."""
    connection = empty_warehouse()
    for child, day, informant, is_follow_up, total in forms:
        connection.execute(
            "INSERT INTO typed.sdq_scores (child_id, answered_date, informant_code, is_follow_up_form, total_points, "
            "prosocial_points) VALUES (?, ?, ?, ?, ?, 5)",
            [uuid.UUID(int=child), date(2024, 6, 1) + timedelta(days=day), informant, is_follow_up, total],
        )
    build(connection)
    run_checks(connection)
    counts = connection.execute("""
        SELECT area_kind, sum(forms_count)::INTEGER, (sum(forms_count) FILTER (WHERE is_first_form))::INTEGER,
            (coalesce(sum(forms_count) FILTER (WHERE outcome_code = 'paired'), 0))::INTEGER,
            (coalesce(sum(forms_count) FILTER (WHERE outcome_code = 'second_form'), 0))::INTEGER
        FROM marts.mart_sdq_pairing GROUP BY area_kind
    """).fetchall()
    pairs, paired = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE is_paired) FROM core.fct_sdq_pair"
    ).fetchone()  # type: ignore[misc]  # a count always has a row
    for _, counted, firsts, counted_paired, seconds in counts:
        assert (counted, firsts or 0, counted_paired, seconds) == (len(forms), pairs, paired, paired)
    assert {kind for kind, *_ in counts} == {"district", "municipality"}
    outcomes = connection.execute(
        "SELECT DISTINCT outcome_code FROM marts.mart_sdq_pairing WHERE is_first_form"
    ).fetchall()
    assert {outcome for (outcome,) in outcomes} <= FIRST_OUTCOMES


def test_a_pair_tells_who_the_child_was_on_the_day_of_its_first_form() -> None:
    connection = built(
        {
            "children": """
                child_id birth_date sex_code home_district_code resident_from_date resident_to_date
                anna     2014-05-01 K        NORD               2014-05-01         2025-03-31
                anna     2014-05-01 K        SYD                2025-04-01         -
                bo       2012-02-29 M        SYD                2014-05-01         -
                """,
            "institutions": """
                institution_code institution_name institution_type_code ownership_code district_code
                S1               Skole            folkeskole            -              NORD
                S9               Tiende           youth_school          -              SYD
                """,
            "organisation": """
                unit_kind_code unit_code model_code           from_date  to_date
                district       NORD      authority_caseworker 2020-01-01 2024-12-31
                district       NORD      district_adviser     2025-01-01 -
                district       SYD       authority_caseworker 2020-01-01 -
                institution    S9        district_adviser     2025-01-15 -
                """,
            "measures": """
                child_id measure_id paragraph_code place_code start_date end_date
                anna     M1         BL-32-1-2      -          2025-01-10 2025-12-31
                """,
            "school_placements": """
                child_id institution_code grade_number class_type_code start_date end_date
                anna     S1               4            ordinary        2024-08-01 -
                """,
            # anna is asked on the day the measure begins, bo before and after the tenth-grade centre got its own model
            "sdq_answers": with_institutions(
                scored_form("anna", "2025-01-10", "parent", 8),
                scored_form("anna", "2025-07-10", "parent", 8),
                scored_form("bo", "2025-01-14", "parent", 8),
                scored_form("bo", "2025-01-15", "self", 8),
                scored_form("cleo", "2025-01-15", "self", 8),
            ),
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_sdq_pair",
        # anna: ten years and eight months; bo's birthday in the year 2025 is still to come; cleo is nobody known
        """
        child_id informant_code sex_code age_years district_code model_code           social_rung education_rung first_score_source
        anna     parent         K        10        NORD          district_adviser     3           0              answers
        bo       parent         M        12        SYD           authority_caseworker 0           -              answers
        bo       self           M        12        SYD           district_adviser     0           -              answers
        cleo     self           -        -         -             -                    -           -              answers
        """,
    )


def with_institutions(*forms: list[str]) -> str:
    """The drawn forms with an institution each: bo goes to the tenth-grade centre, anna to the school, cleo to none."""
    header, *lines = forms_drawn(*forms).splitlines()
    of_child = {"anna": "S1", "bo": "S9", "cleo": "-"}
    return "\n".join([f"{header} institution_code", *(f"{line} {of_child[line.split()[0]]}" for line in lines)])


@pytest.mark.parametrize(
    ("birth_date", "first_date", "age_years"),
    [
        ("2014-05-01", "2025-04-30", 10),
        ("2014-05-01", "2025-05-01", 11),
        ("2012-02-29", "2025-02-28", 12),
        ("2012-02-29", "2025-03-01", 13),
        ("1998-12-31", "2012-01-01", 13),  # born before the first day of the calendar table
    ],
)
def test_age_is_whole_years(birth_date: str, first_date: str, age_years: int) -> None:
    connection = built(
        {
            "children": f"child_id birth_date home_district_code resident_from_date\nanna {birth_date} NORD 2014-05-01",
            "sdq_answers": forms_drawn(scored_form("anna", first_date, "parent", 8)),
        }
    )
    assert connection.execute("SELECT age_years FROM core.fct_sdq_pair").fetchall() == [(age_years,)]


def test_both_forms_of_a_pair_stand_with_all_their_scales() -> None:
    connection = built(
        {
            "children": CHILDREN,
            "sdq_scores": f"""
            {DELIVERED}
            anna 2025-01-10 parent false 3 2 5 1 8 11 4
            anna 2025-07-10 parent true  2 2 4 - 9 -  3
            bo   2025-01-10 parent false 3 2 5 1 8 11 4
            bo   2025-07-10 parent true  2 1 4 1 9 8  3
            """,
        }
    )
    assert_rows(  # anna's second form lacks a scale, so it has no total and makes no pair
        connection,
        "SELECT * FROM core.fct_sdq_pair",
        """
        child_id is_paired first_emotional_points first_internalising_points first_externalising_points first_impact_points
        anna     False     3                      4                          7                          4
        bo       True      3                      4                          7                          4
        """,
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_sdq_pair WHERE is_paired",
        """
        child_id second_conduct_points second_hyper_points second_peer_points second_internalising_points second_time_frame_months
        bo       1                     4                   1                  3                           1
        """,
    )


def test_a_delivered_total_enters_no_measure_of_a_scale() -> None:
    """A total alone makes a pair of totals, and leaves every scale, their sums and impact missing on its side."""
    connection = built(
        {
            "children": CHILDREN,
            "sdq_answers": forms_drawn(scored_form("anna", "2025-01-10", "parent", 8)),
            "sdq_scores": f"""
            {DELIVERED}
            anna 2025-07-10 parent true  - - - - - 5 -
            bo   2025-01-10 parent false - - - - - 9 -
            """,
        }
    )
    scales = ("emotional", "conduct", "hyper", "peer", "prosocial", "internalising", "externalising", "impact")
    named = ", ".join(f"second_{scale}_points" for scale in scales)
    pair = connection.execute(f"SELECT change_points, {named} FROM core.fct_sdq_pair WHERE is_paired").fetchall()
    assert pair == [(5 - 8, *[None] * len(scales))]
    first = ", ".join(f"first_{scale}_points" for scale in scales)
    total_only = connection.execute(
        f"SELECT first_score_source, first_total_points, {first} FROM core.fct_sdq_pair WHERE NOT is_paired"
    ).fetchall()
    assert total_only == [("delivered", 9, *[None] * len(scales))]


def test_the_follow_up_form_asks_about_one_month_and_a_form_that_nobody_named_about_an_unknown_time() -> None:
    connection = built(
        {
            "children": CHILDREN,
            "sdq_answers": forms_drawn(
                scored_form("anna", "2025-01-10", "parent", 8, is_follow_up="false"),
                scored_form("anna", "2025-07-10", "parent", 5, is_follow_up="true"),
                scored_form("bo", "2025-01-10", "parent", 8),
            ),
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_sdq_score",
        """
        child_id answered_date is_follow_up_form time_frame_months
        anna     2025-01-10    False             6
        anna     2025-07-10    True              1
        bo       2025-01-10    False             -
        """,
    )
