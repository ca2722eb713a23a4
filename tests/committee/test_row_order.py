"""The same rows in another order give the same tables: what is hidden must never depend on it, or two editions tell too much."""

import pytest

from pipelines.committee.context import ReportContext
from pipelines.committee.key_figures import protected_rows, reference_dates
from pipelines.committee.ladder import ladder_section
from pipelines.committee.wellbeing import wellbeing_section
from pipelines.publish import figures
from pipelines.publish.section import Section
from tests.committee.conftest import EVERY_SOURCE, scenario_municipality


def shuffle(context: ReportContext, turn: int) -> None:
    """Write every table of core and marts anew with its rows in another order."""
    tables = context.connection.execute(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables "
        "WHERE table_schema IN ('core', 'marts') ORDER BY 1"
    ).fetchall()
    for (table,) in tables:
        context.connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table} AS row_values ORDER BY hash(row_values, {turn})"
        )


def test_what_is_shown_does_not_depend_on_the_order_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "render", lambda *_, **__: "<svg/>")
    context = scenario_municipality("no_effect", children=900, seed=4, sources=EVERY_SOURCE)
    day = reference_dates(context)[-1]
    shuffle(context, 1)
    once = [make_section(context) for make_section in (ladder_section, wellbeing_section)]
    key_figures = protected_rows(context, day)
    shuffle(context, 2)
    again = [make_section(context) for make_section in (ladder_section, wellbeing_section)]
    assert protected_rows(context, day) == key_figures
    for section, same in zip(once, again, strict=True):
        assert_same_tables(section, same)
        assert section.answer == same.answer


def assert_same_tables(once: Section, again: Section) -> None:
    """The same cells hidden, and the same numbers but for the last digits that a sum in another order moves."""
    assert len(once.tables) == len(again.tables) > 10
    for first, second in zip(once.tables, again.tables, strict=True):
        assert [[cell.status for cell in row] for row in first.rows] == [
            [cell.status for cell in row] for row in second.rows
        ], first.table_id
        for row, other in zip(first.rows, second.rows, strict=True):
            assert [cell.value for cell in row] == pytest.approx([cell.value for cell in other]), first.table_id
