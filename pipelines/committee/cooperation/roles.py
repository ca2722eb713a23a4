"""Are the right people there? Per forum and role that the document requires: present, absent, and not written down.

A role is told only where enough members of staff stand behind it, so that nobody can read out of a table who stayed away; and where
nobody at all does, since 0 of so many meetings is then what a leader must see and tells of no one. By district it is told where that
holds of every district, since the whole less the others would give the last one back.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import combinations
from typing import Any

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.committee.cooperation.basis import (
    capital,
    counted_section,
    few_forums,
    has_come,
    not_come,
    of_the_whole,
    report_year,
    role_title,
    summed,
)
from pipelines.committee.missing import missing_section
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import CellStatus, ProtectedTable, TableColumn
from pipelines.municipalities.parts import Forum, ForumWhenNeeded, Role
from pipelines.publish.answer_bars import AnswerWords, answer_bars
from pipelines.publish.danish import joined, number
from pipelines.publish.figures import FigureWords
from pipelines.publish.section import DeclaredNumber, Figure, HowSure, Section

QUESTION = "Er de rigtige med?"
SOURCES = ("sessions", "session_roles")
ALL_SHOWN = "Alle viste roller"

_ROLES = """
SELECT forum_code, role_number, district_code, sum(held_count) AS held_count, sum(present_count) AS present_count,
       sum(absent_count) AS absent_count, sum(unknown_count) AS unknown_count, sum(invited_count) AS invited_count
FROM marts.mart_session_role
WHERE school_year = ?
GROUP BY forum_code, role_number, district_code
ORDER BY forum_code, role_number, district_code
"""
_STAFF = """
SELECT participants.forum_code, roles.role_number, participants.district_code, participants.staff_id
FROM core.fct_session_role AS participants
LEFT JOIN core.dim_institution AS institutions ON participants.institution_code = institutions.institution_code
INNER JOIN codes.forum_roles AS roles
    ON participants.forum_code = roles.forum_code AND participants.profession_code = roles.profession_code
    AND coalesce(roles.institution_type_code, institutions.institution_type_code, '')
    = coalesce(institutions.institution_type_code, '')
WHERE participants.school_year = ? AND participants.is_held
ORDER BY participants.forum_code, roles.role_number, participants.district_code, participants.staff_id
"""
_EMPLOYED = """
WITH school_year AS (
    SELECT min(day_date) AS first_date, max(day_date) AS last_date
    FROM core.dim_day
    WHERE school_year = ?
)
SELECT roles.forum_code, roles.role_number, staffing.staff_id
FROM core.fct_staffing AS staffing
CROSS JOIN school_year
LEFT JOIN core.dim_institution AS institutions
    ON staffing.unit_kind_code = 'institution' AND staffing.unit_code = institutions.institution_code
INNER JOIN codes.forum_roles AS roles
    ON staffing.profession_code = roles.profession_code
    AND coalesce(roles.institution_type_code, institutions.institution_type_code, '')
    = coalesce(institutions.institution_type_code, roles.institution_type_code, '')
WHERE staffing.start_date <= school_year.last_date
    AND (staffing.end_date IS NULL OR staffing.end_date >= school_year.first_date)
ORDER BY roles.forum_code, roles.role_number, staffing.staff_id
"""
_PRESENCE = {"required": "altid", "start_phase": "i startfasen"}
_COUNTS = ("held_count", "present_count", "absent_count", "unknown_count")
_NUMBERS = (
    TableColumn("held_count", "Møder holdt", "number"),
    TableColumn("present_count", "Var med", "number", staff="staff_count"),
    TableColumn("absent_count", "Var ikke med", "number", staff="staff_count"),
    TableColumn("unknown_count", "Ikke noteret", "number", staff="staff_count"),
)
_ROLE = (TableColumn("role", "Rolle", "label"), TableColumn("presence", "Skal være med", "label"))

AnyForum = Forum | ForumWhenNeeded


@dataclass(frozen=True)
class RoleCounts:
    """Counts of one school year per forum, role and district; who stands on the meetings' lists in it, and who could have.

    `listed` has a row per participant, without a staff_id where the list names nobody. `employed` are all members of staff of the
    role's professions, where they were delivered. `enough`: so many members of staff a figure needs behind it.
    `few` are the forums whose meetings are too few to count.
    """

    year: str
    records: Sequence[dict[str, Any]]
    listed: Sequence[dict[str, Any]]
    employed: Sequence[dict[str, Any]]
    enough: int
    few: Set[str]

    def row(self, forum: AnyForum, role_number: int, *, district: str | None = None) -> dict[str, Any]:
        """The counts of a role in the whole municipality, or in a district, and how many members of staff stand behind."""
        of_role = partial(_is_of_role, forum=forum, role_number=role_number)
        own = [row for row in self.records if of_role(row, district=district)]
        listed = {row["staff_id"] for row in self.listed if of_role(row, district=district)}
        employed = {row["staff_id"] for row in self.employed if of_role(row)}
        return {**summed(own, _COUNTS), "staff_count": self._staff_behind(listed, employed)}

    def _staff_behind(self, listed: Set[str | None], employed: Set[str]) -> int:
        """Those on the lists. Where the lists have no one, those who could have come; and where there is no such person either, nobody
        can be picked out, so that it is as good as enough."""
        if listed:
            return len(listed - {None})
        return len(employed) or self.enough

    def districts(self, forum: AnyForum, role_number: int) -> list[str]:
        """The districts in which the role was due at any meeting."""
        own = (row for row in self.records if (row["forum_code"], row["role_number"]) == (forum.code, role_number))
        return sorted({str(row["district_code"]) for row in own if row["district_code"] is not None})


def _is_of_role(row: dict[str, Any], *, forum: AnyForum, role_number: int, district: str | None = None) -> bool:
    is_role = row["forum_code"] == forum.code and row["role_number"] == role_number
    return is_role and (district is None or row["district_code"] == district)


def roles_section(context: ReportContext) -> Section | None:
    """The section *Er de rigtige med?*; None where the profile names nobody who must be there."""
    forums = [forum for forum in context.settings.profile.all_forums if _due_roles(context, forum)]
    if not forums:
        return None
    missing = not_come(context, SOURCES)
    if missing:
        return missing_section("roles", QUESTION, missing)
    counts = read_role_counts(context)
    tables = [_role_table(context, forum, counts) for forum in forums]
    summary = _summary(context, forums, tables, counts.year)
    by_district = [table for forum in forums for table in _district_tables(context, forum, counts)]
    return counted_section(
        "roles",
        QUESTION,
        _answer(summary),
        tables=(summary, *tables, *by_district),
        figures=_figure(context, forums, tables, counts.year),
        how_sure=HowSure(
            number="Alle holdte møder er talt med, også dem uden for rytmen. Der er ingen tilfældig usikkerhed.",
            cause="Loggen siger ikke, hvorfor en faggruppe ikke var med.",
            data=_data_words(summary),
            needed="Skriv ved hvert møde, hvem der var inviteret, og hvem der kom.",
        ),
        not_shown=(
            "Tallene handler om roller. De siger intet om den enkelte medarbejder.",
            f"Roller med færre end {context.rule.minimum_staff} medarbejdere bag er skjult. Har ingen haft rollen, står der 0.",
        ),
        method=(
            "En rolle er fyldt, når én af de faggrupper, der kan have den, var med. Er intet noteret, tæller mødet for sig.",
            "Et distrikt vises kun, når rollen har nok medarbejdere i alle distrikter.",
        ),
        declared=(DeclaredNumber(str(context.rule.minimum_staff), "medarbejdere, der mindst skal stå bag et tal"),),
    )


def read_role_counts(context: ReportContext) -> RoleCounts:
    """The counts of the latest whole school year."""
    year = report_year(context)
    records = context.records(_ROLES, [year])
    return RoleCounts(
        year,
        records=records,
        listed=context.records(_STAFF, [year]),
        employed=context.records(_EMPLOYED, [year]) if has_come(context, "staffing") else (),
        enough=context.rule.minimum_staff,
        few=_few_forums(context, records),
    )


def _few_forums(context: ReportContext, records: Sequence[dict[str, Any]]) -> set[str]:
    """Those that meet when needed, where a role was due at few meetings, or at few meetings more than another."""
    held: dict[str, dict[int, int]] = {}
    for row in records:
        of_forum = held.setdefault(row["forum_code"], {})
        of_forum[row["role_number"]] = of_forum.get(row["role_number"], 0) + int(row["held_count"] or 0)
    few: set[str] = set()
    for code, by_role in held.items():
        counts = sorted({0, *by_role.values()})
        steps = [(code, more - fewer) for fewer, more in combinations(counts, 2)]
        few |= {forum for step in steps for forum in few_forums(context, [step])}
    return few


def _due_roles(context: ReportContext, forum: AnyForum) -> list[tuple[int, Role]]:
    """The roles that must be there, with their number in `codes.forum_roles`; those of the start phase only while it lasted."""
    kinds = {"required"} if start_phase_is_over(context) else set(_PRESENCE)
    return [(number, role) for number, role in enumerate(forum.roles, start=1) if role.presence in kinds]


def start_phase_is_over(context: ReportContext) -> bool:
    """Whether the document's first phase had ended before the school year that is reported."""
    ends = [phase.to_date for phase in context.settings.profile.phases if phase.to_date]
    year_begins = date(int(report_year(context)[:4]), 8, 1)
    return bool(ends) and min(ends) <= year_begins


def role_name(role: Role) -> str:
    """The role's title, with the kinds of institution where it is not due everywhere."""
    if not role.institution_types:
        return capital(role_title(role))
    types = load_code_table("institution_types").titles()
    return f"{capital(role_title(role))} ({joined([types[code] for code in role.institution_types])})"


def _role_table(context: ReportContext, forum: AnyForum, counts: RoleCounts) -> ProtectedTable:
    """One row per role in the whole municipality; roles of a forum without any meeting are not received."""
    rows = []
    for role_number, role in _due_roles(context, forum):
        found = counts.row(forum, role_number)
        numbers = (
            found if found["held_count"] else {**dict.fromkeys(_COUNTS, CellStatus.NOT_RECEIVED), "staff_count": 0}
        )
        if forum.code in counts.few:
            numbers = {**dict.fromkeys(_COUNTS, CellStatus.HIDDEN), "staff_count": 0}
        rows.append({"role": role_name(role), "presence": _PRESENCE[role.presence], **numbers})
    return protect(
        rows,
        table_id=f"roles_{forum.code}",
        title=f"{capital(forum.title)}: hvem var med, skoleåret {counts.year}",
        columns=(*_ROLE, *_NUMBERS),
        source=_source(context),
        rule=context.rule,
    )


def _district_tables(context: ReportContext, forum: AnyForum, counts: RoleCounts) -> tuple[ProtectedTable, ...]:
    """The roles that may be told of every district, district by district; no table where there are none."""
    rows = []
    for role_number, role in _due_roles(context, forum):
        own = [(code, counts.row(forum, role_number, district=code)) for code in counts.districts(forum, role_number)]
        if len(own) < 2 or any(row["staff_count"] < context.rule.minimum_staff for _, row in own):
            continue
        if _tells_of_few(context, forum, counts.row(forum, role_number), [row for _, row in own]):
            continue
        named = [{"role": role_name(role), "area": context.area_name(code), **row} for code, row in own]
        rows += sorted(named, key=lambda row: context.danish_order(str(row["area"])))
    if not rows:
        return ()
    table = protect(
        rows,
        table_id=f"roles_by_district_{forum.code}",
        title=f"{capital(forum.title)}: hvem var med i hvert distrikt, skoleåret {counts.year}",
        columns=(_ROLE[0], TableColumn("area", "Distrikt", "label"), *_NUMBERS),
        source=_source(context),
        rule=context.rule,
    )
    return (table,)


def _tells_of_few(
    context: ReportContext, forum: AnyForum, whole: dict[str, Any], parts: Sequence[dict[str, Any]]
) -> bool:
    """Whether any district, or what is without one, has few meetings of a forum that meets when needed."""
    held = [int(row["held_count"]) for row in parts]
    return any(few_forums(context, [(forum.code, count)]) for count in (*held, int(whole["held_count"]) - sum(held)))


def _summary(
    context: ReportContext, forums: Sequence[AnyForum], tables: Sequence[ProtectedTable], year: str
) -> ProtectedTable:
    """Per forum the sum over the roles that are shown and always due, so that no sum gives a hidden role back."""
    shown = {"staff_count": context.rule.minimum_staff}
    rows: list[dict[str, Any]] = [
        {"forum": capital(forum.title), **_shown_sums(table), **shown}
        for forum, table in zip(forums, tables, strict=True)
    ]
    total = {**summed(rows, _COUNTS), **shown}
    return protect(
        [*rows, {"forum": ALL_SHOWN, **total}],
        table_id="roles_by_forum",
        title=f"Roller, der altid skal være med, skoleåret {year}",
        columns=(TableColumn("forum", "Mødeform", "label"), *_NUMBERS),
        source=f"{_source(context)} Hvert møde tæller én gang for hver vist rolle.",
        rule=context.rule,
    )


def _shown_sums(table: ProtectedTable) -> dict[str, int]:
    present = table.values("present_count")
    always = [presence == _PRESENCE["required"] for presence in table.values("presence")]
    kept = [place for place, value in enumerate(present) if value is not None and always[place]]
    return {name: sum(int(table.values(name)[place] or 0) for place in kept) for name in _COUNTS}


def _answer(summary: ProtectedTable) -> str:
    held, present, unknown = (
        summary.cell(name, forum=ALL_SHOWN) for name in ("held_count", "present_count", "unknown_count")
    )
    if not held.value:
        return "Der er for få medarbejdere eller møder til at vise, hvem der var med."
    untold = f" {number(float(unknown.value))} gange er det ikke noteret." if unknown.value else ""
    return f"De roller, der altid skal være med, var der {of_the_whole(present, held)} gange.{untold}"


def _data_words(summary: ProtectedTable) -> str:
    if summary.cell("unknown_count", forum=ALL_SHOWN).value:
        return "Hvor ingen har noteret, hvem der kom, tæller mødet hverken for eller imod."
    return "Det er noteret for alle viste roller, hvem der kom."


def _figure(
    context: ReportContext, forums: Sequence[AnyForum], tables: Sequence[ProtectedTable], year: str
) -> tuple[Figure, ...]:
    """The roles of the first forum that shows any."""
    for forum, table in zip(forums, tables, strict=True):
        if any(value is not None for value in table.values("present_count")):
            words = FigureWords(
                figure_id="roles",
                title=f"{capital(forum.title)}: hvor ofte var hver rolle med?",
                subtitle=f"Holdte møder i skoleåret {year}, hele kommunen.",
                source=_source(context),
                constructed=context.is_constructed,
            )
            answers = AnswerWords("var med", "var ikke med", "ikke noteret")
            bars = answer_bars(
                table,
                words,
                label="role",
                whole="held_count",
                yes="present_count",
                unknown="unknown_count",
                answers=answers,
            )
            return (bars,)
    return ()


def _source(context: ReportContext) -> str:
    return f"Kilde: {context.settings.municipality.name}s mødelog og deltagerlister."
