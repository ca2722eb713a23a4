"""Professions and known concern by the child's age, on drawn cases: the bands, the means, and what must not follow from them."""

import pytest

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.cooperation.ages import (
    AGE_BANDS,
    UNKNOWN_AGE,
    band_of,
    concern_table_by_age,
    professions_said,
    professions_table,
)
from pipelines.committee.cooperation.cases import cases_section
from pipelines.committee.cooperation.indicators import answer
from pipelines.committee.cooperation.numbers import Numbers
from pipelines.committee.cooperation.waiting import waiting_section
from pipelines.disclosure.table import Cell, CellStatus
from tests.committee.drawn_cooperation import drawn_context, faults_of, lines_of

INSTITUTIONS = """
    institution_code institution_name institution_type_code district_code
    D1               Birken           daycare               NORD
    D2               Egen             daycare               SYD
"""
SESSIONS = """
    session_id forum_code  institution_code planned_date held_date  session_status_code
    M1         dialogmoede D1               2025-09-01   2025-09-01 held
    M2         dialogmoede D2               2025-09-01   2025-09-01 held
    M3         dialogmoede D1               2025-10-01   2025-10-01 held
    M4         dialogmoede D2               2025-10-01   -          cancelled
"""
ROLES = """
    session_id participant_id profession_code staff_id is_invited is_present
    M1         1              leader          A        true       true
    M1         2              psychologist    B        true       true
    M1         3              family          -        true       true
    M1         4              health_visitor  C        true       false
    M2         1              leader          D        true       true
    M3         1              leader          A        true       true
    M3         2              health_visitor  C        true       true
    M4         1              speech_therapist E       true       true
"""
"""Professions that came: two to M1 (the family is none, the health visitor stayed away), one to M2, two to M3, one of them new."""


def people(name: str, count: int, born: str) -> str:
    return "\n".join(f"{name}{number} {born} {born}" for number in range(count))


def cases(session: str, name: str, count: int, *, concern: str = "-") -> str:
    return "\n".join(
        f"{session} {name}{number} {name}{number} false child given 2025-09-01 {concern}" for number in range(count)
    )


def drawn(*, young: int, old: int, unknown: int = 0) -> ReportContext:
    """`young` of two years at M1, 12 of five years at M2, `old` of eleven at M2, and children without a birth date at M2.

    The young ones come up again at M3, and at M4, which was cancelled.
    """
    tables = {
        "institutions": INSTITUTIONS,
        "sessions": SESSIONS,
        "session_roles": ROLES,
        "children": "child_id birth_date resident_from_date\n"
        + "\n".join([people("y", young, "2023-01-01"), people("m", 12, "2020-01-01"), people("o", old, "2014-01-01")]),
        "session_cases": "session_id case_id child_id is_anonymous level_code consent_status_code case_date concern_from_date\n"
        + "\n".join(
            [
                cases("M1", "y", young // 2, concern="2025-08-22"),
                cases("M2", "y", young, concern="2025-08-02").split("\n", young // 2)[-1],
                cases("M3", "y", young).replace("2025-09-01", "2025-10-01"),
                cases("M4", "y", young).replace("2025-09-01", "2025-10-01"),
                cases("M2", "m", 12, concern="2025-08-02"),
                cases("M2", "o", old, concern="2025-06-03"),
                cases("M2", "u", unknown),
            ]
        ),
    }
    return drawn_context("vordingborg_next_step", tables)


@pytest.fixture(scope="module")
def context() -> ReportContext:
    return drawn(young=20, old=16)


def test_the_bands_hold_every_child_once() -> None:
    """Each age of a child in one band, in order; nobody knows the rest."""
    assert [band_of(age) for age in (0, 2, 3, 9, 10, 17)] == [
        "0-2 år", "0-2 år", "3-5 år", "6-9 år", "10-15 år", "16-17 år",
    ]  # fmt: skip
    assert [band_of(age) for age in (None, -1, 18)] == [UNKNOWN_AGE] * 3
    assert [age for first, last in AGE_BANDS for age in range(first, last + 1)] == list(range(18))


def test_professions_are_counted_over_all_held_meetings_of_the_case(context: ReportContext) -> None:
    """Ten of the young met two at M1 and one more at M3: leader, psychologist, health visitor; ten met the leader at M2 and the health
    visitor at M3. Nobody counts twice, and the cancelled meeting not at all."""
    table = professions_table(context)
    assert table is not None
    whole = (10 * 3 + 10 * 2 + 12 + 16) / (20 + 12 + 16)
    assert lines_of(table, "age", "cases_count", "told_count", "professions_mean") == [
        f"0-2 år | 20 | 20 | {(10 * 3 + 10 * 2) / 20}",
        "3-5 år | 12 | 12 | hidden",
        "6-9 år | 0 | 0 | not_computable",
        "10-15 år | 16 | 16 | hidden",
        "16-17 år | 0 | 0 | not_computable",
        f"{WHOLE_MUNICIPALITY} | 48 | 48 | {round(whole, 1)}",
    ], "the other two come from one institution each"


def test_the_indicator_is_the_mean_of_the_table(context: ReportContext) -> None:
    indicator = next(each for each in context.settings.profile.indicators if each.measure_id == "professions_per_case")
    assert answer(Numbers(context), indicator).value == pytest.approx(1.6), "(30 + 20 + 12 + 16) / 48"


def test_the_section_has_the_table_and_passes_the_gates(context: ReportContext) -> None:
    section = cases_section(context)
    assert section is not None
    assert "professions_by_age" in [table.table_id for table in section.tables]
    assert faults_of(section) == []


def test_the_sentence_names_the_youngest_and_the_oldest_that_have_a_number(context: ReportContext) -> None:
    table = professions_table(context)
    assert table is not None
    assert professions_said([table]) == "", "one age alone says nothing of the younger and the older"
    mean = table.column_index("professions_mean")
    rows = [(*row[:mean], Cell(2.0), *row[mean + 1 :]) if row[0].value == "10-15 år" else row for row in table.rows]
    both = type(table)(table.table_id, table.title, table.columns, tuple(rows), table.source, table.rule)
    assert professions_said([both]) == (
        "Om børn på 0-2 år var der i gennemsnit 2,5 faggrupper med, og om børn på 10-15 år 2,0."
    )


def test_where_another_table_hides_the_whole_there_is_no_table(context: ReportContext) -> None:
    assert professions_table(context, known=Cell(None, CellStatus.HIDDEN)) is None
    assert concern_table_by_age(context, known=Cell(None, CellStatus.HIDDEN)) is None


def test_known_concern_by_age_has_the_whole_of_the_table_by_district(context: ReportContext) -> None:
    """The young: 10 days at D1, 30 at D2, in the middle (10 + 30) / 2; the others are of one institution."""
    section = waiting_section(context)
    assert section is not None
    tables = {table.table_id: table for table in section.tables}
    assert lines_of(tables["concern_by_age"], "age", "days_median")[0] == f"0-2 år | {(10 + 30) / 2}"
    whole = tables["concern"].cell("days_median", area=WHOLE_MUNICIPALITY)
    assert tables["concern_by_age"].cell("days_median", age=WHOLE_MUNICIPALITY) == whole == Cell(30.0), (
        "10 x 10, 22 x 30, 16 x 90"
    )
    assert [column.kind for column in tables["concern_by_age"].columns] == ["label", "mean"], "no count stands twice"


def test_a_small_age_is_not_given_back_by_the_others() -> None:
    """Three of eleven years: hidden, and with them another age, since the whole is told."""
    table = professions_table(drawn(young=20, old=3, unknown=6), known=Cell(20 + 12 + 3 + 6))
    assert table is not None
    counts = {str(row[0].value): row[1] for row in table.rows}
    assert counts["10-15 år"].status is CellStatus.HIDDEN
    assert counts[WHOLE_MUNICIPALITY].value == 20 + 12 + 3 + 6
    assert [cell.status for cell in counts.values()].count(CellStatus.HIDDEN) > 1
    assert UNKNOWN_AGE in counts
