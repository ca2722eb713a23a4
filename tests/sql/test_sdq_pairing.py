"""What becomes of every SDQ form: which is a child's first, what stands beside its pair, and that none is lost in silence."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.drawn import AS_OF_DATE, assert_rows, built, check_names, child_id, found_by
from tests.sql.drawn_sdq import CHILDREN, NAMES, forms_drawn, items_of, scored_form
from tests.sql.independent_pairing import DrawnForm, outcomes_of

DELIVERED = (
    "child_id answered_date informant_code is_follow_up_form emotional_points conduct_points hyper_points peer_points "
    "prosocial_points total_points impact_points"
)


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


def drawn_form() -> st.SearchStrategy[DrawnForm]:
    """A form on one of three children, on a day of two years: few of each, so that forms meet and some lie after the as-of date."""
    return st.builds(
        DrawnForm,
        child=st.sampled_from(("anna", "bo", "cleo")),
        answered=st.integers(0, 30).map(lambda place: date(2024, 6, 1) + timedelta(days=place * 30)),
        informant=st.sampled_from(("parent", "teacher", "self")),
        is_follow_up=st.sampled_from((True, False, None)),
        total=st.one_of(st.none(), st.integers(0, 40)),
    )


def built_from(forms: Sequence[DrawnForm]) -> duckdb.DuckDBPyConnection:
    """A warehouse of these forms, delivered as totals."""
    header = "child_id answered_date informant_code is_follow_up_form total_points prosocial_points"
    rows = [[form.child, form.answered, form.informant, form.is_follow_up, form.total, 5] for form in forms]
    drawn = [" ".join("-" if cell is None else str(cell) for cell in row) for row in rows]
    return built({"sdq_scores": "\n".join([header, *drawn])})


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        drawn_form(), min_size=20, max_size=120, unique_by=lambda form: (form.child, form.answered, form.informant)
    )
)
def test_every_form_becomes_what_an_independent_count_says_and_none_is_lost(forms: list[DrawnForm]) -> None:
    """Role and outcome of each form by a second road; over areas forms in = forms counted, and first forms = pairs."""
    connection = built_from(forms)
    assert not any(found_by(check, connection) for check in check_names("sdq_"))
    names = {child_id(form.child): form.child for form in forms}
    expected = outcomes_of(forms, as_of=AS_OF_DATE, least_days=90, most_days=270)
    roles = connection.execute("SELECT * FROM core.fct_sdq_form_role").fetchall()
    assert {(names[child], day, informant): role for child, day, informant, role in roles} == {
        key: role for key, (role, _) in expected.items()
    }
    firsts = connection.execute(
        "SELECT child_id, first_date, informant_code, coalesce(unpaired_reason_code, 'paired') FROM core.fct_sdq_pair"
    ).fetchall()
    assert {(names[child], day, informant): outcome for child, day, informant, outcome in firsts} == {
        key: outcome for key, (role, outcome) in expected.items() if role == "first"
    }
    counted = connection.execute(
        "SELECT informant_code, is_first_form, outcome_code, forms_count FROM marts.mart_sdq_pairing "
        "WHERE area_kind = 'municipality'"
    ).fetchall()
    assert {(informant, is_first, outcome): count for informant, is_first, outcome, count in counted} == Counter(
        (informant, role == "first", outcome) for (_, _, informant), (role, outcome) in expected.items()
    )
    over_districts = connection.execute(
        "SELECT sum(forms_count)::INTEGER FROM marts.mart_sdq_pairing WHERE area_kind = 'district'"
    ).fetchone()
    assert over_districts == (len(forms),)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        drawn_form(), min_size=20, max_size=60, unique_by=lambda form: (form.child, form.answered, form.informant)
    ),
    st.integers(0, 40),
)
def test_which_form_is_first_does_not_depend_on_points(forms: list[DrawnForm], points: int) -> None:
    def roles(drawn: Sequence[DrawnForm]) -> list[tuple[object, ...]]:
        return sorted(built_from(drawn).execute("SELECT * FROM core.fct_sdq_form_role").fetchall())

    assert roles(forms) == roles([replace(form, total=form.total and points) for form in forms])


PAIRS = "SELECT * FROM core.fct_sdq_pair"


def pairs_of(*forms: list[str]) -> duckdb.DuckDBPyConnection:
    return built({"children": CHILDREN, "sdq_answers": forms_drawn(*forms)})


def test_a_form_that_says_it_is_a_first_one_is_nobody_elses_follow_up() -> None:
    connection = pairs_of(
        scored_form("anna", "2025-01-10", "parent", 8, is_follow_up="false"),
        scored_form("anna", "2025-04-15", "teacher", 7, is_follow_up="false"),  # 95 days after the parent's
        scored_form("anna", "2025-10-20", "teacher", 5, is_follow_up="true"),  # 188 days after the teacher's
    )
    assert_rows(
        connection,
        PAIRS,
        """
        informant_code first_date second_date unpaired_reason_code
        parent         2025-01-10 -           other_informant
        teacher        2025-04-15 2025-10-20  -
        """,
    )


def test_whoever_starts_a_round_later_than_another_still_has_a_pair() -> None:
    connection = pairs_of(
        *(scored_form("anna", day, "parent", 8) for day in ("2025-01-10", "2025-07-10", "2026-01-10")),
        *(scored_form("anna", day, "self", 8) for day in ("2025-07-10", "2026-01-10")),
    )
    assert_rows(
        connection,
        PAIRS,
        """
        informant_code first_date second_date
        parent         2025-01-10 2025-07-10
        self           2025-07-10 2026-01-10
        """,
    )


def test_only_a_form_with_a_total_that_is_no_follow_up_itself_can_be_followed_up() -> None:
    """anna's parents left out too much; bo's parents filled in a follow-up form of something that is not here."""
    connection = pairs_of(
        too_few_answers("anna", "2025-01-10", "parent"),
        scored_form("anna", "2025-07-10", "teacher", 8),
        scored_form("bo", "2025-01-10", "parent", 8, is_follow_up="true"),
        scored_form("bo", "2025-07-10", "teacher", 8),
        scored_form("cleo", "2025-01-10", "parent", 8),
        scored_form("cleo", "2025-07-10", "teacher", 8),
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_sdq_form_role",
        """
        child_id informant_code role_code
        anna     parent         total_missing
        anna     teacher        first
        bo       parent         follow_up_form
        bo       teacher        first
        cleo     parent         first
        cleo     teacher        follow_up_of_other_informant
        """,
    )


def test_an_old_form_does_not_stand_in_the_way_of_a_later_pair() -> None:
    connection = pairs_of(
        scored_form("anna", "2019-01-10", "parent", 8),
        scored_form("anna", "2025-01-10", "parent", 6),
        scored_form("anna", "2025-07-10", "parent", 5, is_follow_up="true"),
        # bo's old forms were never followed up in the window: the oldest stays the first
        scored_form("bo", "2019-01-10", "parent", 8),
        scored_form("bo", "2025-01-10", "parent", 6),
        # a follow-up form is no first form, however well it is followed up; the next one is
        scored_form("cleo", "2024-01-10", "parent", 8, is_follow_up="true"),
        scored_form("cleo", "2024-07-10", "parent", 7, is_follow_up="false"),
        scored_form("cleo", "2025-01-10", "parent", 6, is_follow_up="true"),
        # of two pairs in a row the first counts
        *(scored_form("dan", day, "parent", 6) for day in ("2024-01-10", "2024-07-10", "2025-01-10")),
    )
    assert_rows(
        connection,
        PAIRS,
        """
        child_id first_date second_date change_points unpaired_reason_code
        anna     2025-01-10 2025-07-10  -1            -
        bo       2019-01-10 -           -             outside_window
        cleo     2024-07-10 2025-01-10  -1            -
        dan      2024-01-10 2024-07-10  0             -
        """,
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_sdq_form_role",
        """
        child_id answered_date role_code
        anna     2019-01-10    earlier_form
        anna     2025-01-10    first
        anna     2025-07-10    later_form
        bo       2019-01-10    first
        bo       2025-01-10    later_form
        cleo     2024-01-10    follow_up_form
        cleo     2024-07-10    first
        cleo     2025-01-10    later_form
        dan      2024-01-10    first
        dan      2024-07-10    later_form
        dan      2025-01-10    later_form
        """,
    )


def test_forms_that_came_as_points_follow_the_same_rule() -> None:
    """A sender of totals seldom says which form it was; the first form of the pair may be the only one with answers."""
    connection = built(
        {
            "children": CHILDREN,
            "sdq_answers": forms_drawn(scored_form("anna", "2025-01-10", "parent", 8)),
            "sdq_scores": f"""
            {DELIVERED}
            anna 2019-01-10 parent  -     - - - - - 9 -
            anna 2025-07-10 parent  -     - - - - - 5 -
            anna 2025-07-10 teacher -     - - - - - 7 -
            bo   2025-01-10 parent  -     - - - - - 9 -
            bo   2025-07-10 teacher false - - - - - 7 -
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM core.fct_sdq_form_role",
        """
        child_id answered_date informant_code role_code
        anna     2019-01-10    parent         earlier_form
        anna     2025-01-10    parent         first
        anna     2025-07-10    parent         later_form
        anna     2025-07-10    teacher        follow_up_of_other_informant
        bo       2025-01-10    parent         first
        bo       2025-07-10    teacher        first
        """,
    )


def test_while_the_window_is_open_nothing_is_lost_yet() -> None:
    """As-of date 30 September 2026: of 1 May 152 days have gone, of 3 January 270, which is the window's last day."""
    connection = pairs_of(
        scored_form("anna", "2026-05-01", "parent", 8),
        scored_form("anna", "2026-08-20", "teacher", 8),
        scored_form("bo", "2026-05-01", "parent", 8),
        too_few_answers("bo", "2026-08-20", "parent"),
        scored_form("cleo", "2026-01-04", "parent", 8),
        too_few_answers("cleo", "2026-08-20", "parent"),
        scored_form("dan", "2026-01-03", "parent", 8),
        too_few_answers("dan", "2026-08-20", "parent"),
        scored_form("anna", "2026-06-01", "parent", 5),  # 31 days: too early to be anybody's second
        scored_form("anna", "2026-08-20", "parent", 5),
        scored_form("anna", "2026-09-20", "parent", 5),
    )
    assert_rows(
        connection,
        f"{PAIRS} WHERE informant_code = 'parent'",
        """
        child_id unpaired_reason_code
        anna     not_due
        bo       not_due
        cleo     not_due
        dan      total_missing
        """,
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_sdq_pairing WHERE informant_code = 'parent' AND area_kind = 'municipality'",
        """
        is_first_form outcome_code      forms_count
        True          not_due           3
        True          total_missing     1
        False         early_second_form 1
        False         later_form        2
        False         total_missing     3
        """,
    )


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
