"""The evaluation's sections: what they say follows from the design, every word may stand, and no small count can be had from them."""

from datetime import date
from typing import Any

import duckdb
import pytest

from pipelines.committee.context import ReportContext
from pipelines.committee.evaluation.basis import Study
from pipelines.committee.evaluation.comparison import comparison_section, gate_table, plan_table
from pipelines.committee.evaluation.detection import detection_section, district_table
from pipelines.disclosure.table import CellStatus
from pipelines.evaluation.children import StudyChild
from pipelines.publish.danish import claims_beyond_level, words_to_avoid
from pipelines.publish.section import Section
from tests.committee.conftest import settings_of
from tests.evaluation.drawn_study import a_plan, children
from tests.evaluation.test_analysis import EIGHT, FIVE, drawn


def study(found: list[StudyChild], at_risk: dict[str, int], **plan: Any) -> Study:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA core")
    connection.execute("CREATE TABLE core.dim_institution (institution_code VARCHAR, institution_name VARCHAR)")
    connection.execute("INSERT INTO core.dim_institution VALUES ('S9', 'Tiende')")
    names = {code: f"Distrikt {code}" for code in at_risk if code != "S9"}
    context = ReportContext(connection, settings_of(), date(2026, 9, 30), names)
    return Study(context, a_plan(**plan), None, children(*found, at_risk=at_risk))


def all_texts(section: Section) -> list[str]:
    return [
        section.question,
        section.answer,
        section.support,
        section.level_reason,
        *(text for _, text in section.how_sure.parts()),
        *section.not_shown,
        *section.method,
    ]


@pytest.fixture
def three_against_two() -> Study:
    return study(*drawn(FIVE, -8), secondaries=["sdq_impact", "notifications"])


def test_three_against_two_is_undecided_with_what_could_have_been_seen(three_against_two: Study) -> None:
    section = comparison_section(three_against_two)
    assert section.answer.startswith("Det kan ikke afgøres: Distrikterne kan først vise en forskel, når den er på ")
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
    one = study(*drawn(districts, effect))
    for section in (detection_section(one), comparison_section(one)):
        assert [text for text in all_texts(section) if words_to_avoid(text)] == []
        for text in (section.answer, section.support, *(figure.title for figure in section.figures)):
            assert claims_beyond_level(text, section.level) == []


def test_a_model_that_finds_more_children_is_told_first_and_takes_the_answer() -> None:
    """The same large difference as above; 80 of 100 children at risk where the adviser is, so a larger part is measured."""
    found, _ = drawn(EIGHT, -3)
    one = study(found, {code: 80 if code.startswith("R") else 100 for code in EIGHT})
    assert detection_section(one).answer.startswith("Nej")
    section = comparison_section(one)
    assert (section.level, section.level_reason.startswith("Modellerne måler ikke de samme børn")) == (2, True)
    assert section.answer.startswith("Det kan ikke afgøres")


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
    assert detection_section(one).support == "Tiende er beskrevet, men ikke sammenlignet."
    table = district_table(one)
    assert table.cell("measured", area="Tiende (ikke sammenlignet)").value == 12
    # 24 measured in S1 and S2; Tiende's 12 are no part of them
    assert table.cell("measured", area="Sammenlignede i alt", model="myndighedssagsbehandler").value == 24
    assert any(row[0].value == "Tiende er ikke sammenlignet" for row in gate_table(one).rows)
