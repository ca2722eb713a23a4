"""Header cells matched to the contract's columns, and what may be said about the others."""

import pytest

from pipelines.contracts import load_contracts, source_contract
from pipelines.errors import AmbiguousHeaderError, MissingColumnError
from pipelines.landing.headers import column_letter, columns_by_alias, folded, match_header

CHILDREN = source_contract("children")
HEADER = ["CPR-nr.", "Fødselsdato", "Køn", "Fra"]


@pytest.mark.parametrize(
    ("written", "same_as"),
    [("CPR-NR.", "cpr nr"), ("Foedselsdato", "fødselsdato"), ("  Aar ", "år"), ("A\u030aben fra", "ÅBEN_FRA")],
)
def test_headers_are_compared_folded(written: str, same_as: str) -> None:
    assert folded(written) == folded(same_as)


@pytest.mark.parametrize("contract_id", load_contracts("source"))
def test_no_alias_of_a_contract_has_two_meanings(contract_id: str) -> None:
    aliases = columns_by_alias(source_contract(contract_id))
    assert set(aliases.values()) == {column.name for column in source_contract(contract_id).columns}


def test_the_header_row_may_stand_below_titles_and_in_any_order() -> None:
    records = [
        ["Udtræk for skoleåret", "", "", ""],
        ["", "", "", ""],
        list(reversed(HEADER)),
        ["01-08-2020", "K", "x", "y"],
    ]
    match = match_header(records, CHILDREN, where="fil.csv")
    assert match.row == 2
    assert match.positions == {"resident_from_date": 0, "sex_code": 1, "birth_date": 2, "child_id": 3}


def test_all_missing_columns_are_told_at_once_with_the_names_accepted() -> None:
    with pytest.raises(MissingColumnError) as raised:
        match_header([["Køn", "Klasse"]], CHILDREN, where="fil.csv")
    message = str(raised.value)
    assert message.startswith("fil.csv mangler 3 af de kolonner")
    assert "Fødselsdato (kan også hedde:" in message
    assert "CPR-nummer (kan også hedde: CPR, CPR-nr." in message
    assert raised.value.exit_code == 23


def test_two_columns_with_one_meaning_are_told_by_their_letters() -> None:
    with pytest.raises(AmbiguousHeaderError, match="CPR-nummer: kolonnerne C og G"):
        match_header([[*HEADER, "CPR"]], CHILDREN, where="fil.csv", first_column=2)


@pytest.mark.parametrize(
    ("extra", "shown"),
    [
        ("Bemærkning", "kolonne E (Bemærkning)"),
        ("Et spørgsmål med mange ord", "kolonne E"),  # may be the wording of a questionnaire
        ("0101995015", "kolonne E"),
        ("12-05-2014", "kolonne E"),
        ("L" * 80, "kolonne E"),
    ],
)
def test_unknown_columns_are_named_only_when_that_is_safe(extra: str, shown: str) -> None:
    assert match_header([[*HEADER, extra]], CHILDREN, where="fil.csv").unknown_columns == (shown,)


def test_no_unknown_column_is_named_when_one_of_them_looks_like_data() -> None:
    unknown = match_header([[*HEADER, "Anna", "0101995015"]], CHILDREN, where="fil.csv").unknown_columns
    assert unknown == ("kolonne E", "kolonne F")


@pytest.mark.parametrize(("position", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_have_the_spreadsheets_letters(position: int, letters: str) -> None:
    assert column_letter(position) == letters
