"""Every number of the report on open figures, computed from the packaged files by another road, for drawn municipalities."""

import csv
import json
import random
import re
import statistics
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.committee import municipality_in_country as country
from pipelines.committee import published_inclusion as inclusion
from pipelines.committee.context import ReportContext, report_context
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable
from pipelines.measures.distribution import place_among
from pipelines.open_data import deliver_open_data
from pipelines.open_data.deliver import packaged_file
from pipelines.publish.section import Figure, Section
from pipelines.run import run
from pipelines.workspace import create_workspace
from tests.support import RanDemo

with packaged_file("kommuner/kommuner.csv").open(encoding="utf-8", newline="") as lines:
    NAMES = {
        row["kommunekode"].zfill(3): row["kommune"] for row in csv.DictReader(lines) if row["kommunekode"] != "411"
    }
DRAWN = random.Random(20261122).sample(sorted(NAMES), 3)
WITH_GAPS = ["825", "741"]  # Læsø lacks a school year, Samsø has no nursery
GROUPS = {
    "middle_grades": "Mellemtrin",
    "upper_grades": "Udskoling",
    "age_0_2": "0-2",
    "age_3_5": "3-5",
}
Values = dict[tuple[str, str, str], float]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportContext]:
    """The packaged figures, delivered, typed and built like everything else."""
    workspace = create_workspace(
        tmp_path_factory.mktemp("open") / "w",
        profile="vordingborg_next_step",
        municipality_name="Åben Kommune",
        is_constructed=False,
    )
    deliver_open_data(workspace.inboxes)
    run(workspace, now=datetime(2026, 11, 22, 12, 0))
    with report_context(str(workspace.root)) as opened:
        yield opened


def csv_column(name: str, column: str) -> Values:
    """(municipality, group, period as the report writes it) -> value."""
    with packaged_file(name).open(encoding="utf-8", newline="") as lines:
        return {
            (row["kommune"], row["klassetrin"], f"{row['skoleår'][:5]}{row['skoleår'][-2:]}"): float(row[column])
            for row in csv.DictReader(lines)
            if row[column] != ""
        }


def file_values(topic: country.Topic) -> Values:
    folder = "stil_trivsel_fravaer_kommune"
    if topic is country.NORMERING:
        plain = json.loads(packaged_file("dst_stil_kommune_noegletal/normering-data.json").read_text(encoding="utf-8"))
        # 0 children per adult is no ratio: the file writes it where there is no such offer
        return {(item["m"], item["ag"], str(item["y"])): float(item["r"]) for item in plain if item["r"] != 0}
    if topic is country.PARENTS_EDUCATION:
        return csv_column(f"{folder}/uddannelse_score_time.csv", "foraeldre_uddannelsesniveau")
    column = {"wellbeing_mean_points": "trivsel_score", "absence_pct": "fravaer_pct"}[topic.indicator_id]
    return csv_column(f"{folder}/trivsel_fravaer_time_merged.csv", column)


def undrawn(topic: country.Topic, table: ProtectedTable, *_: object) -> Figure:
    return Figure("undrawn", "", "", "", "", svg="", table_id=table.table_id)


def tables_of(section: Section) -> tuple[list[ProtectedTable], list[ProtectedTable]]:
    """The two tables over time; then the swings and all municipalities. What is held against intake has tests of its own."""
    tables = [table for table in section.tables if not table.table_id.endswith("_expected")]
    return tables[:2], tables[2:]


def close(cell: Cell, expected: float | None) -> None:
    if expected is None:
        # the packaged files leave rows out and send the empty ones of normering: neither is a number
        assert cell.status in (CellStatus.LEFT_OUT_BY_SOURCE, CellStatus.HIDDEN_BY_SOURCE)
    else:
        assert cell.value == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("code", [*DRAWN, *WITH_GAPS])
@pytest.mark.parametrize("topic", country.TOPICS, ids=lambda topic: topic.section_id)
def test_every_number_of_a_topic_is_the_files_own(
    context: ReportContext, topic: country.Topic, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the tables are looked at here; drawing 40 figures would take longer than everything else
    monkeypatch.setattr(country, "_line", undrawn)
    monkeypatch.setattr(country, "_strip", undrawn)
    over_time, (swings, everyone) = tables_of(country.topic_section(context, topic, municipality_code=code))
    values = file_values(topic)
    for group, table in zip((topic.lead, topic.second), over_time, strict=True):
        of_group = {
            (name, period): value for (name, grades, period), value in values.items() if grades == GROUPS[group.code]
        }
        periods = sorted({period for _, period in of_group})
        assert table.values("period") == periods
        for period in periods:
            known = [value for (_, when), value in of_group.items() if when == period]
            lower, median, upper = statistics.quantiles(known, n=4, method="inclusive")
            close(table.cell("own", period=period), of_group.get((NAMES[code], period)))
            close(table.cell("median", period=period), median)
            close(table.cell("lower_quartile", period=period), lower)
            close(table.cell("upper_quartile", period=period), upper)
            assert table.cell("municipalities_count", period=period).value == len(known)
        comparable = [period for period in periods if period <= (topic.line_ends_with or period)]
        steps = {
            name: statistics.mean(moves)
            for name in NAMES.values()
            if (
                moves := [
                    abs(of_group[name, later] - of_group[name, earlier])
                    for earlier, later in pairwise(comparable)
                    if (name, earlier) in of_group and (name, later) in of_group
                ]
            )
        }
        own_step, middle_step = (swings.cell(name, group=group.short).value for name in ("own_step", "middle_step"))
        assert own_step == (pytest.approx(steps[NAMES[code]], abs=0.0051) if NAMES[code] in steps else None)
        assert middle_step == pytest.approx(statistics.median(steps.values()), abs=0.0051)
        for name in NAMES.values():
            close(everyone.cell(group.code, municipality=name), of_group.get((name, periods[-1])))
    assert len(everyone.rows) == len(NAMES) == 98


def test_all_municipalities_stand_in_alphabetical_order_and_never_by_value(context: ReportContext) -> None:
    for topic in country.TOPICS:
        section = country.topic_section(context, topic, municipality_code=DRAWN[0])
        names = tables_of(section)[1][1].values("municipality")
        assert names == sorted(names, key=context.danish_order)
        texts = [section.answer, section.support, *(figure.title for figure in section.figures)]
        assert not re.search(r"nummer \d|nr\. \d|bedst|dårligst|lavest|højest|placering", " ".join(texts))


HELD_AGAINST_INTAKE = [topic for topic in country.TOPICS if topic.is_held_against_intake]


def test_outcomes_that_have_an_intake_are_held_against_it_and_others_are_not(context: ReportContext) -> None:
    assert HELD_AGAINST_INTAKE == [country.WELLBEING, country.ABSENCE]
    for topic in (country.NORMERING, country.PARENTS_EDUCATION):
        section = country.topic_section(context, topic, municipality_code=DRAWN[0])
        assert not any(table.table_id.endswith("_expected") for table in section.tables)


@pytest.mark.parametrize("topic", HELD_AGAINST_INTAKE, ids=lambda topic: topic.section_id)
def test_the_expected_number_is_the_other_municipalities_line_through_the_files(
    context: ReportContext, topic: country.Topic
) -> None:
    code, group, period = DRAWN[0], topic.lead, "2023/24"
    table = country._expected(context, topic, code)
    assert table is not None
    row = {"group": group.short, "period": period}
    outcomes, intake = file_values(topic), file_values(country.PARENTS_EDUCATION)
    grades = GROUPS[group.code]
    both = {
        name: (intake[name, grades, period], outcomes[name, grades, period])
        for name in NAMES.values()
        if (name, grades, period) in outcomes and (name, grades, period) in intake
    }

    def left_over(name: str) -> float:
        # the line anew without this municipality
        others = [pair for other, pair in both.items() if other != name]
        line = statistics.linear_regression([x for x, _ in others], [y for _, y in others])
        return both[name][1] - (line.intercept + line.slope * both[name][0])

    own = left_over(NAMES[code])
    lower, _, upper = statistics.quantiles([left_over(name) for name in both], n=4, method="inclusive")
    close(table.cell("own", **row), both[NAMES[code]][1])
    close(table.cell("expected", **row), both[NAMES[code]][1] - own)
    close(table.cell("difference", **row), own)
    close(table.cell("lower_quartile", **row), lower)
    close(table.cell("upper_quartile", **row), upper)
    assert "Der er ingen tal for distrikter." in table.source


def test_a_municipality_that_is_left_out_has_no_expected_number_and_no_nought(context: ReportContext) -> None:
    table = country._expected(context, country.WELLBEING, "825")  # Læsø lacks a school year
    assert table is not None
    left_out = [row for row in table.rows if row[2].status is CellStatus.LEFT_OUT_BY_SOURCE]
    assert left_out
    for row in left_out:
        assert {cell.status for cell in row[3:-1]} == {CellStatus.NOT_COMPUTABLE}


def table_of(own: float | None, others: list[float]) -> ProtectedTable:
    """One period of a topic over time, protected, for a drawn distribution."""
    records = [
        {"period": "2024/25", "municipality_code": code, "figure_value": value, "value_status_code": "published"}
        for code, value in zip(NAMES, [*others, *([] if own is None else [own])], strict=False)
    ]
    own_code = list(NAMES)[len(others)]
    fake = ReportContext(duckdb.connect(), DRAWN_SETTINGS, datetime(2026, 11, 22).date(), {})
    return country._over_time(fake, country.ABSENCE, country.ABSENCE.lead, records, own_code)


class _Disclosure:
    @staticmethod
    def model_dump() -> dict[str, int]:
        return {"minimum_count": 5}


class _Settings:
    disclosure = _Disclosure()


DRAWN_SETTINGS: Any = _Settings()


@pytest.mark.parametrize(
    ("own", "said"),
    [
        # others: 6, 7, 8, 9, 10 -> with 5 the quartiles are 6,25 and 8,75 (type 7: 1/4 and 3/4 of the way over six values)
        (5.0, "I 2024/25 var fraværet i udskolingen 5,0 procent, under den midterste halvdel af kommunerne (6,3-8,8)."),
        (
            8.0,
            "I 2024/25 var fraværet i udskolingen 8,0 procent, inden for den midterste halvdel af kommunerne (7,3-8,8).",
        ),
        (
            20.0,
            "I 2024/25 var fraværet i udskolingen 20,0 procent, over den midterste halvdel af kommunerne (7,3-9,8).",
        ),
        (None, "Kilden har udeladt tallet for fravær i udskolingen."),
    ],
)
def test_the_answer_says_where_the_municipality_lies(own: float | None, said: str) -> None:
    table = table_of(own, [6.0, 7.0, 8.0, 9.0, 10.0])
    assert country._answer(country.ABSENCE, table).replace("\u00a0", " ") == said


def test_a_number_that_is_shown_equal_to_the_limit_lies_inside() -> None:
    # sorted 6 7 8 9.6 9.69 9.71 13: the upper quartile is (9.69 + 9.71) / 2 = 9.70, and 9.71 is over it; both are shown as 9,7
    others = [6.0, 7.0, 8.0, 9.6, 9.69, 13.0]
    assert place_among(9.71, [*others, 9.71]).upper_quartile == pytest.approx((9.69 + 9.71) / 2)
    table = table_of(9.71, others)
    assert table.values("band") == ["inden for midterste halvdel"]
    answer = country._answer(country.ABSENCE, table)
    assert "9,7\u00a0procent, inden for den midterste halvdel" in answer


def test_the_line_of_normering_stops_where_the_ministry_changed_its_count(context: ReportContext) -> None:
    section = country.topic_section(context, country.NORMERING, municipality_code=DRAWN[0])
    line = section.figures[0]
    assert section.tables[0].values("period")[-1] == "2023"
    assert "2017 til 2022" in line.subtitle
    assert "2023" not in f"{line.title} {line.subtitle} {line.alt_text}"


def test_figures_have_distinct_alt_texts_and_a_missing_number_is_told(context: ReportContext) -> None:
    sections = [country.topic_section(context, topic, municipality_code="825") for topic in country.TOPICS]
    figures = [figure for section in sections for figure in section.figures]
    assert len({figure.alt_text for figure in figures}) == len(figures) == 2 * len(country.TOPICS)
    assert "Nogle tal mangler." in figures[0].alt_text
    assert not any(figure.constructed for figure in figures)


def test_own_calculations_are_named_at_the_figure(context: ReportContext) -> None:
    for topic in (country.WELLBEING, country.PARENTS_EDUCATION):
        section = country.topic_section(context, topic, municipality_code=DRAWN[0])
        assert all("egen beregning efter STIL" in figure.source for figure in section.figures)
        assert all("egen beregning efter STIL" in table.source for table in section.tables)


def published() -> list[dict[str, str]]:
    with packaged_file("national_inklusionsgrad/published_figures.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("code", [*DRAWN, "101", "751"])
def test_published_figures_stand_under_their_own_definition_only(context: ReportContext, code: str) -> None:
    section = inclusion.inclusion_section(context, municipality_code=code)
    rows = [row for row in published() if row["area"] in ("Hele landet", NAMES[code]) and row["unit"] == "pct"]
    expected = {
        definition: sorted(
            (row["area"], row["school_year"], float(row["value"])) for row in rows if row["definition"] == definition
        )
        for definition in {row["definition"] for row in rows}
    }
    found = {
        table.table_id.removeprefix("published_"): sorted(
            zip(table.values("area"), table.values("school_year"), table.values("figure_value"), strict=True)
        )
        for table in section.tables
        if not table.table_id.endswith(("_pupils", "_place"))
    }
    assert found == expected
    assert section.figures == ()  # two definitions never share an axis


def test_no_sentence_compares_two_definitions(context: ReportContext) -> None:
    section = inclusion.inclusion_section(context, municipality_code="751")
    texts = [section.answer, section.support, *(text for _, text in section.how_sure.parts() if "procent" in text)]
    for sentence in re.split(r"(?<=\.)\s+(?=[A-ZÆØÅ])", " ".join(texts)):
        assert len(re.findall(r"ministeriets|Benchmarkingenhedens|kommunens egen", sentence)) <= 1, sentence


def test_the_published_figure_of_a_municipality_is_told_with_its_definition(context: ReportContext) -> None:
    # Samsø, 2014/15, stil_kommunal, inklusionsgrad 90.7 in the packaged file
    section = inclusion.inclusion_section(context, municipality_code="741")
    assert section.answer.replace("\u00a0", " ") == (
        "Det offentliggjorte tal for Samsø er 90,7 procent i almen undervisning i 2014/15 efter ministeriets definition."
    )


def test_a_municipality_without_a_published_figure_says_so(context: ReportContext) -> None:
    known = {row["area"] for row in published()}
    code = next(code for code, name in sorted(NAMES.items()) if name not in known)
    section = inclusion.inclusion_section(context, municipality_code=code)
    assert section.answer == f"Tal for {NAMES[code]} er ikke i de åbne data, vi har."


def test_every_published_definition_has_its_words() -> None:
    assert {row["definition"] for row in published()} == set(inclusion._BY_WHOM)


def test_the_wholes_that_the_countrys_figures_imply_are_printed_as_ranges(context: ReportContext) -> None:
    section = inclusion.inclusion_section(context, municipality_code=DRAWN[0])
    ranges = {
        (table.table_id, *(cell.value for cell in row[1:3])): (row[-2].value, row[-1].value)
        for table in section.tables
        if table.table_id.endswith("_pupils")
        for row in table.rows
    }
    # 26.994 / 4,85 % = 556.577 and / 4,75 % = 568.295; 29.435 / 5,35 % = 550.187 and 29.445 / 5,25 % = 560.857;
    # 32.450 / 5,15 % = 630.097 and 32.550 / 5,05 % = 644.554; outwards to thousands
    assert ranges == {
        ("published_stil_kommunal_pupils", "2015/16", 26994): (556000, 569000),
        ("published_stil_kommunal_pupils", "2018/19", 29440): (550000, 561000),
        ("published_benchmark_alle_0_9_pupils", "2022/23", 32500): (630000, 645000),
    }
    said = section.how_sure.cause
    assert "efter ministeriets definition må bygge på mellem 550.000 og 561.000 elever." in said
    assert "efter Benchmarkingenhedens definition må bygge på mellem 630.000 og 645.000 elever." in said


def test_without_both_counts_it_is_said_why_no_place_among_the_others_is_told(context: ReportContext) -> None:
    section = inclusion.inclusion_section(context, municipality_code=DRAWN[0])
    assert not any(table.table_id.endswith("_place") for table in section.tables)
    assert "Ingen kilde sender både tæller og nævner for kommunerne." in section.how_sure.needed


def test_definitions_whose_rules_nobody_read_say_so_in_the_report(context: ReportContext) -> None:
    said = {definition.term: definition.text for definition in inclusion.country_definitions()}
    second_hand = [term for term, text in said.items() if "gengivet efter andre" in text]
    assert (
        len(second_hand) == 3
    )  # the ministry's, Benchmarkingenheden's and the municipality's own as the press told it


def test_the_report_names_its_sources_and_is_not_marked_as_made_up(demo: RanDemo) -> None:
    html = Path(demo.open_figures / "reports" / "kommunen_i_landet" / "kommunen_i_landet.html").read_text("utf-8")
    assert "Uddannelsesstatistik.dk" in html
    assert "Danmarks Statistik" in html
    assert "egen beregning efter" in html
    assert "Konstruerede data" not in html
