"""The SDQ section on worlds whose truth is known: no effect is said to be what was to be expected, and nothing claims benefit."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

import polars as pl
import pytest

from pipelines.committee.context import ReportContext
from pipelines.committee.wellbeing import LIKE_EXPECTED, UNKNOWN_WHY, wellbeing_notes, wellbeing_section
from pipelines.committee.wellbeing_figures import ONLY_TWICE
from pipelines.committee.wellbeing_groups import INFORMANTS, read_pairs
from pipelines.committee.wellbeing_worst_off import NOT_POSSIBLE
from pipelines.disclosure.table import ProtectedTable
from pipelines.publish import danish, figures
from pipelines.publish.number_check import numbers_shown, numbers_without_source
from pipelines.publish.section import Section
from pipelines.sdq_norms.chosen import chosen_norm_sets
from pipelines.sdq_norms.limits import band_codes
from tests.committee.conftest import LOW_GATES

VERDICTS = {"sdq_change", "sdq_by_group", "sdq_reliable"}
"""The figures that hold the change against the expected one."""
MOST_WORDS_OF_SECTION_ON_PAGE_1 = 65
"""Page 1 has room for 270 words; the other questions, headings and boxes took 204 in a made-up municipality with all sources."""
BENEFIT = re.compile(
    r"\b(effekt\w*|virker|virket|gavner?|hjælper|hjulpet|forbedre\w*|bedre|lykkes|takket være|sænkede|større fald|mere end ventet)\b"
)


@pytest.fixture(autouse=True)
def _without_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentences are read here; the drawings have tests of their own."""
    monkeypatch.setattr(figures, "render", lambda *_, **__: "<svg/>")


def told(section: Section) -> Iterator[str]:
    yield from (section.answer, section.support, section.level_reason, *section.not_shown, *section.method)
    yield from (text for _, text in section.how_sure.parts())
    for figure in section.all_figures():
        yield from (figure.title, figure.subtitle, figure.source, figure.alt_text)


def small_counts(table: ProtectedTable) -> list[float]:
    counts = [column.name for column in table.columns if column.kind == "count"]
    return [value for name in counts for value in table.values(name) if value is not None and 0 < value < 5]


@pytest.mark.parametrize("scenario", ["no_effect", "small_effect", "earlier_detection"])
def test_nothing_claims_benefit_whatever_the_truth(
    scenario: str, scenario_context: Callable[..., ReportContext]
) -> None:
    context = scenario_context(scenario, children=3000, seed=2, evidence=LOW_GATES)
    section = wellbeing_section(context)
    assert section.level == 1
    assert "kunne man vente uden indsats" in section.answer
    assert LIKE_EXPECTED in section.support or f"end ventet. {UNKNOWN_WHY}" in section.support
    assert section.question.startswith("Trivsel målt med SDQ")
    assert wellbeing_notes(context, section).attention == ()
    # a number of the others' would stand here without its uncertainty; and the children were chosen on the parents' form
    assert section.support.endswith("Andres svar står i figuren.")
    assert danish.word_count(f"{section.answer} {section.support}") <= MOST_WORDS_OF_SECTION_ON_PAGE_1
    claims = [text for text in told(section) if BENEFIT.search(text)]
    assert claims == []
    assert [word for text in told(section) for word in danish.words_to_avoid(text)] == []
    assert [word for text in told(section) for word in danish.claims_beyond_level(text, section.level)] == []
    allowed = numbers_shown(section.tables) | {declared.number for declared in section.declared_numbers}
    assert [number for text in told(section) for number in numbers_without_source(text, allowed)] == []
    assert NOT_POSSIBLE in section.not_shown
    assert [value for table in section.tables for value in small_counts(table)] == []
    assert not {"sdq_bands", "sdq_clinical", "sdq_worst_off"} & {table.table_id for table in section.tables}
    if scenario == "no_effect":
        assert LIKE_EXPECTED in section.support
        assert "ikke til at skelne fra den, man kunne vente uden indsats" in section.figures[0].title
        assert_same_as_the_mart(context, section)
    if scenario == "earlier_detection":
        found = next(table for table in section.tables if table.table_id == "sdq_detection")
        adviser, caseworker = (
            found.cell("per_hundred", area=model).value for model in ("Distriktsrådgiver", "Myndighedssagsbehandler")
        )
        assert float(str(adviser)) > float(str(caseworker))


def test_with_a_line_of_the_municipalitys_own_report_and_mart_agree_and_the_report_names_its_source(
    scenario_context: Callable[..., ReportContext],
) -> None:
    line = {"informant": "parent", "intercept_points": 4, "per_first_point": 0.6, "residual_sd_points": 4.4}
    line |= {"per_year_of_age": -0.1, "boy_points": 0.8, "source": "612 børn på venteliste i 14 skoler, 2025"}
    own = {"informant": "parent", "population_sd_points": 5, "reliability": 0.84, "source": "912 børn i 8 skoler, 2025"}
    chosen = {"expectation": [line], "reliable_change": [own]}
    context = scenario_context("no_effect", children=3000, seed=2, evidence=LOW_GATES, sdq=chosen)
    section = wellbeing_section(context)
    assert_same_as_the_mart(context, section)
    assert "antagelse" in section.figures[0].source, "for those without a line of their own"
    source = "Det ventede for forældre er regnet ud fra børn uden indsats: 612 børn på venteliste i 14 skoler, 2025."
    assert source in section.figures[0].source
    columns = {"expected_change_points", "expected_pct", "expected"}
    shown = {table.table_id for table in section.tables if columns & {column.name for column in table.columns}}
    assert shown >= {"sdq_change", "sdq_by_district", "sdq_by_group", "sdq_reliable", "sdq_standardised"}
    assert {table.table_id for table in section.tables if source in table.source} == shown
    assert "andre børn" in section.how_sure.cause
    (clear,) = (table.source for table in section.tables if table.table_id == "sdq_reliable")
    # 1.96 x sqrt(2) x 5 x sqrt(1 - 0.84) = 5.5
    assert "En klar ændring er for forældre: mindst 6 point" in clear
    assert "912 børn i 8 skoler, 2025 (indsat af kommunen)" in clear
    allowed = numbers_shown(section.tables) | {declared.number for declared in section.declared_numbers}
    assert [number for text in told(section) for number in numbers_without_source(text, allowed)] == []


def assert_same_as_the_mart(context: ReportContext, section: Section) -> None:
    """Two roads to one number: the report counts from the pairs, marts.mart_sdq_change in SQL."""
    by_district = next(table for table in section.tables if table.table_id == "sdq_by_district")
    compared = 0
    for row in context.records("SELECT * FROM marts.mart_sdq_change WHERE area_kind = 'district'"):
        informant, group = INFORMANTS[row["informant_code"]], context.area_name(row["area_code"])
        for column, decimals in (
            ("first_measured_count", 0),
            ("children_count", 0),
            ("first_mean_points", 1),
            ("second_mean_points", 1),
            ("change_mean_points", 1),
            ("expected_change_points", 1),
        ):
            shown = by_district.cell(column, informant=informant, group=group).value
            if shown is not None:
                assert float(shown) == pytest.approx(float(row[column]), abs=0.5 * 10**-decimals + 1e-9)
                compared += 1
    assert compared > 20


def test_where_too_few_were_measured_twice_nothing_is_said_of_the_change_and_page_1_says_why(
    scenario_context: Callable[..., ReportContext],
) -> None:
    strict = {"minimum_follow_up_pct": 99, "minimum_same_informant_pct": 60}
    context = scenario_context("no_effect", children=3000, seed=2, evidence=strict)
    section = wellbeing_section(context)
    assert section.level == 0
    assert "har to målinger. Vi kræver 99\u00a0procent, før vi siger, om tallet har ændret sig." in section.answer
    assert "for få børn er målt to gange til at sige noget om ændringen" in section.figures[0].title
    titles = [figure.title for figure in section.all_figures() if figure.figure_id in VERDICTS]
    assert len(titles) == len(VERDICTS)
    assert not [title for title in titles if re.search(r"vente|\d", title)]
    subtitles = [figure.subtitle for figure in section.all_figures() if figure.figure_id in VERDICTS]
    assert all(subtitle.endswith(ONLY_TWICE) for subtitle in subtitles)
    reserved = {table.table_id for table in section.tables if ONLY_TWICE in table.source}
    assert reserved >= {"sdq_change", "sdq_reliable", "sdq_standardised", "sdq_lost_change", "sdq_added_value"}
    assert not reserved & {"sdq_detection", "sdq_pairing", "sdq_follow_up", "sdq_lost"}
    assert "i parentes" not in section.how_sure.number
    assert "»" not in section.how_sure.number, "no interval stands in the text"
    notes = wellbeing_notes(context, section)
    assert re.fullmatch(r"Kun [\d.]+ af [\d.]+\u00a0børn er målt to gange med SDQ\.", notes.attention[0])
    assert [definition.term for definition in notes.definitions] == ["SDQ", "Klar ændring", "Ventet uden indsats"]
    claims = [section.answer, section.support, *titles, *(figure.alt_text for figure in section.all_figures())]
    assert [word for text in claims for word in danish.claims_beyond_level(text, 0)] == []
    allowed = numbers_shown(section.tables) | {declared.number for declared in section.declared_numbers}
    assert [
        number for text in (*told(section), *notes.attention) for number in numbers_without_source(text, allowed)
    ] == []


def test_bands_stand_only_when_a_norm_set_is_chosen_and_then_beside_the_spans_of_points(
    scenario_context: Callable[..., ReportContext],
) -> None:
    chosen = {"norm_set": "uk_3_bands", "norm_set_beside": "uk_4_bands"}
    context = scenario_context("no_effect", children=1500, seed=3, sdq=chosen)
    tables = {table.table_id: table for table in wellbeing_section(context).tables}
    # the spans of points stay: in the distribution and in the follow-up by first score
    assert len(tables["sdq_spread"].rows) > 1
    assert {group for group in tables["sdq_follow_up"].values("group") if "point" in group}
    bands = tables["sdq_bands"]
    assert set(bands.values("norm_set")) == {
        "britiske grænser med tre bånd, 4-17 år",
        "britiske grænser med fire bånd, 4-17 år",
    }
    main = [row for row in bands.rows if "tre bånd" in str(row[0].value) and row[1].value == "Forældre"]
    counted = context.records(
        "SELECT sum(children_count) AS pairs FROM marts.mart_sdq_band_counts WHERE norm_set_code = 'uk_3_bands' "
        "AND scale_code = 'total' AND informant_code = 'parent' AND occasion = 'first' AND area_kind = 'municipality'"
    )
    shown = [float(str(row[3].value)) for row in main if row[3].value is not None]
    hidden = len(main) - len(shown)
    assert hidden == 0 or hidden > 1  # one hidden band alone would follow from the sum
    assert sum(shown) <= int(counted[0]["pairs"])
    assert hidden or sum(shown) == int(counted[0]["pairs"])
    assert_second_forms_lie_in_the_bands_of_the_mart(context)
    assert_bands_without_effect_are_as_expected(bands)
    crossed = zip(tables["sdq_clinical"].values("clear"), tables["sdq_clinical"].values("crossed"), strict=True)
    assert all(cross is None or cross <= clear for clear, cross in crossed)


def assert_bands_without_effect_are_as_expected(bands: ProtectedTable) -> None:
    """Where nothing was done the second count lies within three standard errors (roots of the count) of the expected one."""
    first, second, expected = (bands.column_index(name) for name in ("first", "second", "expected"))
    shown = [row for row in bands.rows if row[expected].value is not None]
    assert all(row[first].value is not None and row[second].value is not None for row in shown)
    far = [
        (row[second].value, row[expected].value)
        for row in shown
        if abs(int(str(row[second].value)) - int(str(row[expected].value)))
        > 3 * max(2, int(str(row[expected].value)) ** 0.5)
    ]
    assert far == []
    # and it is not the first count over again
    assert any(abs(int(str(row[first].value)) - int(str(row[expected].value))) >= 10 for row in shown)


def assert_second_forms_lie_in_the_bands_of_the_mart(context: ReportContext) -> None:
    """Two roads to one count: form, age and sex at the second form as the pairs have them, and as SQL finds them anew."""
    pairs = read_pairs(context).filter(pl.col("is_paired"))
    first, found = (
        band_codes(
            chosen_norm_sets(context.connection)[0],
            pairs[f"{occasion}_total_points"].to_numpy(),
            informants=pairs["informant_code"].to_list(),
            versions=pairs[f"{prefix}version_code"].to_list(),
            ages=pairs[f"{prefix}age_years"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
            sexes=pairs["sex_code"].to_list(),
        )
        for occasion, prefix in (("first", ""), ("second", "second_"))
    )
    # only who has a band both times stands in one
    found = [second if before != "outside_norm_set" else before for before, second in zip(first, found, strict=True)]
    counted = context.records(
        "SELECT informant_code, band_code, children_count FROM marts.mart_sdq_band_counts WHERE norm_set_code = 'uk_3_bands' "
        "AND scale_code = 'total' AND occasion = 'second' AND area_kind = 'municipality' AND children_count > 0"
    )
    assert Counter(zip(pairs["informant_code"].to_list(), found, strict=True)) == {
        (row["informant_code"], row["band_code"]): row["children_count"] for row in counted
    }
    assert (pairs["second_age_years"] > pairs["age_years"]).any(), "some have had a birthday"
