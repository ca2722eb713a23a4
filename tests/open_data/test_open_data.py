"""The packaged open figures: every municipality is known, and every delivered value is the file's own."""

import csv
import json
import statistics
from pathlib import Path

import pytest

from pipelines.codes import load_code_table
from pipelines.contracts import source_contract
from pipelines.open_data import attribution_text, deliver_open_data
from pipelines.open_data.deliver import catalogue, packaged_file, read_records

FILES = Path(packaged_file("kommuner/kommuner.csv")).parents[1]
NAME_COLUMNS = {
    "stil_trivsel_fravaer_kommune/trivsel_fravaer_time_merged.csv": "kommune",
    "stil_trivsel_fravaer_kommune/uddannelse_score_time.csv": "kommune",
    "dst_stil_kommune_noegletal/kommune_stats.csv": "kommune",
    "dst_stil_kommune_noegletal/institution_stats_kommune_2023.csv": "kommune",
    "dst_stil_kommune_noegletal/sfo-stats.json": "municipality",
    "dst_stil_kommune_noegletal/normering-data.json": "m",
    "dst_stil_kommune_noegletal/school-extra-stats.json": "municipality",
    "stil_skoleoverblik_2024_25/skoleoverblik.csv": "kommune",
}


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    folder = tmp_path_factory.mktemp("inbox")
    found = {}
    for path in deliver_open_data(folder):
        with path.open(encoding="utf-8", newline="") as lines:
            found[path.parent.name] = list(csv.DictReader(lines, delimiter=";"))
    return found


def municipality_codes() -> set[str]:
    with packaged_file("kommuner/kommuner.csv").open(encoding="utf-8", newline="") as lines:
        return {row["kommunekode"].zfill(3) for row in csv.DictReader(lines)}


def test_every_packaged_file_with_municipalities_is_tried() -> None:
    named = {file["file"] for file in catalogue()["open_figures"]} | {catalogue()["institutions"]["file"]}
    assert named == set(NAME_COLUMNS)


@pytest.mark.parametrize("file", NAME_COLUMNS)
def test_98_of_98_municipality_names_resolve_in_every_file(file: str) -> None:
    codes = load_code_table("municipalities").codes_by_alias()
    names = {record[NAME_COLUMNS[file]] for record in read_records(file)}
    resolved = {codes[" ".join(name.casefold().split())] for name in names}
    # Christiansø (411) is no municipality; it stands in the register of schools
    assert resolved - {"411"} == municipality_codes() - {"411"}
    assert len(resolved - {"411"}) == 98


def test_the_code_table_holds_the_public_classification_and_the_whole_country() -> None:
    rows = load_code_table("municipalities").rows
    assert {row["code"] for row in rows if row["is_made_up"] == "false"} == municipality_codes() | {"000"}


def test_made_up_municipalities_are_as_many_as_the_real_ones_and_bear_no_real_name() -> None:
    made_up = [row for row in load_code_table("municipalities").rows if row["is_made_up"] == "true"]
    assert [row["code"] for row in made_up] == [f"K{number:02d}" for number in range(1, 99)]
    assert [row["title"] for row in made_up] == [f"Konstrueret kommune {number}" for number in range(1, 99)]
    assert not any(row["aliases"] for row in made_up)


def test_no_open_figure_is_of_a_made_up_municipality(delivered: dict[str, list[dict[str, str]]]) -> None:
    codes = load_code_table("municipalities").codes_by_alias()
    for source, column in (("open_figures", "municipality_code"), ("segregation_figures", "area_code")):
        title = next(item.title for item in source_contract(source).columns if item.name == column)
        found = {codes[" ".join(row[title].casefold().split())] for row in delivered[source]}
        assert found
        assert not any(code.startswith("K") for code in found)


def test_each_folder_says_where_it_is_from() -> None:
    for folder in FILES.iterdir():
        assert (folder / "SOURCE.md").is_file()
    assert "Uddannelsesstatistik.dk" in attribution_text()
    assert "Danmarks Statistik" in attribution_text()


def test_each_packaged_file_has_licence_attribution_and_date() -> None:
    entries = [*catalogue()["open_figures"], catalogue()["institutions"]]
    for entry in (*entries, catalogue()["segregation_figures"]):
        assert entry["licence"] in catalogue()["licences"]
        assert entry["attribution"]
    assert all(entry["retrieved_before"].year == 2026 for entry in entries)
    packaged = {path.relative_to(FILES).as_posix() for path in FILES.rglob("*.*") if path.name != "SOURCE.md"}
    used = {entry["file"] for entry in (*entries, catalogue()["segregation_figures"])}
    assert packaged == used | {"kommuner/kommuner.csv"}  # which the table of municipalities is made of


def test_every_indicator_is_known_and_used() -> None:
    used = {indicator for entry in catalogue()["open_figures"] for indicator in entry["indicators"].values()}
    assert used == set(load_code_table("open_indicators").codes)


def test_the_packaged_files_are_small() -> None:
    assert sum(path.stat().st_size for path in FILES.rglob("*.*")) < 1_500_000


def test_own_calculations_say_so() -> None:
    own = [row for row in load_code_table("open_indicators").rows if row["is_own_calculation"] == "true"]
    assert {row["code"] for row in own} >= {"wellbeing_mean_points", "parents_education_mean_points"}
    assert all("egen beregning efter" in row["source"] for row in own)


def test_every_absence_and_wellbeing_value_is_the_files_own(delivered: dict[str, list[dict[str, str]]]) -> None:
    path = FILES / "stil_trivsel_fravaer_kommune" / "trivsel_fravaer_time_merged.csv"
    expected = {}
    with path.open(encoding="utf-8") as lines:
        for municipality, grades, year, absence, wellbeing in list(csv.reader(lines))[1:]:
            short = f"{year[:4]}/{year[-2:]}"
            expected["absence_pct", municipality, grades, short] = float(absence)
            expected["wellbeing_mean_points", municipality, grades, short] = float(wellbeing)
    found = {
        (row["Nøgletal"], row["Kommune"], row["Gruppe"], row["Periode"]): float(row["Værdi"].replace(",", "."))
        for row in delivered["open_figures"]
        if row["Nøgletal"] in ("absence_pct", "wellbeing_mean_points")
    }
    assert found == expected


def test_every_normering_value_is_the_files_own(delivered: dict[str, list[dict[str, str]]]) -> None:
    plain = json.loads((FILES / "dst_stil_kommune_noegletal" / "normering-data.json").read_text(encoding="utf-8"))
    # 0 children per adult is no ratio: the file writes it where there is no such offer
    expected = {(item["m"], item["ag"], str(item["y"])): str(item["r"]) if item["r"] else "" for item in plain}
    assert sum(value == "" for value in expected.values()) == 7 * 3  # seven years; Helsingør, Læsø and Samsø
    found = {
        (row["Kommune"], row["Gruppe"], row["Periode"]): row["Værdi"].replace(",", ".")
        for row in delivered["open_figures"]
        if row["Nøgletal"] == "children_per_adult_ratio"
    }
    assert found == expected


@pytest.mark.parametrize(
    ("indicator", "file", "name_column", "column"),
    [
        ("staff_sick_leave_days", "kommune_stats.csv", "kommune", "avgSygefravaerDage"),
        ("spend_per_child_kr", "kommune_stats.csv", "kommune", "udgiftPrBarn"),
        ("daycare_pedagogue_pct", "institution_stats_kommune_2023.csv", "kommune", "pctPaedagog"),
        ("daycare_untrained_pct", "institution_stats_kommune_2023.csv", "kommune", "pctIngenPaedUdd"),
        ("class_size_pupils", "school-extra-stats.json", "municipality", "avgClassSize"),
        ("sfo_children_count", "sfo-stats.json", "municipality", "enrolledChildren"),
        ("sfo_pedagogue_pct", "sfo-stats.json", "municipality", "pctPaedagoger"),
    ],
)
def test_single_year_indicators_have_the_files_own_sum(
    delivered: dict[str, list[dict[str, str]]], indicator: str, file: str, name_column: str, column: str
) -> None:
    path = FILES / "dst_stil_kommune_noegletal" / file
    if path.suffix == ".json":
        records = list(json.loads(path.read_text(encoding="utf-8"))["kommuner"].values())
    else:
        with path.open(encoding="utf-8") as lines:
            records = list(csv.DictReader(lines))
    expected = {record[name_column]: float(record[column]) for record in records if record[column] not in ("", None)}
    rows = [row for row in delivered["open_figures"] if row["Nøgletal"] == indicator]
    found = {row["Kommune"]: float(row["Værdi"].replace(",", ".")) for row in rows if row["Værdi"]}
    assert len(rows) == 98
    assert statistics.fsum(found.values()) == pytest.approx(statistics.fsum(expected.values()))
    assert found == expected


def test_what_the_source_does_not_publish_is_hidden_and_never_zero(delivered: dict[str, list[dict[str, str]]]) -> None:
    empty = [row for row in delivered["open_figures"] if row["Værdi"] == ""]
    assert {row["Status"] for row in empty} == {"hidden_by_source"}
    # four municipalities publish no sick leave
    assert sum(row["Nøgletal"] == "staff_sick_leave_days" for row in empty) == 4
    assert all(row["Status"] == "published" for row in delivered["open_figures"] if row["Værdi"] != "")


def test_published_inclusion_figures_keep_their_definition(delivered: dict[str, list[dict[str, str]]]) -> None:
    with (FILES / "national_inklusionsgrad" / "published_figures.csv").open(encoding="utf-8") as lines:
        expected = [(row["definition"], row["area"], float(row["value"])) for row in csv.DictReader(lines)]
    found = [
        (row["Definition"], row["Område"], float(row["Værdi"].replace(",", ".")))
        for row in delivered["segregation_figures"]
    ]
    in_notes = [
        (told["definition"], told["area"], float(told["value"]))
        for told in catalogue()["segregation_figures"]["counts_in_notes"]
    ]
    assert len(in_notes) == 2
    assert sorted(found) == sorted([*expected, *in_notes])


def test_a_count_told_in_a_note_stands_in_that_note() -> None:
    records = read_records(catalogue()["segregation_figures"]["file"])
    for told in catalogue()["segregation_figures"]["counts_in_notes"]:
        (note,) = (
            record["note"]
            for record in records
            if all(record[name] == told[name] for name in ("definition", "area", "school_year"))
        )
        assert told["in_note"] in note
        assert told["in_note"].removesuffix(" pupils").replace(",", "") == told["value"]


def test_headers_are_the_contracts_own_titles(delivered: dict[str, list[dict[str, str]]]) -> None:
    for source, rows in delivered.items():
        titles = {column.title for column in source_contract(source).columns}
        assert set(rows[0]) <= titles


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in deliver_open_data(tmp_path / "a")]
    second = [path.read_bytes() for path in deliver_open_data(tmp_path / "b")]
    assert first == second
