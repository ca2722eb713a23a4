"""Does the cooperation reach everybody? Institutions with a meeting, children named, the same team, trained staff, handovers.

Children are counted where they live. How many are named is held against the share that the document itself speaks of: more than that
is a sign that too many are named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.codes import load_code_table
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.cooperation.basis import capital, counted_section, not_come, report_year, summed
from pipelines.committee.cooperation.caseload import caseload_table
from pipelines.committee.cooperation.told import area_table, whole_pair
from pipelines.committee.missing import missing_section, missing_words
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import TotalColumn
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.publish.answer_bars import AnswerWords, answer_bars
from pipelines.publish.danish import count_and_share, number
from pipelines.publish.figures import FigureWords
from pipelines.publish.section import DeclaredNumber, Figure, HowSure, Section

QUESTION = "Når samarbejdet alle?"
NAMED_PAIR = ("named_count", "residents_count")
HANDOVER_PAIRS = (("written_count", "told_count"), ("oral_count", "told_count"), ("both_count", "told_count"))

_REACHED = """
SELECT forum_code, district_code, count(*) AS units_count, count(*) FILTER (WHERE all_held_count > 0) AS reached_count
FROM marts.mart_forum_cadence
WHERE school_year = ? AND unit_kind_code = 'institution'
GROUP BY forum_code, district_code
ORDER BY forum_code, district_code
"""
_NAMED = """
WITH last_day AS (
    SELECT max(day_date) AS day_date
    FROM core.dim_day
    WHERE school_year = ?
),
named AS (
    SELECT DISTINCT child_id
    FROM core.fct_session_case
    WHERE school_year = ? AND is_held AND is_consent_needed AND child_id IS NOT NULL
)
SELECT residences.district_code, count(*) AS residents_count, count(named.child_id) AS named_count
FROM last_day
INNER JOIN core.fct_residence AS residences
    ON residences.start_date <= last_day.day_date
    AND (residences.end_date IS NULL OR residences.end_date >= last_day.day_date)
INNER JOIN core.dim_child AS children
    ON residences.child_id = children.child_id AND children.turns_18_date > last_day.day_date
LEFT JOIN named ON residences.child_id = named.child_id
WHERE residences.is_own_municipality
GROUP BY residences.district_code
ORDER BY residences.district_code
"""
_CONTINUITY = """
WITH people AS (
    SELECT forum_code, profession_code, district_code, count(DISTINCT staff_id) AS staff_count
    FROM core.fct_session_role
    WHERE school_year = ? AND is_held AND is_present
    GROUP BY forum_code, profession_code, district_code
),
meetings AS (
    SELECT forum_code, profession_code, district_code, sum(later_count) AS later_count, sum(same_count) AS same_count
    FROM marts.mart_team_continuity
    WHERE school_year = ?
    GROUP BY forum_code, profession_code, district_code
)
SELECT meetings.forum_code, meetings.profession_code, meetings.district_code, meetings.later_count, meetings.same_count,
       people.staff_count
FROM meetings
INNER JOIN people
    ON meetings.forum_code = people.forum_code AND meetings.profession_code = people.profession_code
    AND coalesce(meetings.district_code, '') = coalesce(people.district_code, '')
ORDER BY meetings.forum_code, meetings.profession_code, meetings.district_code
"""
_HANDOVERS = """
SELECT district_code, handovers_count, both_count, written_only_count, oral_only_count, neither_count, unknown_count,
       handovers_count - unknown_count AS told_count, both_count + written_only_count AS written_count,
       both_count + oral_only_count AS oral_count
FROM marts.mart_handover
WHERE school_year = ?
ORDER BY district_code
"""
TRAINING_QUERY = """
SELECT training_kind_code, profession_code, staff_count, trained_count
FROM marts.mart_training
WHERE school_year = ?
ORDER BY training_kind_code, profession_code
"""


@dataclass(frozen=True)
class _Asked:
    """Which parts of the question the profile's indicators ask."""

    measures: frozenset[str]

    def any_of(self, *measures: str) -> bool:
        return bool(self.measures & set(measures))


def reach_section(context: ReportContext) -> Section | None:
    """The section *Når samarbejdet alle?*; None where no indicator of the profile asks."""
    profile = context.settings.profile
    asked = _Asked(frozenset(indicator.measure_id for indicator in profile.indicators))
    sources = _sources(asked, has_trainings=bool(profile.trainings))
    if not sources:
        return None
    missing = not_come(context, sources)
    if missing == sources:
        return missing_section("reach", QUESTION, missing)
    year = report_year(context)
    reached = reached_table(context) if profile.forums and "sessions" not in missing else None
    named = named_counts(context) if "session_cases" in sources and "session_cases" not in missing else None
    tables = [*([reached] if reached else []), *([_printed_named(named, year)] if named else [])]
    tables += (
        continuity_table(context) if asked.any_of("team_continuity_share") and "session_roles" not in missing else []
    )
    tables += training_table(context) if profile.trainings and "training" not in missing else []
    tables += _caseload(context)
    tables += (
        [_printed_handovers(handover_counts(context), year)]
        if "handovers" in sources and "handovers" not in missing
        else []
    )
    figures = _figure(context, reached, year) if reached else ()
    guard = _guard_words(context, named) if named else ""
    return counted_section(
        "reach",
        QUESTION,
        *_said(reached, named),
        tables=tables,
        figures=figures,
        how_sure=HowSure(
            number="Alle institutioner og børn i registrene er talt med. Der er ingen tilfældig usikkerhed.",
            cause="Et barn kan have brug for hjælp uden at være nævnt. Et nævnt barn kan klare sig fint.",
            data=f"{missing_words(missing) if missing else 'Alle kilder til afsnittet er modtaget.'} {guard}".strip(),
            needed=_needed_words(reached),
        ),
        not_shown=("Tallene siger ikke, om de rigtige børn blev nævnt.",),
        method=(
            f"Tallene er for skoleåret {year}. Et barn er nævnt, når det er drøftet med navn på et holdt møde.",
            "Børn tælles i det distrikt, hvor de bor på skoleårets sidste dag.",
        ),
        declared=_limits(context),
    )


def _sources(asked: _Asked, *, has_trainings: bool) -> tuple[str, ...]:
    by_measure = {
        "sessions": asked.any_of("institutions_reached_share", "held_share"),
        "session_cases": asked.any_of("children_named_share"),
        "session_roles": asked.any_of("team_continuity_share"),
        "training": has_trainings,
        "handovers": asked.any_of("handover_written_share", "handover_oral_share", "handover_professionals_share"),
    }
    return tuple(source for source, is_asked in by_measure.items() if is_asked)


def reached_table(context: ReportContext) -> ProtectedTable:
    """Per forum and district: institutions that should hold meetings, and those that held one."""
    year = report_year(context)
    titles = context.settings.profile.forum_titles
    records = context.records(_REACHED, [year])
    rows = [
        {**row, "what": capital(titles[row["forum_code"]]), "area": context.area_name(row["district_code"])}
        for row in records
    ]
    rows.sort(key=lambda row: (str(row["what"]), context.danish_order(str(row["area"]))))
    total = {
        "what": WHOLE_MUNICIPALITY,
        "area": WHOLE_MUNICIPALITY,
        **summed(records, ("units_count", "reached_count")),
    }
    return protect(
        [*rows, total],
        table_id="reached",
        title=f"Institutioner med mindst ét holdt møde, skoleåret {year}",
        columns=(
            TableColumn("what", "Mødeform", "label"),
            TableColumn("area", "Distrikt", "label"),
            TableColumn("units_count", "Institutioner", "number"),
            TableColumn("reached_count", "Heraf med møde", "number"),
        ),
        source=_source(context),
        rule=context.rule,
    )


def named_counts(context: ReportContext) -> ProtectedTable:
    """Children who live here, and those of them who were named at a meeting, per district."""
    year = report_year(context)
    return area_table(
        context,
        context.records(_NAMED, [year, year]),
        table_id="named_all",
        columns=(
            TableColumn("residents_count", "Børn", "count"),
            TableColumn("named_count", "Nævnt på et møde", "count"),
        ),
        pairs=(NAMED_PAIR,),
        source=_source(context),
    )


def _printed_named(counts: ProtectedTable, year: str) -> ProtectedTable:
    title = f"Børn, der er nævnt på et møde, efter hvor de bor, skoleåret {year}"
    return counts.excerpt("named", title=title, columns=["area", "residents_count", "named_count"])


def continuity_table(context: ReportContext) -> list[ProtectedTable]:
    """Attendances of staff who were at the unit's former meeting too, for the profession that the profile's indicators name."""
    year = report_year(context)
    asked = {
        (indicator.forum, indicator.profession)
        for indicator in context.settings.profile.indicators
        if indicator.measure_id == "team_continuity_share"
    }
    records = [
        row
        for row in context.records(_CONTINUITY, [year, year])
        if (row["forum_code"], row["profession_code"]) in asked
    ]
    if not records:
        return []
    rows = [{**row, "area": context.area_name(row["district_code"])} for row in records]
    # one district with few members of staff hides the others' rows too: the whole less the rest would give it back
    if any(row["staff_count"] < context.rule.minimum_staff for row in rows):
        rows = []
    rows.sort(key=lambda row: context.danish_order(str(row["area"])))
    people = sum(int(row["staff_count"] or 0) for row in records)
    total = {"area": WHOLE_MUNICIPALITY, **summed(records, ("later_count", "same_count")), "staff_count": people}
    table = protect(
        [*rows, total],
        table_id="continuity",
        title=f"Fremmøder af det faste team, skoleåret {year}",
        columns=(
            TableColumn("area", "Distrikt", "label"),
            TableColumn("later_count", "Fremmøder efter et møde", "number", staff="staff_count"),
            TableColumn("same_count", "Var også med sidst", "number", staff="staff_count"),
        ),
        source=_source(context),
        rule=context.rule,
    )
    return [table]


def training_table(context: ReportContext) -> list[ProtectedTable]:
    """Staff attached on 30 September, in the professions of the forums that the promise is about, and those trained."""
    profile = context.settings.profile
    year = report_year(context)
    records = context.records(TRAINING_QUERY, [year])
    titles = load_code_table("training_kinds").titles()
    rows: list[dict[str, Any]] = []
    for promise in profile.trainings:
        who = professions_of(context, promise.forums)
        of_kind = [row for row in records if row["training_kind_code"] == promise.training_kind]
        own = [row for row in of_kind if row["profession_code"] in who]
        rows.append({"what": capital(titles[promise.training_kind]), **summed(own, ("staff_count", "trained_count"))})
    if not any(row["staff_count"] for row in rows):
        return []
    table = protect(
        rows,
        table_id="training",
        title=f"Uddannede medarbejdere, 30. september i skoleåret {year}",
        columns=(
            TableColumn("what", "Uddannelse", "label"),
            TableColumn("staff_count", "Medarbejdere", "number", staff="staff_count"),
            TableColumn("trained_count", "Heraf uddannet", "number", staff="staff_count"),
        ),
        source=f"Kilde: {context.settings.municipality.name}s liste over uddannelse.",
        rule=context.rule,
    )
    return [table]


def _caseload(context: ReportContext) -> list[ProtectedTable]:
    """Children per caseworker, where the profile asks and both sources have come."""
    if not_come(context, ("staffing", "measures")):
        return []
    table = caseload_table(context)
    return [table] if table else []


def professions_of(context: ReportContext, forums: Sequence[str]) -> set[str]:
    """Every profession that a role of the forums may be filled by."""
    own = (forum for forum in context.settings.profile.all_forums if forum.code in forums)
    return {code for forum in own for role in forum.roles for code in (role.profession, *role.or_professions)}


def handover_counts(context: ReportContext) -> ProtectedTable:
    """Children's changes of institution per district, and how knowledge was handed over."""
    parts = ("both_count", "written_only_count", "oral_only_count", "neither_count", "unknown_count")
    titles = ("Begge dele", "Kun skriftligt", "Kun mundtligt", "Ingen af delene", "Ikke noteret")
    return area_table(
        context,
        context.records(_HANDOVERS, [report_year(context)]),
        table_id="handovers_all",
        columns=(
            TableColumn("handovers_count", "Skift", "count"),
            *(TableColumn(name, title, "count") for name, title in zip(parts, titles, strict=True)),
            TableColumn("told_count", "Med svar", "count"),
            TableColumn("written_count", "Skriftligt", "count"),
            TableColumn("oral_count", "Mundtligt", "count"),
        ),
        pairs=HANDOVER_PAIRS,
        divisions=(
            TotalColumn("handovers_count", parts),
            TotalColumn("handovers_count", ("told_count", "unknown_count")),
            TotalColumn("written_count", ("both_count", "written_only_count")),
            TotalColumn("oral_count", ("both_count", "oral_only_count")),
        ),
        source=f"Kilde: {context.settings.municipality.name}s overdragelser.",
    )


def _printed_handovers(counts: ProtectedTable, year: str) -> ProtectedTable:
    names = [column.name for column in counts.columns[:7]]
    return counts.excerpt("handovers", title=f"Overdragelse, når et barn skifter, skoleåret {year}", columns=names)


def _said(reached: ProtectedTable | None, named: ProtectedTable | None) -> tuple[str, str]:
    """(The answer, what stands under it)."""
    said = []
    if reached:
        units, held = _units(reached)
        whole = f"{number(held)} af {number(units)} institutioner har holdt møde."
        said.append(whole if units else "Vi ved ikke, hvilke institutioner der skal holde møde.")
    pair = whole_pair(named, *NAMED_PAIR) if named else None
    if pair and pair[1]:
        said.append(f"{count_and_share(*pair, 'børn')} er nævnt på et møde.")
    return (said[0], " ".join(said[1:])) if said else ("Tallene om uddannelse og skift står i tabellerne.", "")


def _needed_words(reached: ProtectedTable | None) -> str:
    """What is to be done: hold meetings with those that are not reached, where there are any."""
    if reached and _units(reached)[0] == _units(reached)[1] > 0:
        return "Hold fast i møderne, og se på tallet igen næste år."
    return "Hold møder med dem, der ikke er nået, og se på tallet igen næste år."


def _units(reached: ProtectedTable) -> tuple[int, int]:
    """(Institutions that should hold meetings, those that did) in the whole municipality."""
    units, held = (reached.cell(name, what=WHOLE_MUNICIPALITY).value for name in ("units_count", "reached_count"))
    return int(units or 0), int(held or 0)


def _guard_words(context: ReportContext, named: ProtectedTable) -> str:
    """Whether more are named than the document itself speaks of; exactly as many are not more."""
    guard, pair = context.settings.profile.overdetection, whole_pair(named, *NAMED_PAIR)
    if guard is None or pair is None or not pair[1]:
        return ""
    span = f"{number(guard.from_percent)}-{number(guard.to_percent)} procent"
    if 100 * pair[0] <= guard.to_percent * pair[1]:
        return f"Der er ikke nævnt flere børn end de {span}, dokumentet skriver om."
    whose = " Grænsen er vores valg." if guard.is_proposed_by_us else ""
    return f"Der er nævnt flere børn end de {span}, dokumentet skriver om. Det kan være et tegn på for mange bekymringer.{whose}"


def _limits(context: ReportContext) -> tuple[DeclaredNumber, ...]:
    guard = context.settings.profile.overdetection
    limits = (guard.from_percent, guard.to_percent) if guard else ()
    return tuple(
        DeclaredNumber(number(limit), "dokumentets grænse for, hvor mange børn der tales om") for limit in limits
    )


def _figure(context: ReportContext, table: ProtectedTable, year: str) -> tuple[Figure, ...]:
    """Institutions with a meeting, district by district, of the forum with most institutions."""
    sizes: dict[str, int] = {}
    for what, units in zip(table.values("what"), table.values("units_count"), strict=True):
        if what != WHOLE_MUNICIPALITY:
            sizes[str(what)] = sizes.get(str(what), 0) + int(units or 0)
    if not sizes:
        return ()
    largest = max(sizes, key=lambda what: (sizes[what], what))
    words = FigureWords(
        figure_id="reached",
        title=f"{largest}: hvor mange institutioner har holdt møde?",
        subtitle=f"Institutioner med mindst ét holdt møde i skoleåret {year}, pr. distrikt.",
        source=_source(context),
        constructed=context.is_constructed,
    )
    own = table.excerpt("reached", title=table.title, keep_row=lambda row: row["what"] == largest)
    answers = AnswerWords("mindst ét møde", "intet møde")
    return (
        answer_bars(
            own, words, label="area", whole="units_count", yes="reached_count", answers=answers, noun="institutioner"
        ),
    )


def _source(context: ReportContext) -> str:
    return f"Kilde: {context.settings.municipality.name}s mødelog og registre."
