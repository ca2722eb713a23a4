"""What the ladder section says of a register that covers little: years without the oldest, no whole year, nothing at all."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from pipelines.committee.context import ReportContext
from pipelines.committee.ladder import ladder_section
from pipelines.committee.ladder_oldest import days_without_oldest, oldest_missing_words, years_without_oldest
from pipelines.committee.ladder_sensitivity import sensitivity_table
from pipelines.committee.ladder_young_register import short_history_words, years_short_of_history
from pipelines.ladders.load import load_ladders
from pipelines.ladders.own_table import OwnLadder
from pipelines.ladders.steps import TRACKS, Step, national_steps, national_titles
from pipelines.municipalities import load_profile
from pipelines.publish.danish import words_to_avoid
from pipelines.publish.section import Section
from pipelines.simulate import Parameters, simulate_municipality
from tests.committee.conftest import PROFILE, settings_of
from tests.sql.drawn import AS_OF_DATE, built, built_when_named, empty_warehouse, fill, fill_simulated

CHILD_HEAD = "child_id birth_date resident_from_date home_district_code\n"
MEASURE_HEAD = "child_id measure_id paragraph_code place_code start_date end_date\n"


def born_in(years: range, *, each: int = 12) -> str:
    """So many children of each year of birth, turn by turn in the two districts."""
    return CHILD_HEAD + "\n".join(
        f"c{year}{place} {year}-06-01 {year}-06-01 {('NORD', 'SYD')[place % 2]}"
        for year in years
        for place in range(each)
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


@pytest.mark.parametrize("keeps_grown_up", [True, False])
def test_a_list_that_keeps_who_turned_18_lacks_nobody(keeps_grown_up: bool) -> None:
    """The same made-up municipality. Those on a list of today's children were born from October 2007 on, so few were 17 on the
    first day of 2025 and none before."""
    population = replace(Parameters().population, keeps_grown_up=keeps_grown_up)
    simulated = simulate_municipality(
        load_profile(PROFILE),
        children_count=1200,
        seed=6,
        data_end_date=AS_OF_DATE,
        parameters=replace(Parameters(), population=population),
    )
    connection = empty_warehouse()
    fill_simulated(connection, "children", simulated.tables["children"])
    context = ReportContext(built_when_named(connection), settings_of(), AS_OF_DATE, {})
    missing = years_without_oldest(context, range(2022, 2027))
    assert missing == (() if keeps_grown_up else (2022, 2023, 2024, 2025))


@pytest.mark.parametrize(
    ("each", "is_missing"),
    [
        (
            4,
            False,
        ),  # 15 ages of 4 = 60 children: 60 / 18 = 3.3 of 17 expected, and none is less than 3 * root(3.3) = 5.5 under
        (10, False),  # 150 children: 8.3 expected, and 3 * root(8.3) = 8.7
        (11, True),  # 165 children: 9.2 expected, and 3 * root(9.2) = 9.1
    ],
)
def test_an_age_that_is_empty_by_chance_is_not_called_missing(each: int, is_missing: bool) -> None:
    # nobody is 15, 16 or 17 on the day; the key figures judge the same list alike
    measures = f"{MEASURE_HEAD}c20150 M1 BL-30 - 2023-01-01 2024-03-31\nc20160 M2 BL-30 - 2024-01-01 -"
    context = context_of({"children": born_in(range(2012, 2027), each=each), "measures": measures})
    day = date(2026, 9, 30)
    assert days_without_oldest(context, [day]) == ({day} if is_missing else frozenset())
    (judged,) = context.records(
        "SELECT reason_code FROM marts.mart_key_figure "
        "WHERE key_figure_number = 6 AND measure_code = 'children' AND group_code = 'all' AND area_code = 'ALL' "
        "AND reference_date = ?",
        [day],
    )
    assert judged["reason_code"] == ("oldest_children_missing" if is_missing else None)


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
    assert "Nogle af de ældste mangler (se under figuren)." in section.how_sure.data
    assert oldest_missing_words([2024, 2025]) in tables["ladder_by_year"].source
    assert oldest_missing_words([2024, 2025]) in section.figures[0].source
    # on 30 September only 2024 lacks those of 17
    assert oldest_missing_words([2024]) in tables["ladder_groups_social"].source
    (figure,) = (figure for figure in section.appendix_figures if figure.figure_id == "ladder_groups_social")
    assert "2024" not in figure.title
    assert oldest_missing_words([2024]) in figure.source


def test_rates_of_a_year_with_less_than_two_years_before_it_are_called_too_high(section: Section) -> None:
    # the register is known from 16 December 2023, and the rates are of 2025
    tables = {table.table_id: table for table in section.tables}
    words = short_history_words({"social": (2025,)})
    assert words.startswith("Tallene for socialsporet begynder mindre end to år før 2025.")
    for table_id in ("ladder_rates", "ladder_models"):
        assert words in tables[table_id].source
    assert "mindre end to år før 2025. Satserne er for høje." in section.how_sure.data
    # counts are not too high, and neither are rates of all children: the table that has both tells them apart
    untouched = "Satser regnet på alle børn på 0-17 år er ikke ramt."
    assert [table_id for table_id, table in tables.items() if untouched in table.source] == ["ladder_rates"]
    told = [table_id for table_id, table in tables.items() if words in table.source]
    assert told == ["ladder_rates", "ladder_models"]
    assert words not in section.figures[0].source
    assert words_to_avoid(words) == []


@pytest.mark.parametrize(
    ("first_end", "short"),
    [
        # known from 1 January 2023: the two years before 2025 are there, those before 2024 are not
        ("2022-12-31", (2024,)),
        ("2023-01-01", (2024, 2025)),
    ],
)
def test_two_years_before_a_year_are_enough(first_end: str, short: tuple[int, ...]) -> None:
    context = context_of(
        {"children": f"{CHILD_HEAD}anna 2014-05-01 2014-05-01 NORD",
         "measures": f"{MEASURE_HEAD}anna M1 BL-30 - 2020-01-01 {first_end}\nanna M2 BL-30 - 2024-01-01 -"}
    )  # fmt: skip
    records = [{"track_code": "social", "calendar_year": year} for year in (2026, 2024, 2025)]
    assert years_short_of_history(context, records) == {"social": short}


def test_a_register_that_is_old_enough_needs_no_words() -> None:
    assert short_history_words({}) == ""
    assert short_history_words({"education": (2024, 2025), "social": (2024, 2025)}).startswith(
        "Tallene for undervisningssporet og socialsporet begynder mindre end to år før 2024 og 2025."
    )


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
