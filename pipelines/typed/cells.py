"""What does a text cell mean: one SQL expression per parse rule, NULL where the cell cannot be read.

Each rule has a cheap first branch for the usual spelling and a slower one for the rest, since a delivery of millions of rows
spends its time here. `kind_sql` says what kind of thing stands in a cell that could not be read; it is evaluated on those cells
only, and its answer holds nothing of the value.
"""

from typing import Literal

from pipelines.contracts import Column
from pipelines.typed.pseudonym import pseudonym_sql
from pipelines.typed.values import literal

WHITE_SPACE = "' \t\r\n\u00a0\ufeff'"
CPR_FORM = "(0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])(0[1-9]|1[0-2])[0-9]{2}[0-9A-Z]{4}"
"""Canonical CPR: day (or day + 60 in replacement numbers), month, year, and four digits or letters."""

_CPR_ANYWHERE = (
    "(^|[^0-9])([0-2][0-9]|3[01]|[678][0-9]|9[01])(0[0-9]|1[0-2])[0-9]{2}"
    "([- ]?[0-9]{4}([^0-9]|$)|-[0-9A-Za-z]{4}([^0-9A-Za-z]|$))"
)
# nothing but a number: ten digits, or nine when Excel ate the zero, however parted; "CPR" may stand before it
_CPR_ALONE = "(CPR|CPRNR)?((0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])|[1-9])(0[1-9]|1[0-2])[0-9]{6}"
_CPR_SIGNS = 10
_EIGHT_DIGITS = 10_000_000  # a number column that allows this many digits could hold a CPR number
# 1034567,89 is kroner and øre, though its digits alone would do for a number that lost its zero
_AMOUNT = "[+-]?([0-9]{1,8}|[0-9]{1,2}([.][0-9]{3}){1,2})[.,][0-9]{1,2}"
_FIRST_DATE, _LAST_DATE = "1900-01-01", "2100-12-31"
_OPEN_END = "9999"
_DATE_FORMATS = (
    "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
    "%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M", "%d %m %Y",
)  # fmt: skip
# Serial numbers of 1954 to 2119: below that a number in a date column is more likely something else.
_EXCEL_SERIALS = (20000, 80000)
_BOOLEANS = {
    "true": ("ja", "j", "x", "1", "sand", "sandt", "true", "yes", "y", "✓"),
    "false": ("nej", "n", "0", "falsk", "false", "no"),
}
_FEW_SPELLINGS = 12
Point = Literal["thousands", "decimals", "unclear"]
"""What a point in a column's numbers parts off. Unclear: the column has decimals with a point and with a comma."""
# beyond doubt a decimal point: no thousands are written so
_SURE_DECIMALS = "[0-9]*[.]([0-9]{1,2}|[0-9]{4,})|0[.][0-9]+|[0-9]{4,}[.][0-9]+"
_LONG_CHARACTERS = 60


def trimmed(raw: str) -> str:
    """The cell without white space at its ends (hard spaces too)."""
    return f"trim({raw}, {WHITE_SPACE})"


def is_blank_sql(raw: str) -> str:
    """Whether the cell is empty or holds white space only."""
    return f"coalesce({trimmed(raw)}, '') = ''"


def canonical_cpr_sql(raw: str) -> str:
    """Letters and digits only, upper case; nine digits get back the zero that Excel ate. NULL where that is no CPR number."""
    plain = f"regexp_replace(regexp_replace(upper({raw}), '[.]0$', ''), '[^0-9A-Z]', '', 'g')"
    whole = f"CASE WHEN regexp_full_match({plain}, '[0-9]{{9}}') THEN '0' || {plain} ELSE {plain} END"
    return (
        f"CASE WHEN regexp_full_match({raw}, '{CPR_FORM}') THEN {raw} "
        f"WHEN {raw} IS NOT NULL AND regexp_full_match({whole}, '{CPR_FORM}') THEN {whole} END"
    )


def lost_zero_sql(raw: str, canonical: str) -> str:
    """Whether the cell holds a CPR number of nine digits, with or without a hyphen and spaces."""
    plain = f"regexp_replace(regexp_replace({raw}, '[.]0$', ''), '[^0-9A-Za-z]', '', 'g')"
    return f"{raw} <> {canonical} AND length({plain}) = 9"  # most cells are canonical, and that is quickly seen


def fails_modulus_11_sql(canonical: str) -> str:
    """Whether ten digits break the old check digit rule; NULL where there are letters."""
    number = f"try_cast({canonical} AS BIGINT)"
    weights = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    terms = " + ".join(f"{number} // {10 ** (9 - place)} % 10 * {weight}" for place, weight in enumerate(weights))
    return f"({terms}) % 11 <> 0"


def value_sql(column: Column, raw: str, *, point: Point = "thousands") -> str:
    """The cell's value in the column's type, NULL where empty or not readable under the contract.

    For a `cpr` column `raw` is the canonical form (`canonical_cpr_sql`). `point` concerns numbers.
    """
    match column.parse:
        case "cpr":
            return pseudonym_sql(raw)
        case "date":
            return _date_sql(raw)
        case "integer" | "decimal":
            return _bounded(column, _number_sql(column, raw, point))
        case "boolean":
            spellings = {spelling: value for value, many in _BOOLEANS.items() for spelling in many}
            return _lookup_sql(raw, spellings, "BOOLEAN", fast=tuple(spellings))
        case "code":
            return _code_sql(column, raw)
        case "school_year":
            return _school_year_sql(raw)
        case "text":
            return _text_sql(column, raw)


def fails_sql(column: Column, raw: str) -> str:
    """Whether an unreadable cell (its value is NULL) is a fault: not when blank and optional, nor a date open for ever."""
    blank = is_blank_sql(raw)
    if column.is_required:
        return "true"
    if column.parse == "date":
        return f"NOT ({blank} OR contains({raw}, '{_OPEN_END}'))"
    return f"NOT {blank}"


def kind_sql(column: Column, raw: str, *, point: Point = "thousands") -> str:
    """A short word for what stands in a cell that could not be read, or was out of bounds."""
    cell = trimmed(raw)
    branches = [(is_blank_sql(raw), "empty")]
    if column.parse == "cpr":
        digits = f"length(regexp_replace({cell}, '[^0-9]', '', 'g'))"
        branches.append((f"regexp_full_match({cell}, '[0-9 -]{{1,20}}') AND {digits} = 10", "not_a_date"))
        branches.append((f"regexp_full_match({cell}, '[0-9 -]{{1,20}}')", "wrong_length"))
    else:
        branches.append((_cpr_shaped_sql(cell), "cpr_form"))
    number = _number_sql(column, raw, point) if column.parse in ("integer", "decimal") else None
    if number is not None and column.minimum is not None:
        branches.append((f"{number} < {column.minimum}", "too_small"))
    if number is not None and column.maximum is not None:
        branches.append((f"{number} > {column.maximum}", "too_large"))
    branches += [
        (f"regexp_full_match({cell}, '[0-9]{{1,2}}[-/. ][0-9]{{1,2}}[-/. ][0-9]{{2}}')", "short_year"),
        (f"regexp_full_match({cell}, '[0-9]{{1,4}}[-/. ][0-9]{{1,2}}[-/. ][0-9]{{2,4}}.*')", "date"),
        (f"regexp_full_match({cell}, '[+-]?[0-9]+')", "integer"),
        (f"regexp_full_match({cell}, '[+-]?[0-9.]*[.,][0-9]+')", "decimal"),
        (f"starts_with({cell}, '#')", "formula_error"),
        (f"length({cell}) > {_LONG_CHARACTERS}", "long_text"),
        (f"regexp_matches({cell}, '[0-9]')", "mixed"),
        (f"regexp_matches({cell}, '[A-Za-zÆØÅæøå]')", "text"),
    ]
    cases = " ".join(f"WHEN {condition} THEN '{word}'" for condition, word in branches)
    return f"CASE {cases} ELSE 'signs' END"


def decimal_point_evidence_sql(raw: str) -> tuple[str, str]:
    """Two conditions over a column's cells: one shows a decimal point beyond doubt, the other a decimal comma."""
    cell = trimmed(raw)
    return f"regexp_full_match({cell}, '[+-]?({_SURE_DECIMALS})')", f"regexp_full_match({cell}, '[+-]?[0-9.]*,[0-9]+')"


def _date_sql(raw: str) -> str:
    between = f"BETWEEN DATE '{_FIRST_DATE}' AND DATE '{_LAST_DATE}'"
    usual = f"try_strptime({raw}, '%d-%m-%Y')::DATE"
    cell = trimmed(raw)
    formats = ", ".join(f"'{form}'" for form in _DATE_FORMATS)
    first, last = _EXCEL_SERIALS
    serial = f"try_cast(regexp_replace({cell}, '[.,][0-9]+$', '') AS INTEGER)"
    others = (
        f"CASE WHEN regexp_full_match({cell}, '[0-9]{{5}}([.,][0-9]+)?') THEN "
        f"CASE WHEN {serial} BETWEEN {first} AND {last} THEN DATE '1899-12-30' + {serial} END "
        f"WHEN regexp_full_match({cell}, '(19|20)[0-9]{{6}}') THEN try_strptime({cell}, '%Y%m%d')::DATE "
        f"ELSE try_strptime({cell}, [{formats}])::DATE END"
    )
    return (
        f"CASE WHEN {usual} {between} THEN {usual} "
        f"WHEN {raw} IS NULL THEN NULL WHEN {others} {between} THEN {others} END"
    )


def _number_sql(column: Column, raw: str, point: Point) -> str:
    cell = trimmed(raw)
    has_decimal_point = point == "decimals"
    kind = column.physical_type
    no_points = f"replace(replace({cell}, '.', ''), ',', '.')"
    if column.parse == "integer":
        usual = f"WHEN regexp_full_match({raw}, '-?[0-9]{{1,18}}') THEN try_cast({raw} AS {kind})"
        grouped, plain = "[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+(,0+)?", "[+-]?[0-9]+([.,]0+)?"
        whole = f"regexp_replace({cell}, '[.,]0+$', '')"
    else:
        usual = f"WHEN regexp_full_match({raw}, '-?[0-9]{{1,18}}(,[0-9]+)?') THEN try_cast(replace({raw}, ',', '.') AS {kind})"
        grouped = "[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+(,[0-9]+)?"
        plain = "[+-]?[0-9]+([.,][0-9]+)?" if has_decimal_point else "[+-]?[0-9]+(,[0-9]+)?"
        whole = f"replace({cell}, ',', '.')"
    if point == "unclear":  # one group of three digits after a point may be either, so it is neither
        grouped = "[+-]?[1-9][0-9]{0,2}(([.][0-9]{3})+,[0-9]+|([.][0-9]{3}){2,})"
        plain = (
            "[+-]?[0-9]+([.]0{1,2}|,0+)?" if column.parse == "integer" else f"[+-]?([0-9]+(,[0-9]+)?|{_SURE_DECIMALS})"
        )
    elif has_decimal_point:  # a point alone parts decimals; only a comma after it shows that it parts thousands
        grouped = grouped.replace(")?", ")") if column.parse == "decimal" else "[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+,0+"
    guard = ""
    if (column.maximum or 1e9) >= _EIGHT_DIGITS:
        is_amount = f"regexp_full_match({cell}, '{_AMOUNT}')" if column.parse == "decimal" else "false"
        guard = f"WHEN NOT {is_amount} AND {_cpr_shaped_sql(cell)} THEN NULL "
    return (
        f"CASE {guard}{usual} WHEN {raw} IS NULL THEN NULL "
        f"WHEN regexp_full_match({cell}, '{grouped}') THEN try_cast({no_points} AS {kind}) "
        f"WHEN regexp_full_match({cell}, '{plain}') THEN try_cast({whole} AS {kind}) END"
    )


def _bounded(column: Column, number: str) -> str:
    conditions = []
    if column.minimum is not None:
        conditions.append(f"{number} >= {column.minimum}")
    if column.maximum is not None:
        conditions.append(f"{number} <= {column.maximum}")
    return f"CASE WHEN {' AND '.join(conditions)} THEN {number} END" if conditions else number


def _code_sql(column: Column, raw: str) -> str:
    table = column.codes
    meanings = table.codes_by_alias()
    exact = [*table.codes, *(title for title in table.titles().values())]
    fast = tuple(dict.fromkeys(exact)) if len(exact) <= _FEW_SPELLINGS else ()
    # a code may be written as it stands, in any case; `codes_by_alias` holds it folded
    return _lookup_sql(raw, meanings, column.physical_type, fast=fast)


def _lookup_sql(raw: str, meanings: dict[str, str], kind: str, *, fast: tuple[str, ...]) -> str:
    usual = " ".join(
        f"WHEN {literal(spelling)} THEN {_value_literal(meanings[_folded(spelling)], kind)}" for spelling in fast
    )
    keys = ", ".join(f"{literal(key)}: {_value_literal(value, kind)}" for key, value in meanings.items())
    table = f"MAP {{{keys}}}"
    folded = f"lower(nfc_normalize(regexp_replace({trimmed(raw)}, '[\\s\u00a0]+', ' ', 'g')))"
    slow = f"CASE WHEN {raw} IS NOT NULL THEN coalesce({table}[lower({raw})], {table}[{folded}]) END"
    return f"CASE {raw} {usual} ELSE {slow} END" if usual else slow


def _folded(spelling: str) -> str:
    return " ".join(spelling.casefold().split())


def _value_literal(value: str, kind: str) -> str:
    return literal(value) if kind == "VARCHAR" else f"{literal(value)}::{kind}"


def _school_year_sql(raw: str) -> str:
    cell = trimmed(raw)
    form = "(20[0-9]{2}) ?[/-] ?(20)?([0-9]{2})"
    first = f"try_cast(regexp_extract({cell}, '{form}', 1) AS INTEGER)"
    second = f"try_cast(regexp_extract({cell}, '{form}', 3) AS INTEGER)"
    return (
        f"CASE WHEN regexp_full_match({cell}, '{form}') AND ({first} + 1) % 100 = {second} "
        f"THEN {first} || '/' || lpad({second}::VARCHAR, 2, '0') END"
    )


def _text_sql(column: Column, raw: str) -> str:
    """Text as it stands, or in upper case where only that fits the pattern; nothing that is shaped like a CPR number."""
    cell = trimmed(raw)
    guard = f"WHEN {_cpr_shaped_sql(cell)} THEN NULL"
    if column.pattern is None:
        formula_error = f"WHEN starts_with({cell}, '#') THEN NULL"
        return f"CASE {guard} {formula_error} ELSE nullif(regexp_replace({cell}, '[\\s\u00a0]+', ' ', 'g'), '') END"
    pattern = column.pattern.replace("'", "''")
    return (
        f"CASE WHEN strlen({raw}) < {_CPR_SIGNS - 1} AND regexp_matches({raw}, '{pattern}') THEN {raw} "
        f"{guard} WHEN regexp_matches({cell}, '{pattern}') THEN {cell} "
        f"WHEN regexp_matches(upper({cell}), '{pattern}') THEN upper({cell}) END"
    )


def _cpr_shaped_sql(cell: str) -> str:
    """Whether the cell holds a CPR number, or is one in any spelling that the CPR column itself would accept."""
    signs = f"regexp_replace(upper({cell}), '[^0-9A-Z]', '', 'g')"
    return (
        f"strlen({cell}) >= {_CPR_SIGNS - 1} AND "
        f"(regexp_matches({cell}, '{_CPR_ANYWHERE}') OR regexp_full_match({signs}, '{_CPR_ALONE}'))"
    )
