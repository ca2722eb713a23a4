"""The error list: every kind of fault has its own Danish words, and the workbook holds them all."""

import re
from pathlib import Path

import fastexcel
import pytest
from rich.console import Console

from pipelines.contracts import load_contracts, source_contract
from pipelines.landing import explain
from pipelines.landing.explain import CellError, error_counts, error_table, expected_in, write_error_list
from pipelines.landing.headers import column_letter
from pipelines.typed import cells
from pipelines.typed.reasons import DUPLICATE_OTHER, Reason, parse_reasons

FAULTS = [
    CellError("Børn", 7, "F7", "Fødselsdato", "tekst", "en dato som 31-12-2025", "Skriv datoen."),
    CellError("Børn", 9, "F9", "Fødselsdato", "tekst", "en dato som 31-12-2025", "Skriv datoen."),
    CellError("", 10, "", "", "flere celler end der er overskrifter", "én celle per overskrift", "Slet resten."),
]


def test_a_fault_in_one_line() -> None:
    assert (
        FAULTS[0].sentence
        == "arket 'Børn', række 7 (F7): Fødselsdato: fundet tekst; forventet en dato som 31-12-2025. Skriv datoen."
    )
    assert FAULTS[2].sentence.startswith("række 10: fundet flere celler")


def test_reasons_are_read_back() -> None:
    assert parse_reasons("") == []
    assert parse_reasons("birth_date:text !late +excess =other") == [
        Reason(column="birth_date", kind="text"),
        Reason(check_id="late"),
        Reason(mark="+excess"),
        Reason(mark="=other"),
    ]


def test_every_kind_that_sql_can_find_has_danish_words() -> None:
    kinds = set()
    for contract in load_contracts("source").values():
        for column in contract.columns:
            kinds |= set(re.findall(r"THEN '([a-z_]+)'", cells.kind_sql(column, "raw"))) | {"signs"}
    assert kinds == set(explain._FOUND)


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        ("date", "Se efter, om dagen findes i kalenderen. Skriv datoen som dag-måned-år med fire cifre i årstallet."),
        ("text", "Skriv datoen som dag-måned-år med fire cifre i årstallet."),
    ],
)
def test_what_looks_like_a_date_and_is_none_is_said_to_be_doubtful(kind: str, advice: str) -> None:
    """31 February is found as a date where a date is expected: without the doubt the sender would see no fault."""
    column = source_contract("sessions").column("held_date")
    assert explain._advice(column, Reason(column="held_date", kind=kind)) == advice


def test_a_broken_rule_names_every_cell_of_the_rule() -> None:
    contract = source_contract("sdq_scores")
    rule = next(check for check in contract.row_checks if len(check.columns) == 5)
    places = {column.name: place for place, column in enumerate(contract.columns)}
    mapping = {"": {"header_row": 1, "first_column": 0, "places": places}}
    error = explain._cell_error(contract, mapping, "", 7, Reason(check_id=rule.check_id))
    assert error.cell == ", ".join(f"{column_letter(places[name])}7" for name in rule.columns)
    titles = [contract.column(name).title for name in rule.columns]
    assert error.column == f"{', '.join(titles[:-1])} og {titles[-1]}"


def test_two_different_rows_of_one_key_come_with_the_sources_own_advice() -> None:
    """Mother and father on the same day are one kind of informant: neither form is wrong, but only one can be kept."""
    general = explain._cell_error(source_contract("children"), {}, "", 7, Reason(mark=DUPLICATE_OTHER))
    assert general.advice == "Behold den rigtige række, og slet de andre. Ingen af dem er læst ind."
    for source in ("sdq_answers", "sdq_scores"):
        error = explain._cell_error(source_contract(source), {}, "", 7, Reason(mark=DUPLICATE_OTHER))
        assert error.advice.startswith("Behold ét af skemaerne i filen.")
        assert error.advice.endswith("Ingen af dem er læst ind.")


@pytest.mark.parametrize("contract_id", load_contracts("source"))
def test_every_column_says_what_it_expects_without_its_english_name(contract_id: str) -> None:
    for column in source_contract(contract_id).columns:
        assert expected_in(column).startswith(("e", "j"))
        assert column.name not in expected_in(column).split()


def test_faults_are_counted_by_column_and_kind() -> None:
    assert error_counts(FAULTS) == [
        ("Fødselsdato", "tekst", 2),
        ("hele rækken", "flere celler end der er overskrifter", 1),
    ]


def test_the_terminal_table_says_how_many_are_left_out() -> None:
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    with console.file:
        console.print(error_table(FAULTS, title="Fejl", limit=1))
        assert "... og 2 fejl mere" in console.export_text()


def test_the_workbook_for_the_sender(tmp_path: Path) -> None:
    path = write_error_list(
        [*FAULTS, CellError("", 11, "A11", "=1+1", "x", "y", "z")],
        tmp_path / "lister" / "fejl.xlsx",
        file_name="børn.csv",
        title="Børn",
        rejected_rows=4,
    )
    book = fastexcel.read_excel(path)
    assert book.sheet_names == ["Oversigt", "Fejl"]
    overview = book.load_sheet("Oversigt", header_row=None, dtypes="string").to_arrow().column(0).to_pylist()
    assert overview[0] == "Rækker, der skal rettes i børn.csv"
    assert overview[1].startswith("Børn: 4 rækker er ikke læst ind.")
    faults = book.load_sheet("Fejl", dtypes="string").to_arrow().to_pylist()
    assert [fault["Celle"] for fault in faults] == ["F7", "F9", None, "A11"]
    assert faults[3]["Kolonne"] == "=1+1"  # text, not a formula that Excel would run
