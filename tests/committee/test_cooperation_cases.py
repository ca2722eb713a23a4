"""Consent and documentation on drawn cases: the counts, and that nothing hidden follows from what is shown."""

import pytest

from pipelines.committee.context import WHOLE_MUNICIPALITY
from pipelines.committee.cooperation.cases import case_counts, cases_section
from pipelines.committee.cooperation.indicators import answer
from pipelines.committee.cooperation.numbers import Numbers
from pipelines.disclosure.table import CellStatus
from pipelines.publish.section import Section
from tests.committee.drawn_cooperation import drawn_context, faults_of, lines_of

INSTITUTIONS = """
    institution_code institution_name institution_type_code district_code
    D1               Birken           daycare               NORD
    D2               Egen             daycare               SYD
    D3               Elmen            daycare               VEST
"""
SESSIONS = """
    session_id forum_code   institution_code planned_date held_date  session_status_code
    S1         dialogmoede  D1               2025-09-01   2025-09-01 held
    S2         dialogmoede  D2               2025-09-01   2025-09-01 held
    S3         dialogmoede  D3               2025-09-01   2025-09-01 held
"""
HEADER = "session_id case_id child_id is_anonymous level_code consent_status_code consent_date case_date agenda_date evaluation_date"


def cases(
    session: str,
    count: int,
    *,
    consent: str = "given",
    level: str = "child",
    anonymous: bool = False,
    consent_date: str = "2025-09-01",
    case_date: str = "2025-09-01",
) -> str:
    """So many cases of one meeting, each with an agenda of its own and without evaluation."""
    code = f"{session}{consent}{consent_date}{case_date}{level}{anonymous}"
    given = consent_date if consent == "given" and level == "child" and not anonymous else "-"
    return "\n".join(
        f"{session} {code}{number} {'-' if anonymous else code + str(number)} {str(anonymous).lower()} {level} {consent} "
        f"{given} {case_date} 2025-08-25 -"
        for number in range(count)
    )


def drawn(*parts: str) -> dict[str, str]:
    return {"institutions": INSTITUTIONS, "sessions": SESSIONS, "session_cases": "\n".join([HEADER, *parts])}


LOG = drawn(
    cases("S1", 30),
    cases("S1", 6, consent="refused"),
    cases("S2", 20),
    cases("S2", 3, consent="unknown"),
    cases("S3", 25),
    cases("S3", 8, anonymous=True),
    cases("S3", 7, level="group", consent="-"),
)


@pytest.fixture(scope="module")
def section() -> Section:
    found = cases_section(drawn_context("vordingborg_next_step", LOG))
    assert found is not None
    return found


def test_consent_is_asked_of_cases_about_one_child(section: Section) -> None:
    """Given 30 + 20 + 25 of 36 + 23 + 25; the anonymous and the groups stand apart."""
    assert section.answer == "Der var samtykke i 75 af 84 drøftelser om ét barn, alle senest på mødedagen."
    kinds = next(table for table in section.tables if table.table_id == "cases_by_kind")
    whole = kinds.excerpt("one", title="", keep_row=lambda row: row["area"] == WHOLE_MUNICIPALITY)
    assert lines_of(whole, "cases_count", "child_case_count", "group_case_count", "anonymous_case_count") == [
        f"{36 + 23 + 25 + 7 + 8} | {36 + 23 + 25} | 7 | 8"
    ]


def test_a_small_rest_is_hidden_with_what_would_give_it_away(section: Section) -> None:
    """In Syd three lack an answer: so neither they, nor given beside all, nor another district's number that gives them back."""
    consent = next(table for table in section.tables if table.table_id == "consent")
    assert consent.cell("consent_unknown_count", area="Syd").status is CellStatus.HIDDEN
    assert consent.cell("consent_given_count", area=WHOLE_MUNICIPALITY).value == 75
    shown = [consent.cell(name, area="Syd") for name in ("child_case_count", "consent_given_count")]
    assert any(cell.status is CellStatus.HIDDEN for cell in shown)
    for name in ("child_case_count", "consent_given_count"):
        column = [consent.cell(name, area=area).status for area in ("Nord", "Syd", "Vest")]
        assert column.count(CellStatus.HIDDEN) != 1, name


def test_the_steps_are_a_funnel_of_the_document(section: Section) -> None:
    """All 84 have an agenda, none an evaluation; the steps stand in the document's order."""
    steps = next(table for table in section.tables if table.table_id == "steps")
    assert steps.values("step")[:3] == ["alle", "1 samtykke fra forældre", "2 dagsorden for hvert barn"]
    assert steps.values("reached_count")[:3] == [84, 75, 84]
    assert steps.cell("reached_count", step="7 evaluering af indsatsen").value == 0


def test_consent_is_in_time_on_the_day_of_the_meeting_and_not_the_day_after() -> None:
    """30 on the day, 12 the day after, 8 without a day: 30 of 50 in time, and 20 given all the same."""
    context = drawn_context(
        "vordingborg_next_step",
        drawn(cases("S1", 30), cases("S1", 12, consent_date="2025-09-02"), cases("S2", 8, consent_date="-")),
    )
    consent = next(each for each in context.settings.profile.indicators if each.id == "consent")
    assert answer(Numbers(context), consent).value == pytest.approx(100 * 30 / (30 + 12 + 8))
    counts = case_counts(context)
    assert counts.cell("consent_late_count", area=WHOLE_MUNICIPALITY).value == 12 + 8
    assert counts.cell("consent_given_count", area=WHOLE_MUNICIPALITY).value == 30 + 12 + 8


def test_every_step_is_asked_of_the_cases_that_are_half_a_year_old() -> None:
    """31 March is 183 days before 30 September, 1 April is not; none of them has every step."""
    context = drawn_context(
        "vordingborg_next_step",
        drawn(cases("S1", 10, case_date="2026-03-31"), cases("S2", 20, case_date="2026-04-01")),
    )
    all_steps = next(each for each in context.settings.profile.indicators if each.id == "documentation")
    found = answer(Numbers(context), all_steps)
    assert (found.value, found.of) == (0, 10)
    agenda = next(each for each in context.settings.profile.indicators if each.step == "agenda")
    assert answer(Numbers(context), agenda).of == 10 + 20


def test_no_small_count_is_shown(section: Section) -> None:
    shown = [
        cell.value
        for table in section.tables
        for row in table.rows
        for cell, column in zip(row, table.columns, strict=True)
        if column.kind == "count" and isinstance(cell.value, (int, float))
    ]
    assert [value for value in shown if 0 < value < 5] == []


def test_the_texts_pass_the_gates(section: Section) -> None:
    assert faults_of(section) == []


def test_every_division_of_the_cases_holds() -> None:
    """Built on fewer cases nothing breaks: everything small is hidden."""
    counts = case_counts(drawn_context("vordingborg_next_step", drawn(cases("S1", 3), cases("S2", 1))))
    assert all(row[counts.column_index("child_case_count")].status is CellStatus.HIDDEN for row in counts.rows)


def test_without_cases_the_question_is_told_and_not_answered() -> None:
    found = cases_section(drawn_context("dragoer_ressourceteam", {"sessions": SESSIONS, "institutions": INSTITUTIONS}))
    assert found is not None
    assert found.answer == "Vi har ikke fået tal for børn og emner på møder."


def test_a_document_that_promises_neither_has_no_such_section() -> None:
    assert cases_section(drawn_context("koebenhavn_ressourceforum", LOG)) is None


@pytest.mark.parametrize("refused", [0, 2, 6])
def test_an_indicator_tells_what_the_table_tells_and_nothing_else(refused: int) -> None:
    """Consent of 40 + 20 cases, of which so many refused: told with 0 and 6, hidden with 2, in both places."""
    context = drawn_context(
        "vordingborg_next_step",
        drawn(cases("S1", 40 - refused), cases("S1", refused, consent="refused"), cases("S2", 20)),
    )
    consent = next(each for each in context.settings.profile.indicators if each.id == "consent")
    section = cases_section(context)
    assert section is not None
    table = next(table for table in section.tables if table.table_id == "consent")
    told = table.cell("consent_given_count", area=WHOLE_MUNICIPALITY).status is CellStatus.SHOWN
    found = answer(Numbers(context), consent)
    assert (found.value is not None) == told == (refused != 2)
    assert not told or found.value == pytest.approx(100 * (60 - refused) / 60)
