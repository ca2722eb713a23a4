"""Children and places across the municipal border, and the published figures: counted again from the clean files."""

from collections import Counter, defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.codes import load_code_table
from pipelines.simulate import simulate_municipality
from pipelines.simulate.geography import made_up_municipality_codes, neighbours_of
from pipelines.simulate.segregation_figures import border_truth, figures_truth

Row = dict[str, Any]
PROFILE = Path(__file__).parents[2] / "pipelines" / "municipalities" / "vordingborg_next_step.toml"
YEARS = (2023, 2024, 2025, 2026)
MUNICIPAL = ("folkeskole", "youth_school", "special_school", "day_treatment")
KEYS = ("definition_id", "measure_code", "pupil_group_code", "school_year")


def pupils_on(rows: dict[str, list[Row]], day: date) -> list[Row]:
    """Everybody in a school class on the day: grade, kind of school, where it lies, class, sex, where the child lives, and
    whether we pay."""
    institutions = {row["institution_code"]: row for row in rows["institutions"]}
    homes: dict[str, list[Row]] = defaultdict(list)
    for row in rows["children"]:
        homes[row["child_id"]].append(row)
    found = []
    for row in rows["school_placements"]:
        if row["grade_number"] is None or not row["start_date"] <= day <= (row["end_date"] or date.max):
            continue
        at_home = [
            home
            for home in homes[row["child_id"]]
            if home["resident_from_date"] <= day <= (home["resident_to_date"] or date.max)
        ]
        school = institutions[row["institution_code"]]
        lives_here = any(home["home_district_code"] is not None for home in at_home)
        found.append(
            {
                "grade": row["grade_number"],
                "kind": school["institution_type_code"],
                "is_here": school["municipality_code"] == "K01",
                "is_special": row["class_type_code"] in ("20", "29")
                or school["institution_type_code"] in ("special_school", "day_treatment"),
                "class": row["class_type_code"],
                "sex": homes[row["child_id"]][0]["sex_code"],
                "lives_here": lives_here,
                "is_paid_here": (row["paying_municipality_code"] or ("K01" if lives_here else "")) == "K01",
                "is_payer_told": row["paying_municipality_code"] is not None,
                "is_of_another": any(home["home_municipality_code"] is not None for home in at_home),
            }
        )
    return found


def counted(pupils: list[Row]) -> dict[str, list[tuple[Row, bool]]]:
    """Per definition the pupils it counts, and whether each is outside ordinary teaching."""
    here = [(row, row["is_special"]) for row in pupils if row["kind"] in MUNICIPAL and row["is_here"]]
    live = [row for row in pupils if row["lives_here"] and row["grade"] <= 9]
    return {
        "stil_kommunal": here,
        "kl": here,
        "benchmark_alle_0_9": [(row, row["is_special"]) for row in live],
        "flis": [
            (row, row["class"] in ("20", "29"))
            for row in pupils
            if row["kind"] in MUNICIPAL and row["is_paid_here"] and row["grade"] <= 9
        ],
    }


def published(rows: dict[str, list[Row]]) -> dict[tuple[str, ...], tuple[str, float | None]]:
    """Every figure that there should be a row for: its status and value."""
    figures: dict[tuple[str, ...], tuple[str, float | None]] = {}
    for year in YEARS:
        for definition, all_pupils in counted(pupils_on(rows, date(year, 9, 30))).items():
            for group, sexes in (("all", "KM"), ("girls", "K"), ("boys", "M")):
                pupils = [is_special for row, is_special in all_pupils if row["sex"] in sexes]
                special, ordinary = sum(pupils), len(pupils) - sum(pupils)
                is_hidden = len(pupils) <= 3 or special in (1, 2, 3) or ordinary in (1, 2, 3)
                if not pupils or (is_hidden and definition == "stil_kommunal"):
                    continue
                for measure, value in {
                    "inclusion_pct": Fraction(100 * ordinary, len(pupils)),
                    "segregation_pct": Fraction(100 * special, len(pupils)),
                    "segregated_pupils_count": Fraction(special),
                }.items():
                    if measure in MEASURES[definition]:
                        key = (definition, measure, group, f"{year}/{(year + 1) % 100}")
                        figures[key] = ("hidden_by_source", None) if is_hidden else ("published", tenth(value))
    return figures


MEASURES = {
    "stil_kommunal": {"inclusion_pct", "segregated_pupils_count"},
    "benchmark_alle_0_9": {"segregation_pct", "segregated_pupils_count"},
    "kl": {"segregation_pct"},
    "flis": {"segregation_pct"},
}


def tenth(value: Fraction) -> float:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return float(exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def test_published_figures_are_those_of_the_other_files(made: Any) -> None:
    found = {
        tuple(row[name] for name in KEYS): (row["value_status_code"], row["figure_value"])
        for row in made.rows["segregation_figures"]
    }
    assert found == published(made.rows)
    assert {row["area_code"] for row in made.rows["segregation_figures"]} == {"K01"}
    assert len(found) > 40


def test_the_truth_of_published_figures(made: Any) -> None:
    """Counts and unrounded values of every figure, hidden and left-out ones too."""
    pupils = {year: counted(pupils_on(made.rows, date(year, 9, 30))) for year in YEARS}
    sexes = {"all": "KM", "girls": "K", "boys": "M"}
    delivered = 0
    for row in made.truth["segregation_figures"]:
        year, group = int(row["school_year"][:4]), sexes[row["pupil_group_code"]]
        own = [is_special for pupil, is_special in pupils[year][row["definition_id"]] if pupil["sex"] in group]
        assert (row["pupils_count"], row["segregated_count"]) == (len(own), sum(own))
        share = 100 * sum(own) / len(own)
        value = {"inclusion_pct": 100 - share, "segregation_pct": share, "segregated_pupils_count": sum(own)}
        assert row["unrounded_value"] == pytest.approx(value[row["measure_code"]], abs=1e-6)
        assert row["is_delivered"] == (not row["is_hidden"] or row["definition_id"] != "stil_kommunal")
        delivered += row["is_delivered"]
    assert delivered == len(made.rows["segregation_figures"])
    assert len(made.truth["segregation_figures"]) == len(YEARS) * 3 * sum(map(len, MEASURES.values()))


def paid_across_the_border(rows: dict[str, list[Row]], year: int) -> tuple[list[bool], list[bool]]:
    """Pupils of grades 0-9 in municipal schools for whom another municipality pays than the one they live in: ours, and theirs;
    of each, whether it is in a special class."""
    pupils = [row for row in pupils_on(rows, date(year, 9, 30)) if row["kind"] in MUNICIPAL and row["grade"] <= 9]
    away = [row["is_special"] for row in pupils if row["lives_here"] and not row["is_paid_here"]]
    ours = [row["is_special"] for row in pupils if row["is_paid_here"] and not row["lives_here"]]
    return away, ours


def test_definitions_differ_and_agree_where_they_should(made: Any) -> None:
    """FLIS differs from the own register by who pays; KL is the ministry's other side; who is counted differs between the rest."""
    truth = [row for row in made.truth["segregation_figures"] if row["pupil_group_code"] == "all"]
    by_definition = {
        (row["definition_id"], row["school_year"]): (row["pupils_count"], row["segregated_count"]) for row in truth
    }
    own = {
        row["school_year"]: (row["pupils_count"], row["segregated_count"])
        for row in made.truth["mainstream_shares"]
        if row["definition_id"] == "own_register_school" and row["area_code"] == "ALL"
    }
    for year, counts in own.items():
        away, ours = paid_across_the_border(made.rows, int(year[:4]))
        assert by_definition["flis", year][0] == counts[0] - len(away) + len(ours)
        assert by_definition["flis", year][1] == counts[1] - sum(away) + sum(ours)
        assert by_definition["kl", year] == by_definition["stil_kommunal", year]
        assert by_definition["benchmark_alle_0_9", year][0] > by_definition["flis", year][0]
        assert by_definition["benchmark_alle_0_9", year][1] == counts[1]
        assert by_definition["stil_kommunal", year] != counts


def test_some_places_are_paid_across_the_border(made: Any) -> None:
    """Both ways, told in the files and counted in the truth; who lives elsewhere always has a payer, few of our own do."""
    for row in made.truth["across_the_border"]:
        pupils = pupils_on(made.rows, date(int(row["school_year"][:4]), 9, 30))
        away = [pupil for pupil in pupils if pupil["lives_here"] and not pupil["is_paid_here"]]
        ours = [pupil for pupil in pupils if pupil["is_paid_here"] and not pupil["lives_here"]]
        assert row["own_pupils_paid_by_others_count"] == len(away)
        assert row["visitors_paid_by_us_count"] == len(ours)
        assert all(pupil["is_payer_told"] for pupil in pupils if pupil["is_of_another"])
        assert sum(pupil["is_payer_told"] for pupil in pupils if pupil["lives_here"]) == len(away)
    for name in ("own_pupils_paid_by_others_count", "visitors_paid_by_us_count"):
        assert any(row[name] for row in made.truth["across_the_border"])


def test_few_pupils_are_hidden_by_each_source_in_its_way() -> None:
    """Ten times sixty children: the ministry leaves rows out, the others say that the figure is hidden; nothing small is printed."""
    hidden: set[str] = set()
    for seed in range(10):
        small = simulate_municipality(PROFILE, children_count=60, seed=seed)
        delivered = {tuple(row[name] for name in KEYS): row for row in small.tables["segregation_figures"].to_dicts()}
        for row in figures_truth(small):
            key = tuple(row[name] for name in KEYS)
            if row["is_hidden"]:
                hidden.add(row["definition_id"])
            if row["is_hidden"] and row["definition_id"] == "stil_kommunal":
                assert key not in delivered
            else:
                assert (delivered[key]["value_status_code"] == "hidden_by_source") == row["is_hidden"]
                assert (delivered[key]["figure_value"] is None) == row["is_hidden"]
    assert hidden == {"stil_kommunal", "benchmark_alle_0_9", "kl", "flis"}


def test_across_the_border(made: Any) -> None:
    for row in made.truth["across_the_border"]:
        pupils = pupils_on(made.rows, date(int(row["school_year"][:4]), 9, 30))
        found = Counter(
            "own_outside" if pupil["lives_here"] else f"visitor_{pupil['kind']}"
            for pupil in pupils
            if pupil["is_of_another"] or (pupil["lives_here"] and not pupil["is_here"])
        )
        assert row["own_pupils_outside_count"] == found["own_outside"]
        assert row["visitors_in_special_school_count"] == found["visitor_special_school"]
        assert row["visitors_in_ordinary_school_count"] == found["visitor_folkeskole"]
    assert [row["school_year"] for row in made.truth["across_the_border"]] == [
        "2023/24",
        "2024/25",
        "2025/26",
        "2026/27",
    ]
    for name in ("own_pupils_outside_count", "visitors_in_special_school_count", "visitors_in_ordinary_school_count"):
        assert any(row[name] for row in made.truth["across_the_border"])


def test_visitors_have_places_and_nothing_else(made: Any) -> None:
    """They live in a neighbouring, made-up municipality, in no district; no measure and no form is about them."""
    visitors = {row["child_id"] for row in made.rows["children"] if row["home_municipality_code"] is not None}
    own = {row["child_id"] for row in made.rows["children"] if row["home_municipality_code"] is None}
    assert not visitors & own
    assert len(visitors) == made.truth["visitors_count"] > 0
    assert all(
        row["home_district_code"] is None and row["home_municipality_code"] in neighbours_of("K01")
        for row in made.rows["children"]
        if row["child_id"] in visitors
    )
    placed = {row["child_id"] for row in made.rows["school_placements"]}
    assert placed & visitors
    for source, rows in made.rows.items():
        if source not in ("children", "school_placements"):
            assert not any(row.get("child_id") in visitors for row in rows), source


def test_places_lie_in_our_municipality_or_a_neighbours(made: Any) -> None:
    places = Counter(
        (row["municipality_code"], row["institution_type_code"])
        for row in made.rows["institutions"]
        if row["municipality_code"] != "K01"
    )
    assert places == {("K02", "special_school"): 1, ("K03", "day_treatment"): 1}
    assert all(row["district_code"] is None for row in made.rows["institutions"] if row["municipality_code"] != "K01")


def test_neighbours_go_round() -> None:
    codes = made_up_municipality_codes()
    assert len(codes) == 98
    assert neighbours_of("K01") == ("K02", "K03", "K04")
    assert neighbours_of("K98") == ("K01", "K02", "K03")
    assert set(codes) <= set(load_code_table("municipalities").codes)


def test_shares_across_the_border_are_those_of_the_parameters() -> None:
    """15 % of special-school pupils outside, 12 visitors per 100 own pupils inside, within three standard errors or less."""
    simulated = simulate_municipality(PROFILE, children_count=40_000, seed=6)
    geography, placements = simulated.geography, simulated.placements
    special = np.isin(placements.institution, [geography.special_school, geography.special_school_outside])
    children = np.unique(placements.child[special])
    outside = np.unique(placements.child[placements.institution == geography.special_school_outside])
    assert len(children) > 400
    assert len(outside) / len(children) == pytest.approx(0.15, abs=0.04)
    last = border_truth(simulated)[-1]
    inside = placements.on(np.arange(simulated.children.count), np.full(simulated.children.count, 20_726))
    own = int((placements.institution[inside[inside >= 0]] == geography.special_school).sum())
    assert last["visitors_in_special_school_count"] / own == pytest.approx(0.12, abs=0.03)


def test_one_child_without_a_place_is_a_municipality_too() -> None:
    """Among thirty municipalities of one child some child is too young or too old for any place."""
    empty = 0
    for seed in range(30):
        simulated = simulate_municipality(PROFILE, children_count=1, seed=seed)
        places = simulated.tables["school_placements"]
        empty += len(places) == 0
        assert len(figures_truth(simulated)) == 0 or len(places) > 0
        assert not any(row["own_pupils_outside_count"] for row in border_truth(simulated) if len(places) == 0)
        assert simulated.visitors.count == 0
    assert 0 < empty < 30
