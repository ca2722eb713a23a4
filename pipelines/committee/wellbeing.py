"""Are the children better off? SDQ before and after, always beside the change that was to be expected without any help."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.missing import missing_section
from pipelines.committee.wellbeing_bands import (
    Bands,
    Clinical,
    band_parts,
    bands_table,
    clinical_changes,
    clinical_parts,
    clinical_table,
    expected_in_bands,
    read_bands,
    spans_in_bands,
)
from pipelines.committee.wellbeing_changes import (
    Reliable,
    added_value_parts,
    added_value_table,
    added_values,
    lost_change_table,
    lost_rows,
    lost_table,
    reliable_changes,
    reliable_parts,
    reliable_table,
    scale_parts,
    scales_table,
    standardised_table,
)
from pipelines.committee.wellbeing_detection import detection_figure, detection_table
from pipelines.committee.wellbeing_differences import differences_table
from pipelines.committee.wellbeing_expected import expected_in_spans
from pipelines.committee.wellbeing_figures import (
    ONLY_TWICE,
    change_figure,
    flow_figure,
    group_figure,
    is_like_expected,
    reliable_figure,
    spread_figure,
)
from pipelines.committee.wellbeing_groups import (
    DUE,
    NOT_DUE,
    REASONS,
    by_pairs,
    district_labels,
    due_of,
    lacks_districts,
    measured_twice,
    protect_groups,
    read_pairs,
)
from pipelines.committee.wellbeing_tables import (
    change_table,
    district_table,
    flow_excerpt,
    follow_up_table,
    group_table,
    other_forms_table,
    other_group_table,
    pairing_table,
    read_other_forms,
    spread_table,
)
from pipelines.committee.wellbeing_worst_off import NOT_POSSIBLE, worst_off_table
from pipelines.disclosure.relations import Total
from pipelines.disclosure.table import Cell, ProtectedTable
from pipelines.measures.added_value import FEWEST_CHILDREN, AddedValue
from pipelines.measures.evidence import Evidence, EvidenceLevel, Gate, GateLimits, level_of_change
from pipelines.publish.danish import LEVEL_NAMES, NBSP, counted, number, rounded, signed_words
from pipelines.publish.number_check import numbers_in
from pipelines.publish.section import DeclaredNumber, Definition, HowSure, Notes, Section
from pipelines.publish.sentences import (
    UNCERTAINTY,
    UNCERTAINTY_LINES,
    before_and_after,
    expected_change,
    follow_up,
)
from pipelines.sdq_norms.expectation import Expectation, read_expectations

QUESTION = "Trivsel målt med SDQ: Har børnene det bedre?"
SDQ_RANGE = f"SDQ går fra 0 (færrest vanskeligheder) til 40{NBSP}point."
DEFINITIONS = (
    Definition(
        "SDQ",
        "Et spørgeskema om børns styrker og vanskeligheder. Forældre, lærere og pædagoger eller barnet selv svarer. Det samlede tal "
        f"går fra 0 til 40{NBSP}point; et lavere tal er færre vanskeligheder.",
    ),
    Definition("Klar ændring", "En ændring i SDQ-tallet, der er større end skemaets egen målefejl."),
    Definition(
        "Ventet uden indsats",
        "Den ændring, man kunne vente, selv om ingen gjorde noget. Børn henvises, når det går dårligst, og høje tal er oftest lavere "
        "næste gang.",
    ),
)
LIKE_EXPECTED = "Det er ikke til at skelne fra det ventede."
UNKNOWN_WHY = "Vi ved ikke hvorfor."
NO_INTERVAL = "Hvor sikkert det er, kan ikke vises: Der er for få distrikter."
SEND_DISTRICTS = "Send skoledistrikt med i listen over børn eller i listen over institutioner."
"""Where a form's district is taken from: the child's home, else the institution."""

_REFERRED = "Børn henvises, når det går dårligst, så tallet falder ofte, også uden indsats."
_NO_CHILDREN = "Vi har ingen børn uden indsats at holde op imod."
_OTHER_CHILDREN = "Det ventede er målt hos andre børn, som måske ikke ligner vores."
_SUBJECTS = {
    "Forældre": "Forældrenes SDQ-tal",
    "Lærere og pædagoger": "Lærernes og pædagogernes SDQ-tal",
    "Børnene selv": "Børnenes egne SDQ-tal",
}


_OF_CHANGES = (
    "changes",
    "reliable",
    "by_district",
    "groups",
    "other_groups",
    "spread",
    "bands",
    "clinical",
    "lost_change",
    "scales",
    "standardised",
    "added_value",
)


@dataclass(frozen=True)
class _Tables:
    """Every table of the section; those that could not be made are None."""

    changes: ProtectedTable
    reliable: ProtectedTable | None
    by_district: ProtectedTable
    groups: ProtectedTable
    other_groups: ProtectedTable | None
    spread: ProtectedTable | None
    bands: ProtectedTable | None
    clinical: ProtectedTable | None
    detection: ProtectedTable
    pairing: ProtectedTable
    other_forms: ProtectedTable | None
    follow_up: ProtectedTable
    lost: ProtectedTable | None
    lost_change: ProtectedTable | None
    scales: ProtectedTable | None
    standardised: ProtectedTable | None
    added_value: ProtectedTable | None
    worst_off: ProtectedTable | None
    differences: ProtectedTable | None

    def with_reservation(self) -> "_Tables":
        """The same tables, those of changes with the sentence that they are of the children measured twice alone."""
        return replace(
            self,
            **{
                name: replace(table, source=f"{table.source} {ONLY_TWICE}")
                for name in _OF_CHANGES
                if (table := getattr(self, name)) is not None
            },
        )

    def all(self) -> tuple[ProtectedTable, ...]:
        """The tables there are, in the order of the report."""
        return tuple(table for table in vars(self).values() if table is not None)


def wellbeing_section(context: ReportContext) -> Section:
    """The section *Trivsel målt med SDQ*: change per kind of informant with the expected change beside it, level 1 at most."""
    pairs = read_pairs(context)
    if not pairs.height:
        return missing_section("wellbeing", QUESTION, ("sdq_answers",))
    code, main = by_pairs(pairs)[0]
    tables, expectations = _tables(context, pairs, main), read_expectations(context.connection)
    whole = {column.name: tables.changes.cell(column.name, informant=main) for column in tables.changes.columns}
    whole |= {
        name: tables.pairing.cell(code, step=step) for name, step in (("due_count", DUE), ("not_due_count", NOT_DUE))
    }
    evidence = evidence_of(context, pairs)
    why_untold = _why_untold(evidence)
    compared = _OTHER_CHILDREN if expectations[code].is_own else _NO_CHILDREN
    if why_untold:
        tables = tables.with_reservation()
    return Section(
        section_id="wellbeing",
        question=QUESTION,
        answer=answer_of(whole, main, evidence, context),
        support=_support(whole, tables.changes, main, evidence),
        level=int(evidence.level),
        level_reason=_level_reason(evidence),
        tables=tables.all(),
        figures=(
            change_figure(context, tables.changes, main, why_untold=why_untold),
            *(
                (reliable_figure(context, tables.reliable, main, why_untold=why_untold),)
                if tables.reliable and main in tables.reliable.values("informant")
                else ()
            ),
        ),
        appendix_figures=(
            group_figure(context, tables.groups, main, why_untold=why_untold),
            *((spread_figure(context, tables.spread, main),) if tables.spread else ()),
            detection_figure(context, tables.detection),
            flow_figure(context, flow_excerpt(tables.pairing, code), code, main),
        ),
        how_sure=HowSure(
            number=_how_sure_number(whole, why_untold),
            # from level 1 on the answer says it
            cause=f"{_REFERRED} {compared}" if why_untold else compared,
            data=f"{follow_up(whole['children_count'], whole['due_count'])} {_not_due(whole['not_due_count'])}".strip(),
            needed=_needed(evidence),
        ),
        not_shown=(
            "Figuren viser ikke, om indsatsen er årsagen.",
            "Den siger intet om det enkelte barn.",
            *_lost(tables, main),
            *(() if tables.worst_off else (NOT_POSSIBLE,)),
        ),
        method=(
            f"De to skemaer er fra samme slags person med {number(context.settings.sdq.window_days_minimum)}-"
            f"{number(context.settings.sdq.window_days_maximum)}{NBSP}dage imellem.",
            "Hvert distrikt tæller lige meget i gennemsnit og usikkerhed.",
        ),
        declared_numbers=_declared(context, expectations),
    )


def wellbeing_notes(context: ReportContext, section: Section) -> Notes:
    """What the SDQ section puts on page 1 (that too few children were measured twice) and among the words of the last page."""
    follow_up_rows = next((table for table in section.tables if table.table_id == "sdq_follow_up"), None)
    if follow_up_rows is None:
        return Notes()
    pairs = read_pairs(context)
    is_lacking = (
        section.level == EvidenceLevel.COUNTED and Gate.FOLLOW_UP_SHARE in evidence_of(context, pairs).failed_gates
    )
    return Notes(
        attention=(_few_measured_twice(follow_up_rows, by_pairs(pairs)[0][1]),) if is_lacking else (),
        definitions=DEFINITIONS,
    )


@dataclass(frozen=True)
class _Changes:
    """What the tables of changes are made of, and all their counts, protected together."""

    reliable: list[Reliable]
    values: Mapping[str, AddedValue]
    bands: Bands | None
    clinical: list[Clinical]
    everything: ProtectedTable

    @classmethod
    def of(cls, context: ReportContext, pairs: pl.DataFrame) -> "_Changes":
        reliable, values, bands = reliable_changes(context, pairs), added_values(pairs), read_bands(context, pairs)
        clinical = clinical_changes(pairs, bands, reliable) if bands else []
        parts = [*reliable_parts(reliable), *scale_parts(pairs), *added_value_parts(pairs, values)]
        ties: list[Total] = []
        if bands:
            crossed, ties = spans_in_bands(pairs, bands)
            parts += [*band_parts(bands), *crossed, *clinical_parts(clinical, reliable)]
        everything = protect_groups(context, pairs, parts, ties=ties, other_forms=read_other_forms(context))
        return cls(reliable, values, bands, clinical, everything)


def protected_counts(context: ReportContext) -> ProtectedTable | None:
    """All counts of the section's tables of changes as they may be told (`protect_groups`); None without any first form."""
    pairs = read_pairs(context)
    return _Changes.of(context, pairs).everything if pairs.height else None


def _tables(context: ReportContext, pairs: pl.DataFrame, main: str) -> _Tables:
    found = _Changes.of(context, pairs)
    reliable, values, bands, everything = found.reliable, found.values, found.bands, found.everything
    informants = dict(by_pairs(pairs))
    in_spans = expected_in_spans(context, pairs, reliable, informant_code=by_pairs(pairs)[0][0])
    lost = lost_rows(context, pairs, everything)
    return _Tables(
        changes=change_table(everything),
        reliable=reliable_table(context, reliable, everything),
        by_district=district_table(everything),
        groups=group_table(everything, main),
        other_groups=other_group_table(everything, main),
        spread=spread_table(context, everything, main, expected=in_spans),
        bands=bands_table(context, bands, everything, expected=expected_in_bands(pairs, bands, reliable))
        if bands
        else None,
        clinical=clinical_table(context, bands, found.clinical, everything) if bands else None,
        detection=detection_table(context),
        pairing=pairing_table(context, everything, REASONS, informants),
        other_forms=other_forms_table(context, everything),
        follow_up=follow_up_table(context, everything),
        lost=lost_table(context, lost, everything) if lost else None,
        lost_change=lost_change_table(context, lost) if lost else None,
        scales=scales_table(context, pairs, everything),
        standardised=standardised_table(context, pairs),
        added_value=added_value_table(context, pairs, values, everything),
        worst_off=worst_off_table(context),
        differences=differences_table(context),
    )


# ── what may be said ────────────────────────────────────────────────────────────────────────────────────────────────


def evidence_of(context: ReportContext, pairs: pl.DataFrame) -> Evidence:
    """The level of the main informant's change, from counts of children alone."""
    code = by_pairs(pairs)[0][0]
    own = pairs.filter(pl.col("informant_code") == code)
    due_count = due_of(own).height
    followed, other = int(own["is_paired"].sum()), int((own["unpaired_reason_code"] == "other_informant").sum())
    limits = context.settings.evidence
    found = level_of_change(
        pair_count=followed,
        follow_up_share=followed / due_count if due_count else None,
        # a child followed up by somebody else is a pair by another informant, and is never subtracted
        same_informant_share=followed / (followed + other) if followed + other else None,
        district_count=len(set(district_labels(measured_twice(pairs, code)))),
        limits=GateLimits(
            minimum_follow_up_share=limits.minimum_follow_up_pct / 100,
            minimum_same_informant_share=limits.minimum_same_informant_pct / 100,
        ),
    )
    if not lacks_districts(context, own):
        return found
    return replace(found, level=EvidenceLevel.COUNTED, failed_gates=(*found.failed_gates, Gate.INTERVAL))


_GATES = {
    Gate.FOLLOW_UP_SHARE: "for få børn har to målinger",
    Gate.SAME_INFORMANT_SHARE: "for mange børn er målt af en anden ved anden måling",
    Gate.GROUP_SIZE: "gruppen er for lille",
    Gate.INTERVAL: "vi kender for få børns distrikt",
}


_WHY_UNTOLD = {
    Gate.FOLLOW_UP_SHARE: "for få børn er målt to gange til at sige noget om ændringen",
    Gate.SAME_INFORMANT_SHARE: "for mange børn er målt af en anden anden gang til at sige noget om ændringen",
    Gate.INTERVAL: "vi kender for få børns distrikt til at sige noget om ændringen",
}


def _why_untold(evidence: Evidence) -> str:
    """Why nothing is said of the change, as a figure's title goes on; empty where something is."""
    if evidence.level != EvidenceLevel.COUNTED:
        return ""
    return next((_WHY_UNTOLD[gate] for gate in evidence.failed_gates), _WHY_UNTOLD[Gate.FOLLOW_UP_SHARE])


def _level_reason(evidence: Evidence) -> str:
    """Why the level is no higher; what is demanded stands in the answer."""
    if not evidence.failed_gates:
        return f"Niveauet er {LEVEL_NAMES[int(evidence.level)]}, fordi der ikke er nogen gruppe at holde op imod."
    reasons = " og ".join(_GATES[gate] for gate in evidence.failed_gates)
    return f"Niveauet er sat ned fra {int(evidence.designed_level)} til {int(evidence.level)}, fordi {reasons}."


# ── sentences ───────────────────────────────────────────────────────────────────────────────────────────────────────


def answer_of(whole: Mapping[str, Cell], main: str, evidence: Evidence, context: ReportContext) -> str:
    """The change beside the expected one at level 1; below it, only how many were measured twice."""
    if evidence.level == EvidenceLevel.COUNTED:
        counted_words = follow_up(whole["children_count"], whole["due_count"])
        return f"{counted_words} {_demand(evidence, context)}"
    return answer_before_and_after(whole, main)


def answer_before_and_after(whole: Mapping[str, Cell], main: str) -> str:
    """The change of the whole with its interval, beside the expected one; where no interval stands, that it does not."""
    change, low, high, expected = (
        whole[name] for name in ("change_mean_points", "low", "high", "expected_change_points")
    )
    if isinstance(change.value, (int, float)) and (low.value is None or high.value is None):
        points = signed_words(change.value, 1).replace(NBSP, f"{NBSP}point ")
        is_same = rounded(change.value, 1) == 0
        said = f"{_SUBJECTS[main]} var i gennemsnit {'det samme' if is_same else points} ved anden måling."
        return f"{said} {NO_INTERVAL} {expected_change(expected)}"
    return before_and_after(change, low, high, expected, subject=_SUBJECTS[main])


def _demand(evidence: Evidence, context: ReportContext) -> str:
    """What it would take to say more than how many were measured twice."""
    if Gate.FOLLOW_UP_SHARE in evidence.failed_gates:
        limit = number(context.settings.evidence.minimum_follow_up_pct)
        return f"Vi kræver {limit}{NBSP}procent, før vi siger, om tallet har ændret sig."
    if Gate.SAME_INFORMANT_SHARE in evidence.failed_gates:
        return "For mange er målt af en anden ved anden måling, så vi siger ikke, om tallet har ændret sig."
    if Gate.INTERVAL in evidence.failed_gates:
        return f"Vi kender for få af børnenes distrikter til at sige, om tallet har ændret sig. {SEND_DISTRICTS}"
    return "Ingen er målt to gange, så vi kan ikke sige, om tallet har ændret sig."


def _support(whole: Mapping[str, Cell], changes: ProtectedTable, main: str, evidence: Evidence) -> str:
    """What SDQ is; from level 1 whether the change is the expected one, and where the others' answers stand."""
    if evidence.level == EvidenceLevel.COUNTED:
        return SDQ_RANGE
    return " ".join(filter(None, (verdict(whole), SDQ_RANGE, _other_informants(changes, main))))


def _needed(evidence: Evidence) -> str:
    """What it takes to know more; first of all the districts, where they are what is missing."""
    of_cause = "Skal årsagen findes, må børn med og uden indsatsen måles på samme tid."
    if Gate.INTERVAL not in evidence.failed_gates:
        return of_cause
    return f"Hvert distrikt tæller lige meget i gennemsnittet, så distriktet skal kendes. {SEND_DISTRICTS} {of_cause}"


def _how_sure_number(whole: Mapping[str, Cell], why_untold: str) -> str:
    """What the interval is; that of the answer from level 1 on, below it the lines of the figure."""
    if why_untold:
        return UNCERTAINTY_LINES
    is_lacking = whole["change_mean_points"].value is not None and whole["low"].value is None
    return NO_INTERVAL if is_lacking else UNCERTAINTY


def verdict(whole: Mapping[str, Cell]) -> str:
    """Whether the change can be told from the expected one, and which way it differs; never whether it is good."""
    if any(whole[name].value is None for name in ("change_mean_points", "low", "high", "expected_change_points")):
        return ""
    if is_like_expected(whole["low"], whole["high"], whole["expected_change_points"]):
        return LIKE_EXPECTED
    change, expected = (float(str(whole[name].value)) for name in ("change_mean_points", "expected_change_points"))
    if change < 0 and expected < 0:
        return f"Faldet er {'større' if change < expected else 'mindre'} end ventet. {UNKNOWN_WHY}"
    return f"Tallet er {'lavere' if change < expected else 'højere'} end ventet. {UNKNOWN_WHY}"


def _other_informants(changes: ProtectedTable, main: str) -> str:
    """That the others who answered stand in the figure, where their uncertainty does.

    Their change does not stand here: they are often few, and chosen on the main informant's form, so that the expected change,
    which is that of children chosen on the same form, would make them look worse off than they are.
    """
    return "Andres svar står i figuren." if set(changes.values("informant")) - {main} else ""


def _few_measured_twice(follow_up_rows: ProtectedTable, main: str) -> str:
    twice, due = (
        follow_up_rows.cell(name, informant=main, group=WHOLE_MUNICIPALITY).value
        for name in ("children_count", "due_count")
    )
    if twice is None or due is None:
        return "For få børn er målt to gange med SDQ."
    return f"Kun {number(float(twice))} af {counted(float(due), 'børn')} er målt to gange med SDQ."


def _not_due(children: Cell) -> str:
    if children.value is None or not float(children.value):
        return ""
    return f"For {counted(float(children.value), 'andre børn')} er fristen ikke udløbet."


def _lost(tables: _Tables, main: str) -> tuple[str, ...]:
    """That nothing is known of the children without a second form but how they began."""
    if tables.lost is None or main not in tables.lost.values("informant"):
        return ()
    followed, others, children = (
        tables.lost.cell(name, informant=main).value for name in ("followed", "lost", "lost_children")
    )
    if followed is None or others is None:
        return ()
    which = counted(float(children), "børn") if children else "børn"
    return (
        f"Vi ved ikke, hvordan det gik de {which} uden anden måling. Ved første måling havde de "
        f"{number(float(others), 1)}{NBSP}point, de andre {number(float(followed), 1)}.",
    )


def _declared(context: ReportContext, expectations: Mapping[str, Expectation]) -> tuple[DeclaredNumber, ...]:
    settings = context.settings
    from_sources = dict.fromkeys(said for each in expectations.values() for said in numbers_in(each.source))
    return (
        DeclaredNumber("0", "SDQ-skalaens laveste tal; niveau 0"),
        DeclaredNumber("1", "niveau 1"),
        DeclaredNumber("40", "SDQ-skalaens højeste samlede tal"),
        DeclaredNumber("12", "måneder, som opsporing er talt over"),
        DeclaredNumber("15", "procent: den nederste ende af »de 15-20 procent«"),
        DeclaredNumber("17", "år: de ældste børn, der er talt"),
        DeclaredNumber("20", "procent: den øverste ende af »de 15-20 procent«"),
        DeclaredNumber("95", "procent: usikkerhedens bredde"),
        DeclaredNumber("100", "tilfælde, som usikkerheden forklares med; børn, som opsporing er regnet pr."),
        DeclaredNumber(str(FEWEST_CHILDREN), "børn, som den britiske formel mindst kræver"),
        DeclaredNumber(str(settings.sdq.window_days_minimum), "mindste antal dage mellem målingerne"),
        DeclaredNumber(str(settings.sdq.window_days_maximum), "største antal dage mellem målingerne"),
        DeclaredNumber(number(settings.evidence.minimum_follow_up_pct), "procent: krav til opfølgning"),
        *(DeclaredNumber(said, "hvad det ventede bygger på") for said in from_sources),
    )
