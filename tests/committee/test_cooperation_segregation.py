"""Cadence class beside special provision: drawn children in three institutions, who a year later are in special daycare or not."""

from datetime import date

import pytest

from pipelines.committee.cooperation.allocation import allocation_section
from pipelines.committee.cooperation.segregation import ALL_CLASSES, CLASSES_DIFFER, segregation_by_class
from tests.committee.drawn_cooperation import drawn_context, faults_of, lines_of

PLACES = {"D4": (40, 6), "E4": (20, 5), "D12": (30, 2), "X": (10, 0)}
"""Per institution: children on 30 September 2025, and those of them in special daycare a year later."""
CHILDREN = {name: [f"{name}{number}" for number in range(count)] for name, (count, _) in PLACES.items()}
COLUMNS = ("weeks", "units_count", "children_count", "special_count", "other_count")


def drawn() -> dict[str, str]:
    everybody = [(name, child, number) for name, own in CHILDREN.items() for number, child in enumerate(own)]
    children = ["child_id birth_date home_district_code resident_from_date"]
    children += [f"{child} 2022-03-01 NORD 2022-03-01" for _, child, _ in everybody]
    placements = ["child_id institution_code class_type_code start_date end_date"]
    for name, child, number in everybody:
        has_gone = number < PLACES[name][1]
        placements.append(f"{child} {name} 90 2024-08-01 {'2026-01-31' if has_gone else '-'}")
        placements += [f"{child} SPEC 91 2026-02-01 -"] if has_gone else []
    # what makes 30 September a day of which the register of places knows: children of school age with a place
    for number in range(4):
        children.append(f"skole{number} 2015-03-01 NORD 2015-03-01")
        placements.append(f"skole{number} SKOLE 10 2021-08-01 -")
    return {
        "institutions": """
            institution_code institution_type_code ownership_code district_code
            D4               daycare               municipal      NORD
            E4               daycare               municipal      NORD
            D12              daycare               self_owning    NORD
            X                daycare               municipal      NORD
            SPEC             special_daycare       municipal      NORD
            SKOLE            folkeskole            municipal      NORD
        """,
        "institution_years": """
            institution_code school_year child_count social_normering_percent cadence_weeks cadence_from_date
            D4               2025/26     40          20                       4             2025-08-01
            E4               2025/26     20          20                       4             2025-08-01
            D12              2025/26     30          5                        12            2025-08-01
            D12              2025/26     30          5                        6             2026-01-01
        """,
        "children": "\n".join(children),
        "school_placements": "\n".join(placements),
    }


@pytest.fixture(scope="module")
def tables() -> dict[str, str]:
    return drawn()


def test_each_class_has_its_children_and_those_in_special_provision_a_year_later(tables: dict[str, str]) -> None:
    """D12 was in the class of twelve on 30 September, and its 2 are hidden. They would follow from the 13 of all less 6 + 5 and 0,
    were those of the fourth week not hidden with them."""
    context = drawn_context("koebenhavn_ressourceforum", tables, as_of_date=date(2026, 9, 30))
    (table,) = segregation_by_class(context)
    assert lines_of(table, *COLUMNS) == [
        f"4. uge | 2 | {40 + 20} | hidden | hidden",
        "12. uge | 1 | 30 | hidden | hidden",
        "Uden rytme | 1 | 10 | 0 | 10",
        f"{ALL_CLASSES} | 4 | {60 + 30 + 10} | {11 + 2} | {100 - 13}",
    ]
    assert CLASSES_DIFFER in table.source
    section = allocation_section(context)
    assert section is not None
    assert any(CLASSES_DIFFER in line for line in section.not_shown)
    assert faults_of(section) == []


def test_a_class_whose_numbers_are_large_enough_has_its_share(tables: dict[str, str]) -> None:
    """With D12 in the class of four weeks too: 6 + 5 + 2 of 40 + 20 + 30."""
    years = tables["institution_years"].replace(" 12 ", " 4 ")
    context = drawn_context(
        "koebenhavn_ressourceforum", tables | {"institution_years": years}, as_of_date=date(2026, 9, 30)
    )
    (table,) = segregation_by_class(context)
    assert table.cell("special_share", weeks="4. uge").value == pytest.approx(
        13 / 90, abs=0.0005
    )  # as printed: one decimal of a per cent


def test_a_document_without_classes_has_no_such_table(tables: dict[str, str]) -> None:
    assert segregation_by_class(drawn_context("dragoer_ressourceteam", tables)) == ()


def test_without_the_register_of_places_there_is_no_such_table(tables: dict[str, str]) -> None:
    came = {name: text for name, text in tables.items() if name != "school_placements"}
    assert segregation_by_class(drawn_context("koebenhavn_ressourceforum", came)) == ()
