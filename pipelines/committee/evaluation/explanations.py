"""What else than the model could explain a difference: chance, who is measured, who is lost, the district itself, the unknown?

No number rules them out. The tables say how strong an unknown cause would have to be, and what the rules of others make of it.
"""

from collections.abc import Iterator
from typing import Final

from pipelines.committee.evaluation.basis import Study, behind_difference
from pipelines.committee.evaluation.clearinghouse import clearinghouse_table, effect_size_table, loss_table
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.evaluation.analysis import Leading
from pipelines.evaluation.design_words import level_name, level_reason
from pipelines.measures.comparison_evidence import Ceiling, ComparisonGate
from pipelines.publish.figures import FigureWords, rate_bars
from pipelines.publish.section import Figure, HowSure, Section

_UNKNOWN_CAUSE: Final = "Figuren viser, hvor stærk en ukendt årsag skulle være."


def explanations_section(study: Study, districts: ProtectedTable) -> Section:
    """The other explanations, one line each, and how strong an unknown cause would have to be. districts: `district_table`."""
    leading, evidence = study.evaluation.leading, study.design.evidence
    strength = strength_table(study, leading) if leading else None
    tables = (
        explanation_table(study),
        *([strength, points_table(study, leading)] if leading and strength else []),
        *([sizes] if (sizes := effect_size_table(study)) else []),
        *([loss] if (loss := loss_table(study, districts)) else []),
        clearinghouse_table(study),
    )
    return Section(
        section_id="evaluation_explanations",
        question="Hvad kan ellers forklare forskellen?",
        answer=_answer(study),
        support="",
        level=int(evidence.level),
        level_reason=level_reason(evidence),
        level_name=level_name(evidence),
        tables=tables,
        figures=(_figure(study, strength),) if strength else (),
        how_sure=HowSure(
            number="Ingen af forklaringerne kan lukkes ude med et tal.",
            cause="Der er ikke trukket lod om, hvor modellen skulle være." if not study.design.facts.is_lottery else "",
            data=_loss_words(study),
            needed="Træk lod om rækkefølgen, næste gang en model indføres.",
        ),
        not_shown=("Tabellerne viser ikke, hvilken forklaring der er den rigtige.",),
        method=(
            "Styrken er regnet på distrikter. Den beskriver og afgør ikke noget.",
            "Reglerne for bedømmelsen er gengivet efter kilder, der bruger dem. Bedømmelsen er vores.",
        ),
    )


def explanation_table(study: Study) -> ProtectedTable:
    """Each other explanation with what is known of it; no number about children."""
    return protect(
        [{"what": what, "told": told} for what, told in _explanations(study)],
        table_id="evaluation_explanations",
        title="Andre forklaringer end modellen",
        columns=(TableColumn("what", "Forklaring", "label"), TableColumn("told", "Hvad vi ved", "label")),
        source="Kilde: reglerne for sammenligningen og tallene i denne rapport.",
        rule=study.context.rule,
    )


def strength_table(study: Study, leading: Leading) -> ProtectedTable:
    """How much of what sets children apart an unknown cause would have to explain, beside what the first score explains; per cent."""
    first, robustness = leading.first_score_benchmark, leading.robustness
    rows: dict[str, float | None] = {
        "Ukendt årsag, før usikkerheden når nul": robustness.of_interval if robustness else None,
        "Ukendt årsag, der fjerner forskellen": robustness.of_difference if robustness else None,
        "Første måling, af anden måling": first.with_outcome if first else None,
        "Første måling, af barnets model": first.with_arm if first else None,
    }
    behind = behind_difference(leading)
    return protect(
        [{"what": what, "value": None if value is None else 100 * value, **behind} for what, value in rows.items()],
        table_id="evaluation_strength",
        title="Hvor meget der skal forklares, før forskellen er væk",
        columns=(
            TableColumn("what", "Hvad", "label"),
            TableColumn("value", "Procent", "mean", children="children", institutions="clusters"),
        ),
        source=f"{study.source} Procent af det, der ellers skiller børnene.",
        rule=study.context.rule,
    )


def _figure(study: Study, strength: ProtectedTable) -> Figure:
    return rate_bars(
        strength,
        FigureWords(
            figure_id="evaluation_strength",
            title="Hvor stærk en ukendt årsag skulle være",
            subtitle="Så mange procent af forskellene mellem børn skulle den forklare, og så mange forklarer første måling. "
            "Nul betyder, at usikkerheden når nul uden nogen ukendt årsag.",
            source=study.source,
            constructed=study.context.is_constructed,
        ),
        label="what",
        rate="value",
        unit="%",
    )


def points_table(study: Study, leading: Leading) -> ProtectedTable:
    """How badly the lost would have had to do, and what the districts' own spread could have shown; points."""
    rows: dict[str, float | None] = {
        "Så meget højere end ventet skulle tallet være for børn uden anden måling under den nye model, før forskellen var væk": (
            leading.tipping_points
        ),
        "Mindste forskel, distrikterne kan vise, målt på hvor meget de svinger her": leading.detectable_by_data,
    }
    behind = behind_difference(leading)
    return protect(
        [{"what": what, "value": value, **behind} for what, value in rows.items()],
        table_id="evaluation_points",
        title="Hvad der skulle til",
        columns=(
            TableColumn("what", "Hvad", "label"),
            TableColumn("value", "Point", "mean", decimals=1, children="children", institutions="clusters"),
        ),
        source=f"{study.source} Minus betyder lavere.",
        rule=study.context.rule,
    )


def _answer(study: Study) -> str:
    if Ceiling.NO_CHILDREN in study.design.evidence.ceilings:
        return "Der er ingen forskel at forklare, for ingen børn i perioden er målt to gange."
    if Ceiling.NO_COMPARISON in study.design.evidence.ceilings:
        return "Der er ingen forskel at forklare, for der er ingen børn at sammenligne."
    if study.evaluation.leading is None:
        return "Alt ved distrikterne kan, for modellen kan ikke skilles fra dem."
    if _is_within_chance(study.evaluation.leading):
        return "Tilfældet alene kan forklare den, og det kan flere andre ting også."
    return "Andet end modellen kan forklare den, også når tilfældet ikke kan."


def _is_within_chance(leading: Leading) -> bool:
    estimate = leading.difference.difference.estimate
    if estimate.low is None or estimate.high is None:
        return True
    return estimate.low <= 0 <= estimate.high


def _explanations(study: Study) -> Iterator[tuple[str, str]]:
    """(explanation, what is known), the ones that the figures tell of first."""
    failed, leading = study.design.evidence.failed_gates, study.evaluation.leading
    yield "Tilfældet", _chance_words(leading)
    yield "Hvem der bliver målt", _detection_words(study)
    yield (
        "Hvordan børnene havde det i forvejen",
        "Børnene lå for langt fra hinanden ved første måling. Det kan ikke rettes bagefter."
        if ComparisonGate.BASELINE in failed
        else "Børnene er gjort ens på det, planen nævner. Det, ingen har målt, er der stadig.",
    )
    yield "Børn uden anden måling", _loss_words(study)
    yield (
        "Hvem der svarer",
        "For mange børn har fået svar fra en anden voksen anden gang."
        if ComparisonGate.SAME_INFORMANT_SHARE in failed
        else "Samme slags voksen har svaret begge gange. Den voksne kan kende modellen og svare derefter.",
    )
    yield (
        "Distriktet selv",
        "Et distrikt har sine egne ledere, skoler og familier. De følger med modellen, hvor den er.",
    )
    yield (
        "Hvor modellen blev lagt",
        "Der er trukket lod om rækkefølgen."
        if study.design.facts.is_lottery
        else "Der er ikke trukket lod. Lå modellen, hvor det var sværest eller lettest, ser den ringere eller bedre ud, end den er.",
    )
    yield (
        "At børn måles, når det er værst",
        "Her er næsten alle børn på klassetrinnene målt, ikke kun dem, det går værst."
        if study.grades
        else "Tallene falder derfor under begge modeller, også uden hjælp. Det skiller kun modellerne, hvis børnene er forskellige.",
    )
    yield (
        "Noget andet, der skete samtidig",
        "Nye ledere, nye tilbud eller en ny lov kan have ramt de to grupper forskelligt. Det står ikke i tallene.",
    )
    if leading:
        yield "En ukendt årsag", _UNKNOWN_CAUSE


def _chance_words(leading: Leading | None) -> str:
    if leading is None:
        return "Der er ingen forskel at regne på."
    if _is_within_chance(leading):
        return "Usikkerheden når hen over nul. Forskellen kan være tilfældig."
    return "Usikkerheden når ikke hen over nul. Den er regnet, som om distrikterne var valgt tilfældigt."


def _detection_words(study: Study) -> str:
    if study.design.detection_ratio is None:
        return "Det vides ikke, om modellerne måler lige stor en del af børnene."
    if ComparisonGate.DETECTION in study.design.evidence.failed_gates:
        return "Den ene model måler en klart større del af børnene. Så er det ikke de samme slags børn."
    if study.grades:
        return "Næsten alle børn på klassetrinnene er målt under begge modeller. Ingen har valgt dem ud."
    return "Modellerne måler omtrent lige stor en del af børnene. Det kan stadig være forskellige børn."


def _loss_words(study: Study) -> str:
    if study.design.facts.follow_up_share is None:
        return "Ingen af børnene skulle være målt igen."
    if ComparisonGate.FOLLOW_UP_SHARE in study.design.evidence.failed_gates:
        return "For mange børn er ikke målt igen. Hvordan det gik dem, ved vi ikke."
    return "De fleste børn er målt igen. Hvordan det gik de andre, ved vi ikke."
