"""Whatever the file: rows in = typed + rejected + skipped, and every rejected row is explained."""

import csv
import io
import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipelines.contracts import source_contract
from pipelines.errors import EmptyDeliveryError, UnclosedQuoteError
from pipelines.landing import register
from pipelines.landing.delivery import _land
from pipelines.landing.sniff import DELIMITERS, Content, file_facts
from pipelines.typed import history

HEADER = ["CPR-nr.", "Fødselsdato", "Køn", "Skoledistrikt", "Fra", "Til"]
GOOD = ["0101995015", "03-05-2014", "K", "D1", "01-08-2020", ""]
CHILDREN = source_contract("children")

dirt = st.one_of(
    st.sampled_from(
        ["", " ", "x", "03-05-14", "0202985023", "I alt", "9" * 30, "æø", '5" rør', "a;b", "to\nlinjer", "31-12-9999"]
    ),
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=8),
)
cells = st.tuples(*(st.one_of(st.just(good), dirt) for good in GOOD)).map(list)
rows = st.one_of(
    cells,
    cells,
    st.builds(lambda row, n: row[:n], cells, st.integers(0, 6)),
    st.builds(lambda a, b: a + b, cells, cells),
)


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": "1"})
    register.create_register(connection)
    history.create_tables(connection, CHILDREN)
    return connection


def emptied() -> duckdb.DuckDBPyConnection:
    """A database into which nothing was landed; one for all examples, since making it takes longer than most of them."""
    connection = _connection()
    connection.execute("DELETE FROM landed.children")
    connection.execute("DELETE FROM landed.deliveries")
    return connection


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=st.lists(rows, min_size=1, max_size=12),
    delimiter=st.sampled_from(DELIMITERS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_no_row_is_lost_or_merged(body: list[list[str]], delimiter: str, encoding: str, line_end: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator=line_end).writerows([HEADER, *body])
    assume("\0" not in written.getvalue())
    connection = emptied()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "børn.csv"
        path.write_bytes(written.getvalue().encode(encoding))
        content = Content("børn.csv", path=path)
        try:
            result, _ = _land(
                connection, CHILDREN, content, file_facts(content), key=b"k" * 32, now=datetime(2026, 9, 1)
            )
        except EmptyDeliveryError:
            assert connection.execute("SELECT count(*) FROM landed.children").fetchone() == (0,)
            return
        numbers = connection.execute("SELECT row_number FROM landed.children ORDER BY row_number").fetchall()
    # every record is a row, a footer or an empty row; header = record 1, so rows are numbered from 2 on
    assert result.rows_received + sum(result.skipped_rows.values()) == len(body)
    assert result.rows_received == result.rows_typed + result.rows_rejected == len(numbers) == len(set(numbers))
    assert {number for (number,) in numbers} <= set(range(2, len(body) + 2))
    assert {error.row for error in result.errors} <= {number for (number,) in numbers}
    assert len({error.row for error in result.errors}) == result.rows_rejected


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.sampled_from('";\nab'), min_size=1, max_size=40))
def test_quotation_marks_anywhere_either_read_whole_or_refused_in_words(text: str) -> None:
    connection = emptied()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "børn.csv"
        path.write_text(";".join(HEADER) + "\n" + ";".join(GOOD) + "\n" + text, encoding="utf-8", newline="")
        content = Content("børn.csv", path=path)
        try:
            result, _ = _land(
                connection, CHILDREN, content, file_facts(content), key=b"k" * 32, now=datetime(2026, 9, 1)
            )
        except UnclosedQuoteError:
            assert '"' in text
            return
        records = len(list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), delimiter=";")))
    assert result.rows_received + sum(result.skipped_rows.values()) == records - 1
