"""A count that readers ask for first is told, and a larger one hidden for it, where that protects the small one just as well."""

import duckdb
import pytest

from pipelines.committee.context import ReportContext
from pipelines.committee.ladder_counts import Counts, count_at, count_row
from pipelines.committee.ladder_standing import _protected
from pipelines.disclosure.relations import SumRelation
from pipelines.disclosure.table import CellStatus
from tests.committee.conftest import settings_of
from tests.sql.drawn import AS_OF_DATE


def at(name: str):
    return count_at("key_figure", name, "")


@pytest.mark.parametrize(
    ("counts", "published", "preferred", "hidden"),
    [
        # whole 23 = small 3 + first 8 + second 12: beside the small one the cheapest goes, unless it is asked for
        ({"whole": 23, "small": 3, "first": 8, "second": 12}, (), (), {"small", "first"}),
        ({"whole": 23, "small": 3, "first": 8, "second": 12}, (), ("first",), {"small", "second"}),
        # whole 11 = small 3 + first 8, and another table tells the whole: only the one asked for is left to hide
        ({"whole": 11, "small": 3, "first": 8}, ("whole",), ("first",), {"small", "first"}),
    ],
)
def test_what_is_asked_for_first_is_told_where_another_can_be_hidden(counts, published, preferred, hidden) -> None:
    context = ReportContext(duckdb.connect(), settings_of(), AS_OF_DATE, {})
    table = _protected(
        context,
        "social",
        Counts(
            [count_row("key_figure", name, "", count) for name, count in counts.items()],
            [SumRelation(at("whole"), tuple(at(name) for name in counts if name != "whole"))],
            [at(name) for name in published],
            [at(name) for name in preferred],
        ),
        (),
    )
    assert table is not None
    assert {
        name
        for name in counts
        if table.cell("children_count", kind="key_figure", first=name, second="").status is CellStatus.HIDDEN
    } == hidden
