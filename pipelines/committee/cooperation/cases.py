"""Is there consent, and is it written down? Cases of one school year per district: kinds, consent, the document's steps, agreements.

Consent is asked of cases about one named child; groups and anonymous cases are counted apart. Every count is protected together
with what is left of its whole.
"""

from collections.abc import Sequence
from dataclasses import replace

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.cooperation.ages import asks_professions, professions_said, professions_table
from pipelines.committee.cooperation.agreements import (
    agreement_counts,
    agreement_tables,
    followed_words,
    promises_agreements,
)
from pipelines.committee.cooperation.basis import counted_section, has_come, in_forums, of_the_whole, report_year
from pipelines.committee.cooperation.kinds import need_table
from pipelines.committee.cooperation.told import area_table
from pipelines.committee.missing import missing_section, missing_words
from pipelines.disclosure.relations import TotalColumn
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.municipalities.profile import Profile
from pipelines.publish.answer_bars import AnswerWords, answer_bars
from pipelines.publish.danish import number, small_number
from pipelines.publish.figures import FigureWords, flow_bars
from pipelines.publish.section import DeclaredNumber, Figure, HowSure, Section
from pipelines.publish.sentences import TOO_FEW

STEP_COUNTS = {
    "consent": "consent_given_count",
    "agenda": "agenda_step_count",
    "knowledge": "knowledge_step_count",
    "discussion": "discussion_step_count",
    "agreements": "agreements_step_count",
    "intervention": "intervention_step_count",
    "evaluation": "evaluation_step_count",
    "new_agreements": "new_agreements_step_count",
}
"""The count of `marts.mart_case_documentation` that shows each step."""

OLD_CASES, ALL_STEPS = "old_child_case_count", "old_all_steps_count"
"""Every step takes time: all of them are asked of the cases that came up half a year ago or more."""

CASE_PAIRS = (
    *((count, "child_case_count") for count in STEP_COUNTS.values()),
    ("consent_in_time_count", "consent_given_count"),
    (OLD_CASES, "child_case_count"),
    (ALL_STEPS, OLD_CASES),
    ("described_known_count", "cases_count"),
    ("described_count", "described_known_count"),
    ("family_known_count", "child_case_count"),
    ("family_count", "family_known_count"),
)
"""Part and whole that are told of the municipality."""

CASE_MEASURES = (
    "consent_share", "documentation_share", "described_share", "family_taken_part_share", "goal_share", "evaluated_share",
    "support_need_share",
)  # fmt: skip
"""The measures of these cases: only the forums that their indicators name are counted."""

CASES_QUERY = """
SELECT forum_code, institution_code, district_code, cases_count, child_case_count, group_case_count, environment_case_count,
       anonymous_case_count, unknown_level_count, consent_given_count, consent_in_time_count, consent_late_count,
       consent_unknown_count, consent_not_given_count, agenda_step_count, knowledge_step_count, discussion_step_count,
       agreements_step_count, intervention_step_count, evaluation_step_count, new_agreements_step_count, old_child_case_count,
       old_all_steps_count, described_count, described_known_count, family_count, family_known_count
FROM marts.mart_case_documentation
WHERE school_year = ?
ORDER BY forum_code, institution_code, district_code
"""
AREAS_QUERY = """
SELECT district_code, count(family_areas_covered_count) AS told_count,
       count(*) FILTER (WHERE family_areas_covered_count >= ?) AS covered_count
FROM core.fct_session_case
WHERE school_year = ? AND is_held AND family_areas_covered_count IS NOT NULL
GROUP BY district_code
ORDER BY district_code
"""
AREA_PAIRS = (("covered_count", "told_count"),)
_AREA_COLUMNS = (
    TableColumn("told_count", "Familiemøder med svar", "count"),
    TableColumn("covered_count", "Alle områder var med", "count"),
)
_KINDS = (
    TableColumn("cases_count", "Drøftelser", "count"),
    TableColumn("child_case_count", "Om ét barn", "count"),
    TableColumn("group_case_count", "Om en gruppe", "count"),
    TableColumn("environment_case_count", "Om miljøet", "count"),
    TableColumn("anonymous_case_count", "Anonyme", "count"),
    TableColumn("unknown_level_count", "Ikke noteret", "count"),
)
_CONSENT = (
    TableColumn("consent_given_count", "Samtykke givet", "count"),
    TableColumn("consent_in_time_count", "Senest på mødedagen", "count"),
    TableColumn("consent_late_count", "Senere eller uden dag", "count"),
    TableColumn("consent_not_given_count", "Ikke givet", "count"),
    TableColumn("consent_unknown_count", "Ikke noteret", "count"),
)
_STEPS = (
    TableColumn("agenda_step_count", "Dagsorden", "count"),
    TableColumn("knowledge_step_count", "Viden", "count"),
    TableColumn("discussion_step_count", "Drøftelse", "count"),
    TableColumn("agreements_step_count", "Aftaler", "count"),
    TableColumn("intervention_step_count", "Indsats med mål", "count"),
    TableColumn("evaluation_step_count", "Evaluering", "count"),
    TableColumn("new_agreements_step_count", "Nye aftaler", "count"),
    TableColumn(OLD_CASES, "Et halvt år gamle", "count"),
    TableColumn(ALL_STEPS, "Heraf alle trin", "count"),
)
_DESCRIBED = (
    TableColumn("described_known_count", "Med svar om analyse", "count"),
    TableColumn("described_count", "Beskrevet med analyse", "count"),
    TableColumn("family_known_count", "Med svar om familie", "count"),
    TableColumn("family_count", "Familien var med", "count"),
)
_STEP_METHOD = (
    "Et trin er nået, når det har en dato. Indsatsen skal også have et mål. Samtykket skal være givet.",
    "Alle trin tælles i de drøftelser, der er mindst 183 dage gamle.",
)
_STEP = TableColumn("step", "Trin", "label")
_REACHED = TableColumn("reached_count", "Drøftelser om ét barn", "count")


def cases_section(context: ReportContext) -> Section | None:
    """The section on consent and documentation; None where the document promises neither."""
    profile = context.settings.profile
    question = _question(profile)
    if not question:
        return None
    if not has_come(context, "session_cases"):
        return missing_section("cases", question, ("session_cases",))
    year = report_year(context)
    counts = case_counts(context)
    steps = step_table(counts, profile, year) if profile.documentation.steps else None
    agreed = agreement_counts(context) if promises_agreements(context) and has_come(context, "agreements") else None
    printed = _printed(counts, profile, year)
    tables = [*printed, *([steps, *_steps_by_district(counts, profile, year)] if steps else [])]
    tables += [family_area_table(context)] if profile.family_meeting_areas else []
    kinds = _tables_of_the_kinds(context, counts)
    tables += kinds
    tables += agreement_tables(context, agreed) if agreed else ()
    return counted_section(
        "cases",
        question,
        _answer(counts, profile, agreed),
        support=_support(counts, profile, agreed),
        tables=tables,
        figures=_figure(context, printed, steps, agreed, year),
        how_sure=HowSure(
            number="Alle drøftelser, vi har kunnet læse, er talt med. Der er ingen tilfældig usikkerhed.",
            cause="Loggen viser, hvad der er skrevet ned. Den viser ikke alt, hvad der er gjort.",
            data=f"{_data_words(context, profile)} {professions_said(kinds)}".strip(),
            needed="Skriv samtykke og dato ved hver drøftelse, også når forældrene siger nej.",
        ),
        not_shown=(
            "En anonym drøftelse kræver ikke samtykke. Den er talt for sig.",
            "Tallene viser ikke, om hjælpen var god.",
        ),
        method=(
            "En drøftelse tæller i det skoleår, hvor den først kom op. Hver mødeform tæller for sig.",
            *(_STEP_METHOD if steps else ()),
        ),
        declared=(DeclaredNumber("183", "dage i et halvt år"),) if steps else (),
    )


def case_counts(context: ReportContext) -> ProtectedTable:
    """Every count of the year's cases per district, protected at once; what a reader sees are excerpts."""
    return area_table(
        context,
        in_forums(context, context.records(CASES_QUERY, [report_year(context)]), CASE_MEASURES),
        table_id="cases",
        columns=(*_KINDS, *_CONSENT, *_STEPS, *_DESCRIBED),
        pairs=CASE_PAIRS,
        divisions=(
            TotalColumn("cases_count", tuple(column.name for column in _KINDS[1:])),
            TotalColumn(
                "child_case_count", ("consent_given_count", "consent_not_given_count", "consent_unknown_count")
            ),
            TotalColumn("consent_given_count", ("consent_in_time_count", "consent_late_count")),
        ),
        source=f"Kilde: {context.settings.municipality.name}s mødelog.",
    )


def step_table(counts: ProtectedTable, profile: Profile, year: str) -> ProtectedTable:
    """One row per step in the whole municipality; before them all cases about one child, after them the old ones, and every step."""
    return replace(
        counts,
        table_id="steps",
        title=f"Drøftelser om ét barn efter trin, hele kommunen, skoleåret {year}",
        columns=(_STEP, _REACHED),
        rows=tuple((label, counts.cell(name, area=WHOLE_MUNICIPALITY)) for label, name in _labelled(profile)),
    )


def _labelled(profile: Profile) -> list[tuple[Cell, str]]:
    steps = [
        (f"{place} {step.title}", STEP_COUNTS[step.code]) for place, step in enumerate(profile.documentation.steps, 1)
    ]
    ends = [("et halvt år gamle", OLD_CASES), ("heraf alle trin", ALL_STEPS)]
    return [(Cell(title), name) for title, name in [("alle", "child_case_count"), *steps, *ends]]


def _steps_by_district(counts: ProtectedTable, profile: Profile, year: str) -> tuple[ProtectedTable, ...]:
    """The same counts district by district, in two tables that a page has room for."""
    own = [STEP_COUNTS[step.code] for step in profile.documentation.steps]
    halves = (["child_case_count", *own[:4]], [*own[4:], OLD_CASES, ALL_STEPS])
    return tuple(
        counts.excerpt(
            f"steps_by_district_{place}",
            title=f"Drøftelser om ét barn efter trin og distrikt, del {place}, skoleåret {year}",
            columns=["area", *names],
        )
        for place, names in enumerate(halves, start=1)
    )


def _tables_of_the_kinds(context: ReportContext, counts: ProtectedTable) -> list[ProtectedTable]:
    """The cases by need, and those about one child by age with the professions that came, as the profile asks."""
    every, of_children = (counts.cell(name, area=WHOLE_MUNICIPALITY) for name in ("cases_count", "child_case_count"))
    tables = [need_table(context, measures=CASE_MEASURES, known=every)]
    if asks_professions(context) and has_come(context, "session_roles"):
        tables.append(professions_table(context, measures=CASE_MEASURES, known=of_children))
    return [table for table in tables if table]


def family_area_table(context: ReportContext) -> ProtectedTable:
    """Family meetings in which every area of the document was covered."""
    year, asked = report_year(context), len(context.settings.profile.family_meeting_areas)
    table = area_table(
        context,
        context.records(AREAS_QUERY, [asked, year]),
        table_id="family_areas",
        columns=_AREA_COLUMNS,
        pairs=AREA_PAIRS,
        source=f"Kilde: {context.settings.municipality.name}s mødelog.",
    )
    return table.excerpt(
        "family_areas",
        title=f"Familiemøder, skoleåret {year}",
        columns=["area", *(column.name for column in _AREA_COLUMNS)],
    )


def promises_documentation(profile: Profile) -> bool:
    """Whether the document promises consent, steps of documentation or a description of each case."""
    return bool(_question(profile))


def _question(profile: Profile) -> str:
    if profile.consent:
        return "Er der samtykke, og bliver det skrevet ned?" if profile.documentation.steps else "Er der samtykke?"
    is_described = any(indicator.measure_id == "described_share" for indicator in profile.indicators)
    return "Bliver det skrevet ned og fulgt op?" if is_described or profile.documentation.steps else ""


def _printed(counts: ProtectedTable, profile: Profile, year: str) -> list[ProtectedTable]:
    """The excerpts that the profile asks for."""
    parts = [("cases_by_kind", "Drøftelser efter art", [*_KINDS])]
    if profile.consent:
        parts.append(("consent", "Samtykke ved drøftelser om ét barn", [_KINDS[1], *_CONSENT]))
    asked = {indicator.measure_id for indicator in profile.indicators}
    if asked & {"described_share", "family_taken_part_share"}:
        parts.append(("described", "Beskrevet med en analyse af læringsmiljøet, og familien med", [*_DESCRIBED]))
    return [
        counts.excerpt(
            table_id, title=f"{title}, skoleåret {year}", columns=["area", *(column.name for column in columns)]
        )
        for table_id, title, columns in parts
    ]


def _whole(counts: ProtectedTable, part: str, whole: str) -> str:
    return of_the_whole(*(counts.cell(name, area=WHOLE_MUNICIPALITY) for name in (part, whole)))


def _answer(counts: ProtectedTable, profile: Profile, agreed: ProtectedTable | None) -> str:
    if profile.consent:
        told = _whole(counts, "consent_given_count", "child_case_count")
        in_time = counts.cell("consent_in_time_count", area=WHOLE_MUNICIPALITY).value if told else None
        is_all = in_time and in_time == counts.cell("consent_given_count", area=WHOLE_MUNICIPALITY).value
        how_many = "alle" if is_all else "" if in_time is None else f"heraf {number(float(in_time))}"
        rest = f", {how_many} senest på mødedagen" if how_many and told else ""
        return f"Der var samtykke i {told} drøftelser om ét barn{rest}." if told else TOO_FEW
    told = _whole(counts, "described_count", "described_known_count")
    said = [f"{told} drøftelser er beskrevet med en analyse af læringsmiljøet." if told else ""]
    said += [followed_words(agreed)] if agreed else []
    return " ".join(filter(None, said)) or TOO_FEW


def _support(counts: ProtectedTable, profile: Profile, agreed: ProtectedTable | None) -> str:
    if profile.documentation.steps:
        told, steps = _whole(counts, ALL_STEPS, OLD_CASES), small_number(len(profile.documentation.steps))
        return f"{told} drøftelser, der er et halvt år gamle, nåede alle {steps} trin." if told else ""
    return followed_words(agreed) if agreed and profile.consent else ""


def _data_words(context: ReportContext, profile: Profile) -> str:
    if promises_agreements(context) and not has_come(context, "agreements"):
        return missing_words(("agreements",))
    return "Et svar, der mangler, er hverken talt som ja eller nej."


def _figure(
    context: ReportContext,
    printed: Sequence[ProtectedTable],
    steps: ProtectedTable | None,
    agreed: ProtectedTable | None,
    year: str,
) -> tuple[Figure, ...]:
    """The funnel of steps; without steps, consent or agreements per district."""

    def words(figure_id: str, title: str, subtitle: str) -> FigureWords:
        source = f"Kilde: {context.settings.municipality.name}s mødelog."
        return FigureWords(figure_id, title, subtitle, source, constructed=context.is_constructed)

    if steps is not None:
        said = words("steps", "Hvor langt er drøftelserne skrevet ned?", f"Drøftelser om ét barn, skoleåret {year}.")
        labels = [str(name) for name in steps.values("step")]
        names = [*labels[:-2], labels[-1]]  # the old cases are no step: they are what the last bar is out of
        return (flow_bars(steps, said, label="step", count="reached_count", steps=names, noun="drøftelser"),)
    consent = next((table for table in printed if table.table_id == "consent"), None)
    if consent is not None and _is_anything_shown(consent, "consent_given_count"):
        said = words("consent", "Var der samtykke?", f"Drøftelser om ét barn, skoleåret {year}, pr. distrikt.")
        answers = AnswerWords("samtykke", "ikke givet eller ikke noteret")
        return (_bars(consent, said, whole="child_case_count", yes="consent_given_count", answers=answers),)
    if agreed is not None and _is_anything_shown(agreed, "responsible_named_count"):
        said = words("agreements", "Har aftalerne en ansvarlig?", f"Aftaler fra møder, skoleåret {year}, pr. distrikt.")
        answers = AnswerWords("ansvarlig nævnt", "ikke nævnt")
        return (_bars(agreed, said, whole="agreements_count", yes="responsible_named_count", answers=answers),)
    return ()


def _bars(table: ProtectedTable, words: FigureWords, *, whole: str, yes: str, answers: AnswerWords) -> Figure:
    return answer_bars(table, words, label="area", whole=whole, yes=yes, answers=answers, noun="drøftelser og aftaler")


def _is_anything_shown(table: ProtectedTable, name: str) -> bool:
    return any(row[table.column_index(name)].status is CellStatus.SHOWN for row in table.rows)
