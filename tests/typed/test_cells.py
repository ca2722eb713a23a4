"""What a text cell becomes under each parse rule, as drawn tables: cell, value, or <kind found> where it is a fault."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import Column, ParseRule
from pipelines.typed import cells

Read = Callable[..., Any]
COVERED = {"cpr", "text", "date", "integer", "decimal", "boolean", "code", "school_year"}


def column(parse: ParseRule, physical_type: str, **more: Any) -> Column:
    plain = {"name": "cell", "title": "Celle", "description": "", "is_required": False, "classification": "internal"}
    return Column(**{**plain, "parse": parse, "physical_type": physical_type, **more})


def test_every_parse_rule_has_a_table_here() -> None:
    assert set(get_args(ParseRule)) == COVERED


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("03-05-2024", date(2024, 5, 3)),
        ("3-5-2024", date(2024, 5, 3)),
        ("03/05/2024", date(2024, 5, 3)),
        ("03.05.2024", date(2024, 5, 3)),
        ("2024-05-03", date(2024, 5, 3)),
        ("20240503", date(2024, 5, 3)),
        ("2024-05-03 00:00:00", date(2024, 5, 3)),  # how a date cell in a workbook arrives
        (" 03-05-2024\u00a0", date(2024, 5, 3)),
        ("45415", date(2024, 5, 3)),  # 45415 days after 30 December 1899
        ("45415.5", date(2024, 5, 3)),
        ("29-02-2024", date(2024, 2, 29)),
        ("29-02-2023", "<date>"),
        ("31-12-9999", None),  # an open end
        ("03-05-24", "<short_year>"),
        ("03-05-0024", "<date>"),
        ("05-13-2024", "<date>"),
        ("2024", "<integer>"),
        ("snart", "<text>"),
        ("uge 5", "<mixed>"),
        ("#FEJL", "<formula_error>"),
        ("0101995015", "<cpr_form>"),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_dates(value_of: Read, cell: str | None, expected: object) -> None:
    assert value_of(column("date", "DATE"), cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("-7", -7),
        ("1.234", 1234),
        ("1.234.567", 1234567),
        ("5,0", 5),
        ("5.0", 5),
        ("5,5", "<decimal>"),
        ("5.5", "<decimal>"),
        ("12345678901234567890", "<integer>"),
        ("fem", "<text>"),
        ("0101995015", "<cpr_form>"),
        ("010199-5015", "<cpr_form>"),
        (None, None),
    ],
)
def test_integers(value_of: Read, cell: str | None, expected: object) -> None:
    assert value_of(column("integer", "INTEGER"), cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1", 1),
        ("600", 600),
        ("0", "<too_small>"),
        ("601", "<too_large>"),
        ("1.000", "<too_large>"),
        ("10,5", "<decimal>"),
    ],
)
def test_bounds(value_of: Read, cell: str, expected: object) -> None:
    assert value_of(column("integer", "INTEGER", minimum=1, maximum=600), cell) == expected


@pytest.mark.parametrize(
    ("cell", "danish", "with_point", "in_both_ways"),
    [
        ("7,5", Decimal("7.50"), Decimal("7.50"), Decimal("7.50")),
        ("7.5", "<decimal>", Decimal("7.50"), Decimal("7.50")),
        ("1.234", Decimal("1234.00"), Decimal("1.23"), "<decimal>"),  # where both stand nobody knows
        ("1.234,50", Decimal("1234.50"), Decimal("1234.50"), Decimal("1234.50")),
        ("1.234.567", Decimal("1234567.00"), "<decimal>", Decimal("1234567.00")),
        ("1234.567", "<decimal>", Decimal("1234.57"), Decimal("1234.57")),
        ("0.123", "<decimal>", Decimal("0.12"), Decimal("0.12")),
        ("12", Decimal("12.00"), Decimal("12.00"), Decimal("12.00")),
        ("..", "<signs>", "<signs>", "<signs>"),
        ("7,5 %", "<mixed>", "<mixed>", "<mixed>"),
        (None, None, None, None),
    ],
)
def test_decimals_in_danish_with_a_decimal_point_and_in_both_ways(
    value_of: Read, cell: str, danish: object, with_point: object, in_both_ways: object
) -> None:
    amount = column("decimal", "DECIMAL(10,2)")
    assert value_of(amount, cell) == danish
    assert value_of(amount, cell, point="decimals") == with_point
    assert value_of(amount, cell, point="unclear") == in_both_ways


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1034567,89", Decimal("1034567.89")),  # nine digits that begin like the third of March, without its zero
        ("-1.034.567,89", Decimal("-1034567.89")),
        ("10.345.678,90", Decimal("10345678.90")),
        ("1034567,00", Decimal("1034567.00")),
        ("101995015", "<cpr_form>"),
        ("0101995015", "<cpr_form>"),
        ("010199,5015", "<cpr_form>"),
        ("010199-5015", "<cpr_form>"),
    ],
)
@pytest.mark.parametrize("point", ["thousands", "unclear"])
def test_a_large_amount_is_no_cpr_number(value_of: Read, cell: str, expected: object, point: cells.Point) -> None:
    amount = column("decimal", "DECIMAL(12,2)", minimum=-499999999, maximum=499999999)
    assert value_of(amount, cell, point=point) == expected


@pytest.mark.parametrize(
    ("cells_of_column", "shows_point", "shows_comma"),
    [
        (["7.5", "12"], True, False),
        (["0.123"], True, False),
        (["1234.567"], True, False),
        (["1.234", "12"], False, False),  # one thousand, or one and a bit: no proof
        (["7,5"], False, True),
        (["1.234,50"], False, True),
        (["7.50", "7,5 timer", "ja, måske"], True, False),  # a comma in something that is no number proves nothing
    ],
)
def test_what_shows_a_decimal_point(
    connection: duckdb.DuckDBPyConnection, cells_of_column: list[str], shows_point: bool, shows_comma: bool
) -> None:
    point, comma = cells.decimal_point_evidence_sql("raw")
    row = connection.execute(
        f"SELECT bool_or({point}), bool_or({comma}) FROM (SELECT unnest(?) AS raw)", [cells_of_column]
    ).fetchone()
    assert row == (shows_point, shows_comma)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        *((cell, True) for cell in ("ja", "Ja", "JA ", "x", "X", "1", "sand", "true", "j")),
        *((cell, False) for cell in ("nej", "Nej", "0", "falsk", "false", "n")),
        ("måske", "<text>"),
        ("2", "<integer>"),
        ("", None),
    ],
)
def test_booleans(value_of: Read, cell: str, expected: object) -> None:
    assert value_of(column("boolean", "BOOLEAN"), cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("K", "K"),
        ("k", "K"),
        ("pige", "K"),
        (" PIGE ", "K"),
        ("2", "K"),
        ("dreng", "M"),
        ("anden", "<text>"),
        (None, None),
    ],
)
def test_codes_through_the_code_table(value_of: Read, cell: str | None, expected: object) -> None:
    assert value_of(column("code", "VARCHAR", code_table="sexes"), cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("0", 0),
        ("2", 2),
        ("1,0", 1),
        ("1.0", 1),
        ("1.4", "<decimal>"),
        ("3", "<integer>"),
        ("9", "<integer>"),
        ("12", "<integer>"),
    ],
)
def test_answer_codes_are_never_rounded(value_of: Read, cell: str, expected: object) -> None:
    assert value_of(column("code", "TINYINT", code_table="sdq_item_answers"), cell) == expected


def test_a_letter_written_as_two_signs_is_the_same_letter(value_of: Read) -> None:
    assert (
        value_of(column("code", "VARCHAR", code_table="informants"), "la\u0308rer".replace("a\u0308", "æ")) == "teacher"
    )
    assert (
        value_of(column("code", "VARCHAR", code_table="municipalities"), "Ta\u030arnby") == "185"
    )  # å as a and a ring


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026/27", "2026/27"),
        ("2026/2027", "2026/27"),
        ("2026-2027", "2026/27"),
        ("2099/00", "2099/00"),
        ("2026/28", "<mixed>"),
        ("2026", "<integer>"),
    ],
)
def test_school_years(value_of: Read, cell: str, expected: object) -> None:
    assert value_of(column("school_year", "VARCHAR"), cell) == expected


PATTERN = "^[A-ZÆØÅ0-9_-]{1,20}$"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("S12", "S12"),
        (" s12 ", "S12"),
        ("ØST-1", "ØST-1"),
        ("to ord", "<text>"),
        ("0101995015", "<cpr_form>"),
        ("010199-5015", "<cpr_form>"),
        ("010199-501A", "<cpr_form>"),
        ("6101995015", "<cpr_form>"),  # day + 60: a replacement number
        ("X0101995015", "<cpr_form>"),
        ("4101995015", "4101995015"),  # no such day
        ("01019950151", "01019950151"),  # eleven digits
        ("", None),
    ],
)
def test_text_with_a_pattern(value_of: Read, cell: str, expected: object) -> None:
    assert value_of(column("text", "VARCHAR", pattern=PATTERN), cell) == expected


@pytest.mark.parametrize("cell", ["#N/A", "#I/T", "#REFERENCE!", "#FEJL"])
def test_text_without_a_pattern_keeps_no_formula_that_gave_an_error(value_of: Read, cell: str) -> None:
    assert value_of(column("text", "VARCHAR"), cell) == "<formula_error>"


def test_text_without_a_pattern_keeps_words_but_no_cpr_number(value_of: Read) -> None:
    name = column("text", "VARCHAR")
    assert value_of(name, "  Skolen   ved\u00a0Søen ") == "Skolen ved Søen"
    assert value_of(name, "barnet 010199-5015 flyttede") == "<cpr_form>"


@pytest.mark.parametrize(
    ("cell", "canonical"),
    [
        ("0101995015", "0101995015"),
        ("010199-5015", "0101995015"),
        ("010199 5015", "0101995015"),
        (" 010199–5015\u00a0", "0101995015"),
        ("101995015", "0101995015"),  # Excel ate the zero
        ("101995015.0", "0101995015"),
        ("6101995015", "6101995015"),  # day + 60
        ("010199-50a5", "01019950A5"),  # letters
        ("3201995015", None),
        ("0113995015", None),
        ("12345678", None),
        ("01019950155", None),
        ("abcdefghij", None),
        ("", None),
        (None, None),
    ],
)
def test_cpr_numbers_get_one_form(
    connection: duckdb.DuckDBPyConnection, cell: str | None, canonical: str | None
) -> None:
    row = connection.execute(
        f"SELECT {cells.canonical_cpr_sql('raw')} FROM (SELECT ?::VARCHAR AS raw)", [cell]
    ).fetchone()
    assert row == (canonical,)


@pytest.mark.parametrize(
    ("cell", "lost"),
    [
        ("101995015", True),
        ("101995015.0", True),
        ("10199-5015", True),  # ten signs, but nine digits
        ("101995015 ", True),
        ("0101995015", False),
        ("010199-5015", False),
        ("1", False),
    ],
)
def test_a_lost_zero_is_noticed(connection: duckdb.DuckDBPyConnection, cell: str, lost: bool) -> None:
    canonical = cells.canonical_cpr_sql("raw")
    assert connection.execute(
        f"SELECT {cells.lost_zero_sql('raw', canonical)} FROM (SELECT ? AS raw)", [cell]
    ).fetchone() == (lost,)


@given(digits=st.from_regex(r"[0-9]{10}", fullmatch=True))
def test_modulus_11_is_the_published_weighing(connection: duckdb.DuckDBPyConnection, digits: str) -> None:
    weights = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    fails = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 != 0
    sql = f"SELECT {cells.fails_modulus_11_sql('raw')} FROM (SELECT ? AS raw)"
    assert connection.execute(sql, [digits]).fetchone() == (fails,)


def test_no_kind_repeats_the_cell(value_of: Read) -> None:
    for parse, kind in (("date", "DATE"), ("integer", "INTEGER"), ("boolean", "BOOLEAN")):
        assert "hemmelig" not in str(value_of(column(parse, kind), "hemmelig 7"))
