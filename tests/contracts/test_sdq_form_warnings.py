"""Are odd SDQ forms counted and named when they are read: a form for somebody else, and a date that cannot be right?"""

from datetime import datetime
from pathlib import Path

import pytest

from pipelines.codes import load_code_table
from pipelines.contracts import source_contract
from pipelines.landing.delivery import DeliveryResult, check_delivery
from pipelines.simulate.layouts import layouts

LANDED = datetime(2026, 9, 1, 8, 0)
RIGHT = ("parent", "4-10", "01-05-2026")


def landed(folder: Path, *forms: tuple[str, str, str], source: str = "sdq_scores") -> DeliveryResult:
    """What landing these forms (informant, version, date) would give; each about a child of its own."""
    figure = {"sdq_scores": "SDQ i alt;12", "sdq_answers": "SDQ punkt 1;1"}[source].split(";")
    lines = [f"CPR-nummer;Udfylder;Skemaversion;Udfyldt;{figure[0]}"]
    # born in 1870: nobody's number
    lines += [f"010170{5000 + n};{who};{version};{day};{figure[1]}" for n, (who, version, day) in enumerate(forms)]
    path = folder / "skemaer.csv"
    path.write_text("\n".join(lines), "utf-8")
    return check_delivery(path, source=source, now=LANDED)


def said_of(result: DeliveryResult, words: str) -> list[str]:
    return [warning for warning in result.warnings if words in warning]


FOR_SOMEBODY_ELSE = [("mor", "S11-17"), ("forælder", "s11-17"), ("pædagog", "P4-10"), ("barnet selv", "T11-17")]
FOR_THEMSELVES = [
    ("far", "P11-17"),
    ("lærer", "t4-10"),
    ("barnet selv", "S11-17"),
    ("mor", "11-17"),  # the name says nothing of whom the form is for
    ("mor", ""),
]


def test_a_form_for_somebody_else_is_read_and_said(tmp_path: Path) -> None:
    forms = [(*form, RIGHT[2]) for form in (*FOR_SOMEBODY_ELSE, *FOR_THEMSELVES)]
    result = landed(tmp_path, *forms)
    assert (result.rows_typed, result.rows_rejected) == (4 + 5, 0)
    (sentence,) = said_of(result, "skema til")
    assert sentence.startswith("4 rækker har et skema til en anden end den, der har svaret")


def test_forms_for_those_who_answered_are_not_warned(tmp_path: Path) -> None:
    assert said_of(landed(tmp_path, *((*form, RIGHT[2]) for form in FOR_THEMSELVES)), "skema til") == []


@pytest.mark.parametrize("source", ["sdq_answers", "sdq_scores"])
def test_dates_after_the_landing_and_before_there_was_a_danish_form_are_counted(tmp_path: Path, source: str) -> None:
    days = ("31-12-2001", "01-01-2002", "01-09-2026", "02-09-2026", "03-09-2027")
    result = landed(tmp_path, *((*RIGHT[:2], day) for day in days), source=source)
    assert result.rows_typed == 5
    assert said_of(result, "udfyldt") == [
        "2 rækker er udfyldt efter den dag, filen blev læst ind. Se efter, om datoen er rigtig.",
        "1 række er udfyldt før 2002, da SDQ kom på dansk. Se efter, om datoen er rigtig.",
    ]


def test_a_rejected_row_is_no_warning_and_a_file_without_versions_is_read(tmp_path: Path) -> None:
    assert landed(tmp_path, ("mor", "S9-99", RIGHT[2])).rows_rejected == 1
    path = tmp_path / "skemaer.csv"
    path.write_text("CPR-nummer;Udfylder;Udfyldt;SDQ i alt\n0101705000;mor;03-09-2027;12", "utf-8")
    result = check_delivery(path, source="sdq_scores", now=LANDED)
    assert len(said_of(result, "udfyldt efter")) == 1
    assert said_of(result, "skema til") == []


def test_both_sources_of_forms_warn_in_the_same_words() -> None:
    assert source_contract("sdq_answers").row_warnings == source_contract("sdq_scores").row_warnings


def test_the_letters_of_the_form_names_are_those_of_the_informants() -> None:
    """What the warning compares: P, T or S before the age, and the first letter of the informant's code."""
    letters = {
        alias[0]
        for row in load_code_table("sdq_versions").rows
        for alias in row["aliases"].split("|")
        if alias[:1].isalpha()
    }
    assert letters == {code[0] for code in load_code_table("informants").codes}


@pytest.mark.parametrize("source", ["sdq_answers", "sdq_scores"])
def test_made_up_senders_name_forms_by_age_alone_and_so_are_not_warned(source: str) -> None:
    """The first alias of a version is the parents' form: a sender who wrote that for all would be warned of its teachers' forms."""
    for layout in layouts()[source]:
        if "version_code" in layout.headers:
            assert layout.spelling_by_column.get("version_code", layout.spelling) != "alias"
