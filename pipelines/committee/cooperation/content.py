"""What are the meetings used for? Kind, level, joint observation, preparation, follow-up and activities of the held meetings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.committee.cooperation.ages import asks_professions, professions_said, professions_table
from pipelines.committee.cooperation.agreements import (
    agreement_counts,
    agreement_tables,
    followed_words,
    promises_agreements,
)
from pipelines.committee.cooperation.basis import (
    capital,
    counted_section,
    few_forums,
    has_come,
    not_come,
    of_the_whole,
    report_year,
    summed,
)
from pipelines.committee.cooperation.cases import promises_documentation
from pipelines.committee.missing import missing_section, missing_words
from pipelines.disclosure.protect import protect
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import CellStatus, ProtectedTable, TableColumn
from pipelines.municipalities.profile import Profile
from pipelines.publish.answer_bars import AnswerWords, answer_bars
from pipelines.publish.figures import FigureWords
from pipelines.publish.section import Figure, HowSure, Section

QUESTION = "Hvad bruges møderne til?"
ASKED = {"prevention_share", "environment_share", "joint_observation_share", "activity_share"}

CONTENT_QUERY = """
SELECT forum_code, district_code, unit_kind_code, unit_code, held_count, child_level_count, group_level_count,
       environment_level_count, unknown_level_count, preventive_count, anticipatory_count, intervening_count,
       unknown_prevention_count, joint_observation_count, unknown_joint_observation_count, prepared_count,
       unknown_prepared_count, followed_up_count, unknown_followed_up_count, second_part_count, unknown_second_part_count
FROM marts.mart_session_content
WHERE school_year = ?
ORDER BY forum_code, unit_kind_code, unit_code
"""
_ACTIVITIES = """
SELECT forum_code, session_activity_code, sum(held_count) AS held_count
FROM marts.mart_session_activity
WHERE school_year = ?
GROUP BY forum_code, session_activity_code
ORDER BY forum_code, session_activity_code NULLS LAST
"""
_OWNERSHIPS = """
SELECT cadence.forum_code, institutions.ownership_code, count(*) AS units_count,
       count(*) FILTER (WHERE cadence.all_held_count > 0) AS reached_count, sum(cadence.all_held_count) AS held_count,
       sum(content.preventive_count) AS preventive_count, sum(content.joint_observation_count) AS joint_observation_count
FROM marts.mart_forum_cadence AS cadence
INNER JOIN core.dim_institution AS institutions ON cadence.unit_code = institutions.institution_code
LEFT JOIN marts.mart_session_content AS content
    ON cadence.school_year = content.school_year AND cadence.forum_code = content.forum_code
    AND cadence.unit_kind_code = content.unit_kind_code AND cadence.unit_code = content.unit_code
WHERE cadence.school_year = ? AND cadence.unit_kind_code = 'institution' AND institutions.ownership_code IS NOT NULL
GROUP BY cadence.forum_code, institutions.ownership_code
ORDER BY cadence.forum_code, institutions.ownership_code
"""


@dataclass(frozen=True)
class _What:
    """One thing a meeting may be: its words, the counts of the mart that say so, and the one that says nobody knows."""

    words: str
    yes: tuple[str, ...]
    unknown: str


_EARLY = _What(
    "Forebyggende eller foregribende", ("preventive_count", "anticipatory_count"), "unknown_prevention_count"
)
_WHATS = (
    _EARLY,
    _What("Heraf forebyggende", ("preventive_count",), "unknown_prevention_count"),
    _What("Heraf foregribende", ("anticipatory_count",), "unknown_prevention_count"),
    _What("Indgribende", ("intervening_count",), "unknown_prevention_count"),
    _What("Om læringsmiljøet", ("environment_level_count",), "unknown_level_count"),
    _What("Om en gruppe", ("group_level_count",), "unknown_level_count"),
    _What("Om ét barn", ("child_level_count",), "unknown_level_count"),
    _What("Ud fra fælles iagttaget praksis", ("joint_observation_count",), "unknown_joint_observation_count"),
    _What("Forberedt af lederen", ("prepared_count",), "unknown_prepared_count"),
    _What("Fulgt op fra sidste gang", ("followed_up_count",), "unknown_followed_up_count"),
)
_SECOND_PART = _What("Mødets anden del blev holdt", ("second_part_count",), "unknown_second_part_count")
_COLUMNS = (
    TableColumn("what", "Hvad", "label"),
    TableColumn("held_count", "Møder holdt", "number"),
    TableColumn("yes_count", "Ja", "number"),
    TableColumn("no_count", "Nej", "number"),
    TableColumn("unknown_count", "Ikke noteret", "number"),
)


def content_section(context: ReportContext) -> Section | None:
    """The section *Hvad bruges møderne til?*; None where the document says nothing of it."""
    profile = context.settings.profile
    has_parts = any(len(forum.parts) > 1 for forum in profile.forums)
    if not has_parts and not any(indicator.measure_id in ASKED for indicator in profile.indicators):
        return None
    if not has_come(context, "sessions"):
        return missing_section("content", QUESTION, ("sessions",))
    year = report_year(context)
    table = _content_table(context, profile, year)
    agreed, professions = _agreements(context), _professions(context)
    tables = [table, *_activity_table(context, profile, year), *_ownership_table(context, profile, year)]
    return counted_section(
        "content",
        QUESTION,
        _said(table)[0],
        support=followed_words(agreed) if agreed else _said(table)[1],
        tables=[*tables, *professions, *(agreement_tables(context, agreed) if agreed else ())],
        figures=_figure(context, table, year),
        how_sure=HowSure(
            number="Alle holdte møder er talt med, også dem uden for rytmen. Der er ingen tilfældig usikkerhed.",
            cause="Vi tæller, hvad der er skrevet i loggen. Vi har ikke set møderne.",
            data=f"{_data_words(context)} {professions_said(professions)}".strip(),
            needed="Skriv ved hvert møde, hvad det handlede om, og om sidste gang blev fulgt op.",
        ),
        not_shown=("Tallene viser ikke, om det, møderne blev brugt til, hjalp børnene.",),
        method=(
            "Et møde tæller i det skoleår, det var planlagt til. Et møde uden svar tæller hverken som ja eller nej.",
        ),
    )


def _content_table(context: ReportContext, profile: Profile, year: str) -> ProtectedTable:
    """One row per thing that anybody wrote of a meeting; the second part only of forums that have one."""
    records = told_forums(context, context.records(CONTENT_QUERY, [year]))
    hides_levels = tells_of_few_children(records, context.rule)
    parted = {forum.code for forum in profile.forums if len(forum.parts) > 1}
    rows = [_row(what, records) for what in _WHATS]
    rows += [_row(_SECOND_PART, [row for row in records if row["forum_code"] in parted])] if parted else []
    if hides_levels:
        levels = {what.words for what in _WHATS if what.unknown == "unknown_level_count"}
        hidden = dict.fromkeys(("yes_count", "no_count"), CellStatus.HIDDEN)
        rows = [{**row, **hidden} if row["what"] in levels else row for row in rows]
    return protect(
        [row for row in rows if row["held_count"] > row["unknown_count"]],
        table_id="content",
        title=f"Hvad de holdte møder handlede om, skoleåret {year}",
        columns=_COLUMNS,
        source=_source(context),
        rule=context.rule,
    )


def tells_of_few_children(records: Sequence[dict[str, Any]], rule: DisclosureRule) -> bool:
    """Whether so few of the meetings were about one child that their number would tell of few children.

    Then no level is told: a meeting has one, and the others would give this one back.
    """
    return rule.hides_count(summed(records, ("child_level_count",))["child_level_count"])


def told_forums(context: ReportContext, records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records without the forums whose meetings are too few to count."""
    few = few_forums(context, [(row["forum_code"], int(row["held_count"] or 0)) for row in records])
    return [row for row in records if row["forum_code"] not in few]


def _row(what: _What, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    sums = summed(records, ("held_count", *what.yes, what.unknown))
    held, yes, unknown = sums["held_count"], sum(sums[name] for name in what.yes), sums[what.unknown]
    return {
        "what": what.words, "held_count": held, "yes_count": yes, "unknown_count": unknown, "no_count": held - yes - unknown,
    }  # fmt: skip


def _activity_table(context: ReportContext, profile: Profile, year: str) -> tuple[ProtectedTable, ...]:
    """Every activity of the document, also one that no meeting was used for, and the meetings without any."""
    asked = any(indicator.measure_id == "activity_share" for indicator in profile.indicators)
    if not asked and not profile.activities:
        return ()
    records = told_forums(context, context.records(_ACTIVITIES, [year]))
    counts = {
        code: sum(int(row["held_count"]) for row in records if row["session_activity_code"] == code)
        for code in {row["session_activity_code"] for row in records}
    }
    titles = load_code_table("session_activities").titles()
    rows = [{"what": capital(title), "held_count": counts.get(code, 0)} for code, title in titles.items()]
    table = protect(
        [*rows, {"what": "Ikke noteret", "held_count": counts.get(None, 0)}],
        table_id="activities",
        title=f"Hvad de holdte møder blev brugt til, skoleåret {year}",
        columns=(TableColumn("what", "Aktivitet", "label"), TableColumn("held_count", "Møder holdt", "number")),
        source=_source(context),
        rule=context.rule,
    )
    return (table,)


def _ownership_table(context: ReportContext, profile: Profile, year: str) -> tuple[ProtectedTable, ...]:
    """Municipal and self-owning institutions apart, where the document names both."""
    named = {forum.code for forum in profile.forums if forum.ownerships}
    rows = [row for row in context.records(_OWNERSHIPS, [year]) if row["forum_code"] in named]
    if not rows:
        return ()
    titles = load_code_table("ownerships").titles()
    table = protect(
        [{**row, "owner": capital(titles[row["ownership_code"]])} for row in rows],
        table_id="content_by_owner",
        title=f"Kommunale og selvejende institutioner, skoleåret {year}",
        columns=(
            TableColumn("owner", "Ejer", "label"),
            TableColumn("units_count", "Institutioner", "number"),
            TableColumn("reached_count", "Heraf med møde", "number"),
            TableColumn("held_count", "Møder holdt", "number"),
            TableColumn("preventive_count", "Forebyggende", "number"),
            TableColumn("joint_observation_count", "Fra fælles praksis", "number"),
        ),
        source=_source(context),
        rule=context.rule,
    )
    return (table,)


def _agreements(context: ReportContext) -> ProtectedTable | None:
    """The counts of agreements, where no section on documentation tells of them."""
    if promises_documentation(context.settings.profile):
        return None
    if not promises_agreements(context) or not has_come(context, "agreements"):
        return None
    return agreement_counts(context)


def _professions(context: ReportContext) -> list[ProtectedTable]:
    """The professions that came to the meetings about a child, where no section on documentation tells of them."""
    if promises_documentation(context.settings.profile) or not asks_professions(context):
        return []
    if not_come(context, ("session_cases", "session_roles")):
        return []
    table = professions_table(context)
    return [table] if table else []


def _said(table: ProtectedTable) -> tuple[str, str]:
    """(The answer, what stands under it): how many meetings came before trouble, were about the environment, or had both parts."""
    words = {
        _EARLY.words: "holdte møder var forebyggende eller foregribende",
        "Om læringsmiljøet": "handlede om læringsmiljøet",
        _SECOND_PART.words: "havde en anden del",
    }
    found = {
        said: of_the_whole(table.cell("yes_count", what=what), table.cell("held_count", what=what))
        for what, said in words.items()
        if what in table.values("what")
    }
    told = [f"{counts} {said}." for said, counts in found.items() if counts]
    return ("Ingen har skrevet, hvad møderne blev brugt til.", "") if not told else (told[0], " ".join(told[1:2]))


def _data_words(context: ReportContext) -> str:
    if promises_agreements(context) and not has_come(context, "agreements"):
        return missing_words(("agreements",))
    return "Hvor intet er noteret, står det for sig i tabellen."


def _figure(context: ReportContext, table: ProtectedTable, year: str) -> tuple[Figure, ...]:
    if not table.rows:
        return ()
    words = FigureWords(
        figure_id="content",
        title="Hvad handlede de holdte møder om?",
        subtitle=f"Holdte møder i skoleåret {year}, hele kommunen.",
        source=_source(context),
        constructed=context.is_constructed,
    )
    answers = AnswerWords("ja", "nej", "ikke noteret")
    bars = answer_bars(
        table, words, label="what", whole="held_count", yes="yes_count", unknown="unknown_count", answers=answers
    )
    return (bars,)


def _source(context: ReportContext) -> str:
    return f"Kilde: {context.settings.municipality.name}s mødelog."
