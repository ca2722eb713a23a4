"""Do the two models measure the same children? Shown before anybody reads how it went for the measured ones."""

from typing import Final

from pipelines.committee.evaluation.basis import Study
from pipelines.committee.evaluation.districts import ALL_COMPARED, APART
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.evaluation.design import Baseline
from pipelines.measures.comparison_evidence import Ceiling, ComparisonGate
from pipelines.publish.danish import joined
from pipelines.publish.figures import FigureWords, rate_bars
from pipelines.publish.section import DeclaredNumber, Figure, HowSure, Section

_BASELINES: Final = {
    Baseline.FIRST_SCORE: "SDQ i alt ved første måling",
    Baseline.AGE: "Alder",
    Baseline.RUNG: "Trin på indsatstrappen",
}


_NUMBER: Final = (
    "Børnene er talt op. Hvem der bliver målt, afgør modellerne selv. Med få børn kan andelene også ligge langt fra "
    "hinanden ved et tilfælde."
)
_NUMBER_OF_GRADES: Final = "Børnene er talt op. Næsten alle på klassetrinnene er målt."
_CAUSE_OF_GRADES: Final = "Når alle på et klassetrin bliver målt, vælger modellen ikke, hvem det er."
_PUPILS: Final = "Elever er dem, der gik på klassetrinnet, da halvdelen var målt, og alle, der er målt dér."


def detection_section(study: Study, districts: ProtectedTable) -> Section:
    """The question, its answer by counts alone, the table of districts, and how alike the children were."""
    alike, rates = baseline_table(study), rate_table(study, districts)
    return Section(
        section_id="evaluation_detection",
        question="Måler modellerne de samme børn?",
        answer=_answer(study, districts),
        support=" ".join([*_whole_grade_words(study), _described(study)]),
        level=0,
        level_reason="Det er en optælling.",
        tables=(rates, districts, alike) if rates.rows else (alike,),  # no first form, no rows to lay out
        figures=(_figure(study, rates),) if rates.rows else (),
        how_sure=HowSure(
            number=_NUMBER_OF_GRADES if study.grades else _NUMBER,
            cause=_CAUSE_OF_GRADES if study.grades else "En model, der finder børn tidligere, måler andre børn.",
            data="Børn, hvis tid til anden måling ikke er gået, tæller ikke som mistet.",
            needed="" if study.grades else "Mål alle børn på et klassetrin under begge modeller.",
        ),
        not_shown=("Tabellerne viser ikke, hvordan det går børnene.",),
        method=(
            "Et barn tæller med det første skema i perioden og under den model, der var dér den dag.",
            "Et distrikt sammenlignes kun, hvis børnene ligner børn under den anden model i alder, trin og udfylder.",
            *([_PUPILS] if study.grades else []),
        ),
        declared_numbers=tuple(
            DeclaredNumber(str(grade), "klassetrin, hvor næsten alle er målt") for grade in study.grades
        ),
    )


def rate_table(study: Study, districts: ProtectedTable) -> ProtectedTable:
    """Children measured per 100 at risk, each model's districts and then the model; made of nothing but what `districts` shows."""
    column = districts.column_index("share")
    told = {(str(row[0].value), str(row[1].value)): row[column] for row in districts.rows}
    rows = [
        {"area": in_all(model) if area == ALL_COMPARED else _in_brackets(area), "rate": _rate(cell)}
        for model in (study.model(is_treated=arm) for arm in (True, False))
        for (of_model, area), cell in told.items()
        if of_model == model
    ]
    return protect(
        rows,
        table_id="evaluation_measured",
        title="Målte børn for hver 100 børn",
        columns=(
            TableColumn("area", "Område", "label"),
            TableColumn("rate", "Målt pr. 100 børn", "number", decimals=1),
        ),
        source=districts.source,
        rule=study.context.rule,
    )


def in_all(model: str) -> str:
    """The row of a model's compared districts together, where the model has no column of its own."""
    return f"I alt med {model}"


def _in_brackets(area: str) -> str:
    """An area that is not compared in brackets: a figure has no room for saying so beside each bar."""
    return f"({area.removesuffix(APART)})" if area.endswith(APART) else area


def _rate(share: Cell) -> float | Cell:
    return round(100 * float(share.value), 1) if isinstance(share.value, (int, float)) else share


def _figure(study: Study, rates: ProtectedTable) -> Figure:
    models = [study.model(is_treated=arm) for arm in (True, False)]
    has_apart = any(not cluster.is_compared for cluster in study.design.clusters)
    apart = " Områder i parentes er ikke sammenlignet." if has_apart else ""
    return rate_bars(
        rates,
        FigureWords(
            figure_id="evaluation_measured",
            title="Hvor mange af børnene, der er målt under hver model",
            subtitle="Børn med et første SDQ-skema i planens periode for hver 100 børn, "
            f"først områder med {models[0]}, så med {models[1]}.{apart}",
            source=study.source,
            constructed=study.context.is_constructed,
        ),
        label="area",
        rate="rate",
        unit="pr. 100",
        bold=tuple(in_all(model) for model in models),
    )


def baseline_table(study: Study) -> ProtectedTable:
    """How far apart the measured and the analysed children of the two models lay at the first form, in standard deviations."""
    arms = study.design.arms
    behind = {"children": min(arm.followed for arm in arms), "clusters": min(arm.cluster_count for arm in arms)}
    # all who were measured, beside those of them measured again, tells of the few who were not
    rest = sum(arm.measured - arm.followed for arm in arms)
    return protect(
        [
            {
                "baseline": _BASELINES[one.baseline],
                "measured": one.measured_g,
                "analysed": one.analysed_g,
                **behind,
                "apart": behind["children"] if not rest else min(behind["children"], rest),
            }
            for one in study.design.baseline
        ],
        table_id="evaluation_baseline",
        title=f"Så langt lå børnene fra hinanden ved første måling ({study.model(is_treated=True)} fratrukket den anden model)",
        columns=(
            TableColumn("baseline", "Målt på", "label"),
            *(
                TableColumn(name, title, "mean", decimals=2, children=children, institutions="clusters")
                for name, title, children in (
                    ("measured", "Alle målte", "apart"),
                    ("analysed", "Målt igen", "children"),
                )
            ),
        ),
        source=f"{study.source} Tallene er i standardafvigelser: den almindelige afstand mellem to børn.",
        rule=study.context.rule,
    )


def _answer(study: Study, districts: ProtectedTable) -> str:
    """By the shares that the table shows; where they are hidden, nothing is said of them but what whole grades tell."""
    arms = [study.model(is_treated=arm) for arm in (True, False)]
    failed = study.design.evidence.failed_gates
    if study.grades and ComparisonGate.DETECTION not in failed:  # known by the grades' own limit, whatever may be shown
        return _ALL_BUT_UNLIKE if ComparisonGate.BASELINE in failed else _ALL_MEASURED
    if [arm.cluster_count > 0 for arm in study.design.arms].count(True) == 1:
        return "Det kan ikke siges, for der er kun målt børn under den ene model, som kan tælles med."
    known = {(row[0].value, row[1].value): row[districts.column_index("share")].status for row in districts.rows}
    if any(known.get((arm, ALL_COMPARED)) is not CellStatus.SHOWN for arm in arms):
        return "Det kan ikke siges, for der er ikke tal for begge modeller, som må vises."
    shares = [arm.measured_share or 0.0 for arm in study.design.arms]
    if ComparisonGate.DETECTION in failed:
        more, fewer = arms if shares[1] > shares[0] else reversed(arms)
        return f"Nej, distrikter med {more} måler en klart større del af børnene end dem med {fewer}."
    if ComparisonGate.BASELINE in failed:
        return "Nej, modellerne måler omtrent lige mange, men børnene lå langt fra hinanden ved første måling."
    return "Begge modeller måler omtrent lige stor en del af børnene."


_ALL_MEASURED: Final = "Ja, næsten alle børn på klassetrinnene er målt under begge modeller."
_ALL_BUT_UNLIKE: Final = "Næsten alle børn på klassetrinnene er målt, men de lå langt fra hinanden ved første måling."


def _whole_grade_words(study: Study) -> tuple[str, ...]:
    """That the comparison is of all children of some grades, where it is."""
    if not study.grades:
        return ()
    named = joined([f"{grade}." for grade in study.grades])
    return (f"Næsten alle børn i {named} klasse er målt, og sammenligningen er af dem alene.",)


def _described(study: Study) -> str:
    names = [study.names.get(one.code, one.code) for one in study.design.clusters if not one.is_compared]
    if not study.design.clusters:
        return "Ingen børn har et første skema i planens periode."
    if not names and Ceiling.NO_COMPARISON in study.design.evidence.ceilings:
        return "Der er ingen børn at holde dem op mod."
    if not names:
        return "Alle områder er med i sammenligningen."
    return f"{joined(names)} er beskrevet, men ikke sammenlignet."
