"""Children per caseworker on a drawn list of staff: full-time positions, and districts only where enough staff stand behind each."""

import pytest

from pipelines.committee.context import WHOLE_MUNICIPALITY
from pipelines.committee.cooperation.caseload import caseload_table
from pipelines.committee.cooperation.indicators import answer
from pipelines.committee.cooperation.numbers import Numbers
from pipelines.disclosure.table import CellStatus, ProtectedTable
from tests.committee.drawn_cooperation import drawn_context, lines_of

INSTITUTIONS = """
    institution_code institution_name institution_type_code district_code
    D1               Birken           daycare               NORD
"""


def drawn(staff: str, children: dict[str, int], *, ended: int = 0) -> tuple[ProtectedTable | None, float | None]:
    """The table and the indicator: so many children of each district with a measure that is open on 31 July 2026."""
    names = [f"{district}{n}" for district, count in children.items() for n in range(count)]
    old = [f"NORD{n}" for n in range(100, 100 + ended)]
    tables = {
        "institutions": INSTITUTIONS,
        "children": "\n".join(
            ["child_id birth_date resident_from_date home_district_code"]
            + [
                f"{name} 2018-01-01 2018-01-01 {name[:3] if name.startswith('SYD') else 'NORD'}"
                for name in [*names, *old]
            ]
        ),
        "measures": "\n".join(
            ["child_id measure_id paragraph_code start_date end_date"]
            + [f"{name} M{name} BL-32-1-3 2025-01-01 -" for name in names]
            + [f"{name} M{name} BL-32-1-3 2025-01-01 2026-07-30" for name in old]
        ),
        "staffing": "staff_id profession_code unit_kind_code unit_code from_date to_date hours_per_week\n" + staff,
    }
    context = drawn_context("vordingborg_next_step", tables)
    indicator = next(each for each in context.settings.profile.indicators if each.measure_id == "caseload")
    return caseload_table(context), answer(Numbers(context), indicator).value


def people(district: str, *hours: float, last: str = "-") -> str:
    return "\n".join(
        f"{district}-{n} authority_caseworker district {district} 2024-01-01 {last} {each}"
        for n, each in enumerate(hours)
    )


def test_positions_are_full_time_and_the_last_day_decides() -> None:
    """Nord: 20 children over (37 + 37 + 18.5) / 37; Syd: 30 over three; one who left the day before and what ended count no more."""
    staff = "\n".join([people("NORD", 37, 37, 18.5), people("SYD", 37, 37, 37), people("OLD", 37, last="2026-07-30")])
    table, value = drawn(staff, {"NORD": 20, "SYD": 30}, ended=7)
    assert table is not None
    assert lines_of(table, "area", "children_count", "positions", "per_position") == [
        f"Nord | 20 | 2.5 | {20 / 2.5}",
        f"Syd | 30 | 3.0 | {30 / 3}",
        f"{WHOLE_MUNICIPALITY} | 50 | 5.5 | {50 / 5.5}",
    ]
    assert value == pytest.approx(50 / 5.5)


def test_two_in_one_district_hide_every_district() -> None:
    """The whole less Nord would be Syd's two."""
    table, value = drawn("\n".join([people("NORD", 37, 37, 37), people("SYD", 37, 37)]), {"NORD": 20, "SYD": 30})
    assert table is not None
    assert lines_of(table, "area", "children_count") == [f"{WHOLE_MUNICIPALITY} | 50"]
    assert value == pytest.approx(50 / 5)


def test_a_small_district_is_not_given_back_by_children_per_position() -> None:
    staff = "\n".join([people("NORD", 37, 37, 37), people("SYD", 37, 37, 37)])
    table, _ = drawn(staff, {"NORD": 20, "SYD": 3})
    assert table is not None
    assert table.values("area") == [WHOLE_MUNICIPALITY]


def test_two_caseworkers_in_all_are_told_of_nobody() -> None:
    table, value = drawn(people("NORD", 37, 37), {"NORD": 20})
    assert table is not None
    assert [table.cell(name, area=WHOLE_MUNICIPALITY).status for name in ("positions", "per_position")] == [
        CellStatus.HIDDEN
    ] * 2
    assert value is None


def test_without_caseworkers_there_is_nothing_to_divide_by() -> None:
    table, value = drawn("X leader institution D1 2024-01-01 - 37", {"NORD": 20})
    assert (table, value) == (None, None)
