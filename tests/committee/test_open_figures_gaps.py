"""A report on open figures where the source hides, leaves out or never sent something: told as what it is, and never a crash."""

import random

import pytest

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.committee.municipality_in_country import ABSENCE, topic_section
from pipelines.committee.published_inclusion import country_definitions, inclusion_section
from pipelines.disclosure.table import CellStatus
from tests.committee.conftest import settings_of
from tests.sql.drawn import AS_OF_DATE, built

OWN, YEARS, GROUPS = "390", ("2023/24", "2024/25"), ("upper_grades", "middle_grades")
CODES = (OWN, "101", "147", "151", "155", "157", "159", "161")
HEADER = "indicator_id municipality_code period group_code figure_value value_status_code"
PUBLISHED = "definition_id measure_code area_code pupil_group_code school_year figure_value value_status_code"


def context_of(**tables: str) -> ReportContext:
    return ReportContext(built(tables), settings_of(), AS_OF_DATE, {})


def absence(*, hidden: tuple[str, ...] = (), left_out: tuple[str, ...] = ()) -> str:
    """Absence of eight municipalities in two years; in the newest some are hidden, and some have no row."""
    drawn = random.Random(1)
    lines = [HEADER]
    for year in YEARS:
        for group in GROUPS:
            for code in CODES:
                newest = year == YEARS[-1]
                value = f"{drawn.uniform(8, 10):.1f} published"
                if not (newest and code in left_out):
                    lines.append(
                        f"absence_pct {code} {year} {group} {'- hidden_by_source' if newest and code in hidden else value}"
                    )
    return "\n".join(lines)


def test_an_indicator_that_nobody_sent_says_so() -> None:
    section = topic_section(context_of(open_figures=HEADER), ABSENCE, municipality_code=OWN)

    assert section.answer.startswith("Vi har ikke fået tal for")
    assert (section.tables, section.figures) == ((), ())


def test_a_newest_year_that_the_source_hides_for_all_is_hidden_and_not_none() -> None:
    section = topic_section(context_of(open_figures=absence(hidden=CODES)), ABSENCE, municipality_code=OWN)

    assert section.answer == "Kilden viser ikke tal for fravær i udskolingen."
    assert "Ingen kommune har et tal, der er vist." in section.figures[1].alt_text
    newest = section.tables[0].rows[-1]
    assert newest[section.tables[0].column_index("own")].status is CellStatus.HIDDEN_BY_SOURCE


@pytest.mark.parametrize(
    ("gap", "answer", "status"),
    [
        ({"hidden": (OWN,)}, "Kilden viser ikke tal for fravær i udskolingen.", CellStatus.HIDDEN_BY_SOURCE),
        ({"left_out": (OWN,)}, "Kilden har udeladt tallet for fravær i udskolingen.", CellStatus.LEFT_OUT_BY_SOURCE),
    ],
)
def test_hidden_and_left_out_are_told_apart(gap: dict[str, tuple[str, ...]], answer: str, status: CellStatus) -> None:
    section = topic_section(context_of(open_figures=absence(**gap)), ABSENCE, municipality_code=OWN)
    lead = section.tables[0]

    assert section.answer == answer
    assert lead.rows[-1][lead.column_index("own")].status is status
    # the others are counted without it
    assert lead.rows[-1][lead.column_index("municipalities_count")].value == len(CODES) - 1


def test_a_figure_under_any_definition_is_told_with_whose_it_is() -> None:
    for code in [row["code"] for row in load_code_table("segregation_definitions").rows]:
        context = context_of(segregation_figures=f"{PUBLISHED}\n{code} segregation_pct {OWN} all 2023/24 5.1 published")
        section = inclusion_section(context, municipality_code=OWN)

        assert "5,1" in section.answer
        assert "talt som" in section.answer or "efter" in section.answer


def test_a_definition_that_only_this_municipality_delivered_is_described() -> None:
    described = {definition.term for definition in country_definitions()}

    assert {definition.term for definition in country_definitions(["kl"])} - described == {"KL's segregeringsgrad"}
