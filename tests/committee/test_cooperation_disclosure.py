"""What a reader of the whole report on cooperation can work out from all its tables and indicators together: no few children.

The sums a reader knows are written down here anew, from what the words of the tables say. The municipalities are drawn by lot, and
small, so that much is hidden.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.cooperation import caseload, division, segregation, told, waits
from pipelines.committee.cooperation.ages import may_stand_hidden
from pipelines.committee.cooperation.cases import cases_section
from pipelines.committee.cooperation.content import content_section
from pipelines.committee.cooperation.indicator_section import indicator_tables
from pipelines.committee.cooperation.indicators import MEASURES, answer
from pipelines.committee.cooperation.measures_of_support import reviewed as measured_reviews
from pipelines.committee.cooperation.numbers import Numbers
from pipelines.committee.cooperation.reach import reach_section
from pipelines.committee.cooperation.roles import roles_section
from pipelines.committee.cooperation.waiting import ALL_REQUESTS, FIRST_MEASURE, waiting_section
from pipelines.disclosure.protect import protect
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import CellStatus, ProtectedTable, TableColumn
from pipelines.municipalities.parts import Indicator
from pipelines.publish import figures
from pipelines.publish.danish import text_date
from tests.committee.drawn_cooperation import drawn_context, lines_of
from tests.committee.test_ladder_disclosure import Key, Reader

ALL = WHOLE_MUNICIPALITY
LABELS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("cases", "agreements", "requests_all", "repeats_all", "named_all", "handovers_all"), ("area",)),
    **dict.fromkeys(("family_areas", "caseload"), ("area",)),
    "needs": ("kind",),
    "actions": ("kind",),
    "professions_by_age": ("age",),
    **dict.fromkeys(("waits_start", "waits_contact", "waits_measure"), ("group", "month")),
    "segregation_by_class": ("weeks",),
}  # fmt: skip
"""The protected tables of children, cases, agreements and requests, each with the labels that name its rows."""

PRINTED = {
    **dict.fromkeys(("cases_by_kind", "consent", "described", "steps_by_district_1", "steps_by_district_2"), "cases"),
    "agreements_next": "agreements",
    "requests": "requests_all",
    "requests_how": "requests_all",
    "repeats": "repeats_all",
    "named": "named_all",
    "handovers": "handovers_all",
}
"""What a printed table is an excerpt of, where that has another name."""

SUMS = (
    ("cases", "cases_count", "child_case_count group_case_count environment_case_count anonymous_case_count unknown_level_count"),
    ("cases", "child_case_count", "consent_given_count consent_not_given_count consent_unknown_count"),
    ("cases", "consent_given_count", "consent_in_time_count consent_late_count"),
    ("agreements", "due_count", "on_time_count late_count not_followed_count"),
    ("agreements", "followed_count", "on_time_count late_count"),
    ("handovers_all", "handovers_count", "both_count written_only_count oral_only_count neither_count unknown_count"),
    ("handovers_all", "told_count", "both_count written_only_count oral_only_count neither_count"),
    ("handovers_all", "written_count", "both_count written_only_count"),
    ("handovers_all", "oral_count", "both_count oral_only_count"),
    ("requests_all", "level_known_count", "environment_count child_request_count"),
    ("professions_by_age", "cases_count", "told_count untold_count"),
    ("segregation_by_class", "children_count", "special_count other_count"),
    *((table, "whole_count", "ended_count unfollowed_count followed_count") for table in LABELS if table.startswith("waits")),
)  # fmt: skip
"""Table, total and parts, within each row."""

PARTS = (
    *(("cases", "child_case_count", f"{step}_step_count") for step in (
        "agenda", "knowledge", "discussion", "agreements", "intervention", "evaluation", "new_agreements",
    )),
    ("cases", "child_case_count", "old_child_case_count"),
    ("cases", "old_child_case_count", "old_all_steps_count"),
    ("cases", "cases_count", "described_known_count"),
    ("cases", "described_known_count", "described_count"),
    ("cases", "child_case_count", "family_known_count"),
    ("cases", "family_known_count", "family_count"),
    ("agreements", "agreements_count", "responsible_named_count"),
    ("agreements", "agreements_count", "due_count"),
    ("agreements", "agreements_count", "next_meeting_count"),
    ("agreements", "next_meeting_count", "by_next_meeting_count"),
    ("requests_all", "requests_count", "level_known_count"),
    ("requests_all", "requests_count", "in_practice_known_count"),
    ("requests_all", "requests_count", "area_support_count"),
    ("requests_all", "requests_count", "pupils_over_nine_count"),
    ("requests_all", "in_practice_known_count", "in_practice_count"),
    ("requests_all", "child_request_count", "waited_known_count"),
    ("requests_all", "waited_known_count", "waited_for_diagnosis_count"),
    ("requests_all", "child_request_count", "family_known_count"),
    ("requests_all", "family_known_count", "family_count"),
    ("repeats_all", "ended_count", "asked_again_count"),
    ("named_all", "residents_count", "named_count"),
    ("family_areas", "told_count", "covered_count"),
)  # fmt: skip
"""Table, whole and part, within each row: what is left of the whole is a count too."""

SHARES: Mapping[str, tuple[str, str, str]] = {
    "consent_share": ("cases", "consent_in_time_count", "child_case_count"),
    "described_share": ("cases", "described_count", "described_known_count"),
    "family_taken_part_share": ("cases", "family_count", "family_known_count"),
    "responsible_named_share": ("agreements", "responsible_named_count", "agreements_count"),
    "followed_up_share": ("agreements", "on_time_count", "due_count"),
    "followed_up_next_share": ("agreements", "by_next_meeting_count", "next_meeting_count"),
    "children_named_share": ("named_all", "named_count", "residents_count"),
    "handover_written_share": ("handovers_all", "written_count", "told_count"),
    "handover_oral_share": ("handovers_all", "oral_count", "told_count"),
    "family_areas_share": ("family_areas", "covered_count", "told_count"),
    "in_practice_share": ("requests_all", "in_practice_count", "in_practice_known_count"),
    "environment_request_share": ("requests_all", "environment_count", "level_known_count"),
    "without_diagnosis_share": ("requests_all", "waited_for_diagnosis_count", "waited_known_count"),
    "family_before_share": ("requests_all", "family_count", "family_known_count"),
    "formal_road_share": ("requests_all", "area_support_count", "requests_count"),
    "repeat_request_share": ("repeats_all", "asked_again_count", "ended_count"),
    "goal_share": ("goals", "goal_count", "begun_count"),
    "evaluated_share": ("goals", "evaluated_count", "old_count"),
    "measures_after_meeting_share": ("after", "soon_count", "old_count"),
}
"""The counts that a reader may take from an indicator: a share with a decimal tells of how few it is a share."""

GOALS = """
SELECT count(*) AS child_case_count, count(intervention_date) AS begun_count,
       count(*) FILTER (WHERE has_intervention_step) AS goal_count,
       count(*) FILTER (WHERE intervention_date <= DATE '2026-03-31') AS old_count,
       count(*) FILTER (WHERE intervention_date <= DATE '2026-03-31' AND has_evaluation_step) AS evaluated_count,
       count(*) FILTER (WHERE has_evaluation_step) AS evaluation_step_count
FROM core.fct_case
WHERE school_year = '2025/26' AND is_consent_needed
"""
"""183 days before 30 September 2026 is 31 March."""

LATEST = date(2026, 9, 30)
DISTRICTS = ("NORD", "SYD", "VEST")
FORUMS = {
    "vordingborg_next_step": ("distriktsteam_dagtilbud", "netvaerksmoede"),
    "ballerup_moedestruktur": ("koordineringskonference", "familiemoede"),
    "koebenhavn_seks_principper": ("ressourceforum", "ressourceforum"),
    "koebenhavn_ressourceforum": ("ressourceforum", "ressourceforum"),
    "dragoer_ressourceteam": ("ressourceteam", "ressourceteam"),
}


class Lots:
    """Draws rows: most answers are alike, so that what is left of them is small."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def mostly(self, usual: str, *others: str) -> str:
        return usual if self._random.random() < 0.97 else self._random.choice(others or ("-",))

    def one_of(self, *values: str) -> str:
        return self._random.choice(values)

    def day(self, *months: str) -> str:
        return f"{self._random.choice(months)}-{self._random.randint(1, 28):02d}"

    def table(self, header: str, rows: Iterable[Mapping[str, str]]) -> str:
        names = header.split()
        return "\n".join([header, *(" ".join(row[name] for name in names) for row in rows)])


def drawn(profile: str, seed: int) -> ReportContext:
    """Six daycares in three districts, some ninety children, two forums, and about fifty cases, agreements and requests."""
    lots = Lots(seed)
    usual, seldom = FORUMS[profile]
    sessions = [
        {
            "session_id": f"M{n}", "forum_code": usual if n < 24 else seldom, "institution_code": f"D{1 + n % 6}",
            "planned_date": day, "held_date": day, "session_status_code": "held", "level_code": lots.mostly("group", "child"),
        }
        for n in range(27)
        for day in (lots.day("2025-10", "2025-12", "2026-03", "2026-05"),)
    ]  # fmt: skip
    names = [f"k{n}" for n in range(90)]
    cases = [
        _case(lots, n, session) for n in range(50) for session in (sessions[int(lots.one_of(*map(str, range(27))))],)
    ]
    tables = {
        "institutions": lots.table(
            "institution_code institution_name institution_type_code district_code",
            (
                {"institution_code": f"D{n}", "institution_name": f"Hus{n}", "institution_type_code": "daycare",
                 "district_code": DISTRICTS[n % 3]}
                for n in range(1, 7)
            ),
        ),
        "children": lots.table(
            "child_id birth_date resident_from_date home_district_code",
            (
                {"child_id": name, "birth_date": lots.one_of("2024-01-01", "2021-06-01", "2018-01-01", "2012-01-01"),
                 "resident_from_date": "2024-06-01", "home_district_code": lots.one_of(*DISTRICTS)}
                for name in names
            ),
        ),
        "sessions": lots.table(" ".join(sessions[0]), sessions),
        "session_roles": lots.table(
            "session_id participant_id profession_code staff_id is_present",
            (
                {"session_id": f"M{n}", "participant_id": f"{n}{code}", "profession_code": code, "staff_id": f"{code}{n % 4}",
                 "is_present": lots.mostly("true", "false", "-")}
                for n in range(27)
                for code in ("psychologist", "leader")
            ),
        ),
        "session_cases": lots.table(" ".join(cases[0]), cases),
        "agreements": _agreements(lots, sessions),
        "support_requests": _requests(lots, names),
        "handovers": lots.table(
            "child_id from_institution_code to_institution_code handover_date is_written is_oral",
            (
                {"child_id": name, "from_institution_code": lots.one_of("D1", "D2", "D3", "D4"), "to_institution_code": "D6",
                 "handover_date": "2026-05-01", "is_written": lots.mostly("true", "false", "-"),
                 "is_oral": lots.mostly("true", "false", "-")}
                for name in names[:40]
            ),
        ),
        "measures": lots.table(
            "child_id measure_id paragraph_code start_date",
            (
                {"child_id": name, "measure_id": f"m{name}", "paragraph_code": "BL-32-1-3",
                 "start_date": lots.day("2025-06", "2025-12", "2026-01", "2026-04")}
                for name in names[:30]
            ),
        ),
        "staffing": "staff_id profession_code unit_kind_code unit_code from_date hours_per_week\n" + "\n".join(
            f"{district}{n} authority_caseworker district {district} 2024-01-01 37" for district in DISTRICTS for n in range(3)
        ),
    }  # fmt: skip
    return drawn_context(profile, tables)


def _case(lots: Lots, number: int, session: Mapping[str, str]) -> dict[str, str]:
    level, day = lots.mostly("child", "group", "environment"), session["held_date"]
    is_child = level == "child"
    begun = lots.mostly(day)
    return {
        "session_id": session["session_id"], "case_id": f"c{number}", "child_id": f"k{number}" if is_child else "-",
        "is_anonymous": "false", "level_code": level, "case_date": day,
        "consent_status_code": lots.mostly("given", "refused", "unknown") if is_child else "-",
        "consent_date": day if is_child else "-", "agenda_date": lots.mostly(day), "knowledge_date": lots.mostly(day),
        "discussion_date": lots.mostly(day), "agreements_date": lots.mostly(day), "intervention_date": begun,
        "has_goal": "-" if begun == "-" else lots.mostly("true", "false"), "evaluation_date": lots.mostly(day),
        "new_agreements_date": lots.mostly(day), "concern_from_date": lots.mostly("2025-09-01"),
        "is_described_with_learning_analysis": lots.mostly("true", "false", "-"),
        "has_family_taken_part": lots.mostly("true", "false", "-"), "family_areas_covered_count": lots.mostly("6", "3", "-"),
        "support_need_code": lots.mostly("parent_cooperation", "child_intervention", "-"),
    }  # fmt: skip


def _agreements(lots: Lots, sessions: list[dict[str, str]]) -> str:
    header = (
        "agreement_id session_id agreed_date due_date followed_up_date responsible_profession_code cross_action_code"
    )
    rows = []
    for number in range(60):
        session = sessions[number % 27]
        day = session["held_date"]
        rows.append(
            {"agreement_id": f"a{number}", "session_id": session["session_id"], "agreed_date": day,
             "due_date": lots.mostly("2026-06-10"), "followed_up_date": lots.mostly("2026-06-01", "2026-07-01", "-"),
             "responsible_profession_code": lots.mostly("leader"),
             "cross_action_code": lots.mostly("joint", "coordinated", "single_person", "-")}
        )  # fmt: skip
    return lots.table(header, rows)


def _requests(lots: Lots, names: list[str]) -> str:
    rows = []
    for number in range(80):
        level = lots.one_of("child", "environment", "child")
        year = "2026" if number < 50 else "2025"
        rows.append(
            {"request_id": f"r{number}", "institution_code": f"D{1 + number % 6}",
             "child_id": names[number] if level == "child" else "-",
             "support_road_code": lots.mostly("resource_forum", "area_support", "-"), "level_code": lots.mostly(level),
             "support_need_code": "parent_cooperation", "request_date": f"{year}-04-{1 + number % 28:02d}",
             "first_contact_date": f"{year}-05-02", "start_date": lots.mostly(f"{year}-05-10", f"{year}-06-20", "-"),
             "end_date": f"{year}-06-30", "is_in_practice": lots.mostly("true", "false", "-"),
             "has_waited_for_diagnosis": lots.mostly("false", "true", "-"), "has_family_taken_part": lots.mostly("true", "false", "-"),
             "granted_hours_per_week": lots.mostly("5", "12")}
        )  # fmt: skip
    return lots.table(" ".join(rows[0]), rows)


def read_report(context: ReportContext, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A reader of every table of children, cases, agreements and requests in the report, and of its indicators."""
    reader = Reader()
    seen: set[str] = set()

    def watched(rows: Any, **named: Any) -> ProtectedTable:
        rows = list(rows)
        name = named["table_id"]
        if name in LABELS and name not in seen:  # the first time it holds every row
            seen.add(name)
            _take_in(reader, name, rows, [column.name for column in named["columns"] if column.kind == "count"])
        return protect(rows, **named)

    for module in (caseload, division, segregation, told, waits):
        monkeypatch.setattr(module, "protect", watched)
    monkeypatch.setattr(figures, "render", lambda *_, **__: "<svg/>")
    sections: tuple[Callable[[ReportContext], Any], ...] = (
        content_section,
        cases_section,
        waiting_section,
        reach_section,
    )
    found = [section for make in sections if (section := make(context))]
    values = _indicator_values(context)
    _know_sums(reader)
    _know_goals(reader, context)
    for table in (table for section in found for table in section.tables):
        _read(reader, table)
    for key, value in values.items():
        assert value is None or key not in SHARES or _learn_share(reader, *SHARES[key]), key
    return reader


def _take_in(reader: Reader, name: str, rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> None:
    for row in rows:
        for column in columns:
            if row[column] is not None:
                reader.true[name, *(str(row[label]) for label in LABELS[name]), column] = int(row[column])


def _know_sums(reader: Reader) -> None:
    """Rows of a whole, columns of a row, the months of a curve, and what stands in two tables."""
    rows: dict[tuple[str, str], list[Key]] = defaultdict(list)
    for key in reader.true:
        rows[key[0], key[-1]].append(key)
    for (table, _), keys in rows.items():
        if len(LABELS[table]) == 1:
            for total_key in (key for key in keys if key[1] == ALL and len(keys) > 1):
                reader.knows_sum(total_key, [key for key in keys if key != total_key])
    for key in list(reader.true):
        for table, total, parts in SUMS:
            if (key[0], key[-1]) == (table, total):
                reader.knows_sum(key, [(*key[:-1], part) for part in parts.split()])
        for table, whole, part in PARTS:
            if (key[0], key[-1]) == (table, whole):
                reader.knows_part(key, [(*key[:-1], part)])
    _know_months(reader)
    for one, other in (
        (("needs", ALL, "kind_count"), ("cases", ALL, "cases_count")),
        (("professions_by_age", ALL, "cases_count"), ("cases", ALL, "child_case_count")),
        (("actions", ALL, "kind_count"), ("agreements", ALL, "agreements_count")),
        (("waits_start", ALL_REQUESTS, "1\u00a0md.", "whole_count"), ("requests_all", ALL, "requests_count")),
        (("waits_contact", "Første kontakt", "1\u00a0md.", "whole_count"), ("requests_all", ALL, "requests_count")),
        (("waits_start", "Områdesupport", "1\u00a0md.", "whole_count"), ("requests_all", ALL, "area_support_count")),
    ):
        if one in reader.true and other in reader.true:
            reader.knows_sum(one, [other])


def _know_months(reader: Reader) -> None:
    """What came between two months is a part of what has come, and the groups of a month are all."""
    months = [f"{month}\u00a0md." for month in (1, 2, 3, 6)]
    for table, group, month, column in [key for key in reader.true if key[0].startswith("waits")]:
        if month not in months:
            continue
        if column in ("ended_count", "unfollowed_count") and month != months[0]:
            before = (table, group, months[months.index(month) - 1], column)
            reader.knows_part((table, group, month, column), [before])
        if column == "whole_count" and month != months[0]:
            reader.knows_sum((table, group, month, column), [(table, group, months[0], column)])
        groups = [
            key
            for key in reader.true
            if key[0] == table and key[2:] == (month, column) and key[1] not in (ALL_REQUESTS, FIRST_MEASURE)
        ]
        if group == ALL_REQUESTS and groups:
            reader.knows_sum((table, group, month, column), groups)


def _know_goals(reader: Reader, context: ReportContext) -> None:
    """The interventions behind two indicators are parts of the cases about one child."""
    if ("cases", ALL, "child_case_count") not in reader.true:
        return
    (found,) = context.records(GOALS)
    for name, count in found.items():
        reader.true["goals", ALL, name] = int(count)
    for name, other in (
        ("child_case_count", "child_case_count"), ("goal_count", "intervention_step_count"),
        ("evaluation_step_count", "evaluation_step_count"),
    ):  # fmt: skip
        if reader.true["goals", ALL, name] == reader.true["cases", ALL, other]:
            reader.knows_sum(("goals", ALL, name), [("cases", ALL, other)])
    for whole, part in (
        ("child_case_count", "begun_count"), ("begun_count", "goal_count"), ("begun_count", "old_count"),
        ("old_count", "evaluated_count"), ("evaluation_step_count", "evaluated_count"),
    ):  # fmt: skip
        reader.knows_part(("goals", ALL, whole), [("goals", ALL, part)])


def _read(reader: Reader, table: ProtectedTable) -> None:
    """Every count that a table prints; what it hides is to stay hidden."""
    name = PRINTED.get(table.table_id, table.table_id)
    if name not in LABELS:
        return
    labels = [table.column_index(label) for label in LABELS[name]]
    for row in table.rows:
        for place, column in enumerate(table.columns):
            key = (name, *(str(row[label].value) for label in labels), column.name)
            if column.kind == "count" and row[place].value is None:
                reader.hidden.add(key)
            elif column.kind == "count":
                reader.learn(key, row[place].value)


def _indicator_values(context: ReportContext) -> dict[str, Any]:
    tables = indicator_tables(context)
    values = [value for table in tables for value in table.values("value")]
    principles = context.settings.profile.principles
    indicators = context.settings.profile.indicators
    ordered = [each for principle in principles for each in indicators if each.principle == principle.code]
    return {each.measure_id: value for each, value in zip(ordered or indicators, values, strict=True)}


def _learn_share(reader: Reader, table: str, part: str, whole: str) -> bool:
    """Both counts behind an indicator are told with it; False where a table hides one of them."""
    is_printed = any(known[0] == table for known in reader.known) and table != "goals"
    keys = [(table, ALL, name) for name in (part, whole) if (table, ALL, name) in reader.true]
    if is_printed and any(key in reader.hidden for key in keys):
        return False
    for key in keys:
        reader.learn(key, reader.true[key])
    return True


@pytest.mark.parametrize(("profile", "seed"), [("vordingborg_next_step", 13), ("koebenhavn_seks_principper", 10)])
def test_no_few_children_follow_from_the_report(profile: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = read_report(drawn(profile, seed), monkeypatch)
    few = [key for key, count in reader.known.items() if 0 < count < 5]
    assert len(reader.known) > 20
    assert few == []
    assert any(0 < count < 5 for count in reader.true.values()), "the draw has something to hide"
    assert reader.worked_out() == []


WHEN_NEEDED = {
    "institutions": """
        institution_code institution_name institution_type_code district_code
        D1               Birken           daycare               NORD
    """,
    "sessions": "session_id forum_code institution_code planned_date held_date session_status_code level_code\n"
    + "\n".join(
        f"{forum}{n} {forum} D1 2025-10-0{1 + n} 2025-10-0{1 + n} held {level}"
        for forum, levels in (
            ("distriktsteam_dagtilbud", ("group",) * 6), ("netvaerksmoede", ("child",) * 3), ("dialogmoede", ("child",) * 5),
        )
        for n, level in enumerate(levels)
    ),
    "session_roles": "session_id participant_id profession_code staff_id is_present\n"
    + "\n".join(
        f"{forum}{n} {forum}{n}{code} {code} {code}{n} true"
        for forum, meetings in (("netvaerksmoede", 3), ("dialogmoede", 5))
        for n in range(meetings)
        for code in ("authority_caseworker", "leader")
    ),
}  # fmt: skip


def test_few_meetings_about_a_child_each_are_counted_nowhere() -> None:
    """Three network meetings, each with its own caseworker: no role tells of them, and the 6 + 5 others are all meetings there are."""
    context = drawn_context("vordingborg_next_step", WHEN_NEEDED)
    roles, content = roles_section(context), content_section(context)
    assert roles is not None
    assert content is not None
    tables = {table.table_id: table for table in (*roles.tables, *content.tables)}
    network = tables["roles_netvaerksmoede"]
    assert lines_of(network, "held_count", "present_count") == ["hidden | hidden"]
    assert tables["roles_by_forum"].cell("held_count", forum="Netværksmøde").value == 0
    assert lines_of(tables["roles_dialogmoede"], "held_count", "present_count") == ["5 | 5"]
    assert set(tables["content"].values("held_count")) <= {6, 6 + 5}
    assert tables["content"].cell("yes_count", what="Om ét barn").value == 5


@pytest.mark.parametrize(("children", "shown"), [(0, True), (4, False), (5, True)])
def test_levels_are_hidden_where_few_meetings_were_about_a_child(children: int, shown: bool) -> None:
    """Of nine meetings so many were about one child, the rest about a group: one level gives the other back."""
    levels = ["child"] * children + ["group"] * (9 - children)
    sessions = "session_id forum_code institution_code planned_date held_date session_status_code level_code\n" + "\n".join(
        f"M{n} koordineringskonference D1 2025-10-0{1 + n} 2025-10-0{1 + n} held {level}" for n, level in enumerate(levels)
    )  # fmt: skip
    context = drawn_context("ballerup_moedestruktur", {**WHEN_NEEDED, "sessions": sessions})
    section = content_section(context)
    assert section is not None
    told_levels = [section.tables[0].cell("yes_count", what=what).value for what in ("Om ét barn", "Om en gruppe")]
    assert told_levels == ([children, 9 - children] if shown else [None, None])
    assert not section.support.startswith(" ")
    indicator = next(each for each in context.settings.profile.indicators if each.measure_id == "environment_share")
    found = answer(Numbers(context), indicator)
    assert found.value == (pytest.approx(100 * (9 - children) / 9) if shown else None)


def test_what_one_pair_forbids_no_other_tells() -> None:
    """47 of 50 gave consent, 40 of these in time: the 3 are hidden with the 47, and so are the 40, since all but 7 would be the 47."""
    pairs = (("given", "children"), ("in_time", "given"), ("agenda", "children"))
    rule = DisclosureRule()
    assert told.told_pairs({"children": 50, "given": 47, "in_time": 40, "agenda": 30}, pairs, rule) == {
        "agenda",
        "children",
    }
    assert told.told_pairs({"children": 50, "given": 45, "in_time": 40, "agenda": 30}, pairs, rule) == {
        "agenda",
        "children",
        "given",
        "in_time",
    }


@pytest.mark.parametrize(
    ("counts", "may"),
    [((10, 10, 3), False), ((10, 15, 3), True), ((10, 12, 0), True), ((12, 3, 3), True), ((10, 2, 2), False), ((0, 0, 6), True)],
)  # fmt: skip
def test_a_hidden_middle_number_is_of_nobody_knows_how_many(counts: tuple[int, ...], may: bool) -> None:
    """Of 23 cases two groups have 10 or more: the third has 1 to 3. Of 28, 1 to 8; and of 14 two beside one such group 1 to 3 each."""
    rows = [{"known_count": count, "institutions_count": 2} for count in counts]
    assert may_stand_hidden(rows, DisclosureRule()) is may


@pytest.mark.parametrize(
    ("recent", "standing", "reviewed", "expected"),
    [
        (12, {}, 20, 100 * 12 / 30),
        (12, {"special_children_count": CellStatus.HIDDEN}, 20, None),
        (12, {"never_reviewed_count": CellStatus.HIDDEN}, 20, None),
        (12, {}, 14, None),
        (17, {}, 25, None),
    ],
)
def test_reviews_are_told_as_far_as_the_committee_s_report_tells_them(
    recent: int, standing: Mapping[str, Any], reviewed: int, expected: float | None
) -> None:
    """30 children in special settings, 10 never reviewed. Hidden where that report hides them; where 14 - 12 have left since; where
    30 - 10 - 17 were reviewed long ago."""
    counts = {"special_children_count": 30, "never_reviewed_count": 10, **standing}

    def table(table_id: str, label: str, row: Mapping[str, Any]) -> ProtectedTable:
        columns = (
            TableColumn(label, label, "label"),
            *(TableColumn(name, name, "count") for name in row if name != label),
        )
        return protect([dict(row)], table_id=table_id, title="", columns=columns, source="")

    numbers = SimpleNamespace(
        rows=lambda *_: [{"reference_date": LATEST, "recent_review_count": recent}],
        council_tables=(
            table("council_standing", "area", {"area": ALL, **counts}),
            table("council_judged", "period", {"period": text_date(LATEST), "reviewed_count": reviewed}),
        ),
        context=SimpleNamespace(rule=DisclosureRule()),
    )
    found = measured_reviews(cast("Numbers", numbers), cast("Indicator", None))
    assert found.value == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(("begun", "old", "shown"), [(38, 37, False), (30, 40, True), (40, 30, True)])
def test_interventions_and_measures_are_told_where_no_few_cases_are_left(begun: int, old: int, shown: bool) -> None:
    """Of 40 cases 38 have begun, all with a goal: 100 percent and the table of cases would tell of the 2; and so for 3 young cases."""
    header = "session_id case_id child_id is_anonymous level_code case_date intervention_date has_goal evaluation_date"
    cases = "\n".join(
        f"M1 c{n} k{n} false child {'2025-10-01' if n < old else '2026-05-01'} {'2025-10-01' if n < begun else '-'} true 2025-10-01"
        for n in range(40)
    )
    sessions = "session_id forum_code institution_code planned_date held_date session_status_code\n" + "\n".join(
        f"M{n} ressourceteam D1 {day} {day} held" for n, day in enumerate(("2025-10-01", "2025-10-01"))
    )
    tables = {"institutions": WHEN_NEEDED["institutions"], "sessions": sessions, "session_cases": f"{header}\n{cases}"}
    numbers = Numbers(drawn_context("dragoer_ressourceteam", tables))
    indicators = numbers.context.settings.profile.indicators
    after = next(each for each in indicators if each.measure_id == "measures_after_meeting_share")
    goal = MEASURES["goal_share"](numbers, after).value
    assert goal == (100 if shown else None)
    assert MEASURES["measures_after_meeting_share"](numbers, after).value == (0 if shown else None)


def test_an_indicator_knows_no_more_than_its_reader() -> None:
    """A mean with all its decimals tells how many it is of."""
    context = drawn("koebenhavn_seks_principper", 10)
    values = [value for table in indicator_tables(context) for value in table.values("value") if value is not None]
    assert values == [round(value, 1) for value in values]
    assert any(value != round(value) for value in values)
