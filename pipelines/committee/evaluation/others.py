"""How does it go with the plan's other outcomes, and how many cases do those have who work under each model?

The other outcomes support the answer and never carry it. Caseload stands beside them as a part of the model, not as an outcome.
"""

from typing import Any, Final

from pipelines.committee.cooperation.basis import capital
from pipelines.committee.evaluation.basis import Study
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import CellStatus, ProtectedTable, TableColumn
from pipelines.evaluation.analysis import Secondary
from pipelines.evaluation.analysis_words import NOT_TOLD
from pipelines.evaluation.design_words import level_name, level_reason
from pipelines.evaluation.mechanism import Caseload, When, read_caseload
from pipelines.evaluation.outcomes import Outcome
from pipelines.evaluation.register_children import RETURN_MONTHS
from pipelines.evaluation.register_outcomes import REGISTER_CODES, WAIT_DAYS, NotTold
from pipelines.measures.comparison_evidence import LARGEST_P_VALUE
from pipelines.measures.evidence import EvidenceLevel
from pipelines.publish.danish import joined, small_number
from pipelines.publish.section import DeclaredNumber, HowSure, Section

_WHEN: Final = {When.BEFORE: "Året før", When.WINDOW: "I planens periode"}
NOT_AN_OUTCOME: Final = (
    "Sagstallet hører til modellen og kan være en af vejene til tættere opfølgning. "
    "Det er ikke et resultat, og intet er rettet for det."
)


def other_outcomes_section(study: Study) -> Section:
    """The plan's other outcomes, what could have been seen, those not compared with the reason, and cases per full-time position."""
    caseload = caseload_table(study)
    tables = (secondary_table(study), reach_of_others_table(study), untold_table(study), caseload)
    return Section(
        section_id="evaluation_others",
        question="Hvordan går det på de andre mål i planen?",
        answer=_answer(study),
        support="",
        level=int(study.design.evidence.level),
        level_reason=level_reason(study.design.evidence),
        level_name=level_name(study.design.evidence),
        tables=tuple(table for table in tables if table),
        figures=(),
        how_sure=HowSure(
            number=f"{_compared_words(study)} Usikkerheden er regnet på distrikter.".strip(),
            cause="Mange mål giver mange chancer for et tilfælde. De kan støtte svaret, men ikke bære det.",
            data=(
                NOT_AN_OUTCOME
                if caseload
                else "Vi har ikke sagstal for alle sammenlignede distrikter. Vi ved derfor ikke, hvor travlt der er under hver model."
            ),
            needed="Flere distrikter under hver model.",
        ),
        not_shown=("Tabellen viser ikke, hvorfor distrikterne ligger forskelligt.",),
        method=_method(study),
        declared_numbers=(
            DeclaredNumber(str(RETURN_MONTHS), "så mange måneder følges et ophold uden for almen klasse"),
            DeclaredNumber(str(WAIT_DAYS), "så mange dage af en ventetid tælles med"),
            DeclaredNumber("100", "børneår, som ryk og underretninger regnes på"),
            DeclaredNumber("18", "år, hvor et barn går ud af registrene"),
        ),
    )


def secondary_table(study: Study) -> ProtectedTable | None:
    """The other outcomes that were planned and could be compared, with p values only where any may be shown; None without any."""
    told = [one for one in study.evaluation.secondaries if one.difference]
    if not told:
        return None
    has_p_value = any(one.p_value is not None for one in told)
    return protect(
        [_row(one) for one in told],
        table_id="evaluation_others",
        title=f"De andre resultater i planen: {study.model(is_treated=True)} fratrukket {study.model(is_treated=False)}",
        columns=(
            TableColumn("outcome", "Resultat", "label"),
            TableColumn("unit", "Enhed", "label"),
            TableColumn("value", "Forskel", "mean", decimals=1, children="children", institutions="fewest_clusters"),
            TableColumn("low", "Fra", "mean", decimals=1, limit_of="value"),
            TableColumn("high", "Til", "mean", decimals=1, limit_of="value"),
            TableColumn("clusters", "Antal", "number"),
            *(_P_COLUMNS if has_p_value else ()),
        ),
        source=f"{_source(study)} Fra og til er usikkerheden, og antal er distrikter.{_P_WORDS if has_p_value else ''}",
        rule=study.context.rule,
    )


_P_WORDS: Final = (
    " p er, hvor tit tilfældet ville give så stor en forskel, justeret for at der er flere resultater af samme slags."
)
_P_COLUMNS: Final = tuple(
    TableColumn(name, title, "mean", decimals=3, children="children", institutions="fewest_clusters")
    for name, title in (("p_value", "p"), ("adjusted_p_value", "Justeret"))
)


def reach_of_others_table(study: Study) -> ProtectedTable | None:
    """The smallest difference in each outcome that districts which lie so far apart could have shown; None without any."""
    told = [one for one in study.evaluation.secondaries if one.detectable is not None]
    if not told:
        return None
    return protect(
        [{**_row(one), "detectable": one.detectable} for one in told],
        table_id="evaluation_others_reach",
        title="Mindste forskel, der kan ses på de andre mål",
        columns=(
            TableColumn("outcome", "Resultat", "label"),
            TableColumn("unit", "Enhed", "label"),
            TableColumn(
                "detectable", "Mindste forskel", "mean", decimals=1, children="children", institutions="fewest_clusters"
            ),
        ),
        source=f"{_source(study)} Regnet ud fra, hvor meget distrikterne svinger her.",
        rule=study.context.rule,
    )


def untold_table(study: Study) -> ProtectedTable | None:
    """The outcomes that were planned and are not compared, with the reason; None when all are."""
    untold = [(one.outcome, NOT_TOLD[one.not_told]) for one in study.evaluation.secondaries if one.not_told]
    if not untold:
        return None
    return protect(
        [{"outcome": capital(outcome.title), "why": f"Fordi {why}."} for outcome, why in untold],
        table_id="evaluation_others_untold",
        title="Mål i planen, der ikke er sammenlignet",
        columns=(TableColumn("outcome", "Resultat", "label"), TableColumn("why", "Hvorfor", "label")),
        source=_source(study),
        rule=study.context.rule,
    )


def caseload_table(study: Study) -> ProtectedTable | None:
    """Open cases per full-time position by model, the year before the models parted and in the window; None where nothing came.

    Where fewer than three people stand behind one model's number, the other model's is hidden too: with the municipality's total it
    would give the hidden one back.
    """
    found = read_caseload(study.context.connection, study.plan, study.design.compared_codes)
    if not found:
        return None
    return protect(
        [
            {
                "model": study.model(is_treated=arm),
                "when": title,
                **_caseload_row(found.get((when, arm)), found.get((when, not arm))),
            }
            for when, title in _WHEN.items()
            for arm in (True, False)
        ],
        table_id="evaluation_caseload",
        title="Åbne sager pr. fuldtidsstilling",
        columns=(
            TableColumn("when", "Hvornår", "label"),
            TableColumn("model", "Distrikter, der i perioden har", "label"),
            TableColumn(
                "cases", "Pr. stilling", "mean", decimals=1, children="children", institutions="clusters", staff="staff"
            ),
        ),
        source=(
            f"Kilde: {study.context.settings.municipality.name}s sagstal. Året før er året, før det første af distrikterne "
            "skiftede model."
        ),
        rule=study.context.rule,
    )


def _row(one: Secondary) -> dict[str, Any]:
    estimate = one.difference
    return {
        "outcome": capital(one.outcome.title),
        "unit": _unit(one.outcome),
        "value": estimate.value if estimate else None,
        "low": estimate.low if estimate else None,
        "high": estimate.high if estimate else None,
        "clusters": sum(one.cluster_counts),
        "p_value": one.p_value,
        "adjusted_p_value": one.adjusted_p_value,
        "children": min(one.child_counts),
        "fewest_clusters": min(one.cluster_counts),
    }


def _unit(outcome: Outcome) -> str:
    """The unit, and which way is better where one is."""
    if outcome.is_lower_better is None:
        return outcome.unit
    return f"{outcome.unit}; {'færre' if outcome.is_lower_better else 'flere'} er bedre"


def _caseload_row(own: Caseload | None, other: Caseload | None) -> dict[str, Any]:
    if own is None:
        return {"cases": CellStatus.NOT_RECEIVED, "children": 0, "clusters": 0, "staff": 0}
    return {
        "cases": own.cases_per_position,
        "children": int(own.cases),
        "clusters": own.clusters,
        "staff": min(own.workers, other.workers) if other else own.workers,
    }


def _answer(study: Study) -> str:
    """A difference is said only from level 3, where the interval leaves out 0 and the adjusted p value is small."""
    secondaries = study.evaluation.secondaries
    if not secondaries:
        return "Planen har ingen andre mål."
    if not any(one.difference for one in secondaries):
        return "Det kan ikke siges, for ingen af de andre mål kan sammenlignes."
    apart = [one.outcome.title for one in secondaries if _is_apart(one)]
    if study.design.evidence.level < EvidenceLevel.ADJUSTED_COMPARISON or not apart:
        return "Det kan ikke afgøres for nogen af de andre mål."
    return f"Modellerne ligger forskelligt på {joined(apart)}; andet kan være årsagen."


def _is_apart(one: Secondary) -> bool:
    estimate = one.difference
    if estimate is None or estimate.low is None or estimate.high is None or one.adjusted_p_value is None:
        return False
    return one.adjusted_p_value <= LARGEST_P_VALUE and not estimate.low <= 0 <= estimate.high


def _compared_words(study: Study) -> str:
    secondaries = study.evaluation.secondaries
    told = sum(one.difference is not None for one in secondaries)
    if not secondaries:
        return ""
    if told == len(secondaries):
        return "Alle planens andre mål kan sammenlignes."
    count = "Ingen" if not told else capital(small_number(told))
    return f"{count} af planens {small_number(len(secondaries))} andre mål kan sammenlignes."


def _method(study: Study) -> tuple[str, ...]:
    """How each of the planned outcomes was made; nothing of those that were not planned."""
    planned = {one.outcome.code for one in study.evaluation.secondaries}
    lines = [line for codes, line in _METHODS if planned & set(codes)]
    if planned & REGISTER_CODES:
        lines.insert(
            0, "Hvert distrikt er ét tal. Et barn hører til det distrikt, hvor det boede den første dag i perioden."
        )
    return tuple(lines)


_METHODS: Final = (
    (
        ("ladder_down", "ladder_up"),
        "Ryk ned og op er på socialsporet, regnet pr. 100 børneår for børn, der har fået hjælp inden for to år.",
    ),
    (
        ("return_to_mainstream",),
        f"Tilbage i almen klasse gælder de første {RETURN_MONTHS} måneder. Børn, der fylder 18 eller flytter, er ikke vendt tilbage.",
    ),
    (
        ("waiting_days",),
        f"Ventetiden går, til hjælpen begynder, og tælles op til {WAIT_DAYS} dage. De, der stadig venter, er med.",
    ),
)


_REGISTERS: Final = {
    "ladder_down": "indsatser",
    "ladder_up": "indsatser",
    "notifications": "underretninger",
    "waiting_days": "henvendelser",
}
"""Outcome -> the register it is from, beside those that `Study.source` names."""


def _source(study: Study) -> str:
    """Where the outcomes are from; a register that was never delivered is not named."""
    came = [one.outcome.code for one in study.evaluation.secondaries if one.not_told is not NotTold.NOT_DELIVERED]
    registers = list(dict.fromkeys(_REGISTERS[code] for code in came if code in _REGISTERS))
    return f"{study.source.removesuffix('.')}; desuden {joined(registers)}." if registers else study.source
