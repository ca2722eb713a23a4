"""Does intake find exactly what was planted: every fault in its cell, nothing else, and every right value as it was drawn?

Here a few seeds over all levels; for many more, run the file itself from the checkout, with a first and a last seed:

    .venv/bin/python tests/simulate/test_recall.py 1 300

It prints every disagreement with its seed, level and file, and ends with 1 if there was any.
"""

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import errors
from pipelines.contracts import Column, source_contract
from pipelines.landing import register
from pipelines.landing.delivery import DeliveryResult, _land, check_delivery, land_delivery
from pipelines.landing.sniff import Content, file_facts
from pipelines.run import waiting_files
from pipelines.simulate import SimulatedMunicipality, simulate_municipality
from pipelines.simulate.defects import KINDS
from pipelines.simulate.deliveries import (
    DIRTY_LEVELS,
    Delivery,
    file_bytes,
    plan_deliveries,
    planned_refusals,
    write_deliveries,
)
from pipelines.simulate.layouts import OWN_COLUMN, layouts
from pipelines.simulate.refused_files import REFUSED_FOLDER
from pipelines.simulate.written_cells import spelled_codes
from pipelines.typed import history
from pipelines.typed.pseudonym import pseudonym
from pipelines.warehouse import open_warehouse
from pipelines.workspace import Workspace, create_workspace

PROFILE = Path(__file__).parents[2] / "pipelines" / "municipalities" / "vordingborg_next_step.toml"
KEY = b"k" * 32
NOW = datetime(2026, 10, 1, 8, 0)
FOUND = {
    "missing_required": "cellen er tom",
    "only_white_space": "cellen er tom",
    "short_row": "cellen er tom",
    "unknown_code": "tekst",
    "unknown_number_as_code": "et helt tal",
    "impossible_date": "en dato",
    "no_leap_day": "en dato",
    "year_out_of_range": "en dato",
    "short_year": "en dato med kun to cifre i årstallet",
    "word_as_date": "tekst",
    "not_a_number": "tekst",
    "number_with_unit": "bogstaver og tal blandet",
    "decimals_in_whole_number": "et tal med decimaler",
    "out_of_range": "et tal, der er for stort",
    "below_range": "et tal, der er for lille",
    "not_yes_or_no": "tekst",
    "cpr_in_text": "noget, der ligner et CPR-nummer",
    "cpr_hidden_in_text": "noget, der ligner et CPR-nummer",
    "cpr_as_code": "noget, der ligner et CPR-nummer",
    "cpr_too_short": "et tal med et andet antal cifre end ti",
    "cpr_too_long": "et tal med et andet antal cifre end ti",
    "cpr_impossible_day": "ti cifre, men de første seks er ikke en dato",
    "word_as_cpr": "tekst",
    "wrong_school_year": "bogstaver og tal blandet",
    "breaks_pattern": "bogstaver og tal blandet",
    "formula_error": "en formel, der giver fejl",
    "end_before_start": "noget, der ikke passer sammen",
    "broken_rule": "noget, der ikke passer sammen",
    "long_row": "flere celler end der er overskrifter",
    "doubled_row": "en række, der er helt magen til en tidligere",
    "contradicting_rows": "flere rækker om det samme, men med forskelligt indhold",
}
"""What intake says it found, per kind of defect."""


@dataclass(frozen=True)
class Intake:
    """What intake made of one delivery: its result, and the typed rows of the delivery's own sheet in their order."""

    result: DeliveryResult
    typed_rows: list[tuple[Any, ...]]


def take_in(delivery: Delivery, path: Path) -> Intake:
    """Land the file by the code that `check_delivery` uses, with a key we know."""
    contract = source_contract(delivery.source)
    content = Content(path.name, path=path)
    names = ", ".join(delivery.layout.contract_columns)
    with duckdb.connect(config={"threads": "1"}) as connection:
        register.create_register(connection)
        history.create_tables(connection, contract)
        result, _ = _land(connection, contract, content, file_facts(content), key=KEY, now=NOW)
        rows = connection.execute(f"SELECT {names} FROM typed.{delivery.source} ORDER BY row_number").fetchall()
    return Intake(result, rows)


def disagreements(delivery: Delivery, intake: Intake, *, sheets: Sequence[Delivery]) -> list[str]:
    """Every way in which intake and the plan differ; `sheets` are all sheets of the workbook."""
    result = intake.result
    named = Counter((error.sheet, error.row, error.cell, error.found) for error in result.errors)
    planted = Counter(
        (defect.sheet_name, defect.row_number, ", ".join(defect.cells), FOUND[defect.kind])
        for defect in delivery.defects
    )
    found = [f"not found: {fault}" for fault in (planted - named).elements()]
    found += [f"false alarm: {fault}" for fault in (named - planted).elements()]
    counts = (result.rows_received, result.rows_typed, result.rows_rejected)
    right, wrong = delivery.right_row_count, delivery.wrong_row_count
    if counts != (right + wrong, right, wrong):
        found.append(f"rows {counts} and not {(right + wrong, right, wrong)}")
    if dict(result.skipped_rows) != expected_skips(delivery):
        found.append(f"skipped {dict(result.skipped_rows)} and not {expected_skips(delivery)}")
    found += warning_disagreements(delivery, result, sheets)
    return found + value_disagreements(delivery, intake.typed_rows)


def expected_skips(delivery: Delivery) -> dict[str, int]:
    """Rows without data by kind. A note that stands in a column of the sender's own is as good as none: that is not read."""
    names = list(delivery.layout.headers)
    counts = Counter({"empty": delivery.empty_row_count})
    for footer in delivery.layout.footer_rows:
        place = next(place for place, cell in enumerate(footer.cells) if cell)
        counts["empty" if place and names[place].startswith(OWN_COLUMN) else footer.kind] += 1
    return {kind: count for kind, count in counts.items() if count}


def warning_disagreements(delivery: Delivery, result: DeliveryResult, sheets: Sequence[Delivery]) -> list[str]:
    """Each warning is known by a few of its words, and there is one for each reason and no other."""
    layout, first = delivery.layout, sheets[0].layout
    own_headers = [header for name, header in layout.headers.items() if name.startswith(OWN_COLUMN) and header]
    other_sheets = len(sheets) - 1 + bool(first.guide_sheet_name) + bool(first.hidden_sheet_name)
    expected = Counter(
        {
            "bruges ikke og er ikke gemt": int(bool(own_headers)),
            "Sprunget over": int(bool(expected_skips(delivery))),
            "Arket": other_sheets if layout.is_workbook else 0,
            "med ni cifre": int(nine_digit_numbers(delivery) > 0),
            "skema til en anden": int(forms_for_somebody_else(delivery) > 0),
        }
    )
    named: Counter[str] = Counter()
    unknown = []
    for warning in result.warnings:
        # the sentence about unknown columns names the sheet as well
        known = next((words for words in expected if words in warning), None)
        if known is None:
            unknown.append(f"false warning: {warning}")
        else:
            named[known] += 1
    differing = {words: (named[words], expected[words]) for words in expected if named[words] != expected[words]}
    lost = next((int(warning.split()[0]) for warning in result.warnings if "med ni cifre" in warning), 0)
    if lost != nine_digit_numbers(delivery):
        unknown.append(f"{lost} lost zeros and not {nine_digit_numbers(delivery)}")
    odd = next((int(warning.split()[0]) for warning in result.warnings if "skema til en anden" in warning), 0)
    if odd != forms_for_somebody_else(delivery):
        unknown.append(f"{odd} forms for somebody else and not {forms_for_somebody_else(delivery)}")
    return unknown + ([f"warnings (given, expected): {differing}"] if differing else [])


def nine_digit_numbers(delivery: Delivery) -> int:
    """Rows whose CPR cell holds nine digits."""
    names = list(delivery.layout.headers)
    places = [
        names.index(column.name)
        for column in source_contract(delivery.source).columns
        if column.parse == "cpr" and column.name in names
    ]
    cells = [str(row[place]) for row in delivery.rows for place in places if place < len(row)]
    return sum(re.fullmatch(r"\d{9}", re.sub(r"[^0-9A-Za-z]", "", cell)) is not None for cell in cells)


def forms_for_somebody_else(delivery: Delivery) -> int:
    """Right rows whose SDQ form bears the letter of another informant: made-up senders may write P4-10 for a teacher's form."""
    layout, table = delivery.layout, "sdq_versions"
    if not {"version_code", "informant_code"} <= set(layout.headers):
        return 0
    written = dict(spelled_codes(table, layout.spelling_by_column.get("version_code", layout.spelling)))
    written |= layout.spellings.get("version_code", {})
    letters = {code: re.sub(r"[\W_]", "", text).lower()[:1] for code, text in written.items()}
    pairs = delivery.right_rows.select("version_code", "informant_code").drop_nulls().iter_rows()
    return sum(letters[version] in set("pts") - {informant[0]} for version, informant in pairs)


def value_disagreements(delivery: Delivery, typed_rows: list[tuple[Any, ...]]) -> list[str]:
    contract = source_contract(delivery.source)
    columns = [contract.column(name) for name in delivery.layout.contract_columns]
    drawn = [
        tuple(expected_value(row[column.name], column) for column in columns)
        for row in delivery.right_rows.iter_rows(named=True)
    ]
    if len(drawn) != len(typed_rows):
        return []  # told by the counts
    wrong = Counter(
        column.name
        for expected, typed in zip(drawn, typed_rows, strict=True)
        for column, one, other in zip(columns, expected, typed, strict=True)
        if one != other
    )
    return [f"other values: {dict(wrong)}"] if wrong else []


def expected_value(value: Any, column: Column, *, key: bytes = KEY) -> Any:
    """The simulator's value as the contract's type has it."""
    if value is None:
        return None
    match column.parse:
        case "cpr":
            return pseudonym(value, key)
        case "code":
            return str(value) if column.physical_type == "VARCHAR" else int(value)
        case "decimal":
            places = column.physical_type.rstrip(")").rpartition(",")[2]
            return Decimal(str(value)).quantize(Decimal(1).scaleb(-int(places)))
        case _:
            return value


@cache
def planned(seed: int, level: int) -> list[Delivery]:
    simulated = simulate_municipality(PROFILE, children_count=60 + 10 * (seed % 10), seed=seed)
    return plan_deliveries(simulated, dirty=level)


@cache
def written(seed: int, level: int, file_name: str) -> bytes:
    """A file, once for all the sources that have a sheet in it."""
    deliveries = planned(seed, level)
    return file_bytes(next(each for each in deliveries if each.file_name == file_name), among=deliveries)


def checked(
    seed: int, level: int, folder: Path, *, sources: Sequence[str] = (), most: int = 2
) -> Iterator[tuple[Delivery, list[str]]]:
    """Deliveries of a small municipality with their disagreements; of sources with many files, the `most` first."""
    deliveries = planned(seed, level)
    taken: Counter[str] = Counter()
    for delivery in deliveries:
        taken[delivery.source] += 1
        if (sources and delivery.source not in sources) or taken[delivery.source] > most:
            continue
        path = folder / delivery.source / delivery.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(seed, level, delivery.file_name))
        sheets = (
            [other for other in deliveries if other.file_name == delivery.file_name]
            if path.suffix == ".xlsx"
            else [delivery]
        )
        try:
            found = disagreements(delivery, take_in(delivery, path), sheets=sheets)
        except errors.TrappenError as error:
            found = [f"refused: {type(error).__name__}: {error}"]
        yield delivery, found


SEEDS_AND_LEVELS = [(21, 1), (22, 2), (23, 3), (24, 3)]
"""Level 0 is level 1 without its wrong rows: the same layouts, and right rows among them on which nothing may be said."""


@pytest.mark.parametrize("source", sorted(layouts()))
def test_intake_finds_what_was_planted_and_nothing_else(source: str, tmp_path: Path) -> None:
    """Rows, reasons with their cells, warnings and values, at every dirty level; many more seeds by the script (see above)."""
    for seed, level in SEEDS_AND_LEVELS:
        for delivery, found in checked(seed, level, tmp_path / f"{seed}-{level}", sources=[source], most=1):
            assert not found, f"seed {seed}, level {level}, {delivery.file_name}: {found}"


def test_what_is_found_is_said_for_every_kind() -> None:
    assert set(FOUND) == set(KINDS)


def test_the_check_command_finds_the_same_as_landing(tmp_path: Path) -> None:
    for delivery, found in checked(25, 3, tmp_path, sources=["children"]):
        path = tmp_path / delivery.source / delivery.file_name
        assert not found
        assert check_delivery(path, source=delivery.source).errors == take_in(delivery, path).result.errors


def test_a_whole_folder_of_the_dirtiest_kind_lands_with_the_values_that_were_drawn(tmp_path: Path) -> None:
    """By another road than above: the files of a folder, the encrypted warehouse, all rows of a source together."""
    workspace = create_workspace(
        tmp_path / "w", profile="vordingborg_next_step", municipality_name="Prøvekøbing", is_constructed=True
    )
    simulated = simulate_municipality(PROFILE, children_count=80, seed=26)
    write_deliveries(simulated, workspace.inboxes, dirty=3)
    sources = ("children", "institutions", "organisation", "measures")
    with open_warehouse(workspace) as connection:
        for source, path in waiting_files(workspace):
            if source in sources:
                land_delivery(connection, workspace, path, source=source, now=NOW)
        for source in sources:
            columns = [
                column for column in source_contract(source).columns if column.name in simulated.tables[source].columns
            ]
            names = ", ".join(column.name for column in columns)
            typed = connection.execute(f"SELECT {names} FROM typed.{source}").fetchall()
            drawn = [
                tuple(expected_value(row[column.name], column, key=workspace.keys.pseudonym) for column in columns)
                for row in simulated.tables[source].iter_rows(named=True)
            ]
            assert Counter(typed) == Counter(drawn), source


@pytest.fixture(scope="module")
def dirtiest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, SimulatedMunicipality, list[Path]]:
    """The dirtiest delivery of sixty children in the inboxes of a workspace, with its refused files."""
    workspace = create_workspace(
        tmp_path_factory.mktemp("dirtiest") / "w",
        profile="vordingborg_next_step",
        municipality_name="Prøvekøbing",
        is_constructed=True,
    )
    simulated = simulate_municipality(PROFILE, children_count=60, seed=27)
    return workspace, simulated, write_deliveries(simulated, workspace.inboxes, dirty=3)


def test_refused_files_are_refused_for_what_is_wrong_with_them(
    dirtiest: tuple[Workspace, SimulatedMunicipality, list[Path]],
) -> None:
    workspace, simulated, paths = dirtiest
    refusals = planned_refusals(simulated, dirty=3)
    assert len({refused.error_name for refused in refusals}) == 5
    for refused in refusals:
        path = workspace.inboxes / REFUSED_FOLDER / refused.source / refused.file_name
        with pytest.raises(getattr(errors, refused.error_name)):
            check_delivery(path, source=refused.source)
        assert path not in paths
    for level in (0, 1, 2):
        assert planned_refusals(simulated, dirty=level) == ()


def test_nobody_reads_the_refused_files_by_accident(
    dirtiest: tuple[Workspace, SimulatedMunicipality, list[Path]],
) -> None:
    workspace = dirtiest[0]
    assert all(REFUSED_FOLDER not in path.parts for _, path in waiting_files(workspace))
    assert (workspace.inboxes / REFUSED_FOLDER).is_dir()


def main(first_seed: int, last_seed: int) -> int:
    count = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first_seed, last_seed + 1):
            for level in range(len(DIRTY_LEVELS)) if seed % 10 == 0 else (2, 3):
                for delivery, found in checked(seed, level, Path(folder)):
                    count += 1
                    wrong += bool(found)
                    for sentence in found[:6]:
                        sys.stdout.write(
                            f"seed {seed} level {level} {delivery.source} {delivery.file_name}: {sentence}\n"
                        )
                    sys.stdout.flush()
    sys.stdout.write(f"{count} files, {wrong} with disagreements\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
