"""What else the document says: tasks, the promised weekday, phases and numbers, for every profile."""

import pytest

from pipelines.committee.cooperation.document import NOT_SHOWN_BY_A_NUMBER, document_tables
from pipelines.disclosure.table import ProtectedTable
from pipelines.municipalities import profile_names
from tests.committee.drawn_cooperation import drawn_context, lines_of

TABLES = {
    "institutions": """
        institution_code institution_name institution_type_code district_code
        D1               Birken           daycare               NORD
    """,
    "sessions": """
        session_id forum_code             institution_code planned_date held_date  session_status_code
        M1         distriktsteam_dagtilbud D1              2025-09-01   2025-09-01 held
        M2         distriktsteam_dagtilbud D1              2025-10-06   2025-10-07 held
        M3         distriktsteam_dagtilbud D1              2025-11-10   2025-11-10 held
        M4         distriktsteam_dagtilbud D1              2025-12-15   -          cancelled
        M5         distriktsteam_dagtilbud D1              2024-12-16   2024-12-16 held
    """,
}
"""1 September and 10 November 2025 are Mondays, 7 October is a Tuesday; M5 is of the school year before."""


def named(tables: tuple[ProtectedTable, ...], table_id: str) -> ProtectedTable:
    (found,) = [table for table in tables if table.table_id == table_id]
    return found


def test_meetings_on_the_promised_weekday_are_counted_by_the_day_they_were_held() -> None:
    tables = document_tables(drawn_context("vordingborg_next_step", TABLES))
    told = lines_of(named(tables, "weekdays"), "forum", "weekday", "held_count", "kept_count")
    assert told == ["Distriktsteam i dagtilbud | mandag | 3 | 2"]


@pytest.mark.parametrize("profile", profile_names())
def test_every_task_and_number_of_the_document_is_shown_with_the_document_as_source(profile: str) -> None:
    context = drawn_context(profile, TABLES)
    tables, own = document_tables(context), context.settings.profile
    for table_id, promised in (
        ("responsibilities", own.responsibilities),
        ("phases", own.phases),
        ("facts", own.facts),
    ):
        shown = [table for table in tables if table.table_id == table_id]
        assert [len(table.rows) for table in shown] == ([len(promised)] if promised else [])
    assert all(own.document.title in table.source for table in tables)
    titles = {each.id: each.title for each in own.indicators}
    if own.responsibilities:
        measured = named(tables, "responsibilities").values("shown_by")
        assert measured == [titles.get(each.indicator, NOT_SHOWN_BY_A_NUMBER) for each in own.responsibilities]
