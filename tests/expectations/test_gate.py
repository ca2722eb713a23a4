"""Does bad data stop or warn: every expectation of every contract, broken in the data, one at a time."""

import html
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy

from pipelines.codes import load_code_table
from pipelines.contracts import Column, Contract, Expectation, load_contracts
from pipelines.errors import ContractError, ExpectationError
from pipelines.expectations import GateResult, Outcome, Stage, validate
from pipelines.expectations.lineage import sources_behind
from pipelines.expectations.rules import ON_OTHER_COLUMNS, ON_TABLES, columns_of
from pipelines.transform.sql_files import read_sql_files

ROW_COUNT = 100
TEXT_CANDIDATES = ("A{}", "2024/25", "2024", "101", "a{}")
CONTRACTS = {kind: load_contracts(kind) for kind in ("source", "table")}
STAGES: dict[str, Stage] = {"source": "typed", "table": "marts"}


def chosen_to_break(contract: Contract) -> list[Expectation]:
    """Every expectation of a source; of a core or mart table one per severity, about a column if there is one."""
    if contract.kind == "source":
        return list(contract.expectations)
    by_column_first = sorted(contract.expectations, key=lambda each: not columns_of(each))
    firsts = {each.severity: each for each in reversed(by_column_first)}
    return list(firsts.values())


BROKEN = [
    pytest.param(contract, expectation, id=f"{contract.contract_id}-{expectation.severity}-{expectation.name}")
    for contracts in CONTRACTS.values()
    for contract in contracts.values()
    for expectation in chosen_to_break(contract)
]


@contextmanager
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database that stands as the warehouse does: attached as `wh`, in use, with its schemas."""
    with duckdb.connect() as opened:
        opened.execute("attach ':memory:' as wh; use wh")
        for schema in ("landed", "typed", "core", "marts", "meta"):
            opened.execute(f"create schema {schema}")
        opened.execute("create table landed.deliveries (source varchar)")
        yield opened


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse() as opened:
        yield opened


# --- rows that keep every expectation of a contract, and changes that break one -------------------------------------


def create_table(connection: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """`typed.<source>` or `marts.<table>`, empty; a source is registered as delivered. Returns the table's name."""
    table = f"{STAGES[contract.kind]}.{contract.contract_id}"
    columns = [f'"{column.name}" {column.physical_type}' for column in contract.columns]
    if contract.kind == "source":
        columns.append("valid_to timestamp")
        connection.execute("insert into landed.deliveries values (?)", [contract.contract_id])
    connection.execute(f"create table {table} ({', '.join(columns)})")
    return table


def fill(connection: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """The table with ROW_COUNT rows that keep every expectation."""
    table = create_table(connection, contract)
    rows = [[good_value(contract, column, i) for column in contract.columns] for i in range(ROW_COUNT)]
    names = ", ".join(f'"{column.name}"' for column in contract.columns)
    marks = f"({', '.join('?' for _ in contract.columns)})"
    connection.execute(
        f"insert into {table} ({names}) values {', '.join(marks for _ in rows)}", [cell for row in rows for cell in row]
    )
    return table


def good_value(contract: Contract, column: Column, i: int) -> Any:
    """A value that suits the column's type, code table, pattern and expectations; different from row to row if it can."""
    kind = column.physical_type.split("(")[0]
    if kind == "UUID":
        return f"00000000-0000-4000-8000-{i:012d}"
    if kind in {"DATE", "TIMESTAMP"}:
        return date(2004, 1, 1) + timedelta(days=i)
    allowed = [value for given in arguments_on(contract, column, "in_set") for value in given["value_set"]]
    if allowed:
        return allowed[i % len(allowed)]
    if kind == "BOOLEAN":
        return i % 2 == 0
    if kind == "VARCHAR":
        return good_text(contract, column, i)
    low, high = bounds(contract, column)
    return low + i % (high - low + 1)


def good_text(contract: Contract, column: Column, i: int) -> str:
    if column.code_table:
        codes = load_code_table(column.code_table).codes
        return codes[i % len(codes)]
    patterns = [column.pattern] if column.pattern else []
    patterns += [given["regex"] for given in arguments_on(contract, column, "to_match_regex")]
    for candidate in TEXT_CANDIDATES:
        if all(re.search(pattern, candidate.format(i)) for pattern in patterns):
            return candidate.format(i)
    raise AssertionError(f"{contract.contract_id}.{column.name}: no candidate text suits {patterns}; add one")


def bounds(contract: Contract, column: Column) -> tuple[int, int]:
    given = arguments_on(contract, column, "values_to_be_between")
    lows = [*(each.get("min_value") for each in given), column.minimum]
    highs = [*(each.get("max_value") for each in given), column.maximum]
    low = max((int(value) for value in lows if value is not None), default=0)
    high = min((int(value) for value in highs if value is not None), default=low + 100)
    return low, min(high, 100 + low)


def arguments_on(contract: Contract, column: Column, part_of_type: str) -> list[Any]:
    return [
        each.arguments
        for each in contract.expectations
        if part_of_type in each.expectation_type and each.arguments.get("column") == column.name
    ]


def least_broken_rows(expectation: Expectation, row_count: int) -> int:
    """The smallest number of wrong rows that the expectation does not bear: 100 rows, mostly 0.97 -> 4."""
    mostly = float(expectation.arguments.get("mostly", 1.0))
    return next(broken for broken in range(row_count + 1) if (row_count - broken) / row_count < mostly)


def wrong_value(contract: Contract, expectation: Expectation) -> str:
    """SQL for a cell that breaks the expectation about its column."""
    kind, given = expectation.expectation_type, expectation.arguments
    if kind == "expect_column_values_to_not_be_null":
        return "null"
    if kind == "expect_column_values_to_be_between" and contract.column(given["column"]).physical_type == "DATE":
        return "date '1850-01-01'" if given.get("min_value") is not None else "date '2999-01-01'"
    if kind == "expect_column_values_to_be_between":
        return f"{given['min_value']} - 1" if given.get("min_value") is not None else f"{given['max_value']} + 1"
    if kind == "expect_column_values_to_be_in_set" and isinstance(given["value_set"][0], bool):
        return str(not given["value_set"][0])
    if kind == "expect_column_values_to_be_in_set" and isinstance(given["value_set"][0], int):
        return str(max(given["value_set"]) + 1)
    if kind in {"expect_column_values_to_match_regex", "expect_column_values_to_be_in_set"}:
        return "'!'"
    raise AssertionError(f"no way to break {kind} is written here; add one")


def break_rows(
    connection: duckdb.DuckDBPyConnection, table: str, contract: Contract, expectation: Expectation
) -> int | None:
    """Spoil as few rows as it takes; returns how many, or None for an expectation about the whole table."""
    kind = expectation.expectation_type
    if kind.startswith("expect_table_row_count"):
        connection.execute(f"delete from {table}")
        return None
    columns = columns_of(expectation)
    if kind in {"expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"}:
        same = ", ".join(f'"{name}" = (select "{name}" from {table} where rowid = 0)' for name in columns)
        connection.execute(f"update {table} set {same} where rowid = 1")
        return 2
    return spoil(connection, table, contract, expectation, least_broken_rows(expectation, ROW_COUNT))


def spoil(
    connection: duckdb.DuckDBPyConnection, table: str, contract: Contract, expectation: Expectation, row_count: int
) -> int:
    """Break an expectation about cells in the first `row_count` rows; returns that number."""
    columns = columns_of(expectation)
    if expectation.expectation_type == "expect_column_pair_values_a_to_be_greater_than_b":
        change = f'"{columns[0]}" = "{columns[1]}" - 1'
    else:
        change = f'"{columns[0]}" = {wrong_value(contract, expectation)}'
    connection.execute(f"update {table} set {change} where rowid < {row_count}")
    return row_count


def judge(connection: duckdb.DuckDBPyConnection, folder: Path, contract: Contract, *more: Contract) -> GateResult:
    chosen = {each.contract_id: each for each in (contract, *more)}
    return validate(connection, STAGES[contract.kind], docs_folder=folder, contracts=chosen)


def data_docs_text(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.html")))


@dataclass(frozen=True)
class Verdict:
    """What the gate said of one broken expectation: how many rows were spoilt, its outcome, the table's failures,
    the error message of the round, and the Data Docs."""

    broken: int | None
    outcome: Outcome
    failures_of_table: tuple[str, ...]
    message: str
    docs_index: Path
    docs: str


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Verdict]:
    """Each chosen expectation broken on its own, in rounds that break one expectation of every contract at a time."""
    found = {}
    for kind, contracts in CONTRACTS.items():
        with warehouse() as connection:
            tables = {name: fill(connection, each) for name, each in contracts.items() if each.expectations}
            connection.execute("create schema good")
            for name, table in tables.items():
                connection.execute(f"create table good.{name} as from {table}")
            for number in range(max(len(chosen_to_break(each)) for each in contracts.values())):
                folder = tmp_path_factory.mktemp(f"{kind}{number}")
                found.update(one_round(connection, kind, tables, number, folder))
    return found


def one_round(
    connection: duckdb.DuckDBPyConnection, kind: str, tables: dict[str, str], number: int, folder: Path
) -> dict[tuple[str, str], Verdict]:
    """Break expectation `number` of every contract that has so many; those alone are judged, together."""
    broken: dict[str, int | None] = {}
    judged: dict[str, Contract] = {}
    for name, table in tables.items():
        contract = CONTRACTS[kind][name]
        chosen = chosen_to_break(contract)
        if number < len(chosen):
            connection.execute(f"create or replace table {table} as from good.{name}")
            broken[name] = break_rows(connection, table, contract, chosen[number])
            judged[name] = replace(contract, expectations=(chosen[number],))
    result = validate(connection, STAGES[kind], docs_folder=folder, contracts=judged)
    message = ""
    if result.failures:
        with pytest.raises(ExpectationError) as caught:
            result.raise_on_error()
        message = str(caught.value)
    docs = data_docs_text(folder)
    outcomes = {(each.table, each.expectation): each for each in result.outcomes}
    return {
        (name, chosen_to_break(CONTRACTS[kind][name])[number].name): Verdict(
            rows,
            outcomes[name, chosen_to_break(CONTRACTS[kind][name])[number].name],
            tuple(each.expectation for each in result.failures if each.table == name),
            message,
            result.docs_index,
            docs,
        )
        for name, rows in broken.items()
    }


# --- the gate -------------------------------------------------------------------------------------------------------


def test_there_is_something_to_break_for_each_severity_of_each_source() -> None:
    severities = {(param.values[0].contract_id, param.values[1].severity) for param in BROKEN}  # type: ignore[union-attr]
    assert severities >= {(name, severity) for name in CONTRACTS["source"] for severity in ("error", "warning")}


@pytest.mark.parametrize(("contract", "expectation"), BROKEN)
def test_each_expectation_broken_in_the_data_stops_or_warns_with_its_danish_explanation(
    verdicts: dict[tuple[str, str], Verdict], contract: Contract, expectation: Expectation
) -> None:
    verdict = verdicts[contract.contract_id, expectation.name]
    assert not verdict.outcome.is_success
    assert verdict.outcome.explanation == expectation.explanation
    assert verdict.outcome.unexpected_count == verdict.broken
    assert expectation.explanation in html.unescape(verdict.docs)
    line = f"- {contract.title}: {expectation.explanation} (kravet {contract.contract_id}.{expectation.name}"
    if expectation.severity == "warning":
        assert verdict.failures_of_table == (), "a warning must not stop the run"
        assert line not in verdict.message
        return
    assert expectation.name in verdict.failures_of_table
    assert line in verdict.message
    assert str(verdict.docs_index) in verdict.message
    if verdict.broken is not None:
        assert f"brudt i {verdict.broken} af {ROW_COUNT} rækker" in verdict.message


@pytest.mark.parametrize("kind", ["source", "table"])
def test_good_rows_and_one_wrong_row_fewer_than_it_takes_pass_every_expectation(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str
) -> None:
    expected = {}
    contracts = {name: each for name, each in CONTRACTS[kind].items() if each.expectations}
    for contract in contracts.values():
        table = fill(connection, contract)
        bearing = [each for each in contract.expectations if float(each.arguments.get("mostly", 1)) < 1]
        strictest = {each.arguments["column"]: each for each in sorted(bearing, key=lambda e: e.arguments["mostly"])}
        for each in strictest.values():
            borne = spoil(connection, table, contract, each, least_broken_rows(each, ROW_COUNT) - 1)
            expected[contract.contract_id, each.name] = borne
        spoilt = set(strictest)
        expected |= {
            (contract.contract_id, each.name): 0
            for each in contract.expectations
            if columns_of(each) and spoilt.isdisjoint(columns_of(each))
        }
    result = validate(connection, STAGES[kind], docs_folder=tmp_path, contracts=contracts)
    assert [outcome.sentence() for outcome in (*result.failures, *result.warnings)] == []
    assert len(result.outcomes) == sum(len(each.expectations) for each in contracts.values())
    assert {outcome.row_count for outcome in result.outcomes} <= {ROW_COUNT}
    found = {(each.table, each.expectation): each.unexpected_count for each in result.outcomes}
    assert sum(count > 0 for count in expected.values()) > 5
    assert {key: found[key] for key in expected} == expected
    result.raise_on_error()


def test_superseded_rows_are_not_judged(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    contract = CONTRACTS["source"]["children"]
    table = fill(connection, contract)
    connection.execute(f"insert into {table} (birth_date, valid_to) select '1850-01-01', now() from range(500)")
    result = judge(connection, tmp_path, contract)
    assert result.failures == ()
    assert {outcome.row_count for outcome in result.outcomes} == {ROW_COUNT}


def test_a_source_whose_rows_are_all_rejected_or_superseded_stops(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    contract = CONTRACTS["source"]["sessions"]
    create_table(connection, contract)
    assert [each.expectation for each in judge(connection, tmp_path, contract).failures] == ["has_rows"]


def test_sources_without_a_delivery_are_skipped_and_named(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    delivered, empty_view, absent = (CONTRACTS["source"][name] for name in ("children", "sessions", "measures"))
    fill(connection, delivered)
    create_table(connection, empty_view)
    connection.execute("delete from landed.deliveries where source = 'sessions'")
    result = judge(connection, tmp_path, delivered, empty_view, absent)
    assert {outcome.table for outcome in result.outcomes} == {"children"}
    assert [(each.table, each.reason) for each in result.skipped] == [
        ("sessions", "Der er ingen leverance."),
        ("measures", "Der er ingen leverance."),
    ]
    page = result.docs_index.read_text(encoding="utf-8")
    assert "Indsatser og anbringelser" in page
    assert "Der er ingen leverance." in page


def test_nothing_delivered_at_all_is_a_result_and_not_an_error(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    result = validate(connection, "typed", docs_folder=tmp_path)
    result.raise_on_error()
    assert result.outcomes == ()
    assert len(result.skipped) == len(CONTRACTS["source"])


def test_only_the_chosen_tables_are_judged(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for name in ("children", "sessions"):
        fill(connection, CONTRACTS["source"][name])
    result = validate(connection, "typed", docs_folder=tmp_path, tables=["sessions"])
    assert {outcome.table for outcome in result.outcomes} == {"sessions"}
    assert "Tabellen er ikke valgt til kontrol." in {each.reason for each in result.skipped}


def test_a_mart_with_a_contract_must_exist(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    contract = mart(rule("has_rows", "expect_table_row_count_to_be_between", min_value=1))
    with pytest.raises(ContractError, match="Kontrakten mart_visits beskriver en tabel, som ikke er bygget"):
        judge(connection, tmp_path, contract)


def test_outcomes_are_kept_in_meta_under_the_run_under_way(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute("create table meta.runs (run_id bigint); insert into meta.runs values (3), (4)")
    contract = CONTRACTS["source"]["children"]
    table = fill(connection, contract)
    connection.execute(f"update {table} set sex_code = null where rowid < 25")
    result = judge(connection, tmp_path, contract)
    judge(connection, tmp_path, contract)
    kept = connection.execute(
        "select run_id, stage, table_name, expectation_name, severity, is_success, row_count, unexpected_count, "
        "unexpected_pct, explanation from meta.expectation_results where expectation_name = 'sex_is_known'"
    ).fetchall()
    explanation = next(each.explanation for each in result.warnings)
    row = (4, "typed", "children", "sex_is_known", "warning", False, ROW_COUNT, 25, 100 * 25 / ROW_COUNT, explanation)
    assert kept == [row, row]
    (count,) = connection.execute("select count(*) from meta.expectation_results").fetchone() or (0,)
    assert count == 2 * len(contract.expectations)


def test_the_database_can_be_detached_afterwards(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    contract = CONTRACTS["source"]["organisation"]
    fill(connection, contract)
    judge(connection, tmp_path, contract)
    connection.execute("checkpoint wh; use memory; detach wh")


# --- what must not be seen ------------------------------------------------------------------------------------------

PLANTED_WORD = "Hemmelighedsfuldsen"
PLANTED_NUMBER = "0101995015"
PLANTED = (PLANTED_WORD, PLANTED_NUMBER, "1877-07-07", "77777", "deadbeef-0000-4000-8000-000000000001")


def rule(name: str, kind: str, **arguments: Any) -> Expectation:
    return Expectation(name, kind, arguments, "error", "Reglen holder ikke.")


def mart(*expectations: Expectation) -> Contract:
    """A contract with a column of every kind of value."""
    types = {
        "child_id": "UUID",
        "visited_date": "DATE",
        "place_code": "VARCHAR",
        "person_code": "VARCHAR",
        "first_count": "INTEGER",
        "second_count": "INTEGER",
    }
    columns = tuple(Column(n, n, "", kind, "text", False, "internal") for n, kind in types.items())
    return Contract("mart_visits", "table", "1", "Besøg", "", "", columns, (), (), expectations, "")


def fill_planted(connection: duckdb.DuckDBPyConnection) -> None:
    uuid = PLANTED[-1]
    connection.execute(
        f"""
        create table marts.mart_visits as
        select uuid '{uuid}' as child_id, date '1877-07-07' as visited_date, '{PLANTED_WORD}' as place_code,
            '{PLANTED_NUMBER}' as person_code, 77777 as first_count, 1 as second_count
        from range(30)
        """
    )


EVERY_KIND: Sequence[Expectation] = (
    rule("rows", "expect_table_row_count_to_be_between", min_value=31),
    rule("rows_equal", "expect_table_row_count_to_equal", value=31),
    rule("filled", "expect_column_values_to_be_null", column="person_code"),
    rule("null", "expect_column_values_to_not_be_null", column="place_code"),
    rule("range", "expect_column_values_to_be_between", column="visited_date", min_value="2000-01-01"),
    rule("number", "expect_column_values_to_be_between", column="first_count", max_value=10),
    rule("set", "expect_column_values_to_be_in_set", column="place_code", value_set=["A"]),
    rule("not_set", "expect_column_values_to_not_be_in_set", column="second_count", value_set=[1]),
    rule("regex", "expect_column_values_to_match_regex", column="person_code", regex="^[A-Z]$"),
    rule("not_regex", "expect_column_values_to_not_match_regex", column="person_code", regex="^[0-9]+$"),
    rule("unique", "expect_column_values_to_be_unique", column="child_id"),
    rule("compound", "expect_compound_columns_to_be_unique", column_list=["child_id", "place_code"]),
    rule("length", "expect_column_value_lengths_to_be_between", column="place_code", max_value=3),
    rule(
        "pair",
        "expect_column_pair_values_a_to_be_greater_than_b",
        column_A="second_count",
        column_B="first_count",
    ),
    rule("equal", "expect_column_pair_values_to_be_equal", column_A="first_count", column_B="second_count"),
    rule(
        "total",
        "expect_multicolumn_sum_to_equal",
        column_list=["first_count", "second_count"],
        sum_total=5,
    ),
)


def test_no_value_is_seen_whatever_expectation_fails(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    fill_planted(connection)
    with caplog.at_level(logging.DEBUG):
        result = judge(connection, tmp_path, mart(*EVERY_KIND))
    holds = {outcome.expectation for outcome in result.outcomes if outcome.is_success}
    assert holds == {"null"}, "every other expectation was meant to fail, or nothing could have leaked"
    assert {each.expectation_type for each in EVERY_KIND} == ON_OTHER_COLUMNS | ON_TABLES
    with pytest.raises(ExpectationError) as caught:
        result.raise_on_error()
    kept = connection.execute("select * from meta.expectation_results").fetchall()
    seen = [data_docs_text(tmp_path), caplog.text, *capfd.readouterr(), str(caught.value), repr(result), repr(kept)]
    paths = " ".join(path.name for path in tmp_path.rglob("*"))
    for planted in PLANTED:
        assert all(planted not in text for text in (*seen, paths)), planted


def test_great_expectations_asks_duckdb_for_no_wrong_row(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """It selects the unexpected values of failed columns even for BASIC, but never more than 0 of them."""
    asked: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        asked.append((statement, parameters))

    fill_planted(connection)
    sqlalchemy.event.listen(sqlalchemy.engine.Engine, "before_cursor_execute", listen)
    try:
        judge(connection, tmp_path, mart(*EVERY_KIND))
    finally:
        sqlalchemy.event.remove(sqlalchemy.engine.Engine, "before_cursor_execute", listen)
    selecting = [(sql, parameters) for sql, parameters in asked if "unexpected_values" in sql]
    assert selecting
    for sql, parameters in selecting:
        limit = re.search(r"LIMIT \$(\d+)\s*$", sql)
        assert limit, sql
        assert parameters[int(limit.group(1)) - 1] == 0


def test_an_expectation_that_cannot_be_computed_is_a_fault_in_the_contract_without_the_value(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """DuckDB says `Could not convert string '<value>'`, and Great Expectations logs it."""
    fill_planted(connection)
    contract = mart(rule("range", "expect_column_values_to_be_between", column="place_code", min_value=1, max_value=9))
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(ContractError, match=r"mart_visits.*range.*kan ikke beregnes") as caught,
    ):
        judge(connection, tmp_path, contract)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    seen = [str(caught.value), caplog.text, *capfd.readouterr(), data_docs_text(tmp_path)]
    assert all(PLANTED_WORD not in text for text in seen)


def test_data_docs_open_offline_and_load_nothing(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    contract = CONTRACTS["source"]["segregation_figures"]
    fill(connection, contract)
    result = judge(connection, tmp_path, contract)
    pages = {path: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()}
    assert len(pages) == 2, "an index and one page per table"
    for path, page in pages.items():
        assert not re.search(r"https?:|//|<script|<link|<img|@import|url\(", page), path
        assert "default-src 'none'" in page
        assert '<html lang="da">' in page
        for target in re.findall(r'href="([^"]+)"', page):
            assert (path.parent / target).resolve() in pages, target
    assert contract.title in pages[result.docs_index]
    table_page = next(page for path, page in pages.items() if path != result.docs_index)
    for expectation in contract.expectations:
        assert expectation.explanation in table_page


def test_the_first_page_tells_stopping_from_warning(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    stops, warns, holds = (CONTRACTS["source"][name] for name in ("sessions", "children", "organisation"))
    create_table(connection, stops)
    table = fill(connection, warns)
    connection.execute(f"update {table} set sex_code = null")
    fill(connection, holds)
    page = judge(connection, tmp_path, stops, warns, holds).docs_index.read_text(encoding="utf-8")
    for contract, words in ((stops, "✗ stopper udgivelsen"), (warns, "! advarsler"), (holds, "✓ alle krav holder")):
        assert re.search(rf">{contract.title}</a></th>\s*<td[^>]*>{words}</td>", page), contract.contract_id


def test_data_docs_hold_the_last_run_only(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    contract = CONTRACTS["source"]["organisation"]
    fill(connection, contract)
    for _ in range(2):
        judge(connection, tmp_path, contract)
    assert len(list(tmp_path.rglob("*.html"))) == 2


# --- empty tables of core and marts ---------------------------------------------------------------------------------

HAS_ROWS = rule("has_rows", "expect_table_row_count_to_be_between", min_value=1)


def content_mart(connection: duckdb.DuckDBPyConnection) -> Contract:
    """The table of that name, empty, and a contract with one column that asks for rows."""
    connection.execute("create table marts.mart_session_content (school_year varchar)")
    column = Column("school_year", "Skoleår", "", "VARCHAR", "text", False, "internal")
    title = "Møder, planlagt og holdt"
    return Contract("mart_session_content", "table", "1", title, "", "", (column,), (), (), (HAS_ROWS,), "")


def test_an_empty_mart_is_skipped_when_a_source_it_builds_on_was_not_delivered(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    contract = content_mart(connection)
    result = judge(connection, tmp_path, contract)
    result.raise_on_error()
    assert result.outcomes == ()
    (skipped,) = result.skipped
    assert skipped.reason.startswith("Tabellen er tom. Der er ingen leverance af: ")
    assert "Møder" in skipped.reason

    connection.execute("insert into marts.mart_session_content values ('2025/26')")
    assert [each.is_success for each in judge(connection, tmp_path, contract).outcomes] == [True]


def test_an_empty_mart_stops_when_everything_it_builds_on_was_delivered(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    contract = content_mart(connection)
    connection.execute("insert into landed.deliveries select unnest(?)", [list(CONTRACTS["source"])])
    assert [each.expectation for each in judge(connection, tmp_path, contract).failures] == ["has_rows"]


def test_sources_are_found_through_tables_in_between(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "marts").mkdir()
    (tmp_path / "core" / "fct_a.sql").write_text("select x from typed.children")
    (tmp_path / "core" / "dim_b.sql").write_text("select code as x from codes.days")
    (tmp_path / "marts" / "mart_c.sql").write_text(
        "with s as (select x from typed.sessions) select s.x from s join core.fct_a on true join core.dim_b on true"
    )
    assert sources_behind(read_sql_files(tmp_path)) == {
        "core.fct_a": {"children"},
        "core.dim_b": frozenset(),
        "marts.mart_c": {"children", "sessions"},
    }
