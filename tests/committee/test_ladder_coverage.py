"""What the ladder section says of a register that covers little: years without the oldest, no whole year, nothing at all."""

from collections.abc import Mapping
from datetime import date

import pytest

from pipelines.committee.context import ReportContext
from pipelines.committee.ladder import ladder_section
from pipelines.committee.ladder_oldest import days_without_oldest, oldest_missing_words, years_without_oldest
from pipelines.committee.ladder_sensitivity import sensitivity_table
from pipelines.ladders.load import load_ladders
from pipelines.ladders.own_table import OwnLadder
from pipelines.ladders.steps import TRACKS, Step, national_steps, national_titles
from pipelines.publish.section import Section
from tests.committee.conftest import settings_of
from tests.sql.drawn import AS_OF_DATE, built, built_when_named, empty_warehouse, fill

CHILD_HEAD = "child_id birth_date resident_from_date home_district_code\n"
MEASURE_HEAD = "child_id measure_id paragraph_code place_code start_date end_date\n"


def born_in(years: range) -> str:
    """Ten children of each year of birth, turn by turn in the two districts."""
    return CHILD_HEAD + "\n".join(
        f"c{year}{place} {year}-06-01 {year}-06-01 {('NORD', 'SYD')[place % 2]}"
        for year in years
        for place in range(10)
    )


def context_of(tables: Mapping[str, str]) -> ReportContext:
    return ReportContext(built(tables), settings_of(), AS_OF_DATE, {"NORD": "Nord", "SYD": "Syd"})


def section_of(tables: Mapping[str, str]) -> Section:
    return ladder_section(context_of(tables))


def test_a_list_of_todays_children_lacks_the_oldest_of_earlier_years() -> None:
    # born from June 2008 on: the first of them is 17 from June 2025, so only from then on somebody of 17 is on the list
    context = context_of({"children": born_in(range(2008, 2026))})
    days = [date(2024, 9, 30), date(2025, 5, 31), date(2025, 6, 1), date(2026, 9, 30)]
    assert days_without_oldest(context, days) == {date(2024, 9, 30), date(2025, 5, 31)}
    assert years_without_oldest(context, [2024, 2025, 2026]) == (2024, 2025)
    assert "i tallene for 2024 og 2025" in oldest_missing_words([2025, 2024])
    assert oldest_missing_words([]) == ""


@pytest.fixture(scope="module")
def section() -> Section:
    """Ten children on rung 2 in 2024, six of whom go on to rung 3 in 2025, on a list that lacks the oldest of 2024 and 2025."""
    own = [f"c{year}0" for year in range(2010, 2020)]
    measures = "\n".join(
        ["c20081 M0 BL-30 - 2023-01-01 2023-12-15"]
        + [f"{name} M1 BL-30 - 2024-01-01 2025-03-31" for name in own]
        + [f"{name} M2 BL-32-1-2 - 2025-04-01 -" for name in own[:6]]
    )
    return section_of({"children": born_in(range(2008, 2026)), "measures": MEASURE_HEAD + measures})


def test_years_without_the_oldest_are_told_and_never_compared(section: Section) -> None:
    tables = {table.table_id: table for table in section.tables}
    assert oldest_missing_words([2024, 2025]) in section.how_sure.data
    assert oldest_missing_words([2024, 2025]) in tables["ladder_by_year"].source
    assert oldest_missing_words([2024, 2025]) in section.figures[0].source
    # on 30 September only 2024 lacks those of 17
    assert oldest_missing_words([2024]) in tables["ladder_groups_social"].source
    (figure,) = (figure for figure in section.appendix_figures if figure.figure_id == "ladder_groups_social")
    assert "2024" not in figure.title
    assert oldest_missing_words([2024]) in figure.source


def test_a_register_without_a_whole_year_says_so_and_tells_the_rest() -> None:
    # the first end is in June 2025, so neither 2025 nor 2026 is whole
    own = [f"c{year}0" for year in range(2010, 2020)]
    measures = MEASURE_HEAD + "\n".join(f"{name} M1 BL-30 - 2025-01-01 -" for name in own)
    section = section_of(
        {"children": born_in(range(2008, 2026)), "measures": f"{measures}\nc20080 M0 BL-30 - 2025-01-01 2025-06-01"}
    )
    assert "ikke et helt kalenderår" in section.answer
    assert "indsatser" not in section.support
    assert "skole- og dagtilbudsplaceringer" in section.support
    tables = {table.table_id: table for table in section.tables}
    assert tables["key_figures"].cell("counted", title="Børn med forebyggende indsats").value == 10


def test_without_the_list_of_children_it_is_the_list_that_is_missing() -> None:
    section = section_of({"measures": f"{MEASURE_HEAD}anna M1 BL-30 - 2025-01-01 2025-06-01"})
    assert section.answer.startswith("Vi har ikke fået tal for børn")
    assert "indsatser" not in section.answer
    assert section.tables == ()


def test_a_track_that_came_without_a_whole_year_is_not_called_missing(section: Section) -> None:
    assert "Vi har ikke fået tal for undervisningssporet." in section.answer
    measures = "\n".join(f"c{year}0 M1 BL-30 - 2024-01-01 2025-03-31" for year in range(2010, 2016))
    both = section_of(
        {
            "children": born_in(range(2008, 2026)),
            "measures": f"{MEASURE_HEAD}c20081 M0 BL-30 - 2023-01-01 2023-12-15\n{measures}",
            "institutions": "institution_code institution_type_code district_code\nSKOLE folkeskole NORD",
            "school_placements": "child_id institution_code class_type_code support_hours_per_week start_date end_date\n"
            "c20120 SKOLE 10 5 2025-08-01 2026-01-31\nc20130 SKOLE 10 5 2025-08-01 -",
        }
    )
    assert "For undervisningssporet dækker tallene ikke hele 2025." in both.answer
    # nobody moved between rungs: a net of nothing has no direction
    assert "var der lige mange ryk ned og op" in both.how_sure.number


def test_the_own_ladder_has_a_row_of_its_own_among_the_other_choices() -> None:
    # on the own ladder early help stands as high as support at home, so seven of the twenty moves up are none
    steps = tuple(
        Step(track, step.step_kind_code, step.code, 3 if step.code == "BL-30" else step.rung)
        for track in TRACKS
        for step in national_steps(track)
    )
    titles = tuple((track, rung, title) for track in TRACKS for rung, title in national_titles(track).items())
    names = [f"c{year}{place}" for year in range(2010, 2015) for place in range(4)]
    paragraphs = ["BL-30"] * 7 + ["BL-32-1-2"] * 13
    measures = "\n".join(
        f"{name} M1 {paragraph} - 2024-01-01 2025-03-31\n{name} M2 {after} 2025-04-01 -"
        for name, paragraph in zip(names, paragraphs, strict=True)
        for after in (["BL-32-1-2 -"] if paragraph == "BL-30" else ["BL-46 9"])
    )
    connection = empty_warehouse()
    load_ladders(connection, OwnLadder(steps, titles))
    fill(connection, "children", born_in(range(2008, 2026)))
    fill(connection, "measures", f"{MEASURE_HEAD}c20081 M0 BL-30 - 2023-01-01 2023-12-15\n{measures}")
    connection = built_when_named(connection)
    context = ReportContext(connection, settings_of(), AS_OF_DATE, {"NORD": "Nord", "SYD": "Syd"})
    table = sensitivity_table(context, 2025)
    load_ladders(connection, None)
    up = {choice: table.cell("up", track="Socialsporet", choice=choice).value for choice in table.values("choice")}
    # 7 + 13 moves, and 13 of them, in whole fives
    assert (up["Som i rapporten"], up["Kommunens egen trappe"]) == (20, 15)
