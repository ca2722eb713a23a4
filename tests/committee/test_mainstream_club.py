"""The table of clubs: the mart's counts where they may be shown, under a definition of its own, and no small number in it."""

from typing import Any

import pytest

from pipelines.committee.context import WHOLE_MUNICIPALITY
from pipelines.committee.mainstream import CLUB, mainstream_section
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.publish import figures
from tests.committee.conftest import scenario_municipality

COUNTS = ("pupils_count", "mainstream_count", "segregated_count", "support_nine_hours_count")


@pytest.fixture(scope="module")
def counted_and_shown() -> tuple[dict[tuple[str, str], dict[str, Any]], ProtectedTable]:
    """The mart's rows by area and school year, and the section's table."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "render", lambda *_, **__: "<svg/>")
        context = scenario_municipality("small_effect", children=3000, seed=5)
        records = context.records(
            "SELECT * FROM marts.mart_mainstream_share WHERE definition_id = ? ORDER BY area_code, school_year", [CLUB]
        )
        (table,) = (table for table in mainstream_section(context).tables if table.table_id == "mainstream_club")
    return {(context.area_name(row["area_code"]), row["school_year"]): row for row in records}, table


def test_what_is_shown_is_what_was_counted(
    counted_and_shown: tuple[dict[tuple[str, str], dict[str, Any]], ProtectedTable],
) -> None:
    counted, table = counted_and_shown
    shown = 0
    for (area, year), row in counted.items():
        for name in COUNTS:
            cell = table.cell(name, area=area, school_year=year)
            assert cell.status is CellStatus.HIDDEN or cell.value == row[name]
            shown += cell.status is CellStatus.SHOWN
    assert len(counted) == 4 * (1 + len({area for area, _ in counted if area != WHOLE_MUNICIPALITY}))
    assert shown > len(counted)


def test_no_place_in_a_special_club_of_one_to_four_children_is_told(
    counted_and_shown: tuple[dict[tuple[str, str], dict[str, Any]], ProtectedTable],
) -> None:
    counted, table = counted_and_shown
    small = [(key, name) for key, row in counted.items() for name in COUNTS if 1 <= row[name] <= 4]
    assert small
    for (area, year), name in small:
        assert table.cell(name, area=area, school_year=year).status is CellStatus.HIDDEN
