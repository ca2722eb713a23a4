"""Every number of the report on open figures, computed from the packaged files by another road, for drawn municipalities."""

import csv
import json
import random
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.committee import municipality_in_country as country
from pipelines.committee.context import ReportContext, report_context
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.open_data.deliver import packaged_file
from tests.support import RanDemo

with packaged_file("kommuner/kommuner.csv").open(encoding="utf-8", newline="") as lines:
    NAMES = {
        row["kommunekode"].zfill(3): row["kommune"] for row in csv.DictReader(lines) if row["kommunekode"] != "411"
    }
DRAWN = random.Random(20261122).sample(sorted(NAMES), 3)
GROUPS = {
    "middle_grades": "Mellemtrin",
    "upper_grades": "Udskoling",
    "age_0_2": "0-2",
    "age_3_5": "3-5",
}


@pytest.fixture(scope="module")
def context(demo: RanDemo) -> Iterator[ReportContext]:
    with report_context(str(demo.open_figures)) as opened:
        yield opened


def csv_column(name: str, column: str) -> dict[tuple[str, str, str], float]:
    """(municipality, group, period as the report writes it) -> value."""
    with packaged_file(name).open(encoding="utf-8", newline="") as lines:
        return {
            (row["kommune"], row["klassetrin"], f"{row['skoleår'][:5]}{row['skoleår'][-2:]}"): float(row[column])
            for row in csv.DictReader(lines)
            if row[column] != ""
        }


def file_values(topic: country.Topic) -> dict[tuple[str, str, str], float]:
    folder = "stil_trivsel_fravaer_kommune"
    if topic is country.NORMERING:
        plain = json.loads(packaged_file("dst_stil_kommune_noegletal/normering-data.json").read_text(encoding="utf-8"))
        return {(item["m"], item["ag"], str(item["y"])): float(item["r"]) for item in plain}
    column = {"wellbeing_mean_points": "trivsel_score", "absence_pct": "fravaer_pct"}[topic.indicator_id]
    return csv_column(f"{folder}/trivsel_fravaer_time_merged.csv", column)


def close(table: ProtectedTable, column: str, period: str, expected: float | None) -> None:
    cell = table.cell(column, period=period)
    if expected is None:
        assert cell.status in (CellStatus.NOT_RECEIVED, CellStatus.HIDDEN_BY_SOURCE)
    else:
        assert cell.value == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("code", DRAWN)
@pytest.mark.parametrize(
    "topic",
    [country.WELLBEING, country.ABSENCE, country.NORMERING],
    ids=lambda topic: topic.section_id,
)
def test_every_number_over_time_is_the_files_own(context: ReportContext, topic: country.Topic, code: str) -> None:
    section = country.topic_section(context, topic, municipality_code=code)
    values = file_values(topic)
    assert len(section.tables) == len(topic.groups)
    for group, table in zip(topic.groups, section.tables, strict=True):
        periods = sorted({period for _, name, period in values if name == GROUPS[group]})
        assert table.values("period") == periods
        for period in periods:
            known = [v for (_, name, when), v in values.items() if name == GROUPS[group] and when == period]
            lower, median, upper = statistics.quantiles(known, n=4, method="inclusive")
            close(table, "own", period, values.get((NAMES[code], GROUPS[group], period)))
            close(table, "median", period, median)
            close(table, "lower_quartile", period, lower)
            close(table, "upper_quartile", period, upper)
            close(table, "municipalities_count", period, len(known))


@pytest.mark.parametrize("code", DRAWN)
def test_the_table_of_all_municipalities_holds_the_files_newest_values(context: ReportContext, code: str) -> None:
    table = country.distribution_section(context, municipality_code=code).tables[0]
    assert sorted(table.values("municipality")) == sorted(NAMES.values())
    for topic in (country.WELLBEING, country.ABSENCE, country.NORMERING):
        values = file_values(topic)
        newest = max(period for _, _, period in values)
        for group in topic.groups:
            for name in NAMES.values():
                cell = table.cell(f"{topic.section_id}_{group}", municipality=name)
                expected = values.get((name, GROUPS[group], newest))
                assert cell.value == (None if expected is None else pytest.approx(expected, abs=1e-6))


def published() -> list[dict[str, str]]:
    with packaged_file("national_inklusionsgrad/published_figures.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("code", [*DRAWN, "101", "751"])
def test_published_figures_stand_under_their_own_definition_only(context: ReportContext, code: str) -> None:
    section = country.inclusion_section(context, municipality_code=code)
    rows = [row for row in published() if row["area"] in ("Hele landet", NAMES[code]) and row["unit"] == "pct"]
    expected = {
        definition: sorted(float(row["value"]) for row in rows if row["definition"] == definition)
        for definition in {row["definition"] for row in rows}
    }
    found = {
        table.table_id.removeprefix("published_"): sorted(float(value) for value in table.values("figure_value"))
        for table in section.tables
    }
    assert found == expected
    assert section.figures == ()  # two definitions never share an axis


def test_a_municipality_without_a_published_figure_says_so(context: ReportContext) -> None:
    known = {row["area"] for row in published()}
    code = next(code for code, name in sorted(NAMES.items()) if name not in known)
    section = country.inclusion_section(context, municipality_code=code)
    assert section.answer == f"Tal for {NAMES[code]} er ikke i de åbne data, vi har."


def test_no_rank_is_ever_printed(context: ReportContext) -> None:
    section = country.distribution_section(context, municipality_code=DRAWN[0])
    names = section.tables[0].values("municipality")
    assert names == sorted(names, key=context.danish_order)  # alphabetical, never by value


def test_the_report_names_its_sources_and_is_not_marked_as_made_up(demo: RanDemo) -> None:
    html = Path(demo.open_figures / "reports" / "kommunen_i_landet" / "kommunen_i_landet.html").read_text("utf-8")
    assert "Uddannelsesstatistik.dk" in html
    assert "Danmarks Statistik" in html
    assert "egen beregning efter" in html
    assert "Konstruerede data" not in html
