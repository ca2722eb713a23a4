"""The same files must mean the same on another engine: every syntax tree is walked against a list of what may stand there.

Transpiling without error proves nothing: `date_diff('month')` counts differently in silence, and `date - date` becomes an
interval. So functions are named one by one, and what is not named is refused.
"""

import pytest
import sqlglot
from sqlglot import exp

from pipelines.assets import asset_root
from pipelines.transform.sql_files import SqlFile, read_sql_file

ROOT = asset_root("sql")
FOLDER_BY_LABEL = {
    f"sql/{path.relative_to(ROOT).as_posix()}": folder
    for folder in ("core", "marts", "checks")
    for path in sorted((ROOT / folder).rglob("*.sql"))
}
LABELS = sorted(FOLDER_BY_LABEL)
TABLE_LABELS = sorted(label for label, folder in FOLDER_BY_LABEL.items() if folder != "checks")
ALLOWED_FUNCTIONS = {
    exp.Abs, exp.And, exp.Avg, exp.Case, exp.Cast, exp.Coalesce, exp.Concat, exp.Count, exp.DateDiff, exp.Day, exp.Exists,
    exp.Floor, exp.Greatest, exp.If, exp.Lag, exp.Lead, exp.Least, exp.LogicalOr, exp.Max, exp.Median, exp.Min, exp.Month, exp.Or,
    exp.RowNumber, exp.Sqrt, exp.StddevSamp, exp.Sum, exp.Year,
}  # fmt: skip
FORBIDDEN = (
    exp.Anonymous,  # a function that sqlglot does not know is passed on as it is
    exp.Array, exp.Lambda, exp.Bracket, exp.Struct, exp.Unnest, exp.Lateral, exp.Values, exp.Pivot,
    exp.Parameter, exp.Placeholder, exp.Command, exp.RegexpLike, exp.Rand, exp.CurrentDate, exp.CurrentTimestamp,
)  # fmt: skip
TYPES = {"DATE", "TINYINT", "INT", "BIGINT", "DOUBLE", "TEXT", "TIMESTAMP"}


def file_of(label: str) -> SqlFile:
    """Read when a test asks for it: at import every worker would parse all of them."""
    return read_sql_file(ROOT.parent / label, FOLDER_BY_LABEL[label], ROOT)


def problems(expression: exp.Expr) -> list[str]:
    """What in the tree would mean something else, or nothing, on another engine."""
    found = [f"forbidden: {node.sql()}" for node in expression.find_all(*FORBIDDEN)]
    found += [
        f"function not on the list: {node.sql()}"
        for node in expression.find_all(exp.Func)
        if type(node) not in ALLOWED_FUNCTIONS and not isinstance(node, FORBIDDEN)
    ]
    for node in expression.find_all(exp.DateDiff):
        if str(node.args.get("unit")).strip("'").upper() != "DAY":
            found.append(f"date_diff in something else than days: {node.sql()}")
    for node in expression.find_all(exp.Interval):
        if not isinstance(node.find_ancestor(exp.Cast, exp.Select), exp.Cast):
            found.append(f"an interval outside cast(... as date) gives a timestamp: {node.sql()}")
    for node in expression.find_all(exp.Add, exp.Sub):
        if any(
            side.name.endswith("_date") for side in (node.left, node.right) if isinstance(side, exp.Column)
        ) and not isinstance(node.right, exp.Interval):
            found.append(f"arithmetic on dates: {node.sql()}")
    found += [
        f"type not on the list: {node.sql()}"
        for node in expression.find_all(exp.DataType)
        if node.this.value not in TYPES
    ]
    found += [f"join of kind {node.text('method')}" for node in expression.find_all(exp.Join) if node.text("method")]
    found += [
        f"table without schema: {node.sql()}"
        for node in expression.find_all(exp.Table)
        if not _is_named(node, expression)
    ]
    return found


def _is_named(table: exp.Table, expression: exp.Expr) -> bool:
    return bool(table.db) or table.name in {cte.alias for cte in expression.find_all(exp.CTE)}


@pytest.mark.parametrize("label", LABELS)
def test_nothing_in_the_file_means_something_else_elsewhere(label):
    assert problems(file_of(label).expression) == []


@pytest.mark.parametrize(
    "sql",
    [
        "select date_diff('month', a_date, b_date) from core.t",
        "select b_date - a_date from core.t",
        "select a_date + 1 from core.t",
        "select a_date + interval '1' day from core.t",
        "select isodow(a_date) from core.t",
        "select extract('isodow' from a_date) from core.t",
        "select quantile_cont(n, 0.5) from core.t",
        "select * from range(10)",
        "select * from core.t asof join core.u on t.a >= u.a",
        "select list(n) from core.t",
        "select [1, 2] as n from core.t",
        "select list_transform(a, x -> x + 1) from core.t",
        "select unnest(a) from core.t",
        "select * from t",
        "select some_function(n) from core.t",
        "select today() from core.t",
        "select cast(n as hugeint) from core.t",
        "select random() from core.t",
    ],
)
def test_what_is_not_portable_is_found(sql):
    assert problems(sqlglot.parse_one(sql, read="duckdb")) != []


@pytest.mark.parametrize("label", LABELS)
def test_the_file_transpiles_to_spark_and_reads_the_same_tables(label):
    spark = file_of(label).expression.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
    again = sqlglot.parse_one(spark, read="spark")
    read = {f"{table.db}.{table.name}" for table in again.find_all(exp.Table) if table.db}
    assert read == {reference.table for reference in file_of(label).references}


@pytest.mark.parametrize("label", LABELS)
def test_steps_are_named_and_each_step_is_used(label):
    expression = file_of(label).expression
    ctes = [cte.alias for cte in expression.find_all(exp.CTE)]
    assert ctes, "name the inputs and steps as CTEs"
    read = [table.name for table in expression.find_all(exp.Table)]
    assert [name for name in ctes if name not in read] == []
    assert not list(expression.find_all(exp.Subquery)), "a step inside a step has no name"


@pytest.mark.parametrize("label", TABLE_LABELS)
def test_the_header_says_what_one_row_is(label):
    lines = file_of(label).text.splitlines()
    assert lines[0].startswith("-- One row is ")
    header = "\n".join(line for line in lines[: next(i for i, line in enumerate(lines) if not line.startswith("--"))])
    for part in ("-- Key: ", "-- From: ", "-- Units: ", "-- Reference: "):
        assert part in header


@pytest.mark.parametrize("label", TABLE_LABELS)
def test_the_header_names_the_tables_that_are_read(label):
    line = next(line for line in file_of(label).text.splitlines() if line.startswith("-- From: "))
    named = set(line.removeprefix("-- From: ").split(" (")[0].rstrip(".").split(", "))
    if named != {"core tables"}:
        assert named == {reference.table for reference in file_of(label).references}


@pytest.mark.parametrize("label", TABLE_LABELS)
def test_the_last_select_lists_its_columns(label):
    assert not file_of(label).expression.is_star


@pytest.mark.parametrize("label", [label for label in LABELS if FOLDER_BY_LABEL[label] == "core"])
def test_only_current_rows_are_read_from_typed(label):
    for table in file_of(label).expression.find_all(exp.Table):
        if table.db == "typed":
            where = table.find_ancestor(exp.Select).args.get("where")
            assert where is not None
            assert "valid_to IS NULL" in where.sql()
