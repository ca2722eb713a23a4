"""Which expectations may a contract use, and what do they require in plain Danish?

Only expectations whose result is a *count* are let through: those that answer with an observed minimum, mean,
distinct value or rows of the table would carry values into Data Docs, logs and error messages. On a sensitive
or pseudonymous column the list is shorter still. A contract that breaks this is refused before Great
Expectations is imported.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.contracts import Contract, Expectation
from pipelines.errors import ContractError

ON_SENSITIVE_COLUMNS = frozenset(
    {
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_null",
        "expect_column_values_to_be_between",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_not_be_in_set",
        "expect_column_values_to_match_regex",
        "expect_column_values_to_not_match_regex",
        "expect_column_values_to_be_unique",
        "expect_compound_columns_to_be_unique",
    }
)
"""Null, range, set, pattern and uniqueness: their BASIC result holds counts only."""

ON_OTHER_COLUMNS = ON_SENSITIVE_COLUMNS | {
    "expect_column_value_lengths_to_be_between",
    "expect_column_pair_values_a_to_be_greater_than_b",
    "expect_column_pair_values_to_be_equal",
    "expect_multicolumn_sum_to_equal",
}
"""Comparisons between columns as well; also counted row by row."""

ON_TABLES = frozenset({"expect_table_row_count_to_be_between", "expect_table_row_count_to_equal"})
"""Expectations about the table as a whole: their result is its number of rows."""

_GUARDED_CLASSES = frozenset({"sensitive", "pseudonym"})
_CONTROL_ARGUMENTS = frozenset({"result_format", "include_unexpected_rows", "unexpected_index_column_names"})
_ISO_DATE = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")


def columns_of(expectation: Expectation) -> tuple[str, ...]:
    """Names of the columns an expectation looks at; empty for one about the whole table."""
    arguments = expectation.arguments
    named = [arguments[key] for key in ("column", "column_A", "column_B") if key in arguments]
    return tuple(str(name) for name in (*named, *arguments.get("column_list", ())))


def check_expectations(contract: Contract) -> None:
    """Nothing when every expectation of the contract is safe and well formed.

    Raises:
        ContractError: all faults of the contract at once: an unknown column, a type that would show values,
            an argument that would change the result format, a missing explanation, or a name used twice.
    """
    faults = [fault for each in contract.expectations for fault in _faults(each, contract)]
    names = [each.name for each in contract.expectations]
    faults += [f"navnet {name} er brugt to gange" for name in sorted({n for n in names if names.count(n) > 1})]
    if faults:
        raise ContractError(f"Kontrakten {contract.contract_id}, kvalitetsregler: {'; '.join(faults)}.")


def _faults(expectation: Expectation, contract: Contract) -> list[str]:
    known = {column.name: column for column in contract.columns}
    columns = columns_of(expectation)
    unknown = [name for name in columns if name not in known]
    guarded = [name for name in columns if name in known and known[name].classification in _GUARDED_CLASSES]
    allowed = ON_TABLES if not columns else ON_SENSITIVE_COLUMNS if guarded else ON_OTHER_COLUMNS
    faults = []
    if unknown:
        faults.append(f"{expectation.name} peger på ukendte kolonner: {', '.join(unknown)}")
    if expectation.expectation_type not in allowed:
        where = f"på {', '.join(guarded)}" if guarded else "her"
        faults.append(
            f"{expectation.name} bruger {expectation.expectation_type}, som kan vise værdier og "
            f"ikke må bruges {where}; brug en af {', '.join(sorted(allowed))}"
        )
    if forbidden := sorted(_CONTROL_ARGUMENTS & set(expectation.arguments)):
        faults.append(f"{expectation.name} må ikke sætte {', '.join(forbidden)}")
    if not expectation.explanation.strip():
        faults.append(f"{expectation.name} mangler en dansk forklaring (description)")
    return faults


def requirement(expectation: Expectation, contract: Contract) -> str:
    """What the expectation requires, as one Danish sentence; column titles from the contract.

    Raises:
        KeyError: the expectation's type is not one that `check_expectations` lets through.
    """
    phrase = _PHRASES[expectation.expectation_type]
    titles = [contract.column(name).title for name in columns_of(expectation)]
    return f"{phrase(titles, expectation.arguments)}{_mostly(expectation.arguments)}."


def _mostly(arguments: Mapping[str, Any]) -> str:
    share = float(arguments.get("mostly", 1.0))
    return "" if share >= 1 else f" i mindst {_number(round(share * 100, 6))} procent af rækkerne"


def _number(value: Any) -> str:
    """A bound or value as Danes write it: 0.5 -> 0,5; 2002-01-01 -> 01-01-2002; True -> ja."""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if match := _ISO_DATE.match(text):
        return "-".join(reversed(match.groups()))
    return text.replace(".", ",") if isinstance(value, float) else text


def _range(arguments: Mapping[str, Any]) -> str:
    low, high = arguments.get("min_value"), arguments.get("max_value")
    if low is not None and high is not None:
        return f"mellem {_number(low)} og {_number(high)}"
    if low is not None:
        return f"mindst {_number(low)}"
    return f"højst {_number(high)}" if high is not None else "hvad som helst"


def _listed(arguments: Mapping[str, Any]) -> str:
    values = [_number(value) for value in arguments.get("value_set", ())]
    return values[0] if len(values) == 1 else f"en af: {', '.join(values)}"


_Phrase = Callable[[list[str], Mapping[str, Any]], str]

_PHRASES: dict[str, _Phrase] = {
    "expect_table_row_count_to_be_between": lambda _, given: f"Antallet af rækker er {_range(given)}",
    "expect_table_row_count_to_equal": lambda _, given: f"Antallet af rækker er {_number(given.get('value'))}",
    "expect_column_values_to_not_be_null": lambda titles, _: f"{titles[0]} er udfyldt",
    "expect_column_values_to_be_null": lambda titles, _: f"{titles[0]} er tom",
    "expect_column_values_to_be_between": lambda titles, given: f"{titles[0]} er {_range(given)}",
    "expect_column_values_to_be_in_set": lambda titles, given: f"{titles[0]} er {_listed(given)}",
    "expect_column_values_to_not_be_in_set": lambda titles, given: f"{titles[0]} er ikke {_listed(given)}",
    "expect_column_values_to_match_regex": lambda titles, given: f"{titles[0]} passer til mønsteret {given['regex']}",
    "expect_column_values_to_not_match_regex": lambda titles, given: (
        f"{titles[0]} passer ikke til mønsteret {given['regex']}"
    ),
    "expect_column_values_to_be_unique": lambda titles, _: f"{titles[0]} er forskellig fra række til række",
    "expect_compound_columns_to_be_unique": lambda titles, _: (
        f"{', '.join(titles)} er tilsammen forskellige fra række til række"
    ),
    "expect_column_value_lengths_to_be_between": lambda titles, given: (
        f"Antallet af tegn i {titles[0]} er {_range(given)}"
    ),
    "expect_column_pair_values_a_to_be_greater_than_b": lambda titles, given: (
        f"{titles[0]} er større end {'eller lig med ' if given.get('or_equal') else ''}{titles[1]}"
    ),
    "expect_column_pair_values_to_be_equal": lambda titles, _: f"{titles[0]} er lig med {titles[1]}",
    "expect_multicolumn_sum_to_equal": lambda titles, given: (
        f"Summen af {', '.join(titles)} er {_number(given.get('sum_total'))}"
    ),
}
