"""The committee report on small municipalities and on incomplete deliveries: nothing leaks, nothing crashes, gaps are named."""

import itertools
import re
import statistics
from collections.abc import Callable

import pytest
from pypdf import PdfReader

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext, report_context
from pipelines.committee.ladder import ladder_section
from pipelines.committee.mainstream import mainstream_section
from pipelines.committee.sessions import sessions_section
from pipelines.committee.wellbeing import wellbeing_section
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.publish import figures
from pipelines.publish.section import Section
from tests.committee.conftest import EVERY_SOURCE, scenario_municipality
from tests.support import RanDemo

SECTIONS = {
    "mainstream": mainstream_section,
    "ladder": ladder_section,
    "wellbeing": wellbeing_section,
    "sessions": sessions_section,
}


@pytest.fixture(scope="module")
def sections() -> dict[str, Section]:
    """Every section on a small municipality, made once: the tables below the context are soon another test's."""
    context = scenario_municipality("small_effect", children=700, seed=3, sources=EVERY_SOURCE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "render", lambda *_, **__: "<svg/>")
        return {name: make_section(context) for name, make_section in SECTIONS.items()}


def test_every_section_holds_together_with_few_children(sections: dict[str, Section]) -> None:
    for section in sections.values():
        assert section.answer
        assert [value for table in section.tables for value in small_counts(table)] == []


def small_counts(table: ProtectedTable) -> list[float]:
    counts = [column.name for column in table.columns if column.kind == "count"]
    return [value for name in counts for value in table.values(name) if value is not None and 0 < value < 5]


def test_district_means_are_shown_for_all_districts_of_an_informant_or_for_none(sections: dict[str, Section]) -> None:
    by_district = next(t for t in sections["wellbeing"].tables if t.table_id == "sdq_by_district")
    for informant in dict.fromkeys(by_district.values("informant")):
        districts = by_district.excerpt(
            "one",
            title="",
            keep_row=lambda row, who=informant: row["informant"] == who and row["group"] != WHOLE_MUNICIPALITY,
        )
        index = districts.column_index("change_mean_points")
        statuses = {row[index].status for row in districts.rows} - {CellStatus.NOT_COMPUTABLE}
        assert len(statuses) <= 1


def test_mean_and_interval_do_not_give_two_hidden_districts_back() -> None:
    """The attack that this guards against: two equations, two unknowns (made-up means)."""
    true_means = [0.7, 2.3, 1.0, -1.2, -0.1]
    mean, variance = statistics.mean(true_means), statistics.variance(true_means)
    shown = true_means[:3]
    rest_sum = 5 * mean - sum(shown)
    rest_squares = 4 * variance + 5 * mean**2 - sum(value**2 for value in shown)
    root = (2 * rest_squares - rest_sum**2) ** 0.5
    solved = sorted([(rest_sum - root) / 2, (rest_sum + root) / 2])
    assert solved == pytest.approx([-1.2, -0.1])  # so a partly hidden list with mean and interval must never be printed


def test_no_answer_is_more_certain_than_its_level(sections: dict[str, Section]) -> None:
    section = sections["wellbeing"]
    if section.level == 0:
        assert "lavere ved anden måling" not in section.answer
        assert "Niveauet er sat ned fra 1 til 0" in section.level_reason


@pytest.mark.parametrize(
    ("without", "read_by", "said"),
    [
        (("sessions",), ("sessions",), "Vi har ikke fået tal for møder."),
        (("sdq_answers", "sdq_scores"), ("wellbeing",), "Vi har ikke fået tal for SDQ-besvarelser."),
        (("measures",), ("ladder", "wellbeing"), "Vi har ikke fået tal for socialsporet."),
        (
            ("school_placements",),
            ("mainstream", "ladder", "wellbeing"),
            "Vi har ikke fået tal for skole- og dagtilbudsplaceringer",
        ),
    ],
)
def test_a_source_that_never_came_is_named_and_not_called_too_few(
    without: tuple[str, ...],
    read_by: tuple[str, ...],
    said: str,
    scenario_context: Callable[..., ReportContext],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures, "render", lambda *_, **__: "<svg/>")
    came = tuple(source for source in EVERY_SOURCE if source not in without)
    context = scenario_context("small_effect", children=700, seed=3, sources=came)
    answers = [SECTIONS[name](context).answer for name in read_by]
    assert said in answers[0]
    assert all(answers)


def test_the_question_on_wellbeing_has_one_page_and_its_other_figures_stand_with_the_tables(demo: RanDemo) -> None:
    pages = [
        page.extract_text() for page in PdfReader(demo.made_up / "reports/udvalgsrapport/udvalgsrapport.pdf").pages
    ]
    start, after = (
        next(number for number, text in enumerate(pages) if f"Spørgsmål {question} af 4" in text) for question in (3, 4)
    )
    assert after == start + 1
    tables = next(number for number, text in enumerate(pages) if "Tallene bag figurerne" in text and number > after)
    figures = [number for number, text in enumerate(pages) if re.search(r"Figur\s(6|7|8|9)\.", text)]
    assert figures
    assert min(figures) >= tables


def test_the_whole_is_the_sum_of_its_shown_parts(demo: RanDemo) -> None:
    with report_context(str(demo.made_up)) as context:
        shares = mainstream_section(context).tables[0]
    rows = [dict(zip([c.name for c in shares.columns], row, strict=True)) for row in shares.rows]
    for year, of_year in itertools.groupby(
        sorted(rows, key=lambda row: str(row["school_year"].value)), key=lambda row: row["school_year"].value
    ):
        parts = list(of_year)
        whole = next(row for row in parts if row["area"].value == WHOLE_MUNICIPALITY)
        districts = [row["pupils_count"].value for row in parts if row is not whole]
        assert sum(districts) == whole["pupils_count"].value, year
