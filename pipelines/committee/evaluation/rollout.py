"""What happened when the model came? Districts that began beside those that waited, and what keeps it from telling more."""

from typing import Any, Final

from pipelines.committee.evaluation.basis import Study, as_shown
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import CellStatus, ProtectedTable, TableColumn
from pipelines.evaluation.design import limits_of
from pipelines.evaluation.design_words import ceiling_sentences, level_name, level_reason
from pipelines.evaluation.rollout import CompositionChange, Followed, NoRollout
from pipelines.evaluation.rollout_panel import Composition
from pipelines.evaluation.rollout_words import (
    COMPOSITIONS,
    before_sentence,
    chance_sentence,
    kept_sentences,
    left_out_sentence,
    rollout_answer,
    year_words,
)
from pipelines.measures.comparison_evidence import (
    FEWEST_DISTRICTS_FOR_ROLLOUT,
    FEWEST_YEARS_BEFORE,
    Ceiling,
    kept_from_rollout,
)
from pipelines.publish.danish import small_number
from pipelines.publish.event_figure import event_points
from pipelines.publish.figures import FigureWords
from pipelines.publish.section import Figure, HowSure, Section

QUESTION: Final = "Hvad skete der, da modellen kom?"
_BETTER, _WORSE = "↓ færre vanskeligheder, hvor modellen er", "↑ flere vanskeligheder, hvor modellen er"
_IN_HUNDREDS: Final = (Composition.BOYS, Composition.MEASURED)
_NEEDED: Final = (
    f"Mindst {small_number(FEWEST_DISTRICTS_FOR_ROLLOUT)} distrikter, der begynder i hver sit år ved lodtrækning, og "
    f"{small_number(FEWEST_YEARS_BEFORE)} år med målinger før."
)


def rollout_section(study: Study) -> Section | None:
    """The rollout the plan follows, answered in one sentence with what keeps it down; None where the plan follows none."""
    rollout = study.rollout
    evidence = study.design.rollout_evidence or study.design.evidence
    if rollout.missing is NoRollout.NOT_PLANNED:
        return None
    followed, kept = rollout.followed, _kept(study)
    years = years_table(study, followed) if followed else None
    return Section(
        section_id="evaluation_rollout",
        question=QUESTION,
        answer=rollout_answer(rollout, evidence=evidence, kept=kept),
        support="",
        level=int(evidence.level),
        level_reason=level_reason(evidence),
        level_name=level_name(evidence),
        tables=(
            years,
            total_table(study, followed),
            reach_table(study, followed),
            count_table(study, followed),
            composition_table(study, followed),
        )
        if followed and years
        else (),
        figures=(_figure(study, followed, years),) if followed and years else (),
        how_sure=HowSure(
            number=chance_sentence(followed) if followed else "Der er ingen forskel at regne på.",
            cause=" ".join(kept_sentences(kept) or ceiling_sentences(evidence)),
            data=" ".join(
                part
                for part in (before_sentence(followed, study.plan) if followed else "", left_out_sentence(rollout))
                if part
            ),
            needed=_NEEDED,
        ),
        not_shown=("Figuren viser ikke, hvad der ellers skete i distrikterne i de samme år.",),
        method=(
            _followed_words(study, followed),
            "Hvert distrikt, der begyndte, er holdt op imod dem, der endnu ikke var begyndt. Der er regnet fra året før starten.",
            "I det skoleår, et distrikt begyndte, er børn, der blev målt før startdagen, ikke med.",
        ),
    )


def _kept(study: Study) -> tuple[Ceiling, ...]:
    """What keeps the rollout down by itself, whatever the districts of the plan's window are."""
    facts = study.rollout.facts
    count = facts.district_count if facts else 0
    return kept_from_rollout(facts, district_count=count, limits=limits_of(study.plan))


def years_table(study: Study, followed: Followed) -> ProtectedTable:
    """By year since the start: the difference in points, and between which two chance lies in 95 of 100 ways."""
    return protect(
        [
            {
                "year": year_words(point.since),
                "value": point.effect,
                "low": point.low,
                "high": point.high,
                "districts": point.district_count,
                "children": point.children,
                "institutions": point.institutions,
            }
            for point in followed.points
        ],
        table_id="evaluation_rollout",
        title="Forskel i SDQ i alt før og efter starten: distrikter, der begyndte, fratrukket dem, der ventede",
        columns=(
            TableColumn("year", "År", "label"),
            TableColumn("value", "Forskel", "mean", decimals=1, children="children", institutions="institutions"),
            TableColumn("low", "Tilfældet fra", "mean", decimals=1, limit_of="value"),
            TableColumn("high", "Tilfældet til", "mean", decimals=1, limit_of="value"),
            TableColumn("districts", "Distrikter", "number"),
        ),
        source=f"{study.source} Point; færre er bedre. Året før er nul, for der regnes derfra.",
        rule=study.context.rule,
    )


def total_table(study: Study, followed: Followed) -> ProtectedTable:
    """All years after at once: the mean of the years, and each district as one number with its interval."""
    after = [point for point in followed.points if point.since >= 0]
    estimate = followed.collapse
    rows = [
        {
            "way": "Alle år efter starten",
            "value": followed.study.overall,
            "low": None,
            "high": None,
            "children": min(point.children for point in after),
            "institutions": min(point.institutions for point in after),
        },
        {
            "way": "Hvert distrikt som ét tal",
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            # where all begin at once or never, the sum of the years and all but one of them would tell that one
            "children": min(followed.behind_collapse[0], *(point.children for point in followed.points)),
            "institutions": min(followed.behind_collapse[1], *(point.institutions for point in followed.points)),
        },
    ]
    return protect(
        rows,
        table_id="evaluation_rollout_total",
        title="Forskel i SDQ i alt efter starten, alle år under ét",
        columns=(
            TableColumn("way", "Set på denne måde", "label"),
            TableColumn("value", "Forskel", "mean", decimals=1, children="children", institutions="institutions"),
            TableColumn("low", "Usikkerhed fra", "mean", decimals=1, limit_of="value"),
            TableColumn("high", "Usikkerhed til", "mean", decimals=1, limit_of="value"),
        ),
        source=f"{study.source} Point; færre er bedre. Den anden række kræver distrikter, der ikke er begyndt.",
        rule=study.context.rule,
    )


def reach_table(study: Study, followed: Followed) -> ProtectedTable:
    """What the rollout could have shown; facts of the design and of the years before."""
    test = followed.study.test
    rows: dict[str, float | None] = {
        "Mindste forskel, der betyder noget (point)": study.plan.limits.smallest_relevant_points,
        "En skævhed fra før starten kan alene gøre (point)": followed.trend.detectable if followed.trend else None,
        "Det mest usædvanlige udfald kommer ved et tilfælde (af 100)": 100 * test.smallest_p_value if test else None,
    }
    rows = {what: as_shown(value, decimals=1) for what, value in rows.items()}
    return _numbers_table(study, "evaluation_rollout_reach", "Hvad forløbet kan vise", rows, decimals=1)


def count_table(study: Study, followed: Followed) -> ProtectedTable:
    """Districts, years, and ways to hand the starts round."""
    facts, test = study.rollout.facts, followed.study.test
    rows: dict[str, float | None] = {
        "Distrikter, der følges": len(followed.districts),
        "Distrikter, der begyndte i årene": followed.begun_count,
        "Skoleår før den første start": facts.years_before if facts else None,
        "Måder at dele startårene ud på": test.choice_count if test else None,
    }
    return _numbers_table(study, "evaluation_rollout_counts", "Hvad forløbet hviler på", rows, decimals=0)


def composition_table(study: Study, followed: Followed) -> ProtectedTable:
    """How those who were measured changed where the model came, beside where it had not yet."""
    after = [point for point in followed.points if point.since >= 0]
    behind = {
        "children": min(point.children for point in after),
        "institutions": min(point.institutions for point in after),
    }
    return protect(
        [
            {"what": COMPOSITIONS[one.composition], "value": _change(one), "moved": _moved(one), **behind}
            for one in followed.composition
        ],
        table_id="evaluation_rollout_children",
        title="Blev de samme slags børn målt, efter at modellen kom?",
        columns=(
            TableColumn("what", "Hvad", "label"),
            TableColumn("value", "Ændring", "mean", decimals=1, children="children", institutions="institutions"),
            TableColumn("moved", "Flyttet sig?", "label"),
        ),
        source=f"{study.source} Alt er kendt ved første måling, før nogen så, hvordan det gik.",
        rule=study.context.rule,
    )


def _change(one: CompositionChange) -> float | CellStatus:
    if one.change is None:
        return CellStatus.NOT_COMPUTABLE
    return 100 * one.change if one.composition in _IN_HUNDREDS else one.change


def _moved(one: CompositionChange) -> str:
    return {True: "ja", False: "nej", None: "vides ikke"}[one.has_moved]


def _numbers_table(
    study: Study, table_id: str, title: str, rows: dict[str, float | None], *, decimals: int
) -> ProtectedTable:
    plain: list[dict[str, Any]] = [{"what": what, "value": value} for what, value in rows.items()]
    return protect(
        plain,
        table_id=table_id,
        title=title,
        columns=(TableColumn("what", "Hvad", "label"), TableColumn("value", "Tal", "number", decimals=decimals)),
        source=study.source,
        rule=study.context.rule,
    )


def _figure(study: Study, followed: Followed, years: ProtectedTable) -> Figure:
    return event_points(
        years,
        FigureWords(
            figure_id="evaluation_rollout",
            title="Forskellen mellem distrikter, der begyndte, og dem, der ventede",
            subtitle="Point på SDQ i alt, regnet fra året før starten. Skraveret: for lille en forskel til at betyde noget.",
            source=study.source,
            constructed=study.context.is_constructed,
        ),
        label="year",
        value="value",
        low="low",
        high="high",
        start=[point.since for point in followed.points].index(0),
        zone=study.plan.limits.smallest_relevant_points,
        directions=(_WORSE, _BETTER),
    )


def _followed_words(study: Study, followed: Followed | None) -> str:
    if followed is None:
        return "Så kan ingen distrikter holdes op imod andre, der ventede."
    count, begun = len(followed.districts), followed.begun_count
    return (
        f"{small_number(count).capitalize()} distrikter har tal for alle skoleårene. "
        f"Af dem begyndte {small_number(begun)} med {study.model(is_treated=True)} undervejs."
    )
