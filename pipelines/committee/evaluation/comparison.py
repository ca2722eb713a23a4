"""Which of the two models did better? The answer that the design carries, seen in several ways, with the plan and its gates."""

from collections.abc import Mapping
from typing import Final

from pipelines.committee.evaluation.basis import Study, as_shown, behind_difference
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.evaluation.analysis import Leading
from pipelines.evaluation.analysis_words import METHODS, NOT_SHOWN, answer_sentence, covariate_notes
from pipelines.evaluation.design_words import (
    ceiling_sentences,
    gate_sentences,
    level_name,
    level_reason,
    level_words,
    not_compared_words,
)
from pipelines.evaluation.plan_words import plan_lines, timing_sentence
from pipelines.measures.comparison_evidence import LARGEST_P_VALUE
from pipelines.measures.intervals import Estimate
from pipelines.publish.danish import number, small_number
from pipelines.publish.figures import FigureWords
from pipelines.publish.forest_figure import forest_rows
from pipelines.publish.section import Figure, HowSure, Section

_FEWER, _MORE = "← færre vanskeligheder", "flere vanskeligheder →"
_NOT_SHOWN_BY_FIGURE: Final = (
    "Figuren viser ikke, hvorfor børnene ligger forskelligt. Distrikter er forskellige på mere end modellen.",
    "Rækkerne er de samme børn set på flere måder. De er ikke flere beviser.",
)
_NOT_SHOWN: Final = ("Tabellerne viser ikke, om det går bedre under den ene model.",)
_NUMBERS: Final = (("value", "Forskel"), ("low", "Usikkerhed fra"), ("high", "Usikkerhed til"))


def comparison_section(study: Study) -> Section:
    """The plan's question, answered in one sentence; the difference in several ways; what else could explain it; plan and gates."""
    leading, evidence = study.evaluation.leading, study.design.evidence
    ways = ways_table(study, leading) if leading else None
    tables = (
        reach_table(study),
        count_table(study),
        *([ways] if ways else []),
        plan_table(study),
        gate_table(study),
    )
    reasons = [*gate_sentences(evidence), *ceiling_sentences(evidence)]
    return Section(
        section_id="evaluation_comparison",
        question="Går det bedre for børnene under den ene model?",
        answer=answer_sentence(study.evaluation, study.plan, evidence),
        support=_support(study),
        level=int(evidence.level),
        level_reason=level_reason(evidence),
        level_name=level_name(evidence),
        tables=tables,
        figures=(_forest(study, ways),) if ways else (),
        how_sure=HowSure(
            number=_number_words(leading),
            cause=" ".join(reasons),
            data=timing_sentence(study.lock, study.departures, rule=study.context.rule),
            needed="Flere distrikter under hver model, gerne fra flere kommuner. Flere børn i de samme distrikter rækker sjældent.",
        ),
        not_shown=_NOT_SHOWN_BY_FIGURE if ways else _NOT_SHOWN,
        method=(
            "Børnene er gjort ens på det, planen nævner. Usikkerheden er regnet på distrikter.",
            *covariate_notes(study.evaluation)[:1],
        ),
    )


def ways_table(study: Study, leading: Leading) -> ProtectedTable:
    """The difference in points by each way to see it, the leading one first; those behind their gate are in `gate_table`."""
    rows = [
        {
            "way": METHODS[one.method],
            **_numbers(one.estimate),
            **behind_difference(leading),
        }
        for one in leading.methods
        if one.estimate is not None
    ]
    return protect(
        rows,
        table_id="evaluation_ways",
        title=f"Forskel i SDQ i alt: {study.model(is_treated=True)} fratrukket {study.model(is_treated=False)}",
        columns=(
            TableColumn("way", "Set på denne måde", "label"),
            *_number_columns(),
        ),
        source=f"{study.source} Point; færre er bedre.",
        rule=study.context.rule,
    )


def reach_table(study: Study) -> ProtectedTable:
    """What the districts could have shown: facts of the design and the plan's assumptions, nothing about children."""
    power = study.power
    rows: dict[str, float | None] = {
        "Mindste forskel, der betyder noget (point)": power.relevant_points,
        "Mindste forskel, distrikterne kan vise (point)": power.detectable,
        "Det samme, hvis distrikterne svinger halvt så meget (point)": power.by_half_icc,
        "Det samme, hvis de svinger dobbelt så meget (point)": power.by_double_icc,
        "Det mest usædvanlige udfald kommer ved et tilfælde (af 100)": _hundred(power.smallest_p_value),
    }
    rounded = "" if study.tells_children else " Point er rundet op, så ingen kan regne små tal ud."
    return protect(
        [{"what": what, "value": as_shown(value, decimals=1)} for what, value in rows.items()],
        table_id="evaluation_reach",
        title="Hvad distrikterne kan vise",
        columns=(TableColumn("what", "Hvad", "label"), TableColumn("value", "Tal", "number", decimals=1)),
        source=f"Regnet ud fra planens antagelser: {study.plan.spread.source}.{rounded}",
        rule=study.context.rule,
    )


def count_table(study: Study) -> ProtectedTable:
    """The districts that are compared, and the forms that there were to see when the plan was locked."""
    comparison, treated = study.power.district_counts
    rows = {
        f"Distrikter med {study.model(is_treated=True)}": treated,
        f"Distrikter med {study.model(is_treated=False)}": comparison,
    }
    if study.lock and not study.context.rule.hides_count(study.lock.follow_up_form_count):
        rows["Opfølgende skemaer, der lå der, da planen blev låst"] = study.lock.follow_up_form_count
    return protect(
        [{"what": what, "value": value} for what, value in rows.items()],
        table_id="evaluation_counts",
        title="Hvad sammenligningen hviler på",
        columns=(TableColumn("what", "Hvad", "label"), TableColumn("value", "Antal", "number")),
        source=study.source,
        rule=study.context.rule,
    )


def plan_table(study: Study) -> ProtectedTable:
    """The plan in words, and what the analysis does otherwise."""
    lines = [*plan_lines(study.plan), *(("Afviger fra den låste plan", each) for each in study.departures)]
    return _words_table(study, "evaluation_plan", "Analyseplanen", ("Valg", "Sådan"), lines)


def gate_table(study: Study) -> ProtectedTable:
    """The level, and each thing that lowers it or keeps it down."""
    evidence = study.design.evidence
    lines = [
        ("Niveau", level_words(evidence)),
        *(("Sænker niveauet med ét", each) for each in gate_sentences(evidence)),
        *(("Holder niveauet nede", each) for each in ceiling_sentences(evidence)),
        *(
            (f"{study.names.get(one.code, one.code)} er ikke sammenlignet", not_compared_words(one))
            for one in study.design.clusters
            if not one.is_compared
        ),
        *(
            (f"Ikke regnet: {METHODS[one.method]}", NOT_SHOWN[one.not_shown])
            for one in (study.evaluation.leading.methods if study.evaluation.leading else ())
            if one.not_shown
        ),
    ]
    return _words_table(study, "evaluation_gates", "Hvad sammenligningen kan bære", ("Hvad", "Hvorfor"), lines)


def _words_table(
    study: Study, table_id: str, title: str, heads: tuple[str, str], lines: list[tuple[str, str]]
) -> ProtectedTable:
    return protect(
        [{"what": what, "told": told} for what, told in lines],
        table_id=table_id,
        title=title,
        columns=(TableColumn("what", heads[0], "label"), TableColumn("told", heads[1], "label")),
        source="Kilde: analyseplan.toml i kommunens arbejdsmappe.",
        rule=study.context.rule,
    )


def _forest(study: Study, ways: ProtectedTable) -> Figure:
    return forest_rows(
        ways,
        FigureWords(
            figure_id="evaluation_ways",
            title="Forskellen mellem modellerne med usikkerhed",
            subtitle=f"{study.model(is_treated=True).capitalize()} fratrukket {study.model(is_treated=False)}, point på SDQ i alt. "
            "Den øverste række svarer på spørgsmålet.",
            source=study.source,
            constructed=study.context.is_constructed,
        ),
        label="way",
        value="value",
        low="low",
        high="high",
        zone=study.plan.limits.smallest_relevant_points,
        directions=(_FEWER, _MORE),
    )


def _support(study: Study) -> str:
    comparison, treated = study.design.facts.district_counts
    both = (
        f"Der er {_neuter(treated)} {_districts(treated)} med {study.model(is_treated=True)} og "
        f"{_neuter(comparison)} med {study.model(is_treated=False)}"
    )
    return f"{both}, som kan sammenlignes." if treated and comparison else f"{both} at holde op mod hinanden."


def _neuter(count: int) -> str:
    """The count of districts in words: "ingen distrikter", "ét distrikt"."""
    return {0: "ingen", 1: "ét"}.get(count) or small_number(count)


def _districts(count: int) -> str:
    return "distrikt" if count == 1 else "distrikter"


def _number_words(leading: Leading | None) -> str:
    if leading is None:
        return "Der er ingen forskel at regne på."
    if leading.choice_count == 1:
        return "Planens grupper lader ingen distrikter bytte plads. Derfor kan tilfældet ikke prøves."
    if leading.smallest_p_value > LARGEST_P_VALUE:
        often = number(100 * leading.smallest_p_value, 1)
        return f"Også det mest usædvanlige udfald ville komme ved et tilfælde i {often} af 100 tilfælde. Distrikterne er for få."
    return "Stregen viser, hvor forskellen kan ligge."


def _number_columns() -> tuple[TableColumn, ...]:
    value, *limits = _NUMBERS
    return (
        TableColumn(*value, "mean", decimals=1, children="children", institutions="clusters"),
        *(TableColumn(*limit, "mean", decimals=1, limit_of="value") for limit in limits),
    )


def _numbers(estimate: Estimate | None) -> Mapping[str, float | None]:
    if estimate is None:
        return {name: None for name, _ in _NUMBERS}
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _hundred(share: float | None) -> float | None:
    return None if share is None else 100 * share
