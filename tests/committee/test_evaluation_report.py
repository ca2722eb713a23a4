"""The evaluation's sections: what they say follows from the design, every word may stand, and no small count can be had from them."""

from dataclasses import replace
from datetime import date
from typing import Any

import duckdb
import pytest

from pipelines.committee.context import ReportContext
from pipelines.committee.evaluation.basis import Study
from pipelines.committee.evaluation.clearinghouse import clearinghouse_table, loss_table
from pipelines.committee.evaluation.comparison import comparison_section, gate_table, plan_table
from pipelines.committee.evaluation.detection import detection_section
from pipelines.committee.evaluation.districts import district_table
from pipelines.committee.evaluation.dose import dose_section, dose_table
from pipelines.committee.evaluation.explanations import explanation_table, explanations_section, points_table
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.evaluation.children import StudyChild
from pipelines.evaluation.dose import Dose
from pipelines.evaluation.whole_grades import only_grades
from pipelines.publish.section import Section
from tests.committee.conftest import settings_of
from tests.committee.drawn_cooperation import faults_of, lines_of
from tests.evaluation.drawn_study import a_plan, child, children
from tests.evaluation.test_analysis import EIGHT, FIVE, drawn


def study(found: list[StudyChild], at_risk: dict[str, int], **plan: Any) -> Study:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA core")
    connection.execute("CREATE TABLE core.dim_institution (institution_code VARCHAR, institution_name VARCHAR)")
    connection.execute("INSERT INTO core.dim_institution VALUES ('S9', 'Tiende')")
    names = {code: f"Distrikt {code}" for code in at_risk if code != "S9"}
    context = ReportContext(connection, settings_of(), date(2026, 9, 30), names)
    return alone(Study(context, a_plan(**plan), None, children(*found, at_risk=at_risk)))


def alone(one: Study) -> Study:
    """No other report tells of drawn children."""
    one.__dict__["elsewhere"] = ()
    return one


def all_sections(one: Study) -> tuple[Section, ...]:
    districts = district_table(one)
    return (
        detection_section(one, districts),
        comparison_section(one),
        explanations_section(one, districts),
        dose_section(one),
    )


@pytest.fixture
def three_against_two() -> Study:
    return study(*drawn(FIVE, -8), secondaries=["sdq_impact", "notifications"])


def test_three_against_two_is_undecided_with_what_could_have_been_seen(three_against_two: Study) -> None:
    section = comparison_section(three_against_two)
    assert section.answer.startswith("Det kan ikke afgøres: Distrikterne er for få, og en forskel på under ")
    assert "tre distrikter med distriktsrådgiver og to med myndighedssagsbehandler" in section.support
    assert "10,0 af 100" in section.how_sure.number
    assert section.level == 3
    (figure,) = section.figures
    assert figure.table_id == "evaluation_ways"
    assert "Der er ingen låst analyseplan" in section.how_sure.data
    assert any(row[1].value.endswith("mangler: underretninger.") for row in plan_table(three_against_two).rows)
    untold = [row[0].value for row in gate_table(three_against_two).rows if str(row[0].value).startswith("Ikke regnet")]
    assert len(untold) == 4


@pytest.mark.parametrize(
    ("districts", "effect"), [(FIVE, -8), (EIGHT, -3), (EIGHT, 3), (("R1", "S1", "S2"), -3), (("R1", "R2"), 0)]
)
def test_no_section_claims_more_than_its_level(districts: tuple[str, ...], effect: float) -> None:
    assert [fault for section in all_sections(study(*drawn(districts, effect))) for fault in faults_of(section)] == []


def test_a_model_that_finds_more_children_is_told_first_and_takes_the_answer() -> None:
    """The same large difference as above; 80 of 100 children at risk where the adviser is, so a larger part is measured."""
    found, _ = drawn(EIGHT, -3)
    one = study(found, {code: 80 if code.startswith("R") else 100 for code in EIGHT})
    assert detection_section(one, district_table(one)).answer == (
        "Nej, distrikter med distriktsrådgiver måler en klart større del af børnene end dem med myndighedssagsbehandler."
    )
    section = comparison_section(one)
    assert section.level == 2
    assert section.level_reason.startswith("Niveauet er sat ned fra 3 til 2. Modellerne måler ikke de samme børn")
    assert section.answer.startswith("Det kan ikke afgøres")


def test_as_many_measured_but_others_is_no_yes() -> None:
    """12 of 100 in each district, but first scores 4 points higher where the adviser is: more than a whole standard deviation."""
    found, at_risk = drawn(EIGHT, -3)
    higher = [
        replace(one, first={**one.first, "total_points": (one.first["total_points"] or 0.0) + 4.0 * one.is_treated})
        for one in found
    ]
    one = study(higher, at_risk)
    assert detection_section(one, district_table(one)).answer == (
        "Nej, modellerne måler omtrent lige mange, men børnene lå langt fra hinanden ved første måling."
    )
    assert comparison_section(one).level_reason.endswith("Børnene lå for langt fra hinanden ved første måling.")


def test_groups_that_let_no_district_change_places_leave_chance_untried() -> None:
    one = study(*drawn(FIVE, -8), strata={"S1": "by", "S2": "by"})
    assert comparison_section(one).how_sure.number.startswith("Planens grupper lader ingen distrikter bytte plads.")


def test_no_children_at_all_is_not_blamed_on_the_districts() -> None:
    one = study([], {})
    assert explanations_section(one, district_table(one)).answer.startswith("Der er ingen forskel at forklare")
    assert comparison_section(one).answer == "Det kan ikke vurderes, fordi ingen børn i perioden er målt to gange."
    detection = detection_section(one, district_table(one))
    assert (detection.support, detection.figures) == ("Ingen børn har et første skema i planens periode.", ())
    assert [fault for section in all_sections(one) for fault in faults_of(section)] == []
    assert [table.table_id for section in all_sections(one) for table in section.tables if not table.rows] == []
    words = {str(row[0].value): str(row[1].value) for row in explanation_table(one).rows}
    assert words["Hvem der bliver målt"].startswith("Det vides ikke")
    assert words["Børn uden anden måling"] == "Ingen af børnene skulle være målt igen."


@pytest.mark.parametrize(("lost", "is_told"), [(3, False), (5, True), (0, True)])
def test_few_lost_children_of_a_district_do_not_follow_from_measured_and_followed(lost: int, is_told: bool) -> None:
    """Of 12 measured children in each district 3 are lost: 12 - 9 would tell it."""
    table = district_table(study(*drawn(FIVE, 0, lost=lost)))
    places = [table.column_index(name) for name in ("measured", "followed", "lost")]
    told = [
        [row[place].status is CellStatus.SHOWN for place in places]
        for row in table.rows
        if str(row[1].value).startswith("Distrikt")
    ]
    assert len(told) == 5
    assert all(all(row) for row in told) is is_told
    assert any(row[2] or (row[0] and row[1]) for row in told) is is_told


def test_a_place_that_is_not_compared_is_named_and_counted_apart() -> None:
    found, at_risk = drawn((*FIVE, "S9"), 0)
    moved = [one if one.cluster != "S9" else type(one)(**{**vars(one), "age_years": 16}) for one in found]
    one = study(moved, at_risk)
    assert detection_section(one, district_table(one)).support == "Tiende er beskrevet, men ikke sammenlignet."
    table = district_table(one)
    assert table.cell("measured", area="Tiende (ikke sammenlignet)").value == 12
    # 24 measured in S1 and S2; Tiende's 12 are no part of them
    assert table.cell("measured", area="Sammenlignede i alt", model="myndighedssagsbehandler").value == 24
    assert any(row[0].value == "Tiende er ikke sammenlignet" for row in gate_table(one).rows)


def told(table: ProtectedTable) -> dict[str, Any]:
    return {str(row[0].value): row[1].value for row in table.rows}


def test_every_other_explanation_is_told_with_what_is_known_of_it(three_against_two: Study) -> None:
    table = told(explanation_table(three_against_two))
    assert table["Tilfældet"].startswith("Usikkerheden når")
    assert "ikke trukket lod" in table["Hvor modellen blev lagt"]
    assert len(table) == 10
    unlike, _ = drawn(EIGHT, -3)
    more_found = study(unlike, {code: 80 if code.startswith("R") else 100 for code in EIGHT})
    assert told(explanation_table(more_found))["Hvem der bliver målt"].startswith("Den ene model måler en klart større")


def test_one_district_in_an_arm_leaves_everything_to_explain_it() -> None:
    one = study(*drawn(("R1", "S1", "S2"), -3))
    section = explanations_section(one, district_table(one))
    assert section.answer == "Alt ved distrikterne kan, for modellen kan ikke skilles fra dem."
    assert "evaluation_strength" not in {table.table_id for table in section.tables}
    assert told(clearinghouse_table(one))["Samlet"] == "Lever ikke op til kravene."


def test_loss_is_told_only_where_the_table_of_districts_tells_it() -> None:
    # 2 of 12 lost in each district are hidden there; the sums of 6 and 4 then too
    few = study(*drawn(FIVE, 0, lost=2))
    assert loss_table(few, district_table(few)) is None
    # 5 of 12: 15 of 36 and 10 of 24, 41.7 % in both; they may lie 2.5 points apart at 41 % and 2.3 at 42 %
    more = study(*drawn(FIVE, 0, lost=5))
    table = loss_table(more, district_table(more))
    assert table is not None
    assert [row[1].value for row in table.rows] == [round(100 * 25 / 60, 1), 0, 2.3]


def test_how_much_worse_the_lost_would_have_to_do_is_told_with_its_sign() -> None:
    one = study(*drawn(EIGHT, -3, lost=5))
    leading = one.evaluation.leading
    assert leading is not None
    # 5 of 12 lost in each district: each point worse takes 5/12 of a point off the difference, so about 3 x 12 / 5
    (needed, _) = lines_of(points_table(one, leading), "value")
    assert float(needed) == pytest.approx(3 * 12 / 5, abs=1.5)


def with_dose(one: Study, dose: dict[tuple[str, bool], Dose]) -> Study:
    found = alone(Study(one.context, one.plan, one.lock, one.children, one.grades))
    found.__dict__["dose"] = dose
    return found


def test_meetings_stand_beside_the_scores_and_staff_are_told_only_where_enough_of_them_stand_behind_every_district() -> (
    None
):
    plain = study(*drawn(FIVE, 0))
    three, two = frozenset("abc"), frozenset("de")
    few = {(code, code.startswith("R")): Dose(10, 8, 4, three if code != "S2" else two) for code in FIVE}
    table = dose_table(with_dose(plain, few))
    # 100 children at risk in each district; one district has two members of staff, so no district tells, and S's sum does
    assert lines_of(table, "area", "planned", "held", "attended")[:4] == [
        "Distrikt R1 | 10.0 | 8.0 | hidden",
        "Distrikt R2 | 10.0 | 8.0 | hidden",
        "Distrikt R3 | 10.0 | 8.0 | hidden",
        "I alt | 10.0 | 8.0 | 4.0",
    ]
    enough = {key: Dose(10, 8, 4, three) for key in few}
    assert lines_of(dose_table(with_dose(plain, enough)), "attended") == ["4.0"] * 7
    section = dose_section(with_dose(plain, enough))
    assert section.answer == (
        "Der er holdt 8,0 møder pr. 100 børn under distriktsrådgiver og 8,0 møder pr. 100 børn under myndighedssagsbehandler."
    )
    assert faults_of(section) == []


def test_a_log_of_one_model_alone_answers_nothing(three_against_two: Study) -> None:
    one = with_dose(three_against_two, {("R1", True): Dose(10, 8, 4, frozenset("abc"))})
    assert dose_section(one).answer == "Det kan ikke siges, for der er ikke møder at vise for begge modeller."
    assert lines_of(dose_table(one), "held")[-1] == "not_received"


def test_all_children_of_a_grade_are_compared_alone_and_the_report_says_so() -> None:
    plain = study(*drawn(FIVE, 0))
    one = alone(Study(plain.context, plain.plan, None, plain.children, (0, 3)))
    section = detection_section(one, district_table(one))
    assert section.support.startswith("Næsten alle børn i 0. og 3. klasse er målt, og sammenligningen er af dem alene.")
    assert [column.title for column in district_table(one).columns][2] == "Elever på klassetrinnene"
    assert faults_of(section) == []


@pytest.fixture
def whole_grade() -> Study:
    """12 of the 13 pupils of grade 3 in each of five districts, where 100 children live."""
    found, at_risk = drawn(FIVE, 0)
    plain = study([replace(one, grade=3) for one in found], at_risk)
    measured = replace(plain.children, pupils={(code, 3): 13 for code in FIVE})
    return alone(Study(plain.context, plain.plan, None, only_grades(measured, (3,)), (3,)))


def test_a_measured_grade_is_told_so_even_where_the_few_not_measured_hide_every_share(whole_grade: Study) -> None:
    table = district_table(whole_grade)
    assert CellStatus.SHOWN not in {row[table.column_index("share")].status for row in table.rows[:5]}
    section = detection_section(whole_grade, table)
    assert section.answer == "Ja, næsten alle børn på klassetrinnene er målt under begge modeller."
    assert "afgør modellerne selv" not in section.how_sure.number
    words = told(explanation_table(whole_grade))
    assert words["Hvem der bliver målt"].startswith("Næsten alle børn på klassetrinnene er målt")
    assert words["At børn måles, når det er værst"].startswith("Her er næsten alle børn")
    assert [fault for part in all_sections(whole_grade) for fault in faults_of(part)] == []


def test_meetings_are_per_100_of_all_children_when_a_grade_alone_is_compared(whole_grade: Study) -> None:
    dose = {(code, code.startswith("R")): Dose(10, 8, 4, frozenset("abc")) for code in FIVE}
    # 8 meetings among the 100 children of each district, not among its 13 pupils
    assert set(lines_of(dose_table(with_dose(whole_grade, dose)), "held")) == {"8.0"}


def test_few_lost_children_do_not_follow_from_nearly_all_of_a_grade_being_measured() -> None:
    """45 pupils of R1, 42 measured, 39 of them again: nine of ten are 41 at the least, so 45 and 39 tell that 2 to 6 are lost."""
    sizes = {"R1": (45, 39, 3), "R2": (47, 47, 0), "S1": (45, 36, 9), "S2": (45, 36, 9)}
    found = [
        child(code, 10 + place % 5, 8 + place % 3 if place < followed else None, grade=3)
        for code, (_, followed, lost) in sizes.items()
        for place in range(followed + lost)
    ]
    plain = study(found, dict.fromkeys(sizes, 100))
    measured = replace(plain.children, pupils={(code, 3): pupils for code, (pupils, _, _) in sizes.items()})
    table = district_table(alone(Study(plain.context, plain.plan, None, only_grades(measured, (3,)), (3,))))
    row = next(row for row in table.rows if row[1].value == "Distrikt R1")
    told = [row[table.column_index(name)].status is CellStatus.SHOWN for name in ("at_risk", "followed")]
    assert told.count(True) < 2


def test_what_one_district_leaves_untold_speaks_of_no_figure_and_of_one_district_in_its_gender() -> None:
    """Where a second district is there but cannot be compared, the model is in two."""
    section = comparison_section(study(*drawn(("R1", "R2", "S1"), -3)))
    assert section.figures == ()
    assert "Figuren" not in " ".join(section.not_shown)
    assert section.support == (
        "Der er to distrikter med distriktsrådgiver og ét med myndighedssagsbehandler, som kan sammenlignes."
    )
    assert "kun er i ét" not in section.answer


def test_a_direction_names_the_models() -> None:
    assert comparison_section(study(*drawn(EIGHT, -3))).answer == (
        "Der er færre vanskeligheder med distriktsrådgiver end med myndighedssagsbehandler; andet kan være årsagen."
    )


def test_one_model_alone_is_compared_with_nothing_and_nothing_says_that_it_is() -> None:
    one = study(*drawn(("R1", "R2"), 0))
    detection, comparison, explanations, _ = all_sections(one)
    assert "med i sammenligningen" not in detection.support
    assert "må vises" not in detection.answer
    assert comparison.answer.startswith("Det kan ikke vurderes, fordi ingen børn under den ene model")
    assert comparison.support == (
        "Der er to distrikter med distriktsrådgiver og ingen med myndighedssagsbehandler at holde op mod hinanden."
    )
    assert explanations.answer.startswith("Der er ingen forskel at forklare")
    assert [fault for section in all_sections(one) for fault in faults_of(section)] == []
