"""Are the files what senders send: same bytes for the same seed, numbers of nobody, defects exactly where they are said?"""

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from xlsxwriter.utility import xl_cell_to_rowcol

from pipelines.contracts import load_contracts, source_contract
from pipelines.errors import SettingsError
from pipelines.landing.headers import columns_by_alias, folded
from pipelines.simulate import (
    Parameters,
    SimulatedMunicipality,
    simulate_municipality,
    truth_of,
    write_deliveries,
    write_truth,
)
from pipelines.simulate.defects import EVERYDAY_KINDS, KINDS, broken_checks, draw_wrong_rows, possible_defects
from pipelines.simulate.deliveries import DIRTY_LEVELS, plan_deliveries, planned_refusals
from pipelines.simulate.drawn_layouts import accepted_headers, draw_layout
from pipelines.simulate.layouts import layouts
from pipelines.simulate.parameters import describe_parameters

PROFILE = Path(__file__).parents[2] / "pipelines" / "municipalities" / "vordingborg_next_step.toml"


@pytest.fixture(scope="module")
def of_forty() -> SimulatedMunicipality:
    return simulate_municipality(PROFILE, children_count=40, seed=2)


@pytest.fixture(scope="module")
def of_six_hundred() -> SimulatedMunicipality:
    return simulate_municipality(PROFILE, children_count=600, seed=2)


@pytest.fixture(scope="module")
def of_two_thousand() -> SimulatedMunicipality:
    return simulate_municipality(PROFILE, children_count=2000, seed=5)


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_seed_same_bytes_and_other_seed_other_bytes(tmp_path: Path) -> None:
    for folder, seed in (("one", 11), ("again", 11), ("other", 12)):
        simulated = simulate_municipality(PROFILE, children_count=150, seed=seed)
        write_deliveries(simulated, tmp_path / folder, dirty=1)
        write_truth(simulated, tmp_path / folder / "truth.json", dirty=1)
        if folder != "other":
            few = simulate_municipality(PROFILE, children_count=40, seed=seed)
            write_deliveries(few, tmp_path / f"{folder} drawn", dirty=3)
    one, again, other = (digests(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    assert digests(tmp_path / "one drawn") == digests(tmp_path / "again drawn")
    differing = {path for path in one if one[path] != other.get(path)}
    assert {path for path in one if "organisering" not in path and "institutioner" not in path} <= differing


def test_every_source_is_delivered_and_in_several_forms(made: Any) -> None:
    """The reader has held every header and code against contracts and code tables; here: that all sources are there."""
    assert set(made.rows) == set(load_contracts()) - {"open_figures"}
    assert sum(path.parent.name == "sdq_answers" for path in made.paths) >= 2
    assert sum(path.suffix == ".xlsx" for path in made.paths) >= 2
    ways = [layout for several in layouts().values() for layout in several]
    texts = [layout for layout in ways if layout.suffix != "xlsx"]
    assert {layout.separator for layout in texts} == {";", "\t", ","}
    assert {layout.encoding for layout in texts} == {"utf-8", "utf-8-sig", "cp1252"}
    assert any(layout.title_rows for layout in texts)


def test_business_keys_are_unique(made: Any) -> None:
    for source, rows in made.rows.items():
        keys = Counter(tuple(row[name] for name in source_contract(source).business_key) for row in rows)
        assert max(keys.values()) == 1, source


def test_numbers_belong_to_nobody(made: Any) -> None:
    """7th digit 5-8 and year 58-99: people born 1858-1899. The last digit is odd for boys; birth dates are unrelated.

    They follow modulus 11, so that a warning about it in a clean file is a false alarm.
    """
    for row in made.rows["children"]:
        number = row["child_id"]
        assert len(number) == 10
        assert number.isdigit()
        assert number[6] in "5678"
        assert 58 <= int(number[4:6]) <= 99
        assert date(1800 + int(number[4:6]), int(number[2:4]), int(number[:2]))
        assert int(number[9]) % 2 == (row["sex_code"] == "M")
        assert (
            sum(int(digit) * weight for digit, weight in zip(number, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1), strict=True)) % 11
            == 0
        )
    agree = sum(row["child_id"][:4] == f"{row['birth_date']:%d%m}" for row in made.rows["children"])
    assert agree < len(made.rows["children"]) / 50


def test_people_and_places_are_consistent(made: Any) -> None:
    """Nobody lives somewhere before birth or in two places; every place and child referred to exists."""
    codes = {row["institution_code"] for row in made.rows["institutions"]}
    children = {row["child_id"]: row["birth_date"] for row in made.rows["children"]}
    for row in made.rows["children"]:
        # the registers begin on 1 January 2022: nobody had turned 18 by then
        assert date(2004, 1, 1) < row["birth_date"] <= row["resident_from_date"] <= date(2026, 9, 30)
    for source, first_day in (
        ("school_placements", "start_date"),
        ("measures", "start_date"),
        ("sdq_answers", "answered_date"),
    ):
        assert all(children[row["child_id"]] <= row[first_day] <= date(2026, 9, 30) for row in made.rows[source])
    for source in ("school_placements", "sdq_answers", "sessions"):
        assert all(row["institution_code"] in codes for row in made.rows[source] if row["institution_code"])


def test_teachers_are_not_asked_about_home_and_no_difficulties_ends_the_form(made: Any) -> None:
    impact = ("distres", "imphome", "impfrie", "impclas", "impleis")
    for row in made.rows["sdq_answers"]:
        if row["ebddiff"] == "0":
            assert all(row[name] is None for name in impact)
        elif row["informant_code"] == "teacher":
            assert [row[name] is None for name in impact] == [False, True, False, False, True]
        else:
            assert all(row[name] is not None for name in impact)


def test_planted_defects_lie_where_the_truth_says(
    tmp_path: Path, read_cells_of: Callable[[Path], list[list[Any]]]
) -> None:
    """Each wrong row shows its defect in the named cell, and without the wrong rows the dirty files are the clean ones."""
    many = dataclasses.replace(Parameters().defects, wrong_row_share=0.1)
    simulated = simulate_municipality(
        PROFILE, children_count=400, seed=3, parameters=dataclasses.replace(Parameters(), defects=many)
    )
    write_deliveries(simulated, tmp_path / "clean", dirty=False)
    paths = write_deliveries(simulated, tmp_path / "dirty", dirty=True)
    defects = truth_of(simulated, dirty=True)["planted_defects"]
    for path in paths:
        clean = read_cells_of(tmp_path / "clean" / path.parent.name / path.name)
        dirty = read_cells_of(path)
        own = [defect for defect in defects if defect["file_name"] == path.name]
        assert own
        header = next(row for row in dirty if own[0]["header"] in row)
        for defect in own:
            cell = dirty[defect["row_number"] - 1][header.index(defect["header"])]
            if defect["kind"] == "end_before_start":
                end, start = (dirty[row][column] for row, column in map(xl_cell_to_rowcol, defect["cells"]))
                assert cell == end
                assert as_date(end) < as_date(start), defect
            else:
                assert shows(defect["kind"], cell), defect
        wrong = {defect["row_number"] for defect in own}
        right = [[str(cell or "") for cell in row] for number, row in enumerate(dirty, start=1) if number not in wrong]
        if path.suffix != ".xlsx":  # a workbook's column of mixed cells is read as text
            assert right == [[str(cell or "") for cell in row] for row in clean]
        else:
            assert len(right) == len(clean)
    assert {defect["kind"] for defect in defects} == set(EVERYDAY_KINDS)


def as_date(cell: Any) -> date:
    forms = ("%d-%m-%Y", "%d/%m/%Y", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S")
    for form in forms:
        with suppress(ValueError):
            return datetime.strptime(str(cell), form).date()  # a day has no time zone
    raise AssertionError(f"no date in any of {forms}")


def shows(kind: str, cell: Any) -> bool:
    text = str(cell or "")
    match kind:
        case "missing_required":
            return text == ""
        case "cpr_in_text":
            return len(text) == 10 and text.isdigit()
        case "out_of_range":
            return float(text) > 0
        case _:
            return text in ("ukendt værdi", "31-02-2025", "ved ikke")


@pytest.mark.parametrize(("level", "share"), [(0, 0.0), (1, 0.01), (2, 0.03), (3, 0.10)])
def test_a_level_has_its_share_of_wrong_rows_and_its_own_kinds(
    level: int, share: float, of_two_thousand: SimulatedMunicipality
) -> None:
    deliveries = plan_deliveries(of_two_thousand, dirty=level)
    right = sum(delivery.right_row_count for delivery in deliveries)
    wrong = sum(delivery.wrong_row_count for delivery in deliveries)
    assert 0.9 * share <= wrong / right <= 1.5 * share
    assert all(delivery.wrong_row_count >= (level > 0) for delivery in deliveries)
    kinds = {defect.kind for delivery in deliveries for defect in delivery.defects}
    # published figures are few rows, and only they have a school year
    assert kinds | {"wrong_school_year"} >= set(DIRTY_LEVELS[level].kinds) >= kinds


def test_a_levels_words_say_its_share() -> None:
    shares = [0.01 * level.wrong_rows_factor for level in DIRTY_LEVELS]
    for level, share in zip(DIRTY_LEVELS[1:], shares[1:], strict=True):
        assert f"{100 * share:.0f} procent" in level.explanation
    assert Parameters().defects.wrong_row_share == 0.01


@pytest.mark.parametrize("source", sorted(layouts()))
def test_every_header_that_a_contract_accepts_is_drawn(source: str, of_forty: SimulatedMunicipality) -> None:
    """Signs that are noise (case, white space, colons) are left out; what is left is one of the contract's own headers."""
    contract = source_contract(source)
    frame = of_forty.tables[source]
    accepted = {
        (name, folded(header))
        for name, headers in accepted_headers(contract).items()
        if name in frame.columns
        for header in headers
    }
    drawn: set[tuple[str, str]] = set()
    for seed in range(150):
        headers = draw_layout(np.random.default_rng(seed), frame, source).headers
        drawn |= {(name, folded(header)) for name, header in headers.items() if name in frame.columns}
        if drawn >= accepted:
            break
    assert drawn == accepted


@pytest.mark.parametrize("source", sorted(load_contracts()))
def test_the_headers_we_draw_from_are_those_that_intake_knows(source: str) -> None:
    """Intake also takes the contract's own (English) column names."""
    contract = source_contract(source)
    ours = {folded(header): name for name, headers in accepted_headers(contract).items() for header in headers}
    assert ours.items() <= columns_by_alias(contract).items()
    assert set(columns_by_alias(contract)) - set(ours) <= {folded(column.name) for column in contract.columns}


@pytest.mark.parametrize("source", sorted(layouts()))
def test_every_rule_across_columns_can_be_broken_alone(source: str, of_six_hundred: SimulatedMunicipality) -> None:
    contract = source_contract(source)
    frame = of_six_hundred.tables[source]
    assert all(not broken_checks(contract, row) for row in frame.iter_rows(named=True))
    layout = draw_layout(np.random.default_rng(1), frame.with_columns(pl.all().backward_fill()), source)
    possible = [defect for defect in possible_defects(contract, layout) if defect.check is not None]
    assert {defect.check.check_id for defect in possible if defect.check} == {
        check.check_id for check in contract.row_checks
    }
    rows = draw_wrong_rows(
        np.random.default_rng(1), frame, layout, count=6 * len(possible), kinds=("end_before_start", "broken_rule")
    ) if possible else []  # fmt: skip
    broken = {fault.column_names for row in rows for fault in row.faults}
    assert broken == {tuple(check.columns) for check in contract.row_checks}


def test_the_truth_tells_every_fault_and_every_refused_file() -> None:
    simulated = simulate_municipality(PROFILE, children_count=100, seed=5)
    truth = truth_of(simulated, dirty=3)
    planted = [defect for delivery in plan_deliveries(simulated, dirty=3) for defect in delivery.defects]
    assert truth["planted_defects"] == [dataclasses.asdict(defect) for defect in planted]
    assert sum(delivery["wrong_row_count"] for delivery in truth["deliveries"]) == len(
        {(defect.source, defect.file_name, defect.row_number) for defect in planted}
    )
    refused = planned_refusals(simulated, dirty=3)
    assert [row["file_name"] for row in truth["refused_files"]] == [file.file_name for file in refused]
    assert json.loads(json.dumps(truth, default=str))["planted_defects"][0]["cells"] == list(planted[0].cells)


def test_every_kind_of_defect_fits_some_source() -> None:
    kinds = {
        defect.kind
        for source, ways in layouts().items()
        for defect in possible_defects(source_contract(source), ways[0])
    }
    assert kinds == set(KINDS)


@pytest.mark.parametrize("source", sorted(layouts()))
def test_every_kind_of_defect_that_fits_a_source_can_be_planted(source: str) -> None:
    kinds = {defect.kind for defect in possible_defects(source_contract(source), layouts()[source][0])}
    has_codes = any(column.parse == "code" for column in source_contract(source).columns)
    assert {"missing_required", "cpr_in_text", *(["unknown_code"] if has_codes else [])} <= kinds


def test_a_part_draws_the_same_whatever_the_others_do() -> None:
    """More daycares and other meetings leave children, measures and the ladder as they were."""
    plain = simulate_municipality(PROFILE, children_count=300, seed=8)
    parameters = dataclasses.replace(
        Parameters(),
        cooperation=dataclasses.replace(
            Parameters().cooperation, everyday_late_share=0.2, everyday_cancelled_share=0.1
        ),
    )
    changed = simulate_municipality(PROFILE, children_count=300, seed=8, parameters=parameters)
    for source in ("children", "measures", "school_placements", "sdq_answers"):
        assert plain.tables[source].equals(changed.tables[source])
    assert not plain.tables["sessions"].equals(changed.tables["sessions"])


@pytest.mark.parametrize("children_count", [1, 5])
def test_tiny_municipalities_can_be_drawn(tmp_path: Path, children_count: int) -> None:
    simulated = simulate_municipality(PROFILE, children_count=children_count, seed=9)
    assert write_deliveries(simulated, tmp_path, dirty=True)
    assert truth_of(simulated)["children_count"] == children_count


def test_every_parameter_has_a_unit_and_a_source() -> None:
    described = describe_parameters(Parameters())
    assert len(described) > 60
    assert all(item["unit"] and item["source"] for item in described)
    assert len({(item["part"], item["name"]) for item in described}) == len(described)


def test_a_profile_without_a_demo_says_what_is_missing() -> None:
    with pytest.raises(SettingsError, match="demo mangler"):
        simulate_municipality({"forums": []})
